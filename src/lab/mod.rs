//! A lab PKI that cannot be mistaken for the NHS's, and everything that we know how to break, one defect each.
//!
//! Values only: no file, no socket, no clock. No module above knows of this one.
//!
//! A [`Lab`] has environments ([`LabEnvironment`]) shaped like INT, DEP and Live, each in three generations
//! ([`Generation`]), and signs requests as the NHS does. With the same [`Keys`] and the same moments everything comes
//! out the same, byte for byte: serial numbers are derived, and PKCS#1 v1.5 signatures have no random part.
//! Every name says LAB, CAs live a year and endpoints ninety days. Nothing trusts them but who is given
//! [`Lab::facts`].
//!
//! ```
//! use ptl_cert::document::Moment;
//! use ptl_cert::lab::Lab;
//!
//! let at = Moment::from_unix(1_800_000_000).ok_or("a moment")?;
//! let lab = Lab::fixture(at)?;
//! for place in lab.published_crls() {
//!     println!("{} {} bytes", place.path(), lab.crl(&place, at, &[])?.len());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authority;
mod defect;
mod environment;
mod error;
#[doc(hidden)]
pub mod host;
mod identity;
mod keys;
mod crl;
mod lab_state;
mod reply;
mod sign;
#[cfg(test)]
pub(crate) mod tests;
mod write;

pub use authority::LabAuthority;
pub use crl::{Filling, PreparedCrl, PublishedCrl, Reach};
pub use defect::{Defect, DefectTarget, UnknownDefect};
pub use environment::{Generation, LabEnvironment};
pub use error::LabError;
pub use identity::{LabIdentity, Party};
pub use keys::{FixtureError, KeyPlan, Keys, fixture_chain, fixture_pair, fixture_reply};
pub use lab_state::{Issued, Lab, LabPlan, LabRevocation, LabState, REASONS, reason};
pub use reply::{Reply, ReplyFile, Shape, encoded};
