//! What stands in the cache already: renewed where nobody says what is wanted, and taken away.

use ptl_cert::wire::host::Reply;

use super::rig::{Ran, Rig, digest};
use crate::program::ptl_cert;

const CRL: &str = "application/pkix-crl";

#[test]
fn without_arguments_every_crl_that_came_from_an_address_is_renewed() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let newer = crl.clone();
    rig.answers(move |_| Reply::ok(CRL, newer.clone()));
    rig.run(&["update"])
        .expect(0, &["1 installed, 1 unchanged"]);
    assert!(
        rig.installed()
            .values()
            .any(|sha256| *sha256 == digest(&crl))
    );
    // Another list under the same address is not taken for its successor.
    let (ca, partition) = (rig.place().issuer_id(), rig.place().partition());
    let other = rig.other_crl(|place| place.issuer_id() == ca && place.partition() != partition);
    let before = rig.installed();
    rig.answers(move |_| Reply::ok(CRL, other.clone()));
    rig.run(&["update"])
        .expect(1, &["does not replace the installed one"]);
    assert_eq!(rig.installed(), before);
}

#[test]
fn without_arguments_a_damaged_crl_is_healed_and_one_that_was_imported_is_not_forgotten() {
    let rig = Rig::with_crls();
    let brought = rig.crls_manual_import().remove(0);
    std::fs::write(rig.folder().join("brought.crl"), brought).unwrap();
    rig.run(&["import", "brought.crl"])
        .expect(0, &["installed"]);
    rig.run(&["update"]).expect(0, &["2 unchanged, 1 imported"]);
    for slot in std::fs::read_dir(rig.cache().join("crls")).unwrap() {
        for file in std::fs::read_dir(slot.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "crl") {
                std::fs::write(path, b"").unwrap();
            }
        }
    }
    let says = ["2 unchanged", "is damaged and is not used"];
    rig.run(&["update"]).expect(3, &says);
    rig.run(&["import", "brought.crl"]).expect(0, &[]);
    rig.run(&["update"]).expect(0, &["1 imported"]);
}

#[test]
fn a_crl_that_was_imported_from_an_address_counts_once() {
    let rig = Rig::with_crls();
    let crls = rig.crls_manual_import();
    let mut urls = Vec::new();
    for (number, crl) in crls.into_iter().enumerate() {
        let path = format!("/mirror/{number}.crl");
        urls.push(format!("{}{path}", rig.base_url()));
        rig.answers_at(&path, move |_| Reply::ok(CRL, crl.clone()));
    }
    for url in &urls {
        rig.run(&["import", url]).expect(0, &["installed"]);
    }
    let ran = rig.run(&["update", "client.der", "--env", "lab-int"]);
    ran.expect(0, &["unchanged"]);
    assert!(!ran.text.contains(" imported"), "{}", ran.text);
}

#[test]
fn the_crl_of_a_partition_that_no_client_is_in_any_more_can_be_taken_away() {
    let rig = Rig::with_crls();
    let (ca, partition) = (rig.place().issuer_id(), rig.place().partition());
    let other = rig.other_crl(|place| place.issuer_id() == ca && place.partition() != partition);
    std::fs::write(rig.folder().join("other.crl"), other).unwrap();
    rig.run(&["import", "other.crl"]).expect(0, &["installed"]);
    // Without the rig's moment.
    let run = |words: &[&str]| {
        let mut command = ptl_cert(rig.folder());
        command.arg("crl").args(words).args(["--cache", "cache"]);
        Ran::of(&command.output().unwrap())
    };
    let later = "2027-01-20T00:00:00Z";
    let plan = ["plan", "--env", "lab-int", "client.der", "--at", later];
    let plan = [&plan[..], &["--facts", "facts.toml"]].concat();
    run(&plan).expect(1, &["If no client is in this partition any more"]);
    run(&["remove", "other.crl"]).expect(0, &["1 CRL removed"]);
    let left = run(&plan);
    left.expect(1, &["client"]);
    assert!(!left.text.contains("this partition"), "{}", left.text);
    assert_eq!(rig.answer(), 0);
    run(&["remove", "other.crl"]).expect(1, &["unknown"]);
}

#[cfg(unix)]
#[test]
fn the_line_for_prometheus_in_the_help_keeps_no_bad_news_back() {
    let rig = Rig::with_crls();
    let help = ptl_cert(rig.folder())
        .args(["crl", "status", "--help"])
        .output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    let start = help.find("ptl-cert crl status --format prometheus >");
    let line = help[start.unwrap()..].split("\n\n").next().unwrap();
    let here = format!("'{}' ", env!("CARGO_BIN_EXE_ptl-cert"));
    let line = line.replacen("ptl-cert ", &here, 1);
    for (at, worst) in [("2027-01-08T00:00:00Z", 0), ("2027-03-01T00:00:00Z", 2)] {
        let at = format!("--cache cache --at {at} --format");
        let line = line.replacen("--format", &at, 1);
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &line]).current_dir(rig.folder());
        assert!(shell.status().unwrap().success(), "{line}");
        let metrics = std::fs::read_to_string(rig.folder().join("crl.prom")).unwrap();
        let sample = format!("\nptl_crl_worst_urgency {worst}\n");
        assert!(metrics.contains(&sample), "{metrics}");
    }
}
