//! What the checks of the Path to Live checklist say.

use super::phrase::span;
use super::{Voice, Words, say};
use crate::verdict::preflight::{
    CallPassedOver, CheckId, GivenInput, Group, Observed, PassedCalls, Team,
};

/// What a check is called.
pub fn title(id: CheckId) -> &'static str {
    match id {
        CheckId::NameRules => "The host name follows the NHS naming rules",
        CheckId::NameEnvironment => "The host name fits the environment",
        CheckId::NameResolves => "The host name resolves",
        CheckId::KeyPair => "Certificate and private key belong together",
        CheckId::ServerCertificate => "The certificate is valid for your server",
        CheckId::ClientCertificate => "The certificate is valid for your client",
        CheckId::Expiry => "The certificate does not expire soon",
        CheckId::Generations => "The CAs of every generation are known",
        CheckId::TrustBundle => "Your trust bundle holds the CAs of every generation",
        CheckId::SystemTrust => "The system's trust store holds the roots",
        CheckId::Crls => "Every CRL you need is cached and current",
        CheckId::CrlHosts => "The CRL hosts can be reached",
        CheckId::SpineProxy => "The Spine Secure Proxy can be reached and accepts your certificate",
        CheckId::Endpoint => "Your endpoint requires a client certificate and permitted TLS",
        CheckId::Configuration => "Your server's configuration is sound",
        CheckId::Inbound => "Calls from the NHS reach your endpoint",
        CheckId::Clock => "This machine's clock is right",
    }
}

/// What a group of checks is called.
pub fn group(group: Group) -> &'static str {
    match group {
        Group::Names => "Names and DNS",
        Group::Certificates => "Keys and certificates",
        Group::Trust => "CA certificates",
        Group::Revocation => "Revocation (CRLs)",
        Group::Connections => "Connections and TLS",
    }
}

/// What a group of checks is evidence for in the supplier conformance assessment (SCAL).
pub fn scal(group: Group) -> &'static str {
    match group {
        Group::Names => "Endpoint registration and DNS",
        Group::Certificates => "Certificates for mutual TLS",
        Group::Trust => "Trust of both CA generations",
        Group::Revocation => "Certificate revocation checking",
        Group::Connections => "Connectivity and TLS",
    }
}

/// Who can help, by name.
pub fn team(team: Team) -> &'static str {
    match team {
        Team::Own => "your server team",
        Team::Dns => "the DNS team",
        Team::Firewall => "the firewall team",
        Team::Nhs => "the NHS",
    }
}

