//! Configurations of servers: texts within one folder, facts of files, and since when a process runs.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::document::Moment;

/// The longest configuration that is read.
pub const TEXT_LIMIT: u64 = 4 * 1024 * 1024;

/// The length of what [`text`] reads; `None` for what is no regular file, or too long.
pub fn length(path: &Path) -> Option<u64> {
    let found = fs::metadata(path).ok()?;
    (found.is_file() && found.len() <= TEXT_LIMIT).then_some(found.len())
}

/// Reads a text; `None` for what is no regular file, too long or not UTF-8.
pub fn text(path: &Path) -> Option<String> {
    length(path)?;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).ok()?;
    // It may have grown since.
    file.take(TEXT_LIMIT + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= TEXT_LIMIT).then_some(())?;
    String::from_utf8(bytes).ok()
}

/// The files that a pattern names, sorted: `*` and `?` in the last component, or the files of a folder. Empty where there
/// are none. `looked_at` is called for each file of a folder that is compared with the pattern; where it says false, none are
/// returned.
pub fn matching(pattern: &Path, looked_at: &dyn Fn() -> bool) -> Vec<PathBuf> {
    let name = pattern
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let (folder, name) = match pattern.is_dir() {
        true => (pattern, "*"),
        false if name.contains(['*', '?']) => (pattern.parent().unwrap_or(pattern), name),
        false => return vec![pattern.to_owned()],
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if !looked_at() {
            return Vec::new();
        }
        let own = path.file_name().and_then(|own| own.to_str());
        let own = own.unwrap_or_default();
        if !own.starts_with('.') && matches(own.as_bytes(), name.as_bytes()) {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Whether a whole path fits a pattern whose `*` and `?` do not match `/`.
pub fn fits(path: &Path, pattern: &Path) -> bool {
    let (Some(path), Some(pattern)) = (path.to_str(), pattern.to_str()) else {
        return path == pattern;
    };
    let (mut parts, mut patterns) = (path.split('/'), pattern.split('/'));
    loop {
        match (parts.next(), patterns.next()) {
            (None, None) => return true,
            (Some(part), Some(pattern)) if matches(part.as_bytes(), pattern.as_bytes()) => {}
            _ => return false,
        }
    }
}

/// Whether a name fits a pattern. The star that came last is tried again, so that the cost stays small.
fn matches(name: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(wanted) if *wanted == b'?' || Some(wanted) == name.get(at) => {
                at += 1;
                in_pattern += 1;
            }
            _ => match star {
                Some((place, from)) => {
                    in_pattern = place + 1;
                    at = from + 1;
                    star = Some((place, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(in_pattern).all(|c| *c == b'*')
}

/// A path with links resolved, where it exists.
pub fn resolved(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// Whether a path is a folder.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// What is known of a file besides its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// When it was last changed.
    pub changed: Option<Moment>,
    /// Whether others than its owner and one group may read it, or its group may write to it.
    pub open_to_others: bool,
    /// Whether it is a regular file or a folder: to open a pipe waits for its writer, and a device may have no end.
    pub is_regular: bool,
}

/// Looks at a file.
///
/// # Errors
/// When the system refuses.
pub fn facts(path: &Path) -> io::Result<FileFacts> {
    let found = fs::metadata(path)?;
    let changed = found.modified()?.duration_since(UNIX_EPOCH).ok();
    let changed = changed.and_then(|since| i64::try_from(since.as_secs()).ok());
    Ok(FileFacts {
        changed: changed.and_then(Moment::from_unix),
        open_to_others: open_to_others(&found),
        is_regular: found.is_file() || found.is_dir(),
    })
}

#[cfg(unix)]
fn open_to_others(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.mode() & 0o027 != 0
}

/// Windows: the access control list is not checked.
#[cfg(not(unix))]
fn open_to_others(_found: &fs::Metadata) -> bool {
    false
}

/// When a process or the newest of its children started: servers that reload keep their first process. By Linux's `/proc`;
/// `None` where there is none.
pub fn started(pid: u32) -> Option<Moment> {
    let own = started_alone(pid)?;
    let children =
        fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = children
        .split_whitespace()
        .filter_map(|child| child.parse().ok());
    let newest = children.filter_map(started_alone).max();
    Some(newest.map_or(own, |newest| newest.max(own)))
}

fn started_alone(pid: u32) -> Option<Moment> {
    /// USER_HZ, which Linux fixes at 100 for what it shows to programs.
    const TICKS: i64 = 100;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may have spaces; field 22 is the start in ticks since the system's.
    let rest = stat.rsplit_once(')')?.1;
    let ticks: i64 = rest.split_whitespace().nth(19)?.parse().ok()?;
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: i64 = boot
        .lines()
        .find_map(|line| line.strip_prefix("btime "))?
        .trim()
        .parse()
        .ok()?;
    Moment::from_unix(boot + ticks / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_as_a_shell_takes_it() {
        for (name, pattern, fits) in [
            ("a.conf", "*.conf", true),
            ("a.conf", "*", true),
            ("a.conf", "?.conf", true),
            ("ab.conf", "?.conf", false),
            ("a.conf.bak", "*.conf", false),
            ("aXbXc", "a*b*c", true),
            ("", "*", true),
            ("a", "", false),
        ] {
            assert_eq!(
                matches(name.as_bytes(), pattern.as_bytes()),
                fits,
                "{name} {pattern}"
            );
        }
    }

    #[test]
    fn this_process_has_not_started_in_the_future() {
        let Some(started) = started(std::process::id()) else {
            return;
        };
        assert!(started.unix() > 0);
    }
}
