//! What is wrong with the server configurations that there are.

use std::path::{Path, PathBuf};

use super::Context;
use super::gather::{self, Named as Input};
use crate::decode::Password;
use crate::document::{Document, Item, Moment};
use crate::revocation::{SearchableCrl, signed_by};
use crate::store::configuration as disk;
use crate::verdict::configuration::{
    Evidence, Fault, FileContents, Named, Opened, Site, Text, examine, read,
};
use crate::verdict::plan::Server;

/// What is to be looked at.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Doctor {
    /// Files and folders with configurations.
    pub paths: Vec<PathBuf>,
    /// The environment, by the word that names it; `None` to take it from the CAs that are trusted.
    pub environment: Option<String>,
    /// The server's process; `None` to take it from the file that the configuration names.
    pub pid: Option<u32>,
}

impl Doctor {
    /// Looks at these.
    pub fn new(paths: Vec<PathBuf>) -> Doctor {
        Doctor {
            paths,
            environment: None,
            pid: None,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Examined {
    /// The sites that were found.
    pub sites: Vec<SiteSeen>,
    /// What is wrong with them, in their order.
    pub faults: Vec<Fault>,
    /// Paths in which no configuration of a known server was found.
    pub nothing_found: Vec<PathBuf>,
    /// What the environment is called, where one was named.
    pub environment: Option<String>,
    /// Its id.
    pub environment_id: Option<String>,
    /// The moment for which everything was judged.
    pub at: Moment,
}

/// A site that was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SiteSeen {
    /// The kind of server.
    pub server: Server,
    /// What to call it.
    pub name: String,
    /// Where it begins.
    pub line: String,
    /// Since when its server runs, where that is known.
    pub started: Option<Moment>,
}

/// Why nothing was looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoctorError {
    /// There is no such environment.
    #[error("there is no environment {asked:?}; known are {}", known.join(", "))]
    Environment {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
}

/// Reads configurations and judges every place at which they let TLS clients in.
///
/// Includes are followed within the folder that was named, or that of the file; certificates, keys and CRLs are read wherever
/// they are.
///
/// # Errors
/// For an unknown environment.
pub fn doctor(options: &Doctor, context: &Context<'_>) -> Result<Examined, DoctorError> {
    let facts = &context.facts;
    let environment = match &options.environment {
        None => None,
        Some(asked) => Some(
            facts
                .environment(&asked.to_ascii_lowercase())
                .ok_or_else(|| DoctorError::Environment {
                    asked: asked.clone(),
                    known: facts
                        .environments
                        .iter()
                        .map(|one| one.id.clone())
                        .collect(),
                })?,
        ),
    };
    let mut examined = Examined {
        sites: Vec::new(),
        faults: Vec::new(),
        nothing_found: Vec::new(),
        environment: environment.map(|one| one.title.clone()),
        environment_id: environment.map(|one| one.id.clone()),
        at: context.at,
    };
    for path in &options.paths {
        let is_folder = disk::is_folder(path);
        let root = match is_folder {
            true => path.clone(),
            false => path.parent().map(Path::to_owned).unwrap_or_default(),
        };
        let root = match root.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => root,
        };
        let found = sites_in(path, &root);
        if found.is_empty() {
            examined.nothing_found.push(path.clone());
        }
        for site in found {
            let pid = options.pid.or_else(|| {
                let text = disk::text(&beside(&root, site.pid_file.as_deref()?))?;
                text.trim().parse().ok()
            });
            let started = pid.and_then(disk::started);
            examined.sites.push(SiteSeen {
                server: site.server,
                name: site.name.clone(),
                line: site.line.to_string(),
                started,
            });
            let folder = site.line.file.parent().unwrap_or(&root).to_owned();
            let files = |named: &Named| opened(named, &folder, site.server, context);
            let evidence = Evidence {
                files: &files,
                facts,
                environment,
                started,
                at: context.at,
            };
            examined.faults.extend(examine(&site, &evidence));
        }
    }
    Ok(examined)
}

/// The sites of a file, or of the files of a folder that no other includes.
fn sites_in(path: &Path, root: &Path) -> Vec<Site> {
    let limit = disk::resolved(root);
    let included: std::cell::RefCell<Vec<PathBuf>> = std::cell::RefCell::new(Vec::new());
    let includes = |from: &Path, pattern: &str| -> Vec<Text> {
        let folder = from.parent().unwrap_or(root);
        let mut texts = Vec::new();
        // nginx counts from its own folder, others from the file's.
        for base in [folder, root] {
            for file in disk::matching(&beside(base, pattern)) {
                let resolved = disk::resolved(&file);
                let inside = resolved
                    .as_ref()
                    .zip(limit.as_ref())
                    .is_some_and(|(file, limit)| file.starts_with(limit));
                if let (true, Some(resolved), Some(text)) = (inside, resolved, disk::text(&file)) {
                    included.borrow_mut().push(resolved);
                    texts.push(Text { file, text });
                }
            }
            if !texts.is_empty() {
                break;
            }
        }
        texts
    };
    let files = match disk::is_folder(path) {
        true => disk::matching(path),
        false => vec![path.to_owned()],
    };
    let mut read_files: Vec<(PathBuf, Vec<Site>)> = Vec::new();
    for file in files {
        let Some(text) = disk::text(&file) else {
            continue;
        };
        let text = Text {
            file: file.clone(),
            text,
        };
        if let Some(sites) = read(&text, &includes) {
            read_files.push((file, sites));
        }
    }
    let included = included.into_inner();
    read_files
        .into_iter()
        .filter(|(file, _)| {
            read_alone(path) || disk::resolved(file).is_none_or(|file| !included.contains(&file))
        })
        .flat_map(|(_, sites)| sites)
        .collect()
}

/// A file that was named itself is looked at, whoever includes it.
fn read_alone(path: &Path) -> bool {
    !disk::is_folder(path)
}

fn beside(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}

/// What a file holds; a folder with hashed names is one, as all of its files.
fn opened(named: &Named, folder: &Path, server: Server, context: &Context<'_>) -> Opened {
    if named.path.contains(['$', '{']) || named.path.starts_with('@') || named.path.contains("://")
    {
        return Opened::NotLookedAt;
    }
    let path = beside(folder, &named.path);
    let facts = match disk::facts(&path) {
        Ok(facts) => facts,
        Err(error) => return Opened::Unreadable(error.to_string()),
    };
    let password = named
        .password
        .as_ref()
        .map(|text| Password::new(text.as_bytes()));
    let found = gather::read(&[Input::file(path)], password.as_ref(), context.observer);
    if found.items.is_empty() {
        let why = found.unread.first().map(|one| one.message());
        return Opened::Unreadable(why.unwrap_or_else(|| "it holds nothing".to_owned()));
    }
    if server != Server::Java
        && let Some(broken) = found.unread.first()
    {
        return Opened::Unreadable(broken.message());
    }
    let mut contents = FileContents {
        open_to_others: facts.open_to_others,
        changed: facts.changed,
        ..FileContents::default()
    };
    for item in &found.items {
        take(item, &mut contents);
    }
    contents.crls = crls(&named.path, folder, context);
    Opened::Read(contents)
}

fn take(item: &Item, contents: &mut FileContents) {
    match &item.document {
        Document::Certificate(certificate) => {
            contents
                .certificates
                .push(std::sync::Arc::clone(certificate));
        }
        Document::PrivateKey(key) => contents.keys.push(key.public_key().clone()),
        _ => {}
    }
}

/// The CRLs of a file, each with the known CA's key that signed it.
fn crls(
    path: &str,
    folder: &Path,
    context: &Context<'_>,
) -> Vec<(crate::document::Crl, Option<crate::document::Sha256Digest>)> {
    let inputs = gather::Inputs::load_crls(
        &[Input::file(beside(folder, path))],
        crate::store::read::Depth::Directory,
    );
    let mut unread = Vec::new();
    let objects = gather::CrlObjects::open(&inputs, context.observer, &mut unread);
    let crls: Vec<SearchableCrl<'_>> = objects.crls(&mut unread);
    crls.iter()
        .map(|crl| {
            let issuer = &crl.header().issuer;
            let signer = context
                .facts
                .certificates()
                .find(|ca| ca.subject.matches(issuer) && signed_by(crl, ca))
                .map(|ca| ca.key.spki_sha256);
            (crl.header().clone(), signer)
        })
        .collect()
}
