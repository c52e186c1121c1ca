//! What `inventory` reports: what expires when.

mod monitor;
#[cfg(test)]
mod tests;
mod text;

use schemars::JsonSchema;
use serde::Serialize;

use super::crl::span;
use super::inspection::{FindingReport, UnreadReport};
use crate::document::{Moment, Name, Role, Serial, Sha256Digest};
use crate::input::Origin;
use crate::ops::inventory::{EntryKind, Expiry, Inventory, InventoryEntry, Place, Unreached};
use crate::verdict::Code;
use crate::wording::inventory as words;
use crate::wording::{Voice, count};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/inventory/1";

/// Everything one run of `inventory` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct InventoryReport {
    /// `ptl-cert/inventory/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// How many days before its notAfter a certificate is reported.
    pub within_days: u32,
    /// How many seconds before its nextUpdate a CRL is reported.
    pub crl_within_seconds: i64,
    /// The exit status that this is for the command line: 0 if everything is current or upcoming, 1 if something is not, 3 if
    /// something was not read or not reached, or nothing that expires was found.
    pub exit: u8,
    /// The whole in a sentence.
    pub message: String,
    /// How many entries have expired.
    pub expired: usize,
    /// How many CRLs have no nextUpdate, so that it is unknown for how long they count.
    pub undated: usize,
    /// How many are not yet valid, with nothing in their place that is.
    pub not_yet_valid: usize,
    /// How many expire within the periods.
    pub expiring: usize,
    /// How many expire later.
    pub current: usize,
    /// How many are not yet valid and need not be, because something in their place is.
    pub upcoming: usize,
    /// Everything that expires, what ends first first; each certificate and CRL once.
    pub entries: Vec<EntryReport>,
    /// What could not be read.
    pub unread: Vec<UnreadReport>,
    /// Hosts that sent no certificate.
    pub unreached: Vec<UnreachedReport>,
    /// Files of folders that are something else, and what; subfolders that were not searched, pipes, sockets and devices, and
    /// links to folders where only the folder itself was searched.
    pub passed_over: Vec<UnreadReport>,
}

/// A certificate or a CRL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct EntryReport {
    /// What it is.
    pub kind: KindReport,
    /// What kind of bearer the certificate is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What to call it.
    pub name: String,
    /// Who issued it.
    pub issuer: Name,
    /// The serial number of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Serial>,
    /// SHA-256 over the DER of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// The names of the CRL's issuing distribution point; none where it answers for all of its issuer's certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distribution_point: Vec<String>,
    /// Its notBefore or thisUpdate.
    pub begins: Moment,
    /// Its notAfter or nextUpdate; absent for a CRL that has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
    /// Whole days until then; negative once it has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// How much time it has left.
    pub expiry: Expiry,
    /// Where it was found, up to 16 places.
    pub places: Vec<PlaceReport>,
    /// How many more places there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_places: usize,
    /// Whether its private key is in the input.
    pub private_key: bool,
    /// What may replace it: of the same issuer and for the same names, of a CA for the same name and key, not expired, issued
    /// later and with more time left.
    /// Whether it is good is for `verify` to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer: Option<NewerReport>,
    /// For a CA that is not current: how many of the entries name it as their issuer and expire later, and cannot be verified
    /// once it has expired.
    #[serde(skip_serializing_if = "is_zero")]
    pub outlived_by: usize,
    /// What is wrong; absent where it is current or upcoming.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do; absent where it is current or upcoming.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    #[serde(skip)]
    word: &'static str,
}

/// A certificate or a CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KindReport {
    /// A certificate.
    Certificate,
    /// A CRL.
    Crl,
}

/// Where something was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PlaceReport {
    /// In words: the file and the line, the host and the port, or where a known CA comes from.
    pub place: String,
    /// Where in the input it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The host that sends it, with its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// A certificate or CRL that may replace another.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct NewerReport {
    /// Where it was found first.
    pub place: String,
    /// Its notBefore or thisUpdate: it may be in the future.
    pub begins: Moment,
    /// When it expires.
    pub expires: Option<Moment>,
}

/// A host that sent no certificate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct UnreachedReport {
    /// The host with its port.
    pub host: String,
    /// Why, in one sentence.
    pub message: String,
    /// The findings about the connection; none where it was not asked because the run was stopped.
    pub findings: Vec<FindingReport>,
}

impl From<&Inventory> for InventoryReport {
    /// In the neutral voice.
    fn from(inventory: &Inventory) -> InventoryReport {
        InventoryReport::in_voice(inventory, Voice::Neutral)
    }
}

impl InventoryReport {
    /// Reports what expires when, the remedies in this voice.
    pub fn in_voice(inventory: &Inventory, voice: Voice) -> InventoryReport {
        let Inventory {
            at,
            periods,
            entries: all,
            ..
        } = inventory;
        let number = |wanted| all.iter().filter(|entry| entry.expiry == wanted).count();
        let is_good = all.iter().all(|entry| entry.expiry.is_good());
        let mut report = InventoryReport {
            schema: SCHEMA,
            at: *at,
            within_days: periods.certificate_days,
            crl_within_seconds: periods.crl_seconds,
            exit: match (inventory.is_complete(), is_good) {
                (false, _) => 3,
                (true, false) => 1,
                (true, true) => 0,
            },
            message: String::new(),
            expired: number(Expiry::Expired),
            undated: number(Expiry::Undated),
            not_yet_valid: number(Expiry::NotYetValid),
            expiring: number(Expiry::Expiring),
            current: number(Expiry::Current),
            upcoming: number(Expiry::Upcoming),
            entries: all
                .iter()
                .map(|entry| EntryReport::new(entry, all, *at, voice))
                .collect(),
            unread: UnreadReport::all(&inventory.unread, voice),
            unreached: inventory
                .unreached
                .iter()
                .map(|one| UnreachedReport::new(one, voice))
                .collect(),
            passed_over: UnreadReport::all(&inventory.passed_over, voice),
        };
        report.message = report.summary();
        report
    }

