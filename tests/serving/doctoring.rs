//! `doctor` finds nothing wrong with what `export` wrote, and each thing that is broken in it by its code.

use std::path::Path;

use ptl_cert::lab::Defect;
use serde_json::Value;

use super::{Estate, LAB};
use crate::program::{is_installed, ptl_cert};

/// The codes that `doctor` finds, with its exit status.
fn codes(estate: &Estate, words: &[&str]) -> (Vec<String>, Option<i32>) {
    let usual = ["doctor", "--format", "json"];
    let output = estate.run(&[&usual[..], &LAB, words].concat());
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let sites = report["sites"].as_array().unwrap();
    assert!(!sites.is_empty(), "{report}");
    let mut codes: Vec<String> = sites
        .iter()
        .flat_map(|site| site["findings"].as_array().unwrap())
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect();
    codes.sort();
    codes.dedup();
    (codes, output.status.code())
}

const CONFIGS: [(&str, &str); 4] = [
    ("nginx", "ptl-cert.conf"),
    ("apache", "ptl-cert.conf"),
    ("haproxy", "ptl-cert.cfg"),
    ("tomcat", "connector.xml"),
];

#[test]
fn nothing_is_wrong_with_what_export_wrote() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    for (target, config) in CONFIGS {
        let folder = estate.export(target, target, &[]);
        for path in [folder.join(config), folder] {
            let found = codes(&estate, &[path.to_str().unwrap()]);
            assert_eq!(found, (Vec::new(), Some(0)), "{target}: {}", path.display());
        }
    }
}

#[test]
fn a_crl_of_a_trusted_ca_that_the_facts_do_not_name_counts() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let facts = std::fs::read_to_string(estate.path("facts.toml")).unwrap();
    let roots: String = facts
        .split("[[authority]]")
        .enumerate()
        .filter(|(number, one)| *number == 0 || one.contains("role = \"root\""))
        .map(|(number, one)| match number {
            0 => one.to_owned(),
            _ => format!("[[authority]]{one}"),
        })
        .collect();
    std::fs::write(estate.path("facts.toml"), roots).unwrap();
    let config = folder.join("ptl-cert.conf");
    let (found, status) = codes(&estate, &[config.to_str().unwrap()]);
    assert_eq!(
        (found, status),
        (vec!["server-other-ca".to_owned()], Some(0))
    );
}

/// A change to one file of a kit, and the codes that it leads to.
struct Broken {
    target: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    codes: &'static [&'static str],
}

const fn broken(
    target: &'static str,
    from: &'static str,
    to: &'static str,
    codes: &'static [&'static str],
) -> Broken {
    let file = match target.as_bytes() {
        b"haproxy" => "ptl-cert.cfg",
        b"tomcat" => "connector.xml",
        _ => "ptl-cert.conf",
    };
    Broken {
        target,
        file,
        from,
        to,
        codes,
    }
}

