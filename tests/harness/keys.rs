//! Two key pairs for a test run, made by openssl and not by our own code: the merchant's and AlipayHK's.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A private key (PKCS#8) and its public key (SPKI), both as PEM.
#[derive(Clone)]
pub struct Pair {
    /// The private key.
    pub private: String,
    /// The public key.
    pub public: String,
}

/// Both sides' keys.
pub struct Keys {
    /// Ours: signs requests.
    pub merchant: Pair,
    /// Theirs: signs answers.
    pub alipayhk: Pair,
}

impl Keys {
    /// RSA, 2,048 bits; the same keys in all of this process.
    pub fn rsa() -> &'static Keys {
        static RSA: OnceLock<Keys> = OnceLock::new();
        RSA.get_or_init(|| Keys { merchant: Pair::rsa(), alipayhk: Pair::rsa() })
    }

    /// P-224; the same keys in all of this process.
    pub fn p224() -> &'static Keys {
        static P224: OnceLock<Keys> = OnceLock::new();
        P224.get_or_init(|| Keys { merchant: Pair::p224(), alipayhk: Pair::p224() })
    }

    /// Writes what a client needs: `merchant.pem`, readable for us only, and `alipayhk.pub.pem`.
    pub fn write(&self, folder: &Path) {
        self.merchant.write_private(&folder.join("merchant.pem"));
        fs::write(folder.join("alipayhk.pub.pem"), &self.alipayhk.public).expect("the folder is ours");
    }
}

impl Pair {
    /// A new RSA pair of 2,048 bits.
    pub fn rsa() -> Self {
        Self::of(openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ""))
    }

    /// Writes the private key, readable for us only.
    pub fn write_private(&self, path: &Path) {
        fs::write(path, &self.private).expect("the folder is ours");
        fs::set_permissions(path, Permissions::from_mode(0o600)).expect("the file is ours");
    }

    /// The private key as our own crates take it.
    pub fn private_key(&self) -> crypto::PrivateKey {
        crypto::PrivateKey::parse(self.private.as_bytes()).expect("openssl's key")
    }

    /// The public key as our own crates take it.
    pub fn public_key(&self) -> crypto::PublicKey {
        crypto::PublicKey::parse(self.public.as_bytes()).expect("openssl's key")
    }

    /// A new pair on P-224, for ECC224.
    pub fn p224() -> Self {
        Self::of(openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"], ""))
    }

    fn of(private: String) -> Self {
        let public = openssl(&["pkey", "-pubout"], &private);
        Self { private, public }
    }
}

/// The modulus of an RSA pair, big-endian.
pub fn modulus(pair: &Pair) -> Vec<u8> {
    let text = openssl(&["rsa", "-pubin", "-noout", "-modulus"], &pair.public);
    let digits = text.trim().trim_start_matches("Modulus=").as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits");
    digits.chunks(2).map(byte).collect()
}

fn openssl(arguments: &[&str], input: &str) -> String {
    let mut openssl = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is installed");
    openssl.stdin.take().expect("piped").write_all(input.as_bytes()).expect("openssl reads");
    let output = openssl.wait_with_output().expect("openssl ends");
    assert!(output.status.success(), "openssl {arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("PEM is text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pairs_differ_and_only_we_can_read_the_private_key() {
        let keys = Keys::rsa();
        assert_ne!(keys.merchant.public, keys.alipayhk.public);
        let folder = tempfile::tempdir().unwrap();
        keys.write(folder.path());
        let mode = fs::metadata(folder.path().join("merchant.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn p224_is_what_it_says() {
        assert!(openssl(&["pkey", "-pubin", "-text", "-noout"], &Pair::p224().public).contains("224 bit"));
    }
}
