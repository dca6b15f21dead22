//! Times as operators write and read them.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, OffsetDateTime, Time};

use super::now_millis;
use crate::config::parse_duration;

/// A moment in epoch milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub i64);

/// Reads a time with an offset, a day of Hong Kong, or how long ago.
pub fn parse(text: &str) -> Result<When, String> {
    read(text, now_millis())
}

fn read(text: &str, now: i64) -> Result<When, String> {
    let millis = |time: OffsetDateTime| i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok();
    let day = |text| Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    let time = OffsetDateTime::parse(text, &Rfc3339).ok().and_then(millis);
    let time = time.or_else(|| millis(day(text)?.with_time(Time::MIDNIGHT).assume_offset(offset!(+8))));
    let ago = || parse_duration(text).and_then(|ago| now.checked_sub(i64::try_from(ago.as_millis()).ok()?));
    time.or_else(ago).filter(|millis| *millis >= 0).map(When).ok_or_else(|| {
        "expected a time such as 2026-11-01T08:00:00+08:00, a day such as 2026-11-01, or how long ago, such as 24h".to_owned()
    })
}

impl When {
    /// As a flag takes it.
    pub fn flag(self) -> String {
        ::alipayhk::exchange::timestamp(self.0.div_euclid(1_000)).unwrap_or_default()
    }
}

impl fmt::Display for When {
    /// In Hong Kong, to the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ::alipayhk::exchange::timestamp(self.0.div_euclid(1_000)) {
            Some(text) => f.pad(text.trim_end_matches("+08:00")),
            None => f.pad("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_793_700_000_000;

    #[test]
    fn a_time_is_written_in_three_ways() {
        assert_eq!(read("2026-11-01T00:00:00+08:00", NOW), Ok(When(1_793_462_400_000)));
        assert_eq!(read("2026-10-31T16:00:00.250Z", NOW), Ok(When(1_793_462_400_250)));
        assert_eq!(read("2026-11-01", NOW), Ok(When(1_793_462_400_000)), "midnight in Hong Kong");
        assert_eq!(read("24h", NOW), Ok(When(NOW - 86_400_000)));
        for wrong in ["", "yesterday", "2026-13-01", "1793462400000", "99999999d", "2026-11-01T00:00:00"] {
            assert!(read(wrong, NOW).unwrap_err().contains("2026-11-01"), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_shown_as_in_hong_kong() {
        assert_eq!(When(1_793_462_400_250).to_string(), "2026-11-01T00:00:00");
        assert_eq!(When(i64::MAX).to_string(), "-");
    }
}
