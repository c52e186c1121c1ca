//! What `crl plan` reports: the CRLs that a bundle and a server require, and what is available of them.

mod model;
mod text;
mod words;

pub use model::{
    AuthorityReport, FaultReport, PlanReport, PlanSetting, RequiredReport, SCHEMA, SourceReport,
    UnrelatedReport,
};

pub(in crate::report) use words::{damaged, missing, missing_crls, remedy};
