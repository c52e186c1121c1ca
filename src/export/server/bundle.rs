//! The proof that key, chain, trust and CRLs belong together and suit one server.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{AdmittedHosts, Target};
use crate::chain::{is_self_signed, signed_by};
use crate::document::{
    Certificate, Hash, KeyError, Moment, Name, PrivateKey, PrivateKeyPem, Sha256Digest,
};
use crate::environment::{Authority, AuthorityRole, Environment, Facts};
use crate::export::crls::CrlInput;
use crate::fqdn::Fqdn;
use crate::revocation::SearchableCrl;
use crate::verdict::plan::{Completeness, CrlPlan, Held, PlanQuestion};
use crate::verdict::verify::{
    Decision, Evidence, Given, Profile, Purposes, Question, Revocation, Sha1, StaleCrl, Verdict,
    WeakKeys, judge, matches,
};
use crate::verdict::{Code, Finding, Problem, Severity};

/// A CRL whose signature was verified, with what the cache knows of it.
#[derive(Clone, Copy, Debug)]
pub struct AvailableCrl<'a> {
    /// The CRL.
    pub crl: &'a SearchableCrl<'a>,
    /// What distinguishes it from every other CRL, and stays the same when a newer one replaces it.
    pub id: &'a str,
    /// SHA-256 over the SubjectPublicKeyInfo of the key that its signature was verified with.
    pub signer: Sha256Digest,
}

/// What becomes of a certificate that has expired or is not yet valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expired {
    /// There is no bundle.
    #[default]
    Refuse,
    /// There is one, to look at; each configuration, and a file beside it, say that it is not for use.
    Allow,
}

/// What a bundle is proved from.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// The endpoint's certificate and the CAs below its root, in any order.
    pub certificates: &'a [Given],
    /// Its private key.
    pub key: &'a PrivateKey,
    /// The environment that it is for.
    pub environment: &'a Environment,
    /// What is known of environments and CAs, the user's own trust entries included.
    pub facts: &'a Facts,
    /// The CRLs available.
    pub crls: &'a [AvailableCrl<'a>],
    /// The issuers of CRLs that cannot be read; `None` where not even the issuer is known.
    pub unreadable: &'a [Option<Name>],
    /// CRLs that came with the certificate, by which it is judged as well.
    pub own_crls: &'a [SearchableCrl<'a>],
    /// Certificates of clients that will call, so that the CRLs of their partitions are planned for.
    pub clients: &'a [Arc<Certificate>],
    /// Names that are admitted besides the environment's Spine Secure Proxy.
    pub admit: &'a [Fqdn],
    /// Generations that are not to be trusted any more, by name.
    pub leave_out: &'a [String],
    /// What the files are for.
    pub target: Target,
    /// Whether an expired certificate is let through.
    pub expired: Expired,
    /// The moment for which everything is judged.
    pub at: Moment,
}

/// Says what for; no key.
impl fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("target", &self.target)
            .field("certificates", &self.certificates)
            .finish_non_exhaustive()
    }
}

/// Key, chain, trust and CRLs that were proved to belong together, for one kind of server.
///
/// Proved: the certificate has the key; it chains by verified signatures to a pinned root of the environment, through CAs in
/// the order in which they are sent; it is good as a TLS server's and client's certificate at the moment asked about, and
/// not revoked as far as the CRLs answer; of every generation of the environment that has not expired the root is trusted,
/// self-signed, and its known sub CAs are signed by it; the CRLs are all that this kind of server needs for these CAs and
/// the clients that were shown; and at least one client name is admitted. Not proved: that clients that were not shown
/// belong to the partitions whose CRLs are there ([`ProofNote::ClientsUnknown`] says so).
#[derive(Debug)]
pub struct Bundle<'a> {
    target: Target,
    host: Fqdn,
    environment: String,
    environment_id: String,
    chain: Vec<Arc<Certificate>>,
    key: &'a PrivateKey,
    roots: Vec<Arc<Certificate>>,
    subs: Vec<Arc<Certificate>>,
    generations: Vec<GenerationTrust>,
    left_out: Vec<LeftOutAuthority>,
    left_out_certificates: Vec<Arc<Certificate>>,
    clients: Vec<Arc<Certificate>>,
    own_root: Arc<Certificate>,
    hosts: Vec<Fqdn>,
    crls: Vec<CrlInput<'a>>,
    admitted: AdmittedHosts,
    sha1: Option<String>,
    expired: Option<String>,
    partitions_unknown: bool,
    notes: Vec<ProofNote>,
    at: Moment,
}

