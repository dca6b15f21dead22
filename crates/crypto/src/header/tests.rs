use proptest::prelude::*;

use super::*;

fn refusal(text: &str) -> HeaderError {
    SignatureHeader::parse(text).unwrap_err()
}

#[test]
fn it_is_written_without_spaces_and_percent_encoded() {
    let header = SignatureHeader { algorithm: AlgorithmName::Rsa256, key_version: Some(1), signature: vec![0xFB, 0xFF, 0xFE, 0x00] };
    assert_eq!(header.encode(), "algorithm=RSA256,keyVersion=1,signature=%2B%2F%2F%2BAA%3D%3D");
    let header = SignatureHeader { algorithm: AlgorithmName::Ecc224, key_version: None, signature: vec![1, 2, 3] };
    assert_eq!(header.encode(), "algorithm=ECC224,signature=AQID");
    let header = EncryptHeader { key_version: Some(0), symmetric_key: vec![0xFF] };
    assert_eq!(header.encode(), "algorithm=RSA_AES,keyVersion=0,symmetricKey=%2Fw%3D%3D");
}

#[test]
fn every_documented_spelling_reads_the_same() {
    let expected = SignatureHeader { algorithm: AlgorithmName::Rsa256, key_version: Some(2), signature: vec![0xFB, 0xFF, 0xFE, 0x00] };
    for text in [
        "algorithm=RSA256,keyVersion=2,signature=%2B%2F%2F%2BAA%3D%3D",
        "algorithm=RSA256, keyVersion=2, signature=%2B%2F%2F%2BAA%3D%3D",
        "signature=%2B%2F%2F%2BAA%3D%3D,keyVersion=2,algorithm=RSA256",
        "ALGORITHM=rsa256,keyversion=2,Signature=%2b%2f%2f%2bAA%3d%3d",
        "algorithm=sha256withrsa, keyVersion=2, signature=%2B%2F%2F%2BAA%3D%3D",
        "algorithm=SHA256withRSA,keyVersion=2,signature=+//+AA==",
        "\talgorithm=RSA256 ,\tkeyVersion=2 , signature=%2B//+AA==\t",
        "algorithm =RSA256,keyVersion=2,signature=%2B%2F%2F%2BAA%3D%3D",
        "algorithm=RSA256,keyVersion=2,added=later,signature=%2B%2F%2F%2BAA%3D%3D",
    ] {
        assert_eq!(SignatureHeader::parse(text), Ok(expected.clone()), "{text}");
    }
}

#[test]
fn a_plus_stays_a_plus() {
    assert_eq!(SignatureHeader::parse("algorithm=RSA256,signature=++++").unwrap().signature, [0xFB, 0xEF, 0xBE]);
}

#[test]
fn the_key_version_is_optional_and_plain() {
    let version =
        |text: &str| SignatureHeader::parse(&format!("algorithm=RSA256,keyVersion={text},signature=AQID")).map(|header| header.key_version);
    assert_eq!(SignatureHeader::parse("algorithm=RSA256,signature=AQID").unwrap().key_version, None);
    assert_eq!(version("0"), Ok(Some(0)));
    assert_eq!(version("4294967295"), Ok(Some(u32::MAX)));
    for text in ["", "4294967296", "01", "00", "+1", "-1", "1.0", "1 2", " 1", "one", "%31", "٣"] {
        assert_eq!(version(text), Err(HeaderError::KeyVersion), "{text}");
    }
}

#[test]
fn another_algorithm_is_refused() {
    for algorithm in ["none", "", "RSA", "RSA512", "HS256", "RSA256 ,", "RSA_AES", " RSA256", "RSA%32%35%36"] {
        let text = format!("algorithm={algorithm},signature=AQID");
        let expected = if algorithm.ends_with(',') { HeaderError::Malformed } else { HeaderError::Algorithm };
        assert_eq!(refusal(&text), expected, "{algorithm}");
    }
    assert_eq!(EncryptHeader::parse("algorithm=RSA,symmetricKey=AQID"), Err(HeaderError::Algorithm));
    assert_eq!(EncryptHeader::parse("algorithm=RSA256,symmetricKey=AQID"), Err(HeaderError::Algorithm));
    assert_eq!(EncryptHeader::parse("algorithm=rsa_aes,symmetricKey=AQID").unwrap().symmetric_key, [1, 2, 3]);
}

