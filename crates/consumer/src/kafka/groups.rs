//! A consumer group as its coordinator sees it.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use serde::Serialize;

use super::context::PollContext;
use super::reader::patiently;

const LOOK_UP: Duration = Duration::from_secs(10);

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    /// The coordinator's word: `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty`, `Dead`.
    pub(crate) state: String,
    pub(crate) members: Vec<Member>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Member {
    pub(crate) client_id: String,
    pub(crate) host: String,
    pub(crate) partitions: Vec<(String, i32)>,
}

/// Asks for a group. One that nobody ever joined is `Dead`.
pub(crate) fn group(consumer: &BaseConsumer<PollContext>, id: &str) -> KafkaResult<Group> {
    let list = patiently(|| consumer.fetch_group_list(Some(id), LOOK_UP))?;
    let Some(found) = list.groups().iter().find(|group| group.name() == id) else {
        return Ok(Group { id: id.to_owned(), state: "Dead".to_owned(), members: Vec::new() });
    };
    let members = found.members().iter().map(|member| Member {
        client_id: member.client_id().to_owned(),
        host: member.client_host().trim_start_matches('/').to_owned(),
        partitions: member.assignment().and_then(assignment).unwrap_or_default(),
    });
    Ok(Group { id: id.to_owned(), state: found.state().to_owned(), members: members.collect() })
}

/// The consumer protocol's assignment: a version, then topics with their partitions (Apache Kafka, ConsumerProtocolAssignment.json).
fn assignment(bytes: &[u8]) -> Option<Vec<(String, i32)>> {
    let mut rest = Bytes(bytes.get(2..)?);
    let mut found = Vec::new();
    for _ in 0..rest.int()? {
        let length = usize::from(u16::from_be_bytes(rest.take::<2>()?));
        let topic = std::str::from_utf8(rest.some(length)?).ok()?.to_owned();
        for _ in 0..rest.int()? {
            found.push((topic.clone(), rest.int()?));
        }
    }
    Some(found)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn some(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.some(N)?.try_into().ok()
    }

    fn int(&mut self) -> Option<i32> {
        self.take().map(i32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_read_and_a_cut_one_is_none() {
        let bytes = [&[0, 1, 0, 0, 0, 1, 0, 6][..], b"orders", &[0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff]].concat();
        let orders = |partition| ("orders".to_owned(), partition);
        assert_eq!(assignment(&bytes), Some(vec![orders(0), orders(7)]));
        for end in 0..bytes.len() - 4 {
            assert_eq!(assignment(&bytes[..end]), None, "{end}");
        }
        assert_eq!(assignment(&[0, 1, 0, 0, 0, 0]), Some(Vec::new()));
    }
}
