//! The names of clients that a server's condition compares, as far as the condition is understood to the last character.

use super::AdmittedHosts;

/// Whether a text is a host's name and nothing else.
pub(super) fn is_host(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    !text.is_empty() && text.chars().all(fits)
}

/// The names of a comparison that tells capitals from small letters: certificates have their hosts in small ones, and it is
/// not that host's name otherwise.
pub(super) fn in_lower_case(names: Vec<String>) -> Option<Vec<String>> {
    let has_capitals = |name: &String| name.bytes().any(|byte| byte.is_ascii_uppercase());
    (!names.iter().any(has_capitals)).then_some(names)
}

/// The host of a regular expression that matches one host: its dots are quoted.
fn host(pattern: &str) -> Option<String> {
    let plain = pattern.replace("\\.", "\u{0}").replace("[.]", "\u{0}");
    // A bare dot matches any character.
    let exact = !plain.contains('.');
    let host = plain.replace('\u{0}', ".");
    (exact && is_host(&host)).then_some(host)
}

/// The hosts of a regular expression without anchors: one, or alternatives in brackets.
pub(super) fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let inner = pattern.strip_suffix(')').and_then(|rest| {
        let rest = rest.strip_prefix('(')?;
        Some(rest.strip_prefix("?:").unwrap_or(rest))
    });
    match inner {
        Some(inner) => inner.split('|').map(host).collect(),
        None => Some(vec![host(pattern)?]),
    }
}

/// The hosts of a regular expression that matches a whole name.
pub(super) fn whole(pattern: &str) -> Option<Vec<String>> {
    let rest = pattern.strip_prefix('^')?;
    let end = ["\\z", "$"].iter().find_map(|end| rest.strip_suffix(end));
    alternatives(end?)
}

/// The hosts of a regular expression over a subject in RFC 2253 form: the one that `export` writes, or one that begins with the
/// CN and compares it to its end. A comma in a value has a backslash before it, so that one after a host's name ends the CN.
pub(super) fn of_subject(pattern: &str) -> Option<Vec<String>> {
    if let Some(hosts) = AdmittedHosts::from_subject(pattern) {
        return Some(hosts.names().map(str::to_owned).collect());
    }
    const ENDS: [&str; 9] = [
        "(?:,.*)?$",
        "(,.*)?$",
        "(?:,|$)",
        "(?:$|,)",
        "(,|$)",
        "($|,)",
        ",.*$",
        ",.*",
        ",",
    ];
    let rest = pattern.strip_prefix("^CN=")?;
    let end = ENDS
        .iter()
        .chain(&["$"])
        .find_map(|end| rest.strip_suffix(end));
    alternatives(end?)
}

/// The host of a whole subject in RFC 2253 form that begins with its only CN.
pub(super) fn of_whole_subject(text: &str) -> Option<Vec<String>> {
    let rest = text.strip_prefix("CN=")?;
    let host = rest.split(',').next()?;
    let plain = is_host(host) && !rest.contains("CN=") && !rest.contains(['\\', '$']);
    plain.then(|| vec![host.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_understood_where_it_compares_a_name_to_both_ends() {
        let one = Some(vec!["a.nhs.uk".to_owned()]);
        for (pattern, hosts) in [
            (r"^a\.nhs\.uk$", one.clone()),
            (r"^a[.]nhs[.]uk\z", one.clone()),
            (
                r"^(?:a\.nhs\.uk|b\.nhs\.uk)$",
                Some(vec!["a.nhs.uk".to_owned(), "b.nhs.uk".to_owned()]),
            ),
            (r"^a.nhs\.uk$", None),
            (r"a\.nhs\.uk", None),
            (r"^a\.nhs\.uk", None),
            (r"^(?:a\.nhs\.uk|.*)$", None),
            (r"^(?:a\.nhs\.uk|)$", None),
        ] {
            assert_eq!(whole(pattern), hosts, "{pattern}");
        }
        for (pattern, hosts) in [
            (r"^CN=a\.nhs\.uk,", one.clone()),
            (r"^CN=a\.nhs\.uk(,|$)", one.clone()),
            (r"^CN=a\.nhs\.uk", None),
            (r"CN=a\.nhs\.uk", None),
            (r"(^|,)CN=a\.nhs\.uk(,|$)", None),
        ] {
            assert_eq!(of_subject(pattern), hosts, "{pattern}");
        }
    }

    #[test]
    fn what_export_writes_over_a_subject_is_understood_and_a_change_to_it_is_not() {
        let names = ["a.nhs.uk", "b.nhs.uk"].map(|name| name.parse().unwrap());
        let pattern = AdmittedHosts::new(names).unwrap().of_subject();
        assert_eq!(
            of_subject(&pattern),
            Some(vec!["a.nhs.uk".to_owned(), "b.nhs.uk".to_owned()])
        );
        assert_eq!(of_subject(&pattern.replace(r"b\.nhs", "b.nhs")), None);
        assert_eq!(of_subject(&pattern.replacen("[,+]", "", 1)), None);
    }
}
