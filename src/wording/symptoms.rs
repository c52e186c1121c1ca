//! What other programs say when a certificate does not work, and which findings explain it.
//!
//! People search for the sentence in front of them: a status code of IIS, an alert, a line of a log. Each entry leads from
//! there to the findings that explain it. Statements about Windows and IIS follow Microsoft's documentation; nothing here has
//! been run on Windows.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::Voice;
use crate::verdict::Code;

mod table;

use table::SYMPTOMS;

/// The fewest letters of a pattern that a search may give only a part of.
const PART: usize = 6;

/// Something that another program says, and what it means on the way to the NHS Spine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Symptom {
    /// What is said, one form each: the first is how it is usually written.
    pub messages: &'static [&'static str],
    /// Which programs say it.
    pub printed_by: &'static str,
    /// What it means: the usual cause first.
    pub meaning: Cow<'static, str>,
    /// What to do.
    pub remedy: Cow<'static, str>,
    /// The findings that may be the cause, the likeliest first; none where the cause is not in a certificate or a CRL.
    pub findings: &'static [Code],
}

impl Symptom {
    /// Every symptom that is known, grouped by program, what to do in this voice.
    pub fn all(voice: Voice) -> impl Iterator<Item = Symptom> {
        SYMPTOMS.iter().map(move |entry| entry.said(voice))
    }

    /// Those that a text shows, what to do in this voice: a whole line of a log, or the remembered part of a
    /// sentence. The best match comes first; empty where nothing fits.
    pub fn search(text: &str, voice: Voice) -> Vec<Symptom> {
        let wanted = words(text);
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(Fit, &Entry)> = SYMPTOMS
            .iter()
            .filter_map(|entry| Some((entry.fit(&wanted)?, entry)))
            .collect();
        found.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
        found
            .into_iter()
            .map(|(_, entry)| entry.said(voice))
            .collect()
    }
}

/// What the manual has about a symptom, in both voices ([`Voice::of`]).
struct Entry {
    messages: &'static [&'static str],
    printed_by: &'static str,
    meaning: &'static str,
    remedy: &'static str,
    findings: &'static [Code],
}

impl Entry {
    fn said(&self, voice: Voice) -> Symptom {
        Symptom {
            messages: self.messages,
            printed_by: self.printed_by,
            meaning: voice.of(self.meaning),
            remedy: voice.of(self.remedy),
            findings: self.findings,
        }
    }

    /// How well what is said fits what is wanted; `None` where neither contains the other.
    fn fit(&self, wanted: &str) -> Option<Fit> {
        let fits = self
            .messages
            .iter()
            .map(|says| words(says))
            .filter_map(|says| {
                let contained = holds(wanted, &says);
                let partial = wanted.len() >= PART && holds(&says, wanted);
                (contained || partial).then(|| Fit {
                    equal: says == wanted,
                    letters: says.len().min(wanted.len()),
                })
            });
        fits.max()
    }
}

/// How well a form fits a text; the greater is the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Whether they are the same words.
    equal: bool,
    /// How many letters they have in common.
    letters: usize,
}

