//! Renewals in words.

use super::inventory::left;
use super::{Voice, count};
use crate::document::Moment;

/// How many hosts came to which end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) created: usize,
    pub(crate) left_alone: usize,
    pub(crate) failed: usize,
    pub(crate) not_due: usize,
    pub(crate) replaced: usize,
    pub(crate) self_signed: usize,
}

/// The whole in a sentence.
pub(crate) fn summary(counted: Counted, unread: usize) -> String {
    let Counted {
        created,
        left_alone,
        failed,
        not_due,
        replaced,
        self_signed,
    } = counted;
    let renewed = created + left_alone + failed;
    let others = [
        (not_due, "expire later", "expires later"),
        (
            replaced,
            "have a newer one in the files",
            "has a newer one in the files",
        ),
        (self_signed, "are self-signed", "is self-signed"),
    ];
    let others = others.iter().filter(|(number, _, _)| *number > 0);
    let others: Vec<String> = others
        .map(|(number, several, one)| match number {
            1 => format!("1 {one}"),
            number => format!("{number} {several}"),
        })
        .collect();
    let mut text = match (renewed, others.is_empty()) {
        (0, true) => "no endpoint certificate was found".to_owned(),
        (0, false) => "no certificate has to be renewed".to_owned(),
        _ => {
            let parts = [
                (created, "created"),
                (left_alone, "left as it is"),
                (failed, "failed"),
            ];
            let parts = parts.iter().filter(|(number, _)| *number > 0);
            let parts: Vec<String> = parts
                .map(|(number, what)| format!("{number} {what}"))
                .collect();
            let renewed = i64::try_from(renewed).unwrap_or(i64::MAX);
            format!(
                "{} to renew: {}",
                count(renewed, "certificate"),
                parts.join(", ")
            )
        }
    };
    for other in others {
        text.push_str("; ");
        text.push_str(&other);
    }
    if unread > 0 {
        text.push_str(&format!("; {unread} not read"));
    }
    text
}

/// Where the next pairs of several hosts are.
pub(crate) fn where_pairs_are(folder: &str) -> String {
    format!(
        "the next keys and requests are in the folder {folder}; the pairs in use were not changed"
    )
}

/// When the certificate in use expires, and that it stays.
pub(crate) fn current(ends: Option<Moment>, at: Moment) -> String {
    match ends {
        Some(end) if end < at => format!("{} ({}); not changed", left(ends, at), end.date()),
        Some(end) => format!("expires {}, {}; not changed", end.date(), left(ends, at)),
        None => "not changed".to_owned(),
    }
}

/// For how long the old and the new certificate are both valid.
pub(crate) fn overlap(ends: Option<Moment>, at: Moment) -> String {
    match ends {
        Some(end) if end >= at => format!(
            "both certificates are valid from the day the new one is issued until {}; change over in that time",
            end.date()
        ),
        _ => "none: the current certificate has expired, so change over as soon as the new one has been checked".to_owned(),
    }
}

/// How the new pair takes the old one's place. `accept` prints the command in full, for a certificate of the NHS.
pub(crate) fn change_over(voice: Voice, is_of_nhs: bool) -> String {
    let neutral = "Then put the new certificate and its key in place together, and keep the old pair until the server runs with them.";
    match is_of_nhs {
        true => voice.pick(
            "Then put the new pair in place with the export command that accept prints: the server's files change together, the old key is kept in .ptl-cert-set/keys, and with --test the old files are restored if the server's own test fails.",
            neutral,
        ),
        false => neutral.to_owned(),
    }
}

/// What is worth knowing of a subject that was kept, except for these attributes.
pub(crate) fn left_out(attributes: &[String], request: &str) -> String {
    format!(
        "not kept from the request of the current certificate, {request}: {}",
        attributes.join(", ")
    )
}

/// What is worth knowing of a certificate whose private key is not among the files.
pub(crate) fn no_key() -> (String, String) {
    (
        "the private key of the current certificate is not in the files, or is encrypted"
            .to_owned(),
        "make sure that this is a host of yours, not that of a client or partner".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_what_there_is_and_leaves_out_the_rest() {
        let counted = Counted {
            created: 1,
            failed: 2,
            not_due: 1,
            replaced: 2,
            ..Counted::default()
        };
        assert_eq!(
            summary(counted, 1),
            "3 certificates to renew: 1 created, 2 failed; 1 expires later; 2 have a newer one in the files; 1 not read"
        );
        assert_eq!(
            summary(Counted::default(), 0),
            "no endpoint certificate was found"
        );
    }
}
