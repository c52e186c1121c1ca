#![expect(
    clippy::disallowed_methods,
    reason = "tests read what is kept beside them, and show files to other programs"
)]

use super::*;
use crate::document::extension::{
    DistributionPoint, GeneralName, IssuingDistributionPoint, Marked, PointName, Reason, Scope,
};
use crate::environment::{AuthorityRole, Environment};

fn facts() -> Facts {
    Facts::built_in().unwrap()
}

fn at(text: &str) -> Moment {
    let format = &time::format_description::well_known::Rfc3339;
    Moment::new(time::OffsetDateTime::parse(text, format).unwrap())
}

fn now() -> Moment {
    at("2026-11-22T12:00:00Z")
}

/// The CAs of an environment, as the command line takes them.
fn bundle(facts: &Facts, id: &str) -> Vec<Arc<Certificate>> {
    let environment: &Environment = facts.environment(id).unwrap();
    facts
        .authorities
        .iter()
        .filter(|authority| match authority.role {
            AuthorityRole::Root => authority.hierarchy == environment.hierarchy,
            AuthorityRole::SubCa => authority.environments.iter().any(|known| known == id),
        })
        .filter_map(|authority| authority.certificate().cloned())
        .collect()
}

/// What a CRL of a CA says about itself that is good for 2026, for a partition or for all.
fn header(issuer: &Certificate, point: Option<&str>) -> Crl {
    let der = std::fs::read("tests/data/verify/root.crl").unwrap();
    let mut header = Crl::read(&der).unwrap();
    header.issuer = issuer.subject.clone();
    header.this_update = at("2026-11-01T00:00:00Z");
    header.next_update = Some(at("2026-12-01T00:00:00Z"));
    header.base_number = None;
    header.issuing_distribution_point = point.map(|point| IssuingDistributionPoint {
        name: Some(PointName::Full {
            locations: vec![GeneralName::Uri(point.to_owned()).into()],
        }),
        scope: Scope::All,
        reasons: None,
        indirect: false,
    });
    header
}

fn draw(
    bundle: &[Arc<Certificate>],
    certificates: &[Arc<Certificate>],
    crls: &[(&Certificate, Crl)],
    server: Option<Server>,
) -> CrlPlan {
    let held: Vec<Held<'_>> = crls
        .iter()
        .map(|(signer, header)| Held {
            header,
            signer: signer.key.spki_sha256,
            der: None,
            crl: None,
        })
        .collect();
    CrlPlan::draw(&PlanQuestion {
        bundle,
        certificates,
        others: &[],
        held: &held,
        unreadable: &[],
        server,
        facts: &facts(),
        at: now(),
    })
}

fn of<'p>(plan: &'p CrlPlan, name: &str) -> &'p AuthorityPlan {
    plan.authorities
        .iter()
        .find(|authority| authority.name.common_name() == Some(name))
        .unwrap()
}

fn practice(name: &str) -> Arc<Certificate> {
    let path = format!("tests/data/{name}.pem");
    let pem = openssl::x509::X509::from_pem(&std::fs::read(path).unwrap()).unwrap();
    Arc::new(Certificate::read(&pem.to_der().unwrap()).unwrap())
}

#[test]
fn int_needs_the_crls_of_both_roots_and_of_both_sub_cas() {
    let facts = facts();
    let plan = draw(&bundle(&facts, "int"), &[], &[], Some(Server::Nginx));
    let names: Vec<&str> = plan
        .authorities
        .iter()
        .filter_map(|authority| authority.name.common_name())
        .collect();
    assert_eq!(
        names,
        [
            "NHS PTL Root Authority",
            "NHS INT Level 1C",
            "NHS PTL Root Authority G2",
            "NHS INT Authentication G2"
        ]
    );
    assert!(
        plan.required()
            .all(|(_, required)| required.state == RequiredState::Missing)
    );
    assert_eq!(plan.required().count(), 4);
    assert!(!plan.is_complete() && plan.lacks_crls() && !plan.knows_all_partitions());
    let urls: Vec<&str> = plan.fetches().iter().map(|fetch| fetch.url).collect();
    assert_eq!(
        urls,
        [
            "http://crl.nhs.uk/ptl/rootca/arla1.crl",
            "http://crl.nhs.uk/PTL/G2/root/NHSPTLrootG2.crl"
        ]
    );
}

