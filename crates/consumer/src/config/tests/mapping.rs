use super::Place;

/// The targets that no order is without.
const LEAST: &str = r#"
merchantBizNo = "no"
merchantBizType = { constant = "MOVIE_TICKET" }
orderStatus = { constant = "TICKETED" }
userId = "user"
orderCreateTime = "at"
orderModifyTime = "at"
"#;

/// As the operator's interface has it.
const EXAMPLE: &str = r#"
[[mapping]]
topics = ["shop.orders"]
record = "com.shop.OrderChanged"
when = [{ path = "channel", in = ["ALIPAYHK"] }, { path = "customer.openId", exists = true }]
[mapping.fields]
merchantBizNo = { path = "order.no", as = "uuid_simple" }
merchantBizType = { constant = "MOVIE_TICKET" }
orderStatus = { path = "state", values = { PAID = "TICKETED", DONE = "USED" }, otherwise = "skip" }
orderModifyTime = { path = "updatedAt", unit = "s", plus = "version" }
"amount.value" = { path = "total", unit = "major" }
"amount.currency" = { constant = "HKD" }
"extInfo.start_time" = "showTime"
"#;

fn mapping(fields: &str) -> String {
    format!("[[mapping]]\n[mapping.fields]\n{LEAST}{fields}\n")
}

/// What is warned of in the mapping.
fn warnings(over: &str) -> Vec<String> {
    let config = Place::new().changed(&[], over, &[]).unwrap_or_else(|error| panic!("{error}"));
    config.warnings.into_iter().filter(|warning| warning.starts_with("mapping")).collect()
}

