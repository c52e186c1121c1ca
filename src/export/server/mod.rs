//! Everything that one kind of server needs to admit exactly the right clients: key, certificates, trust, CRLs and a
//! configuration with the Spine's rules inside, as named files.
//!
//! Only a [`Bundle`] can be made into files, and having one is the proof that key, chain, trust and CRLs were checked
//! together for this server. Here live the formats and their quoting; writing the files does not.

mod apache;
mod bundle;
mod client;
mod haproxy;
mod iis;
mod java;
mod keystore;
mod kubernetes;
mod nginx;
mod tls;
mod tomcat;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

pub use crate::verdict::configuration::AdmittedHosts;
pub use bundle::{
    AvailableCrl, Bundle, Expired, GenerationTrust, LeftOutAuthority, Parts, ProofNote,
    ServerRefusal,
};
pub use keystore::{KeystoreError, KeystoreProfile};
pub(crate) use keystore::{alias as store_alias, same as same_store, trust_store};
pub use tls::{SUITES, Suite, TLS13_SUITES};

use crate::verdict::plan::Server;

/// What the files are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Target {
    /// nginx as a reverse proxy.
    Nginx,
    /// Apache httpd as a reverse proxy.
    Apache,
    /// HAProxy.
    Haproxy,
    /// Tomcat's connector over JSSE.
    Tomcat,
    /// A Java program of one's own.
    Java,
    /// IIS and whatever else is served by http.sys.
    Iis,
    /// ingress-nginx in a Kubernetes cluster.
    Kubernetes,
    /// curl, and programs that take the same files.
    Curl,
    /// Plain PEM files.
    Pem,
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 9] = [
        Target::Nginx,
        Target::Apache,
        Target::Haproxy,
        Target::Tomcat,
        Target::Java,
        Target::Iis,
        Target::Kubernetes,
        Target::Curl,
        Target::Pem,
    ];

    /// The word by which the command line names it.
    pub fn id(self) -> &'static str {
        match self {
            Target::Nginx => "nginx",
            Target::Apache => "apache",
            Target::Haproxy => "haproxy",
            Target::Tomcat => "tomcat",
            Target::Java => "java",
            Target::Iis => "iis",
            Target::Kubernetes => "kubernetes",
            Target::Curl => "curl",
            Target::Pem => "pem",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Target::Nginx => "nginx",
            Target::Apache => "Apache httpd",
            Target::Haproxy => "HAProxy",
            Target::Tomcat => "Tomcat",
            Target::Java => "Java",
            Target::Iis => "IIS",
            Target::Kubernetes => "ingress-nginx on Kubernetes",
            Target::Curl => "curl",
            Target::Pem => "PEM files",
        }
    }

    /// By whose rules the CRL set is planned: the software that will check the other end's certificate.
    pub fn checks_like(self) -> Server {
        match self {
            Target::Nginx | Target::Kubernetes => Server::Nginx,
            Target::Apache => Server::Apache,
            Target::Haproxy => Server::Haproxy,
            Target::Tomcat | Target::Java => Server::Java,
            Target::Iis => Server::Iis,
            Target::Curl | Target::Pem => Server::OpensslDir,
        }
    }

    /// Whether the files are for calling others rather than for being called.
    pub fn is_client(self) -> bool {
        matches!(self, Target::Curl)
    }

    /// The port that it listens on by default: endpoints on Spine use 443.
    pub fn usual_port(self) -> u16 {
        match self {
            Target::Tomcat => 8443,
            _ => 443,
        }
    }

    /// Whether it needs a password for its key store.
    pub fn needs_password(self) -> bool {
        matches!(self, Target::Tomcat | Target::Java | Target::Iis)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// What a configuration is to say beyond what the bundle proves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The folder that the server will read the files from, as an absolute path.
    pub folder: PathBuf,
    /// The address that the server listens on; `None` for every address.
    pub address: Option<String>,
    /// The port that the server listens on.
    pub port: u16,
    /// Where the application listens, for servers that pass requests on: `http://127.0.0.1:8080`.
    pub backend: String,
    /// How a key store is written; `None` for what suits the target.
    pub profile: Option<KeystoreProfile>,
    /// The password of the key store; needed where [`Target::needs_password`] says so.
    pub password: Option<Zeroizing<String>>,
    /// The namespace of Kubernetes objects.
    pub namespace: String,
}

