//! Serial numbers: in one CRL, or in all CRLs that the cache has of a CA.
//!
//! Gathers and asks, a batch at a time. [`crate::revocation`] reads what the CRLs say, and the judge
//! of [`crate::verdict::verify`] decides who may sign them, as for certificates.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::Lines;
use std::sync::Arc;

use super::{CheckError, Trust, named_issuers, question, unplaced};
use crate::chain::name_key;
use crate::decode::FileContent;
use crate::document::extension::{KeyUsage, Scope};
use crate::document::{Certificate, Crl, Moment, Serial, Sha256Digest};
use crate::environment::Facts;
use crate::input::{Source, excerpt};
use crate::ops::Context;
use crate::ops::crl::{Failure, objects, read_crl};
use crate::ops::gather::{Named, Unread, UnreadReason, issuer_names};
use crate::revocation::{
    CrlError, Entry, Hits, OutOfScope, SearchableCrl, SerialStatus, Serials, UnusableCause,
    UnusableCrl, together,
};
use crate::store::crl_cache::{About, Cache, CacheError, Damaged};
use crate::store::read;
use crate::verdict::admission::{Authorities, CrlRefusal};
use crate::verdict::verify::{BorrowedJudge, CaCrls, CrlFault, Evidence, Given, Obstacle};

pub use crate::revocation::Condition;

/// How many serial numbers are looked up at a time: a few megabytes of them, with answers. Each batch costs a pass over a CRL
/// without an index.
const BATCH: usize = 65_536;

/// How many lines that are not serial numbers are named; the others are counted.
const LINES_NAMED: usize = 100;

/// Which serial numbers to look up, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SerialOptions {
    /// The numbers.
    pub serials: Vec<AskedSerial>,
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

    /// Looks these numbers up.
    pub fn serials(mut self, serials: impl IntoIterator<Item = AskedSerial>) -> SerialOptions {
        self.serials.extend(serials);
        self
    }

    /// Looks in this CRL, and not in those of the cache.
    pub fn crl(mut self, crl: Named) -> SerialOptions {
        self.crl = Some(crl);
        self
    }

    /// Takes the certificates to name the distribution point with this URL.
    pub fn point(mut self, url: impl Into<String>) -> SerialOptions {
        self.point = Some(url.into());
        self
    }
}

/// A serial number as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedSerial {
    /// The number that it says.
    pub number: Serial,
    /// The negative number that it may mean too, where it was copied from a listing of octets.
    pub octets: Option<Serial>,
}

impl std::str::FromStr for AskedSerial {
    type Err = crate::document::SerialError;

    fn from_str(text: &str) -> Result<AskedSerial, Self::Err> {
        Ok(AskedSerial {
            number: text.parse()?,
            octets: Serial::as_negative_octets(text),
        })
    }
}

/// The answer about one serial number.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SerialAnswer {
    /// The number.
    pub serial: Serial,
    /// The answer.
    pub outcome: SerialOutcome,
}

/// The answer about a serial number.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SerialOutcome {
    /// It has been revoked.
    Revoked(Box<Entry>),
    /// Not revoked; under this condition, if there is one, which the caller said is met.
    NotRevoked(Option<Arc<Condition>>),
    /// Not revoked if the condition is met, which is unknown.
    Conditional(Arc<Condition>),
    /// The same, and the distribution point that the certificates are said to name is none of the condition's: the CRL is that of
    /// another partition.
    OtherPartition {
        /// The condition.
        condition: Arc<Condition>,
        /// The URL of the point that was named.
        point: Arc<str>,
    },
    /// The digits may also be the octets of a negative number, which is listed.
    Ambiguous {
        /// That number.
        negative: Serial,
    },
    /// It could not be determined.
    Undecided(Arc<UndecidedReason>),
}

