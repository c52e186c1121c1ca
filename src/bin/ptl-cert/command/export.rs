//! `ptl-cert export`.

use std::path::Path;

use ptl_cert::export::server::Expired;
use ptl_cert::fqdn::Fqdn;
use ptl_cert::input::Shown;
use ptl_cert::ops::Moment;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::{Context, server};
use ptl_cert::report::server::ServerReport;
use ptl_cert::store::set::Foreign;
use zeroize::Zeroizing;

use super::reading::{self, evidence::refuse};
use super::shell::Shell;
use crate::args::Export;
use crate::outcome::Outcome;
use crate::world::World;

/// Has everything proved and written, and says what is left to do.
pub(crate) fn run(args: &Export, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let at: Moment = world.moment(args.at);
    let cache = world.cache_folder(args.cache.as_deref());
    let mut context = Context::new(at, facts);
    if let Ok(folder) = &cache {
        context = context.cache(folder);
    }
    let mut admit = Vec::new();
    for name in &args.admit {
        admit.push(Fqdn::parse(name)?);
    }
    let named = |path: &Path, world: &World| -> anyhow::Result<Named> {
        match path == Path::new("-") {
            true => Ok(Named::bytes(
                ptl_cert::input::Source::Stdin,
                world.read(path)?,
            )),
            false => Ok(Named::file(path)),
        }
    };
    let target = args.target.into();
    let key = named(&args.key, world)?;
    let mut options = server::Options::new(target, &args.env, key, &args.out_dir);
    for path in &args.cert {
        options.certificates.push(named(path, world)?);
    }
    for path in &args.client {
        options.clients.push(named(path, world)?);
    }
    options.key_password = world.read_passphrase_of(args.password_file.as_deref())?;
    options.admit = admit;
    options.leave_out.clone_from(&args.leave_out);
    options.dry_run = args.dry_run;
    options.test.clone_from(&args.test);
    options.on_change.clone_from(&args.on_change);
    options.backend.clone_from(&args.backend);
    options.namespace.clone_from(&args.namespace);
    options.profile = args.profile.map(Into::into);
    // Standard input was read already.
    if args.facts.as_deref() != Some(Path::new("-")) {
        options.facts = reading::own_facts(args.facts.as_deref(), world)?;
    }
    if let Some(listen) = &args.listen {
        options.address.clone_from(&listen.address);
        options.port = Some(listen.port);
    }
    if args.allow_expired {
        options.expired = Expired::Allow;
    }
    if args.replace {
        options.foreign = Foreign::Replace;
    }
    let password = match (&args.keystore_password_file, args.ask_keystore_password) {
        (Some(path), _) => Some(world.read_passphrase(path)?),
        (None, true) => Some(world.ask_new_passphrase("the key store")?),
        (None, false) => None,
    };
    options.password = match password {
        Some(password) => {
            let text = std::str::from_utf8(password.as_bytes())?;
            Some(Zeroizing::new(text.to_owned()))
        }
        None => None,
    };
    let mut shell = Shell {
        limit: args.command_timeout,
        world: &mut *world,
    };
    let report = match server::export(&options, &mut shell, &context) {
        Ok(exported) => ServerReport::made(&exported, &options, world.voice()),
        Err(server::ServerExportError::Refused(refused)) => {
            let folder = args.out_dir.shown().to_string();
            ServerReport::refused(target, at, &folder, &refused, world.voice())
        }
        Err(server::ServerExportError::Environment { asked, .. }) => {
            return refuse(
                "export",
                &reading::evidence::unknown(&asked, &context.facts),
            );
        }
        Err(error) => return Err(error.into()),
    };
    let report = report.failing_on(args.findings.severity());
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    Ok(match report.exit {
        0 => Outcome::Good,
        _ => Outcome::Bad,
    })
}
