//! The ten tasks of an embedding developer, by the public interface alone: each runs, and none takes more than 15 lines.

mod tasks;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use ptl_cert::fqdn::Fqdn;
use ptl_cert::generate::Plan;
use ptl_cert::lab::{Generation, Lab, LabEnvironment, fixture_pair};
use ptl_cert::ops::Moment;

/// The most lines of a task.
const LINES: usize = 15;

/// What the tasks are done with.
struct World {
    folder: PathBuf,
    at: Moment,
    host: Fqdn,
    lab: Lab,
    /// A practice key's request, and the key, as PEM.
    csr: String,
    key: Vec<u8>,
    /// What came back.
    reply: Vec<u8>,
}

impl World {
    fn new() -> Result<World, Box<dyn Error>> {
        let folder = std::env::temp_dir().join(format!("ptl-cert-embed-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let at: Moment = "2027-01-15T08:00:00Z".parse()?;
        let host = Fqdn::parse("gpc-int-a1b2c.supplier.thirdparty.nhs.uk")?;
        let mut lab = Lab::fixture(at)?;
        let pair = fixture_pair(&Plan::of(&host))?;
        let request = pair.request.request();
        let reply = lab.sign(request, LabEnvironment::Int, Generation::G2, &[], at)?;
        let reply: String = reply.certificates().map(|one| one.pem()).collect();
        Ok(World {
            folder,
            at,
            host,
            lab,
            csr: pair.request.pem(),
            key: pair.key.to_pkcs8_pem()?.to_vec(),
            reply: reply.into_bytes(),
        })
    }

    /// The caller's own HTTP client: it is this lab that answers.
    fn get(&self, url: &str) -> Vec<u8> {
        let path = url.strip_prefix(self.lab.base_url()).unwrap_or_default();
        let place = self.lab.published_crls().into_iter().find(|place| place.path() == path);
        let crl = place.and_then(|place| self.lab.crl(&place, self.at, &[]).ok());
        crl.unwrap_or_default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let world = World::new()?;
    tasks::pair(&world)?;
    tasks::remote(&world)?;
    tasks::objects(&world)?;
    tasks::chain(&world)?;
    tasks::verify(&world)?;
    tasks::cache(&world)?;
    tasks::fixture(&world)?;
    tasks::shown(&world)?;
    tasks::accepted(&world)?;
    tasks::matched(&world)?;
    std::fs::remove_dir_all(&world.folder)?;
    measure()
}

/// Counts what a developer has to write: lines, and names of the library.
fn measure() -> Result<(), Box<dyn Error>> {
    let source = include_str!("tasks.rs");
    let mut parts = source.split("\npub(crate) fn ");
    let imported = parts.next().unwrap_or_default();
    let names: BTreeSet<&str> = imported
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.chars().next().is_some_and(char::is_uppercase))
        .collect();
    let mut counted = 0;
    for part in parts {
        let (head, body) = part.split_once("{\n").ok_or("a task without a body")?;
        let body = body.split("\n}").next().unwrap_or_default();
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let lines = body.lines().filter(is_code).count();
        let words: BTreeSet<&str> = body
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        let used = names.iter().filter(|name| words.contains(*name)).count();
        let name = head.split('(').next().unwrap_or_default();
        println!("{name:10} {lines:2} lines, {used:2} names");
        if lines > LINES {
            return Err(format!("{name} takes {lines} lines, expected {LINES} at most").into());
        }
        counted += 1;
    }
    match counted {
        10 => Ok(()),
        _ => Err(format!("{counted} tasks were counted, expected 10").into()),
    }
}
