//! Is this certificate good? Gathers everything that the question needs.
//!
//! [`verify`] reads what is named, takes the CRLs of the cache that may answer, and asks [`crate::verdict::verify::BorrowedJudge`].

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rayon::prelude::*;

use super::Context;
use super::gather::{
    self, CacheState, CrlObjects, ExpectedContent, FactsFileError, GivenCrl, Inputs, Named,
    Reading, Unread, cached, certificates, only_key, only_request,
};
use crate::chain::name_key;
use crate::decode::Password;
use crate::document::{Certificate, Moment, Sha256Digest};
use crate::environment::{Environment, Facts};
use crate::fqdn::Fqdn;
use crate::input::Source;
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::CacheError;
use crate::store::read::Depth;
use crate::verdict::verify::{BorrowedJudge, Evidence, Question};
pub use crate::verdict::verify::{
    Decision, Given, Profile, Purpose, Revocation, Sha1, StaleCrl, Verdict, WeakKeys,
};

/// The question, and the evidence for it.
///
/// The defaults are the safe ones: a TLS server; SHA-1, weak keys and expired CRLs refused; revocation of the whole chain
/// checked wherever there is a CRL.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The certificates; other certificates in the same files count as sent along.
    pub certificates: Vec<Named>,
    /// What completes chains.
    pub chain: Vec<Named>,
    /// What is trusted instead of the environment's roots.
    pub anchors: Vec<Named>,
    /// CRLs, beside those of the context's cache and those in the files with certificates: what the cache knows to be revoked
    /// is revoked, whatever else is given.
    pub crls: Vec<Named>,
    /// The id of the environment that the certificates are to be for.
    pub environment: Option<String>,
    /// A private key that the certificate must belong to, or its public key.
    pub key: Option<Named>,
    /// A request that the certificate must answer.
    pub request: Option<Named>,
    /// The host that it must be for.
    pub fqdn: Option<Fqdn>,
    /// What it must be usable for.
    pub purpose: Purpose,
    /// For which certificates revocation is checked; `None`: for the whole chain if a CRL was given or the cache counts,
    /// else for none.
    pub revocation: Option<Revocation>,
    /// What a CRL past its nextUpdate is worth.
    pub stale: StaleCrl,
    /// Whether SHA-1 below the anchor is accepted.
    pub sha1: Sha1,
    /// Whether keys of less than 112 bits of security are accepted.
    pub weak_keys: WeakKeys,
    /// Whether a breach of the rules for issuers refuses.
    pub profile: Profile,
    /// Opens PKCS#12 files and encrypted keys.
    pub password: Option<Password>,
}

impl Options {
    /// Asks about the certificates in these files or bytes.
    pub fn new(certificates: impl IntoIterator<Item = Named>) -> Options {
        Options {
            certificates: certificates.into_iter().collect(),
            chain: Vec::new(),
            anchors: Vec::new(),
            crls: Vec::new(),
            environment: None,
            key: None,
            request: None,
            fqdn: None,
            purpose: Purpose::Server,
            revocation: None,
            stale: StaleCrl::Refuse,
            sha1: Sha1::Refused,
            weak_keys: WeakKeys::Refused,
            profile: Profile::Reported,
            password: None,
        }
    }

    /// Trusts the roots of this environment, unless anchors are given.
    pub fn environment(mut self, id: impl Into<String>) -> Options {
        self.environment = Some(id.into());
        self
    }

    /// Trusts these certificates instead of an environment's roots.
    pub fn anchors(mut self, anchors: impl IntoIterator<Item = Named>) -> Options {
        self.anchors.extend(anchors);
        self
    }

    /// Completes chains with these certificates.
    pub fn chain(mut self, chain: impl IntoIterator<Item = Named>) -> Options {
        self.chain.extend(chain);
        self
    }

    /// Checks revocation with these CRLs as well as those of the cache.
    pub fn crls(mut self, crls: impl IntoIterator<Item = Named>) -> Options {
        self.crls.extend(crls);
        self
    }

    /// Requires the certificate to be for this host.
    pub fn fqdn(mut self, fqdn: Fqdn) -> Options {
        self.fqdn = Some(fqdn);
        self
    }

    /// Requires the certificate to be usable for this.
    pub fn purpose(mut self, purpose: Purpose) -> Options {
        self.purpose = purpose;
        self
    }

    /// Checks revocation of these certificates, whatever CRLs there are.
    pub fn revocation(mut self, revocation: Revocation) -> Options {
        self.revocation = Some(revocation);
        self
    }

