//! Ways past a condition in HAProxy.

use super::{ClientAdmission, admitted, sites};

fn configuration(rules: &str) -> String {
    format!("defaults\nmode http\nfrontend f\nbind :443 ssl crt a.pem\n{rules}\n")
}

#[test]
fn a_name_in_capitals_is_no_clients_where_case_counts() {
    for (test, expected) in [
        ("ssl_c_s_dn(cn) -m str A.nhs.uk", "unclear"),
        ("ssl_c_s_dn(cn),lower -m str A.nhs.uk", "unclear"),
        ("ssl_c_s_dn(cn) -m reg ^A\\.nhs\\.uk$", "unclear"),
        // What follows a pattern is a pattern.
        ("ssl_c_s_dn(cn) A.nhs.uk -i", "unclear"),
        ("ssl_c_s_dn(cn) -- a.nhs.uk", "named"),
        ("ssl_c_s_dn(cn),lower a.nhs.uk", "named"),
    ] {
        let text = configuration(&format!("http-request deny unless {{ {test} }}"));
        assert_eq!(admitted(&text), expected, "{test}");
    }
    let text = configuration("http-request deny unless { ssl_c_s_dn(cn) -i -m str A.nhs.uk }");
    let names = vec!["A.nhs.uk".to_owned()];
    assert_eq!(
        sites(&text, &[])[0].admission,
        ClientAdmission::Restricted { names }
    );
}

#[test]
fn a_service_in_front_of_the_rules_may_answer_every_client() {
    let rules = "tcp-request content use-service lua.a\nhttp-request deny unless { ssl_c_s_dn(cn) a.nhs.uk }";
    assert_eq!(admitted(&configuration(rules)), "unclear");
}

#[test]
fn names_in_a_file_count_unless_a_rule_adds_to_it() {
    let files = [("names.txt", "# those that may call\na.nhs.uk\n")];
    for (rules, is_named) in [
        ("", true),
        (
            "frontend g\nbind :80\nhttp-request add-acl(names.txt) %[hdr(x)]",
            false,
        ),
        (
            "frontend g\nbind :80\nhttp-request set-map(names.txt) %[hdr(x)] a",
            false,
        ),
    ] {
        let rule = "http-request deny unless { ssl_c_s_dn(cn) -f names.txt }";
        let text = configuration(&format!("{rule}\n{rules}"));
        let admission = &sites(&text, &files)[0].admission;
        let found = matches!(admission, ClientAdmission::Restricted { .. });
        assert_eq!(found, is_named, "{rules}");
    }
}

#[test]
fn rules_count_in_http_alone_which_a_section_takes_from_its_own_defaults() {
    const FRONTEND: &str =
        "bind :443 ssl crt a.pem\nhttp-request deny unless { ssl_c_s_dn(cn) a.nhs.uk }";
    for (before, head, after, expected) in [
        ("defaults\nmode http", "frontend f", "", "named"),
        (
            "defaults a\nmode tcp\ndefaults b\nmode http",
            "frontend f",
            "",
            "named",
        ),
        (
            "defaults a\nmode http\ndefaults b\nmode tcp",
            "frontend f from a",
            "",
            "named",
        ),
        (
            "defaults a\nmode http\ndefaults b from a",
            "frontend f",
            "",
            "named",
        ),
        ("defaults a\nmode tcp", "frontend f", "mode http", "named"),
        ("", "frontend f", "defaults\nmode http", "unclear"),
        (
            "defaults\nmode http\ndefaults\ntimeout client 1s",
            "frontend f",
            "",
            "unclear",
        ),
        (
            "defaults a\nmode tcp\ndefaults b\nmode http",
            "frontend f from a",
            "",
            "unclear",
        ),
        ("defaults a\nmode http", "frontend f from b", "", "unclear"),
        ("defaults\nmode http", "frontend f", "mode tcp", "unclear"),
    ] {
        let text = format!("{before}\n{head}\n{FRONTEND}\n{after}\n");
        assert_eq!(admitted(&text), expected, "{text}");
    }
}
