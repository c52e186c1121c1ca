//! Tomcat 10 over JSSE: a connector for `server.xml`, and the rules of its rewrite valve.

use super::{
    Bundle, CRLS, ExportError, ExportFile, FileKind, KeystoreProfile, Kit, Settings, crl_file,
    heading, keystore, tls,
};

const CONNECTOR: &str = "connector.xml";
const REWRITE: &str = "rewrite.config";
const TEST: &str = "test-connector.sh";
pub(super) const KEY_STORE: &str = "keystore.p12";
pub(super) const TRUST_STORE: &str = "truststore.p12";
/// How many alternative names of a client are compared: Tomcat has one variable for each.
const ALTERNATIVE_NAMES: usize = 16;

pub(super) fn kit(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    let mut files = stores(bundle, settings)?;
    files.push(crl_file(bundle)?);
    // It has the key stores' password in it.
    files.push(ExportFile {
        kind: FileKind::Secret,
        ..ExportFile::text(CONNECTOR, connector(bundle, settings)?)
    });
    files.push(ExportFile::text(REWRITE, rewrite(bundle)));
    files.push(ExportFile::text(TEST, test(bundle, settings)));
    let connector = settings.path(CONNECTOR);
    Ok(Kit {
        files,
        include: vec![
            format!(
                "at the top of server.xml, after the XML declaration: <!DOCTYPE server-xml [<!ENTITY ptl-cert SYSTEM \"{}\">]>",
                super::file_url(&connector)
            ),
            "in server.xml, inside <Service>: &ptl-cert;".to_owned(),
            "in server.xml, inside <Host>: <Valve className=\"org.apache.catalina.valves.rewrite.RewriteValve\"/>".to_owned(),
            format!(
                "install -D -m 644 \"{}\" CATALINA_BASE/conf/Catalina/localhost/rewrite.config",
                settings.path(REWRITE)
            ),
            readable(settings),
        ],
        reload: vec![format!(
            "sh \"{}\" && systemctl restart tomcat10",
            settings.path(TEST)
        )],
        notes: vec![
            "Until rewrite.config is in place, every client of the CAs is admitted; ptl-cert doctor reports that.".to_owned(),
            "The rules apply to every connector of the host: a request without a client certificate gets 403 on all of them."
                .to_owned(),
            format!("Only the first {ALTERNATIVE_NAMES} host names in a client's subjectAltName are compared."),
            "Java accepts partial and indirect CRLs and needs no CRL for the root itself; it refuses clients whose CRL is \
             missing or expired, in the handshake."
                .to_owned(),
            "Tomcat reads key stores and CRLs when the connector starts.".to_owned(),
            format!(
                "{TEST} has Tomcat read connector.xml, key stores and CRLs beside the running one: use it as --test of the weekly \
                 job. Started by root it does so as the user tomcat (TOMCAT_USER names another); started by another user it says \
                 that Tomcat's access to the files was not tested. catalina.sh configtest takes the ports of the running Tomcat and exits 0 where a key store cannot be read."
            ),
        ],
    })
}

/// The command that lets Tomcat's group read the folder and what the connector names in it.
fn readable(settings: &Settings) -> String {
    let files = [CONNECTOR, KEY_STORE, TRUST_STORE, CRLS]
        .map(|name| format!("\"{}\"", settings.path(name)));
    let (folder, files) = (settings.folder(), files.join(" "));
    format!("chgrp tomcat \"{folder}\" {files} && chmod 750 \"{folder}\" && chmod 640 {files}")
}

/// The key store and the trust store.
pub(super) fn stores(
    bundle: &Bundle<'_>,
    settings: &Settings,
) -> Result<Vec<ExportFile>, ExportError> {
    let profile = settings.profile.unwrap_or(KeystoreProfile::Java17);
    let password = settings.password()?;
    let trusted = bundle.roots().iter().chain(bundle.subs());
    let trusted = trusted.map(AsRef::as_ref);
    Ok(vec![
        ExportFile {
            name: KEY_STORE.to_owned(),
            bytes: keystore::key_store(bundle, true, profile, password)?,
            kind: FileKind::Keystore,
        },
        ExportFile {
            name: TRUST_STORE.to_owned(),
            bytes: keystore::trust_store(trusted, profile, password)?,
            kind: FileKind::Truststore,
        },
    ])
}

/// Text as an XML attribute in double quotes.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

