//! PKCS#12 files (.pfx, .p12): every bag of them, with its names.
//!
//! OpenSSL's own function returns one key, no CRLs and no names, and says of a wrong password what it says of a cipher it
//! does not have. So the structure (RFC 7292) is walked here; the cryptography is OpenSSL's. What all of it costs is
//! added up before any of it is done.

use std::borrow::Cow;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::super::bytes::Slice;
use super::super::der::{self, SEQUENCE, Walk};
use super::super::encoded_object::{Claim, Tags};
use super::super::error::{
    Algorithms, Damage, DerError, EncodedObjectError, OpenError, ProtectionError,
};
use super::super::open::Opening;
use super::super::pbe::{INTEGER, Mac, OBJECT_IDENTIFIER, OCTET_STRING, Scheme, Secret};
use super::super::{Container, EncodedObject, ber};

const CONTEXT_0: u8 = 0xa0;
const SET: u8 = 0x31;
const BMP_STRING: u8 = 0x1e;

/// Contents of the OBJECT IDENTIFIERs that the walk has to know: content types of PKCS#7, bags (the last number of
/// 1.2.840.113549.1.12.10.1), and attributes of PKCS#9.
const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const ENCRYPTED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06";
const BAGS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";
const X509_CERTIFICATE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
const X509_CRL: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x17\x01";
const FRIENDLY_NAME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14";
const LOCAL_KEY_ID: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15";

/// How deeply bags may be nested; no known program nests any.
const NESTING_LIMIT: usize = 8;

/// Opens a PKCS#12 file. Without a password, and where the one that was given does not fit, the empty and the absent one
/// are tried (RFC 7292 appendix B.1 makes them two).
pub(in crate::decode) fn members<'a>(
    bytes: &[u8],
    opening: &Opening<'_>,
) -> Result<Vec<EncodedObject<'a>>, OpenError> {
    let mut algorithms = Algorithms::default();
    let damaged = |algorithms: &Algorithms, source| match source {
        ProtectionError::Work(work) => OpenError::TooManyRounds(work),
        source => OpenError::Pkcs12 {
            algorithms: algorithms.clone(),
            source,
        },
    };
    let der = whole(bytes).map_err(|error| damaged(&algorithms, error))?;
    let (mac, contents) = read_pfx(&der).map_err(|error| damaged(&algorithms, error))?;
    algorithms.integrity = mac.as_ref().map(|mac| mac.name.clone());
    let safe = whole(contents).map_err(|error| damaged(&algorithms, error))?;
    let safes = read_safes(&safe).map_err(|error| damaged(&algorithms, error))?;
    for safe in &safes {
        safe.name(&mut algorithms);
    }
    let failed = |error| damaged(&algorithms, error);

    // All that can be seen from outside is paid for before any of it is done, and each further try too.
    let check = match &mac {
        Some(mac) => mac.cost(),
        None => first_cost(&safes).map_err(failed)?,
    };
    let mut cost = check;
    for safe in &safes {
        cost = cost.saturating_add(safe.cost().map_err(failed)?);
    }
    opening.limits.work.spend(cost)?;

    let candidates = candidates(opening)?;
    let mut fitting = None;
    for (number, candidate) in candidates.iter().enumerate() {
        if number > 0 && opening.limits.work.spend(check).is_err() {
            break;
        }
        let fits = match &mac {
            Some(mac) => mac.fits(contents, &candidate.secret).map_err(failed)?,
            None => opens(&safes, &candidate.secret).map_err(failed)?,
        };
        if fits {
            fitting = Some(candidate);
            break;
        }
    }
    let Some(candidate) = fitting else {
        return Err(match opening.password {
            None => OpenError::PasswordNeeded { algorithms },
            Some(password) if std::str::from_utf8(password.of_store()).is_err() => {
                OpenError::PasswordNotText
            }
            Some(_) => OpenError::WrongPassword { algorithms },
        });
    };
    let mut bags = Bags {
        opening,
        secret: &candidate.secret,
        algorithms: &algorithms,
        found: Vec::new(),
    };
    for safe in &safes {
        bags.read_safe(safe)?;
    }
    let mut objects = bags.sorted();
    if objects.is_empty() {
        return Err(OpenError::Nothing {
            container: Container::Pkcs12,
        });
    }
    if candidate.secret.is_empty() {
        let unprotected = objects.into_iter().map(EncodedObject::unprotected);
        objects = unprotected.collect();
    }
    if candidate.is_narrow
        && let Some(place) = objects.iter().position(|object| !object.is_broken())
    {
        let object = objects.remove(place);
        objects.insert(place, object.with_damage(vec![Damage::NarrowPassword]));
    }
    Ok(objects)
}

