//! The conversation of `serve --stdio`: one question a line, one answer a line, in order.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::problem::ProblemReport;
use crate::document::Moment;
use crate::fqdn::Fqdn;
use crate::input::Cause;
use crate::ops::gather::Named;
use crate::ops::verify::{Options, Profile, Purpose, Revocation, Sha1, StaleCrl, WeakKeys};

/// The schema's name, of questions and answers.
pub const SCHEMA: &str = "ptl-cert/serve/1";

/// The longest question, in bytes: a certificate with its chain and a request take some 20 KB, and a mail with a ZIP fewer
/// than this.
pub const QUESTION_LIMIT: usize = 4 * 1024 * 1024;

/// One question. A field that is not known is an error, so that a question is never answered on other terms than asked.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "ask", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServeQuestion {
    /// Is a certificate good, and if not, why not? Answered as by `verify --format json`.
    Verify(Box<Verify>),
    /// What is this? Answered as by `inspect --format json`.
    Inspect(Inspect),
    /// Which key, request and certificate belong together? Answered as by `match --format json`.
    Match(Inspect),
    /// Opens the cache again at once.
    Reload(Plain),
    /// Is the process there? The answer has its version.
    Ping(Plain),
}

/// A question without terms.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Plain {
    /// Anything; the answer has the same.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub id: Value,
}

/// The terms of a verdict; what is left out is as careful as on the command line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Verify {
    /// Anything; the answer has the same.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub id: Value,
    /// The certificate and what was sent along, as PEM.
    pub certificates: String,
    /// The id of the environment.
    pub environment: String,
    /// What completes the chain, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The host that it must be for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<Fqdn>,
    /// What it must be usable for; `server` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// For which certificates revocation is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Revocation>,
    /// What a CRL past its nextUpdate is worth; `refuse` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_crl: Option<StaleCrl>,
    /// `accepted`: SHA-1 below the anchor is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha1: Option<Sha1>,
    /// `accepted`: keys of less than 112 bits of security are accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weak_keys: Option<WeakKeys>,
    /// `strict`: a breach of the rules for issuers refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// A request that it must answer, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csr: Option<String>,
    /// The moment for which it is judged; now where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

/// Something of unknown format: text, or base64.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Inspect {
    /// Anything; the answer has the same.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub id: Value,
    /// PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Bytes of any format, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// The moment for which it is judged; now where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

/// The answer to one question, with the report of a command in it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ServeAnswer")]
#[non_exhaustive]
pub struct ServeAnswer<R = Value> {
    /// Always `ptl-cert/serve/1`.
    pub schema: &'static str,
    /// That of the question; null where it could not be read.
    pub id: Value,
    /// The exit status that the command would have had.
    pub exit: u8,
    /// What the command would have printed; its `schema` says what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<R>,
    /// Why there is no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ProblemReport>,
}

impl<R: Serialize> ServeAnswer<R> {
    /// What the command would have printed, and its exit status. The report is written as it is, by
    /// [`json`](super::json): nothing is made of it in between.
    pub fn new(id: Value, exit: u8, result: R) -> ServeAnswer<R> {
        ServeAnswer {
            schema: SCHEMA,
            id,
            exit,
            result: Some(result),
            error: None,
        }
    }
}

impl ServeAnswer {
    /// Why there is no result.
    pub fn failed(id: Value, exit: u8, error: ProblemReport) -> ServeAnswer {
        ServeAnswer {
            schema: SCHEMA,
            id,
            exit,
            result: None,
            error: Some(error),
        }
    }
}

/// Why bytes in a question cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionError {
    /// Neither text nor base64, or both.
    #[error("give either text or base64")]
    NotOne,
    /// It is not base64.
    #[error("the base64 does not read")]
    Base64(#[source] Cause),
}

impl Verify {
    /// What [`crate::ops::verify`] is asked.
    pub fn options(&self) -> Options {
        let named = |name: &'static str, text: &str| Named::given(name, text.as_bytes());
        let mut options = Options::new([named("certificates", &self.certificates)])
            .environment(self.environment.as_str())
            .chain(self.chain.iter().map(|text| named("chain", text)));
        options.fqdn.clone_from(&self.fqdn);
        options.purpose = self.purpose.unwrap_or(options.purpose);
        options.revocation = self.revocation;
        options.stale = self.stale_crl.unwrap_or(options.stale);
        options.sha1 = self.sha1.unwrap_or(options.sha1);
        options.weak_keys = self.weak_keys.unwrap_or(options.weak_keys);
        options.profile = self.profile.unwrap_or(options.profile);
        options.request = self.csr.as_deref().map(|text| named("csr", text));
        options
    }
}

