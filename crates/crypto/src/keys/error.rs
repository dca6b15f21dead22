use crate::{AlgorithmName, KeyKind};

/// Why a key was refused. Texts are made to follow the name of a file or a setting: "`path` is encrypted; …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// UTF-8 or UTF-16 byte order mark in front.
    #[error("starts with a byte order mark; save it as plain text without one")]
    ByteOrderMark,
    /// Neither PEM nor base64 nor DER.
    #[error("is neither PEM, base64 nor DER")]
    NotAKey,
    /// More than one PEM block.
    #[error("holds several PEM blocks; keep only the key's")]
    SeveralBlocks,
    /// Text before or after the PEM block.
    #[error("holds text beside the PEM block; keep only the block")]
    TextBesidePem,
    /// Bytes after the end of the key's structure.
    #[error("has bytes after the end of the key")]
    TrailingBytes,
    /// PKCS#8 or legacy PEM encryption.
    #[error("is encrypted; decrypt it first (`openssl pkcs8 -topk8 -nocrypt`)")]
    Encrypted,
    /// An X.509 certificate.
    #[error("is a certificate; extract its public key first (`openssl x509 -pubkey -noout`)")]
    Certificate,
    /// A known kind of file that is no usable key.
    #[error("is {0}, which is not supported")]
    UnsupportedForm(&'static str),
    /// The PEM label names another structure than the content has.
    #[error("has a PEM label that does not fit its content")]
    LabelMismatch,
    /// The structure is damaged.
    #[error("is damaged: its structure cannot be read")]
    Damaged,
    /// Public where private was asked for.
    #[error("is a public key where a private key belongs")]
    PublicForPrivate,
    /// Private where public was asked for.
    #[error("is a private key where a public key belongs")]
    PrivateForPublic,
    /// Neither RSA nor elliptic curve.
    #[error("is a key of algorithm {0}; only RSA and EC P-224 are supported")]
    UnsupportedAlgorithm(String),
    /// An elliptic curve other than secp224r1.
    #[error("is on curve {0}; only P-224 (secp224r1) is supported")]
    WrongCurve(String),
    /// RSA modulus below 2,048 bits.
    #[error("is an RSA key of {bits} bits; at least 2048 are needed")]
    RsaTooSmall {
        /// Length of the modulus.
        bits: u32,
    },
    /// RSA modulus above 8,192 bits.
    #[error("is an RSA key of {bits} bits; at most 8192 are supported")]
    RsaTooLarge {
        /// Length of the modulus.
        bits: u32,
    },
    /// Even RSA exponent.
    #[error("has an even RSA exponent")]
    ExponentEven,
    /// RSA exponent below 65,537.
    #[error("has an RSA exponent below 65537")]
    ExponentTooSmall,
    /// RSA exponent of more than 33 bits.
    #[error("has an RSA exponent above 33 bits")]
    ExponentTooLarge,
    /// Well formed, but its numbers do not belong together.
    #[error("is not valid: its numbers do not belong together")]
    Inconsistent,
    /// A size [`crate::keys::generate_rsa`] does not make.
    #[error("{0} bits cannot be made; choose 2048, 3072 or 4096")]
    UnsupportedSize(u32),
    /// The key's kind and the algorithm differ.
    #[error("is a key of kind {key}, which cannot be used with {}", algorithm.as_str())]
    AlgorithmMismatch {
        /// What the key is.
        key: KeyKind,
        /// What was asked for.
        algorithm: AlgorithmName,
    },
    /// Only RSA can wrap a symmetric key.
    #[error("is not an RSA key; only RSA can wrap a symmetric key")]
    NotRsa,
    /// The library could not make, use or write out the key.
    #[error("cannot be processed by the cryptographic library")]
    Library,
}
