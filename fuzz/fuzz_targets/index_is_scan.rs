#![no_main]
//! A CRL answers the same from its index as by a scan, whatever is asked.
//!
//! `cargo +nightly fuzz run index_is_scan`; the first byte says how long the number is that is looked for, which
//! follows it, and the CRL follows that.

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ptl_cert::document::{Hex, Serial};
use ptl_cert::input::{Origin, Source};
use ptl_cert::revocation::{Index, SearchableCrl, Serials};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

fuzz_target!(|input: &[u8]| {
    let Some((length, rest)) = input.split_first() else {
        return;
    };
    let Some((wanted, bytes)) = rest.split_at_checked(usize::from(*length)) else {
        return;
    };
    let origin = Origin::whole(&Arc::new(Source::Stdin));
    let Ok(plain) = SearchableCrl::read(bytes, origin.clone()) else {
        return;
    };
    let sha256 = Hex(openssl::sha::sha256(bytes));
    let mut index = Vec::new();
    if Index::build(&plain, &sha256, &mut index).is_err() {
        return;
    }
    let index = Index::read(&index, bytes.len() as u64, &sha256).unwrap();
    let indexed = SearchableCrl::indexed(bytes, origin, index).unwrap();
    let mut asked = vec![Serial::from_octets(wanted)];
    if let Ok((_, parsed)) = CertificateRevocationList::from_der(bytes) {
        let entries = parsed.iter_revoked_certificates();
        asked.extend(entries.map(|entry| Serial::from_octets(entry.raw_serial())));
    }
    for serial in &asked {
        let (one, other) = (indexed.entries_of(serial), plain.entries_of(serial));
        assert_eq!(one.is_ok(), other.is_ok());
        assert_eq!(one.ok(), other.ok());
    }
    let serials = Serials::new(&asked);
    let (one, other) = (indexed.scan(&serials), plain.scan(&serials));
    assert_eq!(one.is_ok(), other.is_ok());
    if let (Ok(one), Ok(other)) = (one, other) {
        assert_eq!(one.hits, other.hits);
        assert_eq!(one.entries_seen, other.entries_seen);
        assert_eq!(one.unknown_critical, other.unknown_critical);
        assert_eq!(one.digest(), other.digest());
    }
    assert!(indexed.index_fault().is_none());
});
