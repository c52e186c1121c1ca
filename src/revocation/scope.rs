//! Which CRL answers for which certificate (RFC 5280 section 6.3.3, steps b and d).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::uri::{normal, same_uri};
use crate::chain::name_key;
use crate::document::extension::{
    DistributionPoint, GeneralName, IssuingDistributionPoint, PointName, Reason, Scope,
};
use crate::document::{Certificate, Crl, Name, Sha256Digest};

/// A set of reasons for revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Reasons(u16);

/// What a CRL says about a certificate, if it is genuine and in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// The reasons for which it would include the certificate.
    pub reasons: Reasons,
    /// Whether the CRL may name certificates of other issuers, so that an entry's issuer counts.
    pub indirect: bool,
}

/// Why a CRL does not answer for a certificate, however genuine it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutOfScope {
    /// It is the CRL of another issuer, and no distribution point of the certificate names that one.
    OtherIssuer {
        /// Who may sign a CRL for the certificate: its issuer, and those its distribution points name.
        expected: Vec<Name>,
        /// Who the CRL says signed it.
        found: Name,
    },
    /// It is another partition of the issuer's CRLs: no name of its distribution point is one of the certificate's.
    OtherPartition {
        /// The names of the distribution points that the certificate gives for this issuer's CRLs, at most 16.
        expected: Vec<GeneralName>,
        /// The names of the CRL's point.
        found: Vec<GeneralName>,
    },
    /// It has CA certificates only, and the certificate is not a CA's.
    CaOnly,
    /// It has end-entity certificates only, and the certificate is a CA's.
    UserOnly,
    /// It has attribute certificates only.
    AttributeOnly,
    /// It says of itself things that exclude each other.
    Contradictory,
    /// A distribution point of the certificate names the CRL's issuer, but the CRL does not say that it is
    /// indirect, so that it can be about its own issuer's certificates only.
    NotIndirect {
        /// Who signed the CRL.
        issuer: Name,
    },
    /// The reasons for which the certificate's distribution point refers to it, and those that the CRL has, are
    /// different ones.
    NoCommonReason,
}

impl OutOfScope {
    /// Whether the entries of the CRL count although it cannot show that the certificate is not listed: it is of the
    /// certificate's point, for reasons that the point does not name, or of one whose name does not read, or contradicts itself.
    pub(super) fn may_be_meant(&self) -> bool {
        match self {
            OutOfScope::NoCommonReason | OutOfScope::Contradictory => true,
            OutOfScope::OtherPartition { found, .. } => found.iter().any(is_unread),
            _ => false,
        }
    }
}

/// Whether a name of a point, or of who issues its CRLs, does not read, or it is not said who does (RFC 5280 section 4.2.1.13: by the
/// name of a directory entry).
pub(super) fn has_unread_name(point: &DistributionPoint) -> bool {
    let locations = match &point.name {
        Some(PointName::Full { locations }) => locations.as_slice(),
        Some(PointName::RelativeToIssuer { .. }) | None => &[],
    };
    let names = locations.iter().map(|location| &location.name);
    let issuers = &point.crl_issuer;
    names.chain(issuers).any(is_unread)
        || !issuers.is_empty() && directory_names(issuers).all(Name::is_empty)
}

/// Those that are not read, whatever is in them, are no names of places or of CAs.
fn is_unread(name: &GeneralName) -> bool {
    name.is_malformed()
}

impl Reasons {
    /// No reason.
    pub const NONE: Reasons = Reasons(0);

    /// Every reason that there is: all flags but "unused", which means nothing (RFC 5280 section 4.2.1.13).
    /// Only a CRL without reason flags, or CRLs that have all of them together, cover them.
    pub const ALL: Reasons = Reasons(0b1_1111_1110);

    pub(crate) fn of(flags: Option<&[Reason]>) -> Reasons {
        let Some(flags) = flags else {
            return Reasons::ALL;
        };
        let bits = Reason::ALL
            .iter()
            .enumerate()
            .filter(|(_, reason)| flags.contains(reason))
            .fold(0, |bits, (bit, _)| bits | 1 << bit);
        Reasons(bits & Reasons::ALL.0)
    }

