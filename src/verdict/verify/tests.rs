//! One fault a certificate: what passes, and what fails for that fault alone.

use std::sync::Arc;

use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509, X509Extension, X509Name};

mod several;
mod strange;

use super::*;
use crate::document::Moment;
use crate::environment::Facts;
use crate::fqdn::Fqdn;
use crate::input::Source;
use crate::verdict::Code;

/// 2025-06-01, in the validity of all that is made here unless said otherwise.
const AT: i64 = 1_748_736_000;
const DAY: i64 = 86_400;

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// What is to be made; the rest is as it should be.
#[derive(Clone, Copy)]
struct Plan<'a> {
    name: &'a str,
    ca: bool,
    ends: i64,
    sha1: bool,
    usage: bool,
    hosts: &'a [&'a str],
    /// Another extension: its OID and value.
    extra: Option<(&'a str, &'a [u8])>,
}

const LEAF: Plan<'static> = Plan {
    name: "leaf.nhs.uk",
    ca: false,
    ends: AT + DAY,
    sha1: false,
    usage: true,
    hosts: &["leaf.nhs.uk"],
    extra: None,
};
const CA: Plan<'static> = Plan {
    name: "Sub CA",
    ca: true,
    ..LEAF
};
const ROOT: Plan<'static> = Plan {
    name: "Root CA",
    ..CA
};

fn issue(plan: Plan<'_>, of: &PKey<Private>, issuer: &str, by: &PKey<Private>) -> Given {
    let name = |text: &str| {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", text).unwrap();
        name.build()
    };
    let mut made = X509::builder().unwrap();
    made.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap();
    made.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap())
        .unwrap();
    made.set_subject_name(&name(plan.name)).unwrap();
    made.set_issuer_name(&name(issuer)).unwrap();
    made.set_pubkey(of).unwrap();
    made.set_not_before(&Asn1Time::from_unix(AT - 90 * DAY).unwrap())
        .unwrap();
    made.set_not_after(&Asn1Time::from_unix(plan.ends).unwrap())
        .unwrap();
    if plan.ca {
        let constraints = BasicConstraints::new().critical().ca().build().unwrap();
        made.append_extension(constraints).unwrap();
        let usage = KeyUsage::new().key_cert_sign().crl_sign().build().unwrap();
        made.append_extension(usage).unwrap();
    } else {
        let mut usage = ExtendedKeyUsage::new();
        if plan.usage {
            usage.server_auth();
        }
        made.append_extension(usage.client_auth().build().unwrap())
            .unwrap();
        if !plan.hosts.is_empty() {
            let mut names = SubjectAlternativeName::new();
            for host in plan.hosts {
                names.dns(host);
            }
            let names = names.build(&made.x509v3_context(None, None)).unwrap();
            made.append_extension(names).unwrap();
        }
    }
    if let Some((oid, value)) = plan.extra {
        let oid = Asn1Object::from_str(oid).unwrap();
        let value = Asn1OctetString::new_from_bytes(value).unwrap();
        made.append_extension(X509Extension::new_from_der(&oid, false, &value).unwrap())
            .unwrap();
    }
    let digest = if plan.sha1 {
        MessageDigest::sha1()
    } else {
        MessageDigest::sha256()
    };
    made.sign(by, digest).unwrap();
    let der = made.build().to_der().unwrap();
    Given {
        certificate: Arc::new(Certificate::read(&der).unwrap()),
        origin: Origin::whole(&Arc::new(Source::Stdin)),
    }
}

/// A root, a sub CA below it, a leaf below that.
struct Pki {
    root: Given,
    sub: Given,
    leaf: Given,
}

fn pki(sub: Plan<'_>, leaf: Plan<'_>) -> Pki {
    let (root_key, sub_key) = (key(), key());
    Pki {
        root: issue(ROOT, &root_key, ROOT.name, &root_key),
        sub: issue(sub, &sub_key, ROOT.name, &root_key),
        leaf: issue(leaf, &key(), sub.name, &sub_key),
    }
}

