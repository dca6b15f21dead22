use super::*;
use crate::testing::{CountingRng, fixture, p224_key, p224_public, rsa_key, rsa_public};

const BODY: &[u8] = fixture!("body.bin");
const ECB_128: Profile = Profile::AesEcbPkcs7 { bits: KeyBits::B128 };
const ECB_256: Profile = Profile::AesEcbPkcs7 { bits: KeyBits::B256 };

/// Cases V-E-1 to V-E-4 of the repository, computed with independent tools.
fn cases() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/encryption.json")).unwrap()
}

fn profile(cipher: &str) -> Profile {
    match cipher {
        "AES-128-ECB-PKCS7" => ECB_128,
        "AES-256-ECB-PKCS7" => ECB_256,
        "AES-256-GCM" => Profile::Aes256Gcm,
        other => panic!("unknown cipher {other}"),
    }
}

#[test]
fn the_published_ciphertexts_come_out_and_open() {
    let document = cases();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let profile = profile(case["cipher"].as_str().unwrap());
        let key: Vec<u8> = (0..32).take(profile.key_bytes()).collect();
        let plaintext = case.get("plaintext_utf8").unwrap_or(&document["plaintext_utf8"]).as_str().unwrap().as_bytes();
        let mut expected = STANDARD.decode(case["output_base64"].as_str().unwrap()).unwrap();
        let nonce = [0; cipher::NONCE_BYTES];
        if profile == Profile::Aes256Gcm {
            assert_eq!(case["nonce_hex"], "00".repeat(cipher::NONCE_BYTES));
            expected.splice(0..0, nonce);
        }
        assert_eq!(cipher::encrypt(profile, &key, nonce, plaintext).unwrap(), expected, "{}", case["id"]);
        assert_eq!(cipher::decrypt(profile, &key, &expected).unwrap().as_slice(), plaintext, "{}", case["id"]);
    }
}

/// Wycheproof, `aes_gcm_test`: the groups of our shape (256-bit key, 96-bit nonce, 128-bit tag) without associated data.
#[test]
fn aes_gcm_agrees_with_wycheproof() {
    use wycheproof::{TestResult, aead};
    let mut seen = 0;
    for group in aead::TestSet::load(aead::TestName::AesGcm).unwrap().test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            continue;
        }
        for test in group.tests.iter().filter(|test| test.aad.is_empty()) {
            let sealed = [&test.nonce[..], &test.ct[..], &test.tag[..]].concat();
            let nonce = <[u8; 12]>::try_from(&test.nonce[..]).unwrap();
            let opened = cipher::decrypt(Profile::Aes256Gcm, &test.key, &sealed);
            match test.result {
                TestResult::Valid => {
                    assert_eq!(opened.unwrap().as_slice(), &test.pt[..], "case {}", test.tc_id);
                    assert_eq!(cipher::encrypt(Profile::Aes256Gcm, &test.key, nonce, &test.pt).unwrap(), sealed, "case {}", test.tc_id);
                }
                TestResult::Invalid | TestResult::Acceptable => assert!(opened.is_none(), "case {}", test.tc_id),
            }
            seen += 1;
        }
    }
    assert!(seen >= 40, "only {seen} cases");
}

#[test]
fn a_whole_block_of_padding_follows_a_whole_block() {
    for length in 0..=48 {
        let plaintext = vec![7; length];
        let sealed = cipher::encrypt(ECB_128, &[1; 16], [0; 12], &plaintext).unwrap();
        assert_eq!(sealed.len(), length / 16 * 16 + 16);
        assert_eq!(cipher::decrypt(ECB_128, &[1; 16], &sealed).unwrap().as_slice(), plaintext);
    }
}

#[test]
fn only_exact_padding_opens() {
    // Blocks made by hand: encrypt 16 chosen bytes and drop the block of padding that follows them.
    let opens = |block: [u8; 16]| {
        let sealed = cipher::encrypt(ECB_256, &[9; 32], [0; 12], &block).unwrap();
        cipher::decrypt(ECB_256, &[9; 32], &sealed[..16]).map(|plaintext| plaintext.len())
    };
    let mut block = [0xAA; 16];
    block[15] = 1;
    assert_eq!(opens(block), Some(15));
    assert_eq!(opens([16; 16]), Some(0));
    for last in [0, 17, 0x80, 0xFF] {
        assert_eq!(opens([last; 16]), None, "{last}");
    }
    for wrong in 0..16 {
        let mut block = [16; 16];
        block[wrong] ^= 1;
        // A last byte of 17 is too much; any other byte spoils the run of sixteen.
        assert_eq!(opens(block), None, "{wrong}");
    }
    let mut block = [3; 16];
    block[12] = 9;
    assert_eq!(opens(block), Some(13));
    block[13] = 9;
    assert_eq!(opens(block), None);
}

