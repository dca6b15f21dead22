//! A real Apache Kafka on loopback.
//!
//! [`Kafka::shared`] is one broker for all tests of a test process, ready in about two seconds; each test makes its own topics and groups on
//! it. A test that stops, kills or freezes a broker starts its own with [`Kafka::start`].

mod group;
pub mod jars;
mod produce;
mod read;
mod topic;
mod wire;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;

use crate::ports;
use crate::process::{Process, Signal, Start};
use crate::wait::{PATIENCE, breathe};

pub use group::{Committed, Group};
pub use produce::Record;
pub use read::Found;
pub use topic::Topic;

/// Any 22 characters of base64url.
const CLUSTER_ID: &str = "b3JkZXItc3luYy10ZXN0cw";

const JVM: [&str; 9] = [
    "-Xms256m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxMetaspaceSize=128m",
    "-XX:ReservedCodeCacheSize=64m",
    "-XX:MaxDirectMemorySize=64m",
    "-Xss512k",
    "-Djava.awt.headless=true",
];

/// A broker, running or stopped. Its data is kept over [`Kafka::stop`] and [`Kafka::kill`] and removed at the end.
pub struct Kafka {
    folder: PathBuf,
    port: u16,
    process: Mutex<Option<Process>>,
    admin: OnceLock<AdminClient<DefaultClientContext>>,
    producer: OnceLock<produce::Producer>,
}

impl Kafka {
    /// The broker that all tests of this process share.
    pub fn shared() -> &'static Kafka {
        static SHARED: OnceLock<Kafka> = OnceLock::new();
        SHARED.get_or_init(Kafka::start)
    }

    /// A broker of one's own, ready to be used.
    pub fn start() -> Kafka {
        Kafka::start_with(&[])
    }

    /// A broker of one's own with these settings beside ours.
    pub fn start_with(settings: &[(&str, &str)]) -> Kafka {
        // A port can be taken between our look and Kafka's: then the process ends and other ports are tried.
        let mut seen = String::new();
        for _ in 0..3 {
            let folder = tempfile::Builder::new().prefix("kafka-").tempdir().expect("a temporary folder").keep();
            let port = ports::free();
            write_settings(&folder, port, ports::free(), settings);
            copy_formatted(&folder);
            let kafka = Kafka { folder, port, process: Mutex::new(None), admin: OnceLock::new(), producer: OnceLock::new() };
            match kafka.launch() {
                Ok(()) => return kafka,
                Err(log) => seen = log,
            }
        }
        panic!("kafka did not start three times in a row: {seen}");
    }

    /// `host:port`.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Settings for a client of this broker that finds it again soon after a restart.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.bootstrap()).set("reconnect.backoff.ms", "50").set("reconnect.backoff.max.ms", "500");
        config
    }

    /// A group member's settings: quick rebalances, commits and offsets left to the test.
    pub fn member(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config.set("group.id", group).set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
        config.set("auto.offset.reset", "earliest").set("partition.assignment.strategy", "cooperative-sticky");
        config.set("session.timeout.ms", "6000").set("heartbeat.interval.ms", "500").set("fetch.wait.max.ms", "50");
        config
    }

    /// Ends it in an orderly way.
    pub fn stop(&self) {
        self.end(Signal::TERM);
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) {
        self.end(Signal::KILL);
    }

    /// Starts it again on the same port with the same data.
    pub fn restart(&self) {
        self.launch().unwrap_or_else(|log| panic!("kafka did not start again: {log}"));
    }

    /// Freezes it: connections stay open, nothing is answered.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// What the broker has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    pub(crate) fn admin(&self) -> &AdminClient<DefaultClientContext> {
        self.admin.get_or_init(|| self.client().create().expect("an admin client"))
    }

    fn end(&self, signal: Signal) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take().expect("kafka runs");
        process.signal(signal);
        assert!(process.wait(PATIENCE).is_some(), "kafka did not stop: {}", self.log());
        process.keep_folder();
    }

    fn signal(&self, signal: Signal) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).as_ref().expect("kafka runs").signal(signal);
    }

    fn launch(&self) -> Result<(), String> {
        let mut slot = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(slot.is_none(), "kafka runs already");
        let process = java(&self.folder).args(["kafka.Kafka", &text(&self.folder.join("server.properties"))]).spawn();
        if !ready(&process, self.port, PATIENCE) {
            return Err(self.log());
        }
        *slot = Some(process);
        Ok(())
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // A running broker takes its folder along; a stopped one has left it.
        if self.process.get_mut().unwrap_or_else(PoisonError::into_inner).is_none() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn java(folder: &Path) -> Start {
    let logging = concat!(env!("CARGO_MANIFEST_DIR"), "/kafka/log4j2.properties");
    Start::new("java", folder).args(JVM).arg(format!("-Dlog4j2.configurationFile=file:{logging}")).arg("-cp").arg(jars::folder().join("*"))
}

/// Ready is not "the port accepts", which it does too early, but: it answers, and it has made its list of groups, which takes a client that
/// has to ask again three seconds.
fn ready(process: &Process, port: u16, patience: Duration) -> bool {
    let deadline = std::time::Instant::now() + patience;
    while process.exit_code().is_none() && std::time::Instant::now() < deadline {
        if wire::answers(port) && wire::has_groups(port) {
            return true;
        }
        breathe(Duration::from_millis(20));
    }
    false
}

fn write_settings(folder: &Path, port: u16, controller: u16, settings: &[(&str, &str)]) {
    let mut text = include_str!("../kafka/server.properties").to_owned();
    let _ = write!(
        text,
        "\nlog.dirs={}/data\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners=PLAINTEXT://127.0.0.1:{port}\n",
        folder.display()
    );
    for (key, value) in settings {
        let _ = writeln!(text, "{key}={value}");
    }
    fs::write(folder.join("server.properties"), text).expect("the folder is ours");
}

/// Formatting costs a JVM, and its result (two small files) does not depend on ports: it is done once and kept beside the jars.
fn copy_formatted(folder: &Path) {
    let kept = jars::folder().join("formatted");
    if !kept.exists() {
        format(&kept);
    }
    let data = folder.join("data");
    fs::create_dir_all(data.join("__cluster_metadata-0")).expect("the folder is ours");
    for entry in walk(&kept) {
        fs::copy(kept.join(&entry), data.join(&entry)).expect("the folder is ours");
    }
}

fn format(kept: &Path) {
    let scratch = tempfile::Builder::new().prefix("format-").tempdir_in(jars::folder()).expect("the jars' folder is writable");
    write_settings(scratch.path(), 1, 2, &[]);
    let settings = text(&scratch.path().join("server.properties"));
    let process = java(scratch.path()).args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", &settings]).spawn();
    let code = process.wait(PATIENCE);
    assert_eq!(code, Some(0), "format: {}", fs::read_to_string(scratch.path().join("log")).unwrap_or_default());
    // Somebody else may have been faster; both results serve.
    let _ = fs::rename(scratch.path().join("data"), kept);
}

fn walk(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = PathBuf::from(entry.file_name());
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()).into_iter().map(|file| name.join(file)));
        } else {
            files.push(name);
        }
    }
    files
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
