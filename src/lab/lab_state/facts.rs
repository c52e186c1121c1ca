//! The lab as facts: what makes the rest of the product know it.

use super::Lab;
use crate::document::Certificate;
use crate::environment::{AuthorityPurpose, Facts, FactsError};
use crate::lab::LabAuthority;
use crate::lab::environment::{Generation, LabEnvironment};
use crate::lab::identity::Party;

impl Lab {
    /// The built-in facts, and this lab's: nothing trusts it that is not given these.
    ///
    /// # Errors
    /// When the built-in facts do not read.
    pub fn known(&self) -> Result<Facts, FactsError> {
        Facts::built_in()?.extended(&self.facts())
    }

    /// A facts file that describes it, in the shape of `docs/environments.md`: the environments `lab-int`, `lab-dep`
    /// and `lab-live` with their hosts, and all CAs with their certificates.
    ///
    /// The environments accept SHA-1 (`sha1 = true`), because their oldest generation has nothing else.
    pub fn facts(&self) -> String {
        let mut text = format!(
            "# A ptl-cert lab, created {}. None of this is the NHS's.\n",
            self.created
        );
        for environment in LabEnvironment::ALL {
            text.push_str(&format!(
                "\n[[environment]]\nid = \"{}\"\ntitle = \"{}\"\nhierarchy = \"{}\"\nssp = [\"{}\", \"localhost\"]\n\
                 caller = \"{}\"\nsha1 = true\n",
                environment.id(),
                environment.title(),
                environment.hierarchy().title(),
                Party::Proxy.host(environment),
                Party::Caller.host(environment),
            ));
        }
        for (authority, certificate) in self.authorities() {
            text.push_str(&entry(authority, certificate));
        }
        text
    }
}

fn entry(authority: &LabAuthority, certificate: &Certificate) -> String {
    let role = match authority.is_root() {
        true => "root",
        false => "sub_ca",
    };
    let purpose = match authority.purpose {
        AuthorityPurpose::Endpoint => "endpoint",
        AuthorityPurpose::Signing => "signing",
    };
    let environments: Vec<String> = authority
        .environments
        .iter()
        .map(|environment| format!("\"{}\"", environment.id()))
        .collect();
    let host_names = match (authority.is_root(), authority.generation) {
        (false, Generation::G1 | Generation::G1Sha1) => "host_names = \"common_name\"\n",
        _ => "",
    };
    let pem = certificate.pem();
    // Names, paths and PEM of ours: nothing in them wants an escape in TOML.
    format!(
        "\n[[authority]]\nname = \"{}\"\nrole = \"{role}\"\npurpose = \"{purpose}\"\nhierarchy = \"{}\"\n\
         generation = \"{}\"\nenvironments = [{}]\n{host_names}sha256 = \"{}\"\npem = \"\"\"\n{pem}\"\"\"\n",
        authority.common_name,
        authority.hierarchy.title(),
        authority.generation.title(),
        environments.join(", "),
        certificate.sha256,
    )
}
