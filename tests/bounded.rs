//! What an input costs grows with its length and no faster: for generated structures of size n and 8n, the processor time
//! and the memory that the program took.
//!
//! Counted is what the system says the process used, not what the clock says, so that a busy machine changes little. Twice
//! what is proportional is allowed, and half a second: what grows with the square takes eight times as much.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use wait4::Wait4;

use crate::program::ptl_cert;

pub(crate) const FACTOR: usize = 8;

fn data(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    fs::read_to_string(path.join(file)).unwrap()
}

pub(crate) fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[content.len().leading_zeros() as usize / 8..];
    match content.len() {
        short @ 0..128 => [&[tag, short as u8][..], content].concat(),
        _ => [&[tag, 0x80 | length.len() as u8][..], length, content].concat(),
    }
}

fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.contains("--")).collect();
    STANDARD.decode(lines).unwrap()
}

pub(crate) fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        writeln!(text, "{}", std::str::from_utf8(line).unwrap()).unwrap();
    }
    writeln!(text, "-----END {label}-----").unwrap();
    text.into_bytes()
}

/// A name, an algorithm, a validity and a key.
pub(crate) const NAME: &[u8] = b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02CA";
pub(crate) const ALGORITHM: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// A certificate with these names and extensions that nobody signed.
pub(crate) fn certificate(subject: &[u8], extensions: &[u8]) -> Vec<u8> {
    let validity = wrap(0x30, b"\x17\x0d260101000000Z\x17\x0d280101000000Z");
    // The key of a practice certificate.
    let key = openssl::x509::X509::from_pem(data("leaf.pem").as_bytes())
        .and_then(|certificate| certificate.public_key())
        .and_then(|key| key.public_key_to_der())
        .unwrap();
    let extensions = wrap(0xa3, &wrap(0x30, extensions));
    let parts = [
        &b"\xa0\x03\x02\x01\x02\x02\x01\x01"[..],
        ALGORITHM,
        NAME,
        &validity,
        subject,
        &key,
        &extensions,
    ];
    let tbs = wrap(0x30, &parts.concat());
    wrap(0x30, &[&tbs[..], ALGORITHM, b"\x03\x02\x00\x01"].concat())
}

/// A name of one common name.
pub(crate) fn named(name: &str) -> Vec<u8> {
    let value = [&[6, 3, 0x55, 4, 3][..], &wrap(0x0c, name.as_bytes())].concat();
    wrap(0x30, &wrap(0x31, &wrap(0x30, &value)))
}

fn extension(number: usize) -> Vec<u8> {
    let arc = [
        0x2a,
        3,
        0x80 | (number >> 14 & 0x7f) as u8,
        0x80 | (number >> 7 & 0x7f) as u8,
        (number & 0x7f) as u8,
    ];
    wrap(0x30, &[wrap(6, &arc), wrap(4, &[5, 0])].concat())
}

pub(crate) fn many(n: usize, one: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    (0..n).flat_map(one).collect()
}

/// A structure of so many parts, as a file.
type Structure = fn(usize) -> Vec<u8>;

