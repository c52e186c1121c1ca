//! What to do once there is a request.

use ptl_cert::fqdn::{Fqdn, environment_hint};
use ptl_cert::report::csr::{CsrReport, Files, Status, Step};

use crate::args::Csr;

/// The steps from the files to a certificate; none when nothing was made.
pub(super) fn steps(args: &Csr, report: &CsrReport) -> Vec<Step> {
    let made: Vec<_> = report
        .hosts
        .iter()
        .filter(|host| host.status == Status::Created)
        .collect();
    match made.as_slice() {
        [] => Vec::new(),
        [host] => match &host.files {
            Some(files) => for_one(&host.fqdn, files),
            None => Vec::new(),
        },
        _ => for_many(args),
    }
}

fn for_one(fqdn: &str, files: &Files) -> Vec<Step> {
    let hint = Fqdn::parse(fqdn)
        .ok()
        .and_then(|fqdn| environment_hint(&fqdn));
    let team = match hint {
        Some(environment) => format!(
            "the {} environment, which the name speaks of",
            environment.to_uppercase()
        ),
        None => "the environment it is for (INT, DEP, Live, …)".to_owned(),
    };
    vec![
        Step {
            text: format!(
                "Send the request, {}: attach it to the endpoint request form, or mail it to the NHS team for {team}. \
                 Never send the key.",
                file_name(&files.csr)
            ),
            command: None,
        },
        with_reply(fqdn, files, hint),
    ]
}

/// What to do with the reply. Whether it is the right one can be told where the environment's CAs are known.
fn with_reply(fqdn: &str, files: &Files, environment: Option<&str>) -> Step {
    let (key, request) = (shell_word(&files.key), shell_word(&files.csr));
    if !fqdn.ends_with(".nhs.uk") {
        return Step {
            text: "When the certificate comes back, check that it is yours, and what it is:"
                .to_owned(),
            command: Some(format!("ptl-cert inspect REPLY --key {key}")),
        };
    }
    let environment = environment.unwrap_or("ENV");
    Step {
        text: "When the certificate comes back, check that it is the right answer, and have the files written that a \
               server needs:"
            .to_owned(),
        command: Some(format!(
            "ptl-cert accept REPLY --csr {request} --key {key} --env {environment}"
        )),
    }
}

fn for_many(args: &Csr) -> Vec<Step> {
    let folder = shell_word(&args.out_dir.to_string_lossy());
    vec![
        Step {
            text: "Send the .csr files, each with the endpoint request form for its host, or to the NHS team for its \
                   environment. Never send a .key."
                .to_owned(),
            command: None,
        },
        Step {
            text: "When the certificates come back, see which belongs to which key:".to_owned(),
            command: Some(format!("ptl-cert match {folder} REPLY…")),
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
