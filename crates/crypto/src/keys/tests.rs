use base64::{Engine, engine::general_purpose::STANDARD};
use rsa::{
    pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef},
    pkcs8::der::{Decode, Encode, asn1::UintRef},
};

use super::*;
use crate::testing::{CountingRng, fixture, p224_key, p224_public, rsa_key, rsa_public};

const RSA_2048: KeyKind = KeyKind::Rsa { bits: 2048 };

fn private_refusal(bytes: &[u8]) -> KeyError {
    PrivateKey::parse(bytes).unwrap_err()
}

fn public_refusal(bytes: &[u8]) -> KeyError {
    PublicKey::parse(bytes).unwrap_err()
}

/// The lines between the dashes.
fn base64_of(pem: &[u8]) -> String {
    std::str::from_utf8(pem).unwrap().lines().filter(|line| !line.starts_with("-----")).collect::<Vec<_>>().join("\n")
}

fn der_of(pem: &[u8]) -> Vec<u8> {
    STANDARD.decode(base64_of(pem).replace('\n', "")).unwrap()
}

#[test]
fn one_rsa_key_reads_the_same_from_every_form() {
    let expected = rsa_public();
    assert_eq!(expected.kind(), RSA_2048);
    for pem in [fixture!("rsa2048.pkcs8.pem"), fixture!("rsa2048.pkcs1.pem")] {
        for bytes in forms(pem) {
            let key = PrivateKey::parse(&bytes).unwrap();
            assert_eq!((key.kind(), key.public_key()), (RSA_2048, expected.clone()));
        }
    }
    for pem in [fixture!("rsa2048.spki.pem"), fixture!("rsa2048.pkcs1-public.pem")] {
        for bytes in forms(pem) {
            assert_eq!(PublicKey::parse(&bytes), Ok(expected.clone()));
        }
    }
}

#[test]
fn one_p224_key_reads_the_same_from_every_form() {
    let expected = p224_public();
    assert_eq!(expected.kind(), KeyKind::P224);
    for pem in [fixture!("p224.pkcs8.pem"), fixture!("p224.sec1.pem")] {
        for bytes in forms(pem) {
            let key = PrivateKey::parse(&bytes).unwrap();
            assert_eq!((key.kind(), key.public_key()), (KeyKind::P224, expected.clone()));
        }
    }
    for pem in [fixture!("p224.spki.pem"), fixture!("p224.compressed.spki.pem")] {
        for bytes in forms(pem) {
            assert_eq!(PublicKey::parse(&bytes), Ok(expected.clone()));
        }
    }
}

/// As it is, with other line ends, without its last line end, wrapped otherwise, bare, in one line, as DER.
fn forms(pem: &[u8]) -> Vec<Vec<u8>> {
    let text = std::str::from_utf8(pem).unwrap();
    let (first, last) = (text.lines().next().unwrap(), text.lines().last().unwrap());
    let bare = base64_of(pem);
    let line = bare.replace('\n', "");
    vec![
        pem.to_vec(),
        text.replace('\n', "\r\n").into_bytes(),
        text.trim_end().as_bytes().to_vec(),
        format!("\n\n  {text}\t\r\n").into_bytes(),
        format!("{first}\n{line}\n{last}").into_bytes(),
        bare.clone().into_bytes(),
        format!("  {}\r\n", bare.replace('\n', "\r\n")).into_bytes(),
        line.into_bytes(),
        der_of(pem),
    ]
}

