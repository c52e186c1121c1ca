//! Which proxy is used for which server.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// The proxies of this machine, as the usual environment variables name them.
///
/// They are handed in as a value; this module reads no variables.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    http: Option<Url>,
    https: Option<Url>,
    except: Vec<Exception>,
}

/// Why a proxy's variable cannot be followed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyError {
    /// Not the address of a proxy. The value is not repeated: it may hold a password.
    #[error("{variable} is not a proxy URL; expected one such as http://proxy.example:3128")]
    Malformed {
        /// The variable.
        variable: &'static str,
    },
    /// A kind of proxy that is not spoken to.
    #[error("{variable} names a {scheme} proxy; only http and https proxies are supported")]
    Scheme {
        /// The variable.
        variable: &'static str,
        /// The scheme.
        scheme: String,
    },
}

impl Proxy {
    /// None: every server is asked directly.
    pub fn none() -> Proxy {
        Proxy::default()
    }

    /// Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, each in small letters first, by asking for them.
    ///
    /// An empty variable counts as unset, and a proxy without a scheme as `http`. `HTTP_PROXY` in capitals is not
    /// believed inside a CGI program (`REQUEST_METHOD` is set), where a stranger can set it.
    ///
    /// `NO_PROXY` is a CRL with commas: names, which cover the names below them as well, with or without a leading
    /// dot or `*.`; addresses; networks such as `10.0.0.0/8`; each but the last with a port if wanted; or `*` for
    /// all. Loopback is never asked through a proxy.
    ///
    /// # Errors
    /// For a value that is no address of a proxy. It is an error and not overlooked, because going around a proxy
    /// without being asked is not wanted.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Proxy, ProxyError> {
        let value = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let cgi = value("REQUEST_METHOD").is_some();
        let first = |names: &[&'static str]| -> Result<Option<Url>, ProxyError> {
            for &name in names {
                if cgi && name == "HTTP_PROXY" {
                    continue;
                }
                if let Some(value) = value(name) {
                    return address(name, value.trim()).map(Some);
                }
            }
            Ok(None)
        };
        let except = value("no_proxy")
            .or_else(|| value("NO_PROXY"))
            .unwrap_or_default();
        Ok(Proxy {
            http: first(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])?,
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            except: except
                .split([',', ' '])
                .filter_map(Exception::read)
                .collect(),
        })
    }

    /// The proxy before this server, if there is one.
    pub(in crate::wire) fn before(&self, url: &Url) -> Option<&Url> {
        let proxy = match url.scheme() {
            "https" => self.https.as_ref(),
            _ => self.http.as_ref(),
        }?;
        let host = url.host()?;
        let port = url.port_or_known_default()?;
        let spared =
            is_loopback(&host) || self.except.iter().any(|except| except.covers(&host, port));
        (!spared).then_some(proxy)
    }
}

fn address(variable: &'static str, value: &str) -> Result<Url, ProxyError> {
    let malformed = || ProxyError::Malformed { variable };
    let whole = match value.contains("://") {
        true => value.to_owned(),
        false => format!("http://{value}"),
    };
    let url = Url::parse(&whole).ok().ok_or_else(malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ProxyError::Scheme {
            variable,
            scheme: url.scheme().to_owned(),
        });
    }
    url.host().ok_or_else(malformed)?;
    Ok(url)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The name and the password of a proxy stay out of what is logged.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |proxy: &Option<Url>| {
            proxy
                .as_ref()
                .and_then(|url| url.host_str().map(str::to_owned))
        };
        f.debug_struct("Proxy")
            .field("http", &host(&self.http))
            .field("https", &host(&self.https))
            .field("except", &self.except)
            .finish()
    }
}

/// One entry of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    All,
    /// A name and those below it.
    Name(String, Option<u16>),
    /// The addresses that agree in so many leading bits.
    Network(IpAddr, u32, Option<u16>),
}

