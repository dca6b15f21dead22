//! Commits in doubt: they may have been stored, or may still be, over later ones, and nobody will say more of them. Each bounds the window until it
//! cannot land any more.

use std::time::Duration;

use crate::io::{Now, Offset};

/// Commits in doubt that are overcome within so long of each other count as one, so that a few are kept however long the trouble lasts.
const SIDE_BY_SIDE: Duration = Duration::from_secs(5);

/// The commits in doubt of one assignment.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubts {
    /// Since the last of them no later commit was accepted: the coordinator may stand still, and take them when it wakes.
    open: Option<Open>,
    overcome: Vec<Overcome>,
}

/// The lowest window, and when the last of them was answered.
#[derive(Debug, Clone, Copy)]
struct Open {
    window: Offset,
    since: Now,
}

/// The lowest window, and when later commits were accepted: the first and the last time.
#[derive(Debug, Clone, Copy)]
struct Overcome {
    window: Offset,
    first: Now,
    last: Now,
}

impl Doubts {
    /// A commit with this window was answered in a way that leaves it in doubt.
    pub(super) fn add(&mut self, window: Offset, now: Now) {
        let lowest = self.open.map_or(window, |open| open.window.min(window));
        self.open = Some(Open { window: lowest, since: now });
    }

    /// A commit was accepted. One that was issued after the answers shows that the coordinator works again.
    pub(super) fn accepted(&mut self, issued_at: Now, now: Now) {
        let Some(Open { window, .. }) = self.open.take_if(|open| open.since <= issued_at) else { return };
        match self.overcome.last_mut().filter(|known| now < Now(known.first.0 + SIDE_BY_SIDE)) {
            Some(known) => (known.window, known.last) = (known.window.min(window), now),
            None => self.overcome.push(Overcome { window, first: now, last: now }),
        }
    }

    /// Forgets what cannot land any more, a session after a later commit was accepted, and tells its lowest window: it may have landed last.
    pub(super) fn end(&mut self, session: Duration, now: Now) -> Option<Offset> {
        self.overcome.extract_if(.., |known| Now(known.last.0 + session) <= now).map(|known| known.window).min()
    }

    /// When [`Doubts::end`] has something to do.
    pub(super) fn ends_at(&self, session: Duration) -> Option<Now> {
        self.overcome.first().map(|known| Now(known.last.0 + session))
    }

    /// The lowest window that may land.
    pub(super) fn bound(&self) -> Option<Offset> {
        self.overcome.iter().map(|known| known.window).chain(self.open.map(|open| open.window)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Duration = Duration::from_secs(45);

    fn at(secs: u64) -> Now {
        Now(Duration::from_secs(secs))
    }

    #[test]
    fn a_doubt_lasts_a_session_beyond_the_first_later_commit_that_is_accepted() {
        let mut doubts = Doubts::default();
        doubts.add(Offset(100), at(10));
        doubts.accepted(at(9), at(11));
        assert_eq!(doubts.ends_at(SESSION), None, "that one was issued before");
        assert_eq!((doubts.end(SESSION, at(500)), doubts.bound()), (None, Some(Offset(100))), "the coordinator may stand still");
        doubts.accepted(at(500), at(501));
        assert_eq!(doubts.ends_at(SESSION), Some(at(546)));
        assert_eq!((doubts.end(SESSION, at(545)), doubts.bound()), (None, Some(Offset(100))));
        assert_eq!((doubts.end(SESSION, at(546)), doubts.bound()), (Some(Offset(100)), None));
    }

    #[test]
    fn however_many_there_are_a_few_are_kept_and_the_lowest_bounds() {
        let mut doubts = Doubts::default();
        for tenth in 0..100_000_u64 {
            let now = Now(Duration::from_millis(tenth * 100));
            doubts.end(SESSION, now);
            doubts.add(Offset(100_000 - i64::try_from(tenth).unwrap()), now);
            // In the second half none is accepted.
            if tenth < 50_000 {
                doubts.accepted(now, now);
            }
            assert!(doubts.overcome.len() <= 11, "{}", doubts.overcome.len());
            assert_eq!(doubts.bound(), Some(Offset(100_000 - i64::try_from(tenth).unwrap())));
        }
    }
}
