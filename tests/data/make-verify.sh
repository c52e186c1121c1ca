#!/bin/sh
# Makes everything in verify/ anew: one practice PKI of no use to anybody, good from 2026 to 2036, and beside it one
# certificate or list for each cause for which `ptl-cert verify` says no. Needs the openssl program (3.x) and python3.
# No private key is kept. README.md says what is what.
#
#   cd tests/data && sh make-verify.sh        # then bless the cases in verify/cause and read the difference
set -eu
cd "$(dirname "$0")"
mkdir -p verify
cd verify
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

NAME=gpc-int-a1b2c.supplier.thirdparty.nhs.uk
SUB='/O=Practice/CN=Practice Sub CA'
FROM=20260101000000Z TO=20360101000000Z
IDENTIFIERS='subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid'
CA='basicConstraints=critical,CA:TRUE'
SIGNS='keyUsage=critical,keyCertSign,cRLSign'
LEAF='basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature'
SERVER='extendedKeyUsage=serverAuth,clientAuth'
SAN="subjectAltName=DNS:$NAME"
lines() { printf '%s\n' "$@" "$IDENTIFIERS"; }

for name in root forged-root sub issuing leaf signer; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$name.key" 2>/dev/null
done
# issue OUT SUBJECT KEY ISSUER ISSUER_KEY SERIAL EXTENSIONS [openssl ca options…]; ISSUER "self" signs itself.
issue() {
    out=$1 subject=$2 key=$3 issuer=$4 by=$5 serial=$6 extensions=$7; shift 7
    : > "$work/index"; rm -f "$work/index.attr"; echo "$serial" > "$work/serial"
    { echo '[ca]'; echo 'default_ca=d'; echo '[d]'; echo "database=$work/index"; echo "serial=$work/serial"
      echo "new_certs_dir=$work"; echo 'default_md=sha256'; echo 'policy=p'; echo 'unique_subject=no'; echo 'preserve=yes'
      echo '[p]'; echo 'O=optional'; echo 'CN=optional'
      echo '[e]'; echo "$extensions"; cat "$work/sections" 2>/dev/null || true; } > "$work/ca.cnf"
    openssl req -new -key "$work/$key.key" -subj "$subject" -out "$work/request" 2>/dev/null
    if [ "$issuer" = self ]; then set -- -selfsign "$@"; else set -- -cert "$issuer.pem" "$@"; fi
    openssl ca -batch -notext -config "$work/ca.cnf" -extensions e -in "$work/request" -startdate "$FROM" -enddate "$TO" \
        -keyfile "$work/$by.key" -out "$out.pem" "$@" 2> "$work/log" || { cat "$work/log"; exit 1; }
}

# What is as it should be.
issue root '/O=Practice/CN=Practice Root' root self root 01 "$(lines "$CA" "$SIGNS")"
issue sub "$SUB" sub root root 0a01 "$(lines "$CA" "$SIGNS")"
issue leaf "/O=nhs/CN=$NAME" leaf sub sub 1001 "$(lines "$LEAF" "$SERVER" "$SAN")"

# Paths: the CA is at fault.
issue forged-root '/O=Practice/CN=Practice Root' forged-root self forged-root 01 "$(lines "$CA" "$SIGNS")"
issue forged-sub "$SUB" sub forged-root forged-root 0b01 "$(lines "$CA" "$SIGNS")"
usual=$FROM; FROM=20280101000000Z
issue sub-from-2028 "$SUB" sub root root 0a02 "$(lines "$CA" "$SIGNS")"
FROM=$usual
issue sub-lists-only "$SUB" sub root root 0a03 "$(lines "$CA" 'keyUsage=critical,cRLSign')"
issue sub-no-lists "$SUB" sub root root 0a04 "$(lines "$CA" 'keyUsage=critical,keyCertSign')"
issue sub-last "$SUB" sub root root 0a05 "$(lines "$CA,pathlen:0" "$SIGNS")"
issue sub-policies "$SUB" sub root root 0a06 "$(lines "$CA" "$SIGNS" 'certificatePolicies=1.3.6.1.4.1.55555.1' 'policyConstraints=critical,requireExplicitPolicy:0')"
issue issuing '/O=Practice/CN=Practice Issuing CA' issuing sub-last sub 0c01 "$(lines "$CA" "$SIGNS")"
issue leaf-of-issuing "/O=nhs/CN=$NAME" leaf issuing issuing 1002 "$(lines "$LEAF" "$SERVER" "$SAN")"

# Paths: the certificate is at fault.
issue leaf-client "/O=nhs/CN=$NAME" leaf sub sub 1003 "$(lines "$LEAF" 'extendedKeyUsage=clientAuth' "$SAN")"
issue leaf-sha1 "/O=nhs/CN=$NAME" leaf sub sub 1004 "$(lines "$LEAF" "$SERVER" "$SAN")" -md sha1
# OpenSSL knows a proxy certificate (RFC 3820) by this extension, critical or not, and refuses it.
issue leaf-proxy "/O=nhs/CN=$NAME" leaf sub sub 1005 "$(lines "$LEAF" "$SERVER" 'proxyCertInfo=language:id-ppl-anyLanguage,pathlen:0')"
openssl req -new -key "$work/signer.key" -subj "/O=nhs/CN=$NAME" -addext "$SAN,DNS:second.supplier.thirdparty.nhs.uk" -out two-names.csr

# Its lists are another's, whose certificate is not here.
cat > "$work/sections" <<'END'
[point]
fullname=URI:http://crl.practice.example/signer.crl
CRLissuer=dirName:signer
[signer]
O=Practice
CN=Practice CRL Signer
END
issue leaf-other-signer "/O=nhs/CN=$NAME" leaf sub sub 1006 "$(lines "$LEAF" "$SERVER" "$SAN" 'crlDistributionPoints=point')"
rm "$work/sections"

# CRLs, most of them such as no program makes on purpose.
PYTHONPATH=.. WORK=$work python3 - <<'END'
import os
from practice_pki import (Party, Pki, entry, entry_issuer, extension, issuing_distribution_point, number, point_name, tlv)
pki = Pki('verify', os.environ['WORK'], 'Practice')
def party(name, key):
    return Party(pki.name(name), f'{pki.keys}/{key}.key')
SUB, OTHER = party('Practice Sub CA', 'sub'), party('Practice Other CA', 'signer')
def crl(file, issuer=SUB, entries=(entry(0x99),), **more):
    pki.crl(file, issuer, entries, **more)

crl('root.crl', party('Practice Root', 'root'))
crl('sub.crl')
crl('issuing.crl', party('Practice Issuing CA', 'issuing'))
crl('other-issuer.crl', OTHER)
crl('other-key.crl', party('Practice Sub CA', 'signer'))
crl('no-next-update.crl', until=None)
crl('unknown-critical.crl', extensions=[extension('1.2.3.4', tlv(5), critical=True)])
crl('delta.crl', base=6)
# Something else than a sequence among the entries.
crl('unreadable.crl', entries=[entry(0x99), number(0x9a)])
# keyCompromise (1) and superseded (4) only.
crl('some-reasons.crl', extensions=[issuing_distribution_point(tlv(0x83, b'\x03\x48'))])
crl('indirect-unmarked.crl', entries=[entry(0x99, entry_issuer(OTHER.name))])
crl('signer.crl', party('Practice CRL Signer', 'signer'), extensions=[issuing_distribution_point(
    point_name('http://crl.practice.example/signer.crl'), tlv(0x84, b'\xff'))])
END
