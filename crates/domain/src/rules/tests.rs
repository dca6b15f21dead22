use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::biz_type::table::Rule;
use crate::event::{OrderEvent, RawMoney, RawOrderEvent};
use crate::invalid::Field;

mod printed;

fn status(name: &str) -> OrderStatus {
    OrderStatus::parse(name).unwrap()
}

fn statuses(biz_type: BizType) -> Vec<OrderStatus> {
    biz_type.table().statuses.iter().map(|row| status(row.name)).collect()
}

/// Every type with every pair of its documented statuses.
fn pairs() -> impl Iterator<Item = (BizType, OrderStatus, OrderStatus)> {
    BizType::ALL.into_iter().flat_map(|biz_type| {
        let all = statuses(biz_type);
        all.clone().into_iter().flat_map(move |from| all.clone().into_iter().map(move |to| (biz_type, from.clone(), to)))
    })
}

fn step(biz_type: BizType, from: &str, to: &str) -> Step {
    Rulebook::standard().of(biz_type).step(Some(&status(from)), &status(to))
}

fn overridden(biz_type: BizType, overrides: Overrides) -> Result<Rulebook, RuleError> {
    Rulebook::with(&BTreeMap::from([(biz_type, overrides)]))
}

fn event(biz_type: BizType, at: &str) -> RawOrderEvent<'static> {
    RawOrderEvent {
        merchant_biz_no: "ORDER-1".into(),
        merchant_biz_type: biz_type.name().into(),
        order_status: at.to_owned().into(),
        open_id: Some("openid-1".into()),
        order_create_time: 1_790_000_000_000,
        order_modify_time: 1_790_000_000_000,
        ..RawOrderEvent::default()
    }
}

fn violations(book: &Rulebook, raw: &RawOrderEvent<'_>) -> Vec<String> {
    let event = OrderEvent::parse(raw, 1_790_000_000_000).unwrap();
    book.of(event.biz_type).violations(&event).iter().map(ToString::to_string).collect()
}

#[test]
fn the_book_opens_at_the_type_that_is_asked_for() {
    let book = Rulebook::standard();
    assert!(BizType::ALL.into_iter().all(|biz_type| book.of(biz_type).biz_type() == biz_type));
    assert!(BizType::ALL.into_iter().all(|biz_type| book.of(biz_type).mode() == Mode::Observe));
}

#[test]
fn every_documented_path_is_one() {
    for biz_type in BizType::ALL {
        let table = biz_type.table();
        let read = table.required_paths.iter().filter(|(at, path)| required::Required::parse(*at, path).is_some());
        assert_eq!(read.count(), table.required_paths.len(), "{biz_type}");
    }
}

#[test]
fn nothing_but_itself_follows_an_end() {
    let book = Rulebook::standard();
    for (biz_type, from, to) in pairs().filter(|(biz_type, from, _)| book.of(*biz_type).is_end(from)) {
        let expected = if from == to { Step::Repeated } else { Step::Forbidden(Why::Ended) };
        assert_eq!(book.of(biz_type).step(Some(&from), &to), expected, "{biz_type}: {from} → {to}");
    }
}

#[test]
fn the_same_status_may_always_come_again_and_any_known_one_first() {
    let book = Rulebook::standard();
    for (biz_type, from, to) in pairs() {
        assert_eq!(book.of(biz_type).step(Some(&from), &to) == Step::Repeated, from == to);
        assert_eq!(book.of(biz_type).step(None, &to), Step::Allowed);
    }
}

#[test]
fn where_reverse_is_forbidden_no_way_leads_back() {
    for (biz_type, from, to) in pairs().filter(|(biz_type, ..)| biz_type.table().rule != Rule::Free) {
        let both = [(&from, &to), (&to, &from)].map(|(from, to)| step(biz_type, from.as_str(), to.as_str()) == Step::Allowed);
        assert_ne!(both, [true, true], "{biz_type}: {from} ⇄ {to}");
    }
}

#[test]
fn the_written_exceptions_hold() {
    for from in ["NUMBER_ARRIVED", "NUMBER_PASSED"] {
        assert_eq!(step(BizType::LineUp, from, "CANCELLED"), Step::Forbidden(Why::OnlyFromAnother));
    }
    assert_eq!(step(BizType::LineUp, "CALL_NUM", "CANCELLED"), Step::Allowed);
    assert_eq!(step(BizType::LineUp, "CALL_NUM", "CALL_NUM"), Step::Repeated);
    for to in ["CLOSED", "REFUNDED", "PENDING", "ORDER_TAKEN"] {
        assert_eq!(step(BizType::SelfPick, "TO_PICK_UP", to), Step::Forbidden(Why::OnlyToAnother));
    }
    assert_eq!(step(BizType::SelfPick, "TO_PICK_UP", "FINISHED"), Step::Allowed);
    assert_eq!(step(BizType::SelfPick, "ORDER_TAKEN", "REFUNDED"), Step::Allowed);
    assert_eq!(step(BizType::RideHailing, "TO_SEND", "ORDER_TAKEN"), Step::Allowed);
    assert_eq!(step(BizType::RideHailing, "SERVING", "PENDING"), Step::Allowed);
}

