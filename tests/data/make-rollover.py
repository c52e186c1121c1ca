#!/usr/bin/env python3
"""Makes everything in rollover/: a CA that renewed its keys again and again, so that each of its keys is certified by each of the
others, and CRLs by all of them. Needs the openssl program (3.x). No private key is kept. README.md says what is what.

    cd tests/data && python3 make-rollover.py
"""
import tempfile

from practice_pki import BOTH, Pki, authority_key

WORK = tempfile.TemporaryDirectory()
CERTIFIED = 14
pki = Pki("rollover", WORK.name, "Rollover", "rollover.supplier.thirdparty.nhs.uk")

keys = [pki.party("Rollover CA", f"ca{number}") for number in range(3)]
sub, leaf = pki.party("Rollover Sub CA", "sub"), pki.party("rollover.supplier.thirdparty.nhs.uk", "leaf")

pki.certificate("root.pem", keys[0], keys[0], 1, BOTH, ca=True)
renewed = [pki.certify(keys[1 + at % 2], keys[at // 2 % 3], 100 + at, BOTH, ca=True) for at in range(CERTIFIED)]
pki.write("pool.pem", *renewed, pki.certify(sub, keys[1], 50, BOTH, ca=True))
pki.certificate("leaf.pem", leaf, sub, 5)
for at, issuer in enumerate([*keys, sub]):
    pki.crl(f"crls/{at}.crl", issuer, extensions=[authority_key(issuer.identifier())])