/// One way to take the password that was given.
struct Candidate {
    secret: Secret,
    /// Its bytes were read as Windows-1252.
    is_narrow: bool,
}

fn candidates(opening: &Opening<'_>) -> Result<Vec<Candidate>, OpenError> {
    let plain = |secret| Candidate {
        secret,
        is_narrow: false,
    };
    let mut candidates = Vec::new();
    if let Some(password) = opening.password {
        let bytes = password.of_store();
        if bytes.contains(&0) {
            return Err(OpenError::PasswordNotText);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                candidates.push(plain(Secret::text(text)));
                // What OpenSSL before 1.1.0 made of it.
                if !text.is_ascii() {
                    candidates.push(plain(Secret::narrow(bytes)));
                }
            }
            Err(_) => {
                let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
                let text = Zeroizing::new(text.into_owned());
                candidates.push(Candidate {
                    secret: Secret::text(&text),
                    is_narrow: true,
                });
            }
        }
    }
    // One password is given for all files of a run, and some of them may have none.
    candidates.push(plain(Secret::text("")));
    candidates.push(plain(Secret::absent()));
    Ok(candidates)
}

/// The first element in DER, which is all there is.
fn whole(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ProtectionError> {
    let translated = ber::first(bytes).map_err(ProtectionError::Structure)?;
    match bytes.len() - translated.length {
        0 => Ok(translated.der),
        extra => Err(ProtectionError::Structure(DerError::TrailingBytes {
            offset: translated.length,
            extra,
        })),
    }
}

/// PFX (RFC 7292 section 4): the integrity check, and the contents that it is over.
fn read_pfx(bytes: &[u8]) -> Result<(Option<Mac<'_>>, &[u8]), ProtectionError> {
    let structure = ProtectionError::Structure;
    let mut pfx = Walk::over(bytes).enter(SEQUENCE).map_err(structure)?;
    pfx.expect(INTEGER).map_err(structure)?;
    let mut safe = pfx.enter(SEQUENCE).map_err(structure)?;
    let mac = match pfx.is_done() {
        true => None,
        false => Some(Mac::read(pfx.enter(SEQUENCE).map_err(structure)?)?),
    };
    let kind = safe.expect(OBJECT_IDENTIFIER).map_err(structure)?.contents;
    if kind != DATA {
        return Err(ProtectionError::Unsupported {
            what: format!("the integrity check of kind {}", der::dotted(kind)),
        });
    }
    let octets = safe
        .enter(CONTEXT_0)
        .and_then(|mut inside| inside.expect(OCTET_STRING))
        .map_err(structure)?;
    Ok((mac, octets.contents))
}

/// One ContentInfo of the AuthenticatedSafe.
enum Safe<'d> {
    Plain(Cow<'d, [u8]>),
    Encrypted {
        scheme: Scheme<'d>,
        data: Cow<'d, [u8]>,
    },
    /// What is not read, and why.
    Other(ProtectionError),
}

fn read_safes(bytes: &[u8]) -> Result<Vec<Safe<'_>>, ProtectionError> {
    let structure = ProtectionError::Structure;
    let mut infos = Walk::over(bytes).enter(SEQUENCE).map_err(structure)?;
    let mut safes = Vec::new();
    while !infos.is_done() {
        let mut info = infos.enter(SEQUENCE).map_err(structure)?;
        let kind = info.expect(OBJECT_IDENTIFIER).map_err(structure)?.contents;
        safes.push(match kind {
            DATA => {
                let octets = info
                    .enter(CONTEXT_0)
                    .and_then(|mut inside| inside.expect(OCTET_STRING))
                    .map_err(structure)?;
                Safe::Plain(whole(octets.contents)?)
            }
            ENCRYPTED_DATA => read_encrypted(info)?,
            kind => Safe::Other(ProtectionError::Unsupported {
                what: format!("a part encrypted for a certificate ({})", der::dotted(kind)),
            }),
        });
    }
    Ok(safes)
}

