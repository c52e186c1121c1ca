//! What there is to do where nobody says which lists are wanted: all that are in the cache.

use ptl_cert::document::Moment;
use ptl_cert::input::Source;
use ptl_cert::report::inspection::Unread;
use ptl_cert::report::lists::intake as report;
use ptl_cert::store::lists::{About, CachedList, Damaged, Lists};

use super::{For, Target};
use crate::command::crl::kept;

/// The lists of the cache that came from an address, damaged ones too.
pub(super) fn renewals(lists: &Lists) -> Vec<Target> {
    let of = |about: &About| {
        Some(Target {
            urls: vec![about.source.url()?.to_owned()],
            wanted: For::Slot(about.slot.clone()),
        })
    };
    let sound = lists.sound.iter().map(CachedList::about);
    let damaged = lists.damaged.iter();
    let damaged = damaged.filter_map(|damaged| damaged.about.as_deref());
    sound.chain(damaged).filter_map(of).collect()
}

/// The lists of the cache that came from no address: nobody but people can renew them.
pub(super) fn brought(lists: &[CachedList], at: Moment) -> Vec<report::ByHand> {
    let brought = lists.iter().map(CachedList::about);
    let brought = brought.filter(|about| about.source.url().is_none());
    let one = |about: &About| {
        let in_time = about.this_update <= at && about.next_update >= Some(at);
        report::ByHand {
            wanted_for: Vec::new(),
            issuer: about.issuer.short(),
            places: about.point.clone(),
            because: format!("it was brought by hand, as {}", about.source),
            remedy: (!in_time).then(|| {
                "download the present one and ptl-cert crl import FILE; if nobody needs it any more, ptl-cert crl \
                 remove"
                    .to_owned()
            }),
            list: in_time.then(|| kept(about)),
        }
    };
    brought.map(one).collect()
}

/// The lists that are damaged still.
pub(super) fn still_damaged(damaged: &[Damaged]) -> impl Iterator<Item = Unread> {
    damaged.iter().map(|damaged| Unread {
        source: Source::File(damaged.path.clone()),
        message: format!("{damaged}: {}", damaged.damage),
    })
}
