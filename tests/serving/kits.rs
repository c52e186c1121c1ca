//! What is written, when nothing is, and by whom it can be read.

use std::path::Path;

use super::{Estate, HOST, WITHOUT_CLIENTS};
use crate::program::is_installed;

/// Everything that `export` writes for.
const TARGETS: [&str; 9] = [
    "nginx",
    "apache",
    "haproxy",
    "tomcat",
    "java",
    "iis",
    "kubernetes",
    "curl",
    "pem",
];
/// Another certificate and its key, in place of the endpoint's.
const OTHER: [&str; 4] = ["--cert", "other-name.pem", "--key", "client.key"];

fn have_openssl() -> bool {
    is_installed("openssl", "version")
}

fn text(output: &std::process::Output) -> String {
    let both = [output.stdout.clone(), output.stderr.clone()].concat();
    String::from_utf8(both).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[test]
fn nothing_is_written_where_a_check_fails_and_the_reason_is_named() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    for (words, reason) in [
        (&["--key", "client.key"][..], "belongs to none of"),
        (
            &["--cert", "other-environment.pem", "--key", "client.key"],
            "LIVE",
        ),
        (
            &["--cert", "expired.pem", "--key", "client.key"],
            "the certificate expired",
        ),
        (
            &["--cert", "revoked-g2.pem", "--key", "client.key"],
            "revoked",
        ),
        (&["--cache", "empty"], "not in the"),
        (&["--leave-out", "G9"], "G9"),
    ] {
        let output = estate.try_export("nginx", "out", words);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(!estate.path("out").exists(), "{words:?}");
        assert!(said.contains(reason), "{words:?}: {reason:?} in {said}");
    }
}

#[test]
fn an_expired_certificate_is_written_to_look_at_and_every_configuration_says_so() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let words = [
        "--cert",
        "expired.pem",
        "--key",
        "client.key",
        "--allow-expired",
    ];
    let output = estate.try_export("nginx", "out", &words);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let config = std::fs::read_to_string(estate.path("out/ptl-cert.conf")).unwrap();
    assert!(config.contains("NOT FOR USE"), "{config}");
}

