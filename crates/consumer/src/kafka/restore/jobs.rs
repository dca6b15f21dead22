//! Whose past is read next. What cannot be read now waits beside the others, and holds none of them up.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use engine::{Epoch, PartitionId};

use super::Job;

/// Between two attempts at one partition.
const AGAIN: Duration = Duration::from_secs(1);

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Asked {
    /// A partition became ours.
    Restore(Job),
    /// It is no longer.
    Gone(PartitionId, Epoch),
}

/// What there is to do.
#[derive(Debug)]
pub(super) enum Next {
    Read(Job),
    /// Not before that long.
    Wait(Duration),
    Nothing,
}

#[derive(Debug, Default)]
pub(super) struct Jobs {
    fresh: VecDeque<Job>,
    /// Those that could not be read, and when they are tried again.
    late: Vec<(Instant, Job)>,
}

impl Jobs {
    pub(super) fn hear(&mut self, asked: Asked) {
        match asked {
            Asked::Restore(job) => self.fresh.push_back(job),
            Asked::Gone(id, epoch) => {
                let stays = |job: &Job| (job.id, job.epoch) != (id, epoch);
                self.fresh.retain(stays);
                self.late.retain(|(_, job)| stays(job));
            }
        }
    }

    /// Those that were never tried come first.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        if let Some(job) = self.fresh.pop_front() {
            return Next::Read(job);
        }
        match self.late.first() {
            Some((due, _)) if *due > now => Next::Wait(due.duration_since(now)),
            Some(_) => Next::Read(self.late.remove(0).1),
            None => Next::Nothing,
        }
    }

    /// It could not be read.
    pub(super) fn failed(&mut self, job: Job, now: Instant) {
        self.late.push((now + AGAIN, job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(number: u32) -> Job {
        Job { id: PartitionId(number), epoch: Epoch(1), topic: "orders".into(), partition: 0, has_past: true }
    }

    fn next(jobs: &mut Jobs, now: Instant) -> Option<u32> {
        match jobs.next(now) {
            Next::Read(job) => Some(job.id.0),
            Next::Wait(_) | Next::Nothing => None,
        }
    }

    #[test]
    fn what_cannot_be_read_holds_no_other_one_up_and_is_tried_until_it_can() {
        let (mut jobs, began) = (Jobs::default(), Instant::now());
        (0..3).for_each(|number| jobs.hear(Asked::Restore(job(number))));
        assert_eq!(next(&mut jobs, began), Some(0));
        jobs.failed(job(0), began);
        assert_eq!([(); 2].map(|()| next(&mut jobs, began)), [Some(1), Some(2)]);
        assert!(matches!(jobs.next(began), Next::Wait(wait) if wait == AGAIN));
        for tries in 1..5 {
            assert_eq!(next(&mut jobs, began + AGAIN * tries), Some(0));
            jobs.failed(job(0), began + AGAIN * tries);
            jobs.hear(Asked::Restore(job(10 + tries)));
            assert_eq!(next(&mut jobs, began + AGAIN * 9), Some(10 + tries), "a new one goes first, also before one that is due");
        }
        jobs.failed(job(7), began + AGAIN * 5);
        assert_eq!([(); 2].map(|()| next(&mut jobs, began + AGAIN * 9)), [Some(0), Some(7)], "turn by turn");
        assert!(matches!(jobs.next(began), Next::Nothing));
    }

    #[test]
    fn a_partition_that_is_gone_is_not_tried_again() {
        let (mut jobs, began) = (Jobs::default(), Instant::now());
        jobs.failed(job(0), began);
        (1..3).for_each(|number| jobs.hear(Asked::Restore(job(number))));
        jobs.hear(Asked::Gone(PartitionId(0), Epoch(1)));
        jobs.hear(Asked::Gone(PartitionId(1), Epoch(1)));
        jobs.hear(Asked::Gone(PartitionId(2), Epoch(0)));
        assert_eq!((next(&mut jobs, began + AGAIN), next(&mut jobs, began + AGAIN)), (Some(2), None));
    }
}
