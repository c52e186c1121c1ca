#![expect(clippy::print_stdout, reason = "an example is its own program")]
//! Does the reply match the request: `cargo run --example accept_a_reply`
//!
//! Task 9 of the crate's front page.

use std::error::Error;

use ptl_cert::ops::Context;
use ptl_cert::ops::accept::{Options, accept};
use ptl_cert::ops::gather::Named;

fn main() -> Result<(), Box<dyn Error>> {
    let (lab, pair, reply) = ptl_cert::lab::fixture_reply("2027-01-15T08:00:00Z".parse()?)?;
    let (csr, key) = (pair.request.pem(), pair.key.to_pkcs8_pem()?);
    let (reply, csr) = (
        Named::given("the reply", reply),
        Named::given("the request", csr),
    );
    let key = Named::given("the key", key.as_bytes());
    let context = Context::new("2027-01-15T08:00:00Z".parse()?, lab.known()?);
    let acceptance = accept(&Options::new([reply], csr, key, "lab-int"), &context)?;
    for file in acceptance.files().into_iter().flatten() {
        println!("{}: {}", file.name, file.holds.join(", "));
    }
    assert!(acceptance.files().is_some(), "{acceptance:?}");
    Ok(())
}
