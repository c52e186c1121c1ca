//! The table of docs/servers.md: each server and each client.

use super::Estate;
use super::running::{Kind, Running, call, start};
use crate::program::is_installed;

/// A client of the table.
struct Client {
    about: &'static str,
    certificate: Option<&'static str>,
    words: &'static [&'static str],
    /// What has to become of it.
    fate: Fate,
    /// Whether the server's CRLs have expired.
    stale: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It gets its page.
    LetIn,
    /// It is known, and may not.
    Forbidden,
    /// Its certificate does not count, or it does not get so far.
    Refused,
}

const fn client(about: &'static str, certificate: &'static str, fate: Fate) -> Client {
    Client {
        about,
        certificate: Some(certificate),
        words: &[],
        fate,
        stale: false,
    }
}

const CLIENTS: [Client; 35] = [
    client(
        "SSP, first generation (SHA-1), by CN",
        "good-g1-sha1",
        Fate::LetIn,
    ),
    client(
        "SSP, first generation (SHA-2), by CN",
        "good-g1",
        Fate::LetIn,
    ),
    client("SSP, second generation", "good-g2", Fate::LetIn),
    client(
        "SSP by subjectAltName, CN of another host",
        "by-san",
        Fate::LetIn,
    ),
    Client {
        words: &["--tls-max", "1.2"],
        ..client("SSP over TLS 1.2", "good-g2", Fate::LetIn)
    },
    Client {
        words: &["--tls-max", "1.2", "--ciphers", "DHE-RSA-AES256-GCM-SHA384"],
        ..client("SSP over TLS 1.2 with a DHE suite", "good-g2", Fate::LetIn)
    },
    client(
        "SSP by CN, an e-mail address after it",
        "cn-and-email",
        Fate::LetIn,
    ),
    client("SSP by CN, in one RDN with an OU", "cn-and-ou", Fate::LetIn),
    client("SSP by CN, in capitals", "cn-in-capitals", Fate::LetIn),
    client(
        "SSP by CN, subjectAltName of another host",
        "cn-not-san",
        Fate::Forbidden,
    ),
    client(
        "SSP by subjectAltName, in capitals",
        "san-in-capitals",
        Fate::LetIn,
    ),
    client(
        "SSP by subjectAltName, after two others",
        "san-third",
        Fate::LetIn,
    ),
    client("another host of the same CA", "other-name", Fate::Forbidden),
    client(
        "a host whose name ends with the SSP's",
        "longer-name",
        Fate::Forbidden,
    ),
    client(
        "a host whose name begins with the SSP's",
        "longer-end",
        Fate::Forbidden,
    ),
    client("two CNs, the SSP's first", "two-cns-first", Fate::Forbidden),
    client("two CNs, the SSP's last", "two-cns-last", Fate::Forbidden),
    client(
        "two CNs in one RDN, one of them the SSP's",
        "two-cns-at-once",
        Fate::Forbidden,
    ),
    client(
        "SSP's name in an O, after a comma and `CN=`",
        "name-in-o",
        Fate::Forbidden,
    ),
    client(
        "SSP's name with a letter that only looks like `k`",
        "kelvin",
        Fate::Forbidden,
    ),
    client(
        "SSP's name as URI and e-mail address in the subjectAltName",
        "san-of-other-kinds",
        Fate::Forbidden,
    ),
    client(
        "a wildcard over the SSP's name",
        "wildcard",
        Fate::Forbidden,
    ),
    client(
        "another host, a subjectAltName with the SSP's name inside its RSA key",
        "name-in-key",
        Fate::Forbidden,
    ),
    client(
        "the same with an RSASSA-PSS key",
        "name-in-pss-key",
        Fate::Forbidden,
    ),
    client(
        "SSP's name from another environment's CA",
        "other-environment",
        Fate::Refused,
    ),
    client("SSP, certificate expired", "expired", Fate::Refused),
    client(
        "SSP, revoked, first generation (SHA-1)",
        "revoked-g1-sha1",
        Fate::Refused,
    ),
    client(
        "SSP, revoked, first generation (SHA-2)",
        "revoked-g1",
        Fate::Refused,
    ),
    client(
        "SSP, revoked, second generation",
        "revoked-g2",
        Fate::Refused,
    ),
    Client {
        certificate: None,
        ..client("no certificate", "", Fate::Refused)
    },
    Client {
        words: &["--tls-max", "1.1"],
        ..client("SSP over TLS 1.1", "good-g2", Fate::Refused)
    },
    Client {
        words: &[
            "--tls-max",
            "1.2",
            "--ciphers",
            "ECDHE-RSA-CHACHA20-POLY1305",
        ],
        ..client(
            "SSP with a suite that is not permitted",
            "good-g2",
            Fate::Refused,
        )
    },
    Client {
        words: &[
            "--tlsv1.3",
            "--tls13-ciphers",
            "TLS_CHACHA20_POLY1305_SHA256",
        ],
        ..client("SSP over TLS 1.3 with ChaCha20", "good-g2", Fate::Refused)
    },
    Client {
        stale: true,
        ..client(
            "SSP, while the server's CRLs have expired",
            "good-g2",
            Fate::Refused,
        )
    },
    Client {
        stale: true,
        ..client(
            "revoked SSP, while the server's CRLs have expired",
            "revoked-g2",
            Fate::Refused,
        )
    },
];

