//! From names to opened containers, and from those to objects.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::evidence::certificates;
use super::unread::{Unread, UnreadObjects, UnreadReason};
use crate::decode::{
    self, Container, Damage, EncodedObject, OpenError, Password, UnsupportedFormat,
};
use crate::document::{Crl, Document, Item, ItemError, PrivateKey, Request};
use crate::input::{Input, Origin, Source};
use crate::ops::Observer;
use crate::revocation::SearchableCrl;
use crate::store::read::{self, Depth, FileBytes, Files, LeftOutKind, NotEntered};
use crate::verdict::verify::Given;

/// Below this many objects one core reads them all: starting threads costs more.
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
pub(in crate::ops) struct Inputs {
    loaded: Vec<Loaded>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// What is in folders and is not looked into.
    left_out: Vec<Unread>,
}

/// What one input holds, before it is decoded.
#[derive(Debug)]
struct Loaded {
    source: Source,
    bytes: Arc<FileBytes>,
    /// Which of the named folders it is in; `None` where it was named itself.
    folder: Option<usize>,
}

/// A file on its way to being loaded.
enum Wanted {
    /// It is to be read; which of the named folders it is in.
    File(PathBuf, Option<usize>),
    /// It was read.
    Loaded(Loaded),
    /// It cannot be.
    Missed(Source, UnreadReason),
}

/// Inputs that were decoded.
#[derive(Debug, Default)]
pub(in crate::ops) struct OpenedInput<'a> {
    /// What was opened, in order.
    pub opened: Vec<decode::Opened<'a>>,
    /// What could not be, with what could not be read before.
    pub unread: Vec<Unread>,
    /// Files of folders that are something else. In a folder with nothing but such files they are unread. Those of archives
    /// are with what was opened.
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
    /// Files of folders, archives and mails that are something else.
    pub passed_over: Vec<Unread>,
    /// The CRLs among the objects, whole, where they are evidence.
    crls: Vec<GivenCrl>,
}

/// A CRL that was found in what was named, whole.
#[derive(Clone, Debug)]
pub(in crate::ops) struct GivenCrl {
    origin: Origin,
    der: Vec<u8>,
    /// Whether it was in BER.
    is_rewritten: bool,
}

/// Whether CRLs are kept whole, or their headers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum KeptCrls {
    /// Whole: they may answer.
    Whole,
    /// Their headers only: they are to be shown.
    Headers,
}

impl Reading {
    /// Takes out the CRLs. What is in the same files as the certificates in question counts like any other CRL that is
    /// given: whoever hands one over must not be told "good" without it.
    pub(in crate::ops) fn take_crls(&mut self) -> Vec<GivenCrl> {
        std::mem::take(&mut self.crls)
    }

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

    /// Whether something in it is encrypted and was not opened: ask for a password, or for another one than was given, and
    /// read again.
    ///
    /// ```
    /// use ptl_cert::decode::Password;
    /// use ptl_cert::ops::gather::Reading;
    ///
    /// let key = include_bytes!("../../../tests/data/pki/leaf-encrypted.key");
    /// assert!(Reading::of("the key", &key[..], None).needs_password());
    /// let wrong = Password::new("guessed");
    /// assert!(Reading::of("the key", &key[..], Some(&wrong)).needs_password());
    /// ```
    pub fn needs_password(&self) -> bool {
        let is_locked = |item: &Item| matches!(item.document, Document::EncryptedKey(_));
        self.items.iter().any(is_locked) || self.unread.iter().any(Unread::needs_password)
    }

