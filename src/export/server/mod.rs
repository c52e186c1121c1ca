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

    /// Whether its configuration says where to listen.
    pub(crate) fn takes_listen(self) -> bool {
        use Target::{Apache, Haproxy, Iis, Nginx, Tomcat};
        matches!(self, Nginx | Apache | Haproxy | Tomcat | Iis)
    }

    /// Whether its configuration says where requests are passed on to.
    pub(crate) fn takes_backend(self) -> bool {
        use Target::{Apache, Haproxy, Kubernetes, Nginx};
        matches!(self, Nginx | Apache | Haproxy | Kubernetes)
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
    /// The text of the facts file that defines the environment, for a kit that renews its CRLs on another machine.
    pub facts: Option<String>,
}

/// The Service that an ingress passes requests on to where none was named.
const DEFAULT_SERVICE: &str = "application";

impl Settings {
    /// The usual settings for files in this folder.
    pub fn new(target: Target, folder: &Path) -> Settings {
        Settings {
            folder: folder.to_owned(),
            address: None,
            port: target.usual_port(),
            backend: match target {
                Target::Kubernetes => format!("http://{DEFAULT_SERVICE}:8080"),
                _ => "http://127.0.0.1:8080".to_owned(),
            },
            profile: None,
            password: None,
            namespace: "default".to_owned(),
            facts: None,
        }
    }

    /// A file of the folder, as a configuration and a command name it.
    fn path(&self, name: &str) -> String {
        shown_path(&self.folder.join(name))
    }

    /// The folder, likewise.
    fn folder(&self) -> String {
        shown_path(&self.folder)
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
    /// A folder whose path the server's configuration cannot hold.
    #[error(
        "the path of the folder {folder:?} has the character {character:?}, which a configuration for {target} cannot hold"
    )]
    Folder {
        /// The folder, absolute.
        folder: String,
        /// The first such character in it.
        character: char,
        /// What people call the target.
        target: &'static str,
    },
    /// A backend that the server cannot pass requests on to.
    #[error("{target} cannot pass requests on to {backend:?}; expected {expected}")]
    Backend {
        /// What was given.
        backend: String,
        /// What people call the target.
        target: &'static str,
        /// What it takes.
        expected: &'static str,
    },
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
    settings.check(bundle.target())?;
    let mut kit = match bundle.target() {
        Target::Nginx => nginx::kit(bundle, settings),
        Target::Apache => apache::kit(bundle, settings),
        Target::Haproxy => haproxy::kit(bundle, settings),
        Target::Tomcat => tomcat::kit(bundle, settings),
        Target::Java => java::kit(bundle, settings),
        Target::Iis => iis::kit(bundle, settings),
        Target::Kubernetes => kubernetes::kit(bundle, settings),
        Target::Curl => client::curl(bundle, settings),
        Target::Pem => client::pem(bundle, settings),
    }?;
    if let Some(note) = bundle.expired_note() {
        let text = format!("NOT FOR USE: {note}\n");
        kit.files.push(ExportFile::text(NOT_FOR_USE, text));
    }
    Ok(kit)
}

/// What lies beside files that are not for use: not all of them have room for a word about it.
const NOT_FOR_USE: &str = "NOT-FOR-USE.txt";

/// A path as configurations have it: with `/` on Windows, where each server and PowerShell take it and most configurations
/// give `\` a meaning of its own.
fn shown_path(path: &Path) -> String {
    let shown = path.display().to_string();
    match cfg!(windows) {
        true => with_slashes(&shown),
        false => shown,
    }
}

fn with_slashes(path: &str) -> String {
    path.replace('\\', "/")
}

/// A path from [`shown_path`] as a URL (RFC 8089): that of a Windows drive has no `/` of its own before it.
fn file_url(path: &str) -> String {
    let path = path.replace(' ', "%20");
    match path.starts_with('/') {
        true => format!("file://{path}"),
        false => format!("file:///{path}"),
    }
}

