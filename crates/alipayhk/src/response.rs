//! From what came back to a [`Reading`]: verify the raw bytes, open them, only then parse.

mod parsed;
mod retry_after;
mod strict;

use std::borrow::Cow;

use crypto::EncryptHeader;
use domain::{OrderEvent, ResultCode, Rulebook};

use crate::answer::{Answer, Notes, SignatureNote};
use crate::classify::{Held, Reading, classify};
use crate::exchange::{self, HeaderName, Headers, KeyUse, Refusal};
use crate::{Client, Code, METHOD, PATH, Status};

pub(crate) use parsed::Parsed;

/// The largest answer that is read, in bytes. The HTTP client stops there and reports [`Transport::TooLarge`].
pub const MAX_ANSWER: usize = 256 * 1024;

/// How far `Response-Time` may be off before it is worth an alarm, in seconds.
const CLOCK_ALARM: u64 = 300;

/// What the HTTP client can say without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// There is no connection.
    Unreachable,
    /// Nothing was written.
    NotSent,
    /// The connection broke while the request may have been written, or before the answer's end.
    Broken,
    /// The deadline passed.
    Timeout,
    /// The answer is larger than [`MAX_ANSWER`].
    TooLarge,
}

/// An answer as it was received; the body neither decompressed nor converted.
#[derive(Clone, Copy)]
pub struct RawAnswer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Names and raw values of all headers.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body's bytes.
    pub body: &'a [u8],
}

impl Client {
    /// What the answer to `sent` means. `now` in unix seconds.
    pub fn judge(&self, sent: &OrderEvent, answer: Result<RawAnswer<'_>, Transport>, rules: &Rulebook, now: i64) -> Answer {
        let held = |held: Option<&str>| match held {
            Some(held) if held == sent.status.as_str() => Held::Same,
            Some(held) if rules.of(sent.biz_type).peer_is_ahead(&sent.status, held) => Held::Ahead,
            Some(_) | None => Held::Other,
        };
        let personal: Vec<&str> =
            [sent.user_id.as_ref().map(|id| id.as_str()), sent.open_id.as_ref().map(|id| id.as_str())].into_iter().flatten().collect();
        self.read(answer, held, &personal, now)
    }

    /// What the answer to [`Client::probe`] means: a rejection with PARAM_ILLEGAL is what one hopes for.
    pub fn judge_probe(&self, answer: Result<RawAnswer<'_>, Transport>, now: i64) -> Answer {
        self.read(answer, |_| Held::Other, &[], now)
    }

    fn read(&self, answer: Result<RawAnswer<'_>, Transport>, held: impl Fn(Option<&str>) -> Held, personal: &[&str], now: i64) -> Answer {
        let raw = match answer {
            Ok(raw) if raw.body.len() <= MAX_ANSWER => raw,
            Ok(_) => return Answer::without_notes(classify(&Reading::Transport(Transport::TooLarge), None)),
            Err(transport) => return Answer::without_notes(classify(&Reading::Transport(transport), None)),
        };
        let headers = Headers(raw.headers);
        let retry_after = headers.first(HeaderName::RetryAfter).and_then(|value| retry_after::parse(value, now));
        let mut notes = Notes { http_status: Some(raw.status), ..Notes::default() };
        notes.trace(headers.first(HeaderName::TracerId));
        let reading = if raw.status == 200 {
            self.read_ok(&headers, raw.body, held, personal, now, &mut notes)
        } else {
            if let Some(parsed) = Parsed::of(raw.body) {
                notes.result(&parsed, personal);
            }
            Reading::Http(raw.status)
        };
        Answer { outcome: classify(&reading, retry_after), notes }
    }

    fn read_ok(
        &self,
        headers: &Headers<'_>,
        body: &[u8],
        held: impl Fn(Option<&str>) -> Held,
        personal: &[&str],
        now: i64,
        notes: &mut Notes,
    ) -> Reading {
        let (key, time) = match self.verify(headers, body) {
            Ok(verified) => verified,
            Err(refusal) => {
                notes.signature = SignatureNote::Refused(refusal);
                let Some(parsed) = Parsed::of(body) else { return Reading::Unreadable };
                notes.result(&parsed, personal);
                return Reading::Unverified;
            }
        };
        notes.signature = SignatureNote::Verified(key);
        notes.clock(exchange::unix_seconds(time).map(|answered| answered.saturating_sub(now)), CLOCK_ALARM);
        let Some(opened) = self.opened(headers, body) else { return Reading::Unopened };
        let Some(parsed) = Parsed::of(&opened) else { return Reading::Unreadable };
        notes.result(&parsed, personal);
        notes.order(&parsed);
        let code = parsed.code.as_deref().unwrap_or("");
        Reading::Signed {
            code: Code::parse(code),
            text: ResultCode::lenient(code),
            status: parsed.status.as_deref().map_or(Status::Foreign, Status::parse),
            held: held(parsed.order_status.as_deref()),
        }
    }

    /// Over our own method, path and client id: what the answer says about them is compared, not used.
    fn verify<'a>(&self, headers: &Headers<'a>, body: &[u8]) -> Result<(KeyUse, &'a str), Refusal> {
        let signature = headers.single(HeaderName::Signature)?.ok_or(Refusal::Absent(HeaderName::Signature))?;
        let time = headers.single(HeaderName::ResponseTime)?.ok_or(Refusal::Absent(HeaderName::ResponseTime))?;
        headers.single(HeaderName::Encrypt)?;
        if headers.single(HeaderName::ClientId)?.is_some_and(|client_id| client_id != self.client_id) {
            return Err(Refusal::ForeignClient);
        }
        let content = exchange::content(METHOD, PATH, &self.client_id, time, body);
        Ok((self.verify_keys.verify(signature, &content)?, time))
    }

    fn opened<'a>(&self, headers: &Headers<'_>, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let Some(header) = headers.first(HeaderName::Encrypt) else { return Some(Cow::Borrowed(body)) };
        let header = EncryptHeader::parse(header).ok()?;
        let encryption = self.encryption.as_ref()?;
        crypto::open(encryption.profile, encryption.wrap, &encryption.with, body, &header.symmetric_key).ok().map(Cow::Owned)
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
