//! The lab keys.

use std::collections::BTreeMap;

use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use rayon::prelude::*;

use super::authority::AUTHORITIES;
use super::environment::{Generation, LabEnvironment};
use super::identity::{Party, key_name};
use super::{Lab, LabError, Reply};
use crate::document::{Certificate, KeyAlgorithm, Moment, PrivateKey};
use crate::fqdn::{Fqdn, FqdnError};
use crate::generate::{GenerateError, Pair};

/// Keys that are built in, each below its name.
const BUILT_IN: &str = include_str!("built_in_keys.pem");

/// One lab key: what it is called and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyPlan {
    /// Its name, which is safe as a file's name.
    pub name: &'static str,
    /// The length of its modulus in bits.
    pub bits: u32,
}

/// Keys that belong to no CA of the facts and to no host: those that defects are made with.
pub(super) mod spare {
    /// A key of a CA's name that is not that CA's.
    pub(in crate::lab) const SIBLING: &str = "defect-sibling";
    /// The sub CAs made for defects.
    pub(in crate::lab) const SUB: &str = "defect-sub";
    /// The CA below one of those.
    pub(in crate::lab) const BELOW: &str = "defect-below";
    /// An untrusted root.
    pub(in crate::lab) const STRANGER: &str = "defect-stranger";
    /// An endpoint's key that is not the request's.
    pub(in crate::lab) const OTHER: &str = "defect-other";
    /// A key that is too short.
    pub(in crate::lab) const WEAK: &str = "defect-weak";
}

const SPARE: [KeyPlan; 6] = [
    plan(spare::SIBLING, 2048),
    plan(spare::SUB, 2048),
    plan(spare::BELOW, 2048),
    plan(spare::STRANGER, 2048),
    plan(spare::OTHER, 2048),
    plan(spare::WEAK, 1024),
];

const fn plan(name: &'static str, bits: u32) -> KeyPlan {
    KeyPlan { name, bits }
}

/// All keys of a lab.
///
/// They protect nothing: whoever has a lab has them, and its certificates are trusted nowhere else.
#[derive(Clone, Debug)]
pub struct Keys(BTreeMap<&'static str, PrivateKey>);

impl Keys {
    /// Every key that a lab has, those that take longest to make first.
    pub fn plans() -> Vec<KeyPlan> {
        let authorities = AUTHORITIES
            .iter()
            .map(|authority| plan(authority.id, authority.bits));
        let hosts = LabEnvironment::ALL.into_iter().flat_map(|environment| {
            Party::ALL.map(|party| plan(key_name(party, environment), 2048))
        });
        let mut plans: Vec<KeyPlan> = authorities.chain(hosts).chain(SPARE).collect();
        plans.sort_by_key(|plan| std::cmp::Reverse(plan.bits));
        plans
    }

    /// New keys, made on all cores. On two of them this takes one to several seconds, most of it for the RSA-4096 ones.
    ///
    /// # Errors
    /// [`LabError::OpenSsl`] when OpenSSL has no randomness.
    pub fn make() -> Result<Keys, LabError> {
        Keys::completed(|_| Ok::<_, LabError>(None)).map(|(keys, _)| keys)
    }

    /// The lab keys that are built in: everyone has them, and nothing takes time. For tests.
    ///
    /// # Errors
    /// [`LabError::OpenSsl`] when OpenSSL cannot hold them.
    pub fn built_in() -> Result<Keys, LabError> {
        Keys::read(|plan| built_in(plan.name))
    }

    /// The keys that `known` has, and new ones for those that it has not; with the names of the new ones.
    ///
    /// # Errors
    /// Those of `known`, [`LabError::KeyUnfit`] for a key of another size or algorithm, and those of [`Keys::make`].
    pub fn completed<E: From<LabError>>(
        mut known: impl FnMut(&KeyPlan) -> Result<Option<PrivateKey>, E>,
    ) -> Result<(Keys, Vec<&'static str>), E> {
        crate::decode::crypto::ready();
        let mut keys = BTreeMap::new();
        let mut missing = Vec::new();
        for plan in Keys::plans() {
            match known(&plan)? {
                Some(key) => {
                    plan.check(&key)?;
                    keys.insert(plan.name, key);
                }
                None => missing.push(plan),
            }
        }
        // One at a time: the long ones come first, and no core is left alone with them at the end.
        let made = missing
            .par_iter()
            .with_max_len(1)
            .map(|plan| Ok((plan.name, plan.make()?)))
            .collect::<Result<Vec<_>, LabError>>()?;
        let names = made.iter().map(|(name, _)| *name).collect();
        keys.extend(made);
        Ok((Keys(keys), names))
    }

    /// The keys that `known` has, which must be all.
    ///
    /// # Errors
    /// [`LabError::KeyMissing`], and those of [`Keys::completed`].
    pub fn read<E: From<LabError>>(
        mut known: impl FnMut(&KeyPlan) -> Result<Option<PrivateKey>, E>,
    ) -> Result<Keys, E> {
        let required = |plan: &KeyPlan| match known(plan)? {
            None => Err(LabError::KeyMissing { name: plan.name }.into()),
            key => Ok(key),
        };
        Keys::completed(required).map(|(keys, _)| keys)
    }

    /// The keys with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &PrivateKey)> {
        self.0.iter().map(|(name, key)| (*name, key))
    }

    pub(super) fn named(&self, name: &'static str) -> Result<&PrivateKey, LabError> {
        self.0.get(name).ok_or(LabError::KeyMissing { name })
    }
}

