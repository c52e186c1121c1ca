//! What `accept` reports: whether a reply was the answer, and what was written.

use std::collections::BTreeSet;

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::inspection::{FindingReport, UnreadReport, names};
use super::layout::{Page, style};
use super::verification::{LinkReport, RevocationReport, VerdictReport, in_short};
use crate::chain::Found;
use crate::document::{Certificate, Moment, Serial, Sha256Digest, sha256};
use crate::fqdn::Fqdn;
use crate::input::Origin;
use crate::ops::accept::Acceptance;
use crate::report::layout::Detail;
use crate::verdict::verify::Decision;
use crate::verdict::{Code, Severity};
use crate::wording::{Voice, found, whole_chain};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/accept/1";

/// Everything one run of `accept` has to say; the receipt is the same.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct AcceptanceReport<'a> {
    /// `ptl-cert/accept/1`.
    pub schema: &'static str,
    /// The host that the request is for.
    pub fqdn: &'a Fqdn,
    /// `verified`: it is the answer to the request and good. It is accepted, and written, unless a finding of the severity
    /// `fail_on` or a higher one makes the exit status 1.
    pub decision: Decision,
    /// What decided; absent when it is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The exit status that it leads to.
    pub exit: u8,
    /// The severity from which on a finding alone keeps everything from being written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<Severity>,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The id of the environment that was asked for.
    pub environment: &'a str,
    /// What people call it.
    pub environment_title: &'a str,
    /// The generation of the CA that issued the certificate, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<&'a str>,
    /// SHA-256 over the request's DER.
    pub request_sha256: Sha256Digest,
    /// The endpoint certificates in the reply; exactly one, unless that is the reason.
    pub endpoints: Vec<EndpointReport<'a>>,
    /// Files of the reply's folders, archives and mails in which nothing was recognised; absent where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<UnreadReport>,
    /// The chain, the certificate first; empty where there was not one to judge.
    pub chain: Vec<LinkReport<'a>>,
    /// Whether the certificates of the chain have been revoked; empty where no CRL was given.
    pub revocation: Vec<RevocationReport<'a>>,
    /// What decided against it, or kept it undecided, the deciding reason first.
    pub reasons: Vec<FindingReport>,
    /// What else there is to say.
    pub findings: Vec<FindingReport>,
    /// What was written; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<WrittenReport>,
    /// The command to type next, with SERVER and DIR to be filled in, and KEY where the key came through the standard input; it is
    /// no part of the receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One endpoint certificate of the reply.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct EndpointReport<'a> {
    /// Whose it is.
    pub name: String,
    /// Where it is.
    pub origin: &'a Origin,
    /// Its serial number.
    pub serial: &'a Serial,
    /// The first second of its validity.
    pub not_before: Moment,
    /// The last one.
    pub not_after: Moment,
    /// Its SHA-256.
    pub sha256: Sha256Digest,
    /// SHA-256 over its key's SubjectPublicKeyInfo.
    pub spki_sha256: Sha256Digest,
}

/// The files.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct WrittenReport {
    /// The folder, as it was given.
    pub folder: String,
    /// The files beside the receipt.
    pub files: Vec<WrittenFile>,
    /// The receipt's name.
    pub receipt: String,
}

/// One file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct WrittenFile {
    /// Its name in the folder.
    pub name: String,
    /// The certificates in it, in order.
    pub contents: Vec<String>,
    /// SHA-256 over the file.
    pub sha256: Sha256Digest,
}

