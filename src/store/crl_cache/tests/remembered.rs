//! What is remembered of the last tries.

use super::*;

fn url(number: usize) -> CrlOrigin {
    CrlOrigin::Url {
        url: format!("http://crl.example/{number:06}.crl"),
    }
}

fn tried(number: usize, day: i64, outcome: &AttemptOutcome) -> Tried {
    Tried {
        source: url(number),
        point: None,
        at: moment(NOW + day * DAY),
        outcome: outcome.clone(),
    }
}

fn failed(reason: &str) -> AttemptOutcome {
    AttemptOutcome::Failed {
        code: "crl-fetch".to_owned(),
        reason: reason.to_owned(),
    }
}

fn installed() -> AttemptOutcome {
    AttemptOutcome::Installed {
        slot: "0".repeat(32),
    }
}

#[test]
fn a_source_that_fails_is_known_to_have_failed_since_the_first_time() {
    let bench = Bench::new();
    let mut writer = bench.writer();
    let mut after = |day, outcome| {
        writer.record([tried(1, day, &outcome)]).unwrap();
        let attempts = bench.cache.attempts().unwrap();
        let [attempt] = &attempts[..] else {
            panic!("{attempts:?}")
        };
        assert_eq!(
            (attempt.at, &attempt.outcome),
            (moment(NOW + day * DAY), &outcome)
        );
        let day =
            |moment: Option<crate::document::Moment>| moment.map(|at| (at.unix() - NOW) / DAY);
        (day(attempt.failing_since), day(attempt.last_success))
    };
    assert_eq!(after(1, failed("closed port")), (Some(1), None));
    assert_eq!(after(2, failed("404")), (Some(1), None));
    assert_eq!(after(3, installed()), (None, Some(3)));
    assert_eq!(after(4, failed("404")), (Some(4), Some(3)));
    let unchanged = AttemptOutcome::Unchanged {
        slot: "0".repeat(32),
    };
    assert_eq!(after(5, unchanged), (None, Some(5)));
}

#[test]
fn sources_are_kept_apart_and_the_ones_tried_longest_ago_are_forgotten_first() {
    let bench = Bench::new();
    let mut writer = bench.writer();
    let success = installed();
    writer
        .record((0..10).map(|number| tried(number, 1, &success)))
        .unwrap();
    writer
        .record((10..ATTEMPTS_LIMIT + 5).map(|number| tried(number, 2, &success)))
        .unwrap();
    let attempts = bench.cache.attempts().unwrap();
    assert_eq!(attempts.len(), ATTEMPTS_LIMIT);
    assert!(attempts.is_sorted_by_key(|attempt| attempt.source.clone()));
    let old = attempts
        .iter()
        .filter(|attempt| attempt.at == moment(NOW + DAY));
    assert_eq!(old.count(), 5);
}

#[test]
fn a_long_reason_is_cut_between_characters() {
    let bench = Bench::new();
    let reason = format!("a{}", "é".repeat(SENTENCE_LIMIT));
    bench
        .writer()
        .record([tried(1, 1, &failed(&reason))])
        .unwrap();
    let attempts = bench.cache.attempts().unwrap();
    let AttemptOutcome::Failed { reason: kept, .. } = &attempts[0].outcome else {
        panic!()
    };
    assert!(
        reason.starts_with(kept) && kept.len() == SENTENCE_LIMIT - 1,
        "{}",
        kept.len()
    );
}

#[test]
fn a_damaged_download_history_is_an_error_that_hides_no_crl_and_is_begun_again() {
    let bench = Bench::new();
    bench.install("one", 1);
    let path = bench.cache.folder().join("attempts.json");
    let newer = r#"{"schema":"ptl-cert/attempts/2","attempts":[]}"#;
    for text in ["", "[[[[", newer, &"[".repeat(10_000)] {
        fs::write(&path, text).unwrap();
        let error = bench.cache.attempts().unwrap_err();
        assert!(matches!(error, CacheError::Damaged { .. }), "{error}");
        assert_eq!(bench.seen("one"), Some(1));
        bench
            .writer()
            .record([tried(1, 1, &failed("404"))])
            .unwrap();
        assert_eq!(bench.cache.attempts().unwrap().len(), 1);
    }
}

#[test]
fn a_password_in_a_sources_url_is_not_remembered() {
    let bench = Bench::new();
    let place = CrlOrigin::Url {
        url: "http://name:secret@crl.example/a.crl".to_owned(),
    };
    let tried = Tried {
        source: place,
        point: None,
        at: moment(NOW),
        outcome: failed("refused"),
    };
    bench.writer().record([tried]).unwrap();
    let attempts = bench.cache.attempts().unwrap();
    assert_eq!(attempts[0].source.url(), Some("http://crl.example/a.crl"));
}

#[test]
fn an_address_of_two_points_is_remembered_for_each() {
    let bench = Bench::new();
    let mut writer = bench.writer();
    let point = |urls: &[&str]| Some(Point::of(urls.iter().copied()));
    let (lone, both) = (point(&["http://a"]), point(&["http://a", "http://b"]));
    assert_eq!(both, point(&["http://b", "http://n:p@a", "http://a"]));
    let of = |point: &Option<Point>, day, outcome| Tried {
        point: point.clone(),
        ..tried(1, day, &outcome)
    };
    writer.record([tried(1, 1, &failed("404"))]).unwrap();
    writer
        .record([of(&lone, 2, failed("404")), of(&both, 2, installed())])
        .unwrap();
    let points = |expected: [(&Option<Point>, Option<i64>); 2]| {
        let attempts = bench.cache.attempts().unwrap();
        assert_eq!(attempts.len(), 2, "{attempts:?}");
        for (point, since) in expected {
            let found = attempts.iter().find(|attempt| attempt.point == *point);
            let since = since.map(|day| moment(NOW + day * DAY));
            assert_eq!(found.unwrap().failing_since, since);
        }
    };
    // What was known before the first point was is the first one's.
    points([(&lone, Some(1)), (&both, None)]);
    // An attempt for an unknown point is one for all of them.
    writer.record([tried(1, 3, &installed())]).unwrap();
    points([(&lone, None), (&both, None)]);
}
