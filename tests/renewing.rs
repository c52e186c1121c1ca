//! What `renew` makes goes beside the pair in use, which stays as it is until `export` puts the new one in place.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509, X509Req};
use serde_json::Value;

use crate::golden::schema::breaches;
use crate::journey::{self, KEYS, NAME};
use crate::program::ptl_cert;

/// A month before `leaf.pem` expires.
const DUE: &str = "2028-12-01T00:00:00Z";
/// A further name of the certificate.
const FURTHER: &str = "b.supplier.thirdparty.nhs.uk";

/// Runs a command; its exit status and what it printed on both streams.
fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let done = ptl_cert(folder).args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

/// Runs `renew` at a moment; its exit status and its report.
fn renew(folder: &Path, at: &str, words: &[&str]) -> (Option<i32>, Value) {
    let all = [&["renew", "--at", at, "--format", "json"][..], words].concat();
    let (status, stdout, stderr) = run(folder, &all);
    let report: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stderr}"));
    assert_eq!(breaches(&stdout), "");
    assert_eq!(report["exit"].as_i64(), status.map(i64::from), "{report:#}");
    (status, report)
}

/// Copies samples into a folder.
fn with(folder: &Path, samples: &[&str]) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    for sample in samples {
        fs::copy(data.join(sample), folder.join(sample)).unwrap();
    }
}

const DAY: i64 = 86_400;

/// Writes a certificate of a CA for these names, valid from and until so many days after [`DUE`]; its key.
fn issued(folder: &Path, file: &str, names: &[&str], days: [i64; 2]) -> PKey<Private> {
    let key = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    certified(folder, file, names, days, &key);
    key
}

fn certified(folder: &Path, file: &str, names: &[&str], days: [i64; 2], key: &PKey<Private>) {
    let named = |name: &str| {
        let mut builder = openssl::x509::X509Name::builder().unwrap();
        builder.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
        builder.build()
    };
    let due: ptl_cert::document::Moment = DUE.parse().unwrap();
    let time = |days: i64| Asn1Time::from_unix(due.unix() + days * DAY).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = days[1].unsigned_abs() as u32 + 1;
    let serial = openssl::bn::BigNum::from_u32(serial).unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&named(names[0])).unwrap();
    builder.set_issuer_name(&named("A CA")).unwrap();
    builder.set_not_before(&time(days[0])).unwrap();
    builder.set_not_after(&time(days[1])).unwrap();
    builder.set_pubkey(key).unwrap();
    let mut alternatives = openssl::x509::extension::SubjectAlternativeName::new();
    for name in names {
        alternatives.dns(name);
    }
    let alternatives = alternatives
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(alternatives).unwrap();
    builder
        .sign(key, openssl::hash::MessageDigest::sha256())
        .unwrap();
    fs::write(folder.join(file), builder.build().to_pem().unwrap()).unwrap();
}

/// What a run that fails says, as a whole or of its first host.
fn says(report: &Value) -> String {
    let of_host = &report["hosts"][0]["error"]["message"];
    let says = report["error"]["message"].as_str().or(of_host.as_str());
    says.unwrap_or_default().to_owned()
}

/// Every file below a folder, with its content and mode.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                all.insert(path.strip_prefix(folder).unwrap().to_owned(), (bytes, mode));
            }
        }
    }
    all
}

fn request(path: &Path) -> X509Req {
    X509Req::from_pem(&fs::read(path).unwrap()).unwrap()
}

fn key(path: &Path) -> PKey<Private> {
    PKey::private_key_from_pem(&fs::read(path).unwrap()).unwrap()
}

/// The subject of a request, as `CN=a,O=b`, and its text, in which the names are.
fn asks(request: &X509Req) -> (Vec<(Nid, String)>, String) {
    let entries = request.subject_name().entries();
    let subject = entries.map(|entry| {
        let value = entry.data().to_string().unwrap();
        (entry.object().nid(), value)
    });
    let text = String::from_utf8(request.to_text().unwrap()).unwrap();
    (subject.collect(), text)
}

