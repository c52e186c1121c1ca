//! Apache's expressions, as far as they say which names a client must have.

use crate::verdict::configuration::patterns::{is_host, whole};

/// The names that an expression admits: of several comparisons that must all hold, one that is understood is enough.
///
/// Brackets, negation and alternatives are not understood: what stands beside them may not have to hold.
pub(super) fn names(text: &str) -> Option<Vec<String>> {
    let tokens = tokens(text)?;
    let mut terms = tokens.split(|token| *token == Token::And);
    terms.find_map(comparison)
}

/// What an expression consists of (httpd's `server/util_expr_scan.l`).
#[derive(PartialEq, Eq)]
enum Token<'t> {
    Variable(&'t str),
    /// What is in quotes.
    Text(&'t str),
    /// A regular expression without flags, or with `i`.
    Regex(&'t str),
    Comparison(&'t str),
    And,
    /// A word, a number or an operator that begins with a minus sign.
    Word,
}

fn comparison(term: &[Token<'_>]) -> Option<Vec<String>> {
    let [
        Token::Variable(variable),
        Token::Comparison(operator),
        value,
    ] = term
    else {
        return None;
    };
    let number = variable.strip_prefix("SSL_CLIENT_SAN_DNS_");
    let is_name = *variable == "SSL_CLIENT_S_DN_CN"
        || number.is_some_and(|number| number.parse::<u32>().is_ok());
    match (*operator, value) {
        _ if !is_name => None,
        ("=~", Token::Regex(pattern)) => whole(pattern),
        // `eq` compares integers, and those of two names are both 0.
        ("==" | "=", Token::Text(value)) if is_host(value) => Some(vec![(*value).to_owned()]),
        _ => None,
    }
}

fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    const SPACE: [char; 3] = [' ', '\t', '\n'];
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(SPACE);
    while !rest.is_empty() {
        let (token, after) = token(rest)?;
        found.push(token);
        rest = after.trim_start_matches(SPACE);
    }
    Some(found)
}

/// The first token of a text, and what follows it; `None` where it is not one of [`Token`].
fn token(text: &str) -> Option<(Token<'_>, &str)> {
    const COMPARISONS: [&str; 9] = ["==", "=~", "!=", "!~", "<=", ">=", "=", "<", ">"];
    if let Some(after) = text.strip_prefix("&&") {
        return Some((Token::And, after));
    }
    if let Some(inner) = text.strip_prefix("%{") {
        let (name, after) = inner.split_once('}')?;
        // An argument may have a variable or a quoted bracket in it.
        let plain = !name.starts_with(':') && !name.contains(['\\', '%']);
        return plain.then_some((Token::Variable(name), after));
    }
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let (value, after) = inner.split_once(quote)?;
            // The quotation mark may be one behind a backslash, or of a variable's argument.
            let plain = !value.contains('\\') && !value.contains("%{");
            return plain.then_some((Token::Text(value), after));
        }
    }
    if let Some(inner) = text.strip_prefix('/') {
        return regex(inner, '/');
    }
    let mut comparisons = COMPARISONS.iter();
    match comparisons.find_map(|one| Some((Token::Comparison(one), text.strip_prefix(one)?))) {
        Some(found) => Some(found),
        None => word(text),
    }
}

/// The rest of a regular expression that ends with a character.
fn regex(text: &str, end: char) -> Option<(Token<'_>, &str)> {
    let (pattern, after) = text.split_once(end)?;
    let (flags, after) = run(after);
    let plain = matches!(flags, "" | "i") && !pattern.ends_with('\\');
    plain.then_some((Token::Regex(pattern), after))
}

fn word(text: &str) -> Option<(Token<'_>, &str)> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
    // A number ends where a letter begins.
    if digits.len() < unsigned.len() {
        return Some((Token::Word, digits));
    }
    let (word, after) = run(unsigned);
    let is_signed = unsigned.len() < text.len();
    match word.to_ascii_lowercase().as_str() {
        "" => None,
        _ if is_signed => Some((Token::Word, after)),
        // `split` begins a regular expression too, and so may the other two.
        "or" | "not" | "split" | "m_" | "s_" => None,
        "and" => Some((Token::And, after)),
        "m" | "s" if !after.starts_with([' ', '\t', '\n']) => {
            let end = after.chars().next().filter(|c| "#/|,%!".contains(*c))?;
            match word {
                "m" => regex(after.strip_prefix(end)?, end),
                _ => None,
            }
        }
        _ => Some((Token::Word, after)),
    }
}

/// The letters, digits and underscores that a text begins with, and what follows them.
fn run(text: &str) -> (&str, &str) {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !is_of_word(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_understood_where_a_comparison_has_to_hold() {
        const GOOD: &str = "%{SSL_CLIENT_S_DN_CN} == 'a.nhs.uk'";
        const MATCH: &str = r"%{SSL_CLIENT_SAN_DNS_3} =~ m#^a\.nhs\.uk\z#i";
        for text in [
            GOOD.to_owned(),
            GOOD.replace('\'', "\""),
            GOOD.replace("==", "="),
            MATCH.to_owned(),
            MATCH.replace("m#", "/").replace("#i", "/"),
            format!("{MATCH} && -z %{{SSL_CLIENT_S_DN_CN_1}}"),
            format!("true and {GOOD}"),
            format!("%{{REQUEST_URI}} =~ m#^/(a || b)#&&{GOOD}"),
            format!("%{{HTTP_USER_AGENT}} != 'a or (b)' && {GOOD}"),
            format!("%{{HTTP:X-A}} -strmatch 'a' && {GOOD}"),
        ] {
            assert_eq!(names(&text), Some(vec!["a.nhs.uk".to_owned()]), "{text}");
        }
        for text in [
            GOOD.replace("==", "eq"),
            GOOD.replace("==", "-eq"),
            GOOD.replace("==", "!="),
            GOOD.replace('\'', ""),
            GOOD.replace("a.nhs", "$1.nhs"),
            GOOD.replace("_CN}", "_O}"),
            format!("{GOOD} . 'b'"),
            MATCH.replace("=~", "!~"),
            MATCH.replace("#i", "#m"),
            MATCH.replace("#i", "#ior true"),
            format!("! {GOOD}"),
            format!("not {GOOD}"),
            format!("!(-n %{{HTTPS}} && {GOOD} && true)"),
            format!("( true && {GOOD} && true )"),
            format!("true && {GOOD} || true"),
            format!("{GOOD} && true\tor\ttrue"),
            format!("{GOOD} && true OR true"),
            format!("{GOOD} && 1or true"),
            format!("{GOOD}or true"),
            format!("s#a#&&{GOOD}&&#b# == 'c'"),
            format!(r"%{{HTTP:a\}} && {GOOD} && %{{HTTP:b}}"),
            format!(r#""\" && {GOOD} && " == 'c'"#),
            format!(r#""%{{HTTP:"}} && {GOOD} && "}}""#),
        ] {
            assert_eq!(names(&text), None, "{text}");
        }
    }
}
