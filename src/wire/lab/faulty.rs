//! Answers that are wrong on purpose.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::lab::host::Fault;
use crate::wire::host::{Body, Length, Pace, Question, Reply};

/// What a gzip bomb unpacks to, in bytes: more than is read from any input.
const BOMB: u64 = crate::input::SIZE_LIMIT + 1;

/// The answer as the first fault of the host's own has it; as it was where there is none.
pub(super) fn with_fault(reply: Reply, question: &Question, faults: &[Fault]) -> Reply {
    let own = faults
        .iter()
        .find(|fault| !matches!(fault, Fault::SearchableCrl(_)));
    let length = match &reply.body {
        Body::Bytes(bytes) => bytes.len() as u64,
        _ => 0,
    };
    match own {
        None => reply,
        Some(Fault::NotFound) => super::said(404, "not found, on purpose"),
        Some(Fault::ServerError) => super::said(500, "out of order, on purpose"),
        Some(Fault::Html) => Reply::ok(
            "text/html; charset=utf-8",
            &b"<!DOCTYPE html>\n<html><head><title>LAB: sign in</title></head><body>Please sign in.</body></html>\n"[..],
        ),
        Some(Fault::Empty) => Reply {
            body: Body::Bytes(Vec::new().into()),
            ..reply
        },
        Some(Fault::Truncated) => Reply {
            cut: Some(length / 2),
            ..reply
        },
        Some(Fault::WrongLength) => Reply {
            length: Length::Claimed(length + 100),
            ..reply
        },
        Some(Fault::ShortLength) => Reply {
            length: Length::Claimed(length / 2),
            ..reply
        },
        Some(Fault::Drip) => Reply {
            pace: Pace::Drip {
                bytes: 10,
                every: Duration::from_secs(1),
            },
            ..reply
        },
        Some(Fault::Silent) => Reply {
            pace: Pace::Silent,
            ..reply
        },
        Some(Fault::Oversize) => Reply {
            body: Body::Stream(Box::new(io::repeat(0x30)), None),
            ..reply
        },
        Some(Fault::HugeLength) => Reply {
            length: Length::Claimed(1 << 40),
            ..reply
        },
        Some(Fault::RedirectLoop) => Reply::new(302).with("Location", question.target.clone()),
        Some(Fault::RedirectFile) => Reply::new(302).with("Location", "file:///etc/hosts"),
        Some(Fault::GzipBomb) => Reply {
            body: Body::Bytes(bomb().into()),
            ..reply.with("Content-Encoding", "gzip")
        },
        Some(Fault::Gzip) => packed(reply),
        Some(Fault::NotHttp) => Reply::raw(&b"220 lab.nhs.uk ESMTP on purpose\r\n\r\n"[..]),
        // A fault that is added later misbehaves visibly until it is written here.
        Some(_) => super::said(501, "this fault is not implemented"),
    }
}

fn packed(reply: Reply) -> Reply {
    let bytes = match &reply.body {
        Body::Bytes(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    Reply {
        body: Body::Bytes(gzip(&bytes).into()),
        ..reply.with("Content-Encoding", "gzip")
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Many members that unpack to a mebibyte each: a gzip file may have any number of them (RFC 1952, 2.2).
fn bomb() -> &'static [u8] {
    static PACKED: OnceLock<Vec<u8>> = OnceLock::new();
    PACKED.get_or_init(|| {
        const MEMBER: usize = 1024 * 1024;
        let member = gzip(&vec![0; MEMBER]);
        let members = usize::try_from(BOMB).unwrap_or(usize::MAX).div_ceil(MEMBER);
        member.repeat(members)
    })
}
