//! The task for Windows.

use super::*;

/// The elements of an XML text in order with their depth, and the text of each that has nothing else inside; checks
/// that they nest.
fn elements(xml: &str) -> Vec<(usize, String, String)> {
    let mut found: Vec<(usize, String, String)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let body = xml.split_once("?>").unwrap().1;
    for object in body.split('<').skip(1) {
        let (tag, text) = object.split_once('>').unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(found[open.pop().unwrap()].1, name);
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        found.push((open.len(), name, text.to_owned()));
        if !tag.ends_with('/') {
            open.push(found.len() - 1);
        }
    }
    assert!(open.is_empty());
    found
}

#[test]
fn the_task_has_the_elements_of_the_schema_in_its_order() {
    for every in [Every::Day, Every::Week] {
        let mut job = job(&[]);
        job.every = every;
        let xml = text(Scheduler::WindowsTask, &job);
        assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"));
        let all = elements(&xml);
        let below = |parent: &str| -> Vec<String> {
            let at = all.iter().position(|(_, name, _)| name == parent).unwrap();
            let depth = all[at].0 + 1;
            all[at + 1..]
                .iter()
                .take_while(|(found, ..)| *found >= depth)
                .filter(|(found, ..)| *found == depth)
                .map(|(_, name, _)| name.clone())
                .collect()
        };
        assert_eq!(
            below("Task"),
            [
                "RegistrationInfo",
                "Triggers",
                "Principals",
                "Settings",
                "Actions"
            ]
        );
        // [MS-TSCH] 2.5.3.1 and 2.5.3.9: a sequence.
        let schedule = match every {
            Every::Day => "ScheduleByDay",
            Every::Week => "ScheduleByWeek",
        };
        assert_eq!(
            below("CalendarTrigger"),
            ["Enabled", "StartBoundary", "RandomDelay", schedule]
        );
        assert_eq!(below("Exec"), ["Command", "Arguments"]);
        assert_eq!(below("RestartOnFailure"), ["Interval", "Count"]);
    }
}

#[test]
fn xmllint_finds_the_task_well_formed() {
    use std::io::Write;
    let xml = text(Scheduler::WindowsTask, &job(NASTY));
    // As it is written: the declaration says UTF-16.
    let utf16: Vec<u8> = std::iter::once('\u{feff}')
        .chain(xml.chars())
        .flat_map(|letter| letter.encode_utf16(&mut [0; 2]).to_vec())
        .flat_map(u16::to_le_bytes)
        .collect();
    let child = std::process::Command::new("xmllint")
        .args(["--noout", "-"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: there is no xmllint");
        return;
    };
    child.stdin.take().unwrap().write_all(&utf16).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The words that reach the second command's program: XML, Task Scheduler, powershell.exe, PowerShell 5.1, start-up code.
fn as_windows_reads(xml: &str) -> Vec<String> {
    let all = elements(xml);
    let (.., arguments) = all.iter().find(|(_, name, _)| name == "Arguments").unwrap();
    let arguments = arguments
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    // Task Scheduler: nothing that it would replace is there.
    assert!(
        !arguments.contains('%') && !arguments.contains("$("),
        "{arguments}"
    );
    let words = started(&arguments);
    assert_eq!(words[..3], ["-NoProfile", "-NonInteractive", "-Command"]);
    assert_eq!(words.len(), 4);
    let (_, rest) = words[3]
        .split_once("{ $s = $LASTEXITCODE }; $LASTEXITCODE = 3; & ")
        .unwrap();
    let (second, end) = rest.rsplit_once("; if ($LASTEXITCODE -ne 0)").unwrap();
    assert_eq!(end, " { $s = $LASTEXITCODE }; exit $s");
    // PowerShell: its own words, put into a command line with quotes around those that have a space.
    let native: Vec<String> = powershell(second)
        .into_iter()
        .map(|word| match word.contains(' ') {
            true => format!("\"{word}\""),
            false => word,
        })
        .collect();
    started(&native.join(" "))
}

/// Single-quoted PowerShell words, joined by `+` inside parentheses, with `[char]` among them.
fn powershell(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    let mut depth = 0;
    while let Some(c) = chars.next() {
        let word = words.last_mut().unwrap();
        match (quoted, c) {
            (true, '\'') if chars.peek() == Some(&'\'') => {
                chars.next();
                word.push('\'');
            }
            (_, '\'') => quoted = !quoted,
            (true, c) => word.push(c),
            (false, '(') => depth += 1,
            (false, ')') => depth -= 1,
            (false, '+') => {}
            (false, '[') => {
                let code: String = chars.by_ref().take(7).collect();
                let number = code.strip_prefix("char]").unwrap();
                word.push(char::from_u32(number.parse().unwrap()).unwrap());
            }
            (false, ' ') => words.push(String::new()),
            (false, c) => panic!("{c:?} stands outside quotes in {text}"),
        }
    }
    assert!(!quoted && depth == 0, "{text}");
    words
}

/// What a program's start-up code makes of its command line, by Microsoft's rules.
fn started(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let (mut quoted, mut backslashes) = (false, 0);
    for c in line.chars().chain([' ']) {
        match c {
            '\\' => {
                backslashes += 1;
                word.get_or_insert_default();
                continue;
            }
            '"' => {
                let word = word.get_or_insert_default();
                word.push_str(&"\\".repeat(backslashes / 2));
                match backslashes % 2 {
                    0 => quoted = !quoted,
                    _ => word.push('"'),
                }
            }
            c => {
                if let Some(word) = &mut word {
                    word.push_str(&"\\".repeat(backslashes));
                }
                match c {
                    ' ' if !quoted => words.extend(word.take()),
                    c => word.get_or_insert_default().push(c),
                }
            }
        }
        backslashes = 0;
    }
    words
}

#[test]
fn every_word_passes_through_task_scheduler_and_powershell_unchanged() {
    for word in NASTY {
        let job = job(&[word]);
        let xml = text(Scheduler::WindowsTask, &job);
        assert_eq!(as_windows_reads(&xml), job.commands[1], "{word:?}");
    }
}

#[test]
fn the_file_is_utf_16_with_a_byte_order_mark_as_windows_writes_it() {
    let file = &render(Scheduler::WindowsTask, &job(&["ünï 猫"])).unwrap()[0];
    let bytes = file.bytes();
    assert_eq!(bytes[..4], [0xff, 0xfe, b'<', 0]);
    let units: Vec<u16> = bytes[2..]
        .chunks(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    assert_eq!(String::from_utf16(&units).unwrap(), file.text);
}

#[test]
fn typographic_quotes_do_not_end_a_string_of_powershell() {
    let xml = text(
        Scheduler::WindowsTask,
        &job(&["a\u{2019}; calc; \u{2018}b"]),
    );
    assert!(
        xml.contains("'a\u{2019}\u{2019}; calc; \u{2018}\u{2018}b'"),
        "{xml}"
    );
}
