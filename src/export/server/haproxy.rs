//! HAProxy: a frontend and a backend, beside the file with its `global` section.

use zeroize::Zeroizing;

use super::{
    Bundle, CRLS, ExportError, ExportFile, Kit, Settings, TRUST, backend_parts, crl_file, heading,
    tls,
};

/// The configuration's name.
const CONFIG: &str = "ptl-cert.cfg";
/// Certificate, sub CAs, key and Diffie-Hellman group: HAProxy reads them from one file.
const IDENTITY: &str = "haproxy.pem";
/// The object identifier of the subjectAltName extension in DER, in hex. It is looked for in the whole certificate: a client
/// that puts it anywhere else only keeps its CN from counting.
const SAN_IN_HEX: &str = "0603551D11";
const COMMON_NAMES: &str = "admitted-names.txt";
const ALTERNATIVE_NAMES: &str = "admitted-san.txt";
/// HAProxy's usual buffer: a command of its runtime API, the CRLs included, has to fit into it.
const RUNTIME_LIMIT: usize = 16 * 1024;

pub(super) fn kit(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    let mut identity = Zeroizing::new(bundle.full_chain_pem().into_bytes());
    identity.extend_from_slice(&bundle.key_pem()?);
    identity.extend_from_slice(tls::DH_PARAMETERS.as_bytes());
    let crls = crl_file(bundle)?;
    let mut notes = vec![
        "A client without a certificate, or whose certificate is not accepted, is refused in the handshake. Where a CRL has \
         expired the alert says \"certificate expired\", although the certificate has not."
            .to_owned(),
        "HAProxy has no sample fetch for subjectAltName, so the name is matched in the certificate's DER, entry by entry."
            .to_owned(),
    ];
    notes.push(match crls.bytes.len() < RUNTIME_LIMIT - 1024 {
        true => format!(
            "With a stats socket of level admin, the CRLs can be replaced through HAProxy's runtime API without a reload: \
             (printf 'set ssl crl-file {path} <<\\n'; cat {path}; echo) | socat /run/haproxy/admin.sock - && \
             echo 'commit ssl crl-file {path}' | socat /run/haproxy/admin.sock -",
            path = settings.path(CRLS)
        ),
        false => "The CRLs are too long for HAProxy's runtime API (tune.bufsize); reload instead, which drops no connection."
            .to_owned(),
    });
    let lines = |lines: Vec<String>| lines.iter().map(|line| format!("{line}\n")).collect();
    Ok(Kit {
        files: vec![
            ExportFile::secret(IDENTITY, identity),
            ExportFile::text(TRUST, bundle.trust_pem()),
            crls,
            ExportFile::text(
                COMMON_NAMES,
                lines(bundle.admitted().names().map(str::to_owned).collect()),
            ),
            ExportFile::text(ALTERNATIVE_NAMES, lines(bundle.admitted().in_hex())),
            ExportFile::text(CONFIG, configuration(bundle, settings)),
        ],
        include: vec![format!(
            "start HAProxy with this additional file: haproxy -f /etc/haproxy/haproxy.cfg -f \"{}\" (Debian: EXTRAOPTS in \
             /etc/default/haproxy)",
            settings.path(CONFIG)
        )],
        reload: vec![format!(
            "haproxy -c -f /etc/haproxy/haproxy.cfg -f \"{}\" && systemctl reload haproxy",
            settings.path(CONFIG)
        )],
        notes,
    })
}

fn configuration(bundle: &Bundle<'_>, settings: &Settings) -> String {
    let slug = format!("ptl_cert_{}", super::nginx::slug(bundle.host().as_str()));
    let address = match &settings.address {
        Some(address) => address.clone(),
        None => "*".to_owned(),
    };
    let (server, over_tls) = backend_parts(settings);
    let over_tls = match over_tls {
        true => " ssl verify required ca-file @system-ca",
        false => "",
    };
    format!(
        r#"{heading}# Start HAProxy with this file as well as its own: haproxy -f /etc/haproxy/haproxy.cfg -f "{config}"

frontend {slug}
    mode http
    timeout client 60s
    # TLS 1.2 or later and the Spine's suites in its order; every generation trusted and named in the CertificateRequest;
    # CRLs of every CA: HAProxy checks the whole chain and refuses a client if a CRL for its chain is missing or has expired
{level}    bind {address}:{port} ssl crt "{identity}" ca-file "{trust}" verify required crl-file "{crls}" ssl-min-ver TLSv1.2 ciphers {suites} ciphersuites {tls13} no-tls-tickets
    # One of the client's subject alternative names, or its CN, if it has only one and no such extension (2.5.29.17)
    acl {slug}_cn ssl_c_s_dn(CN,1) -i -m str -f "{common}"
    acl {slug}_second_cn ssl_c_s_dn(CN,2) -m found
    acl {slug}_any_san ssl_c_der,hex -m sub {SAN_IN_HEX}
    acl {slug}_san ssl_c_der,hex -m reg -f "{alternative}"
    http-request deny deny_status 403 unless {slug}_cn !{slug}_second_cn !{slug}_any_san || {slug}_san
    http-request set-header X-Client-Subject %[ssl_c_s_dn]
    default_backend {slug}

backend {slug}
    mode http
    timeout connect 10s
    timeout server 60s
    server application {server}{over_tls}
"#,
        heading = heading("#", bundle),
        config = settings.path(CONFIG),
        level = tls::level_comment("    ", "#", bundle),
        port = settings.port,
        identity = settings.path(IDENTITY),
        trust = settings.path(TRUST),
        crls = settings.path(CRLS),
        suites = tls::openssl_suites(bundle),
        tls13 = tls::openssl_tls13(),
        common = settings.path(COMMON_NAMES),
        alternative = settings.path(ALTERNATIVE_NAMES),
    )
}
