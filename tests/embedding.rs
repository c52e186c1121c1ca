//! A service that embeds the library, and a program that asks many questions, get the answers of the command.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use ptl_cert::document::{Certificate, Moment};
use ptl_cert::environment::Facts;
use ptl_cert::fqdn::Fqdn;
use ptl_cert::generate::{Pair, Plan};
use ptl_cert::lab::{Defect, Generation, Lab, LabEnvironment, fixture_pair, fixture_reply};
use ptl_cert::ops::accept;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::{Context, CrlCache, Judge, Snapshot};
use ptl_cert::revocation::RevocationReason;
use ptl_cert::verdict::verify::{BorrowedJudge, Decision, Evidence, Given, Question, Verdict};
use serde_json::{Value, json};

const HOST: &str = "gpc-int-a1b2c.supplier.thirdparty.nhs.uk";
const AT: &str = "2027-01-15T08:00:00Z";

fn at() -> Moment {
    AT.parse().unwrap()
}

fn host() -> Fqdn {
    Fqdn::parse(HOST).unwrap()
}

fn pair() -> Pair {
    fixture_pair(&Plan::of(&host())).unwrap()
}

fn snapshot(lab: &Lab) -> Snapshot {
    let crls = lab.crls(at()).unwrap();
    Snapshot::of_bytes(crls.into_iter().map(|der| ("a CRL", der))).unwrap()
}

/// What decides, and everything that is said.
fn told(verdict: &Verdict) -> (Decision, Vec<String>, usize) {
    let codes = |findings: &[ptl_cert::verdict::Finding]| {
        let codes = findings
            .iter()
            .map(|finding| finding.problem.code().to_string());
        codes.collect::<Vec<String>>()
    };
    let mut all = codes(&verdict.reasons);
    all.push("|".to_owned());
    all.extend(codes(&verdict.findings));
    (verdict.decision, all, verdict.path.len())
}

/// Replies with every defect there is, each with what was sent.
fn replies(lab: &mut Lab) -> Vec<(String, Given, Vec<Given>)> {
    let pair = pair();
    let mut replies = Vec::new();
    for generation in Generation::ALL {
        let all = Defect::ALL.iter().map(std::slice::from_ref);
        for defects in std::iter::once(&[][..]).chain(all) {
            let request = pair.request.request();
            let Ok(reply) = lab.sign(request, LabEnvironment::Int, generation, defects, at())
            else {
                continue;
            };
            let sent = reply.certificates().map(Given::from).collect();
            let leaf = Given::from(Certificate::clone(reply.certificate()));
            replies.push((format!("{generation} {defects:?}"), leaf, sent));
        }
    }
    replies
}

#[test]
fn a_judge_that_is_warm_says_what_a_judge_says_that_never_saw_anything_else() {
    let mut lab = Lab::fixture(at()).unwrap();
    let replies = replies(&mut lab);
    let revoked = &replies[0].1.certificate;
    lab.revoke(revoked, RevocationReason::KeyCompromise, at())
        .unwrap();
    let facts = Arc::new(lab.known().unwrap());
    let crls = Arc::new(snapshot(&lab));
    let judge = Judge::of_environment("lab-int")
        .facts(Arc::clone(&facts))
        .crls(Arc::clone(&crls))
        .build()
        .unwrap();
    let refs: Vec<_> = crls.crls().iter().collect();
    let host = host();
    let mut decisions = BTreeSet::new();
    // Twice, so that everything that is remembered is used.
    for round in 0..2 {
        for (name, leaf, sent) in &replies {
            let question = judge.question(leaf, at()).fqdn(&host).sent(sent);
            let warm = judge.verdict(&question).unwrap();
            let fresh = BorrowedJudge::new(Evidence::new(&facts).crls(&refs)).verdict(&question);
            assert_eq!(told(&warm), told(&fresh), "{name}, round {round}");
            let alone =
                ptl_cert::verdict::verify::judge(&question, &Evidence::new(&facts).crls(&refs));
            assert_eq!(told(&warm), told(&alone), "{name}, round {round}");
            // Without what was sent along the pinned CAs have to do.
            let bare = judge.question(leaf, at()).fqdn(&host);
            let fresh = BorrowedJudge::new(Evidence::new(&facts).crls(&refs)).verdict(&bare);
            assert_eq!(
                told(&judge.verdict(&bare).unwrap()),
                told(&fresh),
                "{name} alone"
            );
            decisions.insert(format!("{:?}", warm.decision));
        }
    }
    assert!(decisions.len() >= 2, "all replies came to {decisions:?}");
    assert_eq!(
        judge
            .verdict(&judge.question(&replies[0].1, at()))
            .unwrap()
            .decision,
        Decision::NotVerified,
        "it was revoked"
    );
}

