//! What several CRLs say together: one fixture for each cause, and none of them ever "not listed".

mod agree;
mod delta;
mod forgotten;
mod keys;

use super::*;

/// A CA, a certificate with serial number 2, and how its status is asked for.
struct Scene {
    ca: Ca,
    leaf: Arc<Certificate>,
    known: Known,
    at: i64,
    stale: Stale,
}

impl Scene {
    fn new(points: &[Vec<u8>]) -> Scene {
        Scene::of(Ca::new("CA"), points)
    }

    fn of(ca: Ca, points: &[Vec<u8>]) -> Scene {
        let leaf = ca.leaf(2, points);
        Scene {
            ca,
            leaf,
            known: Known::default(),
            at: NOW,
            stale: Stale::Refuse,
        }
    }

    fn ask(&self, crls: &[SearchableCrl<'_>]) -> Status {
        let crls: Vec<_> = crls.iter().collect();
        status(&RevocationQuestion {
            certificate: &self.leaf,
            issuer: &self.ca.certificate,
            crls: &CrlSet::new(&crls),
            signers: &self.known,
            at: moment(self.at),
            stale: self.stale,
        })
    }

    /// CRLs by the CA's own key.
    fn say(&self, drafts: &[Draft]) -> Status {
        let crls: Vec<_> = drafts.iter().map(|draft| draft.crl(&self.ca.key)).collect();
        self.ask(&crls)
    }
}

fn draft() -> Draft {
    Draft::of(&["CA"])
}

fn why_not(status: Status) -> Vec<UnusableCause> {
    match status {
        Status::NoCrl(none) => none
            .passed_over
            .into_iter()
            .map(|why_not| why_not.cause)
            .collect(),
        other => panic!("{other:#?}"),
    }
}

fn only(status: Status) -> UnusableCause {
    let mut causes = why_not(status);
    assert_eq!(causes.len(), 1, "{causes:#?}");
    causes.remove(0)
}

fn listed(status: Status) -> Listed {
    match status {
        Status::Listed(listed) => *listed,
        other => panic!("{other:#?}"),
    }
}

fn not_listed(status: Status) -> NotListed {
    match status {
        Status::NotListed(not_listed) => *not_listed,
        other => panic!("{other:#?}"),
    }
}

#[test]
fn a_genuine_crl_in_time_without_the_certificate_says_not_listed() {
    let scene = Scene::new(&[]);
    let found = not_listed(scene.say(&[draft().entry(3, &[])]));
    assert_eq!(found.this_update, Some(moment(NOW - HOUR)));
    assert_eq!(found.next_update, Some(moment(NOW + DAY)));
    assert_eq!(
        (found.crls.len(), found.signers, found.stale),
        (1, vec![scene.ca.certificate.sha256], false)
    );
}

#[test]
fn a_listed_certificate_is_listed_with_date_and_reason() {
    let found = listed(Scene::new(&[]).say(&[draft().entry(3, &[]).entry(2, &[reason(1)])]));
    assert_eq!(found.entry.reason, Some(RevocationReason::KeyCompromise));
    assert_eq!(found.entry.revoked_at, moment(NOW - 2 * DAY));
}

#[test]
fn a_certificate_on_hold_is_listed() {
    let found = listed(Scene::new(&[]).say(&[draft().entry(2, &[reason(6)])]));
    assert_eq!(found.entry.reason, Some(RevocationReason::CertificateHold));
}

#[test]
fn without_crls_nothing_is_known() {
    assert!(why_not(Scene::new(&[]).say(&[])).is_empty());
}

#[test]
fn a_self_signed_certificate_has_no_status() {
    let mut scene = Scene::new(&[]);
    scene.leaf = Arc::clone(&scene.ca.certificate);
    assert!(matches!(
        scene.say(&[]),
        Status::NotApplicable(Exempt::SelfSigned)
    ));
}

#[test]
fn a_crl_signed_by_another_key_does_not_answer() {
    let scene = Scene::new(&[]);
    let cause = only(scene.ask(&[draft().entry(2, &[]).crl(&new_key())]));
    assert!(
        matches!(cause, UnusableCause::SignatureFails { tried } if tried == [scene.ca.certificate.sha256])
    );
}

#[test]
fn a_signer_whose_key_usage_lacks_crl_sign_may_not() {
    // digitalSignature only; then cRLSign only; then one that cannot be read.
    let with = |usage: &[u8]| {
        let extensions = [(BASIC_CONSTRAINTS, IS_CA), (KEY_USAGE, usage)];
        Scene::of(Ca::with("CA", &extensions), &[]).say(&[draft()])
    };
    assert!(matches!(
        only(with(&[3, 2, 7, 0x80])),
        UnusableCause::SignerMayNot { .. }
    ));
    not_listed(with(&[3, 2, 1, 0x02]));
    assert!(matches!(
        only(with(&[4, 1, 0])),
        UnusableCause::SignerMayNot { .. }
    ));
}

#[test]
fn a_crl_that_is_not_yet_valid_does_not_answer() {
    let scene = Scene::new(&[]);
    let cause = only(scene.say(&[draft().times(NOW + 1, Some(NOW + DAY))]));
    assert!(matches!(cause, UnusableCause::NotYetValid { .. }));
    not_listed(scene.say(&[draft().times(NOW, Some(NOW + DAY))]));
}

#[test]
fn what_a_later_crl_says_had_been_revoked_by_then_had_been() {
    let scene = Scene::new(&[]);
    let later = |revoked_at, code| {
        let mut later = draft().times(NOW + HOUR, Some(NOW + DAY));
        later
            .entries
            .push(entry_at(revoked_at, &[2], &[reason(code)]));
        later
    };
    let found = listed(scene.say(&[draft(), later(NOW, 1)]));
    assert!(!found.not_understood && !found.stale);
    not_listed(scene.say(&[draft(), later(NOW + 1, 1)]));
    assert!(matches!(
        only(scene.say(&[draft(), later(NOW, 6)])),
        UnusableCause::NotYetValid { .. }
    ));
}

#[test]
fn a_hold_in_a_crl_that_is_not_understood_is_open_until_a_later_one_does_without_it() {
    let scene = Scene::new(&[]);
    let odd = draft().extension(extension(99, true, &[5, 0]));
    let held = odd.entry(2, &[reason(6)]);
    assert!(matches!(
        only(scene.say(&[held.clone(), draft()])),
        UnusableCause::UnknownCritical { .. }
    ));
    not_listed(scene.say(&[held, draft().times(NOW - HOUR / 2, Some(NOW + DAY))]));
}

/// The scope of a CRL for compromised keys alone.
fn for_compromise() -> Draft {
    draft().scope(&wrap(0x83, &[7, 0b0110_0000, 0]))
}

#[test]
fn a_later_crl_for_other_reasons_neither_lifts_a_hold_nor_stands_for_one_that_cannot_be_read() {
    let scene = Scene::new(&[]);
    let older = draft().times(NOW - DAY, Some(NOW + DAY));
    let later = for_compromise();
    let expired = |draft: Draft| draft.times(NOW - HOUR * 2, Some(NOW - HOUR));
    let held = expired(draft().entry(2, &[reason(6)]));
    assert!(matches!(
        only(scene.say(&[held.clone(), older.clone(), later.clone()])),
        UnusableCause::Stale { .. }
    ));
    not_listed(scene.say(&[held, older.clone(), later.clone(), draft()]));

    let mut damaged = draft().times(NOW - HOUR * 2, Some(NOW + DAY));
    damaged.entries.push(vec![SEQUENCE, 3, 2, 5, 1]);
    assert!(matches!(
        only(scene.say(&[damaged.clone(), older.clone(), later.clone()])),
        UnusableCause::Unreadable { .. }
    ));
    not_listed(scene.say(&[damaged.clone(), older, later.clone(), draft()]));
    // Those that have all reasons together were both made later.
    let others = draft().scope(&wrap(0x83, &[7, 0b0001_1111, 0x80]));
    not_listed(scene.say(&[damaged, later, others]));
}

#[test]
fn what_a_crl_lists_whose_signature_cannot_be_checked_is_neither_believed_nor_passed_over() {
    let scene = Scene::new(&[]);
    let older = draft().times(NOW - DAY, Some(NOW + DAY));
    // sha3-256WithRSAEncryption and sha512-256WithRSAEncryption, and md5WithRSAEncryption.
    for (oid, is_broken) in [
        (
            &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x0e][..],
            false,
        ),
        (
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x10],
            false,
        ),
        (
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
            true,
        ),
    ] {
        let algorithm = wrap(SEQUENCE, &[wrap(6, oid), vec![5, 0]].concat());
        let unchecked = |draft: Draft| Draft {
            algorithm: algorithm.clone(),
            ..draft
        };
        not_listed(scene.say(&[unchecked(draft()), older.clone()]));
        not_listed(scene.say(&[unchecked(draft().entry(3, &[])), older.clone()]));
        let mut unreadable = unchecked(draft());
        unreadable
            .entries
            .push(entry(&[2], &[extension(21, false, &[10, 2, 0, 1])]));
        let cause = only(scene.say(&[unreadable, older.clone()]));
        assert_eq!(matches!(cause, UnusableCause::BrokenHash { .. }), is_broken);
        let cause = only(scene.say(&[unchecked(draft().entry(2, &[])), older.clone()]));
        match is_broken {
            true => assert!(matches!(cause, UnusableCause::BrokenHash { .. })),
            false => assert!(matches!(cause, UnusableCause::UnsupportedAlgorithm { .. })),
        }
    }
}

