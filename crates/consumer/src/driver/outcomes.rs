//! Outcomes on their way to their topic. Where one comes to lie matters: a compacted topic keeps the last one of an order, so a former owner must
//! not write behind its successor.

use engine::{Epoch, Input, PartitionId};

use super::{Driver, Failure};
use crate::kafka::dead_letter::Which;
use crate::kafka::outcomes::{Outcome, Outcomes};
use crate::kafka::producer::Confirmation;

impl Driver {
    pub(super) fn outcome_finished(&mut self, (outcome, result): Confirmation<Outcome>) -> Result<(), Failure> {
        let now = self.now();
        let Which { partition, epoch, offset } = outcome.which;
        if let Some(outcomes) = &mut self.outcomes {
            outcomes.finished(outcome.which);
        }
        match result {
            Ok(()) => self.engine.handle(Input::OutcomeWritten { partition, epoch, offset }, now),
            Err(error) => {
                self.still_writes("outcomes", &error)?;
                self.report.trouble(&format!("an outcome was not taken: {error}; it is written again"));
                let again = self.mail.outcomes_again.0.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Outcomes::again_after()).await;
                    let _ = again.send(outcome);
                });
            }
        }
        Ok(())
    }

    pub(super) fn write_outcome_again(&mut self, outcome: Outcome) {
        let Which { partition, epoch, .. } = outcome.which;
        let standing = outcome.order().and_then(|order| self.engine.standing_of(partition, epoch, &order));
        self.write_outcome(outcome.anew(standing));
    }

    /// Writes one now, or once a commit has shown that we are still a member. What is another owner's is not ours to tell.
    pub(super) fn write_outcome(&mut self, outcome: Outcome) {
        let Which { partition, epoch, .. } = outcome.which;
        let (owns, may_write) = (self.engine.owns(partition, epoch), self.may_write());
        let Some(outcomes) = self.outcomes.as_mut().filter(|_| owns) else { return };
        if may_write {
            outcomes.write(outcome);
        } else {
            self.withheld.push(outcome);
        }
    }

    /// An assignment is gone: what is not on its log is the next owner's to tell.
    pub(super) fn give_up_outcomes(&mut self, id: PartitionId, epoch: Epoch) {
        self.withheld.retain(|outcome| (outcome.which.partition, outcome.which.epoch) != (id, epoch));
        if self.outcomes.as_ref().is_some_and(|outcomes| outcomes.give_up(id, epoch)) {
            let partition = self.facts.name(id);
            self.report.trouble(&format!("{partition} goes before its outcomes are confirmed; they are the next owner's to write"));
        }
    }

    /// All of them are gone, and at once: in a machine that was suspended the producer's own clock stood still, and nothing of it has failed yet.
    pub(super) fn give_all_outcomes_up(&mut self) {
        self.withheld.clear();
        self.outcomes.iter().for_each(Outcomes::give_all_up);
    }

    /// Those that had to wait, once they may go.
    pub(super) fn write_withheld(&mut self) {
        if !self.withheld.is_empty() && self.may_write() {
            std::mem::take(&mut self.withheld).into_iter().for_each(|outcome| self.write_outcome_again(outcome));
        }
    }

    fn may_write(&self) -> bool {
        self.engine.writes_until().is_some_and(|until| self.now() < until)
    }
}
