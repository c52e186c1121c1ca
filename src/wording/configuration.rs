//! What is wrong with a server's configuration, in sentences.

use super::{Voice, Words, explain};
use crate::input::printable;
use crate::verdict::configuration::{self, ConfigurationProblem};
use crate::verdict::plan::Server;

/// Says a problem, with its facts; what to do does not depend on them: for the command line it is the remedy of the explanation.
pub fn say_configuration(problem: &ConfigurationProblem, voice: Voice) -> Words {
    let message = match problem {
        ConfigurationProblem::TestFailed { command, output } => match output.as_str() {
            "" => format!("{command} refuses it without a message"),
            output => format!("{command} refuses it: {output}"),
        },
        ConfigurationProblem::FileUnreadable { path, reason } => format!("{path} cannot be used: {reason}"),
        ConfigurationProblem::CertificateExpired { name, not_after } => {
            format!("the certificate of {name} expired on {}", not_after.date())
        }
        ConfigurationProblem::KeyMismatch { certificate, key } => {
            format!("the private key in {key} does not match the certificate of {certificate}")
        }
        ConfigurationProblem::KeyReadable { path } => {
            format!("other users can read {path}, which holds a private key")
        }
        ConfigurationProblem::SubCaUnsent { issuer } => {
            format!("the file does not hold the sub CA {issuer}, so the server does not send it")
        }
        ConfigurationProblem::ClientsOptional { off: true } => {
            "clients are not asked for a certificate".to_owned()
        }
        ConfigurationProblem::ClientsOptional { off: false } => {
            "a client certificate is optional: clients without one are admitted".to_owned()
        }
        ConfigurationProblem::AnyClient { hosts } => match hosts.as_slice() {
            [] => "every client of the trusted CAs is admitted: no condition compares the client's name".to_owned(),
            hosts => format!(
                "every client of the trusted CAs is admitted: no condition compares the client's name with {}",
                hosts.join(" or ")
            ),
        },
        ConfigurationProblem::GenerationMissing { generation, roots } => {
            format!("{generation} is not trusted: {} is missing", roots.join(" and "))
        }
        ConfigurationProblem::UntrustedCa { name, path } => {
            format!("{path} trusts {name}, which is not one of the environment's CAs")
        }
        ConfigurationProblem::CrlUnchecked { server: Server::Apache } => {
            "CRLs are configured, but SSLCARevocationCheck is not set: no client is checked".to_owned()
        }
        ConfigurationProblem::CrlUnchecked { .. } => {
            "CRLs are configured, but clients' certificates are not checked".to_owned()
        }
        ConfigurationProblem::CrlLeafOnly => {
            "only the client's own certificate is checked for revocation, not the sub CA".to_owned()
        }
        ConfigurationProblem::CrlAbsent { .. } => {
            "client certificates are checked, but no CRL is configured".to_owned()
        }
        ConfigurationProblem::CrlIncomplete { lacking } => {
            let names = configuration::lacking(lacking);
            format!("no CRL covers certificates issued by {}", names.join(", "))
        }
        ConfigurationProblem::CrlStale { issuer, since } => {
            format!("the CRL of {issuer} expired on {}", since.to_minute())
        }
        ConfigurationProblem::CrlNotLoaded {
            path,
            changed,
            started,
        } => format!(
            "{path} was changed at {}, but the server has been running since {}",
            changed.to_minute(),
            started.to_minute()
        ),
        ConfigurationProblem::Depth { configured, required } => {
            format!("chains are checked to a depth of {configured}; those of the trusted CAs need {required}")
        }
        ConfigurationProblem::Version { versions } => format!("{} is permitted", versions.join(", ")),
        ConfigurationProblem::Suite { suites } => {
            format!("outside the Spine's list: {}", suites.join(", "))
        }
        ConfigurationProblem::SecurityLevel { name } => {
            format!("{name} is trusted and signed with SHA-1, but the security level is not 0")
        }
    };
    Words {
        // It contains paths, names and what a server said.
        message: printable(&message),
        remedy: voice
            .pick(explain(problem.code()).remedy, remedy(problem))
            .to_owned(),
    }
}

/// What to do, for a reader of any program.
fn remedy(problem: &ConfigurationProblem) -> &'static str {
    match problem {
        ConfigurationProblem::TestFailed { .. } => {
            "fix what the message names, run the server's own test again, and reload"
        }
        ConfigurationProblem::FileUnreadable { .. } => {
            "correct the path, or write the file again; relative paths count from the server's own folder"
        }
        ConfigurationProblem::CertificateExpired { .. } => {
            "install the renewed certificate, and reload the server"
        }
        ConfigurationProblem::KeyMismatch { .. } => {
            "find the key that the certificate was requested with, or install a pair that belongs together"
        }
        ConfigurationProblem::KeyReadable { .. } => {
            "restrict the file to its owner (0600); if others may have read it, ask for a new certificate with a new key"
        }
        ConfigurationProblem::SubCaUnsent { .. } => {
            "append the sub CA's certificate after the server's own in the file that it sends"
        }
        ConfigurationProblem::ClientsOptional { .. } => {
            "set ssl_verify_client on (nginx), SSLVerifyClient require (Apache), verify required (HAProxy) or \
             certificateVerification=\"required\" (Tomcat)"
        }
        ConfigurationProblem::AnyClient { .. } => {
            "compare the client's name, CN or subjectAltName, with the Spine Secure Proxy's, and answer 403 to all others"
        }
        ConfigurationProblem::GenerationMissing { .. } => {
            "add the CAs of every generation to the trust bundle, and reload the server"
        }
        ConfigurationProblem::UntrustedCa { .. } => {
            "remove it, or, if it is a new CA of the NHS, compare its SHA-256 and add it to the facts"
        }
        ConfigurationProblem::CrlUnchecked { .. } | ConfigurationProblem::CrlLeafOnly => {
            "set SSLCARevocationCheck chain (Apache), ssl_verify_client on (nginx) or verify required (HAProxy)"
        }
        ConfigurationProblem::CrlAbsent { .. } => {
            "write the CRLs into a file and name it: ssl_crl, SSLCARevocationFile, crl-file, \
             certificateRevocationListFile"
        }
        ConfigurationProblem::CrlIncomplete { .. } => {
            "add the missing CRLs to the server's file, and reload the server"
        }
        ConfigurationProblem::CrlStale { .. } => {
            "get the current CRL, write it into the server's file, and reload the server"
        }
        ConfigurationProblem::CrlNotLoaded { .. } => {
            "reload the server: nginx -s reload, apachectl graceful, systemctl reload haproxy, systemctl restart tomcat10"
        }
        ConfigurationProblem::Depth { .. } => {
            "set ssl_verify_depth 2 (nginx) or SSLVerifyDepth 2 (Apache)"
        }
        ConfigurationProblem::Version { .. } => {
            "permit TLS 1.2 and TLS 1.3 only: ssl_protocols (nginx), SSLProtocol (Apache), ssl-min-ver (HAProxy), \
             protocols (Tomcat)"
        }
        ConfigurationProblem::Suite { .. } => {
            "set the Spine's suites in their order; for TLS 1.3 leave out ChaCha20"
        }
        ConfigurationProblem::SecurityLevel { .. } => {
            "if partners still use that generation, add @SECLEVEL=0 to the suites; if not, leave its CAs out of the bundle"
        }
    }
}
