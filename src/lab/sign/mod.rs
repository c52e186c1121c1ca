//! Answering requests, as the NHS does.

pub(super) mod leaf;

use super::authority::{Issuer, IssuerId};
use super::environment::{Generation, LabEnvironment};
use super::reply::{Member, Reply};
use super::write::serial;
use super::{Defect, DefectTarget, Lab, LabAuthority, LabError};
use crate::document::{Certificate, KeyAlgorithm, Moment, Request};
use crate::fqdn::Fqdn;

/// The hosts that a certificate is to name.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) common_name: String,
    /// None: there is no such extension.
    pub(super) alternative: Vec<String>,
}

/// The least RSA modulus in bits that the NHS certifies.
const LEAST_BITS: u32 = 2048;

impl Lab {
    /// Answers a request: a certificate `O=lab, OU=Devices, CN=<the request's CN>` that begins ten minutes before `at`
    /// and ends ninety days after it, or with its CA; with the CAs above it.
    ///
    /// The first generation leaves out a subjectAltName that says no more than the CN, as the NHS's does. The second has
    /// one always. What else the request asks for is not looked at.
    ///
    /// # Errors
    /// [`LabError::RequestSignature`], [`LabError::RequestName`], [`LabError::RequestHost`] and [`LabError::RequestKey`] for a request that the NHS would
    /// send back; [`LabError::OutsideValidity`] where the CA is not valid at `at`; [`LabError::NotApplicable`] for a defect
    /// that cannot be made here; [`LabError::OpenSsl`].
    pub fn sign(
        &mut self,
        request: &Request,
        environment: LabEnvironment,
        generation: Generation,
        defects: &[Defect],
        at: Moment,
    ) -> Result<Reply, LabError> {
        check(request)?;
        if let Some(defect) = defects.iter().find(|one| one.target() == DefectTarget::Crl) {
            return Err(LabError::NotApplicable {
                defect: *defect,
                why: "it is a defect of CRLs, and a reply has none",
            });
        }
        let common_name = request.subject.common_name().ok_or(LabError::RequestName)?;
        // Files are named after it, here and by whoever gets the reply.
        Fqdn::parse(common_name).map_err(|source| LabError::RequestHost {
            name: common_name.to_owned(),
            source,
        })?;
        let order = Order {
            request,
            environment,
            generation,
            defects,
            at,
        };
        let (id, certificate, serial, members) = {
            let issuer = self.issuing(environment, generation, defects)?;
            within(&issuer, at)?;
            let (certificate, serial) = leaf::answer(self, &order, &issuer, common_name)?;
            let others = match defects.contains(&Defect::SeveralLeaves) {
                true => vec![leaf::of_another_host(self, &order, &issuer)?],
                false => Vec::new(),
            };
            let members = order.members(certificate.clone(), others, &issuer, common_name);
            (issuer.id.clone(), certificate, serial, members)
        };
        let certificate =
            Certificate::read(&certificate).map_err(LabError::read_back("certificate"))?;
        self.state_mut().issue(&serial, &id, common_name, at);
        Ok(Reply::new(common_name, certificate, members, defects))
    }

    /// The CA that answers for an environment, or another one by way of a defect.
    pub(super) fn issuing(
        &self,
        environment: LabEnvironment,
        generation: Generation,
        defects: &[Defect],
    ) -> Result<Issuer<'_>, LabError> {
        let not_here = |defect, why| LabError::NotApplicable { defect, why };
        let has = |defect| defects.contains(&defect);
        let mut environment = environment;
        if has(Defect::OtherEnvironment) {
            environment = match environment {
                LabEnvironment::Live => LabEnvironment::Int,
                _ => LabEnvironment::Live,
            };
        }
        if has(Defect::RootExpired)
            && (environment == LabEnvironment::Live || generation != Generation::G1)
        {
            let why = "the expired root belongs to lab-int and lab-dep, generation g1";
            return Err(not_here(Defect::RootExpired, why));
        }
        let authority = match has(Defect::SigningCa) {
            false => LabAuthority::issuing(environment, generation),
            true if environment == LabEnvironment::Int && generation == Generation::G1 => {
                LabAuthority::named("int-g1-signing")
            }
            true => {
                let why = "the sub CA for signatures belongs to lab-int, generation g1";
                return Err(not_here(Defect::SigningCa, why));
            }
        };
        let authority = authority.ok_or_else(|| LabError::State {
            what: "an environment",
            found: environment.to_string(),
        })?;
        self.made(&IssuerId::new(authority, defects))
    }
}

