//! Dead letters and outcomes: taken or not, confirmed or not.

use engine::{Epoch, Offset};

use crate::driver::Mail;
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

    pub(crate) fn write_outcome(&mut self, process: usize, partition: usize, epoch: Epoch, offset: Offset) {
        let life = self.processes[process].life;
        let trouble = self.noisy() && self.random.chance(self.scenario.rates.letter);
        let (taken, longest) = if trouble { (self.random.chance(50), 3_000) } else { (true, 8) };
        let at = self.now + self.random.between(1, longest);
        self.at(at, Event::Written { process, life, partition, epoch, offset, taken });
    }

    pub(crate) fn written(&mut self, process: usize, partition: usize, epoch: Epoch, offset: Offset, taken: bool) {
        if taken {
            return self.tell(process, Mail::Outcome { partition, epoch, offset });
        }
        let life = self.processes[process].life;
        let at = self.now + AGAIN;
        let taken = !self.noisy() || self.random.chance(60);
        self.at(at, Event::Written { process, life, partition, epoch, offset, taken });
    }
}
