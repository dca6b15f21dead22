//! What systemd is told (`sd_notify`): ready, alive, stopping. Where no supervisor listens, nothing is said.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, timeout};

use crate::admin::Heartbeats;

/// A supervisor that takes longer to listen is not waited for at the end.
const HEARD_WITHIN: Duration = Duration::from_secs(1);

/// Says that the process has started, and from now on, as often as the supervisor wants to hear it, that it lives. What `/livez` calls dead
/// is silent here, and is then restarted. The task runs beside the driver: a driver that stands still silences it too. A supervisor that does
/// not listen any more holds nobody up but the thread that tells it.
pub(crate) fn attend(heartbeats: Heartbeats) {
    tell(&[NotifyState::Ready]);
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    tokio::spawn(async move {
        let mut beats = tokio::time::interval(every(patience));
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            if let Some(alive) = sign_of_life(&heartbeats) {
                let _ = spawn_blocking(move || tell(&[alive])).await;
            }
        }
    });
}

/// Says that the process ends in an orderly way, which may take as long as `delivery.drain` and some seconds.
pub(crate) async fn stopping() {
    let _ = timeout(HEARD_WITHIN, spawn_blocking(|| tell(&[NotifyState::Stopping]))).await;
}

/// Three times within the supervisor's patience: one that is late, or lost, costs nothing.
fn every(patience: Duration) -> Duration {
    (patience / 3).max(Duration::from_millis(1))
}

/// What there is to say while the loops turn.
fn sign_of_life(heartbeats: &Heartbeats) -> Option<NotifyState<'static>> {
    heartbeats.stuck().is_none().then_some(NotifyState::Watchdog)
}

fn tell(what: &[NotifyState<'_>]) {
    // A supervisor that cannot be reached restarts us by itself.
    let _ = sd_notify::notify(what);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    #[test]
    fn only_a_process_whose_loops_turn_says_that_it_lives() {
        let heartbeats = Heartbeats { origin: Moment::ago(Duration::from_secs(20)), ..Heartbeats::default() };
        assert!(sign_of_life(&heartbeats).is_none(), "the driver has stood still for 20 seconds");
        heartbeats.beat();
        assert!(matches!(sign_of_life(&heartbeats), Some(NotifyState::Watchdog)));
    }

    #[test]
    fn it_is_said_three_times_within_the_patience_and_never_without_a_pause() {
        assert_eq!(every(Duration::from_secs(30)), Duration::from_secs(10));
        assert_eq!(every(Duration::ZERO), Duration::from_millis(1));
    }
}