    /// Those in either.
    #[must_use]
    pub fn and(self, other: Reasons) -> Reasons {
        Reasons(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub fn common(self, other: Reasons) -> Reasons {
        Reasons(self.0 & other.0)
    }

    /// Whether this reason is in it.
    pub fn includes(self, reason: Reason) -> bool {
        self.common(Reasons::of(Some(&[reason]))) != Reasons::NONE
    }

    /// Whether every reason is in it.
    pub fn is_all(self) -> bool {
        self == Reasons::ALL
    }

    /// Whether none is.
    pub fn is_none(self) -> bool {
        self == Reasons::NONE
    }

    /// The reasons not in it, in the standard's order.
    pub fn missing(self) -> Vec<Reason> {
        Reason::ALL
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| (Reasons::ALL.0 & !self.0) >> bit & 1 == 1)
            .map(|(_, reason)| reason)
            .collect()
    }
}

/// Whether the CRL answers for the certificate, and for which reasons.
///
/// Looks at names, flags and reasons only: not at dates, signature, or entries. All of the certificate's
/// distribution points count, and beside them the one that every certificate has without saying so: the complete
/// CRL of its issuer (section 6.3.3, last paragraph). Of several reasons against a CRL the first is reported: another
/// issuer, another kind of certificate, another partition, other reasons for revocation.
///
/// # Errors
/// [`OutOfScope`] says why it does not answer.
pub fn scope(certificate: &Certificate, crl: &Crl) -> Result<Coverage, OutOfScope> {
    let point = crl.issuing_distribution_point.as_ref();
    let indirect = point.is_some_and(|point| point.indirect);
    let implied = DistributionPoint {
        name: Some(PointName::Full {
            locations: implied_names(certificate).map(Into::into).collect(),
        }),
        reasons: None,
        crl_issuer: Vec::new(),
    };
    let named = named_points(certificate);
    let crl_reasons = Reasons::of(point.and_then(|point| point.reasons.as_deref()));
    let (mut reasons, mut partition_fits, mut unmarked) = (Reasons::NONE, false, false);
    let mut of_issuer = Vec::new();
    let partition = Partition::of(point, same);
    for candidate in named.iter().chain([&implied]) {
        if !may_sign(candidate, &certificate.issuer, &crl.issuer) {
            continue;
        }
        if !candidate.crl_issuer.is_empty() && !indirect {
            unmarked = true;
            continue;
        }
        of_issuer.push(candidate);
        if partition.has(candidate) {
            partition_fits = true;
            let wanted = Reasons::of(candidate.reasons.as_deref());
            reasons = reasons.and(wanted.common(crl_reasons));
        }
    }
    // The issuer comes first, as in step b: the kind of another issuer's CRL is of no interest.
    if of_issuer.is_empty() {
        let found = crl.issuer.clone();
        return Err(match unmarked {
            true => OutOfScope::NotIndirect { issuer: found },
            false => OutOfScope::OtherIssuer {
                expected: crl_issuers(certificate),
                found,
            },
        });
    }
    suits_kind(certificate, point)?;
    match (partition_fits, reasons.is_none()) {
        (true, false) => Ok(Coverage { reasons, indirect }),
        (true, true) => Err(OutOfScope::NoCommonReason),
        (false, _) => Err(OutOfScope::OtherPartition {
            expected: needed_names(&of_issuer, named.is_empty()),
            found: point
                .and_then(|point| point.name.as_ref())
                .map(names)
                .unwrap_or_default(),
        }),
    }
}

/// Which certificates alone a CRL answers for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// Those that name one of these distribution points; empty: whichever they name.
    pub points: Vec<GeneralName>,
    /// Those of this kind.
    pub kind: Option<Scope>,
    /// Those that the key of this certificate signed.
    pub signed_by: Option<Sha256Digest>,
    /// Those that the CA of this name issued: the CRL is indirect.
    pub issued_by: Option<Name>,
    /// Those whose distribution point names this one as the issuer of its CRLs (cRLIssuer): the CRL is indirect, and not
    /// that of the CA which issued them.
    pub crl_issuer: Option<Name>,
}

