//! Texts that are, or are wrapped in, something other than a name: what they are called, and the name
//! in them that is offered.

use super::FqdnFault;
use super::refusal_tests::{facts, offered, refusal, some};

#[test]
fn a_letter_outside_ascii_is_refused_with_its_punycode_offered() {
    assert_eq!(
        facts("café.nhs.uk"),
        (
            FqdnFault::NotAscii { character: 'é' },
            Some(4),
            some("xn--caf-dma.nhs.uk")
        )
    );
}

#[test]
fn punycode_is_called_punycode() {
    assert_eq!(
        refusal("café.nhs.uk").remedy(),
        "use the punycode form xn--caf-dma.nhs.uk"
    );
}

#[test]
fn full_width_letters_are_offered_as_plain_ones() {
    assert_eq!(refusal("ｉｎｔ.nhs.uk").remedy(), "give int.nhs.uk");
}

#[test]
fn a_picture_of_a_dash_offers_the_hyphen() {
    assert_eq!(
        facts("gpc–int.nhs.uk"),
        (
            FqdnFault::Dash { character: '–' },
            Some(4),
            some("gpc-int.nhs.uk")
        )
    );
}

#[test]
fn a_bullet_is_not_offered_as_punycode() {
    assert_eq!(offered("•a.nhs.uk"), None);
}

#[test]
fn quotation_marks_are_refused_with_the_name_between_them_offered() {
    assert_eq!(
        facts("“a.nhs.uk”"),
        (
            FqdnFault::BadCharacter { character: '“' },
            Some(1),
            some("a.nhs.uk")
        )
    );
}

#[test]
fn a_comma_at_the_end_is_refused_with_the_name_before_it_offered() {
    assert_eq!(
        facts("a.nhs.uk,"),
        (
            FqdnFault::BadCharacter { character: ',' },
            Some(9),
            some("a.nhs.uk")
        )
    );
}

#[test]
fn two_names_with_a_comma_are_to_be_given_one_at_a_time() {
    assert!(
        refusal("a.nhs.uk,b.nhs.uk")
            .remedy()
            .starts_with("give one name at a time")
    );
}

#[test]
fn a_dot_at_the_end_is_refused_with_the_name_before_it_offered() {
    assert_eq!(
        facts("a.nhs.uk."),
        (FqdnFault::TrailingDot, Some(9), some("a.nhs.uk"))
    );
}

#[test]
fn an_ipv4_address_is_refused() {
    let address = "10.0.0.1".parse().unwrap();
    assert_eq!(
        facts("10.0.0.1"),
        (FqdnFault::IpAddress { address }, None, None)
    );
}

#[test]
fn an_ipv6_address_is_refused() {
    let address = "2001:db8::1".parse().unwrap();
    assert_eq!(
        facts("2001:db8::1"),
        (FqdnFault::IpAddress { address }, None, None)
    );
}

#[test]
fn every_way_of_writing_an_address_is_refused_as_an_address() {
    for text in [
        "10.0.0.1:443",
        "10.0.0.0/24",
        "[2001:db8::1]",
        "[2001:db8::1]:443",
        "fe80::1%eth0",
        "::1/128",
    ] {
        assert!(
            matches!(facts(text).0, FqdnFault::IpAddress { .. }),
            "{text}"
        );
    }
}

#[test]
fn a_name_that_software_reads_as_a_short_address_is_refused() {
    assert_eq!(facts("127.0x1").0, FqdnFault::NumericTopLevel);
}

#[test]
fn a_url_is_refused_with_its_host_offered() {
    assert_eq!(
        facts("https://a.nhs.uk/fhir?x=1"),
        (FqdnFault::Url, Some(6), some("a.nhs.uk"))
    );
}

#[test]
fn a_url_with_everything_in_it_still_offers_its_host() {
    assert_eq!(
        offered("LDAPS://me:secret@A.nhs.uk.:636?x#y"),
        some("a.nhs.uk")
    );
}

#[test]
fn a_url_with_a_space_in_its_path_is_a_url() {
    assert_eq!(facts("https://a.nhs.uk/my page").0, FqdnFault::Url);
}

#[test]
fn a_url_in_angle_brackets_offers_its_host() {
    assert_eq!(offered(" <https://a.nhs.uk> "), some("a.nhs.uk"));
}

#[test]
fn a_url_of_an_address_offers_nothing() {
    assert_eq!(offered("https://[2001:db8::1]:443/"), None);
}

#[test]
fn a_port_is_refused_with_the_host_before_it_offered() {
    assert_eq!(
        facts("a.nhs.uk:443"),
        (FqdnFault::Port, Some(9), some("a.nhs.uk"))
    );
}

#[test]
fn an_e_mail_address_is_refused_with_its_domain_offered() {
    assert_eq!(
        facts("who@a.nhs.uk"),
        (FqdnFault::EmailAddress, Some(4), some("a.nhs.uk"))
    );
}

#[test]
fn a_path_is_refused_with_the_host_before_it_offered() {
    assert_eq!(
        facts("a.nhs.uk/fhir"),
        (FqdnFault::Path, Some(9), some("a.nhs.uk"))
    );
}

#[test]
fn a_port_and_a_path_together_still_offer_the_host() {
    assert_eq!(offered("a.nhs.uk:443/fhir"), some("a.nhs.uk"));
}

#[test]
fn a_network_share_is_refused_with_its_server_offered() {
    assert_eq!(
        facts(r"\\a.nhs.uk\keys"),
        (FqdnFault::Path, Some(1), some("a.nhs.uk"))
    );
}

#[test]
fn white_space_around_a_name_is_refused_with_the_name_offered() {
    assert_eq!(
        facts("a.nhs.uk\r\n"),
        (
            FqdnFault::Whitespace { character: '\r' },
            Some(9),
            some("a.nhs.uk")
        )
    );
}

#[test]
fn white_space_within_a_name_is_refused_with_nothing_offered() {
    assert_eq!(
        facts("a .nhs.uk"),
        (FqdnFault::Whitespace { character: ' ' }, Some(2), None)
    );
}

#[test]
fn an_invisible_space_within_a_name_is_refused_as_white_space() {
    assert_eq!(
        facts("a\u{200b}.nhs.uk"),
        (
            FqdnFault::Whitespace {
                character: '\u{200b}'
            },
            Some(2),
            None
        )
    );
}
