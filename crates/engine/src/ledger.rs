//! The open offsets of one assignment: which may be committed, and which are settled above that.

use std::collections::{BTreeMap, VecDeque};

use crate::io::Offset;
use crate::metadata::SPAN;

/// Offsets kept one beside the other. What is read further ahead (only a gap in the log leads there) is kept singly.
const DENSE: i64 = 2 * SPAN;

/// What is known of one offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// No record of ours has it: a gap.
    Empty,
    /// Read and not settled.
    Open,
    /// Its disposition is known; the outcomes topic has not confirmed it.
    Decided,
    /// Done for good.
    Settled,
}

/// The ledger. One byte an offset between the committable one and the position.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// The committable offset: the lowest that is not done, else the position.
    base: Offset,
    position: Offset,
    slots: VecDeque<Slot>,
    /// Everything at or above `base + DENSE`, and all that was read after such an offset.
    far: BTreeMap<Offset, Slot>,
    open: u64,
    decided: u64,
}

impl Ledger {
    /// Begins at an offset.
    pub(crate) fn new(from: Offset) -> Self {
        Self { base: from, position: from, slots: VecDeque::new(), far: BTreeMap::new(), open: 0, decided: 0 }
    }

    /// The next offset to read.
    pub(crate) fn position(&self) -> Offset {
        self.position
    }

    /// The lowest open offset, else the next to read.
    pub(crate) fn committable(&self) -> Offset {
        self.base
    }

    /// Offsets read and not settled.
    pub(crate) fn open_count(&self) -> u64 {
        self.open
    }

    /// A record was read. False: it is below the position, so it was read before.
    pub(crate) fn open(&mut self, offset: Offset) -> bool {
        if offset < self.position {
            return false;
        }
        if self.is_empty() {
            self.base = offset;
        }
        match usize::try_from(offset.0 - self.base.0) {
            Ok(index) if self.far.is_empty() && offset.0 - self.base.0 < DENSE => {
                self.slots.resize(index, Slot::Empty);
                self.slots.push_back(Slot::Open);
            }
            Ok(_) | Err(_) => {
                self.far.insert(offset, Slot::Open);
            }
        }
        self.position = Offset(offset.0 + 1);
        self.open += 1;
        true
    }

    /// The position moved without a record.
    pub(crate) fn skip_to(&mut self, next: Offset) {
        if next > self.position {
            self.position = next;
            if self.is_empty() {
                self.base = next;
            }
        }
    }

    /// The disposition of an open offset is known, but has still to be written down.
    pub(crate) fn decide(&mut self, offset: Offset) {
        if let Some(slot) = self.slot(offset).filter(|slot| **slot == Slot::Open) {
            *slot = Slot::Decided;
            self.decided += 1;
        }
    }

    /// An offset is done. False: it was not open.
    pub(crate) fn settle(&mut self, offset: Offset) -> bool {
        let Some(slot) = self.slot(offset).filter(|slot| matches!(slot, Slot::Open | Slot::Decided)) else { return false };
        let decided = *slot == Slot::Decided;
        *slot = Slot::Settled;
        self.decided -= u64::from(decided);
        self.open -= 1;
        self.advance();
        true
    }

    /// Whether an offset waits for the outcomes topic.
    pub(crate) fn is_decided(&mut self, offset: Offset) -> bool {
        self.slot(offset).is_some_and(|slot| *slot == Slot::Decided)
    }

    /// Offsets that wait for the outcomes topic.
    pub(crate) fn decided_count(&self) -> u64 {
        self.decided
    }

    /// The settled offsets above the committable one, ascending.
    pub(crate) fn settled(&self) -> impl Iterator<Item = Offset> + '_ {
        self.with(|slot| slot == Slot::Settled)
    }

    /// The offsets that are not done, ascending.
    pub(crate) fn open_offsets(&self) -> impl Iterator<Item = Offset> + '_ {
        self.with(|slot| matches!(slot, Slot::Open | Slot::Decided))
    }

    fn with(&self, wanted: impl Fn(Slot) -> bool + Copy) -> impl Iterator<Item = Offset> {
        let near = (self.base.0..).zip(&self.slots).map(|(offset, slot)| (Offset(offset), *slot));
        let far = self.far.iter().map(|(offset, slot)| (*offset, *slot));
        near.chain(far).filter(move |(_, slot)| wanted(*slot)).map(|(offset, _)| offset)
    }

    fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.far.is_empty()
    }

    fn slot(&mut self, offset: Offset) -> Option<&mut Slot> {
        match self.slots.get_mut(usize::try_from(offset.0 - self.base.0).ok()?) {
            Some(slot) => Some(slot),
            None => self.far.get_mut(&offset),
        }
    }

    fn advance(&mut self) {
        loop {
            while let Some(Slot::Empty | Slot::Settled) = self.slots.front() {
                self.slots.pop_front();
                self.base.0 += 1;
            }
            if !self.slots.is_empty() {
                return;
            }
            let Some(first) = self.far.first_key_value().map(|(offset, _)| *offset) else {
                self.base = self.position;
                return;
            };
            self.base = first;
            let beyond = self.far.split_off(&Offset(first.0 + DENSE));
            for (offset, slot) in std::mem::replace(&mut self.far, beyond) {
                self.slots.resize(usize::try_from(offset.0 - first.0).unwrap_or(0), Slot::Empty);
                self.slots.push_back(slot);
            }
        }
    }
}

#[cfg(test)]
mod tests;
