//! Every finding's sentence and what to do, in one exhaustive match: a finding without words does not compile.

mod connection;
mod explain;
#[cfg(test)]
mod findings_page;
pub(crate) mod crls;
mod configuration;
pub mod inventory;
mod phrase;
mod points;
pub mod symptoms;
pub mod preflight;
pub mod renew;
pub(crate) mod servers;
mod voice;

use crate::document::{FieldFault, KeyAlgorithm, Kind, RequestOddity, UnreadField, quoted};
use crate::input::printable;
use crate::revocation::{Entry, RevocationReason};
use crate::verdict::verify::Breach;
use crate::verdict::{KeyIdentifierPart, NameOddity, Problem, Sender};

pub use configuration::say_configuration;
pub(crate) use explain::source;
pub use explain::{Explanation, explain, title};
pub(crate) use phrase::{count, shell_word, some, span, with_family};
pub use phrase::{found, role};
use phrase::{listed, named, some_and};
pub(crate) use points::bare;
use points::{cdp_remedy, not_fetchable};
pub use symptoms::Symptom;
pub use voice::{OFFERS, Repeated, TAKES, Takes, Voice};

/// What a finding says to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Words {
    /// What is wrong, with the facts of the case; one sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// An error and its causes in one sentence; a cause that only repeats what was said is left out.
pub fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

/// What to do about a sub CA that a reply lacks, where the chain is written whole.
pub(crate) fn whole_chain(voice: Voice) -> String {
    voice.pick(
        "have your server send NAME.fullchain.pem, which holds it",
        "have your server send the full chain, which holds it",
    )
}

