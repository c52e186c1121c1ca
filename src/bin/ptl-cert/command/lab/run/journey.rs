//! The journey, step by step: who does what, what would be typed, and what must come of it.

use super::step::{Step, step};

/// The lab's environment that is rehearsed for.
pub(super) const ENVIRONMENT: &str = "lab-int";

/// Servers for which files are written, and which are not started here.
pub(super) const LEFT_OUT: &str = "running IIS, Apache, HAProxy or Tomcat with the exported files";

/// What is left out besides where there is no nginx.
pub(super) const NGINX_LEFT_OUT: &str =
    "running nginx with the exported files: nginx is not installed on this machine";

/// The main configuration of the nginx of the rehearsal, in its folder.
pub(super) const NGINX_CONF: &str = "nginx.conf";

/// Everything beside the configuration that is exported; paths are relative to the rehearsal's folder.
pub(super) const NGINX: &str = "\
pid nginx.pid;
error_log nginx-error.log info;
worker_processes 1;
events {
    worker_connections 64;
}
http {
    access_log off;
    client_body_temp_path nginx-temp-body;
    proxy_temp_path nginx-temp-proxy;
    fastcgi_temp_path nginx-temp-fastcgi;
    uwsgi_temp_path nginx-temp-uwsgi;
    scgi_temp_path nginx-temp-scgi;
    include nginx/ptl-cert.conf;
}
";

/// The host of the environment that calls endpoints without the proxy, as Spine's messages come.
const CALLER: &str = "msg-out.int.lab.nhs.uk";

/// The generations, the oldest first, and the word for each in this rehearsal's folders.
const GENERATIONS: [&str; 3] = ["g1-sha1", "g1", "g2"];

/// The lab's facts, and the cache, in the rehearsal's folder.
const FACTS: &str = "lab/facts.toml";
const CACHE: &str = "crl";

/// The CRLs of [`ENVIRONMENT`] that are downloaded manually, below the lab's base URL.
const DOWNLOADS: [&str; 2] = [
    "/public/pki/crls/LAB-PTL-Root-Authority-SHA1.crl",
    "/public/pki/crls/LAB-INT-Level-1A.crl",
];

/// What the proxy wants to know of every call.
const SSP_HEADERS: [&str; 8] = [
    "--header",
    "Ssp-TraceID: 09a01679-2564-0fb4-5129-aecc81ea2706",
    "--header",
    "Ssp-From: 200000000359",
    "--header",
    "Ssp-To: 918999198993",
    "--header",
    "Ssp-InteractionID: urn:nhs:names:services:gpconnect:fhir:rest:read:metadata-1",
];

/// What the steps are made from.
pub(super) struct Setting<'a> {
    pub(super) fqdn: &'a str,
    /// The lab keys to use, if any.
    pub(super) keys: Option<&'a str>,
    pub(super) ports: Ports,
    /// How nginx is started, where it is installed.
    pub(super) nginx: Option<&'a str>,
}

/// Where the hosts of the rehearsal listen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) crls: u16,
    pub(super) proxy: u16,
    pub(super) endpoint: u16,
    pub(super) nginx: u16,
}

/// All steps, in order.
pub(super) fn steps(setting: &Setting<'_>) -> Vec<Step> {
    let mut steps = ask(setting);
    steps.extend(crls(setting));
    steps.extend(accept(setting));
    steps.extend(set_up(setting));
    steps.extend(connect(setting));
    steps.extend(serve_with_nginx(setting));
    steps.extend(revoke(setting));
    steps
}

