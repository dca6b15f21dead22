use std::fs;

use tokio::sync::watch::Receiver;

use super::*;
use crate::admin::Published;
use crate::commands::testing::{Installed, installed};

/// A process with the shipped example, and what it was given to call with.
struct Process {
    place: Installed,
    running: Running,
    clients: Receiver<Arc<Client>>,
    quotas: Receiver<Quota>,
}

impl Process {
    fn start() -> Self {
        let place = installed("");
        let started = place.load().unwrap();
        let (client_sender, clients) = watch::channel(Arc::clone(&started.alipayhk.client));
        let (quota_sender, quotas) = watch::channel(started.quota);
        let running = Running {
            keys: started.alipayhk.keys.clone(),
            quota: started.quota,
            started,
            clients: client_sender,
            quotas: quota_sender,
            metrics: Metrics::local(&Published::default()).unwrap(),
            refused: None,
            waiting: Vec::new(),
        };
        Self { place, running, clients, quotas }
    }

    /// Reads the file again after `from` in it became `to`; true when the keys in force were exchanged.
    fn takes(&mut self, from: &str, to: &str) -> bool {
        let path = self.place.file();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        self.running.take(self.place.load(), false);
        let changed = self.clients.has_changed().unwrap();
        self.clients.mark_unchanged();
        changed
    }
}

#[test]
fn keys_are_exchanged_when_their_version_file_or_encryption_changed_and_not_otherwise() {
    let mut process = Process::start();
    assert!(!process.takes("log_level = \"info\"", "log_level = \"warn\""));
    assert!(process.takes("key_version = 1", "key_version = 2"));
    assert!(process.takes("[quota]", "[alipayhk.encryption]\nprofile = \"aes-256-gcm\"\n[quota]"));
    assert!(process.takes("\"aes-256-gcm\"\n[quota]", "\"aes-256-gcm\"\ncontent_type = \"json\"\n[quota]"));
    assert!(!process.takes("requests_per_second = 20", "requests_per_second = 25"));
    assert_eq!(process.quotas.borrow().requests_per_second, 25.0);
    assert_eq!(process.running.refused, None);
}

#[test]
fn what_is_wrong_anywhere_changes_nothing() {
    let mut process = Process::start();
    let broken = [
        ("key_version = 1", "key_version = -1"),
        ("requests_per_second = 20", "requests_per_second = 0"),
        ("topic = \"orders.dlq\"", "topic = \"orders\""),
        ("algorithm = \"RSA256\"", "algorithm = \"ECC224\""),
        ("[quota]", "[quota"),
    ];
    for (from, to) in broken {
        assert!(!process.takes(from, &format!("{to}\n")), "{to}");
        assert!(process.running.refused.is_some(), "{to}");
        assert!(!process.quotas.has_changed().unwrap(), "{to}");
        process.takes(to, from);
        assert_eq!(process.running.refused, None, "{from}");
    }
}

#[test]
fn the_keys_of_another_client_need_a_new_start() {
    let mut process = Process::start();
    assert!(!process.takes("client_id = \"4Q5Y8W0WSG45P907917\"", "client_id = \"4Q5Y8W0WSG45P900000\""));
    assert!(process.running.refused.as_ref().unwrap().starts_with("alipayhk.client_id"));
}

#[test]
fn what_waits_for_a_start_is_kept_in_mind_until_it_is_taken_back() {
    let mut process = Process::start();
    process.takes("group_id = \"order-sync\"", "group_id = \"other\"");
    assert_eq!(process.running.waiting, ["kafka.group_id"]);
    process.takes("key_version = 1", "key_version = 2");
    assert_eq!(process.running.waiting, ["kafka.group_id"]);
    process.takes("group_id = \"other\"", "group_id = \"order-sync\"");
    assert!(process.running.waiting.is_empty());
}
