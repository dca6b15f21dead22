//! `docs/configuration.md`: every key with its type, default and meaning, written from here. The keys are held against those that the sections
//! know, and the defaults are read from a loaded configuration.

mod keys;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::Place;
use crate::config::kafka::{denied, names};
use crate::config::written::RELOADABLE;
use crate::config::{Config, admin, alipayhk, business, delivery, kafka, mapping, schema, telemetry};

/// What a key is when nobody writes it.
enum Default {
    /// It has to be written.
    Required,
    /// Nothing; this is what that means.
    Absent(&'static str),
    /// The value in force, as it is written.
    Value(fn(&Config) -> String),
}

/// One key.
struct Key {
    name: &'static str,
    kind: &'static str,
    default: Default,
    meaning: &'static str,
}

/// A section of the page: its heading, what is said of it, and its keys.
struct Section {
    heading: &'static str,
    about: &'static str,
    keys: Vec<Key>,
}

/// The names that the code knows, section by section.
fn known() -> BTreeSet<String> {
    let sections: [(&str, &[&str]); 15] = [
        ("kafka", kafka::KEYS),
        ("schema", schema::KEYS),
        ("mapping", mapping::KEYS),
        ("alipayhk", alipayhk::KEYS),
        ("alipayhk.signing", alipayhk::SIGNING),
        ("alipayhk.verify_keys", alipayhk::VERIFY),
        ("alipayhk.encryption", alipayhk::ENCRYPTION),
        ("quota", delivery::QUOTA_KEYS),
        ("retry", delivery::RETRY_KEYS),
        ("delivery", delivery::KEYS),
        ("business_types.TYPE", business::KEYS),
        ("dead_letter", &["topic"]),
        ("outcomes", &["topic"]),
        ("admin", admin::KEYS),
        ("telemetry", telemetry::KEYS),
    ];
    let tables = ["kafka.properties", "alipayhk.signing", "alipayhk.verify_keys", "alipayhk.encryption"];
    let all = sections.iter().flat_map(|(section, keys)| keys.iter().map(move |key| format!("{section}.{key}")));
    all.filter(|key| !tables.contains(&key.as_str())).collect()
}

/// A key that is described as the file form of the key before it, as the files of one pair.
fn described(sections: &[Section]) -> BTreeSet<String> {
    let names = sections.iter().flat_map(|section| &section.keys).flat_map(|key| key.name.split(", "));
    names.map(str::to_owned).collect()
}

fn page() -> String {
    let config = Place::new().changed(&[], "", &[]).unwrap();
    let mut page = String::from(
        "# Configuration\n\n<!-- Written by `UPDATE_DOCS=1 cargo test -p consumer every_key_has_its_place`; the source is \
         crates/consumer/src/config/tests/reference. -->\n\n\
         One TOML file, named by `--config`; [deploy/order-sync.example.toml](../deploy/order-sync.example.toml) is a whole one to copy. What is\n\
         wrong with it, with a key file or with a value is found before anything is connected: exit code 2 and one line that begins with the key.\n\n\
         - **Durations** have a unit: `250ms`, `15s`, `2m`, `1h`, `90d`. **Sizes** too: `64KiB`, `512MiB`, `2GiB`. **Paths** start at the folder of\n  \
         the file. A key that does not exist is an error.\n\
         - **Environment.** `ORDER_SYNC__SECTION__KEY` stands over the file, lists with commas or as in the file: `ORDER_SYNC__KAFKA__GROUP_ID=orders-2`. The dots of\n  \
         librdkafka's names become `_`: `ORDER_SYNC__KAFKA__PROPERTIES__SASL_PASSWORD`. Tables can only be written in the file.\n\
         - **Secrets** can be kept in a file of their own: `password_file` beside `password`. The first line break at its end does not count. None of\n  \
         them is ever taken from the command line, nor shown.\n\
         - **Taken over while running** (marked ↻): on SIGHUP, and by itself a moment after the file or a key file changed. All of it or nothing: what\n  \
         is wrong changes nothing and is said in the log and in `ordersync.config.reloads`. Every other key waits for the next start, passwords,\n  \
         tokens and certificates in files of their own too; a change of the key or of such a file is named in the log.\n\n\
         `order-sync check --config FILE` shows the values in force.\n",
    );
    for Section { heading, about, keys } in keys::sections() {
        let _ = write!(page, "\n## {heading}\n\n{about}\n\n| Key | Type | Default | |\n|---|---|---|---|\n");
        for Key { name, kind, default, meaning } in keys {
            let shown: Vec<_> = name.split(", ").map(|name| format!("`{name}`")).collect();
            let reloads = if RELOADABLE.iter().any(|known| name.starts_with(known)) { " ↻" } else { "" };
            let default = match default {
                Default::Required => "**required**".to_owned(),
                Default::Absent(means) => format!("– ({means})"),
                Default::Value(of) => format!("`{}`", of(&config)),
            };
            let _ = writeln!(page, "| {}{reloads} | {kind} | {default} | {meaning} |", shown.join("<br>"));
        }
    }
    page.push_str("\n## Properties of librdkafka that are refused\n\nThe promises depend on them.\n\n| Property | Reason |\n|---|---|\n");
    for (name, reason) in denied::reasons() {
        let _ = writeln!(page, "| `{name}` | {reason} |");
    }
    let secrets: Vec<_> = names::SECRET.iter().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(page, "\nProperties with a `…_file` form, since they are secrets: {}.", secrets.join(", "));
    page
}

#[test]
fn every_key_has_its_place_in_the_reference() {
    assert_eq!(described(&keys::sections()), known());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == page(), "docs/configuration.md is out of date: run ./dev docs");
}

#[test]
fn every_key_stands_in_the_example() {
    let example = include_str!("../../../../../deploy/order-sync.example.toml");
    let stands = |key: &str| {
        let key = key.rsplit_once('.').map_or(key, |(_, key)| key);
        let stem = key.strip_suffix("_file").unwrap_or(key);
        example.contains(&format!("{key} ="))
            || example.contains(&format!("{stem} ="))
            || example.contains(&format!("{key}_file ="))
            || example.contains(&format!(".{key}]"))
    };
    let missing: Vec<_> = known().into_iter().filter(|key| !stands(key)).collect();
    assert_eq!(missing, [] as [String; 0]);
}
