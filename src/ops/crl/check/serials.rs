//! Serial numbers: in one CRL, or in all CRLs that the cache has of a CA.
//!
//! A number alone does not say which CRL is about it. So a CRL that answers for some certificates only – one partition's,
//! those of one kind, those that one of several keys signed – says "not revoked" under a [`Condition`], which leaves the
//! answer open unless the caller knows that it is met.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str::Lines;
use std::sync::Arc;

use super::{CheckError, Trust, named_issuers, question, unplaced};
use crate::document::extension::{GeneralName, PointName, Scope};
use crate::document::{Certificate, Crl, Moment, Serial, Sha256Digest};
use crate::environment::Facts;
use crate::input::Source;
use crate::ops::Context;
use crate::ops::crl::{Failure, objects, read_crl};
use crate::ops::gather::{Named, Reason, Unread, issuer_names};
use crate::revocation::{
    CrlError, Entry, RevocationReason, SearchableCrl, Serials, Standing, is_of_point,
};
use crate::store::crl_cache::{Cache, CacheError, Damaged};
use crate::store::read;
use crate::verdict::admission::{Authorities, Refusal, genuine};
use crate::verdict::verify::{BorrowedJudge, Evidence};

/// How many serial numbers are looked for at a time: some megabytes of them, and answers. Each time costs a pass over a CRL
/// without an index.
const BATCH: usize = 65_536;

/// How many lines that are no serial number are named; the others are counted.
const LINES_NAMED: usize = 100;

/// Which serial numbers are asked about, and where they are looked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SerialOptions {
    /// The numbers.
    pub serials: Vec<Asked>,
    /// A file of more of them, one a line.
    pub file: Option<Named>,
    /// The CRL to look in; `None`: all CRLs of the issuers in the cache.
    pub crl: Option<Named>,
    /// The CA that issued the certificates; CAs above it complete its chain.
    pub issuers: Vec<Named>,
    /// The distribution point that the certificates name, as end-entity certificates do: its CRL then answers for them.
    pub point: Option<String>,
}

impl SerialOptions {
    /// Asks about nothing yet, of the certificates of these CAs.
    pub fn new(issuers: impl IntoIterator<Item = Named>) -> SerialOptions {
        SerialOptions {
            serials: Vec::new(),
            file: None,
            crl: None,
            issuers: issuers.into_iter().collect(),
            point: None,
        }
    }
}

/// A serial number as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The number that it says.
    pub number: Serial,
    /// The negative number that it may mean too, where it was copied from a listing of octets.
    pub octets: Option<Serial>,
}

impl std::str::FromStr for Asked {
    type Err = crate::document::SerialError;

    fn from_str(text: &str) -> Result<Asked, Self::Err> {
        Ok(Asked {
            number: text.parse()?,
            octets: Serial::as_negative_octets(text),
        })
    }
}

/// The answer about one serial number.
#[derive(Clone, Debug)]
pub struct SerialAnswer {
    /// The number.
    pub serial: Serial,
    /// What is said of it.
    pub told: Told,
}

/// What is said of a serial number.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Told {
    /// It has been revoked.
    Revoked(Box<Entry>),
    /// It has not; under this condition, which the caller said is met.
    NotRevoked(Option<Arc<Condition>>),
    /// It has not if the condition is met, and nobody said that it is.
    Conditional(Arc<Condition>),
    /// The digits may also be the octets of a negative number, which is listed.
    Ambiguous {
        /// That number.
        negative: Serial,
    },
    /// It could not be told.
    Undecided(Arc<Why>),
}

/// Which certificates alone a CRL answers for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// Those that name one of these distribution points; empty: whichever they name.
    pub points: Vec<GeneralName>,
    /// Those of this kind.
    pub kind: Option<Scope>,
    /// Those that the key of this certificate signed.
    pub signed_by: Option<Sha256Digest>,
}

