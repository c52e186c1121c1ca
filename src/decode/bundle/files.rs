//! The files of an archive, a mail or anything else that holds files with names.

use std::sync::Arc;

use super::super::bytes::Slice;
use super::super::error::{Damage, OpenError, PieceError};
use super::super::open::{Opening, adopt};
use super::super::{Container, Foreign, LeftOut, Opened, Piece};
use crate::input::{Source, printable};

/// What the files that were added so far hold.
pub(super) struct Files<'o, 'a> {
    container: Container,
    opening: &'o Opening<'o>,
    pieces: Vec<Piece<'a>>,
    damage: Vec<Damage>,
    /// How many files of the input were left out before.
    left_out: usize,
}

impl<'o, 'a> Files<'o, 'a> {
    pub(super) fn of(container: Container, opening: &'o Opening<'o>) -> Files<'o, 'a> {
        Files {
            container,
            opening,
            pieces: Vec::new(),
            damage: Vec::new(),
            left_out: opening.limits.left_out(),
        }
    }

    /// Opens a file as if it had been given by itself.
    pub(super) fn add(&mut self, name: String, bytes: Vec<u8>) -> Result<(), OpenError> {
        self.opening.limits.unpack(self.container, bytes.len())?;
        let opening = self.opening.inside(Some(name))?;
        let opened = opening.file(Slice::shared(bytes));
        match opened {
            Ok(file) => {
                self.pieces.extend(adopt(file, Vec::new()));
                Ok(())
            }
            // Whoever can be asked for the password is asked for the whole archive's.
            Err(error @ OpenError::PasswordNeeded { .. }) => Err(error),
            Err(error) if error.is_a_limit() => Err(error),
            Err(error) if error.is_something_else() => {
                opening.leave_out(error);
                Ok(())
            }
            Err(error) => {
                let error = Arc::new(error);
                let error = match self.container {
                    Container::Mail => PieceError::Attachment(error),
                    _ => PieceError::Bundle(error),
                };
                self.pieces.push(Piece::broken(&opening.about, error));
                Ok(())
            }
        }
    }

    /// Opens the text of a mail, in which there need not be anything.
    pub(super) fn add_prose(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), OpenError> {
        let before = self.opening.limits.left_out();
        self.add(name.to_owned(), bytes)?;
        self.opening.limits.left_out_after(before);
        Ok(())
    }

    pub(super) fn note(&mut self, damage: Damage) {
        self.damage.push(damage);
    }

    /// Whether anything was found that can be read.
    pub(super) fn has_objects(&self) -> bool {
        self.pieces.iter().any(|piece| !piece.is_broken())
    }

    /// Says of a file that is not read whatever it holds what it is.
    pub(super) fn leave_out(&mut self, name: String, is: Foreign) -> Result<(), OpenError> {
        let opening = self.opening.inside(Some(name))?;
        opening.leave_out(OpenError::Foreign(is));
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Opened<'a>, OpenError> {
        if self.pieces.is_empty() {
            let left_out = self.opening.limits.left_out_after(self.left_out);
            let name = |one: LeftOut| match one.source.as_ref() {
                Source::Member { name, .. } => printable(name),
                other => other.to_string(),
            };
            return Err(OpenError::ArchiveWithout {
                container: self.container,
                names: left_out.into_iter().map(name).collect(),
            });
        }
        Ok(Opened {
            container: self.container,
            damage: self.damage,
            pieces: self.pieces,
            stray_text: None,
            left_out: Vec::new(),
        })
    }
}
