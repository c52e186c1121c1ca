//! The lab itself.

mod facts;
mod revoking;
mod state;

pub use revoking::{REASONS, reason};
pub use state::{Issued, LabRevocation, LabState};

use std::collections::BTreeMap;

use super::authority::{AUTHORITIES, Creation, Issuer, IssuerId};
use super::crl::{Contents, Entry, Filling, PreparedCrl, PublishedCrl, Reach};
use super::environment::{Generation, LabEnvironment};
use super::keys::spare;
use super::{Defect, Keys, LabAuthority, LabError};
use crate::document::{Certificate, Moment};

/// How a lab is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabPlan {
    base_url: String,
    at: Moment,
}

impl LabPlan {
    /// Where the lab's host listens by default.
    pub const BASE_URL: &'static str = "http://127.0.0.1:8480";

    /// `base_url` precedes every path in certificates: where the lab's host will listen. `at` is the
    /// moment of creation: the CAs are valid from a day before it for a year.
    pub fn new(base_url: &str, at: Moment) -> LabPlan {
        LabPlan {
            base_url: base_url.trim_end_matches('/').to_owned(),
            at,
        }
    }
}

/// A lab PKI.
///
/// It is its keys and its [`LabState`]; CA certificates are made from them and are the same every time.
#[derive(Debug)]
pub struct Lab {
    keys: Keys,
    state: LabState,
    created: Moment,
    /// The certificates of the CAs of the table.
    certificates: BTreeMap<&'static str, Certificate>,
}

impl Lab {
    /// Creates a lab whose CRLs are at the base URL of the plan. With [`Keys::built_in`] it takes milliseconds too.
    ///
    /// # Errors
    /// [`LabError::BaseUrl`] for a base URL without scheme or host, and [`LabError::OpenSsl`].
    pub fn create(keys: Keys, plan: &LabPlan) -> Result<Lab, LabError> {
        Lab::open(keys, LabState::new(&plan.base_url, plan.at))
    }

    /// A lab for tests, with the lab keys that are built in, which are no secret: it takes milliseconds. Its CRLs are at
    /// [`LabPlan::BASE_URL`]; for a server of your own, on a port that is free, there is [`Lab::create`].
    ///
    /// # Errors
    /// [`LabError::OpenSsl`].
    pub fn fixture(at: Moment) -> Result<Lab, LabError> {
        Lab::create(Keys::built_in()?, &LabPlan::new(LabPlan::BASE_URL, at))
    }

    /// Every CRL as it is at a moment.
    ///
    /// # Errors
    /// Those of [`Lab::crl`].
    pub fn crls(&self, at: Moment) -> Result<Vec<Vec<u8>>, LabError> {
        let places = self.published_crls();
        places
            .iter()
            .map(|place| self.crl(place, at, &[]))
            .collect()
    }

    /// Opens one that was created before, with the same keys.
    ///
    /// # Errors
    /// [`LabError::State`] for a state that this version does not know, and those of [`Lab::create`].
    pub fn open(keys: Keys, state: LabState) -> Result<Lab, LabError> {
        state.check()?;
        let created = state.created();
        let mut lab = Lab {
            keys,
            state,
            created,
            certificates: BTreeMap::new(),
        };
        for authority in &AUTHORITIES {
            let der = lab.made(&IssuerId::new(authority, &[]))?.certificate;
            let certificate =
                Certificate::read(&der).map_err(LabError::read_back("CA certificate"))?;
            lab.certificates.insert(authority.id, certificate);
        }
        Ok(lab)
    }

    /// What is to be kept of it, besides its keys.
    pub fn state(&self) -> &LabState {
        &self.state
    }

    /// Its keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What precedes every path in its certificates.
    pub fn base_url(&self) -> &str {
        self.state.base_url()
    }

    /// When it was created.
    pub fn created(&self) -> Moment {
        self.created
    }

    /// Its CAs, roots first, with their certificates.
    pub fn authorities(&self) -> impl Iterator<Item = (&'static LabAuthority, &Certificate)> {
        AUTHORITIES
            .iter()
            .filter_map(|authority| Some((authority, self.certificates.get(authority.id)?)))
    }

    /// The CA certificates to be served, each with its path below the base URL: those that certificates name as their
    /// issuer's, and all others.
    ///
    /// # Errors
    /// [`LabError::OpenSsl`].
    pub fn certificates(&self) -> Result<Vec<(String, Vec<u8>)>, LabError> {
        let file = |id: &IssuerId| {
            let issuer = self.made(id)?;
            Ok((issuer.certificate_path(), issuer.certificate))
        };
        self.issuers().iter().map(file).collect()
    }

    /// Every CRL that there is: those of all CAs, and of the CAs made for a defect that have issued something.
    pub fn published_crls(&self) -> Vec<PublishedCrl> {
        self.issuers()
            .iter()
            .flat_map(PublishedCrl::all_of)
            .collect()
    }

    /// The CRLs that an environment needs: of the CAs that issue for it, and of those above them, in all generations.
    pub fn published_crls_for(&self, environment: LabEnvironment) -> Vec<PublishedCrl> {
        let issuing = |generation| LabAuthority::issuing(environment, generation);
        let issuers = Generation::ALL.into_iter().filter_map(issuing);
        issuers
            .flat_map(|authority| IssuerId::new(authority, &[]).upwards())
            .flat_map(|id| PublishedCrl::all_of(&id))
            .collect()
    }