/// Fills the cache with the lab's CRLs of a moment.
fn crls(folder: &Path, at: &str) {
    let lab = ["lab", "crl", "--env", "lab-int", "--out-dir", "crls"];
    let _ = fs::remove_dir_all(folder.join("crls"));
    journey::go(folder, &[[&lab[..], &["--at", at]].concat()]);
    let all = files(&folder.join("crls"));
    let paths = all.keys().map(|path| Path::new("crls").join(path));
    let paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    let mut import = vec!["crl", "import", "--at", at];
    import.extend(LAB);
    import.extend(paths.iter().map(String::as_str));
    journey::go(folder, &[import]);
}

const LAB: [&str; 6] = [
    "--env",
    "lab-int",
    "--facts",
    "lab/facts.toml",
    "--cache",
    "cache",
];

/// `accept` of a reply into a folder, and `export` of what it wrote to the server.
fn accept(reply: &str, pair: &str, out: &str, at: &str) -> Vec<String> {
    let (csr, key) = (format!("{pair}.csr"), format!("{pair}.key"));
    let words = [
        "accept",
        reply,
        "--csr",
        &csr,
        "--key",
        &key,
        "--out-dir",
        out,
        "--at",
        at,
    ];
    let all = words.into_iter().chain(LAB);
    all.map(str::to_owned).collect()
}

fn export(chain: &str, pair: &str, at: &str) -> Vec<String> {
    let (chain, key) = (format!("{chain}.fullchain.pem"), format!("{pair}.key"));
    let words = [
        "export",
        "--for",
        "curl",
        "--cert",
        &chain,
        "--key",
        &key,
        "--out-dir",
        "live",
        "--at",
        at,
    ];
    let all = words.into_iter().chain(LAB);
    all.map(str::to_owned).collect()
}

fn go(folder: &Path, words: &[String]) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    journey::go(folder, &[words]);
}

#[test]
fn the_old_pair_is_in_place_and_unchanged_until_export_puts_the_renewed_one_there_and_keeps_it() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    let live = folder.join("live");
    // A pair in use, on a server.
    let (csr, own) = (format!("{NAME}.csr"), NAME.to_owned());
    let subject = ["--bits", "3072", "--subject", "O=A Supplier,C=GB"];
    let start = [
        vec![
            "lab",
            "init",
            "--keys",
            KEYS,
            "--at",
            "2027-01-15T08:00:00Z",
        ],
        [&["csr", "--fqdn", NAME, "--san", FURTHER][..], &subject].concat(),
        vec![
            "lab",
            "sign",
            &csr,
            "--env",
            "lab-int",
            "--as",
            "pem",
            "--at",
            "2027-01-15T09:00:00Z",
        ],
    ];
    journey::go(folder, &start);
    crls(folder, "2027-01-16T00:00:00Z");
    let accepted = format!("old/{NAME}");
    go(
        folder,
        &accept(&format!("{NAME}.pem"), NAME, "old", "2027-01-16T00:00:00Z"),
    );
    go(folder, &export(&accepted, &own, "2027-01-16T00:00:00Z"));
    let old_key = fs::read(live.join("key.pem")).unwrap();
    fs::copy(folder.join(&csr), live.join("request.csr")).unwrap();
    let before = files(&live);
    // 45 days before it expires.
    let at = "2027-03-01T00:00:00Z";
    let (status, report) = renew(folder, at, &["--due", "60d", "--from", "live"]);
    assert_eq!(status, Some(0), "{report:#}");
    let host = &report["hosts"][0];
    assert_eq!(host["status"], "created");
    assert_eq!(host["current"]["days_left"], 45, "{report:#}");
    assert_eq!(host["subject_from"], "live/request.csr:1");
    assert!(host["overlap"].as_str().unwrap().contains("2027-04-15"));
    assert_eq!(files(&live), before);
    let next = folder.join("next");
    let made = files(&next);
    let modes: Vec<(String, u32)> = made
        .iter()
        .map(|(path, (_, mode))| (path.display().to_string(), mode & 0o777))
        .collect();
    assert_eq!(
        modes,
        [
            (format!("{NAME}.csr"), 0o644),
            (format!("{NAME}.key"), 0o600)
        ]
    );
    let (new, new_key) = (
        request(&next.join(format!("{NAME}.csr"))),
        key(&next.join(format!("{NAME}.key"))),
    );
    assert!(new.public_key().unwrap().public_eq(&new_key));
    assert!(!new_key.public_eq(&key(&live.join("key.pem"))));
    assert_eq!(new_key.bits(), 3072);
    let (subject, text) = asks(&new);
    let old = asks(&request(&folder.join(&csr)));
    assert_eq!(subject, old.0);
    assert!(
        text.contains(&format!("DNS:{NAME}, DNS:{FURTHER}\n")),
        "{text}"
    );
    // The NHS answers.
    let pair = format!("next/{NAME}");
    let signed = "2027-03-02T00:00:00Z";
    let request = format!("{pair}.csr");
    let sign = ["lab", "sign", &request, "--env", "lab-int"];
    let how = ["--out-dir", "reply", "--at", signed];
    journey::go(folder, &[[&sign[..], &how].concat()]);
    crls(folder, signed);
    let at = "2027-03-03T00:00:00Z";
    go(folder, &accept("reply", &pair, "next", at));
    assert_eq!(files(&live), before);
    // The server rejects the new files: the old ones are there again.
    let mut words = export(&pair, &pair, at);
    words.extend(["--test", "false"].map(str::to_owned));
    let rejected: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(run(folder, &rejected).0, Some(1));
    assert_eq!(fs::read(live.join("key.pem")).unwrap(), old_key);
    assert_eq!(
        fs::read(live.join("fullchain.pem")).unwrap(),
        before[Path::new("fullchain.pem")].0
    );
    // It accepts them: the new pair is in place, and the old key kept.
    go(folder, &export(&pair, &pair, at));
    assert!(key(&live.join("key.pem")).public_eq(&new_key));
    let kept = files(&live.join(".ptl-cert-set/keys"));
    assert!(
        kept.values().any(|(bytes, _)| *bytes == old_key),
        "{:?}",
        kept.keys()
    );
    let (status, report) = renew(folder, at, &["--due", "60d", "--from", "live"]);
    assert_eq!((status, report["not_due"].as_i64()), (Some(0), Some(1)));
}

