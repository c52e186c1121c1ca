//! Writing into what stays what it is: pipes, character devices, and the descriptors that this process was given open.
//!
//! A pipe or a device has a name, and is treated as a file at that name would be: no other user may be able to exchange it,
//! and it has to belong to the user who runs this, or to root. It is opened by the name that no link is left in, without
//! following one, without cutting anything off and without waiting, and has to be what was looked at before. A descriptor, such as
//! `/dev/stdout` or `/dev/fd/63` of a shell's `>(…)`, was opened by whoever started this process, who decided where it leads.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::owner::Way;
use super::write::WriteError;

/// How long a pipe's reader may take nothing. One that works takes the next part at once; one that a person pages through
/// gets its time by `| less` and `>(less)`, which are descriptors and are waited for.
const PATIENCE_SECONDS: u64 = 30;

/// Writes everything into the pipe, the device or the descriptor that a path leads to.
pub(super) fn write(path: &Path, way: &Way, bytes: &[u8]) -> Result<(), WriteError> {
    way.check()?;
    if let Some((number, own)) = way.descriptor() {
        let written = given(number, own).and_then(|file| put(&file, bytes, None));
        return written.map(drop).map_err(failed(path));
    }
    let Some((own, seen)) = way.end() else {
        return Err(WriteError::NotAFile {
            path: path.to_owned(),
        });
    };
    if !way.is_known(seen) {
        return Err(WriteError::Foreign {
            path: own.to_owned(),
            owner: seen.uid(),
        });
    }
    let file = named(own, seen)?;
    match put(&file, bytes, Some(PATIENCE_SECONDS)).map_err(failed(path))? {
        Written::All => Ok(()),
        Written::Stalled => Err(WriteError::Stalled {
            path: path.to_owned(),
            seconds: PATIENCE_SECONDS,
        }),
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> WriteError {
    |source| WriteError::Io {
        path: path.to_owned(),
        source,
    }
}

/// A descriptor of this process once more, to be written to. Standard output is shared, so that what is printed to it comes
/// after what is written here, and not over it, where it is a file.
fn given(number: u32, own: &Path) -> io::Result<File> {
    let again = |stream: BorrowedFd<'_>| stream.try_clone_to_owned().map(File::from);
    match number {
        1 => again(io::stdout().as_fd()),
        2 => again(io::stderr().as_fd()),
        _ => options(OFlags::NONBLOCK | OFlags::NOCTTY)
            .append(true)
            .open(own),
    }
}

/// Opens the pipe or the device that was seen, by a name in which no link is left.
fn named(own: &Path, seen: &Metadata) -> Result<File, WriteError> {
    let opened = options(OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW).open(own);
    let file = opened.map_err(|error| match Errno::from_io_error(&error) {
        // What the system says of a pipe that nothing reads from.
        Some(Errno::NXIO) if seen.file_type().is_fifo() => WriteError::NoReader {
            path: own.to_owned(),
        },
        _ => failed(own)(error),
    })?;
    let found = file.metadata().map_err(failed(own))?;
    let is_seen = (found.dev(), found.ino(), found.uid()) == (seen.dev(), seen.ino(), seen.uid())
        && found.file_type() == seen.file_type();
    match is_seen {
        true => Ok(file),
        false => Err(WriteError::Exchanged {
            path: own.to_owned(),
        }),
    }
}

fn options(flags: OFlags) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(flags.bits().cast_signed());
    options
}

/// How writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// Everything was taken.
    All,
    /// Nothing was taken for too long.
    Stalled,
}

