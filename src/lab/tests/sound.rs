//! What a lab makes without a defect.

use super::*;
use crate::document::Serial;
use crate::lab::Defect;
use crate::lab::{DefectTarget, Filling, Party, Shape};
use crate::revocation::{RevocationReason, Serials};
use crate::verdict::Code;
use crate::verdict::verify::Decision;

#[test]
fn a_sound_certificate_of_every_environment_and_generation_verifies_with_all_crls() {
    let mut lab = lab();
    let facts = facts(&lab);
    let at = created();
    let crls = all_crls(&lab, at);
    for (environment, generation) in everywhere() {
        let reply = lab
            .sign(&pair().1, environment, generation, &[], at)
            .unwrap();
        let verdict = judge(&facts, environment, &reply, &crls, at);
        assert_eq!(
            (verdict.decision, verdict.code),
            (Decision::Verified, None),
            "{environment} {generation}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn a_revoked_certificate_is_refused_by_the_next_crl_and_not_by_the_one_before() {
    let mut lab = lab();
    let facts = facts(&lab);
    let (at, later) = (created(), Moment::from_unix(1_800_003_600).unwrap());
    for (environment, generation) in everywhere() {
        let reply = lab
            .sign(&pair().1, environment, generation, &[], at)
            .unwrap();
        let certificate = given(reply.certificate().der()).certificate;
        lab.revoke(&certificate, RevocationReason::KeyCompromise, later)
            .unwrap();
        let before = judge(&facts, environment, &reply, &all_crls(&lab, at), later);
        let after = judge(&facts, environment, &reply, &all_crls(&lab, later), later);
        assert_eq!(
            (before.decision, after.code),
            (Decision::Verified, Some(Code::Revoked))
        );
    }
}

#[test]
fn a_revoked_sub_ca_takes_its_certificates_with_it() {
    let mut lab = lab();
    let facts = facts(&lab);
    let at = created();
    let reply = lab
        .sign(&pair().1, LabEnvironment::Int, Generation::G1, &[], at)
        .unwrap();
    let sub = given(reply.members().nth(1).unwrap()).certificate;
    lab.revoke(&sub, RevocationReason::CaCompromise, at)
        .unwrap();
    let verdict = judge(&facts, LabEnvironment::Int, &reply, &all_crls(&lab, at), at);
    assert_eq!(verdict.code, Some(Code::Revoked));
}

#[test]
fn the_same_keys_and_moments_give_the_same_bytes() {
    let make = || {
        let mut lab = lab();
        let reply = lab
            .sign(
                &pair().1,
                LabEnvironment::Dep,
                Generation::G2,
                &[],
                created(),
            )
            .unwrap();
        let zip = reply.file(Shape::Zip).unwrap();
        let authorities: Vec<Vec<u8>> = lab
            .authorities()
            .map(|(_, one)| one.der().to_vec())
            .collect();
        let identity = lab
            .identity(Party::Proxy, LabEnvironment::Int, Generation::G1)
            .unwrap();
        (
            zip,
            authorities,
            all_crls(&lab, created()),
            identity.certificate,
            lab.facts(),
        )
    };
    assert!(make() == make());
}

#[test]
fn a_laboratory_opens_again_as_it_was() {
    let mut lab = lab();
    let reply = signed(&mut lab, Generation::G1, &[Defect::SubExpired]);
    let certificate = given(reply.certificate().der()).certificate;
    lab.revoke(&certificate, RevocationReason::Superseded, created())
        .unwrap();
    let json = serde_json::to_string(lab.state()).unwrap();
    let again = Lab::open(keys(), serde_json::from_str(&json).unwrap()).unwrap();
    assert_eq!(again.state(), lab.state());
    assert_eq!(all_crls(&again, created()), all_crls(&lab, created()));
}

#[test]
fn a_host_of_the_laboratory_is_good_in_its_environment() {
    let lab = lab();
    let facts = facts(&lab);
    for (environment, generation) in everywhere() {
        for party in Party::ALL {
            let identity = lab.identity(party, environment, generation).unwrap();
            let leaf = given(&identity.certificate);
            let host = Fqdn::parse(identity.host).unwrap();
            let question = Question::new(&leaf, created())
                .purpose(Purpose::Client)
                .fqdn(&host)
                .environment(facts.environment(environment.id()).unwrap())
                .revocation(Revocation::Off)
                .key(identity.key.public_key());
            let evidence = Evidence::new(&facts);
            let verdict = verify::judge(&question, &evidence);
            assert_eq!(verdict.code, None, "{}", identity.host);
        }
    }
}

#[test]
fn nothing_of_a_laboratory_is_trusted_without_its_facts() {
    let mut lab = lab();
    let built_in = Facts::built_in().unwrap();
    for id in ["int", "dep", "live"] {
        let reply = signed(&mut lab, Generation::G2, &[]);
        let leaf = given(reply.certificate().der());
        let sent = sent(&reply);
        let question = Question::new(&leaf, created())
            .purpose(Purpose::Any)
            .environment(built_in.environment(id).unwrap())
            .revocation(Revocation::Off)
            .sha1(Sha1::Accepted);
        let evidence = Evidence::new(&built_in).sent(&sent);
        let verdict = verify::judge(&question, &evidence);
        assert_eq!(verdict.code, Some(Code::UntrustedRoot));
    }
}

#[test]
fn every_name_says_lab() {
    let lab = lab();
    for (authority, certificate) in lab.authorities() {
        let name = certificate.subject.to_string();
        assert!(
            name.contains("LAB ") && !name.to_lowercase().contains("nhs"),
            "{name}"
        );
        assert!(
            certificate.not_after.days_since(created()) <= 365,
            "{}",
            authority.id
        );
    }
}

#[test]
fn every_crl_has_a_path_of_its_own() {
    let paths: Vec<String> = lab()
        .published_crls()
        .iter()
        .map(|place| place.path())
        .collect();
    let mut different = paths.clone();
    different.sort();
    different.dedup();
    assert_eq!(paths.len(), different.len());
    assert!(paths.contains(&"/int/1c/crlc7.crl".to_owned()));
    assert!(paths.contains(&"/ptl/rootca/arla1.crl".to_owned()));
}

#[test]
fn the_crl_that_answers_for_a_certificate_is_the_one_that_its_distribution_point_names() {
    let mut lab = lab();
    let reply = signed(&mut lab, Generation::G1, &[]);
    let certificate = given(reply.certificate().der()).certificate;
    let place = lab.place(&certificate).unwrap();
    let needed = verify::CrlRequired::of(&certificate);
    let points: Vec<String> = needed
        .distribution_points
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        points[0].ends_with(&format!("{}{}", LabPlan::BASE_URL, place.path())),
        "{points:?}"
    );
    assert!(needed.fetchable);
}

#[test]
fn a_suppliers_certificate_is_never_in_the_partition_of_the_environments_caller() {
    let mut lab = lab();
    for environment in LabEnvironment::ALL {
        let caller = lab.identity(Party::Caller, environment, Generation::G1);
        let caller = given(&caller.unwrap().certificate).certificate;
        let points = format!("{:?}", caller.distribution_points());
        for minute in 0..40 {
            let at = Moment::from_unix(created().unix() + 60 * minute).unwrap();
            let reply = lab
                .sign(&pair().1, environment, Generation::G1, &[], at)
                .unwrap();
            let own = format!("{:?}", reply.certificate().distribution_points());
            assert_ne!(own, points, "{environment}, {at}");
        }
    }
}

#[test]
fn the_oldest_generation_names_nothing_that_can_be_fetched() {
    let mut lab = lab();
    for environment in LabEnvironment::ALL {
        let reply = lab
            .sign(&pair().1, environment, Generation::G1Sha1, &[], created())
            .unwrap();
        let certificate = given(reply.certificate().der()).certificate;
        let needed = verify::CrlRequired::of(&certificate);
        assert!(!needed.fetchable && !needed.distribution_points.is_empty());
    }
}

#[test]
fn a_filled_crl_is_as_long_as_it_said_and_names_the_serial_numbers_that_it_told() {
    let lab = lab();
    for place in lab.published_crls() {
        let prepared = lab
            .prepare(&place, created(), &[], Filling::new(2_000))
            .unwrap();
        let bytes = prepared.to_vec().unwrap();
        assert_eq!(bytes.len() as u64, prepared.length());
        let crl = read_crl(&bytes);
        let serials: Vec<Serial> = [0, 1, 999, 1_999, 2_000]
            .map(|number| Filling::serial(&place, number))
            .to_vec();
        let scan = crl.scan(&Serials::new(&serials)).unwrap();
        assert_eq!(
            (scan.hits.len(), scan.entries_seen),
            (4, 2_000),
            "{}",
            place.path()
        );
    }
}

/// Why a lab does not sign a request.
fn refused(request: &Request) -> LabError {
    let (int, g1) = (LabEnvironment::Int, Generation::G1);
    lab().sign(request, int, g1, &[], created()).unwrap_err()
}

#[test]
fn a_request_that_is_not_signed_with_its_key_is_sent_back() {
    let (_, request) = pair();
    let mut der = request.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let request = Request::read(&der).unwrap();
    assert!(matches!(refused(&request), LabError::RequestSignature));
}

#[test]
fn a_request_whose_name_leads_out_of_a_folder_is_sent_back() {
    let (key, _) = pair();
    let mut name = openssl::x509::X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "../../etc/a.nhs.uk")
        .unwrap();
    let mut builder = openssl::x509::X509ReqBuilder::new().unwrap();
    builder.set_subject_name(&name.build()).unwrap();
    builder.set_pubkey(key.handle()).unwrap();
    let digest = openssl::hash::MessageDigest::sha256();
    builder.sign(key.handle(), digest).unwrap();
    let request = Request::read(&builder.build().to_der().unwrap()).unwrap();
    assert!(matches!(refused(&request), LabError::RequestHost { .. }));
}

