//! What is wrong with existing server configurations.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Context;
use super::gather::{self, Named as Input, Unread, UnreadReason};
use crate::chain;
use crate::decode::openssl_pem::{self, OpenSslReading};
use crate::decode::{Container, Damage, Password};
use crate::document::{Certificate, Document, Item, Moment, Name};
use crate::export::crls::name_hash;
use crate::input::{Origin, Source, amount};
use crate::revocation::{SearchableCrl, signed_by};
use crate::store::configuration as disk;
use crate::store::read::{self, ReadError};
use crate::verdict::configuration::{
    ConfigurationBudget, ConfigurationEvidence, ConfigurationProblem, ConfiguredCrl,
    ConfiguredFormat, FileContents, FileFindings, FileUse, Included, Includes, KeyPlace, NamedFile,
    OpenedFile, Site, SiteFault, Text, TooLarge, UnexaminedKind, examine, is_nginx_main, read,
};
use crate::verdict::plan::Server;

/// What to examine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Files and folders with configurations.
    pub paths: Vec<PathBuf>,
    /// The environment's id; `None` to take it from the CAs that are trusted.
    pub environment: Option<String>,
    /// The server's process; `None` to take it from the file that the configuration names.
    pub pid: Option<u32>,
    /// Configurations given as text, such as the output of `nginx -T`, each with a name for it.
    pub texts: Vec<Text>,
}

impl Options {
    /// Also examines a configuration given as text, such as the output of `nginx -T`.
    pub fn text(mut self, name: &Path, text: String) -> Options {
        self.texts.push(Text {
            file: name.to_owned(),
            text,
        });
        self
    }
}

/// Runs a server's own test of its configuration.
///
/// A test loads the modules that the configuration names, so that it is for configurations that are trusted.
pub trait OwnTest {
    /// Runs a program and waits for it to exit; `None` where there is no such program.
    fn run(&mut self, program: &str, arguments: &[&OsStr]) -> Option<TestOutcome>;
}

/// The outcome of a server's own test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestOutcome {
    /// Whether the server accepts its configuration.
    pub accepts: bool,
    /// What it printed.
    pub output: String,
}

impl TestOutcome {
    /// The outcome of a test, and what it printed.
    pub fn new(accepts: bool, output: String) -> TestOutcome {
        TestOutcome { accepts, output }
    }
}

impl Options {
    /// Examines these.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> Options {
        Options {
            paths: paths.into_iter().collect(),
            environment: None,
            pid: None,
            texts: Vec::new(),
        }
    }
}

/// The result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Examined {
    /// The sites that were found.
    pub sites: Vec<ExaminedSite>,
    /// Paths in which no configuration of a known server was found.
    pub nothing_found: Vec<PathBuf>,
    /// Paths whose configuration is too large, so that none of it was examined.
    pub too_large: Vec<(PathBuf, TooLarge)>,
    /// The environment's title, where one was named.
    pub environment: Option<String>,
    /// Its id.
    pub environment_id: Option<String>,
    /// The moment for which everything was judged.
    pub at: Moment,
}

/// A site that was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExaminedSite {
    /// The kind of server.
    pub server: Server,
    /// What to call it.
    pub name: String,
    /// Where it begins.
    pub line: String,
    /// When its server was started, if that is known.
    pub started: Option<Moment>,
    /// The server's own test that accepted the configuration, as typed, where it was run.
    pub tested: Option<String>,
    /// What is wrong with it.
    pub faults: Vec<SiteFault>,
}

/// Why nothing was examined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoctorError {
    /// There is no such environment.
    #[error("there is no environment {asked:?}; the known ones are {}", known.join(", "))]
    Environment {
        /// What was asked for.
        asked: String,
        /// The known ones.
        known: Vec<String>,
    },
    /// A path that was named cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Reads configurations and judges every part of them that accepts TLS clients; has the servers' own tests run where a
