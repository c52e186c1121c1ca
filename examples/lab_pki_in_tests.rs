//! A lab PKI for tests: `cargo run --example lab_pki_in_tests`
//!
//! Task 7 of the crate's front page.

use std::error::Error;

use ptl_cert::fqdn::Fqdn;
use ptl_cert::generate::Plan;
use ptl_cert::lab::{Defect, Generation, Lab, LabEnvironment, fixture_pair};

fn main() -> Result<(), Box<dyn Error>> {
    let mut lab = Lab::fixture("2027-01-15T08:00:00Z".parse()?)?;
    let pair = fixture_pair(&Plan::of(&Fqdn::parse(
        "gpc-int-a1b2c.supplier.thirdparty.nhs.uk",
    )?))?;
    let (int, g2, at) = (LabEnvironment::Int, Generation::G2, lab.created());
    let good = lab.sign(pair.request.request(), int, g2, &[], at)?;
    let expired = lab.sign(pair.request.request(), int, g2, &[Defect::Expired], at)?;
    assert!(expired.certificate().not_after < good.certificate().not_after);
    Ok(())
}
