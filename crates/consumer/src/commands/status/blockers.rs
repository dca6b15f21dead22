//! What holds a group up.

use std::ops::ControlFlow;

use serde_json::Value;

use super::{Partition, Status};
use crate::commands::decoding::{Decoding, Found};
use crate::commands::instances::Instances;
use crate::commands::table::count;
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};

/// So many partitions are looked into for the order that holds them up.
const LOOKED_INTO: usize = 3;

/// Everything that can be told, the broad first.
pub(super) fn find(config: &Config, reader: &Reader, instances: &Instances, status: &Status) -> Result<Vec<String>, Trouble> {
    let mut found = of_broker(status);
    if let Some(file) = config.alipayhk.hold_file.as_ref().filter(|file| file.exists()) {
        found.push(format!("the hold file {} is there: nothing is sent until it is gone", file.display()));
    }
    let mut stuck = Vec::new();
    for said in &status.instances {
        let Some(state) = &said.answer else { continue };
        found.extend(of_instance(&said.address, state));
        let partitions = state["partitions"].as_array().into_iter().flatten();
        stuck.extend(partitions.filter_map(|partition| Stuck::of(&said.address, partition)));
    }
    stuck.sort_by_key(|stuck| std::cmp::Reverse(stuck.open));
    if !stuck.is_empty() {
        let mut decoding = Decoding::new(config)?;
        for stuck in stuck.into_iter().take(LOOKED_INTO) {
            found.extend(stuck.why(reader, &mut decoding, instances)?);
        }
    }
    Ok(found)
}

fn of_broker(status: &Status) -> Vec<String> {
    let mut found = Vec::new();
    if status.group.members.is_empty() {
        found.push(format!("nobody is a member of group {}: nothing is read", status.group.id));
    } else if status.group.state != "Stable" {
        found.push(format!("the group is in state {}: a rebalance runs", status.group.state));
    }
    found.extend(status.partitions.iter().filter_map(halted));
    found
}

/// A partition that a process would leave alone.
fn halted(partition: &Partition) -> Option<String> {
    let committed = partition.committed?;
    let name = format!("{}/{}", partition.topic, partition.partition);
    if committed < partition.log_start {
        let lost = partition.log_start - committed;
        return Some(format!("{name} is halted: retention has passed its committed offset {committed}, {lost} records were never read"));
    }
    (committed > partition.log_end)
        .then(|| format!("{name} is halted: its committed offset {committed} is beyond the end of the log at {}", partition.log_end))
}

fn of_instance(address: &str, state: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let gate = &state["gate"];
    if let Some(reason) = gate["reason"].as_str() {
        found.push(format!("{address}: the gate is {}: {reason}", gate["state"].as_str().unwrap_or("closed")));
    }
    for (biz_type, gate) in gate["types"].as_object().into_iter().flatten() {
        found.push(format!("{address}: the gate of {biz_type} is closed: {}", gate["reason"].as_str().unwrap_or("unknown")));
    }
    if state["unfit_alarm"] == true {
        found.push(format!("{address}: many records of the last minute can never be sent: see dlq list --from 1h"));
    }
    for halted in state["halted"].as_array().into_iter().flatten() {
        let (topic, reason) = (halted["topic"].as_str().unwrap_or_default(), halted["reason"].as_str().unwrap_or_default());
        found.push(format!("{address}: {topic}/{} is halted: {reason}", halted["partition"]));
    }
    if let Some(reason) = state["group"]["reason"].as_str() {
        found.push(format!("{address}: {reason}"));
    }
    for partition in state["partitions"].as_array().into_iter().flatten() {
        let name = format!("{}/{}", partition["topic"].as_str().unwrap_or_default(), partition["partition"]);
        if partition["restoring"] == true {
            found.push(format!("{address}: {name} still reads from the outcomes topic what its orders have had decided"));
        } else if partition["position"].as_i64() < partition["barrier"].as_i64() {
            found.push(format!("{address}: {name} still reads up to {}, where its predecessor may have come to", partition["barrier"]));
        }
    }
    found
}

