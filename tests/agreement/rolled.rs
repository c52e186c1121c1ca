//! The same of CAs that renew their keys: roots and sub CAs with two keys and the self-issued certificates that tie them, new with
//! old and old with new; a signer of indirect CRLs; deltas that fit and deltas that do not; points; and any part of it missing.

use std::sync::LazyLock;

use ::openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use ::openssl::bn::BigNum;
use ::openssl::ec::{EcGroup, EcKey};
use ::openssl::hash::MessageDigest;
use ::openssl::nid::Nid;
use ::openssl::pkey::{PKey, Private, Public};
use ::openssl::sign::Signer;
use ::openssl::x509::{X509, X509Extension, X509Name};
use proptest::test_runner::{RngSeed, TestCaseError};
use ptl_cert::export::server::{ServerRefusal, Target};
use ptl_cert::ops::accept;
use ptl_cert::ops::crl::TrustBundle;
use ptl_cert::ops::crl::{import, plan};
use ptl_cert::ops::{server, verify};
use ptl_cert::revocation::SignerStatus;
use ptl_cert::verdict::Code;
use ptl_cert::verdict::plan::Server;
use ptl_cert::verdict::verify::Purpose;

use super::generated::request;
use super::*;

/// When everything is asked; certificates are good for a hundred days before and after it.
const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const GOOD: i64 = NOW + 100 * DAY;

const ROOT: &str = "Rolled Root";
const SUB: &str = "Rolled Sub CA";
const LISTER: &str = "Rolled Lister";
const POINTS: [&str; 2] = [
    "http://crl.rolled.example/1.crl",
    "http://crl.rolled.example/2.crl",
];

/// Two keys of the root, two of the sub CA, one of the signer of indirect CRLs.
static KEYS: LazyLock<[PKey<Private>; 5]> = LazyLock::new(|| {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    std::array::from_fn(|_| PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
});

/// Each CA certificate: subject, key, issuer, the issuer's key. The serial number is the place, from 1.
const CAS: [(&str, usize, &str, usize); 13] = [
    (ROOT, 0, ROOT, 0),
    (ROOT, 1, ROOT, 1),
    (ROOT, 1, ROOT, 0),
    (ROOT, 0, ROOT, 1),
    (SUB, 2, ROOT, 0),
    (SUB, 2, ROOT, 1),
    (SUB, 3, ROOT, 0),
    (SUB, 3, ROOT, 1),
    (SUB, 3, SUB, 2),
    (SUB, 2, SUB, 3),
    (LISTER, 4, ROOT, 0),
    (LISTER, 4, ROOT, 1),
    (LISTER, 4, ROOT, 0),
];

/// The place of the one of them that has expired.
const EXPIRED: usize = 12;

/// Each leaf: the key that signed it, whether it names the first point, and whether with the signer of indirect CRLs. The serial
/// number is the place, from 100.
const LEAVES: [(usize, bool, bool); 6] = [
    (2, false, false),
    (2, true, false),
    (2, true, true),
    (3, false, false),
    (3, true, false),
    (3, true, true),
];

/// The CAs' certificates, and the leaves'.
type Certificates = (Vec<Vec<u8>>, Vec<Vec<u8>>);

static CERTIFICATES: LazyLock<Certificates> = LazyLock::new(|| {
    let ca = |(at, (subject, key, issuer, by)): (usize, &(&str, usize, &str, usize))| {
        let extensions = [
            (19, true, tlv(0x30, &[&[1, 1, 0xff]])),
            (15, true, vec![3, 2, 1, 0x06]),
        ];
        let public = PKey::public_key_from_der(&KEYS[*key].public_key_to_der().unwrap()).unwrap();
        let until = if at == EXPIRED { NOW - DAY } else { GOOD };
        certificate(
            &named(subject),
            &public,
            issuer,
            *by,
            at as u32 + 1,
            until,
            &extensions,
        )
    };
    let asked = request();
    let leaf = |(at, (by, has_point, is_indirect)): (usize, &(usize, bool, bool))| {
        let host = asked.subject.common_name().unwrap();
        let purposes = tlv(
            0x30,
            &[
                &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1],
                &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2],
            ],
        );
        let mut extensions = vec![
            (15, true, vec![3, 2, 7, 0x80]),
            (37, false, purposes),
            (17, false, tlv(0x30, &[&tlv(0x82, &[host.as_bytes()])])),
        ];
        if *has_point {
            let mut point = tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[POINTS[0].as_bytes()])])]);
            if *is_indirect {
                let lister = tlv(0xa4, &[&named(LISTER).to_der().unwrap()]);
                point.extend(tlv(0xa2, &[&lister]));
            }
            extensions.push((31, false, tlv(0x30, &[&tlv(0x30, &[&point])])));
        }
        let subject = X509Name::from_der(asked.subject.der()).unwrap();
        let public = PKey::public_key_from_der(asked.key.info()).unwrap();
        certificate(
            &subject,
            &public,
            SUB,
            *by,
            at as u32 + 100,
            GOOD,
            &extensions,
        )
    };
    (
        CAS.iter().enumerate().map(ca).collect(),
        LEAVES.iter().enumerate().map(leaf).collect(),
    )
});

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut der = vec![tag];
    match length {
        0..128 => der.push(length as u8),
        128..256 => der.extend([0x81, length as u8]),
        _ => der.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    der.extend(content);
    der
}

