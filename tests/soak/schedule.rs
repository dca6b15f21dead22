//! What goes wrong when: drawn from the seed before anything starts, so that a seed tells the whole story.
//!
//! Three tracks run beside each other: the processes, AlipayHK with the line to it, and Kafka with the line to it. A disturbance lasts; when
//! it ends, its track is whole again before the next one begins.

use std::fmt;
use std::time::Duration;

use crate::random::Random;

/// Which mixture of disturbances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mix {
    /// Everything, by chance.
    All,
    /// Partitions change hands all the time, mostly by kill -9, over backlogs that have collapsed: for mistakes in hand-overs.
    HandOvers,
}

/// The parts of the world that are disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Track {
    Processes,
    Alipayhk,
    Kafka,
}

/// One disturbance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) track: Track,
    /// From the start of the chaos.
    pub(crate) at: Duration,
    pub(crate) lasts: Duration,
    pub(crate) what: What,
    /// Whom it hits, where there is a choice.
    pub(crate) draw: u64,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// One more process; it is stopped at the end.
    Join,
    /// SIGTERM to one; another one starts at the end.
    Leave,
    /// kill -9; another one starts at the end.
    Kill,
    /// SIGSTOP for longer than a session; SIGCONT at the end.
    Freeze,
    /// AlipayHK itself, see [`Api`].
    Api(Api),
    /// The line to AlipayHK, of every process.
    ApiLine(Line),
    /// SIGTERM to the broker; back at the end.
    BrokerStop,
    /// kill -9 of the broker; back at the end.
    BrokerKill,
    /// SIGSTOP of the broker; SIGCONT at the end.
    BrokerFreeze,
    /// The line to the broker.
    KafkaLine(Line),
    /// Commits never reach the broker.
    CommitsSwallowed,
    /// Heartbeats never reach the broker.
    HeartbeatsSwallowed,
}

/// What AlipayHK does to a part of the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Api {
    Latency,
    ServerErrors,
    AppliedServerErrors,
    Throttling,
    Resets,
    AppliedResets,
    Hangs,
    AppliedHangs,
    Closes,
    Unsigned,
    BadlySigned,
    UnknownStatus,
    SystemErrors,
    Refusals,
    AppliedLate,
    Truncated,
    NotJson,
}

/// What happens to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Line {
    Delay,
    Cut,
    HalfOpen,
    Reset,
    Refuse,
    Corrupt,
}

pub(crate) const API: [Api; 17] = [
    Api::Latency,
    Api::ServerErrors,
    Api::AppliedServerErrors,
    Api::Throttling,
    Api::Resets,
    Api::AppliedResets,
    Api::Hangs,
    Api::AppliedHangs,
    Api::Closes,
    Api::Unsigned,
    Api::BadlySigned,
    Api::UnknownStatus,
    Api::SystemErrors,
    Api::Refusals,
    Api::AppliedLate,
    Api::Truncated,
    Api::NotJson,
];

/// Before the first disturbance: the fleet joins and works.
const CALM: Duration = Duration::from_secs(3);

/// The disturbances of each track, in their order. None begins after `period`.
pub(crate) fn draw(seed: u64, mix: Mix, period: Duration) -> Vec<Act> {
    let mut acts = Vec::new();
    for track in [Track::Processes, Track::Alipayhk, Track::Kafka] {
        let mut random = Random::new(seed, &format!("{track:?}"));
        let mut bag = Bag::default();
        let mut at = CALM + millis(random.between(0, 3_000));
        while at < period {
            let what = bag.take(&kinds(track, mix), &mut random);
            let (least, most) = lasting(what);
            let lasts = millis(random.between(least, most));
            acts.push(Act { track, at, lasts, what, draw: random.between(0, 1_000) });
            at += lasts + millis(between(track, mix, &mut random));
        }
    }
    acts.sort_by_key(|act| (act.at, act.track));
    acts
}

/// Draws without putting back, so that even a short run meets most kinds.
#[derive(Default)]
struct Bag(Vec<What>);

impl Bag {
    fn take(&mut self, kinds: &[What], random: &mut Random) -> What {
        if self.0.is_empty() {
            self.0 = kinds.to_vec();
        }
        let at = random.below(self.0.len());
        self.0.swap_remove(at)
    }
}

