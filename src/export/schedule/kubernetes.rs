//! CronJobs (`batch/v1`) with a claim for the volume that holds the cache and what the servers read.

use super::{Every, Job, JobFile, spread};

/// The user and group of images without a shell, by convention `nonroot`; nothing here needs root.
const USER: u32 = 65532;

/// How long after the command before it each one runs, in hours: a Job takes less.
const APART: u32 = 1;

/// A CronJob for each command. In one pod a second container would need a shell, which such images lack, to run after
/// the first although that failed. All but the first run every day: they write only what has changed, and one that was
/// missed must not wait for a week.
pub(super) fn render(job: &Job) -> Vec<JobFile> {
    let name = &job.name;
    let minute = spread(job, 60);
    let mut text = format!(
        "# CRLs for {about}, {every}. Written by ptl-cert.
# A server mounts the same claim read-only, by the subPath \"server\".
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}
spec:
  # If the servers run on other nodes than the job, the storage must support ReadWriteMany.
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Gi
",
        about = comment(&job.about),
        every = job.every,
        name = scalar(name),
    );
    let first = match job.every {
        Every::Day => "*",
        Every::Week => "1",
    };
    for (number, (command, own)) in (0..).zip(job.commands.iter().zip(names(job))) {
        let hour = 1 + spread(job, 240) / 60 + number * APART;
        let days = if number == 0 { first } else { "*" };
        if own != *name {
            text.push_str(
                "---
# A separate job, after the one above, so that a CRL that cannot be fetched does not hold back the others.
",
            );
        } else {
            text.push_str("---\n");
        }
        let schedule = format!("{minute} {hour} * * {days}");
        text.push_str(&cron_job(job, &own, &schedule, command));
    }
    vec![JobFile::utf8(format!("{name}.yaml"), text)]
}

/// The CronJobs' names, one for each command.
pub(super) fn names(job: &Job) -> Vec<String> {
    let name = |number: usize| match number {
        0 => job.name.clone(),
        // Kubernetes allows a CronJob 52 characters.
        _ => {
            let kept: String = job.name.chars().take(50).collect();
            format!("{}-{}", kept.trim_end_matches('-'), number + 1)
        }
    };
    (0..job.commands.len()).map(name).collect()
}

fn cron_job(job: &Job, name: &str, schedule: &str, command: &[String]) -> String {
    format!(
        "apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
  # The minute is derived from the job's name and commands, so that clusters do not all fetch at once.
  schedule: {schedule}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 86400
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 4
      activeDeadlineSeconds: 3000
      template:
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          securityContext:
            runAsNonRoot: true
            runAsUser: {USER}
            runAsGroup: {USER}
            fsGroup: {USER}
            fsGroupChangePolicy: OnRootMismatch
            seccompProfile:
              type: RuntimeDefault
          containers:
{container}          volumes:
            - name: crls
              persistentVolumeClaim:
                claimName: {claim}
{files}",
        name = scalar(name),
        schedule = scalar(schedule),
        container = container(job, command),
        claim = scalar(&job.name),
        files = match files(job).is_empty() {
            true => String::new(),
            false => format!(
                "            - name: files\n              configMap:\n                name: {}\n",
                scalar(&files_name(job))
            ),
        },
    )
}

/// What the commands read besides the cache, each with its key in the ConfigMap. The program is in the image.
fn files(job: &Job) -> Vec<(String, &str)> {
    let programs: Vec<&String> = job
        .commands
        .iter()
        .filter_map(|words| words.first())
        .collect();
    let read = job.reads.iter().filter(|path| !programs.contains(path));
    (1..)
        .zip(read)
        .map(|(number, path)| (format!("file-{number}"), path.as_str()))
        .collect()
}

/// The ConfigMap of [`files`].
fn files_name(job: &Job) -> String {
    format!("{}-files", job.name)
}

/// The command that makes the ConfigMap of what the commands read, where they read something.
pub(super) fn files_step(job: &Job) -> Option<String> {
    let files = files(job);
    let words: Vec<String> = files
        .iter()
        .map(|(key, path)| format!("--from-file={key}={}", super::shell::word(path)))
        .collect();
    (!files.is_empty()).then(|| {
        format!(
            "kubectl create configmap {} {}   # what the job reads: files, no folders; again when one has changed",
            files_name(job),
            words.join(" ")
        )
    })
}

fn container(job: &Job, command: &[String]) -> String {
    let words = command
        .iter()
        .map(|word| format!("                - {}\n", scalar(&unexpanded(word))))
        .collect::<String>();
    let mut mounts: String = mounts(job)
        .iter()
        .map(|(name, path)| {
            format!(
                "                - name: crls\n                  mountPath: {}\n                  subPath: {name}\n",
                scalar(path)
            )
        })
        .collect();
    for (key, path) in files(job) {
        mounts.push_str(&format!(
            "                - name: files\n                  mountPath: {}\n                  subPath: {key}\n                  readOnly: true\n",
            scalar(path)
        ));
    }
    format!(
        "            - name: ptl-cert
              image: {image}
              command:
{words}              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              resources:
                requests:
                  cpu: 50m
                  memory: 64Mi
                limits:
                  memory: 512Mi
              volumeMounts:
{mounts}",
        image = scalar(&job.image),
    )
}

/// The parts of the volume, and where they are seen.
///
/// Of the cache the folder around it: `fsGroup` lets the group write to what is mounted, and a cache that others may
/// write to is refused. Inside, ptl-cert makes the cache with a mode of its own.
fn mounts(job: &Job) -> Vec<(&'static str, &str)> {
    let around = job.cache.trim_end_matches('/').rsplit_once('/');
    let around = around
        .map(|(around, _)| around)
        .filter(|around| !around.is_empty());
    let mut mounts = vec![("cache", around.unwrap_or(&job.cache))];
    mounts.extend(job.out_dir.as_deref().map(|folder| ("server", folder)));
    mounts
}

/// `$(NAME)` in a command is a variable to Kubernetes, and `$$` a dollar sign.
fn unexpanded(text: &str) -> String {
    text.replace('$', "$$")
}

/// Text of a comment: everything up to the end of the line, which is all there is without control characters; the
/// separators of Unicode end a line too, to some readers.
fn comment(text: &str) -> String {
    text.replace(['\u{2028}', '\u{2029}'], " ")
}

/// A string in double quotes. YAML 1.2 reads JSON's strings as they are; what it does not print is escaped.
pub(in crate::export) fn scalar(text: &str) -> String {
    let mut scalar = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => scalar.extend(['\\', c]),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                scalar.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => scalar.push(c),
        }
    }
    scalar.push('"');
    scalar
}
