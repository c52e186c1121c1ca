//! The CRLs of the cache that may answer for a certificate, where the command line names none.

use std::path::Path;

use ptl_cert::document::Name;
use ptl_cert::environment::Facts;
use ptl_cert::input::Source;
use ptl_cert::report::inspection::Unread;
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::store::crl_cache::{Cache, CachedCrl};
use ptl_cert::verdict::verify::Given;

use super::sentence;
use crate::world::World;

/// Opens the CRLs of every CA that may stand above the certificates, and says which of them are damaged. Nothing
/// where there is no cache.
pub(crate) fn crls(
    folder: Option<&Path>,
    targets: &[Given],
    pools: &[&[Given]],
    facts: &Facts,
    unread: &mut Vec<Unread>,
    world: &World,
) -> anyhow::Result<Vec<CachedCrl>> {
    let folder = match (world.cache_folder(folder), folder) {
        (Ok(folder), _) => folder,
        // Nobody asked for a cache, and there is nowhere one could be.
        (Err(_), None) => return Ok(Vec::new()),
        (Err(error), Some(_)) => return Err(error.into()),
    };
    let names = issuers(targets, pools, facts);
    let wanted = |issuer: &Name| names.iter().any(|name| name.matches(issuer));
    let crls = Cache::open(folder).search(|about| wanted(&about.issuer))?;
    let damaged = crls.damaged.iter().filter(|damaged| {
        let about = damaged.about.as_ref();
        // One that does not even say whose it is may be the one that is needed.
        about.is_none_or(|about| wanted(&about.issuer))
    });
    unread.extend(damaged.map(|damaged| Unread {
        source: Source::File(damaged.path.clone()),
        message: format!("{damaged}: {}", damaged.damage),
    }));
    Ok(crls.sound)
}

/// Adds the CRLs that were opened to those that were given, and says which of them do not read.
pub(crate) fn add<'c>(
    cached: &'c [CachedCrl],
    crls: &mut Vec<SearchableCrl<'c>>,
    unread: &mut Vec<Unread>,
) {
    for cached in cached {
        match cached.crl() {
            Ok(crl) => crls.push(crl),
            Err(error) => unread.push(Unread {
                source: Source::File(cached.path().to_owned()),
                message: sentence(&error.into()),
            }),
        }
    }
}

/// The names of all CAs above the certificates, by names alone: whose signature it is, is looked at later.
fn issuers(targets: &[Given], pools: &[&[Given]], facts: &Facts) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    let add = |name: &Name, names: &mut Vec<Name>| {
        if !names.iter().any(|known| known.matches(name)) {
            names.push(name.clone());
        }
    };
    for target in targets {
        add(&target.certificate.issuer, &mut names);
    }
    let mut next = 0;
    while let Some(name) = names.get(next).cloned() {
        next += 1;
        let given = pools
            .iter()
            .copied()
            .flatten()
            .map(|given| &given.certificate);
        for ca in given.chain(facts.certificates()) {
            if ca.subject.matches(&name) {
                add(&ca.issuer, &mut names);
            }
        }
    }
    names
}
