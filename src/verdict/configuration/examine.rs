//! What is wrong with a site, by the files that it names.

use std::fmt;
use std::sync::Arc;

use super::files::{FileFindings, Files, TrustFinding};
use super::{
    ClientAdmission, ClientCheck, ConfigurationProblem, ConfiguredFiles, CrlCheck, FileContents,
    FileUse, KeyPlace, Line, NamedFile, OpenedFile, Site, SiteFault, SiteSetting, Unexamined,
    lacking,
};
use crate::document::{Certificate, Moment};
use crate::environment::{Environment, Facts};
use crate::fqdn::Fqdn;
use crate::verdict::finding::first;
use crate::verdict::plan::{RequiredState, Server};
use crate::verdict::verify::{HostMatch, matches};

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
    /// What was found out for other sites with the same files: for the same moment, facts and environment.
    pub known: &'e FileFindings,
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
    let mut opened = |named: &[NamedFile], used: FileUse, setting: SiteSetting| {
        let mut opened = open(named, used, evidence, &mut faults);
        opened.unseen |= site.may_be_set.contains(&setting);
        opened
    };
    let chains = opened(&site.chains, FileUse::Identity, SiteSetting::Chain);
    let issuers = opened(&site.issuers, FileUse::Identity, SiteSetting::Chain);
    let keys = opened(&site.keys, FileUse::Identity, SiteSetting::Key);
    let trust = opened(&site.trust, FileUse::Trust, SiteSetting::Trust);
    let crls = opened(&site.crls, FileUse::Crls, SiteSetting::Crls);
    let named = site
        .named
        .as_ref()
        .map(|named| open(named, FileUse::Trust, evidence, &mut faults));
    open(&site.parameters, FileUse::Parameters, evidence, &mut faults);
    for part in &site.unexamined {
        faults.leave(part);
    }
    identity(
        site,
        [&chains, &issuers, &keys, &crls],
        evidence,
        &mut faults,
    );
    let known = evidence.known.trust(
        site.server,
        &trust.read,
        named.as_ref().map(|named| named.read.as_slice()),
        evidence,
    );
    plain(site, &mut faults);
    clients(site, &known, evidence, &mut faults);
    transport(site, &mut faults);
    trusted(site, &trust, &crls, &known, evidence, &mut faults);
    defaults(site, &trust, &crls, evidence, &mut faults);
    for (named, contents) in &crls.read {
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

/// Files that a site names for one use.
#[derive(Default)]
struct Opened {
    read: Vec<(NamedFile, Arc<FileContents>)>,
    /// Whether there are others, of which it is not known what they hold.
    unseen: bool,
}

fn open(
    named: &[NamedFile],
    used: FileUse,
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) -> Opened {
    let mut opened = Opened::default();
    for one in named {
        match (evidence.files)(one, used) {
            OpenedFile::Folder(files) => {
                for (path, file) in files {
                    let one = NamedFile {
                        path,
                        ..one.clone()
                    };
                    take(&one, file, &mut opened, faults);
                }
            }
            file => take(one, file, &mut opened, faults),
        }
    }
    opened
}

fn take(named: &NamedFile, file: OpenedFile, opened: &mut Opened, faults: &mut Faults<'_>) {
    match file {
        OpenedFile::Read(contents) => opened.read.push((named.clone(), contents)),
        OpenedFile::Unreadable(reason) => {
            opened.unseen = true;
            faults.add(
                &named.line,
                ConfigurationProblem::FileUnreadable {
                    path: named.path.clone(),
                    reason,
                },
            );
        }
        OpenedFile::Locked(reason) => {
            opened.unseen = true;
            faults.add(
                &named.line,
                ConfigurationProblem::FileLocked {
                    path: named.path.clone(),
                    reason,
                },
            );
        }
        OpenedFile::NotLookedAt(kind) => {
            opened.unseen = true;
            faults.leave(&Unexamined {
                kind,
                text: named.path.clone(),
                line: named.line.clone(),
            });
        }
        // A server reads no folders in a folder.
        OpenedFile::Folder(_) => opened.unseen = true,
    }
}

struct Faults<'s> {
    site: &'s Site,
    found: Vec<SiteFault>,
}

