//! Rules for issuers that path validation does not enforce: findings, or refusals where the question is strict.
//!
//! NHS CAs break some of them: the basic constraints of the G1 ones are not critical.

use serde::Serialize;

use crate::chain::is_self_signed;
use crate::document::extension::{GeneralName, KeyUsage, Marked};
use crate::document::{Certificate, Crl};

/// A rule of RFC 5280's profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProfileRule {
    /// A CA's basic constraints are critical (section 4.2.1.9).
    BasicConstraintsCritical,
    /// A CA has basic constraints (section 4.2.1.9).
    BasicConstraintsPresent,
    /// A path length and the usage keyCertSign are a CA's only (sections 4.2.1.3 and 4.2.1.9).
    CaExtensionsConsistent,
    /// The issuer has a name (section 4.1.2.4).
    IssuerNamed,
    /// A CA has a name (section 4.1.2.6).
    CaNamed,
    /// Name constraints are critical (section 4.2.1.10).
    NameConstraintsCritical,
    /// Name constraints are a CA's only (section 4.2.1.10).
    NameConstraintsInCa,
    /// Policy constraints are critical (section 4.2.1.11).
    PolicyConstraintsCritical,
    /// inhibitAnyPolicy is critical (section 4.2.1.14).
    InhibitAnyPolicyCritical,
    /// The serial number is positive and of at most 20 octets (section 4.1.2.2).
    Serial,
    /// All but self-signed certificates name their issuer's key (section 4.2.1.1).
    AuthorityKeyIdentifierPresent,
    /// The authority key identifier is not critical (section 4.2.1.1).
    AuthorityKeyIdentifierNotCritical,
    /// A CA names its key (section 4.2.1.2).
    SubjectKeyIdentifierPresent,
    /// The subject key identifier is not critical (section 4.2.1.2).
    SubjectKeyIdentifierNotCritical,
    /// Alternative names are critical where there is no subject (section 4.2.1.6).
    AlternativeNamesCritical,
    /// Authority information access is not critical (section 4.2.2.1).
    InformationAccessNotCritical,
    /// Extensions are version 3's only (section 4.1.2.1).
    ExtensionsOfVersion3,
    /// A constraint on DNS names has no leading period (section 4.2.1.10).
    DnsConstraintWithoutPeriod,
    /// A CRL has a number (section 5.2.3).
    CrlNumbered,
    /// The number of a CRL is not critical (section 5.2.3).
    CrlNumberNotCritical,
}

impl ProfileRule {
    /// Every rule for certificates.
    pub const ALL: [ProfileRule; 18] = [
        ProfileRule::BasicConstraintsCritical,
        ProfileRule::BasicConstraintsPresent,
        ProfileRule::CaExtensionsConsistent,
        ProfileRule::IssuerNamed,
        ProfileRule::CaNamed,
        ProfileRule::NameConstraintsCritical,
        ProfileRule::NameConstraintsInCa,
        ProfileRule::PolicyConstraintsCritical,
        ProfileRule::InhibitAnyPolicyCritical,
        ProfileRule::Serial,
        ProfileRule::AuthorityKeyIdentifierPresent,
        ProfileRule::AuthorityKeyIdentifierNotCritical,
        ProfileRule::SubjectKeyIdentifierPresent,
        ProfileRule::SubjectKeyIdentifierNotCritical,
        ProfileRule::AlternativeNamesCritical,
        ProfileRule::InformationAccessNotCritical,
        ProfileRule::ExtensionsOfVersion3,
        ProfileRule::DnsConstraintWithoutPeriod,
    ];

    /// Every rule for CRLs.
    pub const OF_CRLS: [ProfileRule; 2] =
        [ProfileRule::CrlNumbered, ProfileRule::CrlNumberNotCritical];

    /// Whether a certificate breaks the rule; `issues` when it signed another one of the path.
    pub fn is_broken(self, certificate: &Certificate, issues: bool) -> bool {
        self.is_broken_where(certificate, issues, is_self_signed)
    }

    /// The same where it is known, or remembered, which certificates are self-signed.
    pub(super) fn is_broken_where(
        self,
        certificate: &Certificate,
        issues: bool,
        is_self_signed: impl Fn(&Certificate) -> bool,
    ) -> bool {
        let extensions = &certificate.extensions;
        let ca = issues || certificate.is_ca();
        let basic = extensions.basic_constraints.as_ref();
        match self {
            ProfileRule::BasicConstraintsCritical => {
                basic.is_some_and(|marked| marked.value.ca && !marked.critical)
            }
            ProfileRule::BasicConstraintsPresent => {
                issues && certificate.version >= 3 && basic.is_none()
            }
            ProfileRule::CaExtensionsConsistent => {
                let says_ca = basic.is_some_and(|marked| marked.value.ca);
                let length = basic.is_some_and(|marked| marked.value.path_length.is_some());
                !says_ca && (length || may_sign_certificates(certificate) == Some(true))
            }
            ProfileRule::IssuerNamed => certificate.issuer.is_empty(),
            ProfileRule::CaNamed => ca && certificate.subject.is_empty(),
            ProfileRule::NameConstraintsCritical => not_critical(&extensions.name_constraints),
            ProfileRule::NameConstraintsInCa => !ca && extensions.name_constraints.is_some(),
            ProfileRule::PolicyConstraintsCritical => not_critical(&extensions.policy_constraints),
            ProfileRule::InhibitAnyPolicyCritical => not_critical(&extensions.inhibit_any_policy),
            // The octets of DER: a leading zero counts, as in OpenSSL, Go and pyca.
            ProfileRule::Serial => !certificate.serial.is_conforming(),
            ProfileRule::AuthorityKeyIdentifierPresent => {
                let identifier = extensions.authority_key_identifier.as_ref();
                identifier.is_none_or(|marked| marked.value.key.is_none())
                    && !is_self_signed(certificate)
            }
            ProfileRule::AuthorityKeyIdentifierNotCritical => {
                critical(&extensions.authority_key_identifier)
            }
            ProfileRule::SubjectKeyIdentifierPresent => {
                ca && certificate.version >= 3 && extensions.subject_key_identifier.is_none()
            }
            ProfileRule::SubjectKeyIdentifierNotCritical => {
                critical(&extensions.subject_key_identifier)
            }
            ProfileRule::AlternativeNamesCritical => {
                certificate.subject.is_empty() && !critical(&extensions.subject_alternative_name)
            }
            ProfileRule::InformationAccessNotCritical => {
                critical(&extensions.authority_information_access)
            }
            ProfileRule::DnsConstraintWithoutPeriod => {
                let constraints = extensions.name_constraints.iter();
                let trees = constraints
                    .flat_map(|marked| marked.value.permitted.iter().chain(&marked.value.excluded));
                let mut hosts = trees.filter_map(|tree| match tree {
                    GeneralName::Dns(host) => Some(host),
                    _ => None,
                });
                hosts.any(|host| host.starts_with('.'))
            }
            ProfileRule::CrlNumbered | ProfileRule::CrlNumberNotCritical => false,
            ProfileRule::ExtensionsOfVersion3 => certificate.version < 3 && !extensions.is_empty(),
        }
    }

