//! Agreement with C2SP's Wycheproof, case by case. *Acceptable* is read as *refuse*: those cases are signatures some libraries tolerate
//! (a missing NULL in the digest's algorithm identifier), and AlipayHK's are never made so.

use ::wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify};

use super::*;

#[test]
fn rsa_2048_with_sha_256_agrees_in_every_case() {
    let set = rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa2048Sha256).unwrap();
    let mut seen = 0;
    for group in set.test_groups {
        // Two groups have keys of exponent 3, which we refuse to load; their cases are run past the loading.
        let verifier = match PublicKey::parse(&group.der) {
            Ok(key) => Verifier::new(key, Algorithm::Rsa256).unwrap(),
            Err(error) => {
                assert_eq!(error, KeyError::ExponentTooSmall);
                let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &*group.der).unwrap();
                Verifier { key: VerifyKey::Rsa(Arc::new(key)), algorithm: Algorithm::Rsa256 }
            }
        };
        for test in group.tests {
            let verdict = verifier.verify(&test.msg, &test.sig);
            assert_eq!(verdict.is_ok(), expected(test.result), "case {}: {}", test.tc_id, test.comment);
            seen += 1;
        }
    }
    assert_eq!(seen, set.number_of_tests);
}

#[test]
fn secp224r1_agrees_in_every_case_of_every_profile() {
    for (name, profile) in [
        (ecdsa::TestName::EcdsaSecp224r1Sha256, SHA256_DER),
        (ecdsa::TestName::EcdsaSecp224r1Sha224, SHA224_DER),
        (ecdsa::TestName::EcdsaSecp224r1Sha256P1363, SHA256_RAW),
        (ecdsa::TestName::EcdsaSecp224r1Sha224P1363, SHA224_RAW),
    ] {
        let set = ecdsa::TestSet::load(name).unwrap();
        let mut seen = 0;
        for group in set.test_groups {
            let verifier = Verifier::new(PublicKey::parse(&group.der).unwrap(), Algorithm::Ecc224(profile)).unwrap();
            for test in group.tests {
                let verdict = verifier.verify(&test.msg, &test.sig);
                assert_eq!(verdict.is_ok(), expected(test.result), "{profile:?}, case {}: {}", test.tc_id, test.comment);
                seen += 1;
            }
        }
        assert_eq!(seen, set.number_of_tests);
    }
}

fn expected(result: TestResult) -> bool {
    match result {
        TestResult::Valid => true,
        TestResult::Invalid | TestResult::Acceptable => false,
    }
}
