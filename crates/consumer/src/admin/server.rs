//! Accepts connections with bounds: how many, how large a head, how slow a client.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Connections at a time; further ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 64;
/// Bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;
/// How long a client may take to send a head, the pause between two requests included.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection may live: also bounds a client that does not read its answer.
const CONNECTION_WITHIN: Duration = Duration::from_secs(60);
/// After a failed accept, for example for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves for ever.
pub(super) async fn accept(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // never closed, so a permit always comes
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    let _place = place;
                    // however it ended: the next connection does not care
                    let _ = timeout(CONNECTION_WITHIN, connection(stream, router)).await;
                });
            }
            Err(error) => {
                tracing::debug!(%error, "admin connection not accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router) -> Result<(), hyper::Error> {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(MAX_HEAD);
    builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await
}
