//! `ptl-cert lab sign`.

use std::path::Path;

use anyhow::Context;
use ptl_cert::document::extension::DistributionPoint;
use ptl_cert::document::{Document, Item, Moment, Request};
use ptl_cert::input::Shown;
use ptl_cert::lab::{Generation, Shape};
use ptl_cert::report::lab::{ReplyReport, SIGN, SigningReport};
use ptl_cert::store::lab as store;

use crate::args::{Form, LabGeneration, LabSign};
use crate::command::reading;
use crate::command::reading::evidence;
use crate::outcome::{self, Outcome};
use crate::world::World;

/// Answers every request that can be answered.
pub(super) fn run(args: &LabSign, world: &mut World) -> anyhow::Result<Outcome> {
    let at = world.moment(args.at);
    let generation = generation(args.generation);
    let mut writer = store::Writer::open(&args.folder.dir)?;
    let (mut replies, mut failed) = (Vec::new(), Vec::new());
    for path in &args.requests {
        let mut unread = Vec::new();
        let items = evidence::items(std::slice::from_ref(path), None, &mut unread, world);
        reading::complain(&unread, world);
        if !unread.is_empty() {
            let error = anyhow::anyhow!("{} was not read", path.shown());
            failed.push(outcome::explain(&error).0);
            continue;
        }
        let answer = request(&items, path)
            .and_then(|request| answer(&mut writer, request, path, generation, args, at));
        match answer {
            Ok(reply) => replies.push(reply),
            Err(error) => {
                let problem = outcome::explain(&error).0;
                world.complain(&problem.render("error", world.width()));
                failed.push(problem);
            }
        }
    }
    let report = SigningReport {
        schema: SIGN,
        folder: args.folder.dir.shown().to_string(),
        environment: args.env.id(),
        generation: generation.id(),
        defects: super::described(&args.defect),
        replies,
        failed,
    };
    world.print(&report, |width| report.render(width))?;
    Ok(match report.failed.is_empty() {
        true => Outcome::Good,
        false => Outcome::NotAnswered,
    })
}

/// The one request of a file.
fn request<'i>(items: &'i [Item], path: &Path) -> anyhow::Result<&'i Request> {
    let mut requests = items.iter().filter_map(|item| match &item.document {
        Document::Request(request) => Some(request.as_ref()),
        _ => None,
    });
    match (requests.next(), requests.next()) {
        (Some(request), None) => Ok(request),
        _ => anyhow::bail!(
            "{}: expected one certificate signing request; ptl-cert csr makes one",
            path.shown()
        ),
    }
}

fn answer(
    writer: &mut store::Writer,
    request: &Request,
    path: &Path,
    generation: Generation,
    args: &LabSign,
    at: Moment,
) -> anyhow::Result<ReplyReport> {
    let refused = || format!("{} was not answered", path.shown());
    let reply = writer
        .lab()
        .sign(request, args.env, generation, &args.defect, at)
        .with_context(refused)?;
    let shape = match args.form {
        Form::Zip => Shape::Zip,
        Form::Pem => Shape::Pem,
        Form::P7b => Shape::P7b,
    };
    let file = reply.file(shape).with_context(refused)?;
    // Nothing is out that the laboratory does not know of.
    writer.save()?;
    let written = store::new_file(&args.out_dir, &file.name, &file.bytes)?;
    let certificate = reply.certificate();
    let points = certificate.extensions.crl_distribution_points.iter();
    let crls = points
        .flat_map(|marked| &marked.value)
        .flat_map(DistributionPoint::locations)
        .map(|(name, _)| name.to_string());
    Ok(ReplyReport {
        request: path.shown().to_string(),
        file: written.shown().to_string(),
        name: request.subject.short(),
        issuer: certificate.issuer.to_string(),
        serial: certificate.serial.to_string(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        crls: crls.collect(),
        sha256: certificate.sha256,
    })
}

pub(super) fn generation(typed: LabGeneration) -> Generation {
    match typed {
        LabGeneration::G1Sha1 => Generation::G1Sha1,
        LabGeneration::G1 => Generation::G1,
        LabGeneration::G2 => Generation::G2,
    }
}
