//! Servers that run until they are dropped, and what becomes of a client.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::Estate;
use crate::program::free_port;

/// A server with what `export` wrote.
pub(super) struct Running {
    pub(super) port: u16,
    /// What `export` wrote.
    pub(super) kit: PathBuf,
    /// The server's own folder.
    pub(super) run: PathBuf,
    pid_file: PathBuf,
    pub(super) application: Application,
}

impl Running {
    /// The shell command that has the server read its files again; Tomcat has to be started again.
    pub(super) fn reload(&self, kind: Kind) -> String {
        let pid = self.pid_file.display();
        match kind {
            Kind::Nginx => format!("kill -HUP $(cat {pid})"),
            Kind::Haproxy => format!("kill -USR2 $(cat {pid})"),
            Kind::Apache => format!("kill -USR1 $(cat {pid})"),
            Kind::Java => format!("kill -HUP $(cat {pid})"),
            Kind::Tomcat => format!(
                "p=$(cat {pid}); kill $p; while kill -0 $p 2>&-; do sleep 0.1; done; rm -f {pid}; \
                 CATALINA_HOME={TOMCAT} CATALINA_BASE={run} CATALINA_PID={pid} {TOMCAT}/bin/catalina.sh start",
                run = self.run.display(),
            ),
        }
    }

    /// The shell command by which the server tests its files, which leaves a running one alone.
    pub(super) fn test(&self, kind: Kind) -> String {
        let run = self.run.display();
        match kind {
            Kind::Nginx => format!("/usr/sbin/nginx -t -q -c {run}/nginx.conf -p {run}"),
            Kind::Haproxy => format!(
                "/usr/sbin/haproxy -c -q -f {run}/haproxy.cfg -f {}/ptl-cert.cfg",
                self.kit.display()
            ),
            Kind::Apache => format!("/usr/sbin/apache2 -t -f {run}/httpd.conf"),
            // In the folders of a test Tomcat's own user reads nothing.
            Kind::Tomcat => format!(
                "TOMCAT_USER=$(id -un) sh {}/test-connector.sh",
                self.kit.display()
            ),
            Kind::Java => format!("java -cp {run}/classes Server {}", self.kit.display()),
        }
    }

