//! The jobs of the signing threads, and how they get to them and their results away.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::sync::{Condvar, Mutex, MutexGuard};

/// Jobs, and the threads that wait for some.
pub(crate) struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    more: Condvar,
}

struct Waiting<J> {
    jobs: VecDeque<J>,
    /// Threads with nothing to do: only they are woken.
    idle: usize,
    closed: bool,
}

impl<J> Queue<J> {
    pub(crate) fn new() -> Self {
        Self { waiting: Mutex::new(Waiting { jobs: VecDeque::new(), idle: 0, closed: false }), more: Condvar::new() }
    }

    /// Puts a job behind the others.
    pub(crate) fn push(&self, job: J) {
        let mut waiting = self.lock();
        waiting.jobs.push_back(job);
        let wake = waiting.idle > 0;
        drop(waiting);
        if wake {
            self.more.notify_one();
        }
    }

    /// Drops what waits; the threads end behind the job they are at.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.jobs.clear();
        drop(waiting);
        self.more.notify_all();
    }

    /// One thread's life. Results are handed over together while more jobs wait, but not for too long since the first of them was `begun`.
    pub(crate) fn run<R, T>(
        &self,
        work: impl Fn(J) -> R,
        hand_over: impl Fn(Vec<R>),
        begun: impl Fn() -> T,
        too_long: impl Fn(&T) -> bool,
    ) {
        let (mut batch, mut since) = (Vec::new(), begun());
        loop {
            // A job that is there, as long as there is something to hand over; else the next one, whenever it comes.
            let job = if batch.is_empty() { self.next() } else { self.lock().jobs.pop_front() };
            let goes_on = job.is_some();
            if let Some(job) = job {
                if batch.is_empty() {
                    since = begun();
                }
                batch.push(work(job));
            } else if batch.is_empty() {
                return;
            }
            if !goes_on || too_long(&since) {
                hand_over(std::mem::take(&mut batch));
            }
        }
    }

    /// Waits for a job; `None`: there will be none.
    fn next(&self) -> Option<J> {
        let mut waiting = self.lock();
        loop {
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            waiting.idle += 1;
            waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.idle -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
