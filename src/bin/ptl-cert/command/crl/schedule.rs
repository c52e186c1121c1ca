//! `ptl-cert crl schedule`.

use std::path::{Path, PathBuf};

use ptl_cert::export::schedule::{self, Job, Scheduler};
use ptl_cert::input::Shown;
use ptl_cert::report::crl::schedule::{self as report, JobText, SCHEMA, ScheduleReport};
use ptl_cert::store;
use ptl_cert::verdict::plan::Server;

use super::refuse;
use crate::args::Format;
use crate::args::crl::Schedule;
use crate::outcome::Outcome;
use crate::process;
use crate::world::World;

/// Prints a job, or writes its files.
pub(crate) fn run(args: &Schedule, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return refuse(
            "schedule",
            "crl schedule has no --format ndjson; use --format json",
        );
    }
    let nothing_named = args.bundle.authorities.env.is_none() && args.bundle.chain.is_empty();
    if nothing_named && args.command.is_none() {
        return refuse(
            "schedule",
            "no CA is trusted yet: give --env with the environment, or --chain with the CAs' certificates",
        );
    }
    let scheduler = Scheduler::from(args.scheduler);
    let words = Words { scheduler };
    let job = match words.job(args) {
        Ok(job) => job,
        Err(message) => return refuse("schedule", &message),
    };
    let files = match schedule::render(scheduler, &job) {
        Ok(files) => files,
        Err(error) => return refuse("schedule", &error.to_string()),
    };
    let files = files.into_iter().map(|file| JobText {
        name: file.name,
        text: file.text,
    });
    let report = ScheduleReport {
        schema: SCHEMA,
        scheduler: scheduler.id(),
        every: args.every.to_string(),
        files: files.collect(),
        steps: schedule::steps(scheduler, &job),
        commands: job.commands,
    };
    if let Some(folder) = &args.write {
        for file in &report.files {
            store::write::file(&folder.join(&file.name), file.text.as_bytes())?;
        }
    }
    let text = |_| match &args.write {
        None => report::render(&report),
        Some(folder) => report
            .files
            .iter()
            .map(|file| format!("{}\n", folder.join(&file.name).shown()))
            .collect(),
    };
    world.print(&report, text)?;
    // Beside the files and not among them: what is printed may go straight into one.
    if world.format() == Format::Text && !world.is_quiet() {
        world.complain(&report::advice(&report));
    }
    Ok(Outcome::Good)
}

/// How words are made for the machine that runs the job, which need not be this one.
struct Words {
    scheduler: Scheduler,
}

impl Words {
    fn job(&self, args: &Schedule) -> Result<Job, String> {
        let cache = match &args.bundle.folder.cache {
            Some(folder) => self.full(folder)?,
            None => self.usual_cache().to_owned(),
        };
        let out_dir = args.out_dir.as_deref().map(|folder| self.full(folder));
        let out_dir = out_dir.transpose()?;
        let commands = match &args.command {
            Some(line) => vec![self.shell(line)],
            None => {
                let update = self.update(args, &cache)?;
                let export = out_dir.as_ref().zip(args.server);
                let export =
                    export.map(|(folder, server)| self.export(args, server.into(), folder, &cache));
                [Some(update), export.transpose()?]
                    .into_iter()
                    .flatten()
                    .collect()
            }
        };
        let env = args.bundle.authorities.env.as_deref();
        let server = args.server.map(|server| Server::from(server).id());
        let name: Vec<&str> = ["ptl-cert-crl"]
            .into_iter()
            .chain(env)
            .chain(server)
            .collect();
        Ok(Job {
            name: schedule::name(&name),
            about: env.map_or_else(|| "your own CAs".to_owned(), |env| env.to_uppercase()),
            every: args.every,
            commands,
            cache,
            out_dir,
            foreign: [&args.test, &args.on_change, &args.command]
                .iter()
                .any(|command| command.is_some()),
            image: args.image.clone(),
        })
    }

    fn update(&self, args: &Schedule, cache: &str) -> Result<Vec<String>, String> {
        let mut words = vec![self.program(args)?, "crl".to_owned(), "update".to_owned()];
        self.bundle(args, "--issuer", cache, &mut words)?;
        if let Some(mirror) = &args.mirror {
            words.extend(["--mirror".to_owned(), mirror.clone()]);
        }
        Ok(words)
    }

