//! Who calls, and with what: a mutual TLS server in place of the supplier's endpoint.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;

use super::Context;
use super::gather::Unread;
use super::peer::{self, IdentityFiles, Measure, Own, OwnError, Peer};
use crate::chain::is_self_signed;
use crate::document::{Certificate, Moment};
use crate::environment::Environment;
use crate::fqdn::Fqdn;
use crate::store::crl_cache::CacheError;
use crate::store::write::{self, WriteError};
use crate::verdict::Code;
use crate::verdict::connection::Alert;
use crate::verdict::verify::{CrlRequired, Decision, Given, PathEnd, Purpose, Revocation, Verdict};
use crate::wire::host::{Host, HostError, Question, Reply};
use crate::wire::listen::{self, Heard};
use crate::wire::tls::Caller;
use crate::wording;

/// The most different clients whose certificates are saved: any client can present any number of them.
const SAVED: usize = 1000;

/// The most of them whose certificates lead to no CA of the environment: anyone can make those.
const STRANGERS_SAVED: usize = 100;

/// A clock: while it listens, time passes.
pub type Clock = dyn Fn() -> Moment + Send + Sync;

/// How to listen.
#[non_exhaustive]
pub struct Options {
    /// The address.
    pub bind: SocketAddr,
    /// The certificate to present.
    pub own: IdentityFiles,
    /// The environment's id.
    pub environment: String,
    /// Where to save the certificates of callers.
    pub save: Option<PathBuf>,
    /// The time.
    pub clock: Arc<Clock>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("bind", &self.bind)
            .field("environment", &self.environment)
            .field("save", &self.save)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// Listens here with this certificate for callers of this environment.
    pub fn new(
        bind: SocketAddr,
        own: IdentityFiles,
        environment: &str,
        clock: Arc<Clock>,
    ) -> Options {
        Options {
            bind,
            own,
            environment: environment.to_owned(),
            save: None,
            clock,
        }
    }
}

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// There is no such environment.
    #[error("there is no environment {0:?}")]
    UnknownEnvironment(String),
    /// The certificate and key cannot be used.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// The cache's folder cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// A running listener; it stops when dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct Listening {
    /// Where it listens.
    pub address: SocketAddr,
    /// The title of the environment.
    pub environment: String,
    /// Its id.
    pub environment_id: String,
    /// Who may call.
    pub callers: Vec<Fqdn>,
    /// The CAs that its request for certificates names, with their generation.
    pub authorities: Vec<(String, String)>,
    /// The listener's own certificate.
    pub own: Given,
    /// The verdict on it as a server's.
    pub verdict: Option<Verdict>,
    host: Host,
}

impl Listening {
    /// Stops, and waits until every connection has closed.
    pub fn stop(self) {
        self.host.stop();
    }
}

/// An event of a listener.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// A client called.
    Call(Box<Call>),
    /// A client called and did not complete the handshake.
    NoHandshake {
        /// When.
        at: Moment,
        /// The client's address.
        from: SocketAddr,
        /// The name that was asked for.
        server_name: Option<String>,
        /// The alert with which the caller closed it.
        alert: Option<Alert>,
        /// What the TLS library said.
        reason: String,
    },
    /// No connection could be accepted.
    NotAccepted(std::io::Error),
}

/// A call.
#[derive(Debug)]
#[non_exhaustive]
pub struct Call {
    /// The client and its certificates.
    pub caller: Caller,
    /// What was decided about it.
    pub admission: Admission,
    /// Method and target of the request.
    pub asked: Option<(String, String)>,
    /// The status that was answered.
    pub status: Option<u16>,
    /// From the connection to the answer.
    pub took_ms: u64,
}

/// What was decided about a caller.
#[derive(Debug)]
#[non_exhaustive]
pub struct Admission {
    /// When.
    pub at: Moment,
    /// The certificates that it sent, as far as they can be read.
    pub certificates: Vec<Arc<Certificate>>,
    /// The verdict on its own.
    pub verdict: Option<Verdict>,
    /// Which of the hosts that may call it is.
    pub host: Option<Fqdn>,
    /// Why it is refused.
    pub refusal: Option<CallerRefusal>,
    /// The CRLs that decide about its certificates.
    pub crls: Vec<CrlRequired>,
    /// CRLs of the cache that may cover it and are damaged.
    pub unread: Vec<Unread>,
    /// Where its certificates were saved.
    pub saved: Option<Result<PathBuf, WriteError>>,
}

