//! `ptl-cert explain`.

use ptl_cert::ops::Code;
use ptl_cert::report::explanation::{self, Explanations};
use ptl_cert::wording::Symptom;

use crate::args::Explain;
use crate::outcome::Outcome;
use crate::world::World;

/// Explains a finding or another program's message; lists all codes where nothing is named.
pub(crate) fn run(args: &Explain, world: &mut World) -> anyhow::Result<Outcome> {
    let voice = world.voice();
    let Some(typed) = &args.code else {
        world.print(&Explanations::new(Code::ALL, voice), explanation::index)?;
        return Ok(Outcome::Good);
    };
    match typed.parse::<Code>() {
        Ok(code) => world.print(&Explanations::new(&[code], voice), |width| {
            explanation::render(code, voice, width)
        })?,
        Err(unknown) => {
            let symptoms = Symptom::search(typed, voice);
            if symptoms.is_empty() {
                return Err(unknown.into());
            }
            let text = |width| explanation::render_symptoms(&symptoms, width);
            world.print(&Explanations::of_symptoms(symptoms.clone(), voice), text)?;
        }
    }
    Ok(Outcome::Good)
}
