use super::*;

fn facts() -> Facts {
    Facts::built_in().unwrap()
}

fn question(facts: &Facts) -> ConnectionQuestion<'_> {
    ConnectionQuestion {
        at: Moment::from_unix(1_796_000_000).unwrap(),
        facts,
        environment: None,
        fqdn: None,
        sent: &[],
        server: None,
        ours: None,
        requested: false,
        expected: None,
    }
}

fn complete(version: &str, certificate_sent: bool, after: After) -> Handshake {
    let mut handshake = Handshake::new("127.0.0.1:443", Offer::Spine);
    handshake.version = Some(version.to_owned());
    handshake.ending = Ending::Complete;
    handshake.request = Some(CertificateRequest {
        authorities: Vec::new(),
    });
    handshake.certificate_sent = certificate_sent;
    handshake.after = after;
    handshake
}

fn unproven(closed: bool, status: Option<u16>) -> ConnectionAnswer {
    ConnectionAnswer::NotProven { closed, status }
}

fn answer(handshake: &Handshake) -> ConnectionAnswer {
    ConnectionAnswer::of(handshake)
}

#[test]
fn a_completed_tls_1_3_handshake_alone_proves_no_acceptance() {
    let mut handshake = complete("TLSv1.3", true, After::Silent);
    assert_eq!(answer(&handshake), unproven(false, None));
    handshake.tickets = 1;
    assert_eq!(
        answer(&handshake),
        ConnectionAnswer::Accepted(AcceptanceProof::Handshake)
    );
    let closed = complete("TLSv1.3", true, After::Closed { notified: true });
    assert_eq!(answer(&closed), unproven(true, None));
}

#[test]
fn an_alert_after_a_ticket_is_a_refusal_all_the_same() {
    let mut handshake = complete("TLSv1.3", true, After::Alert(Alert { code: 48 }));
    handshake.tickets = 2;
    let refused = ConnectionAnswer::Refused(ConnectionRefusal::Alert(Alert { code: 48 }));
    assert_eq!(answer(&handshake), refused);
}

#[test]
fn nginx_refuses_in_http_what_it_let_through_in_the_handshake() {
    let mut response = HttpResponse::new(400, Vec::new());
    response.body = "<center>The SSL certificate error</center>".to_owned();
    let handshake = complete("TLSv1.2", true, After::Response(response.clone()));
    assert_eq!(
        answer(&handshake),
        ConnectionAnswer::Refused(ConnectionRefusal::Http(400))
    );
    response.body = "bad request".to_owned();
    let handshake = complete("TLSv1.2", true, After::Response(response));
    assert_eq!(answer(&handshake), unproven(false, Some(400)));
}

#[test]
fn only_a_status_that_a_refused_client_does_not_get_proves_acceptance() {
    for version in ["TLSv1.2", "TLSv1.3"] {
        let of = |status, certificate_sent| {
            let response = HttpResponse::new(status, Vec::new());
            answer(&complete(
                version,
                certificate_sent,
                After::Response(response),
            ))
        };
        for status in [200, 204, 206] {
            assert_eq!(
                of(status, true),
                ConnectionAnswer::Accepted(AcceptanceProof::Response),
                "{status}"
            );
            assert_eq!(of(status, false), ConnectionAnswer::Connected, "{status}");
        }
        for status in [495, 496] {
            let refused = ConnectionAnswer::Refused(ConnectionRefusal::Http(status));
            assert_eq!(of(status, true), refused, "{status}");
        }
        let others = [
            101, 301, 302, 400, 401, 403, 404, 405, 407, 410, 421, 422, 426, 429, 431, 444, 497,
            500, 502, 503, 599,
        ];
        for status in others {
            let found = of(status, true);
            assert_eq!(found, unproven(false, Some(status)), "{status}");
            for expected in [Expected::Accepted, Expected::Refused(None)] {
                assert!(!expected.is(&found), "{status}");
            }
        }
    }
}

#[test]
fn a_server_that_asks_for_no_certificate_cannot_refuse_one() {
    for status in [403, 500] {
        let response = HttpResponse::new(status, Vec::new());
        let mut handshake = complete("TLSv1.2", false, After::Response(response));
        handshake.request = None;
        assert_eq!(answer(&handshake), ConnectionAnswer::Connected, "{status}");
        handshake.renegotiated = true;
        assert_eq!(answer(&handshake), ConnectionAnswer::Connected, "{status}");
        // IIS and Apache ask for it late.
        handshake.requested_late = true;
        assert_ne!(answer(&handshake), ConnectionAnswer::Connected, "{status}");
    }
}

