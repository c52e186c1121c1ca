//! The walls that no lint knows: the order of the modules, anyhow in the binary only.

mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use self::source::{names_of_crate_items, names_of_library_modules, product_code, test_modules};

#[test]
fn a_room_uses_only_rooms_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let order = rooms(&fs::read_to_string(root.join("lib.rs")).unwrap());
    let breaches = breaches(&order, &sources(&root));
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn anyhow_is_used_in_the_binary_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in rust_files(&root)
        .iter()
        .filter(|path| !path.starts_with(root.join("bin")))
    {
        let code = product_code(&fs::read_to_string(path).unwrap());
        assert!(!code.contains("anyhow"), "{} uses anyhow", path.display());
    }
}

#[test]
fn paths_are_put_into_sentences_by_the_escaping_function() {
    // These write a path for a shell or a server, which want it as it is.
    const RAW: [&str; 5] = [
        "export/",
        "ops/crl/schedule.rs",
        "bin/ptl-cert/command/preflight.rs",
        "bin/ptl-cert/command/probe.rs",
        "bin/ptl-cert/command/crl/plan.rs",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in rust_files(&root) {
        let code = product_code(&fs::read_to_string(&path).unwrap());
        let relative = path.strip_prefix(&root).unwrap();
        if relative.to_string_lossy().contains("tests") {
            continue;
        }
        assert!(
            !code.contains(".display()")
                || RAW
                    .iter()
                    .any(|raw| relative.to_string_lossy().starts_with(raw)),
            "{} shows a path as it is; use input::Shown",
            relative.display()
        );
    }
}

/// The modules whose types and decisions are no business of the program's: it asks `ops` and shows what `report` makes of
/// the answer.
const X509: [&str; 5] = ["decode", "document", "chain", "revocation", "verdict"];

/// Files of the program that name one of [`X509`], and which: the errors for which the command line has advice.
const NAMES_X509: &[(&str, &[&str])] = &[("outcome.rs", &["decode", "document"])];

#[test]
fn the_program_names_no_x509_type_and_takes_no_decision_about_crls() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/ptl-cert");
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for path in rust_files(&root) {
        let code = product_code(&fs::read_to_string(&path).unwrap());
        let used = names_of_library_modules(&code);
        let named: Vec<&str> = X509
            .into_iter()
            .filter(|module| used.iter().any(|used| used == module))
            .collect();
        if !named.is_empty() {
            let relative = path.strip_prefix(&root).unwrap();
            found.push((relative.to_string_lossy().into_owned(), named));
        }
    }
    let allowed = NAMES_X509.iter();
    let allowed: Vec<(String, Vec<&str>)> = allowed
        .map(|(path, modules)| ((*path).to_owned(), modules.to_vec()))
        .collect();
    assert_eq!(
        found, allowed,
        "ask ops instead; an entry of NAMES_X509 that is no longer needed has to go"
    );
}

#[test]
fn a_name_of_the_library_is_found_however_it_is_written() {
    for code in [
        "use ptl_cert::verdict::Code;",
        "use ptl_cert::{ops::Context, verdict::{Code, Finding}};",
        "use ptl_cert::{ops,\n    verdict};",
        "fn f(code: ptl_cert::verdict::Code) {}",
        "fn f(code: ::ptl_cert :: verdict::Code) {}",
    ] {
        let found = names_of_library_modules(code);
        assert!(found.contains(&"verdict".to_owned()), "{code}");
    }
    assert!(
        !names_of_library_modules("use ptl_cert::ops::verdict;").contains(&"verdict".to_owned())
    );
}

/// Files that name the `openssl` crate without making it ready, and why that is right.
const READY_ELSEWHERE: [(&str, &str); 12] = [
    ("decode/crypto.rs", "makes it ready"),
    ("decode/error.rs", "holds its errors"),
    (
        "document/key/rsa.rs",
        "only computes, with numbers that decode/crypto.rs makes",
    ),
    (
        "document/value/digest.rs",
        "contexts of single digests initialise nothing",
    ),
    (
        "lab/crl/stream.rs",
        "has its digest from lab/write/signature.rs",
    ),
    ("lab/error.rs", "holds its errors"),
    (
        "revocation/crl/mod.rs",
        "contexts of single digests initialise nothing",
    ),
    (
        "revocation/slot.rs",
        "contexts of single digests initialise nothing",
    ),
    (
        "store/crl_cache/writer/install.rs",
        "contexts of single digests initialise nothing",
    ),
    (
        "verdict/plan/conduct/trial.rs",
        "names a module of its own, which makes it ready",
    ),
    ("wire/tls/handshake.rs", "reads its errors"),
    (
        "wire/tls/transport.rs",
        "goes on with the connection of wire/tls/call.rs",
    ),
];

#[test]
fn openssl_is_made_ready_without_its_configuration_wherever_it_is_used() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let tests: Vec<String> = sources
        .iter()
        .flat_map(|(path, text)| test_modules(path, text))
        .collect();
    let unready = sources.iter().filter(|(path, text)| {
        let code = product_code(text);
        !tests.iter().any(|test| path.starts_with(test))
            && !path.contains("/tests/")
            && !path.ends_with("/tests.rs")
            && code.contains("openssl::")
            && !code.contains("crypto::ready()")
    });
    let unready: Vec<&str> = unready.map(|(path, _)| path.as_str()).collect();
    let allowed: Vec<&str> = READY_ELSEWHERE.iter().map(|(path, _)| *path).collect();
    assert_eq!(
        unready, allowed,
        "call decode::crypto::ready() first, or say in READY_ELSEWHERE why not; take stale entries out"
    );
}

