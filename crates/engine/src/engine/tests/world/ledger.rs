//! The outcomes topic of the world: written in order, confirmed in any, compacted at once.

use domain::MerchantBizNo;

use super::super::rig::P0;
use super::{EPOCH, World};
use crate::io::*;

/// An outcome that the broker has not confirmed.
#[derive(Debug, Clone)]
pub(super) struct Unwritten {
    pub(super) epoch: Epoch,
    pub(super) offset: Offset,
    /// What its record tells, until it lies in the topic: from then on it outlives the process.
    pub(super) tells: Option<(MerchantBizNo, Standing)>,
}

impl World {
    /// A part of what the outcomes topic tells.
    pub(super) fn restore(&mut self, orders: u8) {
        let Some(untold) = &mut self.untold else { return };
        let told: Vec<_> = untold.drain(..usize::from(orders).min(untold.len())).collect();
        let (partition, epoch, over) = (P0, self.epoch, untold.is_empty());
        for (order, standing) in &told {
            let (order, version) = (order.as_str().as_bytes()[1] - b'0', ((standing.at - EPOCH) as u8, standing.offset.0));
            let decided = self.decided.entry(order).or_insert(version);
            *decided = version.max(*decided);
        }
        self.put(Input::Restored { partition, epoch, orders: told });
        if over {
            self.untold = None;
            self.put(Input::Restoring { partition, epoch, on: false });
        }
    }

    /// The outcomes topic tells that this version of an order, or a newer one, was decided.
    pub(super) fn was_told(&self, order: u8, version: (u8, i64)) -> bool {
        let told = self.ledger.iter().find(|(name, _)| name.as_str().as_bytes().get(1) == Some(&(b'0' + order)));
        told.is_some_and(|(_, standing)| ((standing.at - EPOCH) as u8, standing.offset.0) >= version)
    }

    pub(super) fn written(&mut self, which: u8) {
        if !self.unwritten.is_empty() {
            let which = usize::from(which) % self.unwritten.len();
            // Written in their order, confirmed in any.
            let tells: Vec<_> = self.unwritten.iter_mut().take(which + 1).filter_map(|unwritten| unwritten.tells.take()).collect();
            self.ledger.extend(tells);
            let Unwritten { epoch, offset, .. } = self.unwritten.remove(which);
            self.ended.insert(offset.0);
            self.done.insert(offset.0);
            self.put(Input::OutcomeWritten { partition: P0, epoch, offset });
        }
    }
}
