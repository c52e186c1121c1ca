"""What make-judge.py, make-numbers.py, make-servers.py and make-verify.sh share: a DER writer, and a practice PKI whose
certificates and CRLs may be as odd as wanted. Needs the openssl program (3.x) for keys and signatures."""
import base64
import hashlib
import os
import subprocess
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))

UTF8, NUMERIC, PRINTABLE, T61 = 0x0C, 0x12, 0x13, 0x14


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


def time(text):
    return tlv(0x17, text.encode())


def extension(kind, value, critical=False):
    return tlv(0x30, oid(kind), tlv(1, b"\xff") if critical else b"", tlv(4, value))


def attribute(kind, text, string=UTF8):
    return tlv(0x31, tlv(0x30, oid(kind), tlv(string, text.encode())))


def common_name(text, string=UTF8):
    return attribute("2.5.4.3", text, string)


# Algorithms, key usages and purposes.
ECDSA = tlv(0x30, oid("1.2.840.10045.4.3.2"))
MD5 = tlv(0x30, oid("1.2.840.113549.1.1.4"), tlv(5))
SIGN, ENCIPHER, CERT, CRL, BOTH = b"\x03\x02\x07\x80", b"\x03\x02\x05\x20", b"\x03\x02\x02\x04", b"\x03\x02\x01\x02", b"\x03\x02\x01\x06"
SERVER, CLIENT, ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
FROM, MADE, UNTIL = time("260101000000Z"), time("261231000000Z"), time("270108000000Z")


def point_name(url):
    """The name of a CRL distribution point."""
    return tlv(0xA0, tlv(0xA0, tlv(0x86, url.encode())))


def issuing_distribution_point(*fields):
    return extension("2.5.29.28", tlv(0x30, *fields), True)


def distribution_point(url, *fields, critical=False):
    return extension("2.5.29.31", tlv(0x30, tlv(0x30, point_name(url), *fields)), critical)


def crl_issuer(name):
    """A field of a distribution point: who issues its CRL."""
    return tlv(0xA2, tlv(0xA4, name))


def authority_key(octets):
    return extension("2.5.29.35", tlv(0x30, tlv(0x80, octets)))


def authority_serial(name, serial, critical=False):
    """An authority key identifier that names a certificate by its issuer and serial number."""
    return extension("2.5.29.35", tlv(0x30, tlv(0xA1, tlv(0xA4, name)), tlv(0x82, number(serial)[2:])), critical)


def reason_code(reason):
    return extension("2.5.29.21", tlv(10, bytes([reason])))


def entry(serial, *extensions, revoked=time("261201000000Z")):
    """The entry of a certificate in a CRL."""
    return tlv(0x30, number(serial), revoked, tlv(0x30, *extensions) if extensions else b"")


def entry_issuer(name):
    """The extension of an entry that names the certificate's issuer, in an indirect CRL."""
    return extension("2.5.29.29", tlv(0x30, tlv(0xA4, name)), True)


def openssl(*words, data=None):
    done = subprocess.run(["openssl", *words], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return done.stdout


class Party(NamedTuple):
    """A name with its key."""
    name: bytes
    key: str
    public: bytes = b""

    def identifier(self):
        return hashlib.sha1(self.public).digest()

    def sign(self, signed, digest="-sha256", algorithm=ECDSA):
        signature = openssl("dgst", digest, "-sign", self.key, data=signed)
        return tlv(0x30, signed, algorithm, tlv(3, b"\0", signature))


class Pki:
    """A practice PKI of one organisation, below a folder beside this file; the keys are in another."""

    def __init__(self, folder, keys, organisation, host=None):
        self.folder = os.path.join(HERE, folder)
        self.keys = keys
        self.organisation = organisation
        self.host = host

    def name(self, text, string=UTF8):
        return tlv(0x30, attribute("2.5.4.10", self.organisation, string), common_name(text, string))

    def party(self, text, file, *how):
        """A party with a new key, which is one for ECDSA unless the words of `openssl genpkey` say otherwise."""
        path = os.path.join(self.keys, file)
        openssl("genpkey", *(how or ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")), "-out", path)
        return Party(self.name(text), path, openssl("pkey", "-in", path, "-pubout", "-outform", "DER"))

    def write(self, file, *parts):
        path = os.path.join(self.folder, file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(b"".join(parts))

    def certify(self, subject, issuer, serial, usage=SIGN, *, ca=False, length=b"", purposes=(SERVER, CLIENT),
                begins=FROM, until="360101000000Z", authority=None, extra=()):
        """A certificate, as PEM."""
        extensions = [extension("2.5.29.14", tlv(4, subject.identifier())), extension("2.5.29.15", usage, True),
                      authority or authority_key(issuer.identifier())]
        if ca:
            extensions.append(extension("2.5.29.19", tlv(0x30, tlv(1, b"\xff"), length), True))
        else:
            extensions.append(extension("2.5.29.17", tlv(0x30, tlv(0x82, self.host.encode()))))
            extensions.append(extension("2.5.29.37", tlv(0x30, *map(oid, purposes))))
        signed = tlv(0x30, tlv(0xA0, number(2)), number(serial), ECDSA, issuer.name, tlv(0x30, begins, time(until)),
                     subject.name, subject.public, tlv(0xA3, tlv(0x30, *extensions, *extra)))
        text = base64.b64encode(issuer.sign(signed)).decode()
        lines = "\n".join(text[at:at + 64] for at in range(0, len(text), 64))
        return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n".encode()

    def certificate(self, file, *words, **more):
        self.write(file, self.certify(*words, **more))

    def crl(self, file, issuer, entries=(), extensions=(), *, at=7, base=None, made=MADE, until=UNTIL, md5=False):
        """A CRL with its number, and with that of its base if it is a delta."""
        numbers = [extension("2.5.29.20", number(at))] if at is not None else []
        if base is not None:
            numbers.append(extension("2.5.29.27", number(base), True))
        digest, algorithm = ("-md5", MD5) if md5 else ("-sha256", ECDSA)
        signed = tlv(0x30, number(1), algorithm, issuer.name, made, until or b"", tlv(0x30, *entries) if entries else b"",
                     tlv(0xA0, tlv(0x30, *numbers, *extensions)))
        self.write(file, issuer.sign(signed, digest, algorithm))
