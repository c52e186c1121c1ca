//! The lab's environments and generations.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An environment of the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LabEnvironment {
    /// Integration testing.
    Int,
    /// Deployment.
    Dep,
    /// Live.
    Live,
}

/// A generation of the lab's PKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generation {
    /// SHA-1 throughout; leaves name their CRL by a directory name that cannot be looked up.
    #[serde(rename = "g1-sha1")]
    G1Sha1,
    /// SHA-2, and partitioned CRLs over HTTP.
    G1,
    /// An RSA-4096 root with SHA-384, path lengths, the issuer's certificate and an OCSP responder by URL.
    G2,
}

/// A hierarchy: the roots of all generations for some environments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Hierarchy {
    Ptl,
    Live,
}

impl LabEnvironment {
    /// Every environment, in the order of the path to live.
    pub const ALL: [LabEnvironment; 3] = [
        LabEnvironment::Int,
        LabEnvironment::Dep,
        LabEnvironment::Live,
    ];

    /// The word by which the facts and the command line name it.
    pub fn id(self) -> &'static str {
        match self {
            LabEnvironment::Int => "lab-int",
            LabEnvironment::Dep => "lab-dep",
            LabEnvironment::Live => "lab-live",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            LabEnvironment::Int => "LAB INT",
            LabEnvironment::Dep => "LAB DEP",
            LabEnvironment::Live => "LAB LIVE",
        }
    }

    /// The environment of this id, with or without its `lab-`, in any letter case.
    pub fn parse(text: &str) -> Option<LabEnvironment> {
        let wanted = text.to_ascii_lowercase();
        let is_named = |environment: &LabEnvironment| {
            environment.id() == wanted || environment.short() == wanted
        };
        LabEnvironment::ALL.into_iter().find(is_named)
    }

    pub(super) fn short(self) -> &'static str {
        match self {
            LabEnvironment::Int => "int",
            LabEnvironment::Dep => "dep",
            LabEnvironment::Live => "live",
        }
    }

    pub(super) fn hierarchy(self) -> Hierarchy {
        match self {
            LabEnvironment::Int | LabEnvironment::Dep => Hierarchy::Ptl,
            LabEnvironment::Live => Hierarchy::Live,
        }
    }
}

impl fmt::Display for LabEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Generation {
    /// Every generation, the oldest first.
    pub const ALL: [Generation; 3] = [Generation::G1Sha1, Generation::G1, Generation::G2];

    /// The word by which the command line names it.
    pub fn id(self) -> &'static str {
        match self {
            Generation::G1Sha1 => "g1-sha1",
            Generation::G1 => "g1",
            Generation::G2 => "g2",
        }
    }

    /// What the facts call it.
    pub fn title(self) -> &'static str {
        match self {
            Generation::G1Sha1 => "G1 SHA-1",
            Generation::G1 => "G1",
            Generation::G2 => "G2",
        }
    }

    /// The generation of this word, in any letter case.
    pub fn parse(text: &str) -> Option<Generation> {
        let wanted = text.to_ascii_lowercase();
        Generation::ALL.into_iter().find(|one| one.id() == wanted)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Hierarchy {
    pub(super) fn title(self) -> &'static str {
        match self {
            Hierarchy::Ptl => "LAB PTL",
            Hierarchy::Live => "LAB Live",
        }
    }
}
