//! What `environments` reports: what is known about each environment, and how old that knowledge is.

use schemars::JsonSchema;
use serde::Serialize;

use super::layout::Page;
use crate::document::{Moment, Sha256Digest};
use crate::environment::{Authority, AuthorityPurpose, AuthorityRole, Environment, Facts};
use crate::input::printable;
use crate::wording::{Voice, count};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/environments/1";

/// Environments with their hosts and CAs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct EnvironmentsReport<'a> {
    /// `ptl-cert/environments/1`.
    pub schema: &'static str,
    /// The moment from which days are counted.
    pub at: Moment,
    /// When the built-in data was last compared with what the NHS publishes, as `YYYY-MM-DD`.
    pub reviewed: &'a str,
    /// The environments, in the order of the path to live.
    pub environments: Vec<EnvironmentReport<'a>>,
    /// The reader that the text is worded for.
    #[serde(skip)]
    voice: Voice,
}

/// One environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct EnvironmentReport<'a> {
    /// The word by which it is named to this program.
    pub id: &'a str,
    /// What people call it.
    pub title: &'a str,
    /// The hierarchy whose roots its certificates chain to.
    pub hierarchy: &'a str,
    /// Its Spine domain on HSCN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hscn_domain: Option<&'a str>,
    /// Its domain on the internet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internet_domain: Option<&'a str>,
    /// The host names of its Spine Secure Proxy (SSP).
    pub ssp: &'a [String],
    /// The host from which calls to a supplier's endpoint come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<&'a str>,
    /// Its CAs, roots first, oldest generation first.
    pub authorities: Vec<KnownAuthorityReport<'a>>,
}

/// One CA of an environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct KnownAuthorityReport<'a> {
    /// Its common name.
    pub name: &'a str,
    /// Root or sub CA.
    pub role: AuthorityRole,
    /// What it issues certificates for.
    pub purpose: AuthorityPurpose,
    /// Its generation.
    pub generation: &'a str,
    /// SHA-256 over its certificate's DER: the pin by which it is recognised.
    pub sha256: Sha256Digest,
    /// Where its certificate comes from: built in, or a facts file; absent where only its pin is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The algorithm that signed its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The last moment of its certificate's validity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Moment>,
    /// Whole days until then; negative once it has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
}

impl<'a> EnvironmentsReport<'a> {
    /// The same report, its text in this voice.
    #[must_use]
    pub fn in_voice(self, voice: Voice) -> EnvironmentsReport<'a> {
        EnvironmentsReport { voice, ..self }
    }

    /// What the facts hold about these environments.
    pub fn new(
        facts: &'a Facts,
        environments: impl IntoIterator<Item = &'a Environment>,
        at: Moment,
    ) -> EnvironmentsReport<'a> {
        EnvironmentsReport {
            schema: SCHEMA,
            at,
            reviewed: &facts.reviewed,
            environments: environments
                .into_iter()
                .map(|environment| EnvironmentReport::of(environment, facts, at))
                .collect(),
            voice: Voice::Neutral,
        }
    }

    /// As text, this many columns wide.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        for environment in &self.environments {
            page.gap();
            environment.write(&mut page, self.voice);
        }
        page.gap();
        page.paragraph(
            "",
            0,
            &format!(
                "Facts last compared with what the NHS publishes: {}. Correct or extend them in your own facts file.",
                printable(self.reviewed)
            ),
        );
        page.into_text()
    }
}

impl<'a> EnvironmentReport<'a> {
    fn of(environment: &'a Environment, facts: &'a Facts, at: Moment) -> EnvironmentReport<'a> {
        let mut authorities: Vec<&Authority> = facts
            .authorities
            .iter()
            .filter(|authority| {
                authority.hierarchy == environment.hierarchy
                    && (authority.role == AuthorityRole::Root
                        || authority.environments.contains(&environment.id))
            })
            .collect();
        authorities.sort_by_key(|authority| {
            (
                authority.generation.as_str(),
                authority.role == AuthorityRole::SubCa,
            )
        });
        EnvironmentReport {
            id: &environment.id,
            title: &environment.title,
            hierarchy: &environment.hierarchy,
            hscn_domain: environment.hscn_domain.as_deref(),
            internet_domain: environment.internet_domain.as_deref(),
            ssp: &environment.ssp,
            caller: environment.caller.as_deref(),
            authorities: authorities
                .into_iter()
                .map(|authority| KnownAuthorityReport::of(authority, at))
                .collect(),
        }
    }

    fn write(&self, page: &mut Page, voice: Voice) {
        page.heading(
            &printable(self.title),
            &format!(
                "{}{} · {} hierarchy",
                voice.pick("--env ", ""),
                printable(self.id),
                printable(self.hierarchy)
            ),
        );
        let mut row = |label: &str, value: Option<&str>| {
            if let Some(value) = value {
                page.labelled(label, &printable(value));
            }
        };
        row("HSCN", self.hscn_domain);
        row("internet", self.internet_domain);
        let ssp = self.ssp.join(", ");
        row("SSP", Some(ssp.as_str()).filter(|ssp| !ssp.is_empty()));
        row("calls from", self.caller);
        if self.authorities.is_empty() {
            page.labelled("CAs", "none known; add them in a facts file");
        }
        for (number, authority) in self.authorities.iter().enumerate() {
            let label = if number == 0 { "CAs" } else { "" };
            page.labelled(label, &authority.line());
        }
    }
}

impl<'a> KnownAuthorityReport<'a> {
    fn of(authority: &'a Authority, at: Moment) -> KnownAuthorityReport<'a> {
        let certificate = authority.certificate();
        KnownAuthorityReport {
            name: &authority.name,
            role: authority.role,
            purpose: authority.purpose,
            generation: &authority.generation,
            sha256: authority.sha256,
            source: authority.source().map(|source| source.to_string()),
            signature: certificate.map(|certificate| certificate.signature.name.to_string()),
            not_after: certificate.map(|certificate| certificate.not_after),
            days_left: certificate.map(|certificate| certificate.not_after.days_left(at)),
        }
    }

    fn line(&self) -> String {
        let role = match self.role {
            AuthorityRole::Root => "root",
            AuthorityRole::SubCa => "sub CA",
        };
        let signing = match self.purpose {
            AuthorityPurpose::Endpoint => "",
            AuthorityPurpose::Signing => ", signatures only",
        };
        let until = match (self.not_after, self.days_left) {
            (Some(not_after), Some(days)) if days < 0 => {
                format!("expired {}", not_after.date())
            }
            (Some(not_after), Some(days)) => {
                format!("until {}, {} left", not_after.date(), count(days, "day"))
            }
            _ => "certificate not built in, known by SHA-256 only".to_owned(),
        };
        format!(
            "{} ({}, {role}{signing}; {until})",
            printable(self.name),
            printable(self.generation)
        )
    }
}
