//! One order in sentences.

use page::words::{many, span};

use crate::admin::orders::{LaneState, OrderLane, Unanswered};

/// What is known of an order.
pub(super) struct Story {
    pub(super) order: String,
    /// Why nothing is.
    pub(super) missing: Option<&'static str>,
    pub(super) lanes: Vec<LaneStory>,
}

/// The same in one partition.
pub(super) struct LaneStory {
    pub(super) name: String,
    pub(super) lines: Vec<String>,
}

impl Story {
    pub(super) fn of(order: &str, known: &Result<Vec<OrderLane>, Unanswered>) -> Self {
        let missing = match known {
            Ok(_) => None,
            Err(Unanswered::Unknown) => Some(
                "Nothing is known of this order here. It may belong to another instance, or rest for so long that it is no longer remembered.",
            ),
            Err(Unanswered::Busy) => Some("Not known: too many questions at once, or the pipeline is ending."),
            Err(Unanswered::Late) => Some("Not known: the pipeline did not answer in time."),
        };
        let lanes = known.iter().flatten().map(|lane| LaneStory { name: format!("{}/{}", lane.topic, lane.partition), lines: lines(lane) });
        Self { order: order.to_owned(), missing, lanes: lanes.collect() }
    }
}

fn lines(lane: &OrderLane) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(at) = lane.decided_at {
        lines.push(format!("Decided up to the modification of {}.", moment(at)));
    }
    if let Some(status) = &lane.status {
        let of = lane.modified_at.map(|at| format!(" of {}", moment(at))).unwrap_or_default();
        let biz_type = lane.biz_type.unwrap_or("order");
        let what = if lane.state == LaneState::InFlight { "is on its way" } else { "is sent next" };
        lines.push(format!("{biz_type} {status}{of} {what}; it answers for {}.", offsets(lane)));
    }
    lines.extend(lane.behind.iter().map(|behind| format!("{} at offset {} waits behind it.", behind.status, behind.offset)));
    if lane.attempts > 0 {
        let times = many(u64::from(lane.attempts), "time", "times");
        let failed = lane
            .last_failure
            .map(|cause| format!("; {} in a row decided nothing, the last one: {}", lane.failures, cause.replace('_', " ")));
        lines.push(format!("Sent {times}{}.", failed.unwrap_or_default()));
    }
    match (lane.state, waits_for(lane)) {
        (LaneState::Idle, _) => lines.push("Nothing of it waits.".to_owned()),
        (LaneState::Ready | LaneState::InFlight | LaneState::Waiting, Some(what)) => {
            let since =
                lane.since_millis.map(|millis| format!(", {} since its first waiting modification arrived", span(millis as f64 / 1_000.0)));
            lines.push(format!("Waits for {what}{}.", since.unwrap_or_default()));
        }
        (LaneState::Ready | LaneState::InFlight | LaneState::Waiting, None) => {}
    }
    lines
}

/// What it waits for, and how much longer.
pub(super) fn waits_for(lane: &OrderLane) -> Option<String> {
    let what = lane.waits_for.as_ref()?.replace('_', " ");
    Some(match lane.waits_millis {
        Some(millis) => format!("{what}, {} more", span(millis as f64 / 1_000.0)),
        None => what,
    })
}

fn offsets(lane: &OrderLane) -> String {
    match lane.offsets.as_slice() {
        [one] => format!("the record at offset {one}"),
        [newest, .., oldest] => format!("{} from offset {oldest} to {newest}", many(lane.offsets.len() as u64, "record", "records")),
        [] => "no record".to_owned(),
    }
}

/// In Hong Kong, to the second.
fn moment(millis: i64) -> String {
    let text = ::alipayhk::exchange::timestamp(millis.div_euclid(1_000));
    text.map_or_else(|| "an unknown time".to_owned(), |text| text.trim_end_matches("+08:00").replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::orders::Behind;

    fn waiting() -> OrderLane {
        OrderLane {
            order: "M1".into(),
            biz_type: Some("MOVIE_TICKET"),
            topic: "orders".into(),
            partition: 2,
            state: LaneState::Waiting,
            status: Some("TICKETED".into()),
            modified_at: Some(1_793_462_400_000),
            offsets: vec![9, 7, 4],
            behind: vec![Behind { offset: 12, status: "USED".into() }],
            attempts: 3,
            failures: 2,
            last_failure: Some("http_status"),
            since_millis: Some(65_000),
            waits_for: Some("its backoff after http_status".into()),
            waits_millis: Some(1_500),
            decided_at: Some(1_793_458_800_000),
        }
    }

    #[test]
    fn the_story_of_an_order_that_waits_is_told_in_the_order_of_time() {
        let story = Story::of("M1", &Ok(vec![waiting()]));
        assert_eq!((story.missing, story.lanes[0].name.as_str()), (None, "orders/2"));
        assert_eq!(
            story.lanes[0].lines,
            [
                "Decided up to the modification of 2026-10-31 23:00:00.",
                "MOVIE_TICKET TICKETED of 2026-11-01 00:00:00 is sent next; it answers for 3 records from offset 4 to 9.",
                "USED at offset 12 waits behind it.",
                "Sent 3 times; 2 in a row decided nothing, the last one: http status.",
                "Waits for its backoff after http status, 1.5 s more, 1 min 5 s since its first waiting modification arrived.",
            ]
        );
    }

    #[test]
    fn an_order_that_rests_says_so() {
        let idle = OrderLane { decided_at: Some(1_793_458_800_000), ..OrderLane::default() };
        assert_eq!(lines(&idle), ["Decided up to the modification of 2026-10-31 23:00:00.", "Nothing of it waits."]);
    }

    #[test]
    fn an_order_that_is_not_known_says_why() {
        let text = |why| Story::of("M1", &Err(why)).missing.unwrap();
        assert!(text(Unanswered::Unknown).contains("another instance"));
        assert!(text(Unanswered::Busy).contains("too many") && text(Unanswered::Late).contains("in time"));
    }
}
