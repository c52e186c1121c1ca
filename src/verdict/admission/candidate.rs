//! Comparing a CRL with the one that it would replace.

use std::sync::Arc;

use super::{Admitted, Candidate, Change, CrlRefusal, Installed, Note, Rollback, ahead};
use crate::document::{Certificate, Hash};
use crate::revocation::{SearchableCrl, Slot};

impl<'l> Candidate<'l> {
    /// Its slot: a CRL in the same slot is the one it would replace.
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// The certificate whose key made its signature.
    pub fn issuer(&self) -> &Arc<Certificate> {
        &self.issuer
    }

    /// The CRL.
    pub fn crl(&self) -> &'l SearchableCrl<'l> {
        self.crl
    }

    /// Compares it with what is installed in its [slot](Candidate::slot), where anything is.
    ///
    /// Neither thisUpdate nor the number may go backwards (RFC 5280 section 5.2.3); a number that is gone has gone
    /// backwards too. A later CRL that repeats the number is admitted with a note: some CAs do not count. The installed CRL
    /// itself, to the byte, is admitted as unchanged.
    ///
    /// # Errors
    /// When it is older than what is installed, another CRL of the same number and time, or one that repeats the number and
    /// contains fewer certificates while the installed one is still in time, and `rollback` does not allow that; and when it is
    /// ahead of the clock while the installed one is still in time.
    pub fn against(
        self,
        installed: Option<&Installed>,
        rollback: Rollback,
    ) -> Result<Admitted<'l>, CrlRefusal> {
        let header = self.crl.header();
        let mut notes = Vec::new();
        let change = match installed {
            None => Change::First,
            Some(installed) if installed.sha256 == self.sha256 => Change::Unchanged,
            Some(installed) => match (self.backwards(installed), rollback) {
                (None, _) => {
                    notes.extend(self.number_reused(installed));
                    Change::Newer
                }
                (Some(refusal), Rollback::Refused) => return Err(refusal),
                (Some(refusal), Rollback::Allowed) => {
                    let instead_of = Box::new(refusal);
                    notes.push(Note::RolledBack { instead_of });
                    Change::RolledBack
                }
            },
        };
        let seconds = ahead(header.this_update, self.at);
        if seconds > 0 {
            let usable = installed.is_some_and(|installed| self.is_in_time(installed));
            if change != Change::Unchanged && usable {
                return Err(CrlRefusal::NotYetValid {
                    this_update: header.this_update,
                    at: self.at,
                });
            }
            notes.push(Note::Ahead { seconds });
        }
        if header.signature.hash == Some(Hash::Sha1) {
            notes.push(Note::Sha1);
        }
        if header.base_number.is_some() {
            notes.push(Note::Delta);
        }
        Ok(Admitted {
            candidate: self,
            change,
            notes,
        })
    }

    fn backwards(&self, installed: &Installed) -> Option<CrlRefusal> {
        let header = self.crl.header();
        if header.this_update < installed.this_update {
            return Some(CrlRefusal::Older {
                this_update: header.this_update,
                installed: installed.this_update,
            });
        }
        let (have, found) = (installed.number.as_ref(), header.number.as_ref());
        if let Some(have) = have
            && found.is_none_or(|found| found < have)
        {
            return Some(CrlRefusal::LowerNumber {
                number: found.cloned(),
                installed: have.clone(),
            });
        }
        if found != have {
            return None;
        }
        // Two CRLs of one scope that were made at the same time have the same number, or both none, only where they are the
        // same (RFC 5280 section 5.2.3). Which of the two to believe is not known.
        if header.this_update == installed.this_update {
            return Some(CrlRefusal::Conflict {
                number: have.cloned(),
                this_update: installed.this_update,
            });
        }
        // A CA restored from a backup repeats a number, and has lost what it revoked under it the first time. Nothing is lost
        // by keeping the installed CRL until it expires; a CA that never counts, and drops expired certificates, is
        // believed then.
        let lacks = self.entries < installed.entries && self.is_in_time(installed);
        have.filter(|_| lacks).map(|have| CrlRefusal::FewerEntries {
            number: have.clone(),
            entries: self.entries,
            installed: installed.entries,
        })
    }

    /// That it repeats the number of the installed CRL. Of CRLs without numbers there is nothing to say.
    fn number_reused(&self, installed: &Installed) -> Option<Note> {
        let (found, have) = (self.crl.header().number.as_ref()?, &installed.number);
        (Some(found) == have.as_ref()).then(|| Note::NumberReused {
            number: found.clone(),
            installed: installed.this_update,
        })
    }

    fn is_in_time(&self, installed: &Installed) -> bool {
        installed.next_update >= Some(self.at)
    }
}