/// Why a CRL, or all of them, give no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UndecidedReason {
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
    Crl(Arc<CrlError>),
    /// A CRL of the cache cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A CRL of the cache is damaged.
    #[error("a CRL of the cache is damaged")]
    Damaged(#[source] Box<Damaged>),
    /// The CRL may not be relied on.
    #[error(transparent)]
    Refused(#[from] CrlRefusal),
    /// It is the CRL of a CA other than those named.
    #[error("it is {found}'s CRL; another CA was given as the issuer")]
    OtherIssuer {
        /// The CRL's issuer.
        found: String,
    },
    /// It was signed with another key than that of the CA certificate that was given.
    #[error(
        "it was signed with another key of {issuer} than that of the CA certificate that was given"
    )]
    OtherKey {
        /// The CRL's issuer.
        issuer: String,
    },
    /// Its signer, or a CA above it, has been revoked.
    #[error("{issuer} signed the CRL and has been revoked")]
    SignerRevoked {
        /// The signer.
        issuer: String,
    },
    /// The CA that issued the certificates, or one above it, has been revoked.
    #[error("{issuer} has been revoked, so its CRLs no longer count")]
    IssuerRevoked {
        /// That CA.
        issuer: String,
    },
    /// OpenSSL could not check its signature, because of an error of its own.
    #[error("OpenSSL could not check the CRL's signature")]
    SignatureUnchecked,
    /// It was issued later.
    #[error("the CRL was issued later, on {this_update}")]
    NotYetValid {
        /// When.
        this_update: Moment,
    },
    /// It has no nextUpdate.
    #[error("the CRL has no nextUpdate")]
    NoNextUpdate,
    /// It has expired.
    #[error("the CRL is past its nextUpdate, {next_update}")]
    Stale {
        /// The last second of its validity.
        next_update: Moment,
    },
    /// It is a delta.
    #[error("the CRL is a delta, which answers only together with its base CRL")]
    Delta,
    /// It covers some reasons only.
    #[error("the CRL covers some reasons for revocation only")]
    SomeReasons,
    /// A complete CRL has it with the reason removeFromCRL.
    #[error(
        "the CRL lists it with the reason removeFromCRL, which only a delta may use; software differs on whether that means revoked"
    )]
    RemovedInComplete,
}

/// Looks up serial numbers, a batch at a time.
pub struct Searcher<'a> {
    at: Moment,
    place: &'a Place<'a>,
    authorities: &'a Authorities,
    judge: &'a BorrowedJudge<'a>,
    /// The CAs whose certificates are meant, and CAs above them.
    issuers: &'a [Given],
    point: Option<&'a str>,
    asked: std::slice::Iter<'a, AskedSerial>,
    lines: Option<Numbered<'a>>,
    unread: Vec<Unread>,
    /// The CRLs for each of the issuers; judged with the first batch.
    judged: Vec<Judged<'a>>,
    /// The issuers for whose certificates a CRL counts, as indices above, by the CRL's index.
    concerned: HashMap<usize, Vec<usize>>,
    crl: Option<(Crl, u64)>,
    begun: bool,
}

impl std::fmt::Debug for Searcher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Searcher")
            .field("at", &self.at)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Where to look.
