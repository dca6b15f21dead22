//! The keys, in the order of the page.

mod seen;

use super::{Default, Key, Section};
use crate::config::units::show_duration as show;

use Default::{Absent, Required, Value};

const fn key(name: &'static str, kind: &'static str, default: Default, meaning: &'static str) -> Key {
    Key { name, kind, default, meaning }
}

pub(super) fn sections() -> Vec<Section> {
    vec![
        input(),
        schema(),
        mapping(),
        alipayhk(),
        signing(),
        verify(),
        encryption(),
        quota(),
        retry(),
        delivery(),
        types(),
        output(),
        seen::admin(),
        seen::telemetry(),
    ]
}

fn input() -> Section {
    Section {
        heading: "`[kafka]`",
        about: "What is read, as which group. `[kafka.properties]` takes every other property of librdkafka by its own name, in quotes \
                (`\"security.protocol\" = \"sasl_ssl\"`); see [kafka-security.md](kafka-security.md) for TLS, SASL and tokens.",
        keys: vec![
            key("kafka.bootstrap_servers", "text", Required, "Where to ask for the cluster: `host:port`, several with commas."),
            key("kafka.topics", "list of texts", Required, "The topics to read. Or `topic_pattern` in its place."),
            key(
                "kafka.topic_pattern",
                "text",
                Absent("`topics`"),
                "A regular expression that begins with `^`; every topic that matches is read.",
            ),
            key("kafka.group_id", "text", Required, "The consumer group. Its members share partitions and quota."),
            key(
                "kafka.start",
                "`earliest`, `latest` or `timestamp:…`",
                Absent("`earliest`, but more than 1,000,000 waiting records end the start with a question"),
                "Where a topic without any offset of this group begins. A time is written `timestamp:2026-11-01T00:00:00+08:00`.",
            ),
        ],
    }
}

fn schema() -> Section {
    let registry = "only with `registry_url`";
    Section {
        heading: "`[schema]`",
        about: "How record values are read.",
        keys: vec![
            key(
                "schema.framing",
                "`confluent`, `single_object`, `bare` or `json`",
                Value(|_| "confluent".to_owned()),
                "What stands before the Avro bytes: a schema id of the registry, a fingerprint, or nothing; or plain JSON.",
            ),
            key("schema.registry_url", "address", Absent("required with `confluent`"), "A Confluent-compatible schema registry."),
            key("schema.writer_schema_file", "path", Absent("required with `bare`"), "The schema the records were written with."),
            key("schema.username", "text", Absent(registry), "Basic authentication at the registry."),
            key(
                "schema.password, schema.password_file",
                "secret",
                Absent(registry),
                "Its password. Over plain http to another machine it can be read on the way: that is warned of.",
            ),
            key("schema.token, schema.token_file", "secret", Absent(registry), "A bearer token in their place."),
            key("schema.ca_file", "path", Absent("the system's"), "PEM certificates: the only authorities to trust there."),
        ],
    }
}

fn mapping() -> Section {
    Section {
        heading: "`[[mapping]]`",
        about: "Topics in another shape than schemas/order_event.avsc; the first that takes a record wins. [mapping.md](mapping.md) has every word.",
        keys: vec![
            key("mapping.topics", "list of texts", Absent("every topic"), "Which topics it is for."),
            key("mapping.record", "text", Absent("every record"), "Which records, by the Avro full name of the writer's."),
            key("mapping.when", "list of tables", Absent("always"), "Conditions that must all hold; otherwise the record is skipped."),
            key(
                "mapping.fields",
                "table",
                Required,
                "For each field of an order where it comes from: a path, a constant, a value map, a unit.",
            ),
        ],
    }
}

fn alipayhk() -> Section {
    Section {
        heading: "`[alipayhk]`",
        about: "Where calls go and who we are there.",
        keys: vec![
            key(
                "alipayhk.base_url",
                "address",
                Required,
                "Scheme and host. `http://` only to this machine. AlipayHK names its test host when it gives you the client id.",
            ),
            key("alipayhk.client_id", "text", Required, "Issued by AlipayHK."),
            key(
                "alipayhk.environment",
                "text, at most 64 characters",
                Absent("empty"),
                "A word of your own, shown on the page, in metrics and in dead letters.",
            ),
            key("alipayhk.timeout", "duration", Value(|config| show(config.alipayhk.timeout)), "The whole call. At most `delivery.drain`."),
            key(
                "alipayhk.connect_timeout",
                "duration",
                Value(|config| show(config.alipayhk.connect_timeout)),
                "The part of it in which the connection is made.",
            ),
            key("alipayhk.ca_file", "path", Absent("the system's"), "PEM certificates: the only authorities to trust there."),
            key(
                "alipayhk.proxy, alipayhk.proxy_file",
                "secret address",
                Absent("none; those of the environment are ignored"),
                "A proxy to go through.",
            ),
            key("alipayhk.hold_file", "path", Absent("none"), "While this file exists nothing is sent and nothing is lost."),
        ],
    }
}

