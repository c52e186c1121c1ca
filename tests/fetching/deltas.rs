//! Deltas beside the CRLs that they build on.

use ptl_cert::lab::{Defect, Generation, LabEnvironment, Party};
use ptl_cert::wire::host::Reply;

use super::rig::Rig;

const CRL: &str = "application/pkix-crl";

#[test]
fn a_server_is_asked_only_for_what_is_newer_although_it_has_deltas_beside_its_crls() {
    let rig = Rig::new();
    let mut update = vec!["update".to_owned()];
    for environment in [LabEnvironment::Int, LabEnvironment::Live] {
        for generation in [Generation::G1, Generation::G2] {
            let name = format!("{environment:?}-{generation:?}.der");
            let client = rig.identity(Party::Caller, environment, generation);
            std::fs::write(rig.folder().join(&name), client).unwrap();
            update.push(name);
        }
    }
    let update: Vec<&str> = update.iter().map(String::as_str).collect();
    for (path, crl, delta) in rig.lists_with_deltas() {
        rig.answers_at(&path, move |question| {
            match question.header("If-None-Match") {
                Some(_) => Reply::new(304),
                None => Reply::ok(CRL, crl.clone()).with("ETag", "\"seven\""),
            }
        });
        std::fs::write(rig.folder().join("delta.crl"), delta).unwrap();
        match path.contains("expired") {
            // One root of the lab has expired, and its CRL is refused.
            true => rig
                .run(&["import", "delta.crl"])
                .expect(1, &["crl-signer-not-valid"]),
            false => rig
                .run(&["import", "delta.crl"])
                .expect(0, &["it is a delta"]),
        }
    }
    rig.run(&update).expect(0, &["8 installed"]);
    for (path, ..) in rig.lists_with_deltas() {
        rig.answers_at(&path, |question| {
            let known = question.header("If-None-Match");
            Reply::new(if known.is_some() { 304 } else { 500 })
        });
    }
    rig.run(&update).expect(0, &["8 unchanged"]);
}

#[test]
fn a_ca_of_which_there_is_only_a_delta_has_no_crl() {
    let rig = Rig::new();
    let delta = rig.crl_now(&[Defect::CrlDelta]);
    std::fs::write(rig.folder().join("delta.crl"), delta).unwrap();
    rig.run(&["import", "delta.crl"])
        .expect(0, &["it is a delta"]);
    rig.run(&["status", "--env", "lab-int"])
        .expect(1, &["the CRL of LAB INT Level 1C"]);
}
