//! The processes: they come, go, die and freeze, each behind a door of its own to AlipayHK, so that every call tells who made it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use order_sync_tests::config::Config;
use order_sync_tests::order_sync::{OrderSync, settled};
use order_sync_tests::process::Signal;
use order_sync_tests::proxy::Proxy;
use order_sync_tests::wait::PATIENCE;
use serde_json::Value as Json;

use crate::events::now;

/// The line when orders wait for calls of a predecessor: until the wait is over nothing of them is settled.
const HOLD: &str = "unclean hand-over";
/// Lines of a process's log after which its partitions may be another one's: what they explain is not our doing, but the machine's or Kafka's.
const LOSSES: [&str; 3] = ["partitions were lost", "the Kafka consumer was destroyed", "no commit was accepted for too long"];

/// One that runs.
struct Member {
    number: u32,
    run: OrderSync,
    door: Proxy,
}

/// What is known of one, running or not.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) number: u32,
    /// The `Host` of its calls.
    pub(crate) host: String,
    /// When and how it ended.
    pub(crate) ended: Option<(i64, End)>,
    /// When it lost its partitions otherwise than by handing them over, epoch milliseconds.
    pub(crate) losses: Vec<i64>,
    /// When orders of a partition that it took over began to wait for the predecessor's calls.
    pub(crate) holds: Vec<i64>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Killed,
    /// By SIGTERM, with this exit code.
    Stopped(i32),
    /// Nobody asked for it.
    ByItself(i32),
}

/// All of them.
pub(crate) struct Fleet {
    config: Config,
    alipayhk: u16,
    members: Mutex<Vec<Member>>,
    past: Mutex<Vec<Life>>,
    next: Mutex<u32>,
    /// Where the logs of those that ended are kept.
    logs: PathBuf,
    /// The last log lines of those that ended as they should not.
    last_words: Mutex<Vec<String>>,
}

impl Fleet {
    pub(crate) fn new(config: Config, alipayhk: u16, logs: &Path) -> Self {
        Self {
            config,
            alipayhk,
            members: Mutex::default(),
            past: Mutex::default(),
            next: Mutex::default(),
            logs: logs.to_owned(),
            last_words: Mutex::default(),
        }
    }

    /// Starts one more; its number.
    pub(crate) fn join(&self) -> u32 {
        let number = {
            let mut next = lock(&self.next);
            *next += 1;
            *next
        };
        let door = Proxy::before(self.alipayhk);
        let config = self.config.clone().set("alipayhk.base_url", format!("http://{}", door.address()));
        let member = Member { number, run: OrderSync::start(&config), door };
        lock(&self.members).push(member);
        number
    }

    /// SIGTERM to the one that `draw` means, and waits for its end. The last one stays.
    pub(crate) fn leave(&self, draw: u64) -> Option<u32> {
        let member = self.take(draw)?;
        Some(self.stop(member))
    }

    /// kill -9 to the one that `draw` means. The last one is killed as well: another one starts.
    pub(crate) fn kill(&self, draw: u64) -> Option<u32> {
        let member = {
            let mut members = lock(&self.members);
            if members.is_empty() {
                return None;
            }
            let at = draw as usize % members.len();
            members.remove(at)
        };
        let (log, number) = (member.run.log(), member.number);
        self.bury(&member, now(), self.end_of(&member, End::Killed), &log);
        member.run.kill();
        Some(number)
    }

    /// Stops the one that `draw` means in its tracks.
    pub(crate) fn freeze(&self, draw: u64) -> Option<u32> {
        let members = lock(&self.members);
        let member = members.get(draw as usize % members.len().max(1))?;
        member.run.signal(Signal::STOP);
        Some(member.number)
    }

    /// Lets a frozen one go on.
    pub(crate) fn thaw(&self, number: u32) {
        if let Some(member) = lock(&self.members).iter().find(|member| member.number == number) {
            member.run.signal(Signal::CONT);
        }
    }

    /// Does something to every line to AlipayHK.
    pub(crate) fn doors(&self, act: impl Fn(&Proxy)) {
        lock(&self.members).iter().for_each(|member| act(&member.door));
    }

