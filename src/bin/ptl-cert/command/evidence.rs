//! `--report`: evidence written beside what is printed.

use std::path::{Path, PathBuf};

use ptl_cert::input::Shown;
use ptl_cert::report::evidence::{EvidenceReport, FileHash};
use ptl_cert::store::read::{self, Depth};
use ptl_cert::store::write;
use serde::Serialize;

use crate::world::{World, guarded_json};

/// Writes the evidence in the form that the file's name asks for.
pub(crate) fn save(
    path: &Path,
    evidence: &EvidenceReport,
    report: &impl Serialize,
) -> anyhow::Result<()> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let text = match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm") => evidence.html()?,
        Some("md") => evidence.markdown(),
        Some("xml") => evidence.junit(),
        _ => guarded_json(format!("{}\n", serde_json::to_string_pretty(report)?)),
    };
    Ok(write::file(path, text.as_bytes())?)
}

/// The hashes of the files that can be read, and of those in a folder; not of private keys, nor of what a folder holds for
/// its owner only, such as passwords and key stores.
pub(crate) fn hashes<'p>(
    paths: impl IntoIterator<Item = &'p PathBuf>,
    world: &World,
) -> Vec<FileHash> {
    let mut hashes = Vec::new();
    for path in paths {
        // Standard input is gone once it has been read.
        if path == Path::new("-") {
            continue;
        }
        match read::walk(path, Depth::Directory) {
            Ok(members) if members.as_slice() != [path.clone()] => {
                let open = |member: &&PathBuf| {
                    (cfg!(windows) || read::is_open_to_all(member)) && !is_secret(member)
                };
                hashes.extend(
                    members
                        .iter()
                        .filter(open)
                        .filter_map(|one| hash(one, world)),
                );
            }
            _ => hashes.extend(hash(path, world)),
        }
    }
    hashes
}

fn hash(path: &Path, world: &World) -> Option<FileHash> {
    let bytes = world.read(path).ok()?;
    // Of a private key nothing is said, not even its hash.
    const KEY: &[u8] = b"PRIVATE KEY";
    if bytes.windows(KEY.len()).any(|part| part == KEY) {
        return None;
    }
    Some(FileHash::of(&path.shown().to_string(), &bytes))
}

/// Whether a file's name says that it holds a key or a password, for systems where a mode does not.
fn is_secret(path: &Path) -> bool {
    const ENDINGS: [&str; 6] = ["key", "p12", "pfx", "jks", "p8", "password"];
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}
