//! What is there already and is to be left alone: it is examined, because a request that is sent must be for the key beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use openssl::bn::BigNum;
use openssl::pkey::PKey;
use openssl::rsa::{Rsa, RsaPrivateKeyBuilder};
use serde_json::Value;

use crate::golden::schema::breaches;
use crate::program::ptl_cert;

const HOST: &str = "a.supplier.thirdparty.nhs.uk";
const OTHER: &str = "b.supplier.thirdparty.nhs.uk";

/// Runs `csr`; its exit status and its report.
fn csr(folder: &Path, words: &[&str]) -> (Option<i32>, Value) {
    let done = ptl_cert(folder)
        .args(["csr", "--format", "json"])
        .args(words)
        .output()
        .unwrap();
    let stdout = String::from_utf8(done.stdout).unwrap();
    let report = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}"));
    assert_eq!(breaches(&stdout), "");
    (done.status.code(), report)
}

/// A folder with the pairs of two hosts.
fn pairs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(csr(folder.path(), &[HOST, OTHER]).0, Some(0));
    folder
}

/// What became of a host whose pair was changed, and the sentence that says why; nothing is written.
fn after(change: impl FnOnce(&Path), words: &[&str]) -> (Option<i32>, String) {
    let folder = pairs();
    change(folder.path());
    let content = |file: &Path| fs::read(file).ok();
    let files = [HOST, OTHER]
        .map(|host| ["key", "csr"].map(|ending| folder.path().join(format!("{host}.{ending}"))));
    let before = files.clone().map(|pair| pair.map(|file| content(&file)));
    let words = [words, &["--skip-existing"]].concat();
    let (status, report) = csr(folder.path(), &words);
    assert_eq!(files.map(|pair| pair.map(|file| content(&file))), before);
    let error = report["error"]["message"].as_str();
    let error = error.or(report["hosts"][0]["error"]["message"].as_str());
    (status, error.unwrap_or_default().to_owned())
}

/// What is done to a pair.
type Change = Box<dyn Fn(&Path)>;

#[test]
fn a_pair_that_is_left_alone_is_one() {
    fn path(folder: &Path, ending: &str) -> PathBuf {
        folder.join(format!("{HOST}.{ending}"))
    }
    let of_other = |folder: &Path, ending: &str| {
        fs::copy(
            folder.join(format!("{OTHER}.{ending}")),
            path(folder, ending),
        )
        .unwrap();
    };
    let empty =
        |ending: &'static str| move |folder: &Path| fs::write(path(folder, ending), "").unwrap();
    let rows: [(&str, Change, &str); 5] = [
        (
            "an empty request",
            Box::new(empty("csr")),
            "is there already, and is not a certificate signing request",
        ),
        (
            "an empty key",
            Box::new(empty("key")),
            "is there already, and is not the private key of",
        ),
        (
            "the key of another request",
            Box::new(move |folder| of_other(folder, "key")),
            "is there already, and is not the private key of",
        ),
        (
            "the request of another host",
            Box::new(move |folder| {
                of_other(folder, "csr");
                of_other(folder, "key");
            }),
            "is there already, and asks for other names than those given",
        ),
        (
            "a request that was changed",
            Box::new(|folder| {
                let file = path(folder, "csr");
                let text = fs::read(&file).unwrap();
                let request = openssl::x509::X509Req::from_pem(&text).unwrap();
                let mut der = request.to_der().unwrap();
                *der.last_mut().unwrap() ^= 1;
                let changed = openssl::x509::X509Req::from_der(&der).unwrap();
                fs::write(file, changed.to_pem().unwrap()).unwrap();
            }),
            "is there already, and was changed after it was signed",
        ),
    ];
    for (about, change, expected) in rows {
        let (status, message) = after(change, &[HOST]);
        assert!(message.contains(expected), "{about}: {message:?}");
        assert_eq!(status, Some(3), "{about}");
    }
    assert_eq!(after(|_| {}, &[HOST]), (Some(0), String::new()));
}

#[test]
fn a_request_that_is_left_alone_is_for_the_names_and_the_key_that_are_given() {
    let (status, message) = after(|_| {}, &[HOST, "--san", OTHER]);
    assert!(message.contains("asks for other names"), "{message}");
    assert_eq!(status, Some(3));
    let key = format!("{OTHER}.key");
    let (status, message) = after(|_| {}, &[HOST, "--key", &key]);
    assert!(message.contains("is not the private key of"), "{message}");
    assert_eq!(status, Some(3));
    let without_key = |folder: &Path| fs::remove_file(folder.join(format!("{HOST}.key"))).unwrap();
    let (status, message) = after(without_key, &[HOST, "--key", &key]);
    let expected = format!("is a request for another key than {key}");
    assert!(message.contains(&expected), "{message}");
    assert_eq!(status, Some(3));
    let own = format!("{HOST}.key");
    assert_eq!(
        after(|_| {}, &[HOST, "--key", &own]),
        (Some(0), String::new())
    );
}

/// The request of a named key goes beside no other key: the two would be taken for a pair.
#[test]
fn a_request_is_not_put_beside_another_key() {
    let folder = pairs();
    let key = format!("{OTHER}.key");
    for existing in [&["--replace"][..], &[]] {
        let (status, report) = csr(folder.path(), &[&[HOST, "--key", &key], existing].concat());
        assert_eq!(status, Some(3), "{report:#}");
        let text = report.to_string();
        assert!(text.contains("is not the private key of"), "{text}");
    }
}

#[test]
fn how_a_key_is_kept_that_is_left_alone_is_noted() {
    let folder = pairs();
    let key = folder.path().join(format!("{HOST}.key"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(folder.path().join("passphrase"), "practice\n").unwrap();
    let notes = |words: &[&str]| {
        let (status, report) = csr(folder.path(), words);
        assert_eq!(status, Some(0), "{report:#}");
        let notes = report["hosts"][0]["notes"].as_array().cloned();
        let notes = notes.unwrap_or_default();
        let notes = notes.iter().map(|note| note["message"].as_str().unwrap());
        notes.map(str::to_owned).collect::<Vec<String>>()
    };
    let plain = notes(&[HOST, "--skip-existing"]);
    assert!(plain[0].starts_with("every user of this machine can read the private key"));
    let encrypted = notes(&[HOST, "--skip-existing", "--passphrase-file", "passphrase"]);
    assert!(encrypted[1].ends_with("is not encrypted; the passphrase was not used"));
    assert_eq!((plain.len(), encrypted.len()), (1, 2));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(notes(&[HOST, "--skip-existing"]).is_empty());
}

/// OpenSSL: "bad e value".
#[test]
fn no_request_is_made_for_a_key_that_encrypts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sound = Rsa::generate(2048).unwrap();
    let number = |number: &openssl::bn::BigNumRef| number.to_owned().unwrap();
    let one = || BigNum::from_u32(1).unwrap();
    let key = RsaPrivateKeyBuilder::new(number(sound.n()), one(), one())
        .unwrap()
        .set_factors(number(sound.p().unwrap()), number(sound.q().unwrap()))
        .unwrap()
        .set_crt_params(one(), one(), number(sound.iqmp().unwrap()))
        .unwrap()
        .build();
    let pem = PKey::from_rsa(key).unwrap().private_key_to_pem_pkcs8();
    fs::write(folder.path().join("one.key"), pem.unwrap()).unwrap();
    let (status, report) = csr(folder.path(), &[HOST, "--key", "one.key"]);
    let text = report.to_string();
    assert!(text.contains("that no RSA key may have"), "{text}");
    assert_eq!(status, Some(3));
}
