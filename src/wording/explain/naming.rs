//! Findings about the name of the host.

use super::Entry;

pub(super) const NO_SAN: Entry = Entry {
    title: "Host named by the common name only",
    meaning: "Today's clients take a server's name from the subjectAltName extension, and this \
        object has none; only the common name (CN) of the subject says which host it is for. \
        Certificates of the NHS's first generation (G1) are made like this and HSCN endpoints \
        are matched by CN. Go, rustls and browsers refuse such a server whatever the CN says, \
        while OpenSSL falls back to the CN where a program does not forbid it. It can be ignored \
        where all your peers match by CN{, and for a request that was made with --cn-only on \
        purpose|, and for a request that was made without one on purpose}.",
    remedy: "For a request: make it again {with ptl-cert csr --fqdn NAME, which puts the name \
        into both places|with the name in both places}. For a certificate: ask the NHS for one \
        that has the name as subjectAltName too. Where you must call an endpoint that has only a \
        CN, let the client match by it; in Python that is hostname_checks_common_name = True on \
        the SSLContext. Do not switch the name check off.",
    source: "RFC 5280 section 4.2.1.6; RFC 6125 section 6.4.4; RFC 9525",
};

pub(super) const CN_NOT_SAN: Entry = Entry {
    title: "Common name missing from the subjectAltName",
    meaning: "The object has DNS names in its subjectAltName extension, and the host in its \
        common name (CN) is not one of them. Once there is a single DNS name there, clients that \
        follow the standards read no further, so the CN does not count and a connection by that \
        name fails. Spine looks for the endpoint's name in the CN, so a request should have it in \
        both places. It can be ignored if no client connects by the name in the CN.",
    remedy: "Make the request again with the main name first and {then the others: ptl-cert csr \
        --fqdn NAME --san OTHER-NAME puts NAME into the CN and the alternative names|then the \
        others: the first is the CN, and all are alternative names}. Send that, and check what \
        comes back{ with ptl-cert inspect FILE|}.",
    source: "RFC 6125 section 6.4.4; RFC 9525; NHS: the CN of a request is the endpoint's FQDN",
};

pub(super) const NO_NAME: Entry = Entry {
    title: "Certificate names no host",
    meaning: "There is no common name and nothing else that says which host this is for: no \
        subjectAltName in a certificate, no CN in a request. Spine recognises a system by its \
        FQDN, so an endpoint certificate without one can be trusted and still be useless: every \
        client that checks names refuses it. A request without a CN gives the NHS nothing to put \
        into the certificate.",
    remedy: "Make a request with the registered name{: ptl-cert csr --fqdn NAME|}. If you use \
        openssl req instead, enter the FQDN as Common Name; every other field may stay blank.",
    source: "RFC 5280 sections 4.1.2.6 and 4.2.1.6; NHS: the CN of a request is the endpoint's FQDN",
};

pub(super) const NAME_RULE: Entry = Entry {
    title: "Common name breaks a naming rule",
    meaning: "The common name of the request is not a host name, or is one that the NHS does not \
        put into an endpoint certificate. It must end in nhs.uk, consist of labels of letters, \
        digits and hyphens with at most 63 characters each, have no wildcard and no underscore, \
        and fit into the 64 characters that a common name holds; MESH names have a form of their \
        own. A request that breaks a rule is likely to come back days later without a \
        certificate. The NHS's rules do not apply to certificates from another CA.",
    remedy: "Read the finding's message: it says which rule is broken and what would be right. \
        Register the right name with the NHS DNS team if it is not registered yet, {then run \
        ptl-cert csr --fqdn NAME, which checks every rule before it makes a key. Use \
        --any-domain only for a CA other than the NHS's|then make the request}.",
    source: "NHS: endpoint FQDNs end in nhs.uk; RFC 1123 section 2.1; RFC 5280 appendix A.1 (ub-common-name)",
};

pub(super) const WILDCARD_NAME: Entry = Entry {
    title: "Wildcard among the names",
    meaning: "A connection by a name that the wildcard matches works, but the NHS issues endpoint \
        certificates for full names only and forbids wildcards anywhere. Spine looks for the \
        endpoint's own name in the CN, where no client expands a wildcard, and whoever has the key \
        can answer for every host below that domain. The NHS's rules do not apply to certificates \
        from another CA.",
    remedy: "Ask for a certificate with the full name of this one host{: ptl-cert csr --fqdn NAME \
        makes the key and the request|}. Use a key and a certificate of their own on every host.",
    source: "NHS: endpoint FQDNs have no wildcards; RFC 9525 section 6.3",
};

pub(super) const EMAIL_IN_SUBJECT: Entry = Entry {
    title: "Request's subject holds an e-mail address",
    meaning: "The subject of the request has an emailAddress attribute, usually because the prompt \
        of openssl req was answered. The NHS requires that field to be blank in a request for an \
        endpoint and may send it back. No TLS software objects, but ignore it only for a request to \
        another CA.",
    remedy: "Make the request again from the same key{ with ptl-cert csr --fqdn NAME --key FILE, \
        which never writes an e-mail address| without an e-mail address}, and send the new .csr. \
        Keep the key: the old request contained nothing secret.",
    source: "NHS: CSR e-mail field must be blank; RFC 5280 section 4.1.2.6",
};

