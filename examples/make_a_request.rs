#![expect(
    clippy::print_stdout,
    reason = "an example is its own program and talks to its user"
)]
//! Makes a private key and the request to send to the NHS: `cargo run --example make_a_request [FQDN [FOLDER]]`
//!
//! Without a folder the pair goes into a temporary one, which is removed at the end.

use std::env;
use std::error::Error;
use std::path::PathBuf;

use ptl_cert::fqdn::{self, Fqdn};
use ptl_cert::generate::{self, KeySize, Names, Plan, SubjectAttributes};
use ptl_cert::store::pair::{self, Existing, PairOutcome};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let name = arguments
        .next()
        .unwrap_or_else(|| "gpc-int-a1b2c.supplier.thirdparty.nhs.uk".to_owned());
    let temporary = tempfile::tempdir()?;
    let folder = arguments
        .next()
        .map_or_else(|| temporary.path().to_owned(), PathBuf::from);

    // Having an `Fqdn` is the proof that it is a host name; it is up to the caller to enforce the NHS's further naming rules.
    let name = Fqdn::parse(&name)?;
    for fault in fqdn::naming_faults(&name) {
        println!("mind: {fault}; {}", fault.remedy());
    }

    // The CN and a subjectAltName; every other field of the subject may stay blank.
    let plan = Plan::new(Names::new(name.clone()), SubjectAttributes::default());
    let pair = generate::pair(&plan, KeySize::default())?;

    // Both files or neither, the key readable only by its owner, and no existing file is ever overwritten.
    let key = pair.key.to_pkcs8_pem()?;
    let written = pair::write_pair(&folder, &name, &key, &pair.request, Existing::Refuse)?;
    assert!(matches!(written, PairOutcome::Written { .. }));
    println!("keep  {}", folder.join(format!("{name}.key")).display());
    println!("send  {}", folder.join(format!("{name}.csr")).display());
    Ok(())
}
