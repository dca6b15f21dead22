//! A real Apache Kafka on loopback.
//!
//! [`Kafka::shared`] is one broker for all tests of a test process, ready in about two seconds; each test makes its own topics and groups on
//! it. A test that stops, kills or freezes a broker starts its own with [`Kafka::start`]; one that wants a proxy between a client and the
//! broker takes a door, see [`Kafka::start_with_doors`]. Three of them that replicate each other are a [`Cluster`].

mod cluster;
mod disk;
mod group;
pub mod jars;
mod place;
mod produce;
mod read;
mod secure;
mod topic;
mod wire;

use std::fs;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;

use crate::process::{Process, Signal, Start};
use crate::proxy::Proxy;
use crate::wait::{PATIENCE, breathe};

use disk::Disk;
use place::Place;

pub use cluster::Cluster;
pub use group::{Committed, Group};
pub use produce::Record;
pub use read::Found;
pub use secure::{PASSWORD, Secure, USER};
pub use topic::Topic;

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
    place: Place,
    /// Of all brokers of its cluster.
    bootstrap: String,
    /// Copies of each partition.
    replication: i32,
    doors: Vec<Proxy>,
    disk: Option<Disk>,
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
        Self::launched(0, settings)
    }

    /// A broker of one's own with so many doors: a proxy each, through which a client comes in and stays, because the broker names the proxy's
    /// address to whoever came through it. Whoever uses [`Kafka::bootstrap`] meets no proxy.
    pub fn start_with_doors(doors: usize, settings: &[(&str, &str)]) -> Kafka {
        Self::launched(doors, settings)
    }

    /// A broker whose files lie on a file system of their own with so many bytes; `None` where none may be mounted.
    pub fn start_on_a_disk_of(bytes: u64) -> Option<Kafka> {
        let mut kafka = Self::at(Place::new(1, 0), 1);
        kafka.disk = Some(Disk::mount(&kafka.place.folder.join("data"), bytes)?);
        kafka.place.prepare(&kafka.place.voter(), &[]);
        kafka.launch().unwrap_or_else(|log| panic!("kafka did not start on a disk of its own: {log}"));
        Some(kafka)
    }

    /// Fills its disk to the last byte.
    pub fn fill_the_disk(&self) {
        self.disk.as_ref().expect("it has a disk of its own").fill();
    }

    /// Makes room again.
    pub fn empty_the_disk(&self) {
        self.disk.as_ref().expect("it has a disk of its own").empty();
    }

    /// It ended by itself; it can be started again. False: it runs.
    pub fn has_ended(&self) -> bool {
        let mut slot = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_some_and(|process| process.exit_code().is_none()) {
            return false;
        }
        if let Some(process) = slot.take() {
            process.keep_folder();
        }
        true
    }

    fn launched(doors: usize, settings: &[(&str, &str)]) -> Kafka {
        // A port can be taken between our look and Kafka's: then the process ends and other ports are tried.
        let mut seen = String::new();
        for _ in 0..3 {
            let place = Place::new(1, doors);
            let kafka = Self::at(place, 1);
            kafka.place.prepare(&kafka.place.voter(), settings);
            match kafka.launch() {
                Ok(()) => return kafka,
                Err(log) => seen = log,
            }
        }
        panic!("kafka did not start three times in a row: {seen}");
    }

    fn at(place: Place, replication: i32) -> Self {
        let doors = place.doors.iter().map(|door| Proxy::before_kafka(door.outside, door.inside)).collect();
        let bootstrap = format!("127.0.0.1:{}", place.port);
        let (process, admin, producer) = (Mutex::new(None), OnceLock::new(), OnceLock::new());
        Self { place, bootstrap, replication, doors, disk: None, process, admin, producer }
    }

    /// `host:port`, of all brokers of a cluster.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// It has others beside it, of one cluster.
    pub fn is_one_of_several(&self) -> bool {
        self.replication > 1
    }

    /// One of its doors.
    pub fn door(&self, number: usize) -> &Proxy {
        &self.doors[number]
    }

    /// Settings for a client of this broker that finds it again soon after a restart.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap).set("reconnect.backoff.ms", "50").set("reconnect.backoff.max.ms", "500");
        if self.replication > 1 {
            // Another broker can answer in place of a frozen one.
            config.set("socket.timeout.ms", "6000");
        }
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
        fs::read_to_string(self.place.folder.join("log")).unwrap_or_default()
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
        let process = self.spawn();
        if !ready(&process, self.place.port, PATIENCE) {
            return Err(self.log());
        }
        *slot = Some(process);
        Ok(())
    }

    fn spawn(&self) -> Process {
        let start = java(&self.place.folder).env("JDK_JAVA_OPTIONS", &self.place.java_options);
        start.args(["kafka.Kafka", &text(&self.place.folder.join("server.properties"))]).spawn()
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // A running broker takes its folder along; a stopped one has left it.
        if self.process.get_mut().unwrap_or_else(PoisonError::into_inner).is_none() {
            let _ = fs::remove_dir_all(&self.place.folder);
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

fn text(path: &Path) -> String {
    path.display().to_string()
}
