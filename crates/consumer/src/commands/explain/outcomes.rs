//! What the outcomes topic tells of one order.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rdkafka::message::Message;
use serde::Serialize;

use super::Story;
use crate::commands::progress::Progress;
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};
use crate::schema::outcome::Told;

/// An outcome, as far as it concerns an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Outcome {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) at: i64,
    pub(super) disposition: String,
    pub(super) code: Option<String>,
    pub(super) superseded_by: Option<i64>,
    pub(super) order_status: Option<String>,
    pub(super) held_status: Option<String>,
    pub(super) order_id: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) tracer_id: Option<String>,
}

/// Reads the partitions with the numbers of the order's; of an order without records all of them.
pub(super) fn of(config: &Config, reader: &Reader, story: &Story) -> Result<Option<Vec<Outcome>>, Trouble> {
    let Some(topic) = config.outcomes.as_ref().map(|outcomes| &outcomes.topic) else { return Ok(None) };
    let numbers: BTreeSet<i32> = story.records.iter().map(|seen| seen.partition).collect();
    let mut parts = reader.parts(topic, None).map_err(Trouble::at("outcomes.topic"))?;
    parts.retain(|part| numbers.is_empty() || numbers.contains(&part.partition));
    let mut progress = Progress::new(parts.iter().map(Part::len).sum(), "outcomes");
    let mut found = Vec::new();
    let read = reader.read(parts, |message, behind| {
        progress.show(behind);
        let told = message.and_then(|message| Told::read(message.payload()?).ok());
        let ours = |told: &Told<'_>| told.order == Some(&story.order) || story.has(told.topic, told.partition, told.offset);
        found.extend(told.filter(ours).map(|told| outcome(&told)));
        ControlFlow::Continue(())
    });
    read.map_err(Trouble::at("outcomes.topic"))?;
    found.sort_by_key(|outcome| (outcome.at, outcome.partition, outcome.offset));
    Ok(Some(found))
}

fn outcome(told: &Told<'_>) -> Outcome {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Outcome {
        topic: told.topic.to_owned(),
        partition: told.partition,
        offset: told.offset,
        at: told.at_millis,
        disposition: told.disposition.to_owned(),
        code: text(told.code),
        superseded_by: told.superseded_by,
        order_status: text(told.status),
        held_status: text(told.held_status),
        order_id: text(told.order_id),
        request_id: text(told.request_id),
        tracer_id: text(told.tracer_id),
    }
}
