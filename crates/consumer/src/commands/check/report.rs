//! What a check found, for people and as JSON.

use std::fmt::Write;
use std::path::Path;

use serde::{Serialize, Serializer};

use super::call::NOTHING;
use super::connections::Connection;
use super::request::Shown;
use super::sample::Checked;
use super::topic::Between;
use crate::config::Config;

/// Everything found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The file.
    pub(super) config: String,
    /// Values in force by key; no secret among them.
    #[serde(serialize_with = "as_object")]
    pub(super) settings: Vec<(&'static str, String)>,
    /// What is legal and still unwise.
    pub(super) warnings: Vec<String>,
    /// `--call` was given: what of it was sent.
    #[serde(skip)]
    pub(super) called: Option<&'static str>,
    /// Who was reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) connections: Vec<Connection>,
    /// The signed request of an order that we made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) example: Option<Shown>,
    /// What became of the sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) orders: Option<Vec<Checked>>,
    /// What the records of a topic have between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) topic: Option<Between>,
}

impl Report {
    pub(super) fn new(path: &Path, config: &Config) -> Self {
        let (settings, warnings) = (config.summary(), config.warnings.clone());
        Self {
            config: path.display().to_string(),
            settings,
            warnings,
            called: None,
            connections: Vec::new(),
            example: None,
            orders: None,
            topic: None,
        }
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    pub(super) fn for_people(&self) -> String {
        let mut out = format!("{}: the configuration and its keys are in order\n\n", self.config);
        let widest = self.settings.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        for (key, value) in &self.settings {
            line(&mut out, format_args!("  {key:widest$}  {value}"));
        }
        for warning in &self.warnings {
            line(&mut out, format_args!("\nwarning  {warning}"));
        }
        if !self.connections.is_empty() {
            out.push('\n');
        }
        for connection in &self.connections {
            line(&mut out, format_args!("{:7}  {}: {}", connection.word(), connection.who, connection.found));
        }
        let sent = self.called.unwrap_or(NOTHING);
        let to_prove = if self.called.is_some() { "" } else { " To prove keys and clock: --call." };
        if let Some(request) = &self.example {
            line(&mut out, format_args!("\nan order that we made up would be sent as"));
            request.for_people(&mut out);
            line(&mut out, format_args!("\n{sent}{to_prove} To see what your orders become: --sample FILE, --from-topic 100."));
        }
        if let Some(orders) = &self.orders {
            for order in orders {
                out.push('\n');
                order.for_people(&mut out);
            }
            let count = |becomes| orders.iter().filter(|order| order.becomes == becomes).count();
            let counts = ["call", "stale", "skipped", "parked"].map(|becomes| format!("{} {becomes}", count(becomes)));
            let (one, many) = if self.topic.is_some() { ("record", "records") } else { ("line", "lines") };
            let lines = if orders.len() == 1 { one } else { many };
            if let Some(found) = &self.topic {
                found.for_people(&mut out);
            }
            line(&mut out, format_args!("\n{} {lines}: {}. {sent}", orders.len(), counts.join(", ")));
        }
        out.trim_end().to_owned()
    }
}

impl Checked {
    fn for_people(&self, out: &mut String) {
        let order = self.order.as_ref().map_or_else(String::new, |order| {
            format!("{}  {}  {}  {}", order.merchant_biz_no, order.merchant_biz_type, order.order_status, order.order_modify_time)
        });
        let reason = self.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        let name = self.record.clone().or_else(|| self.line.map(|line| format!("line {line}"))).unwrap_or_default();
        line(out, format_args!("{name}  {order}  → {}{reason}", self.becomes));
        for remark in &self.remarks {
            line(out, format_args!("  ! {remark}"));
        }
        if let Some(request) = &self.request {
            request.for_people(out);
        }
    }
}

impl Shown {
    fn for_people(&self, out: &mut String) {
        line(out, format_args!("  {} {}", self.method, self.url));
        for (name, value) in &self.headers {
            line(out, format_args!("  {name}: {value}"));
        }
        let sealed = if self.sealed { ", sealed; before that" } else { "" };
        line(out, format_args!("  ({} bytes{sealed})\n  {}", self.bytes, self.body.get()));
    }
}

/// Pairs as one JSON object, in their order.
pub(super) fn as_object<S: Serializer>(pairs: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

pub(super) fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