const BROKEN: [Broken; 66] = [
    broken(
        "nginx",
        "fullchain.pem",
        "expired.pem",
        &["server-certificate-expired", "server-key-mismatch"],
    ),
    broken("nginx", "ssl_crl", "# ssl_crl", &["server-crl-absent"]),
    broken(
        "nginx",
        "ssl_verify_client on;",
        "",
        &["server-clients-optional", "server-crl-unchecked"],
    ),
    broken(
        "nginx",
        "ssl_verify_client on;",
        "ssl_verify_client optional;",
        &["server-clients-optional"],
    ),
    broken(
        "nginx",
        "ssl_verify_depth 2;",
        "ssl_verify_depth 0;",
        &["server-depth"],
    ),
    broken(
        "nginx",
        "TLSv1.2 TLSv1.3",
        "TLSv1 TLSv1.1 TLSv1.2",
        &["server-version"],
    ),
    broken(
        "nginx",
        "ECDHE-RSA-AES256-GCM-SHA384:",
        "ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA:",
        &["server-suite"],
    ),
    broken(
        "nginx",
        "ssl_ciphers",
        "# ssl_ciphers",
        &["server-security-level", "server-suite"],
    ),
    broken(
        "nginx",
        "Ciphersuites TLS_AES_256_GCM_SHA384",
        "Ciphersuites TLS_CHACHA20_POLY1305_SHA256",
        &["server-suite"],
    ),
    broken("nginx", ":@SECLEVEL=0", "", &["server-security-level"]),
    broken("nginx", "return 403;", "set $x 1;", &["server-any-client"]),
    broken(
        "nginx",
        "    default 0;\n    \"~^(?:10.|..1)$\" 1;",
        "    default 1;",
        &["server-any-client"],
    ),
    broken(
        "nginx",
        "fullchain.pem",
        "leaf.pem",
        &["server-sub-ca-unsent"],
    ),
    broken("nginx", "/key.pem", "/other.key", &["server-key-mismatch"]),
    broken("nginx", "/key.pem", "/open.key", &["server-key-readable"]),
    broken(
        "nginx",
        "/ca.pem",
        "/one-generation.pem",
        &["server-generation-missing"],
    ),
    broken(
        "nginx",
        "/ca.pem",
        "/missing.pem",
        &["server-file-unreadable"],
    ),
    broken(
        "nginx",
        "/ca.pem",
        "/foreign.pem",
        &["server-crl-incomplete", "server-other-ca"],
    ),
    broken(
        "nginx",
        "/crl.pem",
        "/one.crl.pem",
        &["server-crl-incomplete"],
    ),
    broken("nginx", "/crl.pem", "/stale.crl.pem", &["server-crl-stale"]),
    broken(
        "apache",
        "SSLCARevocationCheck chain",
        "",
        &["server-crl-unchecked"],
    ),
    broken(
        "apache",
        "SSLCARevocationCheck chain",
        "SSLCARevocationCheck leaf",
        &["server-crl-unchecked"],
    ),
    broken(
        "apache",
        "SSLCARevocationFile",
        "# SSLCARevocationFile",
        &["server-crl-absent"],
    ),
    broken(
        "apache",
        "SSLVerifyDepth 2",
        "SSLVerifyDepth 1",
        &["server-depth"],
    ),
    broken(
        "apache",
        "SSLProtocol -all +TLSv1.2 +TLSv1.3",
        "SSLProtocol all",
        &["server-version"],
    ),
    broken(
        "apache",
        "<RequireAny>",
        "<RequireAny>\n Require all granted",
        &["server-any-client"],
    ),
    broken(
        "haproxy",
        "verify required",
        "verify optional",
        &["server-clients-optional"],
    ),
    broken(
        "haproxy",
        "http-request deny",
        "# http-request deny",
        &["server-any-client"],
    ),
    broken(
        "haproxy",
        "ssl-min-ver TLSv1.2",
        "ssl-min-ver TLSv1.0",
        &["server-version"],
    ),
    broken(
        "haproxy",
        "ssl-min-ver TLSv1.2",
        "ssl-min-ver TLSv1.0 no-tlsv10 no-tlsv11",
        &["server-version"],
    ),
    broken(
        "haproxy",
        "ssl-min-ver TLSv1.2",
        "ssl-min-ver TLSV1.2",
        &["server-not-examined"],
    ),
    broken(
        "haproxy",
        "verify required",
        "verify \"$HOW\"",
        &["server-not-examined"],
    ),
    broken(
        "haproxy",
        "verify required",
        "verify required \"${MORE[*]}\"",
        &["server-not-examined"],
    ),
    broken(
        "nginx",
        "server {\n",
        "server {\n    listen 443 ssl default_server;\n    ssl_reject_handshake on;\n}\nserver {\n",
        &["server-version"],
    ),
    broken(
        "tomcat",
        "certificateVerification=\"required\"",
        "certificateVerification=\"none\"",
        &["server-clients-optional", "server-crl-unchecked"],
    ),
    broken(
        "tomcat",
        "TLSv1.2+TLSv1.3",
        "TLSv1.1+TLSv1.2",
        &["server-version"],
    ),
    broken(
        "apache",
        "<Location \"/\">",
        "<Location \"/private\">",
        &["server-any-client"],
    ),
    broken(
        "haproxy",
        " unless ",
        " if { path_beg /private } !",
        &["server-any-client"],
    ),
    // Which clients these admit is not decided.
    broken(
        "nginx",
        "_admitted = 0)",
        "_admitted = 1)",
        &["server-not-examined"],
    ),
    broken(
        "nginx",
        "    \"~^(?:10.|..1)$\" 1;",
        "    \"~^(?:10.|..1)$\" 1;\n    \"~.\" 1;",
        &["server-not-examined"],
    ),
    broken(
        "nginx",
        "    if ($ptl",
        "    if ($request_method = POST) {\n        return 200;\n    }\n    if ($ptl",
        &["server-not-examined"],
    ),
    broken(
        "nginx",
        "    location / {",
        "    error_page 403 = @other;\n    location / {",
        &["server-not-examined"],
    ),
    broken(
        "nginx",
        "    ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256;",
        "",
        &["server-suite"],
    ),
    broken(
        "nginx",
        "    ssl_conf_command",
        "    ssl_conf_command CipherString ALL:@SECLEVEL=0;\n    ssl_conf_command",
        &["server-suite"],
    ),
    broken(
        "nginx",
        "    ssl_protocols TLSv1.2 TLSv1.3;",
        "",
        &["server-version"],
    ),
    broken(
        "apache",
        "    ProxyPass \"/\"",
        "    <Location \"/open\">\n        Require method GET\n    </Location>\n    ProxyPass \"/\"",
        &["server-not-examined"],
    ),
    broken(
        "apache",
        "</RequireAny>",
        "Require ip 127.0.0.1\n</RequireAny>",
        &["server-not-examined"],
    ),
    broken(
        "apache",
        "<Location \"/\">",
        "<Directory \"/\">",
        &["server-not-examined"],
    ),
    broken(
        "apache",
        "    SSLVerifyClient require",
        "    <Location \"/admin\">\n        SSLVerifyClient require\n    </Location>",
        &[
            "server-clients-optional",
            "server-crl-unchecked",
            "server-not-examined",
        ],
    ),
    broken(
        "apache",
        "    SSLProtocol -all +TLSv1.2 +TLSv1.3",
        "",
        &["server-version"],
    ),
    broken(
        "apache",
        "    SSLCACertificateFile",
        "    # SSLCACertificateFile",
        &["server-generation-missing"],
    ),
    broken(
        "apache",
        "SSLCARevocationCheck chain",
        "SSLCARevocationCheck chain no_crl_for_cert_ok",
        &["server-crl-unchecked"],
    ),
    broken(
        "haproxy",
        "verify required",
        "verify required crt-ignore-err all",
        &["server-crl-unchecked"],
    ),
    broken(
        "haproxy",
        "    http-request deny",
        "    http-request return status 200 if { path_beg /open }\n    http-request deny",
        &["server-not-examined"],
    ),
    broken(
        "haproxy",
        "    http-request deny deny_status 403 unless ",
        "    acl other src 127.0.0.0/8\n    http-request deny deny_status 403 unless other || ",
        &["server-not-examined"],
    ),
    broken("tomcat", "TLSv1.2+TLSv1.3", "all,-TLSv1,-TLSv1.1", &[]),
    // A chain ends at the first CA that is trusted, and these are all.
    broken(
        "tomcat",
        "certificateVerification=\"required\" certificateVerificationDepth=\"3\"",
        "certificateVerification=\"require\" certificateVerificationDepth=\"0\"",
        &[],
    ),
    broken(
        "tomcat",
        "cipherSuites=\"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256\"",
        "",
        &["server-suite"],
    ),
    // The first virtual host of the address has no TLS.
    broken(
        "apache",
        "<VirtualHost *:443>",
        "<VirtualHost *:443>\nServerName first\n</VirtualHost>\n<VirtualHost *:443>",
        &["server-clients-optional"],
    ),
    // The last counts.
    broken(
        "apache",
        "    SSLCACertificateFile",
        "    SSLCACertificateFile \"/missing.pem\"\n    SSLCACertificateFile",
        &[],
    ),
    broken("nginx", "TLSv1.2 TLSv1.3", "TLSv1.3", &["server-version"]),
    broken(
        "nginx",
        "fullchain.pem",
        "other-environment.pem",
        &["server-certificate-unfit", "server-key-mismatch"],
    ),
    broken(
        "apache",
        "ServerName ",
        "ServerName another.",
        &["server-certificate-unfit"],
    ),
    broken(
        "nginx",
        "fullchain.pem",
        "ca.pem",
        &[
            "server-certificate-unfit",
            "server-file-unreadable",
            "server-key-mismatch",
        ],
    ),
    broken(
        "nginx",
        "/key.pem",
        "/fullchain.pem",
        &["server-file-unreadable"],
    ),
    // The server takes the first certificate of a file for its own.
    broken(
        "nginx",
        "fullchain.pem",
        "ca-first.pem",
        &["server-key-mismatch"],
    ),
];

/// The objects of a text in PEM, each with what follows it.
fn blocks(text: &str) -> Vec<String> {
    let parts = text.split("-----BEGIN").skip(1);
    parts.map(|one| format!("-----BEGIN{one}")).collect()
}

/// Files that a broken configuration names instead of the right ones.
fn prepare(estate: &Estate, folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for name in ["expired.pem", "other-environment.pem"] {
        std::fs::copy(estate.path(name), folder.join(name)).unwrap();
    }
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let chain = blocks(&read("fullchain.pem"));
    write("leaf.pem", &chain[0]);
    write("ca-first.pem", &[chain[1].as_str(), &chain[0]].concat());
    let trust = blocks(&read("ca.pem"));
    // Roots come first, the oldest generation's before the others'.
    write(
        "one-generation.pem",
        &[trust[0].as_str(), &trust[1], &trust[3], &trust[4]].concat(),
    );
    let foreign = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/environment/data/NHS-PTL-Root-Authority.pem"),
    )
    .unwrap();
    write("foreign.pem", &(read("ca.pem") + &foreign));
    write("one.crl.pem", &blocks(&read("crl.pem"))[0]);
    std::fs::copy(estate.path("client.key"), folder.join("other.key")).unwrap();
    std::fs::set_permissions(folder.join("other.key"), PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::copy(folder.join("key.pem"), folder.join("open.key")).unwrap();
    std::fs::set_permissions(folder.join("open.key"), PermissionsExt::from_mode(0o644)).unwrap();
}

