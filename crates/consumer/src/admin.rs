//! The process shows itself: probes, metrics, state, a page. Only GET, nothing changes anything.

mod access;
mod guard;
pub mod health;
pub mod history;
mod orders;
mod page;
mod routes;
mod server;
pub mod state;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc::Sender;

pub use health::Heartbeats;
pub use history::Gathering;
pub use orders::{Behind, LaneState, OrderLane, Question};
pub use state::Published;

use crate::config::Admin;
use crate::telemetry::metrics::Metrics;
use routes::Shown;

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("admin.listen: cannot listen on {address}: {source}")]
pub struct CannotListen {
    address: SocketAddr,
    source: std::io::Error,
}

/// Listens, and serves until the runtime ends. Returns the bound address: port 0 in `admin.listen` takes a free one.
pub async fn serve(
    config: &Admin,
    published: Published,
    metrics: Metrics,
    heartbeats: Heartbeats,
    orders: Sender<Question>,
) -> Result<SocketAddr, CannotListen> {
    let cannot = |source| CannotListen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    metrics.watch(heartbeats.clone());
    let shown = Shown { published, metrics, heartbeats, orders };
    let router = routes::router(shown, Arc::new(guard::Door::of(config)));
    let tls = config.tls.clone().map(tls::kept_new);
    tokio::spawn(server::accept(listener, tls, router));
    Ok(address)
}

#[cfg(test)]
mod tests;
