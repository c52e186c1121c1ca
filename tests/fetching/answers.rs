//! Servers and ways to them that do not answer as they should.

use std::time::Duration;

use ptl_cert::wire::host::{Body, Length, Pace, Reply};

use super::rig::{Ran, Rig};

const CRL: &str = "application/pkix-crl";

#[test]
fn a_crl_that_is_not_there_is_said_with_its_status() {
    let rig = Rig::with_crls();
    rig.refuses(
        |_| Reply::new(404),
        &[],
        3,
        &["failed", "404", "the installed CRL stays"],
    );
}

#[test]
fn a_server_at_fault_is_said_with_its_status() {
    let rig = Rig::with_crls();
    rig.refuses(
        |_| Reply::new(500),
        &[],
        3,
        &["500", "the server has failed"],
    );
}

#[test]
fn a_page_instead_of_a_crl_is_named_as_one() {
    let page = b"<!DOCTYPE html><html><title>Sign in</title></html>";
    let rig = Rig::with_crls();
    let says = ["web page (HTML)", "captive portal"];
    rig.refuses(|_| Reply::ok("text/html", &page[..]), &[], 3, &says);
    rig.refuses(|_| Reply::ok(CRL, &page[..]), &[], 3, &says);
}

#[test]
fn an_empty_body_is_no_crl() {
    let rig = Rig::with_crls();
    rig.refuses(|_| Reply::ok(CRL, &b""[..]), &[], 3, &["is empty"]);
}

#[test]
fn a_body_that_ends_before_its_announced_length_is_no_crl() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let reply = move |_: &_| Reply {
        length: Length::Claimed(crl.len() as u64 + 100),
        ..Reply::ok(CRL, crl.clone())
    };
    rig.refuses(reply, &[], 3, &["the body ended after", "try again"]);
}

#[test]
fn a_body_that_goes_on_after_its_announced_length_is_no_crl() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let reply = move |_: &_| Reply {
        length: Length::Claimed(crl.len() as u64 - 100),
        ..Reply::ok(CRL, crl.clone())
    };
    rig.refuses(reply, &[], 3, &[]);
}

#[test]
fn a_file_that_was_cut_on_the_server_is_no_crl() {
    let rig = Rig::with_crls();
    let mut crl = rig.crl_now(&[]);
    crl.truncate(crl.len() * 2 / 3);
    rig.refuses(
        move |_| Reply::ok(CRL, crl.clone()),
        &[],
        3,
        &["crl-unreadable"],
    );
}

#[test]
fn redirects_in_a_circle_end() {
    let rig = Rig::with_crls();
    let url = rig.url();
    let reply = move |_: &_| Reply::new(302).with("Location", url.clone());
    rig.refuses(reply, &[], 3, &["more than 5 redirects"]);
}

#[test]
fn a_redirect_to_a_file_is_not_followed() {
    let rig = Rig::with_crls();
    let reply = |_: &_| Reply::new(302).with("Location", "file:///etc/passwd");
    rig.refuses(reply, &[], 3, &["only http and https are followed"]);
}

#[test]
fn a_redirect_to_the_crl_is_followed() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let there = crl.clone();
    rig.answers_at("/moved.crl", move |_| Reply::ok(CRL, there.clone()));
    let reply = |_: &_| Reply::new(301).with("Location", "/moved.crl");
    rig.installs(reply, &[], &crl);
}

#[test]
fn a_server_that_drips_is_left_within_the_time_limit() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let reply = move |_: &_| Reply {
        pace: Pace::Drip {
            bytes: 1,
            every: Duration::from_millis(200),
        },
        ..Reply::ok(CRL, crl.clone())
    };
    rig.refuses(reply, &["--timeout", "1s"], 3, &["within 1 s"]);
}

