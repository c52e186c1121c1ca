//! The patterns by which clients' names are found, against certificates of the lab's shape in DER; what a setting may be; and
//! the steps of the scripts for Windows, which cannot be run here.

use std::path::Path;

use super::{
    AdmittedHosts, Backend, ExportError, Settings, Target, file_url, is_backend, is_namespace,
    with_slashes,
};
use crate::fqdn::Fqdn;

fn admitted(names: &[&str]) -> AdmittedHosts {
    AdmittedHosts::new(names.iter().map(|name| Fqdn::parse(name).unwrap())).unwrap()
}

#[test]
fn without_an_admitted_client_there_is_no_list_and_names_are_kept_once() {
    assert!(AdmittedHosts::new([]).is_none());
    let both = admitted(&["b.nhs.uk", "a.nhs.uk", "B.nhs.uk"]);
    assert_eq!(both.names().count(), 2);
    assert_eq!(both.listed(), "a.nhs.uk, b.nhs.uk");
}

#[test]
fn a_dot_in_a_name_stands_for_itself_in_every_pattern() {
    let one = admitted(&["a.nhs.uk"]);
    for pattern in [one.of_subject(), one.of_windows_subject()] {
        assert!(pattern.contains(r"CN=a\.nhs\.uk(?:"), "{pattern}");
    }
    assert!(one.in_hex()[0].ends_with("8208[46]12E[46]E[46]8[57]32E[57]5[46]B"));
}

#[test]
fn the_pattern_for_nginx_fits_into_one_parameter() {
    // NGX_CONF_BUFFER: a longer parameter keeps nginx from starting.
    const LIMIT: usize = 4096;
    let longest = format!(
        "{}.{}.{}.nhs.uk",
        "a".repeat(60),
        "b".repeat(60),
        "c".repeat(50)
    );
    for pattern in admitted(&["proxy.int.spine2.ncrs.nhs.uk", &longest]).in_base64() {
        // Three alignments of the longest name that a CN could not even hold take more than nginx reads.
        let short = pattern.len() < LIMIT;
        assert!(
            short || pattern.len() > 5 * longest.len(),
            "{}",
            pattern.len()
        );
    }
    assert!(crate::verdict::configuration::extensions_in_base64().len() < LIMIT);
    let usual = admitted(&["proxy.national.ncrs.nhs.uk"]).in_base64();
    assert!(usual[0].len() < LIMIT, "{}", usual[0].len());
}

#[test]
fn a_namespace_is_a_label_and_neither_begins_nor_ends_with_a_hyphen() {
    let longest = "a".repeat(63);
    for good in ["spine", "123", "a-b", "0x1f", &longest] {
        assert!(is_namespace(good), "{good}");
    }
    let longer = "a".repeat(64);
    for bad in ["", "-abc", "abc-", "-", "Prod", "a_b", "a.b", &longer] {
        assert!(!is_namespace(bad), "{bad}");
    }
}

#[test]
fn a_backend_is_a_url_with_a_port_that_exists() {
    for good in [
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "https://app.example:8443/base/",
        "http://my-service",
        "http://a:65535",
    ] {
        assert!(is_backend(good), "{good}");
    }
    for bad in [
        "foo",
        "ftp://a:1",
        "http://",
        "http://:80",
        "http://a:0",
        "http://a:65536",
        "http://a:99999",
        "http://a:",
        "http://a:+1",
        "http://a:80:80",
        "http://[::1",
        "http://[a]:80",
        "http://[::1]a",
        "http://::1",
        "http://a/?q",
        "http://a b",
    ] {
        assert!(!is_backend(bad), "{bad}");
    }
    let read = |url| {
        let backend = Backend::read(url).unwrap();
        (backend.over_tls, backend.host, backend.port, backend.path)
    };
    assert_eq!(read("https://svc/app"), (true, "svc", 443, "/app"));
    assert_eq!(read("http://[::1]"), (false, "[::1]", 80, ""));
}

