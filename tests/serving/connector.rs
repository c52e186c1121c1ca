//! Tomcat's own test of its configuration on what `export` wrote, as the weekly job runs it.

use std::path::Path;
use std::process::{Command, Output};

use super::Estate;
use super::running::{Kind, start};

fn test(kit: &Path) -> Output {
    let output = Command::new("sh")
        .arg(kit.join("test-connector.sh"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TOMCAT_USER", user())
        .output();
    output.unwrap()
}

/// The user of the tests, in whose folders Tomcat's own user reads nothing.
fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn tomcat_accepts_what_export_wrote_beside_a_running_one_and_refuses_it_damaged() {
    if !Kind::Tomcat.is_installed() {
        return;
    }
    let estate = Estate::new();
    let running = start(Kind::Tomcat, &estate, &[]);
    let output = test(&running.kit);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Server initialization"), "{said}");
    assert!(!said.contains("SEVERE"), "{said}");
    for (name, change) in [
        ("keystore.p12", "cut"),
        ("truststore.p12", "cut"),
        ("crl.pem", "cut"),
        ("connector.xml", "certificateKeystorePassword=\""),
    ] {
        let path = running.kit.join(name);
        let bytes = std::fs::read(&path).unwrap();
        let damaged = match change {
            "cut" => bytes[..bytes.len() * 2 / 3].to_vec(),
            word => String::from_utf8(bytes.clone())
                .unwrap()
                .replace(word, &format!("{word}x"))
                .into_bytes(),
        };
        std::fs::write(&path, damaged).unwrap();
        let output = test(&running.kit);
        assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(test(&running.kit).status.code(), Some(0));
}

#[test]
fn a_set_that_tomcat_refuses_is_put_back() {
    if !Kind::Tomcat.is_installed() {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("tomcat", "out", &["--listen", "127.0.0.1:8443"]);
    let before = std::fs::read(folder.join("connector.xml")).unwrap();
    // An address that is none of this machine's: only Tomcat can say so.
    let script = format!(
        "TOMCAT_USER={} sh {}/test-connector.sh",
        user(),
        folder.display()
    );
    let words = ["--listen", "192.0.2.1:8443", "--test", &script];
    let output = estate.try_export("tomcat", "out", &words);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains("PUT BACK"), "{said}");
    assert_eq!(std::fs::read(folder.join("connector.xml")).unwrap(), before);
}

#[test]
fn files_that_tomcats_user_cannot_read_fail_the_test_until_the_printed_command_was_run() {
    let has_user = crate::program::is_installed("id", "--version")
        && Command::new("id")
            .arg("tomcat")
            .output()
            .unwrap()
            .status
            .success();
    if !Kind::Tomcat.is_installed() || user() != "root" || !has_user {
        crate::program::say_skipped("this needs root, Tomcat and its user");
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("tomcat", "out", &["--listen", "127.0.0.1:8443"]);
    let shell = |command: &str| Command::new("sh").args(["-c", command]).output().unwrap();
    shell(&format!("chmod 755 {}", estate.path("").display()));
    let test = || {
        Command::new("sh")
            .arg(folder.join("test-connector.sh"))
            .env_remove("TOMCAT_USER")
            .output()
            .unwrap()
    };
    let output = test();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("the user tomcat cannot read"), "{said}");
    shell(&format!("chmod 700 {0}; chmod 600 {0}/*", folder.display()));
    let output = estate.try_export(
        "tomcat",
        "out",
        &["--listen", "127.0.0.1:8443", "--format", "json"],
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut lines = report["include"].as_array().unwrap().iter();
    let command = lines.find_map(|line| line.as_str().filter(|line| line.starts_with("chgrp")));
    assert!(shell(command.unwrap()).status.success(), "{command:?}");
    let output = test();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
