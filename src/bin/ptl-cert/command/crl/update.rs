//! `ptl-cert crl update`.

mod manual_import;
mod renewals;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::ProgressBar;
use ptl_cert::document::Certificate;
use ptl_cert::input::{Shown, Source};
use ptl_cert::report::crl::import::{self as report, Imported, Outcome as Became, UPDATE_SCHEMA};
use ptl_cert::report::inspection::Unread;
use ptl_cert::store::crl_cache::{CachedCrl, Place, Point, Provenance, Tried};
use ptl_cert::verdict::admission::{Authorities, Wanted};
use ptl_cert::verdict::plan::ended;
use ptl_cert::verdict::sources::{self, NamedBy, at_mirror, is_below, sources};
use ptl_cert::wire::fetch::Encoding;

use manual_import::manual_import;
use renewals::{brought, renewals, still_damaged};

use super::install::{Failure, Fetched, ImportReport, Rejected, blobs, place, taken};
use super::{answers_for_any, authorities_of, cache, certificates, environment, issuers, kept};
use crate::args::Format;
use crate::args::crl::Update;
use crate::command::reading::{self, sentence};
use crate::outcome::Outcome;
use crate::world::World;

/// How many servers are asked at a time: most of the time is waiting, and a CA's server is not to be overrun.
const AT_ONCE: usize = 6;

/// One list that is to be fetched.
struct Target {
    /// Its addresses, any of which will do.
    urls: Vec<String>,
    wanted: For,
}

/// What it is fetched for.
enum For {
    /// Certificates that name it, by this extension.
    Certificates(NamedBy, Vec<Arc<Certificate>>),
    /// The slot whose list it is to renew.
    Slot(String),
}

/// What became of a target, and what is to be remembered.
struct Done {
    taken: Imported,
    tried: Vec<Tried>,
}

/// Fetches every CRL that can be fetched and installs those that are good.
pub(crate) fn run(args: &Update, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return super::refuse(
            "update",
            "crl update has no --format ndjson; use --format json",
        );
    }
    let facts = reading::facts(args.signers.authorities.facts.as_deref(), world)?;
    let environment = match environment(args.signers.authorities.env.as_ref(), &facts) {
        Ok(environment) => environment,
        Err(message) => return super::refuse("update", &message),
    };
    let mut unread = Vec::new();
    let given = certificates(&args.paths, &mut unread, world);
    let cache = cache(&args.installing.folder, world)?;
    let at = world.moment(args.installing.at);
    let Ok(issuers) = issuers(&args.signers.issuer, &mut unread, world) else {
        let report = report::ImportReport {
            schema: UPDATE_SCHEMA,
            at,
            cache: cache.folder().shown().to_string(),
            crls: Vec::new(),
            manual_import: Vec::new(),
            ended: Vec::new(),
            unread,
        };
        return say(&report, world);
    };
    let authorities = Authorities::new(&facts, &issuers, &given);
    let mut asked = environment.map_or(Vec::new(), |environment| {
        authorities_of(environment, &facts)
    });
    asked.extend(with_issuers(&given, &authorities));
    let nothing_asked = asked.is_empty() && args.paths.is_empty();
    let ended = ended(&asked, at);
    asked.retain(|one| ended.iter().all(|ended| ended.sha256 != one.sha256));

    let found = sources(&asked);
    let mut targets: Vec<Target> = found.fetchable.iter().map(Target::of).collect();
    let proxy = world.proxy()?;
    if nothing_asked {
        targets = renewals(&cache.crls()?);
        if targets.is_empty() {
            return super::refuse(
                "update",
                "nothing to fetch: give the environment with --env, or certificates; nothing in the cache came from an \
                 address either",
            );
        }
    }
    let writer = cache.lock(Some(args.installing.wait))?;
    let standing = writer.cache().crls()?.sound;
    let encoding = match args.gzip {
        true => Encoding::Gzip,
        false => Encoding::Identity,
    };
    let import = ImportReport::new(writer, &authorities, at, args.installing.rollback());
    let import = import.fetching(
        args.download.timeout,
        args.download.max_size,
        proxy,
        encoding,
    );
    let run = Run {
        import,
        standing,
        mirror: args.mirror.as_deref(),
    };
    let progress = world.progress(targets.len(), "lists");
    let done = run.all(&targets, &progress);
    progress.finish_and_clear();

    let tried = done.iter().flat_map(|done| done.tried.iter().cloned());
    run.import.remember(tried, &mut unread);
    if let Err(error) = run.import.writer().mend() {
        unread.push(Unread {
            source: Source::File(cache.folder().to_owned()),
            message: sentence(&error.into()),
        });
    }
    let now = cache.crls()?;
    let manual_import = match nothing_asked {
        true => brought(&now.sound, at),
        false => manual_import(&found, &now.sound, &authorities, at),
    };
    if nothing_asked {
        unread.extend(still_damaged(&now.damaged));
    }
    let report = report::ImportReport {
        schema: UPDATE_SCHEMA,
        at,
        cache: cache.folder().shown().to_string(),
        crls: done.into_iter().map(|done| done.taken).collect(),
        manual_import,
        ended: once_each(&ended).map(report::Ended::new).collect(),
        unread,
    };
    say(&report, world)
}

