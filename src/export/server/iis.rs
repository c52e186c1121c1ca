//! IIS: a PFX file, the CAs, every CRL, and a PowerShell script that installs them and keeps what the binding had.

use super::{
    Bundle, ExportError, ExportFile, FileKind, KeystoreProfile, Kit, LeftOutAuthority, SUITES,
    Settings, keystore,
};
use crate::export::crls;
use crate::verdict::plan::Server;

const PFX: &str = "endpoint.pfx";
const SCRIPT: &str = "install.ps1";
const UPDATE: &str = "update-crl.ps1";
const UNDO: &str = "binding-before.json";

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
    let install = command(settings, SCRIPT);
    Ok(Kit {
        files,
        include: vec![
            "copy the folder to the server, with ptl-cert.exe in C:\\Program Files\\ptl-cert for the weekly task".to_owned(),
            format!("in an elevated PowerShell: {install} -WhatIf, then without -WhatIf"),
        ],
        reload: vec![format!(
            "the weekly task that the script makes fetches and loads the CRLs; without it, weekly: {}",
            command(settings, UPDATE)
        )],
        notes: vec![
            "Not yet run on Windows: the script follows Microsoft's documentation and was checked with a PowerShell grammar.".to_owned(),
            format!("The binding as it was is written to {UNDO}; {install} -Restore puts it back."),
            "DefaultCertCheckMode 2 (verifyrevocationwithcachedclientcertonly): Windows uses only the CRLs in the store, so every generation's must \
             be there; it fetches none. Import them again before the earliest nextUpdate. Microsoft does not document that an expired CRL is used."
                .to_owned(),
            format!(
                "Cipher suites are a machine-wide setting: the script prints them and sets them only with -SetSuites. Windows \
                 has all {} of the Spine's but may lack the DHE ones of CBC mode.",
                SUITES.len()
            ),
            "http.sys admits every client whose chain it trusts. The script writes a URL Rewrite rule that answers 403 unless the \
             certificate's subject is one of the admitted names; it compares the CN, not the subjectAltName."
                .to_owned(),
        ],
    })
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
    UPDATE_TEMPLATE
        .replace(
            "@@ABOUT@@",
            &format!("{}, {}", bundle.host(), bundle.environment_title()),
        )
        .replace("@@ENVIRONMENT@@", &quoted(bundle.environment_id()))
        .replace("@@LEAVEOUT@@", &left_out(bundle))
        .replace("\r\n", "\n")
        .replace('\n', "\r\n")
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

/// Text in single quotes, as PowerShell takes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
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
    let expired = match bundle.expired_note() {
        Some(note) => format!("# NOT FOR USE: {note}\n"),
        None => String::new(),
    };
    TEMPLATE
        .replace("@@HOST@@", &quoted(bundle.host().as_str()))
        .replace(
            "@@ABOUT@@",
            &format!("{}, {}", bundle.host(), bundle.environment_title()),
        )
        .replace("@@EXPIRED@@", &expired)
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
        )
        .replace("\r\n", "\n")
        .replace('\n', "\r\n")
}
