//! What to do once there is a next pair.

use crate::fqdn::environment_hint;
use crate::ops::renew::{NextKey, NextPair, Renewal};
use crate::report::csr::next::{for_many, in_command, is_of_nhs, send, with_reply};
use crate::report::csr::{Step, shown};
use crate::wording::renew as words;
use crate::wording::{Voice, shell_word};

/// The steps from the next pairs to certificates that are in use; none where there is no next pair.
pub(super) fn steps(renewal: &Renewal, voice: Voice) -> Vec<Step> {
    let hosts = renewal
        .hosts
        .iter()
        .filter_map(|host| host.next.as_ref().ok());
    let folder = folder(renewal);
    match hosts.collect::<Vec<&NextPair>>().as_slice() {
        [] => Vec::new(),
        [pair] => for_one(pair, &folder, voice),
        several => for_several(several, &folder, voice),
    }
}

/// The folder of the next pairs.
pub(super) fn folder(renewal: &Renewal) -> String {
    match shown(&renewal.folder) {
        folder if folder.is_empty() => ".".to_owned(),
        folder => folder,
    }
}

fn for_one(pair: &NextPair, folder: &str, voice: Voice) -> Vec<Step> {
    let condition = match pair.request {
        Some(_) => "",
        None => ", if it has not been sent yet",
    };
    let csr = shown(&pair.csr);
    let key = match &pair.key {
        NextKey::New(key) | NextKey::Reused(Some(key)) => in_command(key),
        NextKey::Reused(None) => "KEY".to_owned(),
    };
    vec![
        send(&pair.fqdn, &csr, condition),
        with_reply(&pair.fqdn, &key, &csr, Some(folder), voice),
        change_over(is_of_nhs(&pair.fqdn), voice),
    ]
}

fn for_several(pairs: &[&NextPair], folder: &str, voice: Voice) -> Vec<Step> {
    let mut steps = for_many(folder, voice);
    let environments = pairs.iter().map(|pair| environment_hint(&pair.fqdn));
    let environments: Vec<Option<&str>> = environments.collect();
    let environment = match environments.split_first() {
        Some((Some(first), others)) if others.iter().all(|other| *other == Some(*first)) => *first,
        _ => "ENV",
    };
    let beside = |ending: &str| format!("{}/NAME.{ending}", folder.trim_end_matches('/'));
    let (csr, key) = (beside("csr"), beside("key"));
    steps.push(Step {
        text: voice.pick(
            "Check each against its request and write the files its server needs:",
            "Check each against its request before you install it.",
        ),
        command: voice.pick_command(&format!(
            "ptl-cert accept REPLY --csr {} --key {} --env {environment} --out-dir {}",
            shell_word(&csr),
            shell_word(&key),
            shell_word(folder)
        )),
    });
    steps.push(change_over(true, voice));
    steps
}

fn change_over(is_of_nhs: bool, voice: Voice) -> Step {
    Step {
        text: words::change_over(voice, is_of_nhs),
        command: None,
    }
}