fn say(report: &report::ImportReport, world: &mut World) -> anyhow::Result<Outcome> {
    world.print(report, |width| report.render(width))?;
    reading::complain(&report.unread, world);
    Ok(Outcome::of(report.exit()))
}

/// The certificates, and the known CAs above them: a server that checks clients needs the CRLs of all.
fn with_issuers(given: &[Arc<Certificate>], authorities: &Authorities) -> Vec<Arc<Certificate>> {
    let mut all: Vec<Arc<Certificate>> = given.to_vec();
    let mut next = 0;
    while let Some(certificate) = all.get(next).cloned() {
        next += 1;
        if let Some(issuer) = authorities.issuer_of(&certificate)
            && all.iter().all(|known| known.sha256 != issuer.sha256)
        {
            all.push(Arc::clone(issuer));
        }
    }
    all
}

/// Certificates, however often they were given.
fn once_each(certificates: &[Arc<Certificate>]) -> impl Iterator<Item = &Certificate> {
    let mut seen = HashSet::new();
    let new = certificates
        .iter()
        .filter(move |one| seen.insert(one.sha256));
    new.map(Arc::as_ref)
}

impl Target {
    fn of(fetchable: &sources::Fetchable) -> Target {
        Target {
            urls: fetchable.urls.clone(),
            wanted: For::Certificates(fetchable.named_by, fetchable.certificates.clone()),
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        match &self.wanted {
            For::Certificates(NamedBy::DistributionPoints, certificates) => {
                Wanted::Certificates(certificates)
            }
            For::Certificates(NamedBy::FreshestCrl, certificates) => Wanted::Freshest(certificates),
            For::Slot(slot) => Wanted::Slot(slot),
        }
    }

    /// Whether an installed CRL is the one that this target would replace.
    fn is(&self, crl: &CachedCrl) -> bool {
        match &self.wanted {
            For::Slot(slot) => crl.about().slot == *slot,
            // What is no delta may stand at either place.
            For::Certificates(NamedBy::DistributionPoints, _)
                if crl.about().base_number.is_some() =>
            {
                false
            }
            For::Certificates(_, certificates) => crl
                .crl()
                .is_ok_and(|crl| answers_for_any(&crl, certificates)),
        }
    }

    /// The point; a slot's list may have other addresses than the one that it came from.
    fn point(&self) -> Option<Point> {
        match &self.wanted {
            For::Slot(_) => None,
            For::Certificates(..) => Some(Point::of(self.urls.iter().map(String::as_str))),
        }
    }

    fn names(&self) -> Vec<String> {
        match &self.wanted {
            For::Slot(_) => Vec::new(),
            For::Certificates(_, certificates) => certificates
                .iter()
                .map(|certificate| certificate.subject.short())
                .collect(),
        }
    }
}

/// One run.
struct Run<'a> {
    import: ImportReport<'a>,
    standing: Vec<CachedCrl>,
    mirror: Option<&'a str>,
}

