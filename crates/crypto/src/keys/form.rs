//! Which structure a piece of DER is, told from the tags at its top, so that a refusal can name what was given.

use rsa::pkcs8::{
    ObjectIdentifier,
    der::{
        Decode, Header, Reader, SliceReader, Tag, TagMode, TagNumber,
        asn1::{AnyRef, BitStringRef, OctetStringRef},
    },
    spki::AlgorithmIdentifierRef,
};

use super::KeyError;

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const SECP224R1: &str = "1.3.132.0.33";

/// The structures a key comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Pkcs8,
    Pkcs1Private,
    Sec1,
    Spki,
    Pkcs1Public,
}

/// The two kinds of key behind an algorithm identifier.
pub(super) enum Kind {
    Rsa,
    P224,
}

/// An `ECPrivateKey` of RFC 5915.
pub(super) struct Sec1<'a> {
    pub(super) secret: &'a [u8],
    pub(super) parameters: Option<AnyRef<'a>>,
    pub(super) public: Option<BitStringRef<'a>>,
}

pub(super) fn form_of(der: &[u8]) -> Result<Form, KeyError> {
    let mut reader = SliceReader::new(der).map_err(damaged)?;
    let header = Header::decode(&mut reader).map_err(damaged)?;
    if header.tag() != Tag::Sequence || header.length() > reader.remaining_len() {
        return Err(KeyError::Damaged);
    }
    if header.length() < reader.remaining_len() {
        return Err(KeyError::TrailingBytes);
    }
    let mut tags = [None; 3];
    for tag in &mut tags {
        if !reader.is_finished() {
            *tag = Some(AnyRef::decode(&mut reader).map_err(damaged)?.header().tag());
        }
    }
    match tags {
        [Some(Tag::Integer), Some(Tag::Sequence), Some(Tag::OctetString)] => Ok(Form::Pkcs8),
        [Some(Tag::Integer), Some(Tag::Integer), Some(Tag::Integer)] => Ok(Form::Pkcs1Private),
        [Some(Tag::Integer), Some(Tag::Integer), None] => Ok(Form::Pkcs1Public),
        [Some(Tag::Integer), Some(Tag::OctetString), _] => Ok(Form::Sec1),
        [Some(Tag::Sequence), Some(Tag::BitString), None] => Ok(Form::Spki),
        [Some(Tag::Sequence), Some(Tag::OctetString), None] => Err(KeyError::Encrypted),
        [Some(Tag::Sequence), Some(Tag::Sequence), Some(Tag::BitString)] => Err(KeyError::Certificate),
        [Some(Tag::Integer), Some(Tag::Sequence), _] => Err(KeyError::UnsupportedForm("a PKCS#12 store")),
        _ => Err(KeyError::Damaged),
    }
}

pub(super) fn kind_of(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<Kind, KeyError> {
    match algorithm.oid.to_string().as_str() {
        RSA_ENCRYPTION => Ok(Kind::Rsa),
        EC_PUBLIC_KEY => check_curve(algorithm.parameters).map(|()| Kind::P224),
        other => Err(KeyError::UnsupportedAlgorithm(algorithm_name(other))),
    }
}

/// Only a named curve counts: explicit parameters can describe a curve that merely looks like the right one.
pub(super) fn check_curve(parameters: Option<AnyRef<'_>>) -> Result<(), KeyError> {
    let Some(parameters) = parameters else { return Err(KeyError::WrongCurve("without a name".into())) };
    let Ok(oid) = parameters.decode_as::<ObjectIdentifier>() else {
        return Err(KeyError::WrongCurve("given by explicit parameters".into()));
    };
    match oid.to_string().as_str() {
        SECP224R1 => Ok(()),
        other => Err(KeyError::WrongCurve(curve_name(other))),
    }
}

pub(super) fn sec1(der: &[u8]) -> Result<Sec1<'_>, KeyError> {
    let mut reader = SliceReader::new(der).map_err(damaged)?;
    let key = reader
        .sequence(|fields| -> Result<_, rsa::pkcs8::der::Error> {
            let version: u8 = fields.decode()?;
            let secret: &OctetStringRef = fields.decode()?;
            let parameters = parameters(fields)?;
            let public = fields.context_specific::<BitStringRef<'_>>(TagNumber(1), TagMode::Explicit)?;
            Ok((version, Sec1 { secret: secret.as_bytes(), parameters, public }))
        })
        .map_err(damaged)?;
    reader.finish().map_err(damaged)?;
    if key.0 == 1 { Ok(key.1) } else { Err(KeyError::Damaged) }
}

/// Field `[0] EXPLICIT ANY OPTIONAL`.
fn parameters<'a>(fields: &mut SliceReader<'a>) -> Result<Option<AnyRef<'a>>, rsa::pkcs8::der::Error> {
    let field = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
    if fields.is_finished() || Tag::peek(fields)? != field {
        return Ok(None);
    }
    AnyRef::from_der(AnyRef::decode(fields)?.value()).map(Some)
}

/// The reader says where it stumbled, which is of no use to an operator and might say too much.
pub(super) fn damaged(_: rsa::pkcs8::der::Error) -> KeyError {
    KeyError::Damaged
}

fn algorithm_name(oid: &str) -> String {
    match oid {
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.7" => "RSAES-OAEP",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.113549.1.3.1" => "Diffie-Hellman",
        "1.3.101.110" => "X25519",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    }
    .to_owned()
}

fn curve_name(oid: &str) -> String {
    match oid {
        "1.2.840.10045.3.1.1" => "P-192 (secp192r1)",
        "1.2.840.10045.3.1.7" => "P-256 (secp256r1)",
        "1.3.132.0.34" => "P-384 (secp384r1)",
        "1.3.132.0.35" => "P-521 (secp521r1)",
        "1.3.132.0.10" => "secp256k1",
        "1.3.132.0.32" => "secp224k1",
        "1.2.156.10197.1.301" => "SM2",
        "1.3.36.3.3.2.8.1.1.5" => "brainpoolP224r1",
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1",
        other => other,
    }
    .to_owned()
}
