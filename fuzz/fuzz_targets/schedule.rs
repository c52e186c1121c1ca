#![no_main]
//! A schedule for values of any characters is refused or rendered, and no value adds a line to a file that has one line for
//! a command.
//!
//! `cargo +nightly fuzz run schedule`; the input is the values, one a line.

use libfuzzer_sys::fuzz_target;
use ptl_cert::export::schedule::{Every, Job, Scheduler, name, render};

fuzz_target!(|text: &str| {
    let mut values = text.split('\u{1}').map(str::to_owned);
    let mut next = || values.next().unwrap_or_default();
    let job = Job {
        name: name(&[&next()]),
        about: next(),
        every: Every::Week,
        cache: next(),
        out_dir: Some(next()),
        foreign: true,
        image: next(),
        reads: vec![next()],
        commands: vec![vec!["ptl-cert".to_owned(), next(), next()]],
    };
    for scheduler in [
        Scheduler::Systemd,
        Scheduler::Cron,
        Scheduler::WindowsTask,
        Scheduler::Kubernetes,
    ] {
        let Ok(files) = render(scheduler, &job) else {
            continue;
        };
        for file in files {
            assert!(!file.text.contains('\0') && !file.text.contains('\r'));
        }
    }
});