    /// Says what a CRL past its nextUpdate is worth.
    pub fn stale(mut self, stale: StaleCrl) -> Options {
        self.stale = stale;
        self
    }

    /// Says whether SHA-1 below the anchor is accepted.
    pub fn sha1(mut self, sha1: Sha1) -> Options {
        self.sha1 = sha1;
        self
    }

    /// Says whether keys of less than 112 bits of security are accepted.
    pub fn weak_keys(mut self, weak_keys: WeakKeys) -> Options {
        self.weak_keys = weak_keys;
        self
    }

    /// Says whether a breach of the rules for issuers refuses.
    pub fn profile(mut self, profile: Profile) -> Options {
        self.profile = profile;
        self
    }

    /// Requires the certificate to belong to this private key, or to have this public key.
    pub fn key(mut self, key: Named) -> Options {
        self.key = Some(key);
        self
    }

    /// Requires the certificate to answer this request.
    pub fn request(mut self, request: Named) -> Options {
        self.request = Some(request);
        self
    }

    /// Opens PKCS#12 files and encrypted keys with this.
    pub fn password(mut self, password: Password) -> Options {
        self.password = Some(password);
        self
    }

    /// Whether the CRLs of the cache are asked: always where revocation is. A CRL that is given may be older than the
    /// revocation that the cache knows of.
    fn uses_cache(&self) -> bool {
        self.revocation != Some(Revocation::Off)
    }
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Neither an environment nor an anchor was named.
    #[error("nothing is trusted: neither an environment nor a certificate to trust was given")]
    NothingTrusted,
    /// There is no such environment.
    #[error(transparent)]
    UnknownEnvironment(#[from] UnknownEnvironment),
    /// The cache cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The facts cannot be read.
    #[error(transparent)]
    Facts(#[from] FactsFileError),
}

/// An environment that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no environment {id:?}; the known ones are {}", known.join(", "))]
#[non_exhaustive]
pub struct UnknownEnvironment {
    /// What was asked for.
    pub id: String,
    /// The known ids.
    pub known: Vec<String>,
}

/// The environment with this id, in whatever case it is written.
///
/// # Errors
/// Names the known environments.
pub fn environment<'f>(id: &str, facts: &'f Facts) -> Result<&'f Environment, UnknownEnvironment> {
    let known = || facts.environments.iter().map(|known| known.id.clone());
    facts
        .environment(&id.to_ascii_lowercase())
        .ok_or_else(|| UnknownEnvironment {
            id: id.to_owned(),
            known: known().collect(),
        })
}

/// What was judged, on what terms, and what could not be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verification<T = Verdict> {
    /// What was asked of every certificate.
    pub terms: Terms,
    /// The answers, in the input's order. Empty if any evidence given could not be read.
    pub answers: Vec<JudgedCertificate<T>>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Files of folders, archives and mails in which nothing was recognised.
    pub passed_over: Vec<Unread>,
}

/// One certificate, and what was made of the verdict on it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JudgedCertificate<T = Verdict> {
    /// The certificate, and where it was found.
    pub given: Given,
    /// The answer.
    pub answer: T,
}

/// What was asked of every certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Terms {
    /// The moment for which everything was judged.
    pub at: Moment,
    /// What was trusted.
    pub trust: Trust,
    /// What the certificates are to be used for.
    pub purpose: Purpose,
    /// The host that they are to be for.
    pub fqdn: Option<Fqdn>,
    /// For which certificates revocation was checked.
    pub revocation: Revocation,
    /// What a CRL past its nextUpdate is worth.
    pub stale: StaleCrl,
    /// Whether SHA-1 below the anchor is accepted.
    pub sha1: Sha1,
    /// Whether keys of less than 112 bits of security are accepted.
    pub weak_keys: WeakKeys,
    /// Whether a breach of the rules for issuers refuses.
    pub profile: Profile,
}

/// What was trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// The roots of an environment.
    Environment {
        /// Its id.
        id: String,
        /// Its title.
        title: String,
    },
    /// The certificates that were given, by number.
    Given(usize),
}

impl Verification<Verdict> {
    /// The overall answer: the worst verdict, and not decided if anything could not be read.
    pub fn decision(&self) -> Decision {
        let decisions = self.answers.iter().map(|answer| answer.answer.decision);
        decide(decisions, &self.unread)
    }
}

