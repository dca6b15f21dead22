//! The shared grammar of both headers.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{HeaderError, Member};

/// A signature of the largest key (1,024 bytes) with every character of its base64 percent-encoded is half of this.
pub(super) const MAX_LENGTH: usize = 8192;

/// The values of the known members.
#[derive(Default)]
pub(super) struct Pairs<'a> {
    pub(super) algorithm: Option<&'a str>,
    key_version: Option<&'a str>,
    binary: Option<&'a str>,
}

impl<'a> Pairs<'a> {
    /// `binary` is the name of the header's base64 member.
    pub(super) fn parse(text: &'a str, binary: Member) -> Result<Self, HeaderError> {
        if text.len() > MAX_LENGTH {
            return Err(HeaderError::TooLong);
        }
        let mut pairs = Self::default();
        for pair in text.split(',') {
            let (name, value) = pair.trim_matches(BLANKS).split_once('=').ok_or(HeaderError::Malformed)?;
            let name = name.trim_end_matches(BLANKS);
            if name.is_empty() {
                return Err(HeaderError::Malformed);
            }
            for member in [Member::Algorithm, Member::KeyVersion, binary] {
                if name.eq_ignore_ascii_case(member.as_str()) {
                    let place = match member {
                        Member::Algorithm => &mut pairs.algorithm,
                        Member::KeyVersion => &mut pairs.key_version,
                        Member::Signature | Member::SymmetricKey => &mut pairs.binary,
                    };
                    if place.replace(value).is_some() {
                        return Err(HeaderError::Duplicate(member));
                    }
                }
            }
        }
        Ok(pairs)
    }

    pub(super) fn algorithm(&self) -> Result<&'a str, HeaderError> {
        self.algorithm.ok_or(HeaderError::Missing(Member::Algorithm))
    }

    /// Plain decimal digits without sign or leading zero.
    pub(super) fn key_version(&self) -> Result<Option<u32>, HeaderError> {
        let Some(text) = self.key_version else { return Ok(None) };
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        if plain { text.parse().map(Some).map_err(|_| HeaderError::KeyVersion) } else { Err(HeaderError::KeyVersion) }
    }

    /// Percent-decoded once, then strict base64: padded, canonical, without white space.
    pub(super) fn binary(&self, member: Member) -> Result<Vec<u8>, HeaderError> {
        let encoded = percent_decode(self.binary.ok_or(HeaderError::Missing(member))?).ok_or(HeaderError::Encoding(member))?;
        let bytes = STANDARD.decode(encoded).map_err(|_| HeaderError::Encoding(member))?;
        if bytes.is_empty() { Err(HeaderError::Missing(member)) } else { Ok(bytes) }
    }
}

/// Writes the three members without spaces.
pub(super) fn encode(algorithm: &str, key_version: Option<u32>, member: Member, bytes: &[u8]) -> String {
    let key_version = key_version.map(|version| format!("keyVersion={version},")).unwrap_or_default();
    let value = STANDARD.encode(bytes).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("algorithm={algorithm},{key_version}{}={value}", member.as_str())
}

/// The optional white space of RFC 9110; nothing else counts as blank.
const BLANKS: [char; 2] = [' ', '\t'];

/// `+` stays `+`: this is not form encoding, where it would mean a space.
fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            plain => plain,
        });
    }
    Some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
