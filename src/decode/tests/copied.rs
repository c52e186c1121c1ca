//! What people copy out of other programs: chats, logs, editors, source code, spreadsheets.

use super::*;

fn lines(text: &str, one: impl Fn(usize, &str) -> String) -> String {
    let lines = (1..).zip(text.lines());
    lines.map(|(number, line)| one(number, line)).collect()
}

/// The text of two certificates as other programs show it.
fn copies(text: &str) -> Vec<(&'static str, String)> {
    let each =
        |before: &str, behind: &str| lines(text, |_, line| format!("{before}{line}{behind}\n"));
    vec![
        ("a mail reply with initials", each("JS> ", "")),
        ("a mail reply with colons", each(": ", "")),
        ("comments of a shell", each("# ", "")),
        ("comments of C", each("// ", "")),
        ("comments in a block", each(" * ", "")),
        ("comments of SQL", each("-- ", "")),
        ("comments of a batch file", each("REM ", "")),
        ("comments of an ini file", each("; ", "")),
        ("a context diff", each(" ", "")),
        ("cat -n", lines(text, |n, line| format!("{n:6}\t{line}\n"))),
        (
            "grep -n",
            lines(text, |n, line| format!("a.pem:{n}:{line}\n")),
        ),
        (
            "an editor",
            lines(text, |n, line| format!("{n:3} | {line}\n")),
        ),
        (
            "a log",
            lines(text, |n, line| {
                format!("2026-01-02T03:04:{n:02}.000Z INFO [a-{n}] {line}\n")
            }),
        ),
        ("a container's log", each("nginx_1  | ", "")),
        ("a terminal's colours", each("\u{1b}[32m", "\u{1b}[0m")),
        ("a chat's quotation", each("&gt; ", "")),
        ("a list", each("- ", "")),
        (
            "a table of psql",
            lines(text, |_, line| format!(" {line:<64}+\n")),
        ),
        ("cells", lines(text, |n, line| format!("{n},{line}\n"))),
        ("quoted cells", each("\"", "\"\t")),
        ("strings of C", each("\"", "\\n\"")),
        ("strings of Java", each("    \"", "\\n\" +")),
        ("strings of JavaScript", each("'", "\\n' +")),
        ("strings of Visual Basic", each("\"", "\" & vbCrLf & _")),
        ("lines of JSON", format!("[\n{}]", each("  \"", "\","))),
        (
            "lines of JSON in one",
            format!("[\"{}\"]", text.trim().replace('\n', "\",\"")),
        ),
        ("a script that appends", each("echo \"", "\" >> a.pem")),
        ("a batch file that appends", each("echo ", ">> a.pem")),
        ("printf", each("  '", "' \\")),
        ("carets", each("", "^")),
        ("bidi marks", each("\u{200e}", "\u{200e}")),
        ("wide spaces", each("\u{3000}", "")),
        (
            "a signed message",
            text.replace("-----BEGIN", "- -----BEGIN")
                .replace("-----END", "- -----END"),
        ),
        (
            "a page's list",
            format!("<ul>{}</ul>", each("<li>", "</li>").replace('\n', "")),
        ),
        (
            "a table in Markdown",
            format!("| a | {} |\n", text.replace('\n', "<br>")),
        ),
        (
            "properties",
            text.replace('=', "\\=").replace('\n', "\\n\\\n  "),
        ),
    ]
}

#[test]
fn what_other_programs_put_around_each_line_is_taken_out() {
    let pairs = [1, 2].map(|serial| fixture_pair(serial).1);
    let text: String = pairs
        .iter()
        .map(|certificate| String::from_utf8(certificate.to_pem().unwrap()).unwrap())
        .collect();
    let wanted = pairs.map(|certificate| certificate.to_der().unwrap());
    for (name, copy) in copies(&text) {
        for copy in [copy.clone(), copy.replace('\n', "\r\n")] {
            let opened = opened(copy.as_bytes());
            let found: Vec<_> = opened
                .objects
                .iter()
                .map(|object| object.decode().map(|blob| blob.bytes.to_vec()))
                .collect();
            let read: Vec<Vec<u8>> = found.iter().flatten().cloned().collect();
            assert_eq!(read, wanted, "{name}: {found:?}\n{copy}");
        }
    }
}

#[test]
fn a_line_that_was_lost_between_others_is_not_made_up() {
    let (_, pem) = practice_certificate();
    for (name, copy) in copies(&pem) {
        let mut lines: Vec<&str> = copy.lines().collect();
        if lines.len() < 6 {
            continue;
        }
        lines.remove(lines.len() / 2);
        let input = lines.join("\n");
        let opened = open(&Input::new(Source::Stdin, input.as_bytes()), None);
        let read = opened.map(|opened| {
            opened
                .objects
                .iter()
                .filter(|one| one.decode().is_ok())
                .count()
        });
        assert_eq!(read.unwrap_or(0), 0, "{name}\n{input}");
    }
}

#[test]
fn a_patch_is_refused_for_it_says_what_changed_and_not_what_is_there() {
    let (_, pem) = practice_certificate();
    for mark in ["+", "-"] {
        let patch = format!(
            "@@ -0,0 +1,9 @@\n{}",
            lines(&pem, |_, line| format!("{mark}{line}\n"))
        );
        let read = open(&Input::new(Source::Stdin, patch.as_bytes()), None);
        let is_read = |opened: &Opened<'_>| opened.objects.iter().any(|one| one.decode().is_ok());
        assert!(!read.as_ref().is_ok_and(is_read), "{patch}");
    }
}
