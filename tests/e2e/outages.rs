//! AlipayHK fails for a while, in each way it can. Nothing is parked, and all of it arrives afterwards.

use std::net::TcpStream;
use std::time::Duration;

use order_sync_tests::alipayhk::Alipayhk;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::ports;
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::Span;
use sandbox::decision::ResultStatus;
use sandbox::faults::{Damage, Fault, Rule};
use sandbox::model::Stands;

use crate::orders::{Life, Modification, assert_delivered, lives, write};
use crate::world::{World, disposed, unordered};

/// How often a way of failing has to be met before it ends.
const MET: u64 = 4;

/// Every order begins well, meets the fault in its middle, and ends after it.
fn survives(way: &str, faults: Vec<Rule>) {
    let world = World::new(way, 3);
    let config = world.config().set("alipayhk.timeout", "500ms").set("alipayhk.connect_timeout", "250ms");
    // It may work on a call for a moment longer than we wait for it: a newer one of its order must not come in between.
    let run = OrderSync::start(&config.set("delivery.late_apply", "500ms"));
    let lives = lives("WAY", 2);
    let (begin, middle, end) = parts(&lives);

    let mut written = write(&world.orders, world.schema, begin);
    run.until_settled(written);

    world.alipayhk.set_faults(faults);
    // A type with one modification only has no middle: its first one again does for it.
    written += write(&world.orders, world.schema, middle);
    until("the fault is met", PATIENCE, || {
        let met: u64 = world.alipayhk.state().faults.iter().map(|line| line.hits).sum();
        if met >= MET { Ok(()) } else { Err(format!("met {met} times; {}", run.log())) }
    });
    let during = run.state().unwrap();
    assert!(disposed(&during, "parked") + disposed(&during, "rejected") == 0, "{way}: {during}");

    written += write(&world.orders, world.schema, end);
    world.alipayhk.set_faults(Vec::new());
    let state = run.until_settled(written);
    assert_eq!((disposed(&state, "parked"), disposed(&state, "rejected")), (0, 0), "{way}: {state}");
    assert_eq!(state["gate"]["state"], "open", "{way}: {state}");
    assert_delivered(&world.assert_well_behaved(), &lives);
    assert_eq!(world.dead_letters.ends(), [(0, 0)], "{way}");
    world.stop_at_the_end(run);
}

/// The first modification of each order, those in between, the last one.
fn parts(lives: &[Life]) -> (Vec<&Modification>, Vec<&Modification>, Vec<&Modification>) {
    let begin = lives.iter().map(|life| life.first().unwrap()).collect();
    let middle = lives.iter().flat_map(|life| life.iter().skip(1).take(life.len().saturating_sub(2))).collect();
    let end = lives.iter().filter(|life| life.len() > 1).map(|life| life.last().unwrap()).collect();
    (begin, middle, end)
}

fn result(code: &str, status: ResultStatus, apply: bool) -> Fault {
    Fault::Result { code: code.into(), status, message: "Try again later".into(), order_status: None, apply }
}

fn http(status: u16, retry_after: Option<&str>) -> Fault {
    Fault::Http { status, retry_after: retry_after.map(str::to_owned), apply: false }
}

/// One test for each way; its name is the way's.
macro_rules! ways {
    ($($way:ident: $fault:expr;)*) => {
        $(
            #[test]
            fn $way() {
                survives(&stringify!($way).replace('_', "-"), vec![Rule::always($fault)]);
            }
        )*
    };
}

mod nothing_is_parked_and_everything_arrives_after {
    use super::*;

    ways! {
        http_500: http(500, None);
        http_502: http(502, None);
        http_503_with_retry_after: http(503, Some("1"));
        http_504_of_a_call_that_was_applied: Fault::Http { status: 504, retry_after: None, apply: true };
        http_429_with_retry_after: http(429, Some("1"));
        http_429_without: http(429, None);
        http_401: http(401, None);
        http_403: http(403, None);
        http_404: http(404, None);
        a_redirect: Fault::Redirect { location: "https://open.alipay.hk/maintenance".into(), apply: false };
        a_reset: Fault::Reset { apply: false };
        a_reset_of_a_call_that_was_applied: Fault::Reset { apply: true };
        a_close: Fault::Close { apply: false };
        a_close_of_a_call_that_was_applied: Fault::Close { apply: true };
        silence_beyond_the_timeout: Fault::Hang { apply: false };
        silence_of_a_call_that_was_applied: Fault::Hang { apply: true };
        an_answer_that_trickles: Fault::Drip { every: Span(Duration::from_millis(100)) };
        an_answer_that_breaks_off: Fault::Truncate;
        an_answer_without_a_signature: Fault::Unsigned;
        an_answer_with_a_broken_signature: Fault::BadlySigned { how: Damage::Flipped };
        an_answer_signed_for_another_client: Fault::BadlySigned { how: Damage::OtherClient };
        an_answer_that_is_no_json: Fault::NotJson { apply: false };
        an_answer_of_eight_megabytes: Fault::Oversize { bytes: 8 << 20, apply: false };
        key_not_found: result("KEY_NOT_FOUND", ResultStatus::F, false);
        invalid_signature: result("INVALID_SIGNATURE", ResultStatus::F, false);
        unknown_exception_f: result("UNKNOWN_EXCEPTION", ResultStatus::F, false);
        unknown_exception_u: result("UNKNOWN_EXCEPTION", ResultStatus::U, false);
        unknown_exception_u_of_a_call_that_was_applied: result("UNKNOWN_EXCEPTION", ResultStatus::U, true);
        system_error_f: result("SYSTEM_ERROR", ResultStatus::F, false);
        system_error_u: result("SYSTEM_ERROR", ResultStatus::U, false);
        request_traffic_exceed_limit_f: result("REQUEST_TRAFFIC_EXCEED_LIMIT", ResultStatus::F, false);
        request_traffic_exceed_limit_u: result("REQUEST_TRAFFIC_EXCEED_LIMIT", ResultStatus::U, false);
        param_illegal_with_u: result("PARAM_ILLEGAL", ResultStatus::U, false);
        un_support_business_for_all: result("UN_SUPPORT_BUSINESS", ResultStatus::F, false);
        latency_near_the_timeout: Fault::Latency { delay: Span(Duration::from_millis(300)), jitter: Span(Duration::from_millis(400)) };
    }