/// Where the table is, and the line before it.
const MARK: &str = "<!-- the table of tests/serving -->";

#[test]
fn each_server_lets_in_the_ssp_and_nobody_else() {
    if !is_installed("curl", "--version") || !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    estate.sign_odd_clients();
    let week_ago =
        ptl_cert::document::Moment::from_unix(estate.now.unix() - 7 * super::DAY).unwrap();
    let eight_days_ago =
        ptl_cert::document::Moment::from_unix(estate.now.unix() - 8 * super::DAY).unwrap();
    estate.import("stale", eight_days_ago, Some(week_ago));
    let at = week_ago.to_string();
    let mut columns: Vec<(Kind, Vec<String>)> = Vec::new();
    let mut wrong = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let fresh = start(kind, &estate, &[]);
        let stale = start(kind, &estate, &["--cache", "stale", "--at", &at]);
        let mut column = Vec::new();
        for client in &CLIENTS {
            let running: &Running = if client.stale { &stale } else { &fresh };
            let came = call(&estate, running, client.certificate, client.words);
            let fate = match came.as_str() {
                "200" => Fate::LetIn,
                "403" => Fate::Forbidden,
                _ => Fate::Refused,
            };
            if fate != client.fate {
                wrong.push(format!("{kind:?}: {}: {came}", client.about));
            }
            column.push(came);
        }
        columns.push((kind, column));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    compare(&columns);
}

/// Compares the page with what came, or writes it.
fn compare(columns: &[(Kind, Vec<String>)]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/servers.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(MARK).unwrap();
    let after = rest
        .split_once("\n\n")
        .and_then(|(_, rest)| rest.split_once("\n\n"))
        .map_or("", |(_, after)| after);
    let heads: Vec<&str> = columns.iter().map(|(kind, _)| kind.target()).collect();
    let mut table = format!(
        "| client | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for (row, client) in CLIENTS.iter().enumerate() {
        let cells: Vec<&str> = columns
            .iter()
            .map(|(_, column)| column[row].as_str())
            .collect();
        table.push_str(&format!("| {} | {} |\n", client.about, cells.join(" | ")));
    }
    let made = format!("{before}{MARK}\n\n{table}\n{after}");
    if columns.len() < Kind::ALL.len() {
        return;
    }
    if std::env::var_os("PTL_CERT_BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
        return;
    }
    assert_eq!(page, made, "docs/servers.md; PTL_CERT_BLESS=1 writes it");
}

#[test]
fn a_client_that_is_revoked_is_refused_after_the_next_export_and_reload_and_others_are_served() {
    if !Kind::Nginx.is_installed() || !is_installed("curl", "--version") {
        return;
    }
    let mut estate = Estate::new();
    let running = start(Kind::Nginx, &estate, &[]);
    assert_eq!(call(&estate, &running, Some("by-san"), &[]), "200");
    estate.revoke("by-san");
    let now = estate.now;
    let later = ptl_cert::document::Moment::from_unix(now.unix() + 30).unwrap();
    estate.import("cache", later, None);
    let folder = format!("nginx-{}", running.port);
    // The same words as before: of the files only the CRLs differ.
    let config = std::fs::read_to_string(estate.path(&folder).join("ptl-cert.conf")).unwrap();
    let backend = config
        .split("proxy_pass ")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let listen = format!("127.0.0.1:{}", running.port);
    let words = ["--listen", &listen, "--backend", backend];
    let output = estate.try_export("nginx", &folder, &words);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("(replaced").count(), 1, "{text}");
    assert!(text.contains("crl.pem (replaced)"), "{text}");
    running.signal("-HUP");
    let since = std::time::Instant::now();
    while call(&estate, &running, Some("by-san"), &[]) == "200" {
        assert!(since.elapsed() < std::time::Duration::from_secs(30));
    }
    assert_eq!(call(&estate, &running, Some("good-g2"), &[]), "200");
}
