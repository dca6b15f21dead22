//! An hour without AlipayHK, in virtual time, with a hundred thousand orders open.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{BizType, Cause, MerchantBizNo, ModifiedAt, OrderStatus, Outcome};

use super::rig::*;
use crate::io::*;
use crate::{Config, Engine, Snapshot, takeover};

const ORDERS: i64 = 100_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// AlipayHK away for an hour: what calls meet, when they were made, what was committed.
struct Outage {
    engine: Engine<i64>,
    now: Now,
    ends: Now,
    /// Calls on their way, by the moment of their answer.
    away: VecDeque<(Now, Ticket)>,
    calls: u64,
    commits: Vec<Now>,
    first_delivery: Option<Now>,
    delivered: usize,
    paused: bool,
}

impl Outage {
    fn begin(config: Config) -> Self {
        let now = Now(Duration::from_secs(100));
        let mut engine = Engine::new(config, 7, now);
        engine.handle(Input::TotalPartitions(1), now);
        let plan = takeover::plan(&facts(None, ORDERS), 0, now).unwrap();
        engine.handle(Input::Assigned { partition: P0, epoch: Epoch(1), plan }, now);
        let (away, commits) = (VecDeque::new(), Vec::new());
        let ends = Now(now.0 + HOUR);
        let mut outage = Self { engine, now, ends, away, calls: 0, commits, first_delivery: None, delivered: 0, paused: false };
        outage.turn();
        outage
    }

    fn read(&mut self, offset: i64) {
        let modification = Modification {
            order: MerchantBizNo::parse(&format!("O{offset}")).unwrap(),
            biz_type: BizType::MovieTicket,
            status: OrderStatus::parse("USED").unwrap(),
            modified_at: ModifiedAt::parse(1_700_000_000_000 + offset, 1_800_000_000_000).unwrap(),
            content: offset as u64,
            payload: offset,
        };
        let record = Record { offset: Offset(offset), leader_epoch: Some(1), bytes: 200, content: Content::Modification(modification) };
        self.engine.handle(Input::Fetched { partition: P0, epoch: Epoch(1), record }, self.now);
    }

    /// Every kind of outage in turn: nobody answers, nobody is there, errors, no connection.
    fn met(&self) -> (Duration, Outcome) {
        if self.now >= self.ends {
            return (Duration::from_millis(5), accepted());
        }
        match (self.ends.0 - self.now.0).as_secs() / 600 % 4 {
            0 => (Duration::from_secs(L), indefinite(Cause::Timeout, true)),
            1 => (Duration::from_millis(1), indefinite(Cause::NotSent, false)),
            2 => (Duration::from_millis(30), indefinite(Cause::HttpStatus, true)),
            _ => (Duration::from_secs(1), indefinite(Cause::Broken, true)),
        }
    }

    fn turn(&mut self) {
        self.engine.handle_timeout(self.now);
        self.engine.schedule(self.now);
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Call(call) => {
                    self.calls += 1;
                    self.away.push_back((Now(self.now.0 + self.met().0), call.ticket));
                }
                Effect::Commit(commit) => {
                    self.commits.push(self.now);
                    let accepted = CommitResult::Accepted;
                    self.engine.handle(Input::CommitFinished { commit: commit.commit, result: accepted }, self.now);
                }
                Effect::Disposed(disposed) => {
                    assert_eq!(disposed.disposition, Disposition::Delivered);
                    self.first_delivery.get_or_insert(self.now);
                    self.delivered += 1;
                }
                Effect::Pause { .. } => self.paused = true,
                Effect::Resume { .. } => self.paused = false,
                Effect::Note(Note::GateClosed { .. } | Note::GateOpened { .. }) => {}
                Effect::Note(note) => panic!("an outage of AlipayHK is nothing else: {note:?}"),
                Effect::Park(_) => panic!("an outage parks nothing"),
                Effect::Release { .. } | Effect::Seek { .. } | Effect::Rebuild { .. } | Effect::Exit { .. } => {
                    panic!("membership is not touched")
                }
            }
        }
    }

    /// Until this moment, or until everything is committed.
    fn run(&mut self, until: Now) {
        loop {
            let answer = self.away.iter().map(|(at, _)| *at).min();
            let next = [answer, self.engine.poll_timeout()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.now = next.max(self.now);
            let (ended, away): (VecDeque<_>, _) = self.away.drain(..).partition(|(at, _)| *at <= self.now);
            self.away = away;
            for (_, ticket) in ended {
                let (_, outcome) = self.met();
                self.engine.handle(Input::CallFinished { ticket, outcome }, self.now);
            }
            self.turn();
        }
        self.now = until.max(self.now);
    }

    fn snapshot(&mut self) -> Snapshot {
        self.engine.snapshot(self.now)
    }
}

#[test]
fn an_hour_without_alipayhk_parks_nothing_keeps_the_membership_and_ends_within_one_backoff() {
    let orders = ORDERS as usize;
    let config = Config {
        max_open_records: ORDERS as u64,
        remembered_orders: orders,
        max_in_flight: 256,
        requests_per_second: 10_000.0,
        ..config()
    };
    let session = config.session_timeout;
    let mut outage = Outage::begin(config);
    for offset in 0..ORDERS {
        outage.read(offset);
    }
    outage.turn();
    let (begin, ends) = (outage.now, outage.ends);
    assert!(outage.paused, "the partition's part is full");
    for minute in 1..=60 {
        outage.run(Now(begin.0 + Duration::from_secs(60 * minute)));
        let partition = &outage.snapshot().partitions[0];
        assert_eq!((partition.open, partition.waiting, partition.paused), (ORDERS as u64, ORDERS as u64, true), "minute {minute}");
    }
    outage.engine.check_invariants();
    let gaps = outage.commits.windows(2).map(|pair| pair[1].0 - pair[0].0);
    assert!(gaps.max().unwrap() <= session / 5, "commits go on: the lease and the membership live");
    assert!(outage.commits.last().unwrap().0 + session / 5 >= ends.0);
    // One after the other, each after half a minute on average, and what was on its way at the beginning.
    assert!(outage.calls <= 256 + 200, "{} calls in an hour", outage.calls);
    assert!(outage.calls >= 256 + 60, "{} calls in an hour: it goes on probing", outage.calls);

    outage.run(Now(ends.0 + Duration::from_secs(400)));
    let waited = outage.first_delivery.unwrap().0 - ends.0;
    assert!(waited <= Duration::from_secs(61), "the first delivery came {waited:?} after the end");
    assert_eq!(outage.delivered, orders);
    let snapshot = outage.snapshot();
    assert_eq!((snapshot.partitions[0].committed, snapshot.counters.parked), (Some(Offset(ORDERS)), 0));
    assert!(!outage.paused);
}
