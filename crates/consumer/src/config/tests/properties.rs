use super::Place;

fn refused(lines: &str) -> String {
    Place::new().changed(&[], &format!("[kafka.properties]\n{lines}"), &[]).map(drop).unwrap_err().to_string()
}

#[test]
fn what_the_promises_depend_on_is_refused_with_its_reason() {
    let cases = [
        ("enable.auto.commit", "true", "only after AlipayHK's verdict"),
        ("enable.auto.offset.store", "true", "only after AlipayHK's verdict"),
        ("auto.offset.reset", "latest", "kafka.start"),
        ("isolation.level", "read_uncommitted", "aborted transaction"),
        ("group.id", "x", "kafka.group_id"),
        ("bootstrap.servers", "x:1", "kafka.bootstrap_servers"),
        ("metadata.broker.list", "x:1", "kafka.bootstrap_servers"),
        ("group.protocol", "consumer", "librdkafka 2.15"),
        ("group.instance.id", "x", "same id"),
        ("partition.assignment.strategy", "range", "cooperative-sticky"),
        ("enable.partition.eof", "true", "statistics"),
        ("statistics.interval.ms", "0", "statistics"),
        ("plugin.library.paths", "x.so", "foreign code"),
        ("ssl.engine.location", "x.so", "foreign code"),
        ("ssl.providers", "legacy", "foreign code"),
        ("debug", "all", "secrets"),
        ("rebalance_cb", "x", "by programs"),
        ("ssl.certificate.verify_cb", "x", "by programs"),
        ("enable.ssl.certificate.verification", "false", "anybody"),
        ("ssl.endpoint.identification.algorithm", "none", "anybody"),
        ("allow.auto.create.topics", "true", "misspelt"),
        ("acks", "1", "every replica"),
        ("enable.idempotence", "false", "written once"),
        ("transactional.id", "x", "every replica"),
        ("message.max.bytes", "10", "max.message.bytes"),
        ("check.crcs", "false", "damaged"),
        ("sasl.mechanism", "OAUTHBEARER", "not yet supported"),
        ("sasl.oauthbearer.client.id", "x", "not yet supported"),
        ("test.mock.num.brokers", "3", "replaces the brokers"),
    ];
    for (name, value, says) in cases {
        let error = refused(&format!("\"{name}\" = \"{value}\""));
        assert!(error.starts_with(&format!("kafka.properties.\"{name}\": ")), "{error}");
        assert!(error.contains(says), "{error}\n  does not say: {says}");
    }
}

#[test]
fn what_says_the_same_as_we_do_is_accepted() {
    let same = "\"group.protocol\" = \"classic\"\n\"isolation.level\" = \"read_committed\"\n\"partition.assignment.strategy\" = \"cooperative-sticky\"\n\"check.crcs\" = true\n";
    Place::new().changed(&[], &format!("[kafka.properties]\n{same}"), &[]).unwrap();
}

#[test]
fn librdkafka_is_asked_before_anything_is_connected() {
    let cases = [
        ("\"fetch.max.byts\" = 1", "kafka.properties.\"fetch.max.byts\": is no librdkafka property; did you mean \"fetch.max.bytes\"?"),
        ("\"fetch.min.bytes\" = \"many\"", "kafka.properties.\"fetch.min.bytes\": "),
        ("\"session.timeout.ms\" = 0", "kafka.properties.\"session.timeout.ms\": "),
        ("\"session.timeout.ms\" = \"45s\"", "kafka.properties.\"session.timeout.ms\": \"45s\" is not a number of milliseconds"),
        ("\"security.protocol\" = \"tls\"", "kafka.properties.\"security.protocol\": "),
        ("\"client.id\" = 1.5", "kafka.properties.\"client.id\": is neither text"),
        ("\"security.protocol\" = \"ssl\"\n\"ssl.ca.location\" = \"nowhere.pem\"", "ssl.ca.location"),
        ("\"security.protocol\" = \"sasl_ssl\"\n\"sasl.mechanism\" = \"GSSAPI\"", "kafka.properties: librdkafka refuses them"),
        ("\"receive.message.max.bytes\" = 1000", "kafka.properties: librdkafka refuses them"),
    ];
    for (lines, says) in cases {
        let error = refused(lines);
        assert!(error.contains(says), "{error}\n  does not say: {says}");
    }
}

#[test]
fn a_name_may_be_written_without_quotes_but_not_both_ways() {
    let lines = "[kafka.properties]\nsecurity.protocol = \"ssl\"\nsession.timeout.ms = 46000\n";
    let kafka = Place::new().changed(&[], lines, &[]).unwrap().kafka;
    assert_eq!((kafka.properties.get("security.protocol"), kafka.session_timeout.as_secs()), (Some("ssl"), 46));
    assert!(refused("client.id = \"a\"\n\"client.id\" = \"b\"").starts_with("kafka.properties.\"client.id\": is set twice"));
}

#[test]
fn only_secrets_have_a_file_form_and_only_one_form_is_given() {
    assert!(refused("\"client.id_file\" = \"password\"").contains("has no file form"));
    assert!(refused("\"sasl.password_file\" = \"nowhere\"").starts_with("kafka.properties.\"sasl.password_file\": "));
    let error = refused("\"sasl.password\" = \"hunter2\"\n\"sasl.password_file\" = \"password\"");
    assert!(error.contains("keep one of them") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_tls_key_is_a_private_key_too() {
    let error = refused("\"ssl.key.location\" = \"keys/open.pem\"");
    assert!(error.starts_with("kafka.properties.\"ssl.key.location\": ") && error.contains("mode 0604"), "{error}");
}

#[test]
fn paths_start_at_the_file_s_folder() {
    let place = Place::new();
    let config =
        place.changed(&[], "[kafka.properties]\n\"security.protocol\" = \"ssl\"\n\"ssl.ca.location\" = \"ca.pem\"\n", &[]).unwrap();
    assert_eq!(config.kafka.properties.get("ssl.ca.location"), place.0.path().join("ca.pem").to_str());
}

#[test]
fn each_client_gets_what_is_for_it() {
    let lines = "[kafka.properties]\n\"compression.type\" = \"zstd\"\n\"fetch.max.bytes\" = 9000000\n\"client.rack\" = \"a\"\n";
    let kafka = Place::new().changed(&[], lines, &[]).unwrap().kafka;
    let (consumer, producer) = (kafka.client_config(), kafka.producer_config());
    assert_eq!((consumer.get("client.rack"), producer.get("client.rack")), (Some("a"), Some("a")));
    assert_eq!((consumer.get("compression.type"), producer.get("compression.type")), (None, Some("zstd")));
    assert_eq!((consumer.get("fetch.max.bytes"), producer.get("fetch.max.bytes")), (Some("9000000"), None));
}

#[test]
fn the_settings_of_the_clients_are_these() {
    let kafka = Place::new().changed(&[], "", &[]).unwrap().kafka;
    insta::assert_debug_snapshot!("consumer_settings", kafka.client_config().config_map());
    insta::assert_debug_snapshot!("producer_settings", kafka.producer_config().config_map());
}
