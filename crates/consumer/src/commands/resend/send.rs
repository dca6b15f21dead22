//! One modification on its way: tried until AlipayHK decides, like the pipeline does, but with a `requestId` of this run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use alipayhk::Client;
use domain::{Cause, Outcome, Reaction};
use engine::{Disposition, Epoch, Offset, PartitionId, Standing, Ticket};
use tracing::Span;

use super::Item;
use super::outcomes::Outcomes;
use super::pace::Pace;
use super::standing::decided;
use crate::call::{Caller, Finished, Job, Limits, Prepared, Signed, sign};
use crate::clock::Moment;

/// One modification that stays undecided so often while others are decided is given up: its letter or record is still where it was.
const ATTEMPTS: u32 = 8;
/// A signature older than this is renewed for a retry.
const RENEW_AFTER: Duration = Duration::from_secs(30);
/// A stop is looked for this often while waiting.
const LOOK: Duration = Duration::from_millis(100);

/// How it ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// AlipayHK decided: delivered, peer ahead, or rejected.
    Decided(Disposition),
    /// It did not, and does for others.
    Undecided(Cause),
    /// Nothing can be sent: keys, client, access, or a business type that is not enabled.
    Closed(String),
    /// We were told to stop.
    Stopped,
}

/// What all of them share.
pub(super) struct Shared {
    pub(super) client: Arc<Client>,
    pub(super) caller: Caller,
    pub(super) pace: Pace,
    pub(super) outcomes: Option<Outcomes>,
    pub(super) run: Arc<str>,
    pub(super) timeout: Duration,
    pub(super) backoff: (Duration, Duration),
    pub(super) stop: Arc<AtomicBool>,
    pub(super) calls: AtomicU64,
    /// Definitive answers.
    pub(super) decided: AtomicU64,
}

impl Shared {
    /// Sends one modification. Its outcome is written before it counts as ended.
    /// `before`: how its order stands until then.
    pub(super) async fn deliver(&self, item: &Item, before: Option<&Standing>, mut has_turn: bool) -> Ended {
        let (mut failures, mut renewed, mut signed) = (0_u32, 0, None);
        let decided_before = self.decided.load(Ordering::Relaxed);
        loop {
            let goes = std::mem::take(&mut has_turn) || (!self.is_stopped() && self.waits(self.pace.turn()).await);
            if !goes {
                return Ended::Stopped;
            }
            let prepared = self.prepared(item, renewed, signed.take());
            self.calls.fetch_add(1, Ordering::Relaxed);
            let mut finished = self.caller.call(prepared).await;
            let indefinite = match &finished.answer.outcome {
                Outcome::Definitive(verdict) => {
                    self.decided.fetch_add(1, Ordering::Relaxed);
                    let ended = decided(item, before, verdict);
                    return self.written(item, before, ended, &finished).await;
                }
                Outcome::Indefinite(indefinite) => indefinite.clone(),
            };
            failures += 1;
            let wait = self.backoff(failures, indefinite.retry_after);
            match indefinite.cause.reaction() {
                Reaction::CloseGate | Reaction::CloseType => return Ended::Closed(closed(&finished, indefinite.cause)),
                Reaction::SlowDown => self.pace.quiet(wait.max(Duration::from_secs(1))),
                Reaction::Retry | Reaction::RetryTransport => {}
            }
            if indefinite.renew_request_id {
                renewed += 1;
            } else {
                signed = finished.signed.take().filter(|signed| signed.at().elapsed() < RENEW_AFTER);
            }
            if failures >= ATTEMPTS && self.decided.load(Ordering::Relaxed) > decided_before {
                return Ended::Undecided(indefinite.cause);
            }
            if !self.waits(tokio::time::sleep(wait)).await {
                return Ended::Stopped;
            }
        }
    }

    /// The request: the one of the attempt before, or a new one, signed beside the tasks that wait.
    fn prepared(&self, item: &Item, renewed: u32, signed: Option<Signed>) -> Prepared {
        let began = Moment::now();
        let job = Job {
            // No engine waits for this call.
            ticket: Ticket { partition: PartitionId(0), epoch: Epoch(0), serial: 0 },
            offset: Offset(item.source.offset),
            event: Box::new(item.event.clone()),
            generation: renewed,
            run: Some(Arc::clone(&self.run)),
            limits: Limits { write_by: began + self.timeout, deadline: began + self.timeout },
            span: Span::none(),
            began,
        };
        match signed {
            Some(signed) => Prepared { job, signed: Some(signed), signing: None },
            None => tokio::task::block_in_place(|| sign(&self.client, job)),
        }
    }

    async fn written(&self, item: &Item, before: Option<&Standing>, ended: Disposition, finished: &Finished) -> Ended {
        let Some(outcomes) = &self.outcomes else { return Ended::Decided(ended) };
        while let Err(error) = outcomes.write(item, before, &ended, finished).await {
            tracing::warn!(%error, "an outcome was not taken; it is written again");
            if self.is_stopped() || !self.waits(tokio::time::sleep(Duration::from_secs(1))).await {
                return Ended::Stopped;
            }
        }
        Ended::Decided(ended)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits for something; false: we were told to stop before.
    async fn waits(&self, what: impl Future<Output = ()>) -> bool {
        tokio::pin!(what);
        while !self.is_stopped() {
            if tokio::time::timeout(LOOK, &mut what).await.is_ok() {
                return true;
            }
        }
        false
    }

    /// A random part of min(max, initial · 2^(failures − 1)), never less than `Retry-After` asked for, as far as that is within max.
    fn backoff(&self, failures: u32, retry_after: Option<Duration>) -> Duration {
        let (initial, max) = self.backoff;
        let ceiling = initial.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(max);
        let mut random = [0; 4];
        let part = if getrandom::fill(&mut random).is_ok() { f64::from(u32::from_ne_bytes(random)) / f64::from(u32::MAX) } else { 1.0 };
        ceiling.mul_f64(part).max(retry_after.unwrap_or_default().min(max))
    }
}

fn closed(finished: &Finished, cause: Cause) -> String {
    let code = finished.answer.notes.code_text.as_ref().map(|code| format!(" {}", code.as_str())).unwrap_or_default();
    format!("AlipayHK takes nothing: {}{code}", cause.name())
}
