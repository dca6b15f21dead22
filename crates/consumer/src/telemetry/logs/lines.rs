//! One event, one line, one write.

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use opentelemetry::Context as TraceContext;
use opentelemetry::trace::TraceContextExt as _;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::Format;
use super::clean::Clean;
use super::quiet::Quiet;

/// Lines of this process.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// How many lines there have been: who draws on the same terminal has to know of them.
#[cfg(feature = "sandbox")]
pub(crate) fn written() -> u64 {
    WRITTEN.load(Ordering::Relaxed)
}

/// librdkafka says the same of every attempt to connect, several times a second.
const LIBRDKAFKA: &str = "librdkafka";

/// Writes each event to what `out` opens.
pub(super) struct Lines<O> {
    format: Format,
    colour: bool,
    out: O,
    /// Warnings of librdkafka.
    quiet: Mutex<Quiet<String>>,
}

impl<O> Lines<O> {
    pub(super) fn new(format: Format, colour: bool, out: O) -> Self {
        Self { format, colour, out, quiet: Mutex::default() }
    }

    /// Whether a line is written, and how many equal ones were left out before it. Equal are those that differ in numbers only.
    fn may_say(&self, metadata: &Metadata<'_>, message: &str) -> Option<u64> {
        if metadata.target() != LIBRDKAFKA || *metadata.level() > Level::WARN {
            return Some(0);
        }
        let what = message.chars().filter(|c| !c.is_ascii_digit()).collect();
        self.quiet.lock().unwrap_or_else(PoisonError::into_inner).may_say(what, Instant::now())
    }
}

impl<S, O, W> Layer<S> for Lines<O>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    O: Fn() -> W + 'static,
    W: std::io::Write,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let from_log = event.normalized_metadata();
        let metadata = from_log.as_ref().unwrap_or_else(|| event.metadata());
        let mut fields = Fields::default();
        event.record(&mut fields);
        match self.may_say(metadata, &fields.message) {
            None => return,
            Some(0) => {}
            Some(left_out) => fields.add("left_out", left_out.into()),
        }
        let trace = TraceContext::map_current(|context| context.span().span_context().clone());
        if trace.is_valid() {
            fields.add("trace_id", Value::String(trace.trace_id().to_string()));
            fields.add("span_id", Value::String(trace.span_id().to_string()));
        }
        let mut line = match self.format {
            Format::Text => text(metadata, &fields, self.colour),
            Format::Json => json(metadata, fields),
        };
        line.push('\n');
        WRITTEN.fetch_add(1, Ordering::Relaxed);
        // nobody is left to tell when stderr is gone
        let _ = std::io::Write::write_all(&mut (self.out)(), line.as_bytes());
    }
}

/// The fields of one event, cleaned.
#[derive(Default)]
struct Fields {
    message: String,
    rest: Vec<(&'static str, Value)>,
}

impl Fields {
    fn add(&mut self, name: &'static str, value: Value) {
        // the bridge's own: they are in the metadata already
        if !name.starts_with("log.") {
            self.rest.push((name, value));
        }
    }

    fn add_text(&mut self, name: &'static str, value: fmt::Arguments<'_>) {
        let mut text = String::new();
        // a Display that fails leaves what it wrote
        let _ = Clean::new(&mut text).write_fmt(value);
        if name == "message" { self.message = text } else { self.add(name, Value::String(text)) }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field.name(), format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field.name(), format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add_text(field.name(), format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value.into());
    }
}

fn text(metadata: &Metadata<'_>, fields: &Fields, colour: bool) -> String {
    let mut line = now();
    let level = metadata.level();
    // writing to a String does not fail
    let _ = match colour {
        true => write!(line, " \x1b[{}m{level:>5}\x1b[0m", paint(*level)),
        false => write!(line, " {level:>5}"),
    };
    line.push(' ');
    let _ = Clean::new(&mut line).write_str(metadata.target());
    line.push_str(": ");
    line.push_str(&fields.message);
    for (name, value) in &fields.rest {
        let _ = match value {
            Value::String(text) if is_plain(text) => write!(line, " {name}={text}"),
            // quotes inside are doubled backslashed, so a value cannot pretend to be another field
            other => write!(line, " {name}={other}"),
        };
    }
    line
}

fn json(metadata: &Metadata<'_>, fields: Fields) -> String {
    let mut line = Map::new();
    let mut target = String::new();
    let _ = Clean::new(&mut target).write_str(metadata.target());
    line.insert("timestamp".into(), now().into());
    line.insert("level".into(), metadata.level().as_str().into());
    line.insert("target".into(), target.into());
    line.insert("message".into(), fields.message.into());
    let rest: Map<String, Value> = fields.rest.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if !rest.is_empty() {
        line.insert("fields".into(), Value::Object(rest));
    }
    Value::Object(line).to_string()
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !matches!(c, '"' | '=' | '\\'))
}

fn paint(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

fn now() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::now_utc().format(format).unwrap_or_default()
}