impl Settings {
    /// The usual settings for files in this folder.
    pub fn new(target: Target, folder: &Path) -> Settings {
        Settings {
            folder: folder.to_owned(),
            address: None,
            port: target.usual_port(),
            backend: "http://127.0.0.1:8080".to_owned(),
            profile: None,
            password: None,
            namespace: "default".to_owned(),
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn password(&self) -> Result<&str, ExportError> {
        self.password
            .as_ref()
            .map(|password| password.as_str())
            .ok_or(ExportError::PasswordMissing)
    }
}

/// A file to be written.
#[derive(Clone)]
#[non_exhaustive]
pub struct ExportFile {
    /// Its name in the folder: letters, digits, `.`, `-` and `_`.
    pub name: String,
    /// What it holds.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What kind of content that is.
    pub kind: FileKind,
}

/// What a file holds, which decides who may read it and whether a difference is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FileKind {
    /// Text without a secret: a configuration, certificates.
    Text,
    /// A private key or a password: for its owner only, never shown.
    Secret,
    /// A key store with a private key: encrypted again at each writing. The same content under the same password is no
    /// change.
    Keystore,
    /// A store of CA certificates, sealed again at each writing; no secret.
    Truststore,
    /// Bytes without a secret, such as a CRL.
    Data,
}

impl ExportFile {
    fn text(name: &str, text: String) -> ExportFile {
        ExportFile {
            name: name.to_owned(),
            bytes: Zeroizing::new(text.into_bytes()),
            kind: FileKind::Text,
        }
    }

    fn secret(name: &str, bytes: Zeroizing<Vec<u8>>) -> ExportFile {
        ExportFile {
            name: name.to_owned(),
            bytes,
            kind: FileKind::Secret,
        }
    }

    /// A file with a password as its only line.
    pub fn password(name: &str, password: &str) -> ExportFile {
        ExportFile::secret(name, Zeroizing::new(format!("{password}\n").into_bytes()))
    }

    fn data(name: &str, bytes: Vec<u8>) -> ExportFile {
        ExportFile {
            name: name.to_owned(),
            bytes: Zeroizing::new(bytes),
            kind: FileKind::Data,
        }
    }

    /// Whether only its owner may read it.
    pub fn is_private(&self) -> bool {
        matches!(self.kind, FileKind::Secret | FileKind::Keystore)
    }

    /// Whether it says the same as bytes that are there already: for a key store, whether it opens with the password and
    /// holds the same entries.
    pub fn says_the_same_as(&self, present: &[u8], password: Option<&str>) -> bool {
        match (self.kind, password) {
            (FileKind::Keystore | FileKind::Truststore, Some(password)) => {
                keystore::same(&self.bytes, present, password)
            }
            _ => self.bytes.as_slice() == present,
        }
    }
}

/// Shows no content.
impl fmt::Debug for ExportFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("length", &self.bytes.len())
            .finish()
    }
}

/// What a server required: its files, and what is to be done with them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Kit {
    /// The files, in a fixed order.
    pub files: Vec<ExportFile>,
    /// How the server is made to use the configuration, once: a line for its main configuration, or a command.
    pub include: Vec<String>,
    /// What tests the configuration and makes the server read it, now and after each change.
    pub reload: Vec<String>,
    /// What else the administrator has to know: differences of this server from the Spine's rules first.
    pub notes: Vec<String>,
}

/// Why files could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The private key cannot be written.
    #[error(transparent)]
    Key(#[from] crate::document::KeyError),
    /// A key store cannot be written.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// OpenSSL could not read the name of a CRL's issuer.
    #[error("the CRLs cannot be written")]
    Crls(#[from] crate::export::crls::NameError),
    /// A CRL or key cannot be written to memory.
    #[error("the files cannot be assembled")]
    Io(#[from] std::io::Error),
    /// A key store needs a password.
    #[error("a password is needed for the key store")]
    PasswordMissing,
    /// A setting that the server's configuration cannot hold.
    #[error("the {what} {value:?} cannot be written into the configuration")]
    Setting {
        /// Which one.
        what: &'static str,
        /// What was given.
        value: String,
    },
    /// Kubernetes takes no object this large.
    #[error("the CRLs have {bytes} bytes; a Kubernetes Secret or ConfigMap holds at most {limit}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// How many fit.
        limit: usize,
    },
}

/// Makes the files of a server.
///
/// # Errors
/// When a setting cannot be written, a password is missing, or a key store cannot be made.
pub fn kit(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    check(settings)?;
    match bundle.target() {
        Target::Nginx => nginx::kit(bundle, settings),
        Target::Apache => apache::kit(bundle, settings),
        Target::Haproxy => haproxy::kit(bundle, settings),
        Target::Tomcat => tomcat::kit(bundle, settings),
        Target::Java => java::kit(bundle, settings),
        Target::Iis => iis::kit(bundle, settings),
        Target::Kubernetes => kubernetes::kit(bundle, settings),
        Target::Curl => client::curl(bundle, settings),
        Target::Pem => client::pem(bundle, settings),
    }
}

/// Refuses what would end a word or a line of a configuration.
fn check(settings: &Settings) -> Result<(), ExportError> {
    let refuse = |what, value: &str| {
        Err(ExportError::Setting {
            what,
            value: value.to_owned(),
        })
    };
    let folder = settings.folder.display().to_string();
    let no_path = |c: char| {
        c.is_control()
            || matches!(
                c,
                '"' | '\'' | '$' | '`' | '<' | '>' | '&' | '{' | '}' | ';' | '#' | '%'
            )
    };
    if folder.is_empty() || folder.chars().any(no_path) || folder.contains('\u{fffd}') {
        return refuse("folder", &folder);
    }
    if !is_backend(&settings.backend) {
        return refuse("backend", &settings.backend);
    }
    if let Some(address) = &settings.address {
        let plain = address.trim_start_matches('[').trim_end_matches(']');
        if plain.parse::<std::net::IpAddr>().is_err() {
            return refuse("address", address);
        }
    }
    if !is_namespace(&settings.namespace) {
        return refuse("namespace", &settings.namespace);
    }
    Ok(())
}

/// Whether a configuration can name this as the application's URL: `http://` or `https://`, and only characters that no server's
/// syntax gives a meaning to.
pub fn is_backend(url: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]".contains(c);
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain))
}

