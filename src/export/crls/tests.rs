#![expect(
    clippy::disallowed_methods,
    reason = "tests read what is kept beside them, and show files to other programs"
)]

use super::*;
use crate::document::Certificate;
use crate::generate::tests::foreign;

fn certificate(path: &str) -> Certificate {
    let pem = openssl::x509::X509::from_pem(&std::fs::read(path).unwrap()).unwrap();
    Certificate::read(&pem.to_der().unwrap()).unwrap()
}

fn text(file: &CrlFile<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.write(&mut bytes).unwrap();
    bytes
}

/// What a tool says about bytes on its standard input; `None`, out loud, where there is no such tool.
fn ask(arguments: &[&str], input: &[u8]) -> Option<String> {
    let (program, arguments) = arguments.split_first()?;
    let output = foreign::ask(program, arguments, input)?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[test]
fn a_block_reads_as_openssl_writes_it_whatever_its_length() {
    for length in [0, 1, 47, 48, 49, 48 * 256, 48 * 256 + 1, 100_000] {
        let der: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        let mut ours = Vec::new();
        write_pem(&mut ours, "X509 CRL", &der).unwrap();
        let read = pem::parse(&ours).unwrap();
        assert_eq!((read.tag(), read.contents()), ("X509 CRL", der.as_slice()));
        let text = String::from_utf8(ours).unwrap();
        assert!(
            text.lines()
                .all(|line| line.len() <= 64 && !line.is_empty())
        );
    }
}

#[test]
fn one_file_holds_all_crls_and_is_the_same_in_any_order() {
    let root = certificate("tests/data/pki/root.pem").subject;
    let sub = certificate("tests/data/pki/sub.pem").subject;
    let crl = |id, issuer, der| CrlInput { id, issuer, der };
    let (a, b, c) = (
        crl("a", &root, b"1"),
        crl("b", &sub, b"2"),
        crl("c", &sub, b"3"),
    );
    let one = files(Server::Nginx, &[a, b, c]).unwrap();
    let other = files(Server::Haproxy, &[c, b, a]).unwrap();
    assert_eq!((one.len(), one[0].name.as_str()), (1, "crl.pem"));
    assert_eq!(text(&one[0]), text(&other[0]));
    assert_eq!(pem::parse_many(text(&one[0])).unwrap().len(), 3);
}

#[test]
fn the_name_of_a_hashed_file_is_the_one_that_openssl_computes() {
    let der = std::fs::read("tests/data/pki/list-partition.crl").unwrap();
    let crl = crate::document::Crl::read(&der).unwrap();
    if let Some(hash) = ask(
        &["openssl", "crl", "-inform", "DER", "-noout", "-hash"],
        &der,
    ) {
        assert_eq!(format!("{:08x}", name_hash(&crl.issuer).unwrap()), hash);
    }
    // Letter case, runs of spaces and string types do not count; other alphabets do.
    for path in std::fs::read_dir("src/environment/data").unwrap() {
        let path = path.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pem") {
            continue;
        }
        let known = certificate(path.to_str().unwrap());
        let Some(hash) = ask(
            &["openssl", "x509", "-noout", "-subject_hash"],
            &std::fs::read(&path).unwrap(),
        ) else {
            return;
        };
        assert_eq!(format!("{:08x}", name_hash(&known.subject).unwrap()), hash);
    }
}

#[test]
fn crls_of_one_issuer_are_numbered_without_a_gap() {
    let root = certificate("tests/data/pki/root.pem").subject;
    let sub = certificate("tests/data/pki/sub.pem").subject;
    let sources = [
        CrlInput {
            id: "b",
            issuer: &sub,
            der: b"2",
        },
        CrlInput {
            id: "a",
            issuer: &sub,
            der: b"1",
        },
        CrlInput {
            id: "c",
            issuer: &root,
            der: b"3",
        },
    ];
    let files = files(Server::OpensslDir, &sources).unwrap();
    let mut names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    let (root, sub) = (name_hash(&root).unwrap(), name_hash(&sub).unwrap());
    let mut expected = vec![
        format!("{root:08x}.r0"),
        format!("{sub:08x}.r0"),
        format!("{sub:08x}.r1"),
    ];
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn windows_gets_der_files_and_a_script_that_names_each() {
    let sub = certificate("tests/data/pki/sub.pem").subject;
    let sources = [CrlInput {
        id: "0123456789abcdef",
        issuer: &sub,
        der: b"list",
    }];
    let files = files(Server::Iis, &sources).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["practice-sub-ca-01234567.crl", "import-crl.ps1"]);
    assert_eq!(text(&files[0]), b"list");
    let script = String::from_utf8(text(&files[1])).unwrap();
    assert!(script.contains("    'practice-sub-ca-01234567.crl'\r\n"));
    assert!(
        script.is_ascii(),
        "PowerShell 5.1 reads a script without a BOM in the system's code page"
    );
}

#[test]
fn a_path_with_a_space_is_one_word_to_the_server() {
    let line = |server| settings(server, Path::new("/srv/my lists"))[0].line.clone();
    use std::path::Path;
    let file = match cfg!(windows) {
        // Both servers read \\ as \.
        true => r"/srv/my lists\\crl.pem",
        false => "/srv/my lists/crl.pem",
    };
    assert_eq!(line(Server::Nginx), format!("ssl_crl \"{file}\";"));
    assert_eq!(
        line(Server::Haproxy),
        format!("verify required crl-file \"{file}\"")
    );
}