#[test]
fn a_warning_makes_the_exit_status_1_where_that_was_asked_for_and_the_first_line_says_why() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let clients = ["--client", "other-name.pem", "--client", "good-g2.pem"];
    let clients = [
        &clients[..],
        &["--client", "good-g1.pem"],
        &["--client", "good-g1-sha1.pem"],
    ];
    let clients = clients.concat();
    let fails = [&clients[..], &["--fail-on", "warning"]].concat();
    let output = estate.try_export("nginx", "out", &clients);
    assert!(text(&output).contains("! warning"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = estate.try_export("nginx", "out", &fails);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let first = said.lines().next().unwrap();
    assert!(
        first.ends_with("exit 1, by a finding: --fail-on warning"),
        "{said}"
    );
    let output = estate.try_export(
        "nginx",
        "out",
        &[&clients[..], &["--fail-on", "error"]].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn every_target_writes_the_same_twice_and_a_second_run_changes_nothing() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    for target in TARGETS {
        let folder = estate.export(target, "out", &["--replace"]);
        let files: Vec<(String, Vec<u8>)> = names(&folder)
            .into_iter()
            .map(|name| (name.clone(), std::fs::read(folder.join(&name)).unwrap()))
            .collect();
        let output = estate.try_export(target, "out", &[]);
        assert!(
            text(&output).contains("UNCHANGED"),
            "{target}: {}",
            text(&output)
        );
        for (name, bytes) in &files {
            assert_eq!(
                &std::fs::read(folder.join(name)).unwrap(),
                bytes,
                "{target}: {name}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_what_holds_a_key_or_a_password() {
    use std::os::unix::fs::PermissionsExt;
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    for target in TARGETS {
        let folder = estate.export(target, target, &[]);
        let mut private = 0;
        for name in names(&folder) {
            let path = folder.join(&name);
            let bytes = std::fs::read(&path).unwrap();
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            let is_secret = bytes.windows(11).any(|window| window == b"PRIVATE KEY")
                || name.ends_with(".pfx")
                || [
                    "keystore.p12",
                    "keystore.password",
                    "connector.xml",
                    "tls-secret.yaml",
                ]
                .contains(&name.as_str());
            assert_eq!(
                mode,
                if is_secret { 0o600 } else { 0o644 },
                "{target}: {name}"
            );
            private += usize::from(is_secret);
        }
        assert!(private > 0, "{target}");
    }
}

#[test]
fn a_dry_run_writes_nothing_and_shows_how_the_configuration_would_change_but_no_key() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let output = estate.try_export("nginx", "out", &["--dry-run"]);
    assert_eq!(output.status.code(), Some(WITHOUT_CLIENTS), "{output:?}");
    assert!(!estate.path("out").exists());
    estate.export("nginx", "out", &[]);
    let output = estate.try_export(
        "nginx",
        "out",
        &["--dry-run", "--admit", "msg-out.int.lab.nhs.uk"],
    );
    let said = text(&output);
    assert!(said.contains("+# Clients admitted"), "{said}");
    assert!(!said.contains("PRIVATE KEY"), "{said}");
    let config = std::fs::read_to_string(estate.path("out/ptl-cert.conf")).unwrap();
    assert!(!config.contains("msg-out"), "{config}");
}

#[test]
fn a_renewed_key_replaces_the_old_one_which_is_kept() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "out", &[]);
    let old = std::fs::read(folder.join("key.pem")).unwrap();
    let output = estate.try_export("nginx", "out", &OTHER);
    assert_eq!(output.status.code(), Some(WITHOUT_CLIENTS), "{output:?}");
    assert_ne!(std::fs::read(folder.join("key.pem")).unwrap(), old);
    let kept = folder.join(".ptl-cert-set/keys");
    let kept: Vec<Vec<u8>> = std::fs::read_dir(kept)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(kept, [old]);
}

#[test]
fn crl_export_into_the_same_folder_replaces_the_crls_and_leaves_the_rest() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "out", &[]);
    let before = names(&folder);
    std::fs::write(folder.join("crl.pem"), "").unwrap();
    let output = estate.export_crls("nginx", "out", &[]);
    // No client certificate was given: written, but its partitions are not known.
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(names(&folder), before);
    assert!(std::fs::metadata(folder.join("crl.pem")).unwrap().len() > 0);
}

#[test]
fn a_generation_that_is_left_out_is_gone_from_trust_and_the_security_level_with_it() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let all = estate.export("nginx", "all", &[]);
    let some = estate.export("nginx", "some", &["--leave-out", "G1 SHA-1"]);
    let count = |folder: &Path| {
        let text = std::fs::read_to_string(folder.join("ca.pem")).unwrap();
        text.matches("BEGIN").count()
    };
    assert_eq!((count(&all), count(&some)), (6, 4));
    let config = |folder: &Path| std::fs::read_to_string(folder.join("ptl-cert.conf")).unwrap();
    assert!(config(&all).contains("SECLEVEL=0"));
    assert!(!config(&some).contains("SECLEVEL"));
}

#[test]
fn what_is_said_of_an_export_has_a_code_with_its_facts() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let fact = |words: &[&str], code: &str, name: &str| -> serde_json::Value {
        let words = [words, &["--dry-run", "--format", "json"]].concat();
        let output = estate.try_export("nginx", "kit", &words);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut notes = report["notes"].as_array().unwrap().iter();
        let note = notes.find(|note| note["code"] == code);
        let note = note.unwrap_or_else(|| panic!("{code}: {report}"));
        let known: ptl_cert::verdict::Code = code.parse().unwrap();
        let severity = serde_json::to_value(known.severity()).unwrap();
        assert_eq!(note["severity"], severity, "{note}");
        note["facts"][name].clone()
    };
    assert!(fact(&[], "caller-not-admitted", "host").is_string());
    let name = fact(
        &["--client", "other-name.pem"],
        "client-not-admitted",
        "name",
    );
    assert!(name.is_string());
}

