#!/bin/sh
# Makes everything in crl/ anew: one practice CA of no use to anybody, good from 2026 to 2036, two certificates of it, of
# which one is revoked, and two of its lists, the older one good for longer. Needs the openssl program (3.x).
# No private key is kept. README.md says what is what.
#
#   cd tests/data && sh make-crl.sh           # then bless the cases in crl and read the difference
set -eu
cd "$(dirname "$0")"
mkdir -p crl
cd crl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

: > "$work/index"
cat > "$work/ca.cnf" <<END
[ca]
default_ca=d
[d]
database=$work/index
serial=$work/serial
crlnumber=$work/number
new_certs_dir=$work
default_md=sha256
policy=p
preserve=yes
[p]
O=optional
CN=optional
[authority]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[leaf]
basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
authorityKeyIdentifier=keyid
crlDistributionPoints=URI:http://crl.practice.example/ca.crl
[list]
authorityKeyIdentifier=keyid:always
END
ca() { openssl ca -batch -notext -config "$work/ca.cnf" "$@" 2> "$work/log" || { cat "$work/log"; exit 1; }; }
# issue OUT SUBJECT SERIAL EXTENSIONS [openssl ca options…]
issue() {
    out=$1 subject=$2 extensions=$4; echo "$3" > "$work/serial"; shift 4
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$out.key" 2>/dev/null
    openssl req -new -key "$work/$out.key" -subj "$subject" -out "$work/request"
    ca -extensions "$extensions" -in "$work/request" -startdate 20260101000000Z -enddate 20360101000000Z -keyfile "$work/ca.key" -out "$out.pem" "$@"
}
# list OUT NUMBER FROM UNTIL
list() {
    echo "$2" > "$work/number"
    ca -gencrl -crlexts list -cert ca.pem -keyfile "$work/ca.key" -crl_lastupdate "$3" -crl_nextupdate "$4" -out "$1"
}
issue ca '/O=Practice/CN=Practice List CA' 01 authority -selfsign
issue client '/O=nhs/CN=client.supplier.thirdparty.nhs.uk' 2001 leaf -cert ca.pem
issue revoked '/O=nhs/CN=revoked.supplier.thirdparty.nhs.uk' 2002 leaf -cert ca.pem
list older.crl 06 20261220000000Z 20270120000000Z
sed -i 's/^V\t\([0-9]*Z\)\t\t2002/R\t\1\t261225100000Z,keyCompromise\t2002/' "$work/index"
list newer.crl 07 20261231000000Z 20270108000000Z
