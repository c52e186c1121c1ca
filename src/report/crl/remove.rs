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
    /// Why that was not removed; absent where everything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to do about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The exit status that it leads to.
    pub exit: u8,
}

impl From<&Removed> for Removal {
    fn from(removed: &Removed) -> Removal {
        let has_unknown = !removed.unknown.is_empty();
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
            reason: has_unknown.then(|| REASON.to_owned()),
            remedy: has_unknown.then(|| remedy(Voice::Neutral)),
            exit: u8::from(has_unknown),
            unknown: removed.unknown.clone(),
        }
    }
}

/// Why something was not removed.
const REASON: &str = "nothing in the cache has this source, distribution point or slot";

fn remedy(voice: Voice) -> String {
    voice.pick(
        "ptl-cert crl status --verbose shows the source of each CRL",
        "the status of the cache shows the source of each CRL",
    )
}

impl Removal {
    /// The same report, what to do in this voice.
    #[must_use]
    pub fn in_voice(self, voice: Voice) -> Removal {
        Removal {
            remedy: self.remedy.is_some().then(|| remedy(voice)),
            ..self
        }
    }

    /// 0 where everything that was asked for is gone, 1 where something was not there.
    pub fn exit(&self) -> u8 {
        self.exit
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
            for (label, text) in [("because", &self.reason), ("do", &self.remedy)] {
                page.labelled(label, text.as_deref().unwrap_or_default());
            }
        }
        page.gap();
        let gone = self.removed.len() + self.damaged.len();
        let gone = i64::try_from(gone).unwrap_or(i64::MAX);
        page.line(&format!("{} removed", count(gone, "CRL")));
        page.into_text()
    }
}
