//! `relay`: runs a relay by itself until Ctrl-C or SIGTERM.

use super::Verdict;
use super::serve::{log_to_stderr, told_to_stop};
use crate::relay::{RelayConfig, start_relay};

pub(super) async fn run(config: RelayConfig) -> anyhow::Result<Verdict> {
    log_to_stderr();
    let told = told_to_stop()?;
    let running = start_relay(config).await?;
    told.await;
    running.stop().await;
    Ok(Verdict::Fine)
}
