//! Findings about CRLs and where to find them.

use super::Entry;

pub(super) const CDP_NOT_FETCHABLE: Entry = Entry {
    title: "CRL not available for download",
    meaning: "The certificate says where its revocation list (CRL) is, but no distribution point is \
        an HTTP URL. The CAs of the SHA-1 PKI name an entry in a directory that is not live, so it \
        cannot be fetched. nginx, HAProxy and Apache never fetch CRLs and need them as files \
        anyway; Java, OpenSSL with crl_download and similar clients report only that the CRL or \
        the status is unavailable. It can be ignored where revocation is not checked against this \
        certificate, which on Spine is your partner's decision too.",
    remedy: "Download the CRL for your environment from the NHS's CRL page on HSCN, yourself or \
        with a job that runs at least weekly{, check it with ptl-cert inspect FILE, |, inspect \
        it, }and give it to the server: ssl_crl in nginx, crl-file in HAProxy, \
        SSLCARevocationFile with SSLCARevocationCheck chain in Apache. Give the root's CRL as \
        well as the sub CA's, or every client is refused. For IIS, Microsoft's documentation \
        says that CertCheckMode 2 makes it use only cached CRLs; then import every CRL before \
        the one in place reaches its next update. For an LDAP address fetch the CRL with an LDAP \
        client.",
    source: "RFC 5280 section 4.2.1.13; NHS: the CRL of the SHA-1 PKI is downloaded manually or by a batch job",
};

pub(super) const NO_CDP: Entry = Entry {
    title: "No CRL distribution point",
    meaning: "The certificate does not say where its revocation list (CRL) can be found. Software \
        that has to check revocation then needs an imported CRL, or fails. Endpoint certificates \
        and sub CAs of the NHS name one; roots need none. It can be ignored where a CRL is \
        supplied by other means, or an OCSP address is there and your software uses it.",
    remedy: "Look for an OCSP address and for the issuer, and get the \
        issuer's CRL from the issuer's own page. Configure it as a file: ssl_crl in nginx, \
        crl-file in HAProxy, SSLCARevocationFile in Apache. If it should be an NHS endpoint \
        certificate, check that the issuer is the right one.",
    source: "RFC 5280 section 4.2.1.13; NHS: both PKIs are checked by CRL",
};

pub(super) const CRL_STALE: Entry = Entry {
    title: "CRL expired",
    meaning: "The CRL says when the next one is due, and that time has passed, so certificates \
        revoked since are missing from it. nginx, HAProxy and Apache then refuse every client of \
        that CA, and the message sent to the client often blames the client's certificate for \
        having expired. Other tools silently accept the old CRL. On Spine the CRL is renewed \
        daily and a weekly refresh is enough. It can be ignored only for a CRL kept as a record.",
    remedy: "Download the current CRL from the same place{, check it with ptl-cert inspect FILE, \
        |, inspect it, }replace the server's copy in one step, and reload nginx, Apache or \
        HAProxy, which do not read the file again by themselves. Then find out why the refresh \
        job did not run. For IIS with CertCheckMode 2, Microsoft's documentation does not \
        promise that an expired cached CRL is used: import the new one before the old one \
        expires.",
    source: "RFC 5280 sections 5.1.2.5 and 6.3.3; NHS: refresh the CRL at least once a week",
};

pub(super) const CRL_NOT_YET_VALID: Entry = Entry {
    title: "CRL not yet valid",
    meaning: "The CRL says that it was issued after the time of the check. CAs date CRLs with the \
        current time, so the likely cause is that this machine's clock is slow. OpenSSL, and so \
        nginx, HAProxy and Apache, reject such a CRL (\"CRL is not yet valid\") and every client \
        whose certificate it covers.",
    remedy: "Compare the clock with another machine's: timedatectl on Linux, w32tm /query \
        /status on Windows. If it is right, get the CRL again and look at its dates{ with \
        ptl-cert inspect FILE|}.{ If you gave --at, give a later moment.| If you asked about \
        another time, ask about a later one.}",
    source: "RFC 5280 section 5.1.2.4",
};

pub(super) const CDP_DIRECTORY_NAME: Entry = Entry {
    title: "CRL distribution point is a directory name",
    meaning: "The certificate names its revocation list (CRL) twice: as an entry in a directory that is \
        not live, and as an HTTP URL. NHS Level 1C and similar CAs issue certificates like this. \
        Software that tries each point finds the CRL; software that looks at the first point only, \
        as rustls did before rustls-webpki 0.103.10, reports an unknown status or misses a \
        revocation.",
    remedy: "Nothing about the certificate itself. Where a client reports unknown revocation \
        status, give it the CRL as a file, downloaded from the HTTP URL.",
    source: "RFC 5280 section 4.2.1.13; RUSTSEC-2026-0049",
};