#[test]
fn each_broken_configuration_has_its_finding() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let moment = |days: i64| {
        ptl_cert::document::Moment::from_unix(estate.now.unix() - days * super::DAY).unwrap()
    };
    estate.import("stale", moment(8), Some(moment(7)));
    let at = moment(7).to_string();
    let stale = estate.export("nginx", "stale-kit", &["--cache", "stale", "--at", &at]);
    for (target, _) in CONFIGS {
        estate.export(target, target, &[]);
    }
    let nginx = estate.path("nginx");
    prepare(&estate, &nginx);
    std::fs::copy(stale.join("crl.pem"), nginx.join("stale.crl.pem")).unwrap();
    let mut wrong = Vec::new();
    for one in &BROKEN {
        let folder = estate.path(one.target);
        let text = std::fs::read_to_string(folder.join(one.file)).unwrap();
        assert!(text.contains(one.from), "{}: {}", one.target, one.from);
        let config = folder.join(format!("broken-{}", one.file));
        std::fs::write(&config, text.replace(one.from, one.to)).unwrap();
        let (found, _) = codes(&estate, &[config.to_str().unwrap()]);
        if found != one.codes {
            wrong.push(format!(
                "{}: {} -> {}: {found:?}",
                one.target, one.from, one.to
            ));
        }
        std::fs::remove_file(config).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Changes to a file after which the server that names it no longer reads it, though everything in it can be read.
type Change = (&'static str, fn(&str) -> String);

const UNREADABLE_BY_OPENSSL: [Change; 5] = [
    ("joined without a line end", |text| {
        text.replace("-----\n-----", "----------")
    }),
    ("indented", |text| {
        text.replace("-----BEGIN", "  -----BEGIN")
    }),
    ("with a blank line inside", |text| {
        text.replace("-----\nMII", "-----\nM\n\nII")
    }),
    ("with lone carriage returns", |text| {
        text.replace('\n', "\r")
    }),
    ("as base64 of the PEM", |text| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(text)
    }),
];

#[test]
fn a_file_that_openssl_does_not_read_is_found_before_the_server_refuses_it() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let mut wrong = Vec::new();
    for (target, config, files) in [
        (
            "nginx",
            "ptl-cert.conf",
            &["fullchain.pem", "ca.pem", "crl.pem"][..],
        ),
        ("apache", "ptl-cert.conf", &["ca.pem"]),
        ("haproxy", "ptl-cert.cfg", &["haproxy.pem", "crl.pem"]),
    ] {
        let folder = estate.export(target, target, &[]);
        let found = || codes(&estate, &[folder.join(config).to_str().unwrap()]).0;
        for file in files {
            let path = folder.join(file);
            let good = std::fs::read_to_string(&path).unwrap();
            for (what, change) in UNREADABLE_BY_OPENSSL {
                std::fs::write(&path, change(&good)).unwrap();
                if found() != ["server-file-unreadable"] {
                    wrong.push(format!("{target}: {file} {what}: {:?}", found()));
                }
            }
            std::fs::write(&path, &good).unwrap();
        }
        assert!(found().is_empty(), "{target}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn another_format_than_the_server_reads_is_found() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let nginx = estate.export("nginx", "nginx", &[]);
    let path = |file: &str| nginx.join(file).to_str().unwrap().to_owned();
    let chain = path("fullchain.pem");
    let key = path("key.pem");
    for (file, words) in [
        (
            "chain.p7b",
            &[
                "crl2pkcs7",
                "-nocrl",
                "-certfile",
                &chain,
                "-outform",
                "DER",
            ][..],
        ),
        (
            "chain.p7b.pem",
            &["crl2pkcs7", "-nocrl", "-certfile", &chain],
        ),
        ("key.der", &["pkey", "-in", &key, "-outform", "DER"]),
    ] {
        estate.openssl(&[words, &["-out", &path(file)]].concat());
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path(file), PermissionsExt::from_mode(0o600)).unwrap();
        let right = match file {
            "key.der" => "/key.pem",
            _ => "/fullchain.pem",
        };
        let config = nginx.join("ptl-cert.conf");
        let text = std::fs::read_to_string(&config).unwrap();
        let changed = config.with_extension("changed");
        std::fs::write(&changed, text.replace(right, &format!("/{file}"))).unwrap();
        let (found, _) = codes(&estate, &[changed.to_str().unwrap()]);
        assert_eq!(found, ["server-file-unreadable"], "{file}");
    }
    let parameters = nginx.join("dhparam.pem");
    let good = std::fs::read_to_string(&parameters).unwrap();
    std::fs::write(&parameters, good.replace("-----BEGIN", " -----BEGIN")).unwrap();
    let config = nginx.join("ptl-cert.conf");
    let (found, _) = codes(&estate, &[config.to_str().unwrap()]);
    assert_eq!(found, ["server-file-unreadable"], "dhparam.pem");
    let tomcat = estate.export("tomcat", "tomcat", &[]);
    let config = tomcat.join("connector.xml");
    let trust = nginx.join("ca.pem");
    let to = format!("truststoreFile=\"{}\"", trust.display());
    let text = std::fs::read_to_string(&config).unwrap();
    let (before, rest) = text.split_once("truststoreFile=\"").unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    let changed = config.with_extension("changed.xml");
    std::fs::write(&changed, format!("{before}{to}{after}")).unwrap();
    let (found, _) = codes(&estate, &[changed.to_str().unwrap()]);
    assert_eq!(found, ["server-file-unreadable"], "ca.pem as a truststore");
}

/// The configuration with one quoted path after a word in place of another, and the codes that `doctor` finds.
fn with_path(estate: &Estate, config: &Path, from: &str, to: &str) -> Vec<String> {
    let text = std::fs::read_to_string(config).unwrap();
    let (before, rest) = text.split_once(&format!("{from} \"")).unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    let changed = config.with_extension("changed");
    std::fs::write(&changed, format!("{before}{to}{after}")).unwrap();
    codes(estate, &[changed.to_str().unwrap()]).0
}

#[test]
fn each_certificate_that_haproxy_reads_is_judged_with_its_own_chain_and_its_own_key() {
    use std::os::unix::fs::PermissionsExt;
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("haproxy", "haproxy", &[]);
    let config = folder.join("ptl-cert.cfg");
    let all = std::fs::read_to_string(folder.join("haproxy.pem")).unwrap();
    let blocks = blocks(&all);
    let labelled = |label: &str| -> Vec<&str> {
        let all = blocks.iter().map(String::as_str);
        all.filter(|one| one.starts_with(label)).collect()
    };
    let certificates = labelled("-----BEGIN CERTIFICATE");
    let (own, sub) = (certificates[0], certificates[1]);
    let key = labelled("-----BEGIN PRIVATE KEY")[0];
    let write = |path: &Path, parts: &[&str]| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, parts.concat()).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    };
    let other_key = std::fs::read_to_string(estate.path("client.key")).unwrap();
    let expired = std::fs::read_to_string(estate.path("expired.pem")).unwrap();
    let path = |name: &str| estate.path(name);
    write(&path("alone/own.pem"), &[own, key]);
    write(&path("chains/sub.pem"), &[sub]);
    write(&path("good/a.pem"), &[&all]);
    write(&path("good/b.pem"), &[&all]);
    // What lies beside certificates is not read as one.
    write(&path("good/b.pem.issuer"), &["not a certificate"]);
    write(&path("mixed/a.pem"), &[&all]);
    write(&path("mixed/b.pem"), &[&expired, &other_key]);
    write(&path("mixed/c.pem"), &[own, sub, &other_key]);
    write(&path("mixed/d.pem"), &[own, key]);
    let crt = |name: &str| format!("crt \"{}\"", path(name).display());
    let found = |to: String| with_path(&estate, &config, "crt", &to);
    let none: [&str; 0] = [];
    assert_eq!(found(crt("good/a.pem")), none);
    assert_eq!(found(crt("good")), none);
    assert_eq!(found(crt("alone/own.pem")), ["server-sub-ca-unsent"]);
    // The CA in the file of one certificate is not sent with another.
    let both = format!("{} {}", crt("good/a.pem"), crt("alone/own.pem"));
    assert_eq!(found(both), ["server-sub-ca-unsent"]);
    assert_eq!(
        found(crt("mixed")),
        [
            "server-certificate-expired",
            "server-key-mismatch",
            "server-sub-ca-unsent"
        ]
    );
    // A self-signed certificate is presented as any other, though it says that it is a CA's.
    let words = [
        "-keyout",
        "pub.key",
        "-out",
        "pub.pem",
        "-subj",
        "/CN=pub.example",
    ];
    let usual = ["req", "-x509", "-newkey", "rsa:2048", "-nodes"];
    estate.openssl(&[&usual[..], &words].concat());
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let (own, key) = (read("pub.pem"), read("pub.key"));
    write(&path("good/pub.pem"), &[&own, &key]);
    assert_eq!(found(crt("good")), ["server-certificate-unfit"]);
    // A folder of chains for certificates that have none in their files.
    let text = std::fs::read_to_string(&config).unwrap();
    let chains = format!(
        "global\n  issuers-chain-path {}\n",
        path("chains").display()
    );
    std::fs::write(&config, chains + &text).unwrap();
    assert_eq!(
        with_path(&estate, &config, "crt", &crt("alone/own.pem")),
        none
    );
}

