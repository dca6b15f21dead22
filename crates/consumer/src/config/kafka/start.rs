use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where a topic without any offset of this group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As [`Start::Earliest`], but a large backlog is refused.
    NotWritten,
    /// With the oldest record.
    Earliest,
    /// With the next record.
    Latest,
    /// With the first record of this time or later, in epoch milliseconds.
    Timestamp(i64),
}

impl Start {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected \"earliest\", \"latest\" or \"timestamp:2026-11-01T00:00:00+08:00\"";
        match text {
            "earliest" => Ok(Self::Earliest),
            "latest" => Ok(Self::Latest),
            _ => {
                let Some(time) = text.strip_prefix("timestamp:") else { return Err(format!("is {text:?}; {expected}")) };
                let time = OffsetDateTime::parse(time.trim(), &Rfc3339).map_err(|error| format!("{time:?}: {error}; {expected}"))?;
                let millis = i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(-1);
                if millis < 0 { Err(format!("{time} is before 1970; {expected}")) } else { Ok(Self::Timestamp(millis)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_one_of_three_forms() {
        assert_eq!(Start::parse("earliest"), Ok(Start::Earliest));
        assert_eq!(Start::parse("latest"), Ok(Start::Latest));
        assert_eq!(Start::parse("timestamp:2026-11-01T00:00:00+08:00"), Ok(Start::Timestamp(1_793_462_400_000)));
        assert_eq!(Start::parse("timestamp:1970-01-01T00:00:00.250Z"), Ok(Start::Timestamp(250)));
        for text in
            ["largest", "Earliest", "timestamp:", "timestamp:2026-11-01", "timestamp:1793462400000", "timestamp:1960-01-01T00:00:00Z"]
        {
            assert!(Start::parse(text).unwrap_err().contains("timestamp:2026-11-01T00:00:00+08:00"), "{text}");
        }
    }
}
