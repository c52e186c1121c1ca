//! What `crl remove` reports: the CRLs that were removed from the cache.

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use super::facts::InstalledCrl;
use crate::document::printable;
use crate::input::Shown;
use crate::ops::crl::remove::Removed;
use crate::report::layout::{Page, style};
use crate::verdict::Severity;
use crate::wording::{Voice, count};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-remove/1";

/// Everything one run of `crl remove` has to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Removal {
    /// `ptl-cert/crl-remove/1`.
    pub schema: &'static str,
    /// The folder of the cache.
    pub cache: String,
    /// The CRLs that are gone, as they were known.
    pub removed: Vec<InstalledCrl>,
    /// The damaged CRLs that are gone: the file that was damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// The sources of which nothing is remembered any more, failures included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forgotten: Vec<String>,
    /// What was asked for and is not in the cache.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// The reader that the text is worded for.
    #[serde(skip)]
    voice: Voice,
}

impl From<&Removed> for Removal {
    fn from(removed: &Removed) -> Removal {
        Removal {
            schema: SCHEMA,
            cache: removed.cache.shown().to_string(),
            removed: removed.removed.iter().map(InstalledCrl::from).collect(),
            damaged: removed
                .damaged
                .iter()
                .map(|damaged| damaged.path.shown().to_string())
                .collect(),
            forgotten: removed.forgotten.iter().map(ToString::to_string).collect(),
            unknown: removed.unknown.clone(),
            voice: Voice::Neutral,
        }
    }
}

impl Removal {
    /// The same report, its text in this voice.
    #[must_use]
    pub fn in_voice(self, voice: Voice) -> Removal {
        Removal { voice, ..self }
    }

    /// 0 where everything that was asked for is gone, 1 where something was not there.
    pub fn exit(&self) -> u8 {
        u8::from(!self.unknown.is_empty())
    }

    /// The text, for a terminal of this many columns, with ANSI colours.
    pub fn render(&self, width: usize) -> String {
        let good: Style = AnsiColor::Green.on_default().bold();
        let bad = style(Severity::Error);
        let mut page = Page::new(width);
        for crl in &self.removed {
            let known = &crl.known;
            page.line(&format!("{good}✓ removed{good:#}  {}", known.called()));
            page.labelled("CRL", &known.measured());
            page.labelled("source", &crl.source);
        }
        for path in &self.damaged {
            page.line(&format!("{good}✓ removed{good:#}  {path}"));
            page.labelled("CRL", "it was damaged");
        }
        for source in &self.forgotten {
            page.line(&format!("{good}✓ forgotten{good:#}  {}", printable(source)));
            page.labelled("record", "its download history was removed");
        }
        for name in &self.unknown {
            page.line(&format!("{bad}✗ unknown{bad:#}  {}", printable(name)));
            page.labelled(
                "because",
                "nothing in the cache has this source, distribution point or slot",
            );
            page.labelled(
                "do",
                &self.voice.pick(
                    "ptl-cert crl status lists them",
                    "the status of the cache lists them",
                ),
            );
        }
        page.gap();
        let gone = self.removed.len() + self.damaged.len();
        let gone = i64::try_from(gone).unwrap_or(i64::MAX);
        page.line(&format!("{} removed", count(gone, "CRL")));
        page.into_text()
    }
}
