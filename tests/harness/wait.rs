//! Waiting for a condition, never for luck.

use std::future::Future;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

/// Long enough for anything that should happen at once, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Looks again and again until `look` gives a value. Panics after `patience` with what it saw last, which is the text `look` fails with.
#[track_caller]
pub fn until<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + patience;
    let mut interval = Duration::from_millis(2);
    loop {
        match look() {
            Ok(value) => return value,
            Err(seen) if Instant::now() >= deadline => panic!("{what}: not within {patience:?}; last seen: {seen}"),
            Err(_) => breathe(interval),
        }
        interval = (interval * 2).min(Duration::from_millis(50));
    }
}

/// Panics as soon as `look` fails within `period`: for what must not happen.
#[track_caller]
pub fn throughout(what: &str, period: Duration, mut look: impl FnMut() -> Result<(), String>) {
    let end = Instant::now() + period;
    while Instant::now() < end {
        if let Err(seen) = look() {
            panic!("{what}: not for all of {period:?}; seen: {seen}");
        }
        breathe(Duration::from_millis(10));
    }
}

/// Runs a future of a library that is only asynchronous (Kafka's admin calls, HTTP) to its end. Not to be called from asynchronous code.
pub fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// The one runtime of the harness; its servers live on it.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads for the harness")
    })
}

#[expect(clippy::disallowed_methods, reason = "the pause between two looks at a condition")]
pub(crate) fn breathe(pause: Duration) {
    std::thread::sleep(pause);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_the_condition() {
        let mut looks = 0;
        let seen = until("three looks", PATIENCE, || {
            looks += 1;
            if looks == 3 { Ok(looks) } else { Err(format!("{looks} looks")) }
        });
        assert_eq!(seen, 3);
    }

    #[test]
    #[should_panic(expected = "a miracle: not within 20ms; last seen: nothing yet")]
    fn waiting_in_vain_says_what_was_seen_last() {
        until::<()>("a miracle", Duration::from_millis(20), || Err("nothing yet".to_owned()));
    }

    #[test]
    #[should_panic(expected = "calm: not for all of 5s; seen: a wave")]
    fn what_must_not_happen_is_told_at_once() {
        throughout("calm", Duration::from_secs(5), || Err("a wave".to_owned()));
    }
}
