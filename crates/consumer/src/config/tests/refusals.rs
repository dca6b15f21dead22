use super::Place;

/// Keys to leave away, TOML to lay over the least that is needed, the key that the error has to begin with, and a part of what it says.
type Case = (&'static [&'static str], &'static str, &'static str, &'static str);

fn refused(cases: &[Case]) {
    let place = Place::new();
    for (without, over, key, says) in cases {
        let error = match place.changed(without, over, &[]) {
            Ok(_) => panic!("accepted without {without:?}, with {over}"),
            Err(error) => error,
        };
        assert_eq!(error.key(), *key, "{error}");
        assert!(error.to_string().contains(says), "{error}\n  does not say: {says}");
        assert!(!error.to_string().contains('\n') && !error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn names_that_do_not_exist_are_refused() {
    refused(&[
        (&[], "colour = 1", "colour", "known here: kafka, schema"),
        (&[], "[kafk]\n", "kafk", "did you mean \"kafka\"?"),
        (&[], "[kafka]\ngroupid = \"x\"", "kafka.groupid", "did you mean \"group_id\"?"),
        (&["kafka.group_id"], "[kafka]\ngroup = \"x\"", "kafka.group", "is not a key"),
        (&[], "[alipayhk.signing]\nkey = \"x\"", "alipayhk.signing.key", "is not a key"),
        (&[], "[[alipayhk.verify_keys]]\nfile = \"x\"", "alipayhk.verify_keys[0].file", "is not a key"),
        (&[], "[alipayhk.encryption]\nalgorithm = \"x\"", "alipayhk.encryption.algorithm", "is not a key"),
        (&[], "[dead_letter]\ntopics = \"x\"", "dead_letter.topics", "did you mean \"topic\"?"),
        (&[], "[outcomes]\ntopik = \"x\"", "outcomes.topik", "did you mean \"topic\"?"),
        (&[], "[delivery]\non_undecided = { park_after = \"1m\", tries = 1 }", "delivery.on_undecided.tries", "is not a key"),
        (&[], "[business_types.MOVIE]\n", "business_types.MOVIE", "is not a key"),
        (&[], "[business_types.LINE_UP]\nstrict = true", "business_types.LINE_UP.strict", "is not a key"),
    ]);
}

#[test]
fn what_is_needed_and_missing_is_named() {
    refused(&[
        (&["kafka"], "", "kafka.bootstrap_servers", "is missing"),
        (&["kafka.bootstrap_servers"], "", "kafka.bootstrap_servers", "host:port"),
        (&["kafka.topics"], "", "kafka.topics", "kafka.topic_pattern"),
        (&["kafka.group_id"], "", "kafka.group_id", "is missing"),
        (&["schema"], "", "schema.registry_url", "schema.framing is \"confluent\""),
        (&["schema"], "[schema]\nframing = \"bare\"", "schema.writer_schema_file", "is missing"),
        (&["alipayhk"], "", "alipayhk.base_url", "is missing"),
        (&["alipayhk.client_id"], "", "alipayhk.client_id", "is missing"),
        (&["alipayhk.signing"], "", "alipayhk.signing.private_key_file", "is missing"),
        (&["alipayhk.signing.private_key_file"], "", "alipayhk.signing.private_key_file", "is missing"),
        (&["alipayhk.signing.key_version"], "", "alipayhk.signing.key_version", "is missing"),
        (&["alipayhk.verify_keys"], "", "alipayhk.verify_keys", "at least one"),
        (&["alipayhk.verify_keys"], "[alipayhk]\nverify_keys = []", "alipayhk.verify_keys", "at least one"),
        (&[], "[[alipayhk.verify_keys]]\nkey_version = 1", "alipayhk.verify_keys[0].public_key_file", "is missing"),
        (&[], "[[alipayhk.verify_keys]]\npublic_key_file = \"keys/alipayhk.pub.pem\"", "alipayhk.verify_keys[0].key_version", "is missing"),
        (&["dead_letter"], "", "dead_letter.topic", "is missing"),
        (&[], "[outcomes]\n", "outcomes.topic", "is missing"),
        (&[], "[alipayhk.encryption]\n", "alipayhk.encryption.profile", "\"aes-256-gcm\""),
    ]);
}

#[test]
fn who_may_see_the_pages_is_said_in_a_way_that_holds() {
    refused(&[
        (&[], "[admin]\nlisten = \"0.0.0.0:8080\"", "admin.listen", "only loopback"),
        (&[], "[admin]\nlisten = \"[::]:8080\"", "admin.listen", "admin.token_file"),
        (&[], "[admin]\ntoken = \"hunter2hunter2hunter2ü\"", "admin.token", "a header cannot carry"),
        (&[], "[admin]\ntoken = \"hunter2hunter2hunter2\"\ntoken_file = \"password\"", "admin.token_file", "keep one of them"),
        (&[], "[admin]\ntls_cert_file = \"ca.pem\"", "admin.tls_key_file", "is missing"),
        (&[], "[admin]\ntls_key_file = \"keys/merchant.pem\"", "admin.tls_cert_file", "is missing"),
        (&[], "[admin]\ntls_client_ca_file = \"ca.pem\"", "admin.tls_client_ca_file", "needs TLS"),
        (&[], "[admin]\ntls_cert_file = \"password\"\ntls_key_file = \"keys/merchant.pem\"", "admin.tls_cert_file", "no usable PEM"),
        (&[], "[admin]\ntls_cert_file = \"ca.pem\"\ntls_key_file = \"keys/open.pem\"", "admin.tls_key_file", "chmod 600"),
        (&[], "[admin]\ntls_cert_file = \"ca.pem\"\ntls_key_file = \"keys/ecc.pem\"", "admin.tls_cert_file", "do not make a certificate"),
        (&[], "[admin]\ntls_cert_file = \"ca.pem\"\ntls_key_file = \"password\"", "admin.tls_key_file", "no private key"),
        (&[], "[admin]\nca_file = \"password\"", "admin.ca_file", "no usable PEM"),
        (&[], "[admin]\nclient_cert_file = \"ca.pem\"", "admin.client_key_file", "is missing"),
        (&[], "[admin]\nclient_key_file = \"keys/merchant.pem\"", "admin.client_cert_file", "is missing"),
        (&[], "[admin]\nclient_cert_file = \"ca.pem\"\nclient_key_file = \"keys/open.pem\"", "admin.client_key_file", "chmod 600"),
    ]);
}

#[test]
fn values_of_another_kind_are_refused() {
    refused(&[
        (&[], "kafka = 1", "kafka", "is not a table"),
        (&[], "[alipayhk]\nverify_keys = { key_version = 1 }", "alipayhk.verify_keys", "[[alipayhk.verify_keys]]"),
        (&[], "[kafka]\ngroup_id = 7", "kafka.group_id", "expected text"),
        (&[], "[kafka]\ngroup_id = \" \"", "kafka.group_id", "is empty"),
        (&[], "[kafka]\ntopics = \"orders\"", "kafka.topics", "is not a list of texts"),
        (&[], "[kafka]\ntopics = [1]", "kafka.topics", "is not a list of texts"),
        (&[], "[kafka]\nproperties = 1", "kafka.properties", "is not a table"),
        (&[], "[alipayhk]\ntimeout = 15", "alipayhk.timeout", "\"15s\""),
        (&[], "[alipayhk]\ntimeout = \"15\"", "alipayhk.timeout", "\"15s\""),
        (&[], "[alipayhk]\ntimeout = \"0s\"", "alipayhk.timeout", "longer than zero"),
        (&[], "[alipayhk.signing]\nkey_version = -1", "alipayhk.signing.key_version", "whole number"),
        (&[], "[alipayhk.signing]\nkey_version = \"1\"", "alipayhk.signing.key_version", "whole number"),
        (&[], "[quota]\nrequests_per_second = \"20\"", "quota.requests_per_second", "is not a number"),
        (&[], "[quota]\nrequests_per_second = nan", "quota.requests_per_second", "is not a number"),
        (&[], "[delivery]\nhistory = 1.5", "delivery.history", "whole number"),
        (&[], "[delivery]\nmax_open_bytes = \"512\"", "delivery.max_open_bytes", "\"512MiB\""),
        (&[], "[business_types]\nLINE_UP = 1", "business_types.LINE_UP", "is not a table"),
    ]);
}

#[test]
fn kafka_s_own_keys_are_checked() {
    refused(&[
        (&[], "[kafka]\nbootstrap_servers = \"broker\"", "kafka.bootstrap_servers", "host:port"),
        (&[], "[kafka]\nbootstrap_servers = \"a:9092,b:port\"", "kafka.bootstrap_servers", "b:port"),
        (&[], "[kafka]\ntopics = []", "kafka.topics", "at least one"),
        (&[], "[kafka]\ntopics = [\"a\", \"a\"]", "kafka.topics", "twice"),
        (&[], "[kafka]\ntopics = [\"a b\"]", "kafka.topics", "topic name"),
        (&[], "[kafka]\ntopics = [\"^orders\"]", "kafka.topics", "kafka.topic_pattern"),
        (&[], "[kafka]\ntopics = [\"\"]", "kafka.topics", "empty"),
        (&[], "[kafka]\ntopic_pattern = \"^orders\"", "kafka.topic_pattern", "beside kafka.topics"),
        (&["kafka.topics"], "[kafka]\ntopic_pattern = \"orders\"", "kafka.topic_pattern", "'^'"),
        (&["kafka.topics"], "[kafka]\ntopic_pattern = \"^orders(\"", "kafka.topic_pattern", "regular expression"),
        (&[], "[kafka]\nstart = \"beginning\"", "kafka.start", "\"earliest\", \"latest\""),
        (&[], "[dead_letter]\ntopic = \"orders\"", "dead_letter.topic", "also read, by kafka.topics"),
        (&["kafka.topics"], "[kafka]\ntopic_pattern = \"^orders\"", "dead_letter.topic", "also read, by kafka.topic_pattern"),
        (&[], "[dead_letter]\ntopic = \"orders dlq\"", "dead_letter.topic", "topic name"),
        (&[], "[outcomes]\ntopic = \"orders\"", "outcomes.topic", "also read"),
        (&[], "[outcomes]\ntopic = \"orders.dlq\"", "outcomes.topic", "dead_letter.topic"),
    ]);
}

#[test]
fn addresses_are_checked() {
    refused(&[
        (&[], "[alipayhk]\nbase_url = \"http://open.alipay.hk\"", "alipayhk.base_url", "only accepted to loopback"),
        (&[], "[alipayhk]\nbase_url = \"open.alipay.hk\"", "alipayhk.base_url", "is no address"),
        (&[], "[alipayhk]\nbase_url = \"https://open.alipay.hk/api\"", "alipayhk.base_url", "path"),
        (&[], "[alipayhk]\nbase_url = \"https://u:hunter2@open.alipay.hk\"", "alipayhk.base_url", "user name or password"),
        (&[], "[alipayhk]\nbase_url = \"https://open.alipay.hk?x=1\"", "alipayhk.base_url", "query"),
        (&[], "[alipayhk]\nproxy = \"socks5://a:1\"", "alipayhk.proxy", "proxy address"),
        (&[], "[alipayhk]\nproxy = \"http://u:hunter2@\"", "alipayhk.proxy", "proxy address"),
        (&[], "[alipayhk]\nproxy = \"http://a:1\"\nproxy_file = \"password\"", "alipayhk.proxy_file", "keep one"),
        (&[], "[alipayhk]\nca_file = \"password\"", "alipayhk.ca_file", "no usable PEM certificate"),
        (&[], "[alipayhk]\nca_file = \"nowhere\"", "alipayhk.ca_file", "cannot be read"),
        (&[], "[alipayhk]\nclient_id = \"a b\"", "alipayhk.client_id", "client id"),
        (&[], "[alipayhk]\nenvironment = \"a\\nb\"", "alipayhk.environment", "control characters"),
        (&[], "[schema]\nregistry_url = \"registry:8081\"", "schema.registry_url", "is no address"),
        (&[], "[schema]\nusername = \"u\"", "schema.password_file", "is missing"),
        (&[], "[schema]\npassword_file = \"password\"", "schema.username", "is missing"),
        (&[], "[schema]\nusername = \"u\"\npassword_file = \"nowhere\"", "schema.password_file", "cannot be read"),
        (&[], "[schema]\nusername = \"u\"\npassword_file = \"empty\"", "schema.password_file", "is empty"),
        (&[], "[schema]\nusername = \"u\"\npassword_file = \"password\"\ntoken = \"t\"", "schema.token", "keep one way"),
        (
            &["schema.registry_url"],
            "[schema]\nframing = \"bare\"\nwriter_schema_file = \"order.avsc\"\nca_file = \"ca.pem\"",
            "schema.ca_file",
            "without schema.registry_url",
        ),
        (&[], "[schema]\nframing = \"avro\"", "schema.framing", "\"confluent\""),
        (&[], "[schema]\nframing = \"bare\"\nwriter_schema_file = \"ca.pem\"", "schema.writer_schema_file", "no Avro schema"),
        (&[], "[schema]\nwriter_schema_file = \"order.avsc\"", "schema.writer_schema_file", "of no use"),
        (&[], "[admin]\nlisten = \"8080\"", "admin.listen", "\"127.0.0.1:8080\""),
        (&[], "[admin]\nhosts = [\"a/b\"]", "admin.hosts", "host name"),
        (&[], "[telemetry]\notlp_endpoint = \"collector:4317\"", "telemetry.otlp_endpoint", "is no address"),
        (&[], "[telemetry]\notlp_protocol = \"udp\"", "telemetry.otlp_protocol", "\"grpc\" or \"http\""),
        (&[], "[telemetry]\nsample_ratio = 1.5", "telemetry.sample_ratio", "0 to 1"),
        (&[], "[telemetry]\nlog_format = \"xml\"", "telemetry.log_format", "\"text\" or \"json\""),
        (&[], "[telemetry]\nlog_level = \"loud\"", "telemetry.log_level", "loud"),
    ]);
}

#[test]
fn keys_are_checked() {
    let private = "alipayhk.signing.private_key_file";
    let public = "alipayhk.verify_keys[0].public_key_file";
    refused(&[
        (&[], "[alipayhk.signing]\nprivate_key_file = \"nowhere\"", private, "cannot be read"),
        (&[], "[alipayhk.signing]\nprivate_key_file = \"keys\"", private, "is not a file"),
        (&[], "[alipayhk.signing]\nprivate_key_file = \"keys/open.pem\"", private, "mode 0604"),
        (&[], "[alipayhk.signing]\nprivate_key_file = \"keys/short.pem\"", private, "1024 bits; at least 2048"),
        (&[], "[alipayhk.signing]\nprivate_key_file = \"keys/locked.pem\"", private, "is encrypted"),
        (&[], "[alipayhk.signing]\nprivate_key_file = \"password\"", private, "neither PEM"),
        (&[], "[alipayhk.signing]\nprivate_key_file = \"keys/ecc.pem\"", private, "cannot be used with RSA256"),
        (&[], "[alipayhk.signing]\nalgorithm = \"ECC224\"", private, "cannot be used with ECC224"),
        (&[], "[alipayhk.signing]\nalgorithm = \"RS256\"", "alipayhk.signing.algorithm", "\"RSA256\" or \"ECC224\""),
        (&[], "[alipayhk.signing]\nhash = \"sha256\"", "alipayhk.signing.hash", "belongs to ECC224"),
        (&[], "[[alipayhk.verify_keys]]\npublic_key_file = \"keys/short.pub.pem\"\nkey_version = 1", public, "1024 bits"),
        (&[], "[[alipayhk.verify_keys]]\npublic_key_file = \"keys/ecc.pub.pem\"\nkey_version = 1", public, "cannot be used with RSA256"),
        (&[], "[[alipayhk.verify_keys]]\npublic_key_file = \"keys/merchant.pem\"\nkey_version = 1", public, "is a private key"),
        (
            &[],
            "[[alipayhk.verify_keys]]\npublic_key_file = \"keys/alipayhk.pub.pem\"\nkey_version = 1\n[[alipayhk.verify_keys]]\npublic_key_file = \"keys/alipayhk.pub.pem\"\nkey_version = 1",
            "alipayhk.verify_keys[1].key_version",
            "also the version",
        ),
    ]);
}

#[test]
fn sealing_needs_rsa_and_whole_pairs() {
    let ecc = "[alipayhk.signing]\nalgorithm = \"ECC224\"\nprivate_key_file = \"keys/ecc.pem\"\n[[alipayhk.verify_keys]]\npublic_key_file = \"keys/ecc.pub.pem\"\nkey_version = 1\n[alipayhk.encryption]\nprofile = \"aes-256-gcm\"\n";
    refused(&[
        (&[], ecc, "alipayhk.encryption.public_key_file", "an RSA pair of its own"),
        (&[], "[alipayhk.encryption]\nprofile = \"aes-cbc\"", "alipayhk.encryption.profile", "\"aes-ecb-pkcs7\""),
        (&[], "[alipayhk.encryption]\nprofile = \"aes-256-gcm\"\nkey_bits = 128", "alipayhk.encryption.key_bits", "256"),
        (&[], "[alipayhk.encryption]\nprofile = \"aes-ecb-pkcs7\"\nkey_bits = 192", "alipayhk.encryption.key_bits", "128 or 256"),
        (&[], "[alipayhk.encryption]\nprofile = \"aes-256-gcm\"\nwrap = \"none\"", "alipayhk.encryption.wrap", "\"pkcs1\" or \"oaep\""),
        (
            &[],
            "[alipayhk.encryption]\nprofile = \"aes-256-gcm\"\npublic_key_file = \"keys/alipayhk.pub.pem\"",
            "alipayhk.encryption.private_key_file",
            "other half",
        ),
        (
            &[],
            "[alipayhk.encryption]\nprofile = \"aes-256-gcm\"\nprivate_key_file = \"keys/merchant.pem\"",
            "alipayhk.encryption.public_key_file",
            "other half",
        ),
        (
            &[],
            "[alipayhk.encryption]\nprofile = \"aes-256-gcm\"\npublic_key_file = \"keys/ecc.pub.pem\"\nprivate_key_file = \"keys/merchant.pem\"",
            "alipayhk.encryption.public_key_file",
            "is no RSA key",
        ),
    ]);
}

#[test]
fn quota_retry_and_delivery_are_checked() {
    refused(&[
        (&[], "[quota]\nrequests_per_second = 0", "quota.requests_per_second", "above 0"),
        (&[], "[quota]\nrequests_per_second = -1.5", "quota.requests_per_second", "above 0"),
        (&[], "[quota]\nreserve_per_second = 20", "quota.reserve_per_second", "quota.requests_per_second (20)"),
        (&[], "[quota]\nreserve_per_second = -1", "quota.reserve_per_second", "0 or more"),
        (&[], "[quota]\nmax_in_flight = 0", "quota.max_in_flight", "from 1"),
        (&[], "[retry]\ninitial = \"2m\"", "retry.max", "retry.initial (2m)"),
        (&[], "[retry]\ninitial = \"0s\"", "retry.initial", "longer than zero"),
        (&[], "[delivery]\nmax_open_records = 0", "delivery.max_open_records", "from 1"),
        (&[], "[delivery]\nmax_open_bytes = \"0B\"", "delivery.max_open_bytes", "larger than zero"),
        (&[], "[delivery]\nremembered_orders = 0", "delivery.remembered_orders", "from 1"),
        (&[], "[delivery]\nmax_age = \"0d\"", "delivery.max_age", "longer than zero"),
        (&[], "[delivery]\nstall_after = \"0s\"", "delivery.stall_after", "longer than zero"),
        (&[], "[delivery]\non_undecided = \"park\"", "delivery.on_undecided", "\"park_when_blocking\""),
        (&[], "[delivery]\non_undecided = 1", "delivery.on_undecided", "\"retry\""),
        (&[], "[delivery]\non_undecided = { attempts = 1 }", "delivery.on_undecided.park_after", "\"15s\""),
        (&[], "[delivery]\non_undecided = { park_after = \"1m\" }", "delivery.on_undecided.attempts", "above 0"),
        (&[], "[delivery]\nunsupported_business = \"skip\"", "delivery.unsupported_business", "\"gate\" or \"park\""),
    ]);
}

#[test]
fn business_types_are_checked() {
    refused(&[
        (&[], "[business_types.LINE_UP]\nmode = \"loose\"", "business_types.LINE_UP.mode", "\"observe\" or \"strict\""),
        (&[], "[business_types.LINE_UP]\nnever_collapse = [\"NONSENSE\"]", "business_types.LINE_UP.never_collapse", "no status NONSENSE"),
        (
            &[],
            "[business_types.LINE_UP]\nextra_statuses = [\"A2345678901234567890123456789012X\"]",
            "business_types.LINE_UP.extra_statuses",
            "1 to 32",
        ),
        (&[], "[business_types.LINE_UP]\nrequired = [\"x\"]", "business_types.LINE_UP.required", "table of lists"),
        (&[], "[business_types.LINE_UP]\nrequired = { FINISHED = [1] }", "business_types.LINE_UP.required.FINISHED", "dotted paths"),
        (&[], "[business_types.LINE_UP]\nrequired = { FINISHED = [\"nonsense\"] }", "business_types.LINE_UP.required", "no path"),
        (&[], "[business_types.LINE_UP]\nrequired = { NONSENSE = [\"extInfo.a\"] }", "business_types.LINE_UP.required", "no status"),
    ]);
}

#[test]
fn times_have_to_fit_each_other() {
    let session = "kafka.properties.\"session.timeout.ms\" (45s)";
    refused(&[
        (&[], "[alipayhk]\nconnect_timeout = \"20s\"", "alipayhk.connect_timeout", "alipayhk.timeout (15s)"),
        (&[], "[alipayhk]\ntimeout = \"21s\"", "alipayhk.timeout", "delivery.drain (20s)"),
        (&[], "[delivery]\ndrain = \"14s\"", "alipayhk.timeout", "delivery.drain (14s)"),
        (&[], "[delivery]\ndrain = \"23s\"", "delivery.drain", session),
        (&[], "[delivery]\nlate_apply = \"13s\"", "alipayhk.timeout", "delivery.late_apply (13s)"),
        (
            &[],
            "[kafka.properties]\n\"heartbeat.interval.ms\" = 16000",
            "alipayhk.timeout",
            "kafka.properties.\"heartbeat.interval.ms\" (16s)",
        ),
        (&[], "[kafka.properties]\n\"session.timeout.ms\" = 20000", "alipayhk.timeout", "delivery.drain (10s)"),
        (
            &[],
            "[kafka.properties]\n\"max.poll.interval.ms\" = 59999",
            "kafka.properties.\"max.poll.interval.ms\"",
            "delivery.drain (20s) + 40s",
        ),
    ]);
    let place = Place::new();
    for over in ["[delivery]\nlate_apply = \"12s\"", "[delivery]\ndrain = \"22s\"", "[kafka.properties]\n\"max.poll.interval.ms\" = 60000"]
    {
        place.changed(&[], over, &[]).unwrap();
    }
}

#[test]
fn every_rule_of_the_times_names_every_key_that_could_be_changed() {
    let session = "kafka.properties.\"session.timeout.ms\"";
    let poll = "[kafka.properties]\n\"session.timeout.ms\" = 120000\n\"max.poll.interval.ms\" = 119000\n[delivery]\ndrain = \"20s\"";
    let rules: &[(&str, &[&str])] = &[
        ("[alipayhk]\ntimeout = \"21s\"", &["alipayhk.timeout", "is 21s", "delivery.drain (20s)", session, "(45s)"]),
        ("[delivery]\ndrain = \"23s\"", &["delivery.drain", "is 23s", session, "(45s)"]),
        (
            "[delivery]\nlate_apply = \"13s\"",
            &["alipayhk.timeout (15s)", "delivery.late_apply (13s)", "kafka.properties.\"heartbeat.interval.ms\" (3s)", session, "(45s)"],
        ),
        ("[kafka.properties]\n\"max.poll.interval.ms\" = 59999", &["max.poll.interval.ms", "delivery.drain (20s)", session, "(45s)"]),
        // librdkafka's own rule.
        (poll, &["kafka.properties", "max.poll.interval.ms", "session.timeout.ms"]),
        ("[alipayhk]\nconnect_timeout = \"20s\"", &["alipayhk.connect_timeout", "is 20s", "alipayhk.timeout (15s)"]),
    ];
    let place = Place::new();
    for (over, named) in rules {
        let error = place.changed(&[], over, &[]).unwrap_err().to_string();
        for name in *named {
            assert!(error.contains(name), "{name}: {error}");
        }
    }
}
