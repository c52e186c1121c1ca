//! A CronJob (`batch/v1`) with a claim for the volume that holds the cache and what the servers read.

use super::{Every, Job, JobFile, spread};

/// The user and group of images without a shell, by convention `nonroot`; nothing here needs root.
const USER: u32 = 65532;

pub(super) fn render(job: &Job) -> Vec<JobFile> {
    let name = &job.name;
    let minute = spread(job, 60);
    let hour = 1 + spread(job, 240) / 60;
    let schedule = match job.every {
        Every::Day => format!("{minute} {hour} * * *"),
        Every::Week => format!("{minute} {hour} * * 1"),
    };
    let mut containers = String::new();
    let last = job.commands.len().saturating_sub(1);
    for (number, command) in job.commands.iter().enumerate() {
        if number == 0 && last > 0 {
            containers.push_str("          # One after the other, each if the one before succeeded.\n          initContainers:\n");
        }
        if number == last {
            containers.push_str("          containers:\n");
        }
        containers.push_str(&container(job, number, command));
    }
    let text = format!(
        "# Revocation lists for {about}, {every}. Written by ptl-cert.
# A server mounts the same claim read-only, by the subPath \"server\".
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}
spec:
  # Where the servers run on other nodes than the job, the storage has to offer ReadWriteMany.
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Gi
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
  # The minute comes from the job's name and commands, so that not every cluster asks at once.
  schedule: {schedule}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 86400
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 4
      activeDeadlineSeconds: 3600
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
{containers}          volumes:
            - name: lists
              persistentVolumeClaim:
                claimName: {name}
",
        about = comment(&job.about),
        every = job.every,
        name = scalar(name),
        schedule = scalar(&schedule),
    );
    vec![JobFile {
        name: format!("{name}.yaml"),
        text,
    }]
}

fn container(job: &Job, number: usize, command: &[String]) -> String {
    let words = command
        .iter()
        .map(|word| format!("                - {}\n", scalar(&unexpanded(word))))
        .collect::<String>();
    let mounts: String = mounts(job)
        .iter()
        .map(|(name, path)| {
            format!(
                "                - name: lists\n                  mountPath: {}\n                  subPath: {name}\n",
                scalar(path)
            )
        })
        .collect();
    format!(
        "            - name: step-{number}
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
        number = number + 1,
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
fn scalar(text: &str) -> String {
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
