//! What this program does when it starts itself: the bare loops that others are compared with.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use rayon::prelude::*;
use x509_parser::pem::Pem;

use crate::input;

/// Does some work: its name, and its arguments separated by spaces.
pub(crate) fn run(work: &str) {
    let mut words = work.splitn(3, ' ');
    let mut next = || words.next().unwrap_or_default();
    match (next(), next(), next()) {
        ("parse", path, _) => parse(Path::new(path)),
        ("keys", count, _) => keys(count.parse().unwrap()),
        ("make", count, path) => input::make(count.parse().unwrap(), Path::new(path)),
        _ => panic!("{work} is not known"),
    }
}

/// x509-parser and nothing else, on one core: every extension is parsed, nothing is printed.
fn parse(path: &Path) {
    let bytes = fs::read(path).unwrap();
    let mut read = 0;
    for pem in Pem::iter_from_buffer(&bytes) {
        let pem = pem.unwrap();
        black_box(pem.parse_x509().unwrap());
        read += 1;
    }
    assert!(read > 0, "no certificate in {}", path.display());
}

/// RSA keys of 2048 bits and nothing else, on as many threads as rayon takes; not written anywhere.
fn keys(count: usize) {
    let one = || {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        black_box(key.private_key_to_pkcs8().unwrap());
    };
    match count {
        0 => {}
        1 => one(),
        _ => (0..count).into_par_iter().for_each(|_| one()),
    }
}
