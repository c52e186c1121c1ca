//! Which CRL of which CA.

use std::fmt;

use crate::document::extension::{GeneralName, PointName, Scope};
use crate::document::{Certificate, Crl};
use openssl::sha::Sha256;

/// Which CRL of which CA: a newer CRL of the same slot replaces the older one, and nothing else does.
///
/// A slot is the issuer's name and key, the issuing distribution point, and whether the CRL is a delta. The key
/// is in it because a CA that changes its key may sign CRLs with both for a while (RFC 5280 section 6.3.3, step
/// c, compares them too), and a CRL by one of them must not push out the CRL by the other.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    id: String,
}

/// Half of a SHA-256: no two slots of one CA collide by chance, and there is nothing to gain from a collision,
/// because both CRLs would need the same CA's signature.
const DIGITS: usize = 32;

impl Slot {
    /// The slot of a CRL with this header, signed by this certificate's key.
    ///
    /// Does not check that it was.
    pub fn new(header: &Crl, issuer: &Certificate) -> Slot {
        let mut fields = Fields(Sha256::new());
        // Changed whenever the fields below are.
        fields.put(b"ptl-cert/slot/1");
        fields.put(header.issuer.der());
        // However the key is written.
        fields.put(issuer.key.identity().as_bytes());
        fields.put(match header.base_number {
            None => b"base",
            Some(_) => b"delta",
        });
        if let Some(point) = &header.issuing_distribution_point {
            fields.put(match point.scope {
                Scope::All => b"all",
                Scope::UserCertificates => b"users",
                Scope::CaCertificates => b"authorities",
                Scope::AttributeCertificates => b"attributes",
                Scope::Contradictory => b"contradictory",
            });
            fields.put(if point.indirect {
                b"indirect"
            } else {
                b"direct"
            });
            match &point.reasons {
                None => fields.put(b"every reason"),
                Some(reasons) => {
                    fields.put(b"reasons");
                    let mut reasons = reasons.clone();
                    reasons.sort_unstable();
                    reasons.dedup();
                    for reason in reasons {
                        fields.put(&[reason as u8]);
                    }
                }
            }
            match &point.name {
                None => fields.put(b"every distribution point"),
                Some(PointName::RelativeToIssuer { resolved }) => {
                    fields.put(b"relative");
                    fields.put(resolved.resolved().der());
                }
                Some(PointName::Full { locations }) => {
                    fields.put(b"full");
                    for location in locations {
                        fields.put_name(&location.name);
                    }
                }
            }
        }
        let digest = crate::document::Hex(fields.0.finish()).to_string();
        Slot {
            id: digest.get(..DIGITS).unwrap_or_default().to_owned(),
        }
    }

    /// The slot that [`Slot::id`] calls so; `None` where no slot is called so.
    pub fn parse(id: &str) -> Option<Slot> {
        let digit = |octet: u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
        (id.len() == DIGITS && id.bytes().all(digit)).then(|| Slot { id: id.to_owned() })
    }

    /// 32 lower-case hexadecimal digits, the same for the same slot on every machine; safe as the name of a file
    /// or a folder.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A digest over fields, each with its length, so that no two series of fields have the same bytes.
struct Fields(Sha256);

impl Fields {
    fn put(&mut self, field: &[u8]) {
        self.0.update(&(field.len() as u64).to_be_bytes());
        self.0.update(field);
    }

    fn put_name(&mut self, name: &GeneralName) {
        let (kind, content): (&[u8], _) = match name {
            GeneralName::Dns(text) => (b"dns", text.as_bytes().to_vec()),
            GeneralName::Email(text) => (b"email", text.as_bytes().to_vec()),
            GeneralName::Uri(text) => (b"uri", text.as_bytes().to_vec()),
            GeneralName::Ip(address) => (b"ip", address.to_string().into_bytes()),
            GeneralName::DirectoryName(name) => (b"directory", name.der().to_vec()),
            GeneralName::RegisteredId(oid) => (b"registered", oid.as_bytes().to_vec()),
            GeneralName::OtherName { oid, der } => {
                self.put(oid.as_bytes());
                (b"other", der.as_bytes().to_vec())
            }
            GeneralName::Unread { tag, der } => {
                self.put(&tag.to_be_bytes());
                (b"unread", der.as_bytes().to_vec())
            }
        };
        self.put(kind);
        self.put(&content);
    }
}
