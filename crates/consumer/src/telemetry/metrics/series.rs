//! The closed sets behind labels, and counters over them: one number for each series, there from the start.

use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::KeyValue;

/// A member of a closed set that names one series.
pub(super) trait Series: Copy + PartialEq + 'static {
    /// The labels' names.
    const LABELS: &'static [&'static str];
    /// Every member, in the order of [`Series::index`].
    fn all() -> Vec<Self>;
    /// Its place in [`Series::all`].
    fn index(self) -> usize;
    /// The labels' values.
    fn values(self) -> Vec<&'static str>;

    /// The different values of the first label.
    fn first() -> Vec<&'static str> {
        different(Self::all().into_iter().filter_map(|member| member.values().first().copied()))
    }

    /// The different values of the second label.
    fn second() -> Vec<&'static str> {
        different(Self::all().into_iter().filter_map(|member| member.values().get(1).copied()))
    }

    /// As OpenTelemetry wants them.
    fn attributes(self) -> Vec<KeyValue> {
        Self::LABELS.iter().zip(self.values()).map(|(name, value)| KeyValue::new(*name, value)).collect()
    }
}

fn different(values: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut seen = Vec::new();
    values.for_each(|value| {
        if !seen.contains(&value) {
            seen.push(value);
        }
    });
    seen
}

/// A counter for each member of a set.
pub(super) struct Counters<K> {
    series: Vec<(K, Vec<KeyValue>, AtomicU64)>,
}

impl<K: Series> Counters<K> {
    pub(super) fn new() -> Self {
        Self { series: K::all().into_iter().map(|member| (member, member.attributes(), AtomicU64::new(0))).collect() }
    }

    pub(super) fn add(&self, member: K, count: u64) {
        if let Some((_, _, value)) = self.series.get(member.index()) {
            value.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (K, &[KeyValue], u64)> {
        self.series.iter().map(|(member, attributes, value)| (*member, attributes.as_slice(), value.load(Ordering::Relaxed)))
    }
}

/// The set of one: a counter without labels.
impl Series for () {
    const LABELS: &'static [&'static str] = &[];

    fn all() -> Vec<Self> {
        vec![()]
    }

    fn index(self) -> usize {
        0
    }

    fn values(self) -> Vec<&'static str> {
        Vec::new()
    }
}
