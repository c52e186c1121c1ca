//! Whether a condition, as a server's configuration writes it, speaks of a host.

/// Whether a text has a host's name in it, with dots that may be quoted, or as hex of a dNSName.
pub(super) fn speaks_of(text: &str, host: &str) -> bool {
    let lower = text
        .to_ascii_lowercase()
        .replace("\\.", ".")
        .replace("[.]", ".");
    let host = host.to_ascii_lowercase();
    let hex: String = host.bytes().map(|byte| format!("{byte:02x}")).collect();
    lower.contains(&host) || lower.contains(&hex)
}
