//! From what a caller names – files, folders, bytes – to objects, CRLs and facts to judge by.
//!
//! Every operation gathers through here, so that what counts as evidence is decided once. What could not be read is never
//! dropped: it is [`Unread`], with a typed [`UnreadReason`], and an operation that needed it does not answer "good".

mod cached;
mod evidence;
mod facts;
mod inputs;
mod unread;

pub(in crate::ops) use cached::{CacheState, Cached, cached, issuer_names};
pub(in crate::ops) use evidence::{
    CrlObjects, certificates, expect, no_key, only_key, only_key_pair, only_request,
};
pub(crate) use facts::text as facts_text;
pub use facts::{FactsFileError, facts};
pub(in crate::ops) use inputs::{
    Batches, Folders, GivenCrl, Inputs, KeptCrls, OpenedInput, left_out, read_all, unreadable,
    with_exposure,
};
pub use inputs::{Named, Reading, read};
pub(in crate::ops) use unread::say_once;
pub use unread::{ExpectedContent, Unread, UnreadReason};
pub(in crate::ops) use unread::{UNREADABLE_LIMIT, UnreadObjects};