/// Each with the n of the smaller one.
const STRUCTURES: &[(&str, usize, Structure)] = &[
    ("certificates in PEM", 500, |n| {
        data("leaf.pem").repeat(n).into_bytes()
    }),
    ("equal requests", 500, |n| {
        data("leaf.csr").repeat(n).into_bytes()
    }),
    ("equal keys", 500, |n| {
        data("leaf.key").repeat(n).into_bytes()
    }),
    ("certificates in DER", 500, |n| {
        der(&data("leaf.pem")).repeat(n)
    }),
    ("members of PKCS#7", 500, |n| {
        let certificates = wrap(0xa0, &der(&data("leaf.pem")).repeat(n));
        let content = b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        let data = [
            &b"\x02\x01\x01\x31\x00"[..],
            &content[..],
            &certificates,
            &[0x31, 0],
        ]
        .concat();
        let signed = wrap(0xa0, &wrap(0x30, &data));
        let oid = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
        wrap(0x30, &[&oid[..], &signed].concat())
    }),
    ("keys in a file with a long name, in an archive", 150, |n| {
        let keys = data("leaf.key").repeat(n);
        let name = format!("{}.pem", "n".repeat(n * 400));
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(keys.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, keys.as_bytes())
            .unwrap();
        archive.into_inner().unwrap()
    }),
    ("keys beside certificates with long names", 150, |n| {
        let certificates = many(3, |number| {
            let name = named(&format!("{}{number}", "n".repeat(n * 400)));
            pem("CERTIFICATE", &certificate(&name, &extension(number)))
        });
        let keys = data("other.key").repeat(n).into_bytes();
        [certificates, keys].concat()
    }),
    ("extensions of a certificate", 4000, |n| {
        pem("CERTIFICATE", &certificate(NAME, &many(n, extension)))
    }),
    ("the same extension of a certificate", 4000, |n| {
        pem(
            "CERTIFICATE",
            &certificate(NAME, &many(n, |_| extension(1))),
        )
    }),
    ("alternative names", 4000, |n| {
        let names = wrap(
            0x30,
            &many(n, |n| wrap(0x82, format!("a{n}.nhs.uk").as_bytes())),
        );
        let extension = wrap(
            0x30,
            &[&b"\x06\x03\x55\x1d\x11"[..], &wrap(4, &names)].concat(),
        );
        pem("CERTIFICATE", &certificate(NAME, &extension))
    }),
    ("parts of a name", 4000, |n| {
        let one = |n: usize| {
            let text = wrap(0x0c, format!("a{n}").as_bytes());
            let part = wrap(0x30, &[&b"\x06\x03\x55\x04\x03"[..], &text].concat());
            wrap(0x31, &part)
        };
        pem(
            "CERTIFICATE",
            &certificate(&wrap(0x30, &many(n, one)), &extension(1)),
        )
    }),
    ("entries and extensions of a CRL", 4000, |n| {
        let entry = |n: usize| {
            let serial = [2, 4, 1, (n >> 16) as u8, (n >> 8) as u8, n as u8];
            wrap(0x30, &[&serial[..], b"\x17\x0d260101000000Z"].concat())
        };
        let entries = wrap(0x30, &many(n, entry));
        let extensions = wrap(0xa0, &wrap(0x30, &many(n, extension)));
        let parts = [
            &b"\x02\x01\x01"[..],
            ALGORITHM,
            NAME,
            b"\x17\x0d260101000000Z\x17\x0d280101000000Z",
            &entries,
            &extensions,
        ];
        let tbs = wrap(0x30, &parts.concat());
        wrap(0x30, &[&tbs[..], ALGORITHM, b"\x03\x02\x00\x01"].concat())
    }),
    ("pieces of an octet string in BER", 4000, |n| {
        let string = [&[0x24, 0x80][..], &many(n, |_| vec![4, 1, 0x30]), &[0, 0]].concat();
        let oid = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        let inner = [&[0x30, 0x80][..], oid, &[0xa0, 0x80], &string, &[0; 4]].concat();
        [&[0x30, 0x80, 2, 1, 3][..], &inner, &[0, 0]].concat()
    }),
    ("sequences one in the other", 4000, |n| {
        let mut bytes = [0x30, 0x80].repeat(n);
        bytes.resize(n * 4, 0);
        bytes
    }),
    ("BEGIN lines without an end", 4000, |n| {
        "-----BEGIN CERTIFICATE-----\nMIIB\n".repeat(n).into_bytes()
    }),
    ("END lines without a beginning", 4000, |n| {
        "MIIB\n-----END CERTIFICATE-----\n".repeat(n).into_bytes()
    }),
    ("words of base64 in JSON", 2000, |n| {
        let word = STANDARD.encode([0x5a; 48]);
        format!("{{\"a\":[{}]}}", vec![format!("\"{word}\""); n].join(",")).into_bytes()
    }),
    ("long words of base64 among other text", 500, |n| {
        let word = STANDARD.encode([0xfa; 300]);
        let leaf = data("leaf.pem");
        format!("{}{leaf}", format!("key: {word}\n").repeat(n)).into_bytes()
    }),
    ("characters written as numbers", 8000, |n| {
        format!("BEGIN {}", "%2D%2D\\u002D&#45;".repeat(n)).into_bytes()
    }),
    ("backslashes", 50_000, |n| {
        format!("-----BEGIN CERTIFICATE-----\n{}\n", "\\".repeat(n)).into_bytes()
    }),
    ("quotation marks of mail replies", 50_000, |n| {
        format!("{}-----BEGIN CERTIFICATE-----", ">".repeat(n)).into_bytes()
    }),
    ("indefinite lengths among noise", 8000, |n| {
        [0x30, 0x80, 0x30, 1].repeat(n)
    }),
    ("zero bytes and text by turns", 4000, |n| {
        [&b"some text between zeros that is long enough"[..], &[0]]
            .concat()
            .repeat(n)
    }),
    ("parts of a mail", 90, |n| {
        // As many as are read, and then more of them in each.
        let part = format!("--x\r\n\r\n{}\r\n", "text ".repeat(n));
        let head =
            "From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n";
        format!("{head}{}--x--\r\n", part.repeat(90)).into_bytes()
    }),
    ("tags of a page", 8000, |n| {
        format!("<html><p>{}", "<p a=\">&lt;br <br>".repeat(n)).into_bytes()
    }),
    ("groups of a Rich Text document", 8000, |n| {
        format!("{{\\rtf1 {}", "{\\*\\x \\u8211?".repeat(n)).into_bytes()
    }),
    ("lines with something around them", 8000, |n| {
        format!("-----BEGIN CERTIFICATE-----\n{}", "# MMMM\n".repeat(n)).into_bytes()
    }),
    ("plus signs around lines", 50_000, |n| {
        format!("-----BEGIN CERTIFICATE-----\n+M{}", "+".repeat(n)).into_bytes()
    }),
    ("first lines of dumps of words", 4000, |n| {
        "0000000 8230 0201 8230 0101\n".repeat(n).into_bytes()
    }),
    ("rows of digits", 4000, |n| {
        "30820101 30820202\n".repeat(n).into_bytes()
    }),
    ("parts of a name that do not read", 4000, |n| {
        let parts = many(n, |_| wrap(0x30, b"x"));
        pem("CERTIFICATE", &certificate(&wrap(0x30, &parts), &[]))
    }),
    ("objects and text by turns", 1000, |n| {
        // Without a control character, so that all of it may be text.
        let object = [&b"A\x30\x81\x80\x30"[..], &[b'x'; 127]].concat();
        [&[1][..], &object.repeat(n)].concat()
    }),
    ("comments of a page without an end", 8000, |n| {
        format!("<br>{}", "<!-- <p>x".repeat(n)).into_bytes()
    }),
    ("tags beside a certificate", 4000, |n| {
        let leaf = data("leaf.pem");
        format!("{leaf}{}", "<p>-----BEGIN C<b>RL".repeat(n)).into_bytes()
    }),
    ("paragraphs of Rich Text without its beginning", 8000, |n| {
        "\\par {\\b x}".repeat(n).into_bytes()
    }),
    ("lines of a dump that is no object", 4000, |n| {
        let line = |n: usize| {
            format!(
                "{:07x} 8230 0201 8230 0101 0000 0000 0000 0000\n",
                (n + 1) * 16
            )
        };
        (0..n).map(line).collect::<String>().into_bytes()
    }),
    ("digits around lines", 50_000, |n| {
        let digits = "1".repeat(n);
        format!("-----BEGIN CERTIFICATE-----\n1 MM M M M M M {digits}").into_bytes()
    }),
    ("headers of a mail", 4000, |n| {
        format!("From: a@b\r\n{}\r\ntext", "X-A: b\r\n".repeat(n)).into_bytes()
    }),
];

