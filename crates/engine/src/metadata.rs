//! What travels beside a committed offset: how far its writer may have spoken, and what it has settled above the offset.
//!
//! One line of ASCII fields, at most 4,096 characters (Kafka's default `offset.metadata.max.bytes`):
//! `ordersync/1 cluster topic partition offset marker window epoch map checksum`, with the marker `closed`, `open`, or, from a static
//! member, `open/` and for how many milliseconds it may still be heard after another process took its place. The line is bound to its place and offset, so that
//! anything else found there (an operator's reset, a mirrored group, another program, damage) is recognised as foreign.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::completion_map::CompletionMap;
use crate::io::Offset;

/// First field: format and version.
const FORMAT: &str = "ordersync/1";
/// The window never reaches further beyond the committed offset than this; a constant of the format.
pub const SPAN: i64 = 262_144;
/// The map never reaches further either.
const REACH: u64 = SPAN as u64;
/// Kafka's default `offset.metadata.max.bytes`; what is longer was not written by us.
const MAX_CHARS: usize = 4_096;
/// The markers.
const CLOSED: &str = "closed";
const OPEN: &str = "open";
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
    /// The writer is a static member: so long after another process took its place it may still be heard. Says nothing when `closed`.
    pub lingers: Option<Duration>,
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

impl Fault {
    /// The word in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotOurs => "not_ours",
            Self::Damaged => "damaged",
            Self::Version => "version",
            Self::Cluster => "cluster",
            Self::Place => "place",
            Self::Offset => "offset",
            Self::Log => "log",
        }
    }
}

/// Writes the metadata of a commit at `committed`. A map that is too long is cut: what is beyond is sent again after a crash.
pub fn encode(place: Place<'_>, committed: Offset, metadata: &Metadata) -> String {
    let (map, _) = map_of(committed, metadata.settled.iter().copied());
    write(place, committed, metadata, &map)
}

/// Writes metadata from the settled offsets, ascending, and the leader epoch of any of them: the epoch that counts is that of the highest
/// offset which fits.
pub(crate) fn encode_with(
    place: Place<'_>,
    committed: Offset,
    (closed, lingers): (bool, Option<Duration>),
    window: Offset,
    settled: impl Iterator<Item = Offset>,
    leader_epoch_of: impl Fn(Offset) -> Option<i32>,
) -> String {
    let (map, highest) = map_of(committed, settled);
    let leader_epoch = highest.and_then(leader_epoch_of);
    write(place, committed, &Metadata { closed, lingers, window, leader_epoch, settled: Vec::new() }, &map)
}

fn map_of(committed: Offset, settled: impl Iterator<Item = Offset>) -> (Vec<u8>, Option<Offset>) {
    let distances = settled.filter_map(|offset| u64::try_from(offset.0 - committed.0).ok()).take_while(|distance| *distance < REACH);
    let mut map = CompletionMap::new(distances);
    let (bytes, reach) = map.encode();
    map.cut(reach);
    let highest = i64::try_from(map.reach()).ok().filter(|reach| *reach > 0).map(|reach| Offset(committed.0 + (reach - 1)));
    (bytes, highest)
}

fn write(place: Place<'_>, committed: Offset, metadata: &Metadata, map: &[u8]) -> String {
    let map = if map.is_empty() { "-".to_owned() } else { STANDARD_NO_PAD.encode(map) };
    let cluster = if place.cluster_id.is_empty() { NO_CLUSTER } else { place.cluster_id };
    let marker = match (metadata.closed, metadata.lingers) {
        (true, _) => CLOSED.to_owned(),
        (false, None) => OPEN.to_owned(),
        (false, Some(lingers)) => format!("{OPEN}/{}", lingers.as_millis()),
    };
    let epoch = metadata.leader_epoch.unwrap_or(-1);
    let (topic, partition) = (place.topic, place.partition);
    let text = format!("{FORMAT} {cluster} {topic} {partition} {committed} {marker} {} {epoch} {map}", metadata.window);
    let checksum = checksum(text.as_bytes());
    format!("{text} {checksum}")
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
    if text.len() > MAX_CHARS {
        return Err(Fault::Damaged);
    }
    let (front, sum) = text.rsplit_once(' ').ok_or(Fault::Damaged)?;
    if sum != checksum(front.as_bytes()) {
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
    let (closed, lingers) = match marker.split_once('/') {
        None if *marker == CLOSED => (true, None),
        None if *marker == OPEN => (false, None),
        Some((OPEN, millis)) => (false, Some(Duration::from_millis(millis.parse().map_err(|_| Fault::Damaged)?))),
        Some(_) | None => return Err(Fault::Damaged),
    };
    let window = window.parse().map_err(|_| Fault::Damaged)?;
    if !(committed.0..=committed.0.saturating_add(SPAN)).contains(&window) {
        return Err(Fault::Damaged);
    }
    let epoch: i32 = epoch.parse().map_err(|_| Fault::Damaged)?;
    let bytes = if *map == "-" { Vec::new() } else { STANDARD_NO_PAD.decode(map).map_err(|_| Fault::Damaged)? };
    let map = CompletionMap::decode(&bytes, REACH).ok_or(Fault::Damaged)?;
    let settled = map.distances().map(|distance| committed.0.checked_add_unsigned(distance).map(Offset));
    let settled = settled.collect::<Option<_>>().ok_or(Fault::Damaged)?;
    Ok(Metadata { closed, lingers, window: Offset(window), leader_epoch: (epoch >= 0).then_some(epoch), settled })
}

/// CRC-32 (IEEE 802.3), bit by bit: the text is short and rare.
fn checksum(bytes: &[u8]) -> String {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    format!("{:08x}", !crc)
}

#[cfg(test)]
mod foreign;
#[cfg(test)]
mod tests;
