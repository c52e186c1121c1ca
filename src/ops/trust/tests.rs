//! What is added, to what, and what a damaged entry leaves open.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, KeyUsage as KeyUsageBuilder};
use openssl::x509::{X509, X509Name};

use super::*;
use crate::wire::host::{Host, Limits, Reply};

#[test]
fn a_web_page_instead_of_a_certificate_is_named_as_one() {
    let page = &b"<html><title>Login</title></html>"[..];
    let answer = move |_: &_| Reply::ok("text/plain", page);
    let loopback = (std::net::Ipv4Addr::LOCALHOST, 0).into();
    let host = Host::start(loopback, Limits::default(), answer, |_| {}).unwrap();
    let url = format!("http://{}/a.crt", host.address());
    let context = Context::new(Moment::from_unix(0).unwrap(), Facts::default());
    let error = fetch(&url, &context).err().unwrap();
    assert!(error.to_string().contains("a web page (HTML)"), "{error}");
}

fn pki(name: &str) -> Named {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    Named::file(folder.join(name))
}

fn context(facts: Facts) -> Context<'static> {
    // 2027-06-01.
    Context::new(Moment::from_unix(1_811_808_000).unwrap(), facts)
}

fn built_in() -> Facts {
    Facts::built_in().unwrap()
}

fn practice(role: &str, name: &str, more: &str) -> String {
    let read = gather::read(&[pki(name)], None, context(Facts::default()).observer);
    let sha256 = gather::certificates(&read.items)[0].certificate.sha256;
    format!(
        "[[authority]]\nname = \"Practice\"\nrole = \"{role}\"\nhierarchy = \"PTL\"\ngeneration = \"P1\"\n\
         sha256 = \"{sha256}\"\n{more}\n"
    )
}

fn adding(names: &[&str], environment: &str, folder: &Path) -> Result<AddedCas, TrustOpError> {
    let (facts, _) = extend(built_in(), folder).unwrap();
    let mut options = Add::new(environment, "A", "B");
    options.generation = Some("P1".to_owned());
    options.certificates = names.iter().map(|name| pki(name)).collect();
    add(&options, folder, &context(facts), &mut |_| true)
}

fn environments(folder: &Path, role: AuthorityRole) -> Vec<String> {
    let (facts, _) = extend(built_in(), folder).unwrap();
    let listed = list(None, Some(folder), &context(facts)).unwrap();
    let own = listed.authorities.into_iter();
    let mut own = own.filter(|one| matches!(one.origin, CaOrigin::Added(_)) && one.role == role);
    own.next().unwrap().environments
}

