//! The calm live view in the terminal.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::admin::state::{GateState, State};

/// Without a terminal, a line this often.
const EVERY: Duration = Duration::from_secs(5);
/// Lines of the view.
const LINES: usize = 5;

pub(super) struct Summary {
    quiet: bool,
    terminal: bool,
    drawn: bool,
    said: Option<Instant>,
}

impl Summary {
    /// `quiet`: nothing at all.
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet, terminal: io::stdout().is_terminal(), drawn: false, said: None }
    }

    pub(super) fn begin(&self, admin: SocketAddr, sandbox: SocketAddr, whole: Option<Duration>) {
        if self.quiet {
            return;
        }
        let end = whole.map_or_else(|| "Ctrl-C ends it".to_owned(), |whole| format!("ends after {} s", whole.as_secs()));
        write(&format!(
            "order-sync demo: sample orders of all nine types → embedded broker → order-sync → sandbox AlipayHK ({end})\n\
             state    http://{admin}/api/state\n\
             metrics  http://{admin}/metrics\n\
             page     http://{admin}/\n\
             sandbox  http://{sandbox}/\n\n"
        ));
    }

    pub(super) fn show(&mut self, state: &State, written: u64) {
        if self.quiet || (!self.terminal && self.said.is_some_and(|at| at.elapsed() < EVERY)) {
            return;
        }
        self.said = Some(Instant::now());
        let ends = &state.dispositions;
        if !self.terminal {
            return write(&format!(
                "written {written}  read {}  delivered {}  superseded {}  stale {}  calls saved {}  freshness {:.1} s  gate {}\n",
                state.records_read,
                ends.delivered,
                ends.superseded,
                ends.stale,
                state.calls_saved,
                state.freshness_seconds,
                word(state.gate.state)
            ));
        }
        // Back to the first line of the view, which is then drawn over.
        let back = if self.drawn { format!("\x1b[{LINES}A") } else { String::new() };
        self.drawn = true;
        write(&format!(
            "{back}\x1b[2Kmodifications  written {written:>7}   read {:>7}\n\
             \x1b[2Kended          delivered {:>5}   superseded {:>5}   stale {:>5}   rejected {:>3}   parked {:>3}\n\
             \x1b[2Kcalls          made {:>10}   saved {:>10}   in flight {}\n\
             \x1b[2Kfreshness      {:.1} s\n\
             \x1b[2Kgate           {}, {:.0} calls a second\n",
            state.records_read,
            ends.delivered,
            ends.superseded,
            ends.stale,
            ends.rejected,
            ends.parked,
            state.calls.attempted,
            state.calls_saved,
            state.calls.in_flight,
            state.freshness_seconds,
            word(state.gate.state),
            state.quota.share_per_second,
        ));
    }

    /// Ctrl-C came: what is open is still finished.
    pub(super) fn interrupted(&mut self) {
        if !self.quiet {
            // The view is drawn anew below this line.
            self.drawn = false;
            write("\nno new orders; finishing what is open, Ctrl-C again ends at once\n");
        }
    }

    pub(super) fn end(&self) {
        if !self.quiet {
            write("\n");
        }
    }
}

/// The gate's state as `/api/state` writes it.
fn word(gate: GateState) -> &'static str {
    match gate {
        GateState::Open => "open",
        GateState::Closed => "closed",
        GateState::Probing => "probing",
    }
}

fn write(text: &str) {
    let mut out = io::stdout().lock();
    // A reader that left early is no failure.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
