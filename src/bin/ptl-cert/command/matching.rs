//! `ptl-cert match`.

use ptl_cert::environment::Facts;
use ptl_cert::ops::matching::{self, Options};
use ptl_cert::report::matching::MatchingReport;

use super::reading;
use crate::args::{Format, Match};
use crate::outcome::Outcome;
use crate::world::{World, guarded_json};

/// Says which key, request and certificate belong together.
pub(crate) fn run(args: &Match, world: &mut World) -> anyhow::Result<Outcome> {
    let password = world.read_passphrase_of(args.password_file.as_deref())?;
    let mut options = Options::new(world.named(&args.paths)?);
    options.depth = reading::depth(args.recursive);
    options.password = password;
    let console = world.console();
    let context = world.context(world.moment(None), Facts::default(), None, &console);
    let matching = matching::matching(&options, &context);
    let report = MatchingReport::in_voice(&matching, world.voice());
    match world.format() {
        Format::Text => {
            let (detail, width, colours) = (world.detail(), world.width(), world.colours());
            let applied = |part| colours.applied(part);
            report.render_each(detail, width, applied, |part| {
                world.stdout().write_applied(&part)
            })?;
        }
        Format::Json | Format::Ndjson => report.write_json(guarded_json, |part| {
            world.stdout().write_applied(&part)?;
            anyhow::Ok(())
        })?,
    }
    reading::mention(&report.passed_over, world);
    reading::complain(&report.unread, world);
    let heaviest = report.findings.iter().map(|finding| finding.severity).max();
    Ok(reading::conclude(&report.unread, heaviest, args.findings))
}
