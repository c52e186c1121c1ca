//! Real servers with what was exported: whom the plan calls complete gets in, and nobody else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ptl_cert::lab::Generation;

use super::Estate;
use crate::program::{free_port, is_installed};

/// Where the files of a name are.
pub(super) type Site<'s> = &'s dyn Fn(&str) -> PathBuf;

/// A server that runs until it is dropped.
pub(super) struct Running {
    port: u16,
    pid_file: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(pid) = std::fs::read_to_string(&self.pid_file) {
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
    }
}

/// Starts a server that lets go of its starter when it listens.
fn start(command: &mut Command, port: u16, pid_file: PathBuf) -> Running {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(output.success(), "{command:?}");
    Running { port, pid_file }
}

pub(super) fn nginx(path: Site<'_>, crls: &Path) -> Running {
    let port = free_port();
    let folder = path("nginx-run");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "pid {run}/pid; error_log {run}/error.log; daemon on; worker_processes 1;
events {{ }}
http {{
  access_log off; client_body_temp_path {run}/a; proxy_temp_path {run}/b; fastcgi_temp_path {run}/c;
  uwsgi_temp_path {run}/d; scgi_temp_path {run}/e;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {server}.pem; ssl_certificate_key {server}.key;
    ssl_client_certificate {bundle}; ssl_verify_client on; ssl_verify_depth 3;
    ssl_ciphers DEFAULT@SECLEVEL=0;
    ssl_crl {crls}/crl.pem;
    location / {{ return 200; }}
  }}
}}
",
        run = folder.display(),
        server = path("good-g2").display(),
        bundle = path("bundle.pem").display(),
        crls = crls.display(),
    );
    let config = folder.join("nginx.conf");
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&config).arg("-p").arg(&folder);
    start(&mut command, port, folder.join("pid"))
}

pub(super) fn haproxy(path: Site<'_>, crls: &Path) -> Running {
    let port = free_port();
    let folder = path("haproxy-run");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend front
  bind 127.0.0.1:{port} ssl crt {server} ca-file {bundle} verify required crl-file {crls}/crl.pem ciphers DEFAULT@SECLEVEL=0
  http-request return status 200
",
        server = path("good-g2.both").display(),
        bundle = path("bundle.pem").display(),
        crls = crls.display(),
    );
    let config = folder.join("haproxy.cfg");
    std::fs::write(&config, text).unwrap();
    let pid = folder.join("pid");
    let mut command = Command::new("haproxy");
    command.arg("-D").arg("-p").arg(&pid).arg("-f").arg(&config);
    start(&mut command, port, pid)
}

pub(super) fn apache(path: Site<'_>, crls: &Path) -> Running {
    let port = free_port();
    let folder = path("apache-run");
    std::fs::create_dir_all(folder.join("htdocs")).unwrap();
    std::fs::write(folder.join("htdocs/index.html"), "").unwrap();
    let text = format!(
        "ServerRoot {run}
ServerName localhost
PidFile {run}/pid
ErrorLog {run}/error.log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule socache_shmcb_module {modules}/mod_socache_shmcb.so
LoadModule ssl_module {modules}/mod_ssl.so
DocumentRoot {run}/htdocs
DirectoryIndex index.html
SSLEngine on
SSLCertificateFile {server}.pem
SSLCertificateKeyFile {server}.key
SSLCACertificateFile {bundle}
SSLVerifyClient require
SSLVerifyDepth 3
SSLCipherSuite DEFAULT@SECLEVEL=0
SSLCARevocationFile {crls}/crl.pem
SSLCARevocationCheck chain
",
        run = folder.display(),
        modules = "/usr/lib/apache2/modules",
        server = path("good-g2").display(),
        bundle = path("bundle.pem").display(),
        crls = crls.display(),
    );
    let config = folder.join("httpd.conf");
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("apache2");
    command.arg("-f").arg(&config).args(["-k", "start"]);
    start(&mut command, port, folder.join("pid"))
}