/// EncryptedData (RFC 5652 section 8), from its `[0]` on.
fn read_encrypted(mut info: Walk<'_>) -> Result<Safe<'_>, ProtectionError> {
    let structure = ProtectionError::Structure;
    let mut encrypted = info
        .enter(CONTEXT_0)
        .and_then(|mut inside| inside.enter(SEQUENCE))
        .map_err(structure)?;
    encrypted.expect(INTEGER).map_err(structure)?;
    let mut inside = encrypted.enter(SEQUENCE).map_err(structure)?;
    inside.expect(OBJECT_IDENTIFIER).map_err(structure)?;
    let scheme = Scheme::read(inside.enter(SEQUENCE).map_err(structure)?);
    let content = inside.any().map_err(structure)?;
    let scheme = match scheme {
        Ok(scheme) => scheme,
        // Nothing is computed with what is not supported.
        Err(error @ ProtectionError::Unsupported { .. }) => return Ok(Safe::Other(error)),
        Err(error) => return Err(error),
    };
    match content.tag {
        0x80 => Ok(Safe::Encrypted {
            scheme,
            data: Cow::Borrowed(content.contents),
        }),
        // In parts.
        CONTEXT_0 => {
            let mut parts = Walk::over(content.contents);
            let mut data = Vec::with_capacity(content.contents.len());
            while !parts.is_done() {
                let part = parts.expect(OCTET_STRING).map_err(structure)?;
                data.extend_from_slice(part.contents);
            }
            Ok(Safe::Encrypted {
                scheme,
                data: Cow::Owned(data),
            })
        }
        found => Err(structure(DerError::Tag {
            offset: 0,
            found,
            expected: 0x80,
        })),
    }
}

impl Safe<'_> {
    /// What opening it costs, as far as can be seen from outside.
    fn cost(&self) -> Result<u64, ProtectionError> {
        match self {
            Safe::Encrypted { scheme, .. } => Ok(scheme.cost()),
            Safe::Plain(bags) => keys(bags)?.iter().try_fold(0_u64, |sum, key| {
                Ok(sum.saturating_add(
                    shrouding(key)
                        .map_or_else(free_if_unsupported, |(scheme, _)| Ok(scheme.cost()))?,
                ))
            }),
            Safe::Other(_) => Ok(0),
        }
    }

    /// Adds what protects it.
    fn name(&self, algorithms: &mut Algorithms) {
        let mut add = |name: String| {
            if !algorithms.encryption.contains(&name) {
                algorithms.encryption.push(name);
            }
        };
        match self {
            Safe::Encrypted { scheme, .. } => add(scheme.name.clone()),
            Safe::Plain(bags) => {
                for key in keys(bags).unwrap_or_default() {
                    if let Ok((scheme, _)) = shrouding(key) {
                        add(scheme.name);
                    }
                }
            }
            Safe::Other(ProtectionError::Unsupported { what }) => add(what.clone()),
            Safe::Other(_) => {}
        }
    }
}

/// Nothing is computed with what is not supported; what cannot be followed has no price.
fn free_if_unsupported(error: ProtectionError) -> Result<u64, ProtectionError> {
    match error {
        ProtectionError::Unsupported { .. } => Ok(0),
        error => Err(error),
    }
}

/// The shrouded keys of plain bags, nested ones too: the contents of their values.
fn keys(bags: &[u8]) -> Result<Vec<&[u8]>, ProtectionError> {
    let mut keys = Vec::new();
    collect_keys(bags, 0, &mut keys).map_err(ProtectionError::Structure)?;
    Ok(keys)
}

fn collect_keys<'d>(
    bags: &'d [u8],
    depth: usize,
    keys: &mut Vec<&'d [u8]>,
) -> Result<(), DerError> {
    if depth > NESTING_LIMIT {
        return Ok(());
    }
    let mut bags = Walk::over(bags).enter(SEQUENCE)?;
    while !bags.is_done() {
        let mut bag = bags.enter(SEQUENCE)?;
        let kind = bag.expect(OBJECT_IDENTIFIER)?.contents;
        let value = bag.expect(CONTEXT_0)?.contents;
        match kind.strip_prefix(BAGS) {
            Some([2]) => keys.push(value),
            Some([6]) => collect_keys(value, depth + 1, keys)?,
            _ => {}
        }
    }
    Ok(())
}

/// EncryptedPrivateKeyInfo (RFC 5958 section 3): how it is encrypted, and the ciphertext.
fn shrouding(key: &[u8]) -> Result<(Scheme<'_>, &[u8]), ProtectionError> {
    let structure = ProtectionError::Structure;
    let mut info = Walk::over(key).enter(SEQUENCE).map_err(structure)?;
    let scheme = Scheme::read(info.enter(SEQUENCE).map_err(structure)?)?;
    let data = info.expect(OCTET_STRING).map_err(structure)?.contents;
    Ok((scheme, data))
}