#[test]
fn a_crl_that_was_not_made_in_der_and_does_not_verify_may_be_the_one_that_revokes() {
    let scene = Scene::new(&[]);
    let other = new_key();
    let say = |is_rewritten, older_by| {
        let foreign = draft().entry(2, &[]).crl(&other).rewritten(is_rewritten);
        let older = draft().times(NOW - HOUR - older_by, Some(NOW + DAY));
        scene.ask(&[foreign, older.crl(&scene.ca.key)])
    };
    not_listed(say(false, 1));
    assert!(matches!(
        only(say(true, 1)),
        UnusableCause::Unreadable { .. }
    ));
    not_listed(say(true, 0));
    // A translation whose signature fits is as good as any other.
    let own = draft().entry(2, &[]).crl(&scene.ca.key).rewritten(true);
    listed(scene.ask(&[own]));
}

#[test]
fn an_entry_counts_in_a_crl_of_the_point_for_other_reasons_and_a_point_that_does_not_read_may_be_it()
 {
    // The point is there for keys that were compromised only.
    let point = full_name(&uri("http://x/1.crl"));
    let asks = wrap(0x81, &[5, 0b0110_0000]);
    let scene = Scene::new(&[[point.clone(), asks].concat()]);
    let older = || draft().times(NOW - DAY, Some(NOW + DAY));
    let others = [&point[..], &wrap(0x83, &[7, 0b0001_1111, 0x80])].concat();
    let others = draft().scope(&others);
    not_listed(scene.say(&[others.clone(), older()]));
    listed(scene.say(&[others.clone().entry(2, &[reason(4)]), older()]));
    assert!(matches!(
        only(scene.say(std::slice::from_ref(&others))),
        UnusableCause::OutOfScope {
            mismatch: OutOfScope::NoCommonReason
        }
    ));
    // An entry that does not read may be the one.
    let mut unreadable = others.clone();
    unreadable
        .entries
        .push(entry(&[2], &[extension(21, false, &[10, 2, 0, 1])]));
    assert!(matches!(
        only(scene.say(&[unreadable, older()])),
        UnusableCause::Unreadable { .. }
    ));
    // No reason at all.
    let none = draft().scope(&[&point[..], &wrap(0x83, &[0])].concat());
    listed(scene.say(&[none.entry(2, &[]), older()]));

    // A URI has no octets like these.
    let unread = full_name(&wrap(0x86, &[0xff, 0xfe]));
    let unread = draft().scope(&unread);
    not_listed(scene.say(&[unread.clone(), older()]));
    not_listed(scene.say(&[unread.clone().entry(3, &[]), older()]));
    // However many others there are.
    let other = |number| full_name(&uri(&format!("http://x/other{number}.crl")));
    let others = (0..20).map(|number| draft().scope(&other(number)));
    let all: Vec<Draft> = others.chain([unread.entry(2, &[]), older()]).collect();
    assert!(matches!(
        only(scene.say(&all)),
        UnusableCause::Unreadable { .. }
    ));
}