#[test]
fn a_handshake_is_not_enough_where_accepted_is_expected() {
    assert!(!Expected::Accepted.is(&ConnectionAnswer::Accepted(AcceptanceProof::Handshake)));
    assert!(Expected::Accepted.is(&ConnectionAnswer::Accepted(AcceptanceProof::Response)));
    let unknown_ca = Expected::parse("refused:unknown_ca").unwrap();
    assert!(
        unknown_ca.is(&ConnectionAnswer::Refused(ConnectionRefusal::Alert(
            Alert { code: 48 }
        )))
    );
    assert!(
        !unknown_ca.is(&ConnectionAnswer::Refused(ConnectionRefusal::Alert(
            Alert { code: 45 }
        )))
    );
    assert!(!unknown_ca.is(&ConnectionAnswer::Refused(ConnectionRefusal::Closed)));
    assert_eq!(Expected::parse("refused:nonsense"), None);
    assert_eq!(Expected::parse("accept"), None);
}

#[test]
fn no_connection_is_never_good() {
    let facts = facts();
    let observation = Observation::new("a.nhs.uk", 443);
    let judgement = judge(&observation, &question(&facts));
    assert_ne!(judgement.decision, Decision::Verified);
    assert_eq!(judgement.answer, ConnectionAnswer::NotConnected);
}

#[test]
fn a_server_whose_certificate_cannot_be_read_is_not_good() {
    let facts = facts();
    let mut observation = Observation::new("a.nhs.uk", 443);
    observation.handshake = Some(complete("TLSv1.2", true, After::Silent));
    let judgement = judge(&observation, &question(&facts));
    assert_eq!(judgement.code, Some(Code::ServerNotJudged));
    assert_eq!(judgement.decision, Decision::NotVerified);
}

#[test]
fn closed_and_filtered_ports_have_findings_of_their_own() {
    let facts = facts();
    let dialled = |outcome: DialOutcome| Dialled {
        address: "192.0.2.1:443".to_owned(),
        outcome,
        took_ms: 1,
    };
    for (outcomes, code) in [
        (vec![DialOutcome::Refused], Code::TcpRefused),
        (vec![DialOutcome::Filtered], Code::TcpFiltered),
        (
            vec![DialOutcome::Refused, DialOutcome::Filtered],
            Code::TcpFiltered,
        ),
    ] {
        let mut observation = Observation::new("a.nhs.uk", 443);
        observation.addresses = outcomes.into_iter().map(dialled).collect();
        assert_eq!(judge(&observation, &question(&facts)).code, Some(code));
    }
    let mut observation = Observation::new("a.nhs.uk", 443);
    observation.addresses = vec![dialled(DialOutcome::Open), dialled(DialOutcome::Filtered)];
    let judgement = judge(&observation, &question(&facts));
    let codes = judgement
        .findings
        .iter()
        .map(|finding| finding.problem.code());
    assert!(codes.into_iter().any(|code| code == Code::TcpPartly));
}

#[test]
fn servers_dates_are_read_to_the_second() {
    assert_eq!(
        http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
        Some(784_111_777)
    );
    assert_eq!(http_date("yesterday"), None);
    let response = |date: &str| HttpResponse::new(200, vec![("Date".to_owned(), date.to_owned())]);
    let at = Moment::from_unix(784_111_777 + 120).unwrap();
    assert_eq!(
        skew(&response("Sun, 06 Nov 1994 08:49:37 GMT"), at),
        Some(120)
    );
    assert_eq!(skew(&response("Sun, 06 Nov 1994 08:51:00 GMT"), at), None);
}

#[track_caller]
fn assert_said(observation: &Observation, code: Code) {
    let facts = facts();
    let judgement = judge(observation, &question(&facts));
    let all = judgement.reasons.iter().chain(&judgement.findings);
    let codes: Vec<Code> = all.map(|finding| finding.problem.code()).collect();
    assert!(codes.contains(&code), "{code}: {codes:?}");
}

#[test]
fn a_resolver_that_does_not_answer_leaves_it_open() {
    let mut observation = Observation::new("a.nhs.uk", 443);
    observation.look_up.outcome = LookUpOutcome::TimedOut;
    assert_said(&observation, Code::DnsTimedOut);
    let facts = facts();
    let judgement = judge(&observation, &question(&facts));
    assert_eq!(judgement.decision, Decision::NotDecided);
}

#[test]
fn renegotiation_is_said() {
    let mut observation = Observation::new("a.nhs.uk", 443);
    let mut handshake = complete("TLSv1.2", false, After::Silent);
    handshake.renegotiated = true;
    observation.handshake = Some(handshake);
    assert_said(&observation, Code::Renegotiates);
}

