//! CA certificates in the forms that trust stores read.

use std::collections::BTreeMap;
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use schemars::JsonSchema;
use serde::Serialize;

use crate::document::Certificate;
use crate::export::crls::{NameError, name_hash};
use crate::export::server::{KeystoreError, KeystoreProfile, trust_store};

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Form {
    /// PEM blocks, one after the other.
    Pem,
    /// DER, one certificate after the other.
    Der,
    /// A PKCS#7 file with certificates only, as Windows imports it.
    P7b,
    /// A Java key store of the old kind.
    Jks,
    /// A PKCS#12 file whose entries Java treats as trusted.
    Pkcs12,
    /// A folder with OpenSSL's hashed names.
    OpensslDir,
}

/// Why a form could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// A key store cannot be written.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// OpenSSL refused.
    #[error("OpenSSL refused to make the file")]
    OpenSsl(#[source] crate::input::Cause),
    /// OpenSSL cannot read the name of a CA.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// What was made.
pub(super) enum Made {
    One(Vec<u8>),
    Folder(Vec<(String, Vec<u8>)>),
}

pub(super) fn files(
    form: Form,
    certificates: &[Arc<Certificate>],
    password: &str,
) -> Result<Made, FormError> {
    Ok(match form {
        Form::Pem => Made::One(
            certificates
                .iter()
                .flat_map(|one| one.pem().into_bytes())
                .collect(),
        ),
        Form::Der => Made::One(
            certificates
                .iter()
                .flat_map(|one| one.der().to_vec())
                .collect(),
        ),
        Form::P7b => Made::One(p7b(certificates)),
        Form::Jks => {
            let made = jks(certificates, password);
            Made::One(made.map_err(|source| FormError::OpenSsl(source.into()))?)
        }
        Form::Pkcs12 => {
            let all = certificates.iter().map(AsRef::as_ref);
            Made::One(trust_store(all, KeystoreProfile::Java17, password)?.to_vec())
        }
        Form::OpensslDir => Made::Folder(hashed(certificates)?),
    })
}

/// Whether a file that is there says the same.
pub(super) fn same(form: Form, present: &[u8], new: &[u8], password: &str) -> bool {
    match form {
        Form::Pkcs12 => crate::export::server::same_store(new, present, password),
        _ => present == new,
    }
}

/// A SignedData without signers (RFC 2315 section 9, RFC 5652 section 5).
fn p7b(certificates: &[Arc<Certificate>]) -> Vec<u8> {
    /// pkcs7-signedData and pkcs7-data.
    const SIGNED: &[u64] = &[1, 2, 840, 113_549, 1, 7, 2];
    const DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 1];
    let oid = yasna::models::ObjectIdentifier::from_slice;
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_oid(&oid(SIGNED));
            writer
                .next()
                .write_tagged(yasna::Tag::context(0), |writer| {
                    writer.write_sequence(|writer| {
                        writer.next().write_u8(1);
                        writer.next().write_set(|_| {});
                        writer.next().write_sequence(|writer| {
                            writer.next().write_oid(&oid(DATA));
                        });
                        writer
                            .next()
                            .write_tagged_implicit(yasna::Tag::context(0), |writer| {
                                writer.write_sequence(|writer| {
                                    for certificate in certificates {
                                        writer.next().write_der(certificate.der());
                                    }
                                });
                            });
                        writer.next().write_set(|_| {});
                    });
                });
        });
    })
}

/// Java's own format, by the code of sun.security.provider.JavaKeyStore: big-endian numbers, strings with a length of two
/// octets, and at the end SHA-1 over the password in UTF-16, a phrase, and everything before.
fn jks(certificates: &[Arc<Certificate>], password: &str) -> Result<Vec<u8>, ErrorStack> {
    crate::decode::crypto::ready();
    const MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
    const VERSION: u32 = 2;
    const TRUSTED: u32 = 2;
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_be_bytes());
    out.extend(
        u32::try_from(certificates.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend(text.bytes());
    };
    for certificate in certificates {
        out.extend(TRUSTED.to_be_bytes());
        text(&mut out, &crate::export::server::store_alias(certificate));
        // The beginning of its validity, so that the file is the same every time.
        let milliseconds = certificate.not_before.unix().saturating_mul(1000);
        out.extend(milliseconds.to_be_bytes());
        text(&mut out, "X.509");
        let der = certificate.der();
        out.extend(u32::try_from(der.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend(der);
    }
    let mut sealed: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
    sealed.extend(b"Mighty Aphrodite");
    sealed.extend(&out);
    crate::decode::crypto::ready();
    let seal = hash(MessageDigest::sha1(), &sealed)?;
    out.extend(seal.iter());
    Ok(out)
}

fn hashed(certificates: &[Arc<Certificate>]) -> Result<Vec<(String, Vec<u8>)>, NameError> {
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    certificates
        .iter()
        .map(|certificate| {
            let hash = name_hash(&certificate.subject)?;
            let number = numbers.entry(hash).or_default();
            let name = format!("{hash:08x}.{number}");
            *number += 1;
            Ok((name, certificate.pem().into_bytes()))
        })
        .collect()
}