/// What [`opens`] costs.
fn first_cost(safes: &[Safe<'_>]) -> Result<u64, ProtectionError> {
    for safe in safes {
        match safe {
            Safe::Encrypted { scheme, .. } => return Ok(scheme.cost()),
            Safe::Plain(bags) => {
                if let Some(Ok((scheme, _))) = keys(bags)?.first().map(|key| shrouding(key)) {
                    return Ok(scheme.cost());
                }
            }
            Safe::Other(_) => {}
        }
    }
    Ok(0)
}

/// Whether the password opens the first thing that it should open, where there is no integrity check.
fn opens(safes: &[Safe<'_>], secret: &Secret) -> Result<bool, ProtectionError> {
    for safe in safes {
        let opened = match safe {
            Safe::Encrypted { scheme, data } => decrypted(scheme, data, secret),
            Safe::Plain(bags) => match keys(bags)?.first().map(|key| shrouding(key)) {
                Some(Ok((scheme, data))) => decrypted(&scheme, data, secret),
                _ => continue,
            },
            Safe::Other(_) => continue,
        };
        return match opened {
            Ok(_) => Ok(true),
            Err(ProtectionError::Password) => Ok(false),
            Err(error) => Err(error),
        };
    }
    Ok(true)
}

/// Decrypts to one SEQUENCE; of other passwords one in 256 leaves padding that looks right, and noise.
fn decrypted(
    scheme: &Scheme<'_>,
    data: &[u8],
    secret: &Secret,
) -> Result<Zeroizing<Vec<u8>>, ProtectionError> {
    let clear = scheme.decrypt(data, secret)?;
    match clear.first() {
        Some(&SEQUENCE) if ber::first(&clear).is_ok() => Ok(clear),
        _ => Err(ProtectionError::Password),
    }
}

/// What a bag holds, for the order in which it is reported.
enum Sort {
    Certificate,
    Other,
    Key,
}

/// The bags of all safes.
struct Bags<'o, 'a> {
    opening: &'o Opening<'o>,
    secret: &'o Secret,
    /// What the file uses, to be said of what cannot be opened.
    algorithms: &'o Algorithms,
    found: Vec<(Sort, Tags, EncodedObject<'a>)>,
}

impl<'a> Bags<'_, 'a> {
    fn read_safe(&mut self, safe: &Safe<'_>) -> Result<(), OpenError> {
        let error = match safe {
            Safe::Plain(bags) => return self.read_bags(bags, 0, true),
            Safe::Encrypted { scheme, data } => match decrypted(scheme, data, self.secret) {
                Ok(clear) => {
                    let translated = ber::first(&clear)
                        .map(|translated| Zeroizing::new(translated.der.into_owned()));
                    match translated {
                        Ok(der) => return self.read_bags(&der, 0, false),
                        Err(error) => ProtectionError::Structure(error),
                    }
                }
                Err(error) => error,
            },
            Safe::Other(error) => error.clone(),
        };
        self.broken(error)
    }

    fn broken(&mut self, source: ProtectionError) -> Result<(), OpenError> {
        self.opening.limits.objects(1)?;
        let error = OpenError::Pkcs12 {
            algorithms: self.algorithms.clone(),
            source,
        };
        let object = EncodedObject::broken(
            &self.opening.about,
            EncodedObjectError::Bundle(Arc::new(error)),
        );
        self.found.push((Sort::Other, Tags::default(), object));
        Ok(())
    }

    /// `paid` where the keys' cost was seen from outside.
    fn read_bags(&mut self, bags: &[u8], depth: usize, paid: bool) -> Result<(), OpenError> {
        let walk = Walk::over(bags).enter(SEQUENCE);
        let mut walk = match walk {
            Ok(walk) => walk,
            Err(error) => return self.broken(ProtectionError::Structure(error)),
        };
        while !walk.is_done() {
            let bag = walk.enter(SEQUENCE).and_then(Bag::read);
            match bag {
                Ok(bag) => self.read_bag(&bag, depth, paid)?,
                Err(error) => return self.broken(ProtectionError::Structure(error)),
            }
        }
        Ok(())
    }

    fn read_bag(&mut self, bag: &Bag<'_>, depth: usize, paid: bool) -> Result<(), OpenError> {
        self.opening.limits.objects(1)?;
        let about = &self.opening.about;
        let der =
            |bytes: &[u8], claim| EncodedObject::der(about, Slice::shared(bytes.to_vec()), claim);
        let unread = |what| EncodedObject::broken(about, EncodedObjectError::Member(what));
        let (sort, object) = match bag.kind.strip_prefix(BAGS) {
            Some([1]) => {
                let key = Arc::new(Zeroizing::new(bag.value.to_vec()));
                (Sort::Key, EncodedObject::key(about, key))
            }
            Some([2]) => (Sort::Key, self.shrouded(bag.value, paid)?),
            Some([3]) => match bag.inside(X509_CERTIFICATE) {
                Some(bytes) => (Sort::Certificate, der(bytes, Claim::Certificate)),
                None => (Sort::Other, unread("a certificate that is not X.509")),
            },
            Some([4]) => match bag.inside(X509_CRL) {
                Some(bytes) => (Sort::Other, der(bytes, Claim::Crl)),
                None => (Sort::Other, unread("a CRL that is not X.509")),
            },
            Some([5]) => (Sort::Other, unread("a secret in the PKCS#12 file")),
            Some([6]) if depth < NESTING_LIMIT => {
                return self.read_bags(bag.value, depth + 1, paid);
            }
            _ => (Sort::Other, unread("a part of the PKCS#12 file")),
        };
        self.found.push((sort, bag.tags.clone(), object));
        Ok(())
    }

    fn shrouded(&self, key: &[u8], paid: bool) -> Result<EncodedObject<'a>, OpenError> {
        let about = &self.opening.about;
        let closed = || EncodedObject::der(about, Slice::shared(key.to_vec()), Claim::EncryptedKey);
        let Ok((scheme, data)) = shrouding(key) else {
            return Ok(closed());
        };
        if !paid {
            self.opening.limits.work.spend(scheme.cost())?;
        }
        // A key may have a password of its own; its reader is given both.
        Ok(match decrypted(&scheme, data, self.secret) {
            Ok(clear) => EncodedObject::key(about, Arc::new(clear)),
            Err(_) => closed(),
        })
    }

    /// The keys' own certificates first, then the others and the CRLs in file order, then the keys.
    fn sorted(self) -> Vec<EncodedObject<'a>> {
        let ids: Vec<_> = self
            .found
            .iter()
            .filter(|(sort, ..)| matches!(sort, Sort::Key))
            .filter_map(|(_, tags, _)| tags.local_key_id.clone())
            .collect();
        let place = |sort: &Sort, tags: &Tags| match sort {
            Sort::Certificate
                if tags
                    .local_key_id
                    .as_ref()
                    .is_some_and(|id| ids.contains(id)) =>
            {
                0
            }
            Sort::Certificate | Sort::Other => 1,
            Sort::Key => 2,
        };
        let mut found = self.found;
        found.sort_by_key(|(sort, tags, _)| place(sort, tags));
        found
            .into_iter()
            .map(|(_, tags, object)| object.tagged(tags))
            .collect()
    }
}

