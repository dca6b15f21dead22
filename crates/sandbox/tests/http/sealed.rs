use std::sync::Arc;

use alipayhk::exchange::VerifyKey;
use alipayhk::{ClientConfig, Encryption, SealedContentType};
use crypto::keys::generate_p224;
use crypto::{Algorithm, EccEncoding, EccHash, EccProfile, KeyBits, Profile, Signer, Verifier, Wrap};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use sandbox::Orders;
use sandbox::gateway::Sealing;
use sandbox::{Setup, gateway::Gateway};

use crate::harness::{CLIENT_ID, Ends, accepted, alipay_key, client_config, event, merchant_key, setup};

fn sealing(profile: Profile, wrap: Wrap) -> (Setup, ClientConfig) {
    let mut setup = setup();
    setup.gateway.sealing = Some(Sealing { profile, wrap, with: alipay_key(), to: merchant_key().public_key(), key_version: 1 });
    let encryption = Encryption {
        profile,
        wrap,
        to: alipay_key().public_key(),
        key_version: 1,
        with: merchant_key(),
        content_type: SealedContentType::Text,
    };
    (setup, ClientConfig { encryption: Some(encryption), ..client_config() })
}

#[tokio::test]
async fn sealed_both_ways_in_every_profile() {
    for profile in [Profile::Aes256Gcm, Profile::AesEcbPkcs7 { bits: KeyBits::B128 }, Profile::AesEcbPkcs7 { bits: KeyBits::B256 }] {
        for wrap in [Wrap::Pkcs1, Wrap::Oaep] {
            let (setup, client) = sealing(profile, wrap);
            let ends = Ends::with(setup, client).await;
            let answer = ends.call(&event("ORD-1", "CALL_NUM", 0)).await;
            assert!(accepted(&answer), "{profile:?} {wrap:?} {answer:?}");
            let state = ends.sandbox.state(Orders::All);
            assert_eq!((state.counters.sealed, state.orders["ORD-1"].status.as_str()), (1, "CALL_NUM"));
        }
    }
}

#[tokio::test]
async fn nothing_of_a_sealed_exchange_is_readable_on_the_line() {
    let (setup, client) = sealing(Profile::Aes256Gcm, Wrap::Pkcs1);
    let ends = Ends::with(setup, client).await;
    let request = ends.request(&ends.client.body(&event("ORD-1", "CALL_NUM", 0), 0));
    let received = ends.send(&request, crate::harness::PATIENCE).await.unwrap();
    for bytes in [&request.body[..], &received.body[..]] {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("ORD-1") && !text.contains("CALL_NUM") && !text.contains('{'), "{text}");
    }
}

#[tokio::test]
async fn ecc224_signs_both_ways_in_every_profile() {
    let mut rng = UnwrapErr(SysRng);
    let (ours, theirs) = (Arc::new(generate_p224(&mut rng)), Arc::new(generate_p224(&mut rng)));
    for hash in [EccHash::Sha256, EccHash::Sha224] {
        for encoding in [EccEncoding::Der, EccEncoding::Raw] {
            let algorithm = Algorithm::Ecc224(EccProfile { hash, encoding });
            let verifier = |key: &crypto::PrivateKey| Verifier::new(key.public_key(), algorithm).unwrap();
            let setup = Setup {
                gateway: Gateway { client_id: CLIENT_ID.into(), client_keys: vec![(1, verifier(&ours))], skew: 300, sealing: None },
                signer: Signer::new(Arc::clone(&theirs), algorithm).unwrap(),
                ..setup()
            };
            let client = ClientConfig {
                signer: Arc::new(Signer::new(Arc::clone(&ours), algorithm).unwrap()),
                verify_keys: vec![VerifyKey { key_version: 1, verifier: verifier(&theirs) }],
                ..client_config()
            };
            let ends = Ends::with(setup, client).await;
            assert!(accepted(&ends.call(&event("ORD-1", "CALL_NUM", 0)).await), "{hash:?} {encoding:?}");
        }
    }
}
