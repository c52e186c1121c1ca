//! What the `trust` commands report.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::inspection::UnreadReport;
use super::layout::{Detail, Page, style};
use super::table::{self, Row};
use crate::document::Moment;
use crate::environment::{AuthorityPurpose, AuthorityRole};
use crate::input::Shown;
use crate::ops::gather;
use crate::ops::trust::{AddedCas, CaOrigin, ExportedCas, ListedAuthority, Proof, TrustedCa};
use crate::verdict::Severity;
use crate::wording::Voice;

/// The schema's name of every `trust` command.
pub const SCHEMA: &str = "ptl-cert/trust/1";

/// Everything one run of a `trust` command has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct TrustReport {
    /// `ptl-cert/trust/1`.
    pub schema: &'static str,
    /// The moment for which it was asked.
    pub at: Moment,
    /// The CAs that are trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorities: Option<Vec<TrustedCa>>,
    /// The CAs that were added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<TrustedCa>,
    /// The CAs that were to be added and are known already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<TrustedCa>,
    /// The entry that was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<String>,
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exported: Option<ExportedCas>,
    /// Entries that are damaged, each as a sentence; they do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// What could not be read; nothing was added then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadReport>,
    /// The reader that the text is worded for.
    #[serde(skip)]
    voice: Voice,
}

impl TrustReport {
    /// The same report, its text in this voice.
    #[must_use]
    pub fn in_voice(self, voice: Voice) -> TrustReport {
        TrustReport { voice, ..self }
    }

