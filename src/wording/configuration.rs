//! What is wrong with a server's configuration, in sentences.

use super::{Words, explain};
use crate::verdict::configuration::ConfigurationProblem;
use crate::verdict::plan::Server;

/// Says a problem, with its facts; what to do is the explanation's remedy, because it does not depend on them.
pub fn say_configuration(problem: &ConfigurationProblem) -> Words {
    let message = match problem {
        ConfigurationProblem::TestFailed { command, said } => match said.as_str() {
            "" => format!("{command} refuses it without a message"),
            said => format!("{command} refuses it: {said}"),
        },
        ConfigurationProblem::FileUnreadable { path, why } => format!("{path} cannot be used: {why}"),
        ConfigurationProblem::CertificateExpired { name, not_after } => {
            format!("the certificate of {name} expired on {}", not_after.date())
        }
        ConfigurationProblem::KeyMismatch { certificate, key } => {
            format!("the private key in {key} is not that of the certificate of {certificate}")
        }
        ConfigurationProblem::KeyReadable { path } => {
            format!("{path} holds a private key and others can read it")
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
            let mut names: Vec<String> = lacking
                .needs()
                .filter(|(_, need)| !need.state.has_crls())
                .map(|(authority, _)| authority.name.short())
                .collect();
            names.dedup();
            format!("no CRL answers for certificates issued by {}", names.join(", "))
        }
        ConfigurationProblem::CrlExpired { issuer, since } => {
            format!("the CRL of {issuer} expired on {}", since.to_minute())
        }
        ConfigurationProblem::CrlNotLoaded {
            path,
            changed,
            started,
        } => format!(
            "{path} was changed at {}, but the server has run since {}",
            changed.to_minute(),
            started.to_minute()
        ),
        ConfigurationProblem::Depth { set, needed } => {
            format!("chains are checked to a depth of {set}; those of the trusted CAs need {needed}")
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
        message,
        remedy: explain(problem.code()).remedy.to_owned(),
    }
}
