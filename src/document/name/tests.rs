use super::*;

/// A name of one-attribute parts, from (last OID octet under 2.5.4, string tag, bytes).
fn name(parts: &[(u8, u8, &[u8])]) -> Name {
    let parts: Vec<u8> = parts
        .iter()
        .flat_map(|(oid, tag, bytes)| {
            let pair = [vec![6, 3, 0x55, 4, *oid], der::wrap(*tag, bytes)].concat();
            der::wrap(0x31, &der::wrap(0x30, &pair))
        })
        .collect();
    Name::read(&der::wrap(0x30, &parts)).unwrap()
}

#[test]
fn rfc_4514_text_begins_with_the_most_specific_part() {
    let name = name(&[
        (10, 12, b"nhs"),
        (11, 12, b"CA"),
        (3, 12, b"NHS INT Level 1C"),
    ]);
    assert_eq!(name.rfc4514(), "CN=NHS INT Level 1C,OU=CA,O=nhs");
    assert_eq!(name.to_string(), "O=nhs, OU=CA, CN=NHS INT Level 1C");
}

#[test]
fn special_and_control_characters_are_escaped() {
    let name = name(&[(10, 12, b"#a, b\\c\x1b[31m ")]);
    assert_eq!(name.rfc4514(), "O=\\#a\\, b\\\\c\\1B[31m\\ ");
}

#[test]
fn string_type_case_and_spaces_do_not_count_in_matching_but_do_in_equality() {
    let utf8 = name(&[(10, 12, b"NHS  Root")]);
    let printable = name(&[(10, 19, b" nhs root")]);
    assert!(utf8.matches(&printable));
    assert_ne!(utf8, printable);
}

#[test]
fn names_that_differ_do_not_match_whatever_their_parts_are_made_of() {
    let one = name(&[(10, 12, b"nhs"), (3, 12, b"NHS Root")]);
    for other in [
        name(&[(10, 12, b"nhs"), (3, 12, b"NHS Root 2")]),
        name(&[(10, 12, b"nhs"), (3, 12, b"NHSRoot")]),
        name(&[(10, 12, b"nhs"), (11, 12, b"NHS Root")]),
        name(&[(10, 12, b"nhs"), (3, 2, b"NHS Root")]),
        name(&[(3, 12, b"NHS Root")]),
    ] {
        assert!(!one.matches(&other), "{other}");
        assert_ne!(one.canonical(), other.canonical());
    }
}

#[test]
fn the_order_of_attributes_in_one_part_does_not_count_in_matching() {
    let pair = |oid, bytes: &[u8]| {
        let pair = [vec![6, 3, 0x55, 4, oid], der::wrap(12, bytes)].concat();
        der::wrap(0x30, &pair)
    };
    let of = |pairs: [Vec<u8>; 2]| {
        Name::read(&der::wrap(0x30, &der::wrap(0x31, &pairs.concat()))).unwrap()
    };
    let one = of([pair(3, b"A"), pair(5, b"1")]);
    assert!(one.matches(&of([pair(5, b"1"), pair(3, b"a")])));
    assert!(!one.matches(&of([pair(5, b"2"), pair(3, b"a")])));
}

#[test]
fn a_bmp_string_is_read_as_utf_16() {
    assert_eq!(
        name(&[(3, 30, &[0, b'a', 0x20, 0xac])]).common_name(),
        Some("a€")
    );
}

#[test]
fn a_value_that_is_no_string_is_kept_as_der() {
    assert_eq!(name(&[(3, 2, &[5])]).rfc4514(), "CN=#020105");
}

#[test]
fn a_relative_name_is_put_below_the_issuer() {
    let issuer = name(&[(10, 12, b"nhs"), (3, 12, b"CA")]);
    let whole = name(&[(10, 12, b"nhs"), (3, 12, b"CA"), (3, 12, b"CRL1")]);
    let pair = [vec![6, 3, 0x55, 4, 3], der::wrap(12, b"CRL1")].concat();
    assert_eq!(issuer.extended(&der::wrap(0x30, &pair)).unwrap(), whole);
}

