//! Numbers and lists in words.

use crate::chain::Found;
use crate::document::{Hash, Role};

/// What kind of bearer a certificate is for, as a word: `root CA`, `sub CA`, `endpoint`.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Root => "root CA",
        Role::SelfIssuedCa => "self-issued CA",
        Role::SubCa => "sub CA",
        Role::Endpoint => "endpoint",
        Role::SelfSignedEndpoint => "self-signed endpoint",
    }
}

/// Where a certificate of a chain was found, in a few words: `in the input`, `built in`.
pub fn found(found: Found) -> &'static str {
    match found {
        Found::Input => "in the input",
        Found::Chain => "in a chain file",
        Found::Anchor => "given as trusted",
        Found::BuiltIn => "built in",
        Found::Facts => "in the facts file",
        Found::TrustStore => "in your trust store",
    }
}

/// `2 days`; whole days, of which there are none on the first.
pub(crate) fn span(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        days => count(days, "day"),
    }
}

/// `1 day`, `2 days`.
pub(crate) fn count(number: i64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A path as a shell takes it: in quotes only where it needs them.
pub(crate) fn shell_word(path: &str) -> String {
    let plain = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '/' | '.' | '-' | '_' | '+' | ':' | '@' | ',' | '~' | '\\'
            )
    };
    if !path.is_empty() && path.chars().all(plain) && !path.starts_with('-') {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

/// Names joined by `or`, or what there is instead.
pub(crate) fn listed(names: &[String], otherwise: &str) -> String {
    match names {
        [] => otherwise.to_owned(),
        names => names.join(" or "),
    }
}

/// Names joined by commas, and how many more there are.
pub(crate) fn named(names: &[String], more: usize) -> String {
    let names = names.join(", ");
    match more {
        0 => names,
        more => format!("{names}, and {more} more"),
    }
}

/// Up to three names, and how many more.
pub(crate) fn some(names: &[String]) -> String {
    some_and(names, 0)
}

/// The same where there are so many more.
pub(crate) fn some_and(names: &[String], more: usize) -> String {
    match names {
        [first @ .., _] if first.len() >= 3 => {
            named(names.get(..3).unwrap_or_default(), names.len() - 3 + more)
        }
        names => named(names, more),
    }
}

/// `sha256WithRSAEncryption (SHA-2)`: the algorithm and the family that distinguishes NHS generations.
pub(crate) fn with_family(name: &str, hash: Option<Hash>) -> String {
    match hash {
        Some(hash) => format!("{name} ({})", hash.family()),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn a_path_with_a_space_or_a_quotation_mark_is_quoted_for_the_shell() {
        assert_eq!(shell_word("out/a.key"), "out/a.key");
        assert_eq!(shell_word("my keys/a.key"), "'my keys/a.key'");
        assert_eq!(shell_word("o'neil"), r"'o'\''neil'");
    }
}
