//! What `lab serve` reports: where its hosts are, and what happens at them.

use schemars::JsonSchema;
use serde::Serialize;

use super::text::PURPOSE;
use crate::document::{Moment, printable};
use crate::input::{Shown, amount};
use crate::lab::host::Fault;
use crate::ops::lab as ops;
use crate::report::layout::Page;
use crate::verdict::Code;
use crate::wording::Voice;

/// The name of the JSON form of [`LabServeReport`].
pub const SERVE: &str = "ptl-cert/lab-serve/1";

/// The name of the NDJSON form of [`NoticeReport`].
pub const NOTICE: &str = "ptl-cert/lab-serve-notice/1";

/// The hosts of a lab, once they listen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabServeReport {
    /// `ptl-cert/lab-serve/1`.
    pub schema: &'static str,
    /// The lab's folder.
    pub folder: String,
    /// What precedes every path in its certificates.
    pub base_url: String,
    /// The environment that the proxy is of.
    pub environment: &'static str,
    /// The generation of the proxy's own certificate.
    pub generation: &'static str,
    /// Where CRLs and CA certificates are: an address and a port.
    pub crls: String,
    /// The page for downloads manually.
    pub downloads: String,
    /// Where the proxy is: an address and a port.
    pub proxy: String,
    /// Where the proxy looks for every provider; absent where it asks providers on this machine only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What is done wrong on purpose.
    pub faults: Vec<FaultReport>,
    /// Why certificates do not lead to these CRLs, where they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// Something that a host does wrong on purpose.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FaultReport {
    /// Its name.
    pub fault: &'static str,
    /// What it is.
    pub description: &'static str,
}

impl LabServeReport {
    /// Lays out the hosts of the lab in a folder.
    pub fn new(
        serving: &ops::Serving,
        options: &ops::ServeOptions,
        voice: Voice,
    ) -> LabServeReport {
        let (base_url, crls) = (serving.base_url(), serving.crls());
        let describe = |fault: &Fault| FaultReport {
            fault: fault.as_str(),
            description: fault.describe(),
        };
        let warning = || {
            let remedy = voice.pick(
                "leave out --port, or create a lab with --base-url",
                "use that port, or create a lab with another base URL",
            );
            format!(
                "the certificates of this lab name {base_url}, and their CRLs are at port {}: {remedy}",
                crls.port()
            )
        };
        LabServeReport {
            schema: SERVE,
            folder: options.lab.shown().to_string(),
            base_url: base_url.to_owned(),
            environment: options.environment.id(),
            generation: options.generation.id(),
            crls: crls.to_string(),
            downloads: serving.downloads(),
            proxy: serving.proxy().to_string(),
            provider: options.provider.map(|provider| provider.to_string()),
            faults: options.faults.iter().map(describe).collect(),
            warning: (!serving.is_where_certificates_say()).then(warning),
        }
    }

    /// The report as text, for this many columns.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        page.heading(&self.folder, PURPOSE);
        page.labelled("CRLs", &format!("http://{}/", self.crls));
        page.labelled("downloads", &self.downloads);
        // Its certificate names `localhost`, and no address.
        let proxy = match self.proxy.strip_prefix("127.0.0.1:") {
            Some(port) => format!("localhost:{port}"),
            None => self.proxy.clone(),
        };
        page.labelled("proxy", &format!("https://{proxy}/https://PROVIDER/PATH"));
        page.labelled(
            "",
            &format!(
                "for {}, with its own certificate of {}",
                self.environment, self.generation
            ),
        );
        let provider = match &self.provider {
            Some(provider) => format!("every one at {provider}"),
            None => "those on this machine, by address".to_owned(),
        };
        page.labelled("providers", &provider);
        for fault in &self.faults {
            page.labelled("fault", &format!("{}: {}", fault.fault, fault.description));
        }
        if let Some(warning) = &self.warning {
            page.paragraph("! ", 2, warning);
        }
        page.into_text()
    }
}

/// Something that happened at a host; one line, as text and as NDJSON.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NoticeReport {
    /// `ptl-cert/lab-serve-notice/1`.
    pub schema: &'static str,
    /// When.
    pub at: Moment,
    /// The host: `crls` or `proxy`.
    pub host: &'static str,
    /// What: `answered`, `admitted`, `refused`, `unanswered`, `not-understood`, `handshake`, `broken`.
    pub event: &'static str,
    /// Who asked: an address and a port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The status that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The bytes of the body that were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The name in the client's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The finding's code, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Why, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl NoticeReport {
    /// The line, without its end. What a stranger sent is escaped.
    pub fn render(&self) -> String {
        let time = self.at.date_time();
        let mut line = format!(
            "{:02}:{:02}:{:02}  {:<6} {}",
            time.hour(),
            time.minute(),
            time.second(),
            self.host,
            self.event
        );
        let mut add = |text: &str| {
            line.push_str("  ");
            line.push_str(&printable(text));
        };
        if let Some(status) = self.status {
            add(&status.to_string());
        }
        if let Some(target) = &self.target {
            add(target);
        }
        if let Some(bytes) = self.bytes {
            add(&amount(bytes, "byte"));
        }
        if let Some(name) = &self.name {
            add(name);
        }
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => add(&format!("{code}: {message}")),
            (None, Some(text)) => add(text),
            (Some(code), None) => add(code.as_str()),
            (None, None) => {}
        }
        if let Some(from) = &self.from {
            add(from);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_happened_and_hostile_text_cannot_colour_it() {
        let notice = NoticeReport {
            schema: NOTICE,
            at: Moment::from_unix(1_800_000_000).unwrap(),
            host: "crls",
            event: "answered",
            from: Some("127.0.0.1:5".to_owned()),
            target: Some("/\u{1b}[31m".to_owned()),
            status: Some(404),
            bytes: Some(7),
            name: None,
            code: None,
            message: None,
        };
        assert_eq!(
            notice.render(),
            "08:00:00  crls   answered  404  /\\u{1b}[31m  7 bytes  127.0.0.1:5"
        );
    }
}
