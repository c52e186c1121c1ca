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

/// The files of a folder, sorted, without those whose names begin with a dot. Empty where it cannot be read. `looked_at` is
/// called for each; where it says false, none are returned.
pub fn files_in(folder: &Path, looked_at: &dyn Fn() -> bool) -> Vec<PathBuf> {
    entries(folder, &Pattern::read("*").parts, looked_at).unwrap_or_default()
}

/// The files that an include names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// They, sorted, whether they exist or not where the include names one.
    pub files: Vec<PathBuf>,
    /// Whether the pattern has a sign that was not understood, so that there may be others.
    pub is_partial: bool,
}

/// The files that a pattern names, from a folder: a file, the files of a folder, or those that fit the pattern as a shell
/// takes it (`glob(3)`), where it has `*`, `?` or `[`. `looked_at` is called for each file of a folder that is compared with
/// the pattern; where it says false, none are returned.
pub fn matching(base: &Path, pattern: &str, looked_at: &dyn Fn() -> bool) -> Matching {
    let whole = base.join(pattern);
    if whole.is_dir() {
        return Matching {
            files: files_in(&whole, looked_at),
            is_partial: false,
        };
    }
    if !pattern.contains(['*', '?', '[']) {
        return Matching {
            files: vec![whole],
            is_partial: false,
        };
    }
    let (mut found, pattern) = match pattern.strip_prefix('/') {
        Some(rest) => (vec![PathBuf::from("/")], rest),
        None => (vec![base.to_owned()], pattern),
    };
    let mut is_partial = false;
    let mut parts = pattern
        .split('/')
        .filter(|part| !part.is_empty())
        .peekable();
    while let Some(part) = parts.next() {
        let pattern = Pattern::read(part);
        is_partial |= pattern.is_partial;
        let is_last = parts.peek().is_none();
        let mut next = Vec::new();
        for folder in found {
            match pattern.literal() {
                Some(name) => next.push(folder.join(name)),
                None => match entries(&folder, &pattern.parts, looked_at) {
                    Some(files) => next.extend(files),
                    None => return Matching::default(),
                },
            }
        }
        next.retain(|path| match is_last {
            true => path.symlink_metadata().is_ok(),
            false => path.is_dir(),
        });
        found = next;
    }
    found.sort();
    Matching {
        files: found,
        is_partial,
    }
}

/// The files of a folder whose names fit; `None` where not all were looked at.
fn entries(folder: &Path, parts: &[Part], looked_at: &dyn Fn() -> bool) -> Option<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Some(Vec::new());
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries.flatten() {
        if !looked_at() {
            return None;
        }
        if matches(entry.file_name().as_encoded_bytes(), parts) {
            files.push(entry.path());
        }
    }
    files.sort();
    Some(files)
}

/// Whether a whole path fits a pattern, of which no sign matches `/`; `None` where the pattern has one that was not understood.
pub fn fits(path: &Path, pattern: &Path) -> Option<bool> {
    let (Some(path), Some(pattern)) = (path.to_str(), pattern.to_str()) else {
        return Some(path == pattern);
    };
    if !pattern.contains(['*', '?', '[']) {
        return Some(path == pattern);
    }
    let (mut parts, mut patterns) = (path.split('/'), pattern.split('/'));
    let mut is_partial = false;
    loop {
        match (parts.next(), patterns.next()) {
            (None, None) => return (!is_partial).then_some(true),
            (Some(part), Some(pattern)) => {
                let pattern = Pattern::read(pattern);
                is_partial |= pattern.is_partial;
                if !pattern.is_partial && !matches(part.as_bytes(), &pattern.parts) {
                    return Some(false);
                }
            }
            _ => return Some(false),
        }
    }
}

/// The pattern of one name.
struct Pattern {
    parts: Vec<Part>,
    /// Whether it has a sign that was not understood.
    is_partial: bool,
}

/// A sign of a pattern.
enum Part {
    /// A byte that is itself.
    Byte(u8),
    /// `?`.
    One,
    /// `*`.
    Many,
    /// One of some bytes, from the first of each pair to the second; or with `!`, any other.
    Among(Vec<(u8, u8)>, Sense),
}