#[test]
fn what_is_no_private_key_says_what_it_is() {
    for (bytes, expected) in [
        (b"".as_slice(), KeyError::Empty),
        (b" \r\n\t", KeyError::Empty),
        (b"hunter2", KeyError::NotAKey),
        (b"\xFF\x00\x12", KeyError::NotAKey),
        (fixture!("rsa2048.spki.pem"), KeyError::PublicForPrivate),
        (fixture!("rsa2048.pkcs1-public.pem"), KeyError::PublicForPrivate),
        (fixture!("p224.spki.pem"), KeyError::PublicForPrivate),
        (fixture!("rsa2048.encrypted.pem"), KeyError::Encrypted),
        (fixture!("rsa2048.legacy-encrypted.pem"), KeyError::Encrypted),
        (fixture!("rsa2048.certificate.pem"), KeyError::Certificate),
        (fixture!("rsa2048.request.pem"), KeyError::UnsupportedForm("a certificate request")),
        (fixture!("rsa2048.p12"), KeyError::UnsupportedForm("a PKCS#12 store")),
        (fixture!("p224.with-parameters.pem"), KeyError::SeveralBlocks),
        (fixture!("rsa1024.pkcs8.pem"), KeyError::RsaTooSmall { bits: 1024 }),
        (fixture!("rsa2048-exponent3.pkcs8.pem"), KeyError::ExponentTooSmall),
        (fixture!("rsa2048-three-primes.pkcs8.pem"), KeyError::UnsupportedForm("an RSA key of more than two primes")),
        (fixture!("rsa2048-pss.pkcs8.pem"), KeyError::UnsupportedAlgorithm("RSASSA-PSS".into())),
        (fixture!("ed25519.pkcs8.pem"), KeyError::UnsupportedAlgorithm("Ed25519".into())),
        (fixture!("p256.pkcs8.pem"), KeyError::WrongCurve("P-256 (secp256r1)".into())),
        (fixture!("p256.sec1.pem"), KeyError::WrongCurve("P-256 (secp256r1)".into())),
        (fixture!("p224.explicit.sec1.pem"), KeyError::WrongCurve("given by explicit parameters".into())),
    ] {
        assert_eq!(private_refusal(bytes), expected);
    }
}

#[test]
fn what_is_no_public_key_says_what_it_is() {
    for (bytes, expected) in [
        (b"".as_slice(), KeyError::Empty),
        (fixture!("rsa2048.pkcs8.pem"), KeyError::PrivateForPublic),
        (fixture!("rsa2048.pkcs1.pem"), KeyError::PrivateForPublic),
        (fixture!("p224.sec1.pem"), KeyError::PrivateForPublic),
        (fixture!("rsa2048.encrypted.pem"), KeyError::Encrypted),
        (fixture!("rsa2048.certificate.pem"), KeyError::Certificate),
        (fixture!("rsa1024.spki.pem"), KeyError::RsaTooSmall { bits: 1024 }),
        (fixture!("p256.spki.pem"), KeyError::WrongCurve("P-256 (secp256r1)".into())),
    ] {
        assert_eq!(public_refusal(bytes), expected);
    }
}

#[test]
fn der_without_a_label_is_told_apart_as_well() {
    assert_eq!(private_refusal(base64_of(fixture!("rsa2048.encrypted.pem")).as_bytes()), KeyError::Encrypted);
    assert_eq!(private_refusal(&der_of(fixture!("rsa2048.certificate.pem"))), KeyError::Certificate);
    assert_eq!(public_refusal(&der_of(fixture!("rsa2048.certificate.pem"))), KeyError::Certificate);
    assert_eq!(public_refusal(fixture!("rsa2048.pkcs8.der")), KeyError::PrivateForPublic);
    assert_eq!(private_refusal(&[0x30, 0x00]), KeyError::Damaged);
    assert_eq!(private_refusal(&[0x30]), KeyError::Damaged);
}

#[test]
fn a_byte_order_mark_is_refused_by_name() {
    for mark in [[0xEF, 0xBB, 0xBF].as_slice(), &[0xFF, 0xFE], &[0xFE, 0xFF]] {
        assert_eq!(private_refusal(&[mark, fixture!("rsa2048.pkcs8.pem")].concat()), KeyError::ByteOrderMark);
    }
}