/// The worst of several answers; [`Decision::NotDecided`] where there is none, or something could not be read.
pub fn decide(decisions: impl IntoIterator<Item = Decision>, unread: &[Unread]) -> Decision {
    let mut worst = None;
    for decision in decisions {
        worst = match (worst, decision) {
            (Some(Decision::NotDecided), _) | (_, Decision::NotDecided) => {
                Some(Decision::NotDecided)
            }
            (Some(Decision::NotVerified), _) | (_, Decision::NotVerified) => {
                Some(Decision::NotVerified)
            }
            _ => Some(Decision::Verified),
        };
    }
    match unread {
        [] => worst.unwrap_or(Decision::NotDecided),
        _ => Decision::NotDecided,
    }
}

/// Judges every certificate named, by everything else named, the facts and the cache.
///
/// Of a file with several certificates those are judged that issued no other one of it. Where an object of a file cannot be
/// read no CA of that file is judged in its stead.
///
/// # Errors
/// When nothing is trusted, the environment is not known, or the cache's folder cannot be read. What cannot be read
/// otherwise is in [`Verification::unread`].
pub fn verify(options: &Options, context: &Context<'_>) -> Result<Verification, VerifyError> {
    verify_each(options, context, |_, verdict, _| verdict)
}

/// [`verify`], keeping of each verdict only what `answer` makes of it: a verdict takes several times the memory of its
/// text. Calls come from several threads.
///
/// # Errors
/// As [`verify`].
pub fn verify_each<T: Send>(
    options: &Options,
    context: &Context<'_>,
    answer: impl Fn(&Given, Verdict, &Terms) -> T + Send + Sync,
) -> Result<Verification<T>, VerifyError> {
    let facts = &context.facts;
    let environment = match &options.environment {
        None if options.anchors.is_empty() => return Err(VerifyError::NothingTrusted),
        None => None,
        Some(id) => Some(environment(id, facts)?),
    };
    // Anchors that are given replace the environment's.
    let environment = environment.filter(|_| options.anchors.is_empty());
    let mut gathered = Gathered::read(options, context);
    let inputs = Inputs::load_crls(&options.crls, Depth::Directory);
    let objects = CrlObjects::open(&inputs, context.observer, &mut gathered.evidence_unread);
    let mut crls = objects.crls(&mut gathered.evidence_unread, &mut gathered.passed_over);
    let given_crls = std::mem::take(&mut gathered.crls);
    crls.extend(GivenCrl::read_all(
        &given_crls,
        &mut gathered.evidence_unread,
    ));
    let Gathered {
        sent,
        targets,
        chain,
        anchors,
        key,
        request,
        crls: _,
        unread: _,
        evidence_unread: _,
        passed_over: _,
    } = &gathered;
    let cached = match options.uses_cache() {
        true => cached(targets, &[sent, chain, anchors], context)?,
        false => gather::Cached::default(),
    };
    let mut missed = cached.unread.clone();
    cached.add_to(&mut crls, &mut missed);
    let key = key.as_ref().and_then(|found| only_key(&found.items).ok());
    let request = request
        .as_ref()
        .and_then(|found| only_request(&found.items).ok());
    let terms = Terms {
        at: context.at,
        trust: match environment {
            Some(environment) => Trust::Environment {
                id: environment.id.clone(),
                title: environment.title.clone(),
            },
            None => Trust::Given(anchors.len()),
        },
        purpose: options.purpose,
        fqdn: options.fqdn.clone(),
        revocation: options.revocation.unwrap_or_else(|| {
            cached
                .state
                .revocation(options.crls.len() + given_crls.len())
        }),
        stale: options.stale,
        sha1: options.sha1,
        weak_keys: options.weak_keys,
        profile: options.profile,
    };
    let question = |certificate| Question {
        certificate,
        sent: &[],
        purposes: terms.purpose.into(),
        fqdn: terms.fqdn.as_ref(),
        at: terms.at,
        environment,
        revocation: terms.revocation,
        stale: terms.stale,
        sha1: terms.sha1,
        weak_keys: terms.weak_keys,
        profile: terms.profile,
        key,
        request,
    };
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    // A verdict without the evidence given would mislead.
    let whole = gathered.evidence_unread.is_empty() && missed.is_empty();
    let targets = if whole { targets.as_slice() } else { &[] };
    let judge = BorrowedJudge::new(Evidence {
        sent,
        chain,
        anchors,
        facts,
        crls: &crls,
    });
    if whole {
        judge.prepare();
    }
    let files = Files::of(sent);
    let answers = on_all_cores(targets, |given| {
        let mut verdict = judge.verdict(&question(given));
        verdict.sent_only(given, |certificate| files.sent_with(given, certificate));
        JudgedCertificate {
            given: given.clone(),
            answer: answer(given, verdict, &terms),
        }
    });
    drop(judge);
    let mut unread = gathered.unread.clone();
    unread.extend(gathered.evidence_unread.iter().cloned());
    unread.extend(missed);
    gather::say_once(&mut unread);
    Ok(Verification {
        terms,
        answers,
        unread,
        passed_over: gathered.passed_over.clone(),
    })
}

