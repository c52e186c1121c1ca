//! The lab, judged by the rest of the library.

mod broken;
mod page;
mod says;
mod sound;
mod sweep;

use std::sync::{Arc, OnceLock};

use super::{Defect, Generation, KeyPlan, Keys, Lab, LabEnvironment, LabError, LabPlan, Reply};
use crate::document::{Certificate, Moment, PrivateKey, Request};
use crate::environment::Facts;
use crate::fqdn::Fqdn;
use crate::generate;
use crate::input::{Origin, Source};
use crate::revocation::SearchableCrl;
use crate::verdict::verify::{
    self, BorrowedJudge, Evidence, Given, Purpose, Question, Revocation, Sha1, Verdict,
};

/// The lab keys of `tests/data/lab/keys`: making RSA-4096 ones takes seconds.
#[expect(clippy::disallowed_methods, reason = "tests read their data")]
pub(crate) fn keys() -> Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    let read = |plan: &KeyPlan| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lab/keys");
        let pem = std::fs::read(format!("{folder}/{}.key", plan.name)).unwrap();
        let pkey = openssl::pkey::PKey::private_key_from_pem(&pem).unwrap();
        Ok::<_, LabError>(Some(PrivateKey::of(pkey).unwrap()))
    };
    KEYS.get_or_init(|| Keys::read(read).unwrap()).clone()
}

/// 2027-01-15 08:00 UTC.
pub(crate) fn created() -> Moment {
    Moment::from_unix(1_800_000_000).unwrap()
}

pub(crate) fn lab() -> Lab {
    Lab::create(keys(), &LabPlan::new(LabPlan::BASE_URL, created())).unwrap()
}

pub(crate) fn facts(lab: &Lab) -> Facts {
    Facts::built_in().unwrap().extended(&lab.facts()).unwrap()
}

/// The host that everything is signed for.
pub(crate) const HOST: &str = "gpc-int-a12345.supplier.thirdparty.nhs.uk";
/// Another name that requests ask for.
pub(super) const SECOND_HOST: &str = "gpc-int-b12345.supplier.thirdparty.nhs.uk";

/// A supplier's key and request, the same all the time.
pub(crate) fn pair() -> &'static (PrivateKey, Request) {
    static PAIR: OnceLock<(PrivateKey, Request)> = OnceLock::new();
    PAIR.get_or_init(|| request(&[SECOND_HOST]))
}

/// A key, and a request that asks for these names besides the host.
pub(super) fn request(others: &[&str]) -> (PrivateKey, Request) {
    let others = others.iter().map(|name| Fqdn::parse(name).unwrap());
    let names = generate::Names::new(Fqdn::parse(HOST).unwrap())
        .with_alternatives(generate::AlternativeNames::Listed(others.collect()));
    let plan = generate::Plan::new(names, generate::SubjectAttributes::default());
    let pair = generate::pair(&plan, generate::KeySize::Rsa2048).unwrap();
    let request = Request::read(pair.request.der()).unwrap();
    (pair.key, request)
}

pub(super) fn given(der: &[u8]) -> Given {
    Given {
        certificate: Arc::new(Certificate::read(der).unwrap()),
        origin: Origin::whole(&Arc::new(Source::BuiltIn("lab"))),
    }
}

/// What INT answers to the supplier's request.
pub(crate) fn signed(lab: &mut Lab, generation: Generation, defects: &[Defect]) -> Reply {
    let (_, request) = pair();
    lab.sign(request, LabEnvironment::Int, generation, defects, created())
        .unwrap()
}

/// The certificates of a reply, those that can be read.
pub(super) fn sent(reply: &Reply) -> Vec<Given> {
    let readable = |der: &&[u8]| Certificate::read(der).is_ok();
    reply.members().filter(readable).map(given).collect()
}

/// What verify says of a reply, with these CRLs.
pub(super) fn judge(
    facts: &Facts,
    environment: LabEnvironment,
    reply: &Reply,
    crls: &[Vec<u8>],
    at: Moment,
) -> Verdict {
    let leaf = given(reply.certificate().der());
    let sent = sent(reply);
    let crls = read_crls(crls);
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    let host = Fqdn::parse(HOST).unwrap();
    let environment = facts.environment(environment.id()).unwrap();
    let question = Question::new(&leaf, at)
        .fqdn(&host)
        .environment(environment);
    let evidence = Evidence::new(facts).sent(&sent).crls(&crls);
    let verdict = verify::judge(&question, &evidence);
    // One that judges many, and remembers, says the same each time.
    let judge = BorrowedJudge::new(evidence);
    for _ in 0..2 {
        let again = judge.verdict(&question);
        assert_eq!(format!("{again:?}"), format!("{verdict:?}"));
    }
    verdict
}

pub(super) fn read_crl(crl: &[u8]) -> SearchableCrl<'_> {
    SearchableCrl::read(crl, Origin::whole(&Arc::new(Source::BuiltIn("lab list")))).unwrap()
}

pub(super) fn read_crls(crls: &[Vec<u8>]) -> Vec<SearchableCrl<'_>> {
    crls.iter().map(|crl| read_crl(crl)).collect()
}

/// Every CRL of a lab.
pub(super) fn all_crls(lab: &Lab, at: Moment) -> Vec<Vec<u8>> {
    let places = lab.published_crls();
    places
        .iter()
        .map(|place| lab.crl(place, at, &[]).unwrap())
        .collect()
}

/// Every environment in every generation.
pub(super) fn everywhere() -> impl Iterator<Item = (LabEnvironment, Generation)> {
    LabEnvironment::ALL
        .into_iter()
        .flat_map(|environment| Generation::ALL.map(|generation| (environment, generation)))
}
