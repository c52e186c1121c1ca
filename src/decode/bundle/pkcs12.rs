//! PKCS#12 files (.pfx, .p12): opened by OpenSSL, described here.
//!
//! OpenSSL's answer to a wrong password and to an algorithm it does not have is nearly the same, and
//! Windows' is the same. So the algorithms are read first, without the password, to stand in the error.

use std::sync::{Arc, OnceLock};

use openssl::asn1::Asn1Object;
use openssl::error::ErrorStack;
use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::pkey::PKey;
use openssl::provider::Provider;
use zeroize::Zeroizing;

use super::super::der::{self, SEQUENCE, Walk};
use super::super::error::{Algorithms, DerError, OpenError};
use super::super::{Password, ROUNDS_LIMIT};

/// What a PKCS#12 file held, as DER: the key's own certificate first, the others in file order, then the keys.
pub(in crate::decode) struct Members {
    pub(in crate::decode) certificates: Vec<Vec<u8>>,
    /// PKCS#8.
    pub(in crate::decode) keys: Vec<Arc<Zeroizing<Vec<u8>>>>,
}

/// Opens a PKCS#12 file. Without a password, and where the one that was given does not fit, the empty and the absent one are
/// tried (RFC 7292 appendix B.1 makes them two). Certificate lists and secrets inside are not read.
pub(in crate::decode) fn members(
    bytes: &[u8],
    password: Option<&Password>,
) -> Result<Members, OpenError> {
    crate::decode::crypto::ready();
    let text = match password {
        Some(password) => std::str::from_utf8(password.as_bytes())
            .ok()
            .filter(|text| !text.contains('\0')),
        None => Some(""),
    };
    let text = text.ok_or(OpenError::PasswordNotText)?;
    let damaged = |source| OpenError::Pkcs12 {
        algorithms: Algorithms::default(),
        source,
    };
    let file = Pkcs12::from_der(bytes).map_err(damaged)?;
    // OpenSSL writes DER, also where the file is BER.
    let der = file.to_der().map_err(damaged)?;
    let survey = Survey::of(&der);
    if survey.rounds > ROUNDS_LIMIT {
        return Err(OpenError::TooManyRounds {
            found: survey.rounds,
            limit: ROUNDS_LIMIT,
        });
    }
    let open = |text: &str| match file.parse2(text) {
        // The MAC, which needs no legacy algorithm, did not object: a cipher may be missing.
        Err(errors) if !is_wrong_password(&errors) && load_legacy_algorithms() => file.parse2(text),
        answer => answer,
    };
    let (parsed, text) = match open(text) {
        // One password is given for all files of a run, and some of them may have none.
        Err(errors) if password.is_some() && is_wrong_password(&errors) => match open("") {
            Ok(parsed) => (Ok(parsed), ""),
            Err(_) => (Err(errors), text),
        },
        answer => (answer, text),
    };
    let parsed = parsed.map_err(|source| match (is_wrong_password(&source), password) {
        (true, None) => OpenError::PasswordNeeded {
            algorithms: survey.algorithms.clone(),
        },
        (true, Some(_)) => OpenError::WrongPassword {
            algorithms: survey.algorithms.clone(),
        },
        (false, _) => OpenError::Pkcs12 {
            algorithms: survey.algorithms.clone(),
            source,
        },
    })?;
    collect(&parsed, &survey, text).map_err(|source| OpenError::Pkcs12 {
        algorithms: survey.algorithms.clone(),
        source,
    })
}