    #[test]
    fn everything_at_once_by_chance() {
        let each = |fault| Rule { probability: 0.2, ..Rule::always(fault) };
        let faults = vec![
            each(http(500, None)),
            each(result("UNKNOWN_EXCEPTION", ResultStatus::F, false)),
            each(result("SYSTEM_ERROR", ResultStatus::U, true)),
            each(Fault::BadlySigned { how: Damage::OtherContent }),
            each(Fault::Reset { apply: true }),
            each(Fault::Hang { apply: false }),
        ];
        survives("by-chance", faults);
    }
}

#[test]
fn un_support_business_closes_the_gate_of_its_type_only() {
    let world = World::new("one-type", 3);
    let unsupported = || result("UN_SUPPORT_BUSINESS", ResultStatus::F, false);
    world.alipayhk.set_faults(vec![Rule { types: vec!["RIDE_HAILING".into()], ..Rule::always(unsupported()) }]);
    let lives = lives("TYPE", 2);
    let of_the_type = lives.iter().flatten().filter(|modification| modification.biz_type == "RIDE_HAILING").count() as u64;
    let written = write(&world.orders, world.schema, lives.iter().flatten());
    let run = world.start();
    let state = run.until("all others are delivered", |state| {
        state["records_read"] == written && order_sync_tests::order_sync::settled(state) == written - of_the_type
    });
    assert_eq!((&state["gate"]["state"], state["gate"]["types"].as_object().unwrap().len()), (&"open".into(), 1), "{state}");
    assert!(state["gate"]["types"].get("RIDE_HAILING").is_some(), "{state}");
    assert!(run.metric("ordersync_gate_type_closed", &[("biz_type", "RIDE_HAILING")]) == 1.0);

    world.alipayhk.set_faults(Vec::new());
    let state = run.until_settled(written);
    assert_eq!((disposed(&state, "parked"), disposed(&state, "rejected")), (0, 0), "{state}");
    assert_delivered(&world.assert_well_behaved(), &lives);
    world.stop_at_the_end(run);
}

#[test]
fn an_alipayhk_that_refuses_connections_is_waited_for_at_the_start_and_in_between() {
    let port = ports::free();
    // Whoever comes back has forgotten everything, so any status may be the first there.
    let stands = || Stands { transitions: false, ..unordered() };
    let listen = || {
        Alipayhk::start_with(|setup| {
            setup.listen.set_port(port);
            setup.stands = stands();
        })
    };
    let mut world = World::of("refused", 3, &[], &[], Alipayhk::start());
    let lives = lives("REFUSED", 2);
    let (begin, middle, end) = parts(&lives);
    let run = OrderSync::start(&world.config().set("alipayhk.base_url", format!("http://127.0.0.1:{port}")));

    let mut written = write(&world.orders, world.schema, begin.iter().copied());
    refused(&run);
    world.alipayhk = listen();
    run.until_settled(written);

    world.alipayhk = Alipayhk::start();
    until("nobody listens", PATIENCE, || match TcpStream::connect(("127.0.0.1", port)) {
        Ok(_) => Err("somebody listens".to_owned()),
        Err(_) => Ok(()),
    });
    written += write(&world.orders, world.schema, middle);
    refused(&run);
    written += write(&world.orders, world.schema, end);
    world.alipayhk = listen();
    let state = run.until_settled(written);
    assert_eq!((disposed(&state, "parked"), disposed(&state, "rejected")), (0, 0), "{state}");
    let changed: Vec<Life> = lives.into_iter().filter(|life| life.len() > 1).map(|life| life[life.len() - 1..].to_vec()).collect();
    let seen = world.assert_well_behaved();
    for life in &changed {
        let newest = life.last().unwrap();
        let held = &seen.orders[newest.order.merchant_biz_no()];
        assert_eq!((held.status.as_str(), held.modify_time), (newest.status.as_str(), newest.modified_at));
    }
    world.stop_at_the_end(run);
}

fn refused(run: &OrderSync) {
    run.until("the gate is closed", |state| state["gate"]["state"] != "open" && state["gate"]["reason"].is_string());
}
