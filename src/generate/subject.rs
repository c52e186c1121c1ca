//! Subject attributes besides the common name, from text like `O=A Supplier Ltd,C=GB`.

use std::collections::BTreeMap;
use std::fmt;

/// An attribute that a subject may hold besides the common name; in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectAttribute {
    /// `C`, countryName: two letters of ISO 3166.
    Country,
    /// `ST`, stateOrProvinceName.
    State,
    /// `L`, localityName.
    Locality,
    /// `O`, organizationName.
    Organisation,
    /// `OU`, organizationalUnitName.
    OrganisationalUnit,
    /// `serialNumber`: of the device, not of the certificate.
    SerialNumber,
}

impl SubjectAttribute {
    /// All of them, in the order in which they are written.
    pub const ALL: [SubjectAttribute; 6] = [
        SubjectAttribute::Country,
        SubjectAttribute::State,
        SubjectAttribute::Locality,
        SubjectAttribute::Organisation,
        SubjectAttribute::OrganisationalUnit,
        SubjectAttribute::SerialNumber,
    ];

    /// The key it is written with (RFC 4514 §3; `serialNumber` by its X.520 name).
    pub fn key(self) -> &'static str {
        match self {
            SubjectAttribute::Country => "C",
            SubjectAttribute::State => "ST",
            SubjectAttribute::Locality => "L",
            SubjectAttribute::Organisation => "O",
            SubjectAttribute::OrganisationalUnit => "OU",
            SubjectAttribute::SerialNumber => "serialNumber",
        }
    }

    /// The object identifier (X.520).
    pub fn oid(self) -> &'static [u64] {
        match self {
            SubjectAttribute::Country => &[2, 5, 4, 6],
            SubjectAttribute::State => &[2, 5, 4, 8],
            SubjectAttribute::Locality => &[2, 5, 4, 7],
            SubjectAttribute::Organisation => &[2, 5, 4, 10],
            SubjectAttribute::OrganisationalUnit => &[2, 5, 4, 11],
            SubjectAttribute::SerialNumber => &[2, 5, 4, 5],
        }
    }

    /// The most characters it holds: the upper bounds of X.520, as in RFC 5280 appendix A.1.
    pub fn limit(self) -> usize {
        match self {
            SubjectAttribute::Country => 2,
            SubjectAttribute::State | SubjectAttribute::Locality => 128,
            SubjectAttribute::Organisation
            | SubjectAttribute::OrganisationalUnit
            | SubjectAttribute::SerialNumber => 64,
        }
    }

    /// Whether X.520 makes it a PrintableString; the others are written as UTF8String (RFC 5280 §4.1.2.4).
    pub(super) fn is_printable(self) -> bool {
        matches!(
            self,
            SubjectAttribute::Country | SubjectAttribute::SerialNumber
        )
    }

    /// A value as the certificate has it: a country in upper case.
    fn written(self, value: &str) -> String {
        match self {
            SubjectAttribute::Country => value.to_ascii_uppercase(),
            _ => value.to_owned(),
        }
    }

    fn named(key: &str) -> Option<SubjectAttribute> {
        let long = |attribute| match attribute {
            SubjectAttribute::Country => "countryName",
            SubjectAttribute::State => "stateOrProvinceName",
            SubjectAttribute::Locality => "localityName",
            SubjectAttribute::Organisation => "organizationName",
            SubjectAttribute::OrganisationalUnit => "organizationalUnitName",
            SubjectAttribute::SerialNumber => "serialNumber",
        };
        SubjectAttribute::ALL.into_iter().find(|attribute| {
            attribute.key().eq_ignore_ascii_case(key) || long(*attribute).eq_ignore_ascii_case(key)
        })
    }
}

/// Subject attributes besides the common name; each at most once, each within its bounds.
///
/// There is never an e-mail address and never a common name among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectAttributes(BTreeMap<SubjectAttribute, String>);

impl SubjectAttributes {
    /// Reads `KEY=value` pairs parted by commas, in the notation of RFC 4514.
    ///
    /// Keys are `C`, `ST`, `L`, `O`, `OU`, `serialNumber` and their long names, in any case. In a value `\,` `\+` `\"`
    /// `\\` `\<` `\>` `\;` `\=` `\#` and `\ ` denote the character, and `\XX` a byte of UTF-8 in hex; spaces around a
    /// value are dropped. The country is upper-cased. The empty text is no attributes.
    ///
    /// # Errors
    /// [`SubjectError`] names the attribute, its fault and what to do.
    pub fn parse(text: &str) -> Result<SubjectAttributes, SubjectError> {
        let mut attributes = SubjectAttributes::default();
        attributes.add(text)?;
        Ok(attributes)
    }

    /// Reads several texts, as if they had been one, parted by commas.
    ///
    /// # Errors
    /// Those of [`SubjectAttributes::parse`].
    pub fn parse_all<'t>(
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<SubjectAttributes, SubjectError> {
        let mut attributes = SubjectAttributes::default();
        for text in texts {
            attributes.add(text)?;
        }
        Ok(attributes)
    }

