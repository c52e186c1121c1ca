//! The lab's pages and its client_auth.

use super::*;
use crate::fqdn::Fqdn;
use crate::lab::tests::{HOST, created, keys, lab, read_crl, signed};
use crate::lab::{Generation, LabEnvironment, LabPlan, Party, Reply};
use crate::revocation::RevocationReason;

fn later(seconds: i64) -> Moment {
    Moment::from_unix(created().unix() + seconds).unwrap()
}

#[test]
fn every_crl_and_every_certificate_is_at_its_path() {
    let lab = lab();
    let at = later(5_000);
    for place in lab.published_crls() {
        let page = lab.page(&place.path(), at, &[]).unwrap();
        assert_eq!(
            (page.status, page.content_type),
            (200, "application/pkix-crl")
        );
        assert_eq!(page.body, lab.crl(&place, lab.edition(at), &[]).unwrap());
    }
    for (path, der) in lab.certificates().unwrap() {
        let page = lab.page(&path, at, &[]).unwrap();
        assert_eq!(
            (page.status, page.content_type),
            (200, "application/pkix-cert")
        );
        assert_eq!(page.body, der);
    }
}

#[test]
fn the_page_for_downloads_links_to_the_crls_that_no_certificate_names_by_url() {
    let lab = lab();
    let page = lab.page(DOWNLOADS, created(), &[]).unwrap();
    let html = String::from_utf8(page.body).unwrap();
    for place in lab.published_crls() {
        let linked = html.contains(&format!("href=\"{}\"", place.path()));
        assert_eq!(
            linked,
            place.reach() == Reach::ManualImport,
            "{}",
            place.path()
        );
    }
    assert!(lab.page("/?x", created(), &[]).unwrap().status == 200);
}

#[test]
fn what_is_not_there_is_said_without_repeating_it_as_markup() {
    let page = lab().page("/<script>", created(), &[]).unwrap();
    assert_eq!(page.status, 404);
    assert!(!String::from_utf8(page.body).unwrap().contains("<script>"));
}

#[test]
fn a_crl_stays_the_same_for_an_hour_and_a_conditional_request_gets_304() {
    let lab = lab();
    let path = lab.published_crls()[0].path();
    let [first, same, next] =
        [0, 3_599, 3_600].map(|after| lab.page(&path, later(after), &[]).unwrap());
    assert_eq!(first, same);
    assert_ne!(first.etag, next.etag);
    assert_eq!(
        first.last_modified.as_deref(),
        Some("Fri, 15 Jan 2027 08:00:00 GMT")
    );
    assert!(same.is_known(Some(&first.etag), None));
    assert!(same.is_known(Some(&format!("\"x\", W/{}", first.etag)), None));
    assert!(same.is_known(None, first.last_modified.as_deref()));
    assert!(!next.is_known(Some(&first.etag), next.last_modified.as_deref()));
    assert!(!next.is_known(None, None));
}

#[test]
fn a_revocation_makes_a_new_edition_at_once() {
    let mut lab = lab();
    let reply = signed(&mut lab, Generation::G2, &[]);
    let certificate = reply.certificate().clone();
    let place = lab.place(&certificate).unwrap();
    let before = lab.page(&place.path(), later(100), &[]).unwrap();
    lab.revoke(&certificate, RevocationReason::KeyCompromise, later(60))
        .unwrap();
    let after = lab.page(&place.path(), later(100), &[]).unwrap();
    assert!(!after.is_known(Some(&before.etag), None));
    let number = |page: &Page| read_crl(&page.body).header().number.clone();
    assert_ne!(number(&before), number(&after));
    // Asked about a moment before it, the edition of then is served.
    assert_eq!(lab.edition(later(59)), created());
    assert_eq!(lab.edition(later(61)), later(60));
}

