//! PEM, written as it is made.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The octets of one line: 64 characters (RFC 7468 section 2).
const LINE: usize = 48;
/// The lines that are encoded before they are written.
const LINES: usize = 256;

/// Writes a PEM block (RFC 7468) without ever holding the text of more than some kilobytes.
///
/// # Errors
/// Those of `out`.
pub fn write_pem(mut out: impl Write, label: &str, der: &[u8]) -> io::Result<()> {
    writeln!(out, "-----BEGIN {label}-----")?;
    let mut text = String::with_capacity(LINES * (LINE / 3 * 4 + 1));
    for lines in der.chunks(LINE * LINES) {
        text.clear();
        for line in lines.chunks(LINE) {
            STANDARD.encode_string(line, &mut text);
            text.push('\n');
        }
        out.write_all(text.as_bytes())?;
    }
    writeln!(out, "-----END {label}-----")
}
