//! Made-up certificates: what a server would say about a client of a partition whose clients were not given, and about a root,
//! which the OpenSSL that is asked here takes for granted and OpenSSL 3.0 looks up.

use crate::document::der::{self, Malformed, Misread};
use crate::document::{Certificate, Crl, Moment};

const SEQUENCE: u8 = 0x30;
/// The OID of cRLDistributionPoints.
const POINTS: &[u8] = &[0x55, 29, 31];

/// A certificate of this CA for the distribution point that the CRL names, with a signature that says nothing.
pub(super) fn client(ca: &Certificate, crl: Option<&[u8]>, at: Moment) -> Option<Certificate> {
    let crl = crl?;
    let point = point_of(crl).ok()?;
    let point = point.map(|point| der::wrap(SEQUENCE, &der::wrap(SEQUENCE, point)));
    let points = point.map(|points| extension(POINTS, &points));
    made(ca, crl, &points.unwrap_or_default(), at)
}

/// A certificate of this CA that names no distribution point. The CRL shows how the CA signs.
pub(super) fn client_of_no_point(
    ca: &Certificate,
    crl: Option<&[u8]>,
    at: Moment,
) -> Option<Certificate> {
    made(ca, crl?, &[], at)
}

/// A CA's certificate with the distribution points of this root, as if the root had issued it. The CRL shows how the root signs.
pub(super) fn root(root: &Certificate, crl: Option<&[u8]>, at: Moment) -> Option<Certificate> {
    let own = super::shape::extensions_of(root).unwrap_or_default();
    let points = own.iter().filter(|one| one.oid == POINTS);
    let points = points.flat_map(|points| extension(POINTS, points.value));
    // cA of BasicConstraints.
    let ca = extension(&[0x55, 29, 19], &[SEQUENCE, 3, 1, 1, 0xff]);
    let extensions: Vec<u8> = ca.into_iter().chain(points).collect();
    made(root, crl?, &extensions, at)
}

fn made(ca: &Certificate, crl: &[u8], of_kind: &[u8], at: Moment) -> Option<Certificate> {
    Certificate::read(&make(ca, crl, of_kind, at).ok()?).ok()
}

fn make(ca: &Certificate, crl: &[u8], of_kind: &[u8], at: Moment) -> Result<Vec<u8>, Misread> {
    let outer: Vec<der::Element<'_>> =
        der::elements(der::only(ca.der(), SEQUENCE)?).collect::<Result<_, _>>()?;
    let tbs = outer.first().ok_or(Malformed)?;
    let fields: Vec<der::Element<'_>> = der::elements(tbs.content).collect::<Result<_, _>>()?;
    // version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo; version 1 has no first field.
    let skip = usize::from(fields.first().is_some_and(|first| first.identifier == 0xa0));
    let field = |number: usize| {
        fields
            .get(skip + number)
            .map(|field| field.raw)
            .ok_or(Malformed)
    };
    let (subject, key) = (field(4)?, field(5)?);
    // OpenSSL takes no CA for the issuer whose key cannot have made such a signature; the CRL's it has made.
    let algorithm = Crl::read_parts(crl)?.1.algorithm;
    let mut extensions = Vec::new();
    if let Some(identifier) = ca.extensions.subject_key_identifier.as_ref() {
        let key = der::wrap(0x80, identifier.value.as_bytes());
        extensions.extend(extension(&[0x55, 29, 35], &der::wrap(SEQUENCE, &key)));
    }
    extensions.extend_from_slice(of_kind);
    let mut content = der::wrap(0xa0, &[2, 1, 2]);
    // Longer than any serial number that a CA may use (RFC 5280 section 4.1.2.2: 20 octets).
    content.extend(der::wrap(0x02, &[0x5a; 24]));
    content.extend_from_slice(algorithm);
    content.extend_from_slice(subject);
    const DAY: i64 = 24 * 60 * 60;
    let times = [time(at.unix() - DAY), time(at.unix() + DAY)].concat();
    content.extend(der::wrap(SEQUENCE, &times));
    let name = der::wrap(0x0c, b"a client");
    let attribute = der::wrap(SEQUENCE, &[&[6, 3, 0x55, 4, 3], name.as_slice()].concat());
    content.extend(der::wrap(SEQUENCE, &der::wrap(0x31, &attribute)));
    content.extend_from_slice(key);
    if !extensions.is_empty() {
        content.extend(der::wrap(0xa3, &der::wrap(SEQUENCE, &extensions)));
    }
    let mut certificate = der::wrap(SEQUENCE, &content);
    certificate.extend_from_slice(algorithm);
    certificate.extend(der::wrap(0x03, &[0; 33]));
    Ok(der::wrap(SEQUENCE, &certificate))
}

fn extension(oid: &[u8], value: &[u8]) -> Vec<u8> {
    let content = [der::wrap(0x06, oid), der::wrap(0x04, value)].concat();
    der::wrap(SEQUENCE, &content)
}

fn time(unix: i64) -> Vec<u8> {
    // 2026-11-28T12:00:00Z
    let text = Moment::from_unix(unix).map(|moment| moment.to_string());
    let text = text.unwrap_or_default();
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).take(14).collect();
    der::wrap(0x18, &[digits.as_slice(), b"Z"].concat())
}

/// The distributionPoint field of the CRL's issuing distribution point, which is encoded as a certificate's.
fn point_of(crl: &[u8]) -> Result<Option<&[u8]>, Misread> {
    let (_, parts) = Crl::read_parts(crl)?;
    let fields: Vec<der::Element<'_>> =
        der::elements(der::only(parts.signed, SEQUENCE)?).collect::<Result<_, _>>()?;
    let Some(extensions) = fields.iter().find(|field| field.identifier == 0xa0) else {
        return Ok(None);
    };
    for extension in der::elements(der::only(extensions.content, SEQUENCE)?) {
        let parts: Vec<der::Element<'_>> =
            der::elements(extension?.content).collect::<Result<_, _>>()?;
        let is_point = parts
            .first()
            .is_some_and(|oid| oid.content == [0x55, 29, 28]);
        if let (true, Some(value)) = (is_point, parts.last()) {
            let mut fields = der::elements(der::only(value.content, SEQUENCE)?);
            let first = fields.next().transpose()?;
            return Ok(first
                .filter(|first| first.identifier == 0xa0)
                .map(|first| first.raw));
        }
    }
    Ok(None)
}
