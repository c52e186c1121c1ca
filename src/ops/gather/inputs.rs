//! From names to opened containers, and from those to objects.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::evidence::certificates;
use super::unread::{Reason, Unread};
use crate::decode::{self, OpenError, Password, Piece};
use crate::document::{Crl, Document, Item, ItemError, PrivateKey, Request};
use crate::input::{Input, Source};
use crate::ops::Observer;
use crate::store::read::{self, Depth, FileBytes};
use crate::verdict::verify::Given;

/// Below so many objects one core reads them all: starting threads costs more.
const FEW: usize = 32;

/// What a caller names: something on disk, or bytes it has.
#[derive(Clone)]
#[non_exhaustive]
pub enum Named {
    /// A file, or a folder whose files are meant.
    File(PathBuf),
    /// Bytes and what they are called: standard input, a handshake, a download.
    Bytes(Source, Arc<FileBytes>),
}

impl Named {
    /// Names a file or folder.
    pub fn file(path: impl Into<PathBuf>) -> Named {
        Named::File(path.into())
    }

    /// Hands over bytes; `source` is what every sentence about them calls them.
    pub fn bytes(source: Source, bytes: impl Into<FileBytes>) -> Named {
        Named::Bytes(source, Arc::new(bytes.into()))
    }

    /// Hands over bytes of a calling program; `name` is what sentences call them.
    pub fn given(name: impl Into<Cow<'static, str>>, bytes: impl Into<Vec<u8>>) -> Named {
        Named::bytes(Source::given(name), bytes.into())
    }

    /// Where it is.
    pub fn source(&self) -> Source {
        match self {
            Named::File(path) => Source::File(path.clone()),
            Named::Bytes(source, _) => source.clone(),
        }
    }
}

/// Says the source and, of bytes, how many there are.
impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Named::File(path) => f.debug_tuple("File").field(path).finish(),
            Named::Bytes(source, bytes) => {
                f.debug_tuple("Bytes").field(source).field(bytes).finish()
            }
        }
    }
}

impl From<PathBuf> for Named {
    fn from(path: PathBuf) -> Named {
        Named::File(path)
    }
}

impl From<&Path> for Named {
    fn from(path: &Path) -> Named {
        Named::File(path.to_owned())
    }
}

/// The bytes of everything that was named.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Inputs {
    loaded: Vec<Loaded>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// What one input holds, before it is taken apart.
#[derive(Debug)]
struct Loaded {
    source: Source,
    bytes: Arc<FileBytes>,
    /// Which of the folders named it stands in; `None` where it was named itself.
    folder: Option<usize>,
}

/// A file on its way to being loaded.
enum Wanted {
    /// It is to be read; which of the folders named it stands in.
    File(PathBuf, Option<usize>),
    /// It was read.
    Loaded(Loaded),
    /// It cannot be.
    Missed(Source, Reason),
}

/// Inputs taken apart.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Opened<'a> {
    /// What was opened, in order.
    pub opened: Vec<decode::Opened<'a>>,
    /// What could not be, with what could not be read before.
    pub unread: Vec<Unread>,
    /// Files of folders that are something else. In a folder with nothing but such files they are unread.
    pub passed_over: Vec<Unread>,
}

/// The objects of what was named.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Reading {
    /// Every object that was read, in order.
    pub items: Vec<Item>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Files of folders that are something else.
    pub passed_over: Vec<Unread>,
}

impl Reading {
    /// Reads every object in some bytes of unknown format; `name` is what sentences call them.
    ///
    /// ```
    /// use ptl_cert::ops::gather::Reading;
    ///
    /// let reply = include_bytes!("../../../tests/data/pki/reply.zip");
    /// let reading = Reading::of("the reply", &reply[..], None);
    /// assert!(reading.unread.is_empty());
    /// for endpoint in reading.endpoints() {
    ///     println!("{} {}", endpoint.origin, endpoint.certificate.subject);
    /// }
    /// # assert_eq!(reading.endpoints().len(), 1);
    /// ```
    pub fn of(
        name: impl Into<Cow<'static, str>>,
        bytes: impl Into<Vec<u8>>,
        password: Option<&Password>,
    ) -> Reading {
        read(
            &[Named::bytes(Source::given(name), bytes.into())],
            password,
            &(),
        )
    }

