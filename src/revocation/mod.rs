//! Whether a certificate has been revoked, as far as the available CRLs show (RFC 5280 section 6.3).
//!
//! Here lives the reading of CRLs of any size in one pass and constant memory, which CRL answers
//! for which certificate, who may have signed it, and what several CRLs say together. Sockets, files and the
//! clock do not; neither does the opinion whether an expired CRL is good enough: that it is past its
//! time is always said. A certificate counts as not listed only when CRLs that cover every reason for
//! revocation were found, verified and searched; in every other case the answer is [`Status::NoCrl`].

mod entry;
mod index;
mod crl;
mod crl_index;
mod crl_set;
mod scan;
mod scope;
mod serials;
mod signature;
mod slot;
mod status;
mod uri;
#[cfg(test)]
mod tests;

pub use crl::{CrlError, CrlId, Part, SearchableCrl};
pub(crate) use crl_index::CrlIndex;
pub use crl_set::CrlSet;
pub use entry::{Entry, RevocationReason};
pub use index::{Index, IndexError, IndexPart};
pub use scan::{PART_LIMIT, Scan, scan, scan_slice};
pub use scope::Condition;
pub(crate) use scope::first_point;
pub use scope::{Coverage, OutOfScope, Reasons, crl_issuers, is_of_point, scope};
pub use serials::Serials;
pub(crate) use signature::check_signature;
pub use signature::signed_by;
pub use slot::Slot;
pub use status::{
    Exempt, Hits, IssuerCrls, Listed, NotListed, PassedOver, RevocationQuestion, SerialStatus,
    SignerStatus, Signers, Stale, Status, UnusableCause, UnusableCrl, status, together,
};
pub(crate) use status::{KEYS_TRIED, SigningKey, key_of, may_sign_crls};
