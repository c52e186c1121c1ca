//! The unit that `crl schedule` writes, run by a real systemd: its own manager in namespaces of its own, so that nothing of
//! the machine is touched. The program, certificates, facts and CRLs are where a person has them: below /home.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Estate;
use crate::program::{is_installed, say_skipped};

const SYSTEMD: &str = "/lib/systemd/systemd";

/// What runs inside the namespaces: folders of its own for /run, /home and /srv, a manager, the unit once.
const INSIDE: &str = r#"set -e
mount --make-rprivate /
for top in /run /home /srv; do mount -t tmpfs none $top; done
mkdir -p /run/systemd/system /run/systemd/inaccessible/dir /run/manager
touch /run/systemd/inaccessible/reg
chmod 700 /run/manager
mkdir -p /home/op/.cargo/bin /home/op/pki /home/op/.config/systemd/user /srv/cache /srv/nginx
touch /home/op/.cargo/bin/ptl-cert
mount --bind "$PROGRAM" /home/op/.cargo/bin/ptl-cert
cp facts.toml page/*.crl good-*.pem /home/op/pki
cd /home/op/pki
imports=
for crl in *.crl; do imports="$imports --import $crl"; done
export HOME=/home/op XDG_RUNTIME_DIR=/run/manager SYSTEMD_LOG_TARGET=console
/home/op/.cargo/bin/ptl-cert crl schedule --for systemd --env lab-int --facts facts.toml --cache /srv/cache $imports \
  --client good-g1-sha1.pem --client good-g1.pem --client good-g2.pem --server nginx --out-dir /srv/nginx \
  --write /home/op/.config/systemd/user > /run/schedule.log 2>&1
unit=/home/op/.config/systemd/user/ptl-cert-crl-lab-int-nginx.service
[ -z "$BREAK" ] || sed -i "$BREAK" $unit
# The manager of a user keeps what a unit says for the journal; here there is none.
sed -i 's/^\[Service\]$/[Service]\nStandardError=file:\/srv\/said\nStandardOutput=file:\/srv\/said/' $unit
sed -i 's/^ReadWritePaths=/ReadWritePaths=-\/srv\/said /' $unit
/lib/systemd/systemd --user < /dev/null > /run/systemd.log 2>&1 &
manager=$!
for try in 1 2 3 4 5 6 7 8 9 10; do
  systemctl --user is-system-running > /dev/null 2>&1 || true
  [ -S /run/manager/systemd/private ] && break
  sleep 0.3
done
systemctl --user start ptl-cert-crl-lab-int-nginx.service 2> /dev/null || true
systemctl --user show -p ExecMainStatus ptl-cert-crl-lab-int-nginx.service
ls /srv/nginx
cat /srv/said 2> /dev/null || true
kill $manager
"#;

/// Runs the unit, changed by a command of sed's; what was seen of it.
fn run(estate: &Estate, change: &str) -> Option<String> {
    let output = Command::new("unshare")
        .args([
            "--pid",
            "--mount",
            "--fork",
            "--mount-proc",
            "sh",
            "-c",
            INSIDE,
        ])
        .current_dir(estate.path(""))
        .env("PROGRAM", env!("CARGO_BIN_EXE_ptl-cert"))
        .env("BREAK", change)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    // Without the right to have namespaces nothing is seen.
    seen.contains("ExecMainStatus=").then_some(seen)
}

#[test]
fn the_unit_starts_a_program_in_a_home_and_reads_and_writes_all_that_it_has_to() {
    if !is_installed("unshare", "--version") || !Path::new(SYSTEMD).exists() {
        say_skipped("systemd is not installed, so it could not run the unit");
        return;
    }
    if !is_installed("openssl", "version") {
        return;
    }
    let estate = Estate::new();
    estate.make_int_crls(estate.now);
    let Some(seen) = run(&estate, "") else {
        say_skipped("this user may have no namespaces, so systemd could not run the unit");
        return;
    };
    // 3: no server answers for the lab's addresses. What was imported was handed over anyway.
    assert!(seen.contains("ExecMainStatus=3"), "{seen}");
    assert!(seen.contains("crl.pem"), "{seen}");
    // The walls are there: a unit that shuts the homes cannot start the program.
    let shut = run(&estate, "s/^ProtectHome=.*/ProtectHome=yes/").unwrap();
    assert!(!shut.contains("ExecMainStatus=3"), "{shut}");
    assert!(!shut.contains("crl.pem"), "{shut}");
}
