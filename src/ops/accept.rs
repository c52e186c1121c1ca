//! Does the reply match the request? If so, makes the files that a server needs.
//!
//! [`accept`] gathers and judges; [`Acceptance::write`] writes what was accepted, and nothing else can be written.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Context;
use super::gather::{
    self, CrlObjects, ExpectedContent, GivenCrl, Inputs, Named, Reading, Unread, UnreadReason,
    cached, only_key, only_key_pair, only_request,
};
use super::verify::{UnknownEnvironment, environment};
use crate::decode::Password;
use crate::document::{Document, Item, Moment, PublicKey, Sha256Digest};
use crate::fqdn::Fqdn;
use crate::input::{Origin, Source};
use crate::revocation::SearchableCrl;
use crate::store::bundle::{self, Bundle, BundleError, ENDINGS};
use crate::store::crl_cache::CacheError;
use crate::store::read::Depth;
use crate::verdict::accept::{self as judged, ExpectedReply as Asked, ReplyEvidence, host};
use crate::verdict::verify::{Decision, Link};
use crate::verdict::{Finding, Problem, Severity, Subject};

/// The reply, and what it must match.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The reply, in any format.
    pub replies: Vec<Named>,
    /// The request that was sent.
    pub request: Named,
    /// Its private key, or the public key where the private one is kept elsewhere (HSM, KMS, TPM).
    pub key: Named,
    /// The id of the environment that the certificate was requested for.
    pub environment: String,
    /// CRLs, beside those of the context's cache and of the reply.
    pub crls: Vec<Named>,
    /// Opens PKCS#12 files and the key.
    pub password: Option<Password>,
    /// The lowest severity of a finding that refuses; `None`: only reasons refuse.
    pub refuse_from: Option<Severity>,
}

impl Options {
    /// Checks `replies` against `request`, whose private key is `key`, for an environment. Where the private key is kept
    /// elsewhere (HSM, KMS, TPM), give its public key: [`PublicKey::info`](crate::document::PublicKey::info) is what it was
    /// read from.
    pub fn new(
        replies: impl IntoIterator<Item = Named>,
        request: Named,
        key: Named,
        environment: impl Into<String>,
    ) -> Options {
        Options {
            replies: replies.into_iter().collect(),
            request,
            key,
            environment: environment.into(),
            crls: Vec::new(),
            password: None,
            refuse_from: None,
        }
    }

    /// Checks revocation with these CRLs as well as those of the cache.
    pub fn crls(mut self, crls: impl IntoIterator<Item = Named>) -> Options {
        self.crls.extend(crls);
        self
    }

    /// Opens PKCS#12 files and the key with this.
    pub fn password(mut self, password: Password) -> Options {
        self.password = Some(password);
        self
    }

    /// Refuses a reply with a finding of this severity or higher.
    pub fn refuse_from(mut self, severity: Severity) -> Options {
        self.refuse_from = Some(severity);
        self
    }
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// There is no such environment.
    #[error(transparent)]
    UnknownEnvironment(#[from] UnknownEnvironment),
    /// The cache cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Some of the evidence given could not be read.
    #[error("some input cannot be used, so nothing was decided or written")]
    Unread(Vec<Unread>),
    /// No endpoint certificate was found, and it may be in a part of the reply that was not read.
    #[error(
        "no endpoint certificate was found, and not all of the reply could be read, so nothing was decided or written"
    )]
    PartlyRead(Vec<Unread>),
}

/// Whether a reply matches the request, what it was judged against, and what to install.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Acceptance {
    /// The host that the request is for.
    pub fqdn: Fqdn,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// The environment's title.
    pub environment: String,
    /// Its id.
    pub environment_id: String,
    /// SHA-256 over the request's DER.
    pub request_sha256: Sha256Digest,
    /// Whether the private key was given, and not its public key alone: without it there is nothing to give a server.
    pub has_private_key: bool,
    /// The judgement.
    pub judged: judged::ReplyVerdict,
    /// The lowest severity of a finding that refused.
    pub refuse_from: Option<Severity>,
    /// Files of the reply's folders, archives and mails in which nothing was recognised.
    pub passed_over: Vec<Unread>,
}

