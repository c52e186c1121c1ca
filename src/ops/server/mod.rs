//! Everything that a server needs, from files, facts and the CRL cache into a folder: all of it or nothing.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use super::Context;
use super::crl::export::{CommandOutcome, Runner};
use super::gather::{self, ExpectedContent, GivenCrl, Named, Unread};
use super::hand_over::{Hooks, hand_over};
use crate::decode::Password;
use crate::document::{Certificate, Moment, Name};
use crate::export::server::{
    AvailableCrl, Bundle, Expired, ExportFile, FileKind, GenerationTrust, KeystoreProfile, Kit,
    LeftOutAuthority, Parts, ProofNote, ServerRefusal, Settings, Target, kit,
};
use crate::fqdn::Fqdn;
use crate::input::Shown;
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::{Cache, CacheError, Damaged};
use crate::store::set::{self, ChangeKind, Content, Folder, Foreign, Owner, SetError};

/// The file in which a generated password is kept.
pub const PASSWORD_FILE: &str = "keystore.password";

/// Octets of a generated password: as many as an AES-128 key has.
const PASSWORD_OCTETS: usize = 18;

/// What is to be exported, for which clients, and where to.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// What the files are for.
    pub target: Target,
    /// The endpoint's certificate and the CAs below its root.
    pub certificates: Vec<Named>,
    /// Its private key.
    pub key: Named,
    /// The password of the key, and of PKCS#12 files that are read.
    pub key_password: Option<Password>,
    /// The environment, by the word that names it.
    pub environment: String,
    /// The folder to write to.
    pub out_dir: PathBuf,
    /// Certificates of clients that will call.
    pub clients: Vec<Named>,
    /// Names that are admitted besides those of the environment's Spine Secure Proxy.
    pub admit: Vec<Fqdn>,
    /// Generations that are not to be trusted any more.
    pub leave_out: Vec<String>,
    /// Whether an expired certificate is let through, to look at.
    pub expired: Expired,
    /// The address and port that the server listens on, and where requests are passed on to.
    pub address: Option<String>,
    /// See [`Settings::port`]; `None` for the usual one.
    pub port: Option<u16>,
    /// See [`Settings::backend`]; `None` for the usual one.
    pub backend: Option<String>,
    /// See [`Settings::namespace`]; `None` for the usual one.
    pub namespace: Option<String>,
    /// The facts file from which the context's facts were extended; see [`Settings::facts`].
    pub facts: Option<Named>,
    /// How a key store is encrypted; `None` for what suits the target.
    pub profile: Option<KeystoreProfile>,
    /// The password of the key store; without one it is generated, and kept beside it.
    pub password: Option<Zeroizing<String>>,
    /// Only say what would change.
    pub dry_run: bool,
    /// What to do about files that another program wrote.
    pub foreign: Foreign,
    /// A command that says whether the server accepts the new files; where it fails the old ones are put back.
    pub test: Option<String>,
    /// A command to run after the files have changed.
    pub on_change: Option<String>,
}

/// Says where to, and for which server; no password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("target", &self.target)
            .field("environment", &self.environment)
            .field("out_dir", &self.out_dir)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// An export with safe settings: nothing expired, nothing replaced that another program wrote.
    pub fn new(
        target: Target,
        environment: impl Into<String>,
        key: Named,
        out_dir: impl Into<PathBuf>,
    ) -> Options {
        Options {
            target,
            certificates: Vec::new(),
            key,
            key_password: None,
            environment: environment.into(),
            out_dir: out_dir.into(),
            clients: Vec::new(),
            admit: Vec::new(),
            leave_out: Vec::new(),
            expired: Expired::Refuse,
            address: None,
            port: None,
            backend: None,
            namespace: None,
            facts: None,
            profile: None,
            password: None,
            dry_run: false,
            foreign: Foreign::Refuse,
            test: None,
            on_change: None,
        }
    }

    /// Exports this endpoint's certificate and the CAs below its root.
    pub fn certificates(mut self, certificates: impl IntoIterator<Item = Named>) -> Options {
        self.certificates.extend(certificates);
        self
    }

    /// Exports the CRLs that these clients need, too.
    pub fn clients(mut self, clients: impl IntoIterator<Item = Named>) -> Options {
        self.clients.extend(clients);
        self
    }

    /// Opens the key, and PKCS#12 files, with this password.
    pub fn key_password(mut self, password: Password) -> Options {
        self.key_password = Some(password);
        self
    }
}

