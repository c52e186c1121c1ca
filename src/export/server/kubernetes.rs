//! ingress-nginx on Kubernetes: the objects that it reads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{
    Backend, Bundle, DEFAULT_SERVICE, ExportError, ExportFile, FileKind, Kit, Settings, crl_file,
    heading, tls,
};
use crate::export::schedule::scalar;

const SECRET: &str = "tls-secret.yaml";
const TRUST: &str = "trust.yaml";
const INGRESS: &str = "ingress.yaml";

/// The most bytes in one object's data: 1 MiB, by Kubernetes' documentation of Secret and ConfigMap. They count as they are, not
/// in Base64 (`ValidateSecret` in pkg/apis/core/validation).
const OBJECT_LIMIT: usize = 1024 * 1024;

pub(super) fn kit(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    let crls = crl_file(bundle)?;
    let trust = bundle.trust_pem();
    let bytes = crls.bytes.len() + trust.len();
    if bytes > OBJECT_LIMIT {
        return Err(ExportError::TooLarge {
            bytes,
            limit: OBJECT_LIMIT,
        });
    }
    let files = vec![
        ExportFile {
            kind: FileKind::Secret,
            ..ExportFile::text(SECRET, secret(bundle, settings)?)
        },
        ExportFile::text(TRUST, trusted(bundle, settings, &trust, &crls.bytes)),
        ExportFile::text(INGRESS, ingress(bundle, settings)?),
    ];
    // Not in the client: that keeps the whole object in an annotation, which holds 256 KiB.
    let apply = format!(
        "kubectl apply --server-side -f \"{}\" -f \"{}\" -f \"{}\"",
        settings.path(SECRET),
        settings.path(TRUST),
        settings.path(INGRESS)
    );
    let backend = backend(settings)?;
    let mut notes = vec![format!(
        "Nothing in the cluster renews the CRLs in the Secret {}: export again and apply the files before the earliest nextUpdate, \
         from a weekly job where the CRLs are fetched. A CronJob of crl schedule fills a volume, which ingress-nginx does not read.",
        name(bundle, "clients")
    )];
    if backend.host == DEFAULT_SERVICE {
        notes.push(format!(
            "The ingress passes requests on to the Service {}, port {}: if yours has another name, give it with --backend http://SERVICE:PORT.",
            backend.host, backend.port
        ));
    }
    notes.extend([
            "ingress-nginx compares the CN only: a client named only in its subjectAltName gets 403.".to_owned(),
            "TLS versions are set for the whole controller, not per ingress: until its ConfigMap has ssl-protocols, they are the \
             controller's own."
                .to_owned(),
            format!(
                "The Secret with CAs and CRLs holds {bytes} of at most {OBJECT_LIMIT} bytes. Controllers before 0.31 read a changed CRL only after a restart."
            ),
            "The ConfigMap has the same CAs for programs in the cluster that call the Spine.".to_owned(),
    ]);
    Ok(Kit {
        files,
        include: vec![
            apply.clone(),
            "in the controller's ConfigMap, once for all ingresses: ssl-protocols: \"TLSv1.2 TLSv1.3\", ssl-session-tickets: \"false\""
                .to_owned(),
        ],
        reload: vec![format!("{apply} (the controller notices)")],
        notes,
    })
}

/// The names of the objects, by RFC 1123.
fn name(bundle: &Bundle<'_>, what: &str) -> String {
    let host = bundle.host().as_str().to_ascii_lowercase();
    format!("{host}-{what}")
}

fn metadata(bundle: &Bundle<'_>, settings: &Settings, what: &str) -> String {
    format!(
        "metadata:\n  name: {}\n  namespace: {}\n",
        scalar(&name(bundle, what)),
        scalar(&settings.namespace)
    )
}

fn secret(bundle: &Bundle<'_>, settings: &Settings) -> Result<String, ExportError> {
    let key = bundle.key_pem()?;
    Ok(format!(
        "{}apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\n{}data:\n  tls.crt: {}\n  tls.key: {}\n",
        heading("#", bundle),
        metadata(bundle, settings, "tls"),
        STANDARD.encode(bundle.full_chain_pem()),
        STANDARD.encode(&*key),
    ))
}

fn trusted(bundle: &Bundle<'_>, settings: &Settings, trust: &str, crls: &[u8]) -> String {
    let indented: String = trust.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "{}apiVersion: v1\nkind: Secret\ntype: Opaque\n{}data:\n  ca.crt: {}\n  ca.crl: {}\n---\napiVersion: v1\nkind: ConfigMap\n{}data:\n  ca.pem: |\n{indented}",
        heading("#", bundle),
        metadata(bundle, settings, "clients"),
        STANDARD.encode(trust),
        STANDARD.encode(crls),
        metadata(bundle, settings, "ca"),
    )
}

fn backend(settings: &Settings) -> Result<Backend<'_>, ExportError> {
    Backend::read(&settings.backend).ok_or_else(|| ExportError::Setting {
        what: "backend",
        value: settings.backend.clone(),
    })
}

/// The part of the rules for one host: every host that the certificate names is served.
fn rule(host: &str, backend: &Backend<'_>) -> String {
    format!(
        r#"    - host: {host}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                # From --backend: the name and port of the service.
                name: {service}
                port:
                  number: {port}
"#,
        host = scalar(host),
        service = scalar(backend.host),
        port = backend.port,
    )
}

fn ingress(bundle: &Bundle<'_>, settings: &Settings) -> Result<String, ExportError> {
    let backend = backend(settings)?;
    let hosts: Vec<String> = bundle
        .hosts()
        .iter()
        .map(|host| host.as_str().to_ascii_lowercase())
        .collect();
    let listed: String = hosts
        .iter()
        .map(|host| format!("        - {}\n", scalar(host)))
        .collect();
    let rules: String = hosts.iter().map(|host| rule(host, &backend)).collect();
    let over_tls = match backend.over_tls {
        true => "    nginx.ingress.kubernetes.io/backend-protocol: \"HTTPS\"\n",
        false => "",
    };
    Ok(format!(
        r#"{heading}{level}apiVersion: networking.k8s.io/v1
kind: Ingress
{metadata}  annotations:
    nginx.ingress.kubernetes.io/auth-tls-verify-client: "on"
    nginx.ingress.kubernetes.io/auth-tls-secret: {secret}
    nginx.ingress.kubernetes.io/auth-tls-verify-depth: "{depth}"
    # The controller takes only what begins with CN=, so the first alternative is one that nothing matches; the second is
    # the whole subject, with one of the names as its only CN.
    nginx.ingress.kubernetes.io/auth-tls-match-cn: 'CN=$^|(?i){subject}'
    nginx.ingress.kubernetes.io/ssl-ciphers: "{suites}"
    nginx.ingress.kubernetes.io/ssl-prefer-server-ciphers: "true"
{over_tls}spec:
  ingressClassName: nginx
  tls:
    - hosts:
{listed}      secretName: {tls}
  rules:
{rules}"#,
        heading = heading("#", bundle),
        level = tls::level_comment("", "#", bundle),
        metadata = metadata(bundle, settings, "ingress"),
        secret = scalar(&format!(
            "{}/{}",
            settings.namespace,
            name(bundle, "clients")
        )),
        depth = tls::depth(),
        subject = bundle.admitted().of_subject(),
        suites = tls::openssl_suites(bundle),
        tls = scalar(&name(bundle, "tls")),
    ))
}
