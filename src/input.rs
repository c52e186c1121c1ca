//! Bytes, and where they came from.
//!
//! Everything the product reads carries its origin with it, so that every later sentence can name the
//! file and the line. Nothing is opened here; [`crate::store`] does that.

mod excerpt;
mod printable;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

pub(crate) use self::excerpt::{excerpt, looks_secret};
pub use self::printable::{OutputForm, Printable, Shown, disturbing, guarded, printable};
pub(crate) use self::printable::{beginning, shortened};

/// The longest name of a file in an archive, of what a caller hands over or of an object, in octets: no file system has a
/// longer one, and every sentence about an object in the file repeats it.
pub(crate) const NAME_LIMIT: usize = 255;

/// The most bytes read from one input: 256 MiB, room for the largest CRL anyone has seen (48 MB for a
/// million entries) five times over, and small enough not to exhaust a small server.
pub const SIZE_LIMIT: u64 = 256 * 1024 * 1024;

/// The most bytes of a CRL in DER that a file holds: 1 GiB, twice a CRL of 10,000,000 entries
/// (481 MB).
///
/// Such a file is mapped and read in place, so that it takes no memory of its own; whatever has to be copied or
/// decoded ends at [`SIZE_LIMIT`].
pub const CRL_LIMIT: u64 = 1024 * 1024 * 1024;

/// What another library said, whose own type is no part of this interface: it says so by [`std::error::Error`] alone.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Where bytes came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Source {
    /// A file, by the path the user gave.
    File(PathBuf),
    /// An entry that the user has added to the trust store, by its path.
    TrustEntry(PathBuf),
    /// A CRL of the cache, by its path.
    Cached(PathBuf),
    /// Standard input.
    Stdin,
    /// Data built into the product, by its file name.
    BuiltIn(&'static str),
    /// What the calling program handed over, by what it calls it.
    Given(Cow<'static, str>),
    /// A download, by the URL that was asked for.
    Url(String),
    /// What the other end of a connection sent in its TLS handshake.
    Handshake,
    /// A file inside an archive.
    Member {
        /// The archive.
        archive: Arc<Source>,
        /// The name in the archive, as written there: not to be used as a path. A very long one is shortened.
        name: String,
    },
}

impl Source {
    /// What the calling program handed over, by what it calls it.
    pub fn given(name: impl Into<Cow<'static, str>>) -> Source {
        let name = name.into();
        Source::Given(match shortened(&name, NAME_LIMIT) {
            Cow::Borrowed(_) => name,
            Cow::Owned(shortened) => Cow::Owned(shortened),
        })
    }

    /// The file itself: of a file in an archive, the outermost archive.
    pub(crate) fn file(&self) -> &Source {
        match self {
            Source::Member { archive, .. } => archive.file(),
            file => file,
        }
    }

    /// A file of this name in an archive; a name that is longer than any file's is shortened.
    pub(crate) fn member(archive: &Arc<Source>, name: &str) -> Source {
        Source::Member {
            archive: Arc::clone(archive),
            name: shortened(name, NAME_LIMIT).into_owned(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) | Source::TrustEntry(path) | Source::Cached(path) => {
                write!(f, "{}", path.shown())
            }
            Source::Stdin => f.write_str("standard input"),
            Source::BuiltIn(name) => write!(f, "built in: {name}"),
            Source::Given(name) => write!(f, "{}", name.shown()),
            Source::Url(url) => write!(f, "{}", url.shown()),
            Source::Handshake => f.write_str("handshake"),
            // As Java writes it.
            Source::Member { archive, name } => write!(f, "{archive}!{}", name.shown()),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Source {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Source".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

/// One input: borrowed bytes and their source.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// Where the bytes came from.
    pub source: Arc<Source>,
    /// All of the bytes.
    pub bytes: &'a [u8],
}

impl<'a> Input<'a> {
    /// Joins bytes with where they came from.
    pub fn new(source: Source, bytes: &'a [u8]) -> Input<'a> {
        Input {
            source: Arc::new(source),
            bytes,
        }
    }
}

/// The location of one object: its source, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
pub struct Origin {
    /// The file or stream.
    pub source: Arc<Source>,
    /// The line on which the object's PEM label begins, from 1; absent for binary input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The object's number inside a binary container, from 1; absent outside one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<usize>,
    /// What the container calls the object: PKCS#12's friendly name, a key store's alias. A stranger's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// PKCS#12's local key id, in hexadecimal: a key and its certificate have the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_key_id: Option<Arc<str>>,
}

impl Origin {
    /// The whole of a source.
    pub fn whole(source: &Arc<Source>) -> Origin {
        Origin {
            source: Arc::clone(source),
            line: None,
            member: None,
            name: None,
            local_key_id: None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(member) = self.member {
            write!(f, "[{member}]")?;
        }
        if let Some(name) = &self.name {
            write!(f, " \"{}\"", name.shown())?;
        }
        Ok(())
    }
}

/// `1 byte`, `2 bytes`.
pub(crate) fn amount(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A URL without the user's name and password that it may carry, to be shown or kept.
///
/// Goes by the text, so that nothing shows of one that is otherwise malformed. As URL parsers do, it overlooks any
/// number of slashes, either way, before the host.
pub fn without_userinfo(url: &str) -> String {
    const SLASHES: [char; 2] = ['/', '\\'];
    let Some((scheme, rest)) = url.split_once(':') else {
        return url.to_owned();
    };
    let bare = rest.trim_start_matches(SLASHES);
    let end = bare.find(['/', '\\', '?', '#']).unwrap_or(bare.len());
    match bare.get(..end).and_then(|authority| authority.rfind('@')) {
        Some(at) => {
            let slashes = rest.strip_suffix(bare).unwrap_or_default();
            let host = bare.get(at + 1..).unwrap_or_default();
            format!("{scheme}:{slashes}{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_shows_of_a_url_however_it_is_written() {
        for (url, shown) in [
            ("http://u:secret@h/a@b", "http://h/a@b"),
            ("http:///u:secret@h/", "http:///h/"),
            ("http:\\\\u:secret@h\\a", "http:\\\\h\\a"),
            ("http:u:secret@h", "http:h"),
            ("http://u:se@cret@h:99999?x", "http://h:99999?x"),
            ("http://h/a@b", "http://h/a@b"),
            ("h", "h"),
        ] {
            assert_eq!(without_userinfo(url), shown);
        }
    }
}
