//! What was named and could not be used.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::decode::{EncodedObjectError, FileContent, OpenError};
use crate::document::{ItemError, Partial, SerialError};
use crate::input::{Origin, Source};
use crate::ops::Unanswered;
use crate::ops::crl::Failure;
use crate::revocation::CrlError;
use crate::store::crl_cache::{CacheError, Damaged};
use crate::store::read::{Depth, LeftOutKind, ReadError};
use crate::verdict::accept::NoHost;
use crate::wording::{Voice, sentence};

/// Something that was named and could not be read, or is not what was expected.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unread {
    /// Where it is.
    pub source: Source,
    /// What is wrong with it.
    pub reason: Arc<UnreadReason>,
}

/// Each once: a file that is named for its certificate and for its key is one file.
pub(in crate::ops) fn say_once(unread: &mut Vec<Unread>) {
    let mut said = HashSet::new();
    unread.retain(|one| said.insert(one.message()));
}

/// Why something could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadReason {
    /// The system refused, or the file is too long.
    #[error(transparent)]
    Read(ReadError),
    /// A folder without files.
    #[error("the folder holds no files{}", match depth {
        Depth::Directory => "; its subfolders were not searched",
        Depth::Tree => ", nor do the folders below it",
    })]
    EmptyFolder {
        /// How far it was searched.
        depth: Depth,
    },
    /// It is in a folder, and is not looked into.
    #[error("{}", match kind {
        LeftOutKind::Subfolder => "the subfolder was not searched",
        LeftOutKind::LinkToFolder => "the link to a folder was not followed",
        LeftOutKind::NoFile => "a pipe, socket or device, which was not read",
    })]
    LeftOut {
        /// What it is.
        kind: LeftOutKind,
    },
    /// Nothing in it could be read.
    #[error(transparent)]
    Open(OpenError),
    /// One object in it could not be read.
    #[error(transparent)]
    Item(ItemError),
    /// The private key in it does not open.
    #[error("{}", match tried {
        true => format!("the password does not open the private key ({scheme})"),
        false => format!("the private key is encrypted ({scheme}) and no password was given"),
    })]
    Locked {
        /// How it is encrypted.
        scheme: String,
        /// Whether a password was tried.
        tried: bool,
    },
    /// One object in it could not be extracted from its container.
    #[error("{origin}")]
    Encoded {
        /// Where it is.
        origin: Origin,
        /// What is wrong with it.
        source: EncodedObjectError,
    },
    /// More objects that could not be read than are reported one by one.
    #[error("{}", match more {
        1 => "1 more object could not be read".to_owned(),
        more => format!("{more} more objects could not be read"),
    })]
    MoreObjects {
        /// How many.
        more: usize,
    },
    /// A folder of files of which none holds a CRL.
    #[error(
        "{}; its subfolders were not searched",
        match files {
            1 => "the only file in the folder holds no CRL".to_owned(),
            files => format!("none of the {files} files in the folder holds a CRL"),
        }
    )]
    NoCrl {
        /// How many there are.
        files: usize,
    },
    /// A file of a folder that was searched for CRLs holds something else.
    #[error(transparent)]
    SomethingElse(Box<Failure>),
    /// It is well formed and no CRL, although one was expected.
    #[error("{origin}: not a CRL, although it was given as one")]
    NotACrl {
        /// Where it is.
        origin: Origin,
    },
    /// It is a CRL that cannot be read.
    #[error("{origin}")]
    Crl {
        /// Where it is.
        origin: Origin,
        /// What is wrong with it.
        source: CrlError,
    },
    /// A CRL of the cache cannot be read.
    #[error(transparent)]
    Cache(CacheError),
    /// A CRL of the cache is damaged.
    #[error(transparent)]
    Damaged(Box<Damaged>),
    /// A CRL that may answer is damaged.
    #[error(transparent)]
    Unanswered(Unanswered),
    /// A line of a file of serial numbers is none.
    #[error("line {line}: found {found}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// How it begins, in quotation marks; of one that may be part of a secret, how long it is.
        found: String,
        /// What was expected.
        source: SerialError,
    },
    /// More such lines than are named.
    #[error("{}", match more {
        1 => "1 more line is not a serial number".to_owned(),
        more => format!("{more} more lines are not serial numbers"),
    })]
    MoreLines {
        /// How many.
        more: usize,
    },
    /// A file of serial numbers is another file, which was given by mistake.
    #[error("the file holds {found}, not a list of serial numbers")]
    OtherContent {
        /// What it holds.
        found: FileContent,
    },
    /// A file of serial numbers has none.
    #[error("expected serial numbers, one per line; found none")]
    NoSerials,
    /// A server sent it in place of a certificate.
    #[error(
        "number {number} of the certificates that the server sent is damaged, or is no certificate"
    )]
    Sent {
        /// Which one, from 1; the server's own comes first.
        number: usize,
    },
    /// A certificate signing request that is not for one host.
    #[error(transparent)]
    RequestHost(NoHost),
    /// It reads, and does not hold what was expected.
    #[error("expected {expected}, found {}", Count(*.found))]
    Expected {
        /// What was expected.
        expected: ExpectedContent,
        /// How many there are.
        found: usize,
    },
}

