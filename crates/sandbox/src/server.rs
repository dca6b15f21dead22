//! The sandbox on a socket: loopback HTTP/1.1, connections that can really be reset or left hanging.

mod admin;
mod body;
mod connection;
mod journal;
mod pace;
mod page;
mod reply;
mod shared;
mod signatory;
mod state;
mod sync;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::config::{ConfigError, SandboxConfig, Setup};
use crate::faults::Rule;
use crate::model::Order;

use body::Body;
use connection::{Conn, Dropped, Fate};
pub use journal::Exchange;
use shared::Shared;
pub use state::{Orders, State};

/// Starts sandboxes.
pub struct Sandbox;

/// A sandbox that listens. It stops when this is dropped; [`Running::shutdown`] also waits for that.
pub struct Running {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("listen: cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
}

impl Sandbox {
    /// Reads the keys and listens. Needs a tokio runtime with time and I/O.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: SandboxConfig) -> Result<Running, StartError> {
        Self::run(config.setup()?).await
    }

    /// The same with keys in memory.
    ///
    /// # Errors
    /// [`StartError::Listen`].
    pub async fn run(setup: Setup) -> Result<Running, StartError> {
        let listen = setup.listen;
        let unable = |fault| StartError::Listen(listen, fault);
        let listener = TcpListener::bind(listen).await.map_err(unable)?;
        let addr = listener.local_addr().map_err(unable)?;
        let shared = Arc::new(Shared::new(setup));
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared), stopped));
        Ok(Running { addr, shared, stop, accepting: Some(accepting) })
    }
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:8090`, to be used as `alipayhk.base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What `GET /sandbox/state` shows.
    pub fn state(&self, orders: Orders) -> State {
        self.shared.state(orders)
    }

    /// One order as it is held.
    pub fn order(&self, merchant_biz_no: &str) -> Option<Order> {
        self.shared.world().model.order(merchant_biz_no).cloned()
    }

    /// The calls that came in, one by one; the first [`Setup::journal`] of them.
    pub fn journal(&self) -> Vec<Exchange> {
        self.shared.world().journal.exchanges().to_vec()
    }

    /// Replaces the fault script; an empty one ends all faults.
    ///
    /// # Errors
    /// A text that names the rule and the key.
    pub fn set_faults(&self, rules: Vec<Rule>) -> Result<(), String> {
        self.shared.set_faults(rules, true)
    }

    /// Stops listening, breaks off every connection and waits until that is done.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(accepting) = self.accepting.take() {
            // An error means that it panicked or was cancelled: it is over either way.
            let _ = accepting.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(serve(stream, Arc::clone(&shared))); }
                // Out of file descriptors, or the peer went before it was accepted: the next one may do better.
                Err(_) => tokio::task::yield_now().await,
            },
        }
    }
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Answers are small and many; waiting to fill a packet would only slow them down.
    let _ = stream.set_nodelay(true);
    let fate = Fate::default();
    let io = TokioIo::new(Conn::new(stream, fate.clone()));
    let service = service_fn(move |request| route(request, Arc::clone(&shared), fate.clone()));
    // An error is a client that went, or a fault that was asked for.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
}

async fn route(request: Request<Incoming>, shared: Arc<Shared>, fate: Fate) -> Result<Response<Body>, Dropped> {
    let path = request.uri().path();
    if path == "/" || path.starts_with("/sandbox/") {
        admin::answer(request, &shared).await
    } else {
        sync::answer(request, shared, fate).await
    }
}
