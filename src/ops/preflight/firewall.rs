//! What the firewalls between an endpoint and an environment have to let through.

use super::crls::crls;
use super::{Options, PreflightError};
use crate::ops::peer::Own;
use crate::ops::{Context, probe};

/// A rule that the firewall needs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct FirewallRule {
    /// `outbound` or `inbound`, as seen from the supplier.
    pub direction: &'static str,
    /// The source.
    pub source: String,
    /// The destination.
    pub destination: String,
    /// The TCP port.
    pub port: u16,
    /// The purpose.
    pub purpose: &'static str,
}

/// What an endpoint of an environment needs of a firewall: the environment's hosts and those of its CRLs.
///
/// # Errors
/// When there is no such environment.
pub fn firewall_rules(
    options: &Options,
    context: &Context<'_>,
) -> Result<Vec<FirewallRule>, PreflightError> {
    let id = options.environment.to_ascii_lowercase();
    let environment = context
        .facts
        .environment(&id)
        .ok_or_else(|| PreflightError::UnknownEnvironment(options.environment.clone()))?;
    let own = options
        .own
        .as_ref()
        .and_then(|files| Own::read(files, context).ok());
    let fqdn = options.fqdn.to_string();
    let outbound = |destination: &str, port: u16, purpose: &'static str| FirewallRule {
        direction: "outbound",
        source: fqdn.clone(),
        destination: destination.to_owned(),
        port,
        purpose,
    };
    let mut rules: Vec<FirewallRule> = Vec::new();
    for host in &environment.ssp {
        rules.push(outbound(
            host,
            probe::PORT,
            "requests through the Spine Secure Proxy",
        ));
    }
    if let Some(domain) = &environment.hscn_domain {
        rules.push(outbound(
            &format!("ldap.{domain}"),
            probe::LDAPS,
            "SDS look-ups (LDAP over TLS)",
        ));
        rules.push(outbound(
            &format!("msg.{domain}"),
            probe::PORT,
            "Spine messaging",
        ));
    }
    for (host, port) in crls(own.as_ref(), &options.clients, environment, context).hosts {
        rules.push(outbound(&host, port, "CRL downloads"));
    }
    for host in environment.ssp.iter().chain(&environment.caller) {
        rules.push(FirewallRule {
            direction: "inbound",
            source: host.clone(),
            destination: fqdn.clone(),
            port: probe::PORT,
            purpose: "calls to the endpoint (mutual TLS)",
        });
    }
    Ok(rules)
}
