use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use toml::{Table, Value};

/// Keys, and tables of keys, that are taken over while the process runs; every other one waits for the next start.
pub(crate) const RELOADABLE: &[&str] =
    &["alipayhk.signing", "alipayhk.verify_keys", "alipayhk.encryption", "quota.requests_per_second", "quota.reserve_per_second"];

/// What stood in a configuration file: every key with a hash of its value. The values stay out of it, some of them are secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written(BTreeMap<String, u64>);

impl Written {
    pub(super) fn of(table: &Table) -> Self {
        let mut keys = BTreeMap::new();
        table.iter().for_each(|(name, value)| flatten(name.clone(), value, &mut keys));
        Self(keys)
    }

    /// The keys that differ and need a new start.
    pub(crate) fn waiting_for_a_start(&self, newer: &Self) -> Vec<String> {
        let differs = |key: &&String| self.0.get(*key) != newer.0.get(*key);
        let mut keys: Vec<String> =
            self.0.keys().chain(newer.0.keys()).filter(differs).filter(|key| !is_reloadable(key)).cloned().collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

fn is_reloadable(key: &str) -> bool {
    RELOADABLE.iter().any(|known| key.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn flatten(name: String, value: &Value, keys: &mut BTreeMap<String, u64>) {
    if let Value::Table(table) = value {
        return table.iter().for_each(|(inner, value)| flatten(format!("{name}.{inner}"), value, keys));
    }
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    keys.insert(name, hasher.finish());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Written {
        Written::of(&text.parse().unwrap())
    }

    #[test]
    fn what_is_taken_over_while_running_does_not_wait_for_a_start() {
        let before =
            written("[alipayhk.signing]\nkey_version = 1\n[[alipayhk.verify_keys]]\nkey_version = 1\n[quota]\nrequests_per_second = 1");
        let after = written(
            "[alipayhk.signing]\nkey_version = 2\n[[alipayhk.verify_keys]]\nkey_version = 1\n[[alipayhk.verify_keys]]\nkey_version = 2\n\
             [quota]\nrequests_per_second = 2\nreserve_per_second = 1\n[alipayhk.encryption]\nprofile = \"aes-256-gcm\"",
        );
        assert_ne!(before, after);
        assert_eq!(before.waiting_for_a_start(&after), Vec::<String>::new());
    }

    #[test]
    fn every_other_key_waits_whether_it_came_went_or_changed() {
        let before = written("[kafka]\ntopics = [\"a\"]\ngroup_id = \"g\"\n[quota]\nmax_in_flight = 1");
        let after =
            written("[kafka]\ntopics = [\"a\", \"b\"]\n[kafka.properties]\n\"sasl.password\" = \"canary\"\n[quota]\nmax_in_flight = 1");
        assert_eq!(before.waiting_for_a_start(&after), ["kafka.group_id", "kafka.properties.sasl.password", "kafka.topics"]);
        assert!(!format!("{after:?}").contains("canary"));
    }
}
