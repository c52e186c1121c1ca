//! Delta CRLs on their bases (RFC 5280 section 5.2.4).

use super::*;

#[test]
fn a_delta_adds_to_its_base() {
    let scene = Scene::new(&[]);
    let (base, delta) = (draft().number(5), draft().base(4).number(6));
    assert_eq!(
        not_listed(scene.say(&[base.clone(), delta.clone()]))
            .crls
            .len(),
        2
    );
    let found = listed(scene.say(&[base, delta.entry(2, &[reason(6)])]));
    assert!(found.crl.base_number.is_some());
}

#[test]
fn a_delta_takes_a_hold_from_its_base_and_no_other_listing() {
    let scene = Scene::new(&[]);
    let delta = draft().base(5).number(6).entry(2, &[reason(8)]);
    let base = |code| draft().number(5).entry(2, &[reason(code)]);
    not_listed(scene.say(&[base(6), delta.clone()]));
    listed(scene.say(&[base(1), delta]));
}

#[test]
fn a_delta_in_time_keeps_a_base_alive_that_is_past_its_time() {
    let scene = Scene::new(&[]);
    let base = draft().number(5).times(NOW - DAY, Some(NOW - HOUR));
    not_listed(scene.say(&[base.clone(), draft().base(5).number(6)]));
    let (stale, mismatch) = (
        scene.say(std::slice::from_ref(&base)),
        scene.say(&[base, draft().base(6).number(7)]),
    );
    assert!(matches!(only(stale), UnusableCause::Stale { .. }));
    assert!(matches!(
        why_not(mismatch)[1],
        UnusableCause::DeltaMismatch { .. }
    ));
}

#[test]
fn a_delta_without_a_base_shows_nothing_but_a_revocation() {
    let scene = Scene::new(&[]);
    let delta = draft().base(5).number(6);
    assert!(matches!(
        only(scene.say(std::slice::from_ref(&delta))),
        UnusableCause::DeltaWithoutBase { .. }
    ));
    listed(scene.say(&[delta.clone().entry(2, &[])]));
    assert!(matches!(
        only(scene.say(&[delta.entry(2, &[reason(6)])])),
        UnusableCause::DeltaWithoutBase { .. }
    ));
}

#[test]
fn a_delta_of_another_scope_is_not_applied() {
    let flag = [0x81, 1, 0xff];
    let (scene, base) = (Scene::new(&[]), draft().number(5));
    let delta = draft().base(5).number(6).scope(&flag);
    let found = not_listed(scene.say(&[base.clone(), delta.clone()]));
    assert!(matches!(
        found.passed_over[0].cause,
        UnusableCause::DeltaWithoutBase { .. }
    ));
    // What it puts on hold is neither: no base shows whether that still stands.
    assert!(matches!(
        only(scene.say(&[base, delta.entry(2, &[reason(6)])])),
        UnusableCause::DeltaWithoutBase { .. }
    ));
}

#[test]
fn a_hold_in_a_delta_that_fits_no_base_is_open_until_a_later_crl_does_without_it() {
    let scene = Scene::new(&[]);
    let held = |base, number| draft().base(base).number(number).entry(2, &[reason(6)]);
    for unfit in [held(6, 7), held(4, 5)] {
        assert!(matches!(
            only(scene.say(&[draft().number(5), unfit.clone()])),
            UnusableCause::DeltaMismatch { .. }
        ));
        let later = draft().number(8).times(NOW - HOUR / 2, Some(NOW + DAY));
        not_listed(scene.say(&[unfit, later]));
    }
    // An expired delta may not be applied either.
    let stale = held(5, 6).times(NOW - DAY, Some(NOW - HOUR));
    let base = draft().number(5).times(NOW - 2 * DAY, Some(NOW + DAY));
    assert!(matches!(
        only(scene.say(&[base, stale])),
        UnusableCause::Stale { .. }
    ));
}

#[test]
fn of_two_deltas_with_one_number_neither_hides_what_the_other_says() {
    let scene = Scene::new(&[]);
    let base = draft().number(5).entry(2, &[reason(6)]);
    let (silent, lifting) = (
        draft().base(5).number(6),
        draft().base(5).number(6).entry(2, &[reason(8)]),
    );
    for deltas in [[&silent, &lifting], [&lifting, &silent]] {
        listed(scene.say(&[base.clone(), deltas[0].clone(), deltas[1].clone()]));
    }
    let later = lifting.times(NOW - HOUR / 2, Some(NOW + DAY));
    for deltas in [[&silent, &later], [&later, &silent]] {
        let found = not_listed(scene.say(&[base.clone(), deltas[0].clone(), deltas[1].clone()]));
        assert_eq!(found.crls.len(), 2);
    }
    // A base is named once, whichever deltas it has.
    let (base, other) = (draft().number(5), silent.clone().entry(3, &[]));
    assert_eq!(not_listed(scene.say(&[base, silent, other])).crls.len(), 3);
}