    fn new(at: Moment) -> TrustReport {
        TrustReport {
            schema: SCHEMA,
            voice: Voice::Neutral,
            at,
            authorities: None,
            added: Vec::new(),
            known: Vec::new(),
            removed: None,
            exported: None,
            damaged: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Of what could not be read, so that nothing was added.
    pub fn unread(unread: &[gather::Unread], voice: Voice, at: Moment) -> TrustReport {
        TrustReport {
            unread: UnreadReport::all(unread, voice),
            voice,
            ..TrustReport::new(at)
        }
    }

    /// Of a listing.
    pub fn listed(listed: ListedAuthority, at: Moment) -> TrustReport {
        TrustReport {
            authorities: Some(listed.authorities),
            damaged: listed
                .damaged
                .iter()
                .map(|one| format!("{}: {}", one.path.shown(), one.why))
                .collect(),
            ..TrustReport::new(at)
        }
    }

    /// Of what was added.
    pub fn added(answer: AddedCas, at: Moment) -> TrustReport {
        TrustReport {
            added: answer.added,
            known: answer.known,
            ..TrustReport::new(at)
        }
    }

    /// Of what was removed.
    pub fn removed(name: String, at: Moment) -> TrustReport {
        TrustReport {
            removed: Some(name),
            ..TrustReport::new(at)
        }
    }

    /// Of what was written.
    pub fn exported(exported: ExportedCas, at: Moment) -> TrustReport {
        TrustReport {
            exported: Some(exported),
            ..TrustReport::new(at)
        }
    }

    /// Renders for a terminal of this many columns, with ANSI colours: one row for each CA that is listed, or everything
    /// about it.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        let bold = Style::new().bold();
        let listed = self.authorities.as_deref().unwrap_or_default();
        match detail {
            Detail::Brief | Detail::Usual => {
                let rows: Vec<Row> = listed.iter().map(row).collect();
                let heads = ["CA", "generation", "role", "for", "valid"];
                table::write(&mut page, &heads, &rows, width);
            }
            Detail::Full => {
                for authority in listed {
                    ca(&mut page, authority, "");
                }
            }
        }
        let added = self.added.iter().map(|one| (one, "ADDED"));
        let known = self.known.iter().map(|one| (one, "KNOWN"));
        for (authority, word) in added.chain(known) {
            match detail {
                Detail::Brief => page.line(&format!("{bold}{word}{bold:#}  {}", authority.name)),
                Detail::Usual | Detail::Full => ca(&mut page, authority, &format!("{word}  ")),
            }
        }
        if let Some(name) = &self.removed {
            page.line(&format!("{bold}REMOVED{bold:#}  {name}"));
        }
        if let Some(exported) = &self.exported {
            let word = match exported.changed {
                true => "WRITTEN",
                false => "UNCHANGED",
            };
            page.line(&format!(
                "CAs of {}  {bold}{word}{bold:#}",
                exported.environment_title
            ));
            if detail != Detail::Brief {
                page.labelled("to", &exported.path.shown().to_string());
                for name in &exported.authorities {
                    page.labelled("CA", name);
                }
                for name in &exported.expired {
                    page.labelled("left out", &format!("{name}, which has expired"));
                }
            }
        }
        for damaged in &self.damaged {
            page.gap();
            let red = style(Severity::Error);
            page.line(&format!("{red}✗ damaged{red:#}  {damaged}"));
            page.labelled(
                "  do",
                &self.voice.pick(
                    "the entry is not used; remove it with ptl-cert trust remove and add the CA again",
                    "the entry is not used; remove it and add the CA again",
                ),
            );
        }
        page.into_text()
    }
}

fn row(authority: &TrustedCa) -> Row {
    let role = match authority.role {
        AuthorityRole::Root => "root",
        AuthorityRole::SubCa => "sub CA",
    };
    let role = match (&authority.origin, authority.purpose) {
        (CaOrigin::Added(_), _) => format!("{role}, added"),
        (_, AuthorityPurpose::Signing) => format!("{role}, signing"),
        _ => role.to_owned(),
    };
    let valid = match authority.not_after {
        Some(end) if authority.expired => format!("expired {}", end.date()),
        Some(end) => format!("until {}", end.date()),
        None => "pinned only".to_owned(),
    };
    let environments = match (authority.role, authority.environments.as_slice()) {
        (AuthorityRole::Root, []) => authority.hierarchy.clone(),
        // What it was added for may be known to other facts.
        (AuthorityRole::SubCa, []) => "–".to_owned(),
        (_, some) => some.join(", "),
    };
    Row {
        sign: if authority.expired { "–" } else { " " },
        style: Style::new(),
        cells: vec![
            authority.name.clone(),
            authority.generation.clone(),
            role,
            environments,
            valid,
        ],
    }
}

fn ca(page: &mut Page, authority: &TrustedCa, word: &str) {
    let bold = Style::new().bold();
    let role = match authority.role {
        AuthorityRole::Root => "root",
        AuthorityRole::SubCa => "sub CA",
    };
    page.gap();
    page.line(&format!("{word}{bold}{}{bold:#}", authority.name));
    let environments = match (authority.role, authority.environments.as_slice()) {
        (AuthorityRole::Root, []) => authority.hierarchy.clone(),
        (AuthorityRole::SubCa, []) => {
            format!(
                "{}, for no environment that is known here",
                authority.hierarchy
            )
        }
        (_, some) => format!("{}, for {}", authority.hierarchy, some.join(", ")),
    };
    page.labelled(
        "role",
        &format!("{role} of {}, {environments}", authority.generation),
    );
    if let Some(end) = authority.not_after {
        let word = if authority.expired {
            "expired on"
        } else {
            "until"
        };
        page.labelled("valid", &format!("{word} {}", end.date()));
    }
    page.labelled("SHA-256", &authority.sha256.to_string());
    match &authority.origin {
        CaOrigin::Facts { source } => page.labelled("from", source),
        CaOrigin::Added(added) => {
            page.labelled(
                "from",
                &format!(
                    "added by {} on {} from {}: {}",
                    added.by,
                    added.at.date(),
                    added.source,
                    added.reason
                ),
            );
            let proof = match &added.proof {
                Proof::DigestGiven => "its SHA-256 was given".to_owned(),
                Proof::DigestTyped => "its SHA-256 was compared and typed".to_owned(),
                Proof::SignedBy { root } => format!("signed by {root}"),
            };
            page.labelled("proof", &proof);
        }
    }
}
