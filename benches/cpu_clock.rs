//! The processor time of the calling thread: what a piece of work costs, whatever else the machine does meanwhile.

use std::time::Duration;

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter};
use rustix::time::{ClockId, clock_gettime};

/// Processor time of the calling thread so far.
pub fn thread_cpu() -> Duration {
    of(ClockId::ThreadCPUTime)
}

/// Processor time of this process so far, all threads together.
pub fn process_cpu() -> Duration {
    of(ClockId::ProcessCPUTime)
}

/// Makes criterion count processor time instead of wall time.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadCpu;

impl Measurement for ThreadCpu {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        thread_cpu()
    }

    fn end(&self, began: Duration) -> Duration {
        thread_cpu().saturating_sub(began)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Nanoseconds
    }
}

struct Nanoseconds;

impl ValueFormatter for Nanoseconds {
    fn scale_values(&self, typical: f64, values: &mut [f64]) -> &'static str {
        let (factor, unit) = if typical < 1e3 {
            (1.0, "ns")
        } else if typical < 1e6 {
            (1e-3, "µs")
        } else {
            (1e-6, "ms")
        };
        values.iter_mut().for_each(|value| *value *= factor);
        unit
    }

    fn scale_throughputs(&self, _: f64, throughput: &Throughput, values: &mut [f64]) -> &'static str {
        let (amount, unit) = match *throughput {
            Throughput::Bytes(bytes) | Throughput::BytesDecimal(bytes) | Throughput::Bits(bytes) => (bytes, "bytes/s of a core"),
            Throughput::Elements(elements) => (elements, "/s of a core"),
            Throughput::ElementsAndBytes { elements, .. } => (elements, "/s of a core"),
        };
        values.iter_mut().for_each(|nanoseconds| *nanoseconds = amount as f64 * 1e9 / *nanoseconds);
        unit
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "ns"
    }
}

fn of(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
