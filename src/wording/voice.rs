//! The voice of remedies.

use std::borrow::Cow;

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
    /// A text of the manual in this voice: `{A|B}` in it is A for the command line and B for any program.
    pub(crate) fn of(self, manual: &'static str) -> Cow<'static, str> {
        if !manual.contains('{') {
            return manual.into();
        }
        let mut text = String::new();
        let mut rest = manual;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (both, behind) = after.split_once('}').unwrap_or((after, ""));
            let (command_line, neutral) = both.split_once('|').unwrap_or((both, both));
            text.push_str(self.pick(command_line, neutral));
            rest = behind;
        }
        text.push_str(rest);
        text.into()
    }

    /// The text for this voice. Only the first of the two may name a command or an option; a test reads the sources.
    pub(crate) fn pick<T>(self, command_line: T, neutral: T) -> T {
        match self {
            Voice::CommandLine => command_line,
            Voice::Neutral => neutral,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_the_manual_has_a_part_for_each_voice() {
        let manual = "Inspect it{ with ptl-cert inspect FILE|}, {then run|and verify} it.";
        assert_eq!(
            Voice::CommandLine.of(manual),
            "Inspect it with ptl-cert inspect FILE, then run it."
        );
        assert_eq!(Voice::Neutral.of(manual), "Inspect it, and verify it.");
        assert_eq!(Voice::Neutral.of("As it is."), "As it is.");
    }
}
