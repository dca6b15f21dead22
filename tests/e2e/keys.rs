//! Keys change while orders are on their way: nothing is lost, nothing is parked, and a broken key changes nothing.

use std::fs;
use std::sync::Arc;

use crypto::{Algorithm, Signer, Verifier};
use order_sync_tests::avro::Order;
use order_sync_tests::config::{Config, verify_key};
use order_sync_tests::keys::{Keys, Pair};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::process::Signal;
use sandbox::Setup;

use crate::world::{World, disposed, unordered};

const TICKET: &str = "{\"start_time\": 1760003600000}";

fn order(number: &str) -> Order {
    Order::new(number).ext_info(TICKET)
}

/// AlipayHK signs with this key from now on.
fn signs_with(setup: &mut Setup, pair: &Pair, version: u32) {
    setup.signer = Signer::new(Arc::new(pair.private_key()), Algorithm::Rsa256).unwrap();
    setup.key_version = version;
}

/// AlipayHK knows these keys of ours and no others.
fn knows(setup: &mut Setup, keys: &[(u32, &Pair)]) {
    let verifier = |pair: &Pair| Verifier::new(pair.public_key(), Algorithm::Rsa256).unwrap();
    setup.gateway.client_keys = keys.iter().map(|(version, pair)| (*version, verifier(pair))).collect();
}

fn until_refused(run: &OrderSync) {
    let state = run.until("the gate is closed", |state| state["gate"]["state"] != "open");
    assert_eq!((disposed(&state, "parked"), disposed(&state, "rejected")), (0, 0), "{state}");
}

fn refused(run: &OrderSync) -> f64 {
    run.metric("ordersync_config_reloads_total", &[("result", "refused")])
}

#[test]
fn a_new_key_of_alipayhk_is_taken_over_when_the_file_names_it_and_both_count_meanwhile() {
    let mut world = World::new("verify-rotation", 1);
    let (old, new) = (&Keys::rsa().alipayhk, Pair::rsa());
    let run = world.start();
    world.orders.write(order("E2E-OLD").record(world.schema));
    run.until_settled(1);

    world.alipayhk = world.alipayhk.replace(|setup| {
        setup.stands = unordered();
        signs_with(setup, &new, 2);
    });
    world.orders.write(order("E2E-NEW").record(world.schema));
    until_refused(&run);
    fs::write(run.folder().join("alipayhk-2.pub.pem"), &new.public).unwrap();
    let both = vec![verify_key("alipayhk.pub.pem", 1), verify_key("alipayhk-2.pub.pem", 2)];
    let rotating = world.config().set("alipayhk.verify_keys", both);
    run.rewrite(&rotating);
    run.until_settled(2);
    run.until_logged("changed keys are in force");

    // One of AlipayHK's machines is behind and still signs with the old key.
    world.alipayhk = world.alipayhk.replace(|setup| {
        setup.stands = unordered();
        signs_with(setup, old, 1);
    });
    world.orders.write(order("E2E-BEHIND").record(world.schema));
    let state = run.until_settled(3);
    assert_eq!(disposed(&state, "delivered"), 3, "{state}");

    // The old one is taken out: it makes nothing true any more.
    run.rewrite(&world.config().set("alipayhk.verify_keys", vec![verify_key("alipayhk-2.pub.pem", 2)]));
    until_taken(&run, 2.0);
    world.orders.write(order("E2E-LATE").record(world.schema));
    until_refused(&run);
    run.rewrite(&rotating);
    let state = run.until_settled(4);
    assert_eq!(disposed(&state, "delivered"), 4, "{state}");
    assert_eq!(refused(&run), 0.0);
    world.stop_at_the_end(run);
}

fn until_taken(run: &OrderSync, times: f64) {
    run.until("the new keys are taken", |_| run.metric("ordersync_config_reloads_total", &[("result", "taken")]) >= times);
}

#[test]
fn our_new_key_is_taken_over_on_sighup() {
    let mut world = World::new("signing-rotation", 1);
    let new = Pair::rsa();
    let run = world.start();
    world.orders.write(order("E2E-FIRST").record(world.schema));
    run.until_settled(1);

    // AlipayHK withdrew the old key before we had the new one.
    world.alipayhk = world.alipayhk.replace(|setup| {
        setup.stands = unordered();
        knows(setup, &[(7, &new)]);
    });
    world.orders.write(order("E2E-SECOND").record(world.schema));
    until_refused(&run);
    new.write_private(&run.folder().join("merchant-7.pem"));
    run.rewrite(&world.config().set("alipayhk.signing.private_key_file", "merchant-7.pem").set("alipayhk.signing.key_version", 7));
    run.signal(Signal::HUP);
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "delivered"), &state["gate"]["state"]), (2, &"open".into()), "{state}");
    world.stop_at_the_end(run);
}

