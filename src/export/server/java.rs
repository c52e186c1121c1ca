//! A Java program of one's own: key store, trust store, CRLs, and a class that puts them together.

use super::{
    Bundle, CRLS, ExportError, ExportFile, Kit, SUITES, Settings, TLS13_SUITES, crl_file, heading,
    tomcat,
};

const CLASS: &str = "SpineTls.java";

pub(super) fn kit(bundle: &Bundle<'_>, settings: &Settings) -> Result<Kit, ExportError> {
    let mut files = tomcat::stores(bundle, settings)?;
    files.push(crl_file(bundle)?);
    files.push(ExportFile::text(CLASS, class(bundle)));
    let mut notes = vec![
        "javax.net.ssl.trustStore and keyStore take these two files, but Java's default trust manager reads no CRL from a file: \
         with com.sun.net.ssl.checkRevocation=true it fetches HTTP distribution points (com.sun.security.enableCRLDP=true) and \
         refuses every certificate whose CRL it cannot fetch. SpineTls.java gives it the CRLs."
            .to_owned(),
        "Java accepts partial and indirect CRLs and needs no CRL for the root itself.".to_owned(),
    ];
    if let Some(reason) = bundle.sha1_reason() {
        notes.push(format!(
            "Java 17 accepts SHA-1 below a private root unless jdk.certpath.disabledAlgorithms in java.security bans more than \
             \"SHA1 jdkCA\"; {reason}."
        ));
    }
    Ok(Kit {
        files,
        include: vec![
            "SSLContext context = SpineTls.context(Path.of(FOLDER), password);".to_owned(),
            "on every accepted socket or engine: SpineTls.parameters(…) before the handshake, SpineTls.isAdmitted(session) after it"
                .to_owned(),
        ],
        reload: vec!["the files are read when the context is made: make a new one, or restart".to_owned()],
        notes,
    })
}

/// Comment lines as every javac reads them: it takes `\u` for an escape before it looks for comments (JLS 3.3), which an even number
/// of backslashes is not, and refuses what the encoding of the machine does not have.
pub(super) fn plain_comment(text: &str) -> String {
    let mut plain = String::new();
    for c in text.replace('\\', "\\\\").chars() {
        if c.is_ascii() {
            plain.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            plain.push_str(&format!("\\u{unit:04x}"));
        }
    }
    plain
}

fn class(bundle: &Bundle<'_>) -> String {
    let suites: Vec<String> = TLS13_SUITES
        .into_iter()
        .chain(SUITES.iter().map(|suite| suite.iana))
        .map(|suite| format!("        \"{suite}\""))
        .collect();
    let names: Vec<String> = bundle
        .admitted()
        .names()
        .map(|name| format!("\"{}\"", name.to_ascii_lowercase()))
        .collect();
    format!(
        r#"{heading}
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;

/** TLS by the Spine's rules: mutual authentication, CRLs checked, permitted suites, known callers. */
public final class SpineTls {{
    private static final String[] PROTOCOLS = {{"TLSv1.3", "TLSv1.2"}};
    private static final String[] SUITES = {{
{suites}
    }};
    /** The clients that are admitted, by subjectAltName or CN. */
    private static final Set<String> ADMITTED = Set.of({names});

    private SpineTls() {{
    }}

    /** A context with the key store, the CAs of every generation and their CRLs, read from the folder now. */
    public static SSLContext context(Path folder, char[] password) throws Exception {{
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store(folder.resolve("keystore.p12"), password), password);
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(
            store(folder.resolve("truststore.p12"), password), new X509CertSelector());
        parameters.setRevocationEnabled(true);
        try (InputStream in = Files.newInputStream(folder.resolve("{crls}"))) {{
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(
                CertificateFactory.getInstance("X.509").generateCRLs(in))));
        }}
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(new CertPathTrustManagerParameters(parameters));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }}

    /** Parameters for every socket or engine before the handshake; a server requires a client certificate. */
    public static SSLParameters parameters(boolean server) {{
        SSLParameters parameters = new SSLParameters(SUITES, PROTOCOLS);
        parameters.setUseCipherSuitesOrder(true);
        parameters.setNeedClientAuth(server);
        if (!server) {{
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }}
        return parameters;
    }}

    /**
     * Whether the peer is one of the admitted clients, by a subjectAltName, or by its only CN where no subjectAltName is a
     * host's (RFC 6125 section 6.4.4); answer 403 if it is not.
     */
    public static boolean isAdmitted(SSLSession session) throws Exception {{
        X509Certificate certificate = (X509Certificate) session.getPeerCertificates()[0];
        if (certificate.getSubjectAlternativeNames() != null) {{
            boolean namesHosts = false;
            for (List<?> entry : certificate.getSubjectAlternativeNames()) {{
                if (Integer.valueOf(2).equals(entry.get(0))) {{
                    namesHosts = true;
                    if (isAdmitted(entry.get(1).toString())) {{
                        return true;
                    }}
                }}
            }}
            if (namesHosts) {{
                return false;
            }}
        }}
        List<String> commonNames = new ArrayList<>();
        for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {{
            Attribute values = rdn.toAttributes().get("CN");
            for (int number = 0; values != null && number < values.size(); number++) {{
                commonNames.add(values.get(number).toString());
            }}
        }}
        return commonNames.size() == 1 && isAdmitted(commonNames.get(0));
    }}

    private static boolean isAdmitted(String name) {{
        // Letters beyond ASCII are never those of a host: toLowerCase makes a k of the Kelvin sign.
        return name.chars().allMatch(letter -> letter < 128) && ADMITTED.contains(name.toLowerCase(Locale.ROOT));
    }}

    private static KeyStore store(Path file, char[] password) throws Exception {{
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {{
            store.load(in, password);
        }}
        return store;
    }}
}}
"#,
        heading = plain_comment(&heading("//", bundle)),
        suites = suites.join(",\n"),
        names = names.join(", "),
        crls = CRLS,
    )
}