#[test]
fn a_clock_that_differs_is_said() {
    let mut response = HttpResponse::new(200, Vec::new());
    let date = "Sun, 06 Nov 1994 08:49:37 GMT".to_owned();
    response.headers.push(("Date".to_owned(), date));
    let mut observation = Observation::new("a.nhs.uk", 443);
    observation.handshake = Some(complete("TLSv1.2", false, After::Response(response)));
    assert_said(&observation, Code::ClockSkew);
}

#[test]
fn a_server_without_tls_1_2_is_said_only_where_that_is_certain() {
    let scanned = |version: &str, chose: Option<&str>, certain| Scanned {
        version: version.to_owned(),
        suite: None,
        permitted: true,
        chose: chose.map(str::to_owned),
        certain,
        certificate: None,
    };
    let observation = |certain| {
        let mut observation = Observation::new("a.nhs.uk", 443);
        observation.scan = vec![
            scanned("TLSv1.2", None, certain),
            scanned("TLSv1.3", Some("TLS_AES_256_GCM_SHA384"), true),
        ];
        observation
    };
    assert_said(&observation(true), Code::Tls12Missing);
    let facts = facts();
    let open = judge(&observation(false), &question(&facts));
    let codes = open.findings.iter().map(|finding| finding.problem.code());
    assert!(codes.into_iter().all(|code| code != Code::Tls12Missing));
}

#[test]
fn the_same_answer_without_a_certificate_takes_the_proof_away() {
    let response = |status| After::Response(HttpResponse::new(status, Vec::new()));
    let facts = facts();
    let answer = |without: u16| {
        let mut observation = Observation::new("a.nhs.uk", 443);
        observation.handshake = Some(complete("TLSv1.2", true, response(200)));
        observation.without_certificate = Some(complete("TLSv1.2", false, response(without)));
        judge(&observation, &question(&facts)).answer
    };
    assert_eq!(answer(200), unproven(false, Some(200)));
    for refused in [302, 400, 401, 403, 404, 496] {
        let proven = ConnectionAnswer::Accepted(AcceptanceProof::Response);
        assert_eq!(answer(refused), proven, "{refused}");
    }
    // Whoever is busy or broken gives no reason.
    for open in [204, 408, 421, 425, 429, 500, 502, 503, 504] {
        assert_eq!(answer(open), unproven(false, Some(200)), "{open}");
    }
}

/// What comes of success with the certificate and this without it.
fn compared(without: Option<Handshake>) -> Judgement {
    let facts = facts();
    let mut observation = Observation::new("a.nhs.uk", 443);
    let served = After::Response(HttpResponse::new(200, Vec::new()));
    observation.handshake = Some(complete("TLSv1.3", true, served));
    observation.without_certificate = without;
    judge(&observation, &question(&facts))
}

#[test]
fn a_second_connection_that_fails_does_not_show_that_the_server_requires_a_certificate() {
    let open = unproven(false, Some(200));
    let mut reset = Handshake::new("127.0.0.1:443", Offer::Spine);
    reset.ending = Ending::Reset;
    let mut internal = complete("TLSv1.2", false, After::NotWaited);
    internal.ending = Ending::Alert(Alert { code: 80 });
    // Without a request for a certificate it is about something else.
    let mut unasked = Handshake::new("127.0.0.1:443", Offer::Spine);
    unasked.ending = Ending::Alert(Alert { code: 40 });
    let cases = [
        (None, WithoutCertificate::NoAnswer),
        (Some(reset), WithoutCertificate::NoAnswer),
        (
            Some(complete("TLSv1.3", false, After::Reset)),
            WithoutCertificate::NoAnswer,
        ),
        (
            Some(complete("TLSv1.3", false, After::NoResponse)),
            WithoutCertificate::NoAnswer,
        ),
        (
            Some(internal),
            WithoutCertificate::Alert(Alert { code: 80 }),
        ),
        (Some(unasked), WithoutCertificate::Alert(Alert { code: 40 })),
    ];
    for (without, expected) in cases {
        let judgement = compared(without);
        assert_eq!(judgement.answer, open, "{expected:?}");
        let is_said = judgement.reasons.iter().any(|reason| {
            matches!(
                &reason.problem,
                Problem::Connection(ConnectionProblem::AcceptanceUnproven { without: Some(found), .. })
                    if *found == expected
            )
        });
        assert!(is_said, "{expected:?}: {:?}", judgement.reasons);
    }
    let required = After::Alert(Alert { code: 116 });
    let proven = ConnectionAnswer::Accepted(AcceptanceProof::Response);
    let judgement = compared(Some(complete("TLSv1.3", false, required)));
    assert_eq!(judgement.answer, proven);
}

