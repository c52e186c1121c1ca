//! Clients that a CA of the lab signs by `openssl`, because the lab writes every subject as the NHS does: names that look
//! like the SSP's to a server that reads carelessly, and names that are, written in another way.

use openssl::bn::{BigNum, BigNumContext};
use openssl::rsa::{Rsa, RsaPrivateKeyBuilder};

use super::{Estate, SSP};

/// Its name, subject and subjectAltName.
type Odd = (&'static str, String, String);

/// All of them but those with keys of their own.
fn all() -> [Odd; 14] {
    let capitals = SSP.to_ascii_uppercase();
    let other = "other.lab.thirdparty.nhs.uk";
    let san = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
        names.join(",")
    };
    [
        (
            "cn-and-email",
            format!("/O=lab/CN={SSP}/emailAddress=spine@nhs.uk"),
            String::new(),
        ),
        (
            "cn-and-ou",
            format!("/O=lab/CN={SSP}+OU=Spine"),
            String::new(),
        ),
        (
            "cn-in-capitals",
            format!("/O=lab/CN={capitals}"),
            String::new(),
        ),
        ("cn-not-san", format!("/O=lab/CN={SSP}"), san(&[other])),
        (
            "san-in-capitals",
            format!("/O=lab/CN={other}"),
            san(&[&capitals]),
        ),
        (
            "san-third",
            format!("/O=lab/CN={other}"),
            san(&[other, "b.nhs.uk", SSP]),
        ),
        (
            "longer-end",
            format!("/O=lab/CN={SSP}.example.nhs.uk"),
            san(&[&format!("x{SSP}")]),
        ),
        (
            "two-cns-first",
            format!("/O=lab/CN={other}/CN={SSP}"),
            String::new(),
        ),
        (
            "two-cns-last",
            format!("/O=lab/CN={SSP}/CN={other}"),
            String::new(),
        ),
        (
            "two-cns-at-once",
            format!("/O=lab/CN={SSP}+CN={other}"),
            String::new(),
        ),
        (
            "name-in-o",
            format!("/O=lab,CN={SSP}/OU=CN={SSP}/CN={other}"),
            san(&[other]),
        ),
        (
            "kelvin",
            format!("/O=lab/CN={}\u{212a}", &SSP[..SSP.len() - 1]),
            String::new(),
        ),
        (
            "san-of-other-kinds",
            format!("/O=lab/CN={other}"),
            format!("URI:{SSP},email:{SSP},DNS:{other}"),
        ),
        (
            "wildcard",
            "/O=lab/CN=*.int.lab.nhs.uk".to_owned(),
            san(&["*.int.lab.nhs.uk"]),
        ),
    ]
}

impl Estate {
    /// Has all of them signed by the sub CA of the second generation.
    pub(super) fn sign_odd_clients(&self) {
        for (name, subject, alternative) in all() {
            self.sign_odd(name, "client", &subject, &alternative);
        }
        let other = "other.lab.thirdparty.nhs.uk";
        let host = u8::try_from(SSP.len()).unwrap();
        // What a subjectAltName with the SSP's name looks like, as the whole extension.
        let mut name = vec![
            0x06,
            0x03,
            0x55,
            0x1d,
            0x11,
            0x04,
            host + 4,
            0x30,
            host + 2,
            0x82,
            host,
        ];
        name.extend(SSP.bytes());
        let key = chosen_key(2048, &name);
        std::fs::write(
            self.path("name-in-key.key"),
            key.private_key_to_pem().unwrap(),
        )
        .unwrap();
        // Behind what looks like an RSA key of 2048 bits, in one that is longer and of another kind.
        let mut behind = vec![0x30, 0x0d, 0x06, 0x09];
        behind.extend([
            0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
        ]);
        behind.extend([0x03, 0x82, 0x01, 0x0f]);
        behind.resize(behind.len() + 0x010f, 0xa3);
        behind.extend(&name);
        let key = chosen_key(6144, &behind);
        std::fs::write(self.path("name-in-pss-key.der"), pss(&key)).unwrap();
        self.openssl(&[
            "pkey",
            "-inform",
            "DER",
            "-in",
            "name-in-pss-key.der",
            "-out",
            "name-in-pss-key.key",
        ]);
        for name in ["name-in-key", "name-in-pss-key"] {
            let subject = format!("/O=lab/CN={other}");
            self.sign_odd(name, name, &subject, &format!("DNS:{other}"));
        }
    }

