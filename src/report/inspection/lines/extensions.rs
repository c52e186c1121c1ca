//! Extensions as labelled lines.

use super::{Line, join};
use crate::document::extension::{DistributionPoint, Marked, PointName};
use crate::document::{Extensions, Moment, printable};
use crate::wording::{bare, count};

pub(super) fn extensions(extensions: &Extensions) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if let Some(constraints) = extensions
        .basic_constraints
        .as_ref()
        .filter(|marked| marked.value.ca)
    {
        let length = constraints.value.path_length;
        lines.push((
            "CA",
            match length {
                Some(length) => format!(
                    "yes, at most {} below it",
                    count(i64::from(length), "further CA")
                ),
                None => "yes".to_owned(),
            },
        ));
    }
    let usages: Vec<String> = [
        extensions
            .key_usage
            .as_ref()
            .map(|marked| join(&marked.value)),
        extensions
            .extended_key_usage
            .as_ref()
            .map(|marked| match marked.value.as_slice() {
                [] => "extended key usage that is empty".to_owned(),
                usages => join(usages),
            }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !usages.is_empty() {
        lines.push(("usage", usages.join(" · ")));
    }
    for point in extensions
        .crl_distribution_points
        .iter()
        .flat_map(|marked| &marked.value)
    {
        lines.extend(
            distribution_point(point)
                .into_iter()
                .map(|text| ("CRL", text)),
        );
    }
    for point in extensions
        .freshest_crl
        .iter()
        .flat_map(|marked| &marked.value)
    {
        lines.extend(
            distribution_point(point)
                .into_iter()
                .map(|text| ("delta CRL", text)),
        );
    }
    let accesses = [
        &extensions.authority_information_access,
        &extensions.subject_information_access,
    ];
    for access in accesses
        .into_iter()
        .flatten()
        .flat_map(|marked| &marked.value)
    {
        let location = bare(&access.location);
        lines.push(("AIA", format!("{} {location}", access.method)));
    }
    for policy in extensions
        .certificate_policies
        .iter()
        .flat_map(|marked| &marked.value)
    {
        let statements = policy
            .practice_statements
            .iter()
            .map(|address| format!(" (CPS {})", printable(address)));
        lines.push((
            "policy",
            format!("{}{}", policy.oid, statements.collect::<String>()),
        ));
        let others = policy.qualifiers.iter();
        lines.extend(others.map(|other| {
            (
                "policy",
                format!("  qualifier {} {}", other.oid, other.value),
            )
        }));
    }
    for mapping in extensions
        .policy_mappings
        .iter()
        .flat_map(|marked| &marked.value)
    {
        lines.push((
            "mapping",
            format!("{} = {}", mapping.issuer, mapping.subject),
        ));
    }
    if let Some(marked) = &extensions.policy_constraints {
        let explicit = marked
            .value
            .require_explicit_policy
            .map(|skip| format!("explicit policy after {skip}"));
        let mapping = marked
            .value
            .inhibit_policy_mapping
            .map(|skip| format!("no mapping after {skip}"));
        lines.push((
            "policies",
            explicit
                .into_iter()
                .chain(mapping)
                .collect::<Vec<_>>()
                .join(", "),
        ));
    }
    if let Some(marked) = &extensions.inhibit_any_policy {
        lines.push(("policies", format!("no anyPolicy after {}", marked.value)));
    }
    if let Some(marked) = &extensions.name_constraints {
        lines.extend(
            marked
                .value
                .permitted
                .iter()
                .map(|name| ("permitted", name.to_string())),
        );
        lines.extend(
            marked
                .value
                .excluded
                .iter()
                .map(|name| ("excluded", name.to_string())),
        );
    }
    for name in extensions
        .issuer_alternative_name
        .iter()
        .flat_map(|marked| &marked.value)
    {
        lines.push(("issuer alt", name.to_string()));
    }
    if let Some(marked) = &extensions.private_key_usage_period {
        let end = |moment: Option<Moment>| moment.map_or("open".to_owned(), Moment::to_minute);
        lines.push((
            "key period",
            format!(
                "{} → {} UTC",
                end(marked.value.not_before),
                end(marked.value.not_after)
            ),
        ));
    }
    if let Some(marked) = &extensions.subject_key_identifier {
        lines.push(("key id", marked.value.to_string()));
    }
    if let Some(marked) = &extensions.authority_key_identifier {
        lines.extend(
            marked
                .value
                .key
                .as_ref()
                .map(|key| ("issuer key", key.to_string())),
        );
        lines.extend(
            marked
                .value
                .issuer
                .iter()
                .map(|name| ("issuer key", name.to_string())),
        );
        lines.extend(
            marked
                .value
                .serial
                .as_ref()
                .map(|serial| ("issuer key", format!("serial {serial}"))),
        );
    }
    for other in &extensions.others {
        let name = other
            .name
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        let malformed = if other.malformed { " malformed" } else { "" };
        lines.push((
            "extension",
            format!("{}{name}{malformed} {}", other.oid, other.value),
        ));
    }
    lines
}

/// Which of the extensions a reader that does not know them must refuse the certificate for; most NHS CAs of G1
/// mark none. `None` where there are no extensions.
pub(super) fn critical(extensions: &Extensions) -> Option<String> {
    fn mark<T>(name: &'static str, extension: &Option<Marked<T>>) -> Option<(&'static str, bool)> {
        extension.as_ref().map(|marked| (name, marked.critical))
    }
    let all = [
        mark("basicConstraints", &extensions.basic_constraints),
        mark("keyUsage", &extensions.key_usage),
        mark("extKeyUsage", &extensions.extended_key_usage),
        mark("subjectAltName", &extensions.subject_alternative_name),
        mark("issuerAltName", &extensions.issuer_alternative_name),
        mark("subjectKeyIdentifier", &extensions.subject_key_identifier),
        mark(
            "authorityKeyIdentifier",
            &extensions.authority_key_identifier,
        ),
        mark("crlDistributionPoints", &extensions.crl_distribution_points),
        mark("freshestCRL", &extensions.freshest_crl),
        mark(
            "authorityInfoAccess",
            &extensions.authority_information_access,
        ),
        mark("subjectInfoAccess", &extensions.subject_information_access),
        mark("certificatePolicies", &extensions.certificate_policies),
        mark("policyMappings", &extensions.policy_mappings),
        mark("policyConstraints", &extensions.policy_constraints),
        mark("inhibitAnyPolicy", &extensions.inhibit_any_policy),
        mark("nameConstraints", &extensions.name_constraints),
        mark(
            "privateKeyUsagePeriod",
            &extensions.private_key_usage_period,
        ),
    ];
    let known = all.into_iter().flatten();
    let others = extensions.others.iter();
    let all: Vec<(&str, bool)> = known
        .chain(others.map(|other| (other.oid.as_str(), other.critical)))
        .collect();
    let critical: Vec<&str> = all
        .iter()
        .filter(|(_, critical)| *critical)
        .map(|(name, _)| *name)
        .collect();
    match (all.is_empty(), critical.is_empty()) {
        (true, _) => None,
        (_, true) => Some("none of its extensions".to_owned()),
        _ => Some(critical.join(", ")),
    }
}

/// The sources of a distribution point, each with how to fetch the CRL; reasons and issuer of the CRL after them.
fn distribution_point(point: &DistributionPoint) -> Vec<String> {
    let mut texts: Vec<String> = point.name.as_ref().map(places).unwrap_or_default();
    if let Some(reasons) = &point.reasons {
        texts.push(format!("  only for {}", join(reasons)));
    }
    texts.extend(
        point
            .crl_issuer
            .iter()
            .map(|issuer| format!("  signed by {issuer}")),
    );
    texts
}

pub(super) fn places(name: &PointName) -> Vec<String> {
    match name {
        PointName::Full { locations } => locations
            .iter()
            .map(|location| format!("{} ({})", bare(&location.name), location.retrieval))
            .collect(),
        PointName::RelativeToIssuer { resolved } => {
            vec![format!(
                "{resolved} (directory name below the CRL issuer: cannot be fetched)"
            )]
        }
    }
}