/// A generation that is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct GenerationTrust {
    /// Its name.
    pub generation: String,
    /// The names of its roots.
    pub roots: Vec<String>,
    /// The names of its sub CAs.
    pub sub_cas: Vec<String>,
}

/// A CA of the environment that is not trusted, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeftOutAuthority {
    /// It has expired.
    Expired {
        /// The CA.
        name: String,
        /// Its generation.
        generation: String,
        /// The last second of its validity.
        not_after: Moment,
    },
    /// Its root has expired.
    RootExpired {
        /// The CA.
        name: String,
        /// Its generation.
        generation: String,
    },
    /// It was left out on request.
    Asked {
        /// The CA.
        name: String,
        /// Its generation.
        generation: String,
    },
    /// It is signed with SHA-1, which the environment does not accept.
    Sha1 {
        /// The CA.
        name: String,
        /// Its generation.
        generation: String,
    },
}

/// What is true of a bundle and worth saying.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ProofNote {
    /// What the judgement found besides: warnings and notes.
    Finding(Finding),
    /// The available CRLs do not say whether the endpoint's own certificate is revoked.
    OwnRevocationUnknown,
    /// No client's certificate was given for some CAs: clients whose partition's CRL is missing will be refused.
    ClientsUnknown {
        /// The CAs.
        authorities: Vec<String>,
    },
    /// A client's certificate that was given names none of the hosts that are admitted.
    ClientNotAdmitted {
        /// Whose it is.
        name: String,
    },
    /// The environment's caller is not admitted.
    CallerNotAdmitted {
        /// Its host.
        host: String,
    },
}

impl ProofNote {
    /// The code: that of the finding, where it is one.
    pub fn code(&self) -> Code {
        match self {
            ProofNote::Finding(finding) => finding.problem.code(),
            ProofNote::OwnRevocationUnknown => Code::OwnRevocationUnknown,
            ProofNote::ClientsUnknown { .. } => Code::ClientsUnknown,
            ProofNote::ClientNotAdmitted { .. } => Code::ClientNotAdmitted,
            ProofNote::CallerNotAdmitted { .. } => Code::CallerNotAdmitted,
        }
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self {
            ProofNote::Finding(finding) => finding.problem.severity(),
            note => note.code().severity(),
        }
    }

    /// The facts of the case, by their names in JSON.
    pub fn facts(&self) -> Map<String, Value> {
        let fact = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
        match self {
            ProofNote::Finding(finding) => finding.problem.facts(),
            ProofNote::OwnRevocationUnknown => Map::new(),
            ProofNote::ClientsUnknown { authorities } => {
                fact("authorities", Value::from(authorities.clone()))
            }
            ProofNote::ClientNotAdmitted { name } => fact("name", Value::from(name.as_str())),
            ProofNote::CallerNotAdmitted { host } => fact("host", Value::from(host.as_str())),
        }
    }
}

