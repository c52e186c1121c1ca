//! The search for paths.

use std::collections::HashSet;
use std::sync::Arc;

use super::pool::Pool;
use crate::document::{Certificate, Moment, Name};

/// How much a search may cost. Reaching a limit is reported as an end of its own, never as "no path".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Certificates in one path. NHS paths have three; OpenSSL's default is 100; ten leaves room for any real PKI.
    pub depth: usize,
    /// What the signature checks of one search may cost, in checks with a key of RSA 2048: one of RSA 4096 counts as
    /// four, one of RSA 16384 as 64. A pool can be built so that paths multiply (many CAs of one name and key); at about
    /// 50 µs a check, 200 bound a search to some ten milliseconds. A check that was begun is finished.
    pub signatures: usize,
    /// Paths and dead ends kept.
    pub paths: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            depth: 10,
            signatures: 200,
            paths: 16,
        }
    }
}

/// A path from a certificate upwards: numbers in the pool, the certificate first, and why it stops there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Each certificate was signed by the key of the next one.
    pub members: Vec<usize>,
    /// Why it goes no further.
    pub end: End,
}

/// Why a path goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The last certificate is one of those asked for.
    Anchor,
    /// The last certificate signed itself.
    SelfSigned,
    /// No certificate in the pool has the name of the last one's issuer.
    IssuerMissing {
        /// The name looked for.
        issuer: Name,
    },
    /// Certificates of the issuer's name are there, but none of their keys made the signature.
    SignatureFails {
        /// Those certificates.
        candidates: Vec<usize>,
    },
    /// The key that made the signature belongs to certificates that say they are not a CA's.
    NotCa {
        /// Those certificates.
        candidates: Vec<usize>,
    },
    /// Every way on leads back to a certificate already in the path.
    Loop,
    /// The budget's depth was reached.
    TooDeep,
    /// The budget's signature checks were used up, so that it is not known whether it goes further.
    BudgetSpent,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Paths that reach an anchor or another self-signed certificate, shortest first, then in the pool's order; by SHA-256 where the budget was spent.
    pub complete: Vec<Path>,
    /// Paths that do not, longest first.
    pub dead_ends: Vec<Path>,
    /// Whether the budget was spent before every path was tried.
    pub exhausted: bool,
}

/// Looks for all paths from the member `start` upwards.
///
/// Checks signatures, issuer names and whether an issuer says it is a CA. Does not check dates, key usage, path
/// length, policies, revocation, or whether the end is trusted.
pub fn search(pool: &Pool, start: usize, budget: Budget) -> Search {
    search_at(pool, start, &HashSet::new(), None, budget)
}

/// The same, with paths ending as soon as they reach one of the `anchors`, whether that is self-signed or not and
/// whatever it says of being a CA: an anchor is a name and a key (RFC 5280 section 6.1.1 (d)).
///
/// Where a moment is given, certificates that are valid at it are tried first. Their dates decide nothing else: where the budget
/// is spent before every path was tried, it was not spent on expired copies of a CA.
pub fn search_at(
    pool: &Pool,
    start: usize,
    anchors: &HashSet<usize>,
    at: Option<Moment>,
    budget: Budget,
) -> Search {
    let walk = |order| {
        let mut walk = Walk {
            pool,
            anchors,
            at,
            budget,
            order,
            checked: HashSet::new(),
            cost: 0,
            found: Search::default(),
        };
        walk.from(vec![start]);
        walk.found
    };
    let mut found = walk(Order::Pool);
    // Which paths there are beyond the budget is not to depend on the order of a file.
    if found.exhausted {
        found = walk(Order::Digest);
    }
    let Search {
        complete,
        dead_ends,
        ..
    } = &mut found;
    complete.sort_by_key(|path| path.members.len());
    dead_ends.sort_by_key(|path| std::cmp::Reverse(path.members.len()));
    found
}

/// In what order CAs of one name are tried that are equally likely.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// As they were added.
    Pool,
    /// By their SHA-256.
    Digest,
}

/// Of so many CAs of one name the likely ones are looked for; more than any pool that was not built to be in the way has.
const SORTED: usize = 4_096;

struct Walk<'a> {
    pool: &'a Pool,
    anchors: &'a HashSet<usize>,
    at: Option<Moment>,
    budget: Budget,
    order: Order,
    /// Signature checks asked for, by the subject's number and that of the issuer's key. Those that an earlier search had
    /// made count like the others, so that what comes out does not depend on earlier searches.
    checked: HashSet<(usize, usize)>,
    /// What they cost.
    cost: usize,
    found: Search,
}

