//! Revoking.

use super::super::crl::Entry;
use super::{Lab, LabError, LabRevocation};
use crate::document::{Certificate, Moment};
use crate::revocation::RevocationReason;

/// Every reason that a certificate can be revoked for, in the standard's order (RFC 5280 section 5.3.1).
/// `removeFromCRL` is not among them: only delta CRLs have it.
pub const REASONS: [RevocationReason; 9] = [
    RevocationReason::Unspecified,
    RevocationReason::KeyCompromise,
    RevocationReason::CaCompromise,
    RevocationReason::AffiliationChanged,
    RevocationReason::Superseded,
    RevocationReason::CessationOfOperation,
    RevocationReason::CertificateHold,
    RevocationReason::PrivilegeWithdrawn,
    RevocationReason::AaCompromise,
];

/// The reason of the standard's name, in any letter case: `keyCompromise`.
pub fn reason(name: &str) -> Option<RevocationReason> {
    let is_named = |reason: &RevocationReason| reason.to_string().eq_ignore_ascii_case(name);
    REASONS.into_iter().find(is_named)
}

impl Lab {
    /// Revokes a certificate: every CRL of its issuer made for this moment or a later one names it. Revoking it again
    /// gives it the new reason and moment.
    ///
    /// `unspecified` is written as no reason at all, as RFC 5280 section 5.3.1 asks.
    ///
    /// # Errors
    /// [`LabError::NotOurs`] for a certificate of another PKI.
    pub fn revoke(
        &mut self,
        certificate: &Certificate,
        reason: RevocationReason,
        at: Moment,
    ) -> Result<(), LabError> {
        let issuer = self.issuer_of(certificate)?;
        let number = number(reason).filter(|number| *number != 0);
        self.state
            .revoke(certificate.serial.as_octets(), &issuer, at, number);
        Ok(())
    }
}

impl Entry {
    pub(super) fn of(revocation: &LabRevocation) -> Entry {
        Entry {
            serial: revocation.serial().as_octets().to_vec(),
            at: revocation.at(),
            reason: revocation.reason(),
            oddity: None,
        }
    }
}

fn number(reason: RevocationReason) -> Option<u8> {
    Some(match reason {
        RevocationReason::Unspecified => 0,
        RevocationReason::KeyCompromise => 1,
        RevocationReason::CaCompromise => 2,
        RevocationReason::AffiliationChanged => 3,
        RevocationReason::Superseded => 4,
        RevocationReason::CessationOfOperation => 5,
        RevocationReason::CertificateHold => 6,
        RevocationReason::RemoveFromCrl => 8,
        RevocationReason::PrivilegeWithdrawn => 9,
        RevocationReason::AaCompromise => 10,
        RevocationReason::Other(number) => number,
    })
}
