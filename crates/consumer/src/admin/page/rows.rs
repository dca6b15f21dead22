//! The rows of the tables: orders that wait, partitions, dispositions, remarks.

use std::sync::Arc;

use page::words::{count, many, span};

use super::story;
use crate::admin::orders::{OrderLane, Unanswered};
use crate::admin::state::{Halted, Partition, Phase, State};

/// An order that waits.
pub(super) struct Waiting {
    pub(super) order: String,
    pub(super) place: String,
    pub(super) since: String,
    pub(super) waits_for: String,
    pub(super) status: String,
    pub(super) biz_type: &'static str,
    pub(super) attempts: u32,
}

impl Waiting {
    pub(super) fn of(lane: &OrderLane) -> Self {
        Self {
            order: lane.order.clone(),
            place: format!("{}/{}", lane.topic, lane.partition),
            since: lane.since_millis.map_or("–".to_owned(), |millis| span(millis as f64 / 1_000.0)),
            waits_for: story::waits_for(lane).unwrap_or_default(),
            status: lane.status.clone().unwrap_or_default(),
            biz_type: lane.biz_type.unwrap_or_default(),
            attempts: lane.attempts,
        }
    }
}

/// What stands in place of the list.
pub(super) fn oldest_empty(oldest: &Result<Arc<Vec<OrderLane>>, Unanswered>) -> Option<&'static str> {
    match oldest {
        Ok(lanes) if lanes.is_empty() => Some("No order waits."),
        Ok(_) => None,
        Err(Unanswered::Unknown | Unanswered::Busy | Unanswered::Late) => Some("Not known: the pipeline did not answer in time."),
    }
}