    /// What was passed over and is not known to hold nothing of ours: a document may have a certificate in it.
    pub fn hidden(&self) -> impl Iterator<Item = &Unread> {
        self.passed_over.iter().filter(|one| one.may_hide())
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
/// Of folders the files themselves are read, not those of folders inside. Files of folders that are something else are passed
/// over, as those of archives and mails are: the instructions in a reply, and what a desktop leaves. A folder with nothing but
/// such files is unread. Where nothing of what is wanted was found, what was passed over may hold it ([`Reading::hidden`]). The
/// folders in a folder are not named.
pub fn read(named: &[Named], password: Option<&Password>, observer: &dyn Observer) -> Reading {
    let mut found = read_all(named, Depth::Directory, password, observer, KeptCrls::Whole);
    found.passed_over.retain(|one| one.left_out().is_none());
    found
}

/// The same, which keeps apart what is passed over, and of folders as deep as is said. Of the files themselves only some
/// are in memory at a time.
pub(in crate::ops) fn read_all(
    named: &[Named],
    depth: Depth,
    password: Option<&Password>,
    observer: &dyn Observer,
    crls: KeptCrls,
) -> Reading {
    let mut found = Reading::default();
    let mut folders = Folders::default();
    let mut batches = Batches::over(named, depth, read::FILES_LIMIT, observer);
    while let Some(inputs) = batches.next() {
        let opened = inputs.open_among(password, observer, &mut folders);
        // To the end even when it is to stop: whoever judges by a part of what was named judges wrongly.
        found.append(opened.items_and_crls(password, crls));
    }
    folders.tell(&mut found.unread, &mut found.passed_over);
    found
}

impl Reading {
    /// Adds what was read after it.
    pub(in crate::ops) fn append(&mut self, mut later: Reading) {
        self.items.append(&mut later.items);
        self.unread.append(&mut later.unread);
        self.passed_over.append(&mut later.passed_over);
        self.crls.append(&mut later.crls);
    }
}

/// How many files are read at a time: enough that all cores have something to do until the end, few enough that the files
/// that are copied (under 1 MiB each) stay small beside what is made of them.
const FILES_AT_ONCE: usize = 256;

/// How many objects are read at a time: enough that all cores have something to do, few enough that what becomes of those that
/// cannot be read, and is only counted, takes no space.
const OBJECTS_AT_ONCE: usize = 4096;

/// How many bytes are decoded at a time, unless one input is larger: text that has to be repaired is copied.
const BYTES_AT_ONCE: usize = 64 * 1024 * 1024;

/// What was named, some of it at a time, in order. Folders are looked into as their turn comes.
pub(in crate::ops) struct Batches<'n> {
    all: &'n [Named],
    /// What of it was not looked at yet.
    named: std::iter::Enumerate<std::slice::Iter<'n, Named>>,
    depth: Depth,
    /// The most files of one folder.
    limit: usize,
    observer: &'n dyn Observer,
    seen: HashSet<&'n Path>,
    /// The folder that is being looked through: its number and path, its files, and whether there was one.
    folder: Option<(usize, &'n Path, Files, bool)>,
    /// What was read and not handed out yet.
    loaded: VecDeque<Loaded>,
    unread: Vec<Unread>,
    left_out: Vec<Unread>,
    /// Where the named folders are, once it is wanted.
    tops: Option<HashSet<PathBuf>>,
    /// Whether the observer knows that this takes a while.
    is_long: bool,
}

impl<'n> Batches<'n> {
    pub(in crate::ops) fn over(
        named: &'n [Named],
        depth: Depth,
        limit: usize,
        observer: &'n dyn Observer,
    ) -> Batches<'n> {
        Batches {
            all: named,
            named: named.iter().enumerate(),
            depth,
            limit,
            observer,
            seen: HashSet::new(),
            folder: None,
            loaded: VecDeque::new(),
            unread: Vec::new(),
            left_out: Vec::new(),
            tops: None,
            is_long: false,
        }
    }

    /// The next inputs; `None` after the last.
    pub(in crate::ops) fn next(&mut self) -> Option<Inputs> {
        if self.loaded.is_empty() {
            self.load();
        }
        let mut inputs = Inputs {
            loaded: Vec::new(),
            unread: std::mem::take(&mut self.unread),
            left_out: std::mem::take(&mut self.left_out),
        };
        let mut bytes: usize = 0;
        while let Some(next) = self.loaded.front() {
            bytes = bytes.saturating_add(next.bytes.len());
            if bytes > BYTES_AT_ONCE && !inputs.loaded.is_empty() {
                break;
            }
            inputs.loaded.extend(self.loaded.pop_front());
        }
        let is_some =
            !inputs.loaded.is_empty() || !inputs.unread.is_empty() || !inputs.left_out.is_empty();
        is_some.then_some(inputs)
    }

    /// What is left out of a folder, but for folders that are read because they were named or are in one that was.
    fn leave_out(&mut self, found: Vec<NotEntered>) {
        for NotEntered { path, kind } in found {
            let is_folder = matches!(kind, LeftOutKind::Subfolder | LeftOutKind::LinkToFolder);
            if !is_folder || !self.is_named(&path) {
                let reason = UnreadReason::LeftOut { kind };
                self.left_out.push(Unread::new(Source::File(path), reason));
            }
        }
    }

    fn is_named(&mut self, folder: &Path) -> bool {
        let path_of = |named: &Named| match named {
            Named::File(path) => read::resolved(path),
            Named::Bytes(..) => None,
        };
        let all = self.all;
        let tops = self
            .tops
            .get_or_insert_with(|| all.iter().filter_map(path_of).collect());
        let Some(folder) = read::resolved(folder) else {
            return false;
        };
        match self.depth {
            Depth::Directory => tops.contains(&folder),
            Depth::Tree => folder.ancestors().any(|above| tops.contains(above)),
        }
    }

    /// Reads the next files, on all cores.
    fn load(&mut self) {
        let mut wanted = Vec::new();
        while wanted.len() < FILES_AT_ONCE
            && let Some(next) = self.next_wanted()
        {
            wanted.push(next);
        }
        if wanted.len() == FILES_AT_ONCE && !self.is_long {
            self.is_long = true;
            self.observer.begin("files read", 0);
        }
        let is_long = self.is_long;
        let observer = self.observer;
        let one = |wanted| {
            let loaded = match wanted {
                Next::Here(loaded) => Ok(loaded),
                Next::File(path, folder) => match read::file(&path) {
                    Ok(bytes) => Ok(Loaded {
                        source: Source::File(path),
                        bytes: Arc::new(bytes),
                        folder,
                    }),
                    Err(error) => Err(Unread::new(Source::File(path), error)),
                },
            };
            if is_long {
                observer.step();
            }
            loaded
        };
        let read: Vec<_> = match wanted.len() {
            0..FEW => wanted.into_iter().map(one).collect(),
            _ => wanted.into_par_iter().map(one).collect(),
        };
        for one in read {
            match one {
                Ok(loaded) => self.loaded.push_back(loaded),
                Err(unread) => self.unread.push(unread),
            }
        }
    }

    /// What comes next, not read yet.
    fn next_wanted(&mut self) -> Option<Next> {
        loop {
            if let Some((number, path, files, is_empty)) = &mut self.folder {
                match files.next() {
                    Some(Ok(file)) => {
                        *is_empty = false;
                        return Some(Next::File(file, Some(*number)));
                    }
                    Some(Err(error)) => {
                        *is_empty = false;
                        let source = Source::File(error.path().unwrap_or(path).to_owned());
                        self.unread.push(Unread::new(source, error));
                    }
                    None => {
                        if *is_empty {
                            let reason = UnreadReason::EmptyFolder { depth: self.depth };
                            let source = Source::File(path.to_owned());
                            self.unread.push(Unread::new(source, reason));
                        }
                        let left_out = files.take_left_out();
                        self.folder = None;
                        self.leave_out(left_out);
                    }
                }
                continue;
            }
            let (number, named) = self.named.next()?;
            let path = match named {
                Named::Bytes(source, bytes) => {
                    return Some(Next::Here(Loaded {
                        source: source.clone(),
                        bytes: Arc::clone(bytes),
                        folder: None,
                    }));
                }
                Named::File(path) => path.as_path(),
            };
            if !self.seen.insert(path) {
                continue;
            }
            match read::files(path, self.depth, self.limit) {
                Ok(Some(files)) => self.folder = Some((number, path, files, true)),
                Ok(None) => return Some(Next::File(path.to_owned(), None)),
                Err(error) => {
                    let source = Source::File(path.to_owned());
                    self.unread.push(Unread::new(source, error));
                }
            }
        }
    }
}

impl Drop for Batches<'_> {
    fn drop(&mut self) {
        if self.is_long {
            self.observer.end();
        }
    }
}

