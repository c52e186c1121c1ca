//! Findings about dates.

use super::Entry;

pub(super) const EXPIRED: Entry = Entry {
    title: "Certificate expired",
    meaning: "A certificate may not be used after its notAfter date, and that date has \
        passed. Spine, the Spine Secure Proxy and practically every TLS stack refuse it from then \
        on, mostly with the alert \"certificate expired\". It may be ignored for a certificate that \
        you only keep for the record, such as the old CAs of the Live G1 generation, which expired \
        in June 2024.",
    remedy: "Make a new pair{ with ptl-cert csr --fqdn NAME --out-dir FOLDER|}, send the .csr \
        for the environment concerned, and install what comes back together with the new key. If \
        you already have the new certificate, check that the server reads that file, and reload \
        the server{: ptl-cert inspect FILE shows the dates|}.",
    source: "RFC 5280 sections 4.1.2.5 and 6.1.3; NHS: only unexpired client certificates are accepted",
};

pub(super) const NOT_YET_VALID: Entry = Entry {
    title: "Certificate not yet valid",
    meaning: "The certificate's notBefore date is later than the time of the check. \
        The common cause is a clock that is slow or in the wrong time zone, since a CA hardly ever \
        issues ahead of time. Until then every peer that checks dates refuses it.",
    remedy: "Compare this machine's clock with another one: timedatectl on Linux, w32tm /query \
        /status on Windows. If it is right, {wait for the date shown by ptl-cert inspect FILE \
        before you install the certificate|install the certificate only once it is valid}.{ If \
        you gave --at, give a later time.| If you asked about another time, ask about a later \
        one.}",
    source: "RFC 5280 sections 4.1.2.5 and 6.1.3",
};

pub(super) const EXPIRES_SOON: Entry = Entry {
    title: "Certificate expires soon",
    meaning: "The certificate still works, but will stop working within the warning period, which is 60 \
        days unless you chose another. The NHS issues the next one by form and e-mail, which takes \
        days to weeks, and a certificate that expires unnoticed after two or three years is among \
        the most frequent failures on Spine. No software refuses it yet. It can be ignored if the \
        new certificate is already installed or the system is being retired.",
    remedy: "Make the next pair in another folder{ with ptl-cert csr --fqdn NAME --out-dir \
        FOLDER|}, so that the key in use stays where it is, and send the new .csr. When the \
        reply arrives, check{ with ptl-cert match FOLDER|} that it matches the new key, then \
        replace both at once and reload the server.",
    source: "RFC 5280 section 4.1.2.5; the 60 days are this program's default",
};

pub(super) const ISSUER_EXPIRED: Entry = Entry {
    title: "CA in the chain expired",
    meaning: "The certificate itself is within its validity, but a CA above it is not, and a \
        chain is only as strong as its weakest link. OpenSSL, GnuTLS, Java and Go all refuse an \
        expired sub CA; whether an expired root counts depends on the stack, because a trust \
        anchor's dates are not part of path validation in the standard. On Spine this points to a \
        generation that was retired, as Live G1 was in June 2024. It can be ignored only when \
        checking as at a past date.",
    remedy: "Look at the chain{ in ptl-cert inspect FILE|} to see which CA it is. If a newer \
        certificate for the same CA exists, install that one; otherwise ask the NHS for a \
        certificate of the current generation, with {a CSR made by ptl-cert csr --fqdn NAME \
        --out-dir FOLDER|a CSR}, and put the new generation's root and sub CA into the trust \
        store.",
    source: "RFC 5280 section 6.1.3; NHS: the Live G1 CAs expired on 2024-06-04",
};

pub(super) const PRIVATE_KEY_PERIOD_OVER: Entry = Entry {
    title: "Private key usage period over",
    meaning: "Some NHS certificates carry a private key usage period: the key stops signing \
        before the certificate expires, so that its last signatures can still be checked. That \
        period is over; the certificate is still valid. TLS stacks such as OpenSSL do not look at \
        it, but software that signs messages may refuse to use the key. For a TLS endpoint it is \
        a reminder to renew and can otherwise be left alone.",
    remedy: "Renew now instead of when the certificate {expires: ptl-cert renew NAME makes a new \
        key with the new request|expires: make a new key with the new request}. Do not reuse the \
        old key.",
    source: "RFC 3280 section 4.2.1.4; ITU-T X.509 (privateKeyUsagePeriod)",
};

pub(super) const NEVER_VALID: Entry = Entry {
    title: "Certificate expires before it becomes valid",
    meaning: "No peer will ever accept this certificate: its notAfter is before its notBefore, \
        so at any time it has expired, is not yet valid, or both. The CA swapped the two dates or \
        computed one of them wrongly.",
    remedy: "Ask the issuer for a corrected certificate. For a CA of your own, check the dates or \
        number of days that you give it.",
    source: "RFC 5280 section 4.1.2.5",
};

pub(super) const ODD_TIME: Entry = Entry {
    title: "Time format forbidden by the standard",
    meaning: "OpenSSL refuses the object, and with it nginx, Apache and HAProxy: they answer every \
        client that shows such a certificate with an error. Times in certificates and CRLs must \
        be in UTC, with seconds, without a fraction and without an offset. This one could be read \
        and is shown, but a certificate or CRL with it does not count as valid. CAs written \
        with general ASN.1 tools are the usual cause.",
    remedy: "Ask the issuer for a corrected certificate or CRL. For a CA of your own, write times as \
        YYMMDDHHMMSSZ until 2049 and as YYYYMMDDHHMMSSZ from 2050 on.",
    source: "RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2",
};