fn question(certificate: &Given) -> Question<'_> {
    let at = Moment::from_unix(AT).unwrap();
    Question::new(certificate, at).revocation(Revocation::Off)
}

fn ask(question: &Question<'_>, sent: &[&Given], chain: &[&Given], anchors: &[&Given]) -> Verdict {
    let own = |crl: &[&Given]| crl.iter().map(|given| (*given).clone()).collect::<Vec<_>>();
    judge(
        question,
        &Evidence {
            sent: &own(sent),
            chain: &own(chain),
            anchors: &own(anchors),
            facts: &Facts::default(),
            crls: &[],
        },
    )
}

fn plainly(pki: &Pki) -> Verdict {
    ask(
        &question(&pki.leaf),
        &[&pki.leaf, &pki.sub],
        &[],
        &[&pki.root],
    )
}

fn has(verdict: &Verdict, code: Code) -> bool {
    verdict
        .findings
        .iter()
        .any(|finding| finding.problem.code() == code)
}

#[test]
fn a_whole_chain_to_a_trusted_root_is_verified() {
    let verdict = plainly(&pki(CA, LEAF));
    assert_eq!((verdict.decision, verdict.code), (Decision::Verified, None));
    assert_eq!(verdict.path.len(), 3);
    assert!(!has(&verdict, Code::SubCaNotSent));
    assert!(has(&verdict, Code::RevocationUnchecked));
}

#[test]
fn a_sub_ca_that_was_not_sent_is_reported_even_where_it_completes_the_chain() {
    let pki = pki(CA, LEAF);
    let verdict = ask(
        &question(&pki.leaf),
        &[&pki.leaf],
        &[&pki.sub],
        &[&pki.root],
    );
    assert_eq!(verdict.decision, Decision::Verified);
    assert!(has(&verdict, Code::SubCaNotSent));
}

#[test]
fn a_trusted_sub_ca_is_an_intermediate_like_any_other_where_what_is_above_it_is_trusted_too() {
    let (ca, leaf) = (pki(CA, LEAF), LEAF);
    let verdict = ask(&question(&ca.leaf), &[], &[], &[&ca.sub, &ca.root]);
    assert_eq!(
        (verdict.decision, verdict.path.len()),
        (Decision::Verified, 3)
    );
    assert!(!has(&verdict, Code::SubCaNotSent));
    let expired = Plan {
        ends: AT - DAY,
        ..CA
    };
    let sha1 = Plan { sha1: true, ..CA };
    for (plan, code) in [(expired, Code::IssuerExpired), (sha1, Code::Sha1Refused)] {
        let pki = pki(plan, leaf);
        let verdict = ask(&question(&pki.leaf), &[], &[], &[&pki.sub, &pki.root]);
        assert_eq!(verdict.code, Some(code));
    }
    // Alone it is an end; and so is a leaf.
    for (anchor, length) in [(&ca.sub, 2), (&ca.leaf, 1)] {
        let verdict = ask(&question(&ca.leaf), &[], &[], &[anchor]);
        let found = (verdict.decision, verdict.path.len());
        assert_eq!(found, (Decision::Verified, length));
    }
    let all = [&ca.leaf, &ca.sub, &ca.root];
    let verdict = ask(&question(&ca.leaf), &[], &[], &all);
    assert_eq!(
        (verdict.decision, verdict.path.len()),
        (Decision::Verified, 3)
    );
}

#[test]
fn trusted_cas_that_are_only_below_each_other_are_all_of_them_ends() {
    let (one, other) = (key(), key());
    let first = issue(Plan { name: "A", ..CA }, &one, "B", &other);
    let second = issue(Plan { name: "B", ..CA }, &other, "A", &one);
    let leaf = issue(LEAF, &key(), "A", &one);
    let verdict = ask(&question(&leaf), &[], &[], &[&first, &second]);
    assert_eq!(
        (verdict.decision, verdict.path.len()),
        (Decision::Verified, 2)
    );
    let root = issue(Plan { name: "B", ..CA }, &other, "B", &other);
    let verdict = ask(&question(&leaf), &[], &[], &[&first, &second, &root]);
    assert_eq!(
        (verdict.decision, verdict.path.len()),
        (Decision::Verified, 3)
    );
}

