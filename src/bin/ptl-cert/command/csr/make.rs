//! Making the key and the request of one host.

use std::path::{Path, PathBuf};

use ptl_cert::decode::Password;
use ptl_cert::document::PrivateKey;
use ptl_cert::generate::hosts::Host;
use ptl_cert::generate::{self, AlternativeNames, KeySize, Names, Plan, SubjectAttributes};
use ptl_cert::input::Shown;
use ptl_cert::report::csr::{Files, HostReport, Note, RequestReport, Status};
use ptl_cert::store::pair::{self, Existing, Outcome, PairError, Presence};
use zeroize::Zeroizing;

use super::existing_key::{self, ExistingKey};
use super::hosts;
use crate::args::{Bits, Csr};
use crate::world::World;

/// What was made for a host and is to be written. Not `Debug`: it holds a key.
#[derive(Default)]
pub(super) struct Made {
    /// The key as PEM; `None` where it is there already.
    key: Option<Zeroizing<Vec<u8>>>,
    /// The request as PEM.
    request: String,
    /// What the request asks for; `None` where nothing was made because the host has what it needs.
    facts: Option<RequestReport>,
}

/// Everything that is the same for all hosts of a run.
pub(super) struct Maker {
    size: KeySize,
    key: Option<ExistingKey>,
    passphrase: Option<Password>,
    subject: String,
    cn_only: bool,
    out_dir: PathBuf,
    existing: Existing,
}

impl Maker {
    /// Finds out what can be found out before the first host: the subject, the key, the passphrase.
    pub(super) fn prepare(args: &Csr, world: &mut World) -> anyhow::Result<Maker> {
        let size = match args.bits {
            Bits::Rsa2048 => KeySize::Rsa2048,
            Bits::Rsa3072 => KeySize::Rsa3072,
            Bits::Rsa4096 => KeySize::Rsa4096,
        };
        let subject = args.subject.clone().unwrap_or_default();
        SubjectAttributes::parse(&subject)?;
        let existing = match (args.replace, args.skip_existing) {
            (true, _) => Existing::Replace { stamp: world.now() },
            (false, true) => Existing::Skip,
            (false, false) => Existing::Refuse,
        };
        let key = match &args.key {
            Some(path) => Some(existing_key::read(path, args, world)?),
            None => None,
        };
        let passphrase = if key.is_some() {
            None
        } else {
            new_passphrase(args, world)?
        };
        let out_dir = args.out_dir.clone();
        Ok(Maker {
            size,
            key,
            passphrase,
            subject,
            cn_only: args.cn_only,
            out_dir,
            existing,
        })
    }

    /// What is worth knowing about the options, whatever the host.
    pub(super) fn note(&self) -> Option<Note> {
        let existing = self.key.as_ref()?;
        existing.is_passphrase_unused.then(|| Note {
            message: format!(
                "the key {} is not encrypted and stays so: the passphrase was not used",
                shown(&existing.path)
            ),
            remedy: Some(
                "leave --key out for a new key that is encrypted, or encrypt this one with openssl pkey -aes256 -in OLD -out NEW"
                    .to_owned(),
            ),
        })
    }

    /// Makes what one host needs, unless it has it and that is to be left alone. Writes nothing new, so that what the
    /// processor does and what the disk does can be done at the same time; only what a crash left is put in order.
    pub(super) fn make(&self, host: &Host) -> anyhow::Result<Made> {
        let plan = self.plan(host)?;
        if let Some(existing) = &self.key {
            let request = generate::request(&existing.key, &plan)?;
            return Ok(Made {
                key: None,
                request: request.pem(),
                facts: Some(describe(&plan, &existing.key, existing.is_encrypted)),
            });
        }
        // Before the key is made, which takes longer than everything else together.
        pair::recover(&self.out_dir, &host.fqdn)?;
        if self.is_left_alone(host)? {
            return Ok(Made::default());
        }
        let pair = generate::pair(&plan, self.size)?;
        let key = match &self.passphrase {
            Some(passphrase) => pair.key.to_encrypted_pem(passphrase)?,
            None => pair.key.to_pkcs8_pem()?,
        };
        Ok(Made {
            key: Some(key),
            request: pair.request.pem(),
            facts: Some(describe(&plan, &pair.key, self.passphrase.is_some())),
        })
    }