/// The built-in key of this name.
fn built_in(name: &'static str) -> Result<Option<PrivateKey>, LabError> {
    crate::decode::crypto::ready();
    let marked = format!("# {name}\n");
    let Some((_, from)) = BUILT_IN.split_once(&marked) else {
        return Ok(None);
    };
    let pem = from.split("# ").next().unwrap_or_default();
    // They are known to be sound: the check of each takes longer than everything else that a fixture does.
    let pkey =
        PKey::private_key_from_pem(pem.as_bytes()).map_err(LabError::openssl("read a lab key"))?;
    let key = PrivateKey::of(pkey);
    key.map(Some)
        .map_err(|source| LabError::Key { name, source })
}

/// A host's key and a request for it, with a lab key that is built in: for tests, which then take no time for a key.
///
/// # Errors
/// Those of [`crate::generate::request`]; and [`LabError::OpenSsl`].
pub fn fixture_pair(plan: &crate::generate::Plan) -> Result<Pair, FixtureError> {
    let name = "supplier";
    let key = built_in(name)?.ok_or(LabError::KeyMissing { name })?;
    let request = crate::generate::request(&key, plan)?;
    Ok(Pair { key, request })
}

/// A lab's root and an endpoint's certificate below it.
///
/// # Errors
/// Those of [`fixture_pair`].
#[doc(hidden)]
pub fn fixture_chain(lab: &Lab) -> Result<(Certificate, Certificate), FixtureError> {
    let (_, _, reply) = answered(lab.created())?;
    let name = "ptl-g2-root";
    let root = lab
        .authorities()
        .find(|(authority, _)| authority.id == name);
    let (_, root) = root.ok_or(LabError::KeyMissing { name })?;
    Ok((root.clone(), reply.certificate().clone()))
}

/// A lab at a moment, a pair, and the PEM with which it was answered.
///
/// # Errors
/// Those of [`fixture_pair`].
#[doc(hidden)]
pub fn fixture_reply(at: Moment) -> Result<(Lab, Pair, String), FixtureError> {
    let (lab, pair, reply) = answered(at)?;
    let pem = reply.certificates().map(|one| one.pem()).collect();
    Ok((lab, pair, pem))
}

fn answered(at: Moment) -> Result<(Lab, Pair, Reply), FixtureError> {
    let mut lab = Lab::fixture(at)?;
    let plan = crate::generate::Plan::of(&Fqdn::parse("gpc-int-a1b2c.supplier.thirdparty.nhs.uk")?);
    let pair = fixture_pair(&plan)?;
    let request = pair.request.request();
    let reply = lab.sign(request, LabEnvironment::Int, Generation::G2, &[], at)?;
    Ok((lab, pair, reply))
}

/// Why there is no lab pair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// The key cannot be used.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// There is no such host name.
    #[error(transparent)]
    Fqdn(#[from] FqdnError),
    /// The request cannot be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

impl KeyPlan {
    fn make(&self) -> Result<PrivateKey, LabError> {
        let pkey = Rsa::generate(self.bits)
            .and_then(PKey::from_rsa)
            .map_err(LabError::openssl("make a lab key"))?;
        self.private(pkey)
    }

    fn private(&self, pkey: PKey<openssl::pkey::Private>) -> Result<PrivateKey, LabError> {
        crate::decode::crypto::ready();
        PrivateKey::of(pkey).map_err(|source| LabError::Key {
            name: self.name,
            source,
        })
    }

    fn check(&self, key: &PrivateKey) -> Result<(), LabError> {
        match key.algorithm() {
            KeyAlgorithm::Rsa {
                bits, pss: false, ..
            } if *bits == self.bits => Ok(()),
            found => Err(LabError::KeyUnfit {
                name: self.name,
                expected: self.bits,
                found: found.clone(),
            }),
        }
    }
}
