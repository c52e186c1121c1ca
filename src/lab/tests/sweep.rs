//! What each command says of each defect: the table of `docs/lab.md`, and that no defect that breaks a connection is good
//! anywhere.

use super::broken::{Scene, generation, new_ones};
use super::*;
use crate::lab::{Defect, DefectTarget};
use crate::revocation::Status;
use crate::verdict::Code;
use crate::verdict::verify::{CrlAnswer, CrlFault, Decision, Obstacle};

const HEAD: &str = "| defect | inspect | verify | accept | crl check |";

/// What `crl check` says of the certificate of a scene.
fn checked(scene: &Scene) -> CrlAnswer {
    let leaf = given(scene.reply.certificate().der());
    let sent = sent(&scene.reply);
    let crls = read_crls(&scene.crls);
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    let environment = scene.facts.environment(scene.environment.id()).unwrap();
    let question = Question::new(&leaf, created())
        .purpose(Purpose::Any)
        .environment(environment)
        .revocation(Revocation::Leaf)
        .sha1(Sha1::Accepted);
    let evidence = Evidence::new(&scene.facts).sent(&sent).crls(&crls);
    BorrowedJudge::new(evidence).revocation(&question)
}

fn clears(answer: &CrlAnswer) -> bool {
    matches!(answer.status, Status::NotListed(_)) && answer.obstacle.is_none()
}

fn said_by_check(answer: &CrlAnswer) -> String {
    let undecided = |code: Code| format!("not decided: `{code}`");
    match (&answer.obstacle, &answer.status) {
        (_, Status::Listed(_)) => "revoked".to_owned(),
        (Some(Obstacle::IssuerNotValid { code, .. }), _) => undecided(*code),
        (Some(Obstacle::IssuerRevoked { .. }), _) => undecided(Code::Revoked),
        (Some(_), _) => "not decided: no path".to_owned(),
        (None, Status::NotListed(_)) => "not revoked".to_owned(),
        (None, Status::NotApplicable(_)) => "not applicable".to_owned(),
        (None, Status::NoCrl(none)) => match CrlFault::nearest(&none.passed_over, &[]) {
            Some((fault, _)) => undecided(fault.code()),
            None => undecided(Code::NoCrl),
        },
    }
}

fn said(decision: Decision, code: Option<Code>, good: &str, bad: &str) -> String {
    let code = code.map(|code| format!(": `{code}`")).unwrap_or_default();
    match decision {
        Decision::Verified => good.to_owned(),
        Decision::NotVerified => format!("{bad}{code}"),
        Decision::NotDecided => format!("not decided{code}"),
    }
}

/// Defects with which a TLS connection between two parties that check everything works anyway.
fn is_harmless(defect: Defect) -> bool {
    use Defect as D;
    matches!(defect.target(), DefectTarget::Encoding)
        || matches!(
            defect,
            // It works still.
            D::ExpiresSoon | D::PrivateKeyPeriodOver
            // Clients that match the CN, or do not ask for this name.
            | D::NoSan | D::CnNotSan | D::WildcardName
            // Current software reads them.
            | D::SerialNegative | D::SerialZero | D::SerialTwentyOctets | D::SerialTooLong
            // The environments of the lab accept SHA-1.
            | D::Sha1Signature
            | D::NoExtendedKeyUsage
            // The issuer's one CRL decides about revocation, or none does.
            | D::NoDistributionPoint | D::LdapDistributionPoint
            // What a reply holds is put right before it is installed.
            | D::SubMissing | D::RootMissing | D::WrongOrder | D::Duplicate
            // The CRL counts; admission compares it with the one before.
            | D::CrlRollbackDate | D::CrlRollbackNumber | D::CrlNoNumber
        )
}

/// Defects that only a request, its key or the reply as a whole shows, or that concern the other end of a connection: here verify
/// is asked about one certificate, as a server's.
fn is_not_asked_of_verify(defect: Defect) -> bool {
    use Defect as D;
    matches!(
        defect,
        D::KeyMismatch
            | D::NamesLeftOut
            | D::NoClientAuth
            | D::SigningCa
            | D::LeafMissing
            | D::SeveralLeaves
    )
}

