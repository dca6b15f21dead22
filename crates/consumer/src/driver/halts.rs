//! Partitions of ours that stand still until an operator decides, for as long as they are ours: the engine knows nothing of them.

use std::collections::BTreeMap;

use engine::{Halt, PartitionId};

use super::facts::Facts;
use crate::admin::state::Halted;

/// Which ones, and what is wrong with their offsets.
#[derive(Debug, Default)]
pub(super) struct Halts(BTreeMap<PartitionId, String>);

impl Halts {
    /// One is halted.
    pub(super) fn add(&mut self, id: PartitionId, halt: &Halt) {
        self.0.insert(id, halt.to_string());
    }

    /// These are still ours and not read; others are somebody else's matter now, or are read.
    pub(super) fn keep(&mut self, still: &[PartitionId]) {
        self.0.retain(|id, _| still.contains(id));
    }

    /// By name.
    pub(super) fn told(&self, facts: &Facts) -> Vec<Halted> {
        let named = |(id, reason): (&PartitionId, &String)| {
            let place = facts.place(*id)?;
            Some(Halted { topic: place.topic.to_string(), partition: place.partition, reason: reason.clone() })
        };
        self.0.iter().filter_map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use engine::{Epoch, Offset};

    use super::*;

    #[test]
    fn a_halted_partition_is_told_until_it_is_read_or_not_ours() {
        let mut facts = Facts::new("group".into(), None);
        let mut halts = Halts::default();
        for number in 0..3 {
            facts.assigned(PartitionId(number), "orders".into(), 7 + number as i32, Epoch(number));
            halts.add(PartitionId(number), &Halt::BehindLog { committed: Offset(4), log_start: Offset(9) });
        }
        halts.keep(&[PartitionId(1), PartitionId(2), PartitionId(5)]);
        let told = halts.told(&facts);
        assert_eq!(told.iter().map(|of| of.partition).collect::<Vec<_>>(), [8, 9]);
        assert!(told[0].topic == "orders" && told[0].reason.contains("5 records were never read"), "{told:?}");
        halts.keep(&[]);
        assert!(halts.told(&facts).is_empty());
    }
}
