//! `serve`: runs until Ctrl-C or SIGTERM, then finishes what is under way.

use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use shared_protocol::Span;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::Verdict;
use crate::clock::{Clock, SystemClock, TestClock};
use crate::config::Config;
use crate::start;

#[derive(Args)]
pub(super) struct ServeCommand {
    /// Also serve the demo's shop page and /_demo/; nothing is charged
    #[arg(long)]
    demo: bool,
    /// Run on a clock that can be moved forward (a demo always does)
    #[arg(long)]
    test_clock: bool,
    /// That clock begins so far ahead: where that of the server before had come to
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    ahead: u32,
}

pub(super) async fn run(command: &ServeCommand, mut config: Config) -> anyhow::Result<Verdict> {
    log_to_stderr();
    config.demo = command.demo;
    if config.public_url.is_none() {
        bail!("public_url is missing: nobody would find this server");
    }
    let clock: Arc<dyn Clock> = match command.demo || command.test_clock {
        true => Arc::new(TestClock::ahead_by(Span::secs(i64::from(command.ahead)))),
        false => Arc::new(SystemClock),
    };
    let told = told_to_stop()?;
    let running = start(config, clock).await?;
    tokio::select! {
        () = told => {}
        () = running.app.store().broken() => {
            // Whatever the disk still holds is read afresh by the next process, not by this one.
            bail!("the disk failed under a commit");
        }
    }
    running.stop().await;
    Ok(Verdict::Fine)
}

pub(super) fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// Waits for Ctrl-C or SIGTERM, heard from now on.
pub(super) fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}
