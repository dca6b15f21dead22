use std::fs;
use std::sync::OnceLock;

use crypto::keys::{generate_p224, generate_rsa};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tempfile::TempDir;

use super::*;

/// Keys are slow to make: one directory for all tests.
fn keys() -> &'static TempDir {
    static KEYS: OnceLock<TempDir> = OnceLock::new();
    KEYS.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let mut rng = UnwrapErr(SysRng);
        for name in ["sandbox", "merchant"] {
            let key = generate_rsa(2048, &mut rng).unwrap();
            fs::write(directory.path().join(format!("{name}.pem")), key.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
            fs::write(directory.path().join(format!("{name}.pub.pem")), key.public_key().to_spki_pem()).unwrap();
        }
        let ecc = generate_p224(&mut rng);
        fs::write(directory.path().join("ecc.pem"), ecc.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
        fs::write(directory.path().join("ecc.pub.pem"), ecc.public_key().to_spki_pem()).unwrap();
        directory
    })
}

const GOOD: &str = r#"
client_id = "4Q5Y8W0WSG45P907917"
private_key_file = "sandbox.pem"
client_public_key_file = "merchant.pub.pem"
"#;

fn setup(text: &str) -> Result<Setup, String> {
    let mut config: SandboxConfig = toml::from_str(text).map_err(|fault| fault.to_string())?;
    config.relative_to(keys().path());
    config.setup().map_err(|fault| fault.to_string())
}

#[test]
fn a_minimal_file_is_enough() {
    let setup = setup(GOOD).unwrap();
    assert_eq!(setup.listen, "127.0.0.1:8090".parse().unwrap());
    assert_eq!(setup.stands, Stands::default());
    assert_eq!((setup.gateway.skew, setup.key_version, setup.gateway.client_keys.len()), (300, 1, 1));
}

#[test]
fn every_key_reaches_its_place() {
    let text = format!(
        "{GOOD}{}",
        r#"
listen = "127.0.0.1:0"
key_version = 3
client_key_version = 4
order_rule = "ignore"
idempotency = false
transitions = false
required_extras = false
order_ids = false
unsupported_types = ["LINE_UP"]
clock_skew = "1m"
seed = 9
[[client_keys]]
public_key_file = "merchant.pub.pem"
key_version = 5
[encryption]
profile = "aes-ecb-pkcs7"
bits = 128
wrap = "oaep"
[[faults]]
fault = { kind = "http", status = 503 }
probability = 0.5
"#
    );
    let setup = setup(&text).unwrap();
    let stands = Stands {
        order_rule: OrderRule::Ignore,
        idempotency: false,
        transitions: false,
        required_extras: false,
        order_ids: false,
        unsupported_types: vec!["LINE_UP".into()],
    };
    assert_eq!(setup.stands, stands);
    assert_eq!((setup.key_version, setup.gateway.skew, setup.seed, setup.faults.len()), (3, 60, 9, 1));
    assert_eq!(setup.gateway.client_keys.iter().map(|(version, _)| *version).collect::<Vec<_>>(), [4, 5]);
    let sealing = setup.gateway.sealing.unwrap();
    assert_eq!((sealing.profile, sealing.wrap), (Profile::AesEcbPkcs7 { bits: KeyBits::B128 }, Wrap::Oaep));
}

#[test]
fn ecc224_takes_its_profile_and_needs_rsa_for_encryption() {
    let ecc = r#"
client_id = "C"
private_key_file = "ecc.pem"
client_public_key_file = "ecc.pub.pem"
algorithm = "ECC224"
hash = "sha224"
encoding = "raw"
"#;
    let profile = EccProfile { hash: EccHash::Sha224, encoding: EccEncoding::Raw };
    assert_eq!(setup(ecc).unwrap().signer.algorithm(), Algorithm::Ecc224(profile));
    let sealed = format!("{ecc}[encryption]\nprofile = \"aes-256-gcm\"\n");
    assert!(setup(&sealed).err().unwrap().starts_with("encryption.private_key_file: encryption needs an RSA key"));
    let own = format!("{sealed}private_key_file = \"sandbox.pem\"\nclient_public_key_file = \"merchant.pub.pem\"\n");
    assert!(setup(&own).is_ok());
}

#[test]
fn what_is_wrong_is_named_by_its_key() {
    let with = |line: &str| format!("{GOOD}{line}\n");
    let cases = [
        (with("colour = \"red\""), "colour"),
        (GOOD.replace("client_id = \"4Q5Y8W0WSG45P907917\"", ""), "client_id"),
        (GOOD.replace("4Q5Y8W0WSG45P907917", ""), "client_id: is empty"),
        (GOOD.replace("\"sandbox.pem\"", "\"missing.pem\""), "private_key_file: cannot read"),
        (GOOD.replace("\"sandbox.pem\"", "\"merchant.pub.pem\""), "private_key_file: "),
        (GOOD.replace("merchant.pub.pem", "merchant.pem"), "client_public_key_file: "),
        (GOOD.replace("sandbox.pem", "ecc.pem"), "private_key_file: "),
        (with("order_rule = \"maybe\""), "order_rule"),
        (with("clock_skew = \"soon\""), "duration"),
        (with("hash = \"sha224\""), "hash: belongs to ECC224 only"),
        (with("unsupported_types = [\"TOASTER\"]"), "unsupported_types: \"TOASTER\""),
        (with("[[client_keys]]\npublic_key_file = \"merchant.pub.pem\"\nkey_version = 1"), "client_keys.key_version: 1 comes twice"),
        (with("[encryption]\nprofile = \"rot13\""), "rot13"),
        (with("[encryption]\nprofile = \"aes-256-gcm\"\nbits = 128"), "encryption.bits: "),
        (with("[[faults]]\nfault = { kind = \"reset\" }\nprobability = 2.0"), "faults[0]: probability"),
    ];
    for (text, start) in cases {
        let fault = setup(&text).err().unwrap();
        assert!(fault.contains(start), "{start}: {fault}");
    }
}
