//! Findings about private keys and requests.

use super::Entry;

pub(super) const MISMATCHED_KEY: Entry = Entry {
    title: "Private key matches nothing",
    meaning: "The private key belongs to none of the requests and endpoint certificates it was \
        given with. A certificate works only with the key that its request was made \
        from. Apache and HAProxy do not start with such a pair, nor does nginx when both are of one kind, such as RSA \
        (OpenSSL: \"key values mismatch\"); with an RSA certificate and an EC key nginx starts, and every handshake \
        fails. openssl pkcs12 -export refuses to make a PFX from it. It \
        can be ignored if you gave a folder with keys of other systems.",
    remedy: "Search for the right key{: ptl-cert match FOLDER shows which keys, requests and \
        certificates in a folder belong together| by its public key}. {Look also for pairs that \
        csr --replace renamed|Look also for pairs that were renamed when they were replaced}. If \
        the key is lost, make a new pair{ with ptl-cert csr --fqdn NAME --out-dir FOLDER|} and \
        ask for a new certificate.",
    source: "RFC 8446 section 4.4.3; the keys are compared, however they are written (RFC 5280 section 4.1.2.7)",
};

pub(super) const REQUEST_MISMATCH: Entry = Entry {
    title: "Certificate for a different key from the request's",
    meaning: "There is a certificate for the name in this request, but it holds another key, so \
        it was issued for a different request. Often the request was made twice and the first \
        one was sent, or the previous certificate is next to the request for its successor. The \
        certificate will not work with this request's key, though both carry the right name. It \
        can be ignored while the reply to a renewal is still outstanding.",
    remedy: "{Run ptl-cert match FOLDER over everything you have to find|Compare everything you \
        have to find} the key that the certificate does match. If there is none, send this .csr \
        and ask the NHS for a certificate for it; do not make a third pair.",
    source: "RFC 2986 section 3; the keys are compared, however they are written",
};

pub(super) const KEY_NOT_OPENED: Entry = Entry {
    title: "Encrypted private key not opened",
    meaning: "The private key is protected by a passphrase, and none was given or it was the \
        wrong one. Nothing is wrong with that: an encrypted key is the safer way to keep it. It \
        only means that the key's strength, and which certificate it belongs to, could not be \
        checked.",
    remedy: "Put the passphrase into the first line of a file that only you can read, and {run \
        ptl-cert inspect --password-file THAT-FILE KEY CERTIFICATE, or ptl-cert match with the \
        same option|give it with the key}. For a server that starts unattended, tell it where \
        the passphrase is (ssl_password_file in nginx, SSLPassPhraseDialog in Apache).",
    source: "RFC 5958 section 3; RFC 8018 section 6.2; RFC 1421 section 4.6.1.3 (DEK-Info)",
};

pub(super) const REQUEST_SIGNATURE: Entry = Entry {
    title: "Request's signature does not verify",
    meaning: "A CSR is signed with the key that the certificate will be for, which proves that \
        the sender holds that key. This signature does not verify, so the file was changed or \
        damaged after it was made, or was assembled from parts. The NHS's CA, like any other, \
        rejects it, and openssl req -verify fails on it.",
    remedy: "Make the request again from the same key{ with ptl-cert csr --fqdn NAME --key \
        FILE|}, and send it as an attachment: text pasted into a mail is often damaged. {Run \
        ptl-cert inspect on the file that you actually send|Inspect the file that you actually \
        send}.",
    source: "RFC 2986 section 4.2",
};

pub(super) const CHALLENGE_PASSWORD: Entry = Entry {
    title: "Challenge password in a request",
    meaning: "The request has the attribute challengePassword, which openssl req asks for at the \
        end of its questions. It does not protect the key or the request: anyone who sees the file \
        can read it, since requests are not encrypted. The NHS does not ask for one and TLS never \
        uses it. It can be ignored if what was typed there is not a password used anywhere.",
    remedy: "Make the request again from the same key{ with ptl-cert csr --fqdn NAME --key FILE, \
        which adds no such attribute|, without it}. If the password is in use elsewhere, change \
        it there, because it is now readable in clear text.",
    source: "RFC 2985 section 5.4.1; NHS: every subject field but the CN may be blank",
};

pub(super) const ODD_REQUEST: Entry = Entry {
    title: "Request does not follow the standard",
    meaning: "A CA may refuse this request, or overlook some of the names in it. It could be read \
        here, and its signature was checked, but something does not follow PKCS#10: a version \
        other than 1, no attributes field, an attribute that cannot be read, or extensions asked \
        for in several places. Where extensions are asked for more than once, all of them count \
        here; a certificate that lacks any of the names does not answer the request.",
    remedy: "Make the request again{ with ptl-cert csr --fqdn NAME|}{, adding --san OTHER-NAME \
        for each further name|, with each further name as a subjectAltName}, and send that.",
    source: "RFC 2986 section 4; RFC 2985 section 5.4.2",
};

pub(super) const KEY_IN_REPLY: Entry = Entry {
    title: "Private key in a reply",
    meaning: "The file with the certificates also holds a private key that no password protects. If \
        it came by mail or from a portal, everyone who handled it can act as your endpoint towards \
        Spine. The usual cause is a mail that quotes what was sent, with the key attached in place of \
        the CSR. It can be ignored if you put key and certificate into one file yourself.",
    remedy: "Make a new pair{ with ptl-cert csr --fqdn NAME|}, send the CSR alone, and have the old \
        certificate revoked. Delete the mail with the key.",
    source: "NHS: the private key never leaves the supplier; NIST SP 800-57 part 1, section 5.3",
};

pub(super) const KEY_READABLE: Entry = Entry {
    title: "Private key readable by every user",
    meaning: "Anyone who can read this file can act as your endpoint towards Spine: the key has \
        no passphrase, and its file may be read by every user of the machine. Servers start \
        anyway; only SSH refuses such keys. Keys become readable when they are copied, unpacked \
        from a ZIP file or written by openssl under a loose umask{; ptl-cert csr writes them for \
        their owner only|}. It can be ignored in a lab, and in a folder that no other user can \
        enter.",
    remedy: "On Linux: chmod 600 FILE, and chown it to the user that the server starts as (root \
        for nginx, Apache and HAProxy). If anyone else had access, make a new pair{ with \
        ptl-cert csr --fqdn NAME|} and have the old certificate revoked.",
    source: "NHS: the private key never leaves the supplier; NIST SP 800-57 part 1, section 5.3",
};
