//! Lists that may not be installed, however well they arrive.

use ptl_cert::lab::Defect;
use ptl_cert::wire::host::Reply;

use super::rig::{DAY, NOW, Rig, now};

/// An update to which the server answers with this CRL is refused, and says so.
fn is_refused(crl: impl Fn(&Rig) -> Vec<u8>, says: &[&str]) {
    let rig = Rig::with_crls();
    let crl = crl(&rig);
    let says = [&["rejected", "the installed CRL stays"], says].concat();
    let answer = move |_: &_| Reply::ok("application/pkix-crl", crl.clone());
    rig.refuses(answer, &[], 1, &says);
}

#[test]
fn a_crl_of_another_ca_is_refused() {
    let says = ["crl-issuer", "was expected"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlOtherIssuer]), &says);
}

#[test]
fn a_crl_with_a_bad_signature_is_refused() {
    let says = ["crl-signature", "does not match any key of"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlBadSignature]), &says);
}

#[test]
fn a_crl_signed_with_another_key_in_the_cas_name_is_refused() {
    let says = ["crl-signature"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlSiblingKey]), &says);
}

#[test]
fn a_crl_signed_with_md5_is_refused() {
    is_refused(|rig| rig.crl_now(&[Defect::CrlMd5]), &["broken-signature"]);
}

#[test]
fn a_crl_of_another_partition_is_refused() {
    let other = |rig: &Rig| {
        let (ca, partition) = (rig.place().issuer_id(), rig.place().partition());
        rig.other_crl(|place| place.issuer_id() == ca && place.partition() != partition)
    };
    is_refused(other, &["crl-scope", "it is the partition of"]);
    let says = ["crl-scope"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlWrongPartition]), &says);
}

#[test]
fn a_crl_for_attribute_certificates_is_refused() {
    is_refused(|rig| rig.crl_now(&[Defect::CrlWrongKind]), &["crl-scope"]);
}

#[test]
fn a_delta_where_the_certificate_names_the_whole_crl_is_refused() {
    let says = ["crl-delta", "a complete CRL was expected"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlDelta]), &says);
}

#[test]
fn a_crl_made_before_the_installed_one_is_refused() {
    let older = |rig: &Rig| rig.crl(now().unix() - 2 * DAY, &[]);
    let says = [
        "crl-rollback",
        "older than the installed one: it was issued at 2027-01-06",
    ];
    is_refused(older, &says);
}

#[test]
fn a_crl_with_a_lower_number_than_the_installed_one_is_refused() {
    let says = [
        "crl-rollback",
        "older than the installed one: it has number",
    ];
    is_refused(|rig| rig.crl_now(&[Defect::CrlRollbackNumber]), &says);
}

#[test]
fn a_crl_that_lost_its_number_is_refused() {
    let says = ["crl-rollback", "it has no number"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlNoNumber]), &says);
}

#[test]
fn an_expired_crl_is_refused() {
    let says = ["crl-stale", "expired at"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlStale]), &says);
}

#[test]
fn a_crl_that_is_not_yet_valid_is_refused() {
    let says = ["crl-not-yet-valid", "check this machine's clock"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlNotYetValid]), &says);
}

#[test]
fn a_crl_without_next_update_is_refused() {
    let says = ["crl-no-next-update"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlNoNextUpdate]), &says);
}

#[test]
fn a_crl_with_an_unknown_critical_extension_is_refused() {
    let says = ["crl-unknown-critical"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlUnknownCritical]), &says);
    is_refused(|rig| rig.crl_now(&[Defect::CrlEntryUnknownCritical]), &says);
}

#[test]
fn a_crl_whose_entries_name_other_issuers_without_saying_so_is_refused() {
    let says = ["crl-indirect"];
    is_refused(|rig| rig.crl_now(&[Defect::CrlIndirectUnmarked]), &says);
}

#[test]
fn a_crl_with_a_damaged_entry_is_no_crl() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[Defect::CrlUnreadable]);
    let answer = move |_: &_| Reply::ok("application/pkix-crl", crl.clone());
    rig.refuses(answer, &[], 3, &["failed", "crl-unreadable"]);
}

#[test]
fn an_older_crl_is_installed_where_that_is_allowed_and_said() {
    let rig = Rig::with_crls();
    let older = rig.crl(now().unix() - 2 * DAY, &[]);
    std::fs::write(rig.folder().join("older.crl"), &older).unwrap();
    let before = rig.installed();
    let refused = rig.run(&["import", "older.crl"]);
    refused.expect(
        1,
        &[
            "crl-rollback",
            "--allow-rollback",
            "the installed CRL stays",
        ],
    );
    assert_eq!(rig.installed(), before);
    let allowed = rig.run(&["import", "older.crl", "--allow-rollback"]);
    allowed.expect(0, &["installed although the CRL is older"]);
    assert!(
        rig.installed()
            .values()
            .any(|sha256| *sha256 == super::rig::digest(&older))
    );
}

#[test]
fn a_later_crl_with_the_number_of_the_installed_one_is_installed_and_that_is_said() {
    let rig = Rig::new();
    for (days, file) in [(2, "monday.crl"), (1, "tuesday.crl")] {
        // Both have the number 0.
        let crl = rig.crl(now().unix() - days * DAY, &[Defect::CrlRollbackNumber]);
        std::fs::write(rig.folder().join(file), crl).unwrap();
    }
    let first = rig.run(&["import", "monday.crl"]);
    first.expect(0, &[]);
    assert!(!first.text.contains("as the CRL that it replaces"));
    rig.run(&["import", "tuesday.crl"])
        .expect(0, &["as the CRL that it replaces", "ask the CA"]);
}

#[test]
fn a_later_crl_with_the_number_of_the_installed_one_that_lost_a_revocation_is_refused() {
    let mut rig = Rig::new();
    let restored = rig.crl(now().unix() - DAY, &[Defect::CrlRollbackNumber]);
    rig.revoke_client(now().unix() - 3 * DAY);
    let revoking = rig.crl(now().unix() - 2 * DAY, &[Defect::CrlRollbackNumber]);
    std::fs::write(rig.folder().join("revoking.crl"), revoking).unwrap();
    std::fs::write(rig.folder().join("restored.crl"), restored).unwrap();
    rig.run(&["import", "revoking.crl"]).expect(0, &[]);
    let before = rig.installed();
    rig.run(&["import", "restored.crl"]).expect(
        1,
        &[
            "crl-conflict",
            "lists 0 certificates, the installed one 1",
            "the installed CRL stays",
        ],
    );
    assert_eq!(rig.installed(), before);
}

#[test]
fn a_crl_of_an_unknown_ca_is_imported_only_with_its_certificate() {
    let rig = Rig::new();
    let crl = rig.crl_now(&[]);
    std::fs::write(rig.folder().join("brought.crl"), crl).unwrap();
    let mut stranger = crate::program::ptl_cert(rig.folder());
    stranger.args([
        "crl",
        "import",
        "brought.crl",
        "--cache",
        "other",
        "--at",
        NOW,
    ]);
    let ran = super::rig::Ran::of(&stranger.output().unwrap());
    ran.expect(
        1,
        &["crl-signer-missing", "give its certificate with --issuer"],
    );
}
