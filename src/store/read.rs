//! Reading files, streams and directories, each with a limit.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use zeroize::Zeroizing;

use super::owner::UnsafeFolder;
use crate::input::{CRL_LIMIT, SIZE_LIMIT, Shown};

/// The length in bytes from which files are mapped instead of read: 1 MiB.
///
/// Below it a map costs more than it saves; above it copying would double the memory. Certificates and keys
/// are far smaller, so that a key's bytes are never left in a buffer that is not wiped.
pub const MAP_THRESHOLD: u64 = 1024 * 1024;

/// The most files of one directory tree whose contents are kept: a hundred times the largest estate anyone has asked for.
pub const FILES_LIMIT: usize = 100_000;

/// The most files read from one directory tree where nothing of them is kept: as many as there may be objects in one input.
pub const STREAM_LIMIT: usize = 1_000_000;

/// The bytes of a file: read, and wiped when dropped; or mapped. `Debug` says how many there are.
pub struct FileBytes(Holder);

enum Holder {
    Read(Zeroizing<Vec<u8>>),
    Mapped(memmap2::Mmap),
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Holder::Read(bytes) => bytes,
            Holder::Mapped(map) => map,
        }
    }
}

/// Takes bytes that a caller has; they are wiped when dropped.
impl From<Vec<u8>> for FileBytes {
    fn from(bytes: Vec<u8>) -> FileBytes {
        FileBytes(Holder::Read(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system refused.
    #[error("cannot read {}", path.shown())]
    Path {
        /// What was to be read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory was given where a file was expected.
    #[error("{} is a directory, expected a file", path.shown())]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// Something else was found where a regular file was expected.
    #[error("{} is not a regular file", path.shown())]
    NotRegular {
        /// What was found.
        path: PathBuf,
    },
    /// The file is longer than what is read.
    #[error("{} is larger than the limit of {limit} bytes", path.shown())]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The stream broke.
    #[error("cannot read the stream")]
    Stream(#[source] io::Error),
    /// The stream is longer than what is read.
    #[error("the stream is longer than the limit of {limit} bytes")]
    StreamTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The directory tree has more files than are read.
    #[error("{} has more than {limit} files; give a directory with fewer", path.shown())]
    TooManyFiles {
        /// The top of the tree.
        path: PathBuf,
        /// [`FILES_LIMIT`].
        limit: usize,
    },
}

impl ReadError {
    /// What was to be read, where it has a path.
    pub fn path(&self) -> Option<&Path> {
        match self {
            ReadError::Path { path, .. }
            | ReadError::Directory { path }
            | ReadError::NotRegular { path }
            | ReadError::FileTooLarge { path, .. }
            | ReadError::TooManyFiles { path, .. } => Some(path),
            ReadError::Stream(_) | ReadError::StreamTooLarge { .. } => None,
        }
    }
}

/// Where a path leads when every link in it is followed; `None` where it leads nowhere.
pub fn resolved(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// Reads a file, or maps it when it is large.
///
/// Pipes and devices are read to their end like a stream; opening a pipe waits for its writer.
///
/// # Errors
/// When the system refuses, for a directory, and for more than [`SIZE_LIMIT`] bytes.
pub fn file(path: &Path) -> Result<FileBytes, ReadError> {
    limited(path, SIZE_LIMIT)
}

/// Whether there is a file at `path` that is read without being named: a regular one, or a link to one.
///
/// # Errors
/// When it cannot be looked at, as for a link that leads nowhere, and for what is no file: reading a pipe would wait.
pub fn is_there(path: &Path) -> Result<bool, ReadError> {
    // Nor is there one where the user may not look.
    if fs::symlink_metadata(path).is_err() {
        return Ok(false);
    }
    let facts = fs::metadata(path).map_err(refused(path))?;
    match (facts.is_file(), facts.is_dir()) {
        (true, _) => Ok(true),
        (false, true) => Err(ReadError::Directory {
            path: path.to_owned(),
        }),
        (false, false) => Err(ReadError::NotRegular {
            path: path.to_owned(),
        }),
    }
}

/// Whether there is a file at `path`, of the user who runs this or of root, that no other user could have written or put
/// there.
///
/// # Errors
/// [`UnsafeFolder`] when another user could have.
pub fn is_own(path: &Path) -> Result<bool, UnsafeFolder> {
    let Ok(facts) = fs::metadata(path) else {
        return Ok(false);
    };
    super::owner::check_own(path, &facts)?;
    // Where the name is a link, both its folder and the file's count.
    let linked = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    for folder in [path.parent(), linked.parent()].into_iter().flatten() {
        super::owner::check(folder)?;
    }
    Ok(true)
}

/// Whether every user of this machine may read the file, by its mode; false if that is unknown, and on Windows,
/// where files inherit their permissions from folders.
pub fn is_open_to_all(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).is_ok_and(|facts| facts.is_file() && facts.mode() & 0o004 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Reads or maps a file in which a CRL is expected, which may be longer than other files.
///
/// # Errors
/// When the system refuses, for a directory, for a regular file of more than [`CRL_LIMIT`] bytes, and for more
/// than [`SIZE_LIMIT`] bytes from a pipe or a device, which cannot be mapped.
pub fn crl(path: &Path) -> Result<FileBytes, ReadError> {
    limited(path, CRL_LIMIT)
}

/// `limit` is for regular files, which are mapped where they are large; what is copied ends at [`SIZE_LIMIT`].
fn limited(path: &Path, limit: u64) -> Result<FileBytes, ReadError> {
    let refused = |source| ReadError::Path {
        path: path.to_owned(),
        source,
    };
    let too_large = |limit| ReadError::FileTooLarge {
        path: path.to_owned(),
        limit,
    };
    // Windows does not open a directory at all.
    if path.is_dir() {
        return Err(ReadError::Directory {
            path: path.to_owned(),
        });
    }
    let file = File::open(path).map_err(refused)?;
    let facts = file.metadata().map_err(refused)?;
    if facts.is_file() && facts.len() > limit {
        return Err(too_large(limit));
    }
    if facts.is_file() && facts.len() >= MAP_THRESHOLD {
        return map(&file)
            .map(|map| FileBytes(Holder::Mapped(map)))
            .map_err(refused);
    }
    let expected = if facts.is_file() { facts.len() } else { 0 };
    match bounded(file, SIZE_LIMIT, expected).map_err(refused)? {
        Some(bytes) => Ok(FileBytes(Holder::Read(bytes))),
        None => Err(too_large(SIZE_LIMIT)),
    }
}

/// The bytes of an open regular file of any length: read, or mapped when it is large.
pub(super) fn opened(file: &File) -> io::Result<FileBytes> {
    let length = file.metadata()?.len();
    if length >= MAP_THRESHOLD {
        return map(file).map(|map| FileBytes(Holder::Mapped(map)));
    }
    match bounded(file, MAP_THRESHOLD, length)? {
        Some(bytes) => Ok(FileBytes(Holder::Read(bytes))),
        None => Err(io::ErrorKind::FileTooLarge.into()),
    }
}

#[expect(
    unsafe_code,
    reason = "mapping a file is unsafe; the reason why it is done stands within"
)]
fn map(file: &File) -> io::Result<memmap2::Mmap> {
    // SAFETY: the map is private and only read. Should another process write to the file meanwhile, the bytes
    // seen may change, which every reader here survives because it checks each access; should it shorten the
    // file, the system ends this process with SIGBUS, as it does for every program that maps its input.
    unsafe { memmap2::MmapOptions::new().map_copy_read_only(file) }
}

/// Reads a stream to its end.
///
/// # Errors
/// When the stream breaks, and for more than `limit` bytes.
pub fn stream(reader: impl Read, limit: u64) -> Result<FileBytes, ReadError> {
    match bounded(reader, limit, 0).map_err(ReadError::Stream)? {
        Some(bytes) => Ok(FileBytes(Holder::Read(bytes))),
        None => Err(ReadError::StreamTooLarge { limit }),
    }
}

/// Reads up to `limit` bytes; `None` when there are more. Buffers that are outgrown are wiped: they may hold
/// a key.
fn bounded(reader: impl Read, limit: u64, expected: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    const FIRST: usize = 64 * 1024;
    // One byte more than expected, so that the end is seen without growing.
    let first = usize::try_from(expected.min(limit)).map_or(FIRST, |expected| {
        if expected == 0 { FIRST } else { expected + 1 }
    });
    let mut reader = reader.take(limit.saturating_add(1));
    let mut bytes = Zeroizing::new(vec![0; first]);
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; bytes.len() * 2]);
            larger
                .iter_mut()
                .zip(bytes.iter())
                .for_each(|(to, &from)| *to = from);
            bytes = larger;
        }
        match reader.read(bytes.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok((filled as u64 <= limit).then_some(bytes))
}

/// Lists the files of a directory, of its whole tree where `depth` says so, sorted by path; a path that is no
/// directory is returned as it is. [`files`] gives the same one after the other.
///
/// # Errors
/// When the system refuses, and for more than [`FILES_LIMIT`] files.
pub fn walk(path: &Path, depth: Depth) -> Result<Vec<PathBuf>, ReadError> {
    match files(path, depth, FILES_LIMIT)? {
        Some(files) => files.collect(),
        None => Ok(vec![path.to_owned()]),
    }
}

/// The files of a directory, of its whole tree where `depth` says so, in the order of their paths; `None` for a path that is
/// no directory.
///
/// A folder is looked into when its turn comes, so that the first file is available at once whatever the tree's size. What a
/// folder inside refuses is an item of its own, and the others go on. Links to files are followed, links to directories are not
/// followed, so that a loop of links ends. Pipes, sockets and devices inside are left out. [`Files::take_left_out`] has all of
/// these.
///
/// # Errors
/// When the system refuses `path` itself, and for more than `limit` names in it; more than `limit` files in all are an item
/// that says so, and the last one.
pub fn files(path: &Path, depth: Depth, limit: usize) -> Result<Option<Files>, ReadError> {
    if !fs::metadata(path).map_err(refused(path))?.is_dir() {
        return Ok(None);
    }
    Ok(Some(Files {
        top: path.to_owned(),
        depth,
        limit,
        given: 0,
        left_out: Vec::new(),
        open: vec![entries(path, path, limit)?],
    }))
}

/// Files of a directory as they are looked at; see [`files`].
#[derive(Debug)]
pub struct Files {
    top: PathBuf,
    depth: Depth,
    limit: usize,
    given: usize,
    left_out: Vec<NotEntered>,
    /// What is left of each folder on the way down.
    open: Vec<std::vec::IntoIter<(OsString, fs::DirEntry)>>,
}

/// Something in a folder that is not looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotEntered {
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub kind: LeftOutKind,
}

/// What in a folder is not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOutKind {
    /// A folder, where those inside are not wanted.
    Subfolder,
    /// A link to a folder.
    LinkToFolder,
    /// A pipe, socket or device, or a link to one.
    NoFile,
}

impl Files {
    /// What was left out so far.
    pub fn take_left_out(&mut self) -> Vec<NotEntered> {
        std::mem::take(&mut self.left_out)
    }

