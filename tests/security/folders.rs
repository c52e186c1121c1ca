//! Folders that belong to somebody else, or that others may write to, and the modes of what is ours.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::journey::{self, ACCEPTED, Answered, KEYS, NAME, SIGNED};
use crate::program::{can_trace, ptl_cert, say_skipped};

/// A user who is not the one that runs the tests.
const SOMEBODY: u32 = 1000;

fn run(folder: &Path, words: &[&str]) -> Output {
    ptl_cert(folder).args(words).output().unwrap()
}

fn refuses(folder: &Path, words: &[&str], says: &str) {
    refused(&run(folder, words), words, says);
}

fn refused(done: &Output, words: &[&str], says: &str) {
    let said = flat(&[&done.stderr[..], &done.stdout].concat());
    assert!(said.contains(says), "{words:?}: {said}");
    assert_eq!(done.status.code(), Some(3), "{words:?}: {said}");
}

/// An output with its lines joined: where they end depends on the length of paths.
fn flat(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The files of a journey: a lab, a key with its request and the reply to it.
struct Material {
    key: String,
    csr: String,
    reply: String,
}

impl Material {
    fn new(root: &Path) -> Material {
        let (key, csr) = (format!("made/{NAME}.key"), format!("made/{NAME}.csr"));
        let request = vec!["csr", "--fqdn", NAME, "--out-dir", "made"];
        let sign = journey::sign(&csr, "lab", "reply");
        journey::go(root, &[journey::init("lab"), request, sign]);
        let reply = journey::only_file(&root.join("reply"));
        Material { key, csr, reply }
    }

    /// The commands that write to a folder.
    fn writers<'w>(&'w self, out: &'w str) -> [Vec<&'w str>; 4] {
        let (reply, csr, key) = (&self.reply, &self.csr, &self.key);
        let answered = Answered { reply, csr, key };
        [
            vec!["csr", "--fqdn", NAME, "--out-dir", out],
            vec!["csr", "--fqdn", NAME, "--key", key, "--out-dir", out],
            journey::accept(&answered, "lab/facts.toml", out),
            journey::sign(csr, "lab", out),
        ]
    }
}

/// Whether the tests run as root, which made this folder; says so if not.
fn can_give_away(folder: &Path) -> bool {
    let can = fs::metadata(folder).unwrap().uid() == 0;
    if !can {
        say_skipped("only root can give a folder away");
    }
    can
}

fn bare(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn nothing_is_written_to_a_folder_that_others_may_write_to() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let material = Material::new(root);
    let out = root.join("shared");
    fs::create_dir(&out).unwrap();
    for mode in [0o777, 0o1777, 0o775] {
        fs::set_permissions(&out, Permissions::from_mode(mode)).unwrap();
        for words in material.writers("shared") {
            refuses(
                root,
                &words,
                "other users could replace what is written there",
            );
            assert!(bare(&out), "{words:?}");
        }
    }
}

#[test]
fn nothing_is_written_to_a_folder_of_another_user() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    if !can_give_away(root) {
        return;
    }
    let material = Material::new(root);
    let theirs = root.join("theirs");
    fs::create_dir_all(theirs.join("below")).unwrap();
    chown(&theirs, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    for out in ["theirs", "theirs/below", "theirs/missing"] {
        for words in material.writers(out) {
            refuses(root, &words, "belongs to another user (uid 1000)");
        }
    }
    refuses(
        root,
        &["lab", "init", "--dir", "theirs/lab", "--keys", KEYS],
        "belongs to another user",
    );
    assert!(bare(&theirs.join("below")) && !theirs.join("missing").exists());
}

#[test]
fn a_stage_that_another_user_planted_is_not_finished_as_ours() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    if !can_give_away(root) {
        return;
    }
    let stage = root.join(format!(".{NAME}.ptl-cert"));
    fs::create_dir(&stage).unwrap();
    fs::write(stage.join("key"), "an attacker's key").unwrap();
    fs::write(stage.join("commit"), "promised").unwrap();
    fs::set_permissions(&stage, Permissions::from_mode(0o700)).unwrap();
    chown(&stage, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    refuses(root, &["csr", "--fqdn", NAME], "is not a private directory");
    assert!(!root.join(format!("{NAME}.key")).exists());
    assert!(stage.join("key").exists());
}

#[test]
fn a_link_where_a_set_is_prepared_is_not_followed() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let precious = root.join("precious");
    fs::create_dir_all(precious.join("new")).unwrap();
    fs::write(precious.join("new/file"), "x").unwrap();
    let out = root.join("out");
    fs::create_dir(&out).unwrap();
    symlink(&precious, out.join(".ptl-cert-set")).unwrap();
    let error = ptl_cert::store::set::Folder::open(&out).unwrap_err();
    assert!(error.to_string().contains("move it away"), "{error}");
    assert!(precious.join("new/file").exists());
}

