//! What registries answer. Unknown members are passed over.

use reqwest::StatusCode;
use serde::Deserialize;

use super::RegistryError;

/// A registry's own words are cut here.
const WORDS: usize = 200;

/// A schema.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    schema: String,
    /// Absent for Avro.
    schema_type: Option<String>,
    references: Option<Vec<Reference>>,
}

/// Another schema, whose types this one names.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) subject: String,
    pub(super) version: u32,
}

#[derive(Debug, Deserialize)]
struct Numbers {
    id: u32,
    version: u32,
}

/// A schema that was taken.
#[derive(Debug, Deserialize)]
pub(super) struct Registered {
    pub(super) id: u32,
}

/// Why not.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Failure {
    pub(super) error_code: Option<u64>,
    message: Option<String>,
}

impl Found {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The schema of a subject's version, behind its id and version.
    pub(super) fn newest(body: &[u8]) -> Option<(u32, u32, Self)> {
        let numbers: Numbers = serde_json::from_slice(body).ok()?;
        Some((numbers.id, numbers.version, Self::parse(body)?))
    }

    /// Its text and what it refers to, if it is Avro. `id` is that of the schema that is asked for.
    pub(super) fn avro(self, id: u32) -> Result<(String, Vec<Reference>), RegistryError> {
        match self.schema_type.as_deref() {
            None | Some("AVRO") => Ok((self.schema, self.references.unwrap_or_default())),
            Some(_) => Err(RegistryError::Unusable(id, "it, or one that it refers to, is not Avro")),
        }
    }
}

impl Registered {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

impl Failure {
    pub(super) fn parse(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// One line on what the operator can do.
    pub(super) fn unreachable(self, status: StatusCode) -> RegistryError {
        let hint = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; are schema.username and password_file, or token_file, right?",
            StatusCode::NOT_FOUND => "; is the path in schema.registry_url right?",
            status if status.is_redirection() => "; redirects are not followed, give the final address",
            _ => "",
        };
        let words: String = self.message.unwrap_or_default().chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect();
        let words = if words.is_empty() { words } else { format!(" ({words})") };
        RegistryError::Unreachable(format!("it answered {}{words}{hint}", status.as_u16()))
    }
}