/// Why there is no bundle.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerRefusal {
    /// No endpoint certificate was given.
    NoEndpoint,
    /// Several were, and the key does not tell which is meant.
    SeveralEndpoints {
        /// Whose they are.
        names: Vec<String>,
    },
    /// The certificate names no host.
    NoHost {
        /// Whose it is.
        name: String,
    },
    /// The certificate is not good; the deciding reason first.
    Certificate {
        /// Why not.
        reasons: Vec<Finding>,
    },
    /// The certificate could not be shown to be good, and no reason is known.
    NotDecided,
    /// No client name is known that may be admitted.
    NobodyAdmitted {
        /// The environment.
        environment: String,
    },
    /// No root of the environment can be trusted.
    NoRoot {
        /// The environment.
        environment: String,
    },
    /// A CA is known by its digest only.
    NotHeld {
        /// The CA.
        name: String,
        /// Its generation.
        generation: String,
    },
    /// A CA that is said to be a root did not sign itself.
    RootNotSelfSigned {
        /// The CA.
        name: String,
    },
    /// A sub CA that no trusted root signed.
    SubNotSigned {
        /// The CA.
        name: String,
        /// Its generation.
        generation: String,
    },
    /// A generation that was to be left out and is not there.
    NoSuchGeneration {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// CRLs are missing, expired, or of other partitions.
    Crls(Box<CrlPlan>),
}

impl<'a> Bundle<'a> {
    /// Proves that everything belongs together.
    ///
    /// # Errors
    /// Every reason why not.
    pub fn prove(parts: &Parts<'a>) -> Result<Bundle<'a>, Vec<ServerRefusal>> {
        let mut refusals = Vec::new();
        let endpoint = endpoint(parts, &mut refusals);
        let trust = Trust::gather(parts, &mut refusals);
        let hosts = parts.environment.ssp.iter();
        let hosts = hosts.filter_map(|host| Fqdn::parse(host).ok());
        let admitted = AdmittedHosts::new(hosts.chain(parts.admit.iter().cloned()));
        if admitted.is_none() && !parts.target.is_client() {
            refusals.push(ServerRefusal::NobodyAdmitted {
                environment: parts.environment.title.clone(),
            });
        }
        let all: Vec<Arc<Certificate>> = trust.roots.iter().chain(&trust.subs).cloned().collect();
        let held: Vec<Held<'_>> = parts
            .crls
            .iter()
            .map(|available| Held::new(available.crl, available.signer))
            .collect();
        let plan = CrlPlan::draw(&PlanQuestion {
            bundle: &all,
            certificates: parts.clients,
            others: &[],
            held: &held,
            unreadable: parts.unreadable,
            server: Some(parts.target.checks_like()),
            facts: parts.facts,
            at: parts.at,
        });
        // Clients that were not given may need partitions that are unknown; the plan says so.
        let completeness = plan.completeness();
        let missing = completeness == Completeness::Incomplete;
        if missing && !trust.roots.is_empty() {
            refusals.push(ServerRefusal::Crls(Box::new(plan.clone())));
        }
        // A client needs none of it; its file would be empty and is never written.
        let admitted =
            admitted.or_else(|| AdmittedHosts::new(endpoint.as_ref().map(|one| one.host.clone())));
        let (Some(endpoint), Some(admitted), true) = (endpoint, admitted, refusals.is_empty())
        else {
            return Err(refusals);
        };
        let crls = plan.crls().into_iter();
        let crls = crls.filter_map(|place| parts.crls.get(place));
        let source = |available: &AvailableCrl<'a>| CrlInput {
            id: available.id,
            issuer: &available.crl.header().issuer,
            der: available.crl.der(),
        };
        let mut notes = endpoint.notes;
        notes.extend(client_notes(parts, &plan, &admitted));
        let sha1 = sha1_reason(&trust.subs, &endpoint.chain, parts.clients);
        Ok(Bundle {
            target: parts.target,
            host: endpoint.host,
            environment_id: parts.environment.id.clone(),
            environment: parts.environment.title.clone(),
            chain: endpoint.chain,
            key: parts.key,
            roots: trust.roots,
            subs: trust.subs,
            generations: trust.generations,
            left_out: trust.left_out,
            left_out_certificates: trust.left_out_certificates,
            clients: parts.clients.to_vec(),
            own_root: endpoint.root,
            hosts: endpoint.hosts,
            crls: crls.map(source).collect(),
            admitted,
            sha1,
            expired: endpoint.expired,
            partitions_unknown: completeness == Completeness::PartitionsUnknown
                && !parts.target.is_client(),
            notes,
            at: parts.at,
        })
    }

