//! What several times must be to each other. Each rule names every key that could be changed, with the value in force.

use std::time::Duration;

use super::alipayhk::Alipayhk;
use super::delivery::Delivery;
use super::error::ConfigError;
use super::kafka::Kafka;
use super::units::show_duration as show;

/// What a poll may be late beside a drain: looking an assignment up (10 s) and a margin (30 s).
const POLL_MARGIN: Duration = Duration::from_secs(40);

/// Checks the values in force.
pub(super) fn check(kafka: &Kafka, alipayhk: &Alipayhk, delivery: &Delivery) -> Result<(), ConfigError> {
    let (timeout, drain, late) = (alipayhk.timeout, delivery.drain, delivery.late_apply);
    let (session, heartbeat, poll) = (kafka.session_timeout, kafka.heartbeat, kafka.max_poll_interval);
    let session_named = format!("kafka.properties.\"session.timeout.ms\" ({})", show(session));
    if alipayhk.connect_timeout > timeout {
        let problem = format!("is {}, longer than the whole call, alipayhk.timeout ({})", show(alipayhk.connect_timeout), show(timeout));
        return Err(ConfigError::new("alipayhk.connect_timeout", problem));
    }
    if timeout > drain {
        let problem = format!(
            "is {}, longer than delivery.drain ({}): a call could outlive the hand-over; lower it, or raise delivery.drain (at most half of {session_named})",
            show(timeout),
            show(drain)
        );
        return Err(ConfigError::new("alipayhk.timeout", problem));
    }
    if drain > session / 2 {
        let problem = format!("is {}, longer than half of {session_named}; lower it or raise the session", show(drain));
        return Err(ConfigError::new("delivery.drain", problem));
    }
    let alive = timeout + late;
    if (alive + heartbeat) * 3 > session * 2 {
        let problem = format!(
            "alipayhk.timeout ({}) + delivery.late_apply ({}) + kafka.properties.\"heartbeat.interval.ms\" ({}) is longer than two thirds of \
             {session_named}: too little time would be left to send anything; lower them or raise the session",
            show(timeout),
            show(late),
            show(heartbeat)
        );
        return Err(ConfigError::new("alipayhk.timeout", problem));
    }
    let least = (drain + POLL_MARGIN).max(session);
    if poll < least {
        let problem = format!(
            "is {}, shorter than {}; it must be at least delivery.drain ({}) + 40s and at least {session_named}",
            show(poll),
            show(least),
            show(drain)
        );
        return Err(ConfigError::new("kafka.properties.\"max.poll.interval.ms\"", problem));
    }
    Ok(())
}
