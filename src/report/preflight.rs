//! What `preflight` reports: every check with what was seen, what to do, which team to ask and how to repeat it.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use crate::document::{Moment, Sha256Digest};
use crate::fqdn::Fqdn;
use crate::input::printable;
use crate::ops::preflight::{Checked, FirewallRule, Preflight};
use crate::report::evidence::plain;
use crate::report::layout::{Detail, Page, style};
use crate::verdict::preflight::{CheckId, CheckOutcome, Group, Observed, Team};
use crate::verdict::{Code, Severity};
use crate::wording::Voice;
use crate::wording::preflight::{self as words, PreflightSetting};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/preflight/1";

/// The whole checklist.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PreflightReport {
    /// `ptl-cert/preflight/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The environment's id.
    pub environment: String,
    /// Its title.
    pub environment_title: String,
    /// The endpoint's name.
    pub fqdn: String,
    /// The SHA-256 of the endpoint's certificate, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Sha256Digest>,
    /// The worst of all outcomes.
    pub outcome: CheckOutcome,
    /// The exit status.
    pub exit: u8,
    /// The checks, in the order of the checklist.
    pub checks: Vec<CheckReport>,
}

/// One check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CheckReport {
    /// Its word.
    pub id: CheckId,
    /// What it is called.
    pub title: &'static str,
    /// What it is about.
    pub group: Group,
    /// How it came out.
    pub outcome: CheckOutcome,
    /// What was seen.
    pub observed: Vec<String>,
    /// The same as facts, in the same order; what an earlier run observed is a sentence only.
    pub facts: Vec<Observed>,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedy: Vec<String>,
    /// Who can help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Team>,
    /// The codes of findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Code>,
    /// The command that repeats it by itself; for users of the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// When it passed, where that was in an earlier run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Moment>,
    /// How long it took.
    pub took_ms: u64,
}

impl PreflightReport {
    /// Reports a list.
    pub fn new(preflight: &Preflight, fqdn: &Fqdn, at: Moment) -> PreflightReport {
        PreflightReport::reported(preflight, fqdn, at, None, None, Voice::Neutral)
    }

    /// Reports a list to a user of the command line: what to do, and how each check is repeated, names commands. From the
    /// severity `fail_on` on, warnings make the exit status 1.
    pub fn for_command_line(
        preflight: &Preflight,
        fqdn: &Fqdn,
        at: Moment,
        setting: &PreflightSetting,
        fail_on: Option<Severity>,
        voice: Voice,
    ) -> PreflightReport {
        PreflightReport::reported(preflight, fqdn, at, Some(setting), fail_on, voice)
    }

    fn reported(
        preflight: &Preflight,
        fqdn: &Fqdn,
        at: Moment,
        setting: Option<&PreflightSetting>,
        fail_on: Option<Severity>,
        voice: Voice,
    ) -> PreflightReport {
        let checks: Vec<CheckReport> = preflight
            .checks
            .iter()
            .map(|check| CheckReport::new(check, setting, voice))
            .collect();
        let outcomes = checks.iter().map(|check| check.outcome);
        let outcome = crate::verdict::preflight::worst(outcomes.clone());
        // One failure answers the question; what could not be determined leaves it open.
        let is = |wanted| outcomes.clone().any(|one| one == wanted);
        let exit = match outcome {
            _ if is(CheckOutcome::Fail) => 1,
            _ if is(CheckOutcome::NotDecided) => 3,
            CheckOutcome::Warn => u8::from(fail_on.is_some_and(|least| least <= Severity::Warning)),
            CheckOutcome::Pass => 0,
            // Nothing was checked.
            _ => 3,
        };
        PreflightReport {
            schema: SCHEMA,
            at,
            environment: preflight.environment.0.clone(),
            environment_title: preflight.environment.1.clone(),
            fqdn: fqdn.to_string(),
            certificate: preflight.chain.first().map(|own| own.sha256),
            outcome,
            exit,
            checks,
        }
    }

    /// How many checks came out so.
    pub fn count(&self, outcome: CheckOutcome) -> usize {
        self.checks
            .iter()
            .filter(|check| check.outcome == outcome)
            .count()
    }

    /// The counts in words.
    pub fn counts(&self) -> String {
        let all = [
            (CheckOutcome::Pass, "passed"),
            (CheckOutcome::Warn, "with a warning"),
            (CheckOutcome::Fail, "failed"),
            (CheckOutcome::NotDecided, "not decided"),
            (CheckOutcome::NotApplicable, "not applicable"),
        ];
        let some = all.into_iter().filter_map(|(outcome, word)| {
            let count = self.count(outcome);
            (count > 0).then(|| format!("{count} {word}"))
        });
        some.collect::<Vec<_>>().join(", ")
    }