pub(super) const REVOKED: Entry = Entry {
    title: "Certificate revoked",
    meaning: "A genuine CRL lists the certificate, or a CA above it. Its issuer has withdrawn \
        it, for instance because the key was lost, and every peer that checks \
        revocation refuses it from then on. A certificate on hold may come back; all other \
        revocations are final and count even from an expired CRL.",
    remedy: "Make a new key and ask for a new certificate{: ptl-cert csr --fqdn NAME|}. If you \
        do not know why it was revoked, ask the NHS first.",
    source: "RFC 5280 sections 5.3.1 and 6.3.3",
};

pub(super) const REVOCATION_UNCHECKED: Entry = Entry {
    title: "Revocation not checked",
    meaning: "Revocation was not checked, because no CRL was available or the check was switched \
        off. The verdict holds for everything else. Peers that check revocation, as Spine requires \
        of suppliers, may still refuse the certificate.",
    remedy: "Give the CRLs of the sub CA and of the root{: ptl-cert verify CERTIFICATE --env ENVIRONMENT --crl SUB-CA-CRL --crl ROOT-CRL|}.",
    source: "RFC 5280 section 6.3; NHS: check revocation of client certificates",
};

pub(super) const NO_CRL: Entry = Entry {
    title: "No CRL for this certificate",
    meaning: "Revocation was to be checked, but no available CRL covers this certificate, so the \
        status is unknown; that does not count as good. nginx, HAProxy and Apache with \
        SSLCARevocationCheck chain refuse every client when one CRL of the chain is missing, the \
        root's included.",
    remedy: "Get the CRL that is needed, from the NHS page on HSCN or the address given, and \
        verify again{: ptl-cert verify CERTIFICATE --env ENVIRONMENT --crl FILE| with it}.",
    source: "RFC 5280 section 6.3.3",
};

pub(super) const CRL_ISSUER: Entry = Entry {
    title: "CRL of another issuer",
    meaning: "The available CRLs were issued by CAs other than the certificate's issuer, and none of its \
        distribution points names these CAs. The CRLs of G1 and G2, of PTL and Live, and of sub CA \
        and root are all different.",
    remedy: "Get the CRL that the answer says is needed, and verify again{: ptl-cert verify CERTIFICATE --env ENVIRONMENT --crl FILE| with it}.",
    source: "RFC 5280 section 6.3.3 (b)(1)",
};

pub(super) const CRL_SCOPE: Entry = Entry {
    title: "CRL of another partition or kind",
    meaning: "The CRL is the right issuer's, but for another part of its certificates: another \
        partition, CAs only, end entities only, or other reasons. A certificate that is not \
        listed in it may still be revoked by the right one. OpenSSL calls this a different CRL \
        scope, and some software accepts such a CRL as an answer, which is dangerous.",
    remedy: "Get the partition that the certificate names in its distribution point, which the \
        answer says is needed{; ptl-cert inspect FILE shows it too|}.",
    source: "RFC 5280 sections 5.2.5 and 6.3.3 (b)(2)",
};

pub(super) const CRL_SIGNER_MISSING: Entry = Entry {
    title: "CRL signer not available",
    meaning: "No certificate with the CRL issuer's name has a valid path to the same trust anchor \
        as the certificate being checked. Without one the CRL's signature cannot be checked, so the \
        CRL does not count.",
    remedy: "Give the certificate of the CRL's issuer{: ptl-cert verify CERTIFICATE --env ENVIRONMENT --crl FILE \
        --chain CA|}.",
    source: "RFC 5280 section 6.3.3 (f)",
};

pub(super) const CRL_SIGNATURE: Entry = Entry {
    title: "CRL signature does not verify",
    meaning: "None of the keys of the CRL's issuer made its signature. The file was changed or \
        truncated, it belongs to another generation with the same CA name, or it is forged. \
        Nothing in it counts.",
    remedy: "Fetch the CRL again and compare its length with what the server says. If it still \
        does not verify, get the CA's certificate again.",
    source: "RFC 5280 section 6.3.3 (g)",
};

pub(super) const CRL_SIGNER_MAY_NOT: Entry = Entry {
    title: "CRL signer lacks cRLSign",
    meaning: "The key that made the CRL's signature belongs to a certificate whose key usage lacks \
        cRLSign. Such a CRL does not count, although its signature is valid.",
    remedy: "Ask the CA for a CRL that is signed by a key with cRLSign.",
    source: "RFC 5280 section 6.3.3 (f)",
};

