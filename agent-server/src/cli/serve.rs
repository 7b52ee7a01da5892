//! `agent-server serve`: runs until SIGTERM or Ctrl-C, then finishes what was begun.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use shared_protocol::Span;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::{Place, Said, say::Report};
use crate::{
    clock::{Clock, SystemClock, TestClock},
    start,
    traces::Traces,
};

/// Run the server.
#[derive(Args)]
pub struct Serve {
    /// The folder of the built widget, whatever the settings say
    #[arg(long, value_name = "DIR")]
    widget_dir: Option<PathBuf>,
    /// Run on a clock that /_demo/clock can move
    #[arg(long, requires = "demo")]
    test_clock: bool,
    /// The test clock begins so far ahead: where that of the server before had come to
    #[arg(long, requires = "test_clock", value_name = "SECONDS", default_value_t = 0)]
    ahead: u32,
    /// Check and sign grants but keep none: only to measure what storage costs
    #[arg(long, hide = true)]
    bench_no_storage: bool,
}

impl Serve {
    /// Serves.
    pub async fn run(&self, place: &Place) -> Said {
        let mut config = place.settings(self.widget_dir.as_deref())?;
        let traces = config.otlp_endpoint.as_deref().map(Traces::to).transpose()?;
        log(traces.as_ref());
        config.bench_no_storage = self.bench_no_storage;
        if self.bench_no_storage {
            tracing::warn!("NOTHING IS STORED: every grant is worthless; for benchmarks only");
        }
        let is_demo = config.demo;
        let clock: Arc<dyn Clock> = match self.test_clock || is_demo {
            true => Arc::new(TestClock::ahead_by(Span::secs(i64::from(self.ahead)))),
            false => Arc::new(SystemClock),
        };
        // Before it listens: whoever sees it ready may stop it at once.
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let running = start::start(config, clock).await?;
        let broken = tokio::select! {
            _ = terminate.recv() => false,
            _ = interrupt.recv() => false,
            () = running.broken() => true,
        };
        running.shutdown().await;
        if let Some(traces) = traces {
            traces.stop().await;
        }
        if broken {
            return Err("the database failed; see the log, then start again".into());
        }
        Ok(Report::silent())
    }
}

/// Logs go to stderr, one JSON object a line; `RUST_LOG` says how much. Traces go where the
/// settings say.
fn log(traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr);
    // In a test's process somebody else may log already.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces.map(Traces::layer))
        .try_init();
}
