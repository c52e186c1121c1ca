//! `ptl-cert explain`.

use std::io::Write;

use ptl_cert::report::explanation;
use ptl_cert::verdict::Code;

use crate::args::{Explain, Format};
use crate::outcome::Outcome;
use crate::world::World;

/// Says what a finding means; all of them in a line each where none is named.
pub(crate) fn run(args: &Explain, world: &mut World) -> anyhow::Result<Outcome> {
    let codes: Vec<Code> = match &args.code {
        Some(code) => vec![code.parse()?],
        None => Code::ALL.to_vec(),
    };
    match world.format() {
        Format::Text => {
            let width = world.width();
            let text = match args.code {
                Some(_) => codes
                    .iter()
                    .map(|code| explanation::render(*code, width))
                    .collect(),
                None => explanation::list(width),
            };
            world.stdout().write_all(text.as_bytes())?;
        }
        Format::Json => {
            serde_json::to_writer_pretty(
                &mut *world.stdout(),
                &explanation::Explanations::of(&codes),
            )?;
            writeln!(world.stdout())?;
        }
        Format::Ndjson => {
            serde_json::to_writer(&mut *world.stdout(), &explanation::Explanations::of(&codes))?;
            writeln!(world.stdout())?;
        }
    }
    Ok(Outcome::Good)
}
