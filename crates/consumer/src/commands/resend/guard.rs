//! Whether a second writer may write, and how fast.

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;

use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::context::PollContext;
use crate::kafka::groups::group;
use crate::kafka::reader::Reader;

/// The leave to write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::commands) struct Allowed {
    /// Calls a second.
    pub(in crate::commands) rate: f64,
    /// Beside a group that is alive.
    pub(in crate::commands) online: bool,
}

/// Refuses while the group is alive, unless that is what is wanted and a part of the quota is kept free for it.
pub(in crate::commands) fn allowed(config: &Config, reader: &Reader, online: bool, rate: Option<f64>) -> Result<Allowed, Trouble> {
    let rate = rate_of(config, online, rate)?;
    let members = group(reader.consumer(), &config.kafka.group_id).map_err(|error| away(config, &error))?.members.len();
    if members > 0 && !online {
        let (id, s) = (&config.kafka.group_id, if members == 1 { "" } else { "s" });
        return Err(Trouble::usage(format!(
            "--online: the group {id} has {members} member{s}, and two writers of one order can overtake each other; stop them, or say --online \
             to send beside them within quota.reserve_per_second and to rely on AlipayHK's own order control"
        )));
    }
    Ok(Allowed { rate, online })
}

fn away(config: &Config, error: &KafkaError) -> Trouble {
    Trouble::failed(format!(
        "kafka.bootstrap_servers: {} does not tell of the group {}: {error}",
        config.kafka.bootstrap_servers, config.kafka.group_id
    ))
}

/// Within which part of the quota.
fn rate_of(config: &Config, online: bool, rate: Option<f64>) -> Result<f64, Trouble> {
    let (key, most) = if online {
        ("quota.reserve_per_second", config.quota.reserve_per_second)
    } else {
        ("quota.requests_per_second", config.quota.requests_per_second)
    };
    if most <= 0.0 {
        return Err(Trouble::usage(format!("{key}: is 0; --online sends within it, so that the group keeps its part of the quota")));
    }
    match rate {
        Some(rate) if rate > most => Err(Trouble::usage(format!("--rate: {rate} is more than {key} = {most}"))),
        rate => Ok(rate.unwrap_or(most)),
    }
}

/// The group came alive while we send without leave to.
pub(super) fn came_alive(config: &Config, consumer: &BaseConsumer<PollContext>) -> bool {
    group(consumer, &config.kafka.group_id).is_ok_and(|group| !group.members.is_empty())
}
