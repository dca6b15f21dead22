//! The program under test: the release binary, as a process of its own.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use order_sync_tests::kafka::Topic;
use order_sync_tests::process::{Process, Start};
use order_sync_tests::{http, ports, wait};
use serde::Deserialize;

use crate::place::Place;
use crate::proc::{self, Cpu};
use crate::stand_in::CLIENT_ID;

/// A run may take so long on a machine with other work.
const LONG: Duration = Duration::from_secs(600);

/// A running `order-sync`.
pub(crate) struct Subject {
    process: Process,
    folder: PathBuf,
    admin: u16,
}

/// How it is started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// Calls a second; 0: as many as it can.
    pub(crate) rate: u32,
    /// It begins with the hold file in place.
    pub(crate) held: bool,
    /// Where calls go; absent: to the stand-in of the place.
    pub(crate) url: Option<String>,
    /// Absent: a group of its own.
    pub(crate) group: Option<String>,
    /// A session of six seconds and calls of two, so that one that is killed is missed soon.
    pub(crate) quick_session: bool,
    /// Seconds of `retry.max`; absent: its default.
    pub(crate) backoff_cap: Option<u32>,
    /// Limits of memory as they are by default; otherwise they are out of the way.
    pub(crate) default_limits: bool,
    /// An outcomes topic.
    pub(crate) outcomes: Option<String>,
    /// Records carry a header of this name with a trace context.
    pub(crate) header: Option<&'static str>,
    /// The part of the calls whose spans are exported, with the metrics, to the stand-in; absent: nothing is.
    pub(crate) traced: Option<f64>,
}

/// The part of `/api/state` that is used here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct State {
    pub(crate) records_read: u64,
    pub(crate) dispositions: Dispositions,
    pub(crate) calls: Calls,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) remembered_orders: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dispositions {
    pub(crate) delivered: u64,
    pub(crate) superseded: u64,
    pub(crate) stale: u64,
    pub(crate) rejected: u64,
    pub(crate) parked: u64,
    pub(crate) skipped: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Calls {
    pub(crate) attempted: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Partition {
    pub(crate) epoch: u64,
    pub(crate) open: u64,
    pub(crate) position: i64,
    pub(crate) committed: Option<i64>,
    pub(crate) restoring: bool,
}

/// Where the binary is.
pub(crate) fn binary() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("ORDER_SYNC_BIN") {
        return Ok(PathBuf::from(path));
    }
    let own = std::env::current_exe().map_err(|error| format!("this program's path: {error}"))?;
    let found = own.parent().and_then(|deps| deps.parent()).map(|folder| folder.join("order-sync")).filter(|path| path.exists());
    found.ok_or_else(|| "no order-sync beside this build: run `cargo build --release --package consumer --bin order-sync` first".to_owned())
}

impl Subject {
    /// Starts it on a topic, in a group of its own.
    pub(crate) fn start(place: &Place<'_>, topic: &Topic<'_>, settings: &Settings) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?.keep();
        let admin = ports::free();
        let file = write_configuration(place, topic, settings, admin, &folder)?;
        if settings.held {
            fs::write(folder.join("hold"), "").map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let process = Start::new(binary()?, &folder).args(["run", "--config", &file]).spawn();
        Ok(Self { process, folder, admin })
    }

    /// Lets a held one speak.
    pub(crate) fn let_go(&self) -> Result<(), String> {
        fs::remove_file(self.folder.join("hold")).map_err(|error| format!("the hold file: {error}"))
    }

    pub(crate) fn state(&self) -> Result<State, String> {
        if let Some(code) = self.process.exit_code() {
            return Err(format!("order-sync ended with {code}: {}", self.log()));
        }
        let (status, body) = http::get(&format!("http://127.0.0.1:{}/api/state", self.admin))?;
        serde_json::from_str(&body).map_err(|error| format!("status {status}: {error}"))
    }

    /// Waits until its state is as wanted. Asks seldom, for an answer costs it processor time.
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&State) -> bool) -> State {
        wait::until(what, LONG, || {
            crate::place::pause(Duration::from_millis(100));
            let state = self.state()?;
            if wanted(&state) { Ok(state) } else { Err(format!("{state:?}; {}", self.log())) }
        })
    }

    /// Waits until it owns every partition of a topic.
    pub(crate) fn joined(&self) -> State {
        self.until("order-sync has its partitions", |state| state.partitions.len() == crate::place::PARTITIONS as usize)
    }

    /// The address of its live page.
    pub(crate) fn page(&self) -> String {
        format!("http://127.0.0.1:{}/", self.admin)
    }

    pub(crate) fn cpu(&self) -> Result<Cpu, String> {
        Cpu::of(self.process.pid())
    }

    pub(crate) fn resident(&self) -> Result<u64, String> {
        proc::resident(self.process.pid())
    }

    /// When the last of its partitions was assigned by its own word, microseconds since 1970.
    pub(crate) fn assigned_micros(&self) -> Option<u64> {
        let log = fs::read_to_string(self.folder.join("log")).ok()?;
        let told = log.lines().filter(|line| line.contains("partition assigned")).filter_map(|line| line.split(' ').next());
        let micros = |text: &str| {
            let time = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
            u64::try_from(time.unix_timestamp_nanos() / 1_000).ok()
        };
        told.filter_map(micros).max()
    }

    /// The end of what it has logged.
    pub(crate) fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        log.chars().skip(log.chars().count().saturating_sub(4_000)).collect()
    }
}

