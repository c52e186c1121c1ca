//! A batch that is killed half-way: nothing that was made is lost, and running it again completes it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use openssl::pkey::PKey;
use openssl::x509::X509Req;

use crate::program::ptl_cert;

/// Enough for several kills, few enough for a debug build.
const HOSTS: usize = 60;
/// How often the run is killed before it is left to finish.
const KILLS: usize = 5;
/// Of the moments at which it is killed.
const SEED: u64 = 0x5eed_0fa1_1ba7_c4e5;

const BATCH: [&str; 6] = [
    "csr",
    "--hosts",
    "hosts.txt",
    "--out-dir",
    "out",
    "--skip-existing",
];

#[test]
fn a_batch_killed_again_and_again_replaces_no_key_and_completes() {
    let home = tempfile::tempdir().unwrap();
    let list: String = (0..HOSTS)
        .map(|number| format!("host{number}.supplier.thirdparty.nhs.uk\n"))
        .collect();
    fs::write(home.path().join("hosts.txt"), list).unwrap();
    let out = home.path().join("out");
    fs::create_dir(&out).unwrap();

    let mut moments = Moments(SEED);
    let mut known = BTreeMap::new();
    let mut killed = 0;
    for _ in 0..KILLS {
        let wanted = known.len() + 1 + moments.below(6);
        let mut child = ptl_cert(home.path())
            .args(BATCH)
            .arg("--quiet")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while keys(&out).len() < wanted && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        // Somewhere between that key and the files that follow it.
        for _ in 0..moments.below(200_000) {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        if child.wait().unwrap().code().is_none() {
            killed += 1;
        }
        for (name, key) in keys(&out) {
            let first = known.entry(name.clone()).or_insert_with(|| key.clone());
            assert_eq!(*first, key, "{name} was replaced");
        }
        for name in known.keys() {
            assert!(out.join(name).exists(), "{name} was lost");
        }
    }
    assert!(killed > 0, "every run finished before it could be killed");

    let last = ptl_cert(home.path())
        .args(BATCH)
        .args(["--format", "json"])
        .output()
        .unwrap();
    assert!(
        last.status.success(),
        "{}",
        String::from_utf8_lossy(&last.stderr)
    );
    let report: serde_json::Value = serde_json::from_slice(&last.stdout).unwrap();
    assert_eq!(report["summary"]["failed"], 0);
    assert_eq!(report["hosts"].as_array().unwrap().len(), HOSTS);

    let complete = keys(&out);
    assert_eq!(complete.len(), HOSTS);
    for (name, key) in &known {
        assert_eq!(
            &complete[name], key,
            "{name} was replaced by the run that completed the batch"
        );
    }
    for (name, key) in &complete {
        let request = fs::read(out.join(name.replace(".key", ".csr"))).unwrap();
        let request = X509Req::from_pem(&request).unwrap();
        let key_file = out.join(name);
        assert_eq!(
            key_file.metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
        let key = PKey::private_key_from_pem(key).unwrap();
        assert!(
            request.public_key().unwrap().public_eq(&key),
            "{name} does not belong to its request"
        );
    }
    assert_eq!(
        fs::read_dir(&out).unwrap().count(),
        2 * HOSTS,
        "something was left behind"
    );
}

/// Every key file by its name, with its bytes.
fn keys(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let keys = entries.filter(|path| path.extension().is_some_and(|extension| extension == "key"));
    let named = keys.filter_map(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        // A half-written file under a name of its own may be gone again by now.
        Some((name, fs::read(&path).ok()?))
    });
    named.collect()
}

/// Moments that look arbitrary and are the same in every run (SplitMix64).
struct Moments(u64);

impl Moments {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}