    fn sign_odd(&self, name: &str, key: &str, subject: &str, alternative: &str) {
        let chain = std::fs::read_to_string(self.path("good-g2.pem")).unwrap();
        let sub = chain
            .split_inclusive("-----END CERTIFICATE-----\n")
            .nth(1)
            .unwrap();
        std::fs::write(self.path("sub.pem"), sub).unwrap();
        let mut extensions =
            "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n\
             extendedKeyUsage=serverAuth,clientAuth\nauthorityKeyIdentifier=keyid\n\
             crlDistributionPoints=URI:http://127.0.0.1:9/PTL/G2/auth/LABINTauthG2.crl\n"
                .to_owned();
        if !alternative.is_empty() {
            extensions.push_str(&format!("subjectAltName={alternative}\n"));
        }
        std::fs::write(self.path("extensions.cnf"), extensions).unwrap();
        let key = format!("{key}.key");
        let words = [
            "req",
            "-new",
            "-utf8",
            "-multivalue-rdn",
            "-key",
            &key,
            "-subj",
            subject,
        ];
        self.openssl(&[&words[..], &["-out", "request.pem"]].concat());
        let ca =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab/keys/ptl-g2.key");
        let certificate = format!("{name}.pem");
        self.openssl(&[
            "x509",
            "-req",
            "-in",
            "request.pem",
            "-CA",
            "sub.pem",
            "-CAkey",
            ca.to_str().unwrap(),
            "-days",
            "30",
            "-extfile",
            "extensions.cnf",
            "-out",
            &certificate,
        ]);
        let own = std::fs::read_to_string(self.path(&certificate)).unwrap();
        std::fs::write(self.path(&certificate), format!("{own}{sub}")).unwrap();
    }
}

/// An RSA key whose modulus begins with these octets, after one of its own: one prime is random, the other the first
/// after the quotient.
fn chosen_key(bits: i32, octets: &[u8]) -> Rsa<openssl::pkey::Private> {
    let mut context = BigNumContext::new().unwrap();
    let one = BigNum::from_u32(1).unwrap();
    let e = BigNum::from_u32(65537).unwrap();
    let mut wanted = vec![0xc0];
    wanted.extend(octets);
    wanted.resize(usize::try_from(bits).unwrap() / 8, 0x5a);
    let wanted = BigNum::from_slice(&wanted).unwrap();
    let mut p = BigNum::new().unwrap();
    p.generate_prime(bits / 2, false, None, None).unwrap();
    let mut q = BigNum::new().unwrap();
    q.checked_div(&wanted, &p, &mut context).unwrap();
    q.set_bit(0).unwrap();
    while !q.is_prime_fasttest(20, &mut context, true).unwrap() {
        q.add_word(2).unwrap();
    }
    let mut n = BigNum::new().unwrap();
    n.checked_mul(&p, &q, &mut context).unwrap();
    assert_eq!(n.to_vec()[1..=octets.len()], *octets);
    let less = |number: &BigNum| {
        let mut less = BigNum::new().unwrap();
        less.checked_sub(number, &one).unwrap();
        less
    };
    let mut phi = BigNum::new().unwrap();
    phi.checked_mul(&less(&p), &less(&q), &mut context).unwrap();
    let mut d = BigNum::new().unwrap();
    d.mod_inverse(&e, &phi, &mut context).unwrap();
    let rest = |number: &BigNum, context: &mut BigNumContext| {
        let mut rest = BigNum::new().unwrap();
        rest.nnmod(&d, &less(number), context).unwrap();
        rest
    };
    let (dp, dq) = (rest(&p, &mut context), rest(&q, &mut context));
    let mut coefficient = BigNum::new().unwrap();
    coefficient.mod_inverse(&q, &p, &mut context).unwrap();
    RsaPrivateKeyBuilder::new(n, e, d)
        .and_then(|key| key.set_factors(p, q))
        .and_then(|key| key.set_crt_params(dp, dq, coefficient))
        .unwrap()
        .build()
}

/// A key as PKCS#8 that says it is for RSASSA-PSS alone (RFC 4055 section 1.2).
fn pss(key: &Rsa<openssl::pkey::Private>) -> Vec<u8> {
    let long = |tag: u8, content: &[u8]| {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, high, low], content].concat()
    };
    let mut content = vec![0x02, 0x01, 0x00, 0x30, 0x0b, 0x06, 0x09];
    content.extend([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a]);
    content.extend(long(0x04, &key.private_key_to_der().unwrap()));
    long(0x30, &content)
}