/// Whether a backend is taken for a target, and what is expected where it is not.
fn refusal(target: Target, backend: &str) -> Option<&'static str> {
    let mut settings = Settings::new(target, Path::new("/srv"));
    settings.backend = backend.to_owned();
    match settings.check(target) {
        Ok(()) => None,
        Err(ExportError::Backend { expected, .. }) => Some(expected),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_kubernetes_has_no_service_name_for_and_haproxy_no_path_is_refused() {
    for good in ["http://my-service:8080", "https://svc:8443", "http://svc/"] {
        assert_eq!(refusal(Target::Kubernetes, good), None, "{good}");
    }
    for bad in [
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "http://123:80",
        "http://my-service.spine.svc.cluster.local:8080",
        "http://my_service:8080",
        "http://Svc:8080",
        "https://svc:8443/app",
    ] {
        let expected = refusal(Target::Kubernetes, bad).unwrap();
        assert!(expected.contains("the name of a Service"), "{bad}");
    }
    assert_eq!(refusal(Target::Nginx, "http://a:1/app"), None);
    let expected = refusal(Target::Haproxy, "http://a:1/app").unwrap();
    assert!(expected.contains("without a path"), "{expected}");
    for target in Target::ALL {
        let usual = Settings::new(target, Path::new("/srv"));
        assert!(usual.check(target).is_ok(), "{target}");
    }
}

#[cfg(not(windows))]
#[test]
fn a_folder_that_a_format_would_read_otherwise_is_refused_with_the_character() {
    let refused =
        |target, folder: &str| match Settings::new(target, Path::new(folder)).check(target) {
            Ok(()) => None,
            Err(ExportError::Folder { character, .. }) => Some(character),
            Err(other) => panic!("{other}"),
        };
    for target in Target::ALL {
        assert_eq!(refused(target, r"/srv/x\ny"), Some('\\'), "{target}");
        assert_eq!(refused(target, "/srv/a b"), None, "{target}");
        // curl takes what follows a colon for the key's password.
        let expected = (target == Target::Curl).then_some(':');
        assert_eq!(refused(target, "/srv/c:dir"), expected, "{target}");
    }
}

#[test]
fn a_path_of_windows_is_written_with_slashes_and_is_a_url_with_three() {
    let path = with_slashes(r"C:\Program Files\ptl-cert\connector.xml");
    assert_eq!(path, "C:/Program Files/ptl-cert/connector.xml");
    let url = "file:///C:/Program%20Files/ptl-cert/connector.xml";
    assert_eq!(file_url(&path), url);
    assert_eq!(file_url("/etc/a.xml"), "file:///etc/a.xml");
}

#[test]
fn javac_sees_no_escape_in_a_comment_and_no_letter_that_it_may_not_know() {
    let plain = super::java::plain_comment;
    assert_eq!(plain(r"// LAB\users"), r"// LAB\\users");
    assert_eq!(plain(r"// \u000a"), r"// \\u000a");
    assert_eq!(plain("// Zo\u{eb}"), r"// Zo\u00eb");
}

#[test]
fn powershell_takes_a_typographic_quote_for_one_and_so_it_is_doubled() {
    let quoted = crate::export::crls::powershell;
    assert_eq!(
        quoted("G1 \u{2018}old\u{2019}"),
        "'G1 \u{2018}\u{2018}old\u{2019}\u{2019}'"
    );
    assert_eq!(quoted("it's"), "'it''s'");
}

const INSTALL: &str = include_str!("iis.ps1");
const UPDATE: &str = include_str!("iis-update.ps1");

/// Where a step of the script is: once, in its main part.
fn step(text: &str) -> usize {
    let main = INSTALL.find("\nif ($Restore) {").unwrap();
    let found: Vec<usize> = INSTALL.match_indices(text).map(|(at, _)| at).collect();
    let found: Vec<usize> = found.into_iter().filter(|at| *at > main).collect();
    assert_eq!(found.len(), 1, "{text}");
    found[0]
}

#[test]
fn the_rule_for_admitted_clients_is_in_place_before_anything_lets_a_client_in() {
    let steps = [
        // Checks, before anything is changed.
        "if (-not (Test-Module)) { throw",
        "{ Protect-Folder }",
        "Import-PfxCertificate",
        // The rule.
        "        Set-Rule\n",
        "-section:system.webServer/security/access",
        // What lets clients in.
        "& $certutil -f -addstore CA $path",
        "Import-Certificate -FilePath $path -CertStoreLocation Cert:\\LocalMachine\\CA",
        "Import-Certificate -FilePath $path -CertStoreLocation Cert:\\LocalMachine\\Root",
        "Set-Binding $present (",
        "/+bindings.",
        "Register-ScheduledTask",
    ];
    let places: Vec<usize> = steps.iter().map(|text| step(text)).collect();
    assert!(places.is_sorted(), "{places:?}");
    // First in the collection, the earlier one replaced in the same commit, and read back.
    let writes = INSTALL.split("function Set-Rule").nth(1).unwrap();
    let writes = writes.split("\nfunction ").next().unwrap();
    let order = [
        "$rules.Remove($one)",
        "$rules.AddAt(0, $rule)",
        "$manager.CommitChanges()",
        "if (-not (Test-Rule)) { throw",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|text| writes.find(text).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(INSTALL.matches("CommitChanges").count(), 1);
    assert!(!INSTALL.contains("clear config"));
}

#[test]
fn the_script_disables_old_versions_of_tls_where_netsh_can_and_warns_where_it_cannot() {
    let at = step("if (Test-LegacySwitch) {");
    let rest = INSTALL.get(at..at + 300).unwrap();
    assert!(rest.contains("-bor 0x400") && rest.contains("Write-Warning"));
    assert!(at < step("Set-Binding $present ("));
}

#[test]
fn a_binding_is_restored_only_to_the_address_and_port_that_it_was_saved_for() {
    assert!(INSTALL.contains("'binding-before-' + ($ipPort -replace"));
    assert!(INSTALL.contains("if ($saved.IpPort -ne $ipPort) { throw"));
    assert!(INSTALL.contains("@{ IpPort = $ipPort; Absent = $true }"));
}

#[test]
fn a_second_run_loads_the_newest_crls_and_imports_a_key_that_is_missing() {
    assert!(INSTALL.contains("$path = Get-Newest $crl"));
    assert!(INSTALL.contains("-or -not (Get-Item -LiteralPath $mine).HasPrivateKey"));
}

#[test]
fn the_weekly_task_is_about_the_clients_and_facts_of_the_export() {
    for words in [
        "'clients.pem'",
        "'facts.toml'",
        "$update = @('crl', 'update') + $common + $clients",
        "foreach ($one in $clients) { $export += @('--client', $one) }",
    ] {
        assert!(UPDATE.contains(words), "{words}");
    }
}
