//! What the outputs for Nagios and Prometheus share.

use std::fmt::Write;

/// A text without what would end a plugin's line or begin its performance data.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '|' => '/',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect()
}

/// One metric with all of its samples, each its labels and its value; nothing where there are none.
pub(super) fn family(
    text: &mut String,
    name: &str,
    help: &str,
    samples: impl Iterator<Item = (String, i64)>,
) {
    let mut first = true;
    for (labels, value) in samples {
        if std::mem::take(&mut first) {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
        }
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

/// A label's value as the format of Prometheus has it: backslash, double quote and line feed are escaped.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