/// Says a problem, the remedy in this voice.
pub fn say(problem: &Problem, voice: Voice) -> Words {
    let pick = |command_line: &str, neutral: &str| voice.pick(command_line, neutral);
    let (message, remedy) = match problem {
        Problem::Connection(problem) => connection::say(problem, voice),
        Problem::Expired { not_after, days, ca } => (
            format!("the certificate expired {} ago ({})", span(*days), not_after.date()),
            renewal(*ca, &voice.pick("request a new one: ptl-cert csr --fqdn NAME", "request a new one")),
        ),
        Problem::NotYetValid { not_before, days } => (
            format!("the certificate is not valid until {not_before}, in {}", span(*days)),
            "check this machine's clock; if it is right, install the certificate only then".to_owned(),
        ),
        Problem::ExpiresSoon { not_after, days, ca } => (
            format!("the certificate expires in {} ({})", span(*days), not_after.date()),
            renewal(*ca, "request the next one now: NHS renewals take days to weeks"),
        ),
        Problem::IssuerExpired { issuer, not_after } => (
            format!("{issuer}, above it in the chain, expired on {}", not_after.date()),
            "request a certificate of the current generation; this one can no longer be verified".to_owned(),
        ),
        Problem::PrivateKeyPeriodOver { not_after } => (
            format!("the private key usage period expired on {}, although the certificate is still valid", not_after.date()),
            "renew now: some software stops using such a key although the certificate is still valid".to_owned(),
        ),
        Problem::NoSan { common_name } => (
            format!("the host is named by CN only ({}): there is no subjectAltName", quoted(common_name)),
            "clients that ignore the CN (Go, rustls, browsers) refuse it; ask for a certificate with the name as SAN, or match on the CN where the client allows it".to_owned(),
        ),
        Problem::NoDnsName { common_name } => (
            match common_name {
                Some(name) => format!(
                    "none of its subject alternative names is a host name; only the CN ({}) says which host it is for",
                    quoted(name)
                ),
                None => "none of its subject alternative names is a host name, and there is no CN".to_owned(),
            },
            "ask for one with the host name as a DNS name; the NHS issues no certificates for IP addresses".to_owned(),
        ),
        Problem::WildcardName { names, more } => {
            let names: Vec<String> = names.iter().map(|name| quoted(name).to_string()).collect();
            (
                format!("it names a wildcard ({}), which the NHS forbids", some_and(&names, *more)),
                "request a certificate with the full name of each host".to_owned(),
            )
        }
        Problem::OddName { oddity } => name_oddity(oddity),
        Problem::CnNotSan { common_name } => (
            format!("the CN {} is not among the subject alternative names", quoted(common_name)),
            "clients use only the subjectAltName, so the CN does not count; request one with the name as SAN".to_owned(),
        ),
        Problem::NoName { alternative } => (
            match alternative {
                true => "it has no CN, which must be the host name in a request to the NHS".to_owned(),
                false => "neither a CN nor a subjectAltName names a host".to_owned(),
            },
            pick("make a CSR with ptl-cert csr --fqdn NAME", "make a CSR with the host name in it"),
        ),
        Problem::NameRule { rule, remedy } => (format!("the CN breaks a naming rule: {rule}"), remedy.clone()),
        Problem::WeakKey { algorithm, ca } => (
            match algorithm {
                KeyAlgorithm::Rsa { bits, .. } if *bits >= 2048 => format!("the {algorithm} key cannot be used: modulus and exponent must be odd, and the exponent at least 3 and less than the modulus"),
                _ => format!("the key is {algorithm}; the NHS requires RSA of at least 2048 bits"),
            },
            match ca {
                true => "only the CA can replace its key: ask for a certificate of a current generation".to_owned(),
                false => pick("make a new key: ptl-cert csr --fqdn NAME", "make a new key and a request with it"),
            },
        ),
        Problem::Sha1Signature { kind } => (
            "it was signed with SHA-1, for which forgeries are known".to_owned(),
            format!("OpenSSL from security level 1, GnuTLS, Go, rustls and hosts like RHEL 9 refuse it; {}", signed_anew(*kind, voice)),
        ),
        Problem::BrokenSignature { hash, kind } => (
            format!("it was signed with {hash}, which no current software accepts"),
            signed_anew(*kind, voice),
        ),
        Problem::NetscapeTypeRefused { purpose } => (
            format!("its Netscape certificate type does not allow {purpose}: OpenSSL servers (nginx, Apache, HAProxy) refuse it"),
            "ask the CA for a certificate without that extension".to_owned(),
        ),
        Problem::KeyNotPermitted { algorithm } => (
            format!("its key is {algorithm}: every cipher suite that the NHS permits on Spine needs an RSA key"),
            pick("make an RSA key and a new CSR: ptl-cert csr --fqdn NAME", "make an RSA key and a new request with it"),
        ),
        Problem::UnknownVersion { version } => (
            format!("it is a certificate of version {version}; versions 1 to 3 exist"),
            "ask the CA for a certificate of version 3".to_owned(),
        ),
        Problem::UnsupportedAlgorithm { algorithm, kind } => (
            format!("it was signed with {algorithm}, an algorithm that is not supported, so its signature proves nothing"),
            signed_anew(*kind, voice).to_owned(),
        ),
        Problem::NotNhsIssuer { root } => (
            match root {
                Some(root) => format!("its chain ends at {root}, which is not a known NHS root"),
                None => "it is a root, but not a known NHS root".to_owned(),
            },
            "if this should be an NHS certificate, it came from the wrong CA; otherwise ignore this".to_owned(),
        ),
        Problem::SigningCa { issuer } => (
            format!("{issuer} issues certificates for signatures, not for endpoints"),
            "ask for an endpoint certificate; this one will be refused on a TLS connection".to_owned(),
        ),
        Problem::SelfSigned => (
            "it is self-signed, so no CA vouches for it".to_owned(),
            "send a CSR to the NHS and install the certificate that comes back".to_owned(),
        ),
        Problem::EnvironmentMismatch { hint, issued_for } => (
            format!("the name looks like {hint}, but the issuer is for {}", issued_for.join(" or ")),
            "check that the CSR was sent for the right environment".to_owned(),
        ),
        Problem::CdpDirectoryName { name } => (
            format!("one of its CRL distribution points is a directory name, which cannot be fetched ({})", bare(name)),
            "no action needed: the CRL is fetched over HTTP from the other distribution point; software that tries only the first one cannot check revocation".to_owned(),
        ),
        Problem::CdpNotFetchable { distribution_points } => (not_fetchable(distribution_points), cdp_remedy(distribution_points)),
        Problem::NoCdp => (
            "it names no CRL distribution point".to_owned(),
            "revocation can be checked only with a CRL that you supply".to_owned(),
        ),
        Problem::MissingIssuer { issuer, of } => (
            match of {
                None => format!("its issuer's certificate ({issuer}) is not available"),
                Some(of) => format!("its chain ends at {of}, whose issuer's certificate ({issuer}) is not available"),
            },
            match voice.speaker() {
                // Nothing was put in: it is the other end's chain.
                Some("probe") => pick(
                    "ask the server's operator to send the issuer's certificate after the server's own; for a CA of your own give its root with --trust",
                    "ask the server's operator to send the issuer's certificate after the server's own",
                ),
                _ => "add the issuer's certificate to the input; the CA usually sends it, or the AIA URL has it".to_owned(),
            },
        ),
        Problem::IssuerSignature { issuer } => (
            format!("there is a certificate for {issuer}, but its key did not make this signature"),
            "the CA file is from another generation or environment, or forged; get the issuer's certificate again".to_owned(),
        ),
        Problem::IssuerNotCa { issuer } => (
            format!("{issuer} signed it, but is not marked as a CA"),
            "no software will accept this chain; ask the issuer".to_owned(),
        ),
        Problem::ChainUnresolved => (
            "its chain loops, is too long, or is too costly to check".to_owned(),
            "give fewer certificates: the endpoint's, its sub CA's and its root's".to_owned(),
        ),
        Problem::ChainNotSearched { certificates, limit } => (
            format!("chains are shown for up to {limit} certificates; the input has {certificates}"),
            "inspect fewer at once to see chains, environments and generations".to_owned(),
        ),
        Problem::UsageMissing { missing, digital_signature } => {
            let mut names: Vec<String> = missing.iter().map(ToString::to_string).collect();
            if *digital_signature {
                names.push("digitalSignature".to_owned());
            }
            (
                format!("it does not allow {}", names.join(", ")),
                "mutual TLS with Spine needs serverAuth, clientAuth and digitalSignature; ask for an endpoint certificate".to_owned(),
            )
        }
        Problem::UnknownCritical { oids, more } => (
            format!("it has a critical extension that is not understood here: {}", named(oids, *more)),
            "software that does not know the extension must refuse it; ask the issuer what it means".to_owned(),
        ),
        Problem::MalformedExtension { oids, more } => (
            format!("an extension is malformed: {}", named(oids, *more)),
            "it is shown as hex; other software may ignore it or refuse the certificate".to_owned(),
        ),
        Problem::ExtensionNotDer { oids, more } => (
            format!("an extension is not in DER: {}", named(oids, *more)),
            "OpenSSL reads it; Go and Python refuse the certificate, and Java may; ask the issuer for a corrected one".to_owned(),
        ),
        Problem::RepeatedExtension { oids, more } => (
            format!("an extension occurs more than once: {}", named(oids, *more)),
            "some software reads the first one, some the last, and strict software refuses both".to_owned(),
        ),
        Problem::OddSerial { negative, octets } => (
            match (negative, octets) {
                (true, _) => "the serial number is negative".to_owned(),
                (false, 0 | 1) => "the serial number is zero".to_owned(),
                (false, octets) => format!("the serial number is too long: {octets} octets"),
            },
            "RFC 5280 requires a positive number of at most 20 octets; strict software refuses others".to_owned(),
        ),
        Problem::NeverValid { not_before, not_after } => (
            format!("it expires ({not_after}) before it becomes valid ({not_before}), so it is never valid"),
            "ask the issuer for a corrected certificate".to_owned(),
        ),
        Problem::OddTime { time } => (
            format!("its {} ({}) {}, which RFC 5280 forbids", time.field, printable(&time.written), time.fault),
            "OpenSSL, nginx, Apache and HAProxy refuse it; ask the issuer for a corrected one".to_owned(),
        ),
        Problem::SignatureMismatch => (
            "the signature algorithms inside and outside the signed part differ".to_owned(),
            "RFC 5280 forbids it and OpenSSL refuses it; the certificate was tampered with or badly made".to_owned(),
        ),
        Problem::OpensslUnreadable { kind, reason } => (
            format!("OpenSSL cannot read this {kind}: {reason}"),
            match kind {
                Kind::Request => pick("make the request again with ptl-cert csr --fqdn NAME", "make the request again"),
                _ => "nginx, Apache and HAProxy do not start with it; get it again from its issuer, or ask for a new one".to_owned(),
            },
        ),
        Problem::MismatchedKey { others, more } => {
            // Where a key is asked about, it may be the public one of a key in a module.
            let key = match voice.speaker() {
                Some("inspect" | "match") => "this private key",
                _ => "this key",
            };
            let message = match more {
                0 => format!("{key} belongs to none of: {}", some(others)),
                more => format!("{key} belongs to none of: {}, and {more} more", others.join(", ")),
            };
            (
                message,
                "find the key that was made with the CSR; the certificate is useless with any other".to_owned(),
            )
        }
        Problem::MismatchedPublicKey { others, more } => (
            match more {
                0 => format!("this public key belongs to none of: {}", some(others)),
                more => format!("this public key belongs to none of: {}, and {more} more", others.join(", ")),
            },
            "find the key that was made with the CSR; the certificate is useless with any other".to_owned(),
        ),
        Problem::RequestMismatch { certificate } => (
            format!("the certificate in {certificate} has the same name but another key, so it is not for this request"),
            match voice.speaker() {
                Some("match") => "give its request and key as well: they are not among these files".to_owned(),
                _ => pick("find the request and key it belongs to with ptl-cert match FOLDER", "find the request and key it belongs to"),
            },
        ),
        Problem::KeyNotOpened { scheme } => (
            format!("the private key is encrypted ({scheme}) and was not opened"),
            pick("give its password with --password-file to see what it belongs to; if you gave one, it is wrong for this key", "give its password to see what it belongs to; if you gave one, it is wrong for this key"),
        ),
        Problem::KeyReadable => (
            "every user of this machine can read the file of this private key".to_owned(),
            "restrict it to its owner: chmod 600 FILE; if others had access, make a new pair".to_owned(),
        ),
        Problem::EmailInSubject { address } => (
            format!("the subject has an e-mail address ({})", printable(address)),
            pick("the NHS requires the e-mail field to be blank; make the request again with ptl-cert csr --fqdn NAME", "the NHS requires the e-mail field to be blank; make the request again without it"),
        ),
        Problem::RequestSignature => (
            "the request's signature does not verify under its own key".to_owned(),
            pick("the file was damaged or changed; make the request again with ptl-cert csr --fqdn NAME", "the file was damaged or changed; make the request again"),
        ),
        Problem::OddRequest { oddity } => request_oddity(oddity, voice),
        Problem::FieldUnread { kind, fields } => (
            format!("the {kind} was not read in full, and nothing else was checked: {}", fields.iter().map(unread_field).collect::<Vec<_>>().join("; ")),
            "get the file again; if the finding persists, ask whoever made it for a corrected one".to_owned(),
        ),
        Problem::ChallengePassword => (
            "the request contains a challenge password in clear text".to_owned(),
            pick("the NHS does not ask for one; make the request again with ptl-cert csr --fqdn NAME", "the NHS does not ask for one; make the request again without it"),
        ),
        Problem::CrlStale { next_update, days } => (
            format!("the CRL expired {} ago ({})", span(*days), next_update.date()),
            "get the current CRL; servers that check revocation refuse every client while it is expired".to_owned(),
        ),
        Problem::CrlNotYetValid { this_update } => (
            format!("the CRL is not yet valid: it was issued at {this_update}"),
            "check this machine's clock".to_owned(),
        ),
        Problem::Duplicate { first } => (format!("the same object is in {first}"), "no action needed".to_owned()),
        Problem::OrderWrong { expected } => (
            "the certificates are not in the order servers need, leaf first".to_owned(),
            format!("put them in this order: {}", expected.join(", then ")),
        ),
        Problem::WrongLabel { label, kind, by_container: true } => (
            format!("the container lists it as {label:?}, but the content is a {kind}"),
            "other software goes by the container; ask for the file again".to_owned(),
        ),
        Problem::WrongLabel { label, kind: Kind::PrivateKey, by_container: false } if label.ends_with("PRIVATE KEY") => (
            format!("the PEM label says {label:?}, but the content is a private key in another format"),
            "OpenSSL and the servers that use it go by the label; save it again with the right one".to_owned(),
        ),
        Problem::WrongLabel { label, kind, by_container: false } => (
            format!("the PEM label says {label:?}, but the content is a {kind}"),
            "other software goes by the label; save it again with the right one".to_owned(),
        ),
        Problem::Repaired { damage } => (
            format!("the input {damage}"),
            "other software may refuse the file as it is; save the object again".to_owned(),
        ),
        Problem::UntrustedRoot { root, same_name } => (
            match same_name {
                true => format!("{root}, at which the chain ends, has the name of a trusted root, but another key"),
                false => format!("{root}, at which the chain ends, is not trusted here"),
            },
            match voice.offers("trust") {
                true => pick("get the CA certificates from the NHS again; for another PKI give its root with --trust", "get the CA certificates from the NHS again; for another PKI, trust its root"),
                false => "get the CA certificates from the NHS again".to_owned(),
            },
        ),
        Problem::WrongEnvironment { asked, issued_for, issuer } => (
            format!("{issuer} issues for {}; you asked about {asked}", listed(issued_for, "another environment")),
            pick("verify it with --env and its own environment, or request one for the environment you need", "verify it for its own environment, or request one for the environment you need"),
        ),
        Problem::EnvironmentUnchecked { asked, issuer } => (
            format!("{issuer}, which issued it, is not among the known sub CAs; whether it belongs to {asked} could not be checked"),
            pick(
                &format!("ask the NHS which environment the CA issues for, and compare its SHA-256; if that is {asked}, add it with ptl-cert trust add"),
                &format!("ask the NHS which environment the CA issues for, and compare its SHA-256; if that is {asked}, add it to the facts"),
            ),
        ),
        Problem::EnvironmentUnknown { asked, issuer, entry } => (
            format!("whether {issuer} issues for {asked} is not known: its trust entry is damaged ({entry})"),
            pick("remove the entry with ptl-cert trust remove, and add the CA again", "remove the entry, and add the CA again"),
        ),
        Problem::SubCaNotSent { issuer, sender, other } => {
            let known = "the chain was completed with a copy from elsewhere";
            let end = match sender {
                Sender::Input => "your server",
                Sender::Server => "the server",
                Sender::Client => "the client",
                Sender::Peer => "the other end",
            };
            let message = match (sender, other) {
                (Sender::Input, false) => format!("{issuer} is not in the input; {known}"),
                (Sender::Input, true) => format!("the input has another certificate of {issuer}; {known}"),
                (_, false) => format!("{end} did not send {issuer}; {known}"),
                (_, true) => format!("{end} sent another certificate of {issuer}; {known}"),
            };
            let remedy = format!(
                "append it after the certificate in the file {end} sends: a peer that does not have it cannot build the chain"
            );
            (message, remedy)
        }
        Problem::IssuerNotYetValid { issuer, not_before } => (
            format!("{issuer}, above it in the chain, is not valid until {not_before}"),
            "check this machine's clock; if it is right, use the current generation until then".to_owned(),
        ),
        Problem::IssuerMayNotSign { issuer } => (
            format!("{issuer} signed a certificate, but its key usage lacks keyCertSign"),
            "no software will accept this chain; ask the issuer".to_owned(),
        ),
        Problem::PathLength { issuer, allowed, found } => (
            format!("{issuer} allows {} below it; the chain has {found}", count(i64::from(*allowed), "CA")),
            "no software will accept this chain; ask the issuer".to_owned(),
        ),
        Problem::NameConstraint { issuer, name, breach } => (
            match breach {
                Breach::NotPermitted => format!("{issuer} may not issue for {name}: the name is in none of its permitted subtrees"),
                Breach::Excluded => format!("{issuer} may not issue for {name}: the name is in an excluded subtree"),
                Breach::Unreadable => format!("{issuer} constrains names of this kind, and {name} or the constraint cannot be read"),
                Breach::TooMany => format!("{issuer} has too many name constraints for a certificate with so many names: servers refuse more than 1,048,576 comparisons"),
            },
            match breach {
                Breach::TooMany => "request a certificate with fewer names".to_owned(),
                Breach::NotPermitted | Breach::Excluded | Breach::Unreadable => "request a certificate with names that the CA may issue for".to_owned(),
            },
        ),
        Problem::PolicyRefused { issuer } => (
            format!("a policy is required, but none is valid from {issuer} down to this certificate"),
            "ask the issuer: the certificate policies of the chain do not match".to_owned(),
        ),
        Problem::PurposeRefused { purpose, allowed, more, ca } => {
            let mut allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            if *more > 0 {
                allowed.push(format!("{more} others"));
            }
            let what = if *ca { "what this CA issues may not be used for" } else { "it may not be used for" };
            (
                format!("{what} {purpose}, only for {}", listed(&allowed, "nothing")),
                match voice.offers("purpose") {
                    true => pick("request an endpoint certificate, or give the intended purpose with --purpose", "request an endpoint certificate, or verify it for the purpose that is intended"),
                    false => "request an endpoint certificate".to_owned(),
                },
            )
        }
        Problem::KeyUsageRefused { purpose, allowed } => {
            let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            (
                format!(
                    "its key usage allows no {purpose}: it has {}, and the suites that Spine permits (ECDHE and DHE) need digitalSignature at both ends",
                    listed(&allowed, "nothing")
                ),
                "ask for an endpoint certificate whose key usage has digitalSignature".to_owned(),
            )
        }
        Problem::KeyCannotSign { purpose, algorithm } => (
            format!(
                "its key, {algorithm}, allows no {purpose}: such a key cannot sign, and both ends of a connection sign the handshake"
            ),
            "ask for a certificate with an RSA key of at least 2048 bits".to_owned(),
        ),
        Problem::AnyPurpose { purpose, ca } => (
            match ca {
                true => format!("the extended key usage of this CA has anyExtendedKeyUsage only, not {purpose}: OpenSSL servers (nginx, Apache, HAProxy) refuse what it issues, Java accepts it"),
                false => format!("its extended key usage has anyExtendedKeyUsage only, not {purpose}: OpenSSL servers (nginx, Apache, HAProxy) refuse it, Java accepts it"),
            },
            match ca {
                true => format!("ask the issuer for a certificate of this CA with {purpose} in its extended key usage, or with none"),
                false => format!("ask for a certificate with {purpose} in its extended key usage"),
            },
        ),
        Problem::AuthorityKeyMismatch { issuer, part } => (
            match part {
                KeyIdentifierPart::Key => format!("its authority key identifier is not the subject key identifier of {issuer}, whose key signed it"),
                KeyIdentifierPart::Serial => format!("its authority key identifier names another serial number than that of {issuer}, whose key signed it"),
                KeyIdentifierPart::Issuer => format!("its authority key identifier names an issuer other than that of {issuer}"),
            },
            "OpenSSL and the servers that use it (nginx, Apache, HAProxy) refuse it; ask the issuer for a certificate whose authority key identifier fits, or for the CA certificate that it names".to_owned(),
        ),
        Problem::WeakKeyAccepted { algorithm } => (
            format!("its {algorithm} key has less than 112 bits of security; accepted because weak keys were allowed"),
            "replace it: OpenSSL at security level 2, the default of most systems, refuses it".to_owned(),
        ),
        Problem::RequestKey { certificate, same_name } => (
            match same_name {
                true => format!("the certificate in {certificate} has the request's name but another key, so it is not for this request"),
                false => format!("the certificate in {certificate} has neither the name nor the key of the request, so it is not for this request"),
            },
            pick("find the request and key it belongs to with ptl-cert match FOLDER", "find the request and key it belongs to"),
        ),
        Problem::NameMismatch { host, names, common_name } => {
            let mut names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            if let (true, Some(name)) = (names.is_empty(), common_name) {
                names.push(format!("{} (CN)", quoted(name)));
            }
            (
                match names.is_empty() {
                    true => format!("the certificate names no host; you asked for {host}"),
                    false => format!("the certificate is for {}; you asked for {host}", some(&names)),
                },
                match names.is_empty() {
                    true => voice.pick(
                        format!("request one that names it: ptl-cert csr --fqdn {host}"),
                        format!("request one for {host}"),
                    ),
                    false => voice.pick(
                        format!("connect by a name it has, or request a new one: ptl-cert csr --fqdn {host}"),
                        format!("connect by a name it has, or request a new one for {host}"),
                    ),
                },
            )
        }
        Problem::CnOnly { common_name } => (
            format!("only the CN names {}; modern clients (Go, rustls, browsers, Java) will not accept that", quoted(common_name)),
            "ask for a certificate with the name as subjectAltName".to_owned(),
        ),
        Problem::CaNamesByCn { common_name, issuer, generation } => (
            format!("only the CN names {}, as in every {generation} certificate of {issuer}; Go, rustls and browsers will not match it", quoted(common_name)),
            "connect with software that matches the CN, as the NHS's own does; a newer generation has a subjectAltName".to_owned(),
        ),
        Problem::Sha1Refused => (
            "it was signed with SHA-1, which is not accepted here; OpenSSL from security level 1, GnuTLS, Go, rustls and Java refuse it too".to_owned(),
            pick("request one of a SHA-2 generation; --allow-sha1 verifies it anyway", "request one of a SHA-2 generation"),
        ),
        Problem::OpensslFailed { reason } => (
            format!("OpenSSL could not check the chain, because of an error of its own: {reason}"),
            "run it again; if it fails again, report it: this says nothing about the certificate".to_owned(),
        ),
        Problem::PathRefused { reason } => (
            format!("OpenSSL refuses the chain: {reason}"),
            pick("examine the certificate with ptl-cert inspect FILE, and ask its issuer", "examine the certificate, and ask its issuer"),
        ),
        Problem::Profile { rule } => (
            format!("profile rule broken: {}", rule.asks()),
            pick("most software accepts it; strict software and verify --strict do not", "most software accepts it; strict software does not"),
        ),
        Problem::RequestNames { missing, more } => (
            format!("names missing from the certificate: {}", some_and(missing, *more)),
            "if you need them, request a certificate that has them".to_owned(),
        ),
        Problem::NamesNotRequested { added, more } => (
            format!("the certificate also has names that were not requested: {}", some_and(added, *more)),
            "whoever has its key can answer for these names too: if you did not agree to them, ask for a certificate without them".to_owned(),
        ),
        Problem::Revoked { entry, crl, ca } => (
            revoked(entry, crl, *ca),
            pick("request a new certificate with a new key: ptl-cert csr --fqdn NAME", "request a new certificate with a new key"),
        ),
        Problem::RevocationUnchecked => (
            "revocation was not checked".to_owned(),
            crls::or_give(
                pick("get the CRLs of its issuer and of the CAs above it with ptl-cert crl update CERT or ptl-cert crl import FILE", "supply the CRLs of its issuer and of the CAs above it"),
                "them",
                voice,
            ),
        ),
        Problem::NoCrl { required } => (
            format!("revocation status unknown: {} is needed but not available", crls::needed(required)),
            crls::remedy(required, None, voice),
        ),
        Problem::CrlUnusable { required, available, fault } => (
            format!(
                "revocation status unknown: {} is needed; {available} cannot be used because {}",
                crls::needed(required),
                crls::because(fault),
            ),
            crls::remedy(required, Some(fault), voice),
        ),
        Problem::KeyInReply { own } => (
            match own {
                true => "the private key of the request is in the same file as the certificates, without a password".to_owned(),
                false => "a private key is in the same file as the certificates, without a password".to_owned(),
            },
            pick(
                "if it was sent like this, others have the key: make a new pair with ptl-cert csr --fqdn NAME, and have this certificate revoked; a private key is never sent",
                "if it was sent like this, others have the key: make a new pair, and have this certificate revoked; a private key is never sent",
            ),
        ),
        Problem::NoEndpoint { authorities } => (
            match authorities.as_slice() {
                [] => "the reply holds no certificate".to_owned(),
                _ => format!("the reply holds CA certificates only: {}", some(authorities)),
            },
            "look for the endpoint's own certificate in the mail, and give that file too".to_owned(),
        ),
        Problem::SeveralEndpoints { names } => (
            format!("the reply holds {} endpoint certificates; say which one to accept: {}", names.len(), some(names)),
            "give only the certificate of the one you want, with the CA certificates".to_owned(),
        ),
        Problem::StaleCrlUsed { next_update, accepted, listed } => (
            format!(
                "the CRL {}; {}",
                match next_update {
                    Some(next_update) => format!("should have been replaced by {next_update}"),
                    None => "has no nextUpdate".to_owned(),
                },
                match (listed, accepted) {
                    (true, _) => "what it lists as revoked counts anyway".to_owned(),
                    (false, true) => voice.pick("accepted because --stale-crl accept was given", "accepted because expired CRLs were accepted"),
                    (false, false) => voice.pick("accepted because --stale-crl warn was given", "accepted because expired CRLs were accepted with a warning"),
                },
            ),
            "get the current CRL: this one lacks what was revoked since".to_owned(),
        ),
    };
    Words { message, remedy }
}

