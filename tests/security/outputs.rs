//! Text from outside in what is written for others: evidence, tables for a spreadsheet, findings.

use std::fs;

use ptl_cert::input::disturbing;

use crate::program::ptl_cert;

const NAME: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";
/// The name of a file that would be a heading, a script and a screen's command.
const EVIL: &str = "evil\n\n# APPROVED\n<script>x\u{1b}[2J\u{202e}`.pem";

#[test]
fn the_name_of_a_file_is_no_markup_in_any_evidence() {
    let top = tempfile::tempdir().unwrap();
    let leaf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pki/leaf.pem");
    fs::copy(leaf, top.path().join(EVIL)).unwrap();
    for ending in ["html", "md", "xml", "json"] {
        let report = format!("r.{ending}");
        let done = ptl_cert(top.path())
            .args(["preflight", "--env", "int", "--fqdn", NAME, "--cert", EVIL])
            .args(["--only", "name-rules,key-pair,server-certificate"])
            .args(["--report", &report])
            .output()
            .unwrap();
        let written = fs::read_to_string(top.path().join(&report)).unwrap();
        let printed = String::from_utf8(done.stdout).unwrap();
        for text in [&written, &printed] {
            assert!(text.contains("APPROVED"), "{text}");
            let bad = |c: char| c != '\n' && disturbing(c);
            assert!(!text.chars().any(bad), "{report}: {text:?}");
            let begins = |line: &str| line.trim_start().starts_with("# APPROVED");
            assert!(!text.lines().any(begins), "{report}: {text}");
        }
        if ending != "json" {
            let begins = |line: &str| line.trim_start().starts_with("<script>x");
            assert!(!written.lines().any(begins), "{report}: {written}");
        }
    }
}

#[test]
fn a_table_of_firewall_rules_has_no_formula_and_no_cell_of_its_own() {
    let top = tempfile::tempdir().unwrap();
    for host in ["=cmd|' /c calc'!A1,evil", "a|b\\u202e\\u001b[2J"] {
        let facts = format!(
            "[[environment]]\nid = \"x\"\ntitle = \"X\"\nhierarchy = \"ptl\"\nssp = [\"{host}\"]\n"
        );
        fs::write(top.path().join("f.toml"), facts).unwrap();
        for form in ["csv", "md"] {
            let done = ptl_cert(top.path())
                .args(["preflight", "--env", "x", "--facts", "f.toml", "--fqdn"])
                .args([NAME, "--firewall-rules", form])
                .output()
                .unwrap();
            assert_eq!(done.status.code(), Some(3), "{done:?}");
            assert!(done.stdout.is_empty(), "{done:?}");
            let said = String::from_utf8(done.stderr).unwrap();
            assert!(said.contains("a host name"), "{said}");
        }
    }
}

#[test]
fn the_name_of_a_server_is_on_one_line() {
    let top = tempfile::tempdir().unwrap();
    fs::write(
        top.path().join("nginx.conf"),
        "events {}\nhttp { server { listen 443 ssl; server_name \"a\n✓ all is well\"; } }\n",
    )
    .unwrap();
    for form in ["text", "json"] {
        let done = ptl_cert(top.path())
            .args(["doctor", "nginx.conf", "--format", form])
            .output()
            .unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(text.contains("all is well"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with('✓')), "{text}");
    }
}
