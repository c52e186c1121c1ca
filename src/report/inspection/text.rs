//! The text.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::chain::{ChainReport, EndReport};
use super::finding::{FindingReport, names};
use super::lines;
use super::model::{InspectionReport, ObjectReport};
use crate::decode::Container;
use crate::document::{Kind, Moment, Role};
use crate::input::Source;
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
        sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        in_parts(self, detail, width, finish, sink)
    }
}

fn in_parts<E>(
    inspection: &InspectionReport<'_>,
    detail: Detail,
    width: usize,
    finish: impl Fn(String) -> String + Sync,
    mut sink: impl FnMut(String) -> Result<(), E>,
) -> Result<(), E> {
    if detail == Detail::Brief {
        return render_brief(inspection, width, finish, sink);
    }
    let objects = &inspection.objects;
    let contents = contents_of_files(objects);
    let lay_out = |start: usize, some: &[ObjectReport<'_>]| {
        let before = start.checked_sub(1).and_then(|before| objects.get(before));
        let mut source = before.map(|object| &object.origin.source);
        let mut page = Page::new(width);
        if before.is_some() {
            page.line("");
        }
        for object in some {
            if source != Some(&object.origin.source) {
                source = Some(&object.origin.source);
                let contents = contents.get(object.origin.source.as_ref());
                page.gap_unless_begun();
                page.paragraph(
                    "",
                    2,
                    &format!(
                        "{}: {}",
                        object.origin.source,
                        contents.map(Contents::to_string).unwrap_or_default()
                    ),
                );
            }
            page.gap_unless_begun();
            self::object(&mut page, object, inspection.at);
        }
        finish(page.into_text())
    };
    parts::in_order(objects, lay_out, &mut sink)?;
    let mut page = Page::new(width);
    let partial = inspection.unread.iter();
    let partial: Vec<_> = partial.filter_map(|one| one.partial.as_deref()).collect();
    let has_more = !inspection.chains.is_empty() || has_pairs(inspection) || !partial.is_empty();
    if !objects.is_empty() && has_more {
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
    for chain in &inspection.chains {
        page.gap_unless_begun();
        self::chain(&mut page, chain);
    }
    if has_pairs(inspection) {
        page.gap_unless_begun();
        for key in inspection.keys.iter().filter(|key| key.objects.len() > 1) {
            let names: Vec<String> = key
                .objects
                .iter()
                .filter_map(|n| named(inspection, *n))
                .collect();
            page.labelled("same key", &names.join(" = "));
        }
    }
    if inspection.findings.is_empty() {
        return sink(finish(page.into_text()));
    }
    if !objects.is_empty() || !page.is_empty() {
        page.line("");
    }
    sink(finish(page.into_text()))?;
    let names = names(objects.iter().map(|object| object.name.as_str()));
    let lay_out = |_, findings: &[FindingReport]| {
        let mut page = Page::new(width);
        for finding in findings {
            finding.render(&mut page, &names, detail);
        }
        finish(page.into_text())
    };
    parts::in_order(&inspection.findings, lay_out, sink)
}

fn render_brief<E>(
    inspection: &InspectionReport<'_>,
    width: usize,
    finish: impl Fn(String) -> String + Sync,
    mut sink: impl FnMut(String) -> Result<(), E>,
) -> Result<(), E> {
    let lay_out = |_, objects: &[ObjectReport<'_>]| {
        let mut page = Page::new(width);
        for object in objects {
            page.heading(&object.name, &what(object));
        }
        finish(page.into_text())
    };
    parts::in_order(&inspection.objects, lay_out, &mut sink)?;
    let names = names(inspection.objects.iter().map(|object| object.name.as_str()));
    let lay_out = |_, findings: &[FindingReport]| {
        let mut page = Page::new(width);
        for finding in findings {
            finding.render(&mut page, &names, Detail::Brief);
        }
        finish(page.into_text())
    };
    parts::in_order(&inspection.findings, lay_out, sink)
}

fn has_pairs(inspection: &InspectionReport<'_>) -> bool {
    inspection.keys.iter().any(|key| key.objects.len() > 1)
}

/// What a file holds: how many of each kind, and the container of the first.
struct Contents {
    counts: BTreeMap<usize, (Kind, i64)>,
    container: Container,
}

/// Those of all files; neighbours are mostly in one file, which is looked for once.
fn contents_of_files<'a>(objects: &'a [ObjectReport<'_>]) -> HashMap<&'a Source, Contents> {
    let mut files: HashMap<&Source, Contents> = HashMap::new();
    let of_one_file =
        |one: &ObjectReport<'_>, next: &ObjectReport<'_>| one.origin.source == next.origin.source;
    for neighbours in objects.chunk_by(of_one_file) {
        let Some(first) = neighbours.first() else {
            continue;
        };
        let contents = files
            .entry(first.origin.source.as_ref())
            .or_insert_with(|| Contents {
                counts: BTreeMap::new(),
                container: first.container,
            });
        for object in neighbours {
            let kind = object.kind;
            let (_, count) = contents.counts.entry(kind as usize).or_insert((kind, 0));
            *count += 1;
        }
    }
    files
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
fn named(inspection: &InspectionReport<'_>, number: usize) -> Option<String> {
    let object = inspection.objects.get(number)?;
    let place = object.origin.to_string();
    Some(match object.kind {
        Kind::PrivateKey | Kind::PublicKey | Kind::EncryptedPrivateKey => {
            format!("{} {place}", object.kind)
        }
        _ => format!("{} {} ({place})", object.kind, object.name),
    })
}
