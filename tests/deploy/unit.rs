//! The systemd unit, and what the process tells systemd.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use order_sync_tests::keys::Keys;
use order_sync_tests::order_sync::binary;
use order_sync_tests::ports;
use order_sync_tests::process::{Process, Signal, Start};

use crate::tools::{content, machine, text};

const UNIT: &str = "deploy/systemd/order-sync.service";
/// The worst exposure that is accepted, of 100, by the scale of `systemd-analyze security`; a service without any protection has 96.
const EXPOSURE: &str = "15";
const PATIENCE: Duration = Duration::from_secs(20);

/// The unit with the binary under test, in a folder of its own.
fn unit() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("order-sync.service");
    fs::write(&path, text(UNIT).replace("/usr/local/bin/order-sync", &binary().display().to_string())).expect("the folder is ours");
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn systemd_takes_the_unit_and_calls_it_well_protected() {
    let (_folder, unit) = unit();
    let said = content(machine("systemd-analyze", "systemd").args(["verify", "--man=no", &unit]));
    assert!(!said.contains("order-sync.service:"), "{said}");
    content(machine("systemd-analyze", "systemd").args(["security", "--offline=true", "--threshold", EXPOSURE, &unit]));
}

#[test]
fn the_time_to_stop_is_the_drain_and_fifteen_seconds() {
    let unit = text(UNIT);
    assert!(unit.contains("\nTimeoutStopSec=35\n") && unit.contains("delivery.drain (20 s)"));
    assert!(text("docs/configuration.md").contains("| `delivery.drain` | duration | `20s` |"));
}

/// `order-sync run` under a supervisor that is us. No broker is there, so it waits for one.
struct Supervised {
    socket: UnixDatagram,
    process: Process,
}

impl Supervised {
    fn start(watchdog: Duration) -> Self {
        let folder = tempfile::Builder::new().prefix("order-sync-").tempdir().expect("a temporary folder").keep();
        let socket = UnixDatagram::bind(folder.join("notify")).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Keys::rsa().write(&folder);
        let (kafka, admin) = (ports::free(), ports::free());
        let example = text("deploy/order-sync.example.toml");
        let config = example
            .replace("127.0.0.1:9092", &format!("127.0.0.1:{kafka}"))
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{admin}"))
            .replace("keys/", "");
        fs::write(folder.join("order-sync.toml"), config).expect("the folder is ours");
        let start = Start::new(binary(), &folder).args(["run", "--config"]).arg(folder.join("order-sync.toml"));
        let process = start.env("NOTIFY_SOCKET", folder.join("notify")).env("WATCHDOG_USEC", watchdog.as_micros().to_string()).spawn();
        Self { socket, process }
    }

    #[track_caller]
    fn hears(&self) -> String {
        let mut buffer = [0; 4096];
        let length =
            self.socket.recv(&mut buffer).unwrap_or_else(|error| panic!("it says nothing: {error}, exit {:?}", self.process.exit_code()));
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }
}

#[test]
fn a_supervisor_is_told_ready_alive_and_stopping() {
    let supervised = Supervised::start(Duration::from_millis(300));
    assert_eq!(supervised.hears(), "READY=1\n");
    assert_eq!([supervised.hears(), supervised.hears()], ["WATCHDOG=1\n", "WATCHDOG=1\n"]);
    supervised.process.signal(Signal::TERM);
    let last = std::iter::repeat_with(|| supervised.hears()).find(|said| said != "WATCHDOG=1\n");
    assert_eq!(last.as_deref(), Some("STOPPING=1\n"));
    assert_eq!(supervised.process.wait(PATIENCE), Some(0));
}

#[test]
fn a_frozen_process_is_silent_and_speaks_again_when_it_wakes() {
    let supervised = Supervised::start(Duration::from_millis(300));
    while supervised.hears() != "WATCHDOG=1\n" {}
    supervised.process.signal(Signal::STOP);
    supervised.socket.set_read_timeout(Some(Duration::from_secs(1))).expect("a socket");
    let mut buffer = [0; 64];
    // what it had said before it froze is heard out first; then nothing for longer than ten beats
    let silence = (0..20).any(|_| supervised.socket.recv(&mut buffer).is_err());
    assert!(silence, "it goes on speaking");
    supervised.process.signal(Signal::CONT);
    supervised.socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    assert_eq!(supervised.hears(), "WATCHDOG=1\n");
}
