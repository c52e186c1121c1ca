//! What is wrong with a file in TOML, without what is in it: it may be another file, and hold a password.

use std::fmt;

use crate::input::{beginning, excerpt};

/// The longest reason, in octets: it may name every field that is expected.
const REASON_LIMIT: usize = 300;

/// Where a text is not TOML of the expected form, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TomlFault {
    /// The line and the column in characters, from 1, where they are known.
    place: Option<(usize, usize)>,
    reason: String,
}

impl TomlFault {
    /// Takes from an error about this text what says nothing of its content but the name of a field.
    pub(crate) fn new(error: &toml::de::Error, text: &str) -> TomlFault {
        let before = error.span().and_then(|span| text.get(..span.start));
        let place = before.map(|before| {
            let line = before.matches('\n').count() + 1;
            let in_line = before.rsplit('\n').next().unwrap_or_default();
            (line, in_line.chars().count() + 1)
        });
        let reason = without_names(&without_values(error.message()));
        TomlFault {
            place,
            reason: beginning(&reason, REASON_LIMIT).replace('\n', ", "),
        }
    }
}

/// The message without the value that it quotes.
fn without_values(message: &str) -> String {
    if let Some((before, rest)) = message.split_once("string \"") {
        let after = rest.rsplit_once('"').map_or("", |(_, after)| after);
        return format!("{before}string{after}");
    }
    if let Some((before, rest)) = message.split_once("unknown variant `") {
        let after = rest.rsplit_once("`, expected").map(|(_, after)| after);
        return format!(
            "{before}unknown value, expected{}",
            after.unwrap_or(" another")
        );
    }
    message.to_owned()
}

/// The message with the name that it quotes cut short, and without one that looks like a secret.
fn without_names(message: &str) -> String {
    const FIELD: &str = "unknown field ";
    let of_field = message.split_once("unknown field `");
    let Some((before, rest)) = of_field else {
        return message.to_owned();
    };
    let (name, after) = rest
        .rsplit_once("`, expected")
        .unwrap_or((rest, " another"));
    format!("{before}{FIELD}{}, expected{after}", excerpt(name))
}

impl fmt::Display for TomlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for TomlFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(rename = "reviewed")]
        _reviewed: Option<Vec<Kind>>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Known,
    }

    #[test]
    fn the_place_and_the_reason_are_said_and_nothing_that_may_be_secret() {
        let key = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC3DuDqQin";
        for (text, says) in [
            ("# x\nPFX_PASSWORD=hunter2 KEY=x", "line 2, column "),
            (
                "reviewed = \"hunter2\"",
                ": invalid type: string, expected ",
            ),
            ("reviewed = [\"hunter2\\\"\"]", ": unknown value, expected"),
            ("hunter2 \n", "line "),
            ("{\"kty\":\"hunter2\"}", "line 1, column "),
            (
                "rewieved = \"hunter2\"",
                "unknown field \"rewieved\", expected `reviewed`",
            ),
            (
                &format!("{key} = 1"),
                "unknown field 59 characters that are not shown",
            ),
            (
                &format!("reviewed = [\"{key}\"]"),
                ": unknown value, expected ",
            ),
        ] {
            let error = toml::from_str::<Form>(text).unwrap_err();
            let said = TomlFault::new(&error, text).to_string();
            assert!(said.contains(says), "{text}: {said}");
            assert!(!said.contains(key), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
