//! What both ends of the line share: the signed content, its time stamps, headers and keys.

mod headers;
mod keys;

use crypto::{CannotSign, SignatureHeader, Signer};
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{OffsetDateTime, UtcOffset};

pub use headers::{HeaderName, Headers};
pub use keys::{KeyUse, Refusal, VerifyKey, VerifyKeys};

/// Hong Kong's offset, in which our time stamps are written.
const HONG_KONG: UtcOffset = offset!(+8);

/// What a signature is made over: `POST <path>`, a line feed, `<client id>.<time>.<body>`. An answer's is the same with the *request's*
/// method and path and the answer's own time and body. The body is what is on the wire, byte for byte. (Antom, Sign a request and verify
/// the signature.)
pub fn content(method: &str, path: &str, client_id: &str, time: &str, body: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(method.len() + path.len() + client_id.len() + time.len() + body.len() + 4);
    for part in [method, " ", path, "\n", client_id, ".", time, "."] {
        content.extend_from_slice(part.as_bytes());
    }
    content.extend_from_slice(body);
    content
}

/// The value of the `Signature` header over `content`.
///
/// # Errors
/// [`CannotSign`].
pub fn signature(signer: &Signer, key_version: u32, content: &[u8]) -> Result<String, CannotSign> {
    let signature = signer.sign(content)?;
    Ok(SignatureHeader { algorithm: signer.algorithm().name(), key_version: Some(key_version), signature }.encode())
}

/// `2024-05-22T08:42:21+08:00`, from unix seconds; nothing for a year above 9999 or before 0.
pub fn timestamp(unix_seconds: i64) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp(unix_seconds).ok()?.checked_to_offset(HONG_KONG)?;
    if !(0..=9999).contains(&time.year()) {
        return None;
    }
    time.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+08:00")).ok()
}

/// Unix seconds of an ISO 8601 time with offset. Fractions, `Z` and an offset without colon are read too: other members of the gateway
/// family write them.
pub fn unix_seconds(timestamp: &str) -> Option<i64> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp);
    parse(timestamp).or_else(|| {
        let (front, minutes) = timestamp.split_at_checked(timestamp.len().checked_sub(2)?)?;
        parse(&format!("{front}:{minutes}"))
    })
}

#[cfg(test)]
mod tests;