/// What a file was expected to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpectedContent {
    /// At least one certificate.
    Certificate,
    /// Exactly one certificate that is clearly the one meant.
    OneCertificate,
    /// Exactly one private key.
    OneKey,
    /// Exactly one certificate signing request.
    OneRequest,
    /// Exactly one certificate signing request that names a host.
    OneHostRequest,
}

impl fmt::Display for ExpectedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExpectedContent::Certificate => "a certificate",
            ExpectedContent::OneCertificate => "one certificate",
            ExpectedContent::OneKey => "one private key",
            ExpectedContent::OneRequest => "one certificate signing request",
            ExpectedContent::OneHostRequest => "one certificate signing request for a host",
        })
    }
}

/// A number in words, where it is none.
struct Count(usize);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("none"),
            some => write!(f, "{some}"),
        }
    }
}

impl Unread {
    /// Joins a source with what is wrong with it.
    pub fn new(source: Source, reason: impl Into<UnreadReason>) -> Unread {
        Unread {
            source,
            reason: Arc::new(reason.into()),
        }
    }

    /// Says that a source does not hold what was expected.
    pub fn expected(source: Source, expected: ExpectedContent, found: usize) -> Unread {
        Unread::new(source, UnreadReason::Expected { expected, found })
    }

    /// Where the object is, and what of it could be read, where that is more than nothing: to be shown, and not to be
    /// relied on.
    pub fn partial(&self) -> Option<(&Origin, &Partial)> {
        match self.reason.as_ref() {
            UnreadReason::Item(ItemError::Document(error)) => error.partial(),
            _ => None,
        }
    }

    /// What it is, if it is in a folder and was not looked into.
    pub fn left_out(&self) -> Option<LeftOutKind> {
        match self.reason.as_ref() {
            UnreadReason::LeftOut { kind } => Some(*kind),
            _ => None,
        }
    }

    /// Whether something of ours may be in it that was not recognised.
    pub fn may_hide(&self) -> bool {
        match self.reason.as_ref() {
            UnreadReason::Open(error) => !error.holds_nothing(),
            _ => true,
        }
    }

    /// Whether a password would open it: none was given, or not the right one.
    pub fn needs_password(&self) -> bool {
        match self.reason.as_ref() {
            UnreadReason::Locked { .. } => true,
            UnreadReason::Open(error) => matches!(
                error,
                OpenError::PasswordNeeded { .. }
                    | OpenError::WrongPassword { .. }
                    | OpenError::PasswordNotText
            ),
            _ => false,
        }
    }

    /// What to do about it, in this voice, where the sentence does not say it.
    pub fn remedy(&self, voice: Voice) -> Option<String> {
        match self.reason.as_ref() {
            UnreadReason::Open(OpenError::WrongPassword { .. })
            | UnreadReason::Locked { tried: true, .. } => Some(voice.pick(
                "give the password that it was encrypted with, with --password-file",
                "give the password that it was encrypted with",
            )),
            UnreadReason::Open(OpenError::PasswordNeeded { .. })
            | UnreadReason::Locked { tried: false, .. } => Some(voice.pick(
                "give its password with --password-file",
                "give its password",
            )),
            UnreadReason::Expected {
                expected: ExpectedContent::OneKey,
                found: 0,
            } => Some("give the file with the private key".to_owned()),
            UnreadReason::RequestHost(_) => Some(voice.pick(
                "give the CSR whose CN is the host; ptl-cert csr --fqdn NAME makes one",
                "give the CSR whose CN is the host",
            )),
            UnreadReason::LeftOut {
                kind: LeftOutKind::Subfolder,
            } => Some(voice.pick("include subfolders with -r", "search subfolders too")),
            UnreadReason::LeftOut {
                kind: LeftOutKind::LinkToFolder,
            } => Some("name the folder to which it leads too".to_owned()),
            _ => None,
        }
    }

