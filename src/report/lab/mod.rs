//! What the lab's commands report.

mod calling;
mod serving;
mod text;

pub use calling::{CALL, LabCallReport};
pub use serving::{FaultReport, LabServeReport, NOTICE, NoticeReport, SERVE};

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::csr::Step;
use super::problem::ProblemReport;
use crate::document::extension::DistributionPoint;
use crate::document::{Moment, Sha256Digest};
use crate::input::Shown;
use crate::lab::{Defect, DefectTarget, Lab, LabEnvironment, Reach};
use crate::ops::lab as ops;
use crate::wording::Voice;

/// The name of the JSON form of [`LabInitReport`].
pub const INIT: &str = "ptl-cert/lab-init/1";
/// The name of the JSON form of [`LabSignReport`].
pub const SIGN: &str = "ptl-cert/lab-sign/1";
/// The name of the JSON form of [`LabRevokeReport`].
pub const REVOKE: &str = "ptl-cert/lab-revoke/1";
/// The name of the JSON form of [`LabCrlsReport`].
pub const CRL: &str = "ptl-cert/lab-crl/1";
/// The name of the JSON form of [`LabDefectsReport`].
pub const DEFECTS: &str = "ptl-cert/lab-defects/1";

/// A lab that was created.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabInitReport {
    /// `ptl-cert/lab-init/1`.
    pub schema: &'static str,
    /// Its folder.
    pub folder: String,
    /// When it was created.
    pub created: Moment,
    /// What precedes every path in its certificates.
    pub base_url: String,
    /// Where its facts are: what `--facts` takes.
    pub facts: String,
    /// How many lab keys were made.
    pub keys_made: usize,
    /// How many were there before.
    pub keys_reused: usize,
    /// Its environments: what `--env` takes.
    pub environments: Vec<&'static str>,
    /// Its CAs, roots first.
    pub authorities: Vec<AuthorityReport>,
    /// What to do now.
    pub next: Vec<Step>,
}

/// One CA.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuthorityReport {
    /// What the lab calls it.
    pub id: &'static str,
    /// Its common name.
    pub name: &'static str,
    /// Its generation.
    pub generation: &'static str,
    /// Whether it is a root.
    pub root: bool,
    /// The last second of its validity.
    pub not_after: Moment,
    /// SHA-256 over its certificate.
    pub sha256: Sha256Digest,
}

impl LabInitReport {
    /// Lays out a lab that was created in this folder, and what to do now.
    pub fn new(created: &ops::Created, folder: &Path, voice: Voice) -> LabInitReport {
        let facts = created.facts.shown().to_string();
        let lab = &created.lab;
        LabInitReport {
            schema: INIT,
            folder: folder.shown().to_string(),
            created: lab.created(),
            base_url: lab.base_url().to_owned(),
            keys_made: created.keys_made,
            keys_reused: created.keys_reused,
            environments: LabEnvironment::ALL.map(LabEnvironment::id).to_vec(),
            authorities: authorities(lab),
            next: next(&facts, folder, voice),
            facts,
        }
    }
}

fn authorities(lab: &Lab) -> Vec<AuthorityReport> {
    lab.authorities()
        .map(|(authority, certificate)| AuthorityReport {
            id: authority.id,
            name: authority.common_name,
            generation: authority.generation.id(),
            root: authority.is_root(),
            not_after: certificate.not_after,
            sha256: certificate.sha256,
        })
        .collect()
}

fn next(facts: &str, folder: &Path, voice: Voice) -> Vec<Step> {
    let name = "NAME.thirdparty.nhs.uk";
    let dir = match folder.to_str() {
        Some("lab") | None => String::new(),
        Some(dir) => voice.pick(format!(" --dir {dir}"), ""),
    };
    let step = |text: &str, command: Option<String>| Step {
        text: text.to_owned(),
        command,
    };
    vec![
        step(
            "make a key and a CSR",
            voice.pick_command(&format!("ptl-cert csr --fqdn {name}")),
        ),
        step(
            "have the lab sign it",
            voice.pick_command(&format!("ptl-cert lab sign {name}.csr --env lab-int{dir}")),
        ),
        step(
            "accept the reply as if it came from the NHS",
            voice.pick_command(&format!(
                "ptl-cert accept {name}.zip --csr {name}.csr --key {name}.key --env lab-int --facts {facts}"
            )),
        ),
    ]
}

/// What became of some requests.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabSignReport {
    /// `ptl-cert/lab-sign/1`.
    pub schema: &'static str,
    /// The lab's folder.
    pub folder: String,
    /// The environment.
    pub environment: &'static str,
    /// The generation.
    pub generation: &'static str,
    /// What is wrong with all of the answers, on purpose.
    pub defects: Vec<DefectReport>,
    /// The answers, in the requests' order.
    pub replies: Vec<ReplyReport>,
    /// The requests that were not answered, and why.
    pub failed: Vec<ProblemReport>,
}