#[test]
fn a_sub_ca_that_is_nowhere_is_missing() {
    let pki = pki(CA, LEAF);
    let verdict = ask(&question(&pki.leaf), &[&pki.leaf], &[], &[&pki.root]);
    assert_eq!(verdict.code, Some(Code::MissingIssuer));
    assert_eq!(verdict.decision, Decision::NotVerified);
}

#[test]
fn a_forged_root_of_a_trusted_name_joins_no_path() {
    let (ours, forged) = (pki(CA, LEAF), pki(CA, LEAF));
    let sent = [&forged.leaf, &forged.sub, &forged.root];
    let verdict = ask(&question(&forged.leaf), &sent, &[], &[&ours.root]);
    assert_eq!(verdict.code, Some(Code::UntrustedRoot));
    let namesake = verdict.reasons.iter().any(|reason| {
        matches!(
            reason.problem,
            Problem::UntrustedRoot {
                same_name: true,
                ..
            }
        )
    });
    assert!(namesake);
}

#[test]
fn what_has_nothing_to_do_with_the_certificate_never_makes_it_good() {
    let (ours, other) = (pki(CA, LEAF), pki(CA, LEAF));
    let pool = [&other.sub, &other.root, &other.leaf];
    let verdict = ask(&question(&ours.leaf), &[&ours.leaf], &pool, &[&ours.root]);
    assert_eq!(verdict.decision, Decision::NotVerified);
}

#[test]
fn the_last_second_of_validity_is_valid_and_the_next_is_not() {
    let pki = pki(CA, LEAF);
    for (after, decision) in [(0, Decision::Verified), (1, Decision::NotVerified)] {
        let mut question = question(&pki.leaf);
        question.at = Moment::from_unix(LEAF.ends + after).unwrap();
        let verdict = ask(&question, &[&pki.sub], &[], &[&pki.root]);
        // CA and leaf end together; the root does too.
        assert_eq!(verdict.decision, decision, "{after}");
    }
}

#[test]
fn an_expired_sub_ca_is_reported() {
    let expired = Plan {
        ends: AT - DAY,
        ..CA
    };
    assert_eq!(plainly(&pki(expired, LEAF)).code, Some(Code::IssuerExpired));
}

#[test]
fn an_issuer_that_is_no_ca_is_reported() {
    let not_ca = Plan { ca: false, ..CA };
    assert_eq!(plainly(&pki(not_ca, LEAF)).code, Some(Code::IssuerNotCa));
}

#[test]
fn a_certificate_without_the_purpose_is_refused_for_it_only() {
    let client = Plan {
        usage: false,
        ..LEAF
    };
    let pki = pki(CA, client);
    assert_eq!(plainly(&pki).code, Some(Code::PurposeRefused));
    let mut question = question(&pki.leaf);
    question.purposes = Purpose::Client.into();
    let verdict = ask(&question, &[&pki.sub], &[], &[&pki.root]);
    assert_eq!(verdict.decision, Decision::Verified);
}

#[test]
fn sha_1_below_the_anchor_is_refused_unless_allowed_and_reported_either_way() {
    let pki = pki(CA, Plan { sha1: true, ..LEAF });
    assert_eq!(plainly(&pki).code, Some(Code::Sha1Refused));
    let mut question = question(&pki.leaf);
    question.sha1 = Sha1::Accepted;
    let verdict = ask(&question, &[&pki.sub], &[], &[&pki.root]);
    assert_eq!(verdict.decision, Decision::Verified);
    assert!(has(&verdict, Code::Sha1Signature));
}

#[test]
fn the_cn_names_a_host_only_where_no_alternative_name_does() {
    let host = Fqdn::parse("leaf.nhs.uk").unwrap();
    for (hosts, code, told) in [
        (&["leaf.nhs.uk"][..], None, false),
        (&[], None, true),
        (&["other.nhs.uk"], Some(Code::NameMismatch), false),
    ] {
        let pki = pki(CA, Plan { hosts, ..LEAF });
        let mut question = question(&pki.leaf);
        question.fqdn = Some(&host);
        let verdict = ask(&question, &[&pki.sub], &[], &[&pki.root]);
        assert_eq!(verdict.code, code, "{hosts:?}");
        assert_eq!(has(&verdict, Code::CnOnly), told, "{hosts:?}");
    }
}

