//! `ptl-cert crl check`.

mod serials;

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

use ptl_cert::document::{Certificate, Moment, Name};
use ptl_cert::environment::Facts;
use ptl_cert::input::Shown;
use ptl_cert::input::{Origin, Source};
use ptl_cert::report::crl::check::{self as report, CheckRecord, Checked, SCHEMA};
use ptl_cert::report::verification::Answer;
use ptl_cert::revocation::{self, SearchableCrl};
use ptl_cert::store::crl_cache::{CachedCrl, Damaged};
use ptl_cert::verdict::verify::{self, Evidence, Given, Judge};

use super::{authorities, cache, certificates, environment, issuers};
use crate::args::Format;
use crate::args::crl::Check;
use crate::command::reading::{self, sentence};
use crate::outcome::Outcome;
use crate::world::World;

/// Answers for certificates by the cache, or for serial numbers by one CRL.
pub(crate) fn run(args: &Check, world: &mut World) -> anyhow::Result<Outcome> {
    if args.paths.is_empty() && world.format() == Format::Ndjson {
        let (report, exit) = serials::stream(args, world, record)?;
        reading::complain(&report.unread, world);
        return Ok(Outcome::of(exit));
    }
    let report = match args.paths.is_empty() {
        true => serials::check(args, world)?,
        false => match by_cache(args, world)? {
            Ok(report) => report,
            Err(message) => return super::refuse("check", &message),
        },
    };
    if world.format() == Format::Ndjson {
        for answer in &report.answers {
            if record(answer, world)?.is_break() {
                break;
            }
        }
    } else {
        world.print(&report, |width| report.render(width))?;
    }
    reading::complain(&report.unread, world);
    Ok(Outcome::of(report.exit()))
}

/// Writes one answer as a line; says whether anybody still reads.
fn record(answer: &Checked, world: &mut World) -> anyhow::Result<ControlFlow<()>> {
    let record = CheckRecord {
        schema: SCHEMA,
        record: "answer",
        answer,
    };
    serde_json::to_writer(&mut *world.stdout(), &record)?;
    writeln!(world.stdout())?;
    Ok(match world.stdout().is_closed() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    })
}

/// Every certificate that was given, by the CRLs of the cache; the sentence that there is no such environment.
fn by_cache(args: &Check, world: &mut World) -> anyhow::Result<Result<report::Check, String>> {
    let facts = reading::facts(args.authorities.facts.as_deref(), world)?;
    let environment = match environment(args.authorities.env.as_ref(), &facts) {
        Ok(environment) => environment,
        Err(message) => return Ok(Err(message)),
    };
    let mut unread = Vec::new();
    let given = certificates(&args.paths, &mut unread, world);
    let at = world.moment(args.at);
    let Ok(issuers) = issuers(&args.issuer, &mut unread, world) else {
        return Ok(Ok(report::Check {
            schema: SCHEMA,
            at,
            crl: None,
            answers: Vec::new(),
            unread,
        }));
    };
    let authorities = authorities(environment, &facts, issuers, &given);
    let above = given.iter().chain(authorities.certificates());
    let signers: Vec<Name> = above.flat_map(|one| revocation::crl_issuers(one)).collect();
    let crls = cache(&args.folder, world)?
        .search(|about| signers.iter().any(|name| name.matches(&about.issuer)))?;
    let opened: Vec<SearchableCrl<'_>> = crls
        .sound
        .iter()
        .filter_map(|crl: &CachedCrl| crl.crl().ok())
        .collect();
    let opened: Vec<&SearchableCrl<'_>> = opened.iter().collect();
    // A root stands in a bundle for the chain's sake; it cannot revoke itself. Where there is nothing else, that is
    // the answer.
    let only_roots = given.iter().all(|one| one.is_self_issued());
    let asked = given
        .iter()
        .filter(|one| only_roots || !one.is_self_issued());
    let (anchors, others) = authorities.anchors_and_others();
    let origin = Origin::whole(&Arc::new(Source::Stdin));
    let all = |certificates: &[Arc<Certificate>]| -> Vec<Given> {
        let given = |certificate: &Arc<Certificate>| Given {
            certificate: Arc::clone(certificate),
            origin: origin.clone(),
        };
        certificates.iter().map(given).collect()
    };
    let (anchors, others, sent) = (all(&anchors), all(&others), all(&given));
    let facts = Facts::default();
    let judge = Judge::new(Evidence {
        sent: &sent,
        chain: &others,
        anchors: &anchors,
        facts: &facts,
        crls: &opened,
    });
    judge.prepare();
    let answers = asked
        .map(|one| answer(one, &judge, &crls.damaged, at))
        .collect();
    Ok(Ok(report::Check {
        schema: SCHEMA,
        at,
        crl: None,
        answers,
        unread,
    }))
}

fn answer(
    certificate: &Arc<Certificate>,
    judge: &Judge<'_>,
    damaged: &[Damaged],
    at: Moment,
) -> Checked {
    let given = Given {
        certificate: Arc::clone(certificate),
        origin: Origin::whole(&Arc::new(Source::Stdin)),
    };
    let answer = judge.revocation(&verify::Question {
        certificate: &given,
        purpose: verify::Purpose::Any,
        fqdn: None,
        at,
        environment: None,
        revocation: verify::Revocation::Leaf,
        stale: verify::StaleCrl::Refuse,
        sha1: verify::Sha1::Accepted,
        weak_keys: verify::WeakKeys::Refused,
        profile: verify::Profile::Reported,
        key: None,
        request: None,
    });
    let mut checked = Checked::of(certificate, &answer);
    // A CRL that cannot be used may have been the one.
    let names = revocation::crl_issuers(certificate);
    let wanted = damaged.iter().find(|damaged| match &damaged.about {
        Some(about) => names.iter().any(|name| name.matches(&about.issuer)),
        None => true,
    });
    if let Some(damaged) = wanted.filter(|_| checked.answer == Answer::Undecided) {
        checked.have = Some(damaged.path.shown().to_string());
        checked.because = Some(format!("it is damaged: {}", damaged.damage));
        checked.remedy = Some(damaged.damage.way_out().to_owned());
    }
    checked
}

/// A failure in one sentence.
fn said(error: impl Into<anyhow::Error>) -> String {
    sentence(&error.into())
}
