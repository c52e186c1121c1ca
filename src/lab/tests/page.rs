//! The tables of `docs/lab.md` are what the code says.

use super::says::{Says, says};
use crate::lab::Defect;
use crate::lab::authority::AUTHORITIES;

const PAGE: &str = include_str!("../../../docs/lab.md");

fn table(first: &str) -> Vec<&'static str> {
    PAGE.lines()
        .skip_while(|line| !line.starts_with(first))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect()
}

#[test]
fn the_table_of_defects_has_every_one_and_what_is_said_of_it() {
    let row = |defect: &Defect| {
        let said = match says(*defect) {
            Says::Nothing => "nothing: it is no defect".to_owned(),
            Says::Verify(code) => format!("`{code}` by verify"),
            Says::Remark(code) => format!("`{code}` beside a good verdict"),
            Says::Accept(code) => format!("`{code}` by accept"),
            Says::Inspect(code) => format!("`{code}` by inspect"),
            Says::Unreadable => "the input cannot be read".to_owned(),
            Says::Admission => "seen beside the CRL before it".to_owned(),
        };
        format!("| `{defect}` | {} | {said} |", defect.describe())
    };
    let expected: Vec<String> = Defect::ALL.iter().map(row).collect();
    assert_eq!(table("| defect |"), expected, "{}", expected.join("\n"));
}

#[test]
fn the_table_of_cas_has_every_one() {
    let row = |authority: &crate::lab::LabAuthority| {
        let environments: Vec<&str> = authority.environments.iter().map(|one| one.id()).collect();
        let issues = match authority.is_root() {
            true => "CAs".to_owned(),
            false => environments.join(", "),
        };
        format!(
            "| `{}` | {} | {} | {} | RSA {} |",
            authority.id,
            authority.common_name,
            authority.generation.id(),
            issues,
            authority.bits
        )
    };
    let expected: Vec<String> = AUTHORITIES.iter().map(row).collect();
    assert_eq!(table("| CA |"), expected, "{}", expected.join("\n"));
}
