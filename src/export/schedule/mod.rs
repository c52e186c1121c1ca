//! The job that keeps CRLs current, in the format of the scheduler in use.
//!
//! Every value that comes from outside – paths, commands, names – is quoted by the rules of the format that it ends up
//! in, and control characters are refused, because no format carries all of them.

mod cron;
mod kubernetes;
mod shell;
mod systemd;
#[cfg(test)]
mod tests;
mod windows_task;

pub(super) use kubernetes::scalar;

use std::fmt;

/// A scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheduler {
    /// A service and a timer of systemd.
    Systemd,
    /// A line of a crontab.
    Cron,
    /// A task of the Windows Task Scheduler.
    WindowsTask,
    /// A CronJob of Kubernetes.
    Kubernetes,
}

/// How often a job runs. All four schedulers can say these; "every five days" only one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Every {
    /// Once a day.
    Day,
    /// Once a week.
    Week,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// The name of the units, the task, the CronJob: lower-case letters, digits and hyphens, made so by [`name`].
    pub name: String,
    /// What it is about, for people: `NHS INT`.
    pub about: String,
    /// How often.
    pub every: Every,
    /// The commands, each the program and its arguments. Each is run, whatever became of the one before, and the scheduler
    /// sees that one of them failed: a CRL that cannot be fetched must not keep the others from the server.
    pub commands: Vec<Vec<String>>,
    /// The folder of the cache, as a full path; the commands make it where it is missing.
    pub cache: String,
    /// The folder that the server reads, as a full path, where the commands write to one.
    pub out_dir: Option<String>,
    /// Everything else that the commands read or start, as full paths: certificates, facts, files to import, the program.
    pub reads: Vec<String>,
    /// Whether a command starts programs that are not ours, such as a server's own test of its configuration, for which
    /// the limits around the job have to be wider.
    pub foreign: bool,
    /// The container image, for Kubernetes.
    pub image: String,
}

/// A file of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobFile {
    /// Its name, without a folder.
    pub name: String,
    /// All of it.
    pub text: String,
    /// How it has to be written.
    pub encoding: Encoding,
}

/// How a job's file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, little-endian, with a byte order mark: what Windows' own tools write and read.
    Utf16,
}

impl JobFile {
    fn utf8(name: String, text: String) -> JobFile {
        JobFile {
            name,
            text,
            encoding: Encoding::Utf8,
        }
    }

    /// The octets of the file.
    pub fn bytes(&self) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8 => self.text.clone().into_bytes(),
            Encoding::Utf16 => "\u{feff}"
                .encode_utf16()
                .chain(self.text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
        }
    }
}

/// A job that cannot be said in the scheduler's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A value with a line break, a tabulator or another control character.
    #[error("{value:?} contains a control character, which a schedule cannot hold; remove it")]
    ControlCharacter {
        /// The value.
        value: String,
    },
    /// Nothing to run.
    #[error("there is no command to run; expected the program and its arguments")]
    NoCommand,
    /// A line longer than cron reads.
    #[error(
        "the crontab line has {length} characters, but cron reads only {limit}; put the command into a script and run that"
    )]
    TooLong {
        /// Its length.
        length: usize,
        /// The longest.
        limit: usize,
    },
}

impl Scheduler {
    /// The word by which the command line names it.
    pub fn id(self) -> &'static str {
        match self {
            Scheduler::Systemd => "systemd",
            Scheduler::Cron => "cron",
            Scheduler::WindowsTask => "windows-task",
            Scheduler::Kubernetes => "kubernetes",
        }
    }
}

impl Job {
    /// The folders that the commands write to.
    fn writes(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.cache).chain(&self.out_dir)
    }
}

impl Every {
    /// Reads `daily`, `weekly`, `1d` or `7d`; `None` for everything else.
    pub fn parse(text: &str) -> Option<Every> {
        match text {
            "daily" | "1d" => Some(Every::Day),
            "weekly" | "7d" => Some(Every::Week),
            _ => None,
        }
    }