    /// The CRL of the old PKI for an environment's endpoints: the large one, which is imported manually.
    pub fn place_manual_import(&self, environment: LabEnvironment) -> Option<PublishedCrl> {
        let places = self.published_crls_for(environment);
        places
            .into_iter()
            .find(|place| place.reach() == Reach::ManualImport)
    }

    /// The CRL that answers for a certificate of this lab.
    ///
    /// # Errors
    /// [`LabError::NotOurs`].
    pub fn place(&self, certificate: &Certificate) -> Result<PublishedCrl, LabError> {
        let issuer = self.issuer_of(certificate)?;
        Ok(PublishedCrl::of(
            &issuer,
            Some(certificate.serial.as_octets()),
        ))
    }

    /// A CRL as it is at a moment, in DER: good for a week from then, with everything revoked until then.
    /// Its number counts the seconds since the creation and the revocations, so that no later CRL has a lower one.
    ///
    /// Defects of other targets than [`DefectTarget::Crl`](super::DefectTarget::Crl) are not looked at;
    /// [`encoded`](super::encoded) makes those of encoding.
    ///
    /// # Errors
    /// [`LabError::OpenSsl`], and [`LabError::State`] for a partition of another lab.
    pub fn crl(
        &self,
        place: &PublishedCrl,
        at: Moment,
        defects: &[Defect],
    ) -> Result<Vec<u8>, LabError> {
        self.prepare(place, at, defects, Filling::NONE)?.to_vec()
    }

    /// The same with any number of other entries, to be written as a stream.
    ///
    /// # Errors
    /// Those of [`Lab::crl`].
    pub fn prepare(
        &self,
        place: &PublishedCrl,
        at: Moment,
        defects: &[Defect],
        filling: Filling,
    ) -> Result<PreparedCrl<'_>, LabError> {
        let issuer = match defects.contains(&Defect::CrlOtherIssuer) {
            false => self.made(&place.issuer)?,
            true => self.made(&self.another(&place.issuer))?,
        };
        Contents {
            revoked: self.revoked(place, at).map(Entry::of).collect(),
            issuer,
            place: place.clone(),
            sibling: self.keys.named(spare::SIBLING)?,
            base_url: self.base_url().to_owned(),
            at,
            number: self.number(at),
            filling,
        }
        .prepare(defects)
    }

    /// How many certificates a CRL names at a moment.
    pub fn revoked_at(&self, place: &PublishedCrl, at: Moment) -> u64 {
        self.revoked(place, at).count() as u64
    }

    fn revoked(&self, place: &PublishedCrl, at: Moment) -> impl Iterator<Item = &LabRevocation> {
        let id = place.issuer_id();
        self.state.revoked().iter().filter(move |revoked| {
            revoked.issuer() == id && revoked.at() <= at && place.has(revoked.serial().as_octets())
        })
    }

    pub(super) fn state_mut(&mut self) -> &mut LabState {
        &mut self.state
    }

    /// Never lower for a later moment, and higher after every revocation.
    fn number(&self, at: Moment) -> u64 {
        let seconds = at.unix().saturating_sub(self.created.unix());
        1 + u64::try_from(seconds).unwrap_or(0) + self.state.revoked().len() as u64
    }

    /// A sound CA that is none of this one's path.
    fn another(&self, id: &IssuerId) -> IssuerId {
        let id = id.to_string();
        let mut others = ["live-g1", "dep-g1"]
            .into_iter()
            .filter(|other| *other != id);
        let other = others.next().and_then(LabAuthority::named);
        IssuerId::new(other.unwrap_or(&AUTHORITIES[0]), &[])
    }

    /// All CAs: those of the table, and those made for a defect that have issued something, with theirs above.
    pub(super) fn issuers(&self) -> Vec<IssuerId> {
        let mut ids: Vec<IssuerId> = AUTHORITIES
            .iter()
            .map(|authority| IssuerId::new(authority, &[]))
            .collect();
        // Opening has checked that each of them is known.
        let of_state = self.state.issued().iter();
        let of_state = of_state.filter_map(|issued| IssuerId::parse(issued.issuer()));
        for id in of_state.flat_map(|id| id.upwards()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    pub(super) fn made(&self, id: &IssuerId) -> Result<Issuer<'_>, LabError> {
        let creation = Creation {
            keys: &self.keys,
            at: self.created,
            base_url: self.base_url(),
            made: &self.certificates,
        };
        Issuer::make(id, creation)
    }

    /// The CA that a certificate names as its issuer; whether it made the signature is not asked.
    pub(super) fn issuer_of(&self, certificate: &Certificate) -> Result<IssuerId, LabError> {
        let name = certificate.issuer.der();
        let mut named = self
            .issuers()
            .into_iter()
            .filter(|id| id.name().der() == name);
        named.next().ok_or_else(|| LabError::NotOurs {
            subject: certificate.subject.short(),
            issuer: certificate.issuer.to_string(),
        })
    }
}
