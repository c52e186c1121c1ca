//! Findings about servers' configurations.

use super::Entry;

pub(super) const TEST_FAILED: Entry = Entry {
    title: "Configuration refused by the server's own test",
    meaning: "The server was asked to test this configuration (nginx -t, apachectl -t, haproxy -c) and \
        refused it. A server that is running keeps its old configuration and its old CRLs at the \
        next reload, and one that is restarted does not start.",
    remedy: "Fix what the message names, run the server's own test again, and reload.",
    source: "nginx(8), apachectl(8), haproxy(1): the test of a configuration",
};

pub(super) const FILE_UNREADABLE: Entry = Entry {
    title: "File named by the configuration unreadable",
    meaning: "A file that the configuration names is missing, cannot be opened, or does not hold \
        what it should. The server does not start, or keeps the files of its last start until it is \
        restarted.",
    remedy: "Correct the path, or {write the files again with ptl-cert export --for SERVER|write \
        the files again}. Relative paths start from the server's own folder; use absolute paths \
        to be certain.",
    source: "The server's own documentation: files are read when it starts or reloads",
};

pub(super) const CERTIFICATE_EXPIRED: Entry = Entry {
    title: "Server certificate expired",
    meaning: "The server sends a certificate, or a sub CA's, that has expired. The Spine Secure \
        Proxy refuses the connection.",
    remedy: "Install the renewed certificate{ with ptl-cert accept and ptl-cert export|}, and \
        reload the server.",
    source: "RFC 5280 section 6.1.3; NHS: certificates that have expired are not accepted",
};

pub(super) const CERTIFICATE_UNFIT: Entry = Entry {
    title: "Server certificate not fit for the server",
    meaning: "The certificate that the server sends is not yet valid, is not for TLS servers, does not chain to a root \
        of the environment, or does not name the host that the configuration gives the server. Partners that check \
        it refuse the connection.",
    remedy: "Install the certificate of this host and environment, with its own sub CA{; ptl-cert verify CERT --env ENV \
        --fqdn HOST says whether it is good|}.",
    source: "RFC 5280 section 6.1; RFC 9525 section 6; NHS: each environment has its own certificates",
};

pub(super) const KEY_MISMATCH: Entry = Entry {
    title: "Server key does not match its certificate",
    meaning: "The certificate and the private key that the configuration names do not belong \
        together; of a file with several certificates the first is the server's own. nginx, Apache and HAProxy refuse to start; a server that is still running does so \
        with older files.",
    remedy: "{Find the right pair with ptl-cert match DIR, or write both with ptl-cert export, \
        which refuses a pair that does not match|Find the certificate and the key that belong \
        together, by their public keys}.",
    source: "RFC 8446 section 4.4.3: the server proves that it has the key of its certificate",
};

pub(super) const KEY_READABLE: Entry = Entry {
    title: "Server key readable by others",
    meaning: "Every user of the machine can read the private key, or a group can change it. Whoever \
        has the key can pose as your endpoint until the certificate is revoked.",
    remedy: "Run chmod 600 FILE (or 640 with the server's own group). If others may have read \
        it, ask for a new certificate{: ptl-cert csr --fqdn NAME|}.",
    source: "NHS: the .key file stays with the supplier; files that export writes are 0600",
};

pub(super) const SUB_CA_UNSENT: Entry = Entry {
    title: "Sub CA not sent by the server",
    meaning: "The file that the server sends holds the certificate without the sub CA that signed \
        it. Partners that trust only the root cannot build the chain, and report an unknown issuer \
        although your certificate is good.",
    remedy: "Use {NAME.fullchain.pem, which ptl-cert accept writes: the certificate|a file with \
        the full chain: the certificate} first, then the sub CA. In nginx that is \
        ssl_certificate, in Apache SSLCertificateFile, in HAProxy crt.",
    source: "RFC 8446 section 4.4.2; RFC 5246 section 7.4.2",
};

pub(super) const CLIENTS_OPTIONAL: Entry = Entry {
    title: "Client certificate not required",
    meaning: "A client without a verified certificate completes the handshake; only a condition on the \
        request can still refuse it. On Spine every interaction is mutually authenticated. In Apache the first virtual host of \
        an address decides whether the address speaks TLS at all.",
    remedy: "Set ssl_verify_client on (nginx), SSLVerifyClient require (Apache), verify required \
        (HAProxy) or certificateVerification=\"required\" (Tomcat). Set SSLEngine on in every virtual host of an Apache address, or \
        give those without TLS another one.",
    source: "NHS: TLS 1.2 with mutual authentication for every interaction",
};

pub(super) const ANY_CLIENT: Entry = Entry {
    title: "Every client of the CA admitted",
    meaning: "The server checks that a client's certificate comes from the NHS, and then admits it \
        whatever its name, to the whole server or to part of it. Thousands of systems have such a certificate; only the Spine Secure \
        Proxy may call your endpoint.",
    remedy: "Compare the client's name, CN or subjectAltName, with the Spine Secure Proxy's and \
        answer 403 to all others.{ ptl-cert export --for SERVER writes such a configuration.|}",
    source: "NHS (GP Connect security): accept only client certificates whose FQDN is that of the SSP",
};

