//! librdkafka properties that may not be set, each with its reason. What is said here is promised elsewhere: that no offset is
//! committed early, that a take-over starts where the predecessor ended, that no secret or personal value reaches a log.

/// Why a property may not have this value; `None` when it may.
pub(super) fn reason(name: &str, value: &str) -> Option<String> {
    if name.ends_with("_cb") || matches!(name, "opaque" | "default_topic_conf" | "interceptors" | "ssl_engine_callback_data") {
        return Some("is set by programs, not by configuration".to_owned());
    }
    if let Some((_, allowed, reason)) = FIXED.iter().find(|(fixed, ..)| *fixed == name) {
        return (!value.eq_ignore_ascii_case(allowed)).then(|| format!("must stay {allowed:?}: {reason}"));
    }
    if name == "group.protocol" && value != "classic" {
        let (_, version) = rdkafka::util::get_rdkafka_version();
        return Some(format!(
            "must stay \"classic\": the consumer protocol needs librdkafka 2.15 or newer (a member that polls late ends in a fatal error \
             before), and this program has {version}"
        ));
    }
    if name.starts_with("sasl.oauthbearer.") && !super::names::OAUTH.contains(&name) {
        let known = super::names::OAUTH.join(", ");
        return Some(format!("may not be set: order-sync fetches the token itself, by the client-credentials grant, and knows {known}"));
    }
    DENIED.iter().find(|(denied, _)| *denied == name).map(|(_, reason)| format!("may not be set: {reason}"))
}

/// The names that may not be set at all; an environment variable may mean one of them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    DENIED.iter().map(|(name, _)| *name)
}

/// Every property that is refused or bound to one value, with the reason; for the reference.
#[cfg(test)]
pub(in crate::config) fn reasons() -> impl Iterator<Item = (&'static str, String)> {
    let fixed = FIXED.iter().map(|(name, allowed, reason)| (*name, format!("stays `{allowed}`: {reason}")));
    fixed.chain(DENIED.iter().map(|(name, reason)| (*name, (*reason).to_owned())))
}

/// Properties with one legal value.
const FIXED: &[(&str, &str, &str)] = &[
    ("partition.assignment.strategy", "cooperative-sticky", "partitions are taken and given back one by one, without stopping the others"),
    ("isolation.level", "read_committed", "a record of an aborted transaction never happened and must not be sent"),
    ("enable.ssl.certificate.verification", "true", "an unverified broker could be anybody"),
    ("ssl.endpoint.identification.algorithm", "https", "a broker whose name is not checked could be anybody"),
    ("check.crcs", "true", "a damaged record must not be sent"),
    ("enable.idempotence", "true", "a dead letter or outcome must be written once"),
];

const COMMITS: &str = "offsets are committed only after AlipayHK's verdict, by order-sync itself";
const LETTERS: &str = "a dead letter counts only once every replica has confirmed it";
const TOKENS: &str = "a token that nobody signed proves nothing; see docs/kafka-security.md for OAUTHBEARER";
const CODE: &str = "it loads foreign code into the process";

/// Properties that may not be set at all.
const DENIED: &[(&str, &str)] = &[
    ("bootstrap.servers", "use kafka.bootstrap_servers"),
    ("metadata.broker.list", "use kafka.bootstrap_servers"),
    ("group.id", "use kafka.group_id"),
    ("enable.auto.commit", COMMITS),
    ("auto.commit.enable", COMMITS),
    ("auto.commit.interval.ms", COMMITS),
    ("enable.auto.offset.store", COMMITS),
    ("offset.store.method", COMMITS),
    ("offset.store.path", COMMITS),
    ("offset.store.sync.interval.ms", COMMITS),
    (
        "auto.offset.reset",
        "a lost offset must stop its partition instead of skipping or repeating records; use kafka.start for the beginning",
    ),
    ("group.remote.assignor", "it belongs to the consumer protocol"),
    ("group.protocol.type", "it is part of the group protocol"),
    ("enable.partition.eof", "the position at the end of a partition is taken from the statistics"),
    ("statistics.interval.ms", "the position across control records is taken from the statistics, every second"),
    ("consume.callback.max.messages", "records are polled"),
    ("allow.auto.create.topics", "a misspelt topic must fail"),
    ("plugin.library.paths", CODE),
    ("ssl.engine.location", CODE),
    ("ssl.engine.id", CODE),
    ("ssl.providers", CODE),
    ("sasl.kerberos.kinit.cmd", "it runs a command"),
    ("enable.sasl.oauthbearer.unsecure.jwt", TOKENS),
    ("debug", "its log lines can contain secrets and records"),
    ("log_level", "use telemetry.log_level"),
    ("log.queue", "log lines go through order-sync's own log"),
    ("enabled_events", "events are chosen by order-sync"),
    ("internal.termination.signal", "signals are handled by order-sync"),
    ("acks", LETTERS),
    ("request.required.acks", LETTERS),
    ("message.timeout.ms", LETTERS),
    ("delivery.timeout.ms", LETTERS),
    ("transactional.id", LETTERS),
    ("transaction.timeout.ms", LETTERS),
    ("enable.gapless.guarantee", LETTERS),
    ("retries", LETTERS),
    ("message.send.max.retries", LETTERS),
    ("max.in.flight", LETTERS),
    ("max.in.flight.requests.per.connection", LETTERS),
    ("queuing.strategy", LETTERS),
    ("delivery.report.only.error", LETTERS),
    ("produce.offset.report", LETTERS),
    ("linger.ms", "dead letters are waited for, so they are not held back"),
    ("queue.buffering.max.ms", "dead letters are waited for, so they are not held back"),
    ("message.max.bytes", "it follows the dead-letter topic's max.message.bytes"),
    ("partitioner", "outcomes go to the partition with the number of their source"),
    ("fetch.message.max.bytes", "it is another name of max.partition.fetch.bytes; use that one"),
    ("test.mock.num.brokers", "it replaces the brokers"),
];
