//! What Linux counts for a process: processor time of its threads, and memory.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// Processor time by what a thread is for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cpu(BTreeMap<&'static str, Duration>);

impl Cpu {
    /// Of a running process, to the nanosecond.
    pub(crate) fn of(pid: i32) -> Result<Self, String> {
        let mut cpu = Self::default();
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).map_err(|error| format!("/proc/{pid}/task: {error}"))?;
        for task in tasks.flatten() {
            // a thread may end between the two
            let Ok(name) = fs::read_to_string(task.path().join("comm")) else { continue };
            let Ok(times) = fs::read_to_string(task.path().join("schedstat")) else { continue };
            let nanoseconds = times.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0);
            *cpu.0.entry(purpose(name.trim())).or_default() += Duration::from_nanos(nanoseconds);
        }
        Ok(cpu)
    }

    pub(crate) fn total(&self) -> Duration {
        self.0.values().sum()
    }

    /// Of the threads for one purpose.
    pub(crate) fn of_purpose(&self, purpose: &str) -> Duration {
        self.0.get(purpose).copied().unwrap_or_default()
    }

    /// What was used since `earlier`, in microseconds for each of `count`.
    pub(crate) fn each_since(&self, earlier: &Self, count: u64) -> Vec<(&'static str, f64)> {
        let spent = |(purpose, time): (&&'static str, &Duration)| {
            let time = time.saturating_sub(earlier.0.get(purpose).copied().unwrap_or_default());
            (*purpose, micros(time, count))
        };
        self.0.iter().map(spent).collect()
    }
}

/// Resident memory in bytes.
pub(crate) fn resident(pid: i32) -> Result<u64, String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| format!("/proc/{pid}/status: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| "VmRSS is no number")?;
    Ok(kilobytes * 1024)
}

/// Microseconds for each of `count`.
pub(crate) fn micros(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count.max(1) as f64
}

/// The one in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn purpose(thread: &str) -> &'static str {
    match thread {
        name if name.starts_with("sign-") => "signing pool",
        "kafka-poll" => "poll thread",
        name if name.starts_with("rdk:") => "librdkafka",
        "order-sync" => "driver, engine, HTTP, verifying",
        _ => "others",
    }
}
