//! Which CA: one of the table, or one made from it for a defect.

use std::fmt;

use super::LabAuthority;
use crate::lab::write::Dn;
use crate::lab::{Defect, DefectTarget};

/// Which CA: one of the table, and what was broken to make another of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab) struct IssuerId {
    authority: &'static LabAuthority,
    /// Of [`DefectTarget::Chain`] only, sorted, none twice.
    defects: Vec<Defect>,
    level: Level,
}

/// Where a CA made for a defect is in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Where the CA that it was made from is.
    InPlace,
    /// Below that.
    Below,
    /// It is the root above it.
    Above,
}

impl IssuerId {
    /// The CA of the table that was made with the chain's defects among these.
    pub(in crate::lab) fn new(authority: &'static LabAuthority, defects: &[Defect]) -> IssuerId {
        let of_chain = |defect: &Defect| defect.target() == DefectTarget::Chain;
        let mut defects: Vec<Defect> = defects.iter().copied().filter(of_chain).collect();
        defects.sort();
        defects.dedup();
        let level = match defects.contains(&Defect::PathLength) {
            true => Level::Below,
            false => Level::InPlace,
        };
        IssuerId {
            authority,
            defects,
            level,
        }
    }

    /// The CA of this text, as `Display` writes it.
    pub(in crate::lab) fn parse(text: &str) -> Option<IssuerId> {
        let mut parts = text.split('.');
        let authority = LabAuthority::named(parts.next()?)?;
        let mut id = IssuerId::new(authority, &[]);
        for part in parts {
            match part {
                "below" => id.level = Level::Below,
                "above" => id.level = Level::Above,
                name => id.defects.push(Defect::parse(name).ok()?),
            }
        }
        Some(id)
    }

    /// Whether it is one of the table, with nothing broken.
    pub(in crate::lab) fn is_sound(&self) -> bool {
        self.defects.is_empty()
    }

    /// The CA of the table that it is, or was made from.
    pub(in crate::lab) fn authority(&self) -> &'static LabAuthority {
        self.authority
    }

    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    pub(super) fn level(&self) -> Level {
        self.level
    }

    fn at(&self, level: Level) -> IssuerId {
        IssuerId {
            level,
            ..self.clone()
        }
    }

    /// The CA above it; `None` for a root.
    pub(in crate::lab) fn above(&self) -> Option<IssuerId> {
        match self.level {
            Level::Above => None,
            Level::Below => Some(self.at(Level::InPlace)),
            Level::InPlace if self.has(Defect::RootUntrusted) => Some(self.at(Level::Above)),
            Level::InPlace => {
                let root = match self.has(Defect::RootExpired) {
                    true => "ptl-g1-expired-root",
                    false => self.authority.issuer?,
                };
                Some(IssuerId::new(LabAuthority::named(root)?, &[]))
            }
        }
    }

    /// It, and the CAs above it up to the root.
    pub(in crate::lab) fn upwards(&self) -> impl Iterator<Item = IssuerId> + use<> {
        std::iter::successors(Some(self.clone()), IssuerId::above)
    }

    /// Its common name. That of a CA made for a defect says what is wrong.
    pub(in crate::lab) fn title(&self) -> String {
        if self.is_sound() {
            return self.authority.common_name.to_owned();
        }
        let defects: Vec<&str> = self.defects.iter().map(|defect| defect.as_str()).collect();
        let place = match self.level {
            Level::InPlace => "",
            Level::Below => " below",
            Level::Above => " root",
        };
        format!(
            "{} {}{place}",
            self.authority.common_name,
            defects.join(" ")
        )
    }

    pub(in crate::lab) fn name(&self) -> Dn {
        let LabAuthority {
            country,
            organisation,
            ..
        } = self.authority;
        Dn::new(*country, organisation, "CA", &self.title())
    }
}

impl fmt::Display for IssuerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.authority.id)?;
        for defect in &self.defects {
            write!(f, ".{defect}")?;
        }
        match self.level {
            Level::InPlace => Ok(()),
            Level::Below => f.write_str(".below"),
            Level::Above => f.write_str(".above"),
        }
    }
}