/// The rooms from top to bottom, as lib.rs lists them.
fn rooms(lib: &str) -> Vec<String> {
    let code = product_code(lib);
    let modules = code
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'));
    modules.map(str::to_owned).collect()
}

/// Every use of a room by a room above it, as sentences. Test code may look anywhere.
fn breaches(order: &[String], sources: &BTreeMap<String, String>) -> Vec<String> {
    let tests: Vec<String> = sources
        .iter()
        .flat_map(|(path, text)| test_modules(path, text))
        .collect();
    let mut breaches = Vec::new();
    for (path, text) in sources {
        if path == "lib.rs"
            || path.starts_with("bin/")
            || tests.iter().any(|test| path.starts_with(test))
        {
            continue;
        }
        let room = path
            .split('/')
            .next()
            .unwrap_or(path)
            .trim_end_matches(".rs");
        let Some(own) = order.iter().position(|name| name == room) else {
            breaches.push(format!("{path} belongs to no room of lib.rs"));
            continue;
        };
        for used in names_of_crate_items(path, &product_code(text)) {
            match order.iter().position(|name| *name == used) {
                Some(place) if place > own => {
                    breaches.push(format!("{path}: {room} uses {used}, which is below it"))
                }
                Some(_) => {}
                None => breaches.push(format!("{path}: crate::{used} is not a room of lib.rs")),
            }
        }
    }
    breaches
}

/// Every source below a folder, by its path from there.
fn sources(root: &Path) -> BTreeMap<String, String> {
    let named = |path: PathBuf| {
        let relative = path.strip_prefix(root).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        (relative.to_string_lossy().into_owned(), text)
    };
    rust_files(root).into_iter().map(named).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return files;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What the checker says of a house with the rooms `upper` and `lower`, one file of which has this text.
fn verdict_on(path: &str, text: &str) -> Vec<String> {
    let order = rooms("// The road.\npub mod upper;\npub mod lower;\n");
    breaches(
        &order,
        &BTreeMap::from([(path.to_owned(), text.to_owned())]),
    )
}

#[test]
fn a_room_that_uses_one_below_is_caught_however_it_is_written() {
    for text in [
        "use crate::lower::Thing;",
        "use crate::lower;",
        "pub(crate) use crate::{upper::A, lower::B};",
        "use crate::{\n    upper::{A, B},\n    lower,\n};",
        "fn f() { crate::lower::go(); }",
        "fn f() -> crate :: lower :: Thing {}",
        "use super::lower::Thing;",
    ] {
        assert_eq!(
            verdict_on("upper/mod.rs", text),
            ["upper/mod.rs: upper uses lower, which is below it"],
            "{text}"
        );
    }
    assert_eq!(
        verdict_on("upper/deep.rs", "use super::super::lower::X;").len(),
        1
    );
    assert_eq!(
        verdict_on("upper/deep/mod.rs", "use super::super::lower::X;").len(),
        1
    );
    assert_eq!(
        verdict_on("upper/deep/deeper.rs", "use super::super::super::lower::X;").len(),
        1
    );
}

#[test]
fn a_room_may_use_rooms_above_itself_and_its_own_parts() {
    assert!(
        verdict_on(
            "lower/mod.rs",
            "use crate::upper::Thing; use crate::lower::Own;"
        )
        .is_empty()
    );
    assert!(verdict_on("upper/deep.rs", "use super::lower::NotTheRoom;").is_empty());
}

#[test]
fn comments_strings_and_test_code_may_name_any_room() {
    for text in [
        "//! See [`crate::lower`].",
        "/* crate::lower /* nested */ crate::lower */",
        "const S: &str = \"crate::lower\";",
        "const S: &str = r#\"a \" crate::lower\"#;",
        "#[cfg(test)]\nmod tests { use crate::lower::X; fn f() { let c = '{'; } }",
        "#[cfg(test)]\nuse crate::lower::X;",
    ] {
        assert!(verdict_on("upper/mod.rs", text).is_empty(), "{text}");
    }
    assert_eq!(
        verdict_on(
            "upper/mod.rs",
            "#[cfg(test)]\nmod tests { }\nuse crate::lower::X;"
        )
        .len(),
        1
    );
}

#[test]
fn a_test_module_in_a_file_of_its_own_may_name_any_room() {
    let order = rooms("pub mod upper;\npub mod lower;");
    let sources = BTreeMap::from([
        (
            "upper/mod.rs".to_owned(),
            "#[cfg(test)]\nmod tests;".to_owned(),
        ),
        (
            "upper/tests.rs".to_owned(),
            "use crate::lower::X;".to_owned(),
        ),
        (
            "upper/part.rs".to_owned(),
            "#[cfg(test)] mod tests;".to_owned(),
        ),
        (
            "upper/part/tests.rs".to_owned(),
            "use crate::lower::X;".to_owned(),
        ),
    ]);
    assert!(breaches(&order, &sources).is_empty());
}

#[test]
fn a_file_that_belongs_to_no_room_is_caught() {
    assert_eq!(
        verdict_on("attic.rs", ""),
        ["attic.rs belongs to no room of lib.rs"]
    );
}
