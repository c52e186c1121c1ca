//! The same evidence put to `openssl verify`.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::*;
use crate::program::is_installed;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    exception: Vec<Exception>,
}

/// Evidence about which we differ: all that has this certificate, this CA certificate or this CRL, or for which this code of ours
/// decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// Who says otherwise: `openssl`, `java` or `gnutls`.
    judge: String,
    /// What decides for us.
    code: Option<String>,
    leaf: Option<String>,
    chain: Option<String>,
    crl: Option<String>,
    ours: String,
    reason: String,
}

impl Exception {
    fn covers(&self, judge: &str, leaf: &str, chain: &[&str], crls: &[&str], ours: &Ours) -> bool {
        let has = |wanted: &Option<String>, all: &[&str]| {
            wanted
                .as_ref()
                .is_none_or(|wanted| all.contains(&wanted.as_str()))
        };
        self.judge == judge
            && (self.ours == "yes") == ours.good
            && self
                .code
                .as_deref()
                .is_none_or(|code| Some(code) == ours.code)
            && !self.reason.trim().is_empty()
            && has(&self.leaf, &[leaf])
            && has(&self.chain, chain)
            && has(&self.crl, crls)
    }
}

pub(super) const LEAVES: [&str; 6] = [
    "leaf.pem",
    "leaf-enciphers.pem",
    "leaf-any-purpose.pem",
    "leaf-weak.pem",
    "leaf-expired.pem",
    "leaf-authority.pem",
];
pub(super) const CHAINS: [&[&str]; 4] = [
    &["sub.pem"],
    &["sub.pem", "sub-renewed.pem"],
    &["sub-certs.pem", "signer.pem"],
    &["sub-certs.pem", "signer-expired.pem"],
];
pub(super) const CRLS: [&[&str]; 8] = [
    &["root.crl", "sub.crl"],
    &["root.crl", "sub-renewed.crl"],
    &["root-revokes-signer.crl", "sub-renewed.crl"],
    &["root.crl", "sub-removes.crl"],
    &["root.crl", "sub-revokes.crl"],
    &["root.crl", "sub-partition.crl"],
    &["sub.crl"],
    &["root.crl"],
];

fn openssl(folder: &Path, leaf: &str, chain: &[&str], crls: &[&str]) -> bool {
    let mut command = Command::new("openssl");
    command.current_dir(folder).arg("verify");
    command.args(["-crl_check_all", "-extended_crl", "-purpose", "sslserver"]);
    command.args(["-auth_level", "2", "-attime", &MOMENTS[0].to_string()]);
    command.args(["-CAfile", "root.pem"]);
    for one in chain {
        command.args(["-untrusted", one]);
    }
    for one in crls {
        command.args(["-CRLfile", one]);
    }
    let done = command
        .arg(leaf)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    done.unwrap().success()
}

/// What we say.
struct Ours {
    good: bool,
    code: Option<&'static str>,
}

fn ours(leaf: &str, chain: &[&str], crls: &[&str]) -> Ours {
    let pki = &PKIS[0];
    let given = |name: &&str| {
        let found = pki.certificates.iter().find(|(known, _)| known == name);
        found.unwrap().1.clone()
    };
    let (leaf, root) = (given(&leaf), given(&"root.pem"));
    let chain: Vec<Given> = chain.iter().map(given).collect();
    let of = |name: &&str| {
        let found = pki.crls.iter().find(|(known, _)| known == name);
        found.unwrap().clone()
    };
    let crls: Vec<_> = crls.iter().map(of).collect();
    let read = read(&crls);
    let read: Vec<&SearchableCrl<'_>> = read.iter().collect();
    let facts = Facts::default();
    let judge = BorrowedJudge::new(
        Evidence::new(&facts)
            .sent(std::slice::from_ref(&leaf))
            .chain(&chain)
            .anchors(std::slice::from_ref(&root))
            .crls(&read),
    );
    let at = Moment::from_unix(MOMENTS[0]).unwrap();
    let verdict = judge.verdict(&question(&leaf, Revocation::Chain, at));
    Ours {
        good: verdict.decision == Decision::Verified,
        code: verdict.code.map(|code| code.as_str()),
    }
}

/// Asks another judge about all of the evidence, in one order.
pub(super) fn compare(judge: &str, mut theirs: impl FnMut(&str, &[&str], &[&str]) -> bool) {
    let mut exceptions: Exceptions = toml::from_str(include_str!("exceptions.toml")).unwrap();
    exceptions.exception.retain(|known| known.judge == judge);
    let (mut wrong, mut met) = (Vec::new(), vec![false; exceptions.exception.len()]);
    let (mut good, mut compared) = (0, 0);
    for leaf in LEAVES {
        for chain in CHAINS {
            for crls in CRLS {
                let (we, they) = (ours(leaf, chain, crls), theirs(leaf, chain, crls));
                compared += 1;
                good += usize::from(we.good && they);
                let known = exceptions
                    .exception
                    .iter()
                    .position(|known| known.covers(judge, leaf, chain, crls, &we));
                match (we.good == they, known) {
                    (true, _) => {}
                    (false, Some(number)) => met[number] = true,
                    (false, None) => wrong.push(format!(
                        "{leaf} {chain:?} {crls:?}: we {} {:?}, {judge} {they}",
                        we.good, we.code
                    )),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(met.iter().all(|met| *met), "an exception is stale: {met:?}");
    assert!(
        good >= 2 && compared == 192,
        "{good} of {compared} are good for both"
    );
}

#[test]
fn openssl_and_we_differ_about_nothing_but_the_exceptions() {
    if !is_installed("openssl", "version") {
        return;
    }
    let folder = folder("judge");
    compare("openssl", |leaf, chain, crls| {
        openssl(&folder, leaf, chain, crls)
    });
}
