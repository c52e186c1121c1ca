//! `ptl-cert schema`.

use std::io::Write;

use ptl_cert::report::acceptance::AcceptanceReport;
use ptl_cert::report::crl::check::{Check, CheckRecord};
use ptl_cert::report::crl::export::ExportReport;
use ptl_cert::report::crl::import::ImportReport;
use ptl_cert::report::crl::plan::PlanReport;
use ptl_cert::report::crl::remove::Removal;
use ptl_cert::report::crl::schedule::ScheduleReport;
use ptl_cert::report::crl::status::StatusReport;
use ptl_cert::report::csr::CsrReport;
use ptl_cert::report::doctor::DoctorReport;
use ptl_cert::report::environments::EnvironmentsReport;
use ptl_cert::report::explanation::Explanations;
use ptl_cert::report::inspection::{Inspection, Record};
use ptl_cert::report::lab::{
    CallingReport, CrlsReport, DefectsReport, EndpointReport, FoundingReport, NoticeReport,
    RevokingReport, ServingReport, SigningReport,
};
use ptl_cert::report::listen::{CallerReport, ListenReport};
use ptl_cert::report::matching::Matching;
use ptl_cert::report::preflight::PreflightReport;
use ptl_cert::report::probe::ProbeReport;
use ptl_cert::report::problem::ErrorReport;
use ptl_cert::report::rehearsal::Rehearsal;
use ptl_cert::report::server::ServerReport;
use ptl_cert::report::trust::TrustReport;
use ptl_cert::report::verification::Verification;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use crate::args::{Described, Schema};
use crate::outcome::Outcome;
use crate::world::World;

/// Prints the JSON Schema of a command's output, made from the types that are printed.
pub(crate) fn run(args: &Schema, world: &mut World) -> anyhow::Result<Outcome> {
    let schema = match args.output {
        Described::Csr => of::<CsrReport>(),
        Described::Inspect => of::<Inspection<'_>>(),
        Described::InspectNdjson => of::<Record<'_>>(),
        Described::Match => of::<Matching<'_>>(),
        Described::Verify => of::<Verification<'_>>(),
        Described::Accept => of::<AcceptanceReport<'_>>(),
        Described::CrlPlan => of::<PlanReport<'_>>(),
        Described::CrlExport => of::<ExportReport<'_>>(),
        Described::CrlSchedule => of::<ScheduleReport>(),
        Described::CrlUpdate | Described::CrlImport => of::<ImportReport>(),
        Described::CrlStatus => of::<StatusReport>(),
        Described::CrlCheck => of::<Check>(),
        Described::CrlCheckNdjson => of::<CheckRecord<'_>>(),
        Described::CrlRemove => of::<Removal>(),
        Described::Trust => of::<TrustReport>(),
        Described::Export => of::<ServerReport>(),
        Described::Listen => of::<ListenReport>(),
        Described::ListenCaller => of::<CallerReport>(),
        Described::Preflight => of::<PreflightReport>(),
        Described::Probe => of::<ProbeReport<'_>>(),
        Described::Doctor => of::<DoctorReport>(),
        Described::LabInit => of::<FoundingReport>(),
        Described::LabSign => of::<SigningReport>(),
        Described::LabRevoke => of::<RevokingReport>(),
        Described::LabCrl => of::<CrlsReport>(),
        Described::LabServe => of::<ServingReport>(),
        Described::LabServeNotice => of::<NoticeReport>(),
        Described::LabCall => of::<CallingReport>(),
        Described::LabEndpoint => of::<EndpointReport>(),
        Described::LabRun => of::<Rehearsal>(),
        Described::LabDefects => of::<DefectsReport>(),
        Described::Environments => of::<EnvironmentsReport<'_>>(),
        Described::Explain => of::<Explanations>(),
        Described::Error => of::<ErrorReport>(),
    };
    serde_json::to_writer_pretty(&mut *world.stdout(), &schema)?;
    writeln!(world.stdout())?;
    Ok(Outcome::Good)
}

/// Describes what is written: a field that is left out when empty is not required.
fn of<T: JsonSchema>() -> schemars::Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}
