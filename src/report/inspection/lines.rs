//! The facts of one object as labelled lines.

use crate::document::extension::Scope;
use crate::document::{
    Certificate, Crl, Extensions, Kind, Moment, Name, Partial, PublicKey, Request,
};
use crate::wording::{count, span, with_family};

mod extensions;

use self::extensions::{critical, extensions, places};

/// A label and the text beside it; an empty label continues the one above.
pub(super) type Line = (&'static str, String);

pub(super) fn of_certificate(certificate: &Certificate, at: Moment) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if certificate.subject.attributes().count() > 1 || certificate.subject.common_name().is_none() {
        lines.push(("subject", or_empty(certificate.subject.to_string())));
    }
    lines.push(("issuer", or_empty(certificate.issuer.to_string())));
    lines.push(("serial", certificate.serial.to_string()));
    lines.push(("valid", validity(certificate, at)));
    lines.push(("key", certificate.key.algorithm.to_string()));
    lines.push((
        "signature",
        with_family(&certificate.signature.name, certificate.signature.hash),
    ));
    if !certificate.is_ca() || !certificate.alternative_names().is_empty() {
        lines.extend(names(
            &certificate.extensions,
            certificate.subject.common_name(),
        ));
    }
    lines.extend(extensions(&certificate.extensions));
    lines.extend(critical(&certificate.extensions).map(|names| ("critical", names)));
    if certificate.version != 3 {
        lines.push(("version", certificate.version.to_string()));
    }
    lines.push(("sha-256", certificate.sha256.to_string()));
    lines.push(("sha-1", certificate.sha1.to_string()));
    lines.push(("spki", certificate.key.spki_sha256.to_string()));
    lines
}

/// What could be read of an object, and which fields could not.
pub(super) fn of_partial(partial: &Partial) -> Vec<Line> {
    const UNREAD: &str = "not read";
    let mut lines: Vec<Line> = Vec::new();
    let name = |name: &Name| or_empty(name.to_string());
    lines.extend(partial.subject.as_ref().map(|read| ("subject", name(read))));
    lines.extend(partial.issuer.as_ref().map(|read| ("issuer", name(read))));
    let serial = partial.serial.as_ref();
    lines.extend(serial.map(|serial| ("serial", serial.to_string())));
    let moment = |moment: Option<Moment>| {
        moment.map_or_else(|| UNREAD.to_owned(), |moment| moment.date().to_string())
    };
    match partial.kind {
        Kind::Certificate => lines.push((
            "valid",
            format!(
                "{} to {}",
                moment(partial.not_before),
                moment(partial.not_after)
            ),
        )),
        Kind::Crl => lines.push(("issued", moment(partial.this_update))),
        _ => {}
    }
    lines.extend(partial.next_update.map(|next| ("next", moment(Some(next)))));
    let number = partial.number.as_ref();
    lines.extend(number.map(|number| ("number", format!("0x{number}"))));
    let key = partial.key.as_ref();
    lines.extend(key.map(|key| ("key", key.algorithm.to_string())));
    let signature = partial.signature.as_ref();
    lines.extend(signature.map(|read| ("signature", with_family(&read.name, read.hash))));
    if partial.kind == Kind::Certificate {
        let alternative = partial.extensions.alternative_names().iter();
        lines.extend(alternative.map(|name| ("names", name.to_string())));
        lines.extend(extensions(&partial.extensions));
    }
    let unread = partial.fields.iter();
    lines.extend(unread.map(|field| (UNREAD, field.field.clone())));
    lines.push(("sha-256", partial.sha256.to_string()));
    lines
}

pub(super) fn of_request(request: &Request) -> Vec<Line> {
    let signature = with_family(&request.signature.name, request.signature.hash);
    let is_supported = request.signature.is_supported();
    let verified = match (request.signature_valid, request.signature_unchecked) {
        (true, _) if is_supported => "verified",
        (true, _) => "verified, but its algorithm is not supported",
        (false, true) => "not checked: its algorithm is not supported",
        (false, false) => "DOES NOT VERIFY",
    };
    let mut lines = vec![
        ("subject", or_empty(request.subject.to_string())),
        ("key", request.key.algorithm.to_string()),
        ("signature", format!("{signature}, {verified}")),
    ];
    lines.extend(names(&request.extensions, request.subject.common_name()));
    lines.extend(extensions(&request.extensions));
    if request.challenge_password {
        lines.push(("attributes", "challenge password (not shown)".to_owned()));
    }
    lines.extend(
        request
            .other_attributes
            .iter()
            .map(|oid| ("attributes", oid.clone())),
    );
    lines.push(("sha-256", request.sha256.to_string()));
    lines.push(("spki", request.key.spki_sha256.to_string()));
    lines
}