fn kinds(track: Track, mix: Mix) -> Vec<What> {
    let lines = |line: fn(Line) -> What, of: &[Line]| of.iter().copied().map(line).collect::<Vec<_>>();
    match (track, mix) {
        (Track::Processes, Mix::All) => vec![What::Join, What::Leave, What::Kill, What::Kill, What::Freeze],
        (Track::Processes, Mix::HandOvers) => vec![What::Kill, What::Kill, What::Kill, What::Join, What::Leave],
        (Track::Alipayhk, Mix::All) => {
            let mut all: Vec<What> = API.map(What::Api).to_vec();
            all.extend(lines(What::ApiLine, &[Line::Delay, Line::Cut, Line::HalfOpen, Line::Reset, Line::Refuse, Line::Corrupt]));
            all
        }
        (Track::Alipayhk, Mix::HandOvers) => vec![What::Api(Api::Latency)],
        (Track::Kafka, Mix::All) => {
            let mut all = vec![What::BrokerStop, What::BrokerKill, What::BrokerFreeze, What::CommitsSwallowed, What::HeartbeatsSwallowed];
            all.extend(lines(What::KafkaLine, &[Line::Delay, Line::Cut, Line::HalfOpen, Line::Reset, Line::Refuse]));
            all
        }
        (Track::Kafka, Mix::HandOvers) => vec![What::KafkaLine(Line::Delay)],
    }
}

/// Least and most milliseconds. The session is six seconds, a call may take one, and AlipayHK may apply it for 1.5 more.
fn lasting(what: What) -> (u64, u64) {
    match what {
        What::Join => (4_000, 12_000),
        What::Leave | What::Kill => (500, 8_000),
        What::Freeze => (7_000, 11_000),
        What::Api(_) => (1_500, 5_000),
        // what waits in a cut arrives behind it: not later than AlipayHK may apply a call
        What::ApiLine(Line::Cut) => (300, 800),
        What::ApiLine(_) => (500, 3_000),
        What::BrokerStop | What::BrokerKill => (500, 2_000),
        What::BrokerFreeze => (1_000, 9_000),
        What::KafkaLine(_) => (500, 8_000),
        What::CommitsSwallowed | What::HeartbeatsSwallowed => (1_000, 8_000),
    }
}

/// Milliseconds of calm between two of a track.
fn between(track: Track, mix: Mix, random: &mut Random) -> u64 {
    match (track, mix) {
        (Track::Processes, Mix::All) => random.between(1_000, 5_000),
        (Track::Processes, Mix::HandOvers) => random.between(200, 2_500),
        (Track::Alipayhk, _) => random.between(500, 3_000),
        (Track::Kafka, Mix::All) => random.between(4_000, 12_000),
        (Track::Kafka, Mix::HandOvers) => random.between(8_000, 15_000),
    }
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

impl What {
    /// Whether it disturbs Kafka or the line to it.
    pub(crate) fn is_kafkas(self) -> bool {
        match self {
            Self::BrokerStop
            | Self::BrokerKill
            | Self::BrokerFreeze
            | Self::KafkaLine(_)
            | Self::CommitsSwallowed
            | Self::HeartbeatsSwallowed => true,
            Self::Join | Self::Leave | Self::Kill | Self::Freeze | Self::Api(_) | Self::ApiLine(_) => false,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join => f.write_str("a process joins"),
            Self::Leave => f.write_str("a process leaves (SIGTERM)"),
            Self::Kill => f.write_str("a process is killed (-9)"),
            Self::Freeze => f.write_str("a process freezes beyond its session"),
            Self::Api(api) => write!(f, "AlipayHK: {}", words(&format!("{api:?}"))),
            Self::ApiLine(line) => write!(f, "line to AlipayHK: {}", words(&format!("{line:?}"))),
            Self::BrokerStop => f.write_str("broker stops (SIGTERM)"),
            Self::BrokerKill => f.write_str("broker is killed (-9)"),
            Self::BrokerFreeze => f.write_str("broker freezes"),
            Self::KafkaLine(line) => write!(f, "line to Kafka: {}", words(&format!("{line:?}"))),
            Self::CommitsSwallowed => f.write_str("commits are swallowed"),
            Self::HeartbeatsSwallowed => f.write_str("heartbeats are swallowed"),
        }
    }
}

/// `BadlySigned` as `badly signed`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_is_one_schedule_and_another_seed_another_one() {
        let period = Duration::from_secs(120);
        assert_eq!(draw(1, Mix::All, period), draw(1, Mix::All, period));
        assert_ne!(draw(1, Mix::All, period), draw(2, Mix::All, period));
        assert_eq!(words("BadlySigned"), "badly signed");
    }

    #[test]
    fn disturbances_of_one_track_do_not_overlap() {
        let acts = draw(7, Mix::All, Duration::from_secs(600));
        for track in [Track::Processes, Track::Alipayhk, Track::Kafka] {
            let of: Vec<&Act> = acts.iter().filter(|act| act.track == track).collect();
            assert!(of.windows(2).all(|two| two[0].at + two[0].lasts < two[1].at), "{track:?}");
        }
    }

    #[test]
    fn ten_minutes_meet_every_kind() {
        let met: BTreeSet<What> = draw(3, Mix::All, Duration::from_secs(600)).iter().map(|act| act.what).collect();
        for track in [Track::Processes, Track::Alipayhk, Track::Kafka] {
            for kind in kinds(track, Mix::All) {
                assert!(met.contains(&kind), "{kind}");
            }
        }
    }
}