/// Why a caller is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallerRefusal {
    /// The kind of reason.
    pub kind: RefusalKind,
    /// The finding's code, where it is [one](RefusalKind::Finding).
    pub code: Option<Code>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// What kind of reason there is to refuse a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalKind {
    /// A finding about its certificate.
    Finding,
    /// It did not complete the handshake.
    NoHandshake,
    /// It sent no certificate.
    NoCertificate,
    /// Its certificate cannot be read.
    Unreadable,
    /// Its certificate is good, and not that of a host that may call.
    NotACaller,
    /// The CRL cache cannot be read, so that no caller can be checked.
    NoCache,
}

impl Admission {
    /// Whether the caller is admitted.
    pub fn is_admitted(&self) -> bool {
        self.refusal.is_none()
    }
}

/// Listens until the result is stopped or dropped. `notice` is called from several threads.
///
/// A caller is admitted when its certificate is verified for the environment – every certificate below the root not
/// revoked by the CRLs of the cache – and is that of a host which calls endpoints (NHS rules for providers).
///
/// # Errors
/// When the environment, the certificate or the address cannot be used, or the cache cannot be read.
pub fn start(
    options: &Options,
    context: &Context<'_>,
    notice: impl Fn(Notice) + Send + Sync + 'static,
) -> Result<Listening, ListenError> {
    let id = options.environment.to_ascii_lowercase();
    let environment = context
        .facts
        .environment(&id)
        .ok_or_else(|| ListenError::UnknownEnvironment(options.environment.clone()))?;
    let own = Own::read(&options.own, context)?;
    let measure = Measure {
        purpose: Purpose::Server,
        fqdn: None,
        environment: Some(environment),
        anchors: &[],
        crls: &[],
        revocation: None,
        at: context.at,
    };
    let (verdict, _) = peer::judge(&own.chain, &measure, context)?;
    let authorities = authorities(environment, context);
    let der = authorities.iter().map(|(_, _, der)| der.clone());
    let der: Vec<Vec<u8>> = der.collect();
    let callers: Vec<Fqdn> = environment
        .ssp
        .iter()
        .chain(&environment.caller)
        .filter_map(|host| Fqdn::parse(host).ok())
        .collect();
    let keeper = Keeper {
        environment: environment.clone(),
        callers: callers.clone(),
        // The observer belongs to other code, and may be gone when a caller comes.
        context: Context {
            observer: &(),
            ..context.clone()
        },
        clock: Arc::clone(&options.clock),
        save: options.save.clone().map(|folder| Saving {
            folder,
            known: Mutex::default(),
        }),
    };
    let clock = Arc::clone(&options.clock);
    let host = listen::listen(
        options.bind,
        &own.identity,
        &der,
        listen::limits(),
        move |caller| keeper.decide(caller),
        reply,
        move |heard| notice(told(heard, &*clock)),
    )?;
    let mut chain = own.chain;
    Ok(Listening {
        address: host.address(),
        environment: environment.title.clone(),
        environment_id: environment.id.clone(),
        callers,
        authorities: authorities
            .into_iter()
            .map(|(name, generation, _)| (name, generation))
            .collect(),
        own: chain.swap_remove(0),
        verdict,
        host,
    })
}

/// The CAs of an environment by name, generation and name as DER, all generations: many clients choose their certificate
/// by them.
fn authorities(environment: &Environment, context: &Context<'_>) -> Vec<(String, String, Vec<u8>)> {
    let of_environment = context.facts.authorities.iter().filter(|authority| {
        authority.is_of(environment)
            && authority
                .certificate()
                .is_some_and(|certificate| context.at <= certificate.not_after)
    });
    let named = of_environment.filter_map(|authority| {
        let der = authority.certificate()?.subject.der().to_vec();
        Some((authority.name.clone(), authority.generation.clone(), der))
    });
    let mut all: Vec<(String, String, Vec<u8>)> = Vec::new();
    for one in named {
        if !all.iter().any(|(_, _, der)| *der == one.2) {
            all.push(one);
        }
    }
    all
}