#[test]
fn a_second_run_leaves_the_next_pair_and_everything_else_as_it_is() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem", "leaf.key"]);
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!((status, report["created"].as_i64()), (Some(0), Some(1)));
    assert!(report["hosts"][0].get("notes").is_none(), "{report:#}");
    let before = files(folder);
    for words in [&["--due", "60d"][..], &[NAME], &[NAME, "--due", "60d"]] {
        let (status, report) = renew(folder, DUE, words);
        assert_eq!(status, Some(0), "{report:#}");
        assert_eq!(report["hosts"][0]["status"], "left_alone");
        assert!(report["hosts"][0].get("csr_pem").is_none());
        assert_eq!(files(folder), before);
    }
}

#[test]
fn what_is_not_due_or_has_a_newer_one_in_the_files_is_counted_and_nothing_is_made() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    const HOST: &str = "renewed.supplier.thirdparty.nhs.uk";
    let sample = |file: &str| {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/renewed");
        fs::copy(data.join(file), folder.join(file)).unwrap();
    };
    sample("old.pem");
    sample("ca.pem");
    let counts = |report: &Value| (report["not_due"].as_i64(), report["replaced"].as_i64());
    let (status, report) = renew(folder, "2028-06-01T00:00:00Z", &["--due", "60d"]);
    assert_eq!(status, Some(0));
    assert_eq!(counts(&report), (Some(1), Some(0)));
    // Of the same issuer, for the same names, and for longer.
    sample("new.pem");
    for words in [&["--due", "60d"][..], &[HOST, "--due", "60d"]] {
        let (status, report) = renew(folder, DUE, words);
        assert_eq!(status, Some(0), "{report:#}");
        assert!(report["hosts"].as_array().unwrap().is_empty());
    }
    let (_, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!(counts(&report), (Some(1), Some(1)));
    assert!(!folder.join("next").exists());
    // By name, dates do not matter, and the one that expires last is the current one.
    let (status, report) = renew(folder, DUE, &[HOST]);
    assert_eq!(status, Some(0));
    let places = &report["hosts"][0]["current"]["places"];
    assert_eq!(places[0]["place"], "./new.pem:1");
}

