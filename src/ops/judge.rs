//! A judge for a service: owns what it judges by, and answers from any thread.

use std::fmt;
use std::sync::Arc;

use self_cell::self_cell;

use super::gather::issuer_names;
use super::verify::{UnknownEnvironment, environment};
use super::{Moment, Snapshot};
use crate::document::Certificate;
use crate::environment::{Environment, Facts};
use crate::revocation::{SearchableCrl, SignerStatus};
use crate::verdict::verify::{BorrowedJudge, CrlAnswer, Evidence, Given, Question, Verdict};

/// Everything needed to judge, owned: facts, CRLs, what is trusted. Can be shared by all threads of a service, and
/// caches what it learns about CAs, so that a question costs only its own checks.
///
/// Its answers are those of `ptl-cert verify`. They hold for the CRLs that it was given: make a new one from a new
/// [`Snapshot`] after each update of the cache, and drop the old one.
///
/// ```
/// use ptl_cert::ops::{Judge, Snapshot};
/// use ptl_cert::ops::gather::Reading;
///
/// # let bytes = include_bytes!("../../tests/data/pki/reply.zip");
/// let judge = Judge::of_environment("int").crls(Snapshot::empty()).build()?;
/// let reading = Reading::of("the reply", &bytes[..], None);
/// let (sent, at) = (reading.certificates(), "2026-11-29T00:00:00Z".parse()?);
/// for certificate in reading.endpoints() {
///     let verdict = judge.verdict(&judge.question(&certificate, at).sent(&sent))?;
///     println!("{:?} {:?}", verdict.decision, verdict.code);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Judge(Cell);

self_cell!(
    struct Cell {
        owner: Refs,
        #[not_covariant]
        dependent: BorrowedJudge,
    }
);

self_cell!(
    /// The CRLs one by one: a judge accepts them from any source.
    struct Refs {
        owner: Owned,
        #[covariant]
        dependent: CrlRefs,
    }
);

type CrlRefs<'a> = Vec<&'a SearchableCrl<'a>>;

struct Owned {
    facts: Arc<Facts>,
    environment: Option<String>,
    chain: Vec<Given>,
    anchors: Vec<Given>,
    snapshot: Arc<Snapshot>,
}

/// What a [`Judge`] is made of.
#[derive(Clone, Debug)]
#[must_use]
pub struct JudgeBuilder {
    facts: Option<Arc<Facts>>,
    environment: Option<String>,
    chain: Vec<Given>,
    anchors: Vec<Given>,
    snapshot: Option<Arc<Snapshot>>,
}