impl Walk<'_> {
    fn from(&mut self, members: Vec<usize>) {
        if self.found.complete.len() + self.found.dead_ends.len() >= self.budget.paths {
            self.found.exhausted = true;
            return;
        }
        let Some(&number) = members.last() else {
            return;
        };
        let Some(last) = self
            .pool
            .member(number)
            .map(|member| Arc::clone(&member.certificate))
        else {
            return;
        };
        if self.anchors.contains(&number) {
            self.found.complete.push(Path {
                members,
                end: End::Anchor,
            });
            return;
        }
        if last.is_self_issued() && self.signed(number, number) {
            self.found.complete.push(Path {
                members,
                end: End::SelfSigned,
            });
            return;
        }
        if members.len() >= self.budget.depth {
            self.found.dead_ends.push(Path {
                members,
                end: End::TooDeep,
            });
            return;
        }
        let (mut onward, mut not_ca, mut looped) = (Vec::new(), Vec::new(), false);
        // Of very many CAs of one name no more are looked at than can be tried.
        let named = self.pool.issuers(number);
        let mut candidates: Vec<usize> = named.iter().copied().take(SORTED).collect();
        if self.order == Order::Digest {
            candidates.sort_by_key(|candidate| self.certificate(*candidate).map(|one| one.sha256));
        }
        // Those whose key the certificate names first: a hint that saves checks (RFC 5280 section 4.2.1.1), and no more.
        let meant = last.extensions.authority_key_identifier.as_ref();
        let meant = meant.and_then(|marked| marked.value.key.as_ref());
        if candidates.len() > 1 {
            let is_meant = |candidate: &usize| {
                let own = self.certificate(*candidate);
                let own = own.and_then(|own| own.extensions.subject_key_identifier.as_ref());
                meant.is_some() && own.map(|marked| &marked.value) == meant
            };
            candidates
                .sort_by_cached_key(|candidate| (!is_meant(candidate), !self.in_date(*candidate)));
            candidates.truncate(self.budget.signatures.saturating_add(1));
        }
        self.found.exhausted |= candidates.len() < named.len();
        for &candidate in candidates.iter().filter(|candidate| **candidate != number) {
            if !self.signed(number, candidate) {
                continue;
            }
            if members.contains(&candidate) {
                looped = true;
            } else if self.anchors.contains(&candidate)
                || self.certificate(candidate).is_some_and(Certificate::is_ca)
            {
                onward.push(candidate);
            } else {
                not_ca.push(candidate);
            }
        }
        // Anchors first, so that a pool built to exhaust the budget does not hide a short way; but no expired ones.
        onward.sort_by_key(|candidate| {
            (!self.in_date(*candidate), !self.anchors.contains(candidate))
        });
        let end = match (onward.is_empty(), not_ca.is_empty(), looped) {
            (false, ..) => {
                for candidate in onward {
                    let mut members = members.clone();
                    members.push(candidate);
                    self.from(members);
                }
                return;
            }
            (true, false, _) => End::NotCa { candidates: not_ca },
            (true, true, true) => End::Loop,
            _ if self.spent() || candidates.len() < named.len() => End::BudgetSpent,
            _ if candidates.is_empty() => End::IssuerMissing {
                issuer: last.issuer.clone(),
            },
            _ => End::SignatureFails { candidates },
        };
        self.found.dead_ends.push(Path { members, end });
    }

    fn certificate(&self, number: usize) -> Option<&Certificate> {
        self.pool
            .member(number)
            .map(|member| member.certificate.as_ref())
    }

    /// Whether the certificate is valid at the moment asked about; where none is, all are.
    fn in_date(&self, number: usize) -> bool {
        let valid = |one: &Certificate, at| one.not_before <= at && at <= one.not_after;
        self.at.is_none_or(|at| {
            self.certificate(number)
                .is_some_and(|certificate| valid(certificate, at))
        })
    }

    fn spent(&self) -> bool {
        self.cost >= self.budget.signatures
    }

    /// Whether the signature was made by that issuer; "no" and a note when the budget is spent.
    fn signed(&mut self, subject: usize, issuer: usize) -> bool {
        let Some(key) = self.pool.key_number(issuer) else {
            return false;
        };
        if !self.checked.contains(&(subject, key)) {
            if self.spent() {
                self.found.exhausted = true;
                return false;
            }
            self.checked.insert((subject, key));
            let key = self.certificate(issuer).map(|issuer| issuer.key.cost());
            self.cost = self.cost.saturating_add(key.unwrap_or(1));
        }
        self.pool.signed(subject, issuer)
    }
}