fn collect(
    parsed: &ParsedPkcs12_2,
    survey: &Survey<'_>,
    password: &str,
) -> Result<Members, ErrorStack> {
    let others = parsed
        .ca
        .iter()
        .flatten()
        .map(|certificate| certificate.to_der());
    let own = parsed.cert.iter().map(|certificate| certificate.to_der());
    let certificates = own.chain(others).collect::<Result<_, _>>()?;
    // OpenSSL's PKCS12_parse returns the first key only.
    let keys = if survey.shrouded_keys.len() > 1 {
        let open = |bag: &&[u8]| {
            PKey::private_key_from_pkcs8_passphrase(bag, password.as_bytes())?
                .private_key_to_pkcs8()
        };
        survey
            .shrouded_keys
            .iter()
            .map(open)
            .collect::<Result<Vec<_>, _>>()?
    } else {
        parsed
            .pkey
            .iter()
            .map(|key| key.private_key_to_pkcs8())
            .collect::<Result<Vec<_>, _>>()?
    };
    Ok(Members {
        certificates,
        keys: keys
            .into_iter()
            .map(|key| Arc::new(Zeroizing::new(key)))
            .collect(),
    })
}

/// Whether OpenSSL means: the password is wrong.
fn is_wrong_password(errors: &ErrorStack) -> bool {
    // openssl/err.h and openssl/pkcs12err.h.
    const ERR_LIB_PKCS12: i32 = 35;
    const PKCS12_R_MAC_VERIFY_FAILURE: i32 = 113;
    // For files without MAC: the padding is wrong after decryption.
    const PKCS12_R_PKCS12_CIPHERFINAL_ERROR: i32 = 116;
    errors.errors().iter().any(|error| {
        error.library_code() == ERR_LIB_PKCS12
            && matches!(
                error.reason_code(),
                PKCS12_R_MAC_VERIFY_FAILURE | PKCS12_R_PKCS12_CIPHERFINAL_ERROR
            )
    })
}

/// Loads OpenSSL's legacy algorithms, RC2 among them, for the rest of the process; `false` where the
/// OpenSSL in use was built or installed without them. The built-in OpenSSL has them.
fn load_legacy_algorithms() -> bool {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    LEGACY
        .get_or_init(|| Provider::try_load(None, "legacy", true).ok())
        .is_some()
}

/// What can be said of a PKCS#12 file without its password.
#[derive(Default)]
struct Survey<'d> {
    algorithms: Algorithms,
    /// The most rounds of key derivation that the file asks for, as far as can be seen from outside.
    rounds: u64,
    /// EncryptedPrivateKeyInfo, each.
    shrouded_keys: Vec<&'d [u8]>,
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const CONTEXT_0: u8 = 0xa0;

/// Contents of the OBJECT IDENTIFIERs that the walk has to know.
const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const ENCRYPTED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06";
const SHROUDED_KEY_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";
const PBES2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
const PBMAC1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e";

