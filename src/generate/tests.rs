use std::sync::OnceLock;

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use proptest::prelude::*;

use super::read_back::read_back;
use super::*;
use crate::fqdn::Fqdn;

pub(crate) mod foreign;
mod subject;

/// One key for all tests: making one takes longer than everything else here.
fn shared_key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| key(KeySize::Rsa2048).unwrap())
}

fn name(text: &str) -> Fqdn {
    Fqdn::parse(text).unwrap()
}

fn plan(names: Names, subject: &str) -> Plan {
    Plan::new(names, SubjectAttributes::parse(subject).unwrap())
}

/// What a foreign program says of the input; `None`, said out loud, where it is not installed.
fn judge(program: &str, arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let output = foreign::ask(program, arguments, input.as_bytes())?;
    let said = [output.stdout, output.stderr].concat();
    Some((
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

fn full_request() -> SigningRequest {
    let names = Names::new(name("a.thirdparty.nhs.uk"))
        .with_alternatives(AlternativeNames::Listed(vec![name("b.thirdparty.nhs.uk")]));
    let plan = plan(
        names,
        r"OU=Ärzte\, IT,O=A+B\2B".replace('+', r"\+").as_str(),
    );
    request(shared_key(), &plan).unwrap()
}

#[test]
fn openssl_accepts_the_request_and_reads_the_same_names() {
    let pem = full_request().pem();
    let arguments = [
        "req",
        "-verify",
        "-noout",
        "-text",
        "-nameopt",
        "RFC2253,utf8,-esc_msb",
    ];
    let Some((success, said)) = judge("openssl", &arguments, &pem) else {
        return;
    };
    assert!(success, "{said}");
    for expected in [
        "verify OK",
        r"CN=a.thirdparty.nhs.uk,OU=Ärzte\, IT,O=A\+B\+",
        "DNS:a.thirdparty.nhs.uk, DNS:b.thirdparty.nhs.uk",
        "sha256WithRSAEncryption",
    ] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
}

#[test]
fn certtool_accepts_the_request() {
    let Some((success, said)) = judge("certtool", &["--crq-info"], &full_request().pem()) else {
        return;
    };
    assert!(success, "{said}");
    for expected in [
        "DNSname: b.thirdparty.nhs.uk",
        "Self signature: verified",
        "RSA-SHA256",
    ] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
}

#[test]
fn a_name_listed_twice_is_asked_for_once_and_the_fqdn_comes_first() {
    let names = Names::new(name("b.nhs.uk")).with_alternatives(AlternativeNames::Listed(vec![
        name("c.nhs.uk"),
        name("b.nhs.uk"),
        name("a.nhs.uk"),
        name("c.nhs.uk"),
    ]));
    let listed: Vec<&str> = names.dns_names().into_iter().map(Fqdn::as_str).collect();
    assert_eq!(listed, ["b.nhs.uk", "c.nhs.uk", "a.nhs.uk"]);
}

#[test]
fn a_request_by_common_name_alone_asks_for_no_extension() {
    let names = Names::new(name("a.nhs.uk")).with_alternatives(AlternativeNames::CommonNameOnly);
    let request = request(shared_key(), &plan(names, "")).unwrap();
    let Some((_, said)) = judge(
        "openssl",
        &["req", "-noout", "-text", "-nameopt", "RFC2253"],
        &request.pem(),
    ) else {
        return;
    };
    assert!(
        !said.contains("Alternative") && said.contains("CN=a.nhs.uk"),
        "{said}"
    );
}

#[test]
fn a_common_name_over_64_characters_is_refused_with_the_limit() {
    let fits = format!("{}.nhs.uk", "a".repeat(57));
    assert!(request(shared_key(), &plan(Names::new(name(&fits)), "")).is_ok());
    let long = format!("{}.nhs.uk", "a".repeat(58));
    let error = pair(&plan(Names::new(name(&long)), ""), KeySize::Rsa4096).unwrap_err();
    assert!(matches!(
        error,
        GenerateError::CommonNameTooLong { length: 65, .. }
    ));
    assert!(
        error
            .to_string()
            .contains("at most 64 (X.520, ub-common-name)")
    );
}

#[test]
fn a_short_rsa_key_and_an_elliptic_curve_key_are_refused() {
    let short = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let curve = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    for (pkey, found) in [(short, "RSA 1024"), (curve, "EC P-256")] {
        let key = PrivateKey::of(pkey).unwrap();
        let error = request(&key, &plan(Names::new(name("a.nhs.uk")), "")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("the key is {found}; the NHS")),
            "{error}"
        );
    }
}

#[test]
fn a_pair_belongs_together() {
    let plan = plan(Names::new(name("a.nhs.uk")), "O=Acme");
    let pair = pair(&plan, KeySize::default()).unwrap();
    assert_eq!(pair.key.algorithm().to_string(), "RSA 2048");
    assert!(read_back(pair.request.der(), pair.key.public_key(), &plan).is_ok());
}

#[test]
fn only_three_key_sizes_exist() {
    for bits in [2048, 3072, 4096] {
        assert_eq!(KeySize::try_from(bits).unwrap().bits(), bits);
    }
    assert_eq!(KeySize::try_from(1024), Err(KeySizeError { bits: 1024 }));
}

fn mismatch(request: &[u8], key: &PrivateKey, plan: &Plan) -> String {
    match read_back(request, key.public_key(), plan) {
        Err(GenerateError::ReadBack { mismatch }) => mismatch.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn reading_back_notices_every_field_that_differs() {
    let asked = plan(Names::new(name("a.nhs.uk")), "O=Acme");
    let made = request(shared_key(), &asked).unwrap();
    let der = made.der();
    let other = |names, subject| mismatch(der, shared_key(), &plan(names, subject));
    assert!(other(Names::new(name("b.nhs.uk")), "O=Acme").starts_with("its subject is"));
    assert!(other(Names::new(name("a.nhs.uk")), "").starts_with("its subject is"));
    assert!(other(Names::new(name("a.nhs.uk")), "O=Acme,C=GB").starts_with("its subject is"));
    let bare = Names::new(name("a.nhs.uk")).with_alternatives(AlternativeNames::CommonNameOnly);
    assert!(other(bare, "O=Acme").starts_with("its subjectAltName is"));
    let stranger = key(KeySize::Rsa2048).unwrap();
    assert!(mismatch(der, &stranger, &asked).starts_with("its public key is"));
    let mut forged = der.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(
        mismatch(&forged, shared_key(), &asked),
        "its signature does not verify"
    );
    assert_eq!(
        mismatch(&der[..der.len() - 1], shared_key(), &asked),
        "does not parse"
    );
    assert_eq!(
        mismatch(&[der, &[0]].concat(), shared_key(), &asked),
        "does not parse"
    );
}

fn escape(value: &str) -> String {
    value
        .chars()
        .flat_map(|character| {
            let needs = " #\",+<>;\\=".contains(character);
            needs.then_some('\\').into_iter().chain([character])
        })
        .collect()
}

fn any_name() -> impl Strategy<Value = Fqdn> {
    "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\\.thirdparty\\.nhs\\.uk".prop_map(|text| name(&text))
}

fn any_subject() -> impl Strategy<Value = SubjectAttributes> {
    // White space of any script around a value is dropped, and nothing may be left then.
    let optional = |pattern: &'static str| {
        proptest::option::of(
            pattern.prop_filter("a value of white space", |value| !value.trim().is_empty()),
        )
    };
    let country = proptest::option::of("GB|gb|Ie|US|fr|zw");
    // \PC: any character but control ones and the unassigned.
    (
        country,
        optional("\\PC{1,64}"),
        optional("\\PC{1,64}"),
        optional("[A-Za-z0-9 .:/=+,'()-]{1,64}"),
    )
        .prop_map(|(country, organisation, unit, serial)| {
            let texts: Vec<String> = [
                ("C", country),
                ("O", organisation),
                ("OU", unit),
                ("serialNumber", serial),
            ]
            .into_iter()
            .filter_map(|(key, value)| Some(format!("{key}={}", escape(&value?))))
            .collect();
            SubjectAttributes::parse_all(texts.iter().map(String::as_str)).unwrap()
        })
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let listed = proptest::collection::vec(any_name(), 0..6).prop_map(AlternativeNames::Listed);
    let alternative = prop_oneof![listed, Just(AlternativeNames::CommonNameOnly)];
    (any_name(), alternative, any_subject()).prop_map(|(name, alternative, subject)| {
        Plan::new(Names::new(name).with_alternatives(alternative), subject)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_plan_becomes_a_request_that_says_the_same(plan in any_plan()) {
        let made = request(shared_key(), &plan);
        prop_assert!(made.is_ok(), "{:?}", made);
    }

    #[test]
    fn any_text_as_subject_is_accepted_or_refused_without_a_panic(text in "\\PC{0,80}") {
        let _ = SubjectAttributes::parse(&text);
    }
}