    /// How many run.
    pub(crate) fn running(&self) -> usize {
        lock(&self.members).len()
    }

    /// Buries those that ended though nobody asked; how many there were.
    pub(crate) fn look_after(&self) -> usize {
        let mut members = lock(&self.members);
        let (dead, alive): (Vec<Member>, Vec<Member>) = members.drain(..).partition(|member| member.run.ended().is_some());
        *members = alive;
        drop(members);
        for member in &dead {
            let log = member.run.log();
            self.bury(member, now(), self.end_of(member, End::ByItself(-1)), &log);
        }
        dead.len()
    }

    /// The state of each that runs, by its number; an error where it does not answer.
    pub(crate) fn states(&self) -> Vec<(u32, Result<Json, String>)> {
        lock(&self.members).iter().map(|member| (member.number, member.run.state())).collect()
    }

    /// Stops all of them, one after the other.
    pub(crate) fn stop_all(&self) {
        loop {
            let Some(member) = lock(&self.members).pop() else { return };
            self.stop(member);
        }
    }

    /// All that ever ran.
    pub(crate) fn lives(&self) -> Vec<Life> {
        let mut lives = lock(&self.past).clone();
        lives.extend(lock(&self.members).iter().map(|member| life(member, None, &member.run.log())));
        lives
    }

    /// The ends of the logs of those that ended as they should not.
    pub(crate) fn last_words(&self) -> Vec<String> {
        lock(&self.last_words).clone()
    }

    fn take(&self, draw: u64) -> Option<Member> {
        let mut members = lock(&self.members);
        if members.len() < 2 {
            return None;
        }
        let at = draw as usize % members.len();
        Some(members.remove(at))
    }

    fn stop(&self, member: Member) -> u32 {
        let (number, was) = (member.number, member.run.ended());
        member.run.signal(Signal::TERM);
        let code = member.run.wait(PATIENCE);
        let log = member.run.log();
        let end = match (was, code) {
            (Some(code), _) => End::ByItself(code),
            (None, Some(code)) => End::Stopped(code),
            (None, None) => End::Stopped(-1),
        };
        self.bury(&member, now(), end, &log);
        number
    }

    /// As meant, unless it had ended before.
    fn end_of(&self, member: &Member, meant: End) -> End {
        member.run.ended().map_or(meant, End::ByItself)
    }

    fn bury(&self, member: &Member, at: i64, end: End, log: &str) {
        // only somebody who looks for a mistake misses it
        let _ = std::fs::write(self.logs.join(format!("process-{}.log", member.number)), log);
        if !matches!(end, End::Killed | End::Stopped(0)) {
            let lines: Vec<&str> = log.lines().rev().take(15).collect();
            let last: Vec<&str> = lines.into_iter().rev().collect();
            lock(&self.last_words).push(format!("process {} ({end:?}):\n{}", member.number, last.join("\n")));
        }
        lock(&self.past).push(life(member, Some((at, end)), log));
    }
}

/// Whether every record that a process has read has its disposition, and how many that are.
pub(crate) fn adds_up(state: &Json) -> Option<(u64, u64)> {
    let read = state["records_read"].as_u64()?;
    (settled(state) != read).then_some((read, settled(state)))
}

fn life(member: &Member, ended: Option<(i64, End)>, log: &str) -> Life {
    let when = |lines: &[&str]| {
        let at = |line: &str| {
            let line: Json = serde_json::from_str(line).ok()?;
            let message = line["message"].as_str()?;
            lines.iter().any(|begins| message.starts_with(begins)).then(|| line["timestamp"].as_str().and_then(millis)).flatten()
        };
        log.lines().filter_map(at).collect()
    };
    Life { number: member.number, host: member.door.address(), ended, losses: when(&LOSSES), holds: when(&[HOLD]) }
}

fn millis(timestamp: &str) -> Option<i64> {
    let time = time::OffsetDateTime::parse(timestamp, &time::format_description::well_known::Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