#[test]
fn an_unknown_status_is_unknown_from_everywhere_and_proves_nothing() {
    let book = Rulebook::standard();
    let rules = book.of(BizType::MovieTicket);
    let (unknown, ticketed) = (status("DELAYED"), status("TICKETED"));
    assert!(!rules.knows(&unknown) && !rules.is_end(&unknown) && !rules.is_milestone(&unknown));
    assert_eq!(
        [rules.step(None, &unknown), rules.step(Some(&unknown), &unknown), rules.step(Some(&status("USED")), &unknown)],
        [Step::Unknown; 3]
    );
    assert_eq!(rules.step(Some(&unknown), &ticketed), Step::Allowed);
    assert!(!rules.peer_is_ahead(&ticketed, "DELAYED") && !rules.peer_is_ahead(&unknown, "USED") && !rules.peer_is_ahead(&ticketed, ""));
}

#[test]
fn the_peer_is_ahead_only_where_no_step_leads_back() {
    let book = Rulebook::standard();
    for (biz_type, sent, held) in pairs() {
        let rules = book.of(biz_type);
        if rules.peer_is_ahead(&sent, held.as_str()) {
            assert!(!rules.is_end(&sent) && sent != held, "{biz_type}: {sent} {held}");
            assert!(!rules.peer_is_ahead(&held, sent.as_str()), "{biz_type}: {sent} {held}");
            assert!(matches!(rules.step(Some(&held), &sent), Step::Forbidden(_)), "{biz_type}: {sent} {held}");
        }
    }
}

#[test]
fn in_a_free_type_only_an_end_proves_that_the_peer_is_ahead() {
    let book = Rulebook::standard();
    for (biz_type, sent, held) in pairs().filter(|(biz_type, ..)| biz_type.table().rule == Rule::Free) {
        let rules = book.of(biz_type);
        assert_eq!(rules.peer_is_ahead(&sent, held.as_str()), rules.is_end(&held) && !rules.is_end(&sent), "{biz_type}: {sent} {held}");
    }
}

#[test]
fn an_extra_status_may_stand_anywhere_before_an_end() {
    let extra = status("DELAYED");
    let book = overridden(BizType::LineUp, Overrides { extra_statuses: vec![extra.clone()], ..Overrides::default() }).unwrap();
    let rules = book.of(BizType::LineUp);
    assert!(rules.knows(&extra) && !rules.is_end(&extra));
    assert_eq!([rules.step(None, &extra), rules.step(Some(&extra), &extra)], [Step::Allowed, Step::Repeated]);
    for other in statuses(BizType::LineUp) {
        let leaving = if rules.is_end(&other) { Step::Forbidden(Why::Ended) } else { Step::Allowed };
        assert_eq!(rules.step(Some(&other), &extra), leaving, "{other}");
        assert_eq!(rules.step(Some(&extra), &other), Step::Allowed, "{other}");
        assert!(!rules.peer_is_ahead(&other, extra.as_str()), "{other}");
        assert_eq!(rules.peer_is_ahead(&extra, other.as_str()), rules.is_end(&other), "{other}");
    }
}

#[test]
fn naming_a_documented_status_as_extra_changes_nothing() {
    let extra_statuses = vec![status("USED")];
    let book = overridden(BizType::MovieTicket, Overrides { extra_statuses, ..Overrides::default() }).unwrap();
    assert_eq!(book.of(BizType::MovieTicket).step(Some(&status("USED")), &status("TICKETED")), Step::Forbidden(Why::Ended));
}

#[test]
fn never_collapse_takes_the_place_of_the_milestones() {
    let book = Rulebook::standard();
    assert!(
        book.of(BizType::MovieTicket).is_milestone(&status("TICKETED")) && !book.of(BizType::MovieTicket).is_milestone(&status("USED"))
    );
    let with = |list: &[&str]| Overrides { never_collapse: Some(list.iter().map(|name| status(name)).collect()), ..Overrides::default() };
    let used = overridden(BizType::MovieTicket, with(&["USED"])).unwrap();
    assert!(
        used.of(BizType::MovieTicket).is_milestone(&status("USED")) && !used.of(BizType::MovieTicket).is_milestone(&status("TICKETED"))
    );
    assert!(used.of(BizType::TrainTicket).is_milestone(&status("TICKETED")), "the other types keep theirs");
    let none = overridden(BizType::MovieTicket, with(&[])).unwrap();
    assert!(!none.of(BizType::MovieTicket).is_milestone(&status("TICKETED")));
}

