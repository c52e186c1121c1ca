//! The sentences of a plan, and what to type next.

use super::model::PlanSetting;
use crate::chain::is_self_signed;
use crate::document::Moment;
use crate::document::extension::{GeneralName, Retrieval};
use crate::input::Shown;
use crate::store::crl_cache::Damaged;
use crate::verdict::plan::{Covers, CrlPlan, CrlSource, RequiredCrl, RequiredState};
use crate::wording::{Voice, bare, count, some};

/// What a bundle whose CAs have all expired comes to.
pub(in crate::report) const ALL_REFUSED: &str = "every CA of the bundle has expired, so a server with this bundle refuses every client whatever CRLs it has. Add the CAs of the current generation to the bundle";

/// Which certificates a CRL is for.
pub(super) fn covers(required: &RequiredCrl) -> String {
    /// More names than these are counted.
    const NAMED: usize = 2;
    match &required.covers {
        Covers::Certificates(all) if all.iter().all(|one| is_self_signed(one)) => {
            "for the root's own certificate".to_owned()
        }
        Covers::Certificates(all) => {
            let mut names: Vec<String> = all
                .iter()
                .take(NAMED)
                .map(|one| one.subject.short())
                .collect();
            if let Some(more) = all.len().checked_sub(NAMED).filter(|more| *more > 0) {
                names.push(format!("{more} more"));
            }
            match names.split_last() {
                Some((last, [])) => format!("for {last}"),
                Some((last, first)) => format!("for {} and {last}", first.join(", ")),
                None => "for no certificate".to_owned(),
            }
        }
        Covers::Partition => "for clients of this partition".to_owned(),
        Covers::Unknown => "for its clients".to_owned(),
    }
}

/// What the cache has.
pub(super) fn state(state: &RequiredState, at: Moment) -> String {
    let days = |later: Moment, earlier: Moment| count(later.days_since(earlier), "day");
    match state {
        RequiredState::Available { until: None } => "no nextUpdate".to_owned(),
        RequiredState::Available { until: Some(until) } => {
            format!(
                "until {} UTC ({} left)",
                until.to_minute(),
                days(*until, at)
            )
        }
        RequiredState::Stale { since } => format!(
            "expired {} UTC ({} ago)",
            since.to_minute(),
            days(at, *since)
        ),
        RequiredState::NotYetValid { from } => {
            format!("not yet valid: from {} UTC", from.to_minute())
        }
        RequiredState::Partial { missing } => {
            let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
            format!("no CRL covers revocation for {}", missing.join(", "))
        }
        RequiredState::Ignored => {
            "only CRLs for some reasons or of several issuers, which this server ignores".to_owned()
        }
        RequiredState::OtherPartition { found } => {
            let found: Vec<String> = found.iter().map(bare).collect();
            format!(
                "only CRLs of other partitions are in the cache: {}",
                some(&found)
            )
        }
        RequiredState::Missing => "not in the cache".to_owned(),
    }
}

/// What to do for a CRL that is missing or out of time.
pub(in crate::report) fn remedy(required: &RequiredCrl, voice: Voice) -> Option<String> {
    if required.state.is_good() {
        return None;
    }
    let fetchable = required.sources.iter().any(|source| source.url().is_some());
    let directory = required
        .sources
        .iter()
        .any(|source| source.retrieval == Retrieval::Directory);
    let is_root = match &required.covers {
        Covers::Certificates(all) => all.iter().all(|one| is_self_signed(one)),
        _ => false,
    };
    let words = match (&required.covers, &required.state, fetchable, directory) {
        (_, RequiredState::OtherPartition { .. }, ..) if is_root => {
            "OpenSSL in this server needs a CRL for the root's own certificate too (error 44, different CRL scope), and that certificate names no such distribution point. Ask the CA for a CRL of the root without a distribution point. Until then this server can check no client below this root; Apache can check clients alone: SSLCARevocationCheck leaf".to_owned()
        }
        (Covers::Unknown, ..) => voice.pick(
            "each client's certificate names its partition: give the clients with --client CERT, or import the CA's CRLs: ptl-cert crl import FILE",
            "each client's certificate names its partition: give the clients' certificates, or import the CA's CRLs",
        ),
        (_, RequiredState::NotYetValid { .. }, ..) => {
            "check this machine's clock; if it is right, the CRL counts only from then on".to_owned()
        }
        (_, RequiredState::Ignored | RequiredState::Partial { .. }, ..) => voice.pick(
            "get a CRL that covers all reasons from the CA, then: ptl-cert crl import FILE",
            "get a CRL that covers all reasons from the CA, then import it",
        ),
        (Covers::Partition, RequiredState::Stale { .. }, true, _) => voice.pick(
            "fetch it with: ptl-cert crl update. If no client is in this partition any more: ptl-cert crl remove SOURCE",
            "fetch it. If no client is in this partition any more, remove it",
        ),
        (Covers::Partition, RequiredState::Stale { .. }, false, _) => voice.pick(
            "import the current one: ptl-cert crl import FILE. If no client is in this partition any more: ptl-cert crl remove SOURCE",
            "import the current one. If no client is in this partition any more, remove it",
        ),
        // Which partition a client needs is in its certificate only.
        (Covers::Certificates(all), _, true, _) if all.iter().any(|one| !one.is_ca()) => voice.pick(
            "fetch it with: ptl-cert crl update CLIENT, the certificate that names it",
            "fetch it",
        ),
        (_, _, true, _) => voice.pick("fetch it with: ptl-cert crl update", "fetch it"),
        (_, _, false, true) => voice.pick(
            "its distribution point is a directory name, which cannot be fetched: download the file, then: ptl-cert crl import FILE",
            "its distribution point is a directory name, which cannot be fetched: download the file, then import it",
        ),
        (_, _, false, false) => voice.pick(
            "no distribution point is named: get the file from the CA, then: ptl-cert crl import FILE",
            "no distribution point is named: get the file from the CA, then import it",
        ),
    };
    Some(words)
}

