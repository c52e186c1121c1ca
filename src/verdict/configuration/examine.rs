//! What is wrong with a site, by the files that it names.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::{
    ClientAdmission, ClientCheck, ConfigurationProblem, CrlCheck, Line, NamedFile, Site, SiteFault,
    Unexamined, UnexaminedKind, lacking,
};
use crate::chain::{is_self_signed, name_key, signed_by};
use crate::document::{Certificate, Crl, Hash, Moment, PublicKey, Sha256Digest};
use crate::environment::{AuthorityPurpose, AuthorityRole, Environment, Facts};
use crate::verdict::finding::first;
use crate::verdict::plan::{CrlPlan, Held, PlanQuestion, RequiredState, Server};

/// What a file holds that a configuration names.
#[derive(Clone, Debug, Default)]
pub struct FileContents {
    /// Its certificates, in order.
    pub certificates: Vec<Arc<Certificate>>,
    /// The public halves of its private keys.
    pub keys: Vec<PublicKey>,
    /// Its CRLs, each with the key that was found to have signed it.
    pub crls: Vec<(Crl, Option<Sha256Digest>)>,
    /// Whether more than its owner and one group may read it.
    pub open_to_others: bool,
    /// When it was last changed.
    pub changed: Option<Moment>,
}

/// The result of opening a file.
#[derive(Clone, Debug)]
pub enum OpenedFile {
    /// It reads.
    Read(Arc<FileContents>),
    /// It does not, and why.
    Unreadable(String),
    /// It was not looked at, and why: what it holds counts neither for nor against the site.
    NotLookedAt(UnexaminedKind),
}

/// Finds what a file holds.
pub type ConfiguredFiles<'f> = dyn Fn(&NamedFile) -> OpenedFile + 'f;

/// What a site is judged by.
pub struct ConfigurationEvidence<'e> {
    /// The files.
    pub files: &'e ConfiguredFiles<'e>,
    /// What is known of environments and CAs.
    pub facts: &'e Facts,
    /// The environment; `None` to take it from the CAs that are trusted.
    pub environment: Option<&'e Environment>,
    /// When the server's process, or its newest child, started.
    pub started: Option<Moment>,
    /// The moment for which everything is judged.
    pub at: Moment,
    /// What was found out for other sites with the same files, by the same facts and for the same moment.
    pub plans: &'e Plans,
}

/// The plans of the CRLs for sites, by what they are drawn from: many servers of a configuration share their files.
#[derive(Default)]
pub struct Plans(RefCell<HashMap<PlanKey, Plan>>);

/// The kind of server, and the contents of the files of its CAs and of its CRLs, by where they are kept.
type PlanKey = (Server, Vec<usize>, Vec<usize>);

struct Plan {
    plan: Arc<CrlPlan>,
    /// As long as they are kept, nothing else is kept there.
    _files: Vec<Arc<FileContents>>,
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plans").finish_non_exhaustive()
    }
}

impl Plans {
    /// The plan for these files, drawn once.
    fn of(
        &self,
        server: Server,
        trust: &[(NamedFile, Arc<FileContents>)],
        crls: &[(NamedFile, Arc<FileContents>)],
        draw: impl FnOnce() -> CrlPlan,
    ) -> Arc<CrlPlan> {
        let places = |files: &[(NamedFile, Arc<FileContents>)]| -> Vec<usize> {
            files
                .iter()
                .map(|(_, contents)| Arc::as_ptr(contents).addr())
                .collect()
        };
        let mut plans = self.0.borrow_mut();
        let plan = plans
            .entry((server, places(trust), places(crls)))
            .or_insert_with(|| Plan {
                plan: Arc::new(draw()),
                _files: trust
                    .iter()
                    .chain(crls)
                    .map(|(_, contents)| Arc::clone(contents))
                    .collect(),
            });
        Arc::clone(&plan.plan)
    }
}

