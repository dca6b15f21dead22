//! Every change of a group's committed offsets, as a client that is no member sees them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::kafka::{Committed, Topic};
use crate::wait::breathe;

/// Between two looks. A commit that stood shorter than this may be missed; the one after it is held to the same rules.
const EVERY: Duration = Duration::from_millis(40);
/// A broker that is away or frozen is asked again.
const PATIENCE: Duration = Duration::from_secs(2);

/// In a cluster an offset that goes back is looked at so many times again, so far apart, before it is believed.
const DOUBTS: u32 = 10;
const STALE: Duration = Duration::from_millis(500);

/// One committed offset that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its partition.
    pub partition: i32,
    /// The next offset to read.
    pub offset: i64,
    /// What stood beside it.
    pub metadata: String,
    /// Not later than this it was stored, epoch milliseconds.
    pub by: i64,
}

/// What the metadata says of its writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// It may have something on its way.
    Open,
    /// It left nothing behind.
    Closed,
    /// Not written by order-sync.
    Foreign,
}

impl Told {
    /// The marker beside the offset.
    pub fn marker(&self) -> Marker {
        Marker::of(&self.metadata)
    }
}

impl Marker {
    /// Out of metadata: `ordersync/1 cluster topic partition offset marker …`.
    pub fn of(metadata: &str) -> Self {
        let fields: Vec<&str> = metadata.split(' ').collect();
        match (fields.first(), fields.get(5)) {
            (Some(&"ordersync/1"), Some(&"open")) => Self::Open,
            (Some(&"ordersync/1"), Some(&"closed")) => Self::Closed,
            _ => Self::Foreign,
        }
    }
}

/// A thread that looks again and again.
pub(super) struct Watch {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Told>>>,
}

impl Watch {
    pub(super) fn start(topic: Topic<'static>, group: &str) -> Self {
        let (over, group) = (Arc::new(AtomicBool::new(false)), group.to_owned());
        let told = Arc::clone(&over);
        let thread = std::thread::Builder::new().name("oracle".to_owned()).spawn(move || look(&topic, &group, &told)).expect("a thread");
        Self { over, thread: Some(thread) }
    }

    /// One last look, and everything that was seen.
    pub(super) fn finish(mut self) -> Vec<Told> {
        self.over.store(true, Ordering::Release);
        self.thread.take().expect("runs until now").join().expect("the oracle does not panic")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
    }
}

fn look(topic: &Topic<'static>, group: &str, over: &AtomicBool) -> Vec<Told> {
    let group = topic.kafka().group_named(group);
    let mut told: Vec<Told> = Vec::new();
    let mut last: Vec<Option<Committed>> = Vec::new();
    let mut last_doubt = 0;
    loop {
        let done = over.load(Ordering::Acquire);
        if let Ok(now) = group.try_committed(topic, PATIENCE) {
            if topic.kafka().is_one_of_several() && goes_back(&last, &now) && !done {
                // A coordinator that was frozen answers from its memory until it hears that it is none any more.
                breathe(STALE);
                last_doubt += 1;
                if last_doubt <= DOUBTS {
                    continue;
                }
            }
            last_doubt = 0;
            let by = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
            for (partition, committed) in (0..).zip(&now) {
                let Some(committed) = committed.as_ref().filter(|_| last.get(partition as usize) != Some(committed)) else { continue };
                let (offset, metadata) = (committed.offset, committed.metadata.clone());
                told.push(Told { partition, offset, metadata, by });
            }
            last = now;
        }
        if done {
            return told;
        }
        breathe(EVERY);
    }
}

fn goes_back(before: &[Option<Committed>], now: &[Option<Committed>]) -> bool {
    let offset = |of: &Option<Committed>| of.as_ref().map_or(0, |committed| committed.offset);
    before.iter().zip(now).any(|(before, now)| offset(now) < offset(before))
}