pub(super) const NAME_MISMATCH: Entry = Entry {
    title: "Certificate names another host",
    meaning: "None of the certificate's names is the host asked about. Every client that checks \
        names refuses the connection. Only subject alternative names count; the CN counts where \
        there are none that name a host. A wildcard stands for exactly one whole label.",
    remedy: "Check the name for a typing error, then ask for a certificate that has it{: \
        ptl-cert csr --fqdn NAME|}. Clients must connect by a name in the certificate, not by an \
        address or an alias.",
    source: "RFC 6125 section 6.4; RFC 9525 section 6.3",
};

pub(super) const CN_ONLY: Entry = Entry {
    title: "Host matched by the common name only",
    meaning: "The certificate names the host in its CN and in no subject alternative name. Old \
        clients fall back to the CN; Go, rustls, browsers and current Java do not and refuse it. \
        NHS endpoints on HSCN are still matched like this, which the NHS's own clients allow for.",
    remedy: "Ask for a certificate with the name as {subject alternative name: ptl-cert csr \
        --fqdn NAME makes such a request|subject alternative name}. Until then use clients that \
        can be told to match the CN.",
    source: "RFC 6125 section 6.4.4; RFC 9525 section 6.3 leaves the CN out",
};

pub(super) const CA_NAMES_BY_CN: Entry = Entry {
    title: "Host named by CN only, as in every certificate of this CA",
    meaning: "Certificates of this CA are known to carry no subject alternative name, like those \
        of the NHS's whole first generation (G1). Servers and clients on HSCN match the CN, so \
        nothing is wrong with this certificate. Go, rustls, browsers and current Java do not look \
        at the CN and refuse to connect to such a host.",
    remedy: "Nothing, for connections through Spine. If you have to connect with software that \
        ignores the CN, tell it which name to expect, or order a certificate of a {newer \
        generation: ptl-cert csr --fqdn NAME makes a request with the subjectAltName|newer \
        generation, with a request that has the subjectAltName}.",
    source: "NHS: G1 certificates name the host in the CN; RFC 9525 section 6.3 leaves the CN out",
};

pub(super) const REQUEST_NAMES: Entry = Entry {
    title: "Names missing from the certificate",
    meaning: "The certificate has the key of the request, but not every name in it: the CA left \
        out or changed some. A client that connects by such a name refuses the certificate. CAs \
        commonly drop alternative names that the order did not mention.",
    remedy: "Compare both{: ptl-cert inspect REQUEST CERTIFICATE|}. If the missing names are \
        needed, ask the NHS for a certificate that has them.",
    source: "RFC 2986 section 4.2 lets the CA decide; RFC 6125 section 6.4",
};

pub(super) const NAMES_NOT_REQUESTED: Entry = Entry {
    title: "Names that were not requested",
    meaning: "The certificate has the key of the request, and names that the request did not ask \
        for. Whoever has the key can answer for these names as well, so a name of another host or \
        a wildcard makes the key worth more to a thief. The NHS issues a certificate for one host \
        and no wildcards.",
    remedy: "Compare both{: ptl-cert inspect REQUEST CERTIFICATE|}. If you did not agree the names \
        with whoever issued the certificate, do not install it; ask for one with the requested names alone.",
    source: "RFC 2986 section 4.2 lets the CA decide; NHS: one FQDN, no wildcards",
};

pub(super) const NO_DNS_NAME: Entry = Entry {
    title: "Alternative names without a host name",
    meaning: "Clients that check names by the standards will refuse a connection by host name: the \
        subjectAltName extension is there, and none of its names is a DNS name. Once the extension \
        is there, Go, rustls and browsers look nowhere else. OpenSSL falls back to the common name \
        (CN) as long as no DNS name is among the alternative names. It can be ignored where every \
        peer connects by one of the names that are there, such as an IP address.",
    remedy: "Make a request with the host name in both places{, ptl-cert csr --fqdn NAME, and \
        ask|, and ask} for a new certificate. The NHS identifies systems by FQDN and not by IP \
        address.",
    source: "RFC 5280 section 4.2.1.6; RFC 6125 section 6.4.4; RFC 9525",
};

pub(super) const ODD_NAME: Entry = Entry {
    title: "Name is not what it appears to be",
    meaning: "The connection by this name fails although the name looks right. Peers compare names \
        octet by octet: a space at the end, a no-break space or a zero-width character makes it \
        another name. The same code marks names that software reads in different ways: several \
        common names in one subject, an empty part, and characters that the declared string type \
        does not have. Such names are usually copied from a web page, a document or a form.",
    remedy: "Look at the name{ in ptl-cert inspect FILE, which quotes it and escapes hidden \
        characters| with hidden characters made visible}. Type it again and make {the request \
        again: ptl-cert csr --fqdn NAME refuses such names|the request again}.",
    source: "RFC 5280 sections 4.1.2.4 and 7; RFC 6125 section 6.4",
};