#[test]
fn next_update_is_the_last_second_of_a_crl() {
    let mut scene = Scene::new(&[]);
    not_listed(scene.say(&[draft().times(NOW - DAY, Some(NOW))]));
    let stale = draft().times(NOW - DAY, Some(NOW - 1));
    assert!(matches!(
        only(scene.say(std::slice::from_ref(&stale))),
        UnusableCause::Stale { .. }
    ));
    scene.stale = Stale::Consider;
    assert!(not_listed(scene.say(&[stale])).stale);
}

#[test]
fn a_crl_without_next_update_counts_as_stale() {
    let mut scene = Scene::new(&[]);
    let endless = draft().times(NOW - DAY, None);
    assert!(matches!(
        only(scene.say(std::slice::from_ref(&endless))),
        UnusableCause::NoNextUpdate
    ));
    scene.stale = Stale::Consider;
    assert!(not_listed(scene.say(&[endless])).stale);
}

#[test]
fn a_stale_crl_still_proves_a_revocation_but_not_a_hold() {
    let scene = Scene::new(&[]);
    let stale = draft().times(NOW - DAY, Some(NOW - 1));
    let found = listed(scene.say(&[stale.clone().entry(2, &[reason(1)]), draft()]));
    assert!(found.stale);
    let held = scene.say(&[stale.entry(2, &[reason(6)])]);
    assert!(matches!(only(held), UnusableCause::Stale { .. }));
}

