//! Every defect makes the product say exactly what is wrong, and nothing else.

use super::says::{Says, says};
use super::*;
use crate::decode;
use crate::document::Item;
use crate::input::Input;
use crate::lab::{Defect, DefectTarget, Shape, encoded};
use crate::verdict::accept::{self, ExpectedReply, ReplyVerdict, accept};
use crate::verdict::verify::{Decision, Revocation};
use crate::verdict::{Code, ExaminationPolicy, examine};

/// A sound reply and a broken one, and everything that can be asked of them.
pub(super) struct Scene {
    pub(super) facts: Facts,
    pub(super) environment: LabEnvironment,
    pub(super) reply: Reply,
    pub(super) crls: Vec<Vec<u8>>,
}

impl Scene {
    pub(super) fn new(generation: Generation, defects: &[Defect]) -> Scene {
        let mut lab = lab();
        let (environment, at) = (LabEnvironment::Int, created());
        let of_crls = |defect: &&Defect| defect.target() == DefectTarget::Crl;
        let of_reply: Vec<Defect> = defects
            .iter()
            .filter(|one| !of_crls(one))
            .copied()
            .collect();
        let reply = lab
            .sign(&pair().1, environment, generation, &of_reply, at)
            .unwrap();
        let certificate = given(reply.certificate().der()).certificate;
        // The CRLs of the certificate's own path, as the lab has them now; those made for a defect too.
        let own = lab.place(&certificate).map(|place| place.path()).ok();
        let of_path: Vec<String> = reply
            .members()
            .filter_map(|der| Certificate::read(der).ok())
            .filter_map(|certificate| Some(lab.place(&certificate).ok()?.path()))
            .chain(own.clone())
            .collect();
        let mut crls = Vec::new();
        for place in lab.published_crls() {
            let path = place.path();
            if of_path.contains(&path) {
                let defects = if Some(path) == own { defects } else { &[] };
                crls.push(lab.crl(&place, at, defects).unwrap());
            }
        }
        Scene {
            facts: facts(&lab),
            environment,
            reply,
            crls,
        }
    }

    pub(super) fn verify(&self) -> Verdict {
        judge(
            &self.facts,
            self.environment,
            &self.reply,
            &self.crls,
            created(),
        )
    }

    pub(super) fn accept(&self) -> ReplyVerdict {
        let (key, request) = pair();
        let sent = sent(&self.reply);
        let crls = read_crls(&self.crls);
        let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
        let host = accept::host(request).unwrap();
        let expected = ExpectedReply {
            request,
            fqdn: &host,
            key: key.public_key(),
            environment: self.facts.environment(self.environment.id()).unwrap(),
            at: created(),
        };
        let origin = Origin::whole(&Arc::new(Source::BuiltIn("lab")));
        let reply = accept::ReplyEvidence {
            certificates: &sent,
            origin: &origin,
            facts: &self.facts,
            crls: &crls,
            revocation: match crls.as_slice() {
                [] => Revocation::Off,
                _ => Revocation::Chain,
            },
        };
        accept(&expected, &reply)
    }

    /// What inspect finds in the reply's file, each code once; `None` when there is nothing to be read.
    pub(super) fn inspect(&self) -> Option<Vec<Code>> {
        codes(&self.reply.file(Shape::Pem).unwrap().bytes, &self.facts)
    }
}

fn codes(bytes: &[u8], facts: &Facts) -> Option<Vec<Code>> {
    let input = Input::new(Source::BuiltIn("reply"), bytes);
    let opened = decode::open(&input, None).ok()?;
    let items: Vec<Item> = opened
        .objects
        .iter()
        .map(|piece| Item::read(piece, opened.container, None).ok())
        .collect::<Option<_>>()?;
    let policy = ExaminationPolicy {
        at: created(),
        soon_days: 60,
    };
    let findings = examine(&items, facts, policy).findings;
    let mut codes: Vec<Code> = findings
        .iter()
        .map(|finding| finding.problem.code())
        .chain(opened.damage.iter().map(|_| Code::Repaired))
        .collect();
    codes.sort();
    codes.dedup();
    Some(codes)
}

/// What the broken one has and the sound one has not.
pub(super) fn new_ones(sound: Option<Vec<Code>>, broken: Option<Vec<Code>>) -> Vec<Code> {
    let (sound, Some(broken)) = (sound.unwrap(), broken) else {
        return Vec::new();
    };
    broken
        .into_iter()
        .filter(|code| !sound.contains(code))
        .collect()
}

/// Where a defect is shown: most in the first generation, whose shape is the NHS's in use.
pub(super) fn generation(defect: Defect) -> Generation {
    match defect {
        // The root's CRL of G1 is for CAs only, which would be reported first.
        Defect::NoSan | Defect::CnNotSan | Defect::WildcardName | Defect::CrlOtherIssuer => {
            Generation::G2
        }
        _ => Generation::G1,
    }
}