/// way to run them is given.
///
/// Includes are followed within the folder that was named, or that of the file; certificates, keys and CRLs are read wherever
/// they are. What `nginx -T` printed holds its includes.
///
/// # Errors
/// For an unknown environment.
pub fn doctor(
    options: &Options,
    mut own_test: Option<&mut dyn OwnTest>,
    context: &Context<'_>,
) -> Result<Examined, DoctorError> {
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
        nothing_found: Vec::new(),
        too_large: Vec::new(),
        environment: environment.map(|one| one.title.clone()),
        environment_id: environment.map(|one| one.id.clone()),
        at: context.at,
    };
    let mut all: Vec<(PathBuf, Configuration)> = Vec::new();
    for path in &options.paths {
        let root = match disk::is_folder(path) {
            true => path.clone(),
            false => {
                read::file(path)?;
                path.parent().map(Path::to_owned).unwrap_or_default()
            }
        };
        let root = match root.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => root,
        };
        match configurations_in(path, &root) {
            Ok(found) => {
                if found.iter().all(|one| one.sites.is_empty()) {
                    examined.nothing_found.push(path.clone());
                }
                all.extend(found.into_iter().map(|one| (root.clone(), one)));
            }
            Err(limit) => examined.too_large.push((path.clone(), limit)),
        }
    }
    for text in &options.texts {
        match configuration(
            text.clone(),
            &|_, _, _| Included {
                texts: Vec::new(),
                left_out: true,
            },
            &ConfigurationBudget::default(),
        ) {
            Ok(Some(found)) if !found.sites.is_empty() => {
                let root = found.file.parent().map(Path::to_owned).unwrap_or_default();
                all.push((root, found));
            }
            Ok(_) => examined.nothing_found.push(text.file.clone()),
            Err(limit) => examined.too_large.push((text.file.clone(), limit)),
        }
    }
    let files = Files {
        context,
        completed: RefCell::new(HashMap::new()),
        opened: RefCell::new(HashMap::new()),
        signed: RefCell::new(HashMap::new()),
        folders: RefCell::new(HashMap::new()),
        stores: RefCell::new(HashMap::new()),
    };
    let known = FileFindings::default();
    let mut since: HashMap<u32, Option<Moment>> = HashMap::new();
    for (root, found) in &all {
        let tested = own_test
            .as_mut()
            .and_then(|own_test| tested(found, &mut **own_test));
        // The sites of one configuration all name the same file, or none does.
        let pid = options.pid.or_else(|| {
            let file = found.sites.iter().find_map(|site| site.pid_file.as_deref());
            let text = disk::text(&beside(root, file?))?;
            text.trim().parse().ok()
        });
        let started = pid.and_then(|pid| *since.entry(pid).or_insert_with(|| disk::started(pid)));
        for (number, site) in found.sites.iter().enumerate() {
            let mut faults = Vec::new();
            if let (0, Some((command, end))) = (number, &tested)
                && !end.accepts
            {
                faults.push(SiteFault {
                    site: site.name.clone(),
                    line: site.line.clone(),
                    problem: ConfigurationProblem::TestFailed {
                        command: command.clone(),
                        output: complaint(&end.output),
                    },
                });
            }
            let open = |named: &NamedFile, used: FileUse| {
                let base = found.base.as_deref();
                let opened = files.of_site(named, used, site, base);
                match (site.server, used) {
                    (Server::Apache, FileUse::Identity) if site.issuers.is_empty() => {
                        files.completed(opened, named, site, base)
                    }
                    _ => opened,
                }
            };
            let evidence = ConfigurationEvidence {
                files: &open,
                facts,
                environment,
                started,
                at: context.at,
                known: &known,
            };
            faults.extend(examine(site, &evidence));
            let accepted = tested.as_ref().filter(|(_, end)| end.accepts);
            examined.sites.push(ExaminedSite {
                server: site.server,
                name: site.name.clone(),
                line: site.line.to_string(),
                started,
                tested: accepted.map(|(command, _)| command.clone()),
                faults,
            });
        }
    }
    Ok(examined)
}

/// A file with its includes.
struct Configuration {
    file: PathBuf,
    sites: Vec<Site>,
    /// The folder from which the server counts relative paths, where that is known.
    base: Option<PathBuf>,
    /// Whether a server could be started with it, so that its own test means something.
    is_whole: bool,
}

/// Takes a text apart, or what `nginx -T` printed, which holds its includes itself.
///
/// # Errors
/// When the budget does not last.
fn configuration(
    text: Text,
    includes: &Includes<'_>,
    budget: &ConfigurationBudget,
) -> Result<Option<Configuration>, TooLarge> {
    let Some(files) = dumped(&text.text) else {
        let is_whole = is_whole(&text.text);
        let sites = read(&text, includes, budget)?;
        return Ok(sites.map(|sites| Configuration {
            base: base(&text, &sites),
            file: text.file,
            sites,
            is_whole,
        }));
    };
    let Some(main) = files.first().cloned() else {
        return Ok(None);
    };
    // nginx counts includes from the folder of its main configuration.
    let root = main.file.parent().unwrap_or(Path::new("/")).to_owned();
    let includes = |_: &Path, pattern: &str, budget: &ConfigurationBudget| -> Included {
        let pattern = beside(&root, pattern);
        let mut named = Included::default();
        if !budget.words(files.len()) {
            return named;
        }
        for one in &files {
            match disk::fits(&one.file, &pattern) {
                Some(false) => continue,
                Some(true) => {}
                None => {
                    named.left_out = true;
                    continue;
                }
            }
            if !budget.file(one.text.len() as u64) {
                return Included::default();
            }
            named.texts.push(one.clone());
        }
        named
    };
    let sites = read(&main, &includes, budget)?;
    Ok(sites.map(|sites| Configuration {
        base: Some(root.clone()),
        file: main.file,
        sites,
        // The text may come from another machine.
        is_whole: false,
    }))
}

/// The folder from which the server counts relative paths. nginx does so from its main configuration's, Tomcat from the one
/// above `conf`; for Apache and HAProxy, settings name it, and without those only the server itself knows.
fn base(text: &Text, sites: &[Site]) -> Option<PathBuf> {
    let folder = text.file.parent()?;
    match sites.first()?.server {
        Server::Nginx => is_nginx_main(&text.text).then(|| folder.to_owned()),
        // The folder of each configuration, where a setting says so.
        Server::Haproxy => {
            let mut lines = text.text.lines();
            let said = |line: &str| line.split_whitespace().eq(["default-path", "config"]);
            lines.any(said).then(|| folder.to_owned())
        }
        Server::Java => {
            let whole = std::path::absolute(folder).ok()?;
            let is_conf = whole.file_name().is_some_and(|name| name == "conf");
            is_conf.then(|| whole.parent().map(Path::to_owned))?
        }
        _ => None,
    }
}

