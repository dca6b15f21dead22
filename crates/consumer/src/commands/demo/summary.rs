//! The calm live view in the terminal.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::admin::state::{GateState, State};
use crate::telemetry::logs;
use crate::terminal::{GREEN, Look, RED, YELLOW};

/// Without a terminal, a line this often.
const EVERY: Duration = Duration::from_secs(5);
/// Lines of the view.
const LINES: usize = 6;
/// Seconds of freshness that deserve a look.
const LATE: f64 = 60.0;

pub(super) struct Summary {
    quiet: bool,
    look: Look,
    /// The view stands above the cursor, and so many lines of the log had been written then.
    drawn: Option<u64>,
    said: Option<Instant>,
}

impl Summary {
    /// `quiet`: nothing at all.
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet, look: Look::of(&io::stdout()), drawn: None, said: None }
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
        if self.quiet || (!self.look.redraws && self.said.is_some_and(|at| at.elapsed() < EVERY)) {
            return;
        }
        self.said = Some(Instant::now());
        if self.look.redraws { self.draw(state, written) } else { write(&line(state, written)) }
    }

    fn draw(&mut self, state: &State, written: u64) {
        let logged = logs::written();
        // Back to the first line of the view, which is then drawn over; below a line of the log that has come between it is drawn anew.
        let back = if self.drawn == Some(logged) { format!("\x1b[{LINES}A") } else { String::new() };
        self.drawn = Some(logged);
        // A line that is wider than the terminal is cut and not broken, or the view would have more lines than it is moved back by.
        write(&format!("\x1b[?7l{back}{}\x1b[?7h", view(state, written, self.look)));
    }

    /// Ctrl-C came: what is open is still finished.
    pub(super) fn interrupted(&mut self) {
        if !self.quiet {
            // The view is drawn anew below this line.
            self.drawn = None;
            write("\nno new orders; finishing what is open, Ctrl-C again ends at once\n");
        }
    }

    pub(super) fn end(&self) {
        if !self.quiet {
            write("\n");
        }
    }
}

/// For whoever reads a file or a pipe.
fn line(state: &State, written: u64) -> String {
    let ends = &state.dispositions;
    format!(
        "written {written}  read {}  delivered {}  superseded {}  stale {}  calls saved {}  freshness {:.1} s  gate {}\n",
        state.records_read,
        ends.delivered,
        ends.superseded,
        ends.stale,
        state.calls_saved,
        state.freshness_seconds,
        word(state.gate.state)
    )
}

/// For whoever watches. Every number has its place, so that nothing moves but what changes.
fn view(state: &State, written: u64, look: Look) -> String {
    let ends = &state.dispositions;
    let asked = state.calls.attempted + state.calls_saved;
    let saved = state.calls_saved * 100 / asked.max(1);
    let fresh = if state.freshness_seconds > LATE { YELLOW } else { GREEN };
    let freshness = look.paint(fresh, &format!("{:>7.1} s", state.freshness_seconds));
    let open = if state.gate.state == GateState::Open { GREEN } else { RED };
    let gate = look.paint(open, &format!("{:>9}", word(state.gate.state)));
    let reason = state.gate.reason.map(|reason| format!(", {}", reason.replace('_', " "))).unwrap_or_default();
    let calls = &state.calls;
    let lines = [
        format!("records        written   {written:>9}   read       {:>9}", state.records_read),
        format!("ended          delivered {:>9}   superseded {:>9}   stale   {:>7}", ends.delivered, ends.superseded, ends.stale),
        format!("               rejected  {:>9}   parked     {:>9}", ends.rejected, ends.parked),
        format!("calls          made      {:>9}   saved      {:>9}   {saved:>3} % of them", calls.attempted, state.calls_saved),
        format!("freshness                {freshness}   the oldest that AlipayHK does not have"),
        format!(
            "gate                     {gate}   {:.0} calls a second, {} on their way{reason}",
            state.quota.share_per_second, calls.in_flight
        ),
    ];
    lines.map(|line| format!("\x1b[2K{line}\n")).concat()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_has_as_many_lines_as_it_is_moved_back_by_and_keeps_them() {
        let plain = Look { redraws: true, colour: false };
        let first = view(&State::default(), 0, plain);
        assert_eq!(first.matches('\n').count(), LINES);
        let busy = State { records_read: 123_456, calls_saved: 98_765, freshness_seconds: 12.34, ..State::default() };
        let later = view(&busy, 654_321, plain);
        let places = |view: &str| view.lines().map(|line| line.trim_start_matches("\x1b[2K").chars().count()).collect::<Vec<_>>();
        assert_eq!(places(&first), places(&later), "nothing moves:\n{first}{later}");
        assert!(places(&later).into_iter().all(|columns| columns <= 80), "{later}");
    }

    #[test]
    fn colours_say_how_it_stands_and_are_left_out_where_nobody_wants_them() {
        let late = State { freshness_seconds: 61.0, ..State::default() };
        let coloured = view(&late, 0, Look { redraws: true, colour: true });
        assert!(coloured.contains(YELLOW) && coloured.contains(GREEN), "{coloured:?}");
        assert!(!view(&late, 0, Look { redraws: true, colour: false }).contains("\x1b[3"));
        assert!(!line(&late, 0).contains('\x1b'), "a file has no escapes");
    }
}
