//! `ptl-cert lab serve`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use ptl_cert::input::Shown;
use ptl_cert::lab::Lab;
use ptl_cert::lab::host::{DOWNLOADS, Fault};
use ptl_cert::ops::Moment;
use ptl_cert::report::lab::{FaultReport, LabServeReport, SERVE};
use ptl_cert::store::lab as store;
use ptl_cert::wire::host::Limits;
use ptl_cert::wire::lab::{Look, LookError, ProxyPlan, crls, proxy};

use super::sign::generation;
use super::watch::Watch;
use crate::args::LabServe;
use crate::outcome::Outcome;
use crate::world::World;

/// Runs the hosts until a signal says to stop.
pub(super) fn run(args: &LabServe, world: &mut World) -> anyhow::Result<Outcome> {
    let watch = Watch::new();
    let clock = world.clock();
    let fixed = args.at.map(Moment::new);
    let now = move || fixed.unwrap_or_else(|| Moment::new(clock()));
    let folder = Folder::open(&args.folder.dir)?;
    let base_url = folder.lab()?.base_url().to_owned();
    let look: Arc<Look> = Arc::new(move || Ok((folder.lab().map_err(LookError::from)?, now())));

    let limits = Limits::default();
    let port = args.port.or_else(|| port(&base_url)).unwrap_or_default();
    let address = |port| SocketAddr::new(args.bind, port);
    let plan = ProxyPlan {
        environment: args.env,
        generation: generation(args.generation),
        provider: args.provider,
        faults: args.fault.clone(),
        limits,
    };
    let crls = crls(
        address(port),
        limits,
        Arc::clone(&look),
        &args.fault,
        watch.notices("lists"),
    )
    .context("CRLs and certificates cannot be served")?;
    let proxy = proxy(
        address(args.proxy_port),
        &plan,
        look,
        watch.notices("proxy"),
    )
    .context("the proxy cannot start")?;
    let report = LabServeReport {
        schema: SERVE,
        folder: args.folder.dir.shown().to_string(),
        environment: args.env.id(),
        generation: plan.generation.id(),
        downloads: format!("http://{}{DOWNLOADS}", crls.address()),
        crls: crls.address().to_string(),
        proxy: proxy.address().to_string(),
        provider: args.provider.map(|provider| provider.to_string()),
        faults: faults(&args.fault),
        warning: warning(&base_url, crls.address()),
        base_url,
    };
    world.print(&report, |width| report.render(width))?;
    watch.until_stopped(now, world)?;
    proxy.stop();
    crls.stop();
    Ok(Outcome::Good)
}

fn faults(faults: &[Fault]) -> Vec<FaultReport> {
    let describe = |fault: &Fault| FaultReport {
        fault: fault.as_str(),
        description: fault.describe(),
    };
    faults.iter().map(describe).collect()
}

/// The port that a base URL leads to.
fn port(base_url: &str) -> Option<u16> {
    let authority = base_url.split("://").nth(1)?.split('/').next()?;
    match authority.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse().ok(),
        _ => Some(80),
    }
}

/// What is to be said where certificates do not lead here.
fn warning(base_url: &str, crls: SocketAddr) -> Option<String> {
    let wrong = port(base_url) != Some(crls.port());
    wrong.then(|| {
        format!(
            "the certificates of this lab name {base_url}, and their CRLs are at port {}: leave out --port, or create a lab with --base-url",
            crls.port()
        )
    })
}

/// A lab's folder, read again only when it has changed.
struct Folder {
    path: PathBuf,
    known: Mutex<Known>,
}

struct Known {
    state: Vec<u8>,
    lab: Arc<Lab>,
}

impl Folder {
    fn open(path: &Path) -> anyhow::Result<Folder> {
        let state = store::state(path)?;
        let lab = Arc::new(store::open(path)?);
        Ok(Folder {
            path: path.to_owned(),
            known: Mutex::new(Known { state, lab }),
        })
    }

    fn lab(&self) -> Result<Arc<Lab>, store::StoreError> {
        let state = store::state(&self.path)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.state != state {
            let lab = Arc::new(store::open(&self.path)?);
            *known = Known { state, lab };
        }
        Ok(Arc::clone(&known.lab))
    }
}