/// What is asked of the lab.
pub(super) struct Order<'a> {
    pub(super) request: &'a Request,
    pub(super) environment: LabEnvironment,
    pub(super) generation: Generation,
    pub(super) defects: &'a [Defect],
    pub(super) at: Moment,
}

impl Order<'_> {
    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    /// What a reply holds, in the order in which a server wants it.
    fn members(
        &self,
        leaf: Vec<u8>,
        others: Vec<Vec<u8>>,
        issuer: &Issuer<'_>,
        common_name: &str,
    ) -> Vec<Member> {
        if self.has(Defect::RequestReturned) {
            return vec![Member::request(common_name, self.request.der())];
        }
        let mut leaves = vec![leaf];
        if self.has(Defect::Duplicate) {
            leaves.extend(leaves.first().cloned());
        }
        if self.has(Defect::LeafMissing) {
            leaves.clear();
        }
        leaves.extend(others);
        let leaves = leaves.into_iter().enumerate().map(|(number, der)| {
            let name = match number {
                0 => common_name.to_owned(),
                number => format!("{common_name}-{}", number + 1),
            };
            Member::certificate(&name, &der)
        });
        let mut members: Vec<Member> = leaves.collect();
        for authority in issuer.upwards() {
            let missing = match authority.above.is_none() {
                true => self.has(Defect::RootMissing),
                false => self.has(Defect::SubMissing),
            };
            if !missing {
                members.push(Member::certificate(
                    &authority.title,
                    &authority.certificate,
                ));
            }
        }
        if self.has(Defect::WrongOrder) {
            members.reverse();
        }
        members
    }

    /// The serial number that this order always gets.
    pub(super) fn serial(&self, issuer: &Issuer<'_>, key_info: &[u8], names: &Names) -> Vec<u8> {
        let octets = match self.generation {
            Generation::G2 => 16,
            _ => 8,
        };
        let defects: Vec<&str> = self.defects.iter().map(|defect| defect.as_str()).collect();
        serial(
            octets,
            &[
                issuer.id.to_string().as_bytes(),
                issuer.key.public_key().info(),
                key_info,
                names.common_name.as_bytes(),
                names.alternative.join(",").as_bytes(),
                self.environment.id().as_bytes(),
                self.at.to_string().as_bytes(),
                defects.join(",").as_bytes(),
            ],
        )
    }
}

fn check(request: &Request) -> Result<(), LabError> {
    if !request.signature_valid {
        return Err(LabError::RequestSignature);
    }
    match &request.key.algorithm {
        KeyAlgorithm::Rsa {
            bits, pss: false, ..
        } if *bits >= LEAST_BITS => Ok(()),
        found => Err(LabError::RequestKey {
            found: found.clone(),
        }),
    }
}

/// Whether a CA of the table can sign at a moment; one made for a defect always does.
fn within(issuer: &Issuer<'_>, at: Moment) -> Result<(), LabError> {
    let (not_before, not_after) = (issuer.not_before, issuer.not_after);
    if issuer.id.is_sound() && !(not_before..=not_after).contains(&at) {
        return Err(LabError::OutsideValidity {
            issuer: issuer.title.clone(),
            not_before,
            not_after,
            at,
        });
    }
    Ok(())
}
