//! What to do once there is a request.

use super::{PairFiles, Step, shown};
use crate::fqdn::environment_hint;
use crate::ops::csr::{HostPair, Made};
use crate::wording::Voice;

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
    let hint = environment_hint(&pair.fqdn);
    let team = match hint {
        Some(environment) => format!(
            "the {} environment, judging by the host name",
            environment.to_uppercase()
        ),
        None => "the environment it is for (INT, DEP, Live, …)".to_owned(),
    };
    vec![
        Step {
            text: format!(
                "Send the CSR, {}: attach it to the endpoint request form, or mail it to the NHS team for {team}. Never send the key.",
                file_name(&files.csr)
            ),
            command: None,
        },
        with_reply(pair, files, hint, voice),
    ]
}

/// What to do with the reply. Whether it matches the request can be checked where the environment's CAs are known.
fn with_reply(pair: &HostPair, files: &PairFiles, environment: Option<&str>, voice: Voice) -> Step {
    let (key, request) = (shell_word(&files.key), shell_word(&files.csr));
    if !pair.fqdn.as_str().ends_with(".nhs.uk") {
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
    let environment = environment.unwrap_or("ENV");
    Step {
        text: voice
            .pick(
                "When the certificate comes back, check it against your request and write the files your server needs:",
                "When the certificate comes back, check it against your request before you install it.",
            )
            .to_owned(),
        command: voice.pick_command(&format!(
            "ptl-cert accept REPLY --csr {request} --key {key} --env {environment}"
        )),
    }
}

fn for_many(folder: &str, voice: Voice) -> Vec<Step> {
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

/// A path as a shell takes it: in quotes only where it needs them.
fn shell_word(path: &str) -> String {
    let plain = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '/' | '.' | '-' | '_' | '+' | ':' | '@' | ',' | '~' | '\\'
            )
    };
    if !path.is_empty() && path.chars().all(plain) && !path.starts_with('-') {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn a_path_with_a_space_or_a_quotation_mark_is_quoted_for_the_shell() {
        assert_eq!(shell_word("out/a.key"), "out/a.key");
        assert_eq!(shell_word("my keys/a.key"), "'my keys/a.key'");
        assert_eq!(shell_word("o'neil"), r"'o'\''neil'");
    }
}