    /// Adds one attribute, whose value is used as it is; spaces around it are dropped.
    ///
    /// # Errors
    /// As [`SubjectAttributes::parse`], but for those of its notation.
    pub fn with(mut self, key: &str, value: &str) -> Result<SubjectAttributes, SubjectError> {
        let value = value.trim();
        let fault = |fault| SubjectError {
            part: format!("{key}={value}"),
            fault,
        };
        let attribute = attribute(key.trim()).map_err(fault)?;
        check(attribute, value).map_err(fault)?;
        if self.0.contains_key(&attribute) {
            return Err(fault(SubjectFault::Repeated { attribute }));
        }
        self.0.insert(attribute, attribute.written(value));
        Ok(self)
    }

    /// The attributes in the order in which they are written.
    pub fn iter(&self) -> impl Iterator<Item = (SubjectAttribute, &str)> {
        self.0
            .iter()
            .map(|(attribute, value)| (*attribute, value.as_str()))
    }

    fn add(&mut self, text: &str) -> Result<(), SubjectError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        for part in parts(text) {
            let fault = |fault| SubjectError {
                part: part.trim().to_owned(),
                fault,
            };
            let (attribute, value) = read(part).map_err(fault)?;
            if self.0.contains_key(&attribute) {
                return Err(fault(SubjectFault::Repeated { attribute }));
            }
            self.0.insert(attribute, value);
        }
        Ok(())
    }
}

/// Why a subject text is not accepted: the part of it at fault, and the fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the subject attribute {part:?} is not accepted: {fault}")]
#[non_exhaustive]
pub struct SubjectError {
    /// The part between two commas, as written.
    pub part: String,
    /// What is wrong with it.
    pub fault: SubjectFault,
}

/// What is wrong with one part of a subject text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectFault {
    /// There is no `=`.
    NoKey,
    /// The slash notation of `openssl req -subj`.
    SlashNotation,
    /// An e-mail address, as an attribute or inside a value, which the NHS forbids.
    Email,
    /// The common name, which is always the FQDN.
    CommonName,
    /// A key that is none of [`SubjectAttribute::ALL`].
    UnknownKey {
        /// The key, as written.
        key: String,
    },
    /// The attribute was given before.
    Repeated {
        /// Which one.
        attribute: SubjectAttribute,
    },
    /// The value is empty.
    Empty,
    /// The value is longer than X.520 allows.
    TooLong {
        /// Which attribute.
        attribute: SubjectAttribute,
        /// How many characters it has.
        length: usize,
    },
    /// The country is not one of ISO 3166.
    NotACountry,
    /// A character that means something in RFC 4514 and is not escaped.
    Unescaped {
        /// The character.
        character: char,
    },
    /// A backslash that is followed by nothing that can be escaped.
    BadEscape,
    /// Escaped bytes that are not UTF-8.
    NotUtf8,
    /// A control character.
    Control,
    /// A character that a PrintableString does not hold; nor do we write `?`, which it might.
    NotPrintable {
        /// Which attribute.
        attribute: SubjectAttribute,
        /// The character.
        character: char,
    },
}

impl fmt::Display for SubjectFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SubjectFault::NoKey => f.write_str("it has no KEY=; a comma inside a value is written \\,"),
            SubjectFault::SlashNotation => {
                f.write_str("attributes are separated by commas, not slashes; write O=A Supplier Ltd,C=GB")
            }
            SubjectFault::Email => {
                f.write_str("the NHS requires a blank e-mail field; leave it out")
            }
            SubjectFault::CommonName => f.write_str("the common name is always the FQDN; leave it out"),
            SubjectFault::UnknownKey { key } => {
                write!(f, "{key:?} is not supported; use C, ST, L, O, OU or serialNumber")
            }
            SubjectFault::Repeated { attribute } => {
                write!(f, "{} is given twice; give it once", attribute.key())
            }
            SubjectFault::Empty => f.write_str("it has no value; omit the attribute to leave it blank"),
            SubjectFault::TooLong { attribute, length } => write!(
                f,
                "it has {length} characters and {} holds at most {} (X.520); shorten it",
                attribute.key(),
                attribute.limit()
            ),
            SubjectFault::NotACountry => {
                f.write_str("a country is two letters of ISO 3166; the United Kingdom is GB")
            }
            SubjectFault::Unescaped { character } => {
                write!(f, "{character} is special here; write \\{character}")
            }
            SubjectFault::BadEscape => {
                f.write_str("a backslash is followed by two hex digits or by the character it escapes; write \\\\ for a backslash")
            }
            SubjectFault::NotUtf8 => {
                f.write_str("the bytes that its hex digits denote are not UTF-8; write the characters themselves")
            }
            SubjectFault::Control => f.write_str("it contains a control character; remove it"),
            SubjectFault::NotPrintable { attribute, character } => write!(
                f,
                "{} holds letters, digits, spaces and '()+,-./:= only (PrintableString), not {character:?}; leave that out",
                attribute.key()
            ),
        }
    }
}

