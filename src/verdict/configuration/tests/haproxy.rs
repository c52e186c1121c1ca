//! Ways past a condition in HAProxy.

use super::{ClientAdmission, ClientCheck, UnexaminedKind, admitted, sites, unexamined};

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

/// The versions that a `bind` line permits, with default options before it.
fn versions(defaults: &str, bind: &str) -> Vec<String> {
    let defaults = match defaults {
        "" => String::new(),
        options => format!("global\nssl-default-bind-options {options}\n"),
    };
    let text = format!("{defaults}frontend f\nbind :443 ssl crt a.pem {bind}\n");
    sites(&text, &[]).remove(0).versions.unwrap()
}

#[test]
fn a_version_is_left_out_only_where_nothing_bounds_the_versions() {
    const OLD: &[&str] = &["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    const NEW: &[&str] = &["TLSv1.2", "TLSv1.3"];
    for (defaults, bind, expected) in [
        ("", "", NEW),
        ("", "ssl-min-ver TLSv1.0 no-tlsv10 no-tlsv11", OLD),
        ("ssl-min-ver TLSv1.0", "no-tlsv10 no-tlsv11", OLD),
        ("no-tlsv10 no-tlsv11", "ssl-min-ver TLSv1.0", OLD),
        (
            "",
            "force-tlsv12 ssl-min-ver TLSv1.0",
            &["TLSv1.0", "TLSv1.1", "TLSv1.2"],
        ),
        (
            "force-tlsv12",
            "ssl-min-ver TLSv1.0",
            &["TLSv1.0", "TLSv1.1", "TLSv1.2"],
        ),
        ("", "ssl-min-ver TLSv1.0 force-tlsv12", &["TLSv1.2"]),
        ("no-tlsv12", "ssl-min-ver TLSv1.2", NEW),
        ("no-tlsv12", "", &["TLSv1.3"]),
        ("", "ssl-max-ver TLSv1.1", &["TLSv1.1"]),
        ("", "ssl-max-ver TLSv1.2", &["TLSv1.2"]),
    ] {
        assert_eq!(versions(defaults, bind), expected, "{defaults} | {bind}");
    }
}

#[test]
fn a_version_that_haproxy_does_not_know_is_said() {
    let site = sites(
        "frontend f\nbind :443 ssl crt a.pem ssl-min-ver TLSV1.0",
        &[],
    )
    .remove(0);
    assert_eq!(
        unexamined(&site),
        [(UnexaminedKind::Setting, "ssl-min-ver TLSV1.0")]
    );
}

#[test]
fn a_variable_counts_by_its_value_where_the_configuration_sets_it() {
    let bind = |global: &str, bind: &str| {
        let text = format!("global\n{global}\nfrontend f\nbind :443 {bind}\n");
        sites(&text, &[])
    };
    let found = bind(
        r#"setenv X "verify optional crt-ignore-err all""#,
        r#"ssl crt a.pem verify required "${X[*]}""#,
    );
    assert_eq!(found[0].clients, ClientCheck::Optional);
    assert!(found[0].ignored_errors.is_some());
    let found = bind("setenv V TLSv1.0", r#"ssl crt a.pem ssl-min-ver "$V""#);
    assert_eq!(found[0].versions.as_ref().unwrap()[0], "TLSv1.0");
    let found = bind(
        "setenv O \"ssl-min-ver TLSv1.0\"\nssl-default-bind-options \"${O[*]}\"",
        "ssl crt a.pem",
    );
    assert_eq!(found[0].versions.as_ref().unwrap()[0], "TLSv1.0");
    let found = bind("setenv S ssl", r#""$S" verify none crt a.pem"#);
    assert_eq!(found[0].clients, ClientCheck::Off);
    assert!(found[0].unexamined.is_empty());
    // A port is not a setting, and neither is what is not replaced.
    assert!(bind("", r#"name "${A}""#).is_empty());
    assert!(sites("frontend f\nbind \"${A}:80\"\n", &[]).is_empty());
    assert!(bind("", "name '$S'").is_empty());
}

#[test]
fn a_variable_that_the_system_may_set_leaves_its_line() {
    for (global, bind, part) in [
        (
            "",
            r#"ssl crt a.pem verify required "${X[*]}""#,
            "bind :443 ssl crt a.pem verify required ${X[*]}",
        ),
        ("", r#""$S" crt a.pem"#, "bind :443 $S crt a.pem"),
        (
            "presetenv S required",
            r#"ssl crt a.pem verify "$S""#,
            "verify $S",
        ),
        (
            ".if defined(A)\nsetenv S required\n.endif",
            r#"ssl crt a.pem verify "$S""#,
            "verify $S",
        ),
        ("", r#"ssl crt a.pem ssl-min-ver "$V""#, "ssl-min-ver $V"),
        (
            r#"ssl-default-bind-options "$O""#,
            "ssl crt a.pem",
            "ssl-default-bind-options $O",
        ),
        (
            r#"ssl-default-bind-ciphers "$C""#,
            "ssl crt a.pem",
            "ssl-default-bind-ciphers $C",
        ),
        (r#""${O[*]}""#, "ssl crt a.pem", "${O[*]}"),
    ] {
        let text = format!("global\n{global}\nfrontend f\nbind :443 {bind}\n");
        let found = sites(&text, &[]);
        let said = unexamined(&found[0]);
        assert!(said.contains(&(UnexaminedKind::Setting, part)), "{said:?}");
    }
    let rule = "http-request deny unless { ssl_c_s_dn(cn) a.nhs.uk }";
    let rules = format!("http-request \"${{X[*]}}\"\n{rule}");
    assert_eq!(admitted(&configuration(&rules)), "unclear");
}

#[test]
fn what_is_below_a_line_does_not_count_for_it() {
    const GLOBAL: &str = "global\nssl-default-bind-ciphers A\nssl-default-bind-ciphersuites B\n\
        ssl-default-bind-options ssl-min-ver TLSv1.0\nca-base /ca\npidfile a.pid\n";
    const FRONTEND: &str = "frontend f\nbind :443 ssl crt a.pem ca-file c.pem\n";
    let above = sites(&format!("{GLOBAL}{FRONTEND}"), &[]).remove(0);
    let below = sites(&format!("{FRONTEND}{GLOBAL}"), &[]).remove(0);
    assert_eq!(above.suites.unwrap(), ["A"]);
    assert_eq!(above.tls13.unwrap(), ["B"]);
    assert_eq!(above.versions.unwrap()[0], "TLSv1.0");
    assert_eq!(above.trust[0].path, "/ca/c.pem");
    assert!(below.suites.is_none());
    assert!(below.tls13.is_none());
    assert_eq!(below.versions.unwrap()[0], "TLSv1.2");
    assert_eq!(below.trust[0].path, "c.pem");
    assert_eq!(below.pid_file.as_deref(), Some("a.pid"));
}
