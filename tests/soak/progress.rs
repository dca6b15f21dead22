//! A line that tells how far it is, on a terminal; elsewhere one every ten seconds.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::chaos::World;
use crate::run::pause;

/// See the module.
pub(crate) struct Progress {
    period: Duration,
    terminal: bool,
    said: Mutex<Option<Instant>>,
}

impl Progress {
    pub(crate) fn new(period: Duration) -> Self {
        Self { period, terminal: std::io::stderr().is_terminal(), said: Mutex::new(None) }
    }

    /// In the middle; takes half a second.
    pub(crate) fn tell(&self, elapsed: Duration, world: &World<'_>, records: usize) {
        let (calls, applied, faults) = world.alipayhk.counters();
        let running = world.fleet.running();
        self.say(&format!(
            "{:>4} of {} s  {records} records  {calls} calls  {applied} applied  {faults} faults met  {running} processes",
            elapsed.as_secs(),
            self.period.as_secs(),
        ));
        pause(Duration::from_millis(500));
    }

    /// At the end.
    pub(crate) fn quiescing(&self, left: i64) {
        self.say(&format!("faults have stopped; {left} records are not committed yet"));
    }

    fn say(&self, what: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let every = if self.terminal { Duration::from_millis(400) } else { Duration::from_secs(10) };
        if said.is_none_or(|at| at.elapsed() >= every) {
            *said = Some(Instant::now());
            let (begin, end) = if self.terminal { ("\r\x1b[K", "") } else { ("", "\n") };
            let _ = write!(std::io::stderr(), "{begin}soak: {what}{end}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal {
            let _ = writeln!(std::io::stderr());
        }
    }
}
