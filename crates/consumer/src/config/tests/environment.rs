use std::time::Duration;

use super::Place;
use crate::config::{Credentials, Topics};

fn refused(env: &[(&str, &str)]) -> String {
    Place::new().changed(&[], "[alipayhk.encryption]\nprofile = \"aes-256-gcm\"", env).map(drop).unwrap_err().to_string()
}

#[test]
fn scalars_and_lists_are_overridden() {
    let place = Place::new();
    let env = [
        ("ORDER_SYNC__KAFKA__GROUP_ID", "orders-2"),
        ("ORDER_SYNC__KAFKA__TOPICS", "a, b"),
        ("ORDER_SYNC__ALIPAYHK__TIMEOUT", "9s"),
        ("ORDER_SYNC__ALIPAYHK__SIGNING__KEY_VERSION", "7"),
        ("ORDER_SYNC__QUOTA__REQUESTS_PER_SECOND", "2.5"),
        ("ORDER_SYNC__DELIVERY__ON_UNDECIDED", "park_when_blocking"),
        ("ORDER_SYNC__BUSINESS_TYPES__LINE_UP__MODE", "strict"),
        ("PATH", "/bin"),
        ("ORDER_SYNC_CONFIG", "x.toml"),
    ];
    let config = place.changed(&[], "", &env).unwrap();
    assert_eq!(config.kafka.group_id, "orders-2");
    assert_eq!(config.kafka.topics, Topics::List(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(config.alipayhk.timeout, Duration::from_secs(9));
    assert_eq!(config.alipayhk.keys.signing.version, 7);
    assert_eq!(config.quota.requests_per_second, 2.5);
    assert_eq!(config.rulebook.of(domain::BizType::LineUp).mode(), domain::Mode::Strict);
}

#[test]
fn a_table_that_the_file_lacks_begins_to_exist() {
    let config = Place::new().changed(&[], "", &[("ORDER_SYNC__OUTCOMES__TOPIC", "orders.outcomes")]).unwrap();
    assert_eq!(config.outcomes.map(|outcomes| outcomes.topic).as_deref(), Some("orders.outcomes"));
    let config = Place::new().changed(&[], "", &[("ORDER_SYNC__ALIPAYHK__ENCRYPTION__PROFILE", "aes-ecb-pkcs7")]).unwrap();
    assert!(config.alipayhk.client.seals());
}

#[test]
fn paths_of_the_environment_start_at_the_file_s_folder_too() {
    let place = Place::new();
    place.file("other/merchant.pem", key!("rsa2048.pkcs1.pem"), 0o400);
    let config = place.changed(&[], "", &[("ORDER_SYNC__ALIPAYHK__SIGNING__PRIVATE_KEY_FILE", "other/merchant.pem")]).unwrap();
    assert_eq!(config.alipayhk.keys.signing.file, place.0.path().join("other/merchant.pem"));
}

#[test]
fn dots_of_librdkafka_become_underscores() {
    let env = [
        ("ORDER_SYNC__KAFKA__PROPERTIES__SECURITY_PROTOCOL", "sasl_ssl"),
        ("ORDER_SYNC__KAFKA__PROPERTIES__SASL_MECHANISM", "SCRAM-SHA-512"),
        ("ORDER_SYNC__KAFKA__PROPERTIES__SASL_USERNAME", "app"),
        ("ORDER_SYNC__KAFKA__PROPERTIES__SASL_PASSWORD", "hunter2"),
        ("ORDER_SYNC__KAFKA__PROPERTIES__HEARTBEAT_INTERVAL_MS", "500"),
    ];
    let over = "[kafka.properties]\n\"sasl.password_file\" = \"password\"\n\"heartbeat.interval.ms\" = 700\n";
    let config = Place::new().changed(&[], over, &env).unwrap();
    assert_eq!(config.kafka.properties.get("sasl.password"), Some("hunter2"));
    assert_eq!(config.kafka.properties.get("security.protocol"), Some("sasl_ssl"));
    assert_eq!(config.kafka.heartbeat, Duration::from_millis(500));
    assert_eq!(config.kafka.client_config().get("heartbeat.interval.ms"), Some("500"));
}

#[test]
fn secrets_have_a_file_form() {
    let env = [
        ("ORDER_SYNC__KAFKA__PROPERTIES__SASL_PASSWORD_FILE", "password"),
        ("ORDER_SYNC__SCHEMA__USERNAME", "reader"),
        ("ORDER_SYNC__SCHEMA__PASSWORD_FILE", "password"),
    ];
    let config = Place::new().changed(&[], "", &env).unwrap();
    assert_eq!(config.kafka.properties.get("sasl.password"), Some("hunter2"));
    let Some(Credentials::Basic { username, password }) = config.schema.registry.unwrap().credentials else { panic!("no password") };
    assert_eq!((username.as_str(), password.expose()), ("reader", "hunter2"));
}

#[test]
fn a_list_may_be_written_as_in_the_file() {
    let config = Place::new().changed(&[], "", &[("ORDER_SYNC__KAFKA__TOPICS", r#"["a", "b"]"#)]).unwrap();
    assert_eq!(config.kafka.topics, Topics::List(vec!["a".to_owned(), "b".to_owned()]));
    let error = refused(&[("ORDER_SYNC__KAFKA__TOPICS", "[a, b]")]);
    assert!(error.contains("kafka.topics (ORDER_SYNC__KAFKA__TOPICS): is not a list of texts"), "{error}");
}

#[test]
fn what_says_the_same_in_another_way_takes_the_place_of_the_file_s() {
    let place = Place::new();
    let changed = |over: &str, name: &str, value: &str| place.changed(&[], over, &[(name, value)]).unwrap();
    let config = changed("", "ORDER_SYNC__KAFKA__TOPIC_PATTERN", "^shop-.*");
    assert_eq!(config.kafka.topics, Topics::Pattern("^shop-.*".to_owned()));
    let config =
        place.changed(&["kafka.topics"], "[kafka]\ntopic_pattern = \"^orders\\\\..*\"", &[("ORDER_SYNC__KAFKA__TOPICS", "shop")]).unwrap();
    assert_eq!(config.kafka.topics, Topics::List(vec!["shop".to_owned()]));
    let config = changed("[admin]\ntoken_file = \"nowhere\"", "ORDER_SYNC__ADMIN__TOKEN", "hunter2hunter2hunter2");
    assert_eq!(config.admin.token.unwrap().expose(), "hunter2hunter2hunter2");
    let config = changed("[admin]\ntoken = \"another\"", "ORDER_SYNC__ADMIN__TOKEN_FILE", "password");
    assert_eq!(config.admin.token.unwrap().expose(), "hunter2");
    let config = changed("[alipayhk]\nproxy_file = \"nowhere\"", "ORDER_SYNC__ALIPAYHK__PROXY", "http://proxy:3128");
    assert!(config.alipayhk.proxy.is_some());
    let both = [("ORDER_SYNC__ADMIN__TOKEN", "hunter2"), ("ORDER_SYNC__ADMIN__TOKEN_FILE", "password")];
    let error = place.changed(&[], "", &both).map(drop).unwrap_err().to_string();
    assert!(error.contains("keep one of them") && !error.contains("hunter2"), "{error}");
}

#[test]
fn mistakes_name_the_variable() {
    let cases = [
        ("ORDER_SYNC__KAFKA__GROUPID", "x", "ORDER_SYNC__KAFKA__GROUPID: kafka.groupid: is not a key"),
        ("ORDER_SYNC__COLOUR", "x", "ORDER_SYNC__COLOUR: colour: is not a key"),
        ("ORDER_SYNC__COLOUR__RED", "x", "ORDER_SYNC__COLOUR__RED: colour: is not a key"),
        ("ORDER_SYNC__KAFKA", "x", "kafka (ORDER_SYNC__KAFKA): is a table"),
        ("ORDER_SYNC__KAFKA__PROPERTIES", "x", "ORDER_SYNC__KAFKA__PROPERTIES: kafka.properties is not a key"),
        ("ORDER_SYNC__KAFKA__GROUP_ID__X", "x", "ORDER_SYNC__KAFKA__GROUP_ID__X: kafka.group_id.x is not a key"),
        ("ORDER_SYNC__ALIPAYHK__VERIFY_KEYS", "x", "ORDER_SYNC__ALIPAYHK__VERIFY_KEYS: alipayhk.verify_keys is an array of tables"),
        ("ORDER_SYNC__MAPPING__0__TOPICS", "x", "ORDER_SYNC__MAPPING__0__TOPICS: mapping is an array of tables"),
        ("ORDER_SYNC__ALIPAYHK__TIMEOUT", "9", "alipayhk.timeout (ORDER_SYNC__ALIPAYHK__TIMEOUT): \"9\" is no duration"),
        ("ORDER_SYNC__ALIPAYHK__TIMEOUT", "", "alipayhk.timeout (ORDER_SYNC__ALIPAYHK__TIMEOUT): \"\" is no duration"),
        ("ORDER_SYNC__ALIPAYHK__CLIENT_ID", "", "alipayhk.client_id (ORDER_SYNC__ALIPAYHK__CLIENT_ID): is empty"),
        ("ORDER_SYNC__KAFKA__TOPICS", "a,,b", "kafka.topics (ORDER_SYNC__KAFKA__TOPICS): has an empty entry"),
        (
            "ORDER_SYNC__BUSINESS_TYPES__LINE_UP__REQUIRED",
            "x",
            "business_types.LINE_UP.required (ORDER_SYNC__BUSINESS_TYPES__LINE_UP__REQUIRED): is a table",
        ),
        ("ORDER_SYNC__KAFKA__PROPERTIES__SASL_PASWORD", "hunter2", "did you mean \"sasl.password\"?"),
        (
            "ORDER_SYNC__KAFKA__PROPERTIES__ENABLE_AUTO_COMMIT",
            "true",
            "kafka.properties.\"enable.auto.commit\" (ORDER_SYNC__KAFKA__PROPERTIES__ENABLE_AUTO_COMMIT): may not be set",
        ),
        ("ORDER_SYNC__", "x", "ORDER_SYNC__: is not of the form"),
        ("ORDER_SYNC__KAFKA____X", "x", "ORDER_SYNC__KAFKA____X: is not of the form"),
    ];
    for (name, value, says) in cases {
        let error = refused(&[(name, value)]);
        assert!(error.contains(says), "{error}\n  does not say: {says}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    assert!(refused(&[("ORDER_SYNC__KAFKA__GROUP_ID", "a"), ("ORDER_SYNC__Kafka__Group_Id", "b")]).contains("means the same key"));
}