/// Why a CRL, or all of them, cannot tell.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// The cache has no CRL of the CA.
    #[error("no CRL of that CA is in the cache")]
    NoCrl,
    /// What was given cannot be used.
    #[error(transparent)]
    Unusable(#[from] Failure),
    /// What was given holds something else than one CRL.
    #[error("{file} has {found} objects, expected one CRL")]
    NotOneCrl {
        /// What was given.
        file: Source,
        /// How many objects there are.
        found: usize,
    },
    /// The CRL is damaged.
    #[error(transparent)]
    Crl(#[from] CrlError),
    /// A CRL of the cache does not read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A CRL of the cache is damaged.
    #[error("a CRL of the cache is damaged")]
    Damaged(#[source] Box<Damaged>),
    /// The CRL may not be relied on.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is the CRL of another CA than those that were named.
    #[error("it is {found}'s CRL; another CA was given as the issuer")]
    OtherIssuer {
        /// Whose CRL it is.
        found: String,
    },
    /// Its signer, or a CA above it, has been revoked.
    #[error("{issuer} signed the CRL and has been revoked")]
    SignerRevoked {
        /// The signer.
        issuer: String,
    },
    /// It was made only later.
    #[error("the CRL was issued later, on {this_update}")]
    NotYetMade {
        /// When.
        this_update: Moment,
    },
    /// It has no nextUpdate.
    #[error("the CRL has no nextUpdate")]
    NoNextUpdate,
    /// It is past its nextUpdate.
    #[error("the CRL is past its nextUpdate, {next_update}")]
    Stale {
        /// The last second of its time.
        next_update: Moment,
    },
    /// It is a delta.
    #[error("the CRL is a delta, which answers only together with its base CRL")]
    Delta,
    /// It covers some reasons only.
    #[error("the CRL covers some reasons for revocation only")]
    SomeReasons,
    /// One CRL has it on hold, another lifts that.
    #[error(
        "one CRL puts it on hold and another lifts a hold; a serial number does not show which is newer"
    )]
    Lifted,
    /// A complete CRL has it with the reason removeFromCRL.
    #[error(
        "the CRL lists it with the reason removeFromCRL, which only a delta may use; software differs on whether that means revoked"
    )]
    RemovedInComplete,
}

/// Looks for serial numbers, a batch at a time.
#[derive(Debug)]
pub struct Searcher<'a> {
    at: Moment,
    place: &'a Place<'a>,
    authorities: &'a Authorities,
    judge: &'a BorrowedJudge<'a>,
    /// The CAs whose certificates are meant.
    issuers: &'a [Arc<Certificate>],
    point: Option<&'a str>,
    asked: std::slice::Iter<'a, Asked>,
    lines: Option<Numbered<'a>>,
    unread: Vec<Unread>,
    crl: Option<(Crl, u64)>,
    begun: bool,
}

/// Where is looked.
#[derive(Debug)]
enum Place<'a> {
    Nowhere(Arc<Why>),
    Crls(Vec<Result<SearchableCrl<'a>, Arc<Why>>>),
}

/// The lines of a file, counted.
#[derive(Debug)]
struct Numbered<'a> {
    source: Source,
    lines: Lines<'a>,
    number: usize,
    found: usize,
    wrong: usize,
}

/// What the answers come from, but for the CRLs.
struct Setup<'a> {
    options: &'a SerialOptions,
    at: Moment,
    issuers: Vec<Arc<Certificate>>,
    authorities: Authorities,
    text: Option<(Source, Cow<'a, str>)>,
    unread: Vec<Unread>,
}

