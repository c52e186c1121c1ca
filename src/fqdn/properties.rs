//! What holds for every text and every name.

use proptest::prelude::*;

use super::{Fqdn, LABEL_LIMIT, NAME_LIMIT, environment_hint, naming_faults};

/// Names that are sound by construction.
fn names() -> impl Strategy<Value = String> {
    proptest::collection::vec("[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", 1..8)
        .prop_map(|labels| format!("{}.nhs.uk", labels.join(".")))
}

/// Texts that come near to being names: names with something inserted, and heaps of what names and
/// their wrappings are made of.
fn near_names() -> impl Strategy<Value = String> {
    let piece = "[a-zA-Z0-9._*&@:/ \\\\\\[\\]%,<>é–“０。\u{200b}-]{0,4}|://|xn--|0x|\u{feff}";
    prop_oneof![
        (names(), piece, any::<prop::sample::Index>()).prop_map(|(name, piece, index)| {
            let (before, after) = name.split_at(index.index(name.len() + 1));
            format!("{before}{piece}{after}")
        }),
        proptest::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat()),
    ]
}

/// The limits of RFC 1035 §2.3.4 and RFC 1123 §2.1, written a second time and differently.
fn is_host_name(text: &str) -> bool {
    let labels: Vec<&[u8]> = text.as_bytes().split(|&byte| byte == b'.').collect();
    text.len() <= NAME_LIMIT
        && labels.len() >= 2
        && labels.iter().all(|label| {
            (1..=LABEL_LIMIT).contains(&label.len())
                && label
                    .iter()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                && label.first() != Some(&b'-')
                && label.last() != Some(&b'-')
        })
}

/// What must hold whatever the text is.
fn check(text: &str) -> Result<(), TestCaseError> {
    match Fqdn::parse(text) {
        Ok(name) => {
            prop_assert!(is_host_name(name.as_str()));
            prop_assert_eq!(name.as_str(), text.to_ascii_lowercase());
            let displayed = name.to_string();
            prop_assert_eq!(&Fqdn::parse(&displayed).unwrap(), &name);
            prop_assert!(name.is_under(name.as_str()));
            naming_faults(&name);
            environment_hint(&name);
        }
        Err(refusal) => {
            let sentence = refusal.to_string();
            prop_assert!(
                !sentence.contains(|c: char| c.is_control() || c == '\u{feff}'),
                "{}",
                sentence
            );
            prop_assert!(!refusal.remedy().is_empty());
            if let Some(position) = refusal.position {
                prop_assert!(
                    (1..=text.chars().count()).contains(&position),
                    "{}",
                    sentence
                );
            }
            if let Some(name) = refusal.offered.clone() {
                prop_assert_eq!(&Fqdn::parse(name.as_str()).unwrap(), &name);
                prop_assert!(refusal.remedy().ends_with(name.as_str()));
            }
            // The names that messages use as examples.
            for word in refusal
                .remedy()
                .split([' ', ','])
                .filter(|word| word.contains('.'))
            {
                prop_assert!(Fqdn::parse(word).is_ok(), "{}", word);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_name_within_the_limits_or_a_refusal_that_holds_true(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_text_like_a_name_is_a_name_within_the_limits_or_a_refusal_that_holds_true(text in near_names()) {
        check(&text)?;
    }

    #[test]
    fn every_sound_name_is_accepted(name in names()) {
        prop_assume!(name.len() <= NAME_LIMIT);
        prop_assert!(Fqdn::parse(&name).is_ok());
    }

    #[test]
    fn a_name_in_any_wrapping_is_offered(
        name in names(),
        before in "( |\"|<|\u{feff})?(|https://|ldap://user:word@)",
        after in r"\.?(:443)?(/fhir)?( |>|,)?",
    ) {
        prop_assume!(!before.is_empty() || !after.is_empty());
        let refusal = Fqdn::parse(&format!("{before}{name}{after}")).unwrap_err();
        prop_assert_eq!(refusal.offered.map(|name| name.to_string()), Some(name));
    }
}
