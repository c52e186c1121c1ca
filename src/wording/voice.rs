//! The voice of remedies.

/// The reader that a remedy is worded for: of any program, or of the command line.
///
/// A program that shows findings to people of its own wants [`Voice::Neutral`], in which no command and no option of
/// `ptl-cert` occurs.
///
/// ```
/// use ptl_cert::verdict::Problem;
/// use ptl_cert::wording::{Voice, say};
///
/// let words = |voice| say(&Problem::RequestSignature, voice).remedy;
/// assert_eq!(words(Voice::Neutral), "the file was damaged or changed; make the request again");
/// assert_eq!(words(Voice::CommandLine), "the file was damaged or changed; make the request again with ptl-cert csr --fqdn NAME");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Voice {
    /// Says what to do, and not by which program.
    #[default]
    Neutral,
    /// Names the commands and options of `ptl-cert`.
    CommandLine,
}

impl Voice {
    /// The text for this voice. Only the first of the two may name a command or an option; a test reads the sources.
    pub(crate) fn pick<T>(self, command_line: T, neutral: T) -> T {
        match self {
            Voice::CommandLine => command_line,
            Voice::Neutral => neutral,
        }
    }
}
