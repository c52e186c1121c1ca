//! `ptl-cert serve`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

use ptl_cert::environment::Facts;
use ptl_cert::ops::matching::{self, Matching};
use ptl_cert::ops::serve::Session;
use ptl_cert::ops::{Context, Moment, inspect};
use ptl_cert::report::inspection::InspectionReport;
use ptl_cert::report::problem::{ErrorCode, ProblemReport};
use ptl_cert::report::serve::{self, Inspect, QUESTION_LIMIT, ServeAnswer, ServeQuestion};
use ptl_cert::report::verification::VerificationReport;
use ptl_cert::report::{self, inspection, matching as matched};
use ptl_cert::wording::{Repeated, Voice};
use serde_json::{Value, json};

use super::reading;
use crate::args::Serve;
use crate::outcome::{self, Outcome};
use crate::world::{World, guarded_json};

/// Answers until there are no more questions, or the reader has gone.
pub(crate) fn run(args: &Serve, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = Arc::new(reading::facts(args.facts.as_deref(), world)?);
    let console = world.console();
    let now = world.moment(None);
    let context = world.context(now, Facts::default(), args.cache.as_deref(), &console);
    let session = Session::open(facts, context.cache.as_deref(), context.cache_use, now)?;
    let voices = Voices::new(world.voice());
    let mut questions = io::stdin().lock();
    let mut mark = BYTE_ORDER_MARK;
    while let Some(line) = next_line(&mut questions)? {
        // What stays of the mark after the first line is nothing.
        let mark = std::mem::take(&mut mark);
        let answer = match &line {
            Line::Whole(line) if unmarked(line, mark).trim_ascii().is_empty() => continue,
            Line::Whole(line) => {
                let facts = || reading::facts(args.facts.as_deref(), world);
                let terms = Terms {
                    session: &session,
                    facts: &facts,
                    voices: &voices,
                    now: world.moment(None),
                };
                answer(unmarked(line, mark), &terms)?
            }
            Line::TooLong => {
                let message =
                    format!("the question is longer than the limit of {QUESTION_LIMIT} bytes");
                report::json(&failed(Value::Null, refusal(message)))?
            }
        };
        // An answer is JSON whatever --format says.
        let line = guarded_json(answer + "\n");
        world.stdout().write_applied(&line)?;
        world.stdout().flush()?;
        if world.stdout().is_closed() {
            break;
        }
    }
    Ok(Outcome::Good)
}

/// What .NET Framework and Windows PowerShell write before the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

fn unmarked<'l>(line: &'l [u8], mark: &[u8]) -> &'l [u8] {
    line.strip_prefix(mark).unwrap_or(line)
}

/// The voices of answers: commands in them repeat the environment of the question, and the facts and the cache of this one.
struct Voices {
    given: Repeated,
    /// By the environment, as many as the facts have, and by the command whose answer it is.
    known: RefCell<HashMap<(Option<String>, &'static str), Voice>>,
}

impl Voices {
    fn new(own: Voice) -> Voices {
        let given = match own {
            Voice::Repeating(given) => given.clone(),
            _ => Repeated::default(),
        };
        Voices {
            given,
            known: RefCell::default(),
        }
    }

    fn of(&self, command: &'static str, environment: Option<&str>) -> Voice {
        let environment = environment.map(str::to_ascii_lowercase);
        let mut known = self.known.borrow_mut();
        let voice = known.entry((environment.clone(), command));
        *voice.or_insert_with(|| {
            let mut given = self.given.clone();
            given.command = Some(command.to_owned());
            given.env = environment;
            Voice::Repeating(Box::leak(Box::new(given)))
        })
    }
}

/// What questions are answered by.
struct Terms<'t> {
    session: &'t Session,
    facts: Reread<'t>,
    voices: &'t Voices,
    now: Moment,
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// The next line without its end; `None` at the end of the input. Of one that is too long the rest is skipped.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let most = QUESTION_LIMIT as u64 + 1;
    let read = input.by_ref().take(most).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(Line::Whole(line))),
        Some(last) if (read as u64) < most => {
            line.push(last);
            Ok(Some(Line::Whole(line)))
        }
        Some(_) => {
            input.skip_until(b'\n')?;
            Ok(Some(Line::TooLong))
        }
    }
}

