//! Who may see the admin pages: token, TLS, client certificates; and how `status` and `explain` ask.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use order_sync_tests::avro::Order;
use order_sync_tests::config::Config;
use order_sync_tests::order_sync::OrderSync;
use order_sync_tests::tls::Authority;
use order_sync_tests::wait::{PATIENCE, block_on, until};
use reqwest::{Certificate, Client, Identity};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::world::World;

const TOKEN: &str = "e2e-canary-token-0123456789";
/// Probes and metrics; and what is for those who may see more.
const OPEN: [&str; 2] = ["/livez", "/metrics"];
const GUARDED: [&str; 5] = ["/", "/api/state", "/api/page", "/api/orders/E2E-1", "/nothing"];
/// The page without its figures, which asks for the token.
const FRAME: [&str; 3] = ["/page.css", "/page.js", "/page.svg"];

/// The status of a GET; the error's text when there was no answer.
fn asked(client: &Client, url: &str, authorization: Option<&str>) -> Result<u16, String> {
    let request = authorization.iter().fold(client.get(url), |request, value| request.header("authorization", *value));
    block_on(async { request.send().await.map(|answer| answer.status().as_u16()).map_err(|error| format!("{error:?}")) })
}

fn client(authority: Option<&Path>, identity: Option<&Path>) -> Client {
    let mut builder = Client::builder().no_proxy().timeout(Duration::from_secs(10)).pool_max_idle_per_host(0);
    if let Some(path) = authority {
        builder = builder.tls_certs_only([Certificate::from_pem(&fs::read(path).unwrap()).unwrap()]);
    }
    if let Some(path) = identity {
        builder = builder.identity(Identity::from_pem(&fs::read(path).unwrap()).unwrap());
    }
    builder.build().unwrap()
}