/// Something that is to be read.
enum Next {
    /// It was handed over.
    Here(Loaded),
    /// A file, and which of the named folders it is in.
    File(PathBuf, Option<usize>),
}

/// What else is in the folders besides what was looked for.
#[derive(Debug, Default)]
pub(in crate::ops) struct Folders {
    something_else: Vec<(usize, Unread)>,
    of_use: HashSet<usize>,
    left_out: Vec<Unread>,
}

impl Folders {
    /// Says it, once everything was looked at: it need not count, unless its folder holds nothing of use.
    pub(in crate::ops) fn tell(self, unread: &mut Vec<Unread>, passed_over: &mut Vec<Unread>) {
        passed_over.extend(self.left_out);
        for (folder, one) in self.something_else {
            match self.of_use.contains(&folder) {
                true => passed_over.push(one),
                false => unread.push(one),
            }
        }
    }
}

impl Inputs {
    /// Reads the bytes of all files named, and of the files in folders named. A file that is named twice is read once.
    pub(in crate::ops) fn load(named: &[Named], depth: Depth) -> Inputs {
        Inputs::load_by(named, depth, read::file)
    }

    /// The same where CRLs are expected, which may be longer than other files.
    pub(in crate::ops) fn load_crls(named: &[Named], depth: Depth) -> Inputs {
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
                let reason = UnreadReason::EmptyFolder { depth };
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

    fn miss(&mut self, source: Source, reason: impl Into<UnreadReason>) {
        self.unread.push(Unread::new(source, reason));
    }

    /// Takes every input apart, on all cores; the observer is asked for passwords that are needed and were not given.
    ///
    /// What else is in a folder need not count: it is passed over, unless the folder holds nothing of use.
    pub(in crate::ops) fn open(
        &self,
        password: Option<&Password>,
        observer: &dyn Observer,
    ) -> OpenedInput<'_> {
        let mut folders = Folders::default();
        let mut opened = self.open_among(password, observer, &mut folders);
        folders.tell(&mut opened.unread, &mut opened.passed_over);
        opened
    }