/// Whether a byte of a list fits, or any other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Listed,
    Other,
}

impl Pattern {
    /// Reads one as `glob(3)` does: a backslash takes the sign after it as it stands, and a bracket that does not end is itself.
    fn read(text: &str) -> Pattern {
        let mut rest = text.as_bytes();
        let mut parts = Vec::new();
        let mut is_partial = false;
        // Where one bracket does not end, none after it does.
        let mut may_end = true;
        while let Some((sign, after)) = rest.split_first() {
            rest = after;
            parts.push(match sign {
                b'*' => Part::Many,
                b'?' => Part::One,
                b'\\' => match rest.split_first() {
                    Some((escaped, after)) => {
                        rest = after;
                        Part::Byte(*escaped)
                    }
                    None => Part::Byte(b'\\'),
                },
                b'[' if may_end => match bracket(after) {
                    Bracket::Read(part, after) => {
                        rest = after;
                        part
                    }
                    Bracket::Open => {
                        may_end = false;
                        Part::Byte(b'[')
                    }
                    Bracket::NotUnderstood => {
                        is_partial = true;
                        may_end = false;
                        Part::Byte(b'[')
                    }
                },
                byte => Part::Byte(*byte),
            });
        }
        Pattern { parts, is_partial }
    }

    /// The only name that fits, where it has no sign for others.
    fn literal(&self) -> Option<String> {
        let bytes = self.parts.iter().map(|part| match part {
            Part::Byte(byte) => Some(*byte),
            _ => None,
        });
        String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
    }
}

/// What begins with a bracket.
enum Bracket<'t> {
    /// A list, and what follows it.
    Read(Part, &'t [u8]),
    /// It does not end.
    Open,
    /// A class such as `[:digit:]`, which is not read.
    NotUnderstood,
}

fn bracket(text: &[u8]) -> Bracket<'_> {
    let (sense, mut rest) = match text {
        [b'!' | b'^', rest @ ..] => (Sense::Other, rest),
        rest => (Sense::Listed, rest),
    };
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    let mut is_first = true;
    loop {
        let (first, after) = match rest {
            [] => return Bracket::Open,
            [b']', after @ ..] if !is_first => {
                return Bracket::Read(Part::Among(ranges, sense), after);
            }
            [b'[', b':' | b'.' | b'=', ..] => return Bracket::NotUnderstood,
            [b'\\', escaped, after @ ..] => (*escaped, after),
            [byte, after @ ..] => (*byte, after),
        };
        is_first = false;
        (ranges, rest) = match after {
            [b'-', b'[', b':' | b'.' | b'=', ..] => return Bracket::NotUnderstood,
            [b'-', b'\\', last, after @ ..] => (with(ranges, first, *last), after),
            [b'-', last, after @ ..] if *last != b']' => (with(ranges, first, *last), after),
            after => (with(ranges, first, first), after),
        };
    }
}

fn with(mut ranges: Vec<(u8, u8)>, first: u8, last: u8) -> Vec<(u8, u8)> {
    ranges.push((first, last));
    ranges
}