    /// Writes what was made for a host.
    pub(super) fn write(&self, host: &Host, made: Made) -> anyhow::Result<HostReport> {
        let (folder, name) = (self.out_dir.as_path(), &host.fqdn);
        let written = match (&made.facts, &made.key) {
            (None, _) => Outcome::Skipped,
            (Some(_), Some(key)) => {
                pair::write_pair(folder, name, key, &made.request, self.existing)?
            }
            (Some(_), None) => {
                pair::write_request_only(folder, name, &made.request, self.existing)?
            }
        };
        let mut files = self.files(host);
        let status = match written {
            Outcome::Written { aside, .. } => {
                files.replaced = aside.iter().map(|path| shown(path)).collect();
                Status::Created
            }
            Outcome::Skipped => Status::Skipped,
        };
        Ok(HostReport {
            fqdn: host.fqdn.to_string(),
            status,
            line: None,
            files: Some(files),
            request: made.facts.filter(|_| status == Status::Created),
            notes: hosts::notes(host),
            error: None,
        })
    }

    /// Whether the host has its pair and is to be skipped; an error if what it has is in the way.
    fn is_left_alone(&self, host: &Host) -> Result<bool, PairError> {
        let path = |extension: &str| self.out_dir.join(format!("{}.{extension}", host.fqdn));
        match (pair::presence(&self.out_dir, &host.fqdn)?, self.existing) {
            (Presence::Neither, _) | (_, Existing::Replace { .. }) => Ok(false),
            (Presence::Both, Existing::Skip) => Ok(true),
            (Presence::Both, Existing::Refuse) => Err(PairError::Exists { path: path("key") }),
            (Presence::KeyOnly, _) => Err(PairError::KeyWithoutRequest {
                present: path("key"),
                missing: path("csr"),
            }),
            (Presence::RequestOnly, _) => Err(PairError::RequestWithoutKey {
                present: path("csr"),
                missing: path("key"),
            }),
        }
    }

    fn files(&self, host: &Host) -> Files {
        let beside =
            |extension: &str| shown(&self.out_dir.join(format!("{}.{extension}", host.fqdn)));
        let key = self
            .key
            .as_ref()
            .map_or_else(|| beside("key"), |existing| shown(&existing.path));
        Files {
            key,
            csr: beside("csr"),
            replaced: Vec::new(),
        }
    }

    fn plan(&self, host: &Host) -> anyhow::Result<Plan> {
        let columns: Vec<String> = host
            .subject
            .iter()
            .map(|(kind, value)| format!("{kind}={}", escaped(value)))
            .collect();
        let texts =
            std::iter::once(self.subject.as_str()).chain(columns.iter().map(String::as_str));
        let subject = SubjectAttributes::parse_all(texts)?;
        let alternative = if self.cn_only {
            AlternativeNames::CommonNameOnly
        } else {
            AlternativeNames::Listed(host.further_names.clone())
        };
        Ok(Plan::new(
            Names::new(host.fqdn.clone()).with_alternatives(alternative),
            subject,
        ))
    }
}

fn new_passphrase(args: &Csr, world: &mut World) -> anyhow::Result<Option<Password>> {
    Ok(match &args.passphrase_file {
        Some(path) => Some(world.read_passphrase(path)?),
        None if args.passphrase => Some(world.ask_new_passphrase("the new keys")?),
        None => None,
    })
}

/// A path as the user would write it.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).shown().to_string()
}

/// The facts of a request, from the plan that it was compared with when it was read back.
fn describe(plan: &Plan, key: &PrivateKey, key_encrypted: bool) -> RequestReport {
    // RFC 4514 writes the attributes in the reverse of their order in the request.
    let mut subject = vec![format!("CN={}", plan.names().common_name())];
    let others: Vec<_> = plan.subject().iter().collect();
    subject.extend(
        others
            .into_iter()
            .rev()
            .map(|(kind, value)| format!("{}={}", kind.key(), escaped(value))),
    );
    RequestReport {
        subject: subject.join(","),
        names: plan
            .names()
            .dns_names()
            .into_iter()
            .map(ToString::to_string)
            .collect(),
        key_algorithm: key.algorithm().to_string(),
        spki_sha256: key.public_key().spki_sha256.to_string(),
        key_encrypted,
    }
}

/// A value as RFC 4514 writes it, so that a comma in a spreadsheet's cell stays in the value.
fn escaped(value: &str) -> String {
    let special = |c: char| matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#');
    let mut text = String::new();
    for character in value.chars() {
        if special(character) {
            text.push('\\');
        }
        text.push(character);
    }
    text
}
