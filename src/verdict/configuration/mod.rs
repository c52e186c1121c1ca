//! What is wrong with a server's configuration: nginx, Apache httpd, HAProxy, Tomcat.
//!
//! [`read`] reads a configuration into [`Site`]s, one for each server block or connector that accepts TLS clients; [`examine`]
//! judges one of them by the files that it names. Both are pure: files are handed in. Only what is understood whole counts as a
//! restriction; what was not understood and could change whether a client is admitted is kept, and said.

mod admitted;
mod apache;
mod budget;
mod examine;
mod files;
mod haproxy;
mod nginx;
mod patterns;
mod tomcat;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use admitted::AdmittedHosts;
pub(crate) use admitted::{EXTENSIONS_GROUP, alternative_names_in_base64, extensions_in_base64};
pub use budget::{BYTES_LIMIT, ConfigurationBudget, FILES_LIMIT, TooLarge, WORDS_LIMIT};
pub use examine::{ConfigurationEvidence, examine};
pub use files::{ConfiguredCrl, ConfiguredFiles, FileContents, FileFindings, FileUse, OpenedFile};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::document::Moment;
use crate::input::{Shown, printable};
use crate::verdict::finding::is_zero;
use crate::verdict::plan::{CrlPlan, Fault, Server};
use crate::verdict::{Code, Problem, Severity, finding};

/// How deeply includes may be nested.
pub const INCLUDE_DEPTH: usize = 10;

/// Every code that a configuration can have: those that [`examine`] finds, and that of the server's own test.
pub const CODES: [Code; 21] = [
    Code::ServerTestFailed,
    Code::ServerFileUnreadable,
    Code::ServerCertificateExpired,
    Code::ServerCertificateUnfit,
    Code::ServerKeyMismatch,
    Code::ServerKeyReadable,
    Code::ServerSubCaUnsent,
    Code::ServerClientsOptional,
    Code::ServerAnyClient,
    Code::ServerGenerationMissing,
    Code::ServerOtherCa,
    Code::ServerCrlAbsent,
    Code::ServerCrlIncomplete,
    Code::ServerCrlStale,
    Code::ServerCrlNotLoaded,
    Code::ServerDepth,
    Code::ServerVersion,
    Code::ServerSuite,
    Code::ServerSecurityLevel,
    Code::ServerCrlUnchecked,
    Code::ServerNotExamined,
];

/// Where a setting is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub number: usize,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.shown(), self.number)
    }
}

/// A file that a configuration names. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedFile {
    /// Its path as written.
    pub path: String,
    /// Where it is named.
    pub line: Line,
    /// The password of a key store.
    pub password: Option<String>,
    /// The password with which the server opens the key in a key store, where that is known.
    pub key_password: Option<String>,
    /// What the server takes it for.
    pub format: ConfiguredFormat,
}

/// What a server takes a file for, whatever it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfiguredFormat {
    /// Text with BEGIN and END lines.
    #[default]
    Pem,
    /// One of Java's own key stores: JKS or PKCS#12.
    KeyStore,
    /// A store of a type that a further provider reads.
    Other,
}

impl NamedFile {
    fn new(path: &str, line: &Line) -> NamedFile {
        NamedFile {
            path: path.to_owned(),
            line: line.clone(),
            password: None,
            key_password: None,
            format: ConfiguredFormat::Pem,
        }
    }
}

impl fmt::Debug for NamedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedFile")
            .field("path", &self.path)
            .field("line", &self.line)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .field("key_password", &self.key_password.as_ref().map(|_| "…"))
            .finish()
    }
}

/// Whether clients must present a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCheck {
    /// They must.
    Required,
    /// They may.
    Optional,
    /// They may, and it does not have to come from a trusted CA.
    Unverified,
    /// They are not asked.
    Off,
    /// A setting that was not understood decides.
    Unclear,
}

/// Which certificates of a chain the server checks against CRLs, if it has any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrlCheck {
    /// For every certificate of the chain.
    Chain,
    /// For the client's certificate alone.
    Leaf,
    /// For no client.
    Off,
}

