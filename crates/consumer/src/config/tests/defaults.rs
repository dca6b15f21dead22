use std::time::Duration;

use engine::{OnUndecided, UnsupportedBusiness};

use super::Place;
use crate::config::{Framing, OtlpProtocol, Start, Topics};
use crate::telemetry::logs::Format;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_is_not_written_has_its_default() {
    let config = Place::new().changed(&["alipayhk.signing.algorithm"], "", &[]).unwrap();
    assert_eq!(config.alipayhk.keys.algorithm, crypto::Algorithm::Rsa256);
    assert_eq!(config.kafka.topics, Topics::List(vec!["orders".to_owned()]));
    assert_eq!(config.kafka.start, Start::NotWritten);
    let kafka = &config.kafka;
    assert_eq!((kafka.session_timeout, kafka.heartbeat, kafka.max_poll_interval), (seconds(45), seconds(3), seconds(120)));
    assert_eq!(config.schema.framing, Framing::Confluent);
    assert_eq!((config.alipayhk.timeout, config.alipayhk.connect_timeout), (seconds(15), seconds(3)));
    assert!(config.alipayhk.environment.is_none() && config.alipayhk.proxy.is_none() && config.alipayhk.ca_file.is_none());
    assert!(config.alipayhk.hold_file.is_none() && config.alipayhk.keys.encryption.is_none());
    let quota = config.quota;
    assert_eq!((quota.requests_per_second, quota.reserve_per_second, quota.max_in_flight), (20.0, 0.0, 256));
    assert_eq!((config.retry.initial, config.retry.max), (Duration::from_millis(500), seconds(60)));
    let delivery = &config.delivery;
    assert_eq!((delivery.late_apply, delivery.drain, delivery.stall_after), (Duration::ZERO, seconds(20), seconds(30)));
    assert_eq!((delivery.history, delivery.max_open_records, delivery.max_open_bytes), (10_000, 1_000_000, 512 << 20));
    assert_eq!((delivery.remembered_orders, delivery.max_age), (2_000_000, None));
    assert_eq!((delivery.on_undecided, delivery.unsupported_business), (OnUndecided::Retry, UnsupportedBusiness::Gate));
    assert!(config.outcomes.is_none());
    assert_eq!((config.admin.listen.to_string().as_str(), config.admin.hosts.len()), ("127.0.0.1:8080", 0));
    let telemetry = &config.telemetry;
    assert!(telemetry.otlp_endpoint.is_none());
    assert_eq!((telemetry.otlp_protocol, telemetry.sample_ratio, telemetry.log_format), (OtlpProtocol::Grpc, 1.0, Format::Text));
    assert!(config.warnings.iter().all(|warning| warning.starts_with("alipayhk.verify_keys[0].public_key_file: is the public half")));
}

#[test]
fn a_short_session_shortens_the_drain() {
    let over = "[kafka.properties]\n\"session.timeout.ms\" = 24000\n[alipayhk]\ntimeout = \"10s\"\n";
    let config = Place::new().changed(&[], over, &[]).unwrap();
    assert_eq!(config.delivery.drain, seconds(12));
}

#[test]
fn a_whole_call_shorter_than_three_seconds_shortens_the_connecting() {
    let config = Place::new().changed(&[], "[alipayhk]\ntimeout = \"2s\"\n", &[]).unwrap();
    assert_eq!(config.alipayhk.connect_timeout, seconds(2));
}

#[test]
fn what_is_written_is_taken() {
    let over = r#"
        [kafka]
        start = "timestamp:2026-11-01T00:00:00+08:00"
        [schema]
        framing = "bare"
        writer_schema_file = "order.avsc"
        [alipayhk]
        hold_file = "hold"
        ca_file = "ca.pem"
        proxy = "http://10.0.0.1:3128"
        [delivery]
        max_open_bytes = "64MiB"
        max_age = "90d"
        on_undecided = { park_after = "30m", attempts = 20 }
        unsupported_business = "park"
        [admin]
        listen = "[::1]:0"
        hosts = ["orders.internal"]
        [telemetry]
        otlp_endpoint = "http://collector:4318"
        otlp_protocol = "http"
        sample_ratio = 0.25
        log_format = "json"
        log_level = "warn,librdkafka=debug"
    "#;
    let place = Place::new();
    let config = place.changed(&[], over, &[]).unwrap();
    assert_eq!(config.kafka.start, Start::Timestamp(1_793_462_400_000));
    assert_eq!((config.schema.framing, config.schema.writer_schema.is_some()), (Framing::Bare, true));
    assert_eq!(config.alipayhk.hold_file, Some(place.0.path().join("hold")));
    assert_eq!(config.alipayhk.ca_file, Some(place.0.path().join("ca.pem")));
    assert_eq!(config.alipayhk.proxy.map(|proxy| proxy.to_string()).as_deref(), Some("http://10.0.0.1:3128/"));
    assert_eq!((config.delivery.max_open_bytes, config.delivery.max_age), (64 << 20, Some(seconds(90 * 86_400))));
    assert_eq!(config.delivery.on_undecided, OnUndecided::ParkAfter { after: seconds(1_800), attempts: 20 });
    assert_eq!(config.delivery.unsupported_business, UnsupportedBusiness::Park);
    assert_eq!(
        (config.admin.listen.to_string().as_str(), config.admin.hosts.as_slice()),
        ("[::1]:0", ["orders.internal".to_owned()].as_slice())
    );
    assert_eq!((config.telemetry.otlp_protocol, config.telemetry.sample_ratio), (OtlpProtocol::Http, 0.25));
    assert_eq!(config.telemetry.log_format, Format::Json);
}

