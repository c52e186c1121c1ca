//! No report of any command holds a character that a terminal obeys or that turns the reading direction.

use std::fs;
use std::path::Path;

use ptl_cert::input::disturbing;

use crate::journey;
use crate::program::ptl_cert;

/// A name with what terminals obey (ESC, BEL, C1's CSI, CR, LF, TAB) and what readers are misled by.
const EVIL: &str = "e\u{1b}[2J\u{7}\u{9b}31m\r\n\t\u{202e}gpj\u{2066}\u{200b}\u{61c}\u{1b}[8m";

/// The characters of an output that have no place in it. Line breaks are ours, and with `--color always` so are the
/// colours that reports use.
fn disturbances(output: &[u8]) -> Vec<char> {
    let text = String::from_utf8_lossy(output).into_owned();
    let mut text = text.replace('\n', "");
    for colour in ["0", "1", "2", "4", "31", "32", "33", "34", "35", "36"] {
        text = text.replace(&format!("\u{1b}[{colour}m"), "");
    }
    text.chars().filter(|c| disturbing(*c)).collect()
}

/// Runs a command in every form and says what of its output has no place there.
fn judge(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for form in [
        &["--color", "never"] as &[&str],
        &["--color", "always", "-v"],
        &["--format", "json"],
        &["--format", "ndjson"],
    ] {
        let done = ptl_cert(folder).args(words).args(form).output().unwrap();
        for (name, output) in [("stdout", &done.stdout), ("stderr", &done.stderr)] {
            let found = disturbances(output);
            if !found.is_empty() {
                faults.push(format!("{words:?} {form:?}: {name} has {found:?}"));
            }
        }
    }
    faults
}