impl fmt::Debug for ConfigurationEvidence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigurationEvidence")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Judges a site. Whether the server would start is not asked: its own test says that.
pub fn examine(site: &Site, evidence: &ConfigurationEvidence<'_>) -> Vec<SiteFault> {
    let mut faults = Faults {
        site,
        found: Vec::new(),
    };
    let open =
        |named: &[NamedFile], faults: &mut Faults<'_>| -> Vec<(NamedFile, Arc<FileContents>)> {
            let mut read = Vec::new();
            for one in named {
                match (evidence.files)(one) {
                    OpenedFile::Read(contents) => read.push((one.clone(), contents)),
                    OpenedFile::Unreadable(reason) => faults.add(
                        &one.line,
                        ConfigurationProblem::FileUnreadable {
                            path: one.path.clone(),
                            reason,
                        },
                    ),
                    OpenedFile::NotLookedAt(kind) => faults.leave(&Unexamined {
                        kind,
                        text: one.path.clone(),
                        line: one.line.clone(),
                    }),
                }
            }
            read
        };
    let chains = open(&site.chains, &mut faults);
    let keys = open(&site.keys, &mut faults);
    let trust = open(&site.trust, &mut faults);
    let crls = open(&site.crls, &mut faults);
    for part in &site.unexamined {
        faults.leave(part);
    }
    let unseen =
        |read: &[(NamedFile, Arc<FileContents>)], named: &[NamedFile]| read.len() < named.len();
    identity(
        &chains,
        &keys,
        unseen(&chains, &site.chains),
        unseen(&keys, &site.keys),
        evidence,
        &mut faults,
    );
    clients(site, evidence, &mut faults);
    transport(site, &mut faults);
    trusted(
        site,
        &trust,
        &crls,
        unseen(&trust, &site.trust) || unseen(&crls, &site.crls),
        evidence,
        &mut faults,
    );
    for (named, contents) in &crls {
        if let (Some(changed), Some(started)) = (contents.changed, evidence.started)
            && changed > started
        {
            faults.add(
                &named.line,
                ConfigurationProblem::CrlNotLoaded {
                    path: named.path.clone(),
                    changed,
                    started,
                },
            );
        }
    }
    faults.found
}

struct Faults<'s> {
    site: &'s Site,
    found: Vec<SiteFault>,
}

impl Faults<'_> {
    fn add(&mut self, line: &Line, problem: ConfigurationProblem) {
        // A file that is named twice is one file.
        let path = |problem: &ConfigurationProblem| match problem {
            ConfigurationProblem::FileUnreadable { path, .. } => Some(path.clone()),
            _ => None,
        };
        let twice = path(&problem).is_some_and(|own| {
            let mut known = self.found.iter();
            known.any(|known| known.line == *line && path(&known.problem) == Some(own.clone()))
        });
        if !twice {
            self.found.push(SiteFault {
                site: self.site.name.clone(),
                line: line.clone(),
                problem,
            });
        }
    }

    fn leave(&mut self, part: &Unexamined) {
        let again = self.found.iter().any(|known| {
            known.line == part.line
                && matches!(&known.problem, ConfigurationProblem::NotExamined { text, .. } if *text == part.text)
        });
        if !again {
            self.add(
                &part.line,
                ConfigurationProblem::NotExamined {
                    part: part.kind,
                    text: part.text.clone(),
                },
            );
        }
    }

    fn here(&mut self, problem: ConfigurationProblem) {
        let line = self.site.line.clone();
        self.add(&line, problem);
    }
}

/// The server's own certificate, chain and key.
fn identity(
    chains: &[(NamedFile, Arc<FileContents>)],
    keys: &[(NamedFile, Arc<FileContents>)],
    unseen_chain: bool,
    unseen_key: bool,
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) {
    let all: Vec<&Arc<Certificate>> = chains
        .iter()
        .flat_map(|(_, contents)| &contents.certificates)
        .collect();
    for (named, contents) in chains {
        let Some(leaf) = contents.certificates.iter().find(|one| !one.is_ca()) else {
            continue;
        };
        for late in contents
            .certificates
            .iter()
            .filter(|one| one.not_after < evidence.at)
        {
            faults.add(
                &named.line,
                ConfigurationProblem::CertificateExpired {
                    name: late.subject.short(),
                    not_after: late.not_after,
                },
            );
        }
        let sent = all.iter().any(|one| one.is_ca() && signed_by(leaf, one));
        // A certificate right below a root needs no sub CA.
        let below_root = evidence.facts.certificates().any(|known| {
            known.subject.matches(&leaf.issuer) && is_self_signed(known) && signed_by(leaf, known)
        });
        if !sent && !unseen_chain && !is_self_signed(leaf) && !below_root {
            faults.add(
                &named.line,
                ConfigurationProblem::SubCaUnsent {
                    issuer: leaf.issuer.short(),
                },
            );
        }
        let fitting = keys.iter().flat_map(|(_, contents)| &contents.keys);
        let mut fitting = fitting.peekable();
        if fitting.peek().is_some() && !fitting.any(|key| *key == leaf.key) && !unseen_key {
            faults.add(
                &named.line,
                ConfigurationProblem::KeyMismatch {
                    certificate: leaf.subject.short(),
                    key: keys
                        .first()
                        .map(|(named, _)| named.path.clone())
                        .unwrap_or_default(),
                },
            );
        }
    }
    for (named, contents) in keys {
        if contents.open_to_others && !contents.keys.is_empty() {
            faults.add(
                &named.line,
                ConfigurationProblem::KeyReadable {
                    path: named.path.clone(),
                },
            );
        }
    }
}

