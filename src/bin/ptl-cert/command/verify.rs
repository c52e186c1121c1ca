//! `ptl-cert verify`.

use std::path::PathBuf;

use ptl_cert::decode::Password;
use ptl_cert::document::{Document, Item, Moment};
use ptl_cert::environment::Environment;
use ptl_cert::input::{Shown, Source};
use ptl_cert::report::inspection::Unread;
use ptl_cert::report::verification::{self, Terms, Trust, VerdictReport, Verification};
use ptl_cert::revocation::{SearchableCrl, Serials};
use ptl_cert::store::read::Depth;
use ptl_cert::verdict::verify::{self, Evidence, Given, Judge, Profile, Question, Sha1, Verdict};
use rayon::prelude::*;

use super::reading::evidence::{self, blobs, crls, refuse, unknown};
use super::reading::{self, Inputs, cached};
use crate::args::{Format, Purpose, Revocation, StaleCrl, Verify};
use crate::outcome::Outcome;
use crate::world::World;

/// Judges every certificate that was given, by everything else that was given.
pub(crate) fn run(args: &Verify, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return refuse("verify", "verify has no --format ndjson; use --format json");
    }
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let named = match &args.env {
        None if args.trust.is_empty() => {
            return refuse(
                "verify",
                "nothing is trusted yet: give --env with the environment, or --trust with the root to trust",
            );
        }
        None => None,
        Some(id) => match facts.environment(&id.to_ascii_lowercase()) {
            None => return refuse("verify", &unknown(id, &facts)),
            known => known,
        },
    };
    // The command line's contract: --trust replaces the environment's anchors.
    let environment = named.filter(|_| args.trust.is_empty());
    let password = world.read_passphrase_of(args.password_file.as_deref())?;
    let mut unread = Vec::new();
    let mut read = |paths: &[PathBuf], unread: &mut Vec<Unread>| {
        Read::load(paths, password.as_ref(), unread, world)
    };
    let sent = read(&args.paths, &mut unread);
    let certificates_unread = unread.len();
    let chain = read(&args.chain, &mut unread);
    let anchors = read(&args.trust, &mut unread);
    let key = read(&args.key.iter().cloned().collect::<Vec<_>>(), &mut unread);
    let request = read(&args.csr.iter().cloned().collect::<Vec<_>>(), &mut unread);
    let loaded = Inputs::load(&args.crl, Depth::Directory, world);
    unread.extend(loaded.unread);
    let opened = Inputs::open(&loaded.loaded, &mut unread, None, world);
    let blobs = blobs(&opened, &mut unread);
    let mut crls = crls(&blobs, &mut unread);

    let key = key.only(|item| match &item.document {
        Document::PrivateKey(key) => Some(key.public_key()),
        _ => None,
    });
    let request = request.only(|item| match &item.document {
        Document::Request(request) => Some(request.as_ref()),
        _ => None,
    });
    for (path, found, what) in [
        (
            &args.key,
            key.is_some(),
            "one private key that can be opened",
        ),
        (
            &args.csr,
            request.is_some(),
            "one certificate signing request",
        ),
    ] {
        if let Some(path) = path.as_ref().filter(|_| !found && unread.is_empty()) {
            unread.push(miss(path, what));
        }
    }
    let at = world.moment(args.at);
    let (given, targets) = (sent.certificates(), sent.targets());
    if targets.is_empty() && unread.is_empty() {
        unread.extend(args.paths.iter().map(|path| miss(path, "a certificate")));
    }
    let (chain, anchors) = (chain.certificates(), anchors.certificates());
    let cached = match uses_cache(args) {
        false => Vec::new(),
        true => {
            let pools = [&given[..], &chain, &anchors];
            let folder = args.cache.as_deref();
            cached::crls(folder, &targets, &pools, &facts, &mut unread, world)?
        }
    };
    cached::add(&cached, &mut crls, &mut unread);
    let revocation = revocation(args, crls.len());
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    // A verdict without evidence that was meant to count would mislead.
    let whole = unread.len() == certificates_unread;
    let evidence = Evidence {
        sent: &given,
        chain: &chain,
        anchors: &anchors,
        facts: &facts,
        crls: &crls,
    };
    let question = |certificate| Question {
        certificate,
        purpose: purpose(args.purpose),
        fqdn: args.fqdn.as_ref(),
        at,
        environment,
        revocation,
        stale: stale(args.stale_crl),
        sha1: if args.allow_sha1 {
            Sha1::Accepted
        } else {
            Sha1::Refused
        },
        profile: if args.strict {
            Profile::Strict
        } else {
            Profile::Reported
        },
        key,
        request,
    };
    if whole {
        prepare(&crls, &[&given, &chain]);
    }
    let judge = Judge::new(evidence);
    let targets = if whole { &targets[..] } else { &[] };
    let fail_on = reading::fail_on(world);
    let terms = Terms {
        fail_on,
        ..terms(args, at, environment, anchors.len(), revocation)
    };
    let mut outcomes: Vec<Outcome> = match world.format() {
        Format::Text => {
            let (width, colours) = (world.width(), world.colours());
            // A verdict takes several times the memory of its text, and is not kept.
            let texts = on_all_cores(targets, |given| {
                let verdict = judge.verdict(&question(given));
                let report =
                    VerdictReport::new(&given.certificate, &given.origin, &verdict, fail_on);
                let text = verification::render_one(&report, &terms, width);
                (outcome(&report), colours.applied(text))
            });
            for (number, (_, text)) in texts.iter().enumerate() {
                if number > 0 {
                    world.stdout().write_applied("\n")?;
                }
                world.stdout().write_applied(text)?;
            }
            texts.into_iter().map(|(outcome, _)| outcome).collect()
        }
        Format::Json | Format::Ndjson => {
            let judged: Vec<(&Given, Verdict)> =
                on_all_cores(targets, |given| (given, judge.verdict(&question(given))));
            let report = Verification {
                schema: verification::SCHEMA,
                terms,
                verdicts: on_all_cores(&judged, |(given, verdict)| {
                    VerdictReport::new(&given.certificate, &given.origin, verdict, fail_on)
                }),
                unread,
            };
            world.print_data(&report)?;
            let outcomes = report.verdicts.iter().map(outcome).collect();
            unread = report.unread;
            outcomes
        }
    };
    reading::complain(&unread, world);
    // What could not be read is worse than every verdict.
    if !unread.is_empty() {
        outcomes.push(Outcome::NotAnswered);
    }
    Ok(outcomes.into_iter().max().unwrap_or(Outcome::NotAnswered))
}

