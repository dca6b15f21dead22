//! The poll thread: the only holder of the consumer. The driver never waits for it, and it waits for the driver no longer than for that
//! one's next turn, so the group membership stays alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use engine::Now;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;

use super::asker;
use super::assignment::Beginning;
use super::context::PollContext;
use super::messages::{Command, Event};
use super::oauth;
use super::owned::Partitions;
use super::session::{End, Session};
use crate::clock::Moment;
use crate::config::Topics;

/// How long closing a consumer may take; a frozen coordinator would hold it for ever.
const CLOSE: Duration = Duration::from_secs(3);

/// Batches that may wait for the driver. Few: what waits here is memory that no mark counts, and may still come after a pause, so it has to
/// stay below the headroom of the window. A full channel makes the poll thread wait for the driver's next turn.
const WAITING_BATCHES: usize = 8;

/// What the poll thread is started with.
#[derive(Debug)]
pub(crate) struct Poller {
    /// librdkafka's settings.
    pub(crate) client: ClientConfig,
    /// What to subscribe to.
    pub(crate) topics: Topics,
    /// Where partitions begin.
    pub(crate) beginning: Beginning,
    /// `group.instance.id`, for a static member.
    pub(crate) instance: Option<String>,
    /// How long a static member may still be heard after another one took its place.
    pub(crate) lingers: Option<Duration>,
    /// Who stood still for so long is hardly a member any more.
    pub(crate) membership: Duration,
    /// Time zero of the process.
    pub(crate) origin: Moment,
    /// Milliseconds since `origin` at which the loop last turned, for `/livez`.
    pub(crate) heartbeat: Arc<AtomicU64>,
}

/// The driver's end of the poll thread.
#[derive(Debug)]
pub(crate) struct Handle {
    /// To the poll thread.
    pub(crate) commands: Sender<Command>,
    /// From the poll thread; [`Event::Closed`] is its last word.
    pub(crate) events: tokio::sync::mpsc::Receiver<Event>,
}

/// Starts the poll thread.
pub(crate) fn start(poller: Poller, consumer: BaseConsumer<PollContext>) -> std::io::Result<Handle> {
    let (commands, command_receiver) = channel();
    let (event_sender, events) = tokio::sync::mpsc::channel(WAITING_BATCHES);
    let polling = move || run(&poller, consumer, &command_receiver, &event_sender);
    std::thread::Builder::new().name("kafka-poll".to_owned()).spawn(polling)?;
    Ok(Handle { commands, events })
}

fn run(poller: &Poller, first: BaseConsumer<PollContext>, commands: &Receiver<Command>, events: &tokio::sync::mpsc::Sender<Event>) {
    let mut partitions = Partitions::default();
    let mut consumer = Some(first);
    loop {
        let client = match consumer.take().map_or_else(|| connect(&poller.client), Ok) {
            Ok(client) => client,
            Err(error) => {
                let _ = events.blocking_send(Event::Fatal { what: error.to_string() });
                break;
            }
        };
        let end = std::thread::scope(|scope| match asker::start(scope, poller, &client) {
            Ok(asker) => Session::new(poller, &client, &mut partitions, events, asker).run(commands),
            Err(error) => {
                let _ = events.blocking_send(Event::Fatal { what: format!("cannot start threads: {error}") });
                End::Stop
            }
        });
        let lost =
            partitions.all().filter(|(_, _, owned)| owned.is_read()).map(|(_, _, owned)| (owned.id, owned.epoch)).collect::<Vec<_>>();
        partitions.clear();
        if !lost.is_empty() {
            let _ = events.blocking_send(Event::Lost(lost));
        }
        close(client);
        match end {
            End::Rebuild => {
                let _ = events.blocking_send(Event::Rebuilt);
            }
            End::Stop => break,
        }
    }
    let _ = events.blocking_send(Event::Closed);
}

/// Makes a consumer; it connects by itself.
pub(crate) fn connect(client: &ClientConfig) -> KafkaResult<BaseConsumer<PollContext>> {
    let consumer: BaseConsumer<PollContext> = client.create_with_context(PollContext::default())?;
    oauth::give(client, consumer.client());
    Ok(consumer)
}

/// Closes a consumer, but waits for that no longer than a moment: correctness never depends on a clean close.
fn close(consumer: BaseConsumer<PollContext>) {
    // It has heard that it is no member any more, and joins again as soon as that is carried out: as one that nobody stands for, which the group
    // would wait for. Who has nothing to subscribe to does not join. (For others, unsubscribing means leaving, which a static member must not.)
    if consumer.client().context().has_lost() {
        consumer.unsubscribe();
    }
    consumer.client().context().close(&consumer);
    let (done, closed) = channel();
    let closing = std::thread::Builder::new().name("kafka-close".to_owned()).spawn(move || {
        drop(consumer);
        let _ = done.send(());
    });
    if closing.is_err() || closed.recv_timeout(CLOSE).is_err() {
        tracing::warn!("closing the Kafka consumer takes long (the coordinator may be frozen); going on without waiting");
    }
}

impl Poller {
    /// The driver's time.
    pub(crate) fn now(&self) -> Now {
        Now(self.origin.elapsed())
    }

    /// Says that the loop turns.
    pub(crate) fn beat(&self) {
        let millis = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heartbeat.store(millis, Ordering::Relaxed);
    }
}
