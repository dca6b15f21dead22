//! What is on its way from the poll thread to the driver: memory that none of the engine's marks counts, so it has a bound of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// From here on the poll thread takes no further records until the driver has caught up.
const FULL: usize = 16 << 20;

/// Counts the bytes of all loads that were sent and not yet taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transit(Arc<AtomicUsize>);

/// The bytes of one batch; they count until it is dropped.
#[derive(Debug)]
pub(crate) struct Load {
    transit: Transit,
    bytes: usize,
}

impl Transit {
    /// Enough is on its way.
    pub(crate) fn is_full(&self) -> bool {
        self.0.load(Ordering::Acquire) >= FULL
    }

    /// Another batch goes on its way.
    pub(crate) fn load(&self, bytes: usize) -> Load {
        self.0.fetch_add(bytes, Ordering::AcqRel);
        Load { transit: self.clone(), bytes }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.transit.0.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_full_by_bytes_and_has_room_again_once_a_batch_was_taken() {
        let transit = Transit::default();
        let small = transit.load(FULL - 1);
        assert!(!transit.is_full());
        let last = transit.load(1);
        assert!(transit.is_full());
        drop(small);
        assert!(!transit.is_full());
        drop(last);
        assert_eq!(transit.0.load(Ordering::Acquire), 0);
    }
}
