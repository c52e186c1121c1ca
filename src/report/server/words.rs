//! Why there is no set of files, in sentences.

use crate::export::server::{LeftOutAuthority, ProofNote, ServerRefusal};
use crate::report::crl::plan::remedy as remedy_of_crl;
use crate::verdict::plan::{AuthorityPlan, Covers, CrlPlan, Server};
use crate::wording::{Voice, Words, say, servers, some};

/// What one reason says, and what to do about it. What CRLs are missing is for the report of the plan to say.
pub(super) fn sentences(refusal: &ServerRefusal, voice: Voice) -> Vec<Words> {
    fn one(message: String, remedy: impl Into<String>) -> Vec<Words> {
        vec![Words {
            message,
            remedy: remedy.into(),
        }]
    }
    match refusal {
        ServerRefusal::NoEndpoint => one(
            "no endpoint certificate was given, only CAs".to_owned(),
            "give the certificate that the NHS issued for your host",
        ),
        ServerRefusal::SeveralEndpoints { names } => one(
            format!(
                "several endpoint certificates were given: {}",
                names.join(", ")
            ),
            "give the one that the server is to use, with its sub CA",
        ),
        ServerRefusal::NoHost { name } => one(
            format!("the certificate of {name} names no host"),
            "give a certificate whose CN or subjectAltName is the server's host name",
        ),
        ServerRefusal::Certificate { reasons } => {
            reasons.iter().map(|reason| say(&reason.problem, voice)).collect()
        }
        ServerRefusal::NotDecided => one(
            "the certificate could not be verified".to_owned(),
            voice.pick(
                "check it with ptl-cert verify",
                "verify it to see why",
            ),
        ),
        ServerRefusal::NobodyAdmitted { environment } => one(
            format!(
                "no host of the Spine Secure Proxy is known for {environment}, so no client could be admitted"
            ),
            voice.pick(
                "name the client's host with --admit",
                "name the client's host",
            ),
        ),
        ServerRefusal::NoRoot { environment } => one(
            format!("no current root CA is known for {environment}"),
            voice.pick(
                "add it with ptl-cert trust add, or give --facts",
                "add it to the facts",
            ),
        ),
        ServerRefusal::NotHeld { name, generation } => one(
            format!(
                "{name} ({generation}) is known by its SHA-256 only; its certificate is not available"
            ),
            voice.pick(
                "add the certificate with ptl-cert trust add, or leave the generation out with --leave-out",
                "add the certificate, or leave the generation out",
            ),
        ),
        ServerRefusal::RootNotSelfSigned { name } => one(
            format!("{name} is listed as a root but is not self-signed"),
            "correct the entry: with such a certificate in Root, Windows answers 403.16 to every client",
        ),
        ServerRefusal::SubNotSigned { name, generation } => one(
            format!("no trusted root signed the sub CA {name} ({generation})"),
            voice.pick(
                "add its root with ptl-cert trust add, or leave the generation out with --leave-out",
                "add its root, or leave the generation out",
            ),
        ),
        ServerRefusal::NoSuchGeneration { asked, known } => one(
            format!(
                "there is no generation {asked:?} to leave out; the known ones are {}",
                known.join(", ")
            ),
            "give one of these names",
        ),
        ServerRefusal::Crls(plan) => crls(plan, voice),
    }
}

/// Every reason why the CRLs do not do.
fn crls(plan: &CrlPlan, voice: Voice) -> Vec<Words> {
    let mut all: Vec<Words> = Vec::new();
    let mut add = |message: String, remedy: String| all.push(Words { message, remedy });
    for (remedy, authorities) in lacking(plan, voice) {
        let names: Vec<String> = authorities.iter().map(|one| named(one)).collect();
        add(
            format!(
                "not all CRLs that this server needs are available: {}",
                some(&names)
            ),
            remedy,
        );
    }
    for fault in plan.faults.iter().filter(|fault| !fault.minor) {
        let message = servers::fault(fault, plan.server);
        add(message, servers::remedy(fault, voice));
    }
    if !plan.unrelated.is_empty() {
        let names: Vec<String> = plan
            .unrelated
            .iter()
            .map(|certificate| certificate.subject.short())
            .collect();
        add(
            format!(
                "no CA that the server would trust issued the certificate of {}: it would refuse that client",
                some(&names)
            ),
            voice.pick(
                "trust the CA's generation (without --leave-out), or leave that --client out",
                "trust the CA's generation, or leave that client out",
            ),
        );
    }
    if plan.unreadable {
        add(
            "a CRL of these CAs in the cache cannot be read".to_owned(),
            voice.pick(
                "fetch it again with ptl-cert crl update, or import it again with ptl-cert crl import FILE",
                "fetch it again, or import it again",
            ),
        );
    }
    if plan.has_expired() {
        add(
            "every CA that the server would trust has expired".to_owned(),
            voice.pick(
                "add the CAs of the current generation with ptl-cert trust add",
                "add the CAs of the current generation",
            ),
        );
    }
    all
}

/// What to do for the CRLs that are lacking, each remedy with the CAs that it is for.
fn lacking(plan: &CrlPlan, voice: Voice) -> Vec<(String, Vec<&AuthorityPlan>)> {
    let mut all: Vec<(String, Vec<&AuthorityPlan>)> = Vec::new();
    for (authority, required) in plan.required() {
        let remedy = match required.covers {
            Covers::Unknown if !required.state.is_good() => Some(clients_unknown(plan, voice)),
            _ => remedy_of_crl(required, voice),
        };
        let Some(remedy) = remedy else { continue };
        match all.iter_mut().find(|(known, _)| *known == remedy) {
            // The CRLs of one CA come one after another.
            Some((_, authorities)) => {
                if !authorities
                    .last()
                    .is_some_and(|last| std::ptr::eq(*last, authority))
                {
                    authorities.push(authority);
                }
            }
            None => all.push((remedy, vec![authority])),
        }
    }
    all
}

