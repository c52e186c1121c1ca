//! What `crl plan` reports: the CRLs that a bundle and a server need, and what is available of them.

mod model;
mod text;
mod words;

pub use model::{
    AuthorityReport, FaultReport, NeedReport, PlaceReport, PlanReport, PlanSetting, SCHEMA,
    StrangerReport,
};
pub use text::render;

pub(in crate::report) use words::{damaged, lacking};
