#![no_main]
//! What the streaming scan takes for a CRL is one for every other reader here, and all of them see the same entries:
//! the scan over bytes at hand, the scan over a stream in small pieces, the header's reader, and x509-parser.
//!
//! `cargo +nightly fuzz run scan_is_whole_parse`; the first byte of the input says how large the pieces are.

use std::io::Read;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ptl_cert::document::Serial;
use ptl_cert::input::{Origin, Source};
use ptl_cert::revocation::{SearchableCrl, Serials, scan, scan_slice};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

/// Gives at most so many bytes at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let (now, later) = self.0.split_at(self.0.len().min(self.1).min(buffer.len()));
        buffer[..now.len()].copy_from_slice(now);
        self.0 = later;
        Ok(now.len())
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((piece, bytes)) = input.split_first() else {
        return;
    };
    let none = Serials::new([] as [&Serial; 0]);
    let whole = scan_slice(bytes, &none);
    let dripped = scan(Drip(bytes, usize::from(*piece) + 1), &none);
    assert_eq!(whole.is_ok(), dripped.is_ok());
    let Ok(whole) = whole else {
        return;
    };
    let crl = SearchableCrl::read(bytes, Origin::whole(&Arc::new(Source::Stdin))).unwrap();
    assert_eq!(crl.header(), &whole.header);
    assert_eq!(whole.digest(), dripped.unwrap().digest());
    // x509-parser is stricter about what stands in an entry; where it reads the CRL, it reads the same one.
    let Ok(([], parsed)) = CertificateRevocationList::from_der(bytes) else {
        return;
    };
    let expected: Vec<Serial> = parsed
        .iter_revoked_certificates()
        .map(|entry| Serial::from_octets(entry.raw_serial()))
        .collect();
    assert_eq!(whole.entries_seen, expected.len() as u64);
    let serials = Serials::new(&expected);
    if let Ok(found) = scan_slice(bytes, &serials) {
        let found: Vec<Serial> = found.hits.into_iter().map(|hit| hit.serial).collect();
        assert_eq!(found, expected);
    }
});
