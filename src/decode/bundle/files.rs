//! The files of an archive, a mail or anything else that holds files with names.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::super::bytes::{Bytes, Slice};
use super::super::error::{Damage, EncodedObjectError, OpenError};
use super::super::open::{Opening, adopt};
use super::super::{Container, EncodedObject, LeftOut, Opened, UnsupportedFormat, stray};
use super::markup::Page;
use super::office;
use crate::input::{Source, printable};

/// What the files that were added so far hold.
pub(super) struct Files<'o, 'a> {
    container: Container,
    opening: &'o Opening<'o>,
    objects: Vec<EncodedObject<'a>>,
    damage: Vec<Damage>,
    /// How many files of the input were left out before.
    left_out: usize,
}

impl<'o, 'a> Files<'o, 'a> {
    pub(super) fn of(container: Container, opening: &'o Opening<'o>) -> Files<'o, 'a> {
        Files {
            container,
            opening,
            objects: Vec::new(),
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
                let objects = adopt(file, Vec::new()).into_iter();
                let is_mail = self.container == Container::Mail;
                self.objects
                    .extend(objects.map(|object| match object.cut() {
                        // The mail program has the whole of it.
                        Some(error) if is_mail => {
                            let error = EncodedObjectError::Attachment(error);
                            EncodedObject::broken(&opening.about, error)
                        }
                        _ => object,
                    }));
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
                    Container::Mail => EncodedObjectError::Attachment(error),
                    _ => EncodedObjectError::Bundle(error),
                };
                self.objects
                    .push(EncodedObject::broken(&opening.about, error));
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

    /// Opens the text of a page, and reads what stands beside it.
    pub(super) fn add_page(&mut self, name: &str, page: Page) -> Result<(), OpenError> {
        let text = office::unescaped(&page.text);
        self.add_prose(name, text.into_bytes())?;
        self.add_beside(Some(name), page.beside.as_bytes(), 0, 1)
    }

    /// Says of a file that it cannot be unpacked.
    pub(super) fn add_damaged(&mut self, name: String, error: &OpenError) -> Result<(), OpenError> {
        self.opening.limits.objects(1)?;
        let opening = self.opening.inside(Some(name))?;
        let error = EncodedObjectError::Bundle(Arc::new(error.clone()));
        self.objects
            .push(EncodedObject::broken(&opening.about, error));
        Ok(())
    }

    /// Says of the archive itself that no more than its beginning could be unpacked. Where that held nothing, the error is
    /// the archive's.
    pub(super) fn cut(&mut self, source: std::io::Error) -> Result<(), OpenError> {
        let error = OpenError::OnlyTheBeginning {
            container: self.container,
            source: Arc::new(source),
        };
        if self.objects.is_empty() {
            return Err(error);
        }
        self.opening.limits.objects(1)?;
        let error = EncodedObjectError::Bundle(Arc::new(error));
        self.objects
            .push(EncodedObject::broken(&self.opening.about, error));
        Ok(())
    }

    /// Takes files from what is left.
    pub(super) fn count(&mut self, files: usize) -> Result<(), OpenError> {
        self.opening.limits.files(self.container, files)
    }

    /// Takes bytes that were unpacked, and are not opened as they are, from what is left.
    pub(super) fn unpacked(&mut self, bytes: usize) -> Result<(), OpenError> {
        self.opening.limits.unpack(self.container, bytes)
    }

    /// Reads what is outside the texts and files: PKI objects there are read, and the rest belongs to other programs.
    pub(super) fn add_beside(
        &mut self,
        name: Option<&str>,
        bytes: &[u8],
        offset: usize,
        line: u32,
    ) -> Result<(), OpenError> {
        if stray::is_prose(bytes) {
            return Ok(());
        }
        let opening = match name {
            Some(name) => self.opening.inside(Some(name.to_owned()))?,
            None => self.opening.clone(),
        };
        let opening = Opening {
            is_beside: true,
            ..opening
        };
        let place = stray::Place {
            offset,
            line: Some(line),
            orphan: false,
            scanned: false,
            is_page: false,
        };
        let found = opening.leftover(&Slice::shared(bytes.to_vec()), place)?;
        self.objects.extend(found);
        Ok(())
    }

    /// Reads what precedes or follows the files, like anything else outside what was recognised.
    pub(super) fn add_rest(&mut self, bytes: &[u8], offset: usize) -> Result<(), OpenError> {
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        let place = stray::Place {
            offset,
            line: None,
            orphan: false,
            scanned: false,
            is_page: self.opening.may_be_page(bytes),
        };
        // Within, so that archives behind archives come to an end.
        let inside = self.opening.inside(None)?;
        let found = inside.leftover(&Slice::shared(bytes.to_vec()), place)?;
        self.objects.extend(found);
        Ok(())
    }

    /// Reads another archive behind this one, whose files are reported as this one's.
    pub(super) fn add_archive(&mut self, bytes: &[u8]) -> Result<(), OpenError> {
        match self
            .opening
            .inside(None)?
            .file(Slice::shared(bytes.to_vec()))
        {
            Ok(opened) => {
                self.objects.extend(adopt(opened, Vec::new()));
                Ok(())
            }
            Err(error @ OpenError::PasswordNeeded { .. }) => Err(error),
            Err(error) if error.is_a_limit() => Err(error),
            Err(error) => {
                let error = EncodedObjectError::Bundle(Arc::new(error));
                self.objects
                    .push(EncodedObject::broken(&self.opening.about, error));
                Ok(())
            }
        }
    }

    /// How many objects were found so far, readable or not.
    pub(super) fn objects(&self) -> usize {
        self.objects.len()
    }

    /// Of the objects from `first` on, forgets those that are among others too; and what did not read, where the others
    /// are no fewer.
    pub(super) fn forget_known(&mut self, others: Range<usize>, first: usize) {
        fn decoded<'a>(object: &EncodedObject<'a>) -> Option<Bytes<'a>> {
            Some(object.decode().ok()?.bytes)
        }
        let others = self.objects.get(others).unwrap_or_default();
        let known: Vec<Bytes<'_>> = others.iter().filter_map(decoded).collect();
        let (count, again) = (known.len(), self.objects.len().saturating_sub(first));
        if count == 0 || first > self.objects.len() {
            return;
        }
        let known: HashSet<&[u8]> = known.iter().map(|bytes| &bytes[..]).collect();
        let is_new = |object: &EncodedObject<'_>| match decoded(object) {
            Some(bytes) => !known.contains(&bytes[..]),
            None => again > count,
        };
        let new: Vec<bool> = self.objects.iter().skip(first).map(is_new).collect();
        let later = self.objects.split_off(first);
        let kept = later.into_iter().zip(new).filter(|(_, is_new)| *is_new);
        self.objects.extend(kept.map(|(object, _)| object));
    }

    pub(super) fn note(&mut self, damage: Damage) {
        self.damage.push(damage);
    }

    /// Whether anything was found that can be read.
    pub(super) fn has_objects(&self) -> bool {
        self.objects.iter().any(|object| !object.is_broken())
    }

    /// Says of a file that is not read whatever it holds what it is.
    pub(super) fn leave_out(
        &mut self,
        name: String,
        is: UnsupportedFormat,
    ) -> Result<(), OpenError> {
        let opening = self.opening.inside(Some(name))?;
        opening.leave_out(OpenError::UnsupportedFormat(is));
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Opened<'a>, OpenError> {
        if self.objects.is_empty() {
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
            objects: self.objects,
            stray_text: None,
            left_out: Vec::new(),
        })
    }
}
