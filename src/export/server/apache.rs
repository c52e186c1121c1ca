//! Apache httpd: one virtual host.

use super::{
    Bundle, CRLS, ExportError, ExportFile, FULL_CHAIN, KEY, Kit, Settings, TRUST, heading,
    pem_files, tls,
};

/// The configuration's name.
const CONFIG: &str = "ptl-cert.conf";
/// How many alternative names of a client are compared: Apache has one variable for each.
const ALTERNATIVE_NAMES: usize = 16;

pub(super) fn kit(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    let mut files = pem_files(bundle)?;
    files.push(ExportFile::text(CONFIG, configuration(bundle, settings)));
    let port = settings.port;
    Ok(Kit {
        files,
        include: vec![
            "a2enmod ssl proxy proxy_http".to_owned(),
            format!("in the main configuration, once: Listen {port} (Debian's ports.conf has 443)"),
            format!("Include \"{}\"", settings.path(CONFIG)),
        ],
        reload: vec!["apachectl configtest && apachectl graceful".to_owned()],
        notes: vec![
            "A client without a certificate, or whose certificate is not accepted, is refused in the handshake; the error log \
             has AH02276 or AH02039 with the reason."
                .to_owned(),
            format!("Only the first {ALTERNATIVE_NAMES} host names in a client's subjectAltName are compared."),
            "Apache reads CRLs only when it starts or reloads.".to_owned(),
        ],
    })
}

fn configuration(bundle: &Bundle<'_>, settings: &Settings) -> String {
    let names = bundle.admitted().alternatives();
    // The end of the text, and not a line break before it.
    let matches = |variable: &str| format!("%{{{variable}}} =~ m#^{names}\\z#i");
    let alternative: String = (0..ALTERNATIVE_NAMES)
        .map(|number| {
            format!(
                "            Require expr \"{}\"\n",
                matches(&format!("SSL_CLIENT_SAN_DNS_{number}"))
            )
        })
        .collect();
    let address = match &settings.address {
        Some(address) if address.contains(':') && !address.starts_with('[') => {
            format!("[{address}]")
        }
        Some(address) => address.clone(),
        None => "*".to_owned(),
    };
    format!(
        r#"{heading}# Include it in the main configuration, test and reload: apachectl configtest && apachectl graceful

<VirtualHost {address}:{port}>
    ServerName {host}

    SSLEngine on
    SSLCertificateFile "{chain}"
    SSLCertificateKeyFile "{key}"

    # TLS 1.2 or later, and the Spine's suites in its order
    SSLProtocol -all +TLSv1.2 +TLSv1.3
{level}    SSLCipherSuite {suites}
    SSLCipherSuite TLSv1.3 {tls13}
    SSLHonorCipherOrder on
    # A resumed session would not be checked against a new CRL.
    SSLSessionTickets off

    # Every generation is trusted and named in the CertificateRequest
    SSLVerifyClient require
    SSLVerifyDepth {depth}
    SSLCACertificateFile "{trust}"
    # CRLs of every CA. Without SSLCARevocationCheck Apache would read them but check no client.
    SSLCARevocationFile "{crls}"
    SSLCARevocationCheck chain

    <Location "/">
        <RequireAny>
            # The client's CN, if it has only one and no subjectAltName with a host
            Require expr "{common_name} && -z %{{SSL_CLIENT_S_DN_CN_1}} && -z %{{SSL_CLIENT_SAN_DNS_0}}"
{alternative}        </RequireAny>
    </Location>

    ProxyPass "/" "{backend}/"
    ProxyPassReverse "/" "{backend}/"
</VirtualHost>
"#,
        heading = heading("#", bundle),
        port = settings.port,
        host = bundle.host(),
        chain = settings.path(FULL_CHAIN),
        key = settings.path(KEY),
        level = tls::level_comment("    ", "#", bundle),
        suites = tls::openssl_suites(bundle),
        tls13 = tls::openssl_tls13(),
        depth = tls::depth(),
        trust = settings.path(TRUST),
        crls = settings.path(CRLS),
        common_name = matches("SSL_CLIENT_S_DN_CN"),
        backend = settings.backend.trim_end_matches('/'),
    )
}
