//! Subject attributes as a person writes them.

use super::*;

fn fault(text: &str) -> SubjectFault {
    SubjectAttributes::parse(text).unwrap_err().fault
}

fn pairs(attributes: &SubjectAttributes) -> Vec<(&'static str, String)> {
    attributes
        .iter()
        .map(|(attribute, value)| (attribute.key(), value.to_owned()))
        .collect()
}

#[test]
fn subject_attributes_are_written_in_their_order_and_not_in_that_of_the_text() {
    let texts = [
        "OU = Spine , st=Kent",
        "O=Acme Ltd,c=gb",
        "",
        "serialNumber=12-3,localityName=Leeds",
    ];
    let attributes = SubjectAttributes::parse_all(texts).unwrap();
    let expected = [
        ("C", "GB"),
        ("ST", "Kent"),
        ("L", "Leeds"),
        ("O", "Acme Ltd"),
        ("OU", "Spine"),
        ("serialNumber", "12-3"),
    ];
    assert_eq!(
        pairs(&attributes),
        expected.map(|(key, value)| (key, value.to_owned()))
    );
}

#[test]
fn escapes_stand_for_their_characters() {
    for (text, value) in [
        (r"O=Acme\, Ltd", "Acme, Ltd"),
        (r"O=a\+b\;c\\d\=e", r"a+b;c\d=e"),
        (r"O=\C3\84rzte", "Ärzte"),
        (r"O=\ a\ ", " a "),
        (r"O=  a b  ", "a b"),
        (r"O=\#1", "#1"),
        ("O=a=b#c", "a=b#c"),
    ] {
        assert_eq!(
            pairs(&SubjectAttributes::parse(text).unwrap()),
            [("O", value.to_owned())],
            "{text}"
        );
    }
}

#[test]
fn an_email_address_is_refused_under_each_of_its_names() {
    for key in [
        "emailAddress",
        "E",
        "e",
        "EMAIL",
        "mail",
        "1.2.840.113549.1.9.1",
    ] {
        assert_eq!(
            fault(&format!("O=Acme,{key}=someone@example.com")),
            SubjectFault::Email
        );
    }
    assert!(SubjectFault::Email.to_string().contains("NHS"));
}

#[test]
fn a_common_name_is_refused_because_it_is_the_fqdn() {
    assert_eq!(fault("CN=a.nhs.uk"), SubjectFault::CommonName);
}

#[test]
fn an_unknown_key_is_refused_with_the_known_ones() {
    let error = SubjectAttributes::parse("DC=nhs").unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("use C, ST, L, O, OU or serialNumber"),
        "{error}"
    );
}

#[test]
fn a_subject_that_cannot_be_meant_is_refused() {
    assert_eq!(fault("O=Acme, Ltd"), SubjectFault::NoKey);
    assert_eq!(fault("/O=Acme/C=GB"), SubjectFault::SlashNotation);
    assert_eq!(
        fault("O=A,o=B"),
        SubjectFault::Repeated {
            attribute: SubjectAttribute::Organisation
        }
    );
    assert_eq!(fault("O=A,"), SubjectFault::NoKey);
    assert_eq!(fault("O= "), SubjectFault::Empty);
    assert_eq!(fault("C=GBR"), SubjectFault::NotACountry);
    assert_eq!(fault("C=é"), SubjectFault::NotACountry);
    for other in ["UK", "EN", "XX", "ZZ", "WL", "G1"] {
        assert_eq!(fault(&format!("C={other}")), SubjectFault::NotACountry);
    }
    assert_eq!(
        fault("O=A+OU=B"),
        SubjectFault::Unescaped { character: '+' }
    );
    assert_eq!(
        fault("O=\"Acme"),
        SubjectFault::Unescaped { character: '"' }
    );
    assert_eq!(fault("O=#0401"), SubjectFault::Unescaped { character: '#' });
    assert_eq!(fault(r"O=a\"), SubjectFault::BadEscape);
    assert_eq!(fault(r"O=\C3"), SubjectFault::NotUtf8);
    assert_eq!(fault(r"O=\F0\9F"), SubjectFault::NotUtf8);
    assert_eq!(fault(r"O=\zz"), SubjectFault::BadEscape);
    assert_eq!(fault("O=a\tb"), SubjectFault::Control);
    assert_eq!(fault(r"O=\00"), SubjectFault::Control);
    assert_eq!(
        fault("serialNumber=a_b"),
        SubjectFault::NotPrintable {
            attribute: SubjectAttribute::SerialNumber,
            character: '_'
        }
    );
}

#[test]
fn a_value_is_measured_in_characters_against_the_bound_of_its_attribute() {
    assert!(SubjectAttributes::parse(&format!("O={}", "ä".repeat(64))).is_ok());
    assert_eq!(
        fault(&format!("O={}", "ä".repeat(65))),
        SubjectFault::TooLong {
            attribute: SubjectAttribute::Organisation,
            length: 65
        }
    );
    assert!(SubjectAttributes::parse(&format!("L={}", "a".repeat(128))).is_ok());
}

#[test]
fn an_e_mail_address_inside_a_value_is_refused() {
    for text in [
        "O=Supplier first.last@nhs.net",
        "OU=<a@b.example>",
        "serialNumber=x@y.nhs.uk",
    ] {
        let error = SubjectAttributes::parse(text);
        let fault = error.map_err(|error| error.fault);
        let escaped = text
            .contains('<')
            .then_some(SubjectFault::Unescaped { character: '<' });
        assert_eq!(fault, Err(escaped.unwrap_or(SubjectFault::Email)), "{text}");
    }
    for text in ["O=A @ B", "O=Us@Work", "O=R\\+D@"] {
        assert!(SubjectAttributes::parse(text).is_ok(), "{text}");
    }
}