/// The least with a line of its own in the place of another one; the key that the error begins with, and a part of what it says.
fn refused(cases: &[(&str, &str, &str)]) {
    let place = Place::new();
    for (line, key, says) in cases {
        let target = line.split([' ', '=']).next().unwrap();
        let mut text = "[[mapping]]\n[mapping.fields]\n".to_owned();
        for least in LEAST.lines().filter(|least| least.split(' ').next() != Some(target)) {
            text += &format!("{least}\n");
        }
        let error = match place.changed(&[], &format!("{text}{line}\n"), &[]) {
            Ok(_) => panic!("accepted: {line}"),
            Err(error) => error,
        };
        assert_eq!(error.key(), format!("mapping[0].fields.{key}"), "{error}");
        assert!(error.to_string().contains(says), "{error}\n  does not say: {says}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn the_mapping_of_the_operator_s_interface_is_accepted_and_what_it_leaves_out_is_told() {
    let told = warnings(EXAMPLE);
    assert_eq!(
        told,
        [
            "mapping[0].topics: \"shop.orders\" is not read: it is none of kafka.topics",
            "mapping[0].fields.userId: is missing: an order needs it or openId, so every record it takes is parked as invalid",
            "mapping[0].fields.orderCreateTime: is missing: no order is without it, so every record it takes is parked as invalid",
        ]
    );
    let whole = EXAMPLE.replace("[mapping.fields]", "[mapping.fields]\nopenId = \"customer.openId\"\norderCreateTime = \"createdAt\"");
    assert_eq!(warnings(&whole).len(), 1, "only the topic");
}

#[test]
fn what_can_be_written_is_accepted() {
    for fields in [
        "",
        "\"extInfo.fee.value\" = { path = \"fee\", unit = \"major\" }\n\"extInfo.fee.currency\" = \"currency\"",
        "\"extInfo.at\" = { path = \"at\", unit = \"ns\" }",
        "extInfo = \"ext\"\nshopInfo = { constant = { name = \"shop\", floors = [1, 2.5], open = true } }\nitemOrderList = { constant = '[{\"a\":1}]' }",
        "payAmount = \"price\"\n\"amount.value\" = { constant = 100 }\n\"amount.currency\" = \"currency\"",
        "tradeNo = 'attributes.\"a.b\".0'",
        "merchantId = { constant = 2160 }",
        "openId = { path = \"open\", values = { x = \"y\" }, otherwise = \"keep\" }",
    ] {
        assert_eq!(warnings(&mapping(fields)), [""; 0], "{fields}");
    }
}

#[test]
fn mistakes_in_a_target_name_its_key() {
    refused(&[
        ("merchantBizNr = \"x\"", "merchantBizNr", "did you mean \"merchantBizNo\"?"),
        ("\"foo.bar\" = \"x\"", "\"foo.bar\"", "is not a key"),
        ("tradeNo = 7", "tradeNo", "neither a path in quotes"),
        ("tradeNo = \"\"", "tradeNo", "empty part"),
        ("tradeNo = \"a..b\"", "tradeNo", "empty part"),
        ("tradeNo = {}", "tradeNo", "neither a path nor a constant"),
        ("tradeNo = { path = \"x\", constant = \"y\" }", "tradeNo.constant", "keep one"),
        ("tradeNo = { constant = \"y\", unit = \"ms\" }", "tradeNo.unit", "beside a constant"),
        ("tradeNo = { path = \"x\", untis = \"s\" }", "tradeNo.untis", "did you mean \"unit\"?"),
        ("tradeNo = { path = \"x\", unit = \"ms\" }", "tradeNo.unit", "tradeNo is text"),
        ("tradeNo = { path = \"x\", plus = \"y\" }", "tradeNo.plus", "tradeNo is text"),
        ("tradeNo = { path = \"x\", as = \"uuid\" }", "tradeNo.as", "\"uuid_simple\""),
        ("tradeNo = { path = \"x\", values = {} }", "tradeNo.values", "PAID"),
        ("tradeNo = { path = \"x\", values = { A = 1 } }", "tradeNo.values", "PAID"),
        ("tradeNo = { path = \"x\", otherwise = \"skip\" }", "tradeNo.otherwise", "without values"),
        ("tradeNo = { path = \"x\", values = { A = \"B\" }, otherwise = \"drop\" }", "tradeNo.otherwise", "\"park\", \"skip\" or \"keep\""),
        ("\"tradeNo.x\" = \"y\"", "\"tradeNo.x\"", "tradeNo has no members"),
        ("merchantBizType = { constant = \"PIZZA\" }", "merchantBizType.constant", "MOVIE_TICKET"),
        ("merchantBizType = { path = \"x\", values = { A = \"PIZZA\" } }", "merchantBizType.values", "\"PIZZA\" is none of"),
        ("orderStatus = { constant = \"\" }", "orderStatus.constant", "1 to 32 characters"),
    ]);
}

#[test]
fn mistakes_in_times_amounts_and_objects_name_their_key() {
    refused(&[
        ("orderModifyTime = { path = \"x\", unit = \"m\" }", "orderModifyTime.unit", "\"iso8601\""),
        ("orderModifyTime = { path = \"x\", unit = \"minor\" }", "orderModifyTime.unit", "is a unit of amounts"),
        ("orderModifyTime = { path = \"x\", values = { A = \"B\" } }", "orderModifyTime.values", "is a time"),
        ("orderModifyTime = { constant = \"now\" }", "orderModifyTime.constant", "epoch milliseconds"),
        ("\"amount.value\" = \"x\"", "\"amount.currency\"", "is missing"),
        ("\"amount.currency\" = \"x\"", "\"amount.value\"", "is missing"),
        ("amount = { value = \"x\" }", "amount.value", "in quotes: \"amount.value\""),
        ("amount = { path = \"x\", unit = \"major\" }", "amount.unit", "\"amount.value\""),
        ("\"amount.value\" = { path = \"x\", unit = \"cents\" }\n\"amount.currency\" = \"y\"", "\"amount.value\".unit", "\"major\""),
        ("\"amount.value\" = { path = \"x\", unit = \"s\" }\n\"amount.currency\" = \"y\"", "\"amount.value\".unit", "is a unit of times"),
        (
            "\"amount.value\" = { path = \"x\", unit = \"major\" }\n\"amount.currency\" = { constant = \"XAU\" }",
            "\"amount.value\".unit",
            "no minor unit",
        ),
        ("\"amount.value\" = \"x\"\n\"amount.currency\" = { constant = \"hkd\" }", "\"amount.currency\".constant", "three capital letters"),
        ("\"amount.value\" = { constant = \"1.5\" }\n\"amount.currency\" = \"y\"", "\"amount.value\".constant", "whole number"),
        (
            "\"amount.value\" = \"x\"\n\"amount.currency\" = \"y\"\n\"amount.tax\" = \"z\"",
            "\"amount.tax\"",
            "\"amount.value\" and \"amount.currency\"",
        ),
        ("extInfo = \"x\"\n\"extInfo.a\" = \"y\"", "\"extInfo.a\"", "keep one way"),
        ("\"extInfo.a\" = \"x\"\n\"extInfo.a.b\" = \"y\"", "\"extInfo.a.b\"", "keep one way"),
        ("\"extInfo.\" = \"x\"", "\"extInfo.\"", "empty part"),
        ("\"extInfo.a\" = { path = \"x\", unit = \"major\" }", "\"extInfo.a\".unit", "\"extInfo.value\" and \"extInfo.currency\""),
        ("\"extInfo.a.value\" = { path = \"x\", unit = \"major\" }", "\"extInfo.a.value\".unit", "\"extInfo.a.currency\""),
        ("extInfo = { constant = \"{\" }", "extInfo.constant", "no JSON"),
        ("extInfo = { path = \"x\", unit = \"s\" }", "extInfo.unit", "extInfo is JSON"),
        ("\"itemOrderList.0\" = \"x\"", "\"itemOrderList.0\"", "as a whole"),
    ]);
}

#[test]
fn which_order_changed_and_how_has_to_be_mapped() {
    let place = Place::new();
    for (target, key) in [
        ("merchantBizNo", "merchantBizNo"),
        ("merchantBizType", "merchantBizType"),
        ("orderStatus", "orderStatus"),
        ("orderModifyTime", "orderModifyTime"),
    ] {
        let lines: String = LEAST.lines().filter(|line| !line.starts_with(target)).map(|line| format!("{line}\n")).collect();
        let error = place.changed(&[], &format!("[[mapping]]\n[mapping.fields]\n{lines}"), &[]).unwrap_err();
        assert_eq!(error.key(), format!("mapping[0].fields.{key}"));
        assert!(error.problem().starts_with("is missing"), "{error}");
    }
}

#[test]
fn mistakes_in_selectors_and_conditions_name_their_key() {
    let place = Place::new();
    for (line, key, says) in [
        ("topic = [\"orders\"]", "mapping[0].topic", "did you mean \"topics\"?"),
        ("topics = []", "mapping[0].topics", "leave it away"),
        ("topics = \"orders\"", "mapping[0].topics", "list of texts"),
        ("record = \"com.shop.\"", "mapping[0].record", "full name"),
        ("when = { path = \"x\", in = [\"y\"] }", "mapping[0].when", "a list of conditions"),
        ("when = [\"x\"]", "mapping[0].when", "a list of conditions"),
        ("when = [{ in = [\"x\"] }]", "mapping[0].when[0].path", "is missing"),
        ("when = [{ path = \"x\" }]", "mapping[0].when[0]", "needs one of"),
        ("when = [{ path = \"x\", in = [\"a\"], exists = true }]", "mapping[0].when[0]", "needs one of"),
        ("when = [{ path = \"x\", exists = true }, { path = \"y\", equals = \"z\" }]", "mapping[0].when[1].equals", "is not a key"),
        ("when = [{ path = \"x\", in = [] }]", "mapping[0].when[0].in", "list of texts"),
        ("when = [{ path = \"x\", exists = \"yes\" }]", "mapping[0].when[0].exists", "true nor false"),
        ("when = [{ path = \"\", exists = true }]", "mapping[0].when[0].path", "empty part"),
    ] {
        let error = place.changed(&[], &format!("[[mapping]]\n{line}\n[mapping.fields]\n{LEAST}"), &[]).unwrap_err();
        assert_eq!(error.key(), key, "{error}");
        assert!(error.to_string().contains(says), "{error}\n  does not say: {says}");
    }
    let error = place.changed(&[], "[mapping]\ntopics = [\"orders\"]", &[]).unwrap_err();
    assert_eq!((error.key(), error.problem()), ("mapping", "is not an array of tables; write [[mapping]]"));
}

#[test]
fn json_has_no_record_names_and_needs_no_schema() {
    let place = Place::new();
    let json = |mapping: &str| place.changed(&["schema"], &format!("[schema]\nframing = \"json\"\n{mapping}"), &[]);
    let error = json(&format!("[[mapping]]\nrecord = \"a.B\"\n[mapping.fields]\n{LEAST}")).unwrap_err();
    assert_eq!(error.key(), "mapping[0].record");
    let error = json("writer_schema_file = \"order.avsc\"").unwrap_err();
    assert_eq!(error.key(), "schema.writer_schema_file");
    assert!(!json("").unwrap().mappings.is_empty(), "every field under its own name");
}

#[test]
fn what_is_legal_and_surely_meant_otherwise_is_warned_of() {
    let twice = [mapping(""), mapping("").replace("[[mapping]]", "[[mapping]]\ntopics = [\"orders\"]")].concat();
    assert_eq!(warnings(&twice), ["mapping[1]: is never reached: mapping[0] comes first and takes the same records"]);
    let typo = mapping("")
        .replace("orderStatus = { constant = \"TICKETED\" }", "orderStatus = { path = \"s\", values = { A = \"TICKTED\", B = \"USED\" } }");
    assert_eq!(warnings(&typo), ["mapping[0].fields.orderStatus: \"TICKTED\" is no status of MOVIE_TICKET"]);
    let extra = format!("{typo}[business_types.MOVIE_TICKET]\nextra_statuses = [\"TICKTED\"]\n");
    assert_eq!(warnings(&extra), [""; 0]);
}
