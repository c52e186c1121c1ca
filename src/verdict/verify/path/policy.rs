//! Certificate policies (RFC 5280 sections 6.1.2 to 6.1.5), with any policy acceptable at the start.
//!
//! OpenSSL's own processing needs an initial policy set that the `openssl` crate cannot hand over, so policies are
//! decided here. The tree is kept as the set of policies that hold at each depth, which RFC 9618 section 5 shows
//! to be enough; a full tree can be made to grow exponentially (CVE-2023-0464).

use std::collections::HashSet;

use crate::document::Certificate;
use crate::document::extension::PolicyConstraints;

/// `anyPolicy`.
const ANY: &str = "2.5.29.32.0";

/// The state of section 6.1.2, carried down the path.
struct State<'p> {
    /// The policies that the next certificate may have. Empty: the tree is null.
    expected: HashSet<&'p str>,
    explicit_policy: usize,
    inhibit_any: usize,
    policy_mapping: usize,
}

/// How many policies and mappings are gone through to say whether they hold.
pub(super) fn entries(path: &[&Certificate]) -> usize {
    let of = |certificate: &&Certificate| {
        let extensions = &certificate.extensions;
        let policies = extensions.certificate_policies.as_ref();
        let mappings = extensions.policy_mappings.as_ref();
        policies.map_or(0, |marked| marked.value.len())
            + mappings.map_or(0, |marked| marked.value.len())
    };
    path.iter().map(of).sum()
}

/// The number in the path, counted from the end entity, of the certificate at which policies fail; `None` when they
/// hold. `path` is the end entity first, the anchor left out.
pub(super) fn failure(path: &[&Certificate]) -> Option<usize> {
    let mut state = State {
        expected: HashSet::from([ANY]),
        explicit_policy: path.len() + 1,
        inhibit_any: path.len() + 1,
        policy_mapping: path.len() + 1,
    };
    for (number, certificate) in path.iter().enumerate().rev() {
        let last = number == 0;
        let valid = state.valid(certificate, last);
        let refused = match last {
            false => !state.prepare(valid, certificate),
            true => !state.wrap_up(valid, certificate),
        };
        if refused {
            return Some(number);
        }
    }
    None
}

impl<'p> State<'p> {
    /// Section 6.1.3 (d) to (e): the policies that hold at this certificate.
    fn valid(&self, certificate: &'p Certificate, last: bool) -> HashSet<&'p str> {
        let Some(policies) = &certificate.extensions.certificate_policies else {
            return HashSet::new();
        };
        let any_expected = self.expected.contains(ANY);
        let mut valid: HashSet<&str> = policies
            .value
            .iter()
            .map(|policy| policy.oid.as_str())
            .filter(|oid| *oid != ANY && (any_expected || self.expected.contains(oid)))
            .collect();
        let any_counts = self.inhibit_any > 0 || (!last && certificate.is_self_issued());
        if any_counts && policies.value.iter().any(|policy| policy.oid == ANY) {
            valid.extend(&self.expected);
        }
        valid
    }

    /// Section 6.1.3 (f) and 6.1.4 (a), (b), (h) to (j); false when the path is refused.
    fn prepare(&mut self, valid: HashSet<&'p str>, certificate: &'p Certificate) -> bool {
        if self.explicit_policy == 0 && valid.is_empty() {
            return false;
        }
        self.expected = valid;
        if let Some(mappings) = &certificate.extensions.policy_mappings {
            let pairs = || mappings.value.iter();
            if pairs().any(|pair| pair.issuer == ANY || pair.subject == ANY) {
                return false;
            }
            let any = self.expected.contains(ANY);
            let mapped: HashSet<&str> = pairs().map(|pair| pair.issuer.as_str()).collect();
            let targets: Vec<&str> = pairs()
                .filter(|pair| any || self.expected.contains(pair.issuer.as_str()))
                .map(|pair| pair.subject.as_str())
                .collect();
            self.expected.retain(|policy| !mapped.contains(policy));
            if self.policy_mapping > 0 {
                self.expected.extend(targets);
            }
        }
        if !certificate.is_self_issued() {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any = self.inhibit_any.saturating_sub(1);
        }
        if let Some(PolicyConstraints {
            require_explicit_policy,
            inhibit_policy_mapping,
        }) = constraints(certificate)
        {
            lower(&mut self.explicit_policy, require_explicit_policy);
            lower(&mut self.policy_mapping, inhibit_policy_mapping);
        }
        let inhibit_any = certificate.extensions.inhibit_any_policy.as_ref();
        lower(
            &mut self.inhibit_any,
            inhibit_any.map(|marked| marked.value),
        );
        true
    }

    /// Section 6.1.3 (f) and 6.1.5 (a), (b), (g); false when the path is refused.
    fn wrap_up(&mut self, valid: HashSet<&'p str>, certificate: &Certificate) -> bool {
        let required = self.explicit_policy <= 1
            || constraints(certificate)
                .is_some_and(|found| found.require_explicit_policy == Some(0));
        !(required && valid.is_empty())
    }
}

fn constraints(certificate: &Certificate) -> Option<PolicyConstraints> {
    let marked = certificate.extensions.policy_constraints.as_ref();
    marked.map(|marked| marked.value)
}

/// Lowers a counter to what a certificate asks for.
fn lower(counter: &mut usize, asked: Option<u32>) {
    if let Some(asked) = asked.and_then(|asked| usize::try_from(asked).ok()) {
        *counter = (*counter).min(asked);
    }
}
