//! The text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::chain::{ChainReport, EndReport};
use super::finding::{FindingReport, Names, names};
use super::lines;
use super::model::{InspectionReport, KeyReport, ObjectReport, UnreadObjectReport};
use crate::decode::Container;
use crate::document::{Kind, Moment, Role};
use crate::input::{Origin, Source};
use crate::report::layout::{Detail, Page};
use crate::report::parts;
use crate::wording::{self, count, found};

impl InspectionReport<'_> {
    /// The text, for a terminal of this many columns, with ANSI colours. In brief it has one line for each object and each
    /// finding.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        parts::whole(|sink| self.render_each(detail, width, |part| part, sink))
    }

    /// The same in parts, laid out on all cores: `finish` is put to each of them there, and `sink` takes them in order.
    ///
    /// # Errors
    /// Those of `sink`, the first of which ends it.
    pub fn render_each<E>(
        &self,
        detail: Detail,
        width: usize,
        finish: impl Fn(String) -> String + Sync,
        mut sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let layout = Layout::new(self.at, detail, width);
        let objects = &self.objects;
        let lay_out = |_, some: &[ObjectReport<'_>]| {
            let mut sheet = TextSheet::default();
            for object in some {
                sheet.add(object, layout, &finish);
            }
            sheet
        };
        let mut text = FilesText::new(layout);
        parts::in_order(objects, lay_out, |sheet| {
            text.take(sheet, &finish, &mut sink)
        })?;
        text.end(&finish, &mut sink)?;
        let rest = Rest {
            layout,
            follows_objects: !objects.is_empty(),
            unread: &self.unread,
            chains: &self.chains,
            keys: &self.keys,
            named: &|number| Some(named(objects.get(number)?)),
            names: names(objects.iter().map(|object| object.name.as_str())),
        };
        rest.render(&self.findings, Cow::Borrowed, finish, sink)
    }
}

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub(super) at: Moment,
    detail: Detail,
    width: usize,
}

impl Layout {
    /// For a terminal of this many columns, with dates seen from this moment.
    pub fn new(at: Moment, detail: Detail, width: usize) -> Layout {
        Layout { at, detail, width }
    }
}

/// For how many more objects room is made at a time.
const NEIGHBOURS: usize = 32;

/// The text of some neighbouring objects, which may be of several files.
#[derive(Debug, Default)]
pub struct TextSheet {
    files: Vec<FileText>,
}

/// The text of neighbouring objects of one file.
#[derive(Debug)]
struct FileText {
    source: Arc<Source>,
    contents: Contents,
    /// The text, by sheets.
    parts: Vec<String>,
}

impl TextSheet {
    /// Adds an object; `finish` is put to its text.
    pub(super) fn add(
        &mut self,
        object: &ObjectReport<'_>,
        layout: Layout,
        finish: impl Fn(String) -> String,
    ) {
        let mut page = Page::roomy(layout.width);
        match layout.detail {
            Detail::Brief => page.heading(&object.name, &what(object)),
            _ => {
                page.line("");
                self::object(&mut page, object, layout.at);
            }
        }
        let text = finish(page.into_text());
        let source = &object.origin.source;
        match self.files.last_mut().filter(|file| file.source == *source) {
            Some(file) => {
                file.contents.add(object.kind, 1);
                match file.parts.last_mut() {
                    Some(part) => {
                        if part.capacity() - part.len() < text.len() {
                            part.reserve(NEIGHBOURS * text.len());
                        }
                        part.push_str(&text);
                    }
                    None => file.parts.push(text),
                }
            }
            None => {
                let mut contents = Contents::new(object.container);
                contents.add(object.kind, 1);
                self.files.push(FileText {
                    source: Arc::clone(source),
                    contents,
                    parts: vec![text],
                });
            }
        }
    }
}

/// Puts the texts of objects together: those of one file under a heading that says what it holds, for which they are kept
/// until the last of them.
#[derive(Debug)]
pub(super) struct FilesText {
    layout: Layout,
    file: Option<FileText>,
    has_begun: bool,
}

impl FilesText {
    pub(super) fn new(layout: Layout) -> FilesText {
        FilesText {
            layout,
            file: None,
            has_begun: false,
        }
    }

