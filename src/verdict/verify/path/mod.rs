//! Whether one path is valid: OpenSSL's decision, and after it our own checks of what OpenSSL lets through.
//!
//! A path is valid when both say so. Where OpenSSL refuses, our checks say why in our words; where they find no
//! reason, OpenSSL's own sentence is used.

mod constraint;
mod policy;
mod profile;
mod trust;

pub use constraint::Breach;
pub use profile::ProfileRule;
pub(super) use trust::KnownCas;

use super::{Purpose, Purposes};
use crate::chain::is_self_signed;
use crate::document::extension::{ExtendedKeyUsage, GeneralName, KeyUsage, NameConstraints};
use crate::document::{Certificate, Hash, Kind, Moment};
use crate::verdict::connection::suits_spine;
use crate::verdict::finding::first;
use crate::verdict::object::{
    extension_not_der, is_weak, malformed_extension, repeated_extension, unknown_critical, unsound,
};
use crate::verdict::{Code, KeyIdentifierPart, Problem};

/// What a path is judged by.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    /// The moment.
    pub(super) at: Moment,
    /// What the end entity is to be used for.
    pub(super) purposes: Purposes,
    /// Whether SHA-1 is accepted below the anchor.
    pub(super) sha1: bool,
    /// Whether keys of less than 112 bits of security are accepted.
    pub(super) weak_keys: bool,
    /// Whether the rules for issuers refuse.
    pub(super) strict: bool,
    /// Whether the certificate is to be used on Spine, with the suites that are permitted there.
    pub(super) spine: bool,
    /// What it may cost, in comparisons ([`cost`]).
    pub(super) comparisons: usize,
}

/// What the paths of all certificates of one run may cost together, in comparisons of a name with a constraint, each some 50 ns
/// here and as much again in OpenSSL; shared between them before the first one is judged, as signature checks are. For one
/// certificate it is more than OpenSSL makes ([`Breach::TooMany`]).
pub(super) const COMPARISONS: usize = 1 << 22;

/// What each of very many certificates has of them: enough for a hundred constraints and some dozen names.
const COMPARISONS_LEAST: usize = 1 << 13;

impl Measure {
    /// The same measure for one certificate among several.
    pub(super) fn among(self, certificates: usize) -> Measure {
        let each = COMPARISONS / certificates.max(1);
        Measure {
            comparisons: each.max(COMPARISONS_LEAST),
            ..self
        }
    }

    /// The same measure for the next path of the certificate. One that was too costly was not gone through.
    pub(super) fn after(self, path: &[&Certificate]) -> Measure {
        let spent = cost(path, self.comparisons).unwrap_or(0);
        Measure {
            comparisons: self.comparisons.saturating_sub(spent),
            ..self
        }
    }
}

/// What is wrong with a path: for each, the number of the certificate in it.
#[derive(Default)]
pub(super) struct Judgement {
    /// What makes it invalid, in the order in which it matters to a reader. Empty: the path is valid.
    pub(super) refusals: Vec<(usize, Problem)>,
    /// What else there is to say.
    pub(super) remarks: Vec<(usize, Problem)>,
}

impl Judgement {
    /// Whether the path was too costly to be judged in full.
    pub(super) fn is_unresolved(&self) -> bool {
        let mut refusals = self.refusals.iter();
        refusals.any(|(_, problem)| matches!(problem, Problem::ChainUnresolved))
    }

    /// Whether a reason holds whatever the path is: where there may be a better path, which was not looked for, only such
    /// reasons refuse.
    fn is_of_any_path(number: usize, problem: &Problem) -> bool {
        number == 0
            && !matches!(
                problem,
                Problem::NameConstraint { .. }
                    | Problem::PolicyRefused { .. }
                    | Problem::AuthorityKeyMismatch { .. }
                    | Problem::WrongEnvironment { .. }
                    | Problem::PathRefused { .. }
                    | Problem::WeakKey { .. }
            )
    }

    /// Keeps the reasons that hold whatever the path is, and leaves the question open for the others.
    pub(super) fn leave_open(&mut self) {
        let (own, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.refusals)
            .into_iter()
            .partition(|(number, problem)| Judgement::is_of_any_path(*number, problem));
        self.refusals = own;
        if !others.is_empty() {
            self.refusals.push((0, Problem::ChainUnresolved));
            self.remarks.extend(others);
        }
    }
}

