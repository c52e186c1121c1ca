//! Whether a certificate has the names that the request asked for.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::host;
use super::revoked::known;
use crate::document::extension::GeneralName;
use crate::document::{Certificate, Request, Sha256Digest, quoted};
use crate::verdict::Problem;
use crate::verdict::finding::{NAMED_LIMIT, first};

/// What requests ask for, found out once for all certificates that are compared with them.
pub(super) type Requests = Arc<Mutex<HashMap<Sha256Digest, Arc<Asked>>>>;

/// The alternative names that a request asks for.
pub(super) struct Asked {
    /// In its order.
    names: Vec<AskedName>,
    /// How often each is asked for, in the form in which equal ones are equal.
    count: HashMap<String, usize>,
}

struct AskedName {
    comparable: String,
    shown: String,
    is_host: bool,
}

impl Asked {
    fn of(request: &Request) -> Asked {
        let name = |name: &GeneralName| AskedName {
            comparable: comparable(name),
            shown: name.to_string(),
            is_host: matches!(name, GeneralName::Dns(_)),
        };
        let names: Vec<AskedName> = request.alternative_names().iter().map(name).collect();
        let mut count = HashMap::new();
        for name in &names {
            *count.entry(name.comparable.clone()).or_default() += 1;
        }
        Asked { names, count }
    }

    fn remembered(request: &Request, requests: &Requests) -> Arc<Asked> {
        /// A run has one request; a service is asked about ever new ones.
        const LIMIT: usize = 16;
        let asked = Arc::new(Asked::of(request));
        let mut all = requests.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LIMIT {
            all.clear();
        }
        all.insert(request.sha256, Arc::clone(&asked));
        asked
    }
}

/// The names of a certificate beside those that a request asks for.
pub(super) struct Named<'n> {
    certificate: &'n Certificate,
    request: &'n Request,
    asked: Arc<Asked>,
    /// The certificate's alternative names, in the form in which equal ones are equal.
    found: HashSet<String>,
}

impl<'n> Named<'n> {
    pub(super) fn of(
        certificate: &'n Certificate,
        request: &'n Request,
        requests: &Requests,
    ) -> Named<'n> {
        let asked = known(requests, &request.sha256);
        let asked = asked.unwrap_or_else(|| Asked::remembered(request, requests));
        let found = certificate.alternative_names().iter().map(comparable);
        Named {
            certificate,
            request,
            asked,
            found: found.collect(),
        }
    }

    /// Whether the certificate is for the host that the request is for: its CN, else its first DNS name. The rest of the
    /// subject is the CA's to write: the NHS adds O and OU.
    pub(super) fn has_requested_name(&self) -> bool {
        let (own, asked) = (&self.certificate.subject, &self.request.subject);
        let asked_host = asked
            .common_name()
            .or_else(|| self.request.dns_names().next());
        let Some(asked_host) = asked_host else {
            return asked.matches(own);
        };
        let mut hosts = own.values("CN").chain(self.certificate.dns_names());
        hosts.any(|host| host.eq_ignore_ascii_case(asked_host))
    }

    /// The names that the request asks for and the certificate lacks. What is in both is counted, so that a request with very
    /// many names does not cost each certificate all of them.
    pub(super) fn left_out(&self) -> Option<Problem> {
        let in_both = self.found.iter();
        let in_both: usize = in_both.filter_map(|name| self.asked.count.get(name)).sum();
        let common_names: Vec<&str> = self.common_names_left_out().collect();
        let count = common_names.len() + self.asked.names.len() - in_both;
        let named = common_names
            .iter()
            .map(|name| format!("CN {}", quoted(name)));
        let missing = self.asked.names.iter();
        let missing = missing.filter(|name| !self.found.contains(&name.comparable));
        let missing: Vec<String> = named
            .chain(missing.map(|name| name.shown.clone()))
            .take(count.min(NAMED_LIMIT))
            .collect();
        (count > 0).then(|| Problem::RequestNames {
            more: count - missing.len(),
            missing,
        })
    }

    /// The alternative names of the certificate that the request does not ask for. One that repeats the request's CN is no
    /// other name.
    pub(super) fn not_requested(&self) -> Option<Problem> {
        let common_names: HashSet<String> = self.request.subject.values("CN").map(lower).collect();
        let own = self.certificate.alternative_names().iter();
        let added = own.filter(|name| {
            let repeats_cn =
                matches!(name, GeneralName::Dns(host) if common_names.contains(&lower(host)));
            !repeats_cn && !self.asked.count.contains_key(&comparable(name))
        });
        let (added, more) = first(added);
        let added: Vec<String> = added.into_iter().map(ToString::to_string).collect();
        (!added.is_empty()).then_some(Problem::NamesNotRequested { added, more })
    }

    /// Whether a host that the request asks for cannot be served with the certificate, its CN is another, or an address or any
    /// other name that is no host's is missing: nothing else in the certificate serves for that.
    pub(super) fn has_lost_one(&self) -> bool {
        let presented: HashSet<String> = self.certificate.dns_names().map(lower).collect();
        let common_name = self.certificate.subject.common_name().map(lower);
        let is_served = |name: &str| {
            let name = lower(name);
            // The last CN counts where no alternative name is a host's; a wildcard matches one label.
            let by_wildcard = || {
                let below = name.split_once('.').map(|(_, below)| below);
                below.is_some_and(|below| {
                    let wildcard = format!("*.{below}");
                    presented.contains(&wildcard) && host::presents(&wildcard, &name)
                })
            };
            match presented.is_empty() {
                true => common_name.as_ref() == Some(&name),
                false => presented.contains(&name) || by_wildcard(),
            }
        };
        let mut others = self.asked.names.iter().filter(|name| !name.is_host);
        !self.request.dns_names().all(is_served)
            || others.any(|name| !self.found.contains(&name.comparable))
            || self.common_names_left_out().next().is_some()
    }

    /// The CNs asked for that are none of the certificate's, which may have several. Host names are compared without regard
    /// to case (RFC 4343).
    fn common_names_left_out(&self) -> impl Iterator<Item = &'n str> {
        let found = self.certificate.subject.values("CN");
        let found: HashSet<String> = found.map(lower).collect();
        let asked = self.request.subject.values("CN");
        asked.filter(move |asked| !found.contains(&lower(asked)))
    }
}

/// The form in which two equal names are equal: a host's is compared without regard to case (RFC 5280 section 7.2).
fn comparable(name: &GeneralName) -> String {
    match name {
        GeneralName::Dns(host) => GeneralName::Dns(lower(host)).to_string(),
        other => other.to_string(),
    }
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}