/// Reads the facts again.
type Reread<'f> = &'f dyn Fn() -> anyhow::Result<Facts>;

/// The answer to one line, as JSON.
fn answer(line: &[u8], terms: &Terms<'_>) -> serde_json::Result<String> {
    let question = match serve::question(line) {
        Ok(question) => question,
        Err(error) => {
            let message = format!("not a valid question: {error}");
            return report::json(&failed(serve::id_of(line), refusal(message)));
        }
    };
    let id = match &question {
        ServeQuestion::Verify(asked) => asked.id.clone(),
        ServeQuestion::Inspect(asked) | ServeQuestion::Match(asked) => asked.id.clone(),
        ServeQuestion::Reload(asked) | ServeQuestion::Ping(asked) => asked.id.clone(),
        _ => Value::Null,
    };
    answered(&question, &id, terms)
        .or_else(|error| report::json(&failed(id, outcome::explain(&error))))
}

fn answered(question: &ServeQuestion, id: &Value, terms: &Terms<'_>) -> anyhow::Result<String> {
    let Terms {
        session,
        facts,
        voices,
        now,
    } = *terms;
    let id = id.clone();
    // What was added to the trusted CAs, or removed from them, counts as soon as what happened to the cache.
    if session.is_due(now) {
        session.reload(facts()?, now)?;
    }
    let answer = match question {
        ServeQuestion::Verify(asked) => {
            let at = asked.at.unwrap_or(now);
            let verification = session.verify(&asked.options(), at, now)?;
            // There is such an environment: it was answered by that.
            let voice = voices.of("verify", Some(&asked.environment));
            let report = VerificationReport::in_voice(&verification, None, voice);
            report::json(&ServeAnswer::new(id, report.exit, &report))
        }
        ServeQuestion::Inspect(asked) => {
            let options = inspect::Options::new([named(asked)?]);
            let context = Context::new(asked.at.unwrap_or(now), session.facts());
            let inspected = inspect::inspect(&options, &context);
            let report: InspectionReport<'_> =
                inspection::InspectionReport::in_voice(&inspected, voices.of("inspect", None));
            let exit = unread_exit(report.unread.is_empty() && !inspected.is_open());
            report::json(&ServeAnswer::new(id, exit, &report))
        }
        ServeQuestion::Match(asked) => {
            let options = matching::Options::new([named(asked)?]);
            let context = Context::new(now, Facts::default());
            let matching: Matching = matching::matching(&options, &context);
            let report = matched::MatchingReport::in_voice(&matching, voices.of("match", None));
            let exit = unread_exit(report.unread.is_empty());
            report::json(&ServeAnswer::new(id, exit, &report))
        }
        ServeQuestion::Reload(_) => {
            let reloaded = json!({ "crls": session.reload(facts()?, now)? });
            report::json(&ServeAnswer::new(id, 0, reloaded))
        }
        ServeQuestion::Ping(_) => {
            let version = json!({ "version": env!("CARGO_PKG_VERSION") });
            report::json(&ServeAnswer::new(id, 0, version))
        }
        _ => report::json(&failed(
            id,
            refusal("this version does not know that question".to_owned()),
        )),
    };
    Ok(answer?)
}

/// What is asked about. That it is not to be used is the question's fault.
fn named(asked: &Inspect) -> anyhow::Result<ptl_cert::ops::gather::Named> {
    Ok(asked.named()?)
}

/// Everything that was read, and of which nothing stayed open, is an answer.
fn unread_exit(is_all_read: bool) -> u8 {
    match is_all_read {
        true => Outcome::Good as u8,
        false => Outcome::NotAnswered as u8,
    }
}

fn refusal(message: String) -> (ProblemReport, Outcome) {
    let problem = ProblemReport {
        code: ErrorCode::Usage,
        message,
        causes: Vec::new(),
        remedy: Some(
            "docs/json.md describes questions; ptl-cert schema serve-question prints their schema"
                .to_owned(),
        ),
    };
    (problem, Outcome::Refused)
}

fn failed(id: Value, (problem, outcome): (ProblemReport, Outcome)) -> ServeAnswer {
    let outcome = match problem.code {
        ErrorCode::Usage => Outcome::Refused,
        _ => outcome,
    };
    ServeAnswer::failed(id, outcome as u8, problem)
}