impl State {
    /// Records read and not settled.
    pub(crate) fn open(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.open).sum()
    }

    /// Everything that was read has an end, and all of it is committed.
    pub(crate) fn is_done(&self, records: u64) -> bool {
        let Dispositions { delivered, superseded, stale, rejected, parked, skipped } = self.dispositions;
        delivered + superseded + stale + rejected + parked + skipped >= records
            && self.partitions.iter().all(|partition| partition.committed.unwrap_or(0) >= partition.position)
    }
}

/// Writes the configuration into a folder; its path.
pub(crate) fn write_configuration(
    place: &Place<'_>,
    topic: &Topic<'_>,
    settings: &Settings,
    admin: u16,
    folder: &std::path::Path,
) -> Result<String, String> {
    let mut text = configuration(place, topic, settings, admin);
    if let Some(outcomes) = &settings.outcomes {
        let _ = write!(text, "[outcomes]\ntopic = \"{outcomes}\"\n");
    }
    if let Some(part) = settings.traced {
        let _ = write!(text, "[telemetry]\notlp_endpoint = \"{}\"\notlp_protocol = \"http\"\nsample_ratio = {part}\n", place.url());
    }
    let file = folder.join("order-sync.toml");
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file.display().to_string())
}

fn configuration(place: &Place<'_>, topic: &Topic<'_>, settings: &Settings, admin: u16) -> String {
    let rate = if settings.rate == 0 { 1_000_000 } else { settings.rate };
    let limits = if settings.default_limits { "" } else { "max_open_records = 3000000\nmax_open_bytes = \"2GiB\"" };
    let (session, calls, drain) = if settings.quick_session {
        (
            "\"session.timeout.ms\" = \"6000\"\n\"heartbeat.interval.ms\" = \"500\"",
            "timeout = \"2s\"\nconnect_timeout = \"1s\"",
            "drain = \"3s\"",
        )
    } else {
        ("", "", "")
    };
    let retry = settings.backoff_cap.map_or_else(String::new, |cap| format!("[retry]\nmax = \"{cap}s\""));
    let mut text = String::new();
    let _ = write!(
        text,
        r#"
[kafka]
bootstrap_servers = "{bootstrap}"
topics = ["{topic}"]
group_id = "{group}"
start = "earliest"
[kafka.properties]
{session}
[schema]
framing = "single_object"
[alipayhk]
base_url = "{url}"
client_id = "{CLIENT_ID}"
hold_file = "hold"
{calls}
[alipayhk.signing]
algorithm = "RSA256"
private_key_file = "{merchant}"
key_version = 1
[[alipayhk.verify_keys]]
public_key_file = "{peer}"
key_version = 1
[quota]
requests_per_second = {rate}
{retry}
[delivery]
{limits}
{drain}
[dead_letter]
topic = "{letters}"
[admin]
listen = "127.0.0.1:{admin}"
"#,
        bootstrap = place.kafka.bootstrap(),
        topic = topic.name(),
        group = settings.group.clone().unwrap_or_else(|| place.kafka.name("group")),
        url = settings.url.clone().unwrap_or_else(|| place.url()),
        merchant = place.key_file("merchant.pem").display(),
        peer = place.key_file("peer.pub.pem").display(),
        letters = place.dead_letters.name(),
    );
    text
}