#[test]
fn a_reply_for_a_key_that_is_kept_elsewhere_is_accepted_by_its_public_key() {
    let (lab, pair, reply) = fixture_reply(at()).unwrap();
    let context = Context::new(at(), lab.known().unwrap());
    let judged = |key: &[u8]| {
        let reply = Named::given("the reply", reply.as_bytes());
        let request = Named::given("the request", pair.request.pem());
        let key = Named::given("the public key", key);
        let options = accept::Options::new([reply], request, key, "lab-int");
        accept::accept(&options, &context).unwrap().decision()
    };
    let own = pair.request.request().key.info();
    assert_eq!(judged(own), Decision::Verified);
    let other = fs::read("tests/data/pki/leaf.pub").unwrap();
    assert_eq!(judged(&other), Decision::NotVerified);
}

#[test]
fn without_crls_a_judge_of_a_service_never_says_yes() {
    let mut lab = Lab::fixture(at()).unwrap();
    let (_, leaf, sent) = replies(&mut lab).swap_remove(0);
    let judge = Judge::of_environment("lab-int")
        .facts(lab.known().unwrap())
        .build()
        .unwrap();
    let verdict = judge
        .verdict(&judge.question(&leaf, at()).sent(&sent))
        .unwrap();
    assert_eq!(verdict.decision, Decision::NotDecided);
    let none = Facts::built_in().unwrap();
    assert!(
        Judge::of_environment("lab-int")
            .facts(none)
            .build()
            .is_err()
    );
    assert!(Judge::of_anchors([]).build().is_err());
}

/// A cache with every CRL of a lab, and one certificate.
struct Rig {
    folder: tempfile::TempDir,
    lab: Lab,
    leaf: Given,
    pem: String,
}

impl Rig {
    fn new() -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let mut lab = Lab::fixture(at()).unwrap();
        let pair = pair();
        let (request, int) = (pair.request.request(), LabEnvironment::Int);
        let reply = lab.sign(request, int, Generation::G2, &[], at()).unwrap();
        let rig = Rig {
            leaf: Given::from(Certificate::clone(reply.certificate())),
            pem: reply.certificates().map(|one| one.pem()).collect(),
            lab,
            folder,
        };
        fs::write(rig.facts(), rig.lab.facts()).unwrap();
        rig.import();
        rig
    }

    fn facts(&self) -> PathBuf {
        self.folder.path().join("facts.toml")
    }

    fn cache(&self) -> CrlCache {
        let facts = self.lab.known().unwrap();
        CrlCache::open(self.folder.path().join("crls"))
            .unwrap()
            .facts(facts)
    }

    fn import(&self) {
        for crl in self.lab.crls(at()).unwrap() {
            let imported = self.cache().import("a CRL", crl, at()).unwrap();
            assert_eq!(imported.crls.len(), 1, "{imported:?}");
        }
    }

    fn revoke(&mut self) {
        let leaf = Arc::clone(&self.leaf.certificate);
        self.lab
            .revoke(&leaf, RevocationReason::KeyCompromise, at())
            .unwrap();
        self.import();
    }

    fn judge(&self) -> Judge {
        let judge = Judge::of_environment("lab-int").facts(self.lab.known().unwrap());
        judge
            .crls(self.cache().snapshot().unwrap())
            .build()
            .unwrap()
    }
}

