//! What this program does when it starts itself: our own code as a process, and the bare passes beside it.

use std::fs::{self, File};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use memmap2::Mmap;
use openssl::hash::{MessageDigest, hash};
use openssl::x509::X509;
use ptl_cert::decode;
use ptl_cert::document::{Certificate, Hex, Item, Serial, Sha256Digest};
use ptl_cert::input::{Input, Origin, Source};
use ptl_cert::revocation::{Index, SearchableCrl, Serials};

use crate::input::{self, Files};
use crate::leaves::Chain;
use crate::peers;

/// How many numbers are looked for where many are.
pub(crate) const MANY: u64 = 10_000;

/// Does some work with the CRL of so many entries.
pub(crate) fn run(work: &str) {
    let (work, entries) = work.split_once(' ').unwrap_or((work, "0"));
    let entries = entries.parse().unwrap();
    let files = Files::of(entries);
    match work {
        "nothing" => {}
        "make" => input::make(entries),
        "sha256" => drop(black_box(
            hash(MessageDigest::sha256(), &map(&files.crl)).unwrap(),
        )),
        "scan" => scan(&files, &[input::serial(entries / 2)], 1),
        "scan-many" => scan(&files, &many(entries, 0), MANY as usize / 2),
        "index" => index(&files),
        "look-up" => look_up(&files, entries),
        "look-ups" => look_ups(&files, entries),
        "x509-parser" => peers::x509_parser(&map(&files.crl), &many(entries, 0)),
        "webpki" => peers::webpki(&map(&files.crl), &der(&files.ca), &der(&files.leaf)),
        "webpki-leaves" => {
            let chain = Chain::here();
            let leaves = X509::stack_from_pem(&read(&chain.leaves)).unwrap();
            let leaves: Vec<Vec<u8>> = leaves.iter().map(|leaf| leaf.to_der().unwrap()).collect();
            let crls = [map(&files.crl), map(&chain.root_crl)];
            let crls = crls.each_ref().map(|crl| &crl[..]);
            peers::webpki_leaves(&crls, &der(&chain.root), &der(&chain.sub), &leaves);
        }
        _ => panic!("{work} is not known"),
    }
}

/// Half of them are in the CRL; another start gives others.
fn many(entries: u64, start: u64) -> Vec<[u8; input::SERIAL]> {
    let step = (entries / (MANY / 2)).max(1);
    let in_it = (0..MANY / 2).map(|number| number * step + start);
    let not = (0..MANY / 2).map(|number| entries + number + start * MANY);
    in_it
        .zip(not)
        .flat_map(|(one, other)| [input::serial(one), input::serial(other)])
        .collect()
}

fn numbers(octets: &[[u8; input::SERIAL]]) -> Vec<Serial> {
    octets
        .iter()
        .map(|octets| Serial::from_octets(octets))
        .collect()
}

#[expect(
    unsafe_code,
    reason = "the product's own mapping ends at its limit of 256 MiB; nobody writes to these files"
)]
pub(crate) fn map(path: &Path) -> Mmap {
    let file = File::open(path).unwrap();
    // SAFETY: nobody changes the file while the benchmark runs.
    unsafe { Mmap::map(&file).unwrap() }
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

fn der(path: &Path) -> Vec<u8> {
    X509::from_pem(&read(path)).unwrap().to_der().unwrap()
}

fn origin() -> Origin {
    Origin::whole(&Arc::new(Source::Stdin))
}

fn sha256(files: &Files) -> Sha256Digest {
    Hex(read(&files.sha256).try_into().unwrap())
}

fn issuer(files: &Files) -> Arc<Certificate> {
    let bytes = read(&files.ca);
    let opened = decode::open(&Input::new(Source::Stdin, &bytes), None).unwrap();
    let item = Item::read(&opened.objects[0], opened.container, None).unwrap();
    Arc::clone(item.document.certificate().unwrap())
}

fn scan(files: &Files, serials: &[[u8; input::SERIAL]], expected: usize) {
    let bytes = map(&files.crl);
    let issuer = issuer(files);
    let crl = SearchableCrl::read(&bytes[..], origin()).unwrap();
    let serials = Serials::new(&numbers(serials));
    let scan = crl.scan(&serials).unwrap();
    assert!(scan.signed_by(&issuer));
    assert_eq!(scan.hits.len(), expected);
}

/// The index with everything that it takes: the pass, the digest, the signature.
fn index(files: &Files) {
    let bytes = map(&files.crl);
    let issuer = issuer(files);
    let crl = SearchableCrl::read(&bytes[..], origin()).unwrap();
    assert!(ptl_cert::revocation::signed_by(&crl, &issuer));
    let mut out = File::create(&files.index).unwrap();
    Index::build(&crl, &sha256(files), &mut out).unwrap();
}

/// One look-up and the signature, as a process that has just started does.
fn look_up(files: &Files, entries: u64) {
    let issuer = issuer(files);
    with_index(files, |crl| {
        assert!(ptl_cert::revocation::signed_by(crl, &issuer));
        assert_eq!(
            crl.entries_of(&Serial::from_octets(&input::serial(entries / 2)))
                .unwrap()
                .len(),
            1
        );
    });
}

/// Many look-ups, twice, for different numbers; says how many nanoseconds each took the first time, when hardly a
/// page of the files has been touched by this process, and the second.
fn look_ups(files: &Files, entries: u64) {
    let both = [many(entries, 0), many(entries, 1)];
    with_index(files, |crl| {
        for many in both {
            let serials = numbers(&many);
            let start = Instant::now();
            let entries = crl.entries_of_each(&serials).unwrap();
            let found: usize = entries.iter().map(Vec::len).sum();
            let taken = start.elapsed();
            assert_eq!(found, many.len() / 2);
            say(taken.as_secs_f64() * 1e9 / many.len() as f64);
        }
    });
}

pub(crate) fn say(figure: f64) {
    println!("{figure}");
}

fn with_index(files: &Files, work: impl FnOnce(&SearchableCrl<'_>)) {
    let (bytes, index) = (map(&files.crl), map(&files.index));
    let index = Index::read(&index, bytes.len() as u64, &sha256(files)).unwrap();
    let crl = SearchableCrl::indexed(&bytes[..], origin(), index).unwrap();
    work(&crl);
    assert!(crl.index_fault().is_none());
}
