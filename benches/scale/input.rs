//! What the commands read: made once, kept in target/. All keys are P-256's, which are made quickly.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509NameRef, X509ReqBuilder};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::generate::{self, KeySize, Names, Plan, SubjectAttributes};
use rayon::prelude::*;

const ROOT: &str = "Growth Root Authority";
const SUB: &str = "Growth Level 1C";

/// A folder for a number of things, and whether it has to be filled.
fn folder(what: &str, things: usize) -> (PathBuf, bool) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("scale")
        .join(format!("{what}-{things}"));
    let is_new = !folder.join("done").exists();
    if is_new {
        eprintln!("making {what} for {things}, once");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
    }
    (folder, is_new)
}

/// Written last: where it is, all is there.
fn done(folder: &Path) {
    fs::write(folder.join("done"), "").unwrap();
}

fn rsa_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2_048).unwrap()).unwrap()
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(text: &str) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("O", "Growth").unwrap();
    name.append_entry_by_text("CN", text).unwrap();
    name.build()
}

fn host(number: usize) -> String {
    format!("host-{number}.growth.thirdparty.nhs.uk")
}

fn builder(subject: &str, issuer: &str, serial: u64, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509Builder::new().unwrap();
    let serial = BigNum::from_slice(&(0x5dc9_db79_0000_0000 + serial).to_be_bytes());
    let serial = serial.unwrap().to_asn1_integer().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(&name(issuer)).unwrap();
    // 2026-01-01 to 2036-01-01.
    let time = |seconds| Asn1Time::from_unix(seconds).unwrap();
    builder.set_not_before(&time(1_767_225_600)).unwrap();
    builder.set_not_after(&time(2_082_758_400)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
}

fn ca([subject, issuer]: [&str; 2], serial: u64, key: &PKey<Private>, by: &PKey<Private>) -> X509 {
    let mut builder = builder(subject, issuer, serial, key);
    let usage = KeyUsage::new()
        .critical()
        .key_cert_sign()
        .crl_sign()
        .build();
    builder.append_extension(usage.unwrap()).unwrap();
    let constraints = BasicConstraints::new().critical().ca().build().unwrap();
    builder.append_extension(constraints).unwrap();
    builder.sign(by, MessageDigest::sha256()).unwrap();
    builder.build()
}

/// The certificate of a host; with a distribution point where there is a URL of one.
fn endpoint(number: usize, key: &PKey<Private>, by: &PKey<Private>, point: Option<&str>) -> X509 {
    let host = host(number);
    let mut builder = builder(&host, SUB, number as u64, key);
    let context = builder.x509v3_context(None, None);
    let names = SubjectAlternativeName::new()
        .dns(&host)
        .build(&context)
        .unwrap();
    builder.append_extension(names).unwrap();
    if let Some(url) = point {
        let name = wrap(0xa0, &wrap(0xa0, &wrap(0x86, url.as_bytes())));
        let points = wrap(0x30, &wrap(0x30, &name));
        let points = Asn1OctetString::new_from_bytes(&points).unwrap();
        let oid = Asn1Object::from_str("2.5.29.31").unwrap();
        let points = X509Extension::new_from_der(&oid, false, &points);
        builder.append_extension(points.unwrap()).unwrap();
    }
    builder.sign(by, MessageDigest::sha256()).unwrap();
    builder.build()
}

fn many(count: usize, make: impl Fn(usize) -> Vec<u8> + Send + Sync) -> Vec<Vec<u8>> {
    (0..count).into_par_iter().map(make).collect()
}

/// Certificates in one file.
pub(crate) fn certificates(count: usize) -> PathBuf {
    let (folder, is_new) = folder("certificates", count);
    let path = folder.join("all.pem");
    if is_new {
        let (key, by) = (key(), key());
        let all = many(count, |number| {
            endpoint(number, &key, &by, None).to_pem().unwrap()
        });
        fs::write(&path, all.concat()).unwrap();
        done(&folder);
    }
    path
}

/// The same, each in a file of its own.
pub(crate) fn certificate_files(count: usize) -> PathBuf {
    let (folder, is_new) = folder("files", count);
    let files = folder.join("files");
    if is_new {
        fs::create_dir(&files).unwrap();
        let (key, by) = (key(), key());
        let all = many(count, |number| {
            endpoint(number, &key, &by, None).to_pem().unwrap()
        });
        for (number, one) in all.iter().enumerate() {
            fs::write(files.join(format!("{number}.pem")), one).unwrap();
        }
        done(&folder);
    }
    files
}

/// Certificates of as many CAs as it takes, each of which has certified all the others.
pub(crate) fn cross_certified(count: usize) -> PathBuf {
    let (folder, is_new) = folder("cross-certified", count);
    let path = folder.join("all.pem");
    if is_new {
        let cas = (2..).find(|cas| cas * (cas - 1) >= count).unwrap();
        let keys: Vec<_> = (0..cas).map(|_| key()).collect();
        let pairs = (0..cas).flat_map(|one| (0..cas).map(move |other| (one, other)));
        let mut all = Vec::new();
        let pairs = pairs.filter(|(one, other)| one != other).take(count);
        for (serial, (one, other)) in (0..).zip(pairs) {
            let names = [format!("CA {one}"), format!("CA {other}")];
            let names = names.each_ref().map(String::as_str);
            all.extend(
                ca(names, serial, &keys[one], &keys[other])
                    .to_pem()
                    .unwrap(),
            );
        }
        fs::write(&path, all).unwrap();
        done(&folder);
    }
    path
}

/// Certificates, and as many keys of which none belongs to any of them.
pub(crate) fn foreign_keys(count: usize) -> PathBuf {
    let (folder, is_new) = folder("foreign-keys", count);
    let path = folder.join("all.pem");
    if is_new {
        let by = key();
        let mut all = many(count, |number| {
            endpoint(number, &key(), &by, None).to_pem().unwrap()
        });
        all.extend(many(count, |_| key().private_key_to_pem_pkcs8().unwrap()));
        fs::write(&path, all.concat()).unwrap();
        done(&folder);
    }
    path
}

/// Requests, and for each a certificate of the same name with another key.
pub(crate) fn unanswered(count: usize) -> PathBuf {
    let (folder, is_new) = folder("unanswered", count);
    let path = folder.join("all.pem");
    if is_new {
        let by = key();
        let request = |number| {
            let key = key();
            let mut builder = X509ReqBuilder::new().unwrap();
            builder.set_subject_name(&name(&host(number))).unwrap();
            builder.set_pubkey(&key).unwrap();
            builder.sign(&key, MessageDigest::sha256()).unwrap();
            builder.build().to_pem().unwrap()
        };
        let mut all = many(count, request);
        all.extend(many(count, |number| {
            endpoint(number, &key(), &by, None).to_pem().unwrap()
        }));
        fs::write(&path, all.concat()).unwrap();
        done(&folder);
    }
    path
}

/// Requests, and for each the certificate that answers it.
pub(crate) fn answered(count: usize) -> PathBuf {
    let (folder, is_new) = folder("answered", count);
    let path = folder.join("all.pem");
    if is_new {
        let by = key();
        let pair = |number| {
            let key = key();
            let mut builder = X509ReqBuilder::new().unwrap();
            builder.set_subject_name(&name(&host(number))).unwrap();
            builder.set_pubkey(&key).unwrap();
            builder.sign(&key, MessageDigest::sha256()).unwrap();
            let request = builder.build().to_pem().unwrap();
            let certificate = endpoint(number, &key, &by, None).to_pem().unwrap();
            [request, certificate].concat()
        };
        fs::write(&path, many(count, pair).concat()).unwrap();
        done(&folder);
    }
    path
}

/// The configuration of an nginx with so many servers, whose files are missing.
pub(crate) fn configuration(servers: usize) -> PathBuf {
    let (folder, is_new) = folder("configuration", servers);
    let path = folder.join("nginx.conf");
    if is_new {
        let server = |number: usize| {
            let host = host(number);
            format!(
                "  server {{\n    listen 443 ssl;\n    server_name {host};\n    ssl_certificate {host}.pem;\n    \
                 ssl_certificate_key {host}.key;\n    ssl_client_certificate ca.pem;\n    ssl_verify_client on;\n    \
                 ssl_verify_depth 2;\n  }}\n"
            )
        };
        let all: String = (0..servers).map(server).collect();
        fs::write(&path, format!("http {{\n{all}}}\n")).unwrap();
        done(&folder);
    }
    path
}

/// The user's own sub CAs of an environment, below a root of its own in a facts file; and what an endpoint was answered
/// with, in which all of them are.
pub(crate) struct Authorities {
    pub(crate) folder: PathBuf,
    pub(crate) facts: PathBuf,
    pub(crate) entries: PathBuf,
    pub(crate) reply: PathBuf,
    pub(crate) request: PathBuf,
    pub(crate) key: PathBuf,
    /// The endpoint's certificate as often, in questions for `serve`.
    pub(crate) questions: PathBuf,
}

pub(crate) fn authorities(count: usize) -> Authorities {
    let (folder, is_new) = folder("authorities", count);
    let made = Authorities {
        facts: folder.join("facts.toml"),
        entries: folder.join("trust"),
        reply: folder.join("reply.pem"),
        request: folder.join("request.csr"),
        key: folder.join("request.key"),
        questions: folder.join("questions"),
        folder,
    };
    if is_new {
        // Spine's suites take RSA keys alone.
        let (root_key, sub_key, own) = (key(), key(), rsa_key());
        let root = ca([ROOT, ROOT], 1, &root_key, &root_key);
        fs::write(&made.facts, facts(&root)).unwrap();
        fs::create_dir(&made.entries).unwrap();
        let sub = |number: usize| {
            let name = match number {
                0 => SUB.to_owned(),
                _ => format!("Growth CA {number}"),
            };
            ca([&name, ROOT], 2 + number as u64, &sub_key, &root_key)
        };
        let subs: Vec<X509> = (0..count).into_par_iter().map(sub).collect();
        for sub in &subs {
            let digest = digest(sub);
            let entry = format!(
                "by = \"the benchmark\"\nat = \"2026-05-01T00:00:00Z\"\nreason = \"to measure\"\nsource = \"none\"\n\
                 proof = \"digest_given\"\nrole = \"sub_ca\"\nhierarchy = \"Growth\"\ngeneration = \"G1\"\n\
                 environments = [\"growth\"]\nsha256 = \"{digest}\"\npem = \"\"\"\n{}\"\"\"\n",
                pem(sub)
            );
            fs::write(made.entries.join(format!("{digest}.toml")), entry).unwrap();
        }
        let leaf = endpoint(0, &own, &sub_key, None);
        let all: String = subs.iter().map(pem).collect();
        fs::write(&made.reply, pem(&leaf) + &all).unwrap();
        let mut request = X509ReqBuilder::new().unwrap();
        request.set_subject_name(&name(&host(0))).unwrap();
        request.set_pubkey(&own).unwrap();
        request.sign(&own, MessageDigest::sha256()).unwrap();
        fs::write(&made.request, request.build().to_pem().unwrap()).unwrap();
        fs::write(&made.key, own.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let sent = (pem(&leaf) + &pem(&subs[0])).replace('\n', "\\n");
        let question = |number: usize| {
            format!(
                "{{\"ask\":\"verify\",\"id\":{number},\"environment\":\"growth\",\"revocation\":\"off\",\
                 \"at\":\"2026-06-01T00:00:00Z\",\"certificates\":\"{sent}\"}}\n"
            )
        };
        let questions: String = (0..count).map(question).collect();
        fs::write(&made.questions, questions).unwrap();
        done(&made.folder);
    }
    made
}

fn digest(certificate: &X509) -> String {
    digits(&certificate.digest(MessageDigest::sha256()).unwrap())
}

fn pem(certificate: &X509) -> String {
    String::from_utf8(certificate.to_pem().unwrap()).unwrap()
}

/// A facts file of an environment with this root.
fn facts(root: &X509) -> String {
    let environment =
        "[[environment]]\nid = \"growth\"\ntitle = \"GROWTH\"\nhierarchy = \"Growth\"\n\n";
    environment.to_owned() + &authority(ROOT, "root", root)
}

/// A CA in a facts file.
fn authority(name: &str, role: &str, certificate: &X509) -> String {
    format!(
        "[[authority]]\nname = \"{name}\"\nrole = \"{role}\"\nhierarchy = \"Growth\"\ngeneration = \"G1\"\n\
         sha256 = \"{}\"\npem = \"\"\"\n{}\"\"\"\n",
        digest(certificate),
        pem(certificate)
    )
}

/// A CA with a CRL for each of its endpoints, and a delta on each; and a server that they call.
pub(crate) struct Partitions {
    pub(crate) folder: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) sub: PathBuf,
    pub(crate) root_crl: PathBuf,
    pub(crate) endpoints: PathBuf,
    pub(crate) crls: PathBuf,
    pub(crate) deltas: PathBuf,
    /// Its environment.
    pub(crate) facts: PathBuf,
    /// The server's certificate and the CA's.
    pub(crate) server: PathBuf,
    pub(crate) server_key: PathBuf,
}

impl Partitions {
    /// What trusts the root, and completes the chains.
    pub(crate) fn trust(&self) -> [String; 4] {
        let shown = |path: &Path| path.display().to_string();
        let (root, sub) = (shown(&self.root), shown(&self.sub));
        ["--trust".to_owned(), root, "--chain".to_owned(), sub]
    }
}

pub(crate) fn partitions(count: usize) -> Partitions {
    let (folder, is_new) = folder("partitioned", count);
    let made = Partitions {
        root: folder.join("root.pem"),
        sub: folder.join("sub.pem"),
        root_crl: folder.join("root.crl"),
        endpoints: folder.join("endpoints.pem"),
        crls: folder.join("crls"),
        deltas: folder.join("deltas"),
        facts: folder.join("facts.toml"),
        server: folder.join("server.pem"),
        server_key: folder.join("server.key"),
        folder,
    };
    if is_new {
        let (root_key, sub_key, key) = (key(), key(), key());
        let root = ca([ROOT, ROOT], 1, &root_key, &root_key);
        let sub = ca([SUB, ROOT], 2, &sub_key, &root_key);
        let facts =
            facts(&root) + &authority(SUB, "sub_ca", &sub) + "environments = [\"growth\"]\n";
        fs::write(&made.facts, facts).unwrap();
        fs::write(&made.root, root.to_pem().unwrap()).unwrap();
        fs::write(&made.sub, sub.to_pem().unwrap()).unwrap();
        let root_crl = crl(root.subject_name(), &root_key, 0..1, Form::Whole);
        fs::write(&made.root_crl, root_crl).unwrap();
        fs::create_dir(&made.crls).unwrap();
        fs::create_dir(&made.deltas).unwrap();
        let url = |number| format!("http://crl.growth.nhs.uk/{number}.crl");
        // The NHS's suites take RSA only.
        let server_key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let server = endpoint(count, &server_key, &sub_key, Some(&url(0)));
        fs::write(&made.server, pem(&server) + &pem(&sub)).unwrap();
        let server_key = server_key.private_key_to_pem_pkcs8().unwrap();
        fs::write(&made.server_key, server_key).unwrap();
        let all = many(count, |number| {
            let url = url(number);
            let issuer = sub.subject_name();
            let partition = crl(issuer, &sub_key, 0..1, Form::Partition(&url));
            // It adds nothing: a plan that lacks what a delta adds is not a good answer.
            let delta = crl(issuer, &sub_key, 0..1, Form::Delta(&url));
            for (folder, crl) in [(&made.crls, partition), (&made.deltas, delta)] {
                fs::write(folder.join(format!("{number}.crl")), crl).unwrap();
            }
            endpoint(number, &key, &sub_key, Some(&url))
                .to_pem()
                .unwrap()
        });
        fs::write(&made.endpoints, all.concat()).unwrap();
        done(&made.folder);
    }
    made
}

/// A CA, its one CRL, and the serial numbers in it, every other one with a digit changed.
pub(crate) struct List {
    pub(crate) folder: PathBuf,
    pub(crate) ca: PathBuf,
    pub(crate) crl: PathBuf,
    pub(crate) serials: PathBuf,
}

pub(crate) fn list(entries: usize) -> List {
    let (folder, is_new) = folder("list", entries);
    let made = List {
        ca: folder.join("ca.pem"),
        crl: folder.join("list.crl"),
        serials: folder.join("serials"),
        folder,
    };
    if is_new {
        let key = key();
        let ca = ca([SUB, SUB], 1, &key, &key);
        fs::write(&made.ca, ca.to_pem().unwrap()).unwrap();
        let list = crl(ca.subject_name(), &key, 0..entries, Form::Whole);
        fs::write(&made.crl, list).unwrap();
        let line = |number: usize| {
            let digits = digits(&serial(number));
            match number % 2 {
                0 => format!("{digits}\n"),
                _ => format!("{}0\n", &digits[..digits.len() - 1]),
            }
        };
        let lines: Vec<String> = (0..entries).map(line).collect();
        fs::write(&made.serials, lines.concat()).unwrap();
        done(&made.folder);
    }
    made
}

/// CAs with a CRL each, in which one serial number is, and those numbers.
pub(crate) struct Issuers {
    pub(crate) folder: PathBuf,
    pub(crate) issuers: PathBuf,
    pub(crate) crls: PathBuf,
    pub(crate) serials: PathBuf,
}

pub(crate) fn issuers(count: usize) -> Issuers {
    let (folder, is_new) = folder("issuers", count);
    let made = Issuers {
        issuers: folder.join("issuers.pem"),
        crls: folder.join("crls"),
        serials: folder.join("serials"),
        folder,
    };
    if is_new {
        fs::create_dir(&made.crls).unwrap();
        let all = many(count, |number| {
            let (name, key) = (format!("Growth CA {number}"), key());
            let ca = ca([&name, &name], 1, &key, &key);
            let crl = crl(ca.subject_name(), &key, number..number + 1, Form::Whole);
            fs::write(made.crls.join(format!("{number}.crl")), crl).unwrap();
            ca.to_pem().unwrap()
        });
        fs::write(&made.issuers, all.concat()).unwrap();
        let line = |number| digits(&serial(number)) + "\n";
        let lines: String = (0..count).map(line).collect();
        fs::write(&made.serials, lines).unwrap();
        done(&made.folder);
    }
    made
}

fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A list of hosts, and where it is wanted a pair of files for each, which need not be what they are called.
pub(crate) fn hosts(count: usize, with_pairs: bool) -> PathBuf {
    let (folder, is_new) = folder(if with_pairs { "whole-pairs" } else { "hosts" }, count);
    if is_new {
        let lines: Vec<String> = (0..count).map(|number| host(number) + "\n").collect();
        fs::write(folder.join("hosts.csv"), lines.concat()).unwrap();
        let pairs = folder.join("pairs");
        fs::create_dir(&pairs).unwrap();
        // They share a key: making one for each takes minutes, and makes no difference to who reads it.
        let plan = |number| {
            let name = Fqdn::parse(&host(number)).unwrap();
            Plan::new(Names::new(name), SubjectAttributes::default())
        };
        let key = match with_pairs {
            true => Some(generate::pair(&plan(0), KeySize::default()).unwrap().key),
            false => None,
        };
        for (key, number) in key.iter().flat_map(|key| (0..count).map(move |n| (key, n))) {
            let request = generate::request(key, &plan(number)).unwrap();
            let file = |extension| pairs.join(format!("{}.{extension}", host(number)));
            fs::write(file("key"), key.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
            fs::write(file("csr"), request.pem()).unwrap();
        }
        done(&folder);
    }
    folder
}

/// Sixteen octets, the last of which is odd: a zero in its place is another number.
fn serial(number: usize) -> [u8; 16] {
    let mix = |number: u64| {
        let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number ^ (number >> 27)
    };
    let mut octets = [0; 16];
    octets[..8].copy_from_slice(&mix(number as u64 + 1).to_be_bytes());
    octets[8..].copy_from_slice(&mix(number as u64 + (1 << 40)).to_be_bytes());
    octets[0] = octets[0] & 0x3f | 0x40;
    octets[15] |= 1;
    octets
}

/// What a CRL is for.
#[derive(Clone, Copy)]
enum Form<'u> {
    /// All certificates of its issuer.
    Whole,
    /// The partition with this URL.
    Partition(&'u str),
    /// What has changed since that partition's CRL.
    Delta(&'u str),
}

/// A CRL in DER, with the serial numbers of these numbers.
fn crl(
    issuer: &X509NameRef,
    key: &PKey<Private>,
    entries: Range<usize>,
    form: Form<'_>,
) -> Vec<u8> {
    const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    const SEQUENCE: u8 = 0x30;
    let entry = |number| {
        let serial = wrap(2, &serial(number));
        let reason = b"\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x04";
        wrap(
            SEQUENCE,
            &[&serial[..], b"\x17\x0d251201000000Z", reason].concat(),
        )
    };
    let entries: Vec<u8> = entries.flat_map(entry).collect();
    let extension = |oid: u8, is_critical: bool, value: &[u8]| {
        let critical: &[u8] = if is_critical { &[1, 1, 0xff] } else { &[] };
        let oid = [6, 3, 0x55, 29, oid];
        wrap(SEQUENCE, &[&oid[..], critical, &wrap(4, value)].concat())
    };
    let (number, url) = match form {
        Form::Whole => (7, None),
        Form::Partition(url) => (7, Some(url)),
        Form::Delta(url) => (8, Some(url)),
    };
    let mut extensions = extension(20, false, &[2, 1, number]);
    if let Form::Delta(_) = form {
        extensions.extend(extension(27, true, &[2, 1, 7]));
    }
    if let Some(url) = url {
        let name = wrap(0xa0, &wrap(0xa0, &wrap(0x86, url.as_bytes())));
        extensions.extend(extension(28, true, &wrap(SEQUENCE, &name)));
    }
    let tbs = [
        &[2, 1, 1][..],
        ECDSA_SHA256,
        &issuer.to_der().unwrap(),
        b"\x17\x0d260101000000Z\x17\x0d360101000000Z",
        &wrap(SEQUENCE, &entries),
        &wrap(0xa0, &wrap(SEQUENCE, &extensions)),
    ];
    let tbs = wrap(SEQUENCE, &tbs.concat());
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    let signature = signer.sign_oneshot_to_vec(&tbs).unwrap();
    let signature = wrap(3, &[&[0], &signature[..]].concat());
    wrap(SEQUENCE, &[&tbs, ECDSA_SHA256, &signature].concat())
}

/// A DER element.
fn wrap(identifier: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let octets = length.to_be_bytes();
    let octets: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    let header = match length {
        0..128 => vec![identifier, length as u8],
        _ => [&[identifier, 0x80 | octets.len() as u8][..], &octets].concat(),
    };
    [&header, content].concat()
}