#[test]
fn anything_beside_the_key_is_refused() {
    let pem = std::str::from_utf8(fixture!("rsa2048.pkcs8.pem")).unwrap();
    assert_eq!(private_refusal(format!("{pem}{pem}").as_bytes()), KeyError::SeveralBlocks);
    assert_eq!(private_refusal(format!("{pem}rubbish").as_bytes()), KeyError::TextBesidePem);
    assert_eq!(private_refusal(format!("Bag Attributes\n{pem}").as_bytes()), KeyError::TextBesidePem);
    assert_eq!(private_refusal(&[fixture!("rsa2048.pkcs8.der"), b"\n"].concat()), KeyError::TrailingBytes);
    let bare = STANDARD.encode([fixture!("rsa2048.pkcs8.der"), &[0; 3]].concat());
    assert_eq!(private_refusal(bare.as_bytes()), KeyError::TrailingBytes);
}

#[test]
fn a_damaged_key_is_refused() {
    let pem = std::str::from_utf8(fixture!("rsa2048.pkcs8.pem")).unwrap();
    assert_eq!(private_refusal(pem.replace("-----END PRIVATE KEY-----", "").as_bytes()), KeyError::Damaged);
    assert_eq!(private_refusal(pem.replace("MII", "M*I").as_bytes()), KeyError::Damaged);
    let der = fixture!("rsa2048.pkcs8.der");
    for length in (1..der.len()).step_by(37) {
        assert_eq!(private_refusal(&der[..length]), KeyError::Damaged, "{length}");
    }
}

#[test]
fn a_label_that_lies_is_refused() {
    let relabel = |pem: &[u8], from: &str, to: &str| std::str::from_utf8(pem).unwrap().replace(from, to).into_bytes();
    let key = relabel(fixture!("rsa2048.pkcs8.pem"), "PRIVATE KEY", "RSA PRIVATE KEY");
    assert_eq!(private_refusal(&key), KeyError::LabelMismatch);
    let key = relabel(fixture!("rsa2048.pkcs1-public.pem"), "RSA PUBLIC KEY", "PUBLIC KEY");
    assert_eq!(public_refusal(&key), KeyError::LabelMismatch);
    let key = relabel(fixture!("rsa2048.spki.pem"), "PUBLIC KEY", "PRIVATE KEY");
    assert_eq!(private_refusal(&key), KeyError::PublicForPrivate);
}

/// A PKCS#1 public key of any numbers.
fn rsa_public_of(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    RsaPublicKeyRef { modulus: UintRef::new(modulus).unwrap(), public_exponent: UintRef::new(exponent).unwrap() }.to_der().unwrap()
}

#[test]
fn the_modulus_has_its_limits() {
    let of_bits = |bits: usize| {
        let mut modulus = vec![0xFF; bits.div_ceil(8)];
        modulus[0] = 0xFF >> (modulus.len() * 8 - bits);
        PublicKey::parse(&rsa_public_of(&modulus, &[1, 0, 1])).map(|key| key.kind())
    };
    assert_eq!(of_bits(2047), Err(KeyError::RsaTooSmall { bits: 2047 }));
    assert_eq!(of_bits(2048), Ok(RSA_2048));
    assert_eq!(of_bits(8192), Ok(KeyKind::Rsa { bits: 8192 }));
    assert_eq!(of_bits(8193), Err(KeyError::RsaTooLarge { bits: 8193 }));
    let mut even = [0xFF; 256];
    even[255] = 0xFE;
    assert_eq!(public_refusal(&rsa_public_of(&even, &[1, 0, 1])), KeyError::Inconsistent);
}

