//! What is this? Reads and examines everything that was named.
//!
//! [`inspect`] keeps everything, so that objects can be compared and chains shown; [`each`] hands over one object at a
//! time and keeps none, or no more than it takes to compare them, for inputs too large for that.

mod stream;

pub use stream::{Comparing, Comparison, Each, Seen, Summary, each};

use super::Context;
use super::gather::{self, Named, Reading, Unread};
use crate::decode::Password;
use crate::document::{Document, Item, Moment};
use crate::store::read::Depth;
pub use crate::verdict::CHAIN_LIMIT;
use crate::verdict::{self, AskedKeys, Examination, ExaminationPolicy, Finding, Problem, Severity};

/// How many days before its expiry a certificate is reported by default: NHS renewals go by form and e-mail and
/// take days to weeks.
pub const WITHIN_DAYS: u32 = 60;

/// What is inspected, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Files, folders and bytes.
    pub named: Vec<Named>,
    /// Files with keys, of each of which it is asked whether it belongs to one of the certificates and requests.
    pub keys: Vec<Named>,
    /// How far folders are searched.
    pub depth: Depth,
    /// Opens PKCS#12 files and encrypted keys.
    pub password: Option<Password>,
    /// Certificates that expire within this many days are reported.
    pub within_days: u32,
}

impl Options {
    /// Inspects everything in these.
    pub fn new(named: impl IntoIterator<Item = Named>) -> Options {
        Options {
            named: named.into_iter().collect(),
            keys: Vec::new(),
            depth: Depth::Directory,
            password: None,
            within_days: WITHIN_DAYS,
        }
    }

    /// Asks of the keys in these whether they belong to one of the certificates and requests.
    pub fn keys(mut self, keys: impl IntoIterator<Item = Named>) -> Options {
        self.keys = keys.into_iter().collect();
        self
    }

    /// Says how far folders are searched.
    pub fn depth(mut self, depth: Depth) -> Options {
        self.depth = depth;
        self
    }

    /// Opens PKCS#12 files and encrypted keys with this.
    pub fn password(mut self, password: Password) -> Options {
        self.password = Some(password);
        self
    }

    /// Reports certificates that expire within this many days.
    pub fn within_days(mut self, days: u32) -> Options {
        self.within_days = days;
        self
    }

    fn policy(&self, at: Moment) -> ExaminationPolicy {
        ExaminationPolicy {
            at,
            soon_days: i64::from(self.within_days),
        }
    }
}

/// Everything that was read, with its findings.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The moment for which dates were judged.
    pub at: Moment,
    /// Every object, in order.
    pub items: Vec<Item>,
    /// Chains, identities, keys and findings.
    pub examination: Examination,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Files of folders that are not PKI objects, and what of folders was not looked into.
    pub passed_over: Vec<Unread>,
}

impl Inspection {
    /// What there is to say, in the order of the objects.
    pub fn findings(&self) -> &[Finding] {
        &self.examination.findings
    }

    /// The highest severity among the findings.
    pub fn heaviest(&self) -> Option<Severity> {
        let problems = self.examination.findings.iter();
        problems
            .map(|finding| Problem::severity(&finding.problem))
            .max()
    }

    /// Whether something could not be found out, because of an error of OpenSSL's own.
    pub fn is_open(&self) -> bool {
        let mut findings = self.examination.findings.iter();
        findings.any(|finding| finding.problem.is_open())
    }
}

/// Reads everything that is named and examines it together.
pub fn inspect(options: &Options, context: &Context<'_>) -> Inspection {
    let read = |named: &[Named]| {
        let password = options.password.as_ref();
        let crls = gather::KeptCrls::Headers;
        gather::read_all(named, options.depth, password, context.observer, crls)
    };
    let mut found = read(&options.named);
    if options.keys.is_empty() {
        return examined(found, AskedKeys::Endpoints, options, context);
    }
    let is_key = |item: &Item| {
        matches!(
            item.document,
            Document::PrivateKey(_) | Document::PublicKey(_)
        )
    };
    let asked = AskedKeys::From(found.items.len());
    for named in &options.keys {
        // What is also among the others is read once.
        let source = named.source();
        let is_of_it = |item: &&Item| *item.origin.source.file() == source;
        if found.items.iter().any(|item| is_of_it(&item)) {
            let of_it = || found.items.iter().filter(is_of_it);
            if !of_it().any(is_key) {
                let no_key = gather::no_key(source.clone(), of_it(), 0);
                found.unread.push(no_key);
            }
            continue;
        }
        let mut of_key = read(std::slice::from_ref(named));
        if of_key.unread.is_empty() && !of_key.items.iter().any(is_key) {
            of_key
                .unread
                .push(gather::no_key(named.source(), &of_key.items, 0));
        }
        found.append(of_key);
    }
    examined(found, asked, options, context)
}

/// What there is to say of objects that were not read in full.
fn partly_read(unread: &[Unread]) -> impl Iterator<Item = Finding> + '_ {
    let partial = unread.iter().filter_map(Unread::partial);
    partial.map(|(origin, partial)| verdict::examine_partial(origin, partial))
}

fn examined(
    found: Reading,
    asked: AskedKeys,
    options: &Options,
    context: &Context<'_>,
) -> Inspection {
    let policy = options.policy(context.at);
    let mut examination = verdict::examine_with_keys(&found.items, &context.facts, policy, asked);
    examination.findings.extend(partly_read(&found.unread));
    Inspection {
        at: context.at,
        items: found.items,
        examination,
        unread: found.unread,
        passed_over: found.passed_over,
    }
}
