//! Whether a certificate is for a host (RFC 6125 section 6.4, RFC 9525 section 6.3).

use schemars::JsonSchema;
use serde::Serialize;

use crate::document::Certificate;
use crate::fqdn::Fqdn;

/// How a certificate names the host asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HostMatch {
    /// By a subject alternative name.
    AlternativeName,
    /// By its CN only: it has no alternative name that is a host's.
    CommonName,
    /// Not at all.
    None,
}

/// Compares the host with the certificate's names.
///
/// A wildcard counts as the whole leftmost label only, matches exactly one label and has two or more labels to
/// its right. The CN counts only where no alternative name is a host's (RFC 6125 section 6.4.4), and never as a
/// wildcard.
pub fn matches(certificate: &Certificate, host: &Fqdn) -> HostMatch {
    let mut names = certificate.dns_names().peekable();
    if names.peek().is_none() {
        // Of several CNs the last counts, the most specific one (RFC 2818 section 3.1, RFC 6125 section 6.4.4). OpenSSL
        // looks at each, other software does not.
        let named = certificate
            .subject
            .common_name()
            .is_some_and(|name| name.eq_ignore_ascii_case(host.as_str()));
        return if named {
            HostMatch::CommonName
        } else {
            HostMatch::None
        };
    }
    if names.any(|name| presents(name, host.as_str())) {
        HostMatch::AlternativeName
    } else {
        HostMatch::None
    }
}

/// Whether a DNS name of a certificate matches this host.
pub(in crate::verdict) fn presents(name: &str, host: &str) -> bool {
    let Some(rest) = name.strip_prefix("*.") else {
        return name.eq_ignore_ascii_case(host);
    };
    let wide_enough = rest.contains('.') && !rest.contains('*');
    let below = host.split_once('.').map(|(_, below)| below);
    wide_enough && below.is_some_and(|below| below.eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use openssl::asn1::Asn1Time;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    use openssl::x509::{X509, X509Name};

    use super::*;

    #[test]
    fn of_several_cns_the_last_names_the_host() {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut name = X509Name::builder().unwrap();
        for host in ["first.nhs.uk", "last.nhs.uk"] {
            name.append_entry_by_text("CN", host).unwrap();
        }
        let mut made = X509::builder().unwrap();
        made.set_subject_name(&name.build()).unwrap();
        made.set_pubkey(&key).unwrap();
        let moment = Asn1Time::from_unix(1_795_305_600).unwrap();
        made.set_not_before(&moment).unwrap();
        made.set_not_after(&moment).unwrap();
        made.sign(&key, MessageDigest::sha256()).unwrap();
        let certificate = Certificate::read(&made.build().to_der().unwrap()).unwrap();
        for (host, expected) in [
            ("first.nhs.uk", HostMatch::None),
            ("last.nhs.uk", HostMatch::CommonName),
        ] {
            let host = Fqdn::parse(host).unwrap();
            assert_eq!(matches(&certificate, &host), expected, "{host}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_one_whole_label_on_the_left() {
        for (name, host, presented) in [
            ("a.nhs.uk", "a.nhs.uk", true),
            ("A.NHS.uk", "a.nhs.uk", true),
            ("*.nhs.uk", "a.nhs.uk", true),
            ("*.nhs.uk", "b.a.nhs.uk", false),
            ("*.nhs.uk", "nhs.uk", false),
            ("*.uk", "nhs.uk", false),
            ("a*.nhs.uk", "ab.nhs.uk", false),
            ("a.*.uk", "a.nhs.uk", false),
            ("*", "nhs.uk", false),
            ("*.*.uk", "a.nhs.uk", false),
        ] {
            assert_eq!(presents(name, host), presented, "{name} {host}");
        }
    }
}