/// Whether Kubernetes takes this as a namespace: an RFC 1123 label, but for where its hyphens are.
pub fn is_namespace(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len()) && name.chars().all(plain)
}

/// The names of the PEM files that OpenSSL-based servers read.
const FULL_CHAIN: &str = "fullchain.pem";
const KEY: &str = "key.pem";
const TRUST: &str = "ca.pem";
const CRLS: &str = crate::export::crls::PEM_FILE;

/// Key, certificates, trust and CRLs in PEM, for servers that take them apart.
fn pem_files(bundle: &Bundle<'_>) -> Result<Vec<ExportFile>, ExportError> {
    Ok(vec![
        ExportFile::text(FULL_CHAIN, bundle.full_chain_pem()),
        ExportFile::secret(KEY, bundle.key_pem()?),
        ExportFile::text(TRUST, bundle.trust_pem()),
        crl_file(bundle)?,
    ])
}

fn crl_file(bundle: &Bundle<'_>) -> Result<ExportFile, ExportError> {
    let mut text = Vec::new();
    for file in crate::export::crls::files(Server::Nginx, &bundle.crls())? {
        file.write(&mut text)?;
    }
    Ok(ExportFile::data(CRLS, text))
}

/// The first lines of every configuration that is written.
fn heading(comment: &str, bundle: &Bundle<'_>) -> String {
    let generations: Vec<&str> = bundle
        .generations()
        .iter()
        .map(|one| one.generation.as_str())
        .collect();
    let mut lines = vec![
        format!(
            "Written by ptl-cert for {}, {}. Do not edit: the next export replaces this file.",
            bundle.host(),
            bundle.environment_title(),
        ),
        format!("CAs trusted: {}.", generations.join(", ")),
    ];
    if !bundle.target().is_client() {
        // What this server compares of a client's certificate.
        let by = match bundle.target() {
            Target::Kubernetes | Target::Iis => "CN",
            _ => "CN or subjectAltName",
        };
        lines.push(format!(
            "Clients admitted, by {by}: {}. Every other client of these CAs gets 403.",
            bundle.admitted().listed()
        ));
    }
    if let Some(expired) = bundle.expired_note() {
        lines.push(format!("NOT FOR USE: {expired}"));
    }
    lines
        .iter()
        .map(|line| format!("{comment} {line}\n"))
        .collect()
}

/// Host and port as `listen` directives have them.
fn listens_on(settings: &Settings) -> String {
    match &settings.address {
        Some(address) if address.contains(':') && !address.starts_with('[') => {
            format!("[{address}]:{}", settings.port)
        }
        Some(address) => format!("{address}:{}", settings.port),
        None => settings.port.to_string(),
    }
}

/// The host and port of the backend, and whether it wants TLS.
fn backend_parts(settings: &Settings) -> (String, bool) {
    let tls = settings.backend.starts_with("https://");
    let rest = settings
        .backend
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let host = rest.split('/').next().unwrap_or(rest);
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()));
    let host = match (has_port, tls) {
        (true, _) => host.to_owned(),
        (false, true) => format!("{host}:443"),
        (false, false) => format!("{host}:80"),
    };
    (host, tls)
}