#[test]
fn a_self_signed_certificate_is_renewed_only_by_name_and_never_before_one_of_a_ca() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["self-signed.pem"]);
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!((status, report["self_signed"].as_i64()), (Some(0), Some(1)));
    assert!(!folder.join("next").exists());
    let places = |report: &Value| report["hosts"][0]["current"]["places"][0]["place"].clone();
    let (status, report) = renew(folder, DUE, &[NAME]);
    assert_eq!(status, Some(0), "{report:#}");
    assert_eq!(places(&report), "./self-signed.pem:1");
    with(folder, &["leaf.pem"]);
    let (_, report) = renew(folder, DUE, &[NAME, "--out-dir", "again"]);
    assert_eq!(places(&report), "./leaf.pem:1");
}

#[test]
fn a_host_with_several_certificates_that_are_due_has_one_next_pair() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    // Their subjects differ, so that neither replaces the other.
    with(folder, &["leaf.pem", "weak-key.pem", "repeated.pem"]);
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!(status, Some(0), "{report:#}");
    let hosts = report["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 1, "{report:#}");
    assert_eq!(hosts[0]["status"], "created");
    let made = key(&folder.join(format!("next/{NAME}.key")));
    assert_eq!(
        hosts[0]["request"]["key_algorithm"],
        format!("RSA {}", made.bits())
    );
}

#[test]
fn a_certificate_that_has_the_name_in_its_san_only_is_current_where_no_other_has_it() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    // It is of old.supplier.thirdparty.nhs.uk.
    with(folder, &["cn-not-san.pem"]);
    let made = |out: &str| {
        let (status, report) = renew(folder, DUE, &[NAME, "--out-dir", out]);
        assert_eq!(status, Some(0), "{report:#}");
        let hosts = report["hosts"].as_array().unwrap().iter();
        let names = hosts.map(|host| host["request"]["names"].to_string());
        names.collect::<Vec<String>>()
    };
    let both = format!("[\"old.supplier.thirdparty.nhs.uk\",\"{NAME}\"]");
    assert_eq!(made("one"), [both]);
    with(folder, &["leaf.pem"]);
    assert_eq!(made("two"), [format!("[\"{NAME}\"]")]);
}

#[test]
fn a_name_of_which_there_is_no_certificate_is_refused_with_the_names_that_there_are() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem"]);
    let (status, report) = renew(folder, DUE, &[NAME, FURTHER]);
    assert_eq!(status, Some(3));
    let message = report["error"]["message"].as_str().unwrap();
    assert!(
        message.contains(FURTHER) && message.contains(NAME),
        "{message}"
    );
    let remedy = report["error"]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains(&format!("ptl-cert csr --fqdn {FURTHER}")),
        "{remedy}"
    );
    // Nor was anything made for the name that there is.
    assert!(!folder.join("next").exists());
}

#[test]
fn the_key_in_use_is_used_again_only_if_it_is_that_of_the_current_certificate() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem", "leaf.key", "other.key"]);
    let before = files(folder);
    let (status, report) = renew(folder, DUE, &[NAME, "--reuse-key", "other.key"]);
    assert_eq!(status, Some(3));
    let message = report["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("other.key") && message.contains("leaf.pem:1"),
        "{message}"
    );
    assert_eq!(files(folder), before);
    let (status, report) = renew(folder, DUE, &[NAME, "--reuse-key", "leaf.key"]);
    assert_eq!(status, Some(0), "{report:#}");
    assert_eq!(report["hosts"][0]["key"]["reused"], true);
    let made = files(&folder.join("next"));
    let names: Vec<String> = made.keys().map(|path| path.display().to_string()).collect();
    assert_eq!(names, [format!("{NAME}.csr")]);
    let csr = folder.join(format!("next/{NAME}.csr"));
    let own = key(&folder.join("leaf.key"));
    assert!(request(&csr).public_key().unwrap().public_eq(&own));
    // A daily run without the option leaves it alone too.
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!(status, Some(0), "{report:#}");
    assert_eq!(report["hosts"][0]["status"], "left_alone");
    assert_eq!(files(&folder.join("next")), made);
    let several = ["renew", NAME, FURTHER, "--reuse-key", "leaf.key"];
    assert_eq!(run(folder, &several).0, Some(2));
    assert_eq!(
        run(
            folder,
            &["renew", "--due", "60d", "--reuse-key", "leaf.key"]
        )
        .0,
        Some(2)
    );
}