fn connector(bundle: &Bundle<'_>, settings: &Settings) -> Result<String, ExportError> {
    // Tomcat replaces ${…} by properties in every attribute.
    if settings.password()?.contains("${") {
        return Err(ExportError::Setting {
            what: "password",
            value: "with ${".to_owned(),
        });
    }
    let password = attribute(settings.password()?);
    let path = |name: &str| attribute(&settings.path(name));
    let address = match &settings.address {
        Some(address) => format!(" address=\"{}\"", attribute(address)),
        None => String::new(),
    };
    let about = heading("   ", bundle).replace("--", "- -");
    Ok(format!(
        r#"<!--
{about}    TLS 1.2 or later, the Spine's suites in its order, client certificates required; every generation trusted and named in
    the CertificateRequest; CRLs of every CA. The admitted clients are in rewrite.config.
-->
<Connector port="{port}"{address} protocol="org.apache.coyote.http11.Http11NioProtocol" SSLEnabled="true" scheme="https" secure="true">
  <SSLHostConfig protocols="TLSv1.2+TLSv1.3" honorCipherOrder="true"
      ciphers="{suites}"
      cipherSuites="{tls13}"
      certificateVerification="required" certificateVerificationDepth="{depth}"
      truststoreFile="{trust}" truststoreType="PKCS12" truststorePassword="{password}"
      certificateRevocationListFile="{crls}" revocationEnabled="true"
      disableSessionTickets="true" sessionCacheSize="1" sessionTimeout="60">
    <Certificate certificateKeystoreFile="{key}" certificateKeystoreType="PKCS12" certificateKeystorePassword="{password}" />
  </SSLHostConfig>
</Connector>
"#,
        port = settings.port,
        suites = tls::java_suites(),
        tls13 = tls::openssl_tls13(),
        depth = tls::depth() + 1,
        trust = path(TRUST_STORE),
        crls = path(CRLS),
        key = path(KEY_STORE),
    ))
}

/// A shell script by which Tomcat tests the connector, with another port and in a folder of its own.
///
/// `configtest` initialises the connectors, which opens their ports and reads key stores and CRLs; that one fails is only an
/// exit status with the property that is set here.
fn test(bundle: &Bundle<'_>, settings: &Settings) -> String {
    format!(
        r#"#!/bin/sh
{heading}# Has Tomcat read connector.xml with its key stores and CRLs, on a free port and in a folder of its own: a running Tomcat is
# not disturbed. Exit status 0 where Tomcat accepts them. Started by root it is Tomcat's user that reads them: TOMCAT_USER, or
# tomcat.
set -eu
here='{folder}'
: "${{CATALINA_HOME:=/usr/share/tomcat10}}" "${{TOMCAT_USER:=tomcat}}"
self=$(id -un)
as=
if [ "$self" = "$TOMCAT_USER" ]; then
    :
elif [ "$(id -u)" = 0 ] && id "$TOMCAT_USER" > /dev/null 2>&1 && command -v runuser > /dev/null; then
    as="runuser -u $TOMCAT_USER --"
    for file in {files}; do
        if ! $as test -r "$here/$file"; then
            echo "the user $TOMCAT_USER cannot read $here/$file" >&2
            exit 1
        fi
    done
else
    echo "tested as $self: whether the user $TOMCAT_USER can read the files was not tested" >&2
fi
base=$(mktemp -d)
trap 'rm -rf "$base"' EXIT
mkdir "$base/conf" "$base/logs" "$base/temp" "$base/webapps" "$base/work"
sed 's/^<Connector port="[0-9]*"/<Connector port="0"/' "$here/{connector}" > "$base/conf/{connector}"
cat > "$base/conf/server.xml" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE server-xml [<!ENTITY ptl-cert SYSTEM "{connector}">]>
<Server port="-1">
  <Service name="Catalina">&ptl-cert;<Engine name="Catalina" defaultHost="localhost" /></Service>
</Server>
END
if [ -n "$as" ]; then chown -R "$TOMCAT_USER" "$base"; fi
export CATALINA_HOME CATALINA_BASE="$base" CATALINA_TMPDIR="$base/temp"
export JAVA_OPTS="${{JAVA_OPTS:-}} -Dorg.apache.catalina.startup.EXIT_ON_INIT_FAILURE=true"
$as "$CATALINA_HOME/bin/catalina.sh" configtest
"#,
        heading = heading("#", bundle),
        folder = settings.folder(),
        files = [CONNECTOR, KEY_STORE, TRUST_STORE, CRLS].join(" "),
        connector = CONNECTOR,
    )
}

fn rewrite(bundle: &Bundle<'_>) -> String {
    let names = bundle.admitted().alternatives();
    // Tomcat compares the whole value, which is X500Principal.getName().
    let subject = bundle.admitted().of_subject();
    let alternative: String = (0..ALTERNATIVE_NAMES)
        .map(|number| format!("RewriteCond %{{SSL:SSL_CLIENT_SAN_DNS_{number}}} !^{names}$ [NC]\n"))
        .collect();
    format!(
        r#"{heading}# Put it into CATALINA_BASE/conf/Catalina/localhost (or the folder of your Engine and Host) and restart.
# A client is refused unless a subjectAltName is one of those, or its CN, if it has only one and no subjectAltName with a host.
RewriteCond %{{SSL:SSL_CLIENT_S_DN}} !{subject} [NC,OR]
RewriteCond %{{SSL:SSL_CLIENT_SAN_DNS_0}} !^(?:null)?$
{alternative}RewriteRule .* - [F]
"#,
        heading = heading("#", bundle),
    )
}