#[test]
fn a_snapshot_stays_as_it_was_and_the_next_one_has_the_revocation() {
    let mut rig = Rig::new();
    let before = rig.judge();
    let decision = |judge: &Judge| {
        judge
            .verdict(&judge.question(&rig.leaf, at()))
            .unwrap()
            .decision
    };
    assert_eq!(decision(&before), Decision::Verified);
    let leaf = rig.leaf.clone();
    rig.revoke();
    let decision = |judge: &Judge| {
        judge
            .verdict(&judge.question(&leaf, at()))
            .unwrap()
            .decision
    };
    assert_eq!(decision(&before), Decision::Verified);
    assert_eq!(decision(&rig.judge()), Decision::NotVerified);
}

#[test]
fn a_damaged_crl_of_the_cache_leaves_no_answer_to_which_it_may_have_contributed() {
    let rig = Rig::new();
    let question = Question::new(&rig.leaf, at());
    assert!(rig.judge().verdict(&question).is_ok());
    for slot in fs::read_dir(rig.folder.path().join("crls/crls")).unwrap() {
        for file in fs::read_dir(slot.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "crl") {
                fs::write(&path, b"damaged").unwrap();
            }
        }
    }
    let damaged = rig.judge();
    let answer = damaged.verdict(&damaged.question(&rig.leaf, at()));
    assert!(answer.is_err(), "{answer:?}");
    assert!(
        damaged
            .revocation(&damaged.question(&rig.leaf, at()))
            .is_err()
    );
}

#[test]
fn a_missing_cache_is_no_empty_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Snapshot::of_cache(folder.path().join("missing")).is_err());
}

/// `serve --stdio`, and its answers.
struct Server {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Server {
    fn start(rig: &Rig) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ptl-cert"))
            .args(["serve", "--stdio", "--facts"])
            .arg(rig.facts())
            .arg("--cache")
            .arg(rig.folder.path().join("crls"))
            .env_clear()
            .env("HOME", rig.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Server { process, answers }
    }

    fn ask_text(&mut self, line: &str) -> Value {
        let questions = self.process.stdin.as_mut().unwrap();
        questions.write_all(line.as_bytes()).unwrap();
        questions.write_all(b"\n").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let breaches = crate::golden::schema::breaches(&answer);
        assert!(breaches.is_empty(), "{breaches}");
        serde_json::from_str(&answer).unwrap()
    }

    fn ask(&mut self, question: Value) -> Value {
        self.ask_text(&question.to_string())
    }