/// An authority `ca`, one `other` that nobody believes, and a key pair of each: `page`, `operator`, `stranger`.
fn certificates() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (ca, other) = (Authority::new(folder.path(), "ca"), Authority::new(folder.path(), "other"));
    ca.sign("page");
    ca.sign("operator");
    other.sign("stranger");
    for key in ["page.key", "operator.key", "stranger.key"] {
        fs::set_permissions(folder.path().join(key), fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

fn encrypted(config: Config, folder: &Path) -> Config {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    config.set("admin.tls_cert_file", path("page.pem")).set("admin.tls_key_file", path("page.key"))
}

/// What a process says by `status`: its answer, or why there is none.
fn told(config: &Config, run: &OrderSync) -> Json {
    let finished = OrderSync::command(config, &["status", "--json", "--instance", &run.admin()]);
    assert_eq!(finished.code, 0, "{}", finished.errors);
    serde_json::from_str::<Json>(&finished.output).unwrap()["instances"][0].take()
}

#[test]
fn beyond_loopback_nobody_listens_without_a_token_or_client_certificates() {
    let world = World::new("admin-beyond", 1);
    let refused = OrderSync::command(&world.config().set("admin.listen", "0.0.0.0:0"), &["run"]);
    assert_eq!((refused.code, refused.errors.lines().count()), (2, 1), "{}", refused.errors);
    assert!(refused.errors.contains("admin.listen") && refused.errors.contains("admin.token_file"), "{}", refused.errors);
    let folder = certificates();
    let without_authority = encrypted(world.config(), folder.path()).set("admin.listen", "0.0.0.0:0");
    assert_eq!(OrderSync::command(&without_authority, &["run"]).code, 2, "TLS alone knows nobody");
}

#[test]
fn with_a_token_only_probes_and_metrics_are_for_everybody() {
    let world = World::new("admin-token", 1);
    world.orders.write(Order::new("E2E-1").ext_info("{\"start_time\": 1}").record(world.schema));
    let config = world.config().set("admin.token", TOKEN);
    let run = OrderSync::start(&config);
    let client = client(None, None);
    let status = |path: &str, shown: Option<&str>| asked(&client, &format!("http://{}{path}", run.admin()), shown);
    until("it is ready, for everybody", PATIENCE, || match status("/readyz", None)? {
        200 => Ok(()),
        other => Err(other.to_string()),
    });
    let (bearer, basic) = (format!("Bearer {TOKEN}"), format!("Basic {}", STANDARD.encode(format!("me:{TOKEN}"))));
    let longer = format!("Bearer {TOKEN}x");
    for path in GUARDED {
        for wrong in [None, Some("Bearer e2e-canary-token-0123456788"), Some(longer.as_str()), Some(TOKEN)] {
            assert_eq!(status(path, wrong), Ok(401), "{path} {wrong:?}");
        }
    }
    for path in OPEN.into_iter().chain(FRAME) {
        assert_eq!(status(path, None), Ok(200), "{path}");
    }
    until("the order is known, to those who show the token", PATIENCE, || match status("/api/orders/E2E-1", Some(&bearer))? {
        200 => Ok(()),
        other => Err(other.to_string()),
    });
    assert_eq!((status("/api/state", Some(&bearer)), status("/api/state", Some(&basic))), (Ok(200), Ok(200)));

    // the operator's tools show what their configuration or the environment has, and never need it on the command line
    let told_with_it = told(&config, &run);
    assert!(told_with_it["answer"]["records_read"].is_number(), "{told_with_it}");
    let why = told(&world.config(), &run)["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("admin.token_file"), "{why}");
    let story = OrderSync::command(&config, &["explain", "E2E-1", "--json", "--instance", &run.admin()]);
    assert!(story.output.contains("\"idle\""), "{}", story.output);
    let by_environment =
        OrderSync::command_with(&world.config(), &["status", "--json", "--instance", &run.admin()], &[("ORDER_SYNC__ADMIN__TOKEN", TOKEN)]);
    assert!(by_environment.output.contains("records_read"), "{}", by_environment.output);
    assert!(!run.log().contains(TOKEN));
    assert!(OrderSync::command(&world.config().set("admin.tokens", TOKEN), &["run"]).errors.contains("admin.tokens"));
    run.stop_well();
}

#[test]
fn over_tls_the_pages_are_known_by_the_authority_that_is_named() {
    let world = World::new("admin-tls", 1);
    let folder = certificates();
    let config = encrypted(world.config(), folder.path()).set("admin.token", TOKEN);
    let run = OrderSync::start(&config);
    let https = |path: &str| format!("https://localhost:{}{path}", run.admin().rsplit(':').next().unwrap());
    let known = client(Some(&folder.path().join("ca.pem")), None);
    until("it is ready", PATIENCE, || match asked(&known, &https("/readyz"), None)? {
        200 => Ok(()),
        other => Err(other.to_string()),
    });
    assert_eq!(asked(&known, &https("/api/state"), Some(&format!("Bearer {TOKEN}"))), Ok(200));
    assert_eq!(asked(&known, &https("/api/state"), None), Ok(401));
    assert!(asked(&client(Some(&folder.path().join("other.pem")), None), &https("/livez"), None).is_err(), "another authority");
    assert!(asked(&known, &format!("http://{}/livez", run.admin()), None).is_err(), "nothing is told to who does not speak TLS");

    let ca = folder.path().join("ca.pem").to_str().unwrap().to_owned();
    let tool = world.config().set("admin.token", TOKEN);
    assert!(told(&tool.clone().set("admin.ca_file", ca), &run)["answer"].is_object());
    let other = folder.path().join("other.pem").to_str().unwrap().to_owned();
    let why = told(&tool.set("admin.ca_file", other), &run)["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("TLS") && why.contains("admin.ca_file"), "{why}");
    run.stop_well();
}

#[test]
fn with_client_certificates_the_pages_are_for_those_who_have_one_and_probes_for_everybody() {
    let world = World::new("admin-mtls", 1);
    let folder = certificates();
    let path = |name: &str| folder.path().join(name);
    let ca = path("ca.pem").to_str().unwrap().to_owned();
    let config = encrypted(world.config(), folder.path()).set("admin.tls_client_ca_file", ca.clone());
    let run = OrderSync::start(&config);
    let url = |at: &str| format!("https://{}{at}", run.admin());
    let (nobody, operator) = (client(Some(&path("ca.pem")), None), client(Some(&path("ca.pem")), Some(&path("operator.both.pem"))));
    until("it is ready, for everybody", PATIENCE, || match asked(&nobody, &url("/readyz"), None)? {
        200 => Ok(()),
        other => Err(other.to_string()),
    });
    for at in GUARDED.into_iter().chain(FRAME) {
        assert_eq!(asked(&nobody, &url(at), None), Ok(403), "{at}");
    }
    assert_eq!((asked(&nobody, &url("/metrics"), None), asked(&operator, &url("/api/state"), None)), (Ok(200), Ok(200)));
    let stranger = client(Some(&path("ca.pem")), Some(&path("stranger.both.pem")));
    assert!(asked(&stranger, &url("/livez"), None).is_err(), "a certificate of somebody else");

    let tool = world.config().set("admin.ca_file", ca);
    let why = told(&tool, &run)["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("admin.client_cert_file"), "{why}");
    let file = |name: &str| path(name).to_str().unwrap().to_owned();
    let tool = tool.set("admin.client_cert_file", file("operator.pem")).set("admin.client_key_file", file("operator.key"));
    assert!(told(&tool, &run)["answer"].is_object());
    run.stop_well();
}

#[test]
fn an_exchanged_certificate_is_served_without_a_new_start_and_a_broken_one_changes_nothing() {
    let world = World::new("admin-exchange", 1);
    let folder = certificates();
    let path = |name: &str| folder.path().join(name);
    let run = OrderSync::start(&encrypted(world.config(), folder.path()));
    let url = format!("https://{}/livez", run.admin());
    let (old, new) = (client(Some(&path("ca.pem")), None), client(Some(&path("other.pem")), None));
    until("it answers", PATIENCE, || asked(&old, &url, None));

    fs::write(path("page.pem"), "no certificate").unwrap();
    run.until_logged("certificate of the admin pages is not taken");
    assert_eq!(asked(&old, &url, None), Ok(200));

    fs::copy(path("stranger.key"), path("page.key")).unwrap();
    fs::copy(path("stranger.pem"), path("page.pem")).unwrap();
    until("the new one is served", PATIENCE, || asked(&new, &url, None));
    assert!(asked(&old, &url, None).is_err(), "the old one is not");
    run.stop_well();
}
