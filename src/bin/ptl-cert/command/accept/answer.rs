//! What becomes of the decision: files and a report.

use std::path::Path;

use ptl_cert::report::acceptance::AcceptanceReport;
use ptl_cert::store::bundle::{self, Bundle};

/// Writes what was accepted, with the report as the receipt.
pub(super) fn write(report: &AcceptanceReport<'_>, folder: &Path) -> anyhow::Result<()> {
    let files = report.written.as_ref().map(|written| &written.files[..]);
    let Some([certificate, full_chain, authorities]) = files else {
        return Ok(());
    };
    let mut receipt = serde_json::to_string_pretty(report)?;
    receipt.push('\n');
    let bundle = Bundle {
        certificate: &certificate.pem,
        full_chain: &full_chain.pem,
        authorities: &authorities.pem,
        receipt: &receipt,
    };
    bundle::write(folder, report.fqdn, &bundle)?;
    Ok(())
}
