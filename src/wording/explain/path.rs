//! Findings of `verify` about the path: what makes it invalid.

use super::Entry;

pub(super) const UNTRUSTED_ROOT: Entry = Entry {
    title: "Chain ends at an untrusted root",
    meaning: "The chain is complete and its signatures are valid, but it ends at a self-signed \
        certificate that is not one of the trust anchors: {neither a root of the environment \
        given by --env nor one of the --trust files|neither a root of the environment nor one of \
        the certificates that were given as trusted}. A root with the name of a trusted one but \
        another key is reported as such: it is from another generation, from a test set-up, or \
        forged. Every peer that trusts only the right roots refuses such a chain.",
    remedy: "Compare the root with the table in docs/environments.md. If the certificate is \
        meant for another PKI, {name its root: ptl-cert verify CERTIFICATE --trust ROOT|name its \
        root}. If it should be an NHS certificate, ask for a new one{ with ptl-cert csr --fqdn \
        NAME|}.",
    source: "RFC 5280 section 6.1.1 (d)",
};

pub(super) const WRONG_ENVIRONMENT: Entry = Entry {
    title: "Certificate belongs to another environment",
    meaning: "A known CA of the chain issues for environments other than the one asked about. PTL \
        environments and Live have different roots, and within PTL the G1 sub CAs differ as well, \
        so a peer of the environment refuses the certificate although it is fine in its own. INT \
        and DEP share a G2 sub CA, which is right for both. Where the trust entry of a CA of the \
        chain is damaged, what it issues for is not known, and the question is left open.",
    remedy: "Verify it for its own environment{: ptl-cert verify CERTIFICATE --env \
        ENVIRONMENT|}. If the environment is the right one and the certificate is not, the \
        request went to the wrong place: send it again.",
    source: "NHS: one certificate per environment; docs/environments.md lists the CAs",
};

pub(super) const ENVIRONMENT_UNCHECKED: Entry = Entry {
    title: "Environment not checked",
    meaning: "The chain ends at a root of the environment, but the CA that issued the certificate is \
        not among the known sub CAs, and that root is above several environments: the certificate may \
        be for any of them. Its peers decide by the sub CAs that they trust, so it may be refused \
        although its chain is valid. This happens when the NHS begins to use a new sub CA.",
    remedy: "Compare the CA's SHA-256 with what the NHS publishes, and add it to the known CAs{: \
        ptl-cert trust add CA --env ENVIRONMENT --generation GENERATION --sha256 DIGEST|}. Then check \
        the certificate again.",
    source: "NHS: one certificate per environment; docs/environments.md lists the CAs",
};

pub(super) const SUB_CA_NOT_SENT: Entry = Entry {
    title: "Sub CA not sent",
    meaning: "The chain was completed with a CA certificate that {is built in or came from a \
        facts file or a --chain file|is not part of the input}. A peer that gets only what is in \
        the input cannot do that: it fails with \"unable to get local issuer certificate\" \
        (OpenSSL), \"unknown authority\" (Go) or a path building error (Java). It can be ignored \
        for a file that is never sent, and where the peer is known to have the sub CA.",
    remedy: "Put the sub CA after the endpoint's certificate in the file that the server sends, \
        and verify that file{: ptl-cert verify FULLCHAIN --env ENVIRONMENT|}.",
    source: "RFC 8446 section 4.4.2; RFC 5246 section 7.4.2",
};

pub(super) const ISSUER_NOT_YET_VALID: Entry = Entry {
    title: "CA in the chain not yet valid",
    meaning: "A CA above the certificate becomes valid only after the time of the check. \
        Until then every peer refuses the chain. It happens in the first days of a new generation \
        and on machines whose clock is behind.",
    remedy: "Check the clock of this machine, and {--at if it was given|the time that was asked \
        about}. If they are right, use the chain of the current generation until then.",
    source: "RFC 5280 section 6.1.3 (a)(2)",
};

