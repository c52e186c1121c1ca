//! What `renew` reports: the next pair for each host whose certificate expires.

mod next;
mod text;

use schemars::JsonSchema;
use serde::Serialize;

use super::csr::{CsrNote, RequestReport, Step, of_left, place, shown};
use super::inspection::UnreadReport;
use super::inventory::PlaceReport;
use super::problem::ProblemReport;
use crate::document::{Moment, Name, Serial, Sha256Digest};
use crate::ops::inventory::{Expiry, InventoryEntry};
use crate::ops::renew::{HostRenewal, NextKey, NextPair, RenewError, Renewal};
use crate::wording::Voice;
use crate::wording::renew as words;

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/renew/1";

/// Everything one run of `renew` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct RenewReport {
    /// `ptl-cert/renew/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// Within how many days what was renewed expires; absent where dates did not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_days: Option<u32>,
    /// The exit status that this is for the command line: 0 if every next pair was made or is there already, or none is
    /// needed; 1 if some of several failed; 3 if all failed, something was not read, or no endpoint certificate was found.
    pub exit: u8,
    /// The whole in a sentence.
    pub message: String,
    /// The folder of the next pairs.
    pub folder: String,
    /// How many next pairs were made.
    pub created: usize,
    /// How many were there already, and were not changed.
    pub left_alone: usize,
    /// How many could not be made.
    pub failed: usize,
    /// How many endpoint certificates expire later.
    pub not_due: usize,
    /// How many would be due, but a newer one for the same names is in the files.
    pub replaced: usize,
    /// How many are self-signed and were not named: no CA answers a request for one.
    pub self_signed: usize,
    /// The hosts, in the order in which their certificates expire.
    pub hosts: Vec<RenewedHost>,
    /// What to do now; empty where there is no next pair.
    pub next: Vec<Step>,
    /// What could not be read.
    pub unread: Vec<UnreadReport>,
    /// Files of folders that are something else, and what.
    pub passed_over: Vec<UnreadReport>,
}

/// One host.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct RenewedHost {
    /// The host; what the certificate is called where its names are not all those of hosts.
    pub fqdn: String,
    /// What happened.
    pub status: RenewStatus,
    /// The certificate in use.
    pub current: CurrentReport,
    /// The key of the next pair; absent if the host failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<RenewedKey>,
    /// The file with the next request; absent if the host failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csr: Option<String>,
    /// What the request asks for; absent unless it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestReport>,
    /// The request as PEM; absent unless it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csr_pem: Option<String>,
    /// Where the request of the current certificate is, if its subject was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_from: Option<String>,
    /// For how long the old and the new certificate are both valid; absent if the host failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<String>,
    /// What is worth knowing, although it did not stop anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<CsrNote>,
    /// Why the host failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ProblemReport>,
}

/// The end a host came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RenewStatus {
    /// A new request was written, and a new key unless the current one is used again.
    Created,
    /// The next pair was there already, and was not changed.
    LeftAlone,
    /// Nothing was written.
    Failed,
}

/// The certificate in use. It was not changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CurrentReport {
    /// Who issued it.
    pub issuer: Name,
    /// Its serial number.
    pub serial: Option<Serial>,
    /// SHA-256 over its DER.
    pub sha256: Option<Sha256Digest>,
    /// Its notAfter.
    pub expires: Option<Moment>,
    /// Whole days until then; negative once it has expired.
    pub days_left: Option<i64>,
    /// How much time it has left.
    pub expiry: Expiry,
    /// Where it was found, up to 16 places.
    pub places: Vec<PlaceReport>,
    /// Whether its private key is in the files.
    pub private_key: bool,
}

