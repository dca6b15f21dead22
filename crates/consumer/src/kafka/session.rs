//! One consumer's life: poll, carry out rebalances, commits, pauses and seeks, and hand records over.

mod ends;
mod taking;

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use commit_queue::{Commit, CommitQueue};
use engine::{CommitResult, CommitTicket, Epoch, Offset, PartitionId};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset as KafkaOffset;

use self::ends::Ends;
use super::asker::{Asker, Question, Reply};
use super::commits;
use super::context::{PollContext, Rebalance};
use super::held::Held;
use super::line::{self, Life};
use super::messages::{Command, Event};
use super::owned::Partitions;
use super::poller::Poller;
use super::positions::{self, Positions, stats_clock};
use super::record::RawRecord;
use super::transit::Transit;
use crate::clock::Moment;

/// A turn without a record waits this long for one; commands wait no longer than that.
const TURN: Duration = Duration::from_millis(5);
/// Once nothing has happened for [`QUIET`]. A record still ends the turn at once, and is followed by short turns again.
const IDLE_TURN: Duration = Duration::from_millis(50);
const QUIET: Duration = Duration::from_secs(1);
/// One batch to the driver.
const BATCH_RECORDS: usize = 1_024;
const BATCH_BYTES: usize = 4 << 20;
/// How often the partition count of the subscription is asked for, and after how long again when nobody answered: soon, while it is not known
/// at all and nothing can be sent.
const COUNT_EVERY: Duration = Duration::from_secs(60);
const COUNT_AGAIN: Duration = Duration::from_secs(5);
const COUNT_AT_ALL: Duration = Duration::from_millis(500);
/// How often positions that moved without a record are looked for.
const POSITION_EVERY: Duration = Duration::from_millis(50);
/// The same while nothing happens. Each look wakes one of librdkafka's threads.
const IDLE_POSITION_EVERY: Duration = Duration::from_millis(250);

/// How long a driver may take to see that it stood still. It has slept as long as the poll thread, but for a turn.
const WOKEN: Duration = Duration::from_secs(2);

/// Why a consumer's life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A new member shall take its place.
    Rebuild,
    /// The process ends.
    Stop,
}