/// Judges a path, the end entity first and the anchor last; of one member when the certificate is itself trusted.
pub(super) fn judge(path: &[&Certificate], measure: &Measure, known: &KnownCas) -> Judgement {
    let mut judgement = Judgement::default();
    let below_anchor = match path {
        [] | [_] => path,
        [below @ .., _] => below,
    };
    let refuse = &mut judgement.refusals;
    for (number, certificate) in path.iter().enumerate() {
        refuse.extend(dates(certificate, number, measure.at).map(|problem| (number, problem)));
    }
    if cost(path, measure.comparisons).is_none() {
        let too_many = constrained(path).filter_map(|one| Some((one.number, one.too_many()?)));
        refuse.extend(too_many);
        refuse.push((0, Problem::ChainUnresolved));
        return judgement;
    }
    for (number, certificate) in path.iter().enumerate() {
        refuse.extend(contents(certificate).map(|problem| (number, problem)));
        if number > 0 {
            let anchor = number + 1 == path.len();
            refuse.extend(issuing(path, number, anchor).map(|problem| (number, problem)));
        }
    }
    for purpose in measure.purposes.iter() {
        suits(path, purpose, &mut judgement);
    }
    let refuse = &mut judgement.refusals;
    refuse.extend(constrained(path).filter_map(|one| Some((one.number, one.problem()?))));
    if let Some(number) = policy::failure(below_anchor).filter(|_| path.len() > 1) {
        let issuer = path.last().map(|anchor| anchor.subject.short());
        let issuer = issuer.unwrap_or_default();
        refuse.push((number, Problem::PolicyRefused { issuer }));
    }
    key_identifiers(path, refuse);
    signatures(path, measure.sha1, &mut judgement);
    keys(path, measure.weak_keys, &mut judgement);
    if measure.spine {
        judgement
            .refusals
            .extend(suites(path).map(|problem| (0, problem)));
    }
    if judgement.refusals.is_empty() {
        let last = path.len().saturating_sub(1);
        judgement.refusals.extend(match trust::ask(path, known) {
            trust::Word::Valid => None,
            trust::Word::Refused { reason, number } => {
                Some((number.min(last), Problem::PathRefused { reason }))
            }
            trust::Word::Failed { reason } => Some((0, Problem::OpensslFailed { reason })),
        });
    }
    profile_rules(path, measure.strict, known, &mut judgement);
    judgement
}

/// RFC 5280 section 6.1.3 (a)(2); both ends of the validity are inclusive (section 4.1.2.5). The anchor's dates count
/// too, as in every TLS stack, although section 6 leaves that open.
fn dates(certificate: &Certificate, number: usize, at: Moment) -> Option<Problem> {
    let Certificate {
        not_before,
        not_after,
        ..
    } = *certificate;
    let issuer = || certificate.subject.short();
    match (at > not_after, at < not_before, number) {
        (true, _, 0) => Some(Problem::Expired {
            not_after,
            days: at.days_since(not_after),
            ca: certificate.is_ca(),
        }),
        (true, ..) => Some(Problem::IssuerExpired {
            issuer: issuer(),
            not_after,
        }),
        (_, true, 0) => Some(Problem::NotYetValid {
            not_before,
            days: not_before.days_since(at),
        }),
        (_, true, _) => Some(Problem::IssuerNotYetValid {
            issuer: issuer(),
            not_before,
        }),
        _ => None,
    }
}

/// What makes any certificate unusable: unknown critical extensions (sections 6.1.4 (o) and 6.1.5 (f)), ones that do
/// not read (they cannot be processed, so they count like unknown ones; not looking at whether they are critical is
/// what OpenSSL does), ones that occur twice (section 4.2), and two signature algorithms (section 4.1.1.2).
fn contents(certificate: &Certificate) -> impl Iterator<Item = Problem> {
    let extensions = &certificate.extensions;
    let problems = [
        unknown_critical(extensions),
        malformed_extension(extensions),
        repeated_extension(extensions),
        certificate
            .signature_mismatch
            .then_some(Problem::SignatureMismatch),
        unknown_version(certificate),
    ];
    // OpenSSL compares no time in another form than the two that section 4.1.2.5 allows: nginx answers with 400, Apache
    // and HAProxy close the connection.
    let times = certificate.odd_times.iter();
    let times = times.map(|time| Problem::OddTime { time: time.clone() });
    problems.into_iter().flatten().chain(times)
}

