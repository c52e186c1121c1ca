//! In tests: a disk that fills up, refuses or dies at any step, and a journal of what was done to it.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::Step;
use super::draft::Allowed;
use crate::store::named;

/// How the disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// The process is dead from that step on: nothing more happens to the disk. Of a write, a part happens.
    Kill,
    /// The process ends in truth, by a signal.
    Abort,
    /// That one step is refused.
    Refuse(io::ErrorKind),
    /// From that step on nothing can be made or written; of the first write a part fits. Removing works.
    Full,
}

#[derive(Clone, Copy)]
struct Plan {
    left: u32,
    fault: Fault,
    struck: bool,
}

/// What was done to the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Done {
    MakeFolder(PathBuf),
    Write(PathBuf),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    SyncFolder(PathBuf),
    Remove(PathBuf),
}

thread_local! {
    static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
    static VANISHING: Cell<bool> = const { Cell::new(false) };
    static SPARED: Cell<bool> = const { Cell::new(false) };
    static JOURNAL: RefCell<Vec<Done>> = const { RefCell::new(Vec::new()) };
}

/// Lets the disk of this thread fail after so many further steps.
pub(in super::super) fn after(steps: u32, fault: Fault) {
    PLAN.set(Some(Plan {
        left: steps,
        fault,
        struck: false,
    }));
}

/// The disk is well again; says whether it had failed.
pub(in super::super) fn heal() -> bool {
    PLAN.take().is_some_and(|plan| plan.struck)
}

/// What was done since this was last asked.
pub(in super::super) fn journal() -> Vec<Done> {
    JOURNAL.take()
}

/// Lets this thread do without making anything durable in truth, which takes most of a test's time and shows only
/// when the power fails. The journal has it anyway.
pub(in super::super) fn spare_the_disk() {
    SPARED.set(true);
}

/// Another process removes every lock as soon as this thread has opened it.
#[cfg(unix)]
pub(in super::super) fn let_locks_vanish() {
    VANISHING.set(true);
}

pub(super) fn opened(lock: &Path) {
    if VANISHING.get() {
        std::fs::remove_file(lock).unwrap();
    }
}

pub(super) fn sync(file: &File) -> io::Result<()> {
    match SPARED.get() {
        true => Ok(()),
        false => file.sync_all(),
    }
}

pub(super) fn sync_names(folder: &Path) -> io::Result<()> {
    match SPARED.get() {
        true => Ok(()),
        false => named::sync_folder(folder),
    }
}

/// Counts a step; the fault that applies to it, and whether it is the first time.
fn step() -> Option<(Fault, bool)> {
    let mut plan = PLAN.take()?;
    let applies = match plan {
        Plan { struck: true, .. } => Some((plan.fault, false)),
        Plan { left: 0, .. } => {
            plan.struck = true;
            Some((plan.fault, true))
        }
        _ => {
            plan.left -= 1;
            None
        }
    };
    PLAN.set(Some(plan));
    applies
}

fn dead() -> io::Error {
    io::Error::other("the process is dead")
}

fn note(done: Done) {
    JOURNAL.with_borrow_mut(|journal| journal.push(done));
}

pub(super) fn point(what: &Step<'_>) -> io::Result<()> {
    let frees = matches!(what, Step::Remove(_));
    match step() {
        Some((Fault::Abort, _)) => std::process::abort(),
        Some((Fault::Kill, _)) => return Err(dead()),
        Some((Fault::Refuse(kind), true)) => return Err(kind.into()),
        Some((Fault::Full, _)) if !frees => return Err(io::ErrorKind::StorageFull.into()),
        _ => {}
    }
    note(match what {
        Step::MakeFolder(path) => Done::MakeFolder(path.to_path_buf()),
        Step::Create(path) => Done::Write(path.to_path_buf()),
        Step::Sync(path) => Done::Sync(path.to_path_buf()),
        Step::Rename(from, to) => Done::Rename(from.to_path_buf(), to.to_path_buf()),
        Step::SyncFolder(path) => Done::SyncFolder(path.to_path_buf()),
        Step::Remove(path) => Done::Remove(path.to_path_buf()),
    });
    Ok(())
}

pub(super) fn allowed(path: &Path, bytes: usize) -> io::Result<Allowed> {
    let fault = match step() {
        Some((Fault::Abort, _)) => std::process::abort(),
        Some((Fault::Kill, true)) => dead(),
        Some((Fault::Full, true)) => io::ErrorKind::StorageFull.into(),
        Some((Fault::Kill, false)) => return Err(dead()),
        Some((Fault::Full, false)) => return Err(io::ErrorKind::StorageFull.into()),
        Some((Fault::Refuse(kind), true)) => return Err(kind.into()),
        Some((Fault::Refuse(_), false)) | None => {
            note(Done::Write(path.to_owned()));
            return Ok(Allowed { bytes, then: None });
        }
    };
    note(Done::Write(path.to_owned()));
    Ok(Allowed {
        bytes: bytes / 2,
        then: Some(fault),
    })
}