/// One answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReplyReport {
    /// The request's file.
    pub request: String,
    /// The file that was written.
    pub file: String,
    /// The host.
    pub name: String,
    /// The CA.
    pub issuer: String,
    /// The serial number's octets.
    pub serial: String,
    /// The first second of validity.
    pub not_before: Moment,
    /// The last.
    pub not_after: Moment,
    /// Where the certificate says that its CRL is.
    pub crls: Vec<String>,
    /// SHA-256 over the certificate.
    pub sha256: Sha256Digest,
}

impl ReplyReport {
    /// Lays out an answer.
    pub fn new(signed: &ops::Signed) -> ReplyReport {
        let certificate = &signed.certificate;
        let points = certificate.extensions.crl_distribution_points.iter();
        let crls = points
            .flat_map(|marked| &marked.value)
            .flat_map(DistributionPoint::locations)
            .map(|(name, _)| name.source());
        ReplyReport {
            request: signed.request.to_string(),
            file: signed.file.shown().to_string(),
            name: signed.name.clone(),
            issuer: certificate.issuer.to_string(),
            serial: certificate.serial.to_string(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            crls: crls.collect(),
            sha256: certificate.sha256,
        }
    }
}

impl RevokedReport {
    /// Lays out a revocation.
    pub fn new(revoked: &ops::Revoked) -> RevokedReport {
        RevokedReport {
            file: revoked.source.to_string(),
            name: revoked.certificate.subject.short(),
            issuer: revoked.certificate.issuer.to_string(),
            serial: revoked.certificate.serial.to_string(),
            crl: revoked.crl.clone(),
        }
    }
}

/// Something that is wrong on purpose.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DefectReport {
    /// Its name.
    pub defect: &'static str,
    /// What it is a defect of: `leaf`, `chain`, `reply`, `crl` or `encoding`.
    pub target: &'static str,
    /// What it is.
    pub description: &'static str,
}

impl DefectReport {
    /// Describes defects.
    pub fn all(defects: &[Defect]) -> Vec<DefectReport> {
        let describe = |defect: &Defect| DefectReport {
            defect: defect.as_str(),
            target: match defect.target() {
                DefectTarget::Leaf => "leaf",
                DefectTarget::Chain => "chain",
                DefectTarget::Reply => "reply",
                DefectTarget::Crl => "crl",
                DefectTarget::Encoding => "encoding",
            },
            description: defect.describe(),
        };
        defects.iter().map(describe).collect()
    }
}

/// Certificates that were revoked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabRevokeReport {
    /// `ptl-cert/lab-revoke/1`.
    pub schema: &'static str,
    /// The lab's folder.
    pub folder: String,
    /// When they were revoked.
    pub at: Moment,
    /// Why, by the standard's name.
    pub reason: String,
    /// The certificates.
    pub revoked: Vec<RevokedReport>,
}

/// One certificate that was revoked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RevokedReport {
    /// Where it is.
    pub file: String,
    /// Whose it is.
    pub name: String,
    /// The CA.
    pub issuer: String,
    /// The serial number's octets.
    pub serial: String,
    /// The path of the CRL that names it from now on.
    pub crl: String,
}

/// CRLs that were written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabCrlsReport {
    /// `ptl-cert/lab-crl/1`.
    pub schema: &'static str,
    /// The lab's folder.
    pub folder: String,
    /// The moment that they are made for.
    pub at: Moment,
    /// What is wrong with all of them, on purpose.
    pub defects: Vec<DefectReport>,
    /// The CRLs.
    pub crls: Vec<CrlReport>,
}

/// One CRL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CrlReport {
    /// Its path below the base URL.
    pub path: String,
    /// The file.
    pub file: String,
    /// The CA.
    pub issuer: String,
    /// Whether certificates name its URL; if not, it has to be imported manually.
    pub fetchable: bool,
    /// How many entries it has.
    pub entries: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl CrlReport {
    /// Lays out a CRL that was written.
    pub fn new(written: &ops::WrittenCrl) -> CrlReport {
        CrlReport {
            path: written.crl.path(),
            file: written.file.shown().to_string(),
            issuer: written.crl.issuer().to_owned(),
            fetchable: written.crl.reach() == Reach::Http,
            entries: written.entries,
            length: written.length,
        }
    }
}

/// Everything that we know how to break.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabDefectsReport {
    /// `ptl-cert/lab-defects/1`.
    pub schema: &'static str,
    /// The defects, by target.
    pub defects: Vec<DefectReport>,
}