    /// Takes the next objects, and hands over what is finished.
    pub(super) fn take<E>(
        &mut self,
        sheet: TextSheet,
        finish: impl Fn(String) -> String,
        mut sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        for mut file in sheet.files {
            if self.layout.detail == Detail::Brief {
                file.parts.into_iter().try_for_each(&mut sink)?;
                continue;
            }
            match &mut self.file {
                Some(open) if open.source == file.source => {
                    open.contents.absorb(&file.contents);
                    open.parts.append(&mut file.parts);
                }
                _ => {
                    self.end(&finish, &mut sink)?;
                    self.file = Some(file);
                }
            }
        }
        Ok(())
    }

    /// Hands over the last file.
    pub(super) fn end<E>(
        &mut self,
        finish: impl Fn(String) -> String,
        mut sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let mut page = Page::new(self.layout.width);
        if self.has_begun {
            page.line("");
        }
        self.has_begun = true;
        page.paragraph("", 2, &format!("{}: {}", file.source, file.contents));
        sink(finish(page.into_text()))?;
        file.parts.into_iter().try_for_each(sink)
    }
}

/// What is said after the objects.
pub(super) struct Rest<'r, N> {
    pub(super) layout: Layout,
    /// Whether there are objects.
    pub(super) follows_objects: bool,
    pub(super) unread: &'r [UnreadObjectReport],
    pub(super) chains: &'r [ChainReport<'r>],
    pub(super) keys: &'r [KeyReport],
    /// Names an object by its number, with where it is.
    pub(super) named: N,
    /// The names of all objects.
    pub(super) names: Names<'r>,
}

impl<N: Fn(usize) -> Option<String>> Rest<'_, N> {
    /// Renders it, with the findings in the end, each of which `report` says.
    pub(super) fn render<'f, T: Sync, E>(
        &self,
        findings: &'f [T],
        report: impl Fn(&'f T) -> Cow<'f, FindingReport> + Sync,
        finish: impl Fn(String) -> String + Sync,
        mut sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let Layout { detail, width, .. } = self.layout;
        if detail != Detail::Brief {
            let page = self.before_findings(!findings.is_empty());
            sink(finish(page.into_text()))?;
        }
        let names = &self.names;
        let lay_out = |_, findings: &'f [T]| {
            let mut page = Page::new(width);
            for finding in findings {
                report(finding).render(&mut page, names, detail);
            }
            finish(page.into_text())
        };
        parts::in_order(findings, lay_out, sink)
    }

    fn before_findings(&self, has_findings: bool) -> Page {
        let mut page = Page::new(self.layout.width);
        let partial = self.unread.iter();
        let partial: Vec<_> = partial.filter_map(|one| one.partial.as_deref()).collect();
        let has_pairs = self.keys.iter().any(|key| key.objects.len() > 1);
        let has_more = !self.chains.is_empty() || has_pairs || !partial.is_empty();
        if self.follows_objects && has_more {
            page.line("");
        }
        for partial in partial {
            page.gap_unless_begun();
            page.heading(
                &partial.name(),
                &format!("{}, not read in full", partial.kind),
            );
            labelled(&mut page, lines::of_partial(partial));
        }
        for chain in self.chains {
            page.gap_unless_begun();
            self::chain(&mut page, chain);
        }
        if has_pairs {
            page.gap_unless_begun();
            for key in self.keys.iter().filter(|key| key.objects.len() > 1) {
                let names = key
                    .objects
                    .iter()
                    .filter_map(|number| (self.named)(*number));
                let names: Vec<String> = names.collect();
                page.labelled("same key", &names.join(" = "));
            }
        }
        if has_findings && (self.follows_objects || !page.is_empty()) {
            page.line("");
        }
        page
    }
}

/// What a file holds: how many of each kind, and the container of the first.
#[derive(Debug)]
struct Contents {
    counts: BTreeMap<usize, (Kind, i64)>,
    container: Container,
}

impl Contents {
    fn new(container: Container) -> Contents {
        Contents {
            counts: BTreeMap::new(),
            container,
        }
    }

    fn add(&mut self, kind: Kind, number: i64) {
        let (_, count) = self.counts.entry(kind as usize).or_insert((kind, 0));
        *count += number;
    }

    fn absorb(&mut self, later: &Contents) {
        for (kind, number) in later.counts.values() {
            self.add(*kind, *number);
        }
    }
}

/// `1 certificate (PEM)`, `2 certificates, 1 private key (PKCS#12)`.
impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self
            .counts
            .values()
            .map(|(kind, number)| count(*number, &kind.to_string()))
            .collect();
        let container = match self.container {
            Container::Pem => "PEM",
            Container::Der => "DER",
            Container::Pkcs7 => "PKCS#7",
            Container::Pkcs12 => "PKCS#12",
            Container::Zip => "ZIP",
            Container::Tar => "tar archive",
            Container::Gzip => "gzip",
            Container::Mail => "mail",
            Container::KeyStore => "Java key store",
            Container::Office => "Office document",
            Container::RichText => "Rich Text",
            Container::Html => "page",
        };
        write!(f, "{} ({container})", counts.join(", "))
    }
}

