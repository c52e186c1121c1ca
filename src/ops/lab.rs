//! What the lab does for commands: being created, answering requests, revoking certificates, writing its CRLs, running its
//! hosts.

mod create;
mod crls;
mod serve;

use std::path::PathBuf;
use std::sync::Arc;

use super::Context;
use super::gather::{self, ExpectedContent, Named, Unread, certificates, only_request};
use super::peer::IdentityFiles;
use crate::document::{Certificate, Moment};
use crate::input::Source;
use crate::lab::{Defect, Generation, Lab, LabEnvironment, LabError, Party, Shape};
pub use create::{CreateOptions, Created, create, keys};
pub use crls::{CrlError, CrlOptions, WrittenCrl, write as write_crls};
pub use serve::{Listeners, ServeError, ServeOptions, Serving, serve};
// The types of a revocation order.
pub use crate::revocation::RevocationReason;
use crate::store::lab::{self as store, StoreError};
use crate::verdict::verify::Given;

/// Which requests to answer, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignOptions {
    /// The lab's folder.
    pub lab: PathBuf,
    /// The requests.
    pub requests: Vec<Named>,
    /// The environment to answer for.
    pub environment: LabEnvironment,
    /// The generation of the CA that answers.
    pub generation: Generation,
    /// The defects to introduce into the answers.
    pub defects: Vec<Defect>,
    /// The form of the answer.
    pub shape: Shape,
    /// The folder for the answers.
    pub folder: PathBuf,
}

impl SignOptions {
    /// Answers requests for an environment by a CA of a generation, as the NHS does: with a ZIP file and nothing wrong.
    pub fn new(
        lab: impl Into<PathBuf>,
        requests: impl IntoIterator<Item = Named>,
        environment: LabEnvironment,
        generation: Generation,
    ) -> SignOptions {
        SignOptions {
            lab: lab.into(),
            requests: requests.into_iter().collect(),
            environment,
            generation,
            defects: Vec::new(),
            shape: Shape::Zip,
            folder: PathBuf::from("."),
        }
    }

    /// Introduces these defects.
    pub fn defects(mut self, defects: impl IntoIterator<Item = Defect>) -> SignOptions {
        self.defects.extend(defects);
        self
    }

    /// Answers in this form.
    pub fn shape(mut self, shape: Shape) -> SignOptions {
        self.shape = shape;
        self
    }

    /// Writes into this folder.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> SignOptions {
        self.folder = folder.into();
        self
    }
}

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// It cannot be read, or is not a request.
    #[error("{request} was not read")]
    Unread {
        /// The request.
        request: Source,
        /// What is wrong with it.
        unread: Vec<Unread>,
    },
    /// The lab does not answer it.
    #[error("{request} was not signed")]
    Lab {
        /// The request.
        request: Source,
        /// Why.
        #[source]
        error: Box<LabError>,
    },
    /// The answer cannot be kept or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A request that was answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Signed {
    /// The request.
    pub request: Source,
    /// The name in it.
    pub name: String,
    /// The file that was written.
    pub file: PathBuf,
    /// The certificate in it.
    pub certificate: Certificate,
}

/// Answers every request that can be answered.
///
/// # Errors
/// When there is no lab, or another process has it. What prevents one request from being answered is in its result.
pub fn sign(
    options: &SignOptions,
    context: &Context<'_>,
) -> Result<Vec<Result<Signed, SignError>>, StoreError> {
    let mut writer = store::Writer::open(&options.lab)?;
    let requests = options.requests.iter();
    Ok(requests
        .map(|named| answer(&mut writer, named, options, context))
        .collect())
}

fn answer(
    writer: &mut store::Writer,
    named: &Named,
    options: &SignOptions,
    context: &Context<'_>,
) -> Result<Signed, SignError> {
    let source = named.source();
    let mut found = gather::read(std::slice::from_ref(named), None, context.observer);
    let request = only_request(&found.items);
    if let Err(number) = request {
        let expected = ExpectedContent::OneRequest;
        gather::expect([source.clone()], expected, number, &mut found.unread);
    }
    let (Ok(request), true) = (request, found.unread.is_empty()) else {
        return Err(SignError::Unread {
            request: source,
            unread: found.unread,
        });
    };
    let refused = |error| SignError::Lab {
        request: source.clone(),
        error: Box::new(error),
    };
    let reply = writer
        .lab()
        .sign(
            request,
            options.environment,
            options.generation,
            &options.defects,
            context.at,
        )
        .map_err(refused)?;
    let file = reply.file(options.shape).map_err(refused)?;
    // The lab knows of everything that was written.
    writer.save()?;
    let written = store::new_file(&options.folder, &file.name, &file.bytes)?;
    Ok(Signed {
        name: request.subject.short(),
        file: written,
        certificate: reply.certificate().clone(),
        request: source,
    })
}

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// Something named cannot be read, or holds no certificate.
    #[error("some input cannot be read, so nothing was revoked")]
    Unread(Vec<Unread>),
    /// The lab does not revoke it.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The lab cannot be opened or saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A certificate that was revoked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Revoked {
    /// Where it was found.
    pub source: Source,
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// The path of the CRL that lists it from now on.
    pub crl: String,
}

