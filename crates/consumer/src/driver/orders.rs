//! Questions about one order.

use domain::MerchantBizNo;
use engine::{LaneState, LaneView};

use super::Driver;
use crate::admin::{self, OrderLane, OrderQuery};

impl Driver {
    pub(super) fn order_query(&self, query: OrderQuery) {
        let now = self.now();
        let lanes = MerchantBizNo::parse(&query.order).map(|order| self.engine.lanes_of(&order, now)).unwrap_or_default();
        let answer = lanes.iter().filter_map(|lane| self.lane(lane, now)).collect();
        // Whoever asked may have gone.
        let _ = query.reply.send(answer);
    }

    fn lane(&self, view: &LaneView, now: engine::Now) -> Option<OrderLane> {
        let place = self.facts.place(view.partition)?;
        let (state, waits_for, until) = match view.state {
            LaneState::Idle => (admin::LaneState::Idle, None, None),
            LaneState::Ready => (admin::LaneState::Ready, Some("a token, a slot or an open gate"), None),
            LaneState::InFlight => (admin::LaneState::InFlight, Some("AlipayHK's answer"), None),
            LaneState::Parking => (admin::LaneState::Waiting, Some("the dead-letter topic's confirmation"), None),
            LaneState::Waiting(until) => (admin::LaneState::Waiting, Some("its backoff, or a call that may still be applied"), Some(until)),
            LaneState::Partition => {
                (admin::LaneState::Waiting, Some("its partition: everything before has to be read and announced first"), None)
            }
        };
        Some(OrderLane {
            topic: place.topic.to_string(),
            partition: place.partition,
            state,
            status: view.waiting.first().map(|(_, status)| status.clone()),
            modified_at: view.front_modified_at,
            offsets: view.offsets.iter().map(|offset| offset.0).collect(),
            attempts: view.attempts,
            waits_for: waits_for.map(str::to_owned),
            waits_millis: until.map(|until| u64::try_from(until.0.saturating_sub(now.0).as_millis()).unwrap_or(u64::MAX)),
            decided_at: view.decided.map(|(at, _)| at),
        })
    }
}
