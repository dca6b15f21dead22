//! Keys of the configuration that no other test here turns: what is set is what happens.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use alipayhk::exchange::timestamp;
use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::{OrderSync, settled};
use order_sync_tests::otlp::OtlpReceiver;
use order_sync_tests::process::Signal;
use order_sync_tests::proxy::Proxy;
use order_sync_tests::wait::{PATIENCE, block_on, until};
use order_sync_tests::{http, ports};
use reqwest::Method;
use sandbox::Span;
use sandbox::decision::ResultStatus;
use sandbox::faults::{Damage, Fault, Rule};
use sandbox::model::Stands;

use crate::letters::letters;
use crate::orders::order;
use crate::world::{World, disposed, journaled, now, unordered};

/// More than half of what a partition may be read ahead of its lowest open offset.
const HALF_A_WINDOW: usize = 131_100;

fn fails(orders: &[&str], retry_after: Option<&str>) -> Rule {
    let fault = Fault::Http { status: 503, retry_after: retry_after.map(str::to_owned), apply: false };
    Rule { orders: orders.iter().map(|order| (*order).to_owned()).collect(), ..Rule::always(fault) }
}

#[test]
fn calls_go_through_the_proxy_that_is_named() {
    let world = World::new("proxied", 1);
    let proxy = Proxy::before(world.alipayhk.port());
    world.orders.write(order("E2E-PROXIED").record(world.schema));
    // Nobody listens there: only by the proxy does an order arrive.
    let nobody = format!("http://127.0.0.1:{}", ports::free());
    let run = OrderSync::start(
        &world.config().set("alipayhk.base_url", nobody).set("alipayhk.proxy", format!("http://127.0.0.1:{}", proxy.port())),
    );
    assert_eq!(disposed(&run.until_settled(1), "delivered"), 1);
    assert!(proxy.accepted() >= 1 && world.alipayhk.order("E2E-PROXIED").is_some());
    world.stop_at_the_end(run);
}

#[test]
fn extra_statuses_and_required_paths_count_beside_those_of_the_table() {
    let world = World::with("extra", 1, Stands { transitions: false, required_extras: false, ..unordered() });
    let config = world.config().set("business_types.MOVIE_TICKET.mode", "strict");
    let config = config.set("business_types.MOVIE_TICKET.extra_statuses", vec!["DELAYED"]);
    let config = config.set("business_types.MOVIE_TICKET.required.DELAYED", vec!["extInfo.new_start"]);
    let whole = order("E2E-WHOLE").status("DELAYED").ext_info("{\"start_time\": 1, \"new_start\": 2}");
    let records = [whole.record(world.schema), order("E2E-LACKS").status("DELAYED").record(world.schema)];
    world.orders.write_all(records);
    let run = OrderSync::start(&config);
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (1, 1), "{state}");
    let message = letters(&world)[&1].header("ordersync.message").unwrap().to_owned();
    assert!(message.contains("extInfo.new_start"), "{message}");
    world.stop_at_the_end(run);
}

#[test]
fn a_page_is_given_under_the_names_of_admin_hosts_only() {
    let world = World::new("hosts", 1);
    let run = OrderSync::start(&world.config().set("admin.hosts", vec!["orders.example"]));
    let asked = |host: &str, path: &str| http::send(Method::GET, &format!("http://{}{path}", run.admin()), &[("host", host)], "");
    until("it listens", PATIENCE, || asked("orders.example", "/api/state").map(|_| ()));
    assert_eq!(asked("orders.example", "/api/state").unwrap().0, 200);
    let (status, says) = asked("stranger.example", "/api/state").unwrap();
    assert!(status == 421 && says.contains("admin.hosts"), "{status} {says}");
    assert_eq!(asked("stranger.example", "/livez").unwrap().0, 200, "a probe needs no name");
    run.stop_well();
}

#[test]
fn of_no_traces_nothing_is_exported_but_metrics() {
    let (world, receiver) = (World::new("unsampled", 1), OtlpReceiver::start());
    world.orders.write(order("E2E-UNSAMPLED").record(world.schema));
    let config = world.config().set("telemetry.otlp_endpoint", receiver.grpc_endpoint()).set("telemetry.sample_ratio", 0.0);
    let run = OrderSync::start(&config);
    run.until_settled(1);
    world.stop_at_the_end(run);
    assert!(!receiver.metrics().is_empty());
    assert!(receiver.spans().is_empty(), "{:?}", receiver.spans());
}

