use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use p224::elliptic_curve::sec1::ToEncodedPoint;
use rsa::{
    pkcs1::RsaPublicKeyRef,
    pkcs8::{EncodePublicKey, der::Decode, spki::SubjectPublicKeyInfoRef},
    traits::PublicKeyParts,
};
use sha2::{Digest, Sha256};

use super::{
    KeyError, KeyKind,
    form::{self, Form, Kind, damaged},
    rsa_checks, text,
};

/// What comes before the uncompressed point: `SEQUENCE { SEQUENCE { id-ecPublicKey, secp224r1 }, BIT STRING }` with the lengths of P-224.
const P224_SPKI: [u8; 23] = [
    0x30, 0x4E, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x21, 0x03, 0x3A,
    0x00,
];

/// A public key. Cheap to clone.
#[derive(Clone)]
pub struct PublicKey {
    pub(crate) material: PublicMaterial,
    spki: Arc<[u8]>,
}

#[derive(Clone)]
pub(crate) enum PublicMaterial {
    Rsa(Arc<rsa::PublicKey>),
    P224(p224::PublicKey),
}

impl PublicKey {
    /// Reads SPKI or PKCS#1; as PEM, bare base64 (white space allowed) or DER. The same limits as for a private key hold.
    ///
    /// # Errors
    /// [`KeyError`] with the reason.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let source = text::read(bytes)?;
        let form = form::form_of(&source.der)?;
        match form {
            Form::Pkcs8 | Form::Pkcs1Private | Form::Sec1 => return Err(KeyError::PrivateForPublic),
            Form::Spki | Form::Pkcs1Public => {}
        }
        match source.label {
            Some(label) if label != form => Err(KeyError::LabelMismatch),
            Some(_) | None if form == Form::Spki => Self::from_spki(&source.der),
            Some(_) | None => Self::from_pkcs1(&source.der),
        }
    }

    /// What the key is.
    pub fn kind(&self) -> KeyKind {
        match &self.material {
            PublicMaterial::Rsa(key) => KeyKind::Rsa { bits: key.n().bit_width_vartime() },
            PublicMaterial::P224(_) => KeyKind::P224,
        }
    }

    /// SHA-256 of its SPKI DER, lower-case hex. The same key has one fingerprint, in whatever form it was read.
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.spki).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// SPKI DER.
    pub fn as_spki(&self) -> &[u8] {
        &self.spki
    }

    /// SPKI PEM.
    pub fn to_spki_pem(&self) -> String {
        text::to_pem("PUBLIC KEY", &self.spki).to_string()
    }

    /// SPKI as one line of base64, the form in which AlipayHK publishes and takes keys.
    pub fn to_spki_base64(&self) -> String {
        STANDARD.encode(&self.spki)
    }

    pub(super) fn from_rsa(key: rsa::PublicKey) -> Result<Self, KeyError> {
        let spki = key.to_public_key_der().map_err(|_| KeyError::Library)?;
        Ok(Self { material: PublicMaterial::Rsa(Arc::new(key)), spki: spki.as_bytes().into() })
    }

    pub(super) fn from_p224(key: p224::PublicKey) -> Self {
        let spki = [P224_SPKI.as_slice(), key.to_encoded_point(false).as_bytes()].concat();
        Self { material: PublicMaterial::P224(key), spki: spki.into() }
    }

    fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(damaged)?;
        let inner = info.subject_public_key.as_bytes().ok_or(KeyError::Damaged)?;
        match form::kind_of(&info.algorithm)? {
            Kind::Rsa => Self::from_pkcs1(inner),
            Kind::P224 => p224::PublicKey::from_sec1_bytes(inner).map(Self::from_p224).map_err(|_| KeyError::Inconsistent),
        }
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(rsa_checks::public(&RsaPublicKeyRef::from_der(der).map_err(damaged)?)?)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.kind())
    }
}