/// Which clients are admitted.
fn clients(site: &Site, evidence: &ConfigurationEvidence<'_>, faults: &mut Faults<'_>) {
    match site.clients {
        ClientCheck::Required | ClientCheck::Unclear => {}
        ClientCheck::Unverified => faults.here(ConfigurationProblem::ClientsUnverified),
        ClientCheck::Optional | ClientCheck::Off => {
            faults.here(ConfigurationProblem::ClientsOptional {
                off: site.clients == ClientCheck::Off,
            });
        }
    }
    if site.clients == ClientCheck::Off {
        return;
    }
    let hosts: Vec<String> = evidence
        .environment
        .map(|environment| environment.ssp.clone())
        .unwrap_or_default();
    match &site.admission {
        ClientAdmission::Everyone => faults.here(ConfigurationProblem::AnyClient { hosts }),
        ClientAdmission::Unclear => {}
        ClientAdmission::Restricted { names } => {
            let is_one = |host: &String| names.iter().any(|name| name.eq_ignore_ascii_case(host));
            if !hosts.is_empty() && !hosts.iter().any(is_one) {
                faults.here(ConfigurationProblem::OtherNames {
                    hosts,
                    admitted: names.clone(),
                });
            }
        }
    }
}

/// Versions and suites.
fn transport(site: &Site, faults: &mut Faults<'_>) {
    const GOOD: [&str; 2] = ["TLSv1.2", "TLSv1.3"];
    let old: Vec<String> = site
        .versions
        .iter()
        .flatten()
        .filter(|version| !GOOD.iter().any(|good| good.eq_ignore_ascii_case(version)))
        .cloned()
        .collect();
    if !old.is_empty() {
        faults.here(ConfigurationProblem::Version { versions: old });
    }
    // HAProxy begins at TLS 1.2 by itself, and its versions are always known.
    if site.versions.is_none() {
        faults.here(ConfigurationProblem::VersionUnset {
            server: site.server,
        });
    }
    let mut other: Vec<String> = match &site.suites {
        None => vec!["the server's default list".to_owned()],
        Some(suites) => suites
            .iter()
            .filter(|suite| !is_permitted(suite))
            .cloned()
            .collect(),
    };
    other.extend(
        site.tls13
            .iter()
            .flatten()
            .filter(|suite| !is_permitted(suite))
            .filter(|suite| !site.suites.iter().flatten().any(|known| known == *suite))
            .cloned(),
    );
    let has_thirteen = site.versions.as_ref().is_none_or(|versions| {
        versions
            .iter()
            .any(|version| version.eq_ignore_ascii_case("TLSv1.3"))
    });
    // OpenSSL's list and Java's have ChaCha20.
    if has_thirteen && site.tls13.is_none() {
        other.push("the server's default list for TLS 1.3, with ChaCha20".to_owned());
    }
    if !other.is_empty() {
        faults.here(ConfigurationProblem::Suite { suites: other });
    }
}

/// The suites that the Spine permits, by OpenSSL's and the registry's names, and those of TLS 1.3 with AES-GCM.
const PERMITTED: [&str; 18] = [
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "DHE-RSA-AES256-SHA256",
    "DHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
];

/// Keywords of OpenSSL that denote suites of the Spine's list only, as the NHS's older wording has them.
const KEYWORDS: [&str; 4] = ["AESGCM+EECDH", "AESGCM+EDH", "AES256+EECDH", "AES256+EDH"];

fn is_permitted(suite: &str) -> bool {
    let same = |known: &&&str| known.eq_ignore_ascii_case(suite);
    PERMITTED.iter().find(same).is_some() || KEYWORDS.iter().find(same).is_some()
}

