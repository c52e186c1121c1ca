//! A task of the Windows Task Scheduler ([MS-TSCH] section 2.5).
//!
//! Elements are in the order of the schema and of what Windows exports. The file is UTF-16 and says so, as what Windows
//! exports. It has not been run on Windows.

use super::{Encoding, Every, Job, JobFile};

pub(super) fn render(job: &Job) -> Vec<JobFile> {
    let schedule = match job.every {
        Every::Day => {
            "<ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>"
        }
        Every::Week => {
            "<ScheduleByWeek>
        <WeeksInterval>1</WeeksInterval>
        <DaysOfWeek>
          <Monday />
        </DaysOfWeek>
      </ScheduleByWeek>"
        }
    };
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Author>ptl-cert</Author>
    <Description>{about}</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2026-01-05T01:00:00</StartBoundary>
      <RandomDelay>PT{delay}H</RandomDelay>
      {schedule}
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="System">
      <UserId>S-1-5-18</UserId>
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT1H</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT15M</Interval>
      <Count>4</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="System">
    <Exec>
      <Command>%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"#,
        about = text(&format!("CRLs for {}, {}", job.about, job.every)),
        delay = job.every.delay_hours(),
        arguments = text(&format!(
            "-NoProfile -NonInteractive -Command {}",
            argument(&script(job))
        )),
    );
    vec![JobFile {
        name: format!("{}.xml", job.name),
        text,
        encoding: Encoding::Utf16,
    }]
}

/// One PowerShell line: of a task with several actions Task Scheduler tells the result of the last one only. Each is
/// run, and the line ends with the status of the last one that failed; a program that cannot be started leaves
/// `$LASTEXITCODE` as it was, so that it is set before.
fn script(job: &Job) -> String {
    let mut script = "$s = 0; ".to_owned();
    for command in &job.commands {
        let words: Vec<String> = command.iter().map(|word| shell_word(word)).collect();
        script.push_str(&format!(
            "$LASTEXITCODE = 3; & {}; if ($LASTEXITCODE -ne 0) {{ $s = $LASTEXITCODE }}; ",
            words.join(" ")
        ));
    }
    script.push_str("exit $s");
    script
}

/// A word for PowerShell 5.1 that reaches the program as it is.
///
/// Task Scheduler replaces `%NAME%` and `$(Arg0)`, so that neither `%` nor `$` is written: PowerShell makes them. And
/// PowerShell 5.1 puts quotes around an argument with a space but escapes none inside it, so that they are escaped here.
fn shell_word(text: &str) -> String {
    let native = match text.is_empty() {
        true => "\"\"".to_owned(),
        false => backslashed(text, text.contains(' ')),
    };
    let quoted = doubled(&native);
    if !quoted.contains(['%', '$']) {
        return format!("'{quoted}'");
    }
    let made = quoted
        .replace('%', "'+[char]37+'")
        .replace('$', "'+[char]36+'");
    format!("('{made}')")
}

/// Text inside a string in single quotes. PowerShell takes the typographic quotes U+2018 to U+201B for single quotes too.
fn doubled(text: &str) -> String {
    let mut doubled = String::new();
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            doubled.push(c);
        }
        doubled.push(c);
    }
    doubled
}

/// A word as a program's own start-up code takes it apart: in quotes, backslashes doubled before a quote.
fn argument(text: &str) -> String {
    format!("\"{}\"", backslashed(text, true))
}

/// The inside of such a word; where a quote follows it, backslashes at its end are doubled too.
fn backslashed(text: &str, quote_follows: bool) -> String {
    let mut escaped = String::new();
    let mut backslashes = 0;
    for c in text.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                escaped.push_str(&"\\".repeat(backslashes * 2 + 1));
                backslashes = 0;
                escaped.push('"');
            }
            c => {
                escaped.push_str(&"\\".repeat(backslashes));
                backslashes = 0;
                escaped.push(c);
            }
        }
    }
    escaped.push_str(&"\\".repeat(backslashes * if quote_follows { 2 } else { 1 }));
    escaped
}

/// Text of an XML element.
fn text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
