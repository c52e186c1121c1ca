//! Large inputs: each object is handed over as soon as it is read, and none is kept whole.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::{Inspection, Options};
use crate::decode::{self, EncodedObject, Password};
use crate::document::{Document, Item, Moment};
use crate::environment::Facts;
use crate::ops::Context;
use crate::ops::gather::{self, Batches, Folders, OpenedInput, Reading, Unread, UnreadObjects};
use crate::ops::ordered;
use crate::store::read::{FILES_LIMIT, STREAM_LIMIT};
use crate::verdict::{
    self, AskedKeys, CHAIN_LIMIT, ExaminationPolicy, Finding, Identity, KeyGroup, Outline, Problem,
    Severity, Subject,
};

/// How many objects are handed from a reader to the writer at once: enough that handing over costs nothing beside
/// reading, few enough that their text stays in the processor's cache and small beside everything else in memory.
const SHEET: usize = 32;

/// How many sheets are read together as long as their objects may be few: more would be kept for nothing where they are
/// many.
const SHEETS_KEPT: usize = 1 + CHAIN_LIMIT / SHEET;

/// Below this many objects one core reads them: starting threads costs more.
const FEW: usize = 32;

/// What becomes of objects that are too many to be examined together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparing {
    /// Each is examined alone. Memory does not grow with their number.
    Nothing,
    /// An outline is kept of each ([`Outline`], some hundred bytes) with what is wrong with it, and in the end they are
    /// compared: what is said of them is what [`inspect`](super::inspect) says.
    Outlines,
}

/// One object, examined alone.
#[derive(Debug)]
#[non_exhaustive]
pub struct Seen<'i> {
    /// Its number among all objects, from 0.
    pub number: usize,
    /// The object.
    pub item: &'i Item,
    /// What is wrong with it. With [`Comparing::Outlines`] that is not known before the end, and in
    /// [`Summary::comparison`].
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
    /// Files of folders that are something else, and what of folders was not looked into.
    pub passed_over: Vec<Unread>,
    /// The outlines of all objects, compared, where that was asked for.
    pub comparison: Option<Comparison>,
    /// Whether `sink` stopped it.
    pub is_stopped: bool,
}

/// Objects that were examined one by one and compared in the end.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Comparison {
    /// What is kept of each, in the input's order.
    pub outlines: Vec<Outline>,
    /// What is wrong with each.
    pub problems: Vec<Vec<Problem>>,
    /// Which of them hold the same key.
    pub keys: Vec<KeyGroup>,
}

impl Comparison {
    /// What is wrong with the objects, in the input's order, each with the number of its object.
    pub fn problems(&self) -> impl Iterator<Item = (usize, &Problem)> {
        let numbered = self.problems.iter().enumerate();
        numbered.flat_map(|(number, own)| own.iter().map(move |problem| (number, problem)))
    }

    /// Whether something could not be found out, because of an error of OpenSSL's own.
    pub fn is_open(&self) -> bool {
        self.problems().any(|(_, problem)| problem.is_open())
    }
}

/// The result of inputs whose size was not known beforehand.
#[derive(Debug)]
pub enum Each {
    /// There were few objects: they were examined together, and none was handed over.
    Together(Box<Inspection>),
    /// There were many: each was examined alone and handed over.
    Alone(Summary),
}

