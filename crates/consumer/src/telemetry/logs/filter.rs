//! `telemetry.log_level`: a level, and levels of single targets: `info`, `info,librdkafka=debug`.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use crate::telemetry::spans;

/// Libraries that talk much at `info` and below: they follow the general level only up to `warn`.
const CHATTY: [&str; 8] = ["h2", "hyper", "reqwest", "rustls", "tokio", "tonic", "tower", "rdkafka"];

/// The SDK's own lines: what the operator needs to know of a failing exporter is said once a minute by `telemetry::otlp`.
const SILENT: &str = "opentelemetry";

/// Which events are written.
#[derive(Debug, Clone)]
pub struct Filter(Targets);

/// The text is not a list of levels and `target=level` pairs.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is neither a level (off, error, warn, info, debug, trace) nor target=level")]
pub struct BadLevel(String);

impl FromStr for Filter {
    type Err = BadLevel;

    fn from_str(text: &str) -> Result<Self, BadLevel> {
        let mut general = LevelFilter::INFO;
        let mut named = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let bad = || BadLevel(part.chars().filter(|c| !c.is_control()).take(64).collect());
            match part.split_once('=') {
                Some((target, level)) if !target.is_empty() => named.push((target.to_owned(), parse_level(level).ok_or_else(bad)?)),
                Some(_) => return Err(bad()),
                None => general = parse_level(part).ok_or_else(bad)?,
            }
        }
        Ok(Self(Self::from(general).0.with_targets(named)))
    }
}

impl From<LevelFilter> for Filter {
    fn from(general: LevelFilter) -> Self {
        let quiet = CHATTY.map(|target| (target, general.min(LevelFilter::WARN)));
        Self(Targets::new().with_default(general).with_targets(quiet).with_target(SILENT, LevelFilter::OFF))
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::from(LevelFilter::INFO)
    }
}

impl Filter {
    /// The filter of the whole subscriber: these events, and the spans of `exported`. Without an export no span is made.
    ///
    /// Not a filter of the layer that writes: such a filter remembers for each thread what it last refused, a refused record of the
    /// `log` crate (librdkafka's, hyper's) is never asked for again, and so the next line of that thread would be lost.
    pub(crate) fn globally(self, exported: Option<&'static str>) -> Targets {
        match exported {
            Some(target) => self.0.with_target(target, LevelFilter::INFO),
            None => self.0.with_target(spans::TARGET, LevelFilter::OFF),
        }
    }
}

fn parse_level(text: &str) -> Option<LevelFilter> {
    // `LevelFilter` would also take numbers
    if text.chars().all(|c| c.is_ascii_alphabetic()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn enabled(filter: &str, target: &str, level: Level) -> bool {
        filter.parse::<Filter>().unwrap().0.would_enable(target, &level)
    }

    #[test]
    fn a_level_holds_for_us_and_only_up_to_warn_for_chatty_libraries() {
        assert!(enabled("debug", "consumer::driver", Level::DEBUG));
        assert!(!enabled("info", "consumer::driver", Level::DEBUG));
        assert!(!enabled("debug", "hyper_util::client", Level::INFO));
        assert!(enabled("debug", "hyper_util::client", Level::WARN));
        assert!(!enabled("error", "h2", Level::WARN));
        assert!(!enabled("trace", "opentelemetry_sdk", Level::ERROR));
    }

    #[test]
    fn librdkafka_follows_the_general_level() {
        assert!(enabled("info", "librdkafka", Level::INFO));
        assert!(!enabled("warn", "librdkafka", Level::INFO));
        assert!(!enabled("info", "rdkafka::client", Level::INFO));
    }

    #[test]
    fn a_named_target_is_believed() {
        assert!(enabled("warn,hyper=trace", "hyper::proto", Level::TRACE));
        assert!(enabled("info, librdkafka=debug ", "librdkafka", Level::DEBUG));
        assert!(!enabled("info,librdkafka=error", "librdkafka", Level::WARN));
        assert!(enabled("off,opentelemetry=warn", "opentelemetry_sdk", Level::WARN));
    }

    #[test]
    fn a_typing_error_is_refused_and_not_taken_for_a_target() {
        assert_eq!("inof".parse::<Filter>().unwrap_err(), BadLevel("inof".into()));
        assert!("info,librdkafka=loud".parse::<Filter>().is_err());
        assert!("=debug".parse::<Filter>().is_err());
        assert!("5".parse::<Filter>().is_err());
        assert_eq!("x\u{1b}[2J".parse::<Filter>().unwrap_err(), BadLevel("x[2J".into()));
    }

    #[test]
    fn nothing_said_means_info() {
        assert!(enabled("", "consumer", Level::INFO) && !enabled("", "consumer", Level::DEBUG));
    }
}
