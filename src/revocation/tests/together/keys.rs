//! Whose key may have signed a CRL: the issuer's own, one that self-issued certificates tie to it, and of other signers
//! only those with a valid path.

use super::*;

/// keyCertSign only: such a CA leaves its CRLs to another key.
const CERT_SIGN: &[u8] = &[3, 2, 2, 0x04];
/// keyCertSign and cRLSign.
const BOTH: &[u8] = &[3, 2, 1, 0x06];

/// A CA certificate named `CA` for a key, signed by another key of that name.
fn tie(key: &PKey<Private>, by: &PKey<Private>) -> Arc<Certificate> {
    certificate("CA", key, ("CA", by), &[9], &[(BASIC_CONSTRAINTS, IS_CA)])
}

#[test]
fn a_crl_by_another_key_of_the_issuers_name_says_nothing_about_what_the_issuers_key_signed() {
    // As AD CS renews a key: both certificates are of the same root, and nothing ties the keys.
    let root = new_key();
    let sub = |key: &PKey<Private>| {
        let extensions = [(BASIC_CONSTRAINTS, IS_CA), (KEY_USAGE, BOTH)];
        certificate("CA", key, ("Root", &root), &[5], &extensions)
    };
    let (own, new) = (new_key(), new_key());
    let ca = Ca {
        name: "CA",
        certificate: sub(&own),
        key: own,
    };
    let mut scene = Scene::of(ca, &[]);
    let renewed = sub(&new);
    scene.known.0.push(Arc::clone(&renewed));
    let crl = [draft().crl(&new)];
    let cause = only(scene.ask(&crl));
    assert!(matches!(cause, UnusableCause::OtherKey { signer } if signer == renewed.sha256));
    // Nor does it revoke: the number is that of a certificate of the other key.
    let crl = [draft().entry(2, &[]).crl(&new)];
    assert!(matches!(
        only(scene.ask(&crl)),
        UnusableCause::OtherKey { .. }
    ));
    // Beside it the own CRL answers.
    let both = [draft().crl(&new), draft().crl(&scene.ca.key)];
    not_listed(scene.ask(&both));
}

#[test]
fn a_renewed_certificate_of_the_same_key_signs_for_it() {
    let mut scene = Scene::new(&[]);
    let renewed = tie(&scene.ca.key, &scene.ca.key);
    scene.known.0.push(renewed);
    not_listed(scene.say(&[draft()]));
}

#[test]
fn a_key_that_the_issuer_vouches_for_by_a_self_issued_certificate_answers() {
    let mut scene = Scene::new(&[]);
    let (new, newest) = (new_key(), new_key());
    let crl = [draft().crl(&newest)];
    scene.known.0.push(tie(&newest, &new));
    // The tie in between is missing.
    assert!(matches!(
        only(scene.ask(&crl)),
        UnusableCause::OtherKey { .. }
    ));
    scene.known.0.push(tie(&new, &scene.ca.key));
    not_listed(scene.ask(&crl));
}

#[test]
fn a_certificate_that_may_not_be_relied_on_ties_no_keys() {
    /// digitalSignature only.
    const SIGNATURE: &[u8] = &[3, 2, 7, 0x80];
    let new = new_key();
    let extensions = [(BASIC_CONSTRAINTS, IS_CA)];
    let renewed = certificate("CA", &new, ("Root", &new_key()), &[5], &extensions);
    let ask = |status, is_ca| {
        let mut scene = Scene::new(&[]);
        let by = ("CA", &scene.ca.key);
        let tie = match is_ca {
            true => tie(&new, &scene.ca.key),
            false => certificate("CA", &new, by, &[9], &[(KEY_USAGE, SIGNATURE)]),
        };
        scene.known = Known::signer_status(status, &[&renewed, &tie]);
        scene.ask(&[draft().crl(&new)])
    };
    not_listed(ask(SignerStatus::Good, true));
    for (status, is_ca) in [
        (SignerStatus::NotValid { code: "expired" }, true),
        (SignerStatus::Revoked, true),
        (SignerStatus::Good, false),
    ] {
        let cause = only(ask(status, is_ca));
        assert!(matches!(cause, UnusableCause::OtherKey { .. }), "{cause:?}");
    }
}

