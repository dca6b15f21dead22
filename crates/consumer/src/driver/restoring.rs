//! What orders have had decided, out of the outcomes topic and into the engine; until it is all there, a partition sends nothing.

use engine::Input;

use super::Driver;
use crate::kafka::restore::{Found, Job, Restored};

impl Driver {
    /// A partition became ours. Without an outcomes topic its records of before have to do.
    pub(super) fn restore(&mut self, job: Job) {
        let Some(restorer) = &self.restorer else { return };
        let now = self.origin.elapsed();
        self.engine.handle(Input::Restoring { partition: job.id, epoch: job.epoch, on: true }, engine::Now(now));
        restorer.restore(job);
    }

    pub(super) fn restored(&mut self, restored: Restored) {
        let now = self.now();
        match restored {
            Restored::Orders { id, epoch, orders } => self.engine.handle(Input::Restored { partition: id, epoch, orders }, now),
            Restored::Over { id, epoch, found, outcomes, took } => {
                self.metrics.restored(found);
                let partition = self.facts.name(id);
                match found {
                    Found::Whole => {
                        tracing::info!(%partition, outcomes, ?took, "what its orders have had decided was read from the outcomes topic")
                    }
                    Found::Short => tracing::warn!(
                        %partition,
                        outcomes,
                        "the outcomes topic does not reach back to the beginning: of orders it does not tell of, the records before the committed offset have to do (delivery.history)"
                    ),
                    Found::Missing => tracing::error!(
                        %partition,
                        "the outcomes topic has no partition of this number any more: the records before the committed offset have to do (delivery.history)"
                    ),
                }
                self.engine.handle(Input::Restoring { partition: id, epoch, on: false }, now);
            }
            Restored::Trouble { id, epoch, what } if self.facts.is_ours(id, epoch) => {
                let partition = self.facts.name(id);
                self.report.trouble(&format!(
                    "{partition}: the outcomes topic cannot be read, and without it nothing of this partition is sent: {what}; the others go on"
                ));
            }
            Restored::Trouble { .. } => {}
        }
    }
}