impl<'a> AcceptanceReport<'a> {
    /// Joins what was asked with what was found; nothing is written yet.
    pub fn new(acceptance: &'a Acceptance) -> AcceptanceReport<'a> {
        AcceptanceReport::in_voice(acceptance, Voice::Neutral)
    }

    /// The same with remedies in this voice.
    pub fn in_voice(acceptance: &'a Acceptance, voice: Voice) -> AcceptanceReport<'a> {
        let exit = match acceptance.decision() {
            Decision::Verified => 0,
            Decision::NotVerified => 1,
            Decision::NotDecided => 3,
        };
        let Acceptance {
            fqdn,
            at,
            environment,
            environment_id,
            request_sha256,
            judged: acceptance,
            refuse_from,
            passed_over,
            ..
        } = acceptance;
        let judged = acceptance
            .verdict
            .as_ref()
            .zip(acceptance.candidates.first())
            .map(|(verdict, leaf)| {
                VerdictReport::in_voice(&leaf.certificate, &leaf.origin, verdict, None, voice)
            });
        let (chain, revocation) =
            judged.map_or_else(Default::default, |judged| (judged.chain, judged.revocation));
        let decisive = |finding| FindingReport::decisive(finding, voice);
        let mut findings = FindingReport::all(&acceptance.findings, voice);
        if acceptance.decision == Decision::Verified {
            // What is written holds the whole chain.
            for finding in findings
                .iter_mut()
                .filter(|finding| finding.code == Code::SubCaNotSent)
            {
                finding.remedy = whole_chain(voice);
            }
        }
        AcceptanceReport {
            schema: SCHEMA,
            fqdn,
            decision: acceptance.decision,
            code: acceptance.code,
            exit,
            fail_on: *refuse_from,
            at: *at,
            environment: environment_id,
            environment_title: environment,
            generation: acceptance.generation.as_deref(),
            request_sha256: *request_sha256,
            endpoints: acceptance
                .candidates
                .iter()
                .map(|given| EndpointReport::new(&given.certificate, &given.origin))
                .collect(),
            passed_over: UnreadReport::all(passed_over, voice),
            chain,
            revocation,
            reasons: acceptance.reasons.iter().map(decisive).collect(),
            findings,
            written: None,
            next: None,
        }
    }

    /// The report as the text of a receipt.
    ///
    /// # Errors
    /// When it has no JSON form, which no report lacks.
    pub fn receipt(&self) -> serde_json::Result<String> {
        let mut receipt = serde_json::to_string_pretty(self)?;
        receipt.push('\n');
        Ok(receipt)
    }

    /// Renders for a terminal of this many columns, with ANSI colours.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        let (sign, word, style) = match self.decision {
            Decision::Verified if self.written.is_none() => {
                ("✗", "NOT WRITTEN", style(Severity::Warning))
            }
            Decision::Verified => ("✓", "ACCEPTED", Style::new().bold()),
            Decision::NotVerified => ("✗", "REFUSED", style(Severity::Error)),
            Decision::NotDecided => ("?", "NOT DECIDED", style(Severity::Warning)),
        };
        let code = self.code.map(|code| format!("  {code}"));
        page.line(&format!(
            "{sign} {}  {style}{word}{style:#}{}  exit {}",
            self.fqdn,
            code.unwrap_or_default(),
            self.exit
        ));
        match detail {
            Detail::Brief => {
                if self.refusing().is_some() {
                    self.render_nothing(&mut page);
                }
                return page.into_text();
            }
            Detail::Usual => self.render_usual(&mut page),
            Detail::Full => self.render_full(&mut page),
        }
        if let Some(next) = &self.next {
            // In one object, so that it can be copied.
            page.line(&format!("  {:<12}{next}", "next"));
        }
        let all = || self.reasons.iter().chain(&self.findings);
        if detail == Detail::Usual {
            let own = self.chain.first().map(|link| link.name.as_str());
            in_short::findings(&mut page, all(), |finding| match own {
                None => String::new(),
                own => finding.about(own),
            });
            return page.into_text();
        }
        let chain = self.chain.iter().map(|link| link.name.as_str());
        let subjects: BTreeSet<&str> = chain
            .chain(all().map(|finding| finding.subject.as_str()))
            .collect();
        let names = names(subjects.into_iter());
        page.gap();
        for finding in all() {
            finding.render(&mut page, &names, detail);
        }
        page.into_text()
    }

    /// What kept everything from being written, where only a finding did.
    fn refusing(&self) -> Option<String> {
        let is_refused = self.decision == Decision::Verified && self.exit == 1;
        let least = self.fail_on.filter(|_| is_refused)?;
        Some(format!("by a finding: --fail-on {least}"))
    }