/// An OpenSSL list of suites as single names, and its security level. Removals and ordering are left out.
pub(super) fn openssl_list(list: &str) -> (Vec<String>, Option<u8>) {
    let mut suites = Vec::new();
    let mut level = None;
    for word in list.split([':', ',', ' ']).filter(|word| !word.is_empty()) {
        let (word, at) = match word.split_once('@') {
            Some((word, at)) => (word, Some(at)),
            None => (word, None),
        };
        if let Some(number) = at.and_then(|at| at.strip_prefix("SECLEVEL=")) {
            level = number.parse().ok();
        }
        if !word.is_empty() && !word.starts_with(['!', '-', '+']) {
            suites.push(word.to_owned());
        }
    }
    (suites, level)
}

/// The CAs, and the CRLs of them.
fn trusted(
    site: &Site,
    trust: &[(NamedFile, Arc<FileContents>)],
    crls: &[(NamedFile, Arc<FileContents>)],
    unseen: bool,
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) {
    // Without clients there is nothing to check, and that was said.
    let has_crls = !site.crls.is_empty();
    if has_crls && (site.crl_check == CrlCheck::Off || site.clients == ClientCheck::Off) {
        let line = site
            .crls
            .first()
            .map_or(&site.line, |named| &named.line)
            .clone();
        faults.add(
            &line,
            ConfigurationProblem::CrlUnchecked {
                server: site.server,
            },
        );
    }
    if site.clients == ClientCheck::Off {
        return;
    }
    if let Some((setting, line)) = &site.ignored_errors {
        faults.add(
            line,
            ConfigurationProblem::ErrorsIgnored {
                setting: setting.clone(),
            },
        );
    }
    if has_crls && site.crl_check == CrlCheck::Leaf {
        faults.here(ConfigurationProblem::CrlLeafOnly);
    }
    if !has_crls {
        faults.here(ConfigurationProblem::CrlAbsent {
            server: site.server,
        });
    }
    let bundle: Vec<Arc<Certificate>> = trust
        .iter()
        .flat_map(|(_, contents)| contents.certificates.iter().cloned())
        .collect();
    if bundle.is_empty() {
        // What could not be read was said.
        if !unseen {
            let line = site.trust.first().map_or(&site.line, |named| &named.line);
            faults.add(
                &line.clone(),
                ConfigurationProblem::TrustAbsent {
                    server: site.server,
                },
            );
        }
        return;
    }
    let environment = evidence.environment;
    generations(site, &bundle, environment, evidence, faults);
    others(trust, environment, evidence, faults);
    depth(site, &bundle, faults);
    if let Some(sub) = bundle.iter().find(|one| {
        one.signature.hash == Some(Hash::Sha1)
            && !is_self_signed(one)
            && one.not_after >= evidence.at
    }) && site.server != Server::Java
        && site.level != Some(0)
    {
        faults.here(ConfigurationProblem::SecurityLevel {
            name: sub.subject.short(),
        });
    }
    if !has_crls || unseen {
        return;
    }
    let plan = evidence.plans.of(site.server, trust, crls, || {
        let held: Vec<Held<'_>> = crls
            .iter()
            .flat_map(|(_, contents)| &contents.crls)
            .filter_map(|(header, signer)| Some(Held::of_header(header, (*signer)?)))
            .collect();
        let current: Vec<Arc<Certificate>> = bundle
            .into_iter()
            .filter(|one| one.not_after >= evidence.at)
            .collect();
        CrlPlan::draw(&PlanQuestion {
            bundle: &current,
            certificates: &[],
            others: &[],
            held: &held,
            unreadable: &[],
            server: Some(site.server),
            facts: evidence.facts,
            at: evidence.at,
        })
    });
    let mut late: Vec<(String, Moment)> = Vec::new();
    let mut lacks = !plan.unrelated.is_empty();
    for (authority, required) in plan.required() {
        match &required.state {
            RequiredState::Stale { since } => {
                let name = authority.name.short();
                if !late.iter().any(|(known, _)| *known == name) {
                    late.push((name, *since));
                }
            }
            state if state.is_good() => {}
            _ => lacks = true,
        }
    }
    let line = site
        .crls
        .first()
        .map_or(&site.line, |named| &named.line)
        .clone();
    for (issuer, since) in late {
        faults.add(&line, ConfigurationProblem::CrlStale { issuer, since });
    }
    let names = match lacks && site.crl_may_lack {
        true => lacking(&plan),
        false => Vec::new(),
    };
    if site.crl_may_lack {
        faults.add(
            &line,
            ConfigurationProblem::CrlMissingAccepted { issuers: names },
        );
    } else if lacks {
        faults.add(&line, ConfigurationProblem::CrlIncomplete { lacking: plan });
    }
}

