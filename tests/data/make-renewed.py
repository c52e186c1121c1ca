#!/usr/bin/env python3
"""Makes everything in renewed/ anew: one practice PKI of no use to anybody, for what an inventory calls a newer certificate: a
certificate, the next one for the same names, and one that another key of the CA's name made. Needs the openssl program (3.x). No
private key is kept. README.md says what is what.

    cd tests/data && python3 make-renewed.py     # then bless the cases of inventory
"""
import tempfile

from practice_pki import BOTH, Pki, authority_key, time

WORK = tempfile.TemporaryDirectory()
HOST = "renewed.supplier.thirdparty.nhs.uk"
NEXT = {"begins": time("281101000000Z"), "until": "311101000000Z"}
pki = Pki("renewed", WORK.name, "Renewed", HOST)
certificate = pki.certificate

ca, forger = pki.party("Renewed CA", "ca"), pki.party("Renewed CA", "forger")
old, new = pki.party(HOST, "old"), pki.party(HOST, "new")

certificate("ca.pem", ca, ca, 1, BOTH, ca=True)
certificate("old.pem", old, ca, 2, until="290101000000Z")
certificate("new.pem", new, ca, 3, **NEXT)
# It names the CA's own key.
certificate("forged.pem", new, forger, 4, authority=authority_key(ca.identifier()), **NEXT)
