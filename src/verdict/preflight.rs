//! The Path to Live checklist: what is checked, what was observed, what that means.
//!
//! [`crate::ops::preflight`] makes the checks; this module has their results as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::configuration::SiteFault;
use super::{Code, Finding, Severity};
use crate::document::Moment;

/// A check of the checklist.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CheckId {
    /// The name follows the NHS's naming rules.
    NameRules,
    /// The name does not point to another environment.
    NameEnvironment,
    /// The name resolves.
    NameResolves,
    /// Certificate and key are there and belong together.
    KeyPair,
    /// The certificate is good for the environment, as a server's.
    ServerCertificate,
    /// The certificate is good for the environment, as a client's.
    ClientCertificate,
    /// The certificate does not expire soon.
    Expiry,
    /// The facts hold the CAs of every generation.
    Generations,
    /// The trust bundle of the server holds them too.
    TrustBundle,
    /// The trust store of the system holds the roots.
    SystemTrust,
    /// Every CRL that is needed is in the cache and current.
    Crls,
    /// The hosts of the CRLs can be connected to.
    CrlHosts,
    /// The Spine Secure Proxy can be connected to and accepts the certificate.
    SpineProxy,
    /// The supplier's endpoint answers as the NHS rules require.
    Endpoint,
    /// The server's configuration is sound.
    Configuration,
    /// Calls from the NHS reach the endpoint.
    Inbound,
    /// The clock is right.
    Clock,
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Names and DNS.
    Names,
    /// Keys and certificates.
    Certificates,
    /// CAs and trust.
    Trust,
    /// CRLs.
    Revocation,
    /// Connections.
    Connections,
}

/// Who can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Team {
    /// The supplier's server team.
    Own,
    /// The DNS team.
    Dns,
    /// The firewall or network team.
    Firewall,
    /// The NHS.
    Nhs,
}

/// The outcome of a check.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// It does not apply, or nothing was given to check.
    NotApplicable,
    /// As required.
    Pass,
    /// Works today, but will not always.
    Warn,
    /// It could not be determined.
    NotDecided,
    /// Not as required.
    Fail,
}

impl CheckId {
    /// All, in the order of the checklist.
    pub const ALL: [CheckId; 17] = [
        CheckId::NameRules,
        CheckId::NameEnvironment,
        CheckId::NameResolves,
        CheckId::KeyPair,
        CheckId::ServerCertificate,
        CheckId::ClientCertificate,
        CheckId::Expiry,
        CheckId::Generations,
        CheckId::TrustBundle,
        CheckId::SystemTrust,
        CheckId::Crls,
        CheckId::CrlHosts,
        CheckId::SpineProxy,
        CheckId::Endpoint,
        CheckId::Configuration,
        CheckId::Inbound,
        CheckId::Clock,
    ];

    /// The name of a check.
    pub fn as_str(self) -> &'static str {
        match self {
            CheckId::NameRules => "name-rules",
            CheckId::NameEnvironment => "name-environment",
            CheckId::NameResolves => "name-resolves",
            CheckId::KeyPair => "key-pair",
            CheckId::ServerCertificate => "server-certificate",
            CheckId::ClientCertificate => "client-certificate",
            CheckId::Expiry => "expiry",
            CheckId::Generations => "generations",
            CheckId::TrustBundle => "trust-bundle",
            CheckId::SystemTrust => "system-trust",
            CheckId::Crls => "crls",
            CheckId::CrlHosts => "crl-hosts",
            CheckId::SpineProxy => "spine-proxy",
            CheckId::Endpoint => "endpoint",
            CheckId::Configuration => "configuration",
            CheckId::Inbound => "inbound",
            CheckId::Clock => "clock",
        }
    }

    /// The check with this name.
    pub fn parse(text: &str) -> Option<CheckId> {
        CheckId::ALL.into_iter().find(|id| id.as_str() == text)
    }

    /// Whether it needs the network. Only such a check is worth taking over from an earlier run: the others take no time,
    /// and the files that they look at may have changed.
    pub fn is_remote(self) -> bool {
        matches!(
            self,
            CheckId::NameResolves
                | CheckId::CrlHosts
                | CheckId::SpineProxy
                | CheckId::Endpoint
                | CheckId::Inbound
                | CheckId::Clock
        )
    }

    /// What it is about.
    pub fn group(self) -> Group {
        match self {
            CheckId::NameRules | CheckId::NameEnvironment | CheckId::NameResolves => Group::Names,
            CheckId::KeyPair
            | CheckId::ServerCertificate
            | CheckId::ClientCertificate
            | CheckId::Expiry => Group::Certificates,
            CheckId::Generations | CheckId::TrustBundle | CheckId::SystemTrust => Group::Trust,
            CheckId::Crls | CheckId::CrlHosts => Group::Revocation,
            CheckId::SpineProxy
            | CheckId::Endpoint
            | CheckId::Configuration
            | CheckId::Inbound
            | CheckId::Clock => Group::Connections,
        }
    }

    /// Who can help where it is not as it has to be.
    pub fn team(self) -> Team {
        match self {
            CheckId::NameResolves => Team::Dns,
            CheckId::CrlHosts | CheckId::Inbound => Team::Firewall,
            CheckId::SpineProxy
            | CheckId::NameEnvironment
            | CheckId::ServerCertificate
            | CheckId::ClientCertificate => Team::Nhs,
            _ => Team::Own,
        }
    }
}