/// What was seen, and what to do where something is to be done.
pub fn observed(observed: &Observed, voice: Voice) -> (String, Option<String>) {
    let just = |seen: String| (seen, None);
    fn and(seen: String, remedy: impl Into<String>) -> (String, Option<String>) {
        (seen, Some(remedy.into()))
    }
    match observed {
        Observed::NameGood => just("the name follows every rule".to_owned()),
        Observed::NameFaults { rules } => and(
            rules.join("; "),
            "register a name that follows the rules, and request the certificate for it",
        ),
        Observed::NameHints { hint, asked } if hint.eq_ignore_ascii_case(asked) => {
            just(format!("the name suggests {hint}"))
        }
        Observed::NameHints { hint, asked } => and(
            format!("the name suggests {hint}; you asked about {asked}"),
            "check that you gave the right name and environment",
        ),
        Observed::NameWithoutHint => just("the name does not suggest an environment".to_owned()),
        Observed::Resolves { addresses } => just(addresses.join(", ")),
        Observed::NotGiven { input: GivenInput::Certificate } => and(
            "no certificate and key were given".to_owned(),
            "give the certificate and its key",
        ),
        Observed::NotGiven { input: GivenInput::Bundle } => and(
            "no trust bundle was given".to_owned(),
            "give the file with the CA certificates that your server trusts",
        ),
        Observed::NotGiven { input: GivenInput::Configuration } => and(
            "no server configuration was given".to_owned(),
            "give the configuration files of your server",
        ),
        Observed::SystemStore { held, lacking } => match (held.as_slice(), lacking.as_slice()) {
            (held, []) => just(held.join(", ")),
            ([], _) => just(
                "it holds no root of this environment; only servers that use it for trust, such as IIS, need one there".to_owned(),
            ),
            (held, lacking) => and(
                format!("it holds {}; missing: {}", held.join(", "), lacking.join(", ")),
                "servers that use it for trust, such as IIS, need the roots of every generation",
            ),
        },
        Observed::SystemStoreUnknown => just(
            "it cannot be read here; only servers that use it for trust, such as IIS, need the roots there".to_owned(),
        ),
        Observed::ConfigurationGood { sites } => just(format!(
            "nothing wrong found in {}",
            super::count(i64::try_from(*sites).unwrap_or(i64::MAX), "site")
        )),
        Observed::ConfigurationFault { fault } => {
            let Words { message, remedy } = super::say_configuration(&fault.problem, voice);
            (format!("{}: {message} ({})", fault.site, fault.line), Some(remedy))
        }
        Observed::ConfigurationUnknown { path } => and(
            format!("{path} holds no configuration of a supported server"),
            "give the file or folder with the TLS settings of nginx, Apache, HAProxy or Tomcat",
        ),
        Observed::NotGiven { input: GivenInput::Endpoint } => just("the endpoint was not checked".to_owned()),
        Observed::PairGood {
            subject,
            issuer,
            generation,
        } => just(match generation {
            Some(generation) => format!("{subject}, issued by {issuer} ({generation})"),
            None => format!("{subject}, issued by {issuer}"),
        }),
        Observed::PairBad { reason } => and(
            reason.clone(),
            voice.pick(
                "find the key that the request was made with: ptl-cert match FOLDER",
                "find the key that the request was made with",
            ),
        ),
        Observed::Verified { issuer, revocation } => match revocation {
            true => just(format!("verified, issued by {issuer}, not revoked")),
            false => and(
                format!("issued by {issuer}; revocation was not checked"),
                voice.pick("fill the CRL cache with ptl-cert crl update", "fill the CRL cache"),
            ),
        },
        Observed::Expires { not_after, days } => {
            let date = not_after.date();
            match days {
                ..0 => and(
                    format!("expired {} ago ({date})", span(-days)),
                    "request a new certificate",
                ),
                0..60 => and(
                    format!("expires in {} ({date})", span(*days)),
                    "request the next certificate now: renewals take days to weeks",
                ),
                _ => just(format!("expires in {} ({date})", span(*days))),
            }
        }
        Observed::Generations { known, lacking } => match lacking.as_slice() {
            [] => just(known.join("; ")),
            lacking => and(
                format!(
                    "known: {}; missing or expired: {}",
                    known.join("; "),
                    lacking.join("; ")
                ),
                "add the CA certificates to a facts file",
            ),
        },
        Observed::Bundle { lacking } => match lacking.as_slice() {
            [] => just("root and sub CA of every generation are in it".to_owned()),
            lacking => and(
                format!("missing: {}", lacking.join(", ")),
                "add these CA certificates to the bundle and reload the server: clients of the missing generation are refused",
            ),
        },
        Observed::CrlsGood { number, until } => just(match until {
            Some(until) => format!("{number} of {number}, current until {until}"),
            None => format!("{number} of {number}"),
        }),
        Observed::CrlsLacking { crls } => and(
            crls.join("; "),
            voice.pick(
                "give your callers' certificates with --client CERT; fetch the CRLs with ptl-cert crl update CERT, and import those that cannot be fetched with ptl-cert crl import FILE. ptl-cert crl plan --env ENV --client CERT lists each",
                "give your callers' certificates; fetch the CRLs, and import those that cannot be fetched",
            ),
        ),
        Observed::CrlsUnknown { number } => and(
            format!(
                "all {number} known CRLs are current; the CRL that your callers' certificates name is unknown"
            ),
            voice.pick(
                "save your callers' certificates with ptl-cert listen 0.0.0.0:443 --cert CERT --key KEY --save-clients clients, and give that folder to preflight and to crl plan with --client",
                "save a caller's certificate, and give it as a client certificate",
            ),
        ),
        Observed::HostsGood { hosts } => just(hosts.join(", ")),
        Observed::BehindProxy { host } => and(
            format!("downloads from {host} go through the HTTP proxy, which was not tested"),
            voice.pick(
                "see whether ptl-cert crl update works",
                "see whether an update of the CRL cache works",
            ),
        ),
        Observed::CallerSeen { caller, at } => just(format!("{caller} called and was admitted on {at}")),
        Observed::Connected { host, answer } => just(format!("{host}: {answer}")),
        Observed::OtherCertificate { host, serial, not_after } => and(
            format!(
                "{host} presents another certificate than the one you gave: serial {serial}, expires {}",
                not_after.date()
            ),
            "reload the server so that it presents the new certificate, or give the one that it is configured with",
        ),
        Observed::CertificateWanted { host } => and(
            format!("{host} can be reached and requires a client certificate, but none was given"),
            "give your certificate and key",
        ),
        Observed::InboundUnknown { passed_over, .. } if !passed_over.is_empty() => {
            let passed: Vec<String> = passed_over.iter().map(passed_over_words).collect();
            and(
                format!(
                    "the listener's log shows no admitted call from the NHS to this endpoint; not counted: {}",
                    passed.join(", ")
                ),
                voice.pick(
                    "ask for a test call while ptl-cert listen runs on the endpoint, and give its whole NDJSON output",
                    "ask for a test call while a listener runs on the endpoint, and give its whole log",
                ),
            )
        }
        Observed::InboundUnknown { caller, port, .. } => and(
            format!("this machine cannot tell whether {caller} can reach port {port}"),
            voice.pick(
                "run ptl-cert listen 0.0.0.0:443 --cert CERT --key KEY on the endpoint and ask for a test call; give the firewall team the inbound rule",
                "listen on the endpoint and ask for a test call; give the firewall team the inbound rule",
            ),
        ),
        Observed::ClockGood { seconds } => just(match seconds.abs() {
            0 | 1 => "this clock and the server's agree".to_owned(),
            seconds => format!("this clock and the server's are {seconds} seconds apart"),
        }),
        Observed::ClockUnknown => and(
            "no server sent the time".to_owned(),
            "check it with timedatectl on Linux, or w32tm /query /status on Windows",
        ),
        Observed::Found { host, finding } | Observed::Open { host, finding } => {
            let Words { message, remedy } = say(&finding.problem, voice);
            let seen = match host {
                Some(host) => format!("{host}: {message}"),
                None => message,
            };
            (seen, Some(remedy))
        }
        Observed::Failed { reason } | Observed::NotMade { reason } => just(reason.clone()),
    }
}