#[test]
fn with_a_token_the_pages_listen_beyond_loopback_and_without_tls_that_is_unwise() {
    let config = Place::new().changed(&[], "[admin]\nlisten = \"0.0.0.0:8443\"\ntoken = \"hunter2hunter2hunter2\"", &[]).unwrap();
    assert_eq!(config.admin.own_address().to_string(), "127.0.0.1:8443");
    assert_eq!(config.admin.to_string(), "0.0.0.0:8443, with a token");
    assert!(config.warnings.iter().any(|warning| warning.starts_with("admin.listen: ")), "{:?}", config.warnings);
    assert!(!format!("{config:?} {:?}", config.summary()).contains("hunter2"));
}

#[test]
fn what_is_legal_and_unwise_is_warned_of() {
    let place = Place::new();
    for (over, warning) in [
        ("[admin]\ntoken_file = \"password\"", "admin.token_file: is shorter than 16 characters"),
        ("[admin]\ntoken = \"hunter2 hunter2\"", "admin.token: is shorter than 16 characters"),
        ("[alipayhk]\nhold_file = \"nowhere/hold\"", "alipayhk.hold_file: the folder of"),
        (
            "[schema]\nregistry_url = \"http://registry:8081\"\ntoken_file = \"password\"",
            "schema.registry_url: \"http://registry:8081\" carries",
        ),
    ] {
        let warnings = place.changed(&[], over, &[]).unwrap().warnings;
        assert!(warnings.iter().any(|told| told.starts_with(warning)), "{warning}: {warnings:?}");
        assert!(!warnings.iter().any(|told| told.contains("hunter2")), "{warnings:?}");
    }
}

#[test]
fn a_name_of_this_machine_is_looked_up() {
    let config = Place::new().changed(&[], "[admin]\nlisten = \"localhost:8081\"", &[]).unwrap();
    assert!(config.admin.listen.ip().is_loopback() && config.admin.listen.port() == 8081);
}

#[test]
fn business_types_change_the_rules() {
    let over = "[business_types.RIDE_HAILING]\nmode = \"strict\"\nnever_collapse = [\"ORDER_TAKEN\"]\nextra_statuses = [\"LOST\"]\nrequired = { LOST = [\"extInfo.reason\"] }\n";
    let config = Place::new().changed(&[], over, &[]).unwrap();
    let rules = config.rulebook.of(domain::BizType::RideHailing);
    let status = |text| domain::OrderStatus::parse(text).unwrap();
    assert_eq!(rules.mode(), domain::Mode::Strict);
    assert!(rules.is_milestone(&status("ORDER_TAKEN")) && rules.knows(&status("LOST")));
    let others = config.rulebook.of(domain::BizType::MovieTicket);
    assert_eq!(others.mode(), domain::Mode::Observe);
}

#[test]
fn ecc_keys_sign_and_an_rsa_pair_of_its_own_seals() {
    let over = r#"
        [alipayhk.signing]
        algorithm = "ECC224"
        hash = "sha224"
        encoding = "raw"
        private_key_file = "keys/ecc.pem"
        [[alipayhk.verify_keys]]
        public_key_file = "keys/ecc.pub.pem"
        key_version = 3
        [alipayhk.encryption]
        profile = "aes-ecb-pkcs7"
        wrap = "oaep"
        key_bits = 128
        public_key_file = "keys/alipayhk.pub.pem"
        private_key_file = "keys/merchant.pem"
    "#;
    let config = Place::new().changed(&[], over, &[]).unwrap();
    assert!(config.alipayhk.client.seals());
    assert_eq!(config.alipayhk.keys.verify.iter().map(|key| key.version).collect::<Vec<_>>(), [3]);
    let words = config.alipayhk.keys.encryption.unwrap();
    assert!(words.starts_with("aes-ecb-pkcs7 with 128 bits, key wrapped by oaep"), "{words}");
}
