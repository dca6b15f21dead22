//! `order-sync keys`: key pairs for the signature.

pub(super) mod show;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::ExitCode;

use crypto::keys::{generate_p224, generate_rsa};
use crypto::{KeyError, PrivateKey};
use rand_core::UnwrapErr;
use serde::Serialize;

use super::progress::Waiting;
use super::{complain, say};
use crate::cli::{GenerateArgs, KeyAlgorithm};

const PRIVATE: &str = "merchant.pem";
const PUBLIC: &str = "merchant.pub.pem";
const PEER: &str = "alipayhk.pub.pem";

/// What was made and what is to be done with it.
#[derive(Debug, Serialize)]
struct Made {
    algorithm: &'static str,
    kind: String,
    private_key_file: String,
    public_key_file: String,
    /// SHA-256 of the public key's SPKI DER.
    fingerprint: String,
    /// The public key as AlipayHK takes it.
    public_key: String,
    /// Where AlipayHK's public key belongs, beside ours.
    #[serde(skip)]
    peer_key_file: String,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
enum GenerateError {
    #[error("--bits: an ECC224 key has no length to choose; leave it away")]
    BitsOfEcc,
    #[error("--out: {0} exists already; nothing was overwritten, choose another folder")]
    Exists(String),
    #[error("--out: {path} cannot be written: {error}")]
    Write { path: String, error: std::io::Error },
    #[error("the new key {0}")]
    Key(#[from] KeyError),
}

/// Makes a pair of keys.
pub(super) fn generate(args: &GenerateArgs) -> ExitCode {
    match make(args) {
        Ok(made) if args.json => {
            say(&serde_json::to_string_pretty(&made).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Ok(made) => {
            say(&made.for_people());
            ExitCode::SUCCESS
        }
        Err(error @ (GenerateError::BitsOfEcc | GenerateError::Exists(_))) => complain(&error, 2),
        Err(error @ (GenerateError::Write { .. } | GenerateError::Key(_))) => complain(&error, 1),
    }
}

fn make(args: &GenerateArgs) -> Result<Made, GenerateError> {
    let (private, public) = (args.out.join(PRIVATE), args.out.join(PUBLIC));
    if let Some(path) = [&private, &public].into_iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(GenerateError::Exists(path.display().to_string()));
    }
    let mut rng = UnwrapErr(getrandom::SysRng);
    // Two large primes are a matter of luck.
    let waiting = Waiting::on("a key");
    let (key, algorithm) = match (args.algorithm, args.bits.as_deref()) {
        (KeyAlgorithm::Rsa256, bits) => {
            let bits = bits.and_then(|bits| bits.parse().ok()).unwrap_or(2048);
            (generate_rsa(bits, &mut rng)?, "RSA256")
        }
        (KeyAlgorithm::Ecc224, None) => (generate_p224(&mut rng), "ECC224"),
        (KeyAlgorithm::Ecc224, Some(_)) => return Err(GenerateError::BitsOfEcc),
    };
    drop(waiting);
    write_pair(&args.out, &private, &public, &key)?;
    let public_key = key.public_key();
    Ok(Made {
        algorithm,
        kind: key.kind().to_string(),
        private_key_file: private.display().to_string(),
        public_key_file: public.display().to_string(),
        fingerprint: public_key.fingerprint(),
        public_key: public_key.to_spki_base64(),
        peer_key_file: args.out.join(PEER).display().to_string(),
    })
}

fn write_pair(folder: &Path, private: &Path, public: &Path, key: &PrivateKey) -> Result<(), GenerateError> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error| GenerateError::Write { path, error }
    };
    if !folder.is_dir() {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed(folder))?;
    }
    write_new(private, key.to_pkcs8_pem()?.as_bytes(), 0o600).map_err(failed(private))?;
    write_new(public, key.public_key().to_spki_pem().as_bytes(), 0o644).map_err(failed(public))
}

/// Never follows what is there already, and is never more open than `mode`, not even for a moment.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.sync_all()
}

impl Made {
    fn for_people(&self) -> String {
        let agree = match self.algorithm {
            "ECC224" => "\nNo public page defines ECC224's hash and encoding: agree on them with AlipayHK (hash, encoding below).",
            _ => "",
        };
        let profile = match self.algorithm {
            "ECC224" => "hash = \"sha256\"\nencoding = \"der\"\n",
            _ => "",
        };
        format!(
            "private key  {} ({}; keep it secret, mode 0600)\npublic key   {}\nsha256       {}\n\n\
             1. Give AlipayHK this public key, and ask which key version it gets:\n\n{}\n{agree}\n\
             2. Take AlipayHK's public key in return, with its version, and save it beside ours.\n\
             3. Configure:\n\n\
             [alipayhk.signing]\nalgorithm = \"{}\"\n{profile}private_key_file = {:?}\nkey_version = 1            # the version AlipayHK told you\n\n\
             [[alipayhk.verify_keys]]\npublic_key_file = {:?}\nkey_version = 1            # the version of AlipayHK's key\n\n\
             Relative paths start at the folder of the configuration file.",
            self.private_key_file,
            self.kind,
            self.public_key_file,
            self.fingerprint,
            self.public_key,
            self.algorithm,
            self.private_key_file,
            self.peer_key_file
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(out: &Path, algorithm: KeyAlgorithm, bits: Option<&str>) -> GenerateArgs {
        GenerateArgs { out: out.to_owned(), algorithm, bits: bits.map(str::to_owned), json: false }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_pair_is_written_so_that_only_the_owner_reads_the_private_half() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("new/keys");
        let made = make(&args(&out, KeyAlgorithm::Ecc224, None)).unwrap();
        assert_eq!((mode(&out.join(PRIVATE)), mode(&out.join(PUBLIC))), (0o600, 0o644));
        let key = PrivateKey::parse(&fs::read(out.join(PRIVATE)).unwrap()).unwrap();
        let public = crypto::PublicKey::parse(&fs::read(out.join(PUBLIC)).unwrap()).unwrap();
        assert_eq!(key.public_key().fingerprint(), public.fingerprint());
        assert_eq!(public.fingerprint(), made.fingerprint);
        assert_eq!(crypto::PublicKey::parse(made.public_key.as_bytes()).unwrap().fingerprint(), made.fingerprint);
        let shown = made.for_people();
        assert!(shown.contains(&made.public_key) && shown.contains("algorithm = \"ECC224\"") && shown.contains("encoding = \"der\""));
        assert!(!shown.contains("PRIVATE KEY"));
        assert!(shown.contains(&format!("public_key_file = {:?}", out.join(PEER))), "{shown}");
    }

    #[test]
    fn nothing_is_overwritten() {
        for name in [PRIVATE, PUBLIC] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(name), "mine").unwrap();
            assert!(matches!(make(&args(folder.path(), KeyAlgorithm::Ecc224, None)), Err(GenerateError::Exists(_))));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
            assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"mine");
        }
    }

    #[test]
    fn an_ecc_key_has_no_length_to_choose() {
        let folder = tempfile::tempdir().unwrap();
        let error = make(&args(folder.path(), KeyAlgorithm::Ecc224, Some("2048"))).unwrap_err();
        assert!(error.to_string().starts_with("--bits: "));
    }
}
