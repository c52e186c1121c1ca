//! `ptl-cert lab endpoint`: `listen` with the facts of the lab.

use std::net::SocketAddr;

use ptl_cert::store::lab as store;

use crate::args::LabEndpoint;
use crate::args::connecting::Basis;
use crate::args::listen::Listen;
use crate::command::listen;
use crate::outcome::Outcome;
use crate::world::World;

/// The lab's facts in its folder.
const FACTS: &str = "facts.toml";

/// Stands in for the supplier's system until a signal says to stop.
pub(super) fn run(args: &LabEndpoint, world: &mut World) -> anyhow::Result<Outcome> {
    store::open(&args.folder.dir)?;
    let listen = Listen {
        address: SocketAddr::new(args.bind, args.port),
        cert: args.cert.clone(),
        key: Some(args.key.clone()),
        password_file: args.password_file.clone(),
        env: args.env.id().to_owned(),
        once: false,
        duration: None,
        save_clients: args.save_clients.clone(),
        basis: Basis {
            cache: args.cache.clone(),
            facts: Some(args.folder.dir.join(FACTS)),
            at: args.at,
        },
    };
    listen::run(&listen, world)
}