#[test]
fn a_ciphertext_of_no_whole_blocks_does_not_open() {
    for length in [0, 1, 15, 17, 31] {
        assert!(cipher::decrypt(ECB_128, &[1; 16], &vec![0; length]).is_none());
    }
    for length in 0..28 {
        assert!(cipher::decrypt(Profile::Aes256Gcm, &[1; 32], &vec![0; length]).is_none());
    }
}

#[test]
fn a_key_of_another_length_is_refused() {
    assert!(cipher::encrypt(ECB_128, &[1; 32], [0; 12], b"x").is_none());
    assert!(cipher::encrypt(ECB_256, &[1; 16], [0; 12], b"x").is_none());
    assert!(cipher::encrypt(Profile::Aes256Gcm, &[1; 16], [0; 12], b"x").is_none());
}

/// Unwrapping against Wycheproof's decryption cases. *Acceptable* would be refused, but there is none.
#[test]
fn unwrapping_agrees_with_wycheproof() {
    use wycheproof::{TestResult, rsa_oaep, rsa_pkcs1_decrypt};
    let check = |kind, key: &PrivateKey, sealed: &[u8], plaintext: &[u8], result| {
        let mut buffer = vec![0; plaintext.len()];
        let opened = wrap::unwrap(kind, key, sealed, &mut buffer) && buffer == plaintext;
        assert_eq!(opened, result == TestResult::Valid, "{kind:?}");
    };
    let set = rsa_pkcs1_decrypt::TestSet::load(rsa_pkcs1_decrypt::TestName::Rsa2048).unwrap();
    for group in set.test_groups {
        let key = PrivateKey::parse(&group.pkcs8).unwrap();
        group.tests.iter().for_each(|test| check(Wrap::Pkcs1, &key, &test.ct, &test.pt, test.result));
    }
    let set = rsa_oaep::TestSet::load(rsa_oaep::TestName::Rsa2048Sha256Mgf1Sha256).unwrap();
    for group in set.test_groups {
        let key = PrivateKey::parse(&group.pkcs8).unwrap();
        let unlabelled = group.tests.iter().filter(|test| test.label.is_empty());
        unlabelled.for_each(|test| check(Wrap::Oaep, &key, &test.ct, &test.pt, test.result));
    }
}

/// `openssl enc` encrypted the body, `openssl pkeyutl -encrypt` wrapped the key.
#[test]
fn what_openssl_sealed_opens() {
    let body = STANDARD.encode(fixture!("body.aes256ecb"));
    let key = rsa_key();
    for (wrap, wrapped) in [(Wrap::Pkcs1, fixture!("body.key.pkcs1")), (Wrap::Oaep, fixture!("body.key.oaep-sha256"))] {
        assert_eq!(open(ECB_256, wrap, &key, body.as_bytes(), wrapped).unwrap(), fixture!("body.bin"));
    }
    assert_eq!(open(ECB_256, Wrap::Oaep, &key, body.as_bytes(), fixture!("body.key.oaep-sha1")), Err(CannotOpen), "another hash");
}

#[test]
fn what_is_sealed_opens_with_the_same_profile_only() {
    let key = rsa_key();
    let variants = [(Profile::Aes256Gcm, Wrap::Pkcs1), (ECB_128, Wrap::Pkcs1), (ECB_256, Wrap::Oaep), (Profile::Aes256Gcm, Wrap::Oaep)];
    for (profile, wrap) in variants {
        let sealed = seal(profile, wrap, &rsa_public(), BODY, &mut CountingRng::new()).unwrap();
        assert_eq!(sealed.wrapped_key.len(), 256);
        for (other, other_wrap) in variants {
            let opened = open(other, other_wrap, &key, sealed.body.as_bytes(), &sealed.wrapped_key);
            let expected = if (other, other_wrap) == (profile, wrap) { Ok(BODY.to_vec()) } else { Err(CannotOpen) };
            assert_eq!(opened, expected, "{profile:?} opened as {other:?}");
        }
    }
}