#[test]
fn a_generation_that_is_left_out_stays_out_of_what_renews_the_crls() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let out = ["--leave-out", "g1 sha-1"];
    let crls = |folder: &str, words: &[&str]| {
        let output = estate.export_crls("nginx", folder, words);
        assert!(output.status.code() < Some(2), "{output:?}");
        std::fs::read(estate.path(folder).join("crl.pem")).unwrap()
    };
    let kit = estate.export("nginx", "kit", &out);
    let renewed = crls("kit", &out);
    assert_eq!(renewed, crls("alone", &out));
    assert_eq!(renewed, std::fs::read(kit.join("crl.pem")).unwrap());
    assert_ne!(renewed, crls("whole", &[]));
    let unknown = estate.export_crls("nginx", "none", &["--leave-out", "G9"]);
    assert_eq!(unknown.status.code(), Some(2));
    let said = text(&unknown);
    assert!(
        said.contains("no generation \"G9\"") && said.contains("G1 SHA-1"),
        "{said}"
    );
    let job = ["--server", "nginx", "--out-dir", "/crl"];
    let job = estate.schedule("cron", &[], &[&job[..], &out].concat());
    // The CRLs of all generations are fetched; the server gets those of the ones it trusts.
    let has_it = |command: usize| {
        job["commands"][command]
            .to_string()
            .contains("\"g1 sha-1\"")
    };
    assert_eq!((has_it(0), has_it(1)), (false, true), "{job}");
    let script = estate.export("iis", "iis", &out).join("update-crl.ps1");
    let script = std::fs::read_to_string(script).unwrap();
    let line = "'--out-dir', $folder, '--leave-out', 'G1 SHA-1') + $common";
    assert!(script.contains(line), "{script}");
}

#[test]
fn the_script_for_windows_is_powershell_and_names_every_file() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("iis", "iis", &[]);
    let script = std::fs::read_to_string(folder.join("install.ps1")).unwrap();
    assert!(
        script.is_ascii(),
        "PowerShell 5.1 reads a script without a BOM in the system's code page"
    );
    for name in names(&folder) {
        let loaded = script.contains(&name);
        let own = ["install.ps1", "import-crl.ps1", "update-crl.ps1"].contains(&name.as_str());
        assert!(loaded || own, "{name}");
    }
    assert!(script.contains(HOST) && !script.contains("@@"), "{script}");
    // The weekly task fetches and loads.
    assert!(script.contains("Register-ScheduledTask") && script.contains("update-crl.ps1"));
    let update = std::fs::read_to_string(folder.join("update-crl.ps1")).unwrap();
    assert!(update.is_ascii() && !update.contains("@@"), "{update}");
    for step in [
        "'crl', 'update'",
        "'crl', 'export'",
        "import-crl.ps1",
        "'lab-int'",
    ] {
        assert!(update.contains(step), "{step}");
    }
    for script in ["install.ps1", "import-crl.ps1", "update-crl.ps1"] {
        let source = std::fs::read_to_string(folder.join(script)).unwrap();
        let mut parser = tree_sitter::Parser::new();
        let language = tree_sitter_powershell::LANGUAGE;
        parser.set_language(&language.into()).unwrap();
        let tree = parser.parse(&source, None).unwrap();
        assert!(
            !tree.root_node().has_error(),
            "{script}: {}",
            tree.root_node().to_sexp()
        );
    }
}

