//! Signed requests of calls that decided nothing: a retry sends the same bytes again, and costs no second signature within half a minute.

use std::collections::HashMap;
use std::time::Duration;

use engine::{Epoch, Offset, PartitionId};

use crate::clock::Moment;

/// A signature older than this is renewed for a retry.
const RENEW_AFTER: Duration = Duration::from_secs(30);
/// A request takes two or three kilobytes; beyond so many, retries are signed anew.
const MOST: usize = 4_096;

/// The record that is sent, and how often AlipayHK asked for a new `requestId`. An offset means one record within one assignment only: a topic
/// that is made anew begins with offset 0 again.
pub(super) type Which = (PartitionId, Epoch, Offset, u32);

/// Keeps `S` with the moment of its signature.
#[derive(Debug)]
pub(super) struct Retries<S>(HashMap<Which, (Moment, S)>);

impl<S> Default for Retries<S> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<S> Retries<S> {
    /// The call decided nothing.
    pub(super) fn keep(&mut self, which: Which, signed_at: Moment, signed: S) {
        if self.0.len() < MOST {
            self.0.insert(which, (signed_at, signed));
        }
    }

    /// What was kept and is fresh enough.
    pub(super) fn take(&mut self, which: Which, now: Moment) -> Option<S> {
        // Nearly always there is none.
        if self.0.is_empty() {
            return None;
        }
        self.0.remove(&which).filter(|(at, _)| is_fresh(*at, now)).map(|(_, signed)| signed)
    }

    /// Drops what no retry will use.
    pub(super) fn forget_old(&mut self, now: Moment) {
        self.0.retain(|_, (at, _)| is_fresh(*at, now));
    }
}

fn is_fresh(at: Moment, now: Moment) -> bool {
    now.since(at) < RENEW_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch(1);
    const FIRST: Which = (PartitionId(1), EPOCH, Offset(7), 0);

    #[test]
    fn a_retry_gets_its_own_signature_once_and_nobody_elses() {
        let (mut retries, now) = (Retries::default(), Moment::now());
        retries.keep(FIRST, now, "first");
        let one = PartitionId(1);
        for other in [(PartitionId(2), EPOCH, Offset(7), 0), (one, EPOCH, Offset(8), 0), (one, EPOCH, Offset(7), 1)] {
            assert_eq!(retries.take(other, now), None);
        }
        assert_eq!(
            retries.take((one, Epoch(2), Offset(7), 0), now),
            None,
            "of another assignment, perhaps of another topic with this name"
        );
        assert_eq!((retries.take(FIRST, now), retries.take(FIRST, now)), (Some("first"), None));
    }

    #[test]
    fn a_signature_is_good_for_thirty_seconds() {
        let (mut retries, now) = (Retries::default(), Moment::now());
        for (age, fresh) in [(29, true), (30, false)] {
            let later = now + Duration::from_secs(age);
            retries.keep(FIRST, now, ());
            assert_eq!(retries.take(FIRST, later).is_some(), fresh);
            retries.keep(FIRST, now, ());
            retries.forget_old(later);
            assert_eq!(retries.0.len(), usize::from(fresh));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (mut retries, now) = (Retries::default(), Moment::now());
        (0..2 * MOST as i64).for_each(|offset| retries.keep((PartitionId(1), EPOCH, Offset(offset), 0), now, ()));
        assert_eq!(retries.0.len(), MOST);
    }
}
