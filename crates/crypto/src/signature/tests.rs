mod wycheproof;

use base64::{Engine, engine::general_purpose::STANDARD};
use rsa::pkcs8::DecodePrivateKey;
use sha2::{Digest, Sha256};

use super::*;
use crate::{
    SignatureHeader,
    testing::{fixture, p224_key, p224_public, rsa_key, rsa_public},
};

const CONTENT: &[u8] = fixture!("content.bin");
const SHA224_RAW: EccProfile = EccProfile { hash: EccHash::Sha224, encoding: EccEncoding::Raw };
const SHA256_RAW: EccProfile = EccProfile { hash: EccHash::Sha256, encoding: EccEncoding::Raw };
const SHA224_DER: EccProfile = EccProfile { hash: EccHash::Sha224, encoding: EccEncoding::Der };
const SHA256_DER: EccProfile = EccProfile { hash: EccHash::Sha256, encoding: EccEncoding::Der };

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The published and measured signatures of the repository, by their number.
fn vector(id: &str) -> serde_json::Value {
    let all: serde_json::Value = serde_json::from_str(include_str!("../../../../tests/vectors/signature.json")).unwrap();
    all.as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap().clone()
}

/// Verifies a vector through the header codec, as an answer's header would be, and returns its parts for more.
fn verified(id: &str) -> (Verifier, Vec<u8>, Vec<u8>) {
    let vector = vector(id);
    let key = PublicKey::parse(vector["public_key_spki_base64"].as_str().unwrap().as_bytes()).unwrap();
    let verifier = Verifier::new(key, Algorithm::Rsa256).unwrap();
    let value = vector["signature_header_value"].as_str().unwrap();
    let header = SignatureHeader::parse(&format!("algorithm=RSA256,keyVersion=1,signature={value}")).unwrap();
    assert!(header.encode().ends_with(&format!("signature={value}")), "the encoder writes what the origin wrote");
    let content = vector["content"].as_str().unwrap().as_bytes().to_vec();
    assert_eq!(verifier.verify(&content, &header.signature), Ok(()));
    (verifier, content, header.signature)
}

/// AlipayHK › API Structure (v1) and Pre-Sign String (v1).
#[test]
fn v_a_alipayhk_pre_sign_string_verifies() {
    verified("V-A");
}

/// alipay/global-open-sdk-java, `TestCase.java`: method, path, client id, time and body as signed content.
#[test]
fn v_b_global_open_sdk_test_case_verifies() {
    let (_, content, _) = verified("V-B");
    let digest: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, vector("V-B")["content_sha256_hex"]);
}

/// AlipayHK, Order Service › Base API, the sample `Signature` header. Its content is unknown; its digest was recovered from the signature.
#[test]
fn v_c_base_api_sample_header_is_a_signature_once_its_line_wrapping_is_removed() {
    let vector = vector("V-C");
    let printed = vector["header_value_as_printed"].as_str().unwrap();
    assert_eq!(
        SignatureHeader::parse(printed),
        Err(crate::HeaderError::Encoding(crate::Member::Signature)),
        "as printed it has blanks inside"
    );
    let header = SignatureHeader::parse(&printed.replace(' ', "")).unwrap();
    assert_eq!((header.algorithm, header.key_version, header.signature.len()), (AlgorithmName::Rsa256, Some(1), 256));
    assert_eq!(header.encode(), printed.replace(' ', ""));

    let key = PublicKey::parse(vector["public_key_spki_base64"].as_str().unwrap().as_bytes()).unwrap();
    let PublicMaterial::Rsa(key) = &key.material else { panic!("an RSA key") };
    let digest = unhex(vector["digest_sha256_hex"].as_str().unwrap());
    key.pkcs1v15_verify_prehash::<Sha256>(&digest, &header.signature).unwrap();
}

/// Our layout, signed with V-A's published sample key and checked with OpenSSL.
#[test]
fn v_d_order_sync_request_verifies() {
    verified("V-D-request");
}

#[test]
fn v_d_order_sync_response_verifies() {
    verified("V-D-response");
}

