//! A service and its timer.

use super::{Every, Job, JobFile, shell};

/// Where system services keep their data; systemd makes folders below it (`StateDirectory=`).
const STATE: &str = "/var/lib/";

pub(super) fn render(job: &Job) -> Vec<JobFile> {
    vec![
        JobFile::utf8(format!("{}.service", job.name), service(job)),
        JobFile::utf8(format!("{}.timer", job.name), timer(job)),
    ]
}

fn service(job: &Job) -> String {
    let about = specifier_free(&job.about);
    let (starts, how) = starts(job);
    let (state, others): (Vec<&String>, Vec<&String>) = job.writes().partition(|path| {
        path.strip_prefix(STATE)
            .is_some_and(|rest| !rest.is_empty())
    });
    let state: Vec<String> = state
        .iter()
        .filter_map(|path| path.strip_prefix(STATE))
        .map(|path| word(path.trim_end_matches('/')))
        .collect();
    let others: Vec<String> = others
        .iter()
        // A folder that is missing is left out: the job then says what it cannot write, where systemd would only
        // say 226/NAMESPACE.
        .map(|path| word(&format!("-{path}")))
        .collect();
    let lines = |key: &str, words: &[String]| match words {
        [] => String::new(),
        words => format!("{key}={}\n", words.join(" ")),
    };
    let below = |path: &str, tops: &[&str]| tops.iter().any(|top| path.starts_with(top));
    const HOMES: [&str; 3] = ["/home/", "/root/", "/run/user/"];
    const TEMPORARY: [&str; 2] = ["/tmp/", "/var/tmp/"];
    let writes_home = job.writes().any(|path| below(path, &HOMES));
    let from_home: Vec<String> = job
        .reads
        .iter()
        .filter(|path| below(path, &HOMES))
        .map(|path| word(&path.replace('\\', "\\\\").replace(':', "\\:")))
        .collect();
    // Of the homes only what the job reads or starts is there, and none of it can be written.
    let (homes, bound) = match (writes_home, from_home.is_empty()) {
        (true, _) => ("no", String::new()),
        (false, true) => ("yes", String::new()),
        (false, false) => ("tmpfs", lines("BindReadOnlyPaths", &from_home)),
    };
    let uses = job.writes().chain(&job.reads);
    let temporary = match uses.into_iter().any(|path| below(path, &TEMPORARY)) {
        true => "no",
        false => "yes",
    };
    let (walls, why) = match job.foreign {
        false => ("strict", ""),
        true => (
            "full",
            "# full, not strict: a server's own test and reload write to its logs and to /run.\n",
        ),
    };
    let mut text = format!(
        "# Fetches CRLs and hands them to the server. Written by ptl-cert.
[Unit]
Description=CRLs for {about} (ptl-cert)
Wants=network-online.target
After=network-online.target
# A source that is down is retried four times, then at the next regular run.
StartLimitIntervalSec=1d
StartLimitBurst=5

[Service]
Type=oneshot
{how}ExecStart={starts}
TimeoutStartSec=30min
Restart=on-failure
RestartSec=15min
# 2: the command line itself is wrong, so retrying is pointless.
RestartPreventExitStatus=2
# The proxy, if there is one: https_proxy=http://proxy.example:3128
EnvironmentFile=-/etc/default/ptl-cert
UMask=0022
{state}{others}{why}ProtectSystem={walls}
ProtectHome={homes}
{bound}PrivateTmp={temporary}
NoNewPrivileges=yes
",
        state = lines("StateDirectory", &state),
        others = lines("ReadWritePaths", &others),
    );
    text.push_str(
        "ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
",
    );
    if !job.foreign {
        text.push_str(
            "MemoryDenyWriteExecute=yes
PrivateDevices=yes
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_FOWNER
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
",
        );
    }
    text
}

/// The command line, and what has to be said of it.
///
/// Of several `ExecStart=` none is run after one that failed, or, with `-`, its failure goes unnoticed. (ExecStopPost=
/// would be run, but also when the service is stopped manually.)
fn starts(job: &Job) -> (String, &'static str) {
    let script = shell::all(&job.commands);
    let wrapped = ["/bin/sh".to_owned(), "-c".to_owned(), script];
    let (words, how) = match job.commands.as_slice() {
        [only] => (only.as_slice(), ""),
        _ => (
            &wrapped[..],
            "# All of these run: a CRL that cannot be fetched does not hold back the others, but the run still fails.\n",
        ),
    };
    let words: Vec<String> = words.iter().map(|word| argument(word)).collect();
    (words.join(" "), how)
}

fn timer(job: &Job) -> String {
    let calendar = match job.every {
        Every::Day => "daily",
        Every::Week => "weekly",
    };
    format!(
        "# When to run {name}.service. Written by ptl-cert.
[Unit]
Description=CRLs for {about}, {calendar}

[Timer]
OnCalendar={calendar}
# Each machine waits its own fixed part of this, so that many do not fetch at once and CRLs do not get older
# than intended. (systemd before 247 ignores the second line; each run then waits a different time.)
RandomizedDelaySec={delay}h
FixedRandomDelay=true
# A run missed while the machine was off is made up for after it starts.
Persistent=true

[Install]
WantedBy=timers.target
",
        name = job.name,
        about = specifier_free(&job.about),
        delay = job.every.delay_hours(),
    )
}

/// Text in which systemd sees no specifier (systemd.unit(5)).
fn specifier_free(text: &str) -> String {
    text.replace('%', "%%")
}

/// A word of a CRL of paths: quoted where it needs it, without specifiers.
fn word(text: &str) -> String {
    quoted(&specifier_free(text))
}

/// A word of a command line (systemd.service(5)): besides, `$` would begin a variable.
fn argument(text: &str) -> String {
    quoted(&specifier_free(text).replace('$', "$$"))
}

fn quoted(text: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '-' | '_' | '.' | '/' | ':' | '=' | '+' | '@' | ',' | '%' | '$'
            )
    };
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
