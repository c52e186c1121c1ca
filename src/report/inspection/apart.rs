//! The report of objects that are read one by one and not kept ([`each`](crate::ops::inspect::each) with
//! [`Comparing::Outlines`](crate::ops::inspect::Comparing)): what comes out is to the byte what an [`InspectionReport`] of
//! them would be.
//!
//! [`InspectionReport`]: super::InspectionReport

use std::borrow::Cow;

use super::finding::{FindingReport, names};
use super::model::{
    KeyReport, ObjectDetail, ObjectReport, SCHEMA, UnreadObjectReport, UnreadReport,
};
use super::text::{FilesText, Layout, Rest, TextSheet, named_by};
use crate::document::Moment;
use crate::ops::inspect::{Comparison, Seen, Summary};
use crate::report::parts::{self, Fields};
use crate::verdict::{Finding, Problem};
use crate::wording::Voice;

/// JSON in its parts: the beginning, a member for each object, the rest.
#[derive(Clone, Copy, Debug)]
pub struct JsonParts {
    /// The moment for which dates are judged.
    pub at: Moment,
    /// How much is written of each object.
    pub detail: ObjectDetail,
    /// How remedies are said.
    pub voice: Voice,
}

impl JsonParts {
    /// Writes what comes before the first object.
    ///
    /// # Errors
    /// Those of `sink`, the first of which ends it.
    pub fn begin<E: From<serde_json::Error>>(
        self,
        sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut fields = Fields::new(sink);
        fields.field("schema", &SCHEMA)?;
        fields.field("at", &self.at)?;
        fields.open_list("objects")
    }

    /// Adds one object, with what separates it from the one before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn object(self, seen: &Seen<'_>, text: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut object = ObjectReport::of(seen, self.at);
        if self.detail == ObjectDetail::WithPem {
            object.add_pem();
        }
        parts::write_member(&object, seen.number, text)
    }

    /// Writes what comes after the last object: `finish` is put to its text on all cores, and `sink` takes it in order.
    ///
    /// # Errors
    /// Those of `sink`, the first of which ends it.
    pub fn end<E: From<serde_json::Error>>(
        self,
        summary: &Summary,
        finish: impl Fn(String) -> String + Sync,
        mut sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        sink(parts::list_end(summary.objects).to_owned())?;
        let mut fields = Fields::further(sink);
        let none: [KeyReport; 0] = [];
        fields.members("chains", &none, &finish)?;
        fields.members("keys", &keys(summary), &finish)?;
        let unread = UnreadObjectReport::all(&summary.unread, self.voice);
        fields.members("unread", &unread, &finish)?;
        let passed_over = UnreadReport::all(&summary.passed_over, self.voice);
        fields.members("passed_over", &passed_over, &finish)?;
        fields.members_of("findings", &told(summary), &finish, |told| {
            told.report(self.voice)
        })?;
        fields.end()
    }
}

/// Text in its parts: objects are laid out by [`TextParts::object`], on any thread, and taken in their order.
#[derive(Debug)]
pub struct TextParts {
    layout: Layout,
    voice: Voice,
    files: FilesText,
}

impl TextParts {
    /// Begins a text, with remedies in this voice.
    pub fn new(layout: Layout, voice: Voice) -> TextParts {
        TextParts {
            layout,
            voice,
            files: FilesText::new(layout),
        }
    }

    /// Adds one object to a sheet; `finish` is put to its text.
    pub fn object(
        layout: Layout,
        seen: &Seen<'_>,
        finish: impl Fn(String) -> String,
        sheet: &mut TextSheet,
    ) {
        sheet.add(&ObjectReport::of(seen, layout.at), layout, finish);
    }

    /// Takes the next sheet, and hands over what is finished: the texts of a file are kept until its last object, since the
    /// line above them says how many there are.
    ///
    /// # Errors
    /// Those of `sink`, the first of which ends it.
    pub fn take<E>(
        &mut self,
        sheet: TextSheet,
        finish: impl Fn(String) -> String,
        sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        self.files.take(sheet, finish, sink)
    }

    /// Hands over what comes after the last object: `finish` is put to its text on all cores, and `sink` takes it in order.
    ///
    /// # Errors
    /// Those of `sink`, the first of which ends it.
    pub fn end<E>(
        mut self,
        summary: &Summary,
        finish: impl Fn(String) -> String + Sync,
        mut sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        self.files.end(&finish, &mut sink)?;
        let none = Comparison::default();
        let outlines = &summary.comparison.as_ref().unwrap_or(&none).outlines;
        let rest = Rest {
            layout: self.layout,
            follows_objects: summary.objects > 0,
            unread: &UnreadObjectReport::all(&summary.unread, self.voice),
            chains: &[],
            keys: &keys(summary),
            named: |number: usize| {
                let outline = outlines.get(number)?;
                Some(named_by(outline.kind, &outline.name, &outline.origin))
            },
            names: names(outlines.iter().map(|outline| outline.name.as_str())),
        };
        let report = |told: &Told<'_>| Cow::Owned(told.report(self.voice));
        rest.render(&told(summary), report, finish, sink)
    }
}

/// The objects that hold the same key.
fn keys(summary: &Summary) -> Vec<KeyReport> {
    let Some(comparison) = &summary.comparison else {
        return Vec::new();
    };
    let key_of = |number: usize| {
        let (_, key) = comparison.outlines.get(number)?.key.as_ref()?;
        Some(key)
    };
    let groups = comparison.keys.iter();
    groups.map(|group| KeyReport::new(group, key_of)).collect()
}

/// Something that was found: about an object that was not kept, or about what was not read in full.
enum Told<'s> {
    Of(&'s Comparison, usize, &'s Problem),
    Whole(&'s Finding),
}

impl Told<'_> {
    fn report(&self, voice: Voice) -> FindingReport {
        match self {
            Told::Of(comparison, number, problem) => {
                let outline = comparison.outlines.get(*number);
                let name = outline.map(|outline| outline.name.as_str());
                let place = outline.map(|outline| outline.origin.to_string());
                let object = (Some(*number), name.unwrap_or_default());
                FindingReport::of(problem, voice, object, place.unwrap_or_default())
            }
            Told::Whole(finding) => FindingReport::new(finding, voice),
        }
    }
}

fn told(summary: &Summary) -> Vec<Told<'_>> {
    let of_objects = summary.comparison.iter().flat_map(|comparison| {
        let problems = comparison.problems();
        problems.map(move |(number, problem)| Told::Of(comparison, number, problem))
    });
    let whole = summary.findings.iter().map(Told::Whole);
    of_objects.chain(whole).collect()
}
