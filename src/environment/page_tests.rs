//! The table of CAs in `docs/environments.md`, and the JSON that is built in, are what the data says.

use super::{Authority, AuthorityRole, Facts, built_in};

const PAGE: &str = include_str!("../../docs/environments.md");

/// The row that an authority should have.
fn row(authority: &Authority, facts: &Facts) -> String {
    let (role, environments) = match authority.role {
        AuthorityRole::Root => ("root", "–".to_owned()),
        AuthorityRole::SubCa => {
            let titles = facts.environments_of(authority);
            let titles: Vec<&str> = titles.iter().map(|one| one.title.as_str()).collect();
            ("sub CA", titles.join(", "))
        }
    };
    let not_after = match authority.certificate() {
        Some(certificate) => certificate.not_after.date().to_string(),
        None => "not built in".to_owned(),
    };
    let Authority {
        name,
        hierarchy,
        generation,
        sha256,
        ..
    } = authority;
    format!(
        "| {name} | {hierarchy} | {generation} | {role} | {environments} | `{sha256}` | {not_after} |"
    )
}

#[test]
fn the_table_of_authorities_in_the_page_is_what_the_data_says() {
    let facts = Facts::built_in().unwrap();
    let expected: Vec<String> = facts
        .authorities
        .iter()
        .map(|authority| row(authority, &facts))
        .collect();
    let table = PAGE
        .lines()
        .skip_while(|line| !line.starts_with("| CA |"))
        .skip(2);
    let written: Vec<&str> = table.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(written, expected);
}

/// `PTL_CERT_BLESS=1 cargo test --lib _page` writes the file again.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test writes a file of the repository when it is told to"
)]
fn the_json_that_is_built_in_is_the_facts_file_of_this_page() {
    let facts: serde_json::Value = toml::from_str(built_in::FACTS).unwrap();
    let made = serde_json::to_string_pretty(&facts).unwrap() + "\n";
    if std::env::var_os("PTL_CERT_BLESS").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/environment/data/nhs.json");
        std::fs::write(file, &made).unwrap();
    } else {
        assert_eq!(
            built_in::FACTS_AS_JSON,
            made,
            "after a change of nhs.toml: PTL_CERT_BLESS=1 cargo test --lib _page"
        );
    }
}

#[test]
fn the_example_in_the_page_is_a_facts_file_that_reads() {
    let example = PAGE
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let facts = Facts::built_in().unwrap();
    assert_eq!(facts.extended(example).unwrap(), facts);
}
