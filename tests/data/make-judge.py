#!/usr/bin/env python3
"""Makes everything in judge/ anew: one practice PKI of no use to anybody, good from 2026 to 2036, with one certificate or CRL
for each thing that the judge of `ptl-cert verify` and `crl check` sees and path building does not. Needs the openssl
program (3.x). No private key is kept. README.md says what is what.

    cd tests/data && python3 make-judge.py     # then bless the cases that copy from judge/ and read the difference
"""
import base64
import os
import subprocess
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("judge", exist_ok=True)
WORK = tempfile.TemporaryDirectory()


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = [40 * first + second]
    for arc in rest:
        digits = [arc & 127]
        while arc := arc >> 7:
            digits.insert(0, arc & 127 | 128)
        out += digits
    return tlv(6, bytes(out))


def number(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def name(common_name):
    parts = [("2.5.4.10", "Judge"), ("2.5.4.3", common_name)]
    return tlv(0x30, *(tlv(0x31, tlv(0x30, oid(kind), tlv(0x0C, text.encode()))) for kind, text in parts))


def time(text):
    return tlv(0x17, text.encode())


def extension(kind, value, critical=False):
    return tlv(0x30, oid(kind), tlv(1, b"\xff") if critical else b"", tlv(4, value))


def run(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def key(file, *how):
    path = os.path.join(WORK.name, file)
    run("genpkey", *(how or ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")), "-out", path)
    return path, run("pkey", "-in", path, "-pubout", "-outform", "DER")


ECDSA = tlv(0x30, oid("1.2.840.10045.4.3.2"))
SIGN, ENCIPHER, CERT, CRL, BOTH = b"\x03\x02\x07\x80", b"\x03\x02\x05\x20", b"\x03\x02\x02\x04", b"\x03\x02\x01\x02", b"\x03\x02\x01\x06"
SERVER, CLIENT, ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
HOST = "a.judge.nhs.uk"


def identifier(public):
    import hashlib
    return hashlib.sha1(public).digest()


def sealed(file, signed, by, label):
    signature = run("dgst", "-sha256", "-sign", by, data=signed)
    der = tlv(0x30, signed, ECDSA, tlv(3, b"\0", signature))
    with open(f"judge/{file}", "wb") as out:
        if label is None:
            out.write(der)
        else:
            text = base64.encodebytes(der).decode().replace("\n", "")
            lines = "\n".join(text[at:at + 64] for at in range(0, len(text), 64))
            out.write(f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode())


def certificate(file, subject, public, issuer, by, serial, usage=SIGN, purposes=(SERVER, CLIENT), ca=False, until="360101000000Z",
                authority=None, extra=(), length=b""):
    extensions = [extension("2.5.29.14", tlv(4, identifier(public[1]))), extension("2.5.29.15", usage, True)]
    extensions.append(authority or extension("2.5.29.35", tlv(0x30, tlv(0x80, identifier(by[1])))))
    if ca:
        extensions.append(extension("2.5.29.19", tlv(0x30, tlv(1, b"\xff"), length), True))
    else:
        extensions.append(extension("2.5.29.17", tlv(0x30, tlv(0x82, HOST.encode()))))
        extensions.append(extension("2.5.29.37", tlv(0x30, *map(oid, purposes))))
    signed = tlv(0x30, tlv(0xA0, number(2)), number(serial), ECDSA, name(issuer), tlv(0x30, time("260101000000Z"), time(until)),
                 name(subject), public[1], tlv(0xA3, tlv(0x30, *extensions, *extra)))
    sealed(file, signed, by[0], "CERTIFICATE")


def crl(file, issuer, by, entries=(), extensions=()):
    listed = [tlv(0x30, number(serial), time("261201000000Z"), *([tlv(0x30, extension("2.5.29.21", tlv(10, bytes([reason]))))] if reason else []))
              for serial, reason in entries]
    signed = tlv(0x30, number(1), ECDSA, name(issuer), time("261231000000Z"), time("270108000000Z"),
                 tlv(0x30, *listed) if listed else b"",
                 tlv(0xA0, tlv(0x30, extension("2.5.29.20", number(7)), *extensions)))
    sealed(file, signed, by[0], None)


root, sub, other, leaf = key("root"), key("sub"), key("other"), key("leaf")
weak = key("weak", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")

certificate("root.pem", "Judge Root", root, "Judge Root", root, 1, BOTH, ca=True)
certificate("sub.pem", "Judge Sub CA", sub, "Judge Root", root, 2, BOTH, ca=True)
certificate("leaf.pem", HOST, leaf, "Judge Sub CA", sub, 0x1001)
crl("root.crl", "Judge Root", root)
crl("sub.crl", "Judge Sub CA", sub)

# The certificate.
certificate("leaf-enciphers.pem", HOST, leaf, "Judge Sub CA", sub, 0x1002, ENCIPHER)
certificate("leaf-any-purpose.pem", HOST, leaf, "Judge Sub CA", sub, 0x1003, purposes=(ANY,))
certificate("leaf-weak.pem", HOST, weak, "Judge Sub CA", sub, 0x1004)
certificate("leaf-expired.pem", HOST, leaf, "Judge Sub CA", sub, 0x1005, until="260601000000Z")
# It names the CA certificate by issuer and serial number, and the number is another's.
named = tlv(0x30, tlv(0xA1, tlv(0xA4, name("Judge Root"))), b"\x82\x01\x63")
certificate("leaf-authority.pem", HOST, leaf, "Judge Sub CA", sub, 0x1006, authority=extension("2.5.29.35", named))

# Another CA certificate of the same name: its key was renewed, as AD CS does, and it has a CRL of its own.
certificate("sub-renewed.pem", "Judge Sub CA", other, "Judge Root", root, 3, BOTH, ca=True)
crl("sub-renewed.crl", "Judge Sub CA", other)

# A sub CA that leaves its CRLs to another key: good, and expired.
certificate("sub-certs.pem", "Judge Sub CA", sub, "Judge Root", root, 4, CERT, ca=True)
certificate("signer.pem", "Judge Sub CA", other, "Judge Root", root, 5, CRL, ca=True)
certificate("signer-expired.pem", "Judge Sub CA", other, "Judge Root", root, 6, CRL, ca=True, until="260601000000Z")
# One below a CA that allows none below it, and one with a critical extension that nobody understands.
mid = key("mid")
certificate("mid.pem", "Judge Mid CA", mid, "Judge Root", root, 7, BOTH, ca=True, length=number(0))
certificate("signer-too-deep.pem", "Judge Sub CA", other, "Judge Mid CA", mid, 8, BOTH, ca=True)
certificate("signer-critical.pem", "Judge Sub CA", other, "Judge Root", root, 9, CRL, ca=True,
            extra=[extension("1.2.3.4", tlv(5), True)])
crl("root-revokes-signer.crl", "Judge Root", root, [(5, 2)])

# What CRLs say.
crl("sub-removes.crl", "Judge Sub CA", sub, [(0x1001, 8)])
crl("sub-revokes.crl", "Judge Sub CA", sub, [(0x1001, 1)])
point = tlv(0xA0, tlv(0xA0, tlv(0x86, b"http://crl.judge.example/p1.crl")))
crl("sub-partition.crl", "Judge Sub CA", sub, extensions=[extension("2.5.29.28", tlv(0x30, point, b"\x81\x01\xff"), True)])