#[test]
fn v_d_chinese_text_verifies() {
    let (_, content, _) = verified("V-D-utf-8");
    assert!(std::str::from_utf8(&content).unwrap().contains("香港電車"));
}

#[test]
fn rsa_signatures_equal_those_of_openssl_and_of_the_rsa_crate() {
    let signer = Signer::new(rsa_key(), Algorithm::Rsa256).unwrap();
    assert_eq!(signer.sign(CONTENT).unwrap(), fixture!("content.rsa256.sig"));

    let other = rsa::PrivateKey::from_pkcs8_der(fixture!("rsa2048.pkcs8.der")).unwrap();
    for content in [b"".as_slice(), b"x", &[0xFF; 5000]] {
        assert_eq!(signer.sign(content).unwrap(), other.pkcs1v15_sign::<Sha256>(content).unwrap());
    }
}

#[test]
fn a_4096_bit_key_signs_512_bytes() {
    let key = PrivateKey::parse(fixture!("rsa4096.pkcs8.pem")).unwrap();
    let verifier = Verifier::new(key.public_key(), Algorithm::Rsa256).unwrap();
    let signature = Signer::new(key, Algorithm::Rsa256).unwrap().sign(CONTENT).unwrap();
    assert_eq!(signature.len(), 512);
    assert_eq!(verifier.verify(CONTENT, &signature), Ok(()));
}

#[test]
fn no_changed_byte_of_an_rsa_signature_or_content_verifies() {
    let verifier = Verifier::new(rsa_public(), Algorithm::Rsa256).unwrap();
    every_change_is_refused(&verifier, fixture!("content.rsa256.sig"));
}

#[test]
fn no_changed_byte_of_an_ecc224_signature_or_content_verifies() {
    for (profile, signature) in [(SHA256_DER, fixture!("content.ecc224-sha256.sig")), (SHA224_DER, fixture!("content.ecc224-sha224.sig"))] {
        every_change_is_refused(&Verifier::new(p224_public(), Algorithm::Ecc224(profile)).unwrap(), signature);
    }
}

fn every_change_is_refused(verifier: &Verifier, signature: &[u8]) {
    assert_eq!(verifier.verify(CONTENT, signature), Ok(()));
    for index in 0..signature.len() {
        for change in [0x01, 0x80] {
            let mut changed = signature.to_vec();
            changed[index] ^= change;
            assert_eq!(verifier.verify(CONTENT, &changed), Err(Unverified), "byte {index}");
        }
    }
    for index in 0..CONTENT.len() {
        let mut changed = CONTENT.to_vec();
        changed[index] ^= 0x01;
        assert_eq!(verifier.verify(&changed, signature), Err(Unverified), "byte {index}");
    }
    for length in [0, 1, signature.len() - 1] {
        assert_eq!(verifier.verify(CONTENT, &signature[..length]), Err(Unverified), "{length} bytes");
    }
    assert_eq!(verifier.verify(CONTENT, &[signature, &[0]].concat()), Err(Unverified));
    assert_eq!(verifier.verify(CONTENT, &[&[0], signature].concat()), Err(Unverified));
}

/// RFC 6979, appendix A.2.4: the key, and what it signs. Over SHA-256 our secret numbers are not the RFC's, so there its signatures only verify.
#[test]
fn ecc224_agrees_with_rfc_6979() {
    let pkcs8 = "303a020100301006072a8648ce3d020106052b8104002104233021020101041cf220266e1105bfe3083e03ec7a3a654651f45e37167e88600bf257c1";
    let key = Arc::new(PrivateKey::parse(&unhex(pkcs8)).unwrap());
    for (profile, message, r, s) in [
        (
            SHA224_RAW,
            "sample",
            "1cdfe6662dde1e4a1ec4cdedf6a1f5a2fb7fbd9145c12113e6abfd3e",
            "a6694fd7718a21053f225d3f46197ca699d45006c06f871808f43ebc",
        ),
        (
            SHA224_RAW,
            "test",
            "c441ce8e261ded634e4cf84910e4c5d1d22c5cf3b732bb204dbef019",
            "902f42847a63bdc5f6046ada114953120f99442d76510150f372a3f4",
        ),
        (
            SHA256_RAW,
            "sample",
            "61aa3da010e8e8406c656bc477a7a7189895e7e840cdfe8ff42307ba",
            "bc814050dab5d23770879494f9e0a680dc1af7161991bde692b10101",
        ),
        (
            SHA256_RAW,
            "test",
            "ad04dde87b84747a243a631ea47a1ba6d1faa059149ad2440de6fba6",
            "178d49b1ae90e3d8b629be3db5683915f4e8c99fdf6e666cf37adcfd",
        ),
    ] {
        let expected = unhex(&[r, s].concat());
        let verifier = Verifier::new(key.public_key(), Algorithm::Ecc224(profile)).unwrap();
        assert_eq!(verifier.verify(message.as_bytes(), &expected), Ok(()), "{message}");
        if profile == SHA224_RAW {
            let signer = Signer::new(Arc::clone(&key), Algorithm::Ecc224(profile)).unwrap();
            assert_eq!(signer.sign(message.as_bytes()).unwrap(), expected, "{message}");
        }
    }
}