    /// The same where they are not all: what else is in the folders is collected.
    pub(in crate::ops) fn open_among(
        &self,
        password: Option<&Password>,
        observer: &dyn Observer,
        folders: &mut Folders,
    ) -> OpenedInput<'_> {
        let mut opened = OpenedInput {
            unread: self.unread.clone(),
            ..OpenedInput::default()
        };
        folders.left_out.extend(self.left_out.iter().cloned());
        let one = |loaded| open_one(loaded, password);
        let answers: Vec<_> = match self.loaded.len() {
            0..FEW => self.loaded.iter().map(one).collect(),
            _ => self.loaded.par_iter().map(one).collect(),
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
                    folders.of_use.extend(folder);
                    opened.opened.push(one);
                    continue;
                }
                Err(error) => error,
            };
            let is_something_else = error.is_something_else() && !is_missing(source, &error);
            let unread = Unread::new(source.clone(), error);
            match folder {
                Some(folder) if is_something_else => {
                    folders.something_else.push((*folder, unread));
                }
                _ => opened.unread.push(unread),
            }
        }
        opened
    }
}

impl GivenCrl {
    /// Reads them; what cannot be read is added to `unread`.
    pub(in crate::ops) fn read_all<'c>(
        all: &'c [GivenCrl],
        unread: &mut Vec<Unread>,
    ) -> Vec<SearchableCrl<'c>> {
        let mut crls = Vec::with_capacity(all.len());
        for given in all {
            let (origin, der) = (&given.origin, given.der.as_slice());
            match SearchableCrl::read(der, origin.clone()) {
                Ok(crl) => crls.push(crl.rewritten(given.is_rewritten)),
                Err(source) => unread.push(Unread::new(
                    origin.source.as_ref().clone(),
                    UnreadReason::Crl {
                        origin: origin.clone(),
                        source,
                    },
                )),
            }
        }
        crls
    }
}

impl<'a> OpenedInput<'a> {
    /// How many objects there are, readable or not.
    pub(in crate::ops) fn objects(&self) -> usize {
        self.opened.iter().map(|opened| opened.objects.len()).sum()
    }

    /// Reads every object, on all cores, in order. Damage to a whole file is said with its first object.
    pub(in crate::ops) fn items(self, password: Option<&Password>) -> Reading {
        self.items_and_crls(password, KeptCrls::Headers)
    }

