//! The whole of the configuration through its one door, `Config::load`.

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../crypto/tests/keys/", $name))
    };
}

mod defaults;
mod environment;
mod mapping;
mod properties;
mod reference;
mod refusals;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;
use toml::{Table, Value};

use super::{Config, ConfigError};

/// The least that is needed.
const MINIMAL: &str = r#"
[kafka]
bootstrap_servers = "127.0.0.1:9092"
topics = ["orders"]
group_id = "order-sync"
[schema]
registry_url = "http://127.0.0.1:8081"
[alipayhk]
base_url = "https://open.alipay.hk"
client_id = "4Q5Y8W0WSG45P907917"
[alipayhk.signing]
algorithm = "RSA256"
private_key_file = "keys/merchant.pem"
key_version = 1
[[alipayhk.verify_keys]]
public_key_file = "keys/alipayhk.pub.pem"
key_version = 1
[dead_letter]
topic = "orders.dlq"
"#;

/// A folder with a configuration file and everything that it may name.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.file("keys/merchant.pem", key!("rsa2048.pkcs8.pem"), 0o600);
        place.file("keys/alipayhk.pub.pem", key!("rsa2048.spki.pem"), 0o644);
        place.file("keys/ecc.pem", key!("p224.pkcs8.pem"), 0o640);
        place.file("keys/ecc.pub.pem", key!("p224.spki.pem"), 0o644);
        place.file("keys/open.pem", key!("rsa2048.pkcs8.pem"), 0o604);
        place.file("keys/short.pem", key!("rsa1024.pkcs8.pem"), 0o600);
        place.file("keys/short.pub.pem", key!("rsa1024.spki.pem"), 0o644);
        place.file("keys/locked.pem", key!("rsa2048.encrypted.pem"), 0o600);
        place.file("ca.pem", key!("rsa2048.certificate.pem"), 0o644);
        place.file("order.avsc", include_str!("../../../../schemas/order_event.avsc"), 0o644);
        place.file("password", "hunter2\n", 0o640);
        place.file("empty", "\n", 0o640);
        place
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn load(&self, toml: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let path = self.file("order-sync.toml", toml, 0o644);
        Config::load(&path, env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    /// The least that is needed, without some keys and with others over it.
    fn changed(&self, without: &[&str], over: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut table: Table = MINIMAL.parse().unwrap();
        for key in without {
            remove(&mut table, key);
        }
        merge(&mut table, over.parse().unwrap());
        self.load(&toml::to_string(&table).unwrap(), env)
    }
}

fn remove(table: &mut Table, key: &str) {
    match key.split_once('.') {
        None => assert!(table.remove(key).is_some(), "{key}"),
        Some((first, rest)) => remove(table.get_mut(first).unwrap().as_table_mut().unwrap(), rest),
    }
}

fn merge(table: &mut Table, over: Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(over)) => merge(below, over),
            (_, value) => drop(table.insert(key, value)),
        }
    }
}

#[test]
fn the_example_of_the_operator_s_interface_is_accepted() {
    let place = Place::new();
    place.file("keys/merchant.pem", key!("rsa2048.pkcs8.pem"), 0o600);
    let config = place.load(include_str!("tests/example.toml"), &[]).unwrap();
    assert_eq!(config.quota.requests_per_second, 20.0);
    assert!(config.outcomes.is_some() && config.alipayhk.keys.encryption.is_some());
}

#[test]
fn the_shipped_example_is_accepted_once_its_keys_are_there() {
    let place = Place::new();
    let text = include_str!("../../../../deploy/order-sync.example.toml");
    place.load(text, &[]).unwrap();
}

#[test]
fn a_mistake_in_the_toml_is_one_line_with_line_and_column() {
    let place = Place::new();
    for (toml, at) in
        [("[kafka]\ntopics = [\"a\"\n", ":2:14"), ("a = 1\na = 2\n", ":2:1"), ("x = nonsense", ":1:5"), ("\u{fc} = 1", ":1:1")]
    {
        let error = place.load(toml, &[]).unwrap_err();
        assert!(error.key().contains(&format!("order-sync.toml{at}")), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn a_file_that_is_not_there_names_the_flag() {
    let error = Config::load("/nowhere/order-sync.toml".as_ref(), std::iter::empty()).unwrap_err();
    assert!(error.to_string().starts_with("--config: /nowhere/order-sync.toml cannot be read"), "{error}");
}

#[test]
fn a_bare_file_name_lies_in_the_current_folder() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(super::folder_of("order-sync.toml".as_ref()).unwrap(), here);
    assert_eq!(super::folder_of("./deploy/order-sync.toml".as_ref()).unwrap(), here.join("deploy"));
    assert_eq!(super::folder_of("/etc/order-sync.toml".as_ref()).unwrap(), std::path::Path::new("/etc"));
}

#[test]
fn nothing_secret_is_printed() {
    let place = Place::new();
    let over = r#"
        [kafka.properties]
        "security.protocol" = "sasl_ssl"
        "sasl.mechanism" = "PLAIN"
        "sasl.username" = "canary-user"
        "sasl.password" = "canary-password"
        [schema]
        username = "reader"
        password = "canary-registry"
        [alipayhk]
        proxy = "http://someone:canary-proxy@10.0.0.1:3128"
    "#;
    let config = place.changed(&[], over, &[]).unwrap();
    let shown = format!("{config:?} {:?}", config.summary());
    assert!(!shown.contains("canary") && !shown.contains("PRIVATE KEY"), "{shown}");
    assert_eq!(config.kafka.client_config().get("sasl.password"), Some("canary-password"));
}

#[test]
fn what_is_legal_and_unwise_is_a_warning_that_names_its_key() {
    let place = Place::new();
    place.file("password", "hunter2", 0o644);
    let over = "[schema]\nusername = \"reader\"\npassword_file = \"password\"\n[alipayhk.encryption]\nprofile = \"aes-256-gcm\"\n";
    let warnings = place.changed(&[], over, &[]).unwrap().warnings;
    let keys: Vec<_> = warnings.iter().map(|warning| warning.split(": ").next().unwrap()).collect();
    assert_eq!(keys, ["schema.password_file", "alipayhk.verify_keys[0].public_key_file", "alipayhk.encryption.profile"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_ends_in_a_configuration_or_in_one_line(at in 0..MINIMAL.len(), gone in 0_usize..8, come in "[\\[\\]\"=.#a-z0-9\\n]{0,8}") {
        let toml: String = MINIMAL.chars().take(at).chain(come.chars()).chain(MINIMAL.chars().skip(at + gone)).collect();
        if let Err(error) = Place::new().load(&toml, &[]) {
            let said = error.to_string();
            proptest::prop_assert!(!said.contains('\n') && said.contains(": "), "{}", said);
        }
    }
}
