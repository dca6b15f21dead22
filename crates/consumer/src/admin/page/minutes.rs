//! The last minutes as plots, and the same in words and as a table.

use std::time::Duration;

use page::plot::{Plot, Values, nice};
use page::words::{clock, rate, span};

use crate::admin::history::{STEP, Step};
use crate::admin::state::State;

/// One plot with the text around it.
pub(super) struct Plotted {
    pub(super) name: &'static str,
    /// The drawing in a sentence.
    pub(super) said: String,
    /// What the lines are, and their last values.
    pub(super) key: Vec<(&'static str, String)>,
    pub(super) svg: String,
    /// From the upper edge down.
    pub(super) scale: [String; 3],
    pub(super) from: &'static str,
    pub(super) middle: &'static str,
}

/// One minute of the table.
pub(super) struct Minute {
    pub(super) at: String,
    pub(super) freshness: String,
    pub(super) read: String,
    pub(super) calls: String,
    pub(super) p95: String,
    pub(super) gate: &'static str,
}

/// What a line shows, and its value at a step.
type Line = (&'static str, fn(&Step) -> Option<f64>);

/// What two lines show, and how their values are written.
struct Lines {
    name: &'static str,
    first: Line,
    second: Option<Line>,
    write: fn(f64) -> String,
    /// The scale ends not below this, so that a calm line is not blown up.
    least: f64,
}

/// How far back the plots reach: no further than there is something to see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    pub(super) title: &'static str,
    seconds: f64,
    from: &'static str,
    middle: &'static str,
}

const REACHES: [Reach; 3] = [
    Reach { title: "The last two minutes", seconds: 120.0, from: "2 min ago", middle: "1 min" },
    Reach { title: "The last four minutes", seconds: 240.0, from: "4 min ago", middle: "2 min" },
    Reach { title: "The last ten minutes", seconds: 600.0, from: "10 min ago", middle: "5 min" },
];

impl Reach {
    pub(super) fn of(steps: &[&Step], now: Duration) -> Self {
        let oldest = steps.first().map_or(0.0, |step| -ago(step, now));
        let [two, four, ten] = REACHES;
        [two, four].into_iter().find(|reach| oldest <= reach.seconds).unwrap_or(ten)
    }
}

/// Freshness, throughput, latency.
pub(super) fn plots(steps: &[&Step], reach: Reach, state: &State, now: Duration) -> Vec<Plotted> {
    let all = [
        Lines { name: "Freshness", first: ("oldest", |step| Some(step.freshness)), second: None, write: span, least: 1.0 },
        Lines {
            name: "Throughput",
            first: ("calls", |step| Some(step.calls)),
            second: Some(("records read", |step| Some(step.read))),
            write: rate,
            least: 10.0,
        },
        Lines {
            name: "Latency",
            first: ("half within", |step| step.latency.map(|of| of.median)),
            second: Some(("95 % within", |step| step.latency.map(|of| of.p95))),
            write: span,
            least: 0.05,
        },
    ];
    let mut plots: Vec<Plotted> = all.iter().map(|lines| lines.plot(steps, reach, now)).collect();
    // The newest value is that of this moment, not that of the last step.
    if let Some(key) = plots.first_mut().and_then(|plot| plot.key.first_mut()) {
        key.1 = span(state.freshness_seconds);
    }
    plots
}

impl Lines {
    fn plot(&self, steps: &[&Step], reach: Reach, now: Duration) -> Plotted {
        let lines: Vec<_> = [Some(self.first), self.second].into_iter().flatten().collect();
        let values = |of: fn(&Step) -> Option<f64>| -> Values { steps.iter().map(|step| (ago(step, now), of(step))).collect() };
        let most = lines.iter().flat_map(|(_, of)| steps.iter().filter_map(|step| of(step))).fold(0.0, f64::max);
        let top = nice(most, self.least);
        let last = |of: fn(&Step) -> Option<f64>| steps.iter().rev().find_map(|step| of(step)).map_or("–".to_owned(), self.write);
        let key: Vec<_> = lines.iter().map(|(name, of)| (*name, last(*of))).collect();
        let now_said: Vec<String> = key.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let said = match steps.is_empty() {
            true => "nothing is known yet".to_owned(),
            false => format!("now {}; at most {} in this time", now_said.join(", "), (self.write)(most)),
        };
        let plot = Plot {
            span: reach.seconds,
            top,
            bands: bands(steps, reach.seconds, now),
            first: values(self.first.1),
            second: self.second.map(|(_, of)| values(of)).unwrap_or_default(),
        };
        let scale = [top, top / 2.0, 0.0].map(|value| if value == 0.0 { "0".to_owned() } else { (self.write)(value) });
        Plotted { name: self.name, said, key, svg: plot.svg(), scale, from: reach.from, middle: reach.middle }
    }
}

/// Seconds from now: never positive.
fn ago(step: &Step, now: Duration) -> f64 {
    -now.saturating_sub(step.at).as_secs_f64()
}

/// When the gate was not open: neighbouring steps together.
fn bands(steps: &[&Step], span: f64, now: Duration) -> Vec<(f64, f64)> {
    let mut bands: Vec<(f64, f64)> = Vec::new();
    for step in steps.iter().filter(|step| step.closed) {
        let (from, to) = (ago(step, now) - STEP.as_secs_f64(), ago(step, now));
        match bands.last_mut() {
            Some(last) if last.1 + 0.5 >= from => last.1 = to,
            Some(_) | None => bands.push((from.max(-span), to)),
        }
    }
    bands
}

/// One row for each minute of the clock, the newest first.
pub(super) fn table(steps: &[&Step], now: Duration, millis: i64) -> Vec<Minute> {
    let minute = |step: &Step| {
        let ago = i64::try_from(now.saturating_sub(step.at).as_millis()).unwrap_or(i64::MAX);
        millis.saturating_sub(ago).div_euclid(60_000)
    };
    let of_minutes = steps.chunk_by(|one, next| minute(one) == minute(next));
    let mut rows: Vec<Minute> =
        of_minutes.filter_map(|steps| Some((minute(steps.first()?), steps))).map(|(at, steps)| row(at, steps)).collect();
    rows.reverse();
    rows
}

fn row(minute: i64, steps: &[&Step]) -> Minute {
    let mean = |of: fn(&Step) -> f64| steps.iter().map(|step| of(step)).sum::<f64>() / steps.len().max(1) as f64;
    let most = |of: fn(&Step) -> f64| steps.iter().map(|step| of(step)).fold(0.0, f64::max);
    let called = steps.iter().any(|step| step.latency.is_some());
    Minute {
        at: clock(minute * 60_000).chars().take(5).collect(),
        freshness: span(most(|step| step.freshness)),
        read: rate(mean(|step| step.read)),
        calls: rate(mean(|step| step.calls)),
        p95: if called { span(most(|step| step.latency.map_or(0.0, |of| of.p95))) } else { "–".to_owned() },
        gate: if steps.iter().any(|step| step.closed) { "closed" } else { "open" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::history::Latency;

    const NOW: Duration = Duration::from_secs(10_000);

    fn steps(count: u64) -> Vec<Step> {
        let step = |at: u64| Step {
            at: NOW - STEP * u32::try_from(count - 1 - at).unwrap(),
            freshness: at as f64,
            read: 300.0,
            calls: 100.0,
            latency: at.is_multiple_of(2).then_some(Latency { median: 0.02, p95: 0.08, most: 0.2 }),
            closed: (10..20).contains(&at) || at == 25,
            ..Step::default()
        };
        (0..count).map(step).collect()
    }

    #[test]
    fn a_plot_says_in_words_what_it_shows() {
        let steps = steps(40);
        let plots = plots(&steps.iter().collect::<Vec<_>>(), REACHES[2], &State { freshness_seconds: 38.6, ..State::default() }, NOW);
        let names: Vec<_> = plots.iter().map(|plot| plot.name).collect();
        assert_eq!(names, ["Freshness", "Throughput", "Latency"]);
        assert_eq!(plots[0].said, "now oldest 39 s; at most 39 s in this time");
        assert_eq!(plots[0].key, [("oldest", "39 s".to_owned())]);
        assert_eq!(plots[1].said, "now calls 100, records read 300; at most 300 in this time");
        assert_eq!(plots[1].scale, ["500", "250", "0"]);
        assert_eq!(plots[2].key, [("half within", "20 ms".to_owned()), ("95 % within", "80 ms".to_owned())]);
    }

    #[test]
    fn plots_reach_no_further_back_than_there_is_something_to_see() {
        let reach = |count| Reach::of(&steps(count).iter().collect::<Vec<_>>(), NOW).seconds;
        assert_eq!([1, 61, 62, 121, 122, 300].map(reach), [120.0, 120.0, 240.0, 240.0, 600.0, 600.0]);
        assert_eq!(Reach::of(&[], NOW).seconds, 120.0);
    }

    #[test]
    fn without_a_step_nothing_is_drawn_and_that_is_said() {
        let plots = plots(&[], REACHES[2], &State::default(), NOW);
        assert!(plots.iter().all(|plot| plot.said == "nothing is known yet" && !plot.svg.contains("#000004")));
        assert!(table(&[], NOW, 0).is_empty());
    }

    #[test]
    fn closed_times_are_joined_and_end_where_the_gate_opened() {
        let steps = steps(40);
        let bands = bands(&steps.iter().collect::<Vec<_>>(), 600.0, NOW);
        assert_eq!(bands, [(-60.0, -40.0), (-30.0, -28.0)]);
    }

    #[test]
    fn the_table_has_a_row_for_each_minute_of_the_clock() {
        let steps = steps(40);
        // 80 seconds back from 00:01:30
        let rows = table(&steps.iter().collect::<Vec<_>>(), NOW, 1_793_462_490_000);
        let text: Vec<_> =
            rows.iter().map(|row| (row.at.as_str(), row.freshness.as_str(), row.read.as_str(), row.p95.as_str(), row.gate)).collect();
        assert_eq!(text, [("00:01", "39 s", "300", "80 ms", "closed"), ("00:00", "23 s", "300", "80 ms", "closed")]);
    }
}
