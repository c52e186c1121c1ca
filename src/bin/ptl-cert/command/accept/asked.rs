//! The request and the key that a reply must answer.

use std::path::Path;

use ptl_cert::document::{Document, Item, PublicKey, Request};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::input::{Shown, Source};
use ptl_cert::report::inspection::Unread;
use ptl_cert::verdict::accept::host;

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
            message: format!("{}: found {found}, expected {what}", path.shown()),
        });
    }
    None
}
