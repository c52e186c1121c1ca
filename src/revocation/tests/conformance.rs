//! NIST PKITS, as far as it is about revocation.
//!
//! Every test of the manifest is asked: each certificate below the anchor, on the first path that reaches it.
//! Where the suite calls a path bad for another reason than revocation, that is not this module's to see and any
//! answer is right.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::super::*;
use crate::chain::{Budget, Found, Pool, search};
use crate::document::{Certificate, HexBytes, Moment, Name};
use crate::input::{Origin, Source};

/// Tests whose outcome differs from the suite's, with the reason. One that no longer differs fails.
const EXCEPTIONS: &[(&str, &str)] = &[];

struct Suite {
    folder: PathBuf,
    manifest: Value,
}

#[expect(
    clippy::disallowed_methods,
    reason = "test data; the walls are for the product"
)]
fn read(path: PathBuf) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn suite() -> Option<Suite> {
    let shared = std::env::var_os("PTL_CERT_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")),
        PathBuf::from,
    );
    let folder = shared.join("conformance/pkits");
    if !folder.is_dir() {
        eprintln!(
            "SKIPPED: {} is not here; set PTL_CERT_SHARED",
            folder.display()
        );
        return None;
    }
    let manifest = serde_json::from_slice(&read(folder.join("manifest.json"))).unwrap();
    Some(Suite { folder, manifest })
}

impl Suite {
    fn certificate(&self, name: &Value) -> Arc<Certificate> {
        let bytes = read(self.folder.join("certs").join(name.as_str().unwrap()));
        Arc::new(Certificate::read(&bytes).unwrap())
    }

    fn crl(&self, name: &Value) -> SearchableCrl<'static> {
        let bytes = read(self.folder.join("crls").join(name.as_str().unwrap()));
        SearchableCrl::read(bytes, Origin::whole(&Arc::new(Source::Stdin))).unwrap()
    }
}

/// All that one test of the suite brings, and which certificates are being asked about.
struct World<'a> {
    pool: &'a Pool,
    anchor: &'a Certificate,
    crls: &'a CrlSet<'a>,
    at: Moment,
    /// Certificates being asked about: one that is needed to answer for itself does not count as a signer.
    open: RefCell<Vec<crate::document::Sha256Digest>>,
}

impl World<'_> {
    /// The first path from a certificate to the anchor.
    fn path(&self, certificate: &Arc<Certificate>) -> Option<Vec<Arc<Certificate>>> {
        let mut pool = self.pool.clone();
        let start = pool.add(Arc::clone(certificate), Found::Input);
        let member = |number: &usize| Arc::clone(&pool.member(*number).unwrap().certificate);
        search(&pool, start, Budget::default())
            .complete
            .iter()
            .map(|path| path.members.iter().map(member).collect::<Vec<_>>())
            .find(|path| {
                path.last()
                    .is_some_and(|end| end.sha256 == self.anchor.sha256)
            })
    }

    /// The status of each certificate below the anchor; `None` without a path.
    fn statuses(&self, certificate: &Arc<Certificate>) -> Option<Vec<Status>> {
        let path = self.path(certificate)?;
        let links = path.iter().zip(path.iter().skip(1));
        Some(
            links
                .map(|(one, issuer)| self.status(one, issuer))
                .collect(),
        )
    }

    fn status(&self, certificate: &Certificate, issuer: &Certificate) -> Status {
        if self.open.borrow().contains(&certificate.sha256) {
            return Status::NoCrl(PassedOver::default());
        }
        self.open.borrow_mut().push(certificate.sha256);
        let status = status(&RevocationQuestion {
            certificate,
            issuer,
            crls: self.crls,
            signers: self,
            at: self.at,
            stale: Stale::Refuse,
        });
        self.open.borrow_mut().pop();
        status
    }
}

impl Signers for World<'_> {
    fn signers(&self, issuer: &Name, _: Option<&HexBytes>) -> Vec<Arc<Certificate>> {
        (0..self.pool.len())
            .map(|number| Arc::clone(&self.pool.member(number).unwrap().certificate))
            .filter(|signer| signer.subject.matches(issuer))
            .filter(|signer| {
                let statuses = self.statuses(signer);
                statuses.is_some_and(|all| {
                    all.iter()
                        .all(|status| matches!(status, Status::NotListed(_)))
                })
            })
            .collect()
    }
}

#[test]
fn every_pkits_test_has_the_revocation_status_that_the_suite_says() {
    let Some(suite) = suite() else { return };
    let anchor = suite.certificate(&suite.manifest["trust_anchor"]);
    let at = time::OffsetDateTime::parse(
        suite.manifest["at"].as_str().unwrap(),
        &time::format_description::well_known::Rfc3339,
    );
    let at = Moment::new(at.unwrap());
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for test in suite.manifest["tests"].as_array().unwrap() {
        let mut pool = Pool::new();
        for name in test["chain"].as_array().unwrap() {
            pool.add(suite.certificate(name), Found::Input);
        }
        pool.add(Arc::clone(&anchor), Found::BuiltIn);
        let crls: Vec<_> = test["crls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| suite.crl(name))
            .collect();
        let crls: Vec<_> = crls.iter().collect();
        let world = World {
            pool: &pool,
            anchor: &anchor,
            crls: &CrlSet::new(&crls),
            at,
            open: RefCell::default(),
        };
        let id = test["id"].as_str().unwrap();
        let statuses = world.statuses(&suite.certificate(&test["ee"]));
        let got = match &statuses {
            None => "no path",
            Some(all) if all.iter().any(|status| matches!(status, Status::Listed(_))) => "listed",
            Some(all)
                if all
                    .iter()
                    .all(|status| matches!(status, Status::NotListed(_))) =>
            {
                "not listed"
            }
            Some(_) => "could not tell",
        };
        let undetermined = test["status_undetermined"] == Value::Bool(true);
        let right = match (test["default"].as_str(), test["why_invalid"].as_str()) {
            (Some("valid"), _) => got == "not listed",
            (_, Some("revoked")) if !undetermined => got == "listed",
            (_, Some("revoked" | "status undetermined")) => {
                ["listed", "could not tell"].contains(&got)
            }
            _ => continue,
        };
        judged += 1;
        let excepted = EXCEPTIONS.iter().any(|(exception, _)| *exception == id);
        if right == excepted {
            wrong.push(format!(
                "{id} {}: {got}, excepted {excepted}\n  {statuses:#?}",
                test["title"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judged > 60, "only {judged} tests were judged");
}
