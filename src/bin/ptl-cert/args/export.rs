//! `ptl-cert export`, as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ptl_cert::export::server::{KeystoreProfile, Target, is_backend, is_namespace};
use time::OffsetDateTime;

use super::parse;

/// Write a server's key, certificates, CAs, CRLs and configuration
///
/// Checks that key, certificate and chain belong together, that nothing has expired, that every generation of the
/// environment's CAs is trusted, and that the CRL cache has every CRL this server needs. Nothing is written unless
/// every check passes. The configuration requires client certificates over TLS 1.2 or later, permits the Spine's
/// cipher suites in its order, and admits only the Spine Secure Proxy, by CN or subjectAltName; every other client
/// gets 403. On IIS and ingress-nginx versions and suites are in part settings of the whole machine or controller; the
/// output says what is left to set. Files are written all together or not at all; a second run changes only what
/// differs.
#[derive(Debug, Args)]
#[command(override_usage = "\
ptl-cert export [OPTIONS] --for <SERVER> --cert <FILE> --key <FILE>
                       --env <ENV> --out-dir <DIR>")]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  nginx in front of an application on port 8080
    ptl-cert export --for nginx --cert NAME.fullchain.pem --key NAME.key \\
      --env int --out-dir /etc/nginx/ptl-cert

  With nginx's own test, and a reload only when something changed
    ptl-cert export --for nginx --cert NAME.fullchain.pem --key NAME.key \\
      --env int --out-dir /etc/nginx/ptl-cert \\
      --test 'nginx -t' --on-change 'systemctl reload nginx'

  Show what would change
    ptl-cert export --for nginx --cert NAME.fullchain.pem --key NAME.key \\
      --env int --out-dir /etc/nginx/ptl-cert --dry-run

  Windows Server 2016, which cannot read a PFX file with AES
    ptl-cert export --for iis --profile windows-2016 --cert NAME.fullchain.pem \\
      --key NAME.key --env int --out-dir kit

Exit status:
  0  the files are in place, or nothing had to change
  1  a check failed, nothing written; or the test failed and the old files were
     restored; or a command failed; or PARTITIONS UNKNOWN: written, but a CA
     partitions its CRLs and none of its clients was given with --client
  2  the command line is not valid
  3  a file cannot be read or written")]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Export {
    /// What the files are for
    #[arg(long = "for", value_enum, value_name = "SERVER")]
    pub(crate) target: TargetKind,
    /// The endpoint's certificate with its sub CA, e.g. NAME.fullchain.pem; repeatable
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) cert: Vec<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The environment: dev, int, dep, train or live
    ///
    /// A facts file may define others.
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: String,
    /// The folder to write to, created if missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: PathBuf,
    /// Print what would change and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// A host to admit besides the Spine Secure Proxy; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) admit: Vec<String>,
    /// The certificate of a client that will call, so that its partition's CRL is included; repeatable
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) client: Vec<PathBuf>,
    /// A CA generation to leave out, such as "G1 SHA-1"; repeatable
    #[arg(long, value_name = "GENERATION", hide_short_help = true)]
    pub(crate) leave_out: Vec<String>,
    /// The address and port to listen on [default: every address, port 443; Tomcat: 8443]
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = listen, hide_short_help = true)]
    pub(crate) listen: Option<Listen>,
    /// Where the application listens [default: http://127.0.0.1:8080; Kubernetes: the Service "application", port 8080]
    #[arg(long, value_name = "URL", value_parser = backend, hide_short_help = true)]
    pub(crate) backend: Option<String>,
    /// How a key store is encrypted [default: windows-2019 for IIS, java17 for Tomcat and Java]
    #[arg(long, value_enum, value_name = "PROFILE", hide_short_help = true)]
    pub(crate) profile: Option<ProfileKind>,
    /// A file with the password for the key store to write; without it, one is generated into keystore.password
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "ask_keystore_password",
        hide_short_help = true
    )]
    pub(crate) keystore_password_file: Option<PathBuf>,
    /// Prompt for the password of the key store to write
    #[arg(long, hide_short_help = true)]
    pub(crate) ask_keystore_password: bool,
    /// The namespace of Kubernetes objects [default: default]
    #[arg(long, value_name = "NAME", value_parser = namespace, hide_short_help = true)]
    pub(crate) namespace: Option<String>,
    /// Write the files for inspection even if a certificate has expired; exits 1
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_expired: bool,
    /// Overwrite files with the same names that another program wrote
    #[arg(long, hide_short_help = true)]
    pub(crate) replace: bool,
    /// A command that tests the new files; if it fails, the old ones are restored
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["dry_run", "allow_expired"], hide_short_help = true)]
    pub(crate) test: Option<String>,
    /// A command to run after a change, such as a reload
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["dry_run", "allow_expired"], hide_short_help = true)]
    pub(crate) on_change: Option<String>,
    /// Time limit for each command
    #[arg(long, value_name = "TIME", value_parser = parse::time_limit, default_value = "60s", hide_short_help = true)]
    pub(crate) command_timeout: Duration,
    /// The CRL cache (see ptl-cert crl) [default: PTL_CERT_HOME/crl, or the system's data folder]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
    /// A file with the password for the private key and for PKCS#12 input
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
}

