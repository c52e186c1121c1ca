//! What has to be set so that a server reads the CRLs.

use std::path::Path;

use super::{PEM_FILE, SCRIPT_FILE};
use crate::verdict::plan::Server;

/// A line of configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// Where it belongs.
    pub place: &'static str,
    /// The line.
    pub line: String,
}

/// What has to be set so that a server reads the CRLs in a folder; a path with a space is quoted as the server wants
/// it. Java's default trust manager takes no file, whatever is set: only Tomcat's connector and code of one's own do.
pub fn settings(server: Server, folder: &Path) -> Vec<Setting> {
    let file = folder.join(PEM_FILE);
    // HAProxy puts in what variables of its environment hold, between double quotes too.
    let escaped: &[char] = match server {
        Server::Haproxy => &['\\', '"', '$'],
        _ => &['\\', '"'],
    };
    let file = quoted(&file.display().to_string(), escaped);
    let set = |place, line| Setting { place, line };
    match server {
        Server::Nginx => vec![set(
            "nginx, next to ssl_client_certificate",
            format!("ssl_crl {file};"),
        )],
        Server::Haproxy => vec![set(
            "HAProxy, on the bind line next to ca-file",
            format!("verify required crl-file {file}"),
        )],
        Server::Apache => vec![
            set(
                "Apache, next to SSLCACertificateFile",
                format!("SSLCARevocationFile {file}"),
            ),
            set(
                "Apache, without which no CRL is checked",
                "SSLCARevocationCheck chain".to_owned(),
            ),
        ],
        Server::Java => java(folder),
        Server::Iis => vec![
            set(
                "an elevated PowerShell",
                format!(
                    "& {}",
                    powershell(&folder.join(SCRIPT_FILE).display().to_string())
                ),
            ),
            set(
                "the binding, to use cached CRLs only",
                "netsh http update sslcert … verifyrevocationwithcachedclientcertonly=enable"
                    .to_owned(),
            ),
        ],
        Server::OpensslDir => vec![set(
            "openssl, and software with an OpenSSL folder",
            format!(
                "openssl verify -crl_check_all -CApath {} …",
                quoted(&folder.display().to_string(), &['\\', '"', '$', '`'])
            ),
        )],
    }
}

fn java(folder: &Path) -> Vec<Setting> {
    let path = folder.join(PEM_FILE).display().to_string();
    let attribute = path
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    let literal = path.replace('\\', "\\\\").replace('"', "\\\"");
    vec![
        Setting {
            place: "Tomcat, on SSLHostConfig",
            line: format!(
                "certificateVerification=\"required\" certificateRevocationListFile=\"{attribute}\""
            ),
        },
        Setting {
            place: "Java code, for PKIXBuilderParameters.addCertStore, with setRevocationEnabled(true)",
            line: format!(
                "CertStore.getInstance(\"Collection\", new CollectionCertStoreParameters(CertificateFactory.getInstance(\"X.509\").generateCRLs(new FileInputStream(\"{literal}\"))))"
            ),
        },
        Setting {
            place: "java, to let PKIX fetch HTTP distribution points that are not in the file; it can never fetch a directory name",
            line: "-Dcom.sun.security.enableCRLDP=true".to_owned(),
        },
        Setting {
            place: "java, to make the default trust manager check revocation at all; it cannot read a CRL file",
            line: "-Dcom.sun.net.ssl.checkRevocation=true".to_owned(),
        },
    ]
}

/// A word of a configuration file, in double quotes where it needs them.
fn quoted(text: &str, escaped: &[char]) -> String {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ':' | '+' | ',' | '@');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if escaped.contains(&c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Text in single quotes, as PowerShell takes it.
pub(in crate::export) fn powershell(text: &str) -> String {
    // Typographic quotes are quotes to PowerShell too.
    let mut quoted = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}
