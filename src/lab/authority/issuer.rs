//! Who signs: a CA with its key and its certificate.

use std::collections::BTreeMap;

use super::id::Level;
use super::{IssuerId, LabAuthority};
use crate::document::{Certificate, Moment, PrivateKey};
use crate::lab::crl::PublishedCrl;
use crate::lab::environment::Generation;
use crate::lab::keys::spare;
use crate::lab::write::extension::Critical;
use crate::lab::write::{Digest, Dn, Draft, Extension, serial, shifted};
use crate::lab::{Defect, Keys, LabError};

const DAY: i64 = 24 * 60 * 60;
/// How long CAs live: long enough for a project, too short to be mistaken for the NHS's.
const CA_DAYS: i64 = 365;

/// keyUsage: digitalSignature, keyEncipherment, keyCertSign, cRLSign (RFC 5280 section 4.2.1.3).
const SIGN_CERTIFICATES: u8 = 5;
const SIGN_LISTS: u8 = 6;

/// What all CAs of a lab are made from.
#[derive(Clone, Copy)]
pub(in crate::lab) struct Creation<'k> {
    pub(in crate::lab) keys: &'k Keys,
    pub(in crate::lab) at: Moment,
    pub(in crate::lab) base_url: &'k str,
    /// The certificates of sound CAs that were made before, by id.
    pub(in crate::lab) made: &'k BTreeMap<&'static str, Certificate>,
}

/// A CA, ready to sign.
#[derive(Debug)]
pub(in crate::lab) struct Issuer<'k> {
    pub(in crate::lab) id: IssuerId,
    pub(in crate::lab) authority: &'static LabAuthority,
    pub(in crate::lab) name: Dn,
    /// What people call it, which is a file's name too.
    pub(in crate::lab) title: String,
    pub(in crate::lab) key: &'k PrivateKey,
    /// Its certificate in DER.
    pub(in crate::lab) certificate: Vec<u8>,
    pub(in crate::lab) not_before: Moment,
    pub(in crate::lab) not_after: Moment,
    /// The CA above it; `None` for a root.
    pub(in crate::lab) above: Option<Box<Issuer<'k>>>,
}

impl<'k> Issuer<'k> {
    /// Makes the certificates of a CA and of those above it; the same ones for the same keys and moment of creation.
    pub(in crate::lab) fn make(
        id: &IssuerId,
        creation: Creation<'k>,
    ) -> Result<Issuer<'k>, LabError> {
        let authority = id.authority();
        let above = id
            .above()
            .map(|id| Issuer::make(&id, creation).map(Box::new))
            .transpose()?;
        let (not_before, not_after) = validity(id, authority, creation.at);
        let mut issuer = Issuer {
            id: id.clone(),
            authority,
            name: id.name(),
            title: id.title(),
            key: creation.keys.named(key_name(id, authority))?,
            certificate: Vec::new(),
            not_before,
            not_after,
            above,
        };
        issuer.certificate = match creation.made.get(authority.id) {
            Some(certificate) if id.is_sound() => certificate.der().to_vec(),
            _ => issuer.certified(creation)?,
        };
        Ok(issuer)
    }

    /// Its certificate, signed by the CA above it, or by itself where there is none.
    fn certified(&self, creation: Creation<'_>) -> Result<Vec<u8>, LabError> {
        let signer = self.above.as_deref().unwrap_or(self);
        let key_info = self.key.public_key().info();
        let octets = match self.authority.generation {
            Generation::G2 => 16,
            _ => 8,
        };
        let parts = [
            self.id.to_string(),
            creation.at.to_string(),
            creation.base_url.to_owned(),
        ];
        let [id, at, base_url] = parts.each_ref().map(String::as_bytes);
        let signer_info = signer.key.public_key().info();
        let draft = Draft {
            serial: serial(octets, &[id, at, base_url, key_info, signer_info]),
            issuer: signer.name.der(),
            subject: self.name.der(),
            not_before: self.not_before,
            not_after: self.not_after,
            key: key_info.to_vec(),
            extensions: extensions(self, creation.base_url),
            digest: match self.id.has(Defect::SubMd5) && self.id.level() == Level::InPlace {
                true => Digest::Md5,
                false => self.authority.digest(),
            },
            claimed: None,
        };
        draft.sign(signer.key)
    }

    /// Where its certificate is served, below the base URL.
    pub(in crate::lab) fn certificate_path(&self) -> String {
        match self.id.is_sound() {
            true => self.authority.certificate_path.to_owned(),
            false => format!("/defect/{}.crt", self.id),
        }
    }

    /// It, and the CAs above it up to the root.
    pub(in crate::lab) fn upwards(&self) -> impl Iterator<Item = &Issuer<'k>> {
        std::iter::successors(Some(self), |issuer| issuer.above.as_deref())
    }
}