impl CheckId {
    /// Who can help where these findings were made: what is between here and there is the network's business.
    pub fn team_for(self, codes: &[Code]) -> Team {
        if self == CheckId::Endpoint {
            return self.team();
        }
        let is_of = |some: &[Code]| codes.iter().any(|code| some.contains(code));
        let network = [
            Code::TcpRefused,
            Code::TcpFiltered,
            Code::TcpPartly,
            Code::ProxyFailed,
            Code::CaptivePortal,
            Code::TlsSilent,
            Code::TlsCut,
            Code::Intercepted,
        ];
        match self {
            _ if is_of(&[Code::DnsNotFound, Code::DnsTimedOut]) => Team::Dns,
            _ if is_of(&network) => Team::Firewall,
            // The certificate is good: the file that the server sends is not.
            CheckId::ServerCertificate | CheckId::ClientCertificate
                if !codes.is_empty() && codes.iter().all(|code| *code == Code::SubCaNotSent) =>
            {
                Team::Own
            }
            _ => self.team(),
        }
    }
}

/// What a check observed: in JSON an object with its `kind` and the facts of that kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the fields are what their names say; the sentences are in wording::preflight"
)]
pub enum Observed {
    /// The name follows the rules.
    NameGood,
    /// The rules that it breaks, in the words of [`crate::fqdn`].
    NameFaults { rules: Vec<String> },
    /// The environment that the name hints at.
    NameHints { hint: String, asked: String },
    /// It hints at none.
    NameWithoutHint,
    /// It resolves.
    Resolves { addresses: Vec<String> },
    /// What is needed was not given.
    NotGiven { input: GivenInput },
    /// Certificate and key belong together.
    PairGood {
        subject: String,
        issuer: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        generation: Option<String>,
    },
    /// They cannot be used; why.
    PairBad { reason: String },
    /// The certificate is verified, with or without revocation.
    Verified { issuer: String, revocation: bool },
    /// When it expires.
    Expires { not_after: Moment, days: i64 },
    /// The generations of which the CAs are known, and those of which they are not, or have expired.
    Generations {
        known: Vec<String>,
        lacking: Vec<String>,
    },
    /// What a trust bundle lacks.
    Bundle { lacking: Vec<String> },
    /// The roots that the system's trust store holds, and those that it does not.
    SystemStore {
        held: Vec<String>,
        lacking: Vec<String>,
    },
    /// The system's trust store cannot be read here.
    SystemStoreUnknown,
    /// The sites of a server's configuration, in which nothing is wrong.
    ConfigurationGood { sites: usize },
    /// Something that is wrong with a configuration, at a line of it.
    ConfigurationFault { fault: Box<SiteFault> },
    /// No configuration of a known server is there.
    ConfigurationUnknown { path: String },
    /// The CRLs that are current, until the first of them expires.
    CrlsGood {
        number: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    /// The CRLs that are not there, or not current.
    CrlsLacking { crls: Vec<String> },
    /// No client's partition is known.
    CrlsUnknown { number: usize },
    /// The hosts connected to.
    HostsGood { hosts: Vec<String> },
    /// A host to which downloads go through an HTTP proxy.
    BehindProxy { host: String },
    /// A listener's record of a call that it admitted.
    CallerSeen { caller: String, at: String },
    /// The other side did what is required.
    Connected { host: String, answer: String },
    /// The endpoint presents another certificate than the one given.
    OtherCertificate {
        host: String,
        serial: String,
        not_after: Moment,
    },
    /// It can be reached and asks for a certificate, but none was given.
    CertificateWanted { host: String },
    /// Whether calls arrive cannot be determined from here.
    InboundUnknown {
        caller: String,
        port: u16,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        passed_over: Vec<PassedCalls>,
    },
    /// The clocks agree within this many seconds.
    ClockGood { seconds: i64 },
    /// No server sent the time.
    ClockUnknown,
    /// A finding, which decides by its severity.
    Found {
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<String>,
        finding: Box<Finding>,
    },
    /// A finding that leaves the check open.
    Open {
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<String>,
        finding: Box<Finding>,
    },
    /// It failed in a way that is not a finding.
    Failed { reason: String },
    /// It was not made; why.
    NotMade { reason: String },
}

/// Entries of a listener's log that do not show that calls from the NHS reach this endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PassedCalls {
    /// Why not.
    pub reason: CallPassedOver,
    /// How many.
    pub number: usize,
}

