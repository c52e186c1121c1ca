//! Findings about who issued a certificate, and the chain to a root.

use super::Entry;

pub(super) const NOT_NHS_ISSUER: Entry = Entry {
    title: "Chain ends at a root that is not the NHS's",
    meaning: "The chain is complete, but its root is not one of the built-in NHS roots, which \
        are recognised by SHA-256. Spine accepts only client certificates below its own roots \
        and tells you to do the same, so an endpoint certificate from a public CA or a company CA \
        is refused in mutual TLS. It can be ignored for certificates that have nothing to do with \
        Spine. It also appears when the NHS has started a generation newer than this program's \
        facts.",
    remedy: "Look at the root{ in ptl-cert inspect FILE|}. If the certificate was meant for \
        Spine, send the request to the NHS instead and install the certificate that comes back. \
        If you have proof from the NHS that the root is a new one of theirs, add it to a facts \
        file as docs/environments.md describes.",
    source: "NHS: accept only client certificates that chain to the Spine sub CA and root CA",
};

pub(super) const SIGNING_CA: Entry = Entry {
    title: "Certificate issued by a signing CA",
    meaning: "The issuer is a known NHS CA whose certificates are for signing messages or \
        prescriptions, such as NHS INT Level 1D, and not for TLS endpoints. It is under the same \
        root as the right one, so the chain looks complete. A peer that checks usages or names the \
        endpoint CAs it accepts will refuse it on a connection. It can be ignored where you only \
        look at signing certificates.",
    remedy: "Request an endpoint certificate with {a CSR made by ptl-cert csr --fqdn NAME|a \
        CSR}, and say on the form that it is for an endpoint. If you were about to put this CA \
        into a server's trust store, install the endpoint sub CA of the environment instead; \
        docs/environments.md lists them.",
    source: "NHS: Level 1D and Signing G2 issue for signatures; RFC 5280 section 4.2.1.12",
};

pub(super) const SELF_SIGNED: Entry = Entry {
    title: "Endpoint certificate self-signed",
    meaning: "The certificate was signed with its own key, so no CA vouches for the name in it. It \
        typically comes from a default installation or from openssl req -x509, and is installed where \
        the NHS's certificate should be. Every peer that does not trust exactly this certificate \
        refuses it, and Spine always does. It can be ignored in a test set-up with no NHS partner.",
    remedy: "Make a request{ with ptl-cert csr --fqdn NAME|}, send the .csr, and bind the \
        certificate that comes back. Do not install a self-signed endpoint certificate as a root \
        to silence the error.",
    source: "RFC 5280 sections 3.2 and 6.1; NHS: client certificates chain to the Spine CAs",
};

pub(super) const ENVIRONMENT_MISMATCH: Entry = Entry {
    title: "Host name and issuer suggest different environments",
    meaning: "The host name contains a word like int or live, and the issuer is known to serve \
        other environments than that one. Certificates are issued once per environment, and the \
        PTL environments and Live have different roots, so a certificate from the wrong side is \
        refused. It is a hint, not proof: suppliers name hosts as they like. INT and DEP share a \
        G2 sub CA, which is right for both.",
    remedy: "Compare the environment on the order with the chain{ in ptl-cert inspect FILE|}. If \
        the request went to the wrong place, send it again for the right environment. If the \
        name alone misleads, ignore the finding.",
    source: "NHS: one certificate per environment; INT and DEP share NHS INT Authentication G2",
};

pub(super) const MISSING_ISSUER: Entry = Entry {
    title: "Issuer's certificate not available",
    meaning: "Neither the input nor the built-in NHS CAs hold the CA that this certificate names \
        as its issuer, so the chain ends here and its root is unknown. \
        A server that sends its certificate without the sub CA makes peers fail with \"unable to \
        get local issuer certificate\" (OpenSSL), \"unknown authority\" (Go) or a path building \
        error (Java). For a quick look at one file it can be ignored. For an installation it must \
        be solved, and the built-in CAs help only this program and not your server.",
    remedy: "Inspect it together with the CA files that the NHS sent{: ptl-cert inspect \
        CERTIFICATE SUB-CA ROOT|}. If you have none, the certificate's authority information{ \
        access, also shown there, often| access often} gives a URL to download the issuer from. \
        Then add the sub CA to the file the server sends, after the endpoint's certificate.",
    source: "RFC 5280 sections 4.2.2.1 and 6.1; RFC 8446 section 4.4.2",
};

pub(super) const ISSUER_SIGNATURE: Entry = Entry {
    title: "CA has the right name but the wrong key",
    meaning: "There is a certificate with exactly the issuer's name, but its key did not make this \
        signature. Either the CA file belongs to another generation, environment or test \
        set-up that uses the same name, or one of the two files is forged or damaged. OpenSSL, Java \
        and Go refuse such a chain, often with a message about a bad or unknown signature that does \
        not say which file is at fault. It must not be ignored.",
    remedy: "Get the CA's certificate again from the NHS and compare its SHA-256 with the table \
        in docs/environments.md. Then inspect both together{: ptl-cert inspect CERTIFICATE CA|}. \
        If the right CA still does not match, the endpoint certificate is not what it claims to \
        be: do not install it and ask the NHS.",
    source: "RFC 5280 section 6.1.3 (a)(1)",
};

pub(super) const ISSUER_NOT_CA: Entry = Entry {
    title: "Issuer is not a CA",
    meaning: "The signature is valid, but the basic constraints of the certificate that made it \
        do not mark it as a CA. Otherwise any holder of an endpoint certificate could sign \
        others, which is why all stacks refuse such a chain: OpenSSL with \"invalid CA certificate\", \
        Java and Go likewise. No NHS CA is made like this. It can be ignored only in a test set-up.",
    remedy: "Find out who made the certificate{; ptl-cert inspect FILE shows the chain and the \
        basic constraints|}. For a Spine endpoint send the NHS {a CSR made by ptl-cert csr \
        --fqdn NAME|a CSR}. For a CA of your own, issue its certificate again with CA:TRUE and \
        the usage keyCertSign.",
    source: "RFC 5280 sections 4.2.1.9 and 6.1.4 (k)",
};

pub(super) const CHAIN_UNRESOLVED: Entry = Entry {
    title: "Chain search stopped without a result",
    meaning: "The search for a chain went in a circle, became longer than any sensible chain, or \
        needed more signature checks than one certificate is allowed, or more comparisons with \
        the name constraints and policies of its CAs. Cross-signed CAs can \
        make this happen by accident, and hostile input on purpose. Other software may find a \
        path or may be slow over it, so this says nothing about whether the certificate is \
        good. NHS chains have three members and never reach this limit by themselves.",
    remedy: "Inspect the certificate with its own CAs only{: ptl-cert inspect CERTIFICATE SUB-CA \
        ROOT|}. Remove CA certificates that do not belong to the chain from the bundle that the \
        server sends.",
    source: "RFC 4158 section 2.4.1; the budget is this program's",
};

pub(super) const CHAIN_NOT_SEARCHED: Entry = Entry {
    title: "Chains not shown: too many certificates",
    meaning: "The input has more certificates than one run shows chains for. Each of them was \
        read in full and checked by itself; chains, environments, generations and the findings \
        that need them are left out. Nothing is wrong with the certificates, and for a mere \
        inventory it can be ignored.",
    remedy: "Split the input {and run ptl-cert inspect on each part|and inspect each part}, \
        together with the CAs it needs unless they are built in.",
    source: "A limit of this program: 1,000 certificates, about 50 microseconds for each signature check",
};
