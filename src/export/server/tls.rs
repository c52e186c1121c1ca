//! The Spine's TLS rules as each server spells them.

use super::Bundle;

/// A permitted cipher suite of TLS 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// OpenSSL's name.
    pub openssl: &'static str,
    /// The name in the IANA registry, which Java and Windows use.
    pub iana: &'static str,
}

const fn suite(openssl: &'static str, iana: &'static str) -> Suite {
    Suite { openssl, iana }
}

/// The suites that the Spine permits, most preferred first.
pub const SUITES: [Suite; 8] = [
    suite(
        "ECDHE-RSA-AES256-GCM-SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    ),
    suite(
        "ECDHE-RSA-AES128-GCM-SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ),
    suite(
        "DHE-RSA-AES256-GCM-SHA384",
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    ),
    suite(
        "DHE-RSA-AES128-GCM-SHA256",
        "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    ),
    suite(
        "ECDHE-RSA-AES256-SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    ),
    suite(
        "DHE-RSA-AES256-SHA256",
        "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    ),
    suite("DHE-RSA-AES256-SHA", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
    suite("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
];

/// The suites of TLS 1.3 that are AES-GCM, as those of the Spine's list are; the one with ChaCha20 is left out.
pub const TLS13_SUITES: [&str; 2] = ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"];

/// The suites of TLS 1.2 as OpenSSL takes them, with the security level that the trusted generations required.
pub(super) fn openssl_suites(bundle: &Bundle<'_>) -> String {
    let names: Vec<&str> = SUITES.iter().map(|suite| suite.openssl).collect();
    let level = match bundle.sha1_reason() {
        Some(_) => ":@SECLEVEL=0",
        None => "",
    };
    format!("{}{level}", names.join(":"))
}

/// The suites of TLS 1.3 as OpenSSL takes them.
pub(super) fn openssl_tls13() -> String {
    TLS13_SUITES.join(":")
}

/// All suites as Java takes them.
pub(super) fn java_suites() -> String {
    let names: Vec<&str> = TLS13_SUITES
        .into_iter()
        .chain(SUITES.iter().map(|suite| suite.iana))
        .collect();
    names.join(",")
}

/// Why the security level is lowered, as comment lines; empty where it is not.
pub(super) fn level_comment(indent: &str, comment: &str, bundle: &Bundle<'_>) -> String {
    match bundle.sha1_reason() {
        Some(reason) => format!(
            "{indent}{comment} @SECLEVEL=0: {reason}. OpenSSL refuses SHA-1 signatures from level 1 on.\n\
             {indent}{comment} Export with --leave-out for that generation once no partner uses it.\n"
        ),
        None => String::new(),
    }
}

/// How many CAs may be between a client's certificate and its root: one for each sub CA, and one to spare, because
/// the second generation's sub CAs may have a CA below them (pathLenConstraint 1).
pub(super) fn depth() -> u32 {
    2
}

/// The group ffdhe2048 of RFC 7919 appendix A.1 as PEM parameters: nginx offers no DHE suite without a file, and clients of
/// Java 8 take no longer group.
pub(super) const DH_PARAMETERS: &str = "-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
";