#[test]
fn a_laboratory_does_not_sign_when_its_cas_are_over() {
    let late = Moment::from_unix(1_900_000_000).unwrap();
    let refused = lab().sign(&pair().1, LabEnvironment::Int, Generation::G1, &[], late);
    assert!(matches!(refused, Err(LabError::OutsideValidity { .. })));
}

#[test]
fn a_base_url_without_a_host_is_refused() {
    for base_url in [
        "",
        "127.0.0.1:8480",
        "http://",
        "ftp://a",
        "http://a/b",
        "http://a\"b",
    ] {
        let refused = Lab::create(keys(), &LabPlan::new(base_url, created()));
        assert!(
            matches!(refused, Err(LabError::BaseUrl { .. })),
            "{base_url}"
        );
    }
}

#[test]
fn a_defect_is_found_by_its_name_and_described_in_one_sentence() {
    for defect in Defect::ALL {
        assert_eq!(
            Defect::parse(&defect.to_string().to_uppercase()),
            Ok(*defect)
        );
        assert!(defect.describe().ends_with('.'), "{defect}");
    }
    assert!(Defect::parse("no-such-defect").is_err());
    let chain = Defect::ALL
        .iter()
        .filter(|one| one.target() == DefectTarget::Chain);
    assert!(chain.count() > 10);
}
