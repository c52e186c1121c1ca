//! `ptl-cert lab crl`.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use indicatif::ProgressBar;
use ptl_cert::input::Shown;
use ptl_cert::lab::{
    Defect, DefectTarget, Filling, Lab, LabEnvironment, LabError, PublishedCrl, Reach, encoded,
};
use ptl_cert::ops::Moment;
use ptl_cert::report::lab::{CRL, CrlReport, LabCrlsReport};
use ptl_cert::store::lab as store;

use crate::args::LabCrl;
use crate::outcome::Outcome;
use crate::world::World;

/// Writes CRLs.
pub(super) fn run(args: &LabCrl, world: &mut World) -> anyhow::Result<Outcome> {
    let of_crls =
        |defect: &&Defect| matches!(defect.target(), DefectTarget::Crl | DefectTarget::Encoding);
    if let Some(defect) = args.defect.iter().find(|defect| !of_crls(defect)) {
        anyhow::bail!("{defect} is not a defect of CRLs; use it with ptl-cert lab sign");
    }
    let at = world.moment(args.at);
    let lab = store::open(&args.folder.dir)?;
    let places = places(&lab, args)?;
    let out_dir = match &args.out_dir {
        Some(folder) => folder.clone(),
        None => args.folder.dir.join("crl"),
    };
    let mut crls = Vec::new();
    for place in &places {
        let file = out_dir.join(place.path().trim_start_matches('/'));
        let length = write(&lab, place, at, args, &file, world)
            .with_context(|| format!("{} was not written", file.shown()))?;
        crls.push(CrlReport {
            path: place.path(),
            file: file.shown().to_string(),
            issuer: place.issuer().to_owned(),
            fetchable: place.reach() == Reach::Http,
            entries: lab.revoked_at(place, at) + args.entries.unwrap_or(0),
            length,
        });
    }
    let report = LabCrlsReport {
        schema: CRL,
        folder: args.folder.dir.shown().to_string(),
        at,
        defects: super::described(&args.defect),
        crls,
    };
    world.print(&report, |width| report.render(width))?;
    Ok(Outcome::Good)
}

/// Which CRLs were asked for.
fn places(lab: &Lab, args: &LabCrl) -> anyhow::Result<Vec<PublishedCrl>> {
    let all = match args.env {
        Some(environment) => lab.published_crls_for(environment),
        None => lab.published_crls(),
    };
    if let Some(wanted) = &args.crl {
        let wanted = wanted.trim_start_matches('/');
        let is_wanted = |place: &PublishedCrl| place.path().trim_start_matches('/') == wanted;
        let found: Vec<PublishedCrl> = all.into_iter().filter(is_wanted).collect();
        if found.is_empty() {
            anyhow::bail!("the lab has no CRL /{wanted}; without --crl all are written");
        }
        return Ok(found);
    }
    if args.entries.is_some() {
        let environment = args.env.unwrap_or(LabEnvironment::Int);
        return Ok(lab.place_manual_import(environment).into_iter().collect());
    }
    Ok(all)
}

/// Writes one CRL, and says how long it is.
fn write(
    lab: &Lab,
    place: &PublishedCrl,
    at: Moment,
    args: &LabCrl,
    file: &Path,
    world: &World,
) -> anyhow::Result<u64> {
    let prepared = lab.prepare(
        place,
        at,
        &args.defect,
        Filling::new(args.entries.unwrap_or(0)),
    )?;
    let is_damaged = |defect: &Defect| defect.target() == DefectTarget::Encoding;
    if args.defect.iter().any(is_damaged) {
        // Damage is done to the CRL as a whole, which is in memory then.
        let bytes = encoded(prepared.to_vec()?, &args.defect)?;
        store::crl(file, |out| Ok(out.write_all(&bytes)?))?;
        return Ok(bytes.len() as u64);
    }
    let bar = match args.entries {
        Some(_) => world.progress(
            usize::try_from(prepared.length()).unwrap_or(usize::MAX),
            "bytes",
        ),
        None => ProgressBar::hidden(),
    };
    store::crl(file, |out| -> Result<(), LabError> {
        prepared.write(bar.wrap_write(out))
    })?;
    Ok(prepared.length())
}