#[test]
fn an_unknown_critical_extension_of_the_crl_makes_it_unusable_but_an_entry_still_counts() {
    let scene = Scene::new(&[]);
    let odd = draft().extension(extension(99, true, &[5, 0]));
    let cause = only(scene.say(std::slice::from_ref(&odd)));
    assert!(matches!(cause, UnusableCause::UnknownCritical { oids } if oids == ["2.5.29.99"]));
    assert!(listed(scene.say(&[odd.entry(2, &[])])).not_understood);
    not_listed(scene.say(&[draft().extension(extension(99, false, &[5, 0]))]));
}

#[test]
fn an_unknown_critical_extension_of_any_entry_makes_the_crl_unusable() {
    let scene = Scene::new(&[]);
    let cause = only(scene.say(&[draft().entry(3, &[extension(99, true, &[5, 0])])]));
    assert!(matches!(cause, UnusableCause::UnknownCriticalEntry { oids } if oids == ["2.5.29.99"]));
    not_listed(scene.say(&[draft().entry(3, &[extension(99, false, &[5, 0])])]));
}

#[test]
fn a_crl_out_of_scope_says_how() {
    let scene = Scene::new(&[full_name(&uri("http://crl.example/c7.crl"))]);
    let other = draft()
        .scope(&full_name(&uri("http://crl.example/c8.crl")))
        .entry(2, &[]);
    assert!(matches!(
        only(scene.say(&[other])),
        UnusableCause::OutOfScope {
            mismatch: OutOfScope::OtherPartition { .. }
        }
    ));
}

#[test]
fn a_crl_that_is_damaged_inside_its_entries_is_unreadable() {
    let mut damaged = draft().entry(3, &[]);
    damaged.entries.push(vec![SEQUENCE, 3, 2, 5, 1]);
    let scene = Scene::new(&[]);
    let cause = only(scene.say(std::slice::from_ref(&damaged)));
    assert!(matches!(cause, UnusableCause::Unreadable { .. }));
    // It may be the one that revokes, unless another was made as late.
    let made = |at| draft().times(at, Some(NOW + DAY));
    not_listed(scene.say(&[damaged.clone(), made(NOW - HOUR)]));
    let cause = only(scene.say(&[damaged, made(NOW - HOUR - 1)]));
    assert!(matches!(cause, UnusableCause::Unreadable { .. }));
}

#[test]
fn the_same_crl_twice_is_reported() {
    let scene = Scene::new(&[]);
    let bytes = draft().signed(&scene.ca.key);
    let found = not_listed(scene.ask(&[read(bytes.clone()).unwrap(), read(bytes).unwrap()]));
    assert_eq!(found.crls.len(), 1);
    assert!(matches!(
        found.passed_over[0].cause,
        UnusableCause::Duplicate { of: 0 }
    ));
}