/// The voice of a remedy above what to type next, which names the commands that fetch and import.
pub(super) fn before_next(required: &RequiredCrl, voice: Voice) -> Voice {
    match (&required.covers, &required.state) {
        // Removing a partition is not among them.
        (Covers::Partition, RequiredState::Stale { .. }) => voice,
        _ => Voice::Neutral,
    }
}

/// What a plan lacks, as `CA: sentence`: every CRL that is required and not current, and the certificates that no CA of the
/// bundle issued.
pub(in crate::report) fn missing(plan: &CrlPlan) -> Vec<String> {
    let mut all = missing_crls(plan);
    all.extend(plan.unrelated.iter().map(|certificate| {
        format!(
            "{}: its issuer ({}) is not in the bundle",
            certificate.subject.short(),
            certificate.issuer.short()
        )
    }));
    if plan.has_expired() {
        all.push(ALL_REFUSED.to_owned());
    }
    all
}

/// Every CRL that is required and not current, as `CA: sentence`.
pub(in crate::report) fn missing_crls(plan: &CrlPlan) -> Vec<String> {
    let required = plan
        .required()
        .filter(|(_, required)| !required.state.is_good());
    required
        .map(|(authority, required)| {
            let from: Vec<String> = required
                .sources
                .iter()
                .map(|source| bare(&source.name))
                .collect();
            let from = match from.as_slice() {
                [] => String::new(),
                from => format!(" ({})", from.join(" or ")),
            };
            format!(
                "{}: {}, {}{from}",
                authority.name.short(),
                covers(required),
                state(&required.state, plan.at)
            )
        })
        .collect()
}

/// A CRL of the cache that cannot be used, as a sentence.
pub(in crate::report) fn damaged(damaged: &Damaged) -> String {
    let whose = damaged
        .about
        .as_ref()
        .map_or_else(|| "a CRL".to_owned(), |about| about.issuer.short());
    format!(
        "{whose} ({}): {}; {}",
        damaged.path.shown(),
        damaged.damage,
        damaged.damage.remedy()
    )
}

/// What to type next.
pub(super) fn next(plan: &CrlPlan, asked: &PlanSetting<'_>) -> Vec<String> {
    let PlanSetting {
        bundle,
        import,
        certificates,
        clients,
        ..
    } = asked;
    // `crl update` has no --client: it takes files and folders alike.
    let both = join(&[certificates, &clients.replace("--client ", "")]);
    let mut next = Vec::new();
    let bad: Vec<&RequiredCrl> = plan
        .required()
        .map(|(_, required)| required)
        .filter(|required| !required.state.is_good())
        .collect();
    let fetchable =
        |required: &RequiredCrl| required.sources.iter().any(|source| source.url().is_some());
    if bad.iter().any(|required| fetchable(required)) {
        next.push(join(&["ptl-cert crl update", import, &both]));
    }
    if bad.iter().any(|required| !fetchable(required)) {
        next.push(join(&["ptl-cert crl import FILE", import]));
    }
    if !plan.knows_all_partitions() {
        let server = plan.server.map(|server| format!("--for {}", server.id()));
        next.push(join(&[
            "ptl-cert crl plan",
            bundle,
            server.as_deref().unwrap_or_default(),
            certificates,
            clients,
            "--client CLIENT.pem",
        ]));
    }
    if plan.is_complete()
        && let Some(server) = plan.server
    {
        let server = format!("--for {} --out-dir DIR", server.id());
        next.push(join(&[
            "ptl-cert crl export",
            &server,
            bundle,
            certificates,
            clients,
        ]));
    }
    next
}

fn join(words: &[&str]) -> String {
    let words: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// A source as shown to the reader, and how to fetch it.
pub(super) fn source(source: &CrlSource) -> String {
    match (&source.name, source.retrieval) {
        (GeneralName::Uri(_), Retrieval::Http) => bare(&source.name),
        (_, Retrieval::Directory) => format!("{} (directory name only)", bare(&source.name)),
        (_, retrieval) => format!("{} ({retrieval})", bare(&source.name)),
    }
}
