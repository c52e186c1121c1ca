//! Name constraints (RFC 5280 section 4.2.1.10), checked again after OpenSSL.
//!
//! OpenSSL lets through a wildcard that reaches into an excluded subtree and mail addresses that cannot be read;
//! both are refused here. A constraint or a name that cannot be processed is a breach whenever the two meet: "the
//! application MUST either process the constraint or reject the certificate".

use serde::Serialize;

use crate::document::Certificate;
use crate::document::extension::{GeneralName, IpAddress, NameConstraints};
use crate::document::name::Canonical;

/// How a name breaks a constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Breach {
    /// It is in none of the permitted subtrees of its kind.
    NotPermitted,
    /// It is in an excluded subtree, or a host that it matches is.
    Excluded,
    /// The name or the constraint cannot be read as its kind asks.
    Unreadable,
    /// There are more names and constraints than OpenSSL compares with each other, and with it nginx, Apache and HAProxy: 2^20
    /// pairs.
    TooMany,
}

/// How many pairs of a name and a constraint OpenSSL compares at most (`NAME_CHECK_MAX`). It refuses a path with more.
const PAIRS: usize = 1 << 20;

/// So many octets are gone through in the time of a comparison of two short names.
pub(super) const OCTETS: usize = 32;

/// What it costs to compare the names of `certificate` with the constraints of `ca`, in comparisons of two short names; `None` where
/// it is more than `limit`.
pub(super) fn cost(
    constraints: &NameConstraints,
    ca: &Certificate,
    certificate: &Certificate,
    limit: usize,
) -> Option<usize> {
    /// What it takes to bring the name of a directory entry into the form in which equal ones are equal.
    const DIRECTORY: usize = 16;
    // Nothing is counted one by one where there is too much of it.
    let pairs = pairs(constraints, certificate);
    if pairs > limit {
        return None;
    }
    let trees = constraints.permitted.iter().chain(&constraints.excluded);
    let alternative = certificate.alternative_names().iter();
    let octets: usize = alternative.map(octets).sum();
    let octets = octets + certificate.subject.der().len();
    let names = certificate.alternative_names().len() + 1;
    let compared = count(constraints).saturating_mul(octets);
    let compared = compared.saturating_add(names.saturating_mul(ca.der().len())) / OCTETS;
    let directories = trees.filter(|tree| matches!(tree, GeneralName::DirectoryName(_)));
    let directories = match directories.count() {
        0 => 0,
        count => count * DIRECTORY + ca.der().len() * DIRECTORY / OCTETS,
    };
    let cost = pairs.saturating_add(compared).saturating_add(directories);
    (cost <= limit).then_some(cost)
}

/// How long a name is, in octets.
fn octets(name: &GeneralName) -> usize {
    match name {
        GeneralName::Email(text) | GeneralName::Dns(text) | GeneralName::Uri(text) => text.len(),
        GeneralName::DirectoryName(name) => name.der().len(),
        // These are compared with nothing.
        _ => OCTETS,
    }
}

/// How many pairs of a name of `certificate` and a constraint there are, as OpenSSL counts them.
fn pairs(constraints: &NameConstraints, certificate: &Certificate) -> usize {
    let names = certificate.subject.attributes().count() + certificate.alternative_names().len();
    names.saturating_mul(count(constraints))
}

fn count(constraints: &NameConstraints) -> usize {
    constraints.permitted.len() + constraints.excluded.len()
}

/// The first name of `certificate`, where there are more pairs than are compared.
pub(super) fn too_many(
    constraints: &NameConstraints,
    certificate: &Certificate,
    end_entity: bool,
) -> Option<GeneralName> {
    let is_too_many = pairs(constraints, certificate) > PAIRS;
    let first = || names(certificate, end_entity).into_iter().next();
    is_too_many.then(first).flatten()
}

