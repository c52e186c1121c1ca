//! The job that keeps the CRLs fresh: renews them from the network, imports what only a download page or a mirror has,
//! hands them to the server, and has it tested and reloaded.

use std::path::{Path, PathBuf};

use super::export::Incomplete;
use crate::export::schedule::{self, Every, Job, JobFile, ScheduleError, Scheduler};
use crate::input::Shown;
use crate::store;
use crate::verdict::plan::Server;

/// The folder for IIS where none is named.
const WINDOWS_FOLDER: &str = r"C:\ProgramData\ptl-cert\iis";

/// What a job consists of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The scheduler.
    pub scheduler: Scheduler,
    /// How often it runs.
    pub every: Every,
    /// The environment whose CAs are meant.
    pub environment: Option<String>,
    /// CA certificates besides or instead of the environment's.
    pub chain: Vec<PathBuf>,
    /// Generations of the environment's CAs that the server does not trust.
    pub leave_out: Vec<String>,
    /// A file of facts.
    pub facts: Option<PathBuf>,
    /// The folder of the cache; by default that of a service.
    pub cache: Option<PathBuf>,
    /// Certificates whose CRLs are wanted.
    pub certificates: Vec<PathBuf>,
    /// Clients' certificates, or folders with them.
    pub clients: Vec<PathBuf>,
    /// A mirror to fetch the same paths from.
    pub mirror: Option<String>,
    /// CRLs that no distribution point names: addresses, or files or folders that another job provides.
    pub import: Vec<String>,
    /// The server, and the folder that it reads.
    pub server: Option<(Server, PathBuf)>,
    /// The server's test of its configuration.
    pub test: Option<String>,
    /// The command to run after a change.
    pub on_change: Option<String>,
    /// What the job does about a set that is not complete.
    pub incomplete: Incomplete,
    /// A shell command to run instead of all that.
    pub command: Option<String>,
    /// Where the program is on the machine that runs the job.
    pub program: Option<PathBuf>,
    /// Where the program that runs now is, which is what a job on this machine starts unless another one is named.
    pub own_program: Option<PathBuf>,
    /// The container image, for Kubernetes.
    pub image: String,
}

/// A job as the scheduler wants it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scheduled {
    /// The scheduler.
    pub scheduler: Scheduler,
    /// The job.
    pub job: Job,
    /// Its files.
    pub files: Vec<JobFile>,
    /// What to do with them, in order.
    pub steps: Vec<String>,
}

/// Why a job cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleProblem {
    /// The scheduler's format cannot express it.
    #[error(transparent)]
    Format(#[from] ScheduleError),
    /// A path is relative, and the job runs on another machine.
    #[error("{path} is not an absolute path on the machine that runs the job; write it in full")]
    Relative {
        /// The path.
        path: String,
    },
    /// A path is not Unicode.
    #[error("the path {path} is not Unicode, so it cannot be written into a schedule")]
    NotUnicode {
        /// The path, as far as it can be shown.
        path: String,
    },
    /// The system does not report where the program is.
    #[error("the path of ptl-cert cannot be found; give it")]
    NoProgram,
}

impl Options {
    /// A job for this scheduler, of nothing yet.
    pub fn new(scheduler: Scheduler, every: Every, image: &str) -> Options {
        Options {
            scheduler,
            every,
            environment: None,
            chain: Vec::new(),
            leave_out: Vec::new(),
            facts: None,
            cache: None,
            certificates: Vec::new(),
            clients: Vec::new(),
            mirror: None,
            import: Vec::new(),
            server: None,
            test: None,
            on_change: None,
            incomplete: Incomplete::default(),
            command: None,
            program: None,
            own_program: None,
            image: image.to_owned(),
        }
    }
}

/// Makes the job. Reads nothing but where links lead.
///
/// # Errors
/// When neither CAs nor a command are named, or the scheduler cannot express what is asked.
pub fn schedule(options: &Options) -> Result<Scheduled, super::Error> {
    let nothing = options.environment.is_none() && options.chain.is_empty();
    if nothing && options.command.is_none() {
        return Err(super::Error::NothingTrusted);
    }
    let job = Words { options }.job()?;
    let files = schedule::render(options.scheduler, &job).map_err(ScheduleProblem::from)?;
    let mut steps = schedule::steps(options.scheduler, &job);
    let no_client = options.clients.is_empty() && options.certificates.is_empty();
    let refuses = options.incomplete == Incomplete::Refuse;
    if job.out_dir.is_some() && options.command.is_none() && no_client && refuses {
        steps.push(
            "no client certificate was given: where a CA partitions its CRLs, the job writes what it has and ends with exit \
             status 1; add --client with the certificate of the Spine Secure Proxy"
                .to_owned(),
        );
    }
    Ok(Scheduled {
        scheduler: options.scheduler,
        files,
        steps,
        job,
    })
}

