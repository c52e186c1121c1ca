//! The JSON Schemas (2020-12) of everything that is printed as JSON, made from the types that are printed.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::acceptance::AcceptanceReport;
use super::crl::check::{CheckRecord, CrlCheckReport};
use super::crl::export::ExportReport;
use super::crl::import::ImportReport;
use super::crl::plan::PlanReport;
use super::crl::remove::Removal;
use super::crl::schedule::ScheduleReport;
use super::crl::status::StatusReport;
use super::csr::CsrReport;
use super::doctor::DoctorReport;
use super::environments::EnvironmentsReport;
use super::explanation::Explanations;
use super::inspection::{InspectionReport, Record};
use super::inventory::InventoryReport;
use super::lab::{
    LabCallReport, LabCrlsReport, LabDefectsReport, LabInitReport, LabRevokeReport, LabServeReport,
    LabSignReport, NoticeReport,
};
use super::listen::{CallerReport, ListenReport};
use super::matching::MatchingReport;
use super::preflight::PreflightReport;
use super::probe::ProbeReport;
use super::problem::ErrorReport;
use super::rehearsal::Rehearsal;
use super::renew::RenewReport;
use super::serve;
use super::server::ServerReport;
use super::trust::TrustReport;
use super::verification::VerificationReport;

/// An output that has a schema.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Output {
    /// What it is called: that of `ptl-cert/verify/1` is `verify`.
    pub name: &'static str,
    make: fn() -> Schema,
}

/// All of them.
pub const OUTPUTS: [Output; 38] = [
    output("csr", of::<CsrReport>),
    output("inspect", of::<InspectionReport<'_>>),
    output("inspect-ndjson", of::<Record<'_>>),
    output("match", of::<MatchingReport<'_>>),
    output("inventory", of::<InventoryReport>),
    output("renew", of::<RenewReport>),
    output("verify", of::<VerificationReport<'_>>),
    output("accept", of::<AcceptanceReport<'_>>),
    output("crl-plan", of::<PlanReport<'_>>),
    output("crl-export", of::<ExportReport<'_>>),
    output("crl-schedule", of::<ScheduleReport>),
    output("crl-update", of::<ImportReport>),
    output("crl-import", of::<ImportReport>),
    output("crl-status", of::<StatusReport>),
    output("crl-check", of::<CrlCheckReport>),
    output("crl-check-ndjson", of::<CheckRecord<'_>>),
    output("crl-remove", of::<Removal>),
    output("trust", of::<TrustReport>),
    output("export", of::<ServerReport>),
    output("doctor", of::<DoctorReport>),
    output("preflight", of::<PreflightReport>),
    output("probe", of::<ProbeReport<'_>>),
    output("listen", of::<ListenReport>),
    output("listen-caller", of::<CallerReport>),
    output("serve", of::<serve::ServeAnswer>),
    output("serve-question", of::<serve::ServeQuestion>),
    output("lab-init", of::<LabInitReport>),
    output("lab-sign", of::<LabSignReport>),
    output("lab-revoke", of::<LabRevokeReport>),
    output("lab-crl", of::<LabCrlsReport>),
    output("lab-serve", of::<LabServeReport>),
    output("lab-serve-notice", of::<NoticeReport>),
    output("lab-call", of::<LabCallReport<'_>>),
    output("lab-run", of::<Rehearsal>),
    output("lab-defects", of::<LabDefectsReport>),
    output("environments", of::<EnvironmentsReport<'_>>),
    output("explain", of::<Explanations>),
    output("error", of::<ErrorReport>),
];

const fn output(name: &'static str, make: fn() -> Schema) -> Output {
    Output { name, make }
}

impl Output {
    /// The output of this name.
    pub fn named(name: &str) -> Option<Output> {
        OUTPUTS.into_iter().find(|output| output.name == name)
    }

    /// What its `schema` says: `ptl-cert/verify/1`.
    pub fn id(&self) -> String {
        format!("ptl-cert/{}/1", self.name)
    }

    /// Its schema, with `$id`, and with `schema` as a constant.
    pub fn schema(&self) -> Value {
        let mut schema = (self.make)().to_value();
        let id = self.id();
        if let Some(root) = schema.as_object_mut() {
            root.insert(
                "$id".to_owned(),
                json!(format!("urn:{}", id.replace('/', ":"))),
            );
        }
        constant(&mut schema, &id);
        schema
    }
}

/// Says of every form of an output that its `schema` is this one.
fn constant(schema: &mut Value, id: &str) {
    if let Some(field) = schema.pointer_mut("/properties/schema")
        && let Some(field) = field.as_object_mut()
    {
        field.insert("const".to_owned(), json!(id));
    }
    for forms in ["oneOf", "anyOf"] {
        let forms = schema.get_mut(forms).and_then(Value::as_array_mut);
        for form in forms.into_iter().flatten() {
            constant(form, id);
        }
    }
}

/// Describes what is written: a field that is left out when empty is not required.
fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_schema_has_an_id_of_its_own_and_its_name_as_a_constant() {
        let mut ids = BTreeSet::new();
        for output in OUTPUTS {
            let schema = output.schema();
            let id = schema["$id"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{id} occurs twice");
            // Questions have no schema: their answers do.
            let constants = schema.to_string().matches("\"const\":\"ptl-cert/").count();
            assert_eq!(
                constants > 0,
                output.name != "serve-question",
                "{}",
                output.name
            );
        }
    }

    #[test]
    fn codes_are_open_strings() {
        let schema = Output::named("verify").unwrap().schema();
        let code = &schema["$defs"]["Code"];
        assert_eq!(code["type"], "string");
        assert!(code.get("enum").is_none());
        assert!(
            code["examples"]
                .as_array()
                .unwrap()
                .contains(&json!("revoked"))
        );
    }
}