    /// The answer in one or two words.
    pub fn headline(&self) -> &'static str {
        match (self.exit, self.outcome) {
            (0, CheckOutcome::Warn) => "READY, with warnings",
            (0, _) => "READY",
            (3, _) => "NOT DECIDED",
            _ => "NOT READY",
        }
    }

    /// Renders it for a terminal of this many columns: in brief the answer alone, in full the details of what passed too.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        let (sign, head) = match self.exit {
            0 => ("✓", Style::new().bold()),
            3 => ("?", style(Severity::Warning)),
            _ => ("✗", style(Severity::Error)),
        };
        page.line(&format!(
            "{sign} {} for {}  {head}{}{head:#}  {}  exit {}",
            self.fqdn,
            self.environment_title,
            self.headline(),
            self.counts(),
            self.exit
        ));
        if detail == Detail::Brief {
            return page.into_text();
        }
        let mut group = None;
        for check in &self.checks {
            if group != Some(check.group) {
                group = Some(check.group);
                page.gap();
                page.heading(words::group(check.group), "");
            }
            check.render(&mut page, detail);
        }
        page.into_text()
    }
}

impl CheckReport {
    fn new(check: &Checked, setting: Option<&PreflightSetting>, voice: Voice) -> CheckReport {
        let (mut seen, mut remedy, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        for observed in &check.observed {
            let (text, advice) = words::observed(observed, voice);
            seen.push(text);
            let matters = observed.outcome() > CheckOutcome::Pass
                || matches!(observed, Observed::NotGiven { .. });
            remedy.extend(advice.filter(|_| matters));
            match observed {
                Observed::Found { finding, .. } | Observed::Open { finding, .. } => {
                    codes.push(finding.problem.code());
                }
                Observed::ConfigurationFault { fault } => codes.push(fault.problem.code()),
                _ => {}
            }
        }
        if let Some(resumed) = &check.resumed {
            seen.push(resumed.seen.clone());
        }
        // Several sites or hosts may lack the same.
        let mut known = std::collections::BTreeSet::new();
        remedy.retain(|advice| known.insert(advice.clone()));
        codes.dedup();
        CheckReport {
            id: check.id,
            title: words::title(check.id),
            group: check.id.group(),
            outcome: check.outcome,
            observed: seen,
            facts: check.observed.clone(),
            remedy,
            contact: (check.outcome > CheckOutcome::Pass).then(|| check.id.team_for(&codes)),
            codes,
            command: setting.map(|setting| printable(&words::repeat(check.id, setting))),
            resumed: check.resumed.as_ref().map(|resumed| resumed.at),
            took_ms: check.took_ms,
        }
    }

    fn render(&self, page: &mut Page, detail: Detail) {
        let (sign, style) = match self.outcome {
            CheckOutcome::Pass => ("✓", Style::new()),
            CheckOutcome::Warn => ("!", style(Severity::Warning)),
            CheckOutcome::Fail => ("✗", style(Severity::Error)),
            CheckOutcome::NotDecided => ("?", style(Severity::Warning)),
            CheckOutcome::NotApplicable => ("·", Style::new()),
        };
        let word = word(self.outcome);
        let prefix = format!("{style}{sign} {word:<15}{style:#}");
        page.paragraph_after(&prefix, 17, 17, self.title);
        let quiet = matches!(
            self.outcome,
            CheckOutcome::Pass | CheckOutcome::NotApplicable
        );
        if quiet && detail != Detail::Full {
            return;
        }
        for seen in &self.observed {
            page.paragraph("    ", 4, seen);
        }
        for remedy in &self.remedy {
            page.paragraph("    ", 4, &format!("→ {remedy}"));
        }
        if let Some(ask) = self.contact {
            page.paragraph("    ", 4, &format!("ask {}", words::team(ask)));
        }
        // In one object, so that it can be copied.
        if let Some(command) = &self.command {
            page.line(&format!("    $ {command}"));
        }
    }
}

/// An outcome in a word or three.
pub(in crate::report) fn word(outcome: CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Pass => "pass",
        CheckOutcome::Warn => "warn",
        CheckOutcome::Fail => "fail",
        CheckOutcome::NotDecided => "not decided",
        CheckOutcome::NotApplicable => "not applicable",
    }
}

