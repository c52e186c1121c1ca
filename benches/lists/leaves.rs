//! A thousand certificates below a sub CA and a root, verified with the CRLs of both.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use openssl::x509::extension::{AuthorityKeyIdentifier, SubjectAlternativeName};

use crate::input::{self, AUTHORITY, Files, ROOT};
use crate::measure::{Contestant, median, race};
use crate::page::table;
use crate::start;

/// How many there are.
pub(crate) const LEAVES: u64 = 1_000;

/// The CRLs' sizes for which there are aims, and these in milliseconds.
pub(crate) const AIMS: [(u64, u32); 2] = [(10_000, 100), (1_000_000, 250)];

/// Where everything stands that belongs to the certificates.
pub(crate) struct Chain {
    pub(crate) root: PathBuf,
    pub(crate) sub: PathBuf,
    pub(crate) root_crl: PathBuf,
    /// All in one file, and each in one of its own.
    pub(crate) leaves: PathBuf,
    pub(crate) each: Vec<PathBuf>,
}

impl Chain {
    pub(crate) fn here() -> Chain {
        let folder = input::folder().join("leaves");
        let each = |number| folder.join(format!("{number}.pem"));
        Chain {
            root: folder.join("root.pem"),
            sub: folder.join("sub.pem"),
            root_crl: folder.join("root.crl"),
            leaves: folder.join("all.pem"),
            each: (0..LEAVES).map(each).collect(),
        }
    }

    /// The same, made where it is not there yet. The sub CA has the key and the name of the CA whose lists there are.
    fn made() -> Chain {
        let chain = Chain::here();
        if chain.leaves.exists() {
            return chain;
        }
        eprintln!("making {LEAVES} certificates, once");
        fs::create_dir_all(chain.root.parent().unwrap()).unwrap();
        let key = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let (root_key, leaf_key, sub_key) = (key(), key(), input::authority_key());
        let root = input::ca(ROOT, ROOT, &[1], &root_key, &root_key, None);
        let sub = input::ca(AUTHORITY, ROOT, &[2], &sub_key, &root_key, Some(&root));
        let pem = |certificate: &X509| certificate.to_pem().unwrap();
        fs::write(&chain.root, pem(&root)).unwrap();
        fs::write(&chain.sub, pem(&sub)).unwrap();
        input::write_crl(&chain.root_crl, &root, &root_key, 10);
        let mut all = Vec::new();
        for (number, path) in (0..).zip(&chain.each) {
            let host = format!("host-{number}.benchmark.nhs.uk");
            let serial = input::serial((u64::MAX >> 1) + number);
            let mut leaf = input::builder(&host, AUTHORITY, &serial, &leaf_key);
            let context = leaf.x509v3_context(Some(&sub), None);
            let names = SubjectAlternativeName::new()
                .dns(&host)
                .build(&context)
                .unwrap();
            let issuer = AuthorityKeyIdentifier::new()
                .keyid(true)
                .build(&context)
                .unwrap();
            leaf.append_extension(names).unwrap();
            leaf.append_extension(issuer).unwrap();
            leaf.sign(&sub_key, MessageDigest::sha256()).unwrap();
            let leaf = pem(&leaf.build());
            fs::write(path, &leaf).unwrap();
            all.extend(leaf);
        }
        // Written last: where it is, all is there.
        fs::write(&chain.leaves, all).unwrap();
        chain
    }
}

/// The contest with a CRL of so many entries, and what is wanted of it in milliseconds.
pub(crate) fn contest(entries: u64, aim: u32, quick: bool) -> String {
    let files = Files::made(entries);
    let chain = Chain::made();
    let turns = if quick { 1 } else { 9 };
    let path = |path: &PathBuf| path.display().to_string();
    let own = [
        "verify".to_owned(),
        path(&chain.leaves),
        "--chain".to_owned(),
        path(&chain.sub),
        "--trust".to_owned(),
        path(&chain.root),
        "--crl".to_owned(),
        path(&files.crl),
        "--crl".to_owned(),
        path(&chain.root_crl),
        "--at".to_owned(),
        "2026-06-01T00:00:00Z".to_owned(),
    ];
    let mut openssl: Vec<String> = ["verify", "-crl_check_all", "-no-CApath", "-CAfile"]
        .map(str::to_owned)
        .into();
    openssl.extend([
        path(&chain.root),
        "-untrusted".to_owned(),
        path(&chain.sub),
        "-CRLfile".to_owned(),
        path(&files.crl),
        "-CRLfile".to_owned(),
        path(&chain.root_crl),
    ]);
    openssl.extend(chain.each.iter().map(path));
    let ptl_cert = |own: &[String], format: &'static str| {
        let own = own.to_vec();
        move |_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_ptl-cert"));
            command.args(&own).args(["--format", format]);
            command
        }
    };
    let mut contestants = vec![
        Contestant::new("ptl-cert verify", ptl_cert(&own, "text")),
        Contestant::new("ptl-cert verify --format json", ptl_cert(&own, "json")),
        Contestant::new(
            "rustls-webpki on one core, owned lists, nothing printed",
            move |_| start::command(&format!("webpki-leaves {entries}")),
        ),
    ];
    // It takes minutes with a large CRL.
    if entries <= AIMS[0].0 {
        contestants.push(Contestant::installed(
            "openssl",
            "openssl verify -crl_check_all",
            move |_| {
                let mut command = Command::new("openssl");
                command.args(&openssl);
                command
            },
        ));
    }
    let all = race(turns, &contestants);
    let mut text = String::new();
    writeln!(
        text,
        "### {LEAVES} certificates with a list of {entries} entries ({turns} turns)\n\n{}\n{:.0} ms as text (wanted: {aim}), {:.0} ms as \
         JSON.",
        table(&all),
        median(&all[0].walls()),
        median(&all[1].walls())
    )
    .unwrap();
    text
}
