use super::*;

fn text(text: &str) -> Scalar<'_> {
    Scalar::Text(text.into())
}

fn decimal(text: &str) -> Scalar<'static> {
    Scalar::Decimal(Decimal::parse(text).unwrap())
}

#[test]
fn the_same_moment_is_read_in_every_unit() {
    let moment = 1_760_000_000_123;
    for (scalar, unit) in [
        (Scalar::Int(moment), TimeUnit::Millis),
        (Scalar::Int(moment * 1_000 + 999), TimeUnit::Micros),
        (Scalar::Int(moment * 1_000_000 + 999_999), TimeUnit::Nanos),
        (Scalar::Number("1760000000.1239"), TimeUnit::Seconds),
        (text("1760000000123"), TimeUnit::Millis),
        (decimal("1760000000.123"), TimeUnit::Seconds),
        (text("2025-10-09T08:53:20.123Z"), TimeUnit::Iso8601),
        (text("2025-10-09T16:53:20.123999+08:00"), TimeUnit::Iso8601),
        (text("20251009T165320.123+0800"), TimeUnit::Iso8601),
        (text("2025-10-09 16:53:20.123+08:00"), TimeUnit::Iso8601),
        (Scalar::Moment(moment), TimeUnit::Seconds),
    ] {
        assert_eq!(scalar.millis(unit), Ok(moment), "{scalar:?} {unit:?}");
    }
    assert_eq!(Scalar::Int(1_760_000_000).millis(TimeUnit::Seconds), Ok(1_760_000_000_000));
    assert_eq!(Scalar::Date(20_370).millis(TimeUnit::Millis), Ok(20_370 * 86_400_000));
    assert_eq!(text("2026-11-24T10:00+08:00").millis(TimeUnit::Iso8601), Ok(1_795_485_600_000), "as Java writes full minutes");
}

#[test]
fn what_is_no_moment_is_told_apart() {
    for (scalar, unit, says) in [
        (text("2025-10-09T08:53:20Z"), TimeUnit::Millis, "iso8601"),
        (text("2025-10-09T08:53:20"), TimeUnit::Iso8601, "offset"),
        (text("2025-10-09"), TimeUnit::Iso8601, "offset"),
        (text(""), TimeUnit::Iso8601, "ISO 8601"),
        (Scalar::Int(5), TimeUnit::Iso8601, "no text"),
        (Scalar::Int(i64::MAX), TimeUnit::Seconds, "out of range"),
        (Scalar::Number("1e300"), TimeUnit::Millis, "out of range"),
        (Scalar::Boolean(true), TimeUnit::Millis, "type"),
        (Scalar::Other("a double"), TimeUnit::Millis, "type"),
    ] {
        let error = scalar.millis(unit).unwrap_err();
        assert!(error.contains(says), "{scalar:?}: {error}");
    }
}

#[test]
fn minor_units_are_digits_and_nothing_else() {
    for scalar in [text("1250"), Scalar::Int(1_250), Scalar::Number("1250"), decimal("1250"), decimal("1250.00")] {
        assert_eq!(scalar.clone().units(AmountUnit::Minor, 2).as_deref(), Ok("1250"), "{scalar:?}");
    }
    assert_eq!(text("007").units(AmountUnit::Minor, 2).as_deref(), Ok("007"), "as in a topic that is not mapped");
    for scalar in [text("12.50"), text(""), text("-1"), Scalar::Number("12.0"), Scalar::Number("1e3"), Scalar::Int(-1), decimal("12.5")] {
        assert!(scalar.clone().units(AmountUnit::Minor, 2).is_err(), "{scalar:?}");
    }
}

#[test]
fn major_units_become_minor_ones_by_the_currency() {
    for scalar in [text("12.50"), Scalar::Number("12.5"), decimal("12.5000")] {
        assert_eq!(scalar.clone().units(AmountUnit::Major, 2).as_deref(), Ok("1250"), "{scalar:?}");
    }
    assert_eq!(Scalar::Int(12).units(AmountUnit::Major, 2).as_deref(), Ok("1200"));
    assert_eq!(text("1500").units(AmountUnit::Major, 0).as_deref(), Ok("1500"));
    assert_eq!(text("12.505").units(AmountUnit::Major, 2), Err("is finer than the currency's minor unit"));
    assert_eq!(text("12,50").units(AmountUnit::Major, 2), Err("is no decimal number"));
    assert_eq!(Scalar::Other("a double").units(AmountUnit::Major, 2), Err("is of a type that does not become an exact amount"));
}

#[test]
fn numbers_have_their_decimal_text() {
    assert_eq!(Scalar::Int(-7).text().as_deref(), Ok("-7"));
    assert_eq!(Scalar::Number("1.50").text().as_deref(), Ok("1.50"));
    assert_eq!(decimal("1.50").text().as_deref(), Ok("1.50"));
    assert_eq!(Scalar::Boolean(true).text().as_deref(), Ok("true"));
    assert!(Scalar::Moment(1).text().is_err() && Scalar::Date(1).text().is_err() && Scalar::Other("a map").text().is_err());
}

#[test]
fn a_uuid_becomes_its_32_digits() {
    let simple = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    assert_eq!(uuid_simple("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9").as_deref(), Ok(simple));
    assert_eq!(uuid_simple("0A1B2C3D-4e5f-6071-8293-a4b5c6d7e8f9").as_deref(), Ok("0A1B2C3D4e5f60718293a4b5c6d7e8f9"));
    assert_eq!(uuid_simple(simple).as_deref(), Ok(simple));
    for text in [
        "",
        "ORDER-1",
        "0a1b2c3d4e5f-6071-8293-a4b5c6d7e8f9-",
        "{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}",
        "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8g9",
        "é".repeat(18).as_str(),
    ] {
        assert!(uuid_simple(text).is_err(), "{text}");
    }
}
