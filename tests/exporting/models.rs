//! What the plan says a kind of server does with odd CRLs, and what it does.
//!
//! Each folder of `tests/data/servers` is a PKI of its own, good until 2049: a root, a sub CA, a good client, a revoked
//! one, and CRLs that are odd in the way the folder is called.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::servers::{Running, Site, apache, haproxy, is_let_in, nginx};
use crate::program::{is_installed, ptl_cert};

/// Folders, with whether servers on OpenSSL, and Java, do what they should: let the good client in and refuse the other.
const ROWS: [(&str, bool, bool); 46] = [
    ("control", true, true),
    ("aki-keyid", false, false),
    ("aki-serial", false, true),
    ("aki-serial-right", true, true),
    ("aki-critical", true, false),
    ("no-aki", true, true),
    ("number-critical", false, false),
    ("fraction", false, true),
    ("offset", false, true),
    ("no-seconds", false, true),
    ("next-fraction", false, true),
    ("entry-offset", true, true),
    ("reason-integer", true, false),
    ("reason-critical", false, true),
    ("future", true, false),
    ("issuer-case", true, false),
    ("issuer-space", true, false),
    ("issuer-printable", true, true),
    ("issuer-t61", true, false),
    ("numeric-both", true, true),
    ("numeric-vs-printable", false, false),
    ("idp", true, true),
    ("idp-host-case", false, true),
    ("idp-url-space", true, false),
    ("crlissuer-noidp", true, false),
    ("namesakes-no-aki", false, true),
    ("delta", false, false),
    ("delta-nothing-new", true, true),
    ("delta-other-partition", false, false),
    ("delta-other-kind", false, false),
    ("delta-same-number", false, false),
    ("reencoded", true, true),
    ("hold-lifted", false, false),
    ("delta-lifts-nothing", true, true),
    ("reasons-two", false, false),
    ("reasons-unused", false, true),
    ("point-reasons", false, false),
    ("point-critical", true, false),
    ("issuer-alternative-critical", false, false),
    ("no-client", false, false),
    ("sub-for-servers", false, true),
    ("root-listed", false, true),
    ("root-number-critical", false, true),
    ("root-fraction", false, true),
    ("root-aki", false, true),
    ("renewed-old-revoked", false, true),
];

/// The same where the revoked client is not given. Java may do what it should: it takes one of two CRLs, in no promised order.
const NOT_GIVEN: [(&str, bool, bool); 5] = [
    ("control", true, true),
    ("point-newer", true, false),
    ("point-newer-critical", false, false),
    ("some-reasons-newer", false, false),
    ("point-newer-same", true, true),
];

/// A folder of such a PKI, with its CRLs in a cache.
struct Odd {
    folder: TempDir,
    imported: bool,
}