/// The files of what `nginx -T` printed; `None` where a text is something else.
fn dumped(text: &str) -> Option<Vec<Text>> {
    const MARK: &str = "# configuration file ";
    let mut files: Vec<Text> = Vec::new();
    for line in text.lines() {
        let path = line
            .strip_prefix(MARK)
            .and_then(|rest| rest.strip_suffix(':'));
        match (path, files.last_mut()) {
            (Some(path), _) if path.starts_with('/') => files.push(Text {
                file: PathBuf::from(path),
                text: String::new(),
            }),
            (_, Some(file)) => {
                file.text.push_str(line);
                file.text.push('\n');
            }
            (_, None) if line.trim().is_empty() || line.starts_with("nginx: ") => {}
            (_, None) => return None,
        }
    }
    (!files.is_empty()).then_some(files)
}

/// Whether a text is a server's main configuration: one that is included by another cannot be tested alone.
fn is_whole(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    // nginx starts with no configuration that lacks this block; Apache with none that loads no module.
    is_nginx_main(text)
        || lines.any(|line| {
            line.starts_with("LoadModule ")
                || line.starts_with("IncludeOptional ")
                || line.starts_with("frontend ")
                || line.starts_with("listen ") && !line.ends_with(';')
        })
}

/// Has the server's own test run, where it has one and the configuration is all of it.
fn tested(found: &Configuration, own_test: &mut dyn OwnTest) -> Option<(String, TestOutcome)> {
    let server = found.sites.first()?.server;
    let (programs, options): (&[&str], &[&str]) = match server {
        _ if !found.is_whole => return None,
        Server::Nginx => (&["nginx"], &["-t", "-q", "-c"]),
        // apachectl knows the system's variables; where it is not installed, the server itself is.
        Server::Apache => (&["apachectl", "apache2", "httpd"], &["-t", "-f"]),
        Server::Haproxy => (&["haproxy"], &["-c", "-f"]),
        // Tomcat's configtest takes the connectors' ports, which a running Tomcat has.
        _ => return None,
    };
    let file = std::path::absolute(&found.file).unwrap_or_else(|_| found.file.clone());
    let mut arguments: Vec<&OsStr> = options.iter().map(OsStr::new).collect();
    arguments.push(file.as_os_str());
    programs.iter().find_map(|program| {
        let end = own_test.run(program, &arguments)?;
        Some((format!("{program} {}", options.first()?), end))
    })
}

/// The first line in which a server says why it refuses, and no more of it than a line.
fn complaint(output: &str) -> String {
    const LIMIT: usize = 300;
    let lines = || {
        output
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let is_telling = |line: &&str| {
        ["[emerg]", "[ALERT]", "Syntax error", "AH0"]
            .iter()
            .any(|word| line.contains(word))
    };
    let place = lines().position(|line| is_telling(&line)).unwrap_or(0);
    let mut from = lines().skip(place);
    let mut told = from.next().unwrap_or_default().to_owned();
    // Apache says where on one line and what on the next.
    if told.ends_with(':')
        && let Some(what) = from.next()
    {
        told.push(' ');
        told.push_str(what);
    }
    told.chars().take(LIMIT).collect()
}

/// The configurations of a file, or of the files of a folder that no other includes.
///
/// # Errors
/// When one budget does not last for all of them.
fn configurations_in(path: &Path, root: &Path) -> Result<Vec<Configuration>, TooLarge> {
    let limit = disk::resolved(root);
    let included: RefCell<HashSet<PathBuf>> = RefCell::new(HashSet::new());
    let read = |file: PathBuf, budget: &ConfigurationBudget| -> Option<Text> {
        let affordable = budget.file(disk::length(&file)?);
        let text = disk::text(&file).filter(|_| affordable)?;
        Some(Text { file, text })
    };
    // The folder of nginx's main configuration, while that is read.
    let main: RefCell<Option<PathBuf>> = RefCell::new(None);
    let includes = |from: &Path, pattern: &str, budget: &ConfigurationBudget| -> Included {
        let folder = from.parent().unwrap_or(root);
        let main = main.borrow();
        let mut found = Included::default();
        // Where the folder from which a server counts is not known, it is one of these.
        let bases = match main.as_deref() {
            Some(main) => vec![main],
            None => vec![folder, root],
        };
        for base in bases {
            let matching = disk::matching(base, pattern, &|| budget.words(1));
            found.left_out |= matching.is_partial;
            for file in matching.files {
                let resolved = disk::resolved(&file);
                let inside = resolved
                    .as_ref()
                    .zip(limit.as_ref())
                    .is_some_and(|(file, limit)| file.starts_with(limit));
                let Some(resolved) = resolved else { continue };
                match inside.then(|| read(file, budget)).flatten() {
                    Some(text) => {
                        included.borrow_mut().insert(resolved);
                        found.texts.push(text);
                    }
                    None => found.left_out = true,
                }
            }
            if !found.texts.is_empty() {
                break;
            }
        }
        found
    };
    let budget = ConfigurationBudget::default();
    let files = match disk::is_folder(path) {
        true => disk::files_in(path, &|| budget.words(1)),
        false => vec![path.to_owned()],
    };
    let mut found: Vec<Configuration> = Vec::new();
    for file in files {
        let text = disk::length(&file).and_then(|_| disk::text(&file));
        let text = text.map(|text| Text { file, text });
        if let Some(text) = text {
            *main.borrow_mut() = match is_nginx_main(&text.text) {
                true => text.file.parent().map(Path::to_owned),
                false => None,
            };
            found.extend(configuration(text, &includes, &budget)?);
        }
    }
    if let Some(limit) = budget.spent() {
        return Err(limit);
    }
    let included = included.into_inner();
    found.retain(|one| {
        read_alone(path) || disk::resolved(&one.file).is_none_or(|file| !included.contains(&file))
    });
    Ok(found)
}

/// A file that was named itself is examined, whatever includes it.
fn read_alone(path: &Path) -> bool {
    !disk::is_folder(path)
}

fn beside(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}

/// The files that configurations name. Thousands of sites have the same ones: each is read once.
struct Files<'c> {
    context: &'c Context<'c>,
    /// The files of single certificates with the chains that OpenSSL makes of a site's CAs, by their paths.
    completed: RefCell<HashMap<(PathBuf, Vec<String>), OpenedFile>>,
    opened: RefCell<HashMap<OpenedAs, OpenedFile>>,
    /// The files of CRLs with signers that are among a site's CAs, by their paths.
    signed: RefCell<HashMap<(PathBuf, Vec<String>), OpenedFile>>,
    /// The files of folders of which HAProxy reads each by itself.
    folders: RefCell<HashMap<PathBuf, Vec<PathBuf>>>,
    /// The folders that HAProxy reads as stores of CAs.
    stores: RefCell<HashMap<PathBuf, OpenedFile>>,
}

