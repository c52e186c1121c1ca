//! What `lab endpoint` reports once it listens.

use schemars::JsonSchema;
use serde::Serialize;

use super::text::PRACTICE;
use crate::report::layout::Page;

/// The name of the JSON form of [`EndpointReport`].
pub const ENDPOINT: &str = "ptl-cert/lab-endpoint/1";

/// A stand-in for the supplier's system, once it listens.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EndpointReport {
    /// `ptl-cert/lab-endpoint/1`.
    pub schema: &'static str,
    /// Whose certificate it shows.
    pub name: String,
    /// Where it listens: an address and a port.
    pub address: String,
    /// The environment whose callers it lets in.
    pub environment: &'static str,
    /// Their names.
    pub callers: Vec<String>,
    /// The folder with the CRLs that it judges them by.
    pub cache: String,
}

impl EndpointReport {
    /// The report as text, for so many columns.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        page.heading(&self.name, PRACTICE);
        page.labelled("endpoint", &format!("https://{}/", self.address));
        let callers = self.callers.join(" and ");
        page.labelled("lets in", &format!("{callers}, for {}", self.environment));
        page.labelled("lists", &self.cache);
        page.into_text()
    }
}