/// Whether a client gets a page.
pub(super) fn is_let_in(path: Site<'_>, running: &Running, client: &str) -> bool {
    // curl looks at its own certificate before it reads --ciphers, and the oldest generation is SHA-1.
    let level = "openssl_conf=i\n[i]\nssl_conf=s\n[s]\nsystem_default=l\n[l]\nCipherString=DEFAULT@SECLEVEL=0\n";
    std::fs::write(path("openssl.cnf"), level).unwrap();
    let output = Command::new("curl")
        .env("OPENSSL_CONF", path("openssl.cnf"))
        .args([
            "--silent",
            "--insecure",
            "--max-time",
            "20",
            "--output",
            "/dev/null",
        ])
        .args([
            "--ciphers",
            "DEFAULT@SECLEVEL=0",
            "--write-out",
            "%{http_code}",
        ])
        .arg("--cert")
        .arg(path(&format!("{client}.pem")))
        .arg("--key")
        .arg(path(&format!("{client}.key")))
        .arg(format!("https://127.0.0.1:{}/", running.port))
        .output()
        .unwrap();
    output.stdout == b"200"
}

/// The same, which probe has to say too.
fn is_let_in_and_probe_says_so(estate: &Estate, running: &Running, client: &str) -> bool {
    let site = |name: &str| estate.path(name);
    let let_in = is_let_in(&site, running, client);
    let expected = if let_in { "accepted" } else { "refused" };
    let (answer, report) = estate.probe(running.port, client);
    assert_eq!(answer, expected, "{client}: {report}");
    let_in
}

/// Each server refuses and lets in just whom the plan says: without the CRL of one root nobody below it, with all
/// lists everyone but who was revoked.
fn matrix(server: &str, version: &str, start: fn(Site<'_>, &Path) -> Running) {
    const ROOT: &str = "LAB PTL Root Authority G2";
    if !is_installed(server, version) || !is_installed("curl", "--version") {
        return;
    }
    let name = if server == "apache2" {
        "apache"
    } else {
        server
    };
    let estate = Estate::new();
    let site = |name: &str| estate.path(name);
    let let_in = |running: &Running| {
        Generation::ALL.map(|generation| {
            is_let_in_and_probe_says_so(&estate, running, &format!("good-{generation}"))
        })
    };
    let planned = || {
        let plan = estate.crl("plan", &["--for", name, "--format", "json"]);
        let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
        Generation::ALL.map(|generation| {
            let authorities = plan["authorities"].as_array().unwrap().iter();
            authorities
                .filter(|authority| authority["generation"] == generation.title())
                .flat_map(|authority| authority["required"].as_array().unwrap())
                .all(|required| required["state"] == "available")
        })
    };
    estate.import(|issuer| issuer != ROOT);
    assert_eq!(planned(), [true, true, false]);
    let crls = estate.export(name, &["--incomplete"]);
    {
        let running = start(&site, &crls);
        assert_eq!(
            let_in(&running),
            planned(),
            "{name} without a CRL of {ROOT}"
        );
    }
    estate.import(|issuer| issuer == ROOT);
    assert_eq!(planned(), [true; 3]);
    let crls = estate.export(name, &[]);
    let running = start(&site, &crls);
    assert_eq!(let_in(&running), [true; 3], "{name}");
    for generation in Generation::ALL {
        let client = format!("revoked-{generation}");
        assert!(
            !is_let_in_and_probe_says_so(&estate, &running, &client),
            "{name}: {client}"
        );
    }
}

#[test]
fn nginx_refuses_and_lets_in_just_whom_the_plan_says() {
    matrix("nginx", "-v", nginx);
}

#[test]
fn haproxy_refuses_and_lets_in_just_whom_the_plan_says() {
    matrix("haproxy", "-v", haproxy);
}

#[test]
fn apache_refuses_and_lets_in_just_whom_the_plan_says() {
    matrix("apache2", "-v", apache);
}