/// Processor time and the most memory, in bytes.
pub(crate) fn cost(root: &Path, words: &[&str]) -> (Duration, u64) {
    let mut command: Command = ptl_cert(root);
    let mut child = command
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let used = child.wait4().unwrap();
    let status = used.status.code();
    assert!(matches!(status, Some(0..=3)), "{words:?}: {status:?}");
    let times = used.rusage;
    (times.utime + times.stime, times.maxrss)
}

/// `None` where what the larger one costs is in proportion to what the smaller one does, of an eighth of its size.
pub(crate) fn cost_grows_no_faster(
    root: &Path,
    name: &str,
    small: &[&str],
    large: &[&str],
) -> Option<String> {
    /// Time that is no matter, and memory that the system hands out in pieces.
    const FREE: (Duration, u64) = (Duration::from_millis(500), 64 << 20);
    let (time, memory) = cost(root, small);
    let limit = (
        time * 2 * FACTOR as u32 + FREE.0,
        memory * 2 * FACTOR as u64 + FREE.1,
    );
    // Once more where something else was at work.
    let mut found = cost(root, large);
    if found.0 > limit.0 {
        found = cost(root, large);
    }
    (found.0 > limit.0 || found.1 > limit.1)
        .then(|| format!("{name}: {time:?}, {memory} B, and {FACTOR} times as much {found:?}"))
}

