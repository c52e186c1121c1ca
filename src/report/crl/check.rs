//! What `crl check` reports: who has been revoked, as far as a CRL can tell.

use schemars::JsonSchema;
use serde::Serialize;

use super::facts::Known;
use crate::document::Certificate;
use crate::document::{Moment, Serial};
use crate::report::inspection::Unread;
use crate::report::layout::{Page, style};
use crate::report::verification::Answer;
use crate::revocation::{Entry, Exempt, Status};
use crate::verdict::Severity;
use crate::verdict::verify::{CrlAnswer, CrlFault, CrlRequired, Obstacle};
use crate::wording::{count, crls};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-check/1";

/// What is said of a serial number that a CRL does not have, where nothing limits that.
const NOT_REVOKED: &str = "not revoked";

/// Everything one run of `crl check` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Check {
    /// `ptl-cert/crl-check/1`.
    pub schema: &'static str,
    /// The moment for which it was asked.
    pub at: Moment,
    /// The CRL that was searched for serial numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<Known>,
    /// The answers, in the order of the questions.
    pub answers: Vec<Checked>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

/// One line of `crl check --format ndjson`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckRecord<'a> {
    /// `ptl-cert/crl-check/1`.
    pub schema: &'static str,
    /// Always `answer`.
    pub record: &'static str,
    /// The answer.
    #[serde(flatten)]
    pub answer: &'a Checked,
}

