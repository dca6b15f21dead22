//! The one loop that awaits, reads the clock and logs. It takes answers first, then records, then lets the engine decide, and
//! performs what the engine asks for.

mod closures;
mod effects;
mod events;
mod facts;
mod halts;
pub(crate) mod hold;
mod intake;
mod notes;
mod orders;
mod outcomes;
mod pace;
mod report;
mod restoring;
mod retries;
mod shutdown;
mod traces;
mod unfit;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::Rulebook;
use engine::{Engine, Now};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use self::facts::Facts;
use self::intake::Intake;
use self::notes::Notes;
use self::orders::Oldest;
use self::pace::Paces;
use self::report::Report;
use self::retries::Retries;
use self::shutdown::Stopping;
pub(crate) use self::traces::Traces;
use crate::admin::{Published, Question};
use crate::call::{Caller, Finished, Job, Pool, Prepared, Signed};
use crate::clock::Moment;
use crate::config::Quota;
use crate::kafka::Handle;
use crate::kafka::dead_letter::{DeadLetters, Which};
use crate::kafka::messages::Event;
use crate::kafka::outcomes::{Outcome, Outcomes};
use crate::kafka::producer::Confirmation;
use crate::kafka::record::Payload;
use crate::kafka::restore::{Restored, Restorer};
use crate::schema::{Decoder, Registry, RegistryError};
use crate::telemetry::metrics::Metrics;

/// Batches of records taken in one turn before the engine schedules: the more we lag, the more collapses per call.
const BATCHES_A_TURN: usize = 16;
/// The state is published this often.
const TICK: Duration = Duration::from_millis(200);

/// A fetched schema, or the reason why there is none.
pub(crate) type Fetched = (u32, Result<String, RegistryError>);

/// Both ends of a channel to the loop.
pub(crate) type Channel<T> = (UnboundedSender<T>, UnboundedReceiver<T>);

/// Everything the loop works with.
pub(crate) struct Driver {
    engine: Engine<Payload>,
    intake: Intake,
    paces: Paces,
    origin: Moment,
    poller: Handle,
    pool: Pool<Job>,
    caller: Arc<Caller>,
    retries: Retries<Signed>,
    registry: Option<Arc<Registry>>,
    dead_letters: DeadLetters,
    outcomes: Option<Outcomes>,
    /// Outcomes that wait until a commit has shown that we are still a member.
    withheld: Vec<Outcome>,
    restorer: Option<Restorer>,
    facts: Facts,
    notes: Notes,
    traces: Traces,
    report: Report,
    oldest: Oldest,
    metrics: Metrics,
    heartbeat: Arc<AtomicU64>,
    hold: watch::Receiver<bool>,
    quota: watch::Receiver<Quota>,
    stopping: Stopping,
    mail: Mail,
}

/// What comes back from the tasks the loop started, and the questions of the admin page.
pub(crate) struct Mail {
    pub(crate) prepared: UnboundedReceiver<Vec<Prepared>>,
    pub(crate) calls: Channel<Box<Finished>>,
    pub(crate) letters: UnboundedReceiver<Confirmation<Which>>,
    pub(crate) outcomes: UnboundedReceiver<Confirmation<Outcome>>,
    pub(crate) outcomes_again: Channel<Outcome>,
    /// `None` without an outcomes topic.
    pub(crate) restored: Option<Receiver<Restored>>,
    pub(crate) schemas: Channel<Fetched>,
    pub(crate) queries: Receiver<Question>,
    pub(crate) stop: Receiver<()>,
    /// Kept so that `queries` never closes while nobody serves the page.
    pub(crate) _queries_sender: Sender<Question>,
}

/// Why the loop ended with a failure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// librdkafka cannot go on.
    #[error("the Kafka client failed for good: {0}")]
    Kafka(String),
    /// A second signal came before everything was given back.
    #[error("told to stop again before everything was given back: what is open will be sent again")]
    Impatient,
    /// The watchdog's last step.
    #[error("{0}")]
    Watchdog(&'static str),
}

