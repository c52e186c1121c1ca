//! A line of a crontab.

use super::{Every, Job, JobFile, ScheduleError, shell, spread};

/// The longest command that Vixie cron and its descendants read (`MAX_COMMAND` is 1000, the end included).
const LIMIT: usize = 999;

pub(super) fn render(job: &Job) -> Result<Vec<JobFile>, ScheduleError> {
    // cron turns `\%` into `%` before sh sees it, in quotes or not, but takes a backslash before that for the escape of
    // the backslash; in the script nothing of a value comes right before a `%`.
    let commands = shell::all(&job.commands).replace('%', "\\%");
    let delay = job.every.delay_hours() * 60 * 60;
    // `od` and /dev/urandom are everywhere; $RANDOM is not in sh, and awk's srand() is the same on all machines that
    // start in the same second. Four octets: two would end after 18 hours.
    let wait = format!("sleep $(($(od -An -N4 -tu4 /dev/urandom) \\% {delay}))");
    let command = format!("{wait}; {commands}");
    if command.len() > LIMIT {
        return Err(ScheduleError::TooLong {
            length: command.len(),
            limit: LIMIT,
        });
    }
    let (minute, hour) = (spread(job, 60), 1 + spread(job, 240) / 60);
    let days = match job.every {
        Every::Day => "* * *",
        Every::Week => "* * 1",
    };
    let text = format!(
        "# CRLs for {about}, {every}. For `crontab -e`; a file in /etc/cron.d needs a user before the command.
# Each run first waits up to {hours} hours at random, so that many machines do not fetch at once. In a crontab % means a new
# line, so it is written \\%. cron mails what the commands print to MAILTO, so a failed run is noticed.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
{minute} {hour} {days} {command}
",
        about = job.about,
        every = job.every,
        hours = job.every.delay_hours(),
    );
    Ok(vec![JobFile::utf8(format!("{}.cron", job.name), text)])
}