/// The result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerExported {
    /// What it is for.
    pub target: Target,
    /// The host that the certificate is for.
    pub host: Fqdn,
    /// What people call the environment.
    pub environment: String,
    /// The environment's id.
    pub environment_id: String,
    /// The moment for which everything was proved.
    pub at: Moment,
    /// The last second at which the certificate and every CA that is sent with it is valid.
    pub not_after: Moment,
    /// The clients that are admitted.
    pub admitted: Vec<String>,
    /// The generations that are trusted.
    pub generations: Vec<GenerationTrust>,
    /// The CAs of the environment that are not.
    pub left_out: Vec<LeftOutAuthority>,
    /// How many CRLs were written.
    pub crls: usize,
    /// Why the security level is lowered, where it is.
    pub sha1: Option<String>,
    /// Why the files are not for use, where they are not.
    pub not_for_use: Option<String>,
    /// Whether a CA partitions its CRLs and none of its clients was shown, so that CRLs may be missing.
    pub partitions_unknown: bool,
    /// What else is to be said of the evidence.
    pub notes: Vec<ProofNote>,
    /// The folder, absolute.
    pub folder: PathBuf,
    /// What has become of the files, or would.
    pub outcome: Written,
    /// Each file.
    pub files: Vec<FileChange>,
    /// The outcome of the test, if it was run.
    pub test: Option<CommandOutcome>,
    /// The outcome of the command after the change, if it was run.
    pub on_change: Option<CommandOutcome>,
    /// How the server is made to use the configuration.
    pub include: Vec<String>,
    /// What makes the server read it.
    pub reload: Vec<String>,
    /// What the administrator has to know of this server.
    pub remarks: Vec<String>,
}

/// What has become of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Written {
    /// New files are in place.
    Written,
    /// The files that are there say the same.
    Unchanged,
    /// The test did not accept the new files: the old ones are back.
    PutBack,
    /// Nothing was written: this is what would be.
    DryRun,
}

/// What has become of one file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileChange {
    /// Its name.
    pub name: String,
    /// What kind of content it has.
    pub kind: FileKind,
    /// What has become of it, or would.
    pub change: ChangeKind,
    /// How its text differs from the one that was there, in a dry run; never of a file with a secret.
    pub diff: Option<String>,
}