#[test]
fn a_forbidden_page_refuses_the_certificate_only_where_a_client_without_one_is_served() {
    let facts = facts();
    let response = |status| After::Response(HttpResponse::new(status, Vec::new()));
    let judged = |without: u16| {
        let mut observation = Observation::new("a.nhs.uk", 443);
        observation.handshake = Some(complete("TLSv1.2", true, response(403)));
        observation.without_certificate = Some(complete("TLSv1.2", false, response(without)));
        judge(&observation, &question(&facts))
    };
    let refused = ConnectionAnswer::Refused(ConnectionRefusal::Http(403));
    assert_eq!(judged(200).answer, refused);
    for without in [400, 401, 403, 503] {
        let judgement = judged(without);
        assert_eq!(judgement.answer, unproven(false, Some(403)), "{without}");
        assert!(!Expected::Refused(None).is(&judgement.answer));
    }
    // Without a certificate it does not show that one is required.
    let bare = complete("TLSv1.2", false, response(403));
    assert_eq!(answer(&bare), unproven(false, Some(403)));
    let mut page = HttpResponse::new(403, Vec::new());
    page.body = "HTTP Error 403.7: an SSL client certificate is required".to_owned();
    let named = complete("TLSv1.2", false, After::Response(page));
    assert_eq!(answer(&named), refused);
}

#[test]
fn an_alert_that_is_not_about_certificates_does_not_show_that_one_is_required() {
    for code in [0, 10, 50, 80, 90] {
        let alert = Alert { code };
        let after = complete("TLSv1.3", false, After::Alert(alert));
        assert_eq!(answer(&after), unproven(true, None), "{alert}");
        let mut observation = Observation::new("a.nhs.uk", 443);
        let mut during = complete("TLSv1.2", false, After::NotWaited);
        during.ending = Ending::Alert(alert);
        observation.handshake = Some(during);
        assert_said(&observation, Code::HandshakeRefused);
        // Nor is it an answer to the certificate that was sent.
        let with = complete("TLSv1.3", true, After::Alert(alert));
        assert_eq!(answer(&with), unproven(true, None), "{alert}");
    }
    // It is about the signature that a client with a certificate makes.
    let decrypt = Alert { code: 51 };
    let with = answer(&complete("TLSv1.3", true, After::Alert(decrypt)));
    let refused = ConnectionAnswer::Refused(ConnectionRefusal::Alert(decrypt));
    assert_eq!(with, refused);
    let without = answer(&complete("TLSv1.3", false, After::Alert(decrypt)));
    assert_eq!(without, unproven(true, None));
}

#[test]
fn no_answer_to_a_request_is_no_acceptance_whatever_the_handshake_was() {
    let mut handshake = complete("TLSv1.3", true, After::NoResponse);
    handshake.tickets = 2;
    assert_eq!(answer(&handshake), unproven(false, None));
    let handshake = complete("TLSv1.2", true, After::NoResponse);
    assert_eq!(answer(&handshake), unproven(false, None));
}

#[test]
fn where_a_connection_fails_it_is_not_said_that_the_server_admits_a_client() {
    let facts = facts();
    let mut question = question(&facts);
    question.expected = Some(Expected::Refused(None));
    let mut observation = Observation::new("a.nhs.uk", 443);
    let mut cut = Handshake::new("127.0.0.1:443", Offer::Spine);
    cut.ending = Ending::Reset;
    for handshake in [None, Some(cut)] {
        observation.handshake = handshake;
        let judgement = judge(&observation, &question);
        let codes: Vec<Code> = judgement
            .reasons
            .iter()
            .map(|reason| reason.problem.code())
            .collect();
        assert!(!codes.contains(&Code::UnexpectedAnswer), "{codes:?}");
        assert_ne!(judgement.decision, Decision::Verified);
    }
}

#[test]
fn a_scan_that_found_out_too_little_leaves_it_undecided() {
    let scanned = |version: &str, certain| Scanned {
        version: version.to_owned(),
        suite: None,
        permitted: false,
        chose: None,
        certain,
        certificate: None,
    };
    let mut observation = Observation::new("a.nhs.uk", 443);
    observation.handshake = Some(complete("TLSv1.2", false, After::Silent));
    observation.scan = vec![scanned("TLSv1.1", true), scanned("TLSv1", true)];
    let facts = facts();
    let codes = |observation: &Observation| -> Vec<Code> {
        let judgement = judge(observation, &question(&facts));
        let codes = judgement.reasons.iter();
        codes.map(|reason| reason.problem.code()).collect()
    };
    assert!(!codes(&observation).contains(&Code::ScanIncomplete));
    observation.scan[1].certain = false;
    assert!(codes(&observation).contains(&Code::ScanIncomplete));
}
