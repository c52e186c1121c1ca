//! The tasks.

use std::error::Error;
use std::sync::Arc;
use std::thread;

use ptl_cert::chain::role;
use ptl_cert::document::{Certificate, PrivateKey, PublicKey};
use ptl_cert::generate::{self, KeySize, Plan, Signer, Unsigned};
use ptl_cert::lab::{Defect, Generation, Lab, LabEnvironment, fixture_pair};
use ptl_cert::ops::accept::{self, accept};
use ptl_cert::ops::crl::update::{self, HttpReply};
use ptl_cert::ops::gather::{Named, Reading};
use ptl_cert::ops::matching::Matching;
use ptl_cert::ops::{Context, CrlCache, Judge, Snapshot};
use ptl_cert::report;
use ptl_cert::store::pair::{Existing, write_pair};
use ptl_cert::verdict::verify::{Decision, Given};
use ptl_cert::verdict::{chains, identify};
use ptl_cert::wording;

use crate::World;

type Done = Result<(), Box<dyn Error>>;

/// 1. A key and a request, saved safely.
pub(crate) fn pair(world: &World) -> Done {
    let pair = generate::pair(&Plan::of(&world.host), KeySize::Rsa2048)?;
    let key = pair.key.to_pkcs8_pem()?;
    let _ = write_pair(&world.folder, &world.host, &key, &pair.request, Existing::Refuse)?;
    // A second time nothing is overwritten.
    assert!(write_pair(&world.folder, &world.host, &key, &pair.request, Existing::Refuse).is_err());
    Ok(())
}

/// 2. A request for a key that is kept elsewhere, here in the memory of a pretended module.
pub(crate) fn remote(world: &World) -> Done {
    let module = PrivateKey::from_bytes(&world.key, None)?;
    let public = PublicKey::from_bytes(module.public_key().info())?;
    let unsigned = Unsigned::new(Plan::of(&world.host), public)?;
    let signature = module.sign(unsigned.to_be_signed())?;
    assert_eq!(unsigned.signed(&signature)?.pem(), world.csr);
    Ok(())
}

/// 3. Bytes of unknown format to objects.
pub(crate) fn objects(world: &World) -> Done {
    let facts = world.lab.known()?;
    let reading = Reading::of("the reply", world.reply.clone(), None);
    for (given, identity) in identify(&reading.items, &facts) {
        let certificate = &given.certificate;
        let known = identity.ok_or("an unknown certificate")?;
        println!("{} {}", certificate.subject, wording::role(role(certificate)));
        println!("{:?} {}", known.environments, known.generation);
        println!("{} CRL distribution points", certificate.distribution_points().len());
    }
    Ok(())
}

/// 4. The chain as a structure.
pub(crate) fn chain(world: &World) -> Done {
    let reading = Reading::of("the reply", world.reply.clone(), None);
    let chains = chains(&reading.items, &world.lab.known()?);
    let links = &chains.first().ok_or("no chain")?.links;
    assert_eq!(links.len(), 3);
    assert!(links.iter().skip(1).all(|link| link.pinned));
    Ok(())
}

/// 5. The verdict, by one's own CRLs and moment.
pub(crate) fn verify(world: &World) -> Done {
    let crls = world.lab.crls(world.at)?.into_iter().map(|der| ("a CRL", der));
    let judge = Judge::of_environment("lab-int").facts(world.lab.known()?);
    let judge = judge.crls(Snapshot::of_bytes(crls)?).build()?;
    let reading = Reading::of("the reply", world.reply.clone(), None);
    let sent = reading.certificates();
    for leaf in reading.endpoints() {
        let question = judge.question(&leaf, world.at).fqdn(&world.host).sent(&sent);
        let verdict = judge.verdict(&question)?;
        assert_eq!(verdict.decision, Decision::Verified, "{:?}", verdict.reasons);
    }
    Ok(())
}

/// 6. The cache in a service with several threads.
pub(crate) fn cache(world: &World) -> Done {
    let leaf = Reading::of("the reply", world.reply.clone(), None).endpoints().remove(0);
    let cache = CrlCache::open(world.folder.join("crls"))?.facts(world.lab.known()?);
    let client = Named::given("a client", leaf.certificate.pem());
    let update = cache.begin(&update::Options::of_certificates([client]), world.at)?;
    while let Some(ask) = update.ask() {
        let body = world.get(ask.url());
        update.got(ask, HttpReply::whole(&body));
    }
    update.finish()?;
    let judge = Judge::of_environment("lab-int").facts(world.lab.known()?);
    let (judge, at) = (Arc::new(judge.crls(cache.snapshot()?).build()?), world.at);
    let ask = move || judge.verdict(&judge.question(&leaf, at)).map(|verdict| verdict.decision);
    let asked = [thread::spawn(ask.clone()), thread::spawn(ask)];
    assert!(asked.into_iter().all(|one| matches!(one.join(), Ok(Ok(Decision::Verified)))));
    Ok(())
}

/// 7. The lab as a fixture.
pub(crate) fn fixture(world: &World) -> Done {
    let mut lab = Lab::fixture(world.at)?;
    let pair = fixture_pair(&Plan::of(&world.host))?;
    let (request, int, g2) = (pair.request.request(), LabEnvironment::Int, Generation::G2);
    let expired = lab.sign(request, int, g2, &[Defect::Expired], world.at)?;
    let judge = Judge::of_environment("lab-int").facts(lab.known()?).build()?;
    let leaf = Given::from(Certificate::clone(expired.certificate()));
    let verdict = judge.verdict(&judge.question(&leaf, world.at))?;
    assert_eq!(verdict.decision, Decision::NotVerified);
    Ok(())
}

/// 8. A result as JSON, and as text.
pub(crate) fn shown(world: &World) -> Done {
    let matching = Matching::of(Reading::of("the key", world.key.clone(), None));
    let report = report::matching::MatchingReport::new(&matching);
    assert!(report::json(&report)?.starts_with("{\"schema\":\"ptl-cert/match/1\""));
    assert!(!report::plain(&report.render(report::Detail::Usual, 80)).contains('\u{1b}'));
    Ok(())
}

/// 9. Is it the answer, and what goes into which file?
pub(crate) fn accepted(world: &World) -> Done {
    let (reply, csr) = (world.reply.clone(), world.csr.clone());
    let key = Named::given("the key", world.key.clone());
    let options = accept::Options::new([Named::given("reply", reply)], Named::given("csr", csr), key, "lab-int");
    let acceptance = accept(&options, &Context::new(world.at, world.lab.known()?))?;
    let files = acceptance.files().ok_or("it was not accepted")?;
    let holds: Vec<usize> = files.iter().map(|file| file.holds.len()).collect();
    assert_eq!(holds, [1, 2, 2]);
    Ok(())
}

/// 10. What belongs together.
pub(crate) fn matched(world: &World) -> Done {
    let uploaded = [world.key.clone(), world.csr.clone().into_bytes(), world.reply.clone()].concat();
    let matching = Matching::of(Reading::of("what was uploaded", uploaded, None));
    assert!(matching.is_complete());
    Ok(())
}
