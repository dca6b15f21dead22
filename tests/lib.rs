//! What the end-to-end tests stand on: a real Apache Kafka, a stand-in for a schema registry, an OTLP receiver that is not ours, and the
//! real `order-sync` binary as a child process.
//!
//! Every process started here ends with the test process, however that ends. Nothing is installed on the machine: Kafka's jars and the OTLP
//! receiver are fetched once into `.dev/` at the root of the workspace (see [`kafka::jars`], [`registry::Apicurio`] and [`otlp`]). Java 17, Maven, Python 3 with
//! venv and openssl must be there.

mod harness;

pub use harness::{
    alipayhk, avro, browser, cargo, config, http, kafka, keys, oidc, oracle, order_sync, orders, otlp, ports, process, proxy, python,
    registry, tls, wait,
};
