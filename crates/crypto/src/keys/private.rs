use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair as RsaKeyPair, PrivateDecryptingKey},
};
use p224::{ecdsa::SigningKey, pkcs8::EncodePrivateKey};
use rsa::{
    pkcs1::RsaPrivateKeyRef,
    pkcs8::{PrivateKeyInfoRef, der::Decode},
};
use zeroize::Zeroizing;

use super::{
    KeyError, KeyKind, PublicKey,
    form::{self, Form, Kind, damaged},
    rsa_checks, text,
};

/// A private key. No `Clone`: share it by `Arc`. Prints as `[redacted]`.
///
/// An RSA key is held by AWS-LC only (once for signing, once for opening), a P-224 key by `p224`, which wipes it. Every buffer the key passed
/// through on its way in is wiped.
pub struct PrivateKey {
    pub(crate) material: PrivateMaterial,
    public: PublicKey,
}

pub(crate) enum PrivateMaterial {
    Rsa(Box<RsaPrivate>),
    P224(Box<SigningKey>),
}

pub(crate) struct RsaPrivate {
    pub(crate) signing: RsaKeyPair,
    pub(crate) opening: PrivateDecryptingKey,
}

impl PrivateKey {
    /// Reads PKCS#8, PKCS#1 or SEC1; as PEM, bare base64 (white space allowed) or DER.
    ///
    /// RSA needs 2,048 to 8,192 bits and an odd exponent from 65,537 up; EC needs the named curve secp224r1.
    ///
    /// # Errors
    /// [`KeyError`] with the reason, never with a byte of the key.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let source = text::read(bytes)?;
        let form = form::form_of(&source.der)?;
        match form {
            Form::Spki | Form::Pkcs1Public => return Err(KeyError::PublicForPrivate),
            Form::Pkcs8 | Form::Pkcs1Private | Form::Sec1 => {}
        }
        match source.label {
            Some(label) if label != form => Err(KeyError::LabelMismatch),
            Some(_) | None => Self::from_der(&source.der, form),
        }
    }

    /// What the key is.
    pub fn kind(&self) -> KeyKind {
        self.public.kind()
    }

    /// Its public half.
    pub fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    /// PKCS#8 PEM, to be written where only its owner can read it.
    ///
    /// # Errors
    /// [`KeyError::Library`] when the key cannot be written out.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        match &self.material {
            PrivateMaterial::Rsa(key) => {
                let der: Pkcs8V1Der<'_> = key.opening.as_der().map_err(|_| KeyError::Library)?;
                Ok(text::to_pem("PRIVATE KEY", der.as_ref()))
            }
            PrivateMaterial::P224(key) => {
                let der = p224::SecretKey::from(key.as_nonzero_scalar()).to_pkcs8_der().map_err(|_| KeyError::Library)?;
                Ok(text::to_pem("PRIVATE KEY", der.as_bytes()))
            }
        }
    }

    pub(super) fn from_der(der: &[u8], form: Form) -> Result<Self, KeyError> {
        match form {
            Form::Pkcs8 => Self::from_pkcs8(der),
            Form::Pkcs1Private => Self::from_pkcs1(der),
            Form::Sec1 => {
                let key = form::sec1(der)?;
                form::check_curve(key.parameters)?;
                Self::from_sec1(&key)
            }
            Form::Spki | Form::Pkcs1Public => Err(KeyError::PublicForPrivate),
        }
    }

    pub(super) fn from_p224(secret: &p224::SecretKey) -> Self {
        let public = PublicKey::from_p224(secret.public_key());
        Self { material: PrivateMaterial::P224(Box::new(SigningKey::from(secret))), public }
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(damaged)?;
        let inner = info.private_key.as_bytes();
        match form::kind_of(&info.algorithm)? {
            Kind::Rsa => Self::from_pkcs1(inner),
            Kind::P224 => {
                let key = form::sec1(inner)?;
                if key.parameters.is_some() {
                    form::check_curve(key.parameters)?;
                }
                Self::from_sec1(&key)
            }
        }
    }

    /// AWS-LC checks that primes, exponents and modulus belong together.
    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let numbers = RsaPrivateKeyRef::from_der(der).map_err(damaged)?;
        let public = PublicKey::from_rsa(rsa_checks::private(&numbers)?)?;
        let signing = RsaKeyPair::from_der(der).map_err(|_| KeyError::Inconsistent)?;
        let pkcs8: Pkcs8V1Der<'_> = signing.as_der().map_err(|_| KeyError::Library)?;
        let opening = PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref()).map_err(|_| KeyError::Library)?;
        Ok(Self { material: PrivateMaterial::Rsa(Box::new(RsaPrivate { signing, opening })), public })
    }

    fn from_sec1(key: &form::Sec1<'_>) -> Result<Self, KeyError> {
        if key.secret.len() != 28 {
            return Err(KeyError::Damaged);
        }
        let secret = p224::SecretKey::from_slice(key.secret).map_err(|_| KeyError::Inconsistent)?;
        if let Some(public) = key.public {
            let point = public.as_bytes().ok_or(KeyError::Damaged)?;
            let claimed = p224::PublicKey::from_sec1_bytes(point).map_err(|_| KeyError::Inconsistent)?;
            if claimed != secret.public_key() {
                return Err(KeyError::Inconsistent);
            }
        }
        Ok(Self::from_p224(&secret))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