#[test]
fn a_link_with_the_name_of_a_lock_is_not_followed() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let stage = root.join(format!(".{NAME}.ptl-cert"));
    fs::create_dir(&stage).unwrap();
    fs::set_permissions(&stage, Permissions::from_mode(0o700)).unwrap();
    symlink(root.join("elsewhere"), stage.join("lock")).unwrap();
    let done = run(root, &["csr", "--fqdn", NAME]);
    assert_eq!(done.status.code(), Some(3));
    assert!(!root.join("elsewhere").exists());
}

#[test]
fn a_cache_of_another_user_is_not_relied_on() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    if !can_give_away(root) {
        return;
    }
    let cache = root.join("cache");
    fs::create_dir_all(cache.join("lists")).unwrap();
    chown(&cache, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    let words = ["crl", "status", "--cache", "cache"];
    let done = run(root, &words);
    let text = format!("{done:?}");
    assert_eq!(done.status.code(), Some(3), "{text}");
    assert!(text.contains("another user"), "{text}");
}

#[test]
fn a_cache_below_a_folder_of_another_user_is_not_relied_on() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    if fs::metadata(root).unwrap().uid() != 0 {
        say_skipped("only root can give a folder away");
        return;
    }
    // The cache is ours, and its owner can put another folder of ours in its place.
    let above = root.join("theirs");
    fs::create_dir_all(above.join("cache")).unwrap();
    chown(&above, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    for cache in ["theirs/cache", "theirs/missing"] {
        for words in [
            &["crl", "status", "--cache", cache][..],
            &["crl", "import", "missing.crl", "--cache", cache],
        ] {
            if words[1] == "status" && cache == "theirs/missing" {
                continue;
            }
            let done = run(root, words);
            let text = format!("{done:?}");
            assert_eq!(done.status.code(), Some(3), "{text}");
            assert!(text.contains("another user"), "{text}");
        }
    }
    assert!(!above.join("missing").exists());
}

#[test]
fn nothing_of_ours_can_be_written_by_others_whatever_the_umask() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let open = |words: &[&str]| {
        let done = Command::new("/bin/sh")
            .args([
                "-c",
                "umask 000; exec \"$0\" \"$@\"",
                env!("CARGO_BIN_EXE_ptl-cert"),
            ])
            .args(words)
            .current_dir(root)
            .env_clear()
            .env("HOME", root)
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(done.status.success(), "{words:?}: {done:?}");
    };
    let csr = format!("deep/made/{NAME}.csr");
    let key = format!("deep/made/{NAME}.key");
    open(&journey::init("deep/lab"));
    open(&["csr", "--fqdn", NAME, "--out-dir", "deep/made"]);
    open(&journey::sign(&csr, "deep/lab", "reply"));
    let answered = Answered {
        reply: &journey::only_file(&root.join("reply")),
        csr: &csr,
        key: &key,
    };
    let facts = "deep/lab/facts.toml";
    open(&journey::accept(&answered, facts, "deep/accepted"));
    let crl = ["lab", "crl", "--dir", "deep/lab", "--at", SIGNED];
    open(&[&crl[..], &["--out-dir", "lists"]].concat());
    let (cache, at) = (["--cache", "deep/cache"], ["--at", ACCEPTED]);
    let own = ["--facts", facts];
    let import = ["crl", "import", "lists/PTL/G2/auth"];
    open(&[&import[..], &cache, &own, &at].concat());
    let page = ["inspect", answered.reply, "--report", "deep/page.html"];
    open(&[&page[..], &own, &at].concat());
    let mut folders = vec![root.to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o022, 0, "{} has {mode:o}", path.display());
            if path.extension().is_some_and(|extension| extension == "key") {
                assert_eq!(mode & 0o777, 0o600, "{}", path.display());
            }
            seen += 1;
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(seen > 20);
}

