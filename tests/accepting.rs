//! What `accept` writes, as others judge it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::ptl_cert;

const NAME: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";

fn data(name: &str) -> String {
    let pki = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pki");
    pki.join(name).display().to_string()
}

/// A folder with the four files of an accepted reply.
fn accepted(replies: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut command = ptl_cert(folder.path());
    command
        .arg("accept")
        .args(replies.iter().map(|reply| data(reply)));
    command.args(["--csr", &data("leaf.csr"), "--key", &data("leaf.key")]);
    command.args(["--env", "practice", "--facts", &data("facts.toml")]);
    command.args(["--at", "2027-01-01T00:00:00Z", "--out-dir"]);
    let output = command.arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    folder
}

fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn openssl_verifies_the_full_chain_below_the_authorities_as_server_and_client() {
    // However much of the chain the reply held.
    for replies in [&["chain.p7b"][..], &["reply.zip"], &["leaf.pem"]] {
        let folder = accepted(replies);
        let (ca, full) = (format!("{NAME}.ca.pem"), format!("{NAME}.fullchain.pem"));
        for purpose in ["sslserver", "sslclient"] {
            let arguments = [
                "verify",
                "-attime",
                "1798761600",
                "-purpose",
                purpose,
                "-verify_hostname",
                NAME,
                "-CAfile",
                &ca,
                &full,
            ];
            let said = openssl(folder.path(), &arguments);
            assert!(said.trim_end().ends_with("OK"), "{replies:?}: {said}");
        }
    }
}

#[test]
fn the_certificate_is_the_one_that_was_sent_and_the_receipt_has_its_digest() {
    let folder = accepted(&["reply.zip"]);
    let certificate = format!("{NAME}.crt");
    let arguments = [
        "x509",
        "-in",
        &certificate,
        "-noout",
        "-fingerprint",
        "-sha256",
    ];
    let said = openssl(folder.path(), &arguments)
        .replace(':', "")
        .to_lowercase();
    let receipt = fs::read(folder.path().join(format!("{NAME}.receipt.json"))).unwrap();
    let receipt: serde_json::Value = serde_json::from_slice(&receipt).unwrap();
    let digest = receipt["endpoints"][0]["sha256"].as_str().unwrap();
    assert!(said.trim_end().ends_with(digest), "{said}");
}

#[test]
fn a_damaged_crl_in_the_cache_never_leads_to_an_accepted_reply() {
    const AT: &str = "2026-12-02T00:00:00Z";
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = ptl_cert(folder.path());
        let output = command.args(arguments).args(["--at", AT]).output().unwrap();
        (output.status.code(), format!("{output:?}"))
    };
    let (crl, facts, issuer) = (data("list.crl"), data("facts.toml"), data("sub.pem"));
    let imported = run(&[
        "crl", "import", &crl, "--issuer", &issuer, "--cache", "cache",
    ]);
    assert_eq!(imported.0, Some(0), "{}", imported.1);
    let crls = folder.path().join("cache/crls");
    let kept = fs::read_dir(fs::read_dir(crls).unwrap().next().unwrap().unwrap().path()).unwrap();
    let files: Vec<_> = kept.map(|entry| entry.unwrap().path()).collect();
    let (leaf, request, key) = (data("leaf.pem"), data("leaf.csr"), data("leaf.key"));
    let accept = [
        "accept",
        &leaf,
        &issuer,
        "--csr",
        &request,
        "--key",
        &key,
        "--env",
        "practice",
        "--facts",
        &facts,
        "--out-dir",
        "out",
        "--cache",
        "cache",
    ];
    // The CRL cut short, and the record that says whose list it is.
    for ending in ["crl", "json"] {
        let mut of_ending = files.iter();
        let file = of_ending.find(|file| file.extension().is_some_and(|own| own == ending));
        let file = file.unwrap();
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
        let (status, said) = run(&accept);
        assert_eq!(status, Some(3), "{said}");
        assert!(said.contains("cache"), "{said}");
        assert!(!folder.path().join("out").exists(), "{said}");
        fs::write(file, bytes).unwrap();
    }
}

/// Accepts the practice reply, with what `change` adds to the command.
fn accept_with(folder: &Path, change: impl FnOnce(&mut Command)) -> std::process::Output {
    let mut command = ptl_cert(folder);
    command.args(["accept", &data("reply.zip"), "--csr", &data("leaf.csr")]);
    command.args(["--env", "practice", "--facts", &data("facts.toml")]);
    command.args(["--at", "2027-01-01T00:00:00Z", "--out-dir", "out"]);
    change(&mut command);
    command.current_dir(folder).output().unwrap()
}

#[test]
fn a_cache_in_use_without_crls_of_the_reply_s_cas_leaves_the_reply_undecided() {
    let folder = tempfile::tempdir().unwrap();
    let crls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/crl");
    // Those of another CA, in the usual cache.
    let mut import = ptl_cert(folder.path());
    import.args(["crl", "import", "--at", "2027-01-01T00:00:00Z"]);
    import.arg(crls.join("newer.crl"));
    import.arg("--issuer").arg(crls.join("ca.pem"));
    let imported = import.output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
    let output = accept_with(folder.path(), |command| {
        command.args(["--key", &data("leaf.key")]);
    });
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("no-crl"), "{said}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_key_from_the_standard_input_is_not_taken_from_there_by_the_next_command() {
    let folder = tempfile::tempdir().unwrap();
    let output = accept_with(folder.path(), |command| {
        let key = fs::File::open(data("leaf.key")).unwrap();
        command.args(["--key", "-"]).stdin(Stdio::from(key));
    });
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains(" --key KEY "), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn where_the_output_cannot_be_written_the_error_says_that_the_files_were() {
    let folder = tempfile::tempdir().unwrap();
    let errors = folder.path().join("errors");
    let output = accept_with(folder.path(), |command| {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        command.args(["--key", &data("leaf.key")]);
        command.stdout(Stdio::from(full.unwrap()));
        command.stderr(Stdio::from(fs::File::create(&errors).unwrap()));
    });
    assert_eq!(output.status.code(), Some(3));
    let said = fs::read_to_string(errors).unwrap();
    assert!(said.contains("all four files are in out"), "{said}");
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 4);
}

