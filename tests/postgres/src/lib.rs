//! A PostgreSQL of a test's own: in a temporary folder, reached by a socket in it, run by somebody
//! who may do nothing else, and gone with the process that started it, however that ends.
#![allow(clippy::missing_panics_doc, reason = "a test that cannot go on says where it stopped")]

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader},
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// Tests run on PostgreSQL where this variable says `postgres`, and on SQLite where it does not.
pub const VARIABLE: &str = "WARIFU_TEST_DATABASE";

/// The URL of a fresh database of this process's PostgreSQL, where [`VARIABLE`] asks for one.
pub fn wanted() -> Option<String> {
    (std::env::var_os(VARIABLE)? == "postgres").then(fresh)
}

/// The URL of a fresh database of this process's PostgreSQL, which does not wait for its disk.
pub fn fresh() -> String {
    shared().fresh()
}

/// All that the database of this URL holds, of this process's PostgreSQL, as SQL.
pub fn dump(url: &str, bytes: Bytes) -> Vec<u8> {
    let mut dump = command("pg_dump", &shared().folder);
    let bytes = match bytes {
        Bytes::AsLetters => "escape",
        Bytes::AsHex => "hex",
    };
    dump.env("PGOPTIONS", format!("-c bytea_output={bytes}")).arg(url);
    printed(dump)
}

/// How a dump writes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// Those that are letters as letters.
    AsLetters,
    /// As hex digits.
    AsHex,
}

/// The rows that answer a question in SQL to the database of this URL, as lists in JSON; bytes as
/// `\x` and hex digits.
pub fn rows(url: &str, question: &str) -> Vec<u8> {
    let row = "SELECT json_agg(value) FROM json_each(row_to_json(row))";
    let sql = format!("SELECT coalesce(json_agg(({row})), '[]') FROM ({question}) row");
    psql(url, &sql)
}

/// What the tables and indexes of this URL's database take up on the disk, with what was deleted
/// and not yet overwritten, by the name of the file.
pub fn files(url: &str) -> Vec<(String, Vec<u8>)> {
    // Only what a checkpoint has written is in the files; those before 16384 are the server's own.
    psql(url, "CHECKPOINT");
    let stored = "SELECT pg_relation_filepath(oid) FROM pg_class \
         WHERE oid >= 16384 AND relkind IN ('r', 'i', 't') ORDER BY 1";
    let paths = String::from_utf8(psql(url, stored)).expect("names");
    let data = shared().folder.join("data");
    let read = |path: &str| (path.to_owned(), std::fs::read(data.join(path)).expect("its file"));
    paths.lines().map(read).collect()
}

fn psql(url: &str, sql: &str) -> Vec<u8> {
    let mut psql = command("psql", &shared().folder);
    psql.args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql, url]);
    printed(psql)
}

fn printed(mut command: Command) -> Vec<u8> {
    let output = command.stderr(Stdio::inherit()).output().expect("it can be started");
    assert!(output.status.success(), "{command:?}");
    output.stdout
}

/// A copy of the database of this URL, of this process's PostgreSQL; nobody may be using it.
pub fn copy(url: &str) -> String {
    shared().made_from(name(url))
}

/// The name of the database of this URL.
fn name(url: &str) -> &str {
    url.split('?').next().and_then(|url| url.rsplit('/').next()).expect("a name")
}

fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(Disk::NotWaitedFor))
}

/// Whether a commit is on the disk when it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    /// It is: for tests that kill the server, and for figures.
    WaitedFor,
    /// It need not be.
    NotWaitedFor,
}

/// A PostgreSQL server with its databases.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    /// A shell that stops the server and deletes the folder once its input ends; it does, also
    /// when this process is killed.
    keeper: Child,
    lifeline: Option<ChildStdin>,
    databases: AtomicU32,
}

