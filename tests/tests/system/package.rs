//! The Debian packages: built, installed into an empty root, checked by systemd, and their services
//! started there as systemd would start them: the same program, user, folder and settings. What no
//! test here does is to run systemd itself, so its sandbox is checked (`systemd-analyze`), not
//! entered.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use whole_system::place;

/// An empty machine with the packages on it.
struct Machine {
    root: TempDir,
}

/// A user that the packages made.
struct User {
    id: u32,
    group: u32,
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let all = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&all).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Machine {
    /// Installs the packages with dpkg.
    fn with(packages: &[PathBuf]) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let machine = Self { root };
        for folder in ["var/lib/dpkg/updates", "var/lib/dpkg/info", "etc", "tmp"] {
            fs::create_dir_all(machine.at(folder)).unwrap();
        }
        // As on every machine: SQLite writes there what a large statement does not keep in memory.
        fs::set_permissions(machine.at("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        fs::write(machine.at("var/lib/dpkg/status"), "").unwrap();
        let mut install = Command::new("dpkg");
        install.arg(format!("--root={}", machine.root.path().display()));
        install.args(["--force-script-chrootless", "--force-depends", "--install"]);
        said(install.args(packages));
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    /// What systemd finds wrong with a unit is an error; how exposed it is at most, of 100.
    fn check_unit(&self, unit: &str) {
        let root = format!("--root={}", self.root.path().display());
        let file = format!("/usr/lib/systemd/system/{unit}");
        said(
            Command::new("systemd-analyze")
                .args(["verify", "--man=no", "--recursive-errors=no"])
                .arg(&root)
                .arg(&file),
        );
        said(
            Command::new("systemd-analyze")
                .args(["security", "--offline=yes", "--threshold=20"])
                .arg(&root)
                .arg(unit),
        );
    }

    fn user(&self, name: &str) -> User {
        let passwd = fs::read_to_string(self.at("etc/passwd")).unwrap();
        let line = passwd.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap();
        let fields: Vec<_> = line.split(':').collect();
        User { id: fields[2].parse().unwrap(), group: fields[3].parse().unwrap() }
    }

    /// A line of the unit.
    fn unit(&self, unit: &str, key: &str) -> Vec<String> {
        let text = fs::read_to_string(self.at(&format!("usr/lib/systemd/system/{unit}"))).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix(&format!("{key}=")));
        lines.map(str::to_owned).collect()
    }

    /// A command of the unit as systemd runs it: inside this root, as the unit's user, with nothing
    /// of our own environment. (Its libraries are the Debian packages' that ours depend on.)
    fn command(&self, unit: &str, line: &str) -> Command {
        let mut words = line.split(' ');
        let program = words.next().unwrap();
        self.borrow_libraries(program);
        let [name] = self.unit(unit, "User").try_into().unwrap();
        let [state] = self.unit(unit, "StateDirectory").try_into().unwrap();
        let user = self.user(&name);
        let folder = self.at(&format!("var/lib/{state}"));
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        chown(&folder, Some(user.id), Some(user.group)).unwrap();
        let [mask] = self.unit(unit, "UMask").try_into().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask {mask} && exec \"$@\""), "sh", "chroot"]);
        command.arg(format!("--userspec={}:{}", user.id, user.group)).arg("--groups=");
        command.arg(self.root.path()).arg(program).args(words);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir("/");
        command
    }

    fn borrow_libraries(&self, program: &str) {
        let listed = said(Command::new("ldd").arg(self.at(program)));
        let libraries = listed.split_whitespace().filter(|word| word.starts_with('/'));
        for path in libraries.chain(["/etc/ssl/certs/ca-certificates.crt"]) {
            let (from, to) = (Path::new(path), self.at(path));
            // Whoever runs already has it in memory, from this very file.
            if to.exists() {
                continue;
            }
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }
}

/// A service that runs until it is dropped, and where it says that it listens.
struct Service {
    child: Child,
    addr: String,
}

impl Service {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let (mut all, mut line) = (String::new(), String::new());
        while log.read_line(&mut line).unwrap() > 0 {
            let said: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(addr) = said["fields"]["addr"].as_str() {
                let addr = addr.to_owned();
                // Read on, so that it is never held up.
                std::thread::spawn(move || log.lines().for_each(drop));
                return Self { child, addr };
            }
            all.push_str(&line);
            line.clear();
        }
        let ended = child.wait().unwrap();
        panic!("it ended ({ended}): {all}");
    }

    async fn answers(&self, path: &str) -> String {
        let answer = reqwest::get(format!("http://{}{path}", self.addr)).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// SIGTERM, as `systemctl stop` sends it.
    fn stop(mut self) {
        said(Command::new("kill").arg(self.child.id().to_string()));
        for _ in 0..200 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return assert!(status.success(), "{status}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it did not stop");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn packages(folder: &Path) -> Vec<PathBuf> {
    let mut build = Command::new(place::program("xtask"));
    build.args(["deb", "--debug", "--to"]).arg(folder).current_dir(place::root());
    said(&mut build).lines().map(PathBuf::from).collect()
}

#[tokio::test]
async fn the_installed_services_start_and_answer() {
    // The first of us in this process installs it; that another was there is no trouble.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let packages = packages(folder.path());
    assert_eq!(packages.len(), 2);
    let machine = Machine::with(&packages);
    for unit in ["warifu-agent.service", "warifu-merchant.service"] {
        machine.check_unit(unit);
    }
    for settings in ["agent.toml", "merchant.toml"] {
        let mode =
            fs::metadata(machine.at(&format!("etc/warifu/{settings}"))).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o640, "{settings} may hold passwords");
    }

    let unit = "warifu-agent.service";
    for before in machine.unit(unit, "ExecStartPre") {
        said(&mut machine.command(unit, &before));
    }
    let [start] = machine.unit(unit, "ExecStart").try_into().unwrap();
    let mut command = machine.command(unit, &start);
    command.env("WARIFU_LISTEN", "127.0.0.1:0");
    let agent = Service::start(command);
    assert_eq!(agent.answers("/readyz").await, "ready\n");
    let keys: Value = serde_json::from_str(&agent.answers("/.well-known/warifu").await).unwrap();
    assert_eq!(keys["agent"], "agt_example", "the settings are the installed ones");

    let unit = "warifu-merchant.service";
    let init = "/usr/bin/merchant-server --config /etc/warifu/merchant.toml keys init";
    said(&mut machine.command(unit, init));
    let [start] = machine.unit(unit, "ExecStart").try_into().unwrap();
    let mut command = machine.command(unit, &start);
    command.env("WARIFU_MERCHANT__LISTEN", "127.0.0.1:0");
    command.env("WARIFU_MERCHANT__AGENT__VERIFYING_KEYS", keys["verifying_keys"].to_string());
    let shop = Service::start(command);
    assert_eq!(shop.answers("/readyz").await, "ready\n");
    shop.stop();
    agent.stop();
    let database = fs::metadata(machine.at("var/lib/warifu-agent/agent.sqlite")).unwrap();
    assert_eq!(database.permissions().mode() & 0o077, 0, "nobody else reads it");
}
