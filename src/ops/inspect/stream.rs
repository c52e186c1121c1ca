//! Large inputs: each object is handed over as soon as it is read, and none is kept.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{Inspection, Options};
use crate::decode::{self, EncodedObject, Password};
use crate::document::{Item, Moment};
use crate::environment::Facts;
use crate::ops::Context;
use crate::ops::gather::{self, Batches, Folders, OpenedInput, Reading, Unread};
use crate::store::read::STREAM_LIMIT;
use crate::verdict::{
    self, CHAIN_LIMIT, ExaminationPolicy, Finding, Identity, Problem, Severity, Subject,
};

/// How many objects are handed from a reader to the writer at once: enough that handing over costs nothing beside
/// reading, few enough that their text stays in the processor's cache and small beside everything else in memory.
const SHEET: usize = 32;

/// How many sheets a reader may be ahead of the writer. More would only take memory when whoever reads us is slow.
const AHEAD: usize = 4;

/// One object, examined alone.
#[derive(Debug)]
#[non_exhaustive]
pub struct Seen<'i> {
    /// Its number among all objects, from 0.
    pub number: usize,
    /// The object.
    pub item: &'i Item,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// What the pinned CAs say it is.
    pub identity: Option<Identity>,
}

/// What is left to say after the last object.
#[derive(Debug)]
#[non_exhaustive]
pub struct Summary {
    /// The moment for which dates were judged.
    pub at: Moment,
    /// How many objects were read.
    pub objects: usize,
    /// What is wrong with all of them together.
    pub findings: Vec<Finding>,
    /// The greatest severity among all findings.
    pub heaviest: Option<Severity>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Files of folders that are something else.
    pub passed_over: Vec<Unread>,
    /// Whether `sink` stopped it.
    pub is_stopped: bool,
}

/// The result of inputs whose size was not known beforehand.
#[derive(Debug)]
pub enum Each {
    /// There were few objects: they were examined together, and none was handed over.
    Together(Box<Inspection>),
    /// There were more than [`CHAIN_LIMIT`]: each was examined alone and handed over.
    Alone(Summary),
}

/// Reads everything that is named, on all cores. From [`CHAIN_LIMIT`] objects on each is examined alone and handed over, and
/// none is kept; fewer are examined together, as [`inspect`](super::inspect) does.
///
/// `render` is called from several threads and adds what it makes of an object to the sheet that it is on; `sink` takes
/// the sheets in the input's order, on this thread, and may end the run. Within one input every core reads without a pause
/// while this thread takes the sheets: stopping all of them between batches to write cost a quarter of the time. Files of
/// folders are read as their turn comes, a few hundred at a time, and memory does not grow with their number.
///
/// # Errors
/// The first error of `render` or `sink`, in order.
pub fn each<T: Default + Send, E: Send>(
    options: &Options,
    context: &Context<'_>,
    render: impl Fn(Seen<'_>, &mut T) -> Result<(), E> + Sync,
    sink: impl FnMut(T) -> Result<ControlFlow<()>, E>,
) -> Result<Each, E> {
    let password = options.password.as_ref();
    let mut run = Run {
        options,
        context,
        render,
        sink,
        summary: Summary {
            at: context.at,
            objects: 0,
            findings: Vec::new(),
            heaviest: None,
            unread: Vec::new(),
            passed_over: Vec::new(),
            is_stopped: false,
        },
        certificates: 0,
        first_certificate: None,
    };
    let mut folders = Folders::default();
    // As long as they may be few.
    let mut few = Some(Reading::default());
    let mut batches = Batches::over(
        &options.named,
        options.depth,
        STREAM_LIMIT,
        context.observer,
    );
    while let Some(inputs) = batches.next() {
        let opened = inputs.open_among(password, context.observer, &mut folders);
        if let Some(found) = &mut few
            && found.items.len() + opened.objects() <= CHAIN_LIMIT
        {
            found.append(opened.items(password));
            continue;
        }
        if let Some(found) = few.take() {
            run.summary.unread = found.unread;
            run.summary.passed_over = found.passed_over;
            run.items(&found.items)?;
        }
        run.opened(opened)?;
        if context.observer.is_cancelled() {
            run.summary.is_stopped = true;
        }
        if run.summary.is_stopped {
            break;
        }
    }
    drop(batches);
    if let Some(mut found) = few {
        folders.tell(&mut found.unread, &mut found.passed_over);
        let inspection = super::examined(found, options, context);
        return Ok(Each::Together(Box::new(inspection)));
    }
    let summary = &mut run.summary;
    folders.tell(&mut summary.unread, &mut summary.passed_over);
    let partly_read: Vec<Finding> = super::partly_read(&summary.unread).collect();
    let heaviest = partly_read.iter().map(|finding| finding.problem.severity());
    summary.heaviest = summary.heaviest.max(heaviest.max());
    summary.findings.extend(partly_read);
    let (certificates, first) = (run.certificates, run.first_certificate);
    let unsearched = first.filter(|_| certificates > CHAIN_LIMIT);
    summary.findings.extend(unsearched.map(|subject| Finding {
        subject,
        problem: Problem::ChainNotSearched {
            certificates,
            limit: CHAIN_LIMIT,
        },
    }));
    Ok(Each::Alone(run.summary))
}

/// A run in which each object is examined alone, as far as it has come.
struct Run<'r, R, S> {
    options: &'r Options,
    context: &'r Context<'r>,
    render: R,
    sink: S,
    summary: Summary,
    certificates: usize,
    first_certificate: Option<Subject>,
}