impl Run<'_> {
    /// Fetches all targets, several at a time; what became of them in their order.
    fn all(&self, targets: &[Target], progress: &ProgressBar) -> Vec<Done> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(target) = targets.get(number) else {
                    return done;
                };
                done.push((number, self.one(target)));
                progress.inc(1);
            }
        };
        let mut done: Vec<(usize, Done)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE.min(targets.len()))
                .map(|_| scope.spawn(work))
                .collect();
            let joined = threads.into_iter().map(|thread| match thread.join() {
                Ok(done) => done,
                // A CRL that nobody tells of would pass for a good one.
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.flatten().collect()
        });
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, done)| done).collect()
    }

    /// Tries the addresses of a target until one has a good CRL; tells of the first that failed if none has.
    fn one(&self, target: &Target) -> Done {
        let mut tried = Vec::new();
        let mut first: Option<Imported> = None;
        for url in &target.urls {
            let mut taken = self.try_one(target, url);
            taken.wanted_for = target.names();
            tried.push(self.import.tried(url, target.point(), &taken));
            match taken.outcome {
                Became::Installed | Became::Unchanged => {
                    first = Some(taken);
                    break;
                }
                Became::Refused | Became::Failed => {
                    first.get_or_insert(taken);
                }
            }
        }
        // A point without an address is no target.
        let nowhere = || taken(&self::place(""), Became::Failed);
        Done {
            taken: first.unwrap_or_else(nowhere),
            tried,
        }
    }

    fn try_one(&self, target: &Target, url: &str) -> Imported {
        let place = place(url);
        let asked = self.asked(target, url);
        let stands = self.stands(target, &asked);
        let stays = stands.map(|crl| kept(crl.about()));
        let mut taken = self
            .fetch(target, &place, &asked, stands)
            .unwrap_or_else(|turned| turned.into_taken(&place, stays));
        taken.fetched_from = (asked != *url).then(|| self::place(&asked).to_string());
        taken
    }

    /// The address that is asked instead of this one, where there is a mirror.
    fn asked(&self, target: &Target, url: &str) -> String {
        let elsewhere = self.mirror.and_then(|mirror| match &target.wanted {
            // It came from this mirror, whose own path must not come before it twice.
            For::Slot(_) if is_below(url, mirror) => None,
            _ => at_mirror(url, mirror),
        });
        elsewhere.unwrap_or_else(|| url.to_owned())
    }

    /// The installed CRL that a target would replace. Of several that answer for the same certificates, such as a CRL
    /// and the delta on it, the one that came from the address that is asked: the server is asked about no other.
    fn stands(&self, target: &Target, asked: &str) -> Option<&CachedCrl> {
        let answering: Vec<&CachedCrl> =
            self.standing.iter().filter(|crl| target.is(crl)).collect();
        let from_there = answering
            .iter()
            .find(|crl| crl.about().source.url() == Some(asked));
        from_there.or(answering.first()).copied()
    }

    fn fetch(
        &self,
        target: &Target,
        place: &Place,
        asked: &str,
        stands: Option<&CachedCrl>,
    ) -> Result<Imported, Box<Rejected>> {
        // Only a sound list in its time is worth keeping when the server has nothing newer.
        let known = stands.map(CachedCrl::about).filter(|about| {
            about.source.url() == Some(asked) && about.next_update >= Some(self.import.at)
        });
        let validators = known.map(|about| (about.etag.as_deref(), about.last_modified.as_deref()));
        let (bytes, sent) = match self
            .import
            .fetch(asked, validators)
            .map_err(Failure::alone)?
        {
            Fetched::Whole(bytes, sent) => (bytes, sent),
            Fetched::NotModified => {
                let slot = known.map(|about| about.slot.as_str()).unwrap_or_default();
                return self.import.confirm(slot, place).map_err(Failure::alone);
            }
        };
        let source = Source::Url(asked.to_owned());
        let blobs = blobs(&bytes, &source).map_err(Failure::alone)?;
        let [blob] = blobs.as_slice() else {
            let error = anyhow::anyhow!("found {} objects, expected one CRL", blobs.len());
            return Err(Failure::unreadable(error).alone());
        };
        let provenance = Provenance {
            place: self::place(asked),
            at: self.import.at,
            etag: sent.etag,
            last_modified: sent.last_modified,
        };
        let taken = self
            .import
            .install(blob, Some(target.wanted()), &provenance)?;
        Ok(Imported {
            source: place.to_string(),
            ..taken
        })
    }
}