/// The first name of `certificate` that the constraints do not allow. Whether they apply to it at all (a self-issued
/// CA is exempt, section 6.1.3 (b)) is the caller's to know.
pub(super) fn breach(
    constraints: &NameConstraints,
    certificate: &Certificate,
    end_entity: bool,
) -> Option<(GeneralName, Breach)> {
    if let Some(name) = too_many(constraints, certificate, end_entity) {
        return Some((name, Breach::TooMany));
    }
    let constraints = Constraints::of(constraints);
    names(certificate, end_entity)
        .into_iter()
        .find_map(|name| Some((name.clone(), of_name(&constraints, &name)?)))
}

/// Name constraints, made ready to be compared with many names.
struct Constraints<'c> {
    permitted: Vec<Tree<'c>>,
    excluded: Vec<Tree<'c>>,
}

/// A subtree, and where it is of directory names, what its names begin with, in the form in which equal ones are equal.
struct Tree<'c> {
    name: &'c GeneralName,
    directory: Option<Canonical>,
}

impl<'c> Constraints<'c> {
    fn of(constraints: &'c NameConstraints) -> Constraints<'c> {
        let all = |trees: &'c [GeneralName]| {
            let tree = |name: &'c GeneralName| Tree {
                name,
                directory: match name {
                    GeneralName::DirectoryName(directory) => Some(directory.canonical()),
                    _ => None,
                },
            };
            trees.iter().map(tree).collect()
        };
        Constraints {
            permitted: all(&constraints.permitted),
            excluded: all(&constraints.excluded),
        }
    }
}

/// Every name that a constraint may be about. The mail addresses of a subject count where there is no alternative
/// name (section 4.2.1.10), and so does the CN of an end entity without host names, because clients that fall
/// back to it would be led past the constraint.
fn names(certificate: &Certificate, end_entity: bool) -> Vec<GeneralName> {
    let mut names = certificate.alternative_names().to_vec();
    if names.is_empty() {
        let addresses = certificate.subject.values("emailAddress");
        names.extend(addresses.map(|address| GeneralName::Email(address.to_owned())));
    }
    if end_entity && certificate.dns_names().next().is_none() {
        let hosts = certificate.subject.values("CN");
        let hosts = hosts.filter(|name| crate::fqdn::Fqdn::parse(name).is_ok() || is_pattern(name));
        names.extend(hosts.map(|host| GeneralName::Dns(host.to_owned())));
    }
    if !certificate.subject.is_empty() {
        names.push(GeneralName::DirectoryName(certificate.subject.clone()));
    }
    names
}

/// Whether a client may take a name for a pattern of hosts.
fn is_pattern(name: &str) -> bool {
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"*.-_".contains(&byte);
    name.contains('*') && name.contains('.') && name.bytes().all(is_of_host)
}

fn of_name(constraints: &Constraints<'_>, name: &GeneralName) -> Option<Breach> {
    let same_kind = |tree: &&Tree<'_>| kind(tree.name) == kind(name);
    let name = match name {
        GeneralName::DirectoryName(directory) => Compared::Directory(directory.canonical()),
        other => Compared::Other(other),
    };
    let meets = |tree, side| meets(tree, &name, side);
    let mut unreadable = false;
    for tree in constraints.excluded.iter().filter(same_kind) {
        match meets(tree, Side::Excluded) {
            Some(true) => return Some(Breach::Excluded),
            Some(false) => {}
            None => unreadable = true,
        }
    }
    let permitted: Vec<_> = constraints
        .permitted
        .iter()
        .filter(same_kind)
        .map(|tree| meets(tree, Side::Permitted))
        .collect();
    if unreadable || permitted.contains(&None) {
        return Some(Breach::Unreadable);
    }
    (!permitted.is_empty() && !permitted.contains(&Some(true))).then_some(Breach::NotPermitted)
}

/// GeneralName's own tag numbers; kinds are only compared with each other.
fn kind(name: &GeneralName) -> u32 {
    match name {
        GeneralName::OtherName { .. } => 0,
        GeneralName::Email(_) => 1,
        GeneralName::Dns(_) => 2,
        GeneralName::DirectoryName(_) => 4,
        GeneralName::Uri(_) => 6,
        GeneralName::Ip(_) => 7,
        GeneralName::RegisteredId(_) => 8,
        GeneralName::Unread { tag, .. } => *tag,
    }
}

