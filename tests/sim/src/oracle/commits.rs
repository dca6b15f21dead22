//! I3 and I7: what a commit may say, and who may say it.

use engine::Offset;
use engine::metadata::{self, Place};

use super::Invariant;
use crate::group::Committing;
use crate::scenario::SESSION;
use crate::world::World;

/// The engine counts a commit as overdue an eighth of a session after it was asked for.
const OVERDUE: u64 = SESSION / 8;

impl World {
    /// The coordinator takes a commit.
    pub(crate) fn accepted(&mut self, commit: usize, member: Option<usize>) {
        let Committing { partition, offset, metadata: text, issued, asker, doubtful, .. } = self.commits[commit].clone();
        let owner = self.group.owner[partition];
        // One in doubt may land when its owner has given the partition up and nobody else has it yet: the next one reads what is there then.
        let between = doubtful && owner.is_none();
        if owner != member && !between {
            let what = format!("p{partition} @{offset} is committed by member {member:?}, its owner is {owner:?}");
            self.violated(Invariant::CommitsMonotone, what);
        }
        let before = std::mem::replace(&mut self.oracle.truths[partition].committed, offset);
        // A commit that is overdue, or told to have failed, may land over a newer one of the same owner: the window takes that into account.
        let newest = self.oracle.assignments.iter().rfind(|assignment| assignment.partition == partition && assignment.owned);
        let same = newest.is_none_or(|newest| (newest.process, newest.life) == (asker.process, asker.life));
        let overdue = same && (doubtful || self.now >= issued + OVERDUE);
        if offset < before && !overdue {
            self.violated(Invariant::CommitsMonotone, format!("p{partition}: a commit goes back from @{before} to @{offset}"));
        }
        let place = Place { cluster_id: "cluster", topic: "orders", partition: partition as i32 };
        let told = match metadata::decode(place, Offset(offset), &text) {
            Ok(told) => told,
            Err(fault) => {
                return self.violated(Invariant::CommitSafety, format!("p{partition} @{offset}: metadata of ours is foreign: {fault:?}"));
            }
        };
        let log = &self.scenario.logs[partition];
        let below = log.from(offset);
        let mapped = told.settled.iter().map(|settled| log.from(settled.0)).filter(|index| *index < log.entries.len());
        let open = (0..below).chain(mapped).find(|index| !self.is_done(partition, *index));
        if let Some(open) = open.filter(|_| !self.oracle.truths[partition].replaced) {
            let at = self.scenario.logs[partition].entries[open].offset;
            self.violated(Invariant::CommitSafety, format!("p{partition}: a commit at @{offset} covers @{at}, which is not done"));
        }
        if offset > log_end(self, partition) {
            self.violated(Invariant::CommitSafety, format!("p{partition}: @{offset} is beyond the log"));
        }
    }
}

fn log_end(world: &World, partition: usize) -> i64 {
    world.scenario.logs[partition].end(world.now)
}
