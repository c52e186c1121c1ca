//! What tools and people do to a file on its way.

use super::{pem_block, pkcs7};
use crate::lab::{Defect, DefectTarget, LabError};

/// A CRL in DER, written down as these defects have it; in PEM where a defect is one of text, in DER otherwise.
/// Defects of other targets than [`DefectTarget::Encoding`] are not looked at.
///
/// # Errors
/// [`LabError::NotApplicable`] for a defect that only certificates can have.
pub fn encoded(crl: Vec<u8>, defects: &[Defect]) -> Result<Vec<u8>, LabError> {
    let of_encoding = |defect: &Defect| defect.target() == DefectTarget::Encoding;
    let defects: Vec<Defect> = defects.iter().copied().filter(of_encoding).collect();
    let is_text = defects.iter().any(|defect| needs_text(*defect));
    let objects = crl.clone();
    let mut bytes = match is_text {
        true => pem_block("X509 CRL", &crl).into_bytes(),
        false => crl,
    };
    for defect in defects {
        if defect == Defect::Pkcs7AsPem {
            let why = "a PKCS#7 bundle is for certificates";
            return Err(LabError::NotApplicable { defect, why });
        }
        bytes = made(defect, bytes, is_text, &[&objects])?;
    }
    Ok(bytes)
}

fn needs_text(defect: Defect) -> bool {
    !matches!(
        defect,
        Defect::Truncated | Defect::Html | Defect::Empty | Defect::JoinedDer
    )
}

/// What a proxy sends instead of a file.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>LAB: sign in</title></head>\n\
                    <body><p>Please sign in to use this network.</p></body></html>\n";

/// Does one kind of damage.
pub(super) fn made(
    defect: Defect,
    bytes: Vec<u8>,
    is_text: bool,
    objects: &[&[u8]],
) -> Result<Vec<u8>, LabError> {
    if needs_text(defect) && !is_text {
        let why = "the defect is damage to text; ask for PEM";
        return Err(LabError::NotApplicable { defect, why });
    }
    let text = || String::from_utf8_lossy(&bytes).into_owned();
    Ok(match defect {
        // PowerShell's > writes a byte order mark and Windows line ends too.
        Defect::Utf16 => {
            let text = text().replace('\n', "\r\n");
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        Defect::Bom => [b"\xef\xbb\xbf", bytes.as_slice()].concat(),
        Defect::Crlf => text().replace('\n', "\r\n").into_bytes(),
        Defect::Mail => {
            let quoted: String = text().lines().map(|line| format!("> {line}\n")).collect();
            format!("Please find below what you asked for.\n\n{quoted}").into_bytes()
        }
        Defect::QuotedPrintable => {
            let rewritten = |body: &str| soft_lines(&body.replace('=', "=3D"));
            with_bodies(&text(), rewritten).into_bytes()
        }
        // What lost its PEM label had one object: there would be no way to find where the next one begins.
        Defect::NoPemLines => objects
            .first()
            .map(|first| pem_block("", first))
            .unwrap_or_default()
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .fold(String::new(), |text, line| text + line + "\n")
            .into_bytes(),
        Defect::OneLine => with_bodies(&text(), str::to_owned).into_bytes(),
        Defect::Pkcs7AsPem => pem_block("CERTIFICATE", &pkcs7::bundle(objects)).into_bytes(),
        Defect::WrongLabel => {
            let requests = objects
                .iter()
                .map(|der| pem_block("CERTIFICATE REQUEST", der));
            requests.collect::<String>().into_bytes()
        }
        Defect::JoinedDer => objects.concat(),
        Defect::Truncated => {
            let length = bytes.len() * 2 / 3;
            bytes.into_iter().take(length).collect()
        }
        Defect::Html => PAGE.as_bytes().to_vec(),
        Defect::Empty => Vec::new(),
        _ => bytes,
    })
}

/// The text with the base64 of each object in one line, and that line rewritten.
fn with_bodies(text: &str, rewritten: impl Fn(&str) -> String) -> String {
    let (mut whole, mut body) = (String::new(), String::new());
    for line in text.lines() {
        if !line.starts_with("-----") {
            body.push_str(line);
            continue;
        }
        if !body.is_empty() {
            whole.push_str(&format!("{}\n", rewritten(&std::mem::take(&mut body))));
        }
        whole.push_str(&format!("{line}\n"));
    }
    whole
}

/// Lines of at most 76 characters, each but the last ending in the `=` of a soft line break (RFC 2045 section 6.7).
fn soft_lines(line: &str) -> String {
    let characters: Vec<char> = line.chars().collect();
    let lines: Vec<String> = characters
        .chunks(75)
        .map(|chunk| chunk.iter().collect())
        .collect();
    lines.join("=\n")
}
