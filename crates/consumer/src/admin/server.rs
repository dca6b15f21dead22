//! Accepts connections with bounds: how many, how large a head, how slow a client.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::access::Caller;

/// Connections at a time; further ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 64;
/// Bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;
/// How long a client may take to send a head, the pause between two requests included; and for the handshake of TLS.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection may live: also bounds a client that does not read its answer.
const CONNECTION_WITHIN: Duration = Duration::from_secs(60);
/// After a failed accept, for example for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What a new connection gets as its TLS.
pub(super) type CurrentTls = watch::Receiver<Arc<ServerConfig>>;

/// Serves for ever.
pub(super) async fn accept(listener: TcpListener, tls: Option<CurrentTls>, router: Router) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // never closed, so a permit always comes
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (router, tls) = (router.clone(), tls.as_ref().map(|tls| Arc::clone(&tls.borrow())));
                tokio::spawn(async move {
                    let _place = place;
                    // however it ended: the next connection does not care
                    let _ = timeout(CONNECTION_WITHIN, connection(stream, tls, router)).await;
                });
            }
            Err(error) => {
                tracing::debug!(%error, "admin connection not accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, tls: Option<Arc<ServerConfig>>, router: Router) {
    let Some(tls) = tls else { return speak(stream, Caller { certified: false }, router).await };
    let Ok(Ok(stream)) = timeout(HEAD_WITHIN, TlsAcceptor::from(tls).accept(stream)).await else { return };
    // one that does not fit the authority has failed the handshake
    let certified = stream.get_ref().1.peer_certificates().is_some_and(|shown| !shown.is_empty());
    speak(stream, Caller { certified }, router).await;
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin, caller: Caller, router: Router) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(caller);
        router.call(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(MAX_HEAD);
    // whatever it was, it concerns this client only
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