/// Which clients of the trusted CAs are admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAdmission {
    /// Every client.
    Everyone,
    /// Those whose certificate has one of these names.
    Restricted {
        /// The hosts that every condition together admits.
        names: Vec<String>,
    },
    /// Those that a condition admits which was not understood; it is among the site's parts that were not examined.
    Unclear,
}

/// The default server of an address, which checks clients that send no host name (SNI) for all servers of the address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefaultServer {
    /// What to call it.
    pub name: String,
    /// The CAs that it trusts.
    pub trust: Vec<NamedFile>,
    /// Its CRLs.
    pub crls: Vec<NamedFile>,
}

/// An address at which a site is configured and no TLS is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlainAddress {
    /// The address, as written.
    pub address: String,
    /// The virtual host that decides that: the first of the address.
    pub first: String,
    /// Where that begins.
    pub line: Line,
}

/// Part of a configuration that was not examined, and so counts as nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unexamined {
    /// What it is.
    pub kind: UnexaminedKind,
    /// The part as written, cut where it is long.
    pub text: String,
    /// Where it is.
    pub line: Line,
}

/// Which part of a configuration was not examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnexaminedKind {
    /// A condition on requests or clients that was not understood.
    Condition,
    /// A setting that was not understood, or that holds for some requests or under a condition only.
    Setting,
    /// A file whose path has a variable.
    PathWithVariable,
    /// A file whose password has a variable.
    PasswordWithVariable,
    /// A file of which only the running server knows where its path starts.
    RelativePath,
    /// A store that is no file, such as the system's CAs.
    NotAFile,
    /// An included file that is missing, or outside the folder that was named.
    Include,
}

/// What a configuration may set for a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SiteSetting {
    /// The certificate and the CAs that are sent with it.
    Chain,
    /// The private key.
    Key,
    /// The CAs that clients' certificates may come from.
    Trust,
    /// The CAs that are named to clients.
    Named,
    /// The CRLs.
    Crls,
    /// The versions of TLS.
    Versions,
    /// The suites.
    Suites,
}

impl SiteSetting {
    /// Every one of them.
    const ALL: [SiteSetting; 7] = [
        SiteSetting::Chain,
        SiteSetting::Key,
        SiteSetting::Trust,
        SiteSetting::Named,
        SiteSetting::Crls,
        SiteSetting::Versions,
        SiteSetting::Suites,
    ];
}

/// Where the key of a certificate may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyPlace {
    /// In a file that the site names.
    Named,
    /// Or else in the file beside it whose name has `.key` after it.
    Beside,
    /// The same, without the `.crt` before it.
    BesideInstead,
}

