//! Addresses that the configuration names, parsed once. Errors are the end of a sentence that begins with the key.

use std::net::IpAddr;

use reqwest::Url;

/// An http or https address without user, query or fragment.
pub(super) fn http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("carries a user name or password; they belong into keys of their own".to_owned());
    }
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(format!("{text:?} is no address; expected https://host or http://host"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{text:?} has a query or fragment; leave them away"));
    }
    Ok(url)
}

/// An address that is encrypted, or does not leave this machine.
pub(super) fn protected(text: &str) -> Result<Url, String> {
    let url = http(text)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(format!("{text:?} is not encrypted; http:// is only accepted to loopback, use https://"));
    }
    Ok(url)
}

/// An address that has no path of its own.
pub(super) fn without_path(url: &Url) -> Result<(), String> {
    match url.path() {
        "" | "/" => Ok(()),
        path => Err(format!("has the path {path:?}; give scheme and host only, the path is fixed and signed")),
    }
}

/// Whether the address stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_without_encryption_stays_on_the_machine() {
        for text in ["https://open.alipay.hk", "http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost:1", "http://127.9.9.9/"] {
            assert!(protected(text).is_ok(), "{text}");
        }
        for text in ["http://open.alipay.hk", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://localhost.example.com"] {
            assert!(protected(text).unwrap_err().contains("only accepted to loopback"), "{text}");
        }
    }

    #[test]
    fn an_address_is_http_with_a_host_and_nothing_secret() {
        for text in
            ["", "open.alipay.hk", "ftp://open.alipay.hk", "https://", "https://u:p@open.alipay.hk", "https://a.b/?x=1", "https://a.b/#x"]
        {
            assert!(http(text).is_err(), "{text}");
        }
        assert!(!http("https://user:hunter2@open.alipay.hk").unwrap_err().contains("hunter2"));
    }
}
