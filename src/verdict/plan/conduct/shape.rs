//! The form of a CRL: what a server's own reader makes of it depends on octets that ours reads past.

use std::collections::{HashMap, HashSet};

use crate::document::crl::{Parts, read_time};
use crate::document::der::{self, Malformed, Misread};
use crate::document::{Certificate, Crl, Moment, shortest};

/// So many unusual entries are kept for the servers' readers; a CRL with more of them is kept whole.
const UNUSUAL_KEPT: usize = 4096;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const EXTENSIONS: u8 = 0xa0;

/// An entry as it lies in the CRL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The serial number's contents octets.
    pub(super) serial: &'a [u8],
    /// The revocation date, header included.
    pub(super) time: &'a [u8],
    /// The contents of crlEntryExtensions; empty where it is absent.
    pub(super) extensions: &'a [u8],
    /// The whole entry.
    pub(super) raw: &'a [u8],
}

/// What one pass over a CRL's bytes shows.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    /// The same CRL without the entries that every reader accepts, unless their serial number is asked for. Its
    /// signature never fits.
    pub(super) cut: Vec<u8>,
    /// The entries that are not as nearly all are, and those that were asked for.
    pub(super) kept: Vec<Line<'a>>,
    /// The first entry whose date is later than the moment.
    pub(super) later: Option<(Line<'a>, Moment)>,
    /// thisUpdate and nextUpdate, headers included.
    pub(super) times: Vec<&'a [u8]>,
    /// The extensions of the CRL: OID contents, criticality, value.
    pub(super) extensions: Vec<Extension<'a>>,
}

/// An extension as it lies in the CRL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extension<'a> {
    pub(super) oid: &'a [u8],
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
}

impl<'a> Shape<'a> {
    /// Goes over the CRL once, looking for `serials` and for dates after `at`.
    pub(super) fn read(
        bytes: &'a [u8],
        serials: &HashSet<Vec<u8>>,
        at: Moment,
    ) -> Result<Shape<'a>, Misread> {
        let (_, parts) = Crl::read_parts(bytes)?;
        let mut kept = Vec::new();
        let mut later = None;
        let mut unusual = 0usize;
        for line in lines(parts.entries) {
            let line = line?;
            let is_usual = line.is_usual();
            if later.is_none()
                && let Ok(date) = read_time(line.time)
                && date > at
            {
                later = Some((line, date));
            }
            unusual += usize::from(!is_usual);
            if !is_usual || serials.contains(shortest(line.serial)) {
                kept.push(line);
            }
        }
        let whole = unusual > UNUSUAL_KEPT;
        let fields: Vec<der::Element<'_>> =
            der::elements(der::only(parts.signed, SEQUENCE)?).collect::<Result<_, _>>()?;
        let mut cut = match whole {
            true => bytes.to_vec(),
            false => without_usual(&fields, &parts, &kept),
        };
        // The last octet is the signature's: one that never fits is always complained of, which tells the CRL that was chosen.
        cut.last_mut().into_iter().for_each(|last| *last ^= 1);
        let times = fields
            .iter()
            .filter(|field| matches!(field.identifier, 0x17 | 0x18));
        let extensions = fields.iter().find(|field| field.identifier == EXTENSIONS);
        let extensions = match extensions {
            Some(extensions) => read_extensions(der::only(extensions.content, SEQUENCE)?)?,
            None => Vec::new(),
        };
        Ok(Shape {
            times: times.map(|field| field.raw).collect(),
            cut,
            kept,
            later,
            extensions,
        })
    }
}

/// The entries of a CRL.
pub(super) fn lines(entries: &[u8]) -> impl Iterator<Item = Result<Line<'_>, Malformed>> {
    der::elements(entries).map(|entry| Line::read(entry?))
}

impl<'a> Line<'a> {
    fn read(entry: der::Element<'a>) -> Result<Line<'a>, Malformed> {
        let mut fields = der::elements(entry.content);
        let serial = fields.next().ok_or(Malformed)??;
        let time = fields.next().ok_or(Malformed)??;
        let extensions = match fields.next().transpose()? {
            Some(extensions) if extensions.identifier == SEQUENCE => extensions.content,
            Some(_) => return Err(Malformed),
            None => &[],
        };
        if serial.identifier != INTEGER || entry.identifier != SEQUENCE || fields.next().is_some() {
            return Err(Malformed);
        }
        Ok(Line {
            serial: serial.content,
            time: time.raw,
            extensions,
            raw: entry.raw,
        })
    }

    /// Whether it is as nearly all are: a positive number in its shortest form, a UTCTime with seconds and `Z`, and at
    /// most a plain reason other than removeFromCRL.
    fn is_usual(&self) -> bool {
        let serial = matches!(self.serial, [0x01..=0x7f, ..] | [0, 0x80..=0xff, ..]);
        let time = matches!(self.time, [UTC_TIME, 13, digits @ .., b'Z'] if digits.iter().all(u8::is_ascii_digit));
        let reason = matches!(
            self.extensions,
            [] | [0x30, 10, 6, 3, 0x55, 29, 21, 4, 3, 10, 1, 0..=6 | 9 | 10]
        );
        serial && time && reason && read_time(self.time).is_ok()
    }

    pub(super) fn read_extensions(&self) -> Result<Vec<Extension<'a>>, Malformed> {
        read_extensions(self.extensions)
    }

