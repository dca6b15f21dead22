//! What the coordinator makes of a commit.

use engine::{CommitResult, Offset};

use super::{Phase, Response};
use crate::world::{Event, World};

impl World {
    pub(super) fn commit_arrives(&mut self, commit: usize, (member, generation): (Option<usize>, Option<u32>), unheard: bool) {
        if member.is_some_and(|member| self.group.members[member].fenced) {
            if !unheard {
                self.respond(self.commits[commit].asker, Response::Fenced);
            }
            return;
        }
        let current = generation == Some(self.group.generation);
        let result = match member {
            // Without a generation a commit is a standalone consumer's: taken while nobody is in the group. Who was thrown out or left has kept his.
            _ if generation.is_none() && self.group.is_empty() => CommitResult::Accepted,
            None => CommitResult::NotAMember,
            Some(member) if !self.group.members[member].alive => CommitResult::NotAMember,
            Some(_) if !current || self.group.phase == Phase::Completing => CommitResult::TryAgain,
            Some(member) => {
                self.group.members[member].seen = self.now;
                if self.noisy() && self.random.chance(2) { CommitResult::TryAgain } else { CommitResult::Accepted }
            }
        };
        let committing = &self.commits[commit];
        let (asker, partition, offset) = (committing.asker, committing.partition, committing.offset);
        let metadata = committing.metadata.clone();
        self.say(|| {
            format!("coordinator: commit #{commit} of P{} p{partition} @{offset} {result:?} [{}]", asker.process, short(&metadata))
        });
        if result == CommitResult::Accepted {
            self.accepted(commit, member);
            self.group.stored[partition] = Some((Offset(offset), metadata));
        }
        if unheard {
            return;
        }
        // Whoever joined anew meanwhile hears of it before he has joined: one connection. Only what was sent once more comes later.
        let outdated = result == CommitResult::TryAgain && !current && self.commits[commit].doubtful;
        let answered = if outdated { Response::IllegalGeneration { commit: Some(commit) } } else { Response::Committed { commit, result } };
        if self.noisy() && self.random.chance(self.scenario.rates.commit_answer) {
            if self.random.chance(50) {
                let at = self.now + self.random.between(500, 25_000);
                self.at(at, Event::Response(asker, answered));
            }
            return;
        }
        self.respond(asker, answered);
    }
}

/// Metadata without what is the same in every commit.
fn short(metadata: &str) -> String {
    metadata.split(' ').skip(5).take(4).collect::<Vec<_>>().join(" ")
}