/// A file, and how it is read: its password and its key's, its format, what the site names it for, and the kind of server.
type OpenedAs = (
    PathBuf,
    [Option<String>; 2],
    ConfiguredFormat,
    FileUse,
    Server,
);

impl Files<'_> {
    /// What a file holds that a site names. The signers of CRLs are also looked for among the CAs that the site trusts.
    fn of_site(
        &self,
        named: &NamedFile,
        used: FileUse,
        site: &Site,
        base: Option<&Path>,
    ) -> OpenedFile {
        let path = match place(named, site.server, base) {
            Ok(path) => path,
            Err(kind) => return OpenedFile::NotLookedAt(kind),
        };
        if site.server == Server::Haproxy && disk::is_folder(&path) {
            return match used {
                FileUse::Identity => {
                    let files = self.each_of(&path).into_iter();
                    let files = files.flat_map(|file| {
                        let opened = self.open(&file, named, used, site.server);
                        let written = file.to_string_lossy().into_owned();
                        self.with_key(named, written, &file, opened, site)
                    });
                    OpenedFile::Folder(files.collect())
                }
                FileUse::Trust => self.first_of_each(&path, named),
                FileUse::Parameters => OpenedFile::Unreadable("it is a folder".to_owned()),
                FileUse::Crls => {
                    OpenedFile::Unreadable("HAProxy reads no CRLs from a folder".to_owned())
                }
            };
        }
        let opened = self.open(&path, named, used, site.server);
        if used == FileUse::Identity && site.key_place != KeyPlace::Named {
            let mut files = self.with_key(named, named.path.clone(), &path, opened, site);
            return match (files.len(), files.pop()) {
                (1, Some((_, opened))) => opened,
                (_, last) => {
                    files.extend(last);
                    OpenedFile::Folder(files)
                }
            };
        }
        if used == FileUse::Identity && has_locked_key(&opened) {
            return self.with_password(&path, named, opened, site, base);
        }
        let OpenedFile::Read(contents) = &opened else {
            return opened;
        };
        if contents.crls.iter().all(|crl| crl.signer.is_some()) {
            return opened;
        }
        let trusted: Vec<String> = site.trust.iter().map(|one| one.path.clone()).collect();
        let key = (path.clone(), trusted);
        if let Some(known) = self.signed.borrow().get(&key) {
            return known.clone();
        }
        let cas = self.trusted(site, base);
        let contents = FileContents {
            crls: crls(&inputs(&path, used, site.server), &cas, self.context),
            ..FileContents::clone(contents)
        };
        let found = OpenedFile::Read(Arc::new(contents));
        self.signed.borrow_mut().insert(key, found.clone());
        found
    }

    /// The CAs that a site trusts, as far as they were read.
    fn trusted(&self, site: &Site, base: Option<&Path>) -> Vec<Arc<Certificate>> {
        let mut cas: Vec<Arc<Certificate>> = Vec::new();
        for one in &site.trust {
            let Ok(path) = place(one, site.server, base) else {
                continue;
            };
            let trusted = self.open(&path, one, FileUse::Trust, site.server);
            if let OpenedFile::Read(trusted) = trusted {
                cas.extend(trusted.certificates.iter().cloned());
            }
        }
        cas
    }

    /// A file as the server sends it: where it has one certificate and no other file has its chain, OpenSSL makes that of the CAs
    /// that the server trusts (`SSL_MODE_NO_AUTO_CHAIN`; run with Apache 2.4, while nginx and HAProxy set that).
    fn completed(
        &self,
        opened: OpenedFile,
        named: &NamedFile,
        site: &Site,
        base: Option<&Path>,
    ) -> OpenedFile {
        /// The most sub CAs, and the most of one name: real chains do not come near.
        const LIMIT: usize = 10;
        let (OpenedFile::Read(contents), Ok(path)) = (&opened, place(named, site.server, base))
        else {
            return opened;
        };
        let [own] = contents.certificates.as_slice() else {
            return opened;
        };
        let trusted: Vec<String> = site.trust.iter().map(|one| one.path.clone()).collect();
        let key = (path, trusted);
        if let Some(known) = self.completed.borrow().get(&key) {
            return known.clone();
        }
        let cas = self.trusted(site, base);
        let mut whole = FileContents::clone(contents);
        let mut last = own;
        for _ in 0..LIMIT {
            let named = |ca: &&Arc<Certificate>| ca.is_ca() && ca.subject.matches(&last.issuer);
            let mut namesakes = cas.iter().filter(named).take(LIMIT);
            let issuer = namesakes.find(|ca| chain::signed_by(last, ca));
            let Some(issuer) = issuer.filter(|one| !chain::is_self_signed(one)) else {
                break;
            };
            whole.certificates.push(Arc::clone(issuer));
            last = issuer;
        }
        let found = OpenedFile::Read(Arc::new(whole));
        self.completed.borrow_mut().insert(key, found.clone());
        found
    }

    /// A file with a certificate, and the one beside it with its key, where it has none itself.
    fn with_key(
        &self,
        named: &NamedFile,
        written: String,
        path: &Path,
        opened: OpenedFile,
        site: &Site,
    ) -> Vec<(String, OpenedFile)> {
        let lacks_key = match &opened {
            OpenedFile::Read(contents) => {
                contents.keys.is_empty()
                    && !contents.has_locked_key
                    && !contents.certificates.is_empty()
            }
            _ => false,
        };
        let beside = |path: &str| match site.key_place {
            KeyPlace::BesideInstead => format!("{}.key", path.strip_suffix(".crt").unwrap_or(path)),
            _ => format!("{path}.key"),
        };
        let key = beside(&path.to_string_lossy());
        let key = Path::new(&key);
        let mut files = Vec::new();
        if site.key_place != KeyPlace::Named && lacks_key && disk::facts(key).is_ok() {
            let found = self.open(key, named, FileUse::Identity, site.server);
            files.push((beside(&written), found));
        }
        files.insert(0, (written, opened));
        files
    }

    /// A file whose key one of the site's passwords may open.
    fn with_password(
        &self,
        path: &Path,
        named: &NamedFile,
        opened: OpenedFile,
        site: &Site,
        base: Option<&Path>,
    ) -> OpenedFile {
        for file in &site.passwords {
            let text = match place(file, site.server, base) {
                Ok(path) => disk::text(&path),
                Err(kind) => return OpenedFile::NotLookedAt(kind),
            };
            let Some(text) = text else {
                let reason = format!("its passwords in {} cannot be read", file.path);
                return OpenedFile::Locked(reason);
            };
            for password in text.lines() {
                let with = NamedFile {
                    password: Some(password.to_owned()),
                    ..named.clone()
                };
                let found = self.open(path, &with, FileUse::Identity, site.server);
                if matches!(found, OpenedFile::Read(_)) && !has_locked_key(&found) {
                    return found;
                }
            }
        }
        opened
    }

    /// The first certificate of each file of a folder that HAProxy reads as one store of CAs
    /// (`ssl_store_load_locations_file`).
    fn first_of_each(&self, folder: &Path, named: &NamedFile) -> OpenedFile {
        const READ: [&str; 4] = ["pem", "crt", "cer", "crl"];
        let mut stores = self.stores.borrow_mut();
        let store = stores.entry(folder.to_owned()).or_insert_with(|| {
            let mut files = disk::files_in(folder, &|| true);
            files.retain(|file| {
                let extension = file.extension().and_then(OsStr::to_str);
                extension.is_some_and(|own| READ.contains(&own))
            });
            if files.is_empty() {
                let reason =
                    "HAProxy reads only files in it whose names end in .pem, .crt, .cer or .crl";
                return OpenedFile::Unreadable(reason.to_owned());
            }
            let files = files.into_iter().map(|file| {
                let opened = self.open(&file, named, FileUse::Trust, Server::Haproxy);
                let opened = match opened {
                    OpenedFile::Read(contents) => {
                        let mut contents = FileContents::clone(&contents);
                        contents.certificates.truncate(1);
                        OpenedFile::Read(Arc::new(contents))
                    }
                    other => other,
                };
                (file.to_string_lossy().into_owned(), opened)
            });
            OpenedFile::Folder(files.collect())
        });
        store.clone()
    }

    /// The files of a folder that HAProxy reads as certificates, each with its chain and its key.
    fn each_of(&self, folder: &Path) -> Vec<PathBuf> {
        /// What belongs to a certificate in the file beside it.
        const BESIDE: [&str; 4] = ["key", "issuer", "ocsp", "sctl"];
        let mut folders = self.folders.borrow_mut();
        let files = folders.entry(folder.to_owned()).or_insert_with(|| {
            let mut files = disk::files_in(folder, &|| true);
            files.retain(|file| {
                let extension = file.extension().and_then(OsStr::to_str);
                !disk::is_folder(file) && extension.is_none_or(|own| !BESIDE.contains(&own))
            });
            files
        });
        files.clone()
    }

    fn open(&self, path: &Path, named: &NamedFile, used: FileUse, server: Server) -> OpenedFile {
        let passwords = [named.password.clone(), named.key_password.clone()];
        let key = (path.to_owned(), passwords, named.format, used, server);
        if let Some(known) = self.opened.borrow().get(&key) {
            return known.clone();
        }
        let found = opened(path, named, used, server, self.context);
        self.opened.borrow_mut().insert(key, found.clone());
        found
    }
}

