//! `order-sync keys show`: which keys there are, by fingerprint; never a key.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crypto::{KeyError, PrivateKey, PublicKey};
use serde::Serialize;

use crate::cli::ShowArgs;
use crate::commands::{complain, say};
use crate::config::{self, Config, ConfigError, KeyFact, KeyFacts};

/// The keys of a configuration.
#[derive(Debug, Serialize)]
struct Configured {
    client_id: String,
    algorithm: &'static str,
    signing: Shown,
    verify: Vec<Shown>,
    /// In words.
    encryption: Option<String>,
}

/// One key.
#[derive(Debug, Serialize)]
struct Shown {
    file: PathBuf,
    /// `public` or `private`, where that is not clear from the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    half: Option<&'static str>,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_version: Option<u32>,
    /// SHA-256 of the public half's SPKI DER.
    sha256: String,
}

/// Shows the configured keys, or those of single files.
pub(in crate::commands) fn run(args: &ShowArgs) -> ExitCode {
    let shown = match (&args.config, args.files.is_empty()) {
        (Some(path), true) => configured(path).map(|keys| if args.json { json(&keys) } else { keys.for_people() }),
        (None, true) => Err(ConfigError::new("--config", "is missing, and no KEY_FILE is named; see --help")),
        (_, false) => args
            .files
            .iter()
            .map(|path| of_file(path))
            .collect::<Result<Vec<_>, _>>()
            .map(|keys| if args.json { json(&keys) } else { keys.iter().map(Shown::for_people).collect::<Vec<_>>().join("\n") }),
    };
    match shown {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => complain(&error, 2),
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn configured(path: &Path) -> Result<Configured, ConfigError> {
    let config = Config::load(path, config::environment())?;
    let KeyFacts { algorithm, signing, verify, encryption, files: _ } = config.alipayhk.keys;
    let (signing, verify) = (signing.into(), verify.into_iter().map(Shown::from).collect());
    Ok(Configured { client_id: config.alipayhk.client_id, algorithm: algorithm.name().as_str(), signing, verify, encryption })
}

/// A key file by itself: which half it holds is found out.
fn of_file(path: &Path) -> Result<Shown, ConfigError> {
    let wrong = |problem: &dyn std::fmt::Display| ConfigError::new(path.display().to_string(), problem);
    let bytes = config::key_file(path).map_err(|problem| wrong(&problem))?;
    let (half, key) = match PublicKey::parse(&bytes) {
        Ok(key) => ("public", key),
        Err(KeyError::PrivateForPublic) => ("private", PrivateKey::parse(&bytes).map_err(|error| wrong(&error))?.public_key()),
        Err(error) => return Err(wrong(&error)),
    };
    Ok(Shown { file: path.to_owned(), half: Some(half), kind: key.kind().to_string(), key_version: None, sha256: key.fingerprint() })
}

impl From<KeyFact> for Shown {
    fn from(fact: KeyFact) -> Self {
        Self { file: fact.file, half: None, kind: fact.kind, key_version: Some(fact.version), sha256: fact.fingerprint }
    }
}

impl Configured {
    fn for_people(&self) -> String {
        let mut out =
            format!("client id    {}\nalgorithm    {}\nours, signs  {}\n", self.client_id, self.algorithm, self.signing.for_people());
        for key in &self.verify {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "AlipayHK's   {}", key.for_people());
        }
        let _ = write!(out, "encryption   {}", self.encryption.as_deref().unwrap_or("off"));
        out
    }
}

impl Shown {
    fn for_people(&self) -> String {
        let half = self.half.map(|half| format!("{half} half, ")).unwrap_or_default();
        let version = self.key_version.map(|version| format!(", version {version}")).unwrap_or_default();
        format!("sha256 {}  {half}{}{version}  {}", self.sha256, self.kind, self.file.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crypto/tests/keys").join(name)
    }

    #[test]
    fn both_halves_of_a_pair_have_one_fingerprint_which_is_openssl_s() {
        let (public, private) = (of_file(&key("rsa2048.spki.pem")).unwrap(), of_file(&key("rsa2048.pkcs8.pem")).unwrap());
        assert_eq!((public.half, private.half), (Some("public"), Some("private")));
        assert_eq!(public.sha256, private.sha256);
        let ecc = of_file(&key("p224.spki.pem")).unwrap();
        assert_eq!((ecc.kind.as_str(), ecc.sha256.len()), ("EC P-224", 64));
        let shown = [public, private, ecc].map(|key| format!("{}{}", key.for_people(), json(&key))).join("");
        assert!(!shown.contains("BEGIN") && !shown.contains("MII"), "{shown}");
    }

    #[test]
    fn what_is_no_key_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("canary.pem");
        std::fs::write(&path, "hello").unwrap();
        assert!(of_file(&path).unwrap_err().key().ends_with("canary.pem"));
        assert!(of_file(&folder.path().join("none")).unwrap_err().to_string().contains("cannot be read"));
    }
}