    /// What it is for.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The host that the certificate is for.
    pub fn host(&self) -> &Fqdn {
        &self.host
    }

    /// The word that names the environment.
    pub fn environment_id(&self) -> &str {
        &self.environment_id
    }

    /// What people call the environment.
    pub fn environment_title(&self) -> &str {
        &self.environment
    }

    /// The certificate and the CAs below its root, in the order in which a server sends them.
    pub fn chain(&self) -> &[Arc<Certificate>] {
        &self.chain
    }

    /// The roots that are trusted, of every generation.
    pub fn roots(&self) -> &[Arc<Certificate>] {
        &self.roots
    }

    /// The sub CAs below them.
    pub fn subs(&self) -> &[Arc<Certificate>] {
        &self.subs
    }

    /// The generations that are trusted.
    pub fn generations(&self) -> &[GenerationTrust] {
        &self.generations
    }

    /// The CAs of the environment that are not trusted.
    pub fn left_out(&self) -> &[LeftOutAuthority] {
        &self.left_out
    }

    /// The CRLs that the server needs.
    pub fn crls(&self) -> Vec<CrlInput<'a>> {
        self.crls.clone()
    }

    /// The clients that are admitted.
    pub fn admitted(&self) -> &AdmittedHosts {
        &self.admitted
    }

    /// What else there is to say.
    pub fn notes(&self) -> &[ProofNote] {
        &self.notes
    }

    /// Why SHA-1 signatures have to be accepted; `None` where they have not.
    pub fn sha1_reason(&self) -> Option<&str> {
        self.sha1.as_deref()
    }

    /// Why the bundle is not for use; `None` where it is.
    pub fn expired_note(&self) -> Option<&str> {
        self.expired.as_deref()
    }

    /// Whether a CA partitions its CRLs and none of its clients was shown: which of them the server needs is not known, so
    /// that the bundle is not proved to be complete.
    pub fn partitions_unknown(&self) -> bool {
        self.partitions_unknown
    }

    /// The moment for which it was proved.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// Every host that the certificate names, the one that it is for first.
    pub fn hosts(&self) -> &[Fqdn] {
        &self.hosts
    }

    /// The clients' certificates that were shown.
    pub(super) fn clients(&self) -> &[Arc<Certificate>] {
        &self.clients
    }

    /// The CAs that are not trusted although they are valid: left out on request, or signed with SHA-1.
    pub(super) fn left_out_certificates(&self) -> &[Arc<Certificate>] {
        &self.left_out_certificates
    }

    /// The root that the endpoint's own chain ends at, whether it is trusted or left out.
    pub(super) fn own_root(&self) -> &Certificate {
        &self.own_root
    }

    pub(super) fn key(&self) -> &PrivateKey {
        self.key
    }

    pub(super) fn key_pem(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.key.to_pkcs8_pem().map(PrivateKeyPem::into_bytes)
    }

    pub(super) fn full_chain_pem(&self) -> String {
        self.chain
            .iter()
            .map(|certificate| certificate.pem())
            .collect()
    }

    pub(super) fn trust_pem(&self) -> String {
        let all = self.roots.iter().chain(&self.subs);
        all.map(|certificate| certificate.pem()).collect()
    }
}

/// The endpoint's part of the proof.
struct Endpoint {
    host: Fqdn,
    hosts: Vec<Fqdn>,
    root: Arc<Certificate>,
    chain: Vec<Arc<Certificate>>,
    expired: Option<String>,
    notes: Vec<ProofNote>,
}

