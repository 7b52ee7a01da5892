//! One server as a real process: started, asked whether it is ready, stopped kindly or with
//! `kill -9`, started again on the same data. What it logs is kept.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};

use crate::{Result, place};

/// A server that a test can stop and start.
pub struct Server {
    name: &'static str,
    arguments: Vec<String>,
    folder: PathBuf,
    child: Option<Child>,
    port: u16,
    traced: bool,
    /// Its own address, without a slash at the end.
    pub url: String,
}

impl Server {
    /// A server that is not running yet.
    pub fn new(
        name: &'static str,
        folder: &Path,
        url: &str,
        port: u16,
        arguments: &[&str],
    ) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let folder = folder.into();
        Self { name, arguments, folder, child: None, port, traced: false, url: url.into() }
    }

    /// Another program in its place.
    pub fn instead(mut self, name: &'static str, arguments: &[&str]) -> Self {
        self.name = name;
        self.arguments = arguments.iter().map(ToString::to_string).collect();
        self
    }

    /// Where it listens itself, behind the tap.
    pub fn listens_on(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Whether it is started with this flag from now on.
    pub fn set_flag(&mut self, flag: &str, on: bool) {
        self.arguments.retain(|argument| argument != flag);
        if on {
            self.arguments.push(flag.into());
        }
    }

    /// Whether it is started with this option, and with what, from now on.
    pub fn set_option(&mut self, option: &str, value: &str) {
        if let Some(at) = self.arguments.iter().position(|argument| argument == option) {
            self.arguments.drain(at..at + 2);
        }
        self.arguments.extend([option.to_owned(), value.to_owned()]);
    }

    /// Whether its fdatasync and fsync calls are written down from the next start on.
    pub fn trace_syncs(&mut self, on: bool) {
        self.traced = on;
    }

    /// How many of them it has made since it was started: for commits, and for checkpoints, which
    /// copy what was committed into the database proper.
    pub fn syncs_so_far(&self) -> Result<(usize, usize)> {
        let text = std::fs::read_to_string(self.trace_file())?;
        let done = text.lines().filter(|line| line.contains("sync(") && line.contains("= 0"));
        let (commits, checkpoints): (Vec<_>, Vec<_>) = done.partition(|l| l.contains("-wal>"));
        Ok((commits.len(), checkpoints.len()))
    }

    fn trace_file(&self) -> PathBuf {
        self.folder.join("syncs.trace")
    }

    fn command(&self) -> Command {
        let program = place::program(self.name);
        if !self.traced {
            return Command::new(program);
        }
        let mut strace = Command::new("strace");
        // `-D`: the server itself is our child, so that signals reach it.
        strace.args(["-D", "-f", "-y", "--seccomp-bpf", "-e", "trace=fdatasync,fsync", "-o"]);
        strace.arg(self.trace_file()).arg(program);
        strace
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&mut self) -> Result {
        let log = self.log_file(true)?;
        let child = self
            .command()
            .args(&self.arguments)
            .current_dir(place::root())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} does not start", self.name))?;
        self.child = Some(child);
        self.wait_ready().await
    }

    /// Stops it at once, as a power cut of the process would.
    pub fn kill9(&mut self) -> Result {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub async fn stop(&mut self) -> Result {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        Command::new("kill").arg(child.id().to_string()).status()?;
        for _ in 0..1200 {
            if let Some(status) = child.try_wait()? {
                if !status.success() {
                    bail!("{} stopped with {status}:\n{}", self.name, self.said()?);
                }
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        child.kill()?;
        bail!("{} did not stop within a minute of SIGTERM", self.name)
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        for _ in 0..1200 {
            if let Some(status) = self.child.as_mut().context("not started")?.try_wait()? {
                self.child = None;
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("{} has not ended after a minute", self.name)
    }

    /// Its process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// All that it wrote to stdout and stderr so far.
    pub fn log(&self) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.folder.join(format!("{}.log", self.name)))?)
    }

    async fn wait_ready(&mut self) -> Result {
        let http = http()?;
        for _ in 0..1200 {
            // Whatever the weather is on the way there.
            let answer = http.get(format!("http://{}/readyz", self.listens_on())).send().await;
            // It is ready only if it runs; somebody else may have answered.
            if let Some(status) = self.child.as_mut().context("not started")?.try_wait()? {
                bail!("{} ended at once ({status}):\n{}", self.name, self.said()?);
            }
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("{} is not ready after a minute:\n{}", self.name, self.said()?)
    }

    /// Its log, to be shown with what went wrong.
    fn said(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.log()?).into_owned())
    }

    fn log_file(&self, append: bool) -> Result<File> {
        let file = self.folder.join(format!("{}.log", self.name));
        Ok(OpenOptions::new().create(true).append(append).open(file)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill9().ok();
    }
}

/// Waits until somebody answers there; `still` fails if it has ended.
pub(crate) async fn wait_until_ready(url: &str, mut still: impl FnMut() -> Result) -> Result {
    let http = http()?;
    for _ in 0..1200 {
        let answer = http.get(format!("{url}/readyz")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        still()?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("{url} is not ready after a minute")
}

/// An HTTP client; plain HTTP is all that it needs, but its builder wants a TLS provider.
pub fn http() -> Result<reqwest::Client> {
    rustls::crypto::ring::default_provider().install_default().ok();
    Ok(reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?)
}