#[test]
fn an_undecided_order_that_alone_holds_half_of_the_window_is_parked_when_told_to() {
    let world = World::new("blocking", 1);
    // Answered each time: one that AlipayHK does not even reach would be an outage, which gives nothing up.
    let undecided =
        Fault::Result { code: "SYSTEM_ERROR".into(), status: ResultStatus::U, message: String::new(), order_status: None, apply: false };
    world.alipayhk.set_faults(vec![Rule { orders: vec!["E2E-STUCK".into()], ..Rule::always(undecided) }]);
    let run = OrderSync::start(&world.config().set("delivery.on_undecided", "park_when_blocking"));
    world.orders.write_all([order("E2E-STUCK").record(world.schema), order("E2E-FINE").record(world.schema)]);
    run.until("it was tried again and again", |state| {
        assert_eq!(disposed(state, "parked"), 0, "{state}");
        state["calls"]["attempted"].as_u64() > Some(6)
    });
    world.orders.write_all((0..HALF_A_WINDOW).map(|_| Record::tombstone("E2E-TOMB")));
    let written = HALF_A_WINDOW as u64 + 2;
    let state = run.until("everything has its end", |state| settled(state) == written);
    assert_eq!((disposed(&state, "parked"), disposed(&state, "delivered")), (1, 1), "{state}");
    assert_eq!(letters(&world)[&0].header("ordersync.reason"), Some("undecided"));
    world.stop_at_the_end(run);
}

#[test]
fn no_more_calls_are_on_their_way_than_max_in_flight() {
    let world = World::new("slots", 2);
    let slow = Fault::Latency { delay: Span(Duration::from_millis(150)), jitter: Span(Duration::ZERO) };
    world.alipayhk.set_faults(vec![Rule::always(slow)]);
    world.orders.write_all((0..40).map(|number| order(&format!("E2E-SLOT-{number}")).record(world.schema)));
    let run = OrderSync::start(&world.config().set("quota.max_in_flight", 3));
    let mut most = 0;
    run.until("all of them are delivered", |state| {
        most = most.max(state["calls"]["in_flight"].as_u64().unwrap());
        disposed(state, "delivered") == 40
    });
    assert_eq!(most, 3);
    world.stop_at_the_end(run);
}

#[test]
fn the_first_wait_reaches_up_to_retry_initial_and_none_is_longer_than_retry_max() {
    let world = World::new("waits", 1);
    let numbers: Vec<String> = (0..5).map(|number| format!("E2E-WAITS-{number}")).collect();
    let failing = |retry_after| vec![fails(&numbers.iter().map(String::as_str).collect::<Vec<_>>(), retry_after)];
    world.alipayhk.set_faults(failing(None));
    world.orders.write_all(numbers.iter().map(|number| order(number).record(world.schema)));
    let run = OrderSync::start(&world.config().set("retry.initial", "1h").set("retry.max", "1h"));
    run.until("each was called once", |state| state["calls"]["attempted"].as_u64() >= Some(5) && state["calls"]["in_flight"] == 0);
    world.alipayhk.set_faults(Vec::new());
    world.orders.write(order("E2E-FRESH").record(world.schema));
    // At random below an hour: that one of the five is due by now does not happen.
    let state = run.until("another order is delivered", |state| disposed(state, "delivered") >= 1);
    assert_eq!((&state["calls"]["attempted"], disposed(&state, "delivered")), (&6.into(), 1), "{state}");
    assert!(world.alipayhk.order("E2E-FRESH").is_some());
    run.stop_well();

    world.alipayhk.set_faults(failing(Some("3600")));
    let run = OrderSync::start(&world.config().set("retry.initial", "20ms").set("retry.max", "200ms"));
    run.until("AlipayHK asked for an hour, more than once", |state| state["calls"]["attempted"].as_u64() >= Some(15));
    world.alipayhk.set_faults(Vec::new());
    run.until("all of it is committed", |state| state["partitions"][0]["committed"] == 6);
    world.stop_at_the_end(run);
}

#[test]
fn beyond_remembered_orders_the_oldest_is_forgotten_and_counted() {
    let world = World::with("forgotten", 1, Stands { transitions: false, ..unordered() });
    let run = OrderSync::start(&world.config().set("delivery.remembered_orders", 1));
    for (count, number) in (1..).zip(["E2E-FIRST", "E2E-SECOND"]) {
        world.orders.write(order(number).status("USED").modified_after(9_000).record(world.schema));
        run.until_settled(count);
    }
    // Something older of both: of the second one it is known.
    world.orders.write_all(["E2E-FIRST", "E2E-SECOND"].map(|number| order(number).modified_after(1_000).record(world.schema)));
    let state = run.until_settled(4);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "stale")), (3, 1), "{state}");
    assert!(run.metric("ordersync_notes_total", &[("note", "forgotten")]) >= 1.0);
    world.stop_at_the_end(run);
}

#[test]
fn a_start_at_a_time_leaves_out_what_is_older() {
    let world = World::new("from-a-time", 1);
    let an_hour_ago = now() / 1_000 - 3_600;
    let at = an_hour_ago * 1_000;
    world.orders.write_all([
        order("E2E-BEFORE").record(world.schema).at(at - 1),
        order("E2E-AT").record(world.schema).at(at),
        order("E2E-AFTER").record(world.schema).at(at + 1),
    ]);
    let run = OrderSync::start(&world.config().set("kafka.start", format!("timestamp:{}", timestamp(an_hour_ago).unwrap())));
    assert_eq!(disposed(&run.until_settled(2), "delivered"), 2);
    assert!(world.alipayhk.order("E2E-BEFORE").is_none());
    world.stop_at_the_end(run);
}