#[test]
fn a_ca_whose_root_has_expired_needs_nothing() {
    let facts = facts();
    let plan = draw(&bundle(&facts, "live"), &[], &[], None);
    let expired = |name| matches!(of(&plan, name).role, BundleRole::Expired { .. });
    assert!(expired("NHS Root Authority") && expired("NHS Level 1C"));
    assert!(!expired("NHS Root Authority G2"));
    assert!(of(&plan, "NHS Level 1C").required.is_empty());
}

#[test]
fn a_directory_name_beside_a_url_are_two_places_for_one_crl() {
    let facts = facts();
    let bundle = bundle(&facts, "live");
    let held: Vec<Held<'_>> = Vec::new();
    let plan = CrlPlan::draw(&PlanQuestion {
        bundle: &bundle,
        certificates: &[],
        others: &[],
        held: &held,
        unreadable: &[],
        server: None,
        facts: &facts,
        at: at("2022-01-01T00:00:00Z"),
    });
    let [required] = of(&plan, "NHS Root Authority").required.as_slice() else {
        panic!("expected one need")
    };
    assert_eq!(required.sources.len(), 2);
    assert_eq!(
        required.sources.iter().filter_map(CrlSource::url).count(),
        1
    );
}

#[test]
fn current_crls_of_every_ca_make_the_plan_complete_and_an_expired_one_does_not() {
    let facts = facts();
    let bundle = bundle(&facts, "int");
    let mut crls: Vec<(&Certificate, Crl)> = bundle
        .iter()
        .map(|ca| (ca.as_ref(), header(ca, None)))
        .collect();
    let plan = draw(&bundle, &[], &crls, Some(Server::Nginx));
    assert!(plan.is_complete());
    assert!(!plan.lacks_crls());
    assert_eq!(plan.crls(), [0, 1, 2, 3]);
    // Complete for what is known; which partitions clients have is still not known.
    assert!(!plan.knows_all_partitions());

    crls[0].1.next_update = Some(at("2026-11-22T11:59:59Z"));
    let plan = draw(&bundle, &[], &crls, Some(Server::Nginx));
    assert!(!plan.is_complete() && !plan.lacks_crls());
    crls[0].1.next_update = Some(now());
    let plan = draw(&bundle, &[], &crls, Some(Server::Nginx));
    assert!(plan.is_complete());
}

#[test]
fn a_crl_that_another_key_of_the_same_name_signed_is_not_the_cas() {
    let (sub, root) = (practice("verify/sub"), practice("verify/root"));
    let bundle = [sub.clone(), root.clone()];
    let forged = practice("verify/forged-root");
    let crls = [(forged.as_ref(), header(&root, None))];
    let plan = draw(&bundle, &[], &crls, None);
    assert_eq!(
        of(&plan, "Practice Root").required[0].state,
        RequiredState::Missing
    );
}

#[test]
fn a_client_that_names_its_partition_needs_that_one() {
    let (sub, root) = (practice("pki/sub"), practice("pki/root"));
    let client = practice("pki/leaf");
    let bundle = [sub.clone(), root.clone()];
    let other = [
        (root.as_ref(), header(&root, None)),
        (
            sub.as_ref(),
            header(&sub, Some("http://crl.practice.example/c2.crl")),
        ),
    ];
    let plan = draw(&bundle, std::slice::from_ref(&client), &other, None);
    let authority = of(&plan, "Practice Sub CA");
    assert!(!authority.clients_unknown);
    assert!(matches!(
        authority.required[0].state,
        RequiredState::OtherPartition { .. }
    ));
    assert_eq!(
        authority.required[0].sources[0].url(),
        Some("http://crl.practice.example/c1.crl")
    );
    // The partition that is available belongs to the set, for clients that were not shown.
    assert!(matches!(authority.required[1].covers, Covers::Partition));

    let right = [
        (root.as_ref(), header(&root, None)),
        (
            sub.as_ref(),
            header(&sub, Some("http://crl.practice.example/c1.crl")),
        ),
    ];
    let plan = draw(&bundle, &[client], &right, None);
    assert!(plan.is_complete() && plan.knows_all_partitions());
    assert_eq!(of(&plan, "Practice Sub CA").required.len(), 1);
}

