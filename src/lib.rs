//! From a host name to a certificate that works on the NHS Spine.
//!
//! The library makes RSA keys and certificate signing requests named after an FQDN, and reads and judges what comes back:
//! certificates of every NHS generation, their chains, their revocation. It reads no clock and no environment variable, and
//! opens no file or socket that a caller did not name. The command line `ptl-cert` is a thin layer over it.
//!
//! Without the command line it is `ptl-cert = { version = "0.1", default-features = false, features = ["vendored-openssl"] }`.
//! `docs/library.md` in the source has the numbers and the reasons.
//!
//! # Ten tasks
//!
//! **1. A key and a request for a host, saved safely**: both files or neither, the key readable only by its owner, nothing overwritten.
//! ```
//! use ptl_cert::fqdn::Fqdn;
//! use ptl_cert::generate::{self, KeySize, Plan};
//! use ptl_cert::store::pair::{Existing, write_pair};
//!
//! # let folder = tempfile::tempdir()?;
//! let host = Fqdn::parse("gpc-int-a1b2c.supplier.thirdparty.nhs.uk")?;
//! let pair = generate::pair(&Plan::of(&host), KeySize::Rsa2048)?;
//! let written = write_pair(folder.path(), &host, &pair.key.to_pkcs8_pem()?, &pair.request, Existing::Refuse)?;
//! # assert!(matches!(written, ptl_cert::store::pair::PairOutcome::Written { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **2. A request for a key that is kept elsewhere** (HSM, KMS, TPM): what is to be signed goes out, the signature comes in, and
//! an `await` may come between. [`generate::Signer`] and [`generate::request_with`] do both in one call.
//! ```
//! use ptl_cert::document::PublicKey;
//! use ptl_cert::fqdn::Fqdn;
//! use ptl_cert::generate::{Plan, Unsigned};
//!
//! # use ptl_cert::generate::Signer;
//! # let key = ptl_cert::lab::Keys::built_in()?.iter().next().ok_or("no key")?.1.clone();
//! # let (spki, sign) = (key.public_key().info().to_vec(), |bytes: &[u8]| key.sign(bytes));
//! let host = Fqdn::parse("gpc-int-a1b2c.supplier.thirdparty.nhs.uk")?;
//! let unsigned = Unsigned::new(Plan::of(&host), PublicKey::from_bytes(&spki)?)?;
//! let signature = sign(unsigned.to_be_signed())?; // sha256WithRSAEncryption, or of unsigned.digest()
//! let request = unsigned.signed(&signature)?;
//! assert!(request.pem().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **3. Bytes of unknown format → objects** with role, environment, generation and distribution points.
//! ```
//! use ptl_cert::chain::role;
//! use ptl_cert::environment::Facts;
//! use ptl_cert::ops::gather::Reading;
//! use ptl_cert::verdict::identify;
//! use ptl_cert::wording;
//!
//! # let bytes = include_bytes!("../tests/data/pki/reply.zip");
//! let facts = Facts::built_in()?;
//! let reading = Reading::of("the reply", &bytes[..], None); // PEM, DER, PKCS#7, PKCS#12, mail, ZIP …
//! for (given, identity) in identify(&reading.items, &facts) {
//!     let (subject, points) = (&given.certificate.subject, given.certificate.distribution_points());
//!     println!("{subject} {} {points:?}", wording::role(role(&given.certificate)));
//!     println!("{:?}", identity.map(|known| (known.environments, known.generation)));
//! }
//! assert!(reading.unread.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **4. The chain as a structure.**
//! ```
//! use ptl_cert::environment::Facts;
//! use ptl_cert::ops::gather::Reading;
//! use ptl_cert::verdict::chains;
//!
//! # let bytes = include_bytes!("../tests/data/pki/reply.zip");
//! let reading = Reading::of("the reply", &bytes[..], None);
//! for chain in chains(&reading.items, &Facts::built_in()?) {
//!     for link in &chain.links {
//!         println!("{} ({:?})", link.certificate.subject, link.found);
//!     }
//!     println!("{:?}", chain.end);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **5. Is it good, and if not, why not?** With the caller's own anchors, CRLs and time.
//! ```
//! use ptl_cert::document::Moment;
//! use ptl_cert::ops::{Judge, Snapshot};
//! use ptl_cert::verdict::verify::{Given, Question};
//!
//! # let lab = ptl_cert::lab::Lab::fixture("2027-01-15T08:00:00Z".parse()?)?;
//! # let (root, leaf) = ptl_cert::lab::fixture_chain(&lab)?;
//! # let (crls, leaf) = (lab.crls(lab.created())?, Given::from(leaf));
//! let at: Moment = "2027-01-15T08:00:00Z".parse()?;
//! let crls = Snapshot::of_bytes(crls.into_iter().map(|der| ("a CRL", der)))?;
//! let judge = Judge::of_anchors([root]).facts(lab.known()?).crls(crls).build()?;
//! let verdict = judge.verdict(&Question::new(&leaf, at))?;
//! for reason in &verdict.reasons {
//!     println!("{}: {}", reason.problem.code(), reason.subject.name);
//! }
//! # assert_eq!(verdict.decision, ptl_cert::verdict::verify::Decision::Verified, "{verdict:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **6. The cache of CRLs in a service**: any number of threads look up while one updates. The HTTP client is the caller's;
//! [`ops::CrlCache::update`] takes this crate's own instead.
//! ```no_run
//! use std::time::SystemTime;
//! use ptl_cert::ops::crl::update::{HttpReply, Options};
//! use ptl_cert::ops::{CrlCache, Judge};
//!
//! # let get = |url: &str| -> Vec<u8> { Vec::new() };
//! let cache = CrlCache::open("/var/lib/my-service/crls")?;
//! let update = cache.begin(&Options::of_environment("int"), SystemTime::now().into())?;
//! while let Some(ask) = update.ask() {
//!     let body = get(ask.url());
//!     update.got(ask, HttpReply::whole(&body));
//! }
//! let became = update.finish()?;
//! let judge = Judge::of_environment("int").crls(cache.snapshot()?).build()?; // `Send + Sync + 'static`
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **7. A lab PKI for tests**, with built-in keys.
//! ```
//! use ptl_cert::fqdn::Fqdn;
//! use ptl_cert::generate::Plan;
//! use ptl_cert::lab::{Defect, Generation, Lab, LabEnvironment, fixture_pair};
//!
//! let mut lab = Lab::fixture("2027-01-15T08:00:00Z".parse()?)?;
//! let pair = fixture_pair(&Plan::of(&Fqdn::parse("gpc-int-a1b2c.supplier.thirdparty.nhs.uk")?))?;
//! let (int, g2, at) = (LabEnvironment::Int, Generation::G2, lab.created());
//! let good = lab.sign(pair.request.request(), int, g2, &[], at)?;
//! let expired = lab.sign(pair.request.request(), int, g2, &[Defect::Expired], at)?;
//! assert!(expired.certificate().not_after < good.certificate().not_after);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **8. Any result → JSON, or text with or without ANSI.**
//! ```
//! use ptl_cert::ops::gather::Reading;
//! use ptl_cert::ops::matching::Matching;
//! use ptl_cert::report;
//!
//! # let bytes = include_bytes!("../tests/data/pki/reply.zip");
//! let matching = Matching::of(Reading::of("the reply", &bytes[..], None));
//! let report = report::matching::MatchingReport::new(&matching);
//! println!("{}", report::json(&report)?);
//! print!("{}", report::plain(&report.render(report::Detail::Usual, 80)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **9. Does the reply match the request**, and which certificate goes into which file? For a key that is kept elsewhere its
//! public key does: `request.request().key.info()` of task 2.
//! ```
//! use ptl_cert::ops::accept::{Options, accept};
//! use ptl_cert::ops::gather::Named;
//! use ptl_cert::ops::Context;
//!
//! # let (lab, pair, reply) = ptl_cert::lab::fixture_reply("2027-01-15T08:00:00Z".parse()?)?;
//! # let (csr, key) = (pair.request.pem(), pair.key.to_pkcs8_pem()?);
//! let (reply, csr) = (Named::given("the reply", reply), Named::given("the request", csr));
//! let key = Named::given("the key", key.as_bytes());
//! let context = Context::new("2027-01-15T08:00:00Z".parse()?, lab.known()?);
//! let acceptance = accept(&Options::new([reply], csr, key, "lab-int"), &context)?;
//! for file in acceptance.files().into_iter().flatten() {
//!     println!("{}: {}", file.name, file.holds.join(", "));
//! }
//! # assert!(acceptance.files().is_some(), "{acceptance:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **10. Which key, request and certificate belong together?** Needs no facts and no clock.
//! ```
//! use ptl_cert::ops::gather::Reading;
//! use ptl_cert::ops::matching::Matching;
//!
//! # let bytes = include_bytes!("../tests/data/pki/leaf.key");
//! let matching = Matching::of(Reading::of("what was uploaded", &bytes[..], None));
//! for group in &matching.keys {
//!     println!("{}: objects {:?}", group.spki_sha256, group.members);
//! }
//! println!("complete: {}", matching.is_complete());
//! ```
//!
//! # The modules
//!
//! Data flows one way through the modules below, and their order is binding: a module uses only modules above
//! it. `docs/architecture.md` has the picture.

// What we know.
pub mod fqdn;
pub mod input;
// The road.
pub mod decode;
pub mod document;
pub mod chain;
pub mod revocation;
pub mod environment;
pub mod verdict;
// The words.
pub mod wording;
// What we make.
pub mod generate;
pub mod export;
pub mod lab;
// The only doors out: the disk and the network.
pub mod store;
pub mod wire;
// What a caller asks.
pub mod ops;
// How it is shown.
pub mod report;
