//! A stand-in for the supplier's own system.

use std::net::SocketAddr;
use std::sync::Arc;

use super::proxy::refused;
use super::{Notice, Notices, said};
use crate::lab::host::Admission;
use crate::wire::host::{Host, HostError, Limits, Question, Reply};
use crate::wire::tls::{self, Caller, Identity};

/// Whom the endpoint lets in, by the certificates that were shown, as DER and the client's own first.
pub type Judge = dyn Fn(&[Vec<u8>]) -> Admission + Send + Sync;

/// Serves as the supplier's system: shows `identity`, asks for a certificate of `authorities`, and lets in whom `judge`
/// lets in. They get 200 and a JSON object that names them; others get 403 with the finding's code in `Lab-Code`.
///
/// # Errors
/// When the address cannot be listened on, or the TLS library does not take the identity or a name.
pub fn endpoint(
    bind: SocketAddr,
    identity: &Identity,
    authorities: &[Vec<u8>],
    limits: Limits,
    judge: Arc<Judge>,
    notices: Arc<Notices>,
) -> Result<Host, HostError> {
    let told = Arc::clone(&notices);
    let answer = move |caller: &Caller, question: &Question| match judge(&caller.chain) {
        Admission::Refused(refusal) => {
            let reply = refused(403, &refusal);
            notices(Notice::Refused {
                from: caller.from,
                refusal,
            });
            reply
        }
        Admission::Admitted { name } => {
            let reply = admitted(&name, question);
            notices(Notice::Admitted {
                from: caller.from,
                name,
            });
            reply
        }
    };
    tls::serve(bind, identity, authorities, limits, answer, move |event| {
        told(Notice::Event(event));
    })
}

fn admitted(name: &str, question: &Question) -> Reply {
    if question.method != "GET" {
        return said(405, "this stand-in answers GET only").with("Allow", "GET");
    }
    let body = serde_json::json!({
        "lab": "a stand-in for the supplier's system",
        "caller": name,
        "path": question.path(),
        "trace": question.header("ssp-traceid"),
    });
    Reply::ok("application/json", format!("{body}\n").into_bytes())
}