    fn end(mut self) -> Option<i32> {
        drop(self.process.stdin.take());
        self.process.wait().unwrap().code()
    }
}

#[test]
fn serve_no_longer_trusts_a_ca_that_the_facts_have_lost_once_it_is_told_to_reload() {
    let rig = Rig::new();
    let mut server = Server::start(&rig);
    let question = json!({
        "ask": "verify", "certificates": rig.pem, "environment": "lab-int", "fqdn": HOST, "at": AT,
    });
    assert_eq!(server.ask(question.clone())["exit"], 0);
    let facts = fs::read_to_string(rig.facts()).unwrap();
    fs::write(rig.facts(), "").unwrap();
    assert_eq!(server.ask(json!({ "ask": "reload" }))["exit"], 0);
    let answer = server.ask(question.clone());
    assert_ne!(answer["exit"], 0, "{answer}");
    // Facts that do not read are no reason to go on with those of before.
    fs::write(rig.facts(), "environment =").unwrap();
    assert_ne!(server.ask(json!({ "ask": "reload" }))["exit"], 0);
    assert_ne!(server.ask(question.clone())["exit"], 0);
    fs::write(rig.facts(), facts).unwrap();
    assert_eq!(server.ask(json!({ "ask": "reload" }))["exit"], 0);
    assert_eq!(server.ask(question)["exit"], 0);
    assert_eq!(server.end(), Some(0));
}

#[test]
fn serve_answers_what_the_command_prints_and_repeats_the_id() {
    let mut rig = Rig::new();
    let mut server = Server::start(&rig);
    let question = json!({
        "ask": "verify", "id": ["mine", 1], "certificates": rig.pem, "environment": "lab-int",
        "fqdn": HOST, "at": AT,
    });
    let answer = server.ask(question.clone());
    assert_eq!(answer["id"], json!(["mine", 1]));
    assert_eq!(answer["exit"], 0, "{answer}");
    let reply = rig.folder.path().join("reply.pem");
    fs::write(&reply, &rig.pem).unwrap();
    let printed = command(
        &rig,
        &[
            "verify",
            "reply.pem",
            "--env",
            "lab-int",
            "--fqdn",
            HOST,
            "--at",
            AT,
        ],
    );
    let of = |mut report: Value| {
        // Which number a CRL has among those that were looked at is not part of the answer.
        without_index(&mut report);
        // Where the certificates were read is another place.
        for verdict in report["verdicts"].as_array_mut().unwrap() {
            verdict.as_object_mut().unwrap().remove("origin");
            for link in verdict["chain"].as_array_mut().unwrap() {
                link.as_object_mut().unwrap().remove("origin");
            }
        }
        let text = report.to_string();
        text.split("\"origin\"").next().unwrap().to_owned()
    };
    assert_eq!(of(answer["result"].clone()), of(printed));
    rig.revoke();
    assert_eq!(server.ask(json!({ "ask": "reload" }))["exit"], 0);
    let answer = server.ask(question);
    assert_eq!(answer["exit"], 1);
    assert_eq!(answer["result"]["verdicts"][0]["code"], "revoked");
    assert_eq!(server.end(), Some(0));
}

#[test]
fn serve_says_of_an_issuer_that_is_no_ca_and_of_damaged_crls_what_the_command_says() {
    let rig = Rig::new();
    let reply = rig.folder.path().join("reply.pem");
    let parts = |report: &Value| {
        let verdicts = report["verdicts"].as_array().unwrap().iter();
        let verdicts =
            verdicts.map(|one| (one["code"].clone(), one["reasons"][0]["message"].clone()));
        let unread = report["unread"].as_array().unwrap().iter();
        let unread = unread.map(|one| (one["code"].clone(), one["source"] == "certificates"));
        (verdicts.collect::<Vec<_>>(), unread.collect::<Vec<_>>())
    };
    let agree = |pem: &str, revocation: &str| {
        let mut server = Server::start(&rig);
        let answer = server.ask(json!({
            "ask": "verify", "certificates": pem, "environment": "lab-int", "at": AT, "revocation": revocation,
        }));
        assert_eq!(server.end(), Some(0));
        fs::write(&reply, pem).unwrap();
        let words = ["verify", "reply.pem", "--env", "lab-int", "--at", AT];
        let printed = command(&rig, &[&words[..], &["--revocation", revocation]].concat());
        assert_eq!(parts(&answer["result"]), parts(&printed));
        printed
    };
    let (request, int) = (pair().request.request().clone(), LabEnvironment::Int);
    let defects = [Defect::SubNotCa];
    let mut lab = Lab::fixture(at()).unwrap();
    let made = lab.sign(&request, int, Generation::G2, &defects, at());
    let made: String = made.unwrap().certificates().map(|one| one.pem()).collect();
    let printed = agree(&made, "off");
    assert_eq!(printed["verdicts"][0]["code"], "issuer-not-ca");
    // Without CRLs it says how to fetch them: by what serve was started with.
    let crls = rig.folder.path().join("crls");
    let kept = rig.folder.path().join("kept");
    fs::rename(&crls, &kept).unwrap();
    fs::create_dir(&crls).unwrap();
    let mut server = Server::start(&rig);
    let answer = server.ask(json!({
        "ask": "verify", "certificates": rig.pem, "environment": "lab-int", "at": AT, "revocation": "chain",
    }));
    let said = answer.to_string();
    assert!(said.contains("crl update --env lab-int --facts "), "{said}");
    assert_eq!(server.end(), Some(0));
    fs::remove_dir(&crls).unwrap();
    fs::rename(&kept, &crls).unwrap();
    let mut folders = vec![crls.join("crls")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|own| own == "crl") => {
                    fs::write(path, "").unwrap();
                }
                false => {}
            }
        }
    }
    let printed = agree(&rig.pem, "chain");
    assert_ne!(printed["unread"], json!([]));
}

