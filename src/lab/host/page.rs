//! One page of the lab's host.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::document::{Moment, sha256};

/// One page: what is sent for a path when nothing misbehaves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// 200, or 404.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The bytes.
    pub body: Vec<u8>,
    /// The entity tag, in its quotes: another one for other bytes.
    pub etag: String,
    /// The `Last-Modified` (RFC 9110, 5.6.7), where there is one.
    pub last_modified: Option<String>,
}

/// RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
const DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

impl Page {
    pub(super) fn html(body: String) -> Page {
        Page::new(200, "text/html; charset=utf-8", body.into_bytes(), None)
    }

    /// RFC 2585, 4.2.
    pub(super) fn crl(body: Vec<u8>, at: Moment) -> Page {
        Page::new(200, "application/pkix-crl", body, Some(at))
    }

    /// RFC 2585, 4.1.
    pub(super) fn certificate(body: Vec<u8>, at: Moment) -> Page {
        Page::new(200, "application/pkix-cert", body, Some(at))
    }

    pub(super) fn missing(path: &str) -> Page {
        let text = format!(
            "{}Nothing is at {}.{END}",
            beginning("LAB: not found"),
            escaped(path)
        );
        Page::new(404, "text/html; charset=utf-8", text.into_bytes(), None)
    }

    fn new(status: u16, content_type: &'static str, body: Vec<u8>, at: Option<Moment>) -> Page {
        let digest = sha256(&body).to_string();
        Page {
            status,
            content_type,
            etag: format!("\"{}\"", digest.get(..32).unwrap_or(&digest)),
            last_modified: at.and_then(|at| at.date_time().format(DATE).ok()),
            body,
        }
    }

    /// Whether whoever sends these conditions has it already: 304 is the answer then (RFC 9110, 13.1). A tag counts
    /// more than a date, and a date must be the one that was given out.
    pub fn is_known(&self, if_none_match: Option<&str>, if_modified_since: Option<&str>) -> bool {
        if self.status != 200 {
            return false;
        }
        match (if_none_match, if_modified_since) {
            (Some(tags), _) => tags.split(',').any(|tag| {
                let tag = tag.trim();
                tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag
            }),
            (None, Some(date)) => self.last_modified.as_deref() == Some(date),
            (None, None) => false,
        }
    }
}

pub(super) const END: &str = "\n</ul></body></html>\n";

pub(super) fn beginning(title: &str) -> String {
    let title = escaped(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body><h1>{title}</h1>\n"
    )
}

pub(super) fn link(path: &str, text: &str) -> String {
    format!(
        "<li><a href=\"{}\">{}</a></li>\n",
        escaped(path),
        escaped(text)
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
