//! The newest records of the sources: what each becomes, and what they have between them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use domain::OrderEvent;
use engine::UnfitReason;
use rdkafka::message::Message;
use serde::Serialize;

use super::report::line;
use super::sample::{Checked, Checker};
use crate::commands::decoding::{Decoding, Found};
use crate::commands::progress::{Progress, Waiting};
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};

/// What records have between them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Between {
    /// Orders whose records lie in several partitions, with these: newest wins within each only.
    several_partitions: BTreeMap<String, BTreeSet<String>>,
    /// Orders with records of one orderModifyTime and different content: the later offset counts as newer.
    equal_times: BTreeMap<String, Vec<String>>,
    #[serde(skip)]
    seen: BTreeMap<String, BTreeMap<i64, Vec<(u64, String)>>>,
}

/// Reads the newest `records` of every source, evenly over its partitions.
pub(super) fn check(config: &Config, records: u64, now_millis: i64) -> Result<(Vec<Checked>, Between), Trouble> {
    let key = Trouble::at(config.kafka.topics.key());
    let waiting = Waiting::on("Kafka");
    let reader = Reader::new(&config.kafka)?;
    let mut parts = Vec::new();
    for topic in reader.sources(&config.kafka.topics).map_err(&key)? {
        let of_topic = reader.parts(&topic, None).map_err(&key)?;
        let each = i64::try_from(records.div_ceil(of_topic.len().max(1) as u64)).unwrap_or(i64::MAX);
        parts.extend(of_topic.into_iter().map(|part| Part { from: part.from.max(part.to.saturating_sub(each)), ..part }));
    }
    drop(waiting);
    let mut progress = Progress::new(parts.iter().map(Part::len).sum(), "records");
    let mut decoding = Decoding::new(config)?;
    let mut checker = Checker::new(config, None, now_millis);
    let (mut checked, mut between, mut failed) = (Vec::new(), Between::default(), None);
    let read = reader.read(parts, |message, behind| {
        progress.show(behind);
        let Some(message) = message else { return ControlFlow::Continue(()) };
        let partition = format!("{}/{}", message.topic(), message.partition());
        let place = format!("{partition}@{}", message.offset());
        let found = match decoding.of(message) {
            Ok(Found::Order(event)) => {
                between.saw(&event, &partition, &place);
                checker.judge(&event)
            }
            Ok(Found::Skipped(why)) => Checked::skipped(why),
            Ok(Found::Unfit(reason, message)) => Checked::parked(word(reason), message.to_string()),
            Err(trouble) => {
                failed = Some(trouble);
                return ControlFlow::Break(());
            }
        };
        checked.push(Checked { record: Some(place), ..found });
        ControlFlow::Continue(())
    });
    read.map_err(&key)?;
    match failed {
        Some(trouble) => Err(trouble),
        None => Ok((checked, between)),
    }
}

fn word(reason: UnfitReason) -> &'static str {
    match reason {
        UnfitReason::Undecodable => "undecodable",
        UnfitReason::Invalid => "invalid",
        UnfitReason::Unmapped => "unmapped",
    }
}

impl Between {
    fn saw(&mut self, event: &OrderEvent, partition: &str, place: &str) {
        let order = event.merchant_biz_no.as_str();
        let times = self.seen.entry(order.to_owned()).or_default();
        let in_partition = |place: &str| place.rsplit_once('@').map_or_else(String::new, |(partition, _)| partition.to_owned());
        let partitions: BTreeSet<String> =
            times.values().flatten().map(|(_, place)| in_partition(place)).chain([partition.to_owned()]).collect();
        if partitions.len() > 1 {
            self.several_partitions.insert(order.to_owned(), partitions);
        }
        let same_time = times.entry(event.modified_at.millis()).or_default();
        same_time.push((event.content(), place.to_owned()));
        if same_time.iter().any(|(content, _)| *content != event.content()) {
            self.equal_times.insert(order.to_owned(), same_time.iter().map(|(_, place)| place.clone()).collect());
        }
    }

    pub(super) fn for_people(&self, out: &mut String) {
        for (order, partitions) in &self.several_partitions {
            let partitions = partitions.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            line(out, format_args!("! order {order} lies in several partitions ({partitions}): newest wins within each only"));
        }
        for (order, places) in &self.equal_times {
            line(
                out,
                format_args!(
                    "! order {order} has different content at one orderModifyTime ({}): the later offset counts as newer",
                    places.join(", ")
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::RawOrderEvent;

    use super::*;

    fn event(order: &str, time: i64, status: &str) -> OrderEvent {
        let raw = RawOrderEvent {
            merchant_biz_no: order.into(),
            merchant_biz_type: "MOVIE_TICKET".into(),
            order_status: status.into(),
            user_id: Some("2160000000000001".into()),
            order_create_time: 1_793_462_400_000,
            order_modify_time: 1_793_462_400_000 + time,
            ..RawOrderEvent::default()
        };
        OrderEvent::parse(&raw, 1_793_700_000_000).unwrap()
    }

    #[test]
    fn an_order_in_two_partitions_and_two_contents_at_one_time_are_told() {
        let mut between = Between::default();
        for (order, time, status, partition, place) in [
            ("A", 1, "TICKETED", "orders/0", "orders/0@1"),
            ("A", 2, "USED", "orders/1", "orders/1@7"),
            ("B", 1, "TICKETED", "orders/0", "orders/0@2"),
            ("B", 1, "USED", "orders/0", "orders/0@3"),
            ("C", 1, "USED", "orders/0", "orders/0@4"),
            ("C", 1, "USED", "orders/0", "orders/0@5"),
        ] {
            between.saw(&event(order, time, status), partition, place);
        }
        assert_eq!(between.several_partitions.keys().collect::<Vec<_>>(), ["A"]);
        assert_eq!(
            between.equal_times.into_iter().collect::<Vec<_>>(),
            [("B".to_owned(), vec!["orders/0@2".to_owned(), "orders/0@3".to_owned()])]
        );
    }
}
