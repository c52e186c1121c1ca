//! IIS: a PFX file, the CAs, every CRL, and a PowerShell script that installs them and keeps what the binding had.

use super::{
    Bundle, ExportError, ExportFile, FileKind, KeystoreProfile, Kit, LeftOutAuthority, SUITES,
    Settings, keystore,
};
use crate::document::printable;
use crate::export::crls::{self, powershell as quoted};
use crate::verdict::plan::Server;

const PFX: &str = "endpoint.pfx";
const SCRIPT: &str = "install.ps1";
const UPDATE: &str = "update-crl.ps1";
/// What [`UPDATE`] takes the clients' partitions and the environments from.
const CLIENTS: &str = "clients.pem";
const FACTS: &str = "facts.toml";

/// The script, with words in `@@` for what changes.
const TEMPLATE: &str = include_str!("iis.ps1");
/// What the weekly task runs.
const UPDATE_TEMPLATE: &str = include_str!("iis-update.ps1");

pub(super) fn kit(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    let profile = settings.profile.unwrap_or(KeystoreProfile::Windows2019);
    let password = settings.password()?;
    let mut files = vec![ExportFile {
        name: PFX.to_owned(),
        bytes: keystore::key_store(bundle, false, profile, password)?,
        kind: FileKind::Keystore,
    }];
    let mut roots = Vec::new();
    for root in bundle.roots() {
        let name = format!("{}.cer", keystore::alias(root));
        roots.push((name.clone(), root.sha1.to_string()));
        files.push(ExportFile::data(&name, root.der().to_vec()));
    }
    let mut subs = Vec::new();
    for sub in bundle.subs() {
        let name = format!("{}.cer", keystore::alias(sub));
        subs.push((name.clone(), sub.sha1.to_string()));
        files.push(ExportFile::data(&name, sub.der().to_vec()));
    }
    let mut lists = Vec::new();
    for file in crls::files(Server::Iis, &bundle.crls())? {
        let mut bytes = Vec::new();
        file.write(&mut bytes)?;
        // The script that comes with CRLs alone loads no certificate.
        if file.name != crls::SCRIPT_FILE {
            lists.push(file.name.clone());
        }
        files.push(ExportFile::data(&file.name, bytes));
    }
    files.push(ExportFile::text(
        SCRIPT,
        script(bundle, settings, &roots, &subs, &lists),
    ));
    files.push(ExportFile::text(UPDATE, update(bundle)));
    if !bundle.clients().is_empty() {
        let clients = bundle.clients().iter();
        let clients = clients.map(|certificate| certificate.pem()).collect();
        files.push(ExportFile::text(CLIENTS, clients));
    }
    if let Some(facts) = &settings.facts {
        files.push(ExportFile::text(FACTS, facts.clone()));
    }
    let install = command(settings, SCRIPT);
    Ok(Kit {
        files,
        include: vec![
            "copy the folder to the server, below C:\\Program Files, where only administrators may write; and ptl-cert.exe to \
             C:\\Program Files\\ptl-cert for the weekly task"
                .to_owned(),
            format!("in an elevated PowerShell: {install} -WhatIf, then without -WhatIf"),
            format!("delete {PFX} and the password's file from the folder once the key is imported"),
        ],
        reload: vec![format!(
            "the weekly task that the script makes fetches and loads the CRLs; without it, weekly: {}",
            command(settings, UPDATE)
        )],
        notes: notes(bundle, &install),
    })
}

fn notes(bundle: &Bundle<'_>, install: &str) -> Vec<String> {
    vec![
        "Not yet run on Windows: the script follows Microsoft's documentation and was checked with a PowerShell grammar."
            .to_owned(),
        "http.sys admits every client whose chain it trusts. The script writes a URL Rewrite rule, the first of the site, that \
         answers 403 unless the certificate's subject is one of the admitted names; it compares the CN, not the subjectAltName."
            .to_owned(),
        "The rule and the client certificate apply to the whole site. The script does not examine rules of the whole server \
         (globalRules): it names them."
            .to_owned(),
        "TLS 1.0 and 1.1 are disabled for the binding where netsh offers that (disablelegacytls, Windows Server 2019 with its \
         updates and later); elsewhere they are as they are set for the machine, and the script warns."
            .to_owned(),
        format!(
            "Cipher suites are a setting of the whole machine: the script prints the Spine's, and -SetSuites puts them first; it \
             disables no other. Windows has all {} of the Spine's but may lack the DHE ones of CBC mode.",
            SUITES.len()
        ),
        "Windows sends no CA names in the CertificateRequest unless SendTrustedIssuerList is set for the machine.".to_owned(),
        "DefaultCertCheckMode 2 (verifyrevocationwithcachedclientcertonly): Windows uses only the CRLs in the store, so every generation's must \
         be there; it fetches none. Import them again before the earliest nextUpdate. Microsoft does not document that an expired CRL is used."
            .to_owned(),
        match bundle.clients().is_empty() {
            true => "No client's certificate was given: the weekly task cannot know the partitions of the clients, and renews only \
                     the CRLs that the CAs' certificates name. Export again with the certificates of the clients."
                .to_owned(),
            false => format!(
                "The weekly task fetches the CRLs that the certificates in {CLIENTS} name; import-only CRLs (directory names) \
                 need -Import in -TaskArguments."
            ),
        },
        format!(
            "The binding as it was is written to a file for its address and port; {install} -Restore puts it back. CAs that \
             this export leaves out are named where they are still trusted; -RemoveLeftOut removes them."
        ),
    ]
}

