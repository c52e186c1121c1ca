//! What the files hold that sites name, and what is found out about them: once for each set of files, because many sites name the
//! same ones.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::{ConfigurationEvidence, ConfigurationProblem, NamedFile, UnexaminedKind};
use crate::chain::{is_self_signed, name_key, signed_by};
use crate::document::{Certificate, Hash, Moment, PublicKey, Sha256Digest};
use crate::environment::{AuthorityPurpose, AuthorityRole};
use crate::input::{Origin, Source};
use crate::revocation::SearchableCrl;
use crate::verdict::Problem;
use crate::verdict::finding::first;
use crate::verdict::plan::{CrlPlan, Held, PlanQuestion, Server};
use crate::verdict::verify::{Decision, Evidence, Given, Question, Revocation, StaleCrl, judge};

/// The most keys of one name by which an issuer's signature is looked for: a file made for it has thousands.
const NAMESAKES_LIMIT: usize = 32;

/// What a file holds that a configuration names.
#[derive(Clone, Debug, Default)]
pub struct FileContents {
    /// Its certificates, in order.
    pub certificates: Vec<Arc<Certificate>>,
    /// The public halves of its private keys.
    pub keys: Vec<PublicKey>,
    /// Whether it has a private key that no password opened.
    pub has_locked_key: bool,
    /// Its CRLs.
    pub crls: Vec<ConfiguredCrl>,
    /// Whether more than its owner and one group may read it.
    pub open_to_others: bool,
    /// When it was last changed.
    pub changed: Option<Moment>,
}

/// A CRL of a file that a configuration names.
#[derive(Clone, Debug)]
pub struct ConfiguredCrl {
    /// Its DER.
    pub der: Arc<[u8]>,
    /// What was found to have signed it: the [identity](PublicKey::identity) of that key.
    pub signer: Option<Sha256Digest>,
}

impl FileContents {
    /// The server's own certificate: the first that is no CA's, or the first of all.
    fn endpoint(&self) -> Option<&Arc<Certificate>> {
        let mut all = self.certificates.iter();
        all.find(|one| !one.is_ca()).or(self.certificates.first())
    }

    /// Whether all that it has of certificates is CAs.
    pub(super) fn is_of_cas(&self) -> bool {
        self.certificates.iter().all(|one| one.is_ca())
    }
}

/// What a site names a file for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileUse {
    /// The server's own certificate, chain and key.
    Identity,
    /// The CAs that clients' certificates may come from.
    Trust,
    /// The CRLs.
    Crls,
    /// Parameters for key exchange.
    Parameters,
}

/// The result of opening a file.
#[derive(Clone, Debug)]
pub enum OpenedFile {
    /// It reads. A folder that the server reads as one store, of CAs or of CRLs, counts as one file.
    Read(Arc<FileContents>),
    /// It is a folder of which the server reads each file by itself, with their paths.
    Folder(Vec<(String, OpenedFile)>),
    /// It does not, and why.
    Unreadable(String),
    /// The password that the configuration gives does not open it, or it gives none, and what was said of that.
    Locked(String),
    /// It was not looked at, and why: what it holds counts neither for nor against the site.
    NotLookedAt(UnexaminedKind),
}

/// Finds what a file holds.
pub type ConfiguredFiles<'f> = dyn Fn(&NamedFile, FileUse) -> OpenedFile + 'f;

/// Files that were read, as a site names them.
pub(super) type Files = [(NamedFile, Arc<FileContents>)];

/// What was found out about the files of sites, by what they hold: for one moment, the same facts and the same environment.
#[derive(Default)]
pub struct FileFindings {
    identities: Memo<Vec<IdentityFinding>>,
    trust: Memo<TrustFinding>,
    plans: Memo<CrlPlan>,
    differences: Memo<Difference>,
}

impl fmt::Debug for FileFindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileFindings").finish_non_exhaustive()
    }
}