/// Writes everything, and waits for whoever reads it: for ever, or so many seconds in which nothing is taken.
fn put(file: &File, bytes: &[u8], patience: Option<u64>) -> io::Result<Written> {
    let mut left = bytes;
    let mut file = file;
    while !left.is_empty() {
        match file.write(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => left = left.get(taken..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !has_room(file, patience)? {
                    return Ok(Written::Stalled);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Written::All)
}

/// Waits until something can be written; says whether it can, or is no longer read.
fn has_room(file: &File, patience: Option<u64>) -> io::Result<bool> {
    let patience = patience.map(|seconds| Timespec {
        tv_sec: seconds.cast_signed(),
        tv_nsec: 0,
    });
    let mut watched = [PollFd::new(file, PollFlags::OUT)];
    match poll(&mut watched, patience.as_ref()) {
        Ok(0) => Ok(false),
        Ok(_)
            if watched
                .iter()
                .any(|one| one.revents().contains(PollFlags::NVAL)) =>
        {
            Err(io::ErrorKind::Unsupported.into())
        }
        // The next write says what else is wrong.
        Ok(_) | Err(Errno::INTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::super::write::{file, present};
    use super::*;

    fn made(folder: &Path, name: &str, arguments: &[&str]) -> Option<PathBuf> {
        let path = folder.join(name);
        let (program, rest) = arguments.split_first()?;
        let mut command = std::process::Command::new(program);
        let done = command.arg(&path).args(rest).output().ok()?;
        done.status.success().then_some(path)
    }

    /// Opened for both, it waits for no writer.
    fn reader(pipe: &Path) -> File {
        let mut options = OpenOptions::new();
        options.read(true).write(true).open(pipe).unwrap()
    }

    #[test]
    fn a_pipe_stays_one_and_is_written_to_if_something_reads_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = made(folder.path(), "pipe", &["mkfifo"]).unwrap();
        let link = folder.path().join("link");
        symlink(&pipe, &link).unwrap();
        for path in [&pipe, &link] {
            assert_eq!(present(path, 10), None);
            let refused = file(path, b"x");
            assert!(matches!(refused, Err(WriteError::NoReader { .. })));
            let mut reader = reader(&pipe);
            file(path, b"text").unwrap();
            let mut read = [0; 4];
            reader.read_exact(&mut read).unwrap();
            assert_eq!(&read, b"text");
        }
        let kind = fs::symlink_metadata(&pipe).unwrap().file_type();
        assert!(kind.is_fifo());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_pipe_whose_reader_takes_nothing_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = made(folder.path(), "pipe", &["mkfifo"]).unwrap();
        let _reader = reader(&pipe);
        let seen = fs::symlink_metadata(&pipe).unwrap();
        let opened = named(&pipe, &seen).unwrap();
        // More than any pipe holds by default.
        let bytes = vec![b'x'; 2 << 20];
        assert_eq!(put(&opened, &bytes, Some(0)).unwrap(), Written::Stalled);
        let pipe = made(folder.path(), "read", &["mkfifo"]).unwrap();
        let mut taking = reader(&pipe);
        let writer = std::thread::spawn(move || {
            file(&pipe, &bytes).unwrap();
            bytes
        });
        let mut taken = vec![0; 2 << 20];
        taking.read_exact(&mut taken).unwrap();
        assert_eq!(writer.join().unwrap(), taken);
    }

    #[test]
    fn what_is_no_longer_what_was_seen_is_neither_followed_nor_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("out");
        let pipe = made(folder.path(), "pipe", &["mkfifo"]).unwrap();
        let seen = fs::symlink_metadata(&pipe).unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        symlink(&precious, &at).unwrap();
        assert!(matches!(named(&at, &seen), Err(WriteError::Io { .. })));
        fs::remove_file(&at).unwrap();
        fs::rename(&precious, &at).unwrap();
        let refused = named(&at, &seen);
        assert!(matches!(refused, Err(WriteError::Exchanged { .. })));
        assert_eq!(fs::read(&at).unwrap(), b"precious");
        let other = made(folder.path(), "other", &["mkfifo"]).unwrap();
        let _reader = reader(&other);
        let refused = named(&other, &seen);
        assert!(matches!(refused, Err(WriteError::Exchanged { .. })));
    }

    #[test]
    fn a_pipe_or_a_device_that_others_could_exchange_is_not_written_to() {
        use std::os::unix::fs::PermissionsExt;
        let top = tempfile::tempdir().unwrap();
        let shared = top.path().join("shared");
        fs::create_dir(&shared).unwrap();
        let pipe = made(&shared, "pipe", &["mkfifo"]).unwrap();
        symlink(&pipe, top.path().join("pipe")).unwrap();
        symlink("/dev/null", shared.join("null")).unwrap();
        let mut read = reader(&pipe);
        let set = |bits| fs::set_permissions(&shared, fs::Permissions::from_mode(bits)).unwrap();
        let paths = [pipe.clone(), top.path().join("pipe"), shared.join("null")];
        set(0o777);
        for path in &paths {
            let refused = file(path, b"x");
            assert!(matches!(refused, Err(WriteError::Unsafe(_))), "{path:?}");
        }
        set(0o1777);
        for path in &paths {
            file(path, b"y").unwrap();
        }
        let mut taken = [0; 2];
        read.read_exact(&mut taken).unwrap();
        assert_eq!(&taken, b"yy");
    }

    #[test]
    fn a_pipe_of_another_user_is_not_written_to() {
        use std::os::unix::fs::{PermissionsExt, chown, lchown};
        if !rustix::process::geteuid().is_root() {
            // Only root can give a pipe away.
            return;
        }
        let top = tempfile::tempdir().unwrap();
        let sticky = top.path().join("sticky");
        fs::create_dir(&sticky).unwrap();
        fs::set_permissions(&sticky, fs::Permissions::from_mode(0o1777)).unwrap();
        let pipe = made(&sticky, "pipe", &["mkfifo"]).unwrap();
        let _reader = reader(&pipe);
        chown(&pipe, Some(1000), Some(1000)).unwrap();
        let refused = file(&pipe, b"x");
        assert!(matches!(
            refused,
            Err(WriteError::Foreign { owner: 1000, .. })
        ));
        // A link of theirs to what everyone may write to.
        let link = sticky.join("null");
        symlink("/dev/null", &link).unwrap();
        file(&link, b"x").unwrap();
        lchown(&link, Some(1000), Some(1000)).unwrap();
        assert!(matches!(file(&link, b"x"), Err(WriteError::Unsafe(_))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        // Devices of the test's own, as /dev/null and /dev/zero: only root can make them.
        for (name, minor) in [("null", "3"), ("zero", "5")] {
            let Some(device) = made(folder.path(), name, &["mknod", "c", "1", minor]) else {
                return;
            };
            assert_eq!(present(&device, u64::MAX), None);
            // Where the file system allows no devices, opening fails; it stays one nevertheless.
            let _ = file(&device, b"text");
            let kind = fs::symlink_metadata(&device).unwrap().file_type();
            assert!(kind.is_char_device());
        }
        let below = folder.path().join("folder");
        fs::create_dir(&below).unwrap();
        assert!(matches!(
            file(&below, b"x"),
            Err(WriteError::NotAFile { .. })
        ));
    }
}