fn endpoint(parts: &Parts<'_>, refusals: &mut Vec<ServerRefusal>) -> Option<Endpoint> {
    let mut candidates: Vec<&Given> = Vec::new();
    for given in parts.certificates {
        let known = |one: &&Given| one.certificate.sha256 == given.certificate.sha256;
        if !given.certificate.is_ca() && !candidates.iter().any(known) {
            candidates.push(given);
        }
    }
    let key = parts.key.public_key();
    if candidates.len() > 1 {
        let fitting: Vec<&Given> = candidates
            .iter()
            .copied()
            .filter(|given| given.certificate.key == *key)
            .collect();
        if fitting.len() == 1 {
            candidates = fitting;
        }
    }
    let leaf = match candidates.as_slice() {
        [leaf] => *leaf,
        [] => {
            refusals.push(ServerRefusal::NoEndpoint);
            return None;
        }
        several => {
            refusals.push(ServerRefusal::SeveralEndpoints {
                names: several
                    .iter()
                    .map(|given| given.certificate.subject.short())
                    .collect(),
            });
            return None;
        }
    };
    let certificate = leaf.certificate.as_ref();
    let names = certificate.subject.common_name().into_iter();
    let names = names.chain(certificate.dns_names());
    let mut hosts: Vec<Fqdn> = Vec::new();
    for host in names.filter_map(|name| Fqdn::parse(name).ok()) {
        let known = |one: &Fqdn| one.as_str().eq_ignore_ascii_case(host.as_str());
        if !hosts.iter().any(known) {
            hosts.push(host);
        }
    }
    let Some(host) = hosts.first().cloned() else {
        refusals.push(ServerRefusal::NoHost {
            name: certificate.subject.short(),
        });
        return None;
    };
    let verdict = ask(leaf, parts);
    let (late, reasons): (Vec<Finding>, Vec<Finding>) = verdict
        .reasons
        .into_iter()
        .partition(|reason| parts.expired == Expired::Allow && is_about_time(&reason.problem));
    let (open, closed): (Vec<Finding>, Vec<Finding>) = reasons
        .into_iter()
        .partition(|reason| reason.problem.is_open());
    if !closed.is_empty() {
        refusals.push(ServerRefusal::Certificate { reasons: closed });
        return None;
    }
    // Without a reason that is known here, only a verified answer counts.
    let excused = !late.is_empty() || !open.is_empty();
    let decided = verdict.decision == Decision::Verified;
    let root = verdict.path.last().filter(|link| link.anchor);
    let (Some(root), true) = (root, decided || excused) else {
        refusals.push(ServerRefusal::NotDecided);
        return None;
    };
    let root = Arc::clone(&root.certificate);
    let mut notes: Vec<ProofNote> = Vec::new();
    for finding in verdict.findings {
        let is_unsent = matches!(finding.problem, Problem::SubCaNotSent { .. });
        let note = ProofNote::Finding(finding);
        if !is_unsent && !notes.contains(&note) {
            notes.push(note);
        }
    }
    if !open.is_empty() || parts.crls.is_empty() && parts.own_crls.is_empty() {
        notes.push(ProofNote::OwnRevocationUnknown);
    }
    let chain = verdict
        .path
        .iter()
        .filter(|link| !link.anchor)
        .map(|link| Arc::clone(&link.certificate))
        .collect();
    let expired = late.first().map(|_| {
        format!(
            "a certificate of the chain is not valid at {}",
            parts.at.to_minute()
        )
    });
    Some(Endpoint {
        host,
        hosts,
        root,
        chain,
        expired,
        notes,
    })
}