/// Why an entry of a listener's log does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallPassedOver {
    /// It is no record of a call.
    NoCall,
    /// The call was not admitted.
    NotAdmitted,
    /// The caller is no NHS host that calls endpoints of the environment.
    OtherCaller,
    /// The call was to another endpoint.
    OtherEndpoint,
    /// The listener ran for another environment, or the record of the listener is missing.
    OtherEnvironment,
    /// The call is more than 30 days old, older than the certificate, or in the future.
    OtherTime,
}

/// What may be missing from the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GivenInput {
    /// A certificate and its key.
    Certificate,
    /// A trust bundle.
    Bundle,
    /// The address of the endpoint.
    Endpoint,
    /// The server's configuration.
    Configuration,
}

impl Observed {
    pub(crate) fn failed(reason: impl Into<String>) -> Observed {
        Observed::Failed {
            reason: reason.into(),
        }
    }

    pub(crate) fn not_given(input: GivenInput) -> Observed {
        Observed::NotGiven { input }
    }

    /// What it means.
    pub fn outcome(&self) -> CheckOutcome {
        match self {
            Observed::NameGood
            | Observed::Resolves { .. }
            | Observed::PairGood { .. }
            | Observed::CrlsGood { .. }
            | Observed::HostsGood { .. }
            | Observed::CallerSeen { .. }
            | Observed::Connected { .. }
            | Observed::ConfigurationGood { .. }
            | Observed::ClockGood { .. } => CheckOutcome::Pass,
            // A certificate that may be revoked does not pass.
            Observed::Verified { revocation, .. } => match revocation {
                true => CheckOutcome::Pass,
                false => CheckOutcome::NotDecided,
            },
            // The one that it presents is judged by itself.
            Observed::OtherCertificate { .. } => CheckOutcome::Warn,
            Observed::NameHints { hint, asked } => match hint.eq_ignore_ascii_case(asked) {
                true => CheckOutcome::Pass,
                false => CheckOutcome::Warn,
            },
            Observed::Expires { days, .. } => match days {
                ..0 => CheckOutcome::Fail,
                0..60 => CheckOutcome::Warn,
                _ => CheckOutcome::Pass,
            },
            Observed::Generations { lacking, .. } | Observed::Bundle { lacking } => {
                match lacking.is_empty() {
                    true => CheckOutcome::Pass,
                    false => CheckOutcome::Fail,
                }
            }
            // Most servers trust by a file of their own.
            Observed::SystemStore { lacking, .. } => match lacking.is_empty() {
                true => CheckOutcome::Pass,
                false => CheckOutcome::NotApplicable,
            },
            Observed::ConfigurationFault { fault } => match fault.problem.code().severity() {
                Severity::Error => CheckOutcome::Fail,
                Severity::Warning => CheckOutcome::Warn,
                Severity::Note => CheckOutcome::Pass,
            },
            Observed::NameWithoutHint
            | Observed::NotGiven { .. }
            | Observed::SystemStoreUnknown => CheckOutcome::NotApplicable,
            Observed::CrlsUnknown { .. }
            | Observed::BehindProxy { .. }
            | Observed::CertificateWanted { .. }
            | Observed::InboundUnknown { .. }
            | Observed::ClockUnknown
            | Observed::ConfigurationUnknown { .. }
            | Observed::NotMade { .. }
            | Observed::Open { .. } => CheckOutcome::NotDecided,
            Observed::NameFaults { .. }
            | Observed::PairBad { .. }
            | Observed::CrlsLacking { .. }
            | Observed::Failed { .. } => CheckOutcome::Fail,
            Observed::Found { finding, .. } => match finding.problem.severity() {
                Severity::Error => CheckOutcome::Fail,
                Severity::Warning => CheckOutcome::Warn,
                Severity::Note => CheckOutcome::Pass,
            },
        }
    }
}

