//! What is said again and again is said once in a while.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// A frequent line is written at most this often; what was left out in between is counted in the next one.
pub(crate) const QUIET: Duration = Duration::from_secs(10);
/// Of more kinds than this at a time each line is written.
const MOST: usize = 64;

/// Which lines were written when.
#[derive(Debug)]
pub(crate) struct Quiet<K> {
    said: HashMap<K, (Instant, u64)>,
}

impl<K> Default for Quiet<K> {
    fn default() -> Self {
        Self { said: HashMap::new() }
    }
}

impl<K: Hash + Eq> Quiet<K> {
    /// Whether a line of this kind may be written now, and how many were left out since the last one.
    pub(crate) fn may_say(&mut self, what: K, now: Instant) -> Option<u64> {
        if let Some((at, left_out)) = self.said.get_mut(&what) {
            if now.duration_since(*at) < QUIET {
                *left_out += 1;
                return None;
            }
            *at = now;
            return Some(std::mem::take(left_out));
        }
        if self.said.len() >= MOST {
            self.said.retain(|_, (at, _)| now.duration_since(*at) < QUIET);
        }
        if self.said.len() < MOST {
            self.said.insert(what, (now, 0));
        }
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_line_is_said_once_in_a_while_with_what_was_left_out() {
        let (mut quiet, began) = (Quiet::default(), Instant::now());
        assert_eq!(quiet.may_say("timeout", began), Some(0));
        assert_eq!((quiet.may_say("timeout", began), quiet.may_say("timeout", began)), (None, None));
        assert_eq!(quiet.may_say("broken", began), Some(0), "another line has its own pace");
        let later = began + QUIET;
        assert_eq!((quiet.may_say("timeout", later), quiet.may_say("timeout", later)), (Some(2), None));
    }

    #[test]
    fn many_kinds_take_no_room_without_end_and_none_is_left_out_for_that() {
        let (mut quiet, began) = (Quiet::default(), Instant::now());
        for kind in 0..MOST {
            assert_eq!(quiet.may_say(kind, began), Some(0));
        }
        assert_eq!((quiet.may_say(MOST, began), quiet.may_say(MOST, began)), (Some(0), Some(0)));
        assert_eq!(quiet.said.len(), MOST);
        assert_eq!((quiet.may_say(MOST, began + QUIET), quiet.said.len()), (Some(0), 1));
    }
}
