//! The text.

use anstyle::Style;

use super::model::{AuthorityReport, FaultReport, PlanReport, RequiredReport};
use super::words::{ALL_REFUSED, source};
use crate::document::extension::GeneralName;
use crate::document::printable;
use crate::report::layout::{Detail, Page, style};
use crate::report::table::{self, Row};
use crate::verdict::Severity;
use crate::verdict::plan::{
    BehaviourSource, BundleRole, Completeness, CrlSource, Effect, RequiredState,
};
use crate::wording::Voice;

impl PlanReport<'_> {
    /// The text, for a terminal of this many columns, with ANSI colours: one row a CRL and what is to be done, or everything
    /// about each.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        whole(self, detail, width)
    }
}

fn whole(report: &PlanReport<'_>, detail: Detail, width: usize) -> String {
    let mut page = Page::new(width);
    let unknown = report.result == Completeness::PartitionsUnknown;
    let (word, style) = match report.exit {
        1 if unknown => ("PARTITIONS UNKNOWN", style(Severity::Warning)),
        0 => ("COMPLETE", Style::new().bold()),
        1 => ("NOT COMPLETE", style(Severity::Error)),
        _ => ("NOT DECIDED", style(Severity::Warning)),
    };
    let mut subject = vec!["CRLs".to_owned()];
    if let Some(title) = report.environment_title {
        subject.push(format!("of {title}"));
    }
    if let Some(behaviour) = report.behaviour {
        subject.push(format!("for {}", behaviour.title));
    }
    page.line(&format!(
        "{}  {style}{word}{style:#}  exit {}",
        subject.join(" "),
        report.exit
    ));
    match detail {
        Detail::Brief => return page.into_text(),
        Detail::Usual => summary(&mut page, report, width),
        Detail::Full => {
            page.labelled("at", &report.at.to_string());
            page.labelled("cache", &report.cache);
            for authority in &report.authorities {
                page.gap();
                self::authority(&mut page, authority, report.voice);
            }
        }
    }
    for certificate in &report.unrelated {
        page.gap();
        page.heading(&certificate.subject, "certificate");
        page.labelled(
            "✗ untrusted",
            &format!(
                "its issuer ({}) is not in the bundle, so a server with this bundle refuses it whatever CRLs it has",
                certificate.issuer.short()
            ),
        );
    }
    for FaultReport {
        fault,
        message,
        remedy,
    } in &report.faults
    {
        page.gap();
        page.labelled(
            if fault.minor {
                "! warning"
            } else {
                "✗ server"
            },
            message,
        );
        page.labelled("  do", remedy);
    }
    if !report.damaged.is_empty() {
        page.gap();
        for damaged in &report.damaged {
            page.labelled("✗ damaged", damaged);
        }
    }
    if report.exit == 1 {
        effect(&mut page, report);
    }
    if !report.next.is_empty() {
        page.gap();
        for (number, command) in report.next.iter().enumerate() {
            // Never folded, so that it can be copied.
            let label = if number == 0 { "next" } else { "" };
            page.line(&format!("  {label:<12}{command}"));
        }
    }
    page.into_text()
}

/// One row a CRL, then what is wrong and what to do about it.
fn summary(page: &mut Page, report: &PlanReport<'_>, width: usize) {
    let mut rows = Vec::new();
    for authority in &report.authorities {
        let ca = authority.name.short();
        if let BundleRole::Expired { at } = authority.role {
            rows.push(Row {
                sign: "–",
                style: Style::new(),
                cells: vec![
                    ca,
                    "none needed".to_owned(),
                    "CA expired".to_owned(),
                    at.date().to_string(),
                ],
            });
            continue;
        }
        for required in &authority.required {
            rows.push(row(&ca, required));
        }
    }
    page.gap();
    table::write(page, &["CA", "CRL", "state", "next update"], &rows, width);
    for authority in &report.authorities {
        let bad = authority
            .required
            .iter()
            .filter(|required| !required.state.is_good());
        for (number, required) in bad.enumerate() {
            if number == 0 {
                page.gap();
                page.line(&authority.name.short());
            }
            self::required_crl(page, required);
        }
        if authority.clients_unknown
            && authority
                .required
                .iter()
                .all(|required| required.state.is_good())
        {
            page.gap();
            page.line(&authority.name.short());
            unknown(page, authority, report.voice);
        }
    }
}