/// How words are made for the machine that runs the job, which need not be this one.
struct Words<'o> {
    options: &'o Options,
}

impl Words<'_> {
    fn job(&self) -> Result<Job, ScheduleProblem> {
        let options = self.options;
        let cache = match &options.cache {
            Some(folder) => self.full(folder)?,
            None => self.usual_cache().to_owned(),
        };
        let server = self.server()?;
        let mut reads = Vec::new();
        let commands = match &options.command {
            Some(line) => vec![self.shell(line)],
            None => {
                let mut commands = vec![self.update(&cache)?];
                commands.extend(self.import(&cache)?);
                if let Some((server, folder)) = &server {
                    commands.push(self.export(*server, folder, &cache)?);
                }
                reads.push(self.program()?);
                commands
            }
        };
        let files = options.chain.iter().chain(&options.facts);
        let files = files.chain(&options.certificates).chain(&options.clients);
        for path in files {
            reads.push(self.full(path)?);
        }
        for source in options.import.iter().filter(|source| !is_url(source)) {
            reads.push(self.full(Path::new(source))?);
        }
        // A link is followed when it is read, so the limits around the job have to permit its target.
        if self.is_of_this_system() {
            let targets: Vec<String> = reads
                .iter()
                .filter_map(|path| store::read::resolved(Path::new(path)))
                .filter_map(|path| path.to_str().map(str::to_owned))
                .collect();
            reads.extend(targets);
        }
        reads.sort();
        reads.dedup();
        let env = options.environment.as_deref();
        let id = server.as_ref().map(|(server, _)| server.id());
        let name: Vec<&str> = ["ptl-cert-crl"].into_iter().chain(env).chain(id).collect();
        let on_change = self.on_change(server.as_ref());
        Ok(Job {
            name: schedule::name(&name),
            about: env.map_or_else(|| "your own CAs".to_owned(), str::to_uppercase),
            every: options.every,
            commands,
            cache,
            out_dir: server.map(|(_, folder)| folder),
            reads,
            foreign: options.test.is_some() || on_change.is_some() || options.command.is_some(),
            image: options.image.clone(),
        })
    }

    /// The server and its folder. On Windows CRLs that are only fetched are of no use: they are for IIS unless another
    /// server is named.
    fn server(&self) -> Result<Option<(Server, String)>, ScheduleProblem> {
        match &self.options.server {
            Some((server, folder)) => Ok(Some((*server, self.full(folder)?))),
            None if self.is_windows() && self.options.command.is_none() => {
                Ok(Some((Server::Iis, WINDOWS_FOLDER.to_owned())))
            }
            None => Ok(None),
        }
    }

    /// The command after a change. For IIS it is the script that loads the CRLs, which nothing else would run.
    fn on_change(&self, server: Option<&(Server, String)>) -> Option<String> {
        match (&self.options.on_change, server) {
            (Some(command), _) => Some(command.clone()),
            (None, Some((Server::Iis, folder))) => {
                let folder = folder.trim_end_matches(['\\', '/']);
                let script = crate::export::crls::SCRIPT_FILE;
                Some(format!(
                    "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"{folder}\\{script}\""
                ))
            }
            (None, _) => None,
        }
    }

    fn update(&self, cache: &str) -> Result<Vec<String>, ScheduleProblem> {
        let mut words = self.command("update")?;
        self.bundle("--issuer", cache, &mut words)?;
        if let Some(mirror) = &self.options.mirror {
            words.extend(["--mirror".to_owned(), mirror.clone()]);
        }
        self.paths(&self.options.certificates, &mut words)?;
        // The certificates of a folder are named one by one to `update`, which takes folders as well.
        self.paths(&self.options.clients, &mut words)?;
        Ok(words)
    }

    fn import(&self, cache: &str) -> Result<Option<Vec<String>>, ScheduleProblem> {
        if self.options.import.is_empty() {
            return Ok(None);
        }
        let mut words = self.command("import")?;
        self.bundle("--issuer", cache, &mut words)?;
        for source in &self.options.import {
            if is_url(source) {
                words.push(source.clone());
                continue;
            }
            words.push(self.full(Path::new(source))?);
        }
        Ok(Some(words))
    }

    fn export(
        &self,
        server: Server,
        folder: &str,
        cache: &str,
    ) -> Result<Vec<String>, ScheduleProblem> {
        let options = self.options;
        let mut words = self.command("export")?;
        for word in ["--for", server.id(), "--out-dir", folder] {
            words.push(word.to_owned());
        }
        self.bundle("--chain", cache, &mut words)?;
        for generation in &options.leave_out {
            words.extend(["--leave-out".to_owned(), generation.clone()]);
        }
        self.paths(&options.certificates, &mut words)?;
        for path in &options.clients {
            words.extend(["--client".to_owned(), self.full(path)?]);
        }
        if options.incomplete == Incomplete::Allow {
            words.push("--allow-incomplete".to_owned());
        }
        let on_change = self.on_change(Some(&(server, folder.to_owned())));
        for (option, command) in [("--test", &options.test), ("--on-change", &on_change)] {
            if let Some(command) = command {
                words.extend([option.to_owned(), command.clone()]);
            }
        }
        Ok(words)
    }

    fn command(&self, name: &str) -> Result<Vec<String>, ScheduleProblem> {
        Ok(vec![self.program()?, "crl".to_owned(), name.to_owned()])
    }

    /// The options that all commands share; `export` calls a CA's certificate otherwise.
    fn bundle(
        &self,
        chain: &str,
        cache: &str,
        words: &mut Vec<String>,
    ) -> Result<(), ScheduleProblem> {
        if let Some(env) = &self.options.environment {
            words.extend(["--env".to_owned(), env.clone()]);
        }
        for path in &self.options.chain {
            words.extend([chain.to_owned(), self.full(path)?]);
        }
        if let Some(path) = &self.options.facts {
            words.extend(["--facts".to_owned(), self.full(path)?]);
        }
        words.extend(["--cache".to_owned(), cache.to_owned()]);
        Ok(())
    }

    fn paths(&self, paths: &[PathBuf], words: &mut Vec<String>) -> Result<(), ScheduleProblem> {
        for path in paths {
            words.push(self.full(path)?);
        }
        Ok(())
    }

    fn program(&self) -> Result<String, ScheduleProblem> {
        let usual = match self.options.scheduler {
            Scheduler::Kubernetes => Some("/usr/local/bin/ptl-cert"),
            Scheduler::WindowsTask if !cfg!(windows) => {
                Some(r"C:\Program Files\ptl-cert\ptl-cert.exe")
            }
            _ => None,
        };
        let own = self.options.own_program.as_ref();
        match (&self.options.program, usual, own) {
            (Some(program), ..) => self.full(program),
            (None, Some(usual), _) => Ok(usual.to_owned()),
            (None, None, Some(own)) => self.full(own),
            (None, None, None) => Err(ScheduleProblem::NoProgram),
        }
    }

    fn shell(&self, line: &str) -> Vec<String> {
        let words: &[&str] = match self.is_windows() {
            true => &["cmd.exe", "/d", "/c"],
            false => &["/bin/sh", "-c"],
        };
        let words = words.iter().chain([&line]);
        words.map(|word| (*word).to_owned()).collect()
    }

    /// The folder for the data of a service, which is not that of the user who types this.
    fn usual_cache(&self) -> &'static str {
        match self.is_windows() {
            true => r"C:\ProgramData\ptl-cert\crl",
            false => "/var/lib/ptl-cert/crl",
        }
    }

    fn is_windows(&self) -> bool {
        self.options.scheduler == Scheduler::WindowsTask
    }

    fn is_of_this_system(&self) -> bool {
        match self.options.scheduler {
            Scheduler::WindowsTask => cfg!(windows),
            Scheduler::Systemd | Scheduler::Cron => cfg!(unix),
            Scheduler::Kubernetes => false,
        }
    }

    /// A path that means the same wherever the job is started.
    fn full(&self, path: &Path) -> Result<String, ScheduleProblem> {
        let Some(text) = path.to_str() else {
            return Err(ScheduleProblem::NotUnicode {
                path: path.shown().to_string(),
            });
        };
        let windows = {
            let mut start = text.chars();
            let drive = start.next().is_some_and(|c| c.is_ascii_alphabetic());
            text.starts_with(r"\\") || drive && start.next() == Some(':')
        };
        let full = match self.is_windows() {
            true => windows,
            false => text.starts_with('/'),
        };
        if full {
            return Ok(text.to_owned());
        }
        let absolute = std::path::absolute(path).ok();
        let absolute = absolute.filter(|_| self.is_of_this_system());
        absolute
            .and_then(|path| path.to_str().map(str::to_owned))
            .ok_or_else(|| ScheduleProblem::Relative {
                path: text.to_owned(),
            })
    }
}

/// Whether a source is an address, as `crl import` tells them from files.
fn is_url(source: &str) -> bool {
    let scheme = source.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}