    /// Whether another one is within the limit.
    fn count(&mut self) -> Result<(), ReadError> {
        if self.given == self.limit {
            self.open.clear();
            return Err(ReadError::TooManyFiles {
                path: self.top.clone(),
                limit: self.limit,
            });
        }
        self.given += 1;
        Ok(())
    }
}

impl Iterator for Files {
    type Item = Result<PathBuf, ReadError>;

    fn next(&mut self) -> Option<Result<PathBuf, ReadError>> {
        loop {
            let Some((_, entry)) = self.open.last_mut()?.next() else {
                self.open.pop();
                continue;
            };
            let found = entry.path();
            let kind = match entry.file_type().map_err(refused(&found)) {
                Ok(kind) => kind,
                Err(error) => return Some(Err(error)),
            };
            if kind.is_dir() && self.depth == Depth::Tree {
                match entries(&found, &self.top, self.limit) {
                    Ok(entries) => self.open.push(entries),
                    Err(error) => return Some(Err(error)),
                }
                continue;
            }
            // A link that leads nowhere is listed, so that its reading fails with a sentence.
            let target = match kind.is_symlink() {
                true => fs::metadata(&found).ok().map(|facts| facts.file_type()),
                false => Some(kind),
            };
            let left_out = match target {
                Some(target) if target.is_dir() && kind.is_symlink() => LeftOutKind::LinkToFolder,
                Some(target) if target.is_dir() => LeftOutKind::Subfolder,
                Some(target) if !target.is_file() => LeftOutKind::NoFile,
                _ => return Some(self.count().map(|()| found)),
            };
            if let Err(error) = self.count() {
                return Some(Err(error));
            }
            self.left_out.push(NotEntered {
                path: found,
                kind: left_out,
            });
        }
    }
}

/// The names in a folder, sorted.
fn entries(
    folder: &Path,
    top: &Path,
    limit: usize,
) -> Result<std::vec::IntoIter<(OsString, fs::DirEntry)>, ReadError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(refused(folder))? {
        if entries.len() == limit {
            return Err(ReadError::TooManyFiles {
                path: top.to_owned(),
                limit,
            });
        }
        let entry = entry.map_err(refused(folder))?;
        entries.push((entry.file_name(), entry));
    }
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries.into_iter())
}

