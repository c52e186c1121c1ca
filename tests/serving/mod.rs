//! What `export` writes, in the hands of the servers it is written for: each is started on loopback with exactly those
//! files and called by clients that it must let in and clients that it must not.
//!
//! The servers have their own clock, so that the PKI is made for the present moment.

mod connector;
mod doctoring;
mod ingress;
mod iis;
mod keystores;
mod kits;
mod killing;
mod odd;
mod pages;
mod probing;
mod running;
mod table;
mod timer;
mod trusting;
mod weekly;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use ptl_cert::decode;
use ptl_cert::document::{Certificate, Document, Moment, Request};
use ptl_cert::input::{Input, Source};
use ptl_cert::lab::{Defect, Generation, Keys, Lab, LabEnvironment, LabPlan};
use ptl_cert::revocation::RevocationReason;
use ptl_cert::store::lab as store;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{ask, ptl_cert};

/// The endpoint under test, with a name of the length that real ones have: servers have limits of their own.
pub(crate) const HOST: &str = "gpc-int-a1b2c-with-a-rather-long-name.lab.thirdparty.nhs.uk";
/// The Spine Secure Proxy of the lab.
const SSP: &str = "proxy.int.lab.nhs.uk";
const DAY: i64 = 24 * 60 * 60;

/// The words with which a command is about the lab's INT environment, as its facts file has it.
pub(crate) const LAB: [&str; 4] = ["--env", "lab-int", "--facts", "facts.toml"];

/// A lab of nine days' age, an endpoint's certificate, clients of every kind, and the CRLs in a cache.
pub(crate) struct Estate {
    folder: TempDir,
    lab: Lab,
    created: Moment,
    now: Moment,
}

/// The exit status where everything was written but the partitions of the clients are not known, because none was given.
pub(crate) const WITHOUT_CLIENTS: i32 = 1;

impl Estate {
    /// Makes all of it.
    pub(crate) fn new() -> Estate {
        Estate::new_in(&std::env::temp_dir())
    }

    /// The same below a folder.
    fn new_in(place: &Path) -> Estate {
        static KEYS: OnceLock<Keys> = OnceLock::new();
        let keys = KEYS.get_or_init(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab/keys");
            Keys::read(|plan| store::known(&folder, plan)).unwrap()
        });
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let seconds = i64::try_from(since.unwrap().as_secs()).unwrap();
        let moment = |seconds| Moment::from_unix(seconds).unwrap();
        let (now, created) = (moment(seconds - 60), moment(seconds - 9 * DAY));
        let lab = Lab::create(keys.clone(), &LabPlan::new("http://127.0.0.1:9", created)).unwrap();
        let folder = tempfile::tempdir_in(place).unwrap();
        std::fs::write(folder.path().join("openssl.cnf"), running::LEVEL).unwrap();
        // Other hosts that the lab's facts admit are left out: its own hosts all have `localhost` as a second name.
        let facts = lab.facts().replace(", \"localhost\"]", "]");
        std::fs::write(folder.path().join("facts.toml"), facts).unwrap();
        let mut estate = Estate {
            folder,
            lab,
            created,
            now,
        };
        for name in ["server", "client"] {
            estate.openssl(&["genrsa", "-out", &format!("{name}.key"), "2048"]);
        }
        let (int, g2) = (LabEnvironment::Int, Generation::G2);
        estate.sign("server", "server", HOST, &[], int, g2, &[]);
        for generation in Generation::ALL {
            let name = format!("good-{generation}");
            estate.sign(&name, "client", SSP, &[], int, generation, &[]);
            let name = format!("revoked-{generation}");
            let second = ["second.lab.nhs.uk"];
            let client = estate.sign(&name, "client", SSP, &second, int, generation, &[]);
            let reason = RevocationReason::KeyCompromise;
            estate.lab.revoke(&client, reason, created).unwrap();
        }
        let other = "other.lab.thirdparty.nhs.uk";
        estate.sign("by-san", "client", other, &[SSP], int, g2, &[]);
        estate.sign("other-name", "client", other, &[], int, g2, &[]);
        let (longer, longer_end) = (format!("x{SSP}"), format!("{SSP}.example.nhs.uk"));
        let ends = [longer_end.as_str()];
        estate.sign("longer-name", "client", &longer, &ends, int, g2, &[]);
        estate.sign("expired", "client", SSP, &[], int, g2, &[Defect::Expired]);
        let live = LabEnvironment::Live;
        estate.sign("other-environment", "client", SSP, &[], live, g2, &[]);
        estate.import("cache", estate.now, None);
        estate
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Has the lab sign a request for these names; the certificate and the CAs above it are in `NAME.pem`.
    #[expect(clippy::too_many_arguments, reason = "a test's order form")]
    fn sign(
        &mut self,
        name: &str,
        key: &str,
        common_name: &str,
        others: &[&str],
        environment: LabEnvironment,
        generation: Generation,
        defects: &[Defect],
    ) -> Arc<Certificate> {
        let names: Vec<String> = std::iter::once(&common_name)
            .chain(others)
            .map(|name| format!("DNS:{name}"))
            .collect();
        self.openssl(&[
            "req",
            "-new",
            "-key",
            &format!("{key}.key"),
            "-out",
            "request.pem",
            "-subj",
            &format!("/CN={common_name}"),
            "-addext",
            &format!("subjectAltName={}", names.join(",")),
        ]);
        let bytes = std::fs::read(self.path("request.pem")).unwrap();
        let request = request(&bytes);
        let reply = self
            .lab
            .sign(&request, environment, generation, defects, self.created)
            .unwrap();
        let chain: String = reply
            .certificates()
            .filter(|certificate| !certificate.is_self_issued())
            .map(|certificate| certificate.pem())
            .collect();
        std::fs::write(self.path(&format!("{name}.pem")), chain).unwrap();
        Arc::new(reply.certificate().clone())
    }