impl Exception {
    fn read(entry: &str) -> Option<Exception> {
        let entry = entry.trim();
        if entry.is_empty() {
            return None;
        }
        if entry == "*" {
            return Some(Exception::All);
        }
        if let Some((network, bits)) = entry.split_once('/') {
            let network: IpAddr = network.parse().ok()?;
            let bits = bits.parse().ok().filter(|bits| *bits <= width(&network))?;
            return Some(Exception::Network(network, bits, None));
        }
        let (host, port) = with_port(entry);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Some(Exception::Network(address, width(&address), port));
        }
        let name = host.trim_start_matches('*').trim_matches('.');
        (!name.is_empty()).then(|| Exception::Name(name.to_ascii_lowercase(), port))
    }

    fn covers(&self, host: &Host<&str>, port: u16) -> bool {
        let of_port = |wanted: &Option<u16>| wanted.is_none_or(|wanted| wanted == port);
        match (self, host) {
            (Exception::All, _) => true,
            (Exception::Name(name, wanted), Host::Domain(host)) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                let below = host.strip_suffix(name.as_str());
                of_port(wanted) && below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Exception::Network(network, bits, wanted), Host::Ipv4(address)) => {
                of_port(wanted) && same_network(network, &IpAddr::V4(*address), *bits)
            }
            (Exception::Network(network, bits, wanted), Host::Ipv6(address)) => {
                of_port(wanted) && same_network(network, &IpAddr::V6(*address), *bits)
            }
            _ => false,
        }
    }
}

/// A host and its port; an IPv6 address without brackets has none.
fn with_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn width(address: &IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn same_network(a: &IpAddr, b: &IpAddr, bits: u32) -> bool {
    let differing = match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        _ => return false,
    };
    differing >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(variables: &[(&str, &str)]) -> Result<Proxy, ProxyError> {
        Proxy::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn before(proxy: &Proxy, url: &str) -> Option<String> {
        let url = Url::parse(url).unwrap();
        proxy.before(&url).map(|url| url.to_string())
    }

    #[test]
    fn each_scheme_has_its_variable_and_small_letters_win() {
        let variables = [
            ("HTTP_PROXY", "http://capital:1"),
            ("http_proxy", "small:2"),
            ("ALL_PROXY", "https://all:3"),
        ];
        let proxy = proxy(&variables).unwrap();
        assert_eq!(
            before(&proxy, "http://a.example/").unwrap(),
            "http://small:2/"
        );
        assert_eq!(
            before(&proxy, "https://a.example/").unwrap(),
            "https://all:3/"
        );
    }

    #[test]
    fn an_empty_variable_is_unset_and_a_cgi_programs_is_not_believed() {
        assert_eq!(proxy(&[("HTTP_PROXY", " ")]).unwrap(), Proxy::none());
        let cgi = proxy(&[("HTTP_PROXY", "evil:1"), ("REQUEST_METHOD", "GET")]).unwrap();
        assert_eq!(before(&cgi, "http://a.example/"), None);
    }

    #[test]
    fn exceptions_cover_names_below_networks_and_ports() {
        let crl = "nhs.uk, .example , *.lab.test,10.0.0.0/8,192.0.2.1,[2001:db8::]/32,2001:db8:1::/48,only.test:81";
        let proxy = proxy(&[("ALL_PROXY", "http://p:1"), ("no_proxy", crl)]).unwrap();
        for spared in [
            "http://nhs.uk/",
            "http://crl.nhs.uk/x",
            "https://CRL.NHS.UK./x",
            "http://a.example/",
            "http://crl.lab.test/",
            "http://10.20.30.40/",
            "http://192.0.2.1:8080/",
            "http://[2001:db8:1::5]/",
            "http://only.test:81/",
            "http://127.0.0.1:9/",
            "http://localhost/",
            "http://[::1]/",
        ] {
            assert_eq!(before(&proxy, spared), None, "{spared}");
        }
        for through in [
            "http://notnhs.uk/",
            "http://nhs.uk.evil.test/",
            "http://11.0.0.1/",
            "http://192.0.2.2/",
            "http://only.test/",
        ] {
            assert!(before(&proxy, through).is_some(), "{through}");
        }
        let all = self::proxy(&[("ALL_PROXY", "http://p:1"), ("NO_PROXY", "*")]).unwrap();
        assert_eq!(before(&all, "http://a.test/"), None);
    }

    #[test]
    fn a_variable_that_cannot_be_followed_is_an_error_without_its_value() {
        let socks = proxy(&[("ALL_PROXY", "socks5://u:secret@p:1")]).unwrap_err();
        assert!(matches!(&socks, ProxyError::Scheme { scheme, .. } if scheme == "socks5"));
        let malformed = proxy(&[("https_proxy", "http://u:secret@:x")]).unwrap_err();
        assert!(!format!("{socks}{socks:?}{malformed}{malformed:?}").contains("secret"));
        let good = proxy(&[("https_proxy", "http://u:secret@p:1")]).unwrap();
        assert!(!format!("{good:?}").contains("secret"));
    }
}
