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
        ("group.instance.id", "", "1 to 249 characters"),
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
        ("sasl.oauthbearer.extensions", "a=b", "client-credentials grant"),
        ("sasl.oauthbearer.client.id", "x", "belongs to \"sasl.mechanism\" = \"OAUTHBEARER\""),
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

const OAUTH: &str = "[kafka.properties]\n\"security.protocol\" = \"sasl_ssl\"\n\"sasl.mechanism\" = \"OAUTHBEARER\"\n\"sasl.oauthbearer.method\" = \"oidc\"\n\
    \"sasl.oauthbearer.client.id\" = \"order-sync\"\n\"sasl.oauthbearer.client.secret_file\" = \"password\"\n\
    \"sasl.oauthbearer.token.endpoint.url\" = \"https://idp.example/token\"\n\"https.ca.location\" = \"ca.pem\"\n";

#[test]
fn oauth_is_spelt_as_librdkafka_spells_it_and_never_reaches_it() {
    let kafka = Place::new().changed(&[], OAUTH, &[("ORDER_SYNC__KAFKA__PROPERTIES__SASL_OAUTHBEARER_SCOPE", "kafka")]).unwrap().kafka;
    let oauth = kafka.oauth.clone().unwrap();
    assert_eq!((oauth.client_secret.expose(), oauth.scope.as_deref()), ("hunter2", Some("kafka")));
    for config in [kafka.client_config(), kafka.producer_config()] {
        assert_eq!(config.get("sasl.mechanism"), Some("OAUTHBEARER"));
        assert!(config.get("sasl.oauthbearer.config").is_some());
        let text = format!("{:?}", config.config_map());
        assert!(!text.contains("hunter2") && !text.contains("idp.example") && !text.contains("https.ca"), "{text}");
    }
    assert!(!format!("{kafka:?}").contains("hunter2"));
}

#[test]
fn what_oauth_lacks_is_named() {
    let place = Place::new();
    let refused = |from: &str, to: &str| place.changed(&[], &OAUTH.replace(from, to), &[]).map(drop).unwrap_err().to_string();
    for (from, to, says) in [
        ("\"sasl.oauthbearer.method\" = \"oidc\"", "", "kafka.properties.\"sasl.oauthbearer.method\": expected \"oidc\""),
        ("\"sasl.oauthbearer.client.id\" = \"order-sync\"", "", "kafka.properties.\"sasl.oauthbearer.client.id\": is missing"),
        ("\"sasl.oauthbearer.client.secret_file\" = \"password\"", "", "client.secret\": is missing"),
        ("https://idp", "http://idp", "token.endpoint.url\": \"http://idp.example/token\" is not encrypted"),
        ("ca.pem", "password", "kafka.properties.\"https.ca.location\": "),
        ("OAUTHBEARER", "PLAIN", "which is not set"),
    ] {
        let error = refused(from, to);
        assert!(error.contains(says) && !error.contains("hunter2"), "{error}\n  does not say: {says}");
    }
}

#[test]
fn a_mechanism_that_is_not_used_or_tells_its_secret_to_the_network_is_warned_of() {
    let warnings = |lines: &str, servers: &str| {
        let over = format!(
            "[kafka]\nbootstrap_servers = \"{servers}\"\n[kafka.properties]\n\"sasl.username\" = \"u\"\n\"sasl.password\" = \"p\"\n{lines}"
        );
        Place::new()
            .changed(&[], &over, &[])
            .unwrap()
            .warnings
            .into_iter()
            .filter(|warning| warning.starts_with("kafka"))
            .collect::<String>()
    };
    let plain = "\"sasl.mechanism\" = \"PLAIN\"\n\"security.protocol\" = \"sasl_plaintext\"";
    assert!(warnings("\"sasl.mechanism\" = \"PLAIN\"", "a:9092").contains("SASL is not used"));
    assert!(warnings(plain, "a:9092").contains("unencrypted"));
    assert_eq!(warnings(plain, "localhost:9092"), "");
    assert_eq!(warnings(&plain.replace("PLAIN\"\n", "SCRAM-SHA-512\"\n"), "a:9092"), "");
}