    /// That nothing was written, and why not where nothing else says it.
    fn render_nothing(&self, page: &mut Page) {
        let because = self.refusing().map(|by| format!(", {by}"));
        page.labelled(
            "written",
            &format!("nothing{}", because.unwrap_or_default()),
        );
    }

    /// One screen: the chain, the dates and the files on a line each.
    fn render_usual(&self, page: &mut Page) {
        for endpoint in &self.endpoints {
            page.labelled("reply", &endpoint.origin.to_string());
        }
        if !self.chain.is_empty() {
            in_short::chain(page, &self.chain);
            in_short::dates(page, &self.chain, self.at);
        }
        in_short::revocation(page, &self.revocation);
        match &self.written {
            None => self.render_nothing(page),
            Some(written) => {
                let files = written.files.iter().map(|file| file.name.as_str());
                let files: Vec<&str> = files.chain([written.receipt.as_str()]).collect();
                page.labelled("written", &format!("in {}", written.folder));
                for file in files {
                    page.labelled("", file);
                }
            }
        }
    }

    /// Everything: when it was asked, each certificate with its dates, and what each file holds.
    fn render_full(&self, page: &mut Page) {
        for endpoint in &self.endpoints {
            page.labelled(
                "endpoint",
                &format!(
                    "{} · {} · {} to {}",
                    endpoint.origin,
                    endpoint.name,
                    endpoint.not_before.date(),
                    endpoint.not_after.date()
                ),
            );
        }
        for (number, one) in self.passed_over.iter().enumerate() {
            let label = if number == 0 { "not read" } else { "" };
            page.labelled(label, &one.source.to_string());
        }
        let generation = self.generation.map(|generation| format!(" {generation}"));
        page.labelled("asked", &format!("at {}", self.at));
        for (number, link) in self.chain.iter().enumerate() {
            let label = if number == 0 { "chain" } else { "" };
            page.labelled(label, &chain_line(number, link, generation.as_deref()));
        }
        for revocation in &self.revocation {
            let text = format!("of {}: {}", revocation.name, revocation.message);
            page.labelled("revocation", &text);
        }
        self.render_written(page);
    }

    fn render_written(&self, page: &mut Page) {
        let Some(written) = &self.written else {
            self.render_nothing(page);
            return;
        };
        page.labelled("written", &format!("in {}", written.folder));
        for file in &written.files {
            page.labelled("", &file.name);
            for name in &file.contents {
                page.labelled("", &format!("  {name}"));
            }
        }
        page.labelled("", &written.receipt);
    }
}

fn chain_line(number: usize, link: &LinkReport<'_>, generation: Option<&str>) -> String {
    let branch = match number {
        0 => String::new(),
        _ => format!("{}└ ", "  ".repeat(number - 1)),
    };
    let found = match link.found {
        Found::Input => "in the reply",
        elsewhere => found(elsewhere),
    };
    // Most CAs say theirs in their name.
    let generation = generation
        .filter(|generation| number == 1 && !link.name.ends_with(generation))
        .unwrap_or_default();
    let pinned = if link.pinned { ", pinned" } else { "" };
    let until = link.not_after.date();
    format!(
        "{branch}{}{generation} ({found}{pinned}; until {until})",
        link.name
    )
}

impl<'a> EndpointReport<'a> {
    fn new(certificate: &'a Certificate, origin: &'a Origin) -> EndpointReport<'a> {
        EndpointReport {
            name: certificate.subject.short(),
            origin,
            serial: &certificate.serial,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            sha256: certificate.sha256,
            spki_sha256: certificate.key.spki_sha256,
        }
    }
}

impl WrittenReport {
    /// What is written into this folder for an accepted reply; `None` for what was not accepted.
    pub fn of(acceptance: &Acceptance, folder: String) -> Option<WrittenReport> {
        let files = acceptance.files()?.into_iter().map(|file| WrittenFile {
            sha256: sha256(file.pem.as_bytes()),
            name: file.name,
            contents: file.holds,
        });
        Some(WrittenReport {
            folder,
            files: files.collect(),
            receipt: acceptance.receipt_name(),
        })
    }
}
