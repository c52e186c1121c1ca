//! The text.

use super::in_short;
use anstyle::Style;

use super::model::{
    LinkReport, RevocationAnswer, RevocationReport, TermsReport, TermsTrust, VerdictReport,
    VerificationReport,
};
use crate::chain::Found;
use crate::document::Moment;
use crate::report::inspection::FindingReport;
use crate::report::layout::{Detail, Page, style};
use crate::verdict::Severity;
use crate::verdict::verify::{Decision, HostMatch};
use crate::wording::{count, found};

impl VerificationReport<'_> {
    /// The text, for a terminal of this many columns, with ANSI colours: the verdicts with an empty line between them.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let verdicts = self.verdicts.iter();
        let texts: Vec<String> = verdicts
            .map(|verdict| verdict.render(&self.terms, detail, width))
            .collect();
        texts.join(match detail {
            Detail::Brief => "",
            Detail::Usual | Detail::Full => "\n",
        })
    }
}

impl VerdictReport<'_> {
    /// The text of this verdict alone, so that many can be rendered by several threads, and none need be kept.
    pub fn render(&self, terms: &TermsReport<'_>, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        answer(&mut page, self, terms);
        match detail {
            Detail::Brief => {}
            Detail::Usual => usual(&mut page, self, terms),
            Detail::Full => full(&mut page, self, terms),
        }
        page.into_text()
    }
}

/// The answer on one line.
fn answer(page: &mut Page, verdict: &VerdictReport<'_>, terms: &TermsReport<'_>) {
    let (sign, word, style) = match verdict.decision {
        Decision::Verified => ("✓", "VERIFIED", Style::new().bold()),
        Decision::NotVerified => ("✗", "NOT VERIFIED", style(Severity::Error)),
        Decision::NotDecided => ("?", "NOT DECIDED", style(Severity::Warning)),
    };
    let below = match &terms.trust {
        TermsTrust::Environment(id) => format!("for {}", terms.environment_title.unwrap_or(id)),
        TermsTrust::Given(number) => format!("below {}", number_of(*number, "given anchor")),
    };
    let code = verdict
        .code
        .map(|code| format!("  {code}"))
        .unwrap_or_default();
    let because = match (verdict.decision, verdict.exit, terms.fail_on) {
        (Decision::Verified, 1, Some(least)) => format!(", by a finding: --fail-on {least}"),
        _ => String::new(),
    };
    page.line(&format!(
        "{sign} {}  {style}{word}{style:#} {below}{code}  exit {}{because}",
        verdict.subject, verdict.exit
    ));
}

/// One screen: the chain and the dates on a line each, what was asked beyond the chain, and what can be acted on.
fn usual(page: &mut Page, verdict: &VerdictReport<'_>, terms: &TermsReport<'_>) {
    page.labelled("file", &verdict.origin.to_string());
    in_short::chain(page, &verdict.chain);
    if !verdict.chain_trusted {
        page.labelled("", "✗ does not reach a trusted certificate");
    }
    partial_anchor(page, verdict);
    in_short::dates(page, &verdict.chain, terms.at);
    matches(page, verdict, terms);
    in_short::revocation(page, &verdict.revocation);
    let findings = verdict.reasons.iter().chain(&verdict.findings);
    in_short::findings(page, findings, |finding| about(finding, verdict));
}

/// Everything: what was asked, each certificate with its dates, each CRL, and every finding with its remedy.
fn full(page: &mut Page, verdict: &VerdictReport<'_>, terms: &TermsReport<'_>) {
    page.labelled("file", &verdict.origin.to_string());
    page.labelled("sha-256", &verdict.sha256.to_string());
    page.labelled("asked", &format!("at {}", terms.at));
    matches(page, verdict, terms);
    for (number, link) in verdict.chain.iter().enumerate() {
        let label = if number == 0 { "chain" } else { "" };
        page.labelled(label, &self::link(number, link, terms.at));
    }
    if !verdict.chain_trusted {
        page.labelled("", "✗ does not reach a trusted certificate");
    }
    partial_anchor(page, verdict);
    for revocation in &verdict.revocation {
        self::revocation(page, revocation);
    }
    let mut begun = false;
    for finding in verdict.reasons.iter().chain(&verdict.findings) {
        in_short::begin(page, &mut begun);
        finding.render_about(page, &about(finding, verdict));
    }
}

/// The certificate that a finding is about, where that is not the certificate itself.
fn about(finding: &FindingReport, verdict: &VerdictReport<'_>) -> String {
    finding.about(Some(&verdict.subject))
}

/// Says that the chain ends at a certificate that OpenSSL does not take for an end, unless a server sets `X509_V_FLAG_PARTIAL_CHAIN`.
fn partial_anchor(page: &mut Page, verdict: &VerdictReport<'_>) {
    if verdict.chain.iter().any(|link| link.partial_anchor) {
        page.labelled(
            "",
            "! the trusted certificate is not self-signed: programs with OpenSSL's defaults need the CA above it too",
        );
    }
}

/// Whether it matches the key, the request and the host that were given.
fn matches(page: &mut Page, verdict: &VerdictReport<'_>, terms: &TermsReport<'_>) {
    if let Some(fits) = verdict.key_matches {
        page.labelled("key", if fits { "matches" } else { "does not match" });
    }
    if let Some(answers) = verdict.matches_request {
        page.labelled(
            "request",
            match answers {
                true => "matches",
                false => "does not match",
            },
        );
    }
    if let (Some(host), Some(fqdn)) = (verdict.host, terms.fqdn) {
        let how = match host {
            HostMatch::AlternativeName => "named",
            HostMatch::CommonName => "named by CN only",
            HostMatch::None => "not named",
        };
        page.labelled("host", &format!("{fqdn}: {how}"));
    }
}

fn number_of(number: usize, what: &str) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX), what)
}

fn link(number: usize, link: &LinkReport<'_>, at: Moment) -> String {
    let arrow = match number {
        0 => String::new(),
        _ => format!("{}└ ", "  ".repeat(number - 1)),
    };
    let mut notes = vec![found(link.found)];
    if link.anchor && link.found != Found::Anchor {
        notes.push("trusted");
    }
    let days = link.not_after.days_since(at);
    let date = link.not_after.date();
    let left = match link.not_after < at {
        true => format!("expired {date}"),
        false => format!("until {date}, {} left", count(days, "day")),
    };
    format!("{arrow}{} ({}; {left})", link.name, notes.join(", "))
}

fn revocation(page: &mut Page, revocation: &RevocationReport<'_>) {
    page.labelled(
        "revocation",
        &format!("of {}: {}", revocation.name, revocation.message),
    );
    if revocation.answer != RevocationAnswer::NotDecided {
        return;
    }
    let steps = [
        ("needed", &revocation.required),
        ("available", &revocation.available),
        ("because", &revocation.fault),
        ("do", &revocation.remedy),
    ];
    for (label, text) in steps {
        if let Some(text) = text {
            page.labelled(&format!("  {label}"), text);
        }
    }
}
