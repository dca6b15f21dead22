//! One question to a token endpoint (RFC 6749, section 4.4, with the client's password in the `Authorization` header).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, redirect};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::config::{Oauth, Secret};

/// The whole question.
const TIMEOUT: Duration = Duration::from_secs(10);
/// No token is larger.
const LARGEST: usize = 64 * 1024;

/// A token and when it ends, in epoch milliseconds.
pub(super) struct Granted {
    pub(super) token: Secret,
    pub(super) ends_at: i64,
}

/// Where tokens are given out. No redirects, no proxy, one certificate authority if one is named.
pub(super) struct TokenEndpoint {
    runtime: Runtime,
    http: reqwest::Client,
    settings: Oauth,
}

impl TokenEndpoint {
    pub(super) fn new(settings: &Oauth) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).no_proxy();
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path).map_err(|error| format!("https.ca.location: {}: {error}", path.display()))?;
            let certificates =
                Certificate::from_pem_bundle(&pem).map_err(|_| format!("https.ca.location: {} is no PEM", path.display()))?;
            builder = builder.tls_certs_only(certificates);
        }
        let http = builder.build().map_err(|error| format!("the HTTPS client cannot start: {error}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        Ok(Self { runtime, http, settings: settings.clone() })
    }

    /// Asks once. The reason of a failure quotes neither the secret nor what was answered, but for OAuth's own error code.
    pub(super) fn ask(&self, now: i64) -> Result<Granted, String> {
        self.runtime.block_on(self.exchange(now)).map_err(|reason| format!("{}: {reason}", self.settings.token_url))
    }

    async fn exchange(&self, now: i64) -> Result<Granted, String> {
        let mut form = "grant_type=client_credentials".to_owned();
        if let Some(scope) = &self.settings.scope {
            form = format!("{form}&scope={}", encoded(scope));
        }
        let login = format!("{}:{}", encoded(&self.settings.client_id), encoded(self.settings.client_secret.expose()));
        let mut login = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(login))).map_err(|error| error.to_string())?;
        login.set_sensitive(true);
        let request = self.http.post(self.settings.token_url.clone()).header(AUTHORIZATION, login).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let mut response = request.send().await.map_err(|error| reason(&error.without_url()))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error.without_url()))? {
            if body.len() + chunk.len() > LARGEST {
                return Err("the answer is larger than any token".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        match status.as_u16() {
            200 => granted(&body, now),
            _ => Err(format!("HTTP {status}{}", error_code(&body))),
        }
    }
}

/// A refused connection alone says little: its cause is in the chain.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// The token of a good answer. Its end is told by `expires_in`, or else by the token itself.
pub(super) fn granted(body: &[u8], now: i64) -> Result<Granted, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| "the answer is no JSON".to_owned())?;
    let token = answer.get("access_token").and_then(Value::as_str).ok_or("the answer has no access_token")?;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the access_token is no token".to_owned());
    }
    let seconds = answer.get("expires_in").and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()));
    let ends_at = match seconds {
        Some(seconds) => now.saturating_add(seconds.saturating_mul(1_000)),
        None => end_of(token).ok_or("the answer says neither by expires_in nor in its token when the token ends")?,
    };
    if ends_at <= now {
        return Err("the token has ended already; compare the clocks".to_owned());
    }
    Ok(Granted { token: Secret::new(token.to_owned()), ends_at })
}

/// `exp` of a JWT.
fn end_of(token: &str) -> Option<i64> {
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()?;
    claims.get("exp")?.as_i64()?.checked_mul(1_000)
}

/// OAuth's error code (RFC 6749, section 5.2), if it looks like one.
fn error_code(body: &[u8]) -> String {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let code = answer.as_ref().and_then(|answer| answer.get("error")?.as_str()).unwrap_or_default();
    let plain = !code.is_empty() && code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain { format!(", {code}") } else { String::new() }
}

/// As in a form.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_793_584_800_000;

    fn ends(body: &str) -> Result<i64, String> {
        granted(body.as_bytes(), NOW).map(|granted| granted.ends_at)
    }

    #[test]
    fn the_end_of_a_token_is_told_by_the_answer_or_by_the_token() {
        assert_eq!(ends(r#"{"access_token":"opaque","expires_in":300,"token_type":"Bearer"}"#), Ok(NOW + 300_000));
        assert_eq!(ends(r#"{"access_token":"opaque","expires_in":"300"}"#), Ok(NOW + 300_000));
        let jwt = |claims: &str| format!(r#"{{"access_token":"e30.{}.c2ln"}}"#, URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(ends(&jwt(r#"{"exp":1793584900}"#)), Ok(1_793_584_900_000));
        assert!(ends(&jwt(r#"{"exp":1}"#)).unwrap_err().contains("ended already"));
        assert!(ends(&jwt("{}")).is_err());
    }

    #[test]
    fn what_is_no_token_is_refused_without_being_quoted() {
        for body in [
            "canary",
            "{}",
            r#"{"access_token":7,"expires_in":1}"#,
            r#"{"access_token":"","expires_in":1}"#,
            r#"{"access_token":"canary with blanks","expires_in":1}"#,
            r#"{"access_token":"canary\u0000","expires_in":1}"#,
            r#"{"access_token":"canary","expires_in":0}"#,
            r#"{"access_token":"canary"}"#,
        ] {
            let refused = ends(body).unwrap_err();
            assert!(!refused.contains("canary"), "{refused}");
        }
    }

    #[test]
    fn only_a_plain_error_code_is_repeated() {
        assert_eq!(error_code(br#"{"error":"invalid_client","error_description":"canary"}"#), ", invalid_client");
        for body in [r#"{"error":"Can ary\n"}"#, r#"{"error":["canary"]}"#, "canary", ""] {
            assert_eq!(error_code(body.as_bytes()), "", "{body}");
        }
    }

    #[test]
    fn a_form_s_text_is_percent_encoded() {
        assert_eq!(encoded("a b&c=d:é~"), "a%20b%26c%3Dd%3A%C3%A9~");
    }
}
