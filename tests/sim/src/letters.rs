//! Dead letters and outcomes: taken or not, confirmed or not.

use domain::MerchantBizNo;
use engine::{Disposed, Epoch, Offset, Standing};

use crate::driver::Mail;
use crate::mutants::Mutant;
use crate::process::Held;
use crate::world::{Event, World};

/// An outcome that was not taken is written again after this.
const AGAIN: u64 = 1_000;

impl World {
    pub(crate) fn write_letter(&mut self, process: usize, held: Held, epoch: Epoch, offset: Offset) {
        let life = self.processes[process].life;
        let Held { partition, index } = held;
        let trouble = self.noisy() && self.random.chance(self.scenario.rates.letter);
        let (taken, confirmed, longest) = match self.random.between(0, 2) {
            _ if !trouble => (true, true, 10),
            0 => (false, false, 3_000),
            1 => (true, false, 3_000),
            _ => (true, true, 6_000),
        };
        let at = self.now + self.random.between(1, longest);
        self.at(at, Event::Letter { process, life, partition, epoch, offset, index, taken, told: None });
        let told = at + self.random.between(0, 5);
        self.at(told, Event::Letter { process, life, partition, epoch, offset, index, taken: false, told: Some(confirmed) });
    }

    pub(crate) fn letter(
        &mut self,
        process: usize,
        (partition, epoch, offset): (usize, Epoch, Offset),
        index: usize,
        taken: bool,
        told: Option<bool>,
    ) {
        if taken {
            self.lettered(partition, index);
        }
        if let Some(confirmed) = told {
            self.tell(process, Mail::Letter { partition, epoch, offset, confirmed });
        }
    }

    pub(crate) fn write_outcome(&mut self, process: usize, disposed: Disposed) {
        let Disposed { partition, epoch, offset, order, standing, .. } = disposed;
        let (partition, told) = (partition.0 as usize, order.zip(standing).map(Box::new));
        let life = self.processes[process].life;
        let trouble = self.noisy() && self.random.chance(self.scenario.rates.letter);
        let (taken, longest) = if trouble { (self.random.chance(50), 3_000) } else { (true, 8) };
        let at = self.now + self.random.between(1, longest);
        self.at(at, Event::Written { process, life, partition, epoch, offset, told, taken });
        if self.off.contains(&Mutant::OutcomeFirst) {
            self.tell(process, Mail::Outcome { partition, epoch, offset });
        }
    }

    /// What is on its way to a broker arrives, whatever becomes of its sender.
    pub(crate) fn outcome_arrives(&mut self, partition: usize, told: &Option<Box<(MerchantBizNo, Standing)>>) {
        if let Some(told) = told {
            self.outcomes[partition].push((**told).clone());
        }
    }

    pub(crate) fn written(
        &mut self,
        process: usize,
        (partition, epoch, offset): (usize, Epoch, Offset),
        told: Option<Box<(MerchantBizNo, Standing)>>,
        taken: bool,
    ) {
        if taken {
            self.outcome_arrives(partition, &told);
            return self.tell(process, Mail::Outcome { partition, epoch, offset });
        }
        let life = self.processes[process].life;
        let at = self.now + AGAIN;
        let taken = !self.noisy() || self.random.chance(60);
        self.at(at, Event::Written { process, life, partition, epoch, offset, told, taken });
    }

    /// A partition came: what its orders have had decided is read, from the beginning of the topic to where it ends when that begins.
    pub(crate) fn restore_later(&mut self, process: usize, partition: usize, epoch: Epoch, longest: u64) {
        let (life, at) = (self.processes[process].life, self.now + self.random.between(5, longest));
        self.at(at, Event::Restore { process, life, partition, epoch });
    }

    pub(crate) fn restore(&mut self, process: usize, partition: usize, epoch: Epoch) {
        let mut told = if self.off.contains(&Mutant::Restored) { Vec::new() } else { self.outcomes[partition].clone() };
        let breaks_off = self.noisy() && self.random.chance(self.scenario.rates.letter);
        if breaks_off {
            told.truncate(self.random.index(told.len()));
        }
        while !told.is_empty() {
            let rest = told.split_off(self.random.between(1, 3).min(told.len() as u64) as usize);
            self.tell(process, Mail::Restored { partition, epoch, orders: std::mem::replace(&mut told, rest) });
        }
        if breaks_off {
            self.restore_later(process, partition, epoch, 3_000);
        } else {
            self.tell(process, Mail::RestoreOver { partition, epoch });
        }
    }
}
