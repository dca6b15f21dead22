//! Commits that landed late, over newer ones: what librdkafka sends again when the answer to a commit was lost.
//!
//! It gives up waiting after `socket.timeout.ms` and sends the same commit once more after a pause of up to `retry.backoff.max.ms`, whatever
//! was committed in between (its CONFIGURATION.md; seen as "Timed out OffsetCommitRequest in flight" in the logs of the processes). The window
//! is made for that: nothing goes backwards, some calls are repeated.

use std::collections::BTreeMap;

use order_sync_tests::oracle::Told;

use crate::repeats::Known;

/// From the moment at which a commit was sent to the one at which it lands for the second time, at most: `socket.timeout.ms`, a second until
/// librdkafka looks, and `retry.backoff.max.ms`.
const SENT_AGAIN: i64 = 10_000 + 1_000 + 1_000;

/// The commits, told apart.
pub(crate) struct Sorted {
    /// Those that only grow, or that nothing excuses.
    pub(crate) kept: Vec<Told>,
    /// Those that went back behind a commit that was on its way while Kafka was disturbed.
    pub(crate) late: Vec<Told>,
}

/// Where a partition's commits stand.
#[derive(Default)]
struct Stands {
    highest: i64,
    /// Every commit so far.
    stored: Vec<(i64, i64)>,
}

impl Stands {
    fn last(&self) -> i64 {
        self.stored.last().map_or(0, |(_, offset)| *offset)
    }

    /// What was committed at this moment.
    fn at(&self, moment: i64) -> i64 {
        self.stored.iter().rev().find(|(by, _)| *by <= moment).map_or(0, |(_, offset)| *offset)
    }
}

/// An offset that goes back is excused if its commit may have been sent while Kafka was disturbed: it speaks of a moment not longer ago than
/// `SENT_AGAIN`, so it is not below what was committed then. What is committed from there on, up to where the partition was, goes with it.
pub(crate) fn sort(known: &Known<'_>) -> Sorted {
    let mut partitions: BTreeMap<i32, Stands> = BTreeMap::new();
    let mut sorted = Sorted { kept: Vec::new(), late: Vec::new() };
    for told in known.commits {
        let stands = partitions.entry(told.partition).or_default();
        let goes_back = told.offset < stands.last();
        let since = told.by - SENT_AGAIN;
        let excused = known.kafka_was_disturbed(since, told.by) && told.offset >= stands.at(since);
        if goes_back && excused {
            sorted.late.push(told.clone());
        } else if goes_back || told.offset >= stands.highest {
            sorted.kept.push(told.clone());
        }
        stands.highest = stands.highest.max(told.offset);
        stands.stored.push((told.by, told.offset));
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Event;
    use crate::schedule::What;

    fn told(by: i64, offset: i64) -> Told {
        Told { partition: 0, offset, metadata: String::new(), by }
    }

    fn sorted(events: &[Event], commits: &[Told]) -> (usize, usize) {
        let places = BTreeMap::new();
        let known = Known { exchanges: &[], events, lives: &[], commits, late: &[], places: &places, partitions: 1 };
        let sorted = sort(&known);
        (sorted.kept.len(), sorted.late.len())
    }

    fn swallowed(from: i64, to: i64) -> Event {
        Event { what: What::CommitsSwallowed, member: None, from, to }
    }

    #[test]
    fn a_swallowed_commit_may_land_when_it_is_sent_again_and_no_later() {
        let commits = [told(1_000, 10), told(13_000, 90), told(13_100, 20), told(13_200, 50), told(13_300, 91)];
        assert_eq!(sorted(&[swallowed(2_000, 3_000)], &commits), (3, 1));
        assert_eq!(sorted(&[swallowed(200, 900)], &commits), (4, 0), "the disturbance is too long ago");
        assert_eq!(sorted(&[], &commits), (4, 0), "nothing was disturbed");
    }

    #[test]
    fn an_offset_that_was_passed_before_the_commit_could_be_sent_is_not_excused() {
        let commits = [told(1_000, 10), told(20_000, 90), told(20_100, 9)];
        assert_eq!(sorted(&[swallowed(15_000, 16_000)], &commits), (3, 0));
    }
}
