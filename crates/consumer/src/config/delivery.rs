//! `[quota]`, `[retry]` and `[delivery]`.

use std::time::Duration;

use engine::{OnUndecided, UnsupportedBusiness};
use toml::Value;

use super::error::ConfigError;
use super::section::{Given, Section, unknown_key};
use super::units;

/// How much AlipayHK grants, all instances together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quota {
    /// Calls a second.
    pub requests_per_second: f64,
    /// Calls a second that are left to replays by hand.
    pub reserve_per_second: f64,
    /// Calls of this instance at the same time.
    pub max_in_flight: u32,
}

/// The exponential backoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Its first step.
    pub initial: Duration,
    /// Its last.
    pub max: Duration,
}

/// How records become calls and commits.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// How long AlipayHK may still apply a call after our deadline.
    pub late_apply: Duration,
    /// The longest wait for open calls at a revoke and at the end.
    pub drain: Duration,
    /// Offsets read before the committed one, per partition.
    pub history: u64,
    /// Open records of all partitions of the subscription.
    pub max_open_records: u64,
    /// Bytes of open records of all partitions of the subscription.
    pub max_open_bytes: u64,
    /// Idle orders whose last decision is kept.
    pub remembered_orders: usize,
    /// Older records are skipped.
    pub max_age: Option<Duration>,
    /// A partition that stands still so long is looked after.
    pub stall_after: Duration,
    /// What becomes of one order that stays undecided.
    pub on_undecided: OnUndecided,
    /// What UN_SUPPORT_BUSINESS does.
    pub unsupported_business: UnsupportedBusiness,
}

pub(super) const QUOTA_KEYS: &[&str] = &["requests_per_second", "max_in_flight", "reserve_per_second"];
pub(super) const RETRY_KEYS: &[&str] = &["initial", "max"];
pub(super) const KEYS: &[&str] = &[
    "late_apply",
    "drain",
    "history",
    "max_open_records",
    "max_open_bytes",
    "remembered_orders",
    "max_age",
    "stall_after",
    "on_undecided",
    "unsupported_business",
];

/// More is no queue but a database.
const MOST: u64 = 1_000_000_000;

impl Quota {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let requests_per_second = section.number("requests_per_second")?.unwrap_or(20.0);
        if requests_per_second <= 0.0 {
            return Err(section.error("requests_per_second", format!("is {requests_per_second}; expected a number above 0")));
        }
        let reserve_per_second = section.number("reserve_per_second")?.unwrap_or(0.0);
        if !(0.0..requests_per_second).contains(&reserve_per_second) {
            let problem =
                format!("is {reserve_per_second}; expected 0 or more and less than quota.requests_per_second ({requests_per_second})");
            return Err(section.error("reserve_per_second", problem));
        }
        let max_in_flight = section.integer("max_in_flight", 1..=65_536)?.map_or(256, |number| u32::try_from(number).unwrap_or(u32::MAX));
        Ok(Self { requests_per_second, reserve_per_second, max_in_flight })
    }
}

impl Retry {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let initial = section.positive_duration("initial")?.unwrap_or(Duration::from_millis(500));
        let max = section.positive_duration("max")?.unwrap_or(Duration::from_secs(60));
        if max < initial {
            let (initial, max) = (units::show_duration(initial), units::show_duration(max));
            return Err(section.error("max", format!("is {max}, shorter than retry.initial ({initial}); raise it or lower retry.initial")));
        }
        Ok(Self { initial, max })
    }
}

impl Delivery {
    /// `session_timeout` bounds the default of `drain`.
    pub(super) fn read(section: &Section<'_>, session_timeout: Duration) -> Result<Self, ConfigError> {
        let businesses = [("gate", UnsupportedBusiness::Gate), ("park", UnsupportedBusiness::Park)];
        Ok(Self {
            late_apply: section.duration("late_apply")?.unwrap_or(Duration::ZERO),
            drain: section.positive_duration("drain")?.unwrap_or_else(|| Duration::from_secs(20).min(session_timeout / 2)),
            history: section.integer("history", 0..=MOST)?.unwrap_or(10_000),
            max_open_records: section.integer("max_open_records", 1..=MOST)?.unwrap_or(1_000_000),
            max_open_bytes: match section.size("max_open_bytes")? {
                Some(0) => return Err(section.error("max_open_bytes", "must be larger than zero")),
                Some(bytes) => bytes,
                None => 512 << 20,
            },
            remembered_orders: section
                .integer("remembered_orders", 1..=MOST)?
                .map_or(2_000_000, |orders| usize::try_from(orders).unwrap_or(usize::MAX)),
            max_age: section.positive_duration("max_age")?,
            stall_after: section.positive_duration("stall_after")?.unwrap_or(Duration::from_secs(30)),
            on_undecided: on_undecided(section)?,
            unsupported_business: section.choice("unsupported_business", &businesses)?.unwrap_or(UnsupportedBusiness::Gate),
        })
    }
}

fn on_undecided(section: &Section<'_>) -> Result<OnUndecided, ConfigError> {
    let key = "on_undecided";
    let wrong = || section.error(key, "expected \"retry\", \"park_when_blocking\" or { park_after = \"30m\", attempts = 20 }");
    match section.given(key) {
        None => Ok(OnUndecided::Retry),
        Some(Given::Env(text) | Given::File(Value::String(text))) => match text.as_str() {
            "retry" => Ok(OnUndecided::Retry),
            "park_when_blocking" => Ok(OnUndecided::ParkWhenBlocking),
            _ => Err(wrong()),
        },
        Some(Given::File(Value::Table(table))) => {
            let known = ["park_after", "attempts"];
            if let Some(unknown) = table.keys().find(|key| !known.contains(&key.as_str())) {
                return Err(section.error(&format!("{key}.{unknown}"), unknown_key(unknown, &known)));
            }
            let after = table.get("park_after").and_then(Value::as_str).and_then(units::duration).filter(|after| !after.is_zero());
            let after = after.ok_or_else(|| section.error(&format!("{key}.park_after"), format!("expected {}", units::DURATION)))?;
            let attempts = table.get("attempts").and_then(Value::as_integer).and_then(|attempts| u32::try_from(attempts).ok());
            let attempts = attempts.filter(|attempts| *attempts > 0);
            let attempts = attempts.ok_or_else(|| section.error(&format!("{key}.attempts"), "expected a whole number above 0"))?;
            Ok(OnUndecided::ParkAfter { after, attempts })
        }
        Some(Given::File(_)) => Err(wrong()),
    }
}
