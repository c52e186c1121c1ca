#![expect(clippy::print_stdout, reason = "an example is its own program")]
//! The cache of CRLs in a service, filled through the caller's own HTTP client:
//! `cargo run --example keep_crls_in_a_service`
//!
//! Task 6 of the crate's front page. A lab stands for the NHS's servers here, and its own moment for the clock.

use std::error::Error;

use ptl_cert::lab::{self, Lab};
use ptl_cert::ops::crl::update::{HttpReply, Options};
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::{CrlCache, Judge, Moment};
use ptl_cert::verdict::verify::Given;

fn main() -> Result<(), Box<dyn Error>> {
    let at: Moment = "2027-01-15T08:00:00Z".parse()?;
    let lab = Lab::fixture(at)?;
    let (_, leaf) = lab::fixture_chain(&lab)?;
    let folder = tempfile::tempdir()?;

    let cache = CrlCache::open(folder.path().join("crls"))?.facts(lab.known()?);
    let client = Named::given("a client", leaf.pem());
    let update = cache.begin(&Options::of_certificates([client]), at)?;
    while let Some(ask) = update.ask() {
        let body = get(&lab, ask.url(), at);
        update.got(ask, HttpReply::whole(&body));
    }
    println!("{} CRLs", update.finish()?.crls.len());
    let judge = Judge::of_environment("lab-int").facts(lab.known()?);
    let judge = judge.crls(cache.snapshot()?).build()?; // share it: `Send + Sync + 'static`
    let verdict = judge.verdict(&judge.question(&Given::from(leaf), at))?;
    println!("{:?}", verdict.decision);
    Ok(())
}

/// The caller's own HTTP client: the lab answers.
fn get(lab: &Lab, url: &str, at: Moment) -> Vec<u8> {
    let path = url.strip_prefix(lab.base_url()).unwrap_or_default();
    let crl = lab
        .published_crls()
        .into_iter()
        .find(|crl| crl.path() == path);
    crl.and_then(|crl| lab.crl(&crl, at, &[]).ok())
        .unwrap_or_default()
}
