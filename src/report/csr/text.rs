//! The report as text.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::{CsrNote, CsrReport, CsrSummary, HostReport, HostStatus};
use crate::report::layout::Detail;
use crate::report::problem::fold;

const STRONG: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const NOTE: Style = AnsiColor::Yellow.on_default();

impl CsrReport {
    /// The report as text, at most `width` columns wide but for names and paths that are longer.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut text = String::new();
        match self.hosts.as_slice() {
            [host] => host.render(&mut text, detail, width),
            hosts => {
                self.render_summary(&mut text, detail);
                render_table(&mut text, hosts, detail);
                render_failures(&mut text, hosts, detail, width);
                for host in hosts.iter().filter(|_| detail == Detail::Full) {
                    text.push('\n');
                    host.render(&mut text, detail, width);
                }
            }
        }
        for note in &self.notes {
            note.render(&mut text, "", detail, width);
        }
        if !self.next.is_empty() && detail != Detail::Brief {
            let _ = writeln!(text, "\n{STRONG}next{STRONG:#}");
            for (index, step) in self.next.iter().enumerate() {
                text.push_str(&fold(
                    &step.text,
                    &format!("  {}  ", index + 1),
                    "     ",
                    width,
                ));
                if let Some(command) = &step.command {
                    let _ = writeln!(text, "     {command}");
                }
            }
        }
        text
    }

    /// How many hosts there are, and what became of them.
    fn render_summary(&self, text: &mut String, detail: Detail) {
        let CsrSummary {
            created,
            skipped,
            failed,
        } = self.summary;
        let _ = writeln!(
            text,
            "{STRONG}{} hosts{STRONG:#}: {created} created, {skipped} skipped, {failed} failed",
            self.hosts.len()
        );
        let rows = match detail {
            Detail::Brief => failed,
            Detail::Usual | Detail::Full => self.hosts.len(),
        };
        if rows > 0 {
            text.push('\n');
        }
    }
}

impl HostReport {
    fn render(&self, text: &mut String, detail: Detail, width: usize) {
        let place = match (self.status, self.line) {
            (HostStatus::Failed, Some(line)) => format!(" (line {line})"),
            _ => String::new(),
        };
        let (mark, word) = (self.status.mark(), self.status.word());
        let _ = writeln!(
            text,
            "{mark} {STRONG}{}{STRONG:#}  {word}{place}",
            self.fqdn
        );
        let is_whole = detail != Detail::Brief;
        if let Some(files) = self.files.as_ref().filter(|_| is_whole) {
            let protection = match &self.request {
                Some(request) if request.key_encrypted => ", encrypted",
                _ => "",
            };
            let _ = writeln!(text, "  key      {}", files.key);
            let _ = writeln!(
                text,
                "           private{protection}: it stays here; never send it"
            );
            let _ = writeln!(text, "  request  {}", files.csr);
            if self.status == HostStatus::Created {
                let _ = writeln!(text, "           this is the file to send");
            }
            for old in &files.replaced {
                let _ = writeln!(text, "  kept     {old}");
            }
        }
        if let Some(request) = self.request.as_ref().filter(|_| is_whole) {
            let names = if request.names.is_empty() {
                "in the CN only, no subjectAltName".to_owned()
            } else {
                request.names.join(", ")
            };
            text.push_str(&fold(&request.subject, "  subject  ", "           ", width));
            text.push_str(&fold(&names, "  names    ", "           ", width));
            let _ = writeln!(text, "  public   {}, its SHA-256:", request.key_algorithm);
            let _ = writeln!(text, "           {}", request.spki_sha256);
        }
        for note in &self.notes {
            note.render(text, "  ", detail, width);
        }
        if let Some(problem) = &self.error {
            text.push_str(&problem.render("  why", width));
        }
    }
}

impl CsrNote {
    fn render(&self, text: &mut String, indent: &str, detail: Detail, width: usize) {
        let line = match &self.remedy {
            Some(remedy) if detail != Detail::Brief => format!("{}; {remedy}", self.message),
            _ => self.message.clone(),
        };
        let folded = fold(&line, &format!("{indent}! "), &format!("{indent}  "), width);
        text.push_str(&folded.replacen('!', &format!("{NOTE}!{NOTE:#}"), 1));
    }
}

impl HostStatus {
    fn word(self) -> &'static str {
        match self {
            HostStatus::Created => "created",
            HostStatus::Skipped => "skipped",
            HostStatus::Failed => "failed",
        }
    }

    fn mark(self) -> String {
        match self {
            HostStatus::Created => format!("{GOOD}✓{GOOD:#}"),
            HostStatus::Skipped => "–".to_owned(),
            HostStatus::Failed => format!("{BAD}✗{BAD:#}"),
        }
    }
}

fn render_table(text: &mut String, hosts: &[HostReport], detail: Detail) {
    let shown = |host: &&HostReport| detail != Detail::Brief || host.status == HostStatus::Failed;
    let longest = hosts
        .iter()
        .filter(shown)
        .map(|host| host.fqdn.chars().count())
        .max()
        .unwrap_or(0);
    let numbered = hosts.iter().any(|host| host.line.is_some());
    for host in hosts.iter().filter(shown) {
        let line = match host.line {
            Some(line) => format!("{line:>5}  "),
            None if numbered => "       ".to_owned(),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "{line}{} {:longest$}  {}",
            host.status.mark(),
            host.fqdn,
            host.status.word()
        );
    }
}

fn render_failures(text: &mut String, hosts: &[HostReport], detail: Detail, width: usize) {
    for host in hosts {
        let place = host
            .line
            .map_or_else(|| host.fqdn.clone(), |line| format!("line {line}"));
        if let Some(problem) = &host.error {
            text.push('\n');
            text.push_str(&problem.render(&place, width));
        }
        for note in &host.notes {
            let note = CsrNote {
                message: format!("{place}: {}", note.message),
                remedy: note.remedy.clone(),
            };
            note.render(text, "", detail, width);
        }
    }
}