fn name_oddity(oddity: &NameOddity) -> (String, String) {
    match oddity {
        NameOddity::Unseen { name } => (
            format!("the name {} has a space or an invisible character in it", shown_in_full(name)),
            "no host has such a name; request a certificate without it".to_owned(),
        ),
        NameOddity::Misencoded { attribute, value } => (
            format!("its {attribute} ({}) has characters that its string type does not allow", quoted(value)),
            "other software shows the name differently or refuses it; use letters, digits, hyphens and dots".to_owned(),
        ),
        NameOddity::StringType { attribute, value } => (
            format!("its {attribute} ({}) is a VisibleString, which names must not have", quoted(value)),
            "OpenSSL and the servers that use it refuse to load it; ask for one with UTF8String or PrintableString".to_owned(),
        ),
        NameOddity::Unreadable { attribute } => (
            format!("its {attribute} is not readable text"),
            "other software shows something else or refuses it; ask for a certificate with a plain name".to_owned(),
        ),
        NameOddity::EmptyPart { name } => (
            format!("the name {name} has an empty part"),
            "RFC 5280 forbids it, and other software loses what follows; ask the issuer for a corrected one".to_owned(),
        ),
        NameOddity::SeveralCommonNames { names } => {
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            (
                format!("its subject has several CNs: {}", some(&names)),
                "software differs in which one it uses; request a certificate with a single CN".to_owned(),
            )
        }
    }
}