fn signing() -> Section {
    let ecc = "only with `ECC224`";
    Section {
        heading: "`[alipayhk.signing]`",
        about: "Our key; [keys.md](keys.md) tells how to make, give and exchange it.",
        keys: vec![
            key(
                "alipayhk.signing.algorithm",
                "`RSA256` or `ECC224`",
                Value(|config| config.alipayhk.keys.algorithm.name().as_str().to_owned()),
                "How requests are signed and answers verified.",
            ),
            key("alipayhk.signing.hash", "`sha256` or `sha224`", Absent("`sha256`"), ecc),
            key("alipayhk.signing.encoding", "`der` or `raw`", Absent("`der`"), ecc),
            key(
                "alipayhk.signing.private_key_file",
                "path",
                Required,
                "PKCS#8, PKCS#1 or SEC1, as PEM or bare base64; RSA of at least 2,048 bits, or P-224. Refused when every user of the machine can read it.",
            ),
            key("alipayhk.signing.key_version", "whole number", Required, "The version AlipayHK gave our public key."),
        ],
    }
}

fn verify() -> Section {
    Section {
        heading: "`[[alipayhk.verify_keys]]`",
        about: "AlipayHK's keys, at least one, several during a rotation. Without a signature that one of them verifies no answer counts.",
        keys: vec![
            key("alipayhk.verify_keys.public_key_file", "path", Required, "SPKI or PKCS#1, as PEM or bare base64."),
            key(
                "alipayhk.verify_keys.key_version",
                "whole number",
                Required,
                "Its version. An answer that names none that is configured is tried with each, in order, and counted.",
            ),
        ],
    }
}

fn encryption() -> Section {
    let pair = "the keys of the signature; required with `ECC224`";
    Section {
        heading: "`[alipayhk.encryption]`",
        about: "Seals bodies. Leave it away unless AlipayHK asks for it, and have it confirm every line: no public page defines it ([keys.md](keys.md)).",
        keys: vec![
            key(
                "alipayhk.encryption.profile",
                "`aes-256-gcm` or `aes-ecb-pkcs7`",
                Absent("required when the table is there"),
                "The cipher.",
            ),
            key("alipayhk.encryption.key_bits", "256 or 128", Absent("256"), "128 only with `aes-ecb-pkcs7`."),
            key(
                "alipayhk.encryption.wrap",
                "`pkcs1` or `oaep`",
                Absent("`pkcs1`"),
                "How the symmetric key is wrapped; OAEP with SHA-256, for MGF1 too.",
            ),
            key("alipayhk.encryption.content_type", "`text` or `json`", Absent("`text`"), "What a sealed body calls itself."),
            key("alipayhk.encryption.public_key_file", "path", Absent(pair), "AlipayHK's RSA key, for which requests are sealed."),
            key("alipayhk.encryption.private_key_file", "path", Absent(pair), "Our RSA key, which opens sealed answers."),
            key(
                "alipayhk.encryption.key_version",
                "whole number",
                Absent("that of the first verify key"),
                "The version of the key that requests are sealed for.",
            ),
        ],
    }
}

fn quota() -> Section {
    Section {
        heading: "`[quota]`",
        about: "What AlipayHK grants the client id, all instances together: each takes the part that its partitions are of all.",
        keys: vec![
            key(
                "quota.requests_per_second",
                "number",
                Value(|config| config.quota.requests_per_second.to_string()),
                "Calls a second; a fraction is fine. A change never refills the bucket.",
            ),
            key(
                "quota.reserve_per_second",
                "number",
                Value(|config| config.quota.reserve_per_second.to_string()),
                "The part that the pipeline leaves to replays by hand.",
            ),
            key(
                "quota.max_in_flight",
                "whole number",
                Value(|config| config.quota.max_in_flight.to_string()),
                "Calls of one instance at the same time.",
            ),
        ],
    }
}