/// Opens what is looked in and hands over who looks; hands back what could not be read of the CAs, without which every answer
/// would mislead.
///
/// # Errors
/// When there is no cache that reads, and no CRL was given. What cannot be read otherwise is an answer, or in
/// [`Searcher::unread`].
pub fn serials<R>(
    options: &SerialOptions,
    context: &Context<'_>,
    look: impl FnOnce(&mut Searcher<'_>) -> R,
) -> Result<Result<R, Vec<Unread>>, CheckError> {
    let issuers = match named_issuers(&options.issuers, context) {
        Ok(issuers) => issuers,
        Err(unread) => return Ok(Err(unread)),
    };
    let authorities = Authorities::new(&context.facts, &issuers, &[]);
    let mut unread = Vec::new();
    let file = options.file.as_ref();
    let bytes = file.and_then(|file| match load(file, read::file) {
        Ok(bytes) => Some((file.source(), bytes)),
        Err(error) => {
            unread.push(Unread::new(file.source(), error));
            None
        }
    });
    let text = bytes
        .as_ref()
        .map(|(source, bytes)| (source.clone(), text(bytes)));
    let setup = Setup {
        options,
        at: context.at,
        issuers,
        authorities,
        text,
        unread,
    };
    Ok(Ok(match &options.crl {
        Some(named) => setup.in_crl(named, look),
        None => setup.in_cache(context, look)?,
    }))
}

impl Setup<'_> {
    /// Looks in the CRL that was given.
    fn in_crl<R>(self, named: &Named, look: impl FnOnce(&mut Searcher<'_>) -> R) -> R {
        let bytes = match load(named, read::crl) {
            Ok(bytes) => bytes,
            Err(error) => return self.look(&Place::nowhere(Failure::from(error)), look),
        };
        let blobs = match objects(&bytes, &named.source()) {
            Ok(blobs) => blobs,
            Err(failure) => return self.look(&Place::nowhere(failure), look),
        };
        let place = match blobs.as_slice() {
            [blob] => match read_crl(blob) {
                Ok(crl) => Place::Crls(vec![Ok(crl)]),
                Err(failure) => Place::nowhere(failure),
            },
            several => Place::nowhere(Why::NotOneCrl {
                file: named.source(),
                found: several.len(),
            }),
        };
        self.look(&place, look)
    }

    /// Looks in the CRLs of the issuers, and of the CAs above them, that the cache has.
    fn in_cache<R>(
        self,
        context: &Context<'_>,
        look: impl FnOnce(&mut Searcher<'_>) -> R,
    ) -> Result<R, CheckError> {
        let folder = context.cache.as_ref().ok_or(CheckError::NoCache)?;
        let trust = Trust::of(&self.authorities);
        let given: Vec<_> = self.issuers.iter().cloned().map(unplaced).collect();
        let none = Facts::default();
        let mut names = issuer_names(&given, &[&trust.anchors, &trust.others], &none);
        for issuer in &self.issuers {
            names.insert(issuer.subject.clone());
        }
        let cached = Cache::open(folder).search(|about| names.contains(&about.issuer))?;
        let damaged = cached.damaged.into_iter();
        let damaged = damaged.map(|damaged| Err(Arc::new(Why::Damaged(Box::new(damaged)))));
        // One that fails only now was damaged since it was opened.
        let sound = cached.sound.iter();
        let sound = sound.map(|cached| cached.crl().map_err(|error| Arc::new(Why::from(error))));
        let place = Place::Crls(damaged.chain(sound).collect());
        Ok(self.look(&place, look))
    }

    fn look<R>(self, place: &Place<'_>, look: impl FnOnce(&mut Searcher<'_>) -> R) -> R {
        let trust = Trust::of(&self.authorities);
        let given: Vec<_> = self.issuers.iter().cloned().map(unplaced).collect();
        let none = Facts::default();
        let crls: Vec<&SearchableCrl<'_>> = match place {
            Place::Nowhere(_) => Vec::new(),
            Place::Crls(crls) => crls.iter().flatten().collect(),
        };
        let judge = BorrowedJudge::new(Evidence {
            sent: &given,
            chain: &trust.others,
            anchors: &trust.anchors,
            facts: &none,
            crls: &crls,
        });
        let lines = self.text.as_ref().map(|(source, text)| Numbered {
            source: source.clone(),
            lines: text.trim_start_matches('\u{feff}').lines(),
            number: 0,
            found: 0,
            wrong: 0,
        });
        look(&mut Searcher {
            at: self.at,
            place,
            authorities: &self.authorities,
            judge: &judge,
            issuers: &self.issuers,
            point: self.options.point.as_deref(),
            asked: self.options.serials.iter(),
            lines,
            unread: self.unread,
            crl: None,
            begun: false,
        })
    }
}

impl Place<'_> {
    fn nowhere(why: impl Into<Why>) -> Place<'static> {
        Place::Nowhere(Arc::new(why.into()))
    }
}

