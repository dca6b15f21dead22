//! Who may see more than probes and metrics: who shows the token, and where certificates are asked for, who has one.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use crate::config::{Admin, Secret};

/// What a browser is told, so that it asks its user, and a script.
pub(super) const CHALLENGE: &str = "Basic realm=\"order-sync\", charset=\"UTF-8\"";

/// What is known of whoever sent a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    /// A certificate of the authority that is believed was shown on the connection.
    pub(super) certified: bool,
}

/// What has to be shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Access {
    token: Option<Secret>,
    certificate: bool,
}

/// Why somebody may not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The token is missing, or another one.
    Token,
    /// No certificate was shown.
    Certificate,
}

impl Access {
    pub(super) fn of(config: &Admin) -> Self {
        Self { token: config.token.clone(), certificate: config.tls.as_ref().is_some_and(crate::config::Tls::knows_callers) }
    }

    /// With token and certificates both are asked for.
    pub(super) fn check(&self, caller: Option<&Caller>, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.certificate && !caller.is_some_and(|caller| caller.certified) {
            return Err(Refusal::Certificate);
        }
        match &self.token {
            Some(token) if !shows(headers, token) => Err(Refusal::Token),
            Some(_) | None => Ok(()),
        }
    }
}

/// `Authorization: Bearer TOKEN`, or for browsers, which can only ask for a password, `Basic` with the token as the password of any user.
fn shows(headers: &HeaderMap, token: &Secret) -> bool {
    let mut shown = headers.get_all(AUTHORIZATION).iter();
    let (Some(shown), None) = (shown.next(), shown.next()) else { return false };
    let Some((scheme, rest)) = shown.to_str().ok().and_then(|shown| shown.split_once(' ')) else { return false };
    let given = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.trim().as_bytes().to_vec()),
        "basic" => password(rest.trim()),
        _ => None,
    };
    // The time tells no more than whether the length is right.
    given.is_some_and(|given| bool::from(given.ct_eq(token.expose().as_bytes())))
}

fn password(encoded: &str) -> Option<Vec<u8>> {
    let decoded = STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    decoded.get(colon + 1..).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "a-token-of-the-tests:1";

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    fn shown(values: &[&str]) -> bool {
        shows(&headers(values), &Secret::new(TOKEN.to_owned()))
    }

    #[test]
    fn the_token_is_shown_as_bearer_or_as_the_password_of_any_user() {
        let basic = format!("Basic {}", STANDARD.encode(format!("anybody:{TOKEN}")));
        assert!(shown(&[&format!("Bearer {TOKEN}")]) && shown(&[&format!("bearer  {TOKEN}")]) && shown(&[&basic]));
        assert!(shown(&[&format!("Basic {}", STANDARD.encode(format!(":{TOKEN}")))]));
    }

    #[test]
    fn anything_else_is_not_the_token() {
        let other = format!("Bearer {}x", &TOKEN[..TOKEN.len() - 1]);
        let swapped = format!("Basic {}", STANDARD.encode(format!("{TOKEN}:anybody")));
        for wrong in
            ["", "Bearer", "Bearer ", "Basic", "Basic !", TOKEN, &other, &format!("Bearer {TOKEN}x"), &format!("Digest {TOKEN}"), &swapped]
        {
            assert!(!shown(&[wrong]), "{wrong:?}");
        }
        let right = format!("Bearer {TOKEN}");
        assert!(!shown(&[]) && !shown(&[&right, &right]), "once, and no other beside it");
    }

    #[test]
    fn a_certificate_that_is_asked_for_is_asked_for_beside_the_token() {
        let access = Access { token: Some(Secret::new(TOKEN.to_owned())), certificate: true };
        let right = headers(&[&format!("Bearer {TOKEN}")]);
        let known = Caller { certified: true };
        assert_eq!(access.check(Some(&known), &right), Ok(()));
        assert_eq!(access.check(Some(&known), &headers(&[])), Err(Refusal::Token));
        for unknown in [None, Some(&Caller { certified: false })] {
            assert_eq!(access.check(unknown, &right), Err(Refusal::Certificate));
        }
    }

    #[test]
    fn where_nothing_is_asked_for_everybody_is_welcome() {
        assert_eq!(Access::default().check(None, &headers(&[])), Ok(()));
    }
}
