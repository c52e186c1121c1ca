//! Opening the CRLs in which serial numbers are looked for.

use std::path::Path;
use std::sync::Arc;

use ptl_cert::document::Certificate;
use ptl_cert::input::{Shown, Source};
use ptl_cert::ops::crl::{objects, read_crl};
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::wording::sentence;

use crate::args::crl::Check;
use crate::command::crl::cache;
use crate::command::crl::check::said;
use crate::world::World;

/// Where an answer may be found.
pub(super) enum Place<'p, 'l> {
    /// In no CRL; why not, and what to do.
    Nowhere(String, &'static str),
    /// In one CRL.
    SearchableCrl(&'p SearchableCrl<'l>),
    /// In all CRLs of the CA that the cache has; those that cannot be used with why not and what to do.
    Cache(&'p [Result<SearchableCrl<'l>, (String, &'static str)>]),
}

/// What to do about a CRL that cannot be used.
pub(super) const AGAIN: &str = "fetch the list again, and give one that is whole";

/// Opens the place to look in: the CRL in the file, or the CA's lists in the cache.
pub(super) fn within(
    args: &Check,
    issuers: &[Arc<Certificate>],
    world: &mut World,
    look: impl FnOnce(&Place<'_, '_>, &mut World) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(path) = &args.crl else {
        return within_cache(args, issuers, world, look);
    };
    let source = match path == Path::new("-") {
        true => Source::Stdin,
        false => Source::File(path.to_owned()),
    };
    let bytes = match world.read_crl(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let place = Place::Nowhere(said(error), "give a file that can be read");
            return look(&place, world);
        }
    };
    let blobs = match objects(&bytes, &source) {
        Ok(blobs) => blobs,
        Err(failure) => return look(&Place::Nowhere(sentence(&failure), AGAIN), world),
    };
    let [blob] = blobs.as_slice() else {
        let found = format!("{source} has {} objects, expected one CRL", blobs.len());
        return look(&Place::Nowhere(found, "give a file with one list"), world);
    };
    match read_crl(blob) {
        Ok(crl) => look(&Place::SearchableCrl(&crl), world),
        Err(failure) => look(&Place::Nowhere(sentence(&failure), AGAIN), world),
    }
}

fn within_cache(
    args: &Check,
    issuers: &[Arc<Certificate>],
    world: &mut World,
    look: impl FnOnce(&Place<'_, '_>, &mut World) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let crls = cache(&args.folder, world)?.search(|about| {
        issuers
            .iter()
            .any(|issuer| issuer.key.spki_sha256 == about.issuer_spki_sha256)
    })?;
    let damaged = crls.damaged.iter().map(|damaged| {
        let found = format!("{} is damaged: {}", damaged.path.shown(), damaged.damage);
        Err((found, damaged.damage.way_out()))
    });
    // One that fails only now was damaged since it was opened.
    let sound = crls.sound.iter().map(|cached| {
        let opened = cached.crl();
        opened.map_err(|error| (said(error), "fetch or import the list again"))
    });
    let all: Vec<_> = damaged.chain(sound).collect();
    look(&Place::Cache(&all), world)
}
