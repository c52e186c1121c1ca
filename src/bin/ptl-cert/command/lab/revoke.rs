//! `ptl-cert lab revoke`.

use ptl_cert::environment::Facts;
use ptl_cert::input::Shown;
use ptl_cert::ops::lab;
use ptl_cert::report::lab::{LabRevokeReport, REVOKE, RevokedReport};

use crate::args::LabRevoke;
use crate::outcome::Outcome;
use crate::world::World;

/// Revokes all of the certificates, or none of them.
pub(super) fn run(args: &LabRevoke, world: &mut World) -> anyhow::Result<Outcome> {
    let at = world.moment(args.at);
    let console = world.console();
    let context = world.context(at, Facts::default(), None, &console);
    let named = world.named(&args.certificates)?;
    let revoked = lab::revoke(&args.folder.dir, &named, args.reason, &context)?;
    let report = LabRevokeReport {
        schema: REVOKE,
        folder: args.folder.dir.shown().to_string(),
        at,
        reason: args.reason.to_string(),
        revoked: revoked.iter().map(RevokedReport::new).collect(),
    };
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    Ok(Outcome::Good)
}
