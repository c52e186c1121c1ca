#!/usr/bin/env python3
"""Makes everything in numbers/ anew: one practice PKI of no use to anybody, good from 2026 to 2036, for what CRLs say about serial
numbers and about certificates: two keys of one CA and the certificate that ties them, a signer beside the CA, an indirect CRL,
partitions, and deltas that fit a base or none. Needs the openssl program (3.x). No private key is kept. README.md says what is
what.

    cd tests/data && python3 make-numbers.py     # then run the tests
"""
import base64
import os
import subprocess
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("numbers", exist_ok=True)
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
    parts = [("2.5.4.10", "Numbers"), ("2.5.4.3", common_name)]
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
MD5 = tlv(0x30, oid("1.2.840.113549.1.1.4"), tlv(5))
SIGN, ENCIPHER, CERT, CRL, BOTH = b"\x03\x02\x07\x80", b"\x03\x02\x05\x20", b"\x03\x02\x02\x04", b"\x03\x02\x01\x02", b"\x03\x02\x01\x06"
SERVER, CLIENT, ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
HOST = "a.numbers.nhs.uk"


def identifier(public):
    import hashlib
    return hashlib.sha1(public).digest()


def sealed(file, signed, by, label, md5=False):
    signature = run("dgst", "-md5" if md5 else "-sha256", "-sign", by, data=signed)
    der = tlv(0x30, signed, MD5 if md5 else ECDSA, tlv(3, b"\0", signature))
    with open(f"numbers/{file}", "wb") as out:
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


def listed(serial, reason=None, issuer=None):
    extensions = [extension("2.5.29.21", tlv(10, bytes([reason])))] if reason is not None else []
    if issuer:
        extensions.append(extension("2.5.29.29", tlv(0x30, tlv(0xA4, name(issuer))), True))
    return tlv(0x30, number(serial), time("261201000000Z"), *([tlv(0x30, *extensions)] if extensions else []))


def crl(file, issuer, by, entries=(), extensions=(), at=7, base=None, made="261231000000Z", until="270108000000Z", md5=False):
    more = [extension("2.5.29.20", number(at))] if at is not None else []
    if base is not None:
        more.append(extension("2.5.29.27", number(base), True))
    signed = tlv(0x30, number(1), MD5 if md5 else ECDSA, name(issuer), time(made), time(until),
                 tlv(0x30, *(listed(*entry) for entry in entries)) if entries else b"", tlv(0xA0, tlv(0x30, *more, *extensions)))
    sealed(file, signed, by[0], None, md5)