/// The key of a next pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct RenewedKey {
    /// Whether it is the key of the current certificate, and not a new one.
    pub reused: bool,
    /// The file; absent where a request for the current key was there already, and the key was not named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl RenewReport {
    /// Reports a renewal.
    pub fn new(renewal: &Renewal) -> RenewReport {
        RenewReport::in_voice(renewal, Voice::Neutral, |error| ProblemReport::new(error))
    }

    /// Reports a renewal, what to do in this voice; `explain` says why a host has no next pair.
    pub fn in_voice(
        renewal: &Renewal,
        voice: Voice,
        explain: impl Fn(&RenewError) -> ProblemReport,
    ) -> RenewReport {
        let hosts = renewal
            .hosts
            .iter()
            .map(|host| RenewedHost::new(host, renewal, &explain));
        let hosts: Vec<RenewedHost> = hosts.collect();
        let of = |status| hosts.iter().filter(|host| host.status == status).count();
        let (created, left_alone, failed) = (
            of(RenewStatus::Created),
            of(RenewStatus::LeftAlone),
            of(RenewStatus::Failed),
        );
        let counted = words::Counted {
            created,
            left_alone,
            failed,
            not_due: renewal.not_due,
            replaced: renewal.replaced,
            self_signed: renewal.self_signed,
        };
        RenewReport {
            schema: SCHEMA,
            at: renewal.at,
            within_days: renewal.within_days,
            exit: match (renewal.is_complete(), failed, created + left_alone) {
                (false, _, _) | (true, 1.., 0) => 3,
                (true, 1.., _) => 1,
                (true, 0, _) => 0,
            },
            message: words::summary(counted, renewal.unread.len()),
            folder: next::folder(renewal),
            created,
            left_alone,
            failed,
            not_due: renewal.not_due,
            replaced: renewal.replaced,
            self_signed: renewal.self_signed,
            hosts,
            next: next::steps(renewal, voice),
            unread: UnreadReport::all(&renewal.unread, voice),
            passed_over: UnreadReport::all(&renewal.passed_over, voice),
        }
    }
}

impl RenewedHost {
    fn new(
        host: &HostRenewal,
        renewal: &Renewal,
        explain: impl Fn(&RenewError) -> ProblemReport,
    ) -> RenewedHost {
        let (current, at) = (&host.current, renewal.at);
        let mut report = RenewedHost {
            fqdn: match current.hosts.first() {
                Some(first) => first.to_string(),
                None => current.name.clone(),
            },
            status: RenewStatus::Failed,
            current: CurrentReport::new(current, at),
            key: None,
            csr: None,
            request: None,
            csr_pem: None,
            subject_from: None,
            overlap: None,
            notes: Vec::new(),
            error: None,
        };
        match &host.next {
            Err(error) => report.error = Some(explain(error)),
            Ok(pair) => {
                report.status = match pair.request {
                    Some(_) => RenewStatus::Created,
                    None => RenewStatus::LeftAlone,
                };
                report.key = Some(RenewedKey::new(&pair.key));
                report.csr = Some(shown(&pair.csr));
                report.request = pair.request.as_ref().map(RequestReport::new);
                report.csr_pem.clone_from(&pair.pem);
                let kept = pair.kept.as_ref();
                report.subject_from = kept.map(|kept| kept.origin.to_string());
                report.overlap = Some(words::overlap(current.ends, at));
                report.notes = notes(pair, current, renewal.of_every_host);
            }
        }
        report
    }
}

/// What is worth knowing of a pair; that of a host which was found and not named may be for a partner's.
fn notes(pair: &NextPair, current: &InventoryEntry, is_found: bool) -> Vec<CsrNote> {
    let note = |message, remedy| CsrNote { message, remedy };
    let faults = pair.faults.iter();
    let mut notes: Vec<CsrNote> = faults
        .map(|fault| note(fault.to_string(), Some(fault.remedy())))
        .collect();
    if let Some(kept) = pair.kept.as_ref().filter(|kept| !kept.left_out.is_empty()) {
        let request = kept.origin.to_string();
        notes.push(note(words::left_out(&kept.left_out, &request), None));
    }
    if let (NextKey::Reused(Some(key)), true) = (&pair.key, pair.password_unused) {
        let message = format!(
            "the key {} is not encrypted; the passphrase was not used",
            place(key)
        );
        notes.push(note(message, None));
    }
    if let (Some(left), NextKey::New(key)) = (&pair.left, &pair.key) {
        notes.extend(of_left(left, key));
    }
    if is_found && pair.request.is_some() && !current.has_key {
        let (message, remedy) = words::no_key();
        notes.push(note(message, Some(remedy)));
    }
    notes
}

impl CurrentReport {
    fn new(current: &InventoryEntry, at: Moment) -> CurrentReport {
        CurrentReport {
            issuer: current.issuer.clone(),
            serial: current.serial.clone(),
            sha256: current.sha256,
            expires: current.ends,
            days_left: current.ends.map(|end| end.days_left(at)),
            expiry: current.expiry,
            places: current.places.iter().map(PlaceReport::new).collect(),
            private_key: current.has_key,
        }
    }
}

impl RenewedKey {
    fn new(key: &NextKey) -> RenewedKey {
        match key {
            NextKey::New(file) => RenewedKey {
                reused: false,
                file: Some(place(file)),
            },
            NextKey::Reused(file) => RenewedKey {
                reused: true,
                file: file.as_ref().map(place),
            },
        }
    }
}
