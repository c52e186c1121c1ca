//! TLS alerts by number and name.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// An alert: why one side closed a connection (RFC 5246 section 7.2, RFC 8446 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Alert {
    /// The number of its description.
    pub code: u8,
}

/// The alerts with a name in the RFCs.
const NAMES: [(u8, &str); 29] = [
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (22, "record_overflow"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
];

impl Alert {
    /// The name in the RFC; `None` for one that it does not define.
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(code, _)| *code == self.code)
            .map(|(_, name)| *name)
    }

    /// The alert of this name or number: `unknown_ca`, `48`.
    pub fn parse(text: &str) -> Option<Alert> {
        let text = text.trim().to_ascii_lowercase().replace('-', "_");
        let named = NAMES.iter().find(|(_, name)| *name == text);
        let code = match named {
            Some((code, _)) => *code,
            None => text.parse().ok()?,
        };
        Some(Alert { code })
    }

    /// Whether it speaks of the certificate of whoever gets it. `handshake_failure` does where a certificate was asked
    /// for: TLS 1.2 has no alert of its own for a missing one.
    pub fn is_about_certificate(self) -> bool {
        matches!(self.code, 40..=46 | 48 | 49 | 51 | 116)
    }

    /// Whether with it a server refuses a client for its certificate, or for having none. `decrypt_error` is about the
    /// signature with the certificate's key, which a client without one does not make.
    pub(crate) fn refuses(self, certificate_sent: bool) -> bool {
        self.is_about_certificate() && (certificate_sent || self.code != 51)
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.code),
            None => write!(f, "alert {}", self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_found_by_its_name_and_by_its_number() {
        for text in ["unknown_ca", "unknown-ca", "48", " UNKNOWN_CA "] {
            assert_eq!(Alert::parse(text), Some(Alert { code: 48 }), "{text}");
        }
        assert_eq!(Alert::parse("unknown"), None);
        assert_eq!(Alert::parse("256"), None);
    }

    #[test]
    fn every_name_leads_back_to_its_number() {
        for (code, name) in NAMES {
            assert_eq!(Alert::parse(name).map(|alert| alert.code), Some(code));
            assert_eq!(Alert { code }.name(), Some(name));
        }
    }
}
