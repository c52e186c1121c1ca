#![expect(
    clippy::disallowed_methods,
    reason = "tests read what is kept beside them, and show files to other programs"
)]

mod kubernetes;
mod windows;

use super::*;

/// Values that mean something to one format or another.
const NASTY: &[&str] = &[
    "plain",
    "",
    "two words",
    "it's",
    "say \"hi\"",
    "100%",
    "\\%",
    "a\\",
    "a b\\",
    "back\\slash",
    "$HOME ${HOME} $(HOME)",
    "`id`",
    "; reboot",
    ";",
    "a;b&c|d>e<f",
    "&lt; ]]>",
    "# comment",
    "{{ x }}",
    "- item: [x]",
    "%h%%n",
    "!bang",
    "ünïcödé 猫",
    "\u{2028}",
    "*",
    "~",
    "@x",
];

fn job(words: &[&str]) -> Job {
    let program = "/opt/ptl cert/100%/ptl-cert";
    let words = std::iter::once(&program).chain(words);
    Job {
        name: name(&["ptl-cert-crl", "int"]),
        about: "NHS INT".to_owned(),
        every: Every::Week,
        commands: vec![
            vec![
                "/usr/bin/ptl-cert".to_owned(),
                "crl".to_owned(),
                "update".to_owned(),
            ],
            words.map(|word| (*word).to_owned()).collect(),
        ],
        cache: "/var/lib/ptl-cert/crl".to_owned(),
        out_dir: Some("/etc/ngi nx/crl".to_owned()),
        reads: Vec::new(),
        foreign: false,
        image: "registry.example/ptl-cert:1".to_owned(),
    }
}

fn text(scheduler: Scheduler, job: &Job) -> String {
    render(scheduler, job).unwrap()[0].text.clone()
}

#[test]
fn control_characters_and_empty_commands_are_refused_everywhere() {
    for scheduler in [
        Scheduler::Systemd,
        Scheduler::Cron,
        Scheduler::WindowsTask,
        Scheduler::Kubernetes,
    ] {
        assert_eq!(
            render(scheduler, &job(&["a\nb"])),
            Err(ScheduleError::ControlCharacter {
                value: "a\nb".to_owned()
            })
        );
        let mut nothing = job(&[]);
        nothing.commands = vec![Vec::new()];
        assert_eq!(render(scheduler, &nothing), Err(ScheduleError::NoCommand));
    }
}

#[test]
fn a_name_is_what_every_scheduler_takes() {
    assert_eq!(
        name(&["ptl-cert-crl", "Lab INT/2"]),
        "ptl-cert-crl-lab-int-2"
    );
    assert_eq!(name(&[&"x".repeat(80)]).len(), 52);
}

#[test]
fn cron_says_no_more_than_it_reads() {
    let long = "x".repeat(1000);
    assert!(matches!(
        render(Scheduler::Cron, &job(&[&long])),
        Err(ScheduleError::TooLong { .. })
    ));
}

/// What cron makes of the last line: the command, every `\%` turned into `%`; what follows a bare `%` would be input.
fn as_cron_reads(text: &str) -> String {
    let line = text.lines().last().unwrap();
    let command = line.splitn(6, ' ').nth(5).unwrap();
    let mut read = String::new();
    let mut escaped = false;
    for c in command.chars() {
        if escaped {
            if c == '%' {
                read.pop();
            }
            read.push(c);
            escaped = false;
            continue;
        }
        assert_ne!(c, '%', "cron would end the command here: {command}");
        escaped = c == '\\';
        read.push(c);
    }
    read
}

/// The words that sh makes of a command, one a line; `None`, out loud, where there is no sh.
fn as_sh_reads(command: &str) -> Option<Vec<String>> {
    let script =
        format!("show() {{ for word; do printf '%s\\n' \"$word\"; done; }}\nshow {command}");
    match std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
    {
        Ok(output) => {
            let text = String::from_utf8(output.stdout).unwrap();
            Some(text.split_terminator('\n').map(str::to_owned).collect())
        }
        Err(_) => {
            eprintln!("SKIPPED: there is no sh");
            None
        }
    }
}

/// The second of two commands comes out of a script as it went in.
fn passes_through_sh(script: &str, job: &Job) {
    let (_, rest) = script.split_once(" || s=$?; ").unwrap();
    let last = rest.strip_suffix(" || s=$?; exit $s").unwrap();
    if let Some(words) = as_sh_reads(last) {
        assert_eq!(words, job.commands[1], "{last}");
    }
}

#[test]
fn every_word_passes_through_cron_and_sh_unchanged() {
    for word in NASTY {
        let job = job(&[word]);
        let command = as_cron_reads(&text(Scheduler::Cron, &job));
        assert!(command.contains("/dev/urandom) % 21600"), "{command}");
        passes_through_sh(&command, &job);
    }
}

/// What systemd makes of a command line, by systemd.service(5): words, quotes, escapes, specifiers, variables.
fn as_systemd_reads(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.peek() {
        if *c == ' ' {
            chars.next();
            continue;
        }
        let mut word = String::new();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '"' => quoted = !quoted,
                '\\' => word.push(chars.next().unwrap()),
                ' ' if !quoted => break,
                c => word.push(c),
            }
        }
        assert!(!quoted, "{line}");
        // Specifiers first, then variables; both would have to be doubled.
        let word = doubled(&word, '%');
        words.push(doubled(&word, '$'));
    }
    words
}

fn doubled(text: &str, sign: char) -> String {
    let mut single = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == sign {
            assert_eq!(chars.next(), Some(sign), "{text}");
        }
        single.push(c);
    }
    single
}

