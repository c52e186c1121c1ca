//! The lab's hosts on the network: its CRLs and certificates over HTTP, and a look-alike of the Spine Secure
//! Proxy over TLS with both sides authenticated.
//!
//! What they answer and which clients they let in is decided by [`crate::lab::host`]; here it is sent, and changed where a
//! [`Fault`] asks for it.

mod forward;
mod proxy;
mod faulty;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

pub use self::proxy::{ProxyError, ProxyPlan, identity, names, proxy};

use self::faulty::with_fault;
use super::host::{Event, Host, HostError, Limits, Question, Reply};
use crate::document::Moment;
use crate::lab::host::{Fault, Page, Refusal};
use crate::lab::{Lab, LabError};

/// The lab as it is at the time of a request, and that time. A caller that reads it from the disk
/// each time serves what was revoked meanwhile.
pub type Look = dyn Fn() -> Result<(Arc<Lab>, Moment), LookError> + Send + Sync;

/// Why the lab cannot be looked at.
pub type LookError = Box<dyn std::error::Error + Send + Sync>;

/// What a host of the lab has to tell.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// Of a connection.
    Event(Event),
    /// The proxy let a client in.
    Admitted {
        /// From where.
        from: SocketAddr,
        /// The name in its certificate.
        name: String,
    },
    /// The proxy let a client not in.
    Refused {
        /// From where.
        from: SocketAddr,
        /// Why.
        refusal: Refusal,
    },
    /// The proxy asked a provider and got no answer that it passes on.
    Unanswered {
        /// What it asked for.
        url: String,
        /// Why.
        reason: String,
    },
    /// The lab cannot be looked at, or cannot make what was asked for.
    Broken {
        /// What was asked for.
        target: String,
        /// Why.
        reason: String,
    },
}

/// The observer.
pub type Notices = dyn Fn(Notice) + Send + Sync;

/// Serves the CRLs, the CA certificates and the page for downloads manually.
///
/// Clients that have a page already get a 304. The first fault of a host's own decides how it misbehaves;
/// those of CRLs go into the CRLs.
///
/// # Errors
/// When the address cannot be listened on.
pub fn crls(
    bind: SocketAddr,
    limits: Limits,
    look: Arc<Look>,
    faults: &[Fault],
    notices: Arc<Notices>,
) -> Result<Host, HostError> {
    let faults = faults.to_vec();
    let told = Arc::clone(&notices);
    let answer = move |question: &Question| {
        let reply = match page(&look, question, &faults) {
            Ok(page) => of_page(page, question),
            Err(error) => broken(question, &*error, &told),
        };
        with_fault(reply, question, &faults)
    };
    Host::start(bind, limits, answer, move |event| {
        notices(Notice::Event(event))
    })
}

fn page(look: &Arc<Look>, question: &Question, faults: &[Fault]) -> Result<Page, LookError> {
    let (lab, at) = look()?;
    let of_lab = |error: LabError| LookError::from(error);
    lab.page(question.path(), at, &Fault::defects(faults))
        .map_err(of_lab)
}

fn of_page(page: Page, question: &Question) -> Reply {
    if !matches!(question.method.as_str(), "GET" | "HEAD") {
        return said(405, "only GET and HEAD are answered").with("Allow", "GET, HEAD");
    }
    let known = page.is_known(
        question.header("if-none-match"),
        question.header("if-modified-since"),
    );
    let mut reply = match known {
        true => Reply::new(304),
        false => Reply {
            status: page.status,
            ..Reply::ok(page.content_type, page.body)
        },
    };
    if page.status == 200 {
        reply = reply.with("ETag", page.etag);
        if let Some(date) = page.last_modified {
            reply = reply.with("Last-Modified", date);
        }
    }
    reply
}

fn broken(
    question: &Question,
    error: &(dyn std::error::Error + 'static),
    notices: &Arc<Notices>,
) -> Reply {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let reply = said(500, &reason);
    notices(Notice::Broken {
        target: question.target.clone(),
        reason,
    });
    reply
}

/// An answer for people.
fn said(status: u16, sentence: &str) -> Reply {
    Reply {
        status,
        ..Reply::ok(
            "text/plain; charset=utf-8",
            format!("{sentence}\n").into_bytes(),
        )
    }
}
