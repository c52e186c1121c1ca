//! Documents of Word, Excel, PowerPoint (ECMA-376) and OpenDocument: ZIP archives whose text is in XML, and that XML in a
//! file of its own.
//!
//! Each part is read as the text that a reader sees; files that were put into the document are opened as any other.

use super::super::error::OpenError;
use super::super::{Container, Opened, UnsupportedFormat, text};
use super::files::Files;
use super::markup::{self, Dialect};
use crate::decode::open::Opening;

/// The folders of a workbook that hold its cells.
const SHEETS: &str = "xl/worksheets/";
/// Its texts, which cells name by their number (ECMA-376 part 1, section 18.4).
const STRINGS: &str = "xl/sharedStrings.xml";

/// A document while its parts are read.
pub(super) struct Office {
    dialect: Dialect,
    strings: Vec<u8>,
    sheets: Vec<(String, Vec<u8>)>,
}

impl Office {
    /// Whether an archive with files of these names is a document.
    pub(super) fn of<'n>(names: impl Iterator<Item = &'n [u8]>) -> Option<Office> {
        let (mut parts, mut mimetype, mut content) = (false, false, false);
        for name in names {
            parts |= name == b"[Content_Types].xml";
            mimetype |= name == b"mimetype";
            content |= name == b"content.xml";
        }
        let dialect = match (parts, mimetype && content) {
            (true, _) => Dialect::Runs,
            (false, true) => Dialect::Paragraphs,
            (false, false) => return None,
        };
        Some(Office {
            dialect,
            strings: Vec::new(),
            sheets: Vec::new(),
        })
    }

    /// Reads one file of the archive.
    pub(super) fn add(
        &mut self,
        name: String,
        bytes: Vec<u8>,
        files: &mut Files<'_, '_>,
    ) -> Result<(), OpenError> {
        let is = |ending: &str| {
            let end = name.len().checked_sub(ending.len());
            let end = end.and_then(|end| name.get(end..));
            end.is_some_and(|end| end.eq_ignore_ascii_case(ending))
        };
        let is_kept = name == STRINGS || name.starts_with(SHEETS) && is(".xml");
        match () {
            () if is_kept => {
                files.unpacked(bytes.len())?;
                match name == STRINGS {
                    true => self.strings = bytes,
                    false => self.sheets.push((name, bytes)),
                }
                Ok(())
            }
            () if is(".xml") || is(".rels") || is(".vml") => {
                files.unpacked(bytes.len())?;
                let page = markup::read(&String::from_utf8_lossy(&bytes), self.dialect);
                files.add_page(&name, page)
            }
            // It says of the document what it is.
            () if name == "mimetype" => Ok(()),
            () => files.add(name, bytes),
        }
    }

    /// Reads the cells of a workbook, once its texts are known.
    pub(super) fn finish(self, files: &mut Files<'_, '_>) -> Result<(), OpenError> {
        if self.strings.is_empty() && self.sheets.is_empty() {
            return Ok(());
        }
        let page = markup::read(&String::from_utf8_lossy(&self.strings), Dialect::Strings);
        files.add_beside(Some(STRINGS), page.beside.as_bytes(), 0, 1)?;
        // What stands behind the last one is no string.
        let mut strings: Vec<&str> = page.text.split('\0').collect();
        strings.pop();
        let mut is_used = vec![false; strings.len()];
        for (name, bytes) in self.sheets {
            let sheet = String::from_utf8_lossy(&bytes);
            let mut cells = String::new();
            for number in shared(&sheet) {
                let (Some(string), Some(used)) = (strings.get(number), is_used.get_mut(number))
                else {
                    continue;
                };
                // Any number of cells may name the same long text.
                files.unpacked(string.len())?;
                *used = true;
                cells.push_str(string);
                cells.push('\n');
            }
            let own = markup::read(&sheet, self.dialect);
            cells.push_str(&own.text);
            let text = cells;
            files.add_page(&name, markup::Page { text, ..own })?;
        }
        let unused: Vec<&str> = strings
            .into_iter()
            .zip(is_used)
            .filter_map(|(string, is_used)| (!is_used).then_some(string))
            .collect();
        files.add_prose(STRINGS, unescaped(&unused.join("\n")).into_bytes())
    }
}

/// The numbers of the texts in the cells of a sheet, in its order (ECMA-376 part 1, section 18.3.1.4).
fn shared(sheet: &str) -> impl Iterator<Item = usize> + '_ {
    let mut is_shared = false;
    sheet.split('<').filter_map(move |element| {
        let (tag, content) = element.split_once('>')?;
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        match name.rsplit(':').next()? {
            "c" => {
                is_shared = attributes
                    .split_ascii_whitespace()
                    .any(|attribute| matches!(attribute, "t=\"s\"" | "t=\"s\"/" | "t='s'"));
                None
            }
            "v" if is_shared => content.trim().parse().ok(),
            _ => None,
        }
    })
}

/// Excel writes a carriage return as a number of its own (ECMA-376 part 1, section 22.9.2.19).
pub(super) fn unescaped(text: &str) -> String {
    text.replace("_x000D_", "").replace("_x000d_", "")
}

/// The dialect of a document in one file of XML: of Word, or OpenDocument; of anything else as if it were HTML.
pub(super) fn dialect(xml: &[u8]) -> Dialect {
    /// The root and its namespaces stand at the beginning.
    const HEAD: usize = 4096;
    let head = xml.get(..HEAD).unwrap_or(xml);
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    let is_word = has(b"wordprocessingml") || has(b"office/word");
    if is_word && has(b"<w:") || has(b"<pkg:package") {
        Dialect::Runs
    } else if has(b"<office:") {
        Dialect::Paragraphs
    } else {
        Dialect::Html
    }
}

/// Reads a page of HTML, or a document in one file of XML.
pub(in crate::decode) fn page<'a>(
    source: &[u8],
    opening: &Opening<'_>,
) -> Result<Opened<'a>, OpenError> {
    let dialect = match text::foreign_text(source) {
        Some(UnsupportedFormat::Html) => Dialect::Html,
        _ => self::dialect(source),
    };
    let mut files = Files::of(Container::Html, opening);
    let page = markup::read(&String::from_utf8_lossy(source), dialect);
    files.add_page("text", page)?;
    files.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_of_a_sheet_name_their_texts_in_its_order() {
        let sheet = "<sheetData><row r=\"1\"><c r=\"A1\" s=\"1\" t=\"s\"><v>3</v></c><c r=\"B1\"><v>7</v></c></row><x:row><x:c t='s'><x:v>0</x:v></x:c><c t=\"str\"><v>5</v></c></x:row></sheetData>";
        assert_eq!(shared(sheet).collect::<Vec<_>>(), [3, 0]);
    }
}
