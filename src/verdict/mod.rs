//! Opinions: what is wrong with what was read, as findings with stable codes.
//!
//! Everything is judged from arguments: the documents, the facts about the NHS and a moment. No clock, no disk,
//! no network, and no sentences: [`crate::wording`] says findings to people.

pub mod accept;
pub mod admission;
mod code;
pub mod connection;
mod drawing;
mod examine;
mod finding;
pub mod freshness;
pub mod inventory;
mod keys;
mod object;
mod order;
mod outline;
pub mod configuration;
pub mod plan;
pub mod preflight;
#[doc(hidden)]
pub mod sources;
pub mod verify;

pub use code::{Code, Severity, UnknownCode};
pub use drawing::{Chain, ChainEnd, ChainLink, Identity, identity_alone};
pub(crate) use examine::examine_with_keys;
pub use examine::{
    CHAIN_LIMIT, Examination, ExaminationPolicy, chains, examine, identify, match_keys,
};
pub use finding::{Finding, KeyIdentifierPart, NameOddity, Problem, Sender, Subject};
pub(crate) use keys::AskedKeys;
pub use keys::KeyGroup;
pub use object::{examine_alone, examine_partial};
pub use outline::{Outline, compare};