/// What the loop is made of.
pub(crate) struct Parts {
    pub(crate) engine: Engine<Payload>,
    pub(crate) decoder: Decoder,
    pub(crate) max_age: Option<Duration>,
    pub(crate) rulebook: Arc<Rulebook>,
    pub(crate) origin: Moment,
    pub(crate) poller: Handle,
    pub(crate) pool: Pool<Job>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) registry: Option<Arc<Registry>>,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) outcomes: Option<Outcomes>,
    /// Beside `outcomes`: reads them back.
    pub(crate) restorer: Option<Restorer>,
    pub(crate) group: Arc<str>,
    pub(crate) environment: Option<Arc<str>>,
    pub(crate) published: Published,
    pub(crate) traces: Traces,
    pub(crate) metrics: Metrics,
    pub(crate) heartbeat: Arc<AtomicU64>,
    /// Whether the operator's hold file is there.
    pub(crate) hold: watch::Receiver<bool>,
    /// The quota in force; the operator may change it.
    pub(crate) quota: watch::Receiver<Quota>,
    pub(crate) drain: Duration,
    pub(crate) mail: Mail,
}

enum Turn {
    Prepared(Vec<Prepared>),
    Call(Box<Finished>),
    Letter(Confirmation<Which>),
    Outcome(Box<Confirmation<Outcome>>),
    OutcomeAgain(Box<Outcome>),
    Restored(Option<Restored>),
    Schema(Fetched),
    Event(Option<Event>),
    Query(Question),
    Stop,
    Tick,
    Timer,
}