#[test]
fn crls_for_some_reasons_are_enough_together_but_not_for_nginx() {
    let (sub, root) = (practice("verify/sub"), practice("verify/root"));
    let bundle = [sub.clone(), root.clone()];
    let some = |reasons: &[Reason]| {
        let mut header = header(&root, Some("http://x/"));
        if let Some(point) = &mut header.issuing_distribution_point {
            point.name = None;
            point.reasons = Some(reasons.to_vec());
        }
        header
    };
    let (first, rest) = (Reason::ALL.split_at(3).0, Reason::ALL.split_at(3).1);
    let root_state = |crls: &[(&Certificate, Crl)], server| {
        of(&draw(&bundle, &[], crls, server), "Practice Root").required[0]
            .state
            .clone()
    };
    let one = [(root.as_ref(), some(first))];
    assert!(matches!(
        root_state(&one, None),
        RequiredState::Partial { missing } if missing == rest
    ));
    let both = [(root.as_ref(), some(first)), (root.as_ref(), some(rest))];
    assert!(root_state(&both, None).is_good());
    assert!(root_state(&both, Some(Server::Java)).is_good());
    assert_eq!(
        root_state(&both, Some(Server::Nginx)),
        RequiredState::Ignored
    );
}

#[test]
fn openssl_wants_a_crl_for_the_root_itself_which_a_partition_is_not() {
    let (sub, root) = (practice("pki/sub"), practice("pki/root"));
    let bundle = [sub, root.clone()];
    let point = "http://crl.practice.example/root.crl";
    let partition = [(root.as_ref(), header(&root, Some(point)))];
    let whole = [(root.as_ref(), header(&root, None))];
    let states = |crls: &[(&Certificate, Crl)], server| -> Vec<bool> {
        let plan = draw(&bundle, &[], crls, Some(server));
        let required = &of(&plan, "Practice Root").required;
        required
            .iter()
            .map(|required| required.state.is_good())
            .collect()
    };
    assert_eq!(states(&partition, Server::Nginx), [true, false]);
    assert_eq!(states(&whole, Server::Nginx), [true]);
    assert_eq!(states(&partition, Server::Java), [true]);
}

#[test]
fn openssl_takes_the_reasons_of_the_first_point_that_fits_for_all_of_them() {
    let (sub, root) = (practice("verify/sub"), practice("verify/root"));
    let point = |url: &str, reasons: Option<Vec<Reason>>| DistributionPoint {
        name: Some(PointName::Full {
            locations: vec![GeneralName::Uri(url.to_owned()).into()],
        }),
        reasons,
        crl_issuer: Vec::new(),
    };
    let (some, all) = (
        point("http://x/some", Some(Reason::ALL.split_at(3).0.to_vec())),
        point("http://x/all", None),
    );
    let state = |points: &[DistributionPoint], crl: Option<&str>, server| {
        let mut sub = Certificate::clone(&sub);
        sub.extensions.crl_distribution_points = Some(Marked {
            critical: false,
            value: points.to_vec(),
        });
        let crls = [(root.as_ref(), header(&root, crl))];
        let plan = draw(&[Arc::new(sub), root.clone()], &[], &crls, Some(server));
        of(&plan, "Practice Root").required[0].state.clone()
    };
    let first = [some.clone(), all.clone()];
    assert_eq!(state(&first, None, Server::Nginx), RequiredState::Ignored);
    assert!(state(&first, None, Server::Java).is_good());
    assert!(state(&first, Some("http://x/all"), Server::Nginx).is_good());
    assert!(state(&[all, some], None, Server::Nginx).is_good());
}

#[test]
fn a_delta_crl_answers_for_no_certificate() {
    let (sub, root) = (practice("verify/sub"), practice("verify/root"));
    let mut delta = header(&root, None);
    delta.base_number = delta.number.clone();
    let plan = draw(&[sub, root.clone()], &[], &[(root.as_ref(), delta)], None);
    assert_eq!(
        of(&plan, "Practice Root").required[0].state,
        RequiredState::Missing
    );
}

#[test]
fn a_crl_that_is_not_yet_valid_is_shown_separately() {
    let (sub, root) = (practice("verify/sub"), practice("verify/root"));
    let mut early = header(&root, None);
    early.this_update = at("2026-11-23T00:00:00Z");
    let plan = draw(&[sub, root.clone()], &[], &[(root.as_ref(), early)], None);
    assert!(matches!(
        of(&plan, "Practice Root").required[0].state,
        RequiredState::NotYetValid { .. }
    ));
}

