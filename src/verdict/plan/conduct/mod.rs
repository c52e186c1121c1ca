//! What each kind of server really does with the CRLs of a plan.
//!
//! A set that is complete by RFC 5280 can still be ignored by a server, stop it from starting, or let a revoked client in.
//! Here the set is tried: on OpenSSL itself for the servers built on it, by a model of Java's PKIX, and by what Microsoft
//! documents of Windows. Every answer that is worse than the plan's becomes a [`Fault`].

mod deltas;
mod fault;
mod java;
mod made_up;
mod openssl;
mod shape;
mod sooner;
mod trial;
mod unlisted;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

pub use fault::{Consequence, Fault, FaultCause};

use self::deltas::{OfCa, Said, by_serial};
use self::shape::Shape;
use super::authority::AuthorityPlan;
use super::issuer::{Issuer, is_root};
use super::required::{Covers, RequiredCrl};
use super::{Held, PlanQuestion, Server};
use crate::chain::name_key;
use crate::document::{Certificate, Name, Sha256Digest, shortest};
use crate::environment::Facts;
use crate::revocation::{SearchableCrl, Status};
use crate::verdict::verify::{BorrowedJudge, Evidence, Given, Purpose, Question, Revocation, Sha1};

/// A CRL of the set with its form.
struct Written<'a> {
    place: usize,
    held: Held<'a>,
    shape: Shape<'a>,
    /// The serial numbers of the certificates asked about that it has an entry for.
    listed: HashSet<&'a [u8]>,
}

impl Written<'_> {
    /// Whether it has an entry with the certificate's serial number.
    fn lists(&self, certificate: &Certificate) -> bool {
        self.listed
            .contains(shortest(certificate.serial.as_octets()))
    }
}

/// The certificates that have been revoked, and that no CRL lists which the server needs for them.
#[derive(Default)]
struct Elsewhere {
    /// A complete CRL lists them.
    listed: HashSet<Sha256Digest>,
    /// A delta does.
    by_delta: HashSet<Sha256Digest>,
}

/// The CRLs that a requirement uses, out of those `written`, which are sorted by index.
fn needed_of<'w, 'a>(written: &'w [Written<'a>], required: &RequiredCrl) -> Vec<&'w Written<'a>> {
    let place = |place: &usize| {
        let found = written.binary_search_by_key(place, |crl| crl.place);
        found.ok().and_then(|found| written.get(found))
    };
    required.crls.iter().filter_map(place).collect()
}

/// What is asked about: the CAs with what they issued, and what is needed of each, in the same order.
pub(super) struct Set<'a> {
    pub(super) question: &'a PlanQuestion<'a>,
    pub(super) issuers: &'a [Issuer],
    pub(super) plans: &'a [AuthorityPlan],
    /// Certificates that were given and whose CA leads nowhere any more, with that CA.
    pub(super) below_expired: &'a [(Arc<Certificate>, Arc<Certificate>)],
    /// Clients whose own certificate has expired.
    pub(super) ended: &'a [Arc<Certificate>],
    /// The indices of CRLs that a newer one has superseded.
    pub(super) superseded: &'a HashSet<usize>,
}

