//! `[schema]`: how record values are framed and where their writers' schemas come from.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;

use super::address;
use super::error::ConfigError;
use super::secret::Secret;
use super::section::Section;

/// How records are read.
#[derive(Debug, Clone)]
pub struct Schema {
    /// What stands before the Avro bytes.
    pub framing: Framing,
    /// Where schema ids are looked up; always there with [`Framing::Confluent`].
    pub registry: Option<Registry>,
    /// The writer's schema as text, valid Avro; always there with [`Framing::Bare`].
    pub writer_schema: Option<Arc<str>>,
}

/// What stands before the Avro bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// A zero byte and the schema's id.
    Confluent,
    /// Avro's single-object encoding: a marker and the schema's fingerprint.
    SingleObject,
    /// Nothing.
    Bare,
    /// Nothing, and no Avro either: plain JSON.
    Json,
}

/// A Confluent-compatible schema registry.
#[derive(Debug, Clone)]
pub struct Registry {
    /// Its base address; a path is kept.
    pub url: Url,
    /// How we introduce ourselves.
    pub credentials: Option<Credentials>,
    /// The only certificate authorities to trust, as PEM.
    pub ca_file: Option<PathBuf>,
}

/// How a client introduces itself.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// HTTP basic authentication.
    Basic {
        /// The user's name.
        username: String,
        /// The user's password.
        password: Secret,
    },
    /// A bearer token.
    Token(Secret),
}

pub(super) const KEYS: &[&str] =
    &["registry_url", "framing", "writer_schema_file", "username", "password", "password_file", "token", "token_file", "ca_file"];

impl Schema {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let framing = match section.text("framing")?.as_deref() {
            None | Some("confluent") => Framing::Confluent,
            Some("single_object") => Framing::SingleObject,
            Some("bare") => Framing::Bare,
            Some("json") => Framing::Json,
            Some(other) => {
                return Err(
                    section.error("framing", format!("is {other:?}; expected \"confluent\", \"single_object\", \"bare\" or \"json\""))
                );
            }
        };
        let registry = Registry::read(section)?;
        if framing == Framing::Confluent && registry.is_none() {
            return Err(section.missing("registry_url", "the schema registry's address, since schema.framing is \"confluent\""));
        }
        let writer_schema = match section.file("writer_schema_file")? {
            None if framing == Framing::Bare => {
                return Err(
                    section.missing("writer_schema_file", "the schema the records were written with, since schema.framing is \"bare\"")
                );
            }
            None => None,
            Some(_) if framing == Framing::Confluent => {
                return Err(
                    section.error("writer_schema_file", "is of no use: schema.framing is \"confluent\", so schemas come from the registry")
                );
            }
            Some(_) if framing == Framing::Json => {
                return Err(section.error("writer_schema_file", "is of no use: schema.framing is \"json\", which needs no schema"));
            }
            Some((path, text)) => {
                if let Err(error) = apache_avro::Schema::parse_str(&text) {
                    return Err(section.error("writer_schema_file", format!("{} is no Avro schema: {error}", path.display())));
                }
                Some(Arc::from(text))
            }
        };
        Ok(Self { framing, registry, writer_schema })
    }
}

impl Registry {
    fn read(section: &Section<'_>) -> Result<Option<Self>, ConfigError> {
        let Some(text) = section.text("registry_url")? else {
            let orphan =
                ["username", "password", "password_file", "token", "token_file", "ca_file"].into_iter().find(|key| section.has(key));
            return match orphan {
                Some(key) => Err(section.error(key, "is set without schema.registry_url")),
                None => Ok(None),
            };
        };
        let url = address::http(&text).map_err(|problem| section.error("registry_url", problem))?;
        let (username, password) = (section.text("username")?, section.secret("password")?);
        let credentials = match (username, password, section.secret("token")?) {
            (None, None, None) => None,
            (None, None, Some(token)) => Some(Credentials::Token(token)),
            (Some(username), Some(password), None) => Some(Credentials::Basic { username, password }),
            (Some(_), None, None) => return Err(section.missing("password_file", "the password, since schema.username is set")),
            (None, Some(_), None) => return Err(section.missing("username", "the user of schema.password")),
            (_, _, Some(_)) => return Err(section.error("token", "is set beside schema.username and schema.password; keep one way")),
        };
        if credentials.is_some() && url.scheme() == "http" && !address::is_loopback(&url) {
            section.warn("registry_url", format!("{text:?} carries the password or token unencrypted; use https://"));
        }
        let ca_file = section.certificates("ca_file")?;
        Ok(Some(Self { url, credentials, ca_file }))
    }
}
