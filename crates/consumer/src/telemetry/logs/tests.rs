use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `work` logs.
fn written(format: Format, colour: bool, filter: &str, work: impl FnOnce()) -> String {
    let paper = Paper::default();
    let out = paper.clone();
    let lines = Lines::new(format, colour, move || out.clone());
    let chosen = filter.parse::<Filter>().unwrap().globally(None);
    // a callsite that another thread's subscriber refused must be asked again
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines).with(chosen), || {
        tracing::callsite::rebuild_interest_cache();
        work();
    });
    let bytes = paper.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_text_line_has_the_time_the_level_the_target_and_the_fields() {
    let line = written(Format::Text, false, "info", || tracing::warn!(partition = 3, reason = "timeout", "gate closed"));
    let (time, rest) = line.split_once(' ').unwrap();
    assert_eq!(time.len(), "2026-11-24T02:08:04.123Z".len());
    assert_eq!(rest, " WARN consumer::telemetry::logs::tests: gate closed partition=3 reason=timeout\n");
}

#[test]
fn a_json_line_is_one_object_with_typed_fields() {
    let line = written(Format::Json, false, "info", || tracing::info!(offset = 7_u64, ratio = 0.5, paused = true, "fetched"));
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["level"], "INFO");
    assert_eq!(value["message"], "fetched");
    assert_eq!(value["fields"], serde_json::json!({ "offset": 7, "ratio": 0.5, "paused": true }));
    assert_eq!(line.matches('\n').count(), 1);
}

#[test]
fn a_value_cannot_forge_a_line_a_field_or_a_colour() {
    let hostile = "x\n2026-11-24T00:00:00.000Z ERROR consumer: forged level=\"y\" \x1b[2J";
    for format in [Format::Text, Format::Json] {
        let line = written(format, false, "info", || tracing::info!(code = hostile, "{hostile}"));
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(!line.contains('\x1b'), "{line}");
    }
    let line = written(Format::Text, false, "info", || tracing::info!(code = "a\" gate=open", "m"));
    assert!(line.ends_with(" code=\"a\\\" gate=open\"\n"), "{line}");
}

#[test]
fn colour_is_only_there_when_asked_for() {
    assert!(!written(Format::Text, false, "info", || tracing::info!("m")).contains('\x1b'));
    assert!(written(Format::Text, true, "info", || tracing::info!("m")).contains("\x1b[32m INFO\x1b[0m"));
}

#[test]
fn what_the_filter_refuses_is_not_written() {
    assert_eq!(written(Format::Text, false, "warn", || tracing::info!("m")), "");
    assert_eq!(written(Format::Text, false, "info", || tracing::info!(target: "hyper::proto", "m")), "");
}

#[test]
fn lines_of_the_log_crate_keep_their_target_and_pass_the_same_filter() {
    // may already be there from another test of this process
    let _ = tracing_log::LogTracer::init();
    let record = |level| log::log!(target: "librdkafka", level, "librdkafka: FAIL broker\ndown");
    let line = written(Format::Text, false, "info", || record(log::Level::Warn));
    assert!(line.ends_with(" WARN librdkafka: librdkafka: FAIL broker\\u{a}down\n"), "{line}");
    assert_eq!(written(Format::Text, false, "error", || record(log::Level::Warn)), "");
}

#[test]
fn what_librdkafka_says_of_every_attempt_is_written_once_in_a_while() {
    let _ = tracing_log::LogTracer::init();
    let text = written(Format::Text, false, "debug", || {
        for attempt in 0..5 {
            log::error!(target: "librdkafka", "librdkafka: FAIL no connection (after {attempt}ms)");
            log::debug!(target: "librdkafka", "librdkafka: a step");
            tracing::warn!("ours");
        }
        log::error!(target: "librdkafka", "librdkafka: FAIL something else");
    });
    let times = |what: &str| text.matches(what).count();
    assert_eq!((times("no connection"), times("something else"), times("a step"), times("ours")), (1, 1, 5, 5), "{text}");
}

#[test]
fn a_panic_is_told_by_its_place_and_never_by_its_text() {
    let line = written(Format::Text, false, "info", || {
        let before = std::panic::take_hook();
        install_panic_hook();
        let ended = std::panic::catch_unwind(|| panic!("canary-2088001234567890"));
        std::panic::set_hook(before);
        assert!(ended.is_err());
    });
    assert!(line.contains("logs/tests.rs:"), "{line}");
    assert!(!line.contains("canary"), "{line}");
}

#[test]
fn a_refused_record_of_the_log_crate_never_swallows_the_next_line() {
    let text = written(Format::Text, false, "info", || {
        let _ = tracing_log::LogTracer::init();
        for _ in 0..2 {
            log::trace!(target: "rdkafka::client", "not written");
            tracing::info!("written");
        }
    });
    assert_eq!(text.matches("written").count(), 2, "{text}");
}
