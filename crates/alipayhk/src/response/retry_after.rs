//! `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3).

use std::time::{Duration, UNIX_EPOCH};

/// How long to wait from `now` (unix seconds); nothing for a text that is neither. A date in the past is no wait. More than 136 years of
/// seconds become 136 years, which keeps every later sum in range.
pub(super) fn parse(text: &str, now: i64) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u32::MAX).into()));
    }
    let date = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(date.saturating_sub(Duration::from_secs(u64::try_from(now).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the date of RFC 9110's examples: `date -u -d '1994-11-06 08:49:37' +%s`.
    const DATE: i64 = 784_111_777;

    #[test]
    fn seconds_are_read_and_absurd_ones_are_capped() {
        assert_eq!(parse("120", DATE), Some(Duration::from_secs(120)));
        assert_eq!(parse(" 0 ", DATE), Some(Duration::ZERO));
        assert_eq!(parse("99999999999999999999999999", DATE), Some(Duration::from_secs(u32::MAX.into())));
    }

    #[test]
    fn all_three_forms_of_a_date_are_read() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse(text, DATE - 90), Some(Duration::from_secs(90)), "{text}");
        }
    }

    #[test]
    fn a_date_in_the_past_is_no_wait() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", DATE + 1), Some(Duration::ZERO));
    }

    #[test]
    fn anything_else_says_nothing() {
        for text in ["", "-1", "1.5", "+3", "soon", "0x10", "Sun, 06 Nov 1994 08:49:37 +0800"] {
            assert_eq!(parse(text, DATE), None, "{text:?}");
        }
    }
}