/// Why nothing was exported. Nothing was written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerExportError {
    /// Something that was named could not be used.
    #[error("some input cannot be used, so nothing was written")]
    Unread(Vec<Unread>),
    /// There is no such environment.
    #[error("there is no environment {asked:?}; the known ones are {}", known.join(", "))]
    Environment {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Key, certificate, trust and CRLs do not make a sound set.
    #[error(
        "nothing was written, because a server with these files would not work or would not be safe"
    )]
    Refused(Box<Refused>),
    /// The files could not be made.
    #[error(transparent)]
    Kit(#[from] crate::export::server::ExportError),
    /// The facts file cannot be read.
    #[error(transparent)]
    Facts(#[from] gather::FactsFileError),
    /// The folder could not be written.
    #[error(transparent)]
    Set(#[from] SetError),
    /// The cache cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The password for the key store cannot be used.
    #[error("a key store password needs at least 6 characters of printable ASCII")]
    Password,
    /// No random numbers.
    #[error("no password could be generated")]
    Random(#[source] crate::input::Cause),
}

/// Every reason why there is no set, with CRLs of the cache that are damaged and might have helped.
#[derive(Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The reasons.
    pub refusals: Vec<ServerRefusal>,
    /// What could not be read in the cache, each as a sentence.
    pub damaged: Vec<String>,
}

/// Proves, makes and writes the files, has the server test them, and runs the command after a change.
///
/// # Errors
/// [`ServerExportError`]; nothing was written then, and what was there is as it was.
pub fn export(
    options: &Options,
    runner: &mut dyn Runner,
    context: &Context<'_>,
) -> Result<ServerExported, ServerExportError> {
    let facts = context.facts.as_ref();
    let id = options.environment.to_ascii_lowercase();
    let environment = facts
        .environment(&id)
        .ok_or_else(|| ServerExportError::Environment {
            asked: options.environment.clone(),
            known: facts
                .environments
                .iter()
                .map(|one| one.id.clone())
                .collect(),
        })?;
    // Before anything is read that takes a while.
    let settings = settings(options)?;
    let mut unread = Vec::new();
    let password = options.key_password.as_ref();
    let mut read = |named: &[Named]| {
        let mut found = gather::read(named, password, context.observer);
        unread.append(&mut found.unread);
        found
    };
    let mut given = read(&options.certificates);
    let given_crls = given.take_crls();
    let keys = read(std::slice::from_ref(&options.key)).items;
    let clients = read(&options.clients).items;
    let certificates = given.certificates();
    if given.endpoints().is_empty() {
        // It may be in one of them.
        unread.extend(given.hidden().cloned());
    }
    let key = gather::only_key_pair(&keys);
    if let Err(found) = key
        && unread.is_empty()
    {
        unread.push(gather::no_key(options.key.source(), &keys, found));
    }
    if certificates.is_empty() {
        let sources = options.certificates.iter().map(Named::source);
        gather::expect(sources, ExpectedContent::Certificate, 0, &mut unread);
    }
    let clients: Vec<Arc<Certificate>> = gather::certificates(&clients)
        .into_iter()
        .map(|given| given.certificate)
        .collect();
    let (Ok(key), true) = (key, unread.is_empty()) else {
        return Err(ServerExportError::Unread(unread));
    };
    let cached = match &context.cache {
        Some(folder) => Cache::open(folder).crls()?,
        None => crate::store::crl_cache::Crls::default(),
    };
    let mut unreadable: Vec<Option<Name>> = cached.damaged.iter().map(Damaged::issuer).collect();
    let mut damaged: Vec<String> = cached
        .damaged
        .iter()
        .map(|one| format!("{one}: {}", one.damage))
        .collect();
    let mut crls: Vec<(SearchableCrl<'_>, usize)> = Vec::new();
    for (number, one) in cached.sound.iter().enumerate() {
        match one.crl() {
            Ok(crl) => crls.push((crl, number)),
            Err(error) => {
                damaged.push(format!("{}: {error}", one.path().shown()));
                unreadable.push(Some(one.about().issuer.clone()));
            }
        }
    }
    let available: Vec<AvailableCrl<'_>> = crls
        .iter()
        .filter_map(|(crl, number)| {
            let about = cached.sound.get(*number)?.about();
            Some(AvailableCrl {
                crl,
                id: &about.slot,
                signer: about.issuer_spki_sha256,
            })
        })
        .collect();
    let own_crls = GivenCrl::read_all(&given_crls, &mut unread);
    if !unread.is_empty() {
        return Err(ServerExportError::Unread(unread));
    }
    let bundle = Bundle::prove(&Parts {
        certificates: &certificates,
        own_crls: &own_crls,
        key,
        environment,
        facts,
        crls: &available,
        unreadable: &unreadable,
        clients: &clients,
        admit: &options.admit,
        leave_out: &options.leave_out,
        target: options.target,
        expired: options.expired,
        at: context.at,
    })
    .map_err(|refusals| ServerExportError::Refused(Box::new(Refused { refusals, damaged })))?;
    write(options, settings, &bundle, runner)
}

/// What is to be said beyond what the bundle proves, checked for the target; still without a password.
fn settings(options: &Options) -> Result<Settings, ServerExportError> {
    let folder = std::path::absolute(&options.out_dir).unwrap_or_else(|_| options.out_dir.clone());
    let mut settings = Settings::new(options.target, &folder);
    settings.address.clone_from(&options.address);
    settings.port = options.port.unwrap_or(settings.port);
    settings.profile = options.profile;
    if let Some(backend) = &options.backend {
        settings.backend.clone_from(backend);
    }
    if let Some(namespace) = &options.namespace {
        settings.namespace.clone_from(namespace);
    }
    settings.check(options.target)?;
    if options.target == Target::Iis {
        settings.facts = options.facts.as_ref().map(gather::facts_text).transpose()?;
    }
    Ok(settings)
}

/// What was given that the target has no use for, each in a sentence.
fn without_effect(options: &Options) -> Vec<String> {
    let target = options.target;
    let listen = options.address.is_some() || options.port.is_some();
    let given = [
        (
            "an address and port to listen on",
            listen,
            target.takes_listen(),
        ),
        (
            "a backend",
            options.backend.is_some(),
            target.takes_backend(),
        ),
        (
            "a namespace",
            options.namespace.is_some(),
            target == Target::Kubernetes,
        ),
        (
            "a key store profile",
            options.profile.is_some(),
            target.needs_password(),
        ),
        (
            "a key store password",
            options.password.is_some(),
            target.needs_password(),
        ),
    ];
    let lost = given
        .into_iter()
        .filter(|(_, given, taken)| *given && !taken);
    lost.map(|(what, ..)| {
        format!(
            "The files for {} do not contain {what}: the one that was given has no effect.",
            target.title()
        )
    })
    .collect()
}

/// Makes the files, compares them with what is there, and writes them.
fn write(
    options: &Options,
    mut settings: Settings,
    bundle: &Bundle<'_>,
    runner: &mut dyn Runner,
) -> Result<ServerExported, ServerExportError> {
    let mut generated = None;
    if options.target.needs_password() {
        settings.password = Some(match &options.password {
            Some(password) => password.clone(),
            None => {
                let password = kept_or_new(&options.out_dir)?;
                generated = Some(password.clone());
                password
            }
        });
        let good = |password: &Zeroizing<String>| {
            password.len() >= 6 && password.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        };
        if !settings.password.as_ref().is_some_and(good) {
            return Err(ServerExportError::Password);
        }
    }
    let Kit {
        mut files,
        include,
        reload,
        mut notes,
        ..
    } = kit(bundle, &settings)?;
    notes.extend(without_effect(options));
    if let Some(password) = generated {
        files.push(ExportFile::password(PASSWORD_FILE, &password));
    }
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let present = set::present(&options.out_dir, &names)?;
    // What is encrypted again at each writing stays as it is where it says the same.
    let password = settings.password.as_ref().map(|password| password.as_str());
    let bytes: Vec<Zeroizing<Vec<u8>>> = files
        .iter()
        .zip(&present)
        .map(|(file, present)| match present {
            Some(present) if file.says_the_same_as(present, password) => {
                Zeroizing::new(present.clone())
            }
            _ => file.bytes.clone(),
        })
        .collect();
    let Placed {
        outcome,
        changes,
        test,
        on_change,
    } = match options.dry_run {
        true => Placed {
            outcome: Written::DryRun,
            changes: would_change(options, &names, &bytes, &present)?,
            test: None,
            on_change: None,
        },
        false => place(options, &files, &bytes, runner)?,
    };
    let changes = changes.into_iter().map(|(name, change)| {
        let place = names.iter().position(|known| *known == name);
        let kind = place
            .and_then(|place| files.get(place))
            .map_or(FileKind::Data, |file| file.kind);
        let diff = match (options.dry_run, kind, place) {
            (true, FileKind::Text, Some(place)) if change != ChangeKind::Unchanged => {
                let old = present.get(place).and_then(Option::as_deref);
                diff(&name, old, bytes.get(place).map(|bytes| bytes.as_slice()))
            }
            _ => None,
        };
        FileChange {
            name,
            kind,
            change,
            diff,
        }
    });
    let ends = bundle.chain().iter().map(|one| one.not_after).min();
    Ok(ServerExported {
        target: options.target,
        host: bundle.host().clone(),
        environment: bundle.environment_title().to_owned(),
        environment_id: options.environment.to_ascii_lowercase(),
        at: bundle.at(),
        not_after: ends.unwrap_or(bundle.at()),
        admitted: match options.target.is_client() {
            true => Vec::new(),
            false => bundle.admitted().names().map(str::to_owned).collect(),
        },
        generations: bundle.generations().to_vec(),
        left_out: bundle.left_out().to_vec(),
        crls: bundle.crls().len(),
        sha1: bundle.sha1_reason().map(str::to_owned),
        not_for_use: bundle.expired_note().map(str::to_owned),
        partitions_unknown: bundle.partitions_unknown(),
        notes: bundle.notes().to_vec(),
        files: changes.collect(),
        folder: settings.folder,
        outcome,
        test,
        on_change,
        include,
        reload,
        remarks: notes,
    })
}

/// The password that an earlier export generated, or a new one.
fn kept_or_new(folder: &Path) -> Result<Zeroizing<String>, ServerExportError> {
    let kept = set::present(folder, &[PASSWORD_FILE])?;
    if let Some(kept) = kept.into_iter().flatten().next() {
        let kept = Zeroizing::new(kept);
        if let Ok(text) = std::str::from_utf8(&kept) {
            return Ok(Zeroizing::new(
                text.trim_end_matches(['\r', '\n']).to_owned(),
            ));
        }
    }
    let mut octets = Zeroizing::new([0_u8; PASSWORD_OCTETS]);
    crate::decode::crypto::ready();
    openssl::rand::rand_bytes(octets.as_mut())
        .map_err(|source| ServerExportError::Random(source.into()))?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*octets)))
}

