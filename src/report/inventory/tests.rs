//! The formats of the inventory.

use super::*;
use crate::ops::Context;
use crate::ops::gather::Named;
use crate::ops::inventory::{Options, inventory};
use crate::report::layout::Detail;
use crate::report::plain;

const LEAF: &[u8] = include_bytes!("../../../tests/data/pki/leaf.pem");

fn report(at: &str, named: &[(&str, &[u8])], voice: Voice) -> InventoryReport {
    let named = named
        .iter()
        .map(|(name, bytes)| Named::given((*name).to_owned(), *bytes));
    let facts = crate::environment::Facts::built_in().unwrap();
    let context = Context::new(at.parse().unwrap(), facts);
    InventoryReport::in_voice(&inventory(&Options::new(named), &context), voice)
}

const LONG_BEFORE: &str = "2027-01-01T00:00:00Z";
const SOON: &str = "2028-12-01T00:00:00Z";
const LATE: &str = "2029-02-01T00:00:00Z";

#[test]
fn nagios_gets_one_line_with_its_state_and_its_own_exit_status() {
    let odd = "leaf | .pem";
    for (at, exit, begins) in [
        (
            LONG_BEFORE,
            0,
            "CERT OK - 1 certificate: 1 current; first to expire: ",
        ),
        (
            SOON,
            1,
            "CERT WARNING - 1 certificate: 1 to renew; first to expire: ",
        ),
        (
            LATE,
            2,
            "CERT CRITICAL - 1 certificate: 1 expired; first to expire: ",
        ),
    ] {
        let report = report(at, &[(odd, LEAF)], Voice::CommandLine);
        let line = report.nagios();
        assert!(line.starts_with(begins), "{line}");
        assert_eq!((line.matches('|').count(), line.lines().count()), (1, 1));
        assert_eq!(report.nagios_exit(), exit);
    }
}

#[test]
fn what_was_not_read_is_unknown_to_nagios_unless_something_has_expired() {
    let damaged = &LEAF[..LEAF.len() / 2];
    for (at, exit, nagios) in [(LONG_BEFORE, 3, 3), (SOON, 3, 3), (LATE, 3, 2)] {
        let report = report(at, &[("a", LEAF), ("b", damaged)], Voice::CommandLine);
        assert_eq!((report.exit, report.nagios_exit()), (exit, nagios), "{at}");
        assert!(
            report.message.ends_with("; 1 not read"),
            "{}",
            report.message
        );
    }
    let nothing = report(LONG_BEFORE, &[], Voice::CommandLine);
    assert_eq!((nothing.exit, nothing.nagios_exit()), (3, 3));
}

#[test]
fn a_metric_has_its_labels_escaped_and_no_two_samples_have_the_same() {
    let crl = include_bytes!("../../../tests/data/pki/list.crl");
    let mut report = report(
        LONG_BEFORE,
        &[("a\"b\\c", LEAF), ("crl", &crl[..])],
        Voice::Neutral,
    );
    let metrics = report.prometheus();
    assert!(metrics.contains("place=\"a\\\"b\\\\c:1\"} 18"), "{metrics}");
    assert!(
        metrics.contains("ptl_crl_file_next_update_seconds{issuer=\"CN=Practice Sub CA"),
        "{metrics}"
    );
    assert!(
        metrics.ends_with("ptl_inventory_seconds 1798761600\n"),
        "{metrics}"
    );
    // As a caller may who calls two inputs the same.
    let same = report
        .entries
        .iter()
        .find(|entry| entry.kind == KindReport::Crl)
        .cloned();
    report.entries.extend(same);
    let lines: Vec<String> = report.prometheus().lines().map(str::to_owned).collect();
    let names: std::collections::HashSet<&str> = lines
        .iter()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, _)| name)
        .collect();
    let samples = lines.iter().filter(|line| !line.starts_with('#')).count();
    assert_eq!(names.len(), samples, "{lines:#?}");
}

/// What is reported of a CRL without nextUpdate and a certificate.
fn undated(at: &str) -> InventoryReport {
    let facts = crate::environment::Facts::built_in().unwrap();
    let context = Context::new(at.parse().unwrap(), facts);
    let crl = &include_bytes!("../../../tests/data/pki/list.crl")[..];
    let named = [
        Named::given("leaf.pem", LEAF),
        Named::given("list.crl", crl),
    ];
    let mut found = inventory(&Options::new(named), &context);
    for entry in &mut found.entries {
        if entry.kind == EntryKind::Crl {
            (entry.ends, entry.expiry) = (None, Expiry::Undated);
        }
    }
    found.entries.sort_by_key(|entry| entry.ends);
    InventoryReport::in_voice(&found, Voice::CommandLine)
}

