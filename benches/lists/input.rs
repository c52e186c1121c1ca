//! The CRLs: made once, kept in target/.
//!
//! They have the shape of the NHS's: RSA 2048 and SHA-256, serial numbers of 16 octets, a reason in most entries;
//! 48 bytes an entry on average. Made in a stream, so that ten million entries need no more memory than ten.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Name};

use crate::start;

/// Serial numbers' octets.
pub(crate) const SERIAL: usize = 16;

/// The files of one size.
pub(crate) struct Files {
    pub(crate) crl: PathBuf,
    pub(crate) index: PathBuf,
    /// The SHA-256 of the CRL, raw.
    pub(crate) sha256: PathBuf,
    pub(crate) ca: PathBuf,
    /// A certificate that the CRL does not have.
    pub(crate) leaf: PathBuf,
}

impl Files {
    /// Where they are, whether or not they are there.
    pub(crate) fn of(entries: u64) -> Files {
        let folder = folder();
        Files {
            crl: folder.join(format!("{entries}.crl")),
            index: folder.join(format!("{entries}.index")),
            sha256: folder.join(format!("{entries}.sha256")),
            ca: folder.join("ca.pem"),
            leaf: folder.join("leaf.pem"),
        }
    }

    /// The same, made where they are not there yet.
    pub(crate) fn made(entries: u64) -> Files {
        let files = Files::of(entries);
        if !files.ca.exists() {
            authority();
        }
        if !files.sha256.exists() {
            eprintln!("making a list of {entries} entries, once");
            for work in ["make", "index"] {
                let mut command = start::command(&format!("{work} {entries}"));
                assert!(command.status().unwrap().success());
            }
        }
        files
    }
}

/// The folder of everything that is made here.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lists");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The serial number with this place; those from 0 to a CRL's length are in it, the others are not.
pub(crate) fn serial(place: u64) -> [u8; SERIAL] {
    // SplitMix64: numbers that look random and never repeat.
    let mix = |number: u64| {
        let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    };
    let mut octets = [0; SERIAL];
    octets[..8].copy_from_slice(&mix(place + 1).to_be_bytes());
    octets[8..].copy_from_slice(&mix(place + 1 + (1 << 40)).to_be_bytes());
    // A positive number in its shortest form.
    octets[0] = octets[0] & 0x3f | 0x40;
    octets
}

/// An instant in the text of a UTCTime, which has seconds as the only thing that changes.
const THIS_UPDATE: &[u8] = b"\x17\x0d260101000000Z";
const NEXT_UPDATE: &[u8] = b"\x17\x0d360101000000Z";
const SHA256_WITH_RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";

/// The longest and the shortest entry; one in 16 gives no reason.
const WITH_REASON: usize = 49;
const WITHOUT: usize = 35;

fn entry(place: u64, bytes: &mut Vec<u8>) {
    bytes.clear();
    let reason = !place.is_multiple_of(16);
    bytes.extend([
        0x30,
        if reason { WITH_REASON } else { WITHOUT } as u8 - 2,
        2,
        SERIAL as u8,
    ]);
    bytes.extend(serial(place));
    bytes.extend(b"\x17\x0d25");
    write!(
        bytes,
        "{:02}{:02}{:02}{:02}00Z",
        place % 12 + 1,
        place % 28 + 1,
        place % 24,
        place % 60
    )
    .unwrap();
    if reason {
        let number = [1, 3, 4, 5][(place % 4) as usize];
        bytes.extend(b"\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01");
        bytes.push(number);
    }
}

/// Makes a CRL and writes it, and its SHA-256 beside it.
pub(crate) fn make(entries: u64) {
    let files = Files::of(entries);
    let ca = X509::from_pem(&fs::read(&files.ca).unwrap()).unwrap();
    let digest = write_crl(&files.crl, &ca, &authority_key(), entries);
    // Written last: where it is, the CRL is whole.
    fs::write(&files.sha256, digest).unwrap();
}

/// Writes a CRL of a CA and says its SHA-256.
pub(crate) fn write_crl(path: &Path, ca: &X509, key: &PKey<Private>, entries: u64) -> [u8; 32] {
    let without = entries.div_ceil(16) as usize;
    let length = without * WITHOUT + (entries as usize - without) * WITH_REASON;
    let name = ca.subject_name().to_der().unwrap();
    let start = [
        &[2, 1, 1][..],
        SHA256_WITH_RSA,
        &name,
        THIS_UPDATE,
        NEXT_UPDATE,
        &header(0x30, length),
    ]
    .concat();
    let extensions = b"\xa0\x0e\x30\x0c\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x07";
    let tbs = start.len() + length + extensions.len();
    let signature = 1 + key.size();
    let end = [SHA256_WITH_RSA, &header(3, signature), &[0]].concat();
    let whole = header(0x30, tbs).len() + tbs + end.len() + key.size();

    let mut out = Digesting {
        out: BufWriter::new(File::create(path).unwrap()),
        signer: Signer::new(MessageDigest::sha256(), key).unwrap(),
        digest: openssl::sha::Sha256::new(),
    };
    out.put(&header(0x30, whole), false);
    out.put(&[&header(0x30, tbs)[..], &start].concat(), true);
    let mut bytes = Vec::new();
    for place in 0..entries {
        entry(place, &mut bytes);
        out.put(&bytes, true);
    }
    out.put(extensions, true);
    let signature = out.signer.sign_to_vec().unwrap();
    out.put(&[&end[..], &signature].concat(), false);
    out.out.flush().unwrap();
    out.digest.finish()
}