#[test]
fn the_table_of_what_is_said_of_each_defect_is_true_and_none_that_breaks_a_connection_is_good() {
    let (mut rows, mut good) = (Vec::new(), Vec::new());
    for defect in Defect::ALL.iter().copied() {
        let generation = generation(defect);
        let scene = Scene::new(generation, &[defect]);
        let (verdict, acceptance) = (scene.verify(), scene.accept());
        let check = checked(&scene);
        let found = scene.inspect();
        let inspect = match &found {
            None => "cannot be read".to_owned(),
            Some(_) => {
                let sound = Scene::new(generation, &[]).inspect();
                let new = new_ones(sound, found.clone());
                let new: Vec<String> = new.iter().map(|code| format!("`{code}`")).collect();
                match new.as_slice() {
                    [] => "nothing".to_owned(),
                    new => new.join(", "),
                }
            }
        };
        let verified = said(verdict.decision, verdict.code, "verified", "not verified");
        let accepted = said(acceptance.decision, acceptance.code, "accepted", "refused");
        let checked = said_by_check(&check);
        let own = scene.reply.certificate().der();
        let row = match (&found, scene.reply.members().any(|member| member == own)) {
            // The commands read the same file.
            (None, _) => [inspect.clone(), inspect.clone(), inspect.clone()],
            (Some(_), false) => [
                "it is not there".to_owned(),
                accepted,
                "it is not there".to_owned(),
            ],
            (Some(_), true) => [verified, accepted, checked],
        };
        rows.push(format!("| `{defect}` | {inspect} | {} |", row.join(" | ")));
        let accepted = acceptance.decision == Decision::Verified;
        if !is_harmless(defect) && accepted {
            good.push(format!("{defect}: accepted"));
        }
        if !is_harmless(defect)
            && !is_not_asked_of_verify(defect)
            && verdict.decision == Decision::Verified
        {
            good.push(format!("{defect}: verified"));
        }
        // What decides about the CAs or the CRL decides for crl check too.
        let of_revocation = matches!(defect.target(), DefectTarget::Chain | DefectTarget::Crl);
        let other_matter = matches!(
            defect,
            // Of the end entity's names and purposes crl check is not asked.
            Defect::NameConstraint | Defect::PolicyRequired | Defect::SubPurpose
        );
        if of_revocation && !is_harmless(defect) && !other_matter && clears(&check) {
            good.push(format!("{defect}: cleared by crl check"));
        }
        // One judge: what is verified has been cleared, and what is revoked is not verified.
        let verified = verdict.decision == Decision::Verified;
        if verified && !clears(&check) {
            good.push(format!("{defect}: verified, but {}", said_by_check(&check)));
        }
        if accepted && !verified {
            good.push(format!("{defect}: accepted, but not verified"));
        }
    }
    assert!(good.is_empty(), "{good:#?}");
    let table = [
        vec![HEAD.to_owned(), "|---|---|---|---|---|".to_owned()],
        rows,
    ]
    .concat();
    written(&table);
}

/// Compares the table with the page, or renews it.
#[expect(clippy::disallowed_methods, reason = "tests read and bless the page")]
fn written(table: &[String]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lab.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(HEAD).unwrap();
    let after: Vec<&str> = rest
        .lines()
        .skip(1)
        .skip_while(|line| line.starts_with('|'))
        .collect();
    let mut renewed = format!("{before}{}\n{}", table.join("\n"), after.join("\n"));
    if !renewed.ends_with('\n') {
        renewed.push('\n');
    }
    if std::env::var_os("PTL_CERT_BLESS").is_some() {
        std::fs::write(path, &renewed).unwrap();
    } else {
        assert!(
            page == renewed,
            "renew it with PTL_CERT_BLESS=1 cargo test sweep\n{}",
            table.join("\n")
        );
    }
}
