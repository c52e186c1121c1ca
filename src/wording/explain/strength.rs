//! Findings about the strength of keys and signatures.

use super::Entry;

pub(super) const WEAK_KEY: Entry = Entry {
    title: "Key too weak",
    meaning: "The key is an RSA key of less than 2048 bits, an RSA key whose modulus or \
        exponent cannot be valid, a DSA key of less than 2048 bits, or an elliptic curve key of less than 224 \
        bits: less than 112 bits of security. verify and accept check every key in the chain, the \
        root's included, and reject it. Spine endpoints need RSA \
        of 2048 bits or more, and the NHS does not certify less. OpenSSL at security level 2, \
        which Debian and RHEL set for the whole system, refuses such a key with \"ee key too \
        small\", and other current stacks have similar limits. There is no case on Spine in which \
        it can be ignored; old CA certificates kept for the record are the only harmless ones.",
    remedy: "Make a new key and request{ with ptl-cert csr --fqdn NAME --out-dir FOLDER|}; the \
        size is 2048 bits{ unless --bits asks for 3072 or 4096| unless a larger one is asked \
        for}. A weak key cannot be repaired, and a new request from the old key does not help.",
    source: "NHS: RSA of 2048 bits or more; NIST SP 800-131A; RFC 8017 section 3.1",
};

pub(super) const SHA1_SIGNATURE: Entry = Entry {
    title: "SHA-1 signature below the root",
    meaning: "The signature uses SHA-1, for which two documents with the same digest can be made, so it no \
        longer proves what was signed. OpenSSL 3 from security level 1 upwards aborts the handshake \
        with \"ca md too weak\" although openssl verify may say OK, GnuTLS, Go and rustls refuse it \
        with messages that often name only an unknown authority, Java goes by its policy, and hosts \
        like RHEL 9 ban it system-wide. A root's own signature is never checked, so the SHA-1 root \
        of Live G1 is not reported.",
    remedy: "Ask for a certificate of a generation signed with SHA-2; for a request, make it \
        again{ with ptl-cert csr --fqdn NAME --key FILE, which signs with SHA-256| and sign it \
        with SHA-256}. Where an old partner leaves no choice, lower OpenSSL's level for that one \
        server only (nginx: ssl_ciphers with @SECLEVEL=0) and note when to raise it again.",
    source: "RFC 8446 section 4.4.2.4; RFC 6194; RFC 5280 section 6.1 (the anchor's signature is not checked)",
};

pub(super) const BROKEN_SIGNATURE: Entry = Entry {
    title: "MD2 or MD5 signature",
    meaning: "The signature uses a digest that was broken long ago; forged CA certificates with \
        MD5 signatures have been demonstrated in public. TLS 1.3 requires a peer to abort rather \
        than check one, and OpenSSL, GnuTLS, Java, Go and rustls all refuse it by \
        default. No NHS generation in use signs like this, so such an object in a Spine set-up is \
        either very old or does not belong there.",
    remedy: "Ask for a new certificate with {a CSR made by ptl-cert csr --fqdn NAME, which signs \
        with SHA-256|a CSR signed with SHA-256}. If it is a CA in your trust store, {find out \
        with ptl-cert inspect FILE what it is|find out what it is} and remove it unless you know \
        why it is there.",
    source: "RFC 6149; RFC 6151; RFC 8446 section 4.4.2.4",
};

pub(super) const KEY_NOT_PERMITTED: Entry = Entry {
    title: "Key unusable with the permitted cipher suites",
    meaning: "No connection on Spine can be made with this certificate. Every cipher suite that the NHS permits \
        authenticates by RSA (ECDHE-RSA and DHE-RSA), so the key has to be an RSA key. Elliptic curve keys, \
        Ed25519 and Ed448 need suites that are not on the list, and a key limited to RSASSA-PSS is not accepted by \
        common peers with those that are.",
    remedy: "Make an RSA key of 2048 bits or more and a CSR{ with ptl-cert csr --fqdn NAME|}, and ask for a \
        certificate for that.",
    source: "NHS rules for TLS on Spine: permitted cipher suites; RFC 5289; RFC 4055",
};

pub(super) const UNKNOWN_VERSION: Entry = Entry {
    title: "Certificate version does not exist",
    meaning: "X.509 certificates have version 1, 2 or 3. What another version means is not defined, so nothing in \
        the certificate can be relied on. Java does not read it; other software may.",
    remedy: "Ask the CA for a certificate of version 3. If it came from the NHS, the file has been changed: get \
        it again.",
    source: "RFC 5280 section 4.1.2.1",
};

pub(super) const UNSUPPORTED_ALGORITHM: Entry = Entry {
    title: "Signature algorithm not supported",
    meaning: "The signature was made with an algorithm whose strength is not known here, so it proves nothing, \
        whichever key made it. Signatures count with RSA (PKCS #1 v1.5 and PSS), ECDSA or DSA and a hash of the \
        SHA-2 family, and with Ed25519 and Ed448. Others, such as RIPEMD-160, MD4 and SHA-3, are \
        refused by common TLS software too, or accepted by some of it only. No NHS generation in use signs like this.",
    remedy: "Ask the CA for one that is signed with SHA-256.{ ptl-cert inspect FILE shows the algorithm.|}",
    source: "RFC 5280 section 4.1.1.2; RFC 4055; RFC 5758; RFC 8410",
};

pub(super) const WEAK_KEY_ACCEPTED: Entry = Entry {
    title: "Weak key accepted",
    meaning: "A key of the chain has less than 112 bits of security: RSA or DSA below 2048 bits, \
        or an elliptic curve below 224. It counts {because --allow-weak-keys was given|because \
        weak keys were allowed}. Whoever breaks the key of a CA can issue any certificate below \
        it. OpenSSL at security level 2, the default of Debian and RHEL, refuses such a chain.",
    remedy: "{Replace the key: ptl-cert csr --fqdn NAME makes one of 2048 bits or more|Replace \
        the key by one of 2048 bits or more}. For a CA, ask its owner for the next generation.",
    source: "NIST SP 800-131A revision 2; NIST SP 800-57 part 1, table 2",
};
