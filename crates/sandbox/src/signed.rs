//! The signed content and its time stamps, written a second time.
//!
//! The client has its own code for both. This one shares none of it, and each is tested against the published vectors, so that a mistake in
//! one of them shows as a refused signature instead of cancelling out.

/// `POST <path>`, line feed, `<client id>.<time>.<body>` (Antom, Sign a request and verify the signature).
pub fn content(method: &str, path: &str, client_id: &str, time: &str, body: &[u8]) -> Vec<u8> {
    let mut content = format!("{method} {path}\n{client_id}.{time}.").into_bytes();
    content.extend_from_slice(body);
    content
}

/// Unix seconds as ISO 8601 in Hong Kong: `2024-05-22T08:42:21+08:00`.
pub fn stamp(unix_seconds: i64) -> String {
    let local = unix_seconds + 8 * 3600;
    let (day, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = date_of(day);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}+08:00", second / 3600, second / 60 % 60, second % 60)
}

/// Unix seconds of `YYYY-MM-DDThh:mm:ss`, an optional fraction, then `Z` or an offset with a colon. Nothing else is a `Request-Time` here.
pub fn seconds(stamp: &str) -> Option<i64> {
    let (date_time, zone) = match stamp.strip_suffix('Z') {
        Some(rest) => (rest, 0),
        None => {
            let (rest, zone) = stamp.split_at_checked(stamp.len().checked_sub(6)?)?;
            let minutes = number(zone.get(1..3)?)? * 60 + number(zone.get(4..6)?)?;
            match (zone.get(..1)?, zone.get(3..4)?) {
                ("+", ":") => (rest, minutes * 60),
                ("-", ":") => (rest, -minutes * 60),
                _ => return None,
            }
        }
    };
    let (whole, fraction) = date_time.split_once('.').unwrap_or((date_time, "0"));
    number(fraction)?;
    let template = whole.bytes().map(|byte| if byte.is_ascii_digit() { '0' } else { char::from(byte) }).collect::<String>();
    if template != "0000-00-00T00:00:00" {
        return None;
    }
    let part = |from: usize, to: usize| number(whole.get(from..to)?);
    let (month, day) = (part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(days_to(part(0, 4)?, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone)
}

fn number(digits: &str) -> Option<i64> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, counted in years that begin in March.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let era = (days + 719_468).div_euclid(146_097);
    let day_of_era = (days + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use crypto::{Algorithm, PublicKey, SignatureHeader, Verifier};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_content_is_what_the_published_signatures_were_made_over() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../tests/vectors/signature.json")).unwrap();
        for id in ["V-B", "V-D-request", "V-D-response", "V-D-utf-8"] {
            let vector = vectors.as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap();
            let published = vector["content"].as_str().unwrap();
            let (line, rest) = published.split_once('\n').unwrap();
            let (method, path) = line.split_once(' ').unwrap();
            let mut rest = rest.splitn(3, '.');
            let (client_id, time, body) = (rest.next().unwrap(), rest.next().unwrap(), rest.next().unwrap());
            let content = content(method, path, client_id, time, body.as_bytes());
            let header = format!("algorithm=RSA256,keyVersion=1,signature={}", vector["signature_header_value"].as_str().unwrap());
            let key = PublicKey::parse(vector["public_key_spki_base64"].as_str().unwrap().as_bytes()).unwrap();
            let signature = SignatureHeader::parse(&header).unwrap().signature;
            assert_eq!(Verifier::new(key, Algorithm::Rsa256).unwrap().verify(&content, &signature), Ok(()), "{id}");
        }
    }

    // date -d 2024-05-22T08:42:21+08:00 +%s, and so on
    #[test]
    fn stamps_are_what_the_date_command_says() {
        for (unix, text) in [
            (1_716_338_541, "2024-05-22T08:42:21+08:00"),
            (0, "1970-01-01T08:00:00+08:00"),
            (-1, "1970-01-01T07:59:59+08:00"),
            (1_709_222_399, "2024-02-29T23:59:59+08:00"),
            (4_107_513_600, "2100-03-01T00:00:00+08:00"),
        ] {
            assert_eq!(stamp(unix), text);
            assert_eq!(seconds(text), Some(unix), "{text}");
        }
    }

    #[test]
    fn a_time_with_another_offset_is_read_and_a_time_without_one_is_not() {
        for text in ["2024-05-22T06:12:21+05:30", "2024-05-22T00:42:21Z", "2024-05-22T00:42:21.5Z", "2024-05-21T19:42:21-05:00"] {
            assert_eq!(seconds(text), Some(1_716_338_541), "{text}");
        }
        for text in [
            "",
            "Z",
            "2024-05-22T08:42:21",
            "2024-05-22 08:42:21Z",
            "2024-13-22T08:42:21Z",
            "2024-05-22T24:00:00Z",
            "1716338541000",
            "2024-05-22T08:42:21+0800",
            "é:é:é:",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_stamp_reads_back_and_agrees_with_the_clients(unix in 0_i64..250_000_000_000) {
            prop_assert_eq!(seconds(&stamp(unix)), Some(unix));
            prop_assert_eq!(Some(stamp(unix)), alipayhk::exchange::timestamp(unix));
        }
    }
}