impl Searcher<'_> {
    /// The moment for which is asked.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// The one CRL that is looked in, and how many entries it has; known after the first batch.
    pub fn crl(&self) -> Option<(&Crl, u64)> {
        let (header, entries) = self.crl.as_ref()?;
        Some((header, *entries))
    }

    /// What could not be read so far: lines that are no serial number, files that do not read.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// The answers about the next numbers, in their order; `None` when all have been answered. The first batch may be empty.
    pub fn next_batch(&mut self) -> Option<Vec<SerialAnswer>> {
        let batch = self.take();
        if batch.is_empty() && self.begun {
            return None;
        }
        let is_one = matches!(self.place, Place::Crls(crls) if crls.len() == 1);
        self.begun = true;
        let searched: Vec<Result<Searched, Arc<Why>>> = match self.place {
            Place::Nowhere(why) => vec![Err(Arc::clone(why))],
            Place::Crls(crls) => {
                let numbers = batch
                    .iter()
                    .flat_map(|one| [&one.number].into_iter().chain(&one.octets));
                let serials = Serials::new(numbers);
                let mut searched = Vec::with_capacity(crls.len());
                for crl in crls {
                    searched.push(match crl {
                        Ok(crl) => self.search(crl, &serials, is_one).map_err(Arc::new),
                        Err(why) => Err(Arc::clone(why)),
                    });
                }
                // Those of the CAs above are there to judge the issuers by.
                searched.retain(|one| match one {
                    Ok(searched) => self.is_meant(&searched.issuer),
                    Err(_) => true,
                });
                searched
            }
        };
        let common = self.common(&searched);
        let answers = batch.into_iter().map(|asked| SerialAnswer {
            told: tell(&asked, &searched, &common),
            serial: asked.number,
        });
        Some(answers.collect())
    }

    fn is_meant(&self, issuer: &Certificate) -> bool {
        let key = issuer.key.identity();
        self.issuers.iter().any(|one| one.key.identity() == key)
    }

    /// The next numbers of the CRL and then of the file. A line that is none is said and keeps the answer from being good.
    fn take(&mut self) -> Vec<Asked> {
        let mut batch: Vec<Asked> = self.asked.by_ref().take(BATCH).cloned().collect();
        let Some(numbered) = &mut self.lines else {
            return batch;
        };
        while batch.len() < BATCH {
            let Some(line) = numbered.lines.next() else {
                let source = || numbered.source.clone();
                if let Some(more) = numbered
                    .wrong
                    .checked_sub(LINES_NAMED)
                    .filter(|more| *more > 0)
                {
                    self.unread
                        .push(Unread::new(source(), Reason::MoreLines { more }));
                }
                // Whoever asks about nothing must not read that nothing is revoked.
                if numbered.found == 0 {
                    self.unread.push(Unread::new(source(), Reason::NoSerials));
                }
                self.lines = None;
                break;
            };
            numbered.number += 1;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            numbered.found += 1;
            match line.parse() {
                Ok(asked) => batch.push(asked),
                Err(error) => {
                    numbered.wrong += 1;
                    if numbered.wrong <= LINES_NAMED {
                        let reason = Reason::Line {
                            line: numbered.number,
                            found: line.chars().take(60).collect(),
                            source: error,
                        };
                        self.unread
                            .push(Unread::new(numbered.source.clone(), reason));
                    }
                }
            }
        }
        batch
    }

    /// What one CRL says, if it is genuine and its signer good.
    fn search(
        &mut self,
        crl: &SearchableCrl<'_>,
        serials: &Serials,
        is_one: bool,
    ) -> Result<Searched, Why> {
        let scan = crl.scan(serials)?;
        let header = crl.header();
        if is_one && self.crl.is_none() {
            self.crl = Some((header.clone(), scan.entries_seen));
        }
        let issuer = genuine(crl, &scan, self.authorities, self.at)?;
        if is_one && !self.is_meant(&issuer) {
            return Err(Why::OtherIssuer {
                found: issuer.subject.short(),
            });
        }
        let given = unplaced(Arc::clone(&issuer));
        if self.judge.standing(&question(&given, self.at)) == Some(Standing::Revoked) {
            let issuer = issuer.subject.short();
            return Err(Why::SignerRevoked { issuer });
        }
        let (this_update, next_update) = (header.this_update, header.next_update);
        if this_update > self.at {
            return Err(Why::NotYetMade { this_update });
        }
        let point = header.issuing_distribution_point.as_ref();
        let silent = match next_update {
            None => Some(Why::NoNextUpdate),
            Some(next_update) if next_update < self.at => Some(Why::Stale { next_update }),
            Some(_) if header.base_number.is_some() => Some(Why::Delta),
            Some(_) if point.is_some_and(|point| point.reasons.is_some()) => Some(Why::SomeReasons),
            Some(_) => None,
        };
        let mut hits: HashMap<Serial, Vec<Entry>> = HashMap::new();
        for hit in scan.hits.into_iter().filter(|hit| is_about(hit, &issuer)) {
            hits.entry(hit.serial.clone()).or_default().push(hit);
        }
        Ok(Searched {
            hits,
            silent: silent.map(Arc::new),
            delta: header.base_number.is_some(),
            limits: limits(header, self.point),
            issuer,
        })
    }

    /// What is said of every number that no CRL has.
    fn common(&self, searched: &[Result<Searched, Arc<Why>>]) -> Told {
        let failure = searched.iter().find_map(|one| match one {
            Ok(searched) => searched.silent.clone(),
            Err(why) => Some(Arc::clone(why)),
        });
        let undecided = || {
            let why = failure.clone();
            Told::Undecided(why.unwrap_or_else(|| Arc::new(Why::NoCrl)))
        };
        let speaking: Vec<&Searched> = searched
            .iter()
            .flatten()
            .filter(|one| one.silent.is_none())
            .collect();
        let required = self.required(&speaking);
        if required.is_empty() || speaking.is_empty() {
            return undecided();
        }
        let (mut met, mut open) = (None, None);
        for issuer in required {
            let key = issuer.key.identity();
            let of_key: Vec<&Searched> = speaking
                .iter()
                .copied()
                .filter(|one| one.issuer.key.identity() == key)
                .collect();
            if let Some(covering) = of_key.iter().find(|one| one.limits.open.is_none()) {
                met = met.or_else(|| covering.limits.met.clone());
                continue;
            }
            if of_key.is_empty() && failure.is_some() {
                return undecided();
            }
            open = open.or_else(|| self.open_condition(&of_key, &speaking));
        }
        match open {
            Some(condition) => Told::Conditional(condition),
            None => Told::NotRevoked(met),
        }
    }

    /// The condition on which the CRLs of one key answer; those of another key, where it has none.
    fn open_condition(
        &self,
        of_key: &[&Searched],
        speaking: &[&Searched],
    ) -> Option<Arc<Condition>> {
        if let Some(condition) = of_key.iter().find_map(|one| one.limits.open.clone()) {
            return Some(condition);
        }
        let other = speaking.first()?;
        let mut condition = Condition::default();
        if let Some(open) = &other.limits.open {
            condition.points.clone_from(&open.points);
            condition.kind = open.kind;
        }
        condition.signed_by = Some(other.issuer.sha256);
        Some(Arc::new(condition))
    }

    /// The CAs that may have issued the certificate, each of which has to be answered for: those that were named, but not
    /// those above one of them; and where one CRL was given, only those of its issuer's name.
    fn required(&self, speaking: &[&Searched]) -> Vec<&Arc<Certificate>> {
        let of_one = match (self.place, speaking) {
            (Place::Crls(crls), [only]) if crls.len() == 1 => Some(&only.issuer.subject),
            _ => None,
        };
        let is_above = |one: &Certificate| {
            self.issuers.iter().any(|other| {
                other.sha256 != one.sha256
                    && !other.is_self_issued()
                    && other.issuer.matches(&one.subject)
            })
        };
        let named = self.issuers.iter();
        named
            .filter(|one| match of_one {
                Some(name) => one.subject.matches(name),
                None => !is_above(one),
            })
            .collect()
    }
}