#[test]
fn haproxy_takes_the_key_from_the_file_beside_the_certificate() {
    use std::os::unix::fs::PermissionsExt;
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("haproxy", "haproxy", &[]);
    let config = folder.join("ptl-cert.cfg");
    let all = blocks(&std::fs::read_to_string(folder.join("haproxy.pem")).unwrap());
    let (keys, certificates): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|one| one.contains("PRIVATE KEY"));
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(estate.path("crt")).unwrap();
        let path = estate.path("crt").join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    };
    let crt = format!("crt \"{}\"", estate.path("crt/own.crt").display());
    let in_folder = format!("crt \"{}\"", estate.path("crt").display());
    let found = |global: &str, to: &str| {
        let text = std::fs::read_to_string(&config).unwrap();
        let changed = folder.join("changed.cfg");
        std::fs::write(&changed, format!("global\n  {global}\n{text}")).unwrap();
        with_path(&estate, &changed, "crt", to)
    };
    let none: [&str; 0] = [];
    let other_key = std::fs::read_to_string(estate.path("client.key")).unwrap();
    write("own.crt", &certificates.concat());
    assert_eq!(found("", &crt), ["server-file-unreadable"]);
    assert_eq!(found("", &in_folder), ["server-file-unreadable"]);
    write("own.crt.key", &keys.concat());
    assert_eq!(found("", &crt), none);
    assert_eq!(found("", &in_folder), none);
    let without = "ssl-load-extra-files ocsp sctl";
    assert_eq!(found(without, &crt), ["server-file-unreadable"]);
    let with = "ssl-load-extra-files ocsp key";
    assert_eq!(found(with, &crt), none);
    write("own.crt.key", &other_key);
    assert_eq!(found("", &crt), ["server-key-mismatch"]);
    assert_eq!(found("", &in_folder), ["server-key-mismatch"]);
    write("own.key", &keys.concat());
    assert_eq!(found("ssl-load-extra-del-ext", &crt), none);
}

#[test]
fn of_a_folder_of_cas_haproxy_takes_one_from_each_file_with_a_known_ending_and_no_crls() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("haproxy", "haproxy", &[]);
    let config = folder.join("ptl-cert.cfg");
    let all = std::fs::read_to_string(folder.join("ca.pem")).unwrap();
    for name in ["each", "whole", "hashes"] {
        std::fs::create_dir(estate.path(name)).unwrap();
    }
    for (number, one) in blocks(&all).iter().enumerate() {
        let ending = ["pem", "crt", "cer"][number % 3];
        std::fs::write(estate.path(&format!("each/{number}.{ending}")), one).unwrap();
        std::fs::write(estate.path(&format!("hashes/{number:08x}.0")), one).unwrap();
    }
    std::fs::write(estate.path("whole/ca.pem"), &all).unwrap();
    let found = |setting: &str, name: &str| {
        let to = format!("{setting} \"{}\"", estate.path(name).display());
        with_path(&estate, &config, setting, &to)
    };
    assert_eq!(found("ca-file", "each"), Vec::<String>::new());
    let whole = found("ca-file", "whole");
    assert!(
        whole.contains(&"server-generation-missing".to_owned()),
        "{whole:?}"
    );
    assert_eq!(found("ca-file", "hashes"), ["server-file-unreadable"]);
    std::fs::create_dir(estate.path("crls")).unwrap();
    std::fs::copy(folder.join("crl.pem"), estate.path("crls/crl.pem")).unwrap();
    assert_eq!(found("crl-file", "crls"), ["server-file-unreadable"]);
}

#[test]
fn nginx_opens_a_key_with_one_of_the_passwords_in_its_file() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let config = folder.join("ptl-cert.conf");
    let key = folder.join("key.pem");
    let key = key.to_str().unwrap();
    estate.openssl(&[
        "pkcs8",
        "-topk8",
        "-in",
        key,
        "-out",
        "locked",
        "-passout",
        "pass:right",
    ]);
    std::fs::copy(estate.path("locked"), key).unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let found = |passwords: Option<&str>| {
        let setting = passwords.map(|passwords| {
            std::fs::write(folder.join("passwords"), passwords).unwrap();
            let path = folder.join("passwords");
            format!("ssl_password_file {};\n    ssl_crl", path.display())
        });
        let setting = setting.unwrap_or_else(|| "ssl_crl".to_owned());
        std::fs::write(&config, text.replace("ssl_crl", &setting)).unwrap();
        codes(&estate, &[config.to_str().unwrap()]).0
    };
    assert_eq!(found(Some("wrong\nright\n")), Vec::<String>::new());
    assert_eq!(found(Some("wrong\n")), ["server-file-unreadable"]);
    assert_eq!(found(None), ["server-file-unreadable"]);
}

