//! What becomes of a body.

use crate::wire::host::{Body, Length, Pace};

use super::*;

fn crl(bytes: usize) -> Reply {
    let body: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
    Reply::ok("application/pkix-crl", body)
}

#[test]
fn a_body_comes_whole_with_what_the_server_said_of_it() {
    for length in [Length::True, Length::Chunked, Length::Unsaid] {
        let host = serve(move |_| Reply {
            length,
            ..crl(300_000)
                .with("ETag", "\"7\"")
                .with("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
        });
        let url = url(&host);
        let (answer, body) = get(&request(&url)).unwrap();
        let expected = Received {
            bytes: 300_000,
            etag: Some("\"7\"".to_owned()),
            last_modified: Some("Sat, 21 Nov 2026 10:00:00 GMT".to_owned()),
            content_type: Some("application/pkix-crl".to_owned()),
            final_url: url.clone(),
            html: Html::No,
        };
        assert_eq!(answer, FetchAnswer::Received(expected));
        assert_eq!(body.len(), 300_000);
        assert_eq!(body.last(), Some(&((299_999 % 251) as u8)));
    }
}

#[test]
fn an_empty_body_is_received_and_has_no_bytes() {
    let host = serve(|_| crl(0));
    let (answer, body) = get(&request(&url(&host))).unwrap();
    assert!(matches!(
        answer,
        FetchAnswer::Received(Received { bytes: 0, .. })
    ));
    assert!(body.is_empty());
}

#[test]
fn a_page_instead_of_a_crl_is_recorded() {
    let host = serve(|_| Reply::ok("text/html", &b"\n<!DOCTYPE html><title>Log in</title>"[..]));
    let (answer, _) = get(&request(&url(&host))).unwrap();
    assert!(matches!(
        answer,
        FetchAnswer::Received(Received {
            html: Html::Seen,
            ..
        })
    ));
}

#[test]
fn a_body_that_ends_early_is_an_error_with_both_numbers() {
    let error = failure(|_| Reply {
        cut: Some(1_000),
        ..crl(5_000)
    });
    assert!(
        matches!(
            error,
            FetchError::Truncated {
                received: 1_000,
                announced: 5_000
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_length_that_is_too_large_is_an_error_with_both_numbers() {
    let error = failure(|_| Reply {
        length: Length::Claimed(600),
        ..crl(500)
    });
    assert!(
        matches!(
            error,
            FetchError::Truncated {
                received: 500,
                announced: 600
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_length_that_is_too_small_is_an_error() {
    for claimed in [0, 400] {
        let error = failure(move |_| Reply {
            length: Length::Claimed(claimed),
            ..crl(500)
        });
        assert!(
            matches!(error, FetchError::Surplus { announced } if announced == claimed),
            "{error:?}"
        );
    }
}

#[test]
fn a_chunked_body_that_is_cut_is_an_error() {
    let error = failure(|_| Reply {
        length: Length::Chunked,
        cut: Some(1_000),
        ..crl(5_000)
    });
    assert!(
        matches!(
            error,
            FetchError::Broken {
                received: 1_000,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_dripping_server_ends_with_the_total_limit_and_the_bytes_are_counted() {
    let host = serve(|_| Reply {
        pace: Pace::Drip {
            bytes: 100,
            every: Duration::from_millis(10),
        },
        ..crl(900_000)
    });
    let url = url(&host);
    let mut request = request(&url);
    request.limits.total = Duration::from_secs(2);
    match get(&request) {
        Err(FetchError::TimedOut { received, .. }) => assert!(received > 0 && received < 900_000),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_body_may_reach_the_limit_and_not_pass_it() {
    let limit = LIMITS.bytes as usize;
    for length in [Length::True, Length::Chunked, Length::Unsaid] {
        let host = serve(move |_| Reply {
            length,
            ..crl(limit)
        });
        assert_eq!(get(&request(&url(&host))).unwrap().1.len(), limit);
        let error = failure(move |_| Reply {
            length,
            ..crl(limit + 1)
        });
        assert!(
            matches!(error, FetchError::TooLarge { limit: LIMIT, .. }),
            "{error:?}"
        );
    }
    const LIMIT: u64 = LIMITS.bytes;
}

#[test]
fn an_announced_length_over_the_limit_is_refused_before_anything_is_stored() {
    let host = serve(|_| Reply {
        length: Length::Claimed(u64::MAX / 2),
        ..crl(10)
    });
    let mut body = Vec::new();
    let url = url(&host);
    let error = fetch(&request(&url), &mut body).unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::TooLarge {
                announced: Some(_),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(body.is_empty());
}

#[test]
fn an_endless_body_ends_at_the_limit() {
    let error = failure(|_| Reply {
        body: Body::Stream(Box::new(std::io::repeat(0)), None),
        ..Reply::new(200)
    });
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error:?}");
}

fn packed(url: &str) -> FetchRequest<'_> {
    FetchRequest {
        encoding: ContentEncoding::Gzip,
        ..request(url)
    }
}

#[test]
fn a_compressed_body_is_unpacked_where_it_was_asked_for() {
    let body = gzip(&[7; 100_000]);
    let host = serve(move |_| {
        Reply::ok("application/pkix-crl", body.clone()).with("Content-Encoding", "gzip")
    });
    let url = url(&host);
    assert_eq!(get(&packed(&url)).unwrap().1, [7; 100_000]);
    let error = get(&request(&url)).unwrap_err();
    assert!(
        matches!(&error, FetchError::Encoding { found } if found == "gzip"),
        "{error:?}"
    );
}

#[test]
fn a_coding_that_nobody_knows_is_refused() {
    let host = serve(|_| crl(10).with("Content-Encoding", "br"));
    let url = url(&host);
    assert!(matches!(
        get(&packed(&url)),
        Err(FetchError::Encoding { .. })
    ));
}

#[test]
fn a_gzip_bomb_ends_at_the_limit() {
    let bomb = gzip(&vec![0; 50_000_000]);
    assert!(bomb.len() < 500_000);
    let host = serve(move |_| {
        Reply::ok("application/pkix-crl", bomb.clone()).with("Content-Encoding", "gzip")
    });
    let url = url(&host);
    let mut body = Vec::new();
    let error = fetch(&packed(&url), &mut body).unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::TooLarge {
                announced: None,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(body.len() as u64 <= LIMITS.bytes);
}

#[test]
fn a_compressed_body_that_ends_early_is_an_error() {
    let body = gzip(&[7; 100_000]);
    let cut = body[..body.len() - 6].to_vec();
    let host = serve(move |_| {
        Reply::ok("application/pkix-crl", cut.clone()).with("Content-Encoding", "gzip")
    });
    let url = url(&host);
    let error = get(&packed(&url)).unwrap_err();
    assert!(matches!(error, FetchError::Unpacking { .. }), "{error:?}");
}

#[test]
fn a_sink_that_is_full_is_not_blamed_on_the_server() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let host = serve(|_| crl(10));
    let error = fetch(&request(&url(&host)), &mut Full).unwrap_err();
    assert!(matches!(error, FetchError::Sink { .. }), "{error:?}");
}