/// Letters and digits in lower case, everything else a single space.
fn words(text: &str) -> String {
    let mut words = String::new();
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        } else if !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// Whether a text holds these words, and not only as a part of longer ones.
fn holds(text: &str, words: &str) -> bool {
    !words.is_empty() && format!(" {text} ").contains(&format!(" {words} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<&'static str> {
        let found = Symptom::search(text, Voice::Neutral);
        found.first().map(|symptom| symptom.messages[0])
    }

    #[test]
    fn what_people_type_is_found() {
        for (typed, says) in [
            ("403.13", "403.13"),
            ("HTTP Error 403.16 - Forbidden", "403.16"),
            ("CertCheckMode", "DefaultCertCheckMode"),
            (
                "unable to get certificate CRL",
                "unable to get certificate CRL",
            ),
            ("alert 45", "certificate_expired"),
            ("SSL alert number 51", "decrypt_error"),
            ("tlsv1 alert internal error", "internal_error"),
            ("tlsv1 unrecognized name", "unrecognized_name"),
            (
                "error 20 at 0 depth lookup",
                "unable to get local issuer certificate",
            ),
            (
                "error 33 at 0 depth lookup: unable to get CRL issuer certificate",
                "unable to get CRL issuer certificate",
            ),
            (
                "(22:certificate chain too long)",
                "certificate chain too long",
            ),
            (
                "(7:certificate signature failure)",
                "certificate signature failure",
            ),
            ("invalid CA certificate", "invalid CA certificate"),
            ("EE certificate key too weak", "EE key too small"),
            ("CA signature digest algorithm too weak", "CA md too weak"),
            (
                "unhandled critical CRL extension",
                "unhandled critical CRL extension",
            ),
            ("dh key too small", "dh key too small"),
            ("sslv3 alert certificate expired", "certificate_expired"),
            ("ca md too weak", "CA md too weak"),
            ("SEC_E_UNTRUSTED_ROOT", "CERT_E_UNTRUSTEDROOT"),
            ("0x800b0109", "CERT_E_UNTRUSTEDROOT"),
            ("PKIX path building failed", "PKIX path building failed"),
            ("self-signed certificate", "self-signed certificate"),
            (
                "error:0A00010B:SSL routines::wrong version number",
                "wrong version number",
            ),
            (
                "curl: (60) SSL certificate problem: unable to get local issuer certificate",
                "unable to get local issuer certificate",
            ),
            ("curl: (60)", "certificate verify failed"),
            (
                "verify error:num=20",
                "unable to get local issuer certificate",
            ),
            (
                "net::ERR_CERT_AUTHORITY_INVALID",
                "ERR_CERT_AUTHORITY_INVALID",
            ),
            ("PEM routines:get_name:no start line", "no start line"),
            ("PKCS12 routines::mac verify failure", "mac verify failure"),
            (
                "parsing [h.cfg:7] : 'bind 127.0.0.1:18443' in section 'frontend' : 'crt' : inconsistencies between private \
                 key and certificate loaded '/etc/h.pem'.",
                "key values mismatch",
            ),
            (
                "AH02565: Certificate and private key localhost:443:0 from /a/r.crt and /a/b.key do not match",
                "key values mismatch",
            ),
            (
                "keytool error: java.lang.Exception: Public keys in reply and keystore don't match",
                "key values mismatch",
            ),
            (
                "error:05800074:x509 certificate routines::key type mismatch",
                "key values mismatch",
            ),
            (
                "curl: (58) unable to set private key file: 'x.key' type PEM",
                "Could not read private key",
            ),
            (
                "Could not read private key from x.key",
                "Could not read private key",
            ),
            (
                "error:0308010C:digital envelope routines::unsupported",
                "digital envelope routines::unsupported",
            ),
            ("no shared cipher", "no shared cipher"),
            (
                "java.security.UnrecoverableKeyException: Cannot recover key",
                "Cannot recover key",
            ),
            ("read ECONNRESET", "connection reset by peer"),
            ("RevocationStatusUnknown", "RevocationStatusUnknown"),
            (
                "The remote certificate is invalid according to the validation procedure.",
                "The remote certificate is invalid",
            ),
            (
                "x509: certificate relies on legacy Common Name field, use SANs instead",
                "certificate relies on legacy Common Name field",
            ),
        ] {
            assert_eq!(first(typed), Some(says), "{typed}");
        }
    }

    #[test]
    fn a_line_of_a_log_is_found_by_the_sentence_in_it() {
        let line = "2026/11/28 12:00:00 [info] 7#7: *1 client SSL certificate verify error: \
                    (12:CRL has expired) while reading client request headers";
        assert_eq!(first(line), Some("CRL has expired"));
    }

    #[test]
    fn a_number_inside_a_longer_one_is_not_found() {
        assert_eq!(first("1403.130"), None);
        assert_eq!(first("alert 451"), None);
    }

    #[test]
    fn nothing_is_found_for_nothing_and_for_something_else() {
        for text in ["", "  - ", "the printer is out of paper"] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn each_form_is_found_and_leads_to_its_own_entry() {
        for symptom in Symptom::all(Voice::Neutral) {
            for says in symptom.messages {
                let found = Symptom::search(says, Voice::Neutral);
                assert!(found.contains(&symptom), "{says}");
            }
        }
    }

    #[test]
    fn no_other_program_is_told_of_a_command_or_an_option() {
        for symptom in Symptom::all(Voice::Neutral) {
            for text in [&symptom.meaning, &symptom.remedy] {
                assert!(!text.contains("ptl-cert"), "{:?}: {text}", symptom.messages);
                assert!(!text.contains(" --"), "{:?}: {text}", symptom.messages);
                assert!(
                    !text.contains(['{', '}', '|']),
                    "{:?}: {text}",
                    symptom.messages
                );
            }
        }
    }

    #[test]
    fn no_form_stands_in_two_entries() {
        let mut seen = std::collections::HashSet::new();
        for says in SYMPTOMS.iter().flat_map(|symptom| symptom.messages) {
            assert!(seen.insert(words(says)), "{says}");
        }
    }
}