/// Firewall rules as CSV (RFC 4180).
pub fn csv(rules: &[FirewallRule]) -> String {
    let mut text = "direction,source,destination,protocol,port,purpose\n".to_owned();
    for rule in rules {
        let FirewallRule {
            direction,
            source,
            destination,
            port,
            purpose,
        } = rule;
        let (source, destination) = (field(source), field(destination));
        text.push_str(&format!(
            "{direction},{source},{destination},TCP,{port},{purpose}\n"
        ));
    }
    text
}

/// A field of a CSV file, on one line: quoted where it has to be, and nothing that a spreadsheet would take for a formula.
fn field(text: &str) -> String {
    let text = printable(text);
    let text = match text.starts_with(['=', '+', '-', '@']) {
        true => format!("'{text}"),
        false => text,
    };
    match text.contains(['"', ',', ';']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

/// Firewall rules as a Markdown table.
pub fn markdown(rules: &[FirewallRule]) -> String {
    let mut text =
        "| direction | source | destination | protocol | port | purpose |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for rule in rules {
        let (source, destination) = (plain(&rule.source), plain(&rule.destination));
        text.push_str(&format!(
            "| {} | {source} | {destination} | TCP | {} | {} |\n",
            rule.direction, rule.port, rule.purpose
        ));
    }
    text
}

/// What the forms for DNS, endpoint and firewall ask for, filled in with what is known; nothing is invented. File names
/// and texts.
pub fn request_pack(
    report: &PreflightReport,
    preflight: &Preflight,
    rules: &[FirewallRule],
) -> Vec<(&'static str, String)> {
    const OPEN: &str = "(to be filled in)";
    let field = |text: &mut String, name: &str, value: Option<String>| {
        let value = value.unwrap_or_else(|| OPEN.to_owned());
        text.push_str(&format!("- {name}: {value}\n"));
    };
    let addresses = report
        .checks
        .iter()
        .find(|check| check.id == CheckId::NameResolves && check.outcome == CheckOutcome::Pass)
        .map(|check| check.observed.join(", "));
    let own = preflight.chain.first();
    let mut dns = format!("# DNS request for {}\n\n", report.fqdn);
    field(
        &mut dns,
        "Fully qualified domain name",
        Some(report.fqdn.clone()),
    );
    field(
        &mut dns,
        "Environment",
        Some(report.environment_title.clone()),
    );
    field(&mut dns, "IP address", addresses);
    for name in [
        "Organisation and ODS code",
        "Contact name",
        "Contact e-mail",
        "Reason",
    ] {
        field(&mut dns, name, None);
    }
    let mut endpoint = format!("# Endpoint request for {}\n\n", report.fqdn);
    field(
        &mut endpoint,
        "Fully qualified domain name",
        Some(report.fqdn.clone()),
    );
    field(
        &mut endpoint,
        "Environment",
        Some(report.environment_title.clone()),
    );
    field(
        &mut endpoint,
        "Endpoint URL",
        Some(format!("https://{}/{OPEN}", report.fqdn)),
    );
    field(
        &mut endpoint,
        "Certificate subject",
        own.map(|own| own.subject.to_string()),
    );
    field(
        &mut endpoint,
        "Certificate issuer",
        own.map(|own| own.issuer.to_string()),
    );
    field(
        &mut endpoint,
        "Certificate SHA-256",
        own.map(|own| own.sha256.to_string()),
    );
    field(
        &mut endpoint,
        "Certificate valid until",
        own.map(|own| own.not_after.to_string()),
    );
    for name in [
        "Organisation and ODS code",
        "Product name and version",
        "Party key",
        "ASID",
        "Interactions",
        "Contact name",
        "Contact e-mail",
    ] {
        field(&mut endpoint, name, None);
    }
    let mut product = "# Product request\n\n".to_owned();
    for name in [
        "Organisation and ODS code",
        "Product name and version",
        "Manufacturer",
        "Interactions",
        "Contact name",
        "Contact e-mail",
    ] {
        field(&mut product, name, None);
    }
    field(
        &mut product,
        "Environment",
        Some(report.environment_title.clone()),
    );
    field(&mut product, "Endpoint", Some(report.fqdn.clone()));
    vec![
        ("dns-request.md", dns),
        ("endpoint-request.md", endpoint),
        ("product-request.md", product),
        ("firewall-rules.csv", csv(rules)),
        (
            "firewall-rules.md",
            format!(
                "# Firewall rules for {}\n\n{}",
                report.fqdn,
                markdown(rules)
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_has_to_be_and_is_no_formula() {
        for (text, expected) in [
            ("a.nhs.uk", "a.nhs.uk"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "'=1+1"),
            ("@x,y", "\"'@x,y\""),
            ("a\nb", "a\\u{a}b"),
        ] {
            assert_eq!(field(text), expected);
        }
    }
}