#[test]
fn every_word_passes_through_systemd_unchanged() {
    for word in NASTY {
        let job = job(&[word]);
        let unit = text(Scheduler::Systemd, &job);
        let starts: Vec<&str> = unit
            .lines()
            .filter_map(|line| line.strip_prefix("ExecStart="))
            .collect();
        assert_eq!(starts.len(), 1);
        let words = as_systemd_reads(starts[0]);
        assert_eq!(words[..2], ["/bin/sh", "-c"]);
        assert_eq!(words.len(), 3);
        passes_through_sh(&words[2], &job);
        let mut lone = job.clone();
        lone.commands.remove(0);
        let unit = text(Scheduler::Systemd, &lone);
        let start = unit
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart="));
        assert_eq!(as_systemd_reads(start.unwrap()), lone.commands[0]);
    }
}

#[test]
fn the_second_command_runs_although_the_first_failed_and_the_failure_is_seen() {
    let sh = |script: &str| vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()];
    for (first, second, status) in [(0, 0, 0), (3, 0, 3), (0, 1, 1), (3, 1, 1)] {
        let commands = [
            sh(&format!("exit {first}")),
            sh(&format!("echo second; exit {second}")),
        ];
        let run = std::process::Command::new("sh")
            .args(["-c", &shell::all(&commands)])
            .output();
        let Ok(output) = run else {
            eprintln!("SKIPPED: there is no sh");
            return;
        };
        assert_eq!(output.status.code(), Some(status));
        assert_eq!(output.stdout, b"second\n");
    }
}

#[test]
fn the_folders_that_are_written_are_the_only_ones() {
    let unit = text(Scheduler::Systemd, &job(&[]));
    for line in [
        "StateDirectory=ptl-cert/crl",
        "ReadWritePaths=\"-/etc/ngi nx/crl\"",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "NoNewPrivileges=yes",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line}\n{unit}");
    }
    let mut foreign = job(&[]);
    foreign.foreign = true;
    foreign.out_dir = Some("/home/x/crl".to_owned());
    let unit = text(Scheduler::Systemd, &foreign);
    assert!(unit.contains("\nProtectSystem=full\n") && unit.contains("\nProtectHome=no\n"));
    assert!(!unit.contains("CapabilityBoundingSet"));
}

#[test]
fn a_program_in_a_home_folder_is_there_and_nothing_else_of_the_home() {
    let mut job = job(&[]);
    job.reads = vec![
        "/home/u/.cargo/bin/ptl-cert".to_owned(),
        "/etc/pki/a.pem".to_owned(),
        "/home/u/c:d.pem".to_owned(),
    ];
    let unit = text(Scheduler::Systemd, &job);
    assert!(unit.contains("\nProtectHome=tmpfs\n"), "{unit}");
    let bound = "\nBindReadOnlyPaths=/home/u/.cargo/bin/ptl-cert \"/home/u/c\\\\:d.pem\"\n";
    assert!(unit.contains(bound), "{unit}");
    job.reads = vec!["/tmp/facts.toml".to_owned()];
    let unit = text(Scheduler::Systemd, &job);
    assert!(
        unit.contains("\nProtectHome=yes\nPrivateTmp=no\n"),
        "{unit}"
    );
}

#[test]
fn no_value_joins_a_line_of_systemd_with_the_next() {
    let mut job = job(&["a\\"]);
    job.about = "INT\\".to_owned();
    job.cache = "/var/lib/a\\".to_owned();
    job.out_dir = Some("/etc/b\\".to_owned());
    job.reads = vec!["/home/u/c\\".to_owned()];
    for file in render(Scheduler::Systemd, &job).unwrap() {
        let joined: Vec<&str> = file
            .text
            .lines()
            .filter(|line| line.ends_with('\\'))
            .collect();
        assert!(joined.is_empty(), "{joined:?}");
    }
}

#[test]
fn a_person_runs_the_job_of_cron_without_its_delay() {
    let steps = steps(Scheduler::Cron, &job(&["100%"]));
    let by_hand = steps.last().unwrap();
    assert!(
        by_hand.contains("/usr/bin/ptl-cert crl update"),
        "{by_hand}"
    );
    assert!(
        !by_hand.contains("sleep") && !by_hand.contains("\\%"),
        "{by_hand}"
    );
}

#[test]
fn the_timer_makes_up_for_runs_that_were_missed_and_spreads_a_fleet() {
    let files = render(Scheduler::Systemd, &job(&[])).unwrap();
    let timer = &files[1];
    assert_eq!(timer.name, "ptl-cert-crl-int.timer");
    for line in [
        "OnCalendar=weekly",
        "RandomizedDelaySec=6h",
        "Persistent=true",
    ] {
        assert!(timer.text.lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn systemd_itself_finds_nothing_wrong_with_the_units() {
    let folder = tempfile::tempdir().unwrap();
    for foreign in [false, true] {
        let mut job = job(NASTY);
        job.foreign = foreign;
        for command in &mut job.commands {
            command[0] = "/bin/true".to_owned();
        }
        let files = render(Scheduler::Systemd, &job).unwrap();
        let paths: Vec<_> = files
            .iter()
            .map(|file| {
                let path = folder.path().join(&file.name);
                std::fs::write(&path, &file.text).unwrap();
                path
            })
            .collect();
        let verified = std::process::Command::new("systemd-analyze")
            .args(["verify", "--recursive-errors=no"])
            .args(&paths)
            .output();
        let Ok(output) = verified else {
            eprintln!("SKIPPED: there is no systemd-analyze");
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        let about_us: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("ptl-cert"))
            .collect();
        assert!(output.status.success() && about_us.is_empty(), "{said}");
    }
}
