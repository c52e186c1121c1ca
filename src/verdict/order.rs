//! Whether the certificates of one file are in the order that servers and clients expect.

use std::collections::HashMap;
use std::sync::Arc;

use super::drawing::{Chain, ChainLink};
use super::finding::Problem;
use crate::document::{Document, Item};
use crate::input::Source;

/// Files that hold a chain whose certificates are not leaf first, each followed by its issuer (RFC 8446 section
/// 4.4.2, and what nginx, Apache and HAProxy read). A file with more than one leaf is a collection, where order
/// means nothing.
pub(super) fn wrong(items: &[Item], chains: &[Chain]) -> Vec<(usize, Problem)> {
    if chains.is_empty() {
        return Vec::new();
    }
    let mut files: HashMap<Arc<Source>, Vec<usize>> = HashMap::new();
    for (number, item) in items.iter().enumerate() {
        if matches!(item.document, Document::Certificate(_)) && item.origin.line.is_some() {
            files
                .entry(Arc::clone(&item.origin.source))
                .or_default()
                .push(number);
        }
    }
    let mut found: Vec<(usize, Problem)> = Vec::new();
    for members in files.into_values().filter(|members| members.len() > 1) {
        let mut starting = chains.iter().filter(|chain| members.contains(&chain.of));
        let (Some(chain), None) = (starting.next(), starting.next()) else {
            continue;
        };
        let expected: Vec<&ChainLink> = chain
            .links
            .iter()
            .filter(|link| link.object.is_some_and(|number| members.contains(&number)))
            .collect();
        let numbers: Vec<usize> = expected.iter().filter_map(|link| link.object).collect();
        let distinct: Vec<usize> = members
            .iter()
            .copied()
            .filter(|number| numbers.contains(number))
            .collect();
        if let Some(first) = members.first().filter(|_| distinct != numbers) {
            let expected = expected
                .iter()
                .map(|link| link.certificate.subject.short())
                .collect();
            found.push((*first, Problem::OrderWrong { expected }));
        }
    }
    found.sort_by_key(|(number, _)| *number);
    found
}