#[test]
fn the_end_waits_for_calls_on_their_way_and_no_longer_than_the_drain() {
    let world = World::new("drained", 1);
    let slow = Fault::Latency { delay: Span(Duration::from_secs(1)), jitter: Span(Duration::ZERO) };
    world.alipayhk.set_faults(vec![Rule::always(slow)]);
    let config = world.config().set("alipayhk.timeout", "2s").set("delivery.drain", "2s");
    let begin = |number: &str| {
        world.orders.write(order(number).record(world.schema));
        let run = OrderSync::start(&config);
        run.until("a call is on its way", |state| state["calls"]["in_flight"] == 1);
        run
    };
    // Its answer is waited for, and committed.
    world.stop_at_the_end(begin("E2E-DRAINED"));

    world.alipayhk.set_faults(vec![Rule::always(Fault::Hang { apply: false })]);
    let hanging = begin("E2E-HANGS");
    let began = Instant::now();
    assert_eq!(hanging.stop().code, 0);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(world.group.offsets(&world.orders), [1], "nothing is committed past what had no answer");
}

#[test]
fn a_retry_repeats_its_request_id_and_an_unknown_exception_with_f_gets_a_new_one() {
    let world = World::of("request-ids", 1, &[], &[], journaled());
    let unknown =
        Fault::Result { code: "UNKNOWN_EXCEPTION".into(), status: ResultStatus::F, message: "No".into(), order_status: None, apply: false };
    let away = Fault::Http { status: 503, retry_after: None, apply: false };
    world.alipayhk.set_faults(vec![Rule::times(away, 2), Rule::times(unknown, 1)]);
    world.orders.write(order("E2E-IDS").record(world.schema));
    let run = world.start();
    assert_eq!(disposed(&run.until_settled(1), "delivered"), 1);
    world.stop_at_the_end(run);
    let ids: Vec<String> = world.alipayhk.journal().into_iter().map(|exchange| exchange.request_id).collect();
    assert_eq!(ids.len(), 4, "{ids:?}");
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
}

#[test]
fn a_connection_that_is_not_made_in_time_is_given_up_and_nothing_was_sent() {
    let world = World::new("unconnected", 1);
    let (listener, _waiting) = full_house();
    let nobody_accepts = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let config = world.config().set("alipayhk.base_url", nobody_accepts).set("alipayhk.connect_timeout", "100ms");
    world.orders.write(order("E2E-UNCONNECTED").record(world.schema));
    let run = OrderSync::start(&config);
    until("it was tried", PATIENCE, || {
        let page = run.get("/metrics")?.1;
        let counted = |cause: &str| {
            page.lines().any(|line| line.starts_with("ordersync_calls_total{") && line.contains(cause) && !line.ends_with(" 0"))
        };
        assert!(!counted("cause=\"timeout\""), "it waited for alipayhk.timeout: {page}");
        if counted("cause=\"unreachable\"") { Ok(()) } else { Err(page) }
    });
    run.stop_well();
}

/// A listener that takes nobody in, and those who fill its queue: the kernel answers nobody else.
fn full_house() -> (tokio::net::TcpListener, Vec<TcpStream>) {
    let listener = block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket.listen(1).unwrap()
    });
    let address = listener.local_addr().unwrap();
    let waiting: Vec<TcpStream> =
        std::iter::from_fn(|| TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok()).take(16).collect();
    assert!(waiting.len() < 16, "its queue has no end");
    (listener, waiting)
}

#[test]
fn a_secret_that_changes_in_its_file_is_told_and_waits_for_a_start() {
    let (world, folder) = (World::new("secret-file", 1), tempfile::tempdir().unwrap());
    let file = folder.path().join("password");
    std::fs::write(&file, "canary-before").unwrap();
    let config = world.config().set("schema.username", "order-sync").set("schema.password_file", file.to_str().unwrap());
    let run = OrderSync::start(&config);
    run.until("it runs", |state| state["gate"]["state"] == "open");
    // From here on only a change of a file is a reason to read it again.
    run.signal(Signal::HUP);
    run.until_logged("keys and quota are the ones in force already");
    std::fs::write(&file, "canary-after").unwrap();
    run.until_logged("in force from the next start on");
    let log = run.log();
    assert!(log.contains("schema.password_file") && !log.contains("canary"), "{log}");
    world.orders.write(order("E2E-SECRET").record(world.schema));
    run.until_settled(1);
    world.stop_at_the_end(run);
}

#[test]
fn a_clock_far_off_is_told_and_stops_nothing() {
    let world = World::new("skewed", 1);
    world.alipayhk.set_faults(vec![Rule::always(Fault::BadlySigned { how: Damage::StaleTime })]);
    world.orders.write(order("E2E-SKEWED").record(world.schema));
    let run = world.start();
    let state = run.until_settled(1);
    assert_eq!((disposed(&state, "delivered"), &state["gate"]["state"]), (1, &"open".into()), "{state}");
    assert!(run.metric("ordersync_answers_noted_total", &[("note", "clock_skew")]) >= 1.0);
    world.stop_at_the_end(run);
}
