//! How numbers, spans and times are written.

/// Hong Kong is eight hours ahead of UTC, the whole year.
const HONG_KONG: i64 = 8 * 3_600;

/// `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 order`, `12,345 orders`.
pub fn many(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { more })
}

/// How many a second: `0.4`, `12`, `1,234`.
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second < 0.0 {
        return "–".to_owned();
    }
    if per_second > 0.0 && per_second < 9.95 { format!("{per_second:.1}") } else { count(per_second.round() as u64) }
}

/// A span in the unit it is best read in: `85 ms`, `1.4 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`.
pub fn span(seconds: f64) -> String {
    if !seconds.is_finite() || seconds <= 0.0 {
        return "0 s".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{:.0} ms", (seconds * 1_000.0).max(1.0));
    }
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    let two = |high: u64, unit: &str, low: u64, smaller: &str| match low {
        0 => format!("{high} {unit}"),
        _ => format!("{high} {unit} {low} {smaller}"),
    };
    match whole {
        0..60 => format!("{whole} s"),
        60..3_600 => two(whole / 60, "min", whole % 60, "s"),
        3_600..86_400 => two(whole / 3_600, "h", whole % 3_600 / 60, "min"),
        _ => two(whole / 86_400, "d", whole % 86_400 / 3_600, "h"),
    }
}

/// A moment in epoch milliseconds as a clock in Hong Kong shows it: `16:05:12`.
pub fn clock(millis: i64) -> String {
    let of_day = (millis.div_euclid(1_000) + HONG_KONG).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day % 3_600 / 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_in_threes() {
        let texts = [0, 12, 999, 1_000, 65_536, 1_234_567].map(count);
        assert_eq!(texts, ["0", "12", "999", "1,000", "65,536", "1,234,567"]);
        assert_eq!((many(1, "order", "orders"), many(1_200, "order", "orders")), ("1 order".to_owned(), "1,200 orders".to_owned()));
    }

    #[test]
    fn small_rates_have_a_fraction_and_large_ones_none() {
        assert_eq!([0.0, 0.04, 0.44, 9.94, 9.96, 298.4, 1_234.5].map(rate), ["0", "0.0", "0.4", "9.9", "10", "298", "1,235"]);
        assert_eq!([f64::NAN, -1.0].map(rate), ["–", "–"]);
    }

    #[test]
    fn a_span_is_written_in_the_unit_it_is_read_in() {
        let spans = [0.0, 0.000_2, 0.085, 0.9996, 9.94, 9.96, 59.4, 60.0, 200.0, 7_500.0, 356_400.0];
        let texts = spans.map(span);
        let expected = ["0 s", "1 ms", "85 ms", "1.0 s", "9.9 s", "10 s", "59 s", "1 min", "3 min 20 s", "2 h 5 min", "4 d 3 h"];
        assert_eq!(texts, expected);
        assert_eq!(span(f64::INFINITY), "0 s");
    }

    #[test]
    fn clocks_show_the_time_of_hong_kong() {
        assert_eq!(clock(1_793_462_400_250), "00:00:00");
        assert_eq!(clock(0), "08:00:00");
        assert_eq!(clock(-1), "07:59:59");
    }
}
