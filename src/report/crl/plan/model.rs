//! The model that both forms are made from.

use schemars::JsonSchema;
use serde::Serialize;

use super::words::{before_next, covers, damaged, next, remedy, state};
use crate::document::{Certificate, Moment, Name, Sha256Digest};
use crate::input::Shown;
use crate::ops::crl::plan::Planned;
use crate::report::inspection::UnreadReport;
use crate::verdict::plan::{
    AuthorityPlan, Behaviour, BundleRole, Completeness, Covers, CrlSource, Fault, HeldCrl,
    RequiredCrl, RequiredState, Server,
};
use crate::wording::{Voice, servers};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-plan/1";

/// Everything one run of `crl plan` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PlanReport<'a> {
    /// `ptl-cert/crl-plan/1`.
    pub schema: &'static str,
    /// The moment for which the plan is.
    pub at: Moment,
    /// The kind of server it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// The environment whose CAs were used: its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<&'a str>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_title: Option<&'a str>,
    /// The folder of the cache.
    pub cache: String,
    /// Whether everything that is needed is available and in time, and the server does with it what it should.
    pub complete: bool,
    /// What the plan comes to.
    pub result: Completeness,
    /// The exit status that it leads to: 3 where something could not be read.
    pub exit: u8,
    /// The CAs, each root before those below it.
    pub authorities: Vec<AuthorityReport<'a>>,
    /// Certificates that no CA of the bundle issued.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unrelated: Vec<UnrelatedReport>,
    /// What the server does with these CRLs, and should not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultReport<'a>>,
    /// How the server behaves while a CRL is missing or expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<&'static Behaviour>,
    /// CRLs of the cache that are damaged, each as a sentence; they count as missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadReport>,
    /// Commands to type next, the first one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// The voice of the text.
    #[serde(skip)]
    pub(super) voice: Voice,
}

/// One CA.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct AuthorityReport<'a> {
    /// Its name.
    pub name: &'a Name,
    /// SHA-256 over its certificate, where the bundle has that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// What it is in the bundle.
    #[serde(flatten)]
    pub role: BundleRole,
    /// `PTL` or `Live`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hierarchy: Option<&'a str>,
    /// `G1` or `G2`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<&'a str>,
    /// Whether it issues to clients of which none was shown: more partitions than are listed here may be needed.
    pub clients_unknown: bool,
    /// Whether it is known to partition its CRLs.
    pub partitioned: bool,
    /// The CRLs that are needed of it.
    pub required: Vec<RequiredReport<'a>>,
}

/// One CRL that is needed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct RequiredReport<'a> {
    /// What is available.
    #[serde(flatten)]
    pub state: &'a RequiredState,
    /// Whole days from now until it expires; negative once it has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// The same as a sentence, with the certificates it is for.
    pub message: String,
    /// What it is for: `certificates`, clients that were not shown but whose `partition` is available, or
    /// `unknown_clients`.
    #[serde(rename = "for")]
    pub covers: &'static str,
    /// Whose certificates it has to answer for, by name; none where they are not known.
    pub certificates: Vec<String>,
    /// Where it comes from.
    pub sources: Vec<SourceReport<'a>>,
    /// The CRLs available that serve it.
    pub crls: &'a [HeldCrl],
    /// What to do where it is not available in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The same for text, which names the command once, at its end.
    #[serde(skip)]
    pub(super) remedy_before_next: Option<String>,
}

/// A source of a CRL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct SourceReport<'a> {
    /// The source.
    #[serde(flatten)]
    pub source: &'a CrlSource,
    /// Whether `crl update` can fetch it from there.
    pub fetchable: bool,
}

/// Something that the server does with the CRLs, and should not.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FaultReport<'a> {
    /// What and why.
    #[serde(flatten)]
    pub fault: &'a Fault,
    /// The same as a sentence.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// A certificate that no CA of the bundle issued.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct UnrelatedReport {
    /// Whose it is.
    pub subject: String,
    /// Who issued it, as it says.
    pub issuer: Name,
    /// Its SHA-256.
    pub sha256: Sha256Digest,
}

/// What was typed, so that the commands to type next fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanSetting<'a> {
    /// The words that name the bundle and the cache: `--env int --cache DIR`, quoted for a shell.
    pub bundle: &'a str,
    /// The same for the commands that put CRLs into the cache, which call the bundle's CAs issuers.
    pub import: &'a str,
    /// The words that name certificates, quoted for a shell; empty where there were none.
    pub certificates: &'a str,
    /// The options that name clients' certificates, likewise.
    pub clients: &'a str,
    /// The voice of the remedies; what to type next is said on the command line only.
    pub voice: Voice,
}

