//! What every part stands on: the broker, keys for both sides, the stand-in, and topics full of orders.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use consumer::config::{Framing, Schema};
use consumer::schema::Encoder;
use crypto::PrivateKey;
use getrandom::SysRng;
use order_sync_benches::orders;
use order_sync_tests::kafka::{Kafka, Record, Topic};
use order_sync_tests::process::{Process, Start};
use order_sync_tests::{http, ports, wait};
use rand_core::UnwrapErr;
use serde::Deserialize;
use tempfile::TempDir;

/// As many as a small merchant has; also what the mock brokers of other projects' figures use.
pub(crate) const PARTITIONS: i32 = 12;

/// See the module.
pub(crate) struct Place<'k> {
    pub(crate) kafka: &'k Kafka,
    pub(crate) dead_letters: Topic<'k>,
    /// Our key, which signs requests.
    pub(crate) merchant: PrivateKey,
    /// AlipayHK's, which signs answers.
    pub(crate) peer: PrivateKey,
    keys: TempDir,
    stand_in: u16,
    _stand_in: Process,
    encoder: Encoder,
}

/// What the stand-in saw.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Seen {
    /// When the first call since the last look came, microseconds since 1970; 0 for none.
    pub(crate) first_micros: u64,
}

impl<'k> Place<'k> {
    pub(crate) fn new(kafka: &'k Kafka) -> Result<Self, String> {
        let keys = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
        let key = || crypto::keys::generate_rsa(2048, &mut UnwrapErr(SysRng)).map_err(|error| format!("a key: {error}"));
        let (merchant, peer) = (key()?, key()?);
        for (key, name) in [(&merchant, "merchant"), (&peer, "peer")] {
            let pem = key.to_pkcs8_pem().map_err(|error| format!("a key: {error}"))?;
            write(&keys.path().join(format!("{name}.pem")), &pem)?;
            write(&keys.path().join(format!("{name}.pub.pem")), &key.public_key().to_spki_pem())?;
        }
        let port = ports::free();
        let stand_in = helper(&["stand-in", &port.to_string(), &keys.path().join("peer.pem").display().to_string()])?;
        wait::until("the stand-in listens", wait::PATIENCE, || http::get(&format!("http://127.0.0.1:{port}/seen")));
        let schema = Schema { framing: Framing::SingleObject, registry: None, writer_schema: None };
        let encoder = Encoder::without_registry(&schema).map_err(|error| error.to_string())?.ok_or("single objects need no registry")?;
        let dead_letters = kafka.topic("letters", 1);
        Ok(Self { kafka, dead_letters, merchant, peer, keys, stand_in: port, _stand_in: stand_in, encoder })
    }

    /// A file with a key.
    pub(crate) fn key_file(&self, name: &str) -> PathBuf {
        self.keys.path().join(name)
    }

    /// Where calls go.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.stand_in)
    }

    /// What the stand-in saw since the last look.
    pub(crate) fn seen(&self) -> Result<Seen, String> {
        let (_, body) = http::get(&format!("{}/seen", self.url()))?;
        serde_json::from_str(&body).map_err(|error| error.to_string())
    }

    /// One modification as a record.
    pub(crate) fn record(&self, order: u64, version: u64) -> Record {
        Record::new(orders::number(order), self.encoder.encode(&orders::raw(order, version)))
    }

    /// Bytes of key and value of one modification.
    pub(crate) fn record_bytes(&self, order: u64, version: u64) -> usize {
        orders::number(order).len() + self.encoder.encode(&orders::raw(order, version)).len()
    }
}

/// Starts this program again with other arguments.
pub(crate) fn helper(arguments: &[&str]) -> Result<Process, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program's path: {error}"))?;
    let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?.keep();
    Ok(Start::new(program, &folder).args(arguments).apart("out", "err").spawn())
}

/// The same, to its end; what it wrote.
pub(crate) fn helper_output(arguments: &[&str]) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program's path: {error}"))?;
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("a helper: {error}"))?;
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Waits without working.
pub(crate) fn pause(duration: Duration) {
    wait::block_on(async { tokio::time::sleep(duration).await });
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let written = fs::write(path, text).and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o600)));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
