//! What the check of the supplier's own endpoint passes, and what it does not.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::lab::tests::HOST;
use crate::ops::probe::tests::{
    FORBIDDEN, TLS12, asking, at, bench, insisting, limited, over, reply,
};
use crate::verdict::Code;

/// The check of an endpoint at this address.
fn endpoint(address: SocketAddr) -> Checked {
    let mut options = Options::new("lab-int", Fqdn::parse(HOST).unwrap());
    options.endpoint = Some(address);
    options.only = vec![CheckId::Endpoint];
    options.timeout = Duration::from_secs(4);
    let context = Context::new(at(), Arc::clone(&bench().facts));
    preflight(&options, &context).unwrap().checks.remove(0)
}

#[test]
fn an_endpoint_that_refuses_a_client_without_a_certificate_passes() {
    let mut context = insisting(TLS12, &[]);
    context
        .set_cipher_list("ECDHE-RSA-AES256-GCM-SHA384")
        .unwrap();
    let checked = endpoint(over(context, reply(FORBIDDEN)));
    assert_eq!(checked.outcome, CheckOutcome::Pass, "{checked:#?}");
}

#[test]
fn an_endpoint_whose_first_page_is_forbidden_to_every_client_does_not_pass() {
    let mut context = asking(TLS12, &[]);
    context
        .set_cipher_list("ECDHE-RSA-AES256-GCM-SHA384")
        .unwrap();
    let checked = endpoint(over(context, reply(FORBIDDEN)));
    assert_eq!(checked.outcome, CheckOutcome::NotDecided, "{checked:#?}");
}

#[test]
fn an_endpoint_about_which_the_scan_found_out_too_little_does_not_pass() {
    let checked = endpoint(limited(insisting(TLS12, &[]), 1));
    assert_eq!(checked.outcome, CheckOutcome::NotDecided, "{checked:#?}");
    let is_said = checked.observed.iter().any(|observed| match observed {
        Observed::Open { finding, .. } => finding.problem.code() == Code::ScanIncomplete,
        _ => false,
    });
    assert!(is_said, "{checked:#?}");
}
