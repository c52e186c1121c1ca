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

# Lists, most of them such as no program makes on purpose.
WORK=$work python3 - <<'END'
import os, subprocess
WORK = os.environ['WORK']
def tlv(tag, *parts):
    body = b''.join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, 'big')
    return bytes([tag, 0x80 | len(octets)]) + octets + body
def oid(text):
    first, second, *rest = map(int, text.split('.'))
    out = [40 * first + second]
    for arc in rest:
        digits = [arc & 127]
        while arc := arc >> 7:
            digits.insert(0, arc & 127 | 128)
        out += digits
    return tlv(6, bytes(out))
def attribute(kind, text):
    return tlv(0x31, tlv(0x30, oid(kind), tlv(0x0c, text.encode())))
def name(common_name):
    return tlv(0x30, attribute('2.5.4.10', 'Practice'), attribute('2.5.4.3', common_name))
def extension(kind, value, critical=False):
    return tlv(0x30, oid(kind), tlv(1, b'\xff') if critical else b'', tlv(4, value))
def time(text):
    return tlv(0x17, text.encode())
def number(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, 'big'))
ALGORITHM = tlv(0x30, oid('1.2.840.10045.4.3.2'))
NUMBER = extension('2.5.29.20', number(7))
def entry(serial, *extensions):
    return tlv(0x30, number(serial), time('261201000000Z'), tlv(0x30, *extensions) if extensions else b'')
def crl(file, issuer='Practice Sub CA', key='sub', until='270108000000Z', entries=(entry(0x99),), extensions=()):
    signed = tlv(0x30, number(1), ALGORITHM, name(issuer), time('261231000000Z'), time(until) if until else b'',
                 tlv(0x30, *entries), tlv(0xa0, tlv(0x30, NUMBER, *extensions)))
    signature = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', f'{WORK}/{key}.key'], input=signed,
                               stdout=subprocess.PIPE, check=True).stdout
    open(file, 'wb').write(tlv(0x30, signed, ALGORITHM, tlv(3, b'\0', signature)))
def issuing_distribution_point(*fields):
    return extension('2.5.29.28', tlv(0x30, *fields), critical=True)

crl('root.crl', 'Practice Root', 'root')
crl('sub.crl')
crl('issuing.crl', 'Practice Issuing CA', 'issuing')
crl('other-issuer.crl', 'Practice Other CA', 'signer')
crl('other-key.crl', key='signer')
crl('no-next-update.crl', until=None)
crl('unknown-critical.crl', extensions=[extension('1.2.3.4', tlv(5), critical=True)])
crl('delta.crl', extensions=[extension('2.5.29.27', number(6), critical=True)])
# Something else than a sequence among the entries.
crl('unreadable.crl', entries=[entry(0x99), number(0x9a)])
# keyCompromise (1) and superseded (4) only.
crl('some-reasons.crl', extensions=[issuing_distribution_point(tlv(0x83, b'\x03\x48'))])
CERTIFICATE_ISSUER = extension('2.5.29.29', tlv(0x30, tlv(0xa4, name('Practice Other CA'))), critical=True)
crl('indirect-unmarked.crl', entries=[entry(0x99, CERTIFICATE_ISSUER)])
crl('signer.crl', 'Practice CRL Signer', 'signer', extensions=[issuing_distribution_point(
    tlv(0xa0, tlv(0xa0, tlv(0x86, b'http://crl.practice.example/signer.crl'))), tlv(0x84, b'\xff'))])
END