fn row(ca: &str, required: &RequiredReport<'_>) -> Row {
    let until = match required.state {
        RequiredState::Available { until } => *until,
        RequiredState::Stale { since } => Some(*since),
        _ => None,
    };
    let when = until.map(|until| match required.days_left {
        Some(days) => format!("{} ({days} d)", until.date()),
        None => until.date().to_string(),
    });
    // The name of the file tells partitions apart; the rest is the same for all.
    let names: Vec<String> = required
        .sources
        .iter()
        .map(|source| last_part(source.source))
        .collect();
    let crl = match (names.first(), required.covers) {
        (Some(name), _) => name.clone(),
        (None, "unknown_clients") => "unknown".to_owned(),
        (None, _) => "complete".to_owned(),
    };
    let good = required.state.is_good();
    Row {
        sign: if good { "✓" } else { "✗" },
        style: match good {
            true => Style::new(),
            false => style(Severity::Error),
        },
        cells: vec![
            ca.to_owned(),
            crl,
            required.word().to_owned(),
            when.unwrap_or_default(),
        ],
    }
}

fn last_part(source: &CrlSource) -> String {
    let name = source.name.bare();
    match &source.name {
        GeneralName::Uri(url) => {
            let path = url.split(['?', '#']).next().unwrap_or(url);
            let last = path.rsplit('/').find(|part| !part.is_empty());
            printable(last.unwrap_or(url)).to_string()
        }
        GeneralName::DirectoryName(directory) => directory.short(),
        _ => name,
    }
}

fn unknown(page: &mut Page, authority: &AuthorityReport<'_>, voice: Voice) {
    let give = voice.pick(
        "Give the clients with --client CERT, which may be a folder",
        "Give the clients' certificates",
    );
    let fact = match authority.partitioned {
        true => {
            "no current client certificate was given, and this CA partitions its CRLs: each client's certificate names its own CRL"
        }
        false => {
            "no current client certificate was given: if this CA partitions its CRLs, more of them may be needed"
        }
    };
    page.labelled("! unknown", &format!("{fact}. {give}"));
}

fn authority(page: &mut Page, authority: &AuthorityReport<'_>, voice: Voice) {
    let role = match authority.role {
        BundleRole::Root => "root",
        BundleRole::SubCa => "sub CA",
        BundleRole::Expired { .. } => "expired",
        BundleRole::Absent => "not in the bundle",
    };
    let known = [authority.hierarchy, authority.generation];
    let right: Vec<&str> = [Some(role)].into_iter().chain(known).flatten().collect();
    page.heading(&authority.name.short(), &right.join(" · "));
    match authority.role {
        BundleRole::Expired { at } => page.labelled(
            "– none",
            &format!(
                "it, or every CA above it, expired on {}: nothing below it is valid, so its CRL is not needed",
                at.date()
            ),
        ),
        _ if authority.required.is_empty() => page.labelled(
            "– none",
            "it issued nothing in the bundle and none of the certificates",
        ),
        _ => {}
    }
    for required in &authority.required {
        self::required_crl(page, required);
    }
    let says_so = authority
        .required
        .iter()
        .any(|required| required.covers == "unknown_clients");
    if authority.clients_unknown && !says_so {
        unknown(page, authority, voice);
    }
}

fn required_crl(page: &mut Page, required: &RequiredReport<'_>) {
    let sign = if required.state.is_good() {
        '✓'
    } else {
        '✗'
    };
    page.labelled(&format!("{sign} {}", required.word()), &required.message);
    for (number, known) in required.sources.iter().enumerate() {
        let label = if number == 0 { "  from" } else { "  or" };
        page.labelled(label, &source(known.source));
    }
    if let [crl] = required.crls
        && let Some(number) = &crl.number
    {
        page.labelled(
            "  number",
            &format!("{number}, issued {}", crl.this_update.date()),
        );
    } else if required.crls.len() > 1 {
        let number = i64::try_from(required.crls.len()).unwrap_or(i64::MAX);
        page.labelled("  CRLs", &format!("{} in the cache", number));
    }
    if let Some(remedy) = &required.remedy_before_next {
        page.labelled("  do", remedy);
    }
}

fn effect(page: &mut Page, report: &PlanReport<'_>) {
    page.gap();
    let expired = |one: &AuthorityReport<'_>| matches!(one.role, BundleRole::Expired { .. });
    if report.authorities.iter().all(expired) {
        page.labelled("effect", ALL_REFUSED);
        return;
    }
    let Some(behaviour) = report.behaviour else {
        page.labelled(
            "effect",
            "nginx, HAProxy and Apache (chain) refuse every client whose chain includes a CA without a current CRL",
        );
        return;
    };
    let effect = match behaviour.without_crl {
        Effect::Refused => "refuses every client whose chain includes a CA without a current CRL",
        Effect::FetchedElseRefused => {
            "fetches HTTP distribution points itself; where it cannot, it refuses every client whose chain includes that CA"
        }
    };
    let proof = match behaviour.evidence {
        BehaviourSource::Run => "",
        BehaviourSource::Documented => " (from its documentation; not tested)",
    };
    page.labelled(
        "effect",
        &format!(
            "{} ({}) {effect}{proof}. Symptom: {}",
            behaviour.title, behaviour.setting, behaviour.symptom
        ),
    );
}