/// Whether one certificate has been revoked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Checked {
    /// Whose certificate it is, where that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Its serial number.
    pub serial: Serial,
    /// The answer.
    pub answer: Answer,
    /// The exit status that it leads to by itself.
    pub exit: u8,
    /// The answer as a sentence.
    pub message: String,
    /// The files of the CRLs that say so, or of the one that comes nearest to an answer; for certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub crls: Vec<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Moment>,
    /// Why, by RFC 5280's name; absent where the CRL does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which list would answer; with `undecided` only, as the next three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<String>,
    /// Which list is at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub have: Option<String>,
    /// Why that one does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What to do.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Checked {
    fn new(
        certificate: Option<String>,
        serial: Serial,
        answer: Answer,
        message: String,
    ) -> Checked {
        Checked {
            certificate,
            serial,
            answer,
            exit: match answer {
                Answer::NotRevoked | Answer::NotApplicable => 0,
                Answer::Revoked => 1,
                Answer::Undecided => 3,
            },
            message,
            crls: Vec::new(),
            revoked_at: None,
            reason: None,
            needs: None,
            have: None,
            because: None,
            remedy: None,
        }
    }

    /// The answer about a serial number that a genuine list has, or has not; `limits` says for which certificates
    /// alone that CRL answers.
    pub fn listed(serial: Serial, entry: Option<&Entry>, limits: Option<&str>) -> Checked {
        match entry {
            Some(entry) => {
                Checked::new(None, serial, Answer::Revoked, String::new()).revoked(entry)
            }
            None => {
                let message = match limits {
                    None => NOT_REVOKED.to_owned(),
                    Some(limits) => format!("not revoked, if it is one of {limits}"),
                };
                Checked::new(None, serial, Answer::NotRevoked, message)
            }
        }
    }

    /// That it could not be told about a serial number.
    pub fn untold(serial: Serial, because: &str, remedy: &str) -> Checked {
        let message = "cannot be decided".to_owned();
        Checked {
            because: Some(because.to_owned()),
            remedy: Some(remedy.to_owned()),
            ..Checked::new(None, serial, Answer::Undecided, message)
        }
    }

    /// The answer about a certificate, by what the CRLs there are say together.
    pub fn of(certificate: &Certificate, answer: &CrlAnswer) -> Checked {
        match (&answer.obstacle, &answer.status) {
            (None, status) | (Some(_), status @ Status::Listed(_)) => {
                Checked::of_status(certificate, status)
            }
            (Some(Obstacle::NoPath), _) => Checked::issuer_unknown(certificate),
            (Some(obstacle), _) => Checked::of_obstacle(certificate, obstacle),
        }
    }

    /// That the CRLs of the certificate's issuer do not count.
    fn of_obstacle(certificate: &Certificate, obstacle: &Obstacle) -> Checked {
        let (because, remedy) = match obstacle {
            Obstacle::IssuerRevoked { issuer } => (
                format!(
                    "{issuer}, above it in the chain, has been revoked: what its CRLs say no longer counts"
                ),
                "replace the certificate by one of another CA",
            ),
            Obstacle::IssuerNotValid { issuer, code } => (
                format!(
                    "{issuer}, its issuer, is not valid here ({code}): what its CRLs say does not count"
                ),
                "verify the certificate for the whole story: ptl-cert verify CERT",
            ),
            _ => return Checked::issuer_unknown(certificate),
        };
        let name = certificate.subject.short();
        let message = "cannot be decided".to_owned();
        Checked {
            because: Some(because),
            remedy: Some(remedy.to_owned()),
            ..Checked::new(
                Some(name),
                certificate.serial.clone(),
                Answer::Undecided,
                message,
            )
        }
    }

    fn of_status(certificate: &Certificate, status: &Status) -> Checked {
        let new = |answer, message: String| {
            let name = Some(certificate.subject.short());
            Checked::new(name, certificate.serial.clone(), answer, message)
        };
        match status {
            Status::Listed(listed) => {
                let mut checked = new(Answer::Revoked, String::new()).revoked(&listed.entry);
                let by = format!(", by {}", crls::called(&listed.crl));
                checked.crls.push(listed.crl.origin.to_string());
                checked.message.push_str(&by);
                checked
            }
            Status::NotListed(found) => {
                let by: Vec<String> = found.crls.iter().map(crls::called).collect();
                let files = found.crls.iter().map(|crl| crl.origin.to_string());
                Checked {
                    crls: files.collect(),
                    ..new(
                        Answer::NotRevoked,
                        format!("not revoked, by {}", by.join(" and ")),
                    )
                }
            }
            Status::NotApplicable(exempt) => {
                let message = match exempt {
                    Exempt::SelfSigned => "self-signed: it cannot revoke itself",
                    Exempt::OcspNoCheck => "an OCSP responder that asks not to be checked",
                    _ => "its issuer publishes no revocations",
                };
                new(Answer::NotApplicable, message.to_owned())
            }
            Status::NoCrl(why_not) => {
                let needs = CrlRequired::of(certificate);
                let nearest = CrlFault::nearest(why_not, &[]);
                // Another CA's list in the cache is there for others, and no failed answer.
                let nearest = nearest.filter(|(fault, _)| *fault != CrlFault::Issuer);
                let mut checked = new(Answer::Undecided, "cannot be decided".to_owned());
                checked.needs = Some(crls::needed(&needs));
                checked.have = Some(match &nearest {
                    None => "no list about it".to_owned(),
                    Some((_, crl)) => crls::called(crl),
                });
                let file = nearest.as_ref().map(|(_, crl)| crl.origin.to_string());
                checked.crls.extend(file);
                checked.because = nearest.as_ref().map(|(fault, _)| crls::because(fault));
                checked.remedy = Some(way_out(&needs).to_owned());
                checked
            }
        }
    }

    /// That nobody can tell because the certificate's issuer is not known.
    pub fn issuer_unknown(certificate: &Certificate) -> Checked {
        let message = "cannot be decided".to_owned();
        let (name, serial) = (certificate.subject.short(), certificate.serial.clone());
        Checked {
            needs: Some(crls::needed(&CrlRequired::of(certificate))),
            because: Some(format!(
                "no CA known here signed it; it says that {} did",
                certificate.issuer.short()
            )),
            remedy: Some(
                "give the CA's certificate with --issuer CA, or a file that pins it with --facts FILE"
                    .to_owned(),
            ),
            ..Checked::new(Some(name), serial, Answer::Undecided, message)
        }
    }

    fn revoked(mut self, entry: &Entry) -> Checked {
        self.revoked_at = Some(entry.revoked_at);
        self.reason = entry.reason.map(|reason| reason.to_string());
        let reason = match &self.reason {
            Some(reason) => format!("reason {reason}"),
            None => "no reason given".to_owned(),
        };
        self.message = format!("revoked on {}, {reason}", entry.revoked_at);
        self
    }

    fn render(&self, page: &mut Page) {
        let (word, style) = match self.answer {
            Answer::NotRevoked => ("NOT REVOKED", anstyle::Style::new().bold()),
            Answer::Revoked => ("REVOKED", style(Severity::Error)),
            Answer::NotApplicable => ("NOT APPLICABLE", anstyle::Style::new().bold()),
            Answer::Undecided => ("NOT DECIDED", style(Severity::Warning)),
        };
        let who = match &self.certificate {
            Some(name) => format!("{name}  serial {}", self.serial),
            None => self.serial.to_string(),
        };
        page.line(&format!(
            "{who}  {style}{word}{style:#}  exit {}",
            self.exit
        ));
        // What holds under a condition is never said without it.
        let bare = self.answer == Answer::Undecided || self.message == NOT_REVOKED;
        if self.certificate.is_some() || !bare {
            page.labelled("", &self.message);
        }
        for (label, text) in [
            ("needs", &self.needs),
            ("have", &self.have),
            ("because", &self.because),
            ("do", &self.remedy),
        ] {
            if let Some(text) = text {
                page.labelled(label, text);
            }
        }
    }
}