pub(super) const GENERATION_MISSING: Entry = Entry {
    title: "Generation of CAs not trusted",
    meaning: "The trust file lacks the root of a generation that is in use. Clients with \
        certificates of that generation are refused, and because its CAs are not named in the \
        CertificateRequest some clients send no certificate at all. Without any trusted CA no client can \
        be accepted; Java then trusts the CAs of its installation. Tomcat reads caCertificateFile with OpenSSL only.",
    remedy: "Write the CAs of every generation{ with ptl-cert trust export --env ENV --out \
        ca.pem| into the file}, and reload.",
    source: "NHS: install the CAs of both generations; RFC 8446 section 4.2.4",
};

pub(super) const OTHER_CA: Entry = Entry {
    title: "CA of another hierarchy trusted",
    meaning: "The trust file holds a certificate that is none of the environment's known CAs. \
        Clients of that CA are admitted if their names are. In nginx, a client that sends no host name (SNI) is checked by \
        the default server of the address, and may then ask for any other server of it.",
    remedy: "Remove it, or, if it is a new CA of the NHS, compare its SHA-256 and add it{ with \
        ptl-cert trust add| to the trusted ones}. Give the default server of an address the same CAs and CRLs, or \
        ssl_reject_handshake on, or give the servers addresses of their own.",
    source: "NHS: accept only client certificates that chain to the Spine's CAs; nginx's documentation: the first \
        server of an address is its default",
};

pub(super) const CRL_UNCHECKED: Entry = Entry {
    title: "CRLs configured but not checked",
    meaning: "The configuration names CRLs, but a setting is missing or keeps the server from acting on them. \
        Without SSLCARevocationCheck, Apache reads SSLCARevocationFile but checks no client; nginx \
        and HAProxy check clients only where they request a certificate. no_crl_for_cert_ok and \
        crt-ignore-err let clients in that the check should refuse. In nginx, a client that sends no host name (SNI) \
        is checked against the CRLs of the address's default server only. Revoked clients are admitted.",
    remedy: "Set SSLCARevocationCheck chain (Apache), ssl_verify_client on (nginx) or verify required (HAProxy), \
        without no_crl_for_cert_ok, crt-ignore-err and ca-ignore-err. Give the default server of an address in nginx the \
        same CRLs, or ssl_reject_handshake on.",
    source: "Apache's documentation of SSLCARevocationCheck: the default is none",
};

pub(super) const CRL_ABSENT: Entry = Entry {
    title: "No CRLs configured",
    meaning: "The server asks for client certificates and has no CRLs to check them against, so \
        revoked clients are admitted. Where a check is still required, as with \
        SSLCARevocationCheck, every client is refused.",
    remedy: "Write the CRLs{ with ptl-cert export --for SERVER, or with ptl-cert crl export \
        into| into} the server's folder, and name the file: ssl_crl, SSLCARevocationFile, \
        crl-file, certificateRevocationListFile.",
    source: "NHS: accept only client certificates that are not revoked",
};

pub(super) const CRL_INCOMPLETE: Entry = Entry {
    title: "CRL set incomplete",
    meaning: "The server checks every certificate of a client's chain, and for at least one of its \
        CAs there is no usable CRL. nginx, HAProxy and Apache then refuse every client below \
        that CA; Apache admits them unchecked with no_crl_for_cert_ok.",
    remedy: "{ptl-cert crl plan --env ENV --for SERVER lists what is needed. Fetch it with \
        ptl-cert crl update, import|Plan which CRLs the server needs. Fetch them, import} what \
        cannot be fetched, and export again.",
    source: "RFC 5280 section 6.3; run with nginx 1.22, HAProxy 2.6 and Apache 2.4",
};

pub(super) const CRL_EXPIRED: Entry = Entry {
    title: "CRL of the server expired",
    meaning: "A CRL is past its nextUpdate. The server refuses every client of that CA, often with \
        an alert that says \"certificate expired\" although the client's certificate has not.",
    remedy: "{Run ptl-cert crl update (or crl import), export, and reload. ptl-cert crl schedule \
        writes the job that does so every week|Update the CRL cache, write the files again, and \
        reload; let a job do so every week}.",
    source: "RFC 5280 section 5.1.2.5; OpenSSL error 12",
};

pub(super) const CRL_NOT_LOADED: Entry = Entry {
    title: "CRL newer than the running server",
    meaning: "The CRL file was changed after the server's process, and its newest child, had \
        started. nginx, Apache, HAProxy and Tomcat read CRLs only when they start or reload, so the \
        new one is not in use yet.",
    remedy: "Reload the server: nginx -s reload, apachectl graceful, systemctl reload haproxy, \
        systemctl restart tomcat10.",
    source: "Apache bug 14104; the servers' documentation",
};

