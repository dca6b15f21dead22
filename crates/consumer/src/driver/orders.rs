//! Questions about orders.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::MerchantBizNo;
use engine::{LaneState, LaneView, Now};

use super::Driver;
use crate::admin::{self, Behind, OrderLane, Question};

/// How many of those that wait longest are told.
const OLDEST: usize = 8;
/// They are looked for this often at most, and so rarely that it takes a hundredth of the loop's time at most: with a million orders that
/// wait, one look takes a while.
const OLDEST_EVERY: Duration = Duration::from_secs(1);
const SHARE: u32 = 100;

/// Those that wait longest, as they were found last.
#[derive(Debug, Default)]
pub(super) struct Oldest {
    found: Arc<Vec<OrderLane>>,
    again_at: Option<Now>,
}

impl Driver {
    pub(super) fn answer(&mut self, question: Question) {
        let now = self.now();
        // Whoever asked may have gone.
        match question {
            Question::Order(number, reply) => drop(reply.send(self.order(&number, now))),
            Question::Oldest(reply) => drop(reply.send(self.oldest(now))),
        }
    }

    fn order(&self, number: &str, now: Now) -> Vec<OrderLane> {
        let lanes = MerchantBizNo::parse(number).map(|order| self.engine.lanes_of(&order, now)).unwrap_or_default();
        lanes.iter().filter_map(|lane| self.lane(number, lane, now)).collect()
    }

    fn oldest(&mut self, now: Now) -> Arc<Vec<OrderLane>> {
        if self.oldest.again_at.is_none_or(|again| again <= now) {
            let began = Instant::now();
            let lanes = self.engine.oldest(OLDEST, now);
            let of = |lane: &LaneView| self.lane(lane.order.as_ref()?.as_str(), lane, now);
            let found = Arc::new(lanes.iter().filter_map(of).collect());
            let pause = (began.elapsed() * SHARE).max(OLDEST_EVERY);
            self.oldest = Oldest { found, again_at: Some(Now(now.0 + pause)) };
        }
        Arc::clone(&self.oldest.found)
    }

    fn lane(&self, number: &str, view: &LaneView, now: Now) -> Option<OrderLane> {
        let place = self.facts.place(view.partition)?;
        let (state, waits_for, until) = state(view);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let behind = view.waiting.iter().skip(1).map(|(offset, status)| Behind { offset: offset.0, status: status.clone() });
        Some(OrderLane {
            order: number.to_owned(),
            biz_type: view.biz_type.map(domain::BizType::name),
            topic: place.topic.to_string(),
            partition: place.partition,
            state,
            status: view.waiting.first().map(|(_, status)| status.clone()),
            modified_at: view.front_modified_at,
            offsets: view.offsets.iter().map(|offset| offset.0).collect(),
            behind: behind.collect(),
            attempts: view.attempts,
            failures: view.failures,
            last_failure: view.last_failure.map(domain::Cause::name),
            since_millis: view.waits_for.map(millis),
            waits_for,
            waits_millis: until.map(|until| millis(until.0.saturating_sub(now.0))),
            decided_at: view.decided.map(|(at, _)| at),
        })
    }
}

/// What a lane does, what it waits for in words, and until when.
fn state(view: &LaneView) -> (admin::LaneState, Option<String>, Option<Now>) {
    let waits = |what: String, until| (admin::LaneState::Waiting, Some(what), until);
    match view.state {
        LaneState::Idle => (admin::LaneState::Idle, None, None),
        LaneState::Ready => (admin::LaneState::Ready, Some("a token or a free call".to_owned()), None),
        LaneState::InFlight => (admin::LaneState::InFlight, Some("AlipayHK's answer".to_owned()), None),
        LaneState::Parking => waits("the dead-letter topic's confirmation".to_owned(), None),
        LaneState::Waiting(until) => match view.last_failure {
            Some(cause) => waits(format!("its backoff after {}", cause.name()), Some(until)),
            None => waits("a call that may still be applied".to_owned(), Some(until)),
        },
        LaneState::Partition => waits("its partition: everything before has to be read and announced first".to_owned(), None),
        LaneState::Gate(reason) => waits(format!("the gate, closed by {}", reason.name()), None),
        LaneState::TypeGate(reason) => waits(format!("the gate of its business type, closed by {}", reason.name()), None),
    }
}
