//! Results → bytes: what the library found, for people and for programs.
//!
//! Every report is one model, rendered to text and serialised to JSON, so that neither can have a fact that the
//! other lacks. Nothing is decided here, and nothing is printed: rendering returns the text, with ANSI styles in it
//! that the caller may strip.

pub mod acceptance;
pub mod csr;
pub mod environments;

pub mod explanation;

pub mod inspection;
#[doc(hidden)]
pub mod lab;
pub mod layout;
pub mod crl;
pub mod inventory;
pub mod listen;
pub mod matching;
mod monitor;
mod parts;
pub mod evidence;
pub mod preflight;
pub mod probe;
pub mod problem;
pub mod renew;
#[doc(hidden)]
pub mod rehearsal;
pub mod doctor;
pub mod schema;
pub mod serve;
pub mod server;
mod table;
pub mod trust;
pub mod verification;

pub use layout::Detail;
use serde::Serialize;

/// A report as one line of JSON, as the command line prints it.
///
/// # Errors
/// Those of `serde_json`; a report of this library has none.
pub fn json(report: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(report)
}

/// A rendered text without its colours and weights (ANSI SGR sequences).
///
/// ```
/// assert_eq!(ptl_cert::report::plain("\u{1b}[31mrevoked\u{1b}[0m, by the CA"), "revoked, by the CA");
/// ```
pub fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_parameter = |c: char| c.is_ascii_digit() || c == ';';
        let rest = part.trim_start_matches(is_parameter);
        match rest.strip_prefix('m') {
            Some(rest) => plain.push_str(rest),
            None => plain.push_str(part),
        }
    }
    plain
}
