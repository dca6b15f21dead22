//! Durations and sizes as people write them.

use std::time::Duration;

/// What [`duration`] expects, for error texts.
pub(super) const DURATION: &str = "a whole number with a unit, such as \"250ms\", \"15s\", \"2m\", \"1h\" or \"90d\"";
/// What [`size`] expects, for error texts.
pub(super) const SIZE: &str = "a whole number with a unit, such as \"64KiB\", \"512MiB\" or \"2GiB\"";

/// Reads `250ms`, `15s`, `2m`, `1h`, `90d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// Reads `512MiB` and its kin, in bytes.
pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let bytes = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(bytes)
}

/// Writes a duration in its largest whole unit.
pub(super) fn show_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    match units.into_iter().find(|(of, _)| millis > 0 && millis.is_multiple_of(*of)) {
        Some((of, unit)) => format!("{}{unit}", millis / of),
        None if millis == 0 => "0s".to_owned(),
        None => format!("{millis}ms"),
    }
}

fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, millis) in [("250ms", 250), ("15s", 15_000), ("2m", 120_000), ("1h", 3_600_000), ("90d", 7_776_000_000), ("0s", 0)] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "15", "s", "1.5s", "-1s", "15 s", "15S", "1w", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_have_a_number_and_a_unit() {
        for (text, bytes) in [("1B", 1), ("64KiB", 65_536), ("512MiB", 536_870_912), ("2GiB", 2_147_483_648), ("5MB", 5_000_000)] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "512", "512mib", "1 MiB", "MiB", "-1B", "99999999999GiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn a_shown_duration_reads_back() {
        for text in ["250ms", "15s", "2m", "1h", "90d", "0s", "90s"] {
            let shown = show_duration(duration(text).unwrap());
            assert_eq!(duration(&shown), duration(text), "{shown}");
        }
        assert_eq!(show_duration(Duration::from_secs(90)), "90s");
    }
}