/// Writes, and computes both digests on the way.
struct Digesting<'k> {
    out: BufWriter<File>,
    signer: Signer<'k>,
    digest: openssl::sha::Sha256,
}

impl Digesting<'_> {
    fn put(&mut self, bytes: &[u8], signed: bool) {
        self.out.write_all(bytes).unwrap();
        self.digest.update(bytes);
        if signed {
            self.signer.update(bytes).unwrap();
        }
    }
}

/// The identifier and the length of a DER element.
fn header(identifier: u8, length: usize) -> Vec<u8> {
    let octets: Vec<u8> = length
        .to_be_bytes()
        .into_iter()
        .skip_while(|octet| *octet == 0)
        .collect();
    match length {
        0..128 => vec![identifier, length as u8],
        _ => [&[identifier, 0x80 | octets.len() as u8][..], &octets].concat(),
    }
}

fn key_path() -> PathBuf {
    folder().join("ca.key")
}

/// The name of the CA that has the CRLs, and of the root above it.
pub(crate) const AUTHORITY: &str = "Benchmark Level 1C";
pub(crate) const ROOT: &str = "Benchmark Root Authority";

/// The key of the CA that has the CRLs.
pub(crate) fn authority_key() -> PKey<Private> {
    PKey::private_key_from_der(&fs::read(key_path()).unwrap()).unwrap()
}

/// A CA with a fresh key, and a certificate of it that no CRL has.
fn authority() {
    let key = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let (ca_key, leaf_key) = (key(), key());
    let ca = ca(AUTHORITY, AUTHORITY, &[1], &ca_key, &ca_key, None);
    let mut leaf = builder("endpoint", AUTHORITY, &serial(u64::MAX >> 1), &leaf_key);
    leaf.append_extension(BasicConstraints::new().build().unwrap())
        .unwrap();
    leaf.sign(&ca_key, MessageDigest::sha256()).unwrap();
    let files = Files::of(0);
    fs::write(key_path(), ca_key.private_key_to_der().unwrap()).unwrap();
    fs::write(&files.leaf, leaf.build().to_pem().unwrap()).unwrap();
    fs::write(&files.ca, ca.to_pem().unwrap()).unwrap();
}

/// A CA's certificate; `issuer` is that of another CA which signs it.
pub(crate) fn ca(
    subject: &str,
    issuer_name: &str,
    serial: &[u8],
    key: &PKey<Private>,
    issuer_key: &PKey<Private>,
    issuer: Option<&X509>,
) -> X509 {
    let mut ca = builder(subject, issuer_name, serial, key);
    let context = ca.x509v3_context(issuer.map(AsRef::as_ref), None);
    let own = SubjectKeyIdentifier::new().build(&context).unwrap();
    let above = issuer.map(|_| {
        let mut above = AuthorityKeyIdentifier::new();
        above.keyid(true).build(&context).unwrap()
    });
    let usage = KeyUsage::new()
        .critical()
        .key_cert_sign()
        .crl_sign()
        .build();
    let constraints = BasicConstraints::new().critical().ca().build();
    let extensions = [usage.unwrap(), constraints.unwrap(), own];
    for extension in extensions.into_iter().chain(above) {
        ca.append_extension(extension).unwrap();
    }
    ca.sign(issuer_key, MessageDigest::sha256()).unwrap();
    ca.build()
}

pub(crate) fn builder(
    subject: &str,
    issuer: &str,
    serial: &[u8],
    key: &PKey<Private>,
) -> X509Builder {
    let name = |text: &str| {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("O", "Benchmark").unwrap();
        name.append_entry_by_text("CN", text).unwrap();
        name.build()
    };
    let mut builder = X509Builder::new().unwrap();
    let serial = BigNum::from_slice(serial)
        .unwrap()
        .to_asn1_integer()
        .unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(&name(issuer)).unwrap();
    // 2026-01-01 to 2036-01-01, as the CRLs.
    builder
        .set_not_before(&Asn1Time::from_unix(1_767_225_600).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_unix(2_082_758_400).unwrap())
        .unwrap();
    builder.set_pubkey(key).unwrap();
    builder
}