/// One consumer's life.
pub(crate) struct Session<'a> {
    poller: &'a Poller,
    consumer: &'a BaseConsumer<PollContext>,
    queue: CommitQueue<'a>,
    partitions: &'a mut Partitions,
    events: &'a tokio::sync::mpsc::Sender<Event>,
    positions: Positions,
    transit: Transit,
    /// Where a record is put together.
    scratch: Vec<u8>,
    asker: Asker,
    held: Held,
    ends: Ends,
    /// A rebalance that is being carried out; the next one waits behind it.
    current: Option<Rebalance>,
    /// When the partitions are counted next; `None` while that is on its way.
    count_at: Option<Instant>,
    counted: bool,
    position_at: Instant,
    /// When something last happened.
    busy_at: Instant,
    /// When the loop last turned, on the clock that counts the time asleep.
    turned_at: Moment,
    /// So long after it stood still for a session it carries no rebalance out: the driver is about to say that a new member shall take its place,
    /// and librdkafka would join by itself.
    woken_until: Option<Instant>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        poller: &'a Poller,
        consumer: &'a BaseConsumer<PollContext>,
        partitions: &'a mut Partitions,
        events: &'a tokio::sync::mpsc::Sender<Event>,
        asker: Asker,
    ) -> Self {
        let queue = CommitQueue::new(consumer);
        let positions = Positions::default();
        let now = Instant::now();
        Self {
            poller,
            consumer,
            queue,
            partitions,
            events,
            positions,
            transit: Transit::default(),
            scratch: Vec::new(),
            asker,
            held: Held::default(),
            ends: Ends::new(now),
            current: None,
            count_at: Some(now),
            counted: false,
            position_at: now,
            busy_at: now,
            turned_at: Moment::now(),
            woken_until: None,
        }
    }

    pub(crate) fn run(self, commands: &Receiver<Command>) -> End {
        let names: Vec<&str> = match &self.poller.topics {
            crate::config::Topics::List(list) => list.iter().map(String::as_str).collect(),
            crate::config::Topics::Pattern(pattern) => vec![pattern.as_str()],
        };
        if let Err(error) = self.consumer.subscribe(&names) {
            self.tell(Event::Fatal { what: error.to_string() });
            return End::Stop;
        }
        line::live(self, commands)
    }

    /// What has to be known and is not: how many partitions there are, and how those that are new are to be taken over.
    fn ask(&mut self) {
        let now = Instant::now();
        if self.count_at.is_some_and(|at| at <= now) {
            self.count_at = None;
            self.asker.ask(Question::Count);
        }
        let due = self.held.due(now);
        if !due.is_empty() {
            self.asker.ask(Question::TakeOver(due));
        }
        self.ask_for_ends();
    }

    fn reply(&mut self, reply: Reply) {
        match reply {
            Reply::TakeOver { partitions, found, asked_at } => self.looked_up(partitions, found, asked_at),
            Reply::Ends { told, untold, out_of_range } => self.ends_told(told, &untold, out_of_range),
            Reply::Count(Ok(total)) => {
                (self.counted, self.count_at) = (true, Some(Instant::now() + COUNT_EVERY));
                self.tell(Event::TotalPartitions(total.max(self.partitions.count())));
            }
            // The last count stays in force.
            Reply::Count(Err(error)) => {
                self.count_at = Some(Instant::now() + if self.counted { COUNT_AGAIN } else { COUNT_AT_ALL });
                self.tell(Event::Trouble { what: format!("counting partitions: {error}") });
            }
        }
    }

    /// librdkafka cannot go on.
    fn failed_for_good(&self, code: RDKafkaErrorCode) {
        let what = match (code, &self.poller.instance) {
            (RDKafkaErrorCode::FencedInstanceId, Some(instance)) => format!(
                "another process joined the group with the same kafka.properties.\"group.instance.id\" ({instance:?}) and has taken this \
                 one's place; give every process an id of its own"
            ),
            (code, _) => code.to_string(),
        };
        self.tell(Event::Fatal { what });
    }

    /// What was begun is carried out at the consumer's end.
    fn over(&mut self, end: End) -> End {
        if let Some(rebalance) = self.current.take() {
            self.consumer.client().context().put_back(rebalance);
        }
        end
    }

    fn is_just_woken(&mut self) -> bool {
        let (now, turned_at) = (Moment::now(), self.turned_at);
        self.turned_at = now;
        if now.since(turned_at) >= self.poller.membership {
            self.woken_until = Some(Instant::now() + WOKEN);
        }
        self.woken_until = self.woken_until.filter(|until| *until > Instant::now());
        self.woken_until.is_some()
    }

    fn tell(&self, event: Event) {
        // The driver is gone only when the process ends.
        let _ = self.events.blocking_send(event);
    }

    /// Takes what librdkafka has, up to a batch. False: the client is broken for good.
    fn fetch_batch(&mut self) -> bool {
        if self.transit.is_full() {
            std::thread::park_timeout(TURN);
            return true;
        }
        let began = Instant::now();
        let idle = self.current.is_none() && began.duration_since(self.busy_at) > QUIET;
        let (turn, position_every) = if idle { (IDLE_TURN, IDLE_POSITION_EVERY) } else { (TURN, POSITION_EVERY) };
        let (mut batch, mut bytes, mut timeout) = (Vec::new(), 0, turn);
        // Records of partitions that are being given back are taken and dropped, but not without end.
        for _ in 0..BATCH_RECORDS {
            if bytes >= BATCH_BYTES {
                break;
            }
            match self.consumer.poll(timeout) {
                None => break,
                Some(Ok(message)) => {
                    let owned = self.partitions.get_mut(message.topic(), message.partition());
                    if let Some(owned) = owned.filter(|owned| owned.open) {
                        owned.next = Offset(message.offset() + 1);
                        let record = RawRecord::copy(&message, owned.id, owned.epoch, &mut self.scratch);
                        bytes += record.payload.bytes() + size_of::<RawRecord>();
                        batch.push(record);
                    }
                }
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                    self.failed_for_good(code);
                    return false;
                }
                Some(Err(error)) => {
                    if matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::LogTruncation)) {
                        self.ends.out_of_range();
                    }
                    self.tell(Event::Trouble { what: error.to_string() });
                }
            }
            timeout = Duration::ZERO;
        }
        // A poll also ends early, with records still queued, when it served a rebalance or statistics.
        let empty = batch.is_empty() && began.elapsed() >= turn && !self.consumer.client().context().has_rebalance();
        if !batch.is_empty() {
            self.busy_at = Instant::now();
            let load = self.transit.load(bytes);
            self.tell(Event::Records(batch, load));
        }
        let mut moved = Vec::new();
        if Instant::now() >= self.position_at {
            self.position_at = Instant::now() + position_every;
            if let Ok(positions) = self.consumer.position() {
                moved = positions::moved(&positions, self.partitions);
            }
        }
        if let Some(stats) = self.consumer.client().context().take_stats() {
            self.positions.offer(stats);
        } else if empty {
            moved.extend(self.positions.queue_was_empty(self.partitions));
        }
        if !moved.is_empty() {
            self.tell(Event::Positions(moved));
        }
        true
    }

    fn commit(&mut self, commit: &engine::Commit) {
        // A client that has lost its membership may keep a commit until it is a member again, and send it as that one. Whoever stood still between the
        // driver's wish and here may have lost it without having heard.
        let ours = !self.consumer.assignment_lost() && self.poller.now() <= commit.hand_by;
        let Some((topic, partition, _)) = self.partitions.current(commit.partition, commit.epoch).filter(|_| ours) else {
            // The partition is gone: nothing of ours may be written over its next owner's offset.
            return self.tell(Event::Committed { commit: commit.commit, result: CommitResult::TryAgain });
        };
        let request = Commit { topic: &topic, partition, offset: commit.offset.0, metadata: &commit.metadata, ticket: commit.commit.0 };
        if self.queue.commit(&request).is_err() {
            // The client did not take it: nothing was sent.
            self.tell(Event::Committed { commit: commit.commit, result: CommitResult::TryAgain });
        }
    }

    fn fetch(&mut self, id: PartitionId, epoch: Epoch, on: bool) {
        let Some((topic, partition, owned)) = self.partitions.current(id, epoch) else { return };
        (owned.paused, owned.since_micros) = (!on, stats_clock());
        let mut list = TopicPartitionList::new();
        list.add_partition(&topic, partition);
        let done = if on { self.consumer.resume(&list) } else { self.consumer.pause(&list) };
        if let Err(error) = done {
            self.tell(Event::Trouble { what: format!("pausing or resuming {topic}/{partition}: {error}") });
        }
    }

    fn seek(&mut self, id: PartitionId, epoch: Epoch, offset: Offset) {
        let Some((topic, partition, owned)) = self.partitions.current(id, epoch) else { return };
        (owned.next, owned.since_micros, owned.position_known) = (offset, stats_clock(), false);
        // Not waited for: a seek that fails shows as a partition that still stands, and the watchdog goes on to its next step.
        if let Err(error) = self.consumer.seek(&topic, partition, KafkaOffset::Offset(offset.0), Duration::ZERO) {
            self.tell(Event::Trouble { what: format!("seeking {topic}/{partition}: {error}") });
        }
    }
}

