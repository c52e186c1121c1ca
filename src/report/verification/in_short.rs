//! A verdict on few lines: what `verify` and `accept` have in common.

use super::model::{LinkReport, RevocationAnswer, RevocationReport};
use crate::chain::Found;
use crate::document::Moment;
use crate::report::inspection::FindingReport;
use crate::report::layout::Page;
use crate::verdict::Code;
use crate::wording::{count, found};

/// The chain on one line.
pub(in crate::report) fn chain(page: &mut Page, chain: &[LinkReport<'_>]) {
    let chain: Vec<String> = chain.iter().map(one).collect();
    page.labelled("chain", &chain.join(" ─ "));
}

/// A certificate of the chain, and where it was found if it was not sent.
fn one(link: &LinkReport<'_>) -> String {
    let mut notes = Vec::new();
    if link.found != Found::Input {
        notes.push(found(link.found));
    }
    if link.anchor && link.found != Found::Anchor {
        notes.push("trusted");
    }
    match notes.is_empty() {
        true => link.name.clone(),
        false => format!("{} ({})", link.name, notes.join(", ")),
    }
}

/// Until when the certificate is valid, and the CA that expires before it.
pub(in crate::report) fn dates(page: &mut Page, chain: &[LinkReport<'_>], at: Moment) {
    let Some((first, above)) = chain.split_first() else {
        return;
    };
    let mut text = until(first.not_after, at);
    let sooner = above.iter().filter(|link| link.not_after < first.not_after);
    if let Some(link) = sooner.min_by_key(|link| link.not_after) {
        text.push_str(&format!("; {}: {}", link.name, until(link.not_after, at)));
    }
    page.labelled("expires", &text);
}

fn until(not_after: Moment, at: Moment) -> String {
    match not_after < at {
        true => format!("expired {}", not_after.date()),
        false => format!(
            "{}, {} left",
            not_after.date(),
            count(not_after.days_since(at), "day")
        ),
    }
}

/// Whether the certificates of the chain have been revoked: on one line where none has.
pub(in crate::report) fn revocation(page: &mut Page, revocation: &[RevocationReport<'_>]) {
    let not_revoked = |one: &RevocationReport<'_>| one.answer == RevocationAnswer::NotRevoked;
    let exempt = |one: &RevocationReport<'_>| one.answer == RevocationAnswer::NotApplicable;
    if revocation.iter().any(not_revoked)
        && revocation.iter().all(|one| not_revoked(one) || exempt(one))
    {
        let names: Vec<&str> = revocation
            .iter()
            .filter(|one| not_revoked(one))
            .map(|one| one.name.as_str())
            .collect();
        let until = revocation
            .iter()
            .filter_map(RevocationReport::current_until)
            .min();
        let until = until
            .map(|(until, is_expired)| match is_expired {
                true => format!(" (by a CRL that expired on {})", until.date()),
                false => format!(" (CRLs current until {})", until.date()),
            })
            .unwrap_or_default();
        page.labelled(
            "revocation",
            &format!("not revoked: {}{until}", names.join(", ")),
        );
    } else {
        for one in revocation {
            page.labelled("revocation", &format!("{}: {}", one.name, one.message));
        }
    }
}

/// The findings, each with what to do; `about` says whose each is, where that is not plain.
pub(in crate::report) fn findings<'f>(
    page: &mut Page,
    findings: impl Iterator<Item = &'f FindingReport>,
    about: impl Fn(&FindingReport) -> String,
) {
    let mut begun = false;
    let (notes, rest): (Vec<&FindingReport>, Vec<&FindingReport>) =
        findings.partition(|finding| finding.code == Code::Profile);
    for (number, finding) in rest.iter().enumerate() {
        begin(page, &mut begun);
        // What is to be done about several is said after the last.
        match rest
            .get(number + 1)
            .is_some_and(|next| next.remedy == finding.remedy)
        {
            true => finding.render_alone(page, &about(finding)),
            false => finding.render_about(page, &about(finding)),
        }
    }
    // One rule that several CAs break is one note, and most NHS CAs of the first generation break it.
    let mut said: Vec<&str> = Vec::new();
    for note in &notes {
        if said.contains(&note.message.as_str()) {
            continue;
        }
        said.push(&note.message);
        begin(page, &mut begun);
        let same = notes.iter().filter(|other| other.message == note.message);
        let subjects: Vec<&str> = same.map(|other| other.subject.as_str()).collect();
        note.render_alone(page, &format!("{}: ", subjects.join(", ")));
    }
}

/// An empty line before the first finding.
pub(super) fn begin(page: &mut Page, begun: &mut bool) {
    if !std::mem::replace(begun, true) {
        page.gap();
    }
}
