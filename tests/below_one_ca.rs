//! What many certificates below one CA cost, whose own certificate or CRL has very much in it: both are eight times as large in
//! the second run, so that work for every pair takes sixty-four times as long.

use std::fs;
use std::path::Path;
use std::time::Duration;

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use ptl_cert::decode::{self, Blob};
use ptl_cert::document::{Document, Moment};
use ptl_cert::environment::Facts;
use ptl_cert::input::{Input, Source};
use ptl_cert::revocation::{SearchableCrl, Status};
use ptl_cert::verdict::verify::{BorrowedJudge, Evidence, Given, Question};

use crate::bounded::{ALGORITHM, FACTOR, NAME, cost, cost_grows_no_faster, many, named, pem, wrap};
use crate::program::ptl_cert;

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn signed(tbs: &[u8], by: &PKey<Private>) -> Vec<u8> {
    let tbs = wrap(0x30, tbs);
    let mut signer = Signer::new(MessageDigest::sha256(), by).unwrap();
    let signature = signer.sign_oneshot_to_vec(&tbs).unwrap();
    let signature = wrap(3, &[&[0], &signature[..]].concat());
    wrap(0x30, &[&tbs[..], ALGORITHM, &signature].concat())
}

struct Ca {
    key: PKey<Private>,
    name: Vec<u8>,
}

impl Ca {
    fn named(name: Vec<u8>) -> Ca {
        Ca { key: key(), name }
    }

    fn certifies(&self, subject: &[u8], key: &PKey<Private>, extensions: &[u8]) -> Vec<u8> {
        self.certifies_until(b"491231235959Z", subject, key, extensions)
    }

    fn certifies_until(
        &self,
        end: &[u8],
        subject: &[u8],
        key: &PKey<Private>,
        extensions: &[u8],
    ) -> Vec<u8> {
        let validity = [b"\x17\x0d260101000000Z\x17\x0d", end].concat();
        let validity = wrap(0x30, &validity);
        let key = key.public_key_to_der().unwrap();
        let parts = [
            &b"\xa0\x03\x02\x01\x02\x02\x01\x01"[..],
            ALGORITHM,
            &self.name,
            &validity,
            subject,
            &key,
            &wrap(0xa3, &wrap(0x30, extensions)),
        ];
        pem("CERTIFICATE", &signed(&parts.concat(), &self.key))
    }

    /// A CRL, with these entries.
    fn lists(&self, revoked: &[u8], extensions: &[u8]) -> Vec<u8> {
        let parts = [
            &b"\x02\x01\x01"[..],
            ALGORITHM,
            &self.name,
            b"\x17\x0d260101000000Z\x17\x0d491231235959Z",
            revoked,
            &wrap(0xa0, &wrap(0x30, extensions)),
        ];
        pem("X509 CRL", &signed(&parts.concat(), &self.key))
    }
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { b"\x01\x01\xff" } else { b"" };
    wrap(0x30, &[&wrap(6, oid), critical, &wrap(4, value)].concat())
}

/// 1.3.6.1.4.1.n, in four octets of which each has seven bits.
fn oid(number: usize) -> Vec<u8> {
    let septet = |at: usize| (number >> (7 * at)) as u8 & 0x7f;
    let last = [septet(2) | 0x80, septet(1) | 0x80, septet(0)];
    [b"\x2b\x06\x01\x04\x01\x81", &last[..]].concat()
}

fn is_ca() -> Vec<u8> {
    extension(b"\x55\x1d\x13", true, b"\x30\x03\x01\x01\xff")
}

fn uri(number: usize) -> Vec<u8> {
    wrap(0x86, format!("http://crl.example/{number}").as_bytes())
}

fn points(names: &[u8]) -> Vec<u8> {
    extension(
        b"\x55\x1d\x1f",
        false,
        &wrap(0x30, &wrap(0x30, &wrap(0xa0, &wrap(0xa0, names)))),
    )
}

