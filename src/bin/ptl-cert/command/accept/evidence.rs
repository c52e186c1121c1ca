//! From the files that were named to what a reply is judged by.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ptl_cert::decode::{Blob, Opened, Password};
use ptl_cert::document::{Document, Item, Kind, PublicKey, Request};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::input::Source;
use ptl_cert::report::inspection::Unread;
use ptl_cert::revocation::List;
use ptl_cert::store::read::Depth;
use ptl_cert::verdict::accept::host;
use ptl_cert::verdict::verify::Given;

use super::super::reading::{self, Inputs};
use crate::world::World;

/// Reads every object of some files.
pub(super) fn items(
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
pub(super) fn certificates(items: &[Item]) -> Vec<Given> {
    let given = |item: &Item| {
        Some(Given {
            certificate: Arc::clone(item.document.certificate()?),
            origin: item.origin.clone(),
        })
    };
    items.iter().filter_map(given).collect()
}

/// The request of a file, and the host that it is for.
pub(super) fn request<'i>(
    items: &'i [Item],
    path: &Path,
    unread: &mut Vec<Unread>,
) -> Option<(&'i Request, Fqdn)> {
    let request = |item: &'i Item| match &item.document {
        Document::Request(request) => Some((request.as_ref(), host(request)?)),
        _ => None,
    };
    let what = "one certificate signing request for a host";
    only(items, path, what, request, unread)
}

/// The public half of the private key of a file.
pub(super) fn key<'i>(
    items: &'i [Item],
    path: &Path,
    unread: &mut Vec<Unread>,
) -> Option<&'i PublicKey> {
    let key = |item: &'i Item| match &item.document {
        Document::PrivateKey(key) => Some(key.public_key()),
        _ => None,
    };
    let what = "one private key that can be opened; for an encrypted one give --password-file";
    only(items, path, what, key, unread)
}

/// The only object of its kind in a file.
fn only<'i, T>(
    items: &'i [Item],
    path: &Path,
    what: &str,
    wanted: impl Fn(&'i Item) -> Option<T>,
    unread: &mut Vec<Unread>,
) -> Option<T> {
    let mut found: Vec<T> = items.iter().filter_map(wanted).collect();
    if found.len() == 1 {
        return found.pop();
    }
    // A file that could not be read has been named already.
    if unread.is_empty() {
        let found = match found.len() {
            0 => "none".to_owned(),
            several => several.to_string(),
        };
        unread.push(Unread {
            source: Source::File(path.to_owned()),
            message: format!("{}: found {found}, expected {what}", path.display()),
        });
    }
    None
}

/// The objects that lists are read from.
pub(super) fn blobs<'a>(opened: &[Opened<'a>], unread: &mut Vec<Unread>) -> Vec<Blob<'a>> {
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

/// The lists.
pub(super) fn lists<'a>(blobs: &'a [Blob<'a>], unread: &mut Vec<Unread>) -> Vec<List<'a>> {
    let mut lists = Vec::new();
    for blob in blobs {
        let read = match Kind::of(&blob.bytes) {
            Some(kind) if kind != Kind::RevocationList => {
                Err("not a CRL, although it was given as one".to_owned())
            }
            _ => List::read(blob.bytes.as_ref(), blob.origin.clone())
                .map_err(|error| reading::sentence(&error.into())),
        };
        match read {
            Ok(list) => lists.push(list),
            Err(why) => unread.push(Unread {
                message: format!("{}: {why}", blob.origin),
                source: blob.origin.source.as_ref().clone(),
            }),
        }
    }
    lists
}