/// The name in quotes, with every space and invisible character that it has shown.
fn shown_in_full(name: &str) -> String {
    match quoted(name) {
        shown if shown.starts_with('"') => shown,
        shown => format!("\"{shown}\""),
    }
}

fn request_oddity(oddity: &RequestOddity, voice: Voice) -> (String, String) {
    let pick = |command_line: &str, neutral: &str| voice.pick(command_line, neutral);
    let again = pick(
        "some CAs refuse such a request; make it again with ptl-cert csr --fqdn NAME",
        "some CAs refuse such a request; make it again",
    );
    match oddity {
        RequestOddity::Version { version } => (
            format!("the request has version {}; PKCS#10 has version 1 only", u64::from(*version) + 1),
            again,
        ),
        RequestOddity::NoAttributes => (
            "the request has no attributes field, which PKCS#10 requires even where it is empty".to_owned(),
            again,
        ),
        RequestOddity::SeveralExtensionRequests { count } => (
            format!("the request asks for extensions in {count} places; the names in all of them count here"),
            pick("a CA may read only one of them; make it again with ptl-cert csr --fqdn NAME", "a CA may read one of them only; make it again with a single one"),
        ),
        RequestOddity::ExtensionsUnread => (
            "the request asks for extensions that cannot be read, so the names it asks for are unknown".to_owned(),
            pick("make the request again with ptl-cert csr --fqdn NAME", "make the request again"),
        ),
        RequestOddity::AttributeUnread { oid } => (
            match oid {
                Some(oid) => format!("the request's attribute {oid} cannot be read"),
                None => "an attribute of the request cannot be read".to_owned(),
            },
            again,
        ),
    }
}

