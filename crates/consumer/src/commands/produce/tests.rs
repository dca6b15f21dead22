//! Refusals, times, and what really lies in a topic afterwards.

use super::*;
use crate::commands::testing::config;

fn refused(args: &[&str], env: &[(&str, &str)]) -> (String, u8) {
    use clap::Parser;
    let line = ["order-sync", "produce", "--sample", "--config", "x"].iter().chain(args);
    let crate::cli::Command::Produce(args) = crate::cli::Cli::try_parse_from(line).unwrap().command else { unreachable!() };
    let error = produce(&args, &config("", env)).unwrap_err();
    (error.to_string(), error.code())
}

#[test]
fn sample_orders_do_not_leave_the_machine_unasked() {
    let (said, code) = refused(&[], &[]);
    assert!(said.starts_with("alipayhk.base_url: https://open.alipay.hk/ ") && said.contains("--force"), "{said}");
    assert_eq!(code, 2);
}

#[test]
fn sample_orders_lie_in_the_past_however_many_they_are() {
    let now = 1_795_478_400_000;
    for orders in [1, 100, 1_000_000, 10_000_000] {
        let settings = timed(Settings { orders, ..Settings::new(1, now) }, None);
        let span = i64::try_from(settings.most()).unwrap() * settings.step_millis;
        assert_eq!(settings.start_millis + span, now);
        assert!((1..=40).contains(&settings.step_millis) && span <= 2 * DAY_MILLIS, "{orders}: {settings:?}");
    }
    let paced = timed(Settings::new(1, now), Some(50));
    assert_eq!((paced.start_millis, paced.step_millis), (now, 20));
    assert_eq!(timed(Settings::new(1, now), Some(5_000)).step_millis, 1);
}

#[test]
fn a_broker_that_is_not_there_is_a_failure_of_the_run() {
    let here = ("ORDER_SYNC__ALIPAYHK__BASE_URL", "http://127.0.0.1:1");
    let nobody = ("ORDER_SYNC__KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1");
    let (said, code) = refused(&[], &[here, nobody]);
    assert!(said.starts_with("kafka.bootstrap_servers: "), "{said}");
    assert_eq!(code, 1);
}

#[cfg(feature = "sandbox")]
#[test]
fn every_record_is_in_the_topic_and_is_an_order() {
    use crate::kafka::embedded::EmbeddedBroker;
    use crate::schema::{Decoded, Decoder, KeyNote};
    use clap::Parser;
    use rdkafka::Message;
    use rdkafka::consumer::{BaseConsumer, Consumer};

    let broker = EmbeddedBroker::start(&["orders"]).unwrap();
    let servers = broker.bootstrap_servers();
    let config = config(
        "",
        &[
            ("ORDER_SYNC__ALIPAYHK__BASE_URL", "http://127.0.0.1:1"),
            ("ORDER_SYNC__KAFKA__BOOTSTRAP_SERVERS", &servers),
            ("ORDER_SYNC__SCHEMA__FRAMING", "single_object"),
        ],
    );
    let line =
        ["order-sync", "produce", "--sample", "--config", "x", "--orders", "45", "--seed", "3", "--rate", "2000", "--topic", "orders"];
    let crate::cli::Command::Produce(args) = crate::cli::Cli::try_parse_from(line).unwrap().command else { unreachable!() };
    let written = produce(&args, &config).unwrap();
    assert_eq!((written.topic.as_str(), written.orders, written.seed), ("orders", 45, 3));

    let consumer: BaseConsumer = rdkafka::ClientConfig::new().set("bootstrap.servers", &servers).set("group.id", "t").create().unwrap();
    let mut assignment = rdkafka::TopicPartitionList::new();
    for partition in 0..crate::kafka::embedded::PARTITIONS {
        assignment.add_partition_offset("orders", partition, rdkafka::Offset::Beginning).unwrap();
    }
    consumer.assign(&assignment).unwrap();
    let decoder = Decoder::new(&config.schema, config.mappings.clone()).unwrap();
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..written.records {
        let message = consumer.poll(Duration::from_secs(20)).expect("a record").unwrap();
        let (decoded, note) = decoder.decode("orders", message.key(), message.payload(), now_millis());
        let Decoded::Event(event) = decoded else { panic!("{decoded:?}") };
        assert_eq!(note, KeyNote::Matches);
        orders.insert(event.merchant_biz_no);
    }
    assert_eq!(orders.len(), 45);
    assert!(consumer.poll(Duration::from_millis(300)).is_none(), "no record more than it says");
}