fn object(page: &mut Page, object: &ObjectReport<'_>, at: Moment) {
    page.heading(&object.name, &what(object));
    let lines = match (
        object.certificate,
        object.request,
        object.crl,
        object.public_key,
    ) {
        (Some(certificate), ..) => lines::of_certificate(certificate, at),
        (_, Some(request), ..) => lines::of_request(request),
        (_, _, Some(crl), _) => lines::of_crl(crl, at),
        (_, _, _, Some(key)) => lines::of_public_key(key),
        _ => vec![(
            "encrypted",
            object.encryption.unwrap_or_default().to_owned(),
        )],
    };
    labelled(page, lines);
}

fn labelled(page: &mut Page, lines: Vec<lines::Line>) {
    let mut before = "";
    for (label, value) in lines {
        page.labelled(if label == before { "" } else { label }, &value);
        before = label;
    }
}

/// `endpoint · NHS INT · G1`, `certificate signing request`.
fn what(object: &ObjectReport<'_>) -> String {
    let Some(role) = object.role else {
        return object.kind.to_string();
    };
    let role = wording::role(role);
    match &object.identity {
        None => role.to_owned(),
        Some(identity) => {
            let environments = match identity.environment_titles {
                [] => identity.hierarchy.to_owned(),
                titles => titles.join(" or "),
            };
            let operator = identity.operator.map(|operator| format!("{operator} "));
            let operator = operator.unwrap_or_default();
            format!(
                "{role} · {operator}{environments} · {}",
                identity.generation
            )
        }
    }
}

fn chain(page: &mut Page, chain: &ChainReport<'_>) {
    let mut label = "chain";
    for (number, link) in chain.certificates.iter().enumerate() {
        let mut notes = Vec::new();
        if link.role != Role::Root {
            notes.push(wording::role(link.role).to_owned());
        }
        if number > 0 {
            notes.push(found(link.found).to_owned());
        }
        if link.role == Role::Root {
            let hash = link
                .hash_family
                .map(|family| format!("{family} "))
                .unwrap_or_default();
            let known = match (chain.end, link.operator) {
                (EndReport::NhsRoot, _) => "pinned NHS root".to_owned(),
                (EndReport::KnownRoot, Some(operator)) => {
                    format!("pinned {operator} root, not an NHS root")
                }
                (EndReport::KnownRoot, None) => "pinned root, not an NHS root".to_owned(),
                _ => "not an NHS root".to_owned(),
            };
            notes.push(format!("{hash}root, {known}"));
        }
        let arrow = if number == 0 {
            String::new()
        } else {
            format!("{}└ ", "  ".repeat(number - 1))
        };
        page.labelled(
            label,
            &format!("{arrow}{} ({})", link.name, notes.join(", ")),
        );
        label = "";
    }
    let wanted = chain
        .missing_issuer
        .map(ToString::to_string)
        .unwrap_or_default();
    let end = match chain.end {
        EndReport::NhsRoot | EndReport::KnownRoot | EndReport::OtherRoot => return,
        EndReport::IssuerMissing => {
            format!("✗ issuer neither in the input nor built in: {wanted}")
        }
        EndReport::SignatureFails => {
            format!("✗ a CA has the issuer's name but another key: {wanted}")
        }
        EndReport::NotCa => format!("✗ the signer is not a CA: {wanted}"),
        EndReport::Unresolved => "✗ chain ends here: it loops or is too long".to_owned(),
        EndReport::Unchecked => "✗ OpenSSL could not check the next signature".to_owned(),
    };
    page.labelled(
        "",
        &format!(
            "{}{end}",
            "  ".repeat(chain.certificates.len().saturating_sub(1))
        ),
    );
}

/// An object by its name and where it is.
fn named(object: &ObjectReport<'_>) -> String {
    named_by(object.kind, &object.name, object.origin)
}

/// The same, of what is known of it.
pub(super) fn named_by(kind: Kind, name: &str, origin: &Origin) -> String {
    match kind {
        Kind::PrivateKey | Kind::PublicKey | Kind::EncryptedPrivateKey => {
            format!("{kind} {origin}")
        }
        _ => format!("{kind} {name} ({origin})"),
    }
}
