use std::path::PathBuf;

use reqwest::Url;

use super::names;
use super::properties::{Properties, key};
use crate::config::address;
use crate::config::error::ConfigError;
use crate::config::secret::Secret;

/// How an OAUTHBEARER token is got: by OIDC's client-credentials grant. The keys are spelt as librdkafka spells them, so that settings can be
/// taken over from other clients; the token itself is fetched by our own HTTP client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oauth {
    /// Where tokens are given out.
    pub token_url: Url,
    /// Who asks.
    pub client_id: String,
    /// Its password.
    pub client_secret: Secret,
    /// What is asked for.
    pub scope: Option<String>,
    /// The only certificate authorities to trust there, as PEM; checked.
    pub ca_file: Option<PathBuf>,
}

const METHOD: &str = "sasl.oauthbearer.method";
const URL: &str = "sasl.oauthbearer.token.endpoint.url";
const CLIENT_ID: &str = "sasl.oauthbearer.client.id";
const CLIENT_SECRET: &str = "sasl.oauthbearer.client.secret";
const SCOPE: &str = "sasl.oauthbearer.scope";
const CA: &str = "https.ca.location";

impl Oauth {
    /// Reads them out of the properties; `None` when another mechanism is used.
    pub(super) fn read(properties: &Properties) -> Result<Option<Self>, ConfigError> {
        let wrong = |name: &str, problem: &str| ConfigError::new(key(name), problem);
        if !properties.mechanism().is_some_and(|mechanism| mechanism.eq_ignore_ascii_case("OAUTHBEARER")) {
            return match names::OAUTH.iter().find(|name| properties.get(name).is_some()) {
                Some(name) => Err(wrong(name, "belongs to \"sasl.mechanism\" = \"OAUTHBEARER\", which is not set")),
                None => Ok(None),
            };
        }
        if properties.get(METHOD) != Some("oidc") {
            return Err(wrong(METHOD, "expected \"oidc\": the token is fetched by the client-credentials grant"));
        }
        let required = |name: &str, what: &str| {
            let value = properties.get(name).filter(|value| !value.trim().is_empty());
            value.map(str::to_owned).ok_or_else(|| wrong(name, &format!("is missing; expected {what}")))
        };
        let token_url = address::protected(&required(URL, "the address of the token endpoint")?).map_err(|problem| wrong(URL, &problem))?;
        let client_id = required(CLIENT_ID, "the client id that the identity provider gave you")?;
        let client_secret = Secret::new(required(CLIENT_SECRET, "the client's secret, better as sasl.oauthbearer.client.secret_file")?);
        let ca_file = properties.get(CA).map(PathBuf::from);
        if let Some(path) = &ca_file {
            crate::config::files::certificates(path).map_err(|problem| wrong(CA, &problem))?;
        }
        Ok(Some(Self { token_url, client_id, client_secret, scope: properties.get(SCOPE).map(str::to_owned), ca_file }))
    }
}

/// What is legal and still unwise about how brokers get to know us.
pub(super) fn unwise(properties: &Properties, bootstrap_servers: &str) -> Option<(&'static str, String)> {
    let protocol = properties.get("security.protocol").unwrap_or("plaintext").to_ascii_lowercase();
    let mechanism = properties.mechanism()?;
    if !protocol.starts_with("sasl_") {
        return Some(("sasl.mechanism", format!("is set, and SASL is not used: \"security.protocol\" is {protocol:?}, not \"sasl_ssl\"")));
    }
    let stays = |server: &str| {
        let server = server.trim().split_once("://").map_or(server.trim(), |(_, rest)| rest);
        server.starts_with("localhost:") || server.starts_with("127.") || server.starts_with("[::1]:")
    };
    let tells = ["PLAIN", "OAUTHBEARER"].iter().any(|tells| mechanism.eq_ignore_ascii_case(tells));
    (protocol == "sasl_plaintext" && tells && !bootstrap_servers.split(',').all(stays)).then(|| {
        (
            "security.protocol",
            format!("\"sasl_plaintext\" sends what {mechanism} proves itself with unencrypted over the network; use \"sasl_ssl\""),
        )
    })
}