/// Judges a reply by everything named, the facts and the cache. Writes nothing.
///
/// # Errors
/// When the environment is not known, the cache cannot be read, or anything named cannot be read or does not hold what was
/// expected: a judgement without the evidence given would mislead.
pub fn accept(options: &Options, context: &Context<'_>) -> Result<Acceptance, AcceptError> {
    let facts = &context.facts;
    let environment = environment(&options.environment, facts)?;
    let password = options.password.as_ref();
    let mut unread = Vec::new();
    let mut read = |named: &[Named]| {
        let mut found = gather::read(named, password, context.observer);
        unread.append(&mut found.unread);
        found
    };
    let requests = read(std::slice::from_ref(&options.request)).items;
    let keys = read(std::slice::from_ref(&options.key)).items;
    let mut reply = read(&options.replies);
    let reply_crls = reply.take_crls();
    let expect = |named: &Named, expected, found, unread: &mut Vec<Unread>| {
        gather::expect([named.source()], expected, found, unread);
    };
    let request = only_request(&requests);
    if let Err(found) = request {
        expect(
            &options.request,
            ExpectedContent::OneHostRequest,
            found,
            &mut unread,
        );
    }
    let request = request.ok().zip(request.ok().map(host));
    if let Some((_, Err(no_host))) = &request {
        let reason = UnreadReason::RequestHost(no_host.clone());
        unread.push(Unread::new(options.request.source(), reason));
    }
    let key = only_key(&keys);
    let has_private_key = only_key_pair(&keys).is_ok();
    if let Err(found) = key
        && unread.is_empty()
    {
        unread.push(gather::no_key(options.key.source(), &keys, found));
    }
    let inputs = Inputs::load_crls(&options.crls, Depth::Directory);
    let objects = CrlObjects::open(&inputs, context.observer, &mut unread);
    let mut crls = objects.crls(&mut unread, &mut reply.passed_over);
    crls.extend(GivenCrl::read_all(&reply_crls, &mut unread));
    let certificates = reply.certificates();
    let cached = cached(&certificates, &[&certificates], context)?;
    unread.extend(cached.unread.iter().cloned());
    cached.add_to(&mut crls, &mut unread);
    let (Some((request, Ok(fqdn))), Ok(key), true) = (request, key, unread.is_empty()) else {
        return Err(AcceptError::Unread(unread));
    };
    if reply.endpoints().is_empty() && reply.hidden().next().is_some() {
        return Err(AcceptError::PartlyRead(reply.hidden().cloned().collect()));
    }
    let asked = Asked {
        request,
        fqdn: &fqdn,
        key,
        environment,
        at: context.at,
    };
    let origin = match options.replies.first() {
        Some(first) => Origin::whole(&first.source().into()),
        None => requests_origin(options),
    };
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    let mut judged = judged::accept(
        &asked,
        &ReplyEvidence {
            certificates: &certificates,
            origin: &origin,
            facts,
            crls: &crls,
            revocation: cached
                .state_in_use()
                .revocation(options.crls.len() + reply_crls.len()),
        },
    );
    judged.findings.extend(keys_in(&reply, key));
    Ok(Acceptance {
        at: context.at,
        environment: environment.title.clone(),
        environment_id: environment.id.clone(),
        request_sha256: request.sha256,
        has_private_key,
        fqdn,
        judged,
        refuse_from: options.refuse_from,
        passed_over: reply.passed_over,
    })
}

/// The private keys without a password that are in the same files of the reply as certificates: whoever sent it had them. A
/// file of its own in a folder need not have been sent.
fn keys_in(reply: &Reading, own: &PublicKey) -> Vec<Finding> {
    let of_certificates: HashSet<&Source> = reply
        .items
        .iter()
        .filter(|item| matches!(item.document, Document::Certificate(_)))
        .map(|item| item.origin.source.file())
        .collect();
    let finding = |item: &Item| match &item.document {
        Document::PrivateKey(key) if item.is_unprotected_key => of_certificates
            .contains(item.origin.source.file())
            .then(|| Finding {
                subject: Subject {
                    object: None,
                    name: item.origin.to_string(),
                    origin: item.origin.clone(),
                },
                problem: Problem::KeyInReply {
                    own: key.public_key() == own,
                },
            }),
        _ => None,
    };
    reply.items.iter().filter_map(finding).collect()
}

/// The location of a reply of which there is nothing.
fn requests_origin(options: &Options) -> Origin {
    Origin::whole(&options.request.source().into())
}

/// One file to install.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundleFile {
    /// Its name.
    pub name: String,
    /// The subjects of the certificates in it, in order.
    pub holds: Vec<String>,
    /// Its text.
    pub pem: String,
}

impl Acceptance {
    /// The decision: [`Decision::Verified`] when the reply matches the request, is good, and has no finding that refuses.
    pub fn decision(&self) -> Decision {
        match self.judged.decision {
            Decision::Verified if self.is_refused_by_finding() => Decision::NotVerified,
            decision => decision,
        }
    }