#[test]
fn a_private_key_is_in_a_file_of_its_owner_from_the_first_byte() {
    if !can_trace() {
        return;
    }
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let traced = |words: &[&str]| {
        let calls = "trace=openat,write,chmod,fchmod,fchmodat";
        let done = Command::new("/bin/sh")
            .args(["-c", "umask 000; exec strace -f -s 40 -e \"$@\"", "sh"])
            .args([calls, "-o", "log", env!("CARGO_BIN_EXE_ptl-cert")])
            .args(words)
            .current_dir(root)
            .output()
            .unwrap();
        assert!(done.status.success(), "{words:?}: {done:?}");
        fs::read_to_string(root.join("log")).unwrap()
    };
    fs::write(root.join("passphrase"), "correct horse").unwrap();
    let mut keys = 0;
    for words in [
        &["csr", "--fqdn", NAME, "--out-dir", "one"][..],
        &[
            "csr",
            "--fqdn",
            NAME,
            "--out-dir",
            "two",
            "--passphrase-file",
            "passphrase",
        ],
        &["lab", "init", "--dir", "lab"],
    ] {
        let log = traced(words);
        // Nothing is given another mode after it was made.
        assert!(!log.contains("chmod"), "{log}");
        let lines: Vec<&str> = log.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some((_, write)) = line.split_once(" write(") else {
                continue;
            };
            if !write.contains("PRIVATE KEY-----") {
                continue;
            }
            let (file, _) = write.split_once(',').unwrap();
            let opened = lines[..number].iter().rev();
            let mut opened = opened.filter(|line| line.ends_with(&format!(" = {file}")));
            let opened = opened.find(|line| line.contains("openat(")).unwrap();
            assert!(opened.contains("O_EXCL"), "{opened}");
            assert!(opened.contains(", 0600)"), "{opened}");
            keys += 1;
        }
    }
    assert!(keys > 10, "{keys}");
}

#[test]
fn trust_entries_in_a_folder_of_another_user_are_not_believed() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let csr = Material::new(root).csr;
    let at = ["--at", ACCEPTED];
    let forged = "lab/ca/LAB-PTL-Root-Authority-G2.pem";
    let digest = String::from_utf8(run(root, &["inspect", forged, "--format", "json"]).stdout);
    let digest = digest.unwrap();
    let digest = digest.split("\"sha256\": \"").nth(1).unwrap();
    let digest = digest.get(..64).unwrap();
    let mut add = vec!["trust", "add", forged, "--env", "int", "--generation", "G9"];
    add.extend(["--why", "x", "--by", "x", "--sha256", digest]);
    add.extend(at);
    let home = root.join("mine");
    let run = |words: &[&str]| {
        let mut command = ptl_cert(root);
        let done = command.env("PTL_CERT_HOME", &home).args(words).output();
        done.unwrap()
    };
    let added = run(&add);
    assert!(added.status.success(), "{added:?}");
    let sub = "lab/ca/LAB-INT-Authentication-G2.pem";
    let sign = [journey::sign(&csr, "lab", "pem"), vec!["--as", "pem"]].concat();
    assert!(run(&sign).status.success());
    // The endpoint's certificate is the first; the root must not be in the input.
    let bundle = fs::read_to_string(root.join(format!("pem/{NAME}.pem"))).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let leaf = bundle.split_inclusive(end).next().unwrap();
    fs::write(root.join("leaf.pem"), leaf).unwrap();
    let mut verify = vec!["verify", "leaf.pem", "--env", "int", "--chain", sub];
    verify.extend(["--revocation", "off"]);
    verify.extend(at);
    let believed = run(&verify);
    let said = flat(&believed.stdout);
    assert!(said.contains("(in your trust store, trusted)"), "{said}");
    if !can_give_away(root) {
        return;
    }
    let says = "belongs to another user (uid 1000), who could replace your trust entries";
    let list = ["trust", "list", "--env", "int"];
    let remove = ["trust", "remove", digest];
    for theirs in ["mine/trust", "mine"] {
        chown(root.join(theirs), Some(SOMEBODY), Some(SOMEBODY)).unwrap();
        for words in [verify.as_slice(), &add, &list, &remove] {
            refused(&run(words), words, says);
        }
        chown(root.join(theirs), Some(0), Some(0)).unwrap();
    }
    // The folder is ours, the entry is not.
    let entry = root.join("mine/trust").join(format!("{digest}.toml"));
    chown(&entry, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    let done = run(&verify);
    assert_ne!(done.status.code(), Some(0), "{done:?}");
    let said = flat(&done.stderr);
    assert!(
        said.contains("it belongs to another user (uid 1000)"),
        "{said}"
    );
}

/// The commands that write files which may be made again, with the folder as part of a word.
fn other_writers(out: &str) -> Vec<Vec<String>> {
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    vec![
        own(&[
            "trust",
            "export",
            "--env",
            "int",
            "--out",
            &format!("{out}/ca.pem"),
        ]),
        own(&[
            "trust",
            "export",
            "--env",
            "int",
            "--format",
            "openssl-dir",
            "--out",
            &format!("{out}/hash"),
        ]),
        own(&[
            "crl", "schedule", "--for", "systemd", "--env", "int", "--write", out,
        ]),
        own(&["man", out]),
        own(&["schema", "--all", out]),
        own(&[
            "verify",
            "reply.pem",
            "--env",
            "int",
            "--report",
            &format!("{out}/r.html"),
        ]),
    ]
}

