//! `ptl-cert verify`.

use ptl_cert::ops::verify::{
    self, Given, Options, Profile, Sha1, Terms, Verdict, VerifyError, WeakKeys,
};
use ptl_cert::report::evidence::EvidenceReport;
use ptl_cert::report::inspection::UnreadReport;
use ptl_cert::report::layout::Detail;
use ptl_cert::report::verification::{self, VerdictReport, VerificationReport};

use super::reading::{self, refuse};
use crate::args::{Format, Purpose, Revocation, StaleCrl, Verify};
use crate::outcome::Outcome;
use crate::world::{World, guarded_json};

/// Judges every certificate that was given, by everything else that was given.
pub(crate) fn run(args: &Verify, world: &mut World) -> anyhow::Result<Outcome> {
    if args.env.is_none() && args.trust.is_empty() {
        return refuse(
            "verify",
            "nothing is trusted: give the environment with --env, or a root with --trust",
        );
    }
    let options = options(args, world)?;
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let console = world.console();
    let cache = args.cache.as_deref();
    let context = world.context(world.moment(args.at), facts, cache, &console);
    let fail_on = args.findings.severity();
    if let Some(path) = &args.report {
        let verification = answered(verify::verify(&options, &context))?;
        let report = VerificationReport::in_voice(&verification, fail_on, world.voice());
        let mut page = EvidenceReport::of_verdicts(&report.verdicts, context.at, &context.facts);
        let files = args.paths.iter().chain(&args.chain).chain(&args.trust);
        let files = files.chain(&args.crl).chain(&args.csr).chain(&args.facts);
        page.files = super::evidence::hashes(files, world);
        super::evidence::save(path, &page, &report)?;
    }
    let (width, colours, format) = (world.width(), world.colours(), world.format());
    let voice = world.voice();
    let detail = world.detail();
    let with_pem = args.pem && format != Format::Text;
    // On the threads that judge; a verdict takes several times the memory of its text, and is not kept.
    let render = |given: &Given, verdict: Verdict, terms: &Terms| {
        let mut report =
            VerdictReport::in_voice(&given.certificate, &given.origin, &verdict, fail_on, voice);
        if with_pem {
            report = report.with_pem(&verdict);
        }
        let text = match format {
            Format::Text => {
                let terms = verification::TermsReport::new(terms, fail_on);
                Ok(colours.applied(report.render(&terms, detail, width)))
            }
            Format::Json | Format::Ndjson => {
                verification::render_json_one(&report).map(guarded_json)
            }
        };
        (Outcome::of(report.exit), text)
    };
    let verification = answered(verify::verify_each(&options, &context, render))?;
    let (mut outcomes, mut texts) = (Vec::new(), Vec::new());
    for answer in verification.answers {
        let (outcome, text) = answer.answer;
        outcomes.push(outcome);
        texts.push(text?);
    }
    let unread = UnreadReport::all(&verification.unread, world.voice());
    let passed_over = UnreadReport::all(&verification.passed_over, world.voice());
    // What could not be read is worse than every verdict.
    if !unread.is_empty() {
        outcomes.push(Outcome::NotAnswered);
    }
    let outcome = outcomes.into_iter().max().unwrap_or(Outcome::NotAnswered);
    match format {
        Format::Text => {
            for (number, text) in texts.iter().enumerate() {
                if number > 0 && detail != Detail::Brief {
                    world.stdout().write_applied("\n")?;
                }
                world.stdout().write_applied(text)?;
            }
        }
        Format::Json | Format::Ndjson => {
            let terms = verification::TermsReport::new(&verification.terms, fail_on);
            let texts = texts.iter().map(String::as_str);
            let write = |part| {
                world.stdout().write_applied(&guarded_json(part))?;
                anyhow::Ok(())
            };
            verification::write_json(&terms, outcome as u8, texts, &unread, &passed_over, write)?;
        }
    }
    reading::mention(&passed_over, world);
    reading::complain(&unread, world);
    Ok(outcome)
}

/// An environment that there is not is a command line that is not acceptable.
fn answered<T>(result: Result<T, VerifyError>) -> anyhow::Result<T> {
    result.map_err(|error| match error {
        VerifyError::UnknownEnvironment(unknown) => {
            reading::refusal("verify", &unknown.to_string()).into()
        }
        error => error.into(),
    })
}

fn options(args: &Verify, world: &World) -> anyhow::Result<Options> {
    let mut options = Options::new(world.named(&args.paths)?)
        .chain(world.named(&args.chain)?)
        .anchors(world.named(&args.trust)?)
        .crls(world.named(&args.crl)?)
        .purpose(match args.purpose {
            Purpose::Server => verify::Purpose::Server,
            Purpose::Client => verify::Purpose::Client,
            Purpose::Any => verify::Purpose::Any,
        })
        .stale(match args.stale_crl {
            StaleCrl::Refuse => verify::StaleCrl::Refuse,
            StaleCrl::Warn => verify::StaleCrl::Warn,
            StaleCrl::Accept => verify::StaleCrl::Accept,
        });
    options.environment.clone_from(&args.env);
    options.fqdn.clone_from(&args.fqdn);
    options.key = reading::named_option(args.key.as_deref(), world)?;
    options.request = reading::named_option(args.csr.as_deref(), world)?;
    options.password = world.read_passphrase_of(args.password_file.as_deref())?;
    options.revocation = args.revocation.map(|typed| match typed {
        Revocation::Off => verify::Revocation::Off,
        Revocation::Leaf => verify::Revocation::Leaf,
        Revocation::Chain => verify::Revocation::Chain,
    });
    if args.allow_sha1 {
        options.sha1 = Sha1::Accepted;
    }
    if args.allow_weak_keys {
        options.weak_keys = WeakKeys::Accepted;
    }
    if args.strict {
        options.profile = Profile::Strict;
    }
    Ok(options)
}