/// Whether a name fits a pattern; a dot in front is matched by a dot alone. The star that came last is tried again, so that the
/// cost stays small.
fn matches(name: &[u8], pattern: &[Part]) -> bool {
    if name.first() == Some(&b'.') && !matches!(pattern.first(), Some(Part::Byte(b'.'))) {
        return false;
    }
    let (mut at, mut in_pattern) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(at) {
        let fits = match pattern.get(in_pattern) {
            Some(Part::Many) => {
                star = Some((in_pattern, at));
                in_pattern += 1;
                continue;
            }
            Some(Part::One) => true,
            Some(Part::Byte(wanted)) => wanted == byte,
            Some(Part::Among(ranges, sense)) => {
                let mut ranges = ranges.iter();
                let is_listed = ranges.any(|(first, last)| (first..=last).contains(&byte));
                is_listed == (*sense == Sense::Listed)
            }
            None => false,
        };
        match (fits, star) {
            (true, _) => {
                at += 1;
                in_pattern += 1;
            }
            (false, Some((place, from))) => {
                in_pattern = place + 1;
                at = from + 1;
                star = Some((place, from + 1));
            }
            (false, None) => return false,
        }
    }
    let mut rest = pattern.iter().skip(in_pattern);
    rest.all(|part| matches!(part, Part::Many))
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
        for (name, pattern, expected) in [
            ("a.conf", "*.conf", true),
            ("a.conf", "*", true),
            ("a.conf", "?.conf", true),
            ("ab.conf", "?.conf", false),
            ("a.conf.bak", "*.conf", false),
            ("aXbXc", "a*b*c", true),
            ("", "*", true),
            ("a", "", false),
            ("1a.conf", "[0-9]*.conf", true),
            ("a1.conf", "[0-9]*.conf", false),
            ("a.conf", "[!0-9]*.conf", true),
            ("a.conf", "[^a]*.conf", false),
            ("a.in", "a.in[c]", false),
            ("a.inc", "a.in[c]", true),
            ("]", "[]a]", true),
            ("-", "[a-]", true),
            ("b", "[\\a-\\c]", true),
            ("[a", "[a", true),
            ("a*", "a\\*", true),
            ("ab", "a\\*", false),
            (".a.conf", "*.conf", false),
            (".a.conf", "[.]*.conf", false),
            (".a.conf", ".*.conf", true),
        ] {
            let pattern = Pattern::read(pattern);
            assert!(!pattern.is_partial);
            let found = matches(name.as_bytes(), &pattern.parts);
            assert_eq!(found, expected, "{name}");
        }
        assert!(Pattern::read("[[:digit:]]*").is_partial);
    }

    #[test]
    fn a_path_fits_a_pattern_with_signs_in_every_part() {
        for (path, pattern, expected) in [
            ("/etc/a/b.conf", "/etc/*/*.conf", Some(true)),
            ("/etc/a/b.conf", "/etc/[!a]/*.conf", Some(false)),
            ("/etc/b.conf", "/etc/*/*.conf", Some(false)),
            ("/etc/a/1.conf", "/etc/a/[[:digit:]].conf", None),
            ("/etc/b/1.conf", "/etc/a/[[:digit:]].conf", Some(false)),
            ("/etc/a\\b", "/etc/a\\b", Some(true)),
        ] {
            let found = fits(Path::new(path), Path::new(pattern));
            assert_eq!(found, expected, "{path} {pattern}");
        }
    }

    #[test]
    fn a_pattern_names_files_in_folders_that_fit() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "x/1.conf",
            "y/2.conf",
            "y/a.conf",
            "[z]/3.conf",
            ".h/4.conf",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        for (pattern, expected) in [
            ("*/[0-9].conf", &["[z]/3.conf", "x/1.conf", "y/2.conf"][..]),
            ("[xy]/?.conf", &["x/1.conf", "y/2.conf", "y/a.conf"]),
            ("x/*/../1.conf", &[]),
            (
                "*/../x/1*",
                &["[z]/../x/1.conf", "x/../x/1.conf", "y/../x/1.conf"],
            ),
            ("\\[z\\]/*", &["[z]/3.conf"]),
            ("[z]/*", &[]),
            (".h/*", &[".h/4.conf"]),
            ("y", &["y/2.conf", "y/a.conf"]),
            ("none.conf", &["none.conf"]),
        ] {
            let found = matching(folder.path(), pattern, &|| true);
            let expected: Vec<PathBuf> =
                expected.iter().map(|one| folder.path().join(one)).collect();
            assert_eq!(found.files, expected, "{pattern}");
            assert!(!found.is_partial);
        }
        assert!(matching(folder.path(), "[[:alpha:]]/*", &|| true).is_partial);
    }

    #[test]
    fn this_process_has_not_started_in_the_future() {
        let Some(started) = started(std::process::id()) else {
            return;
        };
        assert!(started.unix() > 0);
    }
}
