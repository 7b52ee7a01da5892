//! Accepts connections, so many at a time; cuts those that say nothing; on shutdown finishes what
//! was begun.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

use super::peer::Peer;

/// Serves until told to stop.
pub async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let stream = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = stream else { continue };
        let routes = TowerToHyperService::new(router.clone());
        let service = service_fn(move |request| routes.call(said_by(peer, request)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_PATIENCE)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks off is the other side's business.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// A request that knows who sent it.
fn said_by(peer: Peer, mut request: Request<Incoming>) -> Request<Incoming> {
    request.extensions_mut().insert(peer);
    request
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            // Answers are small and whole: waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, Peer(address.ip()), place))
        }
        Err(fault) => {
            tracing::warn!(%fault, "cannot accept");
            // Out of descriptors, most likely: trying at once again would only burn the machine.
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

const CONNECTIONS_MAX: usize = 10_000;
/// For the head of a request, and for the next request on a connection that is kept.
const HEADER_PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of head and unread body that one connection can hold.
const BUFFER: usize = 32 * 1024;
const GRACE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
