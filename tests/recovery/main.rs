//! Hand-over and recovery on a real Apache Kafka: separate processes, brokers that go and come back, lines that break. Every scenario is
//! judged from outside by the harness's oracle: what AlipayHK applied in which order, what was committed when, and what lies in the topics.
//!
//! Every test has its topics, its group and its AlipayHK to itself. What is done to a line is done at a door of the one broker that these
//! tests share; what is done to a broker is done to one of the test's own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
#![allow(clippy::print_stdout, reason = "how long a recovery took is shown with --nocapture")]

mod brokers;
mod cluster;
mod lines;
mod logs;
mod members;
mod starts;
mod static_members;
mod waking;
mod world;
mod writes;
