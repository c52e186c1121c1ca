//! Serial numbers, by one CRL or by all of a CA's in the cache.

mod place;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use ptl_cert::document::extension::{GeneralName, PointName, Scope};
use ptl_cert::document::{Certificate, Moment, Serial};
use ptl_cert::environment::Facts;
use ptl_cert::input::Source;
use ptl_cert::report::crl::Known;
use ptl_cert::report::crl::check::{self as report, Checked, SCHEMA};
use ptl_cert::report::crl::remedy;
use ptl_cert::report::inspection::Unread;
use ptl_cert::revocation::{Entry, Scan, SearchableCrl, Serials};
use ptl_cert::verdict::admission::{Authorities, genuine};

use super::super::issuers;
use super::said;
use crate::args::crl::Check;
use crate::args::parse;
use crate::world::World;
use place::{AGAIN, Place, within};

/// What one CRL says about serial numbers, once it is known to be genuine.
struct Searched {
    /// The entries about this CA's certificates, by serial number.
    hits: HashMap<Serial, Vec<Entry>>,
    /// Why a number that it does not have need not be good; `None` where the CRL is complete and in time.
    silent: Option<(String, &'static str)>,
    /// The certificates that alone it answers for; `None` where it answers for all of its CA's.
    limits: Option<String>,
}

/// How many serial numbers are looked for at a time where answers are not kept: some megabytes of them. Each time costs
/// a pass over a CRL without an index.
const BATCH: usize = 65_536;

/// Answers for every serial number that was given.
pub(super) fn check(args: &Check, world: &mut World) -> anyhow::Result<report::Check> {
    let mut answers = Vec::new();
    let mut report = ask(args, usize::MAX, world, |answer, _| {
        answers.push(answer);
        Ok(ControlFlow::Continue(()))
    })?;
    report.answers = answers;
    Ok(report)
}

/// Answers for every serial number that was given, and hands each answer on as soon as it is known. The report that is
/// left has none of them; with it comes the worst exit status of all.
pub(super) fn stream(
    args: &Check,
    world: &mut World,
    mut hand_on: impl FnMut(&Checked, &mut World) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<(report::Check, u8)> {
    let mut exit = 0;
    let report = ask(args, BATCH, world, |answer, world| {
        exit = exit.max(answer.exit);
        hand_on(&answer, world)
    })?;
    let exit = exit.max(report.exit());
    Ok((report, exit))
}

fn ask(
    args: &Check,
    batch: usize,
    world: &mut World,
    mut take: impl FnMut(Checked, &mut World) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<report::Check> {
    let mut unread = Vec::new();
    let asked = asked(args, &mut unread, world);
    let issuers = issuers(&args.issuer, &mut unread, world);
    let at = world.moment(args.at);
    let mut report = report::Check {
        schema: SCHEMA,
        at,
        crl: None,
        answers: Vec::new(),
        unread,
    };
    let Ok(issuers) = issuers else {
        return Ok(report);
    };
    let authorities = Authorities::new(&Facts::default(), &issuers, &[]);
    let known = &mut report.crl;
    within(args, &issuers, world, |place, world| {
        // Of no number at all the CRL is told all the same.
        let none = [asked.as_slice()];
        let batches = asked
            .chunks(batch)
            .chain(none.into_iter().filter(|all| all.is_empty()));
        for batch in batches {
            let serials = Serials::new(
                batch
                    .iter()
                    .flat_map(|one| [&one.number].into_iter().chain(&one.octets)),
            );
            let answer: Box<dyn Fn(&parse::Serial) -> Checked> = match place {
                Place::Nowhere(because, remedy) => {
                    let (because, remedy) = (because.clone(), *remedy);
                    Box::new(move |one| Checked::untold(one.number.clone(), &because, remedy))
                }
                Place::SearchableCrl(crl) => {
                    let searched = match crl.scan(&serials) {
                        Ok(scan) => {
                            // Its digest would cost a pass of its own, and nothing here is compared with it.
                            known.get_or_insert_with(|| Known::of(crl.header(), scan.entries_seen));
                            search(crl, scan, &authorities, at)
                        }
                        Err(error) => Err((said(error), AGAIN)),
                    };
                    Box::new(move |one| by_one(one, &searched))
                }
                Place::Cache(crls) => {
                    let one = |crl: &Result<SearchableCrl<'_>, (String, &'static str)>| match crl {
                        Ok(crl) => match crl.scan(&serials) {
                            Ok(scan) => search(crl, scan, &authorities, at),
                            Err(error) => Err((said(error), "fetch the list again")),
                        },
                        Err(why) => Err(why.clone()),
                    };
                    let searched: Vec<_> = crls.iter().map(one).collect();
                    Box::new(move |one| by_many(one, &searched))
                }
            };
            for serial in batch {
                if take(answer(serial), world)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })?;
    Ok(report)
}

/// The serial numbers of the command line and of the file, in their order. A line that is none is said and keeps the
/// answer from being good.
fn asked(args: &Check, unread: &mut Vec<Unread>, world: &World) -> Vec<parse::Serial> {
    let mut asked = args.serial.clone();
    let Some(path) = &args.serials else {
        return asked;
    };
    let source = match path == Path::new("-") {
        true => Source::Stdin,
        false => Source::File(path.clone()),
    };
    let mut miss = |message: String| {
        let source = source.clone();
        unread.push(Unread { source, message });
    };
    let bytes = match world.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            miss(said(error));
            return asked;
        }
    };
    let text = text(&bytes);
    let mut found = 0;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        found += 1;
        match parse::serial(line) {
            Ok(serial) => asked.push(serial),
            Err(error) => miss(format!(
                "{source}:{}: found {:?}, {error}",
                number + 1,
                line.chars().take(60).collect::<String>()
            )),
        }
    }
    // Whoever asks about nothing must not read that nothing is revoked.
    if found == 0 {
        miss(format!(
            "{source}: expected serial numbers, one a line, found none"
        ));
    }
    asked
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

/// What a CRL says, if it is genuine.
fn search(
    crl: &SearchableCrl<'_>,
    scan: Scan,
    authorities: &Authorities,
    at: Moment,
) -> Result<Searched, (String, &'static str)> {
    let issuer = genuine(crl, &scan, authorities, at).map_err(|refusal| {
        let remedy = remedy(&refusal);
        (said(refusal), remedy)
    })?;
    let header = crl.header();
    if header.this_update > at {
        return Err((
            format!("the list was made only later, at {}", header.this_update),
            "check this machine's clock, or ask for a moment after it with --at",
        ));
    }
    let silent = match header.next_update {
        None => Some((
            "the list does not say how long it is good".to_owned(),
            "get a list with a nextUpdate from its CA",
        )),
        Some(end) if end < at => Some((
            format!("the list is past its time: it was good until {end}"),
            "get the current list: ptl-cert crl update, or ptl-cert crl import FILE",
        )),
        Some(_) if header.base_number.is_some() => Some((
            "the list is a delta, and answers only together with the list it builds on".to_owned(),
            "give the complete list",
        )),
        Some(_) => None,
    };
    let point = header.issuing_distribution_point.as_ref();
    let silent = silent.or_else(|| {
        point.and_then(|point| point.reasons.as_ref()).map(|_| {
            (
                "the list has some reasons for revocation only".to_owned(),
                "give the list with all reasons",
            )
        })
    });
    let mut hits: HashMap<Serial, Vec<Entry>> = HashMap::new();
    for hit in scan.hits.into_iter().filter(|hit| is_about(hit, &issuer)) {
        hits.entry(hit.serial.clone()).or_default().push(hit);
    }
    Ok(Searched {
        hits,
        silent,
        limits: limits(crl),
    })
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

/// The certificates that alone a CRL answers for.
fn limits(crl: &SearchableCrl<'_>) -> Option<String> {
    let point = crl.header().issuing_distribution_point.as_ref()?;
    let kind = match point.scope {
        Scope::UserCertificates => "the end-entity certificates",
        Scope::CaCertificates => "the CA certificates",
        _ if point.name.is_none() => return None,
        _ => "those",
    };
    let names = match &point.name {
        None => return Some(kind.to_owned()),
        Some(PointName::RelativeToIssuer { resolved }) => resolved.to_string(),
        Some(PointName::Full { locations }) => {
            let names: Vec<String> = locations.iter().map(|at| at.name.to_string()).collect();
            names.join(" or ")
        }
    };
    Some(format!("{kind} that name the point {names}"))
}

/// The answer by one CRL: what it does not have is not revoked as far as it answers.
fn by_one(serial: &parse::Serial, searched: &Result<Searched, (String, &'static str)>) -> Checked {
    let shown = serial.number.clone();
    match searched {
        Err((because, remedy)) => Checked::untold(shown, because, remedy),
        Ok(crl) => match (crl.entry(serial), &crl.silent) {
            (Some(entry), None) => Checked::listed(shown, Some(entry), None),
            // No later list can take it back.
            (Some(entry), Some(_)) if entry.is_permanent() => {
                Checked::listed(shown, Some(entry), None)
            }
            (_, Some((because, remedy))) => Checked::untold(shown, because, remedy),
            (None, None) if crl.has_octets(serial) => ambiguous(serial),
            (None, None) => Checked::listed(shown, None, crl.limits.as_deref()),
        },
    }
}

/// The answer by all CRLs of the CA: one that has it decides; that none has it says something only where one of
/// them answers for all of the CA's certificates.
fn by_many(
    serial: &parse::Serial,
    searched: &[Result<Searched, (String, &'static str)>],
) -> Checked {
    let shown = serial.number.clone();
    let mut entries = searched.iter().flatten().filter_map(|crl| {
        let entry = crl.entry(serial)?;
        (crl.silent.is_none() || entry.is_permanent()).then_some(entry)
    });
    if let Some(entry) = entries.next() {
        return Checked::listed(shown, Some(entry), None);
    }
    if searched.iter().flatten().any(|crl| crl.has_octets(serial)) {
        return ambiguous(serial);
    }
    let complete = |crl: &&Searched| crl.silent.is_none() && crl.limits.is_none();
    if searched.iter().flatten().any(|crl| complete(&crl)) {
        return Checked::listed(shown, None, None);
    }
    let reason = searched.iter().find_map(|crl| match crl {
        Err((because, remedy)) => Some((because.as_str(), *remedy)),
        Ok(crl) => crl
            .silent
            .as_ref()
            .map(|(because, remedy)| (because.as_str(), *remedy)),
    });
    let (because, remedy) = match (searched.is_empty(), reason) {
        (true, _) => (
            "no list of that CA is in the cache",
            "ptl-cert crl update CERT, ptl-cert crl import FILE, or give the list with --crl FILE",
        ),
        (false, Some(reason)) => reason,
        (false, None) => (
            "the CA's lists are partitioned, and a serial number does not say which one is its own",
            "give the certificate: ptl-cert crl check CERT; or the right list with --crl FILE",
        ),
    };
    Checked::untold(shown, because, remedy)
}

impl Searched {
    /// Of several entries for one number the one that cannot be taken back.
    fn entry(&self, serial: &parse::Serial) -> Option<&Entry> {
        let entries = self.hits.get(&serial.number)?;
        let permanent = entries.iter().find(|entry| entry.is_permanent());
        permanent.or_else(|| entries.first())
    }

    /// Whether the CRL lists the negative number whose octets the digits may be.
    fn has_octets(&self, serial: &parse::Serial) -> bool {
        let octets = serial.octets.as_ref();
        octets.is_some_and(|octets| self.hits.contains_key(octets))
    }
}

/// That the digits may be meant in two ways, and that the CRL lists the other number.
fn ambiguous(serial: &parse::Serial) -> Checked {
    let number = &serial.number;
    let because = match &serial.octets {
        Some(negative) => format!(
            "the CRL lists the negative number {negative}, whose octets are {number} too; say which one is meant: \
             {negative}, or 00{number} for the positive number"
        ),
        None => "the digits may be meant in two ways".to_owned(),
    };
    Checked::untold(
        number.clone(),
        &because,
        "give the certificate: ptl-cert crl check CERT",
    )
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
