//! Creating a lab.

use std::path::{Path, PathBuf};

use crate::lab::{Keys, Lab, LabPlan};
use crate::ops::Context;
use crate::store::lab::{self as store, StoreError};

/// Which lab is created, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreateOptions {
    /// Its folder, which is not there yet or empty.
    pub folder: PathBuf,
    /// A folder of lab keys: those that it has are used, those that it lacks are made and kept there.
    pub keys: Option<PathBuf>,
    /// What stands before every path in its certificates.
    pub base_url: String,
}

impl CreateOptions {
    /// Creates one in this folder, with keys of its own and the usual base URL.
    pub fn new(folder: impl Into<PathBuf>) -> CreateOptions {
        CreateOptions {
            folder: folder.into(),
            keys: None,
            base_url: LabPlan::BASE_URL.to_owned(),
        }
    }
}

/// A lab that was created.
#[derive(Debug)]
#[non_exhaustive]
pub struct Created {
    /// The lab.
    pub lab: Lab,
    /// Its facts: what makes the product know it.
    pub facts: PathBuf,
    /// How many lab keys were made.
    pub keys_made: usize,
    /// How many were there before.
    pub keys_reused: usize,
}

/// How many lab keys a lab has.
pub fn keys() -> usize {
    Keys::plans().len()
}

/// Creates a lab as at the context's moment.
///
/// # Errors
/// When there is something in the folder, which is left as it is, when a key that was kept is none of a lab's, and when the
/// system refuses. Then there is no lab; keys that were made are kept.
pub fn create(options: &CreateOptions, context: &Context<'_>) -> Result<Created, StoreError> {
    let folder = &options.folder;
    // Before the keys are made, which takes longer than everything else together.
    store::vacant(folder)?;
    let (keys, made) = keys_of(options.keys.as_deref())?;
    let plan = LabPlan::new(&options.base_url, context.at);
    let lab = store::found(folder, keys, &plan)?;
    Ok(Created {
        lab,
        facts: store::facts(folder),
        keys_made: made,
        keys_reused: Keys::plans().len().saturating_sub(made),
    })
}

/// The keys, and how many of them were made.
fn keys_of(kept: Option<&Path>) -> Result<(Keys, usize), StoreError> {
    let Some(kept) = kept else {
        let (keys, made) = Keys::completed(|_| Ok::<_, StoreError>(None))?;
        return Ok((keys, made.len()));
    };
    let (keys, made) = Keys::completed(|plan| store::known(kept, plan))?;
    store::keep(kept, &keys)?;
    // Another process may have made some meanwhile: what stands there counts, and makes the same again.
    let keys = Keys::read(|plan| store::known(kept, plan))?;
    Ok((keys, made.len()))
}