#[test]
fn a_missing_or_empty_member_is_refused() {
    assert_eq!(refusal("signature=AQID"), HeaderError::Missing(Member::Algorithm));
    assert_eq!(refusal("algorithm=RSA256"), HeaderError::Missing(Member::Signature));
    assert_eq!(refusal("algorithm=RSA256,signature="), HeaderError::Missing(Member::Signature));
    assert_eq!(refusal("algorithm=RSA256,symmetricKey=AQID"), HeaderError::Missing(Member::Signature));
    assert_eq!(EncryptHeader::parse("algorithm=RSA_AES,keyVersion=2"), Err(HeaderError::Missing(Member::SymmetricKey)));
}

#[test]
fn a_member_twice_is_refused_in_any_case_of_its_name() {
    assert_eq!(refusal("algorithm=RSA256,signature=AQID,signature=AQID"), HeaderError::Duplicate(Member::Signature));
    assert_eq!(refusal("algorithm=RSA256,Algorithm=none,signature=AQID"), HeaderError::Duplicate(Member::Algorithm));
    assert_eq!(refusal("algorithm=RSA256,keyVersion=1,KEYVERSION=1,signature=AQID"), HeaderError::Duplicate(Member::KeyVersion));
}

#[test]
fn what_is_no_list_of_pairs_is_refused() {
    for text in [
        "",
        ",",
        "algorithm",
        "algorithm=RSA256,",
        "algorithm=RSA256,,signature=AQID",
        "=RSA256,signature=AQID",
        "  =x",
        "algorithm=RSA256;signature=AQID",
    ] {
        let error = refusal(text);
        assert!(matches!(error, HeaderError::Malformed | HeaderError::Algorithm), "{text}: {error}");
    }
}

#[test]
fn lenient_base64_is_refused() {
    for value in [
        "AQI",       // padding missing
        "AQID=",     // padding too much
        "AQI%3D%3D", // padding too much, encoded
        "AQJ=",      // bits behind the last byte
        "AQ ID",     // white space inside, as in the page's sample
        "AQ%20ID",   // the same, encoded
        " AQID",     // white space in front of the value
        "AQ\nID",
        "AQ_-",      // the URL alphabet
        "%25%32%42", // encoded twice
        "AQI%",      // truncated escapes
        "AQI%3",
        "AQI%3G",
        "AQI%+1",
        "ÄQID",
    ] {
        assert_eq!(refusal(&format!("algorithm=RSA256,signature={value}")), HeaderError::Encoding(Member::Signature), "{value}");
    }
}

#[test]
fn the_length_is_bounded_and_the_largest_signature_fits() {
    let largest = SignatureHeader { algorithm: AlgorithmName::Rsa256, key_version: Some(u32::MAX), signature: vec![0xFF; 1024] };
    assert_eq!(SignatureHeader::parse(&largest.encode()), Ok(largest));
    let long = format!("algorithm=RSA256,signature=AQID,x={}", "y".repeat(pairs::MAX_LENGTH));
    assert_eq!(refusal(&long), HeaderError::TooLong);
}

#[test]
fn an_error_quotes_nothing_of_the_header() {
    for text in [
        "algorithm=hunter2,signature=AQID",
        "algorithm=RSA256,keyVersion=hunter2,signature=AQID",
        "algorithm=RSA256,signature=hunter2",
        "hunter2",
    ] {
        assert!(!refusal(text).to_string().contains("hunter2"));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "\\PC*|[a-zA-Z0-9=,% +/_\t]{0,200}|algorithm=RSA256,signature=\\PC{0,60}") {
        let _ = EncryptHeader::parse(&text);
        if let Ok(header) = SignatureHeader::parse(&text) {
            prop_assert_eq!(SignatureHeader::parse(&header.encode()), Ok(header));
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        bytes in prop::collection::vec(any::<u8>(), 1..1024),
        key_version in any::<Option<u32>>(),
        algorithm in prop::sample::select(vec![AlgorithmName::Rsa256, AlgorithmName::Ecc224]),
    ) {
        let header = SignatureHeader { algorithm, key_version, signature: bytes.clone() };
        let text = header.encode();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert_eq!(SignatureHeader::parse(&text), Ok(header));
        let header = EncryptHeader { key_version, symmetric_key: bytes };
        prop_assert_eq!(EncryptHeader::parse(&header.encode()), Ok(header));
    }
}
