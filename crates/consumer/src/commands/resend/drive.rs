//! The sending side of a run: one order at a time, many orders at once, and a note of how far it has come.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::{Disposition, Standing};
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::guard::{Allowed, came_alive};
use super::outcomes::Outcomes;
use super::pace::Pace;
use super::send::{Ended, Shared};
use super::standing::after;
use super::{Item, Knowledge, Left, OrderKey, Run, Step, Tally};
use crate::call::{Caller, Http, HttpSettings, Line};
use crate::clock::Moment;
use crate::commands::progress::Progress;
use crate::commands::trouble::Trouble;
use crate::config::Config;

/// How far it has come is written down this often.
const NOTE: Duration = Duration::from_secs(1);
/// Whether the group came alive is looked at this often, and at once after a sleep of that length.
const LOOK: Duration = Duration::from_secs(5);

/// What is to be driven.
pub(in crate::commands) struct Job<'a> {
    pub(in crate::commands) config: &'a Config,
    pub(in crate::commands) run: &'a Run,
    pub(in crate::commands) allowed: Allowed,
    pub(in crate::commands) knowledge: Arc<Knowledge>,
    /// Told to stop, by a signal.
    pub(in crate::commands) stop: Arc<AtomicBool>,
    /// How many orders there are to send, about.
    pub(in crate::commands) expected: u64,
}

/// How a run ended.
#[derive(Debug)]
pub(in crate::commands) enum End {
    /// Everything was told and sent.
    Whole,
    /// Stopped before that, and why; it can be gone on with.
    Stopped(String),
}

/// Sends what the reading side finds.
pub(in crate::commands) async fn drive(job: Job<'_>, steps: Receiver<Step>) -> Result<(Tally, End), Trouble> {
    let config = job.config;
    let http = Http::new(&HttpSettings::of(config));
    let http = http.map_err(|error| Trouble::usage(error.to_string()))?;
    let shared = Shared {
        client: Arc::clone(&config.alipayhk.client),
        // The keys stay as they are for the time of a run.
        caller: Caller::new(watch::channel(Arc::clone(&config.alipayhk.client)).1, Arc::clone(&config.rulebook), Line::Real(http)),
        pace: Pace::new(job.allowed.rate),
        outcomes: Outcomes::new(config).await?,
        run: job.run.name.as_str().into(),
        timeout: config.alipayhk.timeout,
        backoff: (config.retry.initial, config.retry.max),
        stop: Arc::clone(&job.stop),
        calls: AtomicU64::new(0),
        decided: AtomicU64::new(0),
    };
    let far = Far { next: job.run.from.clone(), pending: vec![BTreeSet::new(); job.run.from.len()] };
    let mut driving = Driving {
        shared: Arc::new(shared),
        knowledge: Arc::clone(&job.knowledge),
        slots: config.quota.max_in_flight as usize,
        on_their_way: JoinSet::new(),
        held: None,
        behind: HashMap::new(),
        taught: HashMap::new(),
        far,
        tally: Tally::default(),
        progress: Progress::new(job.expected, "orders"),
        why: None,
        began: None,
    };
    let over = driving.go(steps, |far| note(&job, far)).await?;
    driving.progress.clear();
    if let Some(outcomes) = &driving.shared.outcomes {
        outcomes.flush();
    }
    let mut tally = driving.tally;
    tally.calls = driving.shared.calls.load(Ordering::Relaxed);
    match (driving.why, over) {
        (None, true) => {
            job.run.ended().await;
            Ok((tally, End::Whole))
        }
        (why, _) => {
            job.run.reached(&driving.far.done())?;
            Ok((tally, End::Stopped(why.unwrap_or_else(|| "stopped".to_owned()))))
        }
    }
}

/// Writes down how far the run has come. Some: it has to stop.
fn note(job: &Job<'_>, far: Note<'_>) -> Option<String> {
    match far {
        Note::Far(far) => job.run.reached(&far.done()).err().map(|error| format!("how far it has come cannot be written down: {error}")),
        Note::Look if !job.allowed.online && came_alive(job.config, job.run.consumer()) => {
            Some("the group came alive meanwhile".to_owned())
        }
        Note::Look => None,
    }
}

enum Note<'a> {
    Far(&'a Far),
    Look,
}

/// How far each part is done.
#[derive(Debug)]
struct Far {
    next: Vec<i64>,
    pending: Vec<BTreeSet<i64>>,
}

impl Far {
    fn done(&self) -> Vec<i64> {
        self.next.iter().zip(&self.pending).map(|(next, pending)| pending.first().copied().unwrap_or(*next)).collect()
    }

    fn begins(&mut self, part: usize, at: i64) {
        if let Some(pending) = self.pending.get_mut(part) {
            pending.insert(at);
        }
        self.passed(part, at + 1);
    }

    fn ends(&mut self, part: usize, at: i64) {
        if let Some(pending) = self.pending.get_mut(part) {
            pending.remove(&at);
        }
    }

    fn passed(&mut self, part: usize, next: i64) {
        if let Some(known) = self.next.get_mut(part) {
            *known = next.max(*known);
        }
    }
}

struct Driving {
    shared: Arc<Shared>,
    knowledge: Arc<Knowledge>,
    slots: usize,
    on_their_way: JoinSet<(Box<Item>, Ended)>,
    /// What waits for its turn.
    held: Option<Box<Item>>,
    /// Of orders with a call on its way: what waits behind it.
    behind: HashMap<OrderKey, VecDeque<Box<Item>>>,
    /// Of orders of which more comes: how they stand after what was sent of them.
    taught: HashMap<OrderKey, Standing>,
    far: Far,
    tally: Tally,
    progress: Progress,
    /// Why it has to stop.
    why: Option<String>,
    /// The first call.
    began: Option<Instant>,
}