/// A field that does not read, and why.
fn unread_field(field: &UnreadField) -> String {
    let found = field.found.as_deref().map(printable).unwrap_or_default();
    let name = &field.field;
    match field.fault {
        FieldFault::Missing => format!("{name} is missing or cannot be found"),
        FieldFault::NotADate => format!("{name} is \"{found}\", which is not a date"),
        FieldFault::Repeated => format!("{name} occurs twice"),
        FieldFault::Malformed => format!("{name} does not follow the standard ({found})"),
    }
}

/// How to come by one with a sound signature.
fn signed_anew(kind: Kind, voice: Voice) -> String {
    match kind {
        Kind::Request => voice.pick(
            "make the request again with ptl-cert csr --fqdn NAME",
            "make the request again, signed with SHA-2",
        ),
        Kind::Crl => "ask the CA for a CRL signed with SHA-2".to_owned(),
        _ => "ask for one of a SHA-2 generation".to_owned(),
    }
}

fn revoked(entry: &Entry, crl: &str, ca: bool) -> String {
    let whose = if ca { "this CA" } else { "it" };
    let verb = match entry.reason {
        Some(RevocationReason::CertificateHold) => "was put on hold",
        _ => "was revoked",
    };
    let mut text = format!("{whose} {verb} on {}", entry.revoked_at);
    if let Some(reason) = entry.reason {
        text.push_str(&format!(" ({reason})"));
    }
    if let Some(invalid) = entry.invalidity_date {
        text.push_str(&format!(", not to be trusted since {invalid}"));
    }
    format!("{text}, by {crl}")
}

/// What to do about a validity that is over or nearly so: a CA's is not the reader's to renew.
fn renewal(ca: bool, endpoint: &str) -> String {
    match ca {
        true => "install the CA certificates of the current generation instead".to_owned(),
        false => endpoint.to_owned(),
    }
}