    fn is_refused_by_finding(&self) -> bool {
        let worst = self.judged.findings.iter().map(|finding| &finding.problem);
        let worst = worst.map(Problem::severity).max();
        self.refuse_from.is_some_and(|least| worst >= Some(least))
    }

    /// The files of what was accepted, in the order in which they are written; `None` unless it was.
    pub fn files(&self) -> Option<[BundleFile; 3]> {
        if self.decision() != Decision::Verified {
            return None;
        }
        let path = &self.judged.verdict.as_ref()?.path;
        let leaf = path.first()?;
        let file = |ending: &str, links: &[&Link]| BundleFile {
            name: format!("{}.{ending}", self.fqdn),
            holds: links
                .iter()
                .map(|link| link.certificate.subject.short())
                .collect(),
            pem: links
                .iter()
                .map(|link| link.certificate.pem())
                .collect::<String>(),
        };
        let [certificate, full_chain, authorities, _] = ENDINGS;
        // In the order in which servers send them (RFC 8446 section 4.4.2), and in which peers trust them.
        let sent: Vec<&Link> = path.iter().filter(|link| !link.anchor).collect();
        let trusted: Vec<&Link> = path.iter().skip(1).collect();
        Some([
            file(certificate, &[leaf]),
            file(full_chain, &sent),
            file(authorities, &trusted),
        ])
    }

    /// The name of the receipt.
    pub fn receipt_name(&self) -> String {
        let [.., receipt] = ENDINGS;
        format!("{}.{receipt}", self.fqdn)
    }

    /// Writes what was accepted into a folder, with `receipt` beside it; all or nothing. Returns the paths; none where the
    /// reply was not accepted.
    ///
    /// # Errors
    /// When one of the files exists, or the system refuses.
    pub fn write(&self, folder: &Path, receipt: &str) -> Result<Vec<PathBuf>, BundleError> {
        let Some([certificate, full_chain, authorities]) = self.files() else {
            return Ok(Vec::new());
        };
        let bundle = Bundle {
            certificate: &certificate.pem,
            full_chain: &full_chain.pem,
            authorities: &authorities.pem,
            receipt,
        };
        bundle::write(folder, &self.fqdn, &bundle)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};
    use std::sync::Arc;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::ops::verify;
    use crate::verdict::Code;

    const LEAF: &str = include_str!("../../tests/data/pki/leaf.pem");
    const SUB: &str = include_str!("../../tests/data/pki/sub.pem");
    const KEY: &str = include_str!("../../tests/data/pki/leaf.key");

    fn data(name: &str) -> Named {
        let pki = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
        Named::file(pki.join(name))
    }

    fn packed(files: &[(&str, &str)]) -> Named {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        Named::given("reply", writer.finish().unwrap().into_inner())
    }