#[test]
fn every_defect_of_a_reply_or_a_crl_is_reported_by_the_code_for_it_and_no_other() {
    let mut wrong = Vec::new();
    for defect in Defect::ALL.iter().copied() {
        let generation = generation(defect);
        let (sound, broken) = (
            Scene::new(generation, &[]),
            Scene::new(generation, &[defect]),
        );
        let said = match says(defect) {
            Says::Nothing => match (broken.verify().code, broken.accept().code) {
                (None, None) if new_ones(sound.inspect(), broken.inspect()).is_empty() => {
                    Says::Nothing
                }
                (code, other) => Says::Verify(code.or(other).unwrap_or(Code::Repaired)),
            },
            Says::Verify(_) => match broken.verify().code {
                Some(code) => Says::Verify(code),
                None => Says::Nothing,
            },
            Says::Accept(_) => match broken.accept().code {
                Some(code) => Says::Accept(code),
                None => Says::Nothing,
            },
            Says::Remark(code) => {
                let (before, after) = (sound.verify(), broken.verify());
                let mut new = after.findings.iter().filter(|finding| {
                    !before
                        .findings
                        .iter()
                        .any(|known| known.problem == finding.problem)
                });
                match (after.decision, new.next(), new.next()) {
                    (Decision::Verified, Some(finding), None) => {
                        Says::Remark(finding.problem.code())
                    }
                    (Decision::Verified, Some(_), Some(_)) => Says::Admission,
                    _ => Says::Verify(after.code.unwrap_or(code)),
                }
            }
            Says::Inspect(code) => {
                let new = new_ones(sound.inspect(), broken.inspect());
                match new.as_slice() {
                    [only] => Says::Inspect(*only),
                    _ if new.contains(&code) && says_more(defect) => Says::Inspect(code),
                    _ => {
                        wrong.push(format!("{defect}: {new:?}"));
                        Says::Nothing
                    }
                }
            }
            Says::Unreadable => match broken.inspect() {
                None => Says::Unreadable,
                Some(_) => Says::Nothing,
            },
            Says::Admission => match (broken.verify().decision, broken.verify().code) {
                (Decision::Verified, _) => Says::Admission,
                (_, Some(code)) => Says::Verify(code),
                (_, None) => Says::Nothing,
            },
        };
        if said != says(defect) {
            wrong.push(format!("{defect}: {said:?}, expected {:?}", says(defect)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether inspect cannot tell of it without telling of something else: a signature under two algorithms does not
/// verify, and so makes no link of a chain.
fn says_more(defect: Defect) -> bool {
    defect == Defect::SignatureMismatch
}

#[test]
fn a_defect_of_encoding_is_made_to_a_crl_as_well() {
    let lab = lab();
    let facts = facts(&lab);
    let crl = || lab.crl(&lab.published_crls()[0], created(), &[]).unwrap();
    let of_encoding = Defect::ALL
        .iter()
        .copied()
        .filter(|one| one.target() == DefectTarget::Encoding);
    let sound = codes(&crl(), &facts);
    for defect in of_encoding {
        let Ok(bytes) = encoded(crl(), &[defect]) else {
            assert_eq!(defect, Defect::Pkcs7AsPem);
            continue;
        };
        let found = codes(&bytes, &facts);
        match says(defect) {
            Says::Unreadable => assert_eq!(found, None, "{defect}"),
            // One DER object is one DER object, joined or not.
            _ if defect == Defect::JoinedDer => assert_eq!(found, sound),
            Says::Inspect(code) => assert_eq!(new_ones(sound.clone(), found), [code], "{defect}"),
            _ => assert_eq!(found, sound, "{defect}"),
        }
    }
}

#[test]
fn a_crl_that_rolls_back_is_older_by_its_date_or_by_its_number_alone() {
    let lab = lab();
    let place = &lab.published_crls()[0];
    let header = |defects: &[Defect]| {
        let bytes = lab.crl(place, created(), defects).unwrap();
        let crl = read_crl(&bytes);
        let header = crl.header();
        (header.this_update, header.number.clone())
    };
    let sound = header(&[]);
    let by_date = header(&[Defect::CrlRollbackDate]);
    let by_number = header(&[Defect::CrlRollbackNumber]);
    assert!(by_date.0 < sound.0 && by_date.1 == sound.1);
    assert!(by_number.0 == sound.0 && by_number.1.unwrap() < sound.1.unwrap());
}

#[test]
fn defects_of_different_targets_are_made_together() {
    let mut lab = lab();
    let defects = [Defect::Expired, Defect::SubMissing, Defect::Utf16];
    let reply = signed(&mut lab, Generation::G1, &defects);
    let file = reply.file(Shape::Pem).unwrap();
    assert_eq!(
        (reply.members().count(), &file.bytes[..2]),
        (2, &[0xff, 0xfe][..])
    );
    assert!(given(reply.certificate().der()).certificate.not_after < created());
}

#[test]
fn a_defect_that_cannot_be_made_is_refused_and_not_left_out() {
    let mut lab = lab();
    let reply = signed(&mut lab, Generation::G1, &[Defect::Utf16]);
    assert!(reply.file(Shape::Zip).is_err());
    for (environment, defect) in [
        (LabEnvironment::Live, Defect::SigningCa),
        (LabEnvironment::Live, Defect::RootExpired),
        (LabEnvironment::Int, Defect::CrlStale),
    ] {
        let refused = lab.sign(&pair().1, environment, Generation::G1, &[defect], created());
        assert!(refused.is_err(), "{defect}");
    }
}

#[test]
fn every_defect_can_be_made_everywhere_or_is_refused_with_a_reason() {
    let mut lab = lab();
    for (environment, generation) in everywhere() {
        for defect in Defect::ALL.iter().copied() {
            if defect.target() == DefectTarget::Crl {
                let place = lab.place_manual_import(environment).unwrap();
                let crl = lab.crl(&place, created(), &[defect]).unwrap();
                assert!(crate::document::der::only(&crl, 0x30).is_ok(), "{defect}");
                continue;
            }
            match lab.sign(&pair().1, environment, generation, &[defect], created()) {
                Ok(reply) => assert!(reply.file(Shape::Pem).is_ok(), "{defect}"),
                Err(LabError::NotApplicable { defect: named, .. }) => assert_eq!(named, defect),
                Err(error) => panic!("{environment} {generation} {defect}: {error}"),
            }
        }
    }
}