    /// The certificates, in order.
    pub fn certificates(&self) -> Vec<Given> {
        certificates(&self.items)
    }

    /// The certificates of servers and clients, and not those of CAs.
    pub fn endpoints(&self) -> Vec<Given> {
        let mut given = self.certificates();
        given.retain(|given| !given.certificate.is_ca());
        given
    }

    /// The certificate signing requests.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.items.iter().filter_map(|item| match &item.document {
            Document::Request(request) => Some(request.as_ref()),
            _ => None,
        })
    }

    /// The headers of the CRLs.
    pub fn crls(&self) -> impl Iterator<Item = &Crl> {
        self.items.iter().filter_map(|item| match &item.document {
            Document::Crl(crl) => Some(crl.as_ref()),
            _ => None,
        })
    }

    /// The private keys that could be opened.
    pub fn keys(&self) -> impl Iterator<Item = &PrivateKey> {
        self.items.iter().filter_map(|item| match &item.document {
            Document::PrivateKey(key) => Some(key),
            _ => None,
        })
    }
}

/// Reads every object of what is named. `password` opens what is encrypted; where it is missing the observer is asked.
///
/// Of folders the files themselves are read, not those of folders inside. Everything counts: files of folders that are
/// something else are unread.
pub fn read(named: &[Named], password: Option<&Password>, observer: &dyn Observer) -> Reading {
    let inputs = Inputs::load(named, Depth::Directory);
    let mut found = inputs.open(password, observer).items(password);
    found.unread.append(&mut found.passed_over);
    found
}

impl Inputs {
    /// Reads the bytes of all files named, and of the files in folders named. A file that is named twice is read once.
    pub fn load(named: &[Named], depth: Depth) -> Inputs {
        Inputs::load_by(named, depth, read::file)
    }

    /// The same where CRLs are expected, which may be longer than other files.
    pub fn load_crls(named: &[Named], depth: Depth) -> Inputs {
        Inputs::load_by(named, depth, read::crl)
    }

    fn load_by(
        named: &[Named],
        depth: Depth,
        load: impl Fn(&Path) -> Result<FileBytes, read::ReadError> + Sync,
    ) -> Inputs {
        let mut inputs = Inputs::default();
        let mut seen: HashSet<&Path> = HashSet::new();
        let mut wanted = Vec::new();
        for (number, named) in named.iter().enumerate() {
            let path = match named {
                Named::Bytes(source, bytes) => {
                    wanted.push(Wanted::Loaded(Loaded {
                        source: source.clone(),
                        bytes: Arc::clone(bytes),
                        folder: None,
                    }));
                    continue;
                }
                Named::File(path) if !seen.insert(path) => continue,
                Named::File(path) => path,
            };
            let files = match read::walk(path, depth) {
                Ok(files) => files,
                Err(error) => {
                    wanted.push(Wanted::Missed(Source::File(path.clone()), error.into()));
                    continue;
                }
            };
            if files.is_empty() {
                let reason = Reason::EmptyFolder { depth };
                wanted.push(Wanted::Missed(Source::File(path.clone()), reason));
            }
            // A file is returned as it is.
            let folder = (files.as_slice() != std::slice::from_ref(path)).then_some(number);
            wanted.extend(files.into_iter().map(|file| Wanted::File(file, folder)));
        }
        let load = |wanted| match wanted {
            Wanted::File(file, folder) => match load(&file) {
                Ok(bytes) => Wanted::Loaded(Loaded {
                    source: Source::File(file),
                    bytes: Arc::new(bytes),
                    folder,
                }),
                Err(error) => Wanted::Missed(Source::File(file), error.into()),
            },
            other => other,
        };
        let loaded: Vec<Wanted> = match wanted.len() {
            0..FEW => wanted.into_iter().map(load).collect(),
            _ => wanted.into_par_iter().map(load).collect(),
        };
        for one in loaded {
            match one {
                Wanted::Loaded(loaded) => inputs.loaded.push(loaded),
                Wanted::Missed(source, reason) => inputs.miss(source, reason),
                Wanted::File(..) => {}
            }
        }
        inputs
    }

