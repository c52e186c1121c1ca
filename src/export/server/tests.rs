//! The patterns by which clients' names are found, against certificates of the lab's shape in DER.

use super::AdmittedHosts;
use crate::fqdn::Fqdn;

fn admitted(names: &[&str]) -> AdmittedHosts {
    AdmittedHosts::new(names.iter().map(|name| Fqdn::parse(name).unwrap())).unwrap()
}

#[test]
fn without_an_admitted_client_there_is_no_list_and_names_are_kept_once() {
    assert!(AdmittedHosts::new([]).is_none());
    let both = admitted(&["b.nhs.uk", "a.nhs.uk", "B.nhs.uk"]);
    assert_eq!(both.names().count(), 2);
    assert_eq!(both.listed(), "a.nhs.uk, b.nhs.uk");
}

#[test]
fn a_dot_in_a_name_stands_for_itself_in_every_pattern() {
    let one = admitted(&["a.nhs.uk"]);
    for pattern in [one.of_subject(), one.of_windows_subject()] {
        assert!(pattern.contains(r"CN=a\.nhs\.uk(?:"), "{pattern}");
    }
    assert!(one.in_hex()[0].ends_with("8208[46]12E[46]E[46]8[57]32E[57]5[46]B"));
}

#[test]
fn the_pattern_for_nginx_fits_into_one_parameter() {
    // NGX_CONF_BUFFER: a longer parameter keeps nginx from starting.
    const LIMIT: usize = 4096;
    let longest = format!(
        "{}.{}.{}.nhs.uk",
        "a".repeat(60),
        "b".repeat(60),
        "c".repeat(50)
    );
    for pattern in admitted(&["proxy.int.spine2.ncrs.nhs.uk", &longest]).in_base64() {
        // Three alignments of the longest name that a CN could not even hold take more than nginx reads.
        let short = pattern.len() < LIMIT;
        assert!(
            short || pattern.len() > 5 * longest.len(),
            "{}",
            pattern.len()
        );
    }
    assert!(crate::verdict::configuration::extensions_in_base64().len() < LIMIT);
    let usual = admitted(&["proxy.national.ncrs.nhs.uk"]).in_base64();
    assert!(usual[0].len() < LIMIT, "{}", usual[0].len());
}