fn way_out(needs: &CrlRequired) -> &'static str {
    match (needs.fetchable, needs.points.is_empty()) {
        (true, _) => "fetch it: ptl-cert crl update CERT",
        (false, true) => "get it from its issuer: ptl-cert crl import FILE",
        (false, false) => {
            "no server can look that up: bring the file from the NHS page on HSCN: ptl-cert crl import FILE"
        }
    }
}

impl Check {
    /// The worst exit status of all answers.
    pub fn exit(&self) -> u8 {
        let answers = self.answers.iter().map(|answer| answer.exit);
        let unread = self.unread.iter().map(|_| 3);
        answers.chain(unread).max().unwrap_or(0)
    }

    /// The text, for a terminal of so many columns, with ANSI colours.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        if let Some(crl) = &self.crl {
            page.line(&format!("the CRL of {}", crl.called()));
            page.labelled("list", &crl.measured());
            page.labelled("good", &crl.until(self.at));
            page.gap();
        }
        for answer in &self.answers {
            answer.render(&mut page);
        }
        if self.answers.len() > 1 {
            page.gap();
            page.line(&self.summary());
        }
        page.into_text()
    }

    fn summary(&self) -> String {
        let with = |wanted: &[Answer]| {
            let found = self.answers.iter();
            found.filter(|one| wanted.contains(&one.answer)).count()
        };
        let total = count(
            i64::try_from(self.answers.len()).unwrap_or(i64::MAX),
            "answer",
        );
        format!(
            "{total}: {} not revoked, {} revoked, {} not decided",
            with(&[Answer::NotRevoked, Answer::NotApplicable]),
            with(&[Answer::Revoked]),
            with(&[Answer::Undecided])
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Serial;

    fn text(limits: Option<&str>) -> String {
        let answer = Checked::listed(Serial::from_octets(&[1]), None, limits);
        let check = Check {
            schema: SCHEMA,
            at: Moment::from_unix(1_798_761_600).unwrap(),
            crl: None,
            answers: vec![answer],
            unread: Vec::new(),
        };
        check.render(80)
    }

    #[test]
    fn what_a_partitions_list_says_of_a_serial_number_is_said_with_its_condition() {
        assert!(text(Some("those that name the point P")).contains("if it is one of those"));
        assert_eq!(text(None).lines().count(), 1);
    }
}