#[test]
fn an_issuer_that_is_itself_the_tie_is_answered_for_by_the_key_that_signed_it() {
    // "Old with new": the old key's certificate, signed by the new key, is the issuer.
    let (old, new) = (new_key(), Ca::new("CA"));
    let issuer = Ca {
        name: "CA",
        certificate: tie(&old, &new.key),
        key: old,
    };
    let mut scene = Scene::of(issuer, &[]);
    scene.known.0.push(Arc::clone(&new.certificate));
    not_listed(scene.ask(&[draft().crl(&new.key)]));
}

#[test]
fn a_ca_with_the_same_name_that_vouches_for_the_issuers_key_is_not_tied_to_it() {
    let mut scene = Scene::new(&[]);
    let rogue = Ca::new("CA");
    scene.known.0.push(Arc::clone(&rogue.certificate));
    scene.known.0.push(tie(&scene.ca.key, &rogue.key));
    let cause = only(scene.ask(&[draft().crl(&rogue.key)]));
    assert!(
        matches!(cause, UnusableCause::OtherKey { signer } if signer == rogue.certificate.sha256)
    );
}

#[test]
fn a_ca_that_may_not_sign_crls_leaves_them_to_another_key_of_its_name() {
    let extensions = [(BASIC_CONSTRAINTS, IS_CA), (KEY_USAGE, CERT_SIGN)];
    let mut scene = Scene::of(Ca::with("CA", &extensions), &[]);
    let signer = Ca::new("CA");
    scene.known.0.push(Arc::clone(&signer.certificate));
    not_listed(scene.ask(&[draft().crl(&signer.key)]));
}

#[test]
fn a_signer_without_a_valid_path_clears_no_certificate_and_is_not_said_to_be_missing() {
    let extensions = [(BASIC_CONSTRAINTS, IS_CA), (KEY_USAGE, CERT_SIGN)];
    let signer = Ca::new("CA");
    let ask = |signer_status| {
        let mut scene = Scene::of(Ca::with("CA", &extensions), &[]);
        scene.known = Known::signer_status(signer_status, &[&signer.certificate]);
        only(scene.ask(&[draft().crl(&signer.key)]))
    };
    let is_its = |one| one == signer.certificate.sha256;
    assert!(matches!(
        ask(SignerStatus::NotValid { code: "expired" }),
        UnusableCause::SignerNotValid { signer, code: "expired" } if is_its(signer)
    ));
    assert!(
        matches!(ask(SignerStatus::Revoked), UnusableCause::SignerRevoked { signer } if is_its(signer))
    );
    assert!(matches!(
        ask(SignerStatus::Undetermined),
        UnusableCause::SignerUndetermined { signer } if is_its(signer)
    ));
}

#[test]
fn the_signer_of_an_indirect_crl_has_a_name_of_its_own_and_needs_no_tie() {
    let point = [
        full_name(&uri("http://crl.example/a")),
        wrap(0xa2, &directory(&["Signer"])),
    ]
    .concat();
    let mut scene = Scene::new(&[point]);
    let signer = Ca::new("Signer");
    scene.known.0.push(Arc::clone(&signer.certificate));
    let scope = [full_name(&uri("http://crl.example/a")), vec![0x84, 1, 0xff]].concat();
    let crl = [Draft::of(&["Signer"]).scope(&scope).crl(&signer.key)];
    not_listed(scene.ask(&crl));
    scene.known.1 = SignerStatus::Revoked;
    assert!(matches!(
        only(scene.ask(&crl)),
        UnusableCause::SignerRevoked { .. }
    ));
}
