//! `ptl-cert lab init`.

use ptl_cert::input::Shown;
use ptl_cert::lab::{Keys, Lab, LabEnvironment, LabPlan};
use ptl_cert::report::csr::Step;
use ptl_cert::report::lab::{AuthorityReport, INIT, LabInitReport};
use ptl_cert::store::lab as store;

use crate::args::LabInit;
use crate::outcome::Outcome;
use crate::world::World;

/// Founds a lab.
pub(super) fn run(args: &LabInit, world: &mut World) -> anyhow::Result<Outcome> {
    let folder = &args.folder.dir;
    // Before the keys are made, which takes longer than everything else together.
    store::vacant(folder)?;
    let bar = world.progress(Keys::plans().len(), "lab keys");
    let (mut keys, made) = match &args.keys {
        None => Keys::completed(|_| Ok::<_, store::StoreError>(None)),
        Some(known) => Keys::completed(|plan| store::known(known, plan)),
    }?;
    drop(bar);
    if let Some(known) = &args.keys {
        store::keep(known, &keys)?;
        // Another process may have made some meanwhile: what is there counts, and makes the same again.
        keys = Keys::read(|plan| store::known(known, plan))?;
    }
    let plan = LabPlan::new(&args.base_url, world.moment(args.at));
    let lab = store::found(folder, keys, &plan)?;
    let facts = store::facts(folder).shown().to_string();
    let report = LabInitReport {
        schema: INIT,
        folder: folder.shown().to_string(),
        created: lab.created(),
        base_url: lab.base_url().to_owned(),
        keys_made: made.len(),
        keys_reused: Keys::plans().len() - made.len(),
        environments: LabEnvironment::ALL.map(LabEnvironment::id).to_vec(),
        authorities: authorities(&lab),
        next: next(&facts, args),
        facts,
    };
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    Ok(Outcome::Good)
}

fn authorities(lab: &Lab) -> Vec<AuthorityReport> {
    lab.authorities()
        .map(|(authority, certificate)| AuthorityReport {
            id: authority.id,
            name: authority.common_name,
            generation: authority.generation.id(),
            root: authority.is_root(),
            not_after: certificate.not_after,
            sha256: certificate.sha256,
        })
        .collect()
}

fn next(facts: &str, args: &LabInit) -> Vec<Step> {
    let name = "NAME.thirdparty.nhs.uk";
    let dir = match args.folder.dir.to_str() {
        Some("lab") | None => String::new(),
        Some(dir) => format!(" --dir {dir}"),
    };
    let step = |text: &str, command: String| Step {
        text: text.to_owned(),
        command: Some(command),
    };
    vec![
        step(
            "make a key and a CSR",
            format!("ptl-cert csr --fqdn {name}"),
        ),
        step(
            "have the lab sign it",
            format!("ptl-cert lab sign {name}.csr --env lab-int{dir}"),
        ),
        step(
            "accept the reply as if it came from the NHS",
            format!(
                "ptl-cert accept {name}.zip --csr {name}.csr --key {name}.key --env lab-int --facts {facts}"
            ),
        ),
    ]
}
