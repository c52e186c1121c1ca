//! The model that both forms are made from.

use schemars::JsonSchema;
use serde::Serialize;

use super::words::{next, remedy, state, whom};
use crate::document::{Certificate, Moment, Name, Sha256Digest};
use crate::report::inspection::Unread;
use crate::verdict::plan::{
    AuthorityPlan, Behaviour, HeldCrl, Need, Place, Plan, Server, Standing, State, Whom,
};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-plan/1";

/// Everything one run of `crl plan` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanReport<'a> {
    /// `ptl-cert/crl-plan/1`.
    pub schema: &'static str,
    /// The moment for which the plan is.
    pub at: Moment,
    /// The kind of server it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// The environment whose CAs were taken, by its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<&'a str>,
    /// The folder of the cache.
    pub cache: &'a str,
    /// Whether everything that can be known to be needed is at hand and in time.
    pub complete: bool,
    /// The exit status that it leads to: 3 where something could not be read.
    pub exit: u8,
    /// The CAs, each root before those below it.
    pub authorities: Vec<AuthorityReport<'a>>,
    /// Certificates that no CA of the bundle issued.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strangers: Vec<StrangerReport>,
    /// How the server behaves while a CRL is missing or past its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<&'static Behaviour>,
    /// Lists of the cache that are damaged, each as a sentence; they count as missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// Commands to type next, the first one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
}

/// One CA.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuthorityReport<'a> {
    /// Its name.
    pub name: &'a Name,
    /// SHA-256 over its certificate, where the bundle has that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// What it is in the bundle.
    #[serde(flatten)]
    pub standing: Standing,
    /// `PTL` or `Live`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hierarchy: Option<&'a str>,
    /// `G1` or `G2`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<&'a str>,
    /// Whether it issues to clients of which none was shown: more partitions than are listed here may be needed.
    pub clients_unknown: bool,
    /// The CRLs that are needed of it.
    pub needs: Vec<NeedReport<'a>>,
}

/// One list that is needed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NeedReport<'a> {
    /// What is at hand.
    #[serde(flatten)]
    pub state: &'a State,
    /// Whole days from now until its end; negative when it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// The same as a sentence, with whom it is for.
    pub message: String,
    /// For whom it is: `certificates`, clients that were not shown but whose `partition` is at hand, or
    /// `unknown_clients`.
    #[serde(rename = "for")]
    pub whom: &'static str,
    /// Whose certificates it has to answer for, by name; none where they are not known.
    pub certificates: Vec<String>,
    /// Where it comes from.
    pub places: Vec<PlaceReport<'a>>,
    /// The CRLs at hand that serve it.
    pub crls: &'a [HeldCrl],
    /// What to do where it is not at hand in time.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// A place that a CRL comes from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlaceReport<'a> {
    /// The place.
    #[serde(flatten)]
    pub place: &'a Place,
    /// Whether `crl update` can fetch it from there.
    pub fetchable: bool,
}

/// A certificate that no CA of the bundle issued.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StrangerReport {
    /// Whose it is.
    pub subject: String,
    /// Who issued it, as it says.
    pub issuer: Name,
    /// Its SHA-256.
    pub sha256: Sha256Digest,
}

/// What was typed, so that the commands to type next fit.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The environment's title.
    pub environment: Option<&'a str>,
    /// The folder of the cache.
    pub cache: &'a str,
    /// The words that name the bundle and the cache: `--env int --cache DIR`, quoted for a shell.
    pub bundle: &'a str,
    /// The same for the commands that bring lists into the cache, which call the bundle's CAs issuers.
    pub import: &'a str,
    /// The words that name certificates, quoted for a shell; empty where there were none.
    pub certificates: &'a str,
}

impl<'a> PlanReport<'a> {
    /// What there is to say of a plan.
    pub fn new(plan: &'a Plan, asked: &Asked<'a>) -> PlanReport<'a> {
        PlanReport {
            schema: SCHEMA,
            at: plan.at,
            server: plan.server,
            environment: asked.environment,
            cache: asked.cache,
            complete: plan.is_complete(),
            exit: u8::from(!plan.is_complete()),
            authorities: plan
                .authorities
                .iter()
                .map(|authority| AuthorityReport::new(authority, plan.at))
                .collect(),
            strangers: plan
                .strangers
                .iter()
                .map(|certificate| StrangerReport::new(certificate))
                .collect(),
            behaviour: plan.server.map(Server::behaviour),
            damaged: Vec::new(),
            unread: Vec::new(),
            next: next(plan, asked),
        }
    }

    /// Adds what could not be read: a plan without it is none.
    #[must_use]
    pub fn with_unread(mut self, unread: Vec<Unread>) -> PlanReport<'a> {
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
    fn new(authority: &'a AuthorityPlan, at: Moment) -> AuthorityReport<'a> {
        AuthorityReport {
            name: &authority.name,
            sha256: authority
                .certificate
                .as_ref()
                .map(|certificate| certificate.sha256),
            standing: authority.standing,
            hierarchy: authority.hierarchy.as_deref(),
            generation: authority.generation.as_deref(),
            clients_unknown: authority.clients_unknown,
            needs: authority
                .needs
                .iter()
                .map(|need| NeedReport::new(need, at))
                .collect(),
        }
    }
}

impl<'a> NeedReport<'a> {
    fn new(need: &'a Need, at: Moment) -> NeedReport<'a> {
        let end = match need.state {
            State::Have { until } => until,
            State::Stale { since } => Some(since),
            _ => None,
        };
        NeedReport {
            state: &need.state,
            days_left: end.map(|end| end.days_since(at)),
            message: format!("{}, {}", whom(need), state(&need.state, at)),
            whom: match &need.whom {
                Whom::Certificates(_) => "certificates",
                Whom::Partition => "partition",
                Whom::Unknown => "unknown_clients",
            },
            certificates: match &need.whom {
                Whom::Certificates(all) => all.iter().map(|one| one.subject.short()).collect(),
                _ => Vec::new(),
            },
            places: need
                .places
                .iter()
                .map(|place| PlaceReport {
                    place,
                    fetchable: place.url().is_some(),
                })
                .collect(),
            crls: &need.held,
            remedy: remedy(need),
        }
    }

    /// The one word for what is at hand.
    pub fn word(&self) -> &'static str {
        match self.state {
            State::Have { .. } => "have",
            State::Stale { .. } => "stale",
            State::NotYet { .. } => "not yet",
            State::Partial { .. } => "partial",
            State::Ignored => "ignored",
            State::OtherPartition { .. } => "other",
            State::Missing => "missing",
        }
    }
}

impl StrangerReport {
    fn new(certificate: &Certificate) -> StrangerReport {
        StrangerReport {
            subject: certificate.subject.short(),
            issuer: certificate.issuer.clone(),
            sha256: certificate.sha256,
        }
    }
}
