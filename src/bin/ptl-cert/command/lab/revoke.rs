//! `ptl-cert lab revoke`.

use std::path::Path;

use ptl_cert::input::Shown;
use ptl_cert::report::lab::{REVOKE, RevokedReport, RevokingReport};
use ptl_cert::store::lab as store;
use ptl_cert::verdict::verify::Given;

use crate::args::LabRevoke;
use crate::command::reading::{self, evidence};
use crate::outcome::Outcome;
use crate::world::World;

/// Revokes all of the certificates, or none of them.
pub(super) fn run(args: &LabRevoke, world: &mut World) -> anyhow::Result<Outcome> {
    let at = world.moment(args.at);
    let mut unread = Vec::new();
    let mut certificates = Vec::new();
    for path in &args.certificates {
        let items = evidence::items(std::slice::from_ref(path), None, &mut unread, world);
        certificates.push((path, meant(evidence::certificates(&items))));
    }
    reading::complain(&unread, world);
    if !unread.is_empty() {
        anyhow::bail!("not all that was given can be read, so nothing was revoked");
    }
    let mut writer = store::Writer::open(&args.folder.dir)?;
    let mut revoked = Vec::new();
    for (path, given) in certificates {
        revoked.extend(revoke(&mut writer, path, &given, args, at)?);
    }
    writer.save()?;
    let report = RevokingReport {
        schema: REVOKE,
        folder: args.folder.dir.shown().to_string(),
        at,
        reason: args.reason.to_string(),
        revoked,
    };
    world.print(&report, |width| report.render(width))?;
    Ok(Outcome::Good)
}

fn revoke(
    writer: &mut store::Writer,
    path: &Path,
    given: &[Given],
    args: &LabRevoke,
    at: ptl_cert::document::Moment,
) -> anyhow::Result<Vec<RevokedReport>> {
    if given.is_empty() {
        anyhow::bail!(
            "{}: expected a certificate, found none; nothing was revoked",
            path.shown()
        );
    }
    let mut revoked = Vec::new();
    for Given { certificate, .. } in given {
        let lab = writer.lab();
        lab.revoke(certificate, args.reason, at)?;
        revoked.push(RevokedReport {
            file: path.shown().to_string(),
            name: certificate.subject.short(),
            issuer: certificate.issuer.to_string(),
            serial: certificate.serial.to_string(),
            crl: lab.place(certificate)?.path(),
        });
    }
    Ok(revoked)
}

/// Of a reply the certificate and not its CAs; of a file with CAs only, these.
fn meant(certificates: Vec<Given>) -> Vec<Given> {
    let endpoints: Vec<Given> = certificates
        .iter()
        .filter(|given| !given.certificate.is_ca())
        .cloned()
        .collect();
    match endpoints.is_empty() {
        true => certificates,
        false => endpoints,
    }
}
