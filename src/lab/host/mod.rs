//! What the lab's hosts answer, as values: its CRLs and CA certificates, the page for manual downloads, and
//! which clients its proxy admits.
//!
//! Which bytes, not how they travel: [`crate::wire`] carries them, and misbehaves where a [`Fault`] says so.

mod fault;
mod client_auth;
mod page;

pub use client_auth::{Admission, ClientAuth, ClientAuthError, Refusal};
pub use fault::{Fault, UnknownFault};
pub use page::Page;

use super::{Defect, Lab, LabError, PublishedCrl, Reach, encoded};
use crate::document::Moment;

/// Where the page for downloads manually is: the path that it has for the oldest NHS PKI.
pub const DOWNLOADS: &str = "/public/pki/crls.php";

/// How long one edition of a CRL is served, in seconds: an hour. Within it a CRL is the same byte for byte, so that
/// a repeated request can be answered with "not modified"; a revocation makes a new edition at once.
const EDITION: i64 = 60 * 60;

impl Lab {
    /// The page at a path of the lab's host, at a moment; its CRLs with these defects.
    ///
    /// Served are `/` and [`DOWNLOADS`] as HTML, every CRL and every CA certificate at the path that certificates
    /// name. Everything else is a page that says 404. A query is not looked at.
    ///
    /// # Errors
    /// Those of [`Lab::crl`] and [`encoded`].
    #[doc(hidden)]
    pub fn page(&self, path: &str, at: Moment, defects: &[Defect]) -> Result<Page, LabError> {
        let path = path.split(['?', '#']).next().unwrap_or(path);
        match path {
            "/" => return Ok(Page::html(self.index()?)),
            DOWNLOADS => return Ok(Page::html(self.downloads())),
            _ => {}
        }
        if let Some(place) = self
            .published_crls()
            .iter()
            .find(|place| place.path() == path)
        {
            let at = self.edition(at);
            let crl = self.crl(place, at, defects)?;
            return Ok(Page::crl(encoded(crl, defects)?, at));
        }
        let certificates = self.certificates()?;
        let certificate = certificates.into_iter().find(|(known, _)| known == path);
        Ok(match certificate {
            Some((_, der)) => Page::certificate(der, self.created()),
            None => Page::missing(path),
        })
    }

    /// The moment at which the edition of a moment was made: the last full hour since the creation, or the last
    /// revocation if that came after it.
    pub fn edition(&self, at: Moment) -> Moment {
        let since = at.unix().saturating_sub(self.created().unix());
        let hour = at.unix() - since.rem_euclid(EDITION);
        let revoked = self.state().revoked().iter().map(|revoked| revoked.at());
        let revoked = revoked.filter(|revoked| *revoked <= at).max();
        let hour = Moment::from_unix(hour).unwrap_or(at);
        revoked.map_or(hour, |revoked| revoked.max(hour))
    }

    fn index(&self) -> Result<String, LabError> {
        let mut body = page::beginning("LAB: CRLs and CA certificates");
        body.push_str(&format!(
            "<p>None of this is the NHS's. CRLs that certificates name by a directory name are on <a href=\"{DOWNLOADS}\">the download page</a>.</p>\n<ul>\n"
        ));
        for place in self
            .published_crls()
            .iter()
            .filter(|place| place.reach() == Reach::Http)
        {
            body.push_str(&item(place));
        }
        for (path, _) in self.certificates()? {
            body.push_str(&page::link(&path, &path));
        }
        body.push_str(page::END);
        Ok(body)
    }

    fn downloads(&self) -> String {
        let mut body = page::beginning("LAB: CRL downloads");
        body.push_str(
            "<p>For certificates whose distribution point is a directory name: download your environment's file weekly and import it into your cache.</p>\n<ul>\n",
        );
        for place in self
            .published_crls()
            .iter()
            .filter(|place| place.reach() == Reach::ManualImport)
        {
            body.push_str(&item(place));
        }
        body.push_str(page::END);
        body
    }
}

fn item(place: &PublishedCrl) -> String {
    let part = match place.partition() {
        Some(partition) => format!(", part {partition}"),
        None => String::new(),
    };
    page::link(&place.path(), &format!("{}{part}", place.issuer()))
}

#[cfg(test)]
mod tests;