    /// Whether it takes the certificate off the CRL (reason removeFromCRL), which only a delta may.
    pub(super) fn removes(&self) -> bool {
        self.has_reason(8)
    }

    /// Whether it puts the certificate on hold, which a delta may lift.
    fn holds(&self) -> bool {
        self.has_reason(6)
    }

    fn has_reason(&self, number: u8) -> bool {
        self.read_extensions().is_ok_and(|extensions| {
            extensions
                .iter()
                .any(|one| one.oid == [0x55, 29, 21] && one.value == [10, 1, number])
        })
    }
}

fn read_extensions(content: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    der::elements(content)
        .map(|element| {
            let mut fields = der::elements(element?.content);
            let oid = fields.next().ok_or(Malformed)??;
            let mut value = fields.next().ok_or(Malformed)??;
            let mut critical = false;
            if value.identifier == 0x01 {
                critical = value.content.iter().any(|octet| *octet != 0);
                value = fields.next().ok_or(Malformed)??;
            }
            Ok(Extension {
                oid: oid.content,
                critical,
                value: value.content,
            })
        })
        .collect()
}

/// The extensions of a certificate (RFC 5280 section 4.1); `None` where there are none that read.
pub(super) fn extensions_of(certificate: &Certificate) -> Option<Vec<Extension<'_>>> {
    /// `extensions [3]`.
    const TAGGED: u8 = 0xa3;
    let (signed, _) = certificate.signed()?;
    let fields = der::elements(der::only(signed, SEQUENCE).ok()?);
    let field = fields
        .filter_map(Result::ok)
        .find(|field| field.identifier == TAGGED)?;
    read_extensions(der::only(field.content, SEQUENCE).ok()?).ok()
}

fn without_usual(fields: &[der::Element<'_>], parts: &Parts<'_>, kept: &[Line<'_>]) -> Vec<u8> {
    let mut tbs = Vec::new();
    let mut sequences = 0;
    for field in fields {
        sequences += usize::from(field.identifier == SEQUENCE);
        // The algorithm and the issuer are sequences too, and come before the entries.
        if field.identifier == SEQUENCE && sequences > 2 {
            continue;
        }
        if field.identifier == EXTENSIONS {
            tbs.extend(entries(kept));
        }
        tbs.extend_from_slice(field.raw);
    }
    if !fields.iter().any(|field| field.identifier == EXTENSIONS) {
        tbs.extend(entries(kept));
    }
    let mut crl = der::wrap(SEQUENCE, &tbs);
    crl.extend_from_slice(parts.algorithm);
    crl.extend(der::wrap(0x03, parts.signature));
    der::wrap(SEQUENCE, &crl)
}

fn entries(kept: &[Line<'_>]) -> Vec<u8> {
    let content: Vec<u8> = kept.iter().flat_map(|line| line.raw).copied().collect();
    match content.is_empty() {
        true => content,
        false => der::wrap(SEQUENCE, &content),
    }
}

/// The serial numbers in a CRL, each with whether its last entry takes it off the CRL (reason removeFromCRL).
pub(super) fn changes(crl: &[u8]) -> Result<HashMap<&[u8], bool>, Misread> {
    let (_, parts) = Crl::read_parts(crl)?;
    let mut changes = HashMap::new();
    for line in lines(parts.entries) {
        let line = line?;
        changes.insert(shortest(line.serial), line.removes());
    }
    Ok(changes)
}

/// Those of some serial numbers that are in a CRL, each with whether its last entry puts it on hold. One that the last entry takes off
/// is not in it.
pub(super) fn found<'s>(
    crl: &[u8],
    serials: &HashSet<&'s [u8]>,
) -> Result<HashMap<&'s [u8], bool>, Misread> {
    let (_, parts) = Crl::read_parts(crl)?;
    let mut found = HashMap::new();
    for line in lines(parts.entries) {
        let line = line?;
        if let Some(known) = serials.get(shortest(line.serial)) {
            match line.removes() {
                true => found.remove(known),
                false => found.insert(*known, line.holds()),
            };
        }
    }
    Ok(found)
}
