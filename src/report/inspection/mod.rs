//! What `inspect` reports: one model, rendered as text and as JSON.

mod apart;
mod chain;
mod finding;
mod lines;
mod model;
mod text;

pub use apart::{JsonParts, TextParts};
pub use chain::{ChainLinkReport, ChainReport, EndReport};
pub use finding::FindingReport;
pub(super) use finding::names;
pub use model::{
    IdentityReport, InspectionReport, KeyReport, ObjectDetail, ObjectReport, RECORD_SCHEMA, Record,
    SCHEMA, UnreadObjectReport, UnreadReport, write_object,
};
pub use text::{Layout, TextSheet};
