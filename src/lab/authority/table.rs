//! The table of CAs.
//!
//! Shapes and spellings are those of the NHS: `O=LAB` and `O=lab`, the roots' CRLs and the sub CAs' partitions, the
//! sub CA that INT and DEP share in the second generation, the Live sub CA with a directory name and a URL.

use super::{CrlScope, Crls, LabAuthority, Named};
use crate::environment::AuthorityPurpose;
use crate::lab::environment::{Generation, Hierarchy, LabEnvironment};

use Generation::{G1, G1Sha1, G2};
use LabEnvironment::{Dep, Int, Live};

const ROOT: LabAuthority = LabAuthority {
    id: "",
    common_name: "",
    bits: 2048,
    generation: G1,
    issuer: None,
    environments: &[],
    purpose: AuthorityPurpose::Endpoint,
    certificate_path: "",
    country: None,
    organisation: "lab",
    hierarchy: Hierarchy::Ptl,
    crls: Crls::Partitioned { prefix: "" },
};

/// Every CA, roots first.
pub(in crate::lab) static AUTHORITIES: [LabAuthority; 16] = [
    LabAuthority {
        id: "ptl-g1-sha1-root",
        common_name: "LAB PTL Root Authority SHA1",
        generation: G1Sha1,
        certificate_path: "/public/pki/certs/LAB-PTL-Root-Authority-SHA1.crt",
        crls: Crls::ManualImport {
            path: "/public/pki/crls/LAB-PTL-Root-Authority-SHA1.crl",
            named: Named::InFull,
        },
        ..ROOT
    },
    LabAuthority {
        id: "live-g1-sha1-root",
        common_name: "LAB Root Authority SHA1",
        generation: G1Sha1,
        organisation: "LAB",
        hierarchy: Hierarchy::Live,
        certificate_path: "/public/pki/certs/LAB-Root-Authority-SHA1.crt",
        crls: Crls::ManualImport {
            path: "/public/pki/crls/LAB-Root-Authority-SHA1.crl",
            named: Named::InFull,
        },
        ..ROOT
    },
    LabAuthority {
        id: "ptl-g1-root",
        common_name: "LAB PTL Root Authority",
        certificate_path: "/ptl/rootca/LABPTLRootAuthority.crt",
        crls: Crls::Whole {
            path: "/ptl/rootca/arla1.crl",
            also_directory: false,
            scope: CrlScope::Authorities,
        },
        ..ROOT
    },
    LabAuthority {
        id: "live-g1-root",
        common_name: "LAB Root Authority",
        organisation: "LAB",
        hierarchy: Hierarchy::Live,
        certificate_path: "/live/root/LABRootAuthority.crt",
        crls: Crls::Whole {
            path: "/live/root/CRL1.crl",
            also_directory: true,
            scope: CrlScope::Point,
        },
        ..ROOT
    },
    LabAuthority {
        id: "ptl-g2-root",
        common_name: "LAB PTL Root Authority G2",
        bits: 4096,
        generation: G2,
        country: Some("GB"),
        certificate_path: "/PTL/G2/root/LABPTLRootAuthorityG2.crt",
        crls: Crls::Whole {
            path: "/PTL/G2/root/LABPTLrootG2.crl",
            also_directory: false,
            scope: CrlScope::Complete,
        },
        ..ROOT
    },
    LabAuthority {
        id: "live-g2-root",
        common_name: "LAB Root Authority G2",
        bits: 4096,
        generation: G2,
        country: Some("GB"),
        organisation: "LAB",
        hierarchy: Hierarchy::Live,
        certificate_path: "/live/G2/root/LABRootAuthorityG2.crt",
        crls: Crls::Whole {
            path: "/live/G2/root/LABrootG2.crl",
            also_directory: false,
            scope: CrlScope::Complete,
        },
        ..ROOT
    },
    // The facts name it, so that a chain to it ends at a root that is known and over.
    LabAuthority {
        id: "ptl-g1-expired-root",
        common_name: "LAB PTL Root Authority Expired",
        certificate_path: "/ptl/expired/LABPTLRootAuthorityExpired.crt",
        crls: Crls::Whole {
            path: "/ptl/expired/arla1.crl",
            also_directory: false,
            scope: CrlScope::Authorities,
        },
        ..ROOT
    },
    LabAuthority {
        id: "int-g1-sha1",
        common_name: "LAB INT Level 1A",
        generation: G1Sha1,
        issuer: Some("ptl-g1-sha1-root"),
        environments: &[Int],
        certificate_path: "/public/pki/certs/LAB-INT-Level-1A.crt",
        crls: Crls::ManualImport {
            path: "/public/pki/crls/LAB-INT-Level-1A.crl",
            named: Named::InFull,
        },
        ..ROOT
    },
    LabAuthority {
        id: "dep-g1-sha1",
        common_name: "LAB DEP Level 1A",
        generation: G1Sha1,
        issuer: Some("ptl-g1-sha1-root"),
        environments: &[Dep],
        certificate_path: "/public/pki/certs/LAB-DEP-Level-1A.crt",
        crls: Crls::ManualImport {
            path: "/public/pki/crls/LAB-DEP-Level-1A.crl",
            named: Named::RelativeToIssuer,
        },
        ..ROOT
    },
    LabAuthority {
        id: "live-g1-sha1",
        common_name: "LAB Level 1A",
        generation: G1Sha1,
        issuer: Some("live-g1-sha1-root"),
        environments: &[Live],
        hierarchy: Hierarchy::Live,
        certificate_path: "/public/pki/certs/LAB-Level-1A.crt",
        crls: Crls::ManualImport {
            path: "/public/pki/crls/LAB-Level-1A.crl",
            named: Named::InFull,
        },
        ..ROOT
    },
    LabAuthority {
        id: "int-g1",
        common_name: "LAB INT Level 1C",
        issuer: Some("ptl-g1-root"),
        environments: &[Int],
        certificate_path: "/int/1c/LABINTLevel1C.crt",
        crls: Crls::Partitioned {
            prefix: "/int/1c/crlc",
        },
        ..ROOT
    },
    LabAuthority {
        id: "dep-g1",
        common_name: "LAB DEP Level 1C",
        issuer: Some("ptl-g1-root"),
        environments: &[Dep],
        certificate_path: "/dep/1c/LABDEPLevel1C.crt",
        crls: Crls::Partitioned {
            prefix: "/dep/1c/crlc",
        },
        ..ROOT
    },
    LabAuthority {
        id: "live-g1",
        common_name: "LAB Level 1C",
        issuer: Some("live-g1-root"),
        environments: &[Live],
        hierarchy: Hierarchy::Live,
        certificate_path: "/live/1c/LABLevel1C.crt",
        crls: Crls::Partitioned {
            prefix: "/live/1c/crlc",
        },
        ..ROOT
    },
    LabAuthority {
        id: "int-g1-signing",
        common_name: "LAB INT Level 1D",
        issuer: Some("ptl-g1-root"),
        environments: &[Int],
        purpose: AuthorityPurpose::Signing,
        certificate_path: "/int/1d/LABINTLevel1D.crt",
        crls: Crls::Partitioned {
            prefix: "/int/1d/crlc",
        },
        ..ROOT
    },
    LabAuthority {
        id: "ptl-g2",
        common_name: "LAB INT Authentication G2",
        generation: G2,
        issuer: Some("ptl-g2-root"),
        environments: &[Int, Dep],
        country: Some("GB"),
        certificate_path: "/PTL/G2/auth/LABINTauthG2.crt",
        crls: Crls::Whole {
            path: "/PTL/G2/auth/LABINTauthG2.crl",
            also_directory: false,
            scope: CrlScope::Complete,
        },
        ..ROOT
    },
    LabAuthority {
        id: "live-g2",
        common_name: "LAB Authentication G2",
        generation: G2,
        issuer: Some("live-g2-root"),
        environments: &[Live],
        country: Some("GB"),
        hierarchy: Hierarchy::Live,
        certificate_path: "/live/G2/auth/LABauthG2.crt",
        crls: Crls::Whole {
            path: "/live/G2/auth/LABauthG2.crl",
            also_directory: false,
            scope: CrlScope::Complete,
        },
        ..ROOT
    },
];
