//! `ptl-cert accept`.

use std::io::Write;
use std::path::Path;

use ptl_cert::input::Shown;
use ptl_cert::ops::accept::{self, AcceptError, Options};
use ptl_cert::ops::verify::Decision;
use ptl_cert::report::acceptance::{AcceptanceReport, WrittenFile, WrittenReport};

use super::reading::{self, refuse};
use crate::args::Accept;
use crate::outcome::Outcome;
use crate::world::World;

/// The export that the accepted certificate is for, with the options that were given here.
fn next(args: &Accept, files: &[WrittenFile]) -> String {
    let chain = files
        .iter()
        .find(|file| file.name.ends_with(".fullchain.pem"));
    // "./NAME" is NAME.
    let folder = args.out_dir.strip_prefix(".").unwrap_or(&args.out_dir);
    let chain = chain
        .map(|file| folder.join(&file.name))
        .unwrap_or_default();
    // What came through the standard input is not there a second time.
    let key = match args.key == Path::new("-") {
        true => "KEY".to_owned(),
        false => reading::typed(&args.key),
    };
    let mut command = format!(
        "ptl-cert export --for SERVER --cert {} --key {key} --env {}",
        reading::typed(&chain),
        args.env
    );
    for (option, path) in [
        ("--facts", &args.facts),
        ("--cache", &args.cache),
        ("--password-file", &args.password_file),
    ] {
        if let Some(path) = path {
            command.push_str(&format!(" {option} {}", reading::typed(path)));
        }
    }
    command + " --out-dir DIR"
}

/// Judges what came back, and writes it if it is the answer.
pub(crate) fn run(args: &Accept, world: &mut World) -> anyhow::Result<Outcome> {
    let mut options = Options::new(
        world.named(&args.replies)?,
        world.named_one(&args.csr)?,
        world.named_one(&args.key)?,
        &args.env,
    )
    .crls(world.named(&args.crl)?);
    options.password = world.read_passphrase_of(args.password_file.as_deref())?;
    options.refuse_from = args.findings.severity();
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let console = world.console();
    let cache = args.cache.as_deref();
    let context = world.context(world.moment(args.at), facts, cache, &console);
    let acceptance = match accept::accept(&options, &context) {
        Ok(acceptance) => acceptance,
        Err(AcceptError::UnknownEnvironment(unknown)) => {
            return refuse("accept", &unknown.to_string());
        }
        Err(error) => return Err(error.into()),
    };
    let mut report = AcceptanceReport::in_voice(&acceptance, world.voice());
    report.written = WrittenReport::of(&acceptance, args.out_dir.shown().to_string());
    if report.written.is_some() {
        acceptance.write(&args.out_dir, &report.receipt()?)?;
        // The key of a module cannot be exported.
        if acceptance.has_private_key && !world.is_quiet() {
            report.next = report
                .written
                .as_ref()
                .map(|written| next(args, &written.files));
        }
    }
    let detail = world.detail();
    let printed = world
        .print(&report, |width| report.render(detail, width))
        .and_then(|()| Ok(world.stdout().flush()?));
    if let Err(error) = printed {
        return Err(match report.written {
            None => error,
            Some(_) => error.context(format!(
                "the reply was accepted and all four files are in {}, but this could not be reported",
                args.out_dir.shown()
            )),
        });
    }
    Ok(match acceptance.decision() {
        Decision::Verified => Outcome::Good,
        Decision::NotVerified => Outcome::Bad,
        Decision::NotDecided => Outcome::NotAnswered,
    })
}
