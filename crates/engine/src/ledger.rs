//! The open offsets of one assignment: which may be committed, and which are settled above that.

use std::collections::VecDeque;

use crate::io::Offset;

/// What is known of one offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// No record of ours has it: a gap, or settled by a predecessor's map.
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
    slots: VecDeque<Slot>,
    open: u64,
    decided: u64,
}

impl Ledger {
    /// Begins at an offset.
    pub(crate) fn new(from: Offset) -> Self {
        Self { base: from, slots: VecDeque::new(), open: 0, decided: 0 }
    }

    /// The next offset to read.
    pub(crate) fn position(&self) -> Offset {
        Offset(self.base.0 + i64::try_from(self.slots.len()).unwrap_or(i64::MAX))
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
        self.enter(offset, Slot::Open) && {
            self.open += 1;
            true
        }
    }

    /// An offset that a predecessor settled was read again.
    pub(crate) fn inherit(&mut self, offset: Offset) -> bool {
        let entered = self.enter(offset, Slot::Settled);
        self.advance();
        entered
    }

    /// The position moved without a record.
    pub(crate) fn skip_to(&mut self, next: Offset) {
        if next > self.position() {
            self.enter(Offset(next.0 - 1), Slot::Empty);
            self.advance();
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

    /// Something waits for the outcomes topic.
    pub(crate) fn has_decided(&self) -> bool {
        self.decided > 0
    }

    /// The settled offsets above the committable one, ascending.
    pub(crate) fn settled(&self) -> impl Iterator<Item = Offset> + '_ {
        (self.base.0..).zip(&self.slots).filter(|(_, slot)| **slot == Slot::Settled).map(|(offset, _)| Offset(offset))
    }

    fn enter(&mut self, offset: Offset, slot: Slot) -> bool {
        let Ok(index) = usize::try_from(offset.0 - self.base.0) else { return false };
        if index < self.slots.len() {
            return false;
        }
        self.slots.resize(index, Slot::Empty);
        self.slots.push_back(slot);
        true
    }

    fn slot(&mut self, offset: Offset) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(offset.0 - self.base.0).ok()?)
    }

    fn advance(&mut self) {
        while let Some(Slot::Empty | Slot::Settled) = self.slots.front() {
            self.slots.pop_front();
            self.base.0 += 1;
        }
    }
}
