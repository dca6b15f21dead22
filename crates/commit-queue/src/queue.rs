//! Commits without waiting: `rd_kafka_commit_queue` with a reply queue of our own.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings::{
    RD_KAFKA_EVENT_OFFSET_COMMIT, rd_kafka_commit_queue, rd_kafka_event_destroy, rd_kafka_event_error, rd_kafka_event_opaque,
    rd_kafka_event_t, rd_kafka_event_type, rd_kafka_queue_destroy, rd_kafka_queue_new, rd_kafka_queue_poll, rd_kafka_queue_t, rd_kafka_t,
};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};

// A ticket travels through librdkafka inside a pointer.
const _: () = assert!(usize::BITS >= u64::BITS);

/// Receives the results of the commits made through it. Stays on the thread that made it (it is not `Send`).
///
/// It must not outlive its consumer, and cannot: it borrows it ([`CommitQueue::new`]) or shares it ([`CommitQueue::sharing`]).
pub struct CommitQueue<'c> {
    queue: *mut rd_kafka_queue_t,
    client: *mut rd_kafka_t,
    // Fields are dropped after `Drop::drop`, so the consumer is still there when the queue is destroyed.
    _shared: Option<Arc<dyn Any + Send + Sync>>,
    _borrowed: PhantomData<&'c ()>,
}

/// One commit of one partition.
///
/// One partition and not a list: when one partition of a list fails, librdkafka writes its code over every other one, although those did
/// commit, so the answer to a list is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The next offset to read, 0 or more.
    pub offset: i64,
    /// Stored beside the offset. A broker refuses more than 4,096 characters unless told otherwise.
    pub metadata: &'a str,
    /// Comes back in [`Answer::ticket`].
    pub ticket: u64,
}

/// What the broker, or librdkafka in its place, said about one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The number given with the commit.
    pub ticket: u64,
    /// Stored, or why not.
    pub result: Result<(), RDKafkaErrorCode>,
}

impl<'c> CommitQueue<'c> {
    /// A queue that lives no longer than `consumer`. Cheap enough to be made inside a rebalance callback.
    pub fn new<C: ConsumerContext>(consumer: &'c BaseConsumer<C>) -> Self {
        Self::of(consumer, None)
    }

    /// A queue to keep in a struct beside its consumer. It holds a share of the consumer: drop both to leave the group.
    pub fn sharing<C: ConsumerContext + 'static>(consumer: &Arc<BaseConsumer<C>>) -> CommitQueue<'static> {
        CommitQueue::of(consumer, Some(Arc::clone(consumer) as Arc<dyn Any + Send + Sync>))
    }

    fn of<C: ConsumerContext>(consumer: &BaseConsumer<C>, shared: Option<Arc<dyn Any + Send + Sync>>) -> Self {
        let client = consumer.client().native_ptr();
        // SAFETY: the client is live for as long as the borrow or the share we keep. The result is never null: librdkafka aborts the
        // process when memory is short.
        let queue = unsafe { rd_kafka_queue_new(client) };
        Self { queue, client, _shared: shared, _borrowed: PhantomData }
    }

    /// Hands the commit to librdkafka and returns at once. An error means that nothing was sent and no [`Answer`] will come.
    pub fn commit(&self, commit: &Commit<'_>) -> Result<(), RDKafkaErrorCode> {
        let offsets = list_of(commit)?;
        let ticket = ptr::without_provenance_mut::<c_void>(commit.ticket as usize);
        // SAFETY: client and queue are live, see `of`; librdkafka copies the list before it returns; the ticket is carried as a number
        // and never followed.
        result_of(unsafe { rd_kafka_commit_queue(self.client, offsets.ptr(), self.queue, None, ticket) })
    }

    /// The next answer, waiting at most `timeout` (zero: do not wait). Answers come in the order of their commits.
    ///
    /// A frozen coordinator answers nothing for as long as it is frozen, and a destroyed consumer never does: keep a deadline of your own
    /// for every ticket.
    pub fn answer(&self, timeout: Duration) -> Option<Answer> {
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the queue is live until `drop`.
        let event = Event(unsafe { rd_kafka_queue_poll(self.queue, millis) });
        event.answer()
    }
}

impl Drop for CommitQueue<'_> {
    fn drop(&mut self) {
        // SAFETY: made in `of`, destroyed once, while the client still lives. Answers that come later are thrown away by librdkafka.
        unsafe { rd_kafka_queue_destroy(self.queue) }
    }
}

impl fmt::Debug for CommitQueue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitQueue").finish_non_exhaustive()
    }
}

/// An event of our queue: null, or ours to destroy.
struct Event(*mut rd_kafka_event_t);

impl Event {
    fn answer(&self) -> Option<Answer> {
        // SAFETY: librdkafka answers "none" for a null event; any other is live until `drop`.
        let kind = unsafe { rd_kafka_event_type(self.0) };
        if kind != RD_KAFKA_EVENT_OFFSET_COMMIT {
            return None;
        }
        // SAFETY: a live event of the type this call is meant for.
        let opaque = unsafe { rd_kafka_event_opaque(self.0) };
        // SAFETY: a live event.
        let error = unsafe { rd_kafka_event_error(self.0) };
        Some(Answer { ticket: opaque.addr() as u64, result: result_of(error) })
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: null, which is ignored, or ours and destroyed once, after its last use.
        unsafe { rd_kafka_event_destroy(self.0) }
    }
}

fn list_of(commit: &Commit<'_>) -> Result<TopicPartitionList, RDKafkaErrorCode> {
    if commit.topic.contains('\0') {
        return Err(RDKafkaErrorCode::InvalidTopic);
    }
    let mut list = TopicPartitionList::with_capacity(1);
    let mut entry = list.add_partition(commit.topic, commit.partition);
    entry.set_offset(Offset::Offset(commit.offset)).map_err(|_| RDKafkaErrorCode::InvalidArgument)?;
    entry.set_metadata(commit.metadata);
    Ok(list)
}

fn result_of(error: RDKafkaRespErr) -> Result<(), RDKafkaErrorCode> {
    match error {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        other => Err(other.into()),
    }
}

#[cfg(test)]
mod tests;
