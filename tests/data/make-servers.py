#!/usr/bin/env python3
"""Makes everything in servers/ anew: a practice PKI of no use to anybody, good until 2049, once for each odd CRL, name or
certificate of which servers on OpenSSL and Java make different things; tests/exporting/models.rs tries them all. Needs the
openssl program (3.x). Only the clients' keys are kept. README.md says what is what.

    cd tests/data && python3 make-servers.py     # then run the tests
"""
import os
import shutil
import tempfile

from practice_pki import (BOTH, HERE, NUMERIC, PRINTABLE, T61, Pki, authority_key, authority_serial, common_name, crl_issuer,
                          distribution_point, entry, extension, issuing_distribution_point, number, oid, point_name, reason_code, time,
                          tlv)

WORK = tempfile.TemporaryDirectory()
pki = Pki("servers", WORK.name, "Models", "client.model.example")
root, sub, renewed = pki.party("Model Root", "root"), pki.party("Model Sub", "sub"), pki.party("Model Sub", "renewed")
CLIENTS = {"good": 0x21, "revoked": 0x22}
clients = {name: pki.party(name, f"{name}.key") for name in CLIENTS}

SINCE, LATER, UNTIL = time("260101000000Z"), time("260201000000Z"), time("490101000000Z")
AUTHORITY, NUMBER = authority_key(sub.identifier()), extension("2.5.29.20", number(5))
URL = "http://crl.model.example/p1.crl"
POINT = distribution_point(URL)


def listed(serial, *extensions, revoked=SINCE):
    return entry(serial, *extensions, revoked=revoked)


REVOKED, OTHER = listed(CLIENTS["revoked"]), listed(0x44)
REVOKED_FOR_KEY = listed(CLIENTS["revoked"], reason_code(1))
HELD, LIFTED = (listed(CLIENTS["good"], reason_code(reason)) for reason in (6, 8))


def crl(entries=(REVOKED,), extensions=(AUTHORITY, NUMBER), issuer=None, **more):
    """A CRL of the sub CA, good like all of them unless it says otherwise; its number is one of the extensions."""
    return {"entries": entries, "extensions": extensions, "issuer": issuer, "made": SINCE, "until": UNTIL, "at": None, **more}


def named(name):
    """A CRL whose issuer is written in another way than in the CA's certificate."""
    return crl(issuer=sub._replace(name=name))


def scoped(*fields, **more):
    return crl(extensions=[AUTHORITY, NUMBER, issuing_distribution_point(*fields)], **more)


def delta(entries, at=6):
    """A delta CRL, later than the CRL with number 5 and built on it."""
    return crl(entries, [AUTHORITY], at=at, base=5, made=LATER)


def of_root(entries=(), authority=None, numbered=NUMBER, *fields, **more):
    """A CRL of the root."""
    authority = authority or authority_key(root.identifier())
    return crl(entries, [authority, numbered, *fields], root, **more)


def model(folder, *crls, ca=sub, extra=(), more=b"", of_ca=(), roots=None, **of_clients):
    """One folder: the CAs, both clients with the CA above them, and the CRLs of the root and of the sub CA."""
    certificate = pki.certify(ca, root, 2, BOTH, ca=True, until="490101000000Z", extra=of_ca)
    pki.write(f"{folder}/ca.pem", pki.certify(root, root, 1, BOTH, ca=True, until="490101000000Z"), certificate, more)
    for name, serial in CLIENTS.items():
        client = pki.certify(clients[name], ca, serial, until="490101000000Z", extra=extra, **of_clients)
        pki.write(f"{folder}/{name}.pem", client, certificate)
    for place, one in enumerate(roots or [of_root()]):
        pki.crl(f"{folder}/root{place or ''}.crl", **one)
    for place, one in enumerate(crls):
        pki.crl(f"{folder}/sub{place}.crl", **{**one, "issuer": one["issuer"] or ca})


shutil.rmtree(pki.folder, ignore_errors=True)
model("control", crl())
USERS, CAS = tlv(0x81, b"\xff"), tlv(0x82, b"\xff")

# The authority key identifier, the CRL number, the dates.
model("aki-keyid", crl(extensions=[authority_key(b"\1" * 20), NUMBER]))
model("aki-serial", crl(extensions=[authority_serial(root.name, 0x77), NUMBER]))
model("aki-serial-right", crl(extensions=[authority_serial(root.name, 2), NUMBER]))
model("aki-critical", crl(extensions=[NUMBER, extension("2.5.29.35", tlv(0x30, tlv(0x80, sub.identifier())), True)]))
model("no-aki", crl(extensions=[NUMBER]))
model("number-critical", crl(extensions=[AUTHORITY, extension("2.5.29.20", number(5), True)]))
model("fraction", crl(made=tlv(0x18, b"20260101000000.5Z")))
model("offset", crl(made=time("260101000000+0100")))
model("no-seconds", crl(made=time("2601010000Z")))
model("next-fraction", crl(until=tlv(0x18, b"20480101000000.5Z")))

# The entries.
model("entry-offset", crl([listed(CLIENTS["revoked"], revoked=time("260101000000+0100"))]))
model("reason-integer", crl([REVOKED, listed(0x33, extension("2.5.29.21", number(1)))]))
model("reason-critical", crl([REVOKED, listed(0x33, extension("2.5.29.21", tlv(10, b"\1"), True))]))
model("future", crl([listed(CLIENTS["revoked"], revoked=time("480101000000Z"))]))