/// What one CRL says about serial numbers.
struct Searched {
    /// The certificate whose key signed it.
    issuer: Arc<Certificate>,
    /// The entries about that CA's certificates.
    hits: HashMap<Serial, Vec<Entry>>,
    /// Why a number that it does not have need not be good.
    silent: Option<Arc<Why>>,
    delta: bool,
    limits: Limits,
}

/// Which certificates alone a CRL answers for: as far as the caller has said that this is so, and beyond.
#[derive(Default)]
struct Limits {
    met: Option<Arc<Condition>>,
    open: Option<Arc<Condition>>,
}

/// The answer about one number.
fn tell(asked: &Asked, searched: &[Result<Searched, Arc<Why>>], common: &Told) -> Told {
    let crls = || searched.iter().flatten();
    let entries = |serial: &Serial| -> Vec<(&Searched, &Entry)> {
        crls()
            .flat_map(|crl| {
                crl.hits
                    .get(serial)
                    .into_iter()
                    .flatten()
                    .map(move |hit| (crl, hit))
            })
            .collect()
    };
    let found = entries(&asked.number);
    // No later CRL can take these back.
    if let Some((_, entry)) = found.iter().find(|(_, entry)| entry.is_permanent()) {
        return Told::Revoked(Box::new((*entry).clone()));
    }
    let removal = |entry: &Entry| entry.reason == Some(RevocationReason::RemoveFromCrl);
    let lifted = found.iter().any(|(_, entry)| removal(entry));
    let held = found.iter().find(|(crl, entry)| {
        let speaks = matches!(crl.silent.as_deref(), None | Some(Why::Delta));
        speaks && !removal(entry)
    });
    match held {
        Some(_) if lifted => return Told::Undecided(Arc::new(Why::Lifted)),
        Some((_, entry)) => return Told::Revoked(Box::new((*entry).clone())),
        None => {}
    }
    if found
        .iter()
        .any(|(crl, entry)| removal(entry) && !crl.delta)
    {
        return Told::Undecided(Arc::new(Why::RemovedInComplete));
    }
    if let Some((crl, _)) = found.first()
        && let Some(why) = &crl.silent
        && !crl.delta
    {
        return Told::Undecided(Arc::clone(why));
    }
    if let Some(negative) = &asked.octets
        && !entries(negative).is_empty()
    {
        let negative = negative.clone();
        return Told::Ambiguous { negative };
    }
    common.clone()
}

