use super::Refusal;

/// The headers of AlipayHK's gateway. Names are compared without regard to case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeaderName {
    /// `Content-Type`
    ContentType,
    /// `Client-Id`
    ClientId,
    /// `Request-Time`
    RequestTime,
    /// `Response-Time`
    ResponseTime,
    /// `Signature`
    Signature,
    /// `Encrypt`
    Encrypt,
    /// `Tracer-Id`
    TracerId,
    /// `Retry-After`
    RetryAfter,
}

/// A view of received headers: names and raw values, in the order they came.
#[derive(Clone, Copy)]
pub struct Headers<'a>(pub &'a [(&'a str, &'a [u8])]);

impl HeaderName {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContentType => "Content-Type",
            Self::ClientId => "Client-Id",
            Self::RequestTime => "Request-Time",
            Self::ResponseTime => "Response-Time",
            Self::Signature => "Signature",
            Self::Encrypt => "Encrypt",
            Self::TracerId => "Tracer-Id",
            Self::RetryAfter => "Retry-After",
        }
    }
}

impl<'a> Headers<'a> {
    /// The only value of a header. Trust must not depend on which of two values a reader happens to take.
    ///
    /// # Errors
    /// [`Refusal::Duplicate`] when it came twice, [`Refusal::NotText`] when it is not visible ASCII.
    pub fn single(&self, name: HeaderName) -> Result<Option<&'a str>, Refusal> {
        let mut values = self.values(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Refusal::Duplicate(name));
        }
        match text(value) {
            Some(text) => Ok(Some(text)),
            None => Err(Refusal::NotText(name)),
        }
    }

    /// The first readable value of a header that nothing but a log line or a delay depends on.
    pub fn first(&self, name: HeaderName) -> Option<&'a str> {
        self.values(name).find_map(text)
    }

    fn values(&self, name: HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(held, _)| held.eq_ignore_ascii_case(name.as_str())).map(|(_, value)| *value)
    }
}

fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~')))
}
