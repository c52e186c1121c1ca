//! A key and a request for a host, saved safely: `cargo run --example save_a_key_and_a_request`
//!
//! Task 1 of the crate's front page.

use std::error::Error;

use ptl_cert::fqdn::Fqdn;
use ptl_cert::generate::{self, KeySize, Plan};
use ptl_cert::store::pair::{Existing, write_pair};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let host = Fqdn::parse("gpc-int-a1b2c.supplier.thirdparty.nhs.uk")?;
    let pair = generate::pair(&Plan::of(&host), KeySize::Rsa2048)?;
    let written = write_pair(
        folder.path(),
        &host,
        &pair.key.to_pkcs8_pem()?,
        &pair.request,
        Existing::Refuse,
    )?;
    assert!(matches!(
        written,
        ptl_cert::store::pair::PairOutcome::Written { .. }
    ));
    Ok(())
}