/// Whether an entry is about a certificate of this CA (RFC 5280 section 5.3.3).
fn is_about(entry: &Entry, issuer: &Certificate) -> bool {
    let Some(names) = &entry.certificate_issuer else {
        return true;
    };
    names.iter().any(|name| match name {
        GeneralName::DirectoryName(name) => name.matches(&issuer.subject),
        _ => false,
    })
}

/// The certificates that alone a CRL answers for, when the caller's are end entities' that name this point.
fn limits(header: &Crl, named: Option<&str>) -> Limits {
    let Some(point) = &header.issuing_distribution_point else {
        return Limits::default();
    };
    let points = match &point.name {
        None => Vec::new(),
        Some(PointName::RelativeToIssuer { resolved }) => {
            vec![GeneralName::DirectoryName(resolved.resolved())]
        }
        Some(PointName::Full { locations }) => locations.iter().map(|at| at.name.clone()).collect(),
    };
    let kind = match point.scope {
        Scope::All => None,
        kind => Some(kind),
    };
    if points.is_empty() && kind.is_none() {
        return Limits::default();
    }
    let is_met = named.is_some_and(|named| is_of_point(header, named))
        && kind.is_none_or(|kind| kind == Scope::UserCertificates);
    let condition = Some(Arc::new(Condition {
        points,
        kind,
        signed_by: None,
    }));
    match is_met {
        true => Limits {
            met: condition,
            open: None,
        },
        false => Limits {
            met: None,
            open: condition,
        },
    }
}

/// The bytes of what is named.
fn load(
    named: &Named,
    read: impl Fn(&std::path::Path) -> Result<read::FileBytes, read::ReadError>,
) -> Result<Arc<read::FileBytes>, read::ReadError> {
    match named {
        Named::Bytes(_, bytes) => Ok(Arc::clone(bytes)),
        Named::File(path) => read(path).map(Arc::new),
    }
}

/// The text of a file; in UTF-16 where it begins with the mark of that, which is what `>` of Windows PowerShell writes.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let units = |rest: &[u8], unit: fn([u8; 2]) -> u16| -> String {
        let pairs = rest.chunks(2).map(|pair| match pair {
            [one, other] => unit([*one, *other]),
            // Cut in the middle of a character.
            _ => u16::from(b'?'),
        });
        String::from_utf16_lossy(&pairs.collect::<Vec<u16>>())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(units(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(units(rest, u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn serial_numbers_in_utf_16_are_read_as_windows_powershell_writes_them() {
        let written = "5DC9DB79\r\n12\r\n";
        let little: Vec<u8> = written.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = written.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&[&[0xff, 0xfe], &little[..]].concat()), written);
        assert_eq!(text(&[&[0xfe, 0xff], &big[..]].concat()), written);
        assert_eq!(text(written.as_bytes()), written);
        assert_eq!(text(&[0xff, 0xfe, b'5', 0, b'D']), "5?");
    }
}
