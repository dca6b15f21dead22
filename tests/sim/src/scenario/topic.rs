//! Topics: small logs in which times run backwards, orders repeat, and offsets are missing.

use domain::{BizType, MerchantBizNo, OrderStatus};

use crate::log::{Entry, Kind, Log, Version};
use crate::random::Random;

/// How a log shall look.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) orders: usize,
    pub(crate) records: (u64, u64),
    /// How far times may run backwards, in records.
    pub(crate) disorder: u64,
    pub(crate) milestones: u64,
    pub(crate) rejects: u64,
    pub(crate) unfit: u64,
    pub(crate) controls: u64,
    /// Equal times and equal contents.
    pub(crate) equal: u64,
    /// Offsets lie so far apart, at most, that window and span are reached.
    pub(crate) stride: u64,
    /// Everything is there after so long.
    pub(crate) arrives: u64,
}

/// Statuses of the type without milestones.
const PLAIN: [&str; 4] = ["PENDING", "ORDER_TAKEN", "TO_PICK_UP", "FINISHED"];
/// Statuses of the type with a milestone.
const TICKET: [&str; 3] = ["USED", "REFUNDED", "TICKETED"];

pub(crate) fn log(partition: usize, shape: &Shape, random: &mut Random) -> Log {
    let count = random.between(shape.records.0, shape.records.1);
    let mut arrivals: Vec<u64> = (0..count).map(|_| random.between(0, shape.arrives)).collect();
    arrivals.sort_unstable();
    let mut log = Log::default();
    let mut offset = 0_i64;
    for (index, at) in arrivals.into_iter().enumerate() {
        if shape.stride > 1 && index > 0 && random.chance(70) {
            offset += random.between(1, shape.stride) as i64;
        }
        let kind = if random.chance(shape.controls) {
            Kind::Control
        } else if random.chance(shape.unfit) {
            if random.chance(50) { Kind::Unfit } else { Kind::Skip }
        } else {
            Kind::Order(version(partition, index, shape, &log, random))
        };
        log.entries.push(Entry { offset, at, leader_epoch: 1, kind });
        offset += 1;
    }
    log
}

pub(crate) fn version(partition: usize, index: usize, shape: &Shape, log: &Log, random: &mut Random) -> Version {
    let order = random.index(shape.orders);
    // A type belongs to an order: two of three have milestones where the log has any.
    let ticket = shape.milestones > 0 && order % 3 != 2;
    let biz_type = if ticket { BizType::MovieTicket } else { BizType::SelfPick };
    let mut time = (index as i64 + 1 - random.between(0, shape.disorder) as i64).max(0);
    let mut status = match ticket {
        true if random.chance(shape.milestones) => TICKET[2],
        true => TICKET[random.index(2)],
        false => random.pick(&PLAIN),
    };
    let mut content = index as u64 + 1;
    let others: Vec<&Version> =
        (0..index.min(log.entries.len())).filter_map(|at| log.version(at)).filter(|other| other.order == order).collect();
    let mut rejects = random.chance(shape.rejects);
    if !others.is_empty() && random.chance(shape.equal) {
        let other = random.pick(&others);
        time = other.time;
        if random.chance(60) {
            (content, rejects) = (other.content, other.rejects);
            status = [PLAIN.as_slice(), &TICKET].concat().into_iter().find(|name| *name == other.status.as_str()).unwrap_or(status);
        }
    }
    let name = MerchantBizNo::parse(&format!("P{partition}-O{order}")).expect("a name of an order");
    Version {
        order,
        biz_type,
        status: OrderStatus::parse(status).expect("a status"),
        time,
        content,
        text: Version::text_of(&name, time, content).into(),
        name,
        rejects,
        milestone: status == TICKET[2],
    }
}
