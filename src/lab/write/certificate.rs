//! A certificate that is to be signed.

use super::signature::Digest;
use super::{Extension, der};
use crate::document::{Moment, PrivateKey};
use crate::lab::LabError;

/// What a certificate is to say (RFC 5280 section 4.1).
pub(in crate::lab) struct Draft {
    /// The serial number's contents octets, as they are to be written.
    pub(in crate::lab) serial: Vec<u8>,
    /// The DER of the issuer's name.
    pub(in crate::lab) issuer: Vec<u8>,
    /// The DER of the subject's name.
    pub(in crate::lab) subject: Vec<u8>,
    pub(in crate::lab) not_before: Moment,
    pub(in crate::lab) not_after: Moment,
    /// The DER of the SubjectPublicKeyInfo.
    pub(in crate::lab) key: Vec<u8>,
    pub(in crate::lab) extensions: Vec<Extension>,
    pub(in crate::lab) digest: Digest,
    /// What the signed part claims as its algorithm, where that is to be another one.
    pub(in crate::lab) claimed: Option<Digest>,
}

impl Draft {
    /// The certificate in DER.
    pub(in crate::lab) fn sign(&self, key: &PrivateKey) -> Result<Vec<u8>, LabError> {
        let extensions: Vec<Vec<u8>> = self.extensions.iter().map(Extension::der).collect();
        let to_be_signed = der::sequence(&[
            der::context(0, &der::natural(2)),
            der::integer(&self.serial),
            self.claimed.unwrap_or(self.digest).algorithm(),
            self.issuer.clone(),
            der::sequence(&[der::time(self.not_before), der::time(self.not_after)]),
            self.subject.clone(),
            self.key.clone(),
            der::context(3, &der::sequence(&extensions)),
        ]);
        let signature = self.digest.sign_message(&to_be_signed, key)?;
        Ok(der::sequence(&[
            to_be_signed,
            self.digest.algorithm(),
            der::bits(&signature),
        ]))
    }
}