/// Which set a subtree is from: a wildcard must lie wholly in a permitted one and wholly outside an excluded one.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Permitted,
    Excluded,
}

/// A name that is compared with many subtrees.
enum Compared<'n> {
    /// The name of a directory entry, in the form in which equal ones are equal.
    Directory(Canonical),
    Other(&'n GeneralName),
}

/// Whether the name is in the subtree; `None` when one of them cannot be processed.
fn meets(tree: &Tree<'_>, name: &Compared<'_>, side: Side) -> Option<bool> {
    match (tree.name, name) {
        // A name is in the subtree when it begins with all of the subtree's parts.
        (GeneralName::DirectoryName(_), Compared::Directory(name)) => {
            Some(name.starts_with(tree.directory.as_ref()?))
        }
        (GeneralName::Dns(tree), Compared::Other(GeneralName::Dns(name))) => dns(tree, name, side),
        (GeneralName::Email(tree), Compared::Other(GeneralName::Email(name))) => email(tree, name),
        (GeneralName::Uri(tree), Compared::Other(GeneralName::Uri(name))) => uri(tree, name),
        (GeneralName::Ip(tree), Compared::Other(GeneralName::Ip(name))) => ip(tree, name),
        _ => None,
    }
}

/// Whether the text is labels of letters, digits, hyphens and underscores. Underscores are no host names' but occur
/// and do no harm.
fn is_host(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    })
}

/// Whether `host` is `parent` or has it as its last labels, in whatever case.
fn under(host: &str, parent: &str) -> bool {
    let split = host.len().checked_sub(parent.len());
    let split = split.and_then(|at| host.split_at_checked(at));
    split.is_some_and(|(rest, end)| {
        end.eq_ignore_ascii_case(parent) && (rest.is_empty() || rest.ends_with('.'))
    })
}

