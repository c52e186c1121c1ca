//! What to do once there is a request.

use super::{PairFiles, Step, shown};
use crate::fqdn::{Fqdn, environment_hint};
use crate::input::Source;
use crate::ops::csr::{HostPair, Made};
use crate::wording::{Voice, shell_word};

/// The steps from the files to a certificate; none when nothing was made.
pub(super) fn steps(made: &Made, voice: Voice) -> Vec<Step> {
    let hosts = made.hosts.iter().filter_map(|host| host.pair.as_ref().ok());
    let created: Vec<&HostPair> = hosts.filter(|pair| pair.request.is_some()).collect();
    match created.as_slice() {
        [] => Vec::new(),
        [pair] => for_one(pair, &PairFiles::new(pair), voice),
        _ => for_many(&shown(&made.folder), voice),
    }
}

fn for_one(pair: &HostPair, files: &PairFiles, voice: Voice) -> Vec<Step> {
    vec![
        send(&pair.fqdn, &files.csr, ""),
        with_reply(&pair.fqdn, &in_command(&pair.key), &files.csr, None, voice),
    ]
}

/// What stands for a key in a command: its file, or a word in place of one that came through a pipe.
pub(in crate::report) fn in_command(key: &Source) -> String {
    match key {
        Source::File(path) => shown(path),
        _ => "KEY".to_owned(),
    }
}

/// To which team the request goes; `condition` is said before that.
pub(in crate::report) fn send(fqdn: &Fqdn, csr: &str, condition: &str) -> Step {
    let team = match environment_hint(fqdn) {
        Some(environment) => format!(
            "the {} environment, judging by the host name",
            environment.to_uppercase()
        ),
        None => "the environment it is for (INT, DEP, Live, …)".to_owned(),
    };
    Step {
        text: format!(
            "Send the CSR, {}{condition}: attach it to the endpoint request form, or mail it to the NHS team for {team}. Never send the key.",
            file_name(csr)
        ),
        command: None,
    }
}

/// What to do with the reply, and in which folder its files are to be. Whether it matches the request can be checked where
/// the environment's CAs are known.
pub(in crate::report) fn with_reply(
    fqdn: &Fqdn,
    key: &str,
    csr: &str,
    folder: Option<&str>,
    voice: Voice,
) -> Step {
    let (key, request) = (shell_word(key), shell_word(csr));
    if !is_of_nhs(fqdn) {
        return Step {
            text: voice
                .pick(
                    "When the certificate comes back, check that it is yours:",
                    "When the certificate comes back, check that it belongs to your key.",
                )
                .to_owned(),
            command: voice.pick_command(&format!("ptl-cert inspect REPLY --key {key}")),
        };
    }
    let environment = environment_hint(fqdn).unwrap_or("ENV");
    let folder = folder.map_or_else(String::new, |folder| {
        voice.pick(format!(" --out-dir {}", shell_word(folder)), "")
    });
    Step {
        text: voice
            .pick(
                "When the certificate comes back, check it against your request and write the files your server needs:",
                "When the certificate comes back, check it against your request before you install it.",
            )
            .to_owned(),
        command: voice.pick_command(&format!(
            "ptl-cert accept REPLY --csr {request} --key {key} --env {environment}{folder}"
        )),
    }
}

/// Whether the NHS issues certificates for it.
pub(in crate::report) fn is_of_nhs(fqdn: &Fqdn) -> bool {
    fqdn.as_str().ends_with(".nhs.uk")
}

/// The same for several hosts, whose pairs are in one folder.
pub(in crate::report) fn for_many(folder: &str, voice: Voice) -> Vec<Step> {
    let folder = match folder {
        "" => ".".to_owned(),
        folder => shell_word(folder),
    };
    vec![
        Step {
            text: "Send the .csr files, each with the endpoint request form for its host, or to the NHS team for its \
                   environment. Never send a .key."
                .to_owned(),
            command: None,
        },
        Step {
            text: voice
                .pick(
                    "When the certificates come back, see which belongs to which key:",
                    "When the certificates come back, see which belongs to which key.",
                )
                .to_owned(),
            command: voice.pick_command(&format!("ptl-cert match {folder} REPLY…")),
        },
    ]
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
