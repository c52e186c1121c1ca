//! What the NHS asks of an endpoint's name beyond its being a host name.
//!
//! The rules are those of the Path to Live: the name ends in `nhs.uk`, it fits into a Common Name, and
//! a MESH server's name has a fixed form. That labels have no underscore, ampersand or wildcard needs
//! no rule here: no [`Fqdn`] has them.

use std::fmt;

use super::Fqdn;

/// The domain that every endpoint's name ends in.
pub const NHS_SUFFIX: &str = "nhs.uk";

/// The domain in which the NHS registers suppliers' systems.
pub const THIRD_PARTY_SUFFIX: &str = "thirdparty.nhs.uk";

/// The domain of MESH servers' names; two labels precede it, the mailbox or server identifier and
/// the ODS code.
pub const MESH_SUFFIX: &str = "api.mesh-client.nhs.uk";

/// The most characters in a certificate's Common Name (X.520 `ub-common-name`; RFC 5280 appendix A.1).
pub const COMMON_NAME_LIMIT: usize = 64;

/// The labels before [`MESH_SUFFIX`].
const MESH_LABELS: usize = 2;

/// One way in which a sound host name breaks an NHS rule.
///
/// [`Display`](fmt::Display) is the finding as a sentence without a full stop;
/// [`remedy`](NamingFault::remedy) is what to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NamingFault {
    /// The name is not under [`NHS_SUFFIX`], and the NHS issues certificates for no other.
    NotNhsUk,
    /// The name is a domain that the NHS shares out ([`NHS_SUFFIX`], [`THIRD_PARTY_SUFFIX`],
    /// [`MESH_SUFFIX`]), and not a host in it.
    SharedDomain,
    /// The name does not fit into a Common Name, which is where Spine looks for it.
    CommonNameTooLong {
        /// The name's length in characters.
        length: usize,
        /// The most there may be: [`COMMON_NAME_LIMIT`].
        limit: usize,
    },
    /// The name is under [`MESH_SUFFIX`], but without exactly two labels before it.
    MeshForm {
        /// How many labels precede it.
        found: usize,
        /// How many there should be: 2.
        expected: usize,
    },
}

impl NamingFault {
    /// What to do about it, as one clause without a full stop.
    pub fn remedy(&self) -> String {
        match self {
            NamingFault::NotNhsUk => {
                format!(
                    "register the system with the NHS DNS team, for example under {THIRD_PARTY_SUFFIX}, and use that name"
                )
            }
            NamingFault::SharedDomain => {
                "use the full name of your own host in this domain".to_owned()
            }
            NamingFault::CommonNameTooLong { length, limit } => {
                match length.saturating_sub(*limit) {
                    1 => "register a name that is at least 1 character shorter".to_owned(),
                    more => format!("register a name that is at least {more} characters shorter"),
                }
            }
            NamingFault::MeshForm { .. } => {
                format!("use the form <mailbox-or-server-id>.<odscode>.{MESH_SUFFIX}")
            }
        }
    }
}

impl fmt::Display for NamingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NamingFault::NotNhsUk => write!(f, "the name does not end in {NHS_SUFFIX}"),
            NamingFault::SharedDomain => f.write_str("the name is an NHS domain, not a host in it"),
            NamingFault::CommonNameTooLong { length, limit } => {
                write!(
                    f,
                    "the name has {length} characters; a common name holds at most {limit}"
                )
            }
            NamingFault::MeshForm { found, expected } => write!(
                f,
                "{found} label{} before {MESH_SUFFIX}; a MESH server's name has {expected} (server, ODS code)",
                if *found == 1 { "" } else { "s" }
            ),
        }
    }
}

/// The NHS rules that a name breaks, in the order of [`NamingFault`]; none for a name that the NHS can
/// put into an endpoint certificate.
///
/// Does not look up whether the name is registered, or to which organisation.
pub fn naming_faults(name: &Fqdn) -> Vec<NamingFault> {
    let mut faults = Vec::new();
    if !name.is_under(NHS_SUFFIX) {
        faults.push(NamingFault::NotNhsUk);
    }
    if [NHS_SUFFIX, THIRD_PARTY_SUFFIX, MESH_SUFFIX].contains(&name.as_str()) {
        faults.push(NamingFault::SharedDomain);
    }
    let length = name.as_str().len();
    if length > COMMON_NAME_LIMIT {
        faults.push(NamingFault::CommonNameTooLong {
            length,
            limit: COMMON_NAME_LIMIT,
        });
    }
    if name.is_under(MESH_SUFFIX) && name.as_str() != MESH_SUFFIX {
        let found = name.labels().count() - MESH_SUFFIX.split('.').count();
        if found != MESH_LABELS {
            faults.push(NamingFault::MeshForm {
                found,
                expected: MESH_LABELS,
            });
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<NamingFault> {
        naming_faults(&Fqdn::parse(text).unwrap())
    }

    #[test]
    fn a_supplier_s_endpoint_breaks_no_rule() {
        assert_eq!(faults("gpc-int-a1b2c.acme.thirdparty.nhs.uk"), []);
    }

    #[test]
    fn a_name_outside_nhs_uk_is_found() {
        assert_eq!(faults("www.example.com"), [NamingFault::NotNhsUk]);
    }

    #[test]
    fn a_name_that_only_resembles_nhs_uk_is_found() {
        assert_eq!(faults("gpc.mynhs.uk"), [NamingFault::NotNhsUk]);
    }

    #[test]
    fn a_name_that_goes_on_after_nhs_uk_is_found() {
        assert_eq!(faults("www.nhs.uk.example.com"), [NamingFault::NotNhsUk]);
    }

    #[test]
    fn a_name_of_64_characters_fits_into_the_common_name() {
        let text = format!("{}.nhs.uk", "a".repeat(57));
        assert_eq!((text.len(), faults(&text)), (64, vec![]));
    }

    #[test]
    fn a_name_of_65_characters_is_too_long_for_the_common_name() {
        let text = format!("{}.nhs.uk", "a".repeat(58));
        assert_eq!(
            faults(&text),
            [NamingFault::CommonNameTooLong {
                length: 65,
                limit: 64
            }]
        );
    }

    #[test]
    fn a_long_name_is_told_by_how_much() {
        let fault = NamingFault::CommonNameTooLong {
            length: 70,
            limit: 64,
        };
        assert_eq!(
            fault.remedy(),
            "register a name that is at least 6 characters shorter"
        );
    }

    #[test]
    fn a_long_name_elsewhere_breaks_two_rules() {
        assert_eq!(faults(&format!("{}.example.com", "a".repeat(60))).len(), 2);
    }

    #[test]
    fn the_suppliers_domain_itself_is_not_a_host() {
        assert_eq!(faults("thirdparty.nhs.uk"), [NamingFault::SharedDomain]);
    }

    #[test]
    fn a_mesh_server_with_its_ods_code_breaks_no_rule() {
        assert_eq!(faults("server1.a1b2c.api.mesh-client.nhs.uk"), []);
    }

    #[test]
    fn a_mesh_name_without_an_ods_code_is_found() {
        assert_eq!(
            faults("server1.api.mesh-client.nhs.uk"),
            [NamingFault::MeshForm {
                found: 1,
                expected: 2
            }]
        );
    }

    #[test]
    fn a_mesh_name_with_too_many_labels_is_found() {
        assert_eq!(
            faults("a.b.c.api.mesh-client.nhs.uk"),
            [NamingFault::MeshForm {
                found: 3,
                expected: 2
            }]
        );
    }
}
