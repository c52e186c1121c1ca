//! A request for a key that is kept elsewhere: `cargo run --example request_for_a_key_elsewhere`
//!
//! Task 2 of the crate's front page.

use std::error::Error;

use ptl_cert::document::PublicKey;
use ptl_cert::fqdn::Fqdn;
use ptl_cert::generate::Signer;
use ptl_cert::generate::{Plan, Unsigned};

fn main() -> Result<(), Box<dyn Error>> {
    let key = ptl_cert::lab::Keys::built_in()?
        .iter()
        .next()
        .ok_or("no key")?
        .1
        .clone();
    let (spki, sign) = (key.public_key().info().to_vec(), |bytes: &[u8]| {
        key.sign(bytes)
    });
    let host = Fqdn::parse("gpc-int-a1b2c.supplier.thirdparty.nhs.uk")?;
    let unsigned = Unsigned::new(Plan::of(&host), PublicKey::from_bytes(&spki)?)?;
    let signature = sign(unsigned.to_be_signed())?; // sha256WithRSAEncryption, or of unsigned.digest()
    let request = unsigned.signed(&signature)?;
    assert!(
        request
            .pem()
            .starts_with("-----BEGIN CERTIFICATE REQUEST-----")
    );
    Ok(())
}