#[test]
fn a_set_that_its_test_refuses_is_put_back_and_the_server_is_reloaded_once_for_one_that_it_accepts()
{
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("nginx", "out", &[]);
    let before = std::fs::read(folder.join("ptl-cert.conf")).unwrap();
    let changed = ["--admit", "msg-out.int.lab.nhs.uk"];
    let run = |words: &[&str]| {
        let all = [&changed[..], words].concat();
        let output = estate.try_export("nginx", "out", &all);
        let told = std::fs::read_to_string(estate.path("told")).unwrap_or_default();
        (output.status.code(), text(&output), told.lines().count())
    };
    let (status, said, told) = run(&["--test", "exit 3", "--on-change", "echo x >> told"]);
    assert_eq!((status, told), (Some(1), 0), "{said}");
    assert!(
        said.contains("PUT BACK") && said.contains("exited with status 3"),
        "{said}"
    );
    assert_eq!(std::fs::read(folder.join("ptl-cert.conf")).unwrap(), before);
    // The new files are in place while they are tried.
    let tries = "grep -q msg-out out/ptl-cert.conf";
    let (status, said, told) = run(&["--test", tries, "--on-change", "echo x >> told; exit 1"]);
    assert_eq!((status, told), (Some(1), 1), "{said}");
    assert!(said.contains("COMMAND FAILED"), "{said}");
    // A reload that failed is repeated although nothing has changed, and not once more after it succeeded.
    let (status, said, told) = run(&["--test", tries, "--on-change", "echo x >> told"]);
    assert_eq!((status, told), (Some(WITHOUT_CLIENTS), 2), "{said}");
    let (status, said, told) = run(&["--test", tries, "--on-change", "echo x >> told"]);
    assert_eq!((status, told), (Some(WITHOUT_CLIENTS), 2), "{said}");
    assert!(said.contains("UNCHANGED, PARTITIONS UNKNOWN"), "{said}");
}

#[test]
fn one_nginx_serves_two_endpoints_with_long_names() {
    if !have_openssl() || !is_installed("nginx", "-v") {
        return;
    }
    let estate = Estate::new();
    let first = estate.export("nginx", "first", &[]);
    let output = estate.try_export("nginx", "second", &OTHER);
    assert_eq!(output.status.code(), Some(WITHOUT_CLIENTS), "{output:?}");
    let config = estate.path("nginx.conf");
    let main = format!(
        "pid {0}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; include {1}/ptl-cert.conf; include {0}/second/ptl-cert.conf; }}\n",
        estate.path("").display(),
        first.display()
    );
    std::fs::write(&config, main).unwrap();
    let output = std::process::Command::new("nginx")
        .args(["-t", "-q", "-c"])
        .arg(&config)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_objects_for_kubernetes_fit_its_schemas() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let folder = estate.export("kubernetes", "kubernetes", &[]);
    let judged = |path: &Path| {
        std::process::Command::new("kubernetes-validate")
            .arg("--strict")
            .arg(path)
            .output()
    };
    for (name, objects) in [
        ("tls-secret.yaml", 1),
        ("trust.yaml", 2),
        ("ingress.yaml", 1),
    ] {
        let path = folder.join(name);
        let Ok(output) = judged(&path) else {
            crate::program::say_skipped("kubernetes-validate is not installed");
            return;
        };
        let said = text(&output);
        assert!(output.status.success(), "{name}: {said}");
        assert_eq!(
            said.matches("passed for resource").count(),
            objects,
            "{said}"
        );
    }
    let ingress = folder.join("ingress.yaml");
    let wrong = std::fs::read_to_string(&ingress).unwrap();
    std::fs::write(&ingress, wrong.replacen("secretName:", "secretNames:", 1)).unwrap();
    assert!(!judged(&ingress).unwrap().status.success());
}