#[test]
fn what_is_wrong_with_one_server_outranks_what_was_not_examined_of_another() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let config = folder.join("ptl-cert.conf");
    let path = config.to_str().unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let answer = "    error_page 403 = @other;\n    location / {";
    let unclear = text.replace("    location / {", answer);
    std::fs::write(&config, &unclear).unwrap();
    let (found, status) = codes(&estate, &[path]);
    assert_eq!(found, ["server-not-examined"]);
    assert_eq!(status, Some(3));
    let other = "server { listen 9443 ssl; ssl_verify_client on; }\n";
    std::fs::write(&config, format!("{unclear}{other}")).unwrap();
    assert_eq!(codes(&estate, &[path]).1, Some(1));
    // One that answers nobody has nothing wrong with it.
    let other = "server { listen 9443 ssl; ssl_reject_handshake on; }\n";
    std::fs::write(&config, format!("{text}{other}")).unwrap();
    assert_eq!(codes(&estate, &[path]), (Vec::new(), Some(0)));
}

#[test]
fn what_apache_may_be_set_under_a_condition_is_not_said_to_be_absent() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("apache", "apache", &[]);
    let config = folder.join("conditional.conf");
    let text = std::fs::read_to_string(folder.join("ptl-cert.conf")).unwrap();
    for name in [
        "SSLCARevocationFile",
        "SSLCARevocationCheck",
        "SSLCACertificateFile",
        "SSLCertificateFile",
        "SSLCertificateKeyFile",
        "SSLVerifyClient",
        "SSLVerifyDepth",
        "SSLProtocol",
        "SSLCipherSuite",
    ] {
        let wrap = |line: &str| match line.trim_start().starts_with(name) {
            true => format!("<IfDefine A>\n{line}\n</IfDefine>\n"),
            false => format!("{line}\n"),
        };
        let conditional: String = text.lines().map(wrap).collect();
        assert!(conditional.contains("IfDefine"), "{name}");
        std::fs::write(&config, conditional).unwrap();
        let (found, status) = codes(&estate, &[config.to_str().unwrap()]);
        assert_eq!(found, ["server-not-examined"], "{name}");
        assert_eq!(status, Some(3));
    }
}

#[test]
fn of_a_key_store_with_another_password_the_password_is_to_be_corrected_and_not_the_path() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("tomcat", "tomcat", &[]);
    let config = folder.join("connector.xml");
    let text = std::fs::read_to_string(&config).unwrap();
    let (before, rest) = text.split_once("certificateKeystorePassword=\"").unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    let wrong = format!("{before}certificateKeystorePassword=\"another\"{after}");
    std::fs::write(&config, wrong).unwrap();
    let usual = ["doctor", "--format", "json", config.to_str().unwrap()];
    let output = estate.run(&[&usual[..], &LAB].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [finding] = report["sites"][0]["findings"]
        .as_array()
        .unwrap()
        .as_slice()
    else {
        panic!("{report}");
    };
    assert_eq!(finding["code"], "server-file-unreadable");
    let (message, remedy) = (
        finding["message"].as_str().unwrap(),
        finding["remedy"].as_str().unwrap(),
    );
    assert!(message.contains("the password does not open"), "{message}");
    assert_eq!(message.matches("/tomcat/").count(), 1, "{message}");
    assert!(
        remedy.contains("password") && !remedy.contains("path"),
        "{remedy}"
    );
    // Only the running server knows what a property is.
    let variable = format!("{before}certificateKeystorePassword=\"${{password}}\"{after}");
    std::fs::write(&config, variable).unwrap();
    let output = estate.run(&[&usual[..], &LAB].concat());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["sites"][0]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{report}");
    assert_eq!(findings[0]["code"], "server-not-examined");
    assert_eq!(findings[0]["facts"]["part"], "password_with_variable");
}

/// A key store of keytool's, whose key has the password "practice", with another password of its own.
fn java_store(password: &str) -> Vec<u8> {
    let store = include_bytes!("../data/practice.jks");
    let (contents, _) = store.split_at(store.len() - 20);
    let mut sealed: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
    sealed.extend(b"Mighty Aphrodite");
    sealed.extend(contents);
    let check = openssl::hash::hash(openssl::hash::MessageDigest::sha1(), &sealed).unwrap();
    [contents, &check[..]].concat()
}