fn refused(path: &Path) -> impl Fn(io::Error) -> ReadError + use<> {
    let path = path.to_owned();
    move |source| ReadError::Path {
        path: path.clone(),
        source,
    }
}

/// How far [`walk`] goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Depth {
    /// The files of the directory itself.
    Directory,
    /// Those of all directories below it as well.
    Tree,
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_small_and_a_large_file_read_the_same_as_written() {
        let directory = tempfile::tempdir().unwrap();
        for length in [
            0,
            1,
            65_536,
            MAP_THRESHOLD as usize - 1,
            MAP_THRESHOLD as usize,
            MAP_THRESHOLD as usize + 7,
        ] {
            let path = directory.path().join("file");
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            fs::write(&path, &bytes).unwrap();
            let read = file(&path).unwrap();
            assert!(read[..] == bytes[..], "{length}");
            assert_eq!(
                matches!(read.0, Holder::Mapped(_)),
                length >= MAP_THRESHOLD as usize
            );
        }
    }

    #[test]
    fn a_missing_file_and_a_directory_are_named_in_the_error() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing.pem");
        let error = file(&missing).unwrap_err();
        assert!(error.to_string().ends_with("missing.pem"), "{error}");
        assert!(error.source().is_some());
        assert!(matches!(
            file(directory.path()),
            Err(ReadError::Directory { .. })
        ));
    }

    #[test]
    fn a_file_over_the_limit_is_refused_before_it_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sparse");
        File::create(&path)
            .unwrap()
            .set_len(SIZE_LIMIT + 1)
            .unwrap();
        assert!(matches!(file(&path), Err(ReadError::FileTooLarge { .. })));
    }

    #[test]
    fn a_crl_may_be_longer_than_other_files_up_to_a_limit_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sparse.crl");
        let sparse = File::create(&path).unwrap();
        sparse.set_len(CRL_LIMIT + 1).unwrap();
        assert!(matches!(crl(&path), Err(ReadError::FileTooLarge { .. })));
        if cfg!(target_pointer_width = "64") {
            sparse.set_len(SIZE_LIMIT + 1).unwrap();
            assert_eq!(crl(&path).unwrap().len() as u64, SIZE_LIMIT + 1);
        }
    }

    #[test]
    fn a_stream_may_reach_its_limit_and_not_pass_it() {
        assert_eq!(
            &stream(&[7; 200_000][..], 200_000).unwrap()[..],
            &[7; 200_000]
        );
        assert!(matches!(
            stream(io::repeat(0), 200_000),
            Err(ReadError::StreamTooLarge { limit: 200_000 })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn an_endless_device_ends_at_the_limit_of_a_stream() {
        let zero = File::open("/dev/zero").unwrap();
        assert!(matches!(
            stream(zero, 100_000),
            Err(ReadError::StreamTooLarge { .. })
        ));
        assert!(file(Path::new("/dev/null")).unwrap().is_empty());
    }

    #[test]
    fn a_walk_is_sorted_and_goes_deeper_only_when_asked() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        fs::create_dir_all(top.join("b/c")).unwrap();
        for name in ["z.pem", "a.pem", "b/m.pem", "b/c/n.pem"] {
            fs::write(top.join(name), "x").unwrap();
        }
        let names = |depth| {
            let files = walk(top, depth).unwrap();
            files
                .iter()
                .map(|file| file.strip_prefix(top).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let flat = ["a.pem", "z.pem"].map(PathBuf::from);
        assert_eq!(names(Depth::Directory), flat);
        let tree = ["a.pem", "b/c/n.pem", "b/m.pem", "z.pem"];
        assert_eq!(names(Depth::Tree), tree.map(PathBuf::from));
        assert_eq!(
            walk(&top.join("a.pem"), Depth::Tree).unwrap(),
            [top.join("a.pem")]
        );
        assert!(walk(&top.join("missing"), Depth::Tree).is_err());
    }

    #[test]
    fn files_come_in_the_order_of_their_paths_before_later_folders_are_looked_into() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        for name in ["a", "a-b", "b"] {
            fs::create_dir(top.join(name)).unwrap();
            fs::write(top.join(name).join("x"), "x").unwrap();
        }
        for name in ["a.pem", "0", "a b", "bb"] {
            fs::write(top.join(name), "x").unwrap();
        }
        let mut sorted = walk(top, Depth::Tree).unwrap();
        let listed = sorted.clone();
        sorted.sort();
        assert_eq!(listed, sorted);
        let mut files = files(top, Depth::Tree, FILES_LIMIT).unwrap().unwrap();
        assert_eq!(files.next().unwrap().unwrap(), top.join("0"));
        fs::remove_file(top.join("b/x")).unwrap();
        assert_eq!(files.count(), listed.len() - 2);
    }

    #[test]
    fn the_files_up_to_the_limit_come_before_the_sentence_that_there_are_more() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        for name in ["a", "b", "c"] {
            fs::create_dir(top.join(name)).unwrap();
            fs::write(top.join(name).join("x"), "x").unwrap();
        }
        let found: Vec<_> = files(top, Depth::Tree, 3).unwrap().unwrap().collect();
        assert!(found.len() == 3 && found.iter().all(Result::is_ok));
        fs::write(top.join("c/y"), "x").unwrap();
        fs::write(top.join("c/z"), "x").unwrap();
        let found: Vec<_> = files(top, Depth::Tree, 3).unwrap().unwrap().collect();
        assert_eq!(found.iter().filter(|one| one.is_ok()).count(), 3);
        assert!(matches!(
            found.last(),
            Some(Err(ReadError::TooManyFiles { limit: 3, .. }))
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_may_not_be_looked_into_costs_no_other_its_files() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        fs::create_dir(top.join("a")).unwrap();
        fs::write(top.join("b"), "x").unwrap();
        let closed = fs::Permissions::from_mode(0o000);
        fs::set_permissions(top.join("a"), closed).unwrap();
        let found: Vec<_> = files(top, Depth::Tree, FILES_LIMIT)
            .unwrap()
            .unwrap()
            .collect();
        assert!(matches!(found.last(), Some(Ok(path)) if path.ends_with("b")));
        // Root may look into everything.
        if !rustix::process::geteuid().is_root() {
            assert!(matches!(found.first(), Some(Err(ReadError::Path { .. }))));
        }
        let open = fs::Permissions::from_mode(0o700);
        fs::set_permissions(top.join("a"), open).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_looked_into_is_named_once_and_counts_towards_the_limit() {
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        fs::create_dir(top.join("a")).unwrap();
        fs::write(top.join("a/x"), "x").unwrap();
        symlink(top.join("a"), top.join("b")).unwrap();
        let _socket = UnixListener::bind(top.join("c.pem")).unwrap();
        symlink(top.join("c.pem"), top.join("d.pem")).unwrap();
        let left_out = |depth, limit| {
            let mut files = files(top, depth, limit).unwrap().unwrap();
            let is_whole = files.by_ref().all(|file| file.is_ok());
            let left_out = files.take_left_out();
            assert!(files.take_left_out().is_empty());
            let named = left_out.into_iter().map(|NotEntered { path, kind }| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, kind)
            });
            (is_whole, named.collect::<Vec<_>>())
        };
        let all = [
            ("a".to_owned(), LeftOutKind::Subfolder),
            ("b".to_owned(), LeftOutKind::LinkToFolder),
            ("c.pem".to_owned(), LeftOutKind::NoFile),
            ("d.pem".to_owned(), LeftOutKind::NoFile),
        ];
        assert_eq!(left_out(Depth::Directory, 4), (true, all.to_vec()));
        assert_eq!(left_out(Depth::Tree, 4), (true, all[1..].to_vec()));
        fs::write(top.join("a/y"), "x").unwrap();
        assert_eq!(left_out(Depth::Tree, 4), (false, all[1..3].to_vec()));
    }

    #[cfg(unix)]
    #[test]
    fn a_loop_of_links_ends_and_links_to_files_are_taken() {
        use std::os::unix::fs::symlink;
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        fs::write(top.join("a.pem"), "x").unwrap();
        symlink(top, top.join("loop")).unwrap();
        symlink(top.join("a.pem"), top.join("link.pem")).unwrap();
        symlink(top.join("gone"), top.join("nowhere.pem")).unwrap();
        assert_eq!(
            walk(top, Depth::Tree).unwrap(),
            [
                top.join("a.pem"),
                top.join("link.pem"),
                top.join("nowhere.pem")
            ]
        );
    }
}