    /// What is wrong, in one sentence that names the source.
    pub fn message(&self) -> String {
        let text = sentence(self.reason.as_ref());
        let source = self.source.to_string();
        let is_named = match self.reason.as_ref() {
            UnreadReason::EmptyFolder { .. }
            | UnreadReason::LeftOut { .. }
            | UnreadReason::Sent { .. }
            | UnreadReason::NoCrl { .. }
            | UnreadReason::MoreObjects { .. }
            | UnreadReason::SomethingElse(_)
            | UnreadReason::Open(_)
            | UnreadReason::Locked { .. }
            | UnreadReason::RequestHost(_)
            | UnreadReason::Expected { .. } => false,
            UnreadReason::Item(_) => text.starts_with(&source),
            _ => true,
        };
        match is_named {
            true => text,
            false => format!("{source}: {text}"),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl Error for Unread {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason.source()
    }
}

/// The most objects of one file that are reported one by one as unreadable: a damaged bundle of CAs has fewer, and more than
/// these help no reader. Without a limit a file of junk costs many times its size in messages.
pub(in crate::ops) const UNREADABLE_LIMIT: usize = 100;

/// The objects that could not be read: of each file the first [`UNREADABLE_LIMIT`], and how many more there are.
#[derive(Debug, Default)]
pub(in crate::ops) struct UnreadObjects {
    /// How many there are of each file; the files of an archive count together.
    counts: HashMap<Source, usize>,
    /// The files with more than the limit, in the order in which they were met.
    beyond: Vec<Source>,
}

impl UnreadObjects {
    /// Adds an object to `unread`, or counts it.
    pub(in crate::ops) fn add(&mut self, one: Unread, unread: &mut Vec<Unread>) {
        let file = one.source.file();
        let count = match self.counts.get_mut(file) {
            Some(count) => count,
            None => self.counts.entry(file.clone()).or_default(),
        };
        *count += 1;
        match *count {
            0..=UNREADABLE_LIMIT => unread.push(one),
            _ if *count == UNREADABLE_LIMIT + 1 => self.beyond.push(file.clone()),
            _ => {}
        }
    }

    /// Adds to `unread` how many more there are.
    pub(in crate::ops) fn finish(self, unread: &mut Vec<Unread>) {
        for file in self.beyond {
            let count = self.counts.get(&file).copied().unwrap_or_default();
            let more = count.saturating_sub(UNREADABLE_LIMIT);
            unread.push(Unread::new(file, UnreadReason::MoreObjects { more }));
        }
    }
}

impl From<ReadError> for UnreadReason {
    fn from(error: ReadError) -> UnreadReason {
        UnreadReason::Read(error)
    }
}

impl From<OpenError> for UnreadReason {
    fn from(error: OpenError) -> UnreadReason {
        UnreadReason::Open(error)
    }
}

impl From<ItemError> for UnreadReason {
    fn from(error: ItemError) -> UnreadReason {
        UnreadReason::Item(error)
    }
}

impl From<Unanswered> for UnreadReason {
    fn from(error: Unanswered) -> UnreadReason {
        UnreadReason::Unanswered(error)
    }
}

impl From<CacheError> for UnreadReason {
    fn from(error: CacheError) -> UnreadReason {
        UnreadReason::Cache(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_is_said_in_the_singular() {
        for (reason, said) in [
            (
                UnreadReason::NoCrl { files: 1 },
                "the only file in the folder holds no CRL; its subfolders were not searched",
            ),
            (
                UnreadReason::NoCrl { files: 3 },
                "none of the 3 files in the folder holds a CRL; its subfolders were not searched",
            ),
            (
                UnreadReason::MoreObjects { more: 1 },
                "1 more object could not be read",
            ),
            (
                UnreadReason::MoreObjects { more: 2 },
                "2 more objects could not be read",
            ),
            (
                UnreadReason::MoreLines { more: 1 },
                "1 more line is not a serial number",
            ),
            (
                UnreadReason::MoreLines { more: 2 },
                "2 more lines are not serial numbers",
            ),
        ] {
            assert_eq!(reason.to_string(), said);
        }
    }

    #[test]
    fn of_the_unreadable_objects_of_each_file_some_are_named_and_the_others_counted() {
        let archive = Arc::new(Source::given("archive"));
        let members = ["a", "b"].map(|name| Source::member(&archive, name));
        let other = Source::given("other");
        let (mut objects, mut unread) = (UnreadObjects::default(), Vec::new());
        for _ in 0..UNREADABLE_LIMIT {
            for source in members.iter().chain([&other]) {
                objects.add(
                    Unread::new(source.clone(), UnreadReason::NoSerials),
                    &mut unread,
                );
            }
        }
        objects.finish(&mut unread);
        let named = |source: &Source| {
            let of_source = |one: &&Unread| one.source.file() == source;
            unread.iter().filter(of_source).count()
        };
        assert_eq!(named(&other), UNREADABLE_LIMIT);
        // And one that says how many more there are, in all files of the archive together.
        assert_eq!(named(&archive), UNREADABLE_LIMIT + 1);
        let last = unread.last().map(Unread::message);
        let more = format!("archive: {UNREADABLE_LIMIT} more objects could not be read");
        assert_eq!(last, Some(more));
    }
}