/// Whether a file was read, but not its key.
fn has_locked_key(opened: &OpenedFile) -> bool {
    match opened {
        OpenedFile::Read(contents) => contents.keys.is_empty() && contents.has_locked_key,
        _ => false,
    }
}

/// Where a file is that a configuration names; `Err` where only the running server knows.
fn place(
    named: &NamedFile,
    server: Server,
    base: Option<&Path>,
) -> Result<PathBuf, UnexaminedKind> {
    let written = named.path.as_str();
    let written = match (server, base) {
        (Server::Java, Some(_)) => written.strip_prefix("${catalina.base}/").unwrap_or(written),
        _ => written,
    };
    let scheme = ["data:", "engine:", "store:"];
    if written.starts_with('@')
        || written.contains("://")
        || scheme.iter().any(|word| written.starts_with(word))
    {
        return Err(UnexaminedKind::NotAFile);
    }
    if written.contains(['$', '{']) {
        return Err(UnexaminedKind::PathWithVariable);
    }
    // Tomcat puts properties in whatever attribute has them.
    let password = named.password.as_deref().unwrap_or_default();
    if server == Server::Java && password.contains("${") {
        return Err(UnexaminedKind::PasswordWithVariable);
    }
    match base {
        _ if Path::new(written).is_absolute() => Ok(PathBuf::from(written)),
        Some(base) => Ok(beside(base, written)),
        None => Err(UnexaminedKind::RelativePath),
    }
}

