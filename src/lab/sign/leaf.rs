//! Endpoint certificates.

use super::{Names, Order};
use crate::document::{Moment, PrivateKey};
use crate::lab::authority::Issuer;
use crate::lab::crl::PublishedCrl;
use crate::lab::environment::Generation;
use crate::lab::identity::{Party, key_name};
use crate::lab::keys::spare;
use crate::lab::write::extension::Critical;
use crate::lab::write::{Digest, Dn, Draft, Extension, Point, serial, shifted};
use crate::lab::{Defect, Lab, LabError};

const DAY: i64 = 24 * 60 * 60;
/// How long endpoint certificates live: the NHS's do two to three years.
const LEAF_DAYS: i64 = 90;
/// By how much they begin earlier than they are made, for clocks that are behind.
const EARLIER: i64 = 10 * 60;

/// The policy that endpoint certificates are issued under, below the number for documentation (RFC 5612), so that
/// nothing takes it for the NHS's.
const POLICY: &str = "1.3.6.1.4.1.32473.1275.101.0.3.1.1";
/// keyUsage (RFC 5280 section 4.2.1.3).
const DIGITAL_SIGNATURE: u8 = 0;
const KEY_ENCIPHERMENT: u8 = 2;
/// extendedKeyUsage, below id-kp.
const SERVER_AUTH: u8 = 1;
const CLIENT_AUTH: u8 = 2;

/// What a leaf is made of that defects may change.
struct Leaf<'a> {
    issuer: &'a Issuer<'a>,
    key_info: &'a [u8],
    names: Names,
    serial: Vec<u8>,
    not_before: Moment,
    not_after: Moment,
    base_url: &'a str,
}

/// The certificate that answers an order, and its serial number.
pub(super) fn answer(
    lab: &Lab,
    order: &Order<'_>,
    issuer: &Issuer<'_>,
    common_name: &str,
) -> Result<(Vec<u8>, Vec<u8>), LabError> {
    let other = |name| Ok::<_, LabError>(lab.keys().named(name)?.public_key().info());
    let key_info = match () {
        () if order.has(Defect::WeakKey) => other(spare::WEAK)?,
        () if order.has(Defect::KeyMismatch) || order.has(Defect::SelfSigned) => {
            other(spare::OTHER)?
        }
        () => order.request.key.info(),
    };
    let names = names(order, common_name);
    let serial = apart(lab, order, issuer, order.serial(issuer, key_info, &names))?;
    let serial = odd_serial(order, serial);
    let (not_before, not_after) = dates(order, issuer);
    let leaf = Leaf {
        issuer,
        key_info,
        names,
        serial: serial.clone(),
        not_before,
        not_after,
        base_url: lab.base_url(),
    };
    let subject = match () {
        () if order.has(Defect::NoName) => Dn::empty(),
        () => Dn::device(&leaf.names.common_name),
    };
    let mut extensions = leaf.extensions();
    change(order, &leaf, &mut extensions);
    let digest = match () {
        () if order.has(Defect::Md5Signature) => Digest::Md5,
        () if order.has(Defect::Sha1Signature) => Digest::Sha1,
        () => issuer.authority.signs_with(),
    };
    let (issuer_name, signer) = match () {
        () if order.has(Defect::SelfSigned) => (subject.der(), lab.keys().named(spare::OTHER)?),
        () if order.has(Defect::SiblingIssuer) => {
            (issuer.name.der(), lab.keys().named(spare::SIBLING)?)
        }
        () => (issuer.name.der(), issuer.key),
    };
    let draft = Draft {
        serial: leaf.serial,
        issuer: issuer_name,
        subject: subject.der(),
        not_before,
        not_after,
        key: key_info.to_vec(),
        extensions,
        digest,
        claimed: order
            .has(Defect::SignatureMismatch)
            .then_some(Digest::Sha384),
    };
    let mut certificate = draft.sign(signer)?;
    if order.has(Defect::BadSignature)
        && let Some(last) = certificate.last_mut()
    {
        *last ^= 1;
    }
    Ok((certificate, serial))
}

/// A sound certificate of another host and key from the same CA.
pub(super) fn of_another_host(
    lab: &Lab,
    order: &Order<'_>,
    issuer: &Issuer<'_>,
) -> Result<Vec<u8>, LabError> {
    let key = lab.keys().named(spare::OTHER)?;
    let name = ANOTHER_HOST.to_owned();
    let names = Names {
        alternative: vec![name.clone()],
        common_name: name,
    };
    of_host(issuer, key, &names, order.at, lab.base_url())
}

