//! What `verify` reports: one verdict for each certificate.

mod model;
pub(in crate::report) mod in_short;
mod text;

pub use model::{
    LinkReport, RevocationAnswer, RevocationReport, SCHEMA, TermsReport, TermsTrust, VerdictReport,
    VerificationReport,
};
pub use model::{render_json_one, write_json};

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use schemars::generate::SchemaSettings;

    use super::*;
    use crate::document::Moment;
    use crate::environment::Facts;
    use crate::input::{Origin, Source};
    use crate::report::layout::Detail;
    use crate::verdict::verify::{
        self, Evidence, Given, Profile, Purpose, Question, Revocation, Sha1, StaleCrl, WeakKeys,
    };

    #[test]
    fn the_json_form_is_as_its_schema_says_and_the_text_has_the_same_code() {
        let facts = Facts::built_in().unwrap();
        let authority = facts
            .authorities
            .iter()
            .find(|authority| authority.name == "NHS INT Level 1C")
            .unwrap();
        let given = Given {
            certificate: Arc::clone(authority.certificate().unwrap()),
            origin: Origin::whole(&Arc::new(Source::Stdin)),
        };
        let at = Moment::from_unix(1_650_000_000).unwrap();
        let environment = facts.environment("int");
        let verdict = verify::judge(
            &Question::new(&given, at)
                .purpose(Purpose::Any)
                .environment(environment.unwrap()),
            &Evidence::new(&facts),
        );
        let report = VerificationReport {
            schema: SCHEMA,
            terms: TermsReport {
                at,
                trust: TermsTrust::Environment("int"),
                environment_title: Some("INT"),
                purpose: Purpose::Any,
                fqdn: None,
                revocation: Revocation::Chain,
                stale_crl: StaleCrl::Refuse,
                sha1: Sha1::Refused,
                weak_keys: WeakKeys::Refused,
                profile: Profile::Reported,
                fail_on: None,
            },
            exit: 3,
            verdicts: vec![VerdictReport::in_voice(
                &given.certificate,
                &given.origin,
                &verdict,
                None,
                crate::wording::Voice::CommandLine,
            )],
            unread: Vec::new(),
            passed_over: Vec::new(),
        };
        let schema = SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<VerificationReport<'_>>();
        let schema = serde_json::to_value(schema).unwrap();
        let json = serde_json::to_value(&report).unwrap();
        assert!(jsonschema::is_valid(&schema, &json), "{json}");
        assert_eq!(json["verdicts"][0]["code"], "no-crl");
        let text = report.render(Detail::Usual, 80);
        assert!(text.contains("NOT DECIDED"), "{text}");
        assert!(text.contains("no-crl  exit 3"), "{text}");
        let brief = report.render(Detail::Brief, 80);
        assert_eq!(brief.lines().count(), 1, "{brief}");
        assert!(text.starts_with(&brief));
        let verdicts: Vec<String> = report
            .verdicts
            .iter()
            .map(|verdict| render_json_one(verdict).unwrap())
            .collect();
        let mut parts = String::new();
        let sink = |part: String| {
            parts.push_str(&part);
            serde_json::Result::Ok(())
        };
        let verdicts = verdicts.iter().map(String::as_str);
        write_json(
            &report.terms,
            report.exit,
            verdicts,
            &report.unread,
            &[],
            sink,
        )
        .unwrap();
        let whole = serde_json::to_string_pretty(&report).unwrap();
        assert_eq!(parts, whole + "\n");
    }
}