/// Section 4.1.2.1: there are versions 1 to 3. What a later one means is not defined; Java cannot read it.
pub(in crate::verdict) fn unknown_version(certificate: &Certificate) -> Option<Problem> {
    let version = certificate.version;
    (!(1..=3).contains(&version)).then_some(Problem::UnknownVersion { version })
}

/// Section 6.1.4 (k) to (n): a CA says that it is one, may sign certificates, and has no more CAs below it than it
/// allows, those that changed only their key not counted.
fn issuing(path: &[&Certificate], number: usize, anchor: bool) -> impl Iterator<Item = Problem> {
    let mut problems = Vec::new();
    if let Some(certificate) = path.get(number) {
        let issuer = || certificate.subject.short();
        let is_ca = match certificate.basic_constraints() {
            // An anchor is a name and a key; a certificate of version 1 or 2 below it has no way to be a CA's.
            _ if certificate.version < 3 && !anchor => false,
            Some(constraints) => constraints.ca,
            None => anchor,
        };
        if !is_ca {
            problems.push(Problem::IssuerNotCa {
                issuer: certificate.subject.clone(),
            });
        }
        if profile::may_sign_certificates(certificate) == Some(false) {
            problems.push(Problem::IssuerMayNotSign { issuer: issuer() });
        }
        let between = path.iter().take(number).skip(1);
        let found = between.filter(|ca| !ca.is_self_issued()).count();
        let allowed = certificate
            .basic_constraints()
            .and_then(|constraints| constraints.path_length)
            .filter(|allowed| usize::try_from(*allowed).is_ok_and(|allowed| found > allowed));
        problems.extend(allowed.map(|allowed| Problem::PathLength {
            issuer: issuer(),
            allowed,
            found,
        }));
    }
    problems.into_iter()
}

/// Whether a CA is deeper below another than that one allows, which makes nothing that it signs valid; as the end of
/// its own path it would not be counted (RFC 5280 section 6.1.4 (l) and (m)), but here it speaks as a CA.
pub(super) fn too_long(path: &[&Certificate]) -> Option<Code> {
    let ca = path.first().filter(|one| one.is_ca())?;
    let as_issuer: Vec<&Certificate> = std::iter::once(*ca).chain(path.iter().copied()).collect();
    let mut above = (2..as_issuer.len()).flat_map(|number| issuing(&as_issuer, number, true));
    let is_length = |problem: &Problem| matches!(problem, Problem::PathLength { .. });
    above.find(is_length).map(|problem| problem.code())
}

/// What keeps a certificate from issuing others, by itself; `anchor` when it is trusted.
pub(super) fn may_issue(certificate: &Certificate, anchor: bool) -> Option<Code> {
    // The first member of a path is the end entity, which is not checked here.
    let problem = issuing(&[certificate, certificate], 1, anchor).next();
    problem.map(|problem| problem.code())
}