#[test]
fn the_body_is_nonce_ciphertext_and_tag_or_whole_blocks() {
    let length = |profile| {
        let sealed = seal(profile, Wrap::Pkcs1, &rsa_public(), BODY, &mut CountingRng::new()).unwrap();
        STANDARD.decode(sealed.body).unwrap().len()
    };
    assert_eq!(length(Profile::Aes256Gcm), 12 + BODY.len() + 16);
    assert_eq!(length(ECB_128), (BODY.len() / 16 + 1) * 16);
}

#[test]
fn no_two_bodies_share_a_key_or_a_nonce() {
    let mut rng = CountingRng::new();
    let key = rsa_key();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..50 {
        let sealed = seal(Profile::Aes256Gcm, Wrap::Pkcs1, &rsa_public(), BODY, &mut rng).unwrap();
        let mut aes = vec![0; 32];
        assert!(wrap::unwrap(Wrap::Pkcs1, &key, &sealed.wrapped_key, &mut aes));
        assert!(seen.insert(aes));
        assert!(seen.insert(STANDARD.decode(&sealed.body).unwrap()[..12].to_vec()));
    }
}

#[test]
fn no_changed_byte_of_an_authenticated_body_opens() {
    let key = rsa_key();
    let sealed = seal(Profile::Aes256Gcm, Wrap::Pkcs1, &rsa_public(), b"{}", &mut CountingRng::new()).unwrap();
    let raw = STANDARD.decode(&sealed.body).unwrap();
    for index in 0..raw.len() {
        let mut changed = raw.clone();
        changed[index] ^= 0x01;
        assert_eq!(
            open(Profile::Aes256Gcm, Wrap::Pkcs1, &key, STANDARD.encode(changed).as_bytes(), &sealed.wrapped_key),
            Err(CannotOpen),
            "byte {index}"
        );
    }
    for index in 0..sealed.wrapped_key.len() {
        let mut changed = sealed.wrapped_key.clone();
        changed[index] ^= 0x01;
        assert_eq!(
            open(Profile::Aes256Gcm, Wrap::Pkcs1, &key, sealed.body.as_bytes(), &changed),
            Err(CannotOpen),
            "byte {index} of the key"
        );
    }
}

#[test]
fn every_cause_gives_the_same_refusal() {
    let key = rsa_key();
    let sealed = seal(ECB_256, Wrap::Pkcs1, &rsa_public(), BODY, &mut CountingRng::new()).unwrap();
    let (body, wrapped) = (sealed.body.as_bytes(), sealed.wrapped_key.as_slice());
    let short = seal(ECB_128, Wrap::Pkcs1, &rsa_public(), BODY, &mut CountingRng::new()).unwrap();
    let zero_key = cipher::encrypt(ECB_256, &[0; 32], [0; 12], BODY).unwrap();
    for (what, result) in [
        ("no base64", open(ECB_256, Wrap::Pkcs1, &key, b"{\"result\":{}}", wrapped)),
        ("white space", open(ECB_256, Wrap::Pkcs1, &key, &[body, b"\n"].concat(), wrapped)),
        ("empty body", open(ECB_256, Wrap::Pkcs1, &key, b"", wrapped)),
        ("no key", open(ECB_256, Wrap::Pkcs1, &key, body, b"")),
        ("short key", open(ECB_256, Wrap::Pkcs1, &key, body, &wrapped[1..])),
        ("key of another size", open(ECB_256, Wrap::Pkcs1, &key, short.body.as_bytes(), &short.wrapped_key)),
        ("another wrap", open(ECB_256, Wrap::Oaep, &key, body, wrapped)),
        ("a P-224 key", open(ECB_256, Wrap::Pkcs1, &p224_key(), body, wrapped)),
        ("a body under the key that stands in", open(ECB_256, Wrap::Pkcs1, &key, STANDARD.encode(zero_key).as_bytes(), &[1; 256])),
    ] {
        assert_eq!(result, Err(CannotOpen), "{what}");
    }
}

#[test]
fn only_an_rsa_key_seals() {
    assert_eq!(seal(ECB_256, Wrap::Pkcs1, &p224_public(), BODY, &mut CountingRng::new()), Err(KeyError::NotRsa));
}

#[test]
fn a_sealed_body_prints_its_length_only() {
    let sealed = Sealed { body: "c2VjcmV0".into(), wrapped_key: vec![1, 2, 3] };
    assert_eq!(format!("{sealed:?}"), "Sealed(8 characters)");
}