fn of_ca(kind: &str, n: usize) -> Vec<u8> {
    match kind {
        "name constraints" => {
            let tree = |n: usize| wrap(0x30, &wrap(0x82, format!("n{n}.bad.example").as_bytes()));
            let excluded = wrap(0xa1, &many(n, tree));
            extension(b"\x55\x1d\x1e", true, &wrap(0x30, &excluded))
        }
        "policies" => {
            let policy = |n: usize| wrap(0x30, &wrap(6, &oid(n)));
            let required = extension(b"\x55\x1d\x24", true, b"\x30\x03\x80\x01\x00");
            let policies = wrap(0x30, &many(n, policy));
            [required, extension(b"\x55\x1d\x20", false, &policies)].concat()
        }
        "policy mappings" => {
            let pair = |n: usize| wrap(0x30, &wrap(6, &oid(n)).repeat(2));
            let mappings = wrap(0x30, &many(n, pair));
            let any = wrap(0x30, &wrap(0x30, b"\x06\x04\x55\x1d\x20\x00"));
            let policies = extension(b"\x55\x1d\x20", false, &any);
            [policies, extension(b"\x55\x1d\x21", true, &mappings)].concat()
        }
        "purposes" => {
            let purposes = wrap(0x30, &many(n, |n| wrap(6, &oid(n))));
            extension(b"\x55\x1d\x25", false, &purposes)
        }
        "critical extensions" => many(n, |n| extension(&oid(n), true, &[5, 0])),
        "names of its CRL" => points(&many(n, uri)),
        _ => Vec::new(),
    }
}

fn of_crl(kind: &str, n: usize) -> Vec<u8> {
    match kind {
        "names of a CRL's point" => {
            let names = wrap(0xa0, &wrap(0xa0, &many(n, uri)));
            extension(b"\x55\x1d\x1c", true, &wrap(0x30, &names))
        }
        "critical extensions of a CRL" => many(n, |n| extension(&oid(n), true, &[5, 0])),
        _ => extension(b"\x55\x1d\x14", false, &[2, 1, 1]),
    }
}

/// Writes a root, a CA below it with so much of a kind, certificates of the CA and its CRL.
fn write(folder: &Path, kind: &str, entries: usize, leaves: usize) {
    let name = match kind {
        "name of its issuer" => named(&"n".repeat(entries * 30)),
        _ => NAME.to_vec(),
    };
    let (root, ca) = (Ca::named(name), Ca::named(named("Sub CA")));
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).unwrap();
    write("root", root.certifies(&root.name, &root.key, &is_ca()));
    let extensions = [is_ca(), of_ca(kind, entries)].concat();
    write("ca", root.certifies(&ca.name, &ca.key, &extensions));
    write("crl", ca.lists(&[], &of_crl(kind, entries)));
    let of_leaf = key();
    let policy = wrap(0x30, &wrap(0x30, &wrap(6, &oid(1))));
    let leaf = |n: usize| {
        let host = wrap(0x82, format!("h{n}.ok.example").as_bytes());
        let extensions = [
            extension(b"\x55\x1d\x11", true, &wrap(0x30, &host)),
            extension(b"\x55\x1d\x20", false, &policy),
            points(&uri(usize::MAX)),
        ];
        ca.certifies(&named(&format!("leaf {n}")), &of_leaf, &extensions.concat())
    };
    write("leaves", many(leaves, leaf));
    if kind == "names of a request" {
        let host = |n: usize| wrap(0x82, format!("h{n}.other.example").as_bytes());
        let names = extension(b"\x55\x1d\x11", false, &wrap(0x30, &many(entries, host)));
        let asked = wrap(0x31, &wrap(0x30, &names));
        let asked = [b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e", &asked[..]].concat();
        let key = of_leaf.public_key_to_der().unwrap();
        let parts = [
            b"\x02\x01\x00",
            &named("leaf")[..],
            &key,
            &wrap(0xa0, &wrap(0x30, &asked)),
        ];
        write(
            "csr",
            pem("CERTIFICATE REQUEST", &signed(&parts.concat(), &of_leaf)),
        );
    }
}

