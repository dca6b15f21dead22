use super::alipayhk::KeyFact;
use super::kafka::{Start, Topics};
use super::units::show_duration as show;
use super::{Config, Credentials, Framing};

impl Config {
    /// The values in force by key, for people; no secret among them.
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        self.summary_of_input(&mut lines);
        self.summary_of_calls(&mut lines);
        self.summary_of_output(&mut lines);
        lines
    }

    fn summary_of_input(&self, lines: &mut Vec<(&'static str, String)>) {
        let kafka = &self.kafka;
        lines.push(("kafka.bootstrap_servers", kafka.bootstrap_servers.clone()));
        lines.push(match &kafka.topics {
            Topics::List(topics) => ("kafka.topics", topics.join(", ")),
            Topics::Pattern(pattern) => ("kafka.topic_pattern", pattern.clone()),
        });
        lines.push(("kafka.group_id", kafka.group_id.clone()));
        let start = match kafka.start {
            Start::NotWritten => "earliest (not written)".to_owned(),
            Start::Earliest => "earliest".to_owned(),
            Start::Latest => "latest".to_owned(),
            Start::Timestamp(millis) => format!("timestamp, {millis} ms"),
        };
        lines.push(("kafka.start", start));
        let properties: Vec<_> = kafka.properties.shown().map(|(name, value)| format!("{name}={value}")).collect();
        lines.push(("kafka.properties", or_none(properties.join(", "))));
        let framing = match self.schema.framing {
            Framing::Confluent => "confluent",
            Framing::SingleObject => "single_object",
            Framing::Bare => "bare",
            Framing::Json => "json",
        };
        lines.push(("schema.framing", framing.to_owned()));
        lines.push(("mapping", if self.mappings.is_empty() { "-".to_owned() } else { self.mappings.iter().count().to_string() }));
        if let Some(registry) = &self.schema.registry {
            let with = match &registry.credentials {
                None => String::new(),
                Some(Credentials::Basic { username, .. }) => format!(" as {username}"),
                Some(Credentials::Token(_)) => " with a token".to_owned(),
            };
            lines.push(("schema.registry_url", format!("{}{with}", registry.url)));
        }
    }

    fn summary_of_calls(&self, lines: &mut Vec<(&'static str, String)>) {
        let alipayhk = &self.alipayhk;
        lines.push(("alipayhk.base_url", alipayhk.base_url.to_string()));
        lines.push(("alipayhk.client_id", alipayhk.client_id.clone()));
        lines.push(("alipayhk.environment", or_none(alipayhk.environment.clone().unwrap_or_default())));
        lines.push(("alipayhk.timeout", format!("{} (connect {})", show(alipayhk.timeout), show(alipayhk.connect_timeout))));
        lines.push(("alipayhk.signing", format!("{}, {}", alipayhk.keys.algorithm.name().as_str(), alipayhk.keys.signing)));
        let verify: Vec<_> = alipayhk.keys.verify.iter().map(KeyFact::to_string).collect();
        lines.push(("alipayhk.verify_keys", verify.join("; ")));
        lines.push(("alipayhk.encryption", or_none(alipayhk.keys.encryption.clone().unwrap_or_default())));
        let quota = &self.quota;
        let rate = format!(
            "{} calls a second, {} of them kept free, {} at a time",
            quota.requests_per_second, quota.reserve_per_second, quota.max_in_flight
        );
        lines.push(("quota", rate));
        lines.push(("retry", format!("from {} to {}", show(self.retry.initial), show(self.retry.max))));
    }

    fn summary_of_output(&self, lines: &mut Vec<(&'static str, String)>) {
        let delivery = &self.delivery;
        lines.push(("delivery.late_apply", show(delivery.late_apply)));
        lines.push(("delivery.drain", show(delivery.drain)));
        lines.push(("delivery.max_age", or_none(delivery.max_age.map(show).unwrap_or_default())));
        lines.push(("dead_letter.topic", self.dead_letter.topic.clone()));
        lines.push(("outcomes.topic", or_none(self.outcomes.as_ref().map(|outcomes| outcomes.topic.clone()).unwrap_or_default())));
        lines.push(("admin.listen", self.admin.to_string()));
        let endpoint = self.telemetry.otlp_endpoint.as_ref().map(ToString::to_string).unwrap_or_default();
        lines.push(("telemetry.otlp_endpoint", or_none(endpoint)));
    }
}

fn or_none(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}