/// [`verify`] by a judge that has facts, CRLs and roots already; what the options name of these is not looked at. `None` where
/// there are CRLs beside the certificates, which the judge does not have, or one of its own is damaged that may answer.
pub(super) fn verify_by(
    judge: &super::Judge,
    counts: CacheState,
    options: &Options,
    context: &Context<'_>,
) -> Option<Verification> {
    let gathered = Gathered::read(options, context);
    if !gathered.crls.is_empty() {
        return None;
    }
    let environment = judge.environment();
    let terms = Terms {
        at: context.at,
        trust: match environment {
            Some(environment) => Trust::Environment {
                id: environment.id.clone(),
                title: environment.title.clone(),
            },
            None => Trust::Given(0),
        },
        purpose: options.purpose,
        fqdn: options.fqdn.clone(),
        revocation: options.revocation.unwrap_or_else(|| counts.revocation(0)),
        stale: options.stale,
        sha1: options.sha1,
        weak_keys: options.weak_keys,
        profile: options.profile,
    };
    let key = gathered.key.as_ref();
    let request = gathered.request.as_ref();
    let key = key.and_then(|found| only_key(&found.items).ok());
    let request = request.and_then(|found| only_request(&found.items).ok());
    let mut unread = gathered.unread.clone();
    unread.extend(gathered.evidence_unread.iter().cloned());
    let targets = match gathered.evidence_unread.as_slice() {
        [] => gathered.targets.as_slice(),
        _ => &[],
    };
    let mut answers = Vec::with_capacity(targets.len());
    for given in targets {
        let mut question = Question::new(given, terms.at)
            .sent(&gathered.sent)
            .purpose(terms.purpose)
            .revocation(terms.revocation)
            .stale(terms.stale)
            .sha1(terms.sha1)
            .weak_keys(terms.weak_keys)
            .profile(terms.profile);
        question.environment = environment;
        question.fqdn = terms.fqdn.as_ref();
        question.key = key;
        question.request = request;
        answers.push(JudgedCertificate {
            given: given.clone(),
            answer: judge.verdict(&question).ok()?,
        });
    }
    Some(Verification {
        terms,
        answers,
        unread,
        passed_over: gathered.passed_over,
    })
}

/// Everything that is named, read.
struct Gathered {
    sent: Vec<Given>,
    targets: Vec<Given>,
    chain: Vec<Given>,
    anchors: Vec<Given>,
    key: Option<Reading>,
    request: Option<Reading>,
    /// The CRLs beside certificates, which count like those that are given as CRLs.
    crls: Vec<GivenCrl>,
    /// What could not be read of what is to be judged.
    unread: Vec<Unread>,
    /// What could not be read of the evidence.
    evidence_unread: Vec<Unread>,
    /// Files of archives in which nothing was recognised.
    passed_over: Vec<Unread>,
}

impl Gathered {
    fn read(options: &Options, context: &Context<'_>) -> Gathered {
        let password = options.password.as_ref();
        let read = |named: &[Named]| gather::read(named, password, context.observer);
        let mut sent = read(&options.certificates);
        let mut chain = read(&options.chain);
        let mut anchors = read(&options.anchors);
        let crls = [&mut sent, &mut chain, &mut anchors];
        let crls = crls.into_iter().flat_map(Reading::take_crls).collect();
        let one = |named: &Option<Named>| {
            named
                .as_ref()
                .map(|named| read(std::slice::from_ref(named)))
        };
        let (key, request) = (one(&options.key), one(&options.request));
        let mut evidence_unread = Vec::new();
        let mut passed_over = sent.passed_over.clone();
        for found in [&chain, &anchors].into_iter().chain(&key).chain(&request) {
            evidence_unread.extend(found.unread.iter().cloned());
            passed_over.extend(found.passed_over.iter().cloned());
        }
        if let (Some(named), Some(found)) = (&options.key, &key)
            && let Err(number) = only_key(&found.items)
            && evidence_unread.is_empty()
        {
            evidence_unread.push(gather::no_key(named.source(), &found.items, number));
        }
        if let (Some(named), Some(found)) = (&options.request, &request)
            && let Err(number) = only_request(&found.items)
        {
            let expected = ExpectedContent::OneRequest;
            gather::expect([named.source()], expected, number, &mut evidence_unread);
        }
        let certificates_sent = certificates(&sent.items);
        let targets = targets(&certificates_sent, &sent.unread, sent.hidden());
        let hidden: Vec<Unread> = sent.hidden().cloned().collect();
        let mut unread = sent.unread;
        if targets.is_empty() {
            // What was meant may be in one of them.
            unread.extend(hidden);
            let sources = options.certificates.iter().map(Named::source);
            gather::expect(sources, ExpectedContent::Certificate, 0, &mut unread);
        }
        // A trusted file without a certificate is a mistake, and not an empty set of anchors.
        let (chain, anchors) = (certificates(&chain.items), certificates(&anchors.items));
        Gathered {
            sent: certificates_sent,
            targets,
            chain,
            anchors,
            key,
            request,
            crls,
            unread,
            evidence_unread,
            passed_over,
        }
    }
}