/// A host that no request is for.
const ANOTHER_HOST: &str = "another.lab.thirdparty.nhs.uk";

/// A sound certificate for a host of ours, from a moment until its CA's end.
pub(in crate::lab) fn of_host(
    issuer: &Issuer<'_>,
    key: &PrivateKey,
    names: &Names,
    from: Moment,
    base_url: &str,
) -> Result<Vec<u8>, LabError> {
    let key_info = key.public_key().info();
    let leaf = Leaf {
        issuer,
        key_info,
        serial: serial_of_host(issuer, key, &names.common_name, from),
        names: names.clone(),
        not_before: shifted(from, -EARLIER),
        not_after: issuer.not_after,
        base_url,
    };
    let draft = Draft {
        issuer: issuer.name.der(),
        subject: Dn::device(&leaf.names.common_name).der(),
        not_before: leaf.not_before,
        not_after: leaf.not_after,
        key: key_info.to_vec(),
        extensions: leaf.extensions(),
        digest: issuer.authority.signs_with(),
        claimed: None,
        serial: leaf.serial,
    };
    draft.sign(issuer.key)
}

fn serial_of_host(issuer: &Issuer<'_>, key: &PrivateKey, host: &str, from: Moment) -> Vec<u8> {
    serial(
        16,
        &[
            issuer.id.to_string().as_bytes(),
            issuer.key.public_key().info(),
            key.public_key().info(),
            host.as_bytes(),
            from.to_string().as_bytes(),
        ],
    )
}

/// A serial number by which a supplier's certificate is in another partition than that of the environment's caller, as
/// most are: a server that has the CRL of its own partition only refuses that caller, in every rehearsal.
fn apart(
    lab: &Lab,
    order: &Order<'_>,
    issuer: &Issuer<'_>,
    mut serial: Vec<u8>,
) -> Result<Vec<u8>, LabError> {
    let caller = lab
        .keys()
        .named(key_name(Party::Caller, order.environment))?;
    let host = Party::Caller.host(order.environment);
    let partition = |serial: &[u8]| PublishedCrl::of(&issuer.id, Some(serial)).partition();
    let callers = partition(&serial_of_host(issuer, caller, host, lab.created()));
    if callers.is_some()
        && callers == partition(&serial)
        && let Some(last) = serial.last_mut()
    {
        *last ^= 1;
    }
    Ok(serial)
}

impl Leaf<'_> {
    /// What the NHS's have, each generation in its order.
    fn extensions(&self) -> Vec<Extension> {
        let authority_key = Extension::authority_key(self.issuer.key.public_key().info());
        let place = PublishedCrl::of(&self.issuer.id, Some(&self.serial));
        let points = Extension::distribution_points(&place.points_in_certificates(self.base_url));
        let second = self.issuer.authority.generation == Generation::G2;
        let critical = if second { Critical::Yes } else { Critical::No };
        let mut extensions = vec![
            Extension::key_usage(&[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT], critical),
            Extension::extended_usage(&[SERVER_AUTH, CLIENT_AUTH]),
            Extension::policy(POLICY, None),
        ];
        if second {
            let issuer = format!("{}{}", self.base_url, self.issuer.certificate_path());
            let responder = format!("{}/ocsp", self.base_url);
            extensions.push(Extension::information(&issuer, &responder));
        }
        extensions.extend([
            points,
            authority_key,
            Extension::subject_key(self.key_info),
            Extension::end_entity(),
        ]);
        if !self.names.alternative.is_empty() {
            let names = self.names.alternative.iter().map(String::as_str);
            extensions.push(Extension::dns_names(names));
        }
        if !second {
            extensions.push(Extension::entrust_version());
        }
        extensions
    }
}

fn names(order: &Order<'_>, common_name: &str) -> Names {
    let asked: Vec<String> = order.request.dns_names().map(str::to_owned).collect();
    let mut names = Names {
        common_name: common_name.to_owned(),
        alternative: asked,
    };
    let says_more = names
        .alternative
        .iter()
        .any(|name| !name.eq_ignore_ascii_case(common_name));
    match order.generation {
        Generation::G2 if names.alternative.is_empty() => {
            names.alternative.push(common_name.to_owned());
        }
        Generation::G2 => {}
        _ if says_more => {}
        _ => names.alternative.clear(),
    }
    if order.has(Defect::WrongName) {
        names.common_name = ANOTHER_HOST.to_owned();
        names.alternative = vec![ANOTHER_HOST.to_owned()];
    }
    if order.has(Defect::WildcardName)
        && let Some((_, domain)) = common_name.split_once('.')
    {
        names.common_name = format!("*.{domain}");
        names.alternative = vec![names.common_name.clone()];
    }
    if order.has(Defect::NamesLeftOut) {
        names.alternative = vec![common_name.to_owned()];
    }
    if order.has(Defect::NoSan) || order.has(Defect::NoName) {
        names.alternative.clear();
    }
    if order.has(Defect::CnNotSan) {
        names.alternative = vec![ANOTHER_HOST.to_owned()];
    }
    names
}

