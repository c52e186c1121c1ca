//! The command line, specified by data: each file of tests/cases is one run with all that goes in and comes out.
//!
//! `PTL_CERT_BLESS=1 cargo test golden` rewrites what is expected; a line with a placeholder that still matches is
//! kept. Read the difference before committing it. docs of the format: tests/cases/README.md.

pub(crate) mod case;
pub(crate) mod pattern;
mod coverage;
pub(crate) mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rayon::prelude::*;

use self::case::{Case, Content, Expectation, Written};
use crate::program::{ptl_cert, say_skipped, shared};

#[test]
fn every_case_runs_as_its_file_says() {
    let bless = std::env::var_os("PTL_CERT_BLESS").is_some();
    let only = std::env::var("PTL_CERT_CASE").unwrap_or_default();
    let mut files = Vec::new();
    find(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"),
        &mut files,
    );
    files.retain(|file| file.to_string_lossy().contains(&only));
    files.sort();
    assert!(!files.is_empty(), "there are no cases");
    let results: Vec<_> = files
        .par_iter()
        .map(|file| (file, judge(file, bless)))
        .collect();

    let skipped = results
        .iter()
        .filter(|(_, result)| *result == Verdict::Skipped)
        .count();
    if skipped > 0 {
        say_skipped(&format!(
            "{skipped} of {} golden cases need PTL_CERT_SHARED, which is not here",
            files.len()
        ));
    }
    let mut failures = String::new();
    for (file, result) in &results {
        if let Verdict::Differs(how) = result {
            failures.push_str(&format!("\n== {}\n{how}", file.display()));
        }
    }
    assert!(
        failures.is_empty(),
        "{failures}\nPTL_CERT_BLESS=1 rewrites what is expected"
    );
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Agrees,
    Differs(String),
    Skipped,
}

pub(crate) fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
}

fn judge(file: &Path, bless: bool) -> Verdict {
    let text = fs::read_to_string(file).unwrap();
    let case = Case::read(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().canonicalize().unwrap();
    for (name, content) in &case.files {
        match place(&home.join(name), content) {
            Ok(()) => {}
            Err(NotHere) => return Verdict::Skipped,
        }
    }
    for before in &case.before {
        let output = ptl_cert(&home).args(before).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}: {before:?} before the case: {complaint}",
            file.display()
        );
    }
    let present = listing(&home);
    let actual = run(&case, &home, &present);
    if case
        .args
        .iter()
        .any(|argument| argument == "json" || argument == "ndjson")
    {
        let breaches = schema::breaches(&actual.stdout);
        if !breaches.is_empty() {
            return Verdict::Differs(breaches);
        }
    }
    let differences = case.expect.compare(&actual);
    if differences.is_empty() {
        return Verdict::Agrees;
    }
    if bless {
        let blessed = actual.keeping_placeholders_of(&case.expect);
        fs::write(file, case::with_expectation(&text, &blessed)).unwrap();
        return Verdict::Agrees;
    }
    Verdict::Differs(differences)
}

struct NotHere;

fn place(path: &Path, content: &Content) -> Result<(), NotHere> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bytes = match content {
        Content::Text { text, .. } => text.clone().into_bytes(),
        Content::Hex { hex, .. } => (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect(),
        Content::Copy { copy, times, .. } => {
            let original = manifest.join("tests/data").join(copy);
            if original.is_dir() {
                fs::create_dir_all(path).unwrap();
                for file in fs::read_dir(original).unwrap().flatten() {
                    fs::copy(file.path(), path.join(file.file_name())).unwrap();
                }
                return Ok(());
            }
            let bytes = fs::read(original).unwrap();
            bytes.repeat(times.unwrap_or(1))
        }
        Content::Shared { shared: name, .. } => {
            let Some(shared) = shared() else {
                return Err(NotHere);
            };
            fs::read(shared.join(name)).unwrap()
        }
        Content::Folder { folder } => {
            fs::create_dir_all(path).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(folder.bits())).unwrap();
            return Ok(());
        }
    };
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    if let Some(mode) = content.mode() {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    Ok(())
}

fn run(case: &Case, home: &Path, present: &BTreeMap<String, (u32, Vec<u8>)>) -> Expectation {
    let mut command = ptl_cert(home);
    command
        .args(&case.args)
        .envs(&case.env)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if case.stdin.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().unwrap();
    if let Some(text) = &case.stdin {
        // A program that refuses its arguments does not read its input.
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    }
    let output = child.wait_with_output().unwrap();
    let written = listing(home)
        .into_iter()
        .filter(|(path, found)| present.get(path) != Some(found))
        .map(|(path, (mode, bytes))| {
            let text = String::from_utf8(bytes).unwrap_or_else(|_| "(binary)\n".to_owned());
            Written {
                path,
                mode: format!("{mode:04o}"),
                text: Some(text),
            }
        })
        .collect();
    let lost = present
        .keys()
        .filter(|path| !home.join(path).exists())
        .cloned()
        .collect();
    let show = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace(&*home.to_string_lossy(), "[HOME]");
        text.replace('\u{1b}', "␛")
            .replace('\r', "␍")
            .replace('\0', "␀")
    };
    Expectation {
        status: output.status.code().unwrap_or(-1),
        stdout: show(&output.stdout),
        stderr: show(&output.stderr),
        written,
        lost,
    }
}

/// Every file below a folder by its path, with its mode and bytes.
fn listing(home: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    fn walk(home: &Path, folder: &Path, found: &mut BTreeMap<String, (u32, Vec<u8>)>) {
        // A folder that a case made unreadable has nothing to compare.
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(home, &path, found);
            } else {
                let mode = path.metadata().unwrap().permissions().mode() & 0o7777;
                let name = path
                    .strip_prefix(home)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.insert(name, (mode, fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(home, home, &mut found);
    found
}
