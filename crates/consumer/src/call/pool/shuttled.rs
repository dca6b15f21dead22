//! The same queue made of shuttle's primitives: its threads take their steps in every order that chance finds.

use std::collections::BTreeSet;

use shuttle::sync::{Arc, mpsc};
use shuttle::thread;

use queue::Queue;

mod sync {
    pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard};
}

#[expect(clippy::duplicate_mod, reason = "the same lines on other primitives: that is what is tested")]
#[path = "queue.rs"]
mod queue;

/// Orders that are tried.
const ORDERS: usize = 2_000;

type Threads = Vec<thread::JoinHandle<()>>;

/// So many threads of a pool, and what they hand over. `together`: results may wait for others.
fn threads(count: usize, together: bool) -> (Arc<Queue<u32>>, mpsc::Receiver<Vec<u32>>, Threads) {
    let queue = Arc::new(Queue::new());
    let (results, receiver) = mpsc::channel();
    let threads = (0..count).map(|_| {
        let (queue, results) = (Arc::clone(&queue), results.clone());
        thread::spawn(move || queue.run(|job| job, |batch| drop(results.send(batch)), || (), |()| !together))
    });
    (Arc::clone(&queue), receiver, threads.collect())
}

#[test]
fn every_job_s_result_is_handed_over_once_and_nobody_sleeps_beside_a_job() {
    for together in [false, true] {
        let pool = move || {
            let (queue, results, threads) = threads(2, together);
            let submits = thread::spawn({
                let queue = Arc::clone(&queue);
                move || (0..3).for_each(|job| queue.push(job))
            });
            let mut done = Vec::new();
            while done.len() < 3 {
                done.extend(results.recv().unwrap());
            }
            assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), 3, "{done:?}");
            submits.join().unwrap();
            queue.close();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert!(results.recv().is_err(), "nothing is left");
        };
        shuttle::check_random(pool, ORDERS);
    }
}

#[test]
fn the_threads_of_a_closed_queue_end_whatever_they_are_at() {
    let pool = || {
        let (queue, results, threads) = threads(2, true);
        (0..3).for_each(|job| queue.push(job));
        queue.close();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let done = results.iter().flatten().collect::<Vec<_>>();
        assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), done.len(), "what was begun is handed over once");
    };
    shuttle::check_random(pool, ORDERS);
}