fn ask(setting: &Setting<'_>) -> Vec<Step> {
    const STAGE: &str = "Ask for a certificate";
    let Setting {
        fqdn, keys, ports, ..
    } = setting;
    let keys = keys.map(|keys| ["--keys".to_owned(), keys.to_owned()]);
    let found = step(
        STAGE,
        "the lab stands in for the NHS, with CAs of three generations",
        &format!("lab init --base-url http://127.0.0.1:{}", ports.crls),
    )
    .with(keys.as_ref().into_iter().flatten());
    let csr = step(
        STAGE,
        "you make a key and a CSR",
        &format!("csr --fqdn {fqdn} --out-dir supplier"),
    )
    .expecting(0, &["created"]);
    let mut steps = vec![found, csr];
    steps.extend(GENERATIONS.map(|generation| {
        step(
            STAGE,
            "the lab signs it, once in each CA generation",
            &format!(
                "lab sign supplier/{fqdn}.csr --env {ENVIRONMENT} --generation {generation} --out-dir reply-{generation}"
            ),
        )
    }));
    steps.push(step(
        STAGE,
        "and once more, with a certificate for another key",
        &format!(
            "lab sign supplier/{fqdn}.csr --env {ENVIRONMENT} --defect key-mismatch --out-dir reply-wrong"
        ),
    ));
    steps
}

fn accept(setting: &Setting<'_>) -> Vec<Step> {
    const STAGE: &str = "Check the reply and accept it";
    let fqdn = setting.fqdn;
    let accept = |reply: &str, folder: &str| {
        format!(
            "accept {reply}/{fqdn}.zip --csr supplier/{fqdn}.csr --key supplier/{fqdn}.key --env {ENVIRONMENT} \
             --facts {FACTS} --cache {CACHE} --out-dir {folder}"
        )
    };
    let mut steps = vec![
        step(
            STAGE,
            "the reply for another key is rejected, as it should be",
            &accept("reply-wrong", "wrong"),
        )
        .expecting(1, &["REFUSED", "mismatched-key"]),
    ];
    for generation in GENERATIONS {
        steps.push(step(
            STAGE,
            "the right replies match, and the files are written",
            &accept(&format!("reply-{generation}"), generation),
        ));
    }
    for generation in GENERATIONS {
        steps.push(
            step(
                STAGE,
                "the certificates are valid for the host and not revoked so far",
                &verify(setting, generation, &format!("--cache {CACHE}")),
            )
            .expecting(0, &["VERIFIED", "not revoked"]),
        );
    }
    steps
}

fn verify(setting: &Setting<'_>, generation: &str, more: &str) -> String {
    let fqdn = setting.fqdn;
    format!(
        "verify {generation}/{fqdn}.fullchain.pem --env {ENVIRONMENT} --facts {FACTS} --fqdn {fqdn} {more}"
    )
}

/// What `crl plan` and `crl update` are asked for: the environment, and every certificate, as it came.
fn wanted(setting: &Setting<'_>) -> String {
    let certificates =
        GENERATIONS.map(|generation| format!("reply-{generation}/{}.zip", setting.fqdn));
    format!(
        "--env {ENVIRONMENT} --facts {FACTS} --cache {CACHE} {}",
        certificates.join(" ")
    )
}

/// The same without certificates: your own say nothing about the clients that a server has.
fn served() -> String {
    format!("--env {ENVIRONMENT} --facts {FACTS} --cache {CACHE}")
}

fn crls(setting: &Setting<'_>) -> Vec<Step> {
    const STAGE: &str = "Fetch the CRLs";
    let ports = setting.ports;
    let (wanted, served) = (wanted(setting), served());
    vec![
        step(
            STAGE,
            "no CRL is cached yet, so a server would refuse every client",
            &format!("crl plan {wanted} --for nginx"),
        )
        .expecting(1, &["NOT COMPLETE"]),
        step(
            STAGE,
            "the lab's hosts serve CRLs, a download page and a proxy",
            &format!(
                "lab serve --env {ENVIRONMENT} --proxy-port {} --provider 127.0.0.1:{}",
                ports.proxy, ports.endpoint
            ),
        )
        .serving(),
        step(
            STAGE,
            "the SHA-2 generations' CRLs are fetched; SHA-1's are missing",
            &format!("crl update {wanted}"),
        )
        .expecting(3, &["installed", "manual import"]),
        import(STAGE, setting),
        step(
            STAGE,
            "every CRL that your server is known to need is cached; your callers' are not known yet",
            &format!("crl plan {served} --for nginx"),
        )
        .expecting(1, &["PARTITIONS UNKNOWN"]),
        step(
            STAGE,
            "every CRL is current",
            &format!("crl status --env {ENVIRONMENT} --facts {FACTS} --cache {CACHE}"),
        ),
    ]
}