    fn miss(&mut self, source: Source, reason: impl Into<Reason>) {
        self.unread.push(Unread::new(source, reason));
    }

    /// Takes every input apart; the observer is asked for passwords that are needed and were not given.
    ///
    /// What else stands in a folder need not count: it is passed over, unless the folder holds nothing of use.
    pub fn open<'i>(&'i self, password: Option<&Password>, observer: &dyn Observer) -> Opened<'i> {
        let mut opened = Opened {
            unread: self.unread.clone(),
            ..Opened::default()
        };
        let mut something_else: Vec<(usize, Unread)> = Vec::new();
        let mut of_use: HashSet<usize> = HashSet::new();
        let open = |loaded: &'i Loaded| {
            let input = Input::new(loaded.source.clone(), &loaded.bytes);
            decode::open(&input, password)
        };
        let answers: Vec<_> = match self.loaded.len() {
            0..FEW => self.loaded.iter().map(open).collect(),
            _ => self.loaded.par_iter().map(open).collect(),
        };
        for (loaded, mut answer) in self.loaded.iter().zip(answers) {
            let Loaded {
                source,
                bytes,
                folder,
            } = loaded;
            if matches!(answer, Err(OpenError::PasswordNeeded { .. }))
                && let Some(asked) = observer.password(source)
            {
                let input = Input::new(source.clone(), bytes);
                answer = decode::open(&input, Some(&asked));
            }
            let error = match answer {
                Ok(one) => {
                    of_use.extend(folder);
                    opened.opened.push(one);
                    continue;
                }
                Err(error) => error,
            };
            let is_something_else = error.is_something_else();
            let unread = Unread::new(source.clone(), error);
            match folder {
                Some(folder) if is_something_else => something_else.push((*folder, unread)),
                _ => opened.unread.push(unread),
            }
        }
        for (folder, unread) in something_else {
            match of_use.contains(&folder) {
                true => opened.passed_over.push(unread),
                false => opened.unread.push(unread),
            }
        }
        opened
    }
}

impl<'a> Opened<'a> {
    /// How many objects there are, readable or not.
    pub fn objects(&self) -> usize {
        self.opened.iter().map(|opened| opened.pieces.len()).sum()
    }

    /// Reads every object, on all cores, in order. Damage to a whole file is said with its first object.
    pub fn items(self, password: Option<&Password>) -> Reading {
        let mut found = Reading {
            items: Vec::new(),
            unread: self.unread,
            passed_over: self.passed_over,
        };
        let opened = &self.opened;
        let all: Vec<(&decode::Opened<'_>, &Piece<'_>)> = opened
            .iter()
            .flat_map(|opened| opened.pieces.iter().map(move |piece| (opened, piece)))
            .collect();
        let one = |(opened, piece): &(&decode::Opened<'_>, &Piece<'_>)| {
            Item::read(piece, opened.container, password).map(with_exposure)
        };
        let read: Vec<_> = match all.len() {
            0..FEW => all.iter().map(one).collect(),
            _ => all.par_iter().map(one).collect(),
        };
        found.items.reserve_exact(read.len());
        let mut read = read.into_iter();
        for opened in opened {
            let first = found.items.len();
            for (piece, read) in opened.pieces.iter().zip(read.by_ref()) {
                match read {
                    Ok(item) => found.items.push(item),
                    Err(error) => found.unread.push(unreadable(piece, error)),
                }
            }
            if let Some(item) = found.items.get_mut(first) {
                item.damage.splice(0..0, opened.damage.iter().cloned());
            }
        }
        found
    }
}

/// The object, and whether every user of this machine may read it if it is a private key without a password.
pub(in crate::ops) fn with_exposure(mut item: Item) -> Item {
    if let (true, Source::File(path)) = (item.is_clear_key, item.origin.source.as_ref()) {
        item.is_open_to_all = read::is_open_to_all(path);
    }
    item
}

/// What is said of an object that could not be read.
pub(in crate::ops) fn unreadable(piece: &Piece<'_>, error: ItemError) -> Unread {
    Unread::new(piece.origin().source.as_ref().clone(), error)
}