/// Cuts at the commas that no backslash escapes.
fn parts(text: &str) -> Vec<&str> {
    let mut escaped = false;
    text.split(|character| {
        let cuts = character == ',' && !escaped;
        escaped = character == '\\' && !escaped;
        cuts
    })
    .collect()
}

fn read(part: &str) -> Result<(SubjectAttribute, String), SubjectFault> {
    if part.trim_start().starts_with('/') {
        return Err(SubjectFault::SlashNotation);
    }
    let (key, value) = part.split_once('=').ok_or(SubjectFault::NoKey)?;
    let attribute = attribute(key.trim())?;
    let value = unescape(value)?;
    check(attribute, &value)?;
    Ok((attribute, attribute.written(&value)))
}

fn attribute(key: &str) -> Result<SubjectAttribute, SubjectFault> {
    let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(key));
    if is(&[
        "emailAddress",
        "E",
        "email",
        "mail",
        "pkcs9email",
        "1.2.840.113549.1.9.1",
    ]) {
        return Err(SubjectFault::Email);
    }
    if is(&["CN", "commonName", "2.5.4.3"]) {
        return Err(SubjectFault::CommonName);
    }
    SubjectAttribute::named(key).ok_or_else(|| SubjectFault::UnknownKey {
        key: key.to_owned(),
    })
}

/// RFC 4514 §2.4, read backwards. Spaces are dropped at both ends unless they are escaped.
fn unescape(text: &str) -> Result<String, SubjectFault> {
    const SPECIAL: &str = "\",+<>;\\";
    let mut bytes = Vec::with_capacity(text.len());
    // The length up to and including the last byte that must stay.
    let mut kept = 0;
    let mut characters = text.trim_start().chars();
    while let Some(character) = characters.next() {
        if character == '\\' {
            let next = characters.next().ok_or(SubjectFault::BadEscape)?;
            if SPECIAL.contains(next) || " #=".contains(next) {
                push(&mut bytes, next);
            } else {
                let low = characters.next().and_then(|digit| digit.to_digit(16));
                let byte = next
                    .to_digit(16)
                    .zip(low)
                    .map(|(high, low)| high * 16 + low);
                let byte = byte.and_then(|byte| u8::try_from(byte).ok());
                bytes.push(byte.ok_or(SubjectFault::BadEscape)?);
            }
            kept = bytes.len();
            continue;
        }
        if SPECIAL.contains(character) || (character == '#' && bytes.is_empty()) {
            return Err(SubjectFault::Unescaped { character });
        }
        push(&mut bytes, character);
        if !character.is_whitespace() {
            kept = bytes.len();
        }
    }
    bytes.truncate(kept);
    String::from_utf8(bytes).or(Err(SubjectFault::NotUtf8))
}

/// Whether a word is an e-mail address: a name, an at sign and a host name.
fn is_email(word: &str) -> bool {
    let is_plain = |text: &str, more: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    word.split_once('@').is_some_and(|(local, domain)| {
        is_plain(local, "._%+-'") && is_plain(domain, ".-") && domain.contains('.')
    })
}

/// The officially assigned codes of ISO 3166-1 alpha-2 (2024), and XK, which is in use for Kosovo.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW \
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA \
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH \
    KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY \
    MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH \
    SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI \
    VN VU WF WS XK YE YT ZA ZM ZW";

fn push(bytes: &mut Vec<u8>, character: char) {
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn check(attribute: SubjectAttribute, value: &str) -> Result<(), SubjectFault> {
    if value.is_empty() {
        return Err(SubjectFault::Empty);
    }
    if value.chars().any(char::is_control) {
        return Err(SubjectFault::Control);
    }
    if value.split([' ', ',', ';', '<', '>', '=']).any(is_email) {
        return Err(SubjectFault::Email);
    }
    // UK is what people mean by GB, and EN by a language.
    let is_it = |country: &str| country.eq_ignore_ascii_case(value);
    if attribute == SubjectAttribute::Country && !COUNTRIES.split_whitespace().any(is_it) {
        return Err(SubjectFault::NotACountry);
    }
    // X.680 §41.4, without the question mark, which rcgen's PrintableString refuses.
    let is_printable =
        |character: char| character.is_ascii_alphanumeric() || " '()+,-./:=".contains(character);
    if attribute.is_printable()
        && let Some(character) = value.chars().find(|character| !is_printable(*character))
    {
        return Err(SubjectFault::NotPrintable {
            attribute,
            character,
        });
    }
    let length = value.chars().count();
    if length > attribute.limit() {
        return Err(SubjectFault::TooLong { attribute, length });
    }
    Ok(())
}
