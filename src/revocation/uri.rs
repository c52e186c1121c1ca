//! Comparing URIs as RFC 5280 section 7.4 asks.

use std::borrow::Cow;

/// Whether two URIs are the same after normalisation: scheme and host in lower case, percent-encodings in upper case and
/// only where they are needed, no dot segments, and for http, https, ftp and ldap no port that is the default and no empty
/// path (RFC 3987 sections 5.3.2 and 5.3.3).
pub(super) fn same_uri(one: &str, other: &str) -> bool {
    one == other || normal(one) == normal(other)
}

/// The normal form: that of two URIs is equal where they are the same.
pub(super) fn normal(uri: &str) -> String {
    let uri = percent(uri);
    let Some((scheme, rest)) = uri.split_once(':') else {
        return uri.into_owned();
    };
    let scheme = scheme.to_ascii_lowercase();
    let Some(rest) = rest.strip_prefix("//") else {
        return format!("{scheme}:{rest}");
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, query) = rest.split_at_checked(end).unwrap_or((rest, ""));
    // The part before the last @ names a user, whose letter case counts.
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (format!("{user}@"), host),
        None => (String::new(), authority),
    };
    let host = host.to_ascii_lowercase();
    let default = match scheme.as_str() {
        "http" => Some(":80"),
        "https" => Some(":443"),
        "ftp" => Some(":21"),
        "ldap" => Some(":389"),
        _ => None,
    };
    let host = match default {
        Some(port) => host
            .strip_suffix(port)
            .or_else(|| host.strip_suffix(':'))
            .unwrap_or(&host),
        None => &host,
    };
    let path = match (default, path) {
        (Some(_), "") => Cow::Borrowed("/"),
        _ => Cow::Owned(without_dots(path)),
    };
    format!("{scheme}://{user}{host}{path}{query}")
}

/// Percent-encodings with capital digits, and unreserved characters without (RFC 3986 section 6.2.2).
fn percent(uri: &str) -> Cow<'_, str> {
    if !uri.contains('%') {
        return Cow::Borrowed(uri);
    }
    let mut text = String::with_capacity(uri.len());
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let octet = after
            .get(..2)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match octet {
            Some(octet) => {
                let character = char::from(octet);
                match character.is_ascii_alphanumeric() || "-._~".contains(character) {
                    true => text.push(character),
                    false => text.push_str(&format!("%{octet:02X}")),
                }
                after.get(2..).unwrap_or_default()
            }
            None => {
                text.push('%');
                after
            }
        };
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// RFC 3986 section 5.2.4, for a path that begins with a slash or is empty.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    match path.is_empty() {
        true => String::new(),
        false => format!("/{}", kept.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_that_differ_in_form_only_are_the_same_place() {
        for (one, other) in [
            ("http://crl.test/a%2fb", "http://crl.test/a%2Fb"),
            ("http://crl.test/%61.crl", "http://crl.test/a.crl"),
            ("HTTP://CRL.test/a.crl", "http://crl.test/a.crl"),
            ("http://crl.test:80/a.crl", "http://crl.test/a.crl"),
            ("http://crl.test:/a.crl", "http://crl.test/a.crl"),
            ("http://crl.test", "http://crl.test/"),
            ("http://crl.test?a", "http://crl.test/?a"),
            ("http://crl.test/x/../a.crl", "http://crl.test/./a.crl"),
            ("ldap://H:389/cn=a", "ldap://h/cn=a"),
        ] {
            assert!(same_uri(one, other), "{one} {other}");
        }
    }

    #[test]
    fn uris_of_different_places_stay_different() {
        for (one, other) in [
            ("http://crl.test/a%2Fb", "http://crl.test/a/b"),
            ("http://crl.test/A.crl", "http://crl.test/a.crl"),
            ("http://crl.test:8080/a", "http://crl.test/a"),
            ("http://crl.test/a", "https://crl.test/a"),
            ("http://crl.test/a", "http://crl.test/a/"),
            ("http://User@crl.test/a", "http://user@crl.test/a"),
            ("http://crl.test/a?x", "http://crl.test/a?X"),
            ("http://crl.test/%zz", "http://crl.test/%ZZ"),
            ("urn:a", "urn:A"),
        ] {
            assert!(!same_uri(one, other), "{one} {other}");
        }
    }
}
