use std::path::PathBuf;
use std::sync::Arc;

use ::alipayhk::{Encryption, SealedContentType};
use crypto::{KeyBits, KeyKind, PrivateKey, Profile, PublicKey, Wrap};

use super::keys::{private_key, public_key};
use crate::config::error::ConfigError;
use crate::config::section::Section;

pub(in crate::config) const KEYS: &[&str] =
    &["profile", "key_bits", "wrap", "content_type", "public_key_file", "private_key_file", "key_version"];

/// `[alipayhk.encryption]` as it was read.
pub(super) struct Sealing {
    pub(super) encryption: Encryption,
    /// A sentence for people.
    pub(super) words: String,
    /// The files of a pair of its own.
    pub(super) files: Vec<PathBuf>,
}

/// Reads `[alipayhk.encryption]`: the cipher, and the keys, which are those of the signature unless a pair of its own is named.
pub(super) fn read(
    alipayhk: &Section<'_>,
    (verify, verify_version): (PublicKey, u32),
    signing: &Arc<PrivateKey>,
) -> Result<Option<Sealing>, ConfigError> {
    let Some(section) = alipayhk.section("encryption", KEYS)? else { return Ok(None) };
    let profiles = [("aes-256-gcm", Profile::Aes256Gcm), ("aes-ecb-pkcs7", Profile::AesEcbPkcs7 { bits: KeyBits::B256 })];
    let profile =
        section.choice("profile", &profiles)?.ok_or_else(|| section.missing("profile", "\"aes-256-gcm\" or \"aes-ecb-pkcs7\""))?;
    let profile = match (profile, section.integer("key_bits", 128..=256)?) {
        (profile, None) => profile,
        (Profile::AesEcbPkcs7 { .. }, Some(128)) => Profile::AesEcbPkcs7 { bits: KeyBits::B128 },
        (Profile::AesEcbPkcs7 { .. } | Profile::Aes256Gcm, Some(256)) => profile,
        (Profile::Aes256Gcm, Some(_)) => return Err(section.error("key_bits", "aes-256-gcm has 256")),
        (Profile::AesEcbPkcs7 { .. }, Some(_)) => return Err(section.error("key_bits", "expected 128 or 256")),
    };
    let wrap = section.choice("wrap", &[("pkcs1", Wrap::Pkcs1), ("oaep", Wrap::Oaep)])?.unwrap_or(Wrap::Pkcs1);
    let types = [("text", SealedContentType::Text), ("json", SealedContentType::Json)];
    let content_type = section.choice("content_type", &types)?.unwrap_or_default();
    let version = section.integer("key_version", 0..=u64::from(u32::MAX))?;
    let version = version.map_or(verify_version, |version| u32::try_from(version).unwrap_or(u32::MAX));
    let (to, with, files) = match (section.has("public_key_file"), section.has("private_key_file")) {
        (false, false) => {
            let rsa = |kind| matches!(kind, KeyKind::Rsa { .. });
            if !rsa(verify.kind()) || !rsa(signing.kind()) {
                let expected =
                    "an RSA pair of its own (public_key_file and private_key_file), since alipayhk.signing.algorithm is \"ECC224\"";
                return Err(section.missing("public_key_file", expected));
            }
            (verify, Arc::clone(signing), Vec::new())
        }
        (true, true) => {
            let ((public_file, to), (private_file, with)) =
                (public_key(&section, "public_key_file")?, private_key(&section, "private_key_file")?);
            for (key, file, kind) in [("public_key_file", &public_file, to.kind()), ("private_key_file", &private_file, with.kind())] {
                if !matches!(kind, KeyKind::Rsa { .. }) {
                    return Err(section.error(key, format!("{} is no RSA key; only RSA can wrap a symmetric key", file.display())));
                }
            }
            (to, Arc::new(with), vec![public_file, private_file])
        }
        (true, false) => return Err(section.missing("private_key_file", "the other half of the pair, since public_key_file is set")),
        (false, true) => return Err(section.missing("public_key_file", "the other half of the pair, since private_key_file is set")),
    };
    section.warn(
        "profile",
        match profile {
            Profile::Aes256Gcm => {
                "no public page defines AlipayHK's cipher and padding, and none of its gateway's family shows aes-256-gcm: \
                                   have AlipayHK confirm it before production"
            }
            Profile::AesEcbPkcs7 { .. } => {
                "no public page defines AlipayHK's cipher and padding; aes-ecb-pkcs7 is what its gateway's family \
                                            uses, it shows equal blocks as equal and detects no change by itself: have AlipayHK confirm it \
                                            before production"
            }
        },
    );
    let cipher = match profile {
        Profile::Aes256Gcm => "aes-256-gcm",
        Profile::AesEcbPkcs7 { bits: KeyBits::B128 } => "aes-ecb-pkcs7 with 128 bits",
        Profile::AesEcbPkcs7 { bits: KeyBits::B256 } => "aes-ecb-pkcs7 with 256 bits",
    };
    let wrapped = match wrap {
        Wrap::Pkcs1 => "pkcs1",
        Wrap::Oaep => "oaep",
    };
    let sent_as = match content_type {
        SealedContentType::Text => "text",
        SealedContentType::Json => "json",
    };
    let words = format!(
        "{cipher}, key wrapped by {wrapped} for version {version}, sha256 {}; sent as {sent_as}; answers opened by sha256 {}",
        to.fingerprint(),
        with.public_key().fingerprint()
    );
    Ok(Some(Sealing { encryption: Encryption { profile, wrap, to, key_version: version, with, content_type }, words, files }))
}