#[test]
fn the_exponent_has_its_limits() {
    let with = |exponent: &[u8]| PublicKey::parse(&rsa_public_of(&[0xFF; 256], exponent)).map(|key| key.kind());
    assert_eq!(with(&[0]), Err(KeyError::ExponentEven));
    assert_eq!(with(&[2]), Err(KeyError::ExponentEven));
    assert_eq!(with(&[1, 0, 0]), Err(KeyError::ExponentEven));
    assert_eq!(with(&[1]), Err(KeyError::ExponentTooSmall));
    assert_eq!(with(&[3]), Err(KeyError::ExponentTooSmall));
    assert_eq!(with(&[0xFF, 0xFF]), Err(KeyError::ExponentTooSmall));
    assert_eq!(with(&[1, 0, 1]), Ok(RSA_2048));
    assert_eq!(with(&[1, 0xFF, 0xFF, 0xFF, 0xFF]), Ok(RSA_2048));
    assert_eq!(with(&[2, 0, 0, 0, 1]), Err(KeyError::ExponentTooLarge));
    assert_eq!(with(&[1; 9]), Err(KeyError::ExponentTooLarge));
}

#[test]
fn an_rsa_key_whose_numbers_do_not_belong_together_is_refused() {
    let der = der_of(fixture!("rsa2048.pkcs1.pem"));
    let good = RsaPrivateKeyRef::from_der(&der).unwrap();
    assert!(PrivateKey::parse(&good.to_der().unwrap()).is_ok());
    let numbers = [good.modulus, good.private_exponent, good.prime1, good.prime2, good.exponent1, good.exponent2, good.coefficient];
    for (index, number) in numbers.into_iter().enumerate() {
        let mut changed = number.as_bytes().to_vec();
        changed[20] ^= 0x10;
        let changed = UintRef::new(&changed).unwrap();
        let mut key = good.clone();
        match index {
            0 => key.modulus = changed,
            1 => key.private_exponent = changed,
            2 => key.prime1 = changed,
            3 => key.prime2 = changed,
            4 => key.exponent1 = changed,
            5 => key.exponent2 = changed,
            _ => key.coefficient = changed,
        }
        assert_eq!(private_refusal(&key.to_der().unwrap()), KeyError::Inconsistent, "number {index}");
    }
}

#[test]
fn a_p224_key_whose_parts_do_not_belong_together_is_refused() {
    let mut der = der_of(fixture!("p224.sec1.pem"));
    der[10] ^= 0x01;
    assert_eq!(private_refusal(&der), KeyError::Inconsistent, "secret number and public point differ");
    let mut der = der_of(fixture!("p224.spki.pem"));
    *der.last_mut().unwrap() ^= 0x01;
    assert_eq!(public_refusal(&der), KeyError::Inconsistent, "the point is not on the curve");
    let pkcs8 = [
        [
            0x30, 0x3A, 2, 1, 0, 0x30, 0x10, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 5, 0x2B, 0x81, 4, 0, 0x21, 4, 0x23, 0x30, 0x21,
            2, 1, 1, 4, 0x1C,
        ]
        .as_slice(),
        &[0; 28],
    ]
    .concat();
    assert_eq!(private_refusal(&pkcs8), KeyError::Inconsistent, "zero is no key");
    let of_no_name = [[0x30, 0x21, 2, 1, 1, 4, 0x1C].as_slice(), &[1; 28]].concat();
    assert_eq!(private_refusal(&of_no_name), KeyError::WrongCurve("without a name".into()));
}

#[test]
fn keys_are_written_as_openssl_writes_them() {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().to_owned();
    assert_eq!(*rsa_key().to_pkcs8_pem().unwrap(), text(fixture!("rsa2048.pkcs8.pem")));
    assert_eq!(*p224_key().to_pkcs8_pem().unwrap(), text(fixture!("p224.pkcs8.pem")));
    assert_eq!(rsa_public().to_spki_pem(), text(fixture!("rsa2048.spki.pem")));
    assert_eq!(p224_public().to_spki_pem(), text(fixture!("p224.spki.pem")));
    assert_eq!(rsa_public().to_spki_base64(), base64_of(fixture!("rsa2048.spki.pem")).replace('\n', ""));
    assert_eq!(rsa_public().as_spki(), der_of(fixture!("rsa2048.spki.pem")));
}