#[test]
fn a_key_store_that_java_refuses_is_no_usable_file_and_one_with_two_passwords_is() {
    let top = tempfile::tempdir().unwrap();
    let path = top.path().join("k.jks");
    let refused = |store: &[u8], settings: &str| {
        std::fs::write(&path, store).unwrap();
        let text = format!(
            r#"<Server><Service><Connector port="1" SSLEnabled="true"><SSLHostConfig>
            <Certificate certificateKeystoreFile="{}" {settings}/></SSLHostConfig></Connector></Service></Server>"#,
            path.display()
        );
        std::fs::write(top.path().join("server.xml"), text).unwrap();
        let mut command = ptl_cert(top.path());
        let command = command.args(["doctor", "server.xml", "--format", "json"]);
        let output = command.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let findings = report["sites"][0]["findings"].as_array().unwrap();
        findings.iter().any(|one| {
            let message = one["message"].as_str().unwrap();
            one["code"] == "server-file-unreadable"
                && (message.contains("integrity check") || message.contains("does not open"))
        })
    };
    let sound = java_store("store");
    let mut damaged = sound.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let both = r#"certificateKeystorePassword="store" certificateKeyPassword="practice""#;
    assert!(!refused(&sound, both));
    assert!(refused(&damaged, both));
    for (store, key, is_refused) in [
        (
            r#"certificateKeystorePassword="wrong""#,
            r#"certificateKeyPassword="practice""#,
            true,
        ),
        (r#"certificateKeystorePassword="practice""#, "", true),
        // Java opens the key with the store's password where the key has none of its own.
        (r#"certificateKeystorePassword="store""#, "", true),
        (
            r#"certificateKeystorePassword="store""#,
            r#"certificateKeyPassword="store""#,
            true,
        ),
        (
            r#"certificateKeystorePassword="store""#,
            r#"certificateKeyPasswordFile="f""#,
            false,
        ),
        (
            r#"certificateKeystorePasswordFile="f""#,
            r#"certificateKeyPassword="practice""#,
            false,
        ),
    ] {
        let settings = format!("{store} {key}");
        assert_eq!(refused(&sound, &settings), is_refused, "{settings}");
    }
}

#[test]
fn of_a_folder_of_cas_apache_finds_those_whose_names_are_hashes() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("apache", "apache", &[]);
    let config = folder.join("ptl-cert.conf");
    let cas = folder.join("cas");
    std::fs::create_dir(&cas).unwrap();
    let all = std::fs::read_to_string(folder.join("ca.pem")).unwrap();
    for (number, one) in blocks(&all).iter().enumerate() {
        std::fs::write(cas.join(format!("{number}.pem")), one).unwrap();
    }
    let path = format!("SSLCACertificatePath \"{}\"", cas.display());
    let found = || with_path(&estate, &config, "SSLCACertificateFile", &path);
    assert_eq!(found(), ["server-file-unreadable"]);
    estate.openssl(&["rehash", cas.to_str().unwrap()]);
    assert_eq!(found(), Vec::<String>::new());
    let crls = folder.join("crls");
    std::fs::create_dir(&crls).unwrap();
    let all = std::fs::read_to_string(folder.join("crl.pem")).unwrap();
    for (number, one) in blocks(&all).iter().enumerate() {
        std::fs::write(crls.join(format!("{number}.pem")), one).unwrap();
    }
    estate.openssl(&["rehash", crls.to_str().unwrap()]);
    let path = format!("SSLCARevocationPath \"{}\"", crls.display());
    let found_crls = || with_path(&estate, &config, "SSLCARevocationFile", &path);
    assert_eq!(found_crls(), Vec::<String>::new());
    // The number begins at 0, and the name is that of the issuer.
    let hashes = |folder: &Path| -> Vec<std::path::PathBuf> {
        let files = std::fs::read_dir(folder).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let is_hash = |file: &std::path::PathBuf| file.extension().unwrap() != "pem";
        let mut files: Vec<_> = files.filter(is_hash).collect();
        files.sort();
        files
    };
    let rename =
        |file: &Path, name: &str| std::fs::rename(file, file.with_file_name(name)).unwrap();
    let first = hashes(&crls).swap_remove(0);
    let stem = first.file_stem().unwrap().to_str().unwrap().to_owned();
    for name in [format!("{stem}.r9"), "01234567.r0".to_owned()] {
        rename(&first, &name);
        assert_eq!(found_crls(), ["server-crl-incomplete"], "{name}");
        rename(&first.with_file_name(&name), &format!("{stem}.r0"));
    }
    assert_eq!(found_crls(), Vec::<String>::new());
    for file in hashes(&cas) {
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        rename(&file, &format!("{stem}.7"));
    }
    assert_eq!(found(), ["server-file-unreadable"]);
}

#[test]
fn apache_sends_the_sub_ca_from_the_cas_that_it_trusts_where_no_file_has_a_chain() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("apache", "apache", &[]);
    let config = folder.join("ptl-cert.conf");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let chain = blocks(&read("fullchain.pem"));
    let other = blocks(&read("ca.pem")).swap_remove(0);
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).unwrap();
        format!("SSLCertificateFile \"{}\"", folder.join(name).display())
    };
    let leaf = write("leaf.pem", &chain[0]);
    let wrong = write("wrong.pem", &[chain[0].as_str(), &other].concat());
    let other = write("other.pem", &other).replace("CertificateFile", "CertificateChainFile");
    let found = |to: &str| with_path(&estate, &config, "SSLCertificateFile", to);
    assert_eq!(found(&leaf), Vec::<String>::new());
    assert_eq!(found(&wrong), ["server-sub-ca-unsent"]);
    assert_eq!(found(&format!("{leaf}\n{other}")), ["server-sub-ca-unsent"]);
    std::fs::write(folder.join("ca.pem"), &blocks(&read("ca.pem"))[0]).unwrap();
    assert!(found(&leaf).contains(&"server-sub-ca-unsent".to_owned()));
}

#[test]
fn cas_that_are_trusted_and_not_named_to_clients_are_missing_from_the_request() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let apache = estate.export("apache", "apache", &[]);
    let one = estate.path("one.pem");
    let all = std::fs::read_to_string(apache.join("ca.pem")).unwrap();
    std::fs::write(&one, &blocks(&all)[0]).unwrap();
    let (all, one) = (apache.join("ca.pem"), one.display());
    let request = format!(
        "SSLCACertificateFile \"{}\"\n SSLCADNRequestFile \"{one}\"",
        all.display()
    );
    let config = apache.join("ptl-cert.conf");
    let found = with_path(&estate, &config, "SSLCACertificateFile", &request);
    assert_eq!(found, ["server-generation-missing"]);
    let nginx = estate.export("nginx", "nginx", &[]);
    let request = format!(
        "ssl_client_certificate \"{one}\";\n ssl_trusted_certificate \"{}\"",
        nginx.join("ca.pem").display()
    );
    let config = nginx.join("ptl-cert.conf");
    let found = with_path(&estate, &config, "ssl_client_certificate", &request);
    assert_eq!(found, ["server-generation-missing"]);
    let haproxy = estate.export("haproxy", "haproxy", &[]);
    let config = haproxy.join("ptl-cert.cfg");
    let trust = haproxy.join("ca.pem");
    for (request, codes) in [
        ("no-ca-names ca-file", &["server-generation-missing"][..]),
        ("ca-file", &[]),
    ] {
        let request = format!("{request} \"{}\"", trust.display());
        let found = with_path(&estate, &config, "ca-file", &request);
        assert_eq!(found, codes, "{request}");
    }
}

#[test]
fn crls_with_which_the_server_does_what_it_should_not_are_named() {
    if !is_installed("openssl", "version") {
        return;
    }
    let mut estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let config = folder.join("ptl-cert.conf");
    let good = std::fs::read_to_string(folder.join("crl.pem")).unwrap();
    estate.revoke("by-san");
    // Of the sub CA of the second generation.
    let made = |estate: &Estate, defect| -> String {
        let places = estate.lab.published_crls();
        let is_it = |issuer: &str| issuer.contains("INT") && issuer.contains("G2");
        let mut places = places.iter().filter(|place| is_it(place.issuer()));
        let der = estate
            .lab
            .crl(places.next().unwrap(), estate.now, &[defect])
            .unwrap();
        std::fs::write(estate.path("made.crl"), der).unwrap();
        estate.ask("openssl", &["crl", "-inform", "DER", "-in", "made.crl"])
    };
    let write = |crls: &str| std::fs::write(folder.join("crl.pem"), crls).unwrap();
    let found = |estate: &Estate| codes(estate, &[config.to_str().unwrap()]).0;
    // Only the delta revokes a client, and nginx reads no deltas.
    let delta = made(&estate, Defect::CrlDelta);
    write(&format!("{good}{delta}"));
    assert_eq!(found(&estate), ["server-crl-incomplete"]);
    for defect in [
        Defect::CrlUnknownCritical,
        Defect::CrlEntryUnknownCritical,
        Defect::CrlIndirectUnmarked,
    ] {
        let newer = made(&estate, defect);
        write(&format!("{good}{newer}"));
        assert_eq!(found(&estate), ["server-crl-incomplete"], "{defect:?}");
    }
    write(&good);
    assert_eq!(found(&estate), Vec::<String>::new());
}