/// One part of a configuration that accepts TLS clients.
#[derive(Clone, Debug)]
pub struct Site {
    /// The kind of server.
    pub server: Server,
    /// What to call it.
    pub name: String,
    /// The hosts that it answers for, as written; none where the configuration does not say.
    pub hosts: Vec<String>,
    /// Where it begins.
    pub line: Line,
    /// The certificate and the CAs that are sent with it.
    pub chains: Vec<NamedFile>,
    /// Files of CAs alone that are sent with whichever certificate they belong to.
    pub issuers: Vec<NamedFile>,
    /// The private key.
    pub keys: Vec<NamedFile>,
    /// Where a key may be besides.
    pub key_place: KeyPlace,
    /// The files with passwords of the keys, one in a line.
    pub passwords: Vec<NamedFile>,
    /// The CAs that clients' certificates may come from.
    pub trust: Vec<NamedFile>,
    /// Of what the server names to clients in its CertificateRequest; `None` where it is all of the trusted CAs.
    pub named: Option<Vec<NamedFile>>,
    /// The CRLs.
    pub crls: Vec<NamedFile>,
    /// Diffie-Hellman parameters, without which the server does not start where it names them.
    pub parameters: Vec<NamedFile>,
    /// Whether clients must present a certificate, and where that is set.
    pub clients: ClientCheck,
    /// Its addresses at which the server speaks no TLS because of another site.
    pub plain: Vec<PlainAddress>,
    /// What checks the certificates of clients that send no host name (SNI), where that is not this site.
    pub defaults: Vec<Arc<DefaultServer>>,
    /// Which certificates are checked against CRLs.
    pub crl_check: CrlCheck,
    /// The depth, where it is set or has a default.
    pub depth: Option<u32>,
    /// How many CAs the depth counts besides the sub CAs: Apache and Tomcat count the root.
    pub depth_counts_root: bool,
    /// The versions of TLS that are permitted, such as `TLSv1.2`; `None` where the server's default counts.
    pub versions: Option<Vec<String>>,
    /// The default server of an address, where that sets other versions than the site does.
    pub versions_by: Option<String>,
    /// The suites of TLS 1.2 and earlier, as written; `None` where the server's default counts.
    pub suites: Option<Vec<String>>,
    /// The suites of TLS 1.3; `None` where the server's default counts.
    pub tls13: Option<Vec<String>>,
    /// The security level of OpenSSL that is set; `None` for the system's, and for Java.
    pub level: Option<u8>,
    /// Which clients are admitted.
    pub admission: ClientAdmission,
    /// The file with the server's process number.
    pub pid_file: Option<String>,
    /// Whether a client for whose certificate there is no CRL is admitted.
    pub crl_may_lack: bool,
    /// Errors of clients' certificates that are ignored, as written, and where.
    pub ignored_errors: Option<(String, Line)>,
    /// What a part that was not examined may set: nothing is said of its absence.
    pub may_be_set: Vec<SiteSetting>,
    /// What was not examined.
    pub unexamined: Vec<Unexamined>,
}

impl Site {
    /// What may be in a file that was not read: nothing is known of it, and nothing said of its absence.
    fn not_read(server: Server, line: Line) -> Site {
        Site {
            clients: ClientCheck::Unclear,
            admission: ClientAdmission::Unclear,
            may_be_set: SiteSetting::ALL.to_vec(),
            ..Site::new(server, "what was not read", line)
        }
    }

    fn new(server: Server, name: &str, line: Line) -> Site {
        Site {
            server,
            // It appears in lines of reports.
            name: printable(name),
            hosts: Vec::new(),
            line,
            chains: Vec::new(),
            issuers: Vec::new(),
            keys: Vec::new(),
            key_place: KeyPlace::Named,
            passwords: Vec::new(),
            trust: Vec::new(),
            named: None,
            crls: Vec::new(),
            parameters: Vec::new(),
            clients: ClientCheck::Off,
            plain: Vec::new(),
            defaults: Vec::new(),
            crl_check: CrlCheck::Chain,
            depth: None,
            depth_counts_root: false,
            versions: None,
            versions_by: None,
            suites: None,
            tls13: None,
            level: None,
            admission: ClientAdmission::Everyone,
            pid_file: None,
            crl_may_lack: false,
            ignored_errors: None,
            may_be_set: Vec::new(),
            unexamined: Vec::new(),
        }
    }

    /// Keeps a part that was not understood.
    fn leave(&mut self, kind: UnexaminedKind, text: &str, line: &Line) {
        self.unexamined.push(Unexamined {
            kind,
            text: shortened(text),
            line: line.clone(),
        });
    }

    /// Takes what is known of the clients that are admitted.
    fn admit(&mut self, admitted: &Admitted) {
        self.admission = match admitted {
            Admitted::Everyone => ClientAdmission::Everyone,
            Admitted::Named(names) => ClientAdmission::Restricted {
                names: names.clone(),
            },
            Admitted::Unclear(text, line) => {
                self.leave(UnexaminedKind::Condition, text, line);
                ClientAdmission::Unclear
            }
        };
    }

    /// Takes an OpenSSL list of suites for TLS 1.2 and before.
    fn offer(&mut self, list: &str) {
        let (suites, level) = examine::openssl_list(list);
        self.suites = Some(suites);
        self.level = level;
    }

