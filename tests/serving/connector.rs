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
        .output();
    output.unwrap()
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
    let script = format!("sh {}/test-connector.sh", folder.display());
    let words = ["--listen", "192.0.2.1:8443", "--test", &script];
    let output = estate.try_export("tomcat", "out", &words);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains("PUT BACK"), "{said}");
    assert_eq!(std::fs::read(folder.join("connector.xml")).unwrap(), before);
}