/// A leading dot is not the standard's for host names, but in use: there it leaves out the host itself, as in
/// constraints on URIs.
fn dns(tree: &str, name: &str, side: Side) -> Option<bool> {
    let (base, below_only) = match tree.strip_prefix('.') {
        Some(base) => (base, true),
        None => (tree, false),
    };
    let (host, wildcard) = match name.strip_prefix("*.") {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    if !(base.is_empty() && !below_only || is_host(base)) || !is_host(host) {
        return None;
    }
    if base.is_empty() {
        return Some(true);
    }
    Some(match (wildcard, side) {
        (false, _) => under(host, base) && !(below_only && host.eq_ignore_ascii_case(base)),
        // Every name one label below `host` is below `base`.
        (true, Side::Permitted) => under(host, base),
        // Some name one label below `host` is in the subtree.
        (true, Side::Excluded) => {
            let parent = base.split_once('.').map(|(_, parent)| parent);
            let is_parent = parent.is_some_and(|parent| parent.eq_ignore_ascii_case(host));
            under(host, base) || (!below_only && is_parent)
        }
    })
}

fn email(tree: &str, name: &str) -> Option<bool> {
    let (local, host) = mailbox(name)?;
    let host = host.to_ascii_lowercase();
    if tree.contains('@') {
        let (wanted, at) = mailbox(tree)?;
        return Some(wanted == local && at.eq_ignore_ascii_case(&host));
    }
    let tree = tree.to_ascii_lowercase();
    match tree.strip_prefix('.') {
        Some(base) if is_host(base) => Some(under(&host, base) && host != base),
        None if is_host(&tree) => Some(host == tree),
        _ => None,
    }
}

/// The two sides of a mail address as RFC 2821 has it; quoted local parts are refused, because they are compared
/// by rules of their own.
fn mailbox(text: &str) -> Option<(&str, &str)> {
    let (local, host) = text.split_once('@')?;
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    (local.split('.').all(atom) && is_host(host)).then_some((local, host))
}

/// "The constraint MUST be specified as a fully qualified domain name", and a URI whose authority has no host name
/// must be refused.
fn uri(tree: &str, name: &str) -> Option<bool> {
    let (_, rest) = name.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = host.split(':').next()?.to_ascii_lowercase();
    let numeric = host.parse::<std::net::Ipv4Addr>().is_ok();
    if !is_host(&host) || numeric {
        return None;
    }
    let tree = tree.to_ascii_lowercase();
    match tree.strip_prefix('.') {
        Some(base) if is_host(base) => Some(under(&host, base) && host != base),
        None if is_host(&tree) => Some(host == tree),
        _ => None,
    }
}

fn ip(tree: &IpAddress, name: &IpAddress) -> Option<bool> {
    let (address, mask) = match tree.0.len() {
        8 => tree.0.split_at(4),
        32 => tree.0.split_at(16),
        _ => return None,
    };
    let length = mask.iter().map(|byte| byte.leading_ones()).sum::<u32>();
    let ones = mask.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let first_gap = mask.iter().position(|byte| *byte != 0xff);
    let contiguous = length == ones
        && first_gap.is_none_or(|at| mask.iter().skip(at + 1).all(|byte| *byte == 0));
    if !contiguous || !matches!(name.0.len(), 4 | 16) {
        return None;
    }
    let masked = address
        .iter()
        .zip(mask)
        .zip(&name.0)
        .all(|((a, m), n)| a & m == n & m);
    Some(address.len() == name.0.len() && masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_that_reaches_into_an_excluded_subtree_is_in_it() {
        for (tree, name, inside) in [
            ("test.example.com", "*.example.com", true),
            ("example.com", "*.example.com", true),
            ("example.com", "*.a.example.com", true),
            ("a.b.example.com", "*.example.com", false),
            (".test.example.com", "*.example.com", false),
            ("example.org", "*.example.com", false),
        ] {
            assert_eq!(
                dns(tree, name, Side::Excluded),
                Some(inside),
                "{tree} {name}"
            );
        }
    }

    #[test]
    fn a_wildcard_must_lie_wholly_in_a_permitted_subtree() {
        assert_eq!(
            dns("example.com", "*.example.com", Side::Permitted),
            Some(true)
        );
        assert_eq!(
            dns("a.example.com", "*.example.com", Side::Permitted),
            Some(false)
        );
    }

    #[test]
    fn a_subtree_begins_at_a_label() {
        assert_eq!(dns("nhs.uk", "mynhs.uk", Side::Permitted), Some(false));
        assert_eq!(dns("nhs.uk", "a.NHS.uk", Side::Permitted), Some(true));
        assert_eq!(dns("", "a.nhs.uk", Side::Permitted), Some(true));
    }

    #[test]
    fn what_cannot_be_read_is_neither_inside_nor_outside() {
        assert_eq!(dns("*.nhs.uk", "a.nhs.uk", Side::Permitted), None);
        assert_eq!(email("nhs.uk", "no-at-sign"), None);
        assert_eq!(email("nhs.uk", "a@b@nhs.uk"), None);
        assert_eq!(uri("nhs.uk", "http://10.0.0.1/"), None);
        assert_eq!(
            ip(
                &IpAddress(vec![10, 0, 0, 0, 255, 0, 255, 0]),
                &IpAddress(vec![10, 0, 0, 1])
            ),
            None
        );
    }

    #[test]
    fn mail_constraints_are_a_mailbox_a_host_or_a_domain() {
        assert_eq!(email("a@nhs.uk", "a@NHS.uk"), Some(true));
        assert_eq!(email("a@nhs.uk", "A@nhs.uk"), Some(false));
        assert_eq!(email("nhs.uk", "a@x.nhs.uk"), Some(false));
        assert_eq!(email(".nhs.uk", "a@x.nhs.uk"), Some(true));
    }

    #[test]
    fn an_address_of_the_other_family_is_outside() {
        let v4 = IpAddress(vec![10, 0, 0, 0, 255, 0, 0, 0]);
        assert_eq!(ip(&v4, &IpAddress(vec![10, 1, 2, 3])), Some(true));
        assert_eq!(ip(&v4, &IpAddress(vec![0; 16])), Some(false));
    }
}
