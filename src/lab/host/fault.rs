//! Everything that a host of the lab does wrong on request.

use std::fmt;
use std::str::FromStr;

use crate::lab::{Defect, DefectTarget};

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        /// One thing that a host does wrong on purpose. The text of a name never changes once released.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[doc = $doc])+ $name,)*
            /// The host is in order, and its CRLs have this defect.
            SearchableCrl(Defect),
        }

        impl Fault {
            /// Every fault of a host's own.
            pub const OWN: &'static [Fault] = &[$(Fault::$name,)*];

            /// The name as people write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Fault::$name => $text,)*
                    Fault::SearchableCrl(defect) => defect.as_str(),
                }
            }

            /// What it is, in a sentence.
            pub fn describe(self) -> &'static str {
                match self {
                    $(Fault::$name => concat!($($doc),+).trim_ascii(),)*
                    Fault::SearchableCrl(defect) => defect.describe(),
                }
            }
        }
    };
}

faults! {
    /// Every request is answered with 404.
    NotFound = "not-found";
    /// Every request is answered with 500.
    ServerError = "server-error";
    /// Every request is answered with 200 and a web page, as a captive portal does.
    Html = "html";
    /// Every request is answered with 200 and an empty body.
    Empty = "empty";
    /// The connection is cut in the middle of the body.
    Truncated = "truncated";
    /// The announced length is larger than the body.
    WrongLength = "wrong-length";
    /// The announced length is smaller than the body.
    ShortLength = "short-length";
    /// The body is sent ten bytes a second.
    Drip = "drip";
    /// Nothing is ever answered.
    Silent = "silent";
    /// The body never ends.
    Oversize = "oversize";
    /// The announced length is as large as a disk.
    HugeLength = "huge-length";
    /// Every request is redirected to itself.
    RedirectLoop = "redirect-loop";
    /// Every request is redirected to a file.
    RedirectFile = "redirect-file";
    /// The body is compressed, asked for or not, and unpacks to more than any client accepts.
    GzipBomb = "gzip-bomb";
    /// The body is compressed although it was not asked for.
    Gzip = "gzip";
    /// The answer is not HTTP.
    NotHttp = "not-http";
}

/// Short names for the defects of CRLs that matter most to a cache.
const SHORT: [(&str, Defect); 6] = [
    ("wrong-ca", Defect::CrlOtherIssuer),
    ("bad-signature", Defect::CrlBadSignature),
    ("rollback", Defect::CrlRollbackDate),
    ("rollback-number", Defect::CrlRollbackNumber),
    ("other-partition", Defect::CrlWrongPartition),
    ("expired", Defect::CrlStale),
];

/// No fault has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault {0:?}")]
pub struct UnknownFault(pub String);

impl Fault {
    /// Every fault: a host's own, and the defects of CRLs and of their encoding, where no fault of its own has the
    /// name.
    pub fn all() -> impl Iterator<Item = Fault> {
        let of_crls = Defect::ALL.iter().copied().filter(|defect| {
            matches!(defect.target(), DefectTarget::Crl | DefectTarget::Encoding)
                && *defect != Defect::Pkcs7AsPem
                && !Fault::OWN.iter().any(|own| own.as_str() == defect.as_str())
        });
        Fault::OWN
            .iter()
            .copied()
            .chain(of_crls.map(Fault::SearchableCrl))
    }

    /// The fault of this name, in any letter case. For some defects of CRLs there is a short name as well: `wrong-ca`,
    /// `bad-signature`, `rollback`, `rollback-number`, `other-partition`, `expired`.
    ///
    /// # Errors
    /// [`UnknownFault`] with the text.
    pub fn parse(name: &str) -> Result<Fault, UnknownFault> {
        let wanted = name.trim().to_ascii_lowercase();
        let short = SHORT.into_iter().find(|(short, _)| *short == wanted);
        short
            .map(|(_, defect)| Fault::SearchableCrl(defect))
            .or_else(|| Fault::all().find(|fault| fault.as_str() == wanted))
            .ok_or_else(|| UnknownFault(name.to_owned()))
    }

    /// The defects of CRLs among these faults.
    pub fn defects(faults: &[Fault]) -> Vec<Defect> {
        let defects = faults.iter().filter_map(|fault| match fault {
            Fault::SearchableCrl(defect) => Some(*defect),
            _ => None,
        });
        defects.collect()
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Fault, UnknownFault> {
        Fault::parse(name)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
