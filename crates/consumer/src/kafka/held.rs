//! Partitions that are ours and cannot be taken over yet: no broker tells what has to be known first, or their last owner may still be heard.
//! librdkafka has them, paused, as it has to have everything that the group gave us; they are looked up again and again, and no other partition waits for them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Halt, Plan};

use super::assignment::Found;

/// A look-up that found nothing out is made again after this.
const AGAIN: Duration = Duration::from_millis(500);

/// One partition by name.
pub(crate) type Name = (Arc<str>, i32);

/// The partitions that wait.
#[derive(Debug, Default)]
pub(crate) struct Held {
    partitions: BTreeMap<Name, Waiting>,
    /// A question about some of them is on its way.
    asked: bool,
}

#[derive(Debug)]
struct Waiting {
    /// When it became ours.
    since: Instant,
    /// Not asked about before this.
    ask_at: Instant,
    /// An answer counts only when it was found out after this.
    quiet_from: Instant,
    /// What was said of it last.
    told: Option<String>,
}

/// What is done with a partition that was looked up.
#[derive(Debug)]
pub(crate) enum Next {
    /// It is taken over, or halted; it waits until it is removed.
    Take(Result<Plan, Halt>),
    /// It goes on waiting; the reason, when it is a new one.
    Wait(Option<String>),
    /// It is no longer ours.
    Gone,
}

impl Held {
    /// They became ours.
    pub(crate) fn add(&mut self, names: impl IntoIterator<Item = Name>, now: Instant) {
        let waiting = |name| (name, Waiting { since: now, ask_at: now, quiet_from: now, told: None });
        self.partitions.extend(names.into_iter().map(waiting));
    }

    /// It is taken over, or no longer ours.
    pub(crate) fn remove(&mut self, topic: &str, partition: i32) {
        self.partitions.retain(|(held, number), _| !(**held == *topic && *number == partition));
    }

    /// Those to ask about now; nothing while a question is on its way.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Name> {
        if self.asked {
            return Vec::new();
        }
        let due: Vec<Name> = self.partitions.iter().filter(|(_, waiting)| waiting.ask_at <= now).map(|(name, _)| name.clone()).collect();
        self.asked = !due.is_empty();
        due
    }

    /// A question was answered.
    pub(crate) fn answered(&mut self) {
        self.asked = false;
    }

    /// What was found out about one of them, by a question of `asked_at`. `lingers`: how long an owner of our kind may still be heard.
    pub(crate) fn next(&mut self, name: &Name, found: Found, asked_at: Instant, lingers: Option<Duration>, now: Instant) -> Next {
        let Some(waiting) = self.partitions.get_mut(name).filter(|waiting| waiting.since <= asked_at) else { return Next::Gone };
        let plan = match found {
            Ok(plan) => plan,
            Err(why) => {
                waiting.ask_at = now + AGAIN;
                return Next::Wait(waiting.tell(why));
            }
        };
        let lingers = plan.as_ref().ok().and_then(|plan| plan.predecessor_lingers(lingers));
        waiting.quiet_from = lingers.map_or(waiting.since, |lingers| waiting.since + lingers);
        if asked_at < waiting.quiet_from {
            waiting.ask_at = waiting.quiet_from;
            let left = waiting.quiet_from.saturating_duration_since(now);
            let why =
                format!("its last owner, a static member that did not leave in order, may still be heard for {} s", left.as_secs() + 1);
            return Next::Wait(waiting.tell(why));
        }
        waiting.ask_at = now + AGAIN;
        Next::Take(plan)
    }
}

impl Waiting {
    /// The reason, unless it is the one that was told before.
    fn tell(&mut self, why: String) -> Option<String> {
        let new = self.told.as_ref() != Some(&why);
        self.told = Some(why.clone());
        new.then_some(why)
    }
}

#[cfg(test)]
mod tests;