/// Entries of a log that do not count, and why.
fn passed_over_words(passed: &PassedCalls) -> String {
    let count = |what: &str| super::count(i64::try_from(passed.number).unwrap_or(i64::MAX), what);
    match passed.reason {
        CallPassedOver::NoCall => format!("{} without a record of a call", count("line")),
        CallPassedOver::NotAdmitted => format!("{} refused", count("call")),
        CallPassedOver::OtherCaller => format!("{} from another host", count("call")),
        CallPassedOver::OtherEndpoint => format!("{} to another endpoint", count("call")),
        CallPassedOver::OtherEnvironment => {
            format!(
                "{} without the record of a listener for this environment",
                count("call")
            )
        }
        CallPassedOver::OtherTime => format!(
            "{} more than 30 days old, older than your certificate or in the future",
            count("call")
        ),
    }
}

/// What the command line was given, to say how a check is repeated. Each is a word as a shell takes it.
#[derive(Clone, Debug, Default)]
pub struct PreflightSetting {
    /// The environment.
    pub env: String,
    /// The host.
    pub fqdn: String,
    /// The certificate.
    pub cert: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// The file with the key's password.
    pub password_file: Option<String>,
    /// The trust bundle.
    pub bundle: Option<String>,
    /// Certificates of clients.
    pub clients: Vec<String>,
    /// What the proxy is asked for.
    pub request: Option<String>,
    /// The server's configurations.
    pub configurations: Vec<String>,
    /// The facts file.
    pub facts: Option<String>,
    /// The cache.
    pub cache: Option<String>,
    /// Where the endpoint listens.
    pub endpoint: Option<String>,
    /// Where the proxy is.
    pub proxy: Option<String>,
    /// The proxies' names.
    pub proxies: Vec<String>,
}

