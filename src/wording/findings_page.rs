//! The page that lists every finding: `docs/findings.md`.

use std::fmt::Write as _;

use super::Voice;
use super::explain::{explain, title};
use super::symptoms::Symptom;
use crate::verdict::Code;

const HEADER: &str = "\
<!-- Generated from src/wording/explain by `PTL_CERT_BLESS=1 cargo test findings_page`; do not edit by hand. -->

# Findings

Everything that `ptl-cert` may report, in the words that `ptl-cert explain CODE` prints. A code never
changes its meaning once released, so scripts may rely on it.

An **error** will not work. A **warning** works today, or for some, and will fail later, or for others. A
**note** is worth knowing and needs no action. Words in capitals, such as NAME or FILE, stand for your own.

| code | severity | what it is |
|---|---|---|
";

/// The page, in Markdown: a table of contents, then a section for each code in the order of [`Code::ALL`].
fn findings_page() -> String {
    let mut page = HEADER.to_owned();
    for code in Code::ALL {
        let title = title(*code);
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| [`{code}`](#{code}) | {} | {title} |",
            code.severity()
        );
    }
    for code in Code::ALL {
        let explanation = explain(*code, Voice::CommandLine);
        let _ = write!(
            page,
            "\n## {code}\n\n**{}** · {}\n\n{}\n\n**What to do.** {}\n\n**Source.** {}\n",
            explanation.title,
            code.severity(),
            explanation.meaning,
            explanation.remedy,
            explanation.source,
        );
    }
    page
}

const SYMPTOMS_HEADER: &str = "\
<!-- Generated from src/wording/symptoms by `PTL_CERT_BLESS=1 cargo test troubleshooting_page`; do not edit by hand. -->

# Troubleshooting

What other programs say when a certificate does not work, and what causes it. `ptl-cert explain 'TEXT'` finds the entry for a
status code, an alert or a line of a log. Statements about Windows and IIS follow Microsoft's documentation; they have not been
tested on Windows.
";

/// The page of symptoms, in Markdown, in the order of the table.
fn troubleshooting_page() -> String {
    let mut page = SYMPTOMS_HEADER.to_owned();
    for symptom in Symptom::all(Voice::CommandLine) {
        let says: Vec<String> = symptom
            .messages
            .iter()
            .map(|says| format!("`{says}`"))
            .collect();
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "\n## {}\n\n{} · {}\n\n{}\n\n**What to do.** {}\n",
            symptom.messages.first().unwrap_or(&""),
            symptom.printed_by,
            says.join(", "),
            symptom.meaning,
            symptom.remedy,
        );
        if !symptom.findings.is_empty() {
            let findings: Vec<String> = symptom
                .findings
                .iter()
                .map(|code| format!("[`{code}`](findings.md#{code})"))
                .collect();
            let _ = write!(page, "\n**See also.** {}\n", findings.join(", "));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the test compares a file of the repository"
    )]
    fn the_troubleshooting_page_in_docs_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/troubleshooting.md");
        if std::env::var_os("PTL_CERT_BLESS").is_some_and(|bless| bless == "1") {
            std::fs::write(path, troubleshooting_page()).unwrap();
        }
        let written = std::fs::read_to_string(path)
            .unwrap_or_default()
            .replace("\r\n", "\n");
        assert!(
            written == troubleshooting_page(),
            "docs/troubleshooting.md is not what the code says; renew it with PTL_CERT_BLESS=1 cargo test troubleshooting_page"
        );
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the test compares a file of the repository"
    )]
    fn the_findings_page_in_docs_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md");
        if std::env::var_os("PTL_CERT_BLESS").is_some_and(|bless| bless == "1") {
            std::fs::write(path, findings_page()).unwrap();
        }
        let written = std::fs::read_to_string(path)
            .unwrap_or_default()
            .replace("\r\n", "\n");
        assert!(
            written == findings_page(),
            "docs/findings.md is not what the code says; renew it with PTL_CERT_BLESS=1 cargo test findings_page"
        );
    }

    #[test]
    fn every_code_has_a_row_and_a_heading_of_the_findings_page() {
        let page = findings_page();
        for code in Code::ALL {
            assert!(
                page.contains(&format!("\n| [`{code}`](#{code}) | ")),
                "{code}"
            );
            assert!(page.contains(&format!("\n## {code}\n")), "{code}");
        }
    }
}