#[test]
fn a_sub_ca_that_is_known_for_one_environment_can_be_added_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let both = adding(&["root.pem", "sub.pem"], "int", folder).unwrap();
    assert_eq!((both.added.len(), both.known.len()), (2, 0));
    let again = adding(&["sub.pem"], "int", folder).unwrap();
    assert_eq!((again.added.len(), again.known.len()), (0, 1));
    let other = adding(&["sub.pem"], "dep", folder).unwrap();
    assert_eq!(other.added[0].environments, ["int", "dep"]);
    assert_eq!(environments(folder, AuthorityRole::SubCa), ["int", "dep"]);
    // A root is for all environments of its hierarchy, and for none of another.
    let known = adding(&["root.pem"], "dep", folder).unwrap();
    assert_eq!((known.added.len(), known.known.len()), (0, 1));
    for name in ["root.pem", "sub.pem"] {
        let refused = adding(&[name], "live", folder);
        assert!(
            matches!(refused, Err(TrustOpError::OtherHierarchy { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(environments(folder, AuthorityRole::SubCa), ["int", "dep"]);
}

#[test]
fn a_digest_that_is_of_none_of_the_certificates_is_refused_where_they_are_known_too() {
    let folder = tempfile::tempdir().unwrap();
    adding(&["root.pem", "sub.pem"], "int", folder.path()).unwrap();
    let (facts, _) = extend(built_in(), folder.path()).unwrap();
    let root = facts.authorities.iter().find(|one| one.generation == "P1");
    let root = root.unwrap().sha256.to_string();
    for (names, digest, is_good) in [
        (&["root.pem"][..], "a".repeat(64), false),
        (&["sub.pem"], "a".repeat(64), false),
        (&["root.pem"], root.clone(), true),
        (&["sub.pem"], root, true),
    ] {
        let mut options = Add::new("int", "A", "B").expect_sha256(&digest).unwrap();
        options.certificates = names.iter().map(|name| pki(name)).collect();
        let context = context(facts.clone());
        let answer = add(&options, folder.path(), &context, &mut |_| true);
        let is_refused = matches!(answer, Err(TrustOpError::Mismatch { .. }));
        assert_eq!(
            (answer.is_ok(), is_refused),
            (is_good, !is_good),
            "{names:?}"
        );
    }
}

#[test]
fn a_ca_of_which_only_the_pin_is_known_is_added_with_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let facts = built_in()
        .extended(&practice("root", "root.pem", ""))
        .unwrap();
    let mut options = Add::new("int", "A", "B");
    options.certificates = vec![pki("root.pem")];
    let added = add(&options, folder.path(), &context(facts), &mut |_| true).unwrap();
    assert_eq!(added.added[0].generation, "P1");
    assert_eq!(added.known.len(), 0);
}

#[test]
fn a_damaged_entry_leaves_open_what_its_ca_issues_for() {
    use crate::verdict::verify::{Evidence, Question, Revocation, judge};
    let folder = tempfile::tempdir().unwrap();
    adding(&["root.pem", "sub.pem"], "int", folder.path()).unwrap();
    let (facts, _) = extend(built_in(), folder.path()).unwrap();
    let own = facts
        .authorities
        .iter()
        .filter(|one| one.generation == "P1");
    let sub = own.clone().find(|one| one.role == AuthorityRole::SubCa);
    let entry = folder.path().join(format!("{}.toml", sub.unwrap().sha256));
    let text = std::fs::read_to_string(&entry).unwrap();
    let asked = |folder: &Path| {
        let (facts, damaged) = extend(built_in(), folder).unwrap();
        let read = gather::read(
            &[pki("leaf.pem"), pki("sub.pem")],
            None,
            context(Facts::default()).observer,
        );
        let sent = gather::certificates(&read.items);
        let of = |id: &str| {
            let environment = facts.environment(id);
            let at = Moment::from_unix(1_811_808_000).unwrap();
            let question = Question::new(&sent[0], at).revocation(Revocation::Off);
            let question = Question {
                environment,
                ..question
            };
            let verdict = judge(&question, &Evidence::new(&facts).sent(&sent));
            (verdict.decision, verdict.code)
        };
        (damaged.len(), of("int"), of("dep"))
    };
    use crate::verdict::Code;
    use crate::verdict::verify::Decision::{NotDecided, NotVerified, Verified};
    let wrong = Some(Code::WrongEnvironment);
    let sound = asked(folder.path());
    assert_eq!(sound, (0, (Verified, None), (NotVerified, wrong)));
    std::fs::write(&entry, format!("{text}x\n")).unwrap();
    let damaged = asked(folder.path());
    assert_eq!(damaged, (1, (NotDecided, wrong), (NotDecided, wrong)));
}

/// A CA certificate in PEM: the names of its subject and issuer, its key and the one that signs.
fn ca(
    [subject, issuer]: [&str; 2],
    key: &PKey<Private>,
    by: &PKey<Private>,
    usage: &mut KeyUsageBuilder,
) -> Named {
    let name = |text: &str| {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", text).unwrap();
        name.build()
    };
    let mut made = X509::builder().unwrap();
    made.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap();
    let serial = Asn1Integer::from_bn(&serial).unwrap();
    made.set_serial_number(&serial).unwrap();
    made.set_subject_name(&name(subject)).unwrap();
    made.set_issuer_name(&name(issuer)).unwrap();
    made.set_pubkey(key).unwrap();
    let day = |seconds| Asn1Time::from_unix(seconds).unwrap();
    made.set_not_before(&day(1_800_000_000)).unwrap();
    made.set_not_after(&day(1_900_000_000)).unwrap();
    let constraints = BasicConstraints::new().critical().ca().build().unwrap();
    made.append_extension(constraints).unwrap();
    made.append_extension(usage.build().unwrap()).unwrap();
    made.sign(by, MessageDigest::sha256()).unwrap();
    Named::bytes(Source::Stdin, made.build().to_pem().unwrap())
}

#[test]
fn what_cannot_be_added_is_refused_for_what_it_is() {
    let key = || {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    };
    let [root_key, sub_key, other] = [key(), key(), key()];
    let mut issues = KeyUsageBuilder::new();
    let issues = issues.key_cert_sign();
    let root = ca(["R", "R"], &root_key, &root_key, issues);
    let sub = ca(["S", "R"], &sub_key, &root_key, issues);
    let below = ca(["T", "S"], &other, &sub_key, issues);
    let damaged = ca(["R", "R"], &root_key, &other, issues);
    let lists = ca(
        ["S", "R"],
        &sub_key,
        &root_key,
        KeyUsageBuilder::new().crl_sign(),
    );
    let folder = tempfile::tempdir().unwrap();
    let asked = |certificates: &[&Named]| {
        let mut options = Add::new("int", "A", "B");
        options.generation = Some("P1".to_owned());
        options.certificates = certificates.iter().map(|one| (*one).clone()).collect();
        let context = context(built_in());
        add(&options, folder.path(), &context, &mut |_| true).map(|added| added.added.len())
    };
    let found = asked(&[&root, &sub, &below]);
    assert!(
        matches!(found, Err(TrustOpError::BelowSubCa { .. })),
        "{found:?}"
    );
    let found = asked(&[&damaged]);
    assert!(
        matches!(found, Err(TrustOpError::NotSelfSigned { .. })),
        "{found:?}"
    );
    let found = asked(&[&root, &lists]);
    assert!(
        matches!(found, Err(TrustOpError::MayNotIssue { .. })),
        "{found:?}"
    );
    assert_eq!(asked(&[&sub, &root]).unwrap(), 2);
}

#[test]
fn a_sub_ca_for_an_environment_that_is_not_known_here_is_not_said_to_be_for_all() {
    use crate::report::Detail;
    use crate::report::trust::TrustReport;
    const UAT: &str = "[[environment]]\nid = \"uat\"\ntitle = \"UAT\"\nhierarchy = \"PTL\"\n";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let facts = built_in().extended(UAT).unwrap();
    let mut options = Add::new("uat", "A", "B");
    options.generation = Some("P1".to_owned());
    options.certificates = vec![pki("root.pem"), pki("sub.pem")];
    let added = add(&options, folder, &context(facts), &mut |_| true).unwrap();
    let at = context(Facts::default()).at;
    let brief = TrustReport::added(added, at).render(Detail::Brief, 80);
    assert_eq!(
        anstream::adapter::strip_str(&brief)
            .to_string()
            .lines()
            .count(),
        2
    );
    let (facts, _) = extend(built_in(), folder).unwrap();
    let listed = list(None, Some(folder), &context(facts)).unwrap();
    let page = TrustReport::listed(listed, at).render(Detail::Full, 100);
    assert!(
        page.contains("for no environment that is known here"),
        "{page}"
    );
    // Adding it for another environment forgets nothing.
    adding(&["sub.pem"], "int", folder).unwrap();
    let (facts, _) = extend(built_in().extended(UAT).unwrap(), folder).unwrap();
    let sub = facts
        .authorities
        .iter()
        .find(|one| !one.environments.is_empty() && one.generation == "P1");
    let mut environments = sub.unwrap().environments.clone();
    environments.sort();
    assert_eq!(environments, ["int", "uat"]);
}