/// Whether every current generation of the environment is trusted.
fn generations(
    site: &Site,
    bundle: &[Arc<Certificate>],
    environment: Option<&Environment>,
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) {
    let facts = evidence.facts;
    let hierarchies: Vec<&str> = match environment {
        Some(environment) => vec![&environment.hierarchy],
        None => {
            let known = bundle.iter().filter_map(|one| facts.recognise(&one.sha256));
            let mut all: Vec<&str> = known.map(|known| known.hierarchy.as_str()).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
    };
    let mut missing: Vec<(String, Vec<String>)> = Vec::new();
    for authority in facts.authorities.iter().filter(|authority| {
        hierarchies.contains(&authority.hierarchy.as_str())
            && authority.role == AuthorityRole::Root
            && authority.purpose == AuthorityPurpose::Endpoint
            && authority
                .certificate()
                .is_some_and(|certificate| certificate.not_after >= evidence.at)
    }) {
        if bundle.iter().any(|one| one.sha256 == authority.sha256) {
            continue;
        }
        // A generation that the environment no longer accepts is not missing.
        let sha1 = facts.authorities.iter().any(|sub| {
            sub.generation == authority.generation
                && sub.hierarchy == authority.hierarchy
                && sub.role == AuthorityRole::SubCa
                && sub
                    .certificate()
                    .is_some_and(|certificate| certificate.signature.hash == Some(Hash::Sha1))
        });
        if sha1 {
            continue;
        }
        match missing
            .iter_mut()
            .find(|(known, _)| *known == authority.generation)
        {
            Some((_, roots)) => roots.push(authority.name.clone()),
            None => missing.push((authority.generation.clone(), vec![authority.name.clone()])),
        }
    }
    let line = site
        .trust
        .first()
        .map_or(&site.line, |named| &named.line)
        .clone();
    for (generation, roots) in missing {
        faults.add(
            &line,
            ConfigurationProblem::GenerationMissing { generation, roots },
        );
    }
}

/// Whether CAs are trusted that are not the environment's.
fn others(
    trust: &[(NamedFile, Arc<FileContents>)],
    environment: Option<&Environment>,
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) {
    let Some(environment) = environment else {
        return;
    };
    for (named, contents) in trust {
        let is_other = |certificate: &&Arc<Certificate>| {
            let known = evidence.facts.recognise(&certificate.sha256);
            known.is_none_or(|known| known.hierarchy != environment.hierarchy)
        };
        // A file may be named by every server of the configuration.
        let (others, more) = first(contents.certificates.iter().filter(is_other));
        for (number, certificate) in others.iter().enumerate() {
            faults.add(
                &named.line,
                ConfigurationProblem::UntrustedCa {
                    name: certificate.subject.short(),
                    path: named.path.clone(),
                    more: if number + 1 == others.len() { more } else { 0 },
                },
            );
        }
    }
}

/// Whether chains of clients are too long for the depth that is set.
fn depth(site: &Site, bundle: &[Arc<Certificate>], faults: &mut Faults<'_>) {
    let Some(set) = site.depth else { return };
    let subs = || {
        bundle
            .iter()
            .filter(|one| one.is_ca() && !is_self_signed(one))
    };
    let mut named: HashMap<Vec<u8>, HashSet<Sha256Digest>> = HashMap::new();
    for sub in subs() {
        let same = named.entry(name_key(&sub.subject)).or_default();
        same.insert(sub.sha256);
    }
    let subs = subs()
        .map(|sub| {
            // A sub CA below a sub CA of the bundle.
            let above = named.get(&name_key(&sub.issuer));
            let above = above.is_some_and(|all| all.len() > usize::from(all.contains(&sub.sha256)));
            1 + u32::from(above)
        })
        .max()
        .unwrap_or(0);
    let needed = subs + u32::from(site.depth_counts_root && subs > 0);
    if set < needed {
        faults.here(ConfigurationProblem::Depth {
            configured: set,
            required: needed,
        });
    }
}