#[test]
fn overrides_without_never_collapse_keep_the_milestones() {
    let book = overridden(BizType::MovieTicket, Overrides { mode: Mode::Strict, ..Overrides::default() }).unwrap();
    assert_eq!(book.of(BizType::MovieTicket).mode(), Mode::Strict);
    assert!(book.of(BizType::MovieTicket).is_milestone(&status("TICKETED")));
}

#[test]
fn an_extra_status_may_be_a_milestone_and_have_requirements() {
    let overrides = Overrides {
        extra_statuses: vec![status("DELAYED")],
        never_collapse: Some(vec![status("DELAYED")]),
        required: vec![(status("DELAYED"), vec!["extInfo.until".to_owned()])],
        ..Overrides::default()
    };
    let book = overridden(BizType::TrainTicket, overrides).unwrap();
    let raw = RawOrderEvent { ext_info: Some("{}".into()), ..event(BizType::TrainTicket, "DELAYED") };
    assert_eq!(violations(&book, &raw), ["extInfo.until: is required at this status"]);
}

#[test]
fn an_unknown_status_in_configuration_is_named_with_its_type_and_key() {
    let never = Overrides { never_collapse: Some(vec![status("TICKETED"), status("ISSUED")]), ..Overrides::default() };
    let error = overridden(BizType::MovieTicket, never).unwrap_err();
    assert_eq!(
        error.to_string(),
        "business_types.MOVIE_TICKET.never_collapse: MOVIE_TICKET has no status ISSUED; correct it, or list it in extra_statuses"
    );
    let required = Overrides { required: vec![(status("SERVING"), Vec::new())], ..Overrides::default() };
    let error = overridden(BizType::LineUp, required).unwrap_err();
    assert_eq!(
        error.to_string(),
        "business_types.LINE_UP.required: LINE_UP has no status SERVING; correct it, or list it in extra_statuses"
    );
}

