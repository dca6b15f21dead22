//! The topic: what stands at which offset, and from when on it can be read.

use std::fmt;
use std::sync::Arc;

use domain::{BizType, MerchantBizNo, OrderStatus};

/// The orders' times count from here: 14 November 2023.
pub const TIME_ZERO: i64 = 1_700_000_000_000;

/// One partition's log.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// By offset, ascending; offsets that are missing were taken by compaction.
    pub entries: Vec<Entry>,
    /// It ends here at least.
    pub floor: i64,
}

/// What stands at one offset.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it stands.
    pub offset: i64,
    /// When it can be read: appended, and its transaction committed.
    pub at: u64,
    /// The leader epoch it was written under.
    pub leader_epoch: i32,
    /// What it is.
    pub kind: Kind,
}

/// Kinds of entries.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A valid modification.
    Order(Version),
    /// A record that cannot be sent.
    Unfit,
    /// A record that is not for us.
    Skip,
    /// A control record, or a record of an aborted transaction: a position without a record.
    Control,
}

/// One modification of one order.
#[derive(Debug, Clone)]
pub struct Version {
    /// The order's number in its partition.
    pub order: usize,
    /// Its name.
    pub name: MerchantBizNo,
    /// Its business type.
    pub biz_type: BizType,
    /// Its status.
    pub status: OrderStatus,
    /// `orderModifyTime`, from [`TIME_ZERO`].
    pub time: i64,
    /// Equal content, equal number.
    pub content: u64,
    /// The same as text, as AlipayHK compares it.
    pub text: Arc<str>,
    /// AlipayHK refuses it for good.
    pub rejects: bool,
    /// It must reach AlipayHK.
    pub milestone: bool,
}

impl Version {
    /// The text of an order's modification.
    pub(crate) fn text_of(name: &MerchantBizNo, time: i64, content: u64) -> String {
        format!("{} {time} {content}", name.as_str())
    }
}

impl Log {
    /// How many entries can be read at a moment.
    pub fn visible(&self, now: u64) -> usize {
        self.entries.partition_point(|entry| entry.at <= now)
    }

    /// The last stable offset.
    pub fn end(&self, now: u64) -> i64 {
        self.visible(now).checked_sub(1).map_or(0, |last| self.entries[last].offset + 1).max(self.floor)
    }

    /// The first entry at or above an offset.
    pub fn from(&self, offset: i64) -> usize {
        self.entries.partition_point(|entry| entry.offset < offset)
    }

    /// The modification with this index.
    pub fn version(&self, index: usize) -> Option<&Version> {
        match &self.entries[index].kind {
            Kind::Order(version) => Some(version),
            Kind::Unfit | Kind::Skip | Kind::Control => None,
        }
    }

    /// The total order of an order's modifications: time, then offset.
    pub fn rank(&self, index: usize) -> Option<(i64, i64)> {
        self.version(index).map(|version| (version.time, self.entries[index].offset))
    }

    /// Equal time and equal content: one is the duplicate of the other.
    pub fn same(&self, a: usize, b: usize) -> bool {
        let (Some(a), Some(b)) = (self.version(a), self.version(b)) else { return false };
        (a.order, a.time, a.content) == (b.order, b.time, b.content)
    }

    /// The newest modification of an order, among so many entries.
    pub fn newest(&self, order: usize, among: usize) -> Option<usize> {
        let of_order = |index: &usize| self.version(*index).is_some_and(|version| version.order == order);
        (0..among).filter(of_order).max_by_key(|index| self.rank(*index))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{} at {}: ", self.offset, self.at)?;
        match &self.kind {
            Kind::Order(version) => {
                let rejects = if version.rejects { ", refused for good" } else { "" };
                let (order, time, content) = (version.order, version.time, version.content);
                write!(f, "O{order} time {time} content {content} {}{rejects}", version.status.as_str())
            }
            other @ (Kind::Unfit | Kind::Skip | Kind::Control) => write!(f, "{other:?}"),
        }
    }
}