impl Faults<'_> {
    fn add(&mut self, line: &Line, problem: ConfigurationProblem) {
        // A file that is named twice is one file.
        let path = |problem: &ConfigurationProblem| match problem {
            ConfigurationProblem::FileUnreadable { path, .. }
            | ConfigurationProblem::FileLocked { path, .. } => Some(path.clone()),
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

/// Each of some things that are named, the last of them with how many more there are.
fn with_rest<T>(named: &[T], more: usize) -> impl Iterator<Item = (&T, usize)> {
    let numbered = named.iter().enumerate();
    numbered.map(move |(number, one)| match number + 1 == named.len() {
        true => (one, more),
        false => (one, 0),
    })
}

/// The server's own certificate, chain and key.
fn identity(
    site: &Site,
    [chains, issuers, keys, crls]: [&Opened; 4],
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) {
    let files = [&*chains.read, &*issuers.read, &*keys.read, &*crls.read];
    let found = evidence.known.identities(site.server, files, evidence);
    for ((named, _), found) in chains.read.iter().zip(found.iter()) {
        for ((name, not_after), more) in with_rest(&found.expired, found.more_expired) {
            faults.add(
                &named.line,
                ConfigurationProblem::CertificateExpired {
                    name: name.clone(),
                    not_after: *not_after,
                    more,
                },
            );
        }
        if let Some(unfit) = &found.unfit {
            faults.add(&named.line, unfit.clone());
        }
        if let Some(issuer) = found.unsent.clone().filter(|_| !issuers.unseen) {
            faults.add(&named.line, ConfigurationProblem::SubCaUnsent { issuer });
        }
        if site.server == Server::Haproxy && found.is_keyless && !keys.unseen && !chains.unseen {
            let reason = match site.key_place {
                KeyPlace::Named => "it holds no private key",
                _ => "it holds no private key, and there is none beside it",
            };
            faults.add(
                &named.line,
                ConfigurationProblem::FileUnreadable {
                    path: named.path.clone(),
                    reason: reason.to_owned(),
                },
            );
        }
        if let Some((certificate, key)) = &found.mismatched
            && !keys.unseen
            && !chains.unseen
        {
            faults.add(
                &named.line,
                ConfigurationProblem::KeyMismatch {
                    certificate: certificate.clone(),
                    key: path_of(*key, &keys.read),
                },
            );
        }
    }
    let own: Vec<_> = found.iter().filter_map(|one| one.own.as_ref()).collect();
    // A pattern or a variable is no host; one host of several may be an older name.
    let hosts: Option<Vec<Fqdn>> = site.hosts.iter().map(|host| host.parse().ok()).collect();
    let hosts = hosts.unwrap_or_default();
    let names_none = |certificate: &&&Arc<Certificate>| {
        !hosts
            .iter()
            .any(|host| matches(certificate, host) != HostMatch::None)
    };
    if let Some(host) = hosts.first()
        && let Some(other) = own.iter().find(names_none)
    {
        faults.here(ConfigurationProblem::CertificateOtherHost {
            name: other.subject.short(),
            host: host.to_string(),
        });
    }
    let is_of_cas = chains.read.iter().all(|(_, file)| file.is_of_cas());
    lacking_identity(site, chains, keys, is_of_cas, faults);
    for (named, contents) in &keys.read {
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

/// Files that hold CAs and no certificate of the server's own, or no key.
fn lacking_identity(
    site: &Site,
    chains: &Opened,
    keys: &Opened,
    has_no_certificate: bool,
    faults: &mut Faults<'_>,
) {
    let mut lacks = |opened: &Opened, reason: &str| {
        if let Some((named, _)) = opened.read.first().filter(|_| !opened.unseen) {
            faults.add(
                &named.line,
                ConfigurationProblem::FileUnreadable {
                    path: named.path.clone(),
                    reason: reason.to_owned(),
                },
            );
        }
    };
    if has_no_certificate {
        lacks(chains, "it holds no certificate of a server, only CAs");
    }
    // HAProxy has a key for each certificate, and Java looks for the key in a store with a password of its own.
    let holds_keys = matches!(site.server, Server::Nginx | Server::Apache);
    let mut files = keys.read.iter().map(|(_, file)| file);
    if holds_keys && files.clone().all(|file| file.keys.is_empty()) {
        match files.any(|file| file.has_locked_key) {
            true => lacks(keys, "no password for its private key is known"),
            false => lacks(keys, "it holds no private key"),
        }
    }
}

fn path_of(number: usize, files: &Files) -> String {
    let file = files.get(number);
    file.map(|(named, _)| named.path.clone())
        .unwrap_or_default()
}

/// Clients that send no host name, where another server checks them.
fn defaults(
    site: &Site,
    trust: &Opened,
    crls: &Opened,
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) {
    if site.clients == ClientCheck::Off || trust.unseen || crls.unseen {
        return;
    }
    for default in &site.defaults {
        // What cannot be read of it is said of itself.
        let mut its_own = Faults {
            site,
            found: Vec::new(),
        };
        let others = open(&default.trust, FileUse::Trust, evidence, &mut its_own);
        let other_crls = open(&default.crls, FileUse::Crls, evidence, &mut its_own);
        let files = [&*trust.read, &*others.read, &*crls.read, &*other_crls.read];
        let difference = evidence.known.difference(site.server, files);
        if !difference.cas.is_empty() {
            faults.here(ConfigurationProblem::DefaultTrustsMore {
                default: default.name.clone(),
                names: difference.cas.clone(),
                more: difference.more_cas,
            });
        }
        if difference.lacks_crls && !other_crls.unseen {
            faults.here(ConfigurationProblem::DefaultLacksCrls {
                default: default.name.clone(),
            });
        }
    }
}

/// The addresses at which no TLS is spoken.
fn plain(site: &Site, faults: &mut Faults<'_>) {
    for one in &site.plain {
        let problem = ConfigurationProblem::AddressPlain {
            address: one.address.clone(),
            first: one.first.clone(),
        };
        faults.add(&one.line, problem);
    }
}

/// Which clients are admitted.
fn clients(
    site: &Site,
    trust: &TrustFinding,
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) {
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
            if !trust.callers.is_empty() && !trust.callers.iter().any(is_one) {
                faults.here(ConfigurationProblem::OtherNames {
                    hosts: trust.callers.clone(),
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
        faults.here(ConfigurationProblem::Version {
            versions: old,
            default: site.versions_by.clone(),
        });
    }
    let may_set = |setting| site.may_be_set.contains(&setting);
    let versions_may_be_set = may_set(SiteSetting::Versions);
    if let Some(only) = site.versions.as_ref().filter(|_| !versions_may_be_set)
        && !only
            .iter()
            .any(|one| one.eq_ignore_ascii_case("TLSv1.2") || one.contains('$'))
    {
        faults.here(ConfigurationProblem::VersionLacking {
            only: only.clone(),
            default: site.versions_by.clone(),
        });
    }
    // HAProxy begins at TLS 1.2 by itself, and its versions are always known.
    if site.versions.is_none() && !versions_may_be_set {
        faults.here(ConfigurationProblem::VersionUnset {
            server: site.server,
            default: site.versions_by.clone(),
        });
    }
    let suites_may_be_set = may_set(SiteSetting::Suites);
    let mut other: Vec<String> = match &site.suites {
        None if suites_may_be_set => Vec::new(),
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
    if has_thirteen && site.tls13.is_none() && !suites_may_be_set {
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

pub(super) fn is_permitted(suite: &str) -> bool {
    // Keywords that are joined are in no order: EECDH+AESGCM is AESGCM+EECDH.
    let parts = |list: &str| {
        let mut parts: Vec<String> = list.split('+').map(str::to_ascii_uppercase).collect();
        parts.sort_unstable();
        parts
    };
    let wanted = parts(suite);
    let mut known = PERMITTED.iter().chain(&KEYWORDS);
    known.any(|known| parts(known) == wanted)
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
    trust: &Opened,
    crls: &Opened,
    found: &TrustFinding,
    evidence: &ConfigurationEvidence<'_>,
    faults: &mut Faults<'_>,
) {
    let unseen = trust.unseen || crls.unseen;
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
    if !has_crls && !crls.unseen {
        faults.here(ConfigurationProblem::CrlAbsent {
            server: site.server,
        });
    }
    if found.is_empty {
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
    let line = site.trust.first().map_or(&site.line, |named| &named.line);
    if found.is_unknown && !trust.unseen {
        faults.add(line, ConfigurationProblem::TrustUnknown);
    }
    for (generation, roots) in found.missing.iter().filter(|_| !trust.unseen) {
        faults.add(
            line,
            ConfigurationProblem::GenerationMissing {
                generation: generation.clone(),
                roots: roots.clone(),
            },
        );
    }
    let names_may_be_set = site.may_be_set.contains(&SiteSetting::Named);
    let unnamed = found.unnamed.iter().filter(|_| !names_may_be_set);
    for (generation, roots) in unnamed {
        faults.add(
            line,
            ConfigurationProblem::GenerationUnnamed {
                generation: generation.clone(),
                roots: roots.clone(),
            },
        );
    }
    for ((named, _), (others, more)) in trust.read.iter().zip(&found.others) {
        for (name, more) in with_rest(others, *more) {
            faults.add(
                &named.line,
                ConfigurationProblem::UntrustedCa {
                    name: name.clone(),
                    path: named.path.clone(),
                    more,
                },
            );
        }
    }
    let subs = found.sub_cas_in_a_row;
    let required = subs + u32::from(site.depth_counts_root && subs > 0);
    if let Some(configured) = site.depth.filter(|set| *set < required) {
        faults.here(ConfigurationProblem::Depth {
            configured,
            required,
        });
    }
    if let Some(name) = &found.weak
        && site.server != Server::Java
        && site.level != Some(0)
        && !site.may_be_set.contains(&SiteSetting::Suites)
    {
        faults.here(ConfigurationProblem::SecurityLevel { name: name.clone() });
    }
    if !has_crls || unseen {
        return;
    }
    let plan = evidence
        .known
        .plan(site.server, &trust.read, &crls.read, evidence);
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
    let (mishandled, more) = first(plan.faults.iter().filter(|fault| !fault.minor));
    for (fault, more) in with_rest(&mishandled, more) {
        faults.add(
            &line,
            ConfigurationProblem::CrlMishandled {
                server: site.server,
                fault: Box::new((*fault).clone()),
                more,
            },
        );
    }
    if site.crl_may_lack {
        faults.add(
            &line,
            ConfigurationProblem::CrlMissingAccepted { issuers: names },
        );
    } else if lacks {
        faults.add(&line, ConfigurationProblem::CrlIncomplete { lacking: plan });
    }
}
