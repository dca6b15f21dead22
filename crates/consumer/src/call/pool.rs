//! The signing pool: an RSA signature takes most of an order's time, so it has threads of its own and never blocks the others.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Threads that sign, one a core. The queue is bounded by `max_in_flight`, since every job belongs to a call.
#[derive(Clone)]
pub(crate) struct SigningPool {
    jobs: Arc<Mutex<Sender<Job>>>,
}

impl SigningPool {
    /// Starts the threads.
    pub(crate) fn start(threads: usize) -> std::io::Result<Self> {
        let (jobs, receiver) = channel::<Job>();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new().name(format!("sign-{number}")).spawn(move || work(&receiver))?;
        }
        Ok(Self { jobs: Arc::new(Mutex::new(jobs)) })
    }

    /// Runs one job on the pool; `None` when the pool is gone.
    pub(crate) async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move || {
            // A caller that no longer waits is no failure.
            let _ = done.send(job());
        });
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).send(job).ok()?;
        result.await.ok()
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_runs_off_its_caller_s_thread() {
        let pool = SigningPool::start(1).unwrap();
        let name = pool.run(|| std::thread::current().name().map(str::to_owned)).await.unwrap();
        assert_eq!(name.as_deref(), Some("sign-0"));
    }

    #[tokio::test]
    async fn a_caller_that_went_away_does_not_stop_the_others() {
        let pool = SigningPool::start(1).unwrap();
        let (go, wait) = channel::<()>();
        let abandoned = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || wait.recv().is_ok()).await }
        });
        tokio::task::yield_now().await;
        abandoned.abort();
        drop(go);
        assert_eq!(pool.run(|| 7).await, Some(7));
    }

    #[tokio::test]
    async fn one_thread_serves_jobs_in_their_order() {
        let pool = SigningPool::start(1).unwrap();
        let (told, heard) = channel();
        let jobs = (0..100).map(|number| {
            let told = told.clone();
            pool.run(move || told.send(number).unwrap())
        });
        for job in jobs {
            job.await.unwrap();
        }
        drop(told);
        assert!(heard.into_iter().eq(0..100));
    }
}
