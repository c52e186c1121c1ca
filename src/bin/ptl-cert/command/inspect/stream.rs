//! Large inputs as NDJSON: each object's line is written as soon as it is read, and none is kept.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use ptl_cert::decode::{Opened, Password, Piece};
use ptl_cert::document::Item;
use ptl_cert::environment::Facts;
use ptl_cert::report::inspection::{FindingReport, ObjectReport, Record, Unread};
use ptl_cert::verdict::{self, CHAIN_LIMIT, Finding, Policy, Problem, Severity, Subject};

use crate::command::reading::{self, Sifted};
use crate::world::World;

/// How many objects are handed from a reader to the writer at once: enough that handing over costs nothing beside
/// reading, few enough that the text stays in the processor's cache and small beside everything else in memory.
const SHEET: usize = 32;

/// How many sheets a reader may be ahead of the writer. More would only take memory when whoever reads us is slow.
const AHEAD: usize = 4;

/// What a certificate with all its facts takes as JSON, in bytes, with some room.
const USUAL_LINE: usize = 3_072;

/// Writes each object's line as soon as it is read and keeps none: for inputs too large to draw chains for.
///
/// Every core reads without a pause until the end while this thread writes in the input's order. Stopping all of them
/// after each batch leaves cores idle, and lets Linux wake two of them on one core.
pub(super) fn run(
    sifted: &Sifted<'_>,
    password: Option<&Password>,
    (facts, policy): (&Facts, Policy),
    unread: &mut Vec<Unread>,
    world: &mut World,
) -> anyhow::Result<Option<Severity>> {
    let reader = Reader {
        sheets: sheets(&sifted.opened),
        password,
        facts,
        policy,
        unreadable: AtomicUsize::new(0),
    };
    let mut writer = Writer::default();
    let readers = rayon::current_num_threads();
    // One task for each thread of the pool, which nothing else uses meanwhile: all run at the same time, so that the
    // writer never waits for one that has not begun.
    rayon::in_place_scope(|scope| {
        let mut queues: Vec<Receiver<anyhow::Result<Written>>> = Vec::with_capacity(readers);
        for number in 0..readers {
            let (sender, queue) = sync_channel(AHEAD);
            queues.push(queue);
            let reader = &reader;
            scope.spawn(move |_| reader.every(number, readers, &sender));
        }
        let in_order = (0..reader.sheets.len()).zip(queues.iter().cycle());
        for (number, queue) in in_order {
            // A reader that is gone has panicked; the scope says so when it ends.
            let Ok(written) = queue.recv() else { break };
            let sheet = reader.renumbered(number, written?)?;
            writer.take(sheet, unread, world)?;
            if world.stdout().is_closed() {
                break;
            }
        }
        anyhow::Ok(())
    })?;
    if !world.stdout().is_closed() {
        writer.conclude(policy, (unread, &sifted.passed_over), world)?;
    }
    Ok(writer.heaviest)
}

/// Some neighbouring objects of one input.
struct Sheet<'a> {
    opened: &'a Opened<'a>,
    pieces: &'a [Piece<'a>],
    /// How many objects stand before it, in all inputs.
    before: usize,
    /// Whether its first object is the first of its input, with which damage to the whole input is told.
    tells_damage: bool,
}

fn sheets<'a>(opened: &'a [Opened<'a>]) -> Vec<Sheet<'a>> {
    let mut sheets = Vec::new();
    let mut before = 0;
    for opened in opened {
        for (number, pieces) in opened.pieces.chunks(SHEET).enumerate() {
            sheets.push(Sheet {
                opened,
                pieces,
                before,
                tells_damage: number == 0,
            });
            before += pieces.len();
        }
    }
    sheets
}

/// A sheet as lines of NDJSON.
struct Written {
    json: Vec<u8>,
    /// The number of its first object.
    first: usize,
    objects: usize,
    certificates: usize,
    /// The first of the certificates.
    certificate: Option<Subject>,
    /// The weight of the heaviest finding.
    heaviest: Option<Severity>,
    unread: Vec<Unread>,
}

/// What all readers share.
struct Reader<'a> {
    sheets: Vec<Sheet<'a>>,
    password: Option<&'a Password>,
    facts: &'a Facts,
    policy: Policy,
    /// How many objects of the sheets that the writer has seen could not be read. The objects after them have smaller
    /// numbers than their place.
    unreadable: AtomicUsize,
}