    /// The same, with CRLs kept whole where they may answer.
    fn items_and_crls(self, password: Option<&Password>, crls: KeptCrls) -> Reading {
        let mut found = Reading {
            items: Vec::new(),
            unread: self.unread,
            passed_over: self.passed_over,
            crls: Vec::new(),
        };
        found.passed_over.extend(left_out(&self.opened));
        let opened = &self.opened;
        let all: Vec<(usize, &EncodedObject<'_>)> = opened
            .iter()
            .enumerate()
            .flat_map(|(input, opened)| opened.objects.iter().map(move |object| (input, object)))
            .collect();
        let one = |(input, object): &(usize, &EncodedObject<'_>)| {
            let container = opened.get(*input).map(|opened| opened.container);
            let container = container.unwrap_or(Container::Der);
            Item::read(object, container, password).map(with_exposure)
        };
        let mut unread = UnreadObjects::default();
        // The input whose damage was said last.
        let mut damaged = None;
        for some in all.chunks(OBJECTS_AT_ONCE) {
            let read: Vec<_> = match some.len() {
                0..FEW => some.iter().map(one).collect(),
                _ => some.par_iter().map(one).collect(),
            };
            for ((input, object), read) in some.iter().zip(read) {
                let of_input = opened.get(*input).map(|opened| opened.damage.as_slice());
                let of_input = of_input.unwrap_or_default();
                let mut item = match read {
                    Ok(item) => item,
                    Err(error) => {
                        unread.add(unreadable(object, error), &mut found.unread);
                        continue;
                    }
                };
                if crls == KeptCrls::Whole && matches!(item.document, Document::Crl(_)) {
                    match object.decode() {
                        Ok(blob) => found.crls.push(GivenCrl {
                            is_rewritten: of_input.iter().chain(&blob.damage).any(is_rewritten),
                            der: blob.bytes.to_vec(),
                            origin: blob.origin,
                        }),
                        Err(error) => {
                            unread.add(unreadable(object, error.into()), &mut found.unread);
                        }
                    }
                }
                if damaged.replace(*input) != Some(*input) {
                    item.damage.splice(0..0, of_input.iter().cloned());
                }
                found.items.push(item);
            }
        }
        unread.finish(&mut found.unread);
        found
    }
}

/// The endings of files in which a certificate or CRL is expected. One of these that is empty, zeroed, or a web page that came in
/// place of a download is no instruction to be passed over.
const PROMISING: [&str; 11] = [
    "pem", "crt", "cer", "cert", "der", "p7b", "p7c", "pfx", "p12", "jks", "crl",
];

/// Whether the name of a file says that it holds something of ours, and it does not. Parameters are kept in PEM files too.
fn is_missing(source: &Source, error: &OpenError) -> bool {
    let Source::File(path) = source else {
        return false;
    };
    let is_promising = |ending: &str| {
        let is = |other: &&str| ending.eq_ignore_ascii_case(other);
        PROMISING.iter().any(is)
    };
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_parameters = matches!(
        error,
        OpenError::UnsupportedFormat(UnsupportedFormat::Parameters)
    );
    ending.is_some_and(is_promising) && !is_parameters
}

/// What else is in archives and mails.
pub(in crate::ops) fn left_out(opened: &[decode::Opened<'_>]) -> impl Iterator<Item = Unread> {
    let left_out = opened.iter().flat_map(|opened| &opened.left_out);
    left_out.map(|one| Unread::new(one.source.as_ref().clone(), one.error.clone()))
}

fn open_one<'a>(
    loaded: &'a Loaded,
    password: Option<&Password>,
) -> Result<decode::Opened<'a>, OpenError> {
    let input = Input::new(loaded.source.clone(), &loaded.bytes);
    decode::open(&input, password)
}

/// The object, and whether every user of this machine may read it if it is a private key without a password.
pub(in crate::ops) fn with_exposure(mut item: Item) -> Item {
    if let (true, Source::File(path)) = (item.is_clear_key, item.origin.source.file()) {
        item.is_open_to_all = read::is_open_to_all(path);
    }
    item
}

fn is_rewritten(damage: &Damage) -> bool {
    *damage == Damage::Ber
}

/// What is reported about an object that could not be read.
pub(in crate::ops) fn unreadable(object: &EncodedObject<'_>, error: ItemError) -> Unread {
    Unread::new(object.origin().source.as_ref().clone(), error)
}
