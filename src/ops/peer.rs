//! Judging the other side of a connection, and presenting our own certificate to it: shared by everything that
//! connects or listens.

use std::sync::Arc;

use super::Context;
use super::gather::{self, CacheState, Named, Unread};
use crate::chain::is_self_signed;
use crate::decode::Password;
use crate::document::{Certificate, Document, Item, Moment};
use crate::environment::{Environment, Facts};
use crate::fqdn::Fqdn;
use crate::input::{Origin, Source};
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::CacheError;
use crate::verdict::Problem;
use crate::verdict::verify::{
    BorrowedJudge, CrlFault, CrlRequired, Evidence, Given, Profile, Purpose, Question, Revocation,
    Sha1, StaleCrl, Verdict, WeakKeys,
};
use crate::wire::tls::{Identity, IdentityError};

/// The certificates that the other side sent, and the verdict on its own.
#[derive(Debug)]
#[non_exhaustive]
pub struct Peer {
    /// Those that can be read, in the order in which they were sent.
    pub certificates: Vec<Arc<Certificate>>,
    /// Where all of them are.
    pub origin: Origin,
    /// The verdict on the first, with the others and what is known; `None` where the first was not sent or cannot be read.
    pub verdict: Option<Verdict>,
    /// CRLs of the cache that may have answered, and are damaged.
    pub unread: Vec<Unread>,
}

/// What a peer is judged by.
#[derive(Clone, Copy, Debug)]
pub(in crate::ops) struct Measure<'m> {
    pub(in crate::ops) purpose: Purpose,
    pub(in crate::ops) fqdn: Option<&'m Fqdn>,
    pub(in crate::ops) environment: Option<&'m Environment>,
    /// What is trusted instead of the environment's roots.
    pub(in crate::ops) anchors: &'m [Given],
    /// CRLs in addition to those of the cache.
    pub(in crate::ops) crls: &'m [SearchableCrl<'m>],
    /// For which certificates revocation is checked; `None` for all of them if there is a cache, and none otherwise.
    pub(in crate::ops) revocation: Option<Revocation>,
    pub(in crate::ops) at: Moment,
}

impl Peer {
    /// Judges what was sent, as DER and its own certificate first.
    ///
    /// # Errors
    /// When the cache's folder cannot be read.
    pub(in crate::ops) fn judge(
        sent: &[Vec<u8>],
        measure: &Measure<'_>,
        context: &Context<'_>,
    ) -> Result<Peer, CacheError> {
        let origin = Origin::whole(&Arc::new(Source::Handshake));
        let read = |der: &Vec<u8>| Certificate::read(der).ok().map(Arc::new);
        let own = sent.first().and_then(read);
        let rest = sent.iter().skip(1).filter_map(read);
        let certificates: Vec<Arc<Certificate>> = own.iter().cloned().chain(rest).collect();
        let mut peer = Peer {
            certificates,
            origin,
            verdict: None,
            unread: Vec::new(),
        };
        if own.is_none() {
            return Ok(peer);
        }
        let given: Vec<Given> = peer
            .certificates
            .iter()
            .map(|certificate| Given {
                certificate: Arc::clone(certificate),
                origin: peer.origin.clone(),
            })
            .collect();
        let (verdict, unread) = judge(&given, measure, context)?;
        peer.verdict = verdict;
        peer.unread = unread;
        Ok(peer)
    }
}

/// The verdict on the first of some certificates, sent together with the others.
pub(in crate::ops) fn judge(
    given: &[Given],
    measure: &Measure<'_>,
    context: &Context<'_>,
) -> Result<(Option<Verdict>, Vec<Unread>), CacheError> {
    let Some(own) = given.first() else {
        return Ok((None, Vec::new()));
    };
    let own_anchors;
    let (environment, anchors) = match (measure.environment, measure.anchors) {
        (Some(environment), []) => (Some(environment), [].as_slice()),
        (None, []) => {
            own_anchors = roots(&context.facts);
            (None, own_anchors.as_slice())
        }
        (_, anchors) => (None, anchors),
    };
    let mut unread = Vec::new();
    let targets = std::slice::from_ref(own);
    let mut cached = match measure.revocation {
        Some(Revocation::Off) => gather::Cached::default(),
        _ => gather::cached(targets, &[given, anchors], context)?,
    };
    unread.append(&mut cached.unread);
    let mut crls = Vec::new();
    cached.add_to(&mut crls, &mut unread);
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().chain(measure.crls).collect();
    let revocation = measure.revocation.unwrap_or(match cached.state {
        CacheState::Absent if measure.crls.is_empty() => Revocation::Off,
        CacheState::Absent | CacheState::Counts => Revocation::Chain,
    });
    let judge = BorrowedJudge::new(Evidence {
        sent: given,
        chain: &[],
        anchors,
        facts: &context.facts,
        crls: &crls,
    });
    let mut verdict = judge.verdict(&Question {
        certificate: own,
        sent: &[],
        purposes: measure.purpose.into(),
        fqdn: measure.fqdn,
        at: measure.at,
        environment,
        revocation,
        stale: StaleCrl::Refuse,
        sha1: Sha1::Refused,
        profile: Profile::Reported,
        weak_keys: WeakKeys::Refused,
        key: None,
        request: None,
    });
    // A CRL that was meant to count and is damaged may be the one that revokes.
    if let Some(damaged) = unread.first() {
        let problem = Problem::CrlUnusable {
            required: CrlRequired::of(&own.certificate),
            available: format!("the CRL {}", damaged.source),
            fault: CrlFault::Unreadable {
                reason: damaged.message(),
            },
        };
        verdict.leave_open(own, problem);
    }
    Ok((Some(verdict), unread))
}

