//! Of several paths the one that is good for all that is asked, with the least to say against it.

use super::*;

/// Extended key usages: serverAuth, clientAuth, anyExtendedKeyUsage.
const SERVERS: &[u8] = &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
const CLIENTS: &[u8] = &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2];
const ANY: &[u8] = &[0x30, 6, 6, 4, 0x55, 0x1d, 0x25, 0];

/// A root, certificates of one sub CA with these extended key usages, and a leaf below it with an RSA key.
struct Several {
    root: Given,
    subs: Vec<Given>,
    leaf: Given,
}

fn several(usages: &[Option<&'static [u8]>]) -> Several {
    let (root_key, sub_key) = (key(), key());
    let sub = |usage: &Option<&'static [u8]>| {
        let plan = Plan {
            extra: usage.map(|usage| ("2.5.29.37", usage)),
            ..CA
        };
        issue(plan, &sub_key, ROOT.name, &root_key)
    };
    let rsa = openssl::rsa::Rsa::generate(2048).unwrap();
    Several {
        root: issue(ROOT, &root_key, ROOT.name, &root_key),
        subs: usages.iter().map(sub).collect(),
        leaf: issue(LEAF, &PKey::from_rsa(rsa).unwrap(), CA.name, &sub_key),
    }
}

impl Several {
    fn ask(&self, purposes: impl Into<Purposes>) -> Verdict {
        let mut question = question(&self.leaf);
        question.purposes = purposes.into();
        let sent: Vec<&Given> = self.subs.iter().collect();
        ask(&question, &sent, &[], &[&self.root])
    }
}

/// Facts of environments below one root, and of these sub CAs, which issue for the first.
fn facts(environments: &[&str], root: &Given, subs: &[&Given]) -> Facts {
    let mut text = String::new();
    for id in environments {
        text.push_str(&format!(
            "[[environment]]\nid = \"{id}\"\ntitle = \"{id}\"\nhierarchy = \"Own\"\n"
        ));
    }
    let mut add = |given: &Given, role: &str, ids: &[&str]| {
        let certificate = &given.certificate;
        text.push_str(&format!(
            "[[authority]]\nname = \"{}\"\nrole = \"{role}\"\nhierarchy = \"Own\"\ngeneration = \"G\"\n\
             environments = {ids:?}\nsha256 = \"{}\"\npem = \"\"\"\n{}\"\"\"\n",
            certificate.subject.short(),
            certificate.sha256,
            certificate.pem()
        ));
    };
    add(root, "root", &[]);
    for sub in subs {
        add(sub, "sub_ca", &environments[..1]);
    }
    Facts::default().extended(&text).unwrap()
}

/// The verdict for the first environment of the facts.
fn in_environment(leaf: &Given, sent: &[&Given], facts: &Facts) -> Verdict {
    let mut question = question(leaf);
    question.environment = facts.environments.first();
    let sent: Vec<Given> = sent.iter().map(|given| (*given).clone()).collect();
    judge(&question, &Evidence::new(facts).sent(&sent))
}

fn issuer(verdict: &Verdict) -> &Certificate {
    &verdict.path[1].certificate
}

#[test]
fn one_path_has_to_be_good_for_all_purposes() {
    let each = several(&[Some(SERVERS), Some(CLIENTS)]);
    for purpose in [Purpose::Server, Purpose::Client] {
        assert_eq!(each.ask(purpose).decision, Decision::Verified);
    }
    let both = each.ask(Purposes::BOTH_ENDS);
    assert_eq!(both.decision, Decision::NotVerified);
    assert_eq!(both.code, Some(Code::PurposeRefused));
    for usages in [
        [Some(SERVERS), Some(CLIENTS), None],
        [None, Some(SERVERS), Some(CLIENTS)],
    ] {
        let made = several(&usages);
        let general = usages.iter().position(Option::is_none).unwrap();
        let both = made.ask(Purposes::BOTH_ENDS);
        assert_eq!(both.decision, Decision::Verified);
        assert_eq!(issuer(&both), made.subs[general].certificate.as_ref());
    }
}

#[test]
fn of_good_paths_the_one_without_a_warning_is_taken() {
    assert!(has(
        &several(&[Some(ANY)]).ask(Purpose::Server),
        Code::AnyPurpose
    ));
    for usages in [[Some(ANY), None], [None, Some(ANY)]] {
        let made = several(&usages);
        let plain = usages.iter().position(Option::is_none).unwrap();
        let verdict = made.ask(Purpose::Server);
        assert_eq!(issuer(&verdict), made.subs[plain].certificate.as_ref());
        assert!(!has(&verdict, Code::AnyPurpose));
    }
}

#[test]
fn of_good_paths_the_one_through_known_cas_is_taken() {
    // Each of them is good for servers, and has nothing else against it.
    let usages = [Some(SERVERS), None];
    for known in [0, 1] {
        let made = several(&usages);
        let facts = facts(&["own"], &made.root, &[&made.subs[known]]);
        let sent: Vec<&Given> = made.subs.iter().collect();
        let verdict = in_environment(&made.leaf, &sent, &facts);
        assert_eq!(verdict.decision, Decision::Verified);
        assert_eq!(issuer(&verdict), made.subs[known].certificate.as_ref());
    }
}

#[test]
fn that_no_known_sub_ca_says_which_environment_it_is_for_is_reported() {
    let made = several(&[None]);
    let sub = &made.subs[0];
    let unchecked = |environments: &[&str], known: &[&Given]| {
        let facts = facts(environments, &made.root, known);
        let verdict = in_environment(&made.leaf, &[sub], &facts);
        assert_eq!(verdict.decision, Decision::Verified);
        has(&verdict, Code::EnvironmentUnchecked)
    };
    assert!(unchecked(&["first", "second"], &[]));
    assert!(!unchecked(&["first", "second"], &[sub]));
    // The root is above one environment alone: it says which.
    assert!(!unchecked(&["only"], &[]));
}

#[test]
fn a_ca_that_is_not_known_below_a_known_sub_ca_leaves_the_environment_unchecked() {
    let (root_key, sub_key, low_key) = (key(), key(), key());
    let root = issue(ROOT, &root_key, ROOT.name, &root_key);
    let sub = issue(CA, &sub_key, ROOT.name, &root_key);
    let low = Plan {
        name: "Low CA",
        ..CA
    };
    let low = issue(low, &low_key, CA.name, &sub_key);
    let rsa = openssl::rsa::Rsa::generate(2048).unwrap();
    let leaf = issue(LEAF, &PKey::from_rsa(rsa).unwrap(), "Low CA", &low_key);
    let facts = facts(&["first", "second"], &root, &[&sub]);
    let verdict = in_environment(&leaf, &[&low, &sub], &facts);
    assert_eq!(verdict.decision, Decision::Verified);
    assert!(has(&verdict, Code::EnvironmentUnchecked));
}

#[test]
fn a_sub_ca_of_which_another_certificate_was_sent_is_not_said_to_be_missing() {
    let made = several(&[Some(SERVERS), None]);
    let asked = question(&made.leaf).purposes(Purposes::BOTH_ENDS);
    let not_sent = |sent: &[&Given]| {
        let verdict = ask(&asked, sent, &[&made.subs[1]], &[&made.root]);
        assert_eq!(verdict.decision, Decision::Verified);
        let mut findings = verdict.findings.iter();
        let found = findings.find_map(|finding| match finding.problem {
            Problem::SubCaNotSent { other, .. } => Some(other),
            _ => None,
        });
        found.unwrap()
    };
    assert!(not_sent(&[&made.subs[0]]));
    assert!(!not_sent(&[]));
}