    /// How many bytes it keeps of what the configuration says, which may be said once for thousands of sites.
    fn weight(&self) -> u64 {
        let named = [
            &self.chains,
            &self.issuers,
            &self.keys,
            &self.passwords,
            &self.trust,
            &self.crls,
        ];
        let named = named.into_iter().chain(&self.named);
        let named = named.flatten().map(|one| &one.path);
        let lists = [&self.versions, &self.suites, &self.tls13];
        let mut weight = self.name.len() + self.hosts.iter().map(String::len).sum::<usize>();
        weight += named
            .chain(lists.into_iter().flatten().flatten())
            .map(String::len)
            .sum::<usize>();
        if let ClientAdmission::Restricted { names } = &self.admission {
            weight += names.iter().map(String::len).sum::<usize>();
        }
        weight += self
            .unexamined
            .iter()
            .map(|one| one.text.len())
            .sum::<usize>();
        weight as u64
    }
}

/// What was understood of a server's conditions.
#[derive(Clone, Debug)]
enum Admitted {
    /// No condition concerns every request.
    Everyone,
    /// Clients with these names.
    Named(Vec<String>),
    /// A condition that was not understood, and where it is.
    Unclear(String, Line),
}

/// A text in one line that is not longer than a report's.
fn shortened(text: &str) -> String {
    const LIMIT: usize = 120;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The suites for TLS 1.3 of a list, which are names and nothing else.
fn single_names(list: &str) -> Vec<String> {
    list.split(':').map(str::to_owned).collect()
}

/// Something that is wrong with a site.
///
/// `Serialize` writes `code`, `severity`, `site`, `file`, `line` and `facts`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SiteFault {
    /// The site.
    pub site: String,
    /// Where.
    pub line: Line,
    /// What.
    pub problem: ConfigurationProblem,
}

/// What is written of a [`SiteFault`].
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SiteFault")]
struct Written {
    /// Its stable code.
    code: Code,
    /// How much it matters.
    severity: Severity,
    /// The site.
    site: String,
    /// The file in which the fault is.
    file: String,
    /// The line of it, from 1.
    line: usize,
    /// The facts of the case by name; which there are depends on the code.
    facts: Map<String, Value>,
}

impl Serialize for SiteFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let code = self.problem.code();
        let written = Written {
            code,
            severity: code.severity(),
            site: self.site.clone(),
            file: self.line.file.shown().to_string(),
            line: self.line.number,
            facts: self.problem.facts(),
        };
        written.serialize(serializer)
    }
}

impl JsonSchema for SiteFault {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Written::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Written::json_schema(generator)
    }
}