    /// How many there are of each, and the first to expire.
    fn summary(&self) -> String {
        let crls = self.of(KindReport::Crl).count();
        let certificates = self.entries.len() - crls;
        let mut text = match self.entries.first() {
            None => "nothing that expires was found".to_owned(),
            Some(_) => {
                let parts: Vec<String> = [
                    (self.expired, "expired"),
                    (self.undated, "without nextUpdate"),
                    (self.not_yet_valid, "not yet valid"),
                    (self.expiring, "to renew"),
                    (self.current, "current"),
                    (self.upcoming, "upcoming"),
                ]
                .into_iter()
                .filter(|(number, _)| *number > 0)
                .map(|(number, state)| format!("{number} {state}"))
                .collect();
                format!(
                    "{}: {}",
                    words::counted(certificates, crls),
                    parts.join(", ")
                )
            }
        };
        // What has no end comes before it.
        if let Some(first) = self.entries.iter().find(|entry| entry.expires.is_some()) {
            let left = words::left(first.expires, self.at);
            text.push_str(&format!("; first to expire: {} ({left})", first.name));
        }
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        if !self.unread.is_empty() {
            text.push_str(&format!("; {} not read", self.unread.len()));
        }
        if !self.unreached.is_empty() {
            let hosts = count(number(self.unreached.len()), "host");
            text.push_str(&format!("; no certificate from {hosts}"));
        }
        let subfolders = self.passed_over.iter().filter(|one| one.is_subfolder());
        if let some @ 1.. = number(subfolders.count()) {
            text.push_str(&format!("; {} not searched", count(some, "subfolder")));
        }
        text
    }

    /// The periods, as far as they were applied: `certificates within 60 days, CRLs within 2 days`.
    fn periods(&self) -> String {
        let days = count(i64::from(self.within_days), "day");
        let crls = span(self.crl_within_seconds);
        let certificates = self.of(KindReport::Certificate).next();
        match (certificates, self.of(KindReport::Crl).next()) {
            (_, None) => format!("within {days}"),
            (None, _) => format!("within {crls}"),
            _ => format!("within {days}, CRLs within {crls}"),
        }
    }

    fn of(&self, kind: KindReport) -> impl Iterator<Item = &EntryReport> {
        self.entries.iter().filter(move |entry| entry.kind == kind)
    }
}

impl EntryReport {
    fn new(
        entry: &InventoryEntry,
        all: &[InventoryEntry],
        at: Moment,
        voice: Voice,
    ) -> EntryReport {
        let newer = entry.newer.and_then(|number| all.get(number));
        let due = words::due(entry, newer, at, voice);
        let (message, remedy) = match due {
            Some(due) => (Some(due.message), Some(due.remedy)),
            None => (None, None),
        };
        let (kind, role) = match entry.kind {
            EntryKind::Certificate(role) => (KindReport::Certificate, Some(role)),
            EntryKind::Crl => (KindReport::Crl, None),
        };
        EntryReport {
            kind,
            role,
            name: entry.name.clone(),
            issuer: entry.issuer.clone(),
            serial: entry.serial.clone(),
            sha256: entry.sha256,
            distribution_point: entry.distribution_point.clone(),
            begins: entry.begins,
            expires: entry.ends,
            days_left: entry.ends.map(|end| end.days_left(at)),
            expiry: entry.expiry,
            places: entry.places.iter().map(PlaceReport::new).collect(),
            more_places: entry.more_places,
            private_key: entry.has_key,
            newer: newer.map(|newer| NewerReport {
                place: newer.places.first().map(words::place).unwrap_or_default(),
                begins: newer.begins,
                expires: newer.ends,
            }),
            outlived_by: entry.outlived_by,
            message,
            remedy,
            word: words::kind(entry.kind),
        }
    }
}

impl PlaceReport {
    pub(super) fn new(place: &Place) -> PlaceReport {
        PlaceReport {
            place: words::place(place),
            origin: match place {
                Place::Input(origin) => Some(origin.clone()),
                _ => None,
            },
            host: match place {
                Place::Host(host) => Some(host.clone()),
                _ => None,
            },
        }
    }
}

impl UnreachedReport {
    fn new(unreached: &Unreached, voice: Voice) -> UnreachedReport {
        let decisive = |finding| FindingReport::decisive(finding, voice);
        let mut findings: Vec<FindingReport> = unreached.reasons.iter().map(decisive).collect();
        // The user's word may have been that of a file.
        if let Some(first) = findings.first_mut()
            && first.code == Code::DnsNotFound
            && voice.names_commands()
        {
            let remedy = &first.remedy;
            first.remedy = format!(
                "if this is a file or folder, check its path: there is none; if it is a host, {remedy}"
            );
        }
        let host = unreached.endpoint.to_string();
        let why = match findings.first() {
            Some(first) => first.message.clone(),
            None => "it was not asked, because the run was stopped".to_owned(),
        };
        UnreachedReport {
            message: match why.starts_with(&host) {
                true => why,
                false => format!("{host}: {why}"),
            },
            host,
            findings,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Option<&str> {
        self.findings.first().map(|first| first.remedy.as_str())
    }
}

/// Whether a number is left out.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
