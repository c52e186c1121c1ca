//! The faults of a text that was meant to be a name: each with its position, its message and its remedy.

use super::{Fqdn, FqdnError, FqdnFault};

pub(super) fn refusal(text: &str) -> FqdnError {
    Fqdn::parse(text).unwrap_err()
}

/// A text's fault, position and offered name.
pub(super) fn facts(text: &str) -> (FqdnFault, Option<usize>, Option<String>) {
    let refusal = refusal(text);
    (
        refusal.fault,
        refusal.position,
        refusal.offered.map(|name| name.to_string()),
    )
}

pub(super) fn offered(text: &str) -> Option<String> {
    facts(text).2
}

pub(super) fn some(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn an_empty_text_is_refused() {
    assert_eq!(facts(""), (FqdnFault::Empty, None, None));
}

#[test]
fn a_blank_text_is_refused_as_empty() {
    assert_eq!(facts(" \t\u{feff}").0, FqdnFault::Empty);
}

#[test]
fn an_empty_label_is_refused_at_the_second_dot() {
    assert_eq!(
        facts("a..nhs.uk"),
        (FqdnFault::EmptyLabel, Some(3), some("a.nhs.uk"))
    );
}

#[test]
fn a_dot_at_the_beginning_is_refused() {
    assert_eq!(
        facts(".a.nhs.uk"),
        (FqdnFault::EmptyLabel, Some(1), some("a.nhs.uk"))
    );
}

#[test]
fn two_dots_at_the_end_are_refused_at_the_second() {
    assert_eq!(
        facts("nhs.uk.."),
        (FqdnFault::EmptyLabel, Some(8), some("nhs.uk"))
    );
}

#[test]
fn a_single_dot_is_refused() {
    assert_eq!(facts("."), (FqdnFault::EmptyLabel, Some(1), None));
}

#[test]
fn a_label_of_64_characters_is_refused_at_the_64th() {
    let text = format!("x.{}.nhs.uk", "a".repeat(64));
    assert_eq!(
        facts(&text),
        (FqdnFault::LabelTooLong { length: 64 }, Some(66), None)
    );
}

#[test]
fn a_name_of_254_characters_is_refused_at_the_254th() {
    let text = format!("{}abc.nhs.uk", "a123456789.".repeat(22) + "z.");
    assert_eq!(
        facts(&format!("{}{text}", "b".repeat(254 - text.len()))).0,
        FqdnFault::NameTooLong { length: 254 }
    );
}

#[test]
fn a_text_of_a_megabyte_is_refused_for_its_length() {
    assert_eq!(
        facts(&"é".repeat(500_000)).0,
        FqdnFault::NameTooLong { length: 500_000 }
    );
}

#[test]
fn a_text_of_a_megabyte_is_shortened_in_the_error() {
    assert_eq!(refusal(&"a".repeat(1_000_000)).given.chars().count(), 81);
}

#[test]
fn control_characters_are_escaped_in_the_error() {
    assert_eq!(refusal("a\u{1b}[31m.nhs.uk").given, "a\\u{1b}[31m.nhs.uk");
}

#[test]
fn characters_that_turn_the_text_round_are_escaped_in_the_error() {
    assert!(
        !refusal("a\u{202e}b.nhs.uk")
            .to_string()
            .contains('\u{202e}')
    );
}

#[test]
fn an_underscore_is_refused_with_a_hyphen_offered() {
    assert_eq!(
        facts("gpc_int.nhs.uk"),
        (FqdnFault::Underscore, Some(4), some("gpc-int.nhs.uk"))
    );
}

#[test]
fn an_underscore_is_refused_in_the_nhs_s_terms() {
    assert_eq!(
        refusal("gpc_int.nhs.uk").to_string(),
        "\"gpc_int.nhs.uk\" is not a host name: character 4 is an underscore; the NHS allows letters, digits and hyphens between the dots"
    );
}

#[test]
fn a_name_without_its_underscore_must_be_registered_first() {
    assert_eq!(
        refusal("gpc_int.nhs.uk").remedy(),
        "register a name without it, for example with a hyphen: gpc-int.nhs.uk"
    );
}

#[test]
fn an_underscore_in_a_url_offers_no_other_host() {
    assert_eq!(offered("https://gpc_int.nhs.uk/"), None);
}

#[test]
fn an_ampersand_is_refused() {
    assert_eq!(
        facts("a&e.nhs.uk"),
        (FqdnFault::Ampersand, Some(2), some("a-e.nhs.uk"))
    );
}

#[test]
fn the_position_counts_characters_and_not_bytes() {
    assert_eq!(facts("é!.nhs.uk ").1, Some(10));
}

#[test]
fn any_other_character_is_refused() {
    assert_eq!(
        facts("a!.nhs.uk"),
        (FqdnFault::BadCharacter { character: '!' }, Some(2), None)
    );
}

#[test]
fn a_null_character_is_refused() {
    assert_eq!(
        facts("a.nhs.uk\0").0,
        FqdnFault::BadCharacter { character: '\0' }
    );
}

#[test]
fn a_hyphen_at_the_beginning_of_a_label_is_refused() {
    assert_eq!(
        facts("a.-b.nhs.uk"),
        (FqdnFault::LeadingHyphen, Some(3), some("a.b.nhs.uk"))
    );
}

#[test]
fn a_hyphen_at_the_end_of_a_label_is_refused() {
    assert_eq!(
        facts("a.b-.nhs.uk"),
        (FqdnFault::TrailingHyphen, Some(4), some("a.b.nhs.uk"))
    );
}

#[test]
fn a_wildcard_is_refused_with_nothing_offered() {
    assert_eq!(
        facts("*.acme.thirdparty.nhs.uk"),
        (FqdnFault::Wildcard, Some(1), None)
    );
}

#[test]
fn a_mistyped_address_is_refused() {
    assert_eq!(
        facts("1.2.3.400"),
        (FqdnFault::NumericTopLevel, Some(7), None)
    );
}

#[test]
fn a_single_label_is_refused() {
    assert_eq!(facts("localhost"), (FqdnFault::SingleLabel, None, None));
}

#[test]
fn a_refusal_without_a_place_reads_as_a_sentence() {
    assert_eq!(
        refusal("10.0.0.1").to_string(),
        "\"10.0.0.1\" is not a host name: it is an IPv4 address, expected a name"
    );
}