/// Reads everything that is named, on all cores. Where they are many each object is examined alone and handed over, and
/// none is kept; fewer are examined together, as [`inspect`](super::inspect) does. Many are more than [`CHAIN_LIMIT`]
/// objects or, with [`Comparing::Outlines`], certificates.
///
/// `render` is called from several threads and adds what it makes of an object to the sheet that it is on; `sink` takes
/// the sheets in the input's order, on this thread, and may end the run. Within one input every core reads without a pause
/// while this thread takes the sheets: stopping all of them between batches to write cost a quarter of the time. Files of
/// folders are read as their turn comes, a few hundred at a time.
///
/// # Errors
/// The first error of `render` or `sink`, in order.
pub fn each<T: Default + Send, E: Send>(
    options: &Options,
    comparing: Comparing,
    context: &Context<'_>,
    render: impl Fn(Seen<'_>, &mut T) -> Result<(), E> + Sync,
    sink: impl FnMut(T) -> Result<ControlFlow<()>, E>,
) -> Result<Each, E> {
    // What a key belongs to is among all of them.
    if !options.keys.is_empty() {
        return Ok(Each::Together(Box::new(super::inspect(options, context))));
    }
    let password = options.password.as_ref();
    let mut run = Run {
        settings: Settings {
            options,
            comparing,
            context,
            render,
        },
        sink,
        tally: Tally {
            summary: Summary {
                at: context.at,
                objects: 0,
                findings: Vec::new(),
                heaviest: None,
                unread: Vec::new(),
                passed_over: Vec::new(),
                comparison: (comparing == Comparing::Outlines).then(Comparison::default),
                is_stopped: false,
            },
            unreadable: UnreadObjects::default(),
            certificates: 0,
            first_certificate: None,
        },
    };
    let mut folders = Folders::default();
    // As long as they may be few.
    let mut few = Some(Reading::default());
    let mut batches = Batches::over(
        &options.named,
        options.depth,
        match comparing {
            Comparing::Nothing => STREAM_LIMIT,
            // They may be few, and are kept then.
            Comparing::Outlines => FILES_LIMIT,
        },
        context.observer,
    );
    while let Some(inputs) = batches.next() {
        let mut opened = inputs.open_among(password, context.observer, &mut folders);
        let mut kept = Kept::default();
        if let Some(found) = &mut few {
            let has_space = found.items.len() + opened.objects() <= CHAIN_LIMIT;
            match comparing {
                _ if has_space => {
                    found.append(opened.items(password));
                    continue;
                }
                Comparing::Nothing => {}
                Comparing::Outlines => {
                    found.unread.append(&mut opened.unread);
                    match run.keep(&opened.opened, found) {
                        Some(so_far) => kept = so_far,
                        None => {
                            found.passed_over.extend(gather::left_out(&opened.opened));
                            continue;
                        }
                    }
                }
            }
        }
        if let Some(found) = few.take() {
            run.tally.summary.unread = found.unread;
            run.tally.summary.passed_over = found.passed_over;
            run.items(found.items)?;
        }
        run.opened(opened, kept)?;
        let summary = &mut run.tally.summary;
        summary.is_stopped |= context.observer.is_cancelled();
        if summary.is_stopped {
            break;
        }
    }
    drop(batches);
    if let Some(mut found) = few {
        run.tally.unreadable.finish(&mut found.unread);
        folders.tell(&mut found.unread, &mut found.passed_over);
        let inspection = super::examined(found, AskedKeys::Endpoints, options, context);
        return Ok(Each::Together(Box::new(inspection)));
    }
    let mut tally = run.tally;
    folders.tell(&mut tally.summary.unread, &mut tally.summary.passed_over);
    Ok(Each::Alone(tally.summed_up()))
}

/// What was read and kept of some inputs before it was known that there are many.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    /// How many sheets.
    sheets: usize,
    /// How many of their objects could be read.
    readable: usize,
    /// And how many could not.
    unreadable: usize,
}

/// A run in which each object is examined alone, as far as it has come.
struct Run<'r, R, S> {
    settings: Settings<'r, R>,
    sink: S,
    tally: Tally,
}

/// How objects are examined.
struct Settings<'r, R> {
    options: &'r Options,
    comparing: Comparing,
    context: &'r Context<'r>,
    render: R,
}

impl<R> Settings<'_, R> {
    /// Reads these sheets, of whose inputs so many objects before could not be read.
    fn reader<'a>(&'a self, sheets: Vec<Sheet<'a>>, unreadable: usize) -> Reader<'a, R> {
        Reader {
            sheets,
            password: self.options.password.as_ref(),
            comparing: self.comparing,
            facts: &self.context.facts,
            policy: self.options.policy(self.context.at),
            unreadable: AtomicUsize::new(unreadable),
            render: &self.render,
        }
    }
}

/// What was counted so far.
struct Tally {
    summary: Summary,
    unreadable: UnreadObjects,
    certificates: usize,
    first_certificate: Option<Subject>,
}