fn named(common_name: &str) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, common_name)
        .unwrap();
    name.build()
}

fn certificate(
    subject: &X509Name,
    key: &PKey<Public>,
    issuer: &str,
    by: usize,
    serial: u32,
    until: i64,
    extensions: &[(u8, bool, Vec<u8>)],
) -> Vec<u8> {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(subject).unwrap();
    builder.set_issuer_name(&named(issuer)).unwrap();
    let at = |seconds| Asn1Time::from_unix(seconds).unwrap();
    builder.set_not_before(&at(NOW - 100 * DAY)).unwrap();
    builder.set_not_after(&at(until)).unwrap();
    builder.set_pubkey(key).unwrap();
    // OpenSSL tells two keys of one name apart by nothing else.
    let identifier = |key: &[u8]| ::openssl::sha::sha1(key);
    let own = identifier(&key.public_key_to_der().unwrap());
    let above = identifier(&KEYS[by].public_key_to_der().unwrap());
    let identifiers = [
        (14, false, tlv(4, &[&own])),
        (35, false, tlv(0x30, &[&tlv(0x80, &[&above])])),
    ];
    for (last, critical, value) in extensions.iter().chain(&identifiers) {
        let oid = Asn1Object::from_str(&format!("2.5.29.{last}")).unwrap();
        let value = Asn1OctetString::new_from_bytes(value).unwrap();
        let extension = X509Extension::new_from_der(&oid, *critical, &value).unwrap();
        builder.append_extension(extension).unwrap();
    }
    builder.sign(&KEYS[by], MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

/// A CRL as drawn.
#[derive(Clone, Debug)]
struct Drawn {
    issuer: &'static str,
    /// The issuer's second key.
    second: bool,
    /// Another key than the issuer's.
    key: Option<usize>,
    point: Option<usize>,
    indirect: bool,
    number: u8,
    base: Option<u8>,
    made: i64,
    ends: i64,
    /// The serial number's place, the issuer it is of, and the reason.
    entries: Vec<(u8, &'static str, Option<u8>)>,
}

impl Drawn {
    fn der(&self) -> Vec<u8> {
        let key = self.key.unwrap_or(match (self.issuer, self.second) {
            (ROOT, second) => usize::from(second),
            (SUB, second) => 2 + usize::from(second),
            _ => 4,
        });
        let time = |at: i64| {
            let text = Moment::from_unix(at).unwrap().to_string();
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            tlv(0x17, &[&digits.as_bytes()[2..], b"Z"])
        };
        let extension = |last: u8, critical: bool, value: &[u8]| {
            let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
            tlv(0x30, &[&[6, 3, 0x55, 29, last], flag, &tlv(4, &[value])])
        };
        let entry = |(serial, issuer, reason): &(u8, &str, Option<u8>)| {
            let mut extensions = Vec::new();
            if let Some(reason) = reason {
                extensions.extend(extension(21, false, &[10, 1, *reason]));
            }
            if self.indirect {
                let name = tlv(0xa4, &[&named(issuer).to_der().unwrap()]);
                extensions.extend(extension(29, true, &tlv(0x30, &[&name])));
            }
            let extensions = match extensions.is_empty() {
                true => Vec::new(),
                false => tlv(0x30, &[&extensions]),
            };
            tlv(
                0x30,
                &[&tlv(2, &[&[*serial]]), &time(NOW - 5 * DAY), &extensions],
            )
        };
        let entries: Vec<u8> = self.entries.iter().flat_map(entry).collect();
        let entries = match entries.is_empty() {
            true => Vec::new(),
            false => tlv(0x30, &[&entries]),
        };
        let mut extensions = extension(20, false, &[2, 1, self.number]);
        if let Some(base) = self.base {
            extensions.extend(extension(27, true, &[2, 1, base]));
        }
        let mut scope = Vec::new();
        if let Some(point) = self.point {
            let url = tlv(0x86, &[POINTS[point].as_bytes()]);
            scope.extend(tlv(0xa0, &[&tlv(0xa0, &[&url])]));
        }
        if self.indirect {
            scope.extend([0x84, 1, 0xff]);
        }
        if !scope.is_empty() {
            extensions.extend(extension(28, true, &tlv(0x30, &[&scope])));
        }
        let algorithm = [0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        let signed = tlv(
            0x30,
            &[
                &[2, 1, 1],
                &algorithm,
                &named(self.issuer).to_der().unwrap(),
                &time(self.made),
                &time(self.ends),
                &entries,
                &tlv(0xa0, &[&tlv(0x30, &[&extensions])]),
            ],
        );
        let mut signer = Signer::new(MessageDigest::sha256(), &KEYS[key]).unwrap();
        let signature = signer.sign_oneshot_to_vec(&signed).unwrap();
        tlv(0x30, &[&signed, &algorithm, &tlv(3, &[&[0], &signature])])
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let issuer = prop::sample::select(vec![ROOT, SUB, SUB, SUB, LISTER]);
    let point = prop_oneof![3 => Just(None), 2 => Just(Some(0)), 1 => Just(Some(1))];
    let numbers = (1u8..5, prop::option::weighted(0.25, 1u8..4));
    let made = prop::sample::select(vec![NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY, NOW - HOUR]);
    let ends = prop_oneof![9 => Just(NOW + 7 * DAY), 1 => Just(NOW - HOUR / 2)];
    let reason = prop::sample::select(vec![None, Some(1), Some(6), Some(6), Some(8)]);
    // Mostly the leaf that is asked about; otherwise a CA.
    let serial = prop_oneof![3 => 100u8..106, 1 => 2u8..13];
    let entries = prop::collection::vec((serial, reason), 0..3);
    let rest = (any::<bool>(), prop::bool::weighted(0.8));
    (issuer, point, numbers, made, ends, entries, rest).prop_map(
        |(issuer, point, (number, base), made, ends, entries, (second, indirect))| Drawn {
            issuer,
            second,
            key: None,
            point,
            indirect: indirect && issuer == LISTER,
            number,
            base,
            made,
            ends,
            entries: entries
                .into_iter()
                .map(|(serial, reason)| {
                    let of = match serial {
                        100.. => SUB,
                        _ => CAS[usize::from(serial) - 1].2,
                    };
                    (serial, of, reason)
                })
                // A number is that of one issuer's certificate: two with the same number would be another question.
                .filter(|(_, of, _)| issuer == LISTER && indirect || *of == issuer)
                .collect(),
        },
    )
}

/// What is known: a leaf, the anchors, the other CAs, and the CRLs.
#[derive(Debug)]
struct Case {
    leaf: usize,
    /// The places of the roots that are trusted.
    anchors: Vec<usize>,
    /// The places of the other CA certificates.
    others: Vec<usize>,
    crls: Vec<Drawn>,
}

struct Said {
    /// By the whole chain and by the leaf alone.
    verified: [bool; 2],
    codes: [Option<Code>; 2],
    library: [bool; 2],
    as_client: bool,
    accepted: bool,
    answer: CrlAnswer,
    number: Option<SerialOutcome>,
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = match &self.answer.status {
            Status::Listed(_) => "listed".to_owned(),
            Status::NotListed(_) => "not listed".to_owned(),
            Status::NotApplicable(_) => "not applicable".to_owned(),
            Status::NoCrl(why) => {
                let causes = why.passed_over.iter().map(|why| format!("{:?}", why.cause));
                causes.collect::<Vec<_>>().join("; ")
            }
        };
        let number = match &self.number {
            Some(SerialOutcome::Undecided(why)) => why.to_string(),
            Some(SerialOutcome::NotRevoked(_)) => "not revoked".to_owned(),
            Some(SerialOutcome::Revoked(_)) => "revoked".to_owned(),
            Some(_) => "conditional".to_owned(),
            None => "no answer".to_owned(),
        };
        f.debug_struct("Said")
            .field("verified", &self.verified)
            .field("codes", &self.codes)
            .field("library", &self.library)
            .field("as_client", &self.as_client)
            .field("accepted", &self.accepted)
            .field("answer", &(status, &self.answer.obstacle))
            .field("number", &number)
            .finish()
    }
}

fn named_der(der: &[u8]) -> Named {
    Named::bytes(Source::BuiltIn("certificate"), der.to_vec())
}

fn given(der: &[u8]) -> Given {
    let bytes = ptl_cert::decode::open(&Input::new(Source::BuiltIn("one"), der), None).unwrap();
    let item = Item::read(&bytes.objects[0], bytes.container, None).unwrap();
    let Document::Certificate(certificate) = item.document else {
        panic!("no certificate");
    };
    Given {
        certificate,
        origin: item.origin,
    }
}

fn facts(case: &Case) -> Facts {
    let mut text =
        "[[environment]]\nid = \"rolled\"\ntitle = \"Rolled\"\nhierarchy = \"Rolled\"\n".to_owned();
    let known = case.anchors.iter().map(|at| (at, "root"));
    let known = known.chain(case.others.iter().map(|at| (at, "sub_ca")));
    for (at, role) in known {
        let certificate = given(&CERTIFICATES.0[*at]).certificate;
        let environments = if role == "root" { "" } else { "\"rolled\"" };
        text.push_str(&format!(
            "\n[[authority]]\nname = \"{}\"\nrole = \"{role}\"\npurpose = \"endpoint\"\nhierarchy = \"Rolled\"\n\
             generation = \"G{at}\"\nenvironments = [{environments}]\nsha256 = \"{}\"\npem = \"\"\"\n{}\"\"\"\n",
            CAS[*at].0,
            certificate.sha256,
            certificate.pem(),
        ));
    }
    Facts::built_in().unwrap().extended(&text).unwrap()
}

/// Installs the CRLs when they are in time, those that are stale when they are asked included. One that is older than another of
/// its kind is refused: the cache is what it is.
fn install(crls: &[Drawn], cache: &std::path::Path) {
    for crl in crls {
        let from = import::From::Named(Named::bytes(Source::BuiltIn("crl"), crl.der()));
        let mut options = import::Options::new([from]);
        options.issuers = CERTIFICATES.0.iter().map(|ca| named_der(ca)).collect();
        let installing = Moment::from_unix(NOW - HOUR * 3 / 4).unwrap();
        let installing = Context::new(installing, Facts::default()).cache(cache);
        import::import(&options, &installing).unwrap();
    }
}

fn said(case: &Case) -> Said {
    let (cas, leaves) = &*CERTIFICATES;
    let leaf = leaves[case.leaf].as_slice();
    let sha256 = ::openssl::sha::sha256(leaf);
    let temporary = tempfile::tempdir().unwrap();
    let at = Moment::from_unix(NOW).unwrap();
    let context = |facts| Context::new(at, facts).cache(&temporary.path().join("crl"));
    let of = |places: &[usize]| -> Vec<Named> {
        places.iter().map(|place| named_der(&cas[*place])).collect()
    };
    let all = || [of(&case.anchors), of(&case.others)].concat();
    install(&case.crls, &temporary.path().join("crl"));
    let verdict = |revocation| {
        let mut options = verify::Options::new([named_der(leaf)]);
        options.anchors = of(&case.anchors);
        options.chain = of(&case.others);
        options.revocation = Some(revocation);
        let answers = verify::verify(&options, &context(Facts::default()))
            .unwrap()
            .answers;
        let answer = &answers[0].answer;
        (answer.decision == Decision::Verified, answer.code)
    };
    let (chain, own) = (verdict(Revocation::Chain), verdict(Revocation::Leaf));
    let known = facts(case);
    let reply = || std::iter::once(named_der(leaf)).chain(of(&case.others));
    let in_environment = |purpose| {
        let options = verify::Options::new(reply())
            .environment("rolled")
            .purpose(purpose);
        let options = options.revocation(Revocation::Chain);
        let answers = verify::verify(&options, &context(known.clone()))
            .unwrap()
            .answers;
        let own = answers
            .iter()
            .find(|one| one.given.certificate.sha256.0 == sha256);
        own.unwrap().answer.decision == Decision::Verified
    };
    let accepted = accept::Options::new(
        reply(),
        Named::file(folder("lab/host.csr")),
        Named::file(folder("lab/host.key")),
        "rolled",
    );
    let accepted = accept::accept(&accepted, &context(known.clone()));
    let accepted = accepted.unwrap().decision() == Decision::Verified;
    let mut options = check::Options::new([named_der(leaf)]);
    options.issuers = all();
    let answer = check::check(&options, &context(Facts::default())).unwrap();
    let answer = answer.answers.into_iter().next().unwrap().answer;
    let mut numbers = SerialOptions::new(all());
    // One that is named with another signer is another question than the CA's own CRL of that point answers.
    let (_, has_point, is_indirect) = LEAVES[case.leaf];
    numbers.point = (has_point && !is_indirect).then(|| POINTS[0].to_owned());
    numbers.serials.push(AskedSerial {
        number: given(leaf).certificate.serial.clone(),
        octets: None,
    });
    let number = check::serials(&numbers, &context(Facts::default()), |searcher| {
        searcher.next_batch()
    });
    let number = number.unwrap();
    let number = number
        .and_then(|all| all.into_iter().next())
        .map(|one| one.outcome);

    // The library, by the CRLs that were installed.
    let cached = ptl_cert::store::crl_cache::Cache::open(temporary.path().join("crl"))
        .crls()
        .unwrap();
    let cached: Vec<SearchableCrl<'_>> =
        cached.sound.iter().map(|crl| crl.crl().unwrap()).collect();
    let cached: Vec<&SearchableCrl<'_>> = cached.iter().collect();
    let none = Facts::default();
    let leaf_given = given(leaf);
    let given_of = |places: &[usize]| -> Vec<Given> {
        places.iter().map(|place| given(&cas[*place])).collect()
    };
    let (anchors, others) = (given_of(&case.anchors), given_of(&case.others));
    let evidence = Evidence::new(&none)
        .sent(std::slice::from_ref(&leaf_given))
        .chain(&others)
        .anchors(&anchors)
        .crls(&cached);
    let judge = BorrowedJudge::new(evidence);
    let by_library = |revocation| {
        let question = Question::new(&leaf_given, at).revocation(revocation);
        judge.verdict(&question).decision == Decision::Verified
    };
    Said {
        verified: [chain.0, own.0],
        codes: [chain.1, own.1],
        library: [by_library(Revocation::Chain), by_library(Revocation::Leaf)],
        as_client: in_environment(Purpose::Client) && in_environment(Purpose::Server),
        accepted,
        answer,
        number,
    }
}

fn fit(case: &Case, said: &Said) -> Result<(), TestCaseError> {
    let whole = format!("{case:#?}\n{said:#?}");
    let good = matches!(said.number, Some(SerialOutcome::NotRevoked(_)));
    let number_revoked = matches!(said.number, Some(SerialOutcome::Revoked(_)));
    let [chain, leaf] = said.verified;
    prop_assert_eq!(
        said.verified,
        said.library,
        "the library differs: {}",
        whole
    );
    prop_assert!(!chain || leaf, "chain, not leaf: {whole}");
    prop_assert!(
        !leaf || clears(&said.answer),
        "verified, not cleared: {whole}"
    );
    prop_assert!(
        !said.accepted || said.as_client,
        "accepted, not verified: {whole}"
    );
    prop_assert!(
        !said.accepted || clears(&said.answer),
        "accepted, not cleared: {whole}"
    );
    prop_assert!(
        !(revokes(&said.answer) && good),
        "revoked, number good: {whole}"
    );
    // Nor whose certificate it is: the answer is about the CAs that were named, and where there is a CRL of the other CA's own
    // about that CA perhaps.
    let is_listers = |crl: &Drawn| crl.issuer == LISTER && !crl.indirect;
    let is_issuer = |at: &usize| (CAS[*at].0, CAS[*at].1) == (SUB, LEAVES[case.leaf].0);
    let is_named = case.others.iter().any(is_issuer);
    let good = good && is_named && !case.crls.iter().any(is_listers);
    // A number does not say which of the CA's two keys signed the certificate: it is revoked where the CRL of either lists it.
    let is_others =
        |crl: &Drawn| crl.issuer == SUB && 2 + usize::from(crl.second) != LEAVES[case.leaf].0;
    // Nor which signer of indirect CRLs and which points the certificate names: a CRL that it does not name counts for the number.
    let (_, has_point, is_indirect) = LEAVES[case.leaf];
    let is_named = |crl: &Drawn| match (crl.indirect, crl.point) {
        (true, point) => is_indirect && point.is_none_or(|point| point == 0),
        (false, Some(point)) => has_point && !is_indirect && point == 0,
        (false, None) => true,
    };
    let tells = |crl: &Drawn| is_named(crl) && !is_others(crl);
    let number_revoked = number_revoked && case.crls.iter().all(tells);
    prop_assert!(
        !(number_revoked && clears(&said.answer)),
        "number revoked, cleared: {whole}"
    );
    prop_assert!(
        !(number_revoked && (leaf || said.accepted)),
        "number revoked, verified: {whole}"
    );
    prop_assert!(
        !good || clears(&said.answer),
        "number good, not cleared: {whole}"
    );
    // Whoever revokes it for good, by a key that leads to what is trusted, is heard.
    if leaf || said.accepted || good || clears(&said.answer) {
        let own = 100 + case.leaf as u8;
        let by_own_key =
            |crl: &&Drawn| crl.issuer == SUB && 2 + usize::from(crl.second) == LEAVES[case.leaf].0;
        let in_scope =
            |crl: &&Drawn| crl.point.is_none() || LEAVES[case.leaf].1 && crl.point == Some(0);
        let alone = case.crls.len() == 1;
        let revoking = case
            .crls
            .iter()
            .filter(by_own_key)
            .filter(in_scope)
            .any(|crl| {
                crl.entries
                    .iter()
                    .any(|(serial, _, reason)| *serial == own && !matches!(reason, Some(6 | 8)))
            });
        // Of several CRLs a later one may have been refused, or have replaced the one that revokes.
        prop_assert!(!(alone && revoking), "revoked and good: {whole}");
    }
    Ok(())
}

fn sound(leaf: usize, others: &[usize], anchors: &[usize], crls: &[(&'static str, bool)]) -> Case {
    let crl = |(issuer, second): &(&'static str, bool)| Drawn {
        issuer,
        second: *second,
        key: None,
        point: None,
        indirect: *issuer == LISTER,
        number: 1,
        base: None,
        made: NOW - HOUR,
        ends: NOW + 7 * DAY,
        entries: Vec::new(),
    };
    Case {
        leaf,
        anchors: anchors.to_vec(),
        others: others.to_vec(),
        crls: crls.iter().map(crl).collect(),
    }
}

#[test]
fn what_a_signer_below_one_anchor_revokes_is_not_good_by_another() {
    let mut case = sound(
        2,
        &[4, 5, 11, EXPIRED],
        &[0, 1],
        &[(SUB, false), (ROOT, false), (ROOT, true), (LISTER, false)],
    );
    let clean = said(&case);
    assert!(
        clean.verified == [true, true] && clears(&clean.answer),
        "{clean:#?}"
    );
    case.crls[3].entries.push((102, SUB, Some(1)));
    let revoked = said(&case);
    fit(&case, &revoked).unwrap();
    assert!(
        revoked.verified == [false, false] && revokes(&revoked.answer),
        "{revoked:#?}"
    );
    assert!(
        matches!(revoked.number, Some(SerialOutcome::Revoked(_))),
        "{revoked:#?}"
    );
}

#[test]
fn a_leaf_is_good_by_either_key_of_its_cas_where_nothing_is_missing() {
    let by = |leaf, others: &[usize], anchors: &[usize], crls: &[(&'static str, bool)]| {
        let case = sound(leaf, others, anchors, crls);
        let said = said(&case);
        fit(&case, &said).unwrap();
        said
    };
    // The old keys; the new ones; below the old root by the certificate that the old key gave the new one.
    for (leaf, others, anchors, second) in [
        (0, vec![4], vec![0], [false, false]),
        (3, vec![7], vec![1], [true, true]),
        (3, vec![7, 2], vec![0], [true, true]),
    ] {
        let crls = [(SUB, second[0]), (ROOT, second[1]), (ROOT, !second[1])];
        let all = by(leaf, &others, &anchors, &crls);
        assert!(all.verified == [true, true] && all.accepted, "{all:#?}");
        assert!(clears(&all.answer) && matches!(all.number, Some(SerialOutcome::NotRevoked(_))));
        let none = by(leaf, &others, &anchors, &[]);
        assert!(none.verified == [false, false] && !none.accepted && !clears(&none.answer));
    }
}

#[test]
fn a_number_of_a_ca_that_no_path_leads_to_is_not_answered_by_the_crl_of_the_root() {
    // Two keys of the sub CA that vouch for each other, and for which nobody else does.
    let said = said(&sound(0, &[8, 9], &[0], &[(ROOT, false), (SUB, false)]));
    assert!(
        matches!(said.number, Some(SerialOutcome::Undecided(_))),
        "{said:#?}"
    );
}

/// Whether a certificate, its number, and a plan for nginx with it as a client are good by the CRLs of a cache.
fn good_by_cache(leaf: usize, cas: &[usize], context: &Context<'_>) -> [bool; 3] {
    let (known, leaves) = &*CERTIFICATES;
    let named = || cas.iter().map(|at| named_der(&known[*at]));
    let leaf = leaves[leaf].as_slice();
    let options = check::Options::new([named_der(leaf)]).issuers(named());
    let answers = check::check(&options, context).unwrap().answers;
    let asked = AskedSerial {
        number: given(leaf).certificate.serial.clone(),
        octets: None,
    };
    let numbers = SerialOptions::new(named()).serials([asked]);
    let outcome = check::serials(&numbers, context, |searcher| searcher.next_batch());
    let outcome = outcome.unwrap().unwrap().remove(0).outcome;
    let options = plan::Options::new(TrustBundle::of_cas(named()))
        .server(Server::Nginx)
        .clients([named_der(leaf)]);
    [
        answers.iter().all(|one| clears(&one.answer)),
        matches!(outcome, SerialOutcome::NotRevoked(_)),
        plan::plan(&options, context).unwrap().plan.is_complete(),
    ]
}

#[test]
fn a_damaged_crl_of_the_cache_leaves_open_what_it_may_decide() {
    let case = sound(0, &[4], &[0], &[(SUB, false), (ROOT, false)]);
    let of_a_point = Drawn {
        point: Some(0),
        ..case.crls[0].clone()
    };
    let temporary = tempfile::tempdir().unwrap();
    let cache = temporary.path().join("crl");
    let context = Context::new(Moment::from_unix(NOW).unwrap(), Facts::default()).cache(&cache);
    install(&case.crls, &cache);
    install(&[of_a_point], &cache);
    assert_eq!(good_by_cache(0, &[0, 4], &context), [true; 3]);
    let slots = std::fs::read_dir(cache.join("crls")).unwrap();
    let records = slots.map(|slot| slot.unwrap().path().join("current.json"));
    let of_the_point = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path).is_ok_and(|text| text.contains("rolled.example/1.crl"))
    };
    let records: Vec<_> = records.filter(of_the_point).collect();
    assert_eq!(records.len(), 1);
    std::fs::write(&records[0], "").unwrap();
    assert_eq!(good_by_cache(0, &[0, 4], &context), [false; 3]);
}

#[test]
fn a_plan_says_that_a_server_admits_what_only_a_crl_that_it_does_not_use_revokes() {
    for is_revoked in [false, true] {
        let mut case = sound(1, &[4], &[0], &[(SUB, false), (ROOT, false)]);
        // Superseded by the newer one of everything, and what it lists for good is revoked all the same.
        case.crls.push(Drawn {
            point: Some(0),
            made: NOW - 3 * DAY,
            entries: is_revoked
                .then_some((101, SUB, Some(1)))
                .into_iter()
                .collect(),
            ..case.crls[0].clone()
        });
        let temporary = tempfile::tempdir().unwrap();
        let cache = temporary.path().join("crl");
        install(&case.crls, &cache);
        let context = Context::new(Moment::from_unix(NOW).unwrap(), Facts::default()).cache(&cache);
        assert_eq!(good_by_cache(1, &[0, 4], &context), [!is_revoked; 3]);
    }
}

#[test]
fn a_crl_in_the_file_of_the_certificate_revokes_it_for_every_command() {
    let case = sound(0, &[4], &[0], &[(SUB, false), (ROOT, false)]);
    let temporary = tempfile::tempdir().unwrap();
    let cache = temporary.path().join("crl");
    install(&case.crls, &cache);
    let context = Context::new(Moment::from_unix(NOW).unwrap(), facts(&case)).cache(&cache);
    let (cas, leaves) = &*CERTIFICATES;
    let block = |label: &str, der: Vec<u8>| pem::encode(&pem::Pem::new(label, der));
    // Older than the one of the cache, which a CRL that says less does not replace.
    let revoking = Drawn {
        made: NOW - 2 * DAY,
        entries: vec![(100, SUB, Some(1))],
        ..case.crls[0].clone()
    };
    let other = Drawn {
        entries: vec![(101, SUB, Some(1))],
        ..revoking.clone()
    };
    for (crl, is_revoked) in [(revoking, true), (other, false)] {
        let reply = [
            block("CERTIFICATE", leaves[0].clone()),
            block("CERTIFICATE", cas[4].clone()),
            block("X509 CRL", crl.der()),
        ];
        let reply = || {
            [Named::bytes(
                Source::BuiltIn("reply"),
                reply.concat().into_bytes(),
            )]
        };
        let (csr, key) = (folder("lab/host.csr"), folder("lab/host.key"));

        let options = verify::Options::new(reply())
            .environment("rolled")
            .purpose(Purpose::Client);
        let verified = verify::verify(&options, &context).unwrap().answers;
        let verified = verified.iter().find(|one| !one.given.certificate.is_ca());
        let code = verified.unwrap().answer.code;
        assert_eq!(code, is_revoked.then_some(Code::Revoked));

        let options = accept::Options::new(
            reply(),
            Named::file(csr),
            Named::file(key.clone()),
            "rolled",
        );
        let accepted = accept::accept(&options, &context).unwrap();
        let expected = match is_revoked {
            true => Decision::NotVerified,
            false => Decision::Verified,
        };
        assert_eq!(accepted.decision(), expected);

        let answers = check::check(&check::Options::new(reply()), &context).unwrap();
        let mut answers = answers.answers.into_iter();
        assert_eq!(answers.any(|one| revokes(&one.answer)), is_revoked,);

        let out = temporary.path().join("out");
        let mut options = server::Options::new(Target::Nginx, "rolled", Named::file(key), &out)
            .certificates(reply());
        options.admit = vec!["ssp.rolled.example.nhs.uk".parse().unwrap()];
        let exported = server::export(&options, &mut (), &context);
        let codes: Vec<Code> = match exported {
            Err(server::ServerExportError::Refused(refused)) => {
                let reasons = refused.refusals.iter().map(|refusal| match refusal {
                    ServerRefusal::Certificate { reasons } => reasons.as_slice(),
                    _ => &[],
                });
                reasons
                    .flatten()
                    .map(|reason| reason.problem.code())
                    .collect()
            }
            _ => Vec::new(),
        };
        assert_eq!(codes.contains(&Code::Revoked), is_revoked);
    }
}

proptest! {
    // The same cases at every run; PROPTEST_RNG_SEED with another number tries others.
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: match ProptestConfig::default().rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            given => given,
        },
        ..ProptestConfig::default()
    })]

    #[test]
    fn answers_fit_together_whatever_keys_are_renewed_and_whatever_is_missing(
        leaf in 0..LEAVES.len(),
        anchors in prop::sample::select(vec![vec![0], vec![1], vec![0, 1]]),
        others in prop::sample::subsequence((2..CAS.len()).collect::<Vec<_>>(), 1..=CAS.len() - 2),
        mut crls in prop::collection::vec(drawn(), 1..6),
        whole in prop::bool::weighted(0.6),
    ) {
        if whole {
            // What makes something good, beside what was drawn.
            let second = LEAVES[leaf].0 == 3;
            crls.extend(sound(leaf, &[], &[], &[(SUB, second), (ROOT, false), (ROOT, true)]).crls);
        }
        let case = Case { leaf, anchors, others, crls };
        fit(&case, &said(&case))?;
    }
}

/// A certificate for one of the keys, by an issuer's name and key.
fn of(
    subject: &str,
    key: usize,
    (issuer, by): (&str, usize),
    serial: u32,
    extensions: &[(u8, bool, Vec<u8>)],
) -> Given {
    let public = PKey::public_key_from_der(&KEYS[key].public_key_to_der().unwrap()).unwrap();
    given(&certificate(
        &named(subject),
        &public,
        issuer,
        by,
        serial,
        GOOD,
        extensions,
    ))
}

/// A CA with two certificates for one key: beside one of them, which may sign no CRLs, the CRL of another key of its name
/// counts. What that lists has been revoked, on the path through either, and so has everything below it.
#[test]
fn what_was_revoked_on_one_path_is_good_on_no_other() {
    const BELOW: &str = "Rolled CA Below";
    let (is_ca, both) = (tlv(0x30, &[&[1, 1, 0xff]]), vec![3, 2, 1, 0x06]);
    let root = given(&CERTIFICATES.0[0]);
    let signs_both = given(&CERTIFICATES.0[4]);
    let certifies = [(19, true, is_ca.clone()), (15, true, vec![3, 2, 2, 0x04])];
    let certifies = of(SUB, 2, (ROOT, 0), 60, &certifies);
    let lists = of(SUB, 3, (ROOT, 0), 61, &[(15, true, vec![3, 2, 1, 0x02])]);
    let below = of(
        BELOW,
        4,
        (SUB, 2),
        62,
        &[(19, true, is_ca), (15, true, both)],
    );
    let leaf = of("a.rolled.example", 1, (BELOW, 4), 63, &[]);
    let crl = |issuer, second, entries| Drawn {
        issuer,
        second,
        key: None,
        point: None,
        indirect: false,
        number: 1,
        base: None,
        made: NOW - HOUR,
        ends: NOW + DAY,
        entries,
    };
    let crls = [
        crl(ROOT, false, Vec::new()),
        crl(SUB, false, Vec::new()),
        crl(BELOW, false, Vec::new()),
        crl(SUB, true, vec![(62, SUB, Some(1))]),
    ];
    let ders: Vec<Vec<u8>> = crls.iter().map(Drawn::der).collect();
    let read: Vec<SearchableCrl<'_>> = ders
        .iter()
        .map(|der| {
            let origin = Origin::whole(&Arc::new(Source::BuiltIn("crl")));
            SearchableCrl::read(der.as_slice(), origin).unwrap()
        })
        .collect();
    let read: Vec<&SearchableCrl<'_>> = read.iter().collect();
    let (facts, at) = (Facts::default(), Moment::from_unix(NOW).unwrap());
    let ask = |crls: &[&SearchableCrl<'_>], certificate: &Given, others: &[Given]| {
        let evidence = Evidence::new(&facts)
            .sent(std::slice::from_ref(certificate))
            .chain(others)
            .anchors(std::slice::from_ref(&root))
            .crls(crls);
        let judge = BorrowedJudge::new(evidence);
        let question = Question::new(certificate, at)
            .revocation(Revocation::Chain)
            .purpose(Purpose::Any);
        (
            judge.verdict(&question).decision,
            clears(&judge.revocation(&question)),
            judge.signer_status(&question),
        )
    };
    let mut others = vec![signs_both, certifies, lists, below.clone()];
    for _ in 0..2 {
        for certificate in [&below, &leaf] {
            let good = ask(&read[..3], certificate, &others);
            assert_eq!(good, (Decision::Verified, true, Some(SignerStatus::Good)));
            let bad = ask(&read, certificate, &others);
            let revoked = Some(SignerStatus::Revoked);
            assert_eq!(bad, (Decision::NotVerified, false, revoked));
        }
        others.reverse();
    }
}

/// Two trusted roots certify one CA, which leaves CRLs to a key below each of them: the signer of another CA's CRL is revoked by one of
/// these and not by the other.
#[test]
fn a_signer_that_was_revoked_below_one_root_is_good_below_no_other() {
    const BELOW: &str = "Rolled CA Below";
    let is_ca = (19, true, tlv(0x30, &[&[1, 1, 0xff]]));
    let (certifies, lists) = (
        (15, true, vec![3, 2, 2, 0x04]),
        (15, true, vec![3, 2, 1, 0x02]),
    );
    let roots = [given(&CERTIFICATES.0[0]), given(&CERTIFICATES.0[1])];
    let ca = [is_ca, certifies];
    let lists = std::slice::from_ref(&lists);
    let others = [
        of(SUB, 2, (ROOT, 0), 60, &ca),
        of(SUB, 2, (ROOT, 1), 61, &ca),
        of(SUB, 3, (ROOT, 0), 62, lists),
        of(SUB, 4, (ROOT, 1), 63, lists),
        of(BELOW, 3, (ROOT, 1), 64, &ca),
        of(BELOW, 4, (SUB, 2), 65, lists),
    ];
    let leaf = of("a.rolled.example", 1, (BELOW, 3), 66, &[]);
    let crl = |issuer, key, entries| Drawn {
        issuer,
        second: false,
        key: Some(key),
        point: None,
        indirect: false,
        number: 1,
        base: None,
        made: NOW - HOUR,
        ends: NOW + DAY,
        entries,
    };
    let crls = [
        crl(ROOT, 0, Vec::new()),
        crl(ROOT, 1, Vec::new()),
        crl(SUB, 4, Vec::new()),
        crl(BELOW, 4, Vec::new()),
        crl(SUB, 3, vec![(65, SUB, Some(1))]),
    ];
    let ders: Vec<Vec<u8>> = crls.iter().map(Drawn::der).collect();
    let origin = || Origin::whole(&Arc::new(Source::BuiltIn("crl")));
    let read = |der: &'_ Vec<u8>| SearchableCrl::read(der.clone(), origin()).unwrap();
    let read: Vec<SearchableCrl<'_>> = ders.iter().map(read).collect();
    let read: Vec<&SearchableCrl<'_>> = read.iter().collect();
    let (facts, at) = (Facts::default(), Moment::from_unix(NOW).unwrap());
    let ask = |crls: &[&SearchableCrl<'_>], certificate: &Given| {
        let evidence = Evidence::new(&facts)
            .sent(std::slice::from_ref(certificate))
            .chain(&others)
            .anchors(&roots)
            .crls(crls);
        let judge = BorrowedJudge::new(evidence);
        let question = Question::new(certificate, at)
            .revocation(Revocation::Chain)
            .purpose(Purpose::Any);
        (
            judge.verdict(&question).decision,
            clears(&judge.revocation(&question)),
        )
    };
    let signer = &others[5];
    assert_eq!(ask(&read[..4], signer), (Decision::Verified, true));
    assert_eq!(ask(&read[..4], &leaf), (Decision::Verified, true));
    assert_eq!(ask(&read, signer), (Decision::NotVerified, false));
    assert_eq!(ask(&read, &leaf), (Decision::NotDecided, false));
}