fn odd_serial(order: &Order<'_>, serial: Vec<u8>) -> Vec<u8> {
    let long = |octets: usize| -> Vec<u8> { serial.iter().copied().cycle().take(octets).collect() };
    match () {
        () if order.has(Defect::SerialNegative) => [&[0x80], serial.as_slice()].concat(),
        () if order.has(Defect::SerialZero) => vec![0],
        () if order.has(Defect::SerialTwentyOctets) => long(20),
        () if order.has(Defect::SerialTooLong) => long(21),
        () => serial,
    }
}

fn dates(order: &Order<'_>, issuer: &Issuer<'_>) -> (Moment, Moment) {
    let days = |days: i64| shifted(order.at, days * DAY);
    let begin = shifted(order.at, -EARLIER);
    match () {
        () if order.has(Defect::Expired) => (days(-LEAF_DAYS), days(-1)),
        () if order.has(Defect::NotYetValid) => (days(1), days(LEAF_DAYS)),
        () if order.has(Defect::ExpiresSoon) => (begin, days(14)),
        // A CA made for a defect may be over: the certificate itself is not to be.
        () if !issuer.id.is_sound() => (begin, days(LEAF_DAYS)),
        () => (begin, days(LEAF_DAYS).min(issuer.not_after)),
    }
}

/// What defects do to the extensions.
fn change(order: &Order<'_>, leaf: &Leaf<'_>, extensions: &mut Vec<Extension>) {
    const KEY_USAGE: &str = "2.5.29.15";
    const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    const DISTRIBUTION_POINTS: &str = "2.5.29.31";
    const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    const AUTHORITY_KEY: &str = "2.5.29.35";
    let mut replace = |oid: &str, new: Option<Extension>| {
        let place = extensions.iter().position(|known| known.oid() == oid);
        match (place, new) {
            (Some(place), Some(new)) => {
                if let Some(known) = extensions.get_mut(place) {
                    *known = new;
                }
            }
            (Some(place), None) => drop(extensions.remove(place)),
            (None, new) => extensions.extend(new),
        }
    };
    for defect in order.defects {
        match defect {
            Defect::NoServerAuth => replace(
                EXTENDED_KEY_USAGE,
                Some(Extension::extended_usage(&[CLIENT_AUTH])),
            ),
            Defect::NoClientAuth => replace(
                EXTENDED_KEY_USAGE,
                Some(Extension::extended_usage(&[SERVER_AUTH])),
            ),
            Defect::NoExtendedKeyUsage => replace(EXTENDED_KEY_USAGE, None),
            // OpenSSL takes it for self-signed only if the key that it names is its own (`X509_check_akid`).
            Defect::SelfSigned => {
                let own = Extension::authority_key(leaf.key_info);
                replace(AUTHORITY_KEY, Some(own));
            }
            Defect::MalformedExtension => {
                replace(EXTENDED_KEY_USAGE, Some(Extension::malformed()));
            }
            Defect::NoDigitalSignature => {
                let usage = Extension::key_usage(&[KEY_ENCIPHERMENT], Critical::No);
                replace(KEY_USAGE, Some(usage));
            }
            Defect::NoDistributionPoint => replace(DISTRIBUTION_POINTS, None),
            Defect::LdapDistributionPoint => {
                let url = "ldap:///CN=CRL1,O=lab?certificateRevocationList".to_owned();
                let points = Extension::distribution_points(&[Point::Url(url)]);
                replace(DISTRIBUTION_POINTS, Some(points));
            }
            Defect::LeafIsCa => {
                let authority = Extension::authority(Critical::Yes, None);
                replace(BASIC_CONSTRAINTS, Some(authority));
            }
            Defect::PrivateKeyPeriodOver => {
                let over = shifted(order.at, -60);
                let period = Extension::private_key_period(leaf.not_before, over);
                replace("2.5.29.16", Some(period));
            }
            Defect::UnknownCritical => replace("", Some(Extension::unknown())),
            Defect::RepeatedExtension => {
                let again = Extension::subject_key(leaf.key_info);
                replace("", Some(again));
            }
            _ => {}
        }
    }
}
