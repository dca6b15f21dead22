//! Performs the schedule: each track on a thread of its own, each disturbance ended before the next one of its track begins.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use order_sync_tests::alipayhk::Alipayhk;
use order_sync_tests::kafka::Kafka;
use order_sync_tests::proxy::{Damage, Proxy, api};

use crate::events::{Event, Events, now};
use crate::faults;
use crate::fleet::Fleet;
use crate::schedule::{Act, Line, Track, What};

/// What is disturbed.
pub(crate) struct World<'w> {
    pub(crate) kafka: &'static Kafka,
    /// The line of all processes to the broker.
    pub(crate) line: &'w Proxy,
    pub(crate) alipayhk: &'w Alipayhk,
    pub(crate) fleet: &'w Fleet,
    pub(crate) events: &'w Events,
    /// AlipayHK's faults between two disturbances.
    pub(crate) always: Vec<sandbox::faults::Rule>,
}

impl World<'_> {
    /// Performs the acts of one track, until they are all done or `over` is set.
    pub(crate) fn track(&self, track: Track, acts: &[Act], over: &AtomicBool) {
        let began = Instant::now();
        for act in acts.iter().filter(|act| act.track == track) {
            if !wait_until(began + act.at, over) {
                return;
            }
            let from = now();
            let member = self.begin(act);
            let whole = wait_until(Instant::now() + act.lasts, over);
            self.end(act, member);
            self.events.add(Event { what: act.what, member, from, to: now() });
            if !whole {
                return;
            }
        }
    }

    /// The process it hit.
    fn begin(&self, act: &Act) -> Option<u32> {
        match act.what {
            What::Join => return Some(self.fleet.join()),
            What::Leave => return self.fleet.leave(act.draw),
            What::Kill => return self.fleet.kill(act.draw),
            What::Freeze => return self.fleet.freeze(act.draw),
            What::Api(api) => {
                let mut rules = self.always.clone();
                rules.extend(faults::of(api, act.draw));
                self.alipayhk.set_faults(rules);
            }
            What::ApiLine(line) => self.fleet.doors(|door| spoil(door, line)),
            What::BrokerStop => self.kafka.stop(),
            What::BrokerKill => self.kafka.kill(),
            What::BrokerFreeze => self.kafka.pause(),
            What::KafkaLine(line) => spoil(self.line, line),
            What::CommitsSwallowed => self.line.swallow(api::OFFSET_COMMIT),
            What::HeartbeatsSwallowed => self.line.answer_heartbeats(),
        }
        None
    }

    fn end(&self, act: &Act, member: Option<u32>) {
        match act.what {
            // it leaves again, or, where it was hit meanwhile, another one does
            What::Join => drop(self.fleet.leave(act.draw)),
            What::Leave | What::Kill => {
                if member.is_some() {
                    self.fleet.join();
                }
            }
            What::Freeze => member.into_iter().for_each(|number| self.fleet.thaw(number)),
            What::Api(_) => self.alipayhk.set_faults(self.always.clone()),
            What::ApiLine(_) => self.fleet.doors(Proxy::heal),
            What::BrokerStop | What::BrokerKill => self.kafka.restart(),
            What::BrokerFreeze => self.kafka.resume(),
            What::KafkaLine(_) | What::CommitsSwallowed | What::HeartbeatsSwallowed => self.line.heal(),
        }
    }
}

fn spoil(proxy: &Proxy, line: Line) {
    match line {
        Line::Delay => proxy.delay(Duration::from_millis(150)),
        Line::Cut => proxy.cut(),
        Line::HalfOpen => proxy.half_open(),
        Line::Reset => proxy.reset(),
        Line::Refuse => {
            proxy.refuse();
            proxy.reset();
        }
        Line::Corrupt => proxy.corrupt(Damage::Flipped),
    }
}

/// False: it is over.
#[expect(clippy::disallowed_methods, reason = "the pace of the schedule")]
fn wait_until(moment: Instant, over: &AtomicBool) -> bool {
    while !over.load(Ordering::Relaxed) {
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
    false
}