pub(super) const ISSUER_MAY_NOT_SIGN: Entry = Entry {
    title: "CA lacks keyCertSign",
    meaning: "The key usage of a CA in the chain leaves out keyCertSign, so nothing that it \
        signed counts as a certificate, although the signature is valid. All stacks refuse such a \
        chain. No NHS CA is made like this.",
    remedy: "{Find out with ptl-cert inspect FILE who|Find out who} made the CA. For a CA of \
        your own, issue its certificate again with keyCertSign; for a Spine endpoint send the \
        NHS {a CSR made by ptl-cert csr --fqdn NAME|a CSR}.",
    source: "RFC 5280 sections 4.2.1.3 and 6.1.4 (n)",
};

pub(super) const PATH_LENGTH: Entry = Entry {
    title: "Path length exceeded",
    meaning: "A CA's basic constraints limit how many CAs there may be below it, and the chain \
        has more. CAs that have the same name as their issuer do not count. The limit keeps a sub \
        CA from making CAs of its own, so this is refused everywhere and must not be ignored.",
    remedy: "Ask the issuer of the lowest CA. For a Spine endpoint send the NHS {a CSR made by \
        ptl-cert csr --fqdn NAME|a CSR}.",
    source: "RFC 5280 sections 4.2.1.9 and 6.1.4 (m)",
};

pub(super) const NAME_CONSTRAINT: Entry = Entry {
    title: "Name not allowed by a CA in the chain",
    meaning: "A CA in the chain may issue only for certain names, and the certificate, or a CA \
        between them, has a name outside those permitted, within those excluded, or one that \
        cannot be read and so cannot be checked. A wildcard counts as all the names it \
        stands for. Software differs in how much of this it checks; a chain that is refused here \
        will be refused by some peers.",
    remedy: "Ask for a certificate with names that the CA may issue for, or for one from another \
        CA.{ ptl-cert inspect FILE shows the constraints and the names.|}",
    source: "RFC 5280 sections 4.2.1.10 and 6.1.3 (b) and (c)",
};

pub(super) const POLICY_REFUSED: Entry = Entry {
    title: "Certificate policy does not hold for the whole chain",
    meaning: "A CA requires that every certificate below it was issued under a policy that all \
        CAs up to the anchor share, and there is none: a policy is missing, was mapped to another \
        one where that is inhibited, or anyPolicy was used where it no longer counts. Many TLS \
        stacks do not look at policies, so this may be refused by some peers only.",
    remedy: "Ask the issuer.{ ptl-cert inspect FILE shows the policies and constraints of each \
        certificate.|}",
    source: "RFC 5280 sections 6.1.3 (d) to (f) and 6.1.5 (g)",
};

pub(super) const PURPOSE_REFUSED: Entry = Entry {
    title: "Certificate does not allow this purpose",
    meaning: "The extended key usage lists what the certificate may be used for, and the purpose you \
        asked about is not among them; or a CA above it is limited in the same way, the key usage \
        lacks digitalSignature, or the key cannot sign at all, such as X25519. A server whose \
        certificate lacks serverAuth is refused by clients, and a client whose certificate lacks \
        clientAuth by servers. Spine uses one certificate for both.",
    remedy: "Ask for an endpoint certificate{: ptl-cert csr --fqdn NAME|}.{ If the other purpose \
        was meant, say so: ptl-cert verify CERTIFICATE --env ENVIRONMENT \
        --purpose client.| If the other purpose \
        was meant, ask about that one.}",
    source: "RFC 5280 sections 4.2.1.3 and 4.2.1.12; RFC 8446 section 4.4.3; NHS: mutual TLS on Spine needs serverAuth and clientAuth",
};