#[test]
fn a_path_must_lead_into_a_field_of_ours() {
    let with = |path: &str| {
        let required = vec![(status("TICKETED"), vec![path.to_owned()])];
        overridden(BizType::MovieTicket, Overrides { required, ..Overrides::default() })
    };
    for path in [
        "extInfo",
        "extInfo.a.b",
        "shopInfo.extInfo",
        "itemOrderList.x",
        "tradeNo",
        "userId",
        "amount",
        "amount.value",
        "payAmount.currency",
    ] {
        assert!(with(path).is_ok(), "{path}");
    }
    for path in
        ["", ".", "start_time", "ext_info", "extInfo.", "extInfo..a", ".extInfo", "tradeNo.x", "amount.", "amount.cents", "amount.value.x"]
    {
        assert!(matches!(with(path), Err(RuleError::UnknownPath { .. })), "{path:?}");
    }
    let error = with("ext.start_time").unwrap_err();
    assert_eq!(error.to_string(), r#"business_types.MOVIE_TICKET.required: "ext.start_time" is no path into an order's fields"#);
}

#[test]
fn what_a_page_requires_is_missed_and_found() {
    let book = Rulebook::standard();
    let missing = |raw: &RawOrderEvent<'_>| violations(&book, raw);
    let extras = |biz_type: BizType, at: &str| {
        missing(&event(biz_type, at)).into_iter().map(|text| text.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(extras(BizType::PassTicket, "TICKETED"), [""; 0]);
    assert_eq!(extras(BizType::AlipayCoupon, "TICKETED"), ["extInfo"]);
    assert_eq!(extras(BizType::GiftCardCoupon, "TICKETED"), [""; 0]);
    assert_eq!(extras(BizType::ChargingPile, "SERVING"), ["extInfo"]);
    assert_eq!(extras(BizType::MovieTicket, "TICKETED"), ["extInfo", "extInfo.start_time"]);
    assert_eq!(extras(BizType::MovieTicket, "USED"), ["extInfo"]);
    assert_eq!(extras(BizType::LineUp, "CALL_NUM"), ["shopInfo", "extInfo", "shopInfo.extInfo"]);
    assert_eq!(extras(BizType::RideHailing, "PENDING"), ["extInfo"]);
    assert_eq!(extras(BizType::SelfPick, "PENDING"), ["amount", "itemOrderList", "shopInfo", "extInfo"]);
    assert_eq!(extras(BizType::TrainTicket, "TICKETED"), ["extInfo"]);

    let complete = RawOrderEvent { ext_info: Some(r#"{"start_time":1790000000000}"#.into()), ..event(BizType::MovieTicket, "TICKETED") };
    assert_eq!(missing(&complete), [""; 0]);
    let null = RawOrderEvent { ext_info: Some(r#"{"start_time":null}"#.into()), ..complete };
    assert_eq!(missing(&null), ["extInfo.start_time: is required at this status"]);
    let complete = RawOrderEvent {
        amount: Some(RawMoney { value: "100".into(), currency: "HKD".into() }),
        item_order_list: Some("[{}]".into()),
        shop_info: Some("{}".into()),
        ext_info: Some("{}".into()),
        ..event(BizType::SelfPick, "PENDING")
    };
    assert_eq!(missing(&complete), [""; 0]);
}

#[test]
fn an_unknown_status_is_a_violation_that_does_not_quote_it() {
    let raw = RawOrderEvent { ext_info: Some("{}".into()), ..event(BizType::MovieTicket, "DELAYED") };
    assert_eq!(violations(&Rulebook::standard(), &raw), ["orderStatus: is unknown to this business type"]);
}

#[test]
fn configured_paths_come_on_top_of_the_documented_ones_and_count_once() {
    let paths = ["extInfo.start_time", "extInfo.end_time", "tradeNo", "amount.value", "itemOrderList.name"];
    let overrides = Overrides { required: vec![(status("TICKETED"), paths.map(str::to_owned).to_vec())], ..Overrides::default() };
    let book = overridden(BizType::MovieTicket, overrides).unwrap();
    let raw = RawOrderEvent {
        ext_info: Some("{}".into()),
        item_order_list: Some(r#"[{"name":1},{}]"#.into()),
        ..event(BizType::MovieTicket, "TICKETED")
    };
    assert_eq!(violations(&book, &raw), paths.map(|path| format!("{path}: is required at this status")));
    let used = RawOrderEvent { order_status: "USED".into(), ..raw };
    assert_eq!(violations(&book, &used), [""; 0], "at that status only");
}

#[test]
fn a_path_documented_at_one_status_may_be_asked_for_at_another() {
    let required = vec![(status("USED"), vec!["extInfo.start_time".to_owned()])];
    let book = overridden(BizType::MovieTicket, Overrides { required, ..Overrides::default() }).unwrap();
    let raw = RawOrderEvent { ext_info: Some("{}".into()), ..event(BizType::MovieTicket, "USED") };
    assert_eq!(violations(&book, &raw), ["extInfo.start_time: is required at this status"]);
}

#[test]
fn every_reason_has_a_name_of_its_own() {
    assert_eq!(Why::ALL.map(Why::name).into_iter().collect::<BTreeSet<_>>().len(), Why::ALL.len());
    assert_eq!(Violation::MissingField(Field::ExtInfo).to_string(), "extInfo: is required by this business type");
}

proptest! {
    #[test]
    fn extra_statuses_change_no_step_between_documented_ones(
        biz_type in prop::sample::select(BizType::ALL.to_vec()),
        extras in prop::collection::vec("[A-Z_]{1,32}", 0..4),
    ) {
        let extra_statuses = extras.iter().map(|name| status(name)).collect();
        let book = overridden(biz_type, Overrides { extra_statuses, ..Overrides::default() }).unwrap();
        let (with, without) = (book.of(biz_type), Rulebook::standard());
        for (_, from, to) in pairs().filter(|(other, ..)| *other == biz_type) {
            prop_assert_eq!(with.step(Some(&from), &to), without.of(biz_type).step(Some(&from), &to));
            prop_assert_eq!(with.peer_is_ahead(&from, to.as_str()), without.of(biz_type).peer_is_ahead(&from, to.as_str()));
        }
    }

    #[test]
    fn a_walk_of_allowed_steps_ends_at_the_first_end(
        biz_type in prop::sample::select(BizType::ALL.to_vec()),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let book = Rulebook::standard();
        let (rules, all) = (book.of(biz_type), statuses(biz_type));
        let mut walked: Vec<&OrderStatus> = Vec::new();
        for next in picks.iter().map(|pick| pick.get(&all)) {
            if rules.step(walked.last().copied(), next) == Step::Allowed {
                prop_assert!(walked.last().is_none_or(|last| !rules.is_end(last)));
                prop_assert!(biz_type.table().rule == Rule::Free || !walked.contains(&next), "{biz_type} came back to {next}");
                walked.push(next);
            }
        }
    }

    #[test]
    fn any_status_gets_an_answer(from in prop::option::of("\\PC{1,32}"), to in "\\PC{1,32}", biz_type in prop::sample::select(BizType::ALL.to_vec())) {
        let book = Rulebook::standard();
        let (from, to) = (from.map(|name| status(&name)), status(&to));
        prop_assert_eq!(book.of(biz_type).step(from.as_ref(), &to) == Step::Unknown, !book.of(biz_type).knows(&to));
        prop_assert!(!book.of(biz_type).peer_is_ahead(&to, to.as_str()));
    }
}