#[test]
fn a_byte_order_mark_before_the_first_question_is_no_part_of_it() {
    let rig = Rig::new();
    let mut server = Server::start(&rig);
    let first = server.ask_text("\u{feff}{\"ask\":\"ping\",\"id\":1}");
    assert_eq!((&first["id"], &first["exit"]), (&json!(1), &json!(0)));
    let second = server.ask_text("\u{feff}{\"ask\":\"ping\",\"id\":1}");
    assert_eq!(second["exit"], 2);
    assert_eq!(server.end(), Some(0));
}

fn command(rig: &Rig, arguments: &[&str]) -> Value {
    let mut command = crate::program::ptl_cert(rig.folder.path());
    command.args(arguments).args([
        "--format",
        "json",
        "--facts",
        "facts.toml",
        "--cache",
        "crls",
    ]);
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn serve_refuses_what_is_no_question_and_goes_on() {
    let rig = Rig::new();
    let mut server = Server::start(&rig);
    let refused = |answer: &Value| {
        assert_eq!(answer["exit"], 2, "{answer}");
        assert_eq!(answer["error"]["code"], "usage", "{answer}");
    };
    refused(&server.ask_text("not JSON"));
    let misspelt = server.ask(json!({
        "ask": "verify", "id": 3, "certificates": rig.pem, "environment": "lab-int", "revokation": "chain",
    }));
    refused(&misspelt);
    assert_eq!(misspelt["id"], 3);
    refused(
        &server.ask(json!({ "ask": "verify", "certificates": rig.pem, "environment": "nowhere" })),
    );
    let long = format!(
        "{{\"ask\":\"ping\",\"id\":\"{}\"}}",
        "x".repeat(4 * 1024 * 1024)
    );
    refused(&server.ask_text(&long));
    let nothing = json!({ "ask": "verify", "certificates": "", "environment": "lab-int" });
    assert_eq!(server.ask(nothing)["exit"], 3);
    assert_eq!(server.ask(json!({ "ask": "ping" }))["exit"], 0);
    assert_eq!(server.end(), Some(0));
}

fn without_index(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("index");
            fields.values_mut().for_each(without_index);
        }
        Value::Array(items) => items.iter_mut().for_each(without_index),
        _ => {}
    }
}

#[test]
fn serve_reads_and_matches_what_the_commands_read_and_match() {
    let rig = Rig::new();
    let mut server = Server::start(&rig);
    let inspected = server.ask(json!({ "ask": "inspect", "text": rig.pem, "at": AT }));
    assert_eq!(inspected["result"]["schema"], "ptl-cert/inspect/1");
    assert_eq!(
        inspected["result"]["objects"].as_array().unwrap().len(),
        rig.pem.matches("BEGIN CERTIFICATE").count()
    );
    let key = String::from_utf8(pair().key.to_pkcs8_pem().unwrap().to_vec()).unwrap();
    let matched = server.ask(json!({ "ask": "match", "text": key }));
    assert_eq!(matched["result"]["schema"], "ptl-cert/match/1");
    assert!(
        !matched.to_string().contains("PRIVATE KEY-----"),
        "the key came back"
    );
    assert_eq!(server.end(), Some(0));
}

#[test]
fn the_json_in_the_page_for_other_languages_is_a_question() {
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md")).unwrap();
    let mut questions = 0;
    for line in page
        .lines()
        .filter(|line| line.contains("\"ask\":") && line.contains("\"id\""))
    {
        let start = line.find("{\"ask\"").unwrap();
        let end = line.rfind('}').unwrap();
        let question = &line[start..=end];
        let read = ptl_cert::report::serve::question(question.as_bytes());
        assert!(read.is_ok(), "{question}: {read:?}");
        questions += 1;
    }
    assert_eq!(questions, 2, "one in C#, one in Java");
}

