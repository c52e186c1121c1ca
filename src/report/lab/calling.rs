//! What `lab call` reports: everything that was seen of a supplier's endpoint.

use schemars::JsonSchema;
use serde::Serialize;

use crate::document::printable;
use crate::report::layout::Page;

/// The name of the JSON form of [`CallingReport`].
pub const CALL: &str = "ptl-cert/lab-call/1";

/// One call to a supplier's endpoint, as the NHS's own caller makes it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CallingReport {
    /// `ptl-cert/lab-call/1`.
    pub schema: &'static str,
    /// What was asked for.
    pub url: String,
    /// The environment that the endpoint was judged for.
    pub environment: &'static str,
    /// Whether the endpoint is as one that is called by the NHS has to be: no fault below.
    pub good: bool,
    /// The address that was connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// The name in the certificate that we showed; absent where we had none to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The protocol, once there was a handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The cipher suite, by OpenSSL's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipher: Option<String>,
    /// The names of the certificates that the endpoint sent, its own first.
    pub chain: Vec<String>,
    /// Whom the endpoint asks for; absent where it asks for no certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<RequestedReport>,
    /// The answer's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The length of the answer's body in bytes, as far as it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_length: Option<u64>,
    /// The beginning of the answer's body, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The alert with which the endpoint hung up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    /// What is wrong, the gravest first.
    pub faults: Vec<CallFault>,
}

/// A server's wish for a certificate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RequestedReport {
    /// The names of the CAs that it takes; empty for any.
    pub authorities: Vec<String>,
    /// The CAs of this environment that it does not name although it names some.
    pub missing: Vec<String>,
}

/// Something that is wrong with an endpoint.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CallFault {
    /// A finding's code, or one of `no-answer`, `refused`, `no-tls`, `no-request`, `authorities`, `status`.
    pub code: String,
    /// What is the matter.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl CallingReport {
    /// The report as text, for so many columns.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        page.heading(&self.url, if self.good { "good" } else { "not good" });
        page.labelled("as for", self.environment);
        if let Some(remote) = &self.remote {
            page.labelled("address", remote);
        }
        page.labelled(
            "we showed",
            self.shown.as_deref().unwrap_or("no certificate"),
        );
        if let (Some(protocol), Some(cipher)) = (&self.protocol, &self.cipher) {
            page.labelled("TLS", &format!("{protocol} · {cipher}"));
        }
        if !self.chain.is_empty() {
            page.labelled("it showed", &self.chain.join(" ─ "));
        }
        let requested = match &self.requested {
            None if self.chain.is_empty() => None,
            None => Some("no certificate".to_owned()),
            Some(requested) if requested.authorities.is_empty() => {
                Some("a certificate, of any CA".to_owned())
            }
            Some(requested) => Some(requested.authorities.join(" | ")),
        };
        if let Some(requested) = requested {
            page.labelled("it asks for", &requested);
        }
        if let Some(status) = self.status {
            let length = self.body_length.unwrap_or_default();
            page.labelled("answer", &format!("status {status}, {length} bytes"));
        }
        if let Some(body) = &self.body {
            for line in body.lines().take(5) {
                page.labelled("", &printable(line));
            }
        }
        if let Some(alert) = &self.alert {
            page.labelled("alert", alert);
        }
        for fault in &self.faults {
            page.gap();
            page.paragraph("✗ ", 2, &format!("{}: {}", fault.code, fault.message));
            page.paragraph("  ", 2, &fault.remedy);
        }
        page.into_text()
    }
}