#[test]
fn a_key_that_is_another_s_is_refused() {
    let (pki, other) = (pki(CA, LEAF), pki(CA, LEAF));
    let mut question = question(&pki.leaf);
    question.key = Some(&other.leaf.certificate.key);
    let verdict = ask(&question, &[&pki.sub], &[], &[&pki.root]);
    assert_eq!(
        (verdict.key_matches, verdict.code),
        (Some(false), Some(Code::MismatchedKey))
    );
}

#[test]
fn revocation_that_is_asked_about_without_any_crl_is_not_decided() {
    let pki = pki(CA, LEAF);
    let mut question = question(&pki.leaf);
    question.revocation = Revocation::Chain;
    let verdict = ask(&question, &[&pki.sub], &[], &[&pki.root]);
    assert_eq!(
        (verdict.decision, verdict.code),
        (Decision::NotDecided, Some(Code::NoCrl))
    );
}

#[test]
fn among_very_many_certificates_no_search_costs_more_than_its_share() {
    let pki = pki(CA, LEAF);
    // Sub CAs of the same name with other keys, all of which are tried before the right one.
    let namesakes: Vec<Given> = (0..60)
        .map(|_| issue(CA, &key(), ROOT.name, &key()))
        .collect();
    let (of, by) = (key(), key());
    let others: Vec<Given> = (0..1_000)
        .map(|number| {
            let name = format!("{number}.nhs.uk");
            issue(
                Plan {
                    name: &name,
                    ..LEAF
                },
                &of,
                "Other CA",
                &by,
            )
        })
        .collect();
    let few = [&namesakes[..], &[pki.sub.clone(), pki.leaf.clone()]].concat();
    let many = [&few[..], &others].concat();
    for (sent, code) in [(&few, None), (&many, Some(Code::ChainUnresolved))] {
        let sent: Vec<&Given> = sent.iter().collect();
        let verdict = ask(&question(&pki.leaf), &sent, &[], &[&pki.root]);
        assert_eq!(verdict.code, code, "{}", sent.len());
    }
}

#[test]
fn among_very_many_certificates_a_ca_with_very_many_constraints_leaves_the_question_open() {
    use crate::document::der::wrap;
    let tree = |number: usize| wrap(0x30, &wrap(0x82, format!("{number}.org").as_bytes()));
    let excluded: Vec<u8> = (0..6_000).flat_map(tree).collect();
    let constraints = wrap(0x30, &wrap(0xa1, &excluded));
    let plan = Plan {
        extra: Some(("2.5.29.30", &constraints)),
        ..CA
    };
    let (root_key, sub_key) = (key(), key());
    let root = issue(ROOT, &root_key, ROOT.name, &root_key);
    let sub = issue(plan, &sub_key, ROOT.name, &root_key);
    let [leaf, excluded] = [LEAF.hosts, &["a.5999.org"]].map(|hosts| {
        let leaf = Plan { hosts, ..LEAF };
        issue(leaf, &key(), CA.name, &sub_key)
    });
    let few = [&sub, &leaf];
    let many: Vec<&Given> = few.iter().copied().cycle().take(1_000).collect();
    for (leaf, sent, code) in [
        (&leaf, &few[..], None),
        (&excluded, &few, Some(Code::NameConstraint)),
        (&leaf, &many, Some(Code::ChainUnresolved)),
        (&excluded, &many, Some(Code::ChainUnresolved)),
    ] {
        let verdict = ask(&question(leaf), sent, &[], &[&root]);
        let open = code == Some(Code::ChainUnresolved);
        assert_eq!(verdict.code, code, "{} sent", sent.len());
        assert_eq!(verdict.decision == Decision::NotDecided, open);
    }
}

