//! How much of the oldest order's waiting was time behind a closed gate: that is for AlipayHK or the operator to end, and no instance more
//! would shorten it.

use std::collections::VecDeque;
use std::time::Duration;

use engine::Now;

/// A gate that opens and closes all the time: the oldest closures are taken together.
const MOST: usize = 256;

/// When the gate of all calls was closed, as far back as anybody waits.
#[derive(Debug, Default)]
pub(super) struct Closures(VecDeque<Closure>);

#[derive(Debug, Clone, Copy)]
struct Closure {
    from: Now,
    /// `None`: it still is.
    to: Option<Now>,
}

impl Closures {
    /// How the gate stands.
    pub(super) fn observe(&mut self, closed: bool, now: Now) {
        match (closed, self.0.back_mut().filter(|last| last.to.is_none())) {
            (true, None) => self.0.push_back(Closure { from: now, to: None }),
            (false, Some(last)) => last.to = Some(now),
            (true, Some(_)) | (false, None) => {}
        }
        if self.0.len() > MOST
            && let Some(first) = self.0.pop_front()
            && let Some(second) = self.0.front_mut()
        {
            second.from = first.from;
        }
    }

    /// The time of it within the last `age`. What lies before is forgotten: nobody has waited for so long.
    pub(super) fn within(&mut self, age: Duration, now: Now) -> Duration {
        let since = now.0.saturating_sub(age);
        while self.0.front().is_some_and(|first| first.to.is_some_and(|to| to.0 <= since)) {
            self.0.pop_front();
        }
        self.0.iter().map(|closure| closure.to.unwrap_or(now).0.saturating_sub(closure.from.0.max(since))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        Now(Duration::from_secs(seconds))
    }

    fn closed(spans: &[(u64, u64)]) -> Closures {
        let mut closures = Closures::default();
        for (from, to) in spans {
            closures.observe(true, at(*from));
            closures.observe(true, at(*from + 1));
            closures.observe(false, at(*to));
            closures.observe(false, at(*to + 1));
        }
        closures
    }

    fn within(closures: &mut Closures, age: u64, now: u64) -> u64 {
        closures.within(Duration::from_secs(age), at(now)).as_secs()
    }

    #[test]
    fn only_the_time_in_which_the_oldest_waited_counts() {
        let mut closures = closed(&[(10, 20), (30, 40)]);
        assert_eq!(within(&mut closures, 100, 100), 20);
        assert_eq!(within(&mut closures, 85, 100), 15, "it came in the middle of the first one");
        assert_eq!(within(&mut closures, 65, 100), 5);
        assert_eq!(within(&mut closures, 0, 100), 0);
        assert!(closures.0.is_empty(), "what nobody waits for is forgotten");
    }

    #[test]
    fn a_closed_gate_counts_until_now() {
        let mut closures = closed(&[(10, 20)]);
        closures.observe(true, at(50));
        assert_eq!(within(&mut closures, 55, 60), 20);
        assert_eq!(within(&mut closures, 5, 60), 5);
        assert_eq!(within(&mut closures, 8, 63), 8);
    }

    #[test]
    fn memory_is_bounded() {
        let flaps: Vec<_> = (0..1_000).map(|n| (n * 10, n * 10 + 5)).collect();
        let closures = closed(&flaps);
        assert_eq!((closures.0.len(), closures.0[0].from), (MOST, at(0)));
    }
}
