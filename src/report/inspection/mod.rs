//! What `inspect` reports: one model, rendered as text and as JSON.

mod finding;
mod lines;
mod model;
mod text;

pub use finding::FindingReport;
pub(super) use finding::names;
pub use model::{ChainReport, Inspection, KeyReport, LinkReport, ObjectReport, Record, Unread};
pub use text::render;