/// The command that repeats a check by itself.
pub fn repeat(id: CheckId, setting: &PreflightSetting) -> String {
    let option = |name: &str, value: &Option<String>| match value {
        Some(value) => format!(" --{name} {value}"),
        None => String::new(),
    };
    let password = option("password-file", &setting.password_file);
    let own = format!(
        "{}{}{password}",
        option("cert", &setting.cert),
        option("key", &setting.key)
    );
    let common = format!(
        " --env {}{}{}",
        setting.env,
        option("facts", &setting.facts),
        option("cache", &setting.cache)
    );
    let facts = format!(" --env {}{}", setting.env, option("facts", &setting.facts));
    let cert = setting.cert.as_deref().unwrap_or("CERT");
    let fqdn = &setting.fqdn;
    match id {
        CheckId::KeyPair => format!(
            "ptl-cert match {cert}{}{password}",
            setting
                .key
                .as_ref()
                .map_or_else(String::new, |key| format!(" {key}"))
        ),
        CheckId::ServerCertificate => {
            format!("ptl-cert verify {cert}{common} --fqdn {fqdn} --purpose server")
        }
        CheckId::ClientCertificate => format!("ptl-cert verify {cert}{common} --purpose client"),
        CheckId::Expiry => format!("ptl-cert inspect {cert}"),
        CheckId::Crls | CheckId::CrlHosts => {
            let clients = setting.clients.iter().map(|one| format!(" --client {one}"));
            let clients: String = clients.collect();
            // The supplier's own certificate is none of the clients, which tell the partitions; beside them it may be given.
            match (&setting.cert, setting.clients.as_slice()) {
                (Some(cert), [_, ..]) => format!("ptl-cert crl plan {cert}{common}{clients}"),
                _ => format!("ptl-cert crl plan{common}{clients}"),
            }
        }
        CheckId::SpineProxy | CheckId::Clock => format!(
            "ptl-cert probe {}{common}{own}{}{}",
            setting.proxies.first().map_or("PROXY", String::as_str),
            option("connect", &setting.proxy),
            option("request", &setting.request)
        ),
        CheckId::Endpoint => format!(
            "ptl-cert probe {fqdn}{common} --scan --no-proxy{}",
            option("connect", &setting.endpoint)
        ),
        CheckId::Configuration => match setting.configurations.as_slice() {
            [] => format!("ptl-cert doctor CONFIG{facts}"),
            given => format!("ptl-cert doctor {}{facts}", given.join(" ")),
        },
        CheckId::Inbound => {
            // It presents a certificate in any case.
            let own = match setting.cert {
                Some(_) => own,
                None => " --cert CERT --key KEY".to_owned(),
            };
            format!("ptl-cert listen 0.0.0.0:443{common}{own}")
        }
        CheckId::NameRules
        | CheckId::NameEnvironment
        | CheckId::NameResolves
        | CheckId::Generations
        | CheckId::SystemTrust
        | CheckId::TrustBundle => format!(
            "ptl-cert preflight{facts} --fqdn {fqdn} --only {}{}",
            id.as_str(),
            match id {
                CheckId::TrustBundle => option("ca-bundle", &setting.bundle),
                _ => String::new(),
            }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> PreflightSetting {
        PreflightSetting {
            env: "int".to_owned(),
            fqdn: "a.nhs.uk".to_owned(),
            cert: Some("a.pem".to_owned()),
            key: Some("a.key".to_owned()),
            ..PreflightSetting::default()
        }
    }

    #[test]
    fn the_command_that_repeats_a_call_has_the_certificate_that_listen_requires() {
        let bare = PreflightSetting {
            cert: None,
            key: None,
            ..given()
        };
        assert_eq!(
            repeat(CheckId::Inbound, &bare),
            "ptl-cert listen 0.0.0.0:443 --env int --cert CERT --key KEY"
        );
        assert_eq!(
            repeat(CheckId::Inbound, &given()),
            "ptl-cert listen 0.0.0.0:443 --env int --cert a.pem --key a.key"
        );
    }

    #[test]
    fn a_command_with_the_key_repeats_the_file_of_its_password() {
        let encrypted = PreflightSetting {
            password_file: Some("pw".to_owned()),
            ..given()
        };
        for check in [CheckId::SpineProxy, CheckId::Inbound, CheckId::KeyPair] {
            let command = repeat(check, &encrypted);
            assert!(command.contains(" --password-file pw"), "{command}");
            assert!(!repeat(check, &given()).contains("password"));
        }
    }

    #[test]
    fn the_own_certificate_is_no_client_of_the_plan_that_repeats_the_check_of_the_crls() {
        assert_eq!(
            repeat(CheckId::Crls, &given()),
            "ptl-cert crl plan --env int"
        );
        let clients = PreflightSetting {
            clients: vec!["clients".to_owned()],
            ..given()
        };
        assert_eq!(
            repeat(CheckId::Crls, &clients),
            "ptl-cert crl plan a.pem --env int --client clients"
        );
    }
}
