//! Three brokers that replicate each other: every partition has three copies, of which two have to be in step.

use super::{Kafka, Place, ready, wire};
use crate::kafka::Group;
use crate::wait::{PATIENCE, until};

/// What three brokers need beside the settings of one.
const SETTINGS: [(&str, &str); 5] = [
    ("offsets.topic.replication.factor", "3"),
    ("transaction.state.log.replication.factor", "3"),
    ("share.coordinator.state.topic.replication.factor", "3"),
    ("min.insync.replicas", "2"),
    ("transaction.state.log.min.isr", "2"),
];

/// Three brokers. Node 1 is `nodes()[0]`.
pub struct Cluster {
    nodes: Vec<Kafka>,
}

impl Cluster {
    /// Three brokers of one's own, ready to be used.
    pub fn start() -> Self {
        let mut nodes: Vec<Kafka> = (1..=3).map(|node| Kafka::at(Place::new(node, 0), 3)).collect();
        let addresses: Vec<String> = nodes.iter().map(|kafka| kafka.bootstrap.clone()).collect();
        let voters: Vec<String> = nodes.iter().map(|kafka| kafka.place.voter()).collect();
        for kafka in &mut nodes {
            kafka.bootstrap = addresses.join(",");
            kafka.place.prepare(&voters.join(","), &SETTINGS);
        }
        // None of them is ready before the others are there.
        for kafka in &nodes {
            *kafka.process.lock().expect("nobody panicked") = Some(kafka.spawn());
        }
        for kafka in &nodes {
            let running = kafka.process.lock().expect("nobody panicked");
            let process = running.as_ref().expect("just started");
            assert!(ready(process, kafka.place.port, PATIENCE), "node {} of three did not start: {}", kafka.place.node, kafka.log());
        }
        Self { nodes }
    }

    /// All three, running or not.
    pub fn nodes(&self) -> &[Kafka] {
        &self.nodes
    }

    /// The node with this number, 1 to 3.
    pub fn node(&self, number: usize) -> &Kafka {
        &self.nodes[number - 1]
    }

    /// The number of the node that coordinates a group.
    pub fn coordinator(&self, group: &Group<'_>) -> usize {
        until("a coordinator", PATIENCE, || {
            let told = self.nodes.iter().find_map(|kafka| wire::coordinator(kafka.place.port, group.id()));
            told.ok_or_else(|| "nobody knows".to_owned())
        })
    }
}
