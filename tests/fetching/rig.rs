//! A server on loopback that misbehaves, a practice PKI whose lists it has, and the program beside it.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, OnceLock};

use ptl_cert::decode;
use ptl_cert::document::{Certificate, Document, Moment, PrivateKey};
use ptl_cert::input::{Input, Source};
use ptl_cert::lab::{
    Defect, Generation, Keys, Lab, LabEnvironment, LabError, LabPlan, Party, PublishedCrl, Reach,
};
use ptl_cert::revocation::RevocationReason;
use ptl_cert::wire::host::{Host, Limits, Question, Reply};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::ptl_cert;

/// The moment for which everything is judged: 2027-01-08, a week after the lab was created.
pub(crate) const NOW: &str = "2027-01-08T00:00:00Z";
const FOUNDED: i64 = 1_798_761_600;
pub(crate) const DAY: i64 = 86_400;

/// How the server answers for one path; everything else it answers as it should.
type Answer = Box<dyn Fn(&Question) -> Reply + Send + Sync>;

pub(crate) struct Rig {
    folder: TempDir,
    host: Option<Host>,
    answers: Arc<Mutex<BTreeMap<String, Arc<Answer>>>>,
    lab: Lab,
    /// The CRL of the client's certificate.
    place: PublishedCrl,
}

/// A run that has ended.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) text: String,
}

pub(crate) fn moment(seconds: i64) -> Moment {
    Moment::from_unix(FOUNDED + seconds).unwrap()
}

/// The moment for which everything is judged.
pub(crate) fn now() -> Moment {
    moment(7 * DAY)
}

