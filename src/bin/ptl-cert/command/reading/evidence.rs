//! Objects of files, for commands whose decisions do not stand in `ops` yet.

use std::path::PathBuf;

pub(crate) use super::refuse;
use ptl_cert::decode::Password;
use ptl_cert::document::Item;
use ptl_cert::environment::Facts;
use ptl_cert::input::Source;
use ptl_cert::ops::gather;
pub(crate) use ptl_cert::ops::gather::certificates;
use ptl_cert::ops::verify;
use ptl_cert::report::inspection::Unread;

use crate::world::World;

/// Reads every object of some files.
pub(crate) fn items(
    paths: &[PathBuf],
    password: Option<&Password>,
    unread: &mut Vec<Unread>,
    world: &mut World,
) -> Vec<Item> {
    let named = match world.named(paths) {
        Ok(named) => named,
        Err(error) => {
            let error = gather::Unread::new(Source::Stdin, error);
            unread.push(Unread::from(&error));
            return Vec::new();
        }
    };
    let found = gather::read(&named, password, &world.console());
    unread.extend(Unread::all(&found.unread));
    found.items
}

/// Names the environments there are instead of one that there is not.
pub(crate) fn unknown(id: &str, facts: &Facts) -> String {
    match verify::environment(id, facts) {
        Ok(known) => known.id.clone(),
        Err(unknown) => unknown.to_string(),
    }
}