/// Expected values: `openssl pkey -pubin -outform DER | sha256sum`.
#[test]
fn the_fingerprint_is_the_sha_256_of_the_spki() {
    assert_eq!(rsa_public().fingerprint(), "f78bb80b31d57f518ca3ac81f6cf8ca0a2b07ff15eaaacd6b5a2971b1c90f0c6");
    assert_eq!(p224_public().fingerprint(), "5e8823ec417813803fdc18237fd0ee9b414d2325712e748ee6607a472bcf5d23");
    assert_eq!(
        PublicKey::parse(fixture!("p224.compressed.spki.pem")).unwrap().fingerprint(),
        "5e8823ec417813803fdc18237fd0ee9b414d2325712e748ee6607a472bcf5d23"
    );
}

#[test]
fn a_generated_rsa_key_is_read_back() {
    let key = generate_rsa(2048, &mut CountingRng::new()).unwrap();
    assert_eq!(key.kind(), RSA_2048);
    let read = PrivateKey::parse(key.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
    assert_eq!(read.public_key(), key.public_key());
    assert_eq!(PublicKey::parse(key.public_key().to_spki_base64().as_bytes()), Ok(key.public_key()));
}

#[test]
fn only_three_rsa_sizes_are_made() {
    for bits in [0, 1024, 2047, 2056, 8192] {
        assert_eq!(generate_rsa(bits, &mut CountingRng::new()).unwrap_err(), KeyError::UnsupportedSize(bits));
    }
}

#[test]
fn generated_p224_keys_differ_and_are_read_back() {
    let mut rng = CountingRng::new();
    let key = generate_p224(&mut rng);
    let read = PrivateKey::parse(key.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
    assert_eq!(read.public_key(), key.public_key());
    assert_ne!(generate_p224(&mut rng).public_key(), key.public_key());
}

#[test]
fn no_key_prints_what_it_holds() {
    for key in [rsa_key(), p224_key()] {
        assert_eq!(format!("{key:?} {key:#?}"), "[redacted] [redacted]");
        assert_eq!(format!("{:?}", Some(std::sync::Arc::new(key))), "Some([redacted])");
    }
    assert_eq!(format!("{:?}", rsa_public()), "PublicKey(RSA 2048)");
    assert_eq!(format!("{:?}", p224_public()), "PublicKey(EC P-224)");
}

#[test]
fn no_refusal_quotes_the_key() {
    let pem = std::str::from_utf8(fixture!("rsa2048.pkcs8.pem")).unwrap();
    for bytes in [
        pem.replace("MII", "M*I"),
        format!("{pem}{pem}"),
        pem.replace("PRIVATE", "HUNTER"),
        base64_of(pem.as_bytes()).replacen('M', "N", 1),
    ] {
        let error = private_refusal(bytes.as_bytes());
        for window in base64_of(pem.as_bytes()).as_bytes().windows(8) {
            assert!(!format!("{error} {error:?}").contains(std::str::from_utf8(window).unwrap()));
        }
        assert!(!format!("{error:?}").contains("HUNTER"));
    }
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), sequence in any::<bool>()) {
            let bytes = if sequence { [[0x30, bytes.len() as u8].as_slice(), &bytes].concat() } else { bytes };
            prop_assert!(PrivateKey::parse(&bytes).is_err());
            prop_assert!(PublicKey::parse(&bytes).is_err());
        }

        #[test]
        fn a_key_with_a_changed_byte_never_panics(index in 0usize..120, value in any::<u8>()) {
            for pem in [fixture!("p224.sec1.pem"), fixture!("p224.pkcs8.pem"), fixture!("rsa2048.spki.pem"), fixture!("p224.spki.pem")] {
                let mut der = der_of(pem);
                let index = index % der.len();
                der[index] = value;
                let _ = PrivateKey::parse(&der);
                let _ = PublicKey::parse(&der);
            }
        }
    }
}