#[test]
fn of_many_versions_of_one_crl_the_newest_answers_and_a_few_others_are_named() {
    let scene = Scene::new(&[]);
    let version = |number: u8| {
        let made = NOW - DAY * 2 + i64::from(number);
        draft()
            .number(number)
            .times(made, Some(NOW + DAY))
            .entry(2, &[reason(6)])
    };
    // In no order, and the newest lifts the hold.
    let newest = draft().number(120).times(NOW - 10, Some(NOW + DAY));
    let mut drafts: Vec<Draft> = (0..100).rev().map(version).collect();
    drafts.insert(40, newest);
    let found = not_listed(scene.say(&drafts));
    assert_eq!(found.crls.len(), 1);
    assert_eq!(found.crls[0].index, 40);
    assert_eq!(found.passed_over.len(), 8);
    assert_eq!(found.passed_over_more, 92);
    let by_newest = |one: &UnusableCrl| matches!(one.cause, UnusableCause::Superseded { by: 40 });
    assert!(found.passed_over.iter().all(by_newest));
    // Made at the same time, none replaces another, whatever their numbers.
    let same = |number| draft().number(number).times(NOW - DAY, Some(NOW + DAY));
    let found = not_listed(scene.say(&[same(2), same(1)]));
    assert_eq!(found.crls.len(), 2);
    let same: Vec<Draft> = (0..100).map(same).collect();
    let found = not_listed(scene.say(&same));
    assert_eq!((found.crls.len(), found.passed_over_more), (8, 92));
}

#[test]
fn of_many_crls_that_cannot_answer_a_few_are_named_and_the_others_counted() {
    let scene = Scene::new(&[]);
    let expired = |number| draft().number(number).times(NOW - DAY * 2, Some(NOW - DAY));
    let drafts: Vec<Draft> = (0..100).map(expired).collect();
    let Status::NoCrl(none) = scene.say(&drafts) else {
        panic!("an expired CRL answers")
    };
    assert_eq!((none.passed_over.len(), none.passed_over_more), (8, 92));
}

#[test]
fn a_newer_crl_lifts_a_hold_but_nothing_else() {
    let scene = Scene::new(&[]);
    let newer = draft().number(2);
    let older = |code| {
        draft()
            .number(1)
            .times(NOW - DAY, Some(NOW + DAY))
            .entry(2, &[reason(code)])
    };
    let found = not_listed(scene.say(&[older(6), newer.clone()]));
    assert!(matches!(
        found.passed_over[0].cause,
        UnusableCause::Superseded { by: 1 }
    ));
    listed(scene.say(&[older(1), newer]));
    // A date that goes forward while the number goes back proves nothing.
    let numbered_back = draft().number(0);
    listed(scene.say(&[older(6), numbered_back]));
}

#[test]
fn reasons_are_collected_over_several_crls() {
    let scene = Scene::new(&[]);
    let some = |bits: [u8; 2]| draft().scope(&wrap(0x83, &[&[7], &bits[..]].concat()));
    let (compromise, others) = ([0b0110_0000, 0], [0b0001_1111, 0x80]);
    let cause = only(scene.say(&[some(compromise)]));
    assert!(matches!(cause, UnusableCause::ReasonsIncomplete { missing } if missing.len() == 6));
    assert_eq!(
        not_listed(scene.say(&[some(compromise), some(others)]))
            .crls
            .len(),
        2
    );
    listed(scene.say(&[some(compromise), some(others).entry(2, &[reason(4)])]));
}

#[test]
fn an_indirect_crl_counts_for_the_issuer_its_entries_name() {
    let lister = Ca::new("Lister");
    let point = [wrap(0xa2, &directory(&["Lister"]))].concat();
    let mut scene = Scene::new(&[point]);
    scene.known.0.push(Arc::clone(&lister.certificate));
    let of = |issuer: &str| extension(29, true, &wrap(SEQUENCE, &directory(&[issuer])));
    let crl = |entries: &[Vec<u8>]| {
        let mut draft = Draft::of(&["Lister"]).scope(&[0x84, 1, 0xff]);
        draft.entries = entries.to_vec();
        [draft.crl(&lister.key)]
    };
    // Without a name the entry is about the lister's own certificates.
    not_listed(scene.ask(&crl(&[entry(&[2], &[])])));
    not_listed(scene.ask(&crl(&[entry(&[2], &[of("Other")])])));
    listed(scene.ask(&crl(&[entry(&[2], &[of("CA")])])));
    // A name holds for the entries after it.
    listed(scene.ask(&crl(&[entry(&[9], &[of("CA")]), entry(&[2], &[])])));
    not_listed(scene.ask(&crl(&[
        entry(&[9], &[of("CA")]),
        entry(&[8], &[of("Other")]),
        entry(&[2], &[]),
    ])));
    // Names that do not read, or none of a directory entry, may mean any issuer: [4] around a Name as if it were no CHOICE, around
    // two, around one without parts, around NULL; a URI; nothing.
    let implicit = wrap(0xa4, &name(&["CA"])[2..]);
    let two = wrap(0xa4, &[name(&["Other"]), name(&["CA"])].concat());
    for names in [
        implicit,
        two,
        wrap(0xa4, &name(&[])),
        // An attribute whose OID is not ended.
        wrap(
            0xa4,
            &wrap(
                SEQUENCE,
                &wrap(0x31, &wrap(SEQUENCE, &[6, 3, 0x55, 4, 0x83, 0x0c, 1, b'x'])),
            ),
        ),
        wrap(0xa4, &[5, 0]),
        uri("http://x"),
        Vec::new(),
    ] {
        let issuer = extension(29, true, &wrap(SEQUENCE, &names));
        listed(scene.ask(&crl(&[entry(&[2], std::slice::from_ref(&issuer))])));
        listed(scene.ask(&crl(&[entry(&[9], &[issuer]), entry(&[2], &[])])));
    }
    scene.known.0.clear();
    let cause = only(scene.ask(&crl(&[])));
    assert!(matches!(cause, UnusableCause::SignerMissing { issuer } if issuer.short() == "Lister"));
}