/// The roots that the facts hold.
fn roots(facts: &Facts) -> Vec<Given> {
    let held = facts.authorities.iter().filter_map(|authority| {
        let certificate = authority.certificate()?;
        let source = authority.source()?;
        is_self_signed(certificate).then(|| Given {
            certificate: Arc::clone(certificate),
            origin: Origin::whole(source),
        })
    });
    held.collect()
}

/// The environment that a host belongs to by its name: the one with the longest domain that covers it, or of which it
/// is a proxy or a caller.
pub fn environment_of<'f>(host: &str, facts: &'f Facts) -> Option<&'f Environment> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let named = |known: &&Environment| {
        let mut hosts = known.ssp.iter().chain(&known.caller);
        hosts.any(|name| name.eq_ignore_ascii_case(&host))
    };
    let covered = |known: &Environment| {
        let domains = known.hscn_domain.iter().chain(&known.internet_domain);
        domains
            .filter(|domain| {
                let below = host.strip_suffix(domain.to_ascii_lowercase().as_str());
                below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
            .map(String::len)
            .max()
    };
    let environments = &facts.environments;
    environments.iter().find(named).or_else(|| {
        let with_length = environments
            .iter()
            .filter_map(|known| Some((covered(known)?, known)));
        with_length
            .max_by_key(|(length, _)| *length)
            .map(|(_, known)| known)
    })
}

/// Where a certificate chain and its key are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IdentityFiles {
    /// The certificate with its sub CA, in any format.
    pub certificate: Named,
    /// The private key; `None` where it is in the same file.
    pub key: Option<Named>,
    /// The password of either.
    pub password: Option<Password>,
}

impl IdentityFiles {
    /// A certificate file, and the file of its key.
    pub fn new(certificate: Named, key: Option<Named>) -> IdentityFiles {
        IdentityFiles {
            certificate,
            key,
            password: None,
        }
    }

    /// Opens encrypted files with this password.
    pub fn password(mut self, password: Option<Password>) -> IdentityFiles {
        self.password = password;
        self
    }
}

/// Why a certificate and a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnError {
    /// A file cannot be read.
    #[error("{}", .0.message())]
    Unread(Unread),
    /// There is no certificate.
    #[error("{0}: expected a certificate, found none")]
    NoCertificate(Source),
    /// There is no key.
    #[error("{0}: expected a private key, found none")]
    NoKey(Source),
    /// They do not belong together.
    #[error("the certificate in {certificate} and the private key in {key} do not belong together")]
    Mismatch {
        /// Where the certificate is.
        certificate: Source,
        /// Where the key is.
        key: Source,
    },
    /// The TLS library does not accept them.
    #[error("the certificate and key cannot be used")]
    Identity(#[from] IdentityError),
}

/// Our own certificate, read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Own {
    /// The certificates, our own first.
    pub chain: Vec<Given>,
    pub(in crate::ops) identity: Identity,
}

