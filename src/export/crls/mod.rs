//! CRLs as each server reads them.
//!
//! nginx, HAProxy, Apache and Java read one file of PEM blocks; OpenSSL looks into a folder for names made of a digest
//! of the issuer's name; Windows takes DER files into its store. A CRL of tens of megabytes is written as it is read,
//! block by block, and never held twice.

mod pem_file;
mod hash;
mod script;
mod setting;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

pub use hash::{NameError, name_hash};
pub use pem_file::write_pem;
pub(super) use setting::powershell;
pub use setting::{Setting, settings};

use crate::document::{Name, printable};
use crate::verdict::plan::Server;

/// The file that nginx, HAProxy, Apache and Java read.
pub const PEM_FILE: &str = "crl.pem";
/// The script that loads the CRLs into the store of Windows.
pub const SCRIPT_FILE: &str = "import-crl.ps1";

/// A CRL to be written.
#[derive(Clone, Copy, Debug)]
pub struct CrlInput<'l> {
    /// What distinguishes it from every other CRL, and stays the same when a newer one replaces it: the slot's id. Its first
    /// eight letters or digits become part of a file's name.
    pub id: &'l str,
    /// Who signed it.
    pub issuer: &'l Name,
    /// The whole CRL.
    pub der: &'l [u8],
}

/// A file to be written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CrlFile<'l> {
    /// Its name, without a folder: letters, digits, `.` and `-`.
    pub name: String,
    content: Content<'l>,
}

#[derive(Clone, Debug)]
enum Content<'l> {
    Pem(Vec<&'l [u8]>),
    Der(&'l [u8]),
    Text(String),
}

impl CrlFile<'_> {
    /// Writes what it holds; needs a few kilobytes of memory whatever its size.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.content {
            Content::Pem(crls) => crls
                .iter()
                .try_for_each(|der| write_pem(&mut *out, "X509 CRL", der)),
            Content::Der(der) => out.write_all(der),
            Content::Text(text) => out.write_all(text.as_bytes()),
        }
    }
}

/// The files that a server wants of these CRLs, the same for the same CRLs in any order.
///
/// # Errors
/// When OpenSSL cannot read an issuer's name, which no CRL that was read before brings about.
pub fn files<'l>(server: Server, crls: &[CrlInput<'l>]) -> Result<Vec<CrlFile<'l>>, NameError> {
    let mut crls = crls.to_vec();
    crls.sort_by(|one, other| {
        let key = |crl: &CrlInput<'l>| (crl.issuer.der(), crl.id);
        key(one).cmp(&key(other))
    });
    match server {
        Server::OpensslDir => hashed(&crls),
        Server::Iis => Ok(windows(&crls)),
        _ => Ok(vec![CrlFile {
            name: PEM_FILE.to_owned(),
            content: Content::Pem(crls.iter().map(|crl| crl.der).collect()),
        }]),
    }
}

/// `<hash>.r0`, `<hash>.r1` and so on: OpenSSL reads on until a number is missing. Copies and no links, because Windows
/// has none that everyone may make.
fn hashed<'l>(crls: &[CrlInput<'l>]) -> Result<Vec<CrlFile<'l>>, NameError> {
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    crls.iter()
        .map(|crl| {
            let hash = name_hash(crl.issuer)?;
            let number = numbers.entry(hash).or_default();
            let name = format!("{hash:08x}.r{number}");
            *number += 1;
            Ok(CrlFile {
                name,
                content: Content::Pem(vec![crl.der]),
            })
        })
        .collect()
}

fn windows<'l>(crls: &[CrlInput<'l>]) -> Vec<CrlFile<'l>> {
    let mut files: Vec<CrlFile<'l>> = crls
        .iter()
        .map(|crl| CrlFile {
            name: format!("{}-{}.crl", slug(crl.issuer), short(crl.id)),
            content: Content::Der(crl.der),
        })
        .collect();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let script = script::import(&names);
    files.push(CrlFile {
        name: SCRIPT_FILE.to_owned(),
        content: Content::Text(script),
    });
    files
}

/// The most letters of an issuer's name in a file's name: paths on Windows are short.
const SLUG_LIMIT: usize = 40;

/// An issuer's name as part of a file's name: `nhs-int-level-1c`.
fn slug(issuer: &Name) -> String {
    let mut slug = String::new();
    for c in printable(&issuer.short()).chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
        if slug.len() == SLUG_LIMIT {
            break;
        }
    }
    match slug.trim_end_matches('-') {
        "" => "issuer".to_owned(),
        slug => slug.to_owned(),
    }
}

fn short(id: &str) -> String {
    let plain = id.chars().filter(char::is_ascii_alphanumeric);
    plain.take(8).collect::<String>().to_ascii_lowercase()
}
