//! `ptl-cert csr`: keys and requests, for one host or for a list of them.

use std::io::Write;

use ptl_cert::environment::Facts;
use ptl_cert::ops::Severity;
use ptl_cert::ops::csr::{
    self, Alternatives, Domain, Existing, KeySize, NamedHosts, Options, Protection,
    SubjectAttributes,
};
use ptl_cert::report::csr::CsrReport;

use super::reading;
use crate::args::{Bits, Csr, Format};
use crate::outcome::{self, Outcome};
use crate::world::World;

/// Makes every pair that was asked for, and says what became of each.
pub(crate) fn run(args: &Csr, world: &mut World) -> anyhow::Result<Outcome> {
    if let Some(refusal) = refusal(args, world) {
        return reading::refuse("csr", refusal);
    }
    let options = options(args, world)?;
    let console = world.console();
    // Only names are judged here: neither a clock nor a CA matters.
    let context = world.context(world.moment(None), Facts::default(), None, &console);
    let mut prepared = csr::prepare(&options, &context)?;
    let is_needless = args.passphrase && prepared.key_protection() == Some(Protection::None);
    if options.key.is_none() {
        let file = args.passphrase_file.as_deref();
        if let Some(passphrase) = world.passphrase_of_new_keys(file, args.passphrase)? {
            prepared = prepared.encrypt(passphrase);
        }
    }
    let mut made = prepared.run(&context);
    if is_needless {
        made.password_unused_for = options.key.as_ref().map(|key| key.source());
    }
    // One host that was named alone is the whole run: what is wrong with it is what the run ends with.
    if args.hosts.is_none() && made.hosts.len() == 1 {
        let failed = made.hosts.pop_if(|host| host.pair.is_err());
        if let Some(Err(error)) = failed.map(|host| host.pair) {
            return Err(error.into());
        }
    }
    let report = CsrReport::in_voice(&made, world.voice(), |error| {
        outcome::explain_error(error).0
    });
    print(&report, args.stdout, world)?;
    let warned = args.findings.fail(Some(Severity::Warning)) && report.has_notes();
    Ok(if report.summary.failed > 0 || warned {
        Outcome::Bad
    } else {
        Outcome::Good
    })
}

fn print(report: &CsrReport, is_pem_wanted: bool, world: &mut World) -> anyhow::Result<()> {
    if is_pem_wanted {
        for host in &report.hosts {
            match (&host.csr_pem, &host.error) {
                (Some(pem), _) => world.stdout().write_all(pem.as_bytes())?,
                (None, Some(problem)) => {
                    let text = problem.render(&format!("error: {}", host.fqdn), world.width());
                    world.complain(&text);
                }
                // There was one already, and nothing was made.
                (None, None) => {}
            }
        }
    } else if world.format() == Format::Text {
        let text = report.render(world.detail(), world.width());
        world.stdout().write_all(text.as_bytes())?;
    } else {
        serde_json::to_writer(world.stdout(), report)?;
        writeln!(world.stdout())?;
    }
    Ok(())
}

fn options(args: &Csr, world: &World) -> anyhow::Result<Options> {
    let hosts = match &args.hosts {
        Some(list) => NamedHosts::List(world.named_one(list)?),
        None => NamedHosts::Names {
            names: names(args).cloned().collect(),
            further: args.san.clone(),
        },
    };
    let mut options = Options::new(hosts, &args.out_dir);
    options.subject = SubjectAttributes::parse(args.subject.as_deref().unwrap_or_default())?;
    options.key = reading::named_option(args.key.as_deref(), world)?;
    if options.key.is_some() {
        options.password = world.read_passphrase_of(args.passphrase_file.as_deref())?;
    }
    options.size = match args.bits {
        Bits::Rsa2048 => KeySize::Rsa2048,
        Bits::Rsa3072 => KeySize::Rsa3072,
        Bits::Rsa4096 => KeySize::Rsa4096,
    };
    options.existing = match (args.replace, args.skip_existing) {
        (true, _) => Existing::Replace {
            stamp: world.moment(None),
        },
        (false, true) => Existing::Skip,
        (false, false) => Existing::Refuse,
    };
    if args.cn_only {
        options.alternatives = Alternatives::CommonNameOnly;
    }
    if args.any_domain {
        options.domain = Domain::Any;
    }
    Ok(options)
}

/// The host names, with and without `--fqdn`.
fn names(args: &Csr) -> impl Iterator<Item = &String> {
    args.names.iter().chain(&args.fqdn)
}

/// What clap cannot see by itself.
fn refusal(args: &Csr, world: &World) -> Option<&'static str> {
    if world.format() == Format::Json && args.stdout {
        return Some("--stdout prints PEM; --format json has each CSR as csr_pem");
    }
    let several = names(args).count() > 1;
    if several && !args.san.is_empty() {
        return Some("--san is for one --fqdn; for several hosts use --hosts with a `san` column");
    }
    if several && args.key.is_some() {
        return Some("--key is for one --fqdn; each host needs a key of its own");
    }
    None
}
