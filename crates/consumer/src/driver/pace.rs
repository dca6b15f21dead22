//! Two may want a partition not to be fetched: the engine, which holds enough of it, and the intake, which waits for a schema. It is
//! fetched only while neither does, so that one cannot let in what the other keeps out.

use std::collections::HashMap;

use engine::{Epoch, PartitionId};

/// Who wants a partition to stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Engine,
    Intake,
}

/// The partitions that stand still, and by whose will.
#[derive(Debug, Default)]
pub(super) struct Paces(HashMap<PartitionId, Stopped>);

#[derive(Debug, Clone, Copy)]
struct Stopped {
    epoch: Epoch,
    engine: bool,
    intake: bool,
}

impl Paces {
    /// One of them stops a partition or lets it go on. Some: the poll thread has to stop (false) or go on (true) fetching.
    pub(super) fn set(&mut self, who: Who, id: PartitionId, epoch: Epoch, on: bool) -> Option<bool> {
        let known = self.0.get(&id).copied().filter(|stopped| stopped.epoch == epoch);
        let before = known.unwrap_or(Stopped { epoch, engine: false, intake: false });
        let after = match who {
            Who::Engine => Stopped { engine: !on, ..before },
            Who::Intake => Stopped { intake: !on, ..before },
        };
        let stands = after.engine || after.intake;
        if stands {
            self.0.insert(id, after);
        } else if known.is_some() {
            self.0.remove(&id);
        }
        (stands != (before.engine || before.intake)).then_some(!stands)
    }

    /// The partition is no longer ours, or ours anew: it is fetched.
    pub(super) fn forget(&mut self, id: PartitionId) {
        self.0.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTITION: PartitionId = PartitionId(3);
    const FIRST: Epoch = Epoch(1);

    fn set(paces: &mut Paces, who: Who, on: bool) -> Option<bool> {
        paces.set(who, PARTITION, FIRST, on)
    }

    #[test]
    fn one_that_goes_on_does_not_start_what_the_other_has_stopped() {
        let mut paces = Paces::default();
        assert_eq!(set(&mut paces, Who::Intake, false), Some(false));
        assert_eq!(set(&mut paces, Who::Engine, false), None);
        assert_eq!(set(&mut paces, Who::Engine, true), None);
        assert_eq!(set(&mut paces, Who::Intake, true), Some(true));
    }

    #[test]
    fn the_poll_thread_hears_only_of_changes() {
        let mut paces = Paces::default();
        assert_eq!(set(&mut paces, Who::Engine, true), None);
        assert_eq!(set(&mut paces, Who::Engine, false), Some(false));
        assert_eq!(set(&mut paces, Who::Engine, false), None);
        assert_eq!(set(&mut paces, Who::Engine, true), Some(true));
        assert!(paces.0.is_empty());
    }

    #[test]
    fn a_new_assignment_begins_fetched_whatever_the_old_one_wanted() {
        let mut paces = Paces::default();
        set(&mut paces, Who::Engine, false);
        assert_eq!(paces.set(Who::Intake, PARTITION, Epoch(2), false), Some(false));
        assert_eq!(paces.set(Who::Intake, PARTITION, Epoch(2), true), Some(true));
    }
}