impl<R: Sync, S> Run<'_, R, S> {
    /// Reads objects and keeps them, as long as chains can be drawn for all certificates; says how far it came where they
    /// cannot.
    fn keep(&mut self, opened: &[decode::Opened<'_>], found: &mut Reading) -> Option<Kept> {
        let sheets = sheets(opened, 0);
        let reader = self.settings.reader(Vec::new(), 0);
        let is_certificate = |item: &&Item| item.document.certificate().is_some();
        let mut certificates = found.items.iter().filter(is_certificate).count();
        let mut kept = Kept::default();
        for some in sheets.chunks(SHEETS_KEPT) {
            let objects: usize = some.iter().map(|sheet| sheet.objects.len()).sum();
            let read: Vec<(Vec<Item>, Vec<Unread>)> = match objects {
                0..FEW => some.iter().map(|sheet| reader.kept(sheet)).collect(),
                _ => some.par_iter().map(|sheet| reader.kept(sheet)).collect(),
            };
            kept.sheets += some.len();
            for (items, unread) in read {
                certificates += items.iter().filter(is_certificate).count();
                kept.readable += items.len();
                kept.unreadable += unread.len();
                found.items.extend(items);
                for one in unread {
                    self.tally.unreadable.add(one, &mut found.unread);
                }
            }
            if certificates > CHAIN_LIMIT {
                return Some(kept);
            }
        }
        None
    }

    /// Examines objects that were kept so far, and frees them.
    fn items<T: Default + Send, E: Send>(&mut self, items: Vec<Item>) -> Result<(), E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E> + Sync,
        S: FnMut(T) -> Result<ControlFlow<()>, E>,
    {
        let reader = self.settings.reader(Vec::new(), 0);
        let sheets = items.into_par_iter().chunks(SHEET).enumerate();
        let sheets = sheets.map(|(number, items)| reader.examined(&items, number * SHEET));
        let sheets: Vec<Result<Written<T>, E>> = sheets.collect();
        for sheet in sheets {
            let made = self.tally.take(sheet?);
            if (self.sink)(made)?.is_break() {
                self.tally.summary.is_stopped = true;
                break;
            }
        }
        Ok(())
    }

    /// Reads and examines the objects of some inputs, on all cores, but for those that were kept.
    fn opened<T: Default + Send, E: Send>(
        &mut self,
        mut opened: OpenedInput<'_>,
        kept: Kept,
    ) -> Result<(), E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E> + Sync,
        S: FnMut(T) -> Result<ControlFlow<()>, E>,
    {
        let summary = &mut self.tally.summary;
        if summary.is_stopped {
            return Ok(());
        }
        summary.unread.append(&mut opened.unread);
        let left_out = gather::left_out(&opened.opened);
        summary.passed_over.extend(left_out);
        let before = summary.objects.saturating_sub(kept.readable);
        let mut sheets = sheets(&opened.opened, before);
        sheets.drain(..kept.sheets);
        let reader = self.settings.reader(sheets, kept.unreadable);
        let observer = self.settings.context.observer;
        let read = |number| reader.numbered(number);
        ordered::in_order(reader.sheets.len(), read, |number, written| {
            // There are as many sheets as were asked for.
            let Some(written) = written else {
                return Ok(ControlFlow::Break(()));
            };
            let sheet = reader.renumbered(number, written?)?;
            let made = self.tally.take(sheet);
            if (self.sink)(made)?.is_break() || observer.is_cancelled() {
                self.tally.summary.is_stopped = true;
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}

impl Tally {
    /// Counts what is on a sheet, and hands back what was made of it.
    fn take<T>(&mut self, sheet: Written<T>) -> T {
        let summary = &mut self.summary;
        summary.objects += sheet.objects;
        summary.heaviest = summary.heaviest.max(sheet.heaviest);
        for one in sheet.unread {
            self.unreadable.add(one, &mut summary.unread);
        }
        if let Some(comparison) = &mut summary.comparison {
            comparison.outlines.extend(sheet.outlines);
            comparison.problems.extend(sheet.problems);
        }
        self.certificates += sheet.certificates;
        let first = self.first_certificate.take();
        self.first_certificate = first.or(sheet.certificate);
        sheet.made
    }

    /// What is left to say after the last object.
    fn summed_up(self) -> Summary {
        let mut summary = self.summary;
        self.unreadable.finish(&mut summary.unread);
        let partly_read: Vec<Finding> = super::partly_read(&summary.unread).collect();
        let heaviest = partly_read.iter().map(|finding| finding.problem.severity());
        summary.heaviest = summary.heaviest.max(heaviest.max());
        summary.findings.extend(partly_read);
        match &mut summary.comparison {
            Some(comparison) => {
                let Comparison {
                    outlines, problems, ..
                } = comparison;
                comparison.keys = verdict::compare(outlines, problems);
                let all = comparison.problems.iter().flatten();
                let heaviest = all.map(Problem::severity).max();
                summary.heaviest = summary.heaviest.max(heaviest);
            }
            None => {
                let certificates = self.certificates;
                let first = self.first_certificate;
                let unsearched = first.filter(|_| certificates > CHAIN_LIMIT);
                summary.findings.extend(unsearched.map(|subject| Finding {
                    subject,
                    problem: Problem::ChainNotSearched {
                        certificates,
                        limit: CHAIN_LIMIT,
                    },
                }));
            }
        }
        summary
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
    /// Where they are compared, what is kept of each object and what is wrong with it.
    outlines: Vec<Outline>,
    problems: Vec<Vec<Problem>>,
    /// The objects themselves, where there are private keys among them.
    keys: Option<Vec<Item>>,
}

/// What all readers share.
struct Reader<'a, R> {
    sheets: Vec<Sheet<'a>>,
    password: Option<&'a Password>,
    comparing: Comparing,
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
            outlines: Vec::new(),
            problems: Vec::new(),
            keys: None,
        }
    }
}

impl<R> Reader<'_, R> {
    /// Reads the sheet of this number, its objects numbered by what is known of those before it.
    fn numbered<T: Default, E>(&self, number: usize) -> Option<Result<Written<T>, E>>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
    {
        let unreadable = self.unreadable.load(Ordering::Relaxed);
        let sheet = self.sheets.get(number)?;
        Some(self.read(sheet, unreadable))
    }

    /// The sheet with the numbers that its objects have. Readers run ahead of the writer, which alone knows how many
    /// objects before the sheet were unreadable: after one, the few sheets that were under way are read again, but for those
    /// with private keys, which may have been opened at a cost that is paid once.
    fn renumbered<T: Default, E>(&self, number: usize, written: Written<T>) -> Result<Written<T>, E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
    {
        let unreadable = self.unreadable.load(Ordering::Relaxed);
        let first = self
            .sheets
            .get(number)
            .map(|sheet| (sheet, sheet.before.saturating_sub(unreadable)));
        let written = match first {
            Some((sheet, first)) if written.first != first => match written.keys {
                Some(items) => Written {
                    unread: written.unread,
                    ..self.examined(&items, first)?
                },
                None => self.read(sheet, unreadable)?,
            },
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
        let (items, unread) = self.kept(sheet);
        let mut written = self.examined(&items, sheet.before.saturating_sub(unreadable))?;
        written.unread = unread;
        let is_key = |item: &Item| matches!(item.document, Document::PrivateKey(_));
        written.keys = items.iter().any(is_key).then_some(items);
        Ok(written)
    }

    /// Examines the objects of a sheet, of which the first has this number.
    fn examined<T: Default, E>(&self, items: &[Item], first: usize) -> Result<Written<T>, E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
    {
        let mut written = Written::at(first);
        let mut items = items.iter();
        items.try_for_each(|item| self.examine(item, &mut written))?;
        Ok(written)
    }

    /// The objects of a sheet, and those that could not be read.
    fn kept(&self, sheet: &Sheet<'_>) -> (Vec<Item>, Vec<Unread>) {
        let mut items = Vec::with_capacity(sheet.objects.len());
        let mut unread = Vec::new();
        for read in self.items(sheet) {
            match read {
                Ok(item) => items.push(item),
                Err(one) => unread.push(one),
            }
        }
        (items, unread)
    }

    /// Reads the objects of a sheet. Damage to the whole input is said with its first object.
    fn items<'a>(
        &self,
        sheet: &'a Sheet<'_>,
    ) -> impl Iterator<Item = Result<Item, Unread>> + use<'a, '_, R> {
        let password = self.password;
        let mut damage = match sheet.has_damage {
            true => sheet.opened.damage.as_slice(),
            false => &[],
        };
        sheet.objects.iter().map(move |object| {
            let read = Item::read(object, sheet.opened.container, password);
            let mut item = read
                .map(gather::with_exposure)
                .map_err(|error| gather::unreadable(object, error))?;
            item.damage
                .splice(0..0, std::mem::take(&mut damage).iter().cloned());
            Ok(item)
        })
    }

    fn examine<T, E>(&self, item: &Item, written: &mut Written<T>) -> Result<(), E>
    where
        R: Fn(Seen<'_>, &mut T) -> Result<(), E>,
    {
        let number = written.first + written.objects;
        let mut problems = verdict::examine_alone(item, &self.policy);
        let heaviest = problems.iter().map(Problem::severity).max();
        if self.comparing == Comparing::Outlines {
            written.outlines.push(Outline::of(item));
            written.problems.push(std::mem::take(&mut problems));
        }
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