/// Revokes all of the certificates, or none of them: of a reply its endpoint certificates and not its CAs, of a file with
/// CAs only, these.
///
/// # Errors
/// When something cannot be read, is not one of the lab's certificates, or the lab cannot be saved.
pub fn revoke(
    lab: &std::path::Path,
    named: &[Named],
    reason: RevocationReason,
    context: &Context<'_>,
) -> Result<Vec<Revoked>, RevokeError> {
    let mut unread = Vec::new();
    let mut meant = Vec::new();
    for named in named {
        let found = gather::read(std::slice::from_ref(named), None, context.observer);
        unread.extend(found.unread);
        let given = endpoints(certificates(&found.items));
        if given.is_empty() {
            gather::expect(
                [named.source()],
                ExpectedContent::Certificate,
                0,
                &mut unread,
            );
        }
        meant.extend(given.into_iter().map(|given| (named.source(), given)));
    }
    if !unread.is_empty() {
        return Err(RevokeError::Unread(unread));
    }
    let mut writer = store::Writer::open(lab)?;
    let mut revoked = Vec::new();
    for (source, Given { certificate, .. }) in meant {
        let lab = writer.lab();
        lab.revoke(&certificate, reason, context.at)?;
        let crl = lab.place(&certificate)?.path();
        revoked.push(Revoked {
            source,
            certificate,
            crl,
        });
    }
    writer.save()?;
    Ok(revoked)
}

/// The endpoint certificates; all of them where there are only CAs.
fn endpoints(certificates: Vec<Given>) -> Vec<Given> {
    let is_endpoint = |given: &Given| !given.certificate.is_ca();
    match certificates.iter().any(is_endpoint) {
        true => certificates.into_iter().filter(is_endpoint).collect(),
        false => certificates,
    }
}

/// What the environment's caller presents.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Caller {
    /// Its certificate with its sub CA, and its key.
    pub files: IdentityFiles,
    /// The certificate.
    pub shown: Certificate,
}

/// Why the environment's caller has no certificate to present.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallerError {
    /// The lab does not make its certificate.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// What it makes cannot be read back.
    #[error("the lab's own certificate or key cannot be read")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The certificate and key of the host that calls endpoints of an environment.
///
/// # Errors
/// When the lab cannot make them.
pub fn caller(
    lab: &Lab,
    environment: LabEnvironment,
    generation: Generation,
) -> Result<Caller, CallerError> {
    let identity = lab.identity(Party::Caller, environment, generation)?;
    let read = |der: &[u8]| {
        Certificate::read(der).map_err(|error| CallerError::Certificate(Box::new(error)))
    };
    let shown = read(&identity.certificate)?;
    let mut pem = shown.pem();
    let above = identity.chain.len().saturating_sub(1);
    for der in identity.chain.iter().take(above) {
        pem.push_str(&read(der)?.pem());
    }
    let key = identity.key.to_pkcs8_pem();
    let key = key.map_err(|error| CallerError::Certificate(Box::new(error)))?;
    let mut bytes = pem.into_bytes();
    bytes.extend(key.as_bytes());
    let named = Named::bytes(Source::BuiltIn("the lab's caller"), bytes);
    Ok(Caller {
        files: IdentityFiles::new(named, None),
        shown,
    })
}

/// Every CRL of the lab as it is at a moment, each with its URL.
///
/// # Errors
/// When the lab cannot make one.
pub fn crls(lab: &Lab, at: Moment) -> Result<Vec<(Source, Vec<u8>)>, LabError> {
    let edition = lab.edition(at);
    let places = lab.published_crls();
    let crl = |place: &crate::lab::PublishedCrl| {
        let url = format!("{}{}", lab.base_url(), place.path());
        Ok((Source::Url(url), lab.crl(place, edition, &[])?))
    };
    places.iter().map(crl).collect()
}