impl Own {
    /// Reads a certificate with its chain, and its key. The certificate that the key belongs to comes first, the
    /// others follow in the file's order.
    ///
    /// # Errors
    /// When a file cannot be read, holds nothing of use, or the two do not belong together.
    pub fn read(files: &IdentityFiles, context: &Context<'_>) -> Result<Own, OwnError> {
        let password = files.password.as_ref();
        let items = |named: &Named| -> Result<Vec<Item>, OwnError> {
            let found = gather::read(std::slice::from_ref(named), password, context.observer);
            match found.unread.into_iter().next() {
                Some(unread) => Err(OwnError::Unread(unread)),
                None => Ok(found.items),
            }
        };
        let certificates = items(&files.certificate)?;
        let keys = match &files.key {
            Some(key) => Some(items(key)?),
            None => None,
        };
        let key_source = files.key.as_ref().unwrap_or(&files.certificate).source();
        let mut chain = gather::certificates(&certificates);
        if chain.is_empty() {
            return Err(OwnError::NoCertificate(files.certificate.source()));
        }
        let all = keys.as_ref().unwrap_or(&certificates);
        let private = all.iter().filter_map(|item| match &item.document {
            Document::PrivateKey(key) => Some(key),
            _ => None,
        });
        let private: Vec<_> = private.collect();
        if private.is_empty() {
            let is_locked = |item: &Item| matches!(item.document, Document::EncryptedKey(_));
            return Err(match all.iter().any(is_locked) {
                true => OwnError::Unread(gather::no_key(key_source, all, 0)),
                false => OwnError::NoKey(key_source),
            });
        }
        let pair = private.iter().find_map(|key| {
            let mut numbers = chain.iter().enumerate();
            // By value: there are several ways to write one key down.
            let of_key = |given: &Given| given.certificate.key == *key.public_key();
            let (number, _) = numbers.find(|(_, given)| of_key(given))?;
            Some((number, *key))
        });
        let Some((number, key)) = pair else {
            return Err(OwnError::Mismatch {
                certificate: files.certificate.source(),
                key: key_source,
            });
        };
        let own = chain.remove(number);
        chain.insert(0, own);
        let der = chain.iter().map(|given| given.certificate.der().to_vec());
        let der: Vec<Vec<u8>> = der.collect();
        let identity = Identity::new(&der, key)?;
        Ok(Own { chain, identity })
    }

    /// The certificate itself.
    pub fn certificate(&self) -> Option<&Given> {
        self.chain.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::tests::{created, facts, lab};
    use crate::lab::{Generation, LabEnvironment, Party};
    use crate::ops::crl::import;
    use crate::store::crl_cache::Cache;
    use crate::verdict::verify::Decision;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test damages a file")]
    fn a_client_is_not_verified_while_a_crl_that_may_be_about_it_is_damaged() {
        let (lab, environment) = (lab(), LabEnvironment::Int);
        let identity = lab.identity(Party::Caller, environment, Generation::G1);
        let identity = identity.unwrap();
        let sent = [vec![identity.certificate.clone()], identity.chain.clone()].concat();
        let facts = facts(&lab);
        let cache = tempfile::tempdir().unwrap();
        let at = Moment::from_unix(created().unix() + 3600).unwrap();
        let context = Context::new(at, facts.clone()).cache(cache.path());
        let crls = lab
            .published_crls_for(environment)
            .into_iter()
            .map(|place| {
                let crl = lab.crl(&place, created(), &[]).unwrap();
                import::From::Named(Named::bytes(Source::BuiltIn("crl"), crl))
            });
        import::import(&import::Options::new(crls), &context).unwrap();
        let measure = Measure {
            purpose: Purpose::Client,
            fqdn: None,
            environment: facts.environment(environment.id()),
            anchors: &[],
            crls: &[],
            revocation: Some(Revocation::Chain),
            at,
        };
        let verdict = || {
            let peer = Peer::judge(&sent, &measure, &context).unwrap();
            peer.verdict.unwrap()
        };
        assert_eq!(verdict().decision, Decision::Verified);
        // Another partition of the same CA.
        let own = Certificate::read(&identity.certificate).unwrap();
        let cached = Cache::open(cache.path()).crls().unwrap().sound;
        let mut others = cached.iter().filter(|cached| {
            let crl = cached.crl().unwrap();
            let header = crl.header();
            header.issuer.matches(&own.issuer) && crate::revocation::scope(&own, header).is_err()
        });
        std::fs::write(others.next().unwrap().path(), b"damaged").unwrap();
        let open = verdict();
        assert_eq!(open.decision, Decision::NotDecided);
        let code = open.code.map(|code| code.as_str());
        assert_eq!(code, Some("crl-unreadable"));
    }

    #[test]
    fn a_host_belongs_to_the_environment_with_the_longest_domain() {
        let facts = Facts::built_in().unwrap();
        for (host, id) in [
            ("proxy.int.spine2.ncrs.nhs.uk", Some("int")),
            ("LDAP.INT.spine2.ncrs.nhs.uk.", Some("int")),
            ("msg.tsp.national.ncrs.nhs.uk", Some("train")),
            ("msg.national.ncrs.nhs.uk", Some("live")),
            ("mesh.intspineservices.nhs.uk", Some("int")),
            ("notintspineservices.nhs.uk", None),
            ("intspineservices.nhs.uk.evil.test", None),
        ] {
            let found = environment_of(host, &facts).map(|known| known.id.as_str());
            assert_eq!(found, id, "{host}");
        }
    }
}
