//! A look-alike of the Spine Secure Proxy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::faulty::with_fault;
use super::forward::{Forward, forward, missing};
use super::{Look, LookError, Notice, Notices, broken, said};
use crate::document::{Moment, Name};
use crate::environment::AuthorityPurpose;
use crate::lab::host::{Admission, ClientAuth, Fault, Refusal};
use crate::lab::{Generation, Lab, LabEnvironment, LabError, Party};
use crate::wire::host::{Host, HostError, Limits, Question, Reply};
use crate::wire::tls::{self, Caller, Identity, IdentityError};

/// How the proxy is set up.
#[derive(Clone, Debug)]
pub struct ProxyPlan {
    /// The environment whose clients it admits, and whose proxy it plays.
    pub environment: LabEnvironment,
    /// The generation of its own certificate. Clients of every generation are admitted.
    pub generation: Generation,
    /// Where every provider's name leads to; with `None` only providers on this machine are asked, by the address in
    /// the URL, so that it is not an open proxy.
    pub provider: Option<SocketAddr>,
    /// What it does wrong.
    pub faults: Vec<Fault>,
    /// Its limits.
    pub limits: Limits,
}

/// Why the proxy cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The lab cannot be looked at.
    #[error("the lab cannot be read")]
    Look(#[source] LookError),
    /// The lab has no identity for it.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The identity is none.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The host cannot start.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// Starts the proxy.
///
/// It asks for a certificate, names the CAs of all generations of its environment, and judges what it is shown by the
/// product's own `verify`: for the environment, as a client, with the lab's CRLs of the moment. A caller who is not
/// let in gets 403 with the finding's code in `Lab-Code`, and the code with its sentence as the body. Whoever is admitted
/// may ask `GET /https://provider/path`, with the headers `Ssp-TraceID`, `Ssp-From`, `Ssp-To` and `Ssp-InteractionID`;
/// the proxy asks the provider, shows it its own certificate, judges the provider's, and passes the answer on. What is
/// wrong on that side is a 502 with the same header and the same words.
///
/// # Errors
/// When the lab cannot be looked at or the address cannot be listened on.
pub fn proxy(
    bind: SocketAddr,
    plan: &ProxyPlan,
    look: Arc<Look>,
    notices: Arc<Notices>,
) -> Result<Host, ProxyError> {
    let (lab, _) = look().map_err(ProxyError::Look)?;
    let identity = identity(&lab, Party::Proxy, plan.environment, plan.generation)?;
    let names = names(&lab, plan.environment);
    let authorities: Vec<Vec<u8>> = names.iter().map(|name| name.der().to_vec()).collect();
    let told = Arc::clone(&notices);
    let keeper = Keeper {
        plan: plan.clone(),
        look,
        identity: identity.clone(),
        notices,
        client_auth: Mutex::new(None),
    };
    let answer = move |caller: &Caller, question: &Question| {
        let reply = match keeper.answer(caller, question) {
            Ok(reply) => reply,
            Err(error) => broken(question, &*error, &keeper.notices),
        };
        with_fault(reply, question, &keeper.plan.faults)
    };
    let limits = plan.limits;
    Ok(tls::serve(
        bind,
        &identity,
        &authorities,
        limits,
        answer,
        move |event| told(Notice::Event(event)),
    )?)
}

/// A party's identity for TLS: its certificate, those above it but the root, and its key.
///
/// # Errors
/// Those of [`Lab::identity`], and when OpenSSL does not take it.
pub fn identity(
    lab: &Lab,
    party: Party,
    environment: LabEnvironment,
    generation: Generation,
) -> Result<Identity, ProxyError> {
    let identity = lab.identity(party, environment, generation)?;
    let mut chain = vec![identity.certificate];
    let above = identity.chain.len().saturating_sub(1);
    chain.extend(identity.chain.into_iter().take(above));
    Ok(Identity::new(&chain, &identity.key)?)
}

/// The names of the CAs that issue for an environment's endpoints, and of their roots.
pub fn names(lab: &Lab, environment: LabEnvironment) -> Vec<Name> {
    let issues = |authority: &crate::lab::LabAuthority| {
        authority.purpose == AuthorityPurpose::Endpoint
            && authority.environments.contains(&environment)
    };
    let all: Vec<_> = lab.authorities().collect();
    let subs = all.iter().filter(|(authority, _)| issues(authority));
    let roots = subs.clone().filter_map(|(authority, _)| authority.issuer);
    let roots: Vec<&str> = roots.collect();
    let named = all
        .iter()
        .filter(|(authority, _)| issues(authority) || roots.contains(&authority.id));
    let mut names: Vec<Name> = named
        .map(|(_, certificate)| certificate.subject.clone())
        .collect();
    // The CAs of two generations may have one name.
    names.sort_by(|one, other| one.der().cmp(other.der()));
    names.dedup_by(|one, other| one.der() == other.der());
    names
}

struct Keeper {
    plan: ProxyPlan,
    look: Arc<Look>,
    identity: Identity,
    notices: Arc<Notices>,
    /// The client_auth of the last edition; making one means signing every CRL.
    client_auth: Mutex<Option<Kept>>,
}

/// A client_auth, and of what it is.
struct Kept {
    lab: Arc<Lab>,
    edition: Moment,
    client_auth: Arc<ClientAuth>,
}

impl Keeper {
    fn answer(&self, caller: &Caller, question: &Question) -> Result<Reply, LookError> {
        let (lab, at) = (self.look)()?;
        let client_auth = self.client_auth(&lab, at)?;
        let name = match client_auth.client(&caller.chain, at) {
            Admission::Admitted { name } => name,
            Admission::Refused(refusal) => {
                let reply = refused(403, &refusal);
                (self.notices)(Notice::Refused {
                    from: caller.from,
                    refusal,
                });
                return Ok(reply);
            }
        };
        (self.notices)(Notice::Admitted {
            from: caller.from,
            name,
        });
        if question.method != "GET" {
            return Ok(said(405, "this proxy forwards GET only").with("Allow", "GET"));
        }
        let Some(url) = question
            .target
            .strip_prefix('/')
            .filter(|url| url.starts_with("https://"))
        else {
            return Ok(said(
                400,
                "the path names no provider; expected GET /https://provider/path",
            ));
        };
        if let Some(headers) = missing(question) {
            return Ok(said(400, &format!("the request lacks {headers}")));
        }
        let asked = Forward {
            url,
            question,
            identity: &self.identity,
            provider: self.plan.provider,
            client_auth: &client_auth,
            at,
        };
        Ok(forward(&asked).unwrap_or_else(|failure| {
            (self.notices)(Notice::Unanswered {
                url: url.to_owned(),
                reason: failure.reason(),
            });
            failure.reply()
        }))
    }

    fn client_auth(&self, lab: &Arc<Lab>, at: Moment) -> Result<Arc<ClientAuth>, LookError> {
        let edition = lab.edition(at);
        let mut known = self
            .client_auth
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &*known
            && Arc::ptr_eq(&kept.lab, lab)
            && kept.edition == edition
        {
            return Ok(Arc::clone(&kept.client_auth));
        }
        let client_auth = Arc::new(ClientAuth::new(lab, self.plan.environment, at)?);
        *known = Some(Kept {
            lab: Arc::clone(lab),
            edition,
            client_auth: Arc::clone(&client_auth),
        });
        Ok(client_auth)
    }
}

/// A refusal as an answer: its code in a header, its words in the body.
pub(super) fn refused(status: u16, refusal: &Refusal) -> Reply {
    let sentence = format!("{}: {}\n{}", refusal.code, refusal.message, refusal.remedy);
    // A page with status 403 may be forbidden to every client; this says what is refused.
    let sentence = match status {
        403 => format!("{sentence}\nclient certificate refused"),
        _ => sentence,
    };
    said(status, &sentence).with("Lab-Code", refusal.code.clone())
}