impl Driver {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            engine: parts.engine,
            intake: Intake::new(parts.decoder, parts.max_age, parts.rulebook),
            paces: Paces::default(),
            origin: parts.origin,
            poller: parts.poller,
            pool: parts.pool,
            caller: parts.caller,
            retries: Retries::default(),
            registry: parts.registry,
            dead_letters: parts.dead_letters,
            outcomes: parts.outcomes,
            withheld: Vec::new(),
            restorer: parts.restorer,
            facts: Facts::new(parts.group, parts.environment),
            notes: Notes::default(),
            traces: parts.traces,
            report: Report::new(parts.published),
            oldest: Oldest::default(),
            metrics: parts.metrics,
            heartbeat: parts.heartbeat,
            hold: parts.hold,
            quota: parts.quota,
            stopping: Stopping::new(parts.drain),
            mail: parts.mail,
        }
    }

    /// Runs until it is told to stop and everything is given back, or until nothing else helps.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let turn = self.wait(&mut tick).await;
            if let Some(end) = self.take(turn) {
                return self.end(end).await;
            }
            if let Err(failure) = self.take_what_is_ready() {
                return self.end(Err(failure)).await;
            }
            let now = self.now();
            self.engine.handle_timeout(now);
            self.engine.schedule(now);
            self.write_withheld();
            if let Some(failure) = self.perform() {
                return self.end(Err(failure)).await;
            }
            self.heartbeat.store(u64::try_from(now.0.as_millis()).unwrap_or(u64::MAX), std::sync::atomic::Ordering::Relaxed);
            if self.give_back_when_stopping() {
                return self.end(Ok(())).await;
            }
        }
    }

    /// Waits for the next thing to happen. What is rare comes first, so that a busy loop cannot starve it; then answers, then records.
    async fn wait(&mut self, tick: &mut tokio::time::Interval) -> Turn {
        let due = self.engine.poll_timeout().map_or_else(|| self.now().0 + Duration::from_secs(3_600), |due| due.0);
        let timer = tokio::time::sleep((self.origin + due).left());
        let mail = &mut self.mail;
        tokio::select! {
            biased;
            Some(()) = mail.stop.recv() => Turn::Stop,
            _ = tick.tick() => Turn::Tick,
            Some(query) = mail.queries.recv() => Turn::Query(query),
            Some(finished) = mail.calls.1.recv() => Turn::Call(finished),
            Some(prepared) = mail.prepared.recv() => Turn::Prepared(prepared),
            Some(confirmation) = mail.letters.recv() => Turn::Letter(confirmation),
            Some(confirmation) = mail.outcomes.recv() => Turn::Outcome(Box::new(confirmation)),
            Some(outcome) = mail.outcomes_again.1.recv() => Turn::OutcomeAgain(Box::new(outcome)),
            restored = restored(&mut mail.restored) => Turn::Restored(restored),
            Some(fetched) = mail.schemas.1.recv() => Turn::Schema(fetched),
            () = timer => Turn::Timer,
            event = self.poller.events.recv() => Turn::Event(event),
        }
    }

    /// Takes one thing in. Some: the loop ends with this.
    fn take(&mut self, turn: Turn) -> Option<Result<(), Failure>> {
        match turn {
            Turn::Call(finished) => self.call_finished(*finished),
            Turn::Prepared(prepared) => self.send(prepared),
            Turn::Letter((which, result)) => return self.letter_finished(which, result).err().map(Err),
            Turn::Outcome(confirmation) => return self.outcome_finished(*confirmation).err().map(Err),
            Turn::OutcomeAgain(outcome) => self.write_outcome_again(*outcome),
            Turn::Restored(Some(restored)) => self.restored(restored),
            Turn::Restored(None) => return Some(Err(Failure::Kafka("the reader of the outcomes topic broke off".to_owned()))),
            Turn::Schema((id, result)) => self.schema_fetched(id, result),
            Turn::Event(None | Some(Event::Closed)) => return Some(self.stopping.closed()),
            Turn::Event(Some(event)) => return self.event(event).err().map(Err),
            Turn::Query(question) => self.answer(question),
            Turn::Stop => return self.stop(),
            Turn::Tick => self.tick(),
            Turn::Timer => {}
        }
        None
    }

    /// Takes everything that is already there: first every answer, then records up to a budget.
    fn take_what_is_ready(&mut self) -> Result<(), Failure> {
        while let Ok(finished) = self.mail.calls.1.try_recv() {
            self.call_finished(*finished);
        }
        while let Ok(prepared) = self.mail.prepared.try_recv() {
            self.send(prepared);
        }
        while let Ok((which, result)) = self.mail.letters.try_recv() {
            self.letter_finished(which, result)?;
        }
        while let Ok(confirmation) = self.mail.outcomes.try_recv() {
            self.outcome_finished(confirmation)?;
        }
        for _ in 0..BATCHES_A_TURN {
            // The end of the channel, behind the poll thread's last word, is seen by the next wait.
            let Ok(event) = self.poller.events.try_recv() else { break };
            self.event(event)?;
        }
        Ok(())
    }

    /// The time the engine counts in.
    fn now(&self) -> Now {
        Now(self.origin.elapsed())
    }

    fn tick(&mut self) {
        let held = *self.hold.borrow();
        if self.report.hold_changed(held) {
            tracing::warn!(held, "the operator's hold file (alipayhk.hold_file) came or went");
            let now = self.now();
            self.engine.handle(engine::Input::OperatorHold(held), now);
        }
        // An error says that nobody can change it any more.
        if self.quota.has_changed().unwrap_or(false) {
            let Quota { requests_per_second, reserve_per_second, .. } = *self.quota.borrow_and_update();
            let now = self.now();
            self.engine.handle(engine::Input::Quota { requests_per_second, reserve_per_second }, now);
        }
        self.retries.forget_old(Moment::now());
        self.publish();
    }
}

/// What the outcomes topic tells next; without one never anything.
async fn restored(from: &mut Option<Receiver<Restored>>) -> Option<Restored> {
    match from {
        Some(from) => from.recv().await,
        None => std::future::pending().await,
    }
}

/// Epoch milliseconds, read once for a batch.
fn unix_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Drop for Mail {
    fn drop(&mut self) {
        // Tasks that still run find their channel closed and end; nothing of theirs counts any more.
        self.calls.1.close();
    }
}

/// A moment of the engine's time as epoch milliseconds.
fn to_unix_millis(moment: Now, now: Now) -> i64 {
    let ago = now.0.saturating_sub(moment.0).as_millis();
    unix_millis().saturating_sub(i64::try_from(ago).unwrap_or(i64::MAX))
}
