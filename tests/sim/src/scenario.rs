//! Everything that a seed decides before a world begins: topic, settings, what goes wrong and when.

mod draw;
mod generators;
mod topic;
mod turns;

use sandbox::model::OrderRule;

use crate::log::Log;

pub use generators::Generator;

/// Deadline of a call, in milliseconds like all times here.
pub const TIMEOUT: u64 = 6_000;
/// The group's session timeout.
pub const SESSION: u64 = 20_000;
/// Its heartbeat interval.
pub const HEARTBEAT: u64 = 1_500;
/// Longest drain.
pub const DRAIN: u64 = 10_000;
/// A member that does not poll for so long leaves the group by itself.
pub const MAX_POLL: u64 = 60_000;
/// So long after the last fault everything has to be settled.
pub const PATIENCE: u64 = 400_000;

/// What a world is made of.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// All further chance comes from it.
    pub seed: u64,
    /// How many processes there are.
    pub processes: usize,
    /// What the group knows a static member by; processes with one name come one after the other.
    pub names: Vec<Option<usize>>,
    /// When a process begins.
    pub begins: Vec<u64>,
    /// The partitions' logs.
    pub logs: Vec<Log>,
    /// How many orders each partition has.
    pub orders: usize,
    /// How long AlipayHK may still apply a call after our deadline.
    pub late_apply: u64,
    /// What AlipayHK makes of an older modification.
    pub order_rule: OrderRule,
    /// A known `requestId` gets its first answer again.
    pub idempotency: bool,
    /// AlipayHK holds on to the business types' state machines.
    pub transitions: bool,
    /// What a business type's table forbids is not sent.
    pub strict: bool,
    /// The outcomes topic is on.
    pub outcomes: bool,
    /// What orders have had decided is read from it.
    pub restores: bool,
    /// Older modifications are skipped.
    pub max_age: Option<u64>,
    /// On a rebalance everybody gives everything back.
    pub eager: bool,
    /// Calls a second, over all processes.
    pub rate: f64,
    /// Calls at once, each process.
    pub slots: u32,
    /// Waiting modifications, over all partitions.
    pub records: u64,
    /// Offsets read before the committed one.
    pub history: u64,
    /// An order that stays undecided is parked after a while.
    pub parks_undecided: bool,
    /// What goes wrong by chance, each in percent.
    pub rates: Rates,
    /// What goes wrong at its moment.
    pub faults: Vec<(u64, Fault)>,
    /// A process crashes at its so-manieth step.
    pub crash_at: Vec<Option<u32>>,
    /// A process freezes at its so-manieth step.
    pub freeze_at: Vec<Option<(u32, u64)>>,
    /// From then on nothing goes wrong any more.
    pub calm_from: u64,
    /// Nothing goes wrong, so nothing has a reason to be sent twice.
    pub quiet: bool,
    /// Nothing goes wrong but one crash, so nothing has a reason to wait.
    pub prompt: bool,
    /// The longest turn of a driver and its poll thread.
    pub turn: u64,
}

/// Chances of everyday faults, in percent.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    /// A request is swallowed on its way.
    pub swallowed: u64,
    /// It is applied late.
    pub late: u64,
    /// It is applied, and its answer is lost.
    pub answer_lost: u64,
    /// It is quickly answered by something that decides nothing, and applied or not.
    pub indefinite: u64,
    /// Nobody can be connected to.
    pub no_connection: u64,
    /// Signing and connecting takes long.
    pub slow_start: u64,
    /// A dead letter or an outcome is not taken, or its confirmation is lost.
    pub letter: u64,
    /// A commit is lost.
    pub commit_lost: u64,
    /// A commit waits inside the client and is sent later.
    pub commit_deferred: u64,
    /// The answer to a commit is lost or late.
    pub commit_answer: u64,
    /// A commit is answered as failed, by the client alone, and stored all the same, before or after that.
    pub commit_doubtful: u64,
    /// Commits overtake each other.
    pub reorder: bool,
}

/// What goes wrong at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A process dies, and begins anew a little later.
    Crash(usize),
    /// It is told to stop, and begins anew.
    Shutdown(usize),
    /// It stands still for so long.
    Freeze(usize, u64),
    /// It cannot reach the coordinator for so long.
    Cut(usize, u64),
    /// Its poll thread stands still.
    Stall(usize, u64),
    /// A partition is wanted elsewhere: a rebalance.
    Move(usize, usize),
    /// The coordinator is gone for so long: what reaches it is lost.
    Gone(u64),
    /// The coordinator stands still for so long: what reaches it is answered later.
    Stuck(u64),
    /// AlipayHK cannot be reached for so long.
    Outage(u64),
    /// Once nobody is in the group: an operator moves the offset of a partition back by so many records, or forward.
    Reset(usize, i64),
    /// Once nobody is in the group: the metadata of a partition is cut, emptied, or another's.
    Damage(usize, u8),
    /// Once nobody is in the group: an unclean election replaces the end of a log.
    Replace(usize),
    /// Every process dies at once.
    CrashAll,
}

impl Scenario {
    /// L: how long after it was sent a call may be applied.
    pub fn alive(&self) -> u64 {
        TIMEOUT + self.late_apply
    }
}