#[test]
fn an_issuer_that_the_bundle_lacks_is_planned_for_and_a_client_of_another_pki_is_named() {
    let plan = draw(
        &[practice("verify/sub")],
        &[practice("pki/leaf")],
        &[],
        None,
    );
    assert_eq!(of(&plan, "Practice Root").role, BundleRole::Absent);
    assert_eq!(plan.unrelated.len(), 1);
    assert!(!plan.is_complete());
}

#[test]
fn a_client_that_has_expired_is_named_and_tells_no_partition() {
    let (root, sub) = (practice("verify/root"), practice("verify/sub"));
    let mut old = Certificate::clone(&practice("verify/leaf"));
    old.not_after = at("2026-06-01T00:00:00Z");
    let crls = [
        (root.as_ref(), header(&root, None)),
        (sub.as_ref(), header(&sub, None)),
    ];
    let plan = draw(&[root.clone(), sub.clone()], &[Arc::new(old)], &crls, None);
    let [fault] = plan.faults.as_slice() else {
        panic!("{:?}", plan.faults)
    };
    assert_eq!(fault.cause, FaultCause::ClientExpired);
    assert_eq!(fault.certificates.len(), 1);
    assert!(fault.minor && plan.is_complete());
    assert!(of(&plan, "Practice Sub CA").clients_unknown);
}

#[test]
fn a_ca_certified_twice_is_one_ca() {
    let root = practice("verify/root");
    let bundle = [
        practice("verify/sub"),
        practice("verify/sub-last"),
        root.clone(),
    ];
    let plan = draw(&bundle, &[], &[], None);
    assert_eq!(plan.authorities.len(), 2);
    let Covers::Certificates(certificates) = &of(&plan, "Practice Root").required[0].covers else {
        panic!("expected certificates")
    };
    assert_eq!(certificates.len(), 2);
}

#[test]
fn every_server_is_described_once_and_under_its_own_name() {
    for server in Server::ALL {
        assert_eq!(server.behaviour().server, server);
        let json = serde_json::to_value(server).unwrap();
        assert_eq!(json, server.id());
    }
}

#[test]
fn of_the_live_cas_those_of_the_first_generation_have_expired() {
    let facts = facts();
    let live = bundle(&facts, "live");
    let names = |moment| -> Vec<String> {
        let expired = expired_authorities(&live, at(moment));
        expired.iter().map(|ca| ca.subject.short()).collect()
    };
    assert_eq!(
        names("2026-11-22T12:00:00Z"),
        ["NHS Root Authority", "NHS Level 1C"]
    );
    assert!(names("2024-01-01T00:00:00Z").is_empty());
}

#[test]
fn a_sub_ca_ends_with_the_only_root_above_it_and_a_client_counts_for_ever() {
    let read = |name: &str| {
        let pem = std::fs::read(format!("tests/data/pki/{name}.pem")).unwrap();
        let input = crate::input::Input::new(crate::input::Source::given("test"), &pem);
        let opened = crate::decode::open(&input, None).unwrap();
        Arc::new(Certificate::read(&opened.objects[0].decode().unwrap().bytes).unwrap())
    };
    let (root, sub, leaf) = (read("root"), read("sub"), read("leaf"));
    let over = |certificates: &[&Arc<Certificate>], moment| {
        let certificates: Vec<_> = certificates.iter().map(|one| Arc::clone(one)).collect();
        expired_authorities(&certificates, at(moment)).len()
    };
    assert_eq!(over(&[&leaf, &sub, &root], "2027-01-01T00:00:00Z"), 0);
    assert_eq!(over(&[&leaf, &sub, &root], "2031-01-01T00:00:00Z"), 1);
    assert_eq!(over(&[&leaf, &sub, &root], "2041-01-01T00:00:00Z"), 2);
    let mut short_lived = Certificate::clone(&root);
    short_lived.not_after = at("2026-06-01T00:00:00Z");
    let short_lived = Arc::new(short_lived);
    assert_eq!(
        over(&[&leaf, &sub, &short_lived], "2027-01-01T00:00:00Z"),
        2
    );
}

