//! What `inspect` and `match` share: from paths to objects.

pub(crate) mod cached;
pub(crate) mod evidence;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ptl_cert::decode::{self, Container, OpenError, Opened, Password, Piece};
use ptl_cert::document::{Item, ItemError};
use ptl_cert::environment::Facts;
use ptl_cert::input::{Input, Shown, Source};
use ptl_cert::report::inspection::Unread;
use ptl_cert::report::problem::Problem as Complaint;
use ptl_cert::store::read::{Depth, FileBytes};
use ptl_cert::verdict::Severity;
use rayon::prelude::*;

use crate::args::FailOn;
use crate::outcome::Outcome;
use crate::world::World;

/// Below so many objects one core reads them all.
const FEW: usize = 32;

/// What one input holds, before it is taken apart.
pub(crate) struct Loaded {
    source: Source,
    bytes: FileBytes,
    /// Which of the folders named it stands in; `None` where it was named itself.
    folder: Option<usize>,
}

/// What inputs held.
#[derive(Default)]
pub(crate) struct Sifted<'a> {
    pub(crate) opened: Vec<Opened<'a>>,
    /// Files of folders that are something else. In a folder with nothing but such files they are unread.
    pub(crate) passed_over: Vec<Unread>,
}

/// Everything that was named on the command line.
#[derive(Default)]
pub(crate) struct Inputs {
    pub(crate) loaded: Vec<Loaded>,
    pub(crate) unread: Vec<Unread>,
}

impl Inputs {
    /// Reads the bytes of all files named, and of the files in folders named.
    pub(crate) fn load(paths: &[PathBuf], depth: Depth, world: &World) -> Inputs {
        let mut inputs = Inputs::default();
        // A file that is named twice, once perhaps as --key, is still one file.
        let mut seen: HashSet<&Path> = HashSet::new();
        for (number, path) in paths
            .iter()
            .enumerate()
            .filter(|(_, path)| seen.insert(path))
        {
            if path == Path::new("-") {
                inputs.add(path, Source::Stdin, None, world);
                continue;
            }
            let folder = path.is_dir().then_some(number);
            match ptl_cert::store::read::walk(path, depth) {
                Ok(files) if files.is_empty() => {
                    let way_out = match depth {
                        Depth::Directory => "folders inside it are read with --recursive",
                        Depth::Tree => "nor do the folders inside it",
                    };
                    inputs.unread.push(Unread {
                        source: Source::File(path.clone()),
                        message: format!("{}: the folder holds no files; {way_out}", path.shown()),
                    });
                }
                Ok(files) => files
                    .iter()
                    .for_each(|file| inputs.add(file, Source::File(file.clone()), folder, world)),
                Err(error) => inputs.miss(Source::File(path.clone()), error.into()),
            }
        }
        inputs
    }

    fn add(&mut self, path: &Path, source: Source, folder: Option<usize>, world: &World) {
        match world.read(path) {
            Ok(bytes) => self.loaded.push(Loaded {
                source,
                bytes,
                folder,
            }),
            Err(error) => self.miss(source, error.into()),
        }
    }

    fn miss(&mut self, source: Source, error: anyhow::Error) {
        let message = sentence(&error);
        self.unread.push(Unread { source, message });
    }

    /// Takes every input apart, asking for passwords where somebody can answer. Everything that was given is meant to
    /// count.
    pub(crate) fn open<'a>(
        loaded: &'a [Loaded],
        unread: &mut Vec<Unread>,
        password: Option<&Password>,
        world: &mut World,
    ) -> Vec<Opened<'a>> {
        let mut sifted = Inputs::sift(loaded, unread, password, world);
        unread.append(&mut sifted.passed_over);
        sifted.opened
    }

    /// Takes every input apart, asking for passwords where somebody can answer. What else stands in a folder need not
    /// count.
    pub(crate) fn sift<'a>(
        loaded: &'a [Loaded],
        unread: &mut Vec<Unread>,
        password: Option<&Password>,
        world: &mut World,
    ) -> Sifted<'a> {
        let mut sifted = Sifted::default();
        let mut something_else: Vec<(usize, Unread)> = Vec::new();
        let mut of_use: HashSet<usize> = HashSet::new();
        for Loaded {
            source,
            bytes,
            folder,
        } in loaded
        {
            let input = Input::new(source.clone(), bytes);
            let mut opened = decode::open(&input, password);
            if matches!(opened, Err(OpenError::PasswordNeeded { .. }))
                && let Ok(asked) = world.ask_passphrase(&source.to_string())
            {
                opened = decode::open(&input, Some(&asked));
            }
            let error = match opened {
                Ok(opened) => {
                    of_use.extend(folder);
                    sifted.opened.push(opened);
                    continue;
                }
                Err(error) => error,
            };
            let is_something_else = error.is_something_else();
            let told = Unread {
                source: source.clone(),
                message: format!("{source}: {}", sentence(&error.into())),
            };
            match folder {
                Some(folder) if is_something_else => something_else.push((*folder, told)),
                _ => unread.push(told),
            }
        }
        for (folder, told) in something_else {
            match of_use.contains(&folder) {
                true => sifted.passed_over.push(told),
                false => unread.push(told),
            }
        }
        sifted
    }
}