#[test]
fn a_crl_without_next_update_is_no_first_to_expire_and_counts_the_same_in_every_format() {
    let report = undated(LATE);
    let name = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";
    assert_eq!(
        report.message,
        format!(
            "1 certificate and 1 CRL: 1 expired, 1 without nextUpdate; first to expire: {name} (expired 31 days ago)"
        )
    );
    let report = undated(LONG_BEFORE);
    let (line, metrics) = (report.nagios(), report.prometheus());
    assert!(
        line.contains(" CRITICAL - ") && line.contains(" undated=1;"),
        "{line}"
    );
    assert!(metrics.contains("\nptl_inventory_undated 1\n"), "{metrics}");
    assert_eq!((report.expiring, report.current, report.exit), (0, 1, 1));
}

#[test]
fn a_certificate_that_is_not_yet_valid_is_critical_unless_it_is_upcoming() {
    let before = "2025-12-31T00:00:00Z";
    let alone = report(before, &[("leaf.pem", LEAF)], Voice::CommandLine);
    assert_eq!((alone.exit, alone.nagios_exit()), (1, 2));
    let line = alone.nagios();
    assert!(line.contains("1 certificate: 1 not yet valid; "), "{line}");
    let metrics = alone.prometheus();
    assert!(
        metrics.contains("\nptl_inventory_not_yet_valid 1\n"),
        "{metrics}"
    );
    let text = plain(&alone.render(Detail::Usual, 80));
    assert!(text.contains("(from 2026-01-01)"), "{text}");
    let remedy = alone.entries[0].remedy.as_deref().unwrap();
    assert!(
        remedy.contains("install the certificate only then"),
        "{remedy}"
    );

    let new = &include_bytes!("../../../tests/data/renewed/new.pem")[..];
    let old = &include_bytes!("../../../tests/data/renewed/old.pem")[..];
    let both = [("new.pem", new), ("old.pem", old)];
    let report = report(LONG_BEFORE, &both, Voice::CommandLine);
    assert_eq!((report.exit, report.nagios_exit()), (0, 0));
    assert!(
        report.message.contains(": 1 current, 1 upcoming; "),
        "{}",
        report.message
    );
    assert!(report.prometheus().contains("\nptl_inventory_upcoming 1\n"));
}

#[test]
fn the_reason_is_there_in_every_detail() {
    let report = report(LATE, &[("leaf.pem", LEAF)], Voice::Neutral);
    for detail in [Detail::Usual, Detail::Full] {
        let text = plain(&report.render(detail, 80));
        assert!(
            text.contains("  because     the certificate expired 31 days ago"),
            "{text}"
        );
    }
}

#[test]
fn the_next_request_is_a_command_for_the_command_line_and_none_for_another_program() {
    let said = |voice| {
        let report = report(SOON, &[("leaf.pem", LEAF)], voice);
        report.entries[0].remedy.clone().unwrap()
    };
    assert!(
        said(Voice::CommandLine).ends_with(
            ": ptl-cert csr --fqdn gpc-int-a1b2c.supplier.thirdparty.nhs.uk --out-dir next"
        ),
        "{}",
        said(Voice::CommandLine)
    );
    assert!(!said(Voice::Neutral).contains("ptl-cert"));
}

#[test]
fn of_hundreds_that_have_expired_a_hundred_are_explained_and_the_rest_counted() {
    let mut report = report(LATE, &[("leaf.pem", LEAF)], Voice::CommandLine);
    let one = report.entries[0].clone();
    report.entries = vec![one; 130];
    let text = plain(&report.render(Detail::Usual, 80));
    assert_eq!(text.matches("✗ expired").count(), 100);
    assert!(
        text.contains("\n30 more are marked in the table\n"),
        "{text}"
    );
    let text = plain(&report.render(Detail::Full, 80));
    assert_eq!(text.matches("✗ expired").count(), 130);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for detail in [Detail::Brief, Detail::Usual, Detail::Full] {
        let report = report(LATE, &[("leaf.pem", LEAF)], Voice::Neutral);
        for line in plain(&report.render(detail, 80)).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn a_host_that_dns_does_not_know_may_have_been_meant_as_a_file() {
    use crate::ops::inventory::Unreached;
    use crate::ops::probe::Endpoint;
    use crate::verdict::connection::{LookUpOutcome, Observation, road};
    let mut observation = Observation::new("old.certs", 443);
    observation.look_up.outcome = LookUpOutcome::NotFound("no such name".to_owned());
    let unreached = Unreached {
        endpoint: Endpoint::parse("old.certs").unwrap(),
        reasons: road(&observation),
    };
    let report = UnreachedReport::new(&unreached, Voice::CommandLine);
    let remedy = report.remedy().unwrap();
    assert!(
        remedy.starts_with("if this is a file or folder, check its path"),
        "{remedy}"
    );
    // Another program knows which of the two it gave.
    let report = UnreachedReport::new(&unreached, Voice::Neutral);
    assert!(!report.remedy().unwrap().contains("folder"));
}
