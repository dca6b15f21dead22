//! What a dead letter has to be.

use std::collections::BTreeMap;

use order_sync_tests::kafka::Found;

use crate::world::World;

/// The dead letters, by the source offset they name (partition 0).
pub(crate) fn letters(world: &World) -> BTreeMap<i64, Found> {
    let found = world.dead_letters.records();
    found.into_iter().map(|letter| (number(&letter, "ordersync.offset"), letter)).collect()
}

pub(crate) fn number(letter: &Found, header: &str) -> i64 {
    let text = letter.header(header).unwrap_or_else(|| panic!("no {header} in {:?}", letter.headers));
    text.parse().unwrap_or_else(|_| panic!("{header}: {text:?} is no number"))
}

/// The record's own part is untouched, and ours says where it comes from.
#[track_caller]
pub(crate) fn assert_of(world: &World, letter: &Found, source: &Found, reason: &str) {
    assert_eq!(letter.key, source.key, "the key");
    if letter.header("ordersync.truncated") == Some("false") {
        assert_eq!(letter.value, source.value, "the value");
    }
    assert_eq!(letter.headers[..source.headers.len()], source.headers, "the record's own headers come first");
    assert!(letter.headers[source.headers.len()..].iter().all(|(name, _)| name.starts_with("ordersync.")), "{:?}", letter.headers);
    let header = |name: &str| letter.header(&format!("ordersync.{name}")).map(str::to_owned);
    assert_eq!(header("reason").as_deref(), Some(reason), "{:?}", letter.headers);
    assert_eq!(header("topic").as_deref(), Some(world.orders.name()));
    assert_eq!(header("partition"), Some(source.partition.to_string()));
    assert_eq!(header("offset"), Some(source.offset.to_string()));
    assert_eq!(header("timestamp"), source.timestamp.map(|millis| millis.to_string()));
    assert_eq!(header("group").as_deref(), Some(world.group.id()));
    assert_eq!(header("environment").as_deref(), Some("e2e"));
    assert!(header("version").is_some_and(|version| !version.is_empty()));
    assert!(header("message").is_some_and(|message| !message.is_empty()));
    assert!(header("attempts").is_some_and(|attempts| attempts.parse::<u32>().is_ok()));
}
