//! How far a long write is, for people who watch a terminal.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Who waits less needs no consolation.
const AFTER: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_millis(200);
const WIDTH: u64 = 30;

/// A bar on stderr; nothing where stderr is no terminal.
#[derive(Debug)]
pub(super) struct Progress {
    whole: u64,
    next: Option<Instant>,
    shown: bool,
}

impl Progress {
    /// Over that many orders.
    pub(super) fn new(whole: u64) -> Self {
        let next = stderr().is_terminal().then(|| Instant::now() + AFTER);
        Self { whole, next, shown: false }
    }

    /// Shows how many are done, if it is time to.
    pub(super) fn show(&mut self, done: u64) {
        let now = Instant::now();
        if self.next.is_some_and(|next| next <= now) {
            self.next = Some(now + EVERY);
            self.shown = true;
            // A terminal that is gone takes nothing away from the records.
            let _ = write!(stderr(), "\r{}", bar(done, self.whole));
        }
    }

    /// Leaves the line as it was found.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

fn bar(done: u64, whole: u64) -> String {
    let share = |of: u64| u128::from(done) * u128::from(of) / u128::from(whole.max(1));
    let (full, percent) = (usize::try_from(share(WIDTH)).unwrap_or(0), share(100));
    let empty = usize::try_from(WIDTH).unwrap_or(0).saturating_sub(full);
    format!("[{}{}] {percent:>3} %  {done} of {whole} orders", "#".repeat(full), "-".repeat(empty))
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_tells_the_share() {
        assert_eq!(bar(0, 200), "[------------------------------]   0 %  0 of 200 orders");
        assert_eq!(bar(101, 200), "[###############---------------]  50 %  101 of 200 orders");
        assert_eq!(bar(200, 200), "[##############################] 100 %  200 of 200 orders");
        assert!(bar(u64::MAX, u64::MAX).starts_with("[##############################] 100 %"));
        assert!(bar(0, 0).contains("  0 %"));
    }
}