    fn context() -> Context<'static> {
        let facts = gather::facts(&Some(data("facts.toml"))).unwrap();
        let at = Moment::new(time::macros::datetime!(2027-01-01 00:00 UTC));
        Context::new(at, Arc::new(facts))
    }

    fn accepted(reply: Named) -> Result<Acceptance, AcceptError> {
        let options = Options::new([reply], data("leaf.csr"), data("leaf.key"), "practice");
        accept(&options, &context())
    }

    fn sources<'u>(unread: impl IntoIterator<Item = &'u Unread>) -> Vec<String> {
        let unread = unread.into_iter();
        unread.map(|one| one.source.to_string()).collect()
    }

    /// The leaf is in a document that is not read.
    fn document() -> String {
        format!("%PDF-1.4\n{LEAF}")
    }

    #[test]
    fn a_reply_of_which_a_part_was_not_read_is_not_refused_for_the_lack_of_an_endpoint() {
        let reply = packed(&[("ca.pem", SUB), ("leaf", &document())]);
        match accepted(reply) {
            Err(AcceptError::PartlyRead(unread)) => {
                assert_eq!(sources(&unread), ["reply!leaf"]);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_endpoint_in_a_rich_text_document_is_accepted() {
        let document = format!("{{\\rtf1 {}}}", LEAF.replace('\n', "\\par\n"));
        let acceptance = accepted(packed(&[("ca.pem", SUB), ("leaf.rtf", &document)])).unwrap();
        assert_eq!(acceptance.decision(), Decision::Verified);
    }

    #[test]
    fn a_reply_that_was_read_to_its_end_and_has_no_endpoint_is_refused() {
        let reply = packed(&[("ca.pem", SUB), ("README.txt", "How to install it\n")]);
        let acceptance = accepted(reply).unwrap();
        assert_eq!(acceptance.decision(), Decision::NotVerified);
        assert_eq!(sources(&acceptance.passed_over), ["reply!README.txt"]);
    }

    #[test]
    fn an_answer_is_accepted_whatever_else_came_with_it_and_that_is_named() {
        let document = document();
        let reply = packed(&[
            ("leaf.pem", LEAF),
            ("ca.pem", SUB),
            ("guide.pdf", &document),
        ]);
        let acceptance = accepted(reply).unwrap();
        assert_eq!(acceptance.decision(), Decision::Verified);
        assert_eq!(sources(&acceptance.passed_over), ["reply!guide.pdf"]);
    }

    /// A folder of these files.
    #[expect(clippy::disallowed_methods, reason = "the folder is made here")]
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn what_else_is_in_a_folder_is_passed_over_as_in_an_archive() {
        let document = document();
        for (name, text) in [
            ("README.txt", "How to install it\n"),
            ("desktop.ini", "[.ShellClassInfo]\r\nIconFile=a.ico\r\n"),
            (
                "a.receipt.json",
                "{\"schema\": \"ptl-cert/accept/1\", \"exit\": 0}",
            ),
            ("guide.pdf", &document),
            ("empty.txt", ""),
        ] {
            let reply = folder(&[("leaf.pem", LEAF), ("ca.pem", SUB), (name, text)]);
            let acceptance = accepted(Named::file(reply.path())).unwrap();
            assert_eq!(acceptance.decision(), Decision::Verified, "{name}");
            assert_eq!(acceptance.passed_over.len(), 1, "{name}");
        }
        // What may be the certificate that is missing decides nothing.
        let reply = folder(&[("ca.pem", SUB), ("leaf.pdf", &document)]);
        let refused = accepted(Named::file(reply.path()));
        assert!(
            matches!(refused, Err(AcceptError::PartlyRead(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn no_ca_of_a_folder_is_verified_in_the_stead_of_a_document_that_was_not_read() {
        let ask = |files: &[(&str, &str)]| {
            let folder = folder(files);
            let options =
                verify::Options::new([Named::file(folder.path())]).anchors([data("root.pem")]);
            verify::verify(&options.purpose(verify::Purpose::Any), &context()).unwrap()
        };
        let found = ask(&[("ca.pem", SUB), ("leaf.pdf", &document())]);
        assert!(found.answers.is_empty());
        assert_eq!(found.decision(), Decision::NotDecided);
        let found = ask(&[("ca.pem", SUB), ("README.txt", "The CA\n")]);
        assert_eq!(found.answers.len(), 1);
        assert!(found.unread.is_empty(), "{:?}", found.unread);
    }

    #[test]
    fn an_empty_archive_in_a_reply_is_passed_over_as_an_empty_file_is() {
        let empty = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let empty = empty.finish().unwrap().into_inner();
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in [
            ("leaf.pem", LEAF.as_bytes()),
            ("ca.pem", SUB.as_bytes()),
            ("empty.zip", &empty),
        ] {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        let reply = Named::given("reply", writer.finish().unwrap().into_inner());
        let acceptance = accepted(reply).unwrap();
        assert_eq!(acceptance.decision(), Decision::Verified);
        assert_eq!(sources(&acceptance.passed_over), ["reply!empty.zip"]);
    }

    #[test]
    fn a_private_key_that_came_with_the_certificate_is_reported() {
        let has_key = |reply: Named| {
            let acceptance = accepted(reply).unwrap();
            assert_eq!(acceptance.decision(), Decision::Verified);
            let mut findings = acceptance.judged.findings.iter();
            findings.any(|one| matches!(one.problem, Problem::KeyInReply { own: true }))
        };
        assert!(has_key(Named::given("reply", format!("{LEAF}{SUB}{KEY}"))));
        let files = [("leaf.pem", LEAF), ("ca.pem", SUB), ("sent.key", KEY)];
        assert!(has_key(packed(&files)));
        // In a folder it need not have been sent.
        let folder = folder(&files);
        assert!(!has_key(Named::file(folder.path())));
        assert!(!has_key(packed(&files[..2])));
    }

    #[test]
    fn a_request_that_is_for_no_host_is_not_said_to_be_missing() {
        for (request, said) in [
            ("underscore.csr", "is not a host name"),
            ("no-name.csr", "neither a CN nor a DNS name"),
        ] {
            let reply = packed(&[("leaf.pem", LEAF), ("ca.pem", SUB)]);
            let options = Options::new([reply], data(request), data("leaf.key"), "practice");
            match accept(&options, &context()) {
                Err(AcceptError::Unread(unread)) => {
                    let message = unread[0].message();
                    assert!(message.contains(said), "{message}");
                    assert!(!message.contains("found none"), "{message}");
                }
                other => panic!("{request}: {other:?}"),
            }
        }
    }

    #[test]
    fn no_ca_is_verified_in_the_stead_of_a_document_that_was_not_read() {
        let ask = |files: &[(&str, &str)]| {
            let options = verify::Options::new([packed(files)]).anchors([data("root.pem")]);
            verify::verify(&options.purpose(verify::Purpose::Any), &context()).unwrap()
        };
        let document = document();
        let found = ask(&[("ca.pem", SUB), ("leaf.pdf", &document)]);
        assert!(found.answers.is_empty());
        assert_eq!(sources(&found.unread), ["reply!leaf.pdf"]);
        assert_eq!(found.decision(), Decision::NotDecided);
        let found = ask(&[("ca.pem", SUB), ("README.txt", "The CA\n")]);
        assert_eq!(found.answers.len(), 1);
        assert_eq!(sources(&found.passed_over), ["reply!README.txt"]);
    }

    #[test]
    fn a_crl_that_came_with_the_certificate_counts() {
        macro_rules! judge {
            ($read:ident, $name:literal) => {
                $read!(concat!("../../tests/data/judge/", $name))
            };
        }
        let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/judge");
        let chain = [
            judge!(include_str, "leaf.pem"),
            judge!(include_str, "sub.pem"),
        ]
        .concat();
        let crls: [&[u8]; 2] = [
            judge!(include_bytes, "sub-revokes.crl"),
            judge!(include_bytes, "root.crl"),
        ];
        let pem = |crl: &&[u8]| {
            let crl = STANDARD.encode(crl);
            format!("-----BEGIN X509 CRL-----\n{crl}\n-----END X509 CRL-----\n")
        };
        let revoked: String = crls.iter().map(pem).collect();
        let verified = |text: &str, crls: Option<&str>| {
            let named = Named::given("reply", text.as_bytes());
            let root = Named::file(judge.join("root.pem"));
            let options = verify::Options::new([named]).anchors([root]);
            let crls = crls.map(|crls| Named::given("crls", crls.as_bytes()));
            let found = verify::verify(&options.crls(crls), &context()).unwrap();
            assert!(found.unread.is_empty(), "{:?}", found.unread);
            let code = found.answers[0].answer.code;
            (found.decision(), code, found.passed_over.len())
        };
        assert_eq!(verified(&chain, None).0, Decision::Verified);
        let together = format!("{chain}{revoked}");
        let (decision, code, _) = verified(&together, None);
        assert_eq!(decision, Decision::NotVerified);
        assert_eq!(code, Some(Code::Revoked));
        // A file of CRLs that has certificates in it too is taken for its CRLs, and says what it passed over.
        let (decision, code, passed_over) = verified(&chain, Some(&together));
        assert_eq!(decision, Decision::NotVerified);
        assert_eq!((code, passed_over), (Some(Code::Revoked), 2));
    }

    #[test]
    fn the_ca_of_one_file_is_not_said_to_be_sent_with_the_certificate_of_another() {
        let unsent = |named: Vec<Named>| {
            let options = verify::Options::new(named).anchors([data("root.pem")]);
            let found = verify::verify(&options, &context()).unwrap();
            let leaf = &found.answers[0].answer;
            assert_eq!(leaf.decision, Decision::Verified);
            let mut codes = leaf.findings.iter().map(|finding| finding.problem.code());
            codes.any(|code| code == Code::SubCaNotSent)
        };
        assert!(unsent(vec![data("leaf.pem"), data("sub.pem")]));
        let whole = || packed(&[("leaf.pem", LEAF), ("ca.pem", SUB)]);
        assert!(!unsent(vec![whole()]));
        assert!(!unsent(vec![whole(), data("sub.pem")]));
    }

    #[test]
    fn what_else_an_archive_holds_is_known_wherever_it_was_read() {
        let document = document();
        let reply = packed(&[("leaf.pem", LEAF), ("guide.pdf", &document), ("a.txt", "a")]);
        let found = gather::read(std::slice::from_ref(&reply), None, &());
        assert!(found.unread.is_empty());
        assert_eq!(
            sources(&found.passed_over),
            ["reply!guide.pdf", "reply!a.txt"]
        );
        assert_eq!(sources(found.hidden()), ["reply!guide.pdf"]);
        assert!(matches!(found.passed_over[0].source, Source::Member { .. }));
    }
}