/// The answers in order; starting threads costs more than judging one certificate.
fn on_all_cores<'t, T: Sync, A: Send>(
    all: &'t [T],
    answer: impl Fn(&'t T) -> A + Send + Sync,
) -> Vec<A> {
    match all {
        [] => Vec::new(),
        [one] => vec![answer(one)],
        _ => all.par_iter().map(answer).collect(),
    }
}

/// Looks for everybody in one pass over each CRL; each of many certificates would take one of its own.
fn prepare(crls: &[&SearchableCrl<'_>], pools: &[&[Given]]) {
    let all = pools.iter().copied().flatten();
    let serials = Serials::new(all.map(|given| &given.certificate.serial));
    for crl in crls {
        // A CRL that cannot be searched says so to whoever asks it.
        let _ = crl.prepare(&serials);
    }
}

fn terms<'a>(
    args: &'a Verify,
    at: Moment,
    environment: Option<&'a Environment>,
    anchors: usize,
    revocation: verify::Revocation,
) -> Terms<'a> {
    Terms {
        at,
        trust: match environment {
            Some(environment) => Trust::Environment(&environment.title),
            None => Trust::Given(anchors),
        },
        purpose: purpose(args.purpose),
        fqdn: args.fqdn.as_ref(),
        revocation,
        stale_crl: stale(args.stale_crl),
        allow_sha1: args.allow_sha1,
        strict: args.strict,
        fail_on: None,
    }
}

fn outcome(verdict: &VerdictReport<'_>) -> Outcome {
    match verdict.exit {
        0 => Outcome::Good,
        1 => Outcome::Bad,
        _ => Outcome::NotAnswered,
    }
}

/// The objects of some files.
struct Read {
    items: Vec<Item>,
}

impl Read {
    fn load(
        paths: &[PathBuf],
        password: Option<&Password>,
        unread: &mut Vec<Unread>,
        world: &mut World,
    ) -> Read {
        let items = evidence::items(paths, password, unread, world);
        Read { items }
    }

    fn certificates(&self) -> Vec<Given> {
        evidence::certificates(&self.items)
    }

    /// The certificates to judge: in each file those that issued no other one of it.
    fn targets(&self) -> Vec<Given> {
        let all = self.certificates();
        let issued_another = |one: &Given| {
            one.certificate.is_ca()
                && all.iter().any(|other| {
                    other.origin.source == one.origin.source
                        && other.certificate.sha256 != one.certificate.sha256
                        && other.certificate.issuer.matches(&one.certificate.subject)
                })
        };
        all.iter()
            .filter(|one| !issued_another(one))
            .cloned()
            .collect()
    }

    /// The only object that is wanted, if there is exactly one.
    fn only<'a, T>(&'a self, wanted: impl Fn(&'a Item) -> Option<T>) -> Option<T> {
        let mut found = self.items.iter().filter_map(wanted);
        found.next().filter(|_| found.next().is_none())
    }
}

fn miss(path: &std::path::Path, what: &str) -> Unread {
    Unread {
        source: Source::File(path.to_owned()),
        message: format!("{}: expected {what}, found none", path.shown()),
    }
}

fn purpose(purpose: Purpose) -> verify::Purpose {
    match purpose {
        Purpose::Server => verify::Purpose::Server,
        Purpose::Client => verify::Purpose::Client,
        Purpose::Any => verify::Purpose::Any,
    }
}

/// Whether the CRLs of the cache count: unless lists were given, or nobody wants any.
fn uses_cache(args: &Verify) -> bool {
    let unwanted = args.revocation == Some(Revocation::Off);
    !unwanted && (args.cache.is_some() || args.crl.is_empty())
}

/// Whose revocation is asked about, with so many CRLs at hand.
fn revocation(args: &Verify, crls: usize) -> verify::Revocation {
    match args.revocation {
        Some(Revocation::Off) => verify::Revocation::Off,
        Some(Revocation::Leaf) => verify::Revocation::Leaf,
        Some(Revocation::Chain) => verify::Revocation::Chain,
        None if args.crl.is_empty() && crls == 0 => verify::Revocation::Off,
        None => verify::Revocation::Chain,
    }
}

fn stale(stale: StaleCrl) -> verify::StaleCrl {
    match stale {
        StaleCrl::Refuse => verify::StaleCrl::Refuse,
        StaleCrl::Warn => verify::StaleCrl::Warn,
        StaleCrl::Accept => verify::StaleCrl::Accept,
    }
}
