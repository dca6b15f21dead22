//! The real binary as a child process.

mod binary;
mod demo;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;

use crate::config::Config;
use crate::process::{Process, Signal, Start};
use crate::wait::{PATIENCE, until};
use crate::{http, ports};

pub use demo::Demo;

/// A running `order-sync run`. Dropping it kills it.
pub struct OrderSync {
    process: Process,
    folder: PathBuf,
    admin: u16,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code; 128 and the number of the signal when one killed it.
    pub code: i32,
    /// Standard output.
    pub output: String,
    /// Standard error: its log.
    pub errors: String,
}

impl OrderSync {
    /// Starts `order-sync run` with this configuration and an admin address of its own.
    pub fn start(config: &Config) -> Self {
        Self::begin(config, &["run"])
    }

    /// Starts a command that takes its time, in the same way.
    pub fn begin(config: &Config, arguments: &[&str]) -> Self {
        let admin = ports::free();
        let folder = folder();
        config.clone().set("admin.listen", format!("127.0.0.1:{admin}")).write(&folder);
        let start = Start::new(binary::path(), &folder).args(arguments).arg("--config").arg(folder.join("order-sync.toml"));
        Self { process: start.apart("out", "log").spawn(), folder, admin }
    }

    /// Runs a command with a configuration to its end.
    #[track_caller]
    pub fn command(config: &Config, arguments: &[&str]) -> Finished {
        Self::command_with(config, arguments, &[])
    }

    /// The same with variables in its environment.
    #[track_caller]
    pub fn command_with(config: &Config, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
        let folder = folder();
        config.write(&folder);
        let start = Start::new(binary::path(), &folder).args(arguments).arg("--config").arg(folder.join("order-sync.toml"));
        let start = variables.iter().fold(start, |start, (name, value)| start.env(name, value));
        finish(&start.apart("out", "log").spawn(), &folder, PATIENCE)
    }

    /// Runs a command without a configuration to its end.
    #[track_caller]
    pub fn plain(arguments: &[&str]) -> Finished {
        let folder = folder();
        finish(&Start::new(binary::path(), &folder).args(arguments).apart("out", "log").spawn(), &folder, PATIENCE)
    }

    /// The folder that it runs in and that its configuration names files in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes another configuration over the one it was started with.
    pub fn rewrite(&self, config: &Config) {
        let text = config.clone().set("admin.listen", format!("127.0.0.1:{}", self.admin)).text();
        fs::write(self.folder.join("order-sync.toml"), text).expect("the folder is ours");
    }

    /// Waits until it has logged this text.
    #[track_caller]
    pub fn until_logged(&self, text: &str) {
        until(&format!("{text:?} is in the log"), PATIENCE, || if self.log().contains(text) { Ok(()) } else { Err(self.tail()) });
    }

    /// Its number.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// Its admin address.
    pub fn admin(&self) -> String {
        format!("127.0.0.1:{}", self.admin)
    }

    /// Status and body of a GET on its admin address.
    pub fn get(&self, path: &str) -> Result<(u16, String), String> {
        http::get(&format!("http://127.0.0.1:{}{path}", self.admin))
    }

    /// `/api/state`; the reason when there is none.
    pub fn state(&self) -> Result<Json, String> {
        let (status, body) = self.get("/api/state")?;
        if status != 200 {
            return Err(format!("/api/state: {status} {body}"));
        }
        serde_json::from_str(&body).map_err(|error| error.to_string())
    }

    /// The sum of a metric's series on `/metrics` that carry these labels.
    pub fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let (_, page) = self.get("/metrics").unwrap_or_else(|error| panic!("/metrics: {error}; {}", self.tail()));
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let series = page.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])) && labels.iter().all(|label| line.contains(label))
        });
        let values: Vec<f64> = series.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
        assert!(!values.is_empty(), "no series {name} {labels:?} on /metrics");
        values.iter().sum()
    }

    /// Waits until its state is as wanted, and gives that state.
    #[track_caller]
    pub fn until(&self, what: &str, wanted: impl FnMut(&Json) -> bool) -> Json {
        self.until_within(what, PATIENCE, wanted)
    }

    /// The same with another patience.
    #[track_caller]
    pub fn until_within(&self, what: &str, patience: Duration, mut wanted: impl FnMut(&Json) -> bool) -> Json {
        until(what, patience, || {
            let state = self.state().map_err(|error| format!("{error}; {}", self.tail()))?;
            if wanted(&state) { Ok(state) } else { Err(format!("{state}\n{}", self.tail())) }
        })
    }

    /// Waits until it has read so many records and every one of them has its disposition.
    #[track_caller]
    pub fn until_settled(&self, records: u64) -> Json {
        self.until("every record has its disposition", |state| state["records_read"] == records && settled(state) == records)
    }

    /// The most memory it ever had, by Linux's count.
    pub fn peak_memory_mib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a running process has a peak");
        line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("kilobytes") / 1024
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// SIGTERM; waits for the end.
    #[track_caller]
    pub fn stop(self) -> Finished {
        self.signal(Signal::TERM);
        self.finish(PATIENCE)
    }

    /// SIGTERM; the end must be an orderly one.
    #[track_caller]
    pub fn stop_well(self) {
        let finished = self.stop();
        assert_eq!(finished.code, 0, "{}", last(&finished.errors));
    }

    /// As a power cut would end it.
    #[track_caller]
    pub fn kill(self) {
        self.signal(Signal::KILL);
        self.finish(PATIENCE);
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn finish(self, patience: Duration) -> Finished {
        finish(&self.process, &self.folder, patience)
    }

    /// The exit code, once it has ended.
    pub fn ended(&self) -> Option<i32> {
        self.process.exit_code()
    }

    /// Waits for its end; `None` when it has not come in time.
    pub fn wait(&self, patience: Duration) -> Option<i32> {
        self.process.wait(patience)
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        read(&self.folder, "log")
    }

    fn tail(&self) -> String {
        format!("exit {:?}, log: {}", self.process.exit_code(), last(&self.log()))
    }
}

/// The binary under test.
pub fn binary() -> &'static Path {
    binary::path()
}

/// How many records have their disposition.
pub fn settled(state: &Json) -> u64 {
    let dispositions = state["dispositions"].as_object().map(|all| all.values().filter_map(Json::as_u64).sum());
    dispositions.unwrap_or_default()
}

#[track_caller]
fn finish(process: &Process, folder: &Path, patience: Duration) -> Finished {
    let errors = || read(folder, "log");
    let Some(code) = process.wait(patience) else { panic!("it did not end within {patience:?}: {}", last(&errors())) };
    Finished { code, output: read(folder, "out"), errors: errors() }
}

fn folder() -> PathBuf {
    tempfile::Builder::new().prefix("order-sync-").tempdir().expect("a temporary folder").keep()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

fn last(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

#[cfg(test)]
mod tests;