impl Cluster {
    /// Starts one.
    pub fn start(disk: Disk) -> Self {
        let folder = tempfile::Builder::new().prefix("pg-").tempdir().expect("a folder").keep();
        let mut shell = command("sh", &folder);
        shell.args(["-c", KEEPER]).env("LC_ALL", "C").env("CARELESS", "").process_group(0);
        if disk == Disk::NotWaitedFor {
            shell.env("CARELESS", CARELESS);
        }
        shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = shell.spawn().expect("sh");
        let lifeline = keeper.stdin.take();
        let mut said = String::new();
        let output = keeper.stdout.take().expect("it was asked for");
        let read = BufReader::new(output).read_line(&mut said);
        assert!(read.is_ok() && said == "ready\n", "PostgreSQL does not start; is it installed?");
        Self { folder, keeper, lifeline, databases: AtomicU32::new(0) }
    }

    /// Makes a database; its URL.
    pub fn fresh(&self) -> String {
        self.made_from("template0")
    }

    /// Makes a database whose tables lie in this new folder, which may be on another disk; its URL.
    pub fn fresh_in(&self, folder: &Path) -> String {
        std::fs::create_dir(folder).expect("a new folder");
        give(folder);
        let name = self.new_name();
        let space = format!("CREATE TABLESPACE {name} LOCATION '{}'", folder.display());
        self.run(&self.url("postgres"), &space);
        let made = self.tool("createdb", ["--template", "template0", "--tablespace", &name, &name]);
        assert!(made, "createdb {name}");
        self.url(&name)
    }

    fn made_from(&self, template: &str) -> String {
        let name = self.new_name();
        let made = self.tool("createdb", ["--template", template, &name]);
        assert!(made, "createdb {name}");
        self.url(&name)
    }

    fn new_name(&self) -> String {
        format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed))
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://warifu@localhost/{name}?host={}", self.folder.display())
    }

    /// Kills all of the server at once and starts it again, as after a loss of power.
    pub fn kill_and_restart(&self) {
        let mut restart = command("pg_ctl", &self.folder);
        restart.args(["restart", "--mode=immediate", "--wait", "--silent", "--pgdata=data"]);
        let restarted = restart.stdout(Stdio::null()).status();
        assert!(restarted.is_ok_and(|status| status.success()), "pg_ctl restart");
    }

    /// Runs SQL in the database of this URL.
    pub fn run(&self, url: &str, sql: &str) {
        assert!(self.tool("psql", ["-qXv", "ON_ERROR_STOP=1", "-c", sql, url]), "{sql}");
    }

    /// Committed INSERTs per second into the database of this URL, by so many at once.
    pub fn bare_inserts(&self, url: &str, writers: usize) -> f64 {
        self.run(url, "CREATE TABLE IF NOT EXISTS bare (b BYTEA)");
        let script = "INSERT INTO bare VALUES (decode(repeat('00', 500), 'hex'));";
        let script = format!("printf \"{script}\" | pgbench -n -f - -T 3 -c {writers} '{url}'");
        let output = command("sh", &self.folder).args(["-c", &script]).output().expect("pgbench");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let rate = said.split("tps = ").nth(1).and_then(|rest| rest.split(' ').next());
        rate.and_then(|rate| rate.parse().ok()).expect("pgbench says how fast it was")
    }

    /// Processor time of the server's processes so far (proc_pid_stat(5), in 1/100 s).
    pub fn cpu(&self) -> Duration {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let first = file.expect("it runs").lines().next().map(str::to_owned).expect("its number");
        let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
        let stats = processes.filter_map(|p| std::fs::read_to_string(p.path().join("stat")).ok());
        let ticks = stats.filter_map(|stat| {
            let own = stat.split(' ').next() == Some(&first);
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            // Of the first process also that of those that have ended.
            let used = fields.get(11..if own { 15 } else { 13 })?.iter();
            (own || *fields.get(1)? == first)
                .then(|| used.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>())
        });
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    fn tool<const N: usize>(&self, name: &str, arguments: [&str; N]) -> bool {
        let mut tool = command(name, &self.folder);
        tool.env("PGHOST", &self.folder).env("PGUSER", "warifu").args(arguments);
        tool.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // What is left of it is in a temporary folder.
        let _ = self.keeper.wait();
    }
}