impl Condition {
    /// Whether it is for certificates that name other distribution points than the one with this URL.
    pub(crate) fn is_of_other_point(&self, url: &str) -> bool {
        let named = GeneralName::Uri(url.to_owned());
        !self.points.is_empty() && !self.points.iter().any(|point| same(point, &named))
    }
}

/// What a CRL says about the certificates of one CA, of which nothing else is known.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) coverage: Coverage,
    /// Which of them alone it answers for.
    pub(super) condition: Option<Arc<Condition>>,
    /// Whether the question says that they are such certificates.
    pub(super) is_met: bool,
}

/// Whether the CRL may answer for certificates of this issuer, and for which of them; `named` is the URL of a distribution
/// point that the certificates are known to name, as end entities' do. Looks at names, flags and reasons only, as [`scope`]
/// does.
pub(super) fn terms(issuer: &Name, crl: &Crl, named: Option<&str>) -> Result<Terms, OutOfScope> {
    let point = crl.issuing_distribution_point.as_ref();
    let indirect = point.is_some_and(|point| point.indirect);
    let own = crl.issuer.matches(issuer);
    if !own && !indirect {
        return Err(OutOfScope::OtherIssuer {
            expected: vec![issuer.clone()],
            found: crl.issuer.clone(),
        });
    }
    let scope = point.map_or(Scope::All, |point| point.scope);
    let kind = match scope {
        Scope::All => None,
        Scope::UserCertificates | Scope::CaCertificates => Some(scope),
        Scope::AttributeCertificates => return Err(OutOfScope::AttributeOnly),
        Scope::Contradictory => return Err(OutOfScope::Contradictory),
    };
    let points = point.and_then(|point| point.name.as_ref());
    let is_named = match named {
        None => points.is_none() && kind.is_none(),
        Some(named) => {
            is_of_point(crl, named) && kind.is_none_or(|kind| kind == Scope::UserCertificates)
        }
    };
    let condition = Condition {
        points: points.map(names).unwrap_or_default(),
        kind,
        signed_by: None,
        issued_by: (indirect && own).then(|| issuer.clone()),
        // A point's URL does not say whose CRLs a certificate expects there.
        crl_issuer: (!own).then(|| crl.issuer.clone()),
    };
    Ok(Terms {
        coverage: Coverage {
            reasons: Reasons::of(point.and_then(|point| point.reasons.as_deref())),
            indirect,
        },
        is_met: is_named && own,
        condition: (condition != Condition::default()).then(|| Arc::new(condition)),
    })
}

/// The distribution points that the certificate names.
fn named_points(certificate: &Certificate) -> &[DistributionPoint] {
    let points = certificate.extensions.crl_distribution_points.as_ref();
    points.map_or(&[][..], |marked| marked.value.as_slice())
}

/// The names of the point that every certificate has: its issuer's, the alternative ones included.
fn implied_names(certificate: &Certificate) -> impl Iterator<Item = GeneralName> {
    let alternative = certificate.extensions.issuer_alternative_name.iter();
    let alternative = alternative.flat_map(|marked| marked.value.iter().cloned());
    std::iter::once(GeneralName::DirectoryName(certificate.issuer.clone())).chain(alternative)
}

/// What a distribution point's name is found by. Names of the same source have the same key; so may names that are only alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum PointKey {
    Directory(Vec<u8>),
    Uri(String),
    Other(String),
}

impl PointKey {
    fn of(name: &GeneralName) -> PointKey {
        match name {
            GeneralName::DirectoryName(name) => PointKey::Directory(name_key(name)),
            GeneralName::Uri(uri) => PointKey::Uri(normal(uri)),
            other => PointKey::Other(format!("{other:?}")),
        }
    }

