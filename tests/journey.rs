//! The steps of a supplier's journey in the lab, as the words of commands: what several tests go through on the way to what
//! they are about.

use std::path::Path;

use crate::program::ptl_cert;

/// The supplier's endpoint.
pub(crate) const NAME: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";
/// Lab keys that were made before: making RSA-4096 ones takes seconds.
pub(crate) const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lab/keys");
/// When the lab is created, signs, and when its reply is accepted.
const CREATED: &str = "2030-01-01T00:00:00Z";
pub(crate) const SIGNED: &str = "2030-01-02T00:00:00Z";
pub(crate) const ACCEPTED: &str = "2030-01-03T00:00:00Z";

/// Creates a lab in a folder.
pub(crate) fn init(lab: &str) -> Vec<&str> {
    let at = ["--keys", KEYS, "--at", CREATED];
    [&["lab", "init", "--dir", lab][..], &at].concat()
}

/// Has a lab sign a request for INT.
pub(crate) fn sign<'w>(csr: &'w str, lab: &'w str, out: &'w str) -> Vec<&'w str> {
    let how = ["--dir", lab, "--at", SIGNED, "--out-dir", out];
    [&["lab", "sign", "--env", "lab-int", csr][..], &how].concat()
}

/// What `accept` is given: the reply, and the request and key that it answers.
pub(crate) struct Answered<'w> {
    pub(crate) reply: &'w str,
    pub(crate) csr: &'w str,
    pub(crate) key: &'w str,
}

/// Accepts a reply of the lab whose facts are in a file.
pub(crate) fn accept<'w>(what: &Answered<'w>, facts: &'w str, out: &'w str) -> Vec<&'w str> {
    let mut words = vec!["accept", what.reply, "--csr", what.csr, "--key", what.key];
    words.extend(["--facts", facts, "--env", "lab-int", "--at", ACCEPTED]);
    words.extend(["--out-dir", out]);
    words
}

/// A lab of January 2027 and a supplier's key, request and reply for a host, with further words for `csr`.
pub(crate) fn supplied(folder: &Path, host: &str, csr: &[&str]) {
    let request = format!("{host}.csr");
    let init = vec![
        "lab",
        "init",
        "--keys",
        KEYS,
        "--at",
        "2027-01-15T08:00:00Z",
    ];
    let csr = [&["csr", "--fqdn", host][..], csr].concat();
    let mut sign = vec!["lab", "sign", &request, "--env", "lab-int", "--as", "pem"];
    sign.extend(["--at", "2027-01-15T09:00:00Z"]);
    go(folder, &[init, csr, sign]);
}

/// Runs steps in a folder, each of which has to succeed.
pub(crate) fn go(folder: &Path, steps: &[Vec<&str>]) {
    for words in steps {
        let done = ptl_cert(folder).args(words).output().unwrap();
        assert!(done.status.success(), "{words:?}: {done:?}");
    }
}

/// The file in a folder that has only one: what the lab answered.
pub(crate) fn only_file(folder: &Path) -> String {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files[0].to_string_lossy().into_owned()
}
