use proptest::prelude::*;

use super::*;

/// 2026-11-24T00:00:00Z.
const NOW: i64 = 1_795_478_400_000;

/// Every field there, each with a text of its own.
fn full() -> RawOrderEvent<'static> {
    let money = |value: &'static str| Some(RawMoney { value: value.into(), currency: "HKD".into() });
    RawOrderEvent {
        merchant_biz_no: "ORDER-1".into(),
        merchant_biz_type: "SELF_PICK".into(),
        order_status: "PENDING".into(),
        user_id: Some("2160000000000001".into()),
        open_id: Some("openid-1".into()),
        order_create_time: NOW - 2,
        order_modify_time: NOW - 1,
        merchant_account_id: Some("account-1".into()),
        merchant_id: Some("2160000000000009".into()),
        tiny_app_id: Some("app-1".into()),
        trade_no: Some("trade-1".into()),
        amount: money("100"),
        pay_amount: money("90"),
        discount_amount: money("10"),
        actual_amount: money("80"),
        shop_info: Some(r#"{"extInfo":{}}"#.into()),
        item_order_list: Some("[{}]".into()),
        ext_info: Some(r#"{"secret":"Chan"}"#.into()),
    }
}

/// One change of one field.
type Change = fn(&mut RawOrderEvent<'static>);

/// For each field, in the order of the schema, something that is refused.
const SPOILED: [(Field, Change); 18] = [
    (Field::MerchantBizNo, |raw| raw.merchant_biz_no = "".into()),
    (Field::MerchantBizType, |raw| raw.merchant_biz_type = "self_pick".into()),
    (Field::OrderStatus, |raw| raw.order_status = "X".repeat(33).into()),
    (Field::UserId, |raw| raw.user_id = Some("".into())),
    (Field::OpenId, |raw| raw.open_id = Some("9".repeat(65).into())),
    (Field::OrderCreateTime, |raw| raw.order_create_time = 0),
    (Field::OrderModifyTime, |raw| raw.order_modify_time = NOW + 86_400_001),
    (Field::MerchantAccountId, |raw| raw.merchant_account_id = Some("".into())),
    (Field::MerchantId, |raw| raw.merchant_id = Some("".into())),
    (Field::TinyAppId, |raw| raw.tiny_app_id = Some("".into())),
    (Field::TradeNo, |raw| raw.trade_no = Some("".into())),
    (Field::Amount, |raw| raw.amount = Some(RawMoney { value: "1.5".into(), currency: "HKD".into() })),
    (Field::PayAmount, |raw| raw.pay_amount = Some(RawMoney { value: "1".into(), currency: "hkd".into() })),
    (Field::DiscountAmount, |raw| raw.discount_amount = Some(RawMoney::default())),
    (Field::ActualAmount, |raw| raw.actual_amount = Some(RawMoney { value: "-1".into(), currency: "HKD".into() })),
    (Field::ShopInfo, |raw| raw.shop_info = Some("[]".into())),
    (Field::ItemOrderList, |raw| raw.item_order_list = Some("[1]".into())),
    (Field::ExtInfo, |raw| raw.ext_info = Some("{} ,".into())),
];

/// For each field, something else that is valid.
const CHANGED: [Change; 17] = [
    |raw| raw.merchant_biz_no = "ORDER-2".into(),
    |raw| raw.merchant_biz_type = "LINE_UP".into(),
    |raw| raw.order_status = "FINISHED".into(),
    |raw| raw.user_id = None,
    |raw| raw.open_id = None,
    |raw| raw.order_create_time -= 1,
    |raw| raw.merchant_account_id = None,
    |raw| raw.merchant_id = None,
    |raw| raw.tiny_app_id = None,
    |raw| raw.trade_no = Some("trade-2".into()),
    |raw| raw.amount = None,
    |raw| raw.pay_amount = Some(RawMoney { value: "90".into(), currency: "USD".into() }),
    |raw| raw.discount_amount = None,
    |raw| raw.actual_amount = None,
    |raw| raw.shop_info = Some(r#"{ "extInfo":{}}"#.into()),
    |raw| raw.item_order_list = Some("[]".into()),
    |raw| raw.ext_info = None,
];

fn parse(raw: &RawOrderEvent<'_>) -> OrderEvent {
    OrderEvent::parse(raw, NOW).unwrap()
}

#[test]
fn every_field_arrives_where_it_belongs() {
    let event = parse(&full());
    assert_eq!(event.merchant_biz_no.as_str(), "ORDER-1");
    assert_eq!((event.biz_type, event.status.as_str()), (BizType::SelfPick, "PENDING"));
    assert_eq!(event.user_id.as_ref().map(UserId::as_str), Some("2160000000000001"));
    assert_eq!(event.open_id.as_ref().map(OpenId::as_str), Some("openid-1"));
    assert_eq!((event.created_at.millis(), event.modified_at.millis()), (NOW - 2, NOW - 1));
    assert_eq!(event.merchant_account_id.as_ref().map(MerchantAccountId::as_str), Some("account-1"));
    assert_eq!(event.merchant_id.as_ref().map(MerchantId::as_str), Some("2160000000000009"));
    assert_eq!(event.tiny_app_id.as_ref().map(TinyAppId::as_str), Some("app-1"));
    assert_eq!(event.trade_no.as_ref().map(TradeNo::as_str), Some("trade-1"));
    let amounts = [&event.amount, &event.pay_amount, &event.discount_amount, &event.actual_amount];
    assert_eq!(amounts.map(|amount| amount.as_ref().unwrap().value.as_str()), ["100", "90", "10", "80"]);
    assert_eq!(event.shop_info.as_ref().map(JsonObject::as_str), Some(r#"{"extInfo":{}}"#));
    assert_eq!(event.item_order_list.as_ref().map(JsonArray::as_str), Some("[{}]"));
    assert_eq!(event.ext_info.as_ref().map(JsonObject::as_str), Some(r#"{"secret":"Chan"}"#));
}

#[test]
fn each_field_is_refused_under_its_own_name() {
    for (field, spoil) in SPOILED {
        let mut raw = full();
        spoil(&mut raw);
        assert_eq!(OrderEvent::parse(&raw, NOW).unwrap_err().field, field);
    }
}

#[test]
fn the_first_fault_wins_in_the_order_of_the_schema() {
    assert_eq!(SPOILED.map(|(field, _)| field), Field::ALL);
    let mut raw = full();
    for (field, spoil) in SPOILED.into_iter().rev() {
        spoil(&mut raw);
        assert_eq!(OrderEvent::parse(&raw, NOW).unwrap_err().field, field);
    }
}

#[test]
fn one_of_user_and_open_id_is_enough_and_none_is_too_few() {
    let mut raw = full();
    raw.user_id = None;
    assert!(OrderEvent::parse(&raw, NOW).is_ok());
    raw.open_id = None;
    assert_eq!(OrderEvent::parse(&raw, NOW), Err(Field::UserId.fault(Fault::NoUser)));
    raw.user_id = Some("2160000000000001".into());
    assert!(OrderEvent::parse(&raw, NOW).is_ok());
}

#[test]
fn what_is_absent_stays_absent() {
    let raw = RawOrderEvent {
        merchant_biz_no: "ORDER-1".into(),
        merchant_biz_type: "LINE_UP".into(),
        order_status: "CALL_NUM".into(),
        open_id: Some("openid-1".into()),
        order_create_time: NOW,
        order_modify_time: NOW,
        ..RawOrderEvent::default()
    };
    let event = parse(&raw);
    let there: Vec<Field> = Field::ALL.into_iter().filter(|field| event.has(*field)).collect();
    assert_eq!(
        there,
        [Field::MerchantBizNo, Field::MerchantBizType, Field::OrderStatus, Field::OpenId, Field::OrderCreateTime, Field::OrderModifyTime]
    );
    let event = parse(&full());
    assert!(Field::ALL.into_iter().all(|field| event.has(field)));
}

#[test]
fn equal_events_have_equal_content_at_any_time_and_any_other_field_makes_another() {
    let content = parse(&full()).content();
    assert_eq!(parse(&full().clone()).content(), content);
    let touched = RawOrderEvent { order_modify_time: full().order_modify_time + 1, ..full() };
    assert_eq!(parse(&touched).content(), content);
    let mut all = vec![content];
    for change in CHANGED {
        let mut raw = full();
        change(&mut raw);
        all.push(parse(&raw).content());
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), CHANGED.len() + 1);
}

#[test]
fn content_tells_apart_what_only_moved_between_fields() {
    let with = |pay: bool| {
        let money = Some(RawMoney { value: "1".into(), currency: "HKD".into() });
        let (amount, pay_amount) = if pay { (None, money) } else { (money, None) };
        parse(&RawOrderEvent { amount, pay_amount, ..full() }).content()
    };
    assert_ne!(with(true), with(false));
}

#[test]
fn debug_shows_neither_users_nor_opaque_members() {
    let event = format!("{:?}", parse(&full()));
    assert!(event.contains("ORDER-1") && event.contains("[redacted]"));
    assert!(!event.contains("2160000000000001") && !event.contains("openid-1") && !event.contains("Chan"));
    assert_eq!(format!("{:?} {:?}", full(), full().amount.unwrap()), "RawOrderEvent { .. } RawMoney { .. }");
}

#[test]
fn no_error_text_quotes_its_value() {
    for (_, spoil) in SPOILED {
        let mut raw = full();
        spoil(&mut raw);
        let text = OrderEvent::parse(&raw, NOW).unwrap_err().to_string();
        for value in ["self_pick", "XXX", "999", "1.5", "hkd", "-1", "[1]", "{} ,", &(NOW + 86_400_001).to_string()] {
            assert!(!text.contains(value), "{text}");
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,40}", "[A-Z_]{1,32}", "[0-9]{1,70}", "\\{\\}|\\[\\]|\\[\\{\\}\\]"]
}

prop_compose! {
    fn any_raw()(
        texts in prop::array::uniform3(text()),
        biz_type in prop::sample::select(BizType::ALL.to_vec()),
        options in prop::array::uniform9(prop::option::weighted(0.6, text())),
        times in prop::array::uniform2(prop_oneof![any::<i64>(), NOW - 10..NOW]),
        known_type in prop::bool::weighted(0.9),
    ) -> RawOrderEvent<'static> {
        let [no, type_name, status] = texts;
        let [user, open, account, merchant, trade, shop, items, ext, money] = options;
        RawOrderEvent {
            merchant_biz_no: no.into(),
            merchant_biz_type: if known_type { biz_type.name().into() } else { type_name.into() },
            order_status: status.into(),
            user_id: user.map(Cow::from),
            open_id: open.map(Cow::from),
            order_create_time: times[0],
            order_modify_time: times[1],
            merchant_account_id: account.map(Cow::from),
            merchant_id: merchant.map(Cow::from),
            trade_no: trade.map(Cow::from),
            amount: money.map(|value| RawMoney { value: value.into(), currency: "HKD".into() }),
            shop_info: shop.map(Cow::from),
            item_order_list: items.map(Cow::from),
            ext_info: ext.map(Cow::from),
            ..RawOrderEvent::default()
        }
    }
}

proptest! {
    #[test]
    fn any_raw_event_is_refused_or_kept_as_it_is(raw in any_raw(), now in prop_oneof![any::<i64>(), Just(NOW)]) {
        match OrderEvent::parse(&raw, now) {
            Err(invalid) => {
                let text = invalid.to_string();
                prop_assert_eq!(text.split_once(": ").map(|(name, _)| name), Some(invalid.field.name()));
            }
            Ok(event) => {
                prop_assert_eq!(event.merchant_biz_no.as_str(), &*raw.merchant_biz_no);
                prop_assert_eq!(event.biz_type.name(), &*raw.merchant_biz_type);
                prop_assert_eq!(event.status.as_str(), &*raw.order_status);
                prop_assert_eq!(event.user_id.as_ref().map(UserId::as_str), raw.user_id.as_deref());
                prop_assert_eq!(event.open_id.as_ref().map(OpenId::as_str), raw.open_id.as_deref());
                prop_assert_eq!(event.modified_at.millis(), raw.order_modify_time);
                prop_assert_eq!(event.shop_info.as_ref().map(JsonObject::as_str), raw.shop_info.as_deref());
                prop_assert_eq!(event.item_order_list.as_ref().map(JsonArray::as_str), raw.item_order_list.as_deref());
                prop_assert_eq!(event.content(), OrderEvent::parse(&raw, now).unwrap().content());
            }
        }
    }

    #[test]
    fn an_identifier_keeps_its_text(text in "\\PC{0,40}") {
        let chars = text.chars().count();
        prop_assert_eq!(MerchantBizNo::parse(&text).is_ok(), (1..=32).contains(&chars));
        if let Ok(order) = MerchantBizNo::parse(&text) {
            prop_assert_eq!(&MerchantBizNo::parse(order.as_str()).unwrap(), &order);
            prop_assert_eq!(order.as_str(), text);
        }
    }
}