    /// The longest random delay, in hours: a fleet must not ask at once, and a day must not pass by.
    fn delay_hours(self) -> u32 {
        match self {
            Every::Day => 2,
            Every::Week => 6,
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Every::Day => "daily",
            Every::Week => "weekly",
        })
    }
}

/// A job's name of some words: lower-case letters, digits and single hyphens, at most 52 of them, which is what
/// Kubernetes allows a CronJob.
pub fn name(words: &[&str]) -> String {
    const LIMIT: usize = 52;
    let mut name = String::new();
    for c in words.join("-").chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => name.push(c),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
        if name.len() == LIMIT {
            break;
        }
    }
    name.trim_end_matches('-').to_owned()
}

/// The files of a job for a scheduler; the first is what is started, others belong to it.
///
/// # Errors
/// When the scheduler's format cannot say it.
pub fn render(scheduler: Scheduler, job: &Job) -> Result<Vec<JobFile>, ScheduleError> {
    let values = job.commands.iter().flatten();
    let values = values.chain(&job.out_dir).chain(&job.reads);
    let values = values.chain([&job.cache, &job.name, &job.about, &job.image]);
    for value in values {
        if value.chars().any(char::is_control) {
            return Err(ScheduleError::ControlCharacter {
                value: value.clone(),
            });
        }
    }
    if job.commands.is_empty() || job.commands.iter().any(Vec::is_empty) {
        return Err(ScheduleError::NoCommand);
    }
    match scheduler {
        Scheduler::Systemd => Ok(systemd::render(job)),
        Scheduler::Cron => cron::render(job),
        Scheduler::WindowsTask => Ok(windows_task::render(job)),
        Scheduler::Kubernetes => Ok(kubernetes::render(job)),
    }
}

/// What a person has to do with the files of [`render`], in order.
pub fn steps(scheduler: Scheduler, job: &Job) -> Vec<String> {
    let name = &job.name;
    match scheduler {
        Scheduler::Systemd => vec![
            format!("save {name}.service and {name}.timer in /etc/systemd/system"),
        ]
        .into_iter()
        .chain(job.out_dir.iter().map(|folder| format!("mkdir -p {}", shell::word(folder))))
        .chain([
            "systemctl daemon-reload".to_owned(),
            format!("systemctl start {name}.service   # once, to see that it works"),
            format!("systemctl enable --now {name}.timer"),
        ])
        .collect(),
        Scheduler::Cron => vec![
            "run crontab -e as a user that can write to the cache and the server's folder, and add these lines".to_owned(),
            format!(
                "run it once, without the random delay, to see that it works: {}",
                shell::by_hand(&job.commands)
            ),
        ],
        Scheduler::WindowsTask => vec![
            format!("copy {name}.xml to the machine unchanged: it is UTF-16, as schtasks expects"),
            format!("schtasks /Create /TN {name} /XML {name}.xml"),
            format!("schtasks /Run /TN {name}"),
            "check the task's last result: 0x0 is success. (Not yet run on Windows)".to_owned(),
        ],
        Scheduler::Kubernetes => vec![
            format!("save it as {name}.yaml; fill in your image and your storage class"),
        ]
        .into_iter()
        .chain(kubernetes::files_step(job))
        .chain([format!("kubectl apply -f {name}.yaml")])
        .chain(kubernetes::names(job).into_iter().map(|name| {
            format!("kubectl create job --from=cronjob/{name} {name}-now   # once, to see that it works")
        }))
        .chain(job.out_dir.as_ref().map(|_| {
            "ingress-nginx reads CRLs from a Secret and not from this volume: for it, run export again and apply its files".to_owned()
        }))
        .collect(),
    }
}

/// A number below `limit` that is the same for the same job and another for most others, so that jobs of one machine do
/// not all start in the same minute (FNV-1a).
fn spread(job: &Job, limit: u32) -> u32 {
    let words = job.commands.iter().flatten().chain([&job.name]);
    let hash = words
        .flat_map(|word| word.bytes().chain([0]))
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    hash % limit.max(1)
}