    /// Those of the point that the CRL answers for; `None` where it may answer for every one, because it names none or one that
    /// does not read.
    pub(super) fn of_crl(crl: &Crl) -> Option<Vec<PointKey>> {
        let point = crl.issuing_distribution_point.as_ref();
        let names = names(point?.name.as_ref()?);
        let is_read = !names.iter().any(is_unread);
        is_read.then(|| names.iter().map(PointKey::of).collect())
    }

    /// Those of every point whose CRLs may answer for the certificate: a CRL that names a point and shares none of these is
    /// out of its [`scope`].
    pub(super) fn of_certificate(certificate: &Certificate) -> Vec<PointKey> {
        let named = named_points(certificate).iter();
        let named = named.flat_map(|point| match &point.name {
            Some(name) => names(name),
            None => point.crl_issuer.clone(),
        });
        let all = named.chain(implied_names(certificate));
        all.map(|name| PointKey::of(&name)).collect()
    }
}

/// Whether a CRL answers for certificates that name this distribution point, by its URL: it names that point itself, or
/// none. Looks at points only.
pub fn is_of_point(crl: &Crl, url: &str) -> bool {
    let point = crl.issuing_distribution_point.as_ref();
    let own = point.and_then(|point| point.name.as_ref());
    let wanted = GeneralName::Uri(url.to_owned());
    own.is_none_or(|own| names(own).iter().any(|name| same(name, &wanted)))
}

/// The reasons that the first of the certificate's own points leaves the CRL, if the CRL is for one of them at all:
/// OpenSSL looks at no further point, knows no implied one, and takes a CRL that names no point for the first of them
/// (`crl_crldp_check`). Looks at points only.
pub(crate) fn first_point(certificate: &Certificate, crl: &Crl) -> Option<Reasons> {
    let crl_point = crl.issuing_distribution_point.as_ref();
    let partition = Partition::of(crl_point, same_to_openssl);
    let own = certificate.extensions.crl_distribution_points.iter();
    let first = own
        .flat_map(|marked| &marked.value)
        .find(|point| may_sign(point, &certificate.issuer, &crl.issuer) && partition.has(point));
    match first {
        Some(point) => Some(Reasons::of(point.reasons.as_deref())),
        None if crl_point.is_none_or(|point| point.name.is_none()) => Some(Reasons::ALL),
        None => None,
    }
}

/// Step b (2) (ii) to (iv).
fn suits_kind(
    certificate: &Certificate,
    point: Option<&IssuingDistributionPoint>,
) -> Result<(), OutOfScope> {
    let is_ca = certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.ca);
    match (point.map_or(Scope::All, |point| point.scope), is_ca) {
        (Scope::All, _) | (Scope::UserCertificates, false) | (Scope::CaCertificates, true) => {
            Ok(())
        }
        (Scope::UserCertificates, true) => Err(OutOfScope::UserOnly),
        (Scope::CaCertificates, false) => Err(OutOfScope::CaOnly),
        (Scope::AttributeCertificates, _) => Err(OutOfScope::AttributeOnly),
        (Scope::Contradictory, _) => Err(OutOfScope::Contradictory),
    }
}

/// Step b (1): the point's cRLIssuer signs, or where it names none, the certificate's issuer.
fn may_sign(point: &DistributionPoint, issuer: &Name, signer: &Name) -> bool {
    if point.crl_issuer.is_empty() {
        return issuer.matches(signer);
    }
    directory_names(&point.crl_issuer).any(|name| name.matches(signer))
}

/// The distribution point that a CRL names, to be compared with those of a certificate: step b (2) (i).
struct Partition {
    /// By what each of its names is found by; `None` where it names no point, and answers for every one.
    names: Option<HashMap<PointKey, Vec<GeneralName>>>,
    same: fn(&GeneralName, &GeneralName) -> bool,
}

