//! How many digits of a currency's amount stand behind the point (ISO 4217, list one as published on 1 January 2026: "CcyMnrUnts"), and
//! those withdrawn since 2021, which older records still have.

/// The currencies with another number of digits than two.
const OTHER: [(u8, &str); 3] =
    [(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"), (3, "BHD IQD JOD KWD LYD OMR TND"), (4, "CLF UYW")];

/// Those with two.
const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP \
                   COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR \
                   JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN \
                   NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL \
                   THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG";

/// No longer in the list; each had two.
const WITHDRAWN: &str = "ANG BGN CUC SLL ZWL";

/// The digits behind the point; `None`: no currency of ISO 4217 that has a minor unit.
pub(crate) fn minor_digits(code: &str) -> Option<u8> {
    if code.len() != 3 {
        return None;
    }
    let listed = |list: &str| list.split_ascii_whitespace().any(|known| known == code);
    match code {
        // What nearly every amount is in.
        "HKD" | "CNY" | "USD" => Some(2),
        _ if listed(TWO) || listed(WITHDRAWN) => Some(2),
        _ => OTHER.iter().find(|(_, list)| listed(list)).map(|(digits, _)| *digits),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_currency_has_its_digits() {
        for (code, digits) in [("HKD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("MOP", 2), ("EUR", 2)] {
            assert_eq!(minor_digits(code), Some(digits), "{code}");
        }
    }

    /// Counted in that list; the OpenJDK's java.util.Currency (17) tells the same digits of all but UYW and XAD, which it does not have.
    #[test]
    fn the_list_has_165_currencies_with_a_minor_unit() {
        let counted = |list: &str| list.split_ascii_whitespace().count();
        assert_eq!(OTHER.map(|(digits, list)| (digits, counted(list))), [(0, 17), (3, 7), (4, 2)]);
        assert_eq!(counted(TWO), 165 - 17 - 7 - 2);
    }

    #[test]
    fn what_has_no_minor_unit_or_is_no_currency_has_no_digits() {
        for code in ["XAU", "XXX", "XTS", "ABC", "hkd", "HKD ", "", "HK", "港幣"] {
            assert_eq!(minor_digits(code), None, "{code}");
        }
    }

    #[test]
    fn no_currency_is_listed_twice() {
        let all: Vec<&str> = OTHER.iter().map(|(_, list)| *list).chain([TWO, WITHDRAWN]).flat_map(str::split_ascii_whitespace).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.iter().all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())));
    }
}
