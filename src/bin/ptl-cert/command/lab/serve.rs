//! `ptl-cert lab serve`.

use ptl_cert::ops::Moment;
use ptl_cert::ops::lab::{self, Listeners, ServeOptions};
use ptl_cert::report::lab::LabServeReport;

use super::sign::generation;
use super::watch::Watch;
use crate::args::LabServe;
use crate::outcome::Outcome;
use crate::world::World;

/// Runs the hosts until a signal says to stop.
pub(super) fn run(args: &LabServe, world: &mut World) -> anyhow::Result<Outcome> {
    let watch = Watch::new();
    let clock = world.clock();
    let fixed = args.at.map(Moment::new);
    let now = move || fixed.unwrap_or_else(|| Moment::new(clock()));
    let generation = generation(args.generation);
    let mut options = ServeOptions::new(&args.folder.dir, args.bind, args.env, generation);
    options.port = args.port;
    options.proxy_port = args.proxy_port;
    options.provider = args.provider;
    options.faults = args.fault.clone();
    let listeners = Listeners {
        crls: watch.notices("lists"),
        proxy: watch.notices("proxy"),
    };
    let serving = lab::serve(&options, now, listeners)?;
    let report = LabServeReport::new(&serving, &options, world.voice());
    world.print(&report, |width| report.render(width))?;
    watch.until_stopped(now, world)?;
    serving.stop();
    Ok(Outcome::Good)
}
