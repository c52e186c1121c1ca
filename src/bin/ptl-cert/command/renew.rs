//! `ptl-cert renew`: the next pairs of hosts whose certificates expire.

use ptl_cert::environment::Facts;
use ptl_cert::ops::csr::Domain;
use ptl_cert::ops::renew::{self, Options};
use ptl_cert::report::renew::RenewReport;

use super::reading;
use crate::args::Renew;
use crate::outcome::{self, Outcome};
use crate::world::World;

/// Makes the next pair of every host that was asked for, and says what to do with it.
pub(crate) fn run(args: &Renew, world: &mut World) -> anyhow::Result<Outcome> {
    if args.reuse_key.is_some() && args.names.len() != 1 {
        return reading::refuse(
            "renew",
            "--reuse-key is for one NAME; each host needs a key of its own",
        );
    }
    let options = options(args, world)?;
    let console = world.console();
    // Dates and names decide: no CA matters.
    let at = world.moment(args.at);
    let context = world.context(at, Facts::default(), None, &console);
    let mut prepared = renew::prepare(&options, &context)?;
    if prepared.makes_keys() {
        let file = args.passphrase_file.as_deref();
        if let Some(passphrase) = world.passphrase_of_new_keys(file, args.passphrase)? {
            prepared = prepared.encrypt(passphrase);
        }
    }
    let mut renewal = prepared.run(&context);
    // One host that was named alone is the whole run: what is wrong with it is what the run ends with.
    let failed = match args.names.as_slice() {
        [_] => renewal.hosts.pop_if(|host| host.next.is_err()),
        _ => None,
    };
    let report = RenewReport::in_voice(&renewal, world.voice(), |error| {
        outcome::explain_error(error).0
    });
    if failed.is_none() {
        let detail = world.detail();
        world.print(&report, |width| report.render(detail, width))?;
    }
    reading::mention(&report.passed_over, world);
    reading::complain(&report.unread, world);
    match failed.map(|host| host.next) {
        Some(Err(error)) => Err(error.into()),
        _ => Ok(Outcome::of(report.exit)),
    }
}

fn options(args: &Renew, world: &mut World) -> anyhow::Result<Options> {
    let mut options = Options::new(world.named(&args.from)?, &args.out_dir)
        .hosts(args.names.iter().cloned())
        .within_days(args.due)
        .depth(reading::depth(args.recursive));
    options.password = world.read_passphrase_of(args.password_file.as_deref())?;
    options.key = reading::named_option(args.reuse_key.as_deref(), world)?;
    if options.key.is_some() {
        options.key_password = world.read_passphrase_of(args.passphrase_file.as_deref())?;
    }
    if args.any_domain {
        options.domain = Domain::Any;
    }
    Ok(options)
}
