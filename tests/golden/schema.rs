//! Whatever the program prints as data is as its published schema says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

use crate::program::ptl_cert;

/// The outputs that `ptl-cert schema` describes.
const OUTPUTS: [&str; 38] = [
    "csr",
    "inspect",
    "inspect-ndjson",
    "match",
    "inventory",
    "renew",
    "verify",
    "accept",
    "crl-plan",
    "crl-export",
    "crl-schedule",
    "crl-update",
    "crl-import",
    "crl-status",
    "crl-check",
    "crl-check-ndjson",
    "crl-remove",
    "trust",
    "export",
    "doctor",
    "preflight",
    "probe",
    "listen",
    "listen-caller",
    "serve",
    "serve-question",
    "lab-init",
    "lab-sign",
    "lab-revoke",
    "lab-crl",
    "lab-serve",
    "lab-serve-notice",
    "lab-call",
    "lab-run",
    "lab-defects",
    "environments",
    "explain",
    "error",
];

static SCHEMAS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let schema = |output| {
        let printed = ptl_cert(Path::new("/")).args(["schema", output]).output();
        let schema: Value = serde_json::from_slice(&printed.unwrap().stdout).unwrap();
        (output, jsonschema::validator_for(&schema).unwrap())
    };
    OUTPUTS.into_iter().map(schema).collect()
});

/// How the JSON in a program's output differs from the schema it names; empty if it does not.
pub(crate) fn breaches(stdout: &str) -> String {
    let mut found = String::new();
    for value in serde_json::Deserializer::from_str(stdout).into_iter::<Value>() {
        let value = match value {
            Ok(value) => value,
            Err(error) => return format!("not JSON: {error}\n{stdout}"),
        };
        let named = value["schema"].as_str().unwrap_or_default();
        let output = named
            .strip_prefix("ptl-cert/")
            .and_then(|rest| rest.strip_suffix("/1"))
            .unwrap_or_default();
        let Some(schema) = SCHEMAS.get(output) else {
            return format!("no schema for {named:?}");
        };
        for error in schema.iter_errors(&value) {
            found.push_str(&format!(
                "schema {output}: {error} at {}\n",
                error.instance_path()
            ));
        }
    }
    found
}

#[test]
fn a_value_that_breaks_its_schema_is_reported() {
    assert!(breaches(r#"{"schema":"ptl-cert/error/1","exit":"three"}"#).contains("three"));
    assert!(breaches(r#"{"schema":"ptl-cert/nothing/1"}"#).contains("no schema"));
}