impl<'d> Survey<'d> {
    /// Reads as far as the structure can be followed; what cannot be followed is left to OpenSSL to judge.
    fn of(bytes: &'d [u8]) -> Survey<'d> {
        let mut survey = Survey::default();
        let _ = survey.read_pfx(bytes);
        survey
    }

    /// PFX (RFC 7292 section 4).
    fn read_pfx(&mut self, bytes: &'d [u8]) -> Result<(), DerError> {
        let mut pfx = Walk::over(bytes).enter(SEQUENCE)?;
        pfx.expect(INTEGER)?;
        let mut safe = pfx.enter(SEQUENCE)?;
        if !pfx.is_done() {
            self.read_mac(pfx.enter(SEQUENCE)?)?;
        }
        safe.expect(OBJECT_IDENTIFIER)?;
        let octets = safe.enter(CONTEXT_0)?.expect(OCTET_STRING)?;
        let mut contents = Walk::over(octets.contents).enter(SEQUENCE)?;
        while !contents.is_done() {
            let mut info = contents.enter(SEQUENCE)?;
            let kind = info.expect(OBJECT_IDENTIFIER)?.contents;
            if kind == ENCRYPTED_DATA {
                let mut encrypted = info.enter(CONTEXT_0)?.enter(SEQUENCE)?;
                encrypted.expect(INTEGER)?;
                let mut inside = encrypted.enter(SEQUENCE)?;
                inside.expect(OBJECT_IDENTIFIER)?;
                self.read_encryption(inside.enter(SEQUENCE)?)?;
            } else if kind == DATA {
                let octets = info.enter(CONTEXT_0)?.expect(OCTET_STRING)?;
                self.read_bags(Walk::over(octets.contents).enter(SEQUENCE)?)?;
            }
        }
        Ok(())
    }

    fn read_mac(&mut self, mut mac: Walk<'d>) -> Result<(), DerError> {
        let mut algorithm = mac.enter(SEQUENCE)?.enter(SEQUENCE)?;
        let digest = algorithm.expect(OBJECT_IDENTIFIER)?.contents;
        self.algorithms.integrity = Some(name(digest));
        if digest == PBMAC1 {
            // RFC 9579: the parameters begin with a key derivation, as those of PBES2 do.
            self.read_derivation(algorithm.enter(SEQUENCE)?.enter(SEQUENCE)?)?;
            return Ok(());
        }
        mac.expect(OCTET_STRING)?;
        if !mac.is_done() {
            self.note_rounds(mac.expect(INTEGER)?.contents);
        }
        Ok(())
    }

    fn read_bags(&mut self, mut bags: Walk<'d>) -> Result<(), DerError> {
        while !bags.is_done() {
            let mut bag = bags.enter(SEQUENCE)?;
            if bag.expect(OBJECT_IDENTIFIER)?.contents == SHROUDED_KEY_BAG {
                let key = bag.enter(CONTEXT_0)?.expect(SEQUENCE)?;
                self.read_encryption(Walk::over(key.contents).enter(SEQUENCE)?)?;
                self.shrouded_keys.push(key.whole);
            }
        }
        Ok(())
    }

    /// The inside of an AlgorithmIdentifier: PBES2 (RFC 8018 appendix A.4) or a scheme of RFC 7292 appendix C.
    fn read_encryption(&mut self, mut algorithm: Walk<'d>) -> Result<(), DerError> {
        let scheme = algorithm.expect(OBJECT_IDENTIFIER)?.contents;
        let said = if scheme == PBES2 {
            let mut parameters = algorithm.enter(SEQUENCE)?;
            let derivation = self.read_derivation(parameters.enter(SEQUENCE)?)?;
            let cipher = parameters
                .enter(SEQUENCE)?
                .expect(OBJECT_IDENTIFIER)?
                .contents;
            format!("PBES2 ({derivation}, {})", name(cipher))
        } else {
            let mut parameters = algorithm.enter(SEQUENCE)?;
            parameters.expect(OCTET_STRING)?;
            self.note_rounds(parameters.expect(INTEGER)?.contents);
            name(scheme)
        };
        if !self.algorithms.encryption.contains(&said) {
            self.algorithms.encryption.push(said);
        }
        Ok(())
    }

    fn read_derivation(&mut self, mut derivation: Walk<'d>) -> Result<String, DerError> {
        let mut said = name(derivation.expect(OBJECT_IDENTIFIER)?.contents);
        let mut parameters = derivation.enter(SEQUENCE)?;
        parameters.expect(OCTET_STRING)?;
        self.note_rounds(parameters.expect(INTEGER)?.contents);
        while !parameters.is_done() {
            if parameters.peek() == Some(SEQUENCE) {
                let function = parameters
                    .enter(SEQUENCE)?
                    .expect(OBJECT_IDENTIFIER)?
                    .contents;
                said = format!("{said} with {}", name(function));
            } else {
                parameters.any()?;
            }
        }
        Ok(said)
    }

    fn note_rounds(&mut self, integer: &[u8]) {
        let rounds = integer.iter().fold(0_u64, |sum, &byte| {
            sum.saturating_mul(256).saturating_add(byte.into())
        });
        self.rounds = self.rounds.max(rounds);
    }
}

/// The name of an algorithm as OpenSSL writes it, or its dotted number.
fn name(object_identifier: &[u8]) -> String {
    let dotted = der::dotted(object_identifier);
    match Asn1Object::from_str(&dotted).and_then(|object| object.nid().long_name()) {
        Ok(name) if name != "undefined" => name.to_owned(),
        _ => dotted,
    }
}