#[test]
fn what_certificates_below_one_ca_cost_grows_with_their_number() {
    let top = tempfile::tempdir().unwrap();
    let faults: Vec<String> = [
        "name constraints",
        "policies",
        "policy mappings",
        "purposes",
        "critical extensions",
        "names of its CRL",
        "names of a CRL's point",
        "critical extensions of a CRL",
        "name of its issuer",
        "names of a request",
    ]
    .into_iter()
    .filter_map(|kind| {
        for (size, factor) in [("small", 1), ("large", FACTOR)] {
            let folder = top.path().join(size);
            fs::create_dir_all(&folder).unwrap();
            write(&folder, kind, 750 * factor, 50 * factor);
        }
        let words = |of: &str| {
            let request = match kind {
                "names of a request" => format!(" --csr {of}/csr"),
                _ => String::new(),
            };
            format!(
                "verify {of}/leaves --trust {of}/root --chain {of}/ca --crl {of}/crl --format json{request}"
            )
        };
        let (small, large) = (words("small"), words("large"));
        let [small, large] = [&small, &large].map(|words| words.split(' ').collect::<Vec<_>>());
        cost_grows_no_faster(top.path(), kind, &small, &large)
    })
    .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn what_a_plan_for_many_cas_and_their_clients_costs_grows_with_their_number() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).unwrap();
    let root = Ca::named(NAME.to_vec());
    let of_root = root.certifies(&root.name, &root.key, &is_ca());
    write("root", of_root.clone());
    let number = extension(b"\x55\x1d\x14", false, &[2, 1, 1]);
    write("crl", root.lists(&[], &number));
    // One key for all of them: their names differ.
    let (of_cas, of_clients) = (key(), key());
    let ca = |n: usize| Ca {
        key: of_cas.clone(),
        name: named(&format!("Sub CA {n}")),
    };
    let below_root = |n: usize| root.certifies(&ca(n).name, &of_cas, &is_ca());
    let below_each_other = |n: usize| match n {
        0 => below_root(n),
        n => ca(n - 1).certifies(&ca(n).name, &of_cas, &is_ca()),
    };
    let client = |n: usize| ca(n).certifies(&named(&format!("client {n}")), &of_clients, &[]);
    for (size, count) in [("small", 75), ("large", 75 * FACTOR)] {
        for (shape, certified) in [
            ("wide", &below_root as &dyn Fn(usize) -> Vec<u8>),
            ("deep", &below_each_other),
        ] {
            let cas = [of_root.clone(), many(count, certified)].concat();
            write(&format!("{size}.{shape}.cas"), cas);
        }
        write(&format!("{size}.clients"), many(count, client));
    }
    let import = [
        "crl", "import", "crl", "--issuer", "root", "--cache", "cache",
    ];
    assert!(ptl_cert(folder).args(import).status().unwrap().success());
    for shape in ["wide", "deep"] {
        let plan = |size: &str| {
            format!(
                "crl plan --chain {size}.{shape}.cas --client {size}.clients --cache cache --format json"
            )
        };
        let (small, large) = (plan("small"), plan("large"));
        let [small, large] = [&small, &large].map(|words| words.split(' ').collect::<Vec<_>>());
        assert_eq!(cost_grows_no_faster(folder, shape, &small, &large), None);
    }
}

#[test]
fn what_many_names_of_crls_to_remove_cost_is_what_one_costs() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    let root = Ca::named(NAME.to_vec());
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).unwrap();
    write("root", root.certifies(&root.name, &root.key, &is_ca()));
    let crl = |n: usize| {
        let name = wrap(0xa0, &wrap(0xa0, &uri(n)));
        let number = extension(b"\x55\x1d\x14", false, &[2, 1, 1]);
        let point = extension(b"\x55\x1d\x1c", true, &wrap(0x30, &name));
        root.lists(&[], &[number, point].concat())
    };
    write("crls", many(50, crl));
    let import = [
        "crl", "import", "crls", "--issuer", "root", "--cache", "cache",
    ];
    assert!(ptl_cert(folder).args(import).status().unwrap().success());
    let unknown: Vec<String> = (0..2000).map(|n| format!("http://other/{n}")).collect();
    let mut words = vec!["crl", "remove", "--cache", "cache"];
    let (one, _) = cost(folder, &[&words[..], &["http://other/0"]].concat());
    words.extend(unknown.iter().map(String::as_str));
    let (all, _) = cost(folder, &words);
    assert!(
        all <= 2 * one + Duration::from_millis(500),
        "{one:?}, {all:?}"
    );
    // And the first half of them are removed by the names of their points, each once.
    let known: Vec<String> = (0..25).map(|n| format!("http://crl.example/{n}")).collect();
    let mut words = vec!["crl", "remove", "--cache", "cache", "--format", "json"];
    words.extend(known.iter().map(String::as_str));
    let answer = ptl_cert(folder).args(&words).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(
        answer["removed"].as_array().map(Vec::len),
        Some(25),
        "{answer}"
    );
    let status = ["crl", "status", "--cache", "cache", "--format", "json"];
    let left = ptl_cert(folder).args(status).output().unwrap();
    let left = String::from_utf8_lossy(&left.stdout);
    assert!(!left.contains("http://crl.example/24\""), "{left}");
    assert!(left.contains("http://crl.example/25\""), "{left}");
}