impl<'a> PlanReport<'a> {
    /// What there is to say of a plan.
    pub fn new(planned: &'a Planned) -> PlanReport<'a> {
        PlanReport::in_voice(planned, &PlanSetting::default())
    }

    /// What there is to say of a plan, what to do in the voice of the setting.
    pub fn in_voice(planned: &'a Planned, asked: &PlanSetting<'a>) -> PlanReport<'a> {
        let plan = &planned.plan;
        let report = PlanReport {
            schema: SCHEMA,
            at: plan.at,
            server: plan.server,
            environment: planned.environment.as_deref(),
            environment_title: planned.environment_title.as_deref(),
            cache: planned.cache.shown().to_string(),
            complete: plan.is_complete(),
            result: plan.completeness(),
            exit: u8::from(!plan.is_complete()),
            authorities: plan
                .authorities
                .iter()
                .map(|authority| AuthorityReport::new(authority, plan.at, asked.voice))
                .collect(),
            unrelated: plan
                .unrelated
                .iter()
                .map(|certificate| UnrelatedReport::new(certificate))
                .collect(),
            faults: plan
                .faults
                .iter()
                .map(|fault| FaultReport {
                    fault,
                    message: servers::fault(fault, plan.server),
                    remedy: servers::remedy(fault, asked.voice),
                })
                .collect(),
            behaviour: plan.server.map(Server::behaviour),
            damaged: planned.damaged.iter().map(damaged).collect(),
            unread: Vec::new(),
            next: match asked.voice.names_commands() {
                true => next(plan, asked),
                false => Vec::new(),
            },
            voice: asked.voice,
        };
        report.with_unread(UnreadReport::all(&planned.unread, asked.voice))
    }

    /// Adds what could not be read: a plan without it is none.
    #[must_use]
    fn with_unread(mut self, unread: Vec<UnreadReport>) -> PlanReport<'a> {
        if !unread.is_empty() {
            self.complete = false;
            self.exit = 3;
            self.next.clear();
        }
        self.unread = unread;
        self
    }
}

impl<'a> AuthorityReport<'a> {
    fn new(authority: &'a AuthorityPlan, at: Moment, voice: Voice) -> AuthorityReport<'a> {
        AuthorityReport {
            name: &authority.name,
            sha256: authority
                .certificate
                .as_ref()
                .map(|certificate| certificate.sha256),
            role: authority.role,
            hierarchy: authority.hierarchy.as_deref(),
            generation: authority.generation.as_deref(),
            clients_unknown: authority.clients_unknown,
            partitioned: authority.partitioned,
            required: authority
                .required
                .iter()
                .map(|required| RequiredReport::new(required, at, voice))
                .collect(),
        }
    }
}

impl<'a> RequiredReport<'a> {
    fn new(required: &'a RequiredCrl, at: Moment, voice: Voice) -> RequiredReport<'a> {
        let end = match required.state {
            RequiredState::Available { until } => until,
            RequiredState::Stale { since } => Some(since),
            _ => None,
        };
        RequiredReport {
            state: &required.state,
            days_left: end.map(|end| end.days_left(at)),
            message: format!("{}, {}", covers(required), state(&required.state, at)),
            covers: match &required.covers {
                Covers::Certificates(_) => "certificates",
                Covers::Partition => "partition",
                Covers::Unknown => "unknown_clients",
            },
            certificates: match &required.covers {
                Covers::Certificates(all) => all.iter().map(|one| one.subject.short()).collect(),
                _ => Vec::new(),
            },
            sources: required
                .sources
                .iter()
                .map(|source| SourceReport {
                    source,
                    fetchable: source.url().is_some(),
                })
                .collect(),
            crls: &required.held,
            remedy: remedy(required, voice),
            remedy_before_next: remedy(required, before_next(required, voice)),
        }
    }

    /// The one word for what is available.
    pub fn word(&self) -> &'static str {
        match self.state {
            RequiredState::Available { .. } => "have",
            RequiredState::Stale { .. } => "stale",
            RequiredState::NotYetValid { .. } => "not yet",
            RequiredState::Partial { .. } => "partial",
            RequiredState::Ignored => "ignored",
            RequiredState::OtherPartition { .. } => "other",
            RequiredState::Missing => "missing",
        }
    }
}

impl UnrelatedReport {
    fn new(certificate: &Certificate) -> UnrelatedReport {
        UnrelatedReport {
            subject: certificate.subject.short(),
            issuer: certificate.issuer.clone(),
            sha256: certificate.sha256,
        }
    }
}
