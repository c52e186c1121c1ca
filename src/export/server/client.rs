//! Plain PEM files, and what curl and Python's HTTP clients make of them.

use super::{
    Bundle, CRLS, ExportError, ExportFile, FULL_CHAIN, KEY, Kit, Settings, TRUST, heading,
    pem_files, tls,
};

const CURL: &str = "curl.conf";
const PYTHON: &str = "client.py";

pub(super) fn pem(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    let _ = settings;
    let mut notes = vec![
        "fullchain.pem: the certificate and its sub CAs, as a server or client sends them; key.pem: its private key; ca.pem: \
         every generation of the environment, roots first; crl.pem: the CRLs of all of them."
            .to_owned(),
        format!(
            "Configure TLS 1.2 or later with {}, require a client certificate, check the whole chain against the CRLs, and admit \
             only {}.",
            tls::openssl_suites(bundle),
            bundle.admitted().listed()
        ),
    ];
    if let Some(reason) = bundle.sha1_reason() {
        notes.push(format!(
            "OpenSSL needs security level 0 (@SECLEVEL=0): {reason}."
        ));
    }
    Ok(Kit {
        files: pem_files(bundle)?,
        include: Vec::new(),
        reload: vec![
            "most programs read such files only when they start: restart yours".to_owned(),
        ],
        notes,
    })
}

pub(super) fn curl(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    let mut files = pem_files(bundle)?;
    files.push(ExportFile::text(CURL, configuration(bundle, settings)));
    files.push(ExportFile::text(PYTHON, python(bundle)));
    Ok(Kit {
        files,
        include: vec![
            format!("curl --config \"{}\" https://HOST/", settings.path(CURL)),
            format!(
                "in Python: from client import context (PYTHONPATH={}); httpx.Client(verify=context())",
                settings.folder()
            ),
            format!(
                "requests: session.cert = (\"{}\", \"{}\"); session.verify = \"{}\" (it checks no CRL and no suite list)",
                settings.path(FULL_CHAIN),
                settings.path(KEY),
                settings.path(TRUST)
            ),
        ],
        reload: vec!["the files are read at each start".to_owned()],
        notes: vec![
            "curl and OpenSSL match the host by subjectAltName and fall back to the CN, which first-generation servers need; the httpx context does the same. Go and rustls do not."
                .to_owned(),
        ],
    })
}

fn configuration(bundle: &Bundle<'_>, settings: &Settings) -> String {
    format!(
        r#"{heading}# curl --config "{this}" https://HOST/
cert = "{chain}"
key = "{key}"
cacert = "{trust}"
crlfile = "{crls}"
tlsv1.2
{level}ciphers = "{suites}"
tls13-ciphers = "{tls13}"
"#,
        heading = heading("#", bundle),
        this = settings.path(CURL),
        chain = settings.path(FULL_CHAIN),
        key = settings.path(KEY),
        trust = settings.path(TRUST),
        crls = settings.path(CRLS),
        level = tls::level_comment("", "#", bundle),
        suites = tls::openssl_suites(bundle),
        tls13 = tls::openssl_tls13(),
    )
}

fn python(bundle: &Bundle<'_>) -> String {
    format!(
        r#"{heading}"""TLS to the Spine for httpx, aiohttp and http.client: client.context()."""

import pathlib
import ssl

FOLDER = pathlib.Path(__file__).parent


def context() -> ssl.SSLContext:
    """A context with the client certificate, the CAs of every generation and their CRLs."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
{level}    made.set_ciphers("{suites}")
    made.load_verify_locations(FOLDER / "{trust}")
    made.load_verify_locations(FOLDER / "{crls}")
    made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    made.load_cert_chain(FOLDER / "{chain}", FOLDER / "{key}")
    # The first generation's servers are named by their CN only.
    made.hostname_checks_common_name = True
    return made
"#,
        heading = heading("#", bundle),
        level = tls::level_comment("    ", "#", bundle),
        suites = tls::openssl_suites(bundle),
        trust = TRUST,
        crls = CRLS,
        chain = FULL_CHAIN,
        key = KEY,
    )
}
