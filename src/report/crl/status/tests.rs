//! The formats of the status.

use super::*;
use crate::document::der::wrap;
use crate::document::extension::Scope;
use crate::document::{Hex, Name, Serial};
use crate::report::crl::facts::Known;
use crate::report::layout::Detail;
use crate::verdict::freshness::{Dates, RefreshPolicy};

const DAY: i64 = 86_400;
const NOW: i64 = 1_798_761_600;

fn at(seconds: i64) -> Moment {
    Moment::from_unix(NOW + seconds).unwrap()
}

/// `CN=…`.
fn name(common_name: &str) -> Name {
    let pair = [vec![6, 3, 0x55, 4, 3], wrap(12, common_name.as_bytes())].concat();
    Name::read(&wrap(0x30, &wrap(0x31, &wrap(0x30, &pair)))).unwrap()
}

fn crl(issuer: &str, next_update: i64, checked_at: i64) -> CrlStatus {
    made(issuer, -2 * DAY, next_update, checked_at)
}

fn made(issuer: &str, this_update: i64, next_update: i64, checked_at: i64) -> CrlStatus {
    let known = Known {
        issuer: name(issuer),
        distribution_point: vec!["http://crl.example/\"a\\b\".crl".to_owned()],
        scope: Scope::All,
        number: Some(Serial::from_octets(&[7])),
        base_number: None,
        this_update: at(this_update),
        next_update: Some(at(next_update)),
        entries: 3,
        length: 261,
        sha256: Some(Hex([0; 32])),
        warnings: Vec::new(),
    };
    let crl = InstalledCrl {
        slot: "0".repeat(32),
        known,
        source: "http://crl.example/a.crl".to_owned(),
        fetched_at: at(checked_at),
        checked_at: at(checked_at),
    };
    let dates = Dates {
        this_update: crl.known.this_update,
        next_update: crl.known.next_update,
        checked_at: crl.checked_at,
    };
    let policy = RefreshPolicy {
        every: 7 * DAY,
        within: 2 * DAY,
    };
    let freshness = Freshness::of(&dates, &policy, at(0));
    CrlStatus::new(crl, freshness, at(0), Voice::CommandLine)
}

fn report(crls: Vec<CrlStatus>, failing: Vec<FailingSource>) -> StatusReport {
    let terms = (7 * DAY, 2 * DAY);
    StatusReport::joined(
        at(0),
        "/cache".to_owned(),
        terms,
        crls,
        failing,
        Vec::new(),
        Voice::CommandLine,
    )
}

fn failing(last_success: Option<i64>) -> FailingSource {
    FailingSource {
        source: "http://crl.example/b.crl".to_owned(),
        at: at(-60),
        since: at(-DAY),
        last_success: last_success.map(at),
        code: "fetch".to_owned(),
        reason: "status 404 | gone".to_owned(),
        instead: None,
        remedy: None,
        urgency: match last_success {
            Some(_) => Urgency::Due,
            None => Urgency::Critical,
        },
    }
}

#[test]
fn nagios_gets_one_line_with_its_state_and_numbers_and_its_own_exit_status() {
    let fresh = report(vec![crl("Sub | CA", 10 * DAY, 0)], Vec::new());
    assert_eq!(
        fresh.nagios(),
        "CRL OK - 1 CRL, 1 fresh, 0 due, 0 critical; the next is due at 2027-01-08T00:00:00Z \
         | crls=1;;;0 due=0;;;0 critical=0;;;0 missing=0;;;0 failing=0;;;0 left=864000s;172800:;0:\n"
    );
    assert_eq!(fresh.nagios_exit(), 0);
    let due = report(vec![crl("Sub | CA", DAY, 0)], Vec::new());
    let line = due.nagios();
    assert!(line.starts_with("CRL WARNING - "), "{line}");
    assert_eq!(line.matches('|').count(), 1);
    assert_eq!(due.nagios_exit(), 1);
    let expired = report(
        vec![crl("Sub", -1, 0), crl("Root", 10 * DAY, 0)],
        Vec::new(),
    );
    assert!(
        expired
            .nagios()
            .starts_with("CRL CRITICAL - 2 CRLs, 1 fresh, 0 due, 1 critical; Sub")
    );
    assert_eq!(expired.nagios_exit(), 2);
}

#[test]
fn a_cache_without_crls_is_critical() {
    let empty = report(Vec::new(), Vec::new());
    assert_eq!(empty.urgency, Urgency::Critical);
    assert!(
        empty
            .message
            .contains("no CRL is installed; use ptl-cert crl update --env ENV CERT or ptl-cert crl import --env ENV FILE"),
        "{}",
        empty.message
    );
}

#[test]
fn a_source_that_never_answered_is_critical_beside_fresh_crls() {
    let fresh = || vec![crl("Sub", 10 * DAY, 0)];
    assert_eq!(
        report(fresh(), vec![failing(None)]).urgency,
        Urgency::Critical
    );
    let once = report(fresh(), vec![failing(Some(-3 * DAY))]);
    assert_eq!(once.urgency, Urgency::Due);
    assert!(
        once.message.contains("has failed since 2026-12-31"),
        "{}",
        once.message
    );
}

#[test]
fn a_source_that_never_answered_is_counted_where_the_state_is_critical_for_it() {
    let report = report(vec![crl("Sub", 10 * DAY, 0)], vec![failing(None)]);
    let counts = "1 CRL, 1 fresh, 0 due, 0 critical, 1 never fetched";
    assert!(report.message.starts_with(counts), "{}", report.message);
    let line = report.nagios();
    assert!(line.contains(" critical=1;"), "{line}");
}

