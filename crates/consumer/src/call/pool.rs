//! The signing pool: an RSA signature takes most of an order's time, so it has threads of its own and never blocks the others.

mod queue;
#[cfg(test)]
mod shuttled;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use queue::Queue;

/// What the queue is made of; the tests of every order of its steps make it of something else.
mod sync {
    pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
}

/// While more jobs wait, a result waits for others no longer than this: every hand-over wakes the receiver's thread, see docs/benchmarks.md.
const TOGETHER: Duration = Duration::from_millis(1);

/// Threads that work. The queue is bounded by `max_in_flight`, since every job belongs to a call. When the pool is dropped, its threads end
/// behind the job they are at.
pub(crate) struct Pool<J> {
    queue: Arc<Queue<J>>,
}

impl<J: Send + 'static> Pool<J> {
    /// Starts the threads.
    pub(crate) fn start<R: Send + 'static>(
        threads: usize,
        work: impl Fn(J) -> R + Send + Sync + 'static,
        results: UnboundedSender<Vec<R>>,
    ) -> std::io::Result<Self> {
        Self::with_patience(threads, work, results, TOGETHER)
    }

    fn with_patience<R: Send + 'static>(
        threads: usize,
        work: impl Fn(J) -> R + Send + Sync + 'static,
        results: UnboundedSender<Vec<R>>,
        together: Duration,
    ) -> std::io::Result<Self> {
        let (queue, work) = (Arc::new(Queue::new()), Arc::new(work));
        for number in 0..threads.max(1) {
            let (queue, work, results) = (Arc::clone(&queue), Arc::clone(&work), results.clone());
            let run = move || {
                // A receiver that is gone waits for nothing any more.
                queue.run(&*work, |batch| drop(results.send(batch)), Instant::now, |since| since.elapsed() >= together);
            };
            std::thread::Builder::new().name(format!("sign-{number}")).spawn(run)?;
        }
        Ok(Self { queue })
    }

    /// Puts a job behind the others.
    pub(crate) fn submit(&self, job: J) {
        self.queue.push(job);
    }
}

impl<J> Drop for Pool<J> {
    fn drop(&mut self) {
        self.queue.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    /// Jobs are numbers; number 0 waits until it may end.
    fn pool(together: Duration) -> (Pool<u32>, UnboundedReceiver<Vec<u32>>, std::sync::mpsc::Sender<()>) {
        let (results, receiver) = unbounded_channel();
        let (go, wait): (_, Receiver<()>) = channel();
        let wait = Mutex::new(wait);
        let work = move |job| {
            if job == 0 {
                let _ = wait.lock().unwrap().recv();
            }
            job
        };
        (Pool::with_patience(1, work, results, together).unwrap(), receiver, go)
    }

    #[tokio::test]
    async fn a_job_runs_off_its_caller_s_thread() {
        let (results, mut receiver) = unbounded_channel();
        let pool = Pool::start(1, |()| std::thread::current().name().map(str::to_owned), results).unwrap();
        pool.submit(());
        assert_eq!(receiver.recv().await.unwrap(), [Some("sign-0".to_owned())]);
    }

    #[tokio::test]
    async fn a_result_waits_for_no_job_that_is_not_there() {
        let (pool, mut receiver, _go) = pool(LONG);
        for job in 1..5 {
            pool.submit(job);
            assert_eq!(receiver.recv().await.unwrap(), [job]);
        }
    }

    #[tokio::test]
    async fn results_come_in_the_order_of_their_jobs_and_together_while_more_jobs_wait() {
        let (pool, mut receiver, go) = pool(LONG);
        (0..100).for_each(|job| pool.submit(job));
        drop(go);
        assert_eq!(receiver.recv().await.unwrap(), (0..100).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn results_wait_for_others_no_longer_than_they_may() {
        let (pool, mut receiver, go) = pool(Duration::ZERO);
        (0..100).for_each(|job| pool.submit(job));
        drop(go);
        for job in 0..100 {
            assert_eq!(receiver.recv().await.unwrap(), [job]);
        }
    }

    #[tokio::test]
    async fn the_threads_end_with_their_pool() {
        let (pool, mut receiver, go) = pool(LONG);
        (0..100).for_each(|job| pool.submit(job));
        drop((pool, go));
        while receiver.recv().await.is_some() {}
    }
}