/// A PKI whose sub CA has two certificates with one name and key: a general one, which the facts know, and one for servers
/// only, which the reply holds.
fn two_of_a_sub_ca(folder: &Path) {
    let extensions = format!(
        "[req]\ndistinguished_name=dn\n[dn]\n\
         [general]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n\
         subjectKeyIdentifier=hash\n\
         [servers]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n\
         subjectKeyIdentifier=hash\nextendedKeyUsage=serverAuth\n\
         [leaf]\nsubjectAltName=DNS:{NAME}\nkeyUsage=critical,digitalSignature\n\
         extendedKeyUsage=serverAuth,clientAuth\n"
    );
    fs::write(folder.join("own.cnf"), extensions).unwrap();
    let run = |command: String| openssl(folder, &command.split(' ').collect::<Vec<_>>());
    for (file, name) in [("root", "TwoRoot"), ("sub", "TwoSub"), ("leaf", NAME)] {
        run(format!(
            "req -new -config own.cnf -newkey rsa:2048 -nodes -subj /CN={name} -keyout {file}.key -out {file}.csr"
        ));
    }
    let sign = |request: &str, kind: &str, signer: &str, file: &str| {
        run(format!(
            "x509 -req -in {request}.csr -extfile own.cnf -extensions {kind} -days 36500 {signer} -out {file}.pem"
        ));
    };
    let by_root = "-CA root.pem -CAkey root.key -set_serial";
    let by_sub = "-CA general.pem -CAkey sub.key -set_serial 4";
    sign("root", "general", "-signkey root.key", "root");
    sign("sub", "general", &format!("{by_root} 2"), "general");
    sign("sub", "servers", &format!("{by_root} 3"), "servers");
    sign("leaf", "leaf", by_sub, "leaf");
    let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    let reply = text("leaf.pem") + &text("servers.pem");
    fs::write(folder.join("reply.pem"), reply).unwrap();
    let mut facts =
        "[[environment]]\nid = \"two\"\ntitle = \"Two\"\nhierarchy = \"Two\"\n".to_owned();
    for (file, role, environments) in [
        ("root.pem", "root", ""),
        ("general.pem", "sub_ca", "\"two\""),
    ] {
        let digest = run(format!("x509 -in {file} -noout -fingerprint -sha256"));
        let digest = digest.trim().replace(':', "");
        let digest = digest.rsplit('=').next().unwrap().to_lowercase();
        facts.push_str(&format!(
            "[[authority]]\nname = \"{file}\"\nrole = \"{role}\"\nhierarchy = \"Two\"\n\
             generation = \"T\"\nenvironments = [{environments}]\nsha256 = \"{digest}\"\n\
             pem = \"\"\"\n{}\"\"\"\n",
            text(file)
        ));
    }
    fs::write(folder.join("facts.toml"), facts).unwrap();
    // An empty CRL of each CA, for export.
    fs::write(folder.join("index"), "").unwrap();
    let configuration = "[ca]\ndefault_ca=a\n[a]\ndatabase=index\ndefault_md=sha256\n";
    fs::write(folder.join("ca.cnf"), configuration).unwrap();
    for (ca, certificate) in [("root", "root"), ("sub", "general")] {
        run(format!(
            "ca -gencrl -config ca.cnf -cert {certificate}.pem -keyfile {ca}.key -crldays 30 -out {ca}.crl"
        ));
    }
}

#[test]
fn the_chain_that_accept_and_export_write_is_good_for_both_ends() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    two_of_a_sub_ca(folder);
    let run = |arguments: &[&str]| {
        let mut command = ptl_cert(folder);
        command.current_dir(folder).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    let common = ["--env", "two", "--facts", "facts.toml", "--cache", "cache"];
    let with = |arguments: &[&'static str]| [arguments, &common].concat();
    run(&with(&["crl", "import", "root.crl", "sub.crl"]));
    let pair = ["--csr", "leaf.csr", "--key", "leaf.key", "--out-dir", "out"];
    run(&with(&[&["accept", "reply.pem"], &pair[..]].concat()));
    let certificate = ["export", "--for", "curl", "--cert", "reply.pem"];
    let files = ["--key", "leaf.key", "--out-dir", "exported"];
    run(&with(&[&certificate[..], &files].concat()));
    let is_chain = |path: &Path| path.to_string_lossy().contains("chain");
    let exported = fs::read_dir(folder.join("exported")).unwrap();
    let mut exported = exported.map(|entry| entry.unwrap().path());
    let exported = exported.find(|path| is_chain(path)).unwrap();
    let accepted = folder.join(format!("out/{NAME}.fullchain.pem"));
    for chain in [accepted, exported] {
        let chain = chain.to_str().unwrap();
        for purpose in ["sslserver", "sslclient"] {
            let arguments = ["verify", "-CAfile", "root.pem", "-untrusted", chain];
            let arguments = [&arguments[..], &["-purpose", purpose, chain]].concat();
            let said = openssl(folder, &arguments);
            assert!(said.trim_end().ends_with("OK"), "{said}");
        }
    }
}
