//! Lists of any size: what they hold, and that they do not fill the memory.

use std::io::{self, Write};

use ptl_cert::lab::{Filling, LabEnvironment};

use super::{at, lab};

/// Counts what is written, and keeps none of it.
#[derive(Default)]
struct Counter {
    bytes: u64,
    largest: usize,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        self.largest = self.largest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_crl_is_written_in_chunks_and_is_as_long_as_it_said() {
    let lab = lab();
    let place = lab.place_manual_import(LabEnvironment::Int).unwrap();
    let prepared = lab
        .prepare(&place, at(), &[], Filling::new(300_000))
        .unwrap();
    let mut counter = Counter::default();
    prepared.write(&mut counter).unwrap();
    assert_eq!(counter.bytes, prepared.length());
    assert!(counter.bytes > 10_000_000 && counter.largest <= 128 * 1024);
}

#[test]
fn a_place_that_takes_no_more_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let lab = lab();
    let place = lab.place_manual_import(LabEnvironment::Live).unwrap();
    let prepared = lab
        .prepare(&place, at(), &[], Filling::new(10_000))
        .unwrap();
    assert!(prepared.write(Full).is_err());
}
