//! `ptl-cert crl import`.

use std::path::Path;

use ptl_cert::document::Kind;
use ptl_cert::input::{Shown, Source};
use ptl_cert::report::crl::import::{self as report, IMPORT_SCHEMA, Imported, Outcome as Became};
use ptl_cert::store::crl_cache::{Provenance, Tried};
use ptl_cert::verdict::admission::Wanted;
use ptl_cert::wire::fetch::Encoding;

use super::install::{Failure, Fetched, ImportReport, blobs, other_kind, place};
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
    let report = |crls, unread| report::ImportReport {
        schema: IMPORT_SCHEMA,
        at,
        cache: cache.folder().shown().to_string(),
        crls,
        manual_import: Vec::new(),
        ended: Vec::new(),
        unread,
    };
    let Ok(issuers) = issuers(&args.signers.issuer, &mut unread, world) else {
        return say(&report(Vec::new(), unread), world);
    };
    let authorities = authorities(environment, &facts, issuers, &[]);
    let proxy = world.proxy()?;
    let writer = cache.lock(Some(args.installing.wait))?;
    let import = ImportReport::new(writer, &authorities, at, args.installing.rollback());
    let import = import.fetching(
        args.download.timeout,
        args.download.max_size,
        proxy,
        Encoding::Identity,
    );
    let (mut crls, mut tried) = (Vec::new(), Vec::new());
    for given in &args.crls {
        let taken = match is_url(given) {
            true => download(&import, given, &mut tried),
            false => file(&import, Path::new(given), world),
        };
        crls.extend(taken);
    }
    if !tried.is_empty() {
        import.remember(tried, &mut unread);
    }
    say(&report(crls, unread), world)
}

fn say(report: &report::ImportReport, world: &mut World) -> anyhow::Result<Outcome> {
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
fn download(import: &ImportReport<'_>, url: &str, tried: &mut Vec<Tried>) -> Vec<Imported> {
    let place = place(url);
    let taken = match import.fetch(url, None) {
        Err(failure) => vec![failure.into_taken(&place, None)],
        // No condition was sent.
        Ok(Fetched::NotModified) => Vec::new(),
        Ok(Fetched::Whole(bytes, sent)) => {
            let provenance = Provenance {
                place,
                at: import.at,
                etag: sent.etag,
                last_modified: sent.last_modified,
            };
            all(import, &bytes, &Source::Url(url.to_owned()), &provenance)
        }
    };
    // The worst of several lists is what the next try has to mend.
    let worst = taken.iter().max_by_key(|taken| match taken.outcome {
        Became::Installed | Became::Unchanged => 0,
        Became::Refused => 1,
        Became::Failed => 2,
    });
    tried.extend(worst.map(|worst| import.tried(url, None, worst)));
    taken
}

/// Every list of a file. What became of it is told and not remembered: somebody is here to see it.
fn file(import: &ImportReport<'_>, path: &Path, world: &World) -> Vec<Imported> {
    let source = match path == Path::new("-") {
        true => Source::Stdin,
        false => Source::File(path.to_owned()),
    };
    let provenance = Provenance::new(&source, import.at);
    match world.read_crl(path) {
        Ok(bytes) => all(import, &bytes, &source, &provenance),
        Err(error) => vec![Failure::file(error).into_taken(&provenance.place, None)],
    }
}

fn all(
    import: &ImportReport<'_>,
    bytes: &[u8],
    source: &Source,
    provenance: &Provenance,
) -> Vec<Imported> {
    let blobs = match blobs(bytes, source) {
        Ok(blobs) => blobs,
        Err(failure) => return vec![failure.into_taken(&provenance.place, None)],
    };
    let wanted: Option<Wanted<'_>> = None;
    let one = |blob| {
        let installed = import.install(blob, wanted, provenance);
        installed.unwrap_or_else(|turned| turned.into_taken(&provenance.place, None))
    };
    let (crls, others): (Vec<_>, Vec<_>) =
        blobs.iter().partition(|blob| other_kind(blob).is_none());
    let mut taken: Vec<Imported> = crls.iter().copied().map(one).collect();
    if !others.is_empty() {
        // A bundle of certificates is one mistake, however many there are.
        let kinds: Vec<Kind> = others.into_iter().filter_map(other_kind).collect();
        let failure = Failure::no_crl(&kinds, crls.len());
        taken.push(failure.into_taken(&provenance.place, None));
    }
    taken
}