    /// Makes every CRL for a moment and takes them into a cache.
    fn import(&self, cache: &str, made: Moment, at: Option<Moment>) {
        let files = self.make_crls(made, "", &|_| true);
        let mut words = vec!["crl", "import", "--facts", "facts.toml", "--cache", cache];
        let at = at.map(|at| at.to_string());
        if let Some(at) = &at {
            words.extend(["--at", at]);
        }
        words.extend(files.iter().map(String::as_str));
        let output = self.run(&words);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }

    /// Makes the CRLs for a moment, of issuers that are wanted, as the download page of a PKI has them: always under the
    /// same names.
    fn make_crls(&self, made: Moment, folder: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut files = Vec::new();
        let places = self.lab.published_crls();
        // One root of the lab has expired, and its CRL is refused.
        let current = places
            .iter()
            .filter(|place| !place.issuer().contains("Expired") && wanted(place.issuer()));
        std::fs::create_dir_all(self.path(folder)).unwrap();
        for (number, place) in current.enumerate() {
            let path = self.path(folder).join(format!("{number}.crl"));
            std::fs::write(&path, self.lab.crl(place, made, &[]).unwrap()).unwrap();
            files.push(path.to_str().unwrap().to_owned());
        }
        files
    }

    /// Those of one environment, which a job for it takes: it refuses the others.
    fn make_int_crls(&self, made: Moment) -> Vec<String> {
        self.make_crls(made, "page", &|issuer| {
            issuer.contains("PTL") || issuer.contains("INT") && !issuer.contains("1D")
        })
    }

    /// Has the lab revoke the certificate in `NAME.pem`.
    fn revoke(&mut self, name: &str) {
        let bytes = std::fs::read(self.path(&format!("{name}.pem"))).unwrap();
        let input = Input::new(Source::Stdin, &bytes);
        let opened = decode::open(&input, None).unwrap();
        let item =
            ptl_cert::document::Item::read(&opened.objects[0], opened.container, None).unwrap();
        let certificate = Arc::clone(item.document.certificate().unwrap());
        let reason = RevocationReason::Superseded;
        self.lab.revoke(&certificate, reason, self.now).unwrap();
    }

    fn openssl(&self, words: &[&str]) {
        self.ask("openssl", words);
    }

    /// What a foreign program says in the folder; it must be content.
    fn ask(&self, program: &str, words: &[&str]) -> String {
        let (good, said) = ask(self.folder.path(), program, words);
        assert!(good, "{program} {words:?}: {said}");
        said
    }

    /// What keytool lists of a key store, with an option for the password.
    fn keytool_list(&self, store: &str, password: [&str; 2]) -> String {
        let words = ["-J-Duser.language=en", "-list", "-keystore", store];
        self.ask("keytool", &[&words[..], &password].concat())
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        ptl_cert(self.folder.path()).args(words).output().unwrap()
    }

    /// Runs `export` for the endpoint, with other words added.
    pub(crate) fn try_export(&self, target: &str, folder: &str, words: &[&str]) -> Output {
        self.run(&export_words(target, folder, words))
    }

    /// Runs `crl export` for a server, with other words added.
    fn export_crls(&self, target: &str, folder: &str, words: &[&str]) -> Output {
        let usual = ["crl", "export", "--for", target, "--out-dir", folder];
        self.run(&[&usual[..], &LAB, &["--cache", "cache"], words].concat())
    }

    /// What `crl schedule` prints, as JSON, for a job that imports these CRLs, with other words added.
    fn schedule(&self, scheduler: &str, crls: &[String], words: &[&str]) -> Value {
        let usual = ["crl", "schedule", "--for", scheduler, "--format", "json"];
        let mut all = [&usual[..], &LAB, &["--cache", "cache"], words].concat();
        for crl in crls {
            all.extend(["--import", crl]);
        }
        let output = self.run(&all);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The same, which has to write everything; which partitions the clients are in need not be known.
    pub(crate) fn export(&self, target: &str, folder: &str, words: &[&str]) -> PathBuf {
        let output = self.try_export(target, folder, words);
        let said = String::from_utf8_lossy(&output.stdout);
        let expected = i32::from(said.contains("PARTITIONS UNKNOWN"));
        assert_eq!(output.status.code(), Some(expected), "{output:?}");
        self.path(folder)
    }
}

/// The words of `export` for the endpoint; others are added, or replace what is usual.
fn export_words<'w>(target: &'w str, folder: &'w str, words: &[&'w str]) -> Vec<&'w str> {
    let mut all = vec!["export", "--for", target, "--out-dir", folder];
    all.extend(LAB);
    for (option, usual) in [
        ("--cert", "server.pem"),
        ("--key", "server.key"),
        ("--cache", "cache"),
    ] {
        if !words.contains(&option) {
            all.extend([option, usual]);
        }
    }
    all.extend(words);
    all
}

fn request(bytes: &[u8]) -> Request {
    let input = Input::new(Source::BuiltIn("request"), bytes);
    let opened = decode::open(&input, None).unwrap();
    let blob = opened.objects[0].decode().unwrap();
    match Document::read(&blob, None).unwrap() {
        Document::Request(request) => *request,
        other => panic!("{other:?}"),
    }
}
