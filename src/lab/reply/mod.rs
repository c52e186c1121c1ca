//! What comes back: certificates in a file or an archive, whole or damaged.

mod damage;
mod pkcs7;

use std::io::{Cursor, Write};

use pem::{EncodeConfig, LineEnding, Pem};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{Defect, LabError};
use crate::document::Certificate;
pub use damage::encoded;

const CERTIFICATE: &str = "CERTIFICATE";

/// How a reply comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One file of PEM blocks: certificate, sub CA, root.
    Pem,
    /// A ZIP archive with a PEM file for each certificate.
    Zip,
    /// A PKCS#7 bundle in DER.
    P7b,
}

/// A file, not written yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyFile {
    /// Its name, without a folder.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    name: String,
    certificate: Certificate,
    members: Vec<Member>,
    /// Of [`Target::Encoding`](super::Target::Encoding) only.
    damage: Vec<Defect>,
}

/// One object of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    name: String,
    label: &'static str,
    der: Vec<u8>,
}

impl Member {
    pub(super) fn certificate(name: &str, der: &[u8]) -> Member {
        Member {
            name: format!("{name}.crt"),
            label: CERTIFICATE,
            der: der.to_vec(),
        }
    }

    pub(super) fn request(name: &str, der: &[u8]) -> Member {
        Member {
            name: format!("{name}.csr"),
            label: "CERTIFICATE REQUEST",
            der: der.to_vec(),
        }
    }
}

impl Reply {
    pub(super) fn new(
        name: &str,
        certificate: Certificate,
        members: Vec<Member>,
        defects: &[Defect],
    ) -> Reply {
        let of_encoding = |defect: &Defect| defect.target() == super::DefectTarget::Encoding;
        Reply {
            name: name.to_owned(),
            certificate,
            members,
            damage: defects.iter().copied().filter(of_encoding).collect(),
        }
    }

    /// The certificate, whatever the reply holds.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What the reply holds, in DER and in its order: the certificate, its sub CA and its root, unless a defect has it
    /// otherwise.
    pub fn members(&self) -> impl Iterator<Item = &[u8]> {
        self.members.iter().map(|member| member.der.as_slice())
    }

    /// The certificates that the reply holds, in its order.
    pub fn certificates(&self) -> impl Iterator<Item = Certificate> {
        self.objects_of(CERTIFICATE)
            .filter_map(|der| Certificate::read(der).ok())
    }

    /// What the reply holds as files of DER, one for each object; without the defects of encoding.
    pub fn files(&self) -> Vec<ReplyFile> {
        let file = |member: &Member| ReplyFile {
            name: member.name.clone(),
            bytes: member.der.clone(),
        };
        self.members.iter().map(file).collect()
    }

    /// The reply as one file, named after the host.
    ///
    /// # Errors
    /// [`LabError::NotApplicable`] for a defect that only text can have where the reply is none, and
    /// [`LabError::Archive`].
    pub fn file(&self, shape: Shape) -> Result<ReplyFile, LabError> {
        let (ending, bytes) = match shape {
            Shape::Pem => ("pem", self.pem().into_bytes()),
            Shape::Zip => ("zip", self.zip()?),
            Shape::P7b => (
                "p7b",
                pkcs7::bundle(&self.objects_of(CERTIFICATE).collect::<Vec<_>>()),
            ),
        };
        let mut bytes = bytes;
        for defect in &self.damage {
            bytes = damage::made(*defect, bytes, shape == Shape::Pem, &self.objects())?;
        }
        Ok(ReplyFile {
            name: format!("{}.{ending}", self.name),
            bytes,
        })
    }

    fn pem(&self) -> String {
        self.members
            .iter()
            .map(|member| pem_block(member.label, &member.der))
            .collect()
    }

    fn objects_of<'r>(&'r self, label: &'r str) -> impl Iterator<Item = &'r [u8]> {
        let members = self.members.iter().filter(move |one| one.label == label);
        members.map(|member| member.der.as_slice())
    }

    fn objects(&self) -> Vec<&[u8]> {
        self.members().collect()
    }

    /// Stored, and dated with the earliest date that the format has: the same bytes every time.
    fn zip(&self) -> Result<Vec<u8>, LabError> {
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for member in &self.members {
            archive
                .start_file(member.name.as_str(), options)
                .map_err(LabError::archive)?;
            archive.write_all(pem_block(member.label, &member.der).as_bytes())?;
        }
        Ok(archive.finish().map_err(LabError::archive)?.into_inner())
    }
}

fn pem_block(label: &str, der: &[u8]) -> String {
    let layout = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(label, der), layout)
}
