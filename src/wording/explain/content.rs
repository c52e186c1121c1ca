//! Findings about what a certificate contains beyond names, dates and keys.

use super::Entry;

pub(super) const USAGE_MISSING: Entry = Entry {
    title: "Key usage for mutual TLS missing",
    meaning: "A certificate can restrict what its key may be used for, and this one leaves out \
        something that a Spine endpoint needs. The same certificate serves both ends of mutual \
        TLS, so it needs serverAuth for inbound and clientAuth for outbound calls, and \
        digitalSignature for the handshakes with ECDHE and DHE that Spine permits. OpenSSL \
        refuses it with \"unsuitable certificate purpose\" (older versions: \"unsupported\"), \
        Java and Go in their own words. It can be ignored for a system that only ever calls, or \
        is only ever called.",
    remedy: "Request an endpoint certificate with {a CSR made by ptl-cert csr --fqdn NAME|a \
        CSR}. The CA sets the usages, not the CSR, so say on the form that it is for mutual TLS. \
        {Check the usages in the reply with ptl-cert inspect FILE|Check the usages in the reply} \
        before you install it.",
    source: "RFC 5280 sections 4.2.1.3 and 4.2.1.12; NHS: every Spine interaction uses TLS-MA",
};

pub(super) const UNKNOWN_CRITICAL: Entry = Entry {
    title: "Critical extension not understood",
    meaning: "The issuer marked an extension as critical, so software that does not understand \
        it must not use the object. {ptl-cert does not understand it, and shows|This library \
        does not understand it, and shows} its OID and bytes. OpenSSL says \"unhandled critical \
        extension\", Java and Go refuse such certificates as well, and a CRL with one may not be \
        used to decide about a certificate. No extension of the NHS's CAs is known to cause \
        this.",
    remedy: "{Take the OID from ptl-cert inspect FILE and ask the issuer what it means|Ask the \
        issuer what the OID means} and which software supports it. If the certificate is meant \
        for Spine, ask for one without it.",
    source: "RFC 5280 sections 4.2, 5.2 and 6.1.4",
};

pub(super) const FIELD_UNREAD: Entry = Entry {
    title: "Field that cannot be read",
    meaning: "This certificate, request or CRL cannot be used: one of its fields does not follow \
        the standard, such as a date that does not exist. What could be read is shown, so that \
        you can tell which object it is. Nothing is decided by it: it takes no part in chains, \
        matches no key, and no command accepts, verifies or installs it. Other programs differ: \
        some refuse the whole object, others use the part that they need.",
    remedy: "Get the file again from its source to rule out damage on the way. If the finding \
        persists, send its text to whoever made the object and ask for a corrected one. A request \
        of your own: make it again{ with ptl-cert csr --fqdn NAME|}.",
    source: "RFC 5280 sections 4.1 and 5.1; RFC 2986 section 4.1",
};

pub(super) const MALFORMED_EXTENSION: Entry = Entry {
    title: "Extension malformed",
    meaning: "An extension is present whose content does not follow its standard, so it is shown \
        in hexadecimal and treated as absent. Other software differs: Go rejects the whole \
        certificate, OpenSSL marks it as having an invalid extension, and lenient software goes \
        on without it. If the extension is one that you need, such as the alternative names or \
        the usages, the certificate is not fit for use. An extension that can be read, but is not \
        in DER, counts: OpenSSL accepts it; Go and Python refuse the certificate, and Java may.",
    remedy: "Get the file again from its source to rule out damage on the way, {and run ptl-cert \
        inspect FILE|and inspect it again}. If the finding persists, send the OID and the bytes to \
        the issuer and ask for a corrected certificate. For a request of your own, make it \
        again{ with ptl-cert csr --fqdn NAME|}.",
    source: "RFC 5280 section 4.2",
};

pub(super) const REPEATED_EXTENSION: Entry = Entry {
    title: "Extension occurs twice",
    meaning: "The object has the same extension more than once, which the standard forbids \
        because two readers could each believe a different one. {ptl-cert reads the first; in a \
        request it reads all the names|This library reads the first; in a request it reads all \
        the names}. Go and rustls refuse to parse such a certificate, while others read the \
        first or the last. A certificate that means different things to different peers should \
        not be used on Spine.",
    remedy: "Ask the issuer for a corrected certificate. For a request, make it again{ with \
        ptl-cert csr --fqdn NAME|}: hand-written OpenSSL configuration files that add the \
        alternative names in two places are the usual cause.",
    source: "RFC 5280 section 4.2",
};

pub(super) const ODD_SERIAL: Entry = Entry {
    title: "Serial number not allowed by the standard",
    meaning: "A serial number must be positive and at most 20 octets long; this one is zero, \
        negative or longer. CRLs name certificates by serial number, so it has to \
        mean the same to every client. Go rejects negative ones by default and other strict software \
        rejects all three, while OpenSSL takes them. Where all your peers accept it and the \
        certificate is not yours to change, it can be ignored.",
    remedy: "Compare the number{ in ptl-cert inspect FILE|} with what the issuer has on record, \
        and ask for a new certificate if a peer refuses it. For a CA of your own, have it \
        generate serial numbers of 8 to 20 random octets with the first bit zero.",
    source: "RFC 5280 section 4.1.2.2",
};

pub(super) const SIGNATURE_MISMATCH: Entry = Entry {
    title: "Signature algorithms differ within the certificate",
    meaning: "A certificate names its signature's algorithm twice, once inside the signed part \
        and once outside, and the two must be the same. Here they differ: the outer one was \
        changed after signing, or the software that made the certificate has a fault. OpenSSL, Go \
        and everything else that follows the standard refuse it. It must not be \
        ignored.",
    remedy: "Get the certificate again from the NHS by a different route, and compare the \
        SHA-256 of both{ in ptl-cert inspect FILE-1 FILE-2|}. If the second is the same, tell \
        the issuer and ask for a new one.",
    source: "RFC 5280 sections 4.1.1.2 and 4.1.2.3",
};

pub(super) const OPENSSL_UNREADABLE: Entry = Entry {
    title: "Object that OpenSSL cannot read",
    meaning: "OpenSSL refuses to load this certificate or request, although it can be read here: something in it is encoded \
        in a way that DER forbids, such as a number with a needless zero in front, a padded OID, or a name of the wrong \
        string type. nginx, Apache, HAProxy, curl and everything else that uses OpenSSL do not start with it, and peers \
        that use OpenSSL end the handshake when it is sent. Java may take it. The file was changed, or the software that made \
        it has a fault. It must not be ignored.",
    remedy: "Get a certificate again from its issuer by a different route. If it is the same, tell the issuer what OpenSSL \
        says, and ask for a new one. Make a request again{ with ptl-cert csr --fqdn NAME|}.",
    source: "ITU-T X.690 sections 8.3.2, 8.19.2 and 11; RFC 5280 appendix A.1; OpenSSL: d2i_X509, d2i_X509_REQ",
};
