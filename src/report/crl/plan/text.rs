//! The text.

use anstyle::Style;

use super::model::{AuthorityReport, NeedReport, PlanReport};
use super::words::{EVERYBODY_REFUSED, place};
use crate::report::layout::{Page, style};
use crate::verdict::Severity;
use crate::verdict::plan::{Effect, Evidence, Standing};
use crate::wording::count;

/// Renders the whole report for a terminal of so many columns, with ANSI colours.
pub fn render(report: &PlanReport<'_>, width: usize) -> String {
    let mut page = Page::new(width);
    let (word, style) = match report.exit {
        0 => ("COMPLETE", Style::new().bold()),
        1 => ("NOT COMPLETE", style(Severity::Error)),
        _ => ("NOT DECIDED", style(Severity::Warning)),
    };
    let mut subject = vec!["CRLs".to_owned()];
    if let Some(title) = report.environment {
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
    page.labelled("at", &report.at.to_string());
    page.labelled("cache", report.cache);
    for authority in &report.authorities {
        page.gap();
        self::authority(&mut page, authority);
    }
    for stranger in &report.strangers {
        page.gap();
        page.heading(&stranger.subject, "certificate");
        page.labelled(
            "✗ stranger",
            &format!(
                "its issuer ({}) is not in the bundle: a server with this bundle refuses it, whatever lists there are",
                stranger.issuer.short()
            ),
        );
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

fn authority(page: &mut Page, authority: &AuthorityReport<'_>) {
    let standing = match authority.standing {
        Standing::Root => "root",
        Standing::Sub => "sub CA",
        Standing::Ended { .. } => "ended",
        Standing::Absent => "not in the bundle",
    };
    let known = [authority.hierarchy, authority.generation];
    let right: Vec<&str> = [Some(standing)]
        .into_iter()
        .chain(known)
        .flatten()
        .collect();
    page.heading(&authority.name.short(), &right.join(" · "));
    match authority.standing {
        Standing::Ended { at } => page.labelled(
            "– none",
            &format!(
                "it, or all above it, has ended ({}): nothing below it is valid, and no list of it is needed",
                at.date()
            ),
        ),
        _ if authority.needs.is_empty() => page.labelled(
            "– none",
            "nothing in the bundle or among the certificates was issued by it",
        ),
        _ => {}
    }
    for need in &authority.needs {
        self::need(page, need);
    }
    let says_so = authority
        .needs
        .iter()
        .any(|need| need.whom == "unknown_clients");
    if authority.clients_unknown && !says_so {
        page.labelled(
            "! unknown",
            "no client of this CA was shown. Each client's certificate names its own partition, so that more lists than these may be needed; give clients' certificates to see theirs",
        );
    }
}

fn need(page: &mut Page, need: &NeedReport<'_>) {
    let sign = if need.state.is_good() { '✓' } else { '✗' };
    page.labelled(&format!("{sign} {}", need.word()), &need.message);
    for (number, known) in need.places.iter().enumerate() {
        let label = if number == 0 { "  from" } else { "  or" };
        page.labelled(label, &place(known.place));
    }
    if let [crl] = need.crls
        && let Some(number) = &crl.number
    {
        page.labelled(
            "  number",
            &format!("{number}, made {}", crl.this_update.date()),
        );
    } else if need.crls.len() > 1 {
        let number = i64::try_from(need.crls.len()).unwrap_or(i64::MAX);
        page.labelled("  lists", &format!("{} at hand", count(number, "list")));
    }
    if let Some(remedy) = &need.remedy {
        page.labelled("  do", remedy);
    }
}

fn effect(page: &mut Page, report: &PlanReport<'_>) {
    page.gap();
    let ended = |one: &AuthorityReport<'_>| matches!(one.standing, Standing::Ended { .. });
    if report.authorities.iter().all(ended) {
        page.labelled("effect", EVERYBODY_REFUSED);
        return;
    }
    let Some(behaviour) = report.behaviour else {
        page.labelled(
            "effect",
            "nginx, HAProxy and Apache (chain) refuse every client whose chain passes a CA without a list in time",
        );
        return;
    };
    let effect = match behaviour.without_crl {
        Effect::Refused => "refuses every client whose chain passes a CA without a list in time",
        Effect::FetchedElseRefused => {
            "tries HTTP points by itself; where it cannot, it refuses every client whose chain passes that CA"
        }
    };
    let proof = match behaviour.evidence {
        Evidence::Run => "",
        Evidence::Documented => " (by its maker's description; not run here)",
    };
    page.labelled(
        "effect",
        &format!(
            "{} ({}) {effect}{proof}. It shows as {}",
            behaviour.title, behaviour.setting, behaviour.shows
        ),
    );
}
