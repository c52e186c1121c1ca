//! What the commands about CRLs report: what was installed, how fresh it is, which certificates are revoked.

pub mod check;
pub mod export;
mod facts;
pub mod import;
pub mod plan;
pub mod remove;
pub mod schedule;
pub mod status;
mod words;

pub(super) use facts::span;
pub use facts::{InstalledCrl, Known};
pub use words::{note, remedy};