fn set_up(setting: &Setting<'_>) -> Vec<Step> {
    const STAGE: &str = "Set up your server";
    let served = served();
    vec![
        step(
            STAGE,
            "the CRLs are written in the form that nginx reads",
            &format!("crl export {served} --for nginx --out-dir server"),
        )
        .expecting(1, &["WRITTEN, PARTITIONS UNKNOWN"]),
        export(
            STAGE,
            "nginx's files are written; your callers' CRLs are not known yet",
            setting,
            "",
        )
        .expecting(1, &["WRITTEN, PARTITIONS UNKNOWN", "admits"]),
        step(
            STAGE,
            "the doctor finds nothing wrong with them",
            &format!("doctor nginx --env {ENVIRONMENT} --facts {FACTS}"),
        )
        .expecting(0, &["NOTHING FOUND WRONG"]),
    ]
}

/// Everything nginx needs.
fn export(stage: &'static str, title: &str, setting: &Setting<'_>, more: &str) -> Step {
    let Setting { fqdn, ports, .. } = setting;
    step(
        stage,
        title,
        &format!(
            "export --for nginx --cert g2/{fqdn}.fullchain.pem --key supplier/{fqdn}.key --env {ENVIRONMENT} \
             --facts {FACTS} --cache {CACHE} --out-dir nginx --listen 127.0.0.1:{} --admit {CALLER} --admit {fqdn} \
             --backend http://127.0.0.1:{}{more}",
            ports.nginx, ports.crls
        ),
    )
}

/// The old PKI's road: the files from the download page.
fn import(stage: &'static str, setting: &Setting<'_>) -> Step {
    let host = format!("http://127.0.0.1:{}", setting.ports.crls);
    let files = DOWNLOADS.map(|path| format!("{host}{path}"));
    step(
        stage,
        "the SHA-1 generation's CRLs are imported from a download page",
        &format!(
            "crl import {} --facts {FACTS} --cache {CACHE}",
            files.join(" ")
        ),
    )
}