#[test]
fn a_scope_whose_fields_come_twice_or_in_no_order_does_not_read() {
    let key = new_key();
    let point = || full_name(&uri("http://x/1.crl"));
    let fields = [
        (vec![point(), vec![0x81, 1, 0xff]], true),
        (vec![vec![0x81, 1, 0xff], point()], false),
        (vec![point(), point()], false),
        (vec![vec![0x81, 1, 0xff]; 2], false),
        (
            vec![wrap(0x83, &[7, 0x60, 0]), wrap(0x83, &[7, 0x1f, 0x80])],
            false,
        ),
    ];
    for (fields, reads) in fields {
        let draft = draft().scope(&fields.concat());
        assert_eq!(read(draft.signed(&key)).is_ok(), reads, "{fields:x?}");
    }
    // Two kinds that exclude each other: what it lists counts, and that it lists nothing does not.
    let scene = Scene::new(&[]);
    let older = draft().times(NOW - DAY, Some(NOW + DAY));
    let both = draft().scope(&[0x81, 1, 0xff, 0x82, 1, 0xff]);
    not_listed(scene.say(&[both.clone(), older.clone()]));
    listed(scene.say(&[both.clone().entry(2, &[]), older]));
    assert!(matches!(
        only(scene.say(&[both])),
        UnusableCause::OutOfScope {
            mismatch: OutOfScope::Contradictory
        }
    ));
}

#[test]
fn beside_a_point_whose_name_does_not_read_no_crl_clears() {
    let point = || full_name(&uri("http://x/1.crl"));
    let unread = || full_name(&wrap(0x86, &[0xff, 0xfe]));
    let lister = wrap(0xa2, &wrap(0xa4, &name(&["Lister"])[2..]));
    for (points, clears) in [
        (vec![point()], true),
        (vec![point(), unread()], false),
        // An x400Address and an ediPartyName beside it, which are not read.
        (
            vec![full_name(
                &[uri("http://x/1.crl"), wrap(0xa3, &[0x30, 0])].concat(),
            )],
            true,
        ),
        (
            vec![full_name(
                &[uri("http://x/1.crl"), wrap(0xa5, &[0xa1, 3, 0x0c, 1, b'x'])].concat(),
            )],
            true,
        ),
        (vec![[point(), lister].concat()], false),
        (
            vec![[point(), wrap(0xa2, &uri("http://x"))].concat()],
            false,
        ),
        (vec![[point(), wrap(0xa2, &[])].concat()], false),
        (vec![[point(), point()].concat()], false),
    ] {
        match (Scene::new(&points).say(&[draft()]), clears) {
            (Status::NotListed(_), true) | (Status::NoCrl(_), false) => {}
            (other, _) => panic!("{points:x?}: {other:?}"),
        }
    }
}

