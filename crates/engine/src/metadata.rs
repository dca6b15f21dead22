//! What travels beside a committed offset: how far its writer may have spoken, and what it has settled above the offset.
//!
//! One line of ASCII fields, at most 4,096 characters (Kafka's default `offset.metadata.max.bytes`):
//! `ordersync/1 cluster topic partition offset open|closed window epoch map checksum`. It is bound to its place and offset, so that
//! anything else found there (an operator's reset, a mirrored group, another program, damage) is recognised as foreign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::completion_map::CompletionMap;
use crate::io::Offset;

/// First field: format and version.
const FORMAT: &str = "ordersync/1";
/// The window never reaches further beyond the committed offset than this; a constant of the format.
pub const SPAN: i64 = 262_144;
/// A cluster that tells no id.
const NO_CLUSTER: &str = "-";

/// Where a commit belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The Kafka cluster's id.
    pub cluster_id: &'a str,
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
}

/// What a commit says beside its offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Nothing of the writer's was on its way any more.
    pub closed: bool,
    /// Nothing at or above it was sent.
    pub window: Offset,
    /// Leader epoch of the highest settled record, where it is known.
    pub leader_epoch: Option<i32>,
    /// Settled offsets above the committed one, ascending.
    pub settled: Vec<Offset>,
}

/// Why metadata is foreign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Empty, or another program's.
    NotOurs,
    /// Ours by its first field, but cut or damaged.
    Damaged,
    /// Written by a version that this one does not know.
    Version,
    /// Written for another cluster.
    Cluster,
    /// Written for another topic or partition.
    Place,
    /// Written for another offset: somebody moved it.
    Offset,
    /// Its map marks records that are not in the log, or under another leader epoch.
    Log,
}

/// Writes the metadata of a commit at `committed`; returns it with the offset from which on nothing is in its map.
pub fn encode(place: Place<'_>, committed: Offset, metadata: &Metadata) -> (String, Offset) {
    let mut next = committed.0;
    let mut states = Vec::new();
    for offset in metadata.settled.iter().filter(|offset| **offset >= committed) {
        let gap = usize::try_from(offset.0 - next).unwrap_or(0);
        states.resize(states.len() + gap, false);
        states.push(true);
        next = offset.0 + 1;
    }
    let (bytes, reach) = CompletionMap::new(states.into_iter()).encode();
    let map = if bytes.is_empty() { "-".to_owned() } else { STANDARD_NO_PAD.encode(bytes) };
    let cluster = if place.cluster_id.is_empty() { NO_CLUSTER } else { place.cluster_id };
    let marker = if metadata.closed { "closed" } else { "open" };
    let epoch = metadata.leader_epoch.unwrap_or(-1);
    let (topic, partition) = (place.topic, place.partition);
    let text = format!("{FORMAT} {cluster} {topic} {partition} {committed} {marker} {} {epoch} {map}", metadata.window);
    let checksum = checksum(text.as_bytes());
    let reach = i64::try_from(reach).unwrap_or(0);
    (format!("{text} {checksum:08x}"), Offset(committed.0 + reach))
}

/// Reads the metadata found beside `committed`.
///
/// # Errors
/// The [`Fault`] that makes it foreign.
pub fn decode(place: Place<'_>, committed: Offset, text: &str) -> Result<Metadata, Fault> {
    let Some(format) = text.split(' ').next().filter(|format| format.starts_with("ordersync/")) else { return Err(Fault::NotOurs) };
    if format != FORMAT {
        return Err(Fault::Version);
    }
    let (front, sum) = text.rsplit_once(' ').ok_or(Fault::Damaged)?;
    if u32::from_str_radix(sum, 16).ok() != Some(checksum(front.as_bytes())) || sum.len() != 8 {
        return Err(Fault::Damaged);
    }
    let fields: Vec<&str> = front.split(' ').collect();
    let [_, cluster, topic, partition, offset, marker, window, epoch, map] = fields.as_slice() else { return Err(Fault::Damaged) };
    if *cluster != if place.cluster_id.is_empty() { NO_CLUSTER } else { place.cluster_id } {
        return Err(Fault::Cluster);
    }
    if *topic != place.topic || partition.parse() != Ok(place.partition) {
        return Err(Fault::Place);
    }
    if offset.parse() != Ok(committed.0) {
        return Err(Fault::Offset);
    }
    let closed = match *marker {
        "closed" => true,
        "open" => false,
        _ => return Err(Fault::Damaged),
    };
    let window = window.parse().map_err(|_| Fault::Damaged)?;
    if !(committed.0..=committed.0 + SPAN).contains(&window) {
        return Err(Fault::Damaged);
    }
    let epoch: i32 = epoch.parse().map_err(|_| Fault::Damaged)?;
    let bytes = if *map == "-" { Vec::new() } else { STANDARD_NO_PAD.decode(map).map_err(|_| Fault::Damaged)? };
    let reach = usize::try_from(SPAN).unwrap_or(usize::MAX);
    let map = CompletionMap::decode(&bytes, reach).ok_or(Fault::Damaged)?;
    let settled = map.distances().map(|distance| Offset(committed.0 + i64::try_from(distance).unwrap_or(SPAN))).collect();
    Ok(Metadata { closed, window: Offset(window), leader_epoch: (epoch >= 0).then_some(epoch), settled })
}

/// CRC-32 (IEEE 802.3), bit by bit: the text is short and rare.
fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
