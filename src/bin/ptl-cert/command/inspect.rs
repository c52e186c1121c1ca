//! `ptl-cert inspect`.

mod stream;

use std::io::Write;

use ptl_cert::decode::Password;
use ptl_cert::environment::Facts;
use ptl_cert::report::inspection::{self, Inspection, Unread};
use ptl_cert::store::read::Depth;
use ptl_cert::verdict::{self, CHAIN_LIMIT, Policy, Severity};

use super::reading::{self, Inputs, Sifted};
use crate::args::{Format, Inspect};
use crate::outcome::Outcome;
use crate::world::World;

/// Reads everything, says what it is and what is the matter with it.
pub(crate) fn run(args: &Inspect, world: &mut World) -> anyhow::Result<Outcome> {
    let password = world.read_passphrase_of(args.password_file.as_deref())?;
    let at = world.moment(args.at);
    let policy = Policy {
        at,
        soon_days: i64::from(args.within),
    };
    let depth = if args.recursive {
        Depth::Tree
    } else {
        Depth::Directory
    };
    let paths: Vec<_> = args.paths.iter().chain(&args.key).cloned().collect();
    let Inputs { loaded, mut unread } = Inputs::load(&paths, depth, world);
    let sifted = Inputs::sift(&loaded, &mut unread, password.as_ref(), world);

    let facts = reading::facts(args.facts.as_deref(), world)?;
    let pieces: usize = sifted.opened.iter().map(|opened| opened.pieces.len()).sum();
    let heaviest = if world.format() == Format::Ndjson && pieces > CHAIN_LIMIT {
        stream::run(
            &sifted,
            password.as_ref(),
            (&facts, policy),
            &mut unread,
            world,
        )?
    } else {
        whole(
            &sifted,
            password.as_ref(),
            (&facts, policy),
            &mut unread,
            world,
        )?
    };
    reading::mention(&sifted.passed_over, world);
    reading::complain(&unread, world);
    Ok(reading::conclude(&unread, heaviest, world))
}

/// Reads all, judges all together, renders.
fn whole(
    sifted: &Sifted<'_>,
    password: Option<&Password>,
    (facts, policy): (&Facts, Policy),
    unread: &mut Vec<Unread>,
    world: &mut World,
) -> anyhow::Result<Option<Severity>> {
    let items = reading::items(&sifted.opened, password, unread);
    let examination = verdict::examine(&items, facts, policy);
    let mut inspection = Inspection::new(&items, &examination, unread.clone(), policy.at);
    inspection.passed_over.clone_from(&sifted.passed_over);
    let heaviest = inspection.heaviest();
    match world.format() {
        Format::Text => {
            let text = inspection::render(&inspection, world.width());
            world.stdout().write_all(text.as_bytes())?;
        }
        Format::Json => {
            serde_json::to_writer_pretty(&mut *world.stdout(), &inspection)?;
            writeln!(world.stdout())?;
        }
        Format::Ndjson => {
            for record in inspection.records() {
                serde_json::to_writer(&mut *world.stdout(), &record)?;
                writeln!(world.stdout())?;
            }
        }
    }
    Ok(heaviest)
}
