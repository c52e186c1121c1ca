//! What a command does, without the command line: one module a command, options in, a typed result out.
//!
//! An operation gathers what is needed through the modules above, asks them, acts, and answers. What has to be gathered
//! before a judgement – which files, which CRLs of the cache, which CAs – is decided here once and shared by all commands.
//! Nothing is printed here, no option of the command line is named, and no exit status is chosen; sentences come from
//! [`crate::wording`], layout from [`crate::report`].

pub mod accept;
mod context;
pub mod crl;
mod crl_cache;
pub mod csr;
pub mod doctor;
pub mod gather;
mod hand_over;
pub mod inspect;
pub mod inventory;
mod judge;
pub mod listen;
#[doc(hidden)]
pub mod lab;
pub mod matching;
pub(crate) mod ordered;
pub mod peer;
pub mod preflight;
pub mod probe;
pub mod renew;
pub mod serve;
pub mod server;
mod snapshot;
pub mod verify;
pub mod trust;

pub use context::{CacheUse, Context, Observer};
pub use crl_cache::CrlCache;
pub use judge::{Judge, JudgeBuilder, JudgeError, Unanswered};
pub use snapshot::{Snapshot, SnapshotError};
// The types of an operation's arguments and answers, for a caller that uses nothing else.
pub use crate::decode::Password;
pub use crate::document::{Moment, Serial, SerialError};
pub use crate::store::read::Depth;
pub use crate::verdict::{Code, Severity, UnknownCode};
