//! The CRLs of the cache that may cover a certificate.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::unread::{Unread, UnreadReason};
use crate::chain::name_key;
use crate::document::{Certificate, Name};
use crate::environment::Facts;
use crate::input::Source;
use crate::ops::{CacheUse, Context};
use crate::revocation::{SearchableCrl, crl_issuers};
use crate::store::crl_cache::{Cache, CacheError, CachedCrl};
use crate::verdict::verify::{Given, Revocation};

/// What a cache contributes to a judgement.
#[derive(Debug, Default)]
pub(in crate::ops) struct Cached {
    /// The CRLs that may cover the certificates, opened.
    pub crls: Vec<CachedCrl>,
    /// Those that may cover them and are damaged.
    pub unread: Vec<Unread>,
    /// Whether a cache counts at all: one that was not named does where it has something of these certificates' CAs.
    pub state: CacheState,
    /// Whether there are CRLs in it, of whatever CA.
    holds_crls: bool,
}

/// Whether the cache counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ops) enum CacheState {
    /// No cache was named, and there is none in the usual folder: a missing CRL means nothing.
    #[default]
    Absent,
    /// There is a cache, or one was named: a certificate that it has no CRL for is undecided, not "not checked".
    Counts,
}

impl CacheState {
    /// For which certificates revocation is checked where nothing else was asked and this many CRLs were given: for all of
    /// the chain as soon as anything may answer.
    pub(in crate::ops) fn revocation(self, crls_given: usize) -> Revocation {
        match (self, crls_given) {
            (CacheState::Absent, 0) => Revocation::Off,
            _ => Revocation::Chain,
        }
    }
}

/// Opens the CRLs of every CA that may be above the certificates or sign CRLs for them, and says which of them are
/// damaged.
///
/// # Errors
/// When the cache's folder cannot be read.
pub(in crate::ops) fn cached(
    targets: &[Given],
    pools: &[&[Given]],
    context: &Context<'_>,
) -> Result<Cached, CacheError> {
    let Some(folder) = &context.cache else {
        return Ok(Cached::default());
    };
    let names = issuer_names(targets, pools, &context.facts);
    let wanted = |issuer: &Name| names.contains(issuer);
    let holds_crls = Cell::new(false);
    let crls = Cache::open(folder).search(|about| {
        holds_crls.set(true);
        wanted(&about.issuer)
    })?;
    let holds_crls = holds_crls.get() || !crls.damaged.is_empty();
    let damaged = crls.damaged.into_iter().filter(|damaged| {
        let about = damaged.about.as_ref();
        // One that does not even say who issued it may be the one that is needed.
        about.is_none_or(|about| wanted(&about.issuer))
    });
    let unread: Vec<Unread> = damaged.map(unread).collect();
    let something = !crls.sound.is_empty() || !unread.is_empty();
    let counts = context.cache_use == CacheUse::Required || something;
    Ok(Cached {
        crls: crls.sound,
        unread,
        state: match counts {
            true => CacheState::Counts,
            false => CacheState::Absent,
        },
        holds_crls,
    })
}

impl Cached {
    /// Whether the cache counts where what is found good is installed: any cache with CRLs is one in use, and that it has none
    /// of these CAs is no reason to leave revocation out.
    pub(in crate::ops) fn state_in_use(&self) -> CacheState {
        match self.holds_crls {
            true => CacheState::Counts,
            false => self.state,
        }
    }

    /// Adds the CRLs to those that were given; one that cannot be read is added to `unread`.
    pub(in crate::ops) fn add_to<'c>(
        &'c self,
        crls: &mut Vec<SearchableCrl<'c>>,
        unread: &mut Vec<Unread>,
    ) {
        for cached in &self.crls {
            match cached.crl() {
                Ok(crl) => crls.push(crl),
                Err(error) => unread.push(Unread::new(file(cached.path()), error)),
            }
        }
    }
}

fn unread(damaged: crate::store::crl_cache::Damaged) -> Unread {
    let source = file(&damaged.path);
    Unread::new(source, UnreadReason::Damaged(Box::new(damaged)))
}

fn file(path: &Path) -> Source {
    Source::File(path.to_owned())
}

/// Names, each once, whatever its spelling ([`Name::matches`]).
#[derive(Clone, Debug, Default)]
pub(in crate::ops) struct NameSet {
    all: Vec<Name>,
    known: HashSet<Vec<u8>>,
}

impl NameSet {
    /// Adds a name; says whether it is new.
    pub(in crate::ops) fn insert(&mut self, name: Name) -> bool {
        let is_new = self.known.insert(name_key(&name));
        if is_new {
            self.all.push(name);
        }
        is_new
    }

    /// Whether the name is among them.
    pub(in crate::ops) fn contains(&self, name: &Name) -> bool {
        self.known.contains(&name_key(name))
    }

    /// All of them, in the order in which they came.
    pub(in crate::ops) fn iter(&self) -> impl Iterator<Item = &Name> {
        self.all.iter()
    }
}

/// The names whose CRLs may answer for the certificates or for a CA above them: issuers, and the CRL issuers that their
/// distribution points name (RFC 5280 section 4.2.1.13), with the CAs above those.
///
/// By names alone: whether a signature is right is checked later.
pub(in crate::ops) fn issuer_names(
    targets: &[Given],
    pools: &[&[Given]],
    facts: &Facts,
) -> NameSet {
    let mut names = NameSet::default();
    let mut next = Vec::new();
    let mut add_all = |certificate: &Certificate, next: &mut Vec<Name>| {
        for name in crl_issuers(certificate) {
            if names.insert(name.clone()) {
                next.push(name);
            }
        }
    };
    for target in targets {
        add_all(&target.certificate, &mut next);
    }
    let given = pools.iter().copied().flatten();
    let given = given.map(|given| &given.certificate);
    let mut by_subject: HashMap<Vec<u8>, Vec<&Certificate>> = HashMap::new();
    for ca in given.chain(facts.certificates()) {
        let of_name = by_subject.entry(name_key(&ca.subject)).or_default();
        of_name.push(ca);
    }
    while let Some(name) = next.pop() {
        for ca in by_subject.get(&name_key(&name)).into_iter().flatten() {
            add_all(ca, &mut next);
        }
    }
    names
}
