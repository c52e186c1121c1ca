//! The CRLs that an environment's servers need, as far as the cache has them.

use std::sync::Arc;

use crate::document::{Certificate, Moment, Name};
use crate::environment::Environment;
use crate::input::Shown;
use crate::ops::gather::{self, Named};
use crate::ops::peer::Own;
use crate::ops::{self, Context};
use crate::store::crl_cache::{Cache, Damaged};
use crate::verdict::plan::{CrlPlan, Held, PlanQuestion, RequiredState};
use crate::verdict::preflight::Observed;
use crate::wording;

/// The CRLs of the plan.
pub(super) struct Crls {
    pub(super) observed: Observed,
    pub(super) held: Vec<(String, Moment, Option<Moment>)>,
    pub(super) hosts: Vec<(String, u16)>,
}

/// Draws up the plan for the environment's CAs and the supplier's own certificate, from what the cache holds.
pub(super) fn crls(
    own: Option<&Own>,
    clients: &[Named],
    environment: &Environment,
    context: &Context<'_>,
) -> Crls {
    let bundle: Vec<Arc<Certificate>> = context
        .facts
        .authorities
        .iter()
        .filter(|authority| authority.is_of(environment))
        .filter_map(|authority| authority.certificate().cloned())
        .filter(|certificate| context.at <= certificate.not_after)
        .collect();
    let mut failure = None;
    let mut certificates: Vec<Arc<Certificate>> = own
        .and_then(Own::certificate)
        .map(|given| Arc::clone(&given.certificate))
        .into_iter()
        .collect();
    if !clients.is_empty() {
        let mut unread = Vec::new();
        certificates.extend(ops::crl::clients(clients, context, &mut unread));
        failure = unread.first().map(gather::Unread::message);
    }
    let (mut cached, mut damaged) = (Vec::new(), Vec::new());
    if let Some(folder) = &context.cache {
        match Cache::open(folder).crls() {
            Ok(crls) => (cached, damaged) = (crls.sound, crls.damaged),
            Err(error) => failure = Some(wording::sentence(&error)),
        }
    }
    let unreadable: Vec<Option<Name>> = damaged.iter().map(Damaged::issuer).collect();
    let read: Vec<_> = cached
        .iter()
        .filter_map(|cached| Some((cached, cached.crl().ok()?)))
        .collect();
    let held: Vec<Held<'_>> = read
        .iter()
        .map(|(cached, crl)| Held::new(crl, cached.about().issuer_spki_sha256))
        .collect();
    let plan = CrlPlan::draw(&PlanQuestion {
        bundle: &bundle,
        certificates: &certificates,
        others: &[],
        held: &held,
        unreadable: &unreadable,
        server: None,
        facts: &context.facts,
        at: context.at,
    });
    let mut hosts = Vec::new();
    for fetch in plan.fetches() {
        if let Some(host) = crate::wire::fetch::host_of(fetch.url)
            && !hosts.contains(&host)
        {
            hosts.push(host);
        }
    }
    let (mut good, mut lacking, mut until) = (0, Vec::new(), None::<Moment>);
    for (authority, required) in plan.required() {
        let whose = authority.name.short();
        match &required.state {
            RequiredState::Available { until: ends } => {
                good += 1;
                until = match (until, *ends) {
                    (Some(first), Some(ends)) => Some(if ends < first { ends } else { first }),
                    (first, ends) => first.or(ends),
                };
            }
            RequiredState::Stale { since } => {
                lacking.push(format!("the CRL of {whose} expired on {since}"))
            }
            RequiredState::NotYetValid { from } => {
                lacking.push(format!("the CRL of {whose} is not valid until {from}"));
            }
            RequiredState::OtherPartition { .. } => {
                lacking.push(format!("the CRL of {whose} is for another partition"));
            }
            _ => lacking.push(format!("no usable CRL of {whose}")),
        }
    }
    let numbers = plan.crls();
    let held = numbers.into_iter().filter_map(|number| held.get(number));
    let held = held
        .map(|held| {
            let header = held.header();
            (
                header.issuer.short(),
                header.this_update,
                header.next_update,
            )
        })
        .collect();
    if plan.unreadable {
        lacking.extend(damaged.iter().map(|one| {
            let path = one.path.shown();
            format!("{path}: {}; {}", one.damage, one.damage.remedy())
        }));
    }
    let observed = match (failure, lacking.is_empty(), good) {
        (Some(reason), _, _) => Observed::NotMade { reason },
        (None, false, _) => Observed::CrlsLacking { crls: lacking },
        (None, true, 0) => Observed::failed("no CRL is known to be needed".to_owned()),
        (None, true, number) if !plan.is_complete() => Observed::CrlsUnknown { number },
        (None, true, number) => Observed::CrlsGood { number, until },
    };
    Crls {
        observed,
        held,
        hosts,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a damaged cache is written here")]

    use super::*;
    use crate::environment::Facts;

    #[test]
    fn a_damaged_crl_of_the_cache_is_named_among_what_is_lacking() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("crl");
        let slot = cache.join("crls").join("0".repeat(32));
        std::fs::create_dir_all(&slot).unwrap();
        std::fs::write(slot.join("current.json"), "").unwrap();
        let at = Moment::from_unix(1_800_000_000).unwrap();
        let context = Context::new(at, Facts::built_in().unwrap()).cache(&cache);
        let environment = context.facts.environment("int").unwrap();
        let found = crls(None, &[], environment, &context);
        let Observed::CrlsLacking { crls } = found.observed else {
            panic!("{:?}", found.observed)
        };
        assert!(
            crls.iter().any(|one| one.contains(&"0".repeat(32))),
            "{crls:?}"
        );
    }
}