#[test]
fn a_request_for_another_key_that_is_there_already_is_not_taken_for_one_of_the_key_in_use() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem", "leaf.key"]);
    renew(folder, DUE, &[NAME]);
    let before = files(folder);
    let (status, report) = renew(folder, DUE, &[NAME, "--reuse-key", "leaf.key"]);
    assert_eq!(status, Some(3), "{report:#}");
    assert_eq!(report["error"]["code"], "exists");
    assert_eq!(files(folder), before);
}

#[test]
fn the_pair_of_the_certificate_in_use_is_no_next_pair() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem", "leaf.key", "leaf.csr"]);
    fs::create_dir(folder.join("next")).unwrap();
    for (sample, ending) in [("leaf.key", "key"), ("leaf.csr", "csr")] {
        let left = folder.join(format!("next/{NAME}.{ending}"));
        fs::copy(folder.join(sample), left).unwrap();
    }
    let before = files(folder);
    let (status, report) = renew(folder, DUE, &[NAME]);
    assert_eq!(status, Some(3), "{report:#}");
    assert_eq!(report["error"]["code"], "exists");
    assert_eq!(files(folder), before);
}

#[test]
fn a_request_whose_signature_is_wrong_puts_nothing_into_the_next_one() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    // The first has the key of the certificate and was changed.
    for (sample, from) in [("changed.csr", None), ("leaf.csr", Some("./leaf.csr:1"))] {
        with(folder, &["leaf.pem", sample]);
        let out = format!("next-{sample}");
        let (status, report) = renew(folder, DUE, &[NAME, "--out-dir", &out]);
        assert_eq!(status, Some(0), "{report:#}");
        assert_eq!(report["hosts"][0]["subject_from"].as_str(), from);
    }
}

#[test]
fn a_host_that_fails_keeps_no_other_from_its_pair() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    // The second is of old.supplier.thirdparty.nhs.uk, and has the name of the first.
    with(folder, &["leaf.pem", "cn-not-san.pem"]);
    fs::create_dir(folder.join("next")).unwrap();
    fs::write(
        folder.join("next/old.supplier.thirdparty.nhs.uk.key"),
        "precious",
    )
    .unwrap();
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!(status, Some(1), "{report:#}");
    let counted = ["created", "failed"].map(|name| report[name].as_i64());
    assert_eq!(counted, [Some(1), Some(1)]);
    let failed = report["hosts"].as_array().unwrap().iter();
    let failed: Vec<&Value> = failed.filter(|host| host["status"] == "failed").collect();
    assert_eq!(failed[0]["fqdn"], "old.supplier.thirdparty.nhs.uk");
    assert_eq!(failed[0]["error"]["code"], "exists");
    assert!(folder.join(format!("next/{NAME}.key")).exists());
    let precious = folder.join("next/old.supplier.thirdparty.nhs.uk.key");
    assert_eq!(fs::read(precious).unwrap(), b"precious");
}

#[test]
fn a_certificate_with_a_name_that_no_request_can_have_is_not_renewed_in_part() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    // It has a wildcard.
    with(folder, &["every-name.pem"]);
    let named = ["a.practice.example", "--any-domain"];
    let (status, report) = renew(folder, DUE, &named);
    assert_eq!(status, Some(3), "{report:#}");
    let message = report["error"]["message"].as_str().unwrap();
    assert!(message.contains("every-name.pem:1"), "{message}");
    assert!(!folder.join("next").exists());
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!((status, report["failed"].as_i64()), (Some(3), Some(1)));
}

