//! What is known of the NHS, with what the user knows better.

use super::inputs::Named;
use crate::environment::{Facts, FactsError as Invalid};
use crate::input::Source;
use crate::store::read::{self, ReadError};

/// Why facts cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FactsFileError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The facts that are built in do not read.
    #[error("the built-in facts cannot be read")]
    BuiltIn(#[source] Invalid),
    /// The file is not text.
    #[error("the facts file {source} cannot be used", source = .file)]
    NotText {
        /// The file.
        file: Source,
        /// Where it stops being UTF-8.
        #[source]
        error: std::str::Utf8Error,
    },
    /// The file is not a facts file.
    #[error("the facts file {source} cannot be used", source = .file)]
    Invalid {
        /// The file.
        file: Source,
        /// What is wrong with it.
        #[source]
        error: Box<Invalid>,
    },
}

/// The built-in facts, extended or corrected by the files named, in order.
///
/// # Errors
/// When a file cannot be read or is no facts file.
pub fn facts<'n>(named: impl IntoIterator<Item = &'n Named>) -> Result<Facts, FactsFileError> {
    let mut facts = Facts::built_in().map_err(FactsFileError::BuiltIn)?;
    for named in named {
        let text = text(named)?;
        let file = named.source();
        facts =
            facts
                .extended_from(&text, file.clone())
                .map_err(|error| FactsFileError::Invalid {
                    file,
                    error: Box::new(error),
                })?;
    }
    Ok(facts)
}

/// What a facts file holds.
///
/// # Errors
/// When it cannot be read or is no text.
pub(crate) fn text(named: &Named) -> Result<String, FactsFileError> {
    let read;
    let bytes = match named {
        Named::Bytes(_, bytes) => bytes.as_ref(),
        Named::File(path) => {
            read = read::file(path)?;
            &read
        }
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(FactsFileError::NotText {
            file: named.source(),
            error,
        }),
    }
}