/// A file, or what the server finds in the files of a folder that it reads as one store.
fn inputs(path: &Path, used: FileUse, server: Server) -> Vec<Input> {
    match server {
        Server::Apache if disk::is_folder(path) => hashed(path, used),
        _ => vec![Input::file(path)],
    }
}

/// What OpenSSL finds in a folder: files whose names have the hash of a name and a number, each number from 0 on without a gap,
/// as `openssl rehash` makes them, and in each of them the first object in PEM, where that is of the hashed name
/// (`X509_LOOKUP_hash_dir`).
fn hashed(folder: &Path, used: FileUse) -> Vec<Input> {
    let (mark, labels): (&str, &[&str]) = match used {
        FileUse::Crls => (".r", &["X509 CRL"]),
        FileUse::Identity | FileUse::Trust | FileUse::Parameters => (
            ".",
            &["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"],
        ),
    };
    let mut files: BTreeMap<(u32, u64), PathBuf> = BTreeMap::new();
    for file in disk::files_in(folder, &|| true) {
        let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let Some((hash, rest)) = name.split_at_checked(8) else {
            continue;
        };
        let (Ok(key), Some(Ok(number))) = (
            u32::from_str_radix(hash, 16),
            rest.strip_prefix(mark).map(str::parse),
        ) else {
            continue;
        };
        // OpenSSL composes the names: lower case, and no zeros before a number.
        if name == format!("{key:08x}{mark}{number}") {
            files.insert((key, number), file);
        }
    }
    let mut found = Vec::new();
    let mut next = None;
    for ((key, number), file) in files {
        if number != 0 && next != Some((key, number)) {
            continue;
        }
        // With a file that it does not read, OpenSSL stops.
        let der = read::file(&file)
            .ok()
            .and_then(|bytes| first_in_pem(&bytes, labels));
        next = der.is_some().then(|| (key, number.saturating_add(1)));
        if let Some(der) = der
            && named_by(&der, used).is_some_and(|name| name_hash(&name).ok() == Some(key))
        {
            found.push(Input::bytes(Source::File(file), der));
        }
    }
    found
}

/// The first object in PEM with one of some labels.
fn first_in_pem(bytes: &[u8], labels: &[&str]) -> Option<Vec<u8>> {
    let at = |bytes: &[u8], wanted: &str| {
        let mut windows = bytes.windows(wanted.len());
        windows.position(|one| one == wanted.as_bytes())
    };
    let begins = labels.iter().filter_map(|label| {
        let start = at(bytes, &format!("-----BEGIN {label}-----"))?;
        Some((start, *label))
    });
    let (start, label) = begins.min()?;
    let whole = bytes.get(start..)?;
    let end = format!("-----END {label}-----");
    let length = at(whole, &end)? + end.len();
    Some(pem::parse(whole.get(..length)?).ok()?.into_contents())
}

/// The name by which an object is found: the subject of a certificate, the issuer of a CRL.
fn named_by(der: &[u8], used: FileUse) -> Option<Name> {
    match used {
        FileUse::Crls => {
            let crl =
                SearchableCrl::read(der, Origin::whole(&Arc::new(Source::given("a CRL")))).ok()?;
            Some(crl.header().issuer.clone())
        }
        FileUse::Identity | FileUse::Trust | FileUse::Parameters => {
            Some(Certificate::read(der).ok()?.subject.clone())
        }
    }
}

