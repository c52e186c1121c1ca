#![expect(clippy::print_stdout, reason = "an example is its own program")]
//! Is it good, and if not, why not?: `cargo run --example judge_a_certificate`
//!
//! Task 5 of the crate's front page.

use std::error::Error;

use ptl_cert::document::Moment;
use ptl_cert::ops::{Judge, Snapshot};
use ptl_cert::verdict::verify::{Given, Question};

fn main() -> Result<(), Box<dyn Error>> {
    let lab = ptl_cert::lab::Lab::fixture("2027-01-15T08:00:00Z".parse()?)?;
    let (root, leaf) = ptl_cert::lab::fixture_chain(&lab)?;
    let (crls, leaf) = (lab.crls(lab.created())?, Given::from(leaf));
    let at: Moment = "2027-01-15T08:00:00Z".parse()?;
    let crls = Snapshot::of_bytes(crls.into_iter().map(|der| ("a CRL", der)))?;
    let judge = Judge::of_anchors([root])
        .facts(lab.known()?)
        .crls(crls)
        .build()?;
    let verdict = judge.verdict(&Question::new(&leaf, at))?;
    for reason in &verdict.reasons {
        println!("{}: {}", reason.problem.code(), reason.subject.name);
    }
    assert_eq!(
        verdict.decision,
        ptl_cert::verdict::verify::Decision::Verified,
        "{verdict:?}"
    );
    Ok(())
}