/// A command in the folder, by somebody who may: the server refuses to be run by root.
fn command(name: &str, folder: &Path) -> Command {
    let mut command = Command::new("env");
    command.arg(name).env("PATH", path()).current_dir(folder);
    if let Some(user) = give(folder) {
        command.uid(user);
    }
    command
}

/// Gives the folder to the user whom root lets run the server, and says which.
fn give(folder: &Path) -> Option<u32> {
    if !is_root() {
        return None;
    }
    let user = number_of("postgres").or_else(|| number_of("nobody")).expect("a user");
    chown(folder, Some(user), None).expect("root may give a folder away");
    Some(user)
}

/// Where programs are; Debian keeps PostgreSQL's in a folder for each version.
fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<_> = std::env::split_paths(&path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    places.extend(versions.into_iter().rev());
    std::env::join_paths(places).expect("paths without a colon")
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn number_of(user: &str) -> Option<u32> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.split(':').next() == Some(user))?;
    line.split(':').nth(2)?.parse().ok()
}

/// A test's data need not outlast it, and takes little room.
const CARELESS: &str = "-c fsync=off -c full_page_writes=off -c wal_level=minimal \
    -c max_wal_senders=0 -c max_wal_size=64MB";

/// Starts the server, says so, and waits for the end of its input.
const KEEPER: &str = r#"
exec 3>&1 4>&2 >log 2>&1
initdb --pgdata=data --username=warifu --auth=trust --encoding=UTF8 --locale=C --no-sync &&
pg_ctl start --pgdata=data --wait --silent \
    --options="-k '$PWD' -h '' -c max_pred_locks_per_page=32 $CARELESS" 3>&- 4>&- &&
echo ready >&3 || cat log >&4
exec 3>&-
cat >/dev/null
pg_ctl stop --pgdata=data --mode=immediate --wait --silent
folder=$PWD; cd /; rm -rf "$folder"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_holds_can_be_read() {
        let url = fresh();
        let table = "CREATE TABLE t (n BIGINT, b BYTEA, s TEXT)";
        psql(&url, &format!("{table}; INSERT INTO t VALUES (1, 'ab', '夜'), (2, NULL, 'x')"));
        let told = rows(&url, "SELECT n, b, s, n FROM t ORDER BY n");
        let told: String = String::from_utf8(told).unwrap().split_whitespace().collect();
        assert_eq!(told, r#"[[1,"\\x6162","夜",1],[2,null,"x",2]]"#);
        assert_eq!(rows(&url, "SELECT n FROM t WHERE n > 2"), b"[]\n");
        let holds =
            |bytes: &[u8], what: &str| bytes.windows(what.len()).any(|w| w == what.as_bytes());
        assert!(holds(&dump(&url, Bytes::AsHex), "\\\\x6162"));
        assert!(holds(&dump(&url, Bytes::AsLetters), "\tab\t夜"));
        psql(&url, "DELETE FROM t");
        assert!(files(&url).iter().any(|(_, bytes)| holds(bytes, "夜")));
    }

    #[test]
    fn it_goes_with_the_process() {
        let cluster = Cluster::start(Disk::WaitedFor);
        let (one, other) = (cluster.fresh(), cluster.fresh());
        cluster.run(&one, "CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (1)");
        cluster.kill_and_restart();
        cluster.run(&one, "INSERT INTO t SELECT n FROM t");
        cluster.run(&other, "CREATE TABLE t (n BIGINT)");
        let folder = cluster.folder.clone();
        drop(cluster);
        assert!(!folder.exists());
    }
}
