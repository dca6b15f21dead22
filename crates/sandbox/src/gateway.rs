//! The door: who may speak, and in what form. Its checks and their order are the sandbox's own; the codes are the documented ones.

use std::sync::Arc;

use alipayhk::{METHOD, PATH};
use crypto::{EncryptHeader, PrivateKey, Profile, PublicKey, SignatureHeader, Verifier, Wrap};

use crate::decision::{Decision, ResultStatus};
use crate::signed;

/// A request as it arrived.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Names and raw values.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body.
    pub body: &'a [u8],
}

/// Who may come in.
pub struct Gateway {
    /// The one client id it knows.
    pub client_id: String,
    /// The client's keys by version. A request without `keyVersion` means the highest, as "the latest" does at AlipayHK.
    pub client_keys: Vec<(u32, Verifier)>,
    /// How far `Request-Time` may be off, in seconds. What AlipayHK allows is not published.
    pub skew: u64,
    /// How sealed requests are opened and their answers sealed.
    pub sealing: Option<Sealing>,
}

/// Both sides of encryption.
pub struct Sealing {
    /// The cipher.
    pub profile: Profile,
    /// How the symmetric key is wrapped.
    pub wrap: Wrap,
    /// Opens requests.
    pub with: Arc<PrivateKey>,
    /// Answers are sealed for it.
    pub to: PublicKey,
    /// The version of that key, named in the answer's `Encrypt` header.
    pub key_version: u32,
}

/// A request that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Its JSON, opened where it was sealed.
    pub json: Vec<u8>,
    /// Whether it was sealed; its answer then is too.
    pub sealed: bool,
}

/// A request that was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it is told.
    pub decision: Decision,
    /// Antom's sample code notes that the answer to an invalid signature carries no signature. Here that holds for whatever is refused
    /// before the signature is known to be good.
    pub signed: bool,
    /// Whether the signature was the reason.
    pub bad_signature: bool,
}

impl Gateway {
    /// Whether the request may come in. `now` in unix seconds.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn admit(&self, incoming: &Incoming<'_>, now: i64) -> Result<Admitted, Refused> {
        if incoming.path != PATH {
            return Err(unsigned("INVALID_API", "no such interface"));
        }
        if incoming.method != METHOD {
            return Err(unsigned("METHOD_NOT_SUPPORTED", "only POST is supported"));
        }
        let encrypt = self.one(incoming, "encrypt")?;
        if !media_type_fits(self.one(incoming, "content-type")?, encrypt.is_some()) {
            return Err(unsigned("MEDIA_TYPE_NOT_ACCEPTABLE", "Content-Type must be application/json; charset=UTF-8"));
        }
        if self.one(incoming, "client-id")? != Some(self.client_id.as_str()) {
            return Err(unsigned("INVALID_CLIENT", "Client-Id is not known"));
        }
        let time = self.one(incoming, "request-time")?.ok_or_else(|| bad_signature("no Request-Time"))?;
        self.verify(incoming, time)?;
        let asked = signed::seconds(time).ok_or_else(|| refused("ACCESS_DENIED", "Request-Time is not ISO 8601"))?;
        if asked.abs_diff(now) > self.skew {
            return Err(refused("ACCESS_DENIED", "Request-Time is too far from the server's clock"));
        }
        let Some(encrypt) = encrypt else { return Ok(Admitted { json: incoming.body.to_vec(), sealed: false }) };
        let cannot_open = || refused("KEY_NOT_FOUND", "the body cannot be opened");
        let sealing = self.sealing.as_ref().ok_or_else(cannot_open)?;
        let header = EncryptHeader::parse(encrypt).map_err(|_| cannot_open())?;
        let json = crypto::open(sealing.profile, sealing.wrap, &sealing.with, incoming.body, &header.symmetric_key);
        Ok(Admitted { json: json.map_err(|_| cannot_open())?, sealed: true })
    }

    fn verify(&self, incoming: &Incoming<'_>, time: &str) -> Result<(), Refused> {
        let header = self.one(incoming, "signature")?.ok_or_else(|| bad_signature("no Signature"))?;
        let header = SignatureHeader::parse(header).map_err(|_| bad_signature("Signature is malformed"))?;
        let key = match header.key_version {
            Some(version) => self.client_keys.iter().find(|(held, _)| *held == version),
            None => self.client_keys.iter().max_by_key(|(version, _)| *version),
        };
        let Some((_, verifier)) = key else { return Err(unsigned("KEY_NOT_FOUND", "keyVersion is not known")) };
        if verifier.algorithm().name() != header.algorithm {
            return Err(bad_signature("the algorithm is not the one agreed upon"));
        }
        let content = signed::content(incoming.method, incoming.path, &self.client_id, time, incoming.body);
        verifier.verify(&content, &header.signature).map_err(|_| bad_signature("the signature does not fit"))
    }

    fn one<'a>(&self, incoming: &Incoming<'a>, name: &str) -> Result<Option<&'a str>, Refused> {
        let mut found = incoming.headers.iter().filter(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => std::str::from_utf8(value).map(Some).map_err(|_| bad_signature("a header is not text")),
            (Some(_), Some(_)) => Err(bad_signature("a header came twice")),
        }
    }
}

fn media_type_fits(content_type: Option<&str>, sealed: bool) -> bool {
    let content_type: String = content_type.unwrap_or_default().to_ascii_lowercase().split_whitespace().collect();
    content_type == "application/json;charset=utf-8" || (sealed && content_type == "text/plain;charset=utf-8")
}

fn refused(code: &str, message: &str) -> Refused {
    Refused { decision: Decision::new(code, ResultStatus::F, message), signed: true, bad_signature: false }
}

fn unsigned(code: &str, message: &str) -> Refused {
    Refused { signed: false, ..refused(code, message) }
}

fn bad_signature(message: &str) -> Refused {
    Refused { bad_signature: true, ..unsigned("INVALID_SIGNATURE", message) }
}

#[cfg(test)]
mod tests;