impl Partition {
    fn of(
        point: Option<&IssuingDistributionPoint>,
        same: fn(&GeneralName, &GeneralName) -> bool,
    ) -> Partition {
        let name = point.and_then(|point| point.name.as_ref());
        let by_key = |name: &PointName| {
            let mut by_key: HashMap<PointKey, Vec<GeneralName>> = HashMap::new();
            for name in names(name) {
                by_key.entry(PointKey::of(&name)).or_default().push(name);
            }
            by_key
        };
        Partition {
            names: name.map(by_key),
            same,
        }
    }

    /// Whether a certificate's point is this one.
    fn has(&self, point: &DistributionPoint) -> bool {
        let Some(have) = &self.names else {
            return true;
        };
        let is_here = |wanted: &GeneralName| {
            let alike = have.get(&PointKey::of(wanted)).into_iter().flatten();
            alike.into_iter().any(|have| (self.same)(wanted, have))
        };
        match &point.name {
            Some(name) => names(name).iter().any(is_here),
            None => point.crl_issuer.iter().any(is_here),
        }
    }
}

/// The names of a point; a relative one has been put below its issuer's when it was read.
fn names(name: &PointName) -> Vec<GeneralName> {
    match name {
        PointName::Full { locations } => locations
            .iter()
            .map(|location| location.name.clone())
            .collect(),
        PointName::RelativeToIssuer { resolved } => {
            vec![GeneralName::DirectoryName(resolved.resolved())]
        }
    }
}

/// Whether two names are the same source: distinguished names as path validation compares them, URIs after
/// normalisation (RFC 5280 section 7.4), all others as they are.
fn same(one: &GeneralName, other: &GeneralName) -> bool {
    match (one, other) {
        (GeneralName::DirectoryName(one), GeneralName::DirectoryName(other)) => one.matches(other),
        (GeneralName::Uri(one), GeneralName::Uri(other)) => same_uri(one, other),
        _ => one == other,
    }
}

/// The same as OpenSSL sees it, which compares URIs octet by octet.
fn same_to_openssl(one: &GeneralName, other: &GeneralName) -> bool {
    match (one, other) {
        (GeneralName::Uri(one), GeneralName::Uri(other)) => one == other,
        _ => same(one, other),
    }
}

/// The most names that are given as needed: a CA may name a thousand points, and that for each certificate below it.
const NEEDED_LIMIT: usize = 16;

/// What to look for: the names that the certificate itself gives, not the one implied, unless there is no other.
fn needed_names(points: &[&DistributionPoint], only_implied: bool) -> Vec<GeneralName> {
    let given = points
        .len()
        .saturating_sub(usize::from(!only_implied && points.len() > 1));
    let given = points.iter().take(given);
    let names = given.flat_map(|point| match &point.name {
        Some(name) => names(name),
        None => point.crl_issuer.clone(),
    });
    let mut seen = HashSet::new();
    let names = names.filter(|name| seen.insert(name.clone()));
    names.take(NEEDED_LIMIT).collect()
}

/// Whose CRLs may answer for the certificate: its issuer's, and those of the CRL issuers that its distribution points name
/// (indirect CRLs, RFC 5280 section 4.2.1.13). That is decided here only; [`scope`] says which of their
/// CRLs do.
pub fn crl_issuers(certificate: &Certificate) -> Vec<Name> {
    let mut issuers = vec![certificate.issuer.clone()];
    let points = certificate.extensions.crl_distribution_points.iter();
    let named = points
        .flat_map(|marked| &marked.value)
        .flat_map(|point| directory_names(&point.crl_issuer));
    let mut named = named.peekable();
    if named.peek().is_none() {
        return issuers;
    }
    let mut seen = HashSet::from([name_key(&certificate.issuer)]);
    issuers.extend(named.filter(|name| seen.insert(name_key(name))).cloned());
    issuers
}

pub(super) fn directory_names(names: &[GeneralName]) -> impl Iterator<Item = &Name> {
    names.iter().filter_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(name),
        _ => None,
    })
}