impl Life for Session<'_> {
    type Command = Command;
    type End = End;
    const STOP: Command = Command::Stop;

    fn obey(&mut self, command: Command) -> Option<End> {
        self.busy_at = Instant::now();
        match command {
            Command::Commit(commit) => self.commit(&commit),
            Command::Fetch { id, epoch, on } => self.fetch(id, epoch, on),
            Command::Release { id, epoch } => {
                if let Some((topic, partition, _)) = self.partitions.current(id, epoch) {
                    self.partitions.remove(&topic, partition);
                }
            }
            Command::Seek { id, epoch, offset } => self.seek(id, epoch, offset),
            Command::Rebuild => return Some(self.over(End::Rebuild)),
            Command::Stop => return Some(self.over(End::Stop)),
        }
        None
    }

    fn answers(&mut self) -> Option<End> {
        while let Some(answer) = self.queue.answer(Duration::ZERO) {
            if answer.result == Err(RDKafkaErrorCode::FencedInstanceId) {
                self.failed_for_good(RDKafkaErrorCode::FencedInstanceId);
                return Some(End::Stop);
            }
            self.busy_at = Instant::now();
            self.tell(Event::Committed { commit: CommitTicket(answer.ticket), result: commits::meaning(answer.result) });
        }
        None
    }

    fn poll(&mut self) -> Option<End> {
        self.poller.beat();
        if !self.fetch_batch() {
            return Some(End::Stop);
        }
        if !self.is_just_woken() {
            self.rebalance();
        }
        for what in self.consumer.client().context().take_errors() {
            self.tell(Event::Trouble { what });
        }
        self.ask();
        while let Some(reply) = self.asker.reply() {
            self.reply(reply);
        }
        None
    }
}