#[test]
fn every_ecc224_profile_verifies_its_own_and_no_other() {
    let key = Arc::new(p224_key());
    let profiles = [SHA256_DER, SHA224_DER, SHA256_RAW, SHA224_RAW];
    for made in profiles {
        let signature = Signer::new(Arc::clone(&key), Algorithm::Ecc224(made)).unwrap().sign(CONTENT).unwrap();
        if made.encoding == EccEncoding::Raw {
            assert_eq!(signature.len(), 56);
        }
        for read in profiles {
            let verdict = Verifier::new(p224_public(), Algorithm::Ecc224(read)).unwrap().verify(CONTENT, &signature);
            assert_eq!(verdict.is_ok(), made == read, "{made:?} read as {read:?}");
        }
    }
}

#[test]
fn the_default_ecc224_profile_is_sha_256_in_der() {
    assert_eq!(EccProfile::default(), SHA256_DER);
}

#[test]
fn a_key_of_the_other_kind_is_refused() {
    let ecc = Algorithm::Ecc224(SHA256_DER);
    let mismatch = |key, algorithm| Some(KeyError::AlgorithmMismatch { key, algorithm });
    let rsa_kind = crate::KeyKind::Rsa { bits: 2048 };
    assert_eq!(Signer::new(rsa_key(), ecc).err(), mismatch(rsa_kind, AlgorithmName::Ecc224));
    assert_eq!(Signer::new(p224_key(), Algorithm::Rsa256).err(), mismatch(crate::KeyKind::P224, AlgorithmName::Rsa256));
    assert_eq!(Verifier::new(rsa_public(), ecc).err(), mismatch(rsa_kind, AlgorithmName::Ecc224));
    assert_eq!(Verifier::new(p224_public(), Algorithm::Rsa256).err(), mismatch(crate::KeyKind::P224, AlgorithmName::Rsa256));
    assert_eq!(
        Signer::new(p224_key(), Algorithm::Rsa256).unwrap_err().to_string(),
        "is a key of kind EC P-224, which cannot be used with RSA256"
    );
}

#[test]
fn a_signer_and_a_verifier_print_no_key() {
    let signer = Signer::new(rsa_key(), Algorithm::Rsa256).unwrap();
    assert_eq!(format!("{signer:?}"), "Signer { key: [redacted], algorithm: Rsa256 }");
    let verifier = Verifier::new(rsa_public(), Algorithm::Rsa256).unwrap();
    assert_eq!(format!("{verifier:?}"), "Verifier { algorithm: Rsa256, .. }");
}

#[test]
fn signers_and_verifiers_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Signer>();
    crosses::<Verifier>();
    crosses::<PrivateKey>();
    crosses::<PublicKey>();
}

#[test]
fn a_header_value_is_its_signature_in_base64() {
    let signature = fixture!("content.rsa256.sig").to_vec();
    let header = SignatureHeader { algorithm: AlgorithmName::Rsa256, key_version: None, signature: signature.clone() };
    let value = header.encode().replace("algorithm=RSA256,signature=", "").replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    assert_eq!(STANDARD.decode(value).unwrap(), signature);
}