#[derive(Debug)]
enum Place<'a> {
    Nowhere(Arc<UndecidedReason>),
    /// The CRL that was given.
    Given(Box<SearchableCrl<'a>>),
    /// The CRLs of the cache, and why others of it cannot be asked.
    Cache(Vec<SearchableCrl<'a>>, Vec<Arc<UndecidedReason>>),
}

/// One of the issuers and the CRLs for its certificates.
struct Judged<'a> {
    issuer: &'a Certificate,
    /// `None` where no path leads from it to a CA that is trusted.
    crls: Option<CaCrls<'a>>,
    /// Whether the certificates that are asked about may be its own, so that it has to be answered for.
    is_required: bool,
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
    issuers: Vec<Given>,
    authorities: Authorities,
    text: Option<(Source, Cow<'a, str>)>,
    unread: Vec<Unread>,
}

/// Opens what is looked in and hands over who looks.
///
/// # Errors
/// When there is no cache that reads, and no CRL was given; and when a CA that was named cannot be read, without which every
/// answer would mislead. What cannot be read otherwise is an answer, or in [`Searcher::unread`].
pub fn serials<R>(
    options: &SerialOptions,
    context: &Context<'_>,
    look: impl FnOnce(&mut Searcher<'_>) -> R,
) -> Result<R, CheckError> {
    let issuers = named_issuers(&options.issuers, context).map_err(CheckError::Issuers)?;
    let authorities = Authorities::new(&context.facts, &issuers, &[]);
    let mut unread = Vec::new();
    let file = options.file.as_ref();
    let bytes = file.and_then(|file| match lines_of(file) {
        Ok(bytes) => Some((file.source(), bytes)),
        Err(reason) => {
            unread.push(Unread::new(file.source(), reason));
            None
        }
    });
    let text = bytes
        .as_ref()
        .map(|(source, bytes)| (source.clone(), text(bytes)));
    let setup = Setup {
        options,
        at: context.at,
        issuers: issuers.into_iter().map(unplaced).collect(),
        authorities,
        text,
        unread,
    };
    match &options.crl {
        Some(named) => Ok(setup.in_crl(named, look)),
        None => setup.in_cache(context, look),
    }
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
                Ok(crl) => Place::Given(Box::new(crl)),
                Err(failure) => Place::nowhere(failure),
            },
            several => Place::nowhere(UndecidedReason::NotOneCrl {
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
        let none = Facts::default();
        let mut names = issuer_names(&self.issuers, &[&trust.anchors, &trust.others], &none);
        for issuer in &self.issuers {
            names.insert(issuer.certificate.subject.clone());
        }
        // An indirect CRL may contain certificates of any CA, whoever signed it.
        let may_answer =
            |about: &About| about.indirect != Some(false) || names.contains(&about.issuer);
        let cached = Cache::open(folder).search(may_answer)?;
        let damaged = cached.damaged.into_iter();
        let mut failures: Vec<Arc<UndecidedReason>> = damaged
            .map(|damaged| Arc::new(UndecidedReason::Damaged(Box::new(damaged))))
            .collect();
        let mut crls = Vec::new();
        for cached in &cached.sound {
            match cached.crl() {
                Ok(crl) => crls.push(crl),
                // One that fails only now was damaged since it was opened.
                Err(error) => failures.push(Arc::new(UndecidedReason::from(error))),
            }
        }
        Ok(self.look(&Place::Cache(crls, failures), look))
    }

    fn look<R>(self, place: &Place<'_>, look: impl FnOnce(&mut Searcher<'_>) -> R) -> R {
        let trust = Trust::of(&self.authorities);
        let none = Facts::default();
        let crls: Vec<&SearchableCrl<'_>> = match place {
            Place::Nowhere(_) => Vec::new(),
            Place::Given(crl) => vec![crl],
            Place::Cache(crls, _) => crls.iter().collect(),
        };
        let judge = BorrowedJudge::new(Evidence {
            sent: &self.issuers,
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
            judged: Vec::new(),
            concerned: HashMap::new(),
            crl: None,
            begun: false,
        })
    }
}

impl Place<'_> {
    fn nowhere(why: impl Into<UndecidedReason>) -> Place<'static> {
        Place::Nowhere(Arc::new(why.into()))
    }
}