impl Set<'_> {
    /// Everything that the server does and should not.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Faults::default();
        for (certificate, ca) in self.below_expired {
            let cause = FaultCause::CaExpired { at: ca.not_after };
            let one = Some(certificate.as_ref());
            faults.add(Consequence::Refused, cause, &ca.subject, one);
        }
        for one in self.ended {
            // Rightly; a new certificate may be in another partition.
            let cause = FaultCause::ClientExpired;
            faults.note(Consequence::Refused, cause, &one.issuer, Some(one), true);
        }
        let issued = self.issuers.iter().flat_map(|issuer| &issuer.issued);
        for one in issued.filter(|one| !one.is_ca() && one.not_before > self.question.at) {
            let cause = FaultCause::ClientNotYetValid {
                from: one.not_before,
            };
            faults.note(Consequence::Refused, cause, &one.issuer, Some(one), true);
        }
        let written = self.written(&mut faults);
        let revoked = self.revoked(&written);
        let Elsewhere {
            listed: elsewhere,
            by_delta,
        } = self.revoked_elsewhere(&revoked);
        self.deltas(&by_delta, &mut faults);
        let revoked: HashSet<Sha256Digest> = revoked.union(&elsewhere).copied().collect();
        self.revoked_cas(&revoked, &mut faults);
        // What a server does with a CRL depends on its bytes, not from its header.
        if self.question.held.iter().any(|held| held.der.is_none()) {
            return faults.all;
        }
        match self.question.server {
            Some(Server::Java) => java::judge(self, &written, &revoked, &mut faults),
            Some(Server::Iis) => {
                self.windows(&mut faults);
                self.listed_elsewhere(&elsewhere, &mut faults);
            }
            Some(_) => trial::judge(self, &written, &revoked, &mut faults),
            None => self.listed_elsewhere(&elsewhere, &mut faults),
        }
        faults.all
    }

    /// The CRLs of the set, each gone over once.
    fn written(&self, faults: &mut Faults) -> Vec<Written<'_>> {
        let roots = self.question.bundle.iter().filter(|one| is_root(one));
        let issued = self.issuers.iter().flat_map(|issuer| &issuer.issued);
        let serials: HashSet<Vec<u8>> = issued
            .chain(roots)
            .map(|certificate| shortest(certificate.serial.as_octets()).to_vec())
            .collect();
        let mut places: Vec<usize> = self
            .plans
            .iter()
            .flat_map(|plan| &plan.required)
            .flat_map(|required| required.crls.iter().copied())
            .collect();
        places.sort_unstable();
        places.dedup();
        let mut written = Vec::new();
        for place in places {
            let Some(held) = self.question.held.get(place) else {
                continue;
            };
            let Some(der) = held.der else { continue };
            match Shape::read(der, &serials, self.question.at) {
                Ok(shape) => {
                    let kept = shape.kept.iter().filter(|line| !line.removes());
                    let listed = kept.map(|line| shortest(line.serial)).collect();
                    written.push(Written {
                        place,
                        held: *held,
                        shape,
                        listed,
                    });
                }
                Err(malformed) => {
                    let why = malformed.to_string();
                    let cause = FaultCause::Unreadable { reason: why };
                    faults.add(Consequence::RefusesAll, cause, &held.header.issuer, None);
                }
            }
        }
        written
    }

    /// Certificates that only a delta revokes: no server reads what `export` does not write. And those that the complete CRL has
    /// on hold and the delta on it no longer: the server refuses them. Of what was given it is known which CRL lists it.
    fn deltas(&self, by_delta: &HashSet<Sha256Digest>, faults: &mut Faults) {
        let crls = OfCa::all(self.question.held);
        for issuer in self.issuers.iter().filter(|issuer| !issuer.expired) {
            let Some(ca) = &issuer.certificate else {
                continue;
            };
            let name = name_key(&ca.subject);
            let crls = crls.get(&(ca.key.identity(), name));
            let said = crls.map(|crls| crls.said(self.question.at));
            let said = said.unwrap_or_default();
            let issued = by_serial(&issuer.issued);
            let certificates = |serials: &HashSet<&[u8]>| {
                let places = serials.iter().filter_map(|serial| issued.get(serial));
                let mut places: Vec<usize> = places.flatten().copied().collect();
                places.sort_unstable();
                let places = places.into_iter();
                places.filter_map(|place| issuer.issued.get(place).map(AsRef::as_ref))
            };
            let known = said.iter().flat_map(|said| &said.added);
            let known: HashSet<&[u8]> = known.copied().collect();
            let others: Vec<&Arc<Certificate>> = issuer
                .issued
                .iter()
                .filter(|one| by_delta.contains(&one.sha256))
                .filter(|one| !known.contains(shortest(one.serial.as_octets())))
                .collect();
            for one in &others {
                let only = others.len() as u64;
                let cause = FaultCause::Delta { only };
                let one = Some(one.as_ref());
                faults.add(Consequence::LetIn, cause, &ca.subject, one);
            }
            for Said { added, lifted } in &said {
                if !lifted.is_empty() {
                    let only = lifted.len() as u64;
                    let cause = FaultCause::HoldLifted { only };
                    // That clients which were not given are refused does not keep the set from being complete.
                    faults.add_minor(Consequence::Refused, cause.clone(), &ca.subject, true);
                    for one in certificates(lifted) {
                        let cause = cause.clone();
                        faults.add(Consequence::Refused, cause, &ca.subject, Some(one));
                    }
                }
                if !added.is_empty() {
                    let only = added.len() as u64;
                    let cause = FaultCause::Delta { only };
                    faults.add(Consequence::LetIn, cause.clone(), &ca.subject, None);
                    for one in certificates(added) {
                        let cause = cause.clone();
                        faults.add(Consequence::LetIn, cause, &ca.subject, Some(one));
                    }
                }
            }
        }
    }

    /// The certificates that the CRLs of their needs have.
    fn revoked(&self, written: &[Written<'_>]) -> HashSet<Sha256Digest> {
        let mut revoked = HashSet::new();
        for required in self.plans.iter().flat_map(|plan| &plan.required) {
            let Covers::Certificates(certificates) = &required.covers else {
                continue;
            };
            for crl in needed_of(written, required) {
                // That a root revokes itself means nothing (RFC 5280 section 6: it is trusted, not validated).
                let listed = certificates.iter();
                let listed = listed.filter(|one| crl.lists(one) && !is_root(one));
                revoked.extend(listed.map(|one| one.sha256));
            }
        }
        revoked
    }

    /// The certificates that have been revoked by everything there is, as [`crate::verdict::verify`] judges it, and that no CRL which
    /// the server needs for them lists: another partition, an indirect CRL, one for some reasons only, an older one or a delta has them.
    fn revoked_elsewhere(&self, listed: &HashSet<Sha256Digest>) -> Elsewhere {
        let crls: Vec<&SearchableCrl<'_>> = self
            .question
            .held
            .iter()
            .filter_map(|held| held.crl)
            .collect();
        let bundle = self.question.bundle.iter();
        let anchors: Vec<Given> = bundle
            .filter(|one| one.is_ca())
            .map(|one| Given::from(Arc::clone(one)))
            .collect();
        let asked = self.issuers.iter().flat_map(|issuer| &issuer.issued);
        let asked: Vec<Given> = asked
            .filter(|one| !listed.contains(&one.sha256))
            .map(|one| Given::from(Arc::clone(one)))
            .collect();
        if crls.is_empty() || asked.is_empty() {
            return Elsewhere::default();
        }
        let none = Facts::default();
        // Of what is in the evidence nothing has to be gathered again for each question. What may sign CRLs or certificates of
        // others stays out of it: it is asked about by itself.
        let names: HashSet<Vec<u8>> = anchors
            .iter()
            .map(|anchor| name_key(&anchor.certificate.subject))
            .chain(crls.iter().map(|crl| name_key(&crl.header().issuer)))
            .collect();
        let bundled: HashSet<Sha256Digest> = anchors
            .iter()
            .map(|anchor| anchor.certificate.sha256)
            .collect();
        let signs_nothing = |one: &Certificate| {
            bundled.contains(&one.sha256)
                || !one.is_ca() && !names.contains(&name_key(&one.subject))
        };
        let (sent, others): (Vec<Given>, Vec<Given>) = asked
            .into_iter()
            .partition(|given| signs_nothing(&given.certificate));
        let evidence = Evidence::new(&none)
            .anchors(&anchors)
            .sent(&sent)
            .crls(&crls);
        let judge = BorrowedJudge::new(evidence);
        judge.prepare();
        // Whether it is a delta that lists it.
        let listing = |given: &Given| {
            let question = Question::new(given, self.question.at)
                .purpose(Purpose::Any)
                .revocation(Revocation::Leaf)
                .sha1(Sha1::Accepted);
            match judge.revocation(&question).status {
                Status::Listed(listed) => {
                    Some((given.certificate.sha256, listed.crl.base_number.is_some()))
                }
                _ => None,
            }
        };
        let all = sent.par_iter().chain(&others);
        let all: Vec<(Sha256Digest, bool)> = all.filter_map(listing).collect();
        let (by_delta, listed): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, by)| *by);
        let digests = |some: Vec<(Sha256Digest, bool)>| some.into_iter().map(|(one, _)| one);
        Elsewhere {
            listed: digests(listed).collect(),
            by_delta: digests(by_delta).collect(),
        }
    }

    /// That such certificates are admitted, by a server that is not tried.
    fn listed_elsewhere(&self, elsewhere: &HashSet<Sha256Digest>, faults: &mut Faults) {
        for issuer in self.issuers.iter().filter(|issuer| !issuer.expired) {
            for one in &issuer.issued {
                if elsewhere.contains(&one.sha256) {
                    let cause = FaultCause::ListedElsewhere;
                    let certificate = Some(one.as_ref());
                    faults.add(Consequence::LetIn, cause, &issuer.name, certificate);
                }
            }
        }
    }

    /// CAs that the CRL of the CA above them has: every client below them is refused. Of several certificates of one CA a server on
    /// OpenSSL takes whichever it meets first, so that one that is revoked is enough.
    fn revoked_cas(&self, listed: &HashSet<Sha256Digest>, faults: &mut Faults) {
        let issued = self.issuers.iter().flat_map(|issuer| &issuer.issued);
        let revoked = issued.filter(|one| listed.contains(&one.sha256) && one.is_ca());
        let identity = |ca: &Certificate| (ca.key.identity(), name_key(&ca.subject));
        let revoked: HashSet<_> = revoked.map(|ca| identity(ca)).collect();
        if revoked.is_empty() {
            return;
        }
        let is_java = self.question.server == Some(Server::Java);
        let is_revoked = |ca: &Certificate| {
            let is_listed = match is_java {
                true => listed.contains(&ca.sha256),
                false => revoked.contains(&identity(ca)),
            };
            is_listed && !is_root(ca)
        };
        let below = self.below(&is_revoked);
        // The CAs that clients come from: those that have no CA below them.
        let serving = |issuer: &&Issuer| {
            !issuer.expired && !issuer.issued.iter().any(|issued| issued.is_ca())
        };
        let alive = self.issuers.iter().filter(serving).any(|issuer| {
            issuer
                .certificate
                .as_ref()
                .is_some_and(|ca| !below.contains(&ca.sha256))
        });
        // A CA in a trust store is an anchor to Java, which asks for no CRL about it.
        let effect = match is_java {
            true => Consequence::LetIn,
            false => Consequence::Refused,
        };
        for issuer in self.issuers.iter().filter(|issuer| !issuer.expired) {
            let Some(ca) = &issuer.certificate else {
                continue;
            };
            if !below.contains(&ca.sha256) {
                continue;
            }
            let clients: Vec<_> = issuer.issued.iter().filter(|one| !one.is_ca()).collect();
            for client in &clients {
                let one = Some(client.as_ref());
                faults.add(effect, FaultCause::CaRevoked, &ca.subject, one);
            }
            if clients.is_empty() {
                // Other clients are still admitted, and the question was not about this CA's clients.
                let minor = alive && effect == Consequence::Refused;
                faults.add_minor(effect, FaultCause::CaRevoked, &ca.subject, minor);
            }
        }
    }

    /// The first CA that issued each CA.
    fn issuers_of_cas(&self) -> HashMap<Sha256Digest, Option<&Certificate>> {
        let mut issuers = HashMap::new();
        for issuer in self.issuers {
            for ca in issuer.issued.iter().filter(|issued| issued.is_ca()) {
                let above = issuer.certificate.as_deref();
                issuers.entry(ca.sha256).or_insert(above);
            }
        }
        issuers
    }

    /// The CAs of which such a one is above, or which are such themselves; each is looked at once.
    fn below(&self, such: &dyn Fn(&Certificate) -> bool) -> HashSet<Sha256Digest> {
        let issuers = self.issuers_of_cas();
        let mut known: HashMap<Sha256Digest, bool> = HashMap::new();
        for issuer in self.issuers {
            let mut current = issuer.certificate.as_deref();
            let mut passed = Vec::new();
            let is_below = loop {
                let Some(one) = current.filter(|one| !is_root(one)) else {
                    break false;
                };
                if let Some(known) = known.get(&one.sha256) {
                    break *known;
                }
                if such(one) {
                    known.insert(one.sha256, true);
                    break true;
                }
                // CAs that certify each other have no end: when one is met again, nothing was found.
                known.insert(one.sha256, false);
                passed.push(one.sha256);
                current = issuers.get(&one.sha256).copied().flatten();
            };
            known.extend(passed.into_iter().map(|one| (one, is_below)));
        }
        let below = known.into_iter().filter(|(_, is_below)| *is_below);
        below.map(|(one, _)| one).collect()
    }

    /// What Windows compares octet by octet (`CertCompareCertificateName`), by its documentation.
    fn windows(&self, faults: &mut Faults) {
        for (issuer, required) in self.good_needs() {
            for held in required
                .crls
                .iter()
                .filter_map(|place| self.question.held.get(*place))
            {
                let own = issuer.certificate.as_ref();
                let is_own = own.is_some_and(|ca| ca.key.identity() == held.signer);
                let same = |name: &Name| name.der() == held.header.issuer.der();
                let certificates = certificates(required);
                if is_own && certificates.is_empty() && !own.is_some_and(|ca| same(&ca.subject)) {
                    faults.add(
                        Consequence::Ignored,
                        FaultCause::IssuerForm,
                        &issuer.name,
                        None,
                    );
                }
                for one in certificates
                    .iter()
                    .filter(|one| is_own && !same(&one.issuer))
                {
                    let one = Some(one.as_ref());
                    faults.add(
                        Consequence::Ignored,
                        FaultCause::IssuerForm,
                        &issuer.name,
                        one,
                    );
                }
            }
        }
    }

    /// The needs for which the plan has CRLs in time, with their CA.
    fn good_needs(&self) -> impl Iterator<Item = (&Issuer, &RequiredCrl)> {
        self.issuers
            .iter()
            .zip(self.plans)
            .filter(|(issuer, _)| !issuer.expired)
            .flat_map(|(issuer, plan)| plan.required.iter().map(move |required| (issuer, required)))
            .filter(|(_, required)| required.state.is_good())
    }
}