impl FileFindings {
    /// What is found out about each of the files with the server's certificates and chains.
    pub(super) fn identities(
        &self,
        server: Server,
        [chains, issuers, keys, crls]: [&Files; 4],
        evidence: &ConfigurationEvidence<'_>,
    ) -> Arc<Vec<IdentityFinding>> {
        let groups = [chains, issuers, keys, crls];
        self.identities.of(server, &groups, || {
            let origin = Origin::whole(&Arc::new(Source::given("a CRL of the server")));
            let crls: Vec<SearchableCrl<'_>> = crls
                .iter()
                .flat_map(|(_, contents)| &contents.crls)
                .filter_map(|crl| SearchableCrl::read(&*crl.der, origin.clone()).ok())
                .collect();
            identities(server, [chains, issuers, keys], &crls, evidence)
        })
    }

    /// What is found out about the CAs.
    pub(super) fn trust(
        &self,
        server: Server,
        trust: &Files,
        named: Option<&Files>,
        evidence: &ConfigurationEvidence<'_>,
    ) -> Arc<TrustFinding> {
        let named = named.unwrap_or(trust);
        self.trust.of(server, &[trust, named], || {
            TrustFinding::new(trust, named, evidence)
        })
    }

    /// What another server of the same address trusts more, and lacks.
    pub(super) fn difference(
        &self,
        server: Server,
        [trust, other_trust, crls, other_crls]: [&Files; 4],
    ) -> Arc<Difference> {
        let groups = [trust, other_trust, crls, other_crls];
        self.differences.of(server, &groups, || {
            let known: HashSet<Sha256Digest> = certificates(trust).map(|one| one.sha256).collect();
            let mut more = certificates(other_trust).filter(|one| !known.contains(&one.sha256));
            let (cas, more_cas) = first(more.by_ref().map(|one| one.subject.short()));
            let ders = |files: &Files| -> HashSet<Arc<[u8]>> {
                let all = files.iter().flat_map(|(_, contents)| &contents.crls);
                all.map(|crl| Arc::clone(&crl.der)).collect()
            };
            Difference {
                cas,
                more_cas,
                lacks_crls: !ders(crls).is_subset(&ders(other_crls)),
            }
        })
    }

