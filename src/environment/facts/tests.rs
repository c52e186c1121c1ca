use super::*;
use crate::chain::signed_by;

#[test]
fn every_built_in_certificate_is_the_pinned_one_and_is_used() {
    let facts = Facts::built_in().unwrap();
    assert_eq!(facts.certificates().count(), built_in::CERTIFICATES.len());
}

#[test]
fn a_built_in_authority_is_called_by_the_common_name_of_its_certificate() {
    let facts = Facts::built_in().unwrap();
    for authority in &facts.authorities {
        let Some(certificate) = authority.certificate() else {
            continue;
        };
        assert_eq!(
            certificate.subject.common_name(),
            Some(authority.name.as_str())
        );
    }
}

#[test]
fn above_an_issuer_are_the_cas_with_its_name_and_their_roots_and_nothing_else_is_read() {
    let named = |facts: &Facts, name: &str| {
        let known = facts.authorities.iter().find(|known| known.name == name);
        known.unwrap().certificate().unwrap().subject.clone()
    };
    let issuer = named(&Facts::built_in().unwrap(), "NHS INT Level 1C");
    let facts = Facts::built_in().unwrap();
    let above = facts.authorities_above([&issuer, &issuer]);
    let names: Vec<_> = above
        .iter()
        .map(|authority| authority.name.as_str())
        .collect();
    assert_eq!(names, ["NHS PTL Root Authority", "NHS INT Level 1C"]);
    let read = |authority: &&Authority| authority.held.read.get().is_some();
    assert_eq!(facts.authorities.iter().filter(read).count(), 2);
    assert!(facts.authorities_above([]).is_empty());
}

#[test]
fn every_built_in_sub_ca_was_signed_by_a_root_of_its_hierarchy_and_generation() {
    let facts = Facts::built_in().unwrap();
    let held = || {
        facts
            .authorities
            .iter()
            .filter_map(|a| Some((a, a.certificate()?)))
    };
    for (sub, certificate) in held().filter(|(a, _)| a.role == AuthorityRole::SubCa) {
        let signer = held().find(|(root, issuer)| {
            root.role == AuthorityRole::Root && signed_by(certificate, issuer)
        });
        let (root, _) = signer.unwrap_or_else(|| panic!("{} has no root", sub.name));
        assert_eq!(
            (&root.hierarchy, &root.generation),
            (&sub.hierarchy, &sub.generation),
            "{}",
            sub.name
        );
    }
}

#[test]
fn the_g2_sub_ca_of_int_is_the_one_of_dep_too() {
    let facts = Facts::built_in().unwrap();
    let shared = facts
        .authorities
        .iter()
        .find(|a| a.name == "NHS INT Authentication G2")
        .unwrap();
    let environments = facts.environments_of(shared);
    let environments: Vec<&str> = environments.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(environments, ["int", "dep"]);
}

#[test]
fn a_users_file_adds_an_authority_and_corrects_an_environment() {
    let text = r#"
        [[environment]]
        id = "int"
        title = "INT"
        hierarchy = "PTL"
        ssp = ["proxy.example.nhs.uk"]
        [[authority]]
        name = "NHS INT G3"
        role = "sub_ca"
        hierarchy = "PTL"
        generation = "G3"
        environments = ["int"]
        sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
    "#;
    let facts = Facts::built_in().unwrap().extended(text).unwrap();
    assert_eq!(
        facts.environment("int").unwrap().ssp,
        ["proxy.example.nhs.uk"]
    );
    assert!(
        facts
            .authorities
            .iter()
            .any(|authority| authority.generation == "G3")
    );
}

#[test]
fn a_certificate_other_than_the_pinned_one_is_refused() {
    let text = built_in::FACTS.replacen("cb7f39", "cb7f38", 1);
    assert!(matches!(
        Facts::default().extended(&text),
        Err(FactsError::Pin { .. })
    ));
}

