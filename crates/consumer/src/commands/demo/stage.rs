//! What the demo plays on: broker, sandbox, keys and a configuration file, all for this run only.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::keys::generate_rsa;
use crypto::{PrivateKey, PublicKey};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use sandbox::{Running, Sandbox, Setup};

use super::DemoError;
use crate::config::Config;
use crate::kafka::embedded::EmbeddedBroker;

/// The topic of the sample orders.
pub(super) const ORDERS: &str = "demo.orders";
const DEAD_LETTERS: &str = "demo.orders.dlq";
const CLIENT_ID: &str = "DEMO00000000000001";

/// Everything that has to be there before the curtain rises.
pub(super) struct Stage {
    broker: EmbeddedBroker,
    folder: Folder,
    alipayhk: Arc<PrivateKey>,
    merchant: PublicKey,
    /// The configuration with a placeholder for the sandbox's address: logs and metrics need it before the sandbox listens.
    pub(super) config: Config,
}

impl Stage {
    pub(super) fn set() -> Result<Self, DemoError> {
        let broker = EmbeddedBroker::start(&[ORDERS, DEAD_LETTERS])?;
        let folder = Folder::make()?;
        let fault = |error: &dyn std::fmt::Display| DemoError::Stage(error.to_string());
        let mut rng = UnwrapErr(SysRng);
        let merchant = generate_rsa(2_048, &mut rng).map_err(|error| fault(&error))?;
        let alipayhk = generate_rsa(2_048, &mut rng).map_err(|error| fault(&error))?;
        folder.write("merchant.pem", merchant.to_pkcs8_pem().map_err(|error| fault(&error))?.as_bytes())?;
        folder.write("alipayhk.pub.pem", alipayhk.public_key().to_spki_pem().as_bytes())?;
        let config = load(&folder, &broker.bootstrap_servers(), "http://127.0.0.1:1")?;
        Ok(Self { broker, folder, alipayhk: Arc::new(alipayhk), merchant: merchant.public_key().clone(), config })
    }

    pub(super) fn bootstrap_servers(&self) -> String {
        self.broker.bootstrap_servers()
    }

    /// AlipayHK's part.
    pub(super) async fn sandbox(&self) -> Result<Running, DemoError> {
        let setup = Setup::new(CLIENT_ID, Arc::clone(&self.alipayhk), self.merchant.clone());
        let setup = setup.map_err(|error| DemoError::Stage(error.to_string()))?;
        Sandbox::run(setup).await.map_err(|error| DemoError::Stage(error.to_string()))
    }

    /// The pipeline's configuration, by the same door as everybody's.
    pub(super) fn pipeline(&self, sandbox: &Running) -> Result<Config, DemoError> {
        load(&self.folder, &self.bootstrap_servers(), &sandbox.base_url())
    }
}

fn load(folder: &Folder, bootstrap_servers: &str, base_url: &str) -> Result<Config, DemoError> {
    let text = format!(
        r#"
[kafka]
bootstrap_servers = "{bootstrap_servers}"
topics = ["{ORDERS}"]
group_id = "order-sync-demo"
[kafka.properties]
"session.timeout.ms" = "10000"
"heartbeat.interval.ms" = "500"
[schema]
framing = "single_object"
[alipayhk]
base_url = "{base_url}"
client_id = "{CLIENT_ID}"
environment = "demo"
timeout = "5s"
[alipayhk.signing]
algorithm = "RSA256"
private_key_file = "merchant.pem"
key_version = 1
[[alipayhk.verify_keys]]
public_key_file = "alipayhk.pub.pem"
key_version = 1
[quota]
requests_per_second = 120
max_in_flight = 64
[dead_letter]
topic = "{DEAD_LETTERS}"
[admin]
listen = "127.0.0.1:0"
[telemetry]
log_level = "warn"
"#
    );
    let file = folder.write("order-sync.toml", text.as_bytes())?;
    Config::load(&file, std::iter::empty()).map_err(|error| DemoError::Stage(error.to_string()))
}

/// A folder that only its owner reads, gone with the demo.
struct Folder(PathBuf);

impl Folder {
    fn make() -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let mut number = [0_u8; 8];
        getrandom::fill(&mut number).map_err(std::io::Error::other)?;
        let path = std::env::temp_dir().join(format!("order-sync-demo-{:016x}", u64::from_le_bytes(number)));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let path = self.path().join(name);
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        std::io::Write::write_all(&mut file, bytes)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now goes with the machine's next cleaning of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