    /// Whether a CRL breaks the rule; only of rules for CRLs.
    pub fn is_broken_by_crl(self, crl: &Crl) -> bool {
        match self {
            ProfileRule::CrlNumbered => crl.number.is_none(),
            ProfileRule::CrlNumberNotCritical => crl.number_critical,
            _ => false,
        }
    }

    /// What the rule asks for, as a clause.
    pub fn asks(self) -> &'static str {
        match self {
            ProfileRule::BasicConstraintsCritical => {
                "a CA's basic constraints must be critical (RFC 5280 section 4.2.1.9)"
            }
            ProfileRule::BasicConstraintsPresent => {
                "a CA must have basic constraints (RFC 5280 section 4.2.1.9)"
            }
            ProfileRule::CaExtensionsConsistent => {
                "only a CA may have a path length or the usage keyCertSign (RFC 5280 section 4.2.1.9)"
            }
            ProfileRule::IssuerNamed => {
                "the issuer's name must not be empty (RFC 5280 section 4.1.2.4)"
            }
            ProfileRule::CaNamed => "a CA's name must not be empty (RFC 5280 section 4.1.2.6)",
            ProfileRule::NameConstraintsCritical => {
                "name constraints must be critical (RFC 5280 section 4.2.1.10)"
            }
            ProfileRule::NameConstraintsInCa => {
                "only a CA may have name constraints (RFC 5280 section 4.2.1.10)"
            }
            ProfileRule::PolicyConstraintsCritical => {
                "policy constraints must be critical (RFC 5280 section 4.2.1.11)"
            }
            ProfileRule::InhibitAnyPolicyCritical => {
                "inhibitAnyPolicy must be critical (RFC 5280 section 4.2.1.14)"
            }
            ProfileRule::Serial => {
                "the serial number must be positive and have at most 20 octets (RFC 5280 section 4.1.2.2)"
            }
            ProfileRule::AuthorityKeyIdentifierPresent => {
                "a certificate must name its issuer's key (RFC 5280 section 4.2.1.1)"
            }
            ProfileRule::AuthorityKeyIdentifierNotCritical => {
                "the authority key identifier must not be critical (RFC 5280 section 4.2.1.1)"
            }
            ProfileRule::SubjectKeyIdentifierPresent => {
                "a CA must name its own key (RFC 5280 section 4.2.1.2)"
            }
            ProfileRule::SubjectKeyIdentifierNotCritical => {
                "the subject key identifier must not be critical (RFC 5280 section 4.2.1.2)"
            }
            ProfileRule::AlternativeNamesCritical => {
                "alternative names must be critical where the subject is empty (RFC 5280 section 4.2.1.6)"
            }
            ProfileRule::InformationAccessNotCritical => {
                "authority information access must not be critical (RFC 5280 section 4.2.2.1)"
            }
            ProfileRule::DnsConstraintWithoutPeriod => {
                "a constraint on DNS names must not begin with a period (RFC 5280 section 4.2.1.10)"
            }
            ProfileRule::CrlNumberNotCritical => {
                "the CRL number must not be critical (RFC 5280 section 5.2.3)"
            }
            ProfileRule::CrlNumbered => "a CRL must have a number (RFC 5280 section 5.2.3)",
            ProfileRule::ExtensionsOfVersion3 => {
                "only a version 3 certificate may have extensions (RFC 5280 section 4.1.2.1)"
            }
        }
    }
}

fn critical<T>(field: &Option<Marked<T>>) -> bool {
    field.as_ref().is_some_and(|marked| marked.critical)
}

fn not_critical<T>(field: &Option<Marked<T>>) -> bool {
    field.as_ref().is_some_and(|marked| !marked.critical)
}

/// Whether the usages include keyCertSign; `None` where the extension is absent and so forbids nothing.
pub(super) fn may_sign_certificates(certificate: &Certificate) -> Option<bool> {
    let usages = certificate.extensions.key_usage.as_ref()?;
    Some(usages.value.contains(&KeyUsage::KeyCertSign))
}
