//! `ptl-cert crl import`.

use std::path::Path;

use ptl_cert::document::Kind;
use ptl_cert::input::Source;
use ptl_cert::report::lists::intake::{self as report, IMPORT_SCHEMA, Outcome as Became, Taken};
use ptl_cert::store::lists::{Provenance, Tried};
use ptl_cert::verdict::admission::Wanted;
use ptl_cert::wire::fetch::Encoding;

use super::intake::{Failure, Fetched, Intake, blobs, other_kind, place};
use super::{authorities, cache, environment, issuers};
use crate::args::Format;
use crate::args::crl::Import;
use crate::command::reading;
use crate::outcome::Outcome;
use crate::world::World;

/// Installs lists that somebody brought.
pub(crate) fn run(args: &Import, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return super::refuse(
            "import",
            "crl import has no --format ndjson; use --format json",
        );
    }
    let facts = reading::facts(args.signers.authorities.facts.as_deref(), world)?;
    let environment = match environment(args.signers.authorities.env.as_ref(), &facts) {
        Ok(environment) => environment,
        Err(message) => return super::refuse("import", &message),
    };
    let mut unread = Vec::new();
    let at = world.moment(args.installing.at);
    let cache = cache(&args.installing.folder, world)?;
    let report = |lists, unread| report::Intake {
        schema: IMPORT_SCHEMA,
        at,
        cache: cache.folder().display().to_string(),
        lists,
        by_hand: Vec::new(),
        ended: Vec::new(),
        unread,
    };
    let Ok(issuers) = issuers(&args.signers.issuer, &mut unread, world) else {
        return say(&report(Vec::new(), unread), world);
    };
    let authorities = authorities(environment, &facts, issuers, &[]);
    let proxy = world.proxy()?;
    let writer = cache.lock(Some(args.installing.wait))?;
    let intake = Intake::new(writer, &authorities, at, args.installing.rollback());
    let intake = intake.fetching(
        args.download.timeout,
        args.download.max_size,
        proxy,
        Encoding::Identity,
    );
    let (mut lists, mut tried) = (Vec::new(), Vec::new());
    for given in &args.lists {
        let taken = match is_url(given) {
            true => download(&intake, given, &mut tried),
            false => file(&intake, Path::new(given), world),
        };
        lists.extend(taken);
    }
    if !tried.is_empty() {
        intake.remember(tried, &mut unread);
    }
    say(&report(lists, unread), world)
}

fn say(report: &report::Intake, world: &mut World) -> anyhow::Result<Outcome> {
    world.print(report, |width| report.render(width))?;
    reading::complain(&report.unread, world);
    Ok(Outcome::of(report.exit()))
}

fn is_url(given: &str) -> bool {
    let scheme = given.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    })
}

/// Every list of a download.
fn download(intake: &Intake<'_>, url: &str, tried: &mut Vec<Tried>) -> Vec<Taken> {
    let place = place(url);
    let taken = match intake.fetch(url, None) {
        Err(failure) => vec![failure.into_taken(&place, None)],
        // No condition was sent.
        Ok(Fetched::NotModified) => Vec::new(),
        Ok(Fetched::Whole(bytes, sent)) => {
            let provenance = Provenance {
                place,
                at: intake.at,
                etag: sent.etag,
                last_modified: sent.last_modified,
            };
            all(intake, &bytes, &Source::Url(url.to_owned()), &provenance)
        }
    };
    // The worst of several lists is what the next try has to mend.
    let worst = taken.iter().max_by_key(|taken| match taken.outcome {
        Became::Installed | Became::Unchanged => 0,
        Became::Refused => 1,
        Became::Failed => 2,
    });
    tried.extend(worst.map(|worst| intake.tried(url, None, worst)));
    taken
}

/// Every list of a file. What became of it is told and not remembered: somebody is here to see it.
fn file(intake: &Intake<'_>, path: &Path, world: &World) -> Vec<Taken> {
    let source = match path == Path::new("-") {
        true => Source::Stdin,
        false => Source::File(path.to_owned()),
    };
    let provenance = Provenance::new(&source, intake.at);
    match world.read_list(path) {
        Ok(bytes) => all(intake, &bytes, &source, &provenance),
        Err(error) => vec![Failure::file(error).into_taken(&provenance.place, None)],
    }
}

fn all(intake: &Intake<'_>, bytes: &[u8], source: &Source, provenance: &Provenance) -> Vec<Taken> {
    let blobs = match blobs(bytes, source) {
        Ok(blobs) => blobs,
        Err(failure) => return vec![failure.into_taken(&provenance.place, None)],
    };
    let wanted: Option<Wanted<'_>> = None;
    let one = |blob| {
        let installed = intake.install(blob, wanted, provenance);
        installed.unwrap_or_else(|turned| turned.into_taken(&provenance.place, None))
    };
    let (lists, others): (Vec<_>, Vec<_>) =
        blobs.iter().partition(|blob| other_kind(blob).is_none());
    let mut taken: Vec<Taken> = lists.iter().copied().map(one).collect();
    if !others.is_empty() {
        // A bundle of certificates is one mistake, however many there are.
        let kinds: Vec<Kind> = others.into_iter().filter_map(other_kind).collect();
        let failure = Failure::no_list(&kinds, lists.len());
        taken.push(failure.into_taken(&provenance.place, None));
    }
    taken
}
