//! A key in a hardware module signs a request through PKCS#11, and never comes here: SoftHSM2 stands for the hardware.

use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use ptl_cert::document::{KeyAlgorithm, PublicKey};
use ptl_cert::fqdn::Fqdn;
use ptl_cert::generate::{Plan, Signer, Unsigned, request_with};

use crate::program::{is_installed, say_skipped};

/// Where distributions put the module.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];
const PIN: &str = "1234";
const SO_PIN: &str = "12345678";

/// A key in a token.
struct Token {
    session: Session,
    key: ObjectHandle,
    public: PublicKey,
}

impl Signer for Token {
    type Error = cryptoki::error::Error;

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, to_be_signed: &[u8]) -> Result<Vec<u8>, Self::Error> {
        self.session
            .sign(&Mechanism::Sha256RsaPkcs, self.key, to_be_signed)
    }
}

/// A SubjectPublicKeyInfo of RSA numbers.
fn public_key(modulus: &[u8], exponent: &[u8]) -> PublicKey {
    let number = |bytes: &[u8]| openssl::bn::BigNum::from_slice(bytes).unwrap();
    let key = openssl::rsa::Rsa::from_public_components(number(modulus), number(exponent)).unwrap();
    PublicKey::from_bytes(&key.public_key_to_der().unwrap()).unwrap()
}

fn token(module: &Path) -> Token {
    let pkcs11 = Pkcs11::new(module).unwrap();
    pkcs11
        .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .unwrap();
    let slot = pkcs11.get_slots_with_token().unwrap()[0];
    pkcs11
        .init_token(slot, &AuthPin::new(SO_PIN.into()), "practice")
        .unwrap();
    let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
    let session = pkcs11.open_rw_session(slot).unwrap();
    session
        .login(UserType::So, Some(&AuthPin::new(SO_PIN.into())))
        .unwrap();
    session.init_pin(&AuthPin::new(PIN.into())).unwrap();
    session.logout().unwrap();
    session
        .login(UserType::User, Some(&AuthPin::new(PIN.into())))
        .unwrap();
    let public = [
        Attribute::Token(true),
        Attribute::ModulusBits(2048.into()),
        Attribute::PublicExponent(vec![1, 0, 1]),
        Attribute::Verify(true),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ];
    let (public, key) = session
        .generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)
        .unwrap();
    let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
    let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
    for attribute in session.get_attributes(public, &wanted).unwrap() {
        match attribute {
            Attribute::Modulus(bytes) => modulus = bytes,
            Attribute::PublicExponent(bytes) => exponent = bytes,
            other => panic!("{other:?}"),
        }
    }
    Token {
        session,
        key,
        public: public_key(&modulus, &exponent),
    }
}

#[test]
fn a_key_in_a_token_signs_a_request_and_openssl_verifies_it() {
    let Some(module) = MODULES
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.exists())
    else {
        say_skipped("SoftHSM2 is not installed, so no request was signed through PKCS#11");
        return;
    };
    // The module reads where its tokens are from the environment of its process.
    let folder = tempfile::tempdir().unwrap();
    let (tokens, configuration) = (
        folder.path().join("tokens"),
        folder.path().join("softhsm2.conf"),
    );
    std::fs::create_dir(&tokens).unwrap();
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&configuration, text).unwrap();
    let request = folder.path().join("request.csr");
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--ignored",
            "--nocapture",
            "hsm::in_the_process_with_the_token",
        ])
        .env("SOFTHSM2_CONF", &configuration)
        .env("PTL_CERT_TEST_MODULE", module)
        .env("PTL_CERT_TEST_REQUEST", &request)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    if is_installed("openssl", "version") {
        let verified = Command::new("openssl")
            .args(["req", "-verify", "-noout", "-in"])
            .arg(&request)
            .output()
            .unwrap();
        assert!(verified.status.success(), "{verified:?}");
    }
}

#[test]
#[ignore = "the test above runs it, in a process that has a token"]
fn in_the_process_with_the_token() {
    let Some(module) = std::env::var_os("PTL_CERT_TEST_MODULE") else {
        return;
    };
    let token = token(Path::new(&module));
    assert!(matches!(
        token.public.algorithm,
        KeyAlgorithm::Rsa { bits: 2048, .. }
    ));
    let plan = Plan::of(&Fqdn::parse("gpc-int-a1b2c.supplier.thirdparty.nhs.uk").unwrap());
    let request = request_with(&token, &plan).unwrap();
    // The same in two steps, as a program that waits for its module does it.
    let unsigned = Unsigned::new(plan, token.public.clone()).unwrap();
    let signature = token.sign(unsigned.to_be_signed()).unwrap();
    assert_eq!(unsigned.signed(&signature).unwrap(), request);
    std::fs::write(
        std::env::var_os("PTL_CERT_TEST_REQUEST").unwrap(),
        request.pem(),
    )
    .unwrap();
}