#[test]
fn an_expired_crl_has_something_to_do() {
    let expired = crl("Sub", -1, 0);
    assert!(
        expired
            .message
            .ends_with("run ptl-cert crl update or ptl-cert crl import FILE now"),
        "{}",
        expired.message
    );
}

#[test]
fn a_source_that_answered_with_something_else_than_the_next_crl_is_not_called_out_of_reach() {
    let of = |code: &str| retry(code, Voice::CommandLine);
    assert!(of("fetch").starts_with("check that this machine can reach it"));
    assert!(of("crl-rollback").starts_with("the source answered, but with an older CRL"));
    assert!(of("crl-unreadable").starts_with("the source answered, but not with a CRL"));
    assert!(of("cache").starts_with("run ptl-cert crl update again"));
}

#[test]
fn prometheus_gets_escaped_labels_and_moments_in_seconds() {
    let text = report(vec![crl("Sub", 10 * DAY, 0)], vec![failing(None)]).prometheus();
    let sample = "ptl_crl_next_update_seconds{issuer=\"CN=Sub\",\
        point=\"http://crl.example/\\\"a\\\\b\\\".crl\",delta=\"false\",\
        slot=\"00000000000000000000000000000000\"} 1799625600\n";
    assert!(text.contains(sample), "{text}");
    assert!(text.contains("# TYPE ptl_crl_next_update_seconds gauge\n"));
    assert!(
        text.contains("ptl_crl_source_failing_since_seconds{source=\"http://crl.example/b.crl\"} ")
    );
    assert!(text.contains("\nptl_crl_worst_urgency 2\n"));
    for line in text.lines() {
        assert!(line.starts_with("# ") || line.rsplit_once(' ').unwrap().1.parse::<i64>().is_ok());
    }
}

#[test]
fn prometheus_gets_no_sample_twice_where_two_points_share_an_address() {
    let later = FailingSource {
        since: at(-60),
        ..failing(None)
    };
    let text = report(Vec::new(), vec![later, failing(Some(-3 * DAY))]).prometheus();
    let mut known = std::collections::HashSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        assert!(known.insert(series), "twice: {series}");
    }
    let since = format!("{{source=\"http://crl.example/b.crl\"}} {}\n", NOW - DAY);
    assert!(text.contains(&since), "{text}");
}

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let judged = |text: &str| {
        let mut child = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        child.stdin.take().unwrap().write_all(text.as_bytes())?;
        child.wait_with_output()
    };
    let crls = vec![crl("Sub", 10 * DAY, 0), crl("S\u{fc}b", -DAY, 0)];
    let text = report(crls, vec![failing(None)]).prometheus();
    let Ok(output) = judged(&text) else {
        eprintln!("SKIPPED: there is no promtool");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
    let wrong = text.replacen(" gauge\n", " gouge\n", 1);
    assert!(!judged(&wrong).unwrap().status.success());
}

#[test]
fn every_format_says_that_this_machines_clock_cannot_be_right() {
    let early = report(vec![made("Sub", 60, 10 * DAY, 0)], Vec::new());
    assert!(early.nagios().starts_with("CRL CRITICAL - "));
    assert!(early.nagios().contains("issued in the future"));
    assert!(early.render(Detail::Full, 100).contains("not yet valid"));
    assert!(early.prometheus().contains("cause=\"not_yet_valid\"} 1\n"));
    let json = serde_json::to_value(&early.crls[0]).unwrap();
    assert_eq!(json["cause"], "not_yet_valid");

    let back = report(vec![crl("Sub", 10 * DAY, DAY)], Vec::new());
    assert!(back.nagios().starts_with("CRL WARNING - "));
    assert!(back.nagios().contains("1 day before the last fetch"));
    assert!(back.render(Detail::Full, 100).contains("clock set back"));
    assert!(back.prometheus().contains("cause=\"clock_set_back\"} 1\n"));
    let json = serde_json::to_value(&back.crls[0]).unwrap();
    assert_eq!(json["cause"], "clock_set_back");
}

#[test]
fn the_most_urgent_crl_comes_first() {
    let crls = vec![
        crl("Fresh", 20 * DAY, 0),
        crl("Ended", -1, 0),
        crl("Due", DAY, 0),
    ];
    let names: Vec<String> = report(crls, Vec::new())
        .crls
        .iter()
        .map(|crl| crl.crl.known.issuer.short())
        .collect();
    assert_eq!(names, ["Ended", "Due", "Fresh"]);
}

#[test]
fn equally_urgent_crls_are_sorted_by_ca_and_partition() {
    let partition = |issuer: &str, number: usize, days: i64| {
        let mut crl = crl(issuer, days * DAY, 0);
        crl.crl.known.distribution_point = vec![format!("http://crl.example/crlc{number}.crl")];
        crl
    };
    let crls = vec![
        partition("Sub B", 2, 8),
        partition("Sub A", 10, 11),
        partition("Sub A", 9, 20).superseded(Voice::CommandLine),
        partition("Sub A", 9, 12),
    ];
    let report = report(crls, Vec::new());
    let named = |crl: &CrlStatus| {
        let known = &crl.crl.known;
        let (ca, point) = (known.issuer.short(), &known.distribution_point[0]);
        format!("{ca} {}", point.rsplit('/').next().unwrap())
    };
    let names: Vec<String> = report.crls.iter().map(named).collect();
    let sorted = [
        "Sub A crlc9.crl",
        "Sub A crlc10.crl",
        "Sub B crlc2.crl",
        "Sub A crlc9.crl",
    ];
    assert_eq!(names, sorted);
    assert!(report.crls[3].superseded);
    // The next to be renewed is not the first row.
    let next = report.crls[2].freshness.due;
    assert!(report.message.ends_with(&format!("due at {next}")));
}