pub(super) fn of_crl(crl: &Crl, at: Moment) -> Vec<Line> {
    let mut lines = vec![
        ("issuer", or_empty(crl.issuer.to_string())),
        ("issued", format!("{} UTC", crl.this_update.to_minute())),
    ];
    lines.push((
        "next",
        match crl.next_update {
            Some(next) => format!(
                "{} UTC, {}",
                next.to_minute(),
                until(next, at, "expired for")
            ),
            None => "none".to_owned(),
        },
    ));
    lines.push((
        "signature",
        with_family(&crl.signature.name, crl.signature.hash),
    ));
    if let Some(number) = &crl.number {
        lines.push(("number", format!("0x{number}")));
    }
    if let Some(base) = &crl.base_number {
        lines.push(("delta on", format!("number 0x{base}")));
    }
    if let Some(point) = &crl.issuing_distribution_point {
        let places = point.name.as_ref().map(places).unwrap_or_default();
        lines.extend(places.into_iter().map(|place| ("partition", place)));
        let scope = match point.scope {
            Scope::All => None,
            Scope::UserCertificates => Some("endpoint certificates only"),
            Scope::CaCertificates => Some("CA certificates only"),
            Scope::AttributeCertificates => Some("attribute certificates only"),
            Scope::Contradictory => Some("contradictory: it covers nothing"),
        };
        lines.extend(scope.map(|scope| ("scope", scope.to_owned())));
        if let Some(reasons) = &point.reasons {
            lines.push(("reasons", join(reasons)));
        }
        if point.indirect {
            lines.push((
                "scope",
                "indirect: may list other issuers' certificates".to_owned(),
            ));
        }
    }
    if let Some(key) = crl
        .authority_key_identifier
        .as_ref()
        .and_then(|identifier| identifier.key.as_ref())
    {
        lines.push(("issuer key", key.to_string()));
    }
    lines.push((
        "length",
        format!("{}; entries not read", count(crl.length as i64, "byte")),
    ));
    lines
}

pub(super) fn of_public_key(key: &PublicKey) -> Vec<Line> {
    vec![
        ("key", key.algorithm.to_string()),
        ("spki", key.spki_sha256.to_string()),
    ]
}

fn or_empty(text: String) -> String {
    if text.is_empty() {
        "(empty)".to_owned()
    } else {
        text
    }
}

/// `expired 761 days ago`, `88 days left`.
pub(super) fn until(end: Moment, at: Moment, over: &str) -> String {
    match end < at {
        true if over == "expired" => format!("expired {} ago", span(at.days_since(end))),
        true => format!("{over} {}", span(at.days_since(end))),
        false => format!("{} left", span(end.days_since(at))),
    }
}

fn validity(certificate: &Certificate, at: Moment) -> String {
    let (from, to) = (certificate.not_before, certificate.not_after);
    let state = match (to < from, at < from) {
        (true, _) => "expires before it becomes valid".to_owned(),
        (false, true) => format!("not yet valid, starts in {}", span(from.days_since(at))),
        (false, false) => until(to, at, "expired"),
    };
    format!("{} → {} UTC, {state}", from.to_minute(), to.to_minute())
}

fn names(extensions: &Extensions, common_name: Option<&str>) -> Vec<Line> {
    let absent = !extensions.names_alternatives();
    match (extensions.alternative_names(), common_name) {
        ([], Some(_)) if absent => vec![("names", "CN only, no subjectAltName".to_owned())],
        ([], None) if absent => vec![("names", "none".to_owned())],
        ([], _) if extensions.has_malformed_alternative_names() => {
            vec![("names", "subjectAltName that cannot be read".to_owned())]
        }
        ([], _) => vec![("names", "subjectAltName that is empty".to_owned())],
        (all, _) => all.iter().map(|name| ("names", name.to_string())).collect(),
    }
}

fn join<T: ToString>(things: &[T]) -> String {
    things
        .iter()
        .map(T::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