#[test]
fn a_trust_file_of_roots_alone_needs_the_crls_of_the_sub_cas_that_clients_send() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let config = folder.join("ptl-cert.conf");
    let holds = |block: &str, root: bool| {
        std::fs::write(estate.path("one.pem"), block).unwrap();
        let kind = match block.contains("X509 CRL") {
            true => "crl",
            false => "x509",
        };
        let words = [kind, "-noout", "-issuer", "-in", "one.pem"];
        estate.ask("openssl", &words).contains("Root") == root
            && (kind == "crl" || {
                let words = [kind, "-noout", "-subject", "-in", "one.pem"];
                estate.ask("openssl", &words).contains("Root") == root
            })
    };
    let roots = |name: &str| -> String {
        let all = blocks(&std::fs::read_to_string(folder.join(name)).unwrap());
        all.into_iter().filter(|one| holds(one, true)).collect()
    };
    let (cas, crls) = (roots("ca.pem"), roots("crl.pem"));
    assert!(!cas.is_empty() && !crls.is_empty());
    std::fs::write(folder.join("ca.pem"), cas).unwrap();
    let found = || codes(&estate, &[config.to_str().unwrap()]).0;
    assert_eq!(found(), Vec::<String>::new());
    std::fs::write(folder.join("crl.pem"), crls).unwrap();
    assert_eq!(found(), ["server-crl-incomplete"]);
}

#[test]
fn the_depth_has_room_for_the_sub_cas_that_clients_send_where_roots_alone_are_trusted() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    for (target, from, too_small, enough) in [
        (
            "nginx",
            "ssl_verify_depth 2;",
            "ssl_verify_depth 0;",
            "ssl_verify_depth 1;",
        ),
        (
            "apache",
            "SSLVerifyDepth 2",
            "SSLVerifyDepth 1",
            "SSLVerifyDepth 2",
        ),
    ] {
        let folder = estate.export(target, target, &[]);
        let cas = blocks(&std::fs::read_to_string(folder.join("ca.pem")).unwrap());
        let is_root = |one: &&String| {
            std::fs::write(estate.path("one.pem"), one).unwrap();
            let words = ["x509", "-noout", "-subject", "-in", "one.pem"];
            estate.ask("openssl", &words).contains("Root")
        };
        let roots: String = cas.iter().filter(is_root).cloned().collect();
        std::fs::write(folder.join("ca.pem"), roots).unwrap();
        let config = folder.join("ptl-cert.conf");
        let text = std::fs::read_to_string(&config).unwrap();
        assert!(text.contains(from));
        let found = |to: &str| {
            std::fs::write(&config, text.replace(from, to)).unwrap();
            codes(&estate, &[config.to_str().unwrap()]).0
        };
        assert_eq!(found(too_small), ["server-depth"], "{target}");
        assert_eq!(found(enough), Vec::<String>::new(), "{target}");
    }
}

#[test]
fn a_certificate_that_the_crls_beside_it_revoke_is_good_for_no_server() {
    if !is_installed("openssl", "version") {
        return;
    }
    let mut estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let config = folder.join("ptl-cert.conf");
    estate.revoke("server");
    let later = ptl_cert::document::Moment::from_unix(estate.now.unix() + 30).unwrap();
    estate.import("cache", later, None);
    estate.export_crls("nginx", "new", &[]);
    std::fs::copy(estate.path("new/crl.pem"), folder.join("crl.pem")).unwrap();
    let path = config.to_str().unwrap();
    let expected = (vec!["server-certificate-unfit".to_owned()], Some(1));
    assert_eq!(codes(&estate, &[path]), expected);
    let usual = ["doctor", "--format", "json", "--facts", "facts.toml", path];
    let output = estate.run(&usual);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = &report["sites"][0]["findings"];
    assert_eq!(found[0]["code"], "server-certificate-unfit", "{report}");
    assert_eq!(found[0]["facts"]["reason"], "revoked", "{report}");
}

