//! `ptl-cert accept`.

mod answer;
mod asked;

use ptl_cert::input::{Origin, Shown, Source};
use ptl_cert::report::acceptance::{AcceptanceReport, Written};
use ptl_cert::report::inspection::Unread;
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::store::bundle::ENDINGS;
use ptl_cert::store::read::Depth;
use ptl_cert::verdict::accept::{Expected, Reply, accept};
use ptl_cert::verdict::verify::Decision;

use super::reading::evidence::{self, refuse, unknown};
use super::reading::{self, Inputs, cached};
use crate::args::{Accept, Format};
use crate::outcome::Outcome;
use crate::world::World;

/// Judges what came back, and writes it if it is the answer.
pub(crate) fn run(args: &Accept, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return refuse("accept", "accept has no --format ndjson; use --format json");
    }
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let Some(environment) = facts.environment(&args.env.to_ascii_lowercase()) else {
        return refuse("accept", &unknown(&args.env, &facts));
    };
    let password = world.read_passphrase_of(args.password_file.as_deref())?;
    let mut unread = Vec::new();
    let mut read = |paths: &[_], unread: &mut Vec<Unread>| {
        evidence::items(paths, password.as_ref(), unread, world)
    };
    let requests = read(std::slice::from_ref(&args.csr), &mut unread);
    let request = asked::request(&requests, &args.csr, &mut unread);
    let keys = read(std::slice::from_ref(&args.key), &mut unread);
    let key = asked::key(&keys, &args.key, &mut unread);
    let replies = read(&args.replies, &mut unread);
    let loaded = Inputs::load(&args.crl, Depth::Directory, world);
    unread.extend(loaded.unread);
    let opened = Inputs::open(&loaded.loaded, &mut unread, None, world);
    let blobs = evidence::blobs(&opened, &mut unread);
    let mut crls = evidence::crls(&blobs, &mut unread);
    let certificates = evidence::certificates(&replies);
    // As for verify: lists that were given stand in the place of those that are kept.
    let cached = match args.cache.is_some() || args.crl.is_empty() {
        true => {
            let folder = args.cache.as_deref();
            cached::crls(
                folder,
                &certificates,
                &[&certificates],
                &facts,
                &mut unread,
                world,
            )?
        }
        false => Vec::new(),
    };
    cached::add(&cached, &mut crls, &mut unread);
    // A judgement without evidence that was meant to count would mislead.
    let (Some((request, fqdn)), Some(key), true) = (request, key, unread.is_empty()) else {
        reading::complain(&unread, world);
        anyhow::bail!("not all that was given can be used, so nothing was decided or written");
    };
    let expected = Expected {
        request,
        fqdn: &fqdn,
        key,
        environment,
        at: world.moment(args.at),
    };
    let first = args.replies.first().cloned().unwrap_or_default();
    let acceptance = accept(
        &expected,
        &Reply {
            certificates: &certificates,
            origin: &Origin::whole(&Source::File(first).into()),
            facts: &facts,
            crls: &crls.iter().collect::<Vec<&SearchableCrl<'_>>>(),
        },
    );
    let mut report = AcceptanceReport::new(&expected, &acceptance);
    let heaviest = report.findings.iter().map(|finding| finding.severity).max();
    let outcome = match acceptance.decision {
        Decision::Verified => reading::conclude(&[], heaviest, world),
        Decision::NotVerified => Outcome::Bad,
        Decision::NotDecided => Outcome::NotAnswered,
    };
    if outcome == Outcome::Good {
        let names = ENDINGS.map(|ending| format!("{fqdn}.{ending}"));
        report.written = Written::of(&acceptance, args.out_dir.shown().to_string(), names);
        answer::write(&report, &args.out_dir)?;
    }
    world.print(&report, |width| report.render(width))?;
    Ok(outcome)
}
