//! `ptl-cert explain`.

use ptl_cert::report::explanation;
use ptl_cert::verdict::Code;

use crate::args::Explain;
use crate::outcome::Outcome;
use crate::world::World;

/// Says what a finding means; all of them in a line each where none is named.
pub(crate) fn run(args: &Explain, world: &mut World) -> anyhow::Result<Outcome> {
    let codes: Vec<Code> = match &args.code {
        Some(code) => vec![code.parse()?],
        None => Code::ALL.to_vec(),
    };
    let text = |width| match args.code {
        Some(_) => codes
            .iter()
            .map(|code| explanation::render(*code, width))
            .collect(),
        None => explanation::crl(width),
    };
    world.print(&explanation::Explanations::of(&codes), text)?;
    Ok(Outcome::Good)
}
