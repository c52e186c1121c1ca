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
        // OpenSSL looks at every CN, not only at the last.
        let named = certificate
            .subject
            .values("CN")
            .any(|name| name.eq_ignore_ascii_case(host.as_str()));
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
    use super::*;

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
