//! One consumer's life: poll, carry out rebalances, commits, pauses and seeks, and hand records over.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use commit_queue::{Commit, CommitQueue};
use engine::{CommitResult, CommitTicket, Epoch, Offset, PartitionId};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset as KafkaOffset;

use super::assignment::{Found, Inquiry};
use super::commits;
use super::context::{PollContext, Rebalance};
use super::messages::{Assigned, Command, Event};
use super::owned::{Owned, Partitions};
use super::poller::{Poller, next_command};
use super::positions::{self, Positions, stats_clock};
use super::record::RawRecord;
use super::topics;
use super::transit::Transit;

/// A turn without a record waits this long for one; commands wait no longer than that.
const TURN: Duration = Duration::from_millis(5);
/// Once nothing has happened for [`QUIET`]. A record still ends the turn at once, and is followed by short turns again.
const IDLE_TURN: Duration = Duration::from_millis(50);
const QUIET: Duration = Duration::from_secs(1);
/// One batch to the driver.
const BATCH_RECORDS: usize = 1_024;
const BATCH_BYTES: usize = 4 << 20;
/// How often the partition count of the subscription is asked for, and after how long again when nobody answered.
const COUNT_EVERY: Duration = Duration::from_secs(60);
const COUNT_AGAIN: Duration = Duration::from_secs(5);
/// How often positions that moved without a record are looked for.
const POSITION_EVERY: Duration = Duration::from_millis(50);
/// The same while nothing happens. Each look wakes one of librdkafka's threads.
const IDLE_POSITION_EVERY: Duration = Duration::from_millis(250);
/// A failed look-up of a new assignment is tried again after this.
const LOOK_UP_AGAIN: Duration = Duration::from_millis(500);
/// A turn asks no longer than this about a new assignment: the partitions that are ours already go on meanwhile.
const LOOK_UP_TURN: Duration = Duration::from_millis(20);

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
    commands: &'a Receiver<Command>,
    events: &'a tokio::sync::mpsc::Sender<Event>,
    positions: Positions,
    transit: Transit,
    /// Where a record is put together.
    scratch: Vec<u8>,
    /// A rebalance that is being carried out; the next one waits behind it.
    current: Option<Rebalance>,
    inquiry: Option<Inquiry>,
    again_at: Option<Instant>,
    count_at: Instant,
    position_at: Instant,
    /// When something last happened.
    busy_at: Instant,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        poller: &'a Poller,
        consumer: &'a BaseConsumer<PollContext>,
        partitions: &'a mut Partitions,
        commands: &'a Receiver<Command>,
        events: &'a tokio::sync::mpsc::Sender<Event>,
    ) -> Self {
        let queue = CommitQueue::new(consumer);
        let positions = Positions::default();
        let now = Instant::now();
        Self {
            poller,
            consumer,
            queue,
            partitions,
            commands,
            events,
            positions,
            transit: Transit::default(),
            scratch: Vec::new(),
            current: None,
            inquiry: None,
            again_at: None,
            count_at: now,
            position_at: now,
            busy_at: now,
        }
    }

    pub(crate) fn run(mut self) -> End {
        let names: Vec<&str> = match &self.poller.topics {
            crate::config::Topics::List(list) => list.iter().map(String::as_str).collect(),
            crate::config::Topics::Pattern(pattern) => vec![pattern.as_str()],
        };
        if let Err(error) = self.consumer.subscribe(&names) {
            self.tell(Event::Fatal { what: error.to_string() });
            return End::Stop;
        }
        loop {
            self.poller.beat();
            while let Some(command) = next_command(self.commands) {
                self.busy_at = Instant::now();
                if let Some(end) = self.obey(command) {
                    return end;
                }
            }
            while let Some(answer) = self.queue.answer(Duration::ZERO) {
                self.busy_at = Instant::now();
                self.tell(Event::Committed { commit: CommitTicket(answer.ticket), result: commits::meaning(answer.result) });
            }
            if !self.poll() {
                return End::Stop;
            }
            self.rebalance();
            for what in self.consumer.client().context().take_errors() {
                self.tell(Event::Trouble { what });
            }
            if Instant::now() >= self.count_at {
                self.count();
            }
        }
    }

    fn tell(&self, event: Event) {
        // The driver is gone only when the process ends.
        let _ = self.events.blocking_send(event);
    }

    /// Takes what librdkafka has, up to a batch. False: the client is broken for good.
    fn poll(&mut self) -> bool {
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
                    self.tell(Event::Fatal { what: code.to_string() });
                    return false;
                }
                Some(Err(error)) => self.tell(Event::Trouble { what: error.to_string() }),
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

    /// Carries out what the coordinator asked for, as far as it can go now.
    fn rebalance(&mut self) {
        if self.current.is_none() {
            self.current = self.consumer.client().context().next_rebalance();
            match &self.current {
                None => return,
                Some(Rebalance::Assign(_)) => {}
                Some(Rebalance::Revoke { partitions, lost }) => {
                    let (partitions, lost) = (partitions.clone(), *lost);
                    self.begin_revoke(&partitions, lost);
                }
            }
        }
        match self.current.take() {
            Some(Rebalance::Assign(added)) => {
                let early = self.again_at.is_some_and(|at| Instant::now() < at);
                let done = !early && self.assign(&added);
                self.current = (!done).then_some(Rebalance::Assign(added));
            }
            Some(Rebalance::Revoke { partitions, lost }) => {
                let waits = !lost && partitions.elements().iter().any(|e| self.partitions.get_mut(e.topic(), e.partition()).is_some());
                if waits && !self.consumer.assignment_lost() {
                    self.current = Some(Rebalance::Revoke { partitions, lost });
                } else {
                    self.unassign(&partitions);
                }
            }
            None => {}
        }
    }

    /// Asks about a new assignment for a moment. None: there is more to ask.
    fn look_up(&mut self, added: &TopicPartitionList) -> KafkaResult<Option<Vec<Found>>> {
        let inquiry = self.inquiry.get_or_insert_with(|| Inquiry::of(added));
        let until = Instant::now() + LOOK_UP_TURN;
        while !inquiry.is_done() {
            if Instant::now() >= until {
                return Ok(None);
            }
            inquiry.ask(self.consumer, &self.poller.beginning, self.poller.now())?;
        }
        // Without the count the share of the quota would be unknown.
        self.count_partitions()?;
        Ok(self.inquiry.take().map(Inquiry::found))
    }

    /// True when the partitions are fetched; false while there is more to ask, or when a look-up failed and has to be tried again.
    fn assign(&mut self, added: &TopicPartitionList) -> bool {
        let found = match self.look_up(added) {
            Ok(Some(found)) => found,
            Ok(None) => return false,
            Err(error) => {
                (self.inquiry, self.again_at) = (None, Some(Instant::now() + LOOK_UP_AGAIN));
                self.tell(Event::Trouble { what: format!("looking up a new assignment: {error}") });
                return false;
            }
        };
        self.again_at = None;
        let mut list = TopicPartitionList::new();
        let mut halted = TopicPartitionList::new();
        let mut assigned = Vec::new();
        for found in found {
            // A halted partition is held, so that nobody else takes it for free, but never fetched.
            let (from, open) = found.plan.as_ref().map_or((Offset(0), false), |plan| (plan.read_from, true));
            let at = if open { KafkaOffset::Offset(from.0) } else { KafkaOffset::End };
            if list.add_partition_offset(&found.topic, found.partition, at).is_err() {
                continue;
            }
            if !open {
                halted.add_partition(&found.topic, found.partition);
            }
            let (id, epoch) = self.partitions.assign(&found.topic, found.partition, from, open);
            assigned.push(Assigned { id, topic: found.topic, partition: found.partition, epoch, plan: found.plan });
        }
        self.tell(Event::Assigned(assigned));
        if let Err(error) = self.consumer.incremental_assign(&list).and_then(|()| self.consumer.pause(&halted)) {
            self.tell(Event::Trouble { what: format!("taking an assignment: {error}") });
        }
        // A pause of ours outlives an assignment inside librdkafka.
        let mut resumed = TopicPartitionList::new();
        for element in list.elements().iter().filter(|e| halted.find_partition(e.topic(), e.partition()).is_none()) {
            resumed.add_partition(element.topic(), element.partition());
        }
        if let Err(error) = self.consumer.resume(&resumed) {
            self.tell(Event::Trouble { what: format!("resuming an assignment: {error}") });
        }
        self.tell(Event::Joined { partitions: self.partitions.count() });
        true
    }

    fn begin_revoke(&mut self, partitions: &TopicPartitionList, lost: bool) {
        let ours = self.partitions.of_list(partitions, Owned::is_read);
        if lost {
            for element in partitions.elements() {
                self.partitions.remove(element.topic(), element.partition());
            }
            self.tell(Event::Lost(ours));
            return;
        }
        for element in partitions.elements() {
            let (topic, partition) = (element.topic(), element.partition());
            match self.partitions.get_mut(topic, partition) {
                // Nobody drains what was never read.
                Some(owned) if owned.halted => {
                    self.partitions.remove(topic, partition);
                }
                Some(owned) => owned.open = false,
                None => {}
            }
        }
        self.tell(Event::Revoking(ours));
    }

    fn unassign(&mut self, partitions: &TopicPartitionList) {
        let still = self.partitions.of_list(partitions, Owned::is_read);
        for element in partitions.elements() {
            self.partitions.remove(element.topic(), element.partition());
        }
        if !still.is_empty() {
            self.tell(Event::Lost(still));
        }
        if let Err(error) = self.consumer.incremental_unassign(partitions) {
            self.tell(Event::Trouble { what: format!("giving partitions back: {error}") });
        }
        self.tell(Event::Joined { partitions: self.partitions.count() });
    }

    fn obey(&mut self, command: Command) -> Option<End> {
        match command {
            Command::Commit(commit) => self.commit(&commit),
            Command::Fetch { id, epoch, on } => self.fetch(id, epoch, on),
            Command::Release { id, epoch } => {
                if let Some((topic, partition, _)) = self.partitions.current(id, epoch) {
                    self.partitions.remove(&topic, partition);
                }
            }
            Command::Seek { id, epoch, offset } => self.seek(id, epoch, offset),
            Command::Rebuild => return Some(End::Rebuild),
            Command::Stop => return Some(End::Stop),
        }
        None
    }

    fn commit(&mut self, commit: &engine::Commit) {
        // A client that has lost its membership would commit without one, and the coordinator takes that while the group is empty.
        let ours = !self.consumer.assignment_lost();
        let Some((topic, partition, _)) = self.partitions.current(commit.partition, commit.epoch).filter(|_| ours) else {
            // The partition is gone: nothing of ours may be written over its next owner's offset.
            return self.tell(Event::Committed { commit: commit.commit, result: CommitResult::TryAgain });
        };
        let request = Commit { topic: &topic, partition, offset: commit.offset.0, metadata: &commit.metadata, ticket: commit.commit.0 };
        if let Err(code) = self.queue.commit(&request) {
            self.tell(Event::Committed { commit: commit.commit, result: commits::meaning(Err(code)) });
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

    fn count(&mut self) {
        if let Err(error) = self.count_partitions() {
            self.count_at = Instant::now() + COUNT_AGAIN;
            self.tell(Event::Trouble { what: format!("counting partitions: {error}") });
        }
    }

    fn count_partitions(&mut self) -> KafkaResult<()> {
        let total = topics::total_partitions(self.consumer, &self.poller.topics)?;
        self.count_at = Instant::now() + COUNT_EVERY;
        self.tell(Event::TotalPartitions(total.max(self.partitions.count())));
        Ok(())
    }
}