/// Whether a client's certificate is that of a host: by a subjectAltName, or by its only CN where no subjectAltName is a
/// host's (RFC 6125 section 6.4.4). No wildcard stands for a client. The configurations of [`crate::export::server`] go by
/// the same rule, as far as the servers can.
fn is_named(certificate: &Certificate, host: &Fqdn) -> bool {
    let is_host = |name: &str| name.eq_ignore_ascii_case(host.as_str());
    let mut hosts = certificate.dns_names().peekable();
    if hosts.peek().is_some() {
        return hosts.any(is_host);
    }
    let mut common_names = certificate.subject.values("CN");
    common_names.next().is_some_and(is_host) && common_names.next().is_none()
}

/// Decides about callers.
struct Keeper {
    environment: Environment,
    callers: Vec<Fqdn>,
    context: Context<'static>,
    clock: Arc<Clock>,
    save: Option<Saving>,
}

/// Where certificates of callers are saved, and which have been.
struct Saving {
    folder: PathBuf,
    known: Mutex<Saved>,
}

/// The files that have been saved.
#[derive(Default)]
struct Saved {
    names: HashSet<String>,
    /// How many of them are of strangers.
    strangers: usize,
}

impl Keeper {
    fn decide(&self, caller: &Caller) -> Admission {
        let at = (self.clock)();
        let measure = Measure {
            purpose: Purpose::Client,
            fqdn: None,
            environment: Some(&self.environment),
            anchors: &[],
            crls: &[],
            revocation: Some(Revocation::Chain),
            at,
        };
        let mut admission = Admission {
            at,
            certificates: Vec::new(),
            verdict: None,
            host: None,
            refusal: None,
            crls: Vec::new(),
            unread: Vec::new(),
            saved: None,
        };
        match Peer::judge(&caller.chain, &measure, &self.context) {
            // Without its CRLs no caller can be judged, and none is admitted.
            Err(error) => {
                admission.refusal = Some(CallerRefusal {
                    kind: RefusalKind::NoCache,
                    code: None,
                    message: format!("callers cannot be checked: {}", wording::sentence(&error)),
                    remedy: self.context.voice.pick(
                        "check the cache with ptl-cert crl status",
                        "check the CRL cache",
                    ),
                });
            }
            Ok(peer) => {
                admission.host = self.host(&peer);
                admission.refusal = self.refusal(caller, &peer, admission.host.as_ref());
                admission.crls = crls(&peer);
                admission.certificates = peer.certificates;
                admission.verdict = peer.verdict;
                admission.unread = peer.unread;
            }
        }
        let verdict = admission.verdict.as_ref();
        let is_stranger = verdict.is_none_or(|verdict| verdict.end != PathEnd::Anchor);
        admission.saved = self
            .save
            .as_ref()
            .and_then(|saving| saving.save(&admission.certificates, is_stranger));
        admission
    }

    /// Which of the hosts that may call the certificate names.
    fn host(&self, peer: &Peer) -> Option<Fqdn> {
        let own = peer
            .certificates
            .first()
            .filter(|_| peer.verdict.is_some())?;
        let names = |host: &&Fqdn| is_named(own, host);
        self.callers.iter().find(names).cloned()
    }

