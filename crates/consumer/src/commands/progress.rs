//! How far long work is, for people who watch a terminal.

use std::io::{Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::terminal::Look;

/// Who waits less needs no consolation.
const AFTER: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_millis(200);
const SECOND: Duration = Duration::from_secs(1);
const WIDTH: u64 = 30;

/// A bar on stderr; nothing where stderr is no terminal.
#[derive(Debug)]
pub(super) struct Progress {
    whole: u64,
    of: &'static str,
    began: Instant,
    next: Option<Instant>,
    shown: bool,
}

impl Progress {
    /// Over that many of something, such as orders.
    pub(super) fn new(whole: u64, of: &'static str) -> Self {
        let began = Instant::now();
        let next = Look::of(&stderr()).redraws.then_some(began + AFTER);
        Self { whole, of, began, next, shown: false }
    }

    /// Shows how many are done, if it is time to.
    pub(super) fn show(&mut self, done: u64) {
        let now = Instant::now();
        if self.next.is_some_and(|next| next <= now) {
            self.next = Some(now + EVERY);
            self.shown = true;
            // A terminal that is gone takes nothing away from the records.
            let left = left(done, self.whole, now.duration_since(self.began));
            let _ = write!(stderr(), "\r{} {}{left}\x1b[K", bar(done, self.whole), self.of);
        }
    }

    /// Leaves the line as it was found.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

/// Says on stderr what is waited for when it takes long, until it is dropped: for what has no measure, such as the first answer of a broker.
/// Nothing where stderr is no terminal.
#[derive(Debug)]
pub(super) struct Waiting(Option<(Sender<()>, JoinHandle<()>)>);

impl Waiting {
    /// For that.
    pub(super) fn on(what: impl Into<String>) -> Self {
        if !Look::of(&stderr()).redraws {
            return Self(None);
        }
        let (what, (over, told)) = (what.into(), channel::<()>());
        let say = move || {
            let began = Instant::now();
            let mut next = AFTER;
            while told.recv_timeout(next) == Err(RecvTimeoutError::Timeout) {
                next = SECOND;
                let _ = write!(stderr(), "\rwaiting for {what}, {} s\x1b[K", began.elapsed().as_secs());
            }
            if next == SECOND {
                let _ = write!(stderr(), "\r\x1b[K");
            }
        };
        // Whoever cannot be consoled still gets the result.
        Self(std::thread::Builder::new().name("waiting".to_owned()).spawn(say).ok().map(|thread| (over, thread)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((over, thread)) = self.0.take() {
            drop(over);
            let _ = thread.join();
        }
    }
}

fn bar(done: u64, whole: u64) -> String {
    let share = |of: u64| u128::from(done) * u128::from(of) / u128::from(whole.max(1));
    let (full, percent) = (usize::try_from(share(WIDTH)).unwrap_or(0), share(100));
    let empty = usize::try_from(WIDTH).unwrap_or(0).saturating_sub(full);
    format!("[{}{}] {percent:>3} %  {done} of {whole}", "#".repeat(full), "-".repeat(empty))
}

/// How long the rest takes if it goes on like this.
fn left(done: u64, whole: u64, took: Duration) -> String {
    if done == 0 || done >= whole {
        return String::new();
    }
    let seconds = took.as_secs_f64() * (whole - done) as f64 / done as f64;
    let (minutes, seconds) = ((seconds / 60.0) as u64, seconds as u64 % 60);
    match minutes {
        0 => format!(", {seconds} s left"),
        1..60 => format!(", {minutes} min {seconds} s left"),
        _ => format!(", {} h {} min left", minutes / 60, minutes % 60),
    }
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
    fn the_time_that_is_left_is_told_in_its_own_unit() {
        let took = Duration::from_secs(10);
        assert_eq!(left(50, 100, took), ", 10 s left");
        assert_eq!(left(10, 100, took), ", 1 min 30 s left");
        assert_eq!(left(1, 1_000, took), ", 2 h 46 min left");
        assert_eq!((left(0, 10, took), left(10, 10, took)), (String::new(), String::new()));
    }

    #[test]
    fn the_bar_tells_the_share() {
        assert_eq!(bar(0, 200), "[------------------------------]   0 %  0 of 200");
        assert_eq!(bar(101, 200), "[###############---------------]  50 %  101 of 200");
        assert_eq!(bar(200, 200), "[##############################] 100 %  200 of 200");
        assert!(bar(u64::MAX, u64::MAX).starts_with("[##############################] 100 %"));
        assert!(bar(0, 0).contains("  0 %"));
    }
}