fn connect(setting: &Setting<'_>) -> Vec<Step> {
    const STAGE: &str = "Connect with mutual TLS";
    let Setting { fqdn, ports, .. } = setting;
    vec![
        step(
            STAGE,
            "ptl-cert plays your system and saves its callers' certificates",
            &format!(
                "listen 127.0.0.1:{} --cert g2/{fqdn}.fullchain.pem --key supplier/{fqdn}.key --env {ENVIRONMENT} \
                 --facts {FACTS} --cache {CACHE} --save-clients clients",
                ports.endpoint
            ),
        )
        .serving(),
        called(STAGE, "the environment calls you", setting, "g2").expecting(0, &["status 200"]),
        called(STAGE, "it calls again with its SHA-1 certificate", setting, "g1-sha1")
            .expecting(0, &["status 200"]),
        called(
            STAGE,
            "its G1 certificate is refused, as it should be: no CRL for it yet",
            setting,
            "g1 --expect refused",
        )
        .expecting(0, &["status 403", "another partition"]),
        step(
            STAGE,
            "the CRLs that your callers' certificates name are fetched",
            &format!("crl update {} clients", wanted(setting)),
        )
        .expecting(0, &["installed"]),
        called(STAGE, "now the G1 certificate is accepted", setting, "g1").expecting(0, &["status 200"]),
        export(
            STAGE,
            "with those certificates the files for nginx are complete",
            setting,
            " --client clients",
        )
        .expecting(0, &["WRITTEN"]),
        step(
            STAGE,
            "a client without a certificate is refused, as it should be",
            &format!(
                "lab call https://{fqdn}/metadata --connect 127.0.0.1:{} --env {ENVIRONMENT} --no-certificate",
                ports.endpoint
            ),
        )
        .expecting(0, &["status 403"]),
        through_proxy(
            STAGE,
            "you call a provider (yourself) through the proxy",
            setting,
            "g1",
        )
        .expecting(0, &["status 200"]),
        through_proxy(
            STAGE,
            "you call a provider (yourself) through the proxy",
            setting,
            "g2",
        ).expecting(0, &["status 200"]),
        step(
            STAGE,
            "you probe your endpoint without one: refused, as it should be",
            &format!(
                "probe {fqdn} --connect 127.0.0.1:{} --env {ENVIRONMENT} --facts {FACTS} --cache {CACHE} --expect refused",
                ports.endpoint
            ),
        )
        .expecting(0, &["CERTIFICATE REQUIRED"]),
        step(
            STAGE,
            "every CRL that your callers' certificates name is cached",
            &format!("crl plan {} --client clients --for nginx", wanted(setting)),
        ),
        step(
            STAGE,
            "the Path to Live checklist passes, and its evidence is written",
            &format!(
                "preflight --env {ENVIRONMENT} --fqdn {fqdn} --facts {FACTS} --cache {CACHE} --cert g2/{fqdn}.fullchain.pem \
                 --key supplier/{fqdn}.key --endpoint 127.0.0.1:{} --spine-proxy 127.0.0.1:{} --client clients \
                 --config nginx --request /https://{fqdn}/metadata --ssp-from 200000000359 --ssp-to 918999198993 \
                 --interaction urn:nhs:names:services:gpconnect:fhir:rest:read:metadata-1 \
                 --skip name-resolves,inbound,clock --report preflight.html",
                ports.endpoint, ports.proxy
            ),
        )
        .expecting(0, &["READY"]),
    ]
}

/// A call of the environment's, with its certificate of a generation.
fn called(stage: &'static str, title: &str, setting: &Setting<'_>, generation: &str) -> Step {
    step(
        stage,
        title,
        &format!(
            "lab call https://{}/metadata --connect 127.0.0.1:{} --env {ENVIRONMENT} --generation {generation}",
            setting.fqdn, setting.ports.endpoint
        ),
    )
}

/// A call as a consumer, through the proxy to the endpoint's substitute.
fn through_proxy(
    stage: &'static str,
    title: &str,
    setting: &Setting<'_>,
    generation: &str,
) -> Step {
    let Setting { fqdn, ports, .. } = setting;
    step(
        stage,
        title,
        &format!(
            "lab call https://localhost:{}/https://{fqdn}/metadata --env {ENVIRONMENT} \
             --cert {generation}/{fqdn}.fullchain.pem --key supplier/{fqdn}.key",
            ports.proxy
        ),
    )
    .with(&SSP_HEADERS.map(str::to_owned))
}

/// nginx with exactly what was exported. Behind it is the lab's host for CRLs, so that a client that is admitted gets a file.
fn serve_with_nginx(setting: &Setting<'_>) -> Vec<Step> {
    const STAGE: &str = "Serve with nginx";
    let Some(nginx) = setting.nginx else {
        return Vec::new();
    };
    vec![
        step(
            STAGE,
            "nginx accepts the configuration that was exported",
            &format!("-t -p . -c {NGINX_CONF}"),
        )
        .of(nginx)
        .expecting(0, &["test is successful"]),
        step(STAGE, "nginx starts", &format!("-p . -c {NGINX_CONF}"))
            .of(nginx)
            .starting(&["-p", ".", "-c", NGINX_CONF, "-s", "stop"]),
        call_nginx(
            STAGE,
            "the environment calls nginx and is admitted",
            setting,
            "",
        )
        .expecting(0, &["status 200"]),
        call_nginx(
            STAGE,
            "a client without a certificate is refused, as it should be",
            setting,
            "--no-certificate",
        )
        .expecting(0, &["status 400"]),
        call_nginx(
            STAGE,
            "your own certificate is admitted, because --admit names it",
            setting,
            &own_certificate(setting),
        )
        .expecting(0, &["status 200"]),
    ]
}

