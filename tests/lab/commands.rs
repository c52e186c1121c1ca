//! The commands, end to end.

use std::fs;
use std::path::Path;

use super::{AT_TEXT, HOST, data, must, run};

/// A folder with a lab and a request.
fn created() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let keys = data("lab/keys").display().to_string();
    must(
        folder.path(),
        &format!("lab init --keys {keys} --at {AT_TEXT}"),
    );
    fs::copy(data("lab/host.csr"), folder.path().join("a.csr")).unwrap();
    fs::copy(data("lab/host.key"), folder.path().join("a.key")).unwrap();
    folder
}

/// Every file below a folder, with its contents.
fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    found.push((name, fs::read(path).unwrap()));
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn two_laboratories_with_the_same_keys_and_time_are_the_same_byte_for_byte() {
    let make = || {
        let folder = created();
        for generation in ["g1-sha1", "g1", "g2"] {
            must(
                folder.path(),
                &format!(
                    "lab sign a.csr --env dep --generation {generation} --at {AT_TEXT} --out-dir {generation}"
                ),
            );
        }
        must(
            folder.path(),
            &format!("lab revoke g1/{HOST}.zip --reason superseded --at {AT_TEXT}"),
        );
        must(folder.path(), &format!("lab crl --at {AT_TEXT}"));
        must(
            folder.path(),
            &format!("lab crl --at {AT_TEXT} --entries 1000 --env live"),
        );
        tree(folder.path())
    };
    let (one, other) = (make(), make());
    assert!(one.len() > 70, "{}", one.len());
    for (one, other) in one.iter().zip(&other) {
        assert!(one == other, "{} differs", one.0);
    }
    assert_eq!(one.len(), other.len());
}

#[test]
fn accept_takes_the_answer_of_every_environment_and_generation_in_every_form() {
    let folder = created();
    let folder = folder.path();
    for environment in ["lab-int", "lab-dep", "lab-live"] {
        for generation in ["g1-sha1", "g1", "g2"] {
            for form in ["zip", "pem", "p7b"] {
                let out = format!("{environment}-{generation}-{form}");
                must(
                    folder,
                    &format!(
                        "lab sign a.csr --env {environment} --generation {generation} --as {form} --at {AT_TEXT} \
                         --out-dir {out}"
                    ),
                );
                let said = must(
                    folder,
                    &format!(
                        "accept {out}/{HOST}.{form} --csr a.csr --key a.key --env {environment} --facts \
                         lab/facts.toml --at {AT_TEXT} --out-dir {out}"
                    ),
                );
                assert!(said.contains("ACCEPTED"), "{said}");
            }
        }
    }
}

#[test]
fn accept_refuses_the_answer_after_it_was_revoked() {
    let folder = created();
    let folder = folder.path();
    must(
        folder,
        &format!("lab sign a.csr --env int --generation g1 --as pem --at {AT_TEXT}"),
    );
    must(
        folder,
        &format!("lab revoke {HOST}.pem --reason keyCompromise --at {AT_TEXT}"),
    );
    must(
        folder,
        &format!("lab crl --env int --at {AT_TEXT} --out-dir lists"),
    );
    let crls: String = tree(&folder.join("lists"))
        .iter()
        .map(|(name, _)| format!(" --crl lists/{name}"))
        .collect();
    let line = format!(
        "accept {HOST}.pem --csr a.csr --key a.key --env lab-int --facts lab/facts.toml --at {AT_TEXT}{crls}"
    );
    let output = run(folder, &line);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.code() == Some(1) && said.contains("revoked"),
        "{said}"
    );
}

#[test]
fn an_answer_that_is_there_is_not_overwritten() {
    let folder = created();
    let folder = folder.path();
    must(folder, &format!("lab sign a.csr --env int --at {AT_TEXT}"));
    // The same answer is no other.
    must(folder, &format!("lab sign a.csr --env int --at {AT_TEXT}"));
    let before = fs::read(folder.join(format!("{HOST}.zip"))).unwrap();
    let output = run(folder, &format!("lab sign a.csr --env live --at {AT_TEXT}"));
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        fs::read(folder.join(format!("{HOST}.zip"))).unwrap(),
        before
    );
}

#[test]
fn keys_that_are_missing_are_made_and_kept_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("keys")).unwrap();
    for (name, bytes) in tree(&data("lab/keys")) {
        if name != "defect-weak.key" {
            fs::write(folder.join("keys").join(name), bytes).unwrap();
        }
    }
    let said = must(folder, &format!("lab init --keys keys --at {AT_TEXT}"));
    assert!(said.contains("1 made, 27 reused"), "{said}");
    let again = must(
        folder,
        &format!("lab init --dir again --keys keys --at {AT_TEXT}"),
    );
    assert!(again.contains("28 reused"), "{again}");
}