#[test]
fn a_broken_new_key_changes_nothing_and_says_so_and_its_repair_is_noticed() {
    let world = World::new("broken-key", 1);
    let run = world.start();
    let path = run.folder().join("merchant.pem");
    let good = fs::read_to_string(&path).unwrap();
    run.until("it runs", |state| state["gate"]["state"] == "open");

    for (number, (broken, says)) in [
        ("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "alipayhk.signing.private_key_file"),
        (Keys::rsa().merchant.public.as_str(), "is a public key where a private key belongs"),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(&path, broken).unwrap();
        run.until_logged(says);
        assert!(run.log().contains("the keys in force stay in force"), "{}", run.log());
        assert_eq!(refused(&run), (number + 1) as f64);
        world.orders.write(order(&format!("E2E-BROKEN-{number}")).record(world.schema));
        let state = run.until_settled(number as u64 + 1);
        assert_eq!((disposed(&state, "delivered"), &state["gate"]["state"]), (number as u64 + 1, &"open".into()), "{state}");
    }
    let log = run.log();
    assert!(!log.contains("MIIB") && !log.contains("BEGIN"), "{log}");

    fs::write(&path, good).unwrap();
    run.until_logged("keys and quota are the ones in force already");
    world.stop_at_the_end(run);
}

#[test]
fn a_changed_quota_is_in_force_and_any_other_key_waits_for_a_start() {
    let world = World::new("quota-reload", 1);
    let run = world.start();
    run.until("its share is known", |state| state["quota"]["share_per_second"] == 1_000.0);
    run.rewrite(&world.config().set("quota.requests_per_second", 40).set("quota.reserve_per_second", 10).set("delivery.history", 7));
    run.until("its share is the new one", |state| state["quota"]["share_per_second"] == 30.0);
    run.until_logged("delivery.history");
    world.orders.write(order("E2E-QUOTA").record(world.schema));
    run.until_settled(1);
    world.stop_at_the_end(run);
}

fn check_call(config: &Config) -> (i32, String) {
    let finished = OrderSync::command(config, &["check", "--call"]);
    (finished.code, finished.output + &finished.errors)
}

#[test]
fn check_call_proves_address_keys_and_clock_and_touches_no_order() {
    let world = World::new("check-call", 1);
    let config = world.config();
    let (code, said) = check_call(&config);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("PARAM_ILLEGAL (F), signed by its key version 1"), "{said}");
    assert!(said.contains("One request was made") && !said.contains("--call"), "{said}");
    let state = world.alipayhk.state();
    assert_eq!((state.orders_held, state.counters.requests), (0, 1));
    let without = OrderSync::command(&config, &["check"]);
    assert_eq!(world.alipayhk.state().counters.requests, 1, "nothing is sent without --call: {}", without.output);
    assert!(without.output.contains("To prove keys and clock: --call"), "{}", without.output);
    assert!(without.output.contains("Signature: algorithm=RSA256,keyVersion=1,signature="), "{}", without.output);
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/examples/orders.jsonl");
    let both = OrderSync::command(&config, &["check", "--call", "--sample", sample]);
    assert!(both.code == 0 && both.output.contains("alipayhk call: ") && both.output.contains("One request was made"), "{both:?}");
    assert_eq!(world.alipayhk.state().counters.requests, 2);
}

#[test]
fn check_call_names_what_is_wrong() {
    use sandbox::faults::{Damage, Fault, Rule};
    let mut world = World::new("check-call-wrong", 1);
    let config = world.config();
    let fault = |how| vec![Rule::always(Fault::BadlySigned { how })];
    for (name, faults, says) in [
        ("another key of theirs", fault(Damage::Flipped), "the signature does not fit"),
        ("an unsigned answer", vec![Rule::always(Fault::Unsigned)], "no Signature header"),
        ("a clock", fault(Damage::StaleTime), "the clocks differ by"),
        ("a proxy's page", vec![Rule::always(Fault::Http { status: 502, retry_after: None, apply: false })], "HTTP 502"),
        ("no answer", vec![Rule::always(Fault::Hang { apply: false })], "no answer within alipayhk.timeout"),
    ] {
        world.alipayhk.set_faults(faults);
        let (code, said) = check_call(&config);
        assert_eq!(code, 1, "{name}: {said}");
        assert!(said.contains(says), "{name}: {said}");
    }
    world.alipayhk.set_faults(Vec::new());
    let (_, said) = check_call(&config.clone().set("alipayhk.client_id", "4Q5Y8W0WSG45P900000"));
    assert!(said.contains("alipayhk.client_id is not known there"), "{said}");
    world.alipayhk = world.alipayhk.replace(|setup| knows(setup, &[(1, &Pair::rsa())]));
    let (code, said) = check_call(&config);
    assert!(code == 1 && said.contains("AlipayHK's copy of our public key"), "{said}");
    let (code, said) = check_call(&config.set("alipayhk.signing.key_version", 5));
    assert!(code == 1 && said.contains("alipayhk.signing.key_version is not one that AlipayHK knows"), "{said}");
}
