//! The table of symptoms.

use super::Entry;
use crate::verdict::Code;

pub(super) const SYMPTOMS: &[Entry] = &[
    // -- IIS and Windows --
    Entry {
        messages: &["403.7", "client certificate required"],
        printed_by: "IIS",
        meaning: "The client sent no certificate. Either it has none, or the server's list of \
            acceptable CAs does not name the CA that issued it, so the client did not offer it.",
        remedy: "On the server, install the root CAs of every generation in LocalMachine\\Root \
            and the sub CAs in LocalMachine\\CA. On the client, check that the private key \
            belongs to the certificate{: ptl-cert match FOLDER|}",
        findings: &[Code::MissingIssuer, Code::MismatchedKey, Code::KeyNotOpened],
    },
    Entry {
        messages: &["403.13", "client certificate revoked"],
        printed_by: "IIS",
        meaning: "The client certificate is revoked, or Windows could not find out whether it is: \
            with cached-only checking (DefaultCertCheckMode 2) a missing or expired CRL gives the \
            same answer.",
        remedy: "{Ask both questions separately: ptl-cert crl check CERT tells whether it is \
            revoked, ptl-cert crl plan --env ENV --for iis tells which CRLs the server needs and has|Ask \
            both questions separately: whether it is revoked, and which CRLs the server needs \
            and has}.",
        findings: &[Code::Revoked, Code::NoCrl, Code::CrlStale, Code::CrlScope],
    },
    Entry {
        messages: &["403.16", "client certificate is untrusted or invalid"],
        printed_by: "IIS",
        meaning: "The client's certificate does not chain to a trusted root. A common cause is a \
            certificate in LocalMachine\\Root that is not self-signed, such as a sub CA: IIS may \
            then refuse every client.",
        remedy: "Keep only self-signed roots in LocalMachine\\Root and put sub CAs in \
            LocalMachine\\CA. {ptl-cert inspect FILE says which is which|Inspecting the file \
            shows which is which}.",
        findings: &[Code::UntrustedRoot, Code::MissingIssuer, Code::SelfSigned],
    },
    Entry {
        messages: &[
            "403.17",
            "client certificate has expired or is not yet valid",
        ],
        printed_by: "IIS",
        meaning: "The client's certificate is outside its validity period, or the clock of the server is wrong.",
        remedy: "Check the dates{ with ptl-cert inspect FILE|}, then the clock of the server.",
        findings: &[Code::Expired, Code::NotYetValid],
    },
    Entry {
        messages: &["DefaultCertCheckMode", "CertCheckMode"],
        printed_by: "IIS (http.sys)",
        meaning: "How http.sys checks client certificates on one binding. 0: check revocation, \
            fetching CRLs where needed. 1: do not check. 2: use cached CRLs only. 4: use the \
            freshness time of the binding. 0x10000: no usage check. The old PKI needs 2, and every \
            CRL of every generation then has to be imported, because nothing is fetched.",
        remedy: "{Plan the CRLs with ptl-cert crl plan --env ENV --for iis and keep them current with \
            ptl-cert crl schedule --env ENV --for windows-task|Plan which CRLs the server needs, and keep them current with a \
            job}. An expired CRL in the cache must not be relied on: refresh it before its \
            nextUpdate.",
        findings: &[Code::NoCrl, Code::CrlStale, Code::CdpDirectoryName],
    },
    Entry {
        messages: &[
            "CERT_E_UNTRUSTEDROOT",
            "0x800B0109",
            "SEC_E_UNTRUSTED_ROOT",
            "0x80090325",
            "certificate chain was issued by an authority that is not trusted",
        ],
        printed_by: "Windows",
        meaning: "The chain ends at a root that this machine does not trust. NHS roots are not part of Windows.",
        remedy: "Install the root of the certificate's own generation in LocalMachine\\Root.{ \
            ptl-cert verify CERT --env ENV names it.| Verifying the certificate names it.}",
        findings: &[
            Code::UntrustedRoot,
            Code::MissingIssuer,
            Code::WrongEnvironment,
        ],
    },
    Entry {
        messages: &[
            "CRYPT_E_REVOCATION_OFFLINE",
            "0x80092013",
            "revocation server was offline",
        ],
        printed_by: "Windows",
        meaning: "Windows needed a CRL that it could neither fetch nor find in its cache: the \
            address is blocked by a firewall, or it is a directory name that no server answers.",
        remedy: "Open the firewall to the CRL host for HTTP addresses; import the CRL for \
            directory names.{ ptl-cert crl plan --env ENV CERT lists both kinds.|}",
        findings: &[Code::NoCrl, Code::CdpDirectoryName, Code::CdpNotFetchable],
    },
    Entry {
        messages: &[
            "CRYPT_E_NO_REVOCATION_CHECK",
            "0x80092012",
            "unable to check revocation",
        ],
        printed_by: "Windows",
        meaning: "The revocation of a certificate could not be checked, often because it names no \
            CRL distribution point that Windows can use.",
        remedy: "Look at the distribution points{ with ptl-cert inspect CERT|}, then import the \
            CRL that they name.",
        findings: &[Code::NoCdp, Code::CdpDirectoryName, Code::NoCrl],
    },
    Entry {
        messages: &["CRYPT_E_REVOKED", "0x80092010"],
        printed_by: "Windows",
        meaning: "A CRL lists the certificate as revoked.",
        remedy: "{Confirm it with ptl-cert crl check CERT|Confirm it with the current CRL}. If \
            it is yours and was revoked in error, ask the NHS; otherwise request a new \
            certificate with a new key.",
        findings: &[Code::Revoked],
    },
    Entry {
        messages: &[
            "CERT_E_EXPIRED",
            "0x800B0101",
            "SEC_E_CERT_EXPIRED",
            "0x80090328",
        ],
        printed_by: "Windows",
        meaning: "A certificate of the chain has expired or is not yet valid by this machine's clock.",
        remedy: "{ptl-cert verify CERT --env ENV says which certificate it is; check|Verify the \
            chain to find out which certificate it is; check} the clock as well.",
        findings: &[Code::Expired, Code::IssuerExpired, Code::NotYetValid],
    },
    Entry {
        messages: &[
            "CERT_E_CN_NO_MATCH",
            "0x800B010F",
            "SEC_E_WRONG_PRINCIPAL",
            "0x80090322",
            "target principal name is incorrect",
        ],
        printed_by: "Windows",
        meaning: "The certificate is for another host name than the one that was called.",
        remedy: "Call the host by the name in the certificate, or request a certificate for the name you call.",
        findings: &[Code::NameMismatch, Code::NoSan],
    },
    Entry {
        messages: &[
            "SEC_E_ALGORITHM_MISMATCH",
            "0x80090331",
            "do not possess a common algorithm",
        ],
        printed_by: "Windows (Schannel)",
        meaning: "Client and server share no TLS version or cipher suite.",
        remedy: "Enable TLS 1.2 and the cipher suites that Spine permits on both sides.",
        findings: &[],
    },
    Entry {
        messages: &["specified network password is not correct", "0x80070056"],
        printed_by: "Windows, when a PFX file is imported",
        meaning: "The password is wrong, or this Windows cannot read the encryption of the file: \
            older versions, such as Server 2016, do not read PFX files made with AES-256 and \
            SHA-256 and blame the password.",
        remedy: "{ptl-cert inspect FILE.pfx says whether the password opens the file|Check that \
            the password opens the file}. For older versions of Windows make a PFX file with \
            3DES and SHA-1.",
        findings: &[Code::KeyNotOpened],
    },
    // -- OpenSSL, and the servers that use it --
    Entry {
        messages: &[
            "unable to get certificate CRL",
            "UNABLE_TO_GET_CRL",
            "error 3 at",
        ],
        printed_by: "OpenSSL, nginx, HAProxy, Apache, Node.js",
        meaning: "A CRL that the check needs is not loaded. OpenSSL asks for the CRL of every CA in \
            the chain, the root's included, and for the partition that the certificate names.",
        remedy: "{ptl-cert crl plan --client CERT --env ENV --for SERVER lists every CRL that is needed \
            and which of them is missing|Plan which CRLs the server needs: that shows which of \
            them is missing}.",
        findings: &[Code::NoCrl, Code::CrlScope, Code::CrlIssuer],
    },
    Entry {
        messages: &[
            "unable to get CRL issuer certificate",
            "UNABLE_TO_GET_CRL_ISSUER",
            "error 33 at",
        ],
        printed_by: "OpenSSL, nginx, HAProxy, Apache, Node.js",
        meaning: "A CRL is loaded, but the certificate of whoever signed it is not: that is another one than the CA of the \
            chain where the CA has renewed its key, or where it leaves its CRLs to a signer of their own.",
        remedy: "Give the server the certificate of the CRL's signer too, among its CAs{: ptl-cert inspect CRL shows who \
            that is|}.",
        findings: &[Code::CrlIssuer, Code::CrlOtherKey],
    },
    Entry {
        messages: &["unhandled critical CRL extension", "error 36 at"],
        printed_by: "OpenSSL, nginx, HAProxy, Apache",
        meaning: "A CRL has a critical extension that this program does not handle, so that it must not rely on the CRL.",
        remedy: "Look at the extensions of the CRL{: ptl-cert inspect CRL|}, and ask the CA for one without it.",
        findings: &[Code::CrlUnknownCritical],
    },
    Entry {
        messages: &["CRL has expired", "error 12 at"],
        printed_by: "OpenSSL, nginx, HAProxy, Apache, Node.js",
        meaning: "A CRL is past its nextUpdate. The server then refuses every client, good ones too.",
        remedy: "{ptl-cert crl update --env ENV fetches the current CRLs; ptl-cert crl schedule \
            keeps them current; reload|Fetch the current CRLs and keep them current with a job; \
            reload} the server afterwards.",
        findings: &[Code::CrlStale],
    },
    Entry {
        messages: &["CRL is not yet valid", "CRL_NOT_YET_VALID", "error 11 at"],
        printed_by: "OpenSSL, nginx, HAProxy, Apache, Node.js",
        meaning: "A CRL's thisUpdate lies in the future: usually the clock of the server is wrong.",
        remedy: "Check the clock of the server.",
        findings: &[Code::CrlNotYetValid],
    },
    Entry {
        messages: &["different CRL scope", "error 44 at"],
        printed_by: "OpenSSL, nginx, HAProxy, Apache",
        meaning: "A CRL of the right CA is loaded, but for another partition or another kind of \
            certificate than this one.",
        remedy: "Load the CRL that the certificate's own distribution point{ names: ptl-cert \
            inspect CERT shows it| names}.",
        findings: &[Code::CrlScope],
    },
    Entry {
        messages: &["CRL signature failure", "error 8 at"],
        printed_by: "OpenSSL, nginx, HAProxy, Apache",
        meaning: "A CRL's signature does not match the CA's key: the CRL is damaged, or it comes \
            from another CA with the same name.",
        remedy: "{ptl-cert inspect CRL and ptl-cert crl import CRL --issuer CA say which|Compare \
            the CRL with its issuer's certificate}.",
        findings: &[Code::CrlSignature, Code::CrlIssuer],
    },
    Entry {
        messages: &[
            "unable to get local issuer certificate",
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            "verify error:num=20",
            "verify error:num=21",
            "error 2 at",
            "error 20 at",
            "error 21 at",
            "unable to get issuer certificate",
            "unable to verify the first certificate",
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        ],
        printed_by: "OpenSSL, curl, nginx, Python, Node.js",
        meaning: "A CA between the certificate and a trusted root is missing: usually the other \
            side does not send the sub CA, or this side does not trust the root of that generation.",
        remedy: "The server should send its certificate followed by the sub CA.{ ptl-cert verify \
            FULLCHAIN --env ENV shows which CA was sent and which was not.| Verifying that file \
            shows which CA was sent and which was not.}",
        findings: &[Code::SubCaNotSent, Code::MissingIssuer, Code::UntrustedRoot],
    },
    Entry {
        messages: &[
            "self-signed certificate in certificate chain",
            "SELF_SIGNED_CERT_IN_CHAIN",
            "error 19 at",
        ],
        printed_by: "OpenSSL, curl, Python, Node.js",
        meaning: "The chain is complete, but its root is not trusted here. NHS roots are in no \
            operating system's store.",
        remedy: "Add the NHS root of that generation to the CA bundle of this program. {ptl-cert \
            verify CERT --env ENV tells whether it is an NHS root at all|Verify the chain first, \
            to find out whether it is an NHS root at all}: a proxy that intercepts TLS presents \
            its own root.",
        findings: &[Code::UntrustedRoot, Code::NotNhsIssuer],
    },
    Entry {
        messages: &[
            "self-signed certificate",
            "DEPTH_ZERO_SELF_SIGNED_CERT",
            "error 18 at",
        ],
        printed_by: "OpenSSL, curl, Python, Node.js",
        meaning: "The other side shows a certificate that no CA vouches for: a default certificate, \
            or a test certificate that was never replaced.",
        remedy: "Install the certificate that the NHS sent.{ ptl-cert accept REPLY --csr CSR \
            --key KEY --env ENV checks it and writes the files.|}",
        findings: &[Code::SelfSigned],
    },
    Entry {
        messages: &["certificate has expired", "CERT_HAS_EXPIRED", "error 10 at"],
        printed_by: "OpenSSL, curl, nginx, Python, Node.js",
        meaning: "A certificate of the chain has expired: the endpoint's, or a CA's.",
        remedy: "{ptl-cert verify CERT --env ENV says which|Verifying the certificate shows \
            which it is}.",
        findings: &[Code::Expired, Code::IssuerExpired],
    },
    Entry {
        messages: &["certificate is not yet valid", "error 9 at"],
        printed_by: "OpenSSL, curl, nginx, Python, Node.js",
        meaning: "A certificate of the chain is not yet valid: usually the clock is wrong.",
        remedy: "Check the clock{; ptl-cert inspect CERT shows the dates|, and the dates of the \
            certificate}.",
        findings: &[Code::NotYetValid],
    },
    Entry {
        messages: &[
            "certificate signature failure",
            "CERT_SIGNATURE_FAILURE",
            "error 7 at",
        ],
        printed_by: "OpenSSL, curl, nginx, Python, Node.js",
        meaning: "A certificate's signature does not verify with the key of its issuer: the certificate was changed or \
            damaged, or the CA that is loaded has the issuer's name and another key.",
        remedy: "{ptl-cert verify CERT --env ENV says which certificate it is|Verifying the certificate shows which one it \
            is}. Ask for it again, or load the CA of its own generation.",
        findings: &[Code::IssuerSignature],
    },
    Entry {
        messages: &[
            "certificate chain too long",
            "CERT_CHAIN_TOO_LONG",
            "error 22 at",
        ],
        printed_by: "OpenSSL, nginx, HAProxy, Apache, Node.js",
        meaning: "Between the certificate and the root are more CAs than the program permits. nginx and Apache permit one \
            unless they are configured otherwise.",
        remedy: "Permit more: ssl_verify_depth 2 in nginx, SSLVerifyDepth 2 in Apache, certificateVerificationDepth in \
            Tomcat.",
        findings: &[Code::ServerDepth],
    },
    Entry {
        messages: &[
            "invalid CA certificate",
            "INVALID_CA",
            "error 79 at",
            "error 24 at",
        ],
        printed_by: "OpenSSL, curl, nginx, HAProxy, Apache, Node.js",
        meaning: "A certificate that signed another one of the chain is not marked as a CA, or is one of version 1.",
        remedy: "{ptl-cert verify CERT --env ENV says which certificate it is|Verifying the certificate shows which one it \
            is}. Such a chain cannot be used: ask for a certificate of a real CA.",
        findings: &[Code::IssuerNotCa],
    },
    Entry {
        messages: &[
            "CA md too weak",
            "EE md too weak",
            "CA signature digest algorithm too weak",
            "error 68 at",
        ],
        printed_by: "OpenSSL, curl, nginx, HAProxy",
        meaning: "A certificate of the chain is signed with SHA-1, which OpenSSL refuses at its \
            default security level. The oldest NHS generation is signed that way.",
        remedy: "If you still need that generation, lower the security level for this connection \
            only (DEFAULT@SECLEVEL=0 in the cipher list); better, move to the SHA-2 generation.",
        findings: &[Code::Sha1Refused, Code::Sha1Signature],
    },
    Entry {
        messages: &[
            "EE key too small",
            "CA key too small",
            "EE certificate key too weak",
            "CA certificate key too weak",
            "error 66 at",
            "error 67 at",
        ],
        printed_by: "OpenSSL, curl, nginx, HAProxy",
        meaning: "A key of the chain is below 112 bits of security, such as RSA below 2048 bits.",
        remedy: "Make a new RSA-2048 key and a new request{: ptl-cert csr --fqdn NAME|}",
        findings: &[Code::WeakKey],
    },
    Entry {
        messages: &["dh key too small"],
        printed_by: "OpenSSL, curl, nginx, HAProxy, Python",
        meaning: "The server's parameters for the key exchange by Diffie-Hellman are too small, such as 1024 bits. That has \
            nothing to do with the key of its certificate.",
        remedy: "On the server, use parameters of 2048 bits (nginx: ssl_dhparam; HAProxy: tune.ssl.default-dh-param 2048) or \
            only suites with ECDHE.",
        findings: &[],
    },
    Entry {
        messages: &[
            "hostname mismatch",
            "Hostname/IP does not match certificate's altnames",
            "ERR_TLS_CERT_ALTNAME_INVALID",
            "no alternative certificate subject name matches target host name",
            "error 62 at",
        ],
        printed_by: "OpenSSL, curl, Python, Node.js",
        meaning: "The certificate is for another name than the one that was called. Certificates of \
            the first NHS generation name their host in the common name only, and many programs \
            ignore it.",
        remedy: "{ptl-cert verify CERT --fqdn NAME --env ENV says which names the certificate \
            has|Inspecting the certificate shows which names it has}.",
        findings: &[Code::NameMismatch, Code::NoSan, Code::CnOnly],
    },
    Entry {
        messages: &[
            "unsupported certificate purpose",
            "unsuitable certificate purpose",
            "error 26 at",
        ],
        printed_by: "OpenSSL, nginx, HAProxy, Apache",
        meaning: "The key usage or the extended key usage of the certificate does not allow what it \
            is used for, for example a server certificate used as a client certificate.",
        remedy: "{ptl-cert verify CERT --purpose client --env ENV says which usage is \
            missing|Verifying the certificate as a client's shows which usage is missing}. Ask \
            for a certificate with serverAuth and clientAuth.",
        findings: &[Code::PurposeRefused, Code::UsageMissing],
    },
    Entry {
        messages: &[
            "certificate_revoked",
            "alert 44",
            "alert number 44",
            "CERT_REVOKED",
            "error 23 at",
        ],
        printed_by: "OpenSSL, nginx, HAProxy, Java; alert 44 of TLS",
        meaning: "A CRL lists the certificate as revoked.",
        remedy: "{Confirm it: ptl-cert crl check CERT|Confirm it with the current CRL}",
        findings: &[Code::Revoked],
    },
    Entry {
        messages: &[
            "key values mismatch",
            "X509_check_private_key",
            "private key does not match",
            "inconsistencies between private key and certificate loaded",
            "AH02565",
            "key type mismatch",
            "Public keys in reply and keystore don't match",
        ],
        printed_by: "OpenSSL, nginx, Apache, HAProxy, keytool",
        meaning: "The private key does not belong to the certificate, often because the key was \
            made again after the request was sent.",
        remedy: "{ptl-cert match FOLDER says which key|Compare their public keys: that shows \
            which key}, request and certificate belong together.",
        findings: &[Code::MismatchedKey],
    },
    Entry {
        messages: &["No required SSL certificate was sent"],
        printed_by: "nginx (400)",
        meaning: "The client sent no certificate, although the server requires one. The client has \
            none, or the issuer of its certificate is not among the CA names that the server asks \
            for.",
        remedy: "Put the CAs of every generation in ssl_client_certificate. {ptl-cert verify \
            CERT --env ENV says which CA issued|Verifying it shows which CA issued} the client's \
            certificate.",
        findings: &[Code::MissingIssuer, Code::UntrustedRoot],
    },
    Entry {
        messages: &["The SSL certificate error"],
        printed_by: "nginx (400)",
        meaning: "nginx refused the client's certificate; the reason is in its error log at level \
            info, after \"client SSL certificate verify error\".",
        remedy: "Look the number in that line up{, for example: ptl-cert explain 'unable to get \
            certificate CRL'|}",
        findings: &[Code::NoCrl, Code::CrlStale, Code::UntrustedRoot],
    },
    Entry {
        messages: &[
            "SSL client CA chain cannot be verified",
            "SSL client certificate not trusted",
        ],
        printed_by: "HAProxy",
        meaning: "The client's certificate was refused: a CA or a CRL is missing, or a CRL has \
            expired. HAProxy does not say which.",
        remedy: "{ptl-cert crl plan --client CERT --env ENV --for haproxy shows the CRLs, ptl-cert verify \
            CERT --env ENV the chain|Plan which CRLs the server needs, and verify the chain}.",
        findings: &[Code::NoCrl, Code::CrlStale, Code::MissingIssuer],
    },
    Entry {
        messages: &["AH02276", "AH02039"],
        printed_by: "Apache httpd",
        meaning: "The client's certificate was refused; the rest of the line says why, in the words of OpenSSL.",
        remedy: "Look up the sentence after the code{: ptl-cert explain 'unable to get \
            certificate CRL'|}",
        findings: &[Code::NoCrl, Code::CrlStale, Code::UntrustedRoot],
    },
    Entry {
        messages: &["AH01902"],
        printed_by: "Apache httpd",
        meaning: "CRLs are configured (SSLCARevocationFile or SSLCARevocationPath), but \
            SSLCARevocationCheck is not: Apache does not check revocation and admits revoked \
            clients.",
        remedy: "Add SSLCARevocationCheck chain, and give it the CRL of every CA{: ptl-cert crl \
            plan --env ENV --client CERT --for apache|}",
        findings: &[Code::RevocationUnchecked, Code::NoCrl],
    },
    // -- TLS alerts --
    Entry {
        messages: &[
            "handshake_failure",
            "alert 40",
            "alert number 40",
            "alert handshake failure",
        ],
        printed_by: "TLS",
        meaning: "The two sides found no common cipher suite, or the server wanted a client \
            certificate and did not get one it could use.",
        remedy: "Compare the cipher suites with those that Spine permits, and check that the client \
            sends its certificate and sub CA.",
        findings: &[Code::MissingIssuer],
    },
    Entry {
        messages: &[
            "bad_certificate",
            "alert 42",
            "alert number 42",
            "alert bad certificate",
            "tls: bad certificate",
        ],
        printed_by: "TLS",
        meaning: "The other side could not accept the certificate, without saying why. Many servers \
            send this for every reason.",
        remedy: "Look at the log of the other side{; ptl-cert verify CERT --env ENV finds most \
            of the reasons|; verifying the certificate finds most of the reasons}.",
        findings: &[
            Code::UntrustedRoot,
            Code::SubCaNotSent,
            Code::PurposeRefused,
        ],
    },
    Entry {
        messages: &[
            "unsupported_certificate",
            "alert 43",
            "alert number 43",
            "alert unsupported certificate",
        ],
        printed_by: "TLS",
        meaning: "The certificate is of a kind that the other side does not accept, often because \
            its usages do not allow the purpose.",
        remedy: "{ptl-cert verify CERT --purpose client --env ENV says which usage is \
            missing|Verifying the certificate as a client's shows which usage is missing}.",
        findings: &[Code::PurposeRefused, Code::UsageMissing],
    },
    Entry {
        messages: &[
            "certificate_expired",
            "alert 45",
            "alert number 45",
            "alert certificate expired",
        ],
        printed_by: "TLS",
        meaning: "The other side says that a certificate has expired. If yours is still valid, a \
            CRL on the other side has probably expired: OpenSSL sends the same alert for both.",
        remedy: "Check your dates{ with ptl-cert inspect CERT|}. If they are good, ask the other \
            side to refresh the CRLs of your issuer.",
        findings: &[Code::Expired, Code::CrlStale],
    },
    Entry {
        messages: &[
            "certificate_unknown",
            "alert 46",
            "alert number 46",
            "alert certificate unknown",
        ],
        printed_by: "TLS; often Java or Apache",
        meaning: "The certificate was not accepted for a reason that has no alert of its own: an \
            unknown issuer, a missing or expired CRL, a wrong name.",
        remedy: "Look at the log of the other side{; ptl-cert verify CERT --env ENV checks the \
            same things|; verifying the certificate checks the same things}.",
        findings: &[Code::UntrustedRoot, Code::NoCrl, Code::CrlStale],
    },
    Entry {
        messages: &[
            "unknown_ca",
            "alert 48",
            "alert number 48",
            "alert unknown ca",
            "unknown certificate authority",
        ],
        printed_by: "TLS",
        meaning: "The other side does not know the CA: the sub CA was not sent, only one generation \
            is trusted there, or, with HAProxy, a CRL is missing.",
        remedy: "Send the certificate followed by its sub CA, and ask the other side whether it \
            trusts the root of that generation.",
        findings: &[Code::SubCaNotSent, Code::UntrustedRoot, Code::NoCrl],
    },
    Entry {
        messages: &["access_denied", "alert 49", "alert number 49"],
        printed_by: "TLS",
        meaning: "The certificate is valid, but the server does not admit its name.",
        remedy: "Ask the other side which names it admits; the Spine Secure Proxy's own name is the \
            only one that an endpoint should admit.",
        findings: &[],
    },
    Entry {
        messages: &[
            "protocol_version",
            "alert 70",
            "alert number 70",
            "alert protocol version",
            "unsupported protocol",
        ],
        printed_by: "TLS",
        meaning: "The two sides share no TLS version. Spine needs TLS 1.2 or later.",
        remedy: "Enable TLS 1.2 on both sides.",
        findings: &[],
    },
    Entry {
        messages: &[
            "certificate_required",
            "alert 116",
            "alert number 116",
            "alert certificate required",
            "tls: certificate required",
        ],
        printed_by: "TLS 1.3",
        meaning: "The server requires a client certificate and got none. In TLS 1.3 this arrives \
            after the handshake, so that the client may believe for a moment that it was accepted.",
        remedy: "Configure certificate and key in the client. If it has them, the server's CA names \
            may not include their issuer.",
        findings: &[Code::MissingIssuer, Code::MismatchedKey],
    },
    Entry {
        messages: &[
            "illegal_parameter",
            "alert 47",
            "alert number 47",
            "alert illegal parameter",
        ],
        printed_by: "TLS",
        meaning: "A value in the handshake is outside of what TLS permits, or does not fit what was said before: a fault of \
            one of the two programs, or of a firewall that changes handshakes. It is not about certificates.",
        remedy: "Try another version of the program, and a way without the firewall.",
        findings: &[Code::HandshakeBroken],
    },
    Entry {
        messages: &[
            "decode_error",
            "alert 50",
            "alert number 50",
            "alert decode error",
        ],
        printed_by: "TLS",
        meaning: "The other side could not take a message of the handshake apart: a certificate in it is damaged, or one of the \
            two programs, or a firewall between them, makes mistakes.",
        remedy: "Check that the certificate and the sub CA that are sent are well formed{: ptl-cert inspect FILE|}.",
        findings: &[Code::HandshakeBroken],
    },
    Entry {
        messages: &[
            "decrypt_error",
            "alert 51",
            "alert number 51",
            "alert decrypt error",
        ],
        printed_by: "TLS",
        meaning: "A signature of the handshake does not verify. Whoever got this alert signed with a private key that does \
            not belong to the certificate that it sent, or its program or token makes wrong signatures.",
        remedy: "{ptl-cert match CERT KEY says whether they belong together|Compare the public keys of certificate and \
            key}.",
        findings: &[Code::MismatchedKey, Code::ServerKeyMismatch],
    },
    Entry {
        messages: &[
            "insufficient_security",
            "alert 71",
            "alert number 71",
            "alert insufficient security",
        ],
        printed_by: "TLS",
        meaning: "The server found only cipher suites that are weaker than it requires.",
        remedy: "Enable TLS 1.2 and the cipher suites that Spine permits.",
        findings: &[],
    },
    Entry {
        messages: &[
            "internal_error",
            "alert 80",
            "alert number 80",
            "alert internal error",
        ],
        printed_by: "TLS",
        meaning: "The other side failed for a reason of its own, such as a private key that it cannot use, a service behind \
            it that does not answer, or a host name for which it has no certificate.",
        remedy: "Look at the log of the other side; try again later.",
        findings: &[],
    },
    Entry {
        messages: &[
            "unrecognized_name",
            "alert 112",
            "alert number 112",
            "alert unrecognized name",
        ],
        printed_by: "TLS",
        meaning: "The server does not know the host name that the client sent in the handshake (SNI).",
        remedy: "Call the host by a name for which the server is configured, and check that name for misspellings.",
        findings: &[Code::NameMismatch],
    },
    Entry {
        messages: &[
            "no_application_protocol",
            "alert 120",
            "alert number 120",
            "alert no application protocol",
        ],
        printed_by: "TLS",
        meaning: "The two sides have no protocol above TLS in common (ALPN), such as HTTP/2 alone on one of them.",
        remedy: "Offer http/1.1 on both sides.",
        findings: &[],
    },
    // -- Java --
    Entry {
        messages: &[
            "PKIX path building failed",
            "unable to find valid certification path to requested target",
        ],
        printed_by: "Java",
        meaning: "No chain from the certificate to an entry of the trust store: the root or the sub \
            CA of that generation is missing there.",
        remedy: "Add the CAs of every generation to the trust store.{ ptl-cert verify CERT --env \
            ENV names them.| Verifying the certificate names them.}",
        findings: &[Code::UntrustedRoot, Code::MissingIssuer, Code::SubCaNotSent],
    },
    Entry {
        messages: &[
            "Could not determine revocation status",
            "Unable to determine revocation status",
        ],
        printed_by: "Java",
        meaning: "Java found no CRL that answers. It says the same for a missing CRL, an expired \
            one, the wrong partition and a closed firewall.",
        remedy: "{ptl-cert crl plan --client CERT --env ENV --for java says which of these it is|Plan \
            which CRLs the server needs: that shows which of these it is}.",
        findings: &[
            Code::NoCrl,
            Code::CrlStale,
            Code::CrlScope,
            Code::CdpDirectoryName,
        ],
    },
    Entry {
        messages: &[
            "No subject alternative names present",
            "No subject alternative DNS name matching",
            "No name matching",
        ],
        printed_by: "Java",
        meaning: "The certificate does not name the host that was called, or names it by the common name only.",
        remedy: "{ptl-cert verify CERT --fqdn NAME --env ENV says which names the certificate \
            has|Inspecting the certificate shows which names it has}.",
        findings: &[Code::NoSan, Code::NameMismatch, Code::CnOnly],
    },
    Entry {
        messages: &["Failed to establish chain from reply"],
        printed_by: "keytool",
        meaning: "The key store does not hold the root and the sub CA of the certificate that is imported.",
        remedy: "Import the root first, then the sub CA, then the certificate.",
        findings: &[Code::MissingIssuer],
    },
    Entry {
        messages: &[
            "Algorithm constraints check failed",
            "Certificates do not conform to algorithm constraints",
        ],
        printed_by: "Java",
        meaning: "A certificate of the chain uses an algorithm that this Java refuses, such as \
            SHA-1 or a short key.",
        remedy: "{ptl-cert verify CERT --env ENV says which certificate; move|Verify the chain \
            to find out which certificate it is; move} to the SHA-2 generation.",
        findings: &[Code::Sha1Signature, Code::WeakKey],
    },
    Entry {
        messages: &[
            "keystore password was incorrect",
            "keystore was tampered with, or password was incorrect",
        ],
        printed_by: "Java",
        meaning: "The password does not open the key store, or this Java is too old for the \
            encryption of a PKCS#12 file.",
        remedy: "{ptl-cert inspect FILE --password-file FILE says whether the password is \
            right|Check that the password is right}.",
        findings: &[Code::KeyNotOpened],
    },
    // -- Go, rustls, GnuTLS --
    Entry {
        messages: &[
            "certificate signed by unknown authority",
            "UnknownIssuer",
            "The certificate is NOT trusted",
        ],
        printed_by: "Go, rustls, GnuTLS",
        meaning: "No chain to a trusted root, or a signature in the chain uses an algorithm that \
            this library does not know, such as SHA-1.",
        remedy: "{ptl-cert verify CERT --env ENV shows which it is|Verifying the certificate \
            shows which it is}.",
        findings: &[Code::UntrustedRoot, Code::SubCaNotSent, Code::Sha1Signature],
    },
    Entry {
        messages: &[
            "certificate relies on legacy Common Name field",
            "CertNotValidForName",
            "NotValidForName",
        ],
        printed_by: "Go, rustls",
        meaning: "The certificate has no subject alternative name that matches; these libraries \
            ignore the common name. Certificates of the first NHS generation have nothing else.",
        remedy: "Use a library that can match the common name for those hosts, or ask for a \
            certificate of the newer generation.",
        findings: &[Code::NoSan, Code::CnOnly, Code::NameMismatch],
    },
    Entry {
        messages: &["insecure algorithm SHA1-RSA"],
        printed_by: "Go",
        meaning: "A certificate of the chain is signed with SHA-1, which Go refuses.",
        remedy: "Move to the SHA-2 generation{; ptl-cert inspect CERT shows the signature of \
            each certificate|}.",
        findings: &[Code::Sha1Signature, Code::Sha1Refused],
    },
    // -- What says little by itself --
    Entry {
        messages: &[
            "certificate verify failed",
            "curl: (60)",
            "SSL certificate problem",
        ],
        printed_by: "OpenSSL, curl, Python, Ruby",
        meaning: "The program does not trust the server's certificate. The reason follows in the \
            same line, after the colon: a missing issuer, an unknown root, an expired certificate \
            or another host name.",
        remedy: "Read the rest of the line and explain that{, or look at the server directly: \
            ptl-cert probe HOST|, or probe the server}",
        findings: &[
            Code::MissingIssuer,
            Code::UntrustedRoot,
            Code::Expired,
            Code::NameMismatch,
        ],
    },
    Entry {
        messages: &[
            "ERR_CERT_AUTHORITY_INVALID",
            "SEC_ERROR_UNKNOWN_ISSUER",
            "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
        ],
        printed_by: "Chrome, Edge, Firefox",
        meaning: "The browser does not trust the root of the server's certificate. The NHS's roots \
            for Spine are private: no browser and no operating system has them.",
        remedy: "Install the environment's roots and sub CAs{, or test without a browser: \
            ptl-cert trust export --env ENV writes them, ptl-cert probe HOST checks the server|, \
            or test without a browser}.",
        findings: &[Code::UntrustedRoot, Code::MissingIssuer],
    },
    Entry {
        messages: &[
            "wrong version number",
            "packet length too long",
            "record layer failure",
            "SSL_ERROR_RX_RECORD_TOO_LONG",
            "Unrecognized SSL message, plaintext connection?",
            "first record does not look like a TLS handshake",
        ],
        printed_by: "OpenSSL, curl, Firefox, Java, Go",
        meaning: "What answers on that port does not speak TLS: a plain HTTP port, or a proxy or \
            firewall that answers in the server's place.",
        remedy: "Check the port, and whether the connection goes through a proxy{: ptl-cert \
            probe HOST:PORT shows what the far end sends|}.",
        findings: &[Code::NotTls, Code::ProxyFailed],
    },
    Entry {
        messages: &[
            "connection reset by peer",
            "ECONNRESET",
            "An existing connection was forcibly closed by the remote host",
            "unexpected eof while reading",
            "Remote host terminated the handshake",
            "SSL_ERROR_SYSCALL",
        ],
        printed_by: "OpenSSL, curl, Node.js, Java, Windows",
        meaning: "The connection was cut without an alert. Some servers do that to a client whose \
            certificate they refuse, firewalls do it to connections that they do not permit, and a \
            TLS version or cipher suite that is not permitted can end so too.",
        remedy: "Connect with your certificate and look at the step at which it ends{: ptl-cert \
            probe HOST --cert FILE --key FILE|}",
        findings: &[
            Code::TlsCut,
            Code::CertificateRefused,
            Code::HandshakeBroken,
        ],
    },
    Entry {
        messages: &[
            "no start line",
            "PEM lib",
            "bad base64 decode",
            "bad end line",
            "expecting: TRUSTED CERTIFICATE",
        ],
        printed_by: "OpenSSL, nginx, Apache, HAProxy",
        meaning: "The file is not the PEM that was expected: it may be DER, PKCS#7, PKCS#12 or \
            UTF-16, lack its BEGIN line, or hold another kind of object.",
        remedy: "Look at what it holds{: ptl-cert inspect FILE. ptl-cert accept and ptl-cert \
            export write the PEM files that servers read|; servers read PEM files}.",
        findings: &[Code::WrongLabel, Code::Repaired],
    },
    Entry {
        messages: &[
            "mac verify failure",
            "mac verify error: invalid password",
            "bad decrypt",
        ],
        printed_by: "OpenSSL",
        meaning: "The password of the PKCS#12 file or of the encrypted key is wrong. Windows and \
            Java may have encoded it differently, if it has letters outside ASCII.",
        remedy: "Try the password on the file alone{: ptl-cert inspect FILE --password-file \
            PASSWORD.txt|}. A password file must not begin with a byte order mark.",
        findings: &[Code::KeyNotOpened],
    },
    Entry {
        messages: &[
            "Could not read private key",
            "unable to load private key",
            "unable to set private key file",
        ],
        printed_by: "OpenSSL, curl (58)",
        meaning: "The file holds no private key that OpenSSL reads: it is encrypted and no password or the wrong one was \
            given, it is DER or PKCS#12 where PEM was expected, its BEGIN line names another format, or it holds only a \
            certificate. curl also says it when the key does not belong to the certificate.",
        remedy: "Look at what it holds{: ptl-cert inspect FILE. ptl-cert match KEY CERT says whether it belongs to the \
            certificate|, and compare its public key with the certificate's}.",
        findings: &[
            Code::KeyNotOpened,
            Code::WrongLabel,
            Code::Repaired,
            Code::MismatchedKey,
        ],
    },
    Entry {
        messages: &[
            "digital envelope routines::unsupported",
            "inner_evp_generic_fetch:unsupported",
            "0308010C",
        ],
        printed_by: "OpenSSL 3, Node.js",
        meaning: "The file is encrypted with an algorithm that OpenSSL 3 has only in its legacy provider, such as RC2, RC4 or \
            single DES: old PKCS#12 and PVK files are. The password may be right.",
        remedy: "Encrypt it again with AES: openssl pkcs12 -legacy -in OLD.p12 -nodes -out ALL.pem, then openssl pkcs12 -export \
            -in ALL.pem -out NEW.p12. Delete ALL.pem, which holds the key in the clear.",
        findings: &[Code::KeyNotOpened],
    },
    Entry {
        messages: &["no shared cipher", "no suitable signature algorithm"],
        printed_by: "OpenSSL, nginx, Apache, HAProxy",
        meaning: "Client and server have no cipher suite in common that works with the server's key. On a server that accepts \
            others it means that this client offers only what is switched off; where every handshake fails, the server's \
            private key is of another kind than its certificate (RSA and EC), or it has no certificate.",
        remedy: "Check that key and certificate belong together{: ptl-cert match KEY CERT|}, then the suites that both \
            sides permit.",
        findings: &[Code::MismatchedKey, Code::SuiteForbidden],
    },
    Entry {
        messages: &["Cannot recover key", "UnrecoverableKeyException"],
        printed_by: "Java",
        meaning: "The key store opens, but the private key in it has another password than the one that Java tries: usually \
            that of the store.",
        remedy: "Give the key the password of the store: keytool -keypasswd -alias ALIAS -keystore FILE, or tell the server \
            both (certificateKeyPassword in Tomcat).",
        findings: &[Code::KeyNotOpened],
    },
    // -- .NET --
    Entry {
        messages: &[
            "The remote certificate is invalid",
            "The remote certificate was rejected",
            "Could not establish trust relationship for the SSL/TLS secure channel",
            "The SSL connection could not be established",
        ],
        printed_by: ".NET",
        meaning: "The server's certificate was not accepted: its chain does not end at a trusted \
            root, it names another host, or revocation could not be checked. Newer versions of \
            .NET name the reason after it, such as PartialChain or UntrustedRoot.",
        remedy: "Check the server{: ptl-cert probe HOST.|.} Install the environment's root in \
            LocalMachine\\Root and its sub CA in LocalMachine\\CA.",
        findings: &[Code::UntrustedRoot, Code::MissingIssuer, Code::NameMismatch],
    },
    Entry {
        messages: &["PartialChain", "UntrustedRoot"],
        printed_by: ".NET (X509ChainStatusFlags)",
        meaning: "The chain could not be built to a root (PartialChain), or ends at one that this \
            machine does not trust (UntrustedRoot).",
        remedy: "Install the environment's root in LocalMachine\\Root and its sub CA in \
            LocalMachine\\CA{: ptl-cert trust export --env ENV --format p7b --out ca.p7b|}",
        findings: &[Code::MissingIssuer, Code::UntrustedRoot],
    },
    Entry {
        messages: &["RevocationStatusUnknown", "OfflineRevocation"],
        printed_by: ".NET (X509ChainStatusFlags)",
        meaning: "Windows has no current CRL for a certificate of the chain and could not fetch \
            one. The older PKI's distribution points are directory names, which nothing can fetch.",
        remedy: "Import the CRLs into LocalMachine\\CA{: ptl-cert crl plan --env ENV --for iis lists them, \
            and ptl-cert export --for iis writes them with a script that imports them|}.",
        findings: &[Code::NoCrl, Code::CrlStale, Code::CdpDirectoryName],
    },
    Entry {
        messages: &["Could not create SSL/TLS secure channel"],
        printed_by: ".NET Framework",
        meaning: "The handshake failed: no TLS version in common (old .NET Framework versions do \
            not offer TLS 1.2), or no client certificate was sent because its private key is \
            missing or may not be read by the process.",
        remedy: "Enable TLS 1.2 in the application, and let its account read the private key.{ \
            ptl-cert probe HOST --cert FILE --key FILE shows whether the server accepts the \
            certificate.| Probing the server with the certificate shows whether it accepts it.}",
        findings: &[Code::TlsVersion, Code::CertificateRequired],
    },
];
