#![expect(clippy::print_stdout, reason = "an example is its own program")]
//! Looks serial numbers up in a large CRL, by one pass and then through an index:
//! `cargo run --release --example search_a_large_crl -- FILE.crl ISSUER.pem SERIAL…`
//!
//! Without arguments it makes a CRL of 200,000 entries and a CA that signs it, and looks for three numbers.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::{X509Builder, X509Name};
use ptl_cert::decode;
use ptl_cert::document::{Certificate, Hex, Item, Serial};
use ptl_cert::input::{Input, Origin, Source};
use ptl_cert::revocation::{Index, SearchableCrl, Serials};
use ptl_cert::store;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let usage = "give a DER CRL, its issuer's certificate and serial numbers in hex";
    let (made, mapped, given);
    let (crl, issuer, serials): (&[u8], &[u8], Vec<Serial>) = match arguments.next() {
        None => {
            made = make()?;
            (&made.crl, &made.issuer, made.wanted.clone())
        }
        // A large file is mapped, not copied.
        Some(path) => {
            mapped = store::read::file(path.as_ref())?;
            let issuer = PathBuf::from(arguments.next().ok_or(usage)?);
            given = store::read::file(&issuer)?;
            let serials = arguments.map(|text| text.parse());
            (&mapped, &given, serials.collect::<Result<_, _>>()?)
        }
    };
    let issuer = certificate(issuer)?;
    let origin = Origin::whole(&Arc::new(Source::BuiltIn("example")));

    // One pass answers for all numbers at once and computes the digest of the signature. None of its results count
    // until the signature has been verified.
    let wanted = Serials::new(&serials);
    let plain = SearchableCrl::read(crl, origin.clone())?;
    let scan = plain.scan(&wanted)?;
    if !scan.signed_by(&issuer) {
        return Err(format!("{} did not sign this CRL", issuer.subject).into());
    }
    let header = &scan.header;
    println!(
        "{} entries of {}, made at {}",
        scan.entries_seen, header.issuer, header.this_update
    );
    for hit in &scan.hits {
        let reason = hit
            .reason
            .map_or_else(|| "no reason given".to_owned(), |reason| reason.to_string());
        println!("{} was revoked at {}: {reason}", hit.serial, hit.revoked_at);
    }

    // For repeated look-ups keep an index with the CRL. It belongs to exactly these bytes, and both must be kept
    // where no other user can write.
    let sha256 = Hex(openssl::sha::sha256(crl));
    let mut bytes = Vec::new();
    Index::build(&plain, &sha256, &mut bytes)?;
    let index = Index::read(&bytes, crl.len() as u64, &sha256)?;
    let indexed = SearchableCrl::indexed(crl, origin, index)?;
    for serial in &serials {
        let state = match indexed.entries_of(serial)?.is_empty() {
            true => "not listed",
            false => "listed",
        };
        println!(
            "{serial} is {state}, says the index of {} bytes",
            bytes.len()
        );
    }
    Ok(())
}

fn certificate(bytes: &[u8]) -> Result<Arc<Certificate>, Box<dyn Error>> {
    let opened = decode::open(&Input::new(Source::BuiltIn("example"), bytes), None)?;
    let object = opened.objects.first().ok_or("there is no certificate")?;
    let item = Item::read(object, opened.container, None)?;
    Ok(Arc::clone(
        item.document
            .certificate()
            .ok_or("that is not a certificate")?,
    ))
}

/// The CRL to search if none was given.
struct Made {
    crl: Vec<u8>,
    issuer: Vec<u8>,
    wanted: Vec<Serial>,
}

/// A throwaway CA and its CRL: numbers from 0x10000000 upwards, every one revoked for its key.
fn make() -> Result<Made, Box<dyn Error>> {
    const RSA_SHA256: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let mut name = X509Name::builder()?;
    name.append_entry_by_text("CN", "Example CA")?;
    let name = name.build();
    let mut ca = X509Builder::new()?;
    ca.set_version(2)?;
    ca.set_serial_number(
        openssl::bn::BigNum::from_u32(1)?
            .to_asn1_integer()?
            .as_ref(),
    )?;
    ca.set_subject_name(&name)?;
    ca.set_issuer_name(&name)?;
    ca.set_not_before(openssl::asn1::Asn1Time::days_from_now(0)?.as_ref())?;
    ca.set_not_after(openssl::asn1::Asn1Time::days_from_now(1)?.as_ref())?;
    ca.set_pubkey(&key)?;
    ca.sign(&key, MessageDigest::sha256())?;

    let entries: Vec<u8> = (0x1000_0000u32..0x1000_0000 + 200_000)
        .flat_map(|number| {
            let reason = b"\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01";
            let fields = [
                &[2, 4][..],
                &number.to_be_bytes(),
                b"\x17\x0d260101000000Z",
                reason,
            ];
            wrap(0x30, &fields.concat())
        })
        .collect();
    let times = b"\x17\x0d260101000000Z\x17\x0d360101000000Z";
    let fields = [
        &[2, 1, 1][..],
        RSA_SHA256,
        &name.to_der()?,
        times,
        &wrap(0x30, &entries),
    ];
    let tbs = wrap(0x30, &fields.concat());
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    let signature = signer.sign_oneshot_to_vec(&tbs)?;
    let signature = wrap(0x03, &[&[0], &signature[..]].concat());
    let crl = wrap(0x30, &[&tbs, RSA_SHA256, &signature].concat());
    let wanted = [0x1000_0000u32, 0x1001_e240, 0x2000_0000];
    Ok(Made {
        crl,
        issuer: ca.build().to_pem()?,
        wanted: wanted
            .map(|number| Serial::from_octets(&number.to_be_bytes()))
            .to_vec(),
    })
}

/// A DER element.
fn wrap(identifier: u8, content: &[u8]) -> Vec<u8> {
    let octets: Vec<u8> = content
        .len()
        .to_be_bytes()
        .into_iter()
        .skip_while(|octet| *octet == 0)
        .collect();
    let header = match content.len() {
        length @ 0..128 => vec![identifier, length as u8],
        _ => [&[identifier, 0x80 | octets.len() as u8][..], &octets].concat(),
    };
    [&header[..], content].concat()
}