/// The rule of [`superseded`] for two CRLs.
fn takes_the_place(newer: &Held<'_>, older: &Held<'_>) -> bool {
    let point = |held: &Held<'_>| held.header.issuing_distribution_point.clone();
    let scope = |held: &Held<'_>| point(held).map_or(Scope::All, |point| point.scope);
    let ends = |held: &Held<'_>, wanted: fn(Moment, Moment) -> bool| {
        held.header
            .next_update
            .is_some_and(|end| wanted(end, now()))
    };
    let is_whole = |point: IssuingDistributionPoint| point.reasons.is_none() && !point.indirect;
    let is_delta = |held: &Held<'_>| held.header.base_number.is_some();
    let places = |held: &Held<'_>| -> Option<Vec<String>> {
        let places = point(held)?.name?.sources().into_iter();
        // As far as these differ in nothing but the host's case.
        Some(places.map(|place| place.to_lowercase()).collect())
    };
    let points = match (places(older), places(newer)) {
        (_, None) => true,
        (None, Some(_)) => ends(older, |end, now| end < now),
        (Some(old), Some(new)) => old.iter().any(|place| new.contains(place)),
    };
    older.signer == newer.signer
        && older.header.issuer.matches(&newer.header.issuer)
        && older.header.this_update < newer.header.this_update
        && is_delta(older) == is_delta(newer)
        && newer.header.this_update <= now()
        && !ends(newer, |end, now| end < now)
        && point(newer).is_none_or(is_whole)
        && !point(older).is_some_and(|point| point.indirect)
        && match scope(older) {
            Scope::All if ends(older, |end, now| end < now) => true,
            own => scope(newer) == Scope::All || scope(newer) == own,
        }
        && points
}

#[test]
fn what_supersedes_what_is_the_same_as_when_each_crl_is_compared_with_each() {
    let facts = facts();
    let cas = bundle(&facts, "int");
    let mut state = 7u64;
    let mut one_of = |count: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % count
    };
    let urls = [
        "http://a.nhs.uk/1.crl",
        "http://A.nhs.uk/1.crl",
        "http://a.nhs.uk/2.crl",
    ];
    let crls: Vec<(Sha256Digest, Crl)> = (0..400)
        .map(|_| {
            let ca = &cas[one_of(2) as usize];
            let mut crl = header(ca, None);
            let day = 1 + one_of(28);
            crl.this_update = at(&format!("2026-11-{day:02}T00:00:00Z"));
            match one_of(6) {
                0 => crl.next_update = Some(at("2026-11-20T00:00:00Z")),
                1 => crl.next_update = None,
                _ => {}
            }
            if one_of(4) == 0 {
                crl.base_number = crl.number.clone();
            }
            if one_of(3) > 0 {
                let count = one_of(3);
                let name = (count > 0).then(|| PointName::Full {
                    locations: (0..count)
                        .map(|_| GeneralName::Uri(urls[one_of(3) as usize].to_owned()).into())
                        .collect(),
                });
                crl.issuing_distribution_point = Some(IssuingDistributionPoint {
                    name,
                    scope: [Scope::All, Scope::UserCertificates, Scope::CaCertificates]
                        [one_of(3) as usize],
                    reasons: (one_of(6) == 0).then(|| vec![Reason::KeyCompromise]),
                    indirect: one_of(6) == 0,
                });
            }
            (cas[one_of(2) as usize].key.identity(), crl)
        })
        .collect();
    let held: Vec<Held<'_>> = crls
        .iter()
        .map(|(signer, crl)| Held::of_header(crl, *signer))
        .collect();
    let expected: Vec<usize> = (0..held.len())
        .filter(|older| {
            held.iter()
                .any(|newer| takes_the_place(newer, &held[*older]))
        })
        .collect();
    assert!((50..350).contains(&expected.len()), "{}", expected.len());
    assert_eq!(superseded(&held, now()), expected);
}

