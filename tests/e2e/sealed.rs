//! ECC224 and sealed bodies, with every setting they have, from a record to AlipayHK's own view of the order.

use std::fs;
use std::sync::Arc;

use crypto::{Algorithm, EccEncoding, EccHash, EccProfile, KeyBits, Profile, Signer, Verifier, Wrap};
use order_sync_tests::alipayhk::Alipayhk;
use order_sync_tests::avro::Order;
use order_sync_tests::config::Config;
use order_sync_tests::keys::{Keys, Pair};
use order_sync_tests::order_sync::OrderSync;
use sandbox::Setup;
use sandbox::gateway::Sealing;

use crate::world::{World, disposed, unordered};

/// Delivers two modifications and stops; AlipayHK then holds the newer one.
fn delivers(name: &str, alipayhk: Alipayhk, change: impl FnOnce(Config) -> Config) {
    let world = World::of(name, 1, &[], &[], alipayhk);
    let run = OrderSync::start(&change(world.config()));
    let order = || Order::new("E2E-SEALED").ext_info("{\"start_time\": 1760003600000}");
    world.orders.write_all([order().record(world.schema), order().status("USED").modified_after(1_000).record(world.schema)]);
    let state = run.until_settled(2);
    assert_eq!(disposed(&state, "delivered"), 2, "{name}: {state}");
    assert_eq!(world.assert_well_behaved().orders["E2E-SEALED"].status.as_str(), "USED", "{name}");
    assert!(run.log().contains("before production"), "{name}: the operator is warned: {}", run.log());
    world.stop_at_the_end(run);
}

fn alipayhk(change: impl FnOnce(&mut Setup)) -> Alipayhk {
    Alipayhk::start_with(|setup| {
        setup.stands = unordered();
        change(setup);
    })
}

/// Both sides sign with ECC224; our keys lie in `folder`.
fn ecc(setup: &mut Setup, profile: EccProfile) {
    let (keys, algorithm) = (Keys::p224(), Algorithm::Ecc224(profile));
    setup.signer = Signer::new(Arc::new(keys.alipayhk.private_key()), algorithm).unwrap();
    setup.gateway.client_keys = vec![(1, Verifier::new(keys.merchant.public_key(), algorithm).unwrap())];
}

fn ecc_config(config: Config, folder: &std::path::Path) -> Config {
    Keys::p224().write(folder);
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    config
        .set("alipayhk.signing.algorithm", "ECC224")
        .set("alipayhk.signing.private_key_file", file("merchant.pem"))
        .set("alipayhk.verify_keys", vec![order_sync_tests::config::verify_key(&file("alipayhk.pub.pem"), 1)])
}

#[test]
fn ecc224_signs_and_verifies_with_each_hash_and_encoding() {
    let folder = tempfile::tempdir().unwrap();
    for (name, hash, encoding) in
        [("ecc-sha256-der", EccHash::Sha256, EccEncoding::Der), ("ecc-sha224-raw", EccHash::Sha224, EccEncoding::Raw)]
    {
        let alipayhk = alipayhk(|setup| ecc(setup, EccProfile { hash, encoding }));
        let words: Vec<&str> = name.split('-').collect();
        delivers(name, alipayhk, |config| {
            ecc_config(config, folder.path()).set("alipayhk.signing.hash", words[1]).set("alipayhk.signing.encoding", words[2])
        });
    }
}

fn sealing(profile: Profile, wrap: Wrap, theirs: &Pair, ours: &Pair) -> Sealing {
    Sealing { profile, wrap, with: Arc::new(theirs.private_key()), to: ours.public_key(), key_version: 1 }
}

#[test]
fn sealed_bodies_are_opened_by_alipayhk_and_its_sealed_answers_by_us_with_each_profile_and_wrap() {
    let keys = Keys::rsa();
    for (name, profile, bits, wrap, wrap_word, content_type) in [
        ("aes-256-gcm", Profile::Aes256Gcm, 256, Wrap::Pkcs1, "pkcs1", "text"),
        ("aes-ecb-pkcs7", Profile::AesEcbPkcs7 { bits: KeyBits::B256 }, 256, Wrap::Pkcs1, "pkcs1", "json"),
        ("aes-ecb-pkcs7", Profile::AesEcbPkcs7 { bits: KeyBits::B128 }, 128, Wrap::Oaep, "oaep", "text"),
    ] {
        let alipayhk = alipayhk(|setup| setup.gateway.sealing = Some(sealing(profile, wrap, &keys.alipayhk, &keys.merchant)));
        delivers(&format!("{name}-{bits}"), alipayhk, |config| {
            config
                .set("alipayhk.encryption.profile", name)
                .set("alipayhk.encryption.key_bits", bits)
                .set("alipayhk.encryption.wrap", wrap_word)
                .set("alipayhk.encryption.content_type", content_type)
        });
    }
}

#[test]
fn ecc224_and_sealed_bodies_go_together_with_an_rsa_pair_of_their_own() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::rsa());
    keys.merchant.write_private(&folder.path().join("opens.pem"));
    fs::write(folder.path().join("seals.pub.pem"), &keys.alipayhk.public).unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let alipayhk = alipayhk(|setup| {
        ecc(setup, EccProfile::default());
        setup.gateway.sealing = Some(sealing(Profile::Aes256Gcm, Wrap::Pkcs1, &keys.alipayhk, &keys.merchant));
    });
    delivers("ecc-and-gcm", alipayhk, |config| {
        ecc_config(config, folder.path())
            .set("alipayhk.encryption.profile", "aes-256-gcm")
            .set("alipayhk.encryption.public_key_file", file("seals.pub.pem"))
            .set("alipayhk.encryption.private_key_file", file("opens.pem"))
            .set("alipayhk.encryption.key_version", 1)
    });
}