impl Driving {
    /// True: everything was told by the reading side, and ended.
    async fn go(&mut self, mut steps: Receiver<Step>, mut note: impl FnMut(Note<'_>) -> Option<String>) -> Result<bool, Trouble> {
        let (mut over, mut noted, mut looked) = (false, Instant::now(), Moment::now());
        loop {
            let stopping = self.shared.is_stopped();
            if self.on_their_way.is_empty() && (stopping || (over && self.held.is_none())) {
                return Ok(over && self.far.pending.iter().all(BTreeSet::is_empty));
            }
            let has_room = !stopping && self.on_their_way.len() < self.slots;
            let shared = Arc::clone(&self.shared);
            tokio::select! {
                Some(ended) = self.on_their_way.join_next() => {
                    if let Ok((item, ended)) = ended {
                        self.ended(item, ended);
                    }
                }
                // Only what has its turn is begun, so that an interruption leaves a clean edge.
                () = shared.pace.turn(), if has_room && self.held.is_some() => {
                    if let Some(item) = self.held.take() {
                        self.send(item, true);
                    }
                }
                step = steps.recv(), if !over && has_room && self.held.is_none() => match step {
                    Some(Step::Send(item)) => self.take(item),
                    Some(Step::Left(left)) => self.tally.left(left),
                    Some(Step::Passed { part, next }) => self.far.passed(part, next),
                    Some(Step::Over(result)) => {
                        result?;
                        over = true;
                    }
                    None => return Err(Trouble::failed("the reading broke off")),
                },
                () = tokio::time::sleep(Duration::from_millis(200)) => {}
            }
            self.progress.show(self.tally.done());
            if noted.elapsed() > NOTE {
                noted = Instant::now();
                self.stops_for(note(Note::Far(&self.far)));
            }
            if looked.elapsed() > LOOK {
                looked = Moment::now();
                self.stops_for(note(Note::Look));
            }
        }
    }

    fn stops_for(&mut self, why: Option<String>) {
        if let Some(why) = why {
            self.why.get_or_insert(why);
            self.shared.stop.store(true, Ordering::Relaxed);
        }
    }

    /// One order, one call: what comes while it is on its way waits behind it.
    fn take(&mut self, item: Box<Item>) {
        self.tally.to_send += 1;
        self.began.get_or_insert_with(Instant::now);
        self.far.begins(item.part, item.at);
        if let Some(behind) = self.behind.get_mut(&item.key) {
            behind.push_back(item);
            return;
        }
        self.behind.insert(item.key, VecDeque::new());
        self.held = Some(item);
    }

    /// `has_turn`: the pace has let it go.
    fn send(&mut self, item: Box<Item>, has_turn: bool) {
        let (shared, before) = (Arc::clone(&self.shared), self.before(&item));
        self.on_their_way.spawn(async move {
            let ended = shared.deliver(&item, before.as_ref(), has_turn).await;
            (item, ended)
        });
    }

    /// How the order of an item stands, as far as it is known.
    fn before(&self, item: &Item) -> Option<Standing> {
        self.taught.get(&item.key).or_else(|| self.knowledge.of(item.key).map(|known| &known.standing)).cloned()
    }

    fn ended(&mut self, item: Box<Item>, ended: Ended) {
        if let Ended::Decided(disposition) = &ended {
            if item.more {
                let stands = after(&item, self.before(&item).as_ref(), disposition);
                self.taught.insert(item.key, stands);
            } else {
                self.taught.remove(&item.key);
            }
        }
        let order = item.event.merchant_biz_no.to_string();
        let what = format!("{}/{}@{}", item.source.topic, item.source.partition, item.source.offset);
        let done = match ended {
            Ended::Decided(Disposition::Delivered) => Some(("delivered".to_owned(), None)),
            Ended::Decided(Disposition::Rejected(code)) => {
                let how = format!("rejected {}", code.as_str());
                Some((how.clone(), Some(("rejected", how))))
            }
            Ended::Decided(_) => {
                Some(("peer_ahead".to_owned(), Some(("peer_ahead", "AlipayHK holds a status that only comes later".to_owned()))))
            }
            Ended::Undecided(cause) => {
                let how = format!("undecided {}", cause.name());
                Some((how.clone(), Some(("undecided", how))))
            }
            Ended::Closed(why) => {
                self.stops_for(Some(why));
                None
            }
            Ended::Stopped => None,
        };
        if let Some((how, detail)) = done {
            self.tally.ended(how);
            self.tally.seconds = self.began.map_or(0.0, |began| began.elapsed().as_secs_f64());
            if let Some((why, detail)) = detail {
                self.tally.detail(Left { what, order: Some(order), why, detail });
            }
            self.far.ends(item.part, item.at);
        }
        if let Some(next) = self.behind.get_mut(&item.key).and_then(VecDeque::pop_front).filter(|_| !self.shared.is_stopped()) {
            return self.send(next, false);
        }
        self.behind.remove(&item.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_done_up_to_the_first_that_is_still_on_its_way() {
        let mut far = Far { next: vec![10, 0], pending: vec![BTreeSet::new(), BTreeSet::new()] };
        far.begins(0, 12);
        far.begins(0, 15);
        far.passed(0, 20);
        assert_eq!(far.done(), [12, 0]);
        far.ends(0, 12);
        assert_eq!(far.done(), [15, 0]);
        far.ends(0, 15);
        assert_eq!(far.done(), [20, 0]);
        far.passed(0, 5);
        assert_eq!(far.done(), [20, 0], "never back");
    }
}
