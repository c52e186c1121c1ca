//! Writing a lab's CRLs, of any size.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::document::Moment;
use crate::input::Shown;
use crate::lab::{
    Defect, DefectTarget, Filling, Lab, LabEnvironment, LabError, PublishedCrl, encoded,
};
use crate::ops::Context;
use crate::store::lab::{self as store, StoreError};

/// Which CRLs are written, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CrlOptions {
    /// The lab's folder.
    pub lab: PathBuf,
    /// Those of this environment only.
    pub environment: Option<LabEnvironment>,
    /// This one only, by its path below the base URL.
    pub path: Option<String>,
    /// So many entries more; where no path says of which CRL, of the one that has to be imported manually.
    pub entries: Option<u64>,
    /// What is wrong with them, on purpose.
    pub defects: Vec<Defect>,
    /// The folder for them, each under its path; `crl` in the lab's folder where none is named.
    pub folder: Option<PathBuf>,
}

impl CrlOptions {
    /// Writes all of a lab's CRLs, as they are.
    pub fn new(lab: impl Into<PathBuf>) -> CrlOptions {
        CrlOptions {
            lab: lab.into(),
            environment: None,
            path: None,
            entries: None,
            defects: Vec::new(),
            folder: None,
        }
    }
}

/// Why the CRLs were not written; those before the one that failed were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// It is a defect of something else.
    #[error("{defect} is not a defect of CRLs")]
    NotOfCrls {
        /// The defect.
        defect: Defect,
    },
    /// There is no such CRL.
    #[error("the lab has no CRL /{path}")]
    NoSuchCrl {
        /// The path asked for.
        path: String,
    },
    /// It cannot be made or written.
    #[error("{} was not written", file.shown())]
    NotWritten {
        /// The file.
        file: PathBuf,
        /// Why.
        source: Box<StoreError>,
    },
    /// The lab cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A CRL that was written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WrittenCrl {
    /// Whose it is, and where it belongs.
    pub crl: PublishedCrl,
    /// The file.
    pub file: PathBuf,
    /// How many entries it has.
    pub entries: u64,
    /// Its length in bytes.
    pub length: u64,
}

/// Writes CRLs as at the context's moment.
///
/// # Errors
/// When there is no lab or no such CRL, when a defect is none of CRLs, and when one cannot be made or written.
pub fn write(options: &CrlOptions, context: &Context<'_>) -> Result<Vec<WrittenCrl>, CrlError> {
    let is_of_crls =
        |defect: &&Defect| matches!(defect.target(), DefectTarget::Crl | DefectTarget::Encoding);
    if let Some(defect) = options.defects.iter().find(|defect| !is_of_crls(defect)) {
        return Err(CrlError::NotOfCrls { defect: *defect });
    }
    let lab = store::open(&options.lab)?;
    let folder = match &options.folder {
        Some(folder) => folder.clone(),
        None => options.lab.join("crl"),
    };
    let mut written = Vec::new();
    for crl in meant(&lab, options)? {
        let file = folder.join(crl.path().trim_start_matches('/'));
        let length = match write_one(&lab, &crl, &file, options, context) {
            Ok(length) => length,
            Err(error) => {
                let source = Box::new(error);
                return Err(CrlError::NotWritten { file, source });
            }
        };
        written.push(WrittenCrl {
            entries: lab.revoked_at(&crl, context.at) + options.entries.unwrap_or(0),
            crl,
            file,
            length,
        });
    }
    Ok(written)
}

/// The CRLs that were asked for.
fn meant(lab: &Lab, options: &CrlOptions) -> Result<Vec<PublishedCrl>, CrlError> {
    let all = match options.environment {
        Some(environment) => lab.published_crls_for(environment),
        None => lab.published_crls(),
    };
    if let Some(wanted) = &options.path {
        let wanted = wanted.trim_start_matches('/');
        let is_wanted = |crl: &PublishedCrl| crl.path().trim_start_matches('/') == wanted;
        let found: Vec<PublishedCrl> = all.into_iter().filter(is_wanted).collect();
        let path = wanted.to_owned();
        return match found.is_empty() {
            true => Err(CrlError::NoSuchCrl { path }),
            false => Ok(found),
        };
    }
    if options.entries.is_some() {
        let environment = options.environment.unwrap_or(LabEnvironment::Int);
        return Ok(lab.place_manual_import(environment).into_iter().collect());
    }
    Ok(all)
}

/// Writes one CRL, and says how long it is.
fn write_one(
    lab: &Lab,
    crl: &PublishedCrl,
    file: &Path,
    options: &CrlOptions,
    context: &Context<'_>,
) -> Result<u64, StoreError> {
    let filling = Filling::new(options.entries.unwrap_or(0));
    let at: Moment = context.at;
    let prepared = lab.prepare(crl, at, &options.defects, filling)?;
    let is_damage = |defect: &Defect| defect.target() == DefectTarget::Encoding;
    if options.defects.iter().any(is_damage) {
        // Damage is done to the CRL as a whole, which is in memory then.
        let bytes = encoded(prepared.to_vec()?, &options.defects)?;
        store::crl(file, |out| Ok(out.write_all(&bytes)?))?;
        return Ok(bytes.len() as u64);
    }
    let length = prepared.length();
    if options.entries.is_none() {
        store::crl(file, |out| prepared.write(out))?;
        return Ok(length);
    }
    let steps = usize::try_from(length.div_ceil(STEP)).unwrap_or(usize::MAX);
    context.observer.begin("MiB", steps);
    let written = store::crl(file, |out| -> Result<(), LabError> {
        let mut counted = Counted {
            out,
            bytes: 0,
            context,
        };
        prepared.write(&mut counted)
    });
    context.observer.end();
    written.map(|()| length)
}

/// After how many bytes the observer hears of it.
const STEP: u64 = 1 << 20;

/// Tells the observer how much has been written.
struct Counted<'c, 'o, W> {
    out: W,
    bytes: u64,
    context: &'c Context<'o>,
}

impl<W: Write> Write for Counted<'_, '_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        let before = self.bytes / STEP;
        self.bytes += written as u64;
        for _ in before..self.bytes / STEP {
            self.context.observer.step();
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
