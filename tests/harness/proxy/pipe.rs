//! One connection through the proxy.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{Mutex as AsyncMutex, watch};

use super::Shared;
use super::frames::{ANSWER_HEAD, correlation, head, heartbeat_is_well, take_frame};
use super::weather::{Fate, Weather};

/// What both directions of one connection know.
struct Line<'c> {
    shared: Arc<Shared>,
    weather: watch::Receiver<Weather>,
    /// Forgotten so often when the connection was made.
    half_opened: u64,
    /// Whole pieces only: the proxy's own answers come between the broker's.
    to_client: AsyncMutex<WriteHalf<'c>>,
    /// Kinds of requests that were passed on, by their number.
    asked: Mutex<HashMap<[u8; 4], i16>>,
}

/// Passes bytes both ways until one side ends, or everything is reset.
pub(super) async fn run(mut client: TcpStream, mut server: TcpStream, shared: Arc<Shared>) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let weather = shared.weather.subscribe();
    let (resets, half_opened) = (weather.borrow().resets, weather.borrow().half_opened);
    let mut end = weather.clone();
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let line = Line { shared, weather, half_opened, to_client: AsyncMutex::new(to_client), asked: Mutex::new(HashMap::new()) };
    let rough = tokio::select! {
        ended = async { tokio::try_join!(up(&line, &from_client, to_server), down(&line, &from_server)) } => ended.is_err(),
        _ = end.wait_for(|weather| weather.resets > resets) => true,
    };
    drop(line);
    if rough {
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// From the client to the server.
async fn up(line: &Line<'_>, from: &ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<()> {
    let mut bytes = Vec::new();
    while read(from, &mut bytes).await? {
        while let Some(piece) = line.piece(&mut bytes) {
            let weather = line.pass().await;
            let head = if line.shared.kafka { head(&piece) } else { None };
            let Some(head) = head else {
                if !line.is_dead(&weather) {
                    to.write_all(&piece).await?;
                }
                continue;
            };
            *line.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).entry(head.api).or_default() += 1;
            match weather.requests.get(&head.api) {
                _ if line.is_dead(&weather) => {}
                Some(Fate::Swallow) => {}
                Some(Fate::Answer) => line.to_client.lock().await.write_all(&heartbeat_is_well(head)).await?,
                None => {
                    line.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(head.correlation, head.api);
                    to.write_all(&piece).await?;
                }
            }
        }
    }
    to.shutdown().await
}

/// From the server to the client.
async fn down(line: &Line<'_>, from: &ReadHalf<'_>) -> io::Result<()> {
    let mut bytes = Vec::new();
    while read(from, &mut bytes).await? {
        while let Some(mut piece) = line.piece(&mut bytes) {
            let weather = line.pass().await;
            if line.is_dead(&weather) {
                continue;
            }
            let asked = |number| line.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
            let api = if line.shared.kafka { correlation(&piece).and_then(asked) } else { None };
            let damage = api.and_then(|api| weather.answers.get(&api).copied()).or(weather.corrupt_all);
            let ends = damage.is_some_and(|damage| damage.spoil(&mut piece, if line.shared.kafka { ANSWER_HEAD } else { 0 }));
            line.to_client.lock().await.write_all(&piece).await?;
            if ends {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        }
    }
    line.to_client.lock().await.shutdown().await
}

/// False: the other side has ended.
async fn read(from: &ReadHalf<'_>, bytes: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        from.readable().await?;
        bytes.reserve(65_536);
        match from.try_read_buf(bytes) {
            Ok(count) => return Ok(count > 0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

impl Line<'_> {
    /// What is passed on in one go: whole frames of Kafka's, or whatever came.
    fn piece(&self, bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
        match self.shared.kafka {
            true => take_frame(bytes),
            false => (!bytes.is_empty()).then(|| std::mem::take(bytes)),
        }
    }

    /// Waits until something may pass, and tells in what weather.
    async fn pass(&self) -> Weather {
        let delay = self.weather.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let mut weather = self.weather.clone();
        // The sender lives as long as any connection.
        let seen = weather.wait_for(|weather| !weather.cut || self.is_dead(weather)).await;
        seen.map_or_else(|_| Weather::default(), |seen| seen.clone())
    }

    fn is_dead(&self, weather: &Weather) -> bool {
        weather.half_opened > self.half_opened
    }
}
