//! What commands share: from what was typed to what operations take, and from what they could not read to words.

pub(crate) mod evidence;

use std::path::Path;

use clap::CommandFactory;
use clap::error::ErrorKind;
use ptl_cert::environment::Facts;
use ptl_cert::input::Shown;
use ptl_cert::ops::gather::{self, Named};
use ptl_cert::ops::trust;
use ptl_cert::ops::{Depth, Severity};
use ptl_cert::report::inspection::UnreadReport;
use ptl_cert::report::problem::{ErrorCode, ProblemReport as Complaint};
use ptl_cert::store;
use ptl_cert::store::read::{LeftOutKind, ReadError};
use ptl_cert::store::trust::{DamagedEntry, TrustError};

use crate::args::CommandLine;
use crate::args::global::Findings;
use crate::outcome::Outcome;
pub(crate) use crate::quoted::{typed, word};
use crate::world::World;

/// What is known of the NHS, with the user's own file on top if there is one.
pub(crate) fn facts(path: Option<&Path>, world: &World) -> anyhow::Result<Facts> {
    facts_in(path, None, world)
}

/// The same with the trust entries of a folder that was named, or of the usual one. An entry that is damaged is named, and
/// the others count.
pub(crate) fn facts_in(
    path: Option<&Path>,
    entries: Option<&Path>,
    world: &World,
) -> anyhow::Result<Facts> {
    extended(path, entries, world, trust::extend)
}

/// The same, however many trust entries there are: to list them and to remove some.
pub(crate) fn facts_beyond_limit(
    path: Option<&Path>,
    entries: Option<&Path>,
    world: &World,
) -> anyhow::Result<Facts> {
    extended(path, entries, world, trust::extend_beyond_limit)
}

fn extended(
    path: Option<&Path>,
    entries: Option<&Path>,
    world: &World,
    extend: impl FnOnce(Facts, &Path) -> Result<(Facts, Vec<DamagedEntry>), TrustError>,
) -> anyhow::Result<Facts> {
    let facts = gather::facts(&own_facts(path, world)?)?;
    let folder = match (world.trust_folder(entries), entries) {
        (Ok(folder), _) => folder,
        // None was named, and there is no default folder.
        (Err(_), None) => return Ok(facts),
        (Err(error), Some(_)) => return Err(error.into()),
    };
    let (facts, damaged) = extend(facts, &folder)?;
    for one in damaged {
        let complaint = Complaint {
            code: ErrorCode::NotDecided,
            message: format!(
                "the trust entry {} is not used: {}",
                one.path.shown(),
                one.why
            ),
            causes: Vec::new(),
            remedy: Some(
                "remove it with ptl-cert trust remove DIGITS, the digits in its file name"
                    .to_owned(),
            ),
        };
        world.warn(&complaint.render("error", world.width()));
    }
    Ok(facts)
}

/// The facts file that was named, else the user's own where there is one. What it says decides who is trusted, so that one
/// which others could have written is not read.
pub(crate) fn own_facts(path: Option<&Path>, world: &World) -> anyhow::Result<Option<Named>> {
    if path.is_some() {
        return Ok(named_option(path, world)?);
    }
    let Some(file) = world.facts_file() else {
        return Ok(None);
    };
    match store::read::is_there(&file)? && store::read::is_own(&file)? {
        true => Ok(Some(world.named_one(&file)?)),
        false => Ok(None),
    }
}

/// A file that may have been named.
pub(crate) fn named_option(path: Option<&Path>, world: &World) -> Result<Option<Named>, ReadError> {
    path.map(|path| world.named_one(path)).transpose()
}

/// How far folders are searched.
pub(crate) fn depth(is_recursive: bool) -> Depth {
    if is_recursive {
        Depth::Tree
    } else {
        Depth::Directory
    }
}

/// Says what could not be read, each in a sentence.
pub(crate) fn complain(unread: &[UnreadReport], world: &mut World) {
    for one in unread {
        let complaint = Complaint {
            code: ErrorCode::NotDecided,
            message: one.message.clone(),
            causes: Vec::new(),
            remedy: one.remedy.clone(),
        };
        let text = complaint.render("error", world.width());
        world.complain(&text);
    }
}

/// Says which files of folders, archives and mails were passed over, what of folders was not looked into, and which files of
/// CRLs hold something else too.
pub(crate) fn mention(passed_over: &[UnreadReport], world: &mut World) {
    let what = |one: &UnreadReport| match one.left_out {
        _ if one.is_beside_crls => "passed over what is not a CRL in",
        None => "not read, because nothing in them was recognised",
        Some(LeftOutKind::Subfolder) => "subfolders not searched, -r includes them",
        Some(LeftOutKind::LinkToFolder) => {
            "links to folders not followed, name the folders to read them"
        }
        Some(_) => "pipes, sockets and devices not read",
    };
    let mut groups: Vec<(&str, Vec<&UnreadReport>)> = Vec::new();
    for one in passed_over {
        match groups.iter_mut().find(|(said, _)| *said == what(one)) {
            Some((_, group)) => group.push(one),
            None => groups.push((what(one), vec![one])),
        }
    }
    for (what, group) in groups {
        name_passed_over(what, &group, world);
    }
}

fn name_passed_over(what: &str, passed_over: &[&UnreadReport], world: &mut World) {
    /// So many are named; JSON has all.
    const NAMED: usize = 5;
    if passed_over.is_empty() || world.is_quiet() {
        return;
    }
    let mut names: Vec<String> = passed_over
        .iter()
        .map(|one| one.source.to_string())
        .collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let complaint = Complaint {
        code: ErrorCode::NotDecided,
        message: format!("{what}: {}{more}", names.join(", ")),
        causes: Vec::new(),
        remedy: None,
    };
    let text = complaint.render("note", world.width());
    world.complain(&text);
}

/// How a run ends that read so much and found so much. Everything read is an answer, whatever it says, unless
/// `--fail-on` asks otherwise.
pub(crate) fn conclude(
    unread: &[UnreadReport],
    heaviest: Option<Severity>,
    findings: Findings,
) -> Outcome {
    match (unread.is_empty(), findings.fail(heaviest)) {
        (false, _) => Outcome::NotAnswered,
        (true, true) => Outcome::Bad,
        (true, false) => Outcome::Good,
    }
}

/// Refuses what was typed after a command, in clap's voice.
pub(crate) fn refuse(command: &str, message: &str) -> anyhow::Result<Outcome> {
    Err(refusal(command, message).into())
}

/// The same as an error.
pub(crate) fn refusal(command: &str, message: &str) -> clap::Error {
    let mut line = CommandLine::command();
    line.build();
    let names: Vec<&str> = command.split_whitespace().collect();
    let is_of_lab = message.starts_with("there is no environment \"lab-");
    let hint = match is_of_lab {
        true => "; a lab's are in its own facts: --facts lab/facts.toml",
        false => "",
    };
    spoken(&mut line, &names, &format!("{message}{hint}"))
}

/// Of a command within a command the inner one speaks: `crl update`.
fn spoken(command: &mut clap::Command, names: &[&str], message: &str) -> clap::Error {
    if let [name, inner @ ..] = names
        && let Some(command) = command.find_subcommand_mut(name)
    {
        return spoken(command, inner, message);
    }
    command.error(ErrorKind::ArgumentConflict, message)
}
