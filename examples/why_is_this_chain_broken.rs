//! Says why a certificate is not accepted: `cargo run --example why_is_this_chain_broken -- CERT.pem ENV [YYYY-MM-DD]`.
//!
//! Without arguments it checks a built-in CA of INT against LIVE.
//!
//! Revocation is not checked here: use `Evidence::crls` and `Revocation::Chain` for that.

use std::error::Error;
use std::sync::Arc;

use ptl_cert::decode;
use ptl_cert::document::{Item, Moment};
use ptl_cert::environment::Facts;
use ptl_cert::input::{Input, Source};
use ptl_cert::store;
use ptl_cert::verdict::verify::{Evidence, Given, Question, Revocation, judge};
use ptl_cert::wording::{Voice, say};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/environment/data/NHS-INT-Level-1C.pem"
);

#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example is a program: it prints, and asks the clock"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "give a file and an environment: CERT.pem int [YYYY-MM-DD]";
    let (path, environment) = match arguments.next() {
        Some(path) => (path, arguments.next().ok_or(usage)?),
        None => (EXAMPLE.to_owned(), "live".to_owned()),
    };
    let at = match arguments.next() {
        Some(date) => OffsetDateTime::parse(&format!("{date}T00:00:00Z"), &Rfc3339)?,
        None => OffsetDateTime::now_utc(),
    };

    let bytes = store::read::file(path.as_ref())?;
    let opened = decode::open(&Input::new(Source::File(path.into()), &bytes), None)?;
    let mut sent = Vec::new();
    for object in &opened.objects {
        let item = Item::read(object, opened.container, None)?;
        if let Some(certificate) = item.document.certificate() {
            sent.push(Given {
                certificate: Arc::clone(certificate),
                origin: item.origin.clone(),
            });
        }
    }

    let facts = Facts::built_in()?;
    let question = Question::new(
        sent.first().ok_or("there is no certificate in it")?,
        Moment::new(at),
    )
    .environment(facts.environment(&environment).ok_or(usage)?)
    .revocation(Revocation::Off);
    let evidence = Evidence::new(&facts).sent(&sent);
    let verdict = judge(&question, &evidence);
    println!("{:?}", verdict.decision);
    for finding in verdict.reasons.iter().chain(&verdict.findings) {
        let words = say(&finding.problem, Voice::Neutral);
        println!("{}: {}", finding.subject.name, words.message);
        println!("  do: {}", words.remedy);
    }
    Ok(())
}