impl Settings {
    /// Refuses what would end a word or a line of a configuration for this target, or what it has no words for.
    ///
    /// # Errors
    /// [`ExportError::Folder`], [`ExportError::Backend`] and [`ExportError::Setting`].
    pub fn check(&self, target: Target) -> Result<(), ExportError> {
        let refuse = |what, value: &str| {
            Err(ExportError::Setting {
                what,
                value: value.to_owned(),
            })
        };
        let folder = self.folder();
        if folder.is_empty() {
            return refuse("folder", &folder);
        }
        if let Some(character) = folder.chars().find(|c| is_no_path(*c, target)) {
            return Err(ExportError::Folder {
                folder,
                character,
                target: target.title(),
            });
        }
        if let Some(address) = &self.address {
            let plain = address.trim_start_matches('[').trim_end_matches(']');
            if plain.parse::<std::net::IpAddr>().is_err() {
                return refuse("address", address);
            }
        }
        if !is_namespace(&self.namespace) {
            return refuse("namespace", &self.namespace);
        }
        let expected = match (Backend::read(&self.backend), target) {
            (None, _) => "a URL such as http://127.0.0.1:8080 or https://app.example:8443",
            (Some(backend), Target::Kubernetes)
                if backend.has_path() || !is_service(backend.host) =>
            {
                "the name of a Service and its port, such as http://my-service:8080"
            }
            (Some(backend), Target::Haproxy) if backend.has_path() => {
                "a URL without a path, such as http://127.0.0.1:8080"
            }
            (Some(_), _) => return Ok(()),
        };
        Err(ExportError::Backend {
            backend: self.backend.clone(),
            target: target.title(),
            expected,
        })
    }
}

/// Whether a configuration for the target cannot hold a path with this character.
fn is_no_path(c: char, target: Target) -> bool {
    let everywhere = [
        '"', '\'', '$', '`', '<', '>', '&', '{', '}', ';', '#', '%', '\\', '\u{fffd}',
    ];
    // curl ends the certificate's name there, and PYTHONPATH a folder; on Windows both know a drive.
    let ends_a_name = c == ':' && target == Target::Curl && !cfg!(windows);
    c.is_control() || everywhere.contains(&c) || ends_a_name
}

/// The application's URL, taken apart.
struct Backend<'u> {
    over_tls: bool,
    /// A host name, an IPv4 address, or an IPv6 address in brackets.
    host: &'u str,
    port: u16,
    /// From the `/` on that follows the host; empty where there is none.
    path: &'u str,
}

impl Backend<'_> {
    /// `None` for anything but `http://` or `https://`, a host, perhaps a port, and a path of characters that no server's syntax
    /// gives a meaning to.
    fn read(url: &str) -> Option<Backend<'_>> {
        let (over_tls, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => return None,
        };
        let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let end_of_host = match place.strip_prefix('[') {
            Some(address) => address.find(']')? + 2,
            None => place.find(':').unwrap_or(place.len()),
        };
        let (host, port) = place.split_at(end_of_host);
        let port = match (port.strip_prefix(':'), over_tls) {
            (Some(port), _) => {
                let digits = port.chars().all(|c| c.is_ascii_digit());
                port.parse().ok().filter(|port| digits && *port > 0)?
            }
            (None, _) if !port.is_empty() => return None,
            (None, true) => 443,
            (None, false) => 80,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let is_host = match host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.chars().all(plain),
        };
        let is_path = path.chars().all(|c| plain(c) || c == '/');
        (is_host && is_path).then_some(Backend {
            over_tls,
            host,
            port,
            path,
        })
    }

    /// Whether it has a path beyond the application's root.
    fn has_path(&self) -> bool {
        !matches!(self.path, "" | "/")
    }
}

/// Whether a configuration can name this as the application's URL: `http://` or `https://`, a host, a port from 1 to 65535, and
/// only characters that no server's syntax gives a meaning to.
pub fn is_backend(url: &str) -> bool {
    Backend::read(url).is_some()
}

/// Whether Kubernetes takes this as a namespace: an RFC 1123 label of lower-case letters, digits and inner hyphens.
pub fn is_namespace(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len())
        && name.chars().all(plain)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Whether Kubernetes takes this as the name of a Service: a label that begins with a letter (RFC 1035).
fn is_service(name: &str) -> bool {
    is_namespace(name) && name.starts_with(|c: char| c.is_ascii_lowercase())
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

/// The host and port of the backend, and whether it wants TLS; the backend was checked before.
fn backend_parts(settings: &Settings) -> (String, bool) {
    match Backend::read(&settings.backend) {
        Some(backend) => (
            format!("{}:{}", backend.host, backend.port),
            backend.over_tls,
        ),
        None => (settings.backend.clone(), false),
    }
}
