//! Accepting connections: a limit on how many, a limit on how slowly headers may come, and an end
//! that lets what is under way finish.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// Serves until told to stop.
pub(crate) async fn listen(listener: TcpListener, routes: Router, mut stop: watch::Receiver<bool>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_PATIENCE);
    let under_way = GracefulShutdown::new();
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let seat = Arc::clone(&seats).acquire_owned();
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = async { (seat.await, listener.accept().await) } => accepted,
        };
        let (seat, Ok((stream, _))) = accepted else {
            // Out of file handles, most likely: others must close some first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let service = TowerToHyperService::new(routes.clone());
        let connection = under_way.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A connection that breaks is the peer's affair.
            let _ = connection.await;
            drop(seat);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, under_way.shutdown()).await.is_err() {
        tracing::warn!("connections were still open at the end");
    }
}

const HEADER_PATIENCE: Duration = Duration::from_secs(10);
const FAREWELL: Duration = Duration::from_secs(10);
const CONNECTIONS_MAX: usize = 1024;