/// Key usage and extended key usage of the end entity, each of which has to allow the purpose (sections 4.2.1.3 and
/// 4.2.1.12). That a CA's own purposes limit what it issues is no rule of RFC 5280, but what OpenSSL, Windows, NSS and
/// rustls do; OpenSSL's and with it nginx's, Apache's and HAProxy's word includes those of the anchor. The Netscape
/// certificate type, from before extended key usages, still counts for OpenSSL, critical or not, in the end entity.
///
/// Both ends of a Spine connection sign the handshake: the NHS permits suites with ECDHE and DHE only, in which the server
/// signs its half of the key exchange (RFC 5246 section 7.4.3, RFC 8446 section 4.4.3) and the client the CertificateVerify.
/// So the key has to be one that can sign, and a key usage has to have digitalSignature. keyEncipherment alone serves key transport, which no permitted suite has.
fn suits(path: &[&Certificate], purpose: Purpose, judgement: &mut Judgement) {
    let refuse = &mut judgement.refusals;
    let wanted = match purpose {
        Purpose::Server => ExtendedKeyUsage::ServerAuth,
        Purpose::Client => ExtendedKeyUsage::ClientAuth,
        Purpose::Any => return,
    };
    let usage = path
        .first()
        .and_then(|one| one.extensions.key_usage.as_ref());
    if let Some(usage) = usage.filter(|usage| !usage.value.contains(&KeyUsage::DigitalSignature)) {
        let problem = Problem::KeyUsageRefused {
            purpose: wanted.clone(),
            allowed: usage.value.clone(),
        };
        refuse.push((0, problem));
    }
    if let Some(certificate) = path.first().filter(|one| !one.key.can_sign()) {
        let problem = Problem::KeyCannotSign {
            purpose: wanted.clone(),
            algorithm: certificate.key.algorithm.clone(),
        };
        refuse.push((0, problem));
    }
    let netscape = path.first();
    let netscape = netscape.and_then(|one| one.extensions.netscape_type_allows(&wanted));
    if netscape == Some(false) {
        let problem = Problem::NetscapeTypeRefused {
            purpose: wanted.clone(),
        };
        refuse.push((0, problem));
    }
    for (number, certificate) in path.iter().enumerate() {
        let Some(marked) = &certificate.extensions.extended_key_usage else {
            continue;
        };
        let allowed = &marked.value;
        if allowed.contains(&wanted) {
            continue;
        }
        // "If the certificate has anyExtendedKeyUsage, applications MAY reject it": Java accepts it, OpenSSL refuses.
        if allowed.contains(&ExtendedKeyUsage::Any) {
            let problem = Problem::AnyPurpose {
                purpose: wanted.clone(),
                ca: number > 0,
            };
            judgement.remarks.push((number, problem));
        } else {
            let (allowed, more) = first(allowed.iter());
            let allowed = allowed
                .into_iter()
                .map(ExtendedKeyUsage::shortened)
                .collect();
            let problem = Problem::PurposeRefused {
                purpose: wanted.clone(),
                allowed,
                more,
                ca: number > 0,
            };
            refuse.push((number, problem));
        }
    }
}

/// What there is to go through for one certificate below these CAs, in comparisons: its names with the name constraints, the
/// policies, and for whatever else a CA's certificate has, its length. `None` where it is more than `limit`.
fn cost(path: &[&Certificate], limit: usize) -> Option<usize> {
    /// A policy is looked for among others, and kept.
    const POLICY: usize = 2;
    let mut left = limit;
    for ca in path.iter().skip(1) {
        left = left.checked_sub(ca.der().len() / constraint::OCTETS)?;
    }
    left = left.checked_sub(POLICY * policy::entries(path))?;
    for one in constrained(path) {
        left = left.checked_sub(one.cost(left)?)?;
    }
    Some(limit - left)
}

/// A CA's name constraints, and a certificate that they hold for.
struct Constrained<'c> {
    ca: &'c Certificate,
    constraints: &'c NameConstraints,
    /// The number of the certificate in the path.
    number: usize,
    certificate: &'c Certificate,
}

/// Section 6.1.3 (b) and (c): each CA's constraints hold for all that is below it, self-issued CAs left out.
fn constrained<'c>(path: &'c [&'c Certificate]) -> impl Iterator<Item = Constrained<'c>> {
    let cas = path.iter().enumerate().skip(1);
    cas.flat_map(move |(above, ca)| {
        let constraints = ca.extensions.name_constraints.iter();
        constraints.flat_map(move |marked| {
            let below = path.iter().enumerate().take(above);
            let held = below.filter(|(number, one)| *number == 0 || !one.is_self_issued());
            held.map(move |(number, certificate)| Constrained {
                ca,
                constraints: &marked.value,
                number,
                certificate,
            })
        })
    })
}

impl Constrained<'_> {
    fn cost(&self, limit: usize) -> Option<usize> {
        constraint::cost(self.constraints, self.ca, self.certificate, limit)
    }

    fn too_many(&self) -> Option<Problem> {
        constraint::too_many(self.constraints, self.certificate, self.number == 0)
            .map(|name| self.breaks(&name, Breach::TooMany))
    }

    fn problem(&self) -> Option<Problem> {
        constraint::breach(self.constraints, self.certificate, self.number == 0)
            .map(|(name, breach)| self.breaks(&name, breach))
    }

    fn breaks(&self, name: &GeneralName, breach: Breach) -> Problem {
        Problem::NameConstraint {
            issuer: self.ca.subject.short(),
            name: name.clone().shortened().to_string(),
            breach,
        }
    }
}

