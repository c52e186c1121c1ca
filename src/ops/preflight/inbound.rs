//! What a listener's log shows: whether calls from the NHS reach the endpoint.

use serde_json::Value;

use crate::document::Moment;
use crate::verdict::preflight::{CallPassedOver, PassedCalls};

/// How old a call may be that shows that calls arrive, in days: firewalls, addresses and certificates change, and a test
/// call is quickly made.
const AGE: i64 = 30;

/// Seconds by which the listener's clock may be ahead of this one.
const AHEAD: i64 = 300;

/// What the records say that they are ([`crate::report::listen`] writes them).
const LISTENER_RECORD: &str = "ptl-cert/listen/1";
const CALL_RECORD: &str = "ptl-cert/listen-caller/1";

/// Whose calls count.
pub(super) struct Wanted<'w> {
    /// The endpoint's name.
    pub(super) fqdn: &'w str,
    /// The environment's id.
    pub(super) environment: &'w str,
    /// The hosts that call endpoints.
    pub(super) callers: Vec<&'w str>,
    /// When the endpoint's certificate begins, where it was given: earlier calls were made with another one.
    pub(super) not_before: Option<Moment>,
    /// Now.
    pub(super) at: Moment,
}

/// The last call that counts, by caller and time, and what does not count.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) call: Option<(String, String)>,
    pub(super) passed_over: Vec<PassedCalls>,
}

/// Reads what `listen` writes as NDJSON: a record of the listener, then one of each call; several runs one after the other.
pub(super) fn heard(log: &[u8], wanted: &Wanted<'_>) -> Heard {
    let mut heard = Heard::default();
    let mut listener = None;
    for line in log.split(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let record: Option<Value> = serde_json::from_slice(line).ok();
        let schema = record.as_ref().and_then(|record| text(record, "schema"));
        match (&record, schema) {
            (Some(_), Some(LISTENER_RECORD)) => listener = record,
            (Some(call), Some(CALL_RECORD)) => match wanted.judge(listener.as_ref(), call) {
                Ok(counts) => heard.call = Some(counts),
                Err(why) => heard.pass(why),
            },
            _ => heard.pass(CallPassedOver::NoCall),
        }
    }
    heard
}

fn text<'v>(record: &'v Value, field: &str) -> Option<&'v str> {
    record.get(field)?.as_str()
}

impl Heard {
    fn pass(&mut self, reason: CallPassedOver) {
        let known = self.passed_over.iter_mut();
        match known.into_iter().find(|passed| passed.reason == reason) {
            Some(passed) => passed.number += 1,
            None => self.passed_over.push(PassedCalls { reason, number: 1 }),
        }
    }
}

