//! Which NHS environment a name seems to speak of.

use super::Fqdn;

/// Words that indicate an environment when they are a label, or a part of one between hyphens.
const WORDS: [(&str, &str); 7] = [
    ("dev", "dev"),
    ("int", "int"),
    ("dep", "dep"),
    ("train", "train"),
    ("training", "train"),
    ("live", "live"),
    ("prod", "live"),
];

/// Spine domains whose labels do not contain such a word; longer ones come before the shorter
/// ones that they end in.
const DOMAINS: [(&str, &str); 6] = [
    ("devspineservices.nhs.uk", "dev"),
    ("intspineservices.nhs.uk", "int"),
    ("depspineservices.nhs.uk", "dep"),
    ("spineservices.nhs.uk", "live"),
    ("tsp.national.ncrs.nhs.uk", "train"),
    ("national.ncrs.nhs.uk", "live"),
];

/// The environment that a name seems to speak of: `"dev"`, `"int"`, `"dep"`, `"train"` or `"live"`;
/// `None` when it speaks of none, or of two different ones.
///
/// It is a hint and never a decision: suppliers name hosts as they like, a supplier may be *called*
/// `int`, and a name outlives the move of its host. Use it to point out that `--env live` and
/// `gpc-int-…` disagree; the issuer of a certificate, and the user, know better.
///
/// ```
/// use ptl_cert::fqdn::{Fqdn, environment_hint};
///
/// let name = Fqdn::parse("gpc-int-a1b2c.acme.thirdparty.nhs.uk")?;
/// assert_eq!(environment_hint(&name), Some("int"));
/// # Ok::<(), ptl_cert::fqdn::FqdnError>(())
/// ```
pub fn environment_hint(name: &Fqdn) -> Option<&'static str> {
    let of_domain = DOMAINS
        .iter()
        .find(|(domain, _)| name.is_under(domain))
        .map(|&(_, environment)| environment);
    let of_words = name
        .labels()
        .flat_map(|label| label.split('-'))
        .filter_map(|part| {
            WORDS
                .iter()
                .find(|(word, _)| *word == part)
                .map(|&(_, environment)| environment)
        });
    let mut hints = of_domain.into_iter().chain(of_words);
    let first = hints.next()?;
    hints.all(|hint| hint == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(text: &str) -> Option<&'static str> {
        environment_hint(&Fqdn::parse(text).unwrap())
    }

    #[test]
    fn a_part_between_hyphens_is_a_hint() {
        assert_eq!(hint("gpc-int-a1b2c.acme.thirdparty.nhs.uk"), Some("int"));
    }

    #[test]
    fn a_label_is_a_hint() {
        assert_eq!(hint("int.api.service.nhs.uk"), Some("int"));
    }

    #[test]
    fn capitals_are_a_hint_too() {
        assert_eq!(hint("GPC-DEP-A1B2C.acme.thirdparty.nhs.uk"), Some("dep"));
    }

    #[test]
    fn the_internet_facing_int_domain_is_a_hint() {
        assert_eq!(hint("msg.intspineservices.nhs.uk"), Some("int"));
    }

    #[test]
    fn the_internet_facing_live_domain_is_a_hint() {
        assert_eq!(hint("mesh-sync.spineservices.nhs.uk"), Some("live"));
    }

    #[test]
    fn the_live_spine_domain_is_a_hint() {
        assert_eq!(hint("msg-out.national.ncrs.nhs.uk"), Some("live"));
    }

    #[test]
    fn the_training_domain_inside_the_live_one_is_a_hint_to_training() {
        assert_eq!(hint("msg.tsp.national.ncrs.nhs.uk"), Some("train"));
    }

    #[test]
    fn the_dev_spine_domain_is_a_hint() {
        assert_eq!(hint("proxy.dev.spine2.ncrs.nhs.uk"), Some("dev"));
    }

    #[test]
    fn two_words_for_one_environment_agree() {
        assert_eq!(hint("gpc-prod.live.acme.thirdparty.nhs.uk"), Some("live"));
    }

    #[test]
    fn two_environments_are_no_hint() {
        assert_eq!(hint("internal-dev.int.api.service.nhs.uk"), None);
    }

    #[test]
    fn a_word_against_its_domain_is_no_hint() {
        assert_eq!(hint("int.spineservices.nhs.uk"), None);
    }

    #[test]
    fn a_word_inside_another_is_no_hint() {
        assert_eq!(hint("mint-printer.liverpool.thirdparty.nhs.uk"), None);
    }

    #[test]
    fn a_plain_name_is_no_hint() {
        assert_eq!(hint("www.acme.thirdparty.nhs.uk"), None);
    }
}