/// What a run would change, without writing anything.
fn would_change(
    options: &Options,
    names: &[&str],
    bytes: &[Zeroizing<Vec<u8>>],
    present: &[Option<Vec<u8>>],
) -> Result<Vec<(String, ChangeKind)>, SetError> {
    let mut changes: Vec<(String, ChangeKind)> = names
        .iter()
        .zip(bytes.iter().zip(present))
        .map(|(name, (new, old))| {
            let change = match old {
                None => ChangeKind::Added,
                Some(old) if old == &**new => ChangeKind::Unchanged,
                Some(_) => ChangeKind::Replaced,
            };
            ((*name).to_owned(), change)
        })
        .collect();
    for name in set::owned(&options.out_dir, Owner::Server)? {
        if !names.contains(&name.as_str()) {
            changes.push((name, ChangeKind::Removed));
        }
    }
    Ok(changes)
}

/// What became of the files and of the commands that go with them.
struct Placed {
    outcome: Written,
    changes: Vec<(String, ChangeKind)>,
    test: Option<CommandOutcome>,
    on_change: Option<CommandOutcome>,
}

fn place(
    options: &Options,
    files: &[ExportFile],
    bytes: &[Zeroizing<Vec<u8>>],
    runner: &mut dyn Runner,
) -> Result<Placed, SetError> {
    let writers: Vec<_> = bytes
        .iter()
        .map(|bytes| move |out: &mut dyn Write| -> io::Result<()> { out.write_all(bytes) })
        .collect();
    let contents = Content::each(files.iter().map(|file| file.name.as_str()), &writers);
    let private: Vec<&str> = files
        .iter()
        .filter(|file| file.is_private())
        .map(|file| file.name.as_str())
        .collect();
    let folder = Folder::open_as(&options.out_dir, Owner::Server)?;
    let staged = folder.stage_private(&contents, &private, options.foreign)?;
    let changes = staged.changes().to_vec();
    let hooks = Hooks {
        test: options.test.as_deref(),
        on_change: options.on_change.as_deref(),
    };
    let handed = hand_over(&folder, staged, hooks, runner)?;
    Ok(Placed {
        outcome: match (handed.put_back, handed.changed) {
            (true, _) => Written::PutBack,
            (false, true) => Written::Written,
            (false, false) => Written::Unchanged,
        },
        changes,
        test: handed.test,
        on_change: handed.on_change,
    })
}

/// How two texts differ, as `diff -u` shows it.
fn diff(name: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> Option<String> {
    let old = std::str::from_utf8(old.unwrap_or_default()).ok()?;
    let new = std::str::from_utf8(new?).ok()?;
    let changes = similar::TextDiff::from_lines(old, new);
    let mut unified = changes.unified_diff();
    let text = unified.context_radius(2).header(name, name).to_string();
    Some(text)
}
