//! What a server wants, as named files with their contents: CRLs in the form that it reads, and the jobs
//! that keep them fresh in the form that a scheduler reads.
//!
//! Here live formats and their quoting. Writing the files does not, and neither do trust decisions: what is handed in
//! was chosen and verified before.

pub mod crls;
pub mod schedule;
pub mod server;