#[test]
fn a_certificate_of_an_earlier_version_is_no_ca_below_the_anchor_whatever_its_extensions_say() {
    let pki = pki(CA, LEAF);
    for version in [1, 2, 3] {
        let mut ca = Certificate::clone(&pki.sub.certificate);
        ca.version = version;
        let refused = (version < 3).then_some(Code::IssuerNotCa);
        assert_eq!(path::may_issue(&ca, false), refused, "{version}");
        assert_eq!(path::may_issue(&ca, true), None, "{version}");
    }
}

#[test]
fn a_policy_whose_number_is_none_is_an_extension_that_does_not_read() {
    use crate::document::der::wrap;
    for (oid, reads) in [
        (&[0x2a, 3][..], true),
        (&[0x2a, 0x81, 0x80, 0x03], true),
        (&[], false),
        (&[0x2a, 0x83], false),
        (&[0x2a, 0x80, 3], false),
    ] {
        let value = wrap(0x30, &wrap(0x30, &wrap(6, oid)));
        let leaf = Plan {
            extra: Some(("2.5.29.32", &value)),
            ..LEAF
        };
        let extensions = &pki(CA, leaf).leaf.certificate.extensions;
        let has_malformed = extensions.others.iter().any(|other| other.malformed);
        assert_eq!(extensions.certificate_policies.is_some(), reads);
        assert_eq!(has_malformed, !reads);
    }
}

#[test]
fn a_cn_that_a_client_may_take_for_hosts_is_in_the_subtrees_that_they_are_in() {
    use crate::document::der::wrap;
    let tree = wrap(0x30, &wrap(0x82, b"nhs.uk"));
    for (set, name, breaks) in [
        (0xa1, "a.nhs.uk", true),
        (0xa1, "*.nhs.uk", true),
        (0xa1, "*b.nhs.uk", true),
        (0xa1, "*.example.org", false),
        (0xa0, "*.nhs.uk", false),
        (0xa0, "*.example.org", true),
        (0xa0, "*b.nhs.uk", true),
        // No host's.
        (0xa0, "Trust * of a.b", false),
        (0xa0, "*", false),
    ] {
        let constraints = wrap(0x30, &wrap(set, &tree));
        let sub = Plan {
            extra: Some(("2.5.29.30", &constraints)),
            ..CA
        };
        let leaf = Plan {
            name,
            hosts: &[],
            ..LEAF
        };
        let code = plainly(&pki(sub, leaf)).code;
        assert_eq!(code, breaks.then_some(Code::NameConstraint), "{name} {set}");
    }
}

#[test]
fn a_comparison_with_a_long_name_costs_more_than_one_with_a_short_one() {
    use crate::document::der::wrap;
    let tree = |number: usize| wrap(0x30, &wrap(0x82, format!("{number}.org").as_bytes()));
    let excluded: Vec<u8> = (0..5_000).flat_map(tree).collect();
    let constraints = wrap(0x30, &wrap(0xa1, &excluded));
    let plan = Plan {
        extra: Some(("2.5.29.30", &constraints)),
        ..CA
    };
    for (length, code) in [(100, None), (50_000, Some(Code::ChainUnresolved))] {
        let host = "a.".repeat(length) + "nhs.uk";
        let pki = pki(
            plan,
            Plan {
                hosts: &[&host],
                ..LEAF
            },
        );
        let verdict = ask(&question(&pki.leaf), &[&pki.sub], &[], &[&pki.root]);
        assert_eq!(verdict.code, code, "{length}");
    }
}

#[test]
fn of_very_many_extensions_some_are_named_and_the_others_counted() {
    let oids: Vec<String> = (0..20).map(|number| format!("1.2.{number}")).collect();
    let (oids, more) = crate::verdict::finding::first(oids.into_iter());
    assert_eq!((oids.len(), more), (16, 4));
    let problem = Problem::UnknownCritical { oids, more };
    let said = crate::wording::say(&problem, crate::wording::Voice::Neutral).message;
    assert!(said.ends_with("1.2.15, and 4 more"), "{said}");
}
