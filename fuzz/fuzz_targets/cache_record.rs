#![no_main]
//! A cache whose record has any bytes opens, and what the record says is never believed without its files.
//!
//! `cargo +nightly fuzz run cache_record`; the input is the record, `current.json`.

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ptl_cert::store::crl_cache::Cache;

/// A folder with one slot.
static CACHE: LazyLock<(PathBuf, PathBuf)> = LazyLock::new(|| {
    let cache = std::env::temp_dir().join(format!("ptl-cert-fuzz-{}", std::process::id()));
    let slot = cache.join("lists").join("0".repeat(32));
    std::fs::create_dir_all(&slot).unwrap();
    let record = slot.join("current.json");
    (cache, record)
});

fuzz_target!(|bytes: &[u8]| {
    let (cache, record) = &*CACHE;
    std::fs::write(record, bytes).unwrap();
    if let Ok(crls) = Cache::open(cache).crls() {
        assert!(crls.sound.is_empty());
    }
});
