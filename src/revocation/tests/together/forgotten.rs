//! What a CRL does not have and need not have: expired certificates, and entries that were removed.

use super::*;

/// All certificates of these tests expire 100 days after NOW.
const EXPIRED: i64 = NOW + 100 * DAY;

fn expired_certs_on_crl(since: i64) -> Vec<u8> {
    extension(60, false, &generalized(since))
}

fn generalized(at: i64) -> Vec<u8> {
    let text = moment(at).to_string().replace(['-', ':', 'T'], "");
    wrap(0x18, text.as_bytes())
}

#[test]
fn a_crl_made_after_the_certificate_expired_does_not_clear_it() {
    let mut scene = Scene::new(&[]);
    scene.at = EXPIRED + 10 * DAY;
    let later = || draft().times(EXPIRED + DAY, Some(EXPIRED + 20 * DAY));
    assert!(matches!(
        only(scene.say(&[later()])),
        UnusableCause::CertificateExpired { .. }
    ));
    // What it contains is revoked anyway.
    listed(scene.say(&[later().entry(2, &[])]));
    // One that was made in time, by the second, and one that keeps expired certificates clear it.
    not_listed(scene.say(&[draft().times(EXPIRED, Some(EXPIRED + 20 * DAY))]));
    not_listed(scene.say(&[later().extension(expired_certs_on_crl(EXPIRED))]));
    // One that keeps only those that expired later does not.
    let keeps_others = later().extension(expired_certs_on_crl(EXPIRED + 1));
    assert!(matches!(
        only(scene.say(&[keeps_others])),
        UnusableCause::CertificateExpired { .. }
    ));
}

#[test]
fn an_entry_with_the_reason_remove_from_crl_in_a_complete_crl_decides_nothing() {
    let scene = Scene::new(&[]);
    let removed = || draft().entry(2, &[reason(8)]);
    assert!(matches!(
        only(scene.say(&[removed()])),
        UnusableCause::RemovedInComplete
    ));
    // Another entry for the same certificate does.
    let held = removed().entry(2, &[reason(6)]);
    assert_eq!(
        listed(scene.say(&[held])).entry.reason,
        Some(RevocationReason::CertificateHold)
    );
}
