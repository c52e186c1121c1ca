//! What any CRLs say of a certificate fits what they say of its serial number, and neither is good where one of them has
//! an entry that nothing has taken back.

use proptest::prelude::*;

use super::*;

/// A CRL as drawn: what of it may make a difference.
#[derive(Clone, Debug)]
struct Drawn {
    number: Option<u8>,
    base: Option<u8>,
    made: i64,
    ends: Option<i64>,
    /// Reason and date of an entry for the certificate.
    entry: Option<(Option<u8>, i64)>,
    /// Whether it has something critical that is not understood.
    odd: bool,
    /// Whether it says that it is for end entities.
    users: bool,
    /// Only reasons before, or from, cessationOfOperation.
    half: Option<bool>,
    /// By a second key of the CA, which the first one vouches for.
    renewed: bool,
}

impl Drawn {
    fn draft(&self) -> Draft {
        let mut draft = draft().times(self.made, self.ends);
        if let Some((code, revoked_at)) = self.entry {
            let code: Vec<Vec<u8>> = code.into_iter().map(reason).collect();
            draft.entries.push(entry_at(revoked_at, &[2], &code));
        }
        let mut scope = Vec::new();
        if self.users {
            scope.extend([0x81, 1, 0xff]);
        }
        match self.half {
            Some(true) => scope.extend([0x83, 2, 2, 0b0111_1100]),
            Some(false) => scope.extend([0x83, 3, 7, 0b0000_0011, 0b1000_0000]),
            None => {}
        }
        if !scope.is_empty() {
            draft = draft.scope(&scope);
        }
        if let Some(number) = self.number {
            draft = draft.number(number);
        }
        if let Some(base) = self.base {
            draft = draft.base(base);
        }
        match self.odd {
            true => draft.extension(extension(99, true, &[5, 0])),
            false => draft,
        }
    }

    /// Whether it says that the certificate has been revoked for good, by the moment asked for.
    fn revokes(&self) -> bool {
        let told = |revoked_at| self.made <= NOW || revoked_at <= NOW;
        matches!(self.entry, Some((code, at)) if ![Some(6), Some(8)].contains(&code) && told(at))
    }

    fn holds(&self) -> bool {
        matches!(self.entry, Some((Some(6), at)) if self.made <= NOW || at <= NOW)
    }

    /// Whether it may show that a hold of the other has been lifted.
    fn may_lift(&self, held: &Drawn) -> bool {
        let lists = matches!(self.entry, Some((code, _)) if code != Some(8));
        !lists && (self.made > held.made || self.number > held.number)
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let made = prop::sample::select(vec![NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY, NOW - HOUR]);
    let made = prop_oneof![9 => made, 1 => Just(NOW + HOUR)];
    let ends = prop_oneof![6 => Just(Some(NOW + DAY)), 2 => Just(Some(NOW - 60)), 1 => Just(None)];
    let code = prop::sample::select(vec![None, Some(1), Some(6), Some(6), Some(6), Some(8)]);
    let date = prop::sample::select(vec![NOW - 4 * DAY, NOW - 4 * DAY, NOW + 60]);
    let entry = prop::option::weighted(0.4, (code, date));
    let rarely = || prop::bool::weighted(0.15);
    let numbers = (
        prop::option::weighted(0.9, 1u8..5),
        prop::option::weighted(0.4, 1u8..4),
    );
    let rest = (
        rarely(),
        rarely(),
        prop::option::weighted(0.3, any::<bool>()),
        rarely(),
    );
    (numbers, made, ends, entry, rest).prop_map(
        |((number, base), made, ends, entry, (odd, users, half, renewed))| Drawn {
            number,
            base,
            made,
            ends,
            entry,
            odd,
            users,
            half,
            renewed,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_certificate_and_its_number_are_told_the_same_and_what_is_listed_is_never_good(
        all in prop::collection::vec(drawn(), 1..6),
    ) {
        let mut scene = Scene::new(&[]);
        let second = new_key();
        let tie = certificate("CA", &second, ("CA", &scene.ca.key), &[9], &[(BASIC_CONSTRAINTS, IS_CA)]);
        scene.known = Known::signer_status(SignerStatus::Good, &[&tie]);
        let crls: Vec<_> = all
            .iter()
            .map(|one| one.draft().crl(if one.renewed { &second } else { &scene.ca.key }))
            .collect();
        let of_certificate = scene.ask(&crls);
        let set: Vec<_> = crls.iter().collect();
        let set = CrlSet::new(&set);
        let issuer = IssuerCrls::new(&scene.ca.certificate, &set, &scene.known, moment(NOW), None);
        let serial = &scene.leaf.serial;
        let of_number = issuer.status(Some(serial), &Hits::search(&set, &Serials::new([serial])));

        let whole = format!("{all:#?}\n{of_certificate:#?}\n{of_number:#?}");
        let scoped = all.iter().any(|one| one.users);
        match (&of_certificate, &of_number) {
            (Status::Listed(_), SerialStatus::Listed(_))
            | (Status::NotListed(_), SerialStatus::NotListed(_) | SerialStatus::Conditional(_))
            | (Status::NoCrl(_), SerialStatus::NoCrl(_)) => {}
            // A number does not show that it is an end entity's.
            (Status::NotListed(_), SerialStatus::NoCrl(_)) if scoped => {}
            _ => prop_assert!(false, "{whole}"),
        }
        if all.iter().any(Drawn::revokes) {
            prop_assert!(matches!(of_certificate, Status::Listed(_)), "{whole}");
        }
        if matches!(of_certificate, Status::NotListed(_)) {
            for held in all.iter().filter(|one| one.holds()) {
                prop_assert!(all.iter().any(|other| other.may_lift(held)), "{whole}");
            }
        }
    }
}
