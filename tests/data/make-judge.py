#!/usr/bin/env python3
"""Makes everything in judge/ anew: one practice PKI of no use to anybody, good from 2026 to 2036, with one certificate or CRL
for each thing that the judge of `ptl-cert verify` and `crl check` sees and path building does not. Needs the openssl
program (3.x). No private key is kept. README.md says what is what.

    cd tests/data && python3 make-judge.py     # then bless the cases that copy from judge/ and read the difference
"""
import tempfile

from practice_pki import (ANY, BOTH, CERT, CRL, ENCIPHER, Pki, authority_serial, entry, extension, issuing_distribution_point,
                          number, point_name, reason_code, tlv)

WORK = tempfile.TemporaryDirectory()
HOST = "a.judge.nhs.uk"
pki = Pki("judge", WORK.name, "Judge", HOST)
certificate, crl = pki.certificate, pki.crl

root, sub, renewed = pki.party("Judge Root", "root"), pki.party("Judge Sub CA", "sub"), pki.party("Judge Sub CA", "other")
leaf = pki.party(HOST, "leaf")
weak = pki.party(HOST, "weak", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")

certificate("root.pem", root, root, 1, BOTH, ca=True)
certificate("sub.pem", sub, root, 2, BOTH, ca=True)
certificate("leaf.pem", leaf, sub, 0x1001)
crl("root.crl", root)
crl("sub.crl", sub)

# The certificate.
certificate("leaf-enciphers.pem", leaf, sub, 0x1002, ENCIPHER)
certificate("leaf-any-purpose.pem", leaf, sub, 0x1003, purposes=(ANY,))
certificate("leaf-weak.pem", weak, sub, 0x1004)
certificate("leaf-expired.pem", leaf, sub, 0x1005, until="260601000000Z")
# It names the CA certificate by issuer and serial number, and the number is another's.
certificate("leaf-authority.pem", leaf, sub, 0x1006, authority=authority_serial(root.name, 0x63))

# Another CA certificate of the same name: its key was renewed, as AD CS does, and it has a CRL of its own.
certificate("sub-renewed.pem", renewed, root, 3, BOTH, ca=True)
crl("sub-renewed.crl", renewed)

# A sub CA that leaves its CRLs to another key: good, and expired.
signer = renewed
certificate("sub-certs.pem", sub, root, 4, CERT, ca=True)
certificate("signer.pem", signer, root, 5, CRL, ca=True)
certificate("signer-expired.pem", signer, root, 6, CRL, ca=True, until="260601000000Z")
# One below a CA that allows none below it, and one with a critical extension that nobody understands.
mid = pki.party("Judge Mid CA", "mid")
certificate("mid.pem", mid, root, 7, BOTH, ca=True, length=number(0))
certificate("signer-too-deep.pem", signer, mid, 8, BOTH, ca=True)
certificate("signer-critical.pem", signer, root, 9, CRL, ca=True, extra=[extension("1.2.3.4", tlv(5), True)])
crl("root-revokes-signer.crl", root, [entry(5, reason_code(2))])

# What CRLs say.
crl("sub-removes.crl", sub, [entry(0x1001, reason_code(8))])
crl("sub-revokes.crl", sub, [entry(0x1001, reason_code(1))])
partition = issuing_distribution_point(point_name("http://crl.judge.example/p1.crl"), b"\x81\x01\xff")
crl("sub-partition.crl", sub, extensions=[partition])
