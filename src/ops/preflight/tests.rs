//! What the check of the supplier's own endpoint passes, and what it does not.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::lab::tests::HOST;
use crate::ops::probe::tests::{
    FORBIDDEN, TLS12, as_proxy, asking, at, bench, insisting, insisting_as, limited, over, reply,
    required,
};
use crate::verdict::Code;

/// The check of an endpoint at this address.
fn options(address: SocketAddr) -> Options {
    let mut options = Options::new("lab-int", Fqdn::parse(HOST).unwrap());
    options.endpoint = Some(address);
    options.only = vec![CheckId::Endpoint];
    options.timeout = Duration::from_secs(4);
    options
}

fn checked(options: &Options) -> Checked {
    let context = Context::new(at(), Arc::clone(&bench().facts));
    preflight(options, &context).unwrap().checks.remove(0)
}

fn endpoint(address: SocketAddr) -> Checked {
    checked(&options(address))
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

#[test]
fn an_endpoint_that_presents_another_certificate_than_the_one_given_is_a_warning() {
    let mut context = insisting(TLS12, &[]);
    context
        .set_cipher_list("ECDHE-RSA-AES256-GCM-SHA384")
        .unwrap();
    let address = over(context, reply(FORBIDDEN));
    let mut options = options(address);
    for (own, outcome) in [
        (bench().own(), CheckOutcome::Pass),
        (bench().client(), CheckOutcome::Warn),
    ] {
        options.own = Some(IdentityFiles::new(own, None));
        let checked = checked(&options);
        assert_eq!(checked.outcome, outcome, "{checked:#?}");
    }
}

#[test]
fn an_endpoint_whose_certificate_expires_soon_is_a_warning() {
    let mut context = insisting_as(&bench().expiring);
    context
        .set_cipher_list("ECDHE-RSA-AES256-GCM-SHA384")
        .unwrap();
    let checked = endpoint(over(context, reply(FORBIDDEN)));
    assert_eq!(checked.outcome, CheckOutcome::Warn, "{checked:#?}");
}

#[test]
fn a_proxy_is_said_to_require_a_certificate_only_where_it_does() {
    let seen = |address: SocketAddr| {
        let mut options = options(address);
        options.only = vec![CheckId::SpineProxy];
        options.proxy = Some(address);
        let mut checked = checked(&options);
        assert_eq!(checked.outcome, CheckOutcome::NotDecided, "{checked:#?}");
        checked.observed.remove(0)
    };
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let requiring = seen(over(required(as_proxy(TLS12)), reply(page)));
    assert!(
        matches!(requiring, Observed::CertificateWanted { .. }),
        "{requiring:#?}"
    );
    let code = |observed: Observed| match observed {
        Observed::Open { finding, .. } => Some(finding.problem.code()),
        _ => None,
    };
    let plain = seen(over(as_proxy(TLS12), reply(page)));
    assert_eq!(code(plain), Some(Code::ClientCertNotRequested));
    let mut optional = as_proxy(TLS12);
    optional.set_verify_callback(openssl::ssl::SslVerifyMode::PEER, |_, _| true);
    let optional = seen(over(optional, reply(page)));
    assert_eq!(code(optional), Some(Code::ClientCertOptional));
}
