//! The data files as they are built in.

/// The facts as they are written and reviewed.
#[cfg(test)]
pub(super) const FACTS: &str = include_str!("data/nhs.toml");

/// The same facts as JSON, which every start of the program reads in a tenth of the time. A test makes it from [`FACTS`].
pub(super) const FACTS_AS_JSON: &str = include_str!("data/nhs.json");

/// The certificates that the facts name.
pub(super) const CERTIFICATES: [(&str, &str); 9] = [
    (
        "NHS-Root-Authority.pem",
        include_str!("data/NHS-Root-Authority.pem"),
    ),
    ("NHS-Level-1C.pem", include_str!("data/NHS-Level-1C.pem")),
    (
        "NHS-PTL-Root-Authority.pem",
        include_str!("data/NHS-PTL-Root-Authority.pem"),
    ),
    (
        "NHS-INT-Level-1C.pem",
        include_str!("data/NHS-INT-Level-1C.pem"),
    ),
    (
        "NHS-DEP-Level-1C.pem",
        include_str!("data/NHS-DEP-Level-1C.pem"),
    ),
    (
        "NHS-Root-Authority-G2.pem",
        include_str!("data/NHS-Root-Authority-G2.pem"),
    ),
    (
        "NHS-Authentication-G2.pem",
        include_str!("data/NHS-Authentication-G2.pem"),
    ),
    (
        "NHS-PTL-Root-Authority-G2.pem",
        include_str!("data/NHS-PTL-Root-Authority-G2.pem"),
    ),
    (
        "NHS-INT-Authentication-G2.pem",
        include_str!("data/NHS-INT-Authentication-G2.pem"),
    ),
];

/// The certificate in a file of this name.
pub(super) fn certificate(file: &str) -> Option<&'static str> {
    let known = CERTIFICATES.iter().find(|(name, _)| *name == file);
    known.map(|(_, pem)| *pem)
}
