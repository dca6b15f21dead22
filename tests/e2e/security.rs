//! Kafka as users run it: TLS, client certificates, SASL, tokens; and what `check` says when one of them is wrong. The broker is a real one.

use std::thread;
use std::time::Duration;

use order_sync_tests::config::Config;
use order_sync_tests::kafka::{PASSWORD, Secure, USER};
use order_sync_tests::oidc::{CLIENT_ID, CLIENT_SECRET, Mood, Oidc};
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::wait::{PATIENCE, until};
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};

use crate::orders::order;
use crate::world::{World, alipayhk, disposed};

fn world(name: &str) -> World {
    World::on(&Secure::shared().kafka, name, 1, alipayhk())
}

fn to(config: Config, servers: &str, protocol: &str) -> Config {
    let ca = Secure::shared().file("ca.pem");
    let config = config.set("kafka.bootstrap_servers", servers).property("security.protocol", protocol);
    if protocol.ends_with("ssl") { config.property("ssl.ca.location", &ca) } else { config }
}

fn certificate(config: Config) -> Config {
    let secure = Secure::shared();
    config.property("ssl.certificate.location", &secure.file("client.pem")).property("ssl.key.location", &secure.file("client.key"))
}

/// The password comes from a file, as it should.
fn login(config: Config, mechanism: &str, password: &str) -> Config {
    let name = format!("password-{mechanism}-{}", password.len());
    let file = Secure::shared().folder.join(&name);
    std::fs::write(&file, format!("{password}\n")).unwrap();
    config.property("sasl.mechanism", mechanism).property("sasl.username", USER).property("sasl.password_file", file.to_str().unwrap())
}

fn token(config: Config, oidc: &Oidc, secret: &str) -> Config {
    config
        .property("sasl.mechanism", "OAUTHBEARER")
        .property("sasl.oauthbearer.method", "oidc")
        .property("sasl.oauthbearer.client.id", CLIENT_ID)
        .property("sasl.oauthbearer.client.secret", secret)
        .property("sasl.oauthbearer.token.endpoint.url", &oidc.url())
        .property("https.ca.location", &Secure::shared().file("ca.pem"))
}

/// One order is delivered and one becomes a dead letter: consumer, producer and commits all came in.
fn works(name: &str, change: impl FnOnce(Config) -> Config) {
    let world = world(name);
    let refused =
        Fault::Result { code: "PROCESS_FAIL".into(), status: ResultStatus::F, message: String::new(), order_status: None, apply: false };
    world.alipayhk.set_faults(vec![Rule { orders: vec!["E2E-REFUSED".into()], ..Rule::always(refused) }]);
    world.orders.write_all([order("E2E-FINE").record(world.schema), order("E2E-REFUSED").record(world.schema)]);
    let run = OrderSync::start(&change(world.config()));
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "rejected")), (1, 1), "{name}: {state}");
    assert_eq!(world.dead_letters.ends(), [(0, 1)], "{name}");
    let log = run.log();
    assert!(!log.contains(PASSWORD) && !log.contains(CLIENT_SECRET) && !log.contains("eyJ"), "a secret in the log: {log}");
    world.stop_at_the_end(run);
}

#[test]
fn orders_pass_over_tls_with_a_certificate_of_ours() {
    works("mtls", |config| certificate(to(config, &Secure::shared().mtls(), "ssl")));
}

#[test]
fn orders_pass_with_scram_over_tls() {
    works("scram", |config| login(to(config, &Secure::shared().sasl_tls(), "sasl_ssl"), "SCRAM-SHA-512", PASSWORD));
}

#[test]
fn orders_pass_with_tokens_of_the_client_credentials_grant_which_are_renewed_in_time() {
    let secure = Secure::shared();
    let oidc = Oidc::start(secure.signing.clone(), &secure.folder);
    oidc.set(Mood::Gives(5));
    let world = world("oauth");
    let run = OrderSync::start(&token(to(world.config(), &secure.sasl_tls(), "sasl_ssl"), &oidc, CLIENT_SECRET));
    world.orders.write(order("E2E-FIRST").record(world.schema));
    run.until_settled(1);
    until("the token was renewed twice", PATIENCE, || if oidc.asked() >= 3 { Ok(()) } else { Err(oidc.asked().to_string()) });
    world.orders.write(order("E2E-RENEWED").record(world.schema));
    run.until_settled(2);
    // The provider fails: what is there is used up, and then it goes on by itself.
    oidc.set(Mood::Down);
    let before = oidc.asked();
    until("it was asked in vain", PATIENCE, || if oidc.asked() > before { Ok(()) } else { Err(run.log()) });
    run.until_logged("no OAUTHBEARER token for Kafka");
    oidc.set(Mood::Gives(3_600));
    world.orders.write(order("E2E-BACK").record(world.schema));
    let state = run.until_settled(3);
    assert_eq!(disposed(&state, "delivered"), 3, "{state}");
    let log = run.log();
    assert!(!log.contains(CLIENT_SECRET) && !log.contains("eyJ"), "a secret in the log: {log}");
    world.stop_at_the_end(run);
}