#[test]
fn a_crl_that_takes_too_long_is_said_with_the_option_for_more_time() {
    let rig = Rig::with_crls();
    let reply = |_: &_| Reply {
        body: Body::Stream(Box::new(std::io::repeat(0x30)), None),
        pace: Pace::Drip {
            bytes: 1000,
            every: Duration::from_millis(50),
        },
        ..Reply::ok(CRL, &b""[..])
    };
    rig.refuses(
        reply,
        &["--timeout", "2s"],
        3,
        &["within 2 s", "--timeout 5m"],
    );
}

#[test]
fn a_silent_server_is_left_within_the_time_limit() {
    let rig = Rig::with_crls();
    let reply = |_: &_| Reply {
        pace: Pace::Silent,
        ..Reply::new(200)
    };
    rig.refuses(reply, &["--timeout", "1s"], 3, &["within 1 s"]);
}

#[test]
fn a_port_that_refuses_is_said_at_once() {
    let mut rig = Rig::with_crls();
    let before = rig.installed();
    rig.stop();
    rig.update(&[])
        .expect(3, &["refused the connection", "the installed CRL stays"]);
    assert_eq!(rig.installed(), before);
    assert_eq!(rig.answer(), 0);
}

#[cfg(unix)]
#[test]
fn a_proxys_variable_that_is_not_unicode_is_refused_and_not_gone_around() {
    let rig = Rig::new();
    let value = std::os::unix::ffi::OsStrExt::from_bytes(b"http://\xff:3128");
    let value: &std::ffi::OsStr = value;
    let mut command = rig.command(&["import", &rig.url()]);
    let ran = Ran::of(&command.env("HTTP_PROXY", value).output().unwrap());
    ran.expect(3, &["HTTP_PROXY is not a proxy URL"]);
    assert_eq!(rig.installed().len(), 0);
}

#[test]
fn what_is_no_http_is_said_to_be_none() {
    let rig = Rig::with_crls();
    let reply = |_: &_| Reply::raw(&b"SSH-2.0-OpenSSH_9.2\r\n"[..]);
    rig.refuses(reply, &[], 3, &["does not speak HTTP"]);
}

#[test]
fn a_crl_beyond_the_size_limit_is_an_error_and_no_end() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let announced = crl.clone();
    let says = ["the limit is 100", "--max-size"];
    let limit = ["--max-size", "100"];
    rig.refuses(move |_| Reply::ok(CRL, announced.clone()), &limit, 3, &says);
    let unsaid = move |_: &_| Reply {
        length: Length::Chunked,
        ..Reply::ok(CRL, crl.clone())
    };
    rig.refuses(unsaid, &limit, 3, &says);
}

#[test]
fn a_body_without_end_is_cut_at_the_size_limit() {
    let rig = Rig::with_crls();
    let reply = |_: &_| Reply {
        body: Body::Stream(Box::new(std::io::repeat(0x30)), None),
        ..Reply::ok(CRL, &b""[..])
    };
    rig.refuses(reply, &["--max-size", "64KiB"], 3, &["the limit is 65536"]);
}

#[test]
fn a_gzip_bomb_is_cut_at_the_size_limit_too() {
    let rig = Rig::with_crls();
    let bomb = gzip(&vec![0; 4 << 20]);
    assert!(bomb.len() < 64 << 10);
    let reply = move |_: &_| Reply::ok(CRL, bomb.clone()).with("Content-Encoding", "gzip");
    let args = ["--gzip", "--max-size", "64KiB"];
    rig.refuses(reply, &args, 3, &["the limit is 65536"]);
}

#[test]
fn compression_that_nobody_asked_for_is_refused() {
    let rig = Rig::with_crls();
    let packed = gzip(&rig.crl_now(&[]));
    let reply = move |_: &_| Reply::ok(CRL, packed.clone()).with("Content-Encoding", "gzip");
    rig.refuses(reply, &[], 3, &["which was not requested"]);
}

#[test]
fn compression_that_was_asked_for_is_undone() {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let packed = gzip(&crl);
    let reply = move |_: &_| Reply::ok(CRL, packed.clone()).with("Content-Encoding", "gzip");
    rig.installs(reply, &["--gzip"], &crl);
}

/// As `gzip` packs it.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let level = flate2::Compression::best();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), level);
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}
