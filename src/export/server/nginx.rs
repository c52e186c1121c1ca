//! nginx: one file for its `http` block.

use super::{
    Bundle, CRLS, ExportError, ExportFile, FULL_CHAIN, KEY, Kit, Settings, TRUST, heading,
    listens_on, pem_files, tls,
};
use crate::verdict::configuration::{
    EXTENSIONS_GROUP, alternative_names_in_base64, extensions_in_base64,
};

/// The configuration's name.
const CONFIG: &str = "ptl-cert.conf";
const DH: &str = "dhparam.pem";
/// The longest parameter that nginx reads (NGX_CONF_BUFFER), less the quotes.
const PARAMETER_LIMIT: usize = 4090;

pub(super) fn kit(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    for (name, pattern) in bundle.admitted().names().zip(bundle.admitted().in_base64()) {
        if pattern.len() >= PARAMETER_LIMIT {
            return Err(ExportError::Setting {
                what: "admitted name",
                value: name.to_owned(),
            });
        }
    }
    let mut files = pem_files(bundle)?;
    files.push(ExportFile::text(DH, tls::DH_PARAMETERS.to_owned()));
    files.push(ExportFile::text(CONFIG, configuration(bundle, settings)));
    Ok(Kit {
        files,
        include: vec![format!(
            "in the http block of nginx.conf: include \"{}\";",
            settings.path(CONFIG)
        )],
        reload: vec!["nginx -t && nginx -s reload".to_owned()],
        notes: notes(),
    })
}

fn notes() -> Vec<String> {
    vec![
        "A client without a certificate, or whose certificate is not accepted, gets status 400 after the handshake, as \
         nginx does; the error log has the reason."
            .to_owned(),
        "nginx has no variable for subjectAltName, so the name is matched in the certificate's bytes, behind the public key and \
         after the extension's identifier; that takes an RSA key of 2048, 3072 or 4096 bits. A certificate without a \
         subjectAltName, which names the client in its CN, does not need this."
            .to_owned(),
        "nginx reads CRLs only when it starts or reloads.".to_owned(),
    ]
}

/// The host as a word of letters, digits and underscores.
pub(super) fn slug(host: &str) -> String {
    let slug = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_lowercase(),
        false => '_',
    };
    host.chars().map(slug).collect()
}

/// The longest name that fits into a bucket of nginx's hashes: 64 octets (`variables_hash_bucket_size`,
/// `server_names_hash_bucket_size`, by default), less two pointers and the length. nginx does not start with a longer one.
const BUCKET_LIMIT: usize = 46;

/// How much of the host is in the names of variables: with the digest and the longest ending it is within [`BUCKET_LIMIT`].
const HOST_LENGTH: usize = 16;

/// The beginning of the names of nginx's variables, another one for each host: several endpoints may share one nginx
/// (FNV-1a).
fn variable(host: &str) -> String {
    let digest = host.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    });
    let begin: String = slug(host).chars().take(HOST_LENGTH).collect();
    format!("ptl_cert_{begin}_{digest:08x}")
}

/// The host as `server_name` has it; a long one as a pattern, which is in no hash.
fn server_name(host: &str) -> String {
    match host.len() > BUCKET_LIMIT {
        true => format!("\"~^{}$\"", host.replace('.', "\\.")),
        false => host.to_owned(),
    }
}

fn configuration(bundle: &Bundle<'_>, settings: &Settings) -> String {
    let variable = variable(bundle.host().as_str());
    let subject = bundle.admitted().of_subject();
    let extensions = extensions_in_base64();
    let any = alternative_names_in_base64();
    let alternative: String = bundle
        .admitted()
        .in_base64()
        .iter()
        .map(|pattern| format!("    \"~{pattern}\" 1;\n"))
        .collect();
    let names = bundle.admitted().listed();
    format!(
        r#"{heading}# Include it in the http block, test and reload: nginx -t && nginx -s reload

# 1 if the client has only one CN, and it is one of: {names}
map $ssl_client_s_dn ${variable}_cn {{
    default 0;
    "~*{subject}" 1;
}}
# 1 where a subjectAltName is one of them. nginx offers only the certificate in Base64. The first pattern steps over the
# public key, which the client chooses; the second is the Base64 of the extension's identifier followed, within reach, by
# that of the name with its length, at any of three alignments.
map $ssl_client_escaped_cert ${variable}_ext {{
    default "";
    "~{extensions}" ${group};
}}
map ${variable}_ext ${variable}_san {{
    default 0;
{alternative}}}
# 1 where the certificate has a subjectAltName at all: then the CN does not count.
map $ssl_client_escaped_cert ${variable}_any {{
    default 0;
    "~{any}" 1;
}}
map ${variable}_cn${variable}_any${variable}_san ${variable}_admitted {{
    default 0;
    "~^(?:10.|..1)$" 1;
}}

server {{
    listen {listen} ssl;
    server_name {name};

    ssl_certificate "{chain}";
    ssl_certificate_key "{key}";

    # TLS 1.2 or later, and the Spine's suites in its order
    ssl_protocols TLSv1.2 TLSv1.3;
{level}    ssl_ciphers "{suites}";
    ssl_conf_command Ciphersuites {tls13};
    ssl_prefer_server_ciphers on;
    ssl_dhparam "{dh}";
    # A resumed session would not be checked against a new CRL.
    ssl_session_cache off;
    ssl_session_tickets off;

    # Every generation is trusted and named in the CertificateRequest
    ssl_verify_client on;
    ssl_client_certificate "{trust}";
    ssl_verify_depth {depth};
    # CRLs of every CA: nginx checks the whole chain and refuses a client if a CRL for it is missing or has expired
    ssl_crl "{crls}";

    # Where the http block has an error_page for them, a client whose certificate was refused comes here too.
    if ($ssl_client_verify != SUCCESS) {{
        return 403;
    }}
    if (${variable}_admitted = 0) {{
        return 403;
    }}

    location / {{
        proxy_pass {backend};
        proxy_set_header Host $host;
        proxy_set_header X-Client-Subject $ssl_client_s_dn;
    }}
}}
"#,
        heading = heading("#", bundle),
        group = EXTENSIONS_GROUP,
        listen = listens_on(settings),
        name = server_name(bundle.host().as_str()),
        chain = settings.path(FULL_CHAIN),
        key = settings.path(KEY),
        level = tls::level_comment("    ", "#", bundle),
        suites = tls::openssl_suites(bundle),
        tls13 = tls::openssl_tls13(),
        dh = settings.path(DH),
        trust = settings.path(TRUST),
        depth = tls::depth(),
        crls = settings.path(CRLS),
        backend = settings.backend,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_host_leads_to_no_name_that_nginx_has_no_room_for() {
        let long = "a-host-name-that-is-as-long-as-a-common-name-may.thirdparty.nhs.uk";
        let names = ["a.nhs.uk", "gpc-int-a1b2c.supplier.thirdparty.nhs.uk", long];
        for host in names {
            assert!(format!("{}_admitted", variable(host)).len() <= BUCKET_LIMIT);
            let name = server_name(host);
            assert!(
                name.len() <= BUCKET_LIMIT || name.starts_with("\"~"),
                "{name}"
            );
        }
        assert_ne!(variable(long), variable(&long.replace("nhs", "nhr")));
    }
}