/// What is known of the NHS, with the user's own file on top if there is one.
pub(crate) fn facts(path: Option<&Path>, world: &World) -> anyhow::Result<Facts> {
    let facts = Facts::built_in().context("the facts built in cannot be read")?;
    let Some(path) = path else { return Ok(facts) };
    let bytes = world.read(path)?;
    let refused = || format!("the facts file {} cannot be used", path.shown());
    let text = std::str::from_utf8(&bytes).with_context(refused)?;
    let source = match path == Path::new("-") {
        true => Source::Stdin,
        false => Source::File(path.to_owned()),
    };
    facts.extended_from(text, source).with_context(refused)
}

/// Reads every object, on all cores, in order. Damage to a whole file is told with its first object.
pub(crate) fn items(
    opened: &[Opened<'_>],
    password: Option<&Password>,
    unread: &mut Vec<Unread>,
) -> Vec<Item> {
    let mut all = Vec::new();
    for opened in opened {
        let mut items = pieces(&opened.pieces, opened.container, password, unread);
        if let Some(item) = items.first_mut() {
            item.damage.splice(0..0, opened.damage.iter().cloned());
        }
        all.append(&mut items);
    }
    all
}

/// Reads some objects of one input, on all cores, in order.
fn pieces(
    pieces: &[Piece<'_>],
    container: Container,
    password: Option<&Password>,
    unread: &mut Vec<Unread>,
) -> Vec<Item> {
    let one = |piece| Item::read(piece, container, password);
    // Starting threads costs more than reading a few objects.
    let read: Vec<_> = match pieces.len() {
        0..FEW => pieces.iter().map(one).collect(),
        _ => pieces.par_iter().map(one).collect(),
    };
    let mut items = Vec::with_capacity(read.len());
    for (piece, read) in pieces.iter().zip(read) {
        match read {
            Ok(item) => items.push(item),
            Err(error) => unread.push(self::unread(piece, error)),
        }
    }
    items
}

/// What is said of an object that could not be read.
pub(crate) fn unread(piece: &Piece<'_>, error: ItemError) -> Unread {
    let source = piece.origin().source.as_ref().clone();
    let message = format!("{source}: {}", sentence(&error.into()));
    Unread { source, message }
}

/// An error and its causes in one sentence; a cause that only repeats what was said is left out.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Says what could not be read, each in a sentence.
pub(crate) fn complain(unread: &[Unread], world: &mut World) {
    for Unread { message, .. } in unread {
        let complaint = Complaint {
            message: message.clone(),
            causes: Vec::new(),
            remedy: None,
        };
        let text = complaint.render("error", world.width());
        world.complain(&text);
    }
}

/// Says which files of folders were passed over.
pub(crate) fn mention(passed_over: &[Unread], world: &mut World) {
    /// So many are named; JSON has all.
    const NAMED: usize = 5;
    if passed_over.is_empty() || world.is_quiet() {
        return;
    }
    let names = passed_over.iter().take(NAMED);
    let names: Vec<String> = names.map(|one| one.source.to_string()).collect();
    let more = match passed_over.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let complaint = Complaint {
        message: format!(
            "passed over, as no certificate, request, CRL or key is in: {}{more}",
            names.join(", ")
        ),
        causes: Vec::new(),
        remedy: None,
    };
    let text = complaint.render("note", world.width());
    world.complain(&text);
}

/// How a run ends that read so much and found so much. Everything read is an answer, whatever it says, unless
/// `--fail-on` asks otherwise.
pub(crate) fn conclude(unread: &[Unread], heaviest: Option<Severity>, world: &World) -> Outcome {
    match (unread.is_empty(), fails(heaviest, world)) {
        (false, _) => Outcome::NotAnswered,
        (true, true) => Outcome::Bad,
        (true, false) => Outcome::Good,
    }
}

/// Whether `--fail-on` makes an answer bad whose heaviest finding is this.
pub(crate) fn fails(heaviest: Option<Severity>, world: &World) -> bool {
    fail_on(world).is_some_and(|least| heaviest >= Some(least))
}

/// The weight from which on findings make an answer bad.
pub(crate) fn fail_on(world: &World) -> Option<Severity> {
    world.fail_on().map(|typed| match typed {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
    })
}