#[test]
fn every_fault_has_one_name_and_every_defect_of_a_crl_can_be_served() {
    let lab = lab();
    let place = lab.published_crls()[0].path();
    let mut names = std::collections::BTreeSet::new();
    for fault in Fault::all() {
        assert!(names.insert(fault.as_str()), "{fault}");
        assert_eq!(Fault::parse(&fault.as_str().to_uppercase()), Ok(fault));
        assert!(fault.describe().ends_with('.'), "{fault}");
        lab.page(&place, created(), &Fault::defects(&[fault]))
            .unwrap();
    }
    for (short, defect) in [
        ("wrong-ca", Defect::CrlOtherIssuer),
        ("expired", Defect::CrlStale),
    ] {
        assert_eq!(Fault::parse(short), Ok(Fault::SearchableCrl(defect)));
    }
    assert!(Fault::parse("well-behaved").is_err());
}

#[test]
fn client_authentication_lets_good_clients_of_every_generation_in() {
    let mut lab = lab();
    for generation in Generation::ALL {
        let reply = signed(&mut lab, generation, &[]);
        let shown = shown(&reply);
        let client_auth = ClientAuth::new(&lab, LabEnvironment::Int, later(60)).unwrap();
        assert_eq!(
            client_auth.client(&shown, later(60)),
            Admission::Admitted {
                name: HOST.to_owned()
            },
            "{generation}"
        );
        let other = ClientAuth::new(&lab, LabEnvironment::Live, later(60)).unwrap();
        assert_eq!(code(other.client(&shown, later(60))), "wrong-environment");
    }
}

/// What a client shows that has the whole reply installed.
fn shown(reply: &Reply) -> Vec<Vec<u8>> {
    reply.members().map(<[u8]>::to_vec).collect()
}

fn code(admission: Admission) -> String {
    match admission {
        Admission::Refused(refusal) => refusal.code,
        admitted => panic!("{admitted:?}"),
    }
}

#[test]
fn client_authentication_refuses_with_the_code_of_what_is_the_matter() {
    let mut lab = lab();
    let at = later(60);
    let reply = signed(&mut lab, Generation::G1, &[]);
    let certificate = reply.certificate().clone();
    let revoked = shown(&reply);
    lab.revoke(&certificate, RevocationReason::Superseded, later(30))
        .unwrap();
    let client_only = [Defect::NoClientAuth];
    let reply = signed(&mut lab, Generation::G1, &client_only);
    let no_client = shown(&reply);
    let client_auth = ClientAuth::new(&lab, LabEnvironment::Int, at).unwrap();
    assert_eq!(code(client_auth.client(&revoked, later(60))), "revoked");
    assert_eq!(
        code(client_auth.client(&no_client, later(60))),
        "purpose-refused"
    );
    assert_eq!(code(client_auth.client(&[], later(60))), "no-certificate");
    assert_eq!(
        code(client_auth.client(&[b"nonsense".to_vec()], later(60))),
        "unreadable"
    );
}

#[test]
fn a_server_is_judged_by_its_name_as_well() {
    let lab = Lab::create(keys(), &LabPlan::new(LabPlan::BASE_URL, created())).unwrap();
    let identity = lab
        .identity(Party::Proxy, LabEnvironment::Int, Generation::G2)
        .unwrap();
    let mut shown = vec![identity.certificate];
    shown.extend(identity.chain);
    let client_auth = ClientAuth::new(&lab, LabEnvironment::Int, later(60)).unwrap();
    let own = Fqdn::parse(identity.host).unwrap();
    let other = Fqdn::parse(HOST).unwrap();
    assert!(matches!(
        client_auth.server(&shown, Some(&own), later(60)),
        Admission::Admitted { .. }
    ));
    assert!(matches!(
        client_auth.server(&shown, Some(&other), later(60)),
        Admission::Refused(_)
    ));
}

#[test]
fn the_page_lists_every_fault() {
    let page = include_str!("../../../docs/lab-hosts.md");
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| fault |"))
        .skip(2);
    let expected = Fault::OWN
        .iter()
        .map(|fault| format!("| `{fault}` | {} |", fault.describe()));
    assert!(rows.eq(expected));
}
