//! Running a lab's hosts.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::document::Moment;
use crate::lab::host::{DOWNLOADS, Fault};
use crate::lab::{Generation, Lab, LabEnvironment};
use crate::store::lab::{self as store, StoreError};
use crate::wire::host::{Host, HostError, Limits};
use crate::wire::lab::{self as wire, Look, LookError, Notices, ProxyError, ProxyPlan};

/// Which hosts run, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServeOptions {
    /// The lab's folder.
    pub lab: PathBuf,
    /// The address to listen on.
    pub bind: IpAddr,
    /// The port for CRLs and certificates, 0 for a free one; that of the lab's base URL where none is named.
    pub port: Option<u16>,
    /// The port for the proxy, 0 for a free one.
    pub proxy_port: u16,
    /// The proxy's environment.
    pub environment: LabEnvironment,
    /// The generation of the proxy's own certificate.
    pub generation: Generation,
    /// Where the proxy looks for every provider; on this machine only where nothing is named.
    pub provider: Option<SocketAddr>,
    /// What is done wrong, on purpose.
    pub faults: Vec<Fault>,
}

impl ServeOptions {
    /// Runs the hosts of an environment on an address, on free ports.
    pub fn new(
        lab: impl Into<PathBuf>,
        bind: IpAddr,
        environment: LabEnvironment,
        generation: Generation,
    ) -> ServeOptions {
        ServeOptions {
            lab: lab.into(),
            bind,
            port: Some(0),
            proxy_port: 0,
            environment,
            generation,
            provider: None,
            faults: Vec::new(),
        }
    }
}

/// Where what happens at each host is reported.
#[derive(Clone)]
pub struct Listeners {
    /// At the host of CRLs and certificates.
    pub crls: Arc<Notices>,
    /// At the proxy.
    pub proxy: Arc<Notices>,
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}

/// Why the hosts do not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The lab cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The first host cannot listen.
    #[error("CRLs and certificates cannot be served")]
    Crls(#[source] HostError),
    /// The proxy cannot.
    #[error("the proxy cannot start")]
    Proxy(#[source] ProxyError),
}

/// Hosts that run.
#[derive(Debug)]
pub struct Serving {
    base_url: String,
    crls: Host,
    proxy: Host,
}

impl Serving {
    /// What stands before every path in the lab's certificates.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where CRLs and certificates are.
    pub fn crls(&self) -> SocketAddr {
        self.crls.address()
    }

    /// The page for downloads, as a URL.
    pub fn downloads(&self) -> String {
        format!("http://{}{DOWNLOADS}", self.crls())
    }

    /// Where the proxy is.
    pub fn proxy(&self) -> SocketAddr {
        self.proxy.address()
    }

    /// Whether the lab's certificates name the port at which their CRLs are.
    pub fn is_where_certificates_say(&self) -> bool {
        port(&self.base_url) == Some(self.crls().port())
    }

    /// Ends both hosts.
    pub fn stop(self) {
        self.proxy.stop();
        self.crls.stop();
    }
}

/// Runs the hosts until they are stopped. What is revoked meanwhile is served; `now` is asked at each question.
///
/// # Errors
/// When there is no lab, or a port cannot be listened on.
pub fn serve(
    options: &ServeOptions,
    now: impl Fn() -> Moment + Send + Sync + 'static,
    listeners: Listeners,
) -> Result<Serving, ServeError> {
    let folder = Folder::open(&options.lab)?;
    let base_url = folder.lab()?.base_url().to_owned();
    let look: Arc<Look> = Arc::new(move || Ok((folder.lab().map_err(LookError::from)?, now())));
    let limits = Limits::default();
    let address = |port| SocketAddr::new(options.bind, port);
    let port = options.port.or_else(|| port(&base_url)).unwrap_or_default();
    let faults = &options.faults;
    let seen = Arc::clone(&look);
    let crls = wire::crls(address(port), limits, seen, faults, listeners.crls);
    let crls = crls.map_err(ServeError::Crls)?;
    let plan = ProxyPlan {
        environment: options.environment,
        generation: options.generation,
        provider: options.provider,
        faults: faults.clone(),
        limits,
    };
    let proxy = wire::proxy(address(options.proxy_port), &plan, look, listeners.proxy);
    let proxy = proxy.map_err(ServeError::Proxy)?;
    Ok(Serving {
        base_url,
        crls,
        proxy,
    })
}

/// The port that a base URL leads to.
fn port(base_url: &str) -> Option<u16> {
    let (scheme, rest) = base_url.split_once("://")?;
    match rest.split('/').next()?.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse().ok(),
        _ if scheme.eq_ignore_ascii_case("https") => Some(443),
        _ => Some(80),
    }
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
    fn open(path: &Path) -> Result<Folder, StoreError> {
        let state = store::state(path)?;
        let lab = Arc::new(store::open(path)?);
        Ok(Folder {
            path: path.to_owned(),
            known: Mutex::new(Known { state, lab }),
        })
    }

    fn lab(&self) -> Result<Arc<Lab>, StoreError> {
        let state = store::state(&self.path)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.state != state {
            let lab = Arc::new(store::open(&self.path)?);
            *known = Known { state, lab };
        }
        Ok(Arc::clone(&known.lab))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_base_url_is_the_one_it_names_or_that_of_its_scheme() {
        assert_eq!(port("http://127.0.0.1:8480"), Some(8480));
        assert_eq!(port("http://[::1]:8480/lab"), Some(8480));
        assert_eq!(port("http://crl.example/lab"), Some(80));
        assert_eq!(port("https://crl.example"), Some(443));
        assert_eq!(port("http://[::1]"), Some(80));
    }
}