    fn refusal(&self, caller: &Caller, peer: &Peer, host: Option<&Fqdn>) -> Option<CallerRefusal> {
        let refusal = |kind: RefusalKind, message: String, remedy: &str| {
            Some(CallerRefusal {
                kind,
                code: None,
                message,
                remedy: remedy.to_owned(),
            })
        };
        let finding = |code: Code, message: String, remedy: &str| {
            Some(CallerRefusal {
                code: Some(code),
                ..refusal(RefusalKind::Finding, message, remedy)?
            })
        };
        if caller.chain.is_empty() {
            return refusal(
                RefusalKind::NoCertificate,
                "no client certificate was sent".to_owned(),
                "configure the client's certificate and key; clients that choose by the CA names in the request send none if their CA is not among them",
            );
        }
        let Some(verdict) = &peer.verdict else {
            return refusal(
                RefusalKind::Unreadable,
                "the client certificate cannot be read".to_owned(),
                "ask the caller which certificate it is configured with",
            );
        };
        if let Some(reason) = verdict.reasons.first() {
            let words = wording::say(&reason.problem, self.context.voice);
            return finding(reason.problem.code(), words.message, &words.remedy);
        }
        if verdict.decision != Decision::Verified || verdict.end != PathEnd::Anchor {
            return finding(
                Code::ChainUnresolved,
                "the client certificate could not be verified".to_owned(),
                &self
                    .context
                    .voice
                    .pick("check it with ptl-cert verify", "verify it to see why"),
            );
        }
        if host.is_none() {
            let own = peer.certificates.first();
            let name = own.map_or_else(String::new, |own| own.subject.short());
            let callers: Vec<&str> = self.callers.iter().map(Fqdn::as_str).collect();
            return refusal(
                RefusalKind::NotACaller,
                format!(
                    "the certificate is valid for {name}, but endpoints of {} accept only {}",
                    self.environment.title,
                    callers.join(", ")
                ),
                "call through the Spine Secure Proxy",
            );
        }
        None
    }
}

/// The CRLs that decide about a path: one for each certificate below the anchor.
fn crls(peer: &Peer) -> Vec<CrlRequired> {
    let Some(verdict) = &peer.verdict else {
        return Vec::new();
    };
    let below = verdict.path.iter().filter(|link| !link.anchor);
    let below = below.filter(|link| !is_self_signed(&link.certificate));
    below
        .map(|link| CrlRequired::of(&link.certificate))
        .collect()
}

impl Saving {
    /// Writes the certificates of a caller, once for each client; nothing after too many.
    fn save(
        &self,
        certificates: &[Arc<Certificate>],
        is_stranger: bool,
    ) -> Option<Result<PathBuf, WriteError>> {
        let own = certificates.first()?;
        // A name that the caller does not choose.
        let name = format!("client-{}.pem", own.sha256);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = match is_stranger {
            true => known.strangers >= STRANGERS_SAVED,
            false => known.names.len() >= SAVED,
        };
        if is_full || !known.names.insert(name.clone()) {
            return None;
        }
        known.strangers += usize::from(is_stranger);
        // Other callers do not wait for the disk.
        drop(known);
        let pem: String = certificates.iter().map(|one| one.pem()).collect();
        let path = self.folder.join(&name);
        let written = write::file(&path, pem.as_bytes());
        if written.is_err() {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.names.remove(&name);
            known.strangers -= usize::from(is_stranger);
        }
        Some(written.map(|()| path))
    }
}

fn reply(caller: &Caller, admission: &Admission, question: &Question) -> Reply {
    let (status, body) = match &admission.refusal {
        None => (
            200,
            serde_json::json!({
                "listener": "ptl-cert",
                "admitted": true,
                "caller": admission.host.as_ref().map(Fqdn::as_str),
                "version": caller.protocol,
                "path": question.path(),
                "trace": question.header("ssp-traceid"),
            }),
        ),
        Some(refusal) => (
            403,
            serde_json::json!({
                "listener": "ptl-cert",
                "admitted": false,
                // The status alone does not say what is refused.
                "refused": "client certificate",
                "refusal": refusal.kind,
                "code": refusal.code,
                "message": refusal.message,
                "remedy": refusal.remedy,
            }),
        ),
    };
    let reply = Reply {
        status,
        ..Reply::ok("application/json", format!("{body}\n").into_bytes())
    };
    match &admission.refusal {
        Some(CallerRefusal {
            code: Some(code), ..
        }) => reply.with("Ptl-Cert-Code", code.to_string()),
        _ => reply,
    }
}

fn told(heard: Heard<Admission>, clock: &Clock) -> Notice {
    match heard {
        Heard::Call {
            caller,
            decision,
            asked,
            status,
            took_ms,
        } => Notice::Call(Box::new(Call {
            caller,
            admission: decision,
            asked,
            status,
            took_ms,
        })),
        Heard::NoHandshake {
            from,
            server_name,
            alert,
            reason,
        } => Notice::NoHandshake {
            at: clock(),
            from,
            server_name,
            alert,
            reason,
        },
        Heard::NotAccepted(error) => Notice::NotAccepted(error),
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests play clients on loopback"
)]
mod tests;