pub(super) const SHA1_REFUSED: Entry = Entry {
    title: "SHA-1 signature not accepted",
    meaning: "A certificate below the anchor was signed with SHA-1, for which forgeries are \
        known, and neither the environment's facts {nor --allow-sha1 permits|nor the question \
        permits} that. OpenSSL from security level 1, GnuTLS, Go, rustls and Java by its default \
        policy refuse such a chain, some of them with a message about an unknown issuer. The \
        anchor's own signature is never judged.",
    remedy: "Ask for a certificate of a SHA-2 generation{ with ptl-cert csr --fqdn NAME|}.{ To \
        see whether the chain is otherwise good: ptl-cert verify CERTIFICATE --env ENVIRONMENT \
        --allow-sha1.| To see whether the chain is otherwise good, verify it with SHA-1 \
        allowed.}",
    source: "NIST SP 800-131A revision 2; RFC 9155",
};

pub(super) const PATH_REFUSED: Entry = Entry {
    title: "Path refused by OpenSSL",
    meaning: "OpenSSL, which decides about trust here, refuses the chain for {a reason that \
        ptl-cert has no check of its own for|a reason that this library has no check of its own \
        for}. OpenSSL's message is quoted. Servers and clients that use OpenSSL, such as nginx, \
        Apache, HAProxy and curl, refuse the chain as well.",
    remedy: "Examine the certificate that the finding names{ with ptl-cert inspect FILE|}, and \
        ask its issuer.",
    source: "RFC 5280 section 6.1, as OpenSSL implements it",
};

pub(super) const OPENSSL_FAILED: Entry = Entry {
    title: "OpenSSL failed",
    meaning: "OpenSSL, which checks signatures and chains here, failed with an internal error: \
        it ran out of memory, or could not find its algorithms. This says nothing about the \
        certificate or the CRL, so the question stays open. {ptl-cert reads no configuration of \
        OpenSSL|This library reads no configuration of OpenSSL}; a program that uses its library \
        may have loaded one, such as a FIPS configuration, before.",
    remedy: "Run it again. If it fails again, report it with the whole message. In a program of \
        your own, check how it set up OpenSSL before it used this library.",
    source: "OpenSSL: X509_verify_cert, openssl/x509_vfy.h",
};

pub(super) const PROFILE: Entry = Entry {
    title: "Certificate profile rule broken",
    meaning: "A certificate of the chain breaks a rule that RFC 5280 sets for issuers and that \
        its path validation does not enforce. Most software accepts such a chain; newer and \
        stricter stacks refuse it. The G1 CAs of the NHS break one \
        of these rules themselves, because their basic constraints are not critical.",
    remedy: "No action is needed if your peers accept it. {To reject every breach: ptl-cert \
        verify CERTIFICATE --env ENVIRONMENT --strict|To reject every breach, verify under the \
        strict profile}.",
    source: "RFC 5280 sections 4.1 and 4.2",
};

pub(super) const ANY_PURPOSE: Entry = Entry {
    title: "Purpose allowed by anyExtendedKeyUsage only",
    meaning: "The extended key usage has anyExtendedKeyUsage and not the purpose itself. RFC 5280 \
        lets software refuse that. Java accepts such a certificate; OpenSSL, and so nginx, Apache and \
        HAProxy, refuse it as a TLS server's or client's certificate. Whether a connection works \
        depends on what runs at the other end.",
    remedy: "Ask for a certificate with serverAuth and clientAuth in its extended key usage, as the \
        NHS issues them for endpoints. If it is a CA that has anyExtendedKeyUsage, ask its operator for \
        another certificate of the CA.",
    source: "RFC 5280 section 4.2.1.12",
};

pub(super) const AUTHORITY_KEY_MISMATCH: Entry = Entry {
    title: "Authority key identifier of another CA certificate",
    meaning: "The certificate names its issuer's key by an authority key identifier, and the CA \
        certificate whose key signed it has another one. RFC 5280 calls the identifier a search \
        aid, and Java ignores it. OpenSSL does not: nginx, Apache, HAProxy and curl say \"unable to \
        get local issuer certificate\". The usual cause is a CA that renewed its certificate, and a \
        chain with the wrong one of the two.",
    remedy: "Use the CA certificate {that the identifier names: ptl-cert inspect shows both|that \
        the identifier names}. If there is none, ask the issuer to reissue the certificate.",
    source: "RFC 5280 section 4.2.1.1; X509_check_akid of OpenSSL",
};