/// One partition.
pub(super) struct PartitionRow {
    pub(super) name: String,
    /// What is special about it, and the class of it.
    pub(super) marks: Vec<(String, &'static str)>,
    pub(super) lanes: String,
    pub(super) in_flight: String,
    pub(super) waiting: String,
    pub(super) open: String,
    pub(super) position: String,
    pub(super) committable: String,
    pub(super) committed: String,
    pub(super) lag: String,
    pub(super) bar: String,
}

/// Of all partitions together.
pub(super) fn partitions_said(partitions: &[Partition]) -> String {
    let lag = partitions.iter().filter_map(Partition::lag).sum();
    format!("{}, {} behind the end of the log", many(partitions.len() as u64, "partition", "partitions"), many(lag, "record", "records"))
}

/// By topic and number, those that are halted last. The bars can be compared: the longest is that of the largest lag.
pub(super) fn partitions(partitions: &[Partition], halted: &[Halted]) -> Vec<PartitionRow> {
    let most = partitions.iter().filter_map(Partition::lag).max().unwrap_or(0);
    let mut sorted: Vec<&Partition> = partitions.iter().collect();
    sorted.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    sorted.into_iter().map(|of| row(of, most)).chain(halted.iter().map(still)).collect()
}

/// One that is not read: nothing else is known of it.
fn still(of: &Halted) -> PartitionRow {
    let unknown = || "–".to_owned();
    PartitionRow {
        name: format!("{}/{}", of.topic, of.partition),
        marks: vec![("halted".to_owned(), "bad")],
        lanes: unknown(),
        in_flight: unknown(),
        waiting: unknown(),
        open: unknown(),
        position: unknown(),
        committable: unknown(),
        committed: unknown(),
        lag: unknown(),
        bar: String::new(),
    }
}

fn row(of: &Partition, most: u64) -> PartitionRow {
    let offset = |offset: i64| u64::try_from(offset).map_or("–".to_owned(), count);
    let lag = of.lag();
    let unread = of.log_end.map_or(0, |end| u64::try_from(end.saturating_sub(of.position)).unwrap_or(0));
    PartitionRow {
        name: format!("{}/{}", of.topic, of.partition),
        marks: marks(of),
        lanes: count(of.lanes),
        in_flight: count(of.in_flight),
        waiting: count(of.waiting),
        open: count(of.open),
        position: offset(of.position),
        committable: offset(of.committable),
        committed: of.committed.map_or("–".to_owned(), offset),
        lag: lag.map_or("–".to_owned(), count),
        // Read and not settled, then not read.
        bar: page::bar::svg(&[("first", lag.unwrap_or(0).saturating_sub(unread)), ("second", unread.min(lag.unwrap_or(0)))], most),
    }
}

fn marks(of: &Partition) -> Vec<(String, &'static str)> {
    let mut marks = Vec::new();
    match of.phase {
        Phase::Consuming => {}
        Phase::Draining => marks.push(("draining".to_owned(), "quiet")),
        Phase::Released => marks.push(("released".to_owned(), "quiet")),
    }
    if of.restoring {
        marks.push(("restoring".to_owned(), "warn"));
    }
    if let Some(barrier) = of.barrier.filter(|barrier| of.position < *barrier) {
        marks.push((format!("reads up to {}", count(u64::try_from(barrier).unwrap_or(0))), "warn"));
    } else if of.blocked > 0 {
        marks.push((format!("{} held up", count(of.blocked)), "warn"));
    }
    if of.paused {
        marks.push(("full, paused".to_owned(), "warn"));
    }
    marks
}

/// One disposition.
pub(super) struct End {
    pub(super) name: &'static str,
    pub(super) count: String,
    pub(super) bar: String,
    /// It is nothing that should happen.
    pub(super) wrong: bool,
}

/// How records ended, and how many have not yet.
pub(super) fn ends(state: &State) -> Vec<End> {
    let of = &state.dispositions;
    let ended = of.delivered + of.superseded + of.stale + of.rejected + of.parked + of.skipped;
    let all = [
        ("delivered", of.delivered, false),
        ("superseded", of.superseded, false),
        ("stale", of.stale, false),
        ("rejected", of.rejected, true),
        ("parked", of.parked, true),
        ("skipped", of.skipped, false),
        ("open", state.records_read.saturating_sub(ended), false),
    ];
    let row = |(name, number, wrong): (&'static str, u64, bool)| {
        let class = if wrong {
            "wrong"
        } else if name == "open" {
            "second"
        } else {
            "first"
        };
        End { name, count: count(number), bar: page::bar::svg(&[(class, number)], state.records_read), wrong: wrong && number > 0 }
    };
    all.into_iter().map(row).collect()
}

/// What the engine remarked, the most frequent first.
pub(super) fn remarks(state: &State) -> Vec<(String, String)> {
    let mut remarks: Vec<_> = state.notes.iter().filter(|(_, count)| **count > 0).collect();
    remarks.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    remarks.into_iter().map(|(name, number)| (name.replace('_', " "), count(*number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::state::Dispositions;

    fn partition(number: i32, position: i64, log_end: i64) -> Partition {
        let base = Partition { topic: "orders".into(), barrier: Some(0), committable: position - 10, ..Partition::default() };
        Partition { partition: number, position, log_end: Some(log_end), ..base }
    }

    #[test]
    fn partitions_come_in_order_and_their_bars_can_be_compared() {
        let rows = partitions(&[partition(10, 100, 190), partition(2, 100, 140)], &[]);
        assert_eq!(
            rows.iter().map(|row| (row.name.as_str(), row.lag.as_str())).collect::<Vec<_>>(),
            [("orders/2", "50"), ("orders/10", "100")]
        );
        assert!(
            rows[1].bar.contains("class=\"first\" x=\"0\" width=\"100\"")
                && rows[1].bar.contains("class=\"second\" x=\"100\" width=\"900\""),
            "{}",
            rows[1].bar
        );
        assert_eq!(
            partitions_said(&[partition(10, 100, 190), partition(2, 100, 140)]),
            "2 partitions, 150 records behind the end of the log"
        );
    }

    #[test]
    fn a_halted_partition_has_its_row_too() {
        let halted = Halted { topic: "orders".into(), partition: 3, reason: String::new() };
        let rows = partitions(&[partition(10, 100, 190)], &[halted]);
        assert_eq!((rows[1].name.as_str(), rows[1].marks[0].0.as_str(), rows[1].lag.as_str()), ("orders/3", "halted", "–"));
    }

    #[test]
    fn what_is_special_about_a_partition_is_marked() {
        let texts = |of: &Partition| marks(of).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
        assert!(texts(&partition(0, 5, 9)).is_empty());
        let busy = Partition { paused: true, restoring: true, blocked: 4, phase: Phase::Draining, ..partition(0, 5, 9) };
        assert_eq!(texts(&busy), ["draining", "restoring", "4 held up", "full, paused"]);
        assert_eq!(texts(&Partition { barrier: Some(1_500), blocked: 4, ..partition(0, 5, 9) }), ["reads up to 1,500"]);
    }

    #[test]
    fn dispositions_and_what_is_open_add_up_to_records_read() {
        let dispositions = Dispositions { delivered: 10, superseded: 5, rejected: 1, ..Dispositions::default() };
        let rows = ends(&State { records_read: 20, dispositions, ..State::default() });
        let counts: Vec<_> = rows.iter().map(|row| (row.name, row.count.as_str(), row.wrong)).collect();
        assert_eq!(counts[0], ("delivered", "10", false));
        assert_eq!((counts[3], counts[4]), (("rejected", "1", true), ("parked", "0", false)));
        assert_eq!(counts[6], ("open", "4", false));
    }
}