    fn export(
        &self,
        args: &Schedule,
        server: Server,
        folder: &str,
        cache: &str,
    ) -> Result<Vec<String>, String> {
        let mut words = vec![self.program(args)?, "crl".to_owned(), "export".to_owned()];
        for word in ["--for", server.id(), "--out-dir", folder] {
            words.push(word.to_owned());
        }
        self.bundle(args, "--chain", cache, &mut words)?;
        if args.incomplete {
            words.push("--incomplete".to_owned());
        }
        for (option, command) in [("--test", &args.test), ("--on-change", &args.on_change)] {
            if let Some(command) = command {
                words.extend([option.to_owned(), command.clone()]);
            }
        }
        Ok(words)
    }

    /// The options that both commands share; `update` calls a CA's certificate --issuer.
    fn bundle(
        &self,
        args: &Schedule,
        chain: &str,
        cache: &str,
        words: &mut Vec<String>,
    ) -> Result<(), String> {
        if let Some(env) = &args.bundle.authorities.env {
            words.extend(["--env".to_owned(), env.clone()]);
        }
        for path in &args.bundle.chain {
            words.extend([chain.to_owned(), self.full(path)?]);
        }
        if let Some(path) = &args.bundle.authorities.facts {
            words.extend(["--facts".to_owned(), self.full(path)?]);
        }
        words.extend(["--cache".to_owned(), cache.to_owned()]);
        for path in &args.paths {
            words.push(self.full(path)?);
        }
        Ok(())
    }

    fn program(&self, args: &Schedule) -> Result<String, String> {
        if let Some(program) = &args.program {
            return self.full(program);
        }
        let own = match self.scheduler {
            Scheduler::Kubernetes => Some(PathBuf::from("/usr/local/bin/ptl-cert")),
            Scheduler::WindowsTask if !cfg!(windows) => {
                Some(PathBuf::from(r"C:\Program Files\ptl-cert\ptl-cert.exe"))
            }
            _ => process::own_path(),
        };
        match own {
            Some(path) => self.full(&path),
            None => {
                Err("this system does not say where ptl-cert is; give --program FILE".to_owned())
            }
        }
    }

    fn shell(&self, line: &str) -> Vec<String> {
        let words: &[&str] = match self.scheduler {
            Scheduler::WindowsTask => &["cmd.exe", "/d", "/c"],
            _ => &["/bin/sh", "-c"],
        };
        let words = words.iter().chain([&line]);
        words.map(|word| (*word).to_owned()).collect()
    }

    /// The place for the data of a service, which is not that of the person who types this.
    fn usual_cache(&self) -> &'static str {
        match self.scheduler {
            Scheduler::WindowsTask => r"C:\ProgramData\ptl-cert\crl",
            _ => "/var/lib/ptl-cert/crl",
        }
    }

    /// A path that means the same wherever the job is started.
    fn full(&self, path: &Path) -> Result<String, String> {
        let shown = path.shown();
        let Some(text) = path.to_str() else {
            return Err(format!(
                "the path {shown} is not Unicode, which a schedule cannot carry"
            ));
        };
        let windows = {
            let mut start = text.chars();
            let drive = start.next().is_some_and(|c| c.is_ascii_alphabetic());
            text.starts_with(r"\\") || drive && start.next() == Some(':')
        };
        let full = match self.scheduler {
            Scheduler::WindowsTask => windows,
            _ => text.starts_with('/'),
        };
        if full {
            return Ok(text.to_owned());
        }
        let of_this_system = match self.scheduler {
            Scheduler::WindowsTask => cfg!(windows),
            Scheduler::Systemd | Scheduler::Cron => cfg!(unix),
            _ => false,
        };
        let absolute = std::path::absolute(path).ok().filter(|_| of_this_system);
        absolute
            .and_then(|path| path.to_str().map(str::to_owned))
            .ok_or_else(|| {
                format!(
                    "{shown} is not a full path on the machine that runs the job; write it in full"
                )
            })
    }
}