root, old, new, signer, lister, leaf = (key(file) for file in ("root", "old", "new", "signer", "lister", "leaf"))
rsa = key("rsa", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
ROOT, SUB, LISTER, RSA = "Numbers Root", "Numbers Sub CA", "Numbers Lister", "Numbers RSA CA"
ONE, TWO, LISTS = "http://crl.numbers.example/p1.crl", "http://crl.numbers.example/p2.crl", "http://crl.numbers.example/lister.crl"


def point_name(url):
    return tlv(0xA0, tlv(0xA0, tlv(0x86, url.encode())))


def point(url=None, indirect=False, reasons=b""):
    content = [point_name(url)] if url else []
    if reasons:
        content.append(tlv(0x83, reasons))
    if indirect:
        content.append(b"\x84\x01\xff")
    return [extension("2.5.29.28", tlv(0x30, *content), True)]


def named(url, issuer=None):
    content = [point_name(url)] + ([tlv(0xA2, tlv(0xA4, name(issuer)))] if issuer else [])
    return [extension("2.5.29.31", tlv(0x30, tlv(0x30, *content)))]


certificate("root.pem", ROOT, root, ROOT, root, 1, BOTH, ca=True)
certificate("sub.pem", SUB, old, ROOT, root, 2, BOTH, ca=True)
# The CA renews its key: certified by the root, and by the last key.
certificate("sub-renewed.pem", SUB, new, ROOT, root, 3, BOTH, ca=True)
certificate("rollover.pem", SUB, new, SUB, old, 4, BOTH, ca=True)
# The CA leaves its CRLs to a signer, which is no CA.
certificate("sub-certs.pem", SUB, old, ROOT, root, 5, CERT, ca=True)
certificate("signer.pem", SUB, signer, ROOT, root, 6, CRL)
certificate("lister.pem", LISTER, lister, ROOT, root, 7, BOTH, ca=True)
certificate("rsa.pem", RSA, rsa, ROOT, root, 8, BOTH, ca=True)

certificate("leaf.pem", HOST, leaf, SUB, old, 0x1001)
certificate("leaf-one.pem", HOST, leaf, SUB, old, 0x1002, extra=named(ONE))
certificate("leaf-lister.pem", HOST, leaf, SUB, old, 0x1003, extra=named(LISTS, LISTER))
certificate("leaf-new.pem", HOST, leaf, SUB, new, 0x1004)
# Keys: one bit too short and for RSASSA-PSS alone, as long as it has to be, and such as sign nothing.
certificate("leaf-pss-2047.pem", HOST, key("short", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2047"), SUB, old, 0x1006)
certificate("leaf-pss.pem", HOST, key("pss", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"), SUB, old, 0x1007)
certificate("leaf-x25519.pem", HOST, key("x25519", "-algorithm", "X25519"), SUB, old, 0x1008)
certificate("leaf-x448.pem", HOST, key("x448", "-algorithm", "X448"), SUB, old, 0x1009)
certificate("leaf-of-lister.pem", HOST, leaf, LISTER, lister, 0x1005)

crl("root.crl", ROOT, root)
crl("root-revokes-sub.crl", ROOT, root, [(2, 2)], at=8)
crl("sub.crl", SUB, old)
crl("sub-revokes.crl", SUB, old, [(0x1001, 1)], at=8)
crl("sub-holds.crl", SUB, old, [(0x1001, 6)])
crl("sub-revokes-rollover.crl", SUB, old, [(4, 2)], at=8)
crl("sub-stale.crl", SUB, old, made="261101000000Z", until="261231120000Z", at=6)
crl("sub-one.crl", SUB, old, extensions=point(ONE))
crl("sub-one-stale.crl", SUB, old, extensions=point(ONE), made="261101000000Z", until="261231120000Z", at=6)
crl("sub-one-revokes.crl", SUB, old, [(0x1002, 1)], point(ONE), at=8)
crl("sub-two.crl", SUB, old, extensions=point(TWO))
crl("sub-some.crl", SUB, old, extensions=point(reasons=b"\x06\x40"))
# The first builds on sub.crl and sub-holds.crl; the others on none that there is.
crl("delta-holds.crl", SUB, old, [(0x1001, 6)], at=9, base=7)
crl("delta-lifts.crl", SUB, old, [(0x1001, 8)], at=9, base=7)
crl("delta-ahead.crl", SUB, old, [(0x1001, 6)], at=12, base=10)
crl("delta-same.crl", SUB, old, [(0x1001, 6)], at=7, base=5)
crl("delta-behind.crl", SUB, old, [(0x1001, 6)], at=4, base=3)
crl("delta-unnumbered.crl", SUB, old, [(0x1001, 6)], at=None, base=7)
crl("new.crl", SUB, new)
crl("new-revokes.crl", SUB, new, [(0x1004, 1)], at=8)
crl("signer.crl", SUB, signer)
crl("signer-revokes.crl", SUB, signer, [(0x1001, 1)], at=8)
crl("lister.crl", LISTER, lister, [(0x9999, 1)], point(indirect=True))
crl("lister-revokes.crl", LISTER, lister, [(0x9999, 1), (0x1003, 1, SUB)], point(indirect=True), at=8)
crl("lister-point.crl", LISTER, lister, [(0x9999, 1)], point(LISTS, indirect=True))
crl("lister-point-revokes.crl", LISTER, lister, [(0x9999, 1), (0x1003, 1, SUB)], point(LISTS, indirect=True), at=8)
crl("md5.crl", RSA, rsa, md5=True)