/// Where a certificate names another key than its issuer's (section 4.2.1.1). RFC 5280 lets a reader pass that over, Java
/// does, and OpenSSL refuses, with every server that is made with it.
fn key_identifiers(path: &[&Certificate], refuse: &mut Vec<(usize, Problem)>) {
    for (number, (one, issuer)) in path.iter().zip(path.iter().skip(1)).enumerate() {
        let Some(marked) = &one.extensions.authority_key_identifier else {
            continue;
        };
        let (identifier, extensions) = (&marked.value, &issuer.extensions);
        let key = extensions.subject_key_identifier.as_ref();
        let key = key.map(|marked| &marked.value);
        let differs = |(wanted, found): (&_, &_)| wanted != found;
        let serial = identifier.serial.as_ref();
        let mut names = identifier.issuer.iter().filter_map(|name| match name {
            GeneralName::DirectoryName(name) => Some(name),
            _ => None,
        });
        let part = if identifier.key.as_ref().zip(key).is_some_and(differs) {
            KeyIdentifierPart::Key
        } else if serial.is_some_and(|serial| *serial != issuer.serial) {
            KeyIdentifierPart::Serial
        } else if names
            .next()
            .is_some_and(|name| !name.matches(&issuer.issuer))
        {
            KeyIdentifierPart::Issuer
        } else {
            continue;
        };
        let issuer = issuer.subject.short();
        refuse.push((number, Problem::AuthorityKeyMismatch { issuer, part }));
    }
}

/// That no suite which is permitted on Spine can be used with the key of the end entity; a CA's key is used with none.
fn suites(path: &[&Certificate]) -> Option<Problem> {
    let certificate = path.first().filter(|one| !one.is_ca())?;
    let algorithm = &certificate.key.algorithm;
    (!suits_spine(algorithm)).then(|| Problem::KeyNotPermitted {
        algorithm: algorithm.clone(),
    })
}

/// The strength of every key of the path, the anchor's included: whoever can forge one can forge all below it.
fn keys(path: &[&Certificate], accepted: bool, judgement: &mut Judgement) {
    for (number, certificate) in path.iter().enumerate() {
        // A DSA key without parameters has those of the next one above that has any.
        let above = path.iter().skip(number);
        let mut own = above.map(|one| &one.key);
        let Some(key) = own.find(|key| !key.inherits_parameters()) else {
            continue;
        };
        let algorithm = certificate.key.algorithm.clone();
        if key.security_bits().is_none() {
            let reason = format!("the {algorithm} key cannot be used");
            judgement
                .refusals
                .push((number, Problem::PathRefused { reason }));
        } else if is_weak(key) {
            match accepted {
                true => judgement
                    .remarks
                    .push((number, Problem::WeakKeyAccepted { algorithm })),
                false => judgement.refusals.push((
                    number,
                    Problem::WeakKey {
                        algorithm,
                        ca: certificate.is_ca(),
                    },
                )),
            }
        }
    }
}

/// Hashes of the signatures that the path relies on: the anchor's own is never one of them (section 6.1).
fn signatures(path: &[&Certificate], sha1: bool, judgement: &mut Judgement) {
    let relied_on = path.len().saturating_sub(1);
    for (number, certificate) in path.iter().enumerate().take(relied_on) {
        match certificate.signature.hash {
            Some(Hash::Sha1) if sha1 => judgement.remarks.push((
                number,
                Problem::Sha1Signature {
                    kind: Kind::Certificate,
                },
            )),
            Some(Hash::Sha1) => judgement.refusals.push((number, Problem::Sha1Refused)),
            _ => {
                let problem = unsound(&certificate.signature, Kind::Certificate);
                judgement
                    .refusals
                    .extend(problem.map(|problem| (number, problem)));
            }
        }
    }
}

fn profile_rules(path: &[&Certificate], strict: bool, known: &KnownCas, judgement: &mut Judgement) {
    let crl = match strict {
        true => &mut judgement.refusals,
        false => &mut judgement.remarks,
    };
    for (number, certificate) in path.iter().enumerate() {
        let issues = number > 0;
        let is_self_signed = |one: &Certificate| match issues {
            true => known.is_self_signed(one),
            false => is_self_signed(one),
        };
        let broken = ProfileRule::ALL
            .into_iter()
            .filter(|rule| rule.is_broken_where(certificate, issues, is_self_signed));
        crl.extend(broken.map(|rule| (number, Problem::Profile { rule })));
        // OpenSSL reads what Go and Python's cryptography refuse, and Java where it is critical.
        let not_der = extension_not_der(&certificate.extensions);
        crl.extend(not_der.map(|problem| (number, problem)));
    }
}