impl<R, S> Run<'_, R, S> {
    /// Examines objects that were kept so far.
    fn items<T: Default, E>(&mut self, items: &[Item]) -> Result<(), E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
        S: FnMut(T) -> Result<ControlFlow<()>, E>,
    {
        let reader = reader(Vec::new(), self.options, self.context, &self.render);
        let mut written = Written::at(0);
        for item in items {
            reader.examine(item, &mut written)?;
        }
        let made = self
            .summary
            .take(written, &mut self.certificates, &mut self.first_certificate);
        if (self.sink)(made)?.is_break() {
            self.summary.is_stopped = true;
        }
        Ok(())
    }

    /// Reads and examines the objects of some inputs, on all cores.
    fn opened<T: Default + Send, E: Send>(&mut self, mut opened: OpenedInput<'_>) -> Result<(), E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E> + Sync,
        S: FnMut(T) -> Result<ControlFlow<()>, E>,
    {
        if self.summary.is_stopped {
            return Ok(());
        }
        self.summary.unread.append(&mut opened.unread);
        let left_out = gather::left_out(&opened.opened);
        self.summary.passed_over.extend(left_out);
        let sheets = sheets(&opened.opened, self.summary.objects);
        let reader = reader(sheets, self.options, self.context, &self.render);
        let readers = rayon::current_num_threads();
        // One task for each thread of the pool, which nothing else uses meanwhile: all run at the same time, so that the
        // writer never waits for one that has not begun.
        rayon::in_place_scope(|scope| {
            let mut queues: Vec<Receiver<Result<Written<T>, E>>> = Vec::with_capacity(readers);
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
                let made =
                    self.summary
                        .take(sheet, &mut self.certificates, &mut self.first_certificate);
                if (self.sink)(made)?.is_break() || self.context.observer.is_cancelled() {
                    self.summary.is_stopped = true;
                    break;
                }
            }
            Ok(())
        })
    }
}

impl Summary {
    /// Counts what is on a sheet, and hands back what was made of it.
    fn take<T>(
        &mut self,
        sheet: Written<T>,
        certificates: &mut usize,
        first: &mut Option<Subject>,
    ) -> T {
        self.objects += sheet.objects;
        self.heaviest = self.heaviest.max(sheet.heaviest);
        self.unread.extend(sheet.unread);
        *certificates += sheet.certificates;
        *first = first.take().or(sheet.certificate);
        sheet.made
    }
}

/// Some neighbouring objects of one input.
struct Sheet<'a> {
    opened: &'a decode::Opened<'a>,
    objects: &'a [EncodedObject<'a>],
    /// How many objects precede it, in all inputs.
    before: usize,
    /// Whether its first object is the first of its input, with which damage to the whole input is said.
    has_damage: bool,
}

