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
pub mod lab;
pub mod layout;
pub mod crl;
pub mod listen;
pub mod matching;
pub mod evidence;
pub mod preflight;
pub mod probe;
pub mod problem;
pub mod rehearsal;
pub mod doctor;
pub mod server;
pub mod trust;
pub mod verification;