#[test]
fn a_role_that_the_certificate_does_not_have_is_refused() {
    let pem = |name: &str| built_in::certificate(name).unwrap();
    let entry = |role: &str, pem: &str| {
        let sha256 = certificate_in(pem).unwrap().sha256;
        format!(
            "[[authority]]\nname = \"One\"\nrole = \"{role}\"\nhierarchy = \"H\"\ngeneration = \"G\"\n\
             sha256 = \"{sha256}\"\npem = \"\"\"\n{pem}\n\"\"\"\n"
        )
    };
    let (root, sub) = ("NHS-Root-Authority-G2.pem", "NHS-Authentication-G2.pem");
    for (role, file, is_good) in [
        ("root", root, true),
        ("sub_ca", sub, true),
        ("root", sub, false),
        ("sub_ca", root, false),
    ] {
        let read = Facts::default().extended(&entry(role, pem(file)));
        let is_refused = matches!(read, Err(FactsError::Role { .. }));
        assert_eq!((read.is_ok(), is_refused), (is_good, !is_good), "{role}");
    }
}

#[test]
fn an_id_that_cannot_be_typed_and_a_day_that_is_none_are_refused() {
    let read = |id: &str, day: &str| {
        Facts::default().extended(&format!(
            "reviewed = \"{day}\"\n[[environment]]\nid = \"{id}\"\ntitle = \"T\"\nhierarchy = \"H\"\n"
        ))
    };
    read("lab-1", "2026-02-28").unwrap();
    for id in ["LAB1", "", "la b", "-x", "l\\u0007b", "é"] {
        let refused = read(id, "2026-02-28");
        assert!(matches!(refused, Err(FactsError::Id { .. })), "{id:?}");
    }
    for day in ["2026-02-30", "", "2026-2-3", "02/03/2026", "+202-01-01"] {
        let refused = read("lab", day);
        assert!(matches!(refused, Err(FactsError::Reviewed { .. })), "{day}");
    }
}

#[test]
fn a_certificate_stands_in_the_facts_that_give_it_and_not_in_the_product() {
    let [(_, pem), ..] = built_in::CERTIFICATES;
    let sha256 = certificate_in(pem).unwrap().sha256;
    let entry = |held: &str| {
        format!(
            "[[authority]]\nname = \"One\"\nrole = \"root\"\nhierarchy = \"H\"\ngeneration = \"G\"\n\
             sha256 = \"{sha256}\"\n{held}\n"
        )
    };
    let source = |held: &str| {
        let mine = Source::File("mine.toml".into());
        let facts = Facts::default().extended_from(&entry(held), mine).unwrap();
        let [authority] = facts.authorities.as_slice() else {
            panic!("one was written");
        };
        authority.source().map(ToString::to_string)
    };
    assert_eq!(
        source(&format!("pem = \"\"\"\n{pem}\"\"\"")).as_deref(),
        Some("mine.toml")
    );
    assert_eq!(
        source("file = \"NHS-Root-Authority.pem\"").as_deref(),
        Some("built in: CA certificates")
    );
    assert_eq!(source(""), None);
}

#[test]
fn what_is_no_host_name_is_refused_where_a_host_is_expected() {
    let with = |key: &str, value: &str| {
        let text = format!(
            "[[environment]]\nid = \"x\"\ntitle = \"X\"\nhierarchy = \"ptl\"\n{key} = {value}\n"
        );
        Facts::default().extended(&text)
    };
    for bad in [
        "=cmd|' /c calc'!A1",
        "a|b",
        "a,b",
        "a\\u202e",
        "-a.nhs.uk",
        "",
        "a..b",
        "a b",
    ] {
        for (key, value) in [
            ("ssp", format!("[\"a.nhs.uk\", \"{bad}\"]")),
            ("caller", format!("\"{bad}\"")),
            ("hscn_domain", format!("\"{bad}\"")),
        ] {
            assert!(
                matches!(with(key, &value), Err(FactsError::Host { .. })),
                "{key} {value}"
            );
        }
    }
    with("ssp", "[\"a-b.nhs.uk\", \"localhost\", \"10.0.0.1\"]").unwrap();
}
