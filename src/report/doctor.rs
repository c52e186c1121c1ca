//! What `doctor` reports: each site of a server's configuration, and what is wrong with it.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::layout::{Detail, Page, style};
use crate::document::Moment;
use crate::input::Shown;
use crate::ops::doctor::Examined;
use crate::verdict::configuration::SiteFault;
use crate::verdict::plan::Server;
use crate::verdict::{Code, Severity};
use crate::wording::{Voice, say_configuration, source};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/doctor/1";

/// Everything one run of `doctor` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct DoctorReport {
    /// `ptl-cert/doctor/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The id of the environment that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_title: Option<String>,
    /// The exit status that it leads to.
    pub exit: u8,
    /// The parts of the configurations that accept TLS clients.
    pub sites: Vec<SiteReport>,
    /// Paths in which no configuration of a known server was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nothing_found: Vec<String>,
    /// Paths whose configuration is too large, so that none of it was examined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub too_large: Vec<TooLargeReport>,
    #[serde(skip)]
    voice: Voice,
}

/// A configuration that was not examined.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct TooLargeReport {
    /// The path that was named.
    pub path: String,
    /// Which limit it exceeds.
    pub message: String,
}

/// One part of a configuration that accepts TLS clients.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct SiteReport {
    /// The kind of server.
    pub server: Server,
    /// What it is called.
    pub name: String,
    /// Where it begins: file and line.
    pub location: String,
    /// Since when the server runs, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Moment>,
    /// The server's own test that accepted the configuration, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested: Option<String>,
    /// What is wrong.
    pub findings: Vec<SiteFaultReport>,
}

/// Something that is wrong.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct SiteFaultReport {
    /// The finding's code.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// The site.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// The facts of the case by name; which there are depends on the code.
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// Where the rule comes from.
    pub source: &'static str,
    /// Where: file and line.
    pub location: String,
}

impl SiteReport {
    /// The exit status that it leads to: an error decides, and without one nothing is decided where a part was not examined.
    fn exit(&self) -> u8 {
        let mut codes = self.findings.iter().map(|one| one.code);
        match self.findings.iter().map(|one| one.severity).max() {
            Some(Severity::Error) => 1,
            _ if codes.any(|code| code == Code::ServerNotExamined) => 3,
            _ => 0,
        }
    }
}

impl DoctorReport {
    /// Of what was examined.
    pub fn new(examined: &Examined) -> DoctorReport {
        DoctorReport::in_voice(examined, Voice::Neutral)
    }

    /// Of what was examined, the remedies in this voice.
    pub fn in_voice(examined: &Examined, voice: Voice) -> DoctorReport {
        let finding = |fault: &SiteFault| {
            let code = fault.problem.code();
            let words = say_configuration(&fault.problem, voice);
            SiteFaultReport {
                code,
                severity: code.severity(),
                subject: fault.site.clone(),
                message: words.message,
                remedy: words.remedy,
                source: source(code),
                location: fault.line.to_string(),
                facts: fault.problem.facts(),
            }
        };
        let sites: Vec<SiteReport> = examined
            .sites
            .iter()
            .map(|site| SiteReport {
                server: site.server,
                name: site.name.clone(),
                location: site.line.clone(),
                started: site.started,
                tested: site.tested.clone(),
                findings: site.faults.iter().map(finding).collect(),
            })
            .collect();
        let mut report = DoctorReport {
            schema: SCHEMA,
            at: examined.at,
            environment: examined.environment_id.clone(),
            environment_title: examined.environment.clone(),
            exit: 0,
            sites,
            nothing_found: examined
                .nothing_found
                .iter()
                .map(|path| path.shown().to_string())
                .collect(),
            too_large: examined
                .too_large
                .iter()
                .map(|(path, limit)| TooLargeReport {
                    path: path.shown().to_string(),
                    message: limit.to_string(),
                })
                .collect(),
            voice,
        };
        let is_complete = report.nothing_found.is_empty() && report.too_large.is_empty();
        let exits = |exit| report.sites.iter().any(|site| site.exit() == exit);
        // What is wrong is wrong, whatever was not examined.
        report.exit = match is_complete && !exits(3) {
            _ if exits(1) => 1,
            true => 0,
            false => 3,
        };
        report
    }

    /// The heaviest finding.
    pub fn worst(&self) -> Option<Severity> {
        let findings = self.sites.iter().flat_map(|site| &site.findings);
        findings.map(|finding| finding.severity).max()
    }

    /// Renders for a terminal of this many columns, with ANSI colours. In brief it has one line for each site, and in full the
    /// rule behind each finding.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        let bold = Style::new().bold();
        for site in &self.sites {
            if detail != Detail::Brief {
                page.gap();
            }
            let title = site.server.behaviour().title;
            let (word, style) = match site.findings.iter().map(|one| one.severity).max() {
                None => ("NOTHING FOUND WRONG".to_owned(), bold),
                Some(worst) => {
                    let count = crate::wording::count(
                        i64::try_from(site.findings.len()).unwrap_or(i64::MAX),
                        "finding",
                    );
                    let word = match site.exit() {
                        3 => format!("not decided, {count}"),
                        _ => count,
                    };
                    (word.to_uppercase(), style(worst))
                }
            };
            page.line(&format!("{title} {}  {style}{word}{style:#}", site.name));
            if detail == Detail::Brief {
                continue;
            }
            page.labelled("location", &site.location);
            if let Some(started) = site.started {
                page.labelled("running", &format!("since {}", started.to_minute()));
            }
            if let Some(tested) = &site.tested {
                page.labelled("tested", &format!("{tested} accepts it"));
            }
            for finding in &site.findings {
                let (sign, colour) = match finding.severity {
                    Severity::Error => ('✗', style_of(finding.severity)),
                    Severity::Warning => ('!', style_of(finding.severity)),
                    Severity::Note => ('·', style_of(finding.severity)),
                };
                page.gap();
                page.line(&format!("{colour}{sign} {}{colour:#}", finding.code));
                page.labelled("what", &finding.message);
                page.labelled("location", &finding.location);
                page.labelled("do", &finding.remedy);
                if detail == Detail::Full {
                    page.labelled("rule", finding.source);
                }
            }
        }
        for path in &self.nothing_found {
            page.gap();
            page.line(&format!(
                "{path}: configures no TLS server for nginx, Apache, HAProxy or Tomcat"
            ));
            if detail == Detail::Brief {
                continue;
            }
            page.labelled(
                "  do",
                &self.voice.pick(
                    "give the file that defines the server, or the folder with everything it includes; for nginx: nginx -T | ptl-cert doctor -",
                    "give the file that defines the server, or the folder with everything it includes",
                ),
            );
        }
        for one in &self.too_large {
            page.gap();
            page.line(&format!("{}: NOT EXAMINED", one.path));
            page.labelled("  why", &one.message);
            if detail != Detail::Brief {
                page.labelled(
                    "  do",
                    "remove includes that repeat each other, or name the files with the TLS servers one by one",
                );
            }
        }
        page.into_text()
    }
}

fn style_of(severity: Severity) -> Style {
    style(severity)
}
