//! What a command does, without the command line: one module a command, options in, a typed result out.
//!
//! An operation gathers what is needed through the modules above, asks them, acts, and answers. What has to be gathered
//! before a judgement – which files, which CRLs of the cache, which CAs – is decided here once and shared by all commands.
//! Nothing is printed here, no option of the command line is named, and no exit status is chosen; sentences come from
//! [`crate::wording`], layout from [`crate::report`].

mod context;
pub mod gather;

pub use context::{CacheUse, Context, Observer};
