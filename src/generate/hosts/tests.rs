use super::*;

fn read(text: &str) -> Hosts {
    Hosts::read(text.as_bytes()).unwrap()
}

/// The good names with their lines.
fn names(hosts: &Hosts) -> Vec<(usize, &str)> {
    hosts
        .lines
        .iter()
        .filter_map(|line| Some((line.line, line.host.as_ref().ok()?.fqdn.as_str())))
        .collect()
}

fn fault(hosts: &Hosts, index: usize) -> (usize, &HostFault) {
    (
        hosts.lines[index].line,
        hosts.lines[index].host.as_ref().unwrap_err(),
    )
}

#[test]
fn a_plain_list_has_one_name_a_line() {
    assert_eq!(
        names(&read("a.nhs.uk\nb.nhs.uk")),
        [(1, "a.nhs.uk"), (2, "b.nhs.uk")]
    );
}

#[test]
fn comments_and_blank_lines_are_skipped_and_counted() {
    assert_eq!(
        names(&read(
            "# ours\n\n  \na.nhs.uk # test\n#b.nhs.uk\nc.nhs.uk\n"
        )),
        [(4, "a.nhs.uk"), (6, "c.nhs.uk")]
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_not_matter() {
    assert_eq!(
        names(&read("\u{feff}a.nhs.uk\r\n\r\nb.nhs.uk\r\n")),
        [(1, "a.nhs.uk"), (3, "b.nhs.uk")]
    );
    assert_eq!(
        names(&read("\u{feff}fqdn,san\r\na.nhs.uk,\r\n")),
        [(2, "a.nhs.uk")]
    );
}

#[test]
fn lines_that_end_with_carriage_returns_alone_are_lines() {
    let hosts = read("fqdn,san\ra.nhs.uk,\rb.nhs.uk,\r");
    assert_eq!(names(&hosts), [(2, "a.nhs.uk"), (3, "b.nhs.uk")]);
}

#[test]
fn a_list_that_powershell_wrote_in_utf_16_is_read() {
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend("a.nhs.uk\r\n".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(names(&Hosts::read(&bytes).unwrap()), [(1, "a.nhs.uk")]);
}

#[test]
fn a_bad_line_does_not_affect_the_others() {
    let hosts = read("a.nhs.uk\nb_c.nhs.uk\nd.nhs.uk");
    assert_eq!(names(&hosts), [(1, "a.nhs.uk"), (3, "d.nhs.uk")]);
    assert!(matches!(fault(&hosts, 1), (2, HostFault::Name(_))));
}

#[test]
fn a_line_that_is_not_utf_8_does_not_affect_the_others() {
    for list in [
        &b"a.nhs.uk\ncaf\xe9.nhs.uk\nb.nhs.uk"[..],
        b"fqdn\ncaf\xe9.nhs.uk\nb.nhs.uk",
    ] {
        let hosts = Hosts::read(list).unwrap();
        assert!(
            hosts
                .lines
                .iter()
                .any(|line| line.line == 2 || line.host == Err(HostFault::NotText))
        );
        assert_eq!(names(&hosts).last(), Some(&(3, "b.nhs.uk")));
    }
}

#[test]
fn the_san_column_holds_several_names() {
    let hosts = read("fqdn,san\na.nhs.uk,b.nhs.uk c.nhs.uk;d.nhs.uk\n");
    let host = hosts.lines[0].host.as_ref().unwrap();
    assert_eq!(
        host.further_names
            .iter()
            .map(Fqdn::as_str)
            .collect::<Vec<_>>(),
        ["b.nhs.uk", "c.nhs.uk", "d.nhs.uk"]
    );
}

#[test]
fn columns_named_after_subject_attributes_go_into_the_subject() {
    let hosts = read("FQDN, OU ,o,owner\na.nhs.uk,Spine,\"Supplier, Ltd\",someone\n");
    let host = hosts.lines[0].host.as_ref().unwrap();
    assert_eq!(
        host.subject,
        [
            ("OU".to_owned(), "Spine".to_owned()),
            ("O".to_owned(), "Supplier, Ltd".to_owned())
        ]
    );
    assert_eq!(hosts.unused_columns, ["owner"]);
}

#[test]
fn an_e_mail_column_is_never_used() {
    assert_eq!(
        read("fqdn,email\na.nhs.uk,x@y.uk\n").unused_columns,
        ["email"]
    );
}

#[test]
fn semicolons_and_tabs_separate_where_the_header_says_so() {
    assert_eq!(
        names(&read("fqdn;san\na.nhs.uk;b.nhs.uk\n")),
        [(2, "a.nhs.uk")]
    );
    assert_eq!(
        names(&read("fqdn\tsan\na.nhs.uk\tb.nhs.uk\n")),
        [(2, "a.nhs.uk")]
    );
}

#[test]
fn a_host_called_fqdn_is_not_a_header() {
    assert_eq!(names(&read("fqdn.nhs.uk\n")), [(1, "fqdn.nhs.uk")]);
}

#[test]
fn line_numbers_of_a_csv_file_count_comments_blank_lines_and_quoted_line_ends() {
    let hosts = read("# list\n\nfqdn,o\n\na.nhs.uk,\"A\nB\"\n# more\nb.nhs.uk,\n");
    assert_eq!(names(&hosts), [(5, "a.nhs.uk"), (8, "b.nhs.uk")]);
}

#[test]
fn columns_without_a_header_are_refused() {
    let hosts = read("a.nhs.uk,b.nhs.uk\n");
    assert_eq!(fault(&hosts, 0), (1, &HostFault::NoHeader));
}

#[test]
fn a_header_below_a_title_or_with_another_name_for_the_hosts_is_not_said_to_be_absent() {
    let titled = read("Endpoints 2026,,\nfqdn,san,o\na.nhs.uk,b.nhs.uk,X\n");
    assert_eq!(titled.lines.len(), 3);
    for number in 0..3 {
        let expected = HostFault::HeaderBelow { line: 2 };
        assert_eq!(fault(&titled, number), (number + 1, &expected));
    }
    for (header, called) in [
        ("hostname,san", "hostname"),
        ("san;\"DNS Name\"", "DNS Name"),
    ] {
        let other = read(&format!("{header}\na.nhs.uk,b.nhs.uk\n"));
        let expected = HostFault::OtherHeader {
            found: called.to_owned(),
        };
        assert_eq!(fault(&other, 0), (1, &expected));
        assert_eq!(fault(&other, 1), (2, &expected));
    }
    // Of one column alone it is a name, and a wrong one.
    let alone = read("list\nfqdn\na.nhs.uk,b.nhs.uk\n");
    assert_eq!(fault(&alone, 2), (3, &HostFault::NoHeader));
}

#[test]
fn a_name_that_stands_twice_is_refused_the_second_time() {
    let hosts = read("a.nhs.uk\nA.NHS.UK\n");
    let first = Fqdn::parse("a.nhs.uk").unwrap();
    assert_eq!(
        fault(&hosts, 1),
        (
            2,
            &HostFault::Duplicate {
                fqdn: first,
                first: 1
            }
        )
    );
}

#[test]
fn a_row_without_a_name_is_refused() {
    assert!(matches!(
        fault(&read("fqdn,san\n,b.nhs.uk\n"), 0),
        (2, HostFault::Name(_))
    ));
}

#[test]
fn a_list_without_a_host_is_refused() {
    for text in ["", "\n\n", "# nothing\n", "fqdn,san\n"] {
        assert_eq!(
            Hosts::read(text.as_bytes()),
            Err(HostsError::Empty),
            "{text:?}"
        );
    }
}

#[test]
fn a_quotation_mark_that_is_never_closed_takes_no_host_with_it() {
    let hosts = read("fqdn,san\na.nhs.uk,\"b.nhs.uk\nc.nhs.uk\nd.nhs.uk,\"e.nhs.uk f.nhs.uk\"\n");
    assert_eq!(fault(&hosts, 0), (2, &HostFault::OpenQuote));
    assert_eq!(names(&hosts), [(3, "c.nhs.uk"), (4, "d.nhs.uk")]);
}

#[test]
fn a_quotation_mark_that_opens_on_the_last_line_is_refused_where_it_stands() {
    let hosts = read("fqdn,o\na.nhs.uk,\"A, B\"\n\"b.nhs.uk\n\n");
    assert_eq!(names(&hosts), [(2, "a.nhs.uk")]);
    assert_eq!(fault(&hosts, 1), (3, &HostFault::OpenQuote));
}

#[test]
fn the_header_s_columns_may_stand_in_any_order() {
    for text in [
        "san,fqdn\nb.nhs.uk,a.nhs.uk\n",
        "\"o\";\"FQDN\"\nSupplier;a.nhs.uk\n",
        "note\tfqdn\nx\ta.nhs.uk\n",
    ] {
        assert_eq!(names(&read(text)), [(2, "a.nhs.uk")], "{text}");
    }
}

#[test]
fn excel_s_line_that_names_the_separator_is_passed_over() {
    for text in [
        "sep=,\r\nfqdn,san\r\na.nhs.uk,\r\n",
        "\"sep=;\"\nsan;fqdn\n;a.nhs.uk\n",
        "sep=\t\nfqdn\tsan\na.nhs.uk\t\n",
        "sep=|\nfqdn|san\na.nhs.uk|b.nhs.uk\n",
    ] {
        assert_eq!(names(&read(text)), [(3, "a.nhs.uk")], "{text}");
    }
    assert_eq!(names(&read("sep=,\na.nhs.uk\n")), [(2, "a.nhs.uk")]);
}

#[test]
fn utf_16_without_a_mark_is_read() {
    for encode in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = "san;fqdn\n;a.nhs.uk\n"
            .encode_utf16()
            .flat_map(encode)
            .collect();
        assert_eq!(names(&Hosts::read(&bytes).unwrap()), [(2, "a.nhs.uk")]);
    }
}

#[test]
fn quotation_marks_that_chain_through_the_file_cost_no_more_than_its_length() {
    // Read from any line on, every mark closes the one of the line before, and the last one is never closed.
    let text = format!("fqdn,san\nx,\"a\n{}", "a\",\"b\n".repeat(20_000));
    let hosts = read(&text);
    let open = hosts
        .lines
        .iter()
        .filter(|line| line.host == Err(HostFault::OpenQuote));
    assert_eq!(open.count(), OPEN_QUOTE_LIMIT);
    assert!(hosts.lines.iter().all(|line| line.host.is_err()));
}

/// The names for the SAN of the host on the first line.
fn further(hosts: &Hosts) -> Vec<&str> {
    let host = hosts.lines[0].host.as_ref().unwrap();
    host.further_names.iter().map(Fqdn::as_str).collect()
}

#[test]
fn the_names_of_all_san_columns_are_joined() {
    for text in [
        "fqdn,san,san\na.nhs.uk,b.nhs.uk,c.nhs.uk\n",
        "san;fqdn;SANs\nb.nhs.uk;a.nhs.uk;c.nhs.uk\n",
        "san,fqdn,san,san\nb.nhs.uk c.nhs.uk,a.nhs.uk,,\n",
        "san,san,fqdn\n,b.nhs.uk c.nhs.uk,a.nhs.uk\n",
    ] {
        assert_eq!(further(&read(text)), ["b.nhs.uk", "c.nhs.uk"], "{text}");
    }
}

#[test]
fn a_value_under_no_column_of_the_header_is_refused_on_its_line() {
    for (text, column) in [
        ("fqdn,san\na.nhs.uk,b.nhs.uk,c.nhs.uk\nd.nhs.uk,\n", 3),
        ("fqdn\na.nhs.uk,c.nhs.uk\nd.nhs.uk\n", 2),
        ("fqdn;;san\na.nhs.uk;c.nhs.uk;b.nhs.uk\nd.nhs.uk\n", 2),
        ("fqdn\tsan\na.nhs.uk\t\t\tc.nhs.uk\nd.nhs.uk\n", 4),
    ] {
        let hosts = read(text);
        let found = "c.nhs.uk".to_owned();
        let expected = HostFault::NoColumn { column, found };
        assert_eq!(fault(&hosts, 0), (2, &expected), "{text}");
        assert_eq!(names(&hosts), [(3, "d.nhs.uk")], "{text}");
    }
}

#[test]
fn empty_values_under_no_column_are_nothing() {
    for text in ["fqdn,san\na.nhs.uk,,,\n", "fqdn,,\na.nhs.uk,,\n"] {
        let hosts = read(text);
        assert_eq!(names(&hosts), [(2, "a.nhs.uk")], "{text}");
        assert!(hosts.unused_columns.is_empty(), "{text}");
    }
}

#[test]
fn a_list_with_two_columns_of_hosts_is_refused() {
    for (text, found) in [
        ("fqdn,fqdn\na.nhs.uk,b.nhs.uk\n", 2),
        ("fqdn;san;FQDN;\"fqdn\"\na.nhs.uk;;b.nhs.uk;\n", 3),
    ] {
        assert_eq!(
            Hosts::read(text.as_bytes()),
            Err(HostsError::SeveralNameColumns { found }),
            "{text}"
        );
    }
}
