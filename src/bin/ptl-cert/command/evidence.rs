//! `--report`: evidence written beside what is printed.

use std::path::{Path, PathBuf};

use ptl_cert::input::Shown;
use ptl_cert::report::evidence::{Evidence, FileHash};
use ptl_cert::store::write;
use serde::Serialize;

use crate::world::World;

/// Writes the evidence in the form that the file's name asks for.
pub(crate) fn save(
    path: &Path,
    evidence: &Evidence,
    report: &impl Serialize,
) -> anyhow::Result<()> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let text = match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm") => evidence.html()?,
        Some("md") => evidence.markdown(),
        Some("xml") => evidence.junit(),
        _ => format!("{}\n", serde_json::to_string_pretty(report)?),
    };
    Ok(write::file(path, text.as_bytes())?)
}

/// The hashes of the files that can be read; not for private keys.
pub(crate) fn hashes<'p>(
    paths: impl IntoIterator<Item = &'p PathBuf>,
    world: &World,
) -> Vec<FileHash> {
    let hash = |path: &PathBuf| {
        // Standard input is gone once it has been read.
        if path == Path::new("-") {
            return None;
        }
        let bytes = world.read(path).ok()?;
        // Of a private key nothing is said, not even its hash.
        const KEY: &[u8] = b"PRIVATE KEY";
        if bytes.windows(KEY.len()).any(|part| part == KEY) {
            return None;
        }
        Some(FileHash::of(&path.shown().to_string(), &bytes))
    };
    paths.into_iter().filter_map(hash).collect()
}

/// A word as a shell takes it.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:\\=+@,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false if cfg!(windows) => format!("\"{text}\""),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