impl Wanted<'_> {
    /// Caller and time of a call that counts, or why it does not.
    fn judge(
        &self,
        listener: Option<&Value>,
        call: &Value,
    ) -> Result<(String, String), CallPassedOver> {
        let is = |found: Option<&str>, wanted: &str| {
            found.is_some_and(|found| found.eq_ignore_ascii_case(wanted))
        };
        let environment = listener.and_then(|listener| text(listener, "environment"));
        if !is(environment, self.environment) {
            return Err(CallPassedOver::OtherEnvironment);
        }
        // The name that the client asked for; clients without SNI get the certificate that there is.
        let name = listener.and_then(|listener| text(listener, "name"));
        if !is(text(call, "server_name").or(name), self.fqdn) {
            return Err(CallPassedOver::OtherEndpoint);
        }
        let written = text(call, "at").ok_or(CallPassedOver::OtherTime)?;
        let at: Moment = written
            .parse()
            .map_err(|_unread| CallPassedOver::OtherTime)?;
        let age = self.at.unix().saturating_sub(at.unix());
        let too_early = self.not_before.is_some_and(|begins| at < begins);
        if too_early || !(-AHEAD..=AGE * 86_400).contains(&age) {
            return Err(CallPassedOver::OtherTime);
        }
        if call.get("admitted").and_then(Value::as_bool) != Some(true) {
            return Err(CallPassedOver::NotAdmitted);
        }
        let caller = text(call, "caller").ok_or(CallPassedOver::OtherCaller)?;
        match self.callers.iter().any(|known| is(Some(caller), known)) {
            true => Ok((caller.to_owned(), written.to_owned())),
            false => Err(CallPassedOver::OtherCaller),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTENER: &str =
        r#"{"schema":"ptl-cert/listen/1","environment":"int","name":"a.nhs.uk"}"#;

    fn wanted() -> Wanted<'static> {
        Wanted {
            fqdn: "a.nhs.uk",
            environment: "int",
            callers: vec!["proxy.nhs.uk"],
            not_before: "2026-11-20T00:00:00Z".parse().ok(),
            at: "2026-12-01T00:00:00Z".parse().unwrap(),
        }
    }

    fn call(at: &str, server_name: &str) -> String {
        format!(
            r#"{{"schema":"ptl-cert/listen-caller/1","at":"{at}","admitted":true,"caller":"proxy.nhs.uk","server_name":"{server_name}"}}"#
        )
    }

    #[track_caller]
    fn assert_passed_over(log: &str, reason: CallPassedOver) {
        let passed = PassedCalls { reason, number: 1 };
        let expected = Heard {
            call: None,
            passed_over: vec![passed],
        };
        assert_eq!(heard(log.as_bytes(), &wanted()), expected, "{log}");
    }

    const RECENT: &str = "2026-11-30T12:00:00Z";

    #[test]
    fn a_recent_admitted_call_to_this_endpoint_counts() {
        let without_sni = call(RECENT, "a.nhs.uk").replace(r#","server_name":"a.nhs.uk""#, "");
        for call in [call(RECENT, "A.nhs.uk"), without_sni] {
            let found = heard(format!("{LISTENER}\n{call}\n").as_bytes(), &wanted());
            let counts = Some(("proxy.nhs.uk".to_owned(), RECENT.to_owned()));
            assert_eq!(
                (found.call, found.passed_over),
                (counts, Vec::new()),
                "{call}"
            );
        }
    }

    #[test]
    fn a_call_to_another_endpoint_or_of_another_environment_does_not_count() {
        let call = call(RECENT, "a.nhs.uk");
        let other = LISTENER.replace("\"int\"", "\"dep\"");
        assert_passed_over(
            &format!("{other}\n{call}"),
            CallPassedOver::OtherEnvironment,
        );
        // Without its listener's record a call may be to any.
        assert_passed_over(&call, CallPassedOver::OtherEnvironment);
        // The record that comes last before it is its own.
        assert_passed_over(
            &format!("{LISTENER}\n{other}\n{call}"),
            CallPassedOver::OtherEnvironment,
        );
        let other_name = self::call(RECENT, "b.nhs.uk");
        assert_passed_over(
            &format!("{LISTENER}\n{other_name}"),
            CallPassedOver::OtherEndpoint,
        );
        let without_sni = call.replace(r#","server_name":"a.nhs.uk""#, "");
        let other = LISTENER.replace("a.nhs.uk", "b.nhs.uk");
        assert_passed_over(
            &format!("{other}\n{without_sni}"),
            CallPassedOver::OtherEndpoint,
        );
    }

    #[test]
    fn a_call_that_is_old_or_from_the_future_or_before_the_certificate_does_not_count() {
        for at in [
            "2020-01-01T00:00:00Z",
            "2026-11-19T23:59:59Z",
            "2026-12-01T01:00:00Z",
            "yesterday",
        ] {
            let log = format!("{LISTENER}\n{}", call(at, "a.nhs.uk"));
            assert_passed_over(&log, CallPassedOver::OtherTime);
        }
        let mut wanted = wanted();
        wanted.not_before = None;
        let log = format!("{LISTENER}\n{}", call("2026-10-01T00:00:00Z", "a.nhs.uk"));
        assert_eq!(heard(log.as_bytes(), &wanted).call, None);
    }

    #[test]
    fn a_call_that_was_refused_or_is_not_from_the_nhs_does_not_count() {
        let refused = call(RECENT, "a.nhs.uk").replace("true", "false");
        assert_passed_over(
            &format!("{LISTENER}\n{refused}"),
            CallPassedOver::NotAdmitted,
        );
        let other = call(RECENT, "a.nhs.uk").replace("proxy.nhs.uk", "b.nhs.uk");
        assert_passed_over(&format!("{LISTENER}\n{other}"), CallPassedOver::OtherCaller);
        let made_up = r#"{"event":"call","admitted":true,"caller":"proxy.nhs.uk"}"#;
        assert_passed_over(&format!("{LISTENER}\n{made_up}"), CallPassedOver::NoCall);
        assert_passed_over("text", CallPassedOver::NoCall);
    }
}