fn retry() -> Section {
    Section {
        heading: "`[retry]`",
        about: "The waits after an undecided call: at random below a ceiling that doubles from one to the other. Body and `requestId` stay the same.",
        keys: vec![
            key("retry.initial", "duration", Value(|config| show(config.retry.initial)), "The first ceiling."),
            key("retry.max", "duration", Value(|config| show(config.retry.max)), "The last; it also caps `Retry-After`."),
        ],
    }
}

fn delivery() -> Section {
    Section {
        heading: "`[delivery]`",
        about: "How records become calls and commits.",
        keys: vec![
            key(
                "delivery.late_apply",
                "duration",
                Value(|config| show(config.delivery.late_apply)),
                "How long AlipayHK may still apply a call after our deadline. `0s` trusts its order control by `orderModifyTime`.",
            ),
            key(
                "delivery.drain",
                "duration",
                Value(|config| show(config.delivery.drain)),
                "The longest wait for open calls when partitions move and at the end. From `alipayhk.timeout` to half of the session.",
            ),
            key(
                "delivery.history",
                "whole number",
                Value(|config| config.delivery.history.to_string()),
                "Offsets read before the committed one, per partition, to learn what each order has had.",
            ),
            key(
                "delivery.max_open_records",
                "whole number",
                Value(|config| config.delivery.max_open_records.to_string()),
                "Records open in memory; each partition of the subscription gets an equal part.",
            ),
            key(
                "delivery.max_open_bytes",
                "size",
                Value(|config| format!("{}MiB", config.delivery.max_open_bytes >> 20)),
                "The same in bytes.",
            ),
            key(
                "delivery.remembered_orders",
                "whole number",
                Value(|config| config.delivery.remembered_orders.to_string()),
                "Orders at rest whose last decision is kept, 32 bytes each.",
            ),
            key("delivery.max_age", "duration", Absent("off"), "Older records are skipped."),
            key(
                "delivery.stall_after",
                "duration",
                Value(|config| show(config.delivery.stall_after)),
                "A partition that could go on and does not is reported and helped after this time.",
            ),
            key(
                "delivery.on_undecided",
                "`retry`, `park_when_blocking` or `{ park_after, attempts }`",
                Value(|_| "retry".to_owned()),
                "What becomes of one order that stays undecided while others succeed: tried for ever, parked once it alone holds more than half of its partition's window, or parked after a time and attempts.",
            ),
            key(
                "delivery.unsupported_business",
                "`gate` or `park`",
                Value(|_| "gate".to_owned()),
                "What UN_SUPPORT_BUSINESS does: holds the orders of that type back, or puts them into the dead-letter topic.",
            ),
        ],
    }
}

fn types() -> Section {
    let built_in = "the built-in table";
    Section {
        heading: "`[business_types.TYPE]`",
        about: "One table per type, for what differs from the built-in ones: PASS_TICKET, ALIPAY_COUPON, GIFT_CARD_COUPON, CHARGING_PILE, \
                MOVIE_TICKET, LINE_UP, RIDE_HAILING, SELF_PICK, TRAIN_TICKET.\n\n\
                `strict` judges a step when its turn comes, by the status that was accepted last; until then it waits behind what is allowed. After a \
                restart or a\nrebalance it does not judge what the former owner of the partition may have sent: there the newest modification counts, as in \
                `observe`\n([ADR 29](adr/0029-strict-does-not-judge-what-was-left.md)).",
        keys: vec![
            key(
                "business_types.TYPE.mode",
                "`observe` or `strict`",
                Value(|_| "observe".to_owned()),
                "What breaks a rule of the table is counted and sent, or parked before the call.",
            ),
            key(
                "business_types.TYPE.never_collapse",
                "list of texts",
                Absent(built_in),
                "Statuses that always reach AlipayHK; takes the place of the built-in list (`TICKETED` for tickets and coupons).",
            ),
            key("business_types.TYPE.extra_statuses", "list of texts", Absent("none"), "Statuses beside the built-in ones."),
            key(
                "business_types.TYPE.required",
                "table of lists",
                Absent("none"),
                "Paths that must be there, by status: `{ TICKETED = [\"extInfo.start_time\"] }`.",
            ),
        ],
    }
}

fn output() -> Section {
    Section {
        heading: "`[dead_letter]` and `[outcomes]`",
        about: "Topics that are written to. They have to exist and to be none of those that are read.",
        keys: vec![
            key("dead_letter.topic", "text", Required, "Where records go that cannot be sent, with the reason."),
            key("outcomes.topic", "text", Absent("off"), "What became of each record. At least as many partitions as the source topics."),
        ],
    }
}
