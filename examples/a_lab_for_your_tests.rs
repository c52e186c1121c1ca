#![expect(
    clippy::print_stdout,
    reason = "an example is its own program and talks to its user"
)]
//! A lab as the fixture of another crate's tests: create it, sign a request, revoke, verify.
//!
//! Nothing is written, nothing is fetched, and the clock is an argument: such a test passes today and in ten years.
//!
//! ```sh
//! cargo run --example a_lab_for_your_tests
//! ```

use std::error::Error;
use std::sync::Arc;

use ptl_cert::decode;
use ptl_cert::document::{Document, Moment, Request};
use ptl_cert::environment::Facts;
use ptl_cert::fqdn::Fqdn;
use ptl_cert::generate::{self, KeySize, Names, SubjectAttributes};
use ptl_cert::input::{Input, Origin, Source};
use ptl_cert::lab::{Defect, Generation, Keys, Lab, LabEnvironment, LabPlan, Reply};
use ptl_cert::revocation::{RevocationReason, SearchableCrl};
use ptl_cert::verdict::verify::{Evidence, Given, Question, Verdict, judge};

fn main() -> Result<(), Box<dyn Error>> {
    let at = Moment::from_unix(1_800_000_000).ok_or("no such moment")?;
    // Making keys takes seconds: share one lab among all tests of a run.
    let mut lab = Lab::create(Keys::make()?, &LabPlan::new(LabPlan::BASE_URL, at))?;

    let host = Fqdn::parse("gpc-int-a12345.supplier.thirdparty.nhs.uk")?;
    let plan = generate::Plan::new(Names::new(host.clone()), SubjectAttributes::default());
    let request = read(&generate::pair(&plan, KeySize::Rsa2048)?.request.pem())?;

    for generation in Generation::ALL {
        let reply = lab.sign(&request, LabEnvironment::Int, generation, &[], at)?;
        let verdict = verify(&lab, &reply, &host, at)?;
        println!("{generation:8} {:?}", verdict.decision);
    }

    // One thing wrong at a time: what does your software make of it?
    for defect in [Defect::Expired, Defect::WrongName, Defect::SubExpired] {
        let reply = lab.sign(&request, LabEnvironment::Int, Generation::G2, &[defect], at)?;
        let verdict = verify(&lab, &reply, &host, at)?;
        let code = verdict.code.map(|code| code.as_str());
        println!(
            "{defect:14} {:?}, {}",
            verdict.decision,
            code.unwrap_or("no code")
        );
    }

    let reply = lab.sign(&request, LabEnvironment::Int, Generation::G1, &[], at)?;
    lab.revoke(reply.certificate(), RevocationReason::KeyCompromise, at)?;
    let verdict = verify(&lab, &reply, &host, at)?;
    let code = verdict.code.map(|code| code.as_str());
    println!(
        "revoked        {:?}, {}",
        verdict.decision,
        code.unwrap_or("no code")
    );
    Ok(())
}

/// Judges a reply by the lab's facts, with all of its CRLs as they are at that moment.
fn verify(lab: &Lab, reply: &Reply, host: &Fqdn, at: Moment) -> Result<Verdict, Box<dyn Error>> {
    let facts = Facts::built_in()?.extended(&lab.facts())?;
    let here = Origin::whole(&Arc::new(Source::BuiltIn("laboratory")));
    let mut crls = Vec::new();
    for place in lab.published_crls() {
        crls.push(SearchableCrl::read(
            lab.crl(&place, at, &[])?,
            here.clone(),
        )?);
    }
    let leaf = Given {
        certificate: Arc::new(reply.certificate().clone()),
        origin: here.clone(),
    };
    let sent: Vec<Given> = reply
        .certificates()
        .map(|certificate| Given {
            certificate: Arc::new(certificate),
            origin: here.clone(),
        })
        .collect();
    let int = facts
        .environment(LabEnvironment::Int.id())
        .ok_or("no INT")?;
    let question = Question::new(&leaf, at).fqdn(host).environment(int);
    let crls: Vec<_> = crls.iter().collect();
    let evidence = Evidence::new(&facts).sent(&sent).crls(&crls);
    Ok(judge(&question, &evidence))
}

fn read(pem: &str) -> Result<Request, Box<dyn Error>> {
    let input = Input::new(Source::BuiltIn("request"), pem.as_bytes());
    let opened = decode::open(&input, None)?;
    let object = opened.objects.first().ok_or("no request")?;
    match Document::read(&object.decode()?, None)? {
        Document::Request(request) => Ok(*request),
        _ => Err("not a request".into()),
    }
}