    /// Has nginx start workers with the files as they are now, and waits until a connection reaches one of them.
    pub(super) fn restart_workers(&self) {
        let log = self.run.join("error.log");
        let exits = || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            text.matches("exited with code 0").count()
        };
        let before = exits();
        self.signal("-HUP");
        let since = Instant::now();
        while exits() == before {
            assert!(since.elapsed() < Duration::from_secs(60), "no new workers");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Has the server read its files again.
    pub(super) fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(&self.pid_file).unwrap();
        let status = Command::new("kill").args([signal, pid.trim()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(pid) = std::fs::read_to_string(&self.pid_file) {
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
    }
}

/// What stands behind a proxy: answers every request with 200.
pub(super) struct Application {
    port: u16,
    stop: Arc<AtomicBool>,
    /// Requests for `/held` that have come in, and whether they may be answered.
    held: Arc<(Mutex<(usize, bool)>, Condvar)>,
}

impl Application {
    fn start() -> Application {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let held = Arc::new((Mutex::new((0, false)), Condvar::new()));
        let holding = Arc::clone(&held);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let holding = Arc::clone(&holding);
                std::thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while let Ok(1..) = stream.read(&mut buffer) {
                        if buffer.starts_with(b"GET /held") {
                            let (state, changed) = &*holding;
                            let mut state = state.lock().unwrap();
                            state.0 += 1;
                            changed.notify_all();
                            let wait = changed.wait_while(state, |(_, released)| !*released);
                            drop(wait.unwrap());
                        }
                        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                        if stream.write_all(answer).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Application { port, stop, held }
    }

    /// Waits until a request for `/held` has come in, which is then under way.
    pub(super) fn wait_for_held(&self) {
        let (state, changed) = &*self.held;
        let state = state.lock().unwrap();
        drop(changed.wait_while(state, |(held, _)| *held == 0).unwrap());
    }

    /// Answers what is held.
    pub(super) fn release(&self) {
        let (state, changed) = &*self.held;
        state.lock().unwrap().1 = true;
        changed.notify_all();
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.release();
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// The servers that are proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nginx,
    Haproxy,
    Apache,
    Tomcat,
    /// A small server of ours over the class that is written for Java programs.
    Java,
}

impl Kind {
    pub(super) const ALL: [Kind; 5] = [
        Kind::Nginx,
        Kind::Haproxy,
        Kind::Apache,
        Kind::Tomcat,
        Kind::Java,
    ];

    pub(super) fn target(self) -> &'static str {
        match self {
            Kind::Nginx => "nginx",
            Kind::Haproxy => "haproxy",
            Kind::Apache => "apache",
            Kind::Tomcat => "tomcat",
            Kind::Java => "java",
        }
    }

    pub(super) fn is_installed(self) -> bool {
        match self {
            Kind::Nginx => crate::program::is_installed("nginx", "-v"),
            Kind::Haproxy => crate::program::is_installed("haproxy", "-v"),
            Kind::Apache => crate::program::is_installed("apache2", "-v"),
            Kind::Tomcat => {
                let there = Path::new(TOMCAT).join("bin/catalina.sh").is_file();
                if !there {
                    crate::program::say_skipped("tomcat10 is not installed, so it could not judge");
                }
                there && crate::program::is_installed("java", "-version")
            }
            Kind::Java => {
                crate::program::is_installed("java", "-version")
                    && crate::program::is_installed("javac", "-version")
            }
        }
    }
}

const TOMCAT: &str = "/usr/share/tomcat10";

/// Exports for a server, starts it with that, and waits until it listens.
pub(super) fn start(kind: Kind, estate: &Estate, words: &[&str]) -> Running {
    let application = Application::start();
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let backend = format!("http://127.0.0.1:{}", application.port);
    let mut all = vec!["--listen", &listen, "--backend", &backend];
    all.extend(words);
    let name = format!("{}-{port}", kind.target());
    let kit = estate.export(kind.target(), &name, &all);
    let run = estate.path(&format!("{name}-run"));
    std::fs::create_dir_all(&run).unwrap();
    let pid_file = run.join("pid");
    let mut command = match kind {
        Kind::Nginx => nginx(&kit, &run),
        Kind::Haproxy => haproxy(&kit, &run),
        Kind::Apache => apache(&kit, &run, port),
        Kind::Tomcat => tomcat(&kit, &run),
        Kind::Java => java(&kit, &run, port, application.port),
    };
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{command:?}");
    let running = Running {
        port,
        kit,
        run,
        pid_file,
        application,
    };
    let since = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            since.elapsed() < Duration::from_secs(120),
            "{kind:?} does not listen"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    running
}

fn nginx(kit: &Path, run: &Path) -> Command {
    let text = format!(
        "pid {run}/pid; error_log {run}/error.log info; daemon on; worker_processes 1;
events {{ }}
http {{
  access_log off; client_body_temp_path {run}/a; proxy_temp_path {run}/b; fastcgi_temp_path {run}/c;
  uwsgi_temp_path {run}/d; scgi_temp_path {run}/e;
  include \"{kit}/ptl-cert.conf\";
}}
",
        run = run.display(),
        kit = kit.display(),
    );
    let config = run.join("nginx.conf");
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&config).arg("-p").arg(run);
    command
}

fn haproxy(kit: &Path, run: &Path) -> Command {
    let own = run.join("haproxy.cfg");
    let global = format!(
        "global\n  maxconn 100\n  stats socket {}/admin.sock mode 600 level admin\n",
        run.display()
    );
    std::fs::write(&own, global).unwrap();
    let mut command = Command::new("haproxy");
    // With a master, as Debian's unit has it: it is told to reload.
    command.arg("-W").arg("-D").arg("-p").arg(run.join("pid"));
    command
        .arg("-f")
        .arg(own)
        .arg("-f")
        .arg(kit.join("ptl-cert.cfg"));
    command
}

/// The lines that load what a configuration for Apache needs.
pub(super) fn apache_modules() -> String {
    [
        "mpm_event",
        "authz_core",
        "socache_shmcb",
        "ssl",
        "proxy",
        "proxy_http",
    ]
    .iter()
    .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
    .collect()
}

fn apache(kit: &Path, run: &Path, port: u16) -> Command {
    let loaded = apache_modules();
    let text = format!(
        "ServerRoot {run}\nServerName localhost\nPidFile {run}/pid\nErrorLog {run}/error.log\nListen 127.0.0.1:{port}\n\
         {loaded}Include \"{kit}/ptl-cert.conf\"\n",
        run = run.display(),
        kit = kit.display(),
    );
    let config = run.join("httpd.conf");
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("apache2");
    command.arg("-f").arg(&config).args(["-k", "start"]);
    command
}

fn tomcat(kit: &Path, run: &Path) -> Command {
    for folder in [
        "conf/Catalina/localhost",
        "webapps/ROOT",
        "logs",
        "work",
        "temp",
    ] {
        std::fs::create_dir_all(run.join(folder)).unwrap();
    }
    std::fs::write(run.join("webapps/ROOT/index.html"), "ok").unwrap();
    let there = |name: &str| run.join("conf").join(name);
    std::fs::copy(Path::new(TOMCAT).join("etc/web.xml"), there("web.xml")).unwrap();
    std::fs::copy(
        kit.join("rewrite.config"),
        there("Catalina/localhost/rewrite.config"),
    )
    .unwrap();
    let server = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE server-xml [<!ENTITY ptl-cert SYSTEM \"file://{kit}/connector.xml\">]>
<Server port=\"-1\"><Service name=\"Catalina\">&ptl-cert;
<Engine name=\"Catalina\" defaultHost=\"localhost\"><Host name=\"localhost\" appBase=\"webapps\">
<Valve className=\"org.apache.catalina.valves.rewrite.RewriteValve\"/>
</Host></Engine></Service></Server>
",
        kit = kit.display(),
    );
    std::fs::write(there("server.xml"), server).unwrap();
    let mut command = Command::new(Path::new(TOMCAT).join("bin/catalina.sh"));
    command
        .arg("start")
        .env("CATALINA_HOME", TOMCAT)
        .env("CATALINA_BASE", run)
        .env("CATALINA_PID", run.join("pid"));
    command
}

fn java(kit: &Path, run: &Path, port: u16, backend: u16) -> Command {
    let classes = run.join("classes");
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serving/Server.java");
    let output = Command::new("javac")
        .arg("-d")
        .arg(&classes)
        .arg(kit.join("SpineTls.java"))
        .arg(server)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg("java -cp \"$0\" Server \"$1\" \"$2\" \"$3\" 2> \"$4\" & echo $! > \"$5\"")
        .arg(classes)
        .arg(kit)
        .args([port.to_string(), backend.to_string()])
        .arg(run.join("error.log"))
        .arg(run.join("pid"));
    command
}

/// What becomes of a client: the status that it gets, or that it is refused before there is one.
pub(super) fn call(
    estate: &Estate,
    running: &Running,
    client: Option<&str>,
    words: &[&str],
) -> String {
    // curl looks at its own certificate before it reads --ciphers, and the oldest generation is SHA-1.
    let output = curl(&|name| estate.path(name), running.port, "/", client)
        .args(words)
        .output()
        .unwrap();
    came(&output)
}

/// What became of a call.
pub(super) fn came(output: &Output) -> String {
    match output.stdout.as_slice() {
        b"000" => "refused in the handshake".to_owned(),
        status => String::from_utf8_lossy(status).into_owned(),
    }
}

/// The configuration of OpenSSL for clients of the oldest generation.
pub(super) const LEVEL: &str = "openssl_conf=i\n[i]\nssl_conf=s\n[s]\nsystem_default=l\n[l]\nMinProtocol=TLSv1\nCipherString=DEFAULT@SECLEVEL=0\n";

/// A call, with files from a folder.
pub(super) fn curl(
    path: &dyn Fn(&str) -> PathBuf,
    port: u16,
    resource: &str,
    client: Option<&str>,
) -> Command {
    let mut command = Command::new("curl");
    command
        .env("OPENSSL_CONF", path("openssl.cnf"))
        .args(["--silent", "--insecure", "--max-time", "60"])
        .args(["--output", "/dev/null", "--write-out", "%{http_code}"]);
    if let Some(client) = client {
        command.arg("--cert").arg(path(&format!("{client}.pem")));
        let own = path(&format!("{client}.key"));
        let key = match own.is_file() {
            true => own,
            false => path("client.key"),
        };
        command.arg("--key").arg(key);
    }
    command.arg(format!("https://127.0.0.1:{port}{resource}"));
    command
}
