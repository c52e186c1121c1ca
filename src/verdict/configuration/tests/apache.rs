//! What of Apache's conditions and settings is understood, and what is kept because it is not.

use super::admitted;

const GOOD: &str = "Require expr \"%{SSL_CLIENT_S_DN_CN} =~ m#^a\\.nhs\\.uk\\z#i\"";

/// A virtual host that accepts TLS.
fn host(inner: &str) -> String {
    format!("<VirtualHost *:443>\nSSLEngine on\n{inner}\n</VirtualHost>\n")
}

fn every_path(rules: &str) -> String {
    format!("<Location \"/\">\n{rules}\n</Location>\n")
}

#[test]
fn an_apache_expression_restricts_only_where_the_comparison_has_to_hold() {
    const EQUAL: &str = "%{SSL_CLIENT_S_DN_CN} == 'a.nhs.uk'";
    for (expression, clients) in [
        (EQUAL.to_owned(), "named"),
        (format!("\"{EQUAL}\""), "named"),
        (format!("\"-n %{{HTTPS}} && {EQUAL}\""), "named"),
        // Integers are compared, and every name is 0.
        (EQUAL.replace("==", "eq"), "unclear"),
        (
            format!("\"! ( -n %{{HTTPS}} && {EQUAL} && -n %{{HTTPS}} )\""),
            "unclear",
        ),
        (
            format!("\"{EQUAL} && true\tor\t%{{HTTPS}} == 'on'\""),
            "unclear",
        ),
        // A line goes on without a space.
        (format!("\"{EQUAL} && true o\\\nr true\""), "unclear"),
    ] {
        let text = host(&every_path(&format!("Require expr {expression}")));
        assert_eq!(admitted(&text), clients, "{text}");
    }
}
