//! Which hosts a run is for, and which of them are acceptable.

use super::{CsrError, Domain, NamedHosts, Options};
use crate::fqdn::{Fqdn, NamingFault, naming_faults};
use crate::generate::hosts::{self, Host, HostsError};
use crate::ops::gather::Named;
use crate::store::read::{self, ReadError};

/// A host as it was asked for.
pub(super) struct Asked {
    /// Its line in the list; absent for a name that was given.
    pub(super) line: Option<usize>,
    /// What was written.
    pub(super) given: String,
    /// The host, or why it is refused.
    pub(super) host: Result<Host, CsrError>,
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not a list of hosts.
    #[error(transparent)]
    Hosts(#[from] HostsError),
}

/// All hosts of a run, and the columns of their list that are not used.
pub(super) fn resolve(options: &Options) -> Result<(Vec<Asked>, Vec<String>), CsrError> {
    match &options.hosts {
        NamedHosts::List(named) => {
            from_list(named, options.domain).map_err(|error| CsrError::List {
                list: named.source(),
                error,
            })
        }
        NamedHosts::Names { names, further } => {
            Ok((from_names(names, further, options.domain)?, Vec::new()))
        }
    }
}

/// Names that were given are checked before anything is done: one that is not acceptable refuses the run.
fn from_names(
    names: &[String],
    further: &[String],
    domain: Domain,
) -> Result<Vec<Asked>, CsrError> {
    let further_names = further
        .iter()
        .map(|name| Fqdn::parse(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut asked: Vec<Asked> = Vec::new();
    for given in names {
        let fqdn = Fqdn::parse(given)?;
        let is_fqdn = |known: &Asked| known.host.as_ref().is_ok_and(|host| host.fqdn == fqdn);
        // The same name twice is one host, not a mistake: shells expand lists.
        if asked.iter().any(is_fqdn) {
            continue;
        }
        let host = Host {
            fqdn,
            further_names: further_names.clone(),
            subject: Vec::new(),
        };
        check(&host, domain)?;
        asked.push(Asked {
            line: None,
            given: given.clone(),
            host: Ok(host),
        });
    }
    Ok(asked)
}

fn from_list(named: &Named, domain: Domain) -> Result<(Vec<Asked>, Vec<String>), ListError> {
    let read;
    let bytes = match named {
        Named::Bytes(_, bytes) => bytes.as_ref(),
        Named::File(path) => {
            read = read::file(path)?;
            &read
        }
    };
    let hosts = hosts::Hosts::read(bytes)?;
    let asked = hosts.lines.into_iter().map(|line| {
        let host = line.host.map_err(CsrError::from);
        Asked {
            line: Some(line.line),
            given: line.given,
            host: host.and_then(|host| check(&host, domain).map(|()| host)),
        }
    });
    Ok((asked.collect(), hosts.unused_columns))
}

/// Refuses a host that breaks a rule for which there is no way round.
fn check(host: &Host, domain: Domain) -> Result<(), CsrError> {
    let of_host = naming_faults(&host.fqdn)
        .into_iter()
        .map(|fault| (&host.fqdn, fault));
    // A long name may be in the SAN, which has no such limit.
    let of_names = host.further_names.iter().flat_map(|name| {
        naming_faults(name)
            .into_iter()
            .filter(|fault| matches!(fault, NamingFault::NotNhsUk | NamingFault::SharedDomain))
            .map(move |fault| (name, fault))
    });
    for (fqdn, fault) in of_host.chain(of_names) {
        let refused = match fault {
            NamingFault::NotNhsUk => domain == Domain::Nhs,
            NamingFault::CommonNameTooLong { .. } | NamingFault::SharedDomain => true,
            _ => false,
        };
        if refused {
            return Err(CsrError::Name {
                fqdn: fqdn.clone(),
                fault,
            });
        }
    }
    Ok(())
}