/// What can be wrong with a site, and the facts of the case.
///
/// `Serialize` writes the facts alone; [`ConfigurationProblem::code`] says what they are about.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ConfigurationProblem {
    /// Configuration refused by the server's own test.
    TestFailed {
        /// The command.
        command: String,
        /// What the server's test printed.
        output: String,
    },
    /// File named by the configuration unreadable.
    FileUnreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// File named by the configuration that its password does not open.
    FileLocked {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Server certificate expired.
    CertificateExpired {
        /// Whose certificate it is.
        name: String,
        /// The last second of the validity.
        not_after: Moment,
        /// How many more of the file have expired that are not said one by one.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Server certificate that is good for nothing, or not for this.
    CertificateUnfit {
        /// Whose certificate it is.
        name: String,
        /// The code of what is wrong with it.
        reason: Code,
        /// What is wrong with it.
        #[serde(skip)]
        problem: Box<Problem>,
    },
    /// Server certificate for other hosts.
    CertificateOtherHost {
        /// Whose certificate it is.
        name: String,
        /// The name that the configuration gives the server.
        host: String,
    },
    /// Server key does not match its certificate.
    KeyMismatch {
        /// Whose certificate it is.
        certificate: String,
        /// The file of the key.
        key: String,
    },
    /// Private key readable by every user.
    KeyReadable {
        /// The file.
        path: String,
    },
    /// Sub CA not sent by the server.
    SubCaUnsent {
        /// The CA, by name.
        issuer: String,
    },
    /// Client certificate not required.
    ClientsOptional {
        /// Whether certificates are not asked for at all.
        off: bool,
    },
    /// Client certificates not verified.
    ClientsUnverified,
    /// No TLS at an address that is configured for it.
    AddressPlain {
        /// The address, as written.
        address: String,
        /// The virtual host that decides that.
        first: String,
    },
    /// Every client of the CA admitted.
    AnyClient {
        /// The hosts that may call.
        hosts: Vec<String>,
    },
    /// Generation of CAs not trusted.
    GenerationMissing {
        /// The generation of CAs.
        generation: String,
        /// The roots of the generation.
        roots: Vec<String>,
    },
    /// Generation of CAs trusted, but not named to clients.
    GenerationUnnamed {
        /// The generation of CAs.
        generation: String,
        /// The roots of the generation.
        roots: Vec<String>,
    },
    /// No CA trusted at all.
    TrustAbsent {
        /// The kind of server.
        server: Server,
    },
    /// No CA of a known environment trusted.
    TrustUnknown,
    /// CA of another hierarchy trusted.
    UntrustedCa {
        /// The CA.
        name: String,
        /// The file.
        path: String,
        /// How many more there are in the file that are not said one by one.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Clients that send no host name admitted by the CAs of another server.
    DefaultTrustsMore {
        /// The address's default server.
        default: String,
        /// CAs that it trusts and this one does not.
        names: Vec<String>,
        /// How many more there are that are not said one by one.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Clients that send no host name not checked against these CRLs.
    DefaultLacksCrls {
        /// The address's default server.
        default: String,
    },
    /// CRLs configured but not checked.
    CrlUnchecked {
        /// The kind of server.
        server: Server,
    },
    /// CRLs checked for the client's certificate only.
    CrlLeafOnly,
    /// Errors of clients' certificates ignored, revocation among them.
    ErrorsIgnored {
        /// The setting, as written.
        setting: String,
    },
    /// Clients admitted for whose certificates there is no CRL.
    CrlMissingAccepted {
        /// The issuers for whose certificates no CRL answers, by name.
        issuers: Vec<String>,
    },
    /// No CRLs configured.
    CrlAbsent {
        /// The kind of server.
        server: Server,
    },
    /// CRL set incomplete.
    CrlIncomplete {
        /// The plan of the CRLs, with what is missing.
        #[serde(rename = "issuers", serialize_with = "issuers_lacking")]
        lacking: Arc<CrlPlan>,
    },
    /// Something that this kind of server does with the CRLs and should not.
    CrlMishandled {
        /// The kind of server.
        server: Server,
        /// What it does.
        #[serde(flatten)]
        fault: Box<Fault>,
        /// How many more such things there are that are not said one by one.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// CRL of the server expired.
    CrlStale {
        /// The CA, by name.
        issuer: String,
        /// When the CRL expired.
        since: Moment,
    },
    /// CRL newer than the running server.
    CrlNotLoaded {
        /// The file.
        path: String,
        /// When the file was changed.
        changed: Moment,
        /// When the server was started.
        started: Moment,
    },
    /// Verification depth too small.
    Depth {
        /// The depth that is set.
        configured: u32,
        /// The depth that is needed.
        required: u32,
    },
    /// TLS version before 1.2 permitted.
    Version {
        /// The versions that are permitted.
        versions: Vec<String>,
        /// The default server of the address, where that decides.
        #[serde(skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// TLS 1.2 not permitted.
    VersionLacking {
        /// The versions that are permitted.
        only: Vec<String>,
        /// The default server of the address, where that decides.
        #[serde(skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// TLS versions left to the server's default, which permits old ones.
    VersionUnset {
        /// The kind of server.
        server: Server,
        /// The default server of the address, where that decides.
        #[serde(skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// Cipher suite outside the Spine's list.
    Suite {
        /// The suites outside the Spine's list.
        suites: Vec<String>,
    },
    /// Security level refuses the SHA-1 generation.
    SecurityLevel {
        /// The CA that is signed with SHA-1.
        name: String,
    },
    /// Part of the configuration not examined.
    NotExamined {
        /// Which part.
        part: UnexaminedKind,
        /// As written.
        text: String,
    },
    /// Condition on the client's name that admits none of the hosts that may call.
    OtherNames {
        /// The hosts that may call.
        hosts: Vec<String>,
        /// The hosts that are admitted.
        admitted: Vec<String>,
    },
}

/// The issuers for whose certificates no CRL answers, by name.
pub(crate) fn lacking(plan: &CrlPlan) -> Vec<String> {
    let required = plan
        .required()
        .filter(|(_, required)| !required.state.has_crls());
    let mut names: Vec<String> = required
        .map(|(authority, _)| authority.name.short())
        .collect();
    names.dedup();
    names
}

fn issuers_lacking<S: Serializer>(plan: &CrlPlan, serializer: S) -> Result<S::Ok, S::Error> {
    lacking(plan).serialize(serializer)
}

impl ConfigurationProblem {
    /// The facts of the case by name; none where the code says all there is to say.
    pub fn facts(&self) -> Map<String, Value> {
        finding::facts(self)
    }

    /// The code.
    pub fn code(&self) -> Code {
        match self {
            ConfigurationProblem::TestFailed { .. } => Code::ServerTestFailed,
            ConfigurationProblem::FileUnreadable { .. }
            | ConfigurationProblem::FileLocked { .. } => Code::ServerFileUnreadable,
            ConfigurationProblem::CertificateExpired { .. } => Code::ServerCertificateExpired,
            ConfigurationProblem::CertificateUnfit { .. }
            | ConfigurationProblem::CertificateOtherHost { .. } => Code::ServerCertificateUnfit,
            ConfigurationProblem::KeyMismatch { .. } => Code::ServerKeyMismatch,
            ConfigurationProblem::KeyReadable { .. } => Code::ServerKeyReadable,
            ConfigurationProblem::SubCaUnsent { .. } => Code::ServerSubCaUnsent,
            ConfigurationProblem::ClientsOptional { .. }
            | ConfigurationProblem::ClientsUnverified
            | ConfigurationProblem::AddressPlain { .. } => Code::ServerClientsOptional,
            ConfigurationProblem::AnyClient { .. } => Code::ServerAnyClient,
            ConfigurationProblem::GenerationMissing { .. }
            | ConfigurationProblem::GenerationUnnamed { .. }
            | ConfigurationProblem::TrustAbsent { .. }
            | ConfigurationProblem::TrustUnknown => Code::ServerGenerationMissing,
            ConfigurationProblem::UntrustedCa { .. }
            | ConfigurationProblem::DefaultTrustsMore { .. } => Code::ServerOtherCa,
            ConfigurationProblem::CrlUnchecked { .. }
            | ConfigurationProblem::DefaultLacksCrls { .. }
            | ConfigurationProblem::CrlLeafOnly
            | ConfigurationProblem::ErrorsIgnored { .. }
            | ConfigurationProblem::CrlMissingAccepted { .. } => Code::ServerCrlUnchecked,
            ConfigurationProblem::CrlAbsent { .. } => Code::ServerCrlAbsent,
            ConfigurationProblem::CrlIncomplete { .. }
            | ConfigurationProblem::CrlMishandled { .. } => Code::ServerCrlIncomplete,
            ConfigurationProblem::CrlStale { .. } => Code::ServerCrlStale,
            ConfigurationProblem::CrlNotLoaded { .. } => Code::ServerCrlNotLoaded,
            ConfigurationProblem::Depth { .. } => Code::ServerDepth,
            ConfigurationProblem::Version { .. }
            | ConfigurationProblem::VersionLacking { .. }
            | ConfigurationProblem::VersionUnset { .. } => Code::ServerVersion,
            ConfigurationProblem::Suite { .. } => Code::ServerSuite,
            ConfigurationProblem::SecurityLevel { .. } => Code::ServerSecurityLevel,
            ConfigurationProblem::NotExamined { .. } | ConfigurationProblem::OtherNames { .. } => {
                Code::ServerNotExamined
            }
        }
    }
}

/// A text of a configuration, and where it is.
#[derive(Clone, Debug)]
pub struct Text {
    /// The file.
    pub file: PathBuf,
    /// What it holds.
    pub text: String,
}

/// Finds the files that an include names, relative to the file that includes them: none, one, or many where it has
/// wildcards, each [taken](ConfigurationBudget::file) from the budget before it is read. What lies outside the folder that was named is
/// the caller's to leave out.
pub type Includes<'i> = dyn Fn(&Path, &str, &ConfigurationBudget) -> Included + 'i;

/// What an include names.
#[derive(Clone, Debug, Default)]
pub struct Included {
    /// The files that were read.
    pub texts: Vec<Text>,
    /// Whether a file was left out.
    pub left_out: bool,
}

/// Reads a configuration; `None` if the text is not one of these servers'.
///
/// # Errors
/// When the budget does not last: nothing is reported about part of a configuration.
pub fn read(
    text: &Text,
    includes: &Includes<'_>,
    budget: &ConfigurationBudget,
) -> Result<Option<Vec<Site>>, TooLarge> {
    let Some(server) = kind(&text.text) else {
        return Ok(None);
    };
    budget.bytes(text.text.len() as u64);
    let (text, mark) = match text.text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) if matches!(server, Server::Nginx | Server::Haproxy) => {
            let text = Text {
                file: text.file.clone(),
                text: rest.to_owned(),
            };
            (Cow::Owned(text), true)
        }
        _ => (Cow::Borrowed(text), false),
    };
    let text = text.as_ref();
    let reader = Reader {
        includes,
        budget,
        open: RefCell::new(Vec::new()),
        unread: RefCell::new(Vec::new()),
        is_main: Cell::new(false),
    };
    let mut sites = match server {
        Server::Nginx => nginx::sites(text, &reader),
        Server::Haproxy => haproxy::sites(text, &reader),
        Server::Apache => apache::sites(text, &reader),
        _ => tomcat::sites(text, &reader),
    };
    /// Enough to say that something is missing.
    const UNREAD_LIMIT: usize = 3;
    let unread = reader.unread.into_inner();
    if let (Server::Java, [], [first, ..]) = (server, sites.as_slice(), unread.as_slice()) {
        // A server.xml whose connectors are in an entity: what was not read may configure TLS.
        sites.push(Site::not_read(server, first.line.clone()));
    }
    // These take it for part of their first word, and do not start.
    let beginning = Line {
        file: text.file.clone(),
        number: 1,
    };
    for site in &mut sites {
        if mark {
            site.leave(
                UnexaminedKind::Setting,
                "a byte order mark (U+FEFF) at the beginning of the file",
                &beginning,
            );
        }
        site.unexamined
            .extend(unread.iter().take(UNREAD_LIMIT).cloned());
    }
    match budget.spent() {
        None => Ok(Some(sites)),
        Some(limit) => Err(limit),
    }
}

/// What reads a configuration with what it includes.
struct Reader<'i> {
    includes: &'i Includes<'i>,
    budget: &'i ConfigurationBudget,
    /// The files that are being read, each included by the one before it.
    open: RefCell<Vec<PathBuf>>,
    /// The includes that were not read.
    unread: RefCell<Vec<Unexamined>>,
    /// Whether the outermost level of what is read is that around nginx's http block.
    is_main: Cell<bool>,
}

impl Reader<'_> {
    /// Reads a file, while which it is not read again: no server starts with a file that includes itself.
    fn within<T>(&self, text: &Text, read: impl FnOnce() -> T) -> T {
        self.open.borrow_mut().push(text.file.clone());
        let answer = read();
        self.open.borrow_mut().pop();
        answer
    }

    /// What a path names that may be missing.
    fn included(&self, from: &Path, pattern: &str) -> Vec<Text> {
        let mut found = match self.open.borrow().len() > INCLUDE_DEPTH {
            true => Vec::new(),
            false => (self.includes)(from, pattern, self.budget).texts,
        };
        found.retain(|text| !self.open.borrow().contains(&text.file));
        found
    }

    /// What an include names; that it was not read whole is kept.
    fn include(&self, line: &Line, pattern: &str) -> Vec<Text> {
        let mut found = match self.open.borrow().len() > INCLUDE_DEPTH {
            true => Included {
                texts: Vec::new(),
                left_out: true,
            },
            false => (self.includes)(&line.file, pattern, self.budget),
        };
        let is_one = !pattern.contains(['*', '?', '[']);
        if found.left_out || is_one && found.texts.is_empty() {
            self.unread.borrow_mut().push(Unexamined {
                kind: UnexaminedKind::Include,
                text: shortened(pattern),
                line: line.clone(),
            });
        }
        found
            .texts
            .retain(|text| !self.open.borrow().contains(&text.file));
        found.texts
    }

    /// Keeps a site, as far as the budget lasts.
    fn keep(&self, site: Site, sites: &mut Vec<Site>) {
        if self.budget.bytes(site.weight()) {
            sites.push(site);
        }
    }
}

/// The mark that some editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Whose configuration a text is, by its own words; comments say nothing.
fn kind(text: &str) -> Option<Server> {
    // A script that writes a configuration is not one.
    if text.starts_with("#!") {
        return None;
    }
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if is_tomcat(text) {
        return Some(Server::Java);
    }
    let lines = || {
        let lines = text.lines().map(str::trim_start);
        lines.filter(|line| !line.starts_with('#'))
    };
    fn first(line: &str) -> &str {
        line.split_whitespace().next().unwrap_or_default()
    }
    // Apache's words are the same in capitals.
    let is_apache = |line: &str| {
        [
            "<virtualhost",
            "sslengine",
            "loadmodule",
            "serverroot",
            "sslcarevocationfile",
            "sslcarevocationpath",
            "sslcarevocationcheck",
            "sslverifyclient",
            // Debian's main configuration has none of those above.
            "includeoptional",
            "<directory",
            "accessfilename",
        ]
        .iter()
        .any(|word| first(line).eq_ignore_ascii_case(word))
    };
    if lines().any(is_apache) {
        return Some(Server::Apache);
    }
    // No other server has a directive of that name.
    let has = |words: &[&str]| lines().any(|line| words.contains(&first(line)));
    let has_block = lines().any(|line| line.split(" #").next().unwrap_or_default().contains('{'));
    if has(&["frontend", "listen"]) && has(&["bind"])
        || has(&["frontend", "listen", "backend", "global"]) && !has_block
    {
        return Some(Server::Haproxy);
    }
    let is_nginx = nginx::names(text).any(|(name, is_block)| match name {
        "http" | "server" | "events" | "map" | "upstream" | "stream" => is_block,
        "ssl_certificate" | "ssl_client_certificate" | "ssl_crl" => true,
        _ => false,
    });
    is_nginx.then_some(Server::Nginx)
}

/// Whether a text is XML with an element of Tomcat's configuration outside comments.
fn is_tomcat(text: &str) -> bool {
    if !text.trim_start().starts_with('<') {
        return false;
    }
    let mut rest = text;
    loop {
        let (before, comment) = match rest.split_once("<!--") {
            Some((before, comment)) => (before, Some(comment)),
            None => (rest, None),
        };
        let is_element = |name: &str| {
            before.match_indices(name).any(|(at, _)| {
                let after = before.get(at + name.len()..).unwrap_or_default();
                after.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/')
            })
        };
        if ["<Connector", "<Server", "<Service"]
            .into_iter()
            .any(is_element)
        {
            return true;
        }
        match comment.and_then(|comment| comment.split_once("-->")) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
}

/// Whether a text is nginx's main configuration: it does not start with one that lacks this block.
pub(crate) fn is_nginx_main(text: &str) -> bool {
    nginx::names(text).any(|(name, is_block)| name == "events" && is_block)
}