/// The outcome of several: the worst; not applicable if all are.
pub fn worst(outcomes: impl IntoIterator<Item = CheckOutcome>) -> CheckOutcome {
    outcomes
        .into_iter()
        .max()
        .unwrap_or(CheckOutcome::NotApplicable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_found_by_its_word_and_the_word_is_the_one_in_json() {
        for id in CheckId::ALL {
            assert_eq!(CheckId::parse(id.as_str()), Some(id));
            let json = serde_json::to_value(id).unwrap();
            assert_eq!(json, id.as_str());
        }
        assert_eq!(CheckId::parse("nothing"), None);
    }

    #[test]
    fn a_sub_ca_that_is_not_in_the_own_file_is_for_the_server_team_and_a_bad_certificate_for_the_nhs()
     {
        let check = CheckId::ServerCertificate;
        assert_eq!(check.team_for(&[Code::SubCaNotSent]), Team::Own);
        let both = [Code::Expired, Code::SubCaNotSent];
        assert_eq!(check.team_for(&both), Team::Nhs);
        assert_eq!(check.team_for(&[]), Team::Nhs);
    }

    #[test]
    fn what_was_observed_is_written_with_its_kind_and_its_facts() {
        let json = |saw: &Observed| serde_json::to_value(saw).unwrap();
        let not_after: Moment = "2027-01-08T00:00:00Z".parse().unwrap();
        assert_eq!(
            json(&Observed::Expires { not_after, days: 7 }),
            serde_json::json!({ "kind": "expires", "not_after": "2027-01-08T00:00:00Z", "days": 7 })
        );
        assert_eq!(
            json(&Observed::not_given(GivenInput::Bundle)),
            serde_json::json!({ "kind": "not_given", "input": "bundle" })
        );
        assert_eq!(
            json(&Observed::NameGood),
            serde_json::json!({ "kind": "name_good" })
        );
        let finding = Finding {
            subject: crate::verdict::Subject {
                object: None,
                name: "a.nhs.uk".to_owned(),
                origin: crate::input::Origin::whole(&std::sync::Arc::new(
                    crate::input::Source::given("a file"),
                )),
            },
            problem: crate::verdict::Problem::SelfSigned,
        };
        let found = json(&Observed::Found {
            host: None,
            finding: Box::new(finding),
        });
        assert_eq!(found["kind"], "found");
        assert_eq!(found["finding"]["code"], "self-signed");
        assert_eq!(found["finding"]["facts"], serde_json::json!({}));
        assert!(found.get("host").is_none());
    }

    #[test]
    fn a_certificate_whose_revocation_was_not_checked_does_not_pass() {
        let verified = |revocation| Observed::Verified {
            issuer: "CA".to_owned(),
            revocation,
        };
        assert_eq!(verified(true).outcome(), CheckOutcome::Pass);
        assert_eq!(verified(false).outcome(), CheckOutcome::NotDecided);
    }

    #[test]
    fn one_failure_outweighs_everything_that_passes() {
        let outcomes = [
            CheckOutcome::Pass,
            CheckOutcome::Fail,
            CheckOutcome::NotDecided,
        ];
        assert_eq!(worst(outcomes), CheckOutcome::Fail);
        assert_eq!(worst([]), CheckOutcome::NotApplicable);
    }
}
