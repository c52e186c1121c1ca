//! `ptl-cert trust`.

use std::path::Path;

use ptl_cert::ops::gather::Named;
use ptl_cert::ops::{Context, trust};
use ptl_cert::report::trust::TrustReport;

use super::reading::{self, evidence::refuse};
use crate::args::Format;
use crate::args::trust::{Known, Reasons, Trust, TrustCommand};
use crate::outcome::Outcome;
use crate::world::World;

/// How many digits of a SHA-256 have to be typed to confirm a root.
const TYPED: usize = 8;

/// Runs one of the `trust` commands.
pub(crate) fn run(args: &Trust, world: &mut World) -> anyhow::Result<Outcome> {
    match &args.command {
        TrustCommand::List(args) => {
            let context = context_beyond_limit(&args.known, world)?;
            let folder = world.trust_folder(args.known.trust_dir.as_deref()).ok();
            let listed = trust::list(args.env.as_deref(), folder.as_deref(), &context);
            let report =
                TrustReport::listed(refusing("list", listed)?, context.at).in_voice(world.voice());
            let detail = world.detail();
            world.print(&report, |width| report.render(detail, width))?;
            Ok(match report.damaged.is_empty() {
                true => Outcome::Good,
                false => Outcome::NotAnswered,
            })
        }
        TrustCommand::Add(args) => {
            let context = context(&args.reasons.known, world)?;
            let mut files = Vec::new();
            for path in &args.files {
                files.push(match path == Path::new("-") {
                    true => Named::bytes(ptl_cert::input::Source::Stdin, world.read(path)?),
                    false => Named::file(path),
                });
            }
            add("add", files, &args.reasons, &context, world)
        }
        TrustCommand::Fetch(args) => {
            let mut context = context(&args.reasons.known, world)?;
            context.proxy = world.proxy()?;
            let file = trust::fetch(&args.url, &context)?;
            add("fetch", vec![file], &args.reasons, &context, world)
        }
        TrustCommand::Remove(args) => {
            let context = context_beyond_limit(&args.known, world)?;
            let folder = world.trust_folder(args.known.trust_dir.as_deref())?;
            let removed = trust::remove(&args.ca, &folder, &context);
            let report = match removed {
                Ok(name) => TrustReport::removed(name, context.at),
                Err(error) => return bad(&error, world),
            };
            let detail = world.detail();
            world.print(&report, |width| report.render(detail, width))?;
            Ok(Outcome::Good)
        }
        TrustCommand::Export(args) => {
            let context = context(&args.known, world)?;
            let password = world.read_passphrase_of(args.password_file.as_deref())?;
            let password = match &password {
                Some(password) => std::str::from_utf8(password.as_bytes())?.to_owned(),
                None => "changeit".to_owned(),
            };
            let form = world.form().unwrap_or(trust::Form::Pem);
            let Some(out) = &args.out else {
                let is_text = matches!(form, trust::Form::Pem | trust::Form::OpensslDir);
                if !is_text && world.prints_on_terminal() {
                    return refuse(
                        "trust export",
                        "this format is binary: name a file with --out, or redirect the output",
                    );
                }
                let rendered = match trust::render(&args.env, form, &password, &context) {
                    Err(error @ trust::TrustOpError::NothingToExport { .. }) => {
                        return bad(&error, world);
                    }
                    other => refusing("export", other)?,
                };
                let Some(bytes) = rendered else {
                    return refuse(
                        "trust export",
                        "openssl-dir is a folder: name it with --out",
                    );
                };
                world.stdout().write_file(&bytes)?;
                return Ok(Outcome::Good);
            };
            let exported = match trust::export(&args.env, form, out, &password, &context) {
                Err(error @ trust::TrustOpError::NothingToExport { .. }) => {
                    return bad(&error, world);
                }
                other => refusing("export", other)?,
            };
            let report = TrustReport::exported(exported, context.at);
            let detail = world.detail();
            world.print(&report, |width| report.render(detail, width))?;
            Ok(Outcome::Good)
        }
    }
}

fn context(known: &Known, world: &mut World) -> anyhow::Result<Context<'static>> {
    let facts = reading::facts_in(known.facts.as_deref(), known.trust_dir.as_deref(), world)?;
    Ok(Context::new(world.moment(known.at), facts))
}

