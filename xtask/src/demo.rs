//! One real purchase on this machine: builds everything, starts both servers as two sites, prints
//! where to look, stops both cleanly. Everything it makes is in one folder, which `--reset` clears.

mod servers;

use std::fs::{self, File};
use std::io::{BufRead as _, IsTerminal as _};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use argh::FromArgs;

use crate::clock::Stopwatch;
use crate::group::{self, Group};
use crate::program::{cargo, run as run_program};
use crate::widget::Manifest;
use crate::{place, ready, say, setup, widget};
use servers::Servers;

/// Run the demo: a shop and an agent on this machine. Nothing is charged.
#[derive(FromArgs)]
#[argh(subcommand, name = "demo")]
pub struct DemoJob {
    /// start from nothing: forget all purchases, keys and mails of earlier demos
    #[argh(switch)]
    reset: bool,
    /// build the servers for speed (takes longer to compile)
    #[argh(switch)]
    release: bool,
    /// the shop's server is also the agent's relay: the agent gets no address with a purchase
    #[argh(switch)]
    relay: bool,
}

/// Two names of this machine, so two sites to a browser.
const AGENT: &str = "localhost:7070";
const SHOP: &str = "127.0.0.1:8080";
const LONGEST_START: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(10);

/// `cargo xtask demo`
pub fn run(job: &DemoJob) -> Result<()> {
    setup::ensure(setup::FOR_WIDGET)?;
    let manifest = widget::build()?;
    build_servers(job)?;
    for address in [AGENT, SHOP] {
        TcpListener::bind(address)
            .with_context(|| format!("{address} is taken: is another demo running?"))?;
    }
    if job.reset && place::demo().exists() {
        fs::remove_dir_all(place::demo())?;
    }
    let is_new = !place::demo().exists();
    fs::create_dir_all(place::demo())?;
    let profile = if job.release { "release" } else { "debug" };
    let servers = Servers { profile, relay: job.relay };
    servers.introduce()?;
    let watch = Stopwatch::start();
    let mut agent = Running::start("agent", servers.agent())?;
    let mut shop = Running::start("shop", servers.shop())?;
    agent.wait_until_ready(AGENT)?;
    shop.wait_until_ready(SHOP)?;
    servers.open_window()?;
    say::line(&welcome(&manifest, is_new, &say::duration(watch.elapsed())));
    stop_on_q();
    while !group::interrupted() {
        std::thread::sleep(Duration::from_millis(100));
        agent.must_run()?;
        shop.must_run()?;
    }
    shop.stop()?;
    agent.stop()?;
    say::line("Both servers have stopped.");
    Ok(())
}

fn build_servers(job: &DemoJob) -> Result<()> {
    let mut build = cargo("build");
    build.args(["--package", "agent-server", "--package", "merchant-server", "--bins"]);
    if job.release {
        build.arg("--release");
    }
    run_program(&mut build)
}

fn welcome(manifest: &Manifest, is_new: bool, time: &str) -> String {
    let (_, brotli) = manifest.total(widget::PLAIN);
    let data = if is_new { "new" } else { "from last time; --reset clears it" };
    format!(
        "
warifu demo  ·  everything runs on this machine, nothing is charged

  Shop       http://{SHOP}               ← open this, buy the teapot
  Sweets     http://{SHOP}/sweets         ← a seller without a site, in a window of the shop's;
             it takes its orders by merchant-server --config warifu-demo/seller.toml
             mailbox list | read NUMBER | accept NUMBER | ship NUMBER
  Mailbox    http://{AGENT}/_demo/mail    ← confirm or cancel the purchase here
  Split      http://{AGENT}/_demo/split   ← who received what, live
  Console    http://{AGENT}/console       ← the operator's: enter as owner@demo

  Contract numbers to try, code 2468 for all:
    C-9000-0000-0001  good                 C-9000-0000-0004  a wrong code locks it after 5 tries
    C-9000-0000-0002  lapsed               C-9000-0000-0005  the agent is slow (3 s)
    C-9000-0000-0003  over its limit       C-9000-0000-0006  nobody answers the mail
    C-9000-0000-0007  too little for a transfer
    C-9000-0000-0008  the bank is closed   (both: choose the transfer)
    C-9000-0000-0009  for a passkey: sign in at http://{AGENT}/me/passkeys as passkey@example.jp
                      (the code is in the mailbox) and register one; then pay without a number

  ✓ both servers ready in {time}    ✓ widget {brotli} bytes (Brotli)
  ✓ data and logs in ./warifu-demo ({data})

  Ctrl-C stops both, and so does q and Enter."
    )
}

/// A server with its log beside its data.
struct Running {
    name: &'static str,
    group: Group,
}

impl Running {
    fn start(name: &'static str, mut command: Command) -> Result<Self> {
        let log = File::create(log_of(name))?;
        command.stdin(std::process::Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Self { name, group: Group::start(&mut command, PATIENCE)? })
    }

    fn wait_until_ready(&mut self, address: &str) -> Result<()> {
        let watch = Stopwatch::start();
        while watch.elapsed() < LONGEST_START {
            self.must_run()?;
            ensure!(!group::interrupted(), "stopped before it was ready");
            if ready::get(address, "/readyz").is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the {} is not ready after 30 s; see {}", self.name, log_of(self.name).display())
    }

    fn must_run(&mut self) -> Result<()> {
        match self.group.ended()? {
            Some(status) if !group::interrupted() => {
                let log = fs::read_to_string(log_of(self.name)).unwrap_or_default();
                bail!("the {} ended by itself ({status}). Its log:\n{log}", self.name)
            }
            _ => Ok(()),
        }
    }

    fn stop(&mut self) -> Result<()> {
        match self.group.stop()? {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("the {} did not end cleanly ({status})", self.name),
            None => bail!("the {} had to be stopped by force", self.name),
        }
    }
}

fn log_of(name: &str) -> std::path::PathBuf {
    place::demo().join(format!("{name}.log"))
}

fn stop_on_q() {
    if !std::io::stdin().is_terminal() {
        return;
    }
    std::thread::spawn(|| {
        let lines = std::io::stdin().lock().lines().map_while(Result::ok);
        if lines.map(|line| line.trim().to_lowercase()).any(|line| line == "q") {
            group::interrupt();
        }
    });
}