impl Odd {
    fn new(row: &str) -> Odd {
        let folder = tempfile::tempdir().unwrap();
        let data = Path::new("tests/data/servers");
        let copy = |from: &Path, to: &str| std::fs::copy(from, folder.path().join(to)).unwrap();
        let own = data.join(row);
        copy(&own.join("ca.pem"), "bundle.pem");
        for client in ["good", "revoked"] {
            copy(
                &own.join(format!("{client}.pem")),
                &format!("{client}-g2.pem"),
            );
            copy(
                &data.join(format!("{client}.key")),
                &format!("{client}-g2.key"),
            );
            let chain = std::fs::read(own.join(format!("{client}.pem"))).unwrap();
            let key = std::fs::read(data.join(format!("{client}.key"))).unwrap();
            let both = folder.path().join(format!("{client}-g2.both"));
            std::fs::write(both, [chain, key].concat()).unwrap();
        }
        let mut crls = Vec::new();
        for entry in std::fs::read_dir(&own).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".crl") {
                copy(&own.join(&name), &name);
                crls.push(name);
            }
        }
        crls.sort();
        let mut odd = Odd {
            folder,
            imported: false,
        };
        let mut words = vec![
            "crl",
            "import",
            "--issuer",
            "bundle.pem",
            "--cache",
            "cache",
        ];
        words.extend(crls.iter().map(String::as_str));
        // A CRL that is refused on the way in needs no plan to say so.
        odd.imported = odd.run(&words).status.code() == Some(0);
        odd
    }

    fn run(&self, words: &[&str]) -> Output {
        ptl_cert(self.folder.path()).args(words).output().unwrap()
    }

    fn crl(&self, command: &str, server: &str, more: &[&str]) -> Output {
        let revoked = ["--client", "revoked-g2.pem"];
        self.crl_of_good(command, server, &[&revoked[..], more].concat())
    }

    /// Where it is not known that there is another client.
    fn crl_of_good(&self, command: &str, server: &str, more: &[&str]) -> Output {
        let mut words = vec!["crl", command, "--for", server, "--chain", "bundle.pem"];
        words.extend(["--cache", "cache", "--client", "good-g2.pem"]);
        words.extend(more);
        self.run(&words)
    }

    fn is_complete(&self, server: &str) -> bool {
        let plan = self.crl("plan", server, &[]);
        assert!(matches!(plan.status.code(), Some(0 | 1)), "{plan:?}");
        self.imported && plan.status.code() == Some(0)
    }

    /// What is written where somebody insists.
    fn export(&self, server: &str) -> PathBuf {
        let refused = self.crl("export", server, &["--out-dir", "refused"]);
        assert_eq!(
            refused.status.code() == Some(0),
            self.is_complete(server),
            "{refused:?}"
        );
        let written = self.crl(
            "export",
            server,
            &["--out-dir", server, "--allow-incomplete"],
        );
        assert_eq!(written.status.code(), Some(0), "{written:?}");
        self.path(server)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn a_plan_for_odd_crls_is_complete_just_where_the_server_is_known_to_do_what_it_should() {
    for (row, openssl, java) in ROWS {
        let odd = Odd::new(row);
        for (server, right) in [
            ("nginx", openssl),
            ("haproxy", openssl),
            ("apache", openssl),
            ("openssl-dir", openssl),
            ("java", java),
        ] {
            assert_eq!(odd.is_complete(server), right, "{row}, {server}");
        }
    }
}

#[test]
fn a_plan_is_not_complete_while_a_client_that_was_not_given_is_let_in_although_a_newer_crl_lists_it()
 {
    for (row, openssl, java) in NOT_GIVEN {
        let odd = Odd::new(row);
        assert!(odd.imported, "{row}");
        for (server, right) in [("nginx", openssl), ("apache", openssl), ("java", java)] {
            let plan = odd.crl_of_good("plan", server, &[]);
            let says = String::from_utf8_lossy(&plan.stdout);
            assert_eq!(
                plan.status.code(),
                Some(i32::from(!right)),
                "{row}, {server}: {says}"
            );
            let says = says.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(
                !right,
                says.contains("wrongly admits revoked certificates of Model Sub"),
                "{says}"
            );
        }
        if !is_installed("nginx", "-v") || !is_installed("curl", "--version") {
            continue;
        }
        let words = ["--out-dir", "nginx", "--allow-incomplete"];
        let written = odd.crl_of_good("export", "nginx", &words);
        assert_eq!(written.status.code(), Some(0), "{row}");
        let site = |name: &str| odd.path(name);
        let running = nginx(&site, &odd.path("nginx"));
        assert!(is_let_in(&site, &running, "good-g2"), "{row}");
        assert_eq!(is_let_in(&site, &running, "revoked-g2"), !openssl, "{row}");
    }
}

#[test]
fn java_does_with_odd_crls_what_the_plan_says() {
    if !is_installed("java", "-version") || !is_installed("javac", "-version") {
        return;
    }
    // What is run checks a path, and not that its certificate is for a TLS client, which Java's trust managers do.
    let rows = ROWS.iter().filter(|(row, ..)| *row != "no-client");
    let odd = rows.map(|(row, _, java)| (Odd::new(row), *java, *row));
    let odd: Vec<(Odd, bool, &str)> = odd.collect();
    let odd: Vec<_> = odd.into_iter().filter(|(odd, ..)| odd.imported).collect();
    let mut command = Command::new("java");
    command.arg("tests/exporting/Pkix.java");
    for (odd, ..) in &odd {
        let crls = odd.export("java").join("crl.pem");
        for client in ["good-g2.pem", "revoked-g2.pem"] {
            command.args([odd.path("bundle.pem"), crls.clone(), odd.path(client)]);
        }
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(
        said.len(),
        odd.len() * 2,
        "{:?}",
        String::from_utf8_lossy(&output.stderr)
    );
    for ((_, right, row), said) in odd.iter().zip(said.chunks(2)) {
        assert_eq!(
            said == ["true", "false"],
            *right,
            "{row}: good and revoked are let in: {said:?}"
        );
    }
}

fn served(name: &str, program: &str, version: &str, start: fn(Site<'_>, &Path) -> Running) {
    if !is_installed(program, version) || !is_installed("curl", "--version") {
        return;
    }
    for (row, right, _) in ROWS {
        let odd = Odd::new(row);
        if !odd.imported {
            continue;
        }
        let crls = odd.export(name);
        let site = |name: &str| odd.path(name);
        let running = start(&site, &crls);
        let good = is_let_in(&site, &running, "good-g2");
        let revoked = is_let_in(&site, &running, "revoked-g2");
        assert_eq!(
            good && !revoked,
            right,
            "{row}: good {good}, revoked {revoked}"
        );
    }
}

#[test]
fn nginx_does_with_odd_crls_what_the_plan_says() {
    served("nginx", "nginx", "-v", nginx);
}

#[test]
fn haproxy_does_with_odd_crls_what_the_plan_says() {
    served("haproxy", "haproxy", "-v", haproxy);
}

#[test]
fn apache_does_with_odd_crls_what_the_plan_says() {
    served("apache", "apache2", "-v", apache);
}
