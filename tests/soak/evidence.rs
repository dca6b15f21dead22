//! What to look at when something is wrong: everything the verdict was made from, as files.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use order_sync_tests::oracle::Marker;

use crate::verdict::Truth;

/// Where a run keeps it until it is known whether somebody needs it.
pub(crate) fn folder(seed: u64) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../.dev/soak-{seed}"));
    // what an earlier run left there would only mislead
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the project's folder is writable");
    folder
}

/// Writes the timeline and every call, beside the logs of the processes.
pub(crate) fn write(folder: &Path, truth: &Truth) {
    let timeline = folder.join("timeline.txt");
    let calls = folder.join("calls.json");
    let written = fs::write(&timeline, self::timeline(truth))
        .and_then(|()| fs::write(&calls, serde_json::to_string_pretty(&truth.exchanges).unwrap_or_default()));
    if let Err(error) = written {
        eprintln!("soak: {}: {error}", folder.display());
    }
}

/// Commits, disturbances and processes in the order of time.
fn timeline(truth: &Truth) -> String {
    let mut lines: Vec<(i64, String)> = Vec::new();
    for told in &truth.commits {
        let marker = match told.marker() {
            Marker::Open => "open",
            Marker::Closed => "closed",
            Marker::Foreign => "foreign",
        };
        lines.push((told.by, format!("commit  partition {} offset {} {marker}", told.partition, told.offset)));
    }
    for event in &truth.events {
        let whom = event.member.map_or_else(String::new, |number| format!(" (process {number})"));
        lines.push((event.from, format!("begins  {}{whom}", event.what)));
        lines.push((event.to, format!("ends    {}{whom}", event.what)));
    }
    for life in &truth.lives {
        if let Some((at, end)) = life.ended {
            lines.push((at, format!("process {} at {} ended: {end:?}", life.number, life.host)));
        }
        lines.extend(life.losses.iter().map(|at| (*at, format!("process {} lost its partitions", life.number))));
    }
    lines.sort();
    let mut text = String::new();
    for (at, line) in lines {
        let _ = writeln!(text, "{at} {line}");
    }
    text
}
