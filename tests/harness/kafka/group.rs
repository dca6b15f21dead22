//! What a broker knows about a consumer group.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use crate::kafka::{Kafka, Topic};
use crate::wait::{PATIENCE, block_on, until};

/// A consumer group, seen from outside.
pub struct Group<'k> {
    kafka: &'k Kafka,
    id: String,
    client: BaseConsumer,
}

/// What is stored for one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The next offset to read.
    pub offset: i64,
    /// The text stored beside it.
    pub metadata: String,
}

impl Kafka {
    /// A group of which nothing is known yet; its id begins with `name` and is used once in this process.
    pub fn group(&self, name: &str) -> Group<'_> {
        self.group_named(&self.name(name))
    }

    /// The group with this id.
    pub fn group_named(&self, id: &str) -> Group<'_> {
        Group { kafka: self, id: id.to_owned(), client: self.client().set("group.id", id).create().expect("a client") }
    }
}

impl Group<'_> {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is committed, by partition; `None` where nothing is.
    pub fn committed(&self, topic: &Topic<'_>) -> Vec<Option<Committed>> {
        // A coordinator that was just found may still be loading.
        until("committed offsets", PATIENCE, || self.try_committed(topic, PATIENCE))
    }

    /// The same, asked once.
    pub fn try_committed(&self, topic: &Topic<'_>, patience: Duration) -> Result<Vec<Option<Committed>>, String> {
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic.name(), 0, topic.partitions() - 1);
        let list = self.client.committed_offsets(list, patience).map_err(|error| error.to_string())?;
        let stored = list.elements();
        let stored = stored.iter().map(|entry| match (entry.error(), entry.offset()) {
            (Err(error), _) => Err(error.to_string()),
            (Ok(()), Offset::Offset(offset)) => Ok(Some(Committed { offset, metadata: entry.metadata().to_owned() })),
            (Ok(()), _) => Ok(None),
        });
        stored.collect()
    }

    /// The committed offsets alone; 0 where nothing is committed.
    pub fn offsets(&self, topic: &Topic<'_>) -> Vec<i64> {
        self.committed(topic).into_iter().map(|committed| committed.map_or(0, |committed| committed.offset)).collect()
    }

    /// Stores an offset as an operator's reset does. The group must have no members.
    pub fn reset(&self, topic: &Topic<'_>, partition: i32, offset: i64, metadata: &str) {
        let mut list = TopicPartitionList::new();
        let mut entry = list.add_partition(topic.name(), partition);
        entry.set_offset(Offset::Offset(offset)).expect("an offset");
        entry.set_metadata(metadata);
        self.client.commit(&list, CommitMode::Sync).expect("commit");
    }

    /// How many members it has, and its state as the broker calls it.
    pub fn members(&self) -> (usize, String) {
        let list = self.client.fetch_group_list(Some(&self.id), PATIENCE).expect("groups");
        list.groups().first().map_or((0, String::new()), |group| (group.members().len(), group.state().to_owned()))
    }

    /// Waits until it is stable with this many members.
    pub fn until_members(&self, count: usize) {
        until("group members", PATIENCE, || {
            let (members, state) = self.members();
            if members == count && (state == "Stable" || count == 0) { Ok(()) } else { Err(format!("{members} members, {state}")) }
        });
    }

    /// Deletes it with everything it has committed. It must have no members.
    pub fn delete(self) {
        for result in block_on(self.kafka.admin().delete_groups(&[&self.id], &super::topic::options())).expect("delete a group") {
            result.unwrap_or_else(|(id, code)| panic!("delete group {id}: {code}"));
        }
    }
}
