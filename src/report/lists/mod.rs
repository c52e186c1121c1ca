//! What the commands about revocation lists report: what was installed, how fresh it is, who is revoked.

pub mod check;
pub mod export;
mod facts;
pub mod intake;
pub mod plan;
pub mod remove;
pub mod schedule;
pub mod status;
mod words;

pub use facts::{KeptList, Known};
pub use words::{note, remedy};
