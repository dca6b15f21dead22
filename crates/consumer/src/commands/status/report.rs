//! A status for people.

use super::Status;
use crate::commands::table::{count, table};

impl Status {
    pub(super) fn for_people(&self) -> String {
        let group = &self.group;
        let members = count(group.members.len() as u64, "member", "members");
        let mut text = vec![format!("group {}: {}, {members}; {}", group.id, group.state, count(self.lag, "record waits", "records wait"))];
        if let Some(freshness) = self.freshness_seconds {
            text.push(format!("freshness {freshness:.1} s (how long the order that waits longest has waited)"));
        }
        text.push(String::new());
        let rows = group.members.iter().map(|member| {
            let partitions: Vec<String> = member.partitions.iter().map(|(topic, number)| format!("{topic}/{number}")).collect();
            vec![member.client_id.clone(), member.host.clone(), partitions.join(" ")]
        });
        let rows: Vec<_> = rows.collect();
        if !rows.is_empty() {
            text.push(table(&["MEMBER", "HOST", "PARTITIONS"], &rows));
            text.push(String::new());
        }
        let rows: Vec<_> = self
            .partitions
            .iter()
            .map(|partition| {
                let or_none = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
                vec![
                    format!("{}/{}", partition.topic, partition.partition),
                    or_none(partition.committed),
                    partition.log_end.to_string(),
                    partition.lag.to_string(),
                    partition.commit.unwrap_or("-").to_owned(),
                ]
            })
            .collect();
        text.push(table(&["PARTITION", "COMMITTED", "LOG END", "LAG", "LAST COMMIT"], &rows));
        text.push(String::new());
        for said in &self.instances {
            text.push(match (&said.answer, &said.why) {
                (Some(state), _) => format!(
                    "instance {}: version {}, {} calls in flight, quota share {} calls a second, gate {}",
                    said.address,
                    state["version"].as_str().unwrap_or("?"),
                    state["calls"]["in_flight"],
                    state["quota"]["share_per_second"],
                    state["gate"]["state"].as_str().unwrap_or("?"),
                ),
                (None, why) => format!("instance {}: {} (--instance names others)", said.address, why.as_deref().unwrap_or("no answer")),
            });
        }
        text.push(String::new());
        match self.blockers.as_slice() {
            [] => text.push("nothing holds it up, as far as can be told".to_owned()),
            blockers => text.extend(blockers.iter().map(|blocker| format!("! {blocker}"))),
        }
        text.join("\n")
    }
}