#[test]
fn the_client_in_python_gets_the_verdicts() {
    if !crate::program::is_installed("python3", "--version") {
        return;
    }
    let rig = Rig::new();
    fs::write(rig.folder.path().join("reply.pem"), &rig.pem).unwrap();
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/python/ask_many.py");
    // A folder of one's own for everything, as PTL_CERT_HOME names it.
    let home = rig.folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::copy(rig.facts(), home.join("facts.toml")).unwrap();
    let output = Command::new("python3")
        .arg(client)
        .arg(env!("CARGO_BIN_EXE_ptl-cert"))
        .args(["int", "reply.pem", "reply.pem"])
        .current_dir(rig.folder.path())
        .env("PTL_CERT_HOME", &home)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    // The practice PKI is nobody's in INT.
    assert_eq!(said.matches("not_verified").count(), 2, "{said}");
}

/// The first fenced block in this language.
fn sample(page: &str, language: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(page);
    let text = fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

/// As much of Jackson as the sample uses.
const JACKSON: [(&str, &str); 2] = [
    (
        "ObjectMapper",
        "public class ObjectMapper { public JsonNode readTree(String text) { return new JsonNode(text); } }",
    ),
    (
        "JsonNode",
        r#"public record JsonNode(String text) {
            public JsonNode get(String name) {
                var found = java.util.regex.Pattern.compile('"' + name + "\":([^,}]+)").matcher(text);
                if (!found.find()) throw new IllegalStateException(text);
                return new JsonNode(found.group(1));
            }
            public int asInt() { return Integer.parseInt(text); }
        }"#,
    ),
];

#[test]
fn the_sample_in_java_compiles_and_gets_an_answer() {
    if !crate::program::is_installed("javac", "-version") {
        return;
    }
    let rig = Rig::new();
    let folder = rig.folder.path();
    let package = "com/fasterxml/jackson/databind";
    fs::create_dir_all(folder.join(package)).unwrap();
    for (name, body) in JACKSON {
        let source = format!("package {};\n{body}\n", package.replace('/', "."));
        fs::write(folder.join(package).join(format!("{name}.java")), source).unwrap();
    }
    let body = sample("json.md", "java");
    let source = format!(
        "import com.fasterxml.jackson.databind.*;\nimport java.io.*;\nimport java.nio.charset.StandardCharsets;\n\
         class Sample {{ public static void main(String[] words) throws Exception {{\n{body}\n\
         questions.close();\nSystem.out.println(isGood + \" \" + answer.get(\"id\").asInt() + \" \" + process.waitFor());\n}} }}\n"
    );
    fs::write(folder.join("Sample.java"), source).unwrap();
    let built = Path::new(env!("CARGO_BIN_EXE_ptl-cert")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(
        [built.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&path)),
    );
    let path = path.unwrap();
    let run = |program: &str, words: &[&str]| {
        let output = Command::new(program)
            .args(words)
            .current_dir(folder)
            .env("PATH", &path)
            .env("PTL_CERT_HOME", folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run("javac", &["-Xlint:all", "-Werror", "Sample.java"]);
    // What the sample asks about is no certificate.
    assert_eq!(run("java", &["Sample"]).trim(), "false 1 0");
}

#[test]
fn what_the_page_adds_to_a_manifest_is_this_version_with_features_that_exist() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let manifest: toml::Table = manifest.unwrap().parse().unwrap();
    let added: toml::Table = sample("library.md", "toml").parse().unwrap();
    let added = added["ptl-cert"].as_table().unwrap();
    let version = manifest["package"]["version"].as_str().unwrap();
    let asked = added["version"].as_str().unwrap();
    assert!(version.starts_with(&format!("{asked}.")), "{asked}");
    for feature in added["features"].as_array().unwrap() {
        let feature = feature.as_str().unwrap();
        assert!(manifest["features"].get(feature).is_some(), "{feature}");
    }
}