/// How a script of the kit is started: by its full path where the folder is one of Windows, else from within the folder,
/// which is copied there.
fn command(settings: &Settings, name: &str) -> String {
    match cfg!(windows) {
        true => format!("& {}", quoted(&settings.path(name))),
        false => format!("& .\\{name}"),
    }
}

fn update(bundle: &Bundle<'_>) -> String {
    let text = UPDATE_TEMPLATE
        .replace("@@ABOUT@@", &about(bundle))
        .replace("@@EXPIRED@@", &expired(bundle))
        .replace("@@ENVIRONMENT@@", &quoted(bundle.environment_id()))
        .replace("@@LEAVEOUT@@", &left_out(bundle));
    file(&text)
}

/// What the script is about, in a comment.
fn about(bundle: &Bundle<'_>) -> String {
    format!("{}, {}", bundle.host(), bundle.environment_title())
}

fn expired(bundle: &Bundle<'_>) -> String {
    match bundle.expired_note() {
        Some(note) => format!("# NOT FOR USE: {note}\n"),
        None => String::new(),
    }
}

/// A script as Windows PowerShell 5.1 reads it: without a byte order mark it takes everything beyond ASCII for the system's
/// code page.
fn file(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    match text.is_ascii() {
        true => text,
        false => format!("\u{feff}{text}"),
    }
}

/// The options that leave out what the export left out.
fn left_out(bundle: &Bundle<'_>) -> String {
    let mut generations: Vec<&str> = Vec::new();
    for one in bundle.left_out() {
        if let LeftOutAuthority::Asked { generation, .. } = one
            && !generations.contains(&generation.as_str())
        {
            generations.push(generation);
        }
    }
    generations
        .iter()
        .map(|generation| format!(", '--leave-out', {}", quoted(generation)))
        .collect()
}

fn script(
    bundle: &Bundle<'_>,
    settings: &Settings,
    roots: &[(String, String)],
    subs: &[(String, String)],
    lists: &[String],
) -> String {
    let pairs = |pairs: &[(String, String)]| {
        let lines: Vec<String> = pairs
            .iter()
            .map(|(file, thumbprint)| {
                format!(
                    "    @{{ File = {}; Thumbprint = {} }}",
                    quoted(file),
                    quoted(&thumbprint.to_ascii_uppercase())
                )
            })
            .collect();
        lines.join(",\n")
    };
    let names = |names: &mut dyn Iterator<Item = &str>| {
        let lines: Vec<String> = names.map(|name| format!("    {}", quoted(name))).collect();
        lines.join(",\n")
    };
    let thumbprint = bundle
        .chain()
        .first()
        .map(|leaf| leaf.sha1.to_string().to_ascii_uppercase())
        .unwrap_or_default();
    let suites = SUITES.iter().map(|suite| suite.iana);
    let mut suites = super::TLS13_SUITES.into_iter().chain(suites);
    let address = settings
        .address
        .clone()
        .unwrap_or_else(|| "0.0.0.0".to_owned());
    let address = match address.contains(':') && !address.starts_with('[') {
        true => format!("[{address}]"),
        false => address,
    };
    let left_out: Vec<String> = bundle
        .left_out_certificates()
        .iter()
        .map(|certificate| {
            format!(
                "    @{{ Name = {}; Thumbprint = {} }}",
                quoted(&printable(&certificate.subject.short())),
                quoted(&certificate.sha1.to_string().to_ascii_uppercase())
            )
        })
        .collect();
    let text = TEMPLATE
        .replace("@@HOST@@", &quoted(bundle.host().as_str()))
        .replace("@@ABOUT@@", &about(bundle))
        .replace("@@EXPIRED@@", &expired(bundle))
        .replace("@@LEFTOUT@@", &left_out.join(",\n"))
        .replace(
            "@@TASK@@",
            &quoted(&crate::export::schedule::name(&[
                "ptl-cert-crl",
                bundle.environment_id(),
                "iis",
            ])),
        )
        .replace("@@THUMBPRINT@@", &quoted(&thumbprint))
        .replace(
            "@@IPPORT@@",
            &quoted(&format!("{address}:{}", settings.port)),
        )
        .replace("@@ROOTS@@", &pairs(roots))
        .replace("@@SUBS@@", &pairs(subs))
        .replace("@@CRLS@@", &names(&mut lists.iter().map(String::as_str)))
        .replace("@@SUITES@@", &names(&mut suites))
        .replace(
            "@@ADMITTED@@",
            &quoted(&bundle.admitted().of_windows_subject()),
        );
    file(&text)
}
