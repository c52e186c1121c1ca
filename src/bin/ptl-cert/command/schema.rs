//! `ptl-cert schema`.

use std::io::Write;

use clap::ValueEnum;
use ptl_cert::report::schema::{OUTPUTS, Output};
use ptl_cert::store::write;

use crate::args::Schema;
use crate::outcome::Outcome;
use crate::world::World;

/// Prints the JSON Schema of a command's output, or writes all of them.
pub(crate) fn run(args: &Schema, world: &mut World) -> anyhow::Result<Outcome> {
    if let Some(folder) = &args.all {
        write::folder(folder)?;
        for output in OUTPUTS {
            let mut text = serde_json::to_string_pretty(&output.schema())?;
            text.push('\n');
            let path = folder.join(format!("{}.schema.json", output.name));
            write::file(&path, text.as_bytes())?;
        }
        return Ok(Outcome::Good);
    }
    let value = args.output.and_then(|output| output.to_possible_value());
    let output = value.and_then(|value| Output::named(value.get_name()));
    let schema = output.map(|output| output.schema());
    serde_json::to_writer_pretty(&mut *world.stdout(), &schema)?;
    writeln!(world.stdout())?;
    Ok(Outcome::Good)
}