#[test]
fn no_command_writes_a_file_where_another_user_could_exchange_it() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let leaf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pki/leaf.pem");
    fs::copy(leaf, root.join("reply.pem")).unwrap();
    let out = root.join("shared");
    fs::create_dir(&out).unwrap();
    let refuse = |says: &str| {
        for words in other_writers("shared") {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            refuses(root, &words, says);
            assert!(bare(&out), "{words:?}");
        }
    };
    fs::set_permissions(&out, Permissions::from_mode(0o777)).unwrap();
    refuse("other users could replace what is written there");
    fs::set_permissions(&out, Permissions::from_mode(0o755)).unwrap();
    if !can_give_away(root) {
        return;
    }
    chown(&out, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    refuse("belongs to another user (uid 1000)");
}

#[test]
fn no_command_writes_into_a_pipe_that_another_user_owns_or_could_exchange() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let leaf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pki/leaf.pem");
    fs::copy(leaf, root.join("reply.pem")).unwrap();
    let out = root.join("shared");
    fs::create_dir(&out).unwrap();
    // The first file that each command writes.
    let names = ["ca.pem", "r.html", "ptl-cert.1", "inspect.schema.json"];
    let mut readers = Vec::new();
    for name in names {
        let pipe = out.join(name);
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        // Opened for both, it waits for no writer.
        let options = fs::OpenOptions::new().read(true).write(true).open(&pipe);
        readers.push(options.unwrap());
    }
    let writers: [&[&str]; 4] = [
        &["trust", "export", "--env", "int", "--out", "shared/ca.pem"],
        &["inspect", "reply.pem", "--report", "shared/r.html"],
        &["man", "shared"],
        &["schema", "--all", "shared"],
    ];
    let refuse = |says: &str| {
        for words in writers {
            refuses(root, words, says);
        }
        for reader in &readers {
            assert_eq!(rustix::io::ioctl_fionread(reader).unwrap(), 0);
        }
    };
    fs::set_permissions(&out, Permissions::from_mode(0o777)).unwrap();
    refuse("other users could replace what is written there");
    fs::set_permissions(&out, Permissions::from_mode(0o755)).unwrap();
    if !can_give_away(root) {
        return;
    }
    chown(&out, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    refuse("belongs to another user (uid 1000), who could replace");
    // Where everyone may make files, as in /tmp, the pipe itself counts.
    chown(&out, Some(0), Some(0)).unwrap();
    fs::set_permissions(&out, Permissions::from_mode(0o1777)).unwrap();
    for name in names {
        chown(out.join(name), Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    }
    refuse("is a pipe or a device that belongs to another user (uid 1000); nothing was written");
}

#[test]
fn what_is_written_to_a_descriptor_arrives_whatever_it_is() {
    let top = tempfile::tempdir().unwrap();
    let root = top.path();
    let leaf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pki/leaf.pem");
    fs::copy(leaf, root.join("leaf.pem")).unwrap();
    symlink("/dev/stdout", root.join("link.html")).unwrap();
    let shell = |line: &str| {
        let program = env!("CARGO_BIN_EXE_ptl-cert");
        let line = line.replace("EXPORT", "\"$0\" trust export --env int --out");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &line, program]).current_dir(root);
        let done = command.env_clear().env("HOME", root);
        let done = done.env("PATH", "/usr/bin:/bin").output().unwrap();
        assert!(done.status.success(), "{line}: {done:?}");
        fs::read_to_string(root.join("out")).unwrap()
    };
    let cas = shell("EXPORT out");
    for line in [
        "EXPORT /dev/stderr 2>&1 >/dev/null | cat > out",
        "{ EXPORT /dev/fd/3 3>&1 >/dev/null; } | cat > out",
        "EXPORT /dev/fd/3 3> out",
        "EXPORT /proc/self/fd/3 3> out",
        "EXPORT /dev/stderr 2> out",
    ] {
        assert_eq!(shell(line), cas, "{line}");
    }
    // What is printed comes after it, and nothing that was there is lost.
    for line in ["EXPORT /dev/stdout > out", "EXPORT /dev/stdout | cat > out"] {
        let both = shell(line);
        assert!(both.starts_with(&cas) && both.len() > cas.len(), "{both}");
    }
    let both = shell("echo before > out; EXPORT /dev/fd/3 3>> out");
    assert_eq!(both, format!("before\n{cas}"));
    let both = shell("\"$0\" inspect leaf.pem --report link.html > out");
    assert!(both.contains("<!DOCTYPE html>") && both.contains("</html>"));
    for stream in ["/dev/stdout", "/dev/fd"] {
        let kind = fs::symlink_metadata(stream).unwrap().file_type();
        assert!(kind.is_symlink(), "{stream} was replaced");
    }
}