# Clients that are no clients.
model("no-client", crl(), purposes=("1.3.6.1.5.5.7.3.1",))
model("sub-for-servers", crl(), of_ca=[extension("2.5.29.37", tlv(0x30, oid("1.3.6.1.5.5.7.3.1")))])

# The issuer's name.
model("issuer-case", named(pki.name("MODEL SUB").replace(b"MODELS", b"Models")))
model("issuer-space", named(pki.name("Model  Sub")))
model("issuer-printable", named(pki.name("Model Sub", PRINTABLE)))
model("issuer-t61", named(pki.name("Model Sub", T61)))
numeric = tlv(0x30, common_name("12345", NUMERIC))
printable = sub._replace(name=tlv(0x30, common_name("12345", PRINTABLE)))
model("numeric-both", crl(), ca=sub._replace(name=numeric))
model("numeric-vs-printable", named(numeric), ca=printable)

# What a CRL is for.
model("idp", scoped(point_name(URL)), extra=[POINT])
model("idp-host-case", scoped(point_name(URL.replace("crl.model", "CRL.model"))), extra=[POINT])
model("idp-url-space", scoped(point_name(URL)), scoped(point_name(URL.replace("p1", "p 2"))), extra=[POINT])
model("crlissuer-noidp", crl(), extra=[distribution_point(URL, crl_issuer(sub.name))])
SOME, OTHERS = tlv(0x83, b"\x06\x40"), tlv(0x83, b"\x07\x3f\x80")
model("reasons-two", scoped(SOME, entries=[REVOKED_FOR_KEY]), scoped(OTHERS, entries=[]))
model("reasons-unused", scoped(tlv(0x83, b"\x06\xc0"), entries=[REVOKED_FOR_KEY]), scoped(OTHERS, entries=[]))
model("point-reasons", crl(), extra=[distribution_point(URL, tlv(0x81, b"\x06\x40"))])
model("point-critical", crl(), extra=[distribution_point(URL, critical=True)])
model("issuer-alternative-critical", crl(), extra=[extension("2.5.29.18", tlv(0x30, tlv(0x82, b"models.example")), True)])

# Two CRLs: of two keys, a delta, the same again.
model("namesakes-no-aki", crl(extensions=[NUMBER]), crl([OTHER], [NUMBER], renewed, made=LATER),
      more=pki.certify(renewed, root, 3, BOTH, ca=True, until="490101000000Z"))
model("delta", crl([OTHER]), delta([REVOKED]))
model("delta-nothing-new", crl(), delta([REVOKED]))
model("delta-other-partition", crl([OTHER]), delta([REVOKED]),
      crl([OTHER], [AUTHORITY, extension("2.5.29.20", number(9)), issuing_distribution_point(point_name(URL))]))
model("delta-other-kind", scoped(USERS, entries=[OTHER]),
      crl([REVOKED], [AUTHORITY, issuing_distribution_point(USERS)], at=6, base=5, made=LATER),
      crl([], [AUTHORITY, extension("2.5.29.20", number(9)), issuing_distribution_point(CAS)]))
model("delta-same-number", crl([OTHER]), delta([REVOKED], 5))
model("hold-lifted", crl([HELD, REVOKED]), delta([LIFTED]))
model("delta-lifts-nothing", crl(), delta([LIFTED]))
model("reencoded", crl([OTHER], issuer=sub._replace(name=pki.name("Model Sub", PRINTABLE))),
      crl(extensions=[AUTHORITY, extension("2.5.29.20", number(6))], made=LATER))

# A newer CRL has the revoked client, and the server need not take it or ignores it.
NEXT = extension("2.5.29.20", number(6))
AT_POINT = issuing_distribution_point(point_name(URL))
model("point-newer", crl([OTHER]), crl(extensions=[AUTHORITY, NEXT, AT_POINT], made=LATER), extra=[POINT])
model("point-newer-critical", crl([OTHER]),
      crl(extensions=[AUTHORITY, extension("2.5.29.20", number(6), True), AT_POINT], made=LATER), extra=[POINT])
model("some-reasons-newer", crl([OTHER]),
      crl([REVOKED_FOR_KEY], [AUTHORITY, NEXT, issuing_distribution_point(SOME)], made=LATER))
model("point-newer-same", crl(), crl(extensions=[AUTHORITY, NEXT, AT_POINT], made=LATER), extra=[POINT])

# What servers look up of the CAs themselves: OpenSSL 3.0 the root too, in a CRL that is for it.
model("root-listed", crl(), roots=[of_root([listed(1)])])
ROOT_POINT = issuing_distribution_point(point_name(URL.replace("p1", "root")))
OF_SUB = distribution_point(URL.replace("p1", "root"))
for name, of_all in {
        "root-number-critical": of_root((), None, extension("2.5.29.20", number(5), True)),
        "root-fraction": of_root(made=tlv(0x18, b"20260101000000.5Z")),
        "root-aki": of_root((), authority_key(b"\1" * 20))}.items():
    model(name, crl(), of_ca=[OF_SUB], roots=[of_root((), None, NUMBER, ROOT_POINT), of_all])
model("renewed-old-revoked", crl(), roots=[of_root([listed(2)])],
      more=pki.certify(sub, root, 4, BOTH, ca=True, until="490601000000Z"))

for name in CLIENTS:
    shutil.copyfile(os.path.join(WORK.name, f"{name}.key"), os.path.join(HERE, "servers", f"{name}.key"))