pub(super) const DEPTH: Entry = Entry {
    title: "Verification depth too small",
    meaning: "Clients' chains have more CAs than the configuration allows, so that good clients are \
        refused with \"certificate chain too long\". nginx counts the sub CAs, Apache counts the \
        root as well.",
    remedy: "Set ssl_verify_depth 2 (nginx), SSLVerifyDepth 2 (Apache) or certificateVerificationDepth=\"3\" (Tomcat).",
    source: "The servers' documentation; OpenSSL error 22",
};

pub(super) const VERSION: Entry = Entry {
    title: "TLS versions other than the Spine's",
    meaning: "The server accepts a version of TLS that the Spine forbids, or leaves the choice to its default, \
        which permits TLS 1.0 in nginx before 1.27.3, in Apache and in Tomcat where OpenSSL or Java still \
        offers it; or it does not accept TLS 1.2, which every interaction on the Spine uses. In nginx the versions of an \
        address are those of its default server.",
    remedy: "Set ssl_protocols TLSv1.2 TLSv1.3 (nginx), SSLProtocol -all +TLSv1.2 +TLSv1.3 \
        (Apache), ssl-min-ver TLSv1.2 (HAProxy) or protocols=\"TLSv1.2+TLSv1.3\" (Tomcat).",
    source: "NHS: TLS 1.2 for every interaction; never SSLv2, SSLv3, TLS 1.0 or TLS 1.1",
};

pub(super) const SUITE: Entry = Entry {
    title: "Cipher suite outside the Spine's list",
    meaning: "The server accepts suites that the Spine does not permit, or leaves the choice to its \
        default list.",
    remedy: "Set the permitted suites in their order{, as ptl-cert export --for SERVER writes \
        them|}; for TLS 1.3 leave out ChaCha20.",
    source: "NHS: the permitted suites, most preferred first",
};

pub(super) const SECURITY_LEVEL: Entry = Entry {
    title: "Security level refuses the SHA-1 generation",
    meaning: "The server trusts a generation whose sub CA is signed with SHA-1. OpenSSL refuses \
        such signatures from security level 1 on, and every system's default is higher, so that \
        clients of that generation are refused with \"ca md too weak\".",
    remedy: "If partners still use that generation, add @SECLEVEL=0 to the suites; if not, \
        {export with --leave-out and its name|leave its CAs out}.",
    source: "OpenSSL: SSL_CTX_set_security_level; run with OpenSSL 3.0",
};

pub(super) const NOT_EXAMINED: Entry = Entry {
    title: "Part of the configuration not examined",
    meaning: "Something that can change which clients are admitted was not understood or not read: a condition \
        in another form than the usual ones, a setting inside a section or under a condition, a path with a \
        variable, an included file. It counts neither for nor against the server, so whether the \
        configuration is right remains undecided.",
    remedy: "For a condition or a setting, call the server with the certificate of another host of the same CA, \
        and expect 403{, or write it as ptl-cert export --for SERVER does|}. For a file, use an absolute path \
        without variables, or give the main configuration with all that it includes.",
    source: "Counted as a restriction: the forms that export writes and those tested with the real servers",
};

pub(super) const OWN_REVOCATION_UNKNOWN: Entry = Entry {
    title: "Own certificate's revocation status unknown",
    meaning: "The server's files were written, but no CRL that was available says whether the \
        server's own certificate has been revoked: the CRL that its distribution point names is not \
        in the cache. If it has been revoked, every partner that checks refuses the connection.",
    remedy: "{Fetch the CRL with ptl-cert crl update CERT, then export again|Fetch the CRL that the \
        certificate names, then write the files again}.",
    source: "RFC 5280 section 6.3",
};

pub(super) const CLIENTS_UNKNOWN: Entry = Entry {
    title: "Clients of a CA unknown",
    meaning: "The CA partitions its CRLs: each client's certificate names the one that covers it. No \
        client of this CA was given, so which CRLs the server needs is not known. It refuses every \
        client whose partition's CRL is missing.",
    remedy: "Give the certificates of your clients{ with --client CERT|}, the Spine Secure Proxy's \
        first. If this CA has no clients of yours, leave its generation out{ with --leave-out|}.",
    source: "RFC 5280 section 5.2.5; NHS: CRLs are partitioned, and a certificate names its own",
};

pub(super) const CLIENT_NOT_ADMITTED: Entry = Entry {
    title: "Client given but not admitted",
    meaning: "The certificate of this client was given, so that the server gets its CRL, but the \
        server admits only certain hosts and none of the certificate's names is one of them. The \
        client's certificate is checked, and then it gets 403.",
    remedy: "To admit the client, name its host{ with --admit NAME|}. If it must not call, leave its \
        certificate out.",
    source: "NHS: an endpoint admits the Spine Secure Proxy, and no other client without need",
};

pub(super) const CALLER_NOT_ADMITTED: Entry = Entry {
    title: "Spine's message sender not admitted",
    meaning: "Calls through the Spine Secure Proxy are admitted. Messages that Spine itself sends come from \
        another host, which gets 403. That is right for an endpoint that receives no such messages.",
    remedy: "If your endpoint receives messages from Spine, admit that host too{: export with --admit \
        HOST|}.",
    source: "NHS: inbound messages come from msg-out of the environment's domain",
};