#[test]
fn orders_pass_with_a_password_over_tls() {
    works("plain", |config| login(to(config, &Secure::shared().sasl_tls(), "sasl_ssl"), "PLAIN", PASSWORD));
}

#[test]
fn check_names_the_cause_of_each_failure() {
    let (secure, world) = (Secure::shared(), world("causes"));
    let config = || world.config();
    let wrong_ca = |config: Config| config.property("ssl.ca.location", &secure.file("other.pem"));
    let scram = |servers: &str, protocol: &str, password: &str| login(to(config(), servers, protocol), "SCRAM-SHA-256", password);
    let down = Oidc::start(secure.signing.clone(), &secure.folder);
    down.set(Mood::Down);
    let cases = [
        ("tls", to(config(), &secure.tls(), "ssl"), 0, vec!["answers and has every topic"]),
        ("scram-sha-256", scram(&secure.sasl_tls(), "sasl_ssl", PASSWORD), 0, vec!["answers and has every topic"]),
        ("another authority", wrong_ca(to(config(), &secure.tls(), "ssl")), 1, vec!["certificate verify failed", "\"ssl.ca.location\""]),
        (
            "a wrong password",
            scram(&secure.sasl_tls(), "sasl_ssl", "wrong"),
            1,
            vec!["\"sasl.mechanism\" = \"SCRAM-SHA-256\"", "invalid credentials"],
        ),
        (
            "no TLS towards TLS",
            to(config(), &secure.tls(), "plaintext"),
            1,
            vec!["\"security.protocol\"", "the listener speaks TLS", "\"ssl\""],
        ),
        (
            "SASL without TLS towards TLS",
            scram(&secure.sasl_tls(), "sasl_plaintext", PASSWORD),
            1,
            vec!["the listener speaks TLS: use \"sasl_ssl\""],
        ),
        ("TLS towards none", to(config(), secure.kafka.bootstrap(), "ssl"), 1, vec!["the listener speaks no TLS: use \"plaintext\""]),
        ("TLS without SASL", to(config(), &secure.sasl_tls(), "ssl"), 1, vec!["it asks for SASL (use \"sasl_ssl\""]),
        ("neither", to(config(), &secure.sasl_plain(), "plaintext"), 1, vec!["closes connections without SASL", "\"sasl_plaintext\""]),
        (
            "TLS without a certificate",
            to(config(), &secure.mtls(), "ssl"),
            1,
            vec!["\"ssl.certificate.location\"", "it asks for one of ours"],
        ),
        (
            "a wrong client secret",
            token(to(config(), &secure.sasl_tls(), "sasl_ssl"), &secure.oidc, "wrong"),
            1,
            vec!["401", "invalid_client"],
        ),
        (
            "a provider that is down",
            token(to(config(), &secure.sasl_tls(), "sasl_ssl"), &down, CLIENT_SECRET),
            1,
            vec!["503", "token.endpoint.url"],
        ),
        ("nobody", to(config(), "localhost:1", "ssl"), 1, vec!["no connection"]),
    ];
    let checks: Vec<_> = cases
        .into_iter()
        .map(|(name, config, code, says)| thread::spawn(move || (name, OrderSync::command(&config, &["check"]), code, says)))
        .collect();
    let mut wrong = Vec::new();
    for check in checks {
        let (name, finished, code, says) = check.join().unwrap();
        let said = finished.output + &finished.errors;
        let line = said.lines().filter(|line| line.contains("kafka.bootstrap_servers:")).collect::<String>();
        if finished.code != code || says.iter().any(|says| !line.contains(says)) || said.contains(PASSWORD) || said.contains(CLIENT_SECRET)
        {
            wrong.push(format!("{name}: exit {}, expected {code} and {says:?} in:\n{said}", finished.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_run_with_a_wrong_password_waits_and_says_why() {
    let world = world("run-wrong");
    let run = OrderSync::start(&login(to(world.config(), &Secure::shared().sasl_tls(), "sasl_ssl"), "SCRAM-SHA-512", "wrong"));
    until("the reason is said", Duration::from_secs(60), || {
        let log = run.log();
        if log.contains("waiting for Kafka") && log.contains("invalid credentials") { Ok(()) } else { Err(log) }
    });
    assert_eq!(run.stop().code, 0);
}