fn own_certificate(setting: &Setting<'_>) -> String {
    let fqdn = setting.fqdn;
    format!("--cert g1/{fqdn}.fullchain.pem --key supplier/{fqdn}.key")
}

fn call_nginx(stage: &'static str, title: &str, setting: &Setting<'_>, more: &str) -> Step {
    let Setting { fqdn, ports, .. } = setting;
    step(
        stage,
        title,
        &format!(
            "lab call https://{fqdn}{} --connect 127.0.0.1:{} --env {ENVIRONMENT} {more}",
            DOWNLOADS[1], ports.nginx
        ),
    )
}

/// The weekly job's last part, and what comes of it.
fn refuse_with_nginx(stage: &'static str, setting: &Setting<'_>) -> Vec<Step> {
    let Some(nginx) = setting.nginx else {
        return Vec::new();
    };
    let hooks = [
        "--test".to_owned(),
        format!("{nginx} -t -q -p . -c {NGINX_CONF}"),
        "--on-change".to_owned(),
        format!("{nginx} -p . -c {NGINX_CONF} -s reload"),
    ];
    vec![
        step(
            stage,
            "the weekly job gives nginx the new CRLs, tests and reloads it",
            &format!(
                "crl export {} --client clients --for nginx --out-dir nginx",
                wanted(setting)
            ),
        )
        .with(&hooks)
        .expecting(0, &["crl.pem (replaced)", "succeeded"]),
        call_nginx(
            stage,
            "nginx refuses your certificate, as it should",
            setting,
            &own_certificate(setting),
        )
        .expecting(1, &["status 400"])
        .until_expected(),
    ]
}

fn revoke(setting: &Setting<'_>) -> Vec<Step> {
    const STAGE: &str = "Revoke it and see it refused everywhere";
    let fqdn = setting.fqdn;
    let mut steps: Vec<Step> = GENERATIONS
        .map(|generation| {
            step(
                STAGE,
                "the lab revokes your certificates",
                &format!("lab revoke {generation}/{fqdn}.crt --reason keyCompromise"),
            )
        })
        .into();
    steps.push(step(
        STAGE,
        "the weekly job fetches the new CRLs",
        &format!("crl update {}", wanted(setting)),
    ));
    steps.push(import(STAGE, setting));
    steps.extend(refuse_with_nginx(STAGE, setting));
    steps.extend(GENERATIONS.map(|generation| {
        step(
            STAGE,
            "your certificates no longer verify",
            &verify(setting, generation, &format!("--cache {CACHE}")),
        )
        .expecting(1, &["NOT VERIFIED", "revoked", "keyCompromise"])
    }));
    steps.push(
        step(
            STAGE,
            "the CRL says when and why",
            &format!("crl check g1/{fqdn}.crt --env {ENVIRONMENT} --facts {FACTS} --cache {CACHE}"),
        )
        .expecting(1, &["revoked", "keyCompromise"]),
    );
    steps.push(
        through_proxy(STAGE, "the proxy refuses you, as it should", setting, "g1")
            .with(&["--expect".to_owned(), "refused".to_owned()])
            .expecting(0, &["status 403", "revoked"]),
    );
    steps.push(
        step(
            STAGE,
            "the environment's caller rejects you too, as it should",
            &format!(
                "lab call https://{fqdn}/metadata --connect 127.0.0.1:{} --env {ENVIRONMENT}",
                setting.ports.endpoint
            ),
        )
        .expecting(1, &["revoked"]),
    );
    steps
}