impl Rig {
    pub(crate) fn new() -> Rig {
        let answers: Arc<Mutex<BTreeMap<String, Arc<Answer>>>> = Arc::default();
        let sound: Arc<OnceLock<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let (mine, crls) = (Arc::clone(&answers), Arc::clone(&sound));
        let answer = move |question: &Question| {
            let path = question.path().to_owned();
            let spoilt = mine.lock().unwrap().get(&path).cloned();
            if let Some(spoilt) = spoilt {
                return spoilt(question);
            }
            match crls.get().and_then(|crls| crls.get(&path)) {
                Some(crl) => Reply::ok("application/pkix-crl", crl.clone()),
                None => Reply::new(404),
            }
        };
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let host = Host::start(loopback, Limits::default(), answer, |_| {}).unwrap();
        let base = format!("http://{}", host.address());
        let lab = Lab::create(keys(), &LabPlan::new(&base, moment(0))).unwrap();
        let all = lab.published_crls().into_iter().map(|place| {
            let crl = lab.crl(&place, now(), &[]).unwrap();
            (place.path(), crl)
        });
        sound.set(all.collect()).unwrap();
        let identity = lab
            .identity(Party::Caller, LabEnvironment::Int, Generation::G1)
            .unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("facts.toml"), lab.facts()).unwrap();
        fs::write(folder.path().join("client.der"), &identity.certificate).unwrap();
        let place = lab.place(&certificate(&identity.certificate)).unwrap();
        Rig {
            folder,
            host: Some(host),
            answers,
            lab,
            place,
        }
    }

    /// The same, with the sound lists installed already: those of the day before.
    pub(crate) fn with_crls() -> Rig {
        let rig = Rig::new();
        let crl = rig.crl(now().unix() - DAY, &[]);
        rig.answers(move |_| Reply::ok("application/pkix-crl", crl.clone()));
        assert_eq!(rig.update(&[]).status, 0);
        rig
    }

    /// The CRL of the client's certificate, as it is at a moment, with these defects.
    pub(crate) fn crl(&self, at: i64, defects: &[Defect]) -> Vec<u8> {
        let at = Moment::from_unix(at).unwrap();
        self.lab.crl(&self.place, at, defects).unwrap()
    }

    /// That list today.
    pub(crate) fn crl_now(&self, defects: &[Defect]) -> Vec<u8> {
        self.crl(now().unix(), defects)
    }

    /// Another list of the lab, as it should be: of the first place for which this is so.
    pub(crate) fn other_crl(&self, wanted: impl Fn(&PublishedCrl) -> bool) -> Vec<u8> {
        let places = self.lab.published_crls();
        let place = places.iter().find(|place| wanted(place)).unwrap();
        self.lab.crl(place, now(), &[]).unwrap()
    }

    /// The path of every CRL that a server has, with the CRL and a delta of the same partition.
    pub(crate) fn lists_with_deltas(&self) -> Vec<(String, Vec<u8>, Vec<u8>)> {
        let places = self.lab.published_crls();
        let fetched = places.iter().filter(|place| place.reach() == Reach::Http);
        let crl = |place: &PublishedCrl, defects: &[Defect]| self.lab.crl(place, now(), defects);
        fetched
            .map(|place| {
                let whole = crl(place, &[]).unwrap();
                (
                    place.path(),
                    whole,
                    crl(place, &[Defect::CrlDelta]).unwrap(),
                )
            })
            .collect()
    }

    /// The certificate of a host of the lab, in DER.
    pub(crate) fn identity(
        &self,
        party: Party,
        environment: LabEnvironment,
        generation: Generation,
    ) -> Vec<u8> {
        let identity = self.lab.identity(party, environment, generation);
        identity.unwrap().certificate
    }

    /// The CRLs that no server has.
    pub(crate) fn crls_manual_import(&self) -> Vec<Vec<u8>> {
        let places = self.lab.published_crls();
        let manual_import = places
            .iter()
            .filter(|place| place.reach() == Reach::ManualImport);
        manual_import
            .map(|place| self.lab.crl(place, now(), &[]).unwrap())
            .collect()
    }

    /// From this moment on the client's certificate is revoked: its key was lost.
    pub(crate) fn revoke_client(&mut self, at: i64) {
        let client = self.identity(Party::Caller, LabEnvironment::Int, Generation::G1);
        let at = Moment::from_unix(at).unwrap();
        let reason = RevocationReason::KeyCompromise;
        self.lab.revoke(&certificate(&client), reason, at).unwrap();
    }

    pub(crate) fn place(&self) -> &PublishedCrl {
        &self.place
    }

    /// From now on the server answers so for the client's list.
    pub(crate) fn answers(&self, answer: impl Fn(&Question) -> Reply + Send + Sync + 'static) {
        self.answers_at(&self.place.path(), answer);
    }

    /// The same for any path.
    pub(crate) fn answers_at(
        &self,
        path: &str,
        answer: impl Fn(&Question) -> Reply + Send + Sync + 'static,
    ) {
        let answer: Answer = Box::new(answer);
        let mut answers = self.answers.lock().unwrap();
        answers.insert(path.to_owned(), Arc::new(answer));
    }

    /// The address of the client's list.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.lab.base_url(), self.place.path())
    }

    pub(crate) fn base_url(&self) -> &str {
        self.lab.base_url()
    }

    /// The server goes away; its port refuses.
    pub(crate) fn stop(&mut self) {
        drop(self.host.take());
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// `ptl-cert crl …` with this rig's cache, facts and moment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = ptl_cert(self.folder.path());
        command.arg("crl").args(args);
        command.args(["--cache", "cache", "--facts", "facts.toml", "--at", NOW]);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    /// `crl update client.der …`
    pub(crate) fn update(&self, args: &[&str]) -> Ran {
        self.run(&[&["update", "client.der"], args].concat())
    }

    /// The digests of all installed CRLs, by slot, as a reader sees them.
    pub(crate) fn installed(&self) -> BTreeMap<String, String> {
        let output = self
            .command(&["status", "--format", "json"])
            .output()
            .unwrap();
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(status.get("missing").is_none(), "{status}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let crls = status["crls"].as_array().unwrap();
        let pair = |crl: &Value| (text(&crl["slot"]), text(&crl["sha256"]));
        crls.iter().map(pair).collect()
    }

    /// Whether the cache answers for the client: 0 when a CRL in time says that it is not revoked.
    pub(crate) fn answer(&self) -> i32 {
        self.run(&["check", "client.der"]).status
    }

    /// An update to which the server answers so ends with this status, says all of this, and leaves what is installed as
    /// it was and answering.
    pub(crate) fn refuses(
        &self,
        answer: impl Fn(&Question) -> Reply + Send + Sync + 'static,
        args: &[&str],
        status: i32,
        says: &[&str],
    ) {
        let before = self.installed();
        self.answers(answer);
        let ran = self.update(args);
        ran.expect(status, says);
        assert_eq!(self.installed(), before, "{}", ran.text);
        assert_eq!(self.answer(), 0, "{}", ran.text);
    }

    /// An update to which the server answers so installs the CRL with these bytes.
    pub(crate) fn installs(
        &self,
        answer: impl Fn(&Question) -> Reply + Send + Sync + 'static,
        args: &[&str],
        crl: &[u8],
    ) {
        self.answers(answer);
        self.update(args).expect(0, &["installed"]);
        assert!(
            self.installed()
                .values()
                .any(|sha256| *sha256 == digest(crl))
        );
        assert_eq!(self.answer(), 0);
    }
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Ran {
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let text = words(&output.stdout) + &words(&output.stderr);
        Ran {
            status: output.status.code().unwrap_or(-1),
            // Where the lines end depends on the length of paths and ports.
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    pub(crate) fn expect(&self, status: i32, says: &[&str]) {
        assert_eq!(self.status, status, "{}", self.text);
        for words in says {
            assert!(self.text.contains(words), "{words:?} in: {}", self.text);
        }
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    let digest = openssl::sha::sha256(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn certificate(der: &[u8]) -> Certificate {
    match document(der) {
        Document::Certificate(certificate) => certificate.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

fn document(bytes: &[u8]) -> Document {
    let input = Input::new(Source::Stdin, bytes);
    let opened = decode::open(&input, None).unwrap();
    Document::read(&opened.objects[0].decode().unwrap(), None).unwrap()
}

/// The practice keys: making RSA-4096 ones takes seconds.
fn keys() -> Keys {
    Keys::read(|plan| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab/keys");
        let pem = fs::read(folder.join(format!("{}.key", plan.name))).unwrap();
        match document(&pem) {
            Document::PrivateKey(key) => Ok::<Option<PrivateKey>, LabError>(Some(key)),
            other => panic!("{other:?}"),
        }
    })
    .unwrap()
}