#[test]
fn the_subject_and_the_missing_san_of_the_request_in_use_are_kept() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem", "leaf.key"]);
    let old = ["csr", "--fqdn", NAME, "--key", "leaf.key", "--cn-only"];
    let subject = ["--subject", "O=A Supplier,OU=Spine"];
    journey::go(folder, &[[&old[..], &subject].concat()]);
    let (status, report) = renew(folder, DUE, &[NAME]);
    assert_eq!(status, Some(0), "{report:#}");
    let (subject, text) = asks(&request(&folder.join(format!("next/{NAME}.csr"))));
    assert_eq!(
        subject,
        asks(&request(&folder.join(format!("{NAME}.csr")))).0
    );
    assert_eq!(subject.len(), 3);
    assert!(!text.contains("DNS:"), "{text}");
}

#[test]
fn a_file_that_is_not_read_may_hold_a_newer_certificate_and_an_encrypted_key_does_not() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem", "leaf-encrypted.key"]);
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!(status, Some(0), "{report:#}");
    with(folder, &["leaf.p12"]);
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!(status, Some(3));
    assert_eq!(report["hosts"][0]["status"], "left_alone", "{report:#}");
    assert_eq!(report["unread"][0]["code"], "password");
    fs::write(folder.join("pw"), "practice").unwrap();
    let opened = [
        "--due",
        "60d",
        "--from",
        "leaf.p12",
        "--password-file",
        "pw",
    ];
    let (status, report) = renew(folder, DUE, &opened);
    assert_eq!(status, Some(0), "{report:#}");
    assert_eq!(report["hosts"][0]["current"]["private_key"], true);
}

#[test]
fn a_new_key_is_encrypted_with_the_passphrase_and_opens_with_it() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem"]);
    fs::write(folder.join("pw"), "secret words").unwrap();
    let (status, report) = renew(folder, DUE, &[NAME, "--passphrase-file", "pw"]);
    assert_eq!(status, Some(0), "{report:#}");
    let pem = fs::read(folder.join(format!("next/{NAME}.key"))).unwrap();
    assert!(pem.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assert!(PKey::private_key_from_pem_passphrase(&pem, b"secret words").is_ok());
    let next = report["next"][1]["command"].as_str().unwrap();
    assert!(next.contains("accept --password-file pw "), "{next}");
    // There is no terminal to ask for one, and none is needed.
    let (status, report) = renew(folder, DUE, &[NAME, "--passphrase"]);
    assert_eq!(status, Some(0), "{report:#}");
    let (status, report) = renew(folder, DUE, &[NAME, "--passphrase", "--out-dir", "other"]);
    assert_eq!(status, Some(3));
    assert_eq!(report["error"]["code"], "password");
}

#[test]
fn no_name_of_certificates_of_one_host_is_lost() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    const THIRD: &str = "c.supplier.thirdparty.nhs.uk";
    issued(folder, "one.pem", &[NAME, FURTHER], [-300, 10]);
    issued(folder, "two.pem", &[NAME, THIRD], [-290, 20]);
    for words in [&["--due", "60d"][..], &[NAME, FURTHER]] {
        let (status, report) = renew(folder, DUE, words);
        assert_eq!(status, Some(3), "{report:#}");
        let says = says(&report);
        assert!(
            says.contains("./one.pem:1") && says.contains("./two.pem:1"),
            "{says}"
        );
        assert!(!folder.join("next").exists());
    }
    // One that has all of them replaces the other.
    issued(folder, "two.pem", &[NAME, THIRD, FURTHER], [-290, 20]);
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!(
        (status, report["replaced"].as_i64()),
        (Some(0), Some(1)),
        "{report:#}"
    );
    let (_, alternatives) = asks(&request(&folder.join(format!("next/{NAME}.csr"))));
    for name in [NAME, FURTHER, THIRD] {
        assert!(alternatives.contains(name), "{alternatives}");
    }
}

#[test]
fn what_is_not_yet_valid_is_not_due_and_of_two_the_one_whose_key_is_there_is_current() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    issued(folder, "later.pem", &[NAME], [3, 700]);
    let (status, report) = renew(folder, DUE, &["--due", "60d"]);
    assert_eq!(
        (status, report["not_due"].as_i64()),
        (Some(0), Some(1)),
        "{report:#}"
    );
    fs::remove_file(folder.join("later.pem")).unwrap();
    let own = issued(folder, "own.pem", &[NAME], [-300, 10]);
    issued(folder, "strange.pem", &[NAME, "evil.nhs.uk"], [-300, 3000]);
    fs::write(
        folder.join("own.key"),
        own.private_key_to_pem_pkcs8().unwrap(),
    )
    .unwrap();
    let (status, report) = renew(folder, DUE, &[NAME]);
    assert_eq!(status, Some(0), "{report:#}");
    let places = &report["hosts"][0]["current"]["places"];
    assert_eq!(places[0]["place"], "./own.pem:1");
}