/// A partition whose lowest open offset waits for something.
struct Stuck {
    address: String,
    topic: String,
    partition: i32,
    committable: i64,
    open: u64,
}

impl Stuck {
    fn of(address: &str, partition: &Value) -> Option<Self> {
        let open = partition["open"].as_u64().filter(|open| *open > 0)?;
        Some(Self {
            address: address.to_owned(),
            topic: partition["topic"].as_str()?.to_owned(),
            partition: i32::try_from(partition["partition"].as_i64()?).ok()?,
            committable: partition["committable"].as_i64()?,
            open,
        })
    }

    /// Reads the record at the lowest open offset, and asks what its order waits for.
    fn why(&self, reader: &Reader, decoding: &mut Decoding, instances: &Instances) -> Result<Option<String>, Trouble> {
        let part = Part { topic: self.topic.as_str().into(), partition: self.partition, from: self.committable, to: self.committable + 1 };
        let mut decoded = None;
        let read = reader.read(vec![part], |message, _| {
            decoded = message.map(|message| decoding.of(message));
            if decoded.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        read.map_err(Trouble::at("kafka.topics"))?;
        let name = format!("{}/{}@{}", self.topic, self.partition, self.committable);
        let order = match decoded.transpose()? {
            Some(Found::Order(event)) => event.merchant_biz_no,
            Some(Found::Unfit(..)) => return Ok(Some(format!("{}: {name} waits for its dead letter", self.address))),
            Some(Found::Skipped(_)) | None => return Ok(None),
        };
        let lanes = instances.one(&self.address, &["api", "orders", order.as_str()]).answer.unwrap_or_default();
        let lanes = lanes["lanes"].as_array().or(lanes.as_array()).cloned().unwrap_or_default();
        let lane = lanes.iter().find(|lane| lane["topic"] == *self.topic && lane["partition"] == self.partition);
        // It may have been sent meanwhile.
        Ok(lane.and_then(|lane| {
            let waits = lane["waits_for"].as_str()?;
            let attempts = count(lane["attempts"].as_u64().unwrap_or(0), "attempt", "attempts");
            Some(format!("{}: {name}, order {order}, {attempts}, waits for {waits}", self.address))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_committed_offset_outside_of_the_log_halts() {
        let partition = Partition { topic: "orders".to_owned(), log_start: 10, log_end: 20, committed: Some(15), ..Partition::default() };
        assert_eq!(halted(&partition), None);
        assert!(halted(&Partition { committed: Some(7), ..partition.clone() }).unwrap().contains("3 records were never read"));
        assert!(halted(&Partition { committed: Some(21), ..partition.clone() }).unwrap().contains("beyond the end"));
        assert_eq!(halted(&Partition { committed: None, ..partition }), None);
    }

    #[test]
    fn an_instance_tells_of_gates_and_of_partitions_that_cannot_speak_yet() {
        let state = serde_json::json!({
            "gate": { "state": "closed", "reason": "systemic", "types": { "HEALTH_CARD": { "state": "closed", "reason": "unsupported_business" } } },
            "group": { "state": "member" },
            "partitions": [
                { "topic": "orders", "partition": 0, "position": 5, "barrier": 9, "restoring": false },
                { "topic": "orders", "partition": 1, "position": 9, "barrier": 9, "restoring": true },
                { "topic": "orders", "partition": 2, "position": 9, "barrier": 9, "restoring": false },
            ],
            "halted": [{ "topic": "orders", "partition": 3, "reason": "offset 4 is gone from the log" }],
        });
        let found = of_instance("127.0.0.1:1", &state);
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found[0].contains("the gate is closed: systemic") && found[1].contains("HEALTH_CARD"));
        assert!(found[2].contains("orders/3 is halted: offset 4 is gone"), "{found:?}");
        assert!(found[3].contains("orders/0 still reads up to 9") && found[4].contains("orders/1 still reads from the outcomes topic"));
    }
}