fn key_name(id: &IssuerId, authority: &LabAuthority) -> &'static str {
    match (id.is_sound(), id.level()) {
        (true, _) => authority.id,
        (_, Level::Above) => spare::STRANGER,
        (_, Level::Below) => spare::BELOW,
        _ if id.has(Defect::SubWeakKey) => spare::WEAK,
        _ => spare::SUB,
    }
}

fn validity(id: &IssuerId, authority: &LabAuthority, created: Moment) -> (Moment, Moment) {
    let days = |from: i64, to: i64| (shifted(created, from * DAY), shifted(created, to * DAY));
    match id.level() {
        _ if authority.id == "ptl-g1-expired-root" => days(-CA_DAYS, -1),
        Level::InPlace if id.has(Defect::SubExpired) => days(-CA_DAYS, -1),
        Level::InPlace if id.has(Defect::SubNotYetValid) => days(2 * CA_DAYS, 3 * CA_DAYS),
        _ => days(-1, CA_DAYS),
    }
}

fn extensions(issuer: &Issuer<'_>, base_url: &str) -> Vec<Extension> {
    let (id, authority) = (&issuer.id, issuer.authority);
    let above = issuer.above.as_deref();
    let in_place = |defect| id.has(defect) && id.level() == Level::InPlace;
    // As the NHS has it: the first generation marks neither as critical.
    let (critical, path_length) = match (authority.generation, above.is_some()) {
        (Generation::G2, true) => (Critical::Yes, Some(1)),
        (Generation::G2, false) => (Critical::Yes, Some(2)),
        _ => (Critical::No, None),
    };
    let path_length = match in_place(Defect::PathLength) {
        true => Some(0),
        false => path_length,
    };
    let mut usages = vec![SIGN_CERTIFICATES, SIGN_LISTS];
    usages.retain(|usage| {
        !(*usage == SIGN_CERTIFICATES && in_place(Defect::SubMayNotSign)
            || *usage == SIGN_LISTS && in_place(Defect::SubMayNotSignCrls))
    });
    let mut extensions = vec![
        Extension::key_usage(&usages, critical),
        match in_place(Defect::SubNotCa) {
            true => Extension::end_entity(),
            false => Extension::authority(critical, path_length),
        },
    ];
    if let Some(above) = above {
        if authority.generation == Generation::G2 {
            let statement = format!("{base_url}/CPS");
            extensions.push(Extension::policy(CA_POLICY, Some(&statement)));
            let issuer = format!("{base_url}{}", above.certificate_path());
            extensions.push(Extension::information(&issuer, &format!("{base_url}/ocsp")));
        }
        extensions.push(Extension::authority_key(above.key.public_key().info()));
    }
    // The Live root of the NHS's first generation names its own CRL. A server that checks the whole chain, root
    // included, as nginx and HAProxy do with OpenSSL, needs it: the CRL names its point, and so has to be named.
    if above.is_some() || authority.generation != Generation::G2 {
        let points =
            PublishedCrl::of(&above.unwrap_or(issuer).id, None).points_in_certificates(base_url);
        extensions.push(Extension::distribution_points(&points));
    }
    extensions.push(Extension::subject_key(issuer.key.public_key().info()));
    if in_place(Defect::NameConstraint) {
        let elsewhere = Dn::new(None, "lab", "Elsewhere", "LAB");
        extensions.push(Extension::names_below(&elsewhere));
    }
    if in_place(Defect::PolicyRequired) {
        extensions.push(Extension::policy_required());
    }
    if in_place(Defect::SubPurpose) {
        extensions.push(Extension::extended_usage(&[2]));
    }
    if in_place(Defect::SubUnknownCritical) {
        extensions.push(Extension::unknown());
    }
    extensions
}

/// The policy that sub CAs of the second generation are issued under, below the number for documentation (RFC 5612).
const CA_POLICY: &str = "1.3.6.1.4.1.32473.1275.101.0.3.2.0";
