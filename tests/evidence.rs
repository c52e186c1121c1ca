//! The evidence page as a browser sees it, and as other programs read it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::journey;
use crate::program::{is_installed, ptl_cert, say_skipped};

const AT: &str = "2027-01-15T09:00:00Z";
const HOST: &str = "gpc-int-a12345.supplier.thirdparty.nhs.uk";
/// The checks that need no network.
const ONLY: &str = "name-rules,name-environment,key-pair,server-certificate,client-certificate,expiry,generations,trust-bundle,crls,inbound";

/// What the key is encrypted with.
const PASSWORD: &str = "tr0ub4dor and 3 horses";
const NAMES: [&str; 5] = ["page", "verify", "inspect", "plan", "probe"];
const ENDINGS: [&str; 4] = ["html", "md", "xml", "json"];

/// A folder with the evidence of every command in every form, made once.
fn evidence() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        let (reply, key) = (format!("{HOST}.pem"), format!("{HOST}.key"));
        std::fs::write(folder.join("pass.txt"), format!("{PASSWORD}\n")).unwrap();
        journey::supplied(&folder, HOST, &["--passphrase-file", "pass.txt"]);
        for report in ["page.html", "page.md", "page.xml", "page.json"] {
            let output = ptl_cert(&folder)
                .args(["preflight", "--env", "lab-int", "--facts", "lab/facts.toml"])
                .args(["--fqdn", HOST, "--cert", &reply, "--key", &key, "--at", AT])
                .args(["--only", ONLY, "--cache", "crl", "--report", report])
                .args(["--password-file", "pass.txt"])
                .output()
                .unwrap();
            assert!(folder.join(report).is_file(), "{output:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains(&format!("written: {report}\n")), "{said}");
        }
        let facts = ["--facts", "lab/facts.toml", "--at", AT];
        let env = ["--env", "lab-int", "--cache", "crl"];
        // Nothing listens on port 1.
        let probe = ["--connect", "127.0.0.1:1", "--cert", &reply, "--key", &key];
        for ending in ENDINGS {
            for (name, words) in [
                ("verify", [&["verify", reply.as_str()][..], &env].concat()),
                ("inspect", vec!["inspect", &reply, &key, "lab/ca"]),
                (
                    "plan",
                    [&["crl", "plan", reply.as_str()][..], &env].concat(),
                ),
                (
                    "probe",
                    [
                        &["probe", HOST, "--password-file", "pass.txt"][..],
                        &env,
                        &probe,
                    ]
                    .concat(),
                ),
            ] {
                let report = format!("{name}.{ending}");
                let output = ptl_cert(&folder)
                    .args(words)
                    .args(facts)
                    .args(["--report", &report])
                    .output()
                    .unwrap();
                assert!(folder.join(&report).is_file(), "{name} {output:?}");
            }
        }
        folder
    })
}

fn read(name: &str) -> String {
    std::fs::read_to_string(evidence().join(name)).unwrap()
}

#[test]
fn no_report_holds_a_secret_or_loads_anything() {
    let keys = std::fs::read_dir(evidence().join("lab/keys")).unwrap();
    let mut secrets: Vec<String> = keys
        .map(|key| std::fs::read_to_string(key.unwrap().path()).unwrap())
        .chain([std::fs::read_to_string(evidence().join(format!("{HOST}.key"))).unwrap()])
        .flat_map(|key| key.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| line.len() > 20 && !line.starts_with("-----"))
        .collect();
    assert!(secrets.len() > 20);
    secrets.extend(["PRIVATE KEY".to_owned(), PASSWORD.to_owned()]);
    for name in NAMES {
        for ending in ENDINGS {
            let text = read(&format!("{name}.{ending}"));
            let found = secrets.iter().find(|secret| text.contains(*secret));
            assert_eq!(found, None, "{name}.{ending}");
        }
        let html = read(&format!("{name}.html"));
        for loading in ["<script", "src=", "url(", "@import", "<link"] {
            assert!(!html.contains(loading), "{name}: {loading}");
        }
    }
}

#[test]
fn two_runs_differ_only_in_times() {
    let keys = [HOST.to_owned() + ".pem", HOST.to_owned() + ".key"];
    let run = |report: &str| {
        ptl_cert(evidence())
            .args(["preflight", "--env", "lab-int", "--facts", "lab/facts.toml"])
            .args([
                "--fqdn", HOST, "--cert", &keys[0], "--key", &keys[1], "--at", AT,
            ])
            .args(["--only", ONLY, "--cache", "crl", "--report", report])
            .args(["--password-file", "pass.txt"])
            .output()
            .unwrap();
        read(report)
    };
    for ending in ENDINGS {
        let timeless = |text: String| -> Vec<String> {
            // How long a check took: `12 ms`, `time="0.012"`, `"took_ms": 12`.
            let line = |line: &str| {
                let words = line.split_inclusive(|one: char| !one.is_ascii_digit() && one != '.');
                let word =
                    |word: &str| match word.trim_end_matches(|one: char| !one.is_ascii_digit()) {
                        "" => word.to_owned(),
                        number if line.contains("ms") || line.contains("time=") => {
                            word.replace(number, "#")
                        }
                        _ => word.to_owned(),
                    };
                words.map(word).collect::<String>()
            };
            text.lines().map(line).collect()
        };
        let one = timeless(run(&format!("again.{ending}")));
        let other = timeless(run(&format!("again.{ending}")));
        for (one, other) in one.iter().zip(&other) {
            // What takes no time at all says nothing of it.
            let bare = |line: &str| line.replace("<span class=\"time\"># ms</span>", "");
            assert_eq!(bare(one), bare(other), "{ending}");
        }
        assert_eq!(one.len(), other.len());
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
fn junit_is_as_its_schema_says() {
    if !is_installed("xmllint", "--version") {
        return;
    }
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/junit.xsd");
    for name in NAMES {
        let output = Command::new("xmllint")
            .args(["--noout", "--schema", schema])
            .arg(evidence().join(format!("{name}.xml")))
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
    }
}

/// The folder with the judges of pages from npm, if this machine has them: `PTL_CERT_BROWSER`, or where .ci/run puts them.
fn judges() -> Option<PathBuf> {
    let folder = std::env::var_os("PTL_CERT_BROWSER").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/judges/browser"),
        PathBuf::from,
    );
    let there = folder.join("node_modules/axe-core").is_dir();
    if !there {
        say_skipped(
            "playwright-core, axe-core and html-validate are not there, so they could not judge",
        );
    }
    there.then_some(folder)
}

#[test]
fn a_browser_axe_and_html_validate_find_nothing_wrong_with_the_pages() {
    let Some(modules) = judges() else { return };
    if !is_installed("chromium", "--version") || !is_installed("node", "--version") {
        return;
    }
    let chromium = std::env::var("PATH")
        .unwrap()
        .split(':')
        .map(|folder| Path::new(folder).join("chromium"))
        .find(|path| path.is_file())
        .unwrap();
    let output = Command::new("node")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/browser/judge.mjs"
        ))
        .arg(modules)
        .arg(chromium)
        .args(NAMES.map(|name| evidence().join(format!("{name}.html"))))
        .output()
        .unwrap();
    let faults: Vec<String> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert!(faults.is_empty(), "{faults:#?}");
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
