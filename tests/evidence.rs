//! The evidence page as a browser sees it, and as other programs read it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::program::{is_installed, ptl_cert};

const AT: &str = "2027-01-15T09:00:00Z";
const HOST: &str = "gpc-int-a12345.supplier.thirdparty.nhs.uk";
/// The checks that need no network.
const ONLY: &str = "name-rules,name-environment,key-pair,server-certificate,client-certificate,expiry,generations,trust-bundle,crls,inbound";

/// A folder with the evidence in every form, made once.
fn evidence() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lab/keys");
        let (request, reply, key) = (
            format!("{HOST}.csr"),
            format!("{HOST}.pem"),
            format!("{HOST}.key"),
        );
        for arguments in [
            vec![
                "lab",
                "init",
                "--keys",
                keys,
                "--at",
                "2027-01-15T08:00:00Z",
            ],
            vec!["csr", "--fqdn", HOST],
            vec![
                "lab", "sign", &request, "--env", "lab-int", "--at", AT, "--as", "pem",
            ],
        ] {
            let output = ptl_cert(&folder).args(&arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?} {output:?}");
        }
        for report in ["page.html", "page.md", "page.xml", "page.json"] {
            let output = ptl_cert(&folder)
                .args(["preflight", "--env", "lab-int", "--facts", "lab/facts.toml"])
                .args(["--fqdn", HOST, "--cert", &reply, "--key", &key, "--at", AT])
                .args(["--only", ONLY, "--cache", "crl", "--report", report])
                .output()
                .unwrap();
            assert!(folder.join(report).is_file(), "{output:?}");
        }
        folder
    })
}

fn read(name: &str) -> String {
    std::fs::read_to_string(evidence().join(name)).unwrap()
}

#[test]
fn no_report_holds_a_private_key_or_loads_anything() {
    let key = std::fs::read_to_string(evidence().join(format!("{HOST}.key"))).unwrap();
    let secret = key.lines().nth(1).unwrap();
    for name in ["page.html", "page.md", "page.xml", "page.json"] {
        let text = read(name);
        assert!(
            !text.contains("PRIVATE KEY") && !text.contains(secret),
            "{name}"
        );
    }
    let html = read("page.html");
    for loading in ["<script", "src=", "url(", "@import", "<link"] {
        assert!(!html.contains(loading), "{loading}");
    }
}

#[test]
fn every_check_is_in_every_form() {
    let json: serde_json::Value = serde_json::from_str(&read("page.json")).unwrap();
    let (html, markdown, xml) = (read("page.html"), read("page.md"), read("page.xml"));
    for check in json["checks"].as_array().unwrap() {
        let title = check["title"].as_str().unwrap();
        let escaped = |text: &str, apostrophe: &str| text.replace('\'', apostrophe);
        let in_html = ["&#39;", "&#x27;", "'"].map(|one| html.contains(&escaped(title, one)));
        let in_xml = ["&apos;", "&#39;", "'"].map(|one| xml.contains(&escaped(title, one)));
        assert!(
            in_html.contains(&true) && markdown.contains(title) && in_xml.contains(&true),
            "{title}"
        );
    }
    let passed = json["checks"].as_array().unwrap().iter();
    let passed: Vec<&str> = passed
        .filter(|check| check["outcome"] == "pass")
        .map(|check| check["id"].as_str().unwrap())
        .collect();
    assert!(
        passed.contains(&"key-pair") && passed.contains(&"name-rules"),
        "{passed:?}"
    );
}

#[test]
fn junit_is_well_formed_xml() {
    if !is_installed("xmllint", "--version") {
        return;
    }
    let output = Command::new("xmllint")
        .arg("--noout")
        .arg(evidence().join("page.xml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_page_fits_a_phone_and_a_desktop_in_a_browser() {
    if !is_installed("chromium", "--version") {
        return;
    }
    // The page runs no script, so that another one measures it from outside.
    let page = serde_json::to_string(&read("page.html")).unwrap();
    let page = page.replace("</", "<\\/");
    let outer = format!(
        "<!DOCTYPE html><body><script>
const page = {page};
const found = [];
function measure(width, next) {{
  const frame = document.createElement('iframe');
  frame.style.cssText = `width:${{width}}px;height:800px;border:0`;
  frame.srcdoc = page;
  frame.onload = () => {{
    const root = frame.contentDocument.documentElement;
    found.push(`${{width}}:${{root.scrollWidth <= width ? 'fits' : root.scrollWidth}}`);
    next();
  }};
  document.body.append(frame);
}}
measure(390, () => measure(1280, () => {{ document.title = found.join(' '); }}));
</script></body>"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outer.html");
    std::fs::write(&path, outer).unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--window-size=1400,900", "--virtual-time-budget=5000"])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let title = dom
        .split("<title>")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    assert_eq!(
        title,
        Some("390:fits 1280:fits"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
