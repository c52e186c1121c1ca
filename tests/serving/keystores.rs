//! openssl and keytool read the key stores of every profile.

use std::process::Command;

use super::{Estate, HOST};
use crate::program::is_installed;

fn openssl(estate: &Estate, file: &str, password: &str) -> String {
    let password = format!("file:{password}");
    let words = ["pkcs12", "-info", "-nokeys", "-legacy", "-in", file];
    estate.ask("openssl", &[&words[..], &["-passin", &password]].concat())
}

#[test]
fn each_profile_is_encrypted_as_its_readers_need_it() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    for (target, profile, file, old) in [
        ("iis", "windows-2016", "endpoint.pfx", true),
        ("iis", "windows-2019", "endpoint.pfx", false),
        ("java", "java8", "keystore.p12", true),
        ("java", "java17", "keystore.p12", false),
        ("java", "java8", "truststore.p12", true),
        ("java", "java17", "truststore.p12", false),
    ] {
        let folder = format!("{target}-{profile}");
        estate.export(target, &folder, &["--profile", profile]);
        let said = openssl(
            &estate,
            &format!("{folder}/{file}"),
            &format!("{folder}/keystore.password"),
        );
        match old {
            true => {
                assert!(said.contains("pbeWithSHA1And3-KeyTripleDES-CBC"), "{said}");
                assert!(said.contains("MAC: sha1"), "{said}");
                // With its hyphen, which no base64 has.
                assert!(!said.contains("AES-"), "{said}");
            }
            false => {
                assert!(said.contains("AES-256-CBC"), "{said}");
                assert!(said.contains("MAC: sha256"), "{said}");
                assert!(!said.contains("TripleDES"), "{said}");
            }
        }
    }
}

#[test]
fn keytool_lists_the_key_and_every_ca_as_trusted() {
    if !is_installed("keytool", "-help") {
        return;
    }
    let estate = Estate::new();
    let list =
        |file: &str, password: &str| estate.keytool_list(file, ["-storepass:file", password]);
    for profile in ["java8", "java17"] {
        estate.export("java", profile, &["--profile", profile]);
        let password = format!("{profile}/keystore.password");
        let trusted = list(&format!("{profile}/truststore.p12"), &password);
        // Three generations, a root and a sub CA each.
        assert_eq!(trusted.matches("trustedCertEntry").count(), 6, "{trusted}");
        let key = list(&format!("{profile}/keystore.p12"), &password);
        assert!(
            key.contains(HOST) && key.contains("PrivateKeyEntry"),
            "{key}"
        );
    }
}

#[test]
fn a_password_of_ones_own_is_used_and_not_kept() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    std::fs::write(estate.path("own"), "correct horse\n").unwrap();
    let folder = estate.export("iis", "iis", &["--keystore-password-file", "own"]);
    assert!(!folder.join("keystore.password").exists());
    openssl(&estate, "iis/endpoint.pfx", "own");
}

#[test]
fn the_class_for_java_compiles() {
    if !is_installed("javac", "-version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("java", "java", &[]);
    let output = Command::new("javac")
        .args(["-Werror", "-Xlint:all", "-d", "classes", "SpineTls.java"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
