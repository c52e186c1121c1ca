//! `ptl-cert lab sign`.

use ptl_cert::environment::Facts;
use ptl_cert::input::Shown;
use ptl_cert::lab::{Generation, Shape};
use ptl_cert::ops::lab::{self, SignError, SignOptions};
use ptl_cert::report::inspection::UnreadReport;
use ptl_cert::report::lab::{DefectReport, LabSignReport, ReplyReport, SIGN};

use crate::args::{Form, LabGeneration, LabSign};
use crate::command::reading;
use crate::outcome::{self, Outcome};
use crate::world::World;

/// Answers every request that can be answered.
pub(super) fn run(args: &LabSign, world: &mut World) -> anyhow::Result<Outcome> {
    let generation = generation(args.generation);
    let requests = world.named(&args.requests)?;
    let options = SignOptions::new(&args.folder.dir, requests, args.env, generation)
        .defects(args.defect.iter().copied())
        .folder(&args.out_dir)
        .shape(match args.form {
            Form::Zip => Shape::Zip,
            Form::Pem => Shape::Pem,
            Form::P7b => Shape::P7b,
        });
    let console = world.console();
    let context = world.context(world.moment(args.at), Facts::default(), None, &console);
    let (mut replies, mut failed) = (Vec::new(), Vec::new());
    for answer in lab::sign(&options, &context)? {
        let error = match answer {
            Ok(signed) => {
                replies.push(ReplyReport::new(&signed));
                continue;
            }
            Err(error) => error,
        };
        let problem = outcome::explain_error(&error).0;
        match &error {
            SignError::Unread { unread, .. } => {
                reading::complain(&UnreadReport::all(unread, world.voice()), world)
            }
            _ => world.complain(&problem.render("error", world.width())),
        }
        failed.push(problem);
    }
    let report = LabSignReport {
        schema: SIGN,
        folder: args.folder.dir.shown().to_string(),
        environment: args.env.id(),
        generation: generation.id(),
        defects: DefectReport::all(&args.defect),
        replies,
        failed,
    };
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    Ok(match report.failed.is_empty() {
        true => Outcome::Good,
        false => Outcome::NotAnswered,
    })
}

pub(super) fn generation(typed: LabGeneration) -> Generation {
    match typed {
        LabGeneration::G1Sha1 => Generation::G1Sha1,
        LabGeneration::G1 => Generation::G1,
        LabGeneration::G2 => Generation::G2,
    }
}