pub(super) const CRL_NO_NEXT_UPDATE: Entry = Entry {
    title: "CRL has no nextUpdate",
    meaning: "The CRL does not say when the next one is due, so it cannot be distinguished from one \
        that is years old. The standard requires nextUpdate in every CRL.",
    remedy: "Ask the CA for a valid CRL. {To use it anyway: ptl-cert verify CERTIFICATE --env ENVIRONMENT --crl \
        FILE --stale-crl warn|To use it anyway, accept expired CRLs}.",
    source: "RFC 5280 section 5.1.2.5",
};

pub(super) const CRL_UNKNOWN_CRITICAL: Entry = Entry {
    title: "CRL has an unknown critical extension",
    meaning: "The CRL, or an entry in it, has an extension marked critical that is not understood \
        here. Software that does not understand it must not rely on the CRL to show that a \
        certificate is good.",
    remedy: "Ask the CA what the extension means, and for a CRL without it.",
    source: "RFC 5280 sections 5.2 and 5.3",
};

pub(super) const CRL_INDIRECT: Entry = Entry {
    title: "CRL names other issuers without being indirect",
    meaning: "Entries of the CRL name the issuers of their certificates, as only indirect CRLs \
        do, but the CRL does not say that it is one. It is therefore not certain which \
        certificates it lists.",
    remedy: "Ask the CA for a CRL with a proper issuing distribution point.",
    source: "RFC 5280 sections 5.2.5 and 5.3.3",
};

pub(super) const CRL_REASONS: Entry = Entry {
    title: "CRLs cover some reasons only",
    meaning: "The available CRLs cover some reasons for revocation, and the rest are in CRLs \
        that are not available. A certificate counts as not revoked only when all reasons are \
        covered.",
    remedy: "Get the CRLs of the other distribution points as well and give all of them{: \
        ptl-cert verify CERTIFICATE --env ENVIRONMENT --crl FIRST --crl SECOND|}.",
    source: "RFC 5280 section 6.3.3 (d) and (l)",
};

pub(super) const CRL_DELTA: Entry = Entry {
    title: "Delta CRL lacks its base CRL",
    meaning: "The CRL says only what has changed since an earlier one, and no usable complete CRL \
        that it fits is available. On its own it shows neither that a certificate is good nor \
        that one is on hold. But a certificate that it puts on hold does not count as good until \
        a later CRL leaves out the entry.",
    remedy: "Get the complete CRL as well and give both{: ptl-cert verify CERTIFICATE --env ENVIRONMENT --crl \
        COMPLETE --crl DELTA|}.",
    source: "RFC 5280 section 5.2.4",
};

pub(super) const CRL_UNREADABLE: Entry = Entry {
    title: "CRL unreadable",
    meaning: "The CRL begins like one, but its entries, or what follows them, do not match the \
        standard. It was damaged or truncated in transit, and nothing in it counts.",
    remedy: "Fetch the CRL again.",
    source: "RFC 5280 section 5.1",
};

pub(super) const CRL_ROLLBACK: Entry = Entry {
    title: "CRL older than the installed one",
    meaning: "The CRL is genuine, but it was issued before the one in the cache, or has a lower \
        number. Installing it would make certificates good again that have been revoked since. The \
        usual cause is a mirror, a proxy or a copied file that is out of date; an attack looks the \
        same. The installed CRL stays.",
    remedy: "Get the CRL from its issuer again. If the CA itself issued an older CRL, as after \
        restoring a backup, and the NHS confirms it, {repeat the command with \
        --allow-rollback|allow that it replaces the newer one}.",
    source: "RFC 5280 section 5.2.3: the number of a CRL increases",
};

pub(super) const CRL_CONFLICT: Entry = Entry {
    title: "CRL contradicts the installed one",
    meaning: "The CRL is genuine, and so was the installed one. Both have the same number, and they \
        differ, which RFC 5280 forbids. Either both were issued at the same time, and there is no \
        way to know which of them the CA meant; or the CRL was issued later and lists fewer \
        certificates, as after a CA was restored from a backup, and revocations may be lost. The \
        installed CRL stays while it is current. It may be the one that lacks a revocation.",
    remedy: "Ask the CA which CRL is right. Until then check certificates by both{: ptl-cert verify CERT \
        --env ENV --crl FILE counts a revocation in either|, and count a revocation in either}. \
        Replace the installed CRL {with --allow-rollback|only then}.",
    source: "RFC 5280 section 5.2.3: two CRLs of one scope have the same number only if they are the same",
};