impl Searcher<'_> {
    /// The moment that is asked about.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// The one CRL that is searched, and how many entries it has; known after the first batch.
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
        let numbers = batch
            .iter()
            .flat_map(|one| [&one.number].into_iter().chain(&one.octets));
        let hits = self.judge.search(&Serials::new(numbers));
        if !self.begun {
            self.begun = true;
            self.judge(&hits);
        }
        // What is reported about every number that no CRL has.
        let common = self.outcome(None, &hits);
        let answers = batch.into_iter().map(|asked| SerialAnswer {
            outcome: self.answer(&asked, &hits, &common),
            serial: asked.number,
        });
        Some(answers.collect())
    }

    /// Judges the CRLs for each of the issuers. After the first search, so that it costs no pass of its own.
    fn judge(&mut self, hits: &Hits) {
        let only = match self.place {
            Place::Nowhere(_) => None,
            Place::Given(crl) => Some(crl.as_ref()),
            Place::Cache(crls, failures) => match (crls.as_slice(), failures.as_slice()) {
                ([crl], []) => Some(crl),
                _ => None,
            },
        };
        let required = self.required();
        let judged = self.issuers.iter().map(|given| Judged {
            issuer: &given.certificate,
            crls: self.judge.serials(&question(given, self.at), self.point),
            is_required: required.contains(&given.certificate.sha256),
        });
        let judged: Vec<Judged<'_>> = judged.collect();
        // The one of a CA above says nothing about the certificates.
        let of_required = |crl: &&SearchableCrl<'_>| {
            let issuer = &crl.header().issuer;
            let mut required = judged.iter().filter(|one| one.is_required);
            required.any(|one| one.issuer.subject.matches(issuer))
        };
        let shown = match self.place {
            Place::Given(_) => only,
            Place::Nowhere(_) | Place::Cache(..) => only.filter(of_required),
        };
        self.crl = shown.and_then(|crl| Some((crl.header().clone(), hits.entries_seen(0)?)));
        let mut concerned: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, one) in judged.iter().enumerate() {
            let of_ca = one.crls.as_ref();
            for place in of_ca.map_or_else(Vec::new, |of_ca| of_ca.crls.places()) {
                concerned.entry(place).or_default().push(number);
            }
        }
        self.concerned = concerned;
        self.judged = judged;
    }

    /// The CAs that may have issued the certificates, each of which has to be answered for: those above another that was named
    /// are there for the chain's sake, and those that issue none sign CRLs for another. A CRL that was given answers for the
    /// CAs with its issuer's name, and an indirect one for others too.
    fn required(&self) -> HashSet<Sha256Digest> {
        let named = || self.issuers.iter().map(|given| given.certificate.as_ref());
        // The names of the CAs above others.
        let above = named().map(|other| (name_key(&other.issuer), name_key(&other.subject)));
        let above: HashSet<Vec<u8>> = above
            .filter(|(issuer, subject)| issuer != subject)
            .map(|(issuer, _)| issuer)
            .collect();
        let is_last = |issuer: &Certificate| !above.contains(&name_key(&issuer.subject));
        let is_meant = |issuer: &&Certificate| match self.place {
            Place::Nowhere(_) => false,
            Place::Cache(..) => is_last(issuer),
            Place::Given(crl) => {
                let point = crl.header().issuing_distribution_point.as_ref();
                let indirect = point.is_some_and(|point| point.indirect);
                crl.header().issuer.matches(&issuer.subject) || indirect && is_last(issuer)
            }
        };
        let meant: Vec<&Certificate> = named().filter(is_meant).collect();
        let issuing: Vec<&Certificate> = meant.iter().copied().filter(|one| issues(one)).collect();
        let required = if issuing.is_empty() { meant } else { issuing };
        required.iter().map(|one| one.sha256).collect()
    }

    fn answer(&self, asked: &AskedSerial, hits: &Hits, common: &SerialOutcome) -> SerialOutcome {
        let outcome = match hits.has(&asked.number) {
            true => self.outcome(Some(&asked.number), hits),
            false => common.clone(),
        };
        match (&outcome, &asked.octets) {
            (SerialOutcome::Revoked(_), _) | (_, None) => outcome,
            // Whatever the CRLs say of that number, this one is not known to be another.
            (_, Some(negative)) => match hits.has(negative) {
                true => SerialOutcome::Ambiguous {
                    negative: negative.clone(),
                },
                false => outcome,
            },
        }
    }

    /// What is reported about one number; without it, of every number that no CRL has.
    fn outcome(&self, serial: Option<&Serial>, hits: &Hits) -> SerialOutcome {
        if let Place::Nowhere(why) = self.place {
            return SerialOutcome::Undecided(Arc::clone(why));
        }
        if let Some(revoked) = serial.and_then(|serial| self.revoked(serial, hits)) {
            return revoked;
        }
        let mut required = Vec::new();
        let mut obstacle = None;
        for one in &self.judged {
            let Some(of_ca) = &one.crls else {
                if one.is_required {
                    obstacle = obstacle.or(Some((one.issuer, &Obstacle::NoPath)));
                }
                continue;
            };
            let status = of_ca.crls.status(serial, hits);
            match &of_ca.obstacle {
                _ if !one.is_required => {}
                Some(found) => obstacle = obstacle.or(Some((one.issuer, found))),
                None => required.push((&of_ca.crls, status)),
            }
        }
        // Another certificate of the CA, with the same key, may have a valid path.
        let stands_in = |issuer: &Certificate| {
            let judged = self.judged.iter();
            let is_good = |one: &&Judged<'_>| {
                let of_ca = one.crls.as_ref().filter(|_| one.is_required);
                of_ca.is_some_and(|of_ca| of_ca.obstacle.is_none())
            };
            let mut good = judged.filter(is_good);
            good.any(|one| {
                one.issuer.key == issuer.key && one.issuer.subject.matches(&issuer.subject)
            })
        };
        if let Some((issuer, obstacle)) = obstacle
            && !stands_in(issuer)
        {
            return SerialOutcome::Undecided(Arc::new(UndecidedReason::of_obstacle(
                issuer, obstacle,
            )));
        }
        // One that cannot be read may be the one that lists it.
        let failure = match self.place {
            Place::Cache(_, failures) => failures.first(),
            Place::Given(_) | Place::Nowhere(_) => None,
        };
        match (together(required), failure) {
            (SerialStatus::NotListed(_) | SerialStatus::Conditional(_), Some(failure)) => {
                SerialOutcome::Undecided(Arc::clone(failure))
            }
            (SerialStatus::NotListed(condition), None) => SerialOutcome::NotRevoked(condition),
            (SerialStatus::Conditional(condition), None) => match self.point {
                Some(point) if condition.is_of_other_point(point) => {
                    let point = point.into();
                    SerialOutcome::OtherPartition { condition, point }
                }
                _ => SerialOutcome::Conditional(condition),
            },
            (SerialStatus::NoCrl(why_not), _) => SerialOutcome::Undecided(self.why(&why_not)),
            (SerialStatus::Listed(listed), _) => SerialOutcome::Revoked(Box::new(listed.entry)),
        }
    }

    /// That one of the CRLs with the number lists it, for the first of the issuers whose certificates it counts for.
    fn revoked(&self, serial: &Serial, hits: &Hits) -> Option<SerialOutcome> {
        let places = hits.places(serial);
        let concerned = places.filter_map(|place| self.concerned.get(&place));
        let concerned: BTreeSet<usize> = concerned.flatten().copied().collect();
        let concerned = concerned.iter().filter_map(|one| self.judged.get(*one));
        let mut concerned = concerned.filter_map(|one| one.crls.as_ref());
        concerned.find_map(|of_ca| match of_ca.crls.status(Some(serial), hits) {
            SerialStatus::Listed(listed) => Some(SerialOutcome::Revoked(Box::new(listed.entry))),
            _ => None,
        })
    }

    /// Why it is undetermined: a CRL of the cache that cannot be read may be the one; else the CRL that comes nearest to an
    /// answer.
    fn why(&self, why_not: &[UnusableCrl]) -> Arc<UndecidedReason> {
        if let Place::Cache(_, failures) = self.place
            && let Some(failure) = failures.first()
        {
            return Arc::clone(failure);
        }
        let nearest = CrlFault::nearest(why_not, &[]);
        let why = nearest.and_then(|(_, crl)| why_not.iter().find(|why| why.crl == *crl));
        Arc::new(match (why, self.place) {
            (Some(why), _) => UndecidedReason::of_cause(why),
            (None, Place::Given(crl)) => self.of_another(crl.header()),
            (None, _) => UndecidedReason::NoCrl,
        })
    }

    /// That the CRL that was given is of none of the CAs that were named.
    fn of_another(&self, header: &Crl) -> UndecidedReason {
        let mut known = self.authorities.certificates().iter();
        match known.any(|ca| ca.subject.matches(&header.issuer)) {
            true => UndecidedReason::OtherIssuer {
                found: header.issuer.short(),
            },
            false => UndecidedReason::Refused(CrlRefusal::UnknownIssuer {
                issuer: header.issuer.to_string(),
            }),
        }
    }

    /// The next numbers of the CRL and then of the file. A line that is none is said and keeps the answer from being good.
    fn take(&mut self) -> Vec<AskedSerial> {
        let mut batch: Vec<AskedSerial> = self.asked.by_ref().take(BATCH).cloned().collect();
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
                        .push(Unread::new(source(), UnreadReason::MoreLines { more }));
                }
                // A question about nothing must not be answered with "nothing is revoked".
                if numbered.found == 0 {
                    self.unread
                        .push(Unread::new(source(), UnreadReason::NoSerials));
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
                        let reason = UnreadReason::Line {
                            line: numbered.number,
                            found: excerpt(line).to_string(),
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
}

impl UndecidedReason {
    /// Why the CRLs of a CA count for nothing.
    fn of_obstacle(issuer: &Certificate, obstacle: &Obstacle) -> UndecidedReason {
        match obstacle {
            Obstacle::IssuerRevoked { issuer } => UndecidedReason::IssuerRevoked {
                issuer: issuer.clone(),
            },
            Obstacle::IssuerNotValid { issuer: name, code } => {
                UndecidedReason::Refused(CrlRefusal::SignerNotValid {
                    issuer: name.clone(),
                    signer: issuer.sha256,
                    code: code.as_str(),
                })
            }
            Obstacle::NoPath => UndecidedReason::Refused(CrlRefusal::UnknownIssuer {
                issuer: issuer.subject.to_string(),
            }),
        }
    }

    /// Why one CRL gives no answer.
    fn of_cause(why_not: &UnusableCrl) -> UndecidedReason {
        let issuer = why_not.crl.issuer.short();
        let refusal = match &why_not.cause {
            UnusableCause::SignatureUnchecked => return UndecidedReason::SignatureUnchecked,
            UnusableCause::OtherKey { .. } => return UndecidedReason::OtherKey { issuer },
            UnusableCause::SignerRevoked { .. } => {
                return UndecidedReason::SignerRevoked { issuer };
            }
            UnusableCause::NotYetValid { this_update, .. } => {
                let this_update = *this_update;
                return UndecidedReason::NotYetValid { this_update };
            }
            UnusableCause::Stale { next_update, .. } => {
                let next_update = *next_update;
                return UndecidedReason::Stale { next_update };
            }
            UnusableCause::NoNextUpdate => return UndecidedReason::NoNextUpdate,
            UnusableCause::DeltaWithoutBase { .. } | UnusableCause::DeltaMismatch { .. } => {
                return UndecidedReason::Delta;
            }
            UnusableCause::ReasonsIncomplete { .. } => return UndecidedReason::SomeReasons,
            UnusableCause::RemovedInComplete => return UndecidedReason::RemovedInComplete,
            UnusableCause::Unreadable { fault } => return UndecidedReason::Crl(Arc::clone(fault)),
            UnusableCause::SignatureFails { tried } => CrlRefusal::Signature {
                issuer,
                tried: tried.clone(),
            },
            UnusableCause::BrokenHash { hash } => CrlRefusal::BrokenHash { hash: *hash },
            UnusableCause::UnsupportedAlgorithm { algorithm } => CrlRefusal::UnsupportedAlgorithm {
                algorithm: algorithm.clone(),
            },
            UnusableCause::SignerMayNot { signer } => CrlRefusal::MayNotSign {
                issuer,
                signer: *signer,
            },
            UnusableCause::SignerNotValid { signer, code } => CrlRefusal::SignerNotValid {
                issuer,
                signer: *signer,
                code,
            },
            UnusableCause::UnknownCritical { oids }
            | UnusableCause::UnknownCriticalEntry { oids } => {
                CrlRefusal::UnknownCritical { oids: oids.clone() }
            }
            UnusableCause::IndirectUnmarked => CrlRefusal::IndirectUnmarked,
            UnusableCause::OutOfScope {
                mismatch: OutOfScope::AttributeOnly,
            } => CrlRefusal::AnswersForNothing {
                scope: Scope::AttributeCertificates,
            },
            UnusableCause::OutOfScope {
                mismatch: OutOfScope::Contradictory,
            } => CrlRefusal::AnswersForNothing {
                scope: Scope::Contradictory,
            },
            UnusableCause::SignerMissing { issuer } => CrlRefusal::UnknownIssuer {
                issuer: issuer.to_string(),
            },
            _ => return UndecidedReason::NoCrl,
        };
        UndecidedReason::Refused(refusal)
    }
}

/// Whether it is for issuing certificates, by what it says of itself.
fn issues(ca: &Certificate) -> bool {
    let usage = ca.extensions.key_usage.as_ref();
    ca.is_ca() && usage.is_none_or(|usage| usage.value.contains(&KeyUsage::KeyCertSign))
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

/// The bytes of a file of serial numbers, unless it is another file: none of that is read as a line, and quoted.
fn lines_of(file: &Named) -> Result<Arc<read::FileBytes>, UnreadReason> {
    let bytes = load(file, read::file)?;
    match FileContent::instead_of_lines(&bytes) {
        Some(found) => Err(UnreadReason::OtherContent { found }),
        None => Ok(bytes),
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
