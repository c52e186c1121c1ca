//! CRLs: which there are, and what each says.

mod entry;
mod place;
mod stream;

pub use entry::Filling;
pub(super) use entry::{Entry, Oddity};
pub use place::{PublishedCrl, Reach};
pub use stream::PreparedCrl;

use super::authority::{CrlScope, Issuer};
use super::write::{Digest, Dn, Extension, Point, der, shifted};
use super::{Defect, LabError};
use crate::document::{Moment, PrivateKey};

const DAY: i64 = 24 * 60 * 60;
/// How long a CRL is good for: the rhythm in which the NHS lets the old PKI's file be refreshed.
pub(super) const LIST_DAYS: i64 = 7;

/// What a CRL is made of.
pub(super) struct Contents<'k> {
    pub(super) place: PublishedCrl,
    pub(super) issuer: Issuer<'k>,
    /// For [`Defect::ListSiblingKey`].
    pub(super) sibling: &'k PrivateKey,
    pub(super) base_url: String,
    pub(super) at: Moment,
    pub(super) number: u64,
    pub(super) revoked: Vec<Entry>,
    pub(super) filling: Filling,
}

impl<'k> Contents<'k> {
    /// The CRL, as far as it can be made before its entries pass by.
    pub(super) fn prepare(mut self, defects: &[Defect]) -> Result<PreparedCrl<'k>, LabError> {
        let has = |defect| defects.contains(&defect);
        let digest = match has(Defect::CrlMd5) {
            true => Digest::Md5,
            false => self.issuer.authority.signs_with(),
        };
        self.add_odd_entries(defects);
        let (this_update, next_update) = self.dates(defects);
        let version_2 = der::natural(1);
        let head = [
            version_2,
            digest.algorithm(),
            self.issuer.name.der(),
            der::time(this_update),
            next_update.map(der::time).unwrap_or_default(),
        ];
        let extensions: Vec<Vec<u8>> = self
            .extensions(defects)
            .iter()
            .map(Extension::der)
            .collect();
        let key = match has(Defect::CrlSiblingKey) {
            true => self.sibling,
            false => self.issuer.key,
        };
        PreparedCrl::new(stream::Parts {
            head: head.concat(),
            entries: entry::Entries::new(self.revoked, self.filling, &self.place.path(), self.at),
            tail: der::context(0, &der::sequence(&extensions)),
            digest,
            key,
            bad_signature: has(Defect::CrlBadSignature),
        })
    }

    fn dates(&self, defects: &[Defect]) -> (Moment, Option<Moment>) {
        let days = |days| shifted(self.at, days * DAY);
        let has = |defect| defects.contains(&defect);
        let this_update = match () {
            () if has(Defect::CrlRollbackDate) => days(-3),
            () if has(Defect::CrlNotYetValid) => days(1),
            () if has(Defect::CrlStale) => days(-LIST_DAYS - 1),
            () => self.at,
        };
        let next_update = match () {
            () if has(Defect::CrlNoNextUpdate) => None,
            () if has(Defect::CrlRollbackDate) => Some(days(LIST_DAYS - 3)),
            () if has(Defect::CrlNotYetValid) => Some(days(LIST_DAYS + 1)),
            () if has(Defect::CrlStale) => Some(days(-1)),
            () => Some(days(LIST_DAYS)),
        };
        (this_update, next_update)
    }

    fn extensions(&self, defects: &[Defect]) -> Vec<Extension> {
        let has = |defect| defects.contains(&defect);
        let mut extensions = vec![Extension::authority_key(
            self.issuer.key.public_key().info(),
        )];
        match () {
            () if has(Defect::CrlNoNumber) => {}
            () if has(Defect::CrlRollbackNumber) => extensions.push(Extension::number(0)),
            () => extensions.push(Extension::number(self.number)),
        }
        if has(Defect::CrlDelta) {
            extensions.push(Extension::base_number(self.number.saturating_sub(1)));
        }
        extensions.extend(self.issuing_point(defects));
        if has(Defect::CrlUnknownCritical) {
            extensions.push(Extension::unknown());
        }
        extensions
    }

    /// RFC 5280 section 5.2.5.
    fn issuing_point(&self, defects: &[Defect]) -> Option<Extension> {
        let has = |defect| defects.contains(&defect);
        let yes = |number| der::implicit(number, &[0xff]);
        let (only_users, only_authorities, some_reasons, only_attributes) = (1, 2, 3, 5);
        let mut points = self.place.points_in_list(&self.base_url);
        let mut flags = Vec::new();
        match self.place.scope() {
            CrlScope::Point => {}
            CrlScope::Complete => points.clear(),
            CrlScope::Authorities => flags.push(yes(only_authorities)),
        }
        if self.place.partition().is_some() {
            flags.push(yes(only_users));
        }
        if has(Defect::CrlWrongPartition) {
            points = self.place.points_of_no_certificate(&self.base_url);
        }
        if has(Defect::CrlSomeReasons) {
            let key_compromise = der::flags(&[1]);
            let content = key_compromise.get(2..).unwrap_or_default();
            flags.push(der::implicit(some_reasons, content));
        }
        if has(Defect::CrlWrongKind) {
            flags = vec![yes(only_attributes)];
        }
        let is_there = !points.is_empty() || !flags.is_empty();
        is_there.then(|| Extension::issuing_point(&points, &flags))
    }

    fn add_odd_entries(&mut self, defects: &[Defect]) {
        let oddities = [
            (Defect::CrlEntryUnknownCritical, Oddity::UnknownCritical),
            (
                Defect::CrlIndirectUnmarked,
                Oddity::OtherIssuer(Dn::new(None, "lab", "CA", "LAB Elsewhere").der()),
            ),
            (Defect::CrlUnreadable, Oddity::Unreadable),
        ];
        for (defect, oddity) in oddities {
            if defects.contains(&defect) {
                self.revoked.push(Entry {
                    serial: b"LAB".to_vec(),
                    at: shifted(self.at, -DAY),
                    reason: None,
                    oddity: Some(oddity),
                });
            }
        }
    }
}

/// A URL below the base.
fn url(base_url: &str, path: &str) -> Point {
    Point::Url(format!("{base_url}{path}"))
}
