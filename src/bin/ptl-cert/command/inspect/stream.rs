//! Large inputs as NDJSON: each object's line is written as soon as it is read, and none is kept.

use std::io::Write;

use ptl_cert::decode::{Damage, Opened, Password, Piece};
use ptl_cert::document::Item;
use ptl_cert::environment::Facts;
use ptl_cert::report::inspection::{FindingReport, ObjectReport, Record, Unread};
use ptl_cert::verdict::{self, CHAIN_LIMIT, Finding, Policy, Problem, Subject, Weight};
use rayon::prelude::*;

use crate::command::reading;
use crate::world::World;

/// How many objects are read before their lines are written: enough to keep every core busy, few enough that
/// memory does not grow with the output.
const BATCH: usize = 1_024;

/// Writes each object's line as soon as it is read and keeps none: for inputs too large to draw chains for.
pub(super) fn run(
    opened: &[Opened<'_>],
    password: Option<&Password>,
    (facts, policy): (&Facts, Policy),
    unread: &mut Vec<Unread>,
    world: &mut World,
) -> anyhow::Result<Option<Weight>> {
    let (mut objects, mut certificates, mut heaviest) = (0, 0, None);
    let mut first: Option<Subject> = None;
    for opened in opened {
        let mut damage = opened.damage.clone();
        for batch in opened.pieces.chunks(BATCH) {
            let told = std::mem::take(&mut damage);
            let reader = Batch {
                opened,
                pieces: batch,
                password,
                first: objects,
                damage: told,
                facts,
                policy,
            };
            let lines = match reader.at_once()? {
                Some(lines) => lines,
                None => reader.one_by_one(unread)?,
            };
            for line in lines {
                heaviest = heaviest.max(line.heaviest);
                certificates += usize::from(line.certificate.is_some());
                first = first.or(line.certificate);
                objects += 1;
                world.stdout().write_all(&line.json)?;
            }
            if world.stdout().is_closed() {
                return Ok(heaviest);
            }
        }
    }
    let unsearched = first
        .filter(|_| certificates > CHAIN_LIMIT)
        .map(|subject| Finding {
            subject,
            problem: Problem::ChainNotSearched {
                certificates,
                limit: CHAIN_LIMIT,
            },
        });
    let findings: Vec<_> = unsearched.iter().map(FindingReport::new).collect();
    let summary = Record::summary(policy.at, objects, unread.clone(), findings);
    serde_json::to_writer(&mut *world.stdout(), &summary)?;
    writeln!(world.stdout())?;
    Ok(heaviest)
}

/// Some objects of one input, to be read and written as lines.
struct Batch<'a> {
    opened: &'a Opened<'a>,
    pieces: &'a [Piece<'a>],
    password: Option<&'a Password>,
    /// The number of its first object.
    first: usize,
    /// Damage to the whole input, told with its first object.
    damage: Vec<Damage>,
    facts: &'a Facts,
    policy: Policy,
}

/// One object as a line of NDJSON.
struct Line {
    json: Vec<u8>,
    /// The weight of its heaviest finding.
    heaviest: Option<Weight>,
    /// What to call it, where it is a certificate.
    certificate: Option<Subject>,
}

impl Batch<'_> {
    /// Reads and writes each object where it lies, on all cores; `None` when one of them cannot be read, because
    /// then the numbers of those after it are not known yet.
    fn at_once(&self) -> anyhow::Result<Option<Vec<Line>>> {
        let one = |(place, piece): (usize, &Piece<'_>)| {
            let Ok(mut item) = Item::read(piece, self.opened.container, self.password) else {
                return Ok(None);
            };
            self.repaired(place, &mut item);
            self.line(self.first + place, &item).map(Some)
        };
        let lines: anyhow::Result<Vec<_>> = self.pieces.par_iter().enumerate().map(one).collect();
        Ok(lines?.into_iter().collect())
    }

    /// The same in two steps: first what can be read at all, then the lines.
    fn one_by_one(&self, unread: &mut Vec<Unread>) -> anyhow::Result<Vec<Line>> {
        let mut items = reading::pieces(self.pieces, self.opened.container, self.password, unread);
        if let Some(item) = items.first_mut() {
            self.repaired(0, item);
        }
        items
            .par_iter()
            .enumerate()
            .map(|(place, item)| self.line(self.first + place, item))
            .collect()
    }

    fn repaired(&self, place: usize, item: &mut Item) {
        if place == 0 {
            item.damage.splice(0..0, self.damage.iter().cloned());
        }
    }

    fn line(&self, number: usize, item: &Item) -> anyhow::Result<Line> {
        let problems = verdict::examine_alone(item, &self.policy);
        let subject = Subject::of(number, item);
        let finding = |problem| {
            FindingReport::new(&Finding {
                subject: subject.clone(),
                problem,
            })
        };
        let heaviest = problems.iter().map(Problem::weight).max();
        let findings = problems.into_iter().map(finding).collect();
        let identity = verdict::identity_alone(item, self.facts);
        let object = ObjectReport::new(number, item, identity.as_ref(), self.policy.at);
        // A certificate with all its facts takes some three kilobytes.
        let mut json = Vec::with_capacity(4_096);
        serde_json::to_writer(&mut json, &Record::object(object, findings))?;
        json.push(b'\n');
        Ok(Line {
            json,
            heaviest,
            certificate: item.document.certificate().map(|_| subject),
        })
    }
}