impl Inspect {
    /// The bytes.
    ///
    /// # Errors
    /// When they are given twice or not at all, or are not base64.
    pub fn named(&self) -> Result<Named, QuestionError> {
        let bytes = match (&self.text, &self.base64) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(text)) => STANDARD
                .decode(text)
                .map_err(|error| QuestionError::Base64(error.into()))?,
            _ => return Err(QuestionError::NotOne),
        };
        Ok(Named::given("the question", bytes))
    }
}

/// Reads one question.
///
/// # Errors
/// When it is not JSON, not a question, has a field that is not known, or an id with a number that its answer could not repeat.
pub fn question(line: &[u8]) -> Result<ServeQuestion, serde_json::Error> {
    let question: ServeQuestion = serde_json::from_slice(line)?;
    let id = match &question {
        ServeQuestion::Verify(asked) => &asked.id,
        ServeQuestion::Inspect(asked) | ServeQuestion::Match(asked) => &asked.id,
        ServeQuestion::Reload(asked) | ServeQuestion::Ping(asked) => &asked.id,
    };
    match is_repeated(id) {
        true => Ok(question),
        false => Err(serde::de::Error::custom(
            "the id has a number too large to be repeated exactly; write it as text",
        )),
    }
}

/// Whether an id is written as it was read: integers of more than 64 bits are read as the nearest number of double precision.
fn is_repeated(id: &Value) -> bool {
    /// 2^53: every integer up to it has double precision.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match id {
        Value::Number(number) => {
            let is_exact = |number: f64| number.abs() < EXACT;
            number.is_i64() || number.is_u64() || number.as_f64().is_some_and(is_exact)
        }
        Value::Array(all) => all.iter().all(is_repeated),
        Value::Object(all) => all.values().all(is_repeated),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// The id of a question that cannot be read otherwise; null where there is none, or it could not be repeated.
pub fn id_of(line: &[u8]) -> Value {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        id: Value,
    }
    let named = serde_json::from_slice::<Named>(line);
    let id = named.map(|named| named.id).ok().filter(is_repeated);
    id.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_with_a_field_that_is_not_known_is_refused_and_not_answered_on_other_terms() {
        let known = br#"{"ask":"verify","id":7,"certificates":"","environment":"int"}"#;
        assert!(question(known).is_ok(), "{:?}", question(known));
        let typed_wrong =
            br#"{"ask":"verify","id":7,"certificates":"","environment":"int","fdqn":"a.nhs.uk"}"#;
        assert!(question(typed_wrong).is_err());
        assert_eq!(id_of(typed_wrong), 7);
        assert!(question(br#"{"ask":"ping","at":"2026-01-01T00:00:00Z"}"#).is_err());
        assert!(question(br#"{"ask":"shutdown"}"#).is_err());
    }

    #[test]
    fn an_id_that_an_answer_could_not_repeat_is_refused() {
        let ping = |id: &str| format!("{{\"ask\":\"ping\",\"id\":{id}}}");
        for id in ["18446744073709551615", "-9223372036854775808", "1.5", "[1]"] {
            let line = ping(id);
            assert!(question(line.as_bytes()).is_ok(), "{id}");
            assert_eq!(id_of(line.as_bytes()).to_string(), id);
        }
        for id in [
            "18446744073709551617",
            "-9223372036854775809",
            "[{\"a\":1e30}]",
        ] {
            let line = ping(id);
            assert!(question(line.as_bytes()).is_err(), "{id}");
            assert_eq!(id_of(line.as_bytes()), Value::Null);
        }
    }

    #[test]
    fn what_is_left_out_is_as_careful_as_on_the_command_line() {
        let Ok(ServeQuestion::Verify(asked)) =
            question(br#"{"ask":"verify","certificates":"","environment":"int"}"#)
        else {
            panic!("not a question");
        };
        let (options, usual) = (asked.options(), Options::new([]));
        assert_eq!(options.purpose, usual.purpose);
        assert_eq!(options.stale, StaleCrl::Refuse);
        assert_eq!(options.sha1, Sha1::Refused);
        assert_eq!(options.weak_keys, WeakKeys::Refused);
        assert_eq!(options.revocation, None);
    }

    #[test]
    fn bytes_are_given_once() {
        let asked = |json: &str| serde_json::from_str::<Inspect>(json).unwrap().named();
        assert!(asked(r#"{"text":"x"}"#).is_ok());
        assert!(asked(r#"{"base64":"eA=="}"#).is_ok());
        assert!(matches!(
            asked(r#"{"text":"x","base64":"eA=="}"#),
            Err(QuestionError::NotOne)
        ));
        assert!(matches!(asked("{}"), Err(QuestionError::NotOne)));
        assert!(matches!(
            asked(r#"{"base64":"?"}"#),
            Err(QuestionError::Base64(_))
        ));
    }
}