/// What a file holds; a folder that is read as one store counts as one file with the contents of all.
fn opened(
    path: &Path,
    named: &NamedFile,
    used: FileUse,
    server: Server,
    context: &Context<'_>,
) -> OpenedFile {
    let facts = match disk::facts(path) {
        Ok(facts) => facts,
        Err(error) => return OpenedFile::Unreadable(error.to_string()),
    };
    if !facts.is_regular {
        return OpenedFile::Unreadable("it is not a regular file".to_owned());
    }
    if used == FileUse::Parameters {
        return parameters(path);
    }
    let password = password(named);
    let inputs = inputs(path, used, server);
    if inputs.is_empty() {
        let reason = "none of its files has a name by which OpenSSL finds it: run openssl rehash";
        return OpenedFile::Unreadable(reason.to_owned());
    }
    let found = gather::read(&inputs, password.as_ref(), context.observer);
    match found.unread.first() {
        Some(broken) if found.items.is_empty() || server != Server::Java => {
            return unusable(broken, path);
        }
        None if found.items.is_empty() => {
            return OpenedFile::Unreadable("it is empty".to_owned());
        }
        // In a store of Java's a key may have a password of its own.
        _ => {}
    }
    // Without the right password, Java reads a store of CAs unchecked, and a store with a key not at all.
    if server == Server::Java && used == FileUse::Identity {
        if found.items.iter().any(fails_check) {
            let reason = "its integrity check fails: the password given for it is wrong, or the store was damaged";
            return OpenedFile::Locked(reason.to_owned());
        }
        let is_key = |item: &Item| matches!(item.document, Document::PrivateKey(_));
        let mut items = found.items.iter();
        let closed = items.find_map(|item| match &item.document {
            Document::EncryptedKey(key) => Some(UnreadReason::Locked {
                scheme: key.scheme.clone(),
                tried: key.tried,
            }),
            _ => None,
        });
        if let Some(closed) = closed.filter(|_| named.key_password.is_some())
            && !found.items.iter().any(is_key)
        {
            return OpenedFile::Locked(closed.to_string());
        }
    }
    let mut contents = FileContents {
        open_to_others: facts.open_to_others,
        changed: facts.changed,
        ..FileContents::default()
    };
    for item in &found.items {
        take(item, &mut contents);
    }
    contents.crls = crls(&inputs, &[], context);
    let misread = match server {
        Server::Java => misread_by_java(named.format, &found.items, used),
        Server::Nginx | Server::Apache | Server::Haproxy => {
            misread_by_openssl(&inputs, &contents, used, server, password.as_ref())
        }
        _ => None,
    };
    match misread {
        Some(reason) => OpenedFile::Unreadable(reason),
        None => OpenedFile::Read(Arc::new(contents)),
    }
}

/// A file of Diffie-Hellman parameters, which hold nothing to judge: only whether OpenSSL reads them.
fn parameters(path: &Path) -> OpenedFile {
    let bytes = match read::file(path) {
        Ok(bytes) => bytes,
        Err(error) => return OpenedFile::Unreadable(error.to_string()),
    };
    match openssl_pem::parameters(&bytes).refusal {
        None => OpenedFile::Read(Arc::default()),
        Some(refusal) => OpenedFile::Unreadable(format!(
            "OpenSSL finds no Diffie-Hellman parameters in it ({}); it must be plain PEM, every BEGIN and END line on a line \
             of its own",
            refusal.reason
        )),
    }
}

/// How many objects were read here, of which kind, and how OpenSSL reads those of a file.
type Wanted<'p> = (
    usize,
    &'static str,
    Box<dyn Fn(&[u8]) -> OpenSslReading + 'p>,
);

/// Why a server that reads PEM with OpenSSL does not read a file as it was read here, where it does not.
fn misread_by_openssl(
    inputs: &[Input],
    contents: &FileContents,
    used: FileUse,
    server: Server,
    password: Option<&Password>,
) -> Option<String> {
    let name = match server {
        Server::Nginx => "nginx",
        Server::Apache => "Apache httpd",
        _ => "HAProxy",
    };
    let mut wanted: Vec<Wanted<'_>> = match used {
        FileUse::Parameters => Vec::new(),
        FileUse::Crls => vec![(contents.crls.len(), "CRL", Box::new(openssl_pem::crls))],
        FileUse::Identity | FileUse::Trust => vec![(
            contents.certificates.len(),
            "certificate",
            Box::new(openssl_pem::certificates),
        )],
    };
    if used == FileUse::Identity && !contents.keys.is_empty() {
        // Of several, servers read the first.
        let first = move |text: &[u8]| openssl_pem::private_key(text, password);
        wanted.push((1, "private key", Box::new(first)));
    }
    wanted.retain(|(here, ..)| *here > 0);
    let mut counts = vec![0; wanted.len()];
    for input in inputs {
        let path = match input {
            Input::File(path) => path,
            // Found in a folder as OpenSSL finds it, and read already.
            Input::Bytes(..) => {
                counts.iter_mut().for_each(|count| *count += 1);
                continue;
            }
        };
        // Its length was accepted when it was opened.
        let Ok(bytes) = read::crl(path) else { continue };
        for ((_, what, by_openssl), count) in wanted.iter().zip(&mut counts) {
            let reading = by_openssl(&bytes);
            *count += reading.count;
            let Some(refusal) = reading.refusal else {
                continue;
            };
            // A folder's further files are looked up one by one.
            if inputs.len() > 1 && reading.count > 0 {
                continue;
            }
            let place = match &refusal.lines {
                None => String::new(),
                Some(lines) if lines.len() < 2 => format!(" in line {}", lines.start),
                Some(lines) => format!(" in lines {} to {}", lines.start, lines.end - 1),
            };
            return Some(format!(
                "{name} reads it with OpenSSL, which refuses the {what}{place} ({}); it must be plain PEM, every BEGIN and \
                 END line on a line of its own",
                refusal.reason
            ));
        }
    }
    let mut short = wanted
        .iter()
        .zip(counts)
        .filter(|((here, ..), count)| count < here);
    let ((here, what, _), count) = short.next()?;
    Some(format!(
        "it holds {}, of which OpenSSL, with which {name} reads it, finds {}; it must be plain PEM, every BEGIN and END line on \
         a line of its own",
        amount(*here as u64, what),
        match count {
            0 => "none".to_owned(),
            count => count.to_string(),
        }
    ))
}