/// SafeBag (RFC 7292 section 4.2).
struct Bag<'d> {
    kind: &'d [u8],
    value: &'d [u8],
    tags: Tags,
}

impl<'d> Bag<'d> {
    fn read(mut bag: Walk<'d>) -> Result<Bag<'d>, DerError> {
        let kind = bag.expect(OBJECT_IDENTIFIER)?.contents;
        let value = bag.expect(CONTEXT_0)?.contents;
        let mut tags = Tags::default();
        if bag.peek() == Some(SET) {
            let mut attributes = bag.enter(SET)?;
            while !attributes.is_done() {
                let mut attribute = attributes.enter(SEQUENCE)?;
                let kind = attribute.expect(OBJECT_IDENTIFIER)?.contents;
                let mut values = attribute.enter(SET)?;
                match (kind, values.peek()) {
                    (FRIENDLY_NAME, Some(BMP_STRING)) => {
                        tags.name = Some(bmp(values.any()?.contents));
                    }
                    (LOCAL_KEY_ID, Some(OCTET_STRING)) => {
                        tags.local_key_id = Some(hexadecimal(values.any()?.contents));
                    }
                    _ => {}
                }
            }
        }
        Ok(Bag { kind, value, tags })
    }

    /// The object in a certificate's or CRL's bag, where it is of that kind.
    fn inside(&self, expected: &[u8]) -> Option<&'d [u8]> {
        let mut value = Walk::over(self.value).enter(SEQUENCE).ok()?;
        let kind = value.expect(OBJECT_IDENTIFIER).ok()?.contents;
        let octets = value.enter(CONTEXT_0).ok()?.expect(OCTET_STRING).ok()?;
        (kind == expected).then_some(octets.contents)
    }
}

/// The most characters of a friendly name or alias that are kept.
pub(super) const NAME_LIMIT: usize = 256;

/// A BMPString.
fn bmp(contents: &[u8]) -> Arc<str> {
    let units = contents.chunks_exact(2).map(|unit| match unit {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let text: String = char::decode_utf16(units)
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .take(NAME_LIMIT)
        .collect();
    text.into()
}

fn hexadecimal(bytes: &[u8]) -> Arc<str> {
    let text: String = bytes
        .iter()
        .take(NAME_LIMIT)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    text.into()
}
