//! The text.

use anstyle::Style;

use super::model::{
    Answer, LinkReport, RevocationReport, Terms, Trust, VerdictReport, Verification,
};
use crate::chain::Found;
use crate::document::Moment;
use crate::report::layout::{Page, style};
use crate::verdict::Severity;
use crate::verdict::verify::{Decision, HostMatch};
use crate::wording::{count, found};

/// Renders the whole report for a terminal of so many columns, with ANSI colours: its verdicts with an empty line between
/// them.
pub fn render(verification: &Verification<'_>, width: usize) -> String {
    let verdicts = verification.verdicts.iter();
    let texts: Vec<String> = verdicts
        .map(|verdict| render_one(verdict, &verification.terms, width))
        .collect();
    texts.join("\n")
}

/// Renders one of its verdicts, so that many can be rendered by several threads, and none need be kept.
pub fn render_one(verdict: &VerdictReport<'_>, terms: &Terms<'_>, width: usize) -> String {
    let mut page = Page::new(width);
    self::verdict(&mut page, verdict, terms);
    page.into_text()
}

fn verdict(page: &mut Page, verdict: &VerdictReport<'_>, terms: &Terms<'_>) {
    let (word, style) = match verdict.decision {
        Decision::Verified => ("VERIFIED", Style::new().bold()),
        Decision::NotVerified => ("NOT VERIFIED", style(Severity::Error)),
        Decision::NotDecided => ("NOT DECIDED", style(Severity::Warning)),
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
        "{}  {style}{word}{style:#}{code}  exit {}{because}",
        verdict.subject, verdict.exit
    ));
    page.labelled("file", &verdict.origin.to_string());
    let trust = match &terms.trust {
        Trust::Environment(id) => format!("for {}", terms.environment_title.unwrap_or(id)),
        Trust::Given(number) => {
            format!(
                "below {}",
                count(i64::try_from(*number).unwrap_or(i64::MAX), "given anchor")
            )
        }
    };
    page.labelled("asked", &format!("{trust}, at {}", terms.at));
    if let Some(fits) = verdict.key_fits {
        page.labelled("key", if fits { "matches" } else { "does not match" });
    }
    if let Some(answers) = verdict.answers_request {
        page.labelled(
            "request",
            if answers {
                "is answered"
            } else {
                "is not answered as asked"
            },
        );
    }
    if let (Some(host), Some(fqdn)) = (verdict.host, terms.fqdn) {
        let how = match host {
            HostMatch::AlternativeName => "named",
            HostMatch::CommonName => "named by the CN only",
            HostMatch::None => "not named",
        };
        page.labelled("host", &format!("{fqdn}: {how}"));
    }
    for (number, link) in verdict.chain.iter().enumerate() {
        let label = if number == 0 { "chain" } else { "" };
        page.labelled(label, &self::link(number, link, terms.at));
    }
    if !verdict.chain_trusted {
        page.labelled("", "✗ does not reach a trusted certificate");
    }
    for revocation in &verdict.revocation {
        self::revocation(page, revocation);
    }
    let findings = verdict.reasons.iter().chain(&verdict.findings);
    let mut first = true;
    for finding in findings {
        if std::mem::take(&mut first) {
            page.gap();
        }
        let subject = match finding.subject == verdict.subject {
            true => String::new(),
            false => format!("{}: ", finding.subject),
        };
        finding.render_about(page, &subject);
    }
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
        true => format!("ended {date}"),
        false => format!("until {date}, {} left", count(days, "day")),
    };
    format!("{arrow}{} ({}; {left})", link.name, notes.join(", "))
}

fn revocation(page: &mut Page, revocation: &RevocationReport<'_>) {
    page.labelled(
        "revocation",
        &format!("of {}: {}", revocation.name, revocation.message),
    );
    if revocation.answer != Answer::Undecided {
        return;
    }
    let steps = [
        ("needs", &revocation.needs),
        ("have", &revocation.have),
        ("because", &revocation.because),
        ("do", &revocation.remedy),
    ];
    for (label, text) in steps {
        if let Some(text) = text {
            page.labelled(&format!("  {label}"), text);
        }
    }
}