/// The sheets of some inputs, and how many objects precede them.
fn sheets<'a>(opened: &'a [decode::Opened<'a>], mut before: usize) -> Vec<Sheet<'a>> {
    let mut sheets = Vec::new();
    for opened in opened {
        for (number, objects) in opened.objects.chunks(SHEET).enumerate() {
            sheets.push(Sheet {
                opened,
                objects,
                before,
                has_damage: number == 0,
            });
            before += objects.len();
        }
    }
    sheets
}

fn reader<'a, R>(
    sheets: Vec<Sheet<'a>>,
    options: &'a Options,
    context: &'a Context<'_>,
    render: &'a R,
) -> Reader<'a, R> {
    Reader {
        sheets,
        password: options.password.as_ref(),
        facts: &context.facts,
        policy: options.policy(context.at),
        unreadable: AtomicUsize::new(0),
        render,
    }
}

/// What was made of a sheet.
struct Written<T> {
    made: T,
    /// The number of its first object.
    first: usize,
    objects: usize,
    certificates: usize,
    /// The first of the certificates.
    certificate: Option<Subject>,
    heaviest: Option<Severity>,
    unread: Vec<Unread>,
}

/// What all readers share.
struct Reader<'a, R> {
    sheets: Vec<Sheet<'a>>,
    password: Option<&'a Password>,
    facts: &'a Facts,
    policy: ExaminationPolicy,
    /// How many objects of the sheets that the writer has seen could not be read. The objects after them have smaller
    /// numbers than their position.
    unreadable: AtomicUsize,
    render: &'a R,
}

impl<T: Default> Written<T> {
    /// An empty sheet whose first object will have this number.
    fn at(first: usize) -> Written<T> {
        Written {
            made: T::default(),
            first,
            objects: 0,
            certificates: 0,
            certificate: None,
            heaviest: None,
            unread: Vec::new(),
        }
    }
}

impl<R> Reader<'_, R> {
    /// Reads the sheet `number` and every `step`th after it; stops early when they are no longer wanted.
    fn every<T: Default, E>(
        &self,
        number: usize,
        step: usize,
        sender: &SyncSender<Result<Written<T>, E>>,
    ) where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
    {
        for sheet in self.sheets.iter().skip(number).step_by(step) {
            let unreadable = self.unreadable.load(Ordering::Relaxed);
            if sender.send(self.read(sheet, unreadable)).is_err() {
                return;
            }
        }
    }

    /// The sheet with the numbers that its objects have. Readers run ahead of the writer, which alone knows how many
    /// objects before the sheet were unreadable: after one, the few sheets that were under way are read again.
    fn renumbered<T: Default, E>(&self, number: usize, written: Written<T>) -> Result<Written<T>, E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
    {
        let unreadable = self.unreadable.load(Ordering::Relaxed);
        let written = match self.sheets.get(number) {
            Some(sheet) if written.first != sheet.before.saturating_sub(unreadable) => {
                self.read(sheet, unreadable)?
            }
            _ => written,
        };
        let unreadable = unreadable.saturating_add(written.unread.len());
        self.unreadable.store(unreadable, Ordering::Relaxed);
        Ok(written)
    }

    fn read<T: Default, E>(&self, sheet: &Sheet<'_>, unreadable: usize) -> Result<Written<T>, E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
    {
        let mut written = Written::at(sheet.before.saturating_sub(unreadable));
        for object in sheet.objects {
            let read = Item::read(object, sheet.opened.container, self.password);
            match read.map(gather::with_exposure) {
                Ok(mut item) => {
                    if sheet.has_damage && written.objects == 0 {
                        let damage = sheet.opened.damage.iter().cloned();
                        item.damage.splice(0..0, damage);
                    }
                    self.examine(&item, &mut written)?;
                }
                Err(error) => written.unread.push(gather::unreadable(object, error)),
            }
        }
        Ok(written)
    }

    fn examine<T, E>(&self, item: &Item, written: &mut Written<T>) -> Result<(), E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
    {
        let number = written.first + written.objects;
        let problems = verdict::examine_alone(item, &self.policy);
        let heaviest = problems.iter().map(Problem::severity).max();
        let finding = |problem| Finding {
            subject: Subject::of(number, item),
            problem,
        };
        let seen = Seen {
            number,
            item,
            findings: problems.into_iter().map(finding).collect(),
            identity: verdict::identity_alone(item, self.facts),
        };
        (self.render)(seen, &mut written.made)?;
        written.heaviest = written.heaviest.max(heaviest);
        written.objects += 1;
        if item.document.certificate().is_some() {
            written.certificates += 1;
            let subject = || Subject::of(number, item);
            written.certificate.get_or_insert_with(subject);
        }
        Ok(())
    }
}