#[test]
fn cas_of_no_known_environment_are_not_taken_for_good_where_none_is_named() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let config = folder.join("ptl-cert.conf");
    // Without the lab's facts its CAs are as good as any others.
    let path = config.to_str().unwrap();
    let output = estate.run(&["doctor", "--format", "json", path]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = report["sites"][0]["findings"].as_array().unwrap();
    let codes = found.iter().map(|one| one["code"].as_str().unwrap());
    let codes: std::collections::BTreeSet<&str> = codes.collect();
    assert!(codes.contains("server-generation-missing"), "{report}");
    assert!(codes.contains("server-other-ca"), "{report}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn without_an_environment_the_trusted_cas_say_who_may_call() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("haproxy", "haproxy", &[]);
    let config = folder.join("ptl-cert.cfg");
    let without = |words: &[&str]| {
        let usual = ["doctor", "--format", "json", "--facts", "facts.toml"];
        let output = estate.run(&[&usual[..], words].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["sites"][0]["findings"].clone()
    };
    let path = config.to_str().unwrap();
    assert_eq!(without(&[path]), serde_json::json!([]));
    let early = without(&[path, "--at", "2001-01-01T00:00:00Z"]);
    let codes = early.as_array().unwrap().iter().map(|one| &one["code"]);
    assert!(
        codes.clone().any(|code| code == "server-certificate-unfit"),
        "{early}"
    );
    let text = std::fs::read_to_string(&config).unwrap();
    let (before, _) = text.split_once("    acl ").unwrap();
    let own = "    acl own ssl_c_s_dn(CN) -m str stranger.example.com\n    http-request deny unless own\n";
    std::fs::write(&config, format!("{before}{own}")).unwrap();
    let found = without(&[path]);
    assert_eq!(found[0]["code"], "server-not-examined", "{found}");
}

#[test]
fn a_crl_that_is_newer_than_the_running_server_is_named_and_an_older_one_is_not() {
    if !is_installed("openssl", "version") || !Path::new("/proc/self/stat").exists() {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let mut server = std::process::Command::new("sleep")
        .arg("600")
        .spawn()
        .unwrap();
    let pid = server.id().to_string();
    let config = folder.join("ptl-cert.conf");
    let crl = std::fs::File::options()
        .append(true)
        .open(folder.join("crl.pem"))
        .unwrap();
    let minute = std::time::Duration::from_secs(60);
    let now = std::time::SystemTime::now();
    for (changed, expected) in [
        (now - minute, &[][..]),
        (now + minute, &["server-crl-not-loaded"]),
    ] {
        crl.set_modified(changed).unwrap();
        let (found, status) = codes(&estate, &[config.to_str().unwrap(), "--pid", &pid]);
        assert_eq!(found, expected);
        assert_eq!(status, Some(0), "a warning");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn an_include_outside_the_folder_is_not_followed_and_one_inside_is() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let inside = folder.join("main.conf");
    std::fs::write(&inside, "events {}\nhttp {\n  include *.conf;\n}\n").unwrap();
    std::fs::rename(folder.join("main.conf"), folder.join("nginx.main")).unwrap();
    let (found, _) = codes(&estate, &[folder.join("nginx.main").to_str().unwrap()]);
    assert_eq!(found, Vec::<String>::new());
    let outside = estate.path("outside");
    std::fs::create_dir(&outside).unwrap();
    let text = format!("http {{\n include {}/*.conf;\n}}\n", folder.display());
    std::fs::write(outside.join("nginx.conf"), text).unwrap();
    let output = estate.run(&[&["doctor", "outside"][..], &LAB].concat());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[test]
fn what_a_server_includes_by_any_pattern_of_the_shell_is_examined() {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "nginx", &[]);
    let main = |include: &str| {
        let text = format!("events {{}}\nhttp {{\n  include {include};\n}}\n");
        std::fs::write(folder.join("nginx.main"), text).unwrap();
        let path = folder.join("nginx.main");
        let output = estate.run(&[&["doctor", path.to_str().unwrap()][..], &LAB].concat());
        output.status.code()
    };
    let broken = std::fs::read_to_string(folder.join("ptl-cert.conf")).unwrap();
    let broken = broken.replace("ssl_verify_client on;", "");
    std::fs::create_dir_all(folder.join("sites/one")).unwrap();
    std::fs::write(folder.join("sites/one/10-a.conf"), &broken).unwrap();
    std::fs::write(folder.join("sites/.a.conf"), &broken).unwrap();
    for (include, status) in [
        ("sites/one/[0-9]*.conf", Some(1)),
        ("sites/*/*.conf", Some(1)),
        ("sites/one/10-a.con[f]", Some(1)),
        ("sites/.*.conf", Some(1)),
        ("sites/one/[!0-9]*.conf", Some(3)),
        ("sites/*.conf", Some(3)),
    ] {
        assert_eq!(main(include), status, "{include}");
    }
    // Whatever else is there, such a pattern may name more.
    let text =
        "events {}\nhttp {\n  include ptl-cert.conf;\n  include sites/one/[[:digit:]]*;\n}\n";
    std::fs::write(folder.join("nginx.main"), text).unwrap();
    let path = folder.join("nginx.main");
    let found = codes(&estate, &[path.to_str().unwrap()]);
    assert_eq!(found, (vec!["server-not-examined".to_owned()], Some(3)));
}

#[test]
fn every_finding_about_a_configuration_is_among_the_broken_ones() {
    let shown: Vec<&str> = BROKEN.iter().flat_map(|one| one.codes).copied().collect();
    let missing: Vec<&str> = ptl_cert::verdict::configuration::CODES
        .iter()
        .map(|code| code.as_str())
        // They depend on a running process and on an installed server, and have tests of their own.
        .filter(|code| {
            !["server-crl-not-loaded", "server-test-failed"].contains(code) && !shown.contains(code)
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whole configurations of the servers that test their own, in a folder with what `export` wrote.
fn whole(estate: &Estate, target: &str) -> (std::path::PathBuf, &'static str) {
    let folder = estate.export(target, target, &[]);
    let name = match target {
        "nginx" => {
            let text = "pid own.pid;\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n  include ptl-cert.conf;\n}\n";
            std::fs::write(folder.join("nginx.conf"), text).unwrap();
            "nginx.conf"
        }
        "apache" => {
            let modules = super::running::apache_modules();
            let text = format!(
                "ServerRoot {0}\nServerName localhost\nPidFile {0}/own.pid\nErrorLog {0}/own.log\n{modules}Include ptl-cert.conf\n",
                folder.display()
            );
            std::fs::write(folder.join("httpd.conf"), text).unwrap();
            "httpd.conf"
        }
        _ => "ptl-cert.cfg",
    };
    (folder.join(name), name)
}

#[test]
fn a_configuration_that_the_server_itself_refuses_is_named_with_its_words_and_one_that_it_accepts_says_so()
 {
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    for (program, target, from, to, said) in [
        (
            "nginx",
            "nginx",
            "ssl_prefer_server_ciphers on",
            "ssl_prefer_server_ciphers perhaps",
            "invalid value",
        ),
        (
            "apache2",
            "apache",
            "SSLHonorCipherOrder on",
            "SSLHonorCipherOrder perhaps",
            "SSLHonorCipherOrder",
        ),
        (
            "haproxy",
            "haproxy",
            "timeout client 60s",
            "timeout client perhaps",
            "timeout client",
        ),
    ] {
        if !is_installed(program, "-v") {
            continue;
        }
        let (config, _) = whole(&estate, target);
        let path = config.to_str().unwrap();
        let words = [&["doctor", path][..], &LAB].concat();
        let good = [&words[..], &["--run-test"]].concat();
        let output = estate.run(&good);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{target}: {text}");
        assert!(text.contains("accepts it"), "{target}: {text}");
        let inner = config.with_file_name(match target {
            "haproxy" => "ptl-cert.cfg",
            _ => "ptl-cert.conf",
        });
        let right = std::fs::read_to_string(&inner).unwrap();
        std::fs::write(&inner, right.replace(from, to)).unwrap();
        // Without its own test it is as good as before.
        assert_eq!(codes(&estate, &[path]).0, Vec::<String>::new(), "{target}");
        let (found, status) = codes(&estate, &[path, "--run-test"]);
        assert_eq!(
            (found, status),
            (vec!["server-test-failed".to_owned()], Some(1)),
            "{target}"
        );
        let output = estate.run(&good);
        let text = String::from_utf8(output.stdout).unwrap();
        // Where the lines end depends on the length of paths.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said), "{target}: {text}");
    }
}

#[test]
fn what_nginx_prints_of_its_configuration_is_judged_as_the_files_are() {
    use std::io::Write;
    if !is_installed("openssl", "version") || !is_installed("nginx", "-v") {
        return;
    }
    let estate = Estate::new();
    let (config, _) = whole(&estate, "nginx");
    let inner = config.with_file_name("ptl-cert.conf");
    let right = std::fs::read_to_string(&inner).unwrap();
    for (from, to, expected) in [
        ("", "", None),
        ("return 403;", "set $x 1;", Some("server-any-client")),
        ("    ssl_crl", "    # ssl_crl", Some("server-crl-absent")),
    ] {
        std::fs::write(&inner, right.replace(from, to)).unwrap();
        let printed = std::process::Command::new("nginx")
            .args(["-T", "-q", "-c"])
            .arg(&config)
            .output()
            .unwrap();
        assert!(printed.status.success(), "{printed:?}");
        let mut child = crate::program::ptl_cert(&estate.path(""))
            .args(["doctor", "-"])
            .args(LAB)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(&printed.stdout)
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            output.status.code(),
            Some(i32::from(expected.is_some())),
            "{text}"
        );
        assert!(
            text.contains(expected.unwrap_or("NOTHING FOUND WRONG")),
            "{text}"
        );
        // Named by the file that it is in, and not by the stream.
        assert!(text.contains("ptl-cert.conf:"), "{text}");
    }
}