/// A CA with its generation, which may be left out by that name.
fn named(authority: &AuthorityPlan) -> String {
    let name = authority.name.short();
    match &authority.generation {
        Some(generation) => format!("{name} ({generation})"),
        None => name,
    }
}

/// What to do where no CRL of a CA is available and none of its clients is known: no update finds one, however often it is run.
fn clients_unknown(plan: &CrlPlan, voice: Voice) -> String {
    let server = plan.server.map_or("SERVER", Server::id);
    voice.pick(
        format!(
            "a client's certificate names the CRL: give it with --client CERT and fetch its CRL with ptl-cert crl update CERT, or import the CA's CRLs with ptl-cert crl import FILE; if no client has a certificate of this generation, leave it out with --leave-out GENERATION. ptl-cert crl plan --env ENV --for {server} lists every CRL"
        ),
        "a client's certificate names the CRL: give it, or import the CA's CRLs; if no client has a certificate of this generation, leave it out",
    )
}

/// A CA that is not trusted, and why.
pub(super) fn left_out(left_out: &LeftOutAuthority) -> String {
    match left_out {
        LeftOutAuthority::Expired {
            name,
            generation,
            not_after,
        } => format!("{name} ({generation}): expired on {}", not_after.date()),
        LeftOutAuthority::RootExpired { name, generation } => {
            format!("{name} ({generation}): its root has expired")
        }
        LeftOutAuthority::Asked { name, generation } => format!("{name} ({generation}): as asked"),
        LeftOutAuthority::Sha1 { name, generation } => format!(
            "{name} ({generation}): signed with SHA-1, which this environment does not accept"
        ),
    }
}

/// What is to be said of the evidence, and what to do.
pub(super) fn note(note: &ProofNote, voice: Voice) -> Words {
    let pick = |command_line: &str, neutral: &str| voice.pick(command_line, neutral);
    let (message, remedy) = match note {
        ProofNote::Finding(finding) => {
            let words = say(&finding.problem, voice);
            return Words {
                message: format!("{}: {}", finding.subject.name, words.message),
                ..words
            };
        }
        ProofNote::OwnRevocationUnknown => (
            "your own certificate's revocation status is unknown: the CRL of its distribution point is not cached".to_owned(),
            pick("fetch it with ptl-cert crl update CERT", "fetch it"),
        ),
        ProofNote::ClientsUnknown { authorities } => (
            format!(
                "no client certificate was given for {}; clients whose partition's CRL is missing will be refused",
                authorities.join(", ")
            ),
            pick(
                "give the certificates of your clients, the Spine Secure Proxy's first, with --client CERT",
                "give the certificates of your clients, the Spine Secure Proxy's first",
            ),
        ),
        ProofNote::ClientNotAdmitted { name } => (
            format!("the client {name} is not one of the admitted hosts: it will get 403"),
            pick("to admit it, name its host with --admit", "to admit it, name its host"),
        ),
        ProofNote::CallerNotAdmitted { host } => (
            format!("{host}, from which Spine sends messages, is not admitted: only the Spine Secure Proxy is"),
            voice.pick(
                format!("if your endpoint receives Spine messages, add --admit {host}"),
                format!("if your endpoint receives Spine messages, admit {host} too"),
            ),
        ),
    };
    Words { message, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Certificate, Moment};
    use crate::environment::Facts;
    use crate::verdict::plan::{Consequence, Fault, FaultCause, PlanQuestion};

    #[test]
    fn the_reason_for_a_refusal_is_that_of_the_plan() {
        let pem = include_bytes!("../../../tests/data/pki/root.pem");
        let der = openssl::x509::X509::from_pem(pem)
            .unwrap()
            .to_der()
            .unwrap();
        let root = std::sync::Arc::new(Certificate::read(&der).unwrap());
        let issuer = root.subject.clone();
        let mut plan = CrlPlan::draw(&PlanQuestion {
            bundle: &[root],
            certificates: &[],
            others: &[],
            held: &[],
            unreadable: &[],
            server: Some(Server::Java),
            facts: &Facts::default(),
            at: Moment::from_unix(1_795_305_600).unwrap(),
        });
        let said = |plan: &CrlPlan| -> Vec<String> {
            let all = crls(plan, Voice::Neutral).into_iter();
            all.map(|one| one.message).collect()
        };
        let [missing] = said(&plan).try_into().unwrap();
        assert!(missing.starts_with("not all CRLs"), "{missing}");
        let remedy = |plan: &CrlPlan| crls(plan, Voice::CommandLine)[0].remedy.clone();
        assert!(
            remedy(&plan).contains("ptl-cert crl import FILE"),
            "{}",
            remedy(&plan)
        );
        // No update finds the CRL of clients that are not known.
        plan.authorities[0].required[0].covers = Covers::Unknown;
        for words in [
            "--client CERT",
            "--leave-out",
            "crl plan --env ENV --for java",
        ] {
            assert!(remedy(&plan).contains(words), "{}", remedy(&plan));
        }
        for authority in &mut plan.authorities {
            authority.required.clear();
        }
        plan.faults.push(Fault {
            effect: Consequence::LetIn,
            cause: FaultCause::SameName,
            issuer,
            certificates: Vec::new(),
            minor: false,
        });
        let [fault] = said(&plan).try_into().unwrap();
        assert!(fault.contains("several CAs are called"), "{fault}");
    }
}
