//! Taking a partition over: what the facts found at its assignment mean for the first call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::io::{Now, Offset};
use crate::metadata::{self, Fault, Metadata, Place, SPAN};

/// What is found out about a partition before it is fetched.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its number.
    pub partition: i32,
    /// The cluster.
    pub cluster_id: Arc<str>,
    /// The group's committed offset and metadata.
    pub committed: Option<(Offset, String)>,
    /// The first offset the broker still has.
    pub log_start: Offset,
    /// The last stable offset.
    pub last_stable: Offset,
    /// Where to begin when there is no commit.
    pub start: Offset,
}

/// How a partition is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where fetching begins; below `from` it only teaches what orders have had decided.
    pub read_from: Offset,
    /// The first offset that is ours to settle.
    pub from: Offset,
    /// Its topic.
    pub topic: Arc<str>,
    /// Its number.
    pub partition: i32,
    /// What the predecessor left.
    pub inherited: Inherited,
    /// No call before the position is here.
    pub barrier: Offset,
    /// The last stable offset at the assignment.
    pub last_stable: Offset,
    /// When the facts were found.
    pub at: Now,
}

impl Plan {
    /// So long after the assignment the predecessor may still be heard, beyond the calls it has on its way: it is a static member, whose place
    /// was taken while its session ran. Nothing may be taken over before, and what is found out before does not count: until then it may speak
    /// of records that come only now. `own`: for metadata that does not tell, as long as we would ourselves.
    pub fn predecessor_lingers(&self, own: Option<Duration>) -> Option<Duration> {
        match &self.inherited {
            Inherited::Ours(found) if !found.closed => found.lingers,
            Inherited::Ours(_) | Inherited::Nothing => None,
            Inherited::Foreign(_) => own,
        }
    }

    /// The map speaks of another log: it is ignored, as all of the metadata.
    pub(crate) fn disown(&mut self) {
        self.inherited = Inherited::Foreign(Fault::Log);
        self.barrier = self.last_stable.min(Offset(self.from.0 + SPAN));
    }
}

/// What the predecessor left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inherited {
    /// No commit: nobody has spoken.
    Nothing,
    /// Our own metadata.
    Ours(Metadata),
    /// A commit whose metadata is not ours or does not fit.
    Foreign(Fault),
}

/// Why a partition stands still until an operator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// Retention has passed the committed offset: records in between were never seen.
    BehindLog {
        /// Where reading has to go on: the committed offset, or the position.
        committed: Offset,
        /// The first offset there is.
        log_start: Offset,
    },
    /// The log ends before the committed offset: it shrank or was made anew.
    BeyondLog {
        /// Where reading has to go on: the committed offset, or the position.
        committed: Offset,
        /// The end of the log.
        log_end: Offset,
    },
}

/// Decides how a partition is taken over; `history` offsets before the committed one are read to learn what orders have had decided.
///
/// # Errors
/// [`Halt`] when the committed offset is not in the log.
pub fn plan(facts: &Facts, history: u64, at: Now) -> Result<Plan, Halt> {
    let Some((committed, text)) = &facts.committed else {
        return Ok(whole(facts, facts.start, facts.start, Inherited::Nothing, facts.start, at));
    };
    let committed = *committed;
    if committed < facts.log_start {
        return Err(Halt::BehindLog { committed, log_start: facts.log_start });
    }
    if committed > facts.last_stable {
        return Err(Halt::BeyondLog { committed, log_end: facts.last_stable });
    }
    let history = i64::try_from(history).unwrap_or(i64::MAX);
    let read_from = Offset(committed.0.saturating_sub(history).max(facts.log_start.0));
    let place = Place { cluster_id: &facts.cluster_id, topic: &facts.topic, partition: facts.partition };
    let inherited = match metadata::decode(place, committed, text) {
        // A log that ends at or below the highest mapped record is another log.
        Ok(found) if found.settled.last().is_some_and(|last| *last >= facts.last_stable) => Inherited::Foreign(Fault::Log),
        Ok(found) => Inherited::Ours(found),
        Err(fault) => Inherited::Foreign(fault),
    };
    let reach = match &inherited {
        Inherited::Ours(found) => found.window,
        Inherited::Nothing | Inherited::Foreign(_) => Offset(committed.0 + SPAN),
    };
    Ok(whole(facts, read_from, committed, inherited, facts.last_stable.min(reach), at))
}

fn whole(facts: &Facts, read_from: Offset, from: Offset, inherited: Inherited, barrier: Offset, at: Now) -> Plan {
    let topic = Arc::clone(&facts.topic);
    Plan { read_from, from, topic, partition: facts.partition, inherited, barrier, last_stable: facts.last_stable, at }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BehindLog { committed, log_start } => write!(
                f,
                "offset {committed}, where reading has to go on, is gone from the log, which begins at {log_start}: {} records were never read; \
                 move the group's offset to {log_start} to go on without them",
                log_start.0 - committed.0
            ),
            Self::BeyondLog { committed, log_end } => write!(
                f,
                "offset {committed}, where reading has to go on, is beyond the end of the log at {log_end}: the log shrank or was made anew; \
                 move the group's offset to where reading shall go on"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