/// One question for both ends: the chain that the files hold is the one that was found good for all of it.
fn ask(leaf: &Given, parts: &Parts<'_>) -> Verdict {
    let available = parts.crls.iter().map(|one| one.crl);
    let crls: Vec<&SearchableCrl<'_>> = available.chain(parts.own_crls).collect();
    let question = Question {
        certificate: leaf,
        sent: &[],
        purposes: Purposes::BOTH_ENDS,
        fqdn: None,
        at: parts.at,
        environment: Some(parts.environment),
        revocation: match crls.as_slice() {
            [] => Revocation::Off,
            _ => Revocation::Chain,
        },
        stale: StaleCrl::Refuse,
        sha1: Sha1::Refused,
        weak_keys: WeakKeys::Refused,
        profile: Profile::Reported,
        key: Some(parts.key.public_key()),
        request: None,
    };
    let evidence = Evidence {
        sent: parts.certificates,
        chain: &[],
        anchors: &[],
        facts: parts.facts,
        crls: &crls,
    };
    judge(&question, &evidence)
}

fn is_about_time(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::Expired { .. } | Problem::IssuerExpired { .. } | Problem::NotYetValid { .. }
    )
}

/// The CAs of the environment that a server is to trust.
#[derive(Default)]
struct Trust {
    roots: Vec<Arc<Certificate>>,
    subs: Vec<Arc<Certificate>>,
    generations: Vec<GenerationTrust>,
    left_out: Vec<LeftOutAuthority>,
    left_out_certificates: Vec<Arc<Certificate>>,
}

impl Trust {
    fn gather(parts: &Parts<'_>, refusals: &mut Vec<ServerRefusal>) -> Trust {
        let mut trust = Trust::default();
        let of_it: Vec<&Authority> = parts
            .facts
            .authorities
            .iter()
            .filter(|authority| authority.serves(parts.environment))
            .collect();
        let mut generations: Vec<&str> = Vec::new();
        for authority in &of_it {
            if !generations.contains(&authority.generation.as_str()) {
                generations.push(&authority.generation);
            }
        }
        let is = |asked: &str, generation: &str| asked.trim().eq_ignore_ascii_case(generation);
        for asked in parts.leave_out {
            if !generations.iter().any(|generation| is(asked, generation)) {
                refusals.push(ServerRefusal::NoSuchGeneration {
                    asked: asked.clone(),
                    known: generations.iter().map(|one| (*one).to_owned()).collect(),
                });
            }
        }
        for generation in generations {
            let members: Vec<&Authority> = of_it
                .iter()
                .copied()
                .filter(|authority| authority.generation == generation)
                .collect();
            let asked = parts.leave_out.iter().any(|asked| is(asked, generation));
            trust.add(generation, &members, asked, parts, refusals);
        }
        if trust.roots.is_empty() {
            refusals.push(ServerRefusal::NoRoot {
                environment: parts.environment.title.clone(),
            });
        }
        trust
    }