fn certificates(required: &RequiredCrl) -> &[Arc<Certificate>] {
    match &required.covers {
        Covers::Certificates(certificates) => certificates,
        _ => &[],
    }
}

/// Faults, each cause of one CA once.
#[derive(Default)]
struct Faults {
    all: Vec<Fault>,
    /// Their indices by effect, cause and the key of the issuer's name.
    places: HashMap<(Consequence, FaultCause, Vec<u8>), usize>,
}

impl Faults {
    fn add(
        &mut self,
        effect: Consequence,
        cause: FaultCause,
        issuer: &Name,
        certificate: Option<&Certificate>,
    ) {
        self.note(effect, cause, issuer, certificate, false);
    }

    fn add_minor(&mut self, effect: Consequence, cause: FaultCause, issuer: &Name, minor: bool) {
        self.note(effect, cause, issuer, None, minor);
    }

    fn note(
        &mut self,
        effect: Consequence,
        cause: FaultCause,
        issuer: &Name,
        certificate: Option<&Certificate>,
        minor: bool,
    ) {
        let name = certificate.map(|certificate| certificate.subject.short());
        let place = (effect, cause.clone(), name_key(issuer));
        let place = *self.places.entry(place).or_insert(self.all.len());
        match self.all.get_mut(place) {
            Some(known) => {
                known.minor &= minor;
                let is_new = name.as_ref() != known.certificates.last();
                known.certificates.extend(name.filter(|_| is_new));
            }
            None => self.all.push(Fault {
                effect,
                cause,
                issuer: issuer.clone(),
                certificates: name.into_iter().collect(),
                minor,
            }),
        }
    }
}