#[test]
fn what_an_input_costs_grows_with_its_length_and_no_faster() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let mut faults = Vec::new();
    for (name, n, structure) in STRUCTURES {
        fs::write(root.join("small"), structure(*n)).unwrap();
        fs::write(root.join("large"), structure(n * FACTOR)).unwrap();
        faults.extend(cost_grows_no_faster(
            root,
            name,
            &["inspect", "small", "--format", "json"],
            &["inspect", "large", "--format", "json"],
        ));
        faults.extend(cost_grows_no_faster(
            root,
            name,
            &["inspect", "small"],
            &["inspect", "large"],
        ));
        faults.extend(cost_grows_no_faster(
            root,
            name,
            &["inventory", "small"],
            &["inventory", "large"],
        ));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn what_a_pool_of_certificates_and_a_list_of_hosts_cost_grows_with_their_length() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    for file in ["leaf.pem", "root.pem", "sub.pem"] {
        fs::write(root.join(file), data(file)).unwrap();
    }
    let n = 1000;
    // CAs of one name, each another certificate, and none of them the issuer.
    let pool = |n: usize| {
        many(n, |number| {
            pem("CERTIFICATE", &certificate(NAME, &extension(number)))
        })
    };
    let hosts = |n: usize| {
        let line = |n: usize| format!("\"a{n}.thirdparty.nhs.uk\",\"\"\"\n").into_bytes();
        many(n, line)
    };
    for (name, size) in [("small", n), ("large", n * FACTOR)] {
        fs::write(root.join(format!("{name}.pool")), pool(size)).unwrap();
        fs::write(root.join(format!("{name}.csv")), hosts(size)).unwrap();
    }
    let verify = |pool| {
        [
            "verify", "leaf.pem", "--trust", "root.pem", "--chain", "sub.pem", "--chain", pool,
        ]
    };
    let csr = |hosts| ["csr", "--hosts", hosts, "--out-dir", "out"];
    let faults: Vec<String> = [
        cost_grows_no_faster(root, "pool", &verify("small.pool"), &verify("large.pool")),
        cost_grows_no_faster(root, "hosts", &csr("small.csv"), &csr("large.csv")),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn what_serial_numbers_of_many_cas_cost_grows_with_the_number_of_cas() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let is_ca = wrap(0x30, b"\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x01\x01\xff");
    let ca = |number: usize| {
        let value = wrap(0x0c, format!("CA {number}").as_bytes());
        let attribute = wrap(0x30, &[b"\x06\x03\x55\x04\x03", &value[..]].concat());
        let subject = wrap(0x30, &wrap(0x31, &attribute));
        pem("CERTIFICATE", &certificate(&subject, &is_ca))
    };
    let n = 500;
    fs::write(root.join("small.pem"), many(n, ca)).unwrap();
    fs::write(root.join("large.pem"), many(n * FACTOR, ca)).unwrap();
    let check = |issuers| {
        [
            "crl", "check", "--serial", "5dc9db79", "--cache", "cache", "--issuer", issuers,
        ]
    };
    let fault = cost_grows_no_faster(root, "CAs", &check("small.pem"), &check("large.pem"));
    assert_eq!(fault, None);
}

#[test]
fn what_a_small_file_unpacks_to_is_neither_read_nor_reported_object_by_object() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    for file in ["leaf.pem", "root.pem"] {
        fs::write(root.join(file), data(file)).unwrap();
    }
    let packed = |objects: usize| {
        let junk = b"\x30\x03\x02\x01\x01".repeat(objects);
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&junk).unwrap();
        packer.finish().unwrap()
    };
    // More objects than an input of that size may have, and fewer.
    fs::write(root.join("million.gz"), packed(999_000)).unwrap();
    fs::write(root.join("some.gz"), packed(9_000)).unwrap();
    for (file, said) in [
        ("million.gz", "objects; split the file"),
        ("some.gz", "8900 more objects could not be read"),
    ] {
        for words in [
            &["inspect", file][..],
            &["inspect", file, "--format", "json"],
            &["inspect", file, "--format", "ndjson"],
            &["match", file],
            &["match", "leaf.pem", file],
            &["verify", "leaf.pem", "--trust", "root.pem", "--chain", file],
            &["verify", "leaf.pem", "--trust", "root.pem", "--crl", file],
            &["crl", "import", file, "--cache", "cache"],
            &[
                "crl", "import", file, "--cache", "cache", "--format", "json",
            ],
        ] {
            let answer = ptl_cert(root).args(words).output().unwrap();
            let printed = [answer.stdout, answer.stderr].concat();
            let printed = String::from_utf8_lossy(&printed);
            assert_eq!(answer.status.code(), Some(3), "{words:?}\n{printed}");
            assert!(printed.contains(said), "{words:?}\n{printed}");
            assert!(printed.len() < 64 << 10, "{words:?}: {}", printed.len());
            let (_, memory) = cost(root, words);
            assert!(memory < 150 << 20, "{words:?}: {memory}");
        }
    }
}

#[test]
fn what_cas_that_certify_each_other_cost_is_bounded_and_crls_that_are_given_are_not_missed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rollover");
    let path = |name: &str| folder.join(name).display().to_string();
    let home = tempfile::tempdir().unwrap();
    let output = home.path().join("output");
    let mut child = ptl_cert(home.path())
        .args(["verify", &path("leaf.pem"), "--trust", &path("root.pem")])
        .args(["--chain", &path("pool.pem"), "--crl", &path("crls")])
        .args(["--revocation", "chain", "--at", "2027-01-01T12:00:00Z"])
        .stdout(fs::File::create(&output).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let used = child.wait4().unwrap();
    let output = fs::read_to_string(output).unwrap();
    let is_answered = match used.status.code() {
        Some(0) => output.contains("VERIFIED"),
        Some(3) => output.contains("chain-unresolved"),
        _ => false,
    };
    assert!(is_answered && !output.contains("no-crl"), "{output}");
    let time = used.rusage.utime + used.rusage.stime;
    assert!(time < Duration::from_secs(20), "{time:?}");
}
