//! The records of one order, and what the commits say of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use engine::metadata::{self, Place};
use rdkafka::message::{BorrowedMessage, Message};

use super::{End, Seen, Story};
use crate::cli::ExplainArgs;
use crate::commands::decoding::{Decoding, Found};
use crate::commands::progress::{Progress, Waiting};
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::assignment::{Committed, committed_in};
use crate::kafka::reader::{Part, Reader, patiently};
use crate::kafka::topics::cluster_id;

/// Reads the sources through and keeps what is of this order.
pub(super) fn records(config: &Config, reader: &Reader, args: &ExplainArgs) -> Result<Story, Trouble> {
    let key = Trouble::at(config.kafka.topics.key());
    let waiting = Waiting::on("Kafka");
    let mut parts = Vec::new();
    for topic in reader.sources(&config.kafka.topics).map_err(&key)? {
        parts.extend(reader.parts(&topic, args.from.map(|from| from.0)).map_err(&key)?);
    }
    drop(waiting);
    let mut decoding = Decoding::new(config)?;
    let mut progress = Progress::new(parts.iter().map(Part::len).sum(), "records");
    let mut story = Story { order: args.order.clone(), ..Story::default() };
    let mut failed = None;
    reader
        .read(parts, |message, behind| {
            progress.show(behind);
            let Some(message) = message else { return ControlFlow::Continue(()) };
            story.records_read += 1;
            match look(&mut decoding, message, &args.order) {
                Ok(found) => {
                    story.records.extend(found);
                    ControlFlow::Continue(())
                }
                Err(trouble) => {
                    failed = Some(trouble);
                    ControlFlow::Break(())
                }
            }
        })
        .map_err(&key)?;
    progress.clear();
    if let Some(trouble) = failed {
        return Err(trouble);
    }
    story.records.sort_by(|a, b| (&a.topic, a.partition, a.offset).cmp(&(&b.topic, b.partition, b.offset)));
    let topics: BTreeSet<String> = story.records.iter().map(|seen| seen.topic.clone()).collect();
    let committed = patiently(|| committed_in(reader.consumer(), &topics))?;
    ends(&mut story.records, &committed, &cluster_id(reader.consumer()).unwrap_or_default());
    Ok(story)
}

fn look(decoding: &mut Decoding, message: &BorrowedMessage<'_>, order: &str) -> Result<Option<Seen>, Trouble> {
    let is_key = message.key().is_some_and(|key| key.ends_with(order.as_bytes()));
    let seen = Seen {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis(),
        is: "modification",
        merchant_biz_type: None,
        order_status: None,
        order_modify_time: None,
        why: None,
        end: End { by_commit: "not read", newer: None },
    };
    Ok(match decoding.of(message)? {
        Found::Order(event) if event.merchant_biz_no.as_str() == order => Some(Seen {
            merchant_biz_type: Some(event.biz_type.name()),
            order_status: Some(event.status.to_string()),
            order_modify_time: Some(event.modified_at.millis()),
            ..seen
        }),
        Found::Skipped(why) if is_key => Some(Seen { is: why, ..seen }),
        Found::Unfit(_, message) if is_key => Some(Seen { is: "unfit", why: Some(message.to_string()), ..seen }),
        Found::Order(_) | Found::Skipped(_) | Found::Unfit(..) => None,
    })
}

/// What the group's commits say of each.
fn ends(records: &mut [Seen], committed: &BTreeMap<String, Committed>, cluster: &str) {
    let newest: Vec<_> = records.iter().map(|seen| (seen.topic.clone(), seen.partition, seen.order_modify_time, seen.offset)).collect();
    for seen in records {
        let Some((offset, text)) = committed.get(&seen.topic).and_then(|of_topic| of_topic.get(&seen.partition)) else { continue };
        let place = Place { cluster_id: cluster, topic: &seen.topic, partition: seen.partition };
        let ahead = metadata::decode(place, *offset, text).map(|told| told.settled).unwrap_or_default();
        let settled = |at: i64| at < offset.0 || ahead.iter().any(|settled| settled.0 == at);
        seen.end.by_commit = if settled(seen.offset) { "settled" } else { "open" };
        let newest = newest
            .iter()
            .filter(|(topic, partition, time, at)| *topic == seen.topic && *partition == seen.partition && time.is_some() && settled(*at));
        let newest = newest.max_by_key(|(_, _, time, at)| (*time, *at)).map(|(_, _, time, at)| (*time, *at));
        let own = (seen.order_modify_time, seen.offset);
        seen.end.newer = newest.filter(|newest| own.0.is_some() && settled(seen.offset) && *newest > own).map(|(_, at)| at);
    }
}

#[cfg(test)]
mod tests {
    use engine::Offset;
    use engine::metadata::Metadata;

    use super::*;

    fn seen(offset: i64, time: Option<i64>) -> Seen {
        Seen {
            topic: "orders".to_owned(),
            partition: 0,
            offset,
            timestamp: None,
            is: "modification",
            merchant_biz_type: None,
            order_status: None,
            order_modify_time: time,
            why: None,
            end: End { by_commit: "not read", newer: None },
        }
    }

    #[test]
    fn the_commit_and_its_map_say_what_is_settled_and_the_newest_settled_one_stands_for_the_others() {
        let told = Metadata { closed: false, window: Offset(100), leader_epoch: None, settled: vec![Offset(7)], lingers: None };
        let place = Place { cluster_id: "c", topic: "orders", partition: 0 };
        let text = metadata::encode(place, Offset(5), &told);
        let committed = BTreeMap::from([("orders".to_owned(), [(0, (Offset(5), text))].into())]);
        let mut records = vec![seen(3, Some(10)), seen(4, Some(30)), seen(6, Some(40)), seen(7, Some(20)), seen(8, None)];
        ends(&mut records, &committed, "c");
        let found: Vec<_> = records.iter().map(|seen| (seen.end.by_commit, seen.end.newer)).collect();
        assert_eq!(found, [("settled", Some(4)), ("settled", None), ("open", None), ("settled", Some(4)), ("open", None)]);
    }

    #[test]
    fn without_a_commit_nothing_was_read() {
        let mut records = vec![seen(3, Some(10))];
        ends(&mut records, &BTreeMap::new(), "c");
        assert_eq!(records[0].end.by_commit, "not read");
    }
}
