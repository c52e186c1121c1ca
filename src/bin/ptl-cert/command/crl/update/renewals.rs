//! What there is to do where nobody says which CRLs are wanted: all that are in the cache.

use ptl_cert::document::Moment;
use ptl_cert::input::Source;
use ptl_cert::report::crl::import as report;
use ptl_cert::report::inspection::Unread;
use ptl_cert::store::crl_cache::{About, CachedCrl, Crls, Damaged};

use super::{For, Target};
use crate::command::crl::kept;

/// The CRLs of the cache that came from an address, damaged ones too.
pub(super) fn renewals(crls: &Crls) -> Vec<Target> {
    let of = |about: &About| {
        Some(Target {
            urls: vec![about.source.url()?.to_owned()],
            wanted: For::Slot(about.slot.clone()),
        })
    };
    let sound = crls.sound.iter().map(CachedCrl::about);
    let damaged = crls.damaged.iter();
    let damaged = damaged.filter_map(|damaged| damaged.about.as_deref());
    sound.chain(damaged).filter_map(of).collect()
}

/// The CRLs of the cache that came from no address: nobody but people can renew them.
pub(super) fn brought(crls: &[CachedCrl], at: Moment) -> Vec<report::ManualImport> {
    let brought = crls.iter().map(CachedCrl::about);
    let brought = brought.filter(|about| about.source.url().is_none());
    let one = |about: &About| {
        let in_time = about.this_update <= at && about.next_update >= Some(at);
        report::ManualImport {
            wanted_for: Vec::new(),
            issuer: about.issuer.short(),
            places: about.point.clone(),
            because: format!("it was brought by hand, as {}", about.source),
            remedy: (!in_time).then(|| {
                "download the present one and ptl-cert crl import FILE; if nobody needs it any more, ptl-cert crl \
                 remove"
                    .to_owned()
            }),
            crl: in_time.then(|| kept(about)),
        }
    };
    brought.map(one).collect()
}

/// The CRLs that are damaged still.
pub(super) fn still_damaged(damaged: &[Damaged]) -> impl Iterator<Item = Unread> {
    damaged.iter().map(|damaged| Unread {
        source: Source::File(damaged.path.clone()),
        message: format!("{damaged}: {}", damaged.damage),
    })
}