#[test]
fn an_empty_part_is_shown_and_loses_nothing_behind_it() {
    let part = |oid: u8, text: &[u8]| {
        let pair = [vec![6, 3, 0x55, 4, oid], der::wrap(12, text)].concat();
        der::wrap(0x31, &der::wrap(0x30, &pair))
    };
    let parts = [part(10, b"nhs"), vec![0x31, 0], part(3, b"a.nhs.uk")].concat();
    let name = Name::read(&der::wrap(0x30, &parts)).unwrap();
    assert_eq!(name.to_string(), "O=nhs, (empty), CN=a.nhs.uk");
    assert_eq!(name.common_name(), Some("a.nhs.uk"));
    assert_eq!(name.parts().len(), 3);
}

#[test]
fn characters_that_the_string_type_does_not_have_are_read_and_marked() {
    for (tag, bytes, text, misencoded) in [
        (0x13, &b"Vit\xf4"[..], "Vit\u{f4}", true),
        (0x13, "Vitô".as_bytes(), "Vitô", true),
        (0x0c, b"Vit\xf4", "Vit\u{f4}", true),
        (0x0c, "Vitô".as_bytes(), "Vitô", false),
        (0x14, b"Vit\xf4", "Vit\u{f4}", false),
        (0x13, b"a_b*", "a_b*", false),
    ] {
        let name = name(&[(3, tag, bytes)]);
        assert_eq!(name.common_name(), Some(text));
        let attribute = name.attributes().next().unwrap();
        assert_eq!(attribute.misencoded, misencoded, "{text} {tag:#x}");
    }
}

#[test]
fn a_visible_string_is_read_and_marked() {
    let name = name(&[(10, 0x1a, b"nhs"), (3, 0x13, b"a.nhs.uk")]);
    let marked: Vec<bool> = name.attributes().map(|one| one.visible_string).collect();
    assert_eq!(marked, [true, false]);
    assert_eq!(name.to_string(), "O=nhs, CN=a.nhs.uk");
}

#[test]
fn a_name_that_ends_in_a_space_is_called_with_its_quotes() {
    assert_eq!(name(&[(3, 12, b"a.nhs.uk ")]).short(), "\"a.nhs.uk \"");
}

#[test]
fn twenty_thousand_parts_take_no_longer_than_their_length() {
    let pair = [vec![6, 3, 0x55, 4, 3], der::wrap(12, b"a")].concat();
    let two = der::wrap(0x31, &der::wrap(0x30, &pair).repeat(2));
    let name = Name::read(&der::wrap(0x30, &two.repeat(20_000))).unwrap();
    assert_eq!(name.parts().map(<[_]>::len).sum::<usize>(), 40_000);
    let text = name.to_string();
    assert!(text.starts_with("CN=a+CN=a, CN=a+CN=a, "), "{text}");
    assert!(text.ends_with('…') && text.len() < TEXT_LIMIT + 4, "{text}");
    assert!(name.matches(&Name::read(name.der()).unwrap()));
}

#[test]
fn a_name_of_any_length_has_a_text_of_a_few_lines() {
    for letter in ["a", "é", ",", "\u{202e}"] {
        let value = letter.repeat(1_000_000);
        let long = name(&[(10, 12, b"nhs"), (3, 12, value.as_bytes())]);
        for text in [long.to_string(), long.rfc4514(), long.short()] {
            assert!(text.ends_with('…') && text.len() < TEXT_LIMIT + 4, "{text}");
        }
        assert_eq!(long.common_name().map(str::len), Some(value.len()));
        let usual = name(&[(10, 12, b"nhs"), (3, 12, letter.repeat(100).as_bytes())]);
        assert!(!usual.to_string().ends_with('…'), "{usual}");
    }
}