/// The same, however many trust entries there are: every other command refuses more than it reads.
fn context_beyond_limit(known: &Known, world: &mut World) -> anyhow::Result<Context<'static>> {
    let (facts, folder) = (known.facts.as_deref(), known.trust_dir.as_deref());
    let facts = reading::facts_beyond_limit(facts, folder, world)?;
    Ok(Context::new(world.moment(known.at), facts))
}

fn add(
    command: &str,
    files: Vec<Named>,
    reasons: &Reasons,
    context: &Context<'_>,
    world: &mut World,
) -> anyhow::Result<Outcome> {
    let folder = world.trust_folder(reasons.known.trust_dir.as_deref())?;
    let by = reasons.by.clone().unwrap_or_else(|| world.user());
    let mut options = trust::Add::new(&reasons.env, &by, &reasons.why);
    options.certificates = files;
    options.generation.clone_from(&reasons.generation);
    if let Some(text) = &reasons.sha256 {
        options = match options.expect_sha256(text) {
            Ok(options) => options,
            Err(_) => {
                return refuse(&format!("trust {command}"), "--sha256 takes 64 hex digits");
            }
        };
    }
    let added = {
        let mut confirm = |root: &trust::RootToConfirm| confirmed(root, world);
        trust::add(&options, &folder, context, &mut confirm)
    };
    let added = match added {
        Ok(added) => added,
        Err(trust::TrustOpError::Unread(unread)) => {
            let report = TrustReport::unread(&unread, world.voice(), context.at);
            reading::complain(&report.unread, world);
            if world.format() != Format::Text {
                world.print_data(&report)?;
            }
            return Ok(Outcome::NotAnswered);
        }
        Err(error @ trust::TrustOpError::Environment { .. }) => refusing(command, Err(error))?,
        Err(error @ (trust::TrustOpError::Store(_) | trust::TrustOpError::Fetch(_))) => {
            return Err(error.into());
        }
        Err(error) => return bad(&error, world),
    };
    let report = TrustReport::added(added, context.at);
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    Ok(Outcome::Good)
}

/// Shows a root's digest and asks for its beginning.
fn confirmed(root: &trust::RootToConfirm, world: &mut World) -> bool {
    let digest = &root.sha256;
    let question = format!(
        "{} is a root that is not built in.\nSHA-256 {digest}\nCompare it with what the NHS publishes, then type its first {TYPED} digits: ",
        root.name
    );
    let beginning = digest.get(..TYPED).unwrap_or(digest);
    world
        .ask_line(&question)
        .is_some_and(|typed| typed.trim().eq_ignore_ascii_case(beginning))
}

/// An unknown environment is a matter of the command line.
fn refusing<T>(command: &str, result: Result<T, trust::TrustOpError>) -> anyhow::Result<T> {
    match result {
        Err(error @ trust::TrustOpError::Environment { .. }) => {
            match refuse(&format!("trust {command}"), &error.to_string()) {
                Err(refused) => Err(refused),
                Ok(_) => Err(error.into()),
            }
        }
        other => Ok(other?),
    }
}

/// A refusal is an answer: no.
fn bad(error: &trust::TrustOpError, world: &mut World) -> anyhow::Result<Outcome> {
    let remedy = match error {
        trust::TrustOpError::Unconfirmed { .. } => {
            Some("compare it with what the NHS publishes, then give it with --sha256")
        }
        trust::TrustOpError::NoRootAbove { .. } => {
            Some("add its root first, or give both files to one command")
        }
        trust::TrustOpError::BelowSubCa { .. } => Some(
            "give it as part of the chain; only roots and the sub CAs right below them are kept",
        ),
        trust::TrustOpError::NoGeneration { .. } => Some("add --generation, such as G3"),
        trust::TrustOpError::NoSuchEntry { .. } => {
            Some("ptl-cert trust list shows your entries; CAs that are built in cannot be removed")
        }
        _ => None,
    };
    let problem = ptl_cert::report::problem::ProblemReport {
        code: ptl_cert::report::problem::ErrorCode::NotDecided,
        message: error.to_string(),
        causes: Vec::new(),
        remedy: remedy.map(|text| world.voice().complete(text)),
    };
    let text = problem.render("error", world.width());
    world.complain(&text);
    if world.format() != Format::Text {
        let report = ptl_cert::report::problem::ErrorReport::new(problem, Outcome::Bad as u8);
        world.print_data(&report)?;
    }
    Ok(Outcome::Bad)
}