/// Why a judge could not be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// Neither an environment nor an anchor was named.
    #[error("nothing is trusted: neither an environment nor a certificate to trust was given")]
    NothingTrusted,
    /// There is no such environment.
    #[error(transparent)]
    UnknownEnvironment(#[from] UnknownEnvironment),
    /// The built-in facts cannot be read.
    #[error(transparent)]
    Facts(#[from] crate::environment::FactsError),
}

/// Why a question has no answer: a CRL that may cover the certificate is damaged, and an answer from the others would mislead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a CRL that may answer is damaged: {}", crate::input::printable(.path))]
#[non_exhaustive]
pub struct Unanswered {
    /// The file.
    pub path: String,
}

impl JudgeBuilder {
    /// Uses these facts instead of the built-in ones: a user's, or a lab's.
    pub fn facts(mut self, facts: impl Into<Arc<Facts>>) -> JudgeBuilder {
        self.facts = Some(facts.into());
        self
    }

    /// Checks revocation with these CRLs. Without any, revocation status is unknown, and so is the verdict,
    /// unless [`Question::revocation`] turns the check off.
    pub fn crls(mut self, crls: impl Into<Arc<Snapshot>>) -> JudgeBuilder {
        self.snapshot = Some(crls.into());
        self
    }

    /// Completes chains with these certificates.
    pub fn chain(mut self, chain: impl IntoIterator<Item = Given>) -> JudgeBuilder {
        self.chain.extend(chain);
        self
    }

    /// Makes the judge.
    ///
    /// # Errors
    /// When nothing is trusted, or the environment is not known.
    pub fn build(self) -> Result<Judge, JudgeError> {
        let facts = match self.facts {
            Some(facts) => facts,
            None => Arc::new(Facts::built_in()?),
        };
        let environment = match &self.environment {
            None if self.anchors.is_empty() => return Err(JudgeError::NothingTrusted),
            None => None,
            Some(id) => Some(environment(id, &facts)?.id.clone()),
        };
        let owned = Owned {
            facts,
            environment,
            chain: self.chain,
            anchors: self.anchors,
            snapshot: self.snapshot.unwrap_or_else(|| Arc::new(Snapshot::empty())),
        };
        let refs = Refs::new(owned, |owned| owned.snapshot.crls().iter().collect());
        Ok(Judge(Cell::new(refs, |refs| {
            let owned = refs.borrow_owner();
            let evidence = Evidence::new(&owned.facts)
                .chain(&owned.chain)
                .anchors(&owned.anchors)
                .crls(refs.borrow_dependent());
            BorrowedJudge::new(evidence)
        })))
    }
}

impl Judge {
    /// Trusts the roots of this environment: `int`, `dep`, `live`, or one of the caller's own facts.
    pub fn of_environment(id: impl Into<String>) -> JudgeBuilder {
        JudgeBuilder {
            environment: Some(id.into()),
            ..JudgeBuilder::new()
        }
    }

    /// Trusts these certificates, and no environment's roots.
    pub fn of_anchors(anchors: impl IntoIterator<Item = Certificate>) -> JudgeBuilder {
        JudgeBuilder {
            anchors: anchors.into_iter().map(Given::from).collect(),
            ..JudgeBuilder::new()
        }
    }

    /// Asks about a certificate with the safe defaults of [`Question::new`], for the environment of this judge.
    ///
    /// Add what came with the certificate by [`Question::sent`]: without it every CA counts as not sent, and the verdict says so.
    pub fn question<'a>(&'a self, certificate: &'a Given, at: Moment) -> Question<'a> {
        let mut question = Question::new(certificate, at);
        question.environment = self.environment();
        question
    }

    /// The environment whose roots are trusted; `None` where anchors were given.
    pub fn environment(&self) -> Option<&Environment> {
        let owned = self.owned();
        owned.facts.environment(owned.environment.as_deref()?)
    }

    /// The CRLs that this judge uses.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.owned().snapshot
    }

    /// Is the certificate good, and if not, why not?
    ///
    /// The question is asked as it is: [`Judge::question`] puts this judge's environment into it, and
    /// [`Question::new`] does not.
    ///
    /// # Errors
    /// [`Unanswered`] when a CRL is damaged that may have contributed to the answer.
    pub fn verdict(&self, question: &Question<'_>) -> Result<Verdict, Unanswered> {
        self.check(question)?;
        Ok(self.0.with_dependent(|_, judge| judge.verdict(question)))
    }

    /// Has the certificate been revoked, whatever else is wrong with it?
    ///
    /// # Errors
    /// [`Unanswered`] when a CRL is damaged that may have contributed to the answer.
    pub fn revocation(&self, question: &Question<'_>) -> Result<CrlAnswer, Unanswered> {
        self.check(question)?;
        Ok(self.0.with_dependent(|_, judge| judge.revocation(question)))
    }

    /// May CRLs that the certificate signs be relied on? `None` where no path leads from it to an anchor.
    ///
    /// # Errors
    /// [`Unanswered`] when a CRL is damaged that may have contributed to the answer.
    pub fn signer_status(
        &self,
        question: &Question<'_>,
    ) -> Result<Option<SignerStatus>, Unanswered> {
        self.check(question)?;
        Ok(self
            .0
            .with_dependent(|_, judge| judge.signer_status(question)))
    }

    fn owned(&self) -> &Owned {
        self.0.borrow_owner().borrow_owner()
    }

    /// Refuses to answer if a CRL is damaged whose issuer may sign CRLs for the certificate or for a CA above it.
    fn check(&self, question: &Question<'_>) -> Result<(), Unanswered> {
        let owned = self.owned();
        let damaged = owned.snapshot.damaged();
        if damaged.is_empty() || question.revocation == crate::verdict::verify::Revocation::Off {
            return Ok(());
        }
        let pools = [question.sent, &owned.chain, &owned.anchors];
        let target = std::slice::from_ref(question.certificate);
        let names = issuer_names(target, &pools, &owned.facts);
        let may_answer = damaged.iter().find(|damaged| match &damaged.about {
            Some(about) => names.iter().any(|name| name.matches(&about.issuer)),
            // One that does not even say who issued it may be the one that is needed.
            None => true,
        });
        match may_answer {
            None => Ok(()),
            Some(damaged) => Err(Unanswered {
                path: damaged.path.to_string_lossy().into_owned(),
            }),
        }
    }
}

impl JudgeBuilder {
    fn new() -> JudgeBuilder {
        JudgeBuilder {
            facts: None,
            environment: None,
            chain: Vec::new(),
            anchors: Vec::new(),
            snapshot: None,
        }
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owned = self.owned();
        f.debug_struct("Judge")
            .field("environment", &owned.environment)
            .field("snapshot", &owned.snapshot)
            .finish_non_exhaustive()
    }
}

/// What a service does with a judge: keep it, share it, move it.
const _: () = {
    const fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Judge>();
    is_shared::<Snapshot>();
};