    /// Which CRLs the CAs need, and which of them there are.
    pub(super) fn plan(
        &self,
        server: Server,
        trust: &Files,
        crls: &Files,
        evidence: &ConfigurationEvidence<'_>,
    ) -> Arc<CrlPlan> {
        self.plans.of(server, &[trust, crls], || {
            let origin = Origin::whole(&Arc::new(Source::given("a CRL of the server")));
            let read: Vec<(SearchableCrl<'_>, Sha256Digest)> = crls
                .iter()
                .flat_map(|(_, contents)| &contents.crls)
                .filter_map(|crl| {
                    let read = SearchableCrl::read(&*crl.der, origin.clone()).ok()?;
                    Some((read, crl.signer?))
                })
                .collect();
            let held: Vec<Held<'_>> = read
                .iter()
                .map(|(crl, signer)| Held::new(crl, *signer))
                .collect();
            let current = checked_below(trust, evidence);
            CrlPlan::draw(&PlanQuestion {
                bundle: &current,
                certificates: &[],
                others: &[],
                held: &held,
                unreadable: &[],
                server: Some(server),
                facts: evidence.facts,
                at: evidence.at,
            })
        })
    }
}

/// How the CAs and CRLs of one server differ from another's.
pub(super) struct Difference {
    /// CAs that only the other trusts, the first of them.
    pub(super) cas: Vec<String>,
    /// How many more there are.
    pub(super) more_cas: usize,
    /// Whether the other lacks a CRL.
    pub(super) lacks_crls: bool,
}

/// Answers, by the files from which they come.
struct Memo<V>(RefCell<HashMap<Place, Kept<V>>>);

/// The kind of server, and where the contents of its files are kept, in groups by their use.
type Place = (Server, Vec<Vec<usize>>);

struct Kept<V> {
    answer: Arc<V>,
    /// As long as they are kept, nothing else is kept there.
    _files: Vec<Arc<FileContents>>,
}

impl<V> Default for Memo<V> {
    fn default() -> Memo<V> {
        Memo(RefCell::default())
    }
}

impl<V> Memo<V> {
    fn of(&self, server: Server, files: &[&Files], find: impl FnOnce() -> V) -> Arc<V> {
        let place = |(_, contents): &(_, Arc<FileContents>)| Arc::as_ptr(contents).addr();
        let places = files
            .iter()
            .map(|group| group.iter().map(place).collect())
            .collect();
        let mut known = self.0.borrow_mut();
        let kept = known.entry((server, places)).or_insert_with(|| Kept {
            answer: Arc::new(find()),
            _files: files
                .iter()
                .flat_map(|group| group.iter())
                .map(|(_, contents)| Arc::clone(contents))
                .collect(),
        });
        Arc::clone(&kept.answer)
    }
}

fn certificates(files: &Files) -> impl Iterator<Item = &Arc<Certificate>> {
    files
        .iter()
        .flat_map(|(_, contents)| &contents.certificates)
}

/// The CAs that clients' chains may go through and that have not expired: those that are trusted, and below a root of which
/// none is among them, the known ones: clients send them, and the server checks them.
fn checked_below(trust: &Files, evidence: &ConfigurationEvidence<'_>) -> Vec<Arc<Certificate>> {
    let mut current: Vec<Arc<Certificate>> = certificates(trust)
        .filter(|one| one.not_after >= evidence.at)
        .cloned()
        .collect();
    let roots: Vec<Arc<Certificate>> = current
        .iter()
        .filter(|root| {
            let is_below = |one: &Arc<Certificate>| {
                one.issuer.matches(&root.subject) && one.sha256 != root.sha256
            };
            evidence.facts.recognise(&root.sha256).is_some() && !current.iter().any(is_below)
        })
        .cloned()
        .collect();
    for authority in &evidence.facts.authorities {
        let is_of_environment = evidence
            .environment
            .is_none_or(|environment| authority.environments.contains(&environment.id));
        let is_wanted = authority.role == AuthorityRole::SubCa
            && authority.purpose == AuthorityPurpose::Endpoint
            && is_of_environment;
        if let Some(certificate) = authority.certificate().filter(|_| is_wanted)
            && certificate.not_after >= evidence.at
            && roots
                .iter()
                .any(|root| certificate.issuer.matches(&root.subject))
        {
            current.push(Arc::clone(certificate));
        }
    }
    current
}

/// What is found out about a file with a certificate of the server's.
#[derive(Default)]
pub(super) struct IdentityFinding {
    /// The certificate.
    pub(super) own: Option<Arc<Certificate>>,
    /// What it is not good for, besides having expired and lacking its issuer.
    pub(super) unfit: Option<ConfigurationProblem>,
    /// The certificates that have expired, the first of them.
    pub(super) expired: Vec<(String, Moment)>,
    /// How many more have.
    pub(super) more_expired: usize,
    /// The issuer of the certificate, where it is not sent along.
    pub(super) unsent: Option<String>,
    /// The certificate that the key does not fit, and the number of the key's file.
    pub(super) mismatched: Option<(String, usize)>,
    /// Whether there is no key at all where its own has to be.
    pub(super) is_keyless: bool,
}

fn identities(
    server: Server,
    [chains, issuers, keys]: [&Files; 3],
    crls: &[SearchableCrl<'_>],
    evidence: &ConfigurationEvidence<'_>,
) -> Vec<IdentityFinding> {
    // Each file is the chain of its own certificate.
    let shared: Vec<&Arc<Certificate>> = certificates(issuers).collect();
    let with_endpoint = chains
        .iter()
        .filter(|(_, contents)| contents.endpoint().is_some())
        .count();
    let mut ordinal = 0;
    let mut found = Vec::with_capacity(chains.len());
    for (number, (_, contents)) in chains.iter().enumerate() {
        let Some(own) = contents.endpoint() else {
            found.push(IdentityFinding::default());
            continue;
        };
        // Servers pair certificates and keys in their order.
        let own_keys = match keys.len() {
            // The key in the file beside a certificate comes right after it.
            _ if server == Server::Haproxy => {
                let next = chains.get(number + 1);
                let is_beside = next.is_some_and(|(_, file)| file.certificates.is_empty());
                number..number + 1 + usize::from(is_beside)
            }
            all if all == chains.len() => number..number + 1,
            all if all == with_endpoint => ordinal..ordinal + 1,
            all => 0..all,
        };
        ordinal += 1;
        let (expired, more_expired) = first(
            contents
                .certificates
                .iter()
                .filter(|one| one.not_after < evidence.at)
                .map(|late| (late.subject.short(), late.not_after)),
        );
        let sent = contents.certificates.iter().chain(shared.iter().copied());
        let unsent = lacks_issuer(own, sent, evidence).then(|| own.issuer.short());
        let is_judged = expired.is_empty() && unsent.is_none();
        found.push(IdentityFinding {
            unfit: is_judged
                .then(|| {
                    let sent = contents.certificates.iter().chain(shared.iter().copied());
                    unfit(own, sent, crls, evidence)
                })
                .flatten(),
            own: Some(Arc::clone(own)),
            expired,
            more_expired,
            unsent,
            is_keyless: keys.get(own_keys.clone()).is_some_and(|files| {
                let mut files = files.iter();
                files.all(|(_, file)| file.keys.is_empty() && !file.has_locked_key)
            }),
            mismatched: mismatched(server, contents, own, keys, own_keys),
        });
    }
    found
}

/// Whether the issuer of the server's certificate is not sent with it, and partners do not have it.
fn lacks_issuer<'c>(
    own: &Certificate,
    sent: impl Iterator<Item = &'c Arc<Certificate>>,
    evidence: &ConfigurationEvidence<'_>,
) -> bool {
    let mut keys = HashSet::new();
    let mut issuers = sent
        .filter(|one| one.is_ca() && one.subject.matches(&own.issuer))
        .filter(|one| keys.insert(one.key.identity()))
        .take(NAMESAKES_LIMIT);
    if issuers.any(|one| signed_by(own, one)) || is_self_signed(own) {
        return false;
    }
    // A certificate right below a root needs no sub CA.
    !evidence.facts.certificates().any(|known| {
        known.subject.matches(&own.issuer) && is_self_signed(known) && signed_by(own, known)
    })
}

/// Why the certificate is not good for a server of the environment: by the CRLs of the site it is revoked, or something else
/// than revocation. Where no environment was named, whether it is valid yet takes the place of the latter.
fn unfit<'c>(
    own: &Arc<Certificate>,
    sent: impl Iterator<Item = &'c Arc<Certificate>>,
    crls: &[SearchableCrl<'_>],
    evidence: &ConfigurationEvidence<'_>,
) -> Option<ConfigurationProblem> {
    let unfit = |problem: Problem| ConfigurationProblem::CertificateUnfit {
        name: own.subject.short(),
        reason: problem.code(),
        problem: Box::new(problem),
    };
    let given = |one: &Arc<Certificate>| Given::from(Arc::clone(one));
    let sent: Vec<Given> = sent.map(given).collect();
    let certificate = given(own);
    let mut question = Question::new(&certificate, evidence.at).revocation(Revocation::Off);
    let mut anchors: Vec<Given> = Vec::new();
    match evidence.environment {
        Some(environment) => question = question.environment(environment),
        None => {
            let roots = evidence.facts.certificates();
            anchors.extend(roots.filter(|one| is_self_signed(one)).map(given));
        }
    }
    let known = Evidence::new(evidence.facts).sent(&sent).anchors(&anchors);
    if evidence.environment.is_some() {
        let verdict = judge(&question, &known);
        if verdict.decision != Decision::Verified
            && let Some(reason) = verdict.reasons.into_iter().next()
        {
            return Some(unfit(reason.problem));
        }
    } else if own.not_before > evidence.at {
        return Some(unfit(Problem::NotYetValid {
            not_before: own.not_before,
            days: own.not_before.days_since(evidence.at),
        }));
    }
    // That a CRL is missing or late is said of the CRLs, and a server's list has others' as well.
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    let question = question.revocation(Revocation::Chain).stale(StaleCrl::Warn);
    let verdict = judge(&question, &known.crls(&crls));
    let mut problems = verdict.reasons.into_iter().map(|reason| reason.problem);
    let revoked = problems.find(|problem| matches!(problem, Problem::Revoked { .. }));
    revoked.map(unfit)
}

/// The certificate that none of the keys fits, and the number of the first key's file.
fn mismatched(
    server: Server,
    contents: &FileContents,
    own: &Arc<Certificate>,
    keys: &Files,
    own_keys: std::ops::Range<usize>,
) -> Option<(String, usize)> {
    // In a file of PEM the first certificate is the server's own; a key store ties it to its key.
    let presented = match server {
        Server::Java => own,
        _ => contents.certificates.first()?,
    };
    let files = keys.get(own_keys.clone())?;
    let place = files.iter().position(|(_, file)| !file.keys.is_empty())?;
    let number = own_keys.start + place;
    let mut held = files.iter().flat_map(|(_, file)| &file.keys);
    (!held.any(|key| *key == presented.key)).then(|| (presented.subject.short(), number))
}

/// What is found out about the CAs that a site trusts.
pub(super) struct TrustFinding {
    /// Whether there are none.
    pub(super) is_empty: bool,
    /// Whether none belongs to an environment that is known, where none was named.
    pub(super) is_unknown: bool,
    /// The generations that are lacking, with their roots.
    pub(super) missing: Vec<(String, Vec<String>)>,
    /// Those that are trusted and not named to clients.
    pub(super) unnamed: Vec<(String, Vec<String>)>,
    /// The hosts that may call, of the environment or of those that the CAs belong to.
    pub(super) callers: Vec<String>,
    /// For each file, the first certificates that are not the environment's, and how many more there are.
    pub(super) others: Vec<(Vec<String>, usize)>,
    /// How many sub CAs are at most one below the other.
    pub(super) sub_cas_in_a_row: u32,
    /// A current sub CA whose signature is SHA-1.
    pub(super) weak: Option<String>,
}

impl TrustFinding {
    fn new(trust: &Files, named: &Files, evidence: &ConfigurationEvidence<'_>) -> TrustFinding {
        let facts = evidence.facts;
        let hierarchies: Vec<&str> = match evidence.environment {
            Some(environment) => vec![&environment.hierarchy],
            None => {
                let known = certificates(trust).filter_map(|one| facts.recognise(&one.sha256));
                let mut all: Vec<&str> = known.map(|known| known.hierarchy.as_str()).collect();
                all.sort_unstable();
                all.dedup();
                all
            }
        };
        let missing = lacking_generations(trust, &hierarchies, evidence);
        let mut unnamed = lacking_generations(named, &hierarchies, evidence);
        // A sub CA names its generation as well as the root does.
        let is_named = |generation: &String| {
            certificates(named)
                .filter_map(|one| facts.recognise(&one.sha256))
                .any(|one| {
                    one.generation == *generation && hierarchies.contains(&one.hierarchy.as_str())
                })
        };
        unnamed.retain(|(generation, _)| {
            !missing.iter().any(|(known, _)| known == generation) && !is_named(generation)
        });
        let callers = match evidence.environment {
            Some(environment) => environment.ssp.clone(),
            None => facts
                .environments
                .iter()
                .filter(|one| hierarchies.contains(&one.hierarchy.as_str()))
                .flat_map(|one| one.ssp.clone())
                .collect(),
        };
        TrustFinding {
            is_empty: certificates(trust).next().is_none(),
            is_unknown: hierarchies.is_empty(),
            missing,
            unnamed,
            callers,
            others: trust
                .iter()
                .map(|(_, contents)| others(contents, &hierarchies, evidence))
                .collect(),
            sub_cas_in_a_row: sub_cas_in_a_row(
                certificates(trust).chain(&checked_below(trust, evidence)),
            ),
            weak: certificates(trust)
                .find(|one| {
                    one.signature.hash == Some(Hash::Sha1)
                        && !is_self_signed(one)
                        && one.not_after >= evidence.at
                })
                .map(|one| one.subject.short()),
        }
    }
}

/// The current generations of some hierarchies whose roots are not among some certificates.
fn lacking_generations(
    among: &Files,
    hierarchies: &[&str],
    evidence: &ConfigurationEvidence<'_>,
) -> Vec<(String, Vec<String>)> {
    let facts = evidence.facts;
    let held: HashSet<Sha256Digest> = certificates(among).map(|one| one.sha256).collect();
    let mut missing: Vec<(String, Vec<String>)> = Vec::new();
    for authority in facts.authorities.iter().filter(|authority| {
        hierarchies.contains(&authority.hierarchy.as_str())
            && authority.role == AuthorityRole::Root
            && authority.purpose == AuthorityPurpose::Endpoint
            && authority
                .certificate()
                .is_some_and(|certificate| certificate.not_after >= evidence.at)
    }) {
        if held.contains(&authority.sha256) {
            continue;
        }
        // A generation that the environment no longer accepts is not missing.
        let sha1 = facts.authorities.iter().any(|sub| {
            sub.generation == authority.generation
                && sub.hierarchy == authority.hierarchy
                && sub.role == AuthorityRole::SubCa
                && sub
                    .certificate()
                    .is_some_and(|certificate| certificate.signature.hash == Some(Hash::Sha1))
        });
        if sha1 {
            continue;
        }
        match missing
            .iter_mut()
            .find(|(known, _)| *known == authority.generation)
        {
            Some((_, roots)) => roots.push(authority.name.clone()),
            None => missing.push((authority.generation.clone(), vec![authority.name.clone()])),
        }
    }
    missing
}

/// The first certificates that are not of these hierarchies, and how many more there are.
fn others(
    contents: &FileContents,
    hierarchies: &[&str],
    evidence: &ConfigurationEvidence<'_>,
) -> (Vec<String>, usize) {
    let is_other = |certificate: &&Arc<Certificate>| {
        let known = evidence.facts.recognise(&certificate.sha256);
        known.is_none_or(|known| !hierarchies.contains(&known.hierarchy.as_str()))
    };
    let all = contents.certificates.iter().filter(is_other);
    first(all.map(|one| one.subject.short()))
}

/// How many sub CAs are at most one below the other: one, or two where one is below another of these.
fn sub_cas_in_a_row<'c>(all: impl Iterator<Item = &'c Arc<Certificate>>) -> u32 {
    let subs: Vec<&Arc<Certificate>> = all
        .filter(|one| one.is_ca() && !is_self_signed(one))
        .collect();
    let mut named: HashMap<Vec<u8>, HashSet<Sha256Digest>> = HashMap::new();
    for sub in &subs {
        let same = named.entry(name_key(&sub.subject)).or_default();
        same.insert(sub.sha256);
    }
    subs.iter()
        .map(|sub| {
            let above = named.get(&name_key(&sub.issuer));
            let above = above.is_some_and(|all| all.len() > usize::from(all.contains(&sub.sha256)));
            1 + u32::from(above)
        })
        .max()
        .unwrap_or(0)
}
