//! Commands for a POSIX shell.

/// Runs every command, whatever became of those before, and ends with the status of the last one that failed: lists
/// that were installed have to reach the server although another one could not be fetched, and the scheduler has to
/// see that one could not.
pub(super) fn all(commands: &[Vec<String>]) -> String {
    let lines: Vec<String> = commands.iter().map(|command| line(command)).collect();
    match lines.as_slice() {
        [only] => only.clone(),
        several => format!("s=0; {} || s=$?; exit $s", several.join(" || s=$?; ")),
    }
}

/// The same for a person who types it: without what only cron needs.
pub(super) fn by_hand(commands: &[Vec<String>]) -> String {
    let lines: Vec<String> = commands.iter().map(|command| line(command)).collect();
    lines.join("; ")
}

/// A word for sh.
pub(super) fn word(text: &str) -> String {
    quoted(text)
}

fn line(command: &[String]) -> String {
    let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A word for sh. Each `%` is outside the quotes, where nothing of the value can come right before it: cron needs
/// an escape there.
fn quoted(text: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | '+' | '@' | ',')
    };
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let quoted = text.replace('\'', "'\\''").replace('%', "'%'");
    format!("'{quoted}'")
}