    /// Takes one generation in, or says why not.
    fn add(
        &mut self,
        generation: &str,
        members: &[&Authority],
        asked: bool,
        parts: &Parts<'_>,
        refusals: &mut Vec<ServerRefusal>,
    ) {
        let name_of = |authority: &Authority| (authority.name.clone(), generation.to_owned());
        if asked {
            self.left_out.extend(members.iter().map(|authority| {
                let (name, generation) = name_of(authority);
                LeftOutAuthority::Asked { name, generation }
            }));
            let certificates = members.iter().filter_map(|one| one.certificate());
            self.left_out_certificates.extend(certificates.cloned());
            return;
        }
        let mut trusted = GenerationTrust {
            generation: generation.to_owned(),
            roots: Vec::new(),
            sub_cas: Vec::new(),
        };
        let mut roots: Vec<Arc<Certificate>> = Vec::new();
        let mut root_expired = false;
        for authority in members.iter().filter(|one| one.role == AuthorityRole::Root) {
            let (name, generation) = name_of(authority);
            let Some(certificate) = authority.certificate() else {
                refusals.push(ServerRefusal::NotHeld { name, generation });
                continue;
            };
            if !is_self_signed(certificate) {
                refusals.push(ServerRefusal::RootNotSelfSigned { name });
                continue;
            }
            if certificate.not_after < parts.at {
                root_expired = true;
                self.left_out.push(LeftOutAuthority::Expired {
                    name,
                    generation,
                    not_after: certificate.not_after,
                });
                continue;
            }
            trusted.roots.push(name);
            roots.push(Arc::clone(certificate));
        }
        let mut subs: Vec<Arc<Certificate>> = Vec::new();
        for authority in members
            .iter()
            .filter(|one| one.role == AuthorityRole::SubCa)
        {
            let (name, generation) = name_of(authority);
            let Some(certificate) = authority.certificate() else {
                refusals.push(ServerRefusal::NotHeld { name, generation });
                continue;
            };
            if certificate.not_after < parts.at {
                self.left_out.push(LeftOutAuthority::Expired {
                    name,
                    generation,
                    not_after: certificate.not_after,
                });
                continue;
            }
            if roots.is_empty() && root_expired {
                self.left_out
                    .push(LeftOutAuthority::RootExpired { name, generation });
                continue;
            }
            if certificate.signature.hash == Some(Hash::Sha1) && !parts.environment.sha1 {
                self.left_out
                    .push(LeftOutAuthority::Sha1 { name, generation });
                self.left_out_certificates.push(Arc::clone(certificate));
                continue;
            }
            if !roots.iter().any(|root| signed_by(certificate, root)) {
                refusals.push(ServerRefusal::SubNotSigned { name, generation });
                continue;
            }
            trusted.sub_cas.push(name);
            subs.push(Arc::clone(certificate));
        }
        if !roots.is_empty() {
            self.roots.append(&mut roots);
            self.subs.append(&mut subs);
            self.generations.push(trusted);
        }
    }
}

fn sha1_reason(
    subs: &[Arc<Certificate>],
    chain: &[Arc<Certificate>],
    clients: &[Arc<Certificate>],
) -> Option<String> {
    let is_sha1 = |certificate: &&Arc<Certificate>| certificate.signature.hash == Some(Hash::Sha1);
    if let Some(own) = chain.iter().find(is_sha1) {
        return Some(format!(
            "the certificate of {} itself is signed with SHA-1",
            own.subject.short()
        ));
    }
    if let Some(sub) = subs.iter().find(is_sha1) {
        return Some(format!(
            "the oldest generation is trusted, and {} is signed with SHA-1",
            sub.subject.short()
        ));
    }
    let client = clients.iter().find(is_sha1)?;
    Some(format!(
        "the certificate of the client {} is signed with SHA-1",
        client.subject.short()
    ))
}

fn client_notes(parts: &Parts<'_>, plan: &CrlPlan, admitted: &AdmittedHosts) -> Vec<ProofNote> {
    let mut notes = Vec::new();
    if parts.target.is_client() {
        return notes;
    }
    let authorities: Vec<String> = plan
        .authorities
        .iter()
        .filter(|authority| authority.clients_unknown)
        .map(|authority| authority.name.short())
        .collect();
    if !authorities.is_empty() {
        notes.push(ProofNote::ClientsUnknown { authorities });
    }
    for client in parts.clients.iter().filter(|client| !client.is_ca()) {
        let names: Vec<&str> = admitted.names().collect();
        let by_name = |host: &&str| {
            Fqdn::parse(host)
                .is_ok_and(|host| matches(client, &host) != crate::verdict::verify::HostMatch::None)
        };
        if !names.iter().any(by_name) {
            notes.push(ProofNote::ClientNotAdmitted {
                name: client.subject.short(),
            });
        }
    }
    if let Some(caller) = &parts.environment.caller
        && !admitted
            .names()
            .any(|name| name.eq_ignore_ascii_case(caller))
    {
        notes.push(ProofNote::CallerNotAdmitted {
            host: caller.clone(),
        });
    }
    notes
}
