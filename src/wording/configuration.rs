//! What is wrong with a server's configuration, in sentences.

use super::{Voice, Words, explain, say, servers};
use crate::input::printable;
use crate::verdict::configuration::{self, ConfigurationProblem, UnexaminedKind};
use crate::verdict::plan::Server;

/// Says a problem, with its facts; what to do does not depend on them: it is the remedy of the explanation. Of a file that does
/// not open the path is right, and the password is not.
pub fn say_configuration(problem: &ConfigurationProblem, voice: Voice) -> Words {
    let message = match problem {
        ConfigurationProblem::TestFailed { command, output } => match output.as_str() {
            "" => format!("{command} refuses it without a message"),
            output => format!("{command} refuses it: {output}"),
        },
        ConfigurationProblem::FileUnreadable { path, reason }
        | ConfigurationProblem::FileLocked { path, reason } => format!("{path} cannot be used: {reason}"),
        ConfigurationProblem::CertificateExpired { name, not_after, more } => {
            let expired = format!("the certificate of {name} expired on {}", not_after.date());
            match more {
                0 => expired,
                1 => format!("{expired}, and so has 1 more in the file"),
                more => format!("{expired}, and so have {more} more in the file"),
            }
        }
        ConfigurationProblem::CertificateUnfit { name, problem, .. } => {
            format!("the certificate of {name} is not good for a server: {}", say(problem, voice).message)
        }
        ConfigurationProblem::CertificateOtherHost { name, host } => {
            format!("the certificate of {name} does not name {host}, as the configuration calls the server")
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
            "clients are not asked for a certificate in the handshake".to_owned()
        }
        ConfigurationProblem::ClientsOptional { off: false } => {
            "a client certificate is optional: a client without one completes the handshake".to_owned()
        }
        ConfigurationProblem::ClientsUnverified => {
            "clients' certificates need not come from a trusted CA: a self-signed one may have any name".to_owned()
        }
        ConfigurationProblem::AddressPlain { address, first } => format!(
            "the server speaks plain HTTP at {address} and asks no client for a certificate: {first} comes first there, and has no TLS"
        ),
        ConfigurationProblem::AnyClient { hosts } => match hosts.as_slice() {
            [] => "every client of the trusted CAs can get in: no rule refuses clients by name for every request"
                .to_owned(),
            hosts => format!(
                "every client of the trusted CAs can get in: no rule refuses all but {} for every request",
                hosts.join(" and ")
            ),
        },
        ConfigurationProblem::GenerationMissing { generation, roots } => {
            format!("{generation} is not trusted: {} is missing", roots.join(" and "))
        }
        ConfigurationProblem::GenerationUnnamed { generation, roots } => format!(
            "{generation} is trusted but not named to clients: {} is not among the CAs of the CertificateRequest",
            roots.join(" and ")
        ),
        ConfigurationProblem::TrustAbsent { server: Server::Java } => {
            "no truststoreFile is configured, and Java reads no other file of CAs: clients of the CAs of the Java installation are \
             accepted, and no others"
                .to_owned()
        }
        ConfigurationProblem::TrustAbsent { .. } => {
            "no CA is configured for clients' certificates: no client can be accepted".to_owned()
        }
        ConfigurationProblem::TrustUnknown => {
            "none of the trusted CAs is of a known environment: clients of the Spine are refused".to_owned()
        }
        ConfigurationProblem::UntrustedCa { name, path, more: 0 } => {
            format!("{path} trusts {name}, which is not one of the environment's CAs")
        }
        ConfigurationProblem::UntrustedCa { name, path, more } => {
            format!("{path} trusts {name} and {more} more, which are not CAs of the environment")
        }
        ConfigurationProblem::DefaultTrustsMore { default, names, more } => {
            let names = match more {
                0 => names.join(" and "),
                more => format!("{} and {more} more", names.join(", ")),
            };
            format!(
                "a client that sends no host name (SNI) is checked by the default server of the address, {default}, \
                 which also trusts {names}"
            )
        }
        ConfigurationProblem::DefaultLacksCrls { default } => format!(
            "a client that sends no host name (SNI) is checked by the default server of the address, {default}, \
             which does not have all of these CRLs"
        ),
        ConfigurationProblem::CrlUnchecked { server: Server::Apache } => {
            "CRLs are configured, but SSLCARevocationCheck is not set: no client is checked".to_owned()
        }
        ConfigurationProblem::CrlUnchecked { .. } => {
            "CRLs are configured, but clients' certificates are not checked".to_owned()
        }
        ConfigurationProblem::CrlLeafOnly => {
            "only the client's own certificate is checked for revocation, not the sub CA".to_owned()
        }
        ConfigurationProblem::ErrorsIgnored { setting } => {
            format!("{setting} is set: clients are admitted although their certificates were revoked or not checked")
        }
        ConfigurationProblem::CrlMissingAccepted { issuers } => match issuers.as_slice() {
            [] => "no_crl_for_cert_ok is set: clients are admitted unchecked where a CRL is missing".to_owned(),
            issuers => format!(
                "no_crl_for_cert_ok is set: clients are admitted unchecked, because no CRL covers certificates issued by {}",
                issuers.join(", ")
            ),
        },
        ConfigurationProblem::CrlAbsent { .. } => {
            "client certificates are checked, but no CRL is configured".to_owned()
        }
        ConfigurationProblem::CrlIncomplete { lacking } => {
            let names = configuration::lacking(lacking);
            format!("no CRL covers certificates issued by {}", names.join(", "))
        }
        ConfigurationProblem::CrlMishandled { server, fault, more } => {
            let said = servers::fault(fault, Some(*server));
            match more {
                0 => said,
                more => format!("{said}; {more} more such faults were found"),
            }
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
        ConfigurationProblem::Version { versions, default } => match versions.as_slice() {
            [only] => format!("{only} is permitted{}", by(default.as_deref())),
            several => format!("{} are permitted{}", several.join(", "), by(default.as_deref())),
        },
        ConfigurationProblem::VersionLacking { only, default } => match only.as_slice() {
            [] => format!("no version of TLS is permitted{}", by(default.as_deref())),
            [only] => format!("only {only} is permitted{}, not TLS 1.2", by(default.as_deref())),
            several => format!("only {} are permitted{}, not TLS 1.2", several.join(", "), by(default.as_deref())),
        },
        ConfigurationProblem::VersionUnset { server, default } => format!(
            "no TLS version is configured{}: the default counts, with which {} may accept TLS 1.0 and 1.1",
            match default {
                Some(default) => format!(" for the default server of the address, {default}"),
                None => String::new(),
            },
            match server {
                Server::Nginx => "nginx before 1.27.3",
                Server::Apache => "Apache",
                _ => "the server",
            }
        ),
        ConfigurationProblem::Suite { suites } => {
            format!("outside the Spine's list: {}", suites.join(", "))
        }
        ConfigurationProblem::SecurityLevel { name } => {
            format!("{name} is trusted and signed with SHA-1, but the security level is not 0")
        }
        ConfigurationProblem::NotExamined { part, text } => match part {
            UnexaminedKind::Condition => format!("which clients this admits was not understood: {text}"),
            UnexaminedKind::Setting => format!("this setting and when it applies were not understood: {text}"),
            UnexaminedKind::PathWithVariable => format!("{text} was not read: its path has a variable"),
            UnexaminedKind::PasswordWithVariable => {
                format!("{text} was not read: its password has a variable")
            }
            UnexaminedKind::RelativePath => {
                format!("{text} was not read: the configuration does not say where its path starts")
            }
            UnexaminedKind::NotAFile => format!("{text} was not read: it is not a file"),
            UnexaminedKind::Include => format!(
                "{text} was not read: it is missing, outside the folder that was given, or a pattern that was not \
                 understood"
            ),
        },
        ConfigurationProblem::OtherNames { hosts, admitted } => format!(
            "{} is admitted, but not {}: whether that is intended was not decided",
            admitted.join(" or "),
            hosts.join(" or ")
        ),
    };
    Words {
        // It contains paths, names and what a server said.
        message: printable(&message),
        remedy: match problem {
            ConfigurationProblem::FileLocked { .. } => voice.pick(
                "Give the server the password that the file is encrypted with, or write the file again with ptl-cert export \
                 --for SERVER.",
                "Give the server the password that the file is encrypted with, or write the file again.",
            ),
            ConfigurationProblem::NotExamined {
                part: UnexaminedKind::PasswordWithVariable,
                ..
            } => "Give a copy of the configuration with the password written out, in a file that only you can read.".to_owned(),
            _ => explain(problem.code(), voice).remedy.into_owned(),
        },
    }
}

/// The default server of an address, where that is what permits something.
fn by(default: Option<&str>) -> String {
    match default {
        Some(default) => format!(" by the default server of the address, {default}"),
        None => String::new(),
    }
}