#[test]
fn every_host_of_the_certificate_is_served_in_kubernetes_and_the_crls_have_a_word_of_who_renews_them()
 {
    if !have_openssl() {
        return;
    }
    let mut estate = Estate::new();
    let second = "second.lab.thirdparty.nhs.uk";
    let (int, g2) = (
        ptl_cert::lab::LabEnvironment::Int,
        ptl_cert::lab::Generation::G2,
    );
    estate.sign("two-hosts", "server", HOST, &[second], int, g2, &[]);
    let words = [
        "--cert",
        "two-hosts.pem",
        "--namespace",
        "123",
        "--backend",
        "https://my-service:8443",
    ];
    let output = estate.try_export("kubernetes", "out", &words);
    let said = text(&output)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(said.contains("kubectl apply --server-side -f"), "{said}");
    assert!(
        said.contains("Nothing in the cluster renews the CRLs"),
        "{said}"
    );
    let ingress = std::fs::read_to_string(estate.path("out/ingress.yaml")).unwrap();
    for host in [HOST, second] {
        assert!(
            ingress.contains(&format!("        - \"{host}\"\n")),
            "{ingress}"
        );
        assert!(
            ingress.contains(&format!("    - host: \"{host}\"\n")),
            "{ingress}"
        );
    }
    for line in [
        "  namespace: \"123\"\n",
        "auth-tls-secret: \"123/",
        "backend-protocol: \"HTTPS\"\n",
        "                name: \"my-service\"\n",
        "                  number: 8443\n",
    ] {
        assert!(ingress.contains(line), "{line}: {ingress}");
    }
}

#[test]
fn what_is_not_for_use_says_so_whatever_it_is_for() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    for target in TARGETS {
        let words = [
            "--cert",
            "expired.pem",
            "--key",
            "client.key",
            "--allow-expired",
        ];
        let output = estate.try_export(target, target, &words);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let note = estate.path(target).join("NOT-FOR-USE.txt");
        let note = std::fs::read_to_string(note).unwrap();
        assert!(note.starts_with("NOT FOR USE: "), "{note}");
    }
    let script = std::fs::read_to_string(estate.path("iis/update-crl.ps1")).unwrap();
    assert!(script.contains("# NOT FOR USE: "), "{script}");
}

#[test]
fn what_a_target_has_no_use_for_is_reported() {
    if !have_openssl() {
        return;
    }
    let estate = Estate::new();
    let given = [
        ("--listen", "1.2.3.4:99", "an address and port"),
        ("--backend", "http://x", "a backend"),
        ("--namespace", "yy", "a namespace"),
        ("--profile", "java8", "a key store profile"),
    ];
    let words: Vec<&str> = given
        .iter()
        .flat_map(|(option, value, _)| [*option, *value])
        .collect();
    let said = text(&estate.try_export("pem", "pem", &words));
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for (_, _, what) in given {
        assert!(
            said.contains(&format!("do not contain {what}")),
            "{what}: {said}"
        );
    }
    let said = text(&estate.try_export("nginx", "nginx", &words[..4]));
    assert!(!said.contains("has no effect"), "{said}");
}

#[test]
fn the_key_store_has_the_root_of_a_generation_that_is_left_out() {
    if !have_openssl() || !is_installed("keytool", "-help") {
        return;
    }
    let estate = Estate::new();
    estate.export("java", "java", &["--leave-out", "G2"]);
    let words = ["-J-Duser.language=en", "-list", "-v", "-keystore"];
    let store = [
        "java/keystore.p12",
        "-storepass:file",
        "java/keystore.password",
    ];
    let said = estate.ask("keytool", &[&words[..], &store].concat());
    assert!(said.contains("Certificate chain length: 3"), "{said}");
}

#[test]
fn a_title_with_a_backslash_leaves_the_java_class_one_that_compiles() {
    if !have_openssl() || !is_installed("javac", "-version") {
        return;
    }
    let estate = Estate::new();
    let facts = std::fs::read_to_string(estate.path("facts.toml")).unwrap();
    let named = facts.replace("title = \"LAB INT\"", "title = \"LAB\\\\users Zo\u{eb}\"");
    assert_ne!(facts, named);
    std::fs::write(estate.path("facts.toml"), named).unwrap();
    estate.export("java", "java", &[]);
    estate.ask("javac", &["-d", "classes", "java/SpineTls.java"]);
}