/// An address and a port, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) address: Option<String>,
    pub(crate) port: u16,
}

fn backend(text: &str) -> Result<String, &'static str> {
    match is_backend(text) {
        true => Ok(text.to_owned()),
        false => Err("expected a URL such as http://127.0.0.1:8080 or https://app.example:8443"),
    }
}

fn namespace(text: &str) -> Result<String, &'static str> {
    match is_namespace(text) {
        true => Ok(text.to_owned()),
        false => Err(
            "expected 1 to 63 lower-case letters, digits and hyphens, with a letter or digit first and last",
        ),
    }
}

/// Reads `443`, `10.0.0.1:443` or `[::1]:443`.
fn listen(text: &str) -> Result<Listen, String> {
    const EXPECTED: &str = "expected a port, or an address and a port such as 10.0.0.1:443";
    let (address, port) = match text.rsplit_once(':') {
        Some((address, port)) => (Some(address), port),
        None => (None, text),
    };
    let port = port.parse::<u16>().ok().filter(|port| *port > 0);
    let address = match address {
        None => None,
        Some(address) => {
            let bare = address.trim_start_matches('[').trim_end_matches(']');
            let address = bare.parse::<std::net::IpAddr>().or(Err(EXPECTED))?;
            Some(address.to_string())
        }
    };
    let port = port.ok_or(EXPECTED)?;
    Ok(Listen { address, port })
}

/// What the files are for, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TargetKind {
    /// nginx, as a reverse proxy
    Nginx,
    /// Apache httpd, as a reverse proxy
    Apache,
    /// HAProxy
    Haproxy,
    /// Tomcat 10: connector, key store, trust store
    Tomcat,
    /// A Java program: key store, trust store and a class that uses them
    Java,
    /// IIS: PFX file and PowerShell script
    Iis,
    /// ingress-nginx on Kubernetes
    Kubernetes,
    /// curl, httpx and requests: the files for a client
    Curl,
    /// PEM files only
    Pem,
}

impl From<TargetKind> for Target {
    fn from(kind: TargetKind) -> Target {
        match kind {
            TargetKind::Nginx => Target::Nginx,
            TargetKind::Apache => Target::Apache,
            TargetKind::Haproxy => Target::Haproxy,
            TargetKind::Tomcat => Target::Tomcat,
            TargetKind::Java => Target::Java,
            TargetKind::Iis => Target::Iis,
            TargetKind::Kubernetes => Target::Kubernetes,
            TargetKind::Curl => Target::Curl,
            TargetKind::Pem => Target::Pem,
        }
    }
}

/// How a key store is encrypted, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileKind {
    /// 3DES and SHA-1, which Windows Server 2016 reads
    #[value(name = "windows-2016")]
    Windows2016,
    /// AES-256 and SHA-256
    #[value(name = "windows-2019")]
    Windows2019,
    /// 3DES and SHA-1, which Java 8 reads in every version
    #[value(name = "java8")]
    Java8,
    /// AES-256 and SHA-256
    #[value(name = "java17")]
    Java17,
}

impl From<ProfileKind> for KeystoreProfile {
    fn from(kind: ProfileKind) -> KeystoreProfile {
        match kind {
            ProfileKind::Windows2016 => KeystoreProfile::Windows2016,
            ProfileKind::Windows2019 => KeystoreProfile::Windows2019,
            ProfileKind::Java8 => KeystoreProfile::Java8,
            ProfileKind::Java17 => KeystoreProfile::Java17,
        }
    }
}
