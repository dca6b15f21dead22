//! The orderly end: give every partition back, close the consumer, leave.

use std::time::Duration;

use engine::{Input, Now};

use super::{Driver, Failure};
use crate::kafka::messages::Command;

/// Beyond the drain budget: the last commits and confirmations.
const MARGIN: Duration = Duration::from_secs(2);
/// A second signal counts as impatience only after this: a supervisor and a process group often deliver the first one twice.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the poll thread may take to close.
const CLOSE: Duration = Duration::from_secs(4);
const LAST_LOOK: Duration = Duration::from_millis(200);

/// How far the end has come.
#[derive(Debug)]
pub(crate) struct Stopping {
    /// `delivery.drain`.
    pub(crate) drain: Duration,
    /// Set by the first signal: everything is given back by then.
    pub(crate) deadline: Option<Now>,
    told_to_close: Option<Now>,
}

impl Stopping {
    pub(crate) fn new(drain: Duration) -> Self {
        Self { drain, deadline: None, told_to_close: None }
    }

    /// The poll thread ended: right when it was told to, a failure otherwise.
    pub(super) fn closed(&self) -> Result<(), Failure> {
        if self.told_to_close.is_some() { Ok(()) } else { Err(Failure::Kafka("the poll thread ended".to_owned())) }
    }
}

impl Driver {
    /// A signal. Some: it is the second one, leave at once.
    pub(super) fn stop(&mut self) -> Option<Result<(), Failure>> {
        if let Some(deadline) = self.stopping.deadline {
            if self.now().0 + self.stopping.drain < deadline.0 + AGAIN {
                return None;
            }
            let open = !self.facts.ours().is_empty();
            tracing::warn!(open, "told to stop again: leaving at once; what is open will be sent again");
            return Some(if open { Err(Failure::Impatient) } else { Ok(()) });
        }
        let now = self.now();
        let deadline = Now(now.0 + self.stopping.drain);
        self.stopping.deadline = Some(deadline);
        self.report.leaving();
        let ours = self.facts.ours();
        tracing::info!(partitions = ours.len(), drain = ?self.stopping.drain, "stopping: finishing the calls on their way");
        for (partition, epoch) in ours {
            self.traces.drains(&self.facts, partition, epoch);
            self.engine.handle(Input::Revoking { partition, epoch, deadline }, now);
        }
        None
    }

    /// Once everything is given back, or the time for it is over, the consumer is closed. True: it does not close in time either.
    pub(super) fn give_back_when_stopping(&mut self) -> bool {
        let now = self.now();
        let Some(deadline) = self.stopping.deadline else { return false };
        if let Some(told) = self.stopping.told_to_close {
            return now.0 > told.0 + CLOSE;
        }
        if now.0 > deadline.0 + MARGIN || self.facts.ours().is_empty() {
            self.stopping.told_to_close = Some(now);
            self.command(Command::Stop);
        }
        false
    }

    /// The loop is over: the last confirmations, the poll thread's end.
    pub(super) async fn end(mut self, end: Result<(), Failure>) -> Result<(), Failure> {
        self.publish();
        self.command(Command::Stop);
        let events = &mut self.poller.events;
        let closed = async { while events.recv().await.is_some() {} };
        // Waited for already when it was told to close in time.
        let wait = if self.stopping.told_to_close.is_some() { LAST_LOOK } else { CLOSE };
        if tokio::time::timeout(wait, closed).await.is_err() {
            tracing::warn!("the Kafka client did not close in time");
        }
        let (dead_letters, outcomes) = (self.dead_letters, self.outcomes);
        let flushed = tokio::task::spawn_blocking(move || {
            dead_letters.flush(Duration::from_secs(1));
            if let Some(outcomes) = outcomes {
                outcomes.flush(Duration::from_secs(1));
            }
        });
        if tokio::time::timeout(Duration::from_secs(3), flushed).await.is_err() {
            tracing::warn!("the producers did not close in time");
        }
        tracing::info!(ok = end.is_ok(), "stopped");
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_thread_that_ends_unasked_is_a_failure() {
        let mut stopping = Stopping::new(Duration::from_secs(20));
        assert!(stopping.closed().is_err());
        stopping.told_to_close = Some(Now::default());
        assert!(stopping.closed().is_ok());
    }
}