/// Every command that the help names, those within commands too, so that none is forgotten here.
fn commands(root: &Path) -> Vec<String> {
    let named = |words: &[&str]| -> Vec<String> {
        let help = ptl_cert(root).args(words).arg("-h").output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        lines
            .take_while(|line| line.starts_with("  "))
            .filter(|line| !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .map(str::to_owned)
            .collect()
    };
    let mut all = Vec::new();
    for command in named(&[]) {
        let inner = named(&[command.as_str()]);
        match inner.is_empty() {
            true => all.push(command),
            false => all.extend(inner.iter().map(|inner| format!("{command} {inner}"))),
        }
    }
    assert!(all.len() > 30, "{all:?}");
    all
}

#[test]
fn no_report_of_any_command_holds_a_control_or_bidi_character() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let lab = root.join("lab");
    let at = ["--at", "2030-01-02T00:00:00Z"];
    journey::go(root, &[journey::init("lab")]);
    // Every file of a lab under an evil name, in an evil folder.
    let evil = root.join(EVIL);
    fs::create_dir(&evil).unwrap();
    let mut files = Vec::new();
    let mut folders = vec![lab];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let copy = evil.join(format!(
                    "{EVIL}{}",
                    path.file_name().unwrap().to_string_lossy()
                ));
                fs::copy(&path, &copy).unwrap();
                files.push(copy.to_string_lossy().into_owned());
            }
        }
    }
    assert!(files.len() > 5);
    fs::write(
        evil.join("bad.pem"),
        "-----BEGIN CERTIFICATE-----\n\u{1b}[2J\n",
    )
    .unwrap();
    fs::write(
        root.join("hosts"),
        format!("{EVIL}\n{EVIL}.nhs.uk,{EVIL}\n"),
    )
    .unwrap();
    fs::write(
        root.join("facts.toml"),
        "[[environment]]\nid = \"x\"\ntitle = \"\\u001b[2J\\u202E\"\nhierarchy = \"x\\u001b[8m\"\n",
    )
    .unwrap();
    let evil = evil.to_string_lossy().into_owned();
    let missing = format!("{evil}/missing");
    let evil_next = format!("{evil}/next");
    let first = files.first().unwrap().as_str();
    let url = format!("http://127.0.0.1:9/{EVIL}");
    let (host, pages) = (format!("127.0.0.1:9{EVIL}"), format!("{evil}/man"));
    let option = format!("--{EVIL}");
    // The change that doctor proposes keeps the tabs of the file.
    let (name, evil_file) = (EVIL.replace('\t', ""), evil.replace('\t', ""));
    fs::write(
        root.join("server.conf"),
        format!(
            "server {{ listen 443 ssl; ssl_certificate {evil_file}/x; server_name \"{name}\"; }}\n"
        ),
    )
    .unwrap();
    let mut faults = Vec::new();
    let runs = [
        vec!["inspect", &evil, &missing, &at[0], &at[1]],
        vec!["inspect", "-r", "."],
        vec!["match", &evil, &missing],
        vec!["inventory", &evil, &missing, &host, &at[0], &at[1]],
        vec!["inventory", &evil, "--format", "nagios"],
        vec!["inventory", &evil, "--format", "prometheus"],
        vec!["inventory", "127.0.0.1:9", "-r", "."],
        vec![
            "renew",
            "--due",
            "9000d",
            "--from",
            &evil,
            "--from",
            &missing,
            "--out-dir",
            &evil_next,
            &at[0],
            &at[1],
        ],
        vec!["renew", &host, "--from", first],
        vec!["renew", "a.nhs.uk", "--from", &evil, "--reuse-key", first],
        vec!["verify", &evil, "--env", "int", "--revocation", "off"],
        vec!["verify", first, "--facts", &missing, "--trust", &missing],
        vec!["verify", first, "--facts", "facts.toml", "--env", "x"],
        vec![
            "accept", &evil, "--csr", &missing, "--key", first, "--env", "int",
        ],
        vec!["csr", "--fqdn", &evil, "--out-dir", &evil],
        vec!["csr", "--hosts", "hosts", "--out-dir", &evil],
        vec![
            "csr",
            "--fqdn",
            "a.thirdparty.nhs.uk",
            "--out-dir",
            &evil,
            "--key",
            &missing,
        ],
        vec!["csr", "--fqdn", "b.thirdparty.nhs.uk", "--out-dir", &evil],
        vec!["crl", "plan", &evil, "--cache", &evil],
        vec!["crl", "update", &evil, "--cache", &missing],
        vec!["crl", "update", "--url", &url, "--cache", &missing],
        vec!["crl", "import", &evil, "--cache", &missing],
        vec!["crl", "import", &missing, "--cache", &missing],
        vec!["crl", "status", "--cache", &evil],
        vec!["crl", "status", "--cache", &missing],
        vec!["crl", "check", &evil, "--cache", &missing],
        vec!["crl", "check", "--serial", "01", "--crl", first],
        vec!["crl", "remove", &evil, "--cache", &missing],
        vec![
            "crl",
            "export",
            "--for",
            "nginx",
            "--cache",
            &missing,
            "--out-dir",
            &evil,
        ],
        vec!["crl", "export", "--for", EVIL],
        vec!["crl", "schedule", "--for", "cron", "--env", EVIL],
        vec!["lab", "sign", first, "--dir", &evil],
        vec!["lab", "crl", "--dir", &evil],
        vec!["lab", "revoke", first, "--dir", &evil],
        vec!["lab", "sign", first, "--dir", "lab"],
        vec!["lab", "revoke", first, "--dir", "lab"],
        vec!["lab", "init", "--dir", &evil],
        vec!["lab", "endpoint", "--dir", &missing],
        vec!["lab", "serve", "--dir", &missing],
        vec!["lab", "run", "--dir", &evil],
        vec!["lab", "call", &url, "--env", "int", "--dir", "lab"],
        vec!["lab", "defects", EVIL],
        vec!["trust", "list", "--env", EVIL, "--trust-dir", &evil],
        vec!["trust", "list", "--facts", "facts.toml"],
        vec![
            "trust",
            "add",
            first,
            "--env",
            "int",
            "--why",
            EVIL,
            "--by",
            EVIL,
            "--trust-dir",
            &missing,
        ],
        vec![
            "trust",
            "add",
            &missing,
            "--env",
            EVIL,
            "--why",
            "x",
            "--generation",
            EVIL,
        ],
        vec![
            "trust",
            "fetch",
            &url,
            "--env",
            "int",
            "--why",
            EVIL,
            "--trust-dir",
            &missing,
        ],
        vec!["trust", "remove", EVIL, "--trust-dir", &missing],
        vec!["trust", "export", "--env", "int", "--out", &missing],
        vec!["probe", &host],
        vec!["probe", "127.0.0.1:9", "--trust", &missing, "--cert", first],
        vec![
            "probe",
            "127.0.0.1:9",
            "--facts",
            "facts.toml",
            "--env",
            "x",
        ],
        vec![
            "export",
            "--for",
            "nginx",
            "--cert",
            first,
            "--key",
            &missing,
            "--env",
            "int",
            "--out-dir",
            &evil,
        ],
        vec![
            "export",
            "--for",
            "pem",
            "--cert",
            &evil,
            "--key",
            &evil,
            "--env",
            EVIL,
            "--out-dir",
            &evil,
        ],
        vec!["doctor", &evil],
        vec!["serve", "--stdio", "--facts", &missing],
        vec!["doctor", "server.conf", &missing],
        vec![
            "preflight",
            "--env",
            "int",
            "--fqdn",
            "a.thirdparty.nhs.uk",
            "--only",
            "names",
            "--cert",
            first,
            "--key",
            &missing,
        ],
        vec!["preflight", "--env", EVIL, "--fqdn", EVIL],
        vec![
            "listen",
            "127.0.0.1:0",
            "--cert",
            first,
            "--key",
            &missing,
            "--env",
            "int",
            "--for",
            "1s",
        ],
        vec!["listen", EVIL, "--cert", first, "--env", EVIL],
        vec!["completions", EVIL],
        vec!["man", &pages],
        vec!["schema", EVIL],
        vec!["explain", EVIL],
        vec!["environments", "--facts", "facts.toml"],
        vec![EVIL],
        vec!["inspect", EVIL, "--at", EVIL],
        vec!["inspect", &option],
    ];
    for command in commands(root) {
        let is_run = |words: &Vec<&str>| words.join(" ").starts_with(command.as_str());
        assert!(runs.iter().any(is_run), "{command} is not among the runs");
    }
    for words in runs {
        faults.extend(judge(root, &words));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_answer_of_serve_is_json_with_the_id_that_was_given() {
    use std::io::Write;
    let ids = [
        "\u{202e}",
        "a\u{7f}b",
        "\u{ad}",
        "x\u{200b}y",
        "a\u{1b}[31mb",
        "\n\t",
        "plain",
    ];
    let top = tempfile::tempdir().unwrap();
    let mut child = crate::program::ptl_cert(top.path())
        .args(["serve", "--stdio"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for id in ids {
        for ask in ["ping", "nothing\u{202e}"] {
            let question = serde_json::json!({ "ask": ask, "id": id });
            writeln!(stdin, "{question}").unwrap();
        }
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !text
            .lines()
            .any(|line| line.chars().any(ptl_cert::input::disturbing))
    );
    let answers: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let given: Vec<&str> = ids.iter().flat_map(|id| [*id, *id]).collect();
    let returned: Vec<&str> = answers
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(returned, given);
}
