//! What stood in the configuration file and in files that it names, to tell later what has changed there.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::key_file;

/// Keys, and tables of keys, that are taken over while the process runs; every other one waits for the next start.
pub(crate) const RELOADABLE: &[&str] =
    &["alipayhk.signing", "alipayhk.verify_keys", "alipayhk.encryption", "quota.requests_per_second", "quota.reserve_per_second"];

/// Files whose content is looked at wherever it counts: whether it is there, by the server of the pages, by `status`.
const LOOKED_AT: [&str; 7] = [
    "alipayhk.hold_file",
    "admin.tls_cert_file",
    "admin.tls_key_file",
    "admin.tls_client_ca_file",
    "admin.ca_file",
    "admin.client_cert_file",
    "admin.client_key_file",
];

/// What stood in a configuration file: every key with a hash of its value, and of the content of the file that it names. The values stay
/// out of it, some of them are secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written {
    keys: BTreeMap<String, u64>,
    /// Passwords, tokens, certificates, schemas: read at the start, and not again before the next one.
    files: Vec<PathBuf>,
}

impl Written {
    /// Paths start at `folder`.
    pub(super) fn of(table: &Table, folder: &Path) -> Self {
        let mut written = Self::default();
        table.iter().for_each(|(name, value)| written.note(name.clone(), value, folder));
        written
    }

    /// The files that are read at the start only.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The keys that differ and need a new start.
    pub(crate) fn waiting_for_a_start(&self, newer: &Self) -> Vec<String> {
        let differs = |key: &&String| self.keys.get(*key) != newer.keys.get(*key);
        let mut keys: Vec<String> =
            self.keys.keys().chain(newer.keys.keys()).filter(differs).filter(|key| !is_reloadable(key)).cloned().collect();
        keys.sort();
        keys.dedup();
        keys
    }

    fn note(&mut self, name: String, value: &Value, folder: &Path) {
        if let Value::Table(table) = value {
            return table.iter().for_each(|(inner, value)| self.note(format!("{name}.{inner}"), value, folder));
        }
        let mut hasher = DefaultHasher::new();
        value.to_string().hash(&mut hasher);
        if let Some(path) = value.as_str().filter(|_| names_a_file(&name)).map(|path| folder.join(path)) {
            // What cannot be read is told by whoever needs it.
            key_file(&path).ok().as_deref().hash(&mut hasher);
            self.files.push(path);
        }
        self.keys.insert(name, hasher.finish());
    }
}

fn is_reloadable(key: &str) -> bool {
    RELOADABLE.iter().any(|known| key.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// Whether a key names a file that is read at the start and not again.
fn names_a_file(key: &str) -> bool {
    (key.ends_with("_file") || key.ends_with(".location")) && !is_reloadable(key) && !LOOKED_AT.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Written {
        Written::of(&text.parse().unwrap(), Path::new("."))
    }

    #[test]
    fn a_file_that_is_read_at_the_start_only_counts_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[kafka.properties]\n\"sasl.password_file\" = \"password\"\n\"ssl.ca.location\" = \"ca.pem\"\n\
                    [alipayhk]\nhold_file = \"hold\"\n[alipayhk.signing]\nprivate_key_file = \"key.pem\"\n[admin]\ntls_cert_file = \"page.pem\"";
        let write = |content: &str| {
            for name in ["password", "hold", "key.pem", "page.pem"] {
                std::fs::write(folder.path().join(name), content).unwrap();
            }
            Written::of(&text.parse().unwrap(), folder.path())
        };
        let (before, after) = (write("canary one"), write("canary two"));
        assert_eq!(before.waiting_for_a_start(&after), ["kafka.properties.sasl.password_file"]);
        assert_eq!(before.files(), ["password", "ca.pem"].map(|name| folder.path().join(name)));
        assert!(!format!("{after:?}").contains("canary"));
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
