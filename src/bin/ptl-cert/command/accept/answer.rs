//! What becomes of the decision: files and a report.

use std::io::Write;
use std::path::Path;

use ptl_cert::report::acceptance::AcceptanceReport;
use ptl_cert::store::bundle::{self, Bundle};

use crate::args::Format;
use crate::world::World;

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

/// Prints the report.
pub(super) fn print(report: &AcceptanceReport<'_>, world: &mut World) -> anyhow::Result<()> {
    if world.format() == Format::Text {
        let text = report.render(world.width());
        world.stdout().write_all(text.as_bytes())?;
    } else {
        serde_json::to_writer_pretty(&mut *world.stdout(), report)?;
        writeln!(world.stdout())?;
    }
    Ok(())
}