#[test]
fn what_lies_in_the_folder_is_left_alone_only_if_it_is_the_next_pair_of_the_certificate() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    let former = issued(folder, "former.pem", &[NAME], [-900, -10]);
    issued(folder, "live.pem", &[NAME, FURTHER], [-300, 10]);
    let (csr, key) = (
        folder.join(format!("next/{NAME}.csr")),
        folder.join(format!("next/{NAME}.key")),
    );
    let pair = |words: &[&str]| {
        let _ = fs::remove_dir_all(folder.join("next"));
        let words = [&["csr", "--fqdn", NAME, "--out-dir", "next"][..], words].concat();
        assert_eq!(run(folder, &words).0, Some(0));
    };
    let refused = |part: &str| {
        let before = fs::read(&csr).ok();
        let (status, report) = renew(
            folder,
            DUE,
            &["--from", "live.pem", "--from", "former.pem", "--due", "60d"],
        );
        assert_eq!(status, Some(3), "{report:#}");
        assert!(says(&report).contains(part), "{}", says(&report));
        assert_eq!(fs::read(&csr).ok(), before);
    };
    pair(&[]);
    refused("asks for other names than the current certificate, live.pem:1, has");
    pair(&["--san", "c.supplier.thirdparty.nhs.uk"]);
    refused("asks for other names");
    // The pair itself is fine, and its key is not that of the request, nor a key, nor a file.
    pair(&["--san", FURTHER]);
    let (status, report) = renew(folder, DUE, &["--from", "live.pem", "--due", "60d"]);
    assert_eq!(
        (status, &report["hosts"][0]["status"]),
        (Some(0), &"left_alone".into())
    );
    fs::write(&key, former.private_key_to_pem_pkcs8().unwrap()).unwrap();
    refused("is not the private key of");
    fs::write(&key, "").unwrap();
    refused("is not the private key of");
    fs::remove_file(&key).unwrap();
    fs::create_dir(&key).unwrap();
    refused("is not the private key of");
    // The key of a certificate before is no new one.
    fs::remove_dir(&key).unwrap();
    fs::remove_file(&csr).unwrap();
    fs::write(
        folder.join("former.key"),
        former.private_key_to_pem_pkcs8().unwrap(),
    )
    .unwrap();
    let words = [
        "csr",
        "--fqdn",
        NAME,
        "--san",
        FURTHER,
        "--key",
        "former.key",
        "--out-dir",
        "next",
    ];
    assert_eq!(run(folder, &words).0, Some(0));
    fs::copy(folder.join("former.key"), &key).unwrap();
    refused("is the request of a certificate that is in use or was, former.pem:1");
    // What never ends is not read.
    fs::remove_file(&csr).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&csr)
            .status()
            .unwrap()
            .success()
    );
    let (status, report) = renew(folder, DUE, &["--from", "live.pem", "--due", "60d"]);
    assert_eq!(status, Some(3), "{report:#}");
    assert!(
        says(&report).contains("is not a certificate signing request"),
        "{}",
        says(&report)
    );
}

#[test]
fn a_key_in_use_is_used_again_only_where_no_other_key_lies_beside_its_request() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    with(folder, &["leaf.pem", "leaf.key", "other.key"]);
    fs::create_dir(folder.join("next")).unwrap();
    fs::copy(
        folder.join("other.key"),
        folder.join(format!("next/{NAME}.key")),
    )
    .unwrap();
    let (status, report) = renew(
        folder,
        DUE,
        &["--from", "leaf.pem", NAME, "--reuse-key", "leaf.key"],
    );
    assert_eq!(status, Some(3), "{report:#}");
    assert!(
        says(&report).contains("is not the private key of"),
        "{}",
        says(&report)
    );
    assert!(!folder.join(format!("next/{NAME}.csr")).exists());
}
