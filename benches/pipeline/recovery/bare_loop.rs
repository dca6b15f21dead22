//! The least that anybody would need: poll a record, sign, post. No decoding, no collapse, no commit.

use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crypto::PrivateKey;
use order_sync_benches::bare::BareKeys;
use order_sync_tests::kafka::Topic;
use order_sync_tests::process::Process;
use order_sync_tests::wait;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message};

use crate::place::{Place, helper};
use crate::stand_in::CLIENT_ID;

/// Starts it in a process of its own and waits until it is a member of its group.
pub(crate) fn start(place: &Place<'_>, topic: &Topic<'_>, url: &str) -> Result<Process, String> {
    let group = place.kafka.name("bare-loop");
    let key = place.key_file("merchant.pem").display().to_string();
    let process = helper(&["bare-loop", place.kafka.bootstrap(), topic.name(), &group, url, &key])?;
    place.kafka.group_named(&group).until_members(1);
    Ok(process)
}

/// The process of its own.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let [bootstrap, topic, group, url, key] = arguments else { return Err("bare-loop wants five arguments".to_owned()) };
    let pem = fs::read(key).map_err(|error| format!("{key}: {error}"))?;
    let key = PrivateKey::parse(&pem).map_err(|error| format!("{key}: {error}"))?;
    let keys = BareKeys::new(&key).ok_or("the library refuses a key")?;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("group.id", group).set("enable.auto.commit", "false");
    config.set("auto.offset.reset", "earliest").set("partition.assignment.strategy", "cooperative-sticky");
    let consumer: BaseConsumer = config.create().map_err(|error| error.to_string())?;
    consumer.subscribe(&[topic.as_str()]).map_err(|error| error.to_string())?;
    let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    loop {
        let message = match consumer.poll(wait::PATIENCE) {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(error.to_string()),
            None => continue,
        };
        let order = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
        // as long as one of ours
        let body = format!(r#"{{"merchantBizNo":"{order}","orderModifyTime":1,"filler":"{}"}}"#, "x".repeat(850));
        let signature = STANDARD.encode(keys.sign(body.as_bytes()));
        let request = client.post(format!("{url}{}", alipayhk::PATH)).header("Client-Id", CLIENT_ID).timeout(Duration::from_secs(15));
        let request = request.header("Signature", signature).body(Bytes::from(body));
        runtime.block_on(async { request.send().await?.bytes().await }).map_err(|error| error.to_string())?;
    }
}