pub(super) const STALE_CRL_USED: Entry = Entry {
    title: "Verdict relies on an expired CRL",
    meaning: "The CRL expired before the time of the check, and it was used anyway: {because \
        --stale-crl warn was given|because expired CRLs were allowed}, or because it lists the \
        certificate, which counts even in an expired CRL. What was revoked since then is not in it. \
        Servers that check revocation refuse every client with such a CRL.",
    remedy: "Get the current CRL and check again.",
    source: "RFC 5280 section 6.3.3 (a)",
};

pub(super) const STALE_CRL_ACCEPTED: Entry = Entry {
    title: "Expired CRL accepted",
    meaning: "The CRL expired before the time of the check. It counts {because --stale-crl \
        accept was given|because expired CRLs were allowed}. What was revoked since then is not \
        in it.",
    remedy: "Nothing, if this was intended; otherwise get the current CRL.",
    source: "RFC 5280 section 6.3.3 (a), relaxed by local policy",
};

pub(super) const CRL_OTHER_KEY: Entry = Entry {
    title: "CRL signed with another key of the CA",
    meaning: "The CRL has the name of the certificate's issuer, but a CA certificate with another \
        key signed it. A CA that renews its key keeps one CRL for each key, as Microsoft's does, and \
        the CRL of one key says nothing about certificates signed with the other. Only a \
        self-issued certificate that links the keys, or an issuer that may not sign CRLs \
        itself, makes such a CRL count.",
    remedy: "Get the CRL that the key of the certificate's issuer signed: the certificate's CRL \
        distribution point names it. For Microsoft's CAs the number in brackets in the file name is \
        the key's.",
    source: "RFC 5280 section 6.3.3 (f); Microsoft: CRL and key index of a CA; OpenSSL: unable to \
        get certificate CRL",
};

pub(super) const CRL_SIGNER_NOT_VALID: Entry = Entry {
    title: "CRL signer has no valid path",
    meaning: "The key of this CA certificate signed the CRL, but the certificate itself is not \
        valid: it has expired, breaks a constraint, has an unknown critical extension, or it \
        does not chain to a trusted root. Its CRL therefore does not count. The code in brackets \
        gives the reason{; ptl-cert explain CODE explains it|}.",
    remedy: "Get the CRL of the CA that is in use now. If the CA certificate was renewed with the same \
        key, give the new one.",
    source: "RFC 5280 section 6.3.3 (f)",
};

pub(super) const CRL_SIGNER_REVOKED: Entry = Entry {
    title: "CRL signer revoked",
    meaning: "The CA certificate whose key signed the CRL has been revoked, or a CA above it has. \
        The holder of that key may no longer speak for the CA, so the CRL clears no certificate.",
    remedy: "Ask the CA which certificate replaces it. Replace the certificates that the revoked \
        CA issued{: ptl-cert csr --fqdn NAME|}.",
    source: "RFC 5280 sections 6.1.3 (a)(3) and 6.3.3 (f)",
};

pub(super) const CRL_SIGNER_UNDETERMINED: Entry = Entry {
    title: "CRL signer's revocation status unknown",
    meaning: "The certificate whose key signed the CRL is available and valid, but whether it has \
        itself been revoked is not known: the CRL about it is missing or cannot be used. Until that \
        is known its CRL clears no certificate.",
    remedy: "Get the CRL about the signer as well, and those of the CAs above it{: ptl-cert crl \
        update SIGNER, or ptl-cert crl import FILE|}.",
    source: "RFC 5280 section 6.3.3 (f)",
};

pub(super) const CRL_AFTER_EXPIRY: Entry = Entry {
    title: "CRL issued after the certificate expired",
    meaning: "A CA may take a certificate off its CRLs once it has expired. A CRL issued later \
        that does not list the certificate therefore does not show that it was never revoked. \
        Only a CRL that says it keeps expired certificates (expiredCertsOnCRL) would, and this \
        one does not say so.",
    remedy: "For a signature or a connection made while the certificate was valid, use a CRL of \
        that time{: --at TIME and the file with --crl|}. For a connection today the certificate \
        has expired anyway.",
    source: "RFC 5280 section 3.3; X.509 section 9.5.2.8 (expiredCertsOnCRL)",
};

pub(super) const CRL_REMOVED_ENTRY: Entry = Entry {
    title: "Complete CRL has a removeFromCRL entry",
    meaning: "The CRL lists the certificate with the reason removeFromCRL. Only a delta CRL may do that, \
        to lift a hold. Software differs: OpenSSL servers (nginx, Apache, HAProxy) accept the \
        certificate, Java refuses it. So whether it is revoked is not decided here.",
    remedy: "Ask the CA for a correct CRL. Until then expect some peers to refuse the certificate.",
    source: "RFC 5280 sections 5.3.1 and 6.3.3 (k)",
};
