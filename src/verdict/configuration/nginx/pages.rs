//! What `error_page` does with requests that were refused.

use super::Directive;

/// The statuses with which nginx refuses a request before it looks at the client's certificate, or because of it
/// (`ngx_http_process_request_line`, `ngx_http_process_request_header`, `ngx_http_process_request`): a malformed one, one by
/// a method, in an encoding or in a version that it does not know, with too long a line or header, for another server than
/// that of the handshake, with a certificate that was not verified, with none, and one without TLS.
const BEFORE_CERTIFICATE: [u16; 10] = [400, 405, 414, 421, 494, 495, 496, 497, 501, 505];

/// Where a request goes on.
#[derive(PartialEq, Eq)]
enum Target {
    /// To another server, as a redirection.
    Elsewhere,
    /// To a path of this server: its rules are gone through once more.
    Path,
    /// Behind the server's rules, or wherever a variable says.
    Behind,
}

fn target(page: &Directive) -> Target {
    let target = page.words.last().map_or("", String::as_str);
    if target.starts_with("http://") || target.starts_with("https://") {
        Target::Elsewhere
    } else if target.starts_with('/') {
        Target::Path
    } else {
        Target::Behind
    }
}

fn is_for(page: &Directive, status: u16) -> bool {
    let mut statuses = page.words.iter().skip(1);
    statuses.any(|word| word.parse() == Ok(status))
}

/// How much there is to look through.
pub(super) fn words(pages: &[&Directive]) -> usize {
    pages.iter().map(|page| page.words.len()).sum()
}

/// The first page that serves a client whose certificate was not verified. Where the server refuses those itself, a path
/// leads to that.
pub(super) fn serving_unverified<'d>(
    pages: &[&'d Directive],
    refuses_unverified: bool,
) -> Option<&'d Directive> {
    let serves = |page: &&&Directive| match target(page) {
        Target::Elsewhere => false,
        Target::Path if refuses_unverified => false,
        Target::Path | Target::Behind => BEFORE_CERTIFICATE
            .iter()
            .any(|status| is_for(page, *status)),
    };
    pages.iter().find(serves).copied()
}

/// Whether what a rule refuses with this status is answered by something else: a named location is not refused again.
pub(super) fn answers(status: &str, pages: &[&Directive]) -> bool {
    let Ok(status) = status.parse() else {
        return false;
    };
    pages.iter().any(|page| {
        is_for(page, status)
            && match target(page) {
                Target::Elsewhere => false,
                Target::Path => page.words.iter().any(|word| word.starts_with('=')),
                Target::Behind => true,
            }
    })
}
