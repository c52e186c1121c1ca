//! What `lab call` reports: what `probe` saw of the endpoint, and with which certificate of the lab.

use schemars::JsonSchema;
use serde::Serialize;

use crate::document::{Certificate, Moment};
use crate::ops::probe::Probed;
use crate::report::layout::{Detail, Page};
use crate::report::probe::{EndpointProbe, one};
use crate::verdict::connection::ConnectionAnswer;
use crate::verdict::verify::CrlRequired;
use crate::wording::{Voice, crls};

/// The name of the JSON form of [`LabCallReport`].
pub const CALL: &str = "ptl-cert/lab-call/1";

/// One call to a supplier's endpoint, as the NHS's own caller makes it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabCallReport<'a> {
    /// `ptl-cert/lab-call/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// What was asked for.
    pub url: String,
    /// The environment for which the endpoint was judged.
    pub environment: &'static str,
    /// The exit status: 0 if the endpoint is as it has to be.
    pub exit: u8,
    /// The address that was connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// The name in the lab's certificate that was offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The CRL that the distribution point of this certificate names: the one that an endpoint needs to admit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<String>,
    /// What else may be the cause where the endpoint refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What was seen, what it means and what to do, as `probe` reports it.
    pub endpoint: EndpointProbe<'a>,
}

impl<'a> LabCallReport<'a> {
    /// Of a call; `shown` is the certificate of the lab that was offered, `facts` the lab's facts file as a shell takes it.
    pub fn new(
        url: &str,
        environment: &'static str,
        probed: &'a Probed,
        shown: Option<&Certificate>,
        facts: &str,
        at: Moment,
    ) -> LabCallReport<'a> {
        let endpoint = EndpointProbe::new(probed, None, Voice::CommandLine);
        let crl = shown.map(|certificate| crls::needed(&CrlRequired::of(certificate)));
        let refused = matches!(
            endpoint.answer,
            ConnectionAnswer::Refused(_) | ConnectionAnswer::NotProven { .. }
        );
        LabCallReport {
            schema: CALL,
            at,
            url: url.to_owned(),
            environment,
            exit: endpoint.exit,
            remote: endpoint.observed.best().map(|best| best.address.clone()),
            shown: shown.map(|certificate| certificate.subject.short()),
            hint: crl.as_ref().filter(|_| refused).map(|crl| {
                format!(
                    "the endpoint may lack the CRL that this certificate names ({crl}), or have another partition: ptl-cert crl plan --client CERT --env {environment} --facts {facts} lists what it needs"
                )
            }),
            crl,
            endpoint,
        }
    }

    /// The report as text, for this many columns; in brief the answer alone.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        one(&mut page, &self.endpoint, self.at, detail);
        if detail == Detail::Brief {
            return page.into_text();
        }
        page.gap();
        page.labelled("called", &self.url);
        if let Some(remote) = &self.remote {
            page.labelled("connected", remote);
        }
        if let (Some(shown), Some(crl)) = (&self.shown, &self.crl) {
            page.labelled("as", shown);
            page.labelled("its CRL", crl);
        }
        if let Some(hint) = &self.hint {
            page.paragraph("  ", 2, hint);
        }
        page.into_text()
    }
}