impl Reader<'_> {
    /// Reads the sheet `number` and every `step`th after it; ends early when nobody wants them any more.
    fn every(&self, number: usize, step: usize, sender: &SyncSender<anyhow::Result<Written>>) {
        for sheet in self.sheets.iter().skip(number).step_by(step) {
            let unreadable = self.unreadable.load(Ordering::Relaxed);
            if sender.send(self.read(sheet, unreadable)).is_err() {
                return;
            }
        }
    }

    /// The sheet with the numbers that its objects have. Readers run ahead of the writer, which alone knows how many
    /// objects before the sheet were unreadable: after one, the few sheets that were under way are read again.
    fn renumbered(&self, number: usize, written: Written) -> anyhow::Result<Written> {
        let unreadable = self.unreadable.load(Ordering::Relaxed);
        let written = match self.sheets.get(number) {
            Some(sheet) if written.first != sheet.before - unreadable => {
                self.read(sheet, unreadable)?
            }
            _ => written,
        };
        let unreadable = unreadable + written.unread.len();
        self.unreadable.store(unreadable, Ordering::Relaxed);
        Ok(written)
    }

    fn read(&self, sheet: &Sheet<'_>, unreadable: usize) -> anyhow::Result<Written> {
        let mut written = Written {
            json: Vec::with_capacity(sheet.pieces.len() * USUAL_LINE),
            first: sheet.before - unreadable,
            objects: 0,
            certificates: 0,
            certificate: None,
            heaviest: None,
            unread: Vec::new(),
        };
        for piece in sheet.pieces {
            match Item::read(piece, sheet.opened.container, self.password) {
                Ok(mut item) => {
                    if sheet.tells_damage && written.objects == 0 {
                        let damage = sheet.opened.damage.iter().cloned();
                        item.damage.splice(0..0, damage);
                    }
                    self.write(&item, &mut written)?;
                }
                Err(error) => written.unread.push(reading::unread(piece, error)),
            }
        }
        Ok(written)
    }

    fn write(&self, item: &Item, written: &mut Written) -> anyhow::Result<()> {
        let number = written.first + written.objects;
        let problems = verdict::examine_alone(item, &self.policy);
        let heaviest = problems.iter().map(Problem::severity).max();
        let finding = |problem| {
            FindingReport::new(&Finding {
                subject: Subject::of(number, item),
                problem,
            })
        };
        let findings = problems.into_iter().map(finding).collect();
        let identity = verdict::identity_alone(item, self.facts);
        let object = ObjectReport::new(number, item, identity.as_ref(), self.policy.at);
        serde_json::to_writer(&mut written.json, &Record::object(object, findings))?;
        written.json.push(b'\n');
        written.heaviest = written.heaviest.max(heaviest);
        written.objects += 1;
        if item.document.certificate().is_some() {
            written.certificates += 1;
            written
                .certificate
                .get_or_insert_with(|| Subject::of(number, item));
        }
        Ok(())
    }
}

/// What was written so far.
#[derive(Default)]
struct Writer {
    objects: usize,
    certificates: usize,
    /// The first of the certificates.
    certificate: Option<Subject>,
    /// The weight of the heaviest finding.
    heaviest: Option<Severity>,
}

impl Writer {
    fn take(
        &mut self,
        mut sheet: Written,
        unread: &mut Vec<Unread>,
        world: &mut World,
    ) -> anyhow::Result<()> {
        self.objects += sheet.objects;
        self.certificates += sheet.certificates;
        self.certificate = self.certificate.take().or(sheet.certificate);
        self.heaviest = self.heaviest.max(sheet.heaviest);
        unread.append(&mut sheet.unread);
        world.stdout().write_all(&sheet.json)?;
        Ok(())
    }

    /// Writes the summary.
    fn conclude(
        &mut self,
        policy: Policy,
        (unread, passed_over): (&[Unread], &[Unread]),
        world: &mut World,
    ) -> anyhow::Result<()> {
        let certificates = self.certificates;
        let unsearched = self.certificate.take();
        let unsearched = unsearched
            .filter(|_| certificates > CHAIN_LIMIT)
            .map(|subject| Finding {
                subject,
                problem: Problem::ChainNotSearched {
                    certificates,
                    limit: CHAIN_LIMIT,
                },
            });
        let findings: Vec<_> = unsearched.iter().map(FindingReport::new).collect();
        let gaps = (unread.to_vec(), passed_over.to_vec());
        let summary = Record::summary(policy.at, self.objects, gaps, findings);
        serde_json::to_writer(&mut *world.stdout(), &summary)?;
        writeln!(world.stdout())?;
        Ok(())
    }
}
