#![no_main]
//! A cache whose record has any bytes opens, and what the record says of a CRL is believed only where the CRL says it too.
//!
//! `cargo +nightly fuzz run cache_record`; the input is the record, `current.json`, beside a CRL that was installed, with
//! its index.

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ptl_cert::document::Moment;
use ptl_cert::environment::Facts;
use ptl_cert::ops::Context;
use ptl_cert::ops::crl::import::{From, Options, import};
use ptl_cert::ops::gather::Named;
use ptl_cert::store::crl_cache::{About, Cache};

const CA: &[u8] = include_bytes!("../../tests/data/crl/ca.pem");
const CRL: &[u8] = include_bytes!("../../tests/data/crl/newer.crl");

struct Installed {
    folder: PathBuf,
    record: PathBuf,
    about: About,
    der: Vec<u8>,
}

/// A cache of one CRL.
static INSTALLED: LazyLock<Installed> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("ptl-cert-fuzz-{}", std::process::id()));
    let at = Moment::from_unix(1_798_800_000).unwrap();
    let context = Context::new(at, Facts::built_in().unwrap()).cache(&folder);
    let mut options = Options::new([From::Named(Named::given("newer.crl", CRL))]);
    options.issuers = vec![Named::given("ca.pem", CA)];
    import(&options, &context).unwrap();
    let crls = Cache::open(&folder).crls().unwrap();
    let [crl] = &crls.sound[..] else {
        panic!("one CRL is installed");
    };
    let (about, der) = (crl.about().clone(), crl.der().to_vec());
    let record = folder.join("crls").join(&about.slot).join("current.json");
    Installed {
        folder,
        record,
        about,
        der,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let installed = &*INSTALLED;
    std::fs::write(&installed.record, bytes).unwrap();
    let crls = Cache::open(&installed.folder).crls().unwrap();
    for crl in &crls.sound {
        assert_eq!(crl.der(), installed.der);
        let (said, true_one) = (crl.about(), &installed.about);
        assert_eq!(said.issuer, true_one.issuer);
        assert_eq!(said.scope, true_one.scope);
        assert_eq!(said.number, true_one.number);
        assert_eq!(said.this_update, true_one.this_update);
        assert_eq!(said.next_update, true_one.next_update);
        let has_index = crl.without_index().is_none();
        assert!(!has_index || said.entries == true_one.entries);
    }
});
