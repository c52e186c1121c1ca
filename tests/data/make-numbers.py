#!/usr/bin/env python3
"""Makes everything in numbers/ anew: one practice PKI of no use to anybody, good from 2026 to 2036, for what CRLs say about serial
numbers and about certificates: two keys of one CA and the certificate that ties them, a signer beside the CA, an indirect CRL,
partitions, and deltas that fit a base or none. Needs the openssl program (3.x). No private key is kept. README.md says what is
what.

    cd tests/data && python3 make-numbers.py     # then run the tests
"""
import tempfile

from practice_pki import (BOTH, CERT, CRL, Pki, crl_issuer, distribution_point, entry, entry_issuer, issuing_distribution_point,
                          point_name, reason_code, time, tlv)

WORK = tempfile.TemporaryDirectory()
HOST = "a.numbers.nhs.uk"
pki = Pki("numbers", WORK.name, "Numbers", HOST)
certificate, crl = pki.certificate, pki.crl

root, old, new = pki.party("Numbers Root", "root"), pki.party("Numbers Sub CA", "old"), pki.party("Numbers Sub CA", "new")
signer, lister = pki.party("Numbers Sub CA", "signer"), pki.party("Numbers Lister", "lister")
leaf = pki.party(HOST, "leaf")
rsa = pki.party("Numbers RSA CA", "rsa", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
LISTS = "http://crl.numbers.example/lister.crl"
ONE, TWO = (issuing_distribution_point(point_name(f"http://crl.numbers.example/p{number}.crl")) for number in (1, 2))
INDIRECT = b"\x84\x01\xff"
# Good until the day before the others are made.
STALE = {"made": time("261101000000Z"), "until": time("261231120000Z"), "at": 6}


def rsa_leaf(file, algorithm, bits):
    return pki.party(HOST, file, "-algorithm", algorithm, "-pkeyopt", f"rsa_keygen_bits:{bits}")


certificate("root.pem", root, root, 1, BOTH, ca=True)
certificate("sub.pem", old, root, 2, BOTH, ca=True)
# The CA renews its key: certified by the root, and by the last key.
certificate("sub-renewed.pem", new, root, 3, BOTH, ca=True)
certificate("rollover.pem", new, old, 4, BOTH, ca=True)
# The CA leaves its CRLs to a signer, which is no CA.
certificate("sub-certs.pem", old, root, 5, CERT, ca=True)
certificate("signer.pem", signer, root, 6, CRL)
certificate("lister.pem", lister, root, 7, BOTH, ca=True)
certificate("rsa.pem", rsa, root, 8, BOTH, ca=True)

certificate("leaf.pem", leaf, old, 0x1001)
certificate("leaf-one.pem", leaf, old, 0x1002, extra=[distribution_point("http://crl.numbers.example/p1.crl")])
certificate("leaf-lister.pem", leaf, old, 0x1003, extra=[distribution_point(LISTS, crl_issuer(lister.name))])
certificate("leaf-new.pem", leaf, new, 0x1004)
# Keys: one bit too short and for RSASSA-PSS alone, as long as it has to be, and such as sign nothing.
certificate("leaf-pss-2047.pem", rsa_leaf("short", "RSA-PSS", 2047), old, 0x1006)
certificate("leaf-pss.pem", rsa_leaf("pss", "RSA-PSS", 2048), old, 0x1007)
certificate("leaf-x25519.pem", pki.party(HOST, "x25519", "-algorithm", "X25519"), old, 0x1008)
certificate("leaf-x448.pem", pki.party(HOST, "x448", "-algorithm", "X448"), old, 0x1009)
certificate("leaf-of-lister.pem", leaf, lister, 0x1005)

REVOKED, HELD, LIFTED = (entry(0x1001, reason_code(reason)) for reason in (1, 6, 8))
crl("root.crl", root)
crl("root-revokes-sub.crl", root, [entry(2, reason_code(2))], at=8)
crl("sub.crl", old)
crl("sub-revokes.crl", old, [REVOKED], at=8)
crl("sub-holds.crl", old, [HELD])
crl("sub-revokes-rollover.crl", old, [entry(4, reason_code(2))], at=8)
crl("sub-stale.crl", old, **STALE)
crl("sub-one.crl", old, extensions=[ONE])
crl("sub-one-stale.crl", old, extensions=[ONE], **STALE)
crl("sub-one-revokes.crl", old, [entry(0x1002, reason_code(1))], [ONE], at=8)
crl("sub-two.crl", old, extensions=[TWO])
crl("sub-some.crl", old, extensions=[issuing_distribution_point(tlv(0x83, b"\x06\x40"))])
# The first builds on sub.crl and sub-holds.crl; the others on none that there is.
crl("delta-holds.crl", old, [HELD], at=9, base=7)
crl("delta-lifts.crl", old, [LIFTED], at=9, base=7)
crl("delta-ahead.crl", old, [HELD], at=12, base=10)
crl("delta-same.crl", old, [HELD], at=7, base=5)
crl("delta-behind.crl", old, [HELD], at=4, base=3)
crl("delta-unnumbered.crl", old, [HELD], at=None, base=7)
crl("new.crl", new)
crl("new-revokes.crl", new, [entry(0x1004, reason_code(1))], at=8)
crl("signer.crl", signer)
crl("signer-revokes.crl", signer, [REVOKED], at=8)
own = entry(0x9999, reason_code(1))
of_sub = entry(0x1003, reason_code(1), entry_issuer(old.name))
for file, scope in (("lister", [INDIRECT]), ("lister-point", [point_name(LISTS), INDIRECT])):
    crl(f"{file}.crl", lister, [own], [issuing_distribution_point(*scope)])
    crl(f"{file}-revokes.crl", lister, [own, of_sub], [issuing_distribution_point(*scope)], at=8)
crl("md5.crl", rsa, md5=True)