#[test]
fn of_very_many_other_partitions_a_few_are_named() {
    let (sub, root) = (practice("pki/sub"), practice("pki/root"));
    let url = |number: usize| format!("http://crl.practice.example/other-{number}.crl");
    let crls: Vec<(&Certificate, Crl)> = (0..50)
        .map(|number| (sub.as_ref(), header(&sub, Some(&url(number)))))
        .collect();
    let plan = draw(&[sub.clone(), root], &[practice("pki/leaf")], &crls, None);
    let required = &of(&plan, "Practice Sub CA").required;
    let RequiredState::OtherPartition { found } = &required[0].state else {
        panic!("{:?}", required[0].state)
    };
    assert_eq!(found.len(), 8);
    // The others are needed for clients that were not shown.
    assert_eq!(required.len(), 51);
}

#[test]
fn a_crl_for_ca_certificates_or_for_some_reasons_does_not_answer_for_clients_that_were_not_given() {
    let (root, sub) = (practice("verify/root"), practice("verify/sub"));
    let bundle = [Arc::clone(&root), Arc::clone(&sub)];
    let planned = |scope, reasons: Option<Vec<Reason>>, server| {
        let mut of_sub = header(&sub, None);
        of_sub.issuing_distribution_point = Some(IssuingDistributionPoint {
            name: None,
            scope,
            reasons,
            indirect: false,
        });
        let crls = [(&*root, header(&root, None)), (&*sub, of_sub)];
        draw(&bundle, &[], &crls, server).completeness()
    };
    for server in [None, Some(Server::Java), Some(Server::Iis)] {
        let complete = planned(Scope::UserCertificates, None, server);
        assert_eq!(complete, Completeness::Complete, "{server:?}");
        for scope in [Scope::CaCertificates, Scope::AttributeCertificates] {
            let incomplete = planned(scope, None, server);
            assert_eq!(incomplete, Completeness::Incomplete, "{server:?}");
        }
        let some = vec![Reason::KeyCompromise];
        let incomplete = planned(Scope::All, Some(some), server);
        assert_eq!(incomplete, Completeness::Incomplete, "{server:?}");
    }
}

#[test]
fn a_plan_is_not_complete_while_a_crl_that_concerns_it_cannot_be_read() {
    let (root, sub) = (practice("verify/root"), practice("verify/sub"));
    let bundle = [Arc::clone(&root), Arc::clone(&sub)];
    let headers = [(&root, header(&root, None)), (&sub, header(&sub, None))];
    let held: Vec<Held<'_>> = headers
        .iter()
        .map(|(signer, header)| Held::of_header(header, signer.key.spki_sha256))
        .collect();
    let facts = facts();
    let planned = |unreadable: &[Option<Name>]| {
        let plan = CrlPlan::draw(&PlanQuestion {
            bundle: &bundle,
            certificates: &[],
            others: &[],
            held: &held,
            unreadable,
            server: None,
            facts: &facts,
            at: now(),
        });
        (plan.completeness(), plan.lacks_time_alone())
    };
    assert_eq!(planned(&[]), (Completeness::Complete, true));
    let other = facts.certificates().next().unwrap().subject.clone();
    assert_eq!(planned(&[Some(other)]), (Completeness::Complete, true));
    for concerned in [None, Some(sub.subject.clone()), Some(root.subject.clone())] {
        assert_eq!(planned(&[concerned]), (Completeness::Incomplete, false));
    }
}

#[test]
fn the_servers_own_certificate_says_nothing_about_the_partitions_of_its_clients() {
    let (sub, root) = (practice("pki/sub"), practice("pki/root"));
    let own = [practice("pki/leaf")];
    let headers = [
        header(&root, None),
        header(&sub, Some("http://crl.practice.example/c1.crl")),
    ];
    let held: Vec<Held<'_>> = [&root, &sub]
        .iter()
        .zip(&headers)
        .map(|(signer, header)| Held {
            header,
            signer: signer.key.spki_sha256,
            der: None,
            crl: None,
        })
        .collect();
    let completeness = |certificates: &[Arc<Certificate>], others: &[Arc<Certificate>]| {
        let plan = CrlPlan::draw(&PlanQuestion {
            bundle: &[sub.clone(), root.clone()],
            certificates,
            others,
            held: &held,
            unreadable: &[],
            server: None,
            facts: &facts(),
            at: now(),
        });
        plan.completeness()
    };
    assert_eq!(completeness(&own, &[]), Completeness::Complete);
    assert_eq!(completeness(&[], &own), Completeness::PartitionsUnknown);
    assert_eq!(completeness(&own, &own), Completeness::Complete);
}