/// The certificates to judge: in each file those that issued no other one of it. A CA in a file with an unreadable object
/// may have issued that one, so it is not what was asked about; nor is one beside a file of the same folder, or in an
/// archive with one, that was passed over and may hold the certificate that was meant.
fn targets<'u>(
    sent: &[Given],
    unread: &'u [Unread],
    hidden: impl Iterator<Item = &'u Unread>,
) -> Vec<Given> {
    let mut unread: HashSet<&Source> = unread.iter().map(|one| file(&one.source)).collect();
    // A file that was named itself is never passed over.
    let mut folders: HashSet<Option<&Path>> = HashSet::new();
    for one in hidden {
        match &one.source {
            Source::File(path) => {
                folders.insert(path.parent());
            }
            member => {
                unread.insert(file(member));
            }
        }
    }
    let is_beside_hidden = |source: &Source| match source {
        Source::File(path) => folders.contains(&path.parent()),
        _ => false,
    };
    // Of each file the names of issuers, and for each of them two of the certificates that have it: one of these is another.
    let mut issued: HashMap<(&Source, Vec<u8>), Vec<Sha256Digest>> = HashMap::new();
    if sent.iter().any(|one| one.certificate.is_ca()) {
        for one in sent {
            let issuer = name_key(&one.certificate.issuer);
            let issued = issued.entry((file(&one.origin.source), issuer));
            let issued = issued.or_default();
            if issued.len() < 2 && !issued.contains(&one.certificate.sha256) {
                issued.push(one.certificate.sha256);
            }
        }
    }
    let issued_another = |one: &Given| {
        let certificate = &one.certificate;
        let file = file(&one.origin.source);
        let is_another = |issued: &Vec<Sha256Digest>| {
            let mut issued = issued.iter();
            issued.any(|other| *other != certificate.sha256)
        };
        certificate.is_ca()
            && (unread.contains(file)
                || is_beside_hidden(file)
                || issued
                    .get(&(file, name_key(&certificate.subject)))
                    .is_some_and(is_another))
    };
    sent.iter()
        .filter(|one| !issued_another(one))
        .cloned()
        .collect()
}

/// Which certificates were in which files: a server sends those of its own file, whatever the file beside it holds.
struct Files<'s> {
    /// `None` where there is one file only.
    together: Option<HashSet<(&'s Source, Sha256Digest)>>,
}

impl<'s> Files<'s> {
    fn of(sent: &'s [Given]) -> Files<'s> {
        let mut files = sent.iter().map(|one| file(&one.origin.source));
        let first = files.next();
        let are_several = files.any(|other| Some(other) != first);
        let pair = |one: &'s Given| (file(&one.origin.source), one.certificate.sha256);
        Files {
            together: are_several.then(|| sent.iter().map(pair).collect()),
        }
    }

    fn sent_with(&self, one: &Given, other: &Certificate) -> bool {
        let file = file(&one.origin.source);
        self.together
            .as_ref()
            .is_none_or(|together| together.contains(&(file, other.sha256)))
    }
}

/// The file as it was named: of an archive's members the archive.
fn file(source: &Source) -> &Source {
    match source {
        Source::Member { archive, .. } => file(archive),
        other => other,
    }
}

/// The answers in order; starting threads costs more than judging one certificate.
fn on_all_cores<'t, T: Sync, A: Send>(
    all: &'t [T],
    answer: impl Fn(&'t T) -> A + Send + Sync,
) -> Vec<A> {
    match all {
        [] => Vec::new(),
        [one] => vec![answer(one)],
        _ => all.par_iter().map(answer).collect(),
    }
}