#[test]
fn what_a_crl_of_an_unproven_signer_has_is_neither_believed_nor_passed_over() {
    let lister = Ca::new("Lister");
    let point = [wrap(0xa2, &directory(&["Lister"]))].concat();
    let mut scene = Scene::new(&[point]);
    let of_ca = extension(29, true, &wrap(SEQUENCE, &directory(&["CA"])));
    let beside_a_clean_one = |scene: &Scene, serial: u8| {
        let mut draft = Draft::of(&["Lister"]).scope(&[0x84, 1, 0xff]);
        draft.entries = vec![entry(&[serial], std::slice::from_ref(&of_ca))];
        scene.ask(&[draft.crl(&lister.key), self::draft().crl(&scene.ca.key)])
    };
    not_listed(beside_a_clean_one(&scene, 3));
    assert!(matches!(
        only(beside_a_clean_one(&scene, 2)),
        UnusableCause::SignerMissing { .. }
    ));
    scene.known = Known::signer_status(SignerStatus::Undetermined, &[&lister.certificate]);
    not_listed(beside_a_clean_one(&scene, 3));
    assert!(matches!(
        only(beside_a_clean_one(&scene, 2)),
        UnusableCause::SignerUndetermined { .. }
    ));
    scene.known.1 = SignerStatus::Unchecked;
    assert!(matches!(
        only(beside_a_clean_one(&scene, 3)),
        UnusableCause::SignatureUnchecked
    ));
    scene.known.1 = SignerStatus::Good;
    listed(beside_a_clean_one(&scene, 2));
}

#[test]
fn entries_of_other_issuers_in_a_crl_that_is_not_indirect_make_it_unusable() {
    let issuer = extension(29, true, &wrap(SEQUENCE, &directory(&["Other"])));
    let scene = Scene::new(&[]);
    let unmarked = draft().entry(3, std::slice::from_ref(&issuer));
    let cause = only(scene.say(std::slice::from_ref(&unmarked)));
    assert!(matches!(cause, UnusableCause::IndirectUnmarked));
    // What it lists of its own issuer's counts.
    let older = draft().times(NOW - DAY, Some(NOW + DAY));
    not_listed(scene.say(&[unmarked, older.clone()]));
    let own = extension(29, true, &wrap(SEQUENCE, &directory(&["CA"])));
    listed(scene.say(&[draft().entry(2, &[own]), older.clone()]));
    not_listed(scene.say(&[draft().entry(2, &[issuer]), older]));
}

#[test]
fn a_certificate_that_asks_not_to_be_checked_needs_no_crl() {
    let mut scene = Scene::new(&[]);
    let issuer = (scene.ca.name, &scene.ca.key);
    let of =
        |extensions: &[(&str, &[u8])]| certificate("leaf", &new_key(), issuer, &[2], extensions);
    let ocsp_signing = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 9];
    let no_check = ("1.3.6.1.5.5.7.48.1.5", &[5, 0][..]);
    let responder = of(&[("2.5.29.37", &ocsp_signing), no_check]);
    // One that is a server besides is asked about like any other.
    let both = [
        0x30, 20, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 9, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1,
    ];
    let server_besides = of(&[("2.5.29.37", &both), no_check]);
    let (no_responder, short_lived) = (of(&[no_check]), of(&[("2.5.29.56", &[5, 0])]));
    scene.leaf = responder;
    assert!(matches!(
        scene.say(&[]),
        Status::NotApplicable(Exempt::OcspNoCheck)
    ));
    listed(scene.say(&[draft().entry(2, &[])]));
    scene.leaf = no_responder;
    why_not(scene.say(&[]));
    scene.leaf = server_besides;
    why_not(scene.say(&[]));
    scene.leaf = short_lived;
    assert!(matches!(
        scene.say(&[]),
        Status::NotApplicable(Exempt::NoRevocationAvailable)
    ));
}

#[test]
fn unrelated_crls_never_turn_a_bad_answer_good() {
    let scene = Scene::new(&[]);
    let own = draft().times(NOW - DAY, Some(NOW - 1)).crl(&scene.ca.key);
    let strangers = [
        Draft::of(&["Other"]).crl(&new_key()),
        draft().crl(&new_key()),
        draft()
            .scope(&full_name(&uri("http://crl.example/c8.crl")))
            .crl(&scene.ca.key),
        draft().scope(&[0x82, 1, 0xff]).crl(&scene.ca.key),
        draft().base(1).number(9).crl(&scene.ca.key),
    ];
    let crls: Vec<_> = std::iter::once(own).chain(strangers).collect();
    // Of the six, the other issuer's is not even looked at.
    assert_eq!(why_not(scene.ask(&crls)).len(), crls.len() - 1);
}
