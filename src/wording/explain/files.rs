//! Findings about files and the objects in them.

use super::Entry;

pub(super) const DUPLICATE: Entry = Entry {
    title: "Same object twice",
    meaning: "The object is the same, byte for byte, as one that was read before. Nothing fails \
        because of it, and it is normal if a folder holds single certificates as well as bundles. \
        Within one file that a server sends it only makes each handshake longer.",
    remedy: "No action is needed. If both are in one chain file, delete the second {and run \
        ptl-cert inspect FILE again|and inspect it again}.",
    source: "No standard forbids it; compared by SHA-256 over the DER",
};

pub(super) const ORDER_WRONG: Entry = Entry {
    title: "Chain file in the wrong order",
    meaning: "The file holds one chain, but not with the endpoint's certificate first and then each \
        certificate's issuer. Servers send the file as it is and take the first certificate as \
        their own: nginx and Apache then report that key and certificate do not match, and TLS 1.2 \
        peers may refuse the chain. Many current clients sort what they get, so it can go unnoticed \
        until a stricter partner connects. For a file that is only a store of trusted CAs the order \
        means nothing.",
    remedy: "Write the file again in the order that the finding names, for example with cat \
        endpoint.pem sub-ca.pem > fullchain.pem; the root may be left out. Point ssl_certificate \
        (nginx), SSLCertificateFile (Apache 2.4.8 or later) or crt (HAProxy, with the key) at \
        it{, and check with ptl-cert inspect FILE|, and inspect it}.",
    source: "RFC 5246 section 7.4.2; RFC 8446 section 4.4.2",
};

pub(super) const WRONG_LABEL: Entry = Entry {
    title: "PEM label does not match the content",
    meaning: "The BEGIN line promises one kind of object and the content is another, such as a \
        request under BEGIN CERTIFICATE. This program goes by the content. OpenSSL, Java and most \
        servers go by the label and report a decoding error or that no certificate was found. The \
        usual cause is base64 text pasted between the wrong lines.",
    remedy: "{Find out with ptl-cert inspect FILE what the object is|Inspect it to find out what \
        the object is}, and correct both the BEGIN and the END line: CERTIFICATE, CERTIFICATE \
        REQUEST, X509 CRL, PRIVATE KEY and so on. If the NHS's reply turns out to be your own \
        request, you have opened the wrong file.",
    source: "RFC 7468 sections 2 and 5 to 13",
};

pub(super) const REPAIRED: Entry = Entry {
    title: "File repaired before it could be read",
    meaning: "The file was changed in transit: PowerShell's redirection wrote it as UTF-16, \
        a mail program quoted it, line endings or dashes were lost, or a byte order mark was put in \
        front. The objects could still be recovered in full, and are shown as they were. \
        OpenSSL, Java and nginx are less lenient and may find no certificate in the same file. It \
        can be ignored only if no other software will read the file.",
    remedy: "Install a clean copy: save the attachment again from the mail, or write the \
        certificate again with openssl x509 -in FILE -out CLEAN.pem where OpenSSL can still read \
        it. In PowerShell use Out-File -Encoding ascii instead of redirection. {Then check that \
        ptl-cert inspect CLEAN.pem no longer reports this finding|Then inspect it again}.",
    source: "RFC 7468 sections 2 and 3; RFC 2045 section 6.7 (quoted-printable)",
};

pub(super) const NO_ENDPOINT: Entry = Entry {
    title: "Reply has no endpoint certificate",
    meaning: "The reply holds only CA certificates, or none at all, so nothing in it can match \
        your request. Replies sometimes come as two mails or two attachments, the CA \
        certificates separate from the endpoint's own, and CA certificates alone are no use to \
        a server. Nothing was written.",
    remedy: "{Run ptl-cert inspect on everything in the mail|Inspect everything in the mail}. If \
        the endpoint certificate is in another attachment, {give both files: ptl-cert accept \
        LEAF.crt CHAIN.p7b with the same options|give both files}. If there is none, ask for it, \
        quoting the order.",
    source: "RFC 5280 section 4.2.1.9 distinguishes a CA from an endpoint",
};

pub(super) const SEVERAL_ENDPOINTS: Entry = Entry {
    title: "Reply has several endpoint certificates",
    meaning: "The reply holds more than one certificate that is not a CA's. Perhaps the mail \
        answers several orders, or includes a previous certificate for the same name. Two of them \
        may even have the same key, so that choosing by the key would be a guess. Nothing was \
        written.",
    remedy: "{See which is which with ptl-cert inspect REPLY, then give only the file of the one \
        you want, with the CA certificates, to ptl-cert accept|Inspect the reply to see which is \
        which, then give only the file of the one you want, with the CA certificates}. Split a \
        bundle that holds several of them first.",
    source: "This program does not guess which certificate is meant",
};