#[test]
fn a_crl_whose_signer_costs_too_much_to_judge_is_not_passed_over() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).unwrap();
    let signs_certificates = extension(b"\x55\x1d\x0f", true, b"\x03\x02\x02\x04");
    let signs_crls = extension(b"\x55\x1d\x0f", true, b"\x03\x02\x01\x02");
    let root = Ca::named(NAME.to_vec());
    // A CA that leaves its CRLs to two keys of its name: one certified by the root, one by a CA of very many octets.
    let [ca, near, far] = [(); 3].map(|()| Ca::named(named("Sub CA")));
    let huge = Ca::named(named("Huge CA"));
    let padding = extension(&oid(1), false, &wrap(4, &[0; 400_000]));
    write("root", root.certifies(&root.name, &root.key, &is_ca()));
    let issues = [is_ca(), signs_certificates].concat();
    let chain = [
        root.certifies(&ca.name, &ca.key, &issues),
        root.certifies(&near.name, &near.key, &signs_crls),
        root.certifies(&huge.name, &huge.key, &[is_ca(), padding].concat()),
        huge.certifies(&far.name, &far.key, &signs_crls),
    ];
    write("chain", chain.concat());
    // That another certificate with the same key has expired says nothing about this one.
    let expired = root.certifies_until(b"260102000000Z", &far.name, &far.key, &signs_crls);
    write("expired", expired);
    let namesake = |_| {
        let key = key();
        Ca {
            key: key.clone(),
            name: far.name.clone(),
        }
        .certifies(&far.name, &key, &is_ca())
    };
    write("namesakes", many(40, namesake));
    let host = wrap(0x30, &wrap(0x82, b"h.ok.example"));
    let host = extension(b"\x55\x1d\x11", true, &host);
    write("leaf", ca.certifies(&named("leaf"), &key(), &host));
    // All certificates here have the number 1.
    let entry = wrap(0x30, &wrap(0x30, b"\x02\x01\x01\x17\x0d260102000000Z"));
    let number = |n: u8| extension(b"\x55\x1d\x14", false, &[2, 1, n]);
    let crls = [near.lists(&[], &number(1)), far.lists(&entry, &number(2))];
    write("crls", crls.concat());
    let other = Ca::named(named("Other"));
    let unrelated = |n: usize| other.certifies(&named(&format!("other {n}")), &other.key, &[]);
    write("many", many(1000, unrelated));
    write("none", near.lists(&[], &number(1)));
    for (beside, crls, status) in [
        (&[][..], "none", 0),
        (&[], "crls", 1),
        (&["expired"], "crls", 1),
        (&["many"], "crls", 3),
        (&["expired", "many"], "crls", 3),
        // More of one name than are looked at: the signer may be among the others.
        (&["namesakes"], "crls", 3),
    ] {
        let mut words = vec!["verify", "leaf", "--trust", "root"];
        for file in beside.iter().chain(&["chain"]) {
            words.extend(["--chain", *file]);
        }
        words.extend(["--crl", crls, "--revocation", "leaf"]);
        let answer = ptl_cert(folder).args(&words).output().unwrap();
        let said = String::from_utf8_lossy(&answer.stdout);
        assert_eq!(answer.status.code(), Some(status), "{words:?}\n{said}");
    }
}

fn decoded(pem: &[u8]) -> Blob<'_> {
    let input = Input::new(Source::BuiltIn("test"), pem);
    let opened = decode::open(&input, None).unwrap();
    opened.objects[0].decode().unwrap()
}

#[test]
fn a_certificate_whose_distribution_points_do_not_read_is_not_cleared_by_a_crl() {
    let root = Ca::named(NAME.to_vec());
    let given = |pem: &[u8]| {
        let blob = decoded(pem);
        let Ok(Document::Certificate(certificate)) = Document::read(&blob, None) else {
            panic!("no certificate");
        };
        Given {
            certificate,
            origin: blob.origin,
        }
    };
    let of_root = given(&root.certifies(&root.name, &root.key, &is_ca()));
    let number = extension(b"\x55\x1d\x14", false, &[2, 1, 1]);
    let crl = root.lists(&[], &number);
    let crl = decoded(&crl);
    let crl = SearchableCrl::read(&crl.bytes[..], of_root.origin.clone()).unwrap();
    let facts = Facts::default();
    let at: Moment = "2026-06-01T00:00:00Z".parse().unwrap();
    for (points, is_cleared) in [
        (points(&uri(1)), true),
        (extension(b"\x55\x1d\x1f", false, &[5, 0]), false),
        ([points(&uri(1)), points(&uri(2))].concat(), false),
    ] {
        let leaf = given(&root.certifies(&named("leaf"), &key(), &points));
        let crls = [&crl];
        let judge = BorrowedJudge::new(
            Evidence::new(&facts)
                .anchors(std::slice::from_ref(&of_root))
                .crls(&crls),
        );
        let answer = judge.revocation(&Question::new(&leaf, at));
        let cleared = matches!(answer.status, Status::NotListed(_));
        assert_eq!(cleared, is_cleared, "{:?}", answer.status);
    }
}
