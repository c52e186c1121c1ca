//! Words as the user's shell takes them, for commands that are there to be pasted.

use std::ffi::OsStr;
use std::path::Path;

use ptl_cert::input::{Shown, disturbing};

/// A path as the user's shell takes it, and the command after it: one that begins with a hyphen would be an option there.
/// A hyphen alone is the standard input.
pub(crate) fn typed(path: &Path) -> String {
    let is_option = path.as_os_str().as_encoded_bytes().starts_with(b"-");
    match is_option && path != Path::new("-") {
        true => word(Path::new(".").join(path)),
        false => word(path),
    }
}

/// A word as the user's shell takes it: on one line, and nothing in it is obeyed by a terminal.
pub(crate) fn word(text: impl AsRef<OsStr>) -> String {
    match cfg!(windows) {
        true => windows(&Path::new(text.as_ref()).shown().to_string()),
        false => posix(text.as_ref()),
    }
}

/// Whether no shell sees anything in a character but itself.
fn plain(c: char) -> bool {
    c.is_alphanumeric() || "-_./:=+@,".contains(c)
}

/// A word for cmd and for PowerShell, as far as both agree. Windows allows no control character in a name.
fn windows(text: &str) -> String {
    let is_plain = |c| plain(c) && !matches!(c, ',' | '@') || c == '\\';
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    // PowerShell sees variables and escapes in double quotes; cmd does not, and knows no other quotes.
    if text.contains(['$', '`']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    // A program takes a backslash before a quotation mark for its escape (CommandLineToArgvW).
    let last = text.len() - text.trim_end_matches('\\').len();
    format!("\"{text}{}\"", "\\".repeat(last))
}

/// A word for a POSIX shell.
fn posix(text: &OsStr) -> String {
    match text.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(plain) => text.to_owned(),
        Some(text) if !text.chars().any(disturbing) => {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
        // POSIX 2024, section 2.2.4: dollar-single-quotes, which take octets by their number.
        _ => {
            let mut word = "$'".to_owned();
            for chunk in text.as_encoded_bytes().utf8_chunks() {
                for c in chunk.valid().chars() {
                    let mut encoded = [0; 4];
                    let encoded = c.encode_utf8(&mut encoded);
                    match disturbing(c) || matches!(c, '\'' | '\\') {
                        true => octets(encoded.as_bytes(), &mut word),
                        false => word.push(c),
                    }
                }
                octets(chunk.invalid(), &mut word);
            }
            word + "'"
        }
    }
}

fn octets(octets: &[u8], word: &mut String) {
    use std::fmt::Write;
    for octet in octets {
        // Writing to a string cannot fail.
        let _ = write!(word, "\\{octet:03o}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_begins_with_a_hyphen_is_no_option() {
        let expected = |rest: &str| Path::new(".").join(rest).shown().to_string();
        assert_eq!(typed(Path::new("-out/a.pem")), expected("-out/a.pem"));
        assert_eq!(typed(Path::new("-")), "-");
        assert_eq!(typed(Path::new("out")), "out");
    }

    #[test]
    fn a_windows_path_is_one_word_in_cmd_and_in_powershell() {
        for (path, expected) in [
            (r"C:\crl\int.crl", r"C:\crl\int.crl"),
            (r"C:\Program Files\crl", r#""C:\Program Files\crl""#),
            (r"C:\my crl\", r#""C:\my crl\\""#),
            (r"\\server\share$\a", r"'\\server\share$\a'"),
            ("a,b", r#""a,b""#),
            ("", r#""""#),
        ] {
            assert_eq!(windows(path), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_word_is_taken_by_a_shell_as_it_was_and_has_no_control_character() {
        use std::os::unix::ffi::OsStrExt;

        let given: [&[u8]; 9] = [
            b"plain.pem",
            b"",
            b"a b'c",
            b"a`b$(c)\\d",
            b"evil\n\n# APPROVED\n<script>x\x1b[2J.pem",
            "gpj.\u{202e}exe'\\".as_bytes(),
            b"\x01234",
            b"\xff\x9b\xc3",
            "é ~".as_bytes(),
        ];
        for bytes in given {
            let word = word(OsStr::from_bytes(bytes));
            assert!(!word.chars().any(disturbing), "{word}");
            let mut shell = std::process::Command::new("bash");
            let output = shell.args(["-c", &format!("printf %s {word}")]).output();
            let Ok(output) = output else { return };
            assert_eq!(output.stdout, bytes, "{word}");
        }
    }
}
