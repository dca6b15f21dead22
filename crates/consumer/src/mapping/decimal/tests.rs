use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> String {
    Decimal::parse(text).map_or_else(|| "-".to_owned(), |decimal| decimal.to_string())
}

fn cents(text: &str) -> Result<String, NotUnits> {
    Decimal::parse(text).unwrap().units(2, 64)
}

#[test]
fn text_is_read_as_it_is_written() {
    for (text, shown) in [
        ("12.50", "12.50"),
        ("0012.5", "12.5"),
        ("-0.07", "-0.07"),
        ("0", "0"),
        ("-0.00", "0.00"),
        ("125e-1", "12.5"),
        ("1.5E+3", "1500"),
        ("0e9", "0"),
    ] {
        assert_eq!(parsed(text), shown, "{text}");
    }
    for text in ["", "-", ".", ".5", "5.", "1,000", " 1", "1 ", "+1", "1e", "1e+", "e1", "1.2.3", "0x1", "NaN", "１", "1e99999", "--1"] {
        assert_eq!(parsed(text), "-", "{text}");
    }
}

#[test]
fn units_are_exact_and_nothing_is_rounded() {
    assert_eq!(cents("12.50").as_deref(), Ok("1250"));
    assert_eq!(cents("12.5").as_deref(), Ok("1250"));
    assert_eq!(cents("12").as_deref(), Ok("1200"));
    assert_eq!(cents("0.05").as_deref(), Ok("5"));
    assert_eq!(cents("12.5000").as_deref(), Ok("1250"), "zeros behind the last unit say nothing");
    assert_eq!(cents("1.25e1").as_deref(), Ok("1250"));
    assert_eq!(cents("0.000").as_deref(), Ok("0"));
    assert_eq!(cents("-0").as_deref(), Ok("0"));
    assert_eq!(cents("12.505"), Err(NotUnits::Finer));
    assert_eq!(cents("0.001"), Err(NotUnits::Finer));
    assert_eq!(cents("1e-900"), Err(NotUnits::Finer));
    assert_eq!(cents("-12.50"), Err(NotUnits::Negative));
    assert_eq!(cents("1e900"), Err(NotUnits::TooLong));
    assert_eq!(Decimal::parse("1500").unwrap().units(0, 64).as_deref(), Ok("1500"));
    assert_eq!(Decimal::parse("1.2345").unwrap().units(4, 64).as_deref(), Ok("12345"));
}

#[test]
fn bytes_are_two_s_complement_the_highest_first() {
    let of = |bytes: &[u8], scale| Decimal::of_bytes(bytes, scale).map(|decimal| decimal.to_string());
    assert_eq!(of(&[0x04, 0xe2], 2).as_deref(), Some("12.50"));
    assert_eq!(of(&[0, 0, 0, 0x04, 0xe2], 2).as_deref(), Some("12.50"));
    assert_eq!(of(&[0xfb, 0x1e], 2).as_deref(), Some("-12.50"));
    assert_eq!(of(&[0xff], 0).as_deref(), Some("-1"));
    assert_eq!(of(&[0x80], 0).as_deref(), Some("-128"));
    assert_eq!(of(&[], 2).as_deref(), Some("0.00"));
    assert_eq!(of(&[1; 33], 0), None);
    assert_eq!(of(&[0x7f; 32], 0).map(|text| text.len()), Some(77));
    assert_eq!(of(&[&[0xff][..], &[0; 32]].concat(), 0), None);
    assert_eq!(of(&[&[0; 400_000][..], &[7]].concat(), 0).as_deref(), Some("7"));
}

#[test]
fn a_fraction_of_a_moment_is_cut_downwards() {
    let millis = |text: &str| Decimal::parse(text).unwrap().floor(3);
    assert_eq!(millis("1760000000.1239"), Some(1_760_000_000_123));
    assert_eq!(millis("1760000000"), Some(1_760_000_000_000));
    assert_eq!(millis("1.76e9"), Some(1_760_000_000_000));
    assert_eq!(millis("-0.0001"), Some(-1));
    assert_eq!(millis("0.0001"), Some(0));
    assert_eq!(millis("1e300"), None);
    assert_eq!(Decimal::parse("1760000000123456").unwrap().floor(-3), Some(1_760_000_000_123));
}

proptest! {
    #[test]
    fn every_128_bit_number_comes_out_of_its_bytes(number: i128, scale in 0_i32..40) {
        let decimal = Decimal::of_bytes(&number.to_be_bytes(), scale).unwrap();
        let plain = Decimal::of_bytes(&number.to_be_bytes(), 0).unwrap();
        prop_assert_eq!(plain.to_string(), number.to_string());
        prop_assert_eq!(Decimal::parse(&decimal.to_string()).unwrap().to_string(), decimal.to_string());
    }

    #[test]
    fn no_text_and_no_bytes_are_too_much(text in ".{0,40}", bytes: Vec<u8>, scale: i32, places: u8, power in -20_i32..20) {
        for decimal in [Decimal::parse(&text), Decimal::of_bytes(&bytes, scale)].into_iter().flatten() {
            let _ = (decimal.units(places, 64), decimal.floor(power), decimal.to_string());
        }
    }

    #[test]
    fn cents_are_what_whole_numbers_say(whole in 0_u32..1_000_000, fraction in 0_u32..100) {
        prop_assert_eq!(cents(&format!("{whole}.{fraction:02}")), Ok((u64::from(whole) * 100 + u64::from(fraction)).to_string()));
    }

    #[test]
    fn floors_are_those_of_whole_numbers(number: i64) {
        prop_assert_eq!(Decimal::of_int(number).floor(-3), Some(number.div_euclid(1_000)));
        prop_assert_eq!(Decimal::of_int(number).floor(0), (number != i64::MIN).then_some(number));
    }
}