/// Why Java does not read a file as it was read here, where it does not.
fn misread_by_java(format: ConfiguredFormat, items: &[Item], used: FileUse) -> Option<String> {
    let is_store = |item: &Item| matches!(item.container, Container::KeyStore | Container::Pkcs12);
    let is_text = |item: &Item| match item.container {
        Container::Pem => true,
        // `CertificateFactory` reads CRLs in these too.
        Container::Der | Container::Pkcs7 => used == FileUse::Crls,
        _ => false,
    };
    match format {
        ConfiguredFormat::KeyStore if !items.iter().all(is_store) => {
            Some("Java reads a key store here, JKS or PKCS#12, and it is neither".to_owned())
        }
        ConfiguredFormat::Pem if !items.iter().all(is_text) => {
            Some("Tomcat reads PEM here, and it is another format".to_owned())
        }
        ConfiguredFormat::Pem => {
            let mut damage = items.iter().flat_map(|item| &item.damage);
            let refused = damage.find(|damage| is_refused_by_java(damage))?;
            Some(format!("Tomcat reads PEM here, and the file {refused}"))
        }
        _ => None,
    }
}

/// Whether Tomcat's `PEMFile` and Java's `CertificateFactory` do not read a text with this damage: both look for lines with BEGIN and
/// END, in ASCII, and the lines between them.
fn is_refused_by_java(damage: &Damage) -> bool {
    matches!(
        damage,
        Damage::Utf16 { .. }
            | Damage::Utf32 { .. }
            | Damage::LabelsMissing
            | Damage::BeginMissing
            | Damage::EndMissing
            | Damage::EncodedAgain
            | Damage::NotAtLineStart { .. }
            | Damage::LineGoesOn { .. }
    )
}

/// The password with which a server opens a file, and the one with which it opens the key in it.
fn password(named: &NamedFile) -> Option<Password> {
    // A property of the running server may stand for it.
    let of_file = named.password.as_deref();
    let of_file = of_file.filter(|password| !password.contains("${"));
    match (of_file, named.key_password.as_deref()) {
        (Some(of_store), Some(of_key)) => {
            Some(Password::new(of_key.as_bytes()).with_store(of_store.as_bytes()))
        }
        (of_file, _) => of_file.map(|text| Password::new(text.as_bytes())),
    }
}

/// Whether something is from a store that Java refuses with the password given.
fn fails_check(item: &Item) -> bool {
    item.damage.contains(&Damage::IntegrityCheck)
}

/// Why a file cannot be used, without its path, which the finding begins with; of one in a folder with the path of that.
fn unusable(broken: &Unread, path: &Path) -> OpenedFile {
    let reason = broken.message();
    let source = format!("{}: ", Source::File(path.to_owned()));
    let reason = reason.strip_prefix(&source).unwrap_or(&reason).to_owned();
    match broken.needs_password() {
        true => OpenedFile::Locked(reason),
        false => OpenedFile::Unreadable(reason),
    }
}

fn take(item: &Item, contents: &mut FileContents) {
    match &item.document {
        Document::Certificate(certificate) => {
            contents
                .certificates
                .push(std::sync::Arc::clone(certificate));
        }
        Document::PrivateKey(key) => contents.keys.push(key.public_key().clone()),
        Document::EncryptedKey(_) => contents.has_locked_key = true,
        _ => {}
    }
}

/// The CRLs of files, each with the key that signed it of a CA that is known or one of these.
fn crls(inputs: &[Input], more: &[Arc<Certificate>], context: &Context<'_>) -> Vec<ConfiguredCrl> {
    let inputs = gather::Inputs::load_crls(inputs, crate::store::read::Depth::Directory);
    let mut unread = Vec::new();
    let objects = gather::CrlObjects::open(&inputs, context.observer, &mut unread);
    let mut passed_over = Vec::new();
    let crls: Vec<SearchableCrl<'_>> = objects.crls(&mut unread, &mut passed_over);
    crls.iter()
        .map(|crl| {
            let issuer = &crl.header().issuer;
            let signer = context
                .facts
                .certificates()
                .chain(more)
                .find(|ca| ca.subject.matches(issuer) && signed_by(crl, ca))
                .map(|ca| ca.key.identity());
            ConfiguredCrl {
                der: crl.der().into(),
                signer,
            }
        })
        .collect()
}
