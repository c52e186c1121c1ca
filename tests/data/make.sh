#!/bin/sh
# Makes everything in pki/ anew: a practice PKI of no use to anybody, and one certificate, request, list or key for
# each thing that can be the matter. Needs the openssl program (3.x) and python3. README.md says what is what.
#
#   cd tests/data && sh make.sh        # then bless the golden cases and read the difference
set -eu
cd "$(dirname "$0")"
mkdir -p pki
cd pki
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

NAME=gpc-int-a1b2c.supplier.thirdparty.nhs.uk
LEAF="/O=nhs/OU=Devices/CN=$NAME"
USAGE='basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid'
BOTH='extendedKeyUsage=serverAuth,clientAuth'
SAN="subjectAltName=DNS:$NAME"
CDP='crlDistributionPoints=URI:http://crl.practice.example/c1.crl'
CA='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always'
lines() { printf '%s\n' "$@"; }

key() { # name [algorithm…]
    name=$1; shift
    [ $# -gt 0 ] || set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-256
    openssl genpkey -quiet "$@" -out "$work/$name.key" 2>/dev/null || openssl genpkey "$@" -out "$work/$name.key" 2>/dev/null
}
# issue OUT SUBJECT KEY ISSUER SERIAL FROM TO EXTENSIONS [openssl ca options…]; ISSUER "self" signs itself.
issue() {
    out=$1 subject=$2 key=$3 issuer=$4 serial=$5 from=$6 to=$7 extensions=$8; shift 8
    : > "$work/index"; rm -f "$work/index.attr"; echo "$serial" > "$work/serial"
    { echo '[ca]'; echo 'default_ca=d'; echo '[d]'; echo "database=$work/index"; echo "serial=$work/serial"
      echo "new_certs_dir=$work"; echo 'default_md=sha256'; echo 'policy=p'; echo 'unique_subject=no'
      echo 'crlnumber='"$work/crlnumber"; echo 'preserve=yes'; echo 'email_in_dn=yes'
      echo '[p]'
      for part in O OU CN C emailAddress; do echo "$part=optional"; done
      echo '[e]'; echo "$extensions"; cat "$work/sections" 2>/dev/null || true; } > "$work/ca.cnf"
    openssl req -new -key "$work/$key.key" -subj "$subject" -out "$work/$out.req" 2>/dev/null
    if [ "$issuer" = self ]; then
        set -- -selfsign -keyfile "$work/$key.key" "$@"
    else
        set -- -cert "$issuer.pem" -keyfile "$work/$issuer.key" "$@"
    fi
    openssl ca -batch -notext -config "$work/ca.cnf" -extensions e -in "$work/$out.req" -startdate "$from" -enddate "$to" \
        -out "$out.pem" "$@" 2> "$work/log" || { cat "$work/log"; exit 1; }
}
# The usual dates of an endpoint certificate.
FROM=20260101120000Z TO=20281231120000Z

# The practice PKI: root, sub CA, endpoint with key and request.
for name in root sub other-root; do key $name; done
key leaf -algorithm RSA -pkeyopt rsa_keygen_bits:2048
key other -algorithm RSA -pkeyopt rsa_keygen_bits:2048
issue root '/O=Practice/CN=Practice Root' root self 01 20200101120000Z 20400101120000Z "$CA"
issue sub '/O=Practice/CN=Practice Sub CA' sub root 0a01 20200101120000Z 20300101120000Z "$(lines "$CA" 'crlDistributionPoints=URI:http://crl.practice.example/root.crl')"
FULL=$(lines "$USAGE" "$BOTH" "$SAN" "$CDP" 'authorityInfoAccess=OCSP;URI:http://ocsp.practice.example/,caIssuers;URI:http://pki.practice.example/sub.crt' 'certificatePolicies=1.2.826.0.1275.101.0.3.1.1')
issue leaf "$LEAF" leaf sub 5dc9db79 $FROM $TO "$FULL"
cp "$work/leaf.key" leaf.key
cp "$work/other.key" other.key
openssl req -new -key leaf.key -subj "/CN=$NAME" -addext "$SAN" -out leaf.csr
# For every-name.pem, which has more names; the host in another letter case is no other name.
openssl req -new -key leaf.key -subj "/CN=a.practice.example" -addext "subjectAltName=DNS:A.practice.example" -out one-name.csr
cat sub.pem leaf.pem root.pem > wrong-order.pem
openssl crl2pkcs7 -nocrl -certfile leaf.pem -certfile sub.pem -certfile root.pem -out chain.p7b
openssl crl2pkcs7 -nocrl -certfile leaf.pem -certfile sub.pem -outform DER -out chain-der.p7b
openssl pkcs12 -export -inkey leaf.key -in leaf.pem -certfile sub.pem -passout pass:practice -out leaf.p12
openssl x509 -in leaf.pem -outform DER -out leaf.der
openssl pkcs8 -topk8 -in leaf.key -v2 aes-256-cbc -iter 2048 -passout pass:practice -out leaf-encrypted.key
openssl rsa -in leaf.key -traditional -aes128 -passout pass:practice -out leaf-traditional.key 2>/dev/null
openssl pkey -in leaf.key -pubout -out leaf.pub

# Chains that do not hold.
cp "$work/other-root.key" "$work/forged-sub.key"
issue forged-sub '/O=Practice/CN=Practice Sub CA' forged-sub self 0b01 20200101120000Z 20300101120000Z "$CA"
key not-ca; issue not-ca '/O=Practice/CN=not-ca.practice.example' not-ca sub 0c01 $FROM $TO "$(lines "$USAGE" "$BOTH" 'subjectAltName=DNS:not-ca.practice.example' "$CDP")"
key below; issue below-not-ca "/CN=$NAME" below not-ca 0c02 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP")"
key one; key two
CIRCLE='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign'
issue two '/CN=Circle Two' two self 01 $FROM $TO "$CIRCLE"
issue one '/CN=Circle One' one two 02 $FROM $TO "$CIRCLE"
issue two '/CN=Circle Two' two one 03 $FROM $TO "$CIRCLE"
cat one.pem two.pem > circle.pem; rm one.pem two.pem
issue outlives "$LEAF" leaf sub 0d01 20260101120000Z 20320101120000Z "$FULL"
issue self-signed "/CN=$NAME" leaf self 0e01 $FROM $TO "$(lines 'basicConstraints=CA:FALSE' "$BOTH" "$SAN")"

# One certificate for each thing that can be the matter with a single one.
issue no-san "/CN=$NAME" leaf sub 1001 $FROM $TO "$(lines "$USAGE" "$BOTH" "$CDP")"
issue cn-not-san "/CN=old.supplier.thirdparty.nhs.uk" leaf sub 1002 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP")"
issue no-name "/O=nhs" leaf sub 1003 $FROM $TO "$(lines "$USAGE" "$BOTH" "$CDP")"
key weak -algorithm RSA -pkeyopt rsa_keygen_bits:1024
issue weak-key "/CN=$NAME" weak sub 1004 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP")"
issue sha1 "/CN=$NAME" leaf sub 1005 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP")" -md sha1
issue md5 "/CN=$NAME" leaf self 1006 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP")" -md md5
# Unicode and every kind of alternative name.
cat > "$work/sections" <<'END'
[names]
DNS.1=a.practice.example
DNS.2=*.practice.example
IP.1=192.0.2.7
IP.2=2001:db8::7
URI.1=https://practice.example/a
email.1=nobody@practice.example
RID.1=1.2.3.4
dirName.1=directory
otherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:nobody@practice.example
[directory]
O=Practice
CN=In a directory
END
issue every-name "/O=Pr\\+actice, Ltd/CN=a.practice.example" leaf sub 1007 $FROM $TO "$(lines "$USAGE" "$BOTH" 'subjectAltName=@names' "$CDP")"
rm "$work/sections"
issue escape "$(printf '/O=Practice\033[2J/CN=bell\007.practice.example')" leaf sub 1008 $FROM $TO "$(lines "$USAGE" "$BOTH" 'subjectAltName=DNS:bell.practice.example' "$CDP")"
# Distribution points.
cat > "$work/sections" <<'END'
[directory]
fullname=dirName:entry
[entry]
1.O=Practice
2.CN=Practice Sub CA
3.CN=CRL1
[web]
fullname=URI:http://crl.practice.example/c1.crl
[relative]
relativename=below
CRLissuer=dirName:issuer
reasons=keyCompromise,CACompromise
[below]
CN=CRL7
[issuer]
O=Practice
CN=Practice CRL Signer
[relative-to-issuer]
relativename=below
[many]
fullname=URI:ldap:///CN=CRL1?certificateRevocationList,URI:ldap://ldap.practice.example/CN=CRL1,URI:ftp://ftp.practice.example/c1.crl
END
issue cdp-directory-and-http "/CN=$NAME" leaf sub 1101 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" 'crlDistributionPoints=directory,web')"
issue cdp-directory "/CN=$NAME" leaf sub 1102 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" 'crlDistributionPoints=directory')"
issue cdp-relative "/CN=$NAME" leaf sub 1103 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" 'crlDistributionPoints=relative,relative-to-issuer')"
issue cdp-ldap-ftp "/CN=$NAME" leaf sub 1104 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" 'crlDistributionPoints=many')"
rm "$work/sections"
issue no-cdp "/CN=$NAME" leaf sub 1105 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN")"
# Usages and extensions.
issue client-only "/CN=$NAME" leaf sub 1201 $FROM $TO "$(lines 'keyUsage=keyEncipherment' 'extendedKeyUsage=clientAuth' "$SAN" "$CDP")"
issue unknown-critical "/CN=$NAME" leaf sub 1202 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP" '1.2.3.4=critical,DER:0c0568656c6c6f')"
issue malformed-extension "/CN=$NAME" leaf sub 1203 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" '2.5.29.31=DER:0c0568656c6c6f')"
issue repeated "/CN=$NAME" leaf sub 1204 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP" '1.2.3.4=DER:0500' '1.2.3.5=DER:0500')"
# privateKeyUsagePeriod 2026-01-01 to 2027-01-01.
issue key-period "/CN=$NAME" leaf sub 1205 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP" '2.5.29.16=DER:3022800f32303236303130313030303030305a810f32303237303130313030303030305a')"
cat > "$work/sections" <<'END'
[permitted]
permitted;DNS.1=nhs.uk
excluded;DNS.1=example
[policy]
policyIdentifier=1.3.6.1.4.1.55555.1
CPS.1=https://practice.example/cps
userNotice.1=@notice
[notice]
explicitText=For practice only
END
issue constrained '/CN=Practice Constrained CA' not-ca root 1206 $FROM $TO "$(lines "$CA" 'nameConstraints=@permitted' 'certificatePolicies=@policy' 'policyConstraints=requireExplicitPolicy:0,inhibitPolicyMapping:1' 'inhibitAnyPolicy=2' 'policyMappings=1.2.3.4:1.2.3.5' 'issuerAltName=URI:https://practice.example/' 'freshestCRL=URI:http://crl.practice.example/delta.crl' 'subjectInfoAccess=1.3.6.1.5.5.7.48.5;URI:http://pki.practice.example/' "$(echo "$CDP")")"
rm "$work/sections"
# Serial numbers, versions, algorithms.
lines "$USAGE" "$BOTH" "$SAN" "$CDP" > "$work/extensions"
openssl x509 -req -in "$work/leaf.req" -CA sub.pem -CAkey "$work/sub.key" -set_serial -5 -days 1000 -extfile "$work/extensions" -out serial-negative.pem 2>/dev/null
issue serial-zero "/CN=$NAME" leaf sub 00 $FROM $TO "$(lines "$USAGE" "$BOTH" "$SAN" "$CDP")"
openssl x509 -req -in "$work/leaf.req" -CA sub.pem -CAkey "$work/sub.key" -set_serial 0x7f0102030405060708090a0b0c0d0e0f1011121314 -days 1000 -extfile "$work/extensions" -out serial-long.pem 2>/dev/null
openssl x509 -req -in "$work/leaf.req" -signkey leaf.key -set_serial 1 -days 1000 -out version-1.pem 2>/dev/null
key ed25519 -algorithm ED25519; issue ed25519 "/CN=$NAME" ed25519 self 1301 $FROM $TO "$(lines 'basicConstraints=CA:FALSE' "$SAN")" -md null 2>/dev/null || \
    openssl req -x509 -key "$work/ed25519.key" -subj "/CN=$NAME" -addext "$SAN" -addext 'basicConstraints=CA:FALSE' -days 1000 -set_serial 0x1301 -out ed25519.pem
issue pss "/CN=$NAME" leaf self 1302 $FROM $TO "$(lines 'basicConstraints=CA:FALSE' "$SAN")" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
key p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384; issue p384 "/CN=$NAME" p384 self 1303 $FROM $TO "$(lines 'basicConstraints=CA:FALSE' "$SAN")" -md sha384
cp "$work/p384.key" p384.key; cp "$work/ed25519.key" ed25519.key
# A hash of which nothing is said here, and a version that no certificate has.
issue ripemd160 "/CN=$NAME" leaf self 1304 $FROM $TO "$(lines 'basicConstraints=CA:FALSE' "$SAN")" -md ripemd160
openssl x509 -in leaf.pem -outform DER | python3 -c 'import sys; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03", 1))' |
    openssl x509 -inform DER -out version-4.pem

# Requests.
openssl req -new -key other.key -subj "/CN=$NAME" -addext "$SAN" -out other-key.csr
openssl req -new -key leaf.key -subj "/CN=a_b.supplier.nhs.uk" -out underscore.csr
openssl req -new -key leaf.key -subj "/O=Supplier" -out no-name.csr
openssl req -new -key leaf.key -subj "/" -addext "$SAN" -out no-cn.csr
openssl req -new -key leaf.key -subj "/CN=$NAME" -sha1 -addext "subjectAltName=DNS:other.supplier.thirdparty.nhs.uk" -out sha1.csr
cat > "$work/req.cnf" <<END
[req]
prompt=no
distinguished_name=d
attributes=a
[d]
CN=$NAME
emailAddress=nobody@practice.example
[a]
challengePassword=practice
unstructuredName=practice
END
openssl req -new -key leaf.key -config "$work/req.cnf" -out email-and-challenge.csr

# Revocation lists of the sub CA: whole, of a partition, delta, indirect.
crl() { # OUT EXTENSIONS FORM
    echo 1007 > "$work/crlnumber"
    { cat "$work/ca.cnf"; echo '[list]'; echo 'authorityKeyIdentifier=keyid:always'; printf '%s\n' "$2"; } > "$work/crl.cnf"
    printf 'R\t281231120000Z\t260201120000Z,keyCompromise\t5DC9DB79\tunknown\t/CN=x\n' > "$work/index"
    openssl ca -gencrl -config "$work/crl.cnf" -crlexts list -cert sub.pem -keyfile "$work/sub.key" \
        -crl_lastupdate 20261201120000Z -crl_nextupdate 20261208120000Z -out "$1" 2>/dev/null
}
crl list.crl ''
crl "$work/partition.pem" 'issuingDistributionPoint=critical,@idp
[idp]
fullname=URI:http://crl.practice.example/c1.crl
onlyuser=TRUE
onlysomereasons=keyCompromise,superseded'
openssl crl -in "$work/partition.pem" -outform DER -out list-partition.crl
crl list-delta.crl '2.5.29.27=critical,DER:02021000'
crl list-indirect.crl 'issuingDistributionPoint=critical,@idp
[idp]
indirectCRL=TRUE'
crl list-unknown-critical.crl '1.2.3.4=critical,DER:0500'

# The practice PKI as an environment of its own, and a reply as a mail may hold it.
pin() { openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1; }
authority() { # NAME ROLE FILE [LINE]
    printf '\n[[authority]]\nname = "%s"\nrole = "%s"\nhierarchy = "Practice"\ngeneration = "P1"\n%s' "$1" "$2" "${4:-}"
    printf 'sha256 = "%s"\npem = """\n%s\n"""\n' "$(pin "$3")" "$(cat "$3")"
}
{
    lines '# The practice PKI as an environment of its own.' '[[environment]]' 'id = "practice"' 'title = "Practice"' 'hierarchy = "Practice"'
    authority 'Practice Root' root root.pem
    authority 'Practice Sub CA' sub sub.pem 'environments = ["practice"]
'
} > facts.toml
python3 - <<'END'
import zipfile
with zipfile.ZipFile('reply.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    for name, source in [('certificate/leaf.crt', 'leaf.pem'), ('ca/sub.der', 'sub.pem'), ('READ ME.txt', None)]:
        text = open(source, 'rb').read() if source else b'How to install the certificate.\n'
        if name.endswith('.der'):
            import base64
            text = base64.b64decode(b''.join(text.split(b'\n')[1:-2]))
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
END

# What no program makes on purpose: bytes changed after signing.
python3 - <<'END'
import base64, re
def load(path):
    return bytearray(base64.b64decode(re.search('-----BEGIN [^-]+-----(.*?)-----END', open(path).read(), re.S)[1]))
def save(path, label, der):
    text = base64.b64encode(bytes(der)).decode()
    body = '\n'.join(text[at:at + 64] for at in range(0, len(text), 64))
    open(path, 'w').write(f'-----BEGIN {label}-----\n{body}\n-----END {label}-----\n')
# The extension 1.2.3.5 becomes a second 1.2.3.4.
der = load('repeated.pem')
at = der.rindex(bytes([6, 3, 0x2a, 3, 5]))
der[at + 4] = 4
save('repeated.pem', 'CERTIFICATE', der)
# The outer algorithm becomes ecdsa-with-SHA384, the inner one stays ecdsa-with-SHA256.
der = load('leaf.pem')
at = der.rindex(bytes.fromhex('2a8648ce3d040302'))
der[at + 7] = 3
save('signature-mismatch.pem', 'CERTIFICATE', der)
# One character of the CN in a signed request.
der = load('leaf.csr')
at = der.index(b'gpc-int-')
der[at + 4:at + 7] = b'dep'
save('changed.csr', 'CERTIFICATE REQUEST', der)
# A request under a certificate's label.
save('wrong-label.pem', 'CERTIFICATE', load('leaf.csr'))
# Damage on the way: one line, Windows, cut short.
text = open('leaf.pem').read()
lines = text.split('\n')
open('one-line.pem', 'w').write(lines[0] + ' ' + ' '.join(lines[1:-2]) + ' ' + lines[-2] + '\n')
open('utf-16.pem', 'wb').write(b'\xff\xfe' + text.replace('\n', '\r\n').encode('utf-16-le'))
open('cut-short.pem', 'w').write('\n'.join(lines[:8]) + '\n')
open('cut-short.der', 'wb').write(open('leaf.der', 'rb').read()[:400])
# A last day that no calendar has: 30 February.
der = bytearray(load('leaf.pem'))
at = der.index(b'\x17\x0d', der.index(b'\x17\x0d') + 2)
der[at + 4:at + 8] = b'0230'
save('no-date.pem', 'CERTIFICATE', bytes(der))
END
