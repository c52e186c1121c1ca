//! What `verify` and `accept` share: from the files that were named to what a certificate is judged by.

use std::path::PathBuf;
use std::sync::Arc;

use clap::CommandFactory;
use clap::error::ErrorKind;
use ptl_cert::decode::{Blob, Opened, Password};
use ptl_cert::document::{Item, Kind};
use ptl_cert::environment::Facts;
use ptl_cert::report::inspection::Unread;
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::store::read::Depth;
use ptl_cert::verdict::verify::Given;

use crate::args::CommandLine;
use crate::command::reading::{self, Inputs};
use crate::outcome::Outcome;
use crate::world::World;

/// Reads every object of some files.
pub(crate) fn items(
    paths: &[PathBuf],
    password: Option<&Password>,
    unread: &mut Vec<Unread>,
    world: &mut World,
) -> Vec<Item> {
    let Inputs {
        loaded,
        unread: missing,
    } = Inputs::load(paths, Depth::Directory, world);
    unread.extend(missing);
    let opened = Inputs::open(&loaded, unread, password, world);
    reading::items(&opened, password, unread)
}

/// The certificates among them.
pub(crate) fn certificates(items: &[Item]) -> Vec<Given> {
    let given = |item: &Item| {
        Some(Given {
            certificate: Arc::clone(item.document.certificate()?),
            origin: item.origin.clone(),
        })
    };
    items.iter().filter_map(given).collect()
}

/// The objects that CRLs are read from.
pub(crate) fn blobs<'a>(opened: &[Opened<'a>], unread: &mut Vec<Unread>) -> Vec<Blob<'a>> {
    let mut blobs = Vec::new();
    for piece in opened.iter().flat_map(|opened| &opened.pieces) {
        match piece.decode() {
            Ok(blob) => blobs.push(blob),
            Err(error) => unread.push(Unread {
                message: format!("{}: {}", piece.origin(), reading::sentence(&error.into())),
                source: piece.origin().source.as_ref().clone(),
            }),
        }
    }
    blobs
}

/// The CRLs.
pub(crate) fn crls<'a>(blobs: &'a [Blob<'a>], unread: &mut Vec<Unread>) -> Vec<SearchableCrl<'a>> {
    let mut crls = Vec::new();
    for blob in blobs {
        let read = match Kind::of(&blob.bytes) {
            Some(kind) if kind != Kind::Crl => {
                Err("not a CRL, although it was given as one".to_owned())
            }
            _ => SearchableCrl::read(blob.bytes.as_ref(), blob.origin.clone())
                .map_err(|error| reading::sentence(&error.into())),
        };
        match read {
            Ok(crl) => crls.push(crl),
            Err(why) => unread.push(Unread {
                message: format!("{}: {why}", blob.origin),
                source: blob.origin.source.as_ref().clone(),
            }),
        }
    }
    crls
}

/// Names the environments there are instead of one that there is not.
pub(crate) fn unknown(id: &str, facts: &Facts) -> String {
    let known = facts.environments.iter().map(|known| known.id.as_str());
    let known: Vec<&str> = known.collect();
    format!(
        "there is no environment {id:?}; known are {}",
        known.join(", ")
    )
}

/// Refuses what was typed after a command, in clap's voice.
pub(crate) fn refuse(command: &str, message: &str) -> anyhow::Result<Outcome> {
    let mut line = CommandLine::command();
    line.build();
    let names: Vec<&str> = command.split_whitespace().collect();
    Err(refusal(&mut line, &names, message).into())
}

/// Of a command within a command the inner one speaks: `crl update`.
fn refusal(command: &mut clap::Command, names: &[&str], message: &str) -> clap::Error {
    if let [name, inner @ ..] = names
        && let Some(command) = command.find_subcommand_mut(name)
    {
        return refusal(command, inner, message);
    }
    command.error(ErrorKind::ArgumentConflict, message)
}
