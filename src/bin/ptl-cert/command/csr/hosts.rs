//! Which hosts a run is for, and which of them are acceptable.

use std::path::Path;

use anyhow::Context;
use ptl_cert::fqdn::{Fqdn, NamingFault, naming_faults};
use ptl_cert::generate::hosts::{Host, Hosts};
use ptl_cert::report::csr::Note;

use super::CsrError;
use crate::args::Csr;
use crate::world::World;

/// A host as it was asked for.
pub(super) struct Asked {
    /// Its line in the list; absent on the command line.
    pub(super) line: Option<usize>,
    /// What was written.
    pub(super) given: String,
    /// The host, or why it is refused.
    pub(super) host: anyhow::Result<Host>,
}

/// All hosts of a run, and what is worth knowing about their list.
pub(super) fn resolve(args: &Csr, world: &mut World) -> anyhow::Result<(Vec<Asked>, Vec<Note>)> {
    match &args.hosts {
        Some(path) => from_list(path, args, world),
        None => Ok((from_command_line(args)?, Vec::new())),
    }
}

/// Names on the command line are checked before anything is done: one that is not acceptable refuses the run.
fn from_command_line(args: &Csr) -> anyhow::Result<Vec<Asked>> {
    let further_names = args
        .san
        .iter()
        .map(|name| Fqdn::parse(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut asked: Vec<Asked> = Vec::new();
    for given in &args.fqdn {
        let fqdn = Fqdn::parse(given)?;
        // The same name twice is one host, not a mistake: shells expand lists.
        if asked
            .iter()
            .any(|known| known.host.as_ref().is_ok_and(|host| host.fqdn == fqdn))
        {
            continue;
        }
        let host = Host {
            fqdn,
            further_names: further_names.clone(),
            subject: Vec::new(),
        };
        check(&host, args)?;
        asked.push(Asked {
            line: None,
            given: given.clone(),
            host: Ok(host),
        });
    }
    Ok(asked)
}

fn from_list(
    path: &Path,
    args: &Csr,
    world: &mut World,
) -> anyhow::Result<(Vec<Asked>, Vec<Note>)> {
    let unusable = || CsrError::SearchableCrl {
        path: path.to_owned(),
    };
    let bytes = world.read(path).with_context(unusable)?;
    let hosts = Hosts::read(&bytes).with_context(unusable)?;
    let notes = hosts.unused_columns.iter().map(|column| Note {
        message: format!("the column `{column}` of the list is not used"),
        remedy: None,
    });
    let notes = notes.collect();
    let asked = hosts.lines.into_iter().map(|line| {
        let host = line
            .host
            .map_err(anyhow::Error::new)
            .and_then(|host| check(&host, args).map(|()| host));
        Asked {
            line: Some(line.line),
            given: line.given,
            host,
        }
    });
    Ok((asked.collect(), notes))
}

/// Refuses a host that breaks a rule for which there is no way round.
fn check(host: &Host, args: &Csr) -> anyhow::Result<()> {
    let of_host = naming_faults(&host.fqdn)
        .into_iter()
        .map(|fault| (&host.fqdn, fault));
    // A long name may stand in the SAN, which has no such limit.
    let of_names = host.further_names.iter().flat_map(|name| {
        naming_faults(name)
            .into_iter()
            .filter(|fault| *fault == NamingFault::NotNhsUk)
            .map(move |fault| (name, fault))
    });
    for (fqdn, fault) in of_host.chain(of_names) {
        let refused = match fault {
            NamingFault::NotNhsUk => !args.any_domain,
            NamingFault::CommonNameTooLong { .. } => true,
            _ => false,
        };
        if refused {
            return Err(CsrError::Name {
                fqdn: fqdn.clone(),
                fault,
            }
            .into());
        }
    }
    Ok(())
}

/// The rules that a host breaks although it was accepted.
pub(super) fn notes(host: &Host) -> Vec<Note> {
    let faults = naming_faults(&host.fqdn).into_iter();
    faults
        .map(|fault| Note {
            message: fault.to_string(),
            remedy: Some(fault.remedy()),
        })
        .collect()
}
